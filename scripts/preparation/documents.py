"""Where things lie in an OpenAPI document: pointers, operations and schemas.

Source: OpenAPI 3.0.4 and 3.1.1, and JSON Schema 2020-12 for the places of subschemas.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import unquote

from scripts.command import Document
from scripts.notes import Kind, Note

Schema: TypeAlias = "dict[str, Any]"
Noting: TypeAlias = Callable[[str, Kind, str, str], None]
"""Takes a pointer into the upstream document, a kind, what was done, and why."""

Pass: TypeAlias = Callable[[Document, Noting], Document]
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


class Place(NamedTuple):
    """A place in a document.

    Attributes:
        pointer: Its JSON pointer.
        value: What stands there.
    """

    pointer: str
    value: Any


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


def components(document: Document) -> dict[str, Schema]:
    """Return a document's schema components."""
    held = document.get("components")
    schemas = held.get("schemas") if isinstance(held, dict) else None
    return schemas if isinstance(schemas, dict) else {}  # type: ignore[return-value]


def with_components(document: Document, schemas: dict[str, Schema]) -> Document:
    """Return the document with other schema components."""
    held = document.get("components")
    return {**document, "components": {**(held if isinstance(held, dict) else {}), "schemas": schemas}}  # type: ignore[dict-item]


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


def change_schemas(document: Document, change: Change) -> Document:
    """Change all schemas of a document, wherever they stand."""
    return change_roots(document, lambda schema, pointer: change_schema(schema, pointer, change))


def change_roots(document: Document, change: Callable[[Any, str], Any]) -> Document:
    """Change the outermost schemas of a document: those of components, parameters, headers and media types."""

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
    "document": [("components", "components", False), ("paths", "path item", True), ("webhooks", "path item", True)],
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


def operations(document: Document) -> Iterator[Operation]:
    """Yield a document's operations."""
    paths = document.get("paths")
    for path, item in (paths if isinstance(paths, dict) else {}).items():
        for method in METHODS:
            if isinstance(item, dict) and isinstance(item.get(method), dict):
                yield Operation(child("/paths", path, method), path, method, item[method])


def change_operations(document: Document, change: Callable[[Operation], dict[str, Any]]) -> Document:
    """Change all operations of a document."""
    paths: dict[str, Any] = dict(document.get("paths") or {})  # type: ignore[arg-type]
    for operation in operations(document):
        made = change(operation)
        if made is not operation.value:
            paths[operation.path] = {**paths[operation.path], operation.method: made}
    return {**document, "paths": paths}


def run_passes(document: Document, passes: Iterable[Pass]) -> tuple[Document, list[Note]]:
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
