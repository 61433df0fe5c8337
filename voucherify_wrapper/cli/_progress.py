"""How a run is getting on, on standard error: a bar on a terminal, and now and then a line elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from itertools import chain, repeat
from typing import TYPE_CHECKING, Self

from attrs import define, frozen

from voucherify_wrapper._events import AttemptEnded
from voucherify_wrapper._rate_limits import NOTHING_SAID

from ._output import counted, say

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager
    from types import TracebackType

    from rich.table import Table

    from voucherify_wrapper._events import Event
    from voucherify_wrapper._rate_limits import RateLimit

    from ._tally import Tally

_A_MINUTE = 60
_AN_HOUR = 3600
INTERVALS = (5.0, 10.0, 15.0, 30.0)
"""Seconds between lines; the last one is repeated."""


_REFUSED = 429


@define
class Quota:
    """What the server said last of the quota; written by the run's threads, and read by others.

    Attributes:
        limits: that.
        opens: when the next request may be sent, by the monotonic clock; None where nothing is waited for.
    """

    limits: RateLimit = NOTHING_SAID
    opens: float | None = None

    def watch(self, event: Event) -> None:
        """Take what a client tells its hook."""
        if isinstance(event, AttemptEnded) and event.rate_limit is not None:
            limits = event.rate_limit
            used_up = limits.remaining == 0 or event.status == _REFUSED
            told = used_up and limits.retry_after is not None
            self.opens = time.monotonic() + (limits.retry_after or 0.0) if told else None
            self.limits = limits

    @property
    def wait(self) -> float:
        """Seconds until the next request; 0.0 where none is waited for, or it is not known how long."""
        return max(0.0, (self.opens or 0.0) - time.monotonic())


@frozen
class State:
    """Where a run is.

    Attributes:
        tally: what it has come to.
        rows: about how many rows its list has; None where that is not known.
        ahead: how many pairs are read before they are done, at most.
        quota: what the server said of it.
    """

    tally: Tally
    rows: int | None
    ahead: int
    quota: Quota

    @property
    def done(self) -> int:
        """About how many rows are done with; repeated ones and those of an earlier run have no outcome."""
        tally = self.tally
        return tally.bad_rows + max(tally.given - self.ahead, tally.given - tally.open)

    def words(self) -> list[str]:
        """What there is to say, in parts."""
        tally, done = self.tally, self.done
        # The last line may have no end to be counted by, and in old files none has.
        rows = None if self.rows is None else max(self.rows, done)
        counts = [f"{done:,}" + ("" if rows is None else f" of {rows:,}")]
        if tally.failed or tally.bad_rows:
            counts.append(
                f"{tally.failed:,} failed" + f", {counted(tally.bad_rows, 'bad row')}" * bool(tally.bad_rows)
            )
        counts.append(f"{tally.rate:,.1f} a second")
        limits, wait = self.quota.limits, self.quota.wait
        if limits.remaining is not None:
            of = "" if limits.limit is None else f" of {limits.limit:,}"
            counts.append(f"quota {limits.remaining:,}{of}")
        if wait:
            counts.append(f"waits {_time(wait)} for the quota")
        elif limits.remaining == 0:
            counts.append("waits for the quota")
        elif rows is not None and done and (limits.remaining is None or rows - done <= limits.remaining):
            # With less of the quota than rows, how long it takes is for the quota's next windows to say.
            left = (rows - done) * tally.seconds / done
            counts.append(f"{_time(left)} left")
        return counts


def _time(seconds: float) -> str:
    if seconds < _A_MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _AN_HOUR:
        return f"{seconds / _A_MINUTE:.0f} min"
    return f"{seconds / _AN_HOUR:.1f} h"


class Lines:
    """Says at intervals how a run is getting on; a context manager."""

    def __init__(self, state: State, intervals: Iterable[float] = INTERVALS) -> None:
        self._state = state
        self._intervals = tuple(intervals)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="voucherify-progress", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        intervals = chain(self._intervals, repeat(self._intervals[-1]))
        while not self._over.wait(next(intervals)):
            say(", ".join(self._state.words()), to_stderr=True)


def progress_of(state: State) -> AbstractContextManager[object]:
    """What shows a run's progress here."""
    if sys.stderr is None or not sys.stderr.isatty():
        return Lines(state)
    from rich.console import Console  # noqa: PLC0415 - a fifth of a second, for a terminal alone
    from rich.live import Live  # noqa: PLC0415

    console = Console(stderr=True)
    if console.is_dumb_terminal:
        return Lines(state)
    return Live(get_renderable=lambda: _bar(state), console=console, transient=True, redirect_stdout=False)


def _bar(state: State) -> Table:
    from rich.progress_bar import ProgressBar  # noqa: PLC0415 - loaded already
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    total = state.rows and max(state.rows, state.done)
    grid = Table.grid()
    grid.add_row(ProgressBar(total=total, completed=state.done, pulse=total is None))
    grid.add_row(Text(", ".join(state.words())))  # below it: words that do not fit are wrapped, and not cut
    return grid
