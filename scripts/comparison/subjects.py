r"""How a place of a document is called in a row: by what travels, not by where it is written.

- `Voucher.discount.effect`: a property of a property of the component `Voucher`
- `orders[]`, `pair[0]`: the items of a list, and one with a place of its own
- `metadata{}`, `metadata{^x-}`: the values of a map, and those whose names have a pattern
- `Discount<Amount>`: a branch of a union, by its title, by what tells it from the others, or by its number
- `Voucher<not>`, `Voucher<if>`: what a keyword says of it
- `GET /v1/vouchers query limit`, `/v1/vouchers query limit`: a parameter, and one that a whole path shares
- `POST /v1/vouchers body.name`, `GET /v1/vouchers 200.items[].id`: what a body and an answer hold
- `GET /v1/vouchers 200 (text/csv)`, `GET /v1/vouchers 200 header X-Total`: other than JSON, and a header
- `parameter limit`, `response NotFound.message`: components that are no schemas
- `webhook voucher.created POST body.id`, `POST /v1/exports callback done {$url} POST`
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scripts.comparison.places import canonical
from scripts.preparation.documents import METHODS, child, find, parts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECTIONS = {
    "parameters": "parameter",
    "headers": "header",
    "requestBodies": "body",
    "responses": "response",
    "pathItems": "path item",
    "callbacks": "callback",
    "securitySchemes": "security scheme",
}
_PLAIN = re.compile(r"[^\s.\[\]{}<>\"]+")
_JSON = "application/json"


def subject_of(document: dict[str, Any], pointer: str) -> str:
    """Return what a place is called.

    Args:
        document: The document.
        pointer: The JSON pointer to it.
    """
    parts = parts_of(pointer)
    found = " ".join(parts)
    match parts:
        case ["components", "schemas", name, *rest]:
            found = name + _schema(document, parts[:3], rest)
        case ["components", "callbacks", name, expression, *rest]:
            found = f"callback {name} {expression}" + _path_item(document, parts[:4], rest)
        case ["components", "pathItems", name, *rest]:
            found = f"path item {name}" + _path_item(document, parts[:3], rest)
        case ["components", section, name, *rest] if section in _SECTIONS:
            reader = {"parameters": _holder, "headers": _holder}.get(section, _content)
            found = f"{_SECTIONS[section]} {name}" + reader(document, parts[:3], rest)
        case ["paths", path, method, *rest] if method in METHODS:
            found = operation_name(path, method) + _operation(document, parts[:3], rest)
        case ["paths", path, *rest]:
            found = path + _path_item(document, parts[:2], rest)
        case ["webhooks", name, *rest]:
            found = f"webhook {name}" + _path_item(document, parts[:2], rest)
    return found


def operation_name(path: str, method: str) -> str:
    """Return what an operation is called."""
    return f"{method.upper()} {path}"


def member(name: str) -> str:
    """Write the name of a property behind what holds it."""
    return f".{name}" if _PLAIN.fullmatch(name) else f'."{name}"'


def _path_item(document: dict[str, Any], before: list[str], parts: list[str]) -> str:
    if parts and parts[0] in METHODS:
        return f" {parts[0].upper()}" + _operation(document, [*before, parts[0]], parts[1:])
    return _operation(document, before, parts)


def _operation(document: dict[str, Any], before: list[str], parts: list[str]) -> str:
    match parts:
        case ["parameters", number, *rest]:
            here = [*before, "parameters", number]
            parameter = _value(document, here)
            location, name = parameter.get("in", "path"), parameter.get("name", number)
            return f" {location} {name}" + _holder(document, here, rest)
        case ["requestBody", *rest]:
            return " body" + _content(document, [*before, "requestBody"], rest)
        case ["responses", code, *rest]:
            return f" {code}" + _content(document, [*before, "responses", code], rest)
        case ["callbacks", name, expression, *rest]:
            here = [*before, "callbacks", name, expression]
            return f" callback {name} {expression}" + _path_item(document, here, rest)
    return "".join(f" {part}" for part in parts)


def _holder(document: dict[str, Any], before: list[str], parts: list[str]) -> str:
    """Name what is in a parameter or a header."""
    if parts and parts[0] == "schema":
        return _schema(document, [*before, "schema"], parts[1:])
    return _content(document, before, parts)


def _content(document: dict[str, Any], before: list[str], parts: list[str]) -> str:
    match parts:
        case ["content", media_type, *rest]:
            here = [*before, "content", media_type]
            kind = "" if media_type == _JSON else f" ({media_type})"
            inner = rest[1:] if rest[:1] == ["schema"] else []
            return kind + _schema(document, [*here, "schema"], inner)
        case ["headers", name, *rest]:
            return f" header {name}" + _holder(document, [*before, "headers", name], rest)
    return ""


def _schema(document: dict[str, Any], before: list[str], parts: list[str]) -> str:
    """Name what is in a schema; its parts that hold for the same value have no name of their own."""
    text = ""
    here, rest = list(before), list(parts)
    while rest:
        keyword = rest[0]
        width = 2 if keyword in _NAMED and len(rest) > 1 else 1
        text += _step(document, here, keyword, rest[1] if width > 1 else "")
        here += rest[:width]
        rest = rest[width:]
    return text


_NAMED = {"properties", "patternProperties", "dependentSchemas", "allOf", "anyOf", "oneOf", "prefixItems",
          "$defs", "definitions"}  # fmt: skip
_ONE = {"items": "[]", "additionalProperties": "{}", "unevaluatedProperties": "{}", "unevaluatedItems": "[]"}


def _step(document: dict[str, Any], here: list[str], keyword: str, name: str) -> str:
    if keyword == "allOf":
        return ""
    if keyword in ("anyOf", "oneOf"):
        return f"<{_branch(_value(document, here).get(keyword), name)}>"
    if keyword == "properties":
        return member(name)
    if keyword == "prefixItems":
        return f"[{name}]"
    if keyword == "patternProperties":
        return "{" + name + "}"
    return _ONE.get(keyword) or f"<{f'{keyword} {name}'.strip()}>"


def _branch(branches: Any, number: str) -> str:  # noqa: ANN401 - any JSON value
    """Tell a branch from the others, by its number last of all."""
    given = branches if isinstance(branches, list) else []
    for tell in (_title, _tag, _type):
        labels = [tell(branch) for branch in given if isinstance(branch, dict)]
        label = labels[int(number)] if number.isdecimal() and int(number) < len(labels) else ""
        if label and labels.count(label) == 1:
            return label
    return number


def _title(schema: dict[str, Any]) -> str:
    title = schema.get("title")
    return title if isinstance(title, str) else ""


def _tag(schema: dict[str, Any]) -> str:
    return next((f"{name} {value}" for name, value in _tags(schema)), "")


def _tags(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    properties = schema.get("properties")
    for name, value in properties.items() if isinstance(properties, dict) else ():
        values = (
            value.get("enum", [value["const"]] if "const" in value else []) if isinstance(value, dict) else []
        )
        if isinstance(values, list) and len(values) == 1:
            yield name, values[0] if isinstance(values[0], str) else canonical(values[0])


def _type(schema: dict[str, Any]) -> str:
    return schema["type"] if isinstance(schema.get("type"), str) else ""


def _value(document: dict[str, Any], parts: list[str]) -> dict[str, Any]:
    """Return the object that stands at a place; an empty one where none does."""
    try:
        value = find(document, child("", *parts))
    except KeyError:
        return {}
    return value if isinstance(value, dict) else {}
