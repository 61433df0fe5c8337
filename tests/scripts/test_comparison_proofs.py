"""Proofs that one place accepts no more than another: found where there are any, and never wrong."""

from __future__ import annotations

import random
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.comparison.places import Part, key_of
from scripts.comparison.proofs import Prover, Sided
from scripts.comparison.reading import Reader
from tests.scripts.chance import COMPONENTS, Side
from tests.scripts.chance import schemas as schemas_by_chance
from tests.scripts.hand_made import INTEGER, STRING, document, ref, thing

NUMBER, LIST, THING = {"type": "number"}, {"type": "array"}, {"type": "object"}
CAT, DOG = thing("kind", kind={"const": "cat"}), thing("kind", kind={"const": "dog"})


def sided(schema: Any, components: Any = None) -> Sided:
    """Make a place of a schema."""
    reader = Reader(document({}, {**(components or {}), "It": schema}, openapi="3.1.0"))
    return Sided(reader, ()).at((Part("/components/schemas/It", schema),))


def prover() -> Prover:
    """Make a prover that takes two places for the same only where they are one."""
    return Prover(lambda one, other: one.reader is other.reader and key_of(one.place) == key_of(other.place))


INCLUDED: dict[str, tuple[Any, Any]] = {
    "anything": (STRING, {}),
    "nothing": (False, STRING),
    "a number": (INTEGER, NUMBER),
    "limits": ({**NUMBER, "minimum": 3}, {**NUMBER, "minimum": 1}),
    "values": ({"enum": ["a"]}, {"enum": ["a", "b"]}),
    "values of a type": ({"enum": ["a", "b"]}, STRING),
    "null": ({"type": "null"}, {"type": ["null", "string"]}),
    "one of several": (STRING, {"anyOf": [INTEGER, STRING]}),
    "each of several": ({"anyOf": [INTEGER, STRING]}, {"type": ["number", "string"]}),
    "each value": ({"enum": ["a", 1]}, {"anyOf": [INTEGER, STRING]}),
    "exactly one": (STRING, {"oneOf": [INTEGER, STRING]}),
    "what has a property": (CAT, {"oneOf": [DOG, CAT]}),
    "properties": (thing("a", "b", a=STRING, b=STRING), thing("a", a=STRING)),
    "the rest": ({**THING, "additionalProperties": INTEGER}, {**THING, "additionalProperties": NUMBER}),
    "a property of the rest": ({**THING, "additionalProperties": INTEGER}, thing(a=NUMBER)),
    "closed": ({**thing(a=STRING), "additionalProperties": False}, {**THING, "additionalProperties": STRING}),
    "patterns": (
        {**THING, "patternProperties": {"^x": INTEGER, "^y": STRING}},
        {**THING, "patternProperties": {"^x": NUMBER}},
    ),
    "names": (
        {**THING, "propertyNames": {"maxLength": 2}}, {**THING, "propertyNames": {"maxLength": 3}}
    ),
    "needed with others": (
        {**THING, "dependentRequired": {"a": ["b", "c"]}}, {**THING, "dependentRequired": {"a": ["b"]}}
    ),
    "schemas with others": (
        {**THING, "dependentSchemas": {"a": {"required": ["b", "c"]}}},
        {**THING, "dependentSchemas": {"a": {"required": ["b"]}}},
    ),
    "items": ({**LIST, "items": INTEGER}, {**LIST, "items": NUMBER}),
    "first items": ({**LIST, "prefixItems": [INTEGER, STRING]}, {**LIST, "prefixItems": [NUMBER]}),
    "contains": ({**LIST, "contains": INTEGER}, {**LIST, "contains": NUMBER}),
}  # fmt: skip

NOT_INCLUDED: dict[str, tuple[Any, Any]] = {
    "the other way": (NUMBER, INTEGER),
    "null": ({"type": ["string", "null"]}, STRING),
    "into nothing": (STRING, False),
    "an open object": (THING, {**THING, "additionalProperties": STRING}),
    "a pattern more": ({**THING, "patternProperties": {"^x": STRING}, "additionalProperties": False},
                       {**THING, "additionalProperties": False}),
    "a name with a pattern": (
        {**THING, "patternProperties": {"^a": STRING}, "additionalProperties": False},
        {**thing(a=INTEGER), "patternProperties": {"^a": STRING}},
    ),
    "contains too much": ({**LIST, "contains": STRING}, {**LIST, "contains": STRING, "maxContains": 2}),
    "contains others, with a most": (
        {**LIST, "contains": INTEGER, "maxContains": 2}, {**LIST, "contains": NUMBER, "maxContains": 2}
    ),
    "contains nothing": (LIST, {**LIST, "contains": STRING}),
    "several": (STRING, {"oneOf": [STRING, {"type": "string", "maxLength": 3}]}),
    "values and more": ({"enum": ["a", 1, True]}, {"anyOf": [INTEGER, STRING]}),
    "a value with a pattern": ({"enum": ["a", "b"]}, {"enum": ["a", "b"], "pattern": "^b"}),
    "refused": (STRING, {**STRING, "not": {"const": "a"}}),
    "elsewhere": (STRING, {"$ref": "https://a.example"}),
    "union in allOf": ({"allOf": [{"anyOf": [STRING, INTEGER]}]}, STRING),
}  # fmt: skip


@pytest.mark.parametrize("name", INCLUDED)
def test_what_is_proven(name: str) -> None:
    """That the first accepts no more than the second is proven."""
    small, large = INCLUDED[name]
    assert prover().included(sided(small), sided(large))


@pytest.mark.parametrize("name", NOT_INCLUDED)
def test_what_is_not_proven(name: str) -> None:
    """Where the first accepts more, or nobody can tell, there is no proof."""
    small, large = NOT_INCLUDED[name]
    assert not prover().included(sided(small), sided(large))


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        (STRING, INTEGER, True),
        (False, {}, True),
        ({"type": ["string", "null"]}, {"type": ["integer", "null"]}, False),
        ({"enum": ["a"]}, {"enum": ["b"]}, True),
        (CAT, DOG, True),
        (thing(kind={"const": "cat"}), thing(kind={"const": "dog"}), False),
        (INTEGER, NUMBER, False),
        ({}, STRING, False),
    ],
)
def test_what_no_value_fits(one: Any, other: Any, apart: bool) -> None:  # noqa: FBT001 - a column
    """That no value fits both is proven, either way round, and not where one does."""
    assert prover().disjoint(sided(one), sided(other)) is apart
    assert prover().disjoint(sided(other), sided(one)) is apart


def test_what_rests_on_itself_is_not_proven() -> None:
    """A schema that refers to itself has no proof by itself, and neither has one that nests too deep."""
    tree = {"Tree": {"anyOf": [ref("Tree"), STRING]}, "List": thing(next=ref("List"), value=STRING)}
    assert not prover().included(sided(INTEGER, tree), sided(ref("Tree"), tree))
    assert not prover().included(sided(ref("List"), tree), sided(ref("List"), tree))
    deep: Any = STRING
    for _ in range(40):
        deep = {"type": "array", "items": deep}
    assert not prover().included(sided(deep), sided({**deep, "title": "Deep"}))


@pytest.mark.unmeasured
@settings(max_examples=400)
@given(one=schemas_by_chance(), other=schemas_by_chance(), seed=st.integers(0, 99))
def test_proofs_are_never_wrong(one: Any, other: Any, seed: int) -> None:
    """Whatever is proven, a validator finds no value that speaks against it."""
    documents = [document({}, {**COMPONENTS, "It": schema}) for schema in (one, other)]
    small, large = (
        Sided(Reader(made), ()).at((Part("/components/schemas/It", made["components"]["schemas"]["It"]),))
        for made in documents
    )
    try:
        validators = [Side(schema, COMPONENTS, tight=False) for schema in (one, other)]
    except jsonschema_rs.ValidationError:
        return
    values = [value for side in validators for value in side.values(random.Random(seed))]  # noqa: S311
    if prover().included(small, large):
        assert [v for v in values if validators[0].accepts(v) and not validators[1].accepts(v)] == []
    if prover().disjoint(small, large):
        assert [v for v in values if validators[0].accepts(v) and validators[1].accepts(v)] == []
