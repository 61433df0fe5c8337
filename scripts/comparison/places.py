"""Where schemas stand: one of them, or several that hold together, each with its pointer."""

from __future__ import annotations

import json
from typing import Any, NamedTuple, TypeAlias
from urllib.parse import quote

from scripts.preparation.documents import ANNOTATIONS, child, component_of, find, pointer_of

UNIONS = ("anyOf", "oneOf")


class Part(NamedTuple):
    """A schema and where it stands.

    Attributes:
        pointer: JSON pointer to it.
        schema: The schema; anything may stand there.
        aspect: Which of its keywords are meant, where not all are; tells two parts of one schema apart.
    """

    pointer: str
    schema: Any
    aspect: str = ""

    @property
    def component(self) -> str | None:
        """The name of the schema component that it is, whole; None where it is none."""
        return None if self.aspect else component_of("#" + quote(self.pointer))

    def child(self, *parts: str | int) -> Part:
        """Return what stands further in."""
        value = self.schema
        for part in parts:
            value = value[part]
        return Part(child(self.pointer, *parts), value)

    def without(self, *keywords: str) -> Part:
        """Return the schema without some of its keywords."""
        rest = {key: value for key, value in self.schema.items() if key not in keywords}
        aspects = {*self.aspect.split(), *keywords}
        return Part(self.pointer, rest, " ".join(sorted(aspects)))


Place: TypeAlias = tuple[Part, ...]
"""What holds together of one value: all of it must accept the value."""


def key_of(place: Place) -> tuple[str, ...]:
    """Return what tells a place from the others of its document."""
    return tuple(part.pointer + part.aspect for part in place)


def is_trivial(schema: object) -> bool:
    """Tell whether a schema plainly accepts every value."""
    return isinstance(schema, dict) and all(key in ANNOTATIONS or key.startswith("x-") for key in schema)


def canonical(value: object) -> str:
    """Write a JSON value so that equal values are equal texts: 1.0 is 1, and keys have an order."""
    return json.dumps(_whole(value), sort_keys=True, ensure_ascii=False)


def _whole(value: object) -> object:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value


def target_of(document: object, reference: object) -> Part | None:
    """Return what a reference leads to, or None where it leads out of the document or nowhere."""
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    pointer = pointer_of(reference)
    try:
        return Part(pointer, find(document, pointer)) if not pointer or pointer.startswith("/") else None
    except KeyError:
        return None


def names_of(schema: dict[str, Any]) -> list[str]:
    """Return what else a component may be referred to by."""
    anchors = [schema[key] for key in ("$anchor", "$dynamicAnchor") if isinstance(schema.get(key), str)]
    names = [schema["$id"]] if isinstance(schema.get("$id"), str) else []
    return [*(f"#{anchor}" for anchor in anchors), *names]
