"""Requests as the session sends them, and the steps that a call is made of."""

from __future__ import annotations

import platform
import re
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
from attrs import define, field, frozen

from ._errors import InvalidArgumentError
from ._outgoing import Outgoing, base_of, outgoing
from ._secrets import hidden, printable
from ._version import __version__

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from concurrent.futures import Future

    from ._answers import Answer
    from ._errors import RequestError
    from ._tokens import Outcome

Request = Outgoing
"""For the rooms that hand requests on, and need not know whose class it is."""

_USER_AGENT = f"voucherify-wrapper/{__version__} python/{platform.python_version()} httpx/{httpx.__version__}"
_HEADERS = {
    "accept": "*/*",
    "accept-encoding": "gzip",
    "connection": "keep-alive",
    "user-agent": _USER_AGENT,
}

_WITHOUT_BODY = ("DELETE", "GET")
_PLAIN = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]++|%[0-9A-Fa-f]{2})*+")
"""A path in which httpx would change nothing, such as the generated code writes."""
_LONGEST = 60_000  # characters; httpx's own limit, for the whole URL, lies not far above
_MAY_RESOLVE = re.compile(r"/(?:\.|%2e|/|\?|$)", re.IGNORECASE)
"""Finds every segment that is empty or begins with a dot; nearly no path has one."""


@frozen
class Signature:
    """The headers that sign a request.

    Attributes:
        headers: the headers.
        secrets: every credential that the call has used so far, to be kept out of sight.
    """

    headers: Mapping[str, str] = field(repr=hidden)
    secrets: tuple[str, ...] = field(default=(), repr=hidden, eq=False)


@define
class Send:
    """A step: send a signed request, and read its answer to the end.

    It gives the answer, or the ``RequestError`` that came in its place.

    Attributes:
        request: what to send.
        signature: the headers to sign it with.
        attempt: how many times it was sent, counting this one.
        timeout: how long this attempt may take, in seconds; never more than is left of the call.
    """

    request: Request
    signature: Signature
    attempt: int
    timeout: float


@frozen
class Wait:
    """A step: wait for the access token that another call is fetching.

    Attributes:
        renewal: what that call will settle.
        request: the request for the token.
    """

    renewal: Future[Outcome]
    request: Request


@frozen
class Pause:
    """A step: let time pass before the request is sent again.

    Attributes:
        seconds: how long, 0.0 or more.
        request: the request.
        attempt: how many times it was sent so far.
        error: what the last attempt ended with.
    """

    seconds: float
    request: Request
    attempt: int
    error: RequestError


Step = Send | Wait | Pause
if TYPE_CHECKING:
    Answering = Generator[Step, Any, Answer]
    Signing = Generator[Step, Any, Signature]


def build_request(
    base_url: str,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str] = MappingProxyType({}),
    **content: Any,  # noqa: ANN401 - httpx's own types
) -> Request:
    """Make a request that is not signed yet.

    Args:
        base_url: the server, without a slash at the end.
        method: the HTTP method, in any case.
        path: the path, percent-encoded, with a slash at the start, and the query, if any.
        headers: headers beside those of every request.
        **content: query, cookies and body as ``httpx.Request`` takes them.

    Raises:
        InvalidArgumentError: the arguments make no request, such as a URL that is too long, or make one that
            names another resource.
    """
    if _MAY_RESOLVE.search(path) and _resolves(path):
        # Clients and servers resolve dots, encoded ones too; an empty segment is another path as well.
        raise InvalidArgumentError(
            "A path parameter must not be empty, '.' or '..': it would name another resource."
        )
    method = method.upper()
    bare = method in _WITHOUT_BODY and not headers and not any(content.values())
    if bare and len(path) < _LONGEST and _PLAIN.fullmatch(path):
        base, own_headers = _ready_for(base_url)
        return Outgoing(method, base, path, own_headers)
    try:
        request = httpx.Request(method, base_url + path, headers={**_HEADERS, **headers}, **content)
        request.read()
        return outgoing(request)
    except Exception as error:  # noqa: BLE001 - whatever it is, the arguments caused it
        reason = printable(str(error))
    raise InvalidArgumentError(f"These arguments cannot be sent: {reason}")


@lru_cache(maxsize=64)
def _ready_for(base_url: str) -> tuple[str, list[tuple[bytes, bytes]]]:
    """The server, and the headers of every request to it; nobody changes them."""
    url = httpx.URL(base_url)
    own = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
    return base_of(url), [(b"host", url.netloc), *own]


def _resolves(path: str) -> bool:
    segments = path.partition("?")[0].split("/")[1:]
    return any(unquote(segment) in ("", ".", "..") for segment in segments)
