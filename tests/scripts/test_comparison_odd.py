"""Pairs of documents that are seldom met, each judged by hand by the law of severities."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.scripts.comparing import B, H, W, receives, rows, sends, with_operation
from tests.scripts.hand_made import INTEGER, STRING, content, ref, thing


class Odd(NamedTuple):
    """Two documents, and the rows from the one to the other, and back: what each weighs, and its rule."""

    old: Any
    new: Any
    there: list[tuple[str, str]]
    back: list[tuple[str, str]]


SHORT = {**STRING, "maxLength": 3}
SET, GONE = "max-length-set", "max-length-removed"
LIST = {"type": "array", "items": STRING}


def asked(place: str = "query", name: str = "q", **parameter: Any) -> dict[str, Any]:
    return with_operation({"parameters": [{"name": name, "in": place, **parameter}]})


def answered(**responses: Any) -> dict[str, Any]:
    return with_operation({"responses": {code.lstrip("_"): answer for code, answer in responses.items()}})


def answer(schema: Any) -> dict[str, Any]:
    return {"description": "", **content(schema)}


def called_back(asking: Any, answering: Any) -> dict[str, Any]:
    called = {"post": {"requestBody": content(asking), "responses": {"200": answer(answering)}}}
    return with_operation({"callbacks": {"done": {"{$request.body#/url}": called}}})


def hooked(schema: Any) -> dict[str, Any]:
    hook = {"post": {"requestBody": content(schema), "responses": {"200": {"description": ""}}}}
    return {**with_operation({}), "webhooks": {"made": hook}}


def shared_body(schema: Any) -> dict[str, Any]:
    body = {"$ref": "#/components/requestBodies/It"}
    return with_operation({"requestBody": body}, components={"requestBodies": {"It": content(schema)}})


def secured(*alternatives: dict[str, list[str]]) -> dict[str, Any]:
    flow: dict[str, Any] = {"clientCredentials": {"tokenUrl": "/t", "scopes": {"r": "", "w": ""}}}
    schemes: dict[str, Any] = {name: {"type": "apiKey", "in": "header", "name": name} for name in ("a", "b")}
    schemes |= {"o": {"type": "oauth2", "flows": flow}}
    return with_operation({"security": [*alternatives]}, components={"securitySchemes": schemes})


def served(**variable: Any) -> dict[str, Any]:
    return with_operation({}, servers=[{"url": "https://{r}.example", "variables": {"r": variable}}])


def picked(mapping: dict[str, str]) -> dict[str, Any]:
    parts = {name: thing("k", k=STRING) for name in ("One", "Two")}
    union = {"oneOf": [ref("One"), ref("Two")], "discriminator": {"propertyName": "k", "mapping": mapping}}
    return sends(union, parts)


def closed(part: Any) -> dict[str, Any]:
    return sends({"allOf": [ref("Part")], "unevaluatedProperties": False}, {"Part": part})


ADDED, REMOVED = "security-alternative-added", "security-alternative-removed"
ODD: dict[str, Odd] = {
    "nullable in the words of another version": Odd(
        receives(thing(a={**STRING, "nullable": True}), openapi="3.0.3"),
        receives(thing(a={"oneOf": [{"type": "null"}, STRING]})),
        [], [],
    ),
    "null dropped in the words of another version": Odd(
        sends(thing(a={**STRING, "nullable": True}), openapi="3.0.3"), sends(thing(a=STRING)),
        [(B, "null-removed")], [(H, "null-added")],
    ),
    "an exclusive limit in the words of another version": Odd(
        sends({**INTEGER, "minimum": 1, "exclusiveMinimum": True}, openapi="3.0.3"),
        sends({**INTEGER, "minimum": 2}), [], [],
    ),
    "a discriminator that maps otherwise": Odd(
        picked({"one": "One"}), picked({"first": "One"}),
        [(H, "discriminator-changed")], [(H, "discriminator-changed")],
    ),
    "a needed property that is read-only": Odd(
        sends(thing("a", a=STRING)), sends(thing("a", a={**STRING, "readOnly": True})),
        [(W, "required-property-became-read-only")], [(B, "required-property-became-sendable")],
    ),
    "a schema of two properties that is read-only": Odd(
        sends(thing(a=ref("It"), b={"allOf": [ref("It")]}), {"It": STRING}),
        sends(thing(a=ref("It"), b={"allOf": [ref("It")]}), {"It": {**STRING, "readOnly": True}}),
        [(W, "optional-property-became-read-only")], [(H, "optional-property-became-sendable")],
    ),
    "a needed property that is write-only": Odd(
        receives(thing("a", a=STRING)), receives(thing("a", a={**STRING, "writeOnly": True})),
        [(B, "required-property-became-write-only")], [(H, "property-became-receivable")],
    ),
    "other properties of a type": Odd(
        sends({**thing(a=STRING), "additionalProperties": False}),
        sends({**thing(a=STRING), "additionalProperties": STRING}),
        [(H, "values-allowed")], [(B, "values-forbidden")],
    ),
    "a property of a place that evaluates all": Odd(
        closed(thing(a=STRING)), closed(thing(a=STRING, b=STRING)),
        [(H, "optional-property-added")], [(B, "closed-property-removed"), (H, "optional-property-removed")],
    ),
    "properties like one of two patterns, and no others": Odd(
        sends({"type": "object", "patternProperties": {"^a": STRING}, "additionalProperties": False}),
        sends({"type": "object", "patternProperties": {"^a": STRING, "^b": INTEGER},
               "additionalProperties": False}),
        [(H, "pattern-properties-allowed")], [(B, "pattern-properties-refused")],
    ),
    "the looser of two limits": Odd(
        sends({"allOf": [SHORT, {**STRING, "maxLength": 5}]}),
        sends({"allOf": [SHORT, {**STRING, "maxLength": 7}]}),
        [], [],
    ),
    "a list of values that are of another type": Odd(
        sends({**STRING, "enum": [1, 2]}), sends({**STRING, "enum": [3]}), [], [],
    ),
    "a parameter's content": Odd(
        asked(**content(thing(a=STRING))), asked(**content(thing(a=SHORT))), [(B, SET)], [(H, GONE)]
    ),
    "a parameter that became content": Odd(
        asked(schema=STRING), asked(**content(STRING)),
        [(B, "parameter-style-changed")], [(B, "parameter-style-changed")],
    ),
    "a header in other case": Odd(
        asked("header", "X-Key", schema=STRING), asked("header", "x-key", schema=SHORT),
        [(B, SET)], [(H, GONE)],
    ),
    "a cookie that is needed": Odd(
        asked("cookie", schema=STRING), asked("cookie", schema=STRING, required=True),
        [(B, "parameter-became-required")], [(H, "parameter-became-optional")],
    ),
    "a list that does not explode": Odd(
        asked(schema=LIST), asked(schema=LIST, explode=False),
        [(B, "parameter-style-changed")], [(B, "parameter-style-changed")],
    ),
    "what a callback asks": Odd(
        called_back(STRING, STRING), called_back(SHORT, STRING), [(H, SET)], [(B, GONE)]
    ),
    "what a callback wants to hear": Odd(
        called_back(STRING, STRING), called_back(STRING, SHORT), [(B, SET)], [(H, GONE)]
    ),
    "what a webhook tells": Odd(hooked(STRING), hooked(SHORT), [(H, SET)], [(B, GONE)]),
    "what any other answer is": Odd(
        answered(_200=answer(STRING), default=answer(SHORT)),
        answered(_200=answer(STRING), default=answer(STRING)), [(B, GONE)], [(H, SET)],
    ),
    "an answer of any success": Odd(
        answered(_200=answer(STRING)), answered(_2XX=answer(SHORT)),
        [(H, "response-added"), (H, SET)], [(B, GONE), (B, "response-removed")],
    ),
    "an error that is gone": Odd(
        answered(_200=answer(STRING), _404=answer(STRING)), answered(_200=answer(STRING)),
        [(W, "response-removed")], [(H, "response-added")],
    ),
    "a body that is referred to": Odd(shared_body(STRING), shared_body(SHORT), [(B, SET)], [(H, GONE)]),
    "a body that is referred to, or written out": Odd(
        shared_body(STRING), with_operation({"requestBody": content(STRING)}), [], []
    ),
    "an operation that was to go": Odd(
        with_operation({"deprecated": True, "x-sunset": "2020-01-01"}), with_operation({}, "/y"),
        [(W, "operation-removed"), (H, "operation-added")],
        [(B, "operation-removed"), (H, "operation-added")],
    ),
    "a parameter that was to go": Odd(
        asked(schema=STRING, deprecated=True), with_operation({}),
        [(H, "parameter-removed")], [(H, "optional-parameter-added")],
    ),
    "a wider format of numbers": Odd(
        receives({**INTEGER, "format": "int32"}), receives({**INTEGER, "format": "int64"}),
        [(B, "format-widened")], [(H, "format-narrowed")],
    ),
    "one key and another": Odd(
        secured({"a": []}), secured({"a": [], "b": []}), [(B, REMOVED), (H, ADDED)], [(H, ADDED)]
    ),
    "one key or another": Odd(
        secured({"a": []}), secured({"a": []}, {"b": []}), [(H, ADDED)], [(B, REMOVED)]
    ),
    "a scope more": Odd(
        secured({"o": ["r"]}), secured({"o": ["r", "w"]}),
        [(B, "security-scope-added")], [(H, "security-scope-removed")],
    ),
    "no key at all": Odd(secured({"a": []}), secured({"a": []}, {}), [(H, ADDED)], [(B, REMOVED)]),
    "a value of a server's variable": Odd(
        served(default="a", enum=["a", "b"]), served(default="a", enum=["a"]),
        [(B, "server-removed")], [(H, "server-added")],
    ),
    "a default of a server's variable": Odd(
        served(default="a", enum=["a", "b"]), served(default="b", enum=["a", "b"]),
        [(H, "server-default-changed")], [(H, "server-default-changed")],
    ),
    "whole numbers written otherwise": Odd(sends({"const": {"a": 1}}), sends({"const": {"a": 1.0}}), [], []),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_seldom_met_changes_weigh_what_the_law_says(name: str) -> None:
    """Each change has its rows, there and back, and no others."""
    odd = ODD[name]
    assert sorted((weight, rule) for weight, rule, _ in rows(odd.old, odd.new)) == sorted(odd.there)
    assert sorted((weight, rule) for weight, rule, _ in rows(odd.new, odd.old)) == sorted(odd.back)


def test_a_flag_of_a_schema_that_properties_share_is_told_of_it() -> None:
    """What makes every property of a schema read-only stands in that schema, and is told once."""
    odd = ODD["a schema of two properties that is read-only"]
    assert [subject for _, _, subject in rows(odd.old, odd.new)] == ["It"]
    own = sends(thing(a={"allOf": [ref("It")], "readOnly": True}, b=ref("It")), {"It": STRING})
    other = sends(thing(a={"allOf": [ref("It")]}, b=ref("It")), {"It": STRING})
    assert [subject for _, _, subject in rows(other, own)] == ["POST /x body.a"]
