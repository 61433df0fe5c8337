"""Whether a host can be reached, and whom it knows: by one release that can release nothing."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from attrs import field, frozen

from voucherify_wrapper._client import Voucherify
from voucherify_wrapper._errors import (
    AuthenticationError,
    HostNotFoundError,
    NotFoundError,
    PermissionDeniedError,
    PlanExceededError,
    RateLimitError,
    SessionNotFoundError,
    VoucherifyError,
    VoucherNotFoundError,
)
from voucherify_wrapper._policies import Timeout, timeout_of
from voucherify_wrapper._rate_limits import RateLimit
from voucherify_wrapper._transport import Transport

from ._exits import ExitCode, exit_code_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from voucherify_wrapper._credentials import Credentials
    from voucherify_wrapper._outgoing import Outgoing
    from voucherify_wrapper._routes import Route

_ACCEPTED = (
    VoucherNotFoundError,
    SessionNotFoundError,
    PermissionDeniedError,
    PlanExceededError,
)
"""Answers that are given only to somebody who is known."""


@frozen
class Unsigned:
    """No credentials at all: what is asked without them is refused, and still says that the host is there."""

    def headers(self) -> Mapping[str, str]:
        """No header."""
        return {}


@frozen
class Trial:
    """What is sent: the release of a voucher that cannot exist."""

    code: str = field(factory=lambda: f"voucherify-doctor-{secrets.token_hex(12)}")
    session_key: str = field(factory=lambda: f"ssn_{secrets.token_hex(16)}")

    @property
    def path(self) -> str:
        """The request's path."""
        return f"/v1/vouchers/{self.code}/sessions/{self.session_key}"


@frozen
class Step:
    """One step on the way to the host.

    Attributes:
        name: ``dns``, ``connect``, ``tls`` or ``answer``.
        ok: whether it was done.
        seconds: how long it took.
        detail: what it came to.
    """

    name: str
    ok: bool
    seconds: float
    detail: str


@frozen
class Reached:
    """What came of the trial.

    Attributes:
        steps: those that were begun.
        accepted: whether the credentials were; None where the answer does not tell, or there are none.
        problem: what is wrong, and what to do; None where nothing is.
        exit_code: what that means for the command's end.
        rate_limit: what the answer said of the quota.
    """

    steps: list[Step]
    accepted: bool | None
    problem: str | None
    exit_code: ExitCode
    rate_limit: RateLimit


class _Watched(Transport):
    """The transport of every client, which notes when each step of its one request was done."""

    def __init__(self, route: Route) -> None:
        super().__init__(route)
        self.times: dict[str, float] = {}
        self.peer = ""
        self.encryption = ""

    def send(self, request: Outgoing) -> Any:  # noqa: ANN401 - httpx's response
        request.extensions["trace"] = self._note
        return super().send(request)

    def _note(self, event: str, info: dict[str, Any]) -> None:
        step = event.partition(".")[2]
        self.times[step] = time.monotonic()
        if step == "connect_tcp.complete":
            self.peer = _shown_address(info["return_value"].get_extra_info("server_addr"))
        elif step == "start_tls.complete":
            self.encryption = _shown_encryption(info["return_value"].get_extra_info("ssl_object"))


def _shown_address(address: tuple[Any, ...]) -> str:
    host, port = address[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _shown_encryption(encrypted: Any) -> str:  # noqa: ANN401 - an SSLObject or SSLSocket
    return f"{encrypted.version()}, certificate valid until {encrypted.getpeercert().get('notAfter')}"


def reach(
    base_url: str, credentials: Credentials | None, route: Route, trial: Trial, timeout: float | None
) -> Reached:
    """Send the trial, once.

    Args:
        base_url: the host.
        credentials: what signs; None to ask without any.
        route: the way to the host.
        trial: what to send.
        timeout: seconds for all of it; None for a client's usual time.
    """
    limit = timeout_of(timeout, Timeout())
    proxy = route.proxy
    place = urlsplit(base_url)
    named = (proxy.url.host.decode(), proxy.url.port) if proxy else (place.hostname or "", place.port)
    resolved = _resolved(named[0], min(limit.connect, limit.total))
    transport = _Watched(route)
    began = time.monotonic()
    error: VoucherifyError | None = None
    try:
        with Voucherify(
            credentials or Unsigned(), base_url=base_url, timeout=limit, retries=0, transport=transport
        ) as voucherify:
            voucherify.release_validation_session(trial.code, trial.session_key)
    except VoucherifyError as failure:
        error = failure
    finally:
        transport.close()
    steps = [resolved]
    if not isinstance(error, HostNotFoundError):
        steps += _steps(transport, began, error, encrypted=place.scheme == "https")
    return Reached(
        steps,
        accepted=_accepted(error) if credentials else None,
        problem=_problem(error, signed=credentials is not None),
        exit_code=_exit_code(error, signed=credentials is not None),
        rate_limit=getattr(error, "rate_limit", RateLimit()),
    )


def _resolved(host: str, seconds: float) -> Step:
    """Look the name up as connecting will; the system's resolver cannot be hurried, so it is left behind."""
    told: list[str] = []

    def resolve() -> None:
        try:
            entries = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            told.append(f"! {error}")
        else:
            told.append(", ".join(dict.fromkeys(str(entry[4][0]) for entry in entries)))

    began = time.monotonic()
    resolver = threading.Thread(target=resolve, daemon=True)
    resolver.start()
    resolver.join(seconds)
    text = told[0] if told else "! no answer in time"
    return Step("dns", not text.startswith("!"), time.monotonic() - began, f"{host}: {text.lstrip('! ')}")


def _steps(
    transport: _Watched, began: float, error: VoucherifyError | None, *, encrypted: bool
) -> list[Step]:
    done = [("connect", "connect_tcp.complete", transport.peer)]
    if encrypted:
        done.append(("tls", "start_tls.complete", transport.encryption))
    steps: list[Step] = []
    for name, event, detail in done:
        if event not in transport.times:
            return [*steps, Step(name, ok=False, seconds=time.monotonic() - began, detail="")]
        steps.append(Step(name, ok=True, seconds=transport.times[event] - began, detail=detail))
        began = transport.times[event]
    status = getattr(error, "status", None) if error else 204
    detail = "" if status is None else f"HTTP {status}"
    return [*steps, Step("answer", status is not None, time.monotonic() - began, detail)]


def _accepted(error: VoucherifyError | None) -> bool | None:
    if isinstance(error, AuthenticationError):
        return False
    return True if isinstance(error, _ACCEPTED) else None


def _problem(error: VoucherifyError | None, *, signed: bool) -> str | None:
    """What the answer means; that there is no such voucher is what a healthy host says."""
    if isinstance(error, (VoucherNotFoundError, SessionNotFoundError)):
        return None
    if isinstance(error, AuthenticationError) and not signed:
        return None
    if error is None:
        return (
            "The host says that it released a session that cannot exist, so it is not Voucherify. Check "
            "--base-url or VOUCHERIFY_BASE_URL, and whether a proxy answers in its place."
        )
    if isinstance(error, NotFoundError):
        return (
            f"{error} (It is no answer that Voucherify would give. Check --base-url or "
            "VOUCHERIFY_BASE_URL, and whether a proxy answers in its place.)"
        )
    if isinstance(error, RateLimitError):
        return f"{error} (The host is reachable; releases will fail until there is quota again.)"
    return str(error)


def _exit_code(error: VoucherifyError | None, *, signed: bool) -> ExitCode:
    if _problem(error, signed=signed) is None:
        return ExitCode.DONE
    return exit_code_of(error) if error else ExitCode.FAILED
