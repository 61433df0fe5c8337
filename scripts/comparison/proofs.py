"""Proofs that one place accepts no more than another, or that no value fits both.

A proof is only ever found, never assumed: "no" means that none was found. Milder verdicts rest on these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scripts.comparison.places import UNIONS, Part, key_of
from scripts.comparison.views import CONCERNS, LOWER, OBJECTS, UPPER, covers, meet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scripts.comparison.places import Place
    from scripts.comparison.reading import Reader
    from scripts.comparison.views import Demand, Types, Union, View

_DEEPEST = 12
"""Levels that a proof goes down before it is given up."""


_MOST_SHARDS = 100
"""Values, or types, that are looked at one by one."""


class Sided(NamedTuple):
    """A place in one of the two documents."""

    reader: Reader
    place: Place

    @property
    def view(self) -> View:
        """What it accepts."""
        return self.reader.view(self.place)

    @property
    def types(self) -> Types | None:
        """The types that it can accept, null aside; None where they are all."""
        return self.reader.types(self.place)

    def at(self, parts: Iterable[Part]) -> Sided:
        """Return another place of the same document, with each of its parts once."""
        followed = (self.reader.followed(part) for part in parts)
        unique = {part.pointer + part.aspect: part for part in followed}
        return Sided(self.reader, tuple(unique.values()))

    def branches(self, union: Union) -> list[Sided]:
        """Return the choices of a union, each with all else that its place says."""
        outer = [part.without(*UNIONS) if part.pointer == union.pointer else part for part in self.place]
        # A union further in stays one of all that holds, and would come up again and again.
        kept = outer if any(part.pointer == union.pointer for part in self.place) else []
        return [self.at((*kept, branch)) for branch in union.branches]


class Prover:
    """Finds proofs, and remembers them.

    Attributes:
        same: Tells whether two places of the two documents say the same, whatever that is.
    """

    def __init__(self, same: Callable[[Sided, Sided], bool]) -> None:
        self._same = same
        self._known: dict[object, bool] = {}

    def equal(self, one: Sided, other: Sided) -> bool:
        """Prove that two places accept the same."""
        return self.included(one, other) and self.included(other, one)

    def included(self, small: Sided, large: Sided, depth: int = 0) -> bool:
        """Prove that all that one place accepts, the other accepts too."""
        if self._same(small, large):
            return True
        key = (id(small.reader), key_of(small.place), id(large.reader), key_of(large.place))
        if key not in self._known:
            if depth > _DEEPEST:
                return False
            self._known[key] = False  # what rests on itself is not proven
            self._known[key] = self._included(small, large, depth)
        return self._known[key]

    def _included(self, small: Sided, large: Sided, depth: int) -> bool:
        one, other = small.view, large.view
        if one.never:
            return True
        if other.never or (one.null and not other.null) or not other.unknown.keys() <= one.unknown.keys():
            return False
        if self._plainly_included(small, large, depth) and self._fits_unions(small, large, depth):
            return True
        return any(
            all(self.included(branch, large, depth + 1) for branch in small.branches(union))
            for union in one.unions
            if any(part.pointer == union.pointer for part in small.place)
        )

    def _plainly_included(self, small: Sided, large: Sided, depth: int) -> bool:
        one, other = small.view, large.view
        types = small.types
        if other.enum is not None and (one.enum is None or not one.enum.keys() <= other.enum.keys()):
            return False
        if not covers(other.types, types):
            return False
        concerned = _concerned(types)
        if not all(
            name in one.bounds and one.bounds[name].tightness >= bound.tightness
            for name, bound in other.bounds.items()
            if concerned(name)
        ):
            return False
        if not all(
            values.keys() <= one.listed.get(keyword, {}).keys()
            for keyword, values in other.listed.items()
            if concerned(keyword)
        ):
            return False
        if not (types is None or "object" in types or "array" in types):
            return self._same_rest(small, large)
        return self._same_rest(small, large) and (
            (not concerned("properties") or self._object_included(small, large, depth))
            and (not concerned("items") or self._array_included(small, large, depth))
        )

    def _same_rest(self, small: Sided, large: Sided) -> bool:
        """Hold together what is only compared as it is written."""
        one, other = small.view, large.view
        pairs = [(one.refused, other.refused), (one.conditions, other.conditions)]
        written = ("unevaluatedItems", "unevaluatedProperties", "contentSchema")
        pairs += [(one.held.get(keyword, []), other.held.get(keyword, [])) for keyword in written]
        return all(
            any(self._same(small.at((part,)), large.at((wanted,))) for part in ours)
            for ours, theirs in pairs
            for wanted in theirs
        )

    def _object_included(self, small: Sided, large: Sided, depth: int) -> bool:
        one, other = small.view, large.view
        if not (
            other.required.keys() <= one.required.keys()
            and other.dependent.keys() <= one.dependent.keys()
            and other.dependent_schemas.keys() <= one.dependent_schemas.keys()
            and other.patterns.keys() <= one.patterns.keys()
        ):
            return False
        rest, wanted = one.held.get("additionalProperties"), other.held.get("additionalProperties")
        if wanted and (rest is None or one.patterns.keys() - other.patterns.keys()):
            return False
        pairs = [(one.dependent_schemas[name], parts) for name, parts in other.dependent_schemas.items()]
        pairs += [(one.patterns[name], parts) for name, parts in other.patterns.items()]
        others = [] if one.patterns else rest or []  # a name with a pattern is none of the rest
        pairs += [(one.properties.get(name, others), parts) for name, parts in other.properties.items()]
        if wanted:
            pairs += [
                (parts, wanted) for name, parts in one.properties.items() if name not in other.properties
            ]
            pairs.append((rest or [], wanted))
        if "propertyNames" in other.held:
            pairs.append((one.held.get("propertyNames", []), other.held["propertyNames"]))
        return self._all_included(small, large, pairs, depth)

    def _array_included(self, small: Sided, large: Sided, depth: int) -> bool:
        one, other = small.view, large.view
        longest = max(len(one.prefix), len(other.prefix))
        pairs = [(_item(one, number), _item(other, number)) for number in range(longest)]
        pairs.append((one.held.get("items", []), other.held.get("items", [])))
        return self._all_included(small, large, pairs, depth) and all(
            any(self._demands(small, one_demand, large, wanted, depth) for one_demand in one.demands)
            for wanted in other.demands
        )

    def demands(self, small: Sided, one: Demand, large: Sided, other: Demand) -> bool:
        """Prove that who meets one demand for items meets another one."""
        return self._demands(small, one, large, other, 0)

    def _demands(self, small: Sided, one: Demand, large: Sided, other: Demand, depth: int) -> bool:
        mine, theirs = small.at((one.part,)), large.at((other.part,))
        if other.least.tightness[0] > 0 and not (
            one.least.tightness >= other.least.tightness and self.included(mine, theirs, depth + 1)
        ):
            return False
        return other.most is None or (
            one.most is not None
            and one.most.tightness >= other.most.tightness
            and self.included(theirs, mine, depth + 1)
        )

    def _all_included(
        self, small: Sided, large: Sided, pairs: list[tuple[list[Part], list[Part]]], depth: int
    ) -> bool:
        """Prove inclusion for pairs of schemas; an empty one accepts everything."""
        return all(
            not theirs or (bool(ours) and self.included(small.at(ours), large.at(theirs), depth + 1))
            for ours, theirs in pairs
        )

    def _fits_unions(self, small: Sided, large: Sided, depth: int) -> bool:
        """Prove that what a place accepts fits every choice of another one."""
        for union in large.view.unions:
            branches = [large.at((branch,)) for branch in union.branches]
            fitting = [branch for branch in branches if self.included(small, branch, depth + 1)]
            if fitting and union.kind == "oneOf":
                others = [branch for branch in branches if branch is not fitting[0]]
                if not all(self.disjoint(small, branch, depth + 1) for branch in others):
                    return False
            elif not fitting and not self._fits_in_shards(small, branches, union.kind, depth):
                return False
        return True

    def _fits_in_shards(self, small: Sided, branches: list[Sided], kind: str, depth: int) -> bool:
        """Prove for each type, or each value, of a place that it fits a choice."""
        view = small.view
        if view.enum is not None:
            shards = [Part("", {"const": value}, key) for key, value in view.enum.items()]
        else:
            shards = [Part("", {"type": name}, name) for name in sorted(view.types or ())]
        if not 1 < len(shards) <= _MOST_SHARDS or depth > _DEEPEST:
            return False
        places = [small.at((*small.place, shard)) for shard in shards]
        return all(
            sum(self.included(place, branch, depth + 1) for branch in branches) >= 1
            and (kind == "anyOf" or sum(not self.disjoint(place, b, depth + 1) for b in branches) == 1)
            for place in places
        )

    def disjoint(self, one: Sided, other: Sided, depth: int = 0) -> bool:
        """Prove that no value fits both places."""
        key = ("disjoint", id(one.reader), key_of(one.place), id(other.reader), key_of(other.place))
        if key not in self._known:
            self._known[key] = False  # what rests on itself is not proven
            self._known[key] = self._disjoint(one, other, depth)
        return self._known[key]

    def _disjoint(self, one: Sided, other: Sided, depth: int) -> bool:
        first, second = one.view, other.view
        if first.never or second.never:
            return True
        if first.null and second.null:
            return False
        types = meet(one.types, other.types)
        if _share_no_value(first, second, types):
            return True
        if types != OBJECTS or depth > _DEEPEST:
            return False
        shared = first.properties.keys() & second.properties.keys()
        return any(
            self.disjoint(one.at(first.properties[name]), other.at(second.properties[name]), depth + 1)
            for name in sorted(shared & (first.required.keys() | second.required.keys()))
        ) or any(_refuses(*sides) for sides in ((one, second.required), (other, first.required)))


def _share_no_value(first: View, second: View, types: Types | None) -> bool:
    """Prove by types, values and limits alone that no value fits both; `types` are those that they share."""
    one, other = first.enum, second.enum
    return types is not None and (
        not types
        or (one is not None and other is not None and not one.keys() & other.keys())
        or _out_of_bounds(types, first, second)
        or _out_of_bounds(types, second, first)
    )


def _out_of_bounds(types: Types, low: View, high: View) -> bool:
    """Tell whether the least that one view asks for is more than another one's most."""
    for lower, upper in zip(LOWER, UPPER, strict=True):
        least, most = low.bounds.get(lower), high.bounds.get(upper)
        if least and most and types <= CONCERNS[lower]:
            value, exclusive = least.tightness
            limit, excluded = most.tightness
            if value > -limit or (value == -limit and (exclusive or excluded)):
                return True
    return False


def _refuses(side: Sided, names: Iterable[str]) -> bool:
    """Tell whether a place allows none but its own properties, and one of these names is not among them."""
    view = side.view
    rest = view.held.get("additionalProperties")
    is_closed = bool(rest) and not view.patterns and side.at(rest or ()).view.never
    return is_closed and any(name not in view.properties for name in names)


def _item(view: View, number: int) -> list[Part]:
    return view.prefix[number] if number < len(view.prefix) else view.held.get("items", [])


def _concerned(types: Types | None) -> Callable[[str], bool]:
    """Return what tells whether a keyword says something of values of these types."""
    return lambda keyword: types is None or bool(CONCERNS[keyword] & types)
