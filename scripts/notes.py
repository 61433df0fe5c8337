"""What preparing a document did to it, in words for a report."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a thing of the upstream document differs from what was promised."""

    REPAIRED = "repaired"
    """A mistake of the document was mended; the meaning on the wire is the one that was meant."""
    LOOSENED = "loosened"
    """A type became wider than the document's, as no exact one can be generated."""
    RENAMED = "renamed"
    """A name in the code differs from the one that the document's name alone would give."""


@dataclass(frozen=True, order=True)
class Note:
    """One thing that was done.

    Attributes:
        pointer: JSON pointer into the upstream document, to what was changed.
        kind: How the result differs.
        what: What was done, in few words, with the names before and after.
        why: The reason.
    """

    pointer: str
    kind: Kind
    what: str
    why: str

    def as_json(self) -> dict[str, str]:
        """Return the note for a report."""
        return asdict(self)
