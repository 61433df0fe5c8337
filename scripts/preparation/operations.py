"""Paths, operations and parameters: references between them resolved, mistakes mended, names told apart."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scripts.notes import Kind
from scripts.preparation import documents
from scripts.preparation.documents import (
    METHODS,
    ORIGIN,
    Operation,
    Schema,
    change_operations,
    child,
    component_of,
    find,
    operations,
    parts_of,
    pointer_of,
)
from scripts.preparation.names import clashes, pascal_case, snake_case, told_apart

if TYPE_CHECKING:
    from scripts.preparation.documents import Draft, Noting


def resolve(document: Draft, value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Follow the references of a path item, parameter, request body, response or header."""
    while isinstance(value, dict) and isinstance(value.get("$ref"), str):
        beside = {key: item for key, item in value.items() if key in ("summary", "description")}
        value = {**find(document, pointer_of(value["$ref"])), **beside}
    return value


def mend_texts(document: Draft, noting: Noting) -> Draft:
    """Mend what is no text where one belongs, outside of schemas."""
    info: dict[str, Any] = document["info"] if isinstance(document.get("info"), dict) else {}
    mended = {key: _text(info.get(key), default) for key, default in (("title", "API"), ("version", "0"))}
    if any(info.get(key) != value for key, value in mended.items()):
        noting(
            "/info",
            Kind.REPAIRED,
            f"title {mended['title']!r}, version {mended['version']!r}",
            "Both are texts.",
        )
    description = info.get("description")
    made: dict[str, Any] = {
        **document,
        "info": {**mended, **({"description": description} if isinstance(description, str) else {})},
    }

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
            noting(
                child(operation.pointer, "tags"), Kind.REPAIRED, f"read as {found}", "It is a list of texts."
            )
            value["tags"] = found
        if "deprecated" in value and not isinstance(value["deprecated"], bool):
            del value["deprecated"]
        return value

    return change_operations(made, change)


def _text(value: object, default: str) -> str:
    return value if isinstance(value, str) else default if value is None else str(value)


def _flat(value: Any) -> list[Any]:  # noqa: ANN401 - any JSON value
    return [inner for item in value for inner in _flat(item)] if isinstance(value, list) else [value]


def inline_path_items(document: Draft, noting: Noting) -> Draft:
    """Put path items where they are referred to, and all other parts that are not in their own section."""

    def item_of(path: str, given: dict[str, Any]) -> dict[str, Any]:
        place = child("/paths", path)
        item = resolve(document, given)
        made: dict[str, Any] = {key: item[key] for key in ("parameters",) if item.get(key)}
        made = _inlined(document, made, place, noting)
        servers = {"servers": item["servers"]} if "servers" in item else {}
        for method in METHODS:
            if method in item:
                made[method] = {**servers, **_inlined(document, item[method], child(place, method), noting)}
        return made

    given = documents.paths(document)
    paths = {path: item_of(path, item) for path, item in given.items() if not path.startswith("x-")}
    held = document.get("components") or {}
    return {**document, "paths": paths, "components": _inlined(document, held, "/components", noting)}


_SECTIONS = {"parameters": "parameters", "requestBody": "requestBodies", "requestBodies": "requestBodies",
             "responses": "responses"}  # fmt: skip
"""Keys of operations and of the components, with the section that their references lead into."""


def _inlined(document: Draft, holder: dict[str, Any], place: str, noting: Noting) -> dict[str, Any]:
    """Put parts of an operation, or of the components, where they are referred to; the section's stay."""

    def part(value: Any, section: str, where: str) -> Any:  # noqa: ANN401 - any JSON value
        while isinstance(value, dict) and isinstance(value.get("$ref"), str):
            reference = value["$ref"]
            if parts_of(pointer_of(reference))[:-1] == ["components", section]:
                break
            if component_of(reference) is not None:
                noting(where, Kind.REPAIRED, "read as a JSON body", f"{reference} is a schema.")
                return {"description": "", "content": {"application/json": {"schema": {"$ref": reference}}}}
            value = find(document, pointer_of(reference))
        return value

    made = dict(holder)
    for key in _SECTIONS.keys() & holder.keys():
        value, section, where = holder[key], _SECTIONS[key], child(place, key)
        if key == "requestBody":
            made[key] = part(value, section, where)
        elif isinstance(value, list):
            made[key] = [part(item, section, child(where, number)) for number, item in enumerate(value)]
        elif isinstance(value, dict):
            made[key] = {name: part(item, section, child(where, name)) for name, item in value.items()}
    return made


def mend_security(document: Draft, noting: Noting) -> Draft:
    """Bring security requirements into their form, and the document's into operations without their own."""
    held = document.get("components") or {}
    known = set(held["securitySchemes"]) if isinstance(held.get("securitySchemes"), dict) else set()
    common = _requirements(document.get("security"), "/security", known, noting)

    def change(operation: Operation) -> dict[str, Any]:
        place = child(operation.pointer, "security")
        own = _requirements(operation.value.get("security"), place, known, noting)
        bare = {key: value for key, value in operation.value.items() if key != "security"}
        wanted = common if own is None else own
        return bare if wanted is None else {**bare, "security": wanted}

    made = {key: value for key, value in change_operations(document, change).items() if key != "security"}
    return made if common is None else {**made, "security": common}


def _requirements(
    given: Any,  # noqa: ANN401 - any JSON value
    place: str,
    known: set[str],
    noting: Noting,
) -> list[dict[str, list[str]]] | None:
    """Return requirements in their form, or None where there are none of that kind."""
    if given is None:
        return None
    read: list[dict[str, list[str]]] = []
    for item in _flat(given):
        if isinstance(item, str):
            read.append({item: []})
        elif isinstance(item, dict):
            texts = {name: [s for s in _flat(scopes) if isinstance(s, str)] for name, scopes in item.items()}
            read.append(texts)
    if read != given:
        why = "A requirement lists the scopes of each scheme."
        noting(place, Kind.REPAIRED, "scopes read as lists of texts", why)
    if not read and given != []:
        return None
    found = [_known(requirement, place, known, noting) for requirement in read]
    kept = [new for new, old in zip(found, read, strict=True) if new or not old]
    return kept if kept or not read else None


def _known(
    requirement: dict[str, list[str]], place: str, known: set[str], noting: Noting
) -> dict[str, list[str]]:
    """Leave out schemes that the document does not define; a number at the end may be one too much."""
    found: dict[str, list[str]] = {}
    for name, scopes in requirement.items():
        meant = name if name in known else re.sub(r"-\d+$", "", name)
        if meant in known:
            found.setdefault(meant, scopes)
        why = f"The document does not define {name!r}."
        if meant not in known:
            noting(place, Kind.LOOSENED, f"{name!r} left out", why)
        elif meant != name:
            noting(place, Kind.REPAIRED, f"{name!r} is {meant!r}", why)
    return found


def mend_status_codes(document: Draft, noting: Noting) -> Draft:
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
                noting(
                    place, Kind.REPAIRED, f"{code!r} read as {right!r}", "It is how a status code is written."
                )
            made.setdefault(right, response)
        return {**operation.value, "responses": made}

    return change_operations(document, change)


def name_operations(document: Draft, noting: Noting) -> Draft:
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
    same_class = {
        p for group in clashes({pointer: [pascal_case(i)] for pointer, i in ids.items()}) for p in group
    }
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


def inline_parts(document: Draft, _noting: Noting) -> Draft:
    """Put parameters, request bodies and responses into the operations, those of the path too."""
    paths: dict[str, Any] = {}
    for path, item in documents.paths(document).items():
        shared = [resolve(document, parameter) for parameter in item.get("parameters") or ()]
        paths[path] = {}
        for method in METHODS:
            if method not in item:
                continue
            value = dict(item[method])
            own = [resolve(document, parameter) for parameter in value.get("parameters") or ()]
            unique = {
                (p["name"].lower() if p["in"] == "header" else p["name"], p["in"]): p for p in [*shared, *own]
            }
            value["parameters"] = list(unique.values())
            if value.get("requestBody") is not None:
                value["requestBody"] = resolve(document, value["requestBody"])
            else:
                value.pop("requestBody", None)
            value["responses"] = {
                code: {
                    k: v for k, v in resolve(document, response).items() if k in ("description", "content")
                }
                for code, response in value["responses"].items()
            }
            paths[path][method] = value
    held = document.get("components") or {}
    kept = {key: held[key] for key in ("schemas", "securitySchemes") if key in held}
    return {**document, "paths": paths, "components": kept}


def merge_media_types(document: Draft, noting: Noting) -> Draft:
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
    bare = media_type.split(";", maxsplit=1)[0].strip().lower()
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
