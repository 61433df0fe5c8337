"""What the tests of the update's commands share."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

import pytest


class Command(Protocol):
    """Runs one of the commands to its end."""

    def __call__(
        self, module: str, *arguments: str | Path, **options: Any
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m scripts.MODULE` with these arguments."""
        ...


@pytest.fixture
def command() -> Command:
    """Run a command of this project as a user does: in a process of its own."""

    def run(module: str, *arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", f"scripts.{module}", *map(str, arguments)],
            capture_output=True, encoding="utf-8", check=False, **options,
        )  # fmt: skip
        done.stderr = _SLOW.sub("", done.stderr)
        return done

    return run


_SLOW = re.compile(r"^[A-Z].* \.\.\.\n", re.MULTILINE)
"""Steps that last long are named on stderr. That shows how busy the machine is, which no test is about."""


class Digest(Protocol):
    """Tells folders apart."""

    def __call__(self, folder: Path) -> dict[str, str]:
        """Return every entry below the folder with its mode and the hash of its content."""
        ...


@pytest.fixture
def digest() -> Digest:
    """Take a picture of a folder, hidden entries too, to compare it with another one."""

    def take(folder: Path) -> dict[str, str]:
        picture = {}
        for path, folders, files in os.walk(folder):
            for name in folders + files:
                entry = Path(path) / name
                content = entry.read_bytes() if entry.is_file() else b""
                mode = oct(entry.lstat().st_mode)
                picture[str(entry.relative_to(folder))] = f"{mode} {hashlib.sha256(content).hexdigest()}"
        return picture

    return take
