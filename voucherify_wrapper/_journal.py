"""The journal of a run: one SQLite file, from which a run that was killed goes on.

- Before a pair is sent, it stands there as ``started``; before an outcome is handed over, it stands there,
  too; both are flushed to the disk. One transaction for many pairs.
- What was handed over is a single number, which moves when the caller asks for the next outcome. It is
  written at once, but flushed with the next transaction: it outlives the process at once, and a power failure
  soon.
- One process at a time: SQLite's own exclusive lock, which the system takes away from a dead process.
"""

from __future__ import annotations

import os
import sqlite3
from collections import deque
from contextlib import contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING, Self

from ._errors import InvalidArgumentError, JournalError, UsageError
from ._releases import Recorded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ._releases import Task
    from ._results import Outcome

_OURS = 0x564F5543  # SQLite's application_id: "VOUC"
_VERSION = 1
_SCHEMA = (
    f"PRAGMA application_id = {_OURS}",
    f"PRAGMA user_version = {_VERSION}",
    "CREATE TABLE progress (runs INTEGER NOT NULL, reported INTEGER NOT NULL)",
    "INSERT INTO progress VALUES (0, 0)",
    """CREATE TABLE pairs (
        code TEXT NOT NULL, session_key TEXT NOT NULL,
        status TEXT NOT NULL,        -- started, released, already_gone, failed
        uncertain INTEGER NOT NULL,  -- 1: a request whose answer is not known may have released it
        run INTEGER NOT NULL,        -- the run that had it last
        position INTEGER, attempts INTEGER, confirmed INTEGER, error TEXT,
        number INTEGER,              -- the outcomes in the order in which they are handed over
        PRIMARY KEY (code, session_key)
    ) WITHOUT ROWID""",
)
_DONE = ("released", "already_gone")
_LOOK_UP = "SELECT status, uncertain, run FROM pairs WHERE code = ? AND session_key = ?"
_START = """
INSERT INTO pairs (code, session_key, status, uncertain, run) VALUES (?, ?, 'started', ?, ?)
ON CONFLICT DO UPDATE SET status = 'started', uncertain = excluded.uncertain, run = excluded.run
"""
_END = """
UPDATE pairs SET
    status = ?, uncertain = uncertain OR ?, position = ?, attempts = ?, confirmed = ?, error = ?, number = ?
WHERE code = ? AND session_key = ?
"""
_UNREPORTED = """
SELECT position, code, session_key, status, confirmed, attempts, error, number FROM pairs
WHERE number > (SELECT reported FROM progress) AND status IN ('released', 'already_gone') ORDER BY number
"""
_DROP = "DELETE FROM pairs WHERE code = ? AND session_key = ?"
_HINTS = {
    "SQLITE_BUSY": "Another run has it open; wait for that one, or name another file.",
    "SQLITE_NOTADB": "It is no journal; name another file.",
    "SQLITE_CORRUPT": "It is damaged; name another file, and what was released already will be found gone.",
    "SQLITE_FULL": "Make room on the disk, and run it again with the same input and journal.",
}
_of_the_parent: list[sqlite3.Connection] = []
"""Kept by a forked process for ever: closing the database there would take the parent's log away."""
_ANY_HINT = "Check the path, and that its folder may be written to."


class _Told:
    """Tells what SQLite and the system say in this package's terms; a generator would cost far more."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._process = os.getpid()

    def __enter__(self) -> None:
        if self.is_inherited:
            raise UsageError(
                f"The journal {self._path!r} belongs to the process that opened it, not to a fork of it."
            )

    @property
    def is_inherited(self) -> bool:
        """Whether this is a forked process: SQLite has no lock here, and does not know it."""
        return os.getpid() != self._process

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, (sqlite3.Error, OSError, ValueError)):
            name = getattr(error, "sqlite_errorname", "")
            hint = next((hint for known, hint in _HINTS.items() if name.startswith(known)), _ANY_HINT)
            raise JournalError(f"The journal {self._path!r} cannot be used ({error}). {hint}") from error


class Journal:
    """A run's ledger in a file; used by one thread at a time.

    Args:
        path: the file; made with access for its owner alone, as it holds session keys.
    """

    path: str

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            self.path = os.fsdecode(path)
        except TypeError:
            raise InvalidArgumentError("journal must be the path of a file.") from None
        self._told = _Told(self.path)
        with self._told:
            self._absolute = os.path.abspath(self.path)  # noqa: PTH100 - also of what SQLite takes for a name of its own
        self._database: sqlite3.Connection
        self._fresh: dict[tuple[str, str], bool] = {}
        self._handing: deque[int] = deque()  # the numbers of outcomes that are about to be handed over
        self._numbers = count(1)
        self._run = 0

    def __enter__(self) -> Self:
        with self._told:
            # Where a link leads to nothing yet, SQLite would make a file that all can read.
            self._absolute = os.path.realpath(self._absolute)
            with suppress(FileExistsError):
                os.close(os.open(self._absolute, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            self._database = sqlite3.connect(
                self._absolute, timeout=0, isolation_level=None, check_same_thread=False
            )
        try:
            with self._told:
                self._open()
        except BaseException:
            self._database.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._told.is_inherited:
            _of_the_parent.append(self._database)
        else:
            self._database.close()

    def _open(self) -> None:
        self._database.execute("PRAGMA locking_mode = EXCLUSIVE")
        with self._transaction("EXCLUSIVE"):  # first of all, so that of two processes one has it
            self._check_whose_it_is()
            self._database.execute("UPDATE progress SET runs = runs + 1")
        self._database.execute("PRAGMA journal_mode = WAL")
        [(self._run, last)] = self._database.execute(
            "SELECT runs, (SELECT max(number) FROM pairs) FROM progress"
        )
        self._numbers = count((last or 0) + 1)

    def _check_whose_it_is(self) -> None:
        owner, version, tables = (
            self._database.execute(asked).fetchone()[0]
            for asked in (
                "PRAGMA application_id",
                "PRAGMA user_version",
                "SELECT count(*) FROM sqlite_master",
            )
        )
        if not (owner or tables):
            for statement in _SCHEMA:
                self._database.execute(statement)
        elif owner != _OURS:
            raise JournalError(
                f"{self.path} is a database of something else. Name another file as the journal."
            )
        elif version != _VERSION:
            raise JournalError(
                f"{self.path} is a journal of another version of this package ({version}, not {_VERSION}). "
                "Finish its run with that version, or name another file."
            )

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[None]:
        """All or nothing of it, and on the disk at its end."""
        self._database.execute("PRAGMA synchronous = FULL")
        self._database.execute(f"BEGIN {kind}")
        try:
            yield
            self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise
        finally:
            self._database.execute("PRAGMA synchronous = NORMAL")

    def unreported(self) -> Sequence[Recorded]:
        """What earlier runs wrote down as done and did not hand over, in order."""
        with self._told:
            rows = self._database.execute(_UNREPORTED).fetchall()
        self._handing.extend(row[-1] for row in rows)
        return [Recorded(*row[:-1]) for row in rows]

    def claim(self, code: str, session_key: str) -> bool | None:
        """Take a pair: whether it may have been released before; None when it is not to be released again."""
        if (code, session_key) in self._fresh:
            return None
        with self._told:
            row = self._database.execute(_LOOK_UP, (code, session_key)).fetchone()
        status, uncertain, run = row or ("", 0, 0)
        if status in _DONE or run == self._run:
            return None
        self._fresh[code, session_key] = status == "started" or bool(uncertain)
        return self._fresh[code, session_key]

    def save(self, outcomes: Sequence[Outcome]) -> None:
        """Make the claims since the last time, and these outcomes, durable."""
        if not (self._fresh or outcomes):
            return
        started = [(*pair, uncertain, self._run) for pair, uncertain in self._fresh.items()]
        never = [(it.code, it.session_key) for it in outcomes if not _is_kept(it)]
        numbered = [(it, next(self._numbers)) for it in outcomes if _is_kept(it)]
        ended = [_row_of(it, number) for it, number in numbered]
        with self._told, self._transaction():
            self._database.executemany(_START, started)
            self._database.executemany(_END, ended)
            self._database.executemany(_DROP, never)
        self._fresh.clear()
        self._handing.extend(number for _, number in numbered)

    def reported(self, outcome: Outcome | Recorded) -> None:
        """Note that the caller has had an outcome; in the order in which they were saved."""
        if _is_kept(outcome):
            with self._told:
                self._database.execute("UPDATE progress SET reported = ?", (self._handing.popleft(),))

    def give_back(self, unsent: Sequence[Task]) -> None:
        """Take back the claims of tasks of which nothing was sent in this run."""
        rows = [(task.code, task.session_key) for task in unsent if not task.uncertain]
        with self._told, self._transaction():
            self._database.executemany(_DROP, rows)


def _is_kept(outcome: Outcome | Recorded) -> bool:
    """Whether an outcome stands in the journal: not of a pair that cannot be sent, and may be no text."""
    return not isinstance(outcome.error, InvalidArgumentError)


def _row_of(outcome: Outcome, number: int) -> tuple[object, ...]:
    error = outcome.error
    return (
        outcome.status,
        outcome.status == "failed" and getattr(error, "may_have_acted", False),
        outcome.position,
        outcome.attempts,
        outcome.confirmed,
        str(error) if error else None,
        number,
        outcome.code,
        outcome.session_key,
    )
