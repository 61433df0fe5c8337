"""Many clients at once, each behind a fault proxy of its own: a strike falls on one call of one client."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from tests.faults.proxy import Strike
from voucherify_wrapper import AsyncVoucherify, AttemptEnded, Retries, Timeout, Voucherify

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.faults.proxy import FaultProxy, Kind, Side
    from voucherify_wrapper import Event
    from voucherify_wrapper.sandbox import Sandbox

    Judge = Callable[["Lane", tuple[Strike, ...], str, Any], None]
    Choice = Callable[["Lane", tuple[Strike, ...], str], str]

CODE = "v"
LANES = 32
AT_ONCE = Retries(50, base=0)
TIMEOUT = Timeout(30, attempt=0.2)


class Never:
    """A policy that gives up at once; other than without one, the limit of an attempt holds."""

    def wait(self, *_: Any, **__: Any) -> None:
        """Do not."""


class Lane:
    """A client, which makes a call for each of its strikes, one after another.

    Attributes:
        strikes: what befalls its calls.
        failed: what the attempts of the last call ended with that failed.
    """

    def __init__(self, world: World, strikes: Sequence[tuple[Strike, ...]], choose: Choice) -> None:
        self.strikes = strikes
        self.failed: list[Any] = []
        self._world = world
        self._choose = choose

    def hear(self, event: Event) -> None:
        """Note how an attempt ended."""
        if isinstance(event, AttemptEnded) and event.error is not None:
            self.failed.append(event.error)

    def begin(self, strikes: tuple[Strike, ...]) -> str:
        """Lock a session for a call that is struck."""
        self.failed.clear()
        key = self._choose(self, strikes, self._world.sandbox.lock(CODE))
        self._world.proxy.strike(key, *strikes)
        return key

    def missed(self, key: str, strikes: tuple[Strike, ...]) -> bool:
        """Whether the call ended and no strike had fallen, such as where time was up before it began."""
        return 0 < self._world.proxy.take_back(key) == len(strikes)


class World:
    """The sandbox behind a proxy, and clients that go through it.

    Attributes:
        sandbox: the sandbox.
        proxy: the proxy.
        sizes: of a request for a release, and of its answer, in bytes.
    """

    def __init__(self, kind: str, sandbox: Sandbox, proxy: FaultProxy, settings: dict[str, Any]) -> None:
        self.sandbox = sandbox
        self.proxy = proxy
        self._kind = kind
        self._settings = {**settings, "base_url": proxy.url, "timeout": TIMEOUT}
        self._drive([Lane(self, [()], _fresh)], {}, lambda *_: None)
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
        all_lanes = [Lane(self, strikes[at::lanes], choose or _fresh) for at in range(lanes)]
        self._drive(all_lanes, settings, judge)
        wait_until(lambda: not self.proxy.connections)

    def _drive(self, lanes: list[Lane], settings: dict[str, Any], judge: Judge) -> None:
        settings = {**self._settings, **settings}

        async def run() -> None:
            await asyncio.gather(*(_awaited(lane, settings, judge) for lane in lanes))
            assert asyncio.all_tasks() == {asyncio.current_task()}

        if "async" in self._kind:
            asyncio.run(run())
        else:
            with ThreadPoolExecutor(LANES) as pool:
                list(pool.map(lambda lane: _blocked(lane, settings, judge), lanes))


def _fresh(_: Lane, __: tuple[Strike, ...], key: str) -> str:
    return key


def _blocked(lane: Lane, settings: dict[str, Any], judge: Judge) -> None:
    with Voucherify(on_event=lane.hear, **settings) as client:
        for strikes in lane.strikes:
            while True:
                key = lane.begin(strikes)
                try:
                    outcome: Any = client.release_validation_session(CODE, key)
                except Exception as error:  # noqa: BLE001 - judged
                    outcome = error
                if not lane.missed(key, strikes):
                    break
            judge(lane, strikes, key, outcome)


async def _awaited(lane: Lane, settings: dict[str, Any], judge: Judge) -> None:
    async with AsyncVoucherify(on_event=lane.hear, **settings) as client:
        for strikes in lane.strikes:
            while True:
                key = lane.begin(strikes)
                try:
                    outcome: Any = await client.release_validation_session(CODE, key)
                except Exception as error:  # noqa: BLE001 - judged
                    outcome = error
                if not lane.missed(key, strikes):
                    break
            judge(lane, strikes, key, outcome)


def every(side: Side, kind: Kind, size: int) -> list[tuple[Strike, ...]]:
    """A strike at every byte, each for a call of its own."""
    return [(Strike(side, kind, at),) for at in range(size)]


def told(strikes: tuple[Strike, ...], outcome: Any, lane: Lane) -> str:
    """What a test says when it fails."""
    return f"{strikes}: {outcome!r} after {lane.failed!r}"
