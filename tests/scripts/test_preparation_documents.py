"""Where things lie in a document."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.notes import Kind, Note
from scripts.preparation.documents import (
    Noting,
    change_schema,
    change_schemas,
    child,
    component_of,
    find,
    has_shape,
    opened,
    operations,
    parts_of,
    reference_to,
    references,
    run_passes,
    standing,
)

names = st.text(max_size=8) | st.sampled_from(["a/b", "~", "~1", "%", "%2F", "", "é"])


@given(st.lists(names, max_size=4))
def test_pointers_are_split_as_they_were_joined(parts: list[str]) -> None:
    """Any names can stand in a pointer, and come back."""
    assert parts_of(child("", *parts)) == parts


@given(names)
def test_references_name_any_component(name: str) -> None:
    """A reference to a component leads to its name, whatever characters that has."""
    assert component_of(reference_to(name)["$ref"]) == name


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("#/components/schemas/A", "A"),
        ("#/components/schemas/a~1b", "a/b"),
        ("#/components/schemas/a%20b", "a b"),
        ("#/components/schemas/%7E1", "/"),
        ("#/components/schemas/A/properties/b", None),
        ("#/components/parameters/A", None),
        ("other.json#/components/schemas/A", None),
        ("#A", None),
        ("#", None),
    ],
)
def test_references_to_components_are_told_from_others(reference: str, name: str | None) -> None:
    """Percent signs are read before tildes, and only whole components count."""
    assert component_of(reference) == name


@pytest.mark.parametrize("pointer", ["/a/2", "/a/x", "/b", "/c/d", "/a/-1"])
def test_what_is_not_there_is_not_found(pointer: str) -> None:
    """A pointer that leads nowhere raises KeyError."""
    with pytest.raises(KeyError):
        find({"a": [1, 2], "c": "text"}, pointer)


def test_what_is_there_is_found() -> None:
    """Names and numbers lead on; the empty pointer is the document."""
    document = {"a": [1, {"b/c": 2}]}
    assert find(document, "/a/1/b~1c") == 2
    assert find(document, "") is document


@pytest.mark.parametrize(
    ("pointer", "standing_at"),
    [
        ("/paths/a/get/x", "/shared/get/x"),
        ("/paths/a/get/gone", "/shared/get"),
        ("/paths/a/$ref", "/paths/a/$ref"),
        ("/paths/gone/get", "/paths"),
        ("/ring/x", "/ring"),
        ("/nowhere/x", "/nowhere"),
    ],
)
def test_notes_can_be_looked_up(pointer: str, standing_at: str) -> None:
    """A pointer leads behind references, and ends at what is there."""
    document = {
        "paths": {"a": {"$ref": "#/shared"}},
        "shared": {"get": {"x": 1}},
        "ring": {"$ref": "#/ring"},
        "nowhere": {"$ref": "#/gone/away"},
    }
    assert standing(document, pointer) == standing_at


EVERYWHERE: dict[str, Any] = {
    "components": {
        "schemas": {"A": {"at": 1}, "B": True},
        "parameters": {"P": {"schema": {"at": 2}}, "Odd": 5},
        "headers": {"H": {"schema": {"at": 3}}},
        "requestBodies": {"R": {"content": {"a": {"schema": {"at": 4}}}}},
        "responses": {
            "S": {"content": {"a": {"schema": {"at": 5}}}, "headers": {"h": {"schema": {"at": 6}}}}
        },
        "pathItems": {"I": {"get": {"parameters": [{"content": {"a": {"schema": {"at": 7}}}}]}}},
        "callbacks": {"C": {"{$url}": {"post": {"requestBody": {"content": {"a": {"schema": {"at": 8}}}}}}}},
    },
    "paths": {
        "/a": {
            "parameters": [{"schema": {"at": 9}}],
            "get": {"responses": {"200": {"content": {"a": {"schema": {"at": 10}}}}}},
            "post": {"callbacks": {"c": {"u": {"put": {"parameters": [{"schema": {"at": 11}}]}}}}},
        },
        "/odd": {"parameters": "none"},
    },
    "webhooks": {"w": {"post": {"parameters": [{"schema": {"at": 12}}]}}},
    "$defs": {"D": {"at": 13}},
    "definitions": {"E": {"at": 14}},
}


def test_every_schema_of_a_document_is_found() -> None:
    """Wherever a schema can stand, a change reaches it, with its pointer; nothing else is touched."""
    before = copy.deepcopy(EVERYWHERE)
    seen: dict[int, str] = {}

    def change(schema: Any, pointer: str) -> Any:
        assert find(EVERYWHERE, pointer) is schema
        seen[schema["at"]] = pointer
        return {**schema, "changed": True}

    made = change_schemas(EVERYWHERE, change)
    assert sorted(seen) == [*range(1, 15)]
    assert all(find(made, pointer) == {"at": at, "changed": True} for at, pointer in seen.items())
    assert before == EVERYWHERE
    assert change_schemas(EVERYWHERE, lambda schema, _pointer: schema) is EVERYWHERE


def test_schemas_within_schemas_are_changed_from_the_inside() -> None:
    """Every keyword that holds schemas is followed; what stays the same stays the same object."""
    schema = {
        "properties": {"a": {}, "properties": {}},
        "items": {},
        "allOf": [{"not": {}}],
        "oneOf": [{}],
        "anyOf": [{}],
        "prefixItems": [{}],
        "patternProperties": {"^a": {}},
        "if": {},
        "then": {},
        "else": {},
        "additionalProperties": False,
        "$defs": {"D": {}},
        "enum": [{}],
        "default": {},
        "example": {"properties": {"x": {}}},
    }
    seen: list[str] = []

    def change(inner: Any, pointer: str) -> Any:
        seen.append(pointer)
        return inner

    assert change_schema(schema, "", change) is schema
    assert seen.index("/allOf/0/not") < seen.index("/allOf/0") < seen.index("")
    assert set(seen) == {
        "",
        "/properties/a",
        "/properties/properties",
        "/items",
        "/allOf/0/not",
        "/allOf/0",
        "/oneOf/0",
        "/anyOf/0",
        "/prefixItems/0",
        "/patternProperties/^a",
        "/if",
        "/then",
        "/else",
        "/$defs/D",
    }
    made = change_schema(schema, "", lambda inner, pointer: {"type": "x"} if "prop" in pointer else inner)
    assert made["properties"] == {"a": {"type": "x"}, "properties": {"type": "x"}}
    assert made["allOf"] is schema["allOf"]


def test_operations_are_those_of_known_methods() -> None:
    """Extensions and path-level keys are no operations."""
    document = {"paths": {"/a": {"get": {"x": 1}, "parameters": [], "copy": {}}, "x-b": "get it"}}
    assert [(o.pointer, o.path, o.method, o.value) for o in operations(document)] == [
        ("/paths/~1a/get", "/a", "get", {"x": 1})
    ]


def test_references_are_found_anywhere_in_a_schema() -> None:
    """All components that a schema refers to are named, those in assertions too."""
    schema = {
        "properties": {"a": reference_to("A")},
        "not": {"items": reference_to("B")},
        "additionalProperties": True,
    }
    assert [*references(schema)] == ["A", "B"]


def test_unions_with_a_variant_that_accepts_all() -> None:
    """`oneOf` becomes `anyOf`; beside an `anyOf`, or without types in it, the union goes."""
    text: dict[str, Any] = {"type": "string"}
    before: dict[str, Any] = {"oneOf": [{"$ref": "x"}, text]}
    assert opened(before, {"oneOf": [{}, text]}) == {"anyOf": [{}, text]}
    assert opened(before, {"oneOf": [{}, text], "anyOf": [text]}) == {"anyOf": [text]}
    assert opened(before, {"oneOf": [{}, {"required": ["a"]}]}) == {}
    assert opened(before, {"oneOf": [text, text]}) == {"oneOf": [text, text]}
    untouched = {"oneOf": [{}, text]}
    assert opened(untouched, untouched) is untouched


@pytest.mark.parametrize(
    ("schema", "shaped"),
    [
        ({}, False),
        ({"required": ["a"]}, False),
        ({"anyOf": [{"required": ["a"]}, {"minProperties": 1}]}, False),
        ({"anyOf": [{}, {"type": "string"}]}, True),
        ({"properties": {}}, True),
    ],
)
def test_what_the_generator_makes_types_of(schema: Any, *, shaped: bool) -> None:
    """Only keywords that say what is there give a type."""
    assert has_shape(schema) is shaped


def test_notes_are_sorted_and_said_once() -> None:
    """Passes run one after the other; what two of them note is listed once."""

    def first(document: Any, noting: Noting) -> Any:
        noting("/b", Kind.RENAMED, "x", "y")
        noting("/a", Kind.REPAIRED, "x", "y")
        return {**document, "first": True}

    def second(document: Any, noting: Noting) -> Any:
        noting("/b", Kind.RENAMED, "x", "y")
        return {**document, "second": document["first"]}

    made, notes = run_passes({}, [first, second])
    assert made == {"first": True, "second": True}
    assert notes == [Note("/a", Kind.REPAIRED, "x", "y"), Note("/b", Kind.RENAMED, "x", "y")]
    assert notes[0].as_json() == {"pointer": "/a", "kind": "repaired", "what": "x", "why": "y"}
