"""One row of a comparison, on any axis, and what a comparison gives."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from scripts.command import Json
    from scripts.comparison.severity import Direction, Effect, Severity
    from scripts.notes import Note


_AROUND = ("security-", "server-")
"""How the rules begin of what changes around operations: who is let in, and where."""


class Axis(StrEnum):
    """What a change can be felt by."""

    WIRE = "wire"
    """What travels between client and server."""
    PYTHON = "python"
    """Code that imports the generated client."""
    PROSE = "prose"
    """Readers alone: descriptions, summaries, examples."""


@dataclass(frozen=True)
class Change:
    """One cause, told once, however many operations it reaches.

    Attributes:
        axis: What it can be felt by.
        rule: The name of the rule that found it, as in `response-enum-value-added`.
        severity: The worst that it does.
        subject: Where it is, as it travels: `Voucher.discount.effect`, `GET /v1/vouchers query limit`, or on
            the Python axis a dotted name within the package.
        what: What changed, one sentence.
        why: Why it weighs what it weighs, one sentence.
        effect: What it does to what is allowed; None on the other axes.
        directions: Who has to cope; empty on the other axes.
        before: What stood there; None where nothing did. Any JSON value of the document, or a signature.
        after: What stands there now.
        operations: The operations that it reaches, as `GET /v1/vouchers/{code}`, sorted.
        old_pointer: JSON pointer into the old document; None where nothing stood.
        new_pointer: JSON pointer into the new document; None where nothing stands.
        approval: Who accepted it and why; empty where nobody did.
    """

    axis: Axis
    rule: str
    severity: Severity
    subject: str
    what: str
    why: str
    effect: Effect | None = None
    directions: tuple[Direction, ...] = ()
    before: Json = None
    after: Json = None
    operations: tuple[str, ...] = ()
    old_pointer: str | None = None
    new_pointer: str | None = None
    approval: str = ""

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits that the same change has in every comparison.

        Made of what changed and what it weighs: no places in lists, no words of the report. What changes
        around operations is told apart by those that it reaches besides, as its subject says little of it.
        """
        told = [self.axis, self.rule, self.severity, self.subject, self.before, self.after]
        if self.rule.startswith(_AROUND):
            told.append(list(self.operations))
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]

    def as_json(self) -> dict[str, Any]:
        """Return the row for a report."""
        return {
            "axis": self.axis,
            "rule": self.rule,
            "severity": self.severity,
            "subject": self.subject,
            "what": self.what,
            "why": self.why,
            "effect": self.effect,
            "directions": list(self.directions),
            "before": self.before,
            "after": self.after,
            "operations": list(self.operations),
            "old_pointer": self.old_pointer,
            "new_pointer": self.new_pointer,
            "fingerprint": self.fingerprint,
            "approval": self.approval,
        }


def in_order(changes: Iterable[Change]) -> tuple[Change, ...]:
    """Sort changes: the worst first, prose last; the same on every run."""
    return tuple(
        sorted(
            changes,
            key=lambda each: (
                each.axis is Axis.PROSE, each.severity.rank, list(Axis).index(each.axis), each.subject,
                each.rule, each.fingerprint,
            ),
        )
    )  # fmt: skip


@dataclass(frozen=True)
class Revision:
    """One side of a comparison.

    Attributes:
        source: Its name: a path or a URL.
        title: `info.title` of the document.
        version: `info.version` of the document.
        sha256: Of the source's bytes, in hexadecimal digits.
        operations: How many operations it has.
        schemas: How many component schemas it has.
    """

    source: str
    title: str
    version: str
    sha256: str
    operations: int
    schemas: int


@dataclass(frozen=True)
class Comparison:
    """What came of comparing two revisions.

    Attributes:
        old: The old revision.
        new: The new revision.
        changes: The changes, in order.
        old_repairs: What had to be mended in the old document before it could be read.
        new_repairs: The same for the new one.
        stale_approvals: Fingerprints that a person has accepted and that match nothing any more.
    """

    old: Revision
    new: Revision
    changes: tuple[Change, ...]
    old_repairs: tuple[Note, ...] = ()
    new_repairs: tuple[Note, ...] = ()
    stale_approvals: tuple[str, ...] = ()
