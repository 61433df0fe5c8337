"""Reads what the schemas of a document accept: references followed, and what holds together met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts.comparison.keywords import absorb_schemas, absorb_values, finished, numbered
from scripts.comparison.places import UNIONS, Part, Place, is_trivial, key_of, names_of, target_of
from scripts.comparison.plainness import Plainness
from scripts.comparison.settling import Answers
from scripts.comparison.views import ALL_TYPES, Types, Union, View, covers, meet, types_of
from scripts.preparation.documents import Noting, child, components, find
from scripts.preparation.shapes import mend_schemas

if TYPE_CHECKING:
    from collections.abc import Callable


class Reader:
    """Reads the schemas of one document.

    Attributes:
        document: The document, mended.
        is_3_0: Whether it is written in OpenAPI 3.0's dialect.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.is_3_0 = str(document["openapi"]).startswith("3.0")
        self._views: dict[tuple[str, ...], View] = {}
        self._targets: dict[str, Part | None] = {}
        self._anchors: dict[str, Part] | None = None
        self._null = Answers[Part, bool](
            lambda part: part.pointer + part.aspect, self._accepts_null, first=True
        )
        self._plain = Plainness(self._referred, is_3_0=self.is_3_0)
        self._types = Answers[Place, Types](key_of, self._effective_types, frozenset())

    def target(self, reference: str) -> Part | None:
        """Return the schema that a reference leads to; None where it leads out of the document or nowhere."""
        if reference not in self._targets:
            target = target_of(self.document, reference) or self._anchored(reference)
            is_schema = target is not None and isinstance(target.schema, dict | bool)
            self._targets[reference] = _mended(target) if target is not None and is_schema else None
        return self._targets[reference]

    def at(self, pointer: str) -> object:
        """Return what stands at a pointer; None where nothing does."""
        try:
            return find(self.document, pointer)
        except KeyError:
            return None

    def null_at(self, pointer: str) -> bool:
        """Tell whether the schema at a pointer accepts null."""
        return self.accepts_null(Part(pointer, self.at(pointer)))

    def _anchored(self, reference: str) -> Part | None:
        """Return the component that carries an anchor, or an identifier."""
        if self._anchors is None:
            self._anchors = {
                name: Part(child("/components/schemas", component), schema)
                for component, schema in components(self.document).items()
                for name in names_of(schema)
            }
        return self._anchors.get(reference)

    def followed(self, part: Part) -> Part:
        """Return what a part refers to, where it does nothing but refer."""
        seen: set[str] = set()
        target: Part | None = part
        while target is not None and target.pointer not in seen:
            part = target
            seen.add(part.pointer)
            target = self.referred(part)
        return part

    def referred(self, part: Part) -> Part | None:
        """Return what a part refers to, where it does nothing but refer; None where it does more."""
        return self.target(part.schema["$ref"]) if self._only_refers(part.schema) else None

    def _referred(self, schema: dict[str, Any]) -> list[Part | None]:
        """Return what a schema refers to; None for what is not there."""
        return [self.target(reference) for reference in _references_of(schema)]

    def _only_refers(self, schema: object) -> bool:
        if not isinstance(schema, dict) or not isinstance(schema.get("$ref"), str):
            return False
        if self.is_3_0:
            return schema.get("nullable") is not True
        return is_trivial({key: value for key, value in schema.items() if key != "$ref"})

    def members(self, part: Part) -> tuple[Part, list[Part]]:
        """Return what a part says itself, and what holds with it, referred to or a member of `allOf`."""
        schema = part.schema if isinstance(part.schema, dict) else {}
        refers = _references_of(schema)
        targets = [target for target in map(self.target, refers) if target is not None]
        if len(targets) < len(refers):
            return part, []
        if refers and self.is_3_0:
            return part.without(*(key for key in schema if key != "nullable")), targets
        inner = [part.child("allOf", number) for number in numbered(schema, "allOf")]
        own = part.without("allOf", "$ref", "$dynamicRef") if refers or inner else part
        return own, [*targets, *inner]

    def view(self, place: Place) -> View:
        """Return what a place accepts."""
        key = key_of(place)
        if key not in self._views:
            view = View(place[0].pointer)
            seen: set[str] = set()
            for part in place:
                self._absorb(view, part, seen)
            view.null = view.null and all(self.accepts_null(part) for part in place)
            self._views[key] = finished(view)
        return self._views[key]

    def accepts_null(self, part: Part) -> bool:
        """Tell whether a schema accepts null."""
        return self._null.of(part)

    def _accepts_null(self, part: Part, ask: Callable[[Part], bool]) -> bool:
        """Tell the same, by asking for the schemas that it refers to and that lie in it."""
        schema = part.schema
        if not isinstance(schema, dict) or schema.get("nullable") is True:
            return True
        refers = _references_of(schema)
        if not all(ask(target) for target in map(self.target, refers) if target is not None):
            return False
        if refers and self.is_3_0:
            return True
        if _names_no_null(schema) or ("not" in schema and self._plain.accepts_all(part.child("not"))):
            return False
        holding = [part.child("allOf", number) for number in numbered(schema, "allOf")]
        holding += _twice_refused(part)
        return all(ask(one) for one in holding) and all(
            any(ask(part.child(kind, n)) for n in numbered(schema, kind)) for kind in UNIONS if kind in schema
        )

    def types(self, place: Place) -> Types | None:
        """Return the types that a place can accept, null aside; None where they are all."""
        types = self._types.of(place)
        return None if covers(types, None) else types

    def _effective_types(self, place: Place, ask: Callable[[Place], Types]) -> Types:
        """Return the same, by asking for the branches of unions."""
        view = self.view(place)
        if view.never:
            return frozenset()
        types = view.types if view.enum is None else types_of(view.enum)
        for union in view.unions:
            found = frozenset().union(*(ask((self.followed(branch),)) for branch in union.branches))
            types = meet(types, found - {"integer"} if "number" in found else found)
        return ALL_TYPES if types is None else types

    def _absorb(self, view: View, part: Part, seen: set[str]) -> None:
        """Take up a schema and what holds with it; each once, as it holds no more for being said twice."""
        schema = part.schema
        if part.pointer + part.aspect in seen or not isinstance(schema, dict):
            view.never = view.never or schema is False
            return
        seen.add(part.pointer + part.aspect)
        view.parts.add(part.pointer)
        refers = _references_of(schema)
        for reference in refers:
            target = self.target(reference)
            if target is None:
                view.unknown.setdefault(reference, part.pointer)
            else:
                self._absorb(view, target, seen)
        if refers and self.is_3_0:
            return
        absorb_values(view, part)
        absorb_schemas(view, part, lambda inner: not self._plain.accepts_all(inner))
        if "not" in schema:
            self._absorb_refused(view, part, seen)
        for number in numbered(schema, "allOf"):
            self._absorb(view, part.child("allOf", number), seen)
        for kind in UNIONS:
            if kind in schema:
                self._absorb_union(view, part, kind, seen)

    def _absorb_refused(self, view: View, part: Part, seen: set[str]) -> None:
        """Take up `not`: what is refused twice is asked for, and who refuses nothing says nothing."""
        inner = part.child("not")
        twice = _twice_refused(part)
        view.never = view.never or self._plain.accepts_all(inner)
        for one in twice:
            self._absorb(view, one, seen)
        if not twice and not self._plain.accepts_none(inner):
            view.refused.append(inner)

    def _absorb_union(self, view: View, part: Part, kind: str, seen: set[str]) -> None:
        branches = [part.child(kind, number) for number in numbered(part.schema, kind)]
        kept = tuple(branch for branch in branches if not is_null(branch.schema))
        if len(kept) > 1:
            view.unions.append(Union(kind, kept, part))
        elif kept:
            self._absorb(view, kept[0], seen)
        else:
            view.types = frozenset()


def _references_of(schema: dict[str, Any]) -> list[str]:
    return [schema[key] for key in ("$ref", "$dynamicRef") if isinstance(schema.get(key), str)]


def _twice_refused(part: Part) -> list[Part]:
    """Return what a schema refuses to be refused."""
    inner = part.schema.get("not")
    rest = {key: value for key, value in inner.items() if key != "not"} if isinstance(inner, dict) else {}
    return (
        [part.child("not", "not")] if isinstance(inner, dict) and "not" in inner and is_trivial(rest) else []
    )


def _mended(target: Part) -> Part:
    """Mend what a reference leads to, where no schema is expected, and so nothing was mended."""
    if target.component is not None:
        return target
    made = mend_schemas({"components": {"schemas": {"": target.schema}}}, Noting())
    return Part(target.pointer, made["components"]["schemas"][""])


def _names_no_null(schema: dict[str, Any]) -> bool:
    """Tell whether what a schema names of types and values leaves null out."""
    types = schema.get("type", "null")
    return (
        "null" not in ([types] if isinstance(types, str) else types)
        or None not in schema.get("enum", [None])
        or schema.get("const") is not None
    )


def is_null(schema: dict[str, Any]) -> bool:
    """Tell whether a schema names null and nothing else."""
    named = schema.get("type") in ("null", ["null"]) or schema.get("enum") == [None]
    return named or ("const" in schema and schema["const"] is None)
