"""Every exception that leaves this package, and how an answer of the server becomes one.

::

    VoucherifyError
    ├── ConfigurationError            a setting is missing or wrong
    ├── UsageError                    the call cannot be made like this
    │   ├── InvalidArgumentError      an argument cannot be sent; nothing was sent
    │   └── ClientClosedError         the client was closed, before the call or during it
    ├── JournalError                  the journal of a run cannot be used; nothing more was sent
    ├── ReleasesStoppedError          a run of many releases ended early, as nothing more could succeed
    └── RequestError                  a request was made, and did not succeed
        ├── APIConnectionError        no complete answer arrived
        │   ├── HostNotFoundError     the host's name does not resolve (DNS)
        │   ├── ConnectRefusedError   nobody listens there
        │   ├── TLSError              the TLS handshake or the certificate failed
        │   ├── ConnectionLostError   the connection broke while it was in use
        │   └── APITimeoutError       the time allowed ran out
        ├── InvalidResponseError      an answer that cannot be understood
        └── APIError                  the server refused (any status from 400 to 599)
            ├── BadRequestError       400
            ├── AuthenticationError   401
            ├── PlanExceededError     402
            ├── PermissionDeniedError 403
            ├── NotFoundError         404
            │   ├── VoucherNotFoundError
            │   └── SessionNotFoundError
            ├── ConflictError         409
            ├── LockedError           423
            ├── RateLimitError        429
            └── ServerError           500 to 599

All of them can be pickled and copied, and none holds a credential.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from ._rate_limits import RateLimit
from ._secrets import host_of, printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._secrets import Redactor


class VoucherifyError(Exception):
    """The root of every exception that this package raises."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without calling ``__init__`` again, whose arguments the text does not hold."""
        return _restore, (type(self), self.args, self.__dict__)


def _restore(cls: type[VoucherifyError], args: tuple[Any, ...], state: dict[str, Any]) -> VoucherifyError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


class ConfigurationError(VoucherifyError):
    """A setting is missing, contradictory or wrong.

    Attributes:
        may_have_acted: as that of ``RequestError``; True only where a retry policy or credentials of the
            caller's own failed after an attempt.
    """

    may_have_acted = False


class UsageError(VoucherifyError):
    """The call cannot be made in this way.

    Attributes:
        may_have_acted: as that of ``RequestError``; True only where the client was closed after a request had
            been sent.
    """

    may_have_acted = False


class InvalidArgumentError(UsageError):
    """An argument of the call cannot be sent. Nothing was sent."""


class ClientClosedError(UsageError):
    """The client was closed: before the call, or during it, and then its outcome is not known."""


class JournalError(VoucherifyError):
    """The journal of a run cannot be used: in use, no journal, damaged, or not to be written."""


class ReleasesStoppedError(VoucherifyError):
    """A run of many releases ended early: what went wrong would have gone wrong with all the others.

    Attributes:
        cause: the failure that stopped it, also its ``__cause__``; None where the server had said with a
            success that the quota is used up.
        done: how many outcomes the run has given.
        left: how many pairs were read and have no outcome; further ones of the input were not read.
        retry_after: seconds until the quota is renewed, where that stopped it; None where it did not, or
            where the server did not say.
        journal: the path of the journal, with which the run can go on; None where there is none.
    """

    def __init__(
        self,
        text: str,
        *,
        cause: VoucherifyError | None = None,
        done: int = 0,
        left: int = 0,
        retry_after: float | None = None,
        journal: str | None = None,
    ) -> None:
        super().__init__(text)
        self.__cause__ = self.cause = cause
        self.done = done
        self.left = left
        self.retry_after = retry_after
        self.journal = journal


class RequestError(VoucherifyError):
    """A request was made and did not succeed.

    Attributes:
        method: the HTTP method, in capitals.
        url: the absolute URL.
        attempts: how many times the request was sent, counting the last.
        transient: whether the failure may pass by itself: the connection failed or broke, time ran out, or
            the status is 429, 500, 502, 503, 504 or 520 to 527.
        may_have_acted: False when it is certain that the server did not do what was asked, in any attempt of
            the call: nothing was sent, or the server refused with a status below 500.
    """

    transient = False
    may_have_acted = True

    def __init__(self, text: str, *, method: str, url: str, attempts: int) -> None:
        super().__init__(text)
        self.method = method
        self.url = url
        self.attempts = attempts

    @property
    def retry_after(self) -> float | None:
        """Seconds the server asks to wait before the next call; None where it did not say."""
        return None


class APIConnectionError(RequestError):
    """No complete answer arrived. Whether the server acted is not known, unless nothing was sent."""


class HostNotFoundError(APIConnectionError):
    """The host's name does not resolve. The server was not reached."""


class ConnectRefusedError(APIConnectionError):
    """Nobody listens at the host's port. The server was not reached."""


class TLSError(APIConnectionError):
    """The TLS handshake failed or the server's certificate was not accepted."""


class ConnectionLostError(APIConnectionError):
    """The connection broke before the whole answer had arrived."""


class APITimeoutError(APIConnectionError):
    """The time allowed for connecting, for an attempt, or for the whole call, ran out."""


class _AnsweredError(RequestError):
    """What the two kinds of unsuccessful answer share."""

    def __init__(
        self,
        text: str,
        *,
        method: str,
        url: str,
        attempts: int,
        headers: Mapping[str, str],
        body: str,
        rate_limit: RateLimit,
        request_id: str | None,
    ) -> None:
        super().__init__(text, method=method, url=url, attempts=attempts)
        self.headers = dict(headers)
        self.body = body
        self.rate_limit = rate_limit
        self.request_id = request_id

    @property
    def retry_after(self) -> float | None:
        """Seconds the server asks to wait before the next call; None where it did not say."""
        return self.rate_limit.retry_after


class InvalidResponseError(_AnsweredError):
    """An answer came that cannot be understood: not HTTP, not the promised form, or a redirect.

    Attributes:
        status: the HTTP status code, or None where not even that was readable.
        headers: the answer's headers, names in lower case.
        body: the answer's body as text, at most 64 KiB of it.
        rate_limit: the state of the rate limits.
        request_id: the vendor's id of the request, for support; None where there was none.
    """

    def __init__(self, text: str, *, status: int | None = None, **context: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(
            text, **{"headers": {}, "body": "", "rate_limit": RateLimit(), "request_id": None, **context}
        )
        self.status = status


class APIError(_AnsweredError):
    """The server answered that it did not do it.

    Attributes:
        status: the HTTP status code.
        key: the vendor's short word for the kind of error, such as ``not_found``.
        message: the vendor's message.
        details: the vendor's details.
        request_id: the vendor's id of the request, for support.
        resource_id: the id of the resource that the error is about.
        resource_type: its type, such as ``voucher`` or ``session``.
        configured_message: the text that the project's owner configured in a validation rule.
        headers: the answer's headers, names in lower case.
        body: the answer's body as text, at most 64 KiB of it.
        rate_limit: the state of the rate limits.

    Every one of the vendor's texts is None where the answer did not have it.
    Source: component ``Error`` of the OpenAPI document.
    """

    def __init__(self, text: str, *, status: int, fields: Mapping[str, str | None], **context: Any) -> None:  # noqa: ANN401 - passed on
        super().__init__(text, **context)
        self.status = status
        self.key = fields.get("key")
        self.message = fields.get("message")
        self.details = fields.get("details")
        self.resource_id = fields.get("resource_id")
        self.resource_type = fields.get("resource_type")
        self.configured_message = fields.get("configured_message")


class BadRequestError(APIError):
    """400: the server could not use the request."""


class AuthenticationError(APIError):
    """401: the credentials were missing or not accepted."""


class PlanExceededError(APIError):
    """402: the subscription's plan is used up."""


class PermissionDeniedError(APIError):
    """403: the credentials do not permit this operation."""


class NotFoundError(APIError):
    """404: there is no such thing."""


class VoucherNotFoundError(NotFoundError):
    """404: the project has no voucher with this code or id."""


class SessionNotFoundError(NotFoundError):
    """404: the voucher has no such validation session (any more)."""


class ConflictError(APIError):
    """409: it exists already. Trying again does not help."""


class LockedError(APIError):
    """423: the resource is locked by another operation."""


class RateLimitError(APIError):
    """429: the limit of calls is reached, or the subscription ended."""


class ServerError(APIError):
    """500 to 599: the server, or a proxy in front of it, failed."""


_BY_STATUS: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PlanExceededError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    423: LockedError,
    429: RateLimitError,
}
_BY_MISSING_RESOURCE: dict[str | None, type[NotFoundError]] = {
    "voucher": VoucherNotFoundError,
    "session": SessionNotFoundError,
}

for _public in [value for value in globals().values() if isinstance(value, type)]:
    if issubclass(_public, VoucherifyError):
        _public.__module__ = "voucherify_wrapper"  # what a traceback shows, and an except clause names


# What happened, and the likely cause with what to do next.
_TEXTS: dict[type[APIError], tuple[str, str]] = {
    BadRequestError: (
        "Voucherify could not use the request",
        "Correct what the message names and call again.",
    ),
    AuthenticationError: (
        "Voucherify did not accept the credentials",
        "Check that they belong to this project and to the cluster {host}, and have not been revoked.",
    ),
    PlanExceededError: (
        "The Voucherify plan is used up",
        "Raise the plan in the dashboard; trying again does not help.",
    ),
    PermissionDeniedError: (
        "The credentials do not permit this operation",
        "Give the API key the permission, or the OAuth token the scope, that the operation needs.",
    ),
    NotFoundError: (
        "There is nothing at {url}",
        "Check the base URL and the arguments; a proxy in between may also have answered.",
    ),
    VoucherNotFoundError: (
        "Voucherify has no such voucher",
        "Check the code, and that the credentials belong to the project that holds the voucher.",
    ),
    SessionNotFoundError: (
        "The voucher has no such validation session",
        "It has expired, was redeemed or was released before, unless the key is mistyped.",
    ),
    ConflictError: ("Voucherify has it already", "Trying again does not help; read or update what exists."),
    LockedError: ("Another operation holds the resource", "Try again when it has ended."),
    RateLimitError: (
        "The limit of calls is reached, or the subscription has ended",
        "{wait}",
    ),
    ServerError: (
        "Voucherify, or a proxy in front of it, failed",
        "Whether the request took effect is not known; try again, and ask support if it stays.",
    ),
    APIError: ("Voucherify refused the request", "Correct what the message names and call again."),
}


TRANSIENT_STATUSES = frozenset({429, 500, 502, 503, 504, *range(520, 528)})
"""Refusals that may pass by themselves; those from 520 are of proxies that stand in front."""

LONGEST_BODY = 2**16
"""Characters of an answer's body that an exception keeps."""


def error_from_answer(
    *,
    of_operation: bool,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    method: str,
    url: str,
    attempts: int,
    rate_limit: RateLimit,
    redactor: Redactor,
) -> APIError | InvalidResponseError:
    """Make the exception that an unsuccessful answer means.

    Args:
        of_operation: whether it answers the operation that was called; only then a 404 may mean that the
            voucher or the session is missing.
        status: its HTTP status code, any number.
        headers: its headers, without credentials.
        body: its body as received; anything at all.
        method: the method of the request that it answers.
        url: the URL of that request.
        attempts: how many times the request was sent.
        rate_limit: the limits that the answer's headers tell.
        redactor: takes the credentials out of whatever the server may have echoed.
    """
    fields = {name: text and redactor(text) for name, text in _fields(body).items()}
    context: dict[str, Any] = {
        "method": method,
        "url": url,
        "attempts": attempts,
        "headers": dict(headers),
        "body": redactor.text_of(body)[:LONGEST_BODY],
        "rate_limit": rate_limit,
        "request_id": fields.pop("request_id") or request_id_from(headers),
    }
    if not 400 <= status <= 599:  # noqa: PLR2004 - the range of HTTP's refusals
        return InvalidResponseError(_unexpected(status, context), status=status, **context)
    cls = _class_for(status, fields["resource_type"] if of_operation else None)
    error = cls(_text(cls, status, fields, context), status=status, fields=fields, **context)
    error.transient = status in TRANSIENT_STATUSES
    error.may_have_acted = status >= 500  # noqa: PLR2004 - HTTP's first failure of the server
    return error


def remark(error: RequestError, sentence: str) -> None:
    """Let an exception's text say one sentence more."""
    error.args = (f"{error} {sentence}",)


REQUEST_ID_HEADER = "x-request-id"


def request_id_from(headers: Mapping[str, str]) -> str | None:
    """The id that a server in front gave the request, where the vendor's own is not in the body."""
    return headers.get(REQUEST_ID_HEADER)


def _class_for(status: int, resource_type: str | None) -> type[APIError]:
    if status == 404:  # noqa: PLR2004 - HTTP's own number
        return _BY_MISSING_RESOURCE.get(resource_type, NotFoundError)
    return _BY_STATUS.get(status, ServerError if status >= 500 else APIError)  # noqa: PLR2004 - the same


def _fields(body: bytes) -> dict[str, str | None]:
    """The texts of the vendor's error body; all None for any other body."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    document = document if isinstance(document, dict) else {}
    configured = document.get("error")
    candidates = {
        **{
            name: document.get(name)
            for name in ("key", "message", "details", "request_id", "resource_id", "resource_type")
        },
        "configured_message": configured.get("message") if isinstance(configured, dict) else None,
    }
    return {name: value if isinstance(value, str) else None for name, value in candidates.items()}


def _text(
    cls: type[APIError], status: int, fields: Mapping[str, str | None], context: Mapping[str, Any]
) -> str:
    what, hint = _TEXTS[cls]
    said = fields["details"] or fields["configured_message"] or fields["message"]
    if said is None:
        said = "no explanation" if not context["body"] else "an answer not in Voucherify's form"
    places = {
        "url": printable(context["url"]),
        "host": host_of(context["url"]),
        "wait": _wait_hint(context["rate_limit"].retry_after),
    }
    support = f"; request id {printable(context['request_id'])}" if context["request_id"] else ""
    return f"{what.format(**places)} ({status}: {printable(said)}{support}). {hint.format(**places)}"


def _wait_hint(retry_after: float | None) -> str:
    if retry_after is None:
        return "Wait before the next call, or check the subscription in the dashboard."
    seconds = math.ceil(retry_after)
    longer = f" ({seconds / 3600:.1f} hours)" if seconds > 3600 else ""  # noqa: PLR2004 - an hour
    return f"Wait {seconds} seconds{longer} before the next call."


def _unexpected(status: int, context: Mapping[str, Any]) -> str:
    if 300 <= status < 400:  # noqa: PLR2004 - the range of HTTP's redirects
        target = printable(context["headers"].get("location", "nowhere"))
        return (
            f"{printable(context['url'])} redirects to {target} ({status}), and redirects are not followed. "
            "Check the base URL, and that no proxy or login page stands in between."
        )
    asked = f"{context['method']} {printable(context['url'])}"
    return (
        f"{asked} was answered with status {status}, which the OpenAPI document does not promise. "
        "Check that the base URL leads to Voucherify and to no proxy or login page."
    )
