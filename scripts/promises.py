"""What an OpenAPI document promises, read by the rules of OpenAPI 3.0 and 3.1 and of JSON Schema.

Shares no code with the preparation on purpose: what that one misreads is found because it is read twice.
Every document can be read, however malformed: what has the wrong form promises what it plainly means, or
nothing. Nothing here recurses along the document, so its depth does not matter.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scripts.command import Document, Json

Pointers: TypeAlias = tuple[str, ...]
"""JSON pointers (RFC 6901) to schemas that hold together, as those of an `allOf` do."""

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SCHEMAS = "/components/schemas"
DEFAULT = "default"

MOST_ALTERNATIVES = 256
"""Combinations of variants that are told apart for one schema; beyond, each variant is looked at once."""

_TYPES = frozenset({"array", "boolean", "integer", "null", "number", "object", "string"})
_STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}
_IGNORED_HEADERS = frozenset({"accept", "authorization", "content-type"})
_JSON_MEDIA = re.compile(r"(?i)[^/]+/(?:[^;]+\+)?json\s*(?:;.*)?")


class Promise(NamedTuple):
    """One thing that the document promises.

    Attributes:
        kind: What it is, as the report counts it.
        pointer: Where the document promises it.
        scope: The operation that it belongs to, as several may share one place; empty for schemas' parts.
    """

    kind: str
    pointer: str
    scope: str = ""


@dataclass(frozen=True)
class Place:
    """A place in the document that is no schema, and how one gets there.

    Attributes:
        pointer: Its JSON pointer.
        value: What stands there.
        detours: Pointers that stand for the same thing: those of the references that were followed.
    """

    pointer: str
    value: Json
    detours: Pointers = ()

    def child(self, *parts: str | int) -> Place:
        """Go deeper; where nothing is, the value is None."""
        value = self.value
        for part in parts:
            value = _step(value, str(part), None)
        return Place(child(self.pointer, *parts), value, tuple(child(one, *parts) for one in self.detours))

    def entries(self) -> list[tuple[str, Place]]:
        """Return the members of an object or a list."""
        if isinstance(self.value, dict):
            return [(name, self.child(name)) for name in self.value]
        return [
            (str(number), self.child(number)) for number in range(len(self.value))
        ] if isinstance(self.value, list) else []  # fmt: skip

    @property
    def pointers(self) -> Pointers:
        """All that lead here."""
        return (self.pointer, *self.detours)


@dataclass(frozen=True)
class Parameter:
    """A promised parameter: where it is promised, its name on the wire, where it goes, and its schema.

    Name and location are empty where the document does not say them.
    """

    place: Place
    name: str
    location: str
    schema: Place | None

    @property
    def style(self) -> str:
        """How it is written: a style, or a media type that stands in its place."""
        for name, _ in self.place.child("content").entries():
            return name
        given = self.place.child("style").value
        return given if isinstance(given, str) else _STYLES.get(self.location, "")

    @property
    def explode(self) -> bool:
        """Whether items and properties are written on their own."""
        given = self.place.child("explode").value
        return given if isinstance(given, bool) else self.style == "form"


@dataclass(frozen=True)
class Media:
    """A promised media type of a body, with its schema; the name is empty where a reference leads nowhere."""

    place: Place
    name: str
    schema: Place | None

    @property
    def is_json(self) -> bool:
        """Whether its schema speaks of JSON."""
        return _JSON_MEDIA.fullmatch(self.name) is not None


@dataclass(frozen=True)
class Response:
    """A promised response: its code (`200`, `2XX` or `default`) and its media types."""

    place: Place
    code: str
    media: tuple[Media, ...]


@dataclass(frozen=True)
class Operation:
    """A promised operation.

    Attributes:
        place: Where it stands.
        path: The path's template.
        method: The HTTP method, in lower case.
        name: Its operationId, or nothing.
        parameters: Those of the path item too, each once.
        bodies: The request body's media types.
        responses: What may come back.
        security: The schemes of each alternative; none is needed where this is empty.
    """

    place: Place
    path: str
    method: str
    name: str
    parameters: tuple[Parameter, ...]
    bodies: tuple[Media, ...]
    responses: tuple[Response, ...]
    security: tuple[frozenset[str], ...]

    @property
    def title(self) -> str:
        """What people call it."""
        return f"{self.method.upper()} {self.path}"


@dataclass(frozen=True)
class Member:
    """A promised value of an enum: where it stands, and the value."""

    pointer: str
    value: Json


@dataclass(frozen=True)
class Shape:
    """What one alternative of a schema promises, with all that holds for it merged.

    Attributes:
        trail: The schemas that hold, references and unions that led to them too.
        types: The JSON types that are allowed, or None where all are.
        properties: The schemas of each property, by its name on the wire.
        required: The names of those that must be there.
        items: The schemas of a list's items; several where places differ.
        values: The schemas of further properties.
        has_open_items: Whether a list may have items beside those.
        has_open_values: Whether an object may have properties beside those.
        members: The values of an enum, or None where there is none.
        dropped: Values of the enums of some schemas that others, which hold too, do not allow.
        impossible: Whether no value is accepted.
    """

    trail: Pointers
    types: frozenset[str] | None
    properties: dict[str, Pointers] = field(hash=False)
    required: frozenset[str]
    items: tuple[Pointers, ...]
    values: tuple[Pointers, ...]
    has_open_items: bool
    has_open_values: bool
    members: tuple[Member, ...] | None
    dropped: tuple[Member, ...]
    impossible: bool

    @property
    def wants(self) -> frozenset[str]:
        """The types that a value may have, as far as the schema says anything about them."""
        if self.types is not None:
            return self.types - {"null"}
        implied = {"object"} if self.properties or self.values else set()
        return frozenset(implied | ({"array"} if self.items else set()))

    @property
    def is_open(self) -> bool:
        """Whether nothing is said about a value."""
        return self.types is None and self.members is None and not self.wants

    @property
    def is_null(self) -> bool:
        """Whether null is the only value."""
        if self.members is not None:
            return all(member.value is None for member in self.members)
        return self.types == frozenset({"null"})


def child(pointer: str, *parts: str | int) -> str:
    """Extend a JSON pointer."""
    return pointer + "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def ancestors(pointer: str) -> Iterator[str]:
    """Yield a pointer and all that it lies within, the innermost first."""
    while pointer:
        yield pointer
        pointer = pointer.rpartition("/")[0]
    yield ""


def identity(value: Json) -> str:
    """Return a text that tells JSON values apart: `true` from 1, but not 1.0 from 1."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, sort_keys=True)


def _step(value: Json, part: str, otherwise: Any) -> Any:  # noqa: ANN401 - any mark for "nothing"
    if isinstance(value, dict):
        return value.get(part, otherwise)
    if isinstance(value, list) and re.fullmatch("[0-9]{1,9}", part) and int(part) < len(value):
        return value[int(part)]
    return otherwise


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _sequence(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


class _Missing:
    """Stands where a pointer leads nowhere."""


_MISSING = _Missing()


class Promises:
    """A document, with answers to what it promises."""

    def __init__(self, document: Document) -> None:
        """Look at a document; it is not changed.

        Args:
            document: The upstream document.
        """
        self._document = document
        self._is_3_0 = str(document.get("openapi", "")).startswith("3.0")
        self._values: dict[str, Json | _Missing] = {}
        self._alternatives: dict[Pointers, tuple[Shape, ...]] = {}
        self.dangling: dict[str, str] = {}
        """References that lead nowhere in the document, by the pointer of the schema that holds them."""
        self.closed: dict[str, str] = {}
        """The same for path items; what operations they hold cannot be known."""

    # Places

    def _at(self, pointer: str) -> Json | _Missing:
        if pointer not in self._values:
            value: Json | _Missing = self._document
            for part in pointer.split("/")[1:]:
                value = _step(value, part.replace("~1", "/").replace("~0", "~"), _MISSING)  # type: ignore[arg-type]
            self._values[pointer] = value
        return self._values[pointer]

    def _schema(self, pointer: str) -> dict[str, Json]:
        value = self._at(pointer)
        return value if isinstance(value, dict) else {}

    def _target(self, reference: Json) -> str | None:
        """Return the pointer that a reference leads to, or None where the document has no such place."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            return None
        pointer = unquote(reference[1:])
        known = not pointer or (pointer.startswith("/") and not isinstance(self._at(pointer), _Missing))
        return pointer if known else None

    def _follow(self, place: Place) -> Place:
        seen = set()
        while isinstance(place.value, dict) and "$ref" in place.value:
            target = self._target(place.value["$ref"])
            if target is None or target in seen:
                return place
            seen.add(target)
            place = Place(target, self._at(target), place.pointers)  # type: ignore[arg-type]
        return place

    # Operations

    def operations(self) -> Iterator[Operation]:
        """Yield the document's operations."""
        for path, held in Place("", self._document).child("paths").entries():
            item = self._follow(held)
            if "$ref" in _mapping(item.value):
                self.closed[item.pointer] = f"{item.child('$ref').value}"
            for method in METHODS:
                for source in (held, item) if item is not held else (held,):
                    operation = source.child(method)
                    if isinstance(operation.value, dict):
                        yield self._operation(path, method, item, operation)
                        break

    def _operation(self, path: str, method: str, item: Place, place: Place) -> Operation:
        name = place.child("operationId").value
        security = place.child("security")
        if "security" not in _mapping(place.value):
            security = Place("", self._document).child("security")
        return Operation(
            place,
            path,
            method,
            name if isinstance(name, str) else "",
            tuple(self._parameters(item, place)),
            tuple(self._media(self._follow(place.child("requestBody")))),
            tuple(self._responses(place.child("responses"))),
            tuple(
                frozenset({one} if isinstance(one, str) else _mapping(one))
                for one in (
                    [security.value] if isinstance(security.value, str) else _sequence(security.value)
                )
            ),
        )

    def _parameters(self, item: Place, operation: Place) -> Iterator[Parameter]:
        seen = set()
        for holder in (operation, item):
            for _, used in holder.child("parameters").entries():
                place = self._follow(used)
                name, location = place.child("name").value, place.child("in").value
                # The promise stands where it is used; many operations use one definition.
                own = Place(used.pointer, place.value, place.pointers + used.detours)
                if not isinstance(name, str) or not isinstance(location, str):
                    yield Parameter(own, "", "", None)
                    continue
                if (name, location) in seen:
                    continue
                seen.add((name, location))
                if location == "header" and name.lower() in _IGNORED_HEADERS:
                    continue  # OpenAPI: such a definition shall be ignored
                yield Parameter(own, name, location, self._schema_of_parameter(place))

    @staticmethod
    def _schema_of_parameter(place: Place) -> Place | None:
        schema = place.child("schema")
        for _, media in place.child("content").entries()[:1]:
            schema = media.child("schema")
        return schema if schema.value is not None else None

    @staticmethod
    def _media(holder: Place) -> Iterator[Media]:
        if "$ref" in _mapping(holder.value):
            yield Media(holder, "", None)
        for name, place in holder.child("content").entries():
            schema = place.child("schema")
            yield Media(place, name, schema if schema.value is not None else None)

    def _responses(self, holder: Place) -> Iterator[Response]:
        for code, used in holder.entries():
            if code.startswith("x-"):
                continue
            place = self._follow(used)
            own = Place(used.pointer, place.value, place.pointers + used.detours)
            plain = code.strip()
            yield Response(
                own, DEFAULT if plain.lower() == DEFAULT else plain.upper(), tuple(self._media(place))
            )

    def security_schemes(self) -> Iterator[tuple[str, Place]]:
        """Yield the security schemes, by name."""
        for name, used in Place("", self._document).child("components", "securitySchemes").entries():
            place = self._follow(used)
            yield name, Place(used.pointer, place.value, place.pointers)

    # Schemas

    def components(self) -> list[str]:
        """Return the names of the schema components."""
        return list(_mapping(Place("", self._document).child("components", "schemas").value))

    def alias_of(self, component: str) -> str | None:
        """Return the component that this one is another name of, or None where it has a shape of its own."""
        pointer = child(SCHEMAS, component)
        seen = {pointer}
        while True:
            schema = self._schema(pointer)
            wrapped = [
                (keyword, _sequence(schema[keyword]))
                for keyword in ("allOf", "oneOf", "anyOf")
                if keyword in schema
            ]
            if "$ref" in schema:
                target = self._target(schema["$ref"])
            elif len(wrapped) == 1 and len(wrapped[0][1]) == 1 and not _SHAPING.intersection(schema):
                target = child(pointer, wrapped[0][0], 0)
            else:
                name = _component_name(pointer)
                return None if name == component else name
            if target is None or target in seen:
                return None
            seen.add(target)
            pointer = target

    def alternatives(self, pointers: Pointers) -> tuple[Shape, ...]:
        """Return what schemas that hold together promise: one shape for each combination of their variants.

        Args:
            pointers: The schemas' places.

        Returns:
            The shapes. Impossible ones are among them.
        """
        if pointers not in self._alternatives:
            trails = self._trails(pointers)
            shapes = [self._merged(trail) for trail in trails]
            self._alternatives[pointers] = tuple(shapes)
        return self._alternatives[pointers]

    def _trails(self, pointers: Pointers) -> list[Pointers]:
        """Resolve references and unions: each trail lists schemas that hold together."""
        done: list[Pointers] = []
        tried: set[str] = set()
        start: list[Pointers] = [(pointer,) for pointer in reversed(pointers)]
        pending: list[tuple[dict[str, None], list[Pointers]]] = [({}, start)]
        while pending:
            parts, choices = pending.pop()
            while choices:
                options = choices.pop()
                if len(options) > 1:
                    if len(pending) + len(done) >= MOST_ALTERNATIVES:
                        options = tuple(one for one in options if one not in tried) or options[:1]
                    tried.update(options)
                    pending += ((dict(parts), [*choices, (one,)]) for one in reversed(options[1:]))
                if options[0] not in parts:
                    parts[options[0]] = None
                    choices.extend(reversed(list(self._choices(options[0]))))
            done.append(tuple(parts))
        return done

    def _choices(self, pointer: str) -> Iterator[Pointers]:
        """Yield what holds together with a schema: for each thing the variants to choose from."""
        schema = self._schema(pointer)
        if isinstance(schema.get("$ref"), str):
            target = self._target(schema["$ref"])
            if target is None:
                self.dangling[pointer] = str(schema["$ref"])
            else:
                yield (target,)
            if self._is_3_0:
                return  # OpenAPI 3.0: what stands beside a reference shall be ignored
        for number in range(len(_sequence(schema.get("allOf")))):
            yield (child(pointer, "allOf", number),)
        for keyword in ("oneOf", "anyOf"):
            variants = tuple(child(pointer, keyword, n) for n in range(len(_sequence(schema.get(keyword)))))
            if variants:
                yield variants
        # Where one of the two is missing, its pointer leads nowhere, and nothing more holds.
        if "if" in schema and ("then" in schema or "else" in schema):
            yield child(pointer, "then"), child(pointer, "else")
        for name in _mapping(schema.get("dependentSchemas")):
            yield child(pointer, "dependentSchemas", name), child(pointer, "dependentSchemas", name, "-")

    def _merged(self, trail: Pointers) -> Shape:
        types: frozenset[str] | None = None
        properties: dict[str, Pointers] = {}
        required: set[str] = set()
        items: Pointers = ()
        more_items: list[Pointers] = []
        values: Pointers = ()
        more_values: list[Pointers] = []
        closed: set[str] = set()
        members: list[Member] | None = None
        listed_with: list[tuple[Member, frozenset[str] | None]] = []
        impossible = False
        for pointer in trail:
            schema = self._at(pointer)
            impossible = impossible or schema is False
            if not isinstance(schema, dict) or (self._is_3_0 and isinstance(schema.get("$ref"), str)):
                continue
            types = _narrower(types, self._types(schema))
            for name, place in _properties(pointer, schema):
                properties[name] = (*properties.get(name, ()), place)
            required.update(name for name in _sequence(schema.get("required")) if isinstance(name, str))
            closed.update(word for word in ("items", "additionalProperties") if schema.get(word) is False)
            listed = schema.get("items")
            if isinstance(listed, dict):
                items = (*items, child(pointer, "items"))
            more_items += ((child(pointer, "items", n),) for n in range(len(_sequence(listed))))
            more_items += (
                (child(pointer, "prefixItems", n),) for n in range(len(_sequence(schema.get("prefixItems"))))
            )
            if isinstance(schema.get("additionalProperties"), dict):
                values = (*values, child(pointer, "additionalProperties"))
            patterns = _mapping(schema.get("patternProperties"))
            more_values += ((child(pointer, "patternProperties", name),) for name in patterns)
            listed_members = _members(pointer, schema)
            if listed_members is not None:
                members = _in_both(members, listed_members)
                listed_with += ((member, self._types(schema)) for member in listed_members)
        shared = {member.pointer for member in members or ()}
        if members is not None:
            members = _of_types(members, types)
        return Shape(
            trail,
            types,
            properties,
            frozenset(required),
            tuple(([items] if items else []) + more_items),
            tuple(([values] if values else []) + more_values),
            not items and "items" not in closed,
            not values and "additionalProperties" not in closed,
            None if members is None else tuple(members),
            tuple(
                member
                for member, own in listed_with
                if member.pointer not in shared or (member not in (members or ()) and _is_of(member, own))
            ),
            impossible or types == frozenset() or members == [],
        )

    def _types(self, schema: dict[str, Json]) -> frozenset[str] | None:
        named = schema.get("type")
        listed = [named] if isinstance(named, str) else _sequence(named)
        known = frozenset(one for one in listed if isinstance(one, str) and one in _TYPES)
        if not known or len(known) < len(listed):
            return None  # one that nobody knows may stand for anything
        return known | {"null"} if schema.get("nullable") is True else known

    def is_possible(self, pointers: Pointers) -> bool:
        """Tell whether any value satisfies schemas that hold together, as far as types and enums say."""
        return not all(shape.impossible for shape in self.alternatives(pointers))

    def is_void(self, shape: Shape) -> bool:
        """Tell whether a shape accepts nothing, as a variant does whose tag contradicts what is around it."""
        return shape.impossible or any(
            not self.is_possible(shape.properties[name]) for name in shape.required & shape.properties.keys()
        )

    def is_null(self, pointers: Pointers) -> bool:
        """Tell whether null is the only value that satisfies schemas that hold together."""
        live = [shape for shape in self.alternatives(pointers) if not self.is_void(shape)]
        return bool(live) and all(shape.is_null for shape in live)

    def parts(self, roots: Sequence[str], without: Iterable[str] = ()) -> Iterator[Promise]:
        """Yield the promised properties and enum values of schemas, and of all that lies in them.

        Args:
            roots: Pointers to schemas.
            without: Pointers to schemas to leave out, with all that only they lead to.
        """
        pending = list(roots)
        seen = set(without)
        while pending:
            pointer = pending.pop()
            schema = self._at(pointer)
            if pointer in seen or not isinstance(schema, dict):
                continue
            seen.add(pointer)
            if isinstance(schema.get("$ref"), str):
                target = self._target(schema["$ref"])
                if target is not None:
                    pending.append(target)
                if self._is_3_0:
                    continue
            for _, place in _properties(pointer, schema):
                if self._at(place) is not False:  # that is one which must not be there
                    yield Promise("property", place)
                    pending.append(place)
            for member in _members(pointer, schema) or ():
                if member.value is not None:
                    yield Promise("enum_value", member.pointer)
            pending += _inner(pointer, schema)


_SHAPING = frozenset(
    {"additionalProperties", "const", "enum", "items", "patternProperties", "prefixItems", "properties"}
)


def _component_name(pointer: str) -> str | None:
    parts = pointer.removeprefix(f"{SCHEMAS}/")
    return None if parts == pointer or "/" in parts else parts.replace("~1", "/").replace("~0", "~")


def components_of(trail: Pointers) -> list[str]:
    """Return the names of the schema components among pointers."""
    return [name for name in map(_component_name, trail) if name is not None]


def _properties(pointer: str, schema: dict[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield the properties with the places of their schemas, also of a list where an object belongs."""
    held = schema.get("properties")
    for name in _mapping(held):
        yield name, child(pointer, "properties", name)
    for number, item in enumerate(_sequence(held)):
        if isinstance(item, str):
            yield item, child(pointer, "properties", number)
        elif isinstance(item, dict):
            named = item.get("name")
            if isinstance(named, str):
                within = ["schema"] if isinstance(item.get("schema"), dict) else []
                yield named, child(pointer, "properties", number, *within)
            else:
                yield from ((key, child(pointer, "properties", number, key)) for key in item)


def _members(pointer: str, schema: dict[str, Json]) -> list[Member] | None:
    if "const" in schema:
        return [Member(child(pointer, "const"), schema["const"])]
    held = schema.get("enum")
    if not isinstance(held, list) or not held:
        return None
    return [Member(child(pointer, "enum", number), value) for number, value in enumerate(held)]


def _in_both(first: list[Member] | None, second: list[Member]) -> list[Member]:
    """Keep what two enums that hold together allow, with both places of it."""
    if first is None:
        return second
    ours, theirs = ({identity(member.value) for member in members} for members in (first, second))
    return [member for member in [*first, *second] if identity(member.value) in ours & theirs]


def _of_types(members: list[Member], types: frozenset[str] | None) -> list[Member]:
    """Leave out values that the schema's types do not allow; where that leaves none, the types are wrong."""
    allowed = [member for member in members if _is_of(member, types)]
    return allowed or members


def _is_of(member: Member, types: frozenset[str] | None) -> bool:
    return types is None or not types.isdisjoint(_types_of(member.value))


def _types_of(value: Json) -> set[str]:
    if value is None:
        return {"null"}
    if isinstance(value, bool):
        return {"boolean"}
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return {"integer", "number"}
    if isinstance(value, float):
        return {"number"}
    return {"string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"}


def _narrower(first: frozenset[str] | None, second: frozenset[str] | None) -> frozenset[str] | None:
    """Return the types that two schemas allow together."""
    if first is None or second is None:
        return second if first is None else first
    both = first & second
    if any("number" in one and "integer" in other for one, other in ((first, second), (second, first))):
        both |= {"integer"}
    return both


def _inner(pointer: str, schema: dict[str, Json]) -> Iterator[str]:
    """Yield the schemas within a schema that say what is there; properties come on their own."""
    for keyword in ("items", "additionalProperties", "then", "else"):
        if isinstance(schema.get(keyword), dict):
            yield child(pointer, keyword)
    for keyword in ("allOf", "oneOf", "anyOf", "prefixItems", "items"):
        yield from (child(pointer, keyword, n) for n in range(len(_sequence(schema.get(keyword)))))
    for keyword in ("patternProperties", "dependentSchemas"):
        yield from (child(pointer, keyword, name) for name in _mapping(schema.get(keyword)))
