"""Which branch of an old union has become which one of the new union."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.comparison.words import tag_keys
from scripts.preparation.documents import pointer_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripts.comparison.proofs import Prover, Sided
    from scripts.comparison.views import Union

_ALIKE = 0.5
"""The share of two objects' properties that makes them one object that changed."""


def paired(
    old: list[Sided], new: list[Sided], prover: Prover, unions: tuple[Union, Union]
) -> tuple[list[tuple[Sided, Sided]], list[Sided], list[Sided]]:
    """Pair branches: by name, tag, title and structure, in this order.

    Args:
        old: The old union's branches.
        new: The new union's branches.
        prover: Finds which ones accept the same.
        unions: The unions, for what their discriminators call the branches.

    Returns:
        The pairs, the old branches that are left, and the new ones that are left.
    """
    pairs: list[tuple[Sided, Sided]] = []
    labels: list[Callable[[Sided, Union], object]] = [
        lambda side, _: side.place[0].component,
        _mapped,
        lambda side, _: frozenset(tag_keys(side)) or None,
        _title,
    ]
    for label in labels:
        firsts = _unique([(label(side, unions[0]), side) for side in old])
        seconds = _unique([(label(side, unions[1]), side) for side in new])
        for name in [name for name in firsts if name in seconds and name is not None]:
            _take(pairs, old, new, firsts[name], seconds[name])
    for one in list(old):
        other = next((side for side in new if prover.equal(one, side)), None)
        if other is not None:
            _take(pairs, old, new, one, other)
    for one in list(old):
        likeness = [(_likeness(one, side), -number, side) for number, side in enumerate(new)]
        best = max(likeness, key=lambda each: each[:2], default=None)
        if best is not None and best[0] >= _ALIKE:
            _take(pairs, old, new, one, best[2])
    return pairs, old, new


def _take(
    pairs: list[tuple[Sided, Sided]], old: list[Sided], new: list[Sided], one: Sided, other: Sided
) -> None:
    pairs.append((one, other))
    old.remove(one)
    new.remove(other)


def _unique(labelled: list[tuple[object, Sided]]) -> dict[object, Sided]:
    """Return what has a label of its own."""
    labels = [label for label, _ in labelled]
    return {label: side for label, side in labelled if labels.count(label) == 1}


def _mapped(side: Sided, union: Union) -> object:
    """Return the discriminator's values that stand for a branch."""
    discriminator = union.part.schema.get("discriminator")
    mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
    if not isinstance(mapping, dict):
        return None
    part = side.place[0]
    named = {
        value
        for value, target in mapping.items()
        if isinstance(target, str) and (pointer_of(target) == part.pointer or target == part.component)
    }
    return frozenset(named) or None


def _title(side: Sided, _union: Union) -> object:
    title = side.view.notes.get("title")
    return title.value if title is not None and isinstance(title.value, str) else None


def _likeness(one: Sided, other: Sided) -> float:
    """Say how much two branches look like one that changed: 0 not at all, 1 wholly."""
    types = one.types
    if types != other.types or types == frozenset():
        return 0.0
    if tag_keys(one) and tag_keys(other):
        return 0.0  # what tells them apart differs
    first, second = one.view.properties.keys(), other.view.properties.keys()
    if not first or not second:
        return 1.0 if not first and not second else 0.0
    return len(first & second) / len(first | second)
