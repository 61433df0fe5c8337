"""What a place accepts, however it is written down.

A view is the meaning of a schema on the wire: references followed, `allOf` met, null and constants in one
form. Two schemas that only differ in how they are written have equal views. Every keyword keeps the pointer
to where it stands, so that a change is told once, at its cause, through whatever it is seen.

Source: OpenAPI 3.0.4 and 3.1.1; JSON Schema 2020-12.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from scripts.comparison.places import (
    UNIONS,
    Part,
    Place,
    canonical,
    is_trivial,
    key_of,
    target_of,
)
from scripts.comparison.settling import Answers
from scripts.preparation.dialect import is_of_type
from scripts.preparation.documents import Noting, child, components, find
from scripts.preparation.shapes import mend_schemas

if TYPE_CHECKING:
    from collections.abc import Callable

Types: TypeAlias = "frozenset[str]"

ALL_TYPES: Types = frozenset({"array", "boolean", "number", "object", "string"})
"""The types of all values but null; a number may be an integer."""

WHOLE: Types = frozenset({"integer"})
LISTS: Types = frozenset({"array"})
OBJECTS: Types = frozenset({"object"})

LOWER = ("minimum", "minLength", "minItems", "minProperties", "minContains")
UPPER = ("maximum", "maxLength", "maxItems", "maxProperties", "maxContains")
COUNTS = ("minContains", "maxContains")
"""Limits of how many items are like those in `contains`."""
LISTED = ("pattern", "format", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType")
"""Keywords of which every value holds when several parts name one."""
HELD = (
    "items",
    "additionalProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
)
"""Keywords that hold one schema, and that say nothing where that accepts everything."""

CONCERNS: dict[str, Types] = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType",
                     "contentSchema"), frozenset({"string"})),
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), frozenset({"number", "integer"})),
    "format": frozenset({"string", "number", "integer"}),
    **dict.fromkeys(("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains",
                     "maxContains", "unevaluatedItems"), frozenset({"array"})),
    **dict.fromkeys(("properties", "additionalProperties", "propertyNames", "unevaluatedProperties",
                     "minProperties", "maxProperties"), frozenset({"object"})),
}  # fmt: skip
"""The types of which a keyword says something."""


class Held(NamedTuple):
    """A keyword's value, and the pointer to the schema that it stands in."""

    value: Any
    pointer: str


class Bound(NamedTuple):
    """A limit; `tightness` grows as it lets fewer values pass."""

    tightness: tuple[float, bool]
    shown: float | str
    pointer: str
    keyword: str


class Union(NamedTuple):
    """A choice between schemas, null aside.

    Attributes:
        kind: `anyOf` or `oneOf`.
        branches: The schemas.
        part: The schema that the choice stands in.
    """

    kind: str
    branches: tuple[Part, ...]
    part: Part

    @property
    def pointer(self) -> str:
        """Return the pointer to the schema that the choice stands in."""
        return self.part.pointer


@dataclass
class View:
    """What a place accepts.

    Attributes:
        pointer: Where the first of its parts stands.
        never: It accepts nothing at all.
        null: It accepts null.
        types: The types it names, null aside; None where it names none.
        enum: The values that it names, null aside, by their canonical text; None where it names none.
        bounds: Limits, by the keyword's plain name.
        listed: The values of the keywords in `LISTED`, each with where it stands.
        held: The schemas of the keywords in `HELD`, and of `contains`.
        properties: The schemas of properties, by name.
        patterns: The schemas of `patternProperties`, by pattern.
        required: The names of the properties that must be there, with where that is said.
        prefix: The schemas of `prefixItems`.
        unions: Its choices.
        refused: The schemas of `not`.
        conditions: The schemas that have an `if`.
        dependent: Pairs of a property and another one that it needs, with where that is said.
        dependent_schemas: The schemas that hold where a property is there.
        unknown: References that lead nowhere, with where they stand.
        notes: What changes nothing: default, deprecated, discriminator, title, readOnly, writeOnly, xml.
        places: Where keywords stand of which one place has to be told.
        parts: The pointers of all schemas that hold together in it.
    """

    pointer: str
    never: bool = False
    null: bool = True
    types: Types | None = None
    enum: dict[str, Any] | None = None
    bounds: dict[str, Bound] = field(default_factory=dict)
    listed: dict[str, dict[Any, str]] = field(default_factory=dict)
    held: dict[str, list[Part]] = field(default_factory=dict)
    properties: dict[str, list[Part]] = field(default_factory=dict)
    patterns: dict[str, list[Part]] = field(default_factory=dict)
    required: dict[str, str] = field(default_factory=dict)
    prefix: list[list[Part]] = field(default_factory=list)
    unions: list[Union] = field(default_factory=list)
    refused: list[Part] = field(default_factory=list)
    conditions: list[Part] = field(default_factory=list)
    dependent: dict[tuple[str, str], str] = field(default_factory=dict)
    dependent_schemas: dict[str, list[Part]] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Held] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)

    @property
    def is_anything(self) -> bool:
        """Whether it accepts every value."""
        return self.is_open and self.types is None and self.null and not self.unions

    @property
    def is_open(self) -> bool:
        """Whether it says nothing of what is accepted, choices aside."""
        telling = (
            self.bounds, self.listed, self.held, self.properties, self.patterns, self.required, self.prefix,
            self.refused, self.conditions, self.dependent, self.dependent_schemas, self.unknown,
        )  # fmt: skip
        return not self.never and self.enum is None and not any(telling)

    def flag(self, keyword: str) -> bool:
        """Whether `readOnly`, `writeOnly` or `deprecated` is set."""
        return keyword in self.notes and self.notes[keyword].value is True

    def where(self, keyword: str) -> str:
        """Return the pointer to the schema that a keyword stands in, or to the whole."""
        return self.places.get(keyword, self.pointer)


def meet(one: Types | None, other: Types | None) -> Types | None:
    """Return the types that two sets share; an integer is a number."""
    if one is None or other is None:
        return other if one is None else one
    shared = _with_whole(one) & _with_whole(other)
    return shared - {"integer"} if "number" in shared else shared


def _with_whole(types: Types) -> Types:
    return types | {"integer"} if "number" in types else types


def covers(one: Types | None, other: Types | None) -> bool:
    """Tell whether the second set's types are all among the first's."""
    if one is None:
        return True
    return all(
        name in one or (name == "integer" and "number" in one)
        for name in (ALL_TYPES if other is None else other)
    )


class Reader:
    """Reads the schemas of one document.

    Attributes:
        document: The document, mended.
        is_3_0: Whether it is written in OpenAPI 3.0's dialect.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.is_3_0 = str(document["openapi"]).startswith("3.0")
        self._views: dict[tuple[str, ...], View] = {}
        self._targets: dict[str, Part | None] = {}
        self._anchors: dict[str, Part] | None = None
        self._null = Answers[Part, bool](
            lambda part: part.pointer + part.aspect, self._accepts_null, first=True
        )
        self._types = Answers[Place, Types](key_of, self._effective_types, frozenset())

    def target(self, reference: str) -> Part | None:
        """Return the schema that a reference leads to; None where it leads out of the document or nowhere."""
        if reference not in self._targets:
            target = target_of(self.document, reference) or self._anchored(reference)
            self._targets[reference] = target and _mended(target)
        return self._targets[reference]

    def at(self, pointer: str) -> object:
        """Return what stands at a pointer; None where nothing does."""
        try:
            return find(self.document, pointer)
        except KeyError:
            return None

    def null_at(self, pointer: str) -> bool:
        """Tell whether the schema at a pointer accepts null."""
        return self.accepts_null(Part(pointer, self.at(pointer)))

    def _anchored(self, reference: str) -> Part | None:
        """Return the component that carries an anchor, or an identifier."""
        if self._anchors is None:
            self._anchors = {
                name: Part(child("/components/schemas", component), schema)
                for component, schema in components(self.document).items()
                for name in _names_of(schema)
            }
        return self._anchors.get(reference)

    def followed(self, part: Part) -> Part:
        """Return what a part refers to, where it does nothing but refer."""
        seen: set[str] = set()
        target: Part | None = part
        while target is not None and target.pointer not in seen:
            part = target
            seen.add(part.pointer)
            target = self.referred(part)
        return part

    def referred(self, part: Part) -> Part | None:
        """Return what a part refers to, where it does nothing but refer; None where it does more."""
        return self.target(part.schema["$ref"]) if self._only_refers(part.schema) else None

    def _only_refers(self, schema: object) -> bool:
        if not isinstance(schema, dict) or not isinstance(schema.get("$ref"), str):
            return False
        if self.is_3_0:
            return schema.get("nullable") is not True
        return is_trivial({key: value for key, value in schema.items() if key != "$ref"})

    def members(self, part: Part) -> tuple[Part, list[Part]]:
        """Return what a part says itself, and what holds with it, referred to or a member of `allOf`."""
        schema = part.schema if isinstance(part.schema, dict) else {}
        refers = _references_of(schema)
        targets = [target for target in map(self.target, refers) if target is not None]
        if len(targets) < len(refers):
            return part, []
        if refers and self.is_3_0:
            return part.without(*(key for key in schema if key != "nullable")), targets
        inner = [part.child("allOf", number) for number in _numbered(schema, "allOf")]
        own = part.without("allOf", "$ref", "$dynamicRef") if refers or inner else part
        return own, [*targets, *inner]

    def view(self, place: Place) -> View:
        """Return what a place accepts."""
        key = key_of(place)
        if key not in self._views:
            view = View(place[0].pointer)
            seen: set[str] = set()
            for part in place:
                self._absorb(view, part, seen)
            view.null = view.null and all(self.accepts_null(part) for part in place)
            self._views[key] = _finished(view)
        return self._views[key]

    def accepts_null(self, part: Part) -> bool:
        """Tell whether a schema accepts null."""
        return self._null.of(part)

    def _accepts_null(self, part: Part, ask: Callable[[Part], bool]) -> bool:
        """Tell the same, by asking for the schemas that it refers to and that lie in it."""
        schema = part.schema
        if not isinstance(schema, dict) or schema.get("nullable") is True:
            return True
        refers = _references_of(schema)
        if not all(ask(target) for target in map(self.target, refers) if target is not None):
            return False
        if refers and self.is_3_0:
            return True
        if _names_no_null(schema):
            return False
        return all(ask(part.child("allOf", n)) for n in _numbered(schema, "allOf")) and all(
            any(ask(part.child(kind, n)) for n in _numbered(schema, kind))
            for kind in UNIONS
            if kind in schema
        )

    def types(self, place: Place) -> Types | None:
        """Return the types that a place can accept, null aside; None where they are all."""
        types = self._types.of(place)
        return None if covers(types, None) else types

    def _effective_types(self, place: Place, ask: Callable[[Place], Types]) -> Types:
        """Return the same, by asking for the branches of unions."""
        view = self.view(place)
        if view.never:
            return frozenset()
        types = view.types if view.enum is None else types_of(view.enum)
        for union in view.unions:
            found = frozenset().union(*(ask((self.followed(branch),)) for branch in union.branches))
            types = meet(types, found - {"integer"} if "number" in found else found)
        return ALL_TYPES if types is None else types

    def _absorb(self, view: View, part: Part, seen: set[str]) -> None:
        """Take up a schema and what holds with it; each once, as it holds no more for being said twice."""
        schema = part.schema
        if part.pointer + part.aspect in seen or not isinstance(schema, dict):
            view.never = view.never or schema is False
            return
        seen.add(part.pointer + part.aspect)
        view.parts.add(part.pointer)
        refers = _references_of(schema)
        for reference in refers:
            target = self.target(reference)
            if target is None:
                view.unknown.setdefault(reference, part.pointer)
            else:
                self._absorb(view, target, seen)
        if refers and self.is_3_0:
            return
        _absorb_values(view, part)
        _absorb_schemas(view, part)
        for number in _numbered(schema, "allOf"):
            self._absorb(view, part.child("allOf", number), seen)
        for kind in UNIONS:
            if kind in schema:
                self._absorb_union(view, part, kind, seen)

    def _absorb_union(self, view: View, part: Part, kind: str, seen: set[str]) -> None:
        branches = [part.child(kind, number) for number in _numbered(part.schema, kind)]
        kept = tuple(branch for branch in branches if not is_null(branch.schema))
        if len(kept) > 1:
            view.unions.append(Union(kind, kept, part))
        elif kept:
            self._absorb(view, kept[0], seen)
        else:
            view.types = frozenset()


def _references_of(schema: dict[str, Any]) -> list[str]:
    return [schema[key] for key in ("$ref", "$dynamicRef") if isinstance(schema.get(key), str)]


def _names_of(schema: dict[str, Any]) -> list[str]:
    """Return what else a component may be referred to by."""
    anchors = [schema[key] for key in ("$anchor", "$dynamicAnchor") if isinstance(schema.get(key), str)]
    names = [schema["$id"]] if isinstance(schema.get("$id"), str) else []
    return [*(f"#{anchor}" for anchor in anchors), *names]


def _mended(target: Part) -> Part:
    """Mend what a reference leads to, where no schema is expected, and so nothing was mended."""
    if target.component is not None:
        return target
    made = mend_schemas({"components": {"schemas": {"": target.schema}}}, Noting())
    return Part(target.pointer, made["components"]["schemas"][""])


def _numbered(schema: dict[str, Any], keyword: str) -> range:
    return range(len(schema[keyword])) if isinstance(schema.get(keyword), list) else range(0)


def _names_no_null(schema: dict[str, Any]) -> bool:
    """Tell whether what a schema names of types and values leaves null out."""
    types = schema.get("type", "null")
    return (
        "null" not in ([types] if isinstance(types, str) else types)
        or None not in schema.get("enum", [None])
        or schema.get("const") is not None
        or schema.get("not") == {}
    )


def is_null(schema: dict[str, Any]) -> bool:
    """Tell whether a schema names null and nothing else."""
    named = schema.get("type") in ("null", ["null"]) or schema.get("enum") == [None]
    return named or ("const" in schema and schema["const"] is None)


def _absorb_values(view: View, part: Part) -> None:
    """Take up what is said of values themselves."""
    schema, pointer = part.schema, part.pointer
    if "type" in schema:
        given = schema["type"]
        names = frozenset([given] if isinstance(given, str) else given) - {"null"}
        view.types = meet(view.types, names - {"integer"} if "number" in names else names)
        view.places.setdefault("type", pointer)
    _absorb_enum(view, part)
    limits = _with_counts(schema)
    for names_of_bounds, sign in ((LOWER, 1), (UPPER, -1)):
        for name in names_of_bounds:
            for bound in _bounds(limits, name, sign, pointer):
                held = view.bounds.get(name)
                if held is None or held.tightness < bound.tightness:
                    view.bounds[name] = bound
    for keyword in LISTED:
        value = schema.get(keyword)
        if value not in (None, False) and not (keyword == "format" and value == "password"):
            view.listed.setdefault(keyword, {}).setdefault(value, pointer)
    for keyword in _NOTES & schema.keys():
        view.notes.setdefault(keyword, Held(schema[keyword], pointer))


_NOTES = {"default", "deprecated", "discriminator", "title", "readOnly", "writeOnly", "xml"}


def _absorb_enum(view: View, part: Part) -> None:
    schema = part.schema
    if not schema.keys() & {"enum", "const"}:
        return
    named = schema.get("enum", [schema.get("const")])
    values = {canonical(value): value for value in named if value is not None}
    if "const" in schema:
        values = {key: value for key, value in values.items() if key == canonical(schema["const"])}
    held = view.enum
    view.enum = values if held is None else {key: held[key] for key in held if key in values}
    view.places.setdefault("enum", part.pointer)


def _with_counts(schema: dict[str, Any]) -> dict[str, Any]:
    """Say how often `contains` must be met: once, if nothing else is said; counts are for it alone."""
    if _asks_for_items(schema):
        return {"minContains": 1, **schema}
    return {key: value for key, value in schema.items() if key not in COUNTS}


def _asks_for_items(schema: dict[str, Any]) -> bool:
    """Tell whether `contains` says anything: none need be there where none suffice, and none are too many."""
    return "contains" in schema and (schema.get("minContains") != 0 or "maxContains" in schema)


def _bounds(schema: dict[str, Any], name: str, sign: int, pointer: str) -> list[Bound]:
    """Return the limits that a schema sets; an exclusive one is a boolean in OpenAPI 3.0, a number in 3.1."""
    exclusive = _EXCLUSIVE.get(name, name)
    flag = schema.get(exclusive) if name in _EXCLUSIVE else None
    found = []
    if name in schema and not (schema[name] == 0 and name.startswith("min") and name not in _MAY_BE_ZERO):
        shown = f"more than {schema[name]}" if flag is True and sign > 0 else schema[name]
        shown = f"less than {schema[name]}" if flag is True and sign < 0 else shown
        keyword = exclusive if flag is True else name
        found.append(Bound((sign * schema[name], flag is True), shown, pointer, keyword))
    if flag is not None and not isinstance(flag, bool):
        shown = f"{'more' if sign > 0 else 'less'} than {flag}"
        found.append(Bound((sign * flag, True), shown, pointer, exclusive))
    return found


_EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}
_MAY_BE_ZERO = ("minimum", "minContains")


def _absorb_schemas(view: View, part: Part) -> None:
    schema, pointer = part.schema, part.pointer
    for keyword in HELD:
        if keyword in schema and not is_trivial(schema[keyword]):
            view.held.setdefault(keyword, []).append(part.child(keyword))
    if _asks_for_items(schema):
        view.held.setdefault("contains", []).append(part.child("contains"))
    for keyword, found in (
        ("properties", view.properties),
        ("patternProperties", view.patterns),
        ("dependentSchemas", view.dependent_schemas),
    ):
        for name in schema.get(keyword) or ():
            found.setdefault(name, []).append(part.child(keyword, name))
    for name in schema.get("required") or ():
        view.required.setdefault(name, pointer)
    for number in _numbered(schema, "prefixItems"):
        if number == len(view.prefix):
            view.prefix.append([])
        view.prefix[number].append(part.child("prefixItems", number))
    _absorb_conditions(view, part)


def _absorb_conditions(view: View, part: Part) -> None:
    schema = part.schema
    if "not" in schema:
        view.never = view.never or is_trivial(schema["not"])
        view.refused.append(part.child("not"))
    if "if" in schema and schema.keys() & {"then", "else"}:
        view.conditions.append(part)
    for name, needed in (schema.get("dependentRequired") or {}).items():
        for other in needed if isinstance(needed, list) else ():
            if isinstance(other, str):
                view.dependent.setdefault((name, other), part.pointer)


def _finished(view: View) -> View:
    """Bring what follows from one another into one form."""
    if view.enum is not None:
        if view.types is not None:
            view.enum = {
                key: value
                for key, value in view.enum.items()
                if any(is_of_type(value, name) for name in view.types)
            }
        if view.enum.keys() == {"false", "true"}:
            view.enum, view.types = None, frozenset({"boolean"})
        if not view.enum and view.enum is not None:
            view.enum, view.types = None, frozenset()
    view.never = view.never or (view.types == frozenset() and not view.null)
    if view.types == WHOLE:
        for name, sign in (("minimum", 1), ("maximum", -1)):
            if name in view.bounds:
                view.bounds[name] = _whole_bound(view.bounds[name], sign)
        view.listed.get("multipleOf", {}).pop(1, None)
    return view


def _whole_bound(bound: Bound, sign: int) -> Bound:
    """Return the whole number that a limit comes to, of integers."""
    value, exclusive = bound.tightness
    whole = math.floor(value) + 1 if exclusive else math.ceil(value)
    return bound._replace(tightness=(whole, False), shown=sign * whole)


def types_of(values: dict[str, Any]) -> Types:
    """Return the types of values."""
    names = ("array", "boolean", "integer", "number", "object", "string")
    found = frozenset(next(n for n in names if is_of_type(v, n)) for v in values.values())
    return found - {"integer"} if "number" in found else found
