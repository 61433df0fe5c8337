"""When the next request of a run may be sent, decided by what the answers say of the quota.

No I/O and no clock: what time it is, by the monotonic clock, is handed to it. Several processes that share a
quota each have a gate of their own, and meet in what the server tells all of them.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._rate_limits import RateLimit

_OF_THE_CYCLE = "api_calls_cycle"
_CAUTION = 0.5  # how much of one's share of what is left may be under way at once
_MEMORY = 0.98  # how much of what was seen of the others is still believed after the next answer
_DRIFT = 1e-3  # seconds by which two clocks may part in a second; far more than real ones do
_LONGEST_GUESS = 60.0  # seconds
_MOST_REFUSALS = 30
_UNTOLD = 5  # refusals that one counts for which does not say when to come back


class Gate:
    """Lets requests pass as long as the quota has room for them; not thread-safe.

    - While something is left of the quota, as much may be under way as half of this process's share of what
      is left: so nobody overshoots, however many there are. The share is learned: when own answers are a
      quarter of what the remaining calls went down by, three quarters are others'.
    - At the beginning, and when the quota is renewed, one request goes first, and each answer lets two
      follow: others may have used everything by then.
    - When nothing is left, nothing passes until the server's own time for it, as early as the server's
      clock is certain to have reached it.
    - A server that tells no limits is not limited, until it refuses; then, too, one request goes first, and
      each answer lets two follow.

    Args:
        max_wait: the longest wait for a quota to be renewed, in seconds, that is worth waiting.

    Attributes:
        retry_after: how long the last wait was to be, in seconds, as the server told it; None where it
            did not.
    """

    def __init__(self, max_wait: float) -> None:
        self.retry_after: float | None = None
        self._max_wait = max_wait
        self._limit: int | None = None
        self._remaining: int | None = None
        self._opens: float | None = None
        self._cycle = False
        self._careful = False  # whether there was a wait: then there is a limit, even if it is never told
        self._issued = 0  # tickets
        self._as_of = 0  # the first ticket whose answer is news
        self._oldest = 0  # the first ticket of the present window
        self._under_way = 0  # of the present window: one that stalls must not hold up the next
        self._heard = 0  # answers in the present window
        self._refusals = 0  # in a row, each after the one before was obeyed
        self._own_since = self._own = self._all = 0.0
        self._lead = -math.inf  # the server's clock less ours, at least, as of _lead_at
        self._lead_at = 0.0

    @property
    def given_up(self) -> bool:
        """Whether the quota is used up for longer than is worth waiting."""
        if self._opens is None:
            return False
        too_long = (self.retry_after or 0.0) > self._max_wait
        return too_long or self._cycle or self._refusals >= _MOST_REFUSALS

    def wait(self, now: float) -> float:
        """How long the next request has to wait, in seconds: 0.0 for not at all.

        Infinity stands for until something is heard; there is then always a request under way.
        """
        if self._opens is not None:
            if now < self._opens:
                return self._opens - now
            self._open()
        return 0.0 if self._under_way < self._allowed() else math.inf

    def _open(self) -> None:
        self._opens = None
        self._remaining = self._limit
        self._heard = self._under_way = 0
        self._careful = True
        self._as_of = self._oldest = self._issued

    def _allowed(self) -> float:
        if self._remaining is None:
            return 1 + self._heard if self._careful or not self._heard else math.inf
        share = min(1.0, self._own / self._all) if self._all else 1.0
        return min(1 + self._heard, max(1.0, self._remaining * share * _CAUTION))

    def admit(self) -> int:
        """Let a request pass; its ticket goes with what is heard of it."""
        self._under_way += 1
        self._issued += 1
        return self._issued - 1

    def leave(self, ticket: int, said: RateLimit | None, now: float, *, refused: bool = False) -> None:
        """Take what a request ended with.

        Args:
            ticket: the request's.
            said: what its answer said of the limits; None where there was no answer.
            now: the monotonic clock's time, in seconds.
            refused: whether the answer was 429.
        """
        if ticket < self._oldest:  # of a window that has passed, whatever it says
            return
        self._under_way -= 1
        self._heard += 1
        self._own_since += 1
        if refused:
            self._refuse(ticket, said, now)
        elif said is None or said.remaining is None:
            self._refusals = 0
        else:
            self._refusals = 0
            self._learn_the_clock(said, now)
            self._count(ticket, said.remaining)
            self._limit = said.limit or self._limit
            if said.remaining == 0:
                self._close(said, now, said.retry_at)

    def _refuse(self, ticket: int, said: RateLimit | None, now: float) -> None:
        if self._opens is not None and ticket < self._as_of:
            return  # sent before the gate was closed, for the same reason
        told = said is not None and said.retry_after is not None
        self._refusals += 1 if told else _UNTOLD
        self._remaining = 0
        self._close(said, now, None)

    def _count(self, ticket: int, remaining: int) -> None:
        """Take a number of remaining calls; answers arrive in any order, so an older one only lowers it."""
        before = self._remaining
        if before is None or ticket >= self._as_of:
            self._as_of = self._issued
            self._remaining = remaining
        else:
            self._remaining = min(before, remaining)
        if before is None or self._heard == 1 or self._remaining > before:
            self._own_since = 0.0
        elif self._remaining < before:
            self._own = self._own * _MEMORY + self._own_since
            self._all = self._all * _MEMORY + before - self._remaining
            self._own_since = 0.0

    def _learn_the_clock(self, said: RateLimit, now: float) -> None:
        """Narrow down by how much the server's clock leads ours.

        The date of an answer is cut to whole seconds, so one alone can be a second late.
        """
        if not said.retry_at or not said.retry_after:
            return
        lead = said.retry_at - said.retry_after - now
        self._lead = max(self._lead - _DRIFT * (now - self._lead_at), lead)
        self._lead_at = now

    def _close(self, said: RateLimit | None, now: float, at: float | None) -> None:
        self._as_of = self._issued
        self._cycle = said is not None and said.type == _OF_THE_CYCLE
        self.retry_after = said.retry_after if said else None
        if self.retry_after is None:
            self._opens = now + min(2.0 ** (self._refusals // _UNTOLD), _LONGEST_GUESS)
        else:
            self._opens = now + self.retry_after
            if at is not None:
                lead = self._lead - _DRIFT * (now - self._lead_at)
                self._opens = min(self._opens, max(now, at - lead))
