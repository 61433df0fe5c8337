"""The default HTTP transports: httpx's interface over a few single connections of our own keeping.

One host is all there is to talk to, so a pool is a stack. httpcore's own pools are used one connection at a
time: shared by many calls they lose places for good when a handshake behind a proxy fails or a task is
cancelled, go on connecting after they were closed, and scan all connections for every request. Here who takes
a connection owns it until its answer is read; whatever else happens to it, it is closed and dropped.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import httpcore
import httpx

from ._network import AsyncBackend, Backend
from ._routes import as_httpcore_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from ._routes import Route

MAX_CONNECTIONS = 100
_IDLE = 30.0  # seconds that an idle connection is kept
_HTTPCORE_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


@contextmanager
def _as_httpx_errors() -> Iterator[None]:
    """Hand on httpcore's exceptions as httpx's, which have the same names."""
    try:
        yield
    except _HTTPCORE_ERRORS as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


def _as_httpcore_request(request: httpx.Request) -> httpcore.Request:
    return httpcore.Request(
        method=request.method,
        url=as_httpcore_url(request.url),
        headers=request.headers.raw,
        content=request.stream,
        extensions=request.extensions,
    )


def _pool_settings(route: Route) -> dict[str, Any]:
    return {
        "ssl_context": route.ssl_context,
        "proxy": route.proxy,
        "max_connections": 1,
        "keepalive_expiry": _IDLE,
    }


def _refuse_left_over(response: httpcore.Response) -> None:
    """Refuse an answer that was there before the request was sent: it answers something else."""
    if getattr(response.extensions.get("network_stream"), "unread", False):
        raise httpcore.RemoteProtocolError("an answer that nobody had asked for was in the way")


class _Connection:
    """One connection to the server, made when it is needed and made anew when it has ended."""

    def __init__(self, route: Route) -> None:
        self._backend = Backend(to_proxy=route.proxy is not None)
        self._pool = httpcore.ConnectionPool(**_pool_settings(route), network_backend=self._backend)

    def send(self, request: httpx.Request) -> httpcore.Response:
        response = self._pool.handle_request(_as_httpcore_request(request))
        _refuse_left_over(response)
        return response

    def is_reusable(self) -> bool:
        return all(connection.is_idle() for connection in self._pool.connections)

    def close(self) -> None:
        self._backend.close()  # past the pool, whose lock an interrupted thread may hold for ever


class _AsyncConnection:
    """The asynchronous twin of ``_Connection``."""

    def __init__(self, route: Route) -> None:
        self._backend = AsyncBackend(to_proxy=route.proxy is not None)
        self._pool = httpcore.AsyncConnectionPool(**_pool_settings(route), network_backend=self._backend)

    async def send(self, request: httpx.Request) -> httpcore.Response:
        response = await self._pool.handle_async_request(_as_httpcore_request(request))
        _refuse_left_over(response)
        return response

    def is_reusable(self) -> bool:
        return all(connection.is_idle() for connection in self._pool.connections)

    async def aclose(self) -> None:
        await self._backend.aclose()


class _Body(httpx.SyncByteStream):
    """An answer's body; the connection is given back, or dropped, when it is closed."""

    def __init__(self, response: httpcore.Response, done: Callable[[], None]) -> None:
        self._response = response
        self._done = done

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx_errors():
            yield from self._response.iter_stream()

    def close(self) -> None:
        done, self._done = self._done, _nothing  # however often it is closed
        try:
            self._response.close()
        finally:
            done()


def _nothing() -> None:
    pass


class Transport(httpx.BaseTransport):
    """A synchronous transport; any number of threads may share it.

    The queue and the stack are atomic in the interpreter, so no interrupted thread can leave a lock held.

    Args:
        route: the way to the host.
    """

    def __init__(self, route: Route) -> None:
        self._route = route
        self._permits: SimpleQueue[None] = SimpleQueue()
        for _ in range(MAX_CONNECTIONS):
            self._permits.put(None)
        self._idle: deque[_Connection] = deque()
        self._busy: set[_Connection] = set()
        self._closed = False

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, and give its answer with the body still to be read.

        Raises:
            httpx.TransportError: it could not be sent, or was not answered.
        """
        connection = self._taken(request.extensions.get("timeout", {}).get("pool"))
        response = None
        try:
            with _as_httpx_errors():
                response = connection.send(request)
        finally:
            if response is None:
                self._give_back(connection, reusable=False)
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response, lambda: self._give_back(connection, reusable=connection.is_reusable())),
            extensions=response.extensions,
        )

    def _taken(self, timeout: float | None) -> _Connection:
        try:
            self._permits.get(timeout=timeout)
        except Empty:
            raise httpx.PoolTimeout(f"All {MAX_CONNECTIONS} connections are in use.") from None
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = _Connection(self._route)
        self._busy.add(connection)
        if self._closed:
            self._give_back(connection, reusable=False)
            raise httpx.CloseError("The transport is closed.")
        return connection

    def _give_back(self, connection: _Connection, *, reusable: bool) -> None:
        self._busy.discard(connection)
        if reusable and not self._closed:
            self._idle.append(connection)
        else:
            connection.close()
        self._permits.put(None)

    def close(self) -> None:
        """Close every connection, those in use as well. Final; a request from now on is refused."""
        self._closed = True
        for connection in [*self._busy, *self._idle]:
            connection.close()


class _AsyncBody(httpx.AsyncByteStream):
    """The asynchronous twin of ``_Body``."""

    def __init__(self, response: httpcore.Response, done: Callable[[], Any]) -> None:
        self._response = response
        self._done = done

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx_errors():
            async for part in self._response.aiter_stream():
                yield part

    async def aclose(self) -> None:
        done, self._done = self._done, _nothing_awaited  # however often it is closed
        try:
            await self._response.aclose()
        finally:
            await done()


async def _nothing_awaited() -> None:
    pass


class AsyncTransport(httpx.AsyncBaseTransport):
    """An asynchronous transport; any number of tasks of one event loop may share it.

    Args:
        route: the way to the host.
    """

    def __init__(self, route: Route) -> None:
        self._route = route
        self._permits = asyncio.Semaphore(MAX_CONNECTIONS)
        self._idle: list[_AsyncConnection] = []
        self._busy: set[_AsyncConnection] = set()
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, and give its answer with the body still to be read.

        Raises:
            httpx.TransportError: it could not be sent, or was not answered.
        """
        connection = await self._taken(request.extensions.get("timeout", {}).get("pool"))
        response = None
        try:
            with _as_httpx_errors():
                response = await connection.send(request)
        finally:
            if response is None:
                await self._give_back(connection, reusable=False)

        async def done() -> None:
            await self._give_back(connection, reusable=connection.is_reusable())

        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_AsyncBody(response, done),
            extensions=response.extensions,
        )

    async def _taken(self, timeout: float | None) -> _AsyncConnection:
        try:
            async with asyncio.timeout(timeout):
                await self._permits.acquire()
        except TimeoutError:
            raise httpx.PoolTimeout(f"All {MAX_CONNECTIONS} connections are in use.") from None
        if self._closed:
            self._permits.release()
            raise httpx.CloseError("The transport is closed.")
        connection = self._idle.pop() if self._idle else _AsyncConnection(self._route)
        self._busy.add(connection)
        return connection

    async def _give_back(self, connection: _AsyncConnection, *, reusable: bool) -> None:
        self._busy.discard(connection)
        self._permits.release()
        if reusable and not self._closed:
            self._idle.append(connection)
        else:
            # In a task of its own: a second cancellation must not leave the socket open.
            await asyncio.shield(asyncio.ensure_future(connection.aclose()))

    async def aclose(self) -> None:
        """Close every connection, those in use as well. Final; a request from now on is refused."""
        self._closed = True
        for connection in [*self._busy, *self._idle]:
            await connection.aclose()
