"""What all tests share: an environment without settings of the machine that runs them, and its cost."""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

# Machines are shared and slow at times; how long an example takes says nothing about the code.
hypothesis.settings.register_profile(
    "chance",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
# The same examples in every run: a change is judged by what it changes.
hypothesis.settings.register_profile("same", hypothesis.settings.get_profile("chance"), derandomize=True)
hypothesis.settings.load_profile("same")

MAKES = {
    "MAKEFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "MFLAGS",
    "ARGS", "CODE", "OUT", "PYTHON", "REPORT", "SOURCE", "SPEC", "SPECS",
}  # fmt: skip
"""What `make` hands on to all that it starts; what was typed for it is not meant for tests' own `make`."""


def pytest_configure() -> None:
    """Take Ctrl-C as in the foreground: a shell lets what it starts in the background ignore it.

    Processes inherit that, those that tests start and interrupt as well.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Run one worker more than there are cores: some tests wait for time to pass."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Run what is marked as unmeasured at its own speed; fixtures, which tests share, are measured."""
    if item.get_closest_marker("unmeasured") is None:
        return (yield)
    with unmeasured():
        return (yield)


@contextmanager
def unmeasured() -> Iterator[None]:
    """Measure no coverage meanwhile, neither here nor in processes that are started."""
    coverage = sys.modules.get("coverage")
    measuring = coverage and coverage.Coverage.current()
    of_processes = os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
    if measuring:
        measuring.stop()
    try:
        yield
    finally:
        if of_processes is not None:
            os.environ["COVERAGE_PROCESS_CONFIG"] = of_processes
        if measuring:
            measuring.start()


@pytest.fixture
def wait_until() -> Callable[[Callable[[], object]], None]:
    """Waits for another thread's or process's doing; fails after a minute."""

    def wait(condition: Callable[[], object]) -> None:
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end, "it did not happen within a minute"
            time.sleep(0.005)

    return wait


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, cluster or proxy of the machine reaches a test, nor what was typed for `make`."""
    for name in list(os.environ):
        if name.startswith(("VOUCHERIFY_", "X_APP_")) or name.lower().endswith("_proxy") or name in MAKES:
            monkeypatch.delenv(name)
