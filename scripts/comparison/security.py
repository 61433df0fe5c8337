"""What differs in who is let in: requirements of operations, and the definitions of security schemes."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, TypeAlias

from scripts.comparison.graph import Context, Finding, written
from scripts.comparison.severity import Direction
from scripts.comparison.words import Phrase, shown
from scripts.preparation.documents import child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.comparison.graph import Graph
    from scripts.comparison.rows import Rows

Alternative: TypeAlias = "frozenset[tuple[str, frozenset[str]]]"
"""Schemes, each with its scopes, that together suffice."""

_UNASKED = "security-scope-dropped"
"""The rule of a scope that a flow no longer has, unless an operation asks for it."""

_SENT = Context(Direction.SENT, flipped=False)


class Security:
    """Compares who is let in.

    Attributes:
        used: The operations that use a scheme in both revisions, as bits, by the scheme's old name.
        asked: The operations that ask for a scope in either revision, by the scheme's old name and the scope.
    """

    def __init__(self, graph: Graph, rows: Rows) -> None:
        self._graph = graph
        self._rows = rows
        self._old = _schemes(graph.old.document)
        self._new = _schemes(graph.new.document)
        self._names = _old_names(self._old, self._new)
        self.used: dict[str, int] = {}
        self.asked: dict[tuple[str, str], int] = {}

    def compare(self, old: dict[str, Any], new: dict[str, Any], places: tuple[str, str], bits: int) -> None:
        """Compare the requirements of two operations.

        Args:
            old: The old operation, with the requirements that hold for it.
            new: The new one.
            places: Their pointers.
            bits: The operation, as a bit.
        """
        before = _alternatives(old, {})
        after = _alternatives(new, self._names)
        for name in _schemes_of(before) & _schemes_of(after):
            self.used[name] = self.used.get(name, 0) | bits
        for scheme, scopes in itertools.chain(*before, *after):
            for scope in scopes:
                self.asked[scheme, scope] = self.asked.get((scheme, scope), 0) | bits
        gone = [one for one in before if not any(_implies(one, other) for other in after)]
        come = [other for other in after if other not in before]
        pointers = (
            _place_of(old, self._graph.old.document, places[0]),
            _place_of(new, self._graph.new.document, places[1]),
        )
        for rule, one, other in _told(gone, come, before):
            told = (_brief(one), _brief(other))
            words = {"before": shown(told[0]), "after": shown(told[1])}
            finding = Finding(rule, "security", words, told[0], told[1], pointers[0], pointers[1])
            self._rows.add(finding, [(_SENT, bits)])

    def compare_schemes(self) -> None:
        """Compare the definitions of the schemes that both revisions have."""
        for new_name, after in self._new.items():
            name = self._names.get(new_name, new_name)
            before = self._old.get(name)
            if before is not None and before != after:
                self._tell_scheme(name, new_name, before, after)

    def _tell_scheme(self, name: str, new_name: str, before: dict[str, Any], after: dict[str, Any]) -> None:
        old, new = (child("/components/securitySchemes", each) for each in (name, new_name))
        for rule, suffix, keyword, one, other in _scheme_differences(before, after):
            words = {"before": shown(one), "after": shown(other), "keyword": keyword}
            subject = self._graph.subject(old, new) + suffix
            reached = self.used.get(name, 0)
            weighed = rule
            if rule == _UNASKED and (name, keyword) in self.asked:
                weighed, reached = "security-scheme-narrowed", self.asked[name, keyword]
            finding = Finding(weighed, subject, words, one, other, old, new)
            self._rows.add(finding, [(_SENT, reached)])


def _place_of(operation: dict[str, Any], document: dict[str, Any], place: str) -> str:
    """Point to where an operation's requirements are written."""
    inherited = operation.get("security") is document.get("security")
    return "/security" if inherited else child(place, "security")


def _schemes_of(alternatives: list[Alternative]) -> set[str]:
    return {name for alternative in alternatives for name, _ in alternative}


def _schemes(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    held = (document.get("components") or {}).get("securitySchemes")
    return held if isinstance(held, dict) else {}


def _old_names(old: dict[str, dict[str, Any]], new: dict[str, dict[str, Any]]) -> dict[str, str]:
    """Return what schemes were called that only have another name now; names are not on the wire."""
    gone = {written(_wire(value)): name for name, value in old.items() if name not in new}
    come = {name: gone.get(written(_wire(value))) for name, value in new.items() if name not in old}
    return {name: before for name, before in come.items() if before is not None}


def _wire(scheme: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in scheme.items() if key != "description"}


def _alternatives(operation: dict[str, Any], names: dict[str, str]) -> list[Alternative]:
    given = operation.get("security") or [{}]
    return [
        frozenset((names.get(name, name), frozenset(scopes)) for name, scopes in requirement.items())
        for requirement in given
    ]


def _implies(one: Alternative, other: Alternative) -> bool:
    """Tell whether credentials that suffice for the one suffice for the other."""
    held = dict(one)
    return all(name in held and scopes <= held[name] for name, scopes in other)


def _told(
    gone: list[Alternative], come: list[Alternative], before: list[Alternative]
) -> Iterator[tuple[str, Alternative | None, Alternative | None]]:
    """Yield what became of each alternative: one with other scopes is the same one, changed."""
    left = list(come)
    for one in gone:
        schemes = {name for name, _ in one}
        same = next(
            (other for other in left if {name for name, _ in other} == schemes and _implies(other, one)), None
        )
        if same is None:
            yield "security-alternative-removed", one, None
        else:
            left.remove(same)
            yield "security-scope-added", one, same
    for other in left:
        schemes = {name for name, _ in other}
        wider = next(
            (one for one in before if {name for name, _ in one} == schemes and _implies(one, other)), None
        )
        yield ("security-scope-removed" if wider is not None else "security-alternative-added"), wider, other


def _brief(alternative: Alternative | None) -> Phrase | None:
    if alternative is None:
        return None
    names = [f"{name} ({', '.join(sorted(scopes))})" if scopes else name for name, scopes in alternative]
    return Phrase(" and ".join(sorted(names)) or "no credentials")


def _scheme_differences(
    one: dict[str, Any], other: dict[str, Any]
) -> Iterator[tuple[str, str, str, str | None, str | None]]:
    """Yield rule, what the subject lacks, keyword or scope, before and after."""
    for keyword in ("type", "in", "name", "scheme", "openIdConnectUrl"):
        before, after = one.get(keyword), other.get(keyword)
        if _folded(one, keyword) != _folded(other, keyword):
            yield "security-scheme-changed", f" {keyword}", keyword, before, after
            if keyword == "type":
                return  # all else follows from it
    flows = one.get("flows", {}), other.get("flows", {})
    for name in sorted(flows[0].keys() | flows[1].keys()):
        before_flow, after_flow = flows[0].get(name), flows[1].get(name)
        if before_flow is None:
            yield "security-scheme-widened", f" {name}", "", None, Phrase(f"Flow `{name}`")
        elif after_flow is None:
            yield "security-scheme-narrowed", f" {name}", "", Phrase(f"Flow `{name}`"), None
        else:
            yield from _flow_differences(name, before_flow, after_flow)


def _folded(scheme: dict[str, Any], keyword: str) -> str | None:
    """Return a value as it is compared: schemes of HTTP and names of headers have no case."""
    value = scheme.get(keyword)
    no_case = keyword == "scheme" or (keyword == "name" and scheme.get("in") == "header")
    return value.lower() if value is not None and no_case else value


def _flow_differences(
    name: str, one: dict[str, Any], other: dict[str, Any]
) -> Iterator[tuple[str, str, str, str | None, str | None]]:
    for keyword in ("authorizationUrl", "tokenUrl", "refreshUrl"):
        before, after = one.get(keyword), other.get(keyword)
        if before != after:
            yield "security-scheme-changed", f" {name}.{keyword}", keyword, before, after
    for scope in sorted(one["scopes"].keys() - other["scopes"].keys()):
        yield _UNASKED, f" {name}", scope, Phrase(f"Scope `{scope}`"), None
    for scope in sorted(other["scopes"].keys() - one["scopes"].keys()):
        yield "security-scheme-widened", f" {name}", "", None, Phrase(f"Scope `{scope}`")
