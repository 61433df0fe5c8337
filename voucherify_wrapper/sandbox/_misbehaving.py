"""The faults in force, and the layer that puts them on the wire."""

from __future__ import annotations

import math
import threading
from typing import TYPE_CHECKING

from starlette.responses import Response

from voucherify_wrapper.sandbox._reading import is_whole
from voucherify_wrapper.sandbox._wire import Wire, wire_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from voucherify_wrapper.sandbox._faults import Fault


class Faults:
    """The faults in force. Safe to use from several threads."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._waiting: list[tuple[Fault, float]] = []

    def add(self, fault: Fault, times: object) -> None:
        """Put a fault in force for its next `times` requests; None keeps it until it is cleared.

        Raises:
            ValueError: `times` is not a whole number from 1, nor None.
        """
        if times is not None and not is_whole(times, 1, 2**31):
            raise ValueError("times must be a whole number from 1, or None")
        with self._mutex:
            self._waiting.append((fault, math.inf if times is None else times))

    def clear(self) -> None:
        """Forget all faults."""
        with self._mutex:
            self._waiting.clear()

    def take(self, method: str, path: str, operation: str | None) -> Fault | None:
        """Return the oldest fault that meets the request, and count it."""
        with self._mutex:
            for at, (fault, times) in enumerate(self._waiting):
                if fault.matches(method, path, operation):
                    self._waiting[at : at + 1] = [(fault, times - 1)] if times > 1 else []
                    return fault
            return None


class Misbehaving:
    """An ASGI layer that answers as the faults in force want it.

    Args:
        app: The application that answers properly.
        faults: The faults.
        operation_of: Returns the operationId that a request is for.
    """

    def __init__(self, app: ASGIApp, faults: Faults, operation_of: Callable[[Scope], str | None]) -> None:
        self._app = app
        self._faults = faults
        self._operation_of = operation_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, properly if no fault meets the request."""
        fault = self._faults.take(
            scope["method"], scope["raw_path"].decode("ascii"), self._operation_of(scope)
        )
        if fault is None:
            await self._app(scope, receive, send)
            return
        wire = wire_of(scope)
        wire.hold()
        try:
            # uvicorn must see some answer go out, to be ready for the next request of the connection.
            app = self._app if fault.performs else Response()
            await app(scope, receive, send if fault.replaces else fault.disguise(send))
            answer = wire.take()
            await _deliver(wire, fault, fault.answer() if fault.replaces else answer)
        finally:
            wire.release()


async def _deliver(wire: Wire, fault: Fault, answer: bytes) -> None:
    await wire.pause(fault.delay)
    for piece in fault.pieces(answer):
        if wire.gone.is_set():
            break
        await wire.send(piece)
        if fault.drip is not None:
            await wire.pause(fault.drip)
    if wire.gone.is_set():
        return
    if fault.end == "close":
        wire.end()
    elif fault.end == "reset":
        wire.reset()
    elif fault.end == "hang":
        await wire.pause(None)
