"""Run the wrapper's own tests against a new client, which lies elsewhere than the installed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scripts.reporting.model import Finding
from scripts.type_checking import CLIENT, ROOT, workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

TESTS = ROOT / "tests" / "wrapper"
TIMEOUT = 600.0
"""Seconds for all of the tests; they take about forty on two cores."""
MOST_FAILURES = 20
"""So many failing tests end a run: they rarely have more than one cause."""

_ABOUT_THE_TEXT = "test_architecture.py"
"""Holds the repository's own text to its plan. No client can make it fail, or mend it."""
_WHERE = f"import importlib.util as i; found = i.find_spec({CLIENT!r}); print(found and found.origin)"


class _Failure(NamedTuple):
    """A test that failed: its name, where it stands, and the first line of why."""

    name: str
    file: str
    line: int
    why: str


@dataclass(frozen=True)
class _Ended:
    """How a process ended.

    Attributes:
        code: Its exit code.
        output: What it said.
        failures: The tests that failed in it.
    """

    code: int
    output: str
    failures: tuple[_Failure, ...] = ()

    @property
    def last_words(self) -> str:
        """The end of what it said, in one line."""
        return " ".join(self.output.split())[-300:] or "it said nothing"


def failing_tests(package: Path, *, tests: Path = TESTS, timeout: float = TIMEOUT) -> tuple[Finding, ...]:
    """Run the wrapper's tests against a client.

    All tests run but those of the repository's text: which of them the client matters to would be a guess.
    Those that fail run once more, one after the other, as some measure time, and a busy machine is no broken
    client.

    Args:
        package: The client's folder.
        tests: The folder of the tests.
        timeout: Seconds that they may take.

    Returns:
        The tests that fail, or why they did not run.
    """
    with tempfile.TemporaryDirectory(prefix="tests-") as made, workspace({CLIENT: package}) as path:
        try:
            return tuple(_findings(path, tests, Path(made), timeout))
        except subprocess.TimeoutExpired:
            why = f"they did not end within {timeout:g} seconds; if the machine is busy, try again"
            return (_not_run(why),)


def _findings(path: Path, tests: Path, made: Path, timeout: float) -> Iterator[Finding]:
    environment = _environment(path)
    # A process of its own, as the tests are, and as those are that they start.
    origin = _run([sys.executable, "-c", _WHERE], environment, timeout).output.strip()
    if origin != str(path / CLIENT / "__init__.py"):
        yield _not_run(f"they would import `{CLIENT}` from {origin}, not from the new one")
        return
    first = _tested(tests, made, environment, timeout, ["--numprocesses=auto"])
    if first.code == 0:
        return
    if not first.failures:
        yield _not_run(f"pytest ended with {first.code}: {first.last_words}")
        return
    again = _tested(tests, made, environment, timeout, ["--last-failed"])
    if again.code != 0:
        yield from _by_cause(again.failures or first.failures)


def _by_cause(failures: Sequence[_Failure]) -> Iterator[Finding]:
    """Make one finding of all tests that fail for the same reason; the first of them stands for all."""
    causes: defaultdict[str, list[_Failure]] = defaultdict(list)
    for failure in failures:
        causes[failure.why].append(failure)
    for why, (first, *others) in causes.items():
        fail = f"and {len(others)} more fail" if others else "fails"
        what = f"`{first.name}` {fail} against the new client: {why}"
        yield Finding(what, first.file, first.line)


def _not_run(why: str) -> Finding:
    return Finding(f"The wrapper's tests did not run against the new client: {why}.")


def _environment(path: Path) -> dict[str, str]:
    """Return an environment in which Python finds a client before the installed one."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    searched = os.pathsep.join(filter(None, (str(path), kept.get("PYTHONPATH"))))
    # The client is to be installed as it is, without compiled files.
    return {**kept, "PYTHONPATH": searched, "PYTHONDONTWRITEBYTECODE": "1"}


def _tested(
    tests: Path, made: Path, environment: Mapping[str, str], timeout: float, options: Sequence[str]
) -> _Ended:
    """Run pytest, and read its report; it leaves nothing in the repository."""
    report = made / "report.xml"
    report.unlink(missing_ok=True)
    options = [
        *("--quiet", "--tb=short", "--color=no", f"--maxfail={MOST_FAILURES}", *options),
        *("-p", "no:schemathesis"),  # takes longer to load than most of the tests to run, and none needs it
        *("-c", str(ROOT / "pyproject.toml"), f"--ignore={tests / _ABOUT_THE_TEXT}"),
        *("-o", f"cache_dir={made / 'cache'}", "-o", "junit_family=xunit1", f"--junitxml={report}"),
    ]
    command = [sys.executable, "-m", "pytest", *options, str(tests)]
    ended = _run(command, environment, timeout)
    return _Ended(ended.code, ended.output, _failures(report))


def _run(command: Sequence[str], environment: Mapping[str, str], timeout: float) -> _Ended:
    """Run a command in a group of processes, which ends with it, also when it takes too long."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, encoding="utf-8", errors="backslashreplace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    with process:
        try:
            output, _ = process.communicate(timeout=timeout)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    return _Ended(process.returncode, output)


def _failures(report: Path) -> tuple[_Failure, ...]:
    """Read the failing tests from a report; none from one that is missing or was cut off."""
    try:
        tree = ET.parse(report)  # noqa: S314 - pytest has just written it
    except (OSError, ET.ParseError):
        return ()
    return tuple(
        _failure(case, problem)
        for case in tree.iter("testcase")
        for problem in (*case.findall("failure"), *case.findall("error"))
    )


def _failure(case: ET.Element, problem: ET.Element) -> _Failure:
    # What fails while tests are collected or set up has a message of another form; pytest marks errors alike.
    marked = [line[1:].strip() for line in (problem.text or "").splitlines() if line.startswith("E ")]
    why = [*marked, problem.get("message", "")][0]
    return _Failure(case.get("name", ""), case.get("file", ""), int(case.get("line", "-1")) + 1, why)
