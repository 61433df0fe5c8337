"""Many releases against a real server: outcomes, bad pairs, stopping early, and nothing left behind."""

from __future__ import annotations

import asyncio
import copy
import gc
import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections import UserDict
from contextlib import aclosing, closing
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.wrapper.bulk import ReleaseMany, release_many_async, release_many_sync
from voucherify_wrapper import (
    APIConnectionError,
    ApiKey,
    AsyncVoucherify,
    AuthenticationError,
    CallEnded,
    ClientClosedError,
    InvalidArgumentError,
    Outcome,
    PermissionDeniedError,
    PlanExceededError,
    RateLimitError,
    ReleasesStoppedError,
    Retries,
    SessionNotFoundError,
    Voucherify,
    VoucherNotFoundError,
)
from voucherify_wrapper._releases import Recent
from voucherify_wrapper.sandbox import Fault, Sandbox
from voucherify_wrapper.sandbox import RateLimit as SandboxLimit

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from voucherify_wrapper import Event

KEY = ApiKey("id", "token")


@pytest.fixture(params=[release_many_sync, release_many_async], ids=["sync", "async"])
def release_many(request: pytest.FixtureRequest) -> ReleaseMany:
    """A run by each client; every test that takes it runs for both."""
    function: ReleaseMany = request.param
    return function


@pytest.fixture
def pairs(voucherify_sandbox: Sandbox) -> list[tuple[str, str]]:
    """Two hundred sessions of one voucher."""
    voucherify_sandbox.add_voucher("v", None)
    return [("v", voucherify_sandbox.lock("v")) for _ in range(200)]


def threads() -> list[str]:
    """The threads of runs that are still there."""
    return [thread.name for thread in threading.enumerate() if thread.name == "voucherify-release"]


def test_every_pair_is_released_once(
    release_many: ReleaseMany,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    pairs: list[tuple[str, str]],
) -> None:
    """Each has one outcome, which says where in the input it was; no thread stays."""
    outcomes = release_many(iter(pairs), to_sandbox, concurrency=8)

    assert sorted(voucherify_sandbox.released) == sorted(pairs)
    assert [pairs[it.position] for it in outcomes] == [(it.code, it.session_key) for it in outcomes]
    assert all(it.ok and it.status == "released" and it.attempts == 1 and it.confirmed for it in outcomes)
    assert sorted(it.position for it in outcomes) == list(range(200))
    assert not threads()


def test_an_empty_input_is_no_run(release_many: ReleaseMany) -> None:
    """Nothing is sent, and nothing goes wrong."""
    assert release_many([], {"credentials": KEY}) == []


class Raising(UserDict[str, str]):
    """A row that cannot be read."""

    def __getitem__(self, key: str) -> str:
        raise LookupError(key)


BAD = [
    7,
    None,
    "ab",
    b"ab",
    ("only-a-code",),
    ("a", "b", "c"),
    {"code": "without a key"},
    Raising(),
    ("", "k"),
    ("v", ".."),
    (7, "k"),
    ("v", None),
    ("half \ud800", "k"),
    ("v", "x" * 100_000),
]


def test_a_bad_pair_stops_no_other(
    release_many: ReleaseMany,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    pairs: list[tuple[str, str]],
) -> None:
    """It has an outcome that says what is wrong; lists and mappings are as good as tuples."""
    mixed: list[Any] = [{"code": code, "session_key": key, "more": 1} for code, key in pairs[:20]]
    for number, bad in enumerate(BAD):
        mixed.insert(2 * number, bad)
    mixed += [list(pair) for pair in pairs[20:]]

    outcomes = {outcome.position: outcome for outcome in release_many(mixed, to_sandbox)}

    assert sorted(voucherify_sandbox.released) == sorted(pairs)
    for number in range(len(BAD)):
        outcome = outcomes.pop(2 * number)
        assert (outcome.status, outcome.attempts, outcome.ok) == ("failed", 0, False)
        assert isinstance(outcome.error, InvalidArgumentError)
    assert all(outcome.ok for outcome in outcomes.values())


def test_a_bad_pair_shows_the_text_that_it_has(release_many: ReleaseMany) -> None:
    """What is no text is empty, and the position tells which pair it was."""
    outcomes = release_many([(7, "k"), ("c", None), 7], {"credentials": KEY})

    assert [(it.code, it.session_key) for it in outcomes] == [("", "k"), ("c", ""), ("", "")]


def test_nothing_but_bad_pairs_is_read_in_portions(release_many: ReleaseMany) -> None:
    """A whole file of the wrong format does not pile up."""
    outcomes = release_many(iter(range(5000)), {"credentials": KEY}, concurrency=1)

    assert [outcome.position for outcome in outcomes] == list(range(5000))


@pytest.mark.parametrize("missing_ok", [False, True])
def test_a_session_that_is_gone_is_told_as_such(
    release_many: ReleaseMany,
    to_sandbox: dict[str, Any],
    missing_ok: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Whether that is a success is the caller's to say; an unknown voucher is none."""
    pairs = [("2CpRCE2c", "ssn_gone"), ("unknown", "ssn")]
    gone, unknown = sorted(
        release_many(pairs, to_sandbox, missing_ok=missing_ok), key=lambda outcome: outcome.position
    )

    assert gone.status == "already_gone"
    assert gone.ok is missing_ok
    assert missing_ok or isinstance(gone.error, SessionNotFoundError)
    assert unknown.status == "failed"
    assert isinstance(unknown.error, VoucherNotFoundError)


def test_failures_of_the_pairs_stop_nothing(release_many: ReleaseMany, to_sandbox: dict[str, Any]) -> None:
    """Two hundred unknown vouchers in a row are two hundred outcomes."""
    outcomes = release_many([("unknown", f"ssn_{n}") for n in range(200)], to_sandbox)

    assert len(outcomes) == 200


def test_a_repetition_is_released_once(
    release_many: ReleaseMany,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    pairs: list[tuple[str, str]],
) -> None:
    """And has one outcome, at its first place."""
    outcomes = release_many([*pairs, *pairs], to_sandbox)

    assert sorted(outcome.position for outcome in outcomes) == list(range(200))
    assert len(voucherify_sandbox.requests) == 200


def test_the_memory_for_repetitions_is_bounded() -> None:
    """The last 10,000 pairs are known, and no earlier one; where a code ends matters."""
    recent = Recent()
    for number in range(10_001):
        assert recent.claim("c", f"{number}") is False

    assert recent.claim("c", "10000") is None
    assert recent.claim("c", "1") is None
    assert recent.claim("c", "0") is False
    assert recent.claim("c1", "0000") is False


def answering(hold: threading.Event | None = None) -> Any:
    """A transport of the test's own for both clients; it answers when it may, and counts."""

    class Held(httpx.BaseTransport, httpx.AsyncBaseTransport):
        under_way = most = 0

        def _begin(self) -> None:
            self.under_way += 1
            self.most = max(self.most, self.under_way)

        def handle_request(self, _: httpx.Request) -> httpx.Response:
            self._begin()
            if hold:
                hold.wait(60)
            self.under_way -= 1
            return httpx.Response(204)

        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            self._begin()
            while hold and not hold.is_set():
                await asyncio.sleep(0.001)
            self.under_way -= 1
            return httpx.Response(204)

    return Held()


class Row(UserDict[str, str]):
    """A pair whose life can be watched."""

    __hash__ = object.__hash__


def test_the_input_is_read_as_it_is_needed(release_many: ReleaseMany) -> None:
    """Never more pairs are in memory than a few times the concurrency."""
    alive: weakref.WeakSet[Row] = weakref.WeakSet()
    most = 0

    def rows() -> Iterator[Row]:
        nonlocal most
        for number in range(2000):
            row = Row(code="c", session_key=f"{number}")
            alive.add(row)
            most = max(most, len(alive))
            yield row

    into = Forgetful()
    release_many(rows(), {"credentials": KEY, "transport": answering()}, into, concurrency=4)  # type: ignore[arg-type]

    assert into.count == 2000
    assert most <= 16


class Forgetful:
    """Takes outcomes, and keeps none."""

    count = 0

    def append(self, _: Outcome) -> None:
        self.count += 1


def test_no_more_are_under_way_than_asked_for(release_many: ReleaseMany) -> None:
    """And as many are, once the first answer is there."""
    transport, hold = answering(hold := threading.Event()), hold  # noqa: PLW0127
    threading.Timer(0.3, hold.set).start()
    pairs = [("c", f"{number}") for number in range(50)]

    assert len(release_many(pairs, {"credentials": KEY, "transport": transport}, concurrency=5)) == 50
    assert transport.most <= 5


def status(number: int, **headers: str) -> Fault:
    """An answer with a status."""
    return Fault(status=number, headers=tuple((name.replace("_", "-"), v) for name, v in headers.items()))


@pytest.mark.parametrize(("number", "kind"), [(401, AuthenticationError), (402, PlanExceededError)])
def test_what_holds_for_all_stops_the_run(
    release_many: ReleaseMany,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    pairs: list[tuple[str, str]],
    number: int,
    kind: type[Exception],
) -> None:
    """The first request that tells it is the last; its outcome comes before the exception."""
    voucherify_sandbox.inject(status(number), times=None)
    outcomes: list[Outcome] = []

    with pytest.raises(ReleasesStoppedError) as caught:
        release_many(pairs, to_sandbox, outcomes, concurrency=8)

    stopped = caught.value
    assert [type(outcome.error) for outcome in outcomes] == [kind]
    assert len(voucherify_sandbox.requests) == 1
    assert stopped.cause is stopped.__cause__ is outcomes[0].error
    assert (stopped.done, stopped.retry_after, stopped.journal) == (1, None, None)
    assert 0 <= stopped.left <= 24
    assert "after 1 outcomes" in str(stopped)
    assert "With a journal" in str(stopped)
    assert vars(pickle.loads(pickle.dumps(copy.copy(stopped))))["left"] == stopped.left  # noqa: S301 - made here
    assert not threads()


def test_a_single_pair_with_wrong_credentials_is_a_stopped_run(
    release_many: ReleaseMany, voucherify_sandbox: Sandbox
) -> None:
    """However few pairs there are, the exception tells that the fault is not theirs."""
    outcomes: list[Outcome] = []
    settings = {"base_url": voucherify_sandbox.base_url, "credentials": KEY}

    with pytest.raises(ReleasesStoppedError) as caught:
        release_many([("c", "k")], settings, outcomes)
    assert (len(outcomes), caught.value.left) == (1, 0)


def test_a_dead_host_stops_the_run(release_many: ReleaseMany) -> None:
    """After as many failures in a row as calls are under way, and ten at least."""
    settings = {"credentials": KEY, "base_url": "http://127.0.0.1:9", "retries": 0}
    for concurrency, least in ((1, 10), (20, 20)):
        outcomes: list[Outcome] = []
        with pytest.raises(ReleasesStoppedError) as caught:
            release_many((("c", f"{n}") for n in range(500)), settings, outcomes, concurrency=concurrency)
        assert isinstance(caught.value.cause, APIConnectionError)
        assert least <= len(outcomes) < least + concurrency
        assert all(isinstance(outcome.error, APIConnectionError) for outcome in outcomes)


def test_a_host_that_stumbles_does_not_stop_the_run(
    release_many: ReleaseMany, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """Nine failures in a row, and a success between them and the next nine."""
    voucherify_sandbox.add_voucher("v", None)
    for _ in range(3):
        voucherify_sandbox.inject(status(403), times=9)
        voucherify_sandbox.inject(status(204), times=1)
    pairs = [("v", f"{n}") for n in range(30)]

    outcomes = release_many(pairs, to_sandbox, concurrency=1)
    assert [type(it.error) for it in outcomes] == 3 * [*9 * [PermissionDeniedError], type(None)]


def test_a_closed_client_stops_the_run(to_sandbox: dict[str, Any], pairs: list[tuple[str, str]]) -> None:
    """Closing it in the middle ends every further release."""
    voucherify = Voucherify(**to_sandbox)
    outcomes = voucherify.release_many(pairs)
    assert next(outcomes).ok
    voucherify.close()

    with pytest.raises(ReleasesStoppedError) as caught:
        list(outcomes)
    assert isinstance(caught.value.cause, ClientClosedError)


def test_a_refusal_for_the_quota_is_no_failure(
    release_many: ReleaseMany,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    pairs: list[tuple[str, str]],
) -> None:
    """All wait, and the same pair is tried again; its attempts are counted together."""
    voucherify_sandbox.inject(status(503, Retry_After="0"), times=1)
    voucherify_sandbox.inject(status(429, Retry_After="1"), times=1)

    outcomes = release_many(pairs, {**to_sandbox, "retries": Retries(base=0.0)}, concurrency=8)

    assert sorted(voucherify_sandbox.released) == sorted(pairs)
    assert sorted(outcome.attempts for outcome in outcomes)[-2:] == [1, 3]
    assert all(outcome.ok for outcome in outcomes)


def test_the_quota_is_used_to_the_edge_and_not_beyond(release_many: ReleaseMany) -> None:
    """With five calls an hour five sessions are released, none is refused, and the run says when to go on."""
    with Sandbox(vouchers={"v": None}, rate_limit=SandboxLimit(5, "hour")) as sandbox:
        settings = {"base_url": sandbox.base_url, "credentials": ApiKey(sandbox.app_id, sandbox.app_token)}
        pairs = [("v", sandbox.lock("v")) for _ in range(40)]
        outcomes: list[Outcome] = []
        with pytest.raises(ReleasesStoppedError, match="The quota is used up") as caught:
            release_many(pairs, settings, outcomes, concurrency=8)
        assert len(sandbox.requests) == len(sandbox.released) == 5

    stopped = caught.value
    assert all(outcome.ok for outcome in outcomes)
    assert (stopped.done, stopped.cause) == (5, None)
    assert stopped.retry_after is not None
    assert 3500 < stopped.retry_after < 3700
    assert min(outcome.rate_limit.remaining or 0 for outcome in outcomes) == 0


def test_a_quota_that_is_just_enough_stops_nothing(release_many: ReleaseMany) -> None:
    """What the last release has used up, nobody needs."""
    with Sandbox(vouchers={"v": None}, rate_limit=SandboxLimit(5, "hour")) as sandbox:
        settings = {"base_url": sandbox.base_url, "credentials": ApiKey(sandbox.app_id, sandbox.app_token)}
        pairs = [("v", sandbox.lock("v")) for _ in range(5)]

        assert all(outcome.ok for outcome in release_many(pairs, settings))


def test_a_quota_that_is_renewed_soon_is_waited_for(release_many: ReleaseMany) -> None:
    """Two windows of two seconds each to their edge, and a third: nothing is refused on the way.

    On a busy machine a window may pass before it is used up; then there is another run.
    """
    assert any(windows_of_a_run(release_many) == [20, 20, 5] for _ in range(5))


def windows_of_a_run(release_many: ReleaseMany) -> list[int]:
    """How many of 45 requests came in each window of a quota of 20 in two seconds."""
    windows: list[int] = []
    began = 0.0
    lock = threading.Lock()

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal began
        with lock:
            now = time.time()
            if now >= began + 2:
                began = now
                windows.append(0)
            windows[-1] += 1
            left = 20 - windows[-1]
        headers = {
            "Date": format_datetime(datetime.fromtimestamp(now, UTC), usegmt=True),
            "X-Rate-Limit-Limit": "20",
            "X-Rate-Limit-Remaining": str(max(left, 0)),
            "X-Rate-Limit-Retry": str(math.ceil(now if left else began + 2)),
        }
        return httpx.Response(429 if left < 0 else 204, headers=headers)

    settings = {"credentials": KEY, "transport": httpx.MockTransport(answer)}
    outcomes = release_many([("v", f"{n}") for n in range(45)], settings)

    assert all(outcome.ok for outcome in outcomes)
    assert max(windows) <= 20
    return windows


def test_a_wait_that_is_too_long_stops_the_run(
    release_many: ReleaseMany,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    pairs: list[tuple[str, str]],
) -> None:
    """A 429 asks for ten seconds, and five are worth it: the pair has no outcome, as nothing was done."""
    voucherify_sandbox.inject(status(429, Retry_After="10"), times=None)
    outcomes: list[Outcome] = []

    with pytest.raises(ReleasesStoppedError) as caught:
        release_many(pairs, to_sandbox, outcomes, concurrency=4, max_wait=5)
    assert (outcomes, caught.value.retry_after) == ([], 10.0)
    assert len(voucherify_sandbox.requests) == 1


def never(_: httpx.Request) -> httpx.Response:
    return httpx.Response(429, headers={"Retry-After": f"{10**12}"})


def test_a_client_that_is_closed_while_the_run_waits_ends_it() -> None:
    """However long it would have waited: more than the system's timers can take, here."""
    settings: dict[str, Any] = {"credentials": KEY, "transport": httpx.MockTransport(never), "retries": 0}

    def told(event: Event) -> None:
        if isinstance(event, CallEnded):
            threading.Thread(target=voucherify.close).start()

    voucherify = Voucherify(**settings, on_event=told)
    with pytest.raises(ReleasesStoppedError) as caught:
        list(voucherify.release_many([("v", "k")] * 3, max_wait=math.inf))
    assert isinstance(caught.value.cause, ClientClosedError)

    async def run() -> None:
        def told(event: Event) -> None:
            if isinstance(event, CallEnded):
                closing_it.append(asyncio.ensure_future(awaited.aclose()))

        closing_it: list[asyncio.Future[None]] = []
        awaited = AsyncVoucherify(**settings, on_event=told)
        with pytest.raises(ReleasesStoppedError) as caught:
            async for _ in awaited.release_many([("v", "k")] * 3, max_wait=math.inf):
                pass
        assert isinstance(caught.value.cause, ClientClosedError)
        await asyncio.gather(*closing_it)

    asyncio.run(run())


@pytest.fixture
def no_more_threads() -> Iterator[Callable[[], object]]:
    """What lets this process start no thread any more: there is no memory for so large a stack."""
    yield lambda: threading.stack_size(2**46)
    threading.stack_size(0)


def test_a_run_makes_do_with_the_threads_that_it_gets(no_more_threads: Callable[[], object]) -> None:
    """One that could be started releases all the others' pairs as well."""
    begun = threading.Event()

    def answer(_: httpx.Request) -> httpx.Response:
        begun.set()
        return httpx.Response(204)

    def pairs() -> Iterator[tuple[str, str]]:
        while not begun.is_set():
            yield "v", "first"  # a repetition, which is nobody's to release
        no_more_threads()
        yield from (("v", f"{n}") for n in range(100))

    with Voucherify(KEY, transport=httpx.MockTransport(answer)) as voucherify:
        outcomes = list(voucherify.release_many(pairs(), concurrency=8))
    assert [outcome.status for outcome in outcomes] == ["released"] * 101


def test_a_run_without_any_thread_is_stopped(no_more_threads: Callable[[], object], tmp_path: Path) -> None:
    """It says why, and a journal goes on later."""
    settings: dict[str, Any] = {
        "credentials": KEY,
        "transport": httpx.MockTransport(lambda _: httpx.Response(204)),
    }
    pairs = [("v", f"{n}") for n in range(40)]
    no_more_threads()
    with pytest.raises(ReleasesStoppedError, match="no thread"):
        release_many_sync(pairs, settings, journal=tmp_path / "journal")
    threading.stack_size(0)

    assert len(release_many_sync(pairs, settings, journal=tmp_path / "journal")) == 40


FORKED = """
import os, sys, httpx
from voucherify_wrapper import ApiKey, UsageError, Voucherify
transport = httpx.MockTransport(lambda _: httpx.Response(204))
with Voucherify(ApiKey("id", "token"), transport=transport) as voucherify:
    run = voucherify.release_many((("v", str(n)) for n in range(200)), concurrency=4)
    next(run)
    if not os.fork():
        try:
            list(run)
        except UsageError as error:
            assert "process that began it" in str(error)
            sys.exit()
    assert os.wait()[1] == 0
    assert len(list(run)) == 199
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks nothing")
def test_a_run_goes_on_in_the_process_that_began_it() -> None:
    """One that was forked during it has none of the threads, and would wait for ever."""
    subprocess.run([sys.executable, "-c", FORKED], check=True, timeout=60)


def test_a_subscription_that_has_ended_stops_the_run(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """A 429 that says nothing of a time, and names the quota of the cycle."""
    voucherify_sandbox.inject(status(429, X_Rate_Limit_Type="api_calls_cycle"), times=None)

    with pytest.raises(ReleasesStoppedError, match="did not say when"):
        release_many_sync([("v", "k")], {**to_sandbox, "retries": 0})


def test_what_the_input_raises_comes_after_the_outcomes(
    release_many: ReleaseMany,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    pairs: list[tuple[str, str]],
) -> None:
    """A file that breaks off in the middle does not take along what was read of it."""

    def broken() -> Iterator[tuple[str, str]]:
        yield from pairs[:50]
        raise OSError("the disk is gone")

    outcomes: list[Outcome] = []
    with pytest.raises(OSError, match="the disk is gone"):
        release_many(broken(), to_sandbox, outcomes)
    assert len(outcomes) == len(voucherify_sandbox.released) == 50


def test_an_async_input_that_is_cancelled_from_inside(to_sandbox: dict[str, Any], pairs: list[Any]) -> None:
    """That is no end of the input."""

    async def broken() -> AsyncIterator[tuple[str, str]]:
        yield pairs[0]
        raise asyncio.CancelledError

    outcomes: list[Outcome] = []
    with pytest.raises(asyncio.CancelledError):
        release_many_async(broken(), to_sandbox, outcomes)
    assert len(outcomes) == 1


def test_an_interrupt_finishes_what_is_under_way(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], pairs: list[tuple[str, str]]
) -> None:
    """It passes as it is; no thread stays, and no request without its answer."""

    def interrupted() -> Iterator[tuple[str, str]]:
        yield from pairs[:50]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        release_many_sync(interrupted(), to_sandbox, concurrency=50)
    assert not threads()
    assert len(voucherify_sandbox.requests) == len(voucherify_sandbox.released)


def test_leaving_the_loop_stops_the_threads(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], pairs: list[tuple[str, str]]
) -> None:
    """A for loop that is left early leaves nothing behind, and the client goes on working."""
    with Voucherify(**to_sandbox) as voucherify:
        for outcome in voucherify.release_many(pairs, concurrency=4):
            assert outcome.ok
            break
        assert not threads()
        assert len(voucherify_sandbox.released) < 200
        with closing(voucherify.release_many(pairs, missing_ok=True)) as again:
            assert len(list(again)) == 200


def test_leaving_the_loop_while_all_wait_for_the_quota(to_sandbox: dict[str, Any]) -> None:
    """Whoever waits at the gate is sent home."""
    limit = SandboxLimit(3, "hour")
    with Sandbox(vouchers={"v": None}, rate_limit=limit) as sandbox:
        to_sandbox |= {"base_url": sandbox.base_url}
        to_sandbox |= {"credentials": ApiKey(sandbox.app_id, sandbox.app_token)}
        pairs = [("v", sandbox.lock("v")) for _ in range(20)]
        with Voucherify(**to_sandbox) as voucherify:
            for number, _ in enumerate(voucherify.release_many(pairs, max_wait=4000)):
                if number == 2:
                    break
        assert not threads()


def test_leaving_the_loop_stops_the_tasks(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], pairs: list[tuple[str, str]]
) -> None:
    """With aclosing at once; a task that is cancelled ends its run as well."""

    async def run() -> None:
        async with AsyncVoucherify(**to_sandbox) as voucherify:
            async with aclosing(voucherify.release_many(pairs, concurrency=4)) as outcomes:
                async for outcome in outcomes:
                    assert outcome.ok
                    break
            assert len(asyncio.all_tasks()) == 1
            assert len(voucherify_sandbox.released) < 200

            voucherify_sandbox.inject(Fault(delay=10), times=None)
            before = len(voucherify_sandbox.requests)

            async def consume() -> None:
                async for _ in voucherify.release_many(pairs):
                    pass

            task = asyncio.create_task(consume())
            while len(voucherify_sandbox.requests) == before:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            del task
            gc.collect()
            await asyncio.sleep(0)
            assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


def test_an_async_input_is_read_while_outcomes_come(to_sandbox: dict[str, Any], pairs: list[Any]) -> None:
    """A source that waits for the outcome of what it gave before gets it."""

    async def run() -> list[Outcome]:
        seen = asyncio.Semaphore(1)
        found: list[Outcome] = []

        async def one_by_one() -> AsyncIterator[tuple[str, str]]:
            for pair in pairs[:20]:
                await seen.acquire()
                yield pair

        async with AsyncVoucherify(**to_sandbox) as voucherify:
            async for outcome in voucherify.release_many(one_by_one()):
                found.append(outcome)
                seen.release()
        return found

    assert [outcome.position for outcome in asyncio.run(run())] == list(range(20))


def test_an_input_that_halts_does_not_keep_what_was_read(
    to_sandbox: dict[str, Any], pairs: list[Any], wait_until: Any
) -> None:
    """A burst is sent whole, be it the first or after a halt, before the next pair comes."""
    ended: list[Event] = []

    def watch(event: Event) -> None:
        if isinstance(event, CallEnded):
            ended.append(event)

    def halting() -> Iterator[tuple[str, str]]:
        for number, pair in enumerate(pairs):
            if number in (3, 5, 19):
                wait_until(lambda: len(ended) == number)  # noqa: B023 - waited for here
            yield pair

    assert len(release_many_sync(halting(), {**to_sandbox, "on_event": watch})) == len(pairs)


class Wrong(BaseException):
    """Neither ours nor an Exception."""


@pytest.mark.parametrize("wrong", [Wrong, SystemExit, asyncio.CancelledError])
def test_what_goes_wrong_in_a_worker_is_raised(release_many: ReleaseMany, wrong: type[BaseException]) -> None:
    """A transport that ends the program does so; nothing hangs."""

    class Ending(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def handle_request(self, _: httpx.Request) -> httpx.Response:
            raise wrong

        async def handle_async_request(self, _: httpx.Request) -> httpx.Response:
            raise wrong

    with pytest.raises(wrong):
        release_many([("c", "k")], {"credentials": KEY, "transport": Ending()})
    assert not threads()


@pytest.mark.parametrize(
    "wrong",
    [
        {"concurrency": 0},
        {"concurrency": True},
        {"concurrency": 1.5},
        {"concurrency": 1001},
        {"max_wait": -1},
        {"max_wait": "long"},
        {"max_wait": float("nan")},
        {"journal": 7},
        {"pairs": 7},
    ],
    ids=str,
)
def test_arguments_of_no_use_are_refused_at_once(wrong: dict[str, Any]) -> None:
    """Before anything is read, sent or made."""
    for client in (Voucherify(KEY), AsyncVoucherify(KEY)):
        with pytest.raises(InvalidArgumentError):
            client.release_many(**{"pairs": [], **wrong})


PROGRAM = """
import sys
from voucherify_wrapper import ApiKey, Voucherify
url, journal = sys.argv[1:]
with Voucherify(ApiKey("id", "token"), base_url=url) as voucherify:
    try:
        for outcome in voucherify.release_many((("c", str(n)) for n in range(10**6)), journal=journal):
            print(outcome.status, flush=True)
    except KeyboardInterrupt:
        print("interrupted", flush=True)
"""


def test_ctrl_c_ends_a_run_in_order(tmp_path: Any) -> None:
    """A real one: the process ends soon, and what its journal says is what the server did."""
    journal = str(tmp_path / "run.sqlite")
    with Sandbox(vouchers={"c": None}, app_id="id", app_token="token") as sandbox:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROGRAM, sandbox.base_url, journal],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout
        process.stdout.readline()
        os.kill(process.pid, signal.SIGINT)
        printed, problems = process.communicate(timeout=30)

    assert printed.endswith("interrupted\n")
    assert problems == ""
    assert process.returncode == 0
    assert os.listdir(tmp_path) == ["run.sqlite"]  # noqa: PTH208 - closed: nothing lies beside it


def test_the_rate_limit_error_is_still_a_single_calls(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """Only a run waits at a gate."""
    voucherify_sandbox.inject(status(429), times=None)
    with Voucherify(retries=0, **to_sandbox) as voucherify, pytest.raises(RateLimitError):
        voucherify.release_validation_session("c", "k")
