"""A call that is being performed: its next step, its end, and who is told of it. No waiting here."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

from ._answers import Answer
from ._attempts import Limits
from ._calls import steps_of
from ._errors import RequestError, VoucherifyError
from ._events import AttemptEnded, AttemptStarted, CallEnded, Waiting, tell
from ._logging import DEBUG, logger
from ._requests import Pause, Send

if TYPE_CHECKING:
    from types import TracebackType

    from ._calls import Call
    from ._events import Event, Hook
    from ._requests import Request, Step
    from ._signing import Signer
    from ._tokens import Outcome


class Run:
    """Takes a call from step to step; a context manager, so that its end is told however it comes.

    Args:
        call: the call's record.
        request: what it sends, not signed yet.
        signer: what signs it.
        hook: who is told of it.

    Attributes:
        end: the monotonic clock's time at which the call has to end.
        answer: what it has led to, once there is no further step.
    """

    answer: Answer

    def __init__(self, call: Call, request: Request, signer: Signer, hook: Hook | None) -> None:
        self._call = call
        self._request = request
        self._hook = hook
        self._began = self._step_began = time.monotonic()
        self.end = end = self._began + call.timeout.total
        limits = Limits(call.timeout, call.retries, lambda: end - time.monotonic())
        self._steps = steps_of(call, request, signer, limits)
        self._step: Step | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._steps.close()
        if self._hook:
            last = exc or self.answer
            status = getattr(last, "status", None) if exc else self.answer.status_code
            end = _end(self._began, status, exc, last)
            self._tell(self._hook, CallEnded, self._request, self._call.attempts, **end)

    def go_on(self, outcome: Answer | Outcome = None, failure: VoucherifyError | None = None) -> Step | None:
        """Begin, or take what the step has led to, and give the next step; None when the call has succeeded.

        Args:
            outcome: what the step gave.
            failure: what kept it from giving anything.

        Raises:
            VoucherifyError: the call has failed.
        """
        if isinstance(self._step, Send):
            self._attempt_ended(self._step, outcome, failure)
            if isinstance(failure, RequestError):  # about which the call decides
                outcome, failure = failure, None
        try:
            self._step = self._steps.throw(failure) if failure else self._steps.send(outcome)
        except StopIteration as done:
            self.answer = done.value
            return None
        self._step_began = time.monotonic()
        if self._hook:
            self._tell_what_begins(self._hook, self._step)
        return self._step

    def _attempt_ended(self, step: Send, outcome: object, failure: VoucherifyError | None) -> None:
        status = outcome.status_code if isinstance(outcome, Answer) else None
        if logger.isEnabledFor(DEBUG):
            elapsed = time.monotonic() - self._step_began
            logger.debug(
                "%s %s: %s (attempt %d, %.1f ms)",
                *(step.request.method, step.request.url, status or type(failure).__name__),
                *(step.attempt, 1000 * elapsed),
            )
        if self._hook:
            end = _end(self._step_began, status, failure, outcome)
            self._tell(self._hook, AttemptEnded, step.request, step.attempt, **end)

    def _tell_what_begins(self, hook: Hook, step: Step) -> None:
        if isinstance(step, Send):
            self._tell(hook, AttemptStarted, step.request, step.attempt)
        elif isinstance(step, Pause):
            self._tell(hook, Waiting, step.request, step.attempt, seconds=step.seconds, error=step.error)

    def _tell(
        self,
        hook: Hook,
        kind: type[Event],
        request: Request,
        attempt: int,
        **more: Any,  # noqa: ANN401 - the event's own
    ) -> None:
        own = request is self._request
        event = kind(
            call=self._call.number,
            method=request.method,
            url=request.url,
            template=self._call.template if own else request.target,  # that for a token has no parameters
            attempt=attempt,
            **more,
        )
        tell(hook, event)


def _end(began: float, status: int | None, error: BaseException | None, last: object) -> dict[str, Any]:
    return {
        "duration": time.monotonic() - began,
        "status": status,
        "error": error,
        "rate_limit": getattr(last, "rate_limit", None),
    }
