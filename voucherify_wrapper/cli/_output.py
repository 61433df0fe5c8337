"""What commands say: lines for people, or one JSON document for programs. Both without secrets.

Every text comes from outside in part (a voucher's code, a server's message), so nothing of it may steer the
terminal.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, TextIO

from attrs import asdict

from voucherify_wrapper._secrets import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from voucherify_wrapper._rate_limits import RateLimit

    from ._exits import ExitCode

_LONGEST_LINE = 2000
_OF_ERRORS = ("status", "key", "request_id", "attempts", "may_have_acted", "retry_after", "journal")
"""What a document tells of an error, where the error has it."""


def say(text: str, *, to_stderr: bool = False) -> None:
    """Write lines for people: results to standard output, everything else to standard error."""
    # What is no text, as in the name of a file, is shown as an escape; else it would pass for nothing.
    whole = text.encode("utf-8", "backslashreplace").decode()
    lines = "\n".join(printable(line, _LONGEST_LINE) if line.strip() else "" for line in whole.splitlines())
    _write(lines, sys.stderr if to_stderr else sys.stdout)


def say_table(rows: Iterable[tuple[str, str]], *, to_stderr: bool = False) -> None:
    """Write what is called how much, for people: to standard output, where nothing else is to be on it."""
    table = list(rows)
    names, values = (max(len(row[column]) for row in table) for column in (0, 1))
    lines = "\n".join(f"{name:{names}}  {value:>{values}}" for name, value in table)
    _write(lines, sys.stderr if to_stderr else sys.stdout)


def say_columns(rows: Iterable[Sequence[str]], *, indent: str = "") -> None:
    """Write rows whose cells stand below each other; the last one of a row may be as long as it likes."""
    shown = [[printable(cell, _LONGEST_LINE) if cell.strip() else "" for cell in row] for row in rows]
    widest: dict[int, int] = {}
    for row in shown:
        for column, cell in enumerate(row[:-1]):
            widest[column] = max(widest.get(column, 0), len(cell))
    for row in shown:
        line = "  ".join([*(cell.ljust(widest[column]) for column, cell in enumerate(row[:-1])), row[-1]])
        _write(f"{indent}{line}".rstrip(), sys.stdout)


def say_json(document: Mapping[str, Any]) -> None:
    """Write one JSON document as one line of ASCII, to standard output."""
    _write(json.dumps(document), sys.stdout)


def say_error(error: BaseException, text: str, code: ExitCode, *, as_json: bool) -> None:
    """Tell why a command ended as it did.

    Args:
        error: what ended it.
        text: what it says.
        code: the exit code that it means.
        as_json: as a document (its key is ``error``), and not as a line.
    """
    if as_json:
        say_json({"error": {**error_document(error, text), "exit_code": int(code)}})
    else:
        say(f"voucherify: {text}", to_stderr=True)


def error_document(error: BaseException, text: str) -> dict[str, Any]:
    """An error as a document: its type, its message, and what else it knows."""
    known = {name: getattr(error, name) for name in _OF_ERRORS if getattr(error, name, None) is not None}
    return {"type": type(error).__name__, "message": text, **known}


def counted(number: int, what: str) -> str:
    """How many there are of something, with its name in the singular or the plural."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def rate_limit_document(rate_limit: RateLimit) -> dict[str, Any]:
    """The state of the rate limits as a document; null where the server said nothing."""
    return asdict(rate_limit)


def _write(text: str, stream: TextIO | None) -> None:
    if stream is not None:  # it may have been closed before the program began
        print(text, file=stream, flush=True)
