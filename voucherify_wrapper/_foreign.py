"""Exceptions of httpx and of the system below it, told in this package's own terms.

The only place where foreign exceptions are read.
"""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import httpx

from ._errors import (
    APIConnectionError,
    APITimeoutError,
    ConnectionLostError,
    ConnectRefusedError,
    HostNotFoundError,
    InvalidResponseError,
    RequestError,
    TLSError,
)
from ._secrets import host_of, printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._secrets import Redactor

_TOO_SLOW = (
    "{host} did not answer within the time allowed. Whether it acted is not known; "
    "call again, or allow more time."
)
MEANINGS: dict[type[Exception], tuple[type[RequestError], str]] = {
    httpx.ConnectTimeout: (
        APITimeoutError,
        "No connection to {host} within the time allowed. Check the network, or allow more time.",
    ),
    httpx.PoolTimeout: (
        APITimeoutError,
        "No connection became free within the time allowed. Make fewer calls at once, or allow more time.",
    ),
    httpx.TimeoutException: (
        APITimeoutError,
        _TOO_SLOW,
    ),
    httpx.ProxyError: (
        APIConnectionError,
        "The proxy in front of {host} failed ({reason}). Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY.",
    ),
    httpx.UnsupportedProtocol: (
        APIConnectionError,
        "The transport does not serve {host} ({reason}). Check the transport that was passed.",
    ),
    httpx.ConnectError: (
        APIConnectionError,
        "No connection to {host} ({reason}). Check the network and the base URL.",
    ),
    httpx.NetworkError: (
        ConnectionLostError,
        "The connection to {host} broke ({reason}). Whether the server acted is not known; call again.",
    ),
    httpx.LocalProtocolError: (
        APIConnectionError,
        "The request could not be written as HTTP ({reason}). Check the headers that the credentials give.",
    ),
    httpx.RemoteProtocolError: (
        InvalidResponseError,
        "{host} did not answer in HTTP ({reason}). Check that the base URL leads to Voucherify.",
    ),
    httpx.DecodingError: (
        InvalidResponseError,
        "{host} answered with a body that cannot be decoded ({reason}). Check for a proxy in between.",
    ),
    httpx.TooManyRedirects: (InvalidResponseError, "{host} redirects without end. Check the base URL."),
    httpx.HTTPError: (APIConnectionError, "The request to {host} failed ({reason}). Call again."),
    httpx.HTTPStatusError: (
        InvalidResponseError,
        "The transport raised an error for an answer ({reason}). Let it return the answer instead.",
    ),
    httpx.StreamError: (
        InvalidResponseError,
        "The answer of {host} could not be read ({reason}). Check the transport that was passed.",
    ),
    httpx.InvalidURL: (APIConnectionError, "The URL of the request cannot be used ({reason})."),
    httpx.CookieConflict: (APIConnectionError, "The request to {host} failed ({reason}). Call again."),
    TimeoutError: (
        APITimeoutError,
        _TOO_SLOW,
    ),
    Exception: (
        APIConnectionError,
        "The HTTP transport failed in an unforeseen way ({reason}). Call again, and tell its maintainers.",
    ),
}
"""What each foreign exception means, and its text. The nearest base class of an exception decides."""

_NO_CONNECTION: dict[type[BaseException], tuple[type[APIConnectionError], str]] = {
    socket.gaierror: (
        HostNotFoundError,
        "The host of {host} is not known ({reason}). Check the base URL, the network and the DNS.",
    ),
    ssl.SSLError: (
        TLSError,
        "No secure connection to {host} ({reason}). Check the base URL and the clock, or set SSL_CERT_FILE.",
    ),
    ConnectionRefusedError: (
        ConnectRefusedError,
        "{host} refuses connections ({reason}). Check the base URL, and that the server runs.",
    ),
}
_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,  # to the proxy, or from it in place of a tunnel
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
_PASSING = (httpx.TransportError, OSError)  # a timeout of Python's own is an OSError as well
_LASTING = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
_CUT_OFF = ("disconnected", "closed connection")  # how httpcore and h11 word a connection that ended early


def error_from_foreign(
    error: Exception, *, outer: BaseException | None, method: str, url: str, attempts: int, redactor: Redactor
) -> RequestError:
    """Tell a foreign exception in this package's terms; it becomes the cause, unless it repeats a credential.

    Args:
        error: the exception.
        outer: what the caller was handling already when the call began: no part of the story.
        method: the method of the request that failed.
        url: its URL.
        attempts: how many times it was sent.
        redactor: knows the credentials of the call.
    """
    causes = list(_causes(error, outer, set()))
    cls, text = _meaning(error, causes)
    reason = next((str(cause) for cause in reversed(causes) if str(cause)), type(error).__name__)
    told = cls(
        text.format(host=host_of(url), reason=printable(redactor(reason))),
        method=method,
        url=url,
        attempts=attempts,
    )
    told.may_have_acted = not isinstance(error, _NOTHING_SENT)
    told.transient = _may_pass(error, causes)
    if isinstance(error, (httpx.HTTPError, httpx.StreamError, OSError)):
        _drop_secrets(causes, httpx.Request(method, url))
    repeated = "".join(f"{cause}{cause.args!r}{vars(cause)!r}" for cause in causes)
    told.__cause__ = error if redactor(repeated) == repeated else None
    return told


def _meaning(error: Exception, causes: list[BaseException]) -> tuple[type[RequestError], str]:
    if isinstance(error, httpx.ConnectError):
        for cause in causes:
            for kind, meaning in _NO_CONNECTION.items():
                if isinstance(cause, kind):
                    return meaning
    if isinstance(error, httpx.RemoteProtocolError) and any(word in str(error) for word in _CUT_OFF):
        return MEANINGS[httpx.NetworkError]
    return next(MEANINGS[base] for base in type(error).__mro__ if base in MEANINGS)


def _may_pass(error: Exception, causes: list[BaseException]) -> bool:
    """Whether sending again can help: not against a wrong setting, nor a certificate that is not accepted."""
    if isinstance(error, _LASTING) or not isinstance(error, _PASSING):
        return False
    return not any(isinstance(cause, ssl.SSLCertVerificationError) for cause in causes)


def _causes(
    error: BaseException | None, outer: BaseException | None, seen: set[int]
) -> Iterator[BaseException]:
    """The exception and what led to it, outermost first, through groups.

    The context counts as well: httpcore raises some of its exceptions "from None".
    """
    while error is not None and error is not outer and id(error) not in seen:
        seen.add(id(error))
        yield error
        if isinstance(error, BaseExceptionGroup):
            for member in error.exceptions:
                yield from _causes(member, outer, seen)
        error = error.__cause__ or error.__context__


def _drop_secrets(links: list[BaseException], unsigned: httpx.Request) -> None:
    """Drop the frames, and the request that httpx hangs on its exceptions: both hold signed headers."""
    for link in links:
        link.__traceback__ = None
        link.__context__ = None
        if isinstance(link, httpx.HTTPError):
            link.request = unsigned
        if isinstance(link, httpx.HTTPStatusError):
            link.response = httpx.Response(link.response.status_code, request=unsigned)
