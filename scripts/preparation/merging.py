"""`allOf`, and unions beside other keywords, written as one schema that accepts the same.

The generator reads `allOf` over plain objects only. A schema "is flat" here when nothing but a union, an
object, an array, a simple type or a reference is left of it. What no generated type can express (conditions,
`not`, second patterns) stays in an `allOf` of its own, which the generator passes by and validators obey.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

from scripts.notes import Kind
from scripts.preparation.dialect import KEYWORDS, is_of_type, without_idle
from scripts.preparation.documents import (
    ADDED,
    ANNOTATIONS,
    MARKS,
    MEETING,
    ORIGIN,
    PLACE,
    SOURCE,
    UNIONS,
    VARIANT,
    WANTED,
    Schema,
    change_roots,
    component_of,
    components,
    has_shape,
    origin,
    reference_to,
    with_components,
)
from scripts.preparation.names import pascal_case, told_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scripts.preparation.documents import Draft, Noting

MOST_MEETINGS = 2
"""Meetings within one another before they become components; their number could double at each step."""

MOST_NAMED = 100
"""Meetings that become components; documents that need more have unions that lead back to themselves."""

MOST_VARIANTS = 24
"""Variants that `allOf` may multiply a union to; of more, one object is made with the properties of all."""

MOST_MERGED = 1000
"""Schemas merged for one component or operation; the vendor's largest need 32. Unions that lead back to
themselves where nothing names them would need ever more."""

MOST_NESTED = 30
"""Schemas within one another down to which they are merged, for the same reason."""

_STRICTER = {
    **dict.fromkeys(("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum"), max),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum"), min),
    "uniqueItems": max,
}


_MET_TOGETHER = {"type", "properties", "additionalProperties", "patternProperties", "discriminator"}

_GROUPS = ({"if", "then", "else"}, {"contains", "minContains", "maxContains"})
"""Keywords that mean something only beside each other."""


class _NeverError(Exception):
    """Two schemas have no value in common."""


def flatten(document: Draft, noting: Noting) -> Draft:
    """Write every `allOf`, and every union beside other keywords, as one schema."""
    held = components(document)
    merger = _Merger(held, noting)
    flat = {name: merger.whole(held[name]) for name in sorted(held)}

    def change(schema: Any, pointer: str) -> Any:  # noqa: ANN401 - booleans are schemas too
        return schema if pointer.startswith("/components/schemas/") else merger.whole(schema)

    made = change_roots(document, change)
    merger.finish()
    return with_components(made, {**{name: flat[name] for name in held}, **merger.named})


@dataclass
class _Merger:
    """Flattens schemas of one document, in which no reference leads back to itself but through a property.

    What two parts say of one property is met later than the parts: it may lead back to them. Of such
    meetings there are as many as there are sets of schemas in the document; those that lead back to
    themselves get names.

    Attributes:
        components: The document's schema components, before.
        noting: Takes what could not be kept.
        named: Components that were added.
    """

    components: dict[str, Schema]
    noting: Noting
    named: dict[str, Schema] = field(default_factory=dict)
    _shapes: dict[str, Schema] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _waiting: list[tuple[str, Schema]] = field(default_factory=list)
    _merged: int = 0
    _depth: int = 0

    def whole(self, schema: Any) -> Any:  # noqa: ANN401 - booleans are schemas too
        """Return a schema that accepts the same, flat with all in it; it is in no other one."""
        self._merged = 0
        return self._flat(schema)

    def _flat(self, schema: Any) -> Any:  # noqa: ANN401 - booleans are schemas too
        if not isinstance(schema, dict):
            return schema
        self._depth += 1
        made = self._meeting(schema) if MEETING in schema else self._inside(self._bounded_top(schema))
        self._depth -= 1
        return made

    def _inside(self, schema: Schema) -> Schema:
        made = dict(schema)
        if "properties" in made:
            made["properties"] = {name: self._flat(value) for name, value in made["properties"].items()}
        for key in ("items", "additionalProperties"):
            if key in made:
                made[key] = self._flat(made[key])
        for key in UNIONS:
            if key in made:
                made[key] = [self._flat(variant) for variant in made[key]]
        return made

    def _meeting(self, schema: Schema) -> Schema:
        """Meet what several parts say of one thing; once it leads back to itself, it is a component."""
        parts = {json.dumps(_bare(part), sort_keys=True): part for part in _all_parts(schema)}
        key = json.dumps(sorted(parts))
        whole = {**schema, "allOf": list(parts.values())}
        if key in self._names:
            return {**reference_to(self._names[key]), ORIGIN: origin(schema)}
        if len(self._names) > MOST_NAMED and key not in self._open:
            why = "Too many parts of `allOf` are to be met here."
            self.noting(origin(schema), Kind.LOOSENED, "accepts what one of the parts accepts", why)
            return {ORIGIN: origin(schema), "anyOf": [self._flat(part) for part in whole["allOf"]]}
        if key in self._open or len(self._open) > MOST_MEETINGS:
            self._names[key] = _name_of_meeting(whole["allOf"], key)
            if key not in self._open:
                self._waiting.append((key, whole))
            return {**reference_to(self._names[key]), ORIGIN: origin(schema)}
        self._open.append(key)
        made = self._inside(self._bounded_top(whole))
        self._open.pop()
        return self._as_component(key, made) if key in self._names else made

    def finish(self) -> None:
        """Meet what waits for it."""
        while self._waiting:
            self._merged = 0
            key, schema = self._waiting.pop()
            self._open.append(key)
            self._as_component(key, self._inside(self._top(schema)))
            self._open.pop()

    def _as_component(self, key: str, schema: Schema) -> Schema:
        name = self._names[key]
        self.named[name] = {**schema, ADDED: True, PLACE: key, WANTED: name.rpartition("_")[0]}
        return {**reference_to(name), ORIGIN: origin(schema)}

    def _bounded_top(self, schema: Schema) -> Schema:
        """Flatten a schema as `_top` does, if not too much has been flattened around it and before it."""
        if not _is_made_of_others(schema):
            return schema
        self._merged += 1
        if self._merged <= MOST_MERGED and self._depth <= MOST_NESTED:
            return self._top(schema)
        why = "Merging what it is made of leads to ever more of the same."
        self.noting(origin(schema), Kind.LOOSENED, "accepts all", why)
        return {key: value for key, value in schema.items() if key in (ANNOTATIONS | MARKS) - {MEETING}}

    def _top(self, schema: Schema) -> Schema:
        """Flatten a schema but not what is in its properties and items; those may lead back to it."""
        if not _is_made_of_others(schema):
            return schema
        outside = (ANNOTATIONS | MARKS | {"discriminator"}) - {MEETING}
        outer = {key: v for key, v in schema.items() if key in outside}
        marks = {ORIGIN: schema[ORIGIN]} if ORIGIN in schema else {}
        inside = outside | {*UNIONS, "allOf", MEETING}
        base = {key: v for key, v in schema.items() if key not in inside}
        tops = {key: [self._top(v) for v in schema[key]] for key in UNIONS if key in schema}
        unions = [{**marks, key: v} if len(v) > 1 else v[0] for key, v in tops.items()]
        if unions and "discriminator" in outer:
            unions[0] = {**unions[0], "discriminator": outer.pop("discriminator")}
        parts = [{**marks, **base}] if base else []
        parts += [*(self._top(part) for part in schema.get("allOf", ())), *unions]
        shaped = [part for part in parts if has_shape(part)]
        assertions = [part for part in parts if not has_shape(part) and not _is_any(part)]
        if not shaped:
            return _with_assertions(outer, assertions)
        try:
            merged = reduce(lambda a, b: self._meet(a, b, origin(schema)), shaped)
        except _NeverError:
            why = "The parts of `allOf` have no value in common."
            if MEETING not in schema:
                self.noting(origin(schema), Kind.LOOSENED, "accepts all", why)
                return outer
            self.noting(origin(schema), Kind.LOOSENED, "accepts what one of the parts accepts", why)
            return {**outer, "anyOf": shaped}
        if "$ref" in merged:
            if not assertions:
                return merged
            merged = {key: v for key, v in self._target(merged).items() if key not in MARKS}
        return {**_with_assertions(merged, assertions), **outer}

    def _target(self, schema: Schema) -> Schema:
        """Follow references."""
        while "$ref" in schema:
            name = str(component_of(schema["$ref"]))
            if name not in self._shapes:
                self._shapes[name] = self._top(self.components[name])
            schema = self._shapes[name]
        return schema

    def _meet(self, a: Schema, b: Schema, place: str) -> Schema:
        """Return a schema that accepts what both accept.

        Raises:
            _NeverError: There is nothing of the kind.
        """
        if _is_any(a):
            return b
        if "$ref" in a and a.get("$ref") == b.get("$ref"):
            return a
        targets = self._target(a), self._target(b)
        for given, other in ((a, targets[1]), (b, targets[0])):
            if _adds_nothing(other, self._target(given)):
                return given
        for one, other in (targets, targets[::-1]):
            if any(key in one for key in UNIONS):
                return self._distribute(one, other, place)
        return self._meet_simple(*targets, place)

    def _distribute(self, union: Schema, other: Schema, place: str) -> Schema:
        """Meet each variant of a union with the other schema."""
        key = next(key for key in UNIONS if key in union)
        found: list[Schema] = []
        for variant in union[key]:
            try:
                met = self._meet(variant, other, place)
            except _NeverError:
                continue
            name = variant.get(VARIANT) or component_of(str(variant.get("$ref", ""))) or ""
            if "$ref" in met:
                found.append(met)
            elif self._may_join(key, variant, met):
                found += [_named(inner, name) for inner in met[key]]
            else:
                source = {SOURCE: name} if "$ref" in variant else {}
                found.append({**_named(met, name), **source})
        if not found:
            raise _NeverError
        rest = {k: v for k, v in union.items() if k not in (*UNIONS, "discriminator", VARIANT)}
        if len(found) == 1:
            return found[0] if "$ref" in found[0] else {**rest, **found[0]}
        if len(found) > max(MOST_VARIANTS, len(union[key])):
            return self._collapse(found, place)
        kept = {"discriminator": union["discriminator"]} if "discriminator" in union else {}
        return {**rest, key: found, **kept}

    def _may_join(self, key: str, variant: Schema, met: Schema) -> bool:
        """Tell whether the variants of a variant may stand beside the other ones."""
        if key not in met or not set(met) <= MARKS | {key, "discriminator"}:
            return False
        return key == "anyOf" or key not in self._target(variant)  # one of one of several is not one of all

    def _collapse(self, variants: list[Schema], place: str) -> Schema:
        """Make one object with the properties of all variants."""
        self.noting(
            place,
            Kind.LOOSENED,
            f"{len(variants)} variants became one object",
            "`allOf` over unions multiplies them.",
        )
        objects = [self._target(variant) for variant in variants]
        if not all(value.get("type") == "object" for value in objects):
            return {}
        properties: dict[str, list[Schema]] = {}
        for name in dict.fromkeys(name for value in objects for name in value.get("properties", {})):
            held = properties.setdefault(name, [])
            for value in objects:
                schema = value.get("properties", {}).get(name, value.get("additionalProperties", {}))
                schema = schema if isinstance(schema, dict) else {}
                if not any(_same(schema, other) for other in held):
                    held.append(schema)
        made: Schema = {"type": "object", "properties": {}}
        for name, values in properties.items():
            made["properties"][name] = values[0] if len(values) == 1 else {"anyOf": values}
        required = [set(value.get("required", [])) for value in objects]
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
        apart: set[str] = set()
        for group in _GROUPS:
            if group & a.keys() and group & b.keys():
                apart |= group
                assertions.append({key: b[key] for key in b if key in group})
        for key, value in b.items():
            if key in ANNOTATIONS | MARKS | apart:
                continue
            if key not in a:
                made[key] = value
            elif a[key] != value:
                assertions.append(self._meet_keyword(made, key, value, place))
        if "type" in a and "type" in b:
            made["type"] = _narrower_type(a["type"], b["type"])
        self._check_values(made)
        if any(key in side for key in ("properties", "patternProperties") for side in (a, b)):
            self._meet_objects(made, a, b, place)
        return _with_assertions(made, [assertion for assertion in assertions if assertion])

    def _meet_keyword(self, made: Schema, key: str, value: Any, place: str) -> Schema:  # noqa: ANN401 - JSON
        """Meet one keyword's value with another; what cannot be joined is returned, as its own schema."""
        if key == "const":
            raise _NeverError
        if key == "enum":
            made[key] = _some([item for item in made[key] if item in value])
        elif key == "required":
            made[key] = [*made[key], *(name for name in value if name not in made[key])]
        elif key == "items":
            made[key] = _met_later(place, made[key], value)
        elif key == "allOf":
            made[key] = [*made[key], *value]
        elif key == "format":
            what = f"format {value!r} dropped"
            self.noting(place, Kind.LOOSENED, what, f"The other part says {made[key]!r}.")
        elif key in _STRICTER:
            made[key] = _STRICTER[key](made[key], value)
        elif key.startswith("unevaluated"):  # alone in a part it would see nothing of the others
            del made[key]
            self.noting(place, Kind.LOOSENED, f"`{key}` dropped", "Two parts of `allOf` have it.")
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
            made["enum"] = _some([value for value in made["enum"] if is_of_type(value, kind)])
        if "enum" in made and len(made["enum"]) == 1:
            made["const"] = made.pop("enum")[0]
        if "const" in made and kind is not None and not is_of_type(made["const"], kind):
            raise _NeverError

    def _meet_objects(self, made: Schema, a: Schema, b: Schema, place: str) -> None:
        properties: dict[str, Any] = {}
        closed: list[str] = []
        for name in {**a.get("properties", {}), **b.get("properties", {})}:
            sides = [_schema_for(name, side) for side in (a, b)]
            if False in sides:
                closed.append(name)
            schemas = [side for side in sides if isinstance(side, dict)]
            constants = [schema["const"] for schema in schemas if "const" in schema]
            if len(constants) > 1 and constants[0] != constants[1] and name in made.get("required", ()):
                raise _NeverError
            properties[name] = (
                schemas[0] if len(schemas) == 1 else _met_later(origin(schemas[1], place), *schemas)
            )
        if closed:
            what = f"accepts {', '.join(map(repr, closed))}"
            self.noting(place, Kind.LOOSENED, what, "One part of `allOf` has it, another accepts no others.")
        if properties:
            made["properties"] = properties
        self._meet_patterns(made, a, b, place)
        extra = [side["additionalProperties"] for side in (a, b) if "additionalProperties" in side]
        if False in extra:
            made["additionalProperties"] = False
        elif len(extra) > 1:
            schemas = [side for side in extra if isinstance(side, dict)]
            made["additionalProperties"] = _met_later(place, *schemas) if schemas else True

    def _meet_patterns(self, made: Schema, a: Schema, b: Schema, place: str) -> None:
        first, second = a.get("patternProperties", {}), b.get("patternProperties", {})
        if not first and not second:
            return
        made["patternProperties"] = {**first, **second} | {
            name: {"allOf": [first[name], second[name]]}
            for name in first
            if name in second and first[name] != second[name]
        }
        if any(side.get("additionalProperties", True) is not True for side in (a, b)):
            what = "accepts all properties that have a pattern"
            self.noting(
                place, Kind.LOOSENED, what, "One part of `allOf` has patterns, one accepts no others."
            )


def _some(values: list[Any]) -> list[Any]:
    if not values:
        raise _NeverError
    return values


def _met_later(place: str, *schemas: Schema) -> Schema:
    first, *others = schemas
    unlike = [schema for schema in others if not _same(schema, first)]
    return {"allOf": [first, *unlike], ORIGIN: place, MEETING: True} if unlike else first


def _all_parts(schema: Schema) -> Iterator[Schema]:
    for part in schema["allOf"]:
        if MEETING in part:
            yield from _all_parts(part)
        else:
            yield part


def _bare(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Leave out the marks, for comparisons."""
    if isinstance(value, dict):
        return {key: _bare(item) for key, item in value.items() if key not in MARKS}
    return [_bare(item) for item in value] if isinstance(value, list) else value


def _name_of_meeting(parts: Iterable[Schema], key: str) -> str:
    names = {component_of(str(part.get("$ref"))) or "Part" for part in parts}
    return told_apart("And".join(sorted(names)[:3]), key)


def _schema_for(name: str, side: Schema) -> Any:  # noqa: ANN401 - booleans are schemas too
    if name in side.get("properties", {}):
        return side["properties"][name]
    return True if "patternProperties" in side else side.get("additionalProperties", True)


def _same(a: Schema, b: Schema) -> bool:
    first, second = ({k: v for k, v in _bare(side).items() if k not in ANNOTATIONS} for side in (a, b))
    return bool(first == second)


def _adds_nothing(schema: Schema, to: Schema) -> bool:
    """Tell whether a schema plainly accepts all that the other one accepts."""
    held = _bare(to)
    for key, value in _bare(schema).items():
        if key in ANNOTATIONS or held.get(key) == value:
            continue
        if key == "required" and set(value) <= set(held.get(key, ())):
            continue
        if key == "properties" and value.items() <= held.get(key, {}).items():
            continue
        return False
    return True


def _is_made_of_others(schema: Schema) -> bool:
    """Tell whether a schema has parts or variants, and is no reference."""
    return "$ref" not in schema and any(key in schema for key in (*UNIONS, "allOf"))


def _is_any(schema: Schema) -> bool:
    """Tell whether a schema plainly accepts everything."""
    return all(
        key in ANNOTATIONS | MARKS
        or (key == "anyOf" and any(map(_is_any, value)))
        or (key == "oneOf" and len(value) == 1 and _is_any(value[0]))
        or (key == "allOf" and all(map(_is_any, value)))
        for key, value in schema.items()
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
        if "required" in bare and "required" in made:
            held = made["required"]
            made["required"] = [*held, *(name for name in bare.pop("required") if name not in held)]
        if set(bare) & {*made, *UNIONS, "allOf"}:
            extra.append(bare)
        else:
            made.update(bare)
    made = without_idle(made)
    return {**made, "allOf": [*made.get("allOf", []), *extra]} if extra else made
