"""The law of severities for code that imports the package: every rule, what it says, what it weighs, and why.

A severity answers one question: what becomes of code that was written against the older package?

- *breaking*: ordinary code fails a type check, raises, or sends something else than it means.
- *warning*: ordinary code goes on. Code of a rarer kind fails a type check: it makes objects that the client
  only receives, reads again what it has itself put into objects to send, names the type of a list or of a
  `Response` (type checkers want their arguments equal), writes down a value that is gone, or has a branch for
  every value and wants the type checker to know that these are all.
- *harmless*: nothing fails.

What a caller passes may be allowed more, what a caller reads may be less; an attribute is both. A rule that
concerns making or reading objects weighs one step less where a class is never sent, or never received, by the
older package; a class that no operation uses may be used either way.

Decoding never fails in this client: a value that is not promised comes through as it is. So a value that is
added to a `Literal` raises nothing, and only a type checker that was promised all values minds: a warning.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scripts.comparison.severity import Direction, Severity
from scripts.surfaces.annotations import UNSET, innermost, named_in

if TYPE_CHECKING:
    from scripts.surfaces.annotations import Difference, Known, Types

_BREAKING, _WARNING, _HARMLESS = Severity.BREAKING, Severity.WARNING, Severity.HARMLESS


class Rule(NamedTuple):
    """A line of the law.

    Attributes:
        severity: What it weighs.
        told: What became of the subject, as the end of a sentence.
        why: Why it weighs that.
    """

    severity: Severity
    told: str
    why: str


_IMPORT_FAILS = "Code that imports it fails."
_KEYWORD_FAILS = "Calls that name it fail."
_NOTHING_NAMED_IT = "No code can have used it."
_PLACES = "Calls that pass arguments by their places pass them for something else."

LAW: dict[str, Rule] = {
    # Operations
    "operation-removed": Rule(_BREAKING, "is gone", _IMPORT_FAILS),
    "operation-moved": Rule(_BREAKING, "has moved", "Code that imports it from where it was fails."),
    "operation-added": Rule(_HARMLESS, "is new", _NOTHING_NAMED_IT),
    # Modules and names
    "module-removed": Rule(_BREAKING, "is gone", _IMPORT_FAILS),
    "module-added": Rule(_HARMLESS, "is new", _NOTHING_NAMED_IT),
    "name-removed": Rule(_BREAKING, "cannot be imported from there any more", _IMPORT_FAILS),
    "name-added": Rule(_HARMLESS, "can be imported from there now", _NOTHING_NAMED_IT),
    "constant-removed": Rule(_BREAKING, "is gone", _IMPORT_FAILS),
    "constant-added": Rule(_HARMLESS, "is new", _NOTHING_NAMED_IT),
    "constant-changed": Rule(_WARNING, "has another value", "Code that uses it does something else."),
    # Functions and methods
    "function-removed": Rule(_BREAKING, "is gone", "Code that calls it fails."),
    "function-added": Rule(_HARMLESS, "is new", _NOTHING_NAMED_IT),
    "function-kind-changed": Rule(
        _BREAKING, "is called in another way",
        "Code that calls it as before fails.",
    ),
    "argument-removed": Rule(_BREAKING, "is gone", "Calls that pass it fail."),
    "argument-added-required": Rule(_BREAKING, "is new and has to be given", "Calls without it fail."),
    "argument-added-before": Rule(_BREAKING, "is new and stands before others", _PLACES),
    "argument-added": Rule(_HARMLESS, "is new and can be left out", "Calls without it go on as before."),
    "argument-renamed": Rule(_BREAKING, "has another name", _KEYWORD_FAILS),
    "argument-made-required": Rule(_BREAKING, "has to be given now", "Calls without it fail."),
    "argument-made-optional": Rule(_HARMLESS, "can be left out now", "Calls that give it go on as before."),
    "argument-made-keyword": Rule(_BREAKING, "has to be named now", "Calls that pass it by its place fail."),
    "argument-made-positional": Rule(
        _HARMLESS, "can be passed by its place now", "Calls that name it go on as before."
    ),
    "argument-moved": Rule(_BREAKING, "has another place", _PLACES),
    "argument-default-changed": Rule(
        _WARNING, "has another default", "Calls without it send something else, and nothing says so."
    ),
    # Classes, and names for types
    "class-removed": Rule(_BREAKING, "is gone", _IMPORT_FAILS),
    "class-renamed": Rule(_BREAKING, "has another name", "Code that imports it by the old name fails."),
    "class-moved": Rule(
        _BREAKING, "has moved", "Code that imports it from where it was fails; `models` still has it."
    ),
    "class-added": Rule(_HARMLESS, "is new", _NOTHING_NAMED_IT),
    "class-kind-changed": Rule(
        _BREAKING, "is something else", "Code that uses it as what it was fails."
    ),
    "base-removed": Rule(
        _BREAKING, "is derived from less", "Code that takes it for what it was derived from fails."
    ),
    "base-added": Rule(_HARMLESS, "is derived from more", "It still is what it was."),
    "attribute-removed": Rule(_BREAKING, "is gone", "Code that reads or sets it fails."),
    "attribute-renamed": Rule(
        _BREAKING, "has another name",
        "Code that reads or sets it by the old name fails.",
    ),
    "attribute-added": Rule(_HARMLESS, "is new", _NOTHING_NAMED_IT),
    # Types of what callers pass, and of what they read
    "sent-type-narrowed": Rule(
        _BREAKING, "takes less than before",
        "Code that passes what is no longer taken fails a type check.",
    ),
    "sent-type-widened": Rule(_HARMLESS, "takes more than before", "All that was taken is taken still."),
    "sent-type-changed": Rule(
        _BREAKING, "takes something else now",
        "Code that passes what it took fails a type check.",
    ),
    "sent-items-widened": Rule(
        _WARNING, "takes more inside than before",
        "Type checkers want the arguments of a list's type equal: a list that a variable holds fails a type "
        "check; one that is written in place does not.",
    ),
    "sent-values-removed": Rule(
        _BREAKING, "takes fewer values than before",
        "Code that passes a value that is gone fails a type check.",
    ),
    "sent-values-added": Rule(_HARMLESS, "takes more values than before",
        "All values that were taken are taken still."),
    "received-type-widened": Rule(
        _BREAKING, "can be more than before", "Code that handles all that it could be fails a type check."
    ),
    "received-type-narrowed": Rule(
        _HARMLESS, "can be less than before",
        "Code that handles all that it could be handles more than it needs.",
    ),
    "received-type-changed": Rule(_BREAKING, "is something else now",
        "Code that uses it as what it was fails."),
    "received-items-narrowed": Rule(
        _WARNING, "can be less inside than before",
        "Type checkers want the arguments of a generic type equal: code that names the whole type fails a "
        "type check; code that uses what is inside does not.",
    ),
    "received-values-added": Rule(
        _WARNING, "can have more values than before",
        "Nothing raises, as the client lets every value through; code that has a branch for each, and tells "
        "the type checker that these are all, fails a type check.",
    ),
    "received-values-removed": Rule(
        _WARNING, "can have fewer values than before",
        "Nothing raises; code that compares it with a value that is gone fails a strict type check.",
    ),
    "received-at-last": Rule(
        _WARNING, "has a value now",
        "There was nothing to read; only code that names the type of the whole fails a type check.",
    ),
    "received-any-narrowed": Rule(
        _WARNING, "has a type now",
        "Values are what they were; a type checker allowed everything with them, and now it looks.",
    ),
}  # fmt: skip
"""Every rule, by its name."""

RARELY: dict[Direction, str] = {
    Direction.SENT: "Only code that makes such objects itself is concerned: they are never sent.",
    Direction.RECEIVED: "Only code that reads what it put in itself is concerned: they are never received.",
}
"""What takes one step off a rule: the direction that it concerns is none that the class goes."""


class Point(NamedTuple):
    """A rule that applies.

    Attributes:
        rule: Its name.
        severity: What it weighs here.
        why: Why.
    """

    rule: str
    severity: Severity
    why: str


def point(rule: str, concerns: Direction | None = None, goes: frozenset[Direction] | None = None) -> Point:
    """Apply a rule.

    Args:
        rule: Its name.
        concerns: Whom it concerns: who makes objects to send, or who reads what came; None for both.
        goes: Which ways the objects go; None where that does not matter.

    Returns:
        What it weighs.
    """
    severity, _, why = LAW[rule]
    if concerns is None or goes is None or concerns in goes or severity is _HARMLESS:
        return Point(rule, severity, why)
    return Point(rule, severity.milder, f"{why} {RARELY[concerns]}")


def rule_of(found: Difference, old: Types, new: Types, direction: Direction, known: Known) -> str:
    """Find the rule for a type that differs.

    Args:
        found: How it differs.
        old: The type as it was.
        new: The type as it is now.
        direction: Who has to cope: sent for what callers pass, received for what they read.
        known: What is known of the names.

    Returns:
        The rule's name.
    """
    values = all(member.literal for member in (*found.gone, *found.gained))
    if direction is Direction.RECEIVED and any(member.head == "Any" for member in found.gone):
        # What was plain JSON becomes an object of the package's own.
        objects = any(known.meant(name) is None for name in named_in(new) if name != UNSET)
        return "received-type-changed" if objects else "received-any-narrowed"
    if direction is Direction.RECEIVED and innermost(old) <= {"None", UNSET}:
        return "received-at-last"
    if found.gone and found.gained and not (values and direction is Direction.SENT):
        kind = "values-added" if values else "type-changed"
    elif found.gone:
        kind = "values-removed" if values else "type-narrowed"
        if direction is Direction.RECEIVED and found.held and not values:
            kind = "items-narrowed"
    else:
        kind = "values-added" if values else "type-widened"
        if direction is Direction.SENT and found.held:
            kind = "items-widened"
    return f"{direction}-{kind}"


def worst(points: list[Point]) -> Point:
    """Return the one that weighs most, the first of several."""
    return min(points, key=lambda each: each.severity.rank)
