"""One look at a pair of places: what it tells, and the pairs that it finds within."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts.comparison.graph import Edge, Finding
from scripts.comparison.rules import kebab
from scripts.comparison.views import CONCERNS, meet
from scripts.comparison.words import brief, shown
from scripts.preparation.documents import child

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.comparison.graph import Graph, Pair
    from scripts.comparison.places import Part
    from scripts.comparison.proofs import Sided
    from scripts.comparison.views import Types, View


LACKS = "lacks"
"""Stands for the pointer to a schema that lacks what stands on the other side."""


class Look:
    """What is found at one pair.

    Attributes:
        graph: All pairs.
        pair: The pair.
        old: What is compared of the old place.
        new: What is compared of the new place.
    """

    def __init__(self, graph: Graph, pair: Pair, old: Sided | None = None, new: Sided | None = None) -> None:
        self.graph = graph
        self.pair = pair
        self.old = old or pair.old
        self.new = new or pair.new
        self._shared: Types | None = None
        self._met = False

    def _types(self) -> Types | None:
        if not self._met:
            self._shared = meet(self.old.types, self.new.types)
            self._met = True
        return self._shared

    def shares_types(self) -> bool:
        """Tell whether any type is accepted by both places."""
        shared = self._types()
        return shared is None or bool(shared)

    def concerned(self, keyword: str) -> bool:
        """Tell whether a keyword says something of values that both places may accept."""
        shared = self._types()
        return shared is None or bool(CONCERNS[keyword] & shared)

    def tell(
        self,
        rule: str,
        *,
        before: Any = None,  # noqa: ANN401 - any JSON value
        after: Any = None,  # noqa: ANN401 - any JSON value
        old: str | None = None,
        new: str | None = None,
        keyword: str = "",
        suffix: str = "",
        words: dict[str, str] | None = None,
        **more: Any,  # noqa: ANN401 - the other fields of a finding
    ) -> None:
        """Tell a difference.

        Args:
            rule: The name of its rule.
            before: What stood there.
            after: What stands there.
            old: Pointer to the old schema; None where nothing stood, and `LACKS` where something stood that
                lacks what the new one says.
            new: Pointer to the new schema; the same.
            keyword: The keyword within the schemas that it is about, for the pointers.
            suffix: What it is about within the schema, for the subject.
            words: The details that the rule's sentence names, besides `before` and `after`.
            more: The other fields of a finding.
        """
        views = self.old.view, self.new.view
        old, new = (
            _lacking(*views, new) if old == LACKS else old,
            _lacking(*views[::-1], old) if new == LACKS else new,
        )
        subject = self.graph.subject(old, new, self.pair) + suffix
        told = {"before": shown(before), "after": shown(after), **(words or {})}
        places = _with(old, keyword, self.old), _with(new, keyword, self.new)
        self.pair.findings.append(Finding(rule, subject, told, before, after, places[0], places[1], **more))

    def sides(self, old: Sequence[Part], new: Sequence[Part]) -> tuple[Sided, Sided]:
        """Return places within the two."""
        return self.old.at(old), self.new.at(new)

    def within(self, old: Sequence[Part], new: Sequence[Part], **more: bool) -> None:
        """Pair two places within the two; `more` are the fields of an edge."""
        found = self.graph.pair(tuple(old), tuple(new), self.pair)
        if found is not None:
            self.pair.edges.append(Edge(found, **more))

    def compare_parts(self, keyword: str, old: Sequence[Part] | None, new: Sequence[Part] | None) -> None:
        """Compare what a keyword holds; without it, everything is accepted.

        Args:
            keyword: The keyword, as the rule is named after it.
            old: The old schemas; None where there are none.
            new: The new ones.
        """
        before = None if not old or self.old.at(old).view.is_anything else old
        after = None if not new or self.new.at(new).view.is_anything else new
        if before and after:
            self.within(before, after)
        elif before:
            self.tell_lone(keyword, before, None, new=new[0].pointer if new else None)
        elif after:
            self.tell_lone(keyword, None, after, old=old[0].pointer if old else None)

    def tell_lone(
        self,
        keyword: str,
        before: Sequence[Part] | None,
        after: Sequence[Part] | None,
        *,
        old: str | None = None,
        new: str | None = None,
    ) -> None:
        """Tell what a keyword holds on one side alone; `old` or `new` is what else stands on the other."""
        self.tell(
            f"{kebab(keyword)}-{'removed' if before else 'added'}",
            before=brief(self.old.at(before)) if before else None,
            after=brief(self.new.at(after)) if after else None,
            old=before[0].pointer if before else old,
            new=after[0].pointer if after else new,
        )


def _lacking(view: View, other: View, pointer: str | None) -> str:
    """Point to what lacks that which stands at a pointer on the other side: the same schema, if both have it.

    So what a component gained or lost is told of that, and not of a place where it holds with others.
    """
    shared = view.parts & other.parts
    while pointer and pointer not in shared:
        pointer = pointer.rpartition("/")[0]
    return pointer or view.pointer


def _with(pointer: str | None, keyword: str, side: Sided) -> str | None:
    """Point to a keyword where it stands, else to the schema that lacks it."""
    if pointer is None or not keyword:
        return pointer
    target = side.reader.at(pointer)
    return child(pointer, keyword) if isinstance(target, dict) and keyword in target else pointer
