"""What all tests share: an environment without settings of the machine that runs them."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, cluster or proxy of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith(("VOUCHERIFY_", "X_APP_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
