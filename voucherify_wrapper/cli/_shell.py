"""Commands as lines that can be pasted into a shell."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from voucherify_wrapper._secrets import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST = 1500  # characters; a line that were cut would be another command
_PLACEHOLDER = "FILE"


def command_line(words: Sequence[str], *, system: str = os.name) -> str | None:
    """A command for the shell of a system; None where no terminal can be given it whole and as it is."""
    if system == "nt":
        from subprocess import list2cmdline  # noqa: PLC0415 - for one system alone

        line = list2cmdline(words)
    else:
        line = shlex.join(words)
    return line if line == printable(line, _LONGEST) else None


def operand(path: str | None) -> str:
    """A file as an operand of any command; a placeholder where there is none, or none that can be written."""
    if path is None:
        return _PLACEHOLDER
    return command_line([f"./{path}" if path.startswith("-") else path]) or _PLACEHOLDER
