"""pyreqwest's runtime, which is a thread: whether it is there to serve, and how it ends.

The thread tells event loops, in Python, that a request has ended, and lets go of the interpreter's lock
meanwhile. An interpreter that ends in such a moment aborts the process: all work is done, and yet its exit
status is that of a crash. So before the interpreter ends, the thread is held in a system call that never
returns. There a thread of Python's own may wait then, too (docs.python.org/3/c-api/init.html, "Cautions
regarding runtime finalization").
"""

from __future__ import annotations

import asyncio
import atexit
import os
import socket
from contextlib import suppress
from typing import NoReturn

from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import PyreqwestError

_PATIENCE = 5.0
"""Seconds that an ending interpreter waits for the thread, which comes at once unless something is broken."""
_MORE_THAN_FITS = 1 << 24
"""Bytes that no socket takes in before somebody reads."""


class Runtime:
    """The runtime of this process. A forked process inherits this object, and not the thread."""

    def __init__(self) -> None:
        self._process: int | None = None
        self._tells_loops = False
        self._is_held = False

    def begin(self, *, tells_loops: bool) -> None:
        """Note that a client was made.

        Args:
            tells_loops: whether it is an asynchronous one.
        """
        self._process = os.getpid()
        if tells_loops and not self._tells_loops:
            self._tells_loops = True
            atexit.register(self._end)

    def is_missing(self) -> bool:
        """Whether a request to it would hang for ever, as this process was forked or is ending."""
        return self._is_held or self._process not in (None, os.getpid())

    def _end(self) -> None:
        if not self.is_missing():
            self._is_held = True
            with suppress(OSError, PyreqwestError):  # no more sockets, no certificates: it ends as it may
                _hold()


def _hold() -> None:
    ours, its = socket.socketpair()
    ours.settimeout(_PATIENCE)
    _Trap(its).set()
    ours.recv(1)  # so it is in that system call, until somebody reads the rest
    ours.detach()  # open, whoever tidies up


class _Trap(asyncio.SelectorEventLoop):
    """An event loop that keeps the thread which tells it that a request has ended."""

    def __init__(self, way_in: socket.socket) -> None:
        super().__init__()
        self._way_in = way_in
        self._client = ClientBuilder().runtime_multithreaded(enable=False).https_only(enable=True).build()
        self._asking = self._ask()

    def set(self) -> None:
        """Give the thread a request for this loop."""
        self.call_soon(self._begin)
        self.run_forever()
        self.close()

    def _begin(self) -> None:
        self.stop()
        self._asking.send(None)

    async def _ask(self) -> None:
        while True:  # until the thread needs longer than we to look
            with suppress(PyreqwestError):  # refused by the thread itself: not https
                await self._client.get("http://voucherify.invalid").build().send()

    def call_soon_threadsafe(self, *_: object, **__: object) -> NoReturn:  # pragma: no cover - in the thread
        """Keep the thread."""
        while True:
            self._way_in.sendall(bytes(_MORE_THAN_FITS))
