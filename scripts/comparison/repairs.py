"""Mends, lightly, what keeps a document from being compared; what cannot be mended is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from scripts.comparison.places import names_of
from scripts.notes import Kind
from scripts.preparation import operations, shapes
from scripts.preparation.documents import (
    METHODS,
    absence,
    change_roots,
    change_subschemas,
    child,
    components,
    paths,
    run_passes,
    standing,
)
from scripts.preparation.templates import template_of
from scripts.preparation.usable import UnusableDocumentError, check_usable

if TYPE_CHECKING:
    from scripts.command import Document
    from scripts.notes import Note
    from scripts.preparation.documents import Draft, Noting


def repaired(document: Document, source: str) -> tuple[dict[str, Any], tuple[Note, ...]]:
    """Mend a document.

    Args:
        document: The document, as its vendor wrote it; it stays as it is.
        source: Its name, for messages.

    Returns:
        The mended one, and what was done.

    Raises:
        UnusableDocumentError: It is no OpenAPI document of 3.0 or 3.1, or too broken to mend.
    """
    try:
        check_usable(document)
    except UnusableDocumentError as error:
        raise UnusableDocumentError(f"{source}: {error}") from error
    made, notes = run_passes(cast("Draft", document), _PASSES)
    found = {replace(note, pointer=standing(document, note.pointer)) for note in notes}
    return made, tuple(sorted(found))


def _note_alike(document: Draft, noting: Noting) -> Draft:
    """Note endpoints that differ only in the names of their parameters."""
    first: dict[tuple[str, str], str] = {}
    for path, item in paths(document).items():
        for method in METHODS:
            if method in item:
                before = first.setdefault((template_of(path), method), path)
                if before != path:
                    what = f"{method.upper()} is the one of {before}"
                    why = "The two paths are the same on the wire."
                    noting(child("/paths", path), Kind.REPAIRED, what, why)
    return document


def _note_absent(document: Draft, noting: Noting) -> Draft:
    """Note references to what is not at hand: it is compared as what nobody knows."""
    names = {name for schema in components(document).values() for name in names_of(schema)}

    def look(schema: Any, pointer: str) -> Any:  # noqa: ANN401 - booleans are schemas too
        if isinstance(schema, dict):
            reference = schema.get("$ref")
            if isinstance(reference, str) and reference not in names:
                why = absence(document, reference, lambda target: isinstance(target, dict | bool))
                if why:
                    noting(pointer, Kind.LOOSENED, f"{reference!r} accepts all", why)
            change_subschemas(schema, pointer, look)
        return schema

    return change_roots(document, look)


_PASSES = (
    operations.inline_path_items,
    shapes.mend_schemas,
    _note_absent,
    operations.mend_security_schemes,
    operations.mend_security,
    operations.mend_status_codes,
    _note_alike,
)
