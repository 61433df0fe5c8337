"""The order of a document's operations, by which names go: who was there before keeps its name.

Of two operations that want the same name, the one that stands first in the document has it, so that a client
can be made of the document alone. A vendor may put a new one before an old one. Then the document is kept in
another order, with the old ones first, which means the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.command import UnusableInputError
from scripts.preparation.documents import operations, paths, run_passes
from scripts.preparation.operations import inline_path_items, mend_texts, name_operations
from scripts.preparation.templates import template_of
from scripts.preparation.usable import check_usable

if TYPE_CHECKING:
    from scripts.command import Document


class _Name(NamedTuple):
    """What an operation is called in the document, and in the client."""

    wanted: tuple[Any, Any]
    given: str


def keeping_names(old: Document, new: Document) -> Document:
    """Bring a document into an order in which no operation takes the name of one that was there before.

    Args:
        old: The document that is kept.
        new: The new one.

    Returns:
        The new document: as it is, if its own order is as good.
    """
    try:
        before, after = _names(old), _names(new)
        if not _renamed(before, after):
            return new
        other = _as_before(old, new)
        return other if len(_renamed(before, _names(other))) < len(_renamed(before, after)) else new
    except UnusableInputError:
        return new  # which is told where it is compared and generated from


def _names(document: Document) -> dict[tuple[str, str], _Name]:
    """Return the names of a document's operations, by what they are on the wire."""
    check_usable(document)
    mended, _ = run_passes(document, [inline_path_items, mend_texts])
    named, _ = run_passes(mended, [name_operations])
    return {
        (one.method, template_of(one.path)): _Name(
            (one.value.get("operationId"), one.value.get("tags")), two.value["operationId"]
        )
        for one, two in zip(operations(mended), operations(named), strict=True)
    }


def _renamed(before: dict[tuple[str, str], _Name], after: dict[tuple[str, str], _Name]) -> list[_Name]:
    """Return the operations that want the same name as before, and got another one."""
    return [
        after[one]
        for one in before.keys() & after.keys()
        if before[one].wanted == after[one].wanted and before[one].given != after[one].given
    ]


def _as_before(old: Document, new: Document) -> Document:
    """Put what the old document has into its order, and what is new behind."""
    held = {template_of(path): item for path, item in paths(old).items()}
    places = {path: place for place, path in enumerate(held)}
    ordered = sorted(paths(new).items(), key=lambda one: places.get(template_of(one[0]), len(places)))
    return {**new, "paths": {path: _ordered(held.get(template_of(path)), item) for path, item in ordered}}


def _ordered(old: Any, new: Any) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    places = {key: place for place, key in enumerate(old)}
    return dict(sorted(new.items(), key=lambda one: places.get(one[0], len(places))))
