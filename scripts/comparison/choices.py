"""What differs between two places' choices: the branches of `anyOf` and `oneOf`."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from scripts.comparison.graph import Edge
from scripts.comparison.look import LACKS
from scripts.comparison.members import are_one
from scripts.comparison.overlaps import Choice, Kept, all_apart, compare_overlaps, keeps_out
from scripts.comparison.pairing import paired
from scripts.comparison.words import brief, by_shape

if TYPE_CHECKING:
    from scripts.comparison.look import Look
    from scripts.comparison.proofs import Sided
    from scripts.comparison.views import Union


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
    return sum(any(are_one(one, other) for other in theirs) for one in ours)


def _tell_whole(look: Look, union: Union, *, added: bool) -> None:
    side = look.new if added else look.old
    branches = sorted(brief(side.at((branch,))) for branch in union.branches)
    if added:
        look.tell("union-added", after=branches, old=LACKS, new=union.pointer, keyword=union.kind)
    else:
        look.tell("union-removed", before=branches, old=union.pointer, new=LACKS, keyword=union.kind)


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
    old, new = (LACKS, union.pointer) if added else (union.pointer, LACKS)
    if kept is not None:
        others = sorted(brief(with_union.at((branch,))) for number, branch in enumerate(union.branches)
                        if branches[number] is not kept)  # fmt: skip
        wrapped = "wrapped-in-any-of" if union.kind == "anyOf" else "wrapped-in-one-of"
        if added:
            look.tell(wrapped, after=others, old=old, new=new)
        else:
            apart = union.kind == "anyOf" or all(
                branch is kept or keeps_out(prover, without, without, branch) for branch in branches
            )
            look.tell("unwrapped" if apart else "unwrapped-from-one-of", before=others, old=old, new=new)
        look.within(*((without.place, kept.place) if added else (kept.place, without.place)))
        return True
    rule = "union-replaced"
    if prover.included(look.old, look.new):
        rule = "type-widened"
    elif prover.included(look.new, look.old):
        rule = "type-narrowed"
    names = brief(look.old), brief(look.new)
    if names[0] == names[1]:
        names = by_shape(look.old), by_shape(look.new)
    look.tell(rule, before=names[0], after=names[1], old=old, new=new)
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
    graph, prover = look.graph, look.graph.prover
    old = [look.old.at((branch,)) for branch in before.branches]
    new = [look.new.at((branch,)) for branch in after.branches]
    pairs, gone, come = paired(list(old), list(new), prover, (before, after))
    kept = [Kept(one, other, graph.pair(one.place, other.place)) for one, other in pairs]
    look.pair.edges += [Edge(each.pair) for each in kept if each.pair is not None]
    for branches, others, rule in ((gone, new, "union-branch-removed"), (come, old, "union-branch-added")):
        for branch in branches:
            if not any(prover.included(branch, side) for side in others):
                name = brief(branch)
                values = (name, None) if branches is gone else (None, name)
                look.tell(rule, before=values[0], after=values[1],
                          old=before.pointer, new=after.pointer, keyword=after.kind)  # fmt: skip
    if before.kind == after.kind == "oneOf":
        compare_overlaps(look, Choice(look.old, before, old), Choice(look.new, after, new), kept)
    elif before.kind != after.kind and not all_apart(prover, new if after.kind == "oneOf" else old):
        rule = "union-became-one-of" if after.kind == "oneOf" else "union-became-any-of"
        look.tell(rule, old=before.pointer, new=after.pointer)
