"""OAuth access tokens: read, kept, and renewed once for everybody who waits. No I/O and no clock here."""

from __future__ import annotations

import json
import os
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from attrs import field, frozen

from ._errors import VoucherifyError
from ._secrets import hidden, problem_of_secret

if TYPE_CHECKING:
    from collections.abc import Mapping


_LONGEST_LIFE = 10 * 366 * 86_400  # seconds; ten years


@frozen
class Token:
    """An access token, and the monotonic clock's time from which it should be renewed."""

    value: str = field(repr=hidden)
    renew_at: float

    def headers(self) -> Mapping[str, str]:
        """The ``Authorization`` header."""
        return {"Authorization": f"Bearer {self.value}"}


def token_from_answer(body: bytes, *, asked_at: float) -> Token | None:
    """Read the answer of the token endpoint; None when it is not in the promised form.

    The life is taken from ``expires_in`` (seconds), not from ``expires_at``, so that a wrong local clock
    does no harm. Renewal is due a tenth of the life before its end, at most a minute.

    Args:
        body: the answer's body.
        asked_at: the monotonic clock's time before the request was sent, in seconds.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict) or problem_of_secret(document.get("access_token")):
        return None
    life = document.get("expires_in")
    if isinstance(life, bool) or not isinstance(life, (int, float)) or not 0 < life <= _LONGEST_LIFE:
        return None
    return Token(value=document["access_token"], renew_at=asked_at + life - min(60.0, life / 10))


Outcome = Token | VoucherifyError | None
"""How a renewal ended: with a token, with an error for all who waited, or with nothing (try again)."""


class TokenSlot:
    """One host's token, shared by threads and event loops; whoever finds it stale first renews it for all."""

    def __init__(self) -> None:
        # Re-entrant: the garbage collector may drop a renewal, and so settle it, while this thread is here.
        self._lock = threading.RLock()
        self._token: Token | None = None
        self._renewal: Future[Outcome] | None = None

    def take(self, *, now: float, refused: Mapping[str, str] | None) -> Token | Future[Outcome] | Renewal:
        """Give a usable token, or the renewal under way to wait for, or the right to renew it.

        Args:
            now: the monotonic clock's time, in seconds.
            refused: headers that the server has refused; a token that makes them is not usable.
        """
        future: Future[Outcome] = Future()
        future.set_running_or_notify_cancel()  # one who waits must not cancel it for the others
        renewal = Renewal(self, future)
        with self._lock:
            token = self._token
            if token is not None and now < token.renew_at and token.headers() != refused:
                return token
            if self._renewal is not None:
                return self._renewal
            self._renewal = future  # last, so that an interrupted thread leaves none that nobody settles
            return renewal

    def settle(self, future: Future[Outcome], outcome: Outcome) -> None:
        """End a renewal, once, and tell those who wait for it."""
        with self._lock:
            if self._renewal is not future:
                return
            self._renewal = None
            if isinstance(outcome, Token):
                self._token = outcome
        future.set_result(outcome)


class Renewal:
    """The right, and the duty, to renew a token for all who wait.

    Who drops it, as an interrupted thread does, gives it up.
    """

    def __init__(self, slot: TokenSlot, future: Future[Outcome]) -> None:
        self._slot = slot
        self._future = future

    def settle(self, outcome: Outcome) -> None:
        """End it: with a token, with an error for all who wait, or with None, so that another tries."""
        self._slot.settle(self._future, outcome)

    def __del__(self) -> None:
        if hasattr(self, "_future"):  # an interrupt may come before it is made
            self._slot.settle(self._future, None)


class TokenStore:
    """The tokens of one credentials object, by base URL. A copy, a pickle or a fork of it starts empty."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._process = os.getpid()
        self._lock = threading.Lock()
        self._slots: dict[str, TokenSlot] = {}

    def slot(self, base_url: str) -> TokenSlot:
        """The slot of one host."""
        if self._process != os.getpid():  # forked: whoever held the lock, or renewed a token, is not here
            self._begin()
        with self._lock:
            return self._slots.setdefault(base_url, TokenSlot())

    def __reduce__(self) -> tuple[type[TokenStore], tuple[()]]:
        return TokenStore, ()
