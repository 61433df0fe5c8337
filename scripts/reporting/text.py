"""A report for a terminal: plain, narrow, without colour."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING

from scripts.command import plain
from scripts.comparison.severity import Severity
from scripts.reporting.values import in_a_line
from scripts.reporting.words import (
    approved,
    besides,
    code_checked,
    concerns,
    counted,
    elsewhere,
    few,
    headline,
    one_line,
    place,
    prose,
    reached,
    repairs,
    sentence,
    steps,
    told,
    version,
    what_changed,
    whats_counted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.comparison.changes import Change, Revision
    from scripts.reporting.model import Finding, Report

WIDTH = 88
_CODE = re.compile("`[^`]{1,70}`")
"""Names that fit into a line."""
_GLUE = "\0"
_SIDE = 120
"""Characters of what stood before, and of what stands now."""
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
    return "".join(f"{plain(line)}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    yield from _wrapped(f"{headline(report).upper()}. {sentence(report)}")
    yield from _wrapped(besides(report))
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
        yield from _findings(report, title, findings)
    yield from _rows(report, "Breaking", told(report, Severity.BREAKING))
    yield from _rows(report, "Warnings", told(report, Severity.WARNING))
    yield from _rows(report, "Approved", approved(report))
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
    return f"{one_line(revision.source)} ({size})"


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    """Break a text into lines, but never an address, a path or a name, nor what stands between backticks."""
    glued = _CODE.sub(lambda code: code[0].replace(" ", _GLUE), one_line(text, 2_000))
    lines = textwrap.wrap(
        glued, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False,
        break_long_words=False,
    )  # fmt: skip
    return [line.replace(_GLUE, " ") for line in lines]


def _more(report: Report, items: Sequence[object], shown: int) -> Iterator[str]:
    rest = len(items) - shown
    if rest > 0:
        yield f"  … and {rest:,} more; {elsewhere(report, rest)}."


def _findings(report: Report, title: str, findings: Sequence[Finding]) -> Iterator[str]:
    if findings:
        yield from ("", title)
    for each in findings[:MANY]:
        yield from _wrapped(f"{place(each)}: {each.what}" if each.file else each.what, "  - ", "    ")
        if each.text:
            yield f"      {one_line(each.text, WIDTH - 6)}"
    yield from _more(report, findings, MANY)


def _rows(report: Report, title: str, changes: list[Change]) -> Iterator[str]:
    if changes:
        yield ""
        yield f"{title} ({len(changes):,})"
    for each in changes[:MANY]:
        yield from _row(each)
    yield from _more(report, changes, MANY)


def _row(change: Change) -> Iterator[str]:
    yield from _wrapped(f"{change.subject} [{change.fingerprint}]", "  - ", "    ")
    yield from _wrapped(f"{what_changed(change)} {change.why}", "    ", "    ")
    before, after = ("nothing" if side is None else side for side in in_a_line(change, _SIDE))
    if (change.before, change.after) != (None, None):
        arrow = f"{before} -> {after}"
        beside = len(arrow) <= WIDTH - 4
        for line in [arrow] if beside else [f"before: {before}", f"after: {after}"]:
            yield from _wrapped(line, "    ", "      ")
    if reached(change):
        yield from _wrapped(f"reaches {few(reached(change), 'operation')}", "    ", "    ")
    if change.approval:
        yield from _wrapped(f"approved: {change.approval}", "    ", "    ")


def _rest(report: Report) -> Iterator[str]:
    harmless = told(report, Severity.HARMLESS)
    if harmless:
        yield ""
        yield f"Harmless ({len(harmless):,})"
    # To count one that is left out takes the line that it would have taken.
    shown = len(harmless) if len(harmless) == MANY_HARMLESS + 1 else MANY_HARMLESS
    for each in harmless[:shown]:
        yield from _wrapped(f"{each.subject}: {what_changed(each)}", "  - ", "    ")
    yield from _more(report, harmless, shown)
    words = prose(report)
    if words:
        yield ""
        places = counted(len(words), "place")
        yield f"Only the wording changed in {places}; {elsewhere(report, len(words))}."
    mended = repairs(report)
    if mended:
        yield ""
        yield from _wrapped(mended)
    if report.comparison is not None and report.comparison.stale_approvals:
        yield ""
        yield from _wrapped(f"Approved, but gone: {', '.join(report.comparison.stale_approvals)}")
