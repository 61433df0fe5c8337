"""What a call gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from attrs import frozen

if TYPE_CHECKING:
    from ._errors import VoucherifyError
    from ._rate_limits import RateLimit


@frozen(kw_only=True)
class ReleaseResult:
    """The outcome of releasing one validation session.

    Attributes:
        code: the voucher's code, as it was passed.
        session_key: the session's key, as it was passed.
        status: ``"released"`` when this call released it; ``"already_gone"`` when the voucher had no
            such session (only with ``missing_ok=True``).
        confirmed: False when the server did not say so itself: the answer to an attempt was lost, and the
            next attempt found the session gone. Most likely the first one released it.
        attempts: how many times the request was sent, at least 1.
        rate_limit: the state of the rate limits after the call.
        request_id: the server's id of the request, for support; None where it gave none.
    """

    code: str
    session_key: str
    status: Literal["released", "already_gone"]
    confirmed: bool = True
    attempts: int
    rate_limit: RateLimit
    request_id: str | None = None

    @property
    def released(self) -> bool:
        """True when this call released the session."""
        return self.status == "released"

    @property
    def already_gone(self) -> bool:
        """True when there was no such session any more."""
        return self.status == "already_gone"


@frozen(kw_only=True)
class Outcome:
    """What became of one pair of a run of many releases.

    Attributes:
        position: the pair's place in the input, from 0.
        code: the voucher's code; empty where what was given is no text.
        session_key: the session's key; empty where what was given is no text.
        status: ``"released"``; ``"already_gone"`` when the voucher had no such session; or ``"failed"``.
        error: why it is not ``ok``; None where it is.
        confirmed: False when the server did not say itself that it was released: an answer was lost, and the
            next attempt found the session gone. Most likely the attempt before released it.
        attempts: how many times its request was sent in this run; 0 where it cannot be sent.
        rate_limit: the state of the rate limits after it; all fields None where there was no answer.
    """

    position: int
    code: str
    session_key: str
    status: Literal["released", "already_gone", "failed"]
    error: VoucherifyError | None = None
    confirmed: bool = True
    attempts: int
    rate_limit: RateLimit

    @property
    def ok(self) -> bool:
        """True when the session is gone as asked: released, or with ``missing_ok`` gone already."""
        return self.error is None
