"""What people read of an update on the forge: titles, bodies and comments.

A body carries a mark that no reader sees, with a digest of what it says: an update that says the same again
is told from one that does not, whatever people have changed in the text since.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.command import UnusableInputError, system_error
from scripts.comparison.severity import Severity
from scripts.reporting.saved import read_report
from scripts.reporting.words import approved, counted, prose, quoted, told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from scripts.reporting.model import Report, Verdict

LABELS = {
    "specification": ("0e4a7b", "Voucherify's specification changed"),
    "breaking": ("b60205", "Code that was written before can fail"),
    "compatible": ("0e8a16", "Code that was written before keeps working"),
    "refused": ("d93f0b", "The specification could not be taken over"),
}
"""The labels that this project sets, each with its colour and its description."""

GENERAL = "specification"
VERDICTS = tuple(name for name in LABELS if name != GENERAL)
ISSUE_TITLE = "Voucherify's specification could not be taken over"
SETTLED = "settled"
"""The mark of what was closed here: the same update may come again."""

_NAMED = 20
_MARK = re.compile(r"<!-- track-specification: (\w+) -->")


@dataclass(frozen=True)
class Said:
    """What `make track` reported.

    Attributes:
        verdict: What the update comes to.
        title: One line on it.
        markdown: The report.
        link: Where the report can be read as a page; empty where it cannot.
        document: The SHA-256 of the new document as it is kept; empty where there is none.
    """

    verdict: Verdict
    title: str
    markdown: str
    link: str
    document: str = ""

    def body(self, *notes: str) -> str:
        """Return the text of a pull request or an issue.

        Args:
            notes: What is to be said below the report.

        Returns:
            The text, with its mark.
        """
        told = "\n\n".join([self.markdown.strip(), *notes])
        digest = hashlib.sha256(f"{self.title}\n{told}".encode()).hexdigest()[:16]
        # The link is new on every run, which is no news: it stays out of the digest.
        page = f"\n\n[The whole report, as a page to search and filter]({self.link})" if self.link else ""
        return f"{told}{page}\n\n{_marked(digest)}"


def said_by(folder: Path, link: str) -> Said:
    """Read what `make track` reported.

    Args:
        folder: The folder with `report.json` and `report.md`.
        link: Where the report can be read as a page; may be empty.

    Returns:
        What it says.

    Raises:
        UnusableInputError: There is no report, or it is none of this project's.
    """
    try:
        report = read_report(folder / "report.json")
        markdown = (folder / "report.md").read_text(encoding="utf-8")
    except OSError as error:
        raise UnusableInputError(
            f"{system_error(error)} `make track` writes the report; run that first."
        ) from error
    except UnicodeDecodeError as error:
        raise UnusableInputError(f"{folder / 'report.md'} is not UTF-8; run `make track` again.") from error
    document = report.comparison.new.sha256 if report.comparison else ""
    return Said(report.verdict, _title(report), markdown, link, document)


def _title(report: Report) -> str:
    """Say in a line what changed, by severity."""
    breaking, warnings, harmless = (len(told(report, severity)) for severity in Severity)
    parts = [
        counted(breaking, "breaking change") if breaking else "",
        counted(warnings, "warning") if warnings else "",
        f"{len(approved(report)):,} approved" if approved(report) else "",
        f"{harmless:,} harmless" if harmless else "",
        f"{len(prose(report)):,} in prose" if prose(report) else "",
    ]
    return f"Update Voucherify's specification: {', '.join(filter(None, parts))}"


def mark_of(body: str) -> str:
    """Return the mark in a text, which is the last thing that looks like one; empty where it has none."""
    found: list[str] = _MARK.findall(body)
    return found[-1] if found else ""


def settled(body: str) -> str:
    """Put the mark of what was closed here into a text."""
    return f"{_MARK.sub('', body).rstrip()}\n\n{_marked(SETTLED)}"


def _marked(mark: str) -> str:
    return f"<!-- track-specification: {mark} -->\n"


NO_CHECKS = (
    "**Checks do not start by themselves here:** this was pushed with the workflow's own token, and GitHub "
    "starts no workflow for that. Mark the draft as ready, or close and reopen the pull request, to start "
    "them. `docs/tracking.md` says how an app's token makes that unnecessary."
)
KEPT = "This issue is kept up to date, and closed once the specification can be taken over again."
WITHDRAWN = (
    "Upstream's specification says again what the default branch has, so there is nothing left to update."
)
WITHDRAWN_BRANCH_STAYS = f"{WITHDRAWN} The branch stays, because other people committed to it."
FINE_AGAIN = "The specification could be taken over again: this is settled."
CHANGED_REASON = "The reason is another one now; the description above tells it."


def on_top(commit: str, others: Sequence[str]) -> str:
    """Say that an update went on top of other people's commits."""
    named = "\n".join(f"- {quoted(each, 120)}" for each in others[:_NAMED])
    return (
        f"The specification changed again: {commit} lies on top of what other people committed here, which "
        f"stays as it is. Please look whether it still fits.\n\n{named}"
    )
