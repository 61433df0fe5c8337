"""The dialects of OpenAPI 3.0 and 3.1, brought into one."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.preparation.dialect import is_of_type, nullable, unify_dialects
from tests.scripts.hand_made import document, ref
from tests.scripts.passes import AT, ran, schemas_of

STRING = {"type": "string"}
NULL = {"type": "null"}


def unified(schema: Any, openapi: str) -> tuple[Any, list[str]]:
    """Unify one schema; of the notes come the kinds."""
    made, notes = schemas_of(unify_dialects, {"A": schema}, openapi)
    assert {pointer for pointer, _, _ in notes} <= {f"{AT}/A"}
    return made["A"], [kind for _, kind, _ in notes]


@pytest.mark.parametrize(
    ("schema", "result", "notes"),
    [
        ({**STRING, "nullable": True}, {"anyOf": [STRING, NULL]}, []),
        ({**STRING, "nullable": False}, STRING, []),
        (
            {**STRING, "nullable": True, "description": "x", "default": None, "title": "T"},
            {"anyOf": [STRING, NULL], "description": "x", "default": None},
            [],
        ),
        ({"nullable": True}, {}, []),
        (ref("B"), ref("B"), []),
        ({**ref("B"), "description": "x", "type": "object"}, ref("B"), []),
        ({**ref("B"), "nullable": True}, {"anyOf": [ref("B"), NULL]}, ["repaired"]),
        ({"allOf": [ref("B")], "nullable": True}, {"anyOf": [{"allOf": [ref("B")]}, NULL]}, []),
        (
            {"type": "array", "items": {**STRING, "nullable": True}, "nullable": True},
            {"anyOf": [{"type": "array", "items": {"anyOf": [STRING, NULL]}}, NULL]},
            [],
        ),
        (
            {
                "oneOf": [{**STRING, "nullable": True}, {"type": "integer", "nullable": True}],
                "nullable": True,
            },
            {"anyOf": [{"oneOf": [{"anyOf": [STRING, NULL]}, {"anyOf": [{"type": "integer"}, NULL]}]}, NULL]},
            [],
        ),
        (
            {"anyOf": [{**STRING, "nullable": True}], "nullable": True},
            {"anyOf": [{"anyOf": [STRING, NULL]}]},
            [],
        ),
        (
            {"anyOf": [{**STRING, "nullable": True}], "nullable": True, "minLength": 1},
            {"anyOf": [{"anyOf": [{"anyOf": [STRING, NULL]}], "minLength": 1}, NULL]},
            [],
        ),
        (
            {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
            {"type": "integer", "exclusiveMinimum": 1},
            [],
        ),
        ({"type": "integer", "maximum": 1, "exclusiveMaximum": False}, {"type": "integer", "maximum": 1}, []),
        ({"type": "integer", "exclusiveMaximum": True}, {"type": "integer"}, []),
        ({"type": "integer", "exclusiveMaximum": 5}, {"type": "integer", "exclusiveMaximum": 5}, []),
        (
            {**STRING, "enum": ["a", "b", None], "nullable": True},
            {"anyOf": [{"type": "string", "enum": ["a", "b"]}, NULL]},
            [],
        ),
        (
            {**STRING, "enum": ["a", "b", None]},
            {"anyOf": [{"type": "string", "enum": ["a", "b"]}, NULL]},
            ["loosened"],
        ),
        (
            {**STRING, "enum": ["a"], "nullable": True},
            {"anyOf": [{"type": "string", "const": "a"}, NULL]},
            [],
        ),
    ],
)
def test_openapi_3_0_becomes_3_1(schema: Any, result: Any, notes: list[str]) -> None:
    """`nullable` and excluded bounds become what JSON Schema has for them; siblings of references go."""
    assert unified(schema, "3.0.3") == (result, notes)


@pytest.mark.parametrize(
    ("schema", "result", "notes"),
    [
        ({**ref("B"), "description": "x"}, ref("B"), []),
        ({**ref("B"), "required": ["a"]}, {"allOf": [ref("B")], "required": ["a"]}, []),
        ({**ref("B"), "allOf": [STRING], "minLength": 1}, {"allOf": [ref("B"), STRING], "minLength": 1}, []),
        ({"type": ["string"]}, STRING, []),
        (
            {"type": ["string", "null"], "minLength": 1, "description": "x"},
            {"anyOf": [{**STRING, "minLength": 1}, NULL], "description": "x"},
            [],
        ),
        ({"type": ["integer", "number"], "minimum": 1}, {"type": "number", "minimum": 1}, []),
        (
            {"type": ["string", "array"], "items": STRING, "maxLength": 3},
            {"anyOf": [{**STRING, "maxLength": 3}, {"type": "array", "items": STRING}]},
            [],
        ),
        (
            {"type": ["string", "null"], "anyOf": [{"minLength": 1}], "allOf": [{}]},
            {"anyOf": [{"minLength": 1}], "allOf": [{"anyOf": [STRING, NULL]}, {}]},
            [],
        ),
        (
            {"type": ["string", "null"], "enum": ["a", "b", None]},
            {"anyOf": [{**STRING, "enum": ["a", "b"]}, NULL]},
            [],
        ),
        ({"type": ["string", "null"], "enum": ["a", "b"]}, {**STRING, "enum": ["a", "b"]}, []),
        (
            {"type": ["string", "integer"], "enum": ["a", 1]},
            {"anyOf": [{**STRING, "const": "a"}, {"type": "integer", "const": 1}]},
            [],
        ),
        ({"type": ["string", "null"], "const": None}, NULL, []),
        ({"const": None}, NULL, []),
        ({"const": "a"}, {**STRING, "const": "a"}, []),
        ({"const": "a", "enum": ["a", "b"]}, {**STRING, "const": "a"}, []),
        ({"const": "a", "enum": ["b"]}, {**STRING, "const": "a"}, []),
        ({"const": {"a": 1}}, {"type": "object"}, ["loosened"]),
        ({"const": True}, {"type": "boolean"}, ["loosened"]),
        ({"enum": [None]}, NULL, []),
        ({"enum": ["a", "a"]}, {**STRING, "const": "a"}, []),
        ({"enum": [1, 1.0, 2]}, {"type": "integer", "enum": [1, 2]}, []),
        ({"type": "number", "enum": [1, 2.0]}, {"type": "integer", "enum": [1, 2]}, []),
        ({"type": "number", "enum": [0.5, 1]}, {"type": "number"}, ["loosened"]),
        ({"enum": [True, False]}, {"type": "boolean"}, []),
        (
            {"enum": [True, 1]},
            {"anyOf": [{"type": "integer", "const": 1}, {"type": "boolean"}]},
            ["loosened"],
        ),
        (
            {"enum": ["a", [1], {}]},
            {"anyOf": [{**STRING, "const": "a"}, {"type": "object"}, {"type": "array", "items": {}}]},
            ["loosened", "loosened"],
        ),
        ({"type": "string", "enum": ["a", 1]}, {**STRING, "const": "a"}, ["repaired"]),
        (
            {"type": "string", "enum": [1, 2], "description": "x"},
            {"type": "integer", "enum": [1, 2], "description": "x"},
            ["loosened"],
        ),
        ({"enum": ["a", "b"], "minLength": 1}, {**STRING, "enum": ["a", "b"], "minLength": 1}, []),
        ({"title": "T", "$comment": "c", "$id": "i", "$schema": "s", "type": "string"}, STRING, []),
    ],
)
def test_openapi_3_1_is_brought_into_form(schema: Any, result: Any, notes: list[str]) -> None:
    """Lists of types become unions, enums have one type, what stands beside references counts."""
    assert unified(schema, "3.1.0") == (result, notes)


def test_the_version_says_what_the_document_is() -> None:
    """Both versions become 3.1.0."""
    assert ran(unify_dialects, document({}))[0]["openapi"] == "3.1.0"


def test_null_is_added_once() -> None:
    """What plainly accepts null stays the same schema."""
    for schema in ({}, NULL, {"anyOf": [STRING, NULL]}, {"description": "anything"}):
        assert nullable(schema) is schema


@pytest.mark.parametrize(
    ("value", "types"),
    [
        (1, {"integer", "number"}),
        (1.0, {"integer", "number"}),
        (1.5, {"number"}),
        (True, {"boolean"}),
        (None, {"null"}),
        ("a", {"string"}),
        ([], {"array"}),
        ({}, {"object"}),
    ],
)
def test_types_of_values(value: Any, types: set[str]) -> None:
    """A whole number is an integer however it is written; a boolean is no number."""
    names = ("string", "number", "integer", "boolean", "object", "array", "null")
    assert {name for name in names if is_of_type(value, name)} == types
