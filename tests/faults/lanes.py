"""Many clients at once, each behind a fault proxy of its own: a strike falls on one call of one client."""

from __future__ import annotations

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.faults.proxy import Strike
from voucherify_wrapper import (
    APITimeoutError,
    AsyncVoucherify,
    AttemptEnded,
    ReleaseResult,
    Retries,
    Timeout,
    Voucherify,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.faults.proxy import FaultProxy, Kind, Side
    from voucherify_wrapper import Event
    from voucherify_wrapper.sandbox import Sandbox

    Judge = Callable[["Lane", tuple[Strike, ...], str, Any], None]
    Choice = Callable[["Lane", tuple[Strike, ...], str], str]

CODE = "v"
LANES = 32
AT_ONCE = Retries(1000, base=0.001, cap=1.0)
"""After a millisecond at most; where a machine is too slow for that, later and later, until it is not."""
UNHURRIED = Timeout(120, connect=60, attempt=60)
"""For a call that has nothing in its way but the machine."""
_MOST_MISSES = 100


def hurried(seconds: float, *, least: float) -> Timeout:
    """For a call that is struck, which often has to wait until an attempt's time is up.

    Args:
        seconds: what a call took that was not; on a busy machine an attempt gets more than the least.
        least: an attempt's limit, in seconds.
    """
    return Timeout(120, connect=60, attempt=min(max(least, 8 * seconds), 10 * least))


class Never:
    """A policy that gives up at once; other than without one, the limit of an attempt holds."""

    def wait(self, *_: Any, **__: Any) -> None:
        """Do not."""


@dataclass
class Call:
    """One call of a lane.

    Attributes:
        key: the session that it releases.
        timeout: its time limits.
        outcome: its result or exception, once it has ended.
    """

    key: str
    timeout: Timeout
    outcome: Any = None


class Lane:
    """A client, which makes a call for each of its strikes, one after another.

    Attributes:
        strikes: what befalls its calls.
        failed: what the attempts of the last call ended with that failed.
        took: how long the last call took, in seconds.
    """

    def __init__(
        self, world: World, strikes: Sequence[tuple[Strike, ...]], choose: Choice, judge: Judge
    ) -> None:
        self.strikes = strikes
        self.failed: list[Any] = []
        self.took = 0.0
        self._world = world
        self._choose = choose
        self._judge = judge

    def hear(self, event: Event) -> None:
        """Note how an attempt ended."""
        if isinstance(event, AttemptEnded) and event.error is not None:
            self.failed.append(event.error)

    def calls(self) -> Iterator[Call]:
        """Each call, to be made before the next one is asked for.

        One that ended before any strike had fallen, such as where its time was up before the proxy had its
        request, is made again.
        """
        for strikes in self.strikes:
            for _ in range(_MOST_MISSES):
                self.failed.clear()
                key = self._choose(self, strikes, self._world.sandbox.lock(CODE))
                self._world.proxy.strike(key, *strikes)
                call = Call(key, self._world.timeout if strikes else UNHURRIED)
                began = time.monotonic()
                yield call
                self.took = time.monotonic() - began
                if not 0 < self._world.proxy.take_back(key) == len(strikes):
                    break
            else:
                raise AssertionError(
                    f"{_MOST_MISSES} calls met no strike: {told(strikes, call.outcome, self)}"
                )
            self._judge(self, strikes, key, call.outcome)

    def released(self, key: str, result: ReleaseResult, *, in_order: bool = True) -> set[bool]:
        """Whether the server said itself that it released the session, in the answer that a result is of.

        Which one that is, the server's id in it tells; a 204 has none. One that was broken off it cannot be.

        Args:
            key: the session's key.
            result: the result.
            in_order: whether an attempt that failed, other than by its time being up, was over for the server
                as well. Then the answer can only be the last.

        Returns:
            Nothing where there is no such answer, which is never right.
        """
        given = self._world.proxy.given(key)
        if in_order and not any(isinstance(error, APITimeoutError) for error in self.failed):
            given = given[-1:]
        return {
            status == _DONE
            for it in given
            if it.whole and (status := it.answer.partition(b"\r\n")[0]) in (_DONE, _GONE)
            if _request_id(it.answer) == result.request_id
        }


_DONE, _GONE = b"HTTP/1.1 204 No Content", b"HTTP/1.1 404 Not Found"


def _request_id(answer: bytes) -> Any:
    body = answer.partition(b"\r\n\r\n")[2]
    return json.loads(body)["request_id"] if body else None


class World:
    """The sandbox behind a proxy, and clients that go through it.

    Attributes:
        sandbox: the sandbox.
        proxy: the proxy.
        sizes: of a request for a release, and of its answer, in bytes.
        timeout: of a call that is struck.
    """

    def __init__(self, kind: str, sandbox: Sandbox, proxy: FaultProxy, settings: dict[str, Any]) -> None:
        self.sandbox = sandbox
        self.proxy = proxy
        self._kind = kind
        # Where a call's limit for connecting is not the client's, the fast transports leave it to the others.
        self._settings = {**settings, "base_url": proxy.url, "timeout": UNHURRIED}
        self.timeout = UNHURRIED
        first = Lane(self, [()], _fresh, _expect_success)
        self._drive([first], {})
        self.timeout = hurried(first.took, least=0.2)
        self.sizes = proxy.sizes
        assert all(self.sizes)

    def suffer(
        self,
        strikes: Sequence[tuple[Strike, ...]],
        judge: Judge,
        wait_until: Any,
        *,
        lanes: int = LANES,
        choose: Choice | None = None,
        **settings: Any,
    ) -> None:
        """Let strikes fall on calls, and see that no connection stays open.

        Args:
            strikes: what befalls the exchanges of each call; those of a lane in their order.
            judge: is given the lane, the strikes, the session's key, and the result or exception of the call.
            wait_until: the fixture.
            lanes: how many clients there are.
            choose: the key that a call is for, given one that is fresh.
            settings: further settings of the clients.
        """
        all_lanes = [Lane(self, strikes[at::lanes], choose or _fresh, judge) for at in range(lanes)]
        self._drive(all_lanes, settings)
        wait_until(lambda: not self.proxy.connections)

    def _drive(self, lanes: list[Lane], settings: dict[str, Any]) -> None:
        settings = {**self._settings, **settings}

        async def run() -> None:
            await asyncio.gather(*(_awaited(lane, settings) for lane in lanes))
            assert asyncio.all_tasks() == {asyncio.current_task()}

        if "async" in self._kind:
            asyncio.run(run())
        else:
            with ThreadPoolExecutor(LANES) as pool:
                list(pool.map(lambda lane: _blocked(lane, settings), lanes))


def _fresh(_: Lane, __: tuple[Strike, ...], key: str) -> str:
    return key


def _expect_success(_: Lane, __: tuple[Strike, ...], ___: str, outcome: Any) -> None:
    assert isinstance(outcome, ReleaseResult), repr(outcome)


def _blocked(lane: Lane, settings: dict[str, Any]) -> None:
    with Voucherify(on_event=lane.hear, **settings) as client:
        for call in lane.calls():
            try:
                call.outcome = client.release_validation_session(CODE, call.key, timeout=call.timeout)
            except Exception as error:  # noqa: BLE001 - judged
                call.outcome = error


async def _awaited(lane: Lane, settings: dict[str, Any]) -> None:
    async with AsyncVoucherify(on_event=lane.hear, **settings) as client:
        for call in lane.calls():
            try:
                call.outcome = await client.release_validation_session(CODE, call.key, timeout=call.timeout)
            except Exception as error:  # noqa: BLE001 - judged
                call.outcome = error


def every(side: Side, kind: Kind, size: int) -> list[tuple[Strike, ...]]:
    """A strike at every byte, each for a call of its own."""
    return [(Strike(side, kind, at),) for at in range(size)]


def told(strikes: tuple[Strike, ...], outcome: Any, lane: Lane) -> str:
    """What a test says when it fails."""
    return f"{strikes}: {outcome!r} after {lane.failed!r}"
