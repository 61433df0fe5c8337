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
Noting: TypeAlias = Callable[[str, Kind, str, str], None]
"""Takes a pointer into the upstream document, a kind, what was done, and why."""

Pass: TypeAlias = Callable[[Draft, Noting], Draft]
"""A document made from another one, which stays as it is."""

COMPONENTS = "#/components/schemas/"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

ORIGIN = "x-upstream-pointer"
"""While a document is being prepared, schemas carry here where they stood upstream."""
ADDED = "x-added-component"
"""Marks components that preparation made; they go when nothing refers to them."""
VARIANT = "x-variant-name"
"""What tells a variant of a union from the others, for its name."""
MARKS = frozenset({ORIGIN, ADDED, VARIANT})

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

_ONE = ("additionalProperties", "items")
_MANY = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("properties",)
_ONE_ASSERTION = (
    "contains",
    "contentSchema",
    "else",
    "if",
    "not",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
)
_NAMED_ASSERTION = ("$defs", "definitions", "dependentSchemas", "patternProperties")


def child(pointer: str, *parts: str | int) -> str:
    """Extend a JSON pointer (RFC 6901)."""
    return pointer + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def parts_of(pointer: str) -> list[str]:
    """Split a JSON pointer, or the fragment of a reference, into its names."""
    return [unquote(part).replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


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


def component_of(reference: str) -> str | None:
    """Return the schema component that a reference names, or None where it names something else."""
    if not reference.startswith(COMPONENTS):
        return None
    (name, *deeper) = parts_of(reference.removeprefix("#").removeprefix("/components/schemas"))
    return None if deeper else name


def reference_to(component: str) -> Schema:
    """Return a schema that refers to a component."""
    return {"$ref": child("#/components/schemas", component)}


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
        if keyword in _ONE or keyword in _ONE_ASSERTION:
            yield (keyword,), value
        elif keyword in _MANY and isinstance(value, list):
            for number, item in enumerate(value):
                yield (keyword, number), item
        elif (keyword in _NAMED or keyword in _NAMED_ASSERTION) and isinstance(value, dict):
            for name, item in value.items():
                yield (keyword, name), item


def is_assertion(path: tuple[str | int, ...]) -> bool:
    """Tell whether the schema at this path within another says only what is accepted, not what is there."""
    return path[0] in _ONE_ASSERTION or path[0] in _NAMED_ASSERTION


Change: TypeAlias = Callable[[Schema, str], Schema]
"""Makes a schema from another one at a pointer; its subschemas were changed before."""


def change_schema(schema: Any, pointer: str, change: Change) -> Any:  # noqa: ANN401 - booleans are schemas too
    """Change a schema and all within it, from the inside out; what stays the same stays the same object."""
    if not isinstance(schema, dict):
        return schema
    changed = schema
    for path, value in subschemas(schema):
        made = change_schema(value, child(pointer, *path), change)
        if made is not value:
            if changed is schema:
                changed = dict(schema)
            if len(path) == 1:
                changed[str(path[0])] = made
            else:
                if changed[str(path[0])] is schema[str(path[0])]:
                    changed[str(path[0])] = schema[str(path[0])].copy()
                changed[str(path[0])][path[1]] = made
    return change(changed, pointer)


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
            if method in item:
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
    notes: set[Note] = set()

    def noting(pointer: str, kind: Kind, what: str, why: str) -> None:
        notes.add(Note(pointer, kind, what, why))

    for made in passes:
        document = made(document, noting)
    return document, sorted(notes)
