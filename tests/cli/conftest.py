"""Fixtures of the command line's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.wrapper.conftest import own_home

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["own_home"]


@pytest.fixture
def file(keys: list[str], tmp_path: Path) -> Path:
    """A list of the sessions of voucher v that a module's `keys` names, as CSV."""
    path = tmp_path / "stuck.csv"
    path.write_text("".join(f"{row}\n" for row in ["code,session_key", *(f"v,{key}" for key in keys)]))
    return path
