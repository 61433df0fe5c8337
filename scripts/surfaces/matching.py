"""What of one package is what of another: operations, parameters, attributes, and what has another name."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from scripts.surfaces.annotations import NOTHING, Types, named_in, renamed
from scripts.surfaces.parts import Alias, Class

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from scripts.surfaces.parts import Attribute, Function, Operation, Package, Parameter

_T = TypeVar("_T")
_U = TypeVar("_U", "Attribute", "Parameter")

ENOUGH = 0.5
"""How much of two definitions has to be the same before one is taken for the other under a new name."""


class Pair(NamedTuple):
    """A place, with the types that stand there in both packages; None where only one has the place."""

    old: Types | None
    new: Types | None


@dataclass
class Matching:
    """What of the older package is what of the newer one.

    Attributes:
        operations: Operations that both have.
        removed: Operations that only the older one has.
        added: Operations that only the newer one has.
        names: For each class and alias that both have, its newer name by its older one.
    """

    operations: list[tuple[Operation, Operation]] = field(default_factory=list)
    removed: list[Operation] = field(default_factory=list)
    added: list[Operation] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def now(self, types: Types) -> Types:
        """Write a type of the older package with the newer names."""
        return renamed(types, self.names)


def match(old: Package, new: Package) -> Matching:
    """Match two packages."""
    made = Matching()
    made.operations, made.removed, made.added = _operations(old, new)
    made.names = {name: name for name in old.definitions if name in new.definitions}
    _Renames(old, new, made).find()
    return made


def _operations(
    old: Package, new: Package
) -> tuple[list[tuple[Operation, Operation]], list[Operation], list[Operation]]:
    """Match operations: by what they send first, as names are what may have changed."""
    pairs: list[tuple[Operation, Operation]] = []
    older, newer = [*old.operations.values()], [*new.operations.values()]
    for key in (
        attrgetter("module", "method", "path"),
        attrgetter("method", "path"),
        lambda each: (each.method, _nameless(each.path)),
        attrgetter("module"),
    ):
        pairs += _paired(older, newer, key)
        older, newer = _rest(older, newer, pairs)
    return pairs, older, newer


def _nameless(path: str) -> str:
    return "{}".join(part.rpartition("}")[2] for part in path.split("{"))


def _paired(older: Sequence[_T], newer: Sequence[_T], key: Callable[[_T], object]) -> list[tuple[_T, _T]]:
    """Pair what has the same key, in order where several have."""
    waiting: defaultdict[object, list[_T]] = defaultdict(list)
    for one in newer:
        waiting[key(one)].append(one)
    return [(one, waiting[key(one)].pop(0)) for one in older if waiting[key(one)]]


def _rest(
    older: Sequence[_T], newer: Sequence[_T], pairs: Iterable[tuple[_T, _T]]
) -> tuple[list[_T], list[_T]]:
    """Return what is in no pair."""
    taken = {id(one) for pair in pairs for one in pair}
    return [one for one in older if id(one) not in taken], [one for one in newer if id(one) not in taken]


def matched(old: Sequence[_U], new: Sequence[_U]) -> list[tuple[_U | None, _U | None]]:
    """Match the attributes of a class, or the parameters of a function.

    Args:
        old: The older ones.
        new: The newer ones.

    Returns:
        Pairs in the newer order, those that are gone last; None stands for what one side lacks.
    """
    pairs: list[tuple[_U, _U]] = []
    older: Sequence[_U] = old
    newer: Sequence[_U] = new
    for key in ("key", "name"):
        pairs += _paired(older, newer, attrgetter(key))
        older, newer = _rest(older, newer, pairs)
    in_path = [[one for one in some if one.key.startswith("path ")] for some in (older, newer)]
    if len(in_path[0]) == len(in_path[1]):  # a name in a path's template is nothing on the wire
        pairs += zip(*in_path, strict=True)
        older, newer = _rest(older, newer, pairs)
    by_new = {id(other): one for one, other in pairs}
    found: list[tuple[_U | None, _U | None]] = [(by_new.get(id(other)), other) for other in new]
    found += [(one, None) for one in older]
    return found


class _Renames:
    """Finds classes and aliases that have another name: at a place where one stood another one stands."""

    def __init__(self, old: Package, new: Package, matching: Matching) -> None:
        self._old, self._new, self._matching = old.definitions, new.definitions, matching
        self._gone = {name for name in old.shown if name not in self._new}
        self._added = {name for name in new.shown if name not in self._old}
        self._places = [*_all_function_places(old, new, matching)] if self._gone else []

    def find(self) -> None:
        """Find all of them, and add them to the names."""
        if not self._gone:
            return
        fresh = dict(self._matching.names)
        while fresh:
            for before, after in fresh.items():
                self._places += definition_places(self._old[before], self._new[after])
            fresh = self._round()
            self._matching.names |= fresh
            self._gone -= fresh.keys()
            self._added -= set(fresh.values())
        self._by_shape()

    def _round(self) -> dict[str, str]:
        """Take the most alike first; each newer one once, unless it is exactly what is gone."""
        votes: Counter[tuple[str, str]] = Counter()
        for old, new in self._places:
            older = self._gone.intersection(named_in(old or NOTHING))
            if older and new is not None:
                kept = set(named_in(self._matching.now(old or NOTHING)))
                votes.update((one, other) for one in older for other in {*named_in(new)} - kept)
        ranked = sorted(
            (-self._alike(one, other), -count, one, other) for (one, other), count in votes.items()
        )
        found: dict[str, str] = {}
        for alike, _, one, other in ranked:
            is_free = other in self._added and other not in found.values()
            if one not in found and ((is_free and -alike >= ENOUGH) or -alike > 1):
                found[one] = other
        return found

    def _by_shape(self) -> None:
        """Match what is left, and stands nowhere, by what it is."""
        for one in sorted(self._gone):
            same = [other for other in sorted(self._added) if self._alike(one, other) > 1]
            if len(same) == 1:
                self._matching.names[one] = same[0]
                self._added.remove(same[0])

    def _alike(self, before: str, after: str) -> float:
        """Tell how much of two definitions is the same, from 0 to 1; more where that is all and something."""
        old, new = self._old[before], self._new[after]
        one, other = self._content(old, {before: after}), self._content(new, {})
        if type(old) is not type(new):
            return 0
        both = len(one.keys() & other.keys())
        share = both / len(one.keys() | other.keys()) if one or other else 1
        return 2 if one == other and one else share

    def _content(self, definition: Class | Alias, names: dict[str, str]) -> dict[str, Types]:
        """Return what a definition consists of: its attributes, or its members."""
        if isinstance(definition, Alias):
            return {member.head: frozenset() for member in definition.types}
        return {
            each.key: renamed(each.types, self._matching.names | names)
            for each in definition.attributes
            if each.key != "additional_properties"
        }


def places(old: Package, new: Package, matching: Matching) -> Iterator[Pair]:
    """Yield the places of operations and definitions that both packages have."""
    yield from _all_function_places(old, new, matching)
    for before, after in matching.names.items():
        yield from definition_places(old.definitions[before], new.definitions[after])


def _all_function_places(old: Package, new: Package, matching: Matching) -> Iterator[Pair]:
    for one, other in matching.operations:
        yield from _function_places(one.functions, other.functions)
    for name, module in old.modules.items():
        if name in new.modules and module.operation is None:
            yield from _function_places(old.functions(name), new.functions(name))


def _function_places(old: dict[str, Function], new: dict[str, Function]) -> Iterator[Pair]:
    for name, one in old.items():
        other = new.get(name)
        if other is not None:
            yield Pair(one.types, other.types)
            yield from _places(matched(one.parameters, other.parameters))


def definition_places(old: Class | Alias, new: Class | Alias) -> Iterator[Pair]:
    """Yield the places of two definitions."""
    if isinstance(old, Class) and isinstance(new, Class):
        yield from _places(matched(old.attributes, new.attributes))
        yield from _function_places(old.methods, new.methods)
    elif isinstance(old, Alias) and isinstance(new, Alias):
        yield Pair(old.types, new.types)


def _places(pairs: list[tuple[_U | None, _U | None]]) -> Iterator[Pair]:
    for before, after in pairs:
        yield Pair(None if before is None else before.types, None if after is None else after.types)
