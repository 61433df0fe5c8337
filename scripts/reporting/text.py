"""A report for a terminal: plain, narrow, without colour."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from scripts.comparison.severity import Severity
from scripts.reporting.values import short
from scripts.reporting.words import (
    approved,
    code_checked,
    concerns,
    counted,
    few,
    headline,
    one_line,
    place,
    prose,
    repairs,
    sentence,
    steps,
    told,
    version,
    whats_counted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.comparison.changes import Change, Revision
    from scripts.reporting.model import Finding, Report

WIDTH = 88
MANY = 100
"""Rows of a list that are shown; more are counted."""
MANY_HARMLESS = 20
"""The same for harmless rows, which take a line each."""


def as_text(report: Report) -> str:
    """Write a report for a terminal.

    Args:
        report: The report.

    Returns:
        Lines that end with a line feed.
    """
    return "".join(f"{_said(line)}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield from _wrapped(f"{headline(report).upper()}. {sentence(report)}")
    if report.comparison is not None:
        yield ""
        yield from _wrapped(_revision(report.comparison.old), "  old  ", "       ")
        yield from _wrapped(_revision(report.comparison.new), "  new  ", "       ")
        yield from _wrapped(whats_counted(report), "       ", "       ")
    elif report.source:
        yield from _wrapped(f"from {report.source}", "  ", "       ")
    if report.generated:
        yield from _wrapped(f"made {report.generated}", "  ", "       ")
    if report.code is not None:
        yield from ("", *_wrapped(f"Your code, {code_checked(report.code)}"))
    for title, findings in concerns(report):
        yield from _findings(title, findings)
    yield from _rows("Breaking", told(report, Severity.BREAKING))
    yield from _rows("Warnings", told(report, Severity.WARNING))
    yield from _rows("Approved", approved(report))
    yield from _rest(report)
    if report.changes:
        yield ""
        yield from _wrapped(f"Version: {version(report)}", "", "  ")
    for number, step in enumerate(steps(report), start=1):
        if number == 1:
            yield from ("", "What to do")
        yield from _wrapped(step, f"  {number}. ", "     ")


def _revision(revision: Revision) -> str:
    size = f"{counted(revision.operations, 'operation')}, {counted(revision.schemas, 'schema')}"
    return f"{one_line(revision.source, 60)} ({size})"


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    return textwrap.wrap(
        one_line(text, 2_000), WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def _said(line: str) -> str:
    """Keep a line from being a command to the machine that keeps the log, as GitHub's are."""
    return re.sub(r"^(\s*:)(?=:)", r"\1 ", line).replace("##[", "# #[")


def _more(items: Sequence[object], shown: int) -> Iterator[str]:
    if items[shown:]:
        yield f"  … and {len(items) - shown:,} more; the HTML and JSON reports list them."


def _findings(title: str, findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield from ("", title)
    for each in findings[:MANY]:
        yield from _wrapped(f"{place(each)}: {each.what}" if each.file else each.what, "  - ", "    ")
        if each.text:
            yield f"      {one_line(each.text, WIDTH - 6)}"
    yield from _more(findings, MANY)


def _rows(title: str, changes: list[Change]) -> Iterator[str]:
    if changes:
        yield ""
        yield f"{title} ({len(changes):,})"
    for each in changes[:MANY]:
        yield from _row(each)
    yield from _more(changes, MANY)


def _row(change: Change) -> Iterator[str]:
    yield from _wrapped(f"{change.subject} [{change.fingerprint}]", "  - ", "    ")
    yield from _wrapped(f"{change.what} {change.why}", "    ", "    ")
    before, after = (short(change, new=new) for new in (False, True))
    if before is not None or after is not None:
        yield from _wrapped(f"{before or 'nothing'} -> {after or 'nothing'}", "    ", "    ")
    if change.operations and change.operations != (change.subject,):
        yield from _wrapped(f"reaches {few(change.operations, 'operation')}", "    ", "    ")
    if change.approval:
        yield from _wrapped(f"approved: {change.approval}", "    ", "    ")


def _rest(report: Report) -> Iterator[str]:
    harmless = told(report, Severity.HARMLESS)
    if harmless:
        yield ""
        yield f"Harmless ({len(harmless):,})"
    for each in harmless[:MANY_HARMLESS]:
        yield from _wrapped(f"{each.subject}: {each.what}", "  - ", "    ")
    yield from _more(harmless, MANY_HARMLESS)
    words = prose(report)
    if words:
        yield ""
        yield f"Only the wording changed in {counted(len(words), 'place')}; the HTML report shows them."
    mended = repairs(report)
    if mended:
        yield ""
        yield from _wrapped(mended)
    if report.comparison is not None and report.comparison.stale_approvals:
        yield ""
        yield from _wrapped(f"Approved, but gone: {', '.join(report.comparison.stale_approvals)}")
