"""Paths, operations and parameters: references between them resolved, mistakes mended, names told apart."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from scripts.notes import Kind
from scripts.preparation import documents
from scripts.preparation.documents import (
    METHODS,
    ORIGIN,
    UNIONS,
    Operation,
    Schema,
    change_operations,
    child,
    component_of,
    components,
    find,
    origin,
    parts_of,
    pointer_of,
)
from scripts.preparation.names import LONGEST_NAME, snake_case, told_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

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
        for method in item:  # in the document's order, which names go by
            if method in METHODS:
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


def mend_security_schemes(document: Draft, noting: Noting) -> Draft:
    """Keep the security schemes that say what they are, with the fields that are texts."""
    held = document.get("components") or {}
    given = held.get("securitySchemes")
    schemes: dict[str, Any] = {}
    for name, value in given.items() if isinstance(given, dict) else ():
        place = child("/components/securitySchemes", name)
        scheme = _scheme(document, value)
        if scheme is None:
            noting(place, Kind.LOOSENED, f"{name!r} left out", "It is no security scheme.")
        else:
            schemes[name] = scheme
    rest = {key: value for key, value in held.items() if key != "securitySchemes"}
    return {**document, "components": {**rest, "securitySchemes": schemes} if schemes else rest}


def _scheme(document: Draft, value: dict[str, Any]) -> dict[str, Any] | None:
    try:
        value = resolve(document, value)
    except KeyError:
        return None
    made: dict[str, Any] = {
        key: item for key, item in value.items() if isinstance(item, str) and key != "flows"
    }
    flows = value.get("flows")
    if isinstance(flows, dict):
        named = {name: flow for name, flow in flows.items() if name in _FLOWS and isinstance(flow, dict)}
        made["flows"] = {name: _flow(flow) for name, flow in named.items()}
    return made if made.get("type") else None


_FLOWS = ("implicit", "password", "clientCredentials", "authorizationCode")


def _flow(flow: dict[str, Any]) -> dict[str, Any]:
    scopes = flow.get("scopes")
    texts = {key: value for key, value in flow.items() if isinstance(value, str)}
    named = {name: _text(value, "") for name, value in scopes.items()} if isinstance(scopes, dict) else {}
    return {**texts, "scopes": named}


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
        written = {code: _status_code(code) for code in given if not code.startswith("x-")}
        made: dict[str, Any] = {}
        for code in sorted(written, key=lambda code: (code != written[code], code)):  # the right ones first
            right = written[code]
            place = child(operation.pointer, "responses", code)
            if right is None:
                noting(place, Kind.LOOSENED, "response left out", "Its key is no status code.")
            elif right in made:
                noting(place, Kind.LOOSENED, "response left out", f"{right} has one already.")
            else:
                made[right] = given[code]
                if right != code:
                    what = f"{code!r} read as {right!r}"
                    noting(place, Kind.REPAIRED, what, "It is how a status code is written.")
        order = {right: number for number, right in enumerate(written.values())}
        return {**operation.value, "responses": dict(sorted(made.items(), key=lambda pair: order[pair[0]]))}

    return change_operations(document, change)


def _status_code(text: str) -> str | None:
    match = re.match(r"\s*([1-5])(\d\d|[xX]{2})(?!\w)", text)
    if match:
        return match[1] + match[2].upper()
    return "default" if text.strip().lower() == "default" else None


def name_operations(document: Draft, noting: Noting) -> Draft:
    """Give every operation an operationId that is a module of its own in its tag.

    Those that stand first in the document choose first, so what comes behind them changes no name of theirs.
    """
    found = [
        Operation(child("/paths", path, method), path, method, item[method])
        for path, item in documents.paths(document).items()
        for method in item
        if method in METHODS
    ]
    ids: dict[str, str] = {}
    taken: set[tuple[str, str]] = set()
    for operation in found:
        tag = snake_case((operation.value.get("tags") or ["default"])[0])
        name = next(wish for wish in _wishes(operation) if (tag, snake_case(wish)) not in taken)
        taken.add((tag, snake_case(name)))
        ids[operation.pointer] = name
        given = operation.value.get("operationId", "")
        if given not in ("", name):
            place = child(operation.pointer, "operationId")
            what = f"{given} is module {snake_case(name)}"
            why = "Another operation of this tag gives the same module, or none does."
            noting(place, Kind.RENAMED, what, why)

    def change(operation: Operation) -> dict[str, Any]:
        return {**operation.value, "operationId": ids[operation.pointer]}

    return change_operations(document, change)


def _wishes(operation: Operation) -> Iterator[str]:
    """Yield the names that an operation could have, the best first."""
    given, own = operation.value.get("operationId", ""), _id_of(operation)
    names = ([given] if snake_case(given) else [own]) + [f"{given} {own}".strip()]
    yield from (name for name in names if len(name) <= LONGEST_NAME)
    bys = (operation.pointer + "#" * more for more in itertools.count())
    yield from (told_apart(names[-1][: LONGEST_NAME - 20], by) for by in bys)


def _id_of(operation: Operation) -> str:
    return f"{operation.method}_{'_'.join(part.strip('{}') for part in operation.path.split('/') if part)}"


def _note_twice(parameters: list[Any], pointer: str, noting: Noting) -> None:
    last = {(parameter["name"], parameter["in"]): number for number, parameter in enumerate(parameters)}
    for number, parameter in enumerate(parameters):
        if last[parameter["name"], parameter["in"]] != number:
            what = f"{parameter['in']} parameter {parameter['name']!r} left out"
            place = child(pointer, "parameters", number)
            noting(place, Kind.LOOSENED, what, "It stands there twice; the last one is taken.")


def inline_parts(document: Draft, noting: Noting) -> Draft:
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
            _note_twice(own, child("/paths", path, method), noting)
            unique = {
                (p["name"].lower() if p["in"] == "header" else p["name"], p["in"]): p for p in [*shared, *own]
            }
            value["parameters"] = list(unique.values())
            value["requestBody"] = resolve(document, value.get("requestBody"))
            responses = value["responses"].items()
            value["responses"] = {code: resolve(document, response) for code, response in responses}
            paths[path][method] = value
    held = document.get("components") or {}
    kept = {key: held[key] for key in ("schemas", "securitySchemes") if key in held}
    return {**document, "paths": paths, "components": kept}


_FIELDS: dict[str, dict[str, type]] = {
    "operation": {"summary": str, "description": str, "operationId": str, "tags": list, "deprecated": bool,
                  "parameters": list, "requestBody": dict, "responses": dict, "security": list,
                  "servers": list},
    "body": {"description": str, "required": bool, "content": dict},
    "response": {"description": str, "content": dict},
    "media type": {"schema": object, "encoding": dict},
    "encoding": {"contentType": str, "style": str, "explode": bool},
}  # fmt: skip
"""What is kept of the parts of an operation, with the types of the values."""


def mend_parts(document: Draft, noting: Noting) -> Draft:
    """Keep of operations, bodies and responses what the generator reads, where it is of the right type."""

    def change(operation: Operation) -> dict[str, Any]:
        made = _kept(operation.value, "operation")
        if "servers" in made and not are_servers(made["servers"]):
            del made["servers"]
        if "requestBody" in made:
            body = dict(made["requestBody"])
            body["required"] = str(body.get("required", False)).lower() == "true"
            made["requestBody"] = _with_content(_kept(body, "body"))
            if not made["requestBody"].get("content"):
                place = child(operation.pointer, "requestBody")
                noting(place, Kind.LOOSENED, "body left out", "It has no media type.")
                del made["requestBody"]
        made["responses"] = {
            code: {"description": "", **_with_content(_kept(response, "response"))}
            for code, response in made["responses"].items()
        }
        return made

    return change_operations(document, change)


def _kept(part: dict[str, Any], kind: str) -> dict[str, Any]:
    fields = _FIELDS[kind]
    return {
        key: value
        for key, value in part.items()
        if key.startswith("x-") or (key in fields and isinstance(value, fields[key]))
    }


def _with_content(part: dict[str, Any]) -> dict[str, Any]:
    if "content" not in part:
        return part
    made = {name: _kept(media, "media type") for name, media in part["content"].items()}
    for media in made.values():
        if "encoding" in media:
            parts = {name: value for name, value in media["encoding"].items() if isinstance(value, dict)}
            media["encoding"] = {name: _kept(value, "encoding") for name, value in parts.items()}
    return {**part, "content": made}


def are_servers(given: object) -> bool:
    """Tell whether a value is a list of servers."""
    return isinstance(given, list) and all(
        isinstance(server, dict) and isinstance(server.get("url"), str) for server in given
    )


def merge_media_types(document: Draft, _noting: Noting) -> Draft:
    """Join the media types of a response; the generated code looks at the answer's own."""

    def change(operation: Operation) -> dict[str, Any]:
        responses = {}
        for code, response in operation.value["responses"].items():
            given = response.get("content", {})
            content = dict(sorted(given.items(), key=lambda pair: (not _is_json(pair[0]), pair[0])))
            if len(content) > 1:
                joined = {"schema": _union([_body_schema(kind, media) for kind, media in content.items()])}
                media_type = next((kind for kind in content if _is_json(kind)), "application/json")
                response = {**response, "content": {media_type: joined}}  # noqa: PLW2901 - a changed copy
            responses[code] = response
        return {**operation.value, "responses": responses}

    return change_operations(document, change)


def read_as_text(document: Draft, noting: Noting) -> Draft:
    """Read request bodies that are neither JSON nor forms as text or bytes; no other code writes them."""

    def change(operation: Operation) -> dict[str, Any]:
        body = operation.value.get("requestBody", {})
        if "content" not in body:
            return operation.value
        content = {kind: _as_text(kind, media, document, noting) for kind, media in body["content"].items()}
        return {**operation.value, "requestBody": {**body, "content": content}}

    return change_operations(document, change)


def _as_text(kind: str, media: dict[str, Any], document: Draft, noting: Noting) -> dict[str, Any]:
    schema = media.get("schema")
    if schema is None or _is_json(kind) or kind.startswith(_FORMS) or _is_text(schema, document):
        return media
    what = f"a body of {kind} is text or bytes"
    noting(origin(schema), Kind.LOOSENED, what, "No other code writes it.")
    return {**media, "schema": {**_body_schema(kind, media), ORIGIN: origin(schema)}}


_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def _is_text(schema: Schema, document: Draft) -> bool:
    """Tell whether a schema is one of text, or says nothing of a type."""
    seen: set[str] = set()
    while "$ref" in schema and schema["$ref"] not in seen:
        seen.add(schema["$ref"])
        schema = components(document).get(component_of(schema["$ref"]) or "", {})
    variants = [variant for key in UNIONS for variant in schema.get(key, ())]
    if variants:
        return all(_is_text(variant, document) for variant in variants)
    return schema.get("type", "string") == "string" and not schema.keys() & {"properties", "items"}


def _is_json(media_type: str) -> bool:
    bare = media_type.split(";", maxsplit=1)[0].strip().lower()
    return bare == "application/json" or bare.endswith("+json")


def _body_schema(media_type: str, media: Schema) -> Schema:
    if _is_json(media_type):
        schema: Schema = media.get("schema", {})
        return schema
    return {"type": "string"} if media_type.startswith("text/") else {"type": "string", "format": "binary"}


def _union(schemas: list[Schema]) -> Schema:
    unique: list[Schema] = []
    for schema in schemas:
        if not any({**s, ORIGIN: ""} == {**schema, ORIGIN: ""} for s in unique):
            unique.append(schema)
    return unique[0] if len(unique) == 1 else {"anyOf": unique}
