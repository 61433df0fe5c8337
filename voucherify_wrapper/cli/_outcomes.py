"""The outcomes of a run as JSON lines, in a file or on standard output: each line whole, or not there."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import frozen

from voucherify_wrapper._errors import ReleasesStoppedError, UsageError

from ._output import error_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voucherify_wrapper._results import Outcome

STANDARD_OUTPUT = "-"
_BEGINNING = b'{"line": '  # of each line
_OF_EACH = {"line", "code", "session_key", "status"}
_TAIL = 2**20  # bytes; far more than the outcomes that a journal can be in doubt about


class OutputError(ReleasesStoppedError):
    """The outcomes of a run cannot be written down any more."""


@frozen
class _End:
    """Where outcomes go on in a file.

    Attributes:
        size: the bytes that stay.
        open_line: whether the last of them are a whole outcome that no line end follows, as editors leave it.
        outcomes: the last ones, as documents.
    """

    size: int
    open_line: bool
    outcomes: list[dict[str, Any]]


def _end_of(path: Path, *, force: bool) -> _End:
    """Read the end of what is there.

    Raises:
        UsageError: there is something else than outcomes, and it is not to be written over.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        first = file.readline(_TAIL)
        file.seek(max(0, size - _TAIL))
        if size > _TAIL:
            file.readline()  # the rest of a line
        *lines, rest = file.read().split(b"\n")
    whole = [*([first] if first.endswith(b"\n") else []), *lines]
    found = [_outcome_in(line) for line in whole if line.strip()]  # editors leave an empty one at the end
    last = _outcome_in(rest)
    outcomes = [outcome for outcome in [*found, last] if outcome]
    if len(outcomes) == len(found) + bool(last) and (last or rest.startswith(_BEGINNING[: len(rest)])):
        return _End(size if last else size - len(rest), bool(last), outcomes)
    if outcomes:  # which the journal does not tell again
        raise UsageError(f"{path} holds outcomes and something else; name another file for them.")
    if not force:
        raise UsageError(
            f"{path} holds something else than outcomes; name another file for them, or write over it with "
            "--force."
        )
    return _End(0, open_line=False, outcomes=[])


def _outcome_in(line: bytes) -> dict[str, Any] | None:
    """The outcome that a line is; None of anything else."""
    try:
        document = json.loads(line) if line.startswith(_BEGINNING) else None
    except (ValueError, RecursionError):
        return None
    return document if document and document.keys() >= _OF_EACH else None


def _keep_private(file: int) -> None:
    """Leave a file to its owner alone, as it holds session keys; it may have been there, open to all."""
    with suppress(AttributeError, OSError):  # as Windows has no such thing, and some disks know no owners
        os.fchmod(file, 0o600)


@contextmanager
def _cannot_be_written(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}).") from None


class Outcomes:
    """Where the outcomes go; opened when the first one, or the first pair, is there.

    Not before, as only then the journal is this run's alone: another run may be writing to the same file.

    With a journal of an earlier run they go on in the same file, as the journal tells each outcome once. So
    a file with outcomes is never written over then, and one with something else only by `force`.

    Args:
        path: the file, ``-`` for standard output; None to write nothing.
        resuming: whether a journal of an earlier run goes with it.
        force: write over a file that is there.

    Attributes:
        written: how many lines were written.

    Raises:
        UsageError: the file is there already, or holds something else, or standard output is closed.
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
        if path and path != STANDARD_OUTPUT and os.path.isfile(path):  # noqa: PTH113 - does not raise
            self._must_be_free(Path(path))

    def _must_be_free(self, path: Path) -> None:
        """Refuse what must not be written to, before anything is opened."""
        if self._resuming:
            with _cannot_be_written(path):
                _end_of(path, force=self._force)
        elif not self._force:
            raise UsageError(
                f"{path} is there already. Name another file for the outcomes, or write over it with "
                "--force. (The run that wrote it goes on with the --journal that it had.)"
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
        with _cannot_be_written(path):
            how = os.O_TRUNC if self._force else os.O_EXCL
            if self._resuming or (path.exists() and not path.is_file()):  # as of a pipe
                how = 0
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | how, 0o600)
            if path.is_file():
                self._size = self._taken_up(path, self._file)

    def _taken_up(self, path: Path, file: int) -> int:
        """Cut off a line that was not written to its end, and give the size of all the others.

        Its outcome is told again: it was not noted as handed over.
        """
        end = _end_of(path, force=self._force)
        self._told = {
            (outcome["code"], outcome["session_key"])
            for outcome in end.outcomes
            if outcome["status"] != "failed"
        }
        os.truncate(path, end.size)
        if end.open_line:
            os.write(file, b"\n")
        if not end.size:
            _keep_private(file)
        return end.size + end.open_line

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
                f"{self.written:,} of this run."
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
