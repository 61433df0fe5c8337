"""A `oneOf` is exactly one of its branches: a value that fits two of them is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scripts.comparing import B, H, W, receives, rows, sends
from tests.scripts.hand_made import INTEGER, STRING, ref, thing

GROWN, SHRUNK = "one-of-overlap-grown", "one-of-overlap-shrunk"


def most(number: int) -> dict[str, Any]:
    return {**INTEGER, "maximum": number}


def least(number: int) -> dict[str, Any]:
    return {**INTEGER, "minimum": number}


LONG = {**STRING, "minLength": 9}
SHORT = {**STRING, "maxLength": 5}
A, C = thing("a", a=STRING), thing("c", c=STRING)
ANY_A = thing(a=STRING)
CLOSED = {"additionalProperties": False}

OVERLAPS: dict[str, tuple[list[Any], list[Any]]] = {
    "limits that crossed": ([most(3), least(4)], [most(6), least(4)]),
    "limits that crossed further": ([most(6), least(4)], [most(7), least(4)]),
    "limits that touch": ([most(3), {**INTEGER, "exclusiveMinimum": 3}], [most(3), least(3)]),
    "a branch for some of another's texts": ([STRING, INTEGER], [STRING, INTEGER, SHORT]),
    "a branch for all": ([STRING, INTEGER], [STRING, INTEGER, {}]),
    "an enum value that another has": (
        [{"enum": ["a", "b"]}, {"enum": ["c"]}],
        [{"enum": ["a", "b"]}, {"enum": ["c", "b"]}],
    ),
    "a need that told two apart": ([A, C], [A, thing(c=STRING)]),
    "an object for what another sends": ([A, INTEGER], [A, INTEGER, ANY_A]),
    "a map": ([{"type": "object", "additionalProperties": STRING}, INTEGER],
              [{"type": "object", "additionalProperties": STRING}, INTEGER, thing("q", q=STRING)]),
    "what a pattern names": ([{"type": "object", "patternProperties": {"^q": STRING}}, INTEGER],
                             [{"type": "object", "patternProperties": {"^q": STRING}}, INTEGER, thing("q")]),
    "null in both": ([{**A, "type": ["object", "null"]}, C],
                     [{**A, "type": ["object", "null"]}, {**C, "type": ["object", "null"]}]),
    "a choice within a branch": (
        [{**thing(), "oneOf": [A, C]}, thing("d", d=STRING)],
        [{**thing(), "oneOf": [A, C]}, thing("d", d=STRING), thing("c", c={**STRING, "minLength": 1})],
    ),
    "a refusal within a branch": (
        [{**INTEGER, "not": least(4)}, least(4)],
        [{**INTEGER, "not": least(6)}, least(4)],
    ),
}  # fmt: skip
"""Branches of which more values fit two than before."""


@pytest.mark.parametrize("name", OVERLAPS)
def test_more_values_that_fit_two_branches_are_a_warning(name: str) -> None:
    """What a client sends may be refused where branches meet, and received values be new where they part."""
    old, new = ({"oneOf": branches} for branches in OVERLAPS[name])
    assert (W, GROWN, "POST /x body.it") in rows(sends(thing(it=old)), sends(thing(it=new)))
    assert (W, SHRUNK, "GET /x 200.it") in rows(receives(thing(it=new)), receives(thing(it=old)))
    for one, other in ((old, new), (new, old)):
        assert len([rule for _, rule, _ in rows(sends(one), sends(other)) if rule in (GROWN, SHRUNK)]) == 1


def test_one_row_for_all_that_a_branch_meets() -> None:
    """However many branches meet, a union has one row that names them."""
    old, new = ({"oneOf": branches} for branches in ([STRING, INTEGER, A], [STRING, INTEGER, A, {}, SHORT]))
    assert [rule for _, rule, _ in rows(sends(old), sends(new))].count(GROWN) == 1


APART: dict[str, tuple[list[Any], list[Any]]] = {
    "limits": ([most(3), least(6)], [most(5), least(6)]),
    "a limit that is not met": ([most(3), least(6)], [{**INTEGER, "exclusiveMaximum": 6}, least(6)]),
    "lengths": ([SHORT, LONG], [{**STRING, "maxLength": 7}, LONG]),
    "types": ([STRING, INTEGER], [STRING, INTEGER, {"type": "boolean"}]),
    "values": ([{"enum": ["a"]}, {"enum": ["b"]}], [{"enum": ["a", "c"]}, {"enum": ["b"]}]),
    "tags": ([thing("k", k={"const": "a"}), thing("k", k={"const": "b"})],
             [thing("k", k={"const": "a"}), thing("k", k={"const": "b"}), thing("k", k={"const": "c"})]),
    "a needed property that others do not send": ([A, C], [A, C, thing("d", d=STRING)]),
    "an enum value of a branch that is told apart": (
        [thing("a", a={"enum": ["x"]}), C], [thing("a", a={"enum": ["x", "y"]}), C],
    ),
    "closed objects": (
        [{**thing("a", a=STRING, d=STRING), **CLOSED}, thing("e", e=STRING, d={"enum": ["x"]})],
        [{**thing("a", a=STRING, d=STRING), **CLOSED}, thing("e", e=STRING, d={"enum": ["x", "y"]})],
    ),
    "what another branch accepted before": (
        [thing("a", "b", a=STRING, b={"enum": ["x"]}), thing(b={"enum": ["x"]})],
        [thing("a", "b", a=STRING, b={"enum": ["x", "y"]}), thing(b={"enum": ["x", "y"]})],
    ),
    "what fitted two branches before": ([thing(a=STRING), thing(b=STRING)],
                                        [thing(a=STRING), thing(b=STRING), thing(c=STRING)]),
    "another order": ([STRING, SHORT, INTEGER], [INTEGER, SHORT, STRING]),
    "a choice within a branch": (
        [{**thing(), "oneOf": [A, C]}, thing("d", d={"enum": ["x"]})],
        [{**thing(), "oneOf": [A, C]}, thing("d", d={"enum": ["x", "y"]})],
    ),
}  # fmt: skip
"""Branches of which no value that anybody sends fits two, or none that did not before."""


@pytest.mark.parametrize("name", APART)
def test_branches_that_exclude_each_other_have_no_such_row(name: str) -> None:
    """Where no value that is sent fits two branches, or it did before too, nothing is told of it."""
    old, new = ({"oneOf": branches} for branches in APART[name])
    for one, other in ((sends(old), sends(new)), (receives(new), receives(old))):
        assert not {rule for _, rule, _ in rows(one, other)} & {GROWN, SHRUNK}


def test_a_discriminator_says_which_branch_is_meant() -> None:
    """Where a value names its branch, it is no matter which others it fits."""
    parts = {name: thing("kind", kind=STRING) for name in ("One", "Two", "Three")}
    told = {"discriminator": {"propertyName": "kind"}}
    old, new = (
        sends({"oneOf": [ref(name) for name in names], **told}, parts)
        for names in (["One", "Two"], ["One", "Two", "Three"])
    )
    assert rows(old, new) == []


def test_a_union_of_which_one_branch_is_left() -> None:
    """What fitted both branches was refused, and is allowed when one is left; told where they can meet."""
    assert rows(receives({"oneOf": [A, C]}), receives(A)) == [(H, "unwrapped", "GET /x 200")]
    overlapping = {"oneOf": [{**INTEGER, "minimum": 1}, {**INTEGER, "multipleOf": 5}]}
    left = {**INTEGER, "minimum": 1}
    assert rows(receives(overlapping), receives(left)) == [(W, "unwrapped-from-one-of", "GET /x 200")]
    assert rows(sends(overlapping), sends(left)) == [(B, "unwrapped-from-one-of", "POST /x body")]


def test_schemas_that_hold_themselves_come_to_an_end() -> None:
    """Branches that lead back to their union are looked at once."""
    old, new = (
        {"Tree": {"oneOf": [thing("next", next=ref("Tree")), leaf]}}
        for leaf in ({**STRING, "maxLength": 3}, STRING)
    )
    assert rows(sends(ref("Tree"), old), sends(ref("Tree"), new)) == [
        (H, "max-length-removed", "Tree<string>")
    ]


def test_a_choice_within_a_branch_that_refuses_less() -> None:
    """Where a branch's own choice accepts more, as less fits two of it, it meets other branches too."""
    old, new = ({"Inner": {"oneOf": [STRING, other]}} for other in ({}, A))
    union = {"oneOf": [{}, ref("Inner")]}
    assert (W, GROWN, "POST /x body") in rows(sends(union, old), sends(union, new))
