"""The report of the last update, which outlives the runs after it that found nothing new.

`report/` tells of the last run. Where that was no update, the report of the one that made the present state
lies within it, in `report/last-update/`, for whoever proposes that update or approves of it later.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scripts.command import UnusableInputError
from scripts.comparison.approvals import Approvals, read_approvals
from scripts.reporting.model import Verdict
from scripts.reporting.saved import read_report
from scripts.state import APPROVALS, DOCUMENT, REPORT
from scripts.transaction import digest

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.reporting.model import Report

LAST = "last-update"
"""Where it lies in the folder of reports."""


@dataclass(frozen=True)
class LastUpdate:
    """What the update said that made the present state.

    Attributes:
        folder: The folder with its reports.
        report: What it said.
    """

    folder: Path
    report: Report


def last_update(root: Path) -> LastUpdate | None:
    """Find what the last update said.

    Args:
        root: The project's folder.

    Returns:
        The report; None where there is none of an update to the document that is kept.
    """
    kept = digest(root / DOCUMENT)
    for folder in (root / REPORT, root / REPORT / LAST):
        with suppress(OSError, UnusableInputError):
            report = read_report(folder / "report.json")
            made = report.verdict in (Verdict.COMPATIBLE, Verdict.BREAKING)
            if made and report.comparison is not None and report.comparison.new.sha256 == kept:
                return LastUpdate(folder, report)
    return None


def judged_anew(report: Report, root: Path) -> Report:
    """Judge a report by what a person has approved of by now.

    Args:
        report: The report of an update.
        root: The project's folder.

    Returns:
        The report; the same one where the approvals make no difference.

    Raises:
        UnusableInputError: The approvals cannot be worked with.
    """
    approvals = read_approvals(root / APPROVALS) if (root / APPROVALS).exists() else Approvals({})
    changes, stale = approvals.applied(report.changes)
    compared = report.comparison
    return replace(report, comparison=compared and replace(compared, changes=changes, stale_approvals=stale))
