"""A run of `voucherify release-many`: rows go in, outcomes come out and are counted and written down."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import define, field

from voucherify_wrapper._errors import JournalError, ReleasesStoppedError, UsageError, VoucherifyError
from voucherify_wrapper._journal import Journal

from ._bad_rows import BadRows
from ._outcomes import OutputError
from ._output import counted
from ._pairs import BadRow
from ._summary import Summary
from ._tally import Tally
from ._values import are_swapped, is_odd

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from voucherify_wrapper._client import Voucherify
    from voucherify_wrapper._results import Outcome

    from ._interrupts import Interrupts
    from ._outcomes import Outcomes
    from ._pairs import Row
    from ._plan import Plan

_AT_ONCE = 10_000  # pairs of a dry run that are noted in one step


@define
class Run:
    """One run.

    Attributes:
        plan: what was asked for.
        voucherify: the client.
        outcomes: where the outcomes go.
        interrupts: hears Ctrl-C.
        tally: what it has come to so far.
    """

    plan: Plan
    voucherify: Voucherify
    outcomes: Outcomes
    interrupts: Interrupts
    tally: Tally = field(factory=Tally)
    _bad_rows: BadRows = field(factory=BadRows)
    _begun: bool = False
    _read_all: bool = False

    def to_its_end(self, rows: Iterator[Row | BadRow]) -> Summary:
        """Release what is in a list.

        Raises:
            UsageError: its journal cannot be opened, or another run has it; nothing was sent.
            VoucherifyError: it could not begin.
        """
        error: VoucherifyError | None = None
        left: int | None = 0
        try:
            self._release(rows)
            if not self._read_all:
                error = self._interrupted()
        except KeyboardInterrupt:
            error, left = self._interrupted(), None
        except OutputError as failure:
            error, left = failure, None
        except ReleasesStoppedError as stopped:
            error, left = stopped, stopped.left
        except VoucherifyError as failure:
            if not (self.tally.given or self.tally.outcomes):
                if isinstance(failure, JournalError):  # where nothing was done, nothing was stopped
                    raise UsageError(str(failure)) from None
                raise
            error, left = failure, None
        finally:
            self._bad_rows.sum_up()
            self.outcomes.close()
        return Summary(self.plan, self.tally, error, left)

    def _release(self, rows: Iterator[Row | BadRow]) -> None:
        plan = self.plan
        with (
            self.interrupts,
            closing(
                self.voucherify.release_many(
                    self._pairs(rows),
                    concurrency=plan.concurrency,
                    journal=plan.journal,
                    missing_ok=plan.missing_ok,
                    max_wait=plan.max_wait,
                )
            ) as outcomes,
        ):
            for outcome in outcomes:
                self._take(outcome)

    def _pairs(self, rows: Iterator[Row | BadRow]) -> Iterator[tuple[str, str]]:
        self._begun = True
        self.outcomes.open()
        for row in self.interrupts.until_heard(rows):
            if isinstance(row, BadRow):
                self.tally.bad(row)
                self._bad_rows.tell(row)
            else:
                self.tally.read(row.line)
                yield row.code, row.session_key
        self._read_all = not self.interrupts.heard

    def _take(self, outcome: Outcome) -> None:
        # What an earlier run had, and did not tell, comes before the list is read, with that run's positions.
        line = self.tally.lines.of(outcome.position) if self._begun else None
        self.outcomes.write(outcome, line)
        self.tally.end(outcome, line)

    def _interrupted(self) -> ReleasesStoppedError:
        return ReleasesStoppedError(
            f"Interrupted after {counted(self.tally.outcomes, 'outcome')}.",
            done=self.tally.outcomes,
            journal=self.plan.journal,
        )


def _temporary_folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix="voucherify-")
    except OSError as error:
        raise UsageError(
            f"There is no room for what is temporary ({error.strerror}); TMPDIR names a folder for it."
        ) from None


def _copy(journal: str | None, copy: Path) -> None:
    for suffix in ("", "-wal"):
        if journal and os.path.isfile(f"{journal}{suffix}"):  # noqa: PTH113 - does not raise
            try:
                shutil.copyfile(f"{journal}{suffix}", f"{copy}{suffix}")
            except OSError as error:
                raise JournalError(f"The journal {journal} cannot be copied ({error.strerror}).") from None
    if journal and _is_open(journal):  # then the copy may be of no state that it had
        raise JournalError(f"A run has the journal {journal} open; wait for its end, or interrupt it.")


def _is_open(journal: str) -> bool:
    """Whether a run holds it at this moment; nothing in it is changed by looking."""
    try:
        with closing(
            sqlite3.connect(f"{Path(journal).absolute().as_uri()}?mode=ro", timeout=0, uri=True)
        ) as it:
            it.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error as error:
        return getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY")
    return False


@define
class Trial:
    """What a run would do.

    Attributes:
        to_send: how many sessions would be released.
        repeated: how many pairs are repeated, or were done before by the journal.
        bad_rows: how many rows are no pair.
        swapped: how many of the sessions have a code that looks like a key, and a key that does not.
        odd_keys: how many have a key that begins as Voucherify's own do, and cannot be one.
    """

    to_send: int = 0
    repeated: int = 0
    bad_rows: int = 0
    swapped: int = 0
    odd_keys: int = 0

    def take(self, row: Row) -> None:
        """Count a session that would be released."""
        self.to_send += 1
        self.swapped += are_swapped(row.code, row.session_key)
        self.odd_keys += is_odd(row.session_key)


def tried(rows: Iterable[Row | BadRow], journal: str | None) -> Trial:
    """Read a list as a run does, and send nothing.

    What is repeated is found out by a journal, as in a run: by a copy of the run's own, or an empty one.

    Raises:
        UsageError: the journal cannot be used, or a run has it.
        ReleasesStoppedError: the rest of the list cannot be read.
    """
    with _temporary_folder() as folder:
        copy = Path(folder, "journal")
        try:
            _copy(journal, copy)
            return _tried(rows, copy)
        except JournalError as error:  # what is wrong with the copy is wrong with the journal
            problem = str(error).replace(str(copy), journal or str(copy))
    raise UsageError(problem)


def _tried(rows: Iterable[Row | BadRow], journal: Path) -> Trial:
    trial, bad_rows = Trial(), BadRows()
    try:
        with Journal(journal) as known:
            for row in rows:
                if isinstance(row, BadRow):
                    trial.bad_rows += 1
                    bad_rows.tell(row)
                elif known.claim(row.code, row.session_key) is None:
                    trial.repeated += 1
                else:
                    trial.take(row)
                    if not trial.to_send % _AT_ONCE:
                        known.save([])
    finally:
        bad_rows.sum_up()
    return trial
