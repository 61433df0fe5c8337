"""The default HTTP transports: httpx's interface over a few single connections of our own keeping.

One host is all there is to talk to, so a pool is a stack. httpcore's own pools are used one connection at a
time: shared by many calls they lose places for good when a handshake behind a proxy fails or a task is
cancelled, go on connecting after they were closed, and scan all connections for every request. Here who takes
a connection owns it until its answer is read; whatever else happens to it, it is closed and dropped.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextlib import suppress
from functools import lru_cache
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, cast

import h11
import httpcore
import httpx

from ._incoming import AsyncIncoming, Incoming
from ._latest import Latest
from ._network import AsyncBackend, Backend
from ._outgoing import outgoing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from ._network import Received
    from ._outgoing import Outgoing, RawHeaders
    from ._routes import Route

MAX_CONNECTIONS = 100
KEEP_ALIVE = 30.0
"""Seconds that an idle connection is kept."""
_HTTPCORE_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


def _as_httpx_error(error: Exception) -> httpx.TransportError:
    """The same exception as httpx has it, which has the same names."""
    told: httpx.TransportError = getattr(httpx, type(error).__name__)(str(error))
    return told


def _checked(headers: RawHeaders) -> Any:  # noqa: ANN401 - h11's own type, which is no list
    """The headers in h11's own form, which it takes without checking each of them again.

    Raises:
        httpcore.LocalProtocolError: one cannot be sent.
    """
    try:
        return h11.Request(method=b"GET", target=b"/", headers=headers).headers
    except h11.LocalProtocolError as error:
        raise httpcore.LocalProtocolError(str(error)) from error


class _Translator:
    """Tells requests in httpcore's terms."""

    def __init__(self) -> None:
        self._checked = Latest(_checked)

    def __call__(self, request: Outgoing) -> httpcore.Request:
        scheme, host, port = _parts_of(request.base)
        wanted = httpcore.Request(
            method=request.method,
            url=httpcore.URL(scheme=scheme, host=host, port=port, target=request.target),
            content=request.content,
            extensions=request.extensions,
        )
        wanted.headers = self._checked(request.headers)
        return wanted


@lru_cache(maxsize=64)
def _parts_of(base: str) -> tuple[bytes, bytes, int | None]:
    url = httpx.URL(base)
    return url.raw_scheme, url.raw_host, url.port


def _pool_settings(route: Route, keep_alive: float) -> dict[str, Any]:
    return {
        "ssl_context": route.ssl_context,
        "proxy": route.proxy,
        "max_connections": 1,
        "keepalive_expiry": keep_alive,
    }


def _refuse_left_over(response: httpcore.Response) -> None:
    """Refuse an answer that was there before the request was sent: it answers something else."""
    if _received(response).nothing:
        raise httpcore.RemoteProtocolError("an answer that nobody had asked for was in the way")


def _received(response: httpcore.Response) -> Received:
    received: Received = response.extensions["network_stream"].received
    return received


class _Connection:
    """One connection to the server, made when it is needed and made anew when it has ended.

    The pool only makes the connections, of whatever kind the proxy needs: there are no others to look after.

    Attributes:
        idle_since: when it was last used, by the monotonic clock.
    """

    def __init__(self, route: Route, keep_alive: float) -> None:
        self.idle_since = 0.0
        self._backend = Backend(to_proxy=route.proxy is not None)
        self._pool = httpcore.ConnectionPool(
            **_pool_settings(route, keep_alive), network_backend=self._backend
        )
        self._connection: httpcore.ConnectionInterface | None = None

    def send(self, wanted: httpcore.Request) -> httpcore.Response:
        if self._connection is None:
            self._connection = self._pool.create_connection(wanted.url.origin)
        elif self._connection.has_expired():
            self._connection.close()
            self._connection = self._pool.create_connection(wanted.url.origin)
        response = self._connection.handle_request(wanted)
        _refuse_left_over(response)
        return response

    def is_reusable(self) -> bool:
        return self._connection is not None and self._connection.is_idle()

    def close(self) -> None:
        self._backend.close()  # past the connection, whose lock an interrupted thread may hold for ever


class _AsyncConnection:
    """The asynchronous twin of ``_Connection``."""

    def __init__(self, route: Route, keep_alive: float) -> None:
        self.idle_since = 0.0
        self._backend = AsyncBackend(to_proxy=route.proxy is not None)
        self._pool = httpcore.AsyncConnectionPool(
            **_pool_settings(route, keep_alive), network_backend=self._backend
        )
        self._connection: httpcore.AsyncConnectionInterface | None = None

    async def send(self, wanted: httpcore.Request) -> httpcore.Response:
        if self._connection is None:
            self._connection = self._pool.create_connection(wanted.url.origin)
        elif self._connection.has_expired():
            await self._connection.aclose()
            self._connection = self._pool.create_connection(wanted.url.origin)
        response = await self._connection.handle_async_request(wanted)
        _refuse_left_over(response)
        return response

    async def is_reusable(self) -> bool:
        idle = self._connection is not None and self._connection.is_idle()
        return idle and not await self._backend.has_left_over()

    async def aclose(self) -> None:
        await self._backend.aclose()


class _Incoming(Incoming):
    """An answer; the connection is given back, or dropped, when it is closed."""

    def __init__(self, response: httpcore.Response, done: Callable[[bool], None]) -> None:
        super().__init__(response.status, response.headers)
        self._response = response
        self._done = done
        self._intact = False

    def __iter__(self) -> Iterator[bytes]:
        length = 0
        try:
            for part in cast("Iterator[bytes]", self._response.stream):
                length += len(part)
                yield part
        except _HTTPCORE_ERRORS as error:
            raise _as_httpx_error(error) from error
        self._intact = _received(self._response).ends_after(length)

    def close(self) -> None:
        done, self._done = self._done, _nothing  # however often it is closed
        intact = False
        try:
            self._response.close()
            intact = self._intact
        finally:
            done(intact)


def _nothing(_: bool) -> None:  # noqa: FBT001 - stands for a callback
    pass


class Transport(httpx.BaseTransport):
    """A synchronous transport; any number of threads may share it.

    The queue and the stack are atomic in the interpreter, so no interrupted thread can leave a lock held.

    Args:
        route: the way to the host.
        keep_alive: how long an idle connection is kept, in seconds.
    """

    def __init__(self, route: Route, *, keep_alive: float = KEEP_ALIVE) -> None:
        self._route = route
        self._keep_alive = keep_alive
        self._permits: SimpleQueue[None] = SimpleQueue()
        for _ in range(MAX_CONNECTIONS):
            self._permits.put(None)
        self._told = _Translator()
        self._idle: deque[_Connection] = deque()
        self._busy: set[_Connection] = set()
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send an httpx request: for whoever uses this as a plain httpx transport."""
        request.read()
        self.permit(request.extensions.get("timeout", {}).get("pool"))
        return self.send(outgoing(request)).as_httpx()

    def send(self, request: Outgoing) -> Incoming:
        """Send one request, and give its answer with the body still to be read.

        It takes one permit, which is given back with the answer.

        Raises:
            httpx.TransportError: it could not be sent, or was not answered.
        """
        connection = self._taken()
        response = None
        try:
            response = connection.send(self._told(request))
        except _HTTPCORE_ERRORS as error:
            raise _as_httpx_error(error) from error
        finally:
            if response is None:
                self._give_back(connection, reusable=False)
        return _Incoming(response, lambda intact: self._give_back(connection, reusable=intact))

    def permit(self, seconds: float | None) -> None:
        """Wait for the permission to send one request: for a connection.

        Args:
            seconds: how long at most; None for ever.

        Raises:
            httpx.PoolTimeout: there was none for so long.
        """
        try:
            self._permits.get(timeout=seconds)
        except Empty:
            raise httpx.PoolTimeout(f"All {MAX_CONNECTIONS} connections are in use.") from None

    def _taken(self) -> _Connection:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _Connection(self._route, self._keep_alive)
        self._busy.add(connection)
        if self._closed:
            self._give_back(connection, reusable=False)
            raise httpx.CloseError("The transport is closed.")
        return connection

    def _give_back(self, connection: _Connection, *, reusable: bool) -> None:
        self._busy.discard(connection)
        if reusable and connection.is_reusable():
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.close()
        if self._closed:  # perhaps just now
            connection.close()
        self._close_the_long_idle()
        self._permits.put(None)

    def _close_the_long_idle(self) -> None:
        with suppress(IndexError):
            while time.monotonic() - self._idle[0].idle_since > self._keep_alive:
                self._idle.popleft().close()

    def close(self) -> None:
        """Close every connection, those in use as well. Final; a request from now on is refused."""
        self._closed = True
        for connection in [*self._busy, *self._idle]:
            connection.close()


class _AsyncIncoming(AsyncIncoming):
    """The asynchronous twin of ``_Incoming``."""

    def __init__(self, response: httpcore.Response, done: Callable[[bool], Any]) -> None:
        super().__init__(response.status, response.headers)
        self._response = response
        self._done = done
        self._intact = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        length = 0
        try:
            async for part in cast("AsyncIterator[bytes]", self._response.stream):
                length += len(part)
                yield part
        except _HTTPCORE_ERRORS as error:
            raise _as_httpx_error(error) from error
        self._intact = _received(self._response).ends_after(length)

    async def aclose(self) -> None:
        done, self._done = self._done, _nothing_awaited  # however often it is closed
        intact = False
        try:
            await self._response.aclose()
            intact = self._intact
        finally:
            await done(intact)


async def _nothing_awaited(_: bool) -> None:  # noqa: FBT001 - stands for a callback
    pass


class AsyncTransport(httpx.AsyncBaseTransport):
    """An asynchronous transport; any number of tasks of one event loop may share it.

    Args:
        route: the way to the host.
        keep_alive: how long an idle connection is kept, in seconds.
    """

    def __init__(self, route: Route, *, keep_alive: float = KEEP_ALIVE) -> None:
        self._route = route
        self._keep_alive = keep_alive
        self._permits = asyncio.Semaphore(MAX_CONNECTIONS)
        self._told = _Translator()
        self._idle: deque[_AsyncConnection] = deque()
        self._busy: set[_AsyncConnection] = set()
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send an httpx request: for whoever uses this as a plain httpx transport."""
        await request.aread()
        await self.permit(request.extensions.get("timeout", {}).get("pool"))
        return (await self.send(outgoing(request))).as_httpx()

    def keeps_time(self, request: Outgoing) -> bool:  # noqa: ARG002 - for those who do
        """Whether a request ends in its time by itself: not here, where every byte has a time of its own."""
        return False

    async def send(self, request: Outgoing) -> AsyncIncoming:
        """Send one request, and give its answer with the body still to be read.

        It takes one permit, which is given back with the answer.

        Raises:
            httpx.TransportError: it could not be sent, or was not answered.
        """
        connection = self._taken()
        response = None
        try:
            response = await connection.send(self._told(request))
        except _HTTPCORE_ERRORS as error:
            raise _as_httpx_error(error) from error
        finally:
            if response is None:
                await self._give_back(connection, reusable=False)
        return _AsyncIncoming(response, lambda intact: self._give_back(connection, reusable=intact))

    async def permit(self, seconds: float | None) -> None:
        """Wait for the permission to send one request: for a connection.

        Args:
            seconds: how long at most; None for ever.

        Raises:
            httpx.PoolTimeout: there was none for so long.
        """
        if not self._permits.locked():  # nearly always; a timer would cost more than all the rest of this
            await self._permits.acquire()
            return
        try:
            async with asyncio.timeout(seconds):
                await self._permits.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout(f"All {MAX_CONNECTIONS} connections are in use.") from None

    def _taken(self) -> _AsyncConnection:
        if self._closed:
            self._permits.release()
            raise httpx.CloseError("The transport is closed.")
        connection = self._idle.pop() if self._idle else _AsyncConnection(self._route, self._keep_alive)
        self._busy.add(connection)
        return connection

    async def _give_back(self, connection: _AsyncConnection, *, reusable: bool) -> None:
        kept = False
        try:
            kept = reusable and await connection.is_reusable() and not self._closed
        finally:
            self._busy.discard(connection)
            self._permits.release()
            if kept:
                connection.idle_since = time.monotonic()
                self._idle.append(connection)
            dropped = [] if kept else [connection]
            while self._idle and time.monotonic() - self._idle[0].idle_since > self._keep_alive:
                dropped.append(self._idle.popleft())
            if dropped:
                await _close_all(dropped)

    async def aclose(self) -> None:
        """Close every connection, those in use as well. Final; a request from now on is refused."""
        self._closed = True
        await _close_all([*self._busy, *self._idle])


async def _close_all(connections: list[_AsyncConnection]) -> None:
    """Close connections in a task of its own: a cancellation must not leave a socket open."""

    async def close() -> None:
        for connection in connections:
            await connection.aclose()

    await asyncio.shield(asyncio.ensure_future(close()))
