"""What holds together at two places: members of `allOf` that came or went, and schemas that have a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.comparison.look import Look
from scripts.comparison.objects import CLOSING
from scripts.comparison.places import Part, canonical, is_trivial
from scripts.comparison.words import brief
from scripts.preparation.documents import ANNOTATIONS

if TYPE_CHECKING:
    from scripts.comparison.graph import Graph, Pair
    from scripts.comparison.proofs import Sided


def look_at_members(graph: Graph, pair: Pair) -> Look:
    """Tell members of `allOf` that were plainly added or removed; return a look at all else.

    Where members only moved, or were changed as well, what all of them say together is compared.
    """
    before, after = _members(pair.old), _members(pair.new)
    come = [part for part in after if not any(are_one(part, other) for other in before)]
    gone = [part for part in before if not any(are_one(part, other) for other in after)]
    look = Look(graph, pair)
    if bool(come) == bool(gone):
        return look
    extra, side, other = (come, pair.new, pair.old) if come else (gone, pair.old, pair.new)
    told = [part for part in extra if not graph.prover.included(other, side.at((part,)))]
    for part in told:
        name = brief(side.at((part,)))
        look.tell(
            "all-of-member-added" if come else "all-of-member-removed",
            before=None if come else name,
            after=name if come else None,
            old=look.old.view.pointer,
            new=look.new.view.pointer,
            keyword="allOf",
        )
    if not told:
        return look
    if come:
        return Look(graph, pair, new=side.at(part for part in after if part not in told))
    return Look(graph, pair, old=side.at(part for part in before if part not in told))


def _members(side: Sided) -> list[Part]:
    """Return the parts that must hold together."""
    found: list[Part] = []
    for part in side.place:
        schema = part.schema
        members = schema.get("allOf") if isinstance(schema, dict) else None
        if not isinstance(members, list) or "$ref" in schema or "nullable" in schema:
            found.append(part)
            continue
        own = part.without("allOf")
        if not is_trivial(own.schema):
            found.append(own)
        found += [side.reader.followed(part.child("allOf", number)) for number in range(len(members))]
    return found


def are_one(one: Part, other: Part) -> bool:
    """Tell whether two parts are the same component, or say the same."""
    if one.component and one.component == other.component:
        return True
    return _telling(one) == _telling(other)


def _telling(part: Part) -> str:
    if not isinstance(part.schema, dict):
        return canonical(part.schema)
    return canonical({key: value for key, value in part.schema.items() if key not in ANNOTATIONS})


def handed_on(look: Look) -> bool:
    """Leave to the named schemas among what holds together what changed in them; tell whether that is all.

    So a change of a named schema is told once, of that schema, whether a place refers to it or has it as a
    member of `allOf`. Where the rest changed too, what moved between the two would look like two changes.
    """
    old, new = _Parted(look.old), _Parted(look.new)
    if old.named.keys() != new.named.keys() or not _are_alike(look, old.rest, new.rest):
        return False
    graph = look.graph
    differing = {
        name: sides
        for name, part in old.named.items()
        if not graph.same(*(sides := look.sides([part], [new.named[name]])))
    }
    if not differing or look.old.place[0].component in differing or graph.prover.equal(look.old, look.new):
        return False
    for name, sides in differing.items():
        if not _is_apart(look, sides, old.beside(name), new.beside(name)):
            return False
    for one, other in differing.values():
        look.within(one.place, other.place)
    return True


class _Parted:
    """What holds together at a place.

    Attributes:
        named: The schema components among it, by name; but the place itself, where it is one.
        rest: All else.
    """

    def __init__(self, side: Sided) -> None:
        self.named: dict[str, Part] = {}
        self.rest: list[Part] = []
        self._side = side
        self._seen: set[str] = set()
        for part in side.place:
            self._sort(part, whole=len(side.place) == 1)

    def _sort(self, part: Part, *, whole: bool) -> None:
        part = self._side.reader.followed(part)
        if part.component is not None and not whole:
            self.named[part.component] = part
            return
        if part.pointer + part.aspect in self._seen:
            return
        self._seen.add(part.pointer + part.aspect)
        own, members = self._side.reader.members(part)
        if not is_trivial(own.schema):
            self.rest.append(own)
        for member in members:
            self._sort(member, whole=False)

    def beside(self, name: str) -> list[Part]:
        """Return what holds besides a named schema."""
        return [*(part for other, part in self.named.items() if other != name), *self.rest]


def _are_alike(look: Look, old: list[Part], new: list[Part]) -> bool:
    """Tell whether two lists of schemas say the same, in whatever order."""
    left = list(new)
    for one in old:
        equal = (part for part in left if look.graph.prover.equal(*look.sides([one], [part])))
        match = next(equal, None)
        if match is None:
            return False
        left.remove(match)
    return not left


def _is_apart(look: Look, sides: tuple[Sided, Sided], *beside: list[Part]) -> bool:
    """Tell whether a change of a named schema comes to the same beside what else holds.

    It need not where null, or a property that the others say something of, came or went.
    """
    one, other = (side.view for side in sides)
    changed = one.properties.keys() ^ other.properties.keys()
    others = [side.at(parts).view for side, parts in zip((look.old, look.new), beside, strict=True) if parts]
    if others and one.null != other.null:
        return False
    return not any(
        changed & view.required.keys() or (changed and (view.patterns or view.held.keys() & {*CLOSING}))
        for view in others
    )
