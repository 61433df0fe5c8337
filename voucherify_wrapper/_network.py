"""Connections below httpcore's pools: they end with the call, and can be closed in any state of the pool.

httpx's timeouts start anew with every byte that arrives, so a server that drips its headers could hold a
thread for hours. The synchronous streams therefore know when the call has to end; the asynchronous ones need
not, as a task can be cancelled from outside.
"""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import httpcore

from ._clusters import is_address

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

_SLICE = 65_536  # bytes written before the clock is looked at again
_END_OF_HEAD = b"\r\n\r\n"
_END_OF_CHUNKS = b"0\r\n\r\n"
_SHORTEST = 0.001  # seconds that a further address is given when the time is up

_deadline: ContextVar[float | None] = ContextVar("voucherify_deadline", default=None)


class deadline:  # noqa: N801 - used as a function is
    """Let every network operation of this thread end at a time of the monotonic clock."""

    __slots__ = ("_at", "_token")

    def __init__(self, at: float) -> None:
        self._at = at

    def __enter__(self) -> None:
        self._token = _deadline.set(self._at)

    def __exit__(self, *_: object) -> None:
        _deadline.reset(self._token)


def _left(timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
    at = _deadline.get()
    if at is None:
        return timeout
    left = at - time.monotonic()
    if left <= 0:
        raise error("The time allowed for the whole call ran out.")
    return left if timeout is None else min(timeout, left)


class Received:
    """What a connection has received since the last write, as far as it tells where an answer has ended.

    Attributes:
        nothing: whether it is nothing at all. An answer that is complete then was left over from before, and
            is no answer to this request.
    """

    __slots__ = ("_beyond", "_head", "_last", "nothing")

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin anew, as something is written."""
        self.nothing = True
        self._head = self._last = b""
        self._beyond = -1  # bytes behind the head; none is complete yet

    def take(self, piece: bytes) -> None:
        """Take what was read."""
        self.nothing = False
        self._last = (self._last + piece)[-len(_END_OF_CHUNKS) :]
        if self._beyond >= 0:
            self._beyond += len(piece)
            return
        self._head += piece
        _, end, beyond = self._head.partition(_END_OF_HEAD)
        self._beyond = len(beyond) if end else -1

    def ends_after(self, length: int) -> bool:
        """Whether nothing came behind an answer: it would be taken for the beginning of the next one.

        Args:
            length: of the answer's body, in bytes.
        """
        return self._beyond == length or self._last == _END_OF_CHUNKS


class Stream(httpcore.NetworkStream):
    """A connection whose every operation also ends with the call.

    Attributes:
        received: what has come since the last write.
    """

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream
        self._closed = False
        self.received = Received()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has arrived."""
        piece = self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))
        self.received.take(piece)
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        self.received.begin()
        for start in range(0, len(buffer), _SLICE):
            self._stream.write(buffer[start : start + _SLICE], _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close, and wake a thread that is reading, which closing alone would not."""
        self._closed = True
        with suppress(OSError):
            # Not the TLS socket's own shutdown: it drops the encryption, and a thread that is just
            # writing would go on in the clear.
            socket.socket.shutdown(self._stream.get_extra_info("socket"), socket.SHUT_RDWR)
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Encrypt from here on."""
        left = _left(timeout, httpcore.ConnectTimeout)
        self._stream = self._stream.start_tls(ssl_context, server_hostname, left)
        if self._closed:  # during the handshake, whose socket was out of reach
            self.close()
            raise httpcore.ConnectError("The transport is closed.")
        return self

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's own type
        """What httpcore asks of a stream."""
        return self._stream.get_extra_info(info)


class Backend(httpcore.SyncBackend):
    """Opens connections, and remembers them so that they can be closed.

    Args:
        to_proxy: whether the peer is a proxy, whose failures are told as such.
    """

    def __init__(self, *, to_proxy: bool) -> None:
        self._to_proxy = to_proxy
        self._streams: list[Stream] = []
        self._closed = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Try each address of the host in turn, all of them together within the time allowed."""
        allowed = _left(timeout, httpcore.ConnectTimeout)
        end = None if allowed is None else time.monotonic() + allowed
        failure: Exception = httpcore.ConnectError("The host has no address.")
        try:
            for address in _addresses(host, port, end):
                left = None if end is None else max(end - time.monotonic(), _SHORTEST)
                try:
                    stream = Stream(super().connect_tcp(address, port, left, local_address, socket_options))
                except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                    failure = error
                else:
                    return self._kept(stream)
            raise failure
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            if self._to_proxy:
                raise _told_of_the_proxy(error) from error
            raise

    def _kept(self, stream: Stream) -> Stream:
        self._streams = [stream]
        if self._closed:  # while it was connecting
            stream.close()
            raise httpcore.ConnectError("The transport is closed.")
        return stream

    def close(self) -> None:
        """Close the connection that was opened last, as there is no other, and open none any more."""
        self._closed = True
        for stream in self._streams:
            stream.close()


def _addresses(host: str, port: int, end: float | None) -> list[str]:
    """A host's addresses; the system's resolver cannot be hurried, so it is left behind if it is late."""
    if is_address(host):
        return [host]
    found: list[str] = []
    failures: list[Exception] = []

    def resolve() -> None:
        try:
            entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            failures.append(error)
        else:
            found.extend(dict.fromkeys(str(entry[4][0]) for entry in entries))

    resolver = threading.Thread(target=resolve, name="voucherify-resolver", daemon=True)
    resolver.start()
    resolver.join(None if end is None else max(end - time.monotonic(), 0.0))
    for failure in failures:
        try:
            raise failure  # so that it is the context: httpcore drops causes
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
    if resolver.is_alive():
        raise httpcore.ConnectTimeout("The host's name was not resolved in time.")
    return found


def _told_of_the_proxy(error: Exception) -> Exception:
    """A failure to connect, told as the proxy's, as it is the proxy that was connected to."""
    return httpcore.ProxyError(f"no connection to it: {error}")


class AsyncStream(httpcore.AsyncNetworkStream):
    """An asynchronous connection whose every failure httpcore knows.

    Attributes:
        received: as in ``Stream``.
    """

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream
        self._encrypted = False
        self.received = Received()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has arrived."""
        try:
            piece = await self._stream.read(max_bytes, timeout)
        except OSError as error:  # such as a damaged TLS record
            raise httpcore.ReadError(str(error)) from error
        self.received.take(piece)
        return piece

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        self.received.begin()
        await self._stream.write(buffer, timeout)

    async def has_left_over(self) -> bool:
        """Whether decrypted bytes are waiting, which nobody can see at the socket."""
        if not self._encrypted:
            return False
        try:
            await self._stream.read(1, timeout=0)
        except (OSError, httpcore.NetworkError, httpcore.ReadTimeout) as error:
            return not isinstance(error, httpcore.ReadTimeout)  # otherwise it has ended meanwhile
        return True

    async def aclose(self) -> None:
        """Close."""
        await self._stream.aclose()

    async def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.AsyncNetworkStream:
        """Encrypt from here on."""
        self._stream = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        self._encrypted = True
        return self

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's own type
        """What httpcore asks of a stream."""
        return self._stream.get_extra_info(info)


class AsyncBackend(httpcore.AnyIOBackend):
    """The asynchronous twin of ``Backend``."""

    def __init__(self, *, to_proxy: bool) -> None:
        self._to_proxy = to_proxy
        self._streams: list[AsyncStream] = []
        self._closed = False

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of the host that takes it."""
        connecting = super().connect_tcp(host, port, timeout, local_address, socket_options)
        try:
            return await self._kept(AsyncStream(await connecting))
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            if self._to_proxy:
                raise _told_of_the_proxy(error) from error
            raise

    async def _kept(self, stream: AsyncStream) -> AsyncStream:
        self._streams = [stream]
        if self._closed:  # while it was connecting
            await stream.aclose()
            raise httpcore.ConnectError("The transport is closed.")
        return stream

    async def has_left_over(self) -> bool:
        """Whether something is waiting that nobody has asked for."""
        return any([await stream.has_left_over() for stream in self._streams])

    async def aclose(self) -> None:
        """Close the connection that was opened last, as there is no other, and open none any more."""
        self._closed = True
        for stream in self._streams:
            with suppress(Exception):  # it is given up either way
                await stream.aclose()
