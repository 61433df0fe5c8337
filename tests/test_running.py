"""How the tests run: alike wherever `make test` was typed, and measured where that shows something."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import MAKES

ROOT = Path(__file__).resolve().parents[1]


def measured() -> list[bool]:
    """Whether coverage is measured here, and in a process that is started."""
    program = "import sys; print('coverage' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    coverage = sys.modules.get("coverage")
    return [bool(coverage and coverage.Coverage.current()), done.stdout == "True\n"]


@pytest.fixture
def around() -> list[bool]:
    """What is measured in fixtures."""
    return measured()


@pytest.mark.unmeasured
def test_what_is_marked_is_not_measured(around: list[bool]) -> None:
    """A marked test runs at its own speed, as do the processes that it starts; its fixtures are measured."""
    assert measured() == [False, False]
    assert len({*around}) == 1


def test_what_is_not_marked_is_measured(around: list[bool]) -> None:
    """Every other test is measured as the whole run is, whatever was run before it."""
    assert measured() == around
    assert len({*around}) == 1


def test_ctrl_c_reaches_what_tests_start() -> None:
    """A process that a test starts can be interrupted, although the run itself may be in the background."""
    program = "import signal, time; print(flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait() == -signal.SIGINT


def test_nothing_typed_for_make_reaches_tests() -> None:
    """Each of the Makefile's variables that can be typed, and `make`'s own, are kept from the tests."""
    variables = set(re.findall(r"^(\w+) \?=", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert variables
    assert variables <= MAKES
    assert MAKES.isdisjoint(os.environ)
