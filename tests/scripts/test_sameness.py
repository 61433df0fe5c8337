"""Preparing a document changes nothing about the values that its schemas accept."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from scripts.prepare import prepare
from tests.scripts.hand_made import (
    INTEGER,
    LINES,
    STRING,
    Line,
    content,
    document,
    operation,
    ref,
    thing,
)
from tests.scripts.sameness import Schemas, compare, mutate, places, seeded

pytestmark = pytest.mark.unmeasured

# The judge


def accepts(schema: Any, value: Any, openapi: str = "3.0.3") -> bool:
    """Ask the judge about one value."""
    schemas = Schemas(
        document({}, {"It": schema, "Text": STRING, "Loop": {"allOf": [ref("Loop")]}}, openapi=openapi)
    )
    schemas.add("/components/schemas/It")
    return schemas.validator(["/components/schemas/It"])(value)


@pytest.mark.parametrize(
    ("schema", "accepted", "refused"),
    [
        ({"type": "string", "nullable": True}, ["a", None], [1]),
        ({"type": "string", "enum": ["a"], "nullable": True}, ["a", None], ["b"]),
        ({**ref("Text"), "nullable": True}, ["a", None], [1]),
        ({**ref("Text"), "enum": ["a"]}, ["a", "b"], [1]),
        ({"type": "integer", "minimum": 1, "exclusiveMinimum": True}, [2], [1]),
        ({"type": "integer", "maximum": 1, "exclusiveMaximum": False}, [1], [2]),
        ({"properties": {"a": INTEGER}}, [{}, {"a": 1, "b": 2}], [{"a": "1"}, "text"]),
        ({"items": INTEGER}, [[1], []], [["a"], {}]),
        ({"type": "string", "format": "date-time"}, ["soon"], [1]),
        ({**thing(a=STRING), "additionalProperties": False}, [{"a": "x"}], [{"b": "x"}]),
        ({"oneOf": [STRING, INTEGER, {"type": "number"}]}, ["a", 1.5], [1, None]),
        ({"allOf": [thing("a", a=STRING), thing("b", b=STRING)]}, [{"a": "", "b": ""}], [{"a": ""}]),
        ({"$ref": "https://example.invalid/x.json"}, [1, None], []),
        ({"$ref": "#/components/schemas/Nowhere"}, [1, None], []),
        (ref("Loop"), [1, None], []),
        ({"type": "array", "items": {"$ref": "#/components/schemas/It"}}, [[], [[]]], [[1]]),
        ({"type": "string", "default": 1, "example": 2}, ["a"], [1]),
    ],
)
def test_judge_reads_openapi_3_0(schema: Any, accepted: list[Any], refused: list[Any]) -> None:
    """The judge knows what a schema of OpenAPI 3.0 accepts."""
    assert [value for value in accepted if not accepts(schema, value)] == []
    assert [value for value in refused if accepts(schema, value)] == []


@pytest.mark.parametrize(
    ("schema", "accepted", "refused"),
    [
        ({"type": ["string", "null"]}, ["a", None], [1]),
        ({**ref("Text"), "enum": ["a"]}, ["a"], ["b"]),
        ({"const": 1}, [1], [2]),
        ({"type": "integer", "exclusiveMinimum": 1}, [2], [1]),
        (True, [1], []),
    ],
)
def test_judge_reads_openapi_3_1(schema: Any, accepted: list[Any], refused: list[Any]) -> None:
    """The judge knows what a schema of OpenAPI 3.1 accepts."""
    assert [value for value in accepted if not accepts(schema, value, "3.1.0")] == []
    assert [value for value in refused if accepts(schema, value, "3.1.0")] == []


SAMPLE = document(
    {
        "/a/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": STRING}],
            "post": operation("postA", ref("Whole"), requestBody=content(thing("a", a=INTEGER))),
        }
    },
    {
        "Whole": {
            "allOf": [
                ref("Base"),
                thing("kind", kind=ref("Kind"), list={"type": "array", "items": ref("Kind")}),
            ]
        },
        "Base": thing("id", id=STRING, size={"type": "integer", "minimum": 0, "maximum": 9}),
        "Kind": {"type": "string", "enum": ["a", "b"]},
    },
)


@pytest.mark.parametrize(
    ("pointer", "key", "value", "wider"),
    [
        ("Base", "required", [], True),
        ("Base", "required", ["id", "size"], False),
        ("Base", "additionalProperties", False, False),
        ("Kind", "enum", ["a"], False),
        ("Kind", "enum", ["a", "b", "unheard of"], True),
        ("Base/properties/size", "nullable", True, True),
        ("Base/properties/size", "maximum", 3, False),
        ("Base/properties/size", "type", "number", True),
        ("Whole/allOf/1/properties/list", "items", {}, True),
    ],
)
def test_judge_sees_changes(pointer: str, key: str, value: Any, *, wider: bool) -> None:
    """The judge sees one keyword that changed; where a note excuses it, what accepts less all the same."""
    changed: Any = copy.deepcopy(SAMPLE)
    schema = changed["components"]["schemas"]
    for part in pointer.split("/"):
        schema = schema[int(part) if isinstance(schema, list) else part]
    schema[key] = value
    found = {one.place for one in compare(SAMPLE, changed, [], seeded(0)).differences}
    assert "POST /a/{} response 200" in found
    assert f"component {pointer.partition('/')[0]}" in found
    note = f"/components/schemas/{pointer}"
    excused = compare(SAMPLE, changed, [note], seeded(0))
    assert (not excused.differences) is wider
    assert (not excused.wider) is not wider


def test_judge_misses_no_place() -> None:
    """An operation's schema that is gone is a difference; the same document has none."""
    gone: Any = copy.deepcopy(SAMPLE)
    del gone["paths"]["/a/{id}"]["post"]["requestBody"]
    (found,) = compare(SAMPLE, gone, [], seeded(0)).differences
    assert str(found) == "POST /a/{} body application/json: is gone"
    same = compare(SAMPLE, SAMPLE, [], seeded(0))
    assert (same.differences, same.idle, same.compared) == ([], [], 6)
    assert {*places(SAMPLE)} == {
        "POST /a/{} parameter path 0", "POST /a/{} body application/json", "POST /a/{} response 200",
        "component Whole", "component Base", "component Kind",
    }  # fmt: skip


def test_mutations_leave_the_original_alone() -> None:
    """A mutation changes a copy, in one spot, and is JSON."""
    value = {"a": [1, {"b": "c"}], "d": None}
    kept = copy.deepcopy(value)
    seen = [mutate(value, seeded(seed)) for seed in range(200)]
    assert value == kept
    assert len({str(one) for one in seen}) > 60


# Prepared documents


@pytest.mark.parametrize("line", LINES.values(), ids=[*LINES])
def test_hand_made_documents_mean_the_same(line: Line) -> None:
    """Every hand-made document accepts the same values, or more where the report says so."""
    prepared = prepare(line.document)
    pointers = [note.pointer for note in prepared.notes if note.kind != "renamed"]
    found = compare(line.document, prepared.document, pointers, seeded(0))
    assert [str(one) for one in found.differences] == []
    assert not (line.exact and pointers)
