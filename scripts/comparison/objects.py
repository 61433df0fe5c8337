"""What differs between two objects: their properties, and who sees them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scripts.comparison.look import LACKS
from scripts.comparison.subjects import member
from scripts.comparison.words import Phrase, brief

if TYPE_CHECKING:
    from scripts.comparison.look import Look
    from scripts.comparison.places import Part
    from scripts.comparison.proofs import Sided

CLOSING = ("additionalProperties", "unevaluatedProperties")
"""Keywords that may refuse all properties without a name."""
ANNOUNCED = "It weighs less, as a deprecation announced it."


def compare_objects(look: Look) -> None:
    """Compare properties, those with patterns, and what some need of others."""
    one, other = look.old.view, look.new.view
    for name in one.properties.keys() | other.properties.keys() | one.required.keys() | other.required.keys():
        before, after = _property(look.old, name), _property(look.new, name)
        if before is not None and after is not None:
            _kept(look, name, before, after)
        elif before is not None:
            _removed(look, name, before)
        elif after is not None:
            _added(look, name, after)
        else:
            _compare_required(look, name, sent=True, received=True)
    _compare_patterns(look)
    for names in one.dependent.keys() ^ other.dependent.keys():
        old, new = one.dependent.get(names), other.dependent.get(names)
        told = [*names]
        look.tell(
            "dependent-required-removed" if new is None else "dependent-required-added",
            before=told if new is None else None,
            after=told if old is None else None,
            old=old,
            new=new,
            words=dict(zip(("name", "other"), map(quoted, names), strict=True)),
        )
    for name in one.dependent_schemas.keys() | other.dependent_schemas.keys():
        look.compare_parts(
            "dependentSchemas", one.dependent_schemas.get(name), other.dependent_schemas.get(name)
        )


def quoted(name: str) -> str:
    """Write a name into a sentence."""
    return f"`{name}`"


def _property(side: Sided, name: str) -> Sided | None:
    parts = side.view.properties.get(name)
    return side.at(parts) if parts else None


def _written_pointer(side: Sided, name: str) -> str:
    return side.view.properties[name][0].pointer


def _added(look: Look, name: str, after: Sided) -> None:
    others = _others(look.old, name)
    if others:
        look.within(others, _whole(look, look.new, name, others))
    was_needed = name in look.old.view.required  # it was needed before, only not described
    needed = name in look.new.view.required and not (was_needed and (others or after.view.is_anything))
    look.tell(
        "required-property-added" if needed else "optional-property-added",
        after=brief(after),
        new=_written_pointer(look.new, name),
        words={"name": quoted(name)},
        sent=not after.view.flag("readOnly"),
        received=not after.view.flag("writeOnly"),
    )


def _like(side: Sided, name: str) -> list[Part]:
    """Return what holds of a property by the pattern that its name fits."""
    return [part for pattern, parts in side.view.patterns.items() if _fits(pattern, name) for part in parts]


def _fits(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return True  # that it does not fit is not proven


def _whole(look: Look, side: Sided, name: str, others: list[Part]) -> list[Part]:
    """Return all that holds of a property, in short where its own schema says what its pattern says."""
    own, like = side.view.properties[name], _like(side, name)
    other = look.old if side is look.new else look.new
    is_told = look.graph.prover.included(side.at(own), other.at(others))
    return own if is_told else [*own, *like]


def _others(side: Sided, name: str) -> list[Part]:
    """Return what holds of a property that has no schema of its own."""
    return _like(side, name) or _rest(side)


def _rest(side: Sided) -> list[Part]:
    """Return what holds of properties without a name of their own, where there may be any."""
    rest = side.view.held.get("additionalProperties", [])
    view = side.at(rest).view if rest else None
    return [] if view is None or view.never or view.is_anything else rest


def _is_closed(side: Sided) -> bool:
    """Tell whether a place refuses properties that it does not name."""
    rests = (side.view.held.get(keyword) for keyword in CLOSING)
    return any(side.at(rest).view.never for rest in rests if rest)


def _removed(look: Look, name: str, before: Sided) -> None:
    others = _others(look.new, name)
    if others:
        look.within(_whole(look, look.old, name, others), others)
    still_needed = name in look.new.view.required
    needed = name in look.old.view.required and not (still_needed and (others or before.view.is_anything))
    closed = _is_closed(look.new) and not others
    visible = {"sent": not before.view.flag("readOnly"), "received": not before.view.flag("writeOnly")}
    rule = "required-property-removed" if needed else "optional-property-removed"
    for name_of_rule, seen in (
        (rule, {**visible, "sent": False} if closed else visible),
        *([("closed-property-removed", {**visible, "received": False})] if closed else ()),
    ):
        look.tell(
            name_of_rule,
            before=brief(before),
            old=_written_pointer(look.old, name),
            words={"name": quoted(name)},
            guard=ANNOUNCED if before.view.flag("deprecated") else "",
            **seen,
        )


def _kept(look: Look, name: str, before: Sided, after: Sided) -> None:
    flags = [(side.view.flag("readOnly"), side.view.flag("writeOnly")) for side in (before, after)]
    (read_before, write_before), (read_after, write_after) = flags
    sent, received = not (read_before or read_after), not (write_before or write_after)
    look.within(look.old.view.properties[name], look.new.view.properties[name], sent=sent, received=received)
    if read_before != read_after:
        needed = name in (look.old.view if read_after else look.new.view).required
        seen = "read-only" if read_after else "sendable"
        rule = f"{'required' if needed else 'optional'}-property-became-{seen}"
        look.tell(rule, **_flagged(look, name, before, after, "readOnly"), received=False)
    if write_before != write_after:
        needed = name in look.old.view.required
        rule = f"{'required' if needed else 'optional'}-property-became-write-only"
        rule = rule if write_after else "property-became-receivable"
        look.tell(rule, **_flagged(look, name, before, after, "writeOnly"), sent=False)
    _compare_required(look, name, sent=sent, received=received)


def _flagged(look: Look, name: str, before: Sided, after: Sided, flag: str) -> dict[str, Any]:
    """Name what has a flag in one revision alone: the property, or a schema of both that it refers to."""
    old, new = _written_pointer(look.old, name), _written_pointer(look.new, name)
    held = next(side.view.notes[flag].pointer for side in (before, after) if side.view.flag(flag))
    if held not in (old, new) and held in before.view.parts & after.view.parts:
        return {"old": held, "new": held, "words": {"name": quoted(look.graph.subject(held, held))}}
    return {"old": old, "new": new, "words": {"name": quoted(name)}}


def _compare_required(look: Look, name: str, *, sent: bool, received: bool) -> None:
    old, new = look.old.view.required.get(name), look.new.view.required.get(name)
    if (old is None) != (new is None):
        look.tell(
            "property-became-optional" if new is None else "property-became-required",
            old=old or LACKS,
            new=new or LACKS,
            suffix=member(name),
            keyword="required",
            words={"name": quoted(name)},
            sent=sent,
            received=received,
        )


def _compare_patterns(look: Look) -> None:
    one, other = look.old.view, look.new.view
    for pattern in one.patterns.keys() | other.patterns.keys():
        before, after = one.patterns.get(pattern), other.patterns.get(pattern)
        if before and after:
            look.within(before, after)
            continue
        # Where all other names are refused, a pattern allows; else it limits.
        closed = _is_closed(look.old) or _is_closed(look.new)
        rule = {
            (True, False): "pattern-properties-added",
            (False, False): "pattern-properties-removed",
            (True, True): "pattern-properties-allowed",
            (False, True): "pattern-properties-refused",
        }[after is not None, closed]
        look.tell(
            rule,
            before=brief(look.old.at(before)) if before else None,
            after=brief(look.new.at(after)) if after else None,
            old=before[0].pointer if before else None,
            new=after[0].pointer if after else None,
            words={"name": Phrase(quoted(pattern))},
        )
