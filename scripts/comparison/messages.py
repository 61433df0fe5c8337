"""What differs between two operations: parameters, bodies, answers, headers and media types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.comparison.graph import Context, Finding
from scripts.comparison.objects import ANNOUNCED, quoted
from scripts.comparison.places import Part, target_of
from scripts.comparison.proofs import Sided
from scripts.comparison.severity import Direction
from scripts.comparison.subjects import member
from scripts.comparison.words import Phrase, shown
from scripts.preparation.documents import child
from scripts.preparation.templates import PLACEHOLDER

if TYPE_CHECKING:
    from scripts.comparison.graph import Graph
    from scripts.comparison.rows import Rows

NO_SUCCESS = "It weighs less, as the response is no success."


_RESERVED = ("accept", "authorization", "content-type")
"""Headers that are no parameters, says OpenAPI: such ones are passed over."""


class Side(NamedTuple):
    """One revision's operation.

    Attributes:
        document: Its document.
        path: The path's template; empty where there is none.
        part: The operation.
        parameters: The parameters of its path item.
    """

    document: dict[str, Any]
    path: str
    part: Part
    shared: tuple[Part, ...] = ()

    def resolved(self, part: Part) -> Part:
        """Return what a part is, or what it refers to; nothing where that is not there."""
        seen: set[str] = set()
        while isinstance(part.schema, dict) and "$ref" in part.schema and part.pointer not in seen:
            seen.add(part.pointer)
            part = target_of(self.document, part.schema["$ref"]) or Part(part.pointer, {})
        return part if isinstance(part.schema, dict) else Part(part.pointer, {})

    def held(self, part: Part, key: str) -> dict[str, Part]:
        """Return the parts that an object at a key of a part holds, by name."""
        given = part.schema.get(key)
        if not isinstance(given, dict):
            return {}
        extends = key in ("responses", "callbacks")  # a header may well be called so
        names = (name for name in given if not (extends and name.startswith("x-")))
        return {name: self.resolved(part.child(key, name)) for name in names}

    def parameters(self) -> dict[tuple[str, str], Part]:
        """Return the parameters: those in the path by their place, the others by their name."""
        own = self.part.schema.get("parameters")
        listed = [*self.shared]
        if isinstance(own, list):
            listed += [self.part.child("parameters", number) for number in range(len(own))]
        found = {}
        in_path = {}
        for part in map(self.resolved, listed):
            name, location = str(part.schema.get("name")), str(part.schema.get("in"))
            if location == "path":
                in_path[name] = part
            elif location != "header" or name.lower() not in _RESERVED:
                found[location, name.lower() if location == "header" else name] = part
        return {**found, **self._placed(in_path)}

    def _placed(self, given: dict[str, Part]) -> dict[tuple[str, str], Part]:
        """Return the parameters of the path by their place in it; those of other names in their order."""
        names = PLACEHOLDER.findall(self.path)
        left = [part for name, part in given.items() if name not in names]
        found = {}
        for number, name in enumerate(names):
            part = given.get(name) or (left.pop(0) if left else None)
            told = {"name": name, "in": "path", "schema": {"type": "string"}}
            found["path", str(number)] = part or Part(child(self.part.pointer, "parameters", name), told)
        return found


class Talk:
    """A pair of operations, and who sends what.

    Attributes:
        graph: The pairs of schemas.
        rows: Where differences go.
        old: The old operation.
        new: The new one.
        bits: The operation, as a bit.
        requests: Who has to cope with requests.
        responses: Who has to cope with responses.
    """

    def __init__(
        self, graph: Graph, rows: Rows, sides: tuple[Side, Side], bits: int, requests: Direction
    ) -> None:
        """Begin with nothing compared; `requests` is RECEIVED where the server calls the client."""
        self.graph = graph
        self.rows = rows
        self.old, self.new = sides
        self.bits = bits
        self.requests = requests
        self.responses = next(each for each in Direction if each is not requests)

    def tell(
        self,
        rule: str,
        old: str | None,
        new: str | None,
        *,
        direction: Direction = Direction.SENT,
        before: Any = None,  # noqa: ANN401 - any JSON value
        after: Any = None,  # noqa: ANN401 - any JSON value
        suffix: str = "",
        inside: str = "",
        guard: str = "",
        words: dict[str, str] | None = None,
    ) -> None:
        """Tell a difference; what is negotiated counts as sent, so that is the direction by default.

        Args:
            rule: The name of its rule.
            old: Pointer to what stood; None where nothing did.
            new: Pointer to what stands.
            direction: Who has to cope.
            before: What stood there.
            after: What stands there.
            suffix: What it is about within that place, for the subject.
            inside: What it is called within the operation, where that is what gained or lost it.
            guard: Why it weighs less.
            words: The details that the rule's sentence names, besides `before` and `after`.
        """
        told = {"before": shown(before), "after": shown(after), **(words or {})}
        subject = self.graph.subject(old, new) + suffix
        if inside and str(new if old is None else old).startswith("/components/"):
            # What an operation gained or lost is its own, wherever that is written.
            subject = self.graph.subject(self.old.part.pointer, self.new.part.pointer) + inside
        finding = Finding(rule, subject, told, before, after, old, new, guard=guard)
        self.rows.add(finding, [(Context(direction, flipped=False), self.bits)])

    def compare(self) -> None:
        """Compare the two operations."""
        self._compare_facts()
        self._compare_parameters()
        self._compare_bodies()
        self._compare_responses()

    def _compare_facts(self) -> None:
        old, new = self.old.part, self.new.part
        before, after = old.schema.get("operationId"), new.schema.get("operationId")
        if before != after:
            self.tell("operation-id-changed", old.pointer, new.pointer, before=before, after=after)
        tags = [part.schema.get("tags") or [] for part in (old, new)]
        if tags[0] != tags[1]:
            self.tell("tags-changed", old.pointer, new.pointer, before=tags[0], after=tags[1])
        self._compare_deprecation(old, new)

    def _compare_deprecation(self, old: Part, new: Part) -> None:
        if is_set(old, "deprecated") != is_set(new, "deprecated"):
            rule = "deprecation-added" if is_set(new, "deprecated") else "deprecation-removed"
            self.tell(rule, old.pointer, new.pointer)

    def _compare_parameters(self) -> None:
        before, after = self.old.parameters(), self.new.parameters()
        for key, other in after.items():
            if key in before:
                self._compare_parameter(before[key], other)
                continue
            needed = is_set(other, "required")
            rule = "required-parameter-added" if needed else "optional-parameter-added"
            self.tell(rule, None, other.pointer, direction=self.requests, inside=_named(other))
        for key, one in before.items():
            if key not in after:
                guard = ANNOUNCED if is_set(one, "deprecated") else ""
                self.tell(
                    "parameter-removed", one.pointer, None,
                    direction=self.requests, inside=_named(one), guard=guard,
                )  # fmt: skip

    def _compare_parameter(self, one: Part, other: Part) -> None:
        location = one.schema.get("in")
        needed = [is_set(part, "required") or location == "path" for part in (one, other)]
        if needed[0] != needed[1]:
            rule = "parameter-became-required" if needed[1] else "parameter-became-optional"
            self.tell(rule, one.pointer, other.pointer, direction=self.requests)
        self._compare_deprecation(one, other)
        self._compare_value(one, other, self.requests)
        for keyword in ("allowReserved", "allowEmptyValue"):
            if location == "query" and is_set(one, keyword) != is_set(other, keyword):
                rule = "parameter-allows-more" if is_set(other, keyword) else "parameter-allows-less"
                told = {"before": keyword} if rule == "parameter-allows-less" else {"after": keyword}
                self.tell(
                    rule, one.pointer, other.pointer, **told,
                    direction=self.requests, words={"keyword": keyword},
                )  # fmt: skip

    def _compare_value(self, one: Part, other: Part, direction: Direction) -> None:
        """Compare how a parameter or header is written, and what it holds."""
        held = [_value_of(side, part) for side, part in ((self.old, one), (self.new, other))]
        simple = all(
            _is_simple(Sided(reader, ()).at((value,)))
            for reader, value in zip((self.graph.old, self.graph.new), held, strict=True)
        )
        written = [
            Phrase(_style(part, value, simple=simple)) for part, value in zip((one, other), held, strict=True)
        ]
        if written[0] != written[1]:
            self.tell(
                "parameter-style-changed",
                one.pointer,
                other.pointer,
                before=written[0],
                after=written[1],
                direction=direction,
            )
        self.graph.reach((held[0],), (held[1],), direction, self.bits)

    def _compare_bodies(self) -> None:
        one, other = (self._body(side) for side in (self.old, self.new))
        direction = self.requests
        if one is None:
            if other is not None:
                rule = "required-body-added" if is_set(other, "required") else "optional-body-added"
                self.tell(rule, None, other.pointer, direction=direction)
        elif other is None:
            self.tell("body-removed", one.pointer, None, direction=direction)
        else:
            if is_set(one, "required") != is_set(other, "required"):
                rule = "body-became-required" if is_set(other, "required") else "body-became-optional"
                self.tell(rule, one.pointer, other.pointer, direction=direction)
            self._compare_content(one, other, direction, negotiated=direction)

    def _body(self, side: Side) -> Part | None:
        if not isinstance(side.part.schema.get("requestBody"), dict):
            return None
        return side.resolved(side.part.child("requestBody"))

    def _compare_responses(self) -> None:
        before, after = self.old.held(self.old.part, "responses"), self.new.held(self.new.part, "responses")
        for code, one in before.items():
            other = after.get(code) or _covering(code, after)
            if other is None:
                guard = "" if _may_succeed(code, before) else NO_SUCCESS
                self.tell("response-removed", one.pointer, None, guard=guard, inside=f" {code}")
            else:
                self._compare_response(one, other)
        for code, other in after.items():
            if code in before:
                continue
            covering = _covering(code, before, new=True)
            if covering is not None:
                self._compare_response(covering, other)
            if covering is None or (_is_success(code) and covering is before.get("default")):
                self.tell("response-added", None, other.pointer, inside=f" {code}")

    def _compare_response(self, one: Part, other: Part) -> None:
        self._compare_content(one, other, self.responses, negotiated=Direction.SENT)
        before, after = _headers(self.old, one), _headers(self.new, other)
        for name in sorted((before.keys() | after.keys()) - {"content-type"}):
            self._compare_header(before.get(name), after.get(name))

    def _compare_header(self, one: _Header | None, other: _Header | None) -> None:
        """Compare a header; what the server promises is negotiated."""
        direction = self.requests
        if one is None or other is None:
            needed = any(is_set(header.part, "required") for header in (one, other) if header)
            rule = f"{'required' if needed else 'optional'}-header-{'added' if one is None else 'removed'}"
            self.tell(rule, one and one.pointer, other and other.pointer, direction=direction)
            return
        if is_set(one.part, "required") != is_set(other.part, "required"):
            rule = "header-became-required" if is_set(other.part, "required") else "header-became-optional"
            self.tell(rule, one.pointer, other.pointer, direction=direction)
        self._compare_deprecation(one.part, other.part)
        self._compare_value(one.part, other.part, self.responses)

    def _compare_content(self, one: Part, other: Part, direction: Direction, negotiated: Direction) -> None:
        before, after = self.old.held(one, "content"), self.new.held(other, "content")
        kinds = [{_plain(kind): kind for kind in content} for content in (before, after)]
        shared = [(kinds[0][kind], kinds[1][kind]) for kind in kinds[0] if kind in kinds[1]]
        gone = [kind for plain, kind in kinds[0].items() if plain not in kinds[1]]
        come = [kind for plain, kind in kinds[1].items() if plain not in kinds[0]]
        for kind in list(gone):
            renamed = next((each for each in come if _related(kind, each)), None)
            if renamed is not None:
                gone.remove(kind)
                come.remove(renamed)
                shared.append((kind, renamed))
                self.tell("media-type-renamed", one.pointer, other.pointer,
                          before=kind, after=renamed, direction=negotiated)  # fmt: skip
        for kind in gone:
            self.tell(
                "media-type-removed", before[kind].pointer, other.pointer, before=kind, direction=negotiated
            )
        for kind in come:
            self.tell("media-type-added", one.pointer, other.pointer, after=kind, direction=negotiated)
        for kind, new_kind in shared:
            media = before[kind], after[new_kind]
            places = [Part(child(part.pointer, "schema"), part.schema.get("schema", {})) for part in media]
            self.graph.reach((places[0],), (places[1],), direction, self.bits)
            self._compare_encodings(*media, direction)

    def _compare_encodings(self, one: Part, other: Part, direction: Direction) -> None:
        before, after = self.old.held(one, "encoding"), self.new.held(other, "encoding")
        for name in sorted(before.keys() | after.keys()):
            told = [_encoding(held.get(name)) for held in (before, after)]
            if told[0] != told[1]:
                self.tell(
                    "encoding-changed", one.pointer, other.pointer, before=told[0] or None,
                    after=told[1] or None, direction=direction, suffix=member(name),
                    words={"name": quoted(name)},
                )  # fmt: skip


class _Header(NamedTuple):
    """A header, and the pointer to where a response names it."""

    pointer: str
    part: Part


def _headers(side: Side, response: Part) -> dict[str, _Header]:
    """Return a response's headers; their names have no case."""
    held = side.held(response, "headers")
    return {
        name.lower(): _Header(child(response.pointer, "headers", name), part) for name, part in held.items()
    }


def is_set(part: Part, keyword: str) -> bool:
    """Tell whether a flag is set; texts are taken for what they say."""
    return str(part.schema.get(keyword)).lower() == "true"


def _named(part: Part) -> str:
    """Return what a parameter is called within its operation."""
    return f" {part.schema.get('in')} {part.schema.get('name')}"


def _value_of(side: Side, part: Part) -> Part:
    """Return the schema of a parameter or a header, whichever way it is given."""
    media = side.held(part, "content")
    if "schema" in part.schema or not media:
        return Part(child(part.pointer, "schema"), part.schema.get("schema", {}))
    first = next(iter(media.values()))
    return Part(child(first.pointer, "schema"), first.schema.get("schema", {}))


_STYLES = {"query": "form", "cookie": "form"}


def _style(part: Part, value: Part, *, simple: bool) -> str:
    """Say how a parameter's value is written; one text does not explode."""
    if value.pointer != child(part.pointer, "schema"):
        return ", ".join(part.schema["content"])
    style = part.schema.get("style")
    style = style if isinstance(style, str) else _STYLES.get(str(part.schema.get("in")), "simple")
    explodes = is_set(part, "explode") if "explode" in part.schema else style == "form"
    return f"{style}, exploded" if explodes and not simple else style


def _is_simple(side: Sided) -> bool:
    """Tell whether a value is one text, whatever the style."""
    types = side.types
    return types is not None and not types & {"array", "object"}


def _covering(code: str, responses: dict[str, Part], *, new: bool = False) -> Part | None:
    """Return the response of the range that a code is in, or `default` where a code may be in it.

    Errors are. A success is where it is new and no other of its kind was told; one that is gone is not, as
    what is left to cover it is most often meant for errors.
    """
    found = responses.get(f"{code[:1]}XX")
    if found is None and code != "default":
        untold = new and not any(each[:1] == code[:1] for each in responses)
        found = responses.get("default") if untold or not _is_success(code) else None
    return found


def _may_succeed(code: str, responses: dict[str, Part]) -> bool:
    """Tell whether a response is a success; `default` may be one where no other is told."""
    return _is_success(code) or (code == "default" and not any(map(_is_success, responses)))


def _is_success(code: str) -> bool:
    return code[:1] in ("1", "2", "3")


def _plain(media_type: str) -> str:
    return re.sub(r"\s", "", media_type).lower()


def _related(one: str, other: str) -> bool:
    """Tell whether two media types may be names of one thing."""
    first, second = (_plain(kind).split(";")[0] for kind in (one, other))
    families = [kind.rsplit("+", 1)[-1].rsplit("/", 1)[-1] for kind in (first, second)]
    return first == second or families[0] == families[1] or "*" in families


def _encoding(part: Part | None) -> dict[str, Any]:
    given = part.schema if part is not None else {}
    return {key: given[key] for key in ("contentType", "style", "explode", "allowReserved") if key in given}
