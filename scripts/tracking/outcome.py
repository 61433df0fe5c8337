"""What a run of the update comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.command import Document
    from scripts.reporting.model import Report
    from scripts.state import Lock


@dataclass(frozen=True)
class Renewal:
    """A new state, made aside.

    Attributes:
        document: The document.
        package: The folder of the package that was generated from it.
        lock: The lock file that belongs to both.
    """

    document: Document
    package: Path
    lock: Lock


@dataclass(frozen=True)
class Update:
    """What came of a run.

    Attributes:
        report: What is to be said.
        renewal: The new state; None where there is none, or none that became whole.
        last: The folder with the reports of the update that made the present state, where this was none.
    """

    report: Report
    renewal: Renewal | None = None
    last: Path | None = None
