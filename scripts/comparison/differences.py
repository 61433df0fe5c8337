"""What differs between two places, keyword by keyword, and which pairs of places lie within them.

A keyword says something of values of some types alone; where not both revisions accept these, it is passed
over: that one accepts them and the other does not is told once, of the types.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from scripts.comparison import choices, members, objects
from scripts.comparison.look import LACKS
from scripts.comparison.places import canonical
from scripts.comparison.rules import kebab
from scripts.comparison.views import HELD, LOWER, UPPER, covers, types_of
from scripts.comparison.words import Phrase, shown, types_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripts.comparison.graph import Graph, Pair
    from scripts.comparison.look import Look
    from scripts.comparison.places import Part
    from scripts.comparison.proofs import Sided
    from scripts.comparison.views import Bound, Demand

COUNTS = ("minContains", "maxContains")
"""Limits of how many items are like those in `contains`."""
_One = TypeVar("_One")


def look_at(graph: Graph, pair: Pair) -> None:
    """Find the differences of a pair, and the pairs within it."""
    look = members.look_at_members(graph, pair)
    if members.handed_on(look):
        _compare_annotations(look)
        return
    one, other = look.old.view, look.new.view
    if one.never != other.never:
        rule = "values-allowed" if one.never else "values-forbidden"
        look.tell(rule, old=one.pointer, new=other.pointer)
    if one.never or other.never:
        return
    _compare_annotations(look)
    if _compare_unknown(look):
        return
    if not choices.compare_unions(look) and _compare_types(look):
        _compare_keywords(look)


def _compare_keywords(look: Look) -> None:
    """Compare what is said of values of types that both accept."""
    _compare_null(look)
    _compare_enums(look)
    for keyword in (*LOWER, *UPPER):
        if look.concerned(keyword):
            _tell_bound(look, keyword, look.old.view.bounds.get(keyword), look.new.view.bounds.get(keyword))
    for keyword, compare in _LISTED.items():
        if look.concerned(keyword):
            _compare_listed(look, keyword, compare)
    for keyword in HELD:
        if look.concerned(keyword):
            _compare_held(look, keyword)
    if look.concerned("contains"):
        _compare_contains(look)
    _compare_prefix(look)
    _compare_refused(look)
    _compare_conditions(look)
    if look.concerned("properties"):
        objects.compare_objects(look)


def _compare_unknown(look: Look) -> bool:
    """Compare references that lead nowhere; tell whether one of the places says nothing else."""
    one, other = look.old.view.unknown, look.new.view.unknown
    gone, come = sorted(one.keys() - other.keys()), sorted(other.keys() - one.keys())
    if gone or come:
        old = one[gone[0]] if gone else LACKS
        new = other[come[0]] if come else LACKS
        rule = "changed" if gone and come else "removed" if gone else "added"
        look.tell(f"reference-{rule}", before=gone or None, after=come or None, old=old, new=new)
    return any(unknown and _says_nothing_else(side) for unknown, side in ((gone, look.old), (come, look.new)))


def _says_nothing_else(side: Sided) -> bool:
    return replace(side.view, unknown={}).is_anything


def _compare_annotations(look: Look) -> None:
    one, other = look.old.view, look.new.view
    for keyword, rule in (("default", "default-changed"), ("discriminator", "discriminator-changed"),
                          ("xml", "xml-changed")):  # fmt: skip
        before, after = one.notes.get(keyword), other.notes.get(keyword)
        if canonical(before and before.value) != canonical(after and after.value) or bool(before) != bool(
            after
        ):
            look.tell(
                rule,
                before=before.value if before else None,
                after=after.value if after else None,
                old=before.pointer if before else LACKS,
                new=after.pointer if after else LACKS,
                keyword=keyword,
                words={"before": shown(before.value) if before else "none",
                       "after": shown(after.value) if after else "none"},
            )  # fmt: skip
    if one.flag("deprecated") != other.flag("deprecated"):
        rule = "deprecation-added" if other.flag("deprecated") else "deprecation-removed"
        old, new = (
            view.notes["deprecated"].pointer if "deprecated" in view.notes else LACKS for view in (one, other)
        )
        look.tell(rule, old=old, new=new, keyword="deprecated")


def _compare_types(look: Look) -> bool:
    """Compare types; tell whether there is more to compare: types are shared, and both say more than all."""
    one, other = look.old.view, look.new.view
    before, after = _types(look.old), _types(look.new)
    if one.unions and other.unions and (before is None) != (after is None):
        before, after = look.old.types, look.new.types
    if one.enum is not None and other.enum is not None:
        return True
    if one.enum is not None and covers(after, before):
        return True
    if other.enum is not None and covers(before, after):
        return True
    if before == after:
        return True
    rule = "type-changed"
    if covers(after, before):
        rule = "type-widened"
    elif covers(before, after):
        rule = "type-narrowed"
    look.tell(
        rule,
        before=Phrase(types_text(one)),
        after=Phrase(types_text(other)),
        old=one.places.get("type", LACKS),
        new=other.places.get("type", LACKS),
        keyword="type",
    )
    is_all = any(view.is_open and view.types is None and not view.unions for view in (one, other))
    return not is_all and (rule != "type-changed" or look.shares_types())


def _types(side: Sided) -> frozenset[str] | None:
    view = side.view
    if view.enum is not None:
        return types_of(view.enum)
    return view.types


def _compare_null(look: Look) -> None:
    one, other = look.old.view, look.new.view
    open_before = one.types is None and one.enum is None and not one.unions
    open_after = other.types is None and other.enum is None and not other.unions
    if one.unions and other.unions and _null_of_branches(look.old) != _null_of_branches(look.new):
        return  # a branch became nullable, and is told there
    if one.null != other.null and not open_before and not open_after:
        rule = "null-added" if other.null else "null-removed"
        old, new = one.where("type"), other.where("type")
        if old != new or look.old.reader.null_at(old) == look.new.reader.null_at(new):
            old, new = one.pointer, other.pointer  # it is not what names the type that changed
        look.tell(rule, old=old, new=new)


def _null_of_branches(side: Sided) -> list[bool]:
    """Tell of each union whether a branch accepts null."""
    return [any(side.at((branch,)).view.null for branch in union.branches) for union in side.view.unions]


def _compare_enums(look: Look) -> None:
    one, other = look.old.view.enum, look.new.view.enum
    if one is None and other is None:
        return
    gone = [value for key, value in (one or {}).items() if key not in (other or {})]
    come = [value for key, value in (other or {}).items() if key not in (one or {})]
    gone, come = sorted(gone, key=canonical), sorted(come, key=canonical)
    if not gone and not come:
        return
    both_one = all(values is None or len(values) == 1 for values in (one, other))
    if one is None:
        rule = "const-set" if both_one else "enum-set"
    elif other is None:
        rule = "const-removed" if both_one else "enum-removed"
    elif gone and come:
        rule = "const-changed" if both_one else "enum-changed"
    else:
        rule = "enum-value-removed" if gone else "enum-value-added"
    old, new = look.old.view, look.new.view
    look.tell(
        rule,
        before=gone or None,
        after=come or None,
        old=old.places.get("enum", LACKS),
        new=new.places.get("enum", LACKS),
        keyword="enum",
    )


def _tell_bound(look: Look, name: str, one: Bound | None, other: Bound | None) -> None:
    if one is None and other is None:
        return
    if one is None or other is None:
        rule = "removed" if other is None else "set"
    elif one.tightness == other.tightness:
        return
    else:
        rule = "tightened" if one.tightness < other.tightness else "loosened"
    held = other or one
    look.tell(
        f"{kebab(name)}-{rule}",
        before=one.shown if one else None,
        after=other.shown if other else None,
        old=one.pointer if one else LACKS,
        new=other.pointer if other else LACKS,
        keyword=held.keyword if held else name,
    )


def _changed(name: str) -> Callable[[list[Any], list[Any]], str]:
    return lambda gone, come: (
        f"{name}-changed" if gone and come else f"{name}-{'removed' if gone else 'added'}"
    )


_ENCODINGS = {"byte", "binary"}
"""Formats by which OpenAPI 3.0 says how contents are encoded."""
_WIDER_FORMATS = {("int32", "int64"), ("float", "double")}


def _format(gone: list[Any], come: list[Any]) -> str:
    if _ENCODINGS & {*gone, *come}:
        return "format-changed"
    pairs = {(before, after) for before in gone for after in come}
    if len(pairs) == 1 and pairs <= _WIDER_FORMATS:
        return "format-widened"
    if len(pairs) == 1 and {pair[::-1] for pair in pairs} <= _WIDER_FORMATS:
        return "format-narrowed"
    return _changed("format")(gone, come)


_LISTED: dict[str, Callable[[list[Any], list[Any]], str]] = {
    "pattern": _changed("pattern"),
    "format": _format,
    "multipleOf": _changed("multiple-of"),
    "uniqueItems": _changed("unique-items"),
    "contentEncoding": lambda *_: "content-encoding-changed",
    "contentMediaType": lambda *_: "content-media-type-changed",
}


def _compare_listed(look: Look, keyword: str, rule: Callable[[list[Any], list[Any]], str]) -> None:
    one, other = look.old.view.listed.get(keyword, {}), look.new.view.listed.get(keyword, {})
    gone = sorted((value for value in one if value not in other), key=canonical)
    come = sorted((value for value in other if value not in one), key=canonical)
    if not gone and not come:
        return
    look.tell(
        rule(gone, come),
        before=_single(gone),
        after=_single(come),
        words={}
        if gone and come
        else {"before": shown(_single(gone) or _NONE), "after": shown(_single(come) or _NONE)},
        old=one[gone[0]] if gone else next(iter(one.values()), LACKS),
        new=other[come[0]] if come else next(iter(other.values()), LACKS),
        keyword=keyword,
    )


_NONE = Phrase("none")


def _single(values: list[Any]) -> Any:  # noqa: ANN401 - any JSON value
    return values[0] if len(values) == 1 else values or None


def _compare_held(look: Look, keyword: str) -> None:
    one, other = look.old.view.held.get(keyword), look.new.view.held.get(keyword)
    look.compare_parts(keyword, one, other)


def _compare_contains(look: Look) -> None:
    """Compare what must be among the items; as one item may meet several demands, each stands alone."""
    prover = look.graph.prover
    gone, come = list(look.old.view.demands), list(look.new.view.demands)

    def ask_the_same(one: Demand, other: Demand) -> bool:
        return _counts(one) == _counts(other) and are_alike(one, other)

    def are_alike(one: Demand, other: Demand) -> bool:
        return prover.equal(*look.sides([one.part], [other.part]))

    _take_pairs(gone, come, ask_the_same)
    for pair in _take_pairs(gone, come, are_alike) + _take_pairs(gone, come, lambda *_: True):
        _compare_demands(look, *pair)
    for demand in gone:
        if not any(prover.demands(look.new, each, look.old, demand) for each in look.new.view.demands):
            look.tell_lone("contains", [demand.part], None)
    for demand in come:
        if not any(prover.demands(look.old, each, look.new, demand) for each in look.old.view.demands):
            look.tell_lone("contains", None, [demand.part])


def _compare_demands(look: Look, before: Demand, after: Demand) -> None:
    for name in COUNTS:
        _tell_bound(look, name, before.limits.get(name), after.limits.get(name))
    if before.least.tightness[0] > 0 or after.least.tightness[0] > 0:
        look.within([before.part], [after.part])
    if before.most or after.most:
        look.within(
            [before.part], [after.part], flips=True
        )  # the more items are like it, the fewer lists pass


def _counts(demand: Demand) -> dict[str, tuple[float, bool]]:
    return {name: bound.tightness for name, bound in demand.limits.items()}


def _take_pairs(
    gone: list[_One], come: list[_One], are_one: Callable[[_One, _One], bool]
) -> list[tuple[_One, _One]]:
    """Take from both lists what is one thing in both revisions."""
    pairs = []
    for one in list(gone):
        other = next((each for each in come if are_one(one, each)), None)
        if other is not None:
            pairs.append((one, other))
            gone.remove(one)
            come.remove(other)
    return pairs


def _compare_prefix(look: Look) -> None:
    one, other = look.old.view, look.new.view
    if not look.concerned("prefixItems"):
        return
    for number in range(max(len(one.prefix), len(other.prefix))):
        before = one.prefix[number] if number < len(one.prefix) else one.held.get("items")
        after = other.prefix[number] if number < len(other.prefix) else other.held.get("items")
        look.compare_parts("prefixItems", before, after)


def _compare_refused(look: Look) -> None:
    gone, come = list(look.old.view.refused), list(look.new.view.refused)
    _take_pairs(gone, come, lambda one, other: look.graph.prover.equal(*look.sides([one], [other])))
    for before, after in zip(gone, come, strict=False):
        look.within([before], [after], flips=True)
    for part in gone[len(come) :]:
        look.tell_lone("not", [part], None)
    for part in come[len(gone) :]:
        look.tell_lone("not", None, [part])


def _compare_conditions(look: Look) -> None:
    gone, come = list(look.old.view.conditions), list(look.new.view.conditions)
    for before, after in zip(gone, come, strict=False):
        if not look.graph.prover.equal(*look.sides([before.child("if")], [after.child("if")])):
            look.tell("condition-changed", old=before.pointer, new=after.pointer, keyword="if",
                      before=before.schema["if"], after=after.schema["if"])  # fmt: skip
            continue
        for keyword in ("then", "else"):
            look.compare_parts(keyword, _held(before, keyword), _held(after, keyword))
    for part in gone[len(come) :]:
        look.tell("condition-removed", old=part.pointer, before=part.schema["if"])
    for part in come[len(gone) :]:
        look.tell("condition-added", new=part.pointer, after=part.schema["if"])


def _held(part: Part, keyword: str) -> list[Part] | None:
    return [part.child(keyword)] if keyword in part.schema else None
