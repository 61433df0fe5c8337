"""Which of a union's variants fits a value of JSON best.

The variants are weighed side by side, one level of the value after the other, until one is left or the value
has no more levels. What counts first stands first: constants that differ and values that only another variant
knows; then required properties that are missing and values of the wrong kind; then properties and values that
nobody knows; then the properties that are known. Equal ones follow the document's order.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Value: TypeAlias = Any
"""A value of JSON, or what it was decoded to."""

Path = tuple[str | int, ...]
"""Where a value stands in the one that is looked at."""

Part: TypeAlias = "tuple[Weighable, Value, Path]"
"""A value, where it stands, and what it is held against."""

DEEPEST = 8
"""Levels that are looked at; without a bound, deeply nested unions would be read over and over."""

MOST_ITEMS = 64
"""Items of one list that are looked at."""


class Weighable(Protocol):
    """What can be weighed: a shape."""

    def weigh(self, value: Value, path: Path, weight: Weight) -> None:
        """Add how a value differs at its own level; what lies deeper becomes the weight's `deeper`."""
        ...


_V = TypeVar("_V", bound=Weighable)


@dataclass
class Weight:
    """How a value differs from a variant, at one level.

    Attributes:
        broken: Places with another value than the variant's constant.
        unexpected: Places with a value that the variant's enum does not have.
        expected: Places with a value that is the variant's constant or in its enum.
        problems: Required properties that are missing, and values of the wrong kind.
        unknown: Properties that the variant does not have.
        known: Properties that it has.
        deeper: What to look at on the next level.
    """

    broken: set[Path] = field(default_factory=set)
    unexpected: set[Path] = field(default_factory=set)
    expected: set[Path] = field(default_factory=set)
    problems: int = 0
    unknown: int = 0
    known: int = 0
    deeper: list[Part] = field(default_factory=list)

    def add(self, other: Weight) -> None:
        """Take in the weight of a part."""
        self.broken |= other.broken
        self.unexpected |= other.unexpected
        self.expected |= other.expected
        self.problems += other.problems
        self.unknown += other.unknown
        self.known += other.known
        self.deeper += other.deeper


def lightest(weights: Sequence[Weight]) -> list[int]:
    """Find the variants that differ least.

    Args:
        weights: The weights of all variants, of one value at one level.

    Returns:
        The numbers of the lightest ones, in order.
    """
    expected: set[Path] = set().union(*(weight.expected for weight in weights))
    keys = [
        (
            len(weight.broken) + len(weight.unexpected & expected),
            weight.problems,
            len(weight.unexpected - expected) + weight.unknown,
            -weight.known,
        )
        for weight in weights
    ]
    least = min(keys)
    return [number for number, key in enumerate(keys) if key == least]


def best(variants: Sequence[_V], value: Value) -> _V:
    """Find the variant that fits a value best.

    Args:
        variants: One variant or more.
        value: A value of JSON.

    Returns:
        The variant.
    """
    left = [(variant, [_part(variant, value)]) for variant in variants]
    for _ in range(DEEPEST):
        if len(left) == 1:
            break
        weights = [_weight(parts) for _, parts in left]
        left = [(left[number][0], weights[number].deeper) for number in lightest(weights)]
        if not any(parts for _, parts in left):
            break
    return left[0][0]


def _part(variant: Weighable, value: Value) -> Part:
    return variant, value, ()


def _weight(parts: Sequence[Part]) -> Weight:
    weight = Weight()
    for shape, value, path in parts:
        shape.weigh(value, path, weight)
    return weight
