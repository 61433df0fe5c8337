"""What is gone, new or renamed only because something else is: told with that, in one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.surfaces.annotations import named_in
from scripts.surfaces.matching import places
from scripts.surfaces.parts import is_public
from scripts.surfaces.uses import arguments_and_results, closure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scripts.surfaces.matching import Matching
    from scripts.surfaces.parts import Operation, Package

SHOWN = 5
"""How many names a sentence lists."""


class Side:
    """What one of two packages has and the other has not: classes and aliases, and whole modules."""

    def __init__(
        self,
        package: Package,
        other: Package,
        lacking: Iterable[str],
        used: Iterable[str],
        along: Iterable[str],
    ) -> None:
        """Sort it.

        Args:
            package: The package.
            other: The other one.
            lacking: The classes and aliases that the other one has not.
            used: The names in places that both have.
            along: The names in operations, arguments and attributes that only this one has.
        """
        self.names = frozenset(lacking)
        """All of its classes and aliases."""
        self.modules = frozenset(_whole(package, other))
        """Modules, where these define more than one thing."""
        self._inside = {name: package.inside(name) for name in self.names}
        with_module = {name for name in self.names if name.rpartition(".")[0] in self.modules}
        self.causes = frozenset((self.names & {*used}) - with_module)
        """Classes and aliases that are told of: what both packages have names them, or nothing else does."""
        told = {*along, *with_module, *(inner for one in self.causes for inner in self._inside[one])}
        rest = self.names - self.causes - self._along(told) - with_module
        named = {inner for one in rest for inner in self._inside[one] if inner != one}
        for name in sorted(rest, key=lambda name: (name in named, name)):
            if name in rest:
                self.causes |= {name}
                rest -= {name, *self._along(self._inside[name])}

    def _along(self, names: Iterable[str]) -> set[str]:
        """Return what goes with some names: those that only this package has, with what is in them."""
        rest = self.names - self.causes
        return closure(rest & {*names}, {name: rest & {*self._inside[name]} for name in rest})

    def along(self, names: Iterable[str], itself: str = "") -> list[str]:
        """List the classes and aliases that go with some names, without their modules."""
        found = self._along(names) - {itself}
        return sorted(name.rpartition(".")[2] for name in found)


def sides(old: Package, new: Package, matching: Matching) -> tuple[Side, Side]:
    """Sort what only one of two packages has.

    Args:
        old: The older one.
        new: The newer one.
        matching: What of the one is what of the other.

    Returns:
        What is gone, and what is new.
    """
    stayed: tuple[set[str], set[str]] = set(), set()
    alone: tuple[set[str], set[str]] = _named(matching.removed), _named(matching.added)
    for place in places(old, new, matching):
        one, other = ({*named_in(types)} if types is not None else None for types in place)
        for names, others, kept, lone in (
            (one, other, stayed[0], alone[0]),
            (other, one, stayed[1], alone[1]),
        ):
            (lone if others is None else kept).update(names or ())
    # What is new at a place that both have is told of at the place.
    new_names = new.shown - {*matching.names.values()}
    return (
        Side(old, new, old.shown - matching.names.keys(), stayed[0], alone[0]),
        Side(new, old, new_names, (), alone[1] | stayed[1]),
    )


def _named(operations: Iterable[Operation]) -> set[str]:
    return {name for each in operations for some in arguments_and_results(each) for name in some}


def _whole(package: Package, other: Package) -> Iterator[str]:
    """Yield the modules that another package lacks and that define more than one thing; operations aside."""
    for name, module in package.modules.items():
        defined = [*module.classes, *module.aliases, *module.functions]
        if is_public(name) and name not in other.modules and module.operation is None and len(defined) > 1:
            yield name


def families(names: dict[str, str]) -> Iterator[list[tuple[str, str]]]:
    """Group what has another name: a class with those that are named after it.

    Args:
        names: The newer names by the older ones; what kept its name does not count.

    Yields:
        Groups of older and newer names, the class that the others are named after first.
    """
    rest = sorted(pair for pair in names.items() if pair[0] != pair[1])
    rest.sort(key=lambda pair: len(pair[0].rpartition(".")[2]))
    while rest:
        head = rest[0]
        family = [pair for pair in rest if pair == head or _is_named_after(pair, head)]
        yield family
        rest = [pair for pair in rest if pair not in family]


def _is_named_after(pair: tuple[str, str], head: tuple[str, str]) -> bool:
    (before, after), (old, new) = ([name.rpartition(".")[2] for name in names] for names in (pair, head))
    return before.startswith(old) and old != new and after == new + before.removeprefix(old)


def listed(names: list[str]) -> str:
    """List names in a sentence, the first few."""
    shown = [f"`{name}`" for name in names[:SHOWN]]
    more = len(names) - len(shown)
    last = f"{more} more" if more else shown.pop()
    return f"{', '.join(shown)} and {last}" if shown else last
