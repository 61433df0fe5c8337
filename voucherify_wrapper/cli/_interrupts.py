"""Ctrl-C in a run: the first ends its input, and what is under way is finished; the second ends it.

So do the signals that end services and what runs on a terminal that is closed.
"""

from __future__ import annotations

import _thread
import signal
import threading
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Self, TypeVar

from voucherify_wrapper._events import AttemptStarted, CallEnded

from ._output import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType, TracebackType

    from voucherify_wrapper._events import Event

    _Handler = Callable[[int, FrameType | None], object]

T = TypeVar("T")

_LOOK = 0.1  # seconds between two looks at whether anything is under way
_QUIET = 5  # looks in a row without: what was read waits for the quota, and need not be sent
_HEEDED = [signal.SIGINT, signal.SIGTERM]
_HEEDED += [signal.SIGHUP] if hasattr(signal, "SIGHUP") else []  # Windows has none


class _InputEndedError(KeyboardInterrupt):
    """Ends a wait for the next row, and nothing else."""


class Interrupts:
    """Heeds Ctrl-C and its like while a run is on; a context manager.

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
        self._before: dict[int, _Handler | int | None] = {}

    def watch(self, event: Event) -> None:
        """Take what a client tells its hook."""
        if isinstance(event, AttemptStarted):
            self._under_way.add(event.call)
        elif isinstance(event, CallEnded):
            self._under_way.discard(event.call)

    def __enter__(self) -> Self:
        self._before = _heed(self._handle)
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
            f"Interrupted: finishing what is under way (releases: {len(self._under_way):,}). "
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
                _interrupt_main_thread(self._last)


def _heed(handle: _Handler) -> dict[int, _Handler | int | None]:
    """Have signals handled; gives what did so before."""
    return {
        number: signal.signal(number, handle)
        for number in _HEEDED
        if signal.getsignal(number) is not signal.SIG_IGN  # as nohup and a shell's & want it
    }


def _interrupt_main_thread(number: signal.Signals) -> None:
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, number)
    else:  # on Windows, where it is heeded as soon as the main thread does something
        _thread.interrupt_main(number)


@contextmanager
def tidied_up() -> Iterator[None]:
    """Let every signal end what is done as Ctrl-C does, so that what is temporary is removed; the first one.

    Those that follow must not keep that from being done.

    Raises:
        KeyboardInterrupt: there was one.
    """
    numbers: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        numbers.append(number)
        if len(numbers) == 1:
            raise KeyboardInterrupt

    before = _heed(handle)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
