"""What a report says, before it takes a form."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from scripts.comparison.changes import Axis
from scripts.comparison.severity import Severity

if TYPE_CHECKING:
    from scripts.comparison.changes import Change, Comparison


class Verdict(StrEnum):
    """What an update comes to."""

    UNCHANGED = "unchanged"
    COMPATIBLE = "compatible"
    BREAKING = "breaking"
    REFUSED = "refused"


class Run(StrEnum):
    """What was done, beside saying what changed."""

    COMPARISON = "comparison"
    """Nothing: two documents were compared."""
    UPDATE = "update"
    """The new document was taken over, or refused."""
    DRY_RUN = "dry run"
    """All that an update does, except that nothing was changed."""


class Bump(StrEnum):
    """What of a version an update raises, by semantic versioning."""

    NONE = "none"
    PATCH = "patch"
    MINOR = "minor"
    MAJOR = "major"


@dataclass(frozen=True)
class Finding:
    """One thing that stands against an update, or that newly fails in somebody's code.

    Attributes:
        what: What is wrong, one sentence in the reader's terms.
        file: The file it shows in, as the reader would name it; empty where there is none.
        line: The line in it; 0 where there is none.
        text: That line of code; empty where there is none.
        pointer: JSON pointer into the new document; empty where there is none.
    """

    what: str
    file: str = ""
    line: int = 0
    text: str = ""
    pointer: str = ""


@dataclass(frozen=True)
class CodeCheck:
    """What a project's own code says to the new client.

    Attributes:
        project: The project's folder or file, as it was named.
        findings: The lines that would newly fail.
        before: How many findings the old client gives.
        unchecked: The files that could not be checked, and why.
    """

    project: str
    findings: tuple[Finding, ...]
    before: int
    unchecked: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Report:
    """All that an update, or a comparison alone, has to say.

    Attributes:
        comparison: What changed; None where the new document could not be read, or nothing was fetched.
        refusals: Why the update was refused; empty where it was not.
        contract: What the wrapper relies on and no longer finds; each of them refuses the update too.
        remarks: What the new document offers and the wrapper does not yet; nothing stands against the update.
        code: What somebody's own code says; None where nobody asked.
        axes: What was compared.
        generated: One line on the generated client, as in "17 of 17 operations"; empty where none was made.
        source: Where the new document came from.
        renewed: Whether the new document takes the old one's place, also where nothing in it tells.
        run: What was done.
    """

    comparison: Comparison | None
    refusals: tuple[Finding, ...] = ()
    contract: tuple[Finding, ...] = ()
    remarks: tuple[Finding, ...] = ()
    code: CodeCheck | None = None
    axes: tuple[Axis, ...] = (Axis.WIRE,)
    generated: str = ""
    source: str = ""
    renewed: bool = False
    run: Run = Run.COMPARISON

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, in order."""
        return self.comparison.changes if self.comparison else ()

    @property
    def verdict(self) -> Verdict:
        """What it comes to; what a person has approved does not count as breaking."""
        if self.refusals or self.contract:
            return Verdict.REFUSED
        if any(each.severity is Severity.BREAKING and not each.approval for each in self.changes):
            return Verdict.BREAKING
        return Verdict.COMPATIBLE if self.changes or self.renewed else Verdict.UNCHANGED

    @property
    def counts(self) -> Counter[Severity]:
        """How many changes there are of each severity, prose aside."""
        return Counter(each.severity for each in self.changes if each.axis is not Axis.PROSE)

    @property
    def bump(self) -> Bump:
        """What of the version is raised: an approved change that breaks raises it all the same."""
        told = [each for each in self.changes if each.axis is not Axis.PROSE]
        if any(each.severity is Severity.BREAKING for each in told):
            return Bump.MAJOR
        if told:
            return Bump.MINOR
        return Bump.PATCH if self.changes else Bump.NONE
