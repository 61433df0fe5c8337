"""Every keyword of a schema that a revision can change, in both directions."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from scripts.compare import compare
from tests.scripts.comparing import B, H, W, receives, rows, rules, sends
from tests.scripts.hand_made import INTEGER, STRING, ref, thing


class Line(NamedTuple):
    """Two schemas; what each rule that finds something weighs, sent and received, and the same backwards."""

    old: Any
    new: Any
    there: dict[str, tuple[str, str]]
    back: dict[str, tuple[str, str]]


NARROWS, WIDENS = (B, H), (H, B)
INCOMPARABLE, UNKNOWN, NONE = (B, B), (W, W), (H, H)

TEXT, WHOLE, NUMBER, LIST, THING = STRING, INTEGER, {"type": "number"}, {"type": "array"}, {"type": "object"}
CAT = {**thing("kind", kind={"const": "cat"}, lives=WHOLE), "title": "Cat"}
DOG = {**thing("kind", kind={"const": "dog"}, tail=TEXT), "title": "Dog"}
OWL = {**thing("kind", kind={"const": "owl"}, eyes=WHOLE), "title": "Owl"}
NEVER = False


def narrowing(old: Any, new: Any, rule: str, back: str) -> Line:
    return Line(old, new, {rule: NARROWS}, {back: WIDENS})


def bounds(kind: Any, keyword: str, tight: int, loose: int) -> dict[str, Line]:
    name = "".join(f"-{c.lower()}" if c.isupper() else c for c in keyword)
    tight_one, loose_one = {**kind, keyword: tight}, {**kind, keyword: loose}
    return {
        f"{keyword} set": narrowing(kind, tight_one, f"{name}-set", f"{name}-removed"),
        f"{keyword} tightened": narrowing(loose_one, tight_one, f"{name}-tightened", f"{name}-loosened"),
    }


LINES: dict[str, Line] = {
    # Types
    "type changed": Line(TEXT, WHOLE, {"type-changed": INCOMPARABLE}, {"type-changed": INCOMPARABLE}),
    "integer became number": Line(WHOLE, NUMBER, {"type-widened": WIDENS}, {"type-narrowed": NARROWS}),
    "type set": narrowing({}, TEXT, "type-narrowed", "type-widened"),
    "one of several types": narrowing({"type": ["string", "integer"]}, TEXT, "type-narrowed", "type-widened"),
    "types that overlap": Line(
        {"type": ["string", "integer"]}, {"type": ["boolean", "integer"]},
        {"type-changed": INCOMPARABLE}, {"type-changed": INCOMPARABLE},
    ),
    "null": narrowing({"type": ["string", "null"]}, TEXT, "null-removed", "null-added"),
    "null in a union": narrowing({"anyOf": [TEXT, {"type": "null"}]}, TEXT, "null-removed", "null-added"),
    "null in an enum": narrowing({"enum": ["a", None]}, {"enum": ["a"]}, "null-removed", "null-added"),
    "nothing allowed": narrowing(TEXT, NEVER, "values-forbidden", "values-allowed"),
    # Values
    "enum set": narrowing(TEXT, {**TEXT, "enum": ["a", "b"]}, "enum-set", "enum-removed"),
    "enum value": narrowing(
        {**TEXT, "enum": ["a", "b"]}, {**TEXT, "enum": ["a"]}, "enum-value-removed", "enum-value-added"
    ),
    "enum of other values": Line(
        {"enum": ["a", "b"]}, {"enum": ["a", "c"]},
        {"enum-changed": INCOMPARABLE}, {"enum-changed": INCOMPARABLE},
    ),
    "enum of another type": Line(
        TEXT, {"enum": [1, 2]}, {"type-changed": INCOMPARABLE}, {"type-changed": INCOMPARABLE}
    ),
    "const set": narrowing(TEXT, {"const": "a"}, "const-set", "const-removed"),
    "const changed": Line(
        {"const": 1}, {"const": True}, {"const-changed": INCOMPARABLE}, {"const-changed": INCOMPARABLE}
    ),
    "pattern": narrowing(TEXT, {**TEXT, "pattern": "^a"}, "pattern-added", "pattern-removed"),
    "pattern changed": Line(
        {**TEXT, "pattern": "^a"}, {**TEXT, "pattern": "^b"}, {"pattern-changed": UNKNOWN},
        {"pattern-changed": UNKNOWN},
    ),
    "format": narrowing(TEXT, {**TEXT, "format": "uuid"}, "format-added", "format-removed"),
    "format changed": Line(
        {**TEXT, "format": "date"}, {**TEXT, "format": "date-time"}, {"format-changed": INCOMPARABLE},
        {"format-changed": INCOMPARABLE},
    ),
    "format of numbers": narrowing(
        {**WHOLE, "format": "int64"}, {**WHOLE, "format": "int32"}, "format-narrowed", "format-widened"
    ),
    "format for readers": Line(TEXT, {**TEXT, "format": "password"}, {}, {}),
    "multipleOf": narrowing(WHOLE, {**WHOLE, "multipleOf": 5}, "multiple-of-added", "multiple-of-removed"),
    "multipleOf changed": Line(
        {**WHOLE, "multipleOf": 2}, {**WHOLE, "multipleOf": 4}, {"multiple-of-changed": INCOMPARABLE},
        {"multiple-of-changed": INCOMPARABLE},
    ),
    "uniqueItems": narrowing(
        LIST, {**LIST, "uniqueItems": True}, "unique-items-added", "unique-items-removed"
    ),
    "contentEncoding": Line(
        {**TEXT, "contentEncoding": "base64"}, {**TEXT, "contentEncoding": "base32"},
        {"content-encoding-changed": INCOMPARABLE}, {"content-encoding-changed": INCOMPARABLE},
    ),
    "contentMediaType": Line(
        TEXT, {**TEXT, "contentMediaType": "image/png"},
        {"content-media-type-changed": INCOMPARABLE}, {"content-media-type-changed": INCOMPARABLE},
    ),
    "contentSchema": narrowing(
        TEXT, {**TEXT, "contentSchema": THING}, "content-schema-added", "content-schema-removed"
    ),
    **bounds(NUMBER, "minimum", 5, 1), **bounds(NUMBER, "maximum", 5, 9),
    **bounds(TEXT, "minLength", 5, 1), **bounds(TEXT, "maxLength", 5, 9),
    **bounds(LIST, "minItems", 5, 1), **bounds(LIST, "maxItems", 5, 9),
    **bounds(THING, "minProperties", 5, 1), **bounds(THING, "maxProperties", 5, 9),
    "minContains tightened": narrowing(
        {**LIST, "contains": TEXT}, {**LIST, "contains": TEXT, "minContains": 2},
        "min-contains-tightened", "min-contains-loosened",
    ),
    **bounds({**LIST, "contains": TEXT}, "maxContains", 5, 9),
    "limit became exclusive": narrowing(
        {**NUMBER, "minimum": 1}, {**NUMBER, "exclusiveMinimum": 1}, "minimum-tightened", "minimum-loosened"
    ),
    # Lists
    "items set": narrowing(LIST, {**LIST, "items": TEXT}, "items-added", "items-removed"),
    "items changed": Line(
        {**LIST, "items": TEXT}, {**LIST, "items": WHOLE}, {"type-changed": INCOMPARABLE},
        {"type-changed": INCOMPARABLE},
    ),
    "items closed": narrowing(
        {**LIST, "prefixItems": [TEXT]}, {**LIST, "prefixItems": [TEXT], "items": False},
        "items-added", "items-removed",
    ),
    "prefixItems": narrowing(
        LIST, {**LIST, "prefixItems": [TEXT]}, "prefix-items-added", "prefix-items-removed"
    ),
    "prefixItems beside items": Line(
        {**LIST, "items": WHOLE}, {**LIST, "items": WHOLE, "prefixItems": [WHOLE, TEXT]},
        {"type-changed": INCOMPARABLE}, {"type-changed": INCOMPARABLE},
    ),
    "contains": narrowing(LIST, {**LIST, "contains": TEXT}, "contains-added", "contains-removed"),
    "contains anything": narrowing(LIST, {**LIST, "contains": {}}, "contains-added", "contains-removed"),
    "contains none": narrowing(
        {**LIST, "contains": TEXT, "minContains": 0}, {**LIST, "contains": TEXT},
        "contains-added", "contains-removed",
    ),
    "minContains of none": narrowing(
        {**LIST, "contains": TEXT, "minContains": 0, "maxContains": 3},
        {**LIST, "contains": TEXT, "maxContains": 3}, "min-contains-tightened", "min-contains-loosened",
    ),
    "minContains without contains": Line(LIST, {**LIST, "minContains": 2, "maxContains": 3}, {}, {}),
    "contains changed": narrowing(
        {**LIST, "contains": NUMBER}, {**LIST, "contains": WHOLE}, "type-narrowed", "type-widened"
    ),
    "contains changed, with a most": Line(
        {**LIST, "contains": NUMBER, "maxContains": 3}, {**LIST, "contains": WHOLE, "maxContains": 3},
        {"type-narrowed": INCOMPARABLE}, {"type-widened": INCOMPARABLE},
    ),
    "contains changed, with a most alone": Line(
        {**LIST, "contains": NUMBER, "minContains": 0, "maxContains": 3},
        {**LIST, "contains": WHOLE, "minContains": 0, "maxContains": 3},
        {"type-narrowed": WIDENS}, {"type-widened": NARROWS},
    ),
    "unevaluatedItems": narrowing(
        LIST, {**LIST, "unevaluatedItems": False}, "unevaluated-items-added", "unevaluated-items-removed"
    ),
    # Objects
    "optional property": Line(
        thing(), thing(a=TEXT), {"optional-property-added": NONE}, {"optional-property-removed": (W, H)}
    ),
    "required property": Line(
        thing(), thing("a", a=TEXT),
        {"required-property-added": NARROWS}, {"required-property-removed": (W, B)},
    ),
    "property became required": narrowing(
        thing(a=TEXT), thing("a", a=TEXT), "property-became-required", "property-became-optional"
    ),
    "undescribed property became required": narrowing(
        thing(), {**thing(), "required": ["a"]}, "property-became-required", "property-became-optional"
    ),
    "required property was described": Line(
        {**THING, "required": ["a"]}, thing("a", a=TEXT),
        {"required-property-added": NARROWS}, {"required-property-removed": (W, B)},
    ),
    "required property was described as anything": Line(
        {**THING, "required": ["a"]}, thing("a", a={}),
        {"optional-property-added": NONE}, {"optional-property-removed": (W, H)},
    ),
    "required property was described like the others": Line(
        {**THING, "required": ["a"], "additionalProperties": TEXT},
        {**thing("a", a=TEXT), "additionalProperties": TEXT},
        {"optional-property-added": NONE}, {"optional-property-removed": (W, H)},
    ),
    "property with a pattern": Line(
        {**THING, "patternProperties": {"^x": TEXT, "^y": WHOLE}},
        {**thing(xa={**TEXT, "maxLength": 3}), "patternProperties": {"^x": TEXT, "^y": WHOLE}},
        {"optional-property-added": NONE, "max-length-set": NARROWS},
        {"optional-property-removed": (W, H), "max-length-removed": WIDENS},
    ),
    "property with a pattern of another type": Line(
        {**THING, "patternProperties": {"^x": TEXT}},
        {**thing(xa=WHOLE), "patternProperties": {"^x": TEXT}},
        {"optional-property-added": NONE, "all-of-member-added": NARROWS},
        {"optional-property-removed": (W, H), "all-of-member-removed": WIDENS},
    ),
    "property with a pattern that is not understood": Line(
        {**THING, "patternProperties": {"(": TEXT}},
        {**thing(xa={**TEXT, "maxLength": 3}), "patternProperties": {"(": TEXT}},
        {"optional-property-added": NONE, "max-length-set": NARROWS},
        {"optional-property-removed": (W, H), "max-length-removed": WIDENS},
    ),
    "property of a closed object": Line(
        {**thing(a=TEXT), "additionalProperties": False}, {**thing(), "additionalProperties": False},
        {"closed-property-removed": (B, H), "optional-property-removed": (H, H)},
        {"optional-property-added": NONE},
    ),
    "deprecated property": Line(
        thing("a", a={**TEXT, "deprecated": True}), thing(),
        {"required-property-removed": (H, W)}, {"required-property-added": NARROWS},
    ),
    "additionalProperties": narrowing(
        THING, {**THING, "additionalProperties": False},
        "additional-properties-added", "additional-properties-removed",
    ),
    "additionalProperties with a schema": narrowing(
        THING, {**THING, "additionalProperties": TEXT},
        "additional-properties-added", "additional-properties-removed",
    ),
    "additionalProperties closed": narrowing(
        {**THING, "additionalProperties": TEXT}, {**THING, "additionalProperties": False},
        "values-forbidden", "values-allowed",
    ),
    "additionalProperties changed": Line(
        {**THING, "additionalProperties": TEXT}, {**THING, "additionalProperties": WHOLE},
        {"type-changed": INCOMPARABLE}, {"type-changed": INCOMPARABLE},
    ),
    "unevaluatedProperties": narrowing(
        THING, {**THING, "unevaluatedProperties": False},
        "unevaluated-properties-added", "unevaluated-properties-removed",
    ),
    "patternProperties": narrowing(
        THING, {**THING, "patternProperties": {"^x": TEXT}},
        "pattern-properties-added", "pattern-properties-removed",
    ),
    "patternProperties of a closed object": narrowing(
        {**THING, "additionalProperties": False, "patternProperties": {"^x": TEXT}},
        {**THING, "additionalProperties": False},
        "pattern-properties-refused", "pattern-properties-allowed",
    ),
    "patternProperties changed": Line(
        {**THING, "patternProperties": {"^x": TEXT}}, {**THING, "patternProperties": {"^x": WHOLE}},
        {"type-changed": INCOMPARABLE}, {"type-changed": INCOMPARABLE},
    ),
    "propertyNames": narrowing(
        THING, {**THING, "propertyNames": {"maxLength": 3}}, "property-names-added", "property-names-removed"
    ),
    "dependentRequired": narrowing(
        THING, {**THING, "dependentRequired": {"a": ["b"]}},
        "dependent-required-added", "dependent-required-removed",
    ),
    "dependentSchemas": narrowing(
        THING, {**THING, "dependentSchemas": {"a": {"required": ["b"]}}},
        "dependent-schemas-added", "dependent-schemas-removed",
    ),
    # Who sees a property
    "readOnly": Line(
        thing(a=TEXT), thing(a={**TEXT, "readOnly": True}),
        {"optional-property-became-read-only": (W, H)}, {"optional-property-became-sendable": NONE},
    ),
    "readOnly and required": Line(
        thing("a", a=TEXT), thing("a", a={**TEXT, "readOnly": True}),
        {"required-property-became-read-only": (W, H)}, {"required-property-became-sendable": (B, H)},
    ),
    "writeOnly": Line(
        thing(a=TEXT), thing(a={**TEXT, "writeOnly": True}),
        {"optional-property-became-write-only": NONE}, {"property-became-receivable": NONE},
    ),
    "writeOnly and required": Line(
        thing("a", a=TEXT), thing("a", a={**TEXT, "writeOnly": True}),
        {"required-property-became-write-only": (H, B)}, {"property-became-receivable": NONE},
    ),
    "what is readOnly": Line(
        thing(a={**TEXT, "readOnly": True}), thing(a={**WHOLE, "readOnly": True}),
        {"type-changed": (H, B)}, {"type-changed": (H, B)},
    ),
    "what is writeOnly": Line(
        thing(a={**TEXT, "writeOnly": True}), thing(a={**WHOLE, "writeOnly": True}),
        {"type-changed": (B, H)}, {"type-changed": (B, H)},
    ),
    "readOnly and required, new": Line(
        thing(), thing("a", a={**TEXT, "readOnly": True}),
        {"required-property-added": (H, H)}, {"required-property-removed": (H, B)},
    ),
    "writeOnly and required, new": Line(
        thing(), thing("a", a={**TEXT, "writeOnly": True}),
        {"required-property-added": (B, H)}, {"required-property-removed": (W, H)},
    ),
    "readOnly became required": Line(
        thing(a={**TEXT, "readOnly": True}), thing("a", a={**TEXT, "readOnly": True}),
        {"property-became-required": (H, H)}, {"property-became-optional": (H, B)},
    ),
    # Choices
    "allOf member": narrowing(
        {"allOf": [thing(a=TEXT)]}, {"allOf": [thing(a=TEXT), thing(b=TEXT)]},
        "all-of-member-added", "all-of-member-removed",
    ),
    "first allOf member": narrowing(
        thing(a=TEXT), {**thing(a=TEXT), "allOf": [thing("b", b=TEXT)]},
        "all-of-member-added", "all-of-member-removed",
    ),
    "allOf member that changes nothing": Line(
        {"allOf": [thing("a", a=TEXT)]}, {"allOf": [thing("a", a=TEXT), {"required": ["a"]}]}, {}, {}
    ),
    "anyOf branch": narrowing(
        {"anyOf": [CAT, DOG, OWL]}, {"anyOf": [DOG, CAT]}, "union-branch-removed", "union-branch-added"
    ),
    "oneOf branch": narrowing(
        {"oneOf": [CAT, DOG, OWL]}, {"oneOf": [DOG, CAT]}, "union-branch-removed", "union-branch-added"
    ),
    "branch within another one": Line(
        {"anyOf": [NUMBER, TEXT]}, {"anyOf": [NUMBER, TEXT, {"const": "a"}]}, {}, {}
    ),
    "branches of enums": Line(
        {"anyOf": [{"enum": ["a"]}, WHOLE]}, {"anyOf": [{"enum": ["b"]}, WHOLE]},
        {"const-changed": INCOMPARABLE}, {"const-changed": INCOMPARABLE},
    ),
    "branch changed": narrowing(
        {"oneOf": [CAT, DOG]}, {"oneOf": [DOG, {**CAT, "required": ["kind", "lives"]}]},
        "property-became-required", "property-became-optional",
    ),
    "anyOf became oneOf": narrowing(
        {"anyOf": [thing(a=TEXT), thing(b=TEXT)]}, {"oneOf": [thing(a=TEXT), thing(b=TEXT)]},
        "union-became-one-of", "union-became-any-of",
    ),
    "anyOf of different things became oneOf": Line({"anyOf": [CAT, DOG]}, {"oneOf": [CAT, DOG]}, {}, {}),
    "wrapped in anyOf": Line(
        CAT, {"anyOf": [CAT, DOG]}, {"wrapped-in-any-of": WIDENS}, {"unwrapped": NARROWS}
    ),
    "wrapped in oneOf": Line(
        CAT, {"oneOf": [DOG, CAT]}, {"wrapped-in-one-of": UNKNOWN}, {"unwrapped": NARROWS}
    ),
    "wrapped in oneOf without it": Line(
        CAT, {"oneOf": [DOG, OWL]}, {"union-replaced": INCOMPARABLE}, {"union-replaced": INCOMPARABLE}
    ),
    "union where nothing was said": narrowing({}, {"oneOf": [CAT, DOG]}, "union-added", "union-removed"),
    "union beside what was said": narrowing(
        thing(a=TEXT, b=TEXT), {**thing(a=TEXT, b=TEXT), "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        "union-added", "union-removed",
    ),
    "second union": narrowing(
        {"anyOf": [CAT, DOG]}, {"anyOf": [CAT, DOG], "allOf": [{"oneOf": [OWL, DOG]}]},
        "all-of-member-added", "all-of-member-removed",
    ),
    "type became a union that holds it": Line(
        TEXT, {"anyOf": [TEXT, WHOLE]}, {"wrapped-in-any-of": WIDENS}, {"unwrapped": NARROWS}
    ),
    "enum became a union of its values and more": Line(
        {"enum": ["a", "b"]}, {"anyOf": [{"const": "a"}, {"const": "b"}, {"const": "c"}]},
        {"type-widened": WIDENS}, {"type-narrowed": NARROWS},
    ),
    "two unions": narrowing(
        {"anyOf": [CAT, DOG]}, {"anyOf": [CAT, DOG], "oneOf": [CAT, DOG]}, "union-added", "union-removed"
    ),
    "branches of a named kind": Line(
        {"anyOf": [ref("None"), {"enum": ["a"]}]}, {"anyOf": [ref("None"), {"enum": ["b"]}]},
        {"const-changed": INCOMPARABLE}, {"const-changed": INCOMPARABLE},
    ),
    "branches of other types": Line(
        {"anyOf": [TEXT, WHOLE]}, {"anyOf": [WHOLE, {"type": "boolean"}]},
        {"union-branch-removed": NARROWS, "union-branch-added": WIDENS},
        {"union-branch-removed": NARROWS, "union-branch-added": WIDENS},
    ),
    "branches that share most": Line(
        {"anyOf": [thing(a=TEXT, b=TEXT), WHOLE]}, {"anyOf": [thing(a=TEXT, b=TEXT, c=TEXT), WHOLE]},
        {"optional-property-added": NONE}, {"optional-property-removed": (W, H)},
    ),
    "branch exchanged": Line(
        {"anyOf": [CAT, DOG]}, {"anyOf": [CAT, OWL]},
        {"union-branch-removed": NARROWS, "union-branch-added": WIDENS},
        {"union-branch-removed": NARROWS, "union-branch-added": WIDENS},
    ),
    "branches that share nothing": Line(
        {"anyOf": [thing(a=TEXT), WHOLE]}, {"anyOf": [thing(), WHOLE]},
        {"union-branch-added": WIDENS}, {"union-branch-removed": NARROWS},
    ),
    "branch that became nullable": narrowing(
        {"anyOf": [{"type": ["string", "null"]}, WHOLE]}, {"anyOf": [TEXT, WHOLE]},
        "null-removed", "null-added",
    ),
    # Conditions
    "not": narrowing(TEXT, {**TEXT, "not": {"const": "a"}}, "not-added", "not-removed"),
    "not, narrower within": Line(
        {**TEXT, "not": {"enum": ["a", "b"]}}, {**TEXT, "not": {"enum": ["a"]}},
        {"enum-value-removed": WIDENS}, {"enum-value-added": NARROWS},
    ),
    "not, a property more": Line(
        {**THING, "not": thing("b", b=TEXT)}, {**THING, "not": thing("b", b=TEXT, a=TEXT)},
        {"optional-property-added": (W, B)}, {"optional-property-removed": (W, B)},
    ),
    "not, a default": Line(
        {**TEXT, "not": {"enum": ["a", "b"]}}, {**TEXT, "not": {"enum": ["a"], "default": "a"}},
        {"enum-value-removed": WIDENS, "default-changed": NONE},
        {"enum-value-added": NARROWS, "default-changed": NONE},
    ),
    "if": narrowing(
        THING, {**THING, "if": {"required": ["a"]}, "then": {"required": ["b"]}},
        "condition-added", "condition-removed",
    ),
    "if changed": Line(
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"if": {"required": ["c"]}, "then": {"required": ["b"]}},
        {"condition-changed": UNKNOWN}, {"condition-changed": UNKNOWN},
    ),
    "else": narrowing(
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}},
        "else-added", "else-removed",
    ),
    "then": narrowing(
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
        {"if": {"required": ["a"]}, "then": {"required": ["b", "c"]}},
        "property-became-required", "property-became-optional",
    ),
    # What changes nothing
    "default": Line(TEXT, {**TEXT, "default": "a"}, {"default-changed": NONE}, {"default-changed": NONE}),
    "discriminator": Line(
        {"oneOf": [CAT, DOG]}, {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "kind"}},
        {"discriminator-changed": NONE}, {"discriminator-changed": NONE},
    ),
    "deprecated": Line(
        TEXT, {**TEXT, "deprecated": True}, {"deprecation-added": NONE}, {"deprecation-removed": NONE}
    ),
    "xml": Line(TEXT, {**TEXT, "xml": {"name": "a"}}, {"xml-changed": UNKNOWN}, {"xml-changed": UNKNOWN}),
    "elsewhere": Line(
        {"$ref": "https://a.example/b.json"}, {"$ref": "https://a.example/c.json"},
        {"reference-changed": UNKNOWN}, {"reference-changed": UNKNOWN},
    ),
    "elsewhere besides": Line(
        TEXT, {**TEXT, "$ref": "https://a.example/b.json"},
        {"reference-added": UNKNOWN}, {"reference-removed": UNKNOWN},
    ),
    "a keyword without a name": Line(TEXT, {**TEXT, "": {}}, {}, {}),
    "keywords of other types": Line(TEXT, {**TEXT, "minimum": 3, "items": WHOLE, "minItems": 2}, {}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_every_line_both_ways(name: str) -> None:
    """Each change has its rule and its severity, sent and received, there and back."""
    line = LINES[name]
    for old, new, expected in ((line.old, line.new, line.there), (line.new, line.old, line.back)):
        assert rules(sends(old), sends(new)) == {rule: both[0] for rule, both in expected.items()}
        assert rules(receives(old), receives(new)) == {rule: both[1] for rule, both in expected.items()}
        parts = (
            {"Thing": thing("a", a=ref("Part")), "Part": old},
            {"Thing": thing("a", a=ref("Part")), "Part": new},
        )
        assert rules(*(sends(ref("Thing"), each) for each in parts)).keys() == expected.keys()


SAME: dict[str, tuple[Any, Any]] = {
    "needed names that are none": (
        {**THING, "dependentRequired": {"a": ["b"]}},
        {**THING, "dependentRequired": {"a": [1, "b", None]}},
    ),
    "items of anything": ({**LIST, "items": {}}, {**LIST, "items": {"allOf": [{}]}}),
    "contains of anything": ({**LIST, "contains": {}}, {**LIST, "contains": {"allOf": [{}]}}),
    "additionalProperties of anything": (
        {**THING, "additionalProperties": {}}, {**THING, "additionalProperties": {"allOf": [{}]}}
    ),
    "propertyNames of anything": (
        {**THING, "propertyNames": {}}, {**THING, "propertyNames": {"oneOf": [{}]}}
    ),
    "allOf of one": (TEXT, {"allOf": [TEXT]}),
    "oneOf with one branch": (CAT, {"oneOf": [CAT]}),
    "title": (CAT, {**CAT, "title": "Kitten", "description": "Purrs."}),
    "order": (
        {**thing("a", "b", a={"enum": [1, 2]}, b=TEXT)}, {**thing("b", "a", b=TEXT, a={"enum": [2, 1.0]})}
    ),
    "order of branches": ({"oneOf": [CAT, DOG]}, {"oneOf": [DOG, CAT]}),
    "const for an enum of one": ({"enum": ["a"]}, {"const": "a"}),
    "enum without the type it implies": ({**TEXT, "enum": ["a", "b"]}, {"enum": ["b", "a"]}),
    "values outside of the type": ({**TEXT, "enum": ["a", 1]}, {"enum": ["a"]}),
    "both booleans": ({"type": "boolean"}, {"enum": [True, False]}),
    "null as type or branch": ({"type": ["string", "null"]}, {"anyOf": [TEXT, {"type": "null"}]}),
    "null as an enum of it": ({"type": ["string", "null"]}, {"oneOf": [{"enum": [None]}, TEXT]}),
    "types as a list or a union": ({"type": ["string", "integer"]}, {"anyOf": [WHOLE, TEXT]}),
    "types as a list or oneOf": ({"type": ["string", "integer"]}, {"oneOf": [WHOLE, TEXT]}),
    "a list of one type": (TEXT, {"type": ["string"]}),
    "exclusive limits of integers": ({**WHOLE, "exclusiveMinimum": 0}, {**WHOLE, "minimum": 1}),
    "exclusive maximum of integers": ({**WHOLE, "exclusiveMaximum": 9.5}, {**WHOLE, "maximum": 9}),
    "what is the default": (
        {**THING, "minProperties": 0, "additionalProperties": True, "properties": {}, "required": []}, THING
    ),
    "what is the default of lists": ({**LIST, "minItems": 0, "items": {}, "uniqueItems": False}, LIST),
    "multiples of one": ({**WHOLE, "multipleOf": 1}, WHOLE),
    "properties moved into allOf": (
        thing("a", a=TEXT, b=WHOLE), {"allOf": [thing("a", a=TEXT), thing(b=WHOLE)]}
    ),
    "limits met": ({**NUMBER, "minimum": 3}, {"allOf": [{**NUMBER, "minimum": 1}, {"minimum": 3}]}),
    "enums met": ({"enum": ["a"]}, {"allOf": [{"enum": ["a", "b"]}, {"enum": ["c", "a"]}]}),
    "number or integer": (NUMBER, {"type": ["number", "integer"]}),
    "types met": (WHOLE, {"allOf": [NUMBER, {"type": ["integer", "string"]}]}),
    "an anchor": ({"$ref": "#part"}, TEXT),
    "an identifier": ({"$dynamicRef": "https://a.example/part"}, TEXT),
    "two names of one schema": (
        thing(a={"$ref": "#part"}, b={"$ref": "https://a.example/part"}), thing(a=TEXT, b=TEXT)
    ),
    "beside a reference": ({**ref("Part"), "maxLength": 3}, {**TEXT, "maxLength": 3}),
    "first items met": (
        {"allOf": [{**LIST, "prefixItems": [WHOLE]}, {"prefixItems": [NUMBER]}]},
        {**LIST, "prefixItems": [WHOLE]},
    ),
    "not, written twice": ({"not": {"enum": ["a"]}}, {"not": {"const": "a"}}),
    "only null": ({"type": "null"}, {"oneOf": [{"const": None}]}),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME)
def test_what_means_the_same(name: str) -> None:
    """Two ways to write the same are no change on the wire, inline or as a component of another name."""
    one, other = SAME[name]
    part = {"Part": {**TEXT, "$anchor": "part", "$id": "https://a.example/part"}}
    for old, new in ((one, other), (other, one)):
        assert rules(sends(old, part), sends(new, part)) == {}
        assert rules(receives(old, part), receives(new, part)) == {}
        assert (
            rules(sends(ref("One"), {"One": old, **part}), sends(ref("Other"), {"Other": new, **part})) == {}
        )
        assert rules(receives(old, part), receives({"allOf": [ref("Other")]}, {"Other": new, **part})) == {}


SAME_IN_3_0: dict[str, tuple[Any, Any]] = {
    "nullable or not said": ({**TEXT, "nullable": False}, TEXT),
    "nullable enum": (
        {**TEXT, "nullable": True, "enum": ["a", None]}, {**TEXT, "nullable": True, "enum": ["a"]}
    ),
    "exclusive": ({**WHOLE, "minimum": 0, "exclusiveMinimum": True}, {**WHOLE, "minimum": 1}),
    "exclusive and greatest": ({**WHOLE, "maximum": 5, "exclusiveMaximum": True}, {**WHOLE, "maximum": 4}),
    "beside a reference": ({**ref("P"), "maxLength": 1}, ref("P")),
    "null of allOf": (
        {"allOf": [ref("P")], "nullable": True}, {**ref("P"), "nullable": True},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAME_IN_3_0)
def test_what_means_the_same_in_3_0(name: str) -> None:
    """The dialect of OpenAPI 3.0 has its own ways to write the same."""
    one, other = SAME_IN_3_0[name]
    for old, new in ((one, other), (other, one)):
        documents = [receives(schema, {"P": TEXT}, openapi="3.0.3") for schema in (old, new)]
        assert rules(*documents) == {}


def test_dialects() -> None:
    """A document that moves from 3.0 to 3.1, and means the same, has no change on the wire."""
    limit = {**NUMBER, "minimum": 1, "exclusiveMinimum": True}
    old = receives(thing(a={**TEXT, "nullable": True}, b=limit, c=TEXT), openapi="3.0.3")
    new = receives(thing(a={"type": ["string", "null"]}, b={**NUMBER, "exclusiveMinimum": 1}, c=TEXT))
    assert rules(old, new) == {}
    assert rules(new, old) == {}


def test_values_that_python_takes_for_one() -> None:
    """A constant that became true from 1 has changed, in a component that is otherwise the same."""
    old, new = ({"Part": {"const": value}, "Whole": thing(a=ref("Part"))} for value in (1, True))
    assert rules(sends(ref("Whole"), old), sends(ref("Whole"), new)) == {"const-changed": B}
    assert rules(sends({"const": 1}), sends({"const": True})) == {"const-changed": B}


def test_branches_that_a_discriminator_names() -> None:
    """Branches are paired by what a discriminator calls them, whatever their components are called now."""

    def union(*names: str) -> dict[str, Any]:
        mapping = {str(number): f"#/components/schemas/{name}" for number, name in enumerate(names)}
        branches = [ref(name) for name in names]
        return {"oneOf": branches, "discriminator": {"propertyName": "kind", "mapping": mapping}}

    old = {"A": thing(a=TEXT), "B": thing(b=TEXT)}
    new = {"C": thing(a=WHOLE), "D": thing(b=TEXT)}
    assert rules(sends(union("A", "B"), old), sends(union("C", "D"), new)) == {
        "type-changed": B,
        "discriminator-changed": H,
    }


def test_wrapped_and_changed_at_once() -> None:
    """A component that became a branch is known by its name, and what changed in it is told besides."""
    old, new = {"Part": thing(a=TEXT)}, {"Part": thing(a=WHOLE)}
    wrapped = sends({"anyOf": [ref("Part"), DOG]}, new)
    assert rules(sends(ref("Part"), old), wrapped) == {"wrapped-in-any-of": H, "type-changed": B}


def test_subjects_of_branches() -> None:
    """A branch is called by its title, by what tells it from the others, by its type, or by its number."""

    def made(schema: Any) -> Any:
        titled = {**thing(a=schema), "title": "Cat"}
        tagged = thing(kind={"enum": ["dog"]}, b=schema)
        numbered = thing(kind={"const": 3}, d=schema)
        typed = {"type": "array", "items": schema}
        plain = {"properties": {"e": schema}}
        return receives({"anyOf": [titled, tagged, numbered, typed, plain, {"properties": 1}, False]})

    subjects = {subject for _, rule, subject in rows(made(TEXT), made(WHOLE)) if rule == "type-changed"}
    assert subjects == {
        "GET /x 200<Cat>.a",
        "GET /x 200<kind dog>.b",
        "GET /x 200<kind 3>.d",
        "GET /x 200<array>[]",
        "GET /x 200<4>.e",
    }


def test_what_a_reference_leads_to() -> None:
    """A reference may lead into a schema, to what was never meant as one, or in a circle."""
    into = ref("A/properties/a")
    old, new = ({"A": thing(a=schema)} for schema in (TEXT, WHOLE))
    assert rows(receives(into, old), receives(into, new)) == [(B, "type-changed", "A.a")]
    strange = {"$ref": "#/info/title"}
    assert rules(receives(strange), receives(TEXT)) == {"reference-removed": W}
    circle = {"A": ref("B"), "B": ref("A")}
    assert rules(receives(ref("A"), circle), receives(ref("A"), circle)) == {}
    assert rules(receives(ref("A"), circle), receives(TEXT)) == {"type-narrowed": H}


def test_a_use_that_refers_elsewhere() -> None:
    """Where a place came to refer to another component, and both stay, each such place is told of."""
    parts = {"Old": thing(a=TEXT, b=thing(c=TEXT)), "New": thing(a=WHOLE, b=thing(c=WHOLE))}
    kept = {"x": ref("Old"), "y": ref("New")}
    old = receives(thing(**kept, one=ref("Old"), two=ref("Old")), parts)
    new = receives(thing(**kept, one=ref("New"), two=ref("New")), parts)
    assert sorted(subject for _, _, subject in rows(old, new)) == [
        f"GET /x 200.{use}.{part}" for use in ("one", "two") for part in ("a", "b.c")
    ]


def test_a_component_that_refers_elsewhere() -> None:
    """Where a component came to refer to another one, it is told of, once for all that use it."""
    parts = {"Old": thing(a=TEXT), "New": thing(a=WHOLE)}
    old, new = (
        receives(thing(x=ref("It"), y=ref("It")), {**parts, "It": ref(name)}) for name in ("Old", "New")
    )
    assert [subject for _, _, subject in rows(old, new)] == ["It.a"]


def test_components_that_recur() -> None:
    """Two components that refer to themselves, and say the same, are exchanged without a change."""
    trees = {name: thing(next=ref(name), label=TEXT) for name in ("Tree", "Node")}
    other = {**trees, "Node": thing(next=ref("Node"), label=WHOLE)}
    assert rows(receives(ref("Tree"), trees), receives(ref("Node"), trees)) == []
    assert rows(receives(ref("Tree"), other), receives(ref("Node"), other)) == [
        (B, "type-changed", "GET /x 200.label")
    ]


def test_what_a_component_says_of_null() -> None:
    """Null is told of the component that came to accept it, and of the use where that is what changed."""
    old, new = ({"A": thing(x=ref("B")), "B": {"allOf": [ref("C")]}, "C": schema} for schema in
                (TEXT, {"type": ["string", "null"]}))  # fmt: skip
    assert rows(receives(ref("A"), old), receives(ref("A"), new)) == [(B, "null-added", "C")]
    beside = {"allOf": [ref("C")], "nullable": True}
    assert rows(receives(thing(x=ref("C")), old), receives(thing(x=beside), old)) == [
        (B, "null-added", "GET /x 200.x")
    ]


def test_encodings_of_3_0() -> None:
    """A format that says how contents are encoded is no other limit: without it, the contents are others."""
    encoded = {**TEXT, "format": "byte"}
    assert rules(sends(encoded), sends(TEXT)) == {"format-changed": B}
    assert rules(receives(TEXT), receives(encoded)) == {"format-changed": B}


def test_unions_in_another_order() -> None:
    """Unions that hold together are paired by what they share, not by their order."""
    first, second = {"anyOf": [CAT, DOG]}, {"anyOf": [thing(a=TEXT), thing(b=WHOLE)]}
    assert rules(sends({"allOf": [first, second]}), sends({"allOf": [second, first]})) == {}


def test_unions_within_unions() -> None:
    """A union that lies further in, or that refers to itself, is compared to its end."""
    inner = {"oneOf": [{"anyOf": [{}, TEXT]}]}
    assert rules(sends(WHOLE), sends(inner)) == {"wrapped-in-any-of": H, "type-widened": H}
    circle = {"A": {"anyOf": [ref("A"), TEXT]}, "B": {"anyOf": [ref("B"), {"anyOf": [ref("A"), WHOLE]}]}}
    assert B in rules(sends({"anyOf": [ref("A"), WHOLE]}, circle), sends(TEXT)).values()
    assert rules(sends(ref("A"), circle), sends(ref("A"), {**circle, "A": TEXT}))
    assert rules(sends(ref("A"), circle), sends(ref("B"), circle))
    assert rules(sends(ref("B"), circle), sends(ref("A"), circle))


def test_a_list_among_alternatives_is_called_by_its_items() -> None:
    """A branch without a name is told as what it holds."""
    lists = {"type": "array", "items": INTEGER}
    old, new = (sends({"anyOf": [STRING, {"type": "boolean"}, *more]}) for more in ([], [lists]))
    (change,) = compare(old, new).changes
    assert change.what == "May also be array of integer."
