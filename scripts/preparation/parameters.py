"""Parameters: mistakes mended, those of a path named as its template does, types that the generator takes."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from scripts.notes import Kind
from scripts.preparation import documents
from scripts.preparation.documents import (
    ORIGIN,
    Operation,
    Schema,
    change_operations,
    child,
    component_of,
    components,
)
from scripts.preparation.names import snake_case
from scripts.preparation.templates import PLACEHOLDER, template_of

if TYPE_CHECKING:
    from scripts.preparation.documents import Draft, Noting

_PLAIN_NAME = re.compile(r"[a-zA-Z_-][a-zA-Z0-9_-]*")
_RENAMED = "The path's template calls it so; the name is not on the wire."


_FIELDS = {
    "allowEmptyValue": bool,
    "allowReserved": bool,
    "deprecated": bool,
    "description": str,
    "explode": bool,
    "style": str,
}


def mend_parameters(document: Draft, noting: Noting) -> Draft:
    """Mend what is wrong with single parameters."""

    def change(operation: Operation) -> dict[str, Any]:
        made = []
        for number, given in enumerate(operation.value.get("parameters", ())):
            place = _place_of(given, operation, number)
            parameter = dict(given)
            if parameter["in"] == "path" and parameter.get("required") is not True:
                noting(place, Kind.REPAIRED, f"{parameter['name']!r} is required", "Path parameters are.")
                parameter["required"] = True
            if not isinstance(parameter.get("required", False), bool):
                parameter["required"] = str(parameter["required"]).lower() == "true"
                noting(
                    place, Kind.REPAIRED, f"`required` read as {parameter['required']}", "It is a boolean."
                )
            for key, kind in _FIELDS.items():
                if key in parameter and not isinstance(parameter[key], kind):
                    noting(place, Kind.REPAIRED, f"`{key}` dropped", f"It is no {kind.__name__}.")
                    del parameter[key]
            made.append(_with_schema(parameter, place, noting))
        return {**operation.value, "parameters": made}

    return change_operations(document, change)


def _place_of(parameter: Schema, operation: Operation, number: int) -> str:
    """Return where a parameter stood upstream; its schema tells."""
    media: Schema = next(iter((parameter.get("content") or {}).values()), {})
    for holder, depth in ((parameter, 1), (media, 3)):
        schema = holder.get("schema")
        if isinstance(schema, dict) and ORIGIN in schema:
            return str(schema[ORIGIN]).rsplit("/", depth)[0]
    return child(operation.pointer, "parameters", number)


def _with_schema(parameter: Schema, place: str, noting: Noting) -> Schema:
    """Give a parameter a schema; one with a media type keeps that beside."""
    content = parameter.get("content") or {}
    if "schema" not in parameter and content:
        media_type, media = next(iter(content.items()))
        parameter["schema"] = media.get("schema", {})
        parameter["x-content-type"] = media_type
    elif "schema" not in parameter:
        kind = {"type": parameter["type"]} if isinstance(parameter.get("type"), str) else {"type": "string"}
        noting(
            place, Kind.REPAIRED, f"schema {kind} added to {parameter['name']!r}", "A parameter has a schema."
        )
        parameter["schema"] = kind
    return {key: value for key, value in parameter.items() if key not in ("content", "examples")}


def mend_path_parameters(document: Draft, noting: Noting) -> Draft:
    """Make the parameters of a path those of its template; their names are not on the wire."""
    paths: dict[str, Any] = {}
    for path, item in sorted(documents.paths(document).items()):
        template, names = _plain_template(path)
        if names != PLACEHOLDER.findall(path):
            noting(
                child("/paths", path),
                Kind.REPAIRED,
                f"written {template}",
                "Placeholders have plain names, each once.",
            )
        for method, value in item.items():
            operation = Operation(child("/paths", path, method), path, method, value)
            held = _fitting(operation, names, noting)
            paths.setdefault(template, {})[method] = {**value, "parameters": held}
    order = {_plain_template(path)[0]: number for number, path in enumerate(documents.paths(document))}
    return {**document, "paths": dict(sorted(paths.items(), key=lambda pair: order[pair[0]]))}


def _plain_template(path: str) -> tuple[str, list[str]]:
    """Write a path with placeholders that the generator knows, each once; return it with their names."""
    names: list[str] = []

    def plain(match: re.Match[str]) -> str:
        name = re.sub(r"[^a-zA-Z0-9_-]+", "_", match[1]).strip("_") or "parameter"
        name = name if _PLAIN_NAME.fullmatch(name) else f"_{name}"
        while name in names:
            name += "_"
        names.append(name)
        return "{" + name + "}"

    return PLACEHOLDER.sub(plain, path), names


def _fitting(operation: Operation, names: list[str], noting: Noting) -> list[Schema]:
    """Return an operation's parameters, those of the path named as in its template."""
    given: list[Schema] = operation.value["parameters"]
    held = {parameter["name"]: parameter for parameter in given if parameter["in"] == "path"}
    wanted = dict(zip(names, PLACEHOLDER.findall(operation.path), strict=True))
    chosen = _chosen(wanted, list(held))
    found: list[Schema] = []
    for name, original in wanted.items():
        parameter = held.pop(chosen.get(name, ""), None)
        if parameter is None:
            what = f"path parameter {name!r} added"
            noting(operation.pointer, Kind.REPAIRED, what, "The path's template has it.")
            parameter = {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        elif parameter["name"] not in (name, original):
            place = _place_of(parameter, operation, given.index(parameter))
            noting(place, Kind.REPAIRED, f"path parameter {parameter['name']!r} is {name!r}", _RENAMED)
        found.append({**parameter, "name": name})
    for name, parameter in held.items():
        place = _place_of(parameter, operation, given.index(parameter))
        what = f"path parameter {name!r} left out"
        noting(place, Kind.REPAIRED, what, "The path's template has no place for it.")
    return [*found, *(parameter for parameter in given if parameter["in"] != "path")]


def _chosen(wanted: dict[str, str], held: list[str]) -> dict[str, str]:
    """Choose a parameter for each name of a template: the same, one written differently, else by order."""
    chosen = {name: key for name, original in wanted.items() for key in (name, original) if key in held}
    for name in wanted:
        alike = [key for key in held if key not in chosen.values() and snake_case(key) == snake_case(name)]
        if name not in chosen and alike:
            chosen[name] = alike[0]
    missing = [name for name in wanted if name not in chosen]
    left = [key for key in held if key not in chosen.values()]
    if len(missing) == len(left):
        chosen.update(zip(missing, left, strict=True))
    return chosen


def merge_paths(document: Draft, noting: Noting) -> Draft:
    """Bring paths that differ only in their parameters' names under one template."""
    paths = documents.paths(document)
    alike: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        alike[template_of(path)].append(path)
    made = dict(paths)
    for group in alike.values():
        first, *rest = sorted(group)
        for path in rest:
            if set(made[first]) & set(made[path]):
                continue  # the same method twice: both stay, under both names
            renames = dict(zip(PLACEHOLDER.findall(path), PLACEHOLDER.findall(first), strict=True))
            noting(
                child("/paths", path), Kind.REPAIRED, f"is {first}", "The two paths are the same on the wire."
            )
            for method, value in made.pop(path).items():
                parameters = [
                    {**p, "name": renames[p["name"]]} if p["in"] == "path" else p for p in value["parameters"]
                ]
                made[first] = {**made[first], method: {**value, "parameters": parameters}}
    return {**document, "paths": made}


def simplify_types(document: Draft, noting: Noting) -> Draft:
    """Give headers, cookies and parts of the path types that the generator takes there."""

    def change(operation: Operation) -> dict[str, Any]:
        made = []
        for number, given in enumerate(operation.value["parameters"]):
            parameter = given
            simple = _simple(given["schema"], document, given["in"])
            if given["in"] != "query" and simple is not given["schema"]:
                what = f"{given['in']} parameter {given['name']!r} is {simple.get('type', 'simpler')}"
                place = _place_of(given, operation, number)
                noting(place, Kind.LOOSENED, what, "The generator takes no other type there.")
                parameter = {**given, "schema": simple}
            made.append(parameter)
        return {**operation.value, "parameters": made}

    return change_operations(document, change)


def _simple(schema: Schema, document: Draft, location: str) -> Schema:
    """Return the schema itself where a location takes it, else the nearest one that it takes."""
    if "$ref" in schema:
        target = components(document).get(component_of(schema["$ref"]) or "", {})
        return schema if _simple(target, document, location) is target else _text(schema)
    variants = schema.get("anyOf", schema.get("oneOf"))
    if variants is not None:
        kept = [variant for variant in variants if variant.get("type") != "null"]
        if not all(_simple(variant, document, location) is variant for variant in kept):
            return _text(schema)
        return schema if len(kept) == len(variants) else kept[0] if len(kept) == 1 else _text(schema)
    return schema if _is_simple(schema, location) else _text(schema)


def _is_simple(schema: Schema, location: str) -> bool:
    if schema.get("type") in ("array", "object", "null") or "properties" in schema:
        return False
    dates = ("date", "date-time") if location == "header" else ()
    return schema.get("format") not in ("binary", *dates)


def _text(schema: Schema) -> Schema:
    return {"type": "string", **({ORIGIN: schema[ORIGIN]} if ORIGIN in schema else {})}
