"""What a command does where its output cannot be written, and where something fails that nobody foresaw."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.commands import COMMAND, environment, voucherify_unread
from voucherify_wrapper.cli import main

if TYPE_CHECKING:
    from voucherify_wrapper.sandbox import Sandbox

COMMANDS = [
    *("--help", "--version", "", "release --help", "release-many --help", "profiles", "profiles list"),
    *("doctor --offline", "sandbox --help", "sandbox"),
]


def ended(redirected: str, *arguments: str, **settings: str) -> tuple[int, str, str]:
    """A command in a shell that redirects its streams: its exit code, and what came of both of them."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {redirected}', "sh", *COMMAND, *arguments],
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_full_device_is_told_in_a_sentence(arguments: str) -> None:
    """Whatever was to be said, by whichever library: the exit code is 1."""
    said = "voucherify: Standard output cannot be written (No space left on device).\n"

    assert ended(">/dev/full", *arguments.split()) == (1, "", said)


@pytest.mark.parametrize("arguments", COMMANDS)
def test_who_reads_may_leave(arguments: str) -> None:
    """As head does: nobody is to be told, and the exit code is 1 as well."""
    done = voucherify_unread(*arguments.split())

    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.parametrize("redirected", [">/dev/full 2>&1", "2>&1 >&-", ">&- 2>&-", "2>/dev/full"])
def test_nobody_may_hear(redirected: str) -> None:
    """Nothing but the exit code is left to say it then."""
    code, out, err = ended(redirected, "release", "v", "k")

    assert code in (1, 3)
    assert "Traceback" not in out + err


@pytest.mark.parametrize("arguments", COMMANDS[:-1])
def test_any_encoding_can_say_it(arguments: str) -> None:
    """What it has no letters for is written as an escape."""
    code, out, err = ended("", *arguments.split(), PYTHONIOENCODING="ascii")

    assert code in (0, 2, 3)
    assert out.isascii()
    assert "Traceback" not in err


@pytest.mark.parametrize("arguments", ["--help", "release --help", "release-many --help", "doctor --offline"])
@pytest.mark.parametrize(
    "settings",
    [
        {"COLUMNS": "1"},
        {"COLUMNS": "x"},
        {"COLUMNS": "9" * 9},
        {"TERMINAL_WIDTH": "x"},
        {"TERM": "dumb"},
        {"NO_COLOR": "1"},
    ],
)
def test_any_terminal_can_show_it(arguments: str, settings: dict[str, str]) -> None:
    """However simple; a width that is none is passed over."""
    code, out, err = ended("", *arguments.split(), **settings)

    assert (code in (0, 3), err) == (True, "")
    assert "--help" in out or "Settings" in out
    assert "\x1b" not in out


def test_completion_says_whether_it_was_told() -> None:
    """What a shell asks for goes another way out of Typer than a command."""
    variables = {"_VOUCHERIFY_COMPLETE": "complete_bash", "COMP_WORDS": "voucherify rel", "COMP_CWORD": "1"}

    assert ended("", **variables)[0] == 0
    assert ended(">/dev/full", **variables)[0] == 1


BROKEN = """
import sys
from importlib.abc import MetaPathFinder

class Breaks(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            raise {error}

sys.meta_path.insert(0, Breaks())
from voucherify_wrapper.cli import main
sys.exit(main(["release", "v", "k"]))
"""


@pytest.mark.parametrize(
    ("name", "error", "code", "said"),
    [
        ("httpx", "ImportError('cut off', name='httpx')", 1, "Report it with this: ImportError: httpx, at "),
        ("h11", "RuntimeError('a secret')", 1, "Report it with this: RuntimeError, at "),
        ("httpx", "KeyboardInterrupt", 4, "voucherify: interrupted.\n"),
        ("typer", "KeyboardInterrupt", 4, "voucherify: interrupted.\n"),
    ],
)
def test_what_nobody_foresaw_is_a_sentence(name: str, error: str, code: int, said: str) -> None:
    """With the kind of failure and its places, to report it by; and Ctrl-C is heeded from the beginning."""
    done = subprocess.run(
        [sys.executable, "-c", BROKEN.format(name=name, error=error)],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert said in done.stderr
    assert "secret" not in done.stderr


ELSEWHERE = """
import os, select, signal, sys

for module, names in {
    os: ["fchmod", "fchown", "fork", "forkpty", "geteuid", "getpgid", "register_at_fork", "umask"],
    select: ["poll", "epoll"],
    signal: ["SIGHUP", "SIGKILL", "SIGALRM", "SIGUSR1", "pthread_kill", "pthread_sigmask", "setitimer"],
}.items():
    for name in names:
        if hasattr(module, name):
            delattr(module, name)
for name in ["fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"]:
    sys.modules[name] = None
"""


@pytest.fixture
def elsewhere(tmp_path: Path) -> dict[str, str]:
    """The environment of a process on a stand-in for Windows: what that lacks is gone before any import.

    But for what foreign packages ask for by the system's name.
    """
    (tmp_path / "stand-in").mkdir()
    (tmp_path / "stand-in" / "sitecustomize.py").write_text(ELSEWHERE)
    path = [str(tmp_path / "stand-in"), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {"PYTHONPATH": os.pathsep.join(filter(None, path))}


def test_the_command_line_needs_nothing_of_one_system(
    voucherify_sandbox: Sandbox, elsewhere: dict[str, str], tmp_path: Path
) -> None:
    """A list is tried, released and gone on with, a profile kept, and the doctor asked, as on Windows."""
    voucherify_sandbox.add_voucher("v", None)
    keys = [voucherify_sandbox.lock("v") for _ in range(20)]
    file = tmp_path / "list.csv"
    file.write_text("code,session_key\n" + "".join(f"v,{key}\n" for key in keys))
    journal, output = str(tmp_path / "j"), str(tmp_path / "o")
    settings = {**voucherify_sandbox.environment(), **elsewhere, "XDG_CONFIG_HOME": str(tmp_path)}
    run = ["release-many", str(file), "--journal", journal, "--output", output]
    for arguments in (
        ["--help"],
        ["release", "v", keys[0]],
        [*run, "--dry-run"],
        run,
        [*run, "--force"],
        ["doctor"],
        ["profiles", "list"],
    ):
        code, _, err = ended("", *arguments, **settings)
        assert (code, err) == (0, ""), arguments
    typed = f"printf 'an-id\\na-token\\n' | exec {' '.join(COMMAND)} profiles add mine --token-stdin"
    kept = subprocess.run(["sh", "-c", typed], env=environment(settings), capture_output=True, check=False)

    assert (kept.returncode, kept.stderr) == (0, b"")
    assert sorted(voucherify_sandbox.released) == sorted(("v", key) for key in keys)
    assert Path(output).read_text().count("\n") == 20


def test_the_stand_in_lacks_what_it_is_to_lack(elsewhere: dict[str, str]) -> None:
    """Else the test above would say nothing."""
    asked = "import os, signal; print(hasattr(signal, 'SIGHUP'), hasattr(os, 'fchmod')); import fcntl"
    done = subprocess.run(
        [sys.executable, "-c", asked], env=environment(elsewhere), capture_output=True, text=True, check=False
    )

    assert done.stdout == "False False\n"
    assert "import of fcntl halted" in done.stderr


def test_streams_are_as_before_behind_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Who calls it in a process of their own has their own streams again."""
    before = sys.stdout, sys.stderr
    assert main(["--version"]) == 0

    assert (sys.stdout, sys.stderr) == before
    assert capsys.readouterr().out.startswith("voucherify ")
