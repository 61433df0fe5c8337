"""Where things lie in an OpenAPI document: pointers, operations and schemas.

Source: OpenAPI 3.0.4 and 3.1.1, and JSON Schema 2020-12 for the places of subschemas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote

from scripts.notes import Kind, Note

Draft: TypeAlias = "dict[str, Any]"
"""A document on its way from upstream to the normal form."""

Schema: TypeAlias = "dict[str, Any]"


class Noting:
    """Collects what passes did.

    Attributes:
        notes: All of it, each thing once.
    """

    def __init__(self) -> None:
        self.notes: set[Note] = set()

    def __call__(self, pointer: str, kind: Kind, what: str, why: str) -> None:
        """Note one thing, with its pointer into the upstream document."""
        self.notes.add(Note(pointer, kind, what, why))


Pass: TypeAlias = Callable[[Draft, Noting], Draft]
"""A document made from another one, which stays as it is."""

UNIONS = ("anyOf", "oneOf")
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

ORIGIN = "x-upstream-pointer"
"""While a document is being prepared, schemas carry here where they stood upstream."""
ADDED = "x-added-component"
"""Marks components that preparation made; they go when nothing refers to them."""
VARIANT = "x-variant-name"
"""What tells a variant of a union from the others, for its name."""
SOURCE = "x-variant-of"
"""Names the component that a variant of a union was made from, for the union's discriminator."""
MEETING = "x-meeting"
"""Marks an `allOf` of what several parts say of one thing."""
WANTED = "x-wanted-name"
"""What a component that preparation added would be called, were no other one called so."""
PLACE = "x-place"
"""Says in words where such a component stood, which tells it from the others that want its name."""
MARKS = frozenset({ORIGIN, ADDED, VARIANT, SOURCE, MEETING, WANTED, PLACE})

ANNOTATIONS = frozenset(
    {
        "$comment",
        "default",
        "deprecated",
        "description",
        "example",
        "examples",
        "externalDocs",
        "readOnly",
        "title",
        "writeOnly",
        "xml",
    }
)
"""Keywords that accept every value."""

_ONE = frozenset(
    {
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
_MANY = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
_NAMED = frozenset({"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"})
"""Keywords that hold one schema, a list of schemas, and schemas by name."""


def child(pointer: str, *parts: str | int) -> str:
    """Extend a JSON pointer (RFC 6901)."""
    return pointer + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def parts_of(pointer: str) -> list[str]:
    """Split a JSON pointer into its names."""
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def pointer_of(reference: str) -> str:
    """Return the JSON pointer of a reference within the document."""
    return unquote(reference.removeprefix("#"))


def find(document: object, pointer: str) -> Any:  # noqa: ANN401 - any JSON value
    """Return what a pointer leads to.

    Raises:
        KeyError: It leads nowhere.
    """
    value: Any = document
    for part in parts_of(pointer):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise KeyError(pointer)
    return value


def absence(document: object, reference: str, is_schema: Callable[[Any], bool]) -> str:
    """Say why what a schema refers to is not at hand; nothing where it is.

    Args:
        document: The document.
        reference: The reference.
        is_schema: Tells whether what it leads to is a schema.
    """
    if not reference.startswith("#"):
        return "It is in another document."
    try:
        target = find(document, pointer_of(reference))
    except KeyError:
        target = None
    return "" if is_schema(target) else "There is no schema at this place."


MOST_REFERENCES = 20
"""References that are followed one after the other."""


def standing(document: object, pointer: str) -> str:
    """Return the pointer to what stands in a document, behind references too, or to what would hold it."""
    value: Any = document
    found = ""
    parts = parts_of(pointer)
    for _ in range(len(parts) + MOST_REFERENCES):
        reference = value.get("$ref") if isinstance(value, dict) and parts and parts[0] not in value else None
        try:
            if isinstance(reference, str) and reference.startswith("#"):
                value, found = find(document, pointer_of(reference)), pointer_of(reference)
            elif parts:
                value = find(value, child("", parts[0]))
                found = child(found, parts.pop(0))
        except KeyError:
            break
    return found


def component_of(reference: str) -> str | None:
    """Return the schema component that a reference names, or None where it names something else."""
    if not reference.startswith("#"):
        return None
    parts = parts_of(pointer_of(reference))
    return parts[2] if len(parts) == 3 and parts[:2] == ["components", "schemas"] else None  # noqa: PLR2004


def reference_to(component: str) -> Schema:
    """Return a schema that refers to a component."""
    return {"$ref": child("#/components/schemas", component).replace("%", "%25")}


def components(document: Draft) -> dict[str, Schema]:
    """Return a document's schema components."""
    return (document.get("components") or {}).get("schemas") or {}


def with_components(document: Draft, schemas: dict[str, Schema]) -> Draft:
    """Return the document with other schema components."""
    return {**document, "components": {**(document.get("components") or {}), "schemas": schemas}}


def paths(document: Draft) -> dict[str, Any]:
    """Return a document's path items."""
    return document.get("paths") or {}


def origin(schema: Schema, otherwise: str = "") -> str:
    """Return where a schema stood upstream."""
    return str(schema.get(ORIGIN, otherwise))


def subschemas(schema: Schema) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """Yield the schemas within a schema, with the path to each; booleans among them."""
    for keyword, value in schema.items():
        if keyword in _ONE:
            yield (keyword,), value
        elif keyword in _MANY and isinstance(value, list):
            for number, item in enumerate(value):
                yield (keyword, number), item
        elif keyword in _NAMED and isinstance(value, dict):
            for name, item in value.items():
                yield (keyword, name), item


def opened(before: Schema, after: Schema) -> Schema:
    """Bring unions into form of which a variant became one that accepts all.

    `oneOf` would accept nothing else then. And where the others say nothing of types, no union is left.
    """
    for key in UNIONS:
        if key not in after or after[key] is before.get(key):
            continue
        if not any(variant.keys() <= ANNOTATIONS | MARKS for variant in after[key]):
            continue
        variants = after[key]
        after = {name: value for name, value in after.items() if name != key}
        if "anyOf" not in after and any(map(has_shape, variants)):
            after["anyOf"] = variants
    return after


def references(schema: Any) -> Iterator[str]:  # noqa: ANN401 - booleans are schemas too
    """Yield the components that a schema refers to, anywhere in it."""
    if isinstance(schema, dict):
        if "$ref" in schema:
            yield str(component_of(schema["$ref"]))
        for _, inner in subschemas(schema):
            yield from references(inner)


SHAPES = {"$ref", "type", "enum", "const", "properties", "items", "additionalProperties", "format", *UNIONS}
"""Keywords that the generator makes types of."""


def has_shape(schema: Schema) -> bool:
    """Tell whether the generator would make more of a schema than `Any`."""
    return any(
        key in SHAPES and not (key in UNIONS and not any(has_shape(v) for v in schema[key])) for key in schema
    )


Change: TypeAlias = Callable[[Schema, str], Schema]
"""Makes a schema from another one at a pointer; its subschemas were changed before."""


def change_schema(schema: Any, pointer: str, change: Change) -> Any:  # noqa: ANN401 - booleans are schemas too
    """Change a schema and all within it, from the inside out; what stays the same stays the same object."""
    if not isinstance(schema, dict):
        return schema
    inner = change_subschemas(schema, pointer, lambda value, place: change_schema(value, place, change))
    return change(inner, pointer)


def change_subschemas(schema: Schema, pointer: str, change: Callable[[Any, str], Any]) -> Schema:
    """Change the schemas within a schema, one step down; what stays the same stays the same object."""
    changed = schema
    for (keyword, *inner), value in subschemas(schema):
        made = change(value, child(pointer, keyword, *inner))
        if made is value:
            continue
        if changed is schema:
            changed = dict(schema)
        key = str(keyword)
        if not inner:
            changed[key] = made
            continue
        if changed[key] is schema[key]:
            changed[key] = schema[key].copy()
        changed[key][inner[0]] = made
    return changed


def change_schemas(document: Draft, change: Change) -> Draft:
    """Change all schemas of a document, wherever they stand."""
    return change_roots(document, lambda schema, pointer: change_schema(schema, pointer, change))


def change_roots(document: Draft, change: Callable[[Any, str], Any]) -> Draft:
    """Change the outermost schemas of a document: components, and those of parameters and media types."""

    def changed(value: Any, pointer: str, kind: str) -> Any:  # noqa: ANN401 - any JSON value
        if kind == "schema":
            return change(value, pointer)
        if not isinstance(value, dict):
            return value
        made = value
        for key, inner_kind, many in _HOLDS[kind]:
            if key is not None and key not in value:
                continue
            names = value if key is None else [key]
            for name in list(names):
                before = value[name]
                after = _each(before, child(pointer, name), inner_kind, many, changed)
                if after is not before:
                    made = dict(value) if made is value else made
                    made[name] = after
        return made

    return changed(document, "", "document")  # type: ignore[no-any-return]


def _each(value: Any, pointer: str, kind: str, many: bool, changed: Callable[..., Any]) -> Any:  # noqa: ANN401, FBT001 - any JSON value; one table's column
    if not many:
        return changed(value, pointer, kind)
    if isinstance(value, dict):
        made = {name: changed(item, child(pointer, name), kind) for name, item in value.items()}
        return made if any(made[name] is not value[name] for name in value) else value
    if isinstance(value, list):
        items = [changed(item, child(pointer, number), kind) for number, item in enumerate(value)]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value


_HOLDS: dict[str, list[tuple[str | None, str, bool]]] = {
    "document": [
        ("components", "components", False),
        ("paths", "path item", True),
        ("webhooks", "path item", True),
        ("$defs", "schema", True),
        ("definitions", "schema", True),
    ],
    "components": [
        ("schemas", "schema", True),
        ("parameters", "parameter", True),
        ("headers", "parameter", True),
        ("requestBodies", "body", True),
        ("responses", "response", True),
        ("pathItems", "path item", True),
        ("callbacks", "callback", True),
    ],
    "path item": [("parameters", "parameter", True), *((method, "operation", False) for method in METHODS)],
    "operation": [
        ("parameters", "parameter", True),
        ("requestBody", "body", False),
        ("responses", "response", True),
        ("callbacks", "callback", True),
    ],
    "callback": [(None, "path item", False)],
    "parameter": [("schema", "schema", False), ("content", "media type", True)],
    "body": [("content", "media type", True)],
    "response": [("content", "media type", True), ("headers", "parameter", True)],
    "media type": [("schema", "schema", False)],
}
"""What holds what: the key (None: every key), what stands there, and whether it is a collection of them."""


class Operation(NamedTuple):
    """One operation of a document.

    Attributes:
        pointer: Its JSON pointer.
        path: The path's template.
        method: The HTTP method, in lower case.
        value: The operation itself.
    """

    pointer: str
    path: str
    method: str
    value: dict[str, Any]


def operations(document: Draft) -> Iterator[Operation]:
    """Yield a document's operations."""
    for path, item in paths(document).items():
        for method in METHODS:
            if isinstance(item, dict) and method in item:
                yield Operation(child("/paths", path, method), path, method, item[method])


def change_operations(document: Draft, change: Callable[[Operation], dict[str, Any]]) -> Draft:
    """Change all operations of a document."""
    made = dict(paths(document))
    for operation in operations(document):
        made[operation.path] = {**made[operation.path], operation.method: change(operation)}
    return {**document, "paths": made}


def run_passes(document: Draft, passes: Iterable[Pass]) -> tuple[Draft, list[Note]]:
    """Run passes one after the other.

    Returns:
        The last one's document, and what all of them noted, sorted and each thing once.
    """
    noting = Noting()
    for made in passes:
        document = made(document, noting)
    return document, sorted(noting.notes)
