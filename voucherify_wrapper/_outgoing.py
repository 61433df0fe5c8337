"""A request on its way out, as our own transports take it.

An httpx request takes its URL apart and puts it together again, every time, though all but the path is known:
that and its headers are more work than sending it over pyreqwest. So it is made only where something has to
be encoded, and for a transport of the caller's own.
"""

from __future__ import annotations

from typing import Any

import httpx
from attrs import define, field

from ._secrets import hidden

RawHeaders = list[tuple[bytes, bytes]]


@define
class Outgoing:
    """A request.

    Attributes:
        method: the HTTP method, in capitals.
        base: the server, as ``scheme://host[:port]``.
        target: path and query, percent-encoded.
        headers: the headers, their names in lower case. Nobody changes them, and requests may share them.
        content: the body.
        extensions: what httpx's extensions are.
    """

    method: str
    base: str
    target: str
    headers: RawHeaders = field(repr=hidden)
    content: bytes = field(default=b"", repr=hidden)
    extensions: dict[str, Any] = field(factory=dict, repr=False)

    @property
    def url(self) -> str:
        """The whole URL."""
        return self.base + self.target

    def as_httpx(self) -> httpx.Request:
        """The same as an httpx request."""
        return httpx.Request(
            self.method,
            self.url,
            headers=self.headers,
            content=self.content or None,
            extensions=self.extensions,
        )


def outgoing(request: httpx.Request) -> Outgoing:
    """The same as an httpx request whose content has been read."""
    url = request.url
    return Outgoing(
        request.method,
        base_of(url),
        url.raw_path.decode("ascii"),
        [(name.lower(), value) for name, value in request.headers.raw],
        request.content,
        dict(request.extensions),
    )


def base_of(url: httpx.URL) -> str:
    """The server that a URL is on."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
