"""How the parameters of a function, or of a class's constructor, differ."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from scripts.surfaces.matching import matched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.surfaces.parts import Parameter


class Changed(NamedTuple):
    """A parameter that differs in more than its type, or does not.

    Attributes:
        old: The older one; None where it is new.
        new: The newer one; None where it is gone.
        rules: The names of the rules that apply.
        places: Where it stood and stands, counted from one; None where that is not what differs.
    """

    old: Parameter | None
    new: Parameter | None
    rules: tuple[str, ...]
    places: tuple[int, int] | None = None


def compare_parameters(old: Sequence[Parameter], new: Sequence[Parameter]) -> list[Changed]:
    """Compare parameters, their types aside.

    Args:
        old: The older ones.
        new: The newer ones.

    Returns:
        All of them.
    """
    pairs = matched(old, new)
    both = [(one, other) for one, other in pairs if one is not None and other is not None]
    moved = _moved(both, old)
    kept = {id(other) for one, other in both if "positional" == one.kind == other.kind}
    last = max((place for place, one in enumerate(new) if id(one) in kept), default=-1)
    early = {id(one) for one in new[: max(last, 0)] if one.kind == "positional"} - kept
    changed = []
    for one, other in pairs:
        if one is not None and other is not None:
            rules, places = _rules(one, other), None
            if id(one) in moved or id(other) in early:
                rules.append("argument-moved")
                places = old.index(one) + 1, new.index(other) + 1
            changed.append(Changed(one, other, tuple(rules), places))
        elif other is not None:
            changed.append(Changed(one, other, (_added(other, before=id(other) in early),)))
        else:
            changed.append(Changed(one, other, ("argument-removed",)))
    return changed


def _added(parameter: Parameter, *, before: bool) -> str:
    if parameter.default is None and parameter.kind not in {"*", "**"}:
        return "argument-added-required"
    return "argument-added-before" if before else "argument-added"


def _rules(old: Parameter, new: Parameter) -> list[str]:
    rules = []
    if old.name != new.name:
        rules.append("argument-renamed")
    if (old.kind, new.kind) == ("positional", "keyword"):
        rules.append("argument-made-keyword")
    if (old.kind, new.kind) == ("keyword", "positional"):
        rules.append("argument-made-positional")
    if old.default != new.default:
        if new.default is None:
            rules.append("argument-made-required")
        elif old.default is None:
            rules.append("argument-made-optional")
        else:
            rules.append("argument-default-changed")
    return rules


def _moved(both: list[tuple[Parameter, Parameter]], old: Sequence[Parameter]) -> set[int]:
    """Find the positional parameters that stand in another order: those that had to, where that tells it."""
    places = {id(one): place for place, one in enumerate(old)}
    positional = [(one, other) for one, other in both if "positional" == one.kind == other.kind]
    order = [places[id(one)] for one, _ in positional]
    if order == sorted(order):
        return set()
    forced = {id(one) for one, other in positional if (one.default is None) != (other.default is None)}
    rest = [(one, other) for one, other in positional if id(one) not in forced]
    kept = _longest_rising([places[id(one)] for one, _ in rest])
    return forced | {id(one) for one, _ in rest if places[id(one)] not in kept}


def _longest_rising(numbers: list[int]) -> set[int]:
    """Return a longest choice of numbers that rise, in their order."""
    ends: list[int] = []
    chains: list[tuple[int, ...]] = []
    for number in numbers:
        place = bisect_left(ends, number)
        chain = (*(chains[place - 1] if place else ()), number)
        ends[place : place + 1] = [number]
        chains[place : place + 1] = [chain]
    return set(chains[-1]) if chains else set()
