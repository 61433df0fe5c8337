"""A judge of two OpenAPI documents: do their schemas accept the same values?

Written from the rules of OpenAPI and JSON Schema, apart from the code that prepares documents. It reads both
documents into JSON Schema 2020-12, makes values that are near what either accepts, and asks a validator.

Where a document is read as it is meant and not to the letter: `nullable` adds null to whatever stands beside
it, a `$ref` too; a schema that has `properties` is an object and one that has `items` is an array. Formats,
defaults, `discriminator`, `readOnly` and `writeOnly` refuse no value.
"""

from __future__ import annotations

import copy
import json
import random
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")

DEEPEST = 6
"""Levels of optional things in made values; recursion ends there."""


def seeded(seed: int) -> random.Random:
    """Return chance that repeats itself."""
    return random.Random(seed)  # noqa: S311 - no secret


def is_json(media_type: str) -> bool:
    """Tell whether a media type's content is JSON, `*/*` and the like included."""
    name = media_type.partition(";")[0].strip().lower()
    return name.endswith(("/json", "+json")) or name in {"*/*", "application/*"}


def shape(path: str) -> str:
    """Return a path without the names of its parameters."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def below(pointer: str, *parts: object) -> str:
    """Lengthen a JSON pointer."""
    return pointer + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def look_up(document: Any, pointer: str) -> Any:
    """Return what a JSON pointer leads to; raises `LookupError` where there is nothing."""
    value = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list):
            value = value[int(key) if key.isdecimal() else len(value)]
        else:
            value = (value if isinstance(value, dict) else {})[key]
    return value


def follow(document: Any, pointer: str) -> tuple[str, Any]:
    """Follow local references until something stands; None for what leads nowhere."""
    for _ in range(50):
        try:
            value = look_up(document, pointer)
        except LookupError:
            return pointer, None
        reference = value.get("$ref") if isinstance(value, dict) else None
        if not isinstance(reference, str):
            return pointer, value
        if not reference.startswith("#"):
            return pointer, None
        pointer = unquote(reference)
    return pointer, None


def unquote(reference: str) -> str:
    """Return a local reference's pointer."""
    return re.sub("%([0-9A-Fa-f]{2})", lambda match: chr(int(match[1], 16)), reference[1:])


# Where schemas stand


@dataclass(frozen=True)
class Operation:
    """One operation, where it stands in the document."""

    method: str
    path: str
    pointer: str
    item: str
    value: dict[str, Any]

    @property
    def name(self) -> str:
        """The operation's key: its method and its path's shape."""
        return f"{self.method.upper()} {shape(self.path)}"

    @property
    def title(self) -> str:
        """Method, path and operationId, as one names it to a generated client."""
        identifier = str(self.value.get("operationId", "")).replace(" ", "")
        return f"{self.method.upper()} {self.path} {identifier}".strip()


def operations(document: Any) -> Iterator[Operation]:
    """Yield every operation, behind references of path items too."""
    for path in document.get("paths") or {}:
        pointer, item = follow(document, below("/paths", path))
        for method in METHODS:
            if isinstance(item, dict) and isinstance(item.get(method), dict):
                yield Operation(method, path, below(pointer, method), pointer, item[method])


def parameters(document: Any, operation: Operation) -> dict[str, tuple[str, dict[str, Any]]]:
    """Return an operation's parameters and those of its path item.

    Args:
        document: The document.
        operation: One of its operations.

    Returns:
        Pointer and parameter under the parameter's place and name; a path's parameters have their number in
        the path for a name, as names within a path are not on the wire; those that the path does not name
        take the numbers that are left.
    """
    placeholders = re.findall(r"\{([^}]*)\}", operation.path)
    found = {}
    for owner in (operation.item, operation.pointer):
        for number in range(len(look_up(document, owner).get("parameters") or [])):
            pointer, parameter = follow(document, below(owner, "parameters", number))
            if not isinstance(parameter, dict):
                continue
            found[f"{parameter.get('in')} {parameter.get('name')}"] = pointer, parameter
    named = {f"path {name}": f"path {number}" for number, name in enumerate(placeholders)}
    free = iter([number for name, number in named.items() if name not in found])
    strangers = (name for name in found if name.startswith("path ") and name not in named)
    named |= dict(zip(strangers, free, strict=False))
    return {named.get(name, name): one for name, one in found.items()}


STRING = "string"
"""Stands for a schema, where content is not JSON: it is text."""


def places(document: Any) -> dict[str, list[str]]:
    """Find the places of a document that hold a schema.

    Args:
        document: The document.

    Returns:
        Under a name that a prepared document has too: pointers of the schemas, any of which may fit, or
        `STRING`.
    """
    found: dict[str, list[str]] = {}
    for operation in operations(document):
        for name, (pointer, parameter) in parameters(document, operation).items():
            schema = _schema_of(pointer, parameter)
            if schema:
                found.setdefault(f"{operation.name} parameter {name}", [schema])
        pointer, body = follow(document, below(operation.pointer, "requestBody"))
        for media_type, content in ((body or {}).get("content") or {}).items():
            if isinstance(content, dict) and "schema" in content:
                place = below(pointer, "content", media_type, "schema")
                found.setdefault(f"{operation.name} body {media_type}", [place])
        for code in operation.value.get("responses") or {}:
            pointer, response = follow(document, below(operation.pointer, "responses", code))
            contents = (response or {}).get("content") or {}
            schemas = [
                below(pointer, "content", media_type, "schema") if is_json(media_type) else STRING
                for media_type, content in contents.items()
                if not is_json(media_type) or "schema" in content
            ]
            if schemas and len(schemas) == len(contents):
                found.setdefault(f"{operation.name} response {str(code).upper()}", schemas)
    components = (document.get("components") or {}).get("schemas") or {}
    found |= {f"component {name}": [below("/components/schemas", name)] for name in components}
    return found


def _schema_of(pointer: str, parameter: dict[str, Any]) -> str | None:
    if "schema" in parameter:
        return below(pointer, "schema")
    for media_type, content in (parameter.get("content") or {}).items():
        if isinstance(content, dict) and "schema" in content:
            return below(pointer, "content", media_type, "schema")
    return None


# OpenAPI's schemas as JSON Schema 2020-12

_NUMBER = (int, float)
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_ONE = ("not", "if", "then", "else", "contains", "propertyNames", "items", "additionalProperties")
_NAMED = ("properties", "patternProperties", "dependentSchemas")
_KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), _NUMBER),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), (*_NUMBER, bool)),
    **dict.fromkeys(
        ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), int
    ),
    **dict.fromkeys(_MANY, list),
    **dict.fromkeys(_ONE, (dict, bool)),
    **dict.fromkeys(_NAMED, dict),
    "uniqueItems": bool,
    "pattern": str,
    "required": list,
    "enum": list,
    "type": (str, list),
    "const": object,
}
"""Keywords that refuse values, with the types that they can have."""


def _well_formed(key: str, value: Any) -> bool:
    types = _KEYWORDS.get(key, object)
    if key == "type":
        return set(_list(value)) <= set(TYPES)
    if isinstance(value, bool) and types in {int, _NUMBER}:
        return False
    return isinstance(value, types) and not (key in _MANY and not value)


@dataclass
class Schemas:
    """The schemas of one document.

    Attributes:
        document: The document.
        translated: What was read so far, as JSON Schema, under its pointer.
        leads_to: The pointers that each of these refers to.
        malformed: Pointers of the schemas that hold something without a meaning.
    """

    document: Any
    translated: dict[str, Any] = field(default_factory=dict)
    leads_to: dict[str, set[str]] = field(default_factory=dict)
    malformed: set[str] = field(default_factory=set)
    _names: dict[str, str] = field(default_factory=dict)
    _pointers: dict[str, str] = field(default_factory=dict)
    _compiled: dict[str, jsonschema_rs.Draft202012Validator] = field(default_factory=dict)

    @property
    def _ignores_siblings(self) -> bool:
        return not str(self.document.get("openapi", "")).startswith("3.1")

    def add(self, pointer: str) -> Any:
        """Read a schema and all that it refers to.

        Args:
            pointer: Where it stands, or `STRING`.

        Returns:
            A schema with local references of JSON Schema.
        """
        if pointer == STRING:
            return {"type": "string"}
        waiting = [pointer]
        while waiting:
            here = waiting.pop()
            if here not in self.translated:
                self.leads_to[here] = set()
                try:
                    schema = look_up(self.document, here)
                except LookupError:
                    schema = True
                self.translated[here] = self._translate(schema, here, here)
                waiting.extend(self.leads_to[here])
        return {"$ref": self._reference(pointer)}

    def _reference(self, pointer: str) -> str:
        reference = f"#/$defs/{self._names.setdefault(pointer, str(len(self._names)))}"
        self._pointers[reference] = pointer
        return reference

    def _translate(self, schema: Any, pointer: str, owner: str) -> Any:
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            self.malformed.add(owner)
            return True
        result: dict[str, Any] = {}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            result["$ref"] = self._refer(reference, owner)
            if result["$ref"] is None:
                return True
        if not (reference and self._ignores_siblings):
            for key, value in schema.items():
                if not _well_formed(key, value):
                    self.malformed.add(owner)
                elif key in _KEYWORDS:
                    result[key] = self._translate_keyword(key, value, below(pointer, key), owner)
            self._exclude(result)
            if result.keys().isdisjoint({"type", "enum", "$ref"}):
                kinds = [
                    kind for key, kind in (("properties", "object"), ("items", "array")) if key in result
                ]
                result |= {"type": kinds[0]} if kinds else {}
        return {"anyOf": [result, {"type": "null"}]} if schema.get("nullable") is True else result

    def _translate_keyword(self, key: str, value: Any, pointer: str, owner: str) -> Any:
        if key in _MANY:
            return [self._translate(one, below(pointer, n), owner) for n, one in enumerate(value)]
        if key in _NAMED:
            return {name: self._translate(one, below(pointer, name), owner) for name, one in value.items()}
        return self._translate(value, pointer, owner) if key in _ONE else value

    @staticmethod
    def _exclude(result: dict[str, Any]) -> None:
        """Read the limits of OpenAPI 3.0, which are excluded by a second keyword."""
        for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if isinstance(result.get(exclusive), bool):
                excluded = result.pop(exclusive)
                if excluded and limit in result:
                    result[exclusive] = result.pop(limit)

    def _refer(self, reference: str, owner: str) -> str | None:
        if not reference.startswith("#"):
            return None
        pointer = unquote(reference)
        self.leads_to[owner].add(pointer)
        return self._reference(pointer)

    def reach(self, pointer: str) -> set[str]:
        """Return the pointers of all schemas that have a say in what one accepts."""
        found: set[str] = set()
        waiting = [pointer]
        while waiting:
            here = waiting.pop()
            if here not in found and here != STRING:
                found.add(here)
                waiting.extend(self.leads_to[here])
        return found

    def expand(self, schema: Any) -> Any:
        """Return what a translated reference leads to."""
        return self.translated[self._pointers[schema["$ref"]]]

    def validator(self, alternatives: Sequence[str]) -> Callable[[Any], bool]:
        """Return a check of values.

        Args:
            alternatives: Pointers of schemas that were added; a value has to fit one of them.

        Returns:
            Tells whether a value is accepted.
        """
        checks = []
        for pointer in alternatives:
            if pointer not in self._compiled:
                definitions = {self._names[one]: self.translated[one] for one in self.reach(pointer)}
                self._compiled[pointer] = jsonschema_rs.Draft202012Validator(
                    {"$defs": definitions, **self.add(pointer)}, validate_formats=False
                )
            checks.append(self._compiled[pointer].is_valid)
        return lambda value: any(check(value) for check in checks)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# Values


class Maker:
    """Makes values that a schema probably accepts."""

    def __init__(self, schemas: Schemas, chance: random.Random) -> None:
        self._schemas = schemas
        self._chance = chance

    def make(self, schema: Any, depth: int = 0) -> Any:
        """Make a value.

        Args:
            schema: A translated schema.
            depth: How deep in the whole value this one is.

        Returns:
            A value, most often one that the schema accepts.
        """
        return self._make([schema], depth)

    def _make(self, schemas: list[Any], depth: int) -> Any:
        parts = self._parts(schemas)
        for part in parts:
            if "const" in part:
                return copy.deepcopy(part["const"])
            if part.get("enum"):
                return copy.deepcopy(self._chance.choice(part["enum"]))
        kinds = set(TYPES)
        for part in parts:
            if "type" in part:
                named = set(_list(part["type"]))
                kinds &= named | ({"integer"} if "number" in named else set())
        kind = self._chance.choice(sorted(kinds) if kinds else TYPES)
        if depth > DEEPEST + 3:
            return {"array": [], "object": {}, "string": ""}.get(kind, 0)
        return getattr(self, f"_{kind}")(parts, depth)

    def _parts(self, schemas: Iterable[Any]) -> list[dict[str, Any]]:
        """Collect what has to hold together; of alternatives take one."""
        parts: list[dict[str, Any]] = []
        waiting = list(schemas)
        seen = 0
        while waiting and seen < 200:
            seen += 1
            part = waiting.pop()
            if isinstance(part, bool):
                continue
            parts.append(part)
            if "$ref" in part:
                waiting.append(self._schemas.expand(part))
            waiting.extend(part.get("allOf", ()))
            waiting.extend(
                self._chance.choice(part[several]) for several in ("anyOf", "oneOf") if several in part
            )
        return parts

    def _null(self, _parts: list[Any], _depth: int) -> None:
        return None

    def _boolean(self, _parts: list[Any], _depth: int) -> bool:
        return self._chance.random() < 0.5

    def _limits(self, parts: list[Any], low: str, high: str, most: float) -> tuple[float, float]:
        least = max((part[low] for part in parts if low in part), default=0)
        return least, min((part[high] for part in parts if high in part), default=least + most)

    def _integer(self, parts: list[Any], _depth: int) -> int:
        low, high = self._limits(parts, "minimum", "maximum", 20)
        step = max((part["multipleOf"] for part in parts if "multipleOf" in part), default=1)
        choices = [low, high, low + 1, high - 1, self._chance.uniform(low, max(low, high)), -1]
        return int(self._chance.choice(choices) // step * step)

    def _number(self, parts: list[Any], depth: int) -> float:
        return self._integer(parts, depth) + self._chance.choice([0, 0.5, 0.25])

    def _string(self, parts: list[Any], _depth: int) -> str:
        for part in parts:
            if "pattern" in part:
                return _like(part["pattern"])
        low, high = self._limits(parts, "minLength", "maxLength", 6)
        size = self._chance.choice([int(low), int(max(low, min(high, low + 6)))])
        return "".join(self._chance.choices("abcXYZ019-_ é", k=min(size, 2000)))

    def _array(self, parts: list[Any], depth: int) -> list[Any]:
        low, high = self._limits(parts, "minItems", "maxItems", 3)
        size = (
            int(low)
            if depth >= DEEPEST
            else self._chance.randint(int(low), int(max(low, min(high, low + 3))))
        )
        items = [part["items"] for part in parts if "items" in part]
        return [self._make(items, depth + 1) for _ in range(min(size, 20))]

    def _object(self, parts: list[Any], depth: int) -> dict[str, Any]:
        required = {name for part in parts for name in part.get("required", ())}
        known = {name for part in parts for name in part.get("properties", ())}
        share = 0.0 if depth >= DEEPEST else self._chance.choice([0.0, 0.3, 0.7, 1.0])
        names = sorted(required | {name for name in sorted(known) if self._chance.random() < share})
        extra = [part["additionalProperties"] for part in parts if "additionalProperties" in part]
        if depth < DEEPEST and self._chance.random() < 0.3:
            names.append("added")
        made = {}
        for name in names:
            of_name = [part["properties"][name] for part in parts if name in part.get("properties", ())]
            made[name] = self._make(of_name or extra, depth + 1)
        return made


def _like(pattern: str) -> str:
    """Return a text that a simple pattern matches."""
    text = re.sub(r"\\d(\{(\d+)\})?", lambda match: "1" * int(match[2] or 1), pattern)
    return re.sub(r"\[\^?(.)[^\]]*\][+*]?", r"\1", text).strip("^$").replace("\\", "")


def spots(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value within a JSON value, its own first."""
    yield path
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from spots(child, (*path, key))


def mutate(value: Any, chance: random.Random) -> Any:
    """Change one spot of a value: null, another type, another number, a name added or dropped.

    Args:
        value: A JSON value; it stays as it is.
        chance: Decides.

    Returns:
        The changed copy.
    """
    result = [copy.deepcopy(value)]
    path = (0, *chance.choice([*spots(value)]))
    owner: Any = result
    for key in path[:-1]:
        owner = owner[key]
    old = owner[path[-1]]
    ways: list[Any] = [None, True, 7, 1.5, "unheard of", [], {}, [None], {"added": 1}, [old], {"inner": old}]
    if isinstance(old, str):
        ways += [old + "x", old.upper()]
    elif isinstance(old, (int, float)) and not isinstance(old, bool):
        ways += [old + 1, -old, old * 1.0, old + 0.5, old * 1000]
    elif isinstance(old, list) and old:
        ways += [old[1:], old + old[:1]] * 3
    elif isinstance(old, dict):
        ways += [{**old, "added": "x"}] * 3
        ways += [{key: one for key, one in old.items() if key != dropped} for dropped in old]
    owner[path[-1]] = copy.deepcopy(chance.choice(ways))
    return result[0]


def examples(document: Any, pointer: str) -> Iterator[Any]:
    """Yield the examples that stand in a schema and beside it in its media type or parameter."""
    if pointer == STRING:
        return
    schema = look_up(document, pointer)
    owners = [schema, look_up(document, pointer.rpartition("/")[0])]
    for owner in owners:
        if isinstance(owner, dict):
            yield from media_examples(document, owner).values()


def media_examples(document: Any, content: dict[str, Any]) -> dict[str, Any]:
    """Return a media type's examples by name, those behind references too."""
    found = {"example": content["example"]} if "example" in content else {}
    several = content.get("examples")
    if isinstance(several, dict):
        for name, one in several.items():
            reference = one.get("$ref") if isinstance(one, dict) else None
            example = follow(document, unquote(reference))[1] if isinstance(reference, str) else one
            if isinstance(example, dict) and "value" in example:
                found[name] = example["value"]
    elif isinstance(several, list):
        found |= {str(number): one for number, one in enumerate(several)}
    return found


# Comparing


@dataclass(frozen=True)
class Difference:
    """A value that one document accepts and the other does not, or a place that is gone."""

    place: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}"


@dataclass
class Comparison:
    """What a comparison found.

    Attributes:
        differences: What must not be.
        wider: The places that accept more than before, as a note says.
        compared: The places that were compared.
        values: How many values were tried.
        accepted: How many of them upstream accepts.
        idle: The places for which no value was accepted, so that little was shown.
    """

    differences: list[Difference] = field(default_factory=list)
    wider: set[str] = field(default_factory=set)
    compared: int = 0
    values: int = 0
    accepted: int = 0
    idle: list[str] = field(default_factory=list)


def compare(
    upstream: Any, prepared: Any, pointers: Iterable[str], chance: random.Random, *, effort: int = 20
) -> Comparison:
    """Compare two documents, place by place.

    Args:
        upstream: The document.
        prepared: What was made of it.
        pointers: Where upstream was loosened or repaired. What depends on these may accept more, never less.
        chance: Makes the values.
        effort: How many values of each kind are made for each place.

    Returns:
        What was found.
    """
    before, after = Schemas(upstream), Schemas(prepared)
    theirs, ours = places(upstream), places(prepared)
    result = Comparison()
    noted = sorted(set(pointers))
    for place, old in theirs.items():
        new = ours.get(place)
        if new is None:
            if not place.startswith("component "):
                result.differences.append(Difference(place, "is gone"))
            continue
        old_schemas = [before.add(pointer) for pointer in old]
        new_schemas = [after.add(pointer) for pointer in new]
        reached = set[str]().union(*(before.reach(pointer) for pointer in old))
        if reached & before.malformed:
            continue
        excused = any(_covers(note, pointer) for note in noted for pointer in reached)
        if excused and " parameter header " in place:
            continue  # a text on the wire, whatever the document calls it
        makers = (Maker(before, chance), old_schemas), (Maker(after, chance), new_schemas)
        values = [value for pointer in old for value in examples(upstream, pointer)][:effort]
        values += [
            maker.make(schema) for maker, schemas in makers for schema in schemas for _ in range(effort)
        ]
        values += [mutate(value, chance) for value in values for _ in range(2)]
        if place.startswith("component "):
            # A component's null may have moved to where the component is used, and is judged there.
            values = [value for value in values if value is not None]
        _compare_place(place, values, before.validator(old), after.validator(new), result, excused=excused)
    return result


def _compare_place(
    place: str,
    values: list[Any],
    old: Callable[[Any], bool],
    new: Callable[[Any], bool],
    result: Comparison,
    *,
    excused: bool,
) -> None:
    result.compared += 1
    result.values += len(values)
    accepted = 0
    smallest: dict[bool, str] = {}
    for value in values:
        fits = old(value)
        accepted += fits
        if new(value) == fits:
            continue
        if not fits and excused:
            result.wider.add(place)
            continue
        text = json.dumps(value, ensure_ascii=False)
        if fits not in smallest or len(text) < len(smallest[fits]):
            smallest[fits] = text
    result.accepted += accepted
    if not accepted:
        result.idle.append(place)
    for fits, text in smallest.items():
        what = "is refused and was accepted" if fits else "is accepted and was refused"
        result.differences.append(Difference(place, f"{what}: {text[:400]}"))


def _covers(note: str, pointer: str) -> bool:
    """Tell whether a note speaks of something in a schema, or of what the schema stands in."""
    return f"{note}/".startswith(f"{pointer}/") or f"{pointer}/".startswith(f"{note}/")
