"""What fits several branches of a `oneOf`, and so does not fit it: where that grew, and where it shrank.

Who sends keeps to one branch of his own revision: what he sends has no property but those which that branch
describes, or the schema beside the union. So objects that others may extend are no overlap of all with all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from scripts.comparison.places import Part, canonical
from scripts.comparison.rules import FLIPPED, RULES
from scripts.comparison.severity import Effect
from scripts.comparison.views import OBJECTS
from scripts.comparison.words import brief

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from scripts.comparison.graph import Pair
    from scripts.comparison.look import Look
    from scripts.comparison.proofs import Prover, Sided
    from scripts.comparison.views import Union


class Choice(NamedTuple):
    """A union in its place.

    Attributes:
        place: The place that has it.
        union: The union.
        branches: Its branches.
    """

    place: Sided
    union: Union
    branches: list[Sided]


class Kept(NamedTuple):
    """A branch that both revisions have.

    Attributes:
        old: The branch as it was.
        new: The branch as it is.
        pair: What differs between the two; None where nothing does.
    """

    old: Sided
    new: Sided
    pair: Pair | None


def all_apart(prover: Prover, branches: list[Sided]) -> bool:
    """Prove that no value fits two of a union's branches."""
    return all(
        prover.disjoint(one, other) for number, one in enumerate(branches) for other in branches[number + 1 :]
    )


def compare_overlaps(look: Look, before: Choice, after: Choice, kept: list[Kept]) -> None:
    """Tell whether more or fewer values fit several branches of a `oneOf`, once all pairs were looked at.

    Args:
        look: The places that have the unions.
        before: The old union.
        after: The new one.
        kept: The branches that both have.
    """
    if any(isinstance(each.union.part.schema.get("discriminator"), dict) for each in (before, after)):
        return  # a value says itself which branch is meant, whatever others it fits
    forth = {id(each.new): (each.old, each.pair) for each in kept}
    back = {id(each.old): (each.new, each.pair) for each in kept}

    def tell() -> None:
        for rule, sent, received, origins, effects in (
            ("one-of-overlap-grown", before, after, forth, _MORE),
            ("one-of-overlap-shrunk", after, before, back, _LESS),
        ):
            met, wider = _met(look.graph.prover, sent, received, origins, effects)
            if met:
                look.tell(
                    rule,
                    before=met if sent is before else wider,
                    after=wider if sent is before else met,
                    old=before.union.pointer,
                    new=after.union.pointer,
                    keyword="oneOf",
                )

    look.graph.later(tell)


_MORE = frozenset({Effect.WIDENS, Effect.INCOMPARABLE, Effect.UNKNOWN})
_LESS = frozenset({Effect.NARROWS, Effect.INCOMPARABLE, Effect.UNKNOWN})
"""What a change does that may let more values pass, and what it does that may let fewer."""


def _met(
    prover: Prover,
    sent: Choice,
    received: Choice,
    origins: dict[int, tuple[Sided, Pair | None]],
    effects: frozenset[Effect],
) -> tuple[list[str], list[str]]:
    """Find branches of which values may fit a branch of the other revision that they did not fit in this one.

    Args:
        prover: Finds proofs.
        sent: The union whose values are sent.
        received: The one of the other revision.
        origins: What the other one's branches are in this revision, and what differs, by their identity.
        effects: What a change does that may let such a branch accept more than it did.

    Returns:
        The names of the branches, and of those that their values may fit besides.
    """
    met: set[str] = set()
    wider = []
    senders = [branch for branch in sent.branches if not _is_refused(prover, sent, branch)]
    for branch in received.branches:
        same, pair = origins.get(id(branch), (None, None))
        rules = _rules_within(pair)
        may = any(_effects(rule, flipped=flipped) & effects for rule, flipped in rules)
        if same is not None and (not may or prover.included(branch, same)):
            continue
        before = [] if same is None else [same]
        if not any(rule in _OWN for rule, _ in rules):
            # What fits several choices within a branch is told of these, and was refused then as it is now.
            before = [shard for side in before for shard in _shards(side)]
        others = [
            brief(other)
            for other in senders
            if other is not same and not keeps_out(prover, sent.place, other, branch, before)
        ]
        met.update(others)
        wider += [brief(branch)] if others else []
    return sorted(met), sorted(wider)


def _rules_within(pair: Pair | None) -> set[tuple[str, bool]]:
    """Return the rules of all that differs in a pair and within it, and whether each says what is refused."""
    pending = {} if pair is None else {(id(pair), False): pair}
    found = set()
    for key in (queue := [*pending]):
        one, flipped = pending[key], key[1]
        found |= {(finding.rule, flipped) for finding in one.findings}
        for edge in one.edges:
            further = (id(edge.pair), edge.flips != flipped)
            if further not in pending:
                pending[further] = edge.pair
                queue.append(further)
    return found


def _effects(rule: str, *, flipped: bool) -> set[Effect]:
    """Return what a change may do to what is accepted."""
    effects = _OWN.get(rule) or {RULES[rule].sent, RULES[rule].received}
    return {FLIPPED[effect] for effect in effects} if flipped else effects


_OWN = {"one-of-overlap-grown": {Effect.NARROWS}, "one-of-overlap-shrunk": {Effect.WIDENS}}
"""What overlaps do to what a union accepts."""


def _is_refused(prover: Prover, choice: Choice, branch: Sided) -> bool:
    """Prove that all which is sent as one branch fits another one of its union too: nobody sends it."""
    others = [other for other in choice.branches if other is not branch]
    return all(
        any(_fits(prover, one, other, _named(choice.place, one)) for other in others)
        for one in _shards(branch)
    )


def _fits(prover: Prover, one: Sided, other: Sided, known: set[str] | None) -> bool:
    """Prove that what is sent as one branch, with no property but the known ones, fits another one."""
    named = {name for shard in _shards(other) for name in shard.view.properties}
    return prover.included(_without(one, set() if known is None else named - known), other)


def keeps_out(prover: Prover, place: Sided, sent: Sided, branch: Sided, before: Iterable[Sided] = ()) -> bool:
    """Prove that nothing which is sent as one branch fits another one, but for what did so before already.

    Args:
        prover: Finds proofs.
        place: The place of the union that has the branch which is sent.
        sent: That branch.
        branch: The other one, of the other revision.
        before: The other one in the revision of the one that is sent, or its choices.
    """
    return all(
        _excludes(prover, place, one, other, before) for one in _shards(sent) for other in _shards(branch)
    )


def _shards(side: Sided, depth: int = 0) -> list[Sided]:
    """Return the choices of a branch that has some itself: what fits two of these is told of these."""
    here = (union for union in side.view.unions if any(part.pointer == union.pointer for part in side.place))
    union = next(here, None)
    if union is None or depth == _DEEPEST:
        return [side]
    return [shard for branch in side.branches(union) for shard in _shards(branch, depth + 1)]


_DEEPEST = 3
"""Choices within choices that are looked into."""


def _excludes(prover: Prover, place: Sided, sent: Sided, branch: Sided, before: Iterable[Sided]) -> bool:
    if prover.disjoint(sent, branch):
        return True
    known = _named(place, sent)
    if known is None or (sent.view.null and branch.view.null):
        return False
    if branch.view.required.keys() - known:
        return True
    narrowed = _without(branch, branch.view.properties.keys() - known)
    return any(_fits(prover, sent, side, known) or prover.included(narrowed, side) for side in before)


def _without(side: Sided, names: AbstractSet[str]) -> Sided:
    """Return what a branch accepts where some properties are not there."""
    if not names:
        return side
    absent = Part("", {"properties": dict.fromkeys(sorted(names), False)}, canonical(sorted(names)))
    return side.at((*side.place, absent))


def _named(place: Sided, sent: Sided) -> set[str] | None:
    """Return the properties that a branch's values may have; None where these are no objects, or maps."""
    views = place.view, sent.view
    rests = [side.at(rest) for side in (place, sent) if (rest := side.view.held.get("additionalProperties"))]
    if sent.types != OBJECTS or sent.view.unions or not all(rest.view.never for rest in rests):
        return None
    if any(view.patterns for view in views):
        return None
    return {name for view in views for name in view.properties}
