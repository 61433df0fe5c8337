"""What says nothing says nothing, however it is written; several demands for items stand each for itself."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scripts.comparing import B, H, receives, rows, sends
from tests.scripts.hand_made import INTEGER, STRING, ref, thing

ALL: dict[str, Any] = {}
OPEN: dict[str, Any] = {
    "an allOf of all": {"allOf": [{}]},
    "deeper": {"allOf": [{"allOf": [{"description": "Anything."}, True]}]},
    "one of several": {"anyOf": [{}, STRING]},
    "exactly one of one": {"oneOf": [{"allOf": [{}]}]},
    "a name": ref("Any"),
    "a name of another": ref("Also"),
    "refusing nothing": {"not": {"not": {}}},
    "refusing what is none": {"not": {"allOf": [STRING, False]}},
    "refusing no branch": {"not": {"anyOf": [False, {"not": ref("Any")}]}},
    "items of all": {"items": {"allOf": [{}]}},
    "a condition without a consequence": {"if": STRING, "then": {"allOf": [{}]}, "else": True},
}
NAMES = {
    "Any": {"description": "Anything."},
    "Also": {"allOf": [ref("Any")], "title": "Also"},
    "Loop": ref("Loop"),
}

PLACES: dict[str, Any] = {
    "not": lambda schema: {**STRING, "not": schema},
    "items": lambda schema: {"type": "array", "items": schema},
    "additionalProperties": lambda schema: {"type": "object", "additionalProperties": schema},
    "propertyNames": lambda schema: {"type": "object", "propertyNames": schema},
    "a refused rest": lambda schema: {"type": "object", "additionalProperties": {"not": schema}},
    "a property": lambda schema: thing(a=schema),
    "a needed property": lambda schema: thing("a", a=schema),
    "contains": lambda schema: {"type": "array", "contains": schema},
    "then": lambda schema: {**STRING, "if": {"maxLength": 3}, "then": schema},
}


@pytest.mark.parametrize("written", OPEN)
@pytest.mark.parametrize("place", PLACES)
def test_what_accepts_all_is_the_same_however_it_is_written(place: str, written: str) -> None:
    """A schema that accepts every value can be written in many ways, and none of them is a change."""
    old, new = (sends(thing(it=PLACES[place](one)), NAMES) for one in (ALL, OPEN[written]))
    assert rows(old, new) == []
    assert rows(new, old) == []


@pytest.mark.parametrize(
    "schema",
    [{"allOf": [{}, STRING]}, {"oneOf": [{}, {}]}, {"not": STRING}, ref("Loop"), ref("Missing"),
     {"minLength": 3}],
    ids=str,
)  # fmt: skip
def test_what_may_refuse_a_value_is_not_taken_for_all(schema: Any) -> None:
    """What refuses values, or is not known, refuses no whole place by being refused itself."""
    old, new = (sends(thing(it={**STRING, "not": one}), NAMES) for one in (schema, ALL))
    assert {weight for weight, _, _ in rows(old, new)} == {B}


def test_null_beside_a_reference_is_a_value() -> None:
    """In OpenAPI 3.0 a reference that adds null accepts null, where what it refers to accepts nothing."""
    names: dict[str, Any] = {"None": {"not": {}}}
    old, new = (
        sends(thing(it={**STRING, "not": use}), names, openapi="3.0.3")
        for use in (ref("None"), {**ref("None"), "nullable": True})
    )
    assert rows(old, new) != []
    assert rows(old, sends(thing(it=STRING), names, openapi="3.0.3")) == []


def test_what_is_refused_twice_is_asked_for() -> None:
    """A `not` within a `not` says what stands in it."""
    twice = {"not": {"description": "Not a text.", "not": STRING}}
    assert rows(sends(twice), sends(STRING)) == []
    assert rows(receives({"not": {"not": {**STRING, "maxLength": 3}}}), receives(STRING)) == [
        (B, "max-length-removed", "GET /x 200")
    ]


ONE, TWO = {"contains": {"const": 1}}, {"contains": {"const": 2}}
ONES, TWOS = {**ONE, "minContains": 2}, {**TWO, "minContains": 2}


def listed(*demands: Any) -> dict[str, Any]:
    return {"type": "array", "allOf": [*demands]}


DEMANDS: dict[str, tuple[Any, Any, dict[str, tuple[str, str]]]] = {
    "the same in another order": (listed(ONE, TWO), listed(TWO, ONE), {}),
    "the same, one of its own": (listed(ONE, TWO), {"type": "array", **ONE, "allOf": [TWO]}, {}),
    "one that others imply": (listed(ONE), {"type": "array", **ONE, "allOf": [{"contains": INTEGER}]}, {}),
    "one that others imply, beside another change": (
        {"type": "array", **ONE, "minItems": 2}, {"type": "array", **ONE, "minItems": 3,
                                                  "allOf": [{"contains": INTEGER}]},
        {"min-items-tightened": (B, H)},
    ),
    "another one": (listed(ONE), {"type": "array", **ONE, "allOf": [TWOS, TWO]},
                    {"contains-added": (B, H)}),
    "one of two widened": (listed(ONE, TWO), listed(ONE, {"contains": {"enum": [2, 3]}}),
                           {"enum-value-added": (H, B)}),
    "a count of one of two": (listed(ONE, TWO), listed(ONES, TWO),
                              {"min-contains-tightened": (B, H)}),
    "counts that changed places": (listed(ONE, TWOS), listed(ONES, TWO),
                                   {"min-contains-tightened": (B, H), "min-contains-loosened": (H, B)}),
    "a demand come, one changed": (
        listed(ONE, {"minItems": 1}), listed(ONES, TWO, {"minItems": 2}),
        {"min-contains-tightened": (B, H), "contains-added": (B, H), "min-items-tightened": (B, H)},
    ),
    "a demand gone, one changed": (
        listed(ONES, TWO, {"minItems": 2}), listed(ONE, {"minItems": 1}),
        {"min-contains-loosened": (H, B), "contains-removed": (H, B), "min-items-loosened": (H, B)},
    ),
    "a most that others imply": (
        {**listed({**ONE, "maxContains": 3}), "uniqueItems": True},
        listed({**ONE, "maxContains": 3}, {"contains": {"const": 1}, "minContains": 0, "maxContains": 4}),
        {"unique-items-removed": (H, B)},
    ),
    "a most that nothing implies": (
        listed({**ONE, "maxContains": 3}, {"minItems": 1}),
        listed({**ONE, "maxContains": 3}, {"minItems": 1}, {**TWO, "minContains": 0, "maxContains": 4}),
        {"all-of-member-added": (B, H)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEMANDS)
def test_each_demand_for_items_stands_for_itself(name: str) -> None:
    """Several `contains` that hold together are several demands: one item can meet more than one."""
    old, new, expected = DEMANDS[name]
    for number, make in enumerate((sends, receives)):
        found = {rule: weight for weight, rule, _ in rows(make(old), make(new))}
        assert found == {rule: weights[number] for rule, weights in expected.items()}
