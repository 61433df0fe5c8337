"""A report as a fragment of the changelog, which towncrier gathers at a release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.comparison.changes import Axis
from scripts.comparison.severity import Severity
from scripts.reporting.markdown_text import code, prose_text
from scripts.reporting.model import Bump
from scripts.reporting.words import counted, few, reached, what_changed, whats_counted

if TYPE_CHECKING:
    from scripts.comparison.changes import Change
    from scripts.reporting.model import Report

_NAMED = 5
_OPERATIONS = 2


def changelog_fragment(report: Report) -> tuple[str, str]:
    """Write the changelog's entry for an update.

    What breaks stands in it whether a person has approved it or not: those who upgrade have not.

    Args:
        report: The report.

    Returns:
        The fragment's file name, which is the same for the same new document, and its text; both are empty
        where there is nothing to tell.
    """
    comparison = report.comparison
    if comparison is None or not comparison.changes:
        return "", ""
    breaking = [each for each in report.changes if each.severity is Severity.BREAKING]
    kind = "breaking" if report.bump is Bump.MAJOR else "changed"
    revision = comparison.new.sha256[:8]
    lines = [f"The client follows Voucherify's specification `{revision}`: {whats_counted(report)}."]
    lines += [f"- {_place(each)}: {prose_text(what_changed(each))}" for each in breaking[:_NAMED]]
    if breaking[_NAMED:]:
        lines.append(f"- and {counted(len(breaking) - _NAMED, 'more change')} that break")
    name = f"+specification-{revision}.{kind}.md"
    return name, "".join(f"{line}\n" for line in lines)


def _place(change: Change) -> str:
    """Name where a change is, and the operations that have to do with it."""
    operations = few(reached(change), "operation", _OPERATIONS) if change.axis is Axis.WIRE else ""
    return (
        f"{code(change.subject, 120)} in {prose_text(operations)}"
        if operations
        else code(change.subject, 120)
    )
