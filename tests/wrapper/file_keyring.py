"""A keyring in a file, for the edge at which the system's keyring would be; and keyrings that fail.

Processes choose one by PYTHON_KEYRING_BACKEND, as keyring itself has it.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import KeyringLocked, NoKeyringError

VARIABLE = "KEYRING_OF_TESTS"


class FileKeyring(KeyringBackend):
    """Keeps its entries in the file that a variable names."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def entries(self) -> dict[str, str]:
        path = Path(os.environ[VARIABLE])
        return dict(json.loads(path.read_text())) if path.exists() else {}

    def _write(self, entries: dict[str, str]) -> None:
        Path(os.environ[VARIABLE]).write_text(json.dumps(entries))

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self.entries(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        entries = self.entries()
        del entries[f"{service}/{username}"]
        self._write(entries)


class Forgetful(FileKeyring):
    """Takes everything, and keeps nothing."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Do nothing."""


class Locked(FileKeyring):
    """Is locked."""

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - keyring's own
        raise KeyringLocked


class Absent(FileKeyring):
    """Is none."""

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - keyring's own
        raise NoKeyringError


class OutOfOrder(FileKeyring):
    """Fails in a way that keyring does not know."""

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError(f"the bus is gone: {service}/{username}")
