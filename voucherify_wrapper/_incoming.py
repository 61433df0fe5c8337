"""An answer on its way in, as the session reads it.

An httpx response takes the headers apart, keeps a history and the time, and guards its stream: more work than
reading the answer. So our own transports make one only where somebody uses them as httpx's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

ABOUT_THE_CODING = (b"content-encoding", b"content-length", b"transfer-encoding")


class Head:
    """Status and headers of an answer.

    Args:
        status: the status.
        headers: the headers as they came.

    Attributes:
        status: the status.
        headers: the headers, their names in lower case.
        said: the values by these names; several of one name with commas between, as HTTP means them.
    """

    def __init__(self, status: int, headers: Iterable[tuple[bytes, bytes]]) -> None:
        self.status = status
        self.headers = [(name.lower(), value) for name, value in headers]
        self.said = dict(self.headers)
        if len(self.said) < len(self.headers):
            self.said = {
                name: b", ".join(value for other, value in self.headers if other == name)
                for name in self.said
            }


class Incoming(Head, httpx.SyncByteStream):
    """An answer whose body is read by iterating, once, as it comes on the wire; to be closed in any case.

    Iterating raises ``httpx.TransportError`` where the body does not arrive.
    """

    def as_httpx(self) -> httpx.Response:
        """The same as an httpx response."""
        return httpx.Response(self.status, headers=self.headers, stream=self)


class AsyncIncoming(Head, httpx.AsyncByteStream):
    """The asynchronous twin of ``Incoming``."""

    def as_httpx(self) -> httpx.Response:
        """The same as an httpx response."""
        return httpx.Response(self.status, headers=self.headers, stream=self)


def _headers_of(response: httpx.Response) -> list[tuple[bytes, bytes]]:
    """Its headers; of a body that the transport has read itself, and so decoded, none about the coding."""
    headers = response.headers.raw
    if response.is_stream_consumed:
        return [header for header in headers if header[0].lower() not in ABOUT_THE_CODING]
    return headers


class OfHttpx(Incoming):
    """What a transport of the caller's own has given."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.status_code, _headers_of(response))
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        if self._response.is_stream_consumed:
            yield self._response.content
        else:
            yield from cast("httpx.SyncByteStream", self._response.stream)

    def close(self) -> None:
        """Close the response."""
        self._response.close()


class AsyncOfHttpx(AsyncIncoming):
    """The asynchronous twin of ``OfHttpx``."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.status_code, _headers_of(response))
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._response.is_stream_consumed:
            yield self._response.content
        else:
            async for piece in cast("httpx.AsyncByteStream", self._response.stream):
                yield piece

    async def aclose(self) -> None:
        """Close the response."""
        await self._response.aclose()
