"""Paths, operations and parameters: references between them resolved, mistakes mended, names told apart."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from scripts.notes import Kind
from scripts.preparation.documents import (
    METHODS,
    ORIGIN,
    Operation,
    Schema,
    change_operations,
    child,
    component_of,
    components,
    find,
    operations,
)
from scripts.preparation.names import clashes, pascal_case, snake_case, told_apart

if TYPE_CHECKING:
    from scripts.command import Document
    from scripts.preparation.documents import Noting

_PLACEHOLDER = re.compile(r"{([^{}]*)}")
_PLAIN_NAME = re.compile(r"[a-zA-Z_-][a-zA-Z0-9_-]*")


def resolve(document: Document, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Follow the references of a path item, parameter, request body, response or header."""
    while isinstance(value, dict) and isinstance(value.get("$ref"), str):
        beside = {key: item for key, item in value.items() if key in ("summary", "description")}
        value = {**find(document, value["$ref"][1:]), **beside}
    return value


def mend_texts(document: Document, noting: Noting) -> Document:
    """Mend what is no text where one belongs, outside of schemas."""
    info = document.get("info") if isinstance(document.get("info"), dict) else {}
    mended = {key: _text(info.get(key), default) for key, default in (("title", "API"), ("version", "0"))}  # type: ignore[union-attr]
    if any(info.get(key) != value for key, value in mended.items()):  # type: ignore[union-attr]
        noting("/info", Kind.REPAIRED, f"title {mended['title']!r}, version {mended['version']!r}", "Both are texts.")
    description = info.get("description")  # type: ignore[union-attr]
    made: dict[str, Any] = {**document, "info": {**mended, **({"description": description} if isinstance(description, str) else {})}}

    def change(operation: Operation) -> dict[str, Any]:
        value = dict(operation.value)
        for key in ("summary", "description", "operationId"):
            if key in value and not isinstance(value[key], str):
                place = child(operation.pointer, key)
                noting(place, Kind.REPAIRED, f"`{key}` read as {_text(value[key], '')!r}", "It is a text.")
                value[key] = _text(value[key], "")
        tags = value.get("tags", [])
        if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
            found = [tag for tag in _flat(tags) if isinstance(tag, str)]
            noting(child(operation.pointer, "tags"), Kind.REPAIRED, f"read as {found}", "It is a list of texts.")
            value["tags"] = found
        if "deprecated" in value and not isinstance(value["deprecated"], bool):
            del value["deprecated"]
        return value

    return change_operations(made, change)


def _text(value: object, default: str) -> str:
    return value if isinstance(value, str) else default if value is None else str(value)


def _flat(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON value
    return [inner for item in value for inner in _flat(item)] if isinstance(value, list) else [value]


def inline_path_items(document: Document, _noting: Noting) -> Document:
    """Put path items where they are referred to."""
    paths = {}
    for path, item in (document.get("paths") or {}).items():  # type: ignore[union-attr]
        if isinstance(item, dict) and not path.startswith("x-"):
            paths[path] = {k: v for k, v in resolve(document, item).items() if k in (*METHODS, "parameters")}
    return {**document, "paths": paths}


def mend_security(document: Document, noting: Noting) -> Document:
    """Bring security requirements into their form, and the document's into every operation without its own."""
    common = _requirements(document.get("security"), "/security", noting)

    def change(operation: Operation) -> dict[str, Any]:
        given = operation.value.get("security")
        if given is None:
            return {**operation.value, "security": common} if common else operation.value
        return {
            **operation.value,
            "security": _requirements(given, child(operation.pointer, "security"), noting),
        }

    made = change_operations(document, change)
    return {**made, "security": common} if "security" in document else made  # type: ignore[dict-item]


def _requirements(given: Any, place: str, noting: Noting) -> list[dict[str, list[str]]]:  # noqa: ANN401 - any JSON value
    if given is None:
        return []
    found: list[dict[str, list[str]]] = []
    for item in given if isinstance(given, list) else [given]:
        if isinstance(item, str):
            found.append({item: []})
        elif isinstance(item, dict):
            found.append({name: [s for s in _flat(scopes) if isinstance(s, str)] for name, scopes in item.items()})
    if found != given:
        noting(place, Kind.REPAIRED, "scopes read as lists of texts", "A requirement lists the scopes of each scheme.")
    return found


def mend_status_codes(document: Document, noting: Noting) -> Document:
    """Write status codes as OpenAPI does."""

    def change(operation: Operation) -> dict[str, Any]:
        given = operation.value.get("responses") or {}
        made: dict[str, Any] = {}
        for code, response in given.items():
            if code.startswith("x-"):
                continue
            place = child(operation.pointer, "responses", code)
            match = re.match(r"\s*([1-5])(\d\d|[xX]{2})(?!\w)", code)
            right = match[1] + match[2].upper() if match else code.strip().lower()
            if right != "default" and not match:
                noting(place, Kind.LOOSENED, "response left out", "Its key is no status code.")
                continue
            if right != code:
                noting(place, Kind.REPAIRED, f"{code!r} read as {right!r}", "It is how a status code is written.")
            made.setdefault(right, response)
        return {**operation.value, "responses": made}

    return change_operations(document, change)


def name_operations(document: Document, noting: Noting) -> Document:
    """Give every operation an operationId that is a module of its own in its tag."""
    ids: dict[str, str] = {}
    for operation in operations(document):
        given = operation.value.get("operationId")
        ids[operation.pointer] = given if given and snake_case(given) else _id_of(operation)
    by_pointer = {operation.pointer: operation for operation in operations(document)}

    def identity(pointer: str) -> tuple[str, str]:
        tags = by_pointer[pointer].value.get("tags") or ["default"]
        return snake_case(tags[0]), snake_case(ids[pointer])

    clashing = {p for group in clashes({pointer: [identity(pointer)] for pointer in ids}) for p in group}
    same_class = {p for group in clashes({pointer: [pascal_case(i)] for pointer, i in ids.items()}) for p in group}
    for pointer in sorted(clashing | same_class):
        operation = by_pointer[pointer]
        given = operation.value.get("operationId", "")
        if pointer in clashing:
            ids[pointer] = f"{given} {_id_of(operation)}" if given else told_apart(_id_of(operation), pointer)
            noting(
                child(pointer, "operationId") if given else pointer,
                Kind.RENAMED,
                f"{given or 'the operation'} is module {snake_case(ids[pointer])}",
                "Another operation of this tag gives the same module.",
            )

    def change(operation: Operation) -> dict[str, Any]:
        return {**operation.value, "operationId": ids[operation.pointer]}

    return change_operations(document, change)


def _id_of(operation: Operation) -> str:
    return f"{operation.method}_{'_'.join(part.strip('{}') for part in operation.path.split('/') if part)}"


def inline_parts(document: Document, _noting: Noting) -> Document:
    """Put parameters, request bodies and responses into the operations, those of the path too."""
    paths: dict[str, Any] = {}
    for path, item in (document.get("paths") or {}).items():  # type: ignore[union-attr]
        shared = [resolve(document, parameter) for parameter in item.get("parameters") or ()]
        paths[path] = {}
        for method in METHODS:
            if method not in item:
                continue
            value = {k: v for k, v in item[method].items() if k != "callbacks"}
            own = [resolve(document, parameter) for parameter in value.get("parameters") or ()]
            unique = {(p["name"].lower() if p["in"] == "header" else p["name"], p["in"]): p for p in [*shared, *own]}
            value["parameters"] = list(unique.values())
            if value.get("requestBody") is not None:
                value["requestBody"] = resolve(document, value["requestBody"])
            else:
                value.pop("requestBody", None)
            value["responses"] = {
                code: {k: v for k, v in resolve(document, response).items() if k in ("description", "content")}
                for code, response in value["responses"].items()
            }
            paths[path][method] = value
    held = document.get("components") or {}
    kept = {key: held[key] for key in ("schemas", "securitySchemes") if key in held}  # type: ignore[operator, index]
    return {**document, "paths": paths, "components": kept}


def mend_parameters(document: Document, noting: Noting) -> Document:
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
                noting(place, Kind.REPAIRED, f"`required` read as {parameter['required']}", "It is a boolean.")
            for key, kind in (("style", str), ("explode", bool), ("description", str), ("deprecated", bool)):
                if key in parameter and not isinstance(parameter[key], kind):
                    noting(place, Kind.REPAIRED, f"`{key}` dropped", f"It is no {kind.__name__}.")
                    del parameter[key]
            made.append(_with_schema(parameter, place, noting))
        return {**operation.value, "parameters": made}

    return change_operations(document, change)


def _place_of(parameter: Schema, operation: Operation, number: int) -> str:
    """Return where a parameter stood upstream; its schema tells."""
    media = next(iter((parameter.get("content") or {}).values()), {})
    for holder, depth in ((parameter, 1), (media, 3)):
        schema = holder.get("schema")
        if isinstance(schema, dict) and ORIGIN in schema:
            return str(schema[ORIGIN]).rsplit("/", depth)[0]
    return child(operation.pointer, "parameters", number)


def _with_schema(parameter: Schema, place: str, noting: Noting) -> Schema:
    """Give a parameter a schema; one with a media type keeps that beside."""
    content = parameter.get("content") or {}
    if isinstance(parameter.get("schema"), bool):
        parameter["schema"] = {}
    if "schema" not in parameter and content:
        media_type, media = next(iter(content.items()))
        schema = media.get("schema", {})
        parameter["schema"] = schema if isinstance(schema, dict) else {}
        parameter["x-content-type"] = media_type
    elif "schema" not in parameter:
        kind = {"type": parameter["type"]} if isinstance(parameter.get("type"), str) else {"type": "string"}
        noting(place, Kind.REPAIRED, f"schema {kind} added to {parameter['name']!r}", "A parameter has a schema.")
        parameter["schema"] = kind
    parameter.pop("content", None)
    return parameter


def mend_path_parameters(document: Document, noting: Noting) -> Document:
    """Make the parameters of a path those of its template; their names are not on the wire."""
    paths: dict[str, Any] = {}
    for path, item in sorted((document.get("paths") or {}).items()):  # type: ignore[union-attr]
        template, names = _plain_template(path)
        if names != _PLACEHOLDER.findall(path):
            noting(child("/paths", path), Kind.REPAIRED, f"written {template}", "Placeholders have plain names, each once.")
        for method, value in item.items():
            operation = Operation(child("/paths", path, method), path, method, value)
            held = _fitting(operation, names, noting)
            paths.setdefault(template, {})[method] = {**value, "parameters": held}
    order = {_plain_template(path)[0]: number for number, path in enumerate(document.get("paths") or {})}
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

    return _PLACEHOLDER.sub(plain, path), names


def _fitting(operation: Operation, names: list[str], noting: Noting) -> list[Schema]:
    """Return an operation's parameters, those of the path named as in its template."""
    given: list[Schema] = operation.value["parameters"]
    others = [p for p in given if p["in"] != "path"]
    held = {p["name"]: p for p in given if p["in"] == "path"}
    originals = _PLACEHOLDER.findall(operation.path)
    found: dict[str, Schema] = {}
    for name, original in zip(names, originals, strict=True):
        if original in held:
            found[name] = {**held.pop(original), "name": name}
        elif name in held:
            found[name] = held.pop(name)
    missing = [name for name in names if name not in found]
    alike = {snake_case(name): name for name in missing}
    for name in list(held):
        wanted = alike.get(snake_case(name))
        if wanted in missing:
            found[str(wanted)] = _as_named(held.pop(name), str(wanted), operation, noting)
            missing.remove(str(wanted))
    for wanted, name in zip(list(missing), list(held), strict=False):
        if len(missing) == len(held):
            found[wanted] = {**held[name], "name": wanted}
            noting(
                _place_of(held[name], operation, given.index(held[name])),
                Kind.REPAIRED,
                f"path parameter {name!r} is {wanted!r}",
                "The path's template calls it so; the name is not on the wire.",
            )
    if len(missing) == len(held):
        missing, held = [], {}
    for wanted in missing:
        found[wanted] = {"name": wanted, "in": "path", "required": True, "schema": {"type": "string"}}
        noting(operation.pointer, Kind.REPAIRED, f"path parameter {wanted!r} added", "The path's template has it.")
    for name, parameter in held.items():
        place = _place_of(parameter, operation, given.index(parameter))
        noting(place, Kind.REPAIRED, f"path parameter {name!r} left out", "The path's template has no place for it.")
    return [*(found[name] for name in names), *others]


def _as_named(parameter: Schema, wanted: str, operation: Operation, noting: Noting) -> Schema:
    noting(
        _place_of(parameter, operation, operation.value["parameters"].index(parameter)),
        Kind.REPAIRED,
        f"path parameter {parameter['name']!r} is {wanted!r}",
        "The path's template calls it so; the name is not on the wire.",
    )
    return {**parameter, "name": wanted}


def merge_paths(document: Document, noting: Noting) -> Document:
    """Bring paths that differ only in their parameters' names under one template."""
    paths: dict[str, dict[str, Any]] = document.get("paths") or {}  # type: ignore[assignment]
    alike: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        alike[_PLACEHOLDER.sub("{}", path)].append(path)
    made = dict(paths)
    for group in alike.values():
        first, *rest = sorted(group)
        for path in rest:
            if set(made[first]) & set(made[path]):
                continue  # the same method twice: both stay, under both names
            renames = dict(zip(_PLACEHOLDER.findall(path), _PLACEHOLDER.findall(first), strict=True))
            noting(child("/paths", path), Kind.REPAIRED, f"is {first}", "The two paths are the same on the wire.")
            for method, value in made.pop(path).items():
                parameters = [
                    {**p, "name": renames[p["name"]]} if p["in"] == "path" else p for p in value["parameters"]
                ]
                made[first] = {**made[first], method: {**value, "parameters": parameters}}
    return {**document, "paths": made}  # type: ignore[dict-item]


def simplify_headers(document: Document, noting: Noting) -> Document:
    """Write headers, and what else the generator takes only simple types for, as such."""

    def change(operation: Operation) -> dict[str, Any]:
        made = []
        for number, parameter in enumerate(operation.value["parameters"]):
            simple = _simple(parameter["schema"], document, parameter["in"])
            if parameter["in"] in ("header", "path", "cookie") and simple is not parameter["schema"]:
                place = _place_of(parameter, operation, number)
                what = f"{parameter['in']} parameter {parameter['name']!r} is {simple.get('type', 'text')}"
                noting(place, Kind.LOOSENED, what, "The generator takes no other type there.")
                parameter = {**parameter, "schema": simple}  # noqa: PLW2901 - a changed copy
            made.append(parameter)
        return {**operation.value, "parameters": made}

    return change_operations(document, change)


def _simple(schema: Schema, document: Document, location: str) -> Schema:
    """Return the schema where a location takes it, else what it is as text."""
    text = {"type": "string", **({ORIGIN: schema[ORIGIN]} if ORIGIN in schema else {})}
    if "$ref" in schema:
        target = components(document).get(component_of(schema["$ref"]) or "", {})
        return schema if _simple(target, document, location) is target else text
    if location == "path" and not (set(schema) & {"type", "const", "enum", "anyOf", "oneOf"}):
        return schema
    variants = schema.get("anyOf", schema.get("oneOf"))
    if variants is not None:
        kept = [v for v in variants if v.get("type") != "null"]
        if len(kept) == len(variants) and all(_simple(v, document, location) is v for v in kept):
            return schema
        if len(kept) == 1 and _simple(kept[0], document, location) is kept[0]:
            return kept[0]
        return text
    dates = location == "header" and schema.get("format") in ("date", "date-time")
    if schema.get("type") in ("array", "object", "null") or "properties" in schema or dates:
        return text
    if schema.get("format") == "binary":
        return text
    return schema


def merge_media_types(document: Document, noting: Noting) -> Document:
    """Join the media types of a response; the generated code looks at the answer's own."""

    def change(operation: Operation) -> dict[str, Any]:
        responses = {}
        for code, response in operation.value["responses"].items():
            content = {k: v for k, v in (response.get("content") or {}).items() if isinstance(v, dict)}
            if len(content) > 1:
                schemas = [_body_schema(kind, media) for kind, media in content.items()]
                examples = {
                    name: example
                    for media in content.values()
                    for name, example in (media.get("examples") or {}).items()
                }
                joined: dict[str, Any] = {"schema": _union(schemas)}
                if examples:
                    joined["examples"] = examples
                media_type = next((k for k in content if _is_json(k)), "application/json")
                response = {**response, "content": {media_type: joined}}  # noqa: PLW2901 - a changed copy
            responses[code] = response
        return {**operation.value, "responses": responses}

    _ = noting
    return change_operations(document, change)


def _is_json(media_type: str) -> bool:
    bare = media_type.split(";")[0].strip().lower()
    return bare == "application/json" or bare.endswith("+json")


def _body_schema(media_type: str, media: Schema) -> Schema:
    schema = media.get("schema", {})
    if _is_json(media_type) and isinstance(schema, dict):
        return schema
    return {"type": "string"} if media_type.startswith("text/") else {"type": "string", "format": "binary"}


def _union(schemas: list[Schema]) -> Schema:
    unique: list[Schema] = []
    for schema in schemas:
        if not any({**s, ORIGIN: ""} == {**schema, ORIGIN: ""} for s in unique):
            unique.append(schema)
    return unique[0] if len(unique) == 1 else {"anyOf": unique}


def counted_tags(document: Document) -> Counter[str]:
    """Count operations by tag."""
    return Counter((operation.value.get("tags") or ["default"])[0] for operation in operations(document))
