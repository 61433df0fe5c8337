"""Get the bytes of a source: an address, or a file; and refuse what is not the source's whole text.

Nothing of an answer is believed before its status, its type, its size and its end were seen. Passwords and
tokens in an address stay out of all that is said or kept.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin, urlsplit, urlunsplit

from scripts.command import UnusableInputError, progress, system_error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

    import httpx

MAX_SIZE = 64 * 1024 * 1024
"""Bytes that a document may have; the vendor's largest has 3 million."""

TIMEOUT = 60.0
"""Seconds that getting it may take in all."""

MAX_REDIRECTS = 5

_MOST = "the most that is read (scripts.track has --max-size)"

_TYPES = re.compile(
    r"application/(?:[\w.+-]+\+)?(?:json|yaml|x-yaml|octet-stream)|application/vnd\.oai\.openapi"
    r"|text/(?:plain|yaml|x-yaml|vnd\.yaml|json|markdown|x-markdown)|binary/octet-stream"
)
"""Content types that a document may come with."""

_DECODED = {"gzip": 31, "x-gzip": 31, "deflate": 47}
"""Content codings that are undone, with what zlib calls them."""


class RefusedError(UnusableInputError):
    """A source gave nothing that can be believed; its text says why."""


@dataclass(frozen=True)
class Validators:
    """What an answer said of its own version, to ask next time whether that still stands.

    Attributes:
        etag: The `ETag` header; empty where there was none.
        last_modified: The `Last-Modified` header; empty where there was none.
    """

    etag: str = ""
    last_modified: str = ""

    def as_headers(self) -> dict[str, str]:
        """Return them as a request asks with them."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True)
class Fetched:
    """What a source gave.

    Attributes:
        content: Its bytes; None where it says that the known ones still stand.
        validators: What it said of its version.
    """

    content: bytes | None
    validators: Validators = Validators()


def is_address(source: str) -> bool:
    """Tell an address from a path, as in `https://host/x.json` and `folder/x.json`."""
    return re.match(r"[a-zA-Z][a-zA-Z0-9+.-]+://", source) is not None


def has_secret(source: str) -> bool:
    """Tell whether an address may hold a password or a token."""
    return "?" in source or "@" in source


def shown(source: str) -> str:
    """Return an address without what may be secret in it: user, password, query and fragment."""
    if not is_address(source):
        return source
    try:
        parts = urlsplit(source)
    except ValueError:  # brackets that are none; what is what in it is anybody's guess
        return f"{source.partition('://')[0]}://…"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def fetch(
    source: str,
    *,
    known: Validators | None = None,
    max_size: int = MAX_SIZE,
    timeout: float = TIMEOUT,
) -> Fetched:
    """Get a source's bytes.

    Args:
        source: An http(s) address, or a file's path.
        known: What the last answer said of its version, where its bytes are still at hand.
        max_size: Bytes that it may have, at most.
        timeout: Seconds that it may take in all, from the first look-up to the last byte.

    Returns:
        The bytes, or that the known ones still stand.

    Raises:
        RefusedError: There are no such bytes, or they cannot be believed.
        UnusableInputError: The address is none.
    """
    if not is_address(source):
        return Fetched(_read_file(Path(source), max_size))
    address = _address(source)
    # Most runs end without an answer that is new, and reading a file needs none of these.
    import asyncio  # noqa: PLC0415

    import httpx  # noqa: PLC0415

    name = shown(source)
    with progress(f"Fetching {name}"):
        try:
            return asyncio.run(_fetch(address, known or Validators(), max_size, timeout))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
            reason = _in_words(error, timeout)
    raise RefusedError(f"{name} could not be fetched: {reason}.")


def _read_file(path: Path, max_size: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(max_size + 1)
    except OSError as error:
        raise RefusedError(system_error(error)) from error
    if len(content) > max_size:
        raise RefusedError(f"{path} has more than {max_size:,} bytes, {_MOST}.")
    return content


def _address(source: str) -> SplitResult:
    try:
        parts = urlsplit(source)
        scheme, host, _ = _server(parts)
        if host and scheme in _PORTS:
            return parts
    except ValueError:  # brackets or ports that are none
        pass
    raise UnusableInputError(f"{shown(source)} is no address that can be fetched; http and https are.")


_PORTS = {"http": 80, "https": 443}


def _server(parts: SplitResult) -> tuple[str, str | None, int | None]:
    """Return what tells one server from another."""
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


async def _fetch(address: SplitResult, known: Validators, max_size: int, timeout: float) -> Fetched:
    """Follow an address to its answer, within the time."""
    import asyncio  # noqa: PLC0415 - as above

    import httpx  # noqa: PLC0415 - as above

    asked = {
        "Accept": "application/json, application/yaml, text/markdown;q=0.9, text/plain;q=0.9, */*;q=0.1",
        "Accept-Encoding": "gzip",
        "User-Agent": "voucherify-wrapper (scripts.track)",
        **known.as_headers(),
    }
    user, _, password = address.netloc.rpartition("@")[0].partition(":")
    auth = (unquote(user), unquote(password)) if user or password else None
    here = urlunsplit(address._replace(netloc=address.netloc.rpartition("@")[2], fragment=""))
    async with asyncio.timeout(timeout), httpx.AsyncClient(timeout=timeout, auth=auth) as client:
        for _ in range(MAX_REDIRECTS + 1):
            async with client.stream("GET", here, headers=asked, follow_redirects=False) as answer:
                if not answer.has_redirect_location:
                    return await _read(answer, shown(here), known, max_size)
                here = _redirected(here, answer.headers["Location"])
    raise RefusedError(f"{shown(here)}: the server redirects more than {MAX_REDIRECTS} times.")


def _redirected(here: str, location: str) -> str:
    """Return where a redirect leads, if it stays with the server or goes to its https side."""
    try:
        there = urljoin(here, location)
        old, new = _server(urlsplit(here)), _server(urlsplit(there))
    except ValueError:
        raise RefusedError(f"{shown(here)} redirects to {shown(location)}, which is no address.") from None
    upgrade = ("http", old[1], 80), ("https", old[1], 443)
    if old == new or (old, new) == upgrade:
        return there
    raise RefusedError(
        f"{shown(here)} redirects to {shown(there)}, which is another server; if that is right, name it as "
        "the source."
    )


async def _read(answer: httpx.Response, name: str, known: Validators, max_size: int) -> Fetched:
    """Read an answer, and check it on the way."""
    headers = answer.headers
    validators = Validators(headers.get("ETag", ""), headers.get("Last-Modified", ""))
    if answer.status_code == HTTPStatus.NOT_MODIFIED and known != Validators():
        return Fetched(None, known)
    if answer.status_code != HTTPStatus.OK:
        raise RefusedError(
            f"{name} answers {answer.status_code} {answer.reason_phrase}".rstrip() + ", not 200 OK."
        )
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind and not _TYPES.fullmatch(kind):
        said = "an HTML page" if "html" in kind else f"the content type {kind!r}"
        raise RefusedError(f"{name} answers with {said} where an OpenAPI document belongs.")
    coding = headers.get("Content-Encoding", "identity").strip().lower()
    if coding != "identity" and coding not in _DECODED:
        raise RefusedError(f"{name} answers in the content coding {coding!r}, which nobody asked for.")
    content = _Content(name, coding, max_size)
    async for chunk in answer.aiter_raw():
        content.take(chunk)
    return Fetched(content.whole(), validators)


class _Content:
    """Collects a body, undoes its coding, and holds it to the size."""

    def __init__(self, name: str, coding: str, max_size: int) -> None:
        self._name = name
        self._max_size = max_size
        self._decoder = zlib.decompressobj(_DECODED[coding]) if coding in _DECODED else None
        self._content = bytearray()

    def take(self, chunk: bytes) -> None:
        """Take the next bytes as they came."""
        room = self._max_size + 1 - len(self._content)
        if self._decoder is not None:
            try:
                chunk = self._decoder.decompress(chunk, room)
            except zlib.error as error:
                raise RefusedError(f"{self._name} answers with bytes that do not unpack: {error}.") from error
        self._content += chunk
        if len(self._content) > self._max_size:
            raise RefusedError(f"{self._name} answers with more than {self._max_size:,} bytes, {_MOST}.")

    def whole(self) -> bytes:
        """Return all of it, once it has ended."""
        if self._decoder is not None and (not self._decoder.eof or self._decoder.unused_data):
            raise RefusedError(
                f"{self._name}: the packed answer does not end where it should; it was cut off."
            )
        content = bytes(self._content)
        if not content.strip():
            raise RefusedError(f"{self._name} answers with an empty body.")
        if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
            raise RefusedError(f"{self._name} answers with an HTML or XML page, not an OpenAPI document.")
        return content


def _in_words(error: BaseException, timeout: float) -> str:
    """Say what went wrong on the way, with the causes that say more."""
    if isinstance(error, TimeoutError):
        return f"it took longer than {timeout:g} seconds"
    said = list(dict.fromkeys(str(each).rstrip(".") for each in _causes(error) if str(each)))
    return "; ".join(said) or type(error).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
