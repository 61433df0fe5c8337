"""The law of severities as pairs of documents: what changes in a schema, at every place where schemas stand.

Written from the law and from what JSON Schema and OpenAPI mean, apart from the code that compares. Every line
is compared there and back, sent and received, and through a component that travels both ways.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scripts.comparison.severity import Direction, Effect, Severity
from tests.scripts.hand_made import INTEGER, STRING, ref, thing

if TYPE_CHECKING:
    from collections.abc import Iterator

SENT, RECEIVED = Direction.SENT, Direction.RECEIVED
BREAKING, WARNING, HARMLESS = Severity.BREAKING, Severity.WARNING, Severity.HARMLESS
NARROWS, WIDENS, INCOMPARABLE = Effect.NARROWS, Effect.WIDENS, Effect.INCOMPARABLE
UNKNOWN, NONE = Effect.UNKNOWN, Effect.NONE

LAW = {
    (NARROWS, SENT): BREAKING,
    (NARROWS, RECEIVED): HARMLESS,
    (WIDENS, SENT): HARMLESS,
    (WIDENS, RECEIVED): BREAKING,
    (INCOMPARABLE, SENT): BREAKING,
    (INCOMPARABLE, RECEIVED): BREAKING,
    (UNKNOWN, SENT): WARNING,
    (UNKNOWN, RECEIVED): WARNING,
    (NONE, SENT): HARMLESS,
    (NONE, RECEIVED): HARMLESS,
}
MIRROR = {NARROWS: WIDENS, WIDENS: NARROWS, INCOMPARABLE: INCOMPARABLE, UNKNOWN: UNKNOWN, NONE: NONE}


@dataclass(frozen=True)
class Pair:
    """Two documents, and what comparing them has to say.

    Attributes:
        old: The old document.
        new: The new one.
        worst: The severities that the worst wire row may have; more than one only where the law is silent.
        directions: Who has to cope; None where either answer is right.
        operations: The operations that the row names; None where that is not this pair's point.
        rows: How many wire rows there may be.
    """

    old: dict[str, Any]
    new: dict[str, Any]
    worst: tuple[Severity, ...]
    directions: tuple[Direction, ...] | None = None
    operations: tuple[str, ...] | None = None
    rows: tuple[int, ...] = (1,)


@dataclass(frozen=True)
class Line:
    """One thing that can change in a schema.

    Attributes:
        old: The old schema.
        new: The new one.
        there: What the change does from old to new, to what is sent and to what is received; None where the
            law is silent, and nothing proves the change harmless.
        back: The same for the way back.
        components: Schemas that these refer to.
        rows: How many rows may tell it. A thing that is taken away beside one that comes is two causes.
    """

    old: Any
    new: Any
    there: tuple[Effect | None, Effect | None]
    back: tuple[Effect | None, Effect | None]
    components: dict[str, Any] = field(default_factory=dict)
    rows: tuple[int, ...] = (1,)


ONE_OR_TWO = (1, 2)
AT_MOST_ONE = (0, 1)


def narrows(old: Any, new: Any, **components: Any) -> Line:
    """Take away what was allowed; on the way back, allow more."""
    return Line(old, new, (NARROWS, NARROWS), (WIDENS, WIDENS), components)


def incomparable(old: Any, new: Any, *, rows: tuple[int, ...] = (1,), **components: Any) -> Line:
    """Allow something else."""
    both = (INCOMPARABLE, INCOMPARABLE)
    return Line(old, new, both, both, components, rows)


def unknown(old: Any, new: Any, **components: Any) -> Line:
    """Change what nobody can weigh."""
    return Line(old, new, (UNKNOWN, UNKNOWN), (UNKNOWN, UNKNOWN), components)


def none(old: Any, new: Any, **components: Any) -> Line:
    """Change nothing that is allowed; it may be told, or need not be."""
    return Line(old, new, (NONE, NONE), (NONE, NONE), components, AT_MOST_ONE)


def silent(old: Any, new: Any, *, rows: tuple[int, ...] = (1,), **components: Any) -> Line:
    """Change what the law does not name and what nothing proves harmless."""
    return Line(old, new, (None, None), (None, None), components, rows)


NUMBER: dict[str, Any] = {"type": "number"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
STRINGS = {"type": "array", "items": STRING}
OBJECT = thing(a=STRING)


def bounds() -> Iterator[tuple[str, Line]]:
    """Yield a line for each bound that is set, and one for each that is tightened."""
    bounded: list[tuple[dict[str, Any], str, str]] = [
        (INTEGER, "minimum", "maximum"),
        (NUMBER, "minimum", "maximum"),
        (STRING, "minLength", "maxLength"),
        (STRINGS, "minItems", "maxItems"),
        (OBJECT, "minProperties", "maxProperties"),
    ]
    for base, low, high in bounded:
        kind = base["type"]
        for key, loose, tight in ((low, 2, 3), (high, 9, 8)):
            yield f"{key} of {kind} set", narrows(base, {**base, key: tight})
            yield f"{key} of {kind} tightened", narrows({**base, key: loose}, {**base, key: tight})
    for key, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        bound = {**NUMBER, key: 5}
        yield f"{key} excluded", narrows(bound, {**bound, exclusive: True})
        yield f"{exclusive} set", narrows(NUMBER, {**bound, exclusive: True})


SCALARS: dict[str, Line] = {
    **{name: line for name, line in bounds() if " of integer" in name or " of string" in name},
    "an enum value removed": narrows({**STRING, "enum": ["a", "b"]}, {**STRING, "enum": ["a"]}),
    "an integer's enum value removed": narrows({**INTEGER, "enum": [1, 2]}, {**INTEGER, "enum": [1]}),
    "an enum set": narrows(STRING, {**STRING, "enum": ["a", "b"]}),
    "enum values exchanged": incomparable(
        {**STRING, "enum": ["a", "b"]}, {**STRING, "enum": ["a", "c"]}, rows=ONE_OR_TWO
    ),
    "a pattern added": narrows(STRING, {**STRING, "pattern": "^a+$"}),
    "multipleOf set": narrows(INTEGER, {**INTEGER, "multipleOf": 5}),
    "multipleOf changed": incomparable({**INTEGER, "multipleOf": 2}, {**INTEGER, "multipleOf": 3}),
    "a type changed": incomparable(STRING, INTEGER),
    "a type changed from boolean": incomparable(BOOLEAN, STRING),
    "a number became an integer": narrows(NUMBER, INTEGER),
    "a pattern changed": unknown({**STRING, "pattern": "^a+$"}, {**STRING, "pattern": "^[ab]+$"}),
    "both bounds moved": incomparable(
        {**INTEGER, "minimum": 1, "maximum": 5}, {**INTEGER, "minimum": 2, "maximum": 6}, rows=ONE_OR_TWO
    ),
    "a default set": none(STRING, {**STRING, "default": "a"}),
    "a default changed": none({**STRING, "default": "b"}, {**STRING, "default": "a"}),
    "a format changed": silent({**STRING, "format": "date"}, {**STRING, "format": "date-time"}),
    "a content encoding dropped": silent({**STRING, "format": "byte"}, STRING),
    "a content encoding exchanged": incomparable(
        {**STRING, "format": "byte"}, {**STRING, "format": "binary"}
    ),
    "int64 became int32": narrows({**INTEGER, "format": "int64"}, {**INTEGER, "format": "int32"}),
}
"""What can change in a schema that stands in a parameter or a header too."""

ADDED = thing(a=STRING, b=INTEGER)
NEEDS_B = thing("b", a=STRING, b=INTEGER)

SHAPES: dict[str, Line] = {
    **{name: line for name, line in bounds() if name not in SCALARS},
    "no longer nullable": narrows({**STRING, "nullable": True}, STRING),
    "an object no longer nullable": narrows({**OBJECT, "nullable": True}, OBJECT),
    "a component's nullability dropped": narrows(
        {"allOf": [ref("Part")], "nullable": True}, {"allOf": [ref("Part")]}, Part=OBJECT
    ),
    "uniqueItems set": narrows(STRINGS, {**STRINGS, "uniqueItems": True}),
    "a type set": narrows({}, STRING),
    "a property made required": narrows(ADDED, NEEDS_B),
    "a property added as required": Line(OBJECT, NEEDS_B, (NARROWS, NARROWS), (UNKNOWN, WIDENS)),
    "an optional property added": Line(OBJECT, ADDED, (NONE, NONE), (UNKNOWN, NONE)),
    "a property added with a default": Line(
        OBJECT, thing(a=STRING, b={**INTEGER, "default": 1}), (NONE, NONE), (UNKNOWN, NONE)
    ),
    "a property renamed": Line(OBJECT, thing(c=STRING), (UNKNOWN, NONE), (UNKNOWN, NONE), rows=(2,)),
    "a property's type changed": incomparable(OBJECT, thing(a=INTEGER)),
    "a property of a property narrowed": narrows(
        thing(x=thing(y=STRING)), thing(x=thing(y={**STRING, "maxLength": 5}))
    ),
    "an allOf member added": narrows(
        {"allOf": [ref("Part")]},
        {"allOf": [ref("Part"), ref("More")]},
        Part=OBJECT,
        More=thing("b", b=INTEGER),
    ),
    "an allOf member that only bounds": narrows({"allOf": [STRING]}, {"allOf": [STRING, {"maxLength": 5}]}),
    "a branch of oneOf removed": narrows(
        {"oneOf": [ref("One"), ref("Two"), ref("Three")]},
        {"oneOf": [ref("One"), ref("Two")]},
        One=STRING,
        Two=INTEGER,
        Three=BOOLEAN,
    ),
    "a branch of anyOf removed": narrows({"anyOf": [STRING, INTEGER, BOOLEAN]}, {"anyOf": [STRING, INTEGER]}),
    "an object's branch removed": narrows(
        {"oneOf": [ref("One"), ref("Two"), ref("Three")]},
        {"oneOf": [ref("One"), ref("Three")]},
        One=thing("a", a=STRING),
        Two=thing("b", b=STRING),
        Three=thing("c", c=STRING),
    ),
    "a branch exchanged": incomparable(
        {"oneOf": [ref("One"), ref("Two")]},
        {"oneOf": [ref("One"), ref("Three")]},
        rows=ONE_OR_TWO,
        One=STRING,
        Two=INTEGER,
        Three=BOOLEAN,
    ),
    "wrapped in a oneOf that lacks it": incomparable(STRING, {"oneOf": [INTEGER, BOOLEAN]}),
    "an object wrapped in a oneOf that lacks it": incomparable(
        ref("One"),
        {"oneOf": [ref("Two"), ref("Three")]},
        One=thing("a", a=STRING),
        Two=thing("b", b=STRING),
        Three=thing("c", c=STRING),
    ),
    "wrapped in a oneOf that keeps it": Line(
        ref("One"),
        {"oneOf": [ref("One"), ref("Two")]},
        (UNKNOWN, UNKNOWN),
        (None, NARROWS),
        {"One": STRING, "Two": INTEGER},
    ),
    "a union beside a type": narrows(
        OBJECT, {**OBJECT, "oneOf": [thing("a", a=STRING), thing("b", b=STRING)]}
    ),
    "exactly one branch, not any": narrows(
        {"anyOf": [thing("a", a=STRING), thing("b", b=STRING)]},
        {"oneOf": [thing("a", a=STRING), thing("b", b=STRING)]},
    ),
    "a discriminator added": none(
        {"oneOf": [ref("One"), ref("Two")]},
        {"oneOf": [ref("One"), ref("Two")], "discriminator": {"propertyName": "kind"}},
        One=thing("kind", kind={**STRING, "enum": ["One"]}),
        Two=thing("kind", kind={**STRING, "enum": ["Two"]}),
    ),
    "a branch's own property narrowed": narrows(
        {"oneOf": [thing("a", a={**STRING, "enum": ["x", "y"]}), thing("b", b=INTEGER)]},
        {"oneOf": [thing("a", a={**STRING, "enum": ["x"]}), thing("b", b=INTEGER)]},
    ),
    "additionalProperties forbidden": narrows(OBJECT, {**OBJECT, "additionalProperties": False}),
    "additionalProperties restricted": narrows(
        {"type": "object"}, {"type": "object", "additionalProperties": STRING}
    ),
    "additionalProperties of another type": incomparable(
        {"type": "object", "additionalProperties": STRING},
        {"type": "object", "additionalProperties": INTEGER},
    ),
    "a map's values bounded": narrows(
        {"type": "object", "additionalProperties": STRING},
        {"type": "object", "additionalProperties": {**STRING, "maxLength": 5}},
    ),
    "not set": narrows(STRING, {**STRING, "not": {"enum": ["a"]}}),
    "not widened": narrows({**STRING, "not": {"enum": ["a"]}}, {**STRING, "not": {"enum": ["a", "b"]}}),
    "not exchanged": silent({**STRING, "not": {"enum": ["a"]}}, {**STRING, "not": {"enum": ["b"]}}),
    "items set": narrows({"type": "array", "items": {}}, STRINGS),
    "items of another type": incomparable(STRINGS, {"type": "array", "items": INTEGER}),
    "items bounded": narrows(STRINGS, {"type": "array", "items": {**STRING, "maxLength": 5}}),
    "an array became one item": incomparable(STRINGS, STRING),
    "a format dropped": Line({**STRING, "format": "date-time"}, STRING, (WIDENS, WIDENS), (NARROWS, NARROWS)),
    "a text of a union of texts and numbers": narrows({"anyOf": [STRING, INTEGER]}, STRING),
    "deprecated set": none(STRING, {**STRING, "deprecated": True}),
}
"""What can change in a body."""

STRING_LIST = {"type": ["string", "null"]}

MODERN: dict[str, Line] = {
    "null dropped from the types": narrows(STRING_LIST, STRING),
    "null dropped from a union": narrows(
        {"anyOf": [ref("Part"), {"type": "null"}]}, ref("Part"), Part=OBJECT
    ),
    "a type dropped": narrows({"type": ["string", "integer"]}, STRING),
    "types exchanged": incomparable(
        {"type": ["string", "integer"]}, {"type": ["string", "boolean"]}, rows=ONE_OR_TWO
    ),
    "const set": narrows(STRING, {**STRING, "const": "a"}),
    "const changed": incomparable({"const": "a"}, {"const": "b"}),
    "an enum became const": narrows({"enum": ["a", "b"]}, {"const": "a"}),
    "exclusiveMinimum tightened": narrows(
        {**NUMBER, "exclusiveMinimum": 1}, {**NUMBER, "exclusiveMinimum": 2}
    ),
    "exclusiveMaximum alone set": narrows(NUMBER, {**NUMBER, "exclusiveMaximum": 2}),
    "a minimum became exclusive": narrows({**NUMBER, "minimum": 1}, {**NUMBER, "exclusiveMinimum": 1}),
    "contentEncoding changed": incomparable(
        {**STRING, "contentEncoding": "base64"}, {**STRING, "contentEncoding": "base16"}
    ),
    "contentMediaType changed": incomparable(
        {**STRING, "contentMediaType": "image/png"}, {**STRING, "contentMediaType": "image/jpeg"}
    ),
    "contains set": narrows(STRINGS, {**STRINGS, "contains": {"const": "a"}}),
    "minContains raised": narrows(
        {**STRINGS, "contains": {"const": "a"}}, {**STRINGS, "contains": {"const": "a"}, "minContains": 2}
    ),
    "maxContains set": narrows(
        {**STRINGS, "contains": {"const": "a"}}, {**STRINGS, "contains": {"const": "a"}, "maxContains": 2}
    ),
    "minContains tightened": narrows(
        {**STRINGS, "contains": {"const": "a"}, "minContains": 2},
        {**STRINGS, "contains": {"const": "a"}, "minContains": 3},
    ),
    "maxContains tightened": narrows(
        {**STRINGS, "contains": {"const": "a"}, "maxContains": 3},
        {**STRINGS, "contains": {"const": "a"}, "maxContains": 2},
    ),
    "then set": narrows(
        {**ADDED, "if": {"required": ["a"]}},
        {**ADDED, "if": {"required": ["a"]}, "then": {"required": ["b"]}},
    ),
    "else set": narrows(
        {**ADDED, "if": {"required": ["a"]}},
        {**ADDED, "if": {"required": ["a"]}, "else": {"required": ["b"]}},
    ),
    "a condition changed": silent(
        {**ADDED, "if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {**ADDED, "if": {"maxProperties": 1}, "then": {"required": ["b"]}},
    ),
    "contentSchema set": narrows(
        {**STRING, "contentMediaType": "application/json"},
        {**STRING, "contentMediaType": "application/json", "contentSchema": OBJECT},
    ),
    "an item's place set": narrows({"type": "array"}, {"type": "array", "prefixItems": [STRING]}),
    "names of a pattern refused": narrows(
        {"type": "object", "patternProperties": {"^x-": STRING}, "additionalProperties": False},
        {"type": "object", "additionalProperties": False},
    ),
    "propertyNames set": narrows(OBJECT, {**OBJECT, "propertyNames": {"maxLength": 3}}),
    "dependentRequired set": narrows(ADDED, {**ADDED, "dependentRequired": {"a": ["b"]}}),
    "dependentSchemas set": narrows(ADDED, {**ADDED, "dependentSchemas": {"a": {"required": ["b"]}}}),
    "if and then set": narrows(ADDED, {**ADDED, "if": {"required": ["a"]}, "then": {"required": ["b"]}}),
    "patternProperties set": narrows(
        {"type": "object"}, {"type": "object", "patternProperties": {"^x-": STRING}}
    ),
    "unevaluatedProperties forbidden": narrows(OBJECT, {**OBJECT, "unevaluatedProperties": False}),
    "unevaluatedItems forbidden": narrows(
        {"type": "array", "prefixItems": [STRING]},
        {"type": "array", "prefixItems": [STRING], "unevaluatedItems": False},
    ),
    "an item's place of another type": incomparable(
        {"type": "array", "prefixItems": [STRING, STRING]},
        {"type": "array", "prefixItems": [STRING, INTEGER]},
    ),
    "a schema beside a reference": narrows(ref("Part"), {**ref("Part"), "maxLength": 5}, Part=STRING),
    "nothing allowed any more": narrows(thing(a=STRING, b=True), thing(a=STRING, b=False)),
}
"""What only OpenAPI 3.1 can say."""
