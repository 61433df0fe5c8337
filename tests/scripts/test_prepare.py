"""Preparing a whole document, and the command that does it."""

from __future__ import annotations

import copy
import json
import random
from typing import TYPE_CHECKING, Any

import hypothesis
import hypothesis.strategies as st
import pytest
from hypothesis import given
from openapi_python_client.schema import OpenAPI

from scripts.command import UnusableInputError
from scripts.notes import Kind
from scripts.preparation.documents import Noting, find, subschemas
from scripts.prepare import PASSES, Prepared, prepare
from tests.scripts.hand_made import INTEGER, LINES, STRING, document, getter, parameter, ref, thing
from tests.scripts.test_every_combination import documents

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.preparation.documents import Pass
    from tests.scripts.conftest import Command

every_line = pytest.mark.parametrize("line", [line.document for line in LINES.values()], ids=[*LINES])


NAMES_OF_PASSES = [f"{made.__module__.rpartition('.')[2]}.{made.__name__}" for made in PASSES]


@pytest.mark.unmeasured
@pytest.mark.parametrize("made", PASSES, ids=NAMES_OF_PASSES)
def test_passes_leave_what_they_are_given(made: Pass) -> None:
    """No pass changes the document that it gets, whatever the passes before it left."""
    for line in LINES.values():
        draft = line.document
        noting = Noting()
        for before in PASSES[: PASSES.index(made)]:
            draft = before(draft, noting)
        kept = copy.deepcopy(draft)
        made(draft, noting)
        assert draft == kept


@every_line
def test_prepared_documents_are_in_their_form(line: Any) -> None:
    """What the generator and the templates rely on holds, and the generator's own reader takes it."""
    kept = copy.deepcopy(line)
    prepared = prepare(line)
    assert line == kept
    check_form(prepared.document)
    OpenAPI.model_validate(prepared.document)
    for note in prepared.notes:
        find(line, note.pointer)
    for here, there in prepared.origins.items():
        find(prepared.document, here)
        find(line, there)


def check_form(made: Any) -> None:
    """Check the normal form."""
    assert made["openapi"] == "3.1.0"
    assert set(made) <= {"openapi", "info", "servers", "security", "paths", "components"}
    assert set(made["components"]) <= {"schemas", "securitySchemes"}
    for schema in made["components"]["schemas"].values():
        assert "$ref" not in schema
        check_schema(schema, outermost=True)
    for item in made["paths"].values():
        for operation in item.values():
            assert operation["operationId"]
            assert all("$ref" not in part for part in operation["parameters"])
            assert "$ref" not in operation.get("requestBody", {})
            holders = [
                *operation["parameters"],
                *operation.get("requestBody", {}).get("content", {}).values(),
            ]
            for response in operation["responses"].values():
                assert len(response.get("content", {})) <= 1
                holders += response.get("content", {}).values()
            for holder in holders:
                check_schema(holder.get("schema", {}))


def check_schema(schema: Any, *, outermost: bool = False) -> None:
    """Check one schema and those within it that say what is there."""
    if isinstance(schema, bool):
        return
    assert not schema.keys() & {"title", "nullable", "x-upstream-pointer", "$id", "$schema"}
    assert len(schema) == 1 or "$ref" not in schema
    assert not isinstance(schema.get("type"), list)
    assert len({type(value) for value in schema.get("enum", [])}) < 2
    assert schema.get("type") != "array" or "items" in schema
    if not outermost:
        assert not schema.get("properties")
        assert len(schema.get("enum", [])) < 2
    for path, inner in subschemas(schema):
        if path[0] in {"properties", "items", "additionalProperties", "anyOf", "oneOf"}:
            check_schema(inner)
        elif path[0] == "allOf":
            assert not inner.keys() & {"$ref", "properties", "type"}


VALUES = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        1.5,
        "",
        "x",
        [],
        [None],
        ["x"],
        [[]],
        [{}],
        {},
        {"": None},
        {"a": {}},
        {"$ref": 1},
        {"$ref": "#"},
        ref("Gone"),
        {"$ref": "#/paths"},
        {"$ref": "x.json"},
        "#/components/schemas/Gone",
        "null",
        thing(a={"type": "string", "enum": ["a", "b"]}),
        {"allOf": {"oneOf": {}}},
    ]
)
KEYS = st.sampled_from(
    [
        "type",
        "properties",
        "required",
        "items",
        "allOf",
        "oneOf",
        "anyOf",
        "enum",
        "const",
        "nullable",
        "default",
        "discriminator",
        "additionalProperties",
        "$ref",
        "not",
        "format",
        "patternProperties",
        "content",
        "schema",
        "parameters",
        "responses",
        "requestBody",
        "security",
        "tags",
        "operationId",
        "description",
        "in",
        "name",
        "$defs",
        "prefixItems",
        "callbacks",
        "headers",
        "minimum",
        "title",
        "servers",
        "encoding",
        "examples",
        "if",
    ]
)


def everywhere(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the way to every value within a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(inner for key, item in items for inner in everywhere(item, (*way, key)))]


@st.composite
def broken(draw: st.DrawFn) -> Any:
    """Make documents in which something stands where it does not belong."""
    made = {"": copy.deepcopy(draw(st.sampled_from([line.document for line in LINES.values()])))}
    for _ in range(draw(st.integers(1, 3))):
        way = draw(st.sampled_from(everywhere(made[""], ("",))))
        holder: Any = made
        for key in way[:-1]:
            holder = holder[key]
        if draw(st.booleans()) and isinstance(holder[way[-1]], dict):
            holder, way = holder[way[-1]], (draw(KEYS),)
        holder[way[-1]] = copy.deepcopy(draw(VALUES))
        if not isinstance(made[""], dict):
            made[""] = {}
    return made[""]


@pytest.mark.unmeasured
@given(broken())
@hypothesis.settings(max_examples=400)
def test_whatever_is_broken_is_repaired_or_refused(upstream: Any) -> None:
    """Whatever is wrong, what comes out is in form, readable and final, or the place is named."""
    try:
        prepared = prepare(upstream)
    except UnusableInputError as error:
        assert "OpenAPI" in str(error) or "document" in str(error)
        return
    check_form(prepared.document)
    OpenAPI.model_validate(prepared.document)
    again = prepare(prepared.document)
    assert (again.document, [*again.notes]) == (prepared.document, [])


def shuffled(value: Any, chance: random.Random) -> Any:
    """Return JSON with the keys of its objects in another order."""
    if isinstance(value, dict):
        keys = chance.sample([*value], len(value))
        return {key: shuffled(value[key], chance) for key in keys}
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


def in_order(value: Any) -> str:
    """Write JSON so that neither the order of keys nor of required names shows."""
    if isinstance(value, dict) and isinstance(value.get("required"), list):
        value = {**value, "required": sorted(value["required"])}
    if isinstance(value, dict):
        return "{" + ",".join(sorted(f"{key}:{in_order(item)}" for key, item in value.items())) + "}"
    return "[" + ",".join(map(in_order, value)) + "]" if isinstance(value, list) else json.dumps(value)


@pytest.mark.unmeasured
@every_line
def test_the_order_of_a_document_does_not_matter(line: Any) -> None:
    """With its keys in another order a document becomes the same one, with the same names and notes.

    Operations alone keep their order: of those that want the same name, the first one has it.
    """
    plain = prepare(line)
    for seed in range(3):
        mixed = shuffled(line, random.Random(seed))  # noqa: S311 - no secret
        items = line.get("paths", {}).items()
        mixed["paths"] = {path: {key: mixed["paths"][path][key] for key in item} for path, item in items}
        turned = prepare(mixed)
        assert in_order(turned.document) == in_order(plain.document)
        assert {(note.pointer, note.kind) for note in turned.notes} == {
            (note.pointer, note.kind) for note in plain.notes
        }


@pytest.mark.unmeasured
@given(documents)
@hypothesis.settings(max_examples=40)
def test_names_do_not_depend_on_what_else_there_is(upstream: Any) -> None:
    """With one more schema and operation, all others keep their names and their content."""
    plain: Any = prepare(upstream).document
    more = copy.deepcopy(upstream)
    more["components"]["schemas"]["Unrelated"] = thing(inner=thing(kind={"enum": ["a", "b"]}))
    more["paths"]["/unrelated"] = getter("getUnrelated", thing(x=ref("Unrelated")))
    made: Any = prepare(more).document
    added = {"Unrelated", "UnrelatedInner", "UnrelatedInnerKind", "GetUnrelatedResponse200"}
    schemas = made["components"]["schemas"]
    assert {key: value for key, value in schemas.items() if key not in added} == plain["components"][
        "schemas"
    ]
    assert added <= schemas.keys()
    del made["paths"]["/unrelated"]
    assert made["paths"] == plain["paths"]


def schemas_after(upstream: Any) -> set[str]:
    made: Any = prepare(upstream).document
    return {*made["components"]["schemas"]}


def test_renaming_one_schema_renames_nothing_else() -> None:
    """Only the schema and what carries its name change theirs."""
    held = {
        "Order": thing(item=thing(x=STRING), state={"enum": ["a", "b"]}, owner=ref("Owner")),
        "Owner": thing(order=ref("Order"), address=thing(city=STRING)),
        "Both": {"allOf": [ref("Order"), thing(note=thing(text=STRING))]},
    }
    whole = document({"/a": getter("getA", thing(o=ref("Order")))}, held)
    before = schemas_after(whole)
    after = schemas_after(json.loads(json.dumps(whole).replace("Order", "Purchase")))
    assert {name.replace("Order", "Purchase") for name in before} == after
    assert {name for name in before if "Order" not in name} == {
        name for name in after if "Purchase" not in name
    }


def test_prepared_places_lead_upstream() -> None:
    """Schemas, parameters and media types of the prepared document are found in the upstream one."""
    content = {"content": {"application/json": {"schema": thing(x=STRING)}}}
    whole = document(
        {
            "/a": {
                "parameters": [parameter("a"), {"$ref": "#/components/parameters/P"}],
                "get": {"operationId": "getA", "responses": {"200": {"description": "", **content}}},
            }
        },
        {"A": thing(inner=thing(y=STRING)), "B": {"allOf": [ref("A"), thing(z=INTEGER)]}},
        parameters={"P": {"name": "p", "in": "query", **content}},
    )
    prepared = prepare(whole)
    parameters = find(prepared.document, "/paths/~1a/get/parameters")
    assert [one["name"] for one in parameters] == ["a", "p"]
    at = "/components/schemas"
    answer = "/paths/~1a/get/responses/200"
    for here, there in {
        f"{at}/AInner": f"{at}/A/properties/inner",
        f"{at}/AInner/properties/y/type": f"{at}/A/properties/inner/properties/y/type",
        f"{at}/B/properties/z": f"{at}/B/allOf/1/properties/z",
        "/paths/~1a/get/parameters/0": "/paths/~1a/parameters/0",
        "/paths/~1a/get/parameters/0/name": "/paths/~1a/parameters/0/name",
        "/paths/~1a/get/parameters/1": "/components/parameters/P",
        f"{answer}/content/application~1json": f"{answer}/content/application~1json",
        "/info/title": "/info/title",
    }.items():
        assert prepared.upstream(here) == there


def test_nothing_known_leads_to_itself() -> None:
    """A pointer without an origin is returned as it is."""
    assert Prepared({}, (), {"/a": "/b"}).upstream("/c/d") == "/c/d"
    assert Prepared({}, (), {"/a": "/b"}).upstream("/a/d") == "/b/d"


def test_command_writes_the_document_and_lists_what_it_did(command: Command, tmp_path: Path) -> None:
    """The prepared document is written, and each note is a line."""
    upstream = document({"/a": getter("getA", {"type": "array"})})
    (tmp_path / "in.json").write_text(json.dumps(upstream), encoding="utf-8")
    ended = command("prepare", "--spec", tmp_path / "in.json", "--out", tmp_path / "out.json")
    assert (ended.returncode, ended.stderr) == (0, "")
    schema = "/paths/~1a/get/responses/200/content/application~1json/schema"
    assert ended.stdout.startswith(f"{Kind.REPAIRED}: {schema}: ")
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == prepare(upstream).document


def test_command_names_what_it_cannot_prepare(command: Command, tmp_path: Path) -> None:
    """A document that cannot be repaired ends with exit code 2 and one paragraph; nothing is written."""
    (tmp_path / "in.json").write_text(json.dumps(document({"/a": {"get": 5}})), encoding="utf-8")
    ended = command("prepare", "--spec", tmp_path / "in.json", "--out", tmp_path / "out.json")
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1
    assert "/paths/~1a/get" in ended.stderr
    assert not (tmp_path / "out.json").exists()
