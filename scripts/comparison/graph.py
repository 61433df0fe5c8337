"""The pairs of schemas that a comparison meets, each looked at once, and the operations that reach them."""

from __future__ import annotations

import json
import re
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from scripts.comparison.places import key_of
from scripts.comparison.proofs import Prover, Sided
from scripts.comparison.severity import Direction
from scripts.comparison.subjects import subject_of
from scripts.preparation.documents import child, components, parts_of, pointer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripts.command import Json
    from scripts.comparison.places import Part, Place
    from scripts.comparison.reading import Reader


class Finding(NamedTuple):
    """One difference, before it is known whom it reaches.

    Attributes:
        rule: The name of its rule.
        subject: What it is a difference of.
        words: The details that the rule's sentence names.
        before: What stood there; None where nothing did.
        after: What stands there now.
        old: Pointer into the old document; None where nothing stood.
        new: Pointer into the new document.
        sent: Whether it concerns what the client sends.
        received: Whether it concerns what the client receives.
        guard: Why it weighs less; empty where it does not.
    """

    rule: str
    subject: str
    words: dict[str, str]
    before: Json
    after: Json
    old: str | None
    new: str | None
    sent: bool = True
    received: bool = True
    guard: str = ""

    def concerns(self, direction: Direction) -> bool:
        """Tell whether it concerns a direction."""
        return self.sent if direction is Direction.SENT else self.received


class Context(NamedTuple):
    """How something is reached."""

    direction: Direction
    flipped: bool


class Edge(NamedTuple):
    """A pair of schemas within another one.

    Attributes:
        pair: The pair.
        sent: Whether it is part of what the client sends.
        received: Whether it is part of what the client receives.
        flips: Whether it says what is not allowed.
    """

    pair: Pair
    sent: bool = True
    received: bool = True
    flips: bool = False

    def leads(self, context: Context) -> Context | None:
        """Return the context on the other side; None where none is."""
        if not (self.sent if context.direction is Direction.SENT else self.received):
            return None
        return Context(context.direction, context.flipped != self.flips)


class Use(NamedTuple):
    """A place that refers to another component than before: what differs is told of it, not of these.

    Attributes:
        subject: What it is called.
        old: The pointer to what it refers to in the old document, or to itself.
        new: The same in the new one.
    """

    subject: str
    old: str
    new: str


@dataclass(eq=False)
class Pair:
    """An old place and the new one that it became.

    Attributes:
        use: The place that refers to one of them, where that is what changed.
        old: The old place.
        new: The new place.
        findings: The differences between them.
        edges: The pairs within.
        reached: The operations that reach it, by context, as bits.
    """

    old: Sided
    new: Sided
    use: Use | None = None
    findings: list[Finding] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    reached: dict[Context, int] = field(default_factory=dict)


class Graph:
    """All pairs of a comparison.

    Attributes:
        old: Reads the old document.
        new: Reads the new document.
        prover: Finds proofs about places of the two.
        pairs: The pairs, by what they pair; more than one where a use is told of.
    """

    def __init__(self, old: Reader, new: Reader, look: Callable[[Graph, Pair], None]) -> None:
        """Begin with no pairs.

        Args:
            old: Reads the old document.
            new: Reads the new document.
            look: Finds the differences of a pair, and the pairs within it.
        """
        self.old = old
        self.new = new
        self.prover = Prover(self.same)
        self.pairs: dict[object, list[Pair]] = {}
        self._look = look
        self._unseen: deque[Pair] = deque()
        self._later: list[Callable[[], None]] = []
        self._dirty = _dirty(old, new)

    def pair(self, old: Place, new: Place, within: Pair | None = None) -> Pair | None:
        """Pair two places.

        Args:
            old: The old place, as it is written.
            new: The new one.
            within: The pair that they lie in.

        Returns:
            The pair; None where the places are the same, with all that they refer to.
        """
        one, other = Sided(self.old, ()).at(old), Sided(self.new, ()).at(new)
        if self.same(one, other):
            return None
        use = self._use(old[0], new[0], one.place[0], other.place[0], within)
        alike = self.pairs.setdefault((key_of(one.place), key_of(other.place)), [])
        for pair in alike:
            if (pair.use is None) == (use is None) and (not pair.use or _recurs(pair.use, use)):
                return pair
        alike.append(Pair(one, other, use))
        self._unseen.append(alike[-1])
        return alike[-1]

    def _use(self, old: Part, new: Part, one: Part, other: Part, within: Pair | None) -> Use | None:
        """Return the use that is told of, where a place came to refer to what was there before as well."""
        old, new = self._site(old, new)
        names = {one.component, other.component} - {None}
        if one.component != other.component and any(self._in_both(name) for name in names):
            subject = self.subject(old.pointer, new.pointer, within)
            return Use(subject, one.pointer, other.pointer)
        use = within.use if within else None
        lies_in_it = use and (_lies_in(old.pointer, use.old) or _lies_in(new.pointer, use.new))
        return use if lies_in_it and not names else None

    def _site(self, old: Part, new: Part) -> tuple[Part, Part]:
        """Go on to the component that both refer to: what differs further on, differs there."""
        seen: set[str] = set()
        while old.pointer not in seen:
            seen.add(old.pointer)
            one, other = self.old.referred(old), self.new.referred(new)
            if one is not None and other is not None and one.pointer == other.pointer:
                old, new = one, other
        return old, new

    def _in_both(self, name: str | None) -> bool:
        return all(name in components(reader.document) for reader in (self.old, self.new))

    def reach(self, old: Place, new: Place, direction: Direction, operations: int) -> None:
        """Let operations reach a pair of places."""
        pair = self.pair(old, new)
        if pair is not None:
            context = Context(direction, flipped=False)
            pair.reached[context] = pair.reached.get(context, 0) | operations

    def subject(self, old: str | None, new: str | None, within: Pair | None = None) -> str:
        """Return what a place is called, in the new document where it stands there.

        Args:
            old: Pointer into the old document; None where nothing stood.
            new: Pointer into the new document; None where nothing stands.
            within: The pair that it lies in.
        """
        document, pointer = (self.new.document, new) if new is not None else (self.old.document, old or "")
        found = subject_of(document, pointer)
        use = within.use if within else None
        referred = (use.new if new is not None else use.old) if use else ""
        if use and _lies_in(pointer, referred):
            return use.subject + found.removeprefix(subject_of(document, referred))
        return found

    def later(self, look: Callable[[], None]) -> None:
        """Have another look when all pairs have been looked at, before it is spread who reaches them."""
        self._later.append(look)

    def walk(self) -> None:
        """Look at all pairs, and at the pairs within; then spread who reaches them."""
        while self._unseen:
            self._look(self, self._unseen.popleft())
        while self._later:
            self._later.pop()()  # the last ones lie within the others
        pending = deque(self.all())
        while pending:
            pair = pending.popleft()
            for edge in pair.edges:
                grown = False
                for context, operations in [*pair.reached.items()]:
                    beyond = edge.leads(context)
                    if beyond is not None and operations & ~edge.pair.reached.get(beyond, 0):
                        edge.pair.reached[beyond] = edge.pair.reached.get(beyond, 0) | operations
                        grown = True
                if grown:
                    pending.append(edge.pair)

    def all(self) -> list[Pair]:
        """Return all pairs."""
        return [pair for alike in self.pairs.values() for pair in alike]

    def same(self, one: Sided, other: Sided) -> bool:
        """Tell whether two places say the same, and so does all that they refer to."""
        if len(one.place) != len(other.place):
            return False
        here = one.reader is other.reader
        return all(
            first.schema == second.schema and self._is_clean(first, second, here=here)
            for first, second in zip(one.place, other.place, strict=True)
        )

    def _is_clean(self, one: Part, other: Part, *, here: bool) -> bool:
        """Tell whether equal schemas refer to what is the same in both documents, or are of one document."""
        if self._dirty is None and not here:
            return False
        text = written(one.schema)
        if text != written(other.schema):  # Python takes true and 1 for equal
            return False
        return here or not self._dirty or not any(name in self._dirty for name in references_in(text))


def written(value: object) -> str:
    """Write a value so that the same ones, and these alone, are the same text."""
    return json.dumps(value, sort_keys=True)


def _recurs(use: Use, other: Use | None) -> bool:
    """Tell whether a use is one that was looked at, or lies in one that refers to the same."""
    return other is not None and other.subject.startswith(use.subject)


def _lies_in(pointer: str, outer: str) -> bool:
    return pointer == outer or pointer.startswith(f"{outer}/")


_REFERENCE = re.compile(r'"\$(?:ref|dynamicRef)": ("(?:[^"\\]|\\.)*")')
ELSEWHERE = ""
"""Stands for what a reference names that is no component."""


def references_in(text: str) -> Iterator[str]:
    """Yield the pointers of the components that a written value refers to, anywhere in it."""
    for reference in set(_REFERENCE.findall(text)):
        pointer = pointer_of(json.loads(reference))
        parts = parts_of(pointer)
        is_component = len(parts) > 2 and parts[0] == "components"  # noqa: PLR2004 - section and name
        yield child("", *parts[:3]) if is_component else ELSEWHERE


def _dirty(old: Reader, new: Reader) -> set[str] | None:
    """Return the components that differ, themselves or through what they refer to; None where all may."""
    if old.is_3_0 != new.is_3_0:
        return None
    before, after = _components(old), _components(new)
    dirty = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    if old.document != new.document:
        dirty.add(ELSEWHERE)
    if not dirty:
        return dirty
    users: dict[str, list[str]] = {}
    for name, value in after.items():
        for used in references_in(value):
            users.setdefault(used, []).append(name)
    pending = [*dirty]
    while pending:
        for user in users.get(pending.pop(), ()):
            if user not in dirty:
                dirty.add(user)
                pending.append(user)
    return dirty


def _components(reader: Reader) -> dict[str, str]:
    held = reader.document.get("components") or {}
    return {
        child("", "components", section, name): written(value)
        for section, items in held.items()
        if isinstance(items, dict)
        for name, value in items.items()
    }
