"""What the tests of the preparation's passes share."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from scripts.preparation.documents import ORIGIN, Noting
from scripts.preparation.shapes import mark_origins

if TYPE_CHECKING:
    from scripts.preparation.documents import Pass

AT = "/components/schemas"


def ran(made: Pass, document: Any) -> tuple[Any, list[tuple[str, str, str]]]:
    """Run a pass.

    Returns:
        Its document, and its notes as pointer, kind and what was done.
    """
    before = copy.deepcopy(document)
    noting = Noting()
    result = made(document, noting)
    assert document == before, "a pass changed the document that it was given"
    return result, [(note.pointer, str(note.kind), note.what) for note in sorted(noting.notes)]


def schemas_of(made: Pass, schemas: Any, openapi: str = "3.1.0") -> tuple[Any, list[tuple[str, str, str]]]:
    """Run a pass over schema components; the ones after it come without marks."""
    document = {"openapi": openapi, "info": {}, "paths": {}, "components": {"schemas": schemas}}
    result, notes = ran(made, mark_origins(document, Noting()))
    return plain(result["components"]["schemas"]), notes


def plain(value: Any) -> Any:
    """Leave out the marks of preparation."""
    if isinstance(value, dict):
        kept = {key: plain(item) for key, item in value.items() if not key.startswith("x-")}
        return {key: item for key, item in kept.items() if key != ORIGIN}
    return [plain(item) for item in value] if isinstance(value, list) else value
