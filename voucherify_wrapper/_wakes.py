"""How pyreqwest's thread wakes an event loop: once for many requests that end.

For each of them it would call ``loop.call_soon_threadsafe``, which writes to a socket and lets go of the
interpreter's lock to do so. With the loop at work meanwhile, the two threads hand the lock to each other for
every single request. So the thread is given another object to call, which tells the loop only when it has not
been told yet.
"""

from __future__ import annotations

import asyncio
import types
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator


class Wakes:
    """An event loop as pyreqwest sees it; in everything but being woken it is the loop itself.

    Args:
        loop: the loop.

    Attributes:
        loop: the same.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.create_future = loop.create_future
        self._waiting: deque[tuple[Callable[..., object], tuple[object, ...]]] = deque()
        self._is_told = False

    def call_soon_threadsafe(self, callback: Callable[..., object], *arguments: object, **_: object) -> None:
        """Have the loop call it; from any thread."""
        self._waiting.append((callback, arguments))
        if not self._is_told:
            self._is_told = True
            self.loop.call_soon_threadsafe(self._call_all)

    def _call_all(self) -> None:
        self._is_told = False  # first, so that what comes meanwhile is found below, or told again
        try:
            while self._waiting:
                callback, arguments = self._waiting.popleft()
                callback(*arguments)
        finally:
            if self._waiting:
                self.loop.call_soon(self._call_all)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the loop has
        return getattr(self.loop, name)


@types.coroutine
def awaited(coroutine: Coroutine[Any, Any, Any], wakes: Wakes) -> Generator[Any, Any, Any]:
    """Await a coroutine of pyreqwest, which remembers the loop that runs when it begins.

    Args:
        coroutine: the coroutine, not begun.
        wakes: of the loop that runs.
    """
    try:
        asyncio._set_running_loop(wakes)  # type: ignore[arg-type] # noqa: SLF001 - for event loops to call
        waits_for = coroutine.send(None)
    except StopIteration as done:
        return done.value
    finally:
        asyncio._set_running_loop(wakes.loop)  # noqa: SLF001
    while True:
        try:
            try:
                sent = yield waits_for
            except BaseException as error:  # noqa: BLE001 - the coroutine's to judge, as with `yield from`
                waits_for = coroutine.throw(error)
            else:
                waits_for = coroutine.send(sent)
        except StopIteration as done:
            return done.value
