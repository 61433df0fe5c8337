"""A document, as far as the wrapper asks for it. What has another form than it should counts as missing."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from scripts.preparation.documents import (
    MOST_REFERENCES,
    Noting,
    Operation,
    child,
    find,
    operations,
    paths,
    pointer_of,
    standing,
)
from scripts.preparation.operations import inline_path_items
from scripts.preparation.templates import PLACEHOLDER, template_of, written_out

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scripts.command import Document
    from scripts.contracts.reliance import Reliance

MISSING = "404"
"""The answer whose body the wrapper reads a meaning from."""
BEARER = "authorization"
"""The header of access tokens, in lower case."""
_DEPTH = 20
"""Schemas within schemas that are looked into."""
_SERVERS = 200
"""Servers that one template is written out to."""


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
    def parameters(self) -> list[str]:
        """The names of the parameters in its path."""
        return PLACEHOLDER.findall(self.here.path)


def shown(method: str, path: str) -> str:
    """Name a method and a path, as in `DELETE /v1/vouchers/{code}`."""
    return f"{method.upper()} {path}"


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
        wanted = (relied.method, template_of(relied.path))
        here = [one for one in self._operations if (one.method, template_of(one.path)) == wanted]
        named = [one for one in self._operations if one.value.get("operationId") == relied.operation]
        found = [*(Found(one, moved=False) for one in here), *(Found(one, moved=True) for one in named)]
        return found[0] if found else None

    def _at(self, value: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
        """Return an object, behind references too; an empty one where there is none."""
        for _ in range(MOST_REFERENCES):
            if not isinstance(value, dict):
                break
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            try:
                value = find(self._document, pointer_of(reference))
            except KeyError:
                break
        return {}

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
        content = self.answers(found).get(MISSING, {}).get("content")
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
        return self._at(self._schemes.get(name))

    @property
    def _schemes(self) -> dict[str, Any]:
        return self._at(self._at(self._document.get("components")).get("securitySchemes"))

    def header(self, name: str) -> str | None:
        """Return the header that a security scheme is satisfied with, in lower case; None for another way."""
        scheme = self.scheme(name)
        kind = scheme.get("type")
        if kind == "apiKey" and scheme.get("in") == "header":
            return str(scheme.get("name")).lower()
        bearer = kind == "http" and str(scheme.get("scheme")).lower() == "bearer"
        return BEARER if bearer or kind in ("oauth2", "openIdConnect") else None

    @property
    def schemes(self) -> set[str]:
        """The names of the security schemes that it describes, in lower case."""
        return {name.lower() for name in self._schemes}

    def scopes(self, found: Found) -> set[str]:
        """Return the OAuth scopes that an operation names; with this vendor, each one of them is enough."""
        return {
            str(scope)
            for one in self.alternatives(found)
            for name, scopes in one.items()
            if self.header(name) == BEARER
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
        variables = self._at(server.get("variables"))

        def values(name: str) -> list[str]:
            enum = self._at(variables.get(name)).get("enum")
            return [str(one) for one in enum] if isinstance(enum, list) and enum else [f"{{{name}}}"]

        return itertools.islice(written_out(url, values), _SERVERS)
