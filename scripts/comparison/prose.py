"""What differs for readers alone: descriptions, titles, examples and extensions."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from scripts.comparison.changes import Axis, Change
from scripts.comparison.severity import Severity
from scripts.comparison.subjects import subject_of
from scripts.preparation.documents import METHODS, child, find

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.command import Document, Json

_PROSE = {"$comment", "description", "example", "examples", "externalDocs", "summary", "title"}
_VALUES = {"const", "default", "enum", "mapping", "required", "security", "scopes"}
"""Keys of values that are compared on the wire, if at all."""
_NAMES = {"$defs", "callbacks", "content", "definitions", "dependentSchemas", "encoding", "headers",
          "patternProperties", "properties", "responses", "variables"}  # fmt: skip
"""Keys of objects whose keys are names."""
_ROOT = ("info", "tags", "externalDocs")
_LONGEST = 1000
"""Characters of a text that a row holds."""


def prose_changes(old: Document, new: Document) -> Iterator[Change]:
    """Yield a row for each operation, component or part of the root whose texts changed."""
    for pointer, before, after in _owners(old, new):
        if before == after:
            continue
        found = [*_differences(before, after, "")]
        if found:
            yield _row(old, new, pointer, found)


def _owners(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - any JSON value
    """Yield what a row is made for, in both documents, with its pointer."""
    for key in sorted(old.keys() | new.keys()):
        if key in _ROOT or key.startswith("x-"):
            yield child("", key), {key: old.get(key)}, {key: new.get(key)}
    for key in ("paths", "webhooks"):
        for path, before, after in _shared(old.get(key), new.get(key)):
            yield child("", key, path), _without_methods(before), _without_methods(after)
            for method, one, other in _shared(before, after):
                if method in METHODS:
                    yield child("", key, path, method), one, other
    for section, before, after in _shared(old.get("components"), new.get("components")):
        for name, one, other in _shared(before, after):
            if section == "examples":
                yield child("/components", section, name), {"example": one}, {"example": other}
            else:
                yield child("/components", section, name), one, other


def _without_methods(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in METHODS}


def _shared(old: Any, new: Any) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - any JSON value
    """Yield what two objects have under the same names, where it is an object."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name, value in old.items():
            if isinstance(value, dict) and isinstance(new.get(name), dict) and value != new[name]:
                yield name, value, new[name]


def _differences(old: Any, new: Any, place: str, *, names: bool = False) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401 - any JSON value
    """Yield the texts that differ, with pointers; what one side alone has is a change of another kind."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            before, after = old.get(key), new.get(key)
            if before == after:
                continue
            if not names and (key in _ROOT or key in _PROSE or key.startswith("x-")):
                yield child(place, key), before, after
            elif names or key not in _VALUES:
                yield from _differences(before, after, child(place, key), names=not names and key in _NAMES)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from _differences(before, after, child(place, number))


def _row(old: Document, new: Document, pointer: str, found: list[tuple[str, Json, Json]]) -> Change:
    old_pointer, new_pointer = _where(old, pointer), _where(new, pointer)
    kinds = sorted({place.rsplit("/", 1)[-1] for place, _, _ in found})
    names = ", ".join(f"`{kind}`" for kind in kinds)
    what = f"{names} changed." if len(found) == 1 else f"{names} changed, in {len(found)} places."
    return Change(
        axis=Axis.PROSE,
        rule="prose-changed",
        severity=Severity.HARMLESS,
        subject=subject_of(old if new_pointer is None else new, pointer),
        what=what,
        why="Only readers notice.",
        before={place: _short(value) for place, value, _ in found if value is not None},
        after={place: _short(value) for place, _, value in found if value is not None},
        old_pointer=old_pointer,
        new_pointer=new_pointer,
    )


def _where(document: Document, pointer: str) -> str | None:
    """Return a pointer that leads somewhere in a document, and None for one that does not."""
    try:
        find(document, pointer)
    except KeyError:
        return None
    return pointer


def _short(value: Json) -> Json:
    """Return a text that fits into a row, and that differs where the whole one does."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    if len(text) <= _LONGEST:
        return value
    digest = hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]
    return f"{text[:_LONGEST]}… ({len(text)} characters, sha256 {digest})"
