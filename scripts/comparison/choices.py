"""What differs between two places' choices: members of `allOf`, branches of `anyOf` and `oneOf`."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from scripts.comparison.graph import Edge
from scripts.comparison.look import Look
from scripts.comparison.pairing import paired
from scripts.comparison.places import Part, canonical, is_trivial
from scripts.comparison.words import brief
from scripts.preparation.documents import ANNOTATIONS

if TYPE_CHECKING:
    from scripts.comparison.graph import Graph, Pair
    from scripts.comparison.proofs import Sided
    from scripts.comparison.views import Union


def look_at_members(graph: Graph, pair: Pair) -> Look:
    """Tell members of `allOf` that were plainly added or removed; return a look at all else.

    Where members only moved, or were changed as well, what all of them say together is compared.
    """
    before, after = _members(pair.old), _members(pair.new)
    come = [part for part in after if not any(_are_one(part, other) for other in before)]
    gone = [part for part in before if not any(_are_one(part, other) for other in after)]
    look = Look(graph, pair)
    if bool(come) == bool(gone):
        return look
    for extra, side, other, rule in (
        (come, pair.new, pair.old, "all-of-member-added"),
        (gone, pair.old, pair.new, "all-of-member-removed"),
    ):
        told = [part for part in extra if not graph.prover.included(other, side.at((part,)))]
        for part in told:
            name = brief(side.at((part,)))
            look.tell(
                rule,
                before=None if side is pair.new else name,
                after=name if side is pair.new else None,
                old=look.old.view.pointer,
                new=look.new.view.pointer,
                keyword="allOf",
            )
    if come:
        return Look(graph, pair, new=pair.new.at(part for part in after if part not in come))
    return Look(graph, pair, old=pair.old.at(part for part in before if part not in gone))


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


def _are_one(one: Part, other: Part) -> bool:
    """Tell whether two parts are the same component, or say the same."""
    if one.component and one.component == other.component:
        return True
    return _telling(one) == _telling(other)


def _telling(part: Part) -> str:
    if not isinstance(part.schema, dict):
        return canonical(part.schema)
    return canonical({key: value for key, value in part.schema.items() if key not in ANNOTATIONS})


def compare_unions(look: Look) -> bool:
    """Compare the unions of two places; tell whether nothing else of them is to be compared."""
    one, other = look.old.view.unions, look.new.view.unions
    if bool(one) != bool(other):
        return _compare_with_none(look, (one or other)[0], added=bool(other))
    left = list(other)
    for before in one:
        if left:
            after = max(left, key=lambda union: (_shared(look, before, union), -left.index(union)))
            left.remove(after)
            _compare_branches(look, before, after)
        else:
            _tell_whole(look, before, added=False)
    for union in left:
        _tell_whole(look, union, added=True)
    return False


def _shared(look: Look, before: Union, after: Union) -> int:
    """Count the branches that two unions have in common."""
    ours, theirs = (
        [reader.followed(branch) for branch in union.branches]
        for reader, union in ((look.old.reader, before), (look.new.reader, after))
    )
    return sum(any(_are_one(one, other) for other in theirs) for one in ours)


def _tell_whole(look: Look, union: Union, *, added: bool) -> None:
    side = look.new if added else look.old
    branches = sorted(brief(side.at((branch,))) for branch in union.branches)
    if added:
        look.tell(
            "union-added", after=branches, old=look.old.view.pointer, new=union.pointer, keyword=union.kind
        )
    else:
        look.tell(
            "union-removed", before=branches, old=union.pointer, new=look.new.view.pointer, keyword=union.kind
        )


def _compare_with_none(look: Look, union: Union, *, added: bool) -> bool:
    """Compare a place with a union and one without."""
    with_union, without = (look.new, look.old) if added else (look.old, look.new)
    prover = look.graph.prover
    if prover.equal(look.old, look.new):
        return True
    plain = with_union.view.is_open and len(with_union.view.unions) == 1
    if not plain or (without.view.is_open and without.view.types is None):
        for each in with_union.view.unions:
            _tell_whole(look, each, added=added)
        return False
    branches = with_union.branches(union)
    kept = _kept_branch(look, without, branches)
    old, new = look.old.view.pointer, look.new.view.pointer
    if kept is not None:
        others = sorted(brief(with_union.at((branch,))) for number, branch in enumerate(union.branches)
                        if branches[number] is not kept)  # fmt: skip
        wrapped = "wrapped-in-any-of" if union.kind == "anyOf" else "wrapped-in-one-of"
        if added:
            look.tell(wrapped, after=others, old=old, new=new)
        else:
            look.tell("unwrapped", before=others, old=old, new=new)
        look.within(*((without.place, kept.place) if added else (kept.place, without.place)))
        return True
    rule = "union-replaced"
    if prover.included(look.old, look.new):
        rule = "type-widened"
    elif prover.included(look.new, look.old):
        rule = "type-narrowed"
    look.tell(rule, before=brief(look.old), after=brief(look.new), old=old, new=new)
    return True


def _kept_branch(look: Look, without: Sided, branches: list[Sided]) -> Sided | None:
    """Return the branch that the place without a union has become, or came from."""
    prover = look.graph.prover
    names = {part.component for part in without.place} - {None}
    for branch in branches:
        if branch.place[-1].component in names:
            return branch
    equal = (branch for branch in branches if prover.equal(without, branch))
    wider = (branch for branch in branches if prover.included(without, branch))
    return next(chain(equal, wider), None)


def _compare_branches(look: Look, before: Union, after: Union) -> None:
    graph = look.graph
    old = [look.old.at((branch,)) for branch in before.branches]
    new = [look.new.at((branch,)) for branch in after.branches]
    pairs, gone, come = paired(list(old), list(new), graph.prover, (before, after))
    for one, other in pairs:
        found = graph.pair(one.place, other.place)
        if found is not None:
            look.pair.edges.append(Edge(found))
    for branch in gone:
        if not any(graph.prover.included(branch, side) for side in new):
            look.tell(
                "union-branch-removed",
                before=brief(branch),
                old=before.pointer,
                new=after.pointer,
                keyword=after.kind,
            )
    for branch in come:
        if not any(graph.prover.included(branch, side) for side in old):
            look.tell(
                "union-branch-added",
                after=brief(branch),
                old=before.pointer,
                new=after.pointer,
                keyword=after.kind,
            )
    if before.kind != after.kind and not _all_disjoint(graph, new if after.kind == "oneOf" else old):
        rule = "union-became-one-of" if after.kind == "oneOf" else "union-became-any-of"
        look.tell(rule, old=before.pointer, new=after.pointer)


def _all_disjoint(graph: Graph, branches: list[Sided]) -> bool:
    return all(
        graph.prover.disjoint(one, other)
        for number, one in enumerate(branches)
        for other in branches[number + 1 :]
    )
