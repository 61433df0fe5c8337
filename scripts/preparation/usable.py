"""Whether a text is an OpenAPI document at all: what no repair can guess ends the work here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from scripts.command import UnusableInputError
from scripts.preparation.documents import METHODS, child, find, pointer_of

if TYPE_CHECKING:
    from scripts.command import Document

_SHARED = ("schemas", "parameters", "requestBodies", "responses", "headers", "securitySchemes", "pathItems")
_LOCATIONS = ("path", "query", "header", "cookie")


class UnusableDocumentError(UnusableInputError):
    """A text is no OpenAPI document of 3.0 or 3.1, or too broken to repair."""


def check_usable(document: Document) -> None:
    """Check that a document has the outline of an OpenAPI document.

    Args:
        document: The upstream document.

    Raises:
        UnusableDocumentError: It is of another kind or version, or a part is not what stands there in any
            OpenAPI document; the text names the place.
    """
    version = document.get("openapi")
    if "swagger" in document and version is None:
        raise UnusableDocumentError(
            "This is a Swagger 2.0 document; convert it to OpenAPI 3.0 or 3.1 first (at /swagger)."
        )
    if version is None:
        raise UnusableDocumentError('This is no OpenAPI document: it has no "openapi" with its version.')
    if not isinstance(version, str) or not version.startswith(("3.0", "3.1")):
        raise UnusableDocumentError(
            f"OpenAPI {version!r} is not supported, only 3.0 and 3.1 are (at /openapi)."
        )
    shared = _mapping(document.get("components") or {}, "/components")
    if "paths" not in document and not (shared or "webhooks" in document):
        raise UnusableDocumentError('The document has no "paths"; it may have been cut off.')
    _check_shared(shared, document)
    for path, item in _mapping(document.get("paths") or {}, "/paths").items():
        place = child("/paths", path)
        if path.startswith("x-"):
            continue
        if not path.startswith("/"):
            _refuse(place, "a path begins with a slash")
        _check_path_item(_mapping(item, place), place, document)


def _check_shared(shared: dict[str, Any], document: Document) -> None:
    for section in _SHARED:
        for name, item in _mapping(shared.get(section) or {}, f"/components/{section}").items():
            place = child("/components", section, name)
            if section == "schemas" and isinstance(item, bool):
                continue
            _mapping(item, place)
            if section == "parameters":
                _check_parameter(item, place, document)
            elif section == "pathItems":
                _check_path_item(item, place, document)
            elif section in ("requestBodies", "responses"):
                _check_content(_referred(item, place, document), place)


def _refuse(place: str, reason: str) -> NoReturn:
    raise UnusableDocumentError(f"The OpenAPI document is too broken to repair: {reason} (at {place}).")


def _mapping(value: Any, place: str) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    if not isinstance(value, dict):
        _refuse(place, f"an object belongs here, not {_kind(value)}")
    return value


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _check_path_item(item: dict[str, Any], place: str, document: Document) -> None:
    item = _referred(item, place, document)
    _check_parameters(item, place, document)
    for method in METHODS:
        if method not in item:
            continue
        where = child(place, method)
        operation = _mapping(item[method], where)
        _check_parameters(operation, where, document)
        if operation.get("requestBody") is not None:
            body = _mapping(operation["requestBody"], child(where, "requestBody"))
            _check_content(
                _referred(body, child(where, "requestBody"), document), child(where, "requestBody")
            )
        for code, response in _mapping(operation.get("responses") or {}, child(where, "responses")).items():
            if not code.startswith("x-"):
                answer = child(where, "responses", code)
                _check_content(_referred(_mapping(response, answer), answer, document), answer)


def _referred(item: dict[str, Any], place: str, document: Document) -> dict[str, Any]:
    """Return what a part refers to, or else the part; refuse references to what is not there.

    What a schema refers to can be loosened, these cannot.
    """
    reference = item.get("$ref")
    if reference is None:
        return item
    if not isinstance(reference, str) or not reference.startswith("#/"):
        _refuse(place, f"it refers to {reference!r}, which is in another document; bundle both first")
    seen = {reference}
    while True:
        try:
            target = find(document, pointer_of(reference))
        except KeyError:
            _refuse(
                place, f"it refers to {reference}, which is not there; the document may have been cut off"
            )
        reference = target.get("$ref") if isinstance(target, dict) else None
        if not isinstance(reference, str):
            break
        if reference in seen:
            _refuse(place, f"it refers to {reference}, which refers back to itself")
        seen.add(reference)
    return _mapping(target, place)


def _check_parameters(holder: dict[str, Any], place: str, document: Document) -> None:
    parameters = holder.get("parameters") or []
    if not isinstance(parameters, list):
        _refuse(child(place, "parameters"), f"a list belongs here, not {_kind(parameters)}")
    for number, parameter in enumerate(parameters):
        where = child(place, "parameters", number)
        _check_parameter(_mapping(parameter, where), where, document)


def _check_parameter(parameter: dict[str, Any], place: str, document: Document) -> None:
    parameter = _referred(parameter, place, document)
    if not isinstance(parameter.get("name"), str) or not parameter["name"]:
        _refuse(place, "a parameter needs a name")
    if parameter.get("in") not in _LOCATIONS:
        _refuse(place, f'a parameter is "in" {", ".join(_LOCATIONS)}, not in {parameter.get("in")!r}')
    _check_content(parameter, place)
    _check_schema(parameter, place)


def _check_content(holder: dict[str, Any], place: str) -> None:
    content = holder.get("content")
    if content is not None:
        for media_type, media in _mapping(content, child(place, "content")).items():
            where = child(place, "content", media_type)
            _check_schema(_mapping(media, where), where)


def _check_schema(holder: dict[str, Any], place: str) -> None:
    if not isinstance(holder.get("schema", True), bool):
        _mapping(holder["schema"], child(place, "schema"))
