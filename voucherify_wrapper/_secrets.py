"""What keeps credentials out of sight, and texts from outside fit to be shown."""

from __future__ import annotations

import base64
import re
from functools import lru_cache, partial
from math import inf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_HTML_NAMES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
_MASK = "[redacted]"
_SHORTEST = 6  # shorter ones would also mask innocent words; no real credential is so short


def hidden(_: object) -> str:
    """Stand for a secret in a ``repr``."""
    return "***"


def problem_of_secret(value: object) -> str | None:
    """Say what is wrong with a part of a credential, without repeating it; None when nothing is."""
    if not isinstance(value, str):
        return f"must be text, not {type(value).__name__}"
    if not value:
        return "is empty"
    if any(char.isspace() for char in value):
        return "holds white space or a line break; check what was copied"
    if value[0] in "'\"" or value[-1] in "'\"":
        return "has a quotation mark around it; give the bare value"
    if not all("!" <= char <= "~" for char in value):
        return "holds a character that is not printable ASCII"
    return None


def problem_of_header(name: object, value: object) -> str | None:
    """Say what keeps a header from being sent, without repeating its value; None when nothing does."""
    if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
        return "has no valid name"
    if not isinstance(value, str):
        return f"is not text ({name})"
    if not _HEADER_VALUE.fullmatch(value):
        return f"holds a character that is not printable ASCII, or a blank at an end ({name})"
    return None


class Redactor:
    """Masks the credentials of a call wherever a server, or an exception's text, repeats them.

    Args:
        secrets: the credentials; of one with a blank in it, as in ``Bearer …``, the last word counts as well.
    """

    __slots__ = ("_patterns", "_shortest")

    def __init__(self, secrets: Iterable[str]) -> None:
        words = {word for secret in secrets for word in (secret, secret.rpartition(" ")[2])}
        words = {word for word in words if len(word) >= _SHORTEST}
        self._patterns = _patterns_of(tuple(sorted(words)))
        self._shortest = min(map(len, words), default=inf)  # no way of writing a credential makes it shorter

    def __call__(self, text: str) -> str:
        """The text with every credential in it masked, also as JSON, URLs, HTML, base64 or hex write it."""
        for marker, pattern in self._patterns:
            if marker in text:
                text = pattern.sub(_MASK, text)
        return text

    def text_of(self, body: bytes) -> str:
        """A body as text, masked."""
        return self(body.decode("utf-8", errors="replace"))

    def raw_headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The headers, masked; nearly always those that came, as nearly no server echoes credentials."""
        long = [part for header in headers for part in header if len(part) >= self._shortest]
        together = b"\n".join(long).decode("latin-1")
        if not long or self(together) == together:
            return headers
        masked = [(self(name.decode("latin-1")), self(value.decode("latin-1"))) for name, value in headers]
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in masked]


@lru_cache(maxsize=64)
def _patterns_of(secrets: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """What to look for, each with a sign without which it cannot occur."""
    longest_first = sorted(secrets, key=len, reverse=True)
    return tuple(
        (
            marker,
            re.compile("|".join(form for secret in longest_first for form in forms(secret)), re.IGNORECASE),
        )
        for marker, forms in _WRITTEN
        if secrets
    )


def _escaped(forms_of: Callable[[str], list[str]], secret: str) -> Iterator[str]:
    # Atomic, the longest form of a character first: what could be read in two ways must not be tried in all
    # combinations. The last character's own escape, in another way of writing, is no rest to be left.
    characters = [f"(?>{'|'.join([*forms_of(char), re.escape(char)])})" for char in secret[:-1]]
    last = secret[-1]
    yield "".join([*characters, f"(?>{'|'.join([*forms_of(last), *_own_escape(last), re.escape(last)])})"])


def _own_escape(char: str) -> list[str]:
    return {"%": ["%25"], "&": ["&amp;", "&#38;"], "\\": [r"\\\\"]}.get(char, [])


def _plainly(secret: str) -> Iterator[str]:
    yield re.escape(secret)
    raw = secret.encode()
    yield re.escape(raw.hex())
    for shift in range(3):  # the three ways in which a text can lie within a base64 text
        encoded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        whole = encoded[(0, 2, 3)[shift] : -1]
        yield "".join(f"[{char}{'-_'['+/'.index(char)]}]" if char in "+/" else char for char in whole)


def _in_json(char: str) -> list[str]:
    escaped = [re.escape(f"\\{char}")] if char in "'\"/\\" else []  # the first only in a repr of Python's
    return [rf"\\u{ord(char):04x}", *escaped]


def _in_a_url(char: str) -> list[str]:
    return [f"%{ord(char):02x}"]


def _in_html(char: str) -> list[str]:
    named = [f"&{_HTML_NAMES[char]};"] if char in _HTML_NAMES else []
    return [f"&#{ord(char)};", f"&#x0{{0,6}}{ord(char):x};", *named]


_WRITTEN: tuple[tuple[str, Callable[[str], Iterator[str]]], ...] = (
    ("\\", partial(_escaped, _in_json)),
    ("%", partial(_escaped, _in_a_url)),
    ("&", partial(_escaped, _in_html)),
    ("", _plainly),
)


def printable(text: str, limit: int = 300) -> str:
    """One line of printable characters, cut at ``limit``: a server must not steer a terminal or a log."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * limit]).split())
    return line if len(line) <= limit else f"{line[:limit]}…"


def host_of(url: str) -> str:
    """The scheme and host of a URL, for texts."""
    return "/".join(url.split("/", 3)[:3])
