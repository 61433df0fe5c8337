"""The outcomes of a run as JSON lines, in a file or on standard output: each line whole, or not there."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from voucherify_wrapper._errors import ReleasesStoppedError, UsageError

from ._output import error_document

if TYPE_CHECKING:
    from voucherify_wrapper._results import Outcome

STANDARD_OUTPUT = "-"
_BEGINNING = b'{"line": '  # of each line
_TAIL = 2**20  # bytes; far more than the outcomes that a journal can be in doubt about


class OutputError(ReleasesStoppedError):
    """The outcomes of a run cannot be written down any more."""


class Outcomes:
    """Where the outcomes go; opened when the first one, or the first pair, is there.

    Not before, as only then the journal is this run's alone: another run may be writing to the same file.

    Args:
        path: the file, ``-`` for standard output; None to write nothing.
        resuming: whether a journal of an earlier run goes with it. The journal tells each outcome once, so
            they go on in the same file.
        force: write over a file that is there.

    Attributes:
        written: how many lines were written.

    Raises:
        UsageError: the file is there already, or standard output is closed.
    """

    def __init__(self, path: str | None, *, resuming: bool, force: bool) -> None:
        self.written = 0
        self._path = path
        self._resuming = resuming
        self._force = force
        self._file: int | None = None
        self._size: int | None = None  # of the whole lines of a regular file
        self._told: set[tuple[str, str]] = set()
        if path == STANDARD_OUTPUT and sys.stdout is None:
            raise UsageError("Standard output is closed; name a file for the outcomes.")
        if not (resuming or force) and path and path != STANDARD_OUTPUT and os.path.isfile(path):  # noqa: PTH113 - does not raise
            raise UsageError(
                f"{path} is there already. Name another file for the outcomes, or write over it with --force."
            )

    def open(self) -> None:
        """Make sure that it is open.

        Raises:
            UsageError: it cannot be.
        """
        if self._path is None or self._file is not None:
            return
        if self._path == STANDARD_OUTPUT:
            self._file = sys.stdout.fileno()
            return
        path = Path(self._path)
        how = os.O_TRUNC if self._force else os.O_EXCL
        try:
            if self._resuming or (path.exists() and not path.is_file()):  # as of a pipe
                how = 0
            # For its owner alone, as it holds session keys.
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | how, 0o600)
            if path.is_file():
                self._size = self._taken_up(path)
        except OSError as error:
            raise UsageError(f"{path} cannot be written ({error.strerror}).") from None

    def _taken_up(self, path: Path) -> int:
        """Read the end of what is there, and cut off a line that was not written to its end.

        Its outcome is told again: it was not noted as handed over.
        """
        size = path.stat().st_size
        with path.open("rb") as file:
            file.seek(max(0, size - _TAIL))
            *lines, rest = file.read().split(b"\n")
        for line in lines:
            with suppress(ValueError, TypeError, KeyError):
                document = json.loads(line)
                if document["status"] != "failed":
                    self._told.add((document["code"], document["session_key"]))
        if not rest.startswith(_BEGINNING[: len(rest)]):
            raise UsageError(f"{path} holds something else than outcomes; name another file for them.")
        os.truncate(path, size - len(rest))
        return size - len(rest)

    def write(self, outcome: Outcome, line: int | None) -> None:
        """Write an outcome down.

        Args:
            outcome: the outcome.
            line: its pair's line in the list; None of one that an earlier run had, and did not tell. It may
                have been written all the same, and is not written twice.

        Raises:
            OutputError: it cannot be written, or not as a whole; what was written of it is taken back.
            UsageError: the file cannot be opened.
        """
        self.open()
        if self._file is None or (line is None and (outcome.code, outcome.session_key) in self._told):
            return
        document = {
            "line": line,
            "code": outcome.code,
            "session_key": outcome.session_key,
            "status": outcome.status,
            "confirmed": outcome.confirmed,
            "attempts": outcome.attempts,
            "error": error_document(outcome.error, str(outcome.error)) if outcome.error else None,
        }
        data = json.dumps(document).encode() + b"\n"
        try:
            left = data
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as error:
            self._take_back()
            raise OutputError(
                f"The outcomes cannot be written to {self._name} any more ({error.strerror}); it holds "
                f"{self.written} of this run."
            ) from None
        self.written += 1
        if self._size is not None:
            self._size += len(data)

    @property
    def _name(self) -> str:
        return "standard output" if self._path == STANDARD_OUTPUT else f"{self._path}"

    def _take_back(self) -> None:
        if self._file is not None and self._size is not None:
            with suppress(OSError):
                os.ftruncate(self._file, self._size)

    def close(self) -> None:
        """Close the file; standard output stays open."""
        if self._file is not None and self._path != STANDARD_OUTPUT:
            os.close(self._file)
