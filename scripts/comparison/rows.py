"""Makes rows of what was found: one for each cause, with all that it reaches."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scripts.comparison.changes import Axis, Change
from scripts.comparison.places import canonical
from scripts.comparison.rules import RULES, Weight, weigh
from scripts.comparison.severity import Direction, Severity
from scripts.preparation.documents import standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scripts.command import Document
    from scripts.comparison.graph import Context, Finding


@dataclass
class _Row:
    finding: Finding
    weight: Weight | None = None
    directions: set[Direction] = field(default_factory=set)
    operations: int = 0


class Rows:
    """Collects findings; what is told twice is one row.

    Attributes:
        names: The operations' names, in the order of the bits that stand for them.
    """

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self._rows: dict[object, _Row] = {}

    def add(self, finding: Finding, reached: Iterable[tuple[Context, int]]) -> None:
        """Add a finding with how, and by which operations, it is reached."""
        key = (finding.rule, finding.subject, canonical(finding.before), canonical(finding.after))
        row = self._rows.setdefault(key, _Row(finding))
        row.finding = min(row.finding, finding, key=lambda each: (each.old or "", each.new or ""))
        for context, operations in reached:
            if operations and finding.concerns(context.direction):
                weight = weigh(finding.rule, context.direction, flipped=context.flipped, guard=finding.guard)
                row.weight = min(row.weight, weight, key=_order) if row.weight else weight
                row.directions.add(context.direction)
                row.operations |= operations

    def changes(self, old: Document, new: Document) -> Iterator[Change]:
        """Yield the rows."""
        for row in self._rows.values():
            finding, weight = row.finding, row.weight
            operations = tuple(sorted(_named(self.names, row.operations)))
            yield Change(
                axis=Axis.WIRE,
                rule=finding.rule,
                severity=weight.severity if weight else Severity.HARMLESS,
                subject=_subject(finding, operations),
                what=RULES[finding.rule].what.format(**finding.words),
                why=weight.why if weight else _UNREACHED,
                effect=weight.effect if weight else RULES[finding.rule].sent,
                directions=tuple(each for each in Direction if each in row.directions),
                before=finding.before,
                after=finding.after,
                operations=operations,
                old_pointer=_standing(old, finding.old),
                new_pointer=_standing(new, finding.new),
            )


_UNREACHED = "No operation of both revisions sends or receives it."


_AROUND = ("security", "servers")
"""What operations have of their own or from the document."""


def _subject(finding: Finding, operations: tuple[str, ...]) -> str:
    """Name the operation where what is around it is its own, not the document's, and no other's too."""
    inherited = finding.old == finding.new == f"/{finding.subject}"
    if finding.subject in _AROUND and not inherited and len(operations) == 1:
        return f"{operations[0]} {finding.subject}"
    return finding.subject


def _order(weight: Weight) -> tuple[int, list[str]]:
    return weight.rank, [weight.effect, weight.direction, weight.why]


def _named(names: list[str], bits: int) -> set[str]:
    return {name for number, name in enumerate(names) if bits >> number & 1}


def _standing(document: Document, pointer: str | None) -> str | None:
    return None if pointer is None else standing(document, pointer)
