"""What every comparison of two packages' parts has to know, and the form of a row."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Protocol, TypeAlias

from scripts.comparison.changes import Axis, Change
from scripts.comparison.severity import Direction
from scripts.surfaces.annotations import UNSET, Known, difference, named_in
from scripts.surfaces.consequences import listed, sides
from scripts.surfaces.law import LAW, point, rule_of, worst
from scripts.surfaces.matching import match
from scripts.surfaces.parts import Alias, Class
from scripts.surfaces.uses import Uses

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from scripts.surfaces.annotations import Types
    from scripts.surfaces.law import Point
    from scripts.surfaces.parts import Package


class _Typed(Protocol):
    """Something that has a type."""

    @property
    def types(self) -> Types:
        """The type."""
        ...


Texts: TypeAlias = "tuple[str | None, str | None]"
"""What stood there, and what stands there now; None where nothing does."""


def row(  # noqa: PLR0917 - a row's parts, in the order of the sentence
    subject: str,
    points: list[Point],
    texts: Texts,
    operations: Iterable[str] = (),
    along: str = "",
    whose: str = "",
) -> Change:
    """Make a row.

    Args:
        subject: The dotted name within the package.
        points: The rules that apply.
        texts: What stood there, and what stands there now.
        operations: The operations that it reaches.
        along: What there is to say besides the law's own words, as the end of the sentence.
        whose: What of the subject it is, as the start of the sentence.

    Returns:
        The row; it weighs what the gravest of the rules weighs.
    """
    gravest = worst(points)
    grave = [*dict.fromkeys(each.rule for each in points if each.severity is gravest.severity)]
    types = [rule for rule in grave if rule.startswith((Direction.SENT, Direction.RECEIVED))]
    shown = [rule for rule in grave if rule not in types[1:]]  # one change of a type, seen from both sides
    told = " and ".join(LAW[rule].told for rule in shown)
    return Change(
        axis=Axis.PYTHON, rule=gravest.rule, severity=gravest.severity, subject=subject,
        what=f"{whose}`{subject}` {told}{along}.", why=gravest.why, before=texts[0], after=texts[1],
        operations=tuple(sorted(operations)),
    )  # fmt: skip


def texts_of(old: object, new: object, *, places: tuple[int, int] | None = None) -> Texts:
    """Write both sides; with their places among the arguments, where these tell the difference."""
    notes = [f"  # argument {place}" for place in places] if places is not None else ["", ""]
    one, other = (
        None if each is None else f"{each}{note}" for each, note in zip((old, new), notes, strict=True)
    )
    return one, other


class Context:
    """Two packages, matched."""

    def __init__(self, old: Package, new: Package) -> None:
        """Match them.

        Args:
            old: The older one.
            new: The newer one.
        """
        self.old, self.new = old, new
        self.matching = match(old, new)
        self.uses = Uses(old)
        self.gone, self.fresh = sides(old, new, self.matching)
        self.instead: defaultdict[str, set[str]] = defaultdict(set)
        """For classes and aliases that are gone, what stands in their places now, as far as that was seen."""
        self._known = Known(self._meant, self._bases)

    def _meant(self, name: str) -> Types | None:
        definition = self.new.definitions.get(name)
        return definition.types if isinstance(definition, Alias) else None

    def _bases(self, name: str) -> tuple[str, ...]:
        definition = self.new.definitions.get(name)
        return definition.bases if isinstance(definition, Class) else ()

    def points(
        self,
        old: Types,
        new: Types,
        directions: Sequence[Direction],
        *,
        goes: frozenset[Direction] | None = None,
        told: Sequence[str] = (),
    ) -> list[Point]:
        """Weigh how a type differs; what only comes of a class that is gone is told with the class.

        Args:
            old: The older type.
            new: The newer one.
            directions: Whether callers pass it, read it, or both.
            goes: Which ways the objects go that it is an attribute of.
            told: The rules that have been found there already.

        Returns:
            The rules that apply, in their weights.
        """
        found = difference(self.matching.now(old), new, self._known)
        gone = self.gone.names.intersection(named_in(found.gone))
        if gone and all(gone.intersection(named_in(frozenset({member}))) for member in found.gone):
            for name in gone:
                self.instead[name].update(member.head.rpartition(".")[2] for member in found.gained)
            return []
        usual = sorted(directions, key=lambda way: goes is not None and way not in goes)
        points = [point(rule_of(found, old, new, way, self._known), way, goes) for way in usual if found]
        # That an argument can be left out, or cannot any more, says of its type what there is to say.
        if {member.head for member in (*found.gone, *found.gained)} == {UNSET}:
            left_out = {"argument-made-required", "argument-made-optional"}.intersection(told)
            points = [each for each in points if not (left_out and each.rule.startswith(Direction.SENT))]
        return points

    def went(self, names: Iterable[str], itself: str = "") -> str:
        """Say what goes with some names."""
        along = self.gone.along(names, itself)
        return f", and with it {listed(along)}" if along else ""

    def along(self, old: _Typed | None, new: _Typed | None) -> str:
        """Say what goes or comes with an argument or an attribute that only one side has."""
        names = [named_in(each.types) if each is not None else () for each in (old, new)]
        return self.went(names[0]) + self.came(names[1])

    def came(self, names: Iterable[str]) -> str:
        """Say what comes with some names."""
        along = self.fresh.along(names)
        return f", and with it {listed(along)}" if along else ""
