"""How arguments are written into requests, as OpenAPI's styles have it."""

from __future__ import annotations

import json
import re
from io import BytesIO
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from ._responses import is_json
from ._shapes import Model, Shape, encode, table_of
from .types import UNSET, File

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ._fitting import Value
    from .types import FileTypes

_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")
"""What percent-encoding leaves as it is."""
_SEPARATORS = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}
_COOKIE = "!#$&'()*+-./:<=>?@[]^_`{|}~"
"""What stands in a cookie as it is, beside letters and digits."""


class Argument(NamedTuple):
    """An argument, and how it is written.

    Attributes:
        name: The parameter's name.
        value: The argument; nothing is written for UNSET and None.
        style: OpenAPI's style.
        explode: Whether each item and each property is written on its own.
        media_type: The media type that the argument is written in, in the place of a style.
    """

    name: str
    value: Value
    style: str = "form"
    explode: bool = True
    media_type: str = ""

    @property
    def written(self) -> Value:
        """The argument in JSON's types; as one string where it has a media type."""
        value = encode(self.value)
        return _json(value) if is_json(self.media_type) else value


def write_url(*parts: str | Argument, query: Iterable[Argument] = ()) -> str:
    """Write path and query.

    Args:
        *parts: The path's parts: text of the document, and arguments.
        query: The query's arguments.

    Returns:
        The URL, relative to the server's, in which every name and value is percent-encoded once.

    Raises:
        ValueError: The path would name another host.
    """
    path = "".join([part if isinstance(part, str) else _write_path(part) for part in parts])
    if "/." in path or path.startswith("."):
        # A segment of dots would be resolved by clients and servers.
        segments = (part.replace(".", "%2E") if part in (".", "..") else part for part in path.split("/"))
        path = "/".join(segments)
    if path.startswith("//"):
        raise ValueError("An empty path parameter at the start of a path would name another host.")
    pairs = "&".join(pair for argument in query if _given(argument) for pair in _write_query(argument))
    return f"{path}{'&' if '?' in path else '?'}{pairs}" if pairs else path


def _write_path(argument: Argument) -> str:
    if type(argument.value) is str and argument.style == "simple" and not argument.media_type:
        # Nearly every one, and most of them stay as they are; the rest below comes to the same.
        return argument.value if _PLAIN.fullmatch(argument.value) else quote(argument.value, safe="")
    name, value = quote(argument.name, safe=""), argument.written
    if value is None:
        value = "null"
    before, between = {"label": (".", "."), "matrix": (";", ";")}.get(argument.style, ("", ","))
    exploded = argument.explode and isinstance(value, (list, dict))
    items = list(_items(value, "=" if exploded else ","))
    if argument.style == "matrix":
        if exploded and isinstance(value, list):
            items = [f"{name}={item}" for item in items]
        elif not exploded:
            items = [f"{name}={','.join(items)}"]
    elif not exploded:
        items = [",".join(items)]
    return before + between.join(items)


def _items(value: Value, equals: str) -> Iterator[str]:
    """Write a value's items, and a name before each where it has names."""
    if isinstance(value, dict):
        for name, item in value.items():
            if item is not None:
                yield f"{quote(name, safe='')}{equals}{quote(_text(item), safe='')}"
    else:
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield quote(_text(item), safe="")


def _write_query(argument: Argument) -> Iterator[str]:
    name, value = argument.name, argument.written
    if argument.style == "deepObject" and isinstance(value, (dict, list)):
        yield from _deep(name, value)
    elif argument.explode and isinstance(value, dict):
        yield from _items(value, "=")
    elif argument.explode:
        yield from (f"{quote(name, safe='')}={item}" for item in _items(value, "="))
    else:
        separator = _SEPARATORS.get(argument.style, ",")
        items = list(_items(value, separator))
        if items:
            yield f"{quote(name, safe='')}={separator.join(items)}"


def _deep(name: str, value: Value) -> Iterator[str]:
    """Write nested objects and lists, with the way to each value in brackets."""
    todo = [(name, value)]
    while todo:
        name, value = todo.pop()
        if isinstance(value, (dict, list)):
            pairs = value.items() if isinstance(value, dict) else enumerate(value)
            todo += reversed([(f"{name}[{key}]", item) for key, item in pairs])
        elif value is not None:
            yield f"{quote(name, safe='')}={quote(_text(value), safe='')}"


def _text(value: Value) -> str:
    """Write a value as text: as JSON where it is not one already."""
    return value if isinstance(value, str) else _json(value)


def _json(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _given(argument: Argument) -> bool:
    return argument.value is not UNSET and argument.value is not None


def _plain(argument: Argument) -> str:
    value = argument.written
    if isinstance(value, dict):
        equals = "=" if argument.explode else ","
        return ",".join(f"{name}{equals}{_text(item)}" for name, item in value.items() if item is not None)
    if isinstance(value, list):
        return ",".join(_text(item) for item in value if item is not None)
    return _text(value)


class Body(NamedTuple):
    """One way to send a body.

    Attributes:
        media_type: Its media type, as the document has it.
        shape: What the document promises of it.
        encodings: Style and explode of the properties of a form, where the document names them.
    """

    media_type: str
    shape: Shape
    encodings: Mapping[str, tuple[str, bool]] = MappingProxyType({})

    @property
    def kind(self) -> str:
        """The media type in lower case and without parameters."""
        return self.media_type.partition(";")[0].strip().lower()


def write_request(
    method: str,
    *path: str | Argument,
    query: Iterable[Argument] = (),
    headers: Iterable[Argument] = (),
    cookies: Iterable[Argument] = (),
    body: Value = UNSET,
    bodies: Sequence[Body] = (),
) -> dict[str, Any]:
    """Write a request.

    Args:
        method: The HTTP method.
        *path: As `write_url` takes it.
        query: As `write_url` takes it.
        headers: The values of headers.
        cookies: The values of cookies.
        body: The body; nothing is written for UNSET.
        bodies: The ways to send it; the first one that it fits is taken.

    Returns:
        What httpx's `request` takes.
    """
    request: dict[str, Any] = {"method": method, "url": write_url(*path, query=query)}
    if body is not UNSET:
        request |= _write_body(body, bodies)
    if written := _write_headers(headers):
        request["headers"] = {**request.get("headers", {}), **written}
    if written := _write_cookies(cookies):
        request["cookies"] = written
    return request


def _write_headers(arguments: Iterable[Argument]) -> dict[str, str]:
    return {argument.name: _plain(argument) for argument in arguments if _given(argument)}


def _write_cookies(arguments: Iterable[Argument]) -> dict[str, str]:
    """Write cookies; what they cannot hold is percent-encoded."""
    return {
        argument.name: quote(_plain(argument), safe=_COOKIE) for argument in arguments if _given(argument)
    }


def _write_body(value: Value, bodies: Sequence[Body]) -> dict[str, Any]:
    body = next((each for each in bodies if _suits(each, value)), bodies[0])
    headers = {"Content-Type": body.media_type}
    if is_json(body.kind):
        # httpx takes None for no body at all.
        content = {"content": b"null"} if value is None else {"json": encode(value)}
    elif body.kind == "multipart/form-data":
        return {"files": list(_parts(value))}  # httpx writes the header, with the boundary
    elif body.kind == "application/x-www-form-urlencoded":
        content = {"content": "&".join(_form(value, body.encodings)).encode()}
    else:
        content = {"content": _bytes(value)}
    return {**content, "headers": headers}


def _suits(body: Body, value: Value) -> bool:
    if is_json(body.kind) or "form" in body.kind:
        return body.shape.fits(value) and not isinstance(value, (File, bytes))
    return isinstance(value, (File, bytes, str))


def _bytes(value: Value) -> bytes:
    if isinstance(value, File):
        value = value.payload.read()
    return value if isinstance(value, bytes) else _text(encode(value)).encode()


def _properties(value: Value) -> Iterator[tuple[str, Value]]:
    """List what a form holds, not encoded yet."""
    if isinstance(value, Model):
        fields = table_of(type(value)).fields
        named = {field.name: getattr(value, field.attribute) for field in fields}
        value = {**value.additional_properties, **{k: v for k, v in named.items() if v is not UNSET}}
    yield from ((name, item) for name, item in value.items() if item is not UNSET)


def _form(value: Value, encodings: Mapping[str, tuple[str, bool]]) -> Iterator[str]:
    for name, item in _properties(value):
        item = encode(item)  # noqa: PLW2901 - the same one
        if name in encodings:
            yield from _write_query(Argument(name, item, *encodings[name]))
        elif isinstance(item, dict):
            yield from _write_query(Argument(name, _json(item)))
        else:
            yield from _write_query(Argument(name, item))


def _parts(value: Value) -> Iterator[tuple[str, FileTypes]]:
    for name, whole in _properties(value):
        for item in whole if isinstance(whole, (list, tuple)) else [whole]:
            if isinstance(item, File):
                # Servers take a part without a file's name for a plain value.
                yield name, (item.file_name or name, item.payload, item.mime_type)
            elif isinstance(item, bytes):
                yield name, (name, BytesIO(item), "application/octet-stream")
            elif item is not None:
                plain = encode(item)
                media_type = "application/json" if isinstance(plain, (dict, list)) else "text/plain"
                yield name, (None, _text(plain).encode(), media_type)
