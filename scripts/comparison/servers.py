"""What differs in where an API is found."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.comparison.graph import Context, Finding
from scripts.comparison.severity import Direction
from scripts.comparison.words import Phrase, shown
from scripts.preparation.documents import child

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.comparison.rows import Rows

_VARIABLE = re.compile(r"{([^{}]*)}")
_MOST = 200
"""Addresses that one server's variables are written out to."""


class _Server(NamedTuple):
    url: str
    variables: dict[str, dict[str, Any]]

    def addresses(self) -> list[str]:
        """Return what its variables may come to; one that takes any value stays `{}`."""
        values = [self._values(name) for name in _VARIABLE.findall(self.url)]
        parts = _VARIABLE.sub("\0", self.url).split("\0")
        written = itertools.islice(itertools.product(*values), _MOST)
        return [
            "".join(itertools.chain(*zip(parts, (*chosen, ""), strict=True))).rstrip("/")
            for chosen in written
        ]

    def _values(self, name: str) -> list[str]:
        values = self.variables.get(name, {}).get("enum")
        texts = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
        return texts or ["{}"]

    def defaults(self) -> dict[str, Any]:
        """Return the variables' values where nobody chooses one, by name."""
        return {name: value.get("default") for name, value in self.variables.items()}


def _servers(holder: dict[str, Any]) -> list[_Server]:
    given = holder.get("servers")
    found = []
    for server in given if isinstance(given, list) else ():
        if isinstance(server, dict) and isinstance(server.get("url"), str):
            held = server.get("variables")
            variables = held.items() if isinstance(held, dict) else ()
            found.append(_Server(server["url"], {n: v for n, v in variables if isinstance(v, dict)}))
    return found or [_Server("/", {})]


def compare_servers(
    rows: Rows,
    holders: tuple[dict[str, Any], dict[str, Any]],
    places: tuple[str, str],
    bits: int,
) -> None:
    """Compare the servers of two operations.

    Args:
        rows: Where differences go.
        holders: The operations, or the documents where these have servers of their own.
        places: Their pointers.
        bits: The operations, as bits.
    """
    pointers = [child(place, "servers") for place in places]
    for rule, words, before, after in _differences(*map(_servers, holders)):
        told = {"before": shown(before), "after": shown(after), **words}
        rows.add(
            Finding(rule, "servers", told, before, after, pointers[0], pointers[1]),
            [(Context(Direction.SENT, flipped=False), bits)],
        )


def _differences(
    old: list[_Server], new: list[_Server]
) -> Iterator[tuple[str, dict[str, str], Phrase | None, Phrase | None]]:
    before = dict.fromkeys(address for server in old for address in server.addresses())
    after = dict.fromkeys(address for server in new for address in server.addresses())
    for address in before:
        if not any(_covers(other, address) for other in after):
            yield "server-removed", {}, Phrase(address or "/"), None
    for address in after:
        if not any(_covers(other, address) for other in before):
            yield "server-added", {}, None, Phrase(address or "/")
    held = {server.url: server.defaults() for server in old}
    for server in new:
        for name, value in server.defaults().items():
            was = held.get(server.url, {}).get(name, value)
            if was != value:
                yield "server-default-changed", {"name": f"`{name}`"}, Phrase(str(was)), Phrase(str(value))


def _covers(pattern: str, address: str) -> bool:
    """Tell whether an address is one of those that another one stands for."""
    expression = "[^/]+".join(re.escape(part) for part in pattern.split("{}"))
    return pattern == address or bool(re.fullmatch(expression, address))
