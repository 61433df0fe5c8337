"""A command at a terminal of its own, and somebody who types."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from tests.cli.commands import COMMAND, environment

if TYPE_CHECKING:
    from collections.abc import Mapping

_AT_TERMINAL = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


class Terminal:
    """Runs a command whose input and output are a terminal.

    Attributes:
        shown: all that the terminal has shown so far.
    """

    def __init__(self, *arguments: str, settings: Mapping[str, str] | None = None) -> None:
        self._own, theirs = pty.openpty()
        self.shown = ""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _AT_TERMINAL, *COMMAND, *arguments],
            env=environment({"TERM": "dumb", **(settings or {})}),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)

    def until(self, text: str) -> None:
        """Wait until it shows a text."""
        seen = len(self.shown)
        while text not in self.shown[seen:]:
            assert self._read(), f"the command ended, having shown: {self.shown}"

    def type(self, text: str | bytes) -> None:
        """Type something."""
        os.write(self._own, text.encode() if isinstance(text, str) else text)

    def end(self) -> int:
        """Wait for the command's end, and give its exit code."""
        while self._read():
            pass
        return self._process.wait(timeout=30)

    def _read(self) -> bool:
        ready, _, _ = select.select([self._own], [], [], 30)
        assert ready, f"nothing more came after: {self.shown}"
        piece = b""
        with suppress(OSError):  # what Linux says when the other side is closed
            piece = os.read(self._own, 65536)
        self.shown += piece.decode(errors="replace")
        return bool(piece)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._own)
