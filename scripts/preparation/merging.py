"""`allOf`, and unions beside other keywords, written as one schema that accepts the same.

The generator reads `allOf` over plain objects only. A schema "is flat" here when nothing but a union, an
object, an array, a simple type or a reference is left of it. What no generated type can express (conditions,
`not`, second patterns) stays in an `allOf` of its own, which the generator passes by and validators obey.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

from scripts.notes import Kind
from scripts.preparation.dialect import KEYWORDS, is_of_type
from scripts.preparation.documents import (
    ANNOTATIONS,
    MARKS,
    ORIGIN,
    VARIANT,
    Schema,
    change_roots,
    component_of,
    components,
    origin,
)
from scripts.preparation.names import pascal_case

if TYPE_CHECKING:
    from scripts.preparation.documents import Draft, Noting

MOST_VARIANTS = 24
"""Variants that `allOf` may multiply a union to; of more, one object is made with the properties of all."""

_UNIONS = ("anyOf", "oneOf")
_SHAPES = {"$ref", "type", "enum", "const", "properties", "items", "additionalProperties", "format", *_UNIONS}
"""Keywords that the generator makes types of."""

_STRICTER = {
    **dict.fromkeys(
        ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum", "minContains"), max
    ),
    **dict.fromkeys(
        ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum", "maxContains"), min
    ),
    "uniqueItems": max,
}


_MET_TOGETHER = {"type", "properties", "additionalProperties", "discriminator"}


class _NeverError(Exception):
    """Two schemas have no value in common."""


def flatten(document: Draft, noting: Noting) -> Draft:
    """Write every `allOf`, and every union beside other keywords, as one schema."""
    merger = _Merger(components(document), noting)
    return change_roots(document, lambda schema, _pointer: merger.flat(schema))


@dataclass
class _Merger:
    """Flattens schemas of one document.

    Attributes:
        components: The document's schema components, before.
        noting: Takes what could not be kept.
    """

    components: dict[str, Schema]
    noting: Noting
    _shapes: dict[str, Schema] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _pairs: list[tuple[str, str]] = field(default_factory=list)

    def flat(self, schema: Any) -> Any:  # noqa: ANN401 - booleans are schemas too
        """Return a schema that accepts the same, flat with all in it."""
        if not isinstance(schema, dict):
            return schema
        made = dict(self._top(schema))
        if isinstance(made.get("properties"), dict):
            made["properties"] = {name: self.flat(value) for name, value in made["properties"].items()}
        for key in ("items", "additionalProperties"):
            if key in made:
                made[key] = self.flat(made[key])
        for key in _UNIONS:
            if key in made:
                made[key] = [self.flat(variant) for variant in made[key]]
        return made

    def _top(self, schema: Schema) -> Schema:
        """Flatten a schema but not what is in its properties and items; those may lead back to it."""
        if "$ref" in schema or not any(key in schema for key in (*_UNIONS, "allOf")):
            return schema
        outer = {key: v for key, v in schema.items() if key in ANNOTATIONS | MARKS or key == "discriminator"}
        marks = {ORIGIN: schema[ORIGIN]} if ORIGIN in schema else {}
        base = {key: v for key, v in schema.items() if key not in outer and key not in (*_UNIONS, "allOf")}
        unions = [{**marks, key: [self._top(v) for v in schema[key]]} for key in _UNIONS if key in schema]
        if unions and "discriminator" in outer:
            unions[0]["discriminator"] = outer.pop("discriminator")
        parts = [{**marks, **base}] if base else []
        parts += [*(self._top(part) for part in schema.get("allOf", ())), *unions]
        shaped = [part for part in parts if _has_shape(part)]
        assertions = [part for part in parts if not _has_shape(part) and not _is_any(part)]
        if not shaped:
            return _with_assertions(outer, assertions)
        try:
            merged = reduce(lambda a, b: self._meet(a, b, origin(schema)), shaped)
        except _NeverError:
            self.noting(
                origin(schema), Kind.LOOSENED, "accepts all", "The parts of `allOf` have no value in common."
            )
            return outer
        if "$ref" in merged:
            if not assertions:
                return merged
            merged = self._target(merged)
        return {**_with_assertions(merged, assertions), **outer}

    def _target(self, schema: Schema) -> Schema:
        """Follow references; one that leads into itself accepts all."""
        seen: set[str] = set()
        while "$ref" in schema:
            name = component_of(schema["$ref"])
            if name is None or name not in self.components:
                return {}
            if name in seen or name in self._open:
                self.noting(
                    origin(schema),
                    Kind.LOOSENED,
                    f"{name!r} accepts all here",
                    "`allOf` leads back into itself.",
                )
                return {}
            seen.add(name)
            schema = self._shape(name)
        return schema

    def _shape(self, name: str) -> Schema:
        if name not in self._shapes:
            self._open.append(name)
            self._shapes[name] = self._top(self.components[name])
            self._open.pop()
        return self._shapes[name]

    def _meet(self, a: Schema, b: Schema, place: str) -> Schema:
        """Return a schema that accepts what both accept.

        Raises:
            _NeverError: There is nothing of the kind.
        """
        if _is_any(a):
            return b
        if _is_any(b):
            return a
        if "$ref" in a and a.get("$ref") == b.get("$ref"):
            return a
        pair = (str(a.get("$ref")), str(b.get("$ref")))
        if "$ref" in a and "$ref" in b:
            if pair in self._pairs:
                self.noting(place, Kind.LOOSENED, f"{pair[1]} left out", "`allOf` leads back into itself.")
                return a
            self._pairs.append(pair)
        try:
            return self._meet_targets(a, b, place)
        finally:
            if "$ref" in a and "$ref" in b:
                self._pairs.pop()

    def _meet_targets(self, a: Schema, b: Schema, place: str) -> Schema:
        targets = self._target(a), self._target(b)
        for given, other in ((a, targets[1]), (b, targets[0])):
            if _adds_nothing(other, self._target(given)):
                return given
        for one, other in (targets, targets[::-1]):
            if any(key in one for key in _UNIONS):
                return self._distribute(one, other, place)
        return self._meet_simple(*targets, place)

    def _distribute(self, union: Schema, other: Schema, place: str) -> Schema:
        """Meet each variant of a union with the other schema."""
        key = next(key for key in _UNIONS if key in union)
        found: list[Schema] = []
        for variant in union[key]:
            try:
                met = self._meet(variant, other, place)
            except _NeverError:
                continue
            name = variant.get(VARIANT) or component_of(str(variant.get("$ref", ""))) or ""
            if "$ref" in met:
                found.append(met)
            elif key in met and set(met) <= MARKS | {key, "discriminator"}:
                found += [_named(inner, name) for inner in met[key]]
            else:
                found.append(_named(met, name))
        if not found:
            raise _NeverError
        rest = {k: v for k, v in union.items() if k not in (*_UNIONS, "discriminator", VARIANT)}
        if len(found) == 1:
            return found[0] if "$ref" in found[0] else {**rest, **found[0]}
        if len(found) > max(MOST_VARIANTS, len(union[key])):
            return self._collapse(found, place)
        kept = {"discriminator": union["discriminator"]} if "discriminator" in union else {}
        return {**rest, key: found, **kept}

    def _collapse(self, variants: list[Schema], place: str) -> Schema:
        """Make one object with the properties of all variants."""
        self.noting(
            place,
            Kind.LOOSENED,
            f"{len(variants)} variants became one object",
            "`allOf` over unions multiplies them.",
        )
        properties: dict[str, list[Schema]] = {}
        for variant in variants:
            for name, value in self._target(variant).get("properties", {}).items():
                held = properties.setdefault(name, [])
                if not any(_same(value, other) for other in held):
                    held.append(value)
        made: Schema = {
            "properties": {
                name: values[0] if len(values) == 1 else {"anyOf": values}
                for name, values in properties.items()
            }
        }
        if all(self._target(variant).get("type") == "object" for variant in variants):
            made["type"] = "object"
        required = [set(self._target(variant).get("required", [])) for variant in variants]
        if common := sorted(set.intersection(*required)):
            made["required"] = common
        return made

    def _meet_simple(self, a: Schema, b: Schema, place: str) -> Schema:
        """Meet two schemas without unions and references."""
        made: Schema = {k: v for k, v in a.items() if k not in MARKS}
        made.update({k: v for k, v in b.items() if k in ANNOTATIONS and k not in made})
        made[ORIGIN] = place
        kinds = _kinds(a) & _kinds(b)
        if not kinds:
            raise _NeverError
        assertions: list[Schema] = []
        for key, value in b.items():
            if key in ANNOTATIONS | MARKS:
                continue
            if key not in a:
                made[key] = value
            elif a[key] != value:
                assertions.append(self._meet_keyword(made, key, value, place))
        if "type" in a and "type" in b:
            made["type"] = _narrower_type(a["type"], b["type"])
        self._check_values(made)
        if "properties" in a or "properties" in b:
            self._meet_objects(made, a, b, place)
        return _with_assertions(made, [assertion for assertion in assertions if assertion])

    def _meet_keyword(self, made: Schema, key: str, value: Any, place: str) -> Schema:  # noqa: ANN401 - JSON
        """Meet one keyword's value with another; what cannot be joined is returned, as a schema of its own."""
        if key == "const":
            raise _NeverError
        if key == "enum":
            made[key] = [item for item in made[key] if item in value]
            if not made[key]:
                raise _NeverError
        elif key == "required":
            made[key] = [*made[key], *(name for name in value if name not in made[key])]
        elif key == "items":
            made[key] = self._meet_or_loosen(made[key], value, place)
        elif key == "allOf":
            made[key] = [*made[key], *value]
        elif key == "format":
            what = f"format {value!r} dropped"
            self.noting(place, Kind.LOOSENED, what, f"The other part says {made[key]!r}.")
        elif key in _STRICTER:
            made[key] = _STRICTER[key](made[key], value)
        elif key not in _MET_TOGETHER:
            return {key: value}
        return {}

    def _check_values(self, made: Schema) -> None:
        """Bring constants and enums in line with each other and with the type."""
        kind = made.get("type")
        if "const" in made and "enum" in made:
            if made["const"] not in made["enum"]:
                raise _NeverError
            del made["enum"]
        if "enum" in made and kind is not None:
            made["enum"] = [value for value in made["enum"] if is_of_type(value, kind)]
            if not made["enum"]:
                raise _NeverError
        if "enum" in made and len(made["enum"]) == 1:
            made["const"] = made.pop("enum")[0]
        if "const" in made and kind is not None and not is_of_type(made["const"], kind):
            raise _NeverError

    def _meet_or_loosen(self, a: Any, b: Any, place: str) -> Any:  # noqa: ANN401 - booleans are schemas too
        try:
            return self._meet(self._top(a), self._top(b), place)
        except _NeverError:
            self.noting(
                place, Kind.LOOSENED, "accepts what either part accepts", "The parts have no value in common."
            )
            return {"anyOf": [a, b]}

    def _meet_objects(self, made: Schema, a: Schema, b: Schema, place: str) -> None:
        properties: dict[str, Any] = {}
        closed: list[str] = []
        for name in {**a.get("properties", {}), **b.get("properties", {})}:
            sides = [
                side["properties"][name]
                if name in side.get("properties", {})
                else side.get("additionalProperties", True)
                for side in (a, b)
            ]
            if False in sides:
                closed.append(name)
            schemas = [side for side in sides if isinstance(side, dict)]
            properties[name] = (
                schemas[0]
                if len(schemas) == 1
                else self._meet_or_loosen(schemas[0], schemas[1], origin(schemas[1], place))
            )
        if closed:
            what = f"accepts {', '.join(map(repr, closed))}"
            self.noting(place, Kind.LOOSENED, what, "One part of `allOf` has it, another accepts no others.")
        made["properties"] = properties
        extra = [side["additionalProperties"] for side in (a, b) if "additionalProperties" in side]
        if False in extra:
            made["additionalProperties"] = False
        elif len(extra) > 1:
            schemas = [side for side in extra if isinstance(side, dict)]
            made["additionalProperties"] = (
                reduce(lambda x, y: self._meet_or_loosen(x, y, place), schemas) if schemas else True
            )


def _same(a: Schema, b: Schema) -> bool:
    ignored = ANNOTATIONS | MARKS
    return {k: v for k, v in a.items() if k not in ignored} == {
        k: v for k, v in b.items() if k not in ignored
    }


def _adds_nothing(schema: Schema, to: Schema) -> bool:
    """Tell whether a schema plainly accepts all that the other one accepts."""
    return all(
        to.get(key) == value or (key == "required" and set(value) <= set(to.get("required", [])))
        for key, value in schema.items()
        if key not in ANNOTATIONS | MARKS
    )


def _is_any(schema: Schema) -> bool:
    return all(key in ANNOTATIONS | MARKS for key in schema)


def _has_shape(schema: Schema) -> bool:
    """Tell whether the generator would make more of a schema than `Any`."""
    return any(
        key in _SHAPES and not (key in _UNIONS and not any(_has_shape(v) for v in schema[key]))
        for key in schema
    )


def _kinds(schema: Schema) -> set[str]:
    """Return the types of values that a simple schema may accept."""
    kind = schema.get("type")
    if kind is None:
        return set(KEYWORDS)
    return {kind, "integer"} if kind == "number" else {kind, "number"} if kind == "integer" else {kind}


def _narrower_type(a: str, b: str) -> str:
    return "integer" if {a, b} == {"integer", "number"} else a


def _named(variant: Schema, name: str) -> Schema:
    """Put a name before what already tells a variant from the others."""
    if "$ref" in variant or not name:
        return variant
    return {**variant, VARIANT: name + pascal_case(variant.get(VARIANT, ""))}


def _with_assertions(schema: Schema, parts: list[Schema]) -> Schema:
    """Add assertions that the generator makes nothing of."""
    made = dict(schema)
    extra: list[Schema] = []
    for part in parts:
        bare = {key: value for key, value in part.items() if key not in MARKS | ANNOTATIONS}
        if set(bare) & {*made, *_UNIONS, "allOf"}:
            extra.append(bare)
        else:
            made.update(bare)
    return {**made, "allOf": [*made.get("allOf", []), *extra]} if extra else made
