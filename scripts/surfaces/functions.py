"""What differs between operations, functions and methods."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from scripts.comparison.severity import Direction
from scripts.surfaces.annotations import joined
from scripts.surfaces.context import row, texts_of
from scripts.surfaces.law import point
from scripts.surfaces.parameters import compare_parameters
from scripts.surfaces.parts import FUNCTIONS
from scripts.surfaces.uses import arguments_and_results

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.comparison.changes import Change
    from scripts.surfaces.context import Context, Texts
    from scripts.surfaces.law import Point
    from scripts.surfaces.parts import Function, Operation


def compare_operations(context: Context) -> Iterator[Change]:
    """Yield what differs between the operations.

    Args:
        context: The packages.

    Yields:
        Rows: one for what all functions of an operation share.
    """
    for operation in context.matching.removed:
        along = context.went(_named(operation))
        texts = texts_of(_signature(operation), None)
        yield row(operation.module, [point("operation-removed")], texts, [str(operation)], along)
    for operation in context.matching.added:
        along = context.came(_named(operation))
        texts = texts_of(None, _signature(operation))
        yield row(operation.module, [point("operation-added")], texts, [str(operation)], along)
    for old, new in context.matching.operations:
        operations = [str(new)]
        if old.module != new.module:
            yield row(old.module, [point("operation-moved")], (old.module, new.module), operations)
        yield from compare_functions(context, old.module, old.functions, new.functions, operations)


def _named(operation: Operation) -> set[str]:
    arguments, results = arguments_and_results(operation)
    return arguments | results


def _signature(operation: Operation) -> str:
    return "\n".join(one.signature(name) for name, one in operation.functions.items() if name == FUNCTIONS[0])


class _Found(NamedTuple):
    """What differs at one place, and what there is to say of it besides the law's words, after and before."""

    points: list[Point]
    texts: Texts
    along: str = ""
    whose: str = ""


def compare_functions(
    context: Context,
    around: str,
    old: dict[str, Function],
    new: dict[str, Function],
    operations: Sequence[str] = (),
) -> Iterator[Change]:
    """Compare the functions of a module, or the methods of a class.

    Args:
        context: The packages.
        around: The name of the module or the class.
        old: The older ones, by name.
        new: The newer ones, by name.
        operations: The operations that they send; the functions of one are told of as one.

    Yields:
        Rows.
    """
    if old == new:
        return
    found: defaultdict[tuple[str, str], list[_Found]] = defaultdict(list)
    for name in sorted({**old, **new}, key=lambda one: [*FUNCTIONS, one].index(one)):
        subject = joined(around, name)
        one, other = old.get(name), new.get(name)
        if one is not None and other is not None:
            for place, differs in _function(context, one, other):
                found[(around if operations else subject) + place, differs.whose].append(differs)
        else:
            rule = "function-added" if one is None else "function-removed"
            signatures = [None if each is None else each.signature(name) for each in (one, other)]
            yield row(subject, [point(rule)], texts_of(*signatures), operations)
    for (subject, whose), some in found.items():
        points = [each for differs in some for each in differs.points]
        yield row(subject, points, some[0].texts, operations, some[0].along, whose)


def _function(context: Context, old: Function, new: Function) -> Iterator[tuple[str, _Found]]:
    """Yield where two functions differ: the arguments, and what comes back."""
    if old.kind != new.kind:
        yield "", _Found([point("function-kind-changed")], (old.kind, new.kind))
    for one, other, rules, places in compare_parameters(old.parameters, new.parameters):
        points, along = [point(rule) for rule in rules], ""
        name = next(each.name for each in (one, other) if each is not None)
        if one is not None and other is not None:
            points += context.points(one.types, other.types, [Direction.SENT], told=rules)
        else:
            along = context.along(one, other)
        if points:
            yield f"({name})", _Found(points, texts_of(one, other, places=places), along)
    points = context.points(old.types, new.types, [Direction.RECEIVED])
    if points:
        yield "", _Found(points, (f"-> {old.text}", f"-> {new.text}"), whose="What comes back from ")
