"""Small documents, one for each way in which a generator loses something, and what must come of each.

Every line says in data what a user can do with the client: what an answer reads as, what a call sends, and
which repairs and loosenings the report names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

REPAIRED = "repaired"
LOOSENED = "loosened"
RENAMED = "renamed"


@dataclass(frozen=True)
class Read:
    """An answer, and what it reads as.

    Attributes:
        operation: Method and path.
        value: The answer's JSON; it comes back unchanged.
        attributes: Dotted names of attributes, as Python spells them, with their values as JSON.
        code: The answer's status.
        kind: The name of the class that it becomes, where that matters.
    """

    operation: str
    value: Any
    attributes: dict[str, Any] = field(default_factory=dict)
    code: int = 200
    kind: str | None = None


@dataclass(frozen=True)
class Send:
    """A call, and what it sends.

    Attributes:
        operation: Method and path.
        arguments: By name, or by number among the positional ones; JSON, which becomes the argument's type.
        path: The path that is called, when it matters.
        query: The names and values in the query; what is no text there is compared as JSON.
        headers: Some of the headers.
        body: The body: a JSON value, or bytes.
        media_type: The body's media type, when it matters.
    """

    operation: str
    arguments: dict[str | int, Any] = field(default_factory=dict)
    path: str | None = None
    query: list[tuple[str, Any]] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    media_type: str | None = None


@dataclass(frozen=True)
class Line:
    """One way to lose something.

    Attributes:
        document: The document.
        reads: Answers that are read.
        sends: Calls that are made; every operation is imported and called besides where it needs nothing.
        notes: Kinds and pointers that the report names; a note may point deeper.
        exact: Nothing may be loosened or repaired.
    """

    document: dict[str, Any]
    reads: tuple[Read, ...] = ()
    sends: tuple[Send, ...] = ()
    notes: tuple[tuple[str, str], ...] = ()
    exact: bool = False


def document(
    paths: dict[str, Any], schemas: dict[str, Any] | None = None, *, openapi: str = "3.0.3", **more: Any
) -> dict[str, Any]:
    """Make a document; `more` are its other components."""
    root: dict[str, Any] = {key: more.pop(key) for key in ("security", "servers") if key in more}
    info = {"title": "Hand made", "version": "1"}
    return {
        "openapi": openapi,
        "info": info,
        **root,
        "paths": paths,
        "components": {"schemas": schemas or {}, **more},
    }


def ref(name: str) -> dict[str, Any]:
    """Refer to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def content(schema: Any, media_type: str = "application/json") -> dict[str, Any]:
    """Make the content of one media type."""
    return {"content": {media_type: {"schema": schema}}}


def operation(name: str, schema: Any = None, **more: Any) -> dict[str, Any]:
    """Make an operation that answers with a schema, or with nothing."""
    answer = {"200": {"description": "Fine.", **content(schema)}} if schema is not None else None
    return {"operationId": name, "responses": answer or {"204": {"description": "Done."}}, **more}


def getter(name: str, schema: Any = None, **more: Any) -> dict[str, Any]:
    """Make a path item with one GET."""
    return {"get": operation(name, schema, **more)}


def parameter(name: str, schema: Any = None, place: str = "query", **more: Any) -> dict[str, Any]:
    """Make a parameter."""
    needed = {"required": True} if place == "path" else {}
    return {"name": name, "in": place, "schema": schema or STRING, **needed, **more}


def thing(*required: str, **properties: Any) -> dict[str, Any]:
    """Make an object's schema."""
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


STRING = {"type": "string"}
INTEGER = {"type": "integer"}
BOOLEAN = {"type": "boolean"}
AT = "/components/schemas"

LINES: dict[str, Line] = {}

# What the bare generator reports

LINES["same title twice"] = Line(
    document(
        {"/a": getter("getA", ref("Alpha")), "/b": getter("getB", ref("Beta"))},
        {
            "Alpha": {**thing(x=STRING), "title": "Thing"},
            "Beta": {**thing(y={**thing(z=STRING), "title": "Thing"}), "title": "Thing"},
        },
    ),
    reads=(
        Read("GET /a", {"x": "1"}, {"x": "1"}, kind="Alpha"),
        Read("GET /b", {"y": {"z": "1"}}, {"y.z": "1"}, kind="Beta"),
    ),
    exact=True,
)
LINES["names equal in PascalCase"] = Line(
    document(
        {
            f"/{n}": getter(f"get{n}", ref(name))
            for n, name in enumerate(["gift_card", "GiftCard", "gift-card"])
        },
        {"gift_card": thing(a=STRING), "GiftCard": thing(b=STRING), "gift-card": thing(c=STRING)},
    ),
    reads=(
        Read("GET /0", {"a": "1"}, {"a": "1"}),
        Read("GET /1", {"b": "1"}, {"b": "1"}, kind="GiftCard"),
        Read("GET /2", {"c": "1"}, {"c": "1"}),
    ),
    notes=((RENAMED, AT),),
    exact=True,
)
LINES["alias components"] = Line(
    document(
        {f"/{n}": getter(f"get{n}", ref(f"Alias{n}")) for n in range(5)}
        | {"/all": getter("getAll", thing(**{f"a{n}": ref(f"Alias{n}") for n in range(5)}))},
        {
            "Real": thing(x=STRING),
            "Alias0": ref("Real"),
            "Alias1": {"allOf": [ref("Real")]},
            "Alias2": {"oneOf": [ref("Alias1")]},
            "Alias3": {"anyOf": [ref("Alias0")], "description": "A chain."},
            "Alias4": ref("Alias3"),
        },
    ),
    reads=(
        *(Read(f"GET /{n}", {"x": "1"}, {"x": "1"}) for n in range(5)),
        Read("GET /all", {f"a{n}": {"x": "1"} for n in range(5)}, {f"a{n}.x": "1" for n in range(5)}),
    ),
    exact=True,
)
LINES["allOf over an enum"] = Line(
    document(
        {"/a": getter("getA", thing(kind={"allOf": [ref("Kind")], "description": "Its kind."}))},
        {"Kind": {"type": "string", "enum": ["small", "large"]}},
    ),
    reads=(
        Read("GET /a", {"kind": "small"}, {"kind": "small"}),
        Read("GET /a", {"kind": "new"}, {"kind": "new"}),
    ),
    exact=True,
)
LINES["allOf over a union"] = Line(
    document(
        {"/a": getter("getA", ref("Sum"))},
        {
            "Sum": {"allOf": [ref("Choice"), thing("id", id=STRING)]},
            "Choice": {"oneOf": [thing("cat", cat=INTEGER), thing("dog", dog=BOOLEAN)]},
        },
    ),
    reads=(
        Read("GET /a", {"id": "1", "cat": 1}, {"id": "1", "cat": 1}),
        Read("GET /a", {"id": "1", "dog": True}, {"id": "1", "dog": True}),
    ),
    exact=True,
)
LINES["allOf with conflicting properties"] = Line(
    document(
        {"/a": getter("getA", ref("Both"))},
        {
            "Both": {"allOf": [thing(x=STRING, n={"type": "number"}), thing(x=INTEGER, n=INTEGER)]},
        },
    ),
    reads=(Read("GET /a", {"n": 1}, {"n": 1}), Read("GET /a", {"x": "1"}), Read("GET /a", {"x": 1})),
)
LINES["allOf with a narrowed enum"] = Line(
    document(
        {"/a": getter("getA", ref("Narrow"))},
        {
            "Wide": thing(kind={"type": "string", "enum": ["a", "b", "c"]}),
            "Narrow": {"allOf": [ref("Wide"), thing("kind", kind={"type": "string", "enum": ["a", "b"]})]},
        },
    ),
    reads=(Read("GET /a", {"kind": "a"}, {"kind": "a"}), Read("GET /a", {"kind": "c"}, {"kind": "c"})),
    exact=True,
)
LINES["enums of other values"] = Line(
    document(
        {"/a": getter("getA", ref("Odd"), parameters=[parameter("mixed", ref("Mixed"))])},
        {
            "Mixed": {"enum": ["a", 1, True]},
            "Odd": thing(
                mixed=ref("Mixed"),
                half={"type": "number", "enum": [0.5, 1.5]},
                whole={"type": "number", "enum": [1, 2]},
                flag={"type": "boolean", "enum": [True]},
                thing={"type": "object", "enum": [{"a": 1}, {"b": 2}]},
                empty={"type": "string", "enum": [None], "nullable": True},
                one={"type": "string", "enum": [""]},
            ),
        },
    ),
    reads=(
        Read("GET /a", {"mixed": 1, "half": 0.5, "whole": 1}, {"mixed": 1, "half": 0.5, "whole": 1}),
        Read(
            "GET /a", {"mixed": "a", "flag": True, "empty": None}, {"mixed": "a", "flag": True, "empty": None}
        ),
        Read("GET /a", {"thing": {"a": 1}, "one": ""}, {"thing": {"a": 1}, "one": ""}),
        Read("GET /a", {"mixed": [2], "half": "x", "whole": None, "flag": 1, "thing": 0, "one": {}}),
    ),
    sends=(Send("GET /a", {"mixed": 1}, query=[("mixed", "1")]),),
    notes=((LOOSENED, f"{AT}/Odd/properties/half"), (LOOSENED, f"{AT}/Odd/properties/thing")),
)
LINES["enum keys that are one in Python"] = Line(
    document(
        {"/a": getter("getA", ref("Sorted"), parameters=[parameter("order", ref("Order"))])},
        {
            "Order": {"type": "string", "enum": ["a", "A", "a-b", "a_b", "-a", "", "1", "é", "class"]},
            "Sorted": thing(order=ref("Order"), level={"type": "integer", "enum": [1, -1, 0]}),
        },
    ),
    reads=tuple(
        Read("GET /a", {"order": value, "level": -1}, {"order": value, "level": -1})
        for value in ("a", "A", "a-b", "a_b", "-a", "", "1", "é", "class")
    ),
    sends=(
        Send("GET /a", {"order": "A"}, query=[("order", "A")]),
        Send("GET /a", {"order": "a-b"}, query=[("order", "a-b")]),
    ),
    exact=True,
)
LINES["defaults that are none"] = Line(
    document(
        {
            "/a": getter(
                "getA",
                ref("Defaults"),
                parameters=[
                    parameter("page", {"type": "integer", "default": "first"}),
                    parameter("order", {"type": "string", "enum": ["up", "down"], "default": "sideways"}),
                    parameter("many", {"type": "array", "items": STRING, "default": "none"}),
                ],
            )
        },
        {
            "Defaults": thing(
                number={"type": "integer", "default": "one"},
                order={"type": "string", "enum": ["up", "down"], "default": "sideways"},
                owner={**thing(name=STRING), "default": {"name": "nobody"}},
                free={"type": "object", "default": {}},
                list={"type": "array", "items": STRING, "default": []},
                fine={"type": "string", "default": "kept"},
                when={"type": "string", "format": "date-time", "default": "soon"},
                flag={"type": "boolean", "default": "yes"},
            )
        },
    ),
    reads=(
        Read(
            "GET /a", {"number": 1, "order": "up", "owner": {"name": "x"}}, {"number": 1, "owner.name": "x"}
        ),
        Read("GET /a", {}),
        Read(
            "GET /a", {"free": {}, "list": ["a"], "fine": "x", "flag": False}, {"list": ["a"], "flag": False}
        ),
    ),
    sends=(Send("GET /a", {}, query=[]), Send("GET /a", {"page": 2}, query=[("page", "2")])),
    notes=(
        ("", f"{AT}/Defaults/properties/number"),
        ("", f"{AT}/Defaults/properties/order"),
        ("", f"{AT}/Defaults/properties/owner"),
        ("", "/paths/~1a/get/parameters/0"),
        ("", "/paths/~1a/get/parameters/1"),
    ),
)
LINES["array without items"] = Line(
    document(
        {"/a": getter("getA", {"type": "array"}), "/b": getter("getB", thing(list={"type": "array"}))},
    ),
    reads=(
        Read("GET /a", [1, "a", None, {"x": []}]),
        Read("GET /b", {"list": [1, "a", None, {"x": []}]}, {"list": [1, "a", None, {"x": []}]}),
    ),
)
LINES["path parameter of another name"] = Line(
    document(
        {
            "/things/{thing_id}": getter("getThing", STRING, parameters=[parameter("thingId", place="path")]),
            "/of/{owner}/{thing-id}": {
                "parameters": [parameter("owner", place="path"), parameter("ID", place="path")],
                **getter("getOf", STRING),
            },
            "/bare/{id}": getter("getBare", STRING),
        },
    ),
    sends=(
        Send("GET /things/{thing_id}", {0: "a"}, path="/things/a"),
        Send("GET /of/{owner}/{thing-id}", {0: "a", 1: "b"}, path="/of/a/b"),
        Send("GET /bare/{id}", {0: "c"}, path="/bare/c"),
    ),
    notes=(
        (REPAIRED, "/paths/~1things~1{thing_id}"),
        (REPAIRED, "/paths/~1of~1{owner}~1{thing-id}"),
        (REPAIRED, "/paths/~1bare~1{id}"),
    ),
)
LINES["path parameter that is not required"] = Line(
    document(
        {
            "/a/{id}": getter("getA", STRING, parameters=[{"name": "id", "in": "path", "schema": STRING}]),
            "/b/{id}": getter("getB", parameters=[parameter("id", place="path") | {"required": False}]),
        }
    ),
    sends=(
        Send("GET /a/{id}", {0: "x y/z"}, path="/a/x%20y%2Fz"),
        Send("GET /b/{id}", {0: "x"}, path="/b/x"),
    ),
    notes=((REPAIRED, "/paths/~1a~1{id}"), (REPAIRED, "/paths/~1b~1{id}")),
)
LINES["header parameters that are no texts"] = Line(
    document(
        {
            "/a": getter(
                "getA",
                parameters=[
                    parameter("X-List", {"type": "array", "items": STRING}, "header"),
                    parameter("X-Date", {"type": "string", "format": "date"}, "header"),
                    parameter("X-Time", {"type": "string", "format": "date-time"}, "header"),
                    parameter("X-Null", {"type": "string", "nullable": True}, "header"),
                    parameter("X-Flag", BOOLEAN, "header"),
                    parameter("X-Count", INTEGER, "header"),
                    parameter("X-Kind", {"type": "string", "enum": ["a", "b"]}, "header"),
                ],
            )
        }
    ),
    sends=(
        Send("GET /a"),
        Send(
            "GET /a",
            {
                "x_list": "a,b",
                "x_date": "2026-07-21",
                "x_null": "n",
                "x_flag": True,
                "x_count": 3,
                "x_kind": "b",
            },
            headers={
                "X-List": "a,b",
                "X-Date": "2026-07-21",
                "X-Null": "n",
                "X-Flag": "true",
                "X-Count": "3",
                "X-Kind": "b",
            },
        ),
    ),
    notes=(("", "/paths/~1a/get/parameters/0"),),
)
LINES["bodies that are text"] = Line(
    document(
        {
            f"/{name}": {
                "post": operation(f"post_{name}", requestBody={"required": True, **content(STRING, kind)})
            }
            for name, kind in (
                ("text", "text/plain"),
                ("xml", "application/xml"),
                ("csv", "text/csv"),
                ("txml", "text/xml"),
            )
        }
        | {
            "/bytes": {
                "post": operation(
                    "post_bytes",
                    requestBody=content({"type": "string", "format": "binary"}, "application/octet-stream"),
                )
            },
            "/vendor": {
                "post": operation("post_vendor", requestBody=content(thing(a=STRING), "application/x+json"))
            },
        }
    ),
    sends=(
        Send("POST /text", {"body": "a,é"}, body="a,é".encode(), media_type="text/plain"),
        Send("POST /csv", {"body": "a,b\n"}, body=b"a,b\n", media_type="text/csv"),
        Send("POST /xml", {"body": "<a/>"}, body=b"<a/>", media_type="application/xml"),
        Send("POST /txml", {"body": "<a/>"}, body=b"<a/>", media_type="text/xml"),
        Send("POST /vendor", {"body": {"a": "b"}}, body={"a": "b"}, media_type="application/x+json"),
    ),
)
LINES["response codes and media types"] = Line(
    document(
        {
            "/a": {
                "get": operation(
                    "getA",
                    responses={
                        "2xx": {"description": "x", **content(thing(a=STRING))},
                        "4XX": {"description": "x", **content(thing(b=STRING))},
                        "default": {"description": "x", **content(thing(c=STRING))},
                    },
                )
            },
            "/b": {
                "get": operation(
                    "getB",
                    responses={
                        "200": {
                            "description": "x",
                            **content(ref("T"), "application/vnd.api+json; charset=utf-8"),
                        },
                        "201": {"description": "x", **content(STRING, "text/csv")},
                        "202": {"description": "x", **content(STRING, "application/x-unheard-of")},
                        "203": {"description": "x", **content(ref("T"), "*/*")},
                    },
                )
            },
        },
        {"T": thing(x=STRING)},
    ),
    reads=(
        Read("GET /a", {"a": "1"}, {"a": "1"}),
        Read("GET /a", {"a": "1"}, {"a": "1"}, code=207),
        Read("GET /a", {"b": "1"}, {"b": "1"}, code=404),
        Read("GET /a", {"c": "1"}, {"c": "1"}, code=500),
        Read("GET /b", {"x": "1"}, {"x": "1"}, kind="T"),
        Read("GET /b", {"x": "1"}, {"x": "1"}, code=203, kind="T"),
    ),
)
LINES["references to anywhere"] = Line(
    document(
        {
            "/a": getter("getA", thing(inner=thing("id", id=STRING))),
            "/b": getter(
                "getB",
                {"$ref": "#/paths/~1a/get/responses/200/content/application~1json/schema/properties/inner"},
            ),
            "/c": getter(
                "getC",
                thing(
                    part={"$ref": f"#{AT}/Whole/properties/part"},
                    name={"$ref": f"#{AT}/Whole/properties/name"},
                ),
            ),
            "/d": getter("getD", thing(far={"$ref": "https://example.invalid/far.json#/Far"})),
            "/e": {"get": operation("getE", responses={"200": {"$ref": "#/paths/~1a/get/responses/200"}})},
        },
        {"Whole": thing(part=thing(n=INTEGER), name={"type": "string", "enum": ["a", "b"]})},
    ),
    reads=(
        Read("GET /b", {"id": "1"}, {"id": "1"}),
        Read("GET /c", {"part": {"n": 1}, "name": "a"}, {"part.n": 1, "name": "a"}),
        Read("GET /d", {"far": {"any": ["thing"]}}, {"far": {"any": ["thing"]}}),
        Read("GET /e", {"inner": {"id": "1"}}, {"inner.id": "1"}),
    ),
    notes=((LOOSENED, "/paths/~1d/get/responses/200/content/application~1json/schema/properties/far"),),
)
LINES["recursion without an end"] = Line(
    document(
        {
            "/a": getter("getA", ref("Tree")),
            "/b": getter("getB", thing(self=ref("Self"), ring=ref("Ring"), tree=ref("Tree"))),
        },
        {
            "Tree": {"type": "array", "items": ref("Tree")},
            "Self": {"allOf": [ref("Self"), thing(name=STRING)]},
            "Ring": {"allOf": [ref("Back")]},
            "Back": {"allOf": [ref("Ring")]},
        },
    ),
    reads=(
        Read("GET /a", [[], [[[]]]]),
        Read("GET /b", {"self": {"name": "x"}, "ring": {"a": 1}, "tree": [[]]}, {"self_.name": "x"}),
    ),
    notes=((LOOSENED, f"{AT}/Tree"), (LOOSENED, f"{AT}/Self")),
)
LINES["security as text"] = Line(
    document(
        {
            "/a": getter("getA", security=[{"oauth": "api"}]),
            "/b": getter("getB", security=[{"oauth": [["api", "vouchers"]]}]),
            "/c": getter("getC", security=[{"oauth": ["api"]}]),
        },
        securitySchemes={
            "oauth": {
                "type": "oauth2",
                "flows": {
                    "clientCredentials": {"tokenUrl": "https://example.invalid/t", "scopes": {"api": "x"}}
                },
            }
        },
    ),
    notes=((REPAIRED, "/paths/~1a/get/security"), (REPAIRED, "/paths/~1b/get/security")),
)

# What the bare generator does not report

LINES["operationIds that are one in Python"] = Line(
    document(
        {
            "/a": getter("getThing", STRING, tags=["things"]),
            "/b": getter("get_thing", STRING, tags=["things"]),
            "/c": getter("get-thing", STRING, tags=["Things"]),
            "/d": getter("same", STRING),
            "/e": getter("same", STRING),
            "/f": {"get": {"responses": {"204": {"description": "Done."}}}},
        }
    ),
    sends=tuple(Send(f"GET /{name}", path=f"/{name}") for name in "abcdef"),
    notes=((RENAMED, "/paths"),),
)
LINES["names that are one module"] = Line(
    document(
        {"/a": getter("getA", ref("ABTest")), "/b": getter("getB", ref("AbTest"))},
        {"ABTest": thing(x=STRING), "AbTest": thing(y=STRING)},
    ),
    reads=(Read("GET /a", {"x": "1"}, {"x": "1"}), Read("GET /b", {"y": "1"}, {"y": "1"})),
    notes=((RENAMED, AT),),
    exact=True,
)
LINES["parameter called body"] = Line(
    document(
        {
            "/a": {
                "post": operation(
                    "postA",
                    parameters=[parameter("body"), parameter("client"), parameter("url")],
                    requestBody={"required": True, **content(thing(x=STRING))},
                )
            }
        }
    ),
    sends=(Send("POST /a", {"body": {"x": "1"}}, query=[], body={"x": "1"}),),
    exact=True,
)
LINES["parameters that are one in Python"] = Line(
    document(
        {
            "/a": getter(
                "getA",
                thing(
                    **{
                        "created_at": STRING,
                        "createdAt": STRING,
                        "created-at": STRING,
                        "class": STRING,
                        "1st": STRING,
                    }
                ),
                parameters=[
                    parameter("createdAt"),
                    parameter("created_at"),
                    parameter("created-at", place="header"),
                ],
            ),
            "/b/{id}": {
                "parameters": [parameter("id", place="path")],
                "get": operation("getB", parameters=[parameter("id"), parameter("ID", place="header")]),
            },
            "/c": getter(
                "getC",
                parameters=[
                    parameter(
                        "filters",
                        thing(
                            **{
                                "created_at.before": STRING,
                                "created_at": thing(before=STRING, after=STRING),
                                "updated_at": thing(before=STRING, after=STRING),
                            }
                        ),
                        style="deepObject",
                    )
                ],
            ),
        }
    ),
    reads=(
        Read(
            "GET /a",
            {"created_at": "1", "createdAt": "2", "created-at": "3", "class": "4", "1st": "5"},
            {"class_": "4"},
        ),
    ),
    sends=(
        Send(
            "GET /c",
            {
                "filters": {
                    "created_at": {"before": "1"},
                    "updated_at": {"before": "2"},
                    "created_at.before": "3",
                }
            },
            query=[
                ("filters[created_at.before]", "3"),
                ("filters[created_at][before]", "1"),
                ("filters[updated_at][before]", "2"),
            ],
        ),
        Send("GET /b/{id}", {0: "x"}, path="/b/x", query=[]),
    ),
)
LINES["names that the code uses"] = Line(
    document(
        {
            "/a": getter(
                "getA",
                ref("Taken"),
                parameters=[
                    parameter(name) for name in ("self", "params", "headers", "response", "kwargs", "import")
                ],
            ),
            "/b": getter("list", {"type": "array", "items": ref("list")}, tags=["models"]),
            "/c": getter("import", ref("Client"), tags=["class"]),
        },
        {
            "Taken": thing(
                to_dict=STRING,
                from_dict=STRING,
                additional_properties=STRING,
                field_dict=STRING,
                self=STRING,
                d=STRING,
                src_dict=STRING,
                cls=STRING,
                UNSET=STRING,
                additional_keys=STRING,
                T=STRING,
                dict=STRING,
            ),
            "list": thing(int=INTEGER, str=STRING, datetime={"type": "string", "format": "date-time"}),
            "Client": thing(Any=STRING),
            "Unset": thing(Unset=STRING),
        },
    ),
    reads=(
        Read(
            "GET /a",
            {
                "to_dict": "1",
                "from_dict": "2",
                "additional_properties": "3",
                "field_dict": "4",
                "self": "5",
                "d": "6",
                "src_dict": "7",
                "cls": "8",
                "UNSET": "9",
                "additional_keys": "10",
                "T": "11",
                "dict": "12",
                "more": 1,
            },
        ),
        Read("GET /b", [{"int": 1, "str": "x", "datetime": "2026-07-21T10:00:00Z"}]),
        Read("GET /c", {"Any": "x"}),
    ),
)
LINES["path item by reference"] = Line(
    document(
        {
            "/a": {"$ref": "#/components/pathItems/Shared"},
            "/b": {"$ref": "#/paths/~1c"},
            "/c": getter("getC", STRING),
        },
        openapi="3.1.0",
        pathItems={"Shared": getter("getA", STRING)},
    ),
    sends=tuple(Send(f"GET /{name}", path=f"/{name}") for name in "abc"),
)
LINES["content parameters"] = Line(
    document(
        {
            "/a": getter(
                "getA",
                parameters=[
                    {"name": "filter", "in": "query", **content(thing(x=STRING, n=INTEGER))},
                    {"name": "list", "in": "query", **content({"type": "array", "items": INTEGER})},
                ],
            )
        }
    ),
    sends=(
        Send("GET /a", {"filter": {"x": "1", "n": 2}}, query=[("filter", {"x": "1", "n": 2})]),
        Send("GET /a", {"list": [1, 2]}, query=[("list", [1, 2])]),
        Send("GET /a", query=[]),
    ),
)
LINES["allOf beside properties"] = Line(
    document(
        {"/a": getter("getA", ref("Child")), "/b": getter("getB", ref("Deep"))},
        {
            "Base": thing("id", id=STRING),
            "Child": {"allOf": [ref("Base")], **thing("name", name=STRING)},
            "Deep": {
                "allOf": [
                    {
                        "allOf": [
                            ref("Child"),
                            {"oneOf": [thing("cat", cat=STRING), thing("dog", dog=STRING)]},
                        ],
                        "properties": {"inner": {"allOf": [{"allOf": [ref("Base")]}, thing(more=STRING)]}},
                    },
                    {"required": ["inner"]},
                ]
            },
        },
    ),
    reads=(
        Read("GET /a", {"id": "1", "name": "n"}, {"id": "1", "name": "n"}, kind="Child"),
        Read(
            "GET /b",
            {"id": "1", "name": "n", "dog": "d", "inner": {"id": "2", "more": "m"}},
            {"id": "1", "name": "n", "dog": "d", "inner.id": "2", "inner.more": "m"},
        ),
    ),
    exact=True,
)
LINES["inherited additionalProperties"] = Line(
    document(
        {"/a": getter("getA", ref("Closed")), "/b": getter("getB", ref("Typed"))},
        {
            "Closed": {
                "allOf": [{**thing(a=STRING, b=STRING), "additionalProperties": False}, thing(b=STRING)]
            },
            "Typed": {
                "allOf": [
                    {**thing(a=STRING), "additionalProperties": INTEGER},
                    {"type": "object", "properties": {}, "additionalProperties": True},
                ]
            },
        },
    ),
    reads=(
        Read("GET /a", {"a": "1", "b": "2"}, {"a": "1", "b": "2"}),
        Read("GET /b", {"a": "1", "other": 5, "more": 6}, {"a": "1"}),
        Read("GET /a", {"a": "1", "surprise": {"x": [1]}}, {"a": "1"}),
    ),
    exact=True,
)
LINES["union beside properties"] = Line(
    document(
        {
            "/a": getter("getA", ref("OneBeside")),
            "/b": getter("getB", ref("AnyBeside")),
            "/c": getter("getC", ref("Beside")),
            "/d": getter("getD", ref("Required")),
        },
        {
            "Base": thing("id", id=STRING),
            "OneBeside": {**thing(a=STRING), "oneOf": [thing("cat", cat=STRING), thing("dog", dog=STRING)]},
            "AnyBeside": {**thing(a=STRING), "anyOf": [thing("cat", cat=STRING), thing("dog", dog=STRING)]},
            "Beside": {"allOf": [ref("Base")], "oneOf": [thing("cat", cat=STRING), thing("dog", dog=STRING)]},
            "Required": {**thing(x=STRING, y=STRING), "anyOf": [{"required": ["x"]}, {"required": ["y"]}]},
        },
    ),
    reads=(
        Read("GET /a", {"a": "1", "dog": "2"}, {"a": "1", "dog": "2"}),
        Read("GET /b", {"a": "1", "dog": "2"}, {"a": "1", "dog": "2"}),
        Read("GET /c", {"id": "1", "cat": "2"}, {"id": "1", "cat": "2"}),
        Read("GET /d", {"y": "1"}, {"y": "1"}),
        Read("GET /d", {"x": "1", "y": "2"}, {"x": "1", "y": "2"}),
        Read("GET /d", {}),
    ),
    exact=True,
)
PETS = {
    "Cat": thing("kind", kind=STRING, name=STRING, lives=INTEGER),
    "Dog": thing("kind", kind=STRING, name=STRING, bark=STRING),
    "Fish": thing(name=STRING),
}
LINES["discriminators"] = Line(
    document(
        {
            "/a": getter("getA", ref("Mapped")),
            "/b": getter("getB", {"type": "array", "items": ref("Unmapped")}),
            "/c": getter("getC", thing(pet=ref("Plain"))),
        },
        {
            **PETS,
            "Mapped": {
                "oneOf": [ref("Fish"), ref("Cat"), ref("Dog")],
                "discriminator": {
                    "propertyName": "kind",
                    "mapping": {"c": f"#{AT}/Cat", "d": "Dog", "doggy": f"#{AT}/Dog"},
                },
            },
            "Unmapped": {
                "anyOf": [ref("Fish"), ref("Cat"), ref("Dog")],
                "discriminator": {"propertyName": "kind"},
            },
            "Plain": {"oneOf": [ref("Fish"), ref("Cat"), ref("Dog"), STRING]},
        },
    ),
    reads=(
        Read("GET /a", {"kind": "c", "name": "x"}, {"kind": "c", "name": "x"}, kind="Cat"),
        Read("GET /a", {"kind": "d", "name": "x"}, {"kind": "d", "name": "x"}, kind="Dog"),
        Read("GET /a", {"kind": "doggy", "lives": 3}, {"kind": "doggy"}, kind="Dog"),
        Read("GET /a", {"kind": "new", "bark": "x"}, {"kind": "new"}),
        Read("GET /a", {"name": "x"}, {"name": "x"}),
        Read("GET /b", [{"kind": "Dog"}, {"kind": "Cat", "bark": "no"}], {"0.kind": "Dog", "1.kind": "Cat"}),
        Read("GET /c", {"pet": {"kind": "x", "bark": "w"}}, {"pet.bark": "w"}),
        Read("GET /c", {"pet": {"kind": "x", "lives": 9}}, {"pet.lives": 9}),
        Read("GET /c", {"pet": "text"}, {"pet": "text"}),
        Read("GET /c", {"pet": None}),
        Read("GET /c", {"pet": 5}),
    ),
)
LINES["deepObject and explode"] = Line(
    document(
        {
            "/a": getter(
                "getA",
                parameters=[
                    parameter(
                        "filter",
                        thing(name=STRING, n=INTEGER, on=BOOLEAN, at=thing(before=STRING)),
                        style="deepObject",
                        explode=True,
                    ),
                    parameter("ids", {"type": "array", "items": STRING}, explode=False),
                    parameter("many", {"type": "array", "items": INTEGER}),
                    parameter(
                        "pipes", {"type": "array", "items": STRING}, style="pipeDelimited", explode=False
                    ),
                    parameter("free", {"type": "object", "additionalProperties": STRING}, style="deepObject"),
                ],
            )
        }
    ),
    sends=(
        Send(
            "GET /a",
            {"filter": {"name": "x", "n": 1, "on": True, "at": {"before": "y"}}},
            query=[
                ("filter[name]", "x"),
                ("filter[n]", "1"),
                ("filter[on]", "true"),
                ("filter[at][before]", "y"),
            ],
        ),
        Send("GET /a", {"ids": ["a", "b"]}, query=[("ids", "a,b")]),
        Send("GET /a", {"many": [1, 2]}, query=[("many", "1"), ("many", "2")]),
        Send("GET /a", {"pipes": ["a", "b"]}, query=[("pipes", "a|b")]),
        Send("GET /a", {"free": {"k": "v"}}, query=[("free[k]", "v")]),
        Send("GET /a", query=[]),
    ),
)
LINES["several media types of one response"] = Line(
    document(
        {
            "/a": {
                "get": operation(
                    "getA",
                    responses={
                        "200": {
                            "description": "x",
                            "content": {
                                "text/csv": {"schema": STRING},
                                "application/json": {"schema": ref("T")},
                                "application/vnd.v2+json": {"schema": ref("U")},
                            },
                        }
                    },
                )
            }
        },
        {"T": thing("x", x=STRING), "U": thing("y", y=STRING)},
    ),
    reads=(
        Read("GET /a", {"x": "1"}, {"x": "1"}, kind="T"),
        Read("GET /a", {"y": "1"}, {"y": "1"}, kind="U"),
    ),
)
LINES["security of the whole document"] = Line(
    document(
        {
            "/a": getter("getA", STRING),
            "/b": getter("getB", STRING, security=[]),
            "/c": getter("getC", STRING, security=[{"token": []}]),
        },
        security=[{"id": [], "token": []}],
        securitySchemes={
            "id": {"type": "apiKey", "in": "header", "name": "X-App-Id"},
            "token": {"type": "apiKey", "in": "header", "name": "X-App-Token"},
        },
    ),
    exact=True,
)
LINES["paths that differ in a name"] = Line(
    document(
        {
            "/a/{id}": getter("getA", STRING, parameters=[parameter("id", place="path")]),
            "/a/{code}": {"post": operation("postA", STRING, parameters=[parameter("code", place="path")])},
            "/b/{id}": getter("getById", STRING, parameters=[parameter("id", place="path")]),
            "/b/{code}": getter("getByCode", STRING, parameters=[parameter("code", place="path")]),
        }
    ),
    sends=(
        Send("GET /a/{id}", {0: "x"}, path="/a/x"),
        Send("POST /a/{code}", {0: "x"}, path="/a/x"),
    ),
)
LINES["required and properties in the wrong form"] = Line(
    document(
        {"/a": getter("getA", ref("Wrong")), "/b": getter("getB", ref("Listed"))},
        {
            "Wrong": thing(
                name={"type": "string", "required": True}, age={"type": "integer", "required": False}
            ),
            "Listed": {"type": "object", "properties": [{"name": STRING}, {"age": INTEGER}]},
        },
    ),
    reads=(
        Read("GET /a", {"name": "x", "age": 1}, {"name": "x", "age": 1}),
        Read("GET /b", {"name": "x", "age": 1}),
        Read("GET /a", {}),
    ),
    notes=((REPAIRED, f"{AT}/Wrong/properties/name"), ("", f"{AT}/Listed")),
)

# What the generated code gets wrong at run time

LINES["null where it is allowed, and where it is not"] = Line(
    document(
        {"/a": getter("getA", ref("Nullable"))},
        {
            "Other": thing("id", id=STRING),
            "Nullable": thing(
                "reference",
                "needed",
                reference={**ref("Other"), "nullable": True},
                all={"allOf": [ref("Other")], "nullable": True},
                union={"oneOf": [ref("Other"), STRING], "nullable": True},
                enum={"type": "string", "enum": ["a", "b", None], "nullable": True},
                time={"type": "string", "format": "date-time", "nullable": True},
                list={"type": "array", "items": {**ref("Other"), "nullable": True}, "nullable": True},
                needed=STRING,
                map={"type": "object", "additionalProperties": ref("Other")},
            ),
        },
    ),
    reads=(
        Read("GET /a", dict.fromkeys(("reference", "all", "union", "enum", "time", "list", "needed"))),
        Read("GET /a", {"reference": {"id": "1"}, "list": [None, {"id": "2"}]}, {"list.1.id": "2"}),
        Read("GET /a", {"reference": None, "needed": "x"}, {"reference": None, "needed": "x"}),
        Read("GET /a", {"map": {"a": {"id": "1"}, "b": None}, "time": "not a time", "enum": "unheard of"}),
        Read("GET /a", {"reference": "text", "all": [1], "union": 2, "list": {}, "map": [], "needed": 1.5}),
        Read("GET /a", [1, 2]),
        Read("GET /a", "text"),
        Read("GET /a", None),
    ),
)
LINES["types in lists"] = Line(
    document(
        {"/a": getter("getA", ref("Listed"))},
        {
            "Listed": {
                "type": "object",
                "properties": {
                    "name": {"type": ["string", "null"], "maxLength": 5},
                    "many": {"type": ["array", "null"], "items": {"type": ["integer", "string"]}},
                    "owner": {"type": ["object", "null"], "properties": {"id": STRING}},
                    "constant": {"const": "fixed"},
                    "kind": {"type": ["string", "null"], "enum": ["a", "b", None]},
                    "beside": {**ref("Part"), "description": "Beside a reference."},
                    "tall": {"type": "number", "exclusiveMinimum": 0},
                },
                "required": ["name"],
            },
            "Part": thing(x=STRING),
        },
        openapi="3.1.0",
    ),
    reads=(
        Read(
            "GET /a",
            {"name": None, "many": [1, "a"], "owner": {"id": "1"}, "constant": "fixed", "beside": {"x": "1"}},
            {"name": None, "many": [1, "a"], "owner.id": "1", "constant": "fixed", "beside.x": "1"},
        ),
        Read("GET /a", {"name": "x", "many": None, "owner": None, "kind": None, "tall": 0.5}, {"kind": None}),
        Read("GET /a", {"constant": "other", "kind": "c"}),
    ),
    exact=True,
)
LINES["inline schemas and recursion"] = Line(
    document(
        {
            "/a": {
                "post": operation(
                    "postA",
                    {"type": "array", "items": thing(a=thing(b={"type": "array", "items": thing(c=STRING)}))},
                    requestBody=content(thing("n", n=ref("Node"))),
                )
            }
        },
        {
            "Node": thing(
                "name", name=STRING, children={"type": "array", "items": ref("Node")}, next=ref("Node")
            ),
            "Shape": {"oneOf": [ref("Group"), thing("r", r={"type": "number"})]},
            "Group": thing("members", members={"type": "array", "items": ref("Shape")}),
        },
    ),
    reads=(Read("POST /a", [{"a": {"b": [{"c": "x"}]}}], {"0.a.b.0.c": "x"}),),
    sends=(
        Send(
            "POST /a",
            {"body": {"n": {"name": "x", "children": [{"name": "y"}]}}},
            body={"n": {"name": "x", "children": [{"name": "y"}]}},
        ),
    ),
    exact=True,
)
LINES["parts that meet in a property"] = Line(
    document(
        {"/a": getter("getA", ref("Whole"))},
        {
            "Whole": {
                "allOf": [
                    thing(a={"allOf": [thing(b=STRING), {}]}, c={**thing(d=STRING), "nullable": True}),
                    thing(a={"type": "object"}, c={"allOf": [{}, {"type": "object"}]}),
                ]
            }
        },
    ),
    reads=(Read("GET /a", {"a": {"b": "1"}, "c": {"d": "2"}}, {"a.b": "1", "c.d": "2"}),),
    exact=True,
)
LINES["unions with a loosened variant"] = Line(
    document(
        {"/a": getter("getA", thing(far=ref("Far"), closed=ref("Closed"), self=ref("Self")))},
        {
            "Far": {"oneOf": [{"$ref": "https://example.invalid/far.json"}, STRING]},
            "Closed": {**thing(a=STRING), "oneOf": [{"type": "object", "additionalProperties": False}, {}]},
            "Self": {"oneOf": [ref("Self"), INTEGER]},
        },
    ),
    reads=(
        Read("GET /a", {"far": "1", "closed": {"a": "2"}, "self": 3}, {"far": "1", "self": 3}),
        Read("GET /a", {"far": [1], "closed": {}, "self": "3"}),
    ),
    notes=((LOOSENED, f"{AT}/Far"), (LOOSENED, f"{AT}/Self")),
)
LINES["recursion through parts"] = Line(
    document(
        {"/a": getter("getA", ref("One"))},
        {
            "One": {**thing(b=ref("Two")), "anyOf": [thing("x", x=STRING), thing(b=ref("One"))]},
            "Two": {"allOf": [thing(b=ref("One"), y=STRING)]},
        },
    ),
    reads=(Read("GET /a", {"b": {"b": {"x": "1"}, "y": "2"}}),),
)
KEYWORDS = (
    "$ref", "type", "properties", "items", "required", "enum", "const", "allOf", "anyOf", "oneOf", "not",
    "nullable", "title", "default", "example", "examples", "format", "discriminator", "additionalProperties",
    "description", "schema", "schemas", "content", "parameters", "x-content-type", "readOnly",
)  # fmt: skip
LINES["properties called like keywords"] = Line(
    document(
        {
            "/a": getter(
                "getA", ref("schemas"), parameters=[parameter(name) for name in ("$ref", "schema", "type")]
            ),
            "/b": getter("getB", {"type": "object", "example": {"$ref": "no reference", "title": "kept"}}),
        },
        {
            "schemas": {
                "type": "object",
                "required": ["type", "$ref"],
                "properties": dict.fromkeys(KEYWORDS, STRING) | {"inner": ref("properties")},
            },
            "properties": thing(required=BOOLEAN, enum={"type": "array", "items": STRING}, nullable=BOOLEAN),
        },
    ),
    reads=(
        Read(
            "GET /a",
            {name: f"a {name}" for name in KEYWORDS},
            {"format": "a format", "required": "a required"},
        ),
        Read(
            "GET /a",
            {"inner": {"required": True, "enum": ["x"], "nullable": False}},
            {"inner.required": True},
        ),
        Read("GET /b", {"$ref": "#/components/schemas/schemas", "title": 1}),
    ),
    sends=(Send("GET /a", {1: "x", 2: "y"}, query=[("schema", "x"), ("type", "y")]),),
    exact=True,
)
LINES["names of all kinds"] = Line(
    document(
        {
            f"/{number}": getter(f"get {name}", ref(name), tags=[name, "second"])
            for number, name in enumerate(["a.b", "a b", "größe", "1st", "class", "None", "日本", "-", "x-y"])
            if " " not in name
        },
        {name: thing(x=STRING) for name in ("a.b", "größe", "1st", "class", "None", "日本", "-", "x-y")},
    ),
    reads=tuple(Read(f"GET /{number}", {"x": "1"}, {"x": "1"}) for number in (0, 2, 3, 4, 5, 6, 7, 8)),
    exact=True,
)
LINES["parts of an operation by reference"] = Line(
    document(
        {
            "/a/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "post": {
                    "operationId": "postA",
                    "parameters": [{"$ref": "#/components/parameters/Limit"}],
                    "requestBody": {"$ref": "#/components/requestBodies/Thing"},
                    "responses": {
                        "200": {"$ref": "#/components/responses/Chain"},
                        "404": {"$ref": "#/components/responses/Thing"},
                    },
                },
            }
        },
        {"Thing": thing(x=STRING)},
        parameters={
            "Id": parameter("id", place="path"),
            "Limit": parameter("limit", INTEGER),
        },
        requestBodies={"Thing": {"required": True, **content(ref("Thing"))}},
        responses={
            "Chain": {"$ref": "#/components/responses/Thing"},
            "Thing": {"description": "x", **content(ref("Thing"))},
        },
    ),
    reads=(
        Read("POST /a/{id}", {"x": "1"}, {"x": "1"}, kind="Thing"),
        Read("POST /a/{id}", {"x": "1"}, {"x": "1"}, code=404, kind="Thing"),
    ),
    sends=(
        Send(
            "POST /a/{id}",
            {0: "y", "body": {"x": "1"}, "limit": 3},
            path="/a/y",
            query=[("limit", "3")],
            body={"x": "1"},
        ),
    ),
    exact=True,
)
LINES["definitions within schemas"] = Line(
    document(
        {"/a": getter("getA", ref("Whole"))},
        {
            "Whole": {
                "$defs": {"Part": thing(n=INTEGER)},
                "type": "object",
                "properties": {
                    "part": {"$ref": f"#{AT}/Whole/$defs/Part"},
                    "same": {"$ref": f"#{AT}/Whole/properties/part"},
                },
                "patternProperties": {"^x-": STRING},
                "not": {"required": ["never"]},
            },
        },
        openapi="3.1.0",
    ),
    reads=(Read("GET /a", {"part": {"n": 1}, "same": {"n": 2}, "x-y": "z"}, {"part.n": 1, "same.n": 2}),),
)
LINES["formats, and values that do not have them"] = Line(
    document(
        {"/a": getter("getA", {"type": "array", "items": ref("Formats")})},
        {
            "Formats": thing(
                time={"type": "string", "format": "date-time"},
                day={"type": "string", "format": "date"},
                unique={"type": "string", "format": "uuid"},
                whole={"type": "integer", "format": "int32"},
                number={"type": "number", "format": "float"},
                bytes={"type": "string", "format": "byte"},
                either={"oneOf": [{"type": "string", "format": "date-time"}, INTEGER, STRING]},
            )
        },
    ),
    reads=(
        Read("GET /a", [{"time": "2026-07-21T10:00:00.000Z", "day": "2026-07-21"}], {"0.day": "2026-07-21"}),
        Read(
            "GET /a",
            [
                {"time": time, "either": time}
                for time in (
                    "2026-07-21T10:00:00+02:00",
                    "2026-07-21T10:00:00",
                    "2026-07-21 10:00:00Z",
                    "2026-07-21",
                    "2026",
                    "2026-07-21T24:00:00Z",
                    "2026-07-21T23:59:60Z",
                    "0000-01-01T00:00:00Z",
                    "2026-02-30T00:00:00Z",
                    "2026-07-21t10:00:00z",
                    "20260721T100000Z",
                    "2026-W30-2",
                    "",
                    "soon",
                    "10:00",
                )
            ],
        ),
        Read(
            "GET /a",
            [{"day": day} for day in ("2026-02-30", "20260721", "2026-W30", "2026-07-21T00:00:00Z", "", "x")],
        ),
        Read(
            "GET /a",
            [
                {"unique": text}
                for text in (
                    "x",
                    "",
                    "6F9619FF-8B86-D011-B42D-00CF4FC964FF",
                    "{6f9619ff8b86d011b42d00cf4fc964ff}",
                )
            ],
        ),
        Read(
            "GET /a",
            [{"whole": 2**70, "number": 10**30}, {"whole": 1.0, "number": 1}, {"whole": "1", "bytes": "=="}],
        ),
    ),
    exact=True,
)
LINES["forms and files"] = Line(
    document(
        {
            "/form": {
                "post": operation(
                    "postForm",
                    requestBody=content(thing(a=STRING, n=INTEGER), "application/x-www-form-urlencoded"),
                )
            },
            "/parts": {
                "post": operation(
                    "postParts",
                    requestBody=content(
                        thing("file", file={"type": "string", "format": "binary"}, name=STRING),
                        "multipart/form-data",
                    ),
                )
            },
            "/either": {
                "post": operation(
                    "postEither",
                    requestBody={
                        "content": {
                            "application/json": {"schema": thing(a=STRING)},
                            "text/plain": {"schema": STRING},
                        }
                    },
                )
            },
        }
    ),
    sends=(
        Send(
            "POST /form",
            {"body": {"a": "xy", "n": 1}},
            body=b"a=xy&n=1",
            media_type="application/x-www-form-urlencoded",
        ),
        Send("POST /parts", {"body": {"file": "abc", "name": "n"}}, media_type="multipart/form-data"),
        Send("POST /either", {"body": {"a": "x"}}, body={"a": "x"}, media_type="application/json"),
    ),
    exact=True,
)
