"""The state of Voucherify's rate limits, as the headers of one answer tell it.

Source of the header names and units: the vendor's documentation of API limits.
"""

from __future__ import annotations

import math
from datetime import UTC
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping


@frozen
class RateLimit:
    """What one answer said about the quota. A field is None where the server said nothing usable.

    Attributes:
        limit: calls allowed in the current window (``X-Rate-Limit-Limit``).
        remaining: calls left in the current window (``X-Rate-Limit-Remaining``).
        retry_at: when the next call may be made, in seconds since the epoch by the server's clock
            (``X-Rate-Limit-Retry``).
        retry_after: how long to wait before the next call, in seconds, 0.0 or more. From
            ``Retry-After`` (seconds or a date), else from ``X-Rate-Limit-Retry``; both are taken
            relative to the answer's ``Date``, so that a wrong local clock does no harm.
        type: which quota it is: ``api_calls``, ``bulk_api_calls``, ``api_calls_cycle``,
            ``webhook_calls`` (``X-Rate-Limit-Type``).
    """

    limit: int | None = None
    remaining: int | None = None
    retry_at: float | None = None
    retry_after: float | None = None
    type: str | None = None


NOTHING_SAID = RateLimit()
"""What an answer says that has none of the headers."""
LIMIT_HEADERS = (
    "x-rate-limit-limit",
    "x-rate-limit-remaining",
    "x-rate-limit-retry",
    "x-rate-limit-type",
    "retry-after",
)
"""The headers' names in lower case."""


def rate_limit_from(headers: Mapping[str, str], *, now: float) -> RateLimit:
    """Read the rate-limit headers of one answer.

    Args:
        headers: the answer's headers; looked up without regard to case.
        now: local time in seconds since the epoch, used only where the answer has no ``Date``.
    """
    retry_at = _number(headers.get("x-rate-limit-retry"))
    return RateLimit(
        limit=_count(headers.get("x-rate-limit-limit")),
        remaining=_count(headers.get("x-rate-limit-remaining")),
        retry_at=retry_at,
        retry_after=_wait(headers.get("retry-after"), retry_at, headers.get("date"), now),
        type=headers.get("x-rate-limit-type"),
    )


def _wait(retry_after: str | None, retry_at: float | None, date: str | None, now: float) -> float | None:
    seconds = _number(retry_after)
    if seconds is not None:
        return max(0.0, seconds)
    until = _date(retry_after)
    if until is None:
        until = retry_at
    if until is None:
        return None
    said = _date(date)
    return max(0.0, until - (now if said is None else said))


def _number(text: str | None) -> float | None:
    if text is None or not text.isascii():
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _count(text: str | None) -> int | None:
    number = _number(text)
    return int(number) if number is not None and number >= 0 else None


def _date(text: str | None) -> float | None:
    if text is None:
        return None
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - needed only for an answer with a date

    try:
        date = parsedate_to_datetime(text)
        # A date without a zone is HTTP's old form, which means Greenwich.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
