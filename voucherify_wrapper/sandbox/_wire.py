"""One connection of the server, with a hand on the bytes that leave it."""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from uvicorn._types import HTTPScope
    from uvicorn.config import Config
    from uvicorn.server import ServerState

_STATE_KEY = "voucherify_wrapper.sandbox.wire"
_LINGER_ZERO = struct.pack("ii", 1, 0)

_logger = logging.getLogger(__name__)
# A client that talks nonsense gets its 400; that is no news. A defect of the sandbox is.
_logger.setLevel(logging.ERROR)


class Wire(asyncio.Transport):
    """The transport that uvicorn writes to; it can hold the bytes back until somebody has decided on them.

    Attributes:
        gone: Set when the connection has ended, from whichever side.
        writable: Set while the peer takes what is written.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        # asyncio leaves it out for a listening socket made without a protocol number; an answer then waits
        # tens of milliseconds between its head and its body.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._held: bytearray | None = None
        self._close_asked = False
        self.gone = asyncio.Event()
        self.writable = asyncio.Event()
        self.writable.set()

    def hold(self) -> None:
        """Keep what is written from now on, and a wish to close, until `release`."""
        self._held = bytearray()

    def take(self) -> bytes:
        """Return what was held back so far, and forget it."""
        held, self._held = bytes(self._held or b""), bytearray()
        return held

    def release(self) -> None:
        """Send what is still held back, then close if that was asked for meanwhile."""
        held, self._held = bytes(self._held or b""), None
        self._transport.write(held)
        if self._close_asked:
            self._transport.close()

    async def send(self, data: bytes) -> None:
        """Send past what is held back, as fast as the peer takes it; do nothing once the peer is gone."""
        self._transport.write(data)
        # A fast reader never blocks the writer, and an endless answer must not starve the other connections.
        await asyncio.sleep(0)
        await self.writable.wait()

    async def pause(self, seconds: float | None) -> None:
        """Wait, but no longer than the connection lives; None waits for its end."""
        try:
            await asyncio.wait_for(self.gone.wait(), seconds)
        except TimeoutError:
            return

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
        self._transport.abort()

    def end(self) -> None:
        """End the connection in an orderly way, whatever is held back."""
        self._transport.close()

    # What follows is the part of a transport's interface that uvicorn uses.

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Send, or hold back."""
        if self._held is None:
            self._transport.write(data)
        else:
            self._held += data

    def close(self) -> None:
        """Close, or remember to."""
        if self._held is None:
            self._transport.close()
        else:
            self._close_asked = True

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def is_closing(self) -> bool:
        """Return whether the connection is closed, or was asked to close."""
        return self._close_asked or self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - asyncio's own signature
        """Return what the real transport knows."""
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        """Stop reading."""
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._transport.resume_reading()


class Connection(H11Protocol):
    """uvicorn's HTTP/1.1 protocol over a `Wire`, which the application finds in its scope."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # Here rather than in uvicorn's configuration, which would change the loggers of the whole process.
        self.logger = _logger
        self.access_log = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Put the wire between uvicorn and the transport."""
        self._wire = Wire(transport)
        self.app_state = {**self.app_state, _STATE_KEY: self._wire}
        super().connection_made(self._wire)

    def connection_lost(self, exc: Exception | None) -> None:
        """Wake everybody who waits on this connection."""
        super().connection_lost(exc)
        self._wire.gone.set()
        self._wire.writable.set()

    def pause_writing(self) -> None:
        """Note that the peer does not keep up."""
        super().pause_writing()
        self._wire.writable.clear()

    def resume_writing(self) -> None:
        """Note that the peer has caught up."""
        super().resume_writing()
        self._wire.writable.set()


def wire_of(scope: HTTPScope | Any) -> Wire:  # noqa: ANN401 - a scope is untyped in Starlette
    """Return the wire that a request came over."""
    wire: Wire = scope["state"][_STATE_KEY]
    return wire
