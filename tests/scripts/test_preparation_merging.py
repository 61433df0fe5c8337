"""`allOf`, and unions beside other keywords, as one schema."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.preparation.merging import MOST_NAMED, MOST_VARIANTS, flatten
from tests.scripts.hand_made import INTEGER, STRING, ref, thing
from tests.scripts.passes import AT, schemas_of

HELD: dict[str, Any] = {
    "Base": thing("id", id=STRING),
    "Kind": {"type": "string", "enum": ["a", "b", "c"]},
    "Cat": thing("kind", kind={"type": "string", "const": "cat"}, cat=INTEGER),
    "Dog": thing("kind", kind={"type": "string", "const": "dog"}, dog=INTEGER),
    "Pet": {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}},
    "Text": STRING,
    "Two": thing("a", "b", a=STRING, b=STRING),
    "Tight": {**STRING, "pattern": "a", "allOf": [{"pattern": "b"}]},
    "Strict": {**STRING, "pattern": "a", "allOf": [{"pattern": "c"}]},
    "Maybe": {"anyOf": [ref("Base"), {"type": "null"}]},
}


def flat(schema: Any) -> tuple[Any, list[str]]:
    """Flatten one schema; of the notes come the kinds."""
    made, notes = schemas_of(flatten, {"A": schema, **HELD})
    assert {name: made[name] for name in HELD} == HELD
    assert all(pointer.startswith(f"{AT}/A") for pointer, _, _ in notes)
    return made["A"], [kind for _, kind, _ in notes]


@pytest.mark.parametrize("schema", [ref("Base"), STRING, {}, HELD["Pet"], thing(a=ref("A")), {"not": STRING}])
def test_what_is_flat_stays(schema: Any) -> None:
    """Schemas without `allOf`, and unions alone, come back equal."""
    assert flat(schema) == (schema, [])


@pytest.mark.parametrize(
    ("schema", "result"),
    [
        ({"allOf": [ref("Base"), thing(a=STRING)]}, thing("id", id=STRING, a=STRING)),
        ({"allOf": [ref("Base")], **thing("a", a=STRING)}, thing("a", "id", a=STRING, id=STRING)),
        (
            {"allOf": [{"allOf": [{"allOf": [ref("Base")]}, thing(a=STRING)]}, thing(b=STRING)]},
            thing("id", id=STRING, a=STRING, b=STRING),
        ),
        ({"allOf": [ref("Base"), {"required": ["x"]}]}, thing("id", "x", id=STRING)),
        ({"allOf": [ref("Base"), {"type": "object"}]}, ref("Base")),
        ({"allOf": [ref("Base"), ref("Base"), {"description": "x"}]}, ref("Base")),
        ({"allOf": [ref("Base"), {"minProperties": 1}]}, {**thing("id", id=STRING), "minProperties": 1}),
        ({"allOf": [{"required": ["a"]}, {"required": ["b"]}]}, {"required": ["a", "b"]}),
        ({"allOf": [{}, {}], "description": "x"}, {"description": "x"}),
        (
            {"allOf": [{"type": "number", "minimum": 1}, {"type": "integer", "minimum": 3, "maximum": 9}]},
            {"type": "integer", "minimum": 3, "maximum": 9},
        ),
        (
            {
                "allOf": [
                    {**STRING, "minLength": 1, "maxLength": 9},
                    {**STRING, "minLength": 2, "maxLength": 5},
                ]
            },
            {**STRING, "minLength": 2, "maxLength": 5},
        ),
        (
            {"allOf": [{"type": "array", "uniqueItems": False}, {"type": "array", "uniqueItems": True}]},
            {"type": "array", "uniqueItems": True},
        ),
        (
            {"allOf": [{**STRING, "pattern": "a"}, {**STRING, "pattern": "b"}]},
            {**STRING, "pattern": "a", "allOf": [{"pattern": "b"}]},
        ),
        (
            {
                "allOf": [
                    {**STRING, "pattern": "a", "allOf": [{"pattern": "b"}]},
                    {**STRING, "allOf": [{"pattern": "c"}]},
                ]
            },
            {**STRING, "pattern": "a", "allOf": [{"pattern": "b"}, {"pattern": "c"}]},
        ),
        ({"allOf": [ref("Dog"), thing(dog=INTEGER)]}, ref("Dog")),
        ({"allOf": [ref("Two"), thing("b", a=STRING)]}, ref("Two")),
        ({"allOf": [ref("Dog"), {**thing("kind", dog=INTEGER)}]}, ref("Dog")),
        (
            {"allOf": [ref("Tight"), ref("Strict")]},
            {**STRING, "pattern": "a", "allOf": [{"pattern": "b"}, {"pattern": "c"}]},
        ),
        ({"allOf": [ref("Kind"), {"enum": ["b", "c", "d"]}]}, {**STRING, "enum": ["b", "c"]}),
        ({"allOf": [ref("Kind"), {**STRING, "enum": ["b"]}]}, {**STRING, "const": "b"}),
        ({"allOf": [ref("Kind"), {"const": "b"}]}, {**STRING, "const": "b"}),
        ({"allOf": [{"enum": ["a", 1]}, STRING]}, {**STRING, "const": "a"}),
        (
            {"allOf": [{"type": "array", "items": ref("Base")}, {"type": "array", "items": thing(a=STRING)}]},
            {"type": "array", "items": thing("id", id=STRING, a=STRING)},
        ),
        ({"allOf": [thing(a={"type": "number"}), thing(a=INTEGER)]}, thing(a=INTEGER)),
        (
            {"allOf": [thing(a=ref("Base")), thing(a=thing(b=STRING))]},
            thing(a=thing("id", id=STRING, b=STRING)),
        ),
        ({"allOf": [thing(a={"allOf": [ref("Base")]}), thing(a={})]}, thing(a=ref("Base"))),
        ({"allOf": [thing(a=STRING), {"type": "object", "additionalProperties": INTEGER}]}, None),
        (
            {"allOf": [thing(a=INTEGER), {"type": "object", "additionalProperties": {"type": "number"}}]},
            {**thing(a=INTEGER), "additionalProperties": {"type": "number"}},
        ),
        (
            {
                "allOf": [
                    {**thing(), "additionalProperties": True},
                    {**thing(a=STRING), "additionalProperties": {}},
                ]
            },
            {**thing(a=STRING), "additionalProperties": {}},
        ),
        (
            {
                "allOf": [
                    {**thing(a=STRING), "additionalProperties": True},
                    {**thing(), "additionalProperties": True},
                ]
            },
            {**thing(a=STRING), "additionalProperties": True},
        ),
        (
            {
                "allOf": [
                    {**thing(a=STRING), "additionalProperties": {"type": "number"}},
                    {**thing(a=STRING), "additionalProperties": INTEGER},
                ]
            },
            {**thing(a=STRING), "additionalProperties": INTEGER},
        ),
        (
            {"allOf": [{**thing(a=STRING), "additionalProperties": False}, thing(a=STRING)]},
            {**thing(a=STRING), "additionalProperties": False},
        ),
        (
            {
                "allOf": [
                    {"type": "object", "patternProperties": {"^a": STRING}},
                    {"type": "object", "patternProperties": {"^a": INTEGER, "^b": STRING}},
                ]
            },
            {"type": "object", "patternProperties": {"^a": {"allOf": [STRING, INTEGER]}, "^b": STRING}},
        ),
        (
            {
                "allOf": [
                    {"type": "object", "if": {"required": ["a"]}, "then": {"required": ["b"]}},
                    {"type": "object", "if": {"required": ["c"]}, "else": {"required": ["d"]}},
                ]
            },
            {
                "type": "object",
                "if": {"required": ["a"]},
                "then": {"required": ["b"]},
                "allOf": [{"if": {"required": ["c"]}, "else": {"required": ["d"]}}],
            },
        ),
        (
            {"allOf": [ref("Base"), {"not": {"required": ["x"]}}]},
            {**thing("id", id=STRING), "not": {"required": ["x"]}},
        ),
        (
            {
                "type": "object",
                "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
                "properties": {"a": STRING},
            },
            {**thing(a=STRING), "allOf": [{"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}]},
        ),
    ],
)
def test_parts_become_one(schema: Any, result: Any) -> None:
    """What all parts say is said by one schema; what no type can say stays beside as an assertion."""
    made, notes = flat(schema)
    if result is None:
        assert (made["properties"]["a"], notes) == ({"anyOf": [STRING, INTEGER]}, ["loosened"])
    else:
        assert (made, notes) == (result, [])


@pytest.mark.parametrize(
    ("schema", "result"),
    [
        ({"allOf": [STRING, INTEGER], "description": "x"}, {"description": "x"}),
        ({"allOf": [ref("Kind"), {"enum": ["z"]}]}, {}),
        ({"allOf": [{**STRING, "const": "a"}, {**STRING, "const": "b"}]}, {}),
        ({"allOf": [{**STRING, "const": "a"}, {"enum": ["b", "c"]}]}, {}),
        ({"allOf": [{"const": 1}, STRING]}, {}),
        ({"allOf": [{"enum": [1, 2]}, STRING]}, {}),
        ({"allOf": [ref("Pet"), STRING]}, {}),
        (
            {"allOf": [{**STRING, "format": "date"}, {**STRING, "format": "uuid"}]},
            {**STRING, "format": "date"},
        ),
        (
            {"allOf": [thing(a=STRING), {**thing(b=STRING), "additionalProperties": False}]},
            {**thing(a=STRING, b=STRING), "additionalProperties": False},
        ),
        (
            {
                "allOf": [
                    thing(a=STRING),
                    {"type": "object", "patternProperties": {"^a": INTEGER}, "additionalProperties": False},
                ]
            },
            {**thing(a=STRING), "patternProperties": {"^a": INTEGER}, "additionalProperties": False},
        ),
        (
            {
                "allOf": [
                    {"type": "object", "unevaluatedProperties": False},
                    {"type": "object", "unevaluatedProperties": STRING},
                ]
            },
            {"type": "object"},
        ),
    ],
)
def test_what_cannot_be_one_is_loosened(schema: Any, result: Any) -> None:
    """Parts that have no value in common, or that no one schema can say, accept more and are named."""
    assert flat(schema) == (result, ["loosened"])


def test_unions_meet_what_stands_beside_them() -> None:
    """Each variant gets the properties beside the union, and those that fit nothing go."""
    made, notes = flat({"allOf": [ref("Pet"), ref("Base")]})
    assert notes == []
    assert made["discriminator"] == {"propertyName": "kind"}
    assert [[*variant["properties"]] for variant in made["oneOf"]] == [
        ["kind", "cat", "id"],
        ["kind", "dog", "id"],
    ]
    only = thing("kind", kind={"type": "string", "const": "cat"}, cat=INTEGER)
    assert flat({"allOf": [ref("Pet"), ref("Cat")]}) == (ref("Cat"), [])
    assert flat({"allOf": [{"oneOf": [ref("Cat"), STRING]}, thing(cat=INTEGER)]})[0] == ref("Cat")
    assert flat({"allOf": [{"oneOf": [ref("Cat"), STRING]}, thing(x=STRING)]})[0] == {
        **only,
        "properties": {**only["properties"], "x": STRING},
    }


def test_null_stays_where_all_parts_accept_it() -> None:
    """Two parts that may be null give one that may be null; beside an object, null goes."""
    both, _ = flat({"allOf": [ref("Maybe"), {"anyOf": [thing(a=STRING), {"type": "null"}]}]})
    assert both == {"anyOf": [thing("id", id=STRING, a=STRING), {"type": "null"}]}
    assert flat({"allOf": [ref("Maybe"), thing(a=STRING)]})[0] == thing("id", id=STRING, a=STRING)


def test_one_of_several_stays_one_of_several() -> None:
    """A `oneOf` within a `oneOf` is not dissolved, as a value may fit two of its variants; `anyOf` is."""
    inner = {"oneOf": [thing(a=STRING), thing(b=STRING)]}
    made, _ = flat({"type": "object", "oneOf": [inner, thing(c=STRING)], "properties": {"x": STRING}})
    assert [[*variant] for variant in made["oneOf"]] == [["oneOf"], ["type", "properties"]]
    inner = {"anyOf": inner["oneOf"]}
    made, _ = flat({"type": "object", "anyOf": [inner, thing(c=STRING)], "properties": {"x": STRING}})
    assert len(made["anyOf"]) == 3


def test_too_many_variants_become_one_object() -> None:
    """Unions that would be multiplied beyond measure give one object that accepts all that they accept."""
    sides = [
        {"oneOf": [thing("k", **{f"{side}{n}": STRING, "k": STRING}) for n in range(6)]} for side in "abc"
    ]
    made, notes = flat({"allOf": sides[:2]})
    assert notes == ["loosened"]
    assert made["type"] == "object"
    assert made["required"] == ["k"]
    assert made["properties"]["k"] == STRING
    assert made["properties"]["a0"] == {"anyOf": [STRING, {}]}
    free = [{"oneOf": [thing(**{f"{side}{n}": STRING}) for n in range(6)]} for side in "ab"]
    assert "required" not in flat({"allOf": free})[0]
    closed = {"oneOf": [{**variant, "additionalProperties": False} for variant in sides[0]["oneOf"]]}
    assert flat({"allOf": [closed, sides[1]]})[1].count("loosened") > 0
    mixed = {
        "anyOf": [{"minLength": n, "type": "string"} for n in range(MOST_VARIANTS // 2)] + [{"not": STRING}]
    }
    other = {"anyOf": [{"maxLength": n, "type": "string"} for n in range(9)]}
    assert flat({"allOf": [mixed, other]}) == ({}, ["loosened"])


def test_what_leads_back_through_a_property_is_one_component() -> None:
    """`P` of `A` and `B`, both with a `next` of their own kind: the next of both is of both kinds."""
    held = {
        "A": thing(next=ref("A"), a=STRING),
        "B": thing(next=ref("B"), b=STRING),
        "P": {"allOf": [ref("A"), ref("B")]},
        "Q": {"allOf": [ref("B"), ref("A")]},
    }
    made, notes = schemas_of(flatten, held)
    (both,) = made.keys() - held.keys()
    assert both.startswith("AAndB_")
    assert notes == []
    assert made[both] == thing(next=ref(both), a=STRING, b=STRING)
    assert made["P"] == made[both]
    assert made["Q"]["properties"]["next"] == ref(both)


def test_meetings_end() -> None:
    """However much leads back to itself, there is an end; what is left out is named."""
    size = 7
    held: dict[str, Any] = {
        f"{side}{n}": thing(**{f"p{m}": ref(f"{side}{(m + step * n) % size}") for m in range(size)})
        for step, side in enumerate("ABC")
        for n in range(size)
    }
    held["P"] = {"allOf": [ref("A0"), ref("B1"), ref("C2")]}
    made, notes = schemas_of(flatten, held)
    assert len(made) < len(held) + MOST_NAMED + 20
    assert {kind for _, kind, _ in notes} <= {"loosened"}
    assert notes


def test_what_leads_to_ever_more_is_cut_off() -> None:
    """Unions that lead back to themselves where nothing names them: at some depth everything is accepted."""
    back = {**thing(b=ref("One")), "oneOf": [{}, ref("Two")], "anyOf": [ref("One")]}
    held = {
        "One": {"oneOf": [{"oneOf": [{"properties": {"b": ref("One")}}, {"required": []}, ref("Two")]}, {}]},
        "Two": {"oneOf": [{"additionalProperties": back}]},
    }
    made, notes = schemas_of(flatten, held)
    assert {*made} >= {"One", "Two"}
    assert {(kind, what) for _, kind, what in notes} == {("loosened", "accepts all")}


def test_order_of_components_does_not_matter() -> None:
    """The same components in another order give the same schemas."""
    held = {
        **HELD,
        "X": {"allOf": [ref("Y"), thing(x=ref("X"))]},
        "Y": {"allOf": [ref("Base"), thing(x=ref("Y"))]},
    }
    made, _ = schemas_of(flatten, held)
    turned, _ = schemas_of(flatten, dict(reversed(held.items())))
    assert made == turned
