"""What leads back to itself and what was loosened: cut, and the unions around it opened."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

from scripts.notes import Kind
from scripts.preparation.documents import (
    ORIGIN,
    UNIONS,
    Schema,
    change_schemas,
    change_subschemas,
    component_of,
    components,
    opened,
    origin,
    references,
    subschemas,
    with_components,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.preparation.documents import Draft, Noting


def break_circles(document: Draft, noting: Noting) -> Draft:
    """Loosen what leads back to itself by `allOf` and unions alone; such a schema says nothing there."""
    return _without_cycles(document, noting, {"allOf", *UNIONS})


def break_cycles(document: Draft, noting: Noting) -> Draft:
    """Loosen what leads back to itself without an object on the way; no type can be written for it."""
    return _without_cycles(document, noting, {"items", *UNIONS})


def _without_cycles(document: Draft, noting: Noting, keywords: set[str]) -> Draft:
    held = components(document)
    cycles = _Cycles(held, noting, keywords)
    made = {
        name: cycles.cut(schema, [name]) if cycles.is_in(name) else schema for name, schema in held.items()
    }
    return with_components(document, made) if any(map(cycles.is_in, held)) else document


class _Cycles:
    """Cuts ways of references that lead back to where they began.

    Each component is cut by itself: the others on its way are written out in it, up to where it comes back.
    So it is the same wherever one begins to look.
    """

    def __init__(self, held: dict[str, Schema], noting: Noting, keywords: set[str]) -> None:
        self.held = held
        self.noting = noting
        self.keywords = keywords

    @cached_property
    def ahead(self) -> dict[str, set[str]]:
        """The components that each one leads to."""
        steps = {name: set(self._steps(schema)) for name, schema in self.held.items()}
        found: dict[str, set[str]] = {}
        for name, first in steps.items():
            reached: set[str] = set()
            pending = [*first]
            while pending:
                following = pending.pop()
                if following not in reached:
                    reached.add(following)
                    pending += steps.get(following, ())
            found[name] = reached
        return found

    def _steps(self, schema: Schema) -> Iterator[str]:
        if "$ref" in schema:
            yield str(component_of(schema["$ref"]))
        for inner in self._inner(schema):
            yield from self._steps(inner)

    def _inner(self, schema: Schema) -> Iterator[Schema]:
        if not self._is_end(schema):
            for path, inner in subschemas(schema):
                if path[0] in self.keywords and isinstance(inner, dict):
                    yield inner

    def _is_end(self, schema: Schema) -> bool:
        return "allOf" not in self.keywords and (schema.get("type") == "object" or "properties" in schema)

    def is_in(self, name: str) -> bool:
        """Tell whether a component leads back to itself."""
        return name in self.ahead[name]

    def cut(self, schema: Schema, way: list[str]) -> Schema:
        """Cut what leads back to a component on the way."""
        target = component_of(schema["$ref"]) if "$ref" in schema else None
        if target in way:
            what = f"{target} leads back to itself here."
            self.noting(origin(schema), Kind.LOOSENED, "accepts all", what)
            return {ORIGIN: origin(schema)}
        if target is not None and way[0] in self.ahead[target]:
            return self.cut(self.held[target], [*way, target])
        if target is not None or self._is_end(schema):
            return schema

        def inner(value: Any, place: str) -> Any:  # noqa: ANN401 - booleans are schemas too
            steps = place.split("/")[1] in self.keywords and isinstance(value, dict)
            return self.cut(value, way) if steps else value

        return opened(schema, change_subschemas(schema, "", inner))


def open_unions(document: Draft, noting: Noting) -> Draft:
    """Turn `oneOf` into `anyOf` where a variant was loosened, as a value may fit two of them now."""
    while True:
        loosened = {note.pointer for note in noting.notes if note.kind is Kind.LOOSENED}
        if not loosened:
            return document
        made = change_schemas(document, _Opening(document, noting, loosened).open)
        if all(
            made["components"]["schemas"][name] is schema for name, schema in components(document).items()
        ):
            return made
        document = made


class _Opening:
    """Finds the unions of which a variant was loosened, wherever in it that was."""

    def __init__(self, document: Draft, noting: Noting, loosened: set[str]) -> None:
        self.noting = noting
        self.above = {pointer[:end] for pointer in loosened for end in _ends(pointer)}
        users: dict[str, set[str]] = defaultdict(set)
        for name, schema in components(document).items():
            for used in references(schema):
                users[used].add(name)
        pending = [name for name, schema in components(document).items() if self._is_wider(schema)]
        self.wider: set[str] = set()
        while pending:
            name = pending.pop()
            if name not in self.wider:
                self.wider.add(name)
                pending += users[name]

    def open(self, schema: Schema, _pointer: str) -> Schema:
        if not any(map(self._is_affected, schema.get("oneOf", ()))):
            return schema
        why = "One of the variants accepts more than it did, and more than one may fit."
        self.noting(origin(schema), Kind.LOOSENED, "`oneOf` is `anyOf`", why)
        rest = {key: value for key, value in schema.items() if key != "oneOf"}
        union = {"anyOf": schema["oneOf"]}
        if "anyOf" in rest:
            return {**rest, "allOf": [*rest.get("allOf", []), union]}
        return {**rest, **union}

    def _is_affected(self, schema: Schema) -> bool:
        return self._is_wider(schema) or any(name in self.wider for name in references(schema))

    def _is_wider(self, schema: Schema) -> bool:
        return origin(schema) in self.above or any(
            isinstance(inner, dict) and self._is_wider(inner) for _, inner in subschemas(schema)
        )


def _ends(pointer: str) -> Iterator[int]:
    """Yield where the pointers end that a pointer lies below, and its own end."""
    yield from (at for at, character in enumerate(pointer) if character == "/")
    yield len(pointer)
