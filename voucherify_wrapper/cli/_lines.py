"""A list's bytes as numbered lines of text: which file it is, how it is encoded, where its lines end."""

from __future__ import annotations

import codecs
import io
import os
import stat
import sys
from typing import TYPE_CHECKING, BinaryIO, Self

from voucherify_wrapper._errors import ReleasesStoppedError, UsageError

from ._shell import operand

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

STANDARD_INPUT = "-"
LONGEST_LINE = 2**20
"""Characters; a line that is longer is given as one more than these, and its rest is not kept."""

_PORTION = 2**16
_HEAD = 8  # bytes that tell what a file is
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before that of UTF-16, which it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_AS_CSV = "In Excel or another spreadsheet, save it as 'CSV UTF-8', and give that file."
_OTHERS = (
    (b"PK\x03\x04", f"is a workbook (.xlsx) or another zip archive. {_AS_CSV}"),
    (b"\xd0\xcf\x11\xe0", f"is a workbook of an old Excel (.xls). {_AS_CSV}"),
    (b"\x1f\x8b", "is compressed. Unpack it on the way: zcat {operand} | voucherify release-many -"),
    (b"%PDF", "is a PDF. Export the list as CSV, and give that file."),
    (b"SQLite format 3\x00"[:_HEAD], "is a database, as a journal is. Give the list of sessions."),
)


class UnreadableError(ReleasesStoppedError):
    """The rest of a list cannot be read."""


class Lines:
    r"""The lines of a file or of standard input, read as they are needed.

    UTF-8 with or without a byte order mark, and UTF-16 and UTF-32, as Excel writes them, are read. Bytes that
    are no UTF-8 become lone surrogates, so that they harm only the value that they are in. A line ends with
    ``\n``, ``\r\n`` or ``\r``, and keeps that.

    Args:
        name: the file's path, or ``-``.

    Attributes:
        name: what it is called in messages.
        operand: how it is given to a command.
        number: the number of the line that was given last, from 1.

    Raises:
        UsageError: it cannot be read, or is no text.
    """

    def __init__(self, name: str) -> None:
        self.name = "standard input" if name == STANDARD_INPUT else name
        self.operand = operand(None if name == STANDARD_INPUT else name)
        self.number = 0
        self._again: list[str] = []
        self._own = name != STANDARD_INPUT
        self._file = self._opened(name)
        try:
            head = _head_of(self._file)
        except OSError as error:  # as of a folder, on some systems
            self.close()
            raise UsageError(f"{self.name} cannot be read ({error.strerror}).") from None
        for magic, what in _OTHERS:
            if head.startswith(magic):
                self.close()
                raise UsageError(f"{self.name} {what.format(operand=self.operand)}")
        encoding, skipped = _encoding_of(head)
        self._text = io.TextIOWrapper(
            io.BufferedReader(_Joined(head[skipped:], self._file), _PORTION),
            encoding=encoding,
            errors="surrogateescape" if encoding == "utf-8" else "surrogatepass",
            newline="",
        )

    def _opened(self, name: str) -> BinaryIO:
        if not self._own:
            if sys.stdin is None:
                raise UsageError("Standard input is closed; name a file.")
            return sys.stdin.buffer
        try:
            return open(name, "rb")  # noqa: PTH123 - may be any file; closed by `close`
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or error
            raise UsageError(f"{self.name} cannot be read ({why}).") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; standard input stays open."""
        if self._own:
            self._file.close()

    def next(self) -> str:
        """The next line; empty at the end.

        Raises:
            UnreadableError: nothing more can be read.
        """
        line = self._again.pop() if self._again else self._read()
        self.number += bool(line)
        return line

    def _read(self) -> str:
        try:
            line = rest = self._text.readline(LONGEST_LINE + 1)
            while len(rest) > LONGEST_LINE and rest[-1] not in "\r\n":
                rest = self._text.readline(LONGEST_LINE + 1)
        except UnicodeDecodeError as error:
            raise self._unreadable(f"is not {error.encoding.upper()} text") from None
        except OSError as error:
            raise self._unreadable(f"cannot be read ({error.strerror})") from None
        return line

    def _unreadable(self, why: str) -> UnreadableError:
        return UnreadableError(f"{self.name}: line {self.number + 1} {why}; nothing from there on was read.")

    def give_back(self, lines: Iterable[str]) -> None:
        """Take back lines that were given last, to give them once more."""
        given = list(lines)
        self._again += reversed(given)
        self.number -= len(given)

    def left(self) -> int | None:
        """About how many lines are to come; None of what is no regular file, and can be read but once."""
        status = os.fstat(self._file.fileno())
        if not (self._own and stat.S_ISREG(status.st_mode)):
            return None
        try:
            with open(self._file.name, "rb", buffering=0) as file:  # noqa: PTH123 - the same file
                ends = sum(portion.count(b"\n") for portion in iter(lambda: file.read(_PORTION), b""))
        except OSError:  # as of one that was removed meanwhile
            return None
        return max(0, ends - self.number)


class _Joined(io.RawIOBase):
    """What was read of a file to look at it, and then the file."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self._head = head
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        # As much as there is: who writes into a pipe slowly is not waited for longer than for a line.
        data = self._head or self._file.read1(len(buffer))  # type: ignore[attr-defined]
        self._head = b""
        buffer[: len(data)] = data
        return len(data)


def _head_of(file: BinaryIO) -> bytes:
    head = b""
    while len(head) < _HEAD and (more := file.read(_HEAD - len(head))):
        head += more
    return head


def _encoding_of(head: bytes) -> tuple[str, int]:
    """How a text is encoded, and the length of its byte order mark."""
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            return encoding, len(bom)
    first = [byte != 0 for byte in head[:4]]
    if first == [True, False, True, False]:  # of ASCII characters, as those of a header
        return "utf-16-le", 0
    if first == [False, True, False, True]:
        return "utf-16-be", 0
    return "utf-8", 0
