"""What a document promises is read by the rules of OpenAPI and JSON Schema, however the document is made."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.promises import MOST_ALTERNATIVES, Promises, ancestors, child, identity

TEXT = {"type": "string"}
S = "/components/schemas"


def promises(openapi: str = "3.1.0", /, **schemas: Any) -> Promises:
    return Promises({"openapi": openapi, "paths": {}, "components": {"schemas": schemas}})


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def thing(*names: str, **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": dict.fromkeys(names, TEXT), **more}


def alternatives(document: Promises, name: str = "It") -> list[list[str]]:
    """Return the names of the properties of each alternative that accepts anything."""
    shapes = document.alternatives((f"{S}/{name}",))
    return [sorted(shape.properties) for shape in shapes if not document.is_void(shape)]


SHAPES: dict[str, tuple[dict[str, Any], list[list[str]]]] = {
    "properties": (thing("a", "b"), [["a", "b"]]),
    "reference": (ref("Other"), [["o"]]),
    "reference with more beside it": ({**ref("Other"), "properties": {"a": TEXT}}, [["a", "o"]]),
    "allOf beside properties": (thing("a", allOf=[ref("Other"), thing("b")]), [["a", "b", "o"]]),
    "allOf within allOf": ({"allOf": [{"allOf": [ref("Other")]}, thing("b")]}, [["b", "o"]]),
    "oneOf": ({"oneOf": [ref("Other"), thing("b")]}, [["o"], ["b"]]),
    "oneOf beside properties": (thing("a", oneOf=[thing("b"), thing("c")]), [["a", "b"], ["a", "c"]]),
    "oneOf and anyOf": (
        {"oneOf": [thing("a"), thing("b")], "anyOf": [thing("c"), thing("d")]},
        [["a", "c"], ["a", "d"], ["b", "c"], ["b", "d"]],
    ),
    "anyOf of requirements": (
        thing("a", "b", anyOf=[{"required": ["a"]}, {"required": ["b"]}]),
        [["a", "b"]] * 2,
    ),
    "then without else": (thing("a", **{"if": {}, "then": thing("b")}), [["a", "b"], ["a"]]),
    "then and else": (
        thing("a", **{"if": {}, "then": thing("b"), "else": thing("c")}),
        [["a", "b"], ["a", "c"]],
    ),
    "dependentSchemas": (thing("a", dependentSchemas={"a": thing("b")}), [["a", "b"], ["a"]]),
    "variant that contradicts a tag": (
        {
            "required": ["kind"],
            "properties": {"kind": {"const": "x"}},
            "oneOf": [
                {"properties": {"kind": {"const": "x"}, "a": TEXT}},
                {"properties": {"kind": {"enum": ["y", "z"]}, "b": TEXT}},
            ],
        },
        [["a", "kind"]],
    ),
    "variants that contradict a type": (
        {"type": "object", "oneOf": [thing("a"), {"type": "string"}]},
        [["a"]],
    ),
    "false": ({"oneOf": [thing("a"), False]}, [["a"]]),
    "true": ({"oneOf": [thing("a"), True]}, [["a"], []]),
    "itself": ({"allOf": [ref("It"), thing("a")]}, [["a"]]),
    "properties as a list": (
        {
            "properties": [
                "a",
                {"name": "b", "type": "string"},
                {"c": TEXT, "d": TEXT},
                {"name": "e", "schema": TEXT},
                7,
            ]
        },
        [["a", "b", "c", "d", "e"]],
    ),
    "required as a boolean": (thing("a", required=True), [["a"]]),
    "nothing": ({}, [[]]),
    "properties that are none": ({"properties": 7}, [[]]),
    "reference to nowhere": ({"$ref": "#/nowhere"}, [[]]),
    "reference to another file": ({"$ref": "other.json"}, [[]]),
    "reference that is no text": ({"$ref": 7, "properties": {"a": TEXT}}, [["a"]]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_alternatives(name: str) -> None:
    """A schema's properties are gathered over everything that holds together, for each choice of variants."""
    schema, expected = SHAPES[name]
    assert alternatives(promises(It=schema, Other=thing("o"))) == expected


def test_beside_a_reference() -> None:
    """In OpenAPI 3.0 what stands beside a reference is ignored."""
    document = promises("3.0.3", It={**ref("Other"), "properties": {"a": TEXT}}, Other=thing("o"))
    assert alternatives(document) == [["o"]]
    assert [promise.pointer for promise in document.parts([f"{S}/It"])] == [f"{S}/Other/properties/o"]


TYPES: dict[str, tuple[dict[str, Any], set[str] | None]] = {
    "one": ({"type": "string"}, {"string"}),
    "list": ({"type": ["string", "null"]}, {"string", "null"}),
    "nullable": ({"type": "string", "nullable": True}, {"string", "null"}),
    "none": ({}, None),
    "unknown": ({"type": "text"}, None),
    "no type at all": ({"type": {"a": 1}}, None),
    "both": ({"allOf": [{"type": ["string", "integer"]}, {"type": ["integer", "object"]}]}, {"integer"}),
    "integer of number": ({"allOf": [{"type": "integer"}, {"type": "number"}]}, {"integer"}),
    "number of integer": ({"allOf": [{"type": ["number"]}, {"type": ["integer", "string"]}]}, {"integer"}),
    "neither": ({"allOf": [{"type": "string"}, {"type": "object"}]}, set()),
}


@pytest.mark.parametrize("name", TYPES)
def test_types(name: str) -> None:
    """Types that hold together are those that all allow; an unknown one allows everything."""
    schema, expected = TYPES[name]
    (shape,) = promises(It=schema).alternatives((f"{S}/It",))
    assert shape.types == expected
    assert shape.impossible is (expected == set())


MEMBERS: dict[str, tuple[dict[str, Any], list[Any] | None]] = {
    "enum": ({"enum": ["a", "b"]}, ["a", "b"]),
    "constant": ({"const": 1}, [1]),
    "narrowed": ({"enum": ["a", "b"], "allOf": [{"enum": ["b", "c"]}]}, ["b", "b"]),
    "1 and true": ({"enum": [1, True], "allOf": [{"const": 1.0}]}, [1, 1.0]),
    "of other types": ({"type": "integer", "enum": [1, "x", 1.5, 2.0, None, [1], {}, True]}, [1, 2.0]),
    "of a number": ({"type": "number", "enum": [1, 1.5, "x"]}, [1, 1.5]),
    "only of other types": ({"type": "string", "enum": [1, 2]}, [1, 2]),
    "nullable": ({"type": ["string", "null"], "enum": ["a", None]}, ["a", None]),
    "objects": ({"type": "object", "enum": [{"a": 1}]}, [{"a": 1}]),
    "no list": ({"enum": "a"}, None),
    "empty": ({"enum": []}, None),
}


@pytest.mark.parametrize("name", MEMBERS)
def test_members(name: str) -> None:
    """The values of enums that hold together are those in all of them and of the right type."""
    schema, expected = MEMBERS[name]
    (shape,) = promises(It=schema).alternatives((f"{S}/It",))
    found = shape.members
    assert (None if found is None else [member.value for member in found]) == expected


def test_inner_schemas() -> None:
    """Items, of each place too, and further properties are found; those that hold together are one."""
    schema = {
        "items": {"type": "string"},
        "prefixItems": [{"type": "integer"}],
        "additionalProperties": {"type": "number"},
        "patternProperties": {"^x/": {"type": "boolean"}},
        "allOf": [{"items": [{}], "additionalProperties": {"minimum": 1}}],
    }
    (shape,) = promises(It=schema).alternatives((f"{S}/It",))
    assert shape.items == ((f"{S}/It/items",), (f"{S}/It/prefixItems/0",), (f"{S}/It/allOf/0/items/0",))
    assert shape.values == (
        (f"{S}/It/additionalProperties", f"{S}/It/allOf/0/additionalProperties"),
        (f"{S}/It/patternProperties/^x~1",),
    )
    assert shape.wants == {"array", "object"}


def test_parts_are_found_once_and_resolve() -> None:
    """Every property and value in a schema and in what it refers to is promised once, at its place."""
    schema = {
        "properties": {"a/b~": {"enum": ["x", None, 1]}, "c": ref("Other"), "gone": False},
        "items": [{"properties": {"d": TEXT}}],
        "oneOf": [thing("e"), ref("It")],
        "if": thing("f"),
        "then": thing("g"),
        "dependentSchemas": {"h": thing("i")},
        "patternProperties": {"j": thing("k")},
        "additionalProperties": {"const": 5},
        "not": thing("l"),
    }
    document = promises(It=schema, Other=thing("o"), Far={"$ref": "far.json"})
    found = [(promise.kind, promise.pointer) for promise in document.parts([f"{S}/It", f"{S}/Far"])]
    assert len(found) == len(set(found))
    assert sorted(found) == sorted(
        [
            ("property", f"{S}/It/properties/a~1b~0"),
            ("enum_value", f"{S}/It/properties/a~1b~0/enum/0"),
            ("enum_value", f"{S}/It/properties/a~1b~0/enum/2"),
            ("property", f"{S}/It/properties/c"),
            ("property", f"{S}/Other/properties/o"),
            ("property", f"{S}/It/items/0/properties/d"),
            ("property", f"{S}/It/oneOf/0/properties/e"),
            ("property", f"{S}/It/then/properties/g"),
            ("property", f"{S}/It/dependentSchemas/h/properties/i"),
            ("property", f"{S}/It/patternProperties/j/properties/k"),
            ("enum_value", f"{S}/It/additionalProperties/const"),
        ]
    )


def test_many_combinations_have_an_end() -> None:
    """However many variants multiply, there is a bound, and every variant is looked at all the same."""
    unions = [{"oneOf": [thing(f"{letter}{number}") for number in range(9)]} for letter in "abcdefgh"]
    document = promises(It={"allOf": unions})
    found = alternatives(document)
    assert len(found) <= MOST_ALTERNATIVES + 8 * 9
    assert {name for names in found for name in names} == {f"{a}{n}" for a in "abcdefgh" for n in range(9)}


def test_depth_does_not_matter() -> None:
    """Chains of references and nests of schemas are read without recursion."""
    chain = {f"C{number}": ref(f"C{number + 1}") for number in range(3000)}
    nest: dict[str, Any] = thing("bottom")
    for _ in range(200):
        nest = {"allOf": [nest]}
    document = promises(**chain, C3000=thing("end"), It=nest)
    assert alternatives(document, "C0") == [["end"]]
    assert alternatives(document) == [["bottom"]]
    assert document.alias_of("C0") == "C3000"
    assert [promise.pointer for promise in document.parts([f"{S}/C0"])] == [f"{S}/C3000/properties/end"]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (ref("Other"), "Other"),
        ({"allOf": [ref("Other")], "description": "x", "type": "object"}, "Other"),
        ({"oneOf": [{"anyOf": [ref("Other")]}]}, "Other"),
        (thing("a", allOf=[ref("Other")]), None),
        ({"allOf": [ref("Other"), thing("a")]}, None),
        ({"allOf": [thing("a")]}, None),
        (thing("a"), None),
        (ref("It"), None),
        ({"allOf": [ref("It")]}, None),
        ({"$ref": "far.json"}, None),
    ],
)
def test_aliases(schema: dict[str, Any], expected: str | None) -> None:
    """A component that only names another one is told from those with a shape of their own."""
    assert promises(It=schema, Other=thing("o")).alias_of("It") == expected


def operations(paths: Any, **more: Any) -> dict[str, Any]:
    document = Promises({"openapi": "3.0.3", "paths": paths, **more})
    return {operation.title: operation for operation in document.operations()}


def test_operations() -> None:
    """Operations come with the parameters, bodies and responses that their path item and references give."""
    paths = {
        "/a": {
            "summary": "no operation",
            "parameters": [
                {"name": "p", "in": "query", "schema": TEXT},
                {"name": "p", "in": "header"},
                {"name": "Accept", "in": "header", "schema": TEXT},
                {"name": "late", "in": "cookie", "content": {"text/plain": {}}},
                "nonsense",
            ],
            "get": {
                "operationId": 7,
                "parameters": [
                    {"name": "p", "in": "query", "schema": {"type": "integer"}, "explode": False},
                    {"$ref": "#/components/parameters/Deep"},
                    {"$ref": "#/components/parameters/Loop"},
                ],
                "responses": {"x-more": {}, " 2xx ": {}, "Default": {"$ref": "#/components/responses/R"}},
            },
            "post": {"security": [], "requestBody": {"content": {"a/b": {}, "text/json": {"schema": TEXT}}}},
            "put": "nonsense",
        },
        "/b": "nonsense",
    }
    components = {
        "parameters": {
            "Deep": {"name": "deep", "in": "query", "style": "deepObject", "schema": TEXT},
            "Loop": {"$ref": "#/components/parameters/Loop"},
        },
        "responses": {"R": {"content": {"application/json": {"schema": TEXT}}}},
    }
    found = operations(paths, components=components, security=[{"a": [], "b": "text"}, "c", 7])
    assert list(found) == ["GET /a", "POST /a"]
    get, post = found.values()
    assert get.name == ""
    assert get.place.pointer == "/paths/~1a/get"
    assert [(one.name, one.location, one.style, one.explode) for one in get.parameters] == [
        ("p", "query", "form", False),
        ("deep", "query", "deepObject", False),
        ("", "", "", False),
        ("p", "header", "simple", False),
        ("late", "cookie", "text/plain", False),
        ("", "", "", False),
    ]
    assert get.parameters[1].place.pointers == ("/paths/~1a/get/parameters/1", "/components/parameters/Deep",
                                                "/paths/~1a/get/parameters/1")  # fmt: skip
    assert [(one.code, one.place.pointer) for one in get.responses] == [
        ("2XX", "/paths/~1a/get/responses/ 2xx "),
        ("default", "/paths/~1a/get/responses/Default"),
    ]
    assert [one.name for one in get.responses[1].media] == ["application/json"]
    assert [(one.name, one.schema is None, one.is_json) for one in post.bodies] == [
        ("a/b", True, False),
        ("text/json", False, True),
    ]
    assert get.security == (frozenset({"a", "b"}), frozenset({"c"}), frozenset())
    assert post.security == ()


def test_path_items_behind_references() -> None:
    """A path item may be a reference, with operations of its own beside it; its own go first."""
    item: Any = {"get": {"operationId": "there"}, "put": {"operationId": "there"}}
    paths: Any = {"/a": {"$ref": "#/x-items/one", "get": {"operationId": "here"}}, "/b": {"$ref": "#/gone"}}
    document = Promises({"openapi": "3.1.0", "paths": paths, "x-items": {"one": item}})
    found = {operation.title: operation for operation in document.operations()}
    assert {title: operation.name for title, operation in found.items()} == {
        "GET /a": "here",
        "PUT /a": "there",
    }
    assert found["PUT /a"].place.pointers == ("/x-items/one/put", "/paths/~1a/put")
    assert document.closed == {"/paths/~1b": "#/gone"}


def test_pointers() -> None:
    """Pointers are written as RFC 6901 has it, and know what they lie in."""
    assert child("/a", "b/c~d", 3) == "/a/b~1c~0d/3"
    assert list(ancestors("/a/b")) == ["/a/b", "/a", ""]


def test_identity() -> None:
    """Values are told apart as JSON does."""
    assert identity(1) == identity(1.0) != identity(1.5)
    values: list[Any] = [1, True, "1", None, [1], {"a": 1}]
    assert len({identity(value) for value in values}) == 6
    assert identity({"a": 1, "b": 2}) == identity({"b": 2, "a": 1})


@pytest.mark.parametrize("reference", ["#/components/schemas/a%20b", "#/components/schemas/a b"])
def test_references_are_decoded(reference: str) -> None:
    """A reference is a URI's fragment: percent-encoded, and found in lists by number."""
    document = promises(
        **{
            "a b": {"oneOf": [thing("x")]},
            "It": {"$ref": reference},
            "Deep": {"$ref": reference + "/oneOf/0"},
        }
    )
    assert alternatives(document) == [["x"]]
    assert alternatives(document, "Deep") == [["x"]]
