"""Requests as the session sends them, and the steps that a call is made of."""

from __future__ import annotations

import platform
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import httpx
from attrs import field, frozen

from ._errors import InvalidArgumentError
from ._secrets import hidden, printable
from ._version import __version__

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from concurrent.futures import Future

    from ._answers import Answer
    from ._errors import RequestError
    from ._tokens import Outcome

Request = httpx.Request
"""For the rooms that hand requests on, and need not know whose class it is."""

_USER_AGENT = f"voucherify-wrapper/{__version__} python/{platform.python_version()} httpx/{httpx.__version__}"
_HEADERS = {
    "accept": "*/*",
    "accept-encoding": "gzip",
    "connection": "keep-alive",
    "user-agent": _USER_AGENT,
}

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


@frozen
class Send:
    """A step: send a signed request, and read its answer to the end.

    It gives the answer, or the ``RequestError`` that came in its place.

    Attributes:
        request: what to send.
        signature: the headers to sign it with.
        attempt: how many times it was sent, counting this one.
        timeout: how long this attempt may take, in seconds; never more than is left of the call.
    """

    request: httpx.Request
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
    request: httpx.Request


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
    request: httpx.Request
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
    headers: Mapping[str, str],
    **content: Any,  # noqa: ANN401 - httpx's own types
) -> httpx.Request:
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
    try:
        return httpx.Request(method.upper(), base_url + path, headers={**_HEADERS, **headers}, **content)
    except Exception as error:  # noqa: BLE001 - whatever it is, the arguments caused it
        reason = printable(str(error))
    raise InvalidArgumentError(f"These arguments cannot be sent: {reason}")


def _resolves(path: str) -> bool:
    segments = path.partition("?")[0].split("/")[1:]
    return any(unquote(segment) in ("", ".", "..") for segment in segments)
