"""The HTTP session that the generated client is handed, for threads and for tasks.

Every generated operation passes here, so every one has the same credentials, time limits, log lines and
exceptions. The only place that waits.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
import time
import weakref
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import httpx

from ._answers import Answer, BodyReader
from ._errors import APITimeoutError, ClientClosedError, ConfigurationError, UsageError, VoucherifyError
from ._foreign import error_from_foreign
from ._incoming import AsyncOfHttpx, OfHttpx
from ._latest import Latest
from ._network import deadline
from ._outgoing import Outgoing
from ._rate_limits import NOTHING_SAID
from ._requests import Pause, Send, Wait, build_request
from ._routes import route_to
from ._run import Run
from ._secrets import Redactor, printable
from ._signing import Signer
from ._transport import AsyncTransport, Transport

if TYPE_CHECKING:
    from ._calls import Call
    from ._config import Config
    from ._incoming import AsyncIncoming, Head, Incoming
    from ._outgoing import RawHeaders
    from ._policies import Timeout
    from ._requests import Request, Signature, Step
    from ._routes import Route
    from ._tokens import Outcome


Fast = Literal["fast"]
_sessions: weakref.WeakSet[_Session] = weakref.WeakSet()
_of_the_parent: list[object] = []
"""Kept by a forked process for ever: closing a connection that it inherited would end the parent's."""
_SHORTEST = 0.001  # seconds that an attempt is given when the time is up
_CLOSED_UNDER_WAY = "This client was closed while the call was under way."


class _Seal:
    """What is the same for all requests that have one signature.

    Attributes:
        redactor: takes the credentials out of what comes back.
        headers: puts the signature on a request's headers.
    """

    def __init__(self, more_secrets: tuple[str, ...], signature: Signature) -> None:
        self.redactor = Redactor((*signature.secrets, *more_secrets))
        signing = {name.lower().encode(): value.encode() for name, value in signature.headers.items()}
        self.headers = Latest(partial(_with_signature, signing))


def _with_signature(signing: dict[bytes, bytes], headers: RawHeaders) -> RawHeaders:
    return [*(header for header in headers if header[0] not in signing), *signing.items()]


class _Session:
    """What the two sessions share: everything but the waiting.

    A process that was forked from one with a session gets connections of its own.

    Attributes:
        given: the ``transport=`` that it was made with.
        rate_limit: what an answer said last of the limits, to whichever call.
    """

    _transport: httpx.BaseTransport | httpx.AsyncBaseTransport

    def __init__(self, config: Config, transport: Any) -> None:  # noqa: ANN401 - either kind
        self.given = transport
        self.rate_limit = NOTHING_SAID
        self._config = config
        self._signer = Signer(config.credentials, config.base_url)
        self._closed = False
        self._seal_of: Latest[Signature, _Seal] = Latest(partial(_Seal, ()))
        _check_that_httpx_reads(config.base_url)
        self._set_up()
        _sessions.add(self)

    def _set_up(self) -> None:
        """Make what belongs to one process."""

    def set_up_after_fork(self) -> None:
        """Leave to the parent process what is its own."""
        _of_the_parent.append(self._transport)
        if not self._closed:
            self._set_up()

    def _route(self) -> Route:
        """Find the way to the server; a proxy on it may have credentials."""
        route = route_to(self._config.base_url)
        self._seal_of = Latest(partial(_Seal, route.secrets))
        return route

    def _begin(self, call: Call, method: str, path: str, content: dict[str, Any]) -> Run:
        if self._closed:
            refusal = ClientClosedError("This client is closed. Make a new one, or close it later.")
            refusal.may_have_acted = call.may_have_acted  # by a call before this one
            raise refusal
        request = build_request(self._config.base_url, method, path, **content)
        return Run(call, request, self._signer, self._config.on_event)

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise ClientClosedError(_CLOSED_UNDER_WAY)

    @property
    def is_closed(self) -> bool:
        """Whether no call can begin any more."""
        return self._closed

    def _time_left(self, step: Send, end: float) -> float:
        """How long the request may wait for a connection, in seconds."""
        self._refuse_if_closed()
        left = end - time.monotonic()
        if left <= 0:
            raise _out_of_time(
                "The time allowed ran out before the request was sent.", step.request, step.attempt - 1
            )
        return left

    def _signed(self, step: Send, timeout: Timeout, within: float) -> Request:
        """Sign the request, and let no part of it take longer than its attempt."""
        request = step.request
        limits = {"connect": min(timeout.connect, within), "read": within, "write": within, "pool": within}
        headers = self._seal_of(step.signature).headers(request.headers)
        return Outgoing(
            request.method, request.base, request.target, headers, request.content, {"timeout": limits}
        )

    def _answer(self, head: Head, body: bytes, step: Send) -> Answer:
        redactor = self._seal_of(step.signature).redactor
        answer = Answer(head, body, request=step.request, attempts=step.attempt, redactor=redactor)
        if answer.rate_limit is not NOTHING_SAID:
            self.rate_limit = answer.rate_limit
        return answer

    def _failure(self, error: Exception, outer: BaseException | None, step: Step) -> VoucherifyError:
        if isinstance(error, VoucherifyError):
            return error
        if self._closed or isinstance(step, Pause):
            closed = ClientClosedError(_CLOSED_UNDER_WAY)
            closed.may_have_acted = isinstance(step, Send)
            return closed
        if isinstance(step, Wait):
            return _out_of_time(
                "Another call did not renew the access token within the time allowed.", step.request, 0
            )
        return error_from_foreign(
            error,
            outer=outer,
            method=step.request.method,
            url=step.request.url,
            attempts=step.attempt,
            redactor=self._seal_of(step.signature).redactor,
        )


def _of_attempt(step: Send, end: float) -> float:
    """How long an attempt may take that begins now, in seconds."""
    return max(_SHORTEST, min(step.timeout, end - time.monotonic()))


def _set_up_after_fork() -> None:
    for session in list(_sessions):
        session.set_up_after_fork()


getattr(os, "register_at_fork", lambda **_: None)(after_in_child=_set_up_after_fork)


def _check_that_httpx_reads(base_url: str) -> None:
    try:
        str(httpx.URL(base_url).host)  # the name is decoded only when it is asked for
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ConfigurationError(f"base_url cannot be used: {printable(str(error))}.") from None


def _extra(name: str) -> Any:  # noqa: ANN401 - a function of a module that needs what may not be installed
    try:
        return getattr(import_module("._fast", __package__), name)
    except ImportError:
        raise ConfigurationError(
            "transport=\"fast\" needs pyreqwest: pip install 'voucherify-wrapper[fast]'."
        ) from None


def _out_of_time(text: str, request: Request, attempts: int) -> APITimeoutError:
    error = APITimeoutError(
        f"{text} Call again, or allow more time.",
        method=request.method,
        url=request.url,
        attempts=attempts,
    )
    error.may_have_acted = False
    return error


class Session(_Session):
    """Performs calls by blocking; any number of threads may share it.

    Args:
        config: the client's configuration.
        transport: the caller's own, which stays the caller's to close; or ``"fast"`` for that of the extra;
            by default one of the session's own.
    """

    def __init__(self, config: Config, transport: httpx.BaseTransport | Fast | None) -> None:
        self._finalizer: Any = None
        super().__init__(config, transport)

    def _set_up(self) -> None:
        transport, owned = self.given, self.given in (None, "fast")
        self._transport: httpx.BaseTransport
        if transport is None:
            self._transport = Transport(self._route())
        elif transport == "fast":
            make = _extra("fast_transport")
            self._transport = make(self._route(), connect=self._config.timeout.connect)
        else:
            self._transport = transport
        # Also when the client is dropped without being closed.
        if self._finalizer:
            self._finalizer.detach()
        self._finalizer = weakref.finalize(self, self._transport.close) if owned else None
        # One lock for each call that waits. A signal's handler may close the client in the middle of
        # anything, and the lock of an event could be held by the very thread that it interrupts. (A queue
        # will not do: up to Python 3.12 it waits for ever where it is held up for longer than it is to wait.)
        self._sleeping: set[threading.Lock] = set()

    def request(self, call: Call, method: str, path: str, **content: Any) -> Answer:  # noqa: ANN401 - httpx's own types
        """Perform one call, and give its successful answer.

        Raises:
            VoucherifyError: it did not succeed.
        """
        outer = sys.exception()
        with self._begin(call, method, path, content) as run:
            step = run.go_on()
            while step:
                outcome, failure = None, None
                try:
                    outcome = self._performed(step, call.timeout, run.end)
                except Exception as error:  # noqa: BLE001 - a transport of the caller's own may raise anything
                    failure = self._failure(error, outer, step)
                step = run.go_on(outcome, failure)
            return run.answer

    def _performed(self, step: Step, timeout: Timeout, end: float) -> Answer | Outcome:
        if isinstance(step, Pause):
            self._let_pass(step.seconds)
            return None
        if isinstance(step, Wait):
            return step.renewal.result(end - time.monotonic())
        self._wait_for_a_connection(self._time_left(step, end))
        within = _of_attempt(step, end)
        end = time.monotonic() + within
        with deadline(end):
            incoming = self._sent(self._signed(step, timeout, within))
            try:
                reader = BodyReader(incoming, end=end)
                for piece in incoming:
                    if reader.is_full_after(piece):
                        break
            finally:
                incoming.close()
        return self._answer(incoming, reader.body(), step)

    def _wait_for_a_connection(self, seconds: float) -> None:
        """Let the time of an attempt begin when it has a connection, of which only our own transports tell.

        Otherwise many calls at once would end each other's attempts by waiting for each other.
        """
        if isinstance(self._transport, Transport):
            self._transport.permit(seconds)

    def _sent(self, request: Request) -> Incoming:
        if isinstance(self._transport, Transport):
            return self._transport.send(request)
        return OfHttpx(self._transport.handle_request(request.as_httpx()))

    def _let_pass(self, seconds: float) -> None:
        alarm = threading.Lock()
        alarm.acquire()
        self._sleeping.add(alarm)
        try:
            self._refuse_if_closed()  # or closing will ring
            alarm.acquire(timeout=seconds)
            self._refuse_if_closed()
        finally:
            self._sleeping.discard(alarm)

    def close(self) -> None:
        """Close the connections. Final; calls whose answer has not arrived end with ``ClientClosedError``."""
        self._closed = True
        for alarm in list(self._sleeping):
            with suppress(RuntimeError):  # it has rung already
                alarm.release()
        if self._finalizer:
            self._finalizer()


class AsyncSession(_Session):
    """Performs calls by awaiting; any number of tasks of one event loop may share it.

    Args:
        config: the client's configuration.
        transport: the caller's own, which stays the caller's to close; or ``"fast"`` for that of the extra;
            by default one of the session's own.
    """

    def __init__(self, config: Config, transport: httpx.AsyncBaseTransport | Fast | None) -> None:
        super().__init__(config, transport)

    def _set_up(self) -> None:
        transport = self.given
        self._owned = transport in (None, "fast")
        self._transport: httpx.AsyncBaseTransport
        if transport is None:
            self._transport = AsyncTransport(self._route())
        elif transport == "fast":
            make = _extra("async_fast_transport")
            self._transport = make(self._route(), connect=self._config.timeout.connect)
        else:
            self._transport = transport
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sleeping: set[asyncio.Event] = set()

    async def request(self, call: Call, method: str, path: str, **content: Any) -> Answer:  # noqa: ANN401 - httpx's own types
        """Perform one call, and give its successful answer.

        Raises:
            VoucherifyError: it did not succeed.
        """
        outer = sys.exception()
        with self._begin(call, method, path, content) as run:
            self._stay_in_one_loop()
            step = run.go_on()
            while step:
                outcome, failure = None, None
                try:
                    outcome = await self._performed(step, call.timeout, run.end)
                except Exception as error:  # noqa: BLE001 - a transport of the caller's own may raise anything
                    failure = self._failure(error, outer, step)
                step = run.go_on(outcome, failure)
            return run.answer

    async def _performed(self, step: Step, timeout: Timeout, end: float) -> Answer | Outcome:
        if isinstance(step, Pause):
            await self._let_pass(step.seconds)
            return None
        if isinstance(step, Wait):
            async with asyncio.timeout(end - time.monotonic()):
                return await asyncio.wrap_future(step.renewal)
        left = self._time_left(step, end)
        if isinstance(self._transport, AsyncTransport):  # as in the other session
            await self._transport.permit(left)
        within = _of_attempt(step, end)
        end = time.monotonic() + within
        request = self._signed(step, timeout, within)
        if isinstance(self._transport, AsyncTransport) and self._transport.keeps_time(request):
            return await self._answered(step, request, end)
        async with asyncio.timeout(within):
            return await self._answered(step, request, end)

    async def _answered(self, step: Send, request: Request, end: float) -> Answer:
        incoming: AsyncIncoming
        if isinstance(self._transport, AsyncTransport):
            incoming = await self._transport.send(request)
        else:
            incoming = AsyncOfHttpx(await self._transport.handle_async_request(request.as_httpx()))
        try:
            reader = BodyReader(incoming, end=end)
            async for piece in incoming:
                if reader.is_full_after(piece):
                    break
        finally:
            await incoming.aclose()
        return self._answer(incoming, reader.body(), step)

    async def _let_pass(self, seconds: float) -> None:
        alarm = asyncio.Event()
        self._sleeping.add(alarm)
        timer = asyncio.get_running_loop().call_later(seconds, alarm.set)
        try:
            self._refuse_if_closed()
            await alarm.wait()
            self._refuse_if_closed()
        finally:
            timer.cancel()
            self._sleeping.discard(alarm)

    def _stay_in_one_loop(self) -> None:
        try:
            running = asyncio.get_running_loop()
        except RuntimeError:
            raise UsageError(
                "AsyncVoucherify runs on asyncio, and no asyncio event loop is running here."
            ) from None
        if self._loop not in (None, running):
            raise UsageError(
                "This client was first used in another event loop, where its connections are. Make one "
                "client for each event loop, or keep one loop for all calls."
            )
        self._loop = running

    async def aclose(self) -> None:
        """Close the connections. Final; calls whose answer has not arrived end with ``ClientClosedError``."""
        if self._closed:
            return
        self._closed = True
        # The loop that all this belongs to may be closed, and everything with it.
        with suppress(RuntimeError):
            for alarm in list(self._sleeping):
                alarm.set()
            if self._owned:
                await self._transport.aclose()
