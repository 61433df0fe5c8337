"""What a report says in sentences, the same in each of its forms.

Sentences quote names in `backticks`. What comes from a document stands in them as it is: each form escapes
whole sentences, in its own way.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from scripts.command import visible
from scripts.comparison.changes import Axis
from scripts.comparison.severity import Severity
from scripts.reporting.model import Bump, Run, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scripts.comparison.changes import Change
    from scripts.notes import Note
    from scripts.reporting.model import CodeCheck, Finding, Report

AXES = {Axis.WIRE: "on the wire", Axis.PYTHON: "in Python", Axis.PROSE: "in wording"}
"""Where a change is felt, as part of a sentence."""

SEVERITIES = {Severity.BREAKING: "Breaking", Severity.WARNING: "Warnings", Severity.HARMLESS: "Harmless"}
"""What a list of rows is called."""

_NAMED = 3
_LISTED = 10
_LONGEST = 200
"""Characters that the one sentence has, if it can."""
_CODE = re.compile("(?<!`)`([^`]+)`(?!`)")


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


def few(names: Iterable[str], what: str, most: int = _NAMED) -> str:
    """Name the first few, and count the rest."""
    every = list(names)
    shown = [quoted(name) for name in every[:most]]
    rest = len(every) - most
    return listed([*shown, counted(rest, f"other {what}" if shown else what)] if rest > 0 else shown)


def reached(change: Change) -> tuple[str, ...]:
    """Return the operations that a change reaches, unless there is one alone, which its subject names."""
    if len(change.operations) == 1 and f"{change.subject} ".startswith(f"{change.operations[0]} "):
        return ()
    return tuple(name for name in change.operations if name != change.subject)


def what_changed(change: Change) -> str:
    """Say what changed, to be read below the subject: without that, where the sentence begins with it."""
    rest = change.what.removeprefix(f"{quoted(change.subject, len(change.subject))} ")
    return first_upper(rest)


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
    first = one_line(reasons[0].what, _LONGEST - 80).rstrip(".")
    more = f" ({counted(len(reasons) - 1, 'more reason')} below)" if reasons[1:] else ""
    return f"The update was refused, and nothing was changed: {first}{more}."


def _whom_it_breaks(report: Report) -> str:
    told = [_breaks(report, named) for named in range(_NAMED, -1, -1)]
    return next((each for each in told if len(each) <= _LONGEST), told[-1])


def _breaks(report: Report, named: int) -> str:
    """Say whom a report breaks, with a number of names of each kind; the rest is counted."""
    operations, names = _broken(report)
    whom = []
    if operations:
        whom.append(f"programs that call {few(operations, 'operation', named)}")
    elif told(report, Severity.BREAKING, Axis.WIRE):
        whom.append("programs that call this API")
    if names:
        whom.append(f"Python code that uses {few(names, 'name', named)} of the generated client")
    count = len(told(report, Severity.BREAKING))
    return f"This can break {', and '.join(whom)} ({counted(count, 'breaking change')})."


def _broken(report: Report) -> tuple[list[str], list[str]]:
    """Return the operations and the Python names that break, each once."""
    wire, python = (told(report, Severity.BREAKING, axis) for axis in (Axis.WIRE, Axis.PYTHON))
    # A class is imported from `models`; the module that it lies in only makes its name long.
    names = [re.sub(r"^models\.\w+\.(?=\w)", "", each.subject) for each in python]
    return sorted({name for each in wire for name in each.operations}), list(dict.fromkeys(names))


def besides(report: Report) -> str:
    """Name whom a report breaks as far as the sentence does not, in a line; empty where it names all."""
    if report.verdict is not Verdict.BREAKING:
        return ""
    said = sentence(report)
    kinds = zip(("Operations", "Python names"), ("operation", "name"), _broken(report), strict=True)
    return " ".join(
        f"{title}: {few(names, what, _LISTED)}."
        for title, what, names in kinds
        if not all(quoted(name) in said for name in names)
    )


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
        changes = counted(count, "change")
        return f"Nothing breaks: programs that were written for the old revision keep working ({changes})."
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
        f"{len(prose(report)):,} in wording only",
    ]
    accepted = len(approved(report))
    return ", ".join([*parts, *([f"{accepted:,} of them approved"] if accepted else [])])


def version(report: Report) -> str:
    """Say what the update does to a version, by semantic versioning, and which axis asks for it."""
    asked = {
        Bump.NONE: "none: there is nothing to release.",
        Bump.PATCH: "patch (as from 1.4.2 to 1.4.3, or from 0.4.2 to 0.4.3): only words changed.",
        Bump.MINOR: f"minor (as from 1.4.2 to 1.5.0, or from 0.4.2 to 0.4.3): {_why_minor(report)}.",
        Bump.MAJOR: f"major (as from 1.4.2 to 2.0.0, or from 0.4.2 to 0.5.0): {_why_major(report)}.",
    }[report.bump]
    refused = report.verdict is Verdict.REFUSED
    return f"If it is taken all the same, {asked}" if refused else first_upper(asked)


def _why_minor(report: Report) -> str:
    return (
        "nothing is known to break callers" if report.counts[Severity.WARNING] else "nothing breaks callers"
    )


def _why_major(report: Report) -> str:
    breaking = [each for each in report.changes if each.severity is Severity.BREAKING]
    axes = [each.axis for each in breaking]
    where = [f"{axes.count(axis):,} {AXES[axis]}" for axis in (Axis.WIRE, Axis.PYTHON) if axis in axes]
    told = f", {listed(where)}" if where[1:] else "".join(f" {AXES[axis]}" for axis in {*axes})
    accepted = sum(1 for each in breaking if each.approval)
    also = f"; {accepted:,} of them approved here, but not by other callers" if accepted else ""
    return f"{counted(len(breaking), 'breaking change')}{told}{also}"


def elsewhere(report: Report, number: int) -> str:
    """Say where rows are shown that have no room here."""
    them = "it" if number == 1 else "them"
    return {
        Run.COMPARISON: f"`--format html` shows {them}",
        Run.UPDATE: f"report.html shows {them}",
        Run.DRY_RUN: f"the page that `--report FOLDER` writes shows {them}",
    }[report.run]


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
        again = "run again" if report.run is Run.DRY_RUN else "`make rollback`, and run again"
        does.insert(
            0, f"Mend the {them} of {quoted(report.code.project)} that could not be read; then {again}."
        )
    if report.code is not None and report.code.findings:
        lines = counted(len(report.code.findings), "line")
        does.insert(0, f"Mend the {lines} of {quoted(report.code.project)} that would newly fail.")
    if report.comparison is not None and report.comparison.stale_approvals:
        does.append("Remove the stale fingerprints from the approvals: they match nothing any more.")
    return does


def _when_compatible(report: Report) -> list[str]:
    doubtful = len(told(report, Severity.WARNING))
    look = [f"Look at {_the_warnings(doubtful)}."] if doubtful else []
    return [*look, *_taken(report, f"a {report.bump} version")]


def _the_warnings(number: int) -> str:
    return "the warning" if number == 1 else f"the {number:,} warnings"


def _when_breaking(report: Report) -> list[str]:
    doubtful = len(told(report, Severity.WARNING))
    also = f", then at {_the_warnings(doubtful)}" if doubtful else ""
    uses = "call that operation, or use that name" if Axis.PYTHON in report.axes else "call that operation"
    signed = "`openapi/approvals.toml`, with your name and why"
    accept = {
        Run.COMPARISON: "a file, with your name and why, and name that file with `--approvals`",
        Run.UPDATE: f"{signed}, and run `make track` again, which judges this update anew",
        Run.DRY_RUN: signed,
    }[report.run]
    each = "the breaking row" if len(told(report, Severity.BREAKING)) == 1 else "each breaking row"
    return [
        f"Look at {each}{also}: does your code {uses}?",
        "Where it does, change your code so that it works with the new revision.",
        f"Where it does not matter to you, add its fingerprint to {accept}.",
        *_taken(report, "a major version: the fragment for the changelog names what breaks"),
    ]


def _taken(report: Report, how: str) -> list[str]:
    """Say how the new document is taken over, after all that has to be looked at."""
    if report.run is Run.COMPARISON:
        return []
    release = "; there is nothing to release" if report.bump is Bump.NONE else f", and release {how}"
    return [f"{'Run without `--dry-run`, merge' if report.run is Run.DRY_RUN else 'Merge'}{release}."]


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
