"""A report for the body of a pull request, as GitHub reads Markdown.

A body has a limit. What does not fit is left out by whole rows, the least important first, and the report
says how many and where they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from scripts.comparison.changes import Axis
from scripts.comparison.severity import Severity
from scripts.reporting.markdown_text import code, fenced, prose_text
from scripts.reporting.model import Verdict
from scripts.reporting.values import beside, in_a_line, whole
from scripts.reporting.words import (
    approved,
    besides,
    code_checked,
    concerns,
    counted,
    elsewhere,
    headline,
    place,
    prose,
    reached,
    repaired,
    sentence,
    steps,
    told,
    version,
    what_changed,
    whats_counted,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scripts.comparison.changes import Change, Revision
    from scripts.notes import Note
    from scripts.reporting.model import Finding, Report

SIGNS = {
    Verdict.UNCHANGED: "⚪",
    Verdict.COMPATIBLE: "🟢",
    Verdict.BREAKING: "🔴",
    Verdict.REFUSED: "⛔",
}

_TABLE = "| Where | What | Before | After | Fingerprint |\n|---|---|---|---|---|\n"
_OPERATIONS = 5
_SIDE = 120
_SIGNATURE_LINES = 12
_SIGNATURE_WIDTH = 160


@dataclass(frozen=True)
class _Section:
    """A titled list of rows, which can be cut between any two of them.

    Attributes:
        title: Its heading, or the text to unfold it by.
        items: What has a row each.
        row: Writes a row, with its line feeds.
        elsewhere: Says where the rows are that have no room.
        head: What stands before the first row.
        folded: Whether it is shown folded.
    """

    title: str
    items: Sequence[Any]
    row: Callable[[Any], str]
    elsewhere: Callable[[int], str]
    head: str = ""
    folded: bool = False

    def written(self, room: int) -> str:
        """Write the section with as many rows as fit into a number of characters.

        Even where none fits, the title and the count of what is left out are written.
        """
        kept: list[str] = []
        room -= len(self._around([])) + len(self.head)
        for item in self.items:
            row = self.row(item)
            room -= len(row)
            if room < 0:
                break
            kept.append(row)
        return self._around(kept)

    def _around(self, rows: Sequence[str]) -> str:
        left_out = len(self.items) - len(rows)
        more = f"\n{left_out:,} more; {self.elsewhere(left_out)}.\n" if left_out else ""
        body = f"{self.head if rows else ''}{''.join(rows)}{more}"
        if self.folded:
            return f"<details>\n<summary>{self.title}</summary>\n\n{body}\n</details>\n\n"
        return f"### {self.title}\n\n{body}\n"


def as_markdown(report: Report, *, limit: int = 60_000) -> str:
    """Write a report for a pull request's body.

    Args:
        report: The report.
        limit: Characters that it stays below; 12,000 at least, as some parts are never left out.

    Returns:
        Markdown.
    """
    top, bottom = _top(report), _bottom(report)
    sections = [section for section in _sections(report) if section.items]
    least = [len(section.written(0)) for section in sections]
    room = limit - len("\n") - 1 - len(top) - len(bottom) - sum(least)
    parts = []
    for section, kept in zip(sections, least, strict=True):
        part = section.written(kept + room)
        room -= len(part) - kept
        parts.append(part)
    return f"{top}{''.join(parts)}{bottom}".rstrip("\n") + "\n"


def _top(report: Report) -> str:
    lines = [f"## {SIGNS[report.verdict]} {headline(report)}", prose_text(sentence(report), 1_000)]
    if besides(report):
        lines.append(prose_text(besides(report), 2_000))
    if report.comparison is not None:
        old, new = report.comparison.old, report.comparison.new
        lines += [f"{whats_counted(report)}.", f"From {_revision(old)}  \nto {_revision(new)}."]
    elif report.source:
        lines.append(f"The new document came from {code(report.source)}.")
    if report.generated:
        lines.append(f"The generated client: {prose_text(report.generated)}.")
    if report.code is not None:
        lines.append(f"Your code, {prose_text(code_checked(report.code))}")
    return "\n\n".join(lines) + "\n\n"


def _revision(revision: Revision) -> str:
    size = f"{counted(revision.operations, 'operation')}, {counted(revision.schemas, 'schema')}"
    return f"{code(revision.source)} ({size}, sha256 {code(revision.sha256[:12])})"


def _sections(report: Report) -> list[_Section]:
    wire = (Axis.WIRE,)
    breaking, warnings = (told(report, severity, *wire) for severity in (Severity.BREAKING, Severity.WARNING))
    comparison = report.comparison
    python = [each for each in report.changes if each.axis is Axis.PYTHON and not each.approval]
    grave = [each for each in python if each.severity is not Severity.HARMLESS]
    mild = [each for each in python if each.severity is Severity.HARMLESS]
    harmless, words = told(report, Severity.HARMLESS, *wire), prose(report)
    mended = repaired(report)
    stale = comparison.stale_approvals if comparison else ()
    accepted = approved(report)
    more = partial(elsewhere, report)
    return [
        *(_Section(title, findings, _finding, more) for title, findings in concerns(report)),
        _Section(f"Breaking on the wire ({len(breaking):,})", breaking, _row, more, _TABLE),
        _Section(f"Warnings on the wire ({len(warnings):,})", warnings, _row, more, _TABLE),
        _Section(f"Python: what callers feel ({len(grave):,})", grave, _signatures, more),
        _Section(f"Approved ({len(accepted):,})", accepted, _approval, more, folded=True),
        _Section("Approved, but gone", stale, _stale, more),
        _Section(f"Harmless on the wire ({len(harmless):,})", harmless, _row, more, _TABLE, folded=True),
        _Section(f"Python: harmless ({len(mild):,})", mild, _signatures, more, folded=True),
        _Section(f"Mended before comparing ({len(mended):,})", mended, _note, more, folded=True),
        _Section(f"Wording only ({len(words):,})", words, _worded, more, folded=True),
    ]


def _bottom(report: Report) -> str:
    parts = []
    if report.changes:
        parts.append(f"### Version\n\n{prose_text(version(report), 500)}")
    todo = [f"{number}. {prose_text(step)}" for number, step in enumerate(steps(report), start=1)]
    if todo:
        parts.append("\n".join(["### What to do", "", *todo]))
    return "\n\n".join(parts)


def _row(change: Change) -> str:
    operations = reached(change)
    where = [f"**{code(change.subject)}**", *(code(name, 80) for name in operations[:_OPERATIONS])]
    if operations[_OPERATIONS:]:
        where.append(f"and {len(operations) - _OPERATIONS:,} more")
    sides = ("—" if side is None else code(side, _SIDE + 2) for side in in_a_line(change, _SIDE))
    what = f"{prose_text(what_changed(change))}<br>{prose_text(change.why)}"
    return f"| {' | '.join(['<br>'.join(where), what, *sides, code(change.fingerprint)])} |\n"


def _signatures(change: Change) -> str:
    before, after = ((whole(change, new=new) or "").split("\n") for new in (False, True))
    pairs = zip_longest(before[:_SIGNATURE_LINES], after[:_SIGNATURE_LINES], fillvalue="")
    cut = [beside(old, new, _SIGNATURE_WIDTH) for old, new in pairs]
    lines = [f"{sign} {pair[side]}" for side, sign in enumerate("-+") for pair in cut if pair[side]]
    told = f"{prose_text(what_changed(change))} {prose_text(change.why)} ({code(change.fingerprint)})"
    head = f"- **{change.severity}** {code(change.subject)}: {told}\n"
    if not lines:
        return head
    block = fenced(lines, "diff").replace("\n", "\n  ")
    return f"{head}\n  {block}\n\n"


def _approval(change: Change) -> str:
    where = f"{code(change.fingerprint)} **{change.severity}** {code(change.subject)}"
    return f"- {where}: {prose_text(what_changed(change))} Approved: {prose_text(change.approval)}\n"


def _stale(fingerprint: str) -> str:
    return f"- {code(fingerprint)} matches nothing any more.\n"


def _worded(change: Change) -> str:
    return f"- {code(change.subject)}: {prose_text(what_changed(change))}\n"


def _note(repair: tuple[str, Note]) -> str:
    which, note = repair
    return f"- {which}, {code(note.pointer)}: {prose_text(note.what)}. {prose_text(note.why)}\n"


def _finding(finding: Finding) -> str:
    where = f"{code(place(finding))}: " if finding.file else ""
    pointer = f" (at {code(finding.pointer)})" if finding.pointer else ""
    text = f"<br>{code(finding.text)}" if finding.text else ""
    return f"- {where}{prose_text(finding.what)}{pointer}{text}\n"
