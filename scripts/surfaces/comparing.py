"""What differs between two packages, as rows: one for each cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.comparison.severity import Direction
from scripts.surfaces.annotations import joined, named_in
from scripts.surfaces.context import Context, row, texts_of
from scripts.surfaces.definitions import compare_definitions, compare_sides
from scripts.surfaces.functions import compare_functions, compare_operations
from scripts.surfaces.law import point
from scripts.surfaces.parts import is_public

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.comparison.changes import Change
    from scripts.surfaces.parts import Module, Package


def compare(old: Package, new: Package) -> Iterator[Change]:
    """Compare two packages.

    Args:
        old: The older one.
        new: The newer one.

    Yields:
        What changed for code that was written for the older one.
    """
    context = Context(old, new)
    yield from compare_operations(context)
    yield from _modules(context)
    yield from compare_definitions(context)
    yield from compare_sides(context)


def _modules(context: Context) -> Iterator[Change]:
    old, new = context.old, context.new
    for name, module in old.modules.items():
        newer = new.modules.get(name)
        if newer is not None and module.operation is None and is_public(name):
            yield from compare_functions(context, name, old.functions(name), new.functions(name))
            yield from _constants(context, module, newer)
            yield from _names(context, module, newer)
    for name in sorted(context.gone.modules):
        yield row(name, [point("module-removed")], (name, None))
    for name in sorted(context.fresh.modules):
        yield row(name, [point("module-added")], (None, name))


def _constants(context: Context, old: Module, new: Module) -> Iterator[Change]:
    for name in sorted(filter(is_public, {**old.constants, **new.constants})):
        one, other = old.constants.get(name), new.constants.get(name)
        types = [inner for each in (one, other) if each is not None for inner in named_in(each.types)]
        if any(inner.rpartition(".")[0] == old.name for inner in types):
            continue  # an alias's values follow it
        if one is not None and other is not None:
            points = context.points(one.types, other.types, [Direction.RECEIVED])
            points += [point("constant-changed")] if one.value != other.value else []
        else:
            points = [point("constant-removed" if other is None else "constant-added")]
        if points:
            yield row(joined(old.name, name), points, texts_of(one, other))


def _names(context: Context, old: Module, new: Module) -> Iterator[Change]:
    """Compare what can be imported from a module besides what it defines itself."""
    before, after = ({name: each.imported[name][0] for name in each.listed} for each in (old, new))
    for name, target in sorted(before.items()):
        stays = context.matching.names.get(target, target) == target and context.new.has(target)
        if name not in after and stays:
            yield row(joined(old.name, name), [point("name-removed")], (target, None))
    for name, target in sorted(after.items()):
        if name not in before and context.old.has(target):
            yield row(joined(old.name, name), [point("name-added")], (None, target))
