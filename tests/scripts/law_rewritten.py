"""Pairs of documents that mean the same on the wire, written differently: no row may tell them apart."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from tests.scripts.hand_made import INTEGER, STRING, content, document, operation, parameter, ref, thing
from tests.scripts.law import BOOLEAN, NUMBER, OBJECT, Pair
from tests.scripts.law_documents import BODY, FINE, LIMIT, LIST, OPTIONAL, TWO, answers, head, listed, several
from tests.scripts.law_guards import AB, KEY, OAUTH, PLAIN, SCHEMES, failed, secured, served
from tests.scripts.law_places import answered, filled, get, post

SAME: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}


def same(name: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    """Add two documents that mean the same; documents may be given as their paths alone."""
    SAME[name] = tuple(each if "openapi" in each else document(each) for each in (old, new))  # type: ignore[assignment]


def schemas(name: str, old: Any, new: Any, openapi: str = "3.0.3", **components: Any) -> None:
    """Add two schemas that accept the same, in a body and in an answer."""
    versions = openapi.split(" to ")
    made = [
        document(
            {"/things": {**post(content(filled(one)))["/things"], **answered(filled(one))["/things"]}},
            components, openapi=version,
        )
        for one, version in ((old, versions[0]), (new, versions[-1]))
    ]  # fmt: skip
    same(name, made[0], made[1])


LONG = {**STRING, "maxLength": 9}
schemas("a schema by reference", LONG, ref("Long"), Long=LONG)
schemas("an object by reference", thing("a", a=LONG), ref("Part"), Part=thing("a", a=ref("Long")), Long=LONG)
schemas("a reference by way of another", ref("One"), ref("Two"), One=OBJECT, Two=ref("One"))
schemas("a renamed component", ref("One"), ref("Two"), One=OBJECT, Two=OBJECT)
schemas("allOf of one", OBJECT, {"allOf": [OBJECT]})
schemas("allOf of one reference", ref("One"), {"allOf": [ref("One")], "description": "Prose."}, One=OBJECT)
schemas("oneOf of one", OBJECT, {"oneOf": [OBJECT]})
schemas("anyOf of one", LONG, {"anyOf": [LONG]})
schemas(
    "allOf within allOf",
    {"allOf": [OBJECT, thing(b=INTEGER)]},
    {"allOf": [{"allOf": [OBJECT]}, thing(b=INTEGER)]},
)
schemas(
    "allOf written out",
    {"allOf": [thing("a", a=STRING), thing("b", b=INTEGER)]},
    thing("a", "b", a=STRING, b=INTEGER),
)
schemas(
    "allOf in another order", {"allOf": [OBJECT, thing(b=INTEGER)]}, {"allOf": [thing(b=INTEGER), OBJECT]}
)
schemas(
    "properties in another order", thing("a", "b", a=STRING, b=INTEGER), thing("b", "a", b=INTEGER, a=STRING)
)
schemas("an enum in another order", AB, {**STRING, "enum": ["b", "a"]})
schemas(
    "branches in another order", {"oneOf": [STRING, INTEGER, OBJECT]}, {"oneOf": [OBJECT, STRING, INTEGER]}
)
ONE_OF_TWO = {"anyOf": [thing("a", a=STRING), thing("b", b=STRING)]}
ONE_OF_OTHERS = {"anyOf": [thing("c", c=STRING), thing("d", d=INTEGER)]}
schemas(
    "unions that hold together in another order",
    {"allOf": [ONE_OF_TWO, ONE_OF_OTHERS]},
    {"allOf": [ONE_OF_OTHERS, ONE_OF_TWO]},
)
schemas("a branch twice", {"anyOf": [STRING, INTEGER]}, {"anyOf": [STRING, INTEGER, STRING]})
schemas(
    "nullable as a list of types",
    {**STRING, "nullable": True},
    {"type": ["string", "null"]},
    "3.0.3 to 3.1.0",
)
schemas(
    "nullable as a union",
    {**OBJECT, "nullable": True},
    {"anyOf": [OBJECT, {"type": "null"}]},
    "3.0.3 to 3.1.0",
)
schemas(
    "a list of types as a union", {"type": ["string", "null"]}, {"oneOf": [{"type": "null"}, STRING]}, "3.1.0"
)
schemas("a list with one type", STRING, {"type": ["string"]}, "3.1.0")
schemas("types in another order", {"type": ["string", "integer"]}, {"type": ["integer", "string"]}, "3.1.0")
schemas("an enum of one as const", {**STRING, "enum": ["a"]}, {**STRING, "const": "a"}, "3.1.0")
schemas("nullable: false", STRING, {**STRING, "nullable": False})
schemas(
    "a bound that excludes", {**INTEGER, "minimum": 1}, {**INTEGER, "minimum": 0, "exclusiveMinimum": True}
)
schemas(
    "an upper bound that excludes", {**INTEGER, "maximum": 9}, {**INTEGER, "exclusiveMaximum": 10}, "3.1.0"
)
schemas(
    "a bound that excludes, in either version",
    {**NUMBER, "minimum": 0, "exclusiveMinimum": True},
    {**NUMBER, "exclusiveMinimum": 0},
    "3.0.3 to 3.1.0",
)
schemas(
    "a bound that excludes nothing",
    {**NUMBER, "minimum": 0},
    {**NUMBER, "minimum": 0, "exclusiveMinimum": False},
)
schemas(
    "bounds of nothing",
    thing(a=STRING, b=LIST),
    {
        **thing(a={**STRING, "minLength": 0}, b={**LIST, "minItems": 0, "uniqueItems": False}),
        "minProperties": 0,
        "required": [],
    },
)
schemas("additionalProperties written out", OBJECT, {**OBJECT, "additionalProperties": True})
schemas("additionalProperties of anything", OBJECT, {**OBJECT, "additionalProperties": {}})
schemas("items of anything", {"type": "array"}, {"type": "array", "items": {}}, "3.1.0")
schemas(
    "numbers written otherwise",
    {**NUMBER, "minimum": 1, "enum": [1, 2]},
    {**NUMBER, "minimum": 1.0, "enum": [1.0, 2]},
)
schemas(
    "flags that are false", STRING, {**STRING, "readOnly": False, "writeOnly": False, "deprecated": False}
)
schemas("siblings of a reference", ref("One"), {**ref("One"), "maxLength": 3}, One=STRING)
schemas("an enum's own type", {**STRING, "enum": ["a", "b"]}, {"enum": ["a", "b"]})
schemas("an integer as a number of steps", INTEGER, {"type": "integer", "multipleOf": 1})
schemas("extensions", OBJECT, {**OBJECT, "x-order": 1})
schemas(
    "recursion by way of another",
    ref("Tree"),
    ref("Node"),
    Tree=thing(children={"type": "array", "items": ref("Tree")}),
    Node=thing(children={"type": "array", "items": ref("Node")}),
)
schemas(
    "recursion opened once",
    ref("Tree"),
    thing(children={"type": "array", "items": ref("Tree")}),
    Tree=thing(children={"type": "array", "items": ref("Tree")}),
)
schemas("a boolean's values", BOOLEAN, {**BOOLEAN, "enum": [True, False]})

same("the version", document(TWO), document(TWO, openapi="3.0.0"))
same("nothing", document(TWO), document(copy.deepcopy(TWO)))
same("a component that nothing uses", document(TWO), document(TWO, {"Unused": OBJECT}))
same(
    "paths in another order",
    several(get()),
    document({"/aside": {"get": operation("getAside", STRING)}, **get()}),
)
ITEM = {"get": operation("getThing", OBJECT, parameters=[parameter("id", STRING, "path")])}
NAMED = {"get": operation("getThing", OBJECT, parameters=[parameter("thingId", STRING, "path")])}
same("a path parameter renamed", {"/things/{id}": ITEM}, {"/things/{thingId}": NAMED})
same(
    "a parameter at its path's level",
    {"/things": {"parameters": [LIMIT], **get()["/things"]}},
    get(parameters=[LIMIT]),
)
same(
    "a path's parameter that the operation replaces",
    {"/things": {"parameters": [parameter("limit", BOOLEAN)], **get(parameters=[LIMIT])["/things"]}},
    get(parameters=[LIMIT]),
)
same("parameters in another order", get(parameters=[LIMIT, listed]), get(parameters=[listed, LIMIT]))
same(
    "a parameter by reference",
    get(parameters=[LIMIT]),
    document(get(parameters=[{"$ref": "#/components/parameters/Limit"}]), parameters={"Limit": LIMIT}),
)
same(
    "a header's case",
    get(parameters=[parameter("X-It", STRING, "header")]),
    get(parameters=[parameter("x-it", STRING, "header")]),
)
same(
    "what parameters are without a word",
    get(parameters=[listed]),
    get(
        parameters=[
            {
                **listed,
                "style": "form",
                "explode": True,
                "required": False,
                "deprecated": False,
                "allowReserved": False,
            }
        ]
    ),
)
same("explode of a text", get(parameters=[parameter("it")]), get(parameters=[parameter("it", explode=False)]))
same("a header that is reserved", get(), get(parameters=[parameter("Authorization", STRING, "header")]))
same(
    "a body by reference",
    post(BODY),
    document(
        {
            "/things": {
                "post": operation("postThing", requestBody={"$ref": "#/components/requestBodies/Body"})
            }
        },
        requestBodies={"Body": {"required": True, **BODY}},
    ),
)
same(
    "an optional body without a word",
    OPTIONAL,
    {"/things": {"post": operation("postThing", requestBody={**BODY, "required": False})}},
)
same(
    "an answer by reference",
    FINE,
    document(
        get(responses={"200": {"$ref": "#/components/responses/Fine"}}),
        responses={"Fine": {"description": "Fine.", **BODY}},
    ),
)
same(
    "a header by reference",
    head(required=True),
    document(
        get(responses={"204": {"description": "", "headers": {"X-It": {"$ref": "#/components/headers/It"}}}}),
        headers={"It": {"schema": STRING, "required": True}},
    ),
)
same(
    "an answer's header's case",
    head(required=True),
    get(responses={"204": {"description": "", "headers": {"x-it": {"schema": STRING, "required": True}}}}),
)
same("answers in another order", failed(OBJECT, "404"), answers(of_404=OBJECT, of_200=OBJECT))
same("a range of answers in small letters", failed(OBJECT, "4XX"), failed(OBJECT, "4xx"))
same(
    "blanks in a media type",
    post(content(OBJECT, "application/json; charset=utf-8")),
    post(content(OBJECT, "application/json;charset=utf-8")),
)
same(
    "a path by reference",
    document({"/things": ITEM}),
    document({"/things": {"$ref": "#/components/pathItems/It"}}, pathItems={"It": ITEM}),
)
same(
    "security of all, written out", document(get(), securitySchemes=SCHEMES, security=[PLAIN]), secured(PLAIN)
)
same("no security, written out", document(get(), securitySchemes=SCHEMES), secured())
same("alternatives in another order", secured(PLAIN, {"oauth": []}), secured({"oauth": []}, PLAIN))
same("scopes in another order", secured({"oauth": ["read", "write"]}), secured({"oauth": ["write", "read"]}))
same("a scheme renamed", secured(PLAIN), secured({"app": []}, schemes={"app": KEY, "oauth": OAUTH}))
same("a scheme that nothing uses", secured(PLAIN), secured(PLAIN, schemes={"key": KEY}))
same("the server without a word", document(TWO), served("/"))
same("a server's last slash", served("https://a.example/v1"), served("https://a.example/v1/"))
same(
    "servers in another order",
    served("https://a.example", "https://b.example"),
    served("https://b.example", "https://a.example"),
)
same(
    "a server of all, written out",
    document(get(), servers=[{"url": "https://a.example"}]),
    document(get(servers=[{"url": "https://a.example"}])),
)


def rewritten() -> dict[str, Pair]:
    """Return all pairs of this file, there and back."""
    nothing = Pair({}, {}, (), None, None, (0,))
    return {
        f"{name}, {way}": replace(nothing, old=old, new=new)
        for name, pair_ in SAME.items()
        for way, (old, new) in (("there", pair_), ("back", pair_[::-1]))
    }
