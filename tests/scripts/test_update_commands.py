"""What every command of the specification update does alike."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from scripts.command import FailedError, UnusableInputError, collector_at_rest, progress, run


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (FailedError("it did not work."), 1, "name: it did not work.\n"),
        (UnusableInputError("that is no input."), 2, "name: that is no input.\n"),
        (FileNotFoundError(2, "No such file", "x.json"), 1, "name: x.json: No such file.\n"),
        (OSError(28, "No space left on device"), 1, "name: No space left on device.\n"),
        (TimeoutError(), 1, "name: TimeoutError.\n"),
        (KeyboardInterrupt(), 130, "name: interrupted.\n"),
    ],
)
def test_expected_ends(error: BaseException, code: int, text: str) -> None:
    """Every expected end has its exit code, and one paragraph on stderr."""

    def work() -> NoReturn:
        raise error

    with contextlib.redirect_stderr(io.StringIO()) as stderr:
        assert run("name", work) == code
    assert stderr.getvalue() == text


def test_result_is_handed_on() -> None:
    """Work that ends well decides the exit code, and the handling of signals is as before."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        assert run("name", lambda: 7) == 7
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_request_to_end() -> None:
    """It goes through the work's `finally` blocks, and has the exit code that a shell expects."""
    ended: list[str] = []

    def work() -> int:
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            ended.append("cleanly")
        return 0

    with pytest.raises(SystemExit) as told:
        run("name", work)
    assert (told.value.code, ended) == (143, ["cleanly"])


def broken_pipe() -> int:
    """Make the end of a pipe that nobody reads from, as what `| head` leaves behind."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


def ran(stdout: int, stderr: int, *arguments: str | Path, unbuffered: str = "") -> tuple[int, str]:
    """Run a command to its end, with these streams."""
    done = subprocess.run(
        [sys.executable, "-m", *map(str, arguments)], stdout=stdout, stderr=stderr, text=True, check=False,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("form", ["text", "html"])
def test_a_reader_that_leaves_is_no_failure(tmp_path: Path, form: str, unbuffered: str) -> None:
    """Where nobody reads on, a command ends without a word, and with the code that SIGPIPE would give it."""
    (tmp_path / "a.json").write_text('{"openapi": "3.0.1", "info": {}, "paths": {}}')
    writing = broken_pipe()
    file = str(tmp_path / "a.json")
    compare = ["scripts.compare", file, file, "--format", form]
    assert ran(writing, subprocess.PIPE, *compare, unbuffered=unbuffered) == (141, "")
    code, said = ran(writing, subprocess.PIPE, "scripts.history", "--help", unbuffered=unbuffered)
    assert (code, said) in ((141, ""), (0, ""))  # unbuffered, argparse itself passes over it
    assert ran(writing, writing, "scripts.compare", "gone", "gone", unbuffered=unbuffered)[0] == 141
    os.close(writing)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_output_that_cannot_be_written_is_a_failure(tmp_path: Path) -> None:
    """A full disk under the output is said in one line."""
    (tmp_path / "a.json").write_text('{"openapi": "3.0.1", "info": {}, "paths": {}}')
    with Path("/dev/full").open("w") as full:
        told = ran(full.fileno(), subprocess.PIPE, "scripts.compare", *[tmp_path / "a.json"] * 2)
        assert told == (1, "compare: No space left on device.\n")


@pytest.mark.parametrize("streams", [">&-", ">&- 2>&-"])
@pytest.mark.parametrize("work", ["return 0", "raise BrokenPipeError(32, 'Broken pipe')"])
def test_output_may_be_closed(streams: str, work: str) -> None:
    """Nobody wanted to hear of it; the work is done all the same, and the exit code says how it went."""
    program = f"import sys; from scripts.command import run\ndef work(): {work}\nsys.exit(run('name', work))"
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {streams}', "sh", sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
    )

    failed = "raise" in work
    said = "name: Broken pipe.\n" if failed and "2>" not in streams else ""
    assert (done.returncode, done.stdout + done.stderr) == (int(failed), said)


def test_another_pipe_that_breaks_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    """A connection that breaks is not taken for a reader of the output who left."""

    def work() -> NoReturn:
        raise BrokenPipeError(32, "Broken pipe")

    assert run("name", work) == 1
    assert capsys.readouterr().err == "name: Broken pipe.\n"


def test_text_that_the_terminal_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that the terminal's encoding cannot show is shown in escapes, and ends nothing."""
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stderr", terminal)

    def work() -> NoReturn:
        raise FailedError("\u00fcber.json is gone.")

    assert run("name", work) == 1
    terminal.seek(0)
    assert terminal.read() == "name: \\xfcber.json is gone.\n"


@pytest.mark.parametrize("command", ["compare", "prepare", "history"])
def test_nothing_in_a_document_steers_a_terminal_or_a_log(tmp_path: Path, command: str) -> None:
    """What a command says of a document is text: no escape sequence, and no command of GitHub's."""
    hostile = "\x1b[2J\x9b31m\u202e##[error]\n::stop-commands::x"
    broken = {"openapi": "3.0.1", "info": {}, "paths": {f"/{hostile}": 7}}
    noted = {"openapi": "3.0.1", "info": {}, "paths": {}, "components": {"schemas": {hostile: {}}}}
    for name, document in (("1.json", broken), ("2.json", noted)):
        (tmp_path / name).write_text(json.dumps(document))
    arguments: dict[str, list[str | Path]] = {
        "compare": [tmp_path / "1.json", tmp_path / "2.json"],
        "prepare": ["--spec", tmp_path / "2.json", "--out", tmp_path / "out.json"],
        "history": [tmp_path, "--out", tmp_path / "out"],
    }
    done = subprocess.run(
        [sys.executable, "-m", f"scripts.{command}", *map(str, arguments[command])],
        capture_output=True,
        text=True,
        check=False,
    )

    said = done.stdout + done.stderr
    assert "[2J" in said
    assert not re.search(r"[\x1b\x9b\u202e]|^\s*::|##\[", said, re.MULTILINE), ascii(said)


def test_long_step_is_named_on_stderr() -> None:
    """A step that lasts longer than its time of silence is named, once, on stderr."""
    with contextlib.redirect_stderr(io.StringIO()) as stderr, progress("Reading big.json", after=0.001):
        while not stderr.getvalue():
            pass
    assert stderr.getvalue() == "Reading big.json ...\n"


def test_short_step_is_silent() -> None:
    """A step that ends in time says nothing, and leaves no alarm behind."""
    before = signal.getsignal(signal.SIGALRM)
    with contextlib.redirect_stderr(io.StringIO()) as stderr, progress("Reading small.json", after=3600):
        pass
    assert stderr.getvalue() == ""
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert signal.getsignal(signal.SIGALRM) is before


@pytest.mark.parametrize("enabled", [True, False])
def test_collector_is_as_before(enabled: bool) -> None:  # noqa: FBT001 - a test's parameter
    """Python's collector of garbage rests meanwhile, and then is as it was."""
    was_enabled = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        with collector_at_rest():
            assert not gc.isenabled()
        assert gc.isenabled() is enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()
