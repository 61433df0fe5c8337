"""What the wrapper relies on, looked up in the document: servers, security, answers."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scripts.contracts.reliance import OAUTH_SCHEME
from scripts.generated_code import PLACEHOLDER
from scripts.preparation.documents import (
    Noting,
    Operation,
    child,
    operations,
    paths,
    standing,
)
from scripts.preparation.operations import inline_path_items, resolve
from scripts.reporting.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scripts.command import Document
    from scripts.contracts.reliance import Reliance
    from scripts.contracts.wrapper import Credentials, Place, Wrapper

_MISSING = "404"
"""The answer whose body the wrapper reads a meaning from."""
_BEARER = "authorization"
_SCHEMES = "securitySchemes"
_DEPTH = 20
"""Schemas within schemas that are looked into."""
_SUCCESS = re.compile(r"2(\d\d|XX)", re.IGNORECASE)
_SERVERS = 200
"""Servers that one template is written out to."""


def finding(what: str, place: Place | None = None, pointer: str = "") -> Finding:
    """Say what is wrong, and where it shows in the wrapper.

    Args:
        what: What is wrong.
        place: Where it shows.
        pointer: JSON pointer into the document.
    """
    if place is None:
        return Finding(what, pointer=pointer)
    return Finding(what, place.file, place.line, place.text, pointer)


@dataclass(frozen=True)
class Found:
    """An operation that the wrapper relies on, as the document has it now.

    Attributes:
        here: The operation.
        moved: Whether its method or path is another one, so that it is known by its operationId alone.
    """

    here: Operation
    moved: bool

    @property
    def name(self) -> str:
        """Its operationId, or what stands for it."""
        return str(self.here.value.get("operationId") or shown(self.here.method, self.here.path))

    @property
    def parameters(self) -> list[str]:
        """The names of the parameters in its path."""
        return PLACEHOLDER.findall(self.here.path)


def shown(method: str, path: str) -> str:
    """Name a method and a path, as in `DELETE /v1/vouchers/{code}`."""
    return f"{method.upper()} {path}"


def blank(path: str) -> str:
    """Return a path without the names of its parameters, which mean nothing on the wire."""
    return PLACEHOLDER.sub("{}", path)


class Upstream:
    """The new document."""

    def __init__(self, document: Document) -> None:
        """Bring its path items into their places.

        Args:
            document: The document, as its source gave it.
        """
        self._document: dict[str, Any] = inline_path_items(document, Noting())
        self._operations = [*operations(self._document)]

    def operation(self, relied: Reliance) -> Found | None:
        """Find an operation: by its method and path, or else by its operationId."""
        wanted = (relied.method, blank(relied.path))
        for one in self._operations:
            if (one.method, blank(one.path)) == wanted:
                return Found(one, moved=False)
        for one in self._operations:
            if one.value.get("operationId") == relied.operation:
                return Found(one, moved=True)
        return None

    def _at(self, value: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
        """Return an object, behind references too; an empty one where there is none."""
        try:
            found = resolve(self._document, value)
        except (KeyError, TypeError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def pointer(self, *parts: str) -> str:
        """Return a pointer to what stands in the document, or to what would hold it."""
        return standing(self._document, child("", *parts))

    # Answers

    def answers(self, found: Found) -> dict[str, dict[str, Any]]:
        """Return an operation's responses by status code."""
        given = found.here.value.get("responses")
        return {str(code): self._at(item) for code, item in given.items()} if isinstance(given, dict) else {}

    def error_schemas(self, found: Found) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the schemas of the answer that something is missing, each with its media type."""
        content = self.answers(found).get(_MISSING, {}).get("content")
        for media_type, media in content.items() if isinstance(content, dict) else ():
            yield str(media_type), self._at(self._at(media).get("schema"))

    def properties(self, schema: dict[str, Any], depth: int = 0) -> dict[str, dict[str, Any]]:
        """Return the properties that a schema names, those of its parts too."""
        given = schema.get("properties")
        named = dict(given) if isinstance(given, dict) else {}
        found = {name: self._at(item) for name, item in named.items()}
        for keyword in ("allOf", "anyOf", "oneOf") if depth < _DEPTH else ():
            parts = schema.get(keyword)
            for part in parts if isinstance(parts, list) else ():
                found = {**self.properties(self._at(part), depth + 1), **found}
        return found

    # Security

    def alternatives(self, found: Found) -> list[dict[str, list[str]]]:
        """Return the ways to sign an operation; none where it needs no signature."""
        own = found.here.value.get("security")
        given = self._document.get("security") if own is None else own
        return [
            {str(name): scopes if isinstance(scopes, list) else [] for name, scopes in one.items()}
            for one in (given if isinstance(given, list) else [given])
            if isinstance(one, dict)
        ]

    def scheme(self, name: str) -> dict[str, Any]:
        """Return a security scheme; an empty one where the document describes none."""
        return self._at(self._at(self._at(self._document.get("components")).get("securitySchemes")).get(name))

    def header(self, name: str) -> str | None:
        """Return the header that a security scheme is satisfied with, in lower case; None for another way."""
        scheme = self.scheme(name)
        kind = scheme.get("type")
        if kind == "apiKey" and scheme.get("in") == "header":
            return str(scheme.get("name")).lower()
        bearer = kind == "http" and str(scheme.get("scheme")).lower() == "bearer"
        return _BEARER if bearer or kind in ("oauth2", "openIdConnect") else None

    @property
    def schemes(self) -> set[str]:
        """The names of the security schemes that it describes, in lower case."""
        return {name.lower() for name in self._at(self._at(self._document.get("components")).get(_SCHEMES))}

    def scopes(self, found: Found) -> set[str]:
        """Return the OAuth scopes that an operation names; with this vendor, each one of them is enough."""
        return {
            str(scope)
            for one in self.alternatives(found)
            for name, scopes in one.items()
            if self.header(name) == _BEARER
            for scope in scopes
        }

    def described(self, name: str) -> str:
        """Say in a few words what a security scheme wants."""
        scheme = self.scheme(name)
        kind = scheme.get("type")
        if not kind:
            return f"`{name}` (not described)"
        if kind == "apiKey":
            return f"`{name}` ({scheme.get('in')} `{scheme.get('name')}`)"
        return f"`{name}` ({' '.join(str(scheme[key]) for key in ('type', 'scheme') if key in scheme)})"

    def token_urls(self, name: str) -> list[str]:
        """Return the URLs that an OAuth scheme's flows name."""
        flows = self._at(self.scheme(name).get("flows"))
        return [
            flow[key]
            for flow in map(self._at, flows.values())
            for key in ("tokenUrl", "authorizationUrl")
            if isinstance(flow.get(key), str)
        ]

    # Servers

    def servers(self, found: Found | None) -> list[str]:
        """Return the base URLs of an operation, with every value of their variables.

        A variable that may have any value stands in braces.
        """
        holders: list[Mapping[str, Any]] = [self._document]
        if found is not None:
            holders = [found.here.value, self._at(paths(self._document)[found.here.path]), *holders]
        given: Any = next((one["servers"] for one in holders if one.get("servers")), [])
        written = (self._written(one) for one in (given if isinstance(given, list) else []))
        return list(dict.fromkeys(url for urls in written for url in urls))

    def _written(self, server: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
        server = self._at(server)
        url = str(server.get("url", "")).rstrip("/")
        names = list(dict.fromkeys(PLACEHOLDER.findall(url)))
        variables = self._at(server.get("variables"))
        values = []
        for name in names:
            enum = self._at(variables.get(name)).get("enum")
            values.append([str(one) for one in enum] if isinstance(enum, list) and enum else [f"{{{name}}}"])
        for chosen in itertools.islice(itertools.product(*values), _SERVERS):
            meant = dict(zip(names, chosen, strict=True))
            yield PLACEHOLDER.sub(lambda match, meant=meant: meant[match[1]], url)  # type: ignore[misc]


def answers_to(url: str, servers: list[str]) -> bool:
    """Tell whether one of some servers answers to a base URL."""
    return any(
        re.fullmatch("[^/]+".join(map(re.escape, re.split(r"{[^{}]*}", server))), url) for server in servers
    )


def lost_in_document(
    upstream: Upstream, before: Upstream | None, wrapper: Wrapper, relied: Reliance, place: Place | None
) -> Iterator[Finding]:
    """Find what the document no longer says of an operation that the wrapper relies on.

    Args:
        upstream: The new document.
        before: The document until now, if it is known.
        wrapper: The wrapper.
        relied: The operation.
        place: Where the wrapper calls it.
    """
    found = upstream.operation(relied)
    name = f"`{relied.operation}`"
    if found is None:
        what = f"The document has no {name} ({shown(relied.method, relied.path)}) any more"
        yield finding(
            f"{what}; {_calls(place)}. Take the call out of the wrapper, or leave this update.", place
        )
        return
    if found.moved:
        now = shown(found.here.method, found.here.path)
        what = f"{name} moved from {shown(relied.method, relied.path)} to {now}; {_calls(place)}."
        yield finding(
            f"{what} Whether it still means the same is for a person to say.", place, found.here.pointer
        )
    yield from _successes(upstream, found, wrapper, name)
    yield from _error_texts(upstream, found, wrapper, name)
    yield from _signatures(upstream, before, found, wrapper, relied)
    yield from _token_path(upstream, found, wrapper)


def _calls(place: Place | None) -> str:
    return f"`{place}` calls it" if place else "the wrapper calls it"


def _successes(upstream: Upstream, found: Found, wrapper: Wrapper, name: str) -> Iterator[Finding]:
    """Find successes that are not promised any more, and those that the wrapper would refuse."""
    promised = [code.upper() for code in upstream.answers(found) if _SUCCESS.fullmatch(code)]
    taken = [code for code, _ in wrapper.success]
    lost = [code for code in taken if code not in promised and "2XX" not in promised]
    new = [code for code in promised if code not in taken and code != "2XX"]
    if lost or new:
        place = wrapper.success[0][1]
        changes = [f"is not answered with {_or(lost)} any more"] if lost else []
        changes += [f"may be answered with {_or(new)} now"] if new else []
        what = f"{name} {', and '.join(changes)}; `{place}` takes no success but {_or(taken)}."
        yield finding(what, place, upstream.pointer(*_parts(found), "responses"))


def _or(texts: Iterable[str], between: str = " or ") -> str:
    return between.join(sorted(set(texts)))


def _parts(found: Found) -> tuple[str, str, str]:
    return "paths", found.here.path, found.here.method


def _error_texts(upstream: Upstream, found: Found, wrapper: Wrapper, name: str) -> Iterator[Finding]:
    pointer = upstream.pointer(*_parts(found), "responses", _MISSING)
    answer = f"the answer {_MISSING} of {name}"
    for media_type, schema in upstream.error_schemas(found):
        properties = upstream.properties(schema)
        if not properties:  # it says nothing of them, as before there was such an answer
            continue
        place_of = child(pointer, "content", media_type, "schema")
        for text, place in wrapper.error_texts:
            given = properties.get(text)
            if given is None:
                yield finding(f"{_first(answer)} lost `{text}`; `{place}` reads it.", place, place_of)
            elif not _may_be_text(given):
                what = f"`{text}` in {answer} is {given['type']} now; `{place}` reads it as a text."
                yield finding(what, place, place_of)
        values = properties.get("resource_type", {}).get("enum")
        for value, place in wrapper.missing_resources:
            if isinstance(values, list) and value not in values:
                what = f"`resource_type` in {answer} is never `{value}` now; `{place}` tells it from others."
                yield finding(what, place, place_of)


def _first(text: str) -> str:
    return text[0].upper() + text[1:]


def _may_be_text(schema: dict[str, Any]) -> bool:
    kind = schema.get("type")
    return kind is None or "string" in (kind if isinstance(kind, list) else [kind])


def _signatures(
    upstream: Upstream, before: Upstream | None, found: Found, wrapper: Wrapper, relied: Reliance
) -> Iterator[Finding]:
    """Find credentials that no longer sign an operation.

    Those are expected to that signed it before, and those that the document still has the schemes of.
    """
    accepted = _accepted(upstream, found, wrapper)
    until_now = before.operation(relied) if before is not None else None
    expected = _accepted(before, until_now, wrapper) if before is not None and until_now is not None else []
    named = {name.lower() for one in upstream.alternatives(found) for name in one} | upstream.schemes
    ways = ", or ".join(" with ".join(map(upstream.described, one)) for one in upstream.alternatives(found))
    pointer = upstream.pointer(*_parts(found), "security")
    for one in wrapper.credentials:
        if one not in accepted and (one in expected or named & _schemes_of(one) or not accepted):
            sends = " and ".join(f"`{header}`" for header in one.spelled)
            what = f"`{relied.operation}` does not take `{one.name}` (`{one.place}`), which sends {sends}"
            yield finding(f"{what}: it wants {ways}.", one.place, pointer)
    scopes = upstream.scopes(found)
    for one in accepted:
        if one.scopes and scopes and not scopes & set(one.scopes):
            asks = f"`{one.name}` (`{one.place}`) asks for {_or(one.scopes)} by itself"
            what = f"`{relied.operation}` wants the OAuth scope {_or(scopes)}; {asks}."
            yield finding(what, one.place, pointer)


def _schemes_of(credentials: Credentials) -> frozenset[str]:
    """Return the names that the vendor gives the schemes which a class signs by, in lower case."""
    if credentials.headers == {_BEARER}:
        return frozenset({OAUTH_SCHEME.lower()})
    return credentials.headers


def _accepted(upstream: Upstream, found: Found, wrapper: Wrapper) -> list[Credentials]:
    """Return the classes that sign an operation.

    Until 2026 the vendor's document listed the API key and OAuth in one requirement, as if both were needed,
    where the server takes either. So a requirement is met by a class that sends a part of it, as long as
    other classes of the wrapper could send the rest.
    """
    every = frozenset().union(*(one.headers for one in wrapper.credentials))
    ways = [{upstream.header(name) for name in one} for one in upstream.alternatives(found)]
    return [
        one
        for one in wrapper.credentials
        if not ways or any(way <= one.headers or one.headers <= way <= every for way in ways)
    ]


def _token_path(upstream: Upstream, found: Found, wrapper: Wrapper) -> Iterator[Finding]:
    path, place = wrapper.token_path
    for name in dict.fromkeys(name for one in upstream.alternatives(found) for name in one):
        urls = upstream.token_urls(name)
        if urls and path not in [urlsplit(url).path for url in urls]:
            what = f"`{name}` gives tokens at {', '.join(urls)} now; `{place}` fetches them at {path}."
            pointer = upstream.pointer("components", "securitySchemes", name)
            yield finding(what, place, pointer)


def lost_clusters(upstream: Upstream, wrapper: Wrapper, relied: Sequence[Reliance]) -> Iterator[Finding]:
    """Find the clusters that the wrapper offers and the document no longer has.

    Args:
        upstream: The new document.
        wrapper: The wrapper.
        relied: The operations that they have to answer.
    """
    domain, of_domain = wrapper.domain
    urls = {name: f"https://{cluster.value}.{domain}" for name, cluster in wrapper.clusters.items()}
    for one in relied:
        servers = upstream.servers(upstream.operation(one))
        lost = [name for name, url in urls.items() if not answers_to(url, servers)]
        told = f"its servers are {', '.join(servers)}" if servers else "it names no server"
        if len(lost) == len(urls):
            what = (
                f"The document has none of the wrapper's clusters: {told}, and `{of_domain}` says {domain}."
            )
            yield finding(what, of_domain, upstream.pointer("servers"))
            continue
        for name in lost:
            value, place = wrapper.clusters[name]
            what = f"The document lost the cluster `{value}`; `{place}` offers it as `Cluster.{name}`."
            yield finding(what, place, upstream.pointer("servers"))


def new_clusters(upstream: Upstream, wrapper: Wrapper, relied: Sequence[Reliance]) -> Iterator[Finding]:
    """Find the servers of the document that the wrapper does not know.

    Args:
        upstream: The new document.
        wrapper: The wrapper.
        relied: The operations that they answer.
    """
    domain, _ = wrapper.domain
    offers = [*wrapper.clusters.values(), *wrapper.download_clusters]
    known = {f"https://{one.value}.{domain}" for one in offers}
    place = offers[0].place
    servers = (url for one in relied for url in upstream.servers(upstream.operation(one)))
    for url in dict.fromkeys(servers):
        if url not in known and "{" not in url:
            what = f"The document has the server {url}, which `Cluster` (`{place}`) does not offer yet."
            yield finding(what, place, upstream.pointer("servers"))
