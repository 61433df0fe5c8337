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

from ._answers import Answer, BodyReader
from ._calls import logger, steps_of
from ._errors import ClientClosedError, UsageError, VoucherifyError
from ._foreign import error_from_foreign
from ._requests import Send, Wait, build_request
from ._transport import deadline, default_async_transport, default_transport

if TYPE_CHECKING:
    import httpx

    from ._calls import Call
    from ._config import Config
    from ._policies import Timeout
    from ._requests import Answering, Step
    from ._tokens import Outcome


class _Session:
    """What the two sessions share: everything but the waiting."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._closed = False

    def _begin(
        self, call: Call, method: str, path: str, content: dict[str, Any]
    ) -> tuple[httpx.Request, Answering]:
        if self._closed:
            raise ClientClosedError("This client is closed. Make a new one, or close it later.")
        base_url = self._config.base_url
        request = build_request(base_url, method, path, **content)
        return request, steps_of(call, request, self._config.credentials, base_url)

    def _failure(
        self, error: Exception, outer: BaseException | None, request: httpx.Request, call: Call
    ) -> VoucherifyError:
        if self._closed:
            return ClientClosedError("This client was closed while the call was under way.")
        attempts = max(call.attempts, 1)
        return error_from_foreign(
            error, outer=outer, method=request.method, url=str(request.url), attempts=attempts
        )


def _signed(step: Send, timeout: Timeout, end: float) -> httpx.Request:
    """Sign the request, and let no part of it take longer than what is left of the call."""
    left = end - time.monotonic()
    if left <= 0:
        raise TimeoutError
    step.request.headers.update(step.signature.headers)
    step.request.extensions["timeout"] = {
        "connect": min(timeout.connect, left),
        "read": left,
        "write": left,
        "pool": left,
    }
    return step.request


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
        self._transport = transport or default_transport(config.base_url)
        # Also when the client is dropped without being closed.
        self._finalizer = None if transport else weakref.finalize(self, self._transport.close)

    def request(self, call: Call, method: str, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own types
        """Perform one call, and give its successful answer.

        Raises:
            VoucherifyError: it did not succeed.
        """
        request, steps = self._begin(call, method, path, content)
        end, outer = time.monotonic() + call.timeout.total, sys.exception()
        result: Answer | Outcome = None
        try:
            step = next(steps)
            while True:
                started, failure = time.monotonic(), None
                try:
                    result = self._performed(step, call.timeout, end)
                except Exception as error:  # noqa: BLE001 - a transport of the caller's own may raise anything
                    failure = self._failure(error, outer, getattr(step, "request", request), call)
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
        request = _signed(step, timeout, end)
        with deadline(end), closing(self._transport.handle_request(request)) as response:
            reader = BodyReader(response, end=end)
            for chunk in response.iter_bytes():
                if reader.is_full_after(chunk):
                    break
        return Answer(response, reader.body(), request, step.signature.redactor())

    def close(self) -> None:
        """Close the connections. Final; calls under way end with ``ClientClosedError``."""
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
        self._transport = transport or default_async_transport(config.base_url)
        self._owned = transport is None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def request(self, call: Call, method: str, path: str, **content: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own types
        """Perform one call, and give its successful answer.

        Raises:
            VoucherifyError: it did not succeed.
        """
        request, steps = self._begin(call, method, path, content)
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
                    failure = self._failure(error, outer, getattr(step, "request", request), call)
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
        request = _signed(step, timeout, end)
        async with aclosing(await self._transport.handle_async_request(request)) as response:
            reader = BodyReader(response, end=end)
            async for chunk in response.aiter_bytes():
                if reader.is_full_after(chunk):
                    break
        return Answer(response, reader.body(), request, step.signature.redactor())

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
        """Close the connections. Final; calls under way end with ``ClientClosedError``."""
        if self._closed:
            return
        self._closed = True
        if self._owned:
            with suppress(
                RuntimeError
            ):  # the loop that the connections belong to is closed, and they with it
                await self._transport.aclose()
