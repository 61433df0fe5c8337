"""What differs in where an API is found."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from scripts.comparison.graph import Context, Finding
from scripts.comparison.severity import Direction
from scripts.comparison.words import Phrase, shown
from scripts.preparation.documents import child
from scripts.preparation.templates import PLACEHOLDER, written_out

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.command import Json
    from scripts.comparison.rows import Rows

_MOST = 200
"""Addresses that one server's variables are written out to."""


_ANY = "{}"
"""What stands for a variable that takes any value."""


class _Server(NamedTuple):
    url: str
    variables: dict[str, dict[str, Any]]

    def addresses(self) -> list[str]:
        """Return what its variables may come to; one that takes any value stays `{}`."""
        return [address.rstrip("/") for address in written_out(self.url, self._values)]

    @property
    def has_many(self) -> bool:
        """Whether it stands for more addresses than are written out."""
        return math.prod(len(self._values(name)) for name in self._names()) > _MOST

    def accepts(self, address: str) -> bool:
        """Tell whether an address is one of those that it stands for."""
        names = self._names()
        expression = ""
        for number, text in enumerate(PLACEHOLDER.split(self.url)):
            if number % 2 == 0:
                expression += re.escape(text)
                continue
            group = f"v{names.index(text)}"
            once = "|".join(map(_expression, self._values(text)))
            expression += f"(?P={group})" if f"<{group}>" in expression else f"(?P<{group}>{once})"
        expression = expression.rstrip("/") + "/*"
        return any(re.fullmatch(expression, each) for each in (address, f"{address}/"))

    def told(self) -> dict[str, Any]:
        """Return what it stands for, in a form that can be compared."""
        values = {name: sorted(self._values(name)) for name in self._names()}
        return {"url": self.url, "variables": values}

    def _names(self) -> list[str]:
        return list(dict.fromkeys(PLACEHOLDER.findall(self.url)))

    def _values(self, name: str) -> list[str]:
        values = self.variables.get(name, {}).get("enum")
        texts = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
        return texts or [_ANY]

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


def _differences(old: list[_Server], new: list[_Server]) -> Iterator[tuple[str, dict[str, str], Json, Json]]:
    yield from _many_differences(old, new)
    before, after = _addresses(old), _addresses(new)
    for address in before:
        if address not in after and not any(server.accepts(address) for server in new):
            yield "server-removed", {}, Phrase(address or "/"), None
    for address in after:
        if address not in before and not any(server.accepts(address) for server in old):
            yield "server-added", {}, None, Phrase(address or "/")
    held = {server.url: server.defaults() for server in old}
    for server in new:
        for name, value in server.defaults().items():
            was = held.get(server.url, {}).get(name, value)
            if was != value:
                yield "server-default-changed", {"name": f"`{name}`"}, Phrase(str(was)), Phrase(str(value))


def _addresses(servers: list[_Server]) -> dict[str, None]:
    """Return the addresses of the servers that have them written out, in order."""
    few = (server for server in servers if not server.has_many)
    return dict.fromkeys(address for server in few for address in server.addresses())


def _many_differences(
    old: list[_Server], new: list[_Server]
) -> Iterator[tuple[str, dict[str, str], Json, Json]]:
    """Yield the servers of too many addresses that are not the same in both revisions."""
    before, after = ([each.told() for each in side if each.has_many] for side in (old, new))
    come = [other for other in after if other not in before]
    for one in before:
        if one not in after:
            same = next((other for other in come if other["url"] == one["url"]), None)
            if same is not None:
                come.remove(same)
            yield "server-changed", {"name": f"`{one['url']}`"}, one, same
    for other in come:
        yield "server-added", {}, None, Phrase(other["url"])


def _expression(value: str) -> str:
    """Write a value of a variable as a pattern; `{}` is any."""
    return "[^/]+" if value == _ANY else re.escape(value)
