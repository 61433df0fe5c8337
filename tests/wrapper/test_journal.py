"""The journal: a run that was killed goes on where it was, and nothing is lost or told twice."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.wrapper.bulk import ReleaseMany, release_many_async, release_many_sync
from voucherify_wrapper import (
    ApiKey,
    AsyncVoucherify,
    InvalidArgumentError,
    JournalError,
    ReleasesStoppedError,
    SessionNotFoundError,
    Voucherify,
)
from voucherify_wrapper.sandbox import Fault, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from voucherify_wrapper import Outcome

PROGRAM = """
import asyncio, pathlib, sys
from voucherify_wrapper import ApiKey, AsyncVoucherify, Voucherify
kind, url, journal, rows = sys.argv[1:]
settings = {"credentials": ApiKey("id", "token-hunter2"), "base_url": url, "retries": 0}
pairs = [line.split(",") for line in pathlib.Path(rows).read_text().splitlines()]

def tell(outcome):
    print(outcome.session_key, outcome.status, outcome.confirmed, flush=True)

async def run():
    async with AsyncVoucherify(**settings) as voucherify:
        async for outcome in voucherify.release_many(pairs, journal=journal, concurrency=16):
            tell(outcome)

if kind == "async":
    asyncio.run(run())
else:
    with Voucherify(**settings) as voucherify:
        for outcome in voucherify.release_many(pairs, journal=journal, concurrency=16):
            tell(outcome)
print("end", flush=True)
"""


@pytest.fixture(params=[release_many_sync, release_many_async], ids=["sync", "async"])
def release_many(request: pytest.FixtureRequest) -> ReleaseMany:
    """A run by each client; every test that takes it runs for both."""
    function: ReleaseMany = request.param
    return function


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """Where a test's journal is."""
    return tmp_path / "run.sqlite"


@pytest.fixture
def pairs(voucherify_sandbox: Sandbox) -> list[tuple[str, str]]:
    """A hundred sessions of one voucher."""
    voucherify_sandbox.add_voucher("v", None)
    return [("v", voucherify_sandbox.lock("v")) for _ in range(100)]


def rows_of(journal: Path) -> list[tuple[Any, ...]]:
    """What a journal says, as anybody can read it when its run is over."""
    with closing(sqlite3.connect(journal)) as database:
        return list(database.execute("SELECT session_key, status, uncertain, position FROM pairs"))


def started(kind: str, url: str, journal: Path, rows: Path) -> subprocess.Popen[str]:
    """A run in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", PROGRAM, kind, url, str(journal), str(rows)],
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.unmeasured
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_run_that_is_killed_again_and_again_goes_on(kind: str, tmp_path: Path, journal: Path) -> None:
    """At random moments: the server's record, the journal and what was printed are the same in the end.

    What was being printed at such a moment may be printed once more; nothing else is, and nothing is lost.
    """
    chance = random.Random(7)  # noqa: S311 - where to kill, and the same each time
    printed: list[str] = []
    kills, over = 0, False
    with Sandbox(vouchers={"v": None}, app_id="id", app_token="token-hunter2") as sandbox:
        keys = [sandbox.lock("v") for _ in range(1500)]
        rows = tmp_path / "rows.csv"
        rows.write_text("".join(f"v,{key}\n" for key in [*keys, *keys[:50]]))
        while not over:
            process = started(kind, sandbox.base_url, journal, rows)
            assert process.stdout
            patience = chance.randrange(300) if kills < 8 else 10**9
            for line in process.stdout:
                over = line == "end\n"
                if not over:
                    printed.append(line.rstrip("\n"))
                patience -= 1
                if not patience:
                    process.kill()
                    kills += 1
            process.communicate()
        released = [key for _, key in sandbox.released]
    told = [parts for line in printed if len(parts := line.split()) == 3]  # the last one may be cut off

    assert kills == 8
    assert sorted(released) == sorted(keys)
    assert {(key, status) for key, status, _, _ in rows_of(journal)} == {(key, "released") for key in keys}
    assert {key for key, _, _ in told} == set(keys)
    assert len(told) <= len(keys) + kills
    assert {status for _, status, _ in told} == {"released"}


def test_a_request_whose_answer_died_with_the_process(tmp_path: Path, journal: Path) -> None:
    """The session was released and nobody wrote it down: the next run finds it gone, and knows why."""
    with Sandbox(vouchers={"v": None}, app_id="id", app_token="token-hunter2") as sandbox:
        key = sandbox.lock("v")
        rows = tmp_path / "rows.csv"
        rows.write_text(f"v,{key}\n")
        sandbox.inject(Fault(after_bytes=0, end="hang", acts=True))
        process = started("sync", sandbox.base_url, journal, rows)
        while not sandbox.released:
            time.sleep(0.01)
        process.kill()
        process.communicate()
        settings = {
            "base_url": sandbox.base_url,
            "credentials": ApiKey("id", "token-hunter2"),
        }
        [outcome] = release_many_sync([("v", key)], settings, journal=journal)

    assert (outcome.status, outcome.confirmed, outcome.ok) == ("released", False, True)


def test_what_is_done_is_not_done_again(
    release_many: ReleaseMany,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    pairs: list[tuple[str, str]],
    journal: Path,
) -> None:
    """The same input with a pair more: one request, and one outcome, which has its place in this input."""
    assert len(release_many(pairs[1:], to_sandbox, journal=str(journal))) == 99
    assert release_many(pairs[1:], to_sandbox, journal=journal) == []
    [outcome] = release_many([*pairs[1:], pairs[0]], to_sandbox, journal=journal)

    assert outcome.position == 99
    assert len(voucherify_sandbox.requests) == 100
    assert sorted(rows_of(journal)) == sorted(
        (key, "released", 0, (n - 1) % 100) for n, (_, key) in enumerate(pairs)
    )


def test_a_repetition_is_released_once_however_far_apart(
    release_many: ReleaseMany, to_sandbox: dict[str, Any], journal: Path, voucherify_sandbox: Sandbox
) -> None:
    """Also one that failed: it is tried again by the next run, and not by this one."""
    pairs = [("unknown", "ssn"), *(("2CpRCE2c", f"{n}") for n in range(100)), ("unknown", "ssn")]

    for _ in range(2):
        outcomes = release_many(pairs, to_sandbox, journal=journal)
        assert [it.position for it in outcomes if it.status == "failed"] == [0]
    assert len(voucherify_sandbox.requests) == 102


def test_what_failed_is_tried_again(
    release_many: ReleaseMany,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    pairs: list[tuple[str, str]],
    journal: Path,
) -> None:
    """And told again; one whose session may have been released is taken as such when it is found gone."""
    voucherify_sandbox.inject(Fault(after_bytes=0, end="reset", acts=True), times=1)
    voucherify_sandbox.inject(Fault(status=403), times=1)
    settings = {**to_sandbox, "retries": 0}

    first = release_many(pairs, settings, journal=journal, concurrency=1)
    again = release_many(pairs, settings, journal=journal, concurrency=1)

    assert [outcome.position for outcome in first if not outcome.ok] == [0, 1]
    assert [(it.position, it.status, it.confirmed) for it in again] == [
        (0, "released", False),
        (1, "released", True),
    ]
    assert sorted(voucherify_sandbox.released) == sorted(pairs)


def test_a_pair_that_cannot_be_sent_is_told_by_every_run(
    release_many: ReleaseMany, to_sandbox: dict[str, Any], journal: Path
) -> None:
    """It is not in the journal: nothing can have become of it."""
    bad = [7, ("", "k"), ("half \ud800", "k"), ("v", "x" * 100_000)]
    for _ in range(2):
        outcomes = release_many(bad, to_sandbox, journal=journal)
        assert all(isinstance(outcome.error, InvalidArgumentError) for outcome in outcomes)
        assert len(outcomes) == 4
    assert rows_of(journal) == []


def test_what_was_not_handed_over_is_handed_over_by_the_next_run(
    release_many: ReleaseMany,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    pairs: list[tuple[str, str]],
    journal: Path,
) -> None:
    """Whoever leaves the loop gets the rest later, without a second request."""
    pairs = [*pairs, ("v", "gone")]
    with Voucherify(**to_sandbox) as voucherify:
        handed = []
        for outcome in voucherify.release_many(pairs, journal=journal):
            handed.append(outcome)
            if len(handed) == 7:
                break
    rest = release_many(pairs, to_sandbox, journal=journal)

    told = [outcome.position for outcome in [*handed[:6], *rest]]
    assert sorted(told) == list(range(101))  # the seventh was in the caller's hands, and is told again
    assert len(voucherify_sandbox.requests) == 101
    [gone] = [outcome for outcome in rest if outcome.status == "already_gone"]
    assert isinstance(gone.error, SessionNotFoundError)
    assert "no such validation session" in str(gone.error)


def test_a_gone_session_is_handed_over_later_as_it_was(
    to_sandbox: dict[str, Any], journal: Path, voucherify_sandbox: Sandbox
) -> None:
    """With its error, or with missing_ok without."""
    pairs = [("2CpRCE2c", "a/b")]
    with Voucherify(**to_sandbox) as voucherify:
        for missing_ok in (False, True, False):
            [outcome] = [next(voucherify.release_many(pairs, journal=journal, missing_ok=missing_ok))]
            assert (outcome.status, outcome.ok, outcome.attempts) == ("already_gone", missing_ok, 1)
    assert isinstance(outcome.error, SessionNotFoundError)
    assert outcome.error.url.endswith("/v1/vouchers/2CpRCE2c/sessions/a%2Fb")
    assert len(voucherify_sandbox.requests) == 1


def test_a_run_that_stopped_early_goes_on(
    release_many: ReleaseMany,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    pairs: list[tuple[str, str]],
    journal: Path,
) -> None:
    """What was read and not sent is as if it had not been read; the exception says how to go on."""
    voucherify_sandbox.inject(Fault(status=401), times=1)

    with pytest.raises(ReleasesStoppedError, match="same input and the journal") as caught:
        release_many(pairs, to_sandbox, journal=journal)
    assert caught.value.journal == str(journal)
    assert len(rows_of(journal)) == 1

    outcomes = release_many(pairs, to_sandbox, journal=journal)
    assert all(outcome.ok and outcome.confirmed for outcome in outcomes)
    assert sorted(voucherify_sandbox.released) == sorted(pairs)


def test_a_doubt_outlives_a_run_that_did_not_come_to_it(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], pairs: list[tuple[str, str]], journal: Path
) -> None:
    """What may have been released before stays so, when the next run stops before it is sent."""
    settings = {**to_sandbox, "retries": 0}
    voucherify_sandbox.inject(Fault(after_bytes=0, end="reset", acts=True), times=1)
    release_many_sync(pairs[:1], settings, journal=journal)
    voucherify_sandbox.inject(Fault(status=401), times=1)
    with pytest.raises(ReleasesStoppedError):
        release_many_sync([pairs[1], pairs[0]], settings, journal=journal, concurrency=1)

    outcomes = release_many_sync(pairs[:2], settings, journal=journal, concurrency=1)
    assert [(it.status, it.confirmed) for it in outcomes] == [("released", False), ("released", True)]


GONE = {"code": 404, "key": "not_found", "message": "Resource not found", "resource_type": "session"}


class Undecided:
    """A policy that fails."""

    def wait(self, failed: object, *, left: float) -> float | None:
        raise NotImplementedError


@pytest.mark.parametrize("end", ["the client is closed", "the policy fails"])
def test_an_end_that_is_no_failure_of_the_request_leaves_a_doubt_as_well(journal: Path, end: str) -> None:
    """The server has acted; the next run that is answered finds that out, even if one in between is not."""
    released: set[str] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path in released:
            return httpx.Response(404, json=GONE)
        released.add(request.url.path)
        if end == "the client is closed":
            voucherify.close()
        raise httpx.ReadError("it broke")

    settings: dict[str, Any] = {
        "credentials": ApiKey("id", "token"),
        "transport": httpx.MockTransport(answer),
        "retries": Undecided(),
    }
    for closed_before in (False, True):
        outcomes: list[Outcome] = []
        voucherify = Voucherify(**settings)
        if closed_before:
            voucherify.close()
        with pytest.raises(ReleasesStoppedError, match=r"closed|Undecided\.wait\(\) failed"):
            outcomes.extend(voucherify.release_many([("v", "k")], journal=journal))
        assert [getattr(it.error, "may_have_acted", None) for it in outcomes] == [True]
        voucherify.close()

    [outcome] = release_many_sync([("v", "k")], {**settings, "retries": 0}, journal=journal)
    assert (outcome.status, outcome.confirmed) == ("released", False)


def test_a_task_that_is_cancelled_leaves_a_journal_that_goes_on(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], pairs: list[tuple[str, str]], journal: Path
) -> None:
    """Requests that were under way may have acted; the next run sees to it."""

    async def run() -> None:
        async with (
            AsyncVoucherify(**to_sandbox) as voucherify,
            aclosing(voucherify.release_many(pairs, journal=journal)) as outcomes,
        ):
            async for outcome in outcomes:
                assert outcome.ok
                break

    asyncio.run(run())
    outcomes = release_many_async(pairs, to_sandbox, journal=journal)

    assert sorted(outcome.position for outcome in outcomes) == list(range(100))
    assert all(outcome.status == "released" for outcome in outcomes)
    assert sorted(voucherify_sandbox.released) == sorted(pairs)


def test_a_task_that_is_cancelled_twice_waits_for_what_is_being_written(
    to_sandbox: dict[str, Any], pairs: list[tuple[str, str]], journal: Path
) -> None:
    """Nobody closes the journal under the hands of the thread that writes it."""
    may_write = threading.Event()

    async def run() -> None:
        problems: list[dict[str, Any]] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, problem: problems.append(problem))
        loop.set_default_executor(only := ThreadPoolExecutor(1))
        only.submit(may_write.wait)
        async with AsyncVoucherify(**to_sandbox) as voucherify:

            async def release() -> None:
                async for _ in voucherify.release_many(pairs, journal=journal):
                    pass

            task = asyncio.ensure_future(release())
            for _ in range(10):
                await asyncio.sleep(0)
            for _ in range(20):
                task.cancel()
                await asyncio.sleep(0)
            ended_before = task.done()
            may_write.set()
            await asyncio.wait([task])
        assert task.cancelled()
        assert not ended_before
        gc.collect()
        assert problems == []

    asyncio.run(run())
    outcomes = release_many_sync(pairs, to_sandbox, journal=journal)
    assert [(it.status, it.confirmed) for it in outcomes] == [("released", True)] * len(pairs)


def test_a_journal_has_one_run_at_a_time(
    release_many: ReleaseMany, to_sandbox: dict[str, Any], pairs: list[tuple[str, str]], journal: Path
) -> None:
    """A second one is refused in words, be it of this process or of another; the first goes on."""
    with Voucherify(**to_sandbox) as voucherify:
        first = voucherify.release_many(pairs, journal=journal)
        next(first)
        with pytest.raises(JournalError, match="Another run has it open"):
            release_many(pairs, to_sandbox, journal=journal)
        assert len(list(first)) == 99


def test_a_journal_is_its_owners_alone_and_has_no_credential(
    to_sandbox: dict[str, Any], pairs: list[tuple[str, str]], journal: Path
) -> None:
    """It holds session keys; the files beside it have the same access."""
    with (
        Voucherify(**to_sandbox) as voucherify,
        closing(voucherify.release_many(pairs, journal=journal)) as run,
    ):
        next(run)
        for path in journal.parent.iterdir():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert to_sandbox["credentials"].app_token.encode() not in path.read_bytes()


def test_a_journal_behind_a_link_is_its_owners_alone(journal: Path, release_many: ReleaseMany) -> None:
    """The link may be there before the file is."""
    journal.symlink_to(target := journal.with_name("elsewhere.sqlite"))
    release_many([], {"credentials": ApiKey("id", "token")}, journal=journal)

    assert stat.S_IMODE(target.stat().st_mode) == 0o600


FORKED = """
import os, signal, sys
from voucherify_wrapper import ApiKey, UsageError, Voucherify
url, journal, child, *keys = sys.argv[1:]
pid = None
voucherify = Voucherify(ApiKey("id", "token-hunter2"), base_url=url)
run = voucherify.release_many((("v", key) for key in keys), journal=journal, concurrency=4)
for told, outcome in enumerate(run, 1):
    print(outcome.session_key, outcome.status, outcome.confirmed, flush=True)
    if told == 10:
        pid = os.fork()
        if pid:
            assert os.waitpid(pid, 0)[1] == 0
        elif child == "ends":
            sys.exit()  # in the ordinary way, which ends the loop and all that runs at exit
        else:
            try:
                next(run)
            except UsageError:
                sys.exit()
    if told == 30:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks nothing")
@pytest.mark.parametrize("child", ["ends", "goes on"])
def test_a_process_that_is_forked_during_a_run_leaves_the_journal_alone(journal: Path, child: str) -> None:
    """The run is the parent's, which is killed later, and goes on in the next run."""
    with Sandbox(vouchers={"v": None}, app_id="id", app_token="token-hunter2") as sandbox:
        keys = [sandbox.lock("v") for _ in range(60)]
        killed = subprocess.run(
            [sys.executable, "-c", FORKED, sandbox.base_url, str(journal), child, *keys],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        told = [line.split()[0] for line in killed.stdout.splitlines()]
        assert len(told) == 30, killed.stderr
        settings = {"credentials": ApiKey("id", "token-hunter2"), "base_url": sandbox.base_url}
        rest = release_many_sync([("v", key) for key in keys], settings, journal=journal)

    assert {outcome.status for outcome in rest} == {"released"}
    # The one that was being handed over is told again.
    assert sorted([*told[:-1], *(outcome.session_key for outcome in rest)]) == sorted(keys)


def something_else(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE shop (name)")


def of_another_version(path: Path) -> None:
    release_many_sync([], {"credentials": ApiKey("id", "token")}, journal=path)
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 9")


def damaged(path: Path) -> None:
    release_many_sync([], {"credentials": ApiKey("id", "token")}, journal=path)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)


USELESS: dict[str, Callable[[Path], object]] = {
    "no database": lambda path: path.write_text("code,session_key\n" * 100),
    "something else": something_else,
    "another version": of_another_version,
    "is damaged": damaged,
    "cannot be used": lambda path: path.mkdir(),
}


@pytest.mark.parametrize("what", USELESS)
def test_a_file_that_is_no_journal_is_refused(
    release_many: ReleaseMany,
    to_sandbox: dict[str, Any],
    journal: Path,
    voucherify_sandbox: Sandbox,
    what: str,
) -> None:
    """In words, before anything is sent; and it stays as it was."""
    USELESS[what](journal)

    with pytest.raises(JournalError) as caught:
        release_many([("c", "k")], to_sandbox, journal=journal)
    assert "journal" in str(caught.value)
    assert voucherify_sandbox.requests == []


def test_a_folder_that_is_gone_is_told(
    release_many: ReleaseMany, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative path leads nowhere then; the run is refused before anything is sent."""
    monkeypatch.chdir(tmp_path)
    tmp_path.rmdir()

    with pytest.raises(JournalError, match="cannot be used"):
        release_many([], {"credentials": ApiKey("id", "token")}, journal="run.sqlite")


@pytest.mark.parametrize("path", ["no/such/folder/run.sqlite", "nul\0byte"])
def test_a_path_that_cannot_be_is_refused(release_many: ReleaseMany, path: str) -> None:
    """As what it is."""
    with pytest.raises(JournalError, match="cannot be used"):
        release_many([], {"credentials": ApiKey("id", "token")}, journal=path)


def test_names_that_mean_something_to_sqlite_are_files(
    to_sandbox: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A journal in memory would be none."""
    monkeypatch.chdir(tmp_path)
    release_many_sync([("2CpRCE2c", "k")], to_sandbox, journal=":memory:")

    assert len(rows_of(tmp_path / ":memory:")) == 1


def test_a_file_that_was_made_and_never_filled_is_a_new_journal(
    to_sandbox: dict[str, Any], journal: Path
) -> None:
    """As a process leaves it that is killed at once."""
    journal.touch()
    assert len(release_many_sync([("2CpRCE2c", "k")], to_sandbox, journal=journal)) == 1


FULL = """
import resource, signal, sys
from voucherify_wrapper import ApiKey, JournalError, Voucherify
url, journal = sys.argv[1:]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with Voucherify(ApiKey("id", "token"), base_url=url) as voucherify:
    run = voucherify.release_many((("v", str(n)) for n in range(10**5)), journal=journal)
    next(run)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    told = 1
    try:
        for outcome in run:
            told += 1
    except JournalError as error:
        print(error)
print(told)
"""


def test_a_journal_that_cannot_be_written_ends_the_run(journal: Path) -> None:
    """On a disk that is full, say: what was not written down is not told."""
    with Sandbox(vouchers={"v": None}, app_id="id", app_token="token") as sandbox:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", FULL, sandbox.base_url, str(journal)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert "cannot be used" in done.stdout, done.stderr
    told = int(done.stdout.split()[-1])
    kept = [status for _, status, _, _ in rows_of(journal) if status == "already_gone"]
    assert 0 < told <= len(kept)
