"""The rate limit: a fixed window, and the headers that tell a client about it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from voucherify_wrapper.sandbox._errors import Refusal
from voucherify_wrapper.sandbox._reading import is_whole

if TYPE_CHECKING:
    from collections.abc import Callable

_WINDOWS = {"minute": 60, "hour": 3600}


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many authenticated requests are answered in a fixed window, which begins with its first request.

    Attributes:
        limit: Requests in one window, at least 1.
        per: The length of a window.

    Raises:
        ValueError: The limit or the window is none.
    """

    limit: int
    per: Literal["minute", "hour"] = "minute"

    def __post_init__(self) -> None:
        if not is_whole(self.limit, 1, 2**31 - 1):
            raise ValueError("limit must be a whole number from 1")
        if self.per not in _WINDOWS:
            raise ValueError("per must be minute or hour")


class Limiter:
    """Counts requests against a rate limit. Used by the server's thread alone."""

    def __init__(self, rate_limit: RateLimit | None, clock: Callable[[], float]) -> None:
        self._rate_limit = rate_limit
        self._clock = clock
        self._began = -math.inf
        self._used = 0

    def count(self) -> dict[str, str]:
        """Count one request and return the answer's rate-limit headers; refuse with 429 beyond the limit."""
        if self._rate_limit is None:
            return {}
        now, length = self._clock(), _WINDOWS[self._rate_limit.per]
        # A clock that was set back would otherwise close the window for long.
        if not self._began <= now < self._began + length:
            self._began, self._used = now, 0
        left = self._rate_limit.limit - self._used
        self._used += left > 0
        opens = math.ceil(now if left > 1 else self._began + length)
        headers = {
            "X-Rate-Limit-Limit": str(self._rate_limit.limit),
            "X-Rate-Limit-Remaining": str(max(left - 1, 0)),
            "X-Rate-Limit-Retry": str(opens),
            "X-Rate-Limit-Type": "api_calls",
        }
        if left > 0:
            return headers
        raise Refusal(
            429,
            "too_many_requests",
            "Too many requests",
            f"No more than {self._rate_limit.limit} requests per {self._rate_limit.per}",
            headers={**headers, "Retry-After": str(max(1, math.ceil(self._began + length - now)))},
        )
