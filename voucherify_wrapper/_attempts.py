"""The attempts of one request: sent, and after a failure sent again or given up. No waiting here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define, field

from ._errors import RequestError, remark
from ._logging import logger
from ._policies import decided_wait
from ._requests import Pause, Send

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from ._answers import Answer
    from ._policies import RetryPolicy, Timeout
    from ._requests import Request, Signature, Step


@define
class Limits:
    """What bounds a call, and each request that it makes.

    Attributes:
        timeout: how long it may take.
        retries: decides about further attempts; None for none.
        left: tells how much of the call's time is left, in seconds.
    """

    timeout: Timeout
    retries: RetryPolicy | None
    left: Callable[[], float]


@define
class Attempts:
    """What became of a request so far, and whether it is sent again.

    Attributes:
        request: the request.
        limits: the call's limits.
        count: how many times it was sent.
        failed: what each failed attempt ended with.
    """

    request: Request
    limits: Limits
    count: int = 0
    failed: list[RequestError] = field(factory=list)

    def send(self, signature: Signature) -> Generator[Step, Any, Answer | RequestError]:
        """Make an attempt, and give what it ended with: any answer, or the lack of one.

        Raises:
            RequestError: the failure before it; time was up before this attempt could be made.
        """
        timeout = self.limits.timeout.of_attempt(self.request.method, retried=self.limits.retries is not None)
        outcome: Answer | RequestError = yield Send(self.request, signature, self.count + 1, timeout)
        if isinstance(outcome, RequestError) and outcome.attempts == self.count:
            # Time was up before anything was sent.
            raise _without_time(self.failed[-1]) if self.failed else outcome
        self.count += 1
        return outcome

    def wait_after(self, error: RequestError) -> Generator[Step, Any, None]:
        """Wait as long as the policy says after a failed attempt.

        Raises:
            RequestError: the failure, when it decides that there is no further attempt, or when there is no
                time left for one.
            ConfigurationError: the policy decides nothing that is a wait.
        """
        self.failed.append(error)
        left = self.limits.left()
        wait = decided_wait(self.limits.retries, tuple(self.failed), left=left)
        if wait is None:
            raise _exhausted(error)
        if wait >= left:
            raise _without_time(error)
        logger.info(
            "%s %s: attempt %d ended with %s, the next follows in %.2f s",
            *(self.request.method, self.request.url, self.count, type(error).__name__, wait),
        )
        yield Pause(wait, self.request, self.count, error)


def _exhausted(error: RequestError) -> RequestError:
    if error.attempts > 1:
        remark(error, f"It was tried {error.attempts} times.")
    return error


def _without_time(error: RequestError) -> RequestError:
    remark(error, f"That was attempt {error.attempts}, and no time was left for another.")
    return error
