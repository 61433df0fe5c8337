"""What all tests share: an environment without settings of the machine that runs them."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

# Machines are shared and slow at times; how long an example takes says nothing about the code.
hypothesis.settings.register_profile(
    "voucherify",
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow, hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("voucherify")


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
    """No credentials, cluster or proxy of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith(("VOUCHERIFY_", "X_APP_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
