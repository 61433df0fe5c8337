"""What a report says in sentences, the same in each of its forms.

Sentences quote names in `backticks`. What comes from a document stands in them as it is: each form escapes
whole sentences, in its own way.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from scripts.comparison.changes import Axis
from scripts.comparison.severity import Severity
from scripts.reporting.model import Bump, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scripts.comparison.changes import Change
    from scripts.notes import Note
    from scripts.reporting.model import CodeCheck, Finding, Report

AXES = {Axis.WIRE: "on the wire", Axis.PYTHON: "in Python", Axis.PROSE: "in prose"}
"""Where a change is felt, as part of a sentence."""

SEVERITIES = {Severity.BREAKING: "Breaking", Severity.WARNING: "Warnings", Severity.HARMLESS: "Harmless"}
"""What a list of rows is called."""

_NAMED = 3
_CODE = re.compile("(?<!`)`([^`]+)`(?!`)")
_CONTROL = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


def visible(text: str) -> str:
    """Write out the characters that have no shape of their own, so that none of them can disguise a text.

    These are the control characters, line feed and tab aside, those that turn the direction of writing, those
    without width, and halves of surrogate pairs.
    """
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def one_line(text: str, limit: int = 300) -> str:
    """Bring a text of any length and shape to one line.

    Args:
        text: The text.
        limit: Characters that it may have; the rest is cut off, with a mark.

    Returns:
        The line, without control characters and runs of blanks.
    """
    # What is far beyond the limit is not looked at: a text may have megabytes.
    line = " ".join(visible(text[: 4 * limit]).split())
    if len(line) <= limit and len(text) <= 4 * limit:
        return line
    end = min(limit - 1, len(line))
    while 1 < end < len(line) and unicodedata.combining(line[end]):
        end -= 1
    return line[:end] + "…"


def counted(number: int, one: str, many: str = "") -> str:
    """Count things, as in "1 row" and "1,200 rows"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def first_upper(text: str) -> str:
    """Start a sentence; what follows stays as it is."""
    return text[:1].upper() + text[1:]


def listed(items: Sequence[str]) -> str:
    """Join items as a sentence does."""
    if len(items) < 2:  # noqa: PLR2004 - two are joined
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def quoted(text: str, limit: int = 80) -> str:
    """Quote a name in backticks."""
    name = one_line(text, limit).replace("`", "'")
    return f"`{name}`"


def spans(text: str, limit: int) -> list[tuple[str, bool]]:
    """Split a sentence into its words and what stands in it as code, between two backticks.

    Args:
        text: The sentence.
        limit: Characters that it may have; the rest is cut off.

    Returns:
        The parts, each with whether it is code.
    """
    parts = _CODE.split(one_line(text, limit))
    return [(part, number % 2 == 1) for number, part in enumerate(parts) if part]


def few(names: Iterable[str], what: str) -> str:
    """Name the first few, and count the rest."""
    every = list(names)
    shown = [quoted(name) for name in every[:_NAMED]]
    rest = len(every) - _NAMED
    return listed([*shown, counted(rest, f"other {what}")] if rest > 0 else shown)


def told(report: Report, severity: Severity, *axes: Axis) -> list[Change]:
    """Return the changes of a severity that no person has approved, prose aside.

    Args:
        report: The report.
        severity: The severity.
        axes: The axes to look at; none stands for all.

    Returns:
        The changes, in order.
    """
    return [
        each
        for each in report.changes
        if each.severity is severity
        and not each.approval
        and each.axis is not Axis.PROSE
        and each.axis in (axes or tuple(Axis))
    ]


def approved(report: Report) -> list[Change]:
    """Return the changes that a person has approved."""
    return [each for each in report.changes if each.approval]


def prose(report: Report) -> list[Change]:
    """Return the changes that readers alone notice."""
    return [each for each in report.changes if each.axis is Axis.PROSE]


def place(finding: Finding) -> str:
    """Say where a finding shows, as an editor takes it: `file:line`; empty where it shows in no file."""
    return f"{finding.file}:{finding.line}" if finding.file and finding.line else finding.file


def concerns(report: Report) -> list[tuple[str, Sequence[Finding]]]:
    """Return the lists of findings, each with its title, in the order in which they are told."""
    code = report.code
    return [
        ("Why it was refused", report.refusals),
        ("What the wrapper relies on and no longer finds", report.contract),
        ("Lines of your code that would newly fail", code.findings if code else ()),
        ("Files of your code that could not be checked", code.unchecked if code else ()),
        ("What the wrapper could take up", report.remarks),
    ]


def code_checked(code: CodeCheck) -> str:
    """Say what somebody's own code says to the new client."""
    name, found = quoted(code.project), len(code.findings)
    before = f" ({counted(code.before, 'finding')} with the old client already)" if code.before else ""
    fails = f"{counted(found, 'line')} would newly fail{before}" if found else f"nothing newly fails{before}"
    if not code.unchecked:
        return f"{name}: {fails}."
    unread = f"the type checker could not read {few(map(place, code.unchecked), 'file')}"
    if not found:
        return f"{name}: {unread}, so it is not known whether anything newly fails."
    return f"{name}: {fails}. There may be more, as {unread}."


def repaired(report: Report) -> list[tuple[str, Note]]:
    """Return what had to be mended, each with the document that it was."""
    comparison = report.comparison
    if comparison is None:
        return []
    return [
        *(("old document", note) for note in comparison.old_repairs),
        *(("new document", note) for note in comparison.new_repairs),
    ]


def repairs(report: Report) -> str:
    """Count what had to be mended in the documents before they could be compared; empty where nothing had."""
    which = [document for document, _ in repaired(report)]
    if not which:
        return ""
    old, new = which.count("old document"), which.count("new document")
    return f"Mended before comparing: {counted(old, 'place')} of the old document, {new:,} of the new one."


def headline(report: Report) -> str:
    """Say the verdict in a few words."""
    return {
        Verdict.UNCHANGED: "Unchanged",
        Verdict.COMPATIBLE: "Compatible",
        Verdict.BREAKING: "Breaking",
        Verdict.REFUSED: "Refused",
    }[report.verdict]


def sentence(report: Report) -> str:
    """Say in one sentence that anyone understands what a report comes to, and whom it breaks.

    Args:
        report: The report.

    Returns:
        The sentence; names in it stand in backticks.
    """
    if report.verdict is Verdict.REFUSED:
        return _why_refused(report)
    if report.verdict is Verdict.BREAKING:
        return _whom_it_breaks(report)
    if report.verdict is Verdict.UNCHANGED:
        return "Nothing has changed: clients, code and documentation stay as they are."
    return _why_compatible(report)


def _why_refused(report: Report) -> str:
    reasons = [*report.refusals, *report.contract]
    first = one_line(reasons[0].what).rstrip(".")
    more = f" ({counted(len(reasons) - 1, 'more reason')} below)" if reasons[1:] else ""
    return f"The update was refused, and nothing was changed: {first}{more}."


def _whom_it_breaks(report: Report) -> str:
    wire, python = (told(report, Severity.BREAKING, axis) for axis in (Axis.WIRE, Axis.PYTHON))
    operations = sorted({name for each in wire for name in each.operations})
    whom = []
    if operations:
        whom.append(f"programs that call {few(operations, 'operation')}")
    elif wire:
        whom.append("programs that call this API")
    if python:
        names = dict.fromkeys(each.subject for each in python)
        whom.append(f"Python code that uses {few(names, 'name')} of the generated client")
    count = len(wire) + len(python)
    done = f"{counted(count, 'change')} {'breaks' if count == 1 else 'break'} what held before"
    return f"This can break {', and '.join(whom)}: {done}."


def _why_compatible(report: Report) -> str:
    accepted = [each for each in approved(report) if each.severity is Severity.BREAKING]
    doubtful = told(report, Severity.WARNING)
    count = sum(report.counts.values())
    if accepted:
        them = "it is" if len(accepted) == 1 else "each of them is"
        more = f", and {counted(len(doubtful), 'other change')} should be looked at" if doubtful else ""
        return f"{counted(len(accepted), 'change')} can break callers, and {them} approved{more}."
    if doubtful:
        are = "is" if len(doubtful) == 1 else "are"
        which = f"{len(doubtful):,} of {counted(count, 'change')}" if count > 1 else "the one change"
        return f"Nothing is known to break, but {which} {are} not proven to be harmless."
    if count:
        these = "the one change" if count == 1 else f"all {count:,} changes"
        return f"Nothing breaks: programs that were written before can live with {these}."
    if not report.changes:
        return "The document is written in another way and says the same: no program and no reader notices."
    return f"Only the wording changed ({counted(len(report.changes), 'text')}): no program notices."


def whats_counted(report: Report) -> str:
    """Count the changes by severity, in one line."""
    counts = report.counts
    parts = [
        f"{counts[Severity.BREAKING]:,} breaking",
        counted(counts[Severity.WARNING], "warning"),
        f"{counts[Severity.HARMLESS]:,} harmless",
        f"{len(prose(report)):,} in prose",
    ]
    accepted = len(approved(report))
    return ", ".join([*parts, *([f"{accepted:,} of them approved"] if accepted else [])])


def version(report: Report) -> str:
    """Say what the update does to a version, by semantic versioning, and which axis asks for it."""
    breaking = f"major: {_who_asks(report)} (1.4.2 becomes 2.0.0)."
    asked = {
        Bump.NONE: "none: there is nothing to release.",
        Bump.PATCH: "patch: only words changed (1.4.2 becomes 1.4.3; 0.4.2 becomes 0.4.3).",
        Bump.MINOR: (
            "minor: callers keep working (1.4.2 becomes 1.5.0). While the version is 0.x, the last number is "
            "raised instead (0.4.2 becomes 0.4.3), as the middle one stands for changes that break."
        ),
        Bump.MAJOR: (
            f"{breaking} While the version is 0.x, the middle number is raised instead "
            "(0.4.2 becomes 0.5.0): installers take that for a change that breaks."
        ),
    }[report.bump]
    refused = report.verdict is Verdict.REFUSED
    return f"If it is taken all the same, {asked}" if refused else first_upper(asked)


def _who_asks(report: Report) -> str:
    breaking = [each.axis for each in report.changes if each.severity is Severity.BREAKING]
    count = {axis: breaking.count(axis) for axis in (Axis.WIRE, Axis.PYTHON)}
    parts = [f"{number:,} breaking {AXES[axis]}" for axis, number in count.items() if number]
    return f"{listed(parts)}, approved or not"


def steps(report: Report) -> list[str]:
    """Say what to do, in steps.

    Args:
        report: The report.

    Returns:
        One step each, in order; none where there is nothing to do.
    """
    does = {
        Verdict.UNCHANGED: [],
        Verdict.COMPATIBLE: _when_compatible(report),
        Verdict.BREAKING: _when_breaking(report),
        Verdict.REFUSED: _when_refused(report),
    }[report.verdict]
    if report.code is not None and report.code.unchecked:
        them = counted(len(report.code.unchecked), "file")
        does.insert(0, f"Mend the {them} of {quoted(report.code.project)} that could not be read; run again.")
    if report.code is not None and report.code.findings:
        lines = counted(len(report.code.findings), "line")
        does.insert(0, f"Mend the {lines} of {quoted(report.code.project)} that would newly fail.")
    if report.comparison is not None and report.comparison.stale_approvals:
        does.append("Remove the stale fingerprints from `approvals.toml`: they match nothing any more.")
    return does


def _when_compatible(report: Report) -> list[str]:
    doubtful = len(told(report, Severity.WARNING))
    look = [f"Look at the {counted(doubtful, 'warning')}."] if doubtful else []
    if report.bump is Bump.NONE:
        return ["Merge; there is nothing to release."]
    return [*look, f"Merge, and release with a {report.bump} version."]


def _when_breaking(report: Report) -> list[str]:
    doubtful = len(told(report, Severity.WARNING))
    also = f", then at the {counted(doubtful, 'warning')}" if doubtful else ""
    return [
        f"Look at each breaking row{also}: does your code call that operation, or use that name?",
        "Where it does, change your code so that it works with the new revision.",
        (
            "Where it does not matter to you, add its fingerprint to `openapi/approvals.toml`, with your "
            "name and why, and run again from the old state (`make rollback` brings it back)."
        ),
        "Merge, and release with a major version; name the breaking rows in the changelog.",
    ]


def _when_refused(report: Report) -> list[str]:
    mend = ["The client stays as it was; nothing has to be undone."]
    if report.refusals:
        mend.append(
            "Look at the reasons: a source that cannot be reached is a matter of its address or the network; "
            "a document that is broken is its vendor's to mend."
        )
    if report.contract:
        mend.append("Adapt the wrapper to the new client where its contract is broken.")
    return [*mend, "Run `make track` again."]
