"""`voucherify release-many` that is interrupted or killed: nothing is lost, nothing is told twice."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import time
from collections import Counter
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import IO, TYPE_CHECKING, Any

import pytest

from tests.cli.commands import COMMAND, environment, outcomes_in
from voucherify_wrapper.cli._interrupts import Interrupts, tidied_up
from voucherify_wrapper.cli._shell import command_line, operand
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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_ends_the_wait_for_a_row(
    voucherify_sandbox: Sandbox,
    number: signal.Signals,
    wait_until: Callable[[Callable[[], object]], None],
) -> None:
    """Of a pipe that stays open; the signals that end services and closed terminals do the same."""
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


def test_without_a_signal_to_a_thread_the_wait_is_ended_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Windows, where it is ended when the main thread does something."""
    monkeypatch.delattr("signal.pthread_kill")
    with pytest.raises(KeyboardInterrupt), Interrupts() as interrupts:  # noqa: PT012 - the wait is the test
        signal.raise_signal(signal.SIGINT)
        while interrupts.heard:
            time.sleep(0.01)

    assert interrupts.heard == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_trial_that_is_ended_leaves_nothing_behind(
    voucherify_sandbox: Sandbox,
    file: Path,
    tmp_path: Path,
    number: signal.Signals,
    wait_until: Callable[[Callable[[], object]], None],
) -> None:
    """Neither a copy of the journal nor a changed one; it is told as one that was interrupted."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    journal = tmp_path / "j"
    with started(voucherify_sandbox, str(file), "--journal", str(journal)) as process:
        process.communicate(timeout=PATIENCE)
    before = journal.read_bytes()
    with trial(temporary, journal) as process:
        process.stdin.write("code,key\nv,k\nonly\n")
        process.stdin.flush()
        heard(process.stderr, "line 3: the row has no session_key.")
        assert list(temporary.iterdir())
        process.send_signal(number)
        wait_until(lambda: process.poll() is not None)
        said = process.stderr.read()

    assert (process.returncode, said) == (4, "voucherify: interrupted.\n")
    assert list(temporary.iterdir()) == []
    assert journal.read_bytes() == before


@contextmanager
def trial(temporary: Path, journal: Path) -> Iterator[Any]:
    """A dry run that waits for its list, with a folder of its own for what is temporary."""
    with subprocess.Popen(
        [*COMMAND, "release-many", "-", "--dry-run", "--journal", str(journal)],
        env=environment({"TMPDIR": str(temporary)}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def test_a_trial_heeds_the_first_signal_alone() -> None:
    """Those that follow must not keep it from tidying up; who ran it has their own handlers again."""
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    tidied = []
    with pytest.raises(KeyboardInterrupt), tidied_up():  # noqa: PT012 - two signals are
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            tidied.append("all of it")

    assert tidied == ["all of it"]
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


ODD_NAMES = [
    "a b.csv",
    "it's.csv",
    "-x.csv",
    "--help",
    "$HOME;`id`.csv",
    'say "x".csv',
    "ümlaut.csv",
    "*.csv",
    "#x&y",
]


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("with_journal", [True, False])
def test_how_to_go_on_can_be_pasted_into_a_shell(
    voucherify_sandbox: Sandbox,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    with_journal: bool,  # noqa: FBT001 - a parameter
) -> None:
    """Whatever the files are called: it does the rest, and writes to no other file."""
    monkeypatch.chdir(tmp_path)
    rows = file.read_text().splitlines()[:4]
    file.unlink()
    (tmp_path / name).write_text("\n".join(rows))
    voucherify_sandbox.inject(Fault(status=402), times=1)
    journal = [f"--journal={name}.j"] if with_journal else []
    arguments = [*journal, "--output", f"{name}.o", "--concurrency", "1", "--", name]
    with started(voucherify_sandbox, *arguments) as process:
        _, err = process.communicate(timeout=PATIENCE)
    [again] = [line.removeprefix("To go on: ") for line in err.splitlines() if line.startswith("To go on: ")]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "voucherify").write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    (tmp_path / "bin" / "voucherify").chmod(0o755)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-c", again],
        env=environment({**voucherify_sandbox.environment(), "PATH": path}),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert process.returncode == 4
    assert (done.returncode, done.stderr) == (0, "")
    assert len(voucherify_sandbox.released) == 3
    stem = name if with_journal else name.removesuffix(".csv")
    made = {f"{name}.j" if with_journal else f"{stem}.journal", f"{name}.o"}
    assert made <= {path.name for path in tmp_path.iterdir()}


def test_what_cannot_be_pasted_is_not_offered() -> None:
    """Two blanks that a terminal shows as one, what steers it, no text, and what would be cut."""
    for name in ("a  b", "a\nb", "a\x1b[31mb", "a\udcffb", "x" * 2000):
        assert command_line(["voucherify", "release-many", name]) is None
        assert operand(name) == "FILE"


def test_the_other_shell_has_its_own_quotation_marks() -> None:
    """That of Windows knows no single ones."""
    words = ["voucherify", "release-many", "a b.csv", "it's"]

    assert command_line(words, system="nt") == 'voucherify release-many "a b.csv" it\'s'
    assert command_line(words, system="posix") == "voucherify release-many 'a b.csv' 'it'\"'\"'s'"
    assert (operand("-x"), operand(None)) == ("./-x", "FILE")
