"""A server of this machine that answers as a test wants it to."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator

DOCUMENT = b'{"openapi": "3.0.1", "info": {}, "paths": {}}'
JSON = {"Content-Type": "application/json"}


@dataclass
class Server:
    """A server of this machine that gives one answer, and keeps what it was asked.

    Attributes:
        host: The name and port that it is reached at.
        status: The status that it answers with.
        headers: The headers that it answers with, beside the length.
        body: The body.
        length: The length that it says; its body's where this is None, and none at all where it is empty.
        paths: Other answers by path: a status and where it leads.
        asked: The requests so far: paths and headers.
    """

    host: str = ""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(JSON))
    body: bytes = DOCUMENT
    length: str | None = None
    paths: dict[str, tuple[int, str]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str = "/openapi/vouchers.json") -> str:
        return f"http://{self.host}{path}"


def handler_of(server: Server) -> type[BaseHTTPRequestHandler]:
    """Make what answers requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.asked.append((self.path, dict(self.headers)))
            status, location = server.paths.get(self.path, (server.status, ""))
            self.send_response(status)
            for name, value in server.headers.items():
                self.send_header(name, value)
            if location:
                self.send_header("Location", location)
            length = str(len(server.body)) if server.length is None else server.length
            if length:
                self.send_header("Content-Length", length)
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(server.body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@contextlib.contextmanager
def serving(server: Server, context: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Run a server beside the test."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler_of(server)) as http:
        if context is not None:
            http.socket = context.wrap_socket(http.socket, server_side=True)
        server.host = f"127.0.0.1:{http.server_port}"
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()
