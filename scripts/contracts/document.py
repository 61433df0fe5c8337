"""What the wrapper relies on, looked up in the document: operations, answers, ways to sign, servers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from scripts.contracts.reliance import OAUTH_SCHEME
from scripts.contracts.upstream import BEARER, MISSING, shown
from scripts.preparation.documents import child
from scripts.reporting.model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scripts.contracts.reliance import Reliance
    from scripts.contracts.upstream import Found, Upstream
    from scripts.contracts.wrapper import Credentials, Place, Wrapper

_SUCCESS = re.compile(r"2(\d\d|XX)", re.IGNORECASE)


def finding(what: str, place: Place, pointer: str = "") -> Finding:
    """Say what is wrong, and where it shows in the wrapper.

    Args:
        what: What is wrong.
        place: Where it shows.
        pointer: JSON pointer into the document.
    """
    return Finding(what, place.file, place.line, place.text, pointer)


def answers_to(url: str, servers: list[str]) -> bool:
    """Tell whether one of some servers answers to a base URL."""
    return any(
        re.fullmatch("[^/]+".join(map(re.escape, re.split(r"{[^{}]*}", server))), url) for server in servers
    )


def lost_in_document(
    upstream: Upstream, before: Upstream | None, wrapper: Wrapper, relied: Reliance, place: Place
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
        what = f"{what}; `{place}` calls it. Take the call out of the wrapper, or leave this update."
        yield finding(what, place)
        return
    if found.moved:
        now = shown(found.here.method, found.here.path)
        what = f"{name} moved from {shown(relied.method, relied.path)} to {now}; `{place}` calls it."
        what = f"{what} Whether it still means the same is for a person to say."
        yield finding(what, place, found.here.pointer)
    yield from _successes(upstream, found, wrapper, name)
    yield from _error_texts(upstream, found, wrapper, name)
    yield from _signatures(upstream, before, found, wrapper, relied)
    yield from _token_path(upstream, found, wrapper)


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
    pointer = upstream.pointer(*_parts(found), "responses", MISSING)
    answer = f"the answer {MISSING} of {name}"
    for media_type, schema in upstream.error_schemas(found):
        properties = upstream.properties(schema)
        if not properties:  # it says nothing of them, as before there was such an answer
            continue
        place_of = child(pointer, "content", media_type, "schema")
        for text, place in wrapper.error_texts:
            given = properties.get(text)
            if given is None:
                yield finding(f"{_capital(answer)} lost `{text}`; `{place}` reads it.", place, place_of)
            elif "string" not in (kinds := _kinds(given)):
                what = f"`{text}` in {answer} is {_or(kinds)} now; `{place}` reads it as a text."
                yield finding(what, place, place_of)
        values = properties.get("resource_type", {}).get("enum")
        for value, place in wrapper.missing_resources:
            if isinstance(values, list) and value not in values:
                what = f"`resource_type` in {answer} is never `{value}` now; `{place}` tells it from others."
                yield finding(what, place, place_of)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _kinds(schema: dict[str, Any]) -> list[str]:
    """Return the types that a schema names; a text among them where it names none."""
    kind = schema.get("type", "string")
    return [str(one) for one in (kind if isinstance(kind, list) else [kind])]


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
    if credentials.headers == {BEARER}:
        return frozenset({OAUTH_SCHEME.lower()})
    return credentials.headers


def _accepted(upstream: Upstream, found: Found, wrapper: Wrapper) -> list[Credentials]:
    """Return the classes that sign an operation.

    Until 2026 the vendor's document listed the API key and OAuth in one requirement, as if both were needed,
    where the server takes either. So a requirement is met by a class that sends a part of it, as long as
    other classes of the wrapper could send the rest.
    """
    every = frozenset().union(*(one.headers for one in wrapper.credentials))
    ways = _ways(upstream, found)
    return [
        one
        for one in wrapper.credentials
        if not ways or any(way <= one.headers or one.headers <= way <= every for way in ways)
    ]


def _ways(upstream: Upstream, found: Found) -> list[set[str | None]]:
    """Return the headers of each way to sign an operation."""
    return [{upstream.header(name) for name in one} for one in upstream.alternatives(found)]


def signed_in_part(upstream: Upstream, wrapper: Wrapper, relied: Sequence[Reliance]) -> Iterator[Finding]:
    """Find operations that want more at the same time than any class of the wrapper sends.

    To the letter of the document, none of these signs. But the vendor's has said so for years of operations
    that take either, so nothing stands against an update; whether it means it now, only its server can say.

    Args:
        upstream: The new document.
        wrapper: The wrapper.
        relied: The operations that it calls.
    """
    for one in relied:
        found = upstream.operation(one)
        if found is not None:
            yield from _in_part(upstream, found, wrapper, one)


def _in_part(upstream: Upstream, found: Found, wrapper: Wrapper, relied: Reliance) -> Iterator[Finding]:
    ways = _ways(upstream, found)
    accepted = _accepted(upstream, found, wrapper)
    in_part = [one for one in accepted if ways and not any(way <= one.headers for way in ways)]
    if in_part:
        wanted = (" with ".join(map(upstream.described, one)) for one in upstream.alternatives(found))
        sends = (
            f"`{one.name}` (`{one.place}`) sends {' and '.join(f'`{header}`' for header in one.spelled)}"
            for one in in_part
        )
        what = (
            f"`{relied.operation}` wants {', or '.join(wanted)}, at the same time. The wrapper sends one of "
            f"them at a time: {'; '.join(sends)}. Voucherify's documents have said so before, while its "
            "server took either: release a session with each before you merge."
        )
        yield finding(what, in_part[0].place, upstream.pointer(*_parts(found), "security"))


def _token_path(upstream: Upstream, found: Found, wrapper: Wrapper) -> Iterator[Finding]:
    path, place = wrapper.token_path
    for name in dict.fromkeys(name for one in upstream.alternatives(found) for name in one):
        urls = upstream.token_urls(name)
        if urls and not any(url.partition("?")[0].endswith(path) for url in urls):
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
            what = f"The document has none of the wrapper's clusters: {told}; `{of_domain}` says {domain}."
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
