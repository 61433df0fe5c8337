"""A report as one HTML file that needs nothing but itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.comparison.changes import Axis
from scripts.comparison.severity import Severity
from scripts.reporting.pages import render
from scripts.reporting.values import Sides, sides
from scripts.reporting.words import (
    AXES,
    SEVERITIES,
    besides,
    code_checked,
    concerns,
    first_upper,
    headline,
    listed,
    reached,
    repaired,
    sentence,
    steps,
    version,
    what_changed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.comparison.changes import Change
    from scripts.reporting.model import Report

PROSE = "prose"

_ABOUT = {
    Severity.BREAKING.value: "A program that keeps to the old revision can fail.",
    Severity.WARNING.value: "It cannot be proven that no program fails.",
    Severity.HARMLESS.value: "No program that keeps to the old revision notices.",
    PROSE: "Descriptions, summaries and examples: readers alone notice.",
}
_NAMES = {**{severity.value: name for severity, name in SEVERITIES.items()}, PROSE: "Wording"}
_ALL_BODIES = 6_000_000
_BODY = 20_000
_LEAST_BODY = 400


@dataclass(frozen=True)
class Row:
    """A change, as the page shows it.

    Attributes:
        change: The change.
        id: Its fingerprint; the second of two with the same one has a number behind it.
        tone: Its severity, or that it is prose.
        numbers: The places of its operations in the list to choose from, joined with blanks.
        sides: What stood before and what stands now.
        what: What changed, without the subject, which stands above it.
        operations: The operations that it reaches, besides one that its subject names.
    """

    change: Change
    id: str
    tone: str
    numbers: str
    sides: Sides
    what: str
    operations: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Rows under one heading.

    Attributes:
        tone: Their severity, or that they are prose.
        name: The heading.
        about: What they have in common, in a sentence.
        rows: The rows.
    """

    tone: str
    name: str
    about: str
    rows: list[Row]


def as_html(report: Report) -> str:
    """Write a report as a page.

    Args:
        report: The report.

    Returns:
        HTML that loads nothing from elsewhere.
    """
    operations = sorted({name for change in report.changes for name in change.operations})
    rows = _rows(report.changes, operations)
    groups = [
        Group(tone, name, _ABOUT[tone], [row for row in rows if row.tone == tone])
        for tone, name in _NAMES.items()
    ]
    comparison = report.comparison
    return render(
        "report.html.jinja",
        script="page.js",
        report=report,
        headline=headline(report),
        summary=sentence(report),
        besides=besides(report),
        steps=steps(report),
        version=version(report),
        code=code_checked(report.code) if report.code else "",
        concerns=concerns(report),
        axes=first_upper(listed([AXES[axis] for axis in report.axes])),
        shown_axes=[
            axis for axis in Axis if axis is not Axis.PROSE and any(r.change.axis is axis for r in rows)
        ],
        operations=operations,
        tiles=[(group.tone, group.name, len(group.rows)) for group in groups],
        groups=[group for group in groups if group.rows],
        old=comparison.old if comparison else None,
        new=comparison.new if comparison else None,
        repairs=repaired(report),
    )


def _rows(changes: Sequence[Change], operations: Sequence[str]) -> list[Row]:
    number = {name: str(index) for index, name in enumerate(operations)}
    # The page stays usable: where there are many rows, each has less room for what it shows.
    limit = max(_LEAST_BODY, min(_BODY, _ALL_BODIES // (2 * len(changes) or 1)))
    seen: dict[str, int] = {}
    rows = []
    for change in changes:
        fingerprint = change.fingerprint
        seen[fingerprint] = seen.get(fingerprint, 0) + 1
        again = f"-{seen[fingerprint]}" if seen[fingerprint] > 1 else ""
        tone = PROSE if change.axis is Axis.PROSE else change.severity.value
        numbers = " ".join(number[name] for name in change.operations)
        shown = sides(change, limit)
        name = fingerprint + again
        rows.append(Row(change, name, tone, numbers, shown, what_changed(change), reached(change)))
    return rows
