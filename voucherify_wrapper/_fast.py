"""The HTTP transports of the extra ``[fast]``: httpx's interface over pyreqwest, which is hyper, in Rust.

Three things pyreqwest cannot do as the default transports do, and those serve in its place:

- a proxy: its failures could not be told from the server's;
- a limit for connecting that is one call's own: pyreqwest has one for all calls of a client;
- a process that was forked after pyreqwest had begun to work: its only thread is not there, so that every
  request would hang for ever (github.com/MarkusSintonen/pyreqwest/issues/51); or one that is ending, in which
  that thread is held (see `_runtime`).

A call that is cancelled, or whose client is closed, ends at once, but pyreqwest lets its request go on: it
may still be sent, and ends when the attempt's time is up.

No more requests than connections are allowed are under way; but a connection that hyper began to open for a
request, which then took one that became free, stays open beside those in use.

Certificates are verified by rustls, against what the default trusts and against the system's store. On Linux
``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` stand for that store. Elsewhere pyreqwest would add the system's store
to them, so the default transports serve there, too.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
from pyreqwest import exceptions as foreign
from pyreqwest.client import ClientBuilder, SyncClientBuilder
from pyreqwest.http import HeaderMap

from ._incoming import AsyncIncoming, Incoming
from ._latest import Latest
from ._logging import logger
from ._runtime import Runtime
from ._transport import KEEP_ALIVE, MAX_CONNECTIONS, AsyncTransport, Transport
from ._wakes import Wakes, awaited

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from queue import SimpleQueue

    from pyreqwest.client import Client, SyncClient
    from pyreqwest.request import StreamRequest, SyncStreamRequest
    from pyreqwest.response import BaseResponse, Response, SyncResponse

    from ._outgoing import Outgoing, RawHeaders
    from ._routes import Route

    Builder = TypeVar("Builder", ClientBuilder, SyncClientBuilder)

MEANINGS: dict[type[Exception], type[httpx.TransportError]] = {
    foreign.PoolTimeoutError: httpx.PoolTimeout,
    foreign.WriteTimeoutError: httpx.WriteTimeout,
    foreign.RequestTimeoutError: httpx.ReadTimeout,
    foreign.WriteError: httpx.WriteError,
    foreign.NetworkError: httpx.ReadError,
    foreign.DecodeError: httpx.RemoteProtocolError,
    foreign.RedirectError: httpx.RemoteProtocolError,
    foreign.StatusError: httpx.RemoteProtocolError,
    foreign.ClientClosedError: httpx.CloseError,
    foreign.BuilderError: httpx.LocalProtocolError,
    foreign.PyreqwestError: httpx.TransportError,
    ValueError: httpx.LocalProtocolError,  # from its types of headers and URLs
}
"""What each exception of pyreqwest means, once a connection was made. The nearest base class decides."""

# pyreqwest's classes do not tell whether a connection was made; hyper's texts, which it passes on, do.
_CONNECTING = "client error (Connect)"
_CUT_OFF = "end of file before message length reached"
_SYSTEM_ERROR = re.compile(r"(.*) \(os error (\d+)\)")
_NO_CONTENT = 204  # HTTP's status that has no body, so that there is nothing to ask for
_CLOSED = "The transport is closed."
_OWN_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")

_runtime = Runtime()


def fast_transport(route: Route, *, connect: float) -> httpx.BaseTransport:
    """A synchronous transport that is as fast as the way to the host allows.

    Args:
        route: the way to the host.
        connect: the client's limit for connecting, in seconds.
    """
    return Transport(route) if _needs_the_default(route) else FastTransport(route, connect=connect)


def async_fast_transport(route: Route, *, connect: float) -> httpx.AsyncBaseTransport:
    """The asynchronous twin of ``fast_transport``."""
    return AsyncTransport(route) if _needs_the_default(route) else AsyncFastTransport(route, connect=connect)


def _needs_the_default(route: Route) -> bool:
    own_certificates = route.ssl_context and any(os.environ.get(name) for name in _OWN_CERTIFICATES)
    reasons = {
        "there is a proxy": route.proxy,
        "this process was forked, or is ending": _runtime.is_missing(),
        "this system adds its own certificates": own_certificates and sys.platform != "linux",
    }
    reason = next((reason for reason, holds in reasons.items() if holds), None)
    if reason:
        logger.info("The default transport serves in place of the fast one: %s", reason)
    return reason is not None


def _configured(builder: Builder, route: Route, connect: float) -> Builder:
    """Nothing but HTTP/1.1: no redirects, cookies, decoding, proxies of its own, or headers of its own."""
    _runtime.begin(tells_loops=isinstance(builder, ClientBuilder))
    for authority in route.ssl_context.get_ca_certs(binary_form=True) if route.ssl_context else ():
        builder = builder.add_root_certificate_der(authority)
    for set_coding in (builder.gzip, builder.brotli, builder.zstd, builder.deflate):
        set_coding(enable=False)
    return (
        builder.runtime_multithreaded(enable=False)
        .http1_only()
        .no_proxy()
        .follow_redirects(enable=False)
        .referer(enable=False)
        .pool_max_idle_per_host(MAX_CONNECTIONS)
        .pool_idle_timeout(timedelta(seconds=KEEP_ALIVE))
        .connect_timeout(timedelta(seconds=connect))
    )


def _header_map_of(headers: RawHeaders) -> HeaderMap:
    return HeaderMap([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers])


def _ready(client: Any, request: Outgoing, headers: HeaderMap) -> Any:  # noqa: ANN401 - either kind
    """A request that is to be entered, so that it is sent."""
    if client is None:
        raise httpx.CloseError(_CLOSED)
    builder = client.request(request.method, request.url).headers(headers)
    if request.content:
        builder = builder.body_bytes(request.content)
    left = request.extensions.get("timeout", {}).get("read")
    return (builder if left is None else builder.timeout(timedelta(seconds=left))).build_streamed()


def _has_own_limit(request: Outgoing, connect: float) -> bool:
    """Whether the request's limit for connecting is neither the client's nor simply all the time there is."""
    limits = request.extensions.get("timeout", {})
    return limits.get("connect") not in (None, connect, limits.get("read"))


def _headers_of(response: BaseResponse) -> RawHeaders:
    headers = response.headers
    try:
        pairs = list(headers.items())
    except ValueError:  # a value beyond ASCII, which pyreqwest shows to nobody
        pairs = [pair for name in dict.fromkeys(headers) for pair in _readable(headers, name)]
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


def _readable(headers: Any, name: str) -> list[tuple[str, str]]:  # noqa: ANN401 - pyreqwest's own
    try:
        return [(name, value) for value in headers.getall(name)]
    except ValueError:
        return []


def as_httpx_error(error: Exception) -> httpx.TransportError:
    """Tell an exception of pyreqwest as httpx's, with the system's own as its cause where there is one."""
    causes = [cause["message"] for cause in getattr(error, "details", {}).get("causes") or ()]
    reason = causes[-1] if causes else str(error)
    kind = next(MEANINGS[base] for base in type(error).__mro__ if base in MEANINGS)
    if reason == _CUT_OFF:
        kind = httpx.ReadError
    if _CONNECTING in causes:
        timed_out = isinstance(error, foreign.RequestTimeoutError)
        kind = httpx.ConnectTimeout if timed_out else httpx.ConnectError
    told = kind(reason)
    told.__cause__ = _cause_of_no_connection(causes, reason) if kind is httpx.ConnectError else _known(reason)
    return told


def _cause_of_no_connection(causes: list[str], reason: str) -> OSError | None:
    """What Python's own modules would have raised."""
    if "dns error" in causes:
        return socket.gaierror(reason)
    if "tcp connect error" in causes:
        return _known(reason)
    refused = reason.startswith("invalid peer certificate")
    return (ssl.SSLCertVerificationError if refused else ssl.SSLError)(ssl.SSL_ERROR_SSL, reason)


def _known(reason: str) -> OSError | None:
    """The system's error that hyper tells, if it is one."""
    known = _SYSTEM_ERROR.fullmatch(reason)
    return OSError(int(known[2]), known[1]) if known else None


class _Incoming(Incoming):
    """An answer; when it is closed before its end, so is its connection."""

    def __init__(
        self, sending: SyncStreamRequest, response: SyncResponse, permits: SimpleQueue[None]
    ) -> None:
        super().__init__(response.status, _headers_of(response))
        self._sending: SyncStreamRequest | None = sending
        self._response = response
        self._permits: SimpleQueue[None] | None = permits

    def __iter__(self) -> Iterator[bytes]:
        failure = None
        if self.status != _NO_CONTENT:
            read = self._response.body_reader.read_chunk
            try:
                while (piece := read()) is not None:
                    yield bytes(piece)
            except foreign.PyreqwestError as error:
                failure = as_httpx_error(error)
        if failure:
            raise failure
        self._sending = None  # nothing is left to be closed, which would cost a change of threads

    def close(self) -> None:
        sending, self._sending = self._sending, None
        permits, self._permits = self._permits, None  # however often it is closed
        try:
            if sending:
                sending.__exit__(None, None, None)
        finally:
            if permits is not None:
                permits.put(None)


class FastTransport(Transport):
    """A synchronous transport; any number of threads may share it.

    A signal such as Ctrl-C is attended to when the answer has come, or the time for it is up.

    Args:
        route: the way to the host; no proxy is on it.
        connect: the limit for connecting, in seconds.
    """

    def __init__(self, route: Route, *, connect: float) -> None:
        super().__init__(route)
        self._connect = connect
        self._header_map_of = Latest(_header_map_of)
        self._client: SyncClient | None = _configured(SyncClientBuilder(), route, connect).build()

    def send(self, request: Outgoing) -> Incoming:
        """Send one request, and give its answer with the body still to be read.

        It takes one permit, which is given back with the answer.

        Raises:
            httpx.TransportError: it could not be sent, or was not answered.
        """
        if _runtime.is_missing() or _has_own_limit(request, self._connect):
            return super().send(request)
        try:
            sending = _ready(self._client, request, self._header_map_of(request.headers))
            return _Incoming(sending, sending.__enter__(), self._permits)
        except (foreign.PyreqwestError, ValueError) as error:
            self._permits.put(None)
            failure = as_httpx_error(error)
        except BaseException:
            self._permits.put(None)
            raise
        raise failure  # here, where pyreqwest's is not its context

    def close(self) -> None:
        """Close every connection, those in use as well. Final; a request from now on is refused."""
        client, self._client = self._client, None  # who holds it holds its idle connections
        if client and not _runtime.is_missing():
            client.close()
        super().close()


class _AsyncIncoming(AsyncIncoming):
    """The asynchronous twin of ``_Incoming``."""

    def __init__(self, sending: StreamRequest, response: Response, permits: asyncio.Semaphore) -> None:
        super().__init__(response.status, _headers_of(response))
        self._sending: StreamRequest | None = sending
        self._response = response
        self._permits: asyncio.Semaphore | None = permits

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self  # a generator would cost more than all the rest, as asyncio keeps account of each

    async def __anext__(self) -> bytes:
        failure = None
        try:
            piece = None if self.status == _NO_CONTENT else await self._response.body_reader.read_chunk()
        except foreign.PyreqwestError as error:
            failure = as_httpx_error(error)
        if failure:
            raise failure
        if piece is None:
            self._sending = None  # as in the other one
            raise StopAsyncIteration
        return bytes(piece)

    async def aclose(self) -> None:
        sending, self._sending = self._sending, None
        permits, self._permits = self._permits, None
        try:
            if sending:
                await sending.__aexit__(None, None, None)
        finally:
            if permits is not None:
                permits.release()


class AsyncFastTransport(AsyncTransport):
    """An asynchronous transport; any number of tasks of one event loop may share it.

    Args:
        route: the way to the host; no proxy is on it.
        connect: the limit for connecting, in seconds.
    """

    def __init__(self, route: Route, *, connect: float) -> None:
        super().__init__(route)
        self._connect = connect
        self._header_map_of = Latest(_header_map_of)
        self._client: Client | None = _configured(ClientBuilder(), route, connect).build()
        self._wakes: Wakes | None = None

    def keeps_time(self, request: Outgoing) -> bool:
        """Whether a request ends in its time by itself: pyreqwest's limit is one for all of it."""
        return not (_runtime.is_missing() or _has_own_limit(request, self._connect))

    async def send(self, request: Outgoing) -> AsyncIncoming:
        """Send one request, and give its answer with the body still to be read.

        It takes one permit, which is given back with the answer.

        Raises:
            httpx.TransportError: it could not be sent, or was not answered.
        """
        if not self.keeps_time(request):
            return await super().send(request)
        self._wakes = self._wakes or Wakes(asyncio.get_running_loop())
        try:
            sending = _ready(self._client, request, self._header_map_of(request.headers))
            return _AsyncIncoming(sending, await awaited(sending.__aenter__(), self._wakes), self._permits)
        except (foreign.PyreqwestError, ValueError) as error:
            self._permits.release()
            failure = as_httpx_error(error)
        except BaseException:
            self._permits.release()
            raise
        raise failure  # here, where pyreqwest's is not its context

    async def aclose(self) -> None:
        """Close every connection, those in use as well. Final; a request from now on is refused."""
        client, self._client = self._client, None
        if client and not _runtime.is_missing():
            await client.close()
        await super().aclose()
