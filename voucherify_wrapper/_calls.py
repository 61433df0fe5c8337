"""What a call does, as steps for a session to perform: sign, send, and sign anew once after a 401."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import define

from ._logging import logger
from ._policies import Timeout, is_success, worth_renewing
from ._requests import Send
from ._signing import sign

if TYPE_CHECKING:
    import httpx

    from ._answers import Answer
    from ._credentials import Credentials
    from ._requests import Answering


@define
class Call:
    """One call of an operation: its limits, and what is known of it so far.

    Attributes:
        timeout: its time limits.
        attempts: how many times its request was sent.
        answer: the last answer, read to its end.
    """

    timeout: Timeout
    attempts: int = 0
    answer: Answer | None = None


def steps_of(call: Call, request: httpx.Request, credentials: Credentials, base_url: str) -> Answering:
    """Perform one request until it succeeds or fails for good.

    Args:
        call: the call's record, kept up to date.
        request: what to send, not signed yet.
        credentials: what signs it.
        base_url: the server.

    Raises:
        VoucherifyError: it failed; every kind but ``ClientClosedError``.
    """
    signature = yield from sign(credentials, base_url)
    renewed = False
    while True:
        answer: Answer = yield Send(request, signature, call.attempts + 1)
        call.attempts += 1
        call.answer = answer
        if is_success(answer.status_code):
            return answer
        if not worth_renewing(answer.status_code, renewed=renewed):
            raise answer.error()
        refused, renewed = signature, True
        signature = yield from sign(credentials, base_url, refused=refused)
        if signature == refused:
            raise answer.error()
        for name in refused.headers:
            request.headers.pop(name, None)
        logger.info("%s %s: signed anew after a 401", request.method, request.url)
