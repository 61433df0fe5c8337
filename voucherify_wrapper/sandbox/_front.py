"""What happens to every request first: it is read whole, recorded, and routed by its raw path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voucherify_wrapper.sandbox._errors import Refusal, refusal_response

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BODY = 1024 * 1024
"""Bytes of a request body that the sandbox reads; a longer one is answered with 413."""

CONTROL = "/_sandbox/"
"""Where the paths of the control surface begin; no path of the vendor's does."""

_ABSOLUTE_FORM = re.compile(r"^https?://[^/]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, repr=False)
class RecordedRequest:
    """A request as it came over the wire.

    Attributes:
        method: The method.
        path: The raw, percent-encoded path, without the query.
        query: The raw query, without the question mark.
        headers: The headers as (lower-case name, value), in their order.
        body: The body; of one that was too large, its beginning.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def __repr__(self) -> str:
        # Headers and body may hold secrets, and a failing test prints what it compared.
        return f"<{type(self).__name__} {self.method} {self.path}>"

    def header(self, name: str) -> str | None:
        """Return the first value of a header, or None."""
        return next((value for given, value in self.headers if given == name.lower()), None)


class Front:
    """Reads a request whole, records it, and lets the proper application or the misbehaving one answer."""

    def __init__(self, app: ASGIApp, misbehaving: ASGIApp, record: Callable[[RecordedRequest], None]) -> None:
        self._app = app
        self._misbehaving = misbehaving
        self._record = record

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await _read_body(receive)
        if body is None:
            return
        path = scope["raw_path"].decode("ascii")
        # Routing goes by the raw path: in the decoded one, a code's slash would look like the path's own.
        scope = {**scope, "path": _ABSOLUTE_FORM.sub("", path)}
        control = scope["path"].startswith(CONTROL)
        if not control:
            self._record(_recorded(scope, path, body))
        if len(body) > LARGEST_BODY:
            refusal = Refusal(
                413, "payload_too_large", "Payload too large", f"At most {LARGEST_BODY} bytes are read"
            )
            await refusal_response(refusal)(scope, receive, send)
            return

        async def replay() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        await (self._app if control else self._misbehaving)(scope, replay, send)


async def _read_body(receive: Receive) -> bytes | None:
    """Return the body, or a little more than the bound of a larger one, or None if the client has left."""
    body = b""
    while len(body) <= LARGEST_BODY:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message["body"]
        if not message["more_body"]:
            break
    return body


def _recorded(scope: Scope, path: str, body: bytes) -> RecordedRequest:
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"])
    return RecordedRequest(scope["method"], path, scope["query_string"].decode("latin-1"), headers, body)
