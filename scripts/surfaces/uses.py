"""Which operations a class reaches, and which way its objects go."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from scripts.comparison.severity import Direction
from scripts.surfaces.annotations import named_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from scripts.surfaces.parts import Operation, Package

EITHER_WAY = frozenset(Direction)


class Uses:
    """What uses what in a package."""

    def __init__(self, package: Package) -> None:
        """Follow all operations.

        Args:
            package: The package.
        """
        self._inner = {name: package.inside(name) for name in package.definitions}
        self._users: defaultdict[str, set[str]] = defaultdict(set)
        for name, inner in self._inner.items():
            for one in inner:
                self._users[one].add(name)
        self._operations: defaultdict[str, set[str]] = defaultdict(set)
        taken, given = set(), set()
        for operation in package.operations.values():
            arguments, results = arguments_and_results(operation)
            taken |= arguments
            given |= results
            for name in arguments | results:
                self._operations[name].add(str(operation))
        ways = {Direction.SENT: self.reached(taken), Direction.RECEIVED: self.reached(given)}
        self._goes = {
            name: frozenset(way for way, reached in ways.items() if name in reached) for name in self._inner
        }

    def goes(self, name: str) -> frozenset[Direction]:
        """Return which ways the objects of a class go; both where no operation says."""
        return self._goes.get(name) or EITHER_WAY

    def reached(self, names: Iterable[str]) -> set[str]:
        """Return some classes with all that they hold."""
        return closure(names, self._inner)

    def operations(self, name: str) -> tuple[str, ...]:
        """Return the operations that a class reaches."""
        users = closure([name], self._users)
        return tuple(sorted({each for user in users for each in self._operations.get(user, ())}))


def arguments_and_results(operation: Operation) -> tuple[set[str], set[str]]:
    """Return the names of what an operation takes, and of what it gives."""
    functions = operation.functions.values()
    return (
        {name for one in functions for each in one.parameters for name in named_in(each.types)},
        {name for one in functions for name in named_in(one.types)},
    )


def closure(names: Iterable[str], following: Mapping[str, Iterable[str]]) -> set[str]:
    """Return some names with all that follows from them."""
    found: set[str] = set()
    pending = [*names]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += following.get(name, ())
    return found
