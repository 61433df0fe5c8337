"""Decisions about a call, made without I/O and without a clock of their own."""

from __future__ import annotations

import random
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol, TypeGuard, runtime_checkable

from attrs import field, frozen

from ._errors import TRANSIENT_STATUSES, APIError, ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ._errors import RequestError

_LONGEST = 86_400.0  # a day; the operating system's timers refuse much more
_LEAST_OF_AN_ATTEMPT = 10.0  # seconds; far beyond what the vendor takes when it is well
_MOST_DOUBLINGS = 60  # beyond these a float may overflow

REPEATABLE = frozenset({"DELETE", "GET", "HEAD", "OPTIONS"})
"""The methods whose requests may be sent again whatever became of them."""


def _must_be_seconds(_: object, attribute: object, value: object) -> None:
    name = getattr(attribute, "name", "total")
    if not _is_number(value) or not 0 < value <= _LONGEST:
        raise ConfigurationError(
            f"timeout: {name} must be a number of seconds, above 0 and at most {_LONGEST:.0f}."
        )


def _must_be_seconds_or_none(instance: object, attribute: object, value: float | None) -> None:
    if value is not None:
        _must_be_seconds(instance, attribute, value)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@frozen
class Timeout:
    """How long one call may take, in seconds, above 0 and at most a day.

    Attributes:
        total: the whole call: signing, waiting for a connection, sending, reading the answer to its end, and
            all attempts with the waits between them.
        connect: connecting, and again the TLS handshake; never more than ``total`` in effect.
        attempt: one attempt of a request that is sent again after a timeout (``DELETE`` and reads, with
            retries on), so that a server that stalls once does not use up the call. None for a third of
            ``total``, and 10 at least. It begins when the attempt has a connection to itself. Every other
            request may take all the time that is left.

    Raises:
        ConfigurationError: a value is no such number.
    """

    total: float = field(default=30.0, validator=_must_be_seconds)
    connect: float = field(default=5.0, validator=_must_be_seconds)
    attempt: float | None = field(default=None, validator=_must_be_seconds_or_none, kw_only=True)

    def of_attempt(self, method: str, *, retried: bool) -> float:
        """How long one attempt may take, in seconds.

        Args:
            method: the request's HTTP method.
            retried: whether the call has a policy that may send it again.
        """
        if not retried or method not in REPEATABLE:
            return self.total
        return max(self.total / 3, _LEAST_OF_AN_ATTEMPT) if self.attempt is None else self.attempt


def timeout_of(value: float | Timeout | None, default: Timeout) -> Timeout:
    """Read a ``timeout=`` argument: a number of seconds for the whole call, a ``Timeout``, or the default."""
    if value is None:
        return default
    if isinstance(value, Timeout):
        return value
    return Timeout(total=value, connect=default.connect, attempt=default.attempt)


@runtime_checkable
class RetryPolicy(Protocol):
    """Decides whether a request is sent again; an object of your own with this method works as well."""

    def wait(self, failed: Sequence[RequestError], *, left: float) -> float | None:
        """How long to wait before the next attempt, in seconds, 0 or more; None to give up.

        Asked once after each failed attempt, from any thread, so it must be quick. A wait that does not fit
        into the time that is left gives up as well. (A 401 after which there are new credentials is no
        failure: the request is signed anew and repeated, once.)

        Args:
            failed: what each attempt of this request ended with, the latest last; never empty.
            left: the seconds that are left of the call.
        """
        ...


def _chance() -> float:
    # A function of this module, so that a policy that is pickled takes no generator's state along: processes
    # that had the same state would all wait for the same time.
    return random.random()  # noqa: S311 - spreads load, hides nothing


def _must_be_a_wait(_: object, attribute: object, value: object) -> None:
    if not _is_number(value) or not 0 <= value <= _LONGEST:
        name = getattr(attribute, "name", "")
        raise ConfigurationError(f"retries: {name} must be a number of seconds, from 0 to {_LONGEST:.0f}.")


def _must_be_a_count(_: object, __: object, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigurationError("retries: the number of retries must be a whole number from 0.")


def _as_statuses(value: Iterable[int]) -> frozenset[int]:
    try:
        statuses = frozenset(value)
    except TypeError:
        statuses = frozenset([0])  # no status, and refused as such
    if not all(_is_number(status) and 400 <= status <= 599 for status in statuses):  # noqa: PLR2004 - HTTP's refusals
        raise ConfigurationError("retries: statuses must be HTTP status codes from 400 to 599.")
    return statuses


@frozen
class Retries:
    """Sends a request again when its failure may pass: exponential backoff with full jitter.

    Sent again are requests whose connection failed or broke, whose attempt took too long, or whose answer has
    one of ``statuses``. ``DELETE`` and reads always; every other method only where the server certainly has
    not acted: nothing was sent, or the answer's status is below 500 (429).

    Where the server says when to come back, that is waited for, and a backoff on top of it, so that many
    clients do not come back all at once.

    Attributes:
        times: how often a request is sent again at most.
        base: the first backoff is random between 0 and this many seconds; each further one doubles it.
        cap: the most that a backoff can be, in seconds.
        retry_after_cap: the longest wait that a server can ask for, in seconds; where it asks for more, the
            error is raised at once.
        statuses: the status codes of answers that are worth another attempt.
        random: gives a number from 0 up to 1.

    Raises:
        ConfigurationError: a value is out of range.
    """

    times: int = field(default=3, validator=_must_be_a_count)
    base: float = field(default=0.5, validator=_must_be_a_wait, kw_only=True)
    cap: float = field(default=8.0, validator=_must_be_a_wait, kw_only=True)
    retry_after_cap: float = field(default=60.0, validator=_must_be_a_wait, kw_only=True)
    statuses: frozenset[int] = field(
        default=TRANSIENT_STATUSES, converter=_as_statuses, kw_only=True, repr=False
    )
    random: Callable[[], float] = field(default=_chance, kw_only=True, repr=False)

    def wait(self, failed: Sequence[RequestError], *, left: float) -> float | None:  # noqa: ARG002 - the protocol's
        """How long to wait before the next attempt, in seconds; None to give up."""
        last, asked = failed[-1], failed[-1].retry_after or 0.0
        if len(failed) > self.times or not self._is_worth_it(last) or asked > self.retry_after_cap:
            return None
        doublings = min(len(failed) - 1, _MOST_DOUBLINGS)
        return asked + self.random() * min(self.cap, self.base * 2.0**doublings)

    def _is_worth_it(self, error: RequestError) -> bool:
        passing = error.status in self.statuses if isinstance(error, APIError) else error.transient
        return passing and (error.method in REPEATABLE or not error.may_have_acted)


def retries_of(value: RetryPolicy | int | None) -> RetryPolicy | None:
    """Read a ``retries=`` argument: how often, a policy, or 0 or None for never.

    Raises:
        ConfigurationError: it is none of these.
    """
    if isinstance(value, int):
        value = Retries(value)
    if value is None or (isinstance(value, Retries) and not value.times):
        return None
    if isinstance(value, type) or not isinstance(value, RetryPolicy):
        raise ConfigurationError(
            f"retries must be a number, a Retries, or an object with a wait() method, not {value!r:.80}."
        )
    return value


def decided_wait(policy: RetryPolicy | None, failed: Sequence[RequestError], *, left: float) -> float | None:
    """Ask a policy for its decision.

    Raises:
        ConfigurationError: it fails, or decides something that is no wait.
    """
    if policy is None:
        return None
    name = f"{type(policy).__name__}.wait()"
    before = f"The attempt before it ended in {type(failed[-1]).__name__}."
    try:
        wait = policy.wait(failed, left=left)
    except ConfigurationError:  # of a policy that asks another one: told already
        raise
    except Exception as error:
        raise ConfigurationError(f"{name} failed with {type(error).__name__}. {before}") from error
    if wait is not None and (not _is_number(wait) or not wait >= 0):
        raise ConfigurationError(f"{name} must give a number of seconds from 0, or None. {before}")
    return wait


def is_success(status: int) -> bool:
    """Whether the generated code may see an answer: a success with a status that Python knows."""
    return 200 <= status <= 299 and status in _KNOWN  # noqa: PLR2004 - the range of HTTP's successes


def worth_renewing(status: int, *, renewed: bool) -> bool:
    """Whether a refused request is to be signed anew and repeated: once, and only after a 401."""
    return status == HTTPStatus.UNAUTHORIZED and not renewed


_KNOWN = frozenset(HTTPStatus)
