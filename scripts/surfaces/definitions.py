"""What differs between classes, and between names for types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.comparison.severity import Direction
from scripts.surfaces.annotations import joined
from scripts.surfaces.consequences import families, listed
from scripts.surfaces.context import row, texts_of
from scripts.surfaces.functions import compare_functions
from scripts.surfaces.law import point
from scripts.surfaces.matching import matched
from scripts.surfaces.parameters import compare_parameters
from scripts.surfaces.parts import Alias, Class

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.comparison.changes import Change
    from scripts.surfaces.context import Context
    from scripts.surfaces.law import Point
    from scripts.surfaces.parameters import Changed
    from scripts.surfaces.parts import Attribute

_BOTH = (Direction.RECEIVED, Direction.SENT)
_TOLD_OF_ATTRIBUTES = frozenset({"argument-added", "argument-removed"})
_ITEM_ACCESS = frozenset({"__getitem__", "__setitem__"})
_ADDITIONAL = "additional_properties"


def compare_definitions(context: Context) -> Iterator[Change]:
    """Compare the classes and aliases that both packages have, by whatever name.

    Args:
        context: The packages.

    Yields:
        Rows, named as in the older package.
    """
    names = {before: after for before, after in context.matching.names.items() if before in context.old.shown}
    for before, after in sorted(names.items()):
        old, new = context.old.definitions[before], context.new.definitions[after]
        if old is new:
            continue
        if isinstance(old, Class) and isinstance(new, Class):
            yield from _classes(context, old, new)
        elif isinstance(old, Alias) and isinstance(new, Alias):
            points = context.points(old.types, new.types, _BOTH, goes=context.uses.goes(before))
            if points:
                yield row(before, points, (old.meaning, new.meaning), context.uses.operations(before))
        else:
            operations = context.uses.operations(before)
            yield row(before, [point("class-kind-changed")], (old.text, new.text), operations)
    for family in families(names):
        yield _renamed(context, family)


def _renamed(context: Context, family: list[tuple[str, str]]) -> Change:
    before, after = family[0]
    rule = "class-moved" if before.rpartition(".")[2] == after.rpartition(".")[2] else "class-renamed"
    along = f", `{after}`"
    if len(family) > 1:
        others = [name.rpartition(".")[2] for name, _ in family[1:]]
        along += f", and so have those named after it: {listed(others)}"
    old, new = ("\n".join(names) for names in zip(*family, strict=True))
    return row(before, [point(rule)], (old, new), context.uses.operations(before), along)


def compare_sides(context: Context) -> Iterator[Change]:
    """Tell of classes and aliases that only one package has.

    Args:
        context: The packages; all else has been compared, so that it is known what stands in whose place.

    Yields:
        Rows: one for each that is no consequence of another row.
    """
    for name in sorted(context.gone.causes):
        along = context.went(context.old.inside(name), name)
        if context.instead[name]:
            along += f"; where it stood, there is now {listed(sorted(context.instead[name]))}"
        texts = texts_of(context.old.definitions[name].text, None)
        yield row(name, [point("class-removed")], texts, context.uses.operations(name), along)
    for name in sorted(context.fresh.causes):
        along = context.came(context.new.inside(name) - {name})
        yield row(name, [point("class-added")], texts_of(None, context.new.definitions[name].text), (), along)


def _classes(context: Context, old: Class, new: Class) -> Iterator[Change]:
    bases = [context.matching.names.get(base, base) for base in old.bases]
    points = [point("base-removed")] if {*bases} - {*new.bases} else []
    points += [point("base-added")] if {*new.bases} - {*bases} else []
    if points:
        one, other = (f"{each.text}({', '.join(each.bases)})" for each in (old, new))
        yield row(old.name, points, (one, other))
    yield from _attributes(context, old, new)
    methods = [old.methods, new.methods]
    if _annotation(old, _ADDITIONAL) != _annotation(new, _ADDITIONAL):  # item access follows it
        methods = [{name: one for name, one in some.items() if name not in _ITEM_ACCESS} for some in methods]
    yield from compare_functions(context, old.name, methods[0], methods[1])


def _annotation(definition: Class, attribute: str) -> str:
    return next((each.text for each in definition.attributes if each.name == attribute), "")


def _attributes(context: Context, old: Class, new: Class) -> Iterator[Change]:
    goes = context.uses.goes(old.name)
    constructors = [
        [each.parameter for each in one.attributes if each.parameter is not None] for one in (old, new)
    ]
    made: dict[int, Changed] = {}
    for changed in compare_parameters(*constructors):
        made |= {id(each): changed for each in (changed.old, changed.new) if each is not None}
    for one, other in matched(old.attributes, new.attributes):
        own = [each for each in (one, other) if each is not None]
        changes = [made[id(each.parameter)] for each in own if each.parameter is not None]
        rules = [*dict.fromkeys(rule for changed in changes for rule in changed.rules)]
        points, along = _attribute(context, one, other, rules, goes)
        if points:
            subject, operations = joined(old.name, own[0].called), context.uses.operations(old.name)
            texts = texts_of(one, other, places=changes[0].places if changes else None)
            yield row(subject, points, texts, operations, along)


def _attribute(
    context: Context,
    old: Attribute | None,
    new: Attribute | None,
    rules: list[str],
    goes: frozenset[Direction],
) -> tuple[list[Point], str]:
    """Weigh how an attribute differs, and say what there is to say of it besides the law's words."""
    if old is None or new is None:
        points = [point(rule, Direction.SENT, goes) for rule in rules if rule not in _TOLD_OF_ATTRIBUTES]
        whole = point("attribute-added" if old is None else "attribute-removed")
        return points if old is None and points else [whole], context.along(old, new)
    points = [point("attribute-renamed")] if old.name != new.name else []
    rules = [rule for rule in rules if not (points and rule == "argument-renamed")]
    points += [point(rule, Direction.SENT, goes) for rule in rules]
    return points + context.points(old.types, new.types, _BOTH, goes=goes, told=rules), ""
