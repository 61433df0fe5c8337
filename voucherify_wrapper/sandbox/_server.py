"""The server: a listening socket, and a thread that serves it with uvicorn's protocol."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.server import ServerState

from voucherify_wrapper.sandbox._errors import SandboxError
from voucherify_wrapper.sandbox._wire import Connection

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp

_KEEP_ALIVE = 75
_BACKLOG = 512


def loopback(host: str) -> str:
    """Return the host if it is this machine alone; the sandbox's control surface asks for no credentials.

    Raises:
        ValueError: The host is reachable from elsewhere, or is no IP address and not `localhost`.
    """
    try:
        local = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host).is_loopback
    except ValueError:
        local = False
    if not local:
        raise ValueError(
            f"The sandbox listens on loopback only (127.0.0.1, ::1 or localhost), not on {host!r}"
        )
    return host


class Server:
    """Serves an application on its own thread until it is stopped.

    The socket listens as soon as the object exists, so a client that connects at once is served.

    Args:
        app: The ASGI application.
        host: A loopback address.
        port: The port; 0 takes a free one.

    Raises:
        SandboxError: The port is taken, or may not be used.
    """

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        self._app = app
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._socket = socket.create_server((host, port), family=family, backlog=_BACKLOG)
        except OSError as error:
            raise SandboxError(
                f"The sandbox cannot listen on {host} port {port}: {error.strerror}"
            ) from error
        self.port: int = self._socket.getsockname()[1]
        started: Future[Callable[[], None]] = Future()
        # A daemon, so that a caller that forgets to stop does not keep the process alive.
        self._thread = threading.Thread(
            target=self._run, args=(started,), name="voucherify-sandbox", daemon=True
        )
        self._thread.start()
        self._ask_to_stop = started.result()

    def stop(self) -> None:
        """Close the port and every connection, and wait for the thread to end."""
        self._ask_to_stop()
        self._thread.join()

    def _run(self, started: Future[Callable[[], None]]) -> None:
        # The same kind of loop everywhere: `_serve` needs one that watches file descriptors.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._serve(started))

    async def _serve(self, started: Future[Callable[[], None]]) -> None:
        loop, stopping = asyncio.get_running_loop(), asyncio.Event()

        def ask_to_stop() -> None:
            loop.call_soon_threadsafe(stopping.set)

        started.set_result(ask_to_stop)
        # uvicorn's own Server looks every tenth of a second whether it should stop, and waits for clients.
        config = uvicorn.Config(
            self._app,
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            interface="asgi3",
            timeout_keep_alive=_KEEP_ALIVE,
        )
        config.load()
        state = ServerState()
        server = await loop.create_server(
            lambda: Connection(config, state, {}, loop), sock=self._socket, backlog=_BACKLOG
        )
        await stopping.wait()
        # First no new ones: a connection accepted at the moment of `close` would be lost, and never closed.
        loop.remove_reader(self._socket)
        await _end_all(state)
        server.close()
        await server.wait_closed()


async def _end_all(state: ServerState) -> None:
    """Abort all connections and let everything that runs on the loop come to its end."""
    me = {asyncio.current_task()}
    while state.connections or asyncio.all_tasks() - me:
        for connection in list(state.connections):
            connection.transport.abort()
        await asyncio.sleep(0)
