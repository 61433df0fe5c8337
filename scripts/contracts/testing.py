"""Run the wrapper's own tests against a new client, which lies elsewhere than the installed one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.contracts.wrapper import CLIENT
from scripts.reporting.model import Finding
from scripts.type_checking import ROOT, workspace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TESTS = ROOT / "tests" / "wrapper"
TIMEOUT = 600.0
"""Seconds for all of the tests; they take about twenty on two cores."""
MOST_FAILURES = 20
"""So many failing tests end a run: they rarely have more than one cause."""

_ABOUT_THE_TEXT = "test_architecture.py"
"""Holds the repository's own text to its plan. No client can make it fail, or mend it."""
_WHERE = f"import importlib.util as i; found = i.find_spec({CLIENT!r}); print(found and found.origin)"


@dataclass(frozen=True)
class _Ended:
    """How a process ended.

    Attributes:
        code: Its exit code; None where it was stopped, as it took too long.
        output: What it said.
        failures: The tests that failed in it.
    """

    code: int | None
    output: str
    failures: tuple[Finding, ...] = ()

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
        environment = _environment(path)
        # A process of its own, as the tests are, and as those are that they start.
        origin = _run([sys.executable, "-c", _WHERE], environment, timeout).output.strip()
        if origin != str(path / CLIENT / "__init__.py"):
            return (
                _not_run(f"they would import `{CLIENT}` from {origin or 'nowhere'}, not from the new one"),
            )
        first = _tested(tests, Path(made), environment, timeout, ["--numprocesses=auto"])
        if first.code == 0:
            return ()
        if first.code is None:
            return (_not_run(f"they did not end within {timeout:g} seconds"),)
        if not first.failures:
            return (_not_run(f"pytest ended with {first.code}: {first.last_words}"),)
        again = _tested(tests, Path(made), environment, timeout, ["--last-failed"])
        return () if again.code == 0 else again.failures or first.failures


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
    command = [
        *(
            sys.executable,
            "-m",
            "pytest",
            "--quiet",
            "--tb=short",
            "--color=no",
            f"--maxfail={MOST_FAILURES}",
        ),
        *(f"--rootdir={ROOT}", f"--ignore={tests / _ABOUT_THE_TEXT}", "-o", f"cache_dir={made / 'cache'}"),
        *("-o", "junit_family=xunit1", f"--junitxml={report}", *options, str(tests)),
    ]
    ended = _run(command, environment, timeout)
    return _Ended(ended.code, ended.output, _failures(report))


def _run(command: Sequence[str], environment: Mapping[str, str], timeout: float) -> _Ended:
    """Run a command in a group of processes, which ends with it."""
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, encoding="utf-8", errors="backslashreplace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    with process:
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            return _Ended(None, "")
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    return _Ended(process.returncode, output)


def _failures(report: Path) -> tuple[Finding, ...]:
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


def _failure(case: ET.Element, problem: ET.Element) -> Finding:
    file, name = case.get("file", ""), case.get("name", "")
    line = int(case.get("line", "-1")) + 1
    said = (problem.get("message") or problem.text or "").strip().splitlines()
    return Finding(
        f"{name} fails against the new client: {said[0] if said else problem.tag}", file, line, name
    )
