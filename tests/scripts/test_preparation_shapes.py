"""Repairs within schemas."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.preparation.documents import Noting
from scripts.preparation.shapes import (
    add_types,
    loosen_dangling,
    mark_origins,
    mend_schemas,
    open_patterns,
)
from tests.scripts.hand_made import document, parameter, ref
from tests.scripts.passes import AT, plain, ran, schemas_of

STRING = {"type": "string"}


def mended(schema: Any) -> tuple[Any, list[tuple[str, str]]]:
    """Mend one schema; notes are shown as the rest of their pointer and their kind."""
    made, notes = ran(mend_schemas, document({}, {"A": schema}))
    shown = [(pointer.removeprefix(f"{AT}/A"), kind) for pointer, kind, _ in notes]
    return made["components"]["schemas"]["A"], shown


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string", "format": "x", "nullable": True, "minLength": 0, "pattern": "a"},
        {"type": ["string", "null"]},
        {"type": "object", "properties": {"a": STRING}, "required": ["a", "unknown"]},
        {
            "properties": {
                "$ref": STRING,
                "type": STRING,
                "properties": STRING,
                "required": STRING,
                "items": STRING,
                "allOf": STRING,
                "enum": STRING,
                "default": STRING,
                "x-y": STRING,
                "additionalProperties": STRING,
                "nullable": STRING,
            }
        },
        {"enum": [None]},
        {"const": None},
        {"default": None, "example": None},
        {"additionalProperties": True},
        {"additionalProperties": False, "unevaluatedProperties": False},
        {"minimum": 1, "exclusiveMinimum": True},
        {"minimum": 1.5, "exclusiveMaximum": 2, "multipleOf": 0.5},
        {"allOf": [{}], "anyOf": [{}], "oneOf": [{}]},
        {"discriminator": {"propertyName": "a"}},
        {"prefixItems": [STRING], "items": STRING},
        {"x-anything": None, "unknownKeyword": [1]},
    ],
)
def test_what_is_right_stays(schema: Any) -> None:
    """Schemas without mistakes come back equal and without notes; extensions may hold anything."""
    kept = {key: value for key, value in schema.items() if value is not None or not key.startswith("x-")}
    assert mended(schema) == (kept, [])


@pytest.mark.parametrize(
    ("schema", "result", "notes"),
    [
        # types
        ({"type": "String"}, STRING, [("/type", "repaired")]),
        ({"type": " datetime"}, {"type": "string", "format": "date-time"}, [("/type", "repaired")]),
        ({"type": "date", "format": "x"}, {"type": "string", "format": "x"}, [("/type", "repaired")]),
        ({"type": "int"}, {"type": "integer"}, [("/type", "repaired")]),
        ({"type": ["text", None]}, {"type": ["string", "null"]}, [("/type", "repaired")]),
        ({"type": "banana"}, {}, [("/type", "loosened")]),
        ({"type": ["string", "banana"]}, {}, [("/type", "loosened")]),
        ({"type": []}, {}, [("/type", "loosened")]),
        ({"type": None}, {}, [("/type", "loosened")]),
        ({"type": {"a": 1}}, {}, [("/type", "loosened")]),
        # required
        ({"required": True}, {}, [("/required", "repaired")]),
        ({"required": "a"}, {"required": ["a"]}, [("/required", "repaired")]),
        ({"required": ["a", 1, None]}, {"required": ["a"]}, [("/required", "repaired")]),
        ({"required": 5}, {}, [("/required", "loosened")]),
        ({"required": None}, {}, []),
        (
            {"properties": {"a": {"type": "string", "required": True}, "b": {"required": False}}},
            {"properties": {"a": STRING, "b": {}}, "required": ["a"]},
            [("/properties/a/required", "repaired"), ("/properties/b/required", "repaired")],
        ),
        (
            {"properties": {"a": {"required": "true"}, "b": {"required": "false"}}, "required": ["a", "b"]},
            {"properties": {"a": {}, "b": {}}, "required": ["a", "b"]},
            [("/properties/a/required", "repaired"), ("/properties/b/required", "repaired")],
        ),
        # properties
        (
            {"properties": [{"a": STRING}, {"b": {"type": "int"}}]},
            {"properties": {"a": STRING, "b": {"type": "integer"}}},
            [("/properties", "repaired"), ("/properties/b/type", "repaired")],
        ),
        (
            {"properties": [{"name": "a", "type": "string", "required": True}], "required": ["b"]},
            {"properties": {"a": STRING}, "required": ["b", "a"]},
            [("/properties", "repaired"), ("/properties/a/required", "repaired")],
        ),
        (
            {"properties": [{"name": "a", "schema": STRING, "required": True}, "b", 5]},
            {"properties": {"a": STRING, "b": {}}, "required": ["a"]},
            [("/properties", "repaired")],
        ),
        (
            {"properties": [{"name": "a", "schema": STRING, "required": True}], "required": ["b"]},
            {"properties": {"a": STRING}, "required": ["b", "a"]},
            [("/properties", "repaired")],
        ),
        ({"properties": "none"}, {}, [("/properties", "loosened")]),
        ({"properties": None}, {}, []),
        ({"properties": {"a": "text"}}, {"properties": {"a": {}}}, [("/properties/a", "loosened")]),
        ({"properties": {"a": False}}, {"properties": {"a": {"not": {}}}}, []),
        # lists
        ({"allOf": STRING}, {"allOf": [STRING]}, [("/allOf", "repaired")]),
        (
            {"anyOf": {"type": "int"}},
            {"anyOf": [{"type": "integer"}]},
            [("/anyOf", "repaired"), ("/anyOf/0/type", "repaired")],
        ),
        ({"oneOf": []}, {}, [("/oneOf", "loosened")]),
        ({"enum": []}, {}, [("/enum", "loosened")]),
        ({"enum": None}, {}, [("/enum", "loosened")]),
        ({"enum": "a"}, {"enum": ["a"]}, [("/enum", "repaired")]),
        ({"items": [STRING, True]}, {"items": {}, "prefixItems": [STRING, {}]}, [("/items", "loosened")]),
        # values
        (
            {"additionalProperties": "false"},
            {"additionalProperties": False},
            [("/additionalProperties", "repaired")],
        ),
        ({"nullable": "true"}, {"nullable": True}, [("/nullable", "repaired")]),
        (
            {"additionalProperties": "text"},
            {"additionalProperties": {}},
            [("/additionalProperties", "loosened")],
        ),
        ({"nullable": "perhaps"}, {}, [("/nullable", "loosened")]),
        ({"$ref": 5}, {}, [("/$ref", "loosened")]),
        ({"$ref": {"a": {}}}, {}, [("/$ref", "loosened")]),
        ({"minimum": True}, {}, [("/minimum", "loosened")]),
        ({"minLength": -1}, {}, [("/minLength", "loosened")]),
        ({"minLength": 1.5}, {}, [("/minLength", "loosened")]),
        ({"maxItems": 2.0}, {"maxItems": 2}, []),
        ({"multipleOf": 0}, {}, [("/multipleOf", "loosened")]),
        ({"description": 5, "format": None}, {}, [("/description", "loosened")]),
        ({"patternProperties": []}, {}, [("/patternProperties", "loosened")]),
        ({"prefixItems": {}}, {}, [("/prefixItems", "loosened")]),
        # schemas
        ({"items": None, "type": "array"}, {"type": "array"}, []),
        ({"items": 5}, {"items": {}}, [("/items", "loosened")]),
        ({"items": False}, {"items": {"not": {}}}, []),
        ({"not": True}, {"not": {}}, []),
        ({"properties": {"additionalProperties": True}}, {"properties": {"additionalProperties": {}}}, []),
        (True, {}, []),
        (False, {"not": {}}, []),
    ],
)
def test_mistakes_are_mended_and_named(schema: Any, result: Any, notes: Any) -> None:
    """What was meant is repaired, what nobody can know is loosened, each with its place."""
    assert mended(schema) == (result, notes)


def test_schemas_of_parameters_are_mended_too() -> None:
    """A schema is mended wherever it stands."""
    made, notes = ran(mend_schemas, document({"/a": {"parameters": [parameter("a", {"type": "int"})]}}))
    assert made["paths"]["/a"]["parameters"][0]["schema"] == {"type": "integer"}
    assert [pointer for pointer, _, _ in notes] == ["/paths/~1a/parameters/0/schema/type"]


@pytest.mark.parametrize(
    ("schema", "openapi", "result", "notes"),
    [
        ({"type": "array"}, "3.0.1", {"type": "array", "items": {}}, [(f"{AT}/A", "repaired")]),
        ({"type": "array"}, "3.1.0", {"type": "array", "items": {}}, []),
        ({"type": ["array", "null"]}, "3.1.0", {"type": ["array", "null"], "items": {}}, []),
        ({"type": "array", "items": STRING}, "3.0.1", {"type": "array", "items": STRING}, []),
        ({"type": "string"}, "3.0.1", STRING, []),
        ({"items": STRING}, "3.0.1", {"type": "array", "items": STRING}, [(f"{AT}/A", "repaired")]),
        ({"items": STRING, "enum": [[]]}, "3.0.1", {"items": STRING, "enum": [[]]}, []),
        (
            {"properties": {"a": {}}},
            "3.1.0",
            {"type": "object", "properties": {"a": {}}},
            [(f"{AT}/A", "repaired")],
        ),
        (
            {"additionalProperties": {}},
            "3.1.0",
            {"type": "object", "additionalProperties": {}},
            [(f"{AT}/A", "repaired")],
        ),
        ({"additionalProperties": False}, "3.1.0", {"additionalProperties": False}, []),
        ({"allOf": [{"properties": {}}]}, "3.1.0", {"allOf": [{"properties": {}}]}, []),
        ({"not": {"items": STRING}}, "3.1.0", {"not": {"items": STRING}}, []),
        (
            {"allOf": [{"properties": {"a": {"items": {}}}}]},
            "3.1.0",
            {"allOf": [{"properties": {"a": {"type": "array", "items": {}}}}]},
            [(f"{AT}/A/allOf/0/properties/a", "repaired")],
        ),
    ],
)
def test_types_are_whole(schema: Any, openapi: str, result: Any, notes: Any) -> None:
    """An array has `items`, and what has keywords of one type alone is of that type."""
    made, noted = schemas_of(add_types, {"A": schema}, openapi)
    assert (made["A"], [note[:2] for note in noted]) == (result, notes)


@pytest.mark.parametrize(
    ("schema", "result"),
    [
        (ref("B"), ref("B")),
        ({"$ref": "#/components/schemas/B/properties/x%7E1y"}, None),
        ({"$ref": "#/components/schemas/B/properties/x%2Fy"}, {}),
        ({"$ref": "#/components/schemas/B/properties/b"}, {"$ref": "#/components/schemas/B/properties/b"}),
        (ref("Gone"), {}),
        ({"$ref": "other.json#/A", "description": "x"}, {"description": "x"}),
        ({"$ref": "https://example.invalid/a.json"}, {}),
        ({"$ref": "#"}, {}),
        ({"$ref": "#/info"}, {}),
        ({"$ref": "#/components/schemas/B/required"}, {}),
        ({"$ref": "#anchor"}, {}),
        ({"oneOf": [ref("Gone"), STRING]}, {"anyOf": [{}, STRING]}),
        ({"anyOf": [ref("Gone"), {"required": ["a"]}]}, {}),
    ],
)
def test_references_that_lead_to_no_schema_are_loosened(schema: Any, result: Any) -> None:
    """What is not at hand accepts all and is named; a `oneOf` around it does not refuse what it accepted."""
    held = {"A": schema, "B": {"properties": {"b": STRING, "x/y": STRING}, "required": ["b"]}}
    made, notes = schemas_of(loosen_dangling, held)
    assert made["A"] == (schema if result is None else result)
    assert [note[1] for note in notes] == ([] if made["A"] == schema else ["loosened"])


@pytest.mark.parametrize(
    ("schema", "result"),
    [
        ({"patternProperties": {"^a": STRING}}, None),
        ({"patternProperties": {"^a": STRING}, "additionalProperties": True}, None),
        ({"patternProperties": {"^a": STRING}, "additionalProperties": False}, STRING),
        (
            {"patternProperties": {"^a": STRING, "^b": {}}, "additionalProperties": False},
            {"anyOf": [STRING, {}]},
        ),
        (
            {"patternProperties": {"^a": STRING}, "additionalProperties": {"type": "integer"}},
            {"anyOf": [STRING, {"type": "integer"}]},
        ),
        ({"patternProperties": {}, "additionalProperties": False}, False),
    ],
)
def test_patterns_open_what_is_closed(schema: Any, result: Any) -> None:
    """Names with a pattern beside closed properties become what all other properties are."""
    made, notes = schemas_of(open_patterns, {"A": schema})
    assert made["A"] == (schema if result is None else {"additionalProperties": result})
    assert [note[:2] for note in notes] == ([] if result is None else [(f"{AT}/A", "loosened")])


def test_schemas_know_where_they_stood() -> None:
    """Every schema carries its pointer; without it nothing has changed."""
    given = document({}, {"A": {"properties": {"a/b": {}}, "additionalProperties": False}})
    made, notes = ran(mark_origins, given)
    schema = made["components"]["schemas"]["A"]
    assert schema["x-upstream-pointer"] == f"{AT}/A"
    assert schema["properties"]["a/b"]["x-upstream-pointer"] == f"{AT}/A/properties/a~1b"
    assert (plain(made), notes) == (given, [])
    assert Noting().notes == set()
