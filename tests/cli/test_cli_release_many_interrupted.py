"""`voucherify release-many` that is interrupted or killed: nothing is lost, nothing is told twice."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
from collections import Counter
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import IO, TYPE_CHECKING, Any

import pytest

from tests.cli.commands import COMMAND, environment, outcomes_in
from voucherify_wrapper.cli._interrupts import Interrupts
from voucherify_wrapper.sandbox import Fault
from voucherify_wrapper.sandbox import RateLimit as SandboxLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from voucherify_wrapper.sandbox import Sandbox

PATIENCE = 30  # seconds; less than a call may take that hangs


@contextmanager
def started(sandbox: Sandbox, *arguments: str, how: Any = signal.default_int_handler) -> Iterator[Any]:
    """A run in a process of its own, which heeds Ctrl-C as one that a shell started, or ignores it."""
    before = signal.signal(signal.SIGINT, how)
    try:
        process = subprocess.Popen(
            [*COMMAND, "release-many", *arguments],
            env=environment(sandbox.environment()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    with process:
        yield process


@pytest.fixture
def keys(voucherify_sandbox: Sandbox) -> list[str]:
    """Two hundred sessions of the voucher v."""
    voucherify_sandbox.add_voucher("v", None)
    return [voucherify_sandbox.lock("v") for _ in range(200)]


def has_lines(path: Path, least: int) -> bool:
    """Whether a file has so many lines by now."""
    return path.exists() and path.read_text().count("\n") >= least


def heard(stream: IO[str], words: str) -> None:
    """Wait until a process has said something."""
    for line in stream:
        if words in line:
            return
    pytest.fail(f"it never said {words!r}")


@pytest.mark.parametrize("with_journal", [True, False])
def test_an_interrupt_finishes_what_is_under_way_and_tells_how_to_go_on(
    voucherify_sandbox: Sandbox,
    file: Path,
    keys: list[str],
    tmp_path: Path,
    wait_until: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
    with_journal: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Its outcomes are all there; the command that it names does the rest, with exit code 0."""
    monkeypatch.chdir(tmp_path)
    voucherify_sandbox.inject(Fault(delay=0.01), times=20)
    voucherify_sandbox.inject(Fault(delay=1), times=None)  # so that most are left, however late it comes
    journal = ["--journal", "the journal"] if with_journal else []
    with started(voucherify_sandbox, file.name, *journal, "--output", "o", "--concurrency", "4") as process:
        wait_until(lambda: len(voucherify_sandbox.requests) > 20)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    voucherify_sandbox.clear_faults()

    assert process.returncode == 4
    told = [outcome["session_key"] for outcome in outcomes_in(tmp_path / "o")]
    assert sorted(told) == sorted(key for _, key in voucherify_sandbox.released)
    assert 20 <= len(told) < 100
    assert "Interrupted: finishing what is under way (releases: " in err
    assert f"voucherify: Interrupted after {len(told)} outcomes." in err
    assert "Repeated" in out

    [again] = [line.removeprefix("To go on: ") for line in err.splitlines() if line.startswith("To go on: ")]
    done = subprocess.run(
        [*COMMAND, *shlex.split(again)[1:]],
        env=environment(voucherify_sandbox.environment()),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0
    assert sorted(key for _, key in voucherify_sandbox.released) == sorted(keys)
    later = outcomes_in(tmp_path / ("o" if with_journal else "o-2"))
    assert sorted(outcome["session_key"] for outcome in later) == sorted(keys)
    assert Counter(outcome["line"] for outcome in later) == Counter(range(2, 202))


def test_a_second_interrupt_ends_it_at_once(
    voucherify_sandbox: Sandbox,
    file: Path,
    tmp_path: Path,
    wait_until: Callable[[Callable[[], object]], None],
) -> None:
    """Whatever the server is doing; the journal knows what may have been released."""
    voucherify_sandbox.inject(Fault(after_bytes=0, end="hang", acts=True), times=None)
    arguments = [
        str(file),
        "--timeout",
        "600",
        "--journal",
        str(tmp_path / "j"),
        "--output",
        str(tmp_path / "o"),
    ]
    with started(voucherify_sandbox, *arguments) as process:
        wait_until(lambda: len(voucherify_sandbox.requests) == 1)
        process.send_signal(signal.SIGINT)
        heard(process.stderr, "Interrupt once more to end at once")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 4
    assert "Not finished, or repeated" in out
    assert "Interrupted after 0 outcomes" in err
    assert "Traceback" not in err

    voucherify_sandbox.clear_faults()
    with started(voucherify_sandbox, *arguments) as process:
        process.communicate(timeout=PATIENCE)
    outcomes = outcomes_in(tmp_path / "o")
    assert process.returncode == 0
    assert len(outcomes) == len(voucherify_sandbox.released) == 200
    assert [outcome["confirmed"] for outcome in outcomes].count(False) == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_the_wait_for_a_row(
    voucherify_sandbox: Sandbox,
    number: signal.Signals,
    wait_until: Callable[[Callable[[], object]], None],
) -> None:
    """Of a pipe that stays open; the signal that ends services does the same."""
    voucherify_sandbox.add_voucher("v", None)
    rows = count()

    def written() -> object:
        process.stdin.write(f"v,gone-{next(rows)}\n")
        process.stdin.flush()
        return voucherify_sandbox.requests

    with started(voucherify_sandbox, "-", "--json") as process:
        process.stdin.write("code,key\n")
        wait_until(written)
        process.send_signal(number)
        heard(process.stderr, "Interrupted")
        told = json.loads(process.stdout.readline())
        process.stdin.close()

    assert process.returncode == told["exit_code"] == 4
    assert (told["already_gone"], told["left"]) == (len(voucherify_sandbox.requests), 0)
    assert told["error"]["type"] == "ReleasesStoppedError"


@pytest.mark.voucherify_sandbox(rate_limit=SandboxLimit(5, "hour"))
def test_an_interrupt_ends_the_wait_for_the_quota(
    voucherify_sandbox: Sandbox,
    file: Path,
    tmp_path: Path,
    wait_until: Callable[[Callable[[], object]], None],
) -> None:
    """As nothing is under way then; what was read is not sent."""
    output = tmp_path / "o"
    arguments = ["--max-wait", "4000", "--output", str(output), "--json"]
    with started(voucherify_sandbox, str(file), *arguments) as process:
        wait_until(partial(has_lines, output, 5))
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=PATIENCE)

    told = json.loads(out)
    assert process.returncode == 4
    assert (told["released"], told["left"], told["repeated"]) == (5, None, None)
    assert "--max-wait 4000" in told["next"]
    assert len(voucherify_sandbox.released) == 5


def test_an_interrupt_that_is_ignored_stays_so(
    voucherify_sandbox: Sandbox, file: Path, wait_until: Callable[[Callable[[], object]], None]
) -> None:
    """As in the background of a script: the run goes on to its end."""
    voucherify_sandbox.inject(Fault(delay=0.02), times=100)
    with started(voucherify_sandbox, str(file), how=signal.SIG_IGN) as process:
        wait_until(lambda: len(voucherify_sandbox.requests) > 20)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)

    assert process.returncode == 0
    assert len(voucherify_sandbox.released) == 200


def test_an_interrupt_behind_the_last_row_ends_nothing(
    voucherify_sandbox: Sandbox,
    file: Path,
    keys: list[str],
    wait_until: Callable[[Callable[[], object]], None],
) -> None:
    """What is left is finished anyway, and then all is done."""
    file.write_text(f"code,key\nv,{keys[0]}\n")
    voucherify_sandbox.inject(Fault(delay=1))
    with started(voucherify_sandbox, str(file)) as process:
        wait_until(lambda: voucherify_sandbox.requests)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=PATIENCE)

    assert process.returncode == 0
    assert len(voucherify_sandbox.released) == 1


def test_a_run_that_is_killed_again_and_again_goes_on(
    voucherify_sandbox: Sandbox,
    file: Path,
    keys: list[str],
    tmp_path: Path,
    wait_until: Callable[[Callable[[], object]], None],
) -> None:
    """In the end the outcomes are those of all pairs, each of them once."""
    voucherify_sandbox.inject(Fault(delay=0.01), times=None)
    output = tmp_path / "o"
    arguments = [str(file), "--journal", str(tmp_path / "j"), "--output", str(output), "--concurrency", "8"]
    for most in (1, 60, 120):
        with started(voucherify_sandbox, *arguments) as process:
            wait_until(partial(has_lines, output, most))
            process.kill()
            process.communicate()
    with started(voucherify_sandbox, *arguments) as process:
        process.communicate(timeout=PATIENCE)

    assert process.returncode == 0
    outcomes = outcomes_in(output)
    assert Counter(outcome["session_key"] for outcome in outcomes) == Counter(keys)
    assert sorted(key for _, key in voucherify_sandbox.released) == sorted(keys)
    assert {outcome["status"] for outcome in outcomes} == {"released"}


def test_a_signal_ends_the_row_that_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    """And no other is asked for."""

    def rows() -> Iterator[int]:
        yield 1
        signal.raise_signal(signal.SIGTERM)
        yield 2

    with Interrupts() as interrupts:
        assert list(interrupts.until_heard(rows())) == [1]

    assert interrupts.heard == 1
    assert "Interrupted" in capsys.readouterr().err


def test_a_signal_that_comes_too_late_does_nothing() -> None:
    """Nor is one heeded that nobody waits for any more."""
    before = signal.getsignal(signal.SIGTERM)
    with Interrupts() as interrupts:
        handler: Any = signal.getsignal(signal.SIGTERM)
    handler(signal.SIGTERM, None)

    assert interrupts.heard == 0
    assert signal.getsignal(signal.SIGTERM) is before
