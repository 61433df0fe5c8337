"""Schemas by chance, changed or rewritten by chance, and a validator that judges what the change does.

A client keeps to the document that it was written for: it sends the properties that this document names,
and no others. So the side that sends is read as if every object were closed, and the other one as it stands.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsonschema_rs
from hypothesis import strategies as st

from tests.scripts.hand_made import document, ref
from tests.scripts.sameness import Maker, Schemas, mutate, seeded

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from hypothesis.strategies import DrawFn

NULL = {"type": "null"}
VALUES = 40
"""How many values are tried on each side."""


@dataclass(frozen=True)
class Case:
    """A schema, what became of it, and the components that either refers to."""

    old: Any
    new: Any
    components: dict[str, Any]


COMPONENTS: dict[str, Any] = {
    "Word": {"type": "string", "maxLength": 3},
    "Kind": {"type": "string", "enum": ["a", "b", "c"]},
    "Pair": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}},
        "required": ["a"],
    },
    "Other": {"type": "object", "properties": {"c": {"type": "boolean"}}},
    "Tree": {
        "type": "object",
        "properties": {"label": {"type": "string"}, "next": {"$ref": "#/components/schemas/Tree"}},
    },
}

LEAVES: list[Any] = [
    {"type": "string"},
    {"type": "string", "minLength": 1, "maxLength": 4},
    {"type": "string", "enum": ["a", "b", "c"]},
    {"type": "string", "pattern": "^a"},
    {"type": "string", "nullable": True},
    {"type": "integer"},
    {"type": "integer", "minimum": 0, "maximum": 9},
    {"type": "integer", "enum": [1, 2, 3]},
    {"type": "number", "minimum": 0, "exclusiveMinimum": True},
    {"type": "number", "multipleOf": 2},
    {"type": "boolean"},
    {},
    {"enum": ["a", 1, None]},
    *(ref(name) for name in COMPONENTS),
]
NAMES = ["a", "b", "c"]


@st.composite
def schemas(draw: DrawFn, depth: int = 2) -> Any:
    """Make a small schema."""
    if depth == 0 or draw(st.integers(0, 3)) == 0:
        return copy.deepcopy(draw(st.sampled_from(LEAVES)))
    inner = schemas(depth - 1)
    kind = draw(st.sampled_from(["object", "object", "array", "map", "oneOf", "anyOf", "allOf"]))
    if kind == "array":
        return {"type": "array", "items": draw(inner)}
    if kind == "map":
        return {"type": "object", "additionalProperties": draw(inner)}
    if kind != "object":
        return {kind: [draw(inner) for _ in range(draw(st.integers(1, 3)))]}
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
    needed = [name for name in names if draw(st.booleans())]
    result = {"type": "object", "properties": {name: draw(inner) for name in names}}
    return result | ({"required": needed} if needed else {})


# Changes

SETTINGS: dict[str, list[Any]] = {
    "string": [{"minLength": 2}, {"maxLength": 3}, {"pattern": "^b"}, {"enum": ["a", "d"]}],
    "integer": [{"minimum": 2}, {"maximum": 5}, {"multipleOf": 3}, {"exclusiveMaximum": True, "maximum": 7}],
    "number": [{"minimum": 1}, {"minimum": 0}, {"multipleOf": 4}],
    "array": [{"minItems": 1}, {"maxItems": 1}, {"uniqueItems": True}, {"items": {"type": "boolean"}}],
    "object": [
        {"minProperties": 1},
        {"maxProperties": 1},
        {"additionalProperties": False},
        {"additionalProperties": {"type": "integer"}},
        {"required": ["a"]},
        {"required": ["b", "c"]},
    ],
}
ANYWHERE: list[Any] = [
    {"nullable": True},
    {"not": {"enum": ["a", 1]}},
    {"allOf": [ref("Pair")]},
    {"oneOf": [ref("Kind")]},
]


def _spots(schema: Any, depth: int = 0) -> list[tuple[Any, ...]]:
    """Return the paths of a schema's schemas, its own first."""
    found: list[tuple[Any, ...]] = [()]
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            found += [(key, *path) for path in _spots(schema[key], depth + 1)]
    for name, one in schema.get("properties", {}).items():
        found += [("properties", name, *path) for path in _spots(one, depth + 1)]
    for key in ("allOf", "anyOf", "oneOf"):
        for number, one in enumerate(schema.get(key, ())):
            found += [(key, number, *path) for path in _spots(one, depth + 1)]
    return found


def _at(schema: Any, path: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    if not path:
        return change(copy.deepcopy(schema))
    result = copy.copy(schema)
    result[path[0]] = _at(schema[path[0]], path[1:], change)
    return result


@st.composite
def changed(draw: DrawFn) -> Case:
    """Make a schema and change one or two things of it, in its own text or in a component."""
    old = draw(schemas())
    new = old
    for _ in range(draw(st.integers(1, 2))):
        spot = draw(st.sampled_from(_spots(new)))
        new = _at(new, spot, lambda schema: _change(draw, schema))
    return Case(old, new, COMPONENTS)


def _change(draw: DrawFn, schema: Any) -> Any:
    """Change one thing of a schema."""
    if draw(st.integers(0, 5)) == 0:
        return draw(schemas(1))
    if "$ref" in schema:
        return draw(
            st.sampled_from(
                [
                    ref("Word"),
                    ref("Pair"),
                    {"nullable": True, "allOf": [schema]},
                    {"oneOf": [schema, ref("Other")]},
                ]
            )
        )
    ways: list[Any] = [{**schema, **way} for way in SETTINGS.get(schema.get("type", ""), []) + ANYWHERE]
    # A property that comes into a closed object is no widening by the law, and none is made here.
    open_ = "additionalProperties" not in schema and schema.get("type") == "object"
    if open_:
        properties = schema.get("properties", {})
        ways += [{**schema, "properties": {**properties, "d": draw(schemas(0))}}] * 2
        ways += [
            {**schema, "properties": {k: v for k, v in properties.items() if k != name}}
            for name in properties
        ]
    else:
        ways += [
            {key: value for key, value in schema.items() if key != gone}
            for gone in schema
            if gone != "properties"
        ]
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            ways += [
                {**schema, key: [*schema[key], draw(schemas(0))]},
                {**schema, key: schema[key][1:] or [{}]},
            ] * 2
    if "enum" in schema:
        ways += [{**schema, "enum": schema["enum"][1:]}, {**schema, "enum": [*schema["enum"], "d"]}] * 2
    if "required" in schema:
        ways += [{key: value for key, value in schema.items() if key != "required"}] * 2
    return draw(st.sampled_from(ways))


# The judge


def read(schema: Any, *, tight: bool, value: bool = True) -> Any:
    """Read a translated schema as one who keeps to it does, or as it stands.

    Args:
        schema: The schema.
        tight: Whether no object has properties that it does not name.
        value: Whether it stands for a whole value, and not for a part of what one has to be.

    Returns:
        The schema as JSON Schema.
    """
    if not isinstance(schema, dict):
        return schema
    result: dict[str, Any] = {}
    for key, part in schema.items():
        if key == "properties":
            result[key] = {name: read(one, tight=tight) for name, one in part.items()}
        elif key in {"allOf", "anyOf", "oneOf"}:
            parts = [read(one, tight=tight, value=False) for one in part]
            result[key] = parts
            if key == "oneOf":  # null is no value by which branches are told apart
                result["if"], result["then"], result["else"] = NULL, {"anyOf": parts}, {"oneOf": parts}
                del result[key]
        else:
            result[key] = read(part, tight=tight) if key in {"items", "additionalProperties"} else part
    return {**result, "unevaluatedProperties": False} if tight and value else result


class Side:
    """One of a case's two schemas, as a validator reads it."""

    def __init__(self, schema: Any, components: dict[str, Any], *, tight: bool) -> None:
        self._schemas = Schemas(document({}, {**components, "It": schema}))
        self._root = self._schemas.add("/components/schemas/It")
        definitions = {
            reference.removeprefix("#/$defs/"): read(
                self._schemas.translated[pointer], tight=tight, value=False
            )
            for reference, pointer in self._schemas._pointers.items()
        }
        self._validator = jsonschema_rs.Draft202012Validator(
            {"$defs": definitions, **read(self._root, tight=tight)}, validate_formats=False
        )

    def accepts(self, value: Any) -> bool:
        """Tell whether the schema accepts a value."""
        return self._validator.is_valid(value)

    def values(self, chance: random.Random) -> list[Any]:
        """Make values near what the schema accepts."""
        maker = Maker(self._schemas, chance)
        made = [maker.make(self._root) for _ in range(VALUES)]
        return made + [mutate(value, chance) for value in made]


def witness(case: Case, seed: int) -> tuple[list[Any] | None, list[Any] | None]:
    """Look for a value that the change shuts out, and for one that it lets in.

    Args:
        case: The two schemas.
        seed: Of the chance that makes values.

    Returns:
        A value, in a list, that who keeps to the old schema sends and the new one refuses, or None; and one
        that who keeps to the new schema sends and the old one refuses.
    """
    chance = seeded(seed)
    old, new = (Side(schema, case.components, tight=False) for schema in (case.old, case.new))
    tight_old, tight_new = (Side(schema, case.components, tight=True) for schema in (case.old, case.new))
    values = old.values(chance) + new.values(chance)
    lost = next(([value] for value in values if tight_old.accepts(value) and not new.accepts(value)), None)
    found = next(([value] for value in values if tight_new.accepts(value) and not old.accepts(value)), None)
    return lost, found


# Rewritings


def _reordered(schema: Any) -> Any:
    result = dict(reversed(schema.items()))
    for key in ("required", "enum", "anyOf", "oneOf", "allOf"):
        if key in result:
            result[key] = result[key][::-1]
    if "properties" in result:
        result["properties"] = dict(reversed(result["properties"].items()))
    return result


def _inlined(schema: Any) -> Any:
    name = schema.get("$ref", "").rpartition("/")[2]
    return copy.deepcopy(COMPONENTS.get(name, schema))


REWRITINGS: dict[str, Callable[[Any], Any]] = {
    "allOf of one": lambda schema: {"allOf": [schema]},
    "oneOf of one": lambda schema: {"oneOf": [schema]},
    "anyOf of one": lambda schema: {"anyOf": [schema]},
    "another order": _reordered,
    "a reference opened": _inlined,
    "prose": lambda schema: schema if "$ref" in schema else {**schema, "description": "Prose.", "x-order": 1},
    "defaults written out": lambda schema: (
        {"nullable": False, "readOnly": False, **schema} if schema and "$ref" not in schema else schema
    ),
}


@st.composite
def refactored(draw: DrawFn) -> Case:
    """Make a schema and write it differently at up to three places."""
    old = draw(schemas())
    new = old
    for _ in range(draw(st.integers(1, 3))):
        spot = draw(st.sampled_from(_spots(new)))
        new = _at(new, spot, REWRITINGS[draw(st.sampled_from(sorted(REWRITINGS)))])
    return Case(old, new, COMPONENTS)


def equivalents() -> bool:
    """Tell whether no rewriting changes what a leaf accepts."""
    cases = [Case(leaf, rewrite(leaf), COMPONENTS) for leaf in LEAVES for rewrite in REWRITINGS.values()]
    return all(witness(case, seed) == (None, None) for seed, case in enumerate(cases))
