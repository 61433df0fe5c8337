"""Give every property and every parameter of a document a Python name that it shares with nothing.

The names in the document are replaced by the Python ones before it is generated from, and the names on the
wire are kept beside them: so the generator has no conflicts to solve, which it would do by the document's
order or by dropping what conflicts. A name depends on the names beside it alone, never on their order.
"""

from __future__ import annotations

import copy
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scripts.notes import Kind, Note
from scripts.preparation.documents import METHODS, child

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from scripts.command import Document

    Identifier = Callable[[str], str]
    """Makes a Python name of any text, by the generator's own rules."""

WIRE_NAMES = "x-wire-names"
"""Where a schema keeps the names of its properties on the wire, by their Python names."""

OF_MODELS = frozenset({"additional_properties", "additional_keys", "from_dict", "to_dict"})
"""What models have beside properties."""
OF_OPERATIONS = frozenset({"client", "body", "url"})
"""What operations take beside parameters, and a name that the generator changes by itself."""

_LOCATIONS = ("path", "query", "header", "cookie")
_STYLES = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}


@dataclass(frozen=True)
class Parameter:
    """A parameter on the wire.

    Attributes:
        name: Its name there.
        style: OpenAPI's style.
        explode: Whether each item and property is written on its own.
        media_type: The media type that it is written in, in the place of a style; mostly empty.
        description: The document's words about it.
    """

    name: str
    style: str
    explode: bool
    media_type: str = ""
    description: str = ""


@dataclass
class Operation:
    """What the generator does not read of an operation.

    Attributes:
        path: The path on the wire, in which parameters stand in braces with their Python names.
        parameters: Its parameters by their Python names.
        encodings: Style and explode of the properties of forms, by media type.
    """

    path: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    encodings: dict[str, dict[str, tuple[str, bool]]] = field(default_factory=dict)


@dataclass
class Named:
    """A document with Python names.

    Attributes:
        document: The document.
        operations: Its operations, by their paths in this document, and methods.
        plain: The component that stands for all objects without any promise of their properties.
        notes: The names that are not what the name on the wire alone would give.
    """

    document: dict[str, Any]
    plain: str
    operations: dict[tuple[str, str], Operation] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


def name_all(document: Document, identifier: Identifier) -> Named:
    """Replace the names of properties and parameters by Python names.

    Args:
        document: The prepared document; it is not changed.
        identifier: Makes a Python name of any text.

    Returns:
        The document with Python names.
    """
    whole: dict[str, Any] = copy.deepcopy(document)
    schemas = whole.setdefault("components", {}).setdefault("schemas", {})
    plain = "PlainObject"
    while plain in schemas:
        plain += "0"
    named = Named(whole, plain)
    for pointer, schema in schemas_in(whole):
        _name_properties(schema, pointer, identifier, named.notes)
    for pointer, schema in schemas_in(whole):
        if pointer.count("/") > 3:  # noqa: PLR2004 - components keep their own classes
            _make_plain(schema, plain)
    schemas[plain] = {"type": "object"}
    paths = whole.get("paths", {})
    for path in list(paths):
        _name_parameters(path, paths.pop(path), identifier, named)
    return named


def _make_plain(schema: dict[str, Any], plain: str) -> None:
    """Refer to one component for all objects without any promise; a class for each would say no more."""
    if schema.get("type") == "object" and not schema.get("properties"):
        more = schema.get("additionalProperties", True)
        if isinstance(more, bool) or not more:
            for key in schema.keys() - {"description", "example"}:
                del schema[key]
            schema["anyOf"] = [{"$ref": f"#/components/schemas/{plain}"}]


def schemas_in(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Go through all schemas, each before those in it.

    Args:
        document: The document.

    Yields:
        The JSON pointer to a schema, and the schema.
    """
    todo: list[tuple[str, Any]] = [
        (child("/components/schemas", name), schema)
        for name, schema in document["components"]["schemas"].items()
    ]
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                todo += _schemas_of(item[method], child("/paths", path, method))
    while todo:
        pointer, schema = todo.pop()
        if not isinstance(schema, dict):
            continue
        for key in ("items", "additionalProperties", "not"):
            todo.append((f"{pointer}/{key}", schema.get(key)))
        for key in ("allOf", "anyOf", "oneOf", "prefixItems"):
            todo += ((f"{pointer}/{key}/{number}", part) for number, part in enumerate(schema.get(key, ())))
        for name, part in schema.get("properties", {}).items():
            todo.append((child(pointer, "properties", name), part))
        yield pointer, schema


def _schemas_of(operation: dict[str, Any], pointer: str) -> Iterator[tuple[str, Any]]:
    for number, parameter in enumerate(operation.get("parameters", ())):
        yield f"{pointer}/parameters/{number}/schema", parameter.get("schema")
    bodies = [("requestBody", operation.get("requestBody", {}))]
    answers = [(f"responses/{code}", answer) for code, answer in operation.get("responses", {}).items()]
    for place, holder in bodies + answers:
        for media_type, content in holder.get("content", {}).items():
            default = {} if "json" in media_type.lower() else {"type": "string", "format": "binary"}
            schema = content.setdefault("schema", default)
            yield child(f"{pointer}/{place}/content", media_type, "schema"), schema


def _name_properties(schema: dict[str, Any], pointer: str, identifier: Identifier, notes: list[Note]) -> None:
    properties = schema.get("properties")
    if not properties:
        return
    names = assign(properties, OF_MODELS, identifier, lambda wish: f"field_{wish}")
    notes += [
        _note(child(pointer, "properties", name), "property", name, names[name])
        for name in properties
        if names[name] != _wish(name, identifier)
    ]
    schema["properties"] = {names[name]: part for name, part in properties.items()}
    schema["required"] = [names[name] for name in schema.get("required", ()) if name in names]
    schema[WIRE_NAMES] = {names[name]: name for name in properties}


def _note(pointer: str, kind: str, name: str, python_name: str) -> Note:
    return Note(
        pointer,
        Kind.RENAMED,
        f"The {kind} {name!r} is {python_name!r} in Python.",
        "Another one beside it, or the generated code itself, has the name that it would have.",
    )


def assign(
    names: Iterable[str],
    taken: frozenset[str],
    identifier: Identifier,
    otherwise: Callable[[str], str],
) -> dict[str, str]:
    """Find Python names.

    Args:
        names: The names on the wire.
        taken: Python names that none can have.
        identifier: Makes a Python name of any text.
        otherwise: Makes another one of a Python name that is taken.

    Returns:
        The Python name of each. One that is spelled as its own Python name keeps it; of others that would
        have the same one, the first of the alphabet has it, and the others get a number.
    """
    found: dict[str, str] = {}
    used = set(taken)
    for name in sorted(names, key=lambda name: (_wish(name, identifier) != name, name)):
        wish = _wish(name, identifier)
        if wish in taken:
            wish = _wish(otherwise(wish), identifier)
        chosen, number = wish, 2
        while chosen in used:
            chosen = _wish(f"{wish}_{number}", identifier)
            number += 1
        used.add(chosen)
        found[name] = chosen
    return found


def _wish(name: str, identifier: Identifier) -> str:
    """Give the Python name that a name alone would have, spelled as it stays when it is made again."""
    while (wish := identifier(unicodedata.normalize("NFKC", name))) != name:
        name = wish
    return wish


def _name_parameters(path: str, item: dict[str, Any], identifier: Identifier, named: Named) -> None:
    # Path parameters come first, so that the name in the path is the same for all its operations.
    placeholders = re.findall(r"\{([^{}]*)\}", path)
    shared = item.pop("parameters", [])
    in_path = assign(placeholders, OF_OPERATIONS, _in_ascii(identifier), lambda wish: f"{wish}_path")
    new_path = re.sub(r"\{([^{}]*)\}", lambda match: "{" + in_path[match[1]] + "}", path)
    key = new_path
    while key in named.document["paths"]:
        key += "#"  # two paths may differ in the names of parameters alone; only our key is told apart
    named.document["paths"][key] = item
    for method in METHODS:
        if method not in item:
            continue
        operation = Operation(new_path)
        named.operations[key, method] = operation
        parameters = item[method]["parameters"] = [
            *copy.deepcopy(shared),
            *item[method].get("parameters", []),
        ]
        pointer = child("/paths", path, method)
        names = _names_of(parameters, in_path, identifier)
        for number, parameter in enumerate(parameters):
            if "name" not in parameter:
                continue
            name, location = parameter["name"], parameter["in"]
            python_name = names[location, name]
            if python_name != _wish(name, identifier):
                pointer_ = f"{pointer}/parameters/{number}"
                named.notes.append(_note(pointer_, f"{location} parameter", name, python_name))
            style = parameter.get("style", _STYLES[location])
            explode = parameter.get("explode", style == "form")
            operation.parameters[python_name] = Parameter(
                name, style, explode, parameter.get("x-content-type", ""), parameter.get("description", "")
            )
            parameter["name"] = python_name
        content = item[method].get("requestBody", {}).get("content", {})
        operation.encodings = {media_type: _encodings(part) for media_type, part in content.items()}


def _in_ascii(identifier: Identifier) -> Identifier:
    """Keep to what the generator reads in a path; these names are not on the wire."""
    return lambda name: identifier(name.encode("ascii", "ignore").decode())


def _names_of(
    parameters: list[dict[str, Any]], in_path: dict[str, str], identifier: Identifier
) -> dict[tuple[str, str], str]:
    """Name an operation's parameters: those in the path first, then those in each other place."""
    found = {("path", name): python_name for name, python_name in in_path.items()}
    for location in _LOCATIONS:
        here = [each["name"] for each in parameters if "name" in each and each["in"] == location]
        new = [name for name in here if (location, name) not in found]
        used = OF_OPERATIONS | set(found.values())
        names = assign(new, used, identifier, lambda wish, place=location: f"{wish}_{place}")  # type: ignore[misc]
        found.update({(location, name): python_name for name, python_name in names.items()})
    return found


def _encodings(content: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    styled = {
        name: (encoding.get("style", "form"), encoding.get("explode"))
        for name, encoding in content.get("encoding", {}).items()
        if "style" in encoding or "explode" in encoding
    }
    return {
        name: (style, style == "form" if explode is None else explode)
        for name, (style, explode) in styled.items()
    }
