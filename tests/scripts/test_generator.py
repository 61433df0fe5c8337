"""The generated code has every name, keeps every text harmless, loads lazily and satisfies type checkers."""

from __future__ import annotations

import ast
import copy
import importlib
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts import generate, generator
from scripts.generator import Configuration
from scripts.naming import assign, name_all
from scripts.notes import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scripts.generator import Generated

SCHEMAS = "#/components/schemas/"


def ref(name: str) -> dict[str, str]:
    """Refer to a component."""
    return {"$ref": SCHEMAS + name}


def operation(name: str = "do-it", **more: Any) -> dict[str, Any]:
    """Make an operation."""
    return {"operationId": name, "tags": ["t"], "responses": {"204": {"description": "x"}}, **more}


def document(schemas: dict[str, Any] | None = None, paths: dict[str, Any] | None = None) -> dict[str, Any]:
    """Make a document in the normal form."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": paths or {},
        "components": {"schemas": schemas or {}},
    }


def answering(schema: dict[str, Any], media_type: str = "application/json", **more: Any) -> dict[str, Any]:
    """Make an operation that answers with something."""
    content = {media_type: {"schema": schema}}
    return operation(responses={"200": {"description": "x", "content": content}}, **more)


def parameter(name: str, place: str = "query", **more: Any) -> dict[str, Any]:
    """Make a parameter."""
    required = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "schema": {"type": "string"}, **required, **more}


class Package:
    """A generated package.

    Attributes:
        folder: Where it lies.
        generated: What the generator reported.
    """

    def __init__(self, folder: Path, name: str, made: Generated) -> None:
        self.folder = folder / name
        self.generated = made
        self._name = name

    def __getattr__(self, name: str) -> Any:
        return self.module(name)

    def module(self, name: str) -> Any:
        """Import a module."""
        return importlib.import_module(f"{self._name}.{name}")

    def operation(self, name: str = "do_it") -> Any:
        """Import an operation."""
        return self.module(f"api.t.{name}")

    def sent(self, *arguments: Any, **named: Any) -> httpx.Request:
        """Call the operation, and give the request that it sends."""
        return self.call(*arguments, **named)[0]

    def call(
        self, *arguments: Any, answer: httpx.Response | None = None, **named: Any
    ) -> tuple[httpx.Request, Any]:
        """Call the operation; give its request and what came of the answer."""
        requests = []

        def handle(request: httpx.Request) -> httpx.Response:
            requests.append(request)
            return answer or httpx.Response(204)

        transport = httpx.MockTransport(handle)
        client = self.client.AuthenticatedClient("http://x", "t", httpx_args={"transport": transport})
        parsed = self.operation().sync(*arguments, client=client, **named)
        return requests[0], parsed


@pytest.fixture
def make(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Callable[..., Package]:
    """Generate packages, each with a name of its own."""
    monkeypatch.syspath_prepend(str(tmp_path))
    count = iter(range(100))

    def run(content: dict[str, Any], *, findings: int = 0) -> Package:
        name = f"client_{abs(hash(request.node.nodeid))}_{next(count)}"
        configuration = Configuration(name, {"package_name_override": name})
        before = copy.deepcopy(content)
        made = generator.generate(content, configuration, tmp_path / name)
        assert content == before
        assert len(made.findings) == findings, made.findings
        if not findings:
            assert generate._format(tmp_path / name, []) == []
        return Package(tmp_path, name, made)

    def run_importable(content: dict[str, Any], *, findings: int = 0) -> Package:
        package = run(content, findings=findings)
        monkeypatch.syspath_prepend(str(package.folder.parent / package.folder.name))
        package.folder = package.folder / package.folder.name
        return package

    return run_importable


# Names


NAMES = [
    "createdAt", "created_at", "created-at", "a.b", "a_b", "a b", "to_dict", "from_dict",
    "additional_properties", "additionalKeys", "self", "cls", "d", "src_dict", "T", "UNSET", "Any",
    "datetime", "json", "UUID", "Thing", "class", "type", "id", "_private", "__dunder__", "1", "$", "@type",
    "größe", "Größe", "\ufb01x", "\U0001d7d9st", "", "field_1", "str", "None", "_table", "new\nline",
    'say "hi"',     "back\\slash", "{brace}", "'", "\ud800", "mro", "model_config",
]  # fmt: skip


def test_properties_of_any_name(make: Callable[..., Package]) -> None:
    """Every property has an attribute of its own, and is decoded and encoded by its name on the wire."""
    properties = {name: {"type": "string", "format": "date-time"} for name in NAMES}
    package = make(document({"Thing": {"type": "object", "properties": properties, "required": ["id"]}}))
    thing = package.models.Thing
    source = dict.fromkeys(NAMES, "2024-05-01T10:00:00+00:00")
    made = thing.from_dict(source)
    assert (made.to_dict(), made.additional_properties) == (source, {})
    assert len(attrs.fields(thing)) == len(NAMES) + 1
    assert (made.created_at, made.field_to_dict) == (made.id, made.id)
    renamed = {note.pointer: note for note in package.generated.notes}
    assert "/components/schemas/Thing/properties/createdAt" in renamed
    assert "/components/schemas/Thing/properties/created_at" not in renamed
    assert "/components/schemas/Thing/properties/class" not in renamed  # its own name alone decides that
    note = renamed["/components/schemas/Thing/properties/to_dict"]
    assert (note.kind, note.what) == (Kind.RENAMED, "The property 'to_dict' is 'field_to_dict' in Python.")


def identifier(name: str) -> str:
    """Make a Python name as the generator does."""
    from openapi_python_client.strings import PythonIdentifier  # noqa: PLC0415 - slow

    return str(PythonIdentifier(name, "field_"))


@given(st.lists(st.text(max_size=5) | st.sampled_from(NAMES), unique=True), st.randoms())
def test_names_do_not_depend_on_the_order(names: list[str], random: Any) -> None:
    """Each name is an identifier of its own, and the same in whatever order the document has them."""
    taken = frozenset({"to_dict", "id"})
    found = assign(names, taken, identifier, lambda wish: f"field_{wish}")
    assert len({*found.values()} - taken) == len(names)
    assert all(name.isidentifier() and identifier(name) == name for name in found.values())
    shuffled = [*names]
    random.shuffle(shuffled)
    assert assign(shuffled, taken, identifier, lambda wish: f"field_{wish}") == found


PARAMETERS = [
    "body", "client", "url", "kwargs", "_kwargs", "params", "headers", "cookies", "response", "errors",
    "json", "quote", "httpx", "a.b", "a_b", "created_at.before", "self", "Response", "UNSET", "datetime",
    "class", "id",
]  # fmt: skip


def test_parameters_of_any_name(make: Callable[..., Package]) -> None:
    """Every parameter has an argument of its own, beside a body and one of its name in another place."""
    parameters = [
        *(parameter(name) for name in PARAMETERS),
        *(parameter(name, "header") for name in ("X-Id", "id")),
        parameter("id", "cookie"),
        parameter("id", "path"),
        parameter("größe", "path"),
    ]
    body = {"required": True, "content": {"application/json": {"schema": {"type": "string"}}}}
    paths = {"/a/{id}/{größe}": {"post": operation(parameters=parameters, requestBody=body)}}
    package = make(document(paths=paths))
    arguments = {
        name: "x"
        for name in package.operation()._get_kwargs.__annotations__
        if name not in ("return", "body")
    }
    assert len(arguments) == len(parameters)
    with pytest.warns(
        DeprecationWarning, match="cookies"
    ):  # httpx's, of what the bare generator does as well
        request = package.sent(body="b", **arguments)
    assert dict(request.url.params) == dict.fromkeys(PARAMETERS, "x")
    assert request.url.path == "/a/x/x"
    assert (request.headers["x-id"], request.headers["id"], request.headers["cookie"]) == ("x", "x", "id=x")
    assert {"id", "id_query", "id_header", "id_cookie", "body_query", "client_query"} <= arguments.keys()
    pointers = [note.pointer for note in package.generated.notes]
    assert pointers.count("/paths/~1a~1{id}~1{größe}/post/parameters/0") == 1


def test_names_of_classes(make: Callable[..., Package]) -> None:
    """Classes of the names that the modules use themselves, and two of one module, are told apart."""
    names = ["Any", "Response", "Client", "UUID", "File", "Unset", "Literal", "AnyModel", "ABTest", "AbTest"]
    item = {"type": "object", "properties": {"x": {}, "u": {"type": "string", "format": "uuid"}}}
    schemas = dict.fromkeys(names, item)
    schemas["All"] = {"type": "object", "properties": {name.lower(): ref(name) for name in names}}
    package = make(document(schemas, {"/a": {"get": answering({"anyOf": [ref(name) for name in names]})}}))
    value = {name.lower(): {"x": 1} for name in names}
    everything = package.models.All.from_dict(value)
    assert everything.to_dict() == value
    assert type(everything.response).__name__ == "ResponseModel"
    assert package.models.ABTest is not package.models.AbTest
    assert {note.pointer.rpartition("/")[2] for note in package.generated.notes if "module" in note.what} == {
        "Any", "Response", "Client", "UUID", "File", "Unset", "Literal", "ABTest",
    }  # fmt: skip


def test_two_paths_that_differ_in_a_name_alone(make: Callable[..., Package]) -> None:
    """Both operations are there."""
    paths = {
        "/a/{thingId}": {"get": operation("one", parameters=[parameter("thingId", "path")])},
        "/a/{thing_id}": {"get": operation("other", parameters=[parameter("thing_id", "path")])},
    }
    package = make(document(paths=paths))
    for name in ("one", "other"):
        assert package.operation(name)._get_kwargs("x")["url"] == "/a/x"


def test_two_things_in_one_module(make: Callable[..., Package]) -> None:
    """What the generator writes over is a finding, never a loss without a word."""
    paths = {f"/{name}": {"get": operation(name)} for name in ("do-it", "do_it")}
    package = make(document(paths=paths), findings=1)
    assert package.generated.findings == ["api/t/do_it.py: 2 things of the document have this module"]


def test_what_the_generator_refuses(make: Callable[..., Package]) -> None:
    """A document that it cannot read is a finding."""
    broken = document()
    broken["info"] = {}
    assert "info.title" in make(broken, findings=1).generated.findings[0]


def test_parameter_that_is_not_in_the_path(make: Callable[..., Package]) -> None:
    """The generator's own finding comes through."""
    paths = {"/a": {"get": operation(parameters=[parameter("x", "path"), ref("gone")])}}
    assert "Endpoint will not be generated" in make(document(paths=paths), findings=1).generated.findings[0]


# Types


KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "text": ({"type": "string"}, "str"),
    "whole": ({"type": "integer"}, "int"),
    "number": ({"type": "number"}, "float"),
    "flag": ({"type": "boolean"}, "bool"),
    "nothing": ({"type": "null"}, "None"),
    "anything": ({}, "Any"),
    "plain": ({"type": "object", "description": "d"}, "dict[str, Any]"),
    "closed": ({"type": "object", "additionalProperties": False}, "dict[str, Any]"),
    "made": ({"type": "string", "format": "date-time"}, "datetime.datetime"),
    "day": ({"type": "string", "format": "date"}, "datetime.date"),
    "key": ({"type": "string", "format": "uuid"}, "UUID"),
    "file": ({"type": "string", "format": "binary"}, "File"),
    "kind": (ref("Kind"), "Kind"),
    "size": (ref("Size"), "Size"),
    "other": (ref("Other"), "Other"),
    "itself": (ref("Thing"), "Thing"),
    "items": ({"type": "array", "items": ref("Other")}, "list[Other]"),
    "nullable": ({"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "object"}}]},
                 "list[dict[str, Any]] | None"),
    "one": ({"oneOf": [ref("Other"), {"anyOf": [ref("Other"), {"const": 1}]}, {"type": "null"}, ref("Kind")]},
            "Other | Literal[1] | Kind | None"),
    "loose": ({"oneOf": [ref("Other"), {}]}, "Any"),
    "const": ({"const": "it's \"so\"\\"}, "Literal['it\\'s \"so\"\\\\']"),
    "always": ({"const": True}, "Literal[True]"),
    "half": ({"const": 0.5}, "float"),
    "endless": ({"const": float("inf")}, "float"),
}  # fmt: skip
ZERO = "00000000-0000-0000-0000-000000000000"
OTHERS: dict[str, Any] = {
    "Kind": {"type": "string", "enum": ["b", "a", 'c"\n', "c"]},
    "Size": {"type": "integer", "enum": [2, 1]},
    "Other": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
    "Map": {"type": "object", "additionalProperties": ref("Other")},
    "Empty": {"type": "object"},
}


def whole() -> dict[str, Any]:
    """Make a document with all kinds of types, in all places."""
    thing = {
        "type": "object",
        "properties": {name: kind for name, (kind, _) in KINDS.items()},
        "required": ["text"],
    }
    body = {"content": {"application/json": {"schema": ref("Thing")}}}
    in_json = {**parameter("where", schema={"type": "object"}), "x-content-type": "application/json"}
    paths = {
        "/a/{key}": {
            "post": answering(
                {"anyOf": [ref("Thing"), ref("Map"), {"type": "string", "format": "binary"}]},
                parameters=[
                    parameter("key", "path", schema={"type": "string", "format": "uuid", "default": ZERO}),
                    parameter("at", schema={"type": "string", "format": "date-time"}),
                    parameter("kind", schema=ref("Kind")),
                    parameter("filter", schema=ref("Other"), style="deepObject", explode=True),
                    parameter("ids", schema={"type": "array", "items": {"type": "integer"}}, explode=False),
                    in_json,
                    parameter("X-N", "header", schema={"type": "integer"}, required=True),
                ],
                requestBody=body,
                security=[{"x": []}],
            )
        }
    }
    return document({"Thing": thing, **OTHERS}, paths)


def test_types_are_the_documents(make: Callable[..., Package]) -> None:
    """What the document promises is what a type checker sees."""
    package = make(whole())
    tree = ast.parse((package.folder / "models" / "thing.py").read_text(encoding="utf-8"))
    (made,) = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    seen = {
        node.target.id: ast.unparse(node.annotation)
        for node in made.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
    }
    expected = {name: ast.unparse(ast.parse(kind)) for name, (_, kind) in KINDS.items()}
    expected = {name: kind if name == "text" else f"{kind} | Unset" for name, kind in expected.items()}
    assert seen == {**expected, "additional_properties": "dict[str, Any]"}
    assert package.module("models.kind").KIND_VALUES == ("a", "b", "c", 'c"\n')
    assert package.module("models.size").SIZE_VALUES == (1, 2)


@pytest.mark.unmeasured
def test_type_checkers_agree(make: Callable[..., Package]) -> None:
    """The package passes mypy as strictly as it can be asked, and its types are found through `models`."""
    package = make(whole())
    use = package.folder.parent / "use.py"
    use.write_text(
        "from typing import assert_type\n"
        f"from {package.folder.name} import Client, check, models, Violation\n"
        f"from {package.folder.name}.types import Unset\n"
        "thing = models.Thing.from_dict({})\n"
        "assert_type(thing, models.Thing)\n"
        "assert_type(thing.items, list[models.Other] | Unset)\n"
        "assert_type(check(thing), list[Violation])\n"
        "assert_type(models.Map()['x'], models.Other)\n"
        "assert_type(Client('x', strict=True).with_headers({}), Client)\n"
        "models.Nothing  # type: ignore[attr-defined]\n"
    )
    options = ["--strict", "--config-file=", "--cache-dir=/dev/null", "--no-error-summary"]
    command = [sys.executable, "-m", "mypy", *options, package.folder.name, "use.py"]
    done = subprocess.run(command, cwd=package.folder.parent, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("", "")


def test_operation_with_everything(make: Callable[..., Package]) -> None:
    """Arguments, body and answer go through as the document says."""
    package = make(whole())
    other = package.models.Other(a="x")
    answer = httpx.Response(200, json={"text": "t", "made": "2024-05-01T00:00:00Z", "new": 1})
    request, parsed = package.call(
        "k/1", body=package.models.Thing("t"), kind="a", filter_=other, ids=[1, 2], where={"a": [1]}, x_n=5,
        answer=answer,
    )  # fmt: skip
    assert request.url.raw_path.decode() == (
        "/a/k%2F1?kind=a&filter%5Ba%5D=x&ids=1,2&where=%7B%22a%22%3A%5B1%5D%7D"
    )
    assert (request.headers["x-n"], request.headers["authorization"]) == ("5", "Bearer t")
    assert json.loads(request.content) == {"text": "t"}
    assert (type(parsed).__name__, parsed.made.year, parsed["new"]) == ("Thing", 2024, 1)


def test_defaults(make: Callable[..., Package]) -> None:
    """They are the document's, exactly; what cannot stand in code, or could be changed there, is none."""
    defaults: dict[str, tuple[dict[str, Any], Any]] = {
        "quoted": ({"type": "string", "default": 'a "b" \\ \n c'}, 'a "b" \\ \n c'),
        "whole": ({"type": "integer", "default": 5}, 5),
        "half": ({"type": "number", "default": 0.5}, 0.5),
        "endless": ({"type": "number", "default": float("inf")}, None),
        "flag": ({"type": "boolean", "default": False}, False),
        "day": ({"type": "string", "format": "date", "default": "2024-05-01"}, "2024-05-01"),
        "key": (
            {"type": "string", "format": "uuid", "default": ZERO},
            "00000000-0000-0000-0000-000000000000",
        ),
        "either": ({"anyOf": [ref("Kind"), {"type": "null"}], "default": "a"}, "a"),
        "bag": ({"default": {"a": 1}}, None),
    }
    properties = {name: schema for name, (schema, _) in defaults.items()}
    needed = {"type": "string", "default": "n"}
    thing = {
        "type": "object",
        "properties": {**properties, "needed": needed, "must": {}},
        "required": ["needed", "must"],
    }
    package = make(document({"Thing": thing, "Kind": OTHERS["Kind"]}))
    expected = {name: value for name, (_, value) in defaults.items() if value is not None}
    assert package.models.Thing(1).to_dict() == {**expected, "needed": "n", "must": 1}
    assert package.models.Thing.from_dict({}).to_dict() == {}  # a default is no value that was received


def test_discriminator(make: Callable[..., Package]) -> None:
    """The document's mapping decides, and the names of the variants that it leaves out."""
    schemas: dict[str, Any] = {
        name: {"type": "object", "properties": {"type": {"type": "string"}, "x": {}}}
        for name in ("A", "B", "C")
    }
    discriminator = {"propertyName": "type", "mapping": {"bee": SCHEMAS + "B"}}
    union = {"oneOf": [*map(ref, ("A", "B", "C")), {"type": "null"}], "discriminator": discriminator}
    schemas["List"] = {
        "type": "object",
        "properties": {"all": {"type": "array", "items": union}, "one": union},
    }
    package = make(document(schemas))
    made = package.models.List.from_dict({"all": [{"type": kind} for kind in ("bee", "C", "B", None)]})
    assert [type(each).__name__ for each in made.all_] == ["B", "C", "A", "A"]


# Bodies and answers


def test_media_types_of_bodies(make: Callable[..., Package]) -> None:
    """Text, XML, CSV and what nobody knows are sent as they are; forms have the document's styles."""
    contents: dict[str, Any] = {
        "text/csv": {"schema": {"type": "string"}},
        "application/xml": {},
        'weird "type"': {},
        "application/x-www-form-urlencoded": {
            "schema": ref("Form"),
            "encoding": {
                "ids": {"explode": False},
                "map": {"style": "deepObject"},
                "x": {"contentType": "a/b"},
            },
        },
    }
    form = {"type": "object", "properties": {"ids": {"type": "array", "items": {}}, "map": {}, "x": {}}}
    paths = {"/a": {"post": operation(requestBody={"required": True, "content": contents})}}
    package = make(document({"Form": form}, paths))
    request = package.sent(body="a;b")
    assert (request.content, request.headers["content-type"]) == (b"a;b", "text/csv")
    request = package.sent(body=package.models.Form.from_dict({"ids": [1, 2], "map": {"a": 1}, "x": 1}))
    assert request.content == b"ids=1,2&map%5Ba%5D=1&x=1"
    assert "body: File | bytes | str | Form," in (package.folder / "api" / "t" / "do_it.py").read_text()


def test_media_types_of_answers(make: Callable[..., Package]) -> None:
    """Every media type is decoded; a default stands for all statuses that are not named."""
    binary = {"type": "string", "format": "binary"}
    responses = {
        "200": {"description": "x", "content": {"application/pdf": {}}},
        "4XX": {"description": "x", "content": {"application/problem+json": {"schema": {"type": "object"}}}},
        "default": {"description": "x", "content": {"text/csv": {"schema": binary}}},
    }
    package = make(document(paths={"/a": {"get": operation(responses=responses)}}))
    assert package.call(answer=httpx.Response(200, content=b"x"))[1].payload.read() == b"x"
    assert package.call(answer=httpx.Response(404, json={"a": 1}))[1] == {"a": 1}
    assert package.call(answer=httpx.Response(520, text="a;b"))[1].payload.read() == b"a;b"


def test_parameters_of_a_whole_path(make: Callable[..., Package]) -> None:
    """They belong to each of its operations."""
    item = {
        "parameters": [parameter("aB", "path"), parameter("q")],
        "get": operation(),
        "put": operation("put-it"),
    }
    package = make(document(paths={"/a/{aB}": item}))
    for name in ("do_it", "put_it"):
        assert package.operation(name)._get_kwargs("x", q="y")["url"] == "/a/x?q=y"


# Loading


def test_an_operation_loads_what_it_needs(make: Callable[..., Package]) -> None:
    """Importing one imports the models that it names, and these load others when they first decode."""
    package = make(whole())
    program = (
        f"import sys, {package.folder.name}.api.t.do_it as m\n"
        "names = lambda: sorted(n.rpartition('.')[2] for n in sys.modules if '.models.' in n)\n"
        f"from {package.folder.name} import models\n"
        "print(names()); models.Thing.from_dict({}); print(names())\n"
        "print(sorted(set(dir(models)) - set(globals()))[:9], models.__all__)\n"
        "try: models.Nothing\nexcept AttributeError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=package.folder.parent, capture_output=True, text=True, check=True
    )
    before, after, listed, error = done.stdout.splitlines()
    assert before == "['kind', 'map_', 'other', 'thing']"
    assert after == "['kind', 'map_', 'other', 'size', 'thing']"
    assert "Thing" in listed
    assert "has no attribute 'Nothing'" in error


def test_package_without_models(make: Callable[..., Package]) -> None:
    """A document without schemas makes a package that works."""
    package = make(document(paths={"/a": {"get": operation()}}))
    assert package.models.__all__ == ()
    assert package.call()[1] is None


# Hostile texts

HOSTILE = '"""\'\'\'\\" {{ 7*7 }} {% raw %} ${x} \r\n\x00\u2028\ud800 import os; os._exit(3) """ # \\'


def test_texts_stay_texts(make: Callable[..., Package]) -> None:
    """Whatever the document has in its texts and names gets into no code."""
    names = [HOSTILE, '"]; import os; os._exit(3); ["', "\\", '"', "'''", "{x!r}"]
    thing = {
        "type": "object",
        "description": HOSTILE,
        "example": {HOSTILE: HOSTILE},
        "properties": {
            name: {"type": "string", "description": HOSTILE, "default": HOSTILE, "example": HOSTILE}
            for name in names
        },
    }
    union = {
        "oneOf": [ref("Thing"), ref("Other")],
        "discriminator": {"propertyName": HOSTILE, "mapping": {HOSTILE: SCHEMAS + "Thing"}},
    }
    schemas = {"Thing": thing, "Other": OTHERS["Other"], "Kind": {"type": "string", "enum": names}}
    post = answering(
        union,
        summary=HOSTILE,
        description=HOSTILE,
        tags=["t"],
        parameters=[parameter(name, description=HOSTILE) for name in names] + [parameter("p", "path")],
        requestBody={
            "description": HOSTILE,
            "content": {"text/x; " + '"]\\': {"schema": {"const": HOSTILE}}},
        },
    )
    content = document(schemas, {'/a"\\/{p}/' + "'": {"post": post}})
    content["info"] = {"title": HOSTILE, "version": HOSTILE, "description": HOSTILE}
    package = make(content)
    value = dict.fromkeys(names, "x")
    assert package.models.Thing.from_dict(value).to_dict() == value
    assert set(package.module("models.kind").KIND_VALUES) == set(names)
    assert set(package.models.Thing().to_dict().values()) == {HOSTILE}
    for file in package.folder.rglob("*.py"):
        compile(file.read_text(encoding="utf-8"), str(file), "exec")
    assert package.operation()._get_kwargs("x")["url"] == "/a\"\\/x/'"


@pytest.mark.parametrize("position", range(3))
def test_docstrings_that_begin_and_end_with_quotes(make: Callable[..., Package], position: int) -> None:
    """Neither end of a docstring can be left."""
    words = ['"', 'a "', "a \\"][position]
    schemas = {"Thing": {"type": "object", "description": words}}
    package = make(document(schemas, {"/a": {"get": answering(ref("Thing"), summary=words)}}))
    assert words.strip() in package.models.Thing.__doc__
    assert words.strip() in package.operation().sync.__doc__


def test_descriptions_reach_the_docstrings(make: Callable[..., Package]) -> None:
    """Those of properties and parameters, where they are used; defaults and examples too."""
    thing = {
        "type": "object",
        "properties": {"a": {"type": "string", "description": "Said of it.", "default": "d", "example": "e"}},
    }
    get = answering(ref("Thing"), parameters=[parameter("q", description="Said of q.", schema=ref("Kind"))])
    package = make(document({"Thing": thing, "Kind": OTHERS["Kind"]}, {"/a": {"get": get}}))
    assert "a (str | Unset): Said of it. Default: 'd'. Example: e." in package.models.Thing.__doc__
    assert "q (Kind | Unset): Said of q." in package.operation().sync.__doc__


def test_objects_with_typed_properties_stay(make: Callable[..., Package]) -> None:
    """Only objects without any promise are plain dictionaries, wherever they stand."""
    inline = {"type": "object", "additionalProperties": {"type": "string", "format": "date"}}
    thing = {
        "type": "object",
        "properties": {"a": inline, "b": {"type": "object", "additionalProperties": {}}},
    }
    made = make(document({"Thing": thing})).models.Thing.from_dict({"a": {"x": "2024-05-01"}, "b": {"y": 1}})
    assert (made.a["x"].year, made.b) == (2024, {"y": 1})


def test_the_plain_object_has_a_name_of_its_own() -> None:
    """A component of the name that ours would have stays as it is."""
    named = name_all(document({"PlainObject": {"type": "object"}}), identifier)
    assert named.plain == "PlainObject0"
