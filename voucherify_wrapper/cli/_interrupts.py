"""Ctrl-C in a run: the first ends its input, and what is under way is finished; the second ends it."""

from __future__ import annotations

import signal
import threading
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Self, TypeVar

from voucherify_wrapper._events import AttemptStarted, CallEnded

from ._output import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType

    from voucherify_wrapper._events import Event

T = TypeVar("T")

_LOOK = 0.1  # seconds between two looks at whether anything is under way
_QUIET = 5  # looks in a row without: what was read waits for the quota, and need not be sent
_HEEDED = (signal.SIGINT, signal.SIGTERM)


class _InputEndedError(KeyboardInterrupt):
    """Ends a wait for the next row, and nothing else."""


class Interrupts:
    """Heeds Ctrl-C, and the signal that ends services, while a run is on; a context manager.

    The main thread of a run mostly waits for a release to end, or for a row. A thread of this object's own
    tells what was heard, and interrupts the main thread where waiting makes no sense any more. It hears of
    signals by a queue that a signal handler may use.

    Attributes:
        heard: how many signals came.
    """

    def __init__(self) -> None:
        self.heard = 0
        self._last = signal.SIGINT
        self._reading = False
        self._over = False
        self._under_way: set[int] = set()
        self._news: SimpleQueue[str] = SimpleQueue()
        self._watch = threading.Thread(target=self._watched, name="voucherify-interrupts", daemon=True)
        self._before: dict[int, Callable[[int, FrameType | None], object] | int | None] = {}

    def watch(self, event: Event) -> None:
        """Take what a client tells its hook."""
        if isinstance(event, AttemptStarted):
            self._under_way.add(event.call)
        elif isinstance(event, CallEnded):
            self._under_way.discard(event.call)

    def __enter__(self) -> Self:
        for number in _HEEDED:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup and a shell's & want it
                self._before[number] = signal.signal(number, self._handle)
        self._watch.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over = True
        self._news.put("over")
        self._watch.join()
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._over:
            return
        self.heard += 1
        self._last = signal.Signals(number)
        self._news.put("heard")
        if self.heard > 1:
            raise KeyboardInterrupt
        if self._reading:
            raise _InputEndedError

    def until_heard(self, rows: Iterator[T]) -> Iterator[T]:
        """Give rows, and end when a signal is heard, even while one is waited for."""
        while (row := self._next(rows)) is not None:
            yield row

    def _next(self, rows: Iterator[T]) -> T | None:
        try:
            self._reading = True
            return None if self.heard else next(rows, None)
        except _InputEndedError:
            return None
        finally:
            self._reading = False

    def _watched(self) -> None:
        if self._news.get() == "over":
            return
        say(
            f"Interrupted: finishing what is under way (releases: {len(self._under_way)}). "
            "Interrupt once more to end at once.",
            to_stderr=True,
        )
        quiet = 0
        while not self._over:
            try:
                self._news.get(timeout=_LOOK)
            except Empty:
                quiet = 0 if self._under_way and self.heard == 1 else quiet + 1
            if quiet == _QUIET and not self._over:
                signal.pthread_kill(threading.main_thread().ident or 0, self._last)
