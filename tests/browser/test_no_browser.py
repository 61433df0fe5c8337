"""Where this machine has no browser, that is said, and CI cannot hide it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(("ci", "outcome", "code"), [("", "1 skipped", 0), ("true", "1 error", 1)])
def test_without_a_browser_tests_skip_but_not_in_ci(ci: str, outcome: str, code: int) -> None:
    """The word names what to install; with CI=true the same is a failure."""
    test = "tests/browser/test_report_page.py::test_the_page_prints"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", test], cwd=ROOT, check=False,
        env={**os.environ, "PATH": "/nonexistent", "CI": ci}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    assert outcome in done.stdout
    assert "on Debian: apt-get install chromium" in done.stdout
