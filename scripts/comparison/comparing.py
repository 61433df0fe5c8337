"""Compares two documents: what differs for clients on the wire, and for readers."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.comparison.changes import Comparison, Revision, in_order
from scripts.comparison.differences import look_at
from scripts.comparison.graph import Context, Finding, Graph
from scripts.comparison.messages import Side, Talk, is_set
from scripts.comparison.objects import ANNOUNCED
from scripts.comparison.places import Part
from scripts.comparison.prose import prose_changes
from scripts.comparison.reading import Reader
from scripts.comparison.repairs import repaired
from scripts.comparison.rows import Rows
from scripts.comparison.security import Security
from scripts.comparison.servers import compare_servers
from scripts.comparison.severity import Direction
from scripts.comparison.subjects import operation_name
from scripts.preparation.documents import METHODS, child, components, operations
from scripts.preparation.templates import template_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.command import Document

_SENT = Context(Direction.SENT, flipped=False)


class _Endpoint(NamedTuple):
    """One operation of a document."""

    name: str
    key: tuple[str, str]
    side: Side


class _Run:
    """One comparison on its way."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self.old, self.new = old, new
        self.before, self.after = _endpoints(old), _endpoints(new)
        names = dict.fromkeys(endpoint.name for endpoint in (*self.before, *self.after))
        self.bits = {name: 1 << number for number, name in enumerate(names)}
        self.rows = Rows([*names])
        self.graph = Graph(Reader(old), Reader(new), look_at)
        self.security = Security(self.graph, self.rows)

    def compare(self) -> None:
        pairs, gone, come = _matched(self.before, self.after)
        for one in gone:
            guard = ANNOUNCED if is_set(one.side.part, "deprecated") else ""
            self._tell("operation-removed", one.side.part.pointer, None, self.bits[one.name], guard)
        for other in come:
            self._tell("operation-added", None, other.side.part.pointer, self.bits[other.name])
        root = 0
        for one, other in pairs:
            bits = self.bits[other.name]
            Talk(self.graph, self.rows, (one.side, other.side), bits, Direction.SENT).compare()
            self._compare_callbacks(one.side, other.side, bits, 0)
            schemas = one.side.part.schema, other.side.part.schema
            places = one.side.part.pointer, other.side.part.pointer
            self.security.compare(*schemas, places, bits)
            if "servers" in schemas[0] or "servers" in schemas[1]:
                one_holder = self.old if "servers" not in schemas[0] else schemas[0]
                other_holder = self.new if "servers" not in schemas[1] else schemas[1]
                compare_servers(self.rows, (one_holder, other_holder), places, bits)
            else:
                root |= bits
        if root:
            compare_servers(self.rows, (self.old, self.new), ("", ""), root)
        self.security.compare_schemes()
        self._compare_webhooks()
        self.graph.walk()
        self._tell_pairs(unreached=False)
        self._compare_unused()

    def _tell(self, rule: str, old: str | None, new: str | None, bits: int, guard: str = "") -> None:
        finding = Finding(rule, self.graph.subject(old, new), {}, None, None, old, new, guard=guard)
        self.rows.add(finding, [(_SENT, bits)])

    def _tell_pairs(self, *, unreached: bool) -> None:
        for pair in self.graph.all():
            if unreached != any(pair.reached.values()):
                for finding in pair.findings:
                    self.rows.add(finding, pair.reached.items())

    def _compare_callbacks(self, one: Side, other: Side, bits: int, depth: int) -> None:
        """Compare what the server calls the client with; there, the client receives requests."""
        before, after = _callbacks(one), _callbacks(other)
        for key in sorted(before.keys() | after.keys()):
            old, new = before.get(key), after.get(key)
            if old is None or new is None:
                rule = "callback-added" if old is None else "callback-removed"
                self._tell(rule, old and old.part.pointer, new and new.part.pointer, bits)
                continue
            Talk(self.graph, self.rows, (old, new), bits, Direction.RECEIVED).compare()
            if depth < _DEEPEST:
                self._compare_callbacks(old, new, bits, depth + 1)

    def _compare_webhooks(self) -> None:
        before, after = _webhooks(self.old), _webhooks(self.new)
        for key in sorted(before.keys() | after.keys()):
            old, new = before.get(key), after.get(key)
            if old is None or new is None:
                rule = "webhook-added" if old is None else "webhook-removed"
                self._tell(rule, old and old.part.pointer, new and new.part.pointer, self._bit_of(key))
            else:
                Talk(self.graph, self.rows, (old, new), self._bit_of(key), Direction.RECEIVED).compare()

    def _bit_of(self, key: tuple[str, str]) -> int:
        """Give a webhook its bit."""
        self.rows.names.append(f"webhook {key[0]} {key[1].upper()}")
        return 1 << len(self.rows.names) - 1

    def _compare_unused(self) -> None:
        """Compare the components that no operation of both revisions reaches."""
        before, after = components(self.old), components(self.new)
        for name in sorted(before.keys() & after.keys()):
            pointer = child("/components/schemas", name)
            self.graph.pair((Part(pointer, before[name]),), (Part(pointer, after[name]),))
        self.graph.walk()
        self._tell_pairs(unreached=True)


_DEEPEST = 3
"""Callbacks of callbacks that are followed."""


def _endpoints(document: dict[str, Any]) -> list[_Endpoint]:
    found = []
    for pointer, path, method, value in operations(document):
        item = document["paths"][path]
        shared = _parameters(Part(child("/paths", path), item))
        name = operation_name(path, method)
        found.append(
            _Endpoint(name, (template_of(path), method), Side(document, path, Part(pointer, value), shared))
        )
    return found


def _parameters(item: Part) -> tuple[Part, ...]:
    given = item.schema.get("parameters")
    return tuple(item.child("parameters", n) for n in range(len(given))) if isinstance(given, list) else ()


def _matched(
    old: list[_Endpoint], new: list[_Endpoint]
) -> tuple[list[tuple[_Endpoint, _Endpoint]], list[_Endpoint], list[_Endpoint]]:
    """Match operations by what is called; among those that are one on the wire, by their paths."""
    before: dict[tuple[str, str], list[_Endpoint]] = {}
    after: dict[tuple[str, str], list[_Endpoint]] = {}
    for endpoints, by_key in ((old, before), (new, after)):
        for endpoint in endpoints:
            by_key.setdefault(endpoint.key, []).append(endpoint)
    pairs = []
    for key in before.keys() & after.keys():
        ones, others = {each.name: each for each in before[key]}, {each.name: each for each in after[key]}
        names = sorted(ones.keys() | others.keys())
        pairs += [(ones.get(name, before[key][0]), others.get(name, after[key][0])) for name in names]
    gone = [each for key, found in before.items() if key not in after for each in found]
    come = [each for key, found in after.items() if key not in before for each in found]
    return pairs, gone, come


def _items(side: Side, items: dict[str, Part]) -> Iterator[tuple[tuple[str, str], Side]]:
    """Yield the operations of path items, by name and method."""
    for name, item in items.items():
        for method in METHODS:
            if isinstance(item.schema.get(method), dict):
                yield (name, method), Side(side.document, "", item.child(method), _parameters(item))


def _callbacks(side: Side) -> dict[tuple[str, str], Side]:
    found: dict[tuple[str, str], Side] = {}
    for name, callback in side.held(side.part, "callbacks").items():
        items = {
            expression: side.resolved(callback.child(expression))
            for expression in callback.schema
            if not expression.startswith("x-")
        }
        found |= {(f"{name} {key[0]}", key[1]): value for key, value in _items(side, items)}
    return found


def _webhooks(document: dict[str, Any]) -> dict[tuple[str, str], Side]:
    side = Side(document, "", Part("", document))
    return dict(_items(side, side.held(side.part, "webhooks")))


def compare_documents(old: Document, new: Document, old_source: str, new_source: str) -> Comparison:
    """Compare two documents on the wire, and their prose.

    Args:
        old: The old document, as its vendor wrote it.
        new: The new one.
        old_source: The old one's name.
        new_source: The new one's name.

    Returns:
        The comparison, without approvals.

    Raises:
        UnusableInputError: One of them is no OpenAPI document, or too broken to be mended.
    """
    before, old_repairs = repaired(old, old_source)
    after, new_repairs = repaired(new, new_source)
    run = _Run(before, after)
    run.compare()
    changes = [*run.rows.changes(old, new), *prose_changes(old, new)]
    return Comparison(
        old=_revision(old, old_source, len(run.before), before),
        new=_revision(new, new_source, len(run.after), after),
        changes=in_order(changes),
        old_repairs=old_repairs,
        new_repairs=new_repairs,
    )


def _revision(document: Document, source: str, count: int, mended: dict[str, Any]) -> Revision:
    info = mended.get("info")
    title, version = (
        str(info.get(key, "")) if isinstance(info, dict) else "" for key in ("title", "version")
    )
    digest = hashlib.sha256(json.dumps(document).encode()).hexdigest()
    return Revision(source, title, version, digest, count, len(components(mended)))
