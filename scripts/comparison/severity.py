"""The law of severities: a function of effect, direction and guards.

A milder verdict owes a proof; a harsher one only a reason.
"""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """How much a change weighs for a client that was written before it; the worst comes first."""

    BREAKING = "breaking"
    """A client that keeps to the old revision can fail."""
    WARNING = "warning"
    """It cannot be proven that no client fails."""
    HARMLESS = "harmless"
    """No client that keeps to the old revision notices."""

    @property
    def rank(self) -> int:
        """Its place in the order; 0 is the worst."""
        return list(Severity).index(self)

    @property
    def milder(self) -> Severity:
        """The next one down; harmless stays."""
        return list(Severity)[min(self.rank + 1, len(Severity) - 1)]


class Effect(StrEnum):
    """What a change does to the set of values, or of requests, that are allowed at a place."""

    NARROWS = "narrows"
    WIDENS = "widens"
    INCOMPARABLE = "incomparable"
    UNKNOWN = "unknown"
    NONE = "none"


class Direction(StrEnum):
    """Who has to cope with what a place allows. What is negotiated counts as sent."""

    SENT = "sent"
    """The client sends it: parameters, request bodies, credentials."""
    RECEIVED = "received"
    """The client receives it: response bodies and headers."""


_LAW = {
    Effect.NARROWS: (Severity.BREAKING, Severity.HARMLESS),
    Effect.WIDENS: (Severity.HARMLESS, Severity.BREAKING),
    Effect.INCOMPARABLE: (Severity.BREAKING, Severity.BREAKING),
    Effect.UNKNOWN: (Severity.WARNING, Severity.WARNING),
    Effect.NONE: (Severity.HARMLESS, Severity.HARMLESS),
}


def severity_of(effect: Effect, direction: Direction, *, guarded: bool = False) -> Severity:
    """Weigh a change.

    Args:
        effect: What it does to what is allowed.
        direction: Who has to cope.
        guarded: Whether a guard makes it weigh less: a response code that is no success, or a removal that a
            deprecation announced.

    Returns:
        The severity.
    """
    sent, received = _LAW[effect]
    severity = sent if direction is Direction.SENT else received
    return severity.milder if guarded else severity
