"""The HTTP session that the generated client is handed, for threads and for tasks.

Every generated operation passes here, so every one has the same credentials, time limits, log lines and
exceptions. The only place that waits.
"""

from __future__ import annotations

import asyncio
import sys
import time
import weakref
from contextlib import aclosing, closing, suppress
from typing import TYPE_CHECKING, Any

import httpx

from ._answers import Answer, BodyReader, async_pieces_of, pieces_of
from ._calls import steps_of
from ._errors import APITimeoutError, ClientClosedError, ConfigurationError, UsageError, VoucherifyError
from ._foreign import error_from_foreign
from ._logging import logger
from ._network import deadline
from ._requests import Send, Wait, build_request
from ._routes import route_to
from ._secrets import Redactor, printable
from ._transport import AsyncTransport, Transport

if TYPE_CHECKING:
    from ._calls import Call
    from ._config import Config
    from ._policies import Timeout
    from ._requests import Answering, Step
    from ._routes import Route
    from ._tokens import Outcome


_CLOSED_UNDER_WAY = "This client was closed while the call was under way."


class _Session:
    """What the two sessions share: everything but the waiting."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._closed = False
        self._more_secrets: tuple[str, ...] = ()
        _check_that_httpx_reads(config.base_url)

    def _route(self) -> Route:
        """Find the way to the server; a proxy on it may have credentials."""
        route = route_to(self._config.base_url)
        self._more_secrets = route.secrets
        return route

    def _begin(self, call: Call, method: str, path: str, content: dict[str, Any]) -> Answering:
        self._refuse_if_closed("This client is closed. Make a new one, or close it later.")
        base_url = self._config.base_url
        return steps_of(
            call, build_request(base_url, method, path, **content), self._config.credentials, base_url
        )

    def _refuse_if_closed(self, text: str = _CLOSED_UNDER_WAY) -> None:
        if self._closed:
            raise ClientClosedError(text)

    def _signed(self, step: Send, timeout: Timeout, end: float) -> httpx.Request:
        """Sign the request, and let no part of it take longer than what is left of the call."""
        self._refuse_if_closed()
        left = end - time.monotonic()
        if left <= 0:
            raise _out_of_time(
                "The time allowed ran out before the request was sent.", step.request, step.attempt - 1
            )
        step.request.headers.update(step.signature.headers)
        connect = min(timeout.connect, left)
        step.request.extensions["timeout"] = {"connect": connect, "read": left, "write": left, "pool": left}
        return step.request

    def _answer(self, response: httpx.Response, body: bytes, step: Send) -> Answer:
        return Answer(
            response, body, request=step.request, attempts=step.attempt, redactor=self._redactor(step)
        )

    def _redactor(self, step: Send) -> Redactor:
        return Redactor((*step.signature.secrets, *self._more_secrets))

    def _failure(self, error: Exception, outer: BaseException | None, step: Step) -> VoucherifyError:
        if isinstance(error, VoucherifyError):
            return error
        if self._closed:
            return ClientClosedError(_CLOSED_UNDER_WAY)
        if isinstance(step, Wait):
            return _out_of_time(
                "Another call did not renew the access token within the time allowed.", step.request, 0
            )
        return error_from_foreign(
            error,
            outer=outer,
            method=step.request.method,
            url=str(step.request.url),
            attempts=step.attempt,
            redactor=self._redactor(step),
        )


def _check_that_httpx_reads(base_url: str) -> None:
    try:
        str(httpx.URL(base_url).host)  # the name is decoded only when it is asked for
    except (httpx.InvalidURL, UnicodeError) as error:
        raise ConfigurationError(f"base_url cannot be used: {printable(str(error))}.") from None


def _out_of_time(text: str, request: httpx.Request, attempts: int) -> APITimeoutError:
    return APITimeoutError(
        f"{text} Call again, or allow more time.",
        method=request.method,
        url=str(request.url),
        attempts=attempts,
    )


def _log(step: Step, outcome: object, started: float) -> None:
    if isinstance(step, Send):
        told = outcome.status_code if isinstance(outcome, Answer) else type(outcome).__name__
        elapsed = 1000 * (time.monotonic() - started)
        request = step.request
        logger.debug(
            "%s %s: %s (attempt %d, %.1f ms)", request.method, request.url, told, step.attempt, elapsed
        )


class Session(_Session):
    """Performs calls by blocking; any number of threads may share it.

    Args:
        config: the client's configuration.
        transport: the caller's own, which stays the caller's to close; by default one of the session's own.
    """

    def __init__(self, config: Config, transport: httpx.BaseTransport | None) -> None:
        super().__init__(config)
        self._transport = transport or Transport(self._route())
        # Also when the client is dropped without being closed.
        self._finalizer = None if transport else weakref.finalize(self, self._transport.close)

    def request(self, call: Call, method: str, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own types
        """Perform one call, and give its successful answer.

        Raises:
            VoucherifyError: it did not succeed.
        """
        steps = self._begin(call, method, path, content)
        end, outer = time.monotonic() + call.timeout.total, sys.exception()
        result: Answer | Outcome = None
        try:
            step = next(steps)
            while True:
                started, failure = time.monotonic(), None
                try:
                    result = self._performed(step, call.timeout, end)
                except Exception as error:  # noqa: BLE001 - a transport of the caller's own may raise anything
                    failure = self._failure(error, outer, step)
                _log(step, failure or result, started)
                step = steps.throw(failure) if failure else steps.send(result)
        except StopIteration as done:
            answer: Answer = done.value
            return answer
        finally:
            steps.close()

    def _performed(self, step: Step, timeout: Timeout, end: float) -> Answer | Outcome:
        if isinstance(step, Wait):
            return step.renewal.result(end - time.monotonic())
        request = self._signed(step, timeout, end)
        with deadline(end), closing(self._transport.handle_request(request)) as response:
            reader = BodyReader(response, end=end)
            for piece in pieces_of(response):
                if reader.is_full_after(piece):
                    break
        return self._answer(response, reader.body(), step)

    def close(self) -> None:
        """Close the connections. Final; calls whose answer has not arrived end with ``ClientClosedError``."""
        self._closed = True
        if self._finalizer:
            self._finalizer()


class AsyncSession(_Session):
    """Performs calls by awaiting; any number of tasks of one event loop may share it.

    Args:
        config: the client's configuration.
        transport: the caller's own, which stays the caller's to close; by default one of the session's own.
    """

    def __init__(self, config: Config, transport: httpx.AsyncBaseTransport | None) -> None:
        super().__init__(config)
        self._transport = transport or AsyncTransport(self._route())
        self._owned = transport is None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def request(self, call: Call, method: str, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own types
        """Perform one call, and give its successful answer.

        Raises:
            VoucherifyError: it did not succeed.
        """
        steps = self._begin(call, method, path, content)
        self._stay_in_one_loop()
        end, outer = time.monotonic() + call.timeout.total, sys.exception()
        result: Answer | Outcome = None
        try:
            step = next(steps)
            while True:
                started, failure = time.monotonic(), None
                try:
                    async with asyncio.timeout(end - time.monotonic()):
                        result = await self._performed(step, call.timeout, end)
                except Exception as error:  # noqa: BLE001 - a transport of the caller's own may raise anything
                    failure = self._failure(error, outer, step)
                _log(step, failure or result, started)
                step = steps.throw(failure) if failure else steps.send(result)
        except StopIteration as done:
            answer: Answer = done.value
            return answer
        finally:
            steps.close()

    async def _performed(self, step: Step, timeout: Timeout, end: float) -> Answer | Outcome:
        if isinstance(step, Wait):
            return await asyncio.wrap_future(step.renewal)
        request = self._signed(step, timeout, end)
        async with aclosing(await self._transport.handle_async_request(request)) as response:
            reader = BodyReader(response, end=end)
            async for piece in async_pieces_of(response):
                if reader.is_full_after(piece):
                    break
        return self._answer(response, reader.body(), step)

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
        if self._owned:
            # The loop that the connections belong to may be closed, and they with it.
            with suppress(RuntimeError):
                await self._transport.aclose()
