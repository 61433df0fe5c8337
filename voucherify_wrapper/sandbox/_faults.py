"""What can go wrong with an answer, and for which requests: a value that knows the bytes of it."""

from __future__ import annotations

import base64
import http
import json
import re
from dataclasses import dataclass, fields
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any, Literal, get_args

from voucherify_wrapper.sandbox._errors import Refusal
from voucherify_wrapper.sandbox._reading import is_real, is_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from starlette.types import Message, Send

End = Literal["keep", "close", "reset", "hang"]

OPERATIONS = (
    "release-validation-session",
    "validate-stacked-discounts",
    "get-voucher",
    "generate-oauth-token",
)
"""The vendor's operationIds that the sandbox knows."""

_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?")
_FRAMING = ("content-length", "transfer-encoding")
_BODYLESS = (*range(100, 200), 204, 304)
_LONGEST_WAIT = 86_400
_ENDLESS_PART = b"x" * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What goes wrong with a request.

    The fields combine: `Fault(status=520, body=b"<html>", content_type="text/html", drip=0.01)` drips an HTML
    page. Without `method`, path and `operation` a fault meets every request but those of the control surface.

    Attributes:
        status: Answer with this status code (100 to 599) instead of the real answer.
        body: The body of that answer, or what an endless body repeats. Without it `status` comes with the
            vendor's error body.
        content_type: The content type of the answer, whether real or not.
        headers: Further headers as (name, value), in place of the answer's own of the same name.
        raw: Send exactly these bytes instead of an HTTP answer.
        endless: The body never ends.
        delay: Seconds of silence before the answer.
        drip: Send one byte at a time, status line and headers included, this many seconds apart.
        after_bytes: Send only this many bytes of the raw answer, then do as `end` says; 0 sends nothing.
            Without it the whole answer is sent first.
        end: What happens to the connection then: `keep` it as usual, `close` it in an orderly way, `reset`
            it (TCP RST), or `hang`, in silence, until the client leaves.
        acts: Whether the request takes effect, say the session is released, before things go wrong. By
            default it does if the real answer is at least begun to be sent, and does not otherwise.
        method: Only requests with this method.
        path_prefix: Only requests whose raw, percent-encoded path begins so.
        path_suffix: Only requests whose raw path ends so.
        operation: Only requests for this operationId of the vendor's, one of `OPERATIONS`.

    Raises:
        ValueError: A field is out of range, or two fields contradict each other.
    """

    status: int | None = None
    body: bytes | None = None
    content_type: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    raw: bytes | None = None
    endless: bool = False
    delay: float = 0.0
    drip: float | None = None
    after_bytes: int | None = None
    end: End = "keep"
    acts: bool | None = None
    method: str | None = None
    path_prefix: str | None = None
    path_suffix: str | None = None
    operation: str | None = None

    def __post_init__(self) -> None:
        for names, fits, demand in _CHECKS:
            for name in names:
                if not fits(getattr(self, name)):
                    raise ValueError(f"{name} must be {demand}")
        for complaint in self._contradictions():
            raise ValueError(complaint)

    @classmethod
    def from_json(cls, value: Mapping[str, object]) -> Fault:
        """Read a fault as the control surface takes it: the same fields.

        `body` is a string sent as UTF-8; `raw` is base64; `headers` is a list of [name, value] pairs.

        Raises:
            ValueError: A field is unknown, of the wrong type or out of range.
        """
        known: dict[str, Any] = dict(value)
        if unknown := set(known) - {field.name for field in fields(cls)}:
            raise ValueError(f"a fault has no field {min(unknown)!a}")
        try:
            if isinstance(known.get("body"), str):
                known["body"] = known["body"].encode()
            if isinstance(known.get("raw"), str):
                known["raw"] = base64.b64decode(known["raw"], validate=True)
            known["headers"] = tuple((name, content) for name, content in known.get("headers", ()))
        except (TypeError, ValueError) as error:
            raise ValueError(f"a fault is not well formed: {error}") from None
        return cls(**known)

    def matches(self, method: str, path: str, operation: str | None) -> bool:
        """Return whether the fault meets a request.

        Args:
            method: The request's method.
            path: Its raw path.
            operation: The operationId it is for, if any.
        """
        return (
            self.method in (None, method)
            and path.startswith(self.path_prefix or "")
            and path.endswith(self.path_suffix or "")
            and self.operation in (None, operation)
        )

    @property
    def replaces(self) -> bool:
        """Whether the answer is made up rather than the real one."""
        return self.raw is not None or self.status is not None or self.endless

    @property
    def performs(self) -> bool:
        """Whether the request takes effect."""
        return not (self.replaces or self.after_bytes == 0) if self.acts is None else self.acts

    def answer(self) -> bytes:
        """Return the made-up answer, as raw bytes; of an endless one the head alone."""
        if self.raw is not None:
            return self.raw
        status = 200 if self.status is None else self.status
        body = self._error_body(status) if self.body is None else self.body
        own = [("content-type", self.content_type or "application/json")]
        if self.endless:
            own.append(("transfer-encoding", "chunked"))
            body = b""
        elif body or status not in _BODYLESS:
            own.append(("content-length", str(len(body))))
        replaced = {name.lower() for name, _ in self.headers}
        sent = [*(pair for pair in own if pair[0] not in replaced), *self.headers]
        lines = [f"HTTP/1.1 {status} {_phrase(status)}", *(f"{name}: {content}" for name, content in sent)]
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1") + body

    def disguise(self, send: Send) -> Send:
        """Return a `send` that gives the real answer this fault's content type and headers."""
        extra = [*self.headers]
        if self.content_type is not None:
            extra.append(("content-type", self.content_type))
        replaced = {name.lower().encode() for name, _ in extra}

        async def disguised(message: Message) -> None:
            if message["type"] == "http.response.start":
                kept = [pair for pair in message["headers"] if pair[0] not in replaced]
                added = [(name.lower().encode(), content.encode("latin-1")) for name, content in extra]
                message["headers"] = kept + added
            await send(message)

        return disguised

    def pieces(self, answer: bytes) -> Iterator[bytes]:
        """Cut an answer into what is sent at a time; without end, if the body is endless."""
        part = self.body or _ENDLESS_PART
        chunk = b"%x\r\n%b\r\n" % (len(part), part)
        left = self.after_bytes
        for whole in chain([answer], repeat(chunk)) if self.endless else [answer]:
            sent = whole[:left]
            yield from [sent] if self.drip is None else (sent[at : at + 1] for at in range(len(sent)))
            if left is not None:
                left -= len(sent)
                if left == 0:
                    return

    @staticmethod
    def _error_body(status: int) -> bytes:
        if status in _BODYLESS:
            return b""
        refusal = Refusal(
            status, "sandbox_fault", _phrase(status) or "Fault", "The sandbox was told to answer so"
        )
        return json.dumps(refusal.body()).encode()

    def _contradictions(self) -> Iterator[str]:
        shaped = self.status is not None or self.content_type is not None or self.headers or self.endless
        if self.raw is not None and (shaped or self.body is not None):
            yield "raw is the whole answer; it takes no status, body, content_type, headers or endless"
        if self.body is not None and self.status is None and not self.endless:
            yield "body needs a status, or endless"
        if self.after_bytes is not None and self.end == "keep":
            yield "after_bytes needs an end other than keep"
        if self.acts is False and not self.replaces and self.after_bytes != 0:
            yield "the real answer needs acts; give a status or raw, or after_bytes=0"
        if not self.replaces and any(name.lower() in _FRAMING for name, _ in self.headers):
            yield "the real answer keeps its own framing; give a status or raw to send a wrong one"


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return ""


def _or_none(fits: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: value is None or fits(value)


def _is_wait(value: object) -> bool:
    return is_real(value) and 0 <= value <= _LONGEST_WAIT


def _is_header_value(value: object) -> bool:
    return isinstance(value, str) and _HEADER_VALUE.fullmatch(value) is not None


def _are_headers(value: object) -> bool:
    if not isinstance(value, tuple):
        return False
    pairs = (pair if isinstance(pair, tuple) else () for pair in value)
    return all(
        [isinstance(part, str) for part in pair] == [True, True]
        and _HEADER_NAME.fullmatch(pair[0])
        and _HEADER_VALUE.fullmatch(pair[1])
        for pair in pairs
    )


# JSON can bring any type for any field.
_CHECKS: tuple[tuple[tuple[str, ...], Callable[[object], bool], str], ...] = (
    (("status",), _or_none(lambda value: is_whole(value, 100, 599)), "a whole number from 100 to 599"),
    (("body", "raw"), _or_none(lambda value: isinstance(value, bytes)), "bytes"),
    (("content_type",), _or_none(_is_header_value), "text that a header can carry"),
    (
        ("headers",),
        _are_headers,
        "pairs of text that a header can carry; raw sends a malformed answer",
    ),
    (("delay",), _is_wait, "seconds, from 0 to 86400"),
    (("drip",), _or_none(_is_wait), "seconds, from 0 to 86400"),
    (("after_bytes",), _or_none(lambda value: is_whole(value, 0, 2**31 - 1)), "a whole number from 0"),
    (("end",), lambda value: value in get_args(End), f"one of {', '.join(get_args(End))}"),
    (("endless",), lambda value: isinstance(value, bool), "true or false"),
    (("acts",), _or_none(lambda value: isinstance(value, bool)), "true, false or nothing"),
    (("method", "path_prefix", "path_suffix"), _or_none(lambda value: isinstance(value, str)), "text"),
    (("operation",), _or_none(lambda value: value in OPERATIONS), f"one of {', '.join(OPERATIONS)}"),
)
