"""A run of many releases: its pairs read, what became of each, and when to stop. No waiting here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from attrs import define, field, frozen

from ._adapter import call_of_release, segment
from ._errors import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConflictError,
    InvalidArgumentError,
    LockedError,
    PlanExceededError,
    RateLimitError,
    ReleasesStoppedError,
    SessionNotFoundError,
    UsageError,
    VoucherNotFoundError,
)
from ._pacing import Gate
from ._policies import decided_wait
from ._rate_limits import NOTHING_SAID
from ._results import Outcome

if TYPE_CHECKING:
    from ._calls import Call
    from ._config import Config
    from ._errors import RequestError, VoucherifyError
    from ._policies import RetryPolicy
    from ._rate_limits import RateLimit
    from ._results import ReleaseResult

Pair = tuple[str, str] | Mapping[str, str]
"""A code and a session key; or a mapping that has them as ``code`` and ``session_key``."""

_READ_AHEAD = 2  # times the concurrency: one part under way, one part waiting
_LEAST_STREAK = 10
_MOST_AT_ONCE = 1000
_REMEMBERED = 10_000  # pairs
_DIGEST = 16  # bytes; two pairs with the same one do not occur
_LASTING = (AuthenticationError, PlanExceededError, ConfigurationError, UsageError)
_OF_THE_PAIR = (
    BadRequestError,
    ConflictError,
    InvalidArgumentError,
    LockedError,
    SessionNotFoundError,
    VoucherNotFoundError,
)


@define
class Task:
    """A pair that is to be released.

    Attributes:
        position: its place in the input.
        code: the voucher's code.
        session_key: the session's key.
        uncertain: whether a request that was sent before may have released it.
        attempts: how many times its request was sent in this run.
        sent: whether its request may be under way.
    """

    position: int
    code: str
    session_key: str
    uncertain: bool
    attempts: int = 0
    sent: bool = False


@frozen
class Recorded:
    """A success that an earlier run wrote down and did not hand over."""

    position: int
    code: str
    session_key: str
    status: Any
    confirmed: bool
    attempts: int
    error: str | None


class Ledger(Protocol):
    """Knows the pairs of a run. Without a journal it is a ``Recent``."""

    @property
    def path(self) -> str | None:
        """The path of its file; None where it is kept in no file."""
        ...

    def __enter__(self) -> object:
        """Open it."""
        ...

    def __exit__(self, *_: object) -> None:
        """Close it."""
        ...

    def unreported(self) -> Sequence[Recorded]:
        """What earlier runs wrote down as done and did not hand over, in order."""
        ...

    def claim(self, code: str, session_key: str) -> bool | None:
        """Take a pair: whether it may have been released before; None when it is not to be released again."""
        ...

    def save(self, outcomes: Sequence[Outcome]) -> None:
        """Make the claims since the last time, and these outcomes, durable."""
        ...

    def reported(self, outcome: Outcome | Recorded) -> None:
        """Note that the caller has had an outcome; in the order in which they were saved."""
        ...

    def give_back(self, unsent: Sequence[Task]) -> None:
        """Take back the claims of tasks of which nothing was sent in this run."""
        ...


class Recent:
    """Remembers the last 10,000 pairs of a run without a journal, by digests."""

    path: str | None = None

    def __init__(self) -> None:
        self._digests: dict[bytes, None] = {}

    def __enter__(self) -> object:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def unreported(self) -> Sequence[Recorded]:
        """Nothing is known of earlier runs."""
        return ()

    def claim(self, code: str, session_key: str) -> bool | None:
        """Take a pair, if it is none of the last ones."""
        text = f"{len(code)} {code}{session_key}"
        digest = blake2b(text.encode(), digest_size=_DIGEST).digest()
        if digest in self._digests:
            return None
        if len(self._digests) >= _REMEMBERED:
            del self._digests[next(iter(self._digests))]
        self._digests[digest] = None
        return False

    def save(self, outcomes: Sequence[Outcome]) -> None:
        """Do nothing: nothing is kept."""

    def reported(self, outcome: Outcome | Recorded) -> None:
        """Do nothing: nothing is kept."""

    def give_back(self, unsent: Sequence[Task]) -> None:
        """Do nothing: nothing is kept."""


@frozen
class Terms:
    """What a caller asks of a run.

    Attributes:
        concurrency: how many releases are under way at once.
        missing_ok: take a session that is gone as a success.
        max_wait: the longest wait for a quota to be renewed, in seconds.
    """

    concurrency: int
    missing_ok: bool
    max_wait: float

    @property
    def room(self) -> int:
        """How many pairs may be read and have no outcome yet."""
        return _READ_AHEAD * self.concurrency


def terms_of(concurrency: Any, max_wait: Any, *, missing_ok: bool) -> Terms:  # noqa: ANN401 - whatever a caller passes
    """Check the arguments of a run.

    Raises:
        InvalidArgumentError: one is of no use.
    """
    whole = isinstance(concurrency, int) and not isinstance(concurrency, bool)
    if not whole or not 1 <= concurrency <= _MOST_AT_ONCE:
        raise InvalidArgumentError(f"concurrency must be a whole number from 1 to {_MOST_AT_ONCE}.")
    if isinstance(max_wait, bool) or not isinstance(max_wait, (int, float)) or not max_wait >= 0:
        raise InvalidArgumentError("max_wait must be a number of seconds from 0.")
    return Terms(concurrency, missing_ok, max_wait)


@frozen
class _WithoutLimits:
    """A policy that leaves 429 to the run, whose gate makes all its calls wait, and not only one."""

    policy: RetryPolicy

    def wait(self, failed: Sequence[RequestError], *, left: float) -> float | None:
        return (
            None if isinstance(failed[-1], RateLimitError) else decided_wait(self.policy, failed, left=left)
        )


@define
class Releases:
    """The course of one run; not thread-safe, but for what its attributes say.

    Attributes:
        config: the client's configuration.
        terms: what the caller asked for.
        ledger: knows the pairs.
        gate: lets requests pass; shared by the workers, under the lock of theirs.
        cause: what keeps everything else from succeeding, once something does; set under the same lock.
        streak: how many calls in a row ended with what need not be the pair's fault; the same.
        read: how many pairs of the input were read.
        done: how many outcomes were given.
    """

    config: Config
    terms: Terms
    ledger: Ledger
    gate: Gate = field(init=False)
    cause: VoucherifyError | None = None
    streak: int = 0
    read: int = 0
    done: int = 0
    _retries: RetryPolicy | None = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.gate = Gate(self.terms.max_wait)
        self._retries = self.config.retries and _WithoutLimits(self.config.retries)

    # Reading

    def take(self, pair: object) -> Task | Outcome | None:
        """Read the next pair: a task, or why it can be none; None when there is nothing to do for it."""
        position, self.read = self.read, self.read + 1
        given: list[object] = []
        try:
            given += _parts_of(pair)
            code, session_key = segment("code", given[0]), segment("session_key", given[1])
        except InvalidArgumentError as error:
            texts = [str.__str__(part) if isinstance(part, str) else "" for part in (*given, "", "")]
            return self._outcome(position, texts[0], texts[1], "failed", error=error)
        uncertain = self.ledger.claim(code, session_key)
        return None if uncertain is None else Task(position, code, session_key, uncertain)

    # Releasing: these are called by the workers

    def call_of(self, task: Task) -> Call:
        """The record of the next call for a task."""
        return call_of_release(self.config.timeout, self._retries, may_have_acted=task.uncertain)

    def heard(self, ticket: int, limits: RateLimit | None, error: VoucherifyError | None, now: float) -> None:
        """Take what a call ended with: how the others fare depends on it. Under the workers' lock.

        Args:
            ticket: the gate's ticket.
            limits: what an answer said of the limits.
            error: what it ended with, being no success.
            now: the monotonic clock's time.
        """
        refused = isinstance(error, RateLimitError)
        self.gate.leave(ticket, limits, now, refused=refused)
        if error is None or isinstance(error, _OF_THE_PAIR):
            self.streak = 0
        elif not refused:
            self.streak += 1
            most = max(_LEAST_STREAK, self.terms.concurrency)
            if isinstance(error, _LASTING) or self.streak >= most:
                self.cause = self.cause or error

    def result(
        self, task: Task, call: Call, result: ReleaseResult | None, error: VoucherifyError | None
    ) -> Outcome | None:
        """What became of a task; None when it has to be tried again, as the limit of calls was reached."""
        task.attempts += call.attempts
        task.uncertain = call.may_have_acted
        if isinstance(error, RateLimitError):
            task.sent = task.uncertain
            return None
        status = "already_gone" if isinstance(error, SessionNotFoundError) else "failed"
        return self._outcome(
            task.position,
            task.code,
            task.session_key,
            result.status if result else status,
            error=error,
            confirmed=result.confirmed if result else True,
            attempts=task.attempts,
            rate_limit=limits_in(result, error),
        )

    def recorded(self, record: Recorded) -> Outcome:
        """The outcome that an earlier run wrote down."""
        error = None
        if record.status == "already_gone":
            path = f"/v1/vouchers/{quote(record.code, safe='')}/sessions/{quote(record.session_key, safe='')}"
            error = SessionNotFoundError(
                record.error or "",
                status=404,
                fields={"resource_type": "session"},
                method="DELETE",
                url=self.config.base_url + path,
                attempts=record.attempts,
                headers={},
                body="",
                rate_limit=NOTHING_SAID,
                request_id=None,
            )
        return self._outcome(
            record.position,
            record.code,
            record.session_key,
            record.status,
            error=error,
            confirmed=record.confirmed,
            attempts=record.attempts,
        )

    def _outcome(
        self,
        position: int,
        code: str,
        session_key: str,
        status: Any,  # noqa: ANN401 - one of three words
        *,
        error: VoucherifyError | None,
        confirmed: bool = True,
        attempts: int = 0,
        rate_limit: RateLimit | None = None,
    ) -> Outcome:
        excused = status == "already_gone" and self.terms.missing_ok
        return Outcome(
            position=position,
            code=code,
            session_key=session_key,
            status=status,
            error=None if excused else error,
            confirmed=confirmed,
            attempts=attempts,
            rate_limit=rate_limit or NOTHING_SAID,
        )

    # Stopping

    @property
    def over(self) -> bool:
        """Whether nothing more is to be sent."""
        return self.cause is not None or self.gate.given_up

    def stopped(self, left: int) -> ReleasesStoppedError:
        """The exception for a run that ended early.

        Args:
            left: how many pairs were read and have no outcome.
        """
        retry_after = None
        why = f"{self.cause}"
        if self.cause is None:
            retry_after = self.gate.retry_after
            when = "it did not say when" if retry_after is None else f"in {retry_after:.0f} seconds"
            why = f"The quota is used up; by the server it is renewed {when}."
        how = (
            f"Run it again with the same input and the journal {self.ledger.path} to go on."
            if self.ledger.path
            else "With a journal, a run like this one can go on where it was."
        )
        return ReleasesStoppedError(
            f"The run was stopped after {self.done} outcomes, with {left} pairs read and not released. "
            f"{why} {how}",
            cause=self.cause,
            done=self.done,
            left=left,
            retry_after=retry_after,
            journal=self.ledger.path,
        )


def limits_in(result: ReleaseResult | None, error: VoucherifyError | None) -> RateLimit | None:
    """What the last answer of a call said of the limits; None where there was none."""
    return result.rate_limit if result else getattr(error, "rate_limit", None)


def _parts_of(pair: object) -> Sequence[object]:
    try:
        if isinstance(pair, Mapping):
            return pair["code"], pair["session_key"]
        if isinstance(pair, Sequence) and not isinstance(pair, (str, bytes, bytearray)):
            code, session_key = pair
            return code, session_key
    except Exception as error:
        raise InvalidArgumentError(
            f"A pair must have a code and a session_key, and nothing else is read from it "
            f"({type(error).__name__})."
        ) from error
    raise InvalidArgumentError(
        f"A pair must be (code, session_key), or a mapping with these keys, not {type(pair).__name__}."
    )
