"""Fixtures of the command line's tests."""

from __future__ import annotations

from tests.wrapper.conftest import own_home

__all__ = ["own_home"]
