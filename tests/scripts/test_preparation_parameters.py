"""Parameters: mistakes, names of those in the path, and types."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.preparation.documents import Noting
from scripts.preparation.parameters import mend_parameters, mend_path_parameters, merge_paths, simplify_types
from scripts.preparation.shapes import mark_origins
from tests.scripts.hand_made import INTEGER, STRING, document, parameter, ref, thing
from tests.scripts.passes import plain, ran

AT = "/paths/~1a/get/parameters/0"
ARRAY = {"type": "array", "items": STRING}


def held(*given: Any, path: str = "/a", schemas: Any = None) -> Any:
    whole = document({path: {"get": {"parameters": [*given]}}}, schemas)
    return mark_origins(whole, Noting())


def one(made: Any) -> Any:
    (item,) = made["paths"].values()
    (found,) = item["get"]["parameters"]
    return plain({**found, "media": found["x-content-type"]} if "x-content-type" in found else found)


@pytest.mark.parametrize(
    ("given", "result", "kinds"),
    [
        (parameter("a"), parameter("a"), []),
        (
            {**parameter("a"), "style": "deepObject", "explode": False, "required": True, "example": 1},
            {**parameter("a"), "style": "deepObject", "explode": False, "required": True, "example": 1},
            [],
        ),
        ({"name": "a", "in": "path", "schema": STRING}, parameter("a", place="path"), ["repaired"]),
        ({**parameter("a"), "required": "true"}, {**parameter("a"), "required": True}, ["repaired"]),
        ({**parameter("a"), "required": None}, {**parameter("a"), "required": False}, ["repaired"]),
        (
            {
                **parameter("a"),
                "style": 5,
                "explode": "no",
                "description": None,
                "examples": [],
                "allowReserved": 1,
            },
            parameter("a"),
            ["repaired"] * 4,
        ),
        ({"name": "a", "in": "query"}, parameter("a"), ["repaired"]),
        (
            {"name": "a", "in": "query", "type": "integer"},
            {**parameter("a", INTEGER), "type": "integer"},
            ["repaired"],
        ),
        (
            {"name": "a", "in": "query", "content": {"application/json": {"schema": ARRAY}}},
            {**parameter("a", ARRAY), "media": "application/json"},
            [],
        ),
        (
            {"name": "a", "in": "query", "content": {"application/json": {}}},
            {"name": "a", "in": "query", "schema": {}, "media": "application/json"},
            [],
        ),
        ({**parameter("a"), "content": {"application/json": {"schema": ARRAY}}}, parameter("a"), []),
    ],
)
def test_parameters_are_mended(given: Any, result: Any, kinds: list[str]) -> None:
    """Every parameter has a schema; one with a media type keeps that; what is of the wrong type goes."""
    made, notes = ran(mend_parameters, held(given))
    assert one(made) == result
    assert [note[:2] for note in notes] == [(AT, kind) for kind in kinds]


@pytest.mark.parametrize(
    ("path", "given", "template", "names", "kinds"),
    [
        ("/a/{id}", ["id"], "/a/{id}", ["id"], []),
        ("/a/{thing_id}", ["thingId"], "/a/{thing_id}", ["thing_id"], ["repaired"]),
        ("/a/{x}", ["y"], "/a/{x}", ["x"], ["repaired"]),
        ("/a/{x}/{y}", ["y", "z"], "/a/{x}/{y}", ["x", "y"], ["repaired"]),
        ("/a/{x}", [], "/a/{x}", ["x"], ["repaired"]),
        ("/a", ["x"], "/a", [], ["repaired"]),
        ("/a/{x}", ["y", "z"], "/a/{x}", ["x"], ["repaired"] * 3),
        ("/a/{a.b}", ["a.b"], "/a/{a_b}", ["a_b"], ["repaired"]),
        ("/a/{a}{b}", ["a", "b"], "/a/{a}{b}", ["a", "b"], []),
        ("/a/{}", ["id"], "/a/{parameter}", ["parameter"], ["repaired"] * 2),
        ("/a/{1}", ["1"], "/a/{_1}", ["_1"], ["repaired"]),
        ("/a/{id}/{id}", ["id"], "/a/{id}/{id_}", ["id", "id_"], ["repaired"] * 2),
        ("/a/{日}", ["日"], "/a/{parameter}", ["parameter"], ["repaired"]),
    ],
)
def test_parameters_of_the_path_are_named_as_in_it(
    path: str, given: list[str], template: str, names: list[str], kinds: list[str]
) -> None:
    """Each placeholder has one parameter of its name; what is renamed, added or left out is named."""
    parameters = [parameter(name, place="path") for name in given]
    made, notes = ran(mend_path_parameters, held(parameter("q"), *parameters, path=path))
    ((written, item),) = made["paths"].items()
    assert written == template
    assert [p["name"] for p in item["get"]["parameters"]] == [*names, "q"]
    assert all(p["required"] for p in item["get"]["parameters"][:-1])
    assert sorted(kind for _, kind, _ in notes) == kinds


def test_paths_that_become_one_keep_their_methods() -> None:
    """Two paths whose plain form is the same are one path; the order of paths stays."""
    whole = document(
        {
            "/b/{a.b}": {"get": {"parameters": []}},
            "/b/{a_b}": {"post": {"parameters": []}},
            "/a": {"get": {"parameters": []}},
        }
    )
    made, _ = ran(mend_path_parameters, whole)
    assert [(path, [*item]) for path, item in made["paths"].items()] == [
        ("/b/{a_b}", ["get", "post"]),
        ("/a", ["get"]),
    ]


def test_paths_that_are_the_same_on_the_wire_are_merged() -> None:
    """They differ in a parameter's name alone; where both have one method, both stay."""

    def using(name: str) -> Any:
        return {"parameters": [parameter(name, place="path"), parameter("q")]}

    whole = document(
        {
            "/a/{id}": {"get": using("id")},
            "/a/{name}": {"post": using("name")},
            "/b/{x}": {"get": using("x")},
            "/b/{y}": {"get": using("y")},
        }
    )
    made, notes = ran(merge_paths, whole)
    assert made["paths"] == {
        "/a/{id}": {"get": using("id"), "post": using("id")},
        "/b/{x}": {"get": using("x")},
        "/b/{y}": {"get": using("y")},
    }
    assert [note[:2] for note in notes] == [("/paths/~1a~1{name}", "repaired")]


SCHEMAS = {"Object": thing(a=STRING), "Kind": {"type": "string", "enum": ["a", "b"]}}


@pytest.mark.parametrize(
    ("place", "schema", "result"),
    [
        ("header", STRING, None),
        ("header", INTEGER, None),
        ("header", ref("Kind"), None),
        ("header", {"type": "string", "const": "a"}, None),
        ("header", {"anyOf": [STRING, INTEGER]}, None),
        ("query", ARRAY, None),
        ("query", ref("Object"), None),
        ("path", {"type": "string", "format": "date"}, None),
        ("header", {"type": "string", "format": "date-time"}, STRING),
        ("path", {"type": "string", "format": "binary"}, STRING),
        ("header", ARRAY, STRING),
        ("cookie", ref("Object"), STRING),
        ("path", {"anyOf": [STRING, {"type": "null"}]}, STRING),
        ("header", {"oneOf": [INTEGER, {"type": "null"}]}, INTEGER),
        ("header", {"anyOf": [STRING, INTEGER, {"type": "null"}]}, STRING),
        ("header", {"anyOf": [STRING, ARRAY]}, STRING),
        ("header", {"type": "null"}, STRING),
        ("header", {"properties": {}}, STRING),
    ],
)
def test_headers_and_paths_have_simple_types(place: str, schema: Any, result: Any) -> None:
    """What the generator takes nowhere but in the query becomes the nearest simple type, and is named."""
    made, notes = ran(simplify_types, held(parameter("a", schema, place), schemas=SCHEMAS))
    assert one(made)["schema"] == (schema if result is None else result)
    assert [note[:2] for note in notes] == ([] if result is None else [(AT, "loosened")])


def test_notes_of_parameters_with_media_types_lead_to_them() -> None:
    """The place is the parameter's, not that of the schema within its content."""
    given = {"name": "a", "in": "header", "content": {"application/json": {"schema": ARRAY}}}
    mended, _ = ran(mend_parameters, held(given))
    _, notes = ran(simplify_types, mended)
    assert [pointer for pointer, _, _ in notes] == [f"{AT}/content/application~1json"]
