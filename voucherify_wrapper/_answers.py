"""An answer of the server, read to its end, and what it means when it is not the one hoped for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import httpx

from ._errors import InvalidResponseError, error_from_answer, request_id_from
from ._rate_limits import rate_limit_from

if TYPE_CHECKING:
    from ._errors import APIError
    from ._rate_limits import RateLimit
    from ._secrets import Redactor

_LARGEST_ANSWER = 64 * 2**20  # bytes; far above any answer of the vendor
_LARGEST_REFUSAL = 2**20  # bytes kept of an error's body
_ABOUT_THE_CODING = ("content-encoding", "content-length", "transfer-encoding")


class BodyReader:
    """Collects an answer's body within bounds of size and time.

    Args:
        response: the answer, its headers read and its body not.
        end: the monotonic clock's time at which the call has to end.
    """

    def __init__(self, response: httpx.Response, *, end: float) -> None:
        self._refused = response.status_code >= 400  # noqa: PLR2004 - HTTP's first refusal
        self._limit = _LARGEST_REFUSAL if self._refused else _LARGEST_ANSWER
        self._end = end
        self._chunks: list[bytes] = []
        self._size = 0

    def is_full_after(self, chunk: bytes) -> bool:
        """Take a piece of the body; True when no more is wanted.

        Raises:
            httpx.ReadTimeout: the call's time has run out.
            httpx.DecodingError: the body of a success is larger than any that is understood.
        """
        self._chunks.append(chunk)
        self._size += len(chunk)
        if time.monotonic() > self._end:
            raise httpx.ReadTimeout("The time allowed for the whole call ran out.")
        if self._size <= self._limit:
            return False
        if self._refused:
            return True
        raise httpx.DecodingError(f"It is larger than {self._limit} bytes.")

    def body(self) -> bytes:
        """What was taken, cut at the limit."""
        return b"".join(self._chunks)[: self._limit]


class Answer(httpx.Response):
    """An answer read to its end; it knows the request it answers, and tells what is wrong with it."""

    def __init__(
        self, response: httpx.Response, body: bytes, request: httpx.Request, redactor: Redactor
    ) -> None:
        headers = [item for item in response.headers.multi_items() if item[0] not in _ABOUT_THE_CODING]
        super().__init__(response.status_code, headers=headers, content=body, request=request)
        self._redactor = redactor
        self.attempts = 1
        self.rate_limit: RateLimit = rate_limit_from(self.headers, now=time.time())
        self.request_id = request_id_from(self.headers)

    def json(self, **kwargs: Any) -> Any:  # noqa: ANN401 - httpx's own types
        """The body as JSON.

        Raises:
            InvalidResponseError: it is not JSON.
        """
        try:
            return super().json(**kwargs)
        except (ValueError, RecursionError):
            pass  # raised out here: the decoder's exception holds the body
        raise self.unreadable("a body that is not JSON")

    def error(self) -> APIError | InvalidResponseError:
        """The exception that this answer means, being no success."""
        return error_from_answer(
            status=self.status_code,
            headers=self.headers,
            body=self.content,
            method=self.request.method,
            url=str(self.request.url),
            attempts=self.attempts,
            rate_limit=self.rate_limit,
            redactor=self._redactor,
        )

    def unreadable(self, reason: str, *, body: str | None = None) -> InvalidResponseError:
        """The exception for a success whose content is not what was promised.

        Args:
            reason: what came instead.
            body: what to keep in place of the body, where that may hold a secret.
        """
        return InvalidResponseError(
            f"{self.request.method} {self.request.url} was answered with {self.status_code} and {reason}. "
            "Check that the base URL leads to Voucherify and to no proxy or login page.",
            status=self.status_code,
            method=self.request.method,
            url=str(self.request.url),
            attempts=self.attempts,
            headers=self._redactor.headers(self.headers),
            body=self._redactor(self.content[:_LARGEST_REFUSAL].decode("utf-8", errors="replace"))
            if body is None
            else body,
            rate_limit=self.rate_limit,
            request_id=self.request_id,
        )
