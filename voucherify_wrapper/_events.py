"""What a client tells its ``on_event`` hook: plain values, whose attributes are named as OpenTelemetry does.

Source of the names: OpenTelemetry's semantic conventions for HTTP client spans; those that begin with
``voucherify.`` are our own.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

from attrs import field, frozen

from ._errors import ConfigurationError
from ._logging import logger
from ._rate_limits import RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._errors import RequestError

AttributeValue = str | int | float
Hook: TypeAlias = "Callable[[Event], object]"


@frozen(kw_only=True)
class Event:
    """Something that happened during a call.

    Attributes:
        call: the number of the call, the same in all of its events, and in this process in no other's.
        method: the request's HTTP method, in capitals.
        url: the request's URL. It holds the voucher's code and the session's key, so neither ``repr`` nor
            ``attributes`` show it.
        template: its path with the parameters' names in braces; None where only the URL is known.
        attempt: how many times the request was sent, counting an attempt that is under way.
    """

    call: int
    method: str
    url: str = field(repr=False)
    template: str | None
    attempt: int

    @property
    def attributes(self) -> dict[str, AttributeValue]:
        """The event as attributes of an OpenTelemetry span: no credential, no code, no session key."""
        address = urlsplit(self.url)
        found: dict[str, AttributeValue | None] = {
            "http.request.method": self.method,
            "server.address": address.hostname,
            "server.port": address.port or {"http": 80, "https": 443}[address.scheme],
            "url.scheme": address.scheme,
            "url.template": self.template,
            "http.request.resend_count": max(self.attempt - 1, 0) or None,  # only of what is sent again
            **self._more(),
        }
        return {name: value for name, value in found.items() if value is not None}

    def _more(self) -> dict[str, AttributeValue | None]:
        return {}


@frozen(kw_only=True)
class AttemptStarted(Event):
    """A request is about to be sent: the operation's, or one for an access token."""


@frozen(kw_only=True)
class _Ended(Event):
    """What the two kinds of end share."""

    duration: float
    status: int | None
    error: BaseException | None = field(repr=lambda error: type(error).__name__)
    rate_limit: RateLimit | None

    def _more(self) -> dict[str, AttributeValue | None]:
        limits = self.rate_limit or RateLimit()
        return {
            "http.response.status_code": self.status,
            "error.type": _type_of(self.error, self.status),
            "voucherify.rate_limit.limit": limits.limit,
            "voucherify.rate_limit.remaining": limits.remaining,
            "voucherify.rate_limit.retry_after": limits.retry_after,
            "voucherify.rate_limit.type": limits.type,
        }


@frozen(kw_only=True)
class AttemptEnded(_Ended):
    """An answer was read to its end, or failed to arrive.

    Attributes:
        duration: how long the attempt took, in seconds.
        status: the answer's status code; None where there was none.
        error: what happened in place of an answer.
        rate_limit: what the answer said of the limits.
    """


@frozen(kw_only=True)
class Waiting(Event):
    """The call lets time pass before the next attempt.

    Attributes:
        seconds: how long.
        error: what the last attempt ended with.
    """

    seconds: float
    error: RequestError = field(repr=lambda error: type(error).__name__)

    def _more(self) -> dict[str, AttributeValue | None]:
        return {
            "error.type": _type_of(self.error, getattr(self.error, "status", None)),
            "voucherify.wait": self.seconds,
        }


@frozen(kw_only=True)
class CallEnded(_Ended):
    """The call is over, in whatever way: it is the last of its events, and never missing.

    Attributes:
        duration: how long it took with all its attempts and waits, in seconds.
        status: the last answer's status code; None where the last attempt had none.
        error: the exception that it ends with, a cancellation or an interrupt among them.
        rate_limit: what that answer said of the limits.
    """


def _type_of(error: BaseException | None, status: int | None) -> str | None:
    if status is not None and status >= 400:  # noqa: PLR2004 - HTTP's first refusal
        return str(status)
    if error is None:
        return None
    module = type(error).__module__
    name = type(error).__qualname__
    return name if module == "builtins" else f"{module}.{name}"


def checked_hook(hook: Any) -> Hook | None:  # noqa: ANN401 - whatever a caller passes
    """Read an ``on_event=`` argument.

    Raises:
        ConfigurationError: it cannot be called, or would have to be awaited.
    """
    awaited = any(map(inspect.iscoroutinefunction, (hook, getattr(hook, "__call__", None))))  # noqa: B004 - not whether it has one
    if hook is not None and (not callable(hook) or awaited):
        raise ConfigurationError(
            "on_event must be a function that takes an event, and not a coroutine function."
        )
    checked: Hook | None = hook
    return checked


def tell(hook: Hook, event: Event) -> None:
    """Call the hook; one that fails is logged, and harms no call."""
    try:
        hook(event)
    except Exception:  # noqa: BLE001 - the call matters more than who watches it
        logger.warning("on_event failed for %s", type(event).__name__, exc_info=True)
