"""Paths, operations, bodies, responses and security."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from scripts.preparation.documents import run_passes
from scripts.preparation.names import LONGEST_NAME, snake_case
from scripts.preparation.operations import (
    inline_parts,
    inline_path_items,
    mend_parts,
    mend_security,
    mend_security_schemes,
    mend_status_codes,
    mend_texts,
    merge_media_types,
    name_operations,
    read_as_text,
)
from tests.scripts.hand_made import INTEGER, STRING, content, document, operation, parameter, ref
from tests.scripts.passes import ran

KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}


def one(made: Any, method: str = "get") -> Any:
    """Return the one operation of a document."""
    (item,) = made["paths"].values()
    return item[method]


@pytest.mark.parametrize(
    ("info", "result", "notes"),
    [
        (
            {"title": "T", "version": "1", "description": "D", "x-more": 1},
            {"title": "T", "version": "1", "description": "D"},
            [],
        ),
        ({"title": "T", "version": 2, "description": 5}, {"title": "T", "version": "2"}, ["/info"]),
        ({}, {"title": "API", "version": "0"}, ["/info"]),
        (None, {"title": "API", "version": "0"}, ["/info"]),
        ("text", {"title": "API", "version": "0"}, ["/info"]),
    ],
)
def test_the_document_has_a_title_and_a_version(info: Any, result: Any, notes: list[str]) -> None:
    """What is missing or no text gets one."""
    made, noted = ran(mend_texts, {**document({}), "info": info})
    assert (made["info"], [note[0] for note in noted]) == (result, notes)


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({"operationId": 5, "summary": None}, {"operationId": "5", "summary": ""}),
        ({"tags": "one"}, {"tags": ["one"]}),
        ({"tags": ["a", 1, ["b"], None]}, {"tags": ["a", "b"]}),
        ({"tags": None}, {"tags": []}),
        ({"tags": {"name": "a"}}, {"tags": []}),
    ],
)
def test_texts_of_operations_are_texts(given: Any, result: Any) -> None:
    """Names, summaries and tags that are none are read as texts, or left out, and named."""
    made, notes = ran(mend_texts, document({"/a": {"get": given}}))
    assert one(made) == result
    assert {pointer for pointer, _, _ in notes} == {f"/paths/~1a/get/{key}" for key in given}
    right = document({"/a": {"get": {"tags": ["a"], "deprecated": True, "description": "x"}}})
    assert ran(mend_texts, right) == (right, [])
    assert one(ran(mend_texts, document({"/a": {"get": {"deprecated": "yes"}}}))[0]) == {}


def test_path_items_stand_where_they_are_used() -> None:
    """References to path items, and to parts that no section holds, are written out; extensions go."""
    answer = {"description": "x", **content(STRING)}
    given = document(
        {
            "x-shared": {"answer": answer},
            "/a": {"$ref": "#/components/pathItems/I"},
            "/b": {
                "summary": "x",
                "servers": [{"url": "/b"}],
                "parameters": [{"$ref": "#/components/parameters/P"}, {"$ref": "#/x-p"}],
                "get": {
                    "responses": {
                        "200": {"$ref": "#/paths/x-shared/answer"},
                        "202": ref("A"),
                        "204": {"$ref": "#/components/responses/R"},
                    }
                },
                "post": {"requestBody": ref("A"), "responses": None, "servers": []},
            },
        },
        {"A": STRING},
        pathItems={"I": {"get": operation("a")}},
        parameters={"P": parameter("p")},
        responses={"R": {"$ref": "#/paths/x-shared/answer"}, "S": {"$ref": "#/components/responses/R"}},
    )
    made, notes = ran(inline_path_items, {**given, "x-p": parameter("q")})
    body = {"description": "", **content(ref("A"))}
    assert made["paths"] == {
        "/a": {"get": operation("a")},
        "/b": {
            "parameters": [{"$ref": "#/components/parameters/P"}, parameter("q")],
            "get": {
                "responses": {"200": answer, "202": body, "204": {"$ref": "#/components/responses/R"}},
                "servers": [{"url": "/b"}],
            },
            "post": {"requestBody": body, "responses": None, "servers": []},
        },
    }
    assert made["components"]["responses"] == {"R": answer, "S": {"$ref": "#/components/responses/R"}}
    assert [note[:2] for note in notes] == [
        ("/paths/~1b/get/responses/202", "repaired"),
        ("/paths/~1b/post/requestBody", "repaired"),
    ]


@pytest.mark.parametrize(
    ("given", "result", "kinds"),
    [
        ([{"key": []}], [{"key": []}], []),
        ([{"oauth": ["a", "b"]}, {}], [{"oauth": ["a", "b"]}, {}], []),
        ([], [], []),
        (None, [{"key": []}], []),
        ("key", [{"key": []}], ["repaired"]),
        ({"oauth": "a"}, [{"oauth": ["a"]}], ["repaired"]),
        ([{"oauth": [["a"], "b", 5]}], [{"oauth": ["a", "b"]}], ["repaired"]),
        ([["key"], "oauth"], [{"key": []}, {"oauth": []}], ["repaired"]),
        ([{"oauth": {"a": 1}}], [{"oauth": []}], ["repaired"]),
        (5, [{"key": []}], ["repaired"]),
        ([{"key-1": []}], [{"key": []}], ["repaired"]),
        ([{"key": [], "gone": []}], [{"key": []}], ["loosened"]),
        ([{"gone": []}, {"key": []}], [{"key": []}], ["loosened"]),
        ([{"gone": []}], [{"key": []}], ["loosened"]),
    ],
)
def test_security_is_in_its_form(given: Any, result: Any, kinds: list[str]) -> None:
    """Requirements list texts for defined schemes; operations without their own have the document's."""
    schemes = {"key": KEY, "oauth": {"type": "oauth2"}}
    whole = document({"/a": {"get": {"security": given}}}, security=[{"key": []}], securitySchemes=schemes)
    made, notes = ran(mend_security, whole)
    assert one(made)["security"] == result
    assert [note[:2] for note in notes] == [("/paths/~1a/get/security", kind) for kind in kinds]


def test_documents_without_security_have_none() -> None:
    """Where nothing is required, nothing is said; what names no known scheme is left out."""
    plain = document({"/a": {"get": {}}})
    assert ran(mend_security, plain) == (plain, [])
    made, notes = ran(mend_security, document({"/a": {"get": {}}}, security="key", securitySchemes=[]))
    assert ("security" in made, one(made)) == (False, {})
    assert {kind for _, kind, _ in notes} == {"repaired", "loosened"}
    assert "security" not in ran(mend_security, document({}, security=None))[0]


def test_security_schemes_say_what_they_are() -> None:
    """Fields that are no texts go; what says no type, or is not there, is left out and named."""
    flow = {"tokenUrl": "/t", "refreshUrl": 5, "scopes": {"a": "A", "b": None, "c": 3}}
    schemes = {
        "key": {**KEY, "description": None},
        "same": {"$ref": "#/components/securitySchemes/key"},
        "oauth": {
            "type": "oauth2",
            "flows": {"password": flow, "implicit": {"scopes": []}, "odd": {}, "clientCredentials": 1},
        },
        "broken": {"type": "oauth2", "flows": []},
        "flat": {"type": "oauth2", "flows": "implicit"},
        "bare": {"in": "header"},
        "gone": {"$ref": "#/gone"},
    }
    made, notes = ran(mend_security_schemes, document({}, securitySchemes=schemes))
    assert made["components"]["securitySchemes"] == {
        "key": KEY,
        "same": KEY,
        "oauth": {
            "type": "oauth2",
            "flows": {
                "password": {"tokenUrl": "/t", "scopes": {"a": "A", "b": "", "c": "3"}},
                "implicit": {"scopes": {}},
            },
        },
        "broken": {"type": "oauth2"},
        "flat": {"type": "oauth2"},
    }
    assert [pointer for pointer, _, _ in notes] == [
        "/components/securitySchemes/bare",
        "/components/securitySchemes/gone",
    ]
    assert (
        "securitySchemes" not in ran(mend_security_schemes, document({}, securitySchemes=[]))[0]["components"]
    )


@pytest.mark.parametrize(
    ("code", "right", "kind"),
    [
        ("200", "200", None),
        ("default", "default", None),
        ("2XX", "2XX", None),
        ("2xx", "2XX", "repaired"),
        ("200 OK", "200", "repaired"),
        (" 404", "404", "repaired"),
        ("Default", "default", "repaired"),
        ("5Xx", "5XX", "repaired"),
        ("banana", None, "loosened"),
        ("999", None, "loosened"),
        ("2000", None, "loosened"),
        ("", None, "loosened"),
        ("x-note", None, None),
    ],
)
def test_status_codes_are_written_as_they_are(code: str, right: str | None, kind: str | None) -> None:
    """Codes and ranges get their form; what is none is left out and named, extensions silently."""
    made, notes = ran(mend_status_codes, document({"/a": {"get": {"responses": {code: {}}}}}))
    assert [*one(made)["responses"]] == ([right] if right else [])
    assert [note[:2] for note in notes] == ([(f"/paths/~1a/get/responses/{code}", kind)] if kind else [])


def test_one_answer_for_each_code() -> None:
    """Of two answers for one code the one that was written rightly stays, whichever came first."""
    first, second = {"description": "1"}, {"description": "2"}
    for responses in ({"200 OK": first, "200": second}, {"200": second, "200 OK": first}):
        made, notes = ran(mend_status_codes, document({"/a": {"get": {"responses": responses}}}))
        assert one(made)["responses"] == {"200": second}
        assert [note[:2] for note in notes] == [("/paths/~1a/get/responses/200 OK", "loosened")]
    assert one(ran(mend_status_codes, document({"/a": {"get": {"responses": None}}}))[0])["responses"] == {}


def ids(items: list[tuple[str, Any]]) -> tuple[list[str], list[str]]:
    """Name operations; each is a path with what its `get` holds."""
    made, notes = ran(name_operations, document({path: {"get": value} for path, value in items}))
    assert {kind for _, kind, _ in notes} <= {"renamed"}
    found = [item["get"]["operationId"] for item in made["paths"].values()]
    tags = [(item["get"].get("tags") or ["default"])[0] for item in made["paths"].values()]
    assert len({*zip(map(snake_case, tags), map(snake_case, found), strict=True)}) == len(items)
    assert all(snake_case(name) and len(name) <= LONGEST_NAME for name in found)
    again, _ = ran(name_operations, made)
    assert again == made
    return found, [pointer for pointer, _, _ in notes]


def test_operations_keep_their_names() -> None:
    """An operationId that is a module of its own in its tag stays."""
    items = [
        ("/a", {"operationId": "getA"}),
        ("/b", {"operationId": "getB"}),
        ("/c", {"operationId": "getA", "tags": ["c"]}),
    ]
    assert ids(items) == (["getA", "getB", "getA"], [])


def test_operations_get_names_of_their_own() -> None:
    """Missing, empty and equal names: each gets its own; the first one in the document keeps what it has."""
    items: list[tuple[str, Any]] = [
        ("/a", {"operationId": "get_it"}),
        ("/b/{id}", {"operationId": "getIt"}),
        ("/c", {}),
        ("/d", {"operationId": ""}),
        ("/e", {"operationId": "!!!"}),
        ("/f/{x}", {}),
        ("/f/x", {}),
        ("/", {}),
        ("/g", {"operationId": "get_it get_a"}),
        ("/h", {"operationId": "x" * 300}),
        ("/日", {}),
        ("/i", {"operationId": "gUNSET"}),
        ("/I", {"operationId": "gUnset"}),
    ]
    found, notes = ids(items)
    assert found[:4] == ["get_it", "getIt get_b_id", "get_c", "get_d"]
    assert set(notes) >= {
        "/paths/~1b~1{id}/get/operationId",
        "/paths/~1e/get/operationId",
        "/paths/~1h/get/operationId",
    }
    assert "/paths/~1a/get/operationId" not in notes
    turned, _ = ids(items[::-1])
    assert turned[-1].startswith("get_it get_a_")  # "get_it get_a" is another's own
    assert turned[::-1][1:4] == ["getIt", "get_c", "get_d"]


@hypothesis.given(st.lists(st.sampled_from(["a", "A", "b", "", "a get_2"]), max_size=8), st.integers(0, 9))
def test_operations_keep_their_names_when_others_come(names: list[str], count: int) -> None:
    """Operations that come behind others change the name of none of these."""
    items = [(f"/{number}", {"operationId": name}) for number, name in enumerate(names)]
    assert ids(items[:count])[0] == ids(items)[0][:count]


def test_methods_keep_their_order() -> None:
    """Of two methods of a path that want one name, the one that stands first has it."""
    item = {"post": {"operationId": "x"}, "get": {"operationId": "x"}, "parameters": []}
    given = document({"/a": {"$ref": "#/paths/~1b"}, "/b": item})
    for path, name in (("/a", "x"), ("/b", "x post_b")):
        made, _ = run_passes(given, [inline_path_items, name_operations])
        assert made["paths"][path]["post"]["operationId"] == name


def test_parts_stand_in_the_operations() -> None:
    """Parameters of the path and references come into each operation, which has the last word."""
    given = document(
        {
            "/a": {
                "parameters": [parameter("a"), {"$ref": "#/components/parameters/H"}, parameter("b")],
                "get": {
                    "parameters": [parameter("a", INTEGER), parameter("x-key", INTEGER, "header")],
                    "requestBody": {"$ref": "#/components/requestBodies/B"},
                    "responses": {"200": {"$ref": "#/components/responses/R", "description": "own"}},
                },
                "post": {"responses": {}},
            }
        },
        {"S": STRING},
        parameters={"H": parameter("X-Key", place="header")},
        requestBodies={"B": content(STRING)},
        responses={"R": {"description": "R", **content(STRING)}},
        securitySchemes={"key": KEY},
        examples={"E": {}},
    )
    made, notes = ran(inline_parts, given)
    assert notes == []
    assert one(made) == {
        "parameters": [parameter("a", INTEGER), parameter("x-key", INTEGER, "header"), parameter("b")],
        "requestBody": content(STRING),
        "responses": {"200": {"description": "own", **content(STRING)}},
    }
    assert one(made, "post")["parameters"] == [
        parameter("a"),
        parameter("X-Key", place="header"),
        parameter("b"),
    ]
    assert made["components"] == {"schemas": {"S": STRING}, "securitySchemes": {"key": KEY}}


def test_only_well_formed_parts_are_kept() -> None:
    """What is of the wrong type would make the generator refuse the whole document."""
    media = {"schema": STRING, "examples": [1], "encoding": {"a": {"style": "form", "explode": "no"}, "b": 5}}
    given = {
        "operationId": "a",
        "externalDocs": 5,
        "x-own": 1,
        "servers": [{"url": 1}],
        "deprecated": True,
        "tags": [],
        "requestBody": {"description": None, "required": "true", "content": {"a/b": media}},
        "responses": {"200": {"headers": 1}, "201": {"description": 5, "content": {"a/b": {"encoding": []}}}},
    }
    made, notes = ran(mend_parts, document({"/a": {"get": given}}))
    assert notes == []
    assert one(made) == {
        "operationId": "a",
        "x-own": 1,
        "deprecated": True,
        "tags": [],
        "requestBody": {
            "required": True,
            "content": {"a/b": {"schema": STRING, "encoding": {"a": {"style": "form"}}}},
        },
        "responses": {"200": {"description": ""}, "201": {"description": "", "content": {"a/b": {}}}},
    }
    servers = {"servers": [{"url": "/"}], "responses": {}}
    assert one(ran(mend_parts, document({"/a": {"get": servers}}))[0]) == servers


def test_a_body_without_media_types_is_named() -> None:
    """Nobody can know what to send."""
    bodies: tuple[Any, ...] = ({}, {"content": {}}, {"content": None})
    for body in bodies:
        made, notes = ran(mend_parts, document({"/a": {"post": {"requestBody": body, "responses": {}}}}))
        assert one(made, "post") == {"responses": {}}
        assert [note[:2] for note in notes] == [("/paths/~1a/post/requestBody", "loosened")]


@pytest.mark.parametrize(
    ("given", "result"),
    [
        ({"application/json": INTEGER}, {"application/json": INTEGER}),
        ({"text/csv": INTEGER}, {"text/csv": INTEGER}),
        ({"application/json": INTEGER, "application/problem+json": INTEGER}, {"application/json": INTEGER}),
        (
            {"text/csv": INTEGER, "application/hal+json; v=1": INTEGER},
            {"application/hal+json; v=1": {"anyOf": [INTEGER, STRING]}},
        ),
        (
            {"text/csv": STRING, "application/pdf": STRING},
            {"application/json": {"anyOf": [{"type": "string", "format": "binary"}, STRING]}},
        ),
        ({"text/html": INTEGER, "text/plain": STRING}, {"application/json": STRING}),
        ({"application/json": None, "text/plain": STRING}, {"application/json": {"anyOf": [{}, STRING]}}),
    ],
)
def test_media_types_of_an_answer_are_one(given: Any, result: Any) -> None:
    """The answer is any of what its media types hold: JSON as described, text, or bytes."""
    held = {kind: {} if schema is None else {"schema": schema} for kind, schema in given.items()}
    whole = document({"/a": {"get": {"responses": {"200": {"description": "", "content": held}, "204": {}}}}})
    made, notes = ran(merge_media_types, whole)
    answer = {kind: {"schema": schema} for kind, schema in result.items()}
    assert one(made)["responses"] == {"200": {"description": "", "content": answer}, "204": {}}
    assert notes == []


@pytest.mark.parametrize(
    ("media_type", "schema", "result"),
    [
        (
            "application/xml",
            {"type": "object", "properties": {"a": STRING}},
            {"type": "string", "format": "binary"},
        ),
        ("text/csv", {"type": "array", "items": STRING}, STRING),
        ("text/csv", {"anyOf": [STRING, {"items": STRING}]}, STRING),
        ("text/csv", ref("Thing"), STRING),
    ],
)
def test_bodies_that_are_no_json_are_text_or_bytes(media_type: str, schema: Any, result: Any) -> None:
    """Nothing else writes them; this is noted where the schema stands."""
    parts = operation("o", requestBody={"content": {media_type: {"schema": schema}}})
    made, notes = ran(read_as_text, document({"/a": {"post": parts}}, {"Thing": {"type": "object"}}))
    given = one(made, "post")["requestBody"]["content"][media_type]["schema"]
    assert {key: part for key, part in given.items() if not key.startswith("x-")} == result
    assert {note[1] for note in notes} == {"loosened"}


@pytest.mark.parametrize(
    ("media_type", "schema"),
    [
        ("application/xml", STRING),
        ("application/xml", {}),
        ("text/csv", {"oneOf": [STRING, {"type": "string", "format": "date"}]}),
        ("text/csv", ref("Loop")),
        ("text/csv", ref("Gone")),
        ("application/hal+json", {"type": "object"}),
        ("multipart/form-data; boundary=x", {"type": "object"}),
        ("text/plain", None),
    ],
)
def test_bodies_that_are_read_stay(media_type: str, schema: Any) -> None:
    """Text is text, JSON and forms have code of their own, and what promises nothing is left."""
    media = {} if schema is None else {"schema": schema}
    parts = operation("o", requestBody={"content": {media_type: media}})
    given = document({"/a": {"post": parts, "put": operation("p")}}, {"Loop": ref("Loop")})
    assert ran(read_as_text, given) == (given, [])


def test_parameter_that_stands_there_twice() -> None:
    """The last one is taken, and the other one noted."""
    twice = [parameter("a"), parameter("a", INTEGER), parameter("a", place="header")]
    made, notes = ran(inline_parts, document({"/a": {"get": operation("o", parameters=twice)}}))
    assert [(each["in"], each["schema"]) for each in one(made)["parameters"]] == [
        ("query", INTEGER),
        ("header", STRING),
    ]
    assert [note[:2] for note in notes] == [("/paths/~1a/get/parameters/0", "loosened")]
