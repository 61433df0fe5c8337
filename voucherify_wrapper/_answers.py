"""An answer of the server, read to its end, and what it means when it is not the one hoped for."""

from __future__ import annotations

import json
import time
import zlib
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx

from ._errors import LONGEST_BODY, REQUEST_ID_HEADER, InvalidResponseError, error_from_answer, request_id_from
from ._incoming import ABOUT_THE_CODING
from ._rate_limits import LIMIT_HEADERS, NOTHING_SAID, rate_limit_from
from ._secrets import printable

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._errors import APIError
    from ._incoming import Head
    from ._outgoing import Outgoing, RawHeaders
    from ._rate_limits import RateLimit
    from ._secrets import Redactor

_LARGEST_ANSWER = 64 * 2**20  # bytes; far above any answer of the vendor
_MARGIN = 2**14  # bytes read beyond what is kept, so that a credential at the cut is masked before
_WITHHELD = b"[withheld: it holds an access token]"
_OF_INTEREST = frozenset(name.encode() for name in (*LIMIT_HEADERS, REQUEST_ID_HEADER))
_READ = _OF_INTEREST | {b"date"}  # to which the others are relative
_GZIP = 16 + zlib.MAX_WBITS


class BodyReader:
    """Collects and decodes an answer's body within bounds of size and time.

    httpx decodes a piece of the body whole, however large it becomes; a few bytes can become gigabytes.

    Args:
        head: the answer's head.
        end: the monotonic clock's time at which the call has to end.
    """

    def __init__(self, head: Head, *, end: float) -> None:
        self._refused = head.status >= 400  # noqa: PLR2004 - HTTP's first refusal
        self._limit = LONGEST_BODY + _MARGIN if self._refused else _LARGEST_ANSWER
        self._end = end
        self._chunks: list[bytes] = []
        self._size = 0
        coding = head.said.get(b"content-encoding", b"").strip().lower()
        plain = coding in (b"", b"identity")
        self._readable = plain or coding in (b"gzip", b"x-gzip")
        self._gzip = None if plain else zlib.decompressobj(_GZIP)

    def is_full_after(self, chunk: bytes) -> bool:
        """Take a piece of the body as it came on the wire; True when no more is wanted.

        Of a refusal, whose status says enough, as much is kept as can be read.

        Raises:
            httpx.ReadTimeout: the call's time has run out.
            httpx.DecodingError: the body of a success is not in the form that the headers say, or larger than
                any that is meant.
        """
        if time.monotonic() > self._end:
            raise httpx.ReadTimeout("The time allowed for the whole call ran out.")
        problem = self._problem_with(chunk)
        if problem and not self._refused:
            raise httpx.DecodingError(problem)
        return problem is not None

    def _problem_with(self, chunk: bytes) -> str | None:
        if not self._readable:
            return "It is encoded in a way that was not asked for."
        try:
            plain = self._decoded(chunk)
        except zlib.error as error:
            return str(error)
        self._chunks.append(plain)
        self._size += len(plain)
        return f"It is larger than {self._limit} bytes." if self._size > self._limit else None

    def _decoded(self, chunk: bytes) -> bytes:
        if self._gzip is None:
            return chunk
        plain = self._gzip.decompress(chunk, self._limit - self._size + 1)
        while self._gzip.unused_data:  # a gzip file may consist of several
            rest, self._gzip = self._gzip.unused_data, zlib.decompressobj(_GZIP)
            plain += self._gzip.decompress(rest, self._limit - self._size + 1)
        return plain

    def body(self) -> bytes:
        """All that was taken.

        Raises:
            httpx.DecodingError: the body of a success was cut off.
        """
        if self._chunks and self._gzip and not self._gzip.eof and not self._refused:
            raise httpx.DecodingError("It is cut off.")
        return b"".join(self._chunks)


class _Headers(httpx.Headers):
    """Headers that are made when somebody looks at them, which is rare, and work for every answer.

    Args:
        make: what gives them.
    """

    def __init__(self, make: Callable[[], RawHeaders]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever httpx keeps its headers in
        own = vars(self)
        make = own.get("_make")
        if make:
            own.update(vars(httpx.Headers(make())))  # in one step, and before:
            own["_make"] = None  # another thread may look as well
        try:
            return own[name]
        except KeyError:
            raise AttributeError(name) from None

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle them as what they stand for."""
        return httpx.Headers, (self.raw,)


def _shown(redactor: Redactor, headers: RawHeaders) -> RawHeaders:
    return [header for header in redactor.raw_headers(headers) if header[0] not in ABOUT_THE_CODING]


def _said(head: Head, redactor: Redactor) -> dict[str, str]:
    """The headers that tell something, by their names."""
    told = [header for header in head.said.items() if header[0] in _READ]
    return {name.decode(): value.decode("latin-1") for name, value in redactor.raw_headers(told)}


class Answer:
    """An answer read to its end; it knows the request it answers, and tells what is wrong with it.

    The generated code takes it for an httpx response, of which it uses what is here; making another one of
    those would cost more than all else that happens to an answer.

    Args:
        head: its head.
        body: its body, decoded.
        request: what it answers.
        attempts: how many times that was sent.
        redactor: takes out of the headers, and of every exception, credentials that the server echoed.

    Attributes:
        status_code: its status.
        headers: its headers, without those about the body's coding.
        content: its body.
        request: what it answers.
        rate_limit: what it says of the limits.
        request_id: the server's id of the request.
    """

    def __init__(
        self,
        head: Head,
        body: bytes,
        *,
        request: Outgoing,
        attempts: int,
        redactor: Redactor,
    ) -> None:
        self.status_code = head.status
        self.headers: httpx.Headers = _Headers(partial(_shown, redactor, head.headers))
        self.content = body
        self.request = request
        self._redactor = redactor
        self._attempts = attempts
        self._withheld = False
        self.rate_limit: RateLimit = NOTHING_SAID
        self.request_id: str | None = None
        if not _OF_INTEREST.isdisjoint(head.said):
            said = _said(head, redactor)
            self.rate_limit = rate_limit_from(said, now=time.time())
            self.request_id = request_id_from(said)

    @property
    def text(self) -> str:
        """The body as text, in the character set that the headers name."""
        return httpx.Response(self.status_code, headers=self.headers, content=self.content).text

    def json(self) -> Any:  # noqa: ANN401 - httpx's own types
        """The body as JSON.

        Raises:
            InvalidResponseError: it is not JSON.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            pass  # raised out here: the decoder's exception holds the body
        raise self.unreadable("a body that is not JSON")

    def error(self, *, of_operation: bool = True) -> APIError | InvalidResponseError:
        """The exception that this answer means, being no success.

        Args:
            of_operation: whether it answers the operation that was called, and not a request for a token.
        """
        return error_from_answer(
            of_operation=of_operation,
            status=self.status_code,
            headers=self.headers,
            body=self._shown_body(),
            method=self.request.method,
            url=self.request.url,
            attempts=self._attempts,
            rate_limit=self.rate_limit,
            redactor=self._redactor,
        )

    def withhold_body(self) -> None:
        """Keep the body, which holds a credential, out of every exception."""
        self._withheld = True

    def _shown_body(self) -> bytes:
        return _WITHHELD if self._withheld else self.content

    def unreadable(self, reason: str) -> InvalidResponseError:
        """The exception for a success whose content is not what was promised.

        Args:
            reason: what came instead.
        """
        asked = f"{self.request.method} {printable(self.request.url)}"
        return InvalidResponseError(
            f"{asked} was answered with {self.status_code} and {reason}. "
            "Check that the base URL leads to Voucherify and to no proxy or login page.",
            status=self.status_code,
            method=self.request.method,
            url=self.request.url,
            attempts=self._attempts,
            headers=dict(self.headers),
            body=self._redactor.text_of(self._shown_body())[:LONGEST_BODY],
            rate_limit=self.rate_limit,
            request_id=self.request_id,
        )
