"""Whatever the generated code lacks of the upstream document is named with its place, and nothing else is."""

from __future__ import annotations

import ast
import copy
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings, strategies

from scripts import generate, generator
from scripts.ledger import KINDS, Ledger, audit
from scripts.notes import Kind, Note
from scripts.prepare import prepare
from voucherify_wrapper import ApiKey, OAuthToken, Voucherify

if TYPE_CHECKING:
    from collections.abc import Callable

    from voucherify_wrapper import Credentials

    Change = Callable[[Path], None]

VENDORS_FILES = Path(__file__).resolve().parents[3] / "shared" / "specs"
PACKAGE = "ledger_client"
TEXT = {"type": "string"}


def ref(name: str, section: str = "schemas") -> dict[str, str]:
    return {"$ref": f"#/components/{section}/{name}"}


def thing(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def media(schema: Any, name: str = "application/json") -> dict[str, Any]:
    return {"description": "A body.", "content": {name: {"schema": schema}}}


DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Things", "version": "1"},
    "security": [{"key": []}],
    "paths": {
        "/things/{thing-id}": {
            "parameters": [ref("Id", "parameters")],
            "get": {
                "operationId": "get-thing",
                "tags": ["things"],
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer"}},
                    {"name": "filter", "in": "query", "style": "deepObject", "schema": ref("Filter")},
                    {"name": "X-Trace", "in": "header", "schema": TEXT},
                    {"name": "session", "in": "cookie", "schema": TEXT},
                    {"name": "where", "in": "query", **media(ref("Filter"))},
                ],
                "responses": {
                    "200": media(ref("Thing")),
                    "4xx": media(ref("Problem")),
                    "500": {"description": "Nothing is said."},
                    "default": media(thing(code={"type": "integer"})),
                },
            },
            "put": {
                "operationId": "put-thing",
                "tags": ["things"],
                "requestBody": ref("Thing", "requestBodies"),
                "responses": {"204": {"description": "Done."}},
            },
        },
        "/linked": {"$ref": "#/x-items/linked"},
    },
    "x-items": {
        "linked": {
            "post": {
                "operationId": "linked",
                "responses": {"200": media({"type": "array", "items": TEXT})},
            }
        }
    },
    "components": {
        "parameters": {"Id": {"name": "thing-id", "in": "path", "required": True, "schema": TEXT}},
        "requestBodies": {"Thing": media(ref("Thing"))},
        "schemas": {
            "Thing": {
                "allOf": [ref("Base")],
                "properties": {
                    "kind": {"type": "string", "enum": ["small", "large"]},
                    "parts": {"type": "array", "items": ref("Part")},
                    "owner": {"oneOf": [ref("Person"), ref("Robot"), TEXT]},
                    "inner": thing(deep=TEXT),
                    "labels": {"type": "object", "additionalProperties": {"type": "integer"}},
                    "count": {"type": "number", "nullable": True},
                    "object": {"type": "string", "enum": ["thing"]},
                    "when": {"type": "string", "format": "date-time"},
                    "free": {},
                    "map": {"type": "object"},
                    "level": {"type": "integer", "enum": [1, 2]},
                },
            },
            "Base": thing(id=TEXT),
            "Part": thing(name=TEXT, part=ref("Part")),
            "Person": thing(name=TEXT, email=TEXT),
            "Robot": thing(serial={"type": "boolean"}),
            "Filter": thing(before=TEXT, after=TEXT),
            "Problem": thing(code={"type": "integer"}, message=TEXT),
            "Spare": thing(left=TEXT),
            "Either": {"oneOf": [thing(one=TEXT), thing(two=TEXT)]},
            "Alias": ref("Thing"),
        },
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "query": {"type": "apiKey", "in": "query", "name": "key"},
        },
    },
}  # fmt: skip
"""Every kind of promise, in many forms."""

GET = "/paths/~1things~1{thing-id}/get"
PUT = "/paths/~1things~1{thing-id}/put"
THING = "/components/schemas/Thing/properties"
GET_MODULE = "api/things/get_thing.py"


def configuration() -> generator.Configuration:
    given = generator.read_configuration(generate.CONFIGURATION)
    settings = {**given.settings, "package_name_override": PACKAGE, "literal_enums": True}
    return replace(given, package=PACKAGE, settings=settings)


def generated(document: Any, folder: Path) -> tuple[list[Note], Path]:
    """Prepare a document and generate its package; return what was noted, and the package's folder."""
    prepared = prepare(document)
    made = generator.generate(prepared.document, configuration(), folder / "project")
    assert made.findings == []
    return [*prepared.notes, *made.notes], folder / "project" / PACKAGE


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Note], Path]:
    """The package of DOCUMENT, for tests to copy."""
    return generated(DOCUMENT, tmp_path_factory.mktemp("ledger"))


@pytest.fixture
def package(original: tuple[list[Note], Path], tmp_path: Path) -> Path:
    """The package of DOCUMENT, for a test to break."""
    return shutil.copytree(original[1], tmp_path / "package")


@pytest.fixture
def notes(original: tuple[list[Note], Path]) -> list[Note]:
    """What was noted about DOCUMENT."""
    return original[0]


def lost(ledger: Ledger) -> set[tuple[str, str]]:
    return {(loss.kind, loss.pointer) for loss in ledger.lost}


# Everything is found


def test_everything_is_found(notes: list[Note], package: Path) -> None:
    """In a whole package nothing is lost, and every promise is counted in and out."""
    ledger = audit(DOCUMENT, notes, package)
    assert ledger.lost == ()
    counts = {kind: (count["in"], count["out"]) for kind, count in ledger.counts.items()}
    assert counts == {
        "operation": (3, 3),
        "parameter": (7, 7),
        "request_body": (1, 1),
        "response": (6, 6),
        "property": (26, 26),
        "enum_value": (5, 5),
        "security_scheme": (2, 1),
    }
    assert [(loss.kind, loss.pointer) for loss in ledger.unneeded] == [
        ("security_scheme", "/components/securitySchemes/query")
    ]


def test_report_is_json(notes: list[Note], package: Path) -> None:
    """The report has the counts and all lists, in plain JSON."""
    (package / GET_MODULE).unlink()
    more = [Note("/a", Kind.LOOSENED, "b", "c"), Note("/d", Kind.RENAMED, "e", "f")]
    report = json.loads(json.dumps(audit(DOCUMENT, [*notes, *more], package).as_json()))
    assert list(report) == ["counts", "lost", "named", "unneeded", "loosened", "repaired", "renamed"]
    assert list(report["counts"]) == [*KINDS]
    assert report["lost"] == [
        {
            "kind": "operation",
            "pointer": GET,
            "what": "GET /things/{thing-id} has no module of its own that can send it",
        }
    ]
    assert {"pointer": "/a", "kind": "loosened", "what": "b", "why": "c"} in report["loosened"]
    assert {"pointer": "/d", "kind": "renamed", "what": "e", "why": "f"} in report["renamed"]


# What is broken is named


def edited(package: Path, file: str, editor: ast.NodeTransformer) -> None:
    """Change a module's code; it has to change something."""
    path = package / file
    before = ast.parse(path.read_text())
    after = ast.unparse(editor.visit(copy.deepcopy(before)))
    assert after != ast.unparse(before)
    path.write_text(after)


class _Renaming(ast.NodeTransformer):
    """Puts other texts, numbers and names in the place of those in the code."""

    def __init__(self, changes: dict[Any, Any]) -> None:
        self.changes = changes

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.Constant(self.changes.get(node.value, node.value))

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self.changes.get(node.id, node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        self.generic_visit(node)
        node.arg = self.changes.get(node.arg, node.arg)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.name = self.changes.get(node.name, node.name)
        return node


class _Dropping(ast.NodeTransformer):
    """Drops the calls of a function that have a constant, and the annotations of a variable."""

    def __init__(self, function: str, constant: object) -> None:
        self.function = function
        self.constant = constant

    def visit_Call(self, node: ast.Call) -> ast.expr | None:
        self.generic_visit(node)
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        constants = [one.value for one in node.args if isinstance(one, ast.Constant)]
        return None if called == self.function and constants[:1] == [self.constant] else node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt | None:
        if isinstance(node.target, ast.Name) and node.target.id == self.constant:
            return None
        self.generic_visit(node)
        return node


def renamed(file: str, **changes: Any) -> Change:
    return lambda package: edited(package, file, _Renaming(changes))


def replaced(file: str, before: Any, after: Any) -> Change:
    return lambda package: edited(package, file, _Renaming({before: after}))


def dropped(file: str, function: str, constant: object) -> Change:
    return lambda package: edited(package, file, _Dropping(function, constant))


def rewritten(file: str, before: str, after: str) -> Change:
    """Replace a piece of code, as `ast` writes it."""

    def change(package: Path) -> None:
        code = ast.unparse(ast.parse((package / file).read_text()))
        assert before in code
        (package / file).write_text(code.replace(before, after))

    return change


def removed(file: str) -> Change:
    return lambda package: (package / file).unlink()


def emptied(file: str) -> Change:
    def change(package: Path) -> None:
        (package / file).write_text("def broken(:\n")

    return change


BREAKS: dict[str, tuple[Change, set[tuple[str, str]]]] = {
    "module of an operation": (removed(GET_MODULE), {("operation", GET)}),
    "module that is no Python": (emptied(GET_MODULE), {("operation", GET)}),
    "module behind a reference": (removed("api/default/linked.py"), {("operation", "/x-items/linked/post")}),
    "function of an operation": (renamed(GET_MODULE, asyncio_detailed="other"), {("operation", GET)}),
    "method": (replaced(GET_MODULE, "get", "head"), {("operation", GET)}),
    "path": (replaced(GET_MODULE, "/things/", "/thing/"), {("operation", GET)}),
    "argument that nothing hands over": (
        rewritten(GET_MODULE, "Argument('thing-id', thing_id", "Argument('thing-id', other"),
        {("operation", GET), ("parameter", "/paths/~1things~1{thing-id}/parameters/0")},
    ),
    "query parameter": (dropped(GET_MODULE, "Argument", "limit"), {("parameter", f"{GET}/parameters/0")}),
    "name of a query parameter": (
        rewritten(GET_MODULE, "Argument('limit'", "Argument('limits'"),
        {("parameter", f"{GET}/parameters/0")},
    ),
    "type of a parameter": (
        rewritten(GET_MODULE, "limit: int", "limit: str"),
        {("parameter", f"{GET}/parameters/0/schema")},
    ),
    "style of a parameter": (
        replaced(GET_MODULE, "deepObject", "form"),
        {("parameter", f"{GET}/parameters/1")},
    ),
    "explode of a parameter": (
        rewritten(GET_MODULE, "'X-Trace', x_trace, 'simple', False", "'X-Trace', x_trace, 'simple', True"),
        {("parameter", f"{GET}/parameters/2")},
    ),
    "header": (dropped(GET_MODULE, "Argument", "X-Trace"), {("parameter", f"{GET}/parameters/2")}),
    "cookie": (dropped(GET_MODULE, "Argument", "session"), {("parameter", f"{GET}/parameters/3")}),
    "content of a parameter": (
        rewritten(GET_MODULE, "'form', True, 'application/json'", "'form', True"),
        {("parameter", f"{GET}/parameters/4")},
    ),
    "media type": (
        replaced("api/things/put_thing.py", "application/json", "text/json"),
        {("request_body", "/components/requestBodies/Thing/content/application~1json")},
    ),
    "type of a body": (
        rewritten("api/things/put_thing.py", "body: Thing", "body: Any"),
        {("request_body", "/components/requestBodies/Thing/content/application~1json/schema")},
    ),
    "shape of a body": (
        rewritten("api/things/put_thing.py", "_shapes.ModelOf(Thing)", "_shapes.ANYTHING"),
        {("request_body", "/components/requestBodies/Thing/content/application~1json/schema")},
    ),
    "branch of a response": (dropped(GET_MODULE, "Answer", 200), {("response", f"{GET}/responses/200")}),
    "branch of many codes": (dropped(GET_MODULE, "Answer", 400), {("response", f"{GET}/responses/4xx")}),
    "branch without a type": (dropped(GET_MODULE, "Answer", 500), {("response", f"{GET}/responses/500")}),
    "branch of all other codes": (
        dropped(GET_MODULE, "Answer", 0),
        {("response", f"{GET}/responses/default")},
    ),
    "type of an answer": (
        rewritten(GET_MODULE, "_shapes.ModelOf(Problem)", "_shapes.NULL"),
        {("response", f"{GET}/responses/4xx")},
    ),
    "wider type of an answer": (
        rewritten(GET_MODULE, "_shapes.ModelOf(Problem)", "_shapes.ANYTHING"),
        {("response", f"{GET}/responses/4xx/content/application~1json/schema")},
    ),
    "another type of an answer": (
        rewritten(GET_MODULE, "_shapes.ModelOf(Problem)", "_shapes.ModelOf(Thing)"),
        {("property", f"/components/schemas/Problem/properties/{name}") for name in ("code", "message")},
    ),
    "returned type": (
        rewritten(GET_MODULE, "Response[Thing | Problem | GetThingResponseDefault | None]", "Response[None]"),
        {
            ("response", f"{GET}/responses/{code}/content/application~1json/schema")
            for code in ("200", "4xx", "default")
        },
    ),
    "attribute": (
        dropped("models/thing.py", "nothing", "parts"),
        {("property", f"{THING}/parts")},
    ),
    "name on the wire": (
        dropped("models/thing.py", "Field", "parts"),
        {("property", f"{THING}/parts")},
    ),
    "attribute of a base": (
        dropped("models/thing.py", "Field", "id"),
        {("property", "/components/schemas/Base/properties/id")},
    ),
    "attribute of a nested object": (
        dropped("models/thing_inner.py", "Field", "deep"),
        {("property", f"{THING}/inner/properties/deep")},
    ),
    "attribute of a class in a list": (
        dropped("models/part.py", "Field", "name"),
        {("property", "/components/schemas/Part/properties/name")},
    ),
    "attribute of a variant": (
        dropped("models/robot.py", "Field", "serial"),
        {("property", "/components/schemas/Robot/properties/serial")},
    ),
    "attribute that no operation leads to": (
        dropped("models/spare.py", "Field", "left"),
        {("property", "/components/schemas/Spare/properties/left")},
    ),
    "class that no operation leads to": (
        removed("models/spare.py"),
        {("property", "/components/schemas/Spare")},
    ),
    "annotation": (rewritten("models/thing.py", "list[Part]", "Any"), {("property", f"{THING}/parts")}),
    "annotation of another kind": (
        rewritten("models/thing.py", "list[Part]", "Part"),
        {("property", f"{THING}/parts")},
    ),
    "annotation within a list": (
        rewritten("models/thing.py", "list[Part]", "list[Any]"),
        {("property", f"{THING}/parts/items")},
    ),
    "annotation that is too narrow": (
        rewritten("models/thing.py", "count: float | None", "count: int"),
        {("property", f"{THING}/count")},
    ),
    "shape": (
        rewritten("models/thing.py", "_shapes.ListOf(_shapes.ModelOf(Part))", "_shapes.ANYTHING"),
        {("property", f"{THING}/parts")},
    ),
    "variant": (
        rewritten("models/thing.py", "_shapes.ModelOf(Robot), ", ""),
        {("property", "/components/schemas/Robot/properties/serial")},
    ),
    "further properties": (
        rewritten("models/thing_labels.py", "additional=_shapes.INTEGER", "additional=None"),
        {("property", f"{THING}/labels/additionalProperties")},
    ),
    "member of an enum": (
        replaced("models/thing_kind.py", "large", "huge"),
        {("enum_value", f"{THING}/kind/enum/1")},
    ),
    "member of an enum of integers": (
        replaced("models/thing_level.py", 2, 3),
        {("enum_value", f"{THING}/level/enum/1")},
    ),
    "constant": (
        replaced("models/thing.py", "thing", "other"),
        {("enum_value", f"{THING}/object/enum/0")},
    ),
    "enum that became text": (
        rewritten("models/thing.py", "kind: ThingKind", "kind: str"),
        {("enum_value", f"{THING}/kind/enum/{number}") for number in (0, 1)},
    ),
    "module of an enum": (
        removed("models/thing_kind.py"),
        {("enum_value", f"{THING}/kind/enum/{number}") for number in (0, 1)},
    ),
    "variants of a union that no operation leads to": (
        removed("models/either_variant_1.py"),
        {("property", "/components/schemas/Either/oneOf/0/properties/one")},
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_is_broken_is_named(name: str, notes: list[Note], package: Path) -> None:
    """Each thing that is taken out of a whole package is lost, under its own pointer, and nothing else is."""
    change, expected = BREAKS[name]
    change(package)
    ledger = audit(DOCUMENT, notes, package)
    assert lost(ledger) == expected, ledger.lost
    for loss in ledger.lost:
        count = ledger.counts[loss.kind]
        assert count["out"] < count["in"]


def test_every_module_is_needed(notes: list[Note], package: Path) -> None:
    """There is no module of the package whose loss stays unseen, but for the support's and empty objects'."""
    silent = set()
    for folder in ("api", "models"):
        for file in sorted((package / folder).rglob("*.py")):
            text = file.read_text()
            file.unlink()
            if not audit(DOCUMENT, notes, package).lost:
                silent.add(file.relative_to(package).as_posix())
            file.write_text(text)
    assert {name for name in silent if not name.endswith("__init__.py")} == set()


# Reasons


def spare_lost(package: Path) -> None:
    dropped("models/thing.py", "Field", "parts")(package)


@pytest.mark.parametrize("place", [f"{THING}/parts", THING, "/components/schemas/Thing", "/components", ""])
def test_what_was_loosened_is_named(place: str, notes: list[Note], package: Path) -> None:
    """What is missing at or below a loosened place is named, and not lost; it is no longer counted out."""
    spare_lost(package)
    ledger = audit(DOCUMENT, [*notes, Note(place, Kind.LOOSENED, "what", "why")], package)
    assert ledger.lost == ()
    assert [(loss.kind, loss.pointer) for loss in ledger.named] == [("property", f"{THING}/parts")]
    assert ledger.counts["property"] == {"in": 26, "out": 25}


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        (f"{THING}/part", Kind.LOOSENED),
        (f"{THING}/parts/items", Kind.LOOSENED),
        (f"{THING}/parts", Kind.REPAIRED),
        (f"{THING}/parts", Kind.RENAMED),
    ],
)
def test_other_notes_are_no_reason(place: str, kind: Kind, notes: list[Note], package: Path) -> None:
    """A note about another place is no reason, nor is a repair or a new name: what it speaks of is there."""
    spare_lost(package)
    ledger = audit(DOCUMENT, [*notes, Note(place, kind, "what", "why")], package)
    assert lost(ledger) == {("property", f"{THING}/parts")}


def test_repair_may_take_a_parameter_away(notes: list[Note], package: Path) -> None:
    """A parameter that was left out is named by its own note."""
    dropped(GET_MODULE, "Argument", "limit")(package)
    note = Note(f"{GET}/parameters/0", Kind.REPAIRED, "left out", "why")
    ledger = audit(DOCUMENT, [*notes, note], package)
    assert lost(ledger) == set()
    assert len(ledger.named) == 1


def test_renamed_class_is_found(notes: list[Note], package: Path) -> None:
    """A class that no operation leads to is found under the name that a note tells."""
    rewritten("models/spare.py", "class Spare", "class Other")(package)
    expected = {("property", "/components/schemas/Spare")}
    assert lost(audit(DOCUMENT, notes, package)) == expected
    note = Note("/components/schemas/Spare", Kind.RENAMED, "`Spare` is `Other`.", "why")
    assert lost(audit(DOCUMENT, [*notes, note], package)) == set()


# Operations that are easily taken for one another


def small(paths: dict[str, Any], schemas: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Small", "version": "1"},
        "paths": paths,
        "components": {"schemas": schemas or {}, **more},
    }


def get(name: str, **more: Any) -> dict[str, Any]:
    return {"get": {"operationId": name, "responses": {"204": {"description": "Done."}}, **more}}


def path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": TEXT}


TWICE = small(
    {
        "/a/{x}": get("one", parameters=[path_parameter("x")]),
        "/a/{y}": get("two", parameters=[path_parameter("y")]),
    }
)


@pytest.mark.parametrize(("module", "path"), [("one", "/a/{x}"), ("two", "/a/{y}")])
def test_operations_share_no_module(module: str, path: str, tmp_path: Path) -> None:
    """Two operations with the same method and path, but for a parameter's name, need a module each."""
    notes, package = generated(TWICE, tmp_path)
    assert lost(audit(TWICE, notes, package)) == set()
    (package / "api" / "default" / f"{module}.py").unlink()
    assert lost(audit(TWICE, notes, package)) == {("operation", f"/paths/{path.replace('/', '~1')}/get")}


def test_path_parameters_are_found_by_place(tmp_path: Path) -> None:
    """A path parameter with another name than its place is found there; one without a place is lost."""
    parameters = [path_parameter("b"), path_parameter("other"), path_parameter("stray")]
    upstream = small({"/x/{a}/y/{b}": get("mixed", parameters=parameters)})
    notes, package = generated(upstream, tmp_path)
    stray = ("parameter", "/paths/~1x~1{a}~1y~1{b}/get/parameters/2")
    ledger = audit(upstream, notes, package)
    assert lost(ledger) == set()
    assert [(loss.kind, loss.pointer) for loss in ledger.named] == [stray]
    assert lost(audit(upstream, [], package)) == {stray}


def test_what_cannot_be_read_is_lost(package: Path) -> None:
    """A reference that leads nowhere, and a parameter without a name, are lost where nothing names them."""
    upstream = copy.deepcopy(DOCUMENT)
    upstream["paths"]["/linked"] = {"$ref": "elsewhere.json"}
    upstream["paths"]["/things/{thing-id}"]["get"]["parameters"][:2] = [
        ref("None", "parameters"),
        {"in": "query"},
    ]
    upstream["paths"]["/things/{thing-id}"]["put"]["requestBody"] = ref("None", "requestBodies")
    upstream["components"]["schemas"]["Part"]["properties"]["name"] = {"$ref": "elsewhere.json#/Name"}
    assert lost(audit(upstream, [], package)) == {
        ("operation", "/paths/~1linked"),
        ("parameter", f"{GET}/parameters/0"),
        ("parameter", f"{GET}/parameters/1"),
        ("request_body", f"{PUT}/requestBody"),
        ("property", "/components/schemas/Part/properties/name"),
    }


def test_what_is_compared_with_nothing_is_lost(package: Path) -> None:
    """A promise within something that the code cannot be asked about is lost, and not passed over."""
    upstream = copy.deepcopy(DOCUMENT)
    upstream["components"]["schemas"]["Part"]["properties"]["name"] = {**TEXT, "properties": {"odd": TEXT}}
    assert lost(audit(upstream, [], package)) == {
        ("property", "/components/schemas/Part/properties/name/properties/odd")
    }


# Types


SCHEMAS: dict[str, Any] = {
    "several types": {"type": ["string", "integer", "null"]},
    "anything": {},
    "anything or an object": {"anyOf": [ref("Part"), {}]},
    "list of anything": {"type": "array", "items": {}},
    "nested lists": {"type": "array", "items": {"type": "array", "items": ref("Part")}},
    "nullable reference": {"oneOf": [ref("Part"), {"type": "null"}]},
    "both booleans": {"type": "boolean", "enum": [True, False]},
    "constant": {"const": "only"},
    "file": {"type": "string", "format": "binary"},
    "object, text or list": {**thing(a=TEXT), "type": ["object", "string", "array"], "items": thing(b=TEXT)},
    "items of each place": {"type": "array", "prefixItems": [thing(a=TEXT), thing(b=TEXT)]},
    "choice of requirements": {**thing(a=TEXT, b=TEXT), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
    "choice beside properties": {**thing(a=TEXT), "oneOf": [thing(b=TEXT), thing(c=TEXT)]},
    "choice of a list's items": {"type": "array", "items": {"oneOf": [thing(a=TEXT), thing(b=TEXT)]}},
    "choice of further properties": {**thing(), "additionalProperties": {"oneOf": [thing(a=TEXT), TEXT]}},
    "choice that is tagged": {
        **thing(kind={"type": "string", "enum": ["x", "y"]}),
        "required": ["kind"],
        "oneOf": [thing(kind={"const": "x"}, a=TEXT), thing(kind={"const": "y"}, b=TEXT)],
    },
    "choice that is no choice": {
        **thing(kind={"const": "x"}),
        "required": ["kind"],
        "oneOf": [thing(kind={"const": "x"}, a=TEXT), thing(kind={"const": "y"}, b={"enum": ["c"]})],
    },
    "contradiction": {"allOf": [thing(a={"const": "x"}, b=TEXT), thing(a={"const": "y"})]},
    "base and choice": {"allOf": [ref("Part"), {"oneOf": [thing(a=TEXT), thing(b=TEXT)]}]},
    "objects in objects": thing(a=thing(b=thing(c=TEXT))),
    "odd names": thing(**dict.fromkeys(["a-b", "a_b", "class", "x.y", "1", "$z", "ü"], TEXT)),
}


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("is_used", [True, False])
def test_schemas_are_found_whole(name: str, is_used: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a parameter
    """A schema of each kind is found whole in what is generated, whether an operation leads to it or not."""
    used = {"/a": get("a", responses={"200": media(ref("It"))})}
    upstream = small(used if is_used else {}, {"Part": thing(name=TEXT), "It": SCHEMAS[name]})
    notes, package = generated(upstream, tmp_path)
    ledger = audit(upstream, notes, package)
    assert lost(ledger) == set()
    for count in ledger.counts.values():
        assert count["in"] == count["out"]


def test_parameter_without_a_schema_is_found(notes: list[Note], package: Path) -> None:
    """A parameter of which nothing is said but its name is found by that."""
    upstream = copy.deepcopy(DOCUMENT)
    del upstream["paths"]["/things/{thing-id}"]["get"]["parameters"][2]["schema"]
    assert lost(audit(upstream, notes, package)) == set()


# Enums that hold together


COLOR = {"type": "string", "enum": ["red", "green"]}
ENUMS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "component that a part narrows": (
        {"allOf": [ref("Color"), {"type": "string", "enum": ["red"]}]},
        {"/allOf/1/enum/0"},
    ),
    "enum beside a part": (
        thing(k={"allOf": [ref("Color")], "enum": ["red", "pink"]}),
        {"/properties/k/enum/0"},
    ),
    "parts of an object": (
        {"allOf": [thing(k={"enum": ["a", "b", "c"]}), thing(k={"enum": ["c", "d"]})]},
        {"/allOf/0/properties/k/enum/2", "/allOf/1/properties/k/enum/0"},
    ),
    "parts of a property": (
        thing(k={"allOf": [ref("Color"), {"enum": ["red", "pink"]}]}),
        {"/properties/k/allOf/1/enum/0"},
    ),
    "parts of a list's items": (
        thing(k={"type": "array", "items": {"allOf": [ref("Color"), {"enum": ["red", "pink"]}]}}),
        {"/properties/k/items/allOf/1/enum/0"},
    ),
    "part with another type": (
        thing(k={"allOf": [{"enum": ["a", 1]}, TEXT]}),
        {"/properties/k/allOf/0/enum/0"},
    ),
}
"""Enums of which a part holds, and the values that are promised."""


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("name", ENUMS)
def test_narrowed_enum_promises_what_is_left(name: str, version: str, tmp_path: Path) -> None:
    """A value that another part of an `allOf` drops is not promised there; one that all accept is."""
    schema, promised = ENUMS[name]
    used = {"/a": get("a", responses={"200": media(ref("It"))})}
    upstream = {**small(used, {"Color": COLOR, "It": schema}), "openapi": version}
    notes, package = generated(upstream, tmp_path)
    ledger = audit(upstream, notes, package)
    assert lost(ledger) == set()
    assert ledger.counts["enum_value"]["in"] == ledger.counts["enum_value"]["out"]
    for file in [*package.glob("models/*.py"), package / "api" / "default" / "a.py"]:
        renaming = _Renaming(dict.fromkeys(["red", "c", "a"], "other"))
        file.write_text(ast.unparse(renaming.visit(ast.parse(file.read_text()))))
    found = {pointer for kind, pointer in lost(audit(upstream, notes, package)) if kind == "enum_value"}
    assert {f"/components/schemas/It{pointer}" for pointer in promised} <= found
    assert found <= {
        "/components/schemas/Color/enum/0",
        *(f"/components/schemas/It{pointer}" for pointer in promised),
    }


def test_narrowed_component_keeps_its_values(tmp_path: Path) -> None:
    """What a part drops of a component's enum counts as kept where the component has a class with it."""
    schema = {"allOf": [ref("Color"), {"type": "string", "enum": ["red"]}]}
    upstream = small({"/a": get("a", responses={"200": media(schema)})}, {"Color": COLOR})
    notes, package = generated(upstream, tmp_path)
    (package / "models" / "color.py").write_text("from typing import Literal\n\nColor = Literal['green']\n")
    assert audit(upstream, notes, package).counts["enum_value"] == {"in": 3, "out": 3}
    (package / "models" / "color.py").unlink()
    ledger = audit(upstream, notes, package)
    assert lost(ledger) == set()
    assert ledger.counts["enum_value"] == {"in": 2, "out": 2}


DISJOINT: dict[str, dict[str, Any]] = {
    "component": {"allOf": [ref("Color"), {"type": "string", "enum": ["blue"]}]},
    "property": thing(k={"allOf": [ref("Color"), {"enum": ["blue", "pink"]}]}),
    "enum beside a part": thing(k={"allOf": [ref("Color")], "enum": ["blue", "pink"]}),
    "parts of an object": {"allOf": [thing(k=ref("Color")), thing(k={"type": "string", "enum": ["blue"]})]},
    "parts that need it": {
        "allOf": [{**thing(k=ref("Color")), "required": ["k"]}, thing(k={"type": "string", "enum": ["blue"]})]
    },
}


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize("name", DISJOINT)
def test_enums_without_a_common_value_promise_none(name: str, version: str, tmp_path: Path) -> None:
    """Of enums that hold together and share no value none is promised, wherever they stand."""
    used = {"/a": get("a", responses={"200": media(ref("It"))})}
    upstream = {**small(used, {"Color": COLOR, "It": DISJOINT[name]}), "openapi": version}
    notes, package = generated(upstream, tmp_path)
    assert lost(audit(upstream, notes, package)) == set()
    assert {note.kind for note in notes} >= {Kind.LOOSENED}


def test_enum_without_a_common_value_is_promised_elsewhere(tmp_path: Path) -> None:
    """Where a contradiction leads to an enum that is also used on its own, that stays promised."""
    schema = thing(k=DISJOINT["component"], own=ref("Color"))
    upstream = small({"/a": get("a", responses={"200": media(schema)})}, {"Color": COLOR})
    notes, package = generated(upstream, tmp_path)
    assert lost(audit(upstream, notes, package)) == set()
    replaced("models/color.py", "green", "x")(package)
    assert lost(audit(upstream, notes, package)) == {("enum_value", "/components/schemas/Color/enum/1")}


# Answers of which little is said


NULLS: dict[str, tuple[str, dict[str, Any]]] = {
    "type": ("3.1.0", {"type": "null"}),
    "constant": ("3.1.0", {"const": None}),
    "enum": ("3.1.0", {"enum": [None]}),
    "variants": ("3.1.0", {"oneOf": [{"type": "null"}, {"const": None}]}),
    "nullable": ("3.0.3", {"nullable": True, "enum": [None]}),
    "nullable text": ("3.0.3", {"type": "string", "nullable": True, "enum": [None]}),
}


@pytest.mark.parametrize("name", NULLS)
def test_answer_that_is_only_null_is_found(name: str, tmp_path: Path) -> None:
    """An answer and a body that can only be null are kept; the answer is lost where the code has no null."""
    version, schema = NULLS[name]
    used = {"/a": get("a", requestBody=media(ref("It")), responses={"200": media(ref("It"))})}
    upstream = {**small(used, {"It": schema}), "openapi": version}
    notes, package = generated(upstream, tmp_path)
    assert lost(audit(upstream, notes, package)) == set()
    rewritten("api/default/a.py", "_shapes.NULL", "_shapes.TEXT")(package)
    assert lost(audit(upstream, notes, package)) == {("response", "/paths/~1a/get/responses/200")}


class _Returning(ast.NodeTransformer):
    """Puts another type into what functions return."""

    def __init__(self, returned: str) -> None:
        self.returned = ast.parse(returned, mode="eval").body

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = self.returned if node.name == "sync_detailed" else node.returns
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = self.returned if node.name == "asyncio_detailed" else node.returns
        return node


@pytest.mark.parametrize("untyped", [{}, {"schema": {}}, {"schema": True}])
def test_typed_answer_beside_an_untyped_one_is_found_by_its_class(untyped: Any, tmp_path: Path) -> None:
    """Beside Any the class of a typed answer is kept, and it is lost where either claim lacks the class."""
    answers = {
        "200": {"description": "Anything.", "content": {"application/json": untyped}},
        "400": media(ref("Problem")),
        "500": media(ref("Fault")),
    }
    same = thing(message=TEXT)
    upstream = small({"/a": get("a", responses=answers)}, {"Problem": same, "Fault": same})
    notes, package = generated(upstream, tmp_path)
    module = "api/default/a.py"
    before = (package / module).read_text()
    at = {
        code: ("response", f"/paths/~1a/get/responses/{code}/content/application~1json/schema")
        for code in ("400", "500")
    }

    def returning(types: str) -> set[tuple[str, str]]:
        (package / module).write_text(before)
        edited(package, module, _Returning(f"Response[{types}]"))
        return lost(audit(upstream, notes, package))

    assert returning("Problem | Any | Fault") == set()
    assert returning("Any | Problem") == {at["500"]}
    assert returning("Any | Fault") == {at["400"]}
    assert returning("Any") == {*at.values()}
    before = before.replace("_shapes.ModelOf(Problem)", "_shapes.ANYTHING")
    assert returning("Problem | Any | Fault") == {at["400"]}


# Security


SCHEMES: dict[str, tuple[dict[str, str], bool]] = {
    "header": ({"type": "apiKey", "in": "header", "name": "X-App-Id"}, True),
    "other header": ({"type": "apiKey", "in": "header", "name": "X-Client-Token"}, True),
    "oauth2": ({"type": "oauth2"}, True),
    "bearer": ({"type": "http", "scheme": "Bearer"}, True),
    "basic": ({"type": "http", "scheme": "basic"}, True),
    "digest": ({"type": "http", "scheme": "digest"}, False),
    "query": ({"type": "apiKey", "in": "query", "name": "key"}, False),
    "cookie": ({"type": "apiKey", "in": "cookie", "name": "key"}, False),
    "openIdConnect": ({"type": "openIdConnect"}, False),
    "mutualTLS": ({"type": "mutualTLS"}, False),
}


@pytest.mark.parametrize("name", SCHEMES)
def test_needed_schemes_must_be_sendable(name: str, tmp_path: Path) -> None:
    """A scheme that the wrapper cannot send is lost where an operation needs it, and else named alone."""
    scheme, is_sendable = SCHEMES[name]
    place = ("security_scheme", "/components/securitySchemes/it")
    upstream = small({"/a": get("a", security=[{"it": []}])}, securitySchemes={"it": scheme})
    _, package = generated(upstream, tmp_path)
    ledger = audit(upstream, [], package)
    assert lost(ledger) == (set() if is_sendable else {place})
    assert ledger.counts["security_scheme"] == {"in": 1, "out": int(is_sendable)}
    upstream["paths"]["/a"]["get"]["security"].append({})  # it may be left out
    ledger = audit(upstream, [], package)
    assert lost(ledger) == set()
    assert [(one.kind, one.pointer) for one in ledger.unneeded] == ([] if is_sendable else [place])


def test_undefined_schemes_are_lost(tmp_path: Path) -> None:
    """A scheme that an operation needs and the document does not define is lost, written as text too."""
    upstream = small({"/a": get("a", security=["nobody"])})
    notes, package = generated(upstream, tmp_path)
    place = ("security_scheme", "/paths/~1a/get/security")
    assert lost(audit(upstream, [], package)) == {place}
    assert lost(audit({**upstream, "paths": {"/a": get("a")}, "security": "nobody"}, [], package)) == {place}
    assert notes


@frozen
class _Own:
    """Credentials of a user's own making."""

    header: str

    def headers(self) -> dict[str, str]:
        return {self.header: "value"}


@pytest.mark.parametrize(
    ("credentials", "scheme", "header"),
    [
        (ApiKey("id", "token"), "header", "X-App-Id"),
        (OAuthToken("token"), "oauth2", "Authorization"),
        (OAuthToken("token"), "bearer", "Authorization"),
        (_Own("X-Client-Token"), "other header", "X-Client-Token"),
        (_Own("Authorization"), "basic", "Authorization"),
    ],
)
def test_wrapper_sends_what_is_held_sendable(credentials: Credentials, scheme: str, header: str) -> None:
    """What counts as sendable is in the wrapper's requests, and the wrapper writes headers alone."""
    assert SCHEMES[scheme][1]
    requests = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(204)

    with Voucherify(credentials, transport=httpx.MockTransport(answer)) as client:
        client.release_validation_session("code", "key")
    assert header in requests[0].headers
    assert "Cookie" not in requests[0].headers
    assert requests[0].url.query == b""


# Any document


@pytest.mark.parametrize(
    "more",
    [
        {"if": {"required": ["a"]}, "then": thing(late=TEXT)},
        {"if": {"required": ["a"]}, "else": thing(then=TEXT, late=TEXT)},
        {"dependentSchemas": {"a": thing(late=TEXT)}},
    ],
)
def test_what_holds_for_some_values_only_is_named(more: dict[str, Any], tmp_path: Path) -> None:
    """No type says it, so it does not fail the generation, and the report names it."""
    upstream: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {
            "/a": {"get": {"operationId": "a", "responses": {"200": media({**thing(then=TEXT), **more})}}}
        },
    }
    notes, package = generated(upstream, tmp_path)
    ledger = audit(upstream, notes, package)
    assert ledger.lost == ()
    assert any(loss.pointer.endswith("/late") for loss in ledger.named)


@pytest.mark.unmeasured
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=strategies.data())
def test_no_document_breaks_the_ledger(data: strategies.DataObject, package: Path) -> None:
    """Whatever stands in the document in whatever place, the ledger ends, and its pointers are RFC 6901's."""
    upstream = copy.deepcopy(DOCUMENT)
    for _ in range(data.draw(strategies.integers(1, 3))):
        holder: Any = upstream
        while True:
            keys = [*holder] if isinstance(holder, dict) else [*range(len(holder))]
            key = data.draw(strategies.sampled_from(keys))
            inner = holder[key]
            if not isinstance(inner, (dict, list)) or not inner or data.draw(strategies.integers(0, 5)) == 0:
                break
            holder = inner
        holder[key] = data.draw(ODD)
    ledger = audit(upstream, [], package)
    for loss in ledger.lost:
        assert loss.kind in KINDS
        assert not loss.pointer or loss.pointer.startswith("/")
    json.dumps(ledger.as_json())


ODD = strategies.recursive(
    strategies.none()
    | strategies.booleans()
    | strategies.floats(allow_nan=False)
    | strategies.sampled_from(["object", "array", "#/components/schemas/Thing", "#/paths", "#", "~1", "", 7]),
    lambda inner: strategies.lists(inner, max_size=3)
    | strategies.dictionaries(
        strategies.sampled_from(
            ["$ref", "type", "enum", "const", "items", "properties", "allOf", "oneOf", "anyOf", "if", "then",
             "required", "additionalProperties", "patternProperties", "name", "in", "content", "get"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=6,
)  # fmt: skip
"""JSON as it should not be in a document."""


# The vendor's documents


@pytest.mark.unmeasured
@pytest.mark.parametrize("name", ["vouchers/040-2026-07-21", "tags/client-side", "tags/validation-rules"])
def test_vendors_documents_are_whole(name: str, tmp_path: Path) -> None:
    """In the clients of the vendor's documents nothing is lost."""
    file = VENDORS_FILES / f"{name}.json"
    if not file.exists():
        pytest.skip("the vendor's files are not here")
    upstream = json.loads(file.read_text())
    notes, package = generated(upstream, tmp_path)
    assert audit(upstream, notes, package).lost == ()
