"""What a call does, as steps for a session to perform: sign, send, sign anew once after a 401, try again."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from attrs import define, field

from ._attempts import Attempts
from ._errors import ClientClosedError, ConfigurationError, RequestError
from ._logging import logger
from ._policies import is_success, worth_renewing

if TYPE_CHECKING:
    from ._answers import Answer
    from ._attempts import Limits
    from ._policies import RetryPolicy, Timeout
    from ._requests import Answering, Request
    from ._signing import Signer

_numbers = count(1)


@define
class Call:
    """One call of an operation: its limits, and what is known of it so far.

    Attributes:
        timeout: its time limits.
        retries: decides about further attempts; None for none.
        template: the operation's path with the parameters' names in braces, where it is known.
        number: tells it apart from every other call of this process.
        attempts: how many times its request was sent.
        answer: the last answer, read to its end.
        may_have_acted: whether an attempt that failed may have done at the server what was asked.
    """

    timeout: Timeout
    retries: RetryPolicy | None
    template: str | None = None
    number: int = field(factory=_numbers.__next__)
    attempts: int = 0
    answer: Answer | None = None
    may_have_acted: bool = False


def steps_of(call: Call, request: Request, signer: Signer, limits: Limits) -> Answering:
    """Perform one request until it succeeds or fails for good.

    Args:
        call: the call's record, kept up to date.
        request: what to send, not signed yet.
        signer: what signs it.
        limits: what bounds the call.

    Raises:
        VoucherifyError: it failed.
    """
    try:
        attempts, renewed = Attempts(request, limits), False
        signature = yield from signer.sign(limits)
        while True:
            try:
                outcome = yield from attempts.send(signature)
            except ClientClosedError as closed:
                call.may_have_acted |= closed.may_have_acted
                raise
            call.attempts = attempts.count
            if not isinstance(outcome, RequestError):
                call.answer = outcome
                if is_success(outcome.status_code):
                    return outcome
                if worth_renewing(outcome.status_code, renewed=renewed):
                    refused, renewed = signature, True
                    signature = yield from signer.sign(limits, before=refused, refused=True)
                    if signature != refused:
                        logger.info("%s %s: signed anew after a 401", request.method, request.url)
                        continue
                outcome = outcome.error()
            call.may_have_acted |= outcome.may_have_acted
            yield from attempts.wait_after(outcome)
            signature = yield from signer.sign(limits, before=signature)  # it may have ended
    except (RequestError, ConfigurationError, ClientClosedError) as error:
        error.may_have_acted = call.may_have_acted  # in any attempt, and not in fetching a token
        raise
