"""The sandbox itself: one object that starts, stops, prepares and observes the stand-in."""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Self

from voucherify_wrapper.sandbox import _reading as reading
from voucherify_wrapper.sandbox._app import Api
from voucherify_wrapper.sandbox._errors import Refusal
from voucherify_wrapper.sandbox._limits import Limiter
from voucherify_wrapper.sandbox._misbehaving import Faults
from voucherify_wrapper.sandbox._server import Server, loopback
from voucherify_wrapper.sandbox._state import State

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from voucherify_wrapper.sandbox._faults import Fault
    from voucherify_wrapper.sandbox._front import RecordedRequest
    from voucherify_wrapper.sandbox._limits import RateLimit

SAMPLE_VOUCHERS: Mapping[str, int | None] = {"2CpRCE2c": 1, "SUMMER-10": 10, "50% off / für alle": None}
"""The vouchers of a sandbox that is given none."""

LONGEST_TOKEN_LIFETIME = 86_400
_CREDENTIAL = re.compile(r"[!-~]+")


class Sandbox:
    """A local stand-in for the Voucherify API: real HTTP on loopback, the vendor's rules for sessions.

    A context manager; `start` and `stop` do the same. Any number run side by side. All methods are safe to
    call from several threads.

    Args:
        vouchers: Code to redemption limit; None as a limit stands for no limit. Left out, `SAMPLE_VOUCHERS`.
        app_id: The value that `X-App-Id` must have; left out, a random one.
        app_token: The value that `X-App-Token` must have; left out, a random one.
        state: A file that keeps vouchers, sessions, releases and OAuth tokens over a restart; None keeps them
            in memory, for as long as this object lives.
        rate_limit: How many authenticated requests are answered; None sets no limit.
        host: The loopback address to listen on.
        port: The port; 0 takes a free one, which a restart takes again.
        clock: Returns the time in epoch seconds. All life times go by it.
        token_lifetime: Life of an OAuth token in seconds, 1 to 86400.
        keep_requests: How many of the latest requests `requests` remembers.

    Raises:
        ValueError: A setting is out of range, or the host is not loopback.
        SandboxError: The state file is of no use.
    """

    def __init__(
        self,
        *,
        vouchers: Mapping[str, int | None] | None = None,
        app_id: str | None = None,
        app_token: str | None = None,
        state: str | os.PathLike[str] | None = None,
        rate_limit: RateLimit | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.time,
        token_lifetime: int = 900,
        keep_requests: int = 10_000,
    ) -> None:
        self.app_id = _credential(secrets.token_hex(16) if app_id is None else app_id)
        self.app_token = _credential(secrets.token_hex(16) if app_token is None else app_token)
        if not reading.is_whole(token_lifetime, 1, LONGEST_TOKEN_LIFETIME):
            raise ValueError(f"token_lifetime must be 1 to {LONGEST_TOKEN_LIFETIME} seconds")
        self._host = loopback(host)
        self._port = port
        self._mutex = threading.RLock()
        self._server: Server | None = None
        # Of its own: the server's thread records requests while `stop` waits for that thread.
        self._record_mutex = threading.Lock()
        self._requests: deque[RecordedRequest] = deque(maxlen=keep_requests)
        self._faults = Faults()
        self._state = State(state, clock)
        self._api = Api(
            state=self._state,
            faults=self._faults,
            limiter=Limiter(rate_limit, clock),
            record=self._remember,
            app_id=self.app_id,
            app_token=self.app_token,
            token_lifetime=token_lifetime,
        )
        # The samples must not undo what a state file says about them.
        for code, limit in (SAMPLE_VOUCHERS if vouchers is None else vouchers).items():
            self._add_voucher(code, limit, replace=vouchers is not None)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._address() if self._port else 'not started'}>"

    def start(self) -> None:
        """Listen and serve, until `stop`. The port takes connections when this returns.

        Raises:
            SandboxError: The port is taken, or may not be used.
            RuntimeError: It runs already.
        """
        with self._mutex:
            if self._server is not None:
                raise RuntimeError("The sandbox runs already")
            self._server = Server(self._api.application(), self._host, self._port)
            self._port = self._server.port

    def stop(self) -> None:
        """Close the port and every connection, whatever goes on there; without effect if it does not run."""
        with self._mutex:
            if self._server is not None:
                self._server.stop()
                self._server = None
            self._state.close()

    @property
    def base_url(self) -> str:
        """The URL to hand to a client, such as `http://127.0.0.1:54321`.

        Raises:
            RuntimeError: It was never started, so that its port is not known.
        """
        if not self._port:
            raise RuntimeError("The sandbox has no address before it is started")
        return self._address()

    def environment(self) -> dict[str, str]:
        """Return the environment variables that lead a client here."""
        return {
            "VOUCHERIFY_BASE_URL": self.base_url,
            "VOUCHERIFY_APP_ID": self.app_id,
            "VOUCHERIFY_APP_TOKEN": self.app_token,
        }

    def add_voucher(self, code: str, redemption_limit: int | None = 1) -> None:
        """Add a voucher, or give an existing one this redemption limit.

        Args:
            code: Any text but the empty one.
            redemption_limit: How many sessions it takes at a time, at least 1; None for any number.

        Raises:
            ValueError: The code or the limit is not acceptable.
        """
        self._add_voucher(code, redemption_limit, replace=True)

    def lock(
        self, code: str, key: str | None = None, ttl: float | None = None, ttl_unit: str | None = None
    ) -> str:
        """Open a session by the same rules as over HTTP, and return its key.

        Args:
            code: The voucher's code or id.
            key: The session key; left out, a fresh one.
            ttl: The life time, in `ttl_unit`; left out, 7 days.
            ttl_unit: One of the vendor's seven units.

        Raises:
            Refusal: The voucher does not exist, takes no more sessions, or a value is not acceptable.
        """
        session: dict[str, object] = {"type": "LOCK", "key": key, "ttl": ttl, "ttl_unit": ttl_unit}
        lock = reading.lock_of(session)
        for verdict in self._state.validate([reading.Redeemable("voucher", code)], lock):
            if verdict is not None:
                raise verdict
        return lock.key

    def sessions(self, code: str) -> list[str]:
        """Return the keys of a voucher's live sessions.

        Raises:
            Refusal: There is no such voucher.
        """
        return self._state.sessions(self._state.voucher(code).code)

    @property
    def released(self) -> list[tuple[str, str]]:
        """Every release performed so far, as (code, session key), oldest first."""
        return self._state.released()

    @property
    def requests(self) -> list[RecordedRequest]:
        """The requests received so far, oldest first, without those to the control surface."""
        with self._record_mutex:
            return list(self._requests)

    def inject(self, fault: Fault, times: int | None = 1) -> None:
        """Misbehave for the next matching requests.

        Of several faults that match a request, the one that was injected first is used.

        Args:
            fault: What goes wrong, and for which requests.
            times: For how many requests; None until `clear_faults`.

        Raises:
            ValueError: `times` is not a whole number from 1.
        """
        self._faults.add(fault, times)

    def clear_faults(self) -> None:
        """Behave again."""
        self._faults.clear()

    def revoke_tokens(self) -> None:
        """Make every OAuth token handed out so far invalid."""
        self._state.revoke_tokens()

    @property
    def tokens_issued(self) -> int:
        """How many OAuth tokens this object has handed out."""
        return self._api.tokens_issued

    def _address(self) -> str:
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"http://{host}:{self._port}"

    def _add_voucher(self, code: str, limit: int | None, *, replace: bool) -> None:
        try:
            self._state.add_voucher(
                reading.text(code, "code"), reading.redemption_limit(limit), replace=replace
            )
        except Refusal as refusal:
            raise ValueError(refusal.details) from None

    def _remember(self, request: RecordedRequest) -> None:
        with self._record_mutex:
            self._requests.append(request)


def _credential(value: str) -> str:
    if not _CREDENTIAL.fullmatch(value):
        raise ValueError("A credential must be printable ASCII without spaces, to travel in a header")
    return value
