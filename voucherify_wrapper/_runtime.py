"""pyreqwest's runtime, which is a thread: whether it is there to serve, and how it ends.

The thread tells event loops, in Python, that a request has ended, and lets go of the interpreter's lock
meanwhile. An interpreter that ends in such a moment aborts the process: all work is done, and yet its exit
status is that of a crash. So before the interpreter ends, the thread is made to wait for a lock for ever,
which a thread of Python's own may do then, too (docs.python.org/3/c-api/init.html, "Cautions regarding
runtime finalization").
"""

from __future__ import annotations

import asyncio
import atexit
import operator
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from pyreqwest.client import ClientBuilder
from pyreqwest.exceptions import PyreqwestError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyreqwest.client import Client

_PATIENCE = 5.0
"""Seconds that an ending interpreter waits for the thread, which comes at once unless something is broken."""


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
            with suppress(OSError, PyreqwestError):  # no files, no certificates: it ends as it may
                client = ClientBuilder().runtime_multithreaded(enable=False).https_only(enable=True).build()
                _Trap(client).catch()


class _Trap(asyncio.BaseEventLoop):
    """An event loop that keeps the thread which tells it that a request has ended. It runs nothing.

    Args:
        client: asks the thread, which refuses what is not https.
    """

    def __init__(self, client: Client) -> None:
        super().__init__()
        self._is_caught, self._never = threading.Lock(), threading.Lock()
        self._is_caught.acquire()
        self._never.acquire()
        self._asking = self._ask(client)

    def catch(self) -> None:
        """Have the thread work for this loop, and come to its end."""
        asyncio._set_running_loop(self)  # noqa: SLF001 - for event loops to call
        self._asking.send(None)
        asyncio._set_running_loop(None)  # noqa: SLF001
        self._is_caught.acquire(timeout=_PATIENCE)
        self.close()

    async def _ask(self, client: Client) -> None:
        while True:  # until the thread takes longer to refuse than we to wait
            with suppress(PyreqwestError):
                await client.get("http://voucherify.invalid").build().send()

    def call_soon_threadsafe(self, *_: object, **__: object) -> NoReturn:  # pragma: no cover - in the thread
        # In C, one upon the other: who is told knows that the interpreter's lock was let go of to wait.
        steps: tuple[Callable[[], object], ...] = (self._is_caught.release, self._never.acquire)
        any(map(operator.call, steps))
        raise AssertionError
