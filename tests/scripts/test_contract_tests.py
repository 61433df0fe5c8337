"""The wrapper's own tests run against a client that lies elsewhere than the installed one."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from scripts.contract import failing_tests
from scripts.type_checking import ROOT
from tests.scripts.contracting import CLIENT, other_client

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

BY_CHANCE = """
def test_by_chance():
    if not ONCE.exists():
        ONCE.touch()
        raise TimeoutError("the machine is busy")
"""

MIXED = """
import pathlib, subprocess, sys
import pytest, voucherify_client
from voucherify_client.api.vouchers import release_validation_session

ONCE = pathlib.Path(__file__).with_name("ran")
PROGRAM = "import voucherify_client; print(voucherify_client.__doc__)"

def test_new_client():
    assert voucherify_client.__doc__ == "The new one."

def test_new_client_in_processes_of_its_own():
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout == "The new one.\\n"

@pytest.mark.parametrize("number", range(3))
def test_module(number):
    assert release_validation_session.gone

@pytest.fixture
def broken():
    raise KeyError("no such thing\\nat all")

def test_fixture(broken): ...
"""


def folder_of(tmp_path: Path, **files: str) -> Path:
    """Write tests."""
    folder = tmp_path / "tests"
    folder.mkdir()
    for name, text in files.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def test_failing_tests_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see the new client, in their processes too; those that fail twice are told, by cause."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "--no-such-option")
    old = '"""A client library'
    package = other_client(tmp_path, "__init__.py", old, f'"""The new one."""\n{old}')
    before = sorted(package.rglob("*"))
    found = failing_tests(package, tests=folder_of(tmp_path, test_mixed=MIXED, test_architecture="1 / 0"))
    gone = "module 'voucherify_client.api.vouchers.release_validation_session' has no attribute 'gone'"
    assert [one.what for one in found] == [
        f"`test_module[0]` and 2 more fail against the new client: AttributeError: {gone}",
        "`test_fixture` fails against the new client: KeyError: 'no such thing\\nat all'",
    ]
    assert [(one.file, one.line) for one in found] == [
        (
            os.path.relpath(tmp_path / "tests" / "test_mixed.py", ROOT),
            MIXED.partition(text)[0].count("\n") + 1,
        )
        for text in ("@pytest.mark", "def test_fixture")
    ]
    assert sorted(package.rglob("*")) == before


def test_tests_that_pass(tmp_path: Path) -> None:
    """A client that all tests pass with has no findings; what fails once and passes alone is no failure."""
    tests = folder_of(tmp_path, test_one=MIXED.partition("def test_new_client")[0] + BY_CHANCE)
    assert failing_tests(CLIENT, tests=tests) == ()
    assert (tests / "ran").exists()
    assert failing_tests(CLIENT, tests=tests) == ()


def test_the_wrappers_own_tests_run(tmp_path: Path) -> None:
    """The repository's tests of the wrapper notice a client that does not do what it should."""
    file = "api/vouchers/release_validation_session.py"
    package = other_client(tmp_path, file, '"delete",', '"post",')
    one = "test_release.py::test_an_open_session_is_released"
    found = failing_tests(package, tests=ROOT / "tests" / "wrapper" / one)
    assert found
    assert {one.file for one in found} == {"tests/wrapper/test_release.py"}


def test_no_tests(tmp_path: Path) -> None:
    """A run without tests is a finding: it has shown nothing."""
    (found,) = failing_tests(CLIENT, tests=folder_of(tmp_path))
    assert found.what.startswith(
        "The wrapper's tests did not run against the new client: pytest ended with 5:"
    )
    assert "no tests ran" in found.what


def test_tests_that_cannot_be_imported(tmp_path: Path) -> None:
    """A module of tests that does not import is told by its error."""
    (found,) = failing_tests(CLIENT, tests=folder_of(tmp_path, test_one="import voucherify_client.gone"))
    error = "ModuleNotFoundError: No module named 'voucherify_client.gone'"
    assert found.what == f"`test_one` fails against the new client: {error}"


def test_tests_that_break_pytest(tmp_path: Path) -> None:
    """Where pytest itself does not come to its end, its last words are the finding."""
    (found,) = failing_tests(CLIENT, tests=folder_of(tmp_path, conftest="raise KeyError('oh')"))
    assert found.what.startswith(
        "The wrapper's tests did not run against the new client: pytest ended with 4:"
    )
    assert "KeyError: 'oh'" in found.what


def test_tests_that_do_not_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that takes too long is stopped, with all the processes that it started."""
    mark, program = tmp_path / "pid", tmp_path / "sitecustomize.py"
    sleeper = "subprocess.Popen(['sleep', '600'], stdin=subprocess.DEVNULL)"
    started = f"pathlib.Path({str(mark)!r}).write_text(str({sleeper}.pid))"
    program.write_text(
        f"import pathlib, subprocess\n{started}\nsubprocess.run(['sleep', '600'])", encoding="utf-8"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    (found,) = failing_tests(CLIENT, tests=folder_of(tmp_path), timeout=5)
    why = "they did not end within 5 seconds; if the machine is busy, try again."
    assert found.what == f"The wrapper's tests did not run against the new client: {why}"
    state = ["ps", "-p", mark.read_text(encoding="utf-8"), "-o", "stat="]
    done = subprocess.run(state, capture_output=True, text=True, check=False)
    assert done.stdout.strip()[:1] in ("", "Z")


def test_client_that_is_not_found(tmp_path: Path) -> None:
    """Where Python would import another client than the new one, nothing is run, and that is told."""
    (tmp_path / "empty").mkdir()
    (found,) = failing_tests(tmp_path / "empty", tests=folder_of(tmp_path))
    assert "they would import `voucherify_client` from " in found.what
    assert found.what.endswith(", not from the new one.")
