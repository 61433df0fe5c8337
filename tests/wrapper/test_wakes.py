"""How an event loop is woken by pyreqwest's thread: once for many, and nothing is lost."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import pytest

from voucherify_wrapper._wakes import Wakes, awaited

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


class Loop(asyncio.SelectorEventLoop):
    """Counts how often it is told something from elsewhere."""

    told = 0

    def call_soon_threadsafe(self, *args: Any, **kwargs: Any) -> asyncio.Handle:  # type: ignore[override]
        self.told += 1
        return super().call_soon_threadsafe(*args, **kwargs)


def in_a_thread(function: Callable[[], object]) -> None:
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()


def test_a_loop_is_told_once_of_all_that_ended_before_it_looked() -> None:
    """Everything is called, in its order; and it is told again afterwards."""
    called: list[int] = []

    async def run() -> None:
        wakes = Wakes(loop)
        for told in (1, 2):
            in_a_thread(lambda: deque(map(wakes.call_soon_threadsafe, [called.append] * 3, range(3))))
            await asyncio.sleep(0)
            assert called == [0, 1, 2] * told
            assert loop.told == told

    loop = Loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(run())


def test_a_call_that_fails_harms_no_other() -> None:
    """The loop reports it, as it reports any other."""
    called: list[str] = []
    reported: list[dict[str, Any]] = []

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: reported.append(context))
        wakes = Wakes(loop)
        wakes.call_soon_threadsafe({}.pop, "nothing")
        wakes.call_soon_threadsafe(called.append, "next")
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(run())
    assert called == ["next"]
    assert [type(context["exception"]) for context in reported] == [KeyError]


class Foreign:
    """A coroutine as pyreqwest's are: it remembers the loop that runs when it begins, and is woken by it."""

    def __init__(self, answer: str, ends: str = "never") -> None:
        self.answer = answer
        self.ends = ends
        self.loop: Any = None
        self.thrown: BaseException | None = None

    def steps(self) -> Generator[Any, Any, str]:
        self.loop = asyncio.get_running_loop()
        if self.ends != "at once":
            future = self.loop.create_future()
            if self.ends == "later":
                in_a_thread(lambda: self.loop.call_soon_threadsafe(future.set_result, None))
            try:
                yield from future
            except BaseException as error:
                self.thrown = error
                raise
        if self.answer == "fails":
            raise OSError(self.answer)
        return self.answer


@pytest.mark.parametrize("ends", ["at once", "later"])
def test_a_coroutine_is_awaited_as_ever(ends: str) -> None:
    """Its result and its exceptions come out; it alone has seen another loop, the same in all else."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        wakes = Wakes(loop)
        one, other = Foreign("done", ends), Foreign("fails", ends)
        assert await awaited(one.steps(), wakes) == "done"  # type: ignore[arg-type]
        with pytest.raises(OSError, match="fails"):
            await awaited(other.steps(), wakes)  # type: ignore[arg-type]
        assert one.loop is other.loop is wakes
        assert asyncio.get_running_loop() is loop
        assert wakes.get_debug() == loop.get_debug()
        assert not wakes.is_closed()

    asyncio.run(run())


def test_a_cancellation_reaches_the_coroutine() -> None:
    """And comes out of it again; one that it answers instead of ending is no end."""

    class Stubborn(Foreign):
        def steps(self) -> Generator[Any, Any, str]:
            try:
                yield from super().steps()
            except asyncio.CancelledError:
                return "whatever"
            raise AssertionError

    async def run(foreign: Foreign) -> str:
        task = asyncio.ensure_future(waiting(foreign))
        await asyncio.sleep(0)
        task.cancel()
        return await task

    async def waiting(foreign: Foreign) -> str:
        answer: str = await awaited(foreign.steps(), Wakes(asyncio.get_running_loop()))  # type: ignore[arg-type]
        return answer

    foreign = Foreign("done")
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(run(foreign))
    assert isinstance(foreign.thrown, asyncio.CancelledError)
    assert asyncio.run(run(Stubborn("done"))) == "whatever"
