"""Type-check code against a generated client, in processes of their own.

What is checked stands in a temporary folder, as links, under the names that code imports: a client lies
anywhere, and two of them are called the same. That folder has a new name each time, so the type checker's
cache never believes a file by its time and size; it compares what is in it.

The type checker is mypy, which the project has. With its cache, the wrapper takes it a fifth of a second.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent
CLIENT = "voucherify_client"
"""The package that is checked against."""
CACHE = ROOT / ".mypy_cache" / "track"
"""Where what is known of unchanged files is kept from run to run."""

_OPTIONS = (
    "--sqlite-cache",
    "--explicit-package-bases",
    "--follow-imports=silent",
    "--check-untyped-defs",
    "--show-absolute-path",
    "--no-error-summary",
    "--output=json",
)
_LAUNCHER = """
import os, runpy, site, sys
hidden = sys.argv.pop(1)
own = {*site.getsitepackages()}
sys.path[:] = [each for each in sys.path if each in own or not os.path.isdir(os.path.join(each, hidden))]
runpy.run_module("mypy", run_name="__main__", alter_sys=True)
"""
"""Runs mypy without the folders beside site-packages that hold the client, as this project's own does: it
looks each module up in every folder that has the package, and would find there what is gone in the other."""
_WORKSPACE = "code-under-check"
"""What workspaces are called. The cache remembers errors with the path of an earlier one."""
_LACKS = re.compile('Module "[^"]*" has no attribute')
_LONGEST = 1000
"""Characters of what it says that are told."""


@dataclass(frozen=True)
class Problem:
    """One error of the type checker.

    Attributes:
        file: The file, from the workspace that it stands in; an absolute path where that is none.
        line: The line in it; 0 for the file as a whole.
        code: The kind of error, as in `arg-type`.
        message: What is wrong, in mypy's words.
    """

    file: Path
    line: int
    code: str
    message: str


@dataclass(frozen=True)
class Check:
    """What one run of the type checker looks at.

    Attributes:
        files: The files to check; what they import is read, and not checked.
        path: The folders in which imports are looked up, before the installed packages.
        cache: A folder for this kind of run.
        options: More options of mypy.
        unread: Packages that are not read where they are imported. They are `Any` then.
    """

    files: Sequence[Path]
    path: Sequence[Path]
    cache: Path
    options: Sequence[str] = ()
    unread: Sequence[str] = ()


@dataclass(frozen=True)
class Checked:
    """What a run of the type checker found.

    Attributes:
        problems: The errors; if it did not come to checking, those that kept it from that.
        refusal: Why it did not come to checking; empty where it did.
    """

    problems: tuple[Problem, ...]
    refusal: str = ""


@contextlib.contextmanager
def workspace(links: Mapping[str, Path]) -> Iterator[Path]:
    """Make a folder in which files and folders stand as links.

    Args:
        links: Where each link leads, by its path in the folder.

    Yields:
        The folder.
    """
    with tempfile.TemporaryDirectory(prefix="types-") as made:
        folder = Path(made) / _WORKSPACE
        folder.mkdir()
        for name, target in links.items():
            link = folder / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target.resolve())
        yield folder


def check_types(*checks: Check) -> list[Checked]:
    """Run the type checker, for all checks at the same time.

    Args:
        checks: The checks. Each has a cache of its own.

    Returns:
        What each of them found.
    """
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(checking(check)) for check in checks]
        return [ended() for ended in running]


@contextlib.contextmanager
def checking(check: Check) -> Iterator[Callable[[], Checked]]:
    """Run the type checker beside other work.

    Args:
        check: The check.

    Yields:
        A function that waits for its end, once, and says what it found.
    """
    with _running(check) as process:
        yield lambda: _read(process, check.cache)


@contextlib.contextmanager
def _running(check: Check) -> Iterator[subprocess.Popen[str]]:
    with tempfile.TemporaryDirectory(prefix="mypy-") as folder, _cache(check.cache, folder) as cache:
        arguments = Path(folder) / "arguments"  # of any number
        arguments.write_text("".join(f"{file}\n" for file in check.files), encoding="utf-8")
        settings = Path(folder) / "settings"  # and nobody else's: neither this project's nor the user's own
        unread = "".join(f"[mypy-{name}.*]\nfollow_imports = skip\n" for name in check.unread)
        settings.write_text(f"[mypy]\n{unread}", encoding="utf-8")
        process = subprocess.Popen(
            [
                *(sys.executable, "-I", "-c", _LAUNCHER, CLIENT, *_OPTIONS, f"--cache-dir={cache}"),
                *(f"--config-file={settings}", *check.options, f"@{arguments}"),
            ],
            cwd=folder, env=_environment(check.path), encoding="utf-8", errors="backslashreplace",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        with process:
            try:
                yield process
            finally:
                process.kill()


@contextlib.contextmanager
def _cache(wanted: Path, otherwise: str) -> Iterator[Path]:
    """Hold the cache against other runs, which take but a moment; where none can be kept, do without."""
    try:
        wanted.mkdir(parents=True, exist_ok=True)
    except OSError:
        yield Path(otherwise)
        return
    lock = os.open(wanted, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield wanted
    finally:
        os.close(lock)


def _environment(path: Sequence[Path]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MYPY")}
    return {**kept, "MYPYPATH": os.pathsep.join(map(str, path))}


def _read(process: subprocess.Popen[str], cache: Path) -> Checked:
    output, errors = process.communicate()
    problems, rest = [], errors.splitlines()
    for line in output.splitlines():
        try:
            told = json.loads(line)
            file = Path(told["file"].rpartition(f"/{_WORKSPACE}/")[2])
            found = Problem(file, max(told["line"], 0), told["code"] or "", told["message"])
        except ValueError:
            rest.append(line)  # it speaks in words alone when it does not come to checking
            continue
        if told["severity"] == "error":
            problems.append(found)
    if any(_LACKS.match(one.message) for one in problems):
        _forget(cache)
    if process.returncode in (0, 1):
        return Checked(tuple(problems))
    words = " ".join([*(f"{one.file}: {one.message}" for one in problems), *rest]).split()
    said = " ".join(words)[:_LONGEST] or "it said nothing"
    return Checked(tuple(problems), f"the type checker ended with {process.returncode}: {said}")


def _forget(cache: Path) -> None:
    """Empty a cache that is held.

    The type checker would not notice that what is missing in a package came to be, as a module of it: whoever
    had imported that in vain would be told so for ever.
    """
    for each in cache.iterdir() if cache.is_dir() else ():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
