"""What keeps credentials out of sight, and texts from outside fit to be shown."""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HIDDEN = "***"
_IN_HTML = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_ESCAPED_IN_JSON = '"/\\'
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[!-~]([ -~]*[!-~])?")
_MASK = "[redacted]"
_SHORTEST = 6  # shorter ones would also mask innocent words; no real credential is so short


def hidden(_: object) -> str:
    """Stand for a secret in a ``repr``."""
    return HIDDEN


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

    __slots__ = ("_pattern",)

    def __init__(self, secrets: Iterable[str]) -> None:
        words = {word for secret in secrets for word in (secret, secret.rpartition(" ")[2])}
        self._pattern = _pattern_of(tuple(sorted(word for word in words if len(word) >= _SHORTEST)))

    def __call__(self, text: str) -> str:
        """The text with every credential in it masked, also as JSON, URLs, HTML, base64 or hex write it."""
        return self._pattern.sub(_MASK, text) if self._pattern else text

    def text_of(self, body: bytes) -> str:
        """A body as text, masked."""
        return self(body.decode("utf-8", errors="replace"))

    def raw_headers(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The headers, masked; nearly always those that came, as nearly no server echoes credentials."""
        together = b"\n".join(part for header in headers for part in header).decode("latin-1")
        if self(together) == together:
            return headers
        masked = [(self(name.decode("latin-1")), self(value.decode("latin-1"))) for name, value in headers]
        return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in masked]


@lru_cache(maxsize=64)
def _pattern_of(secrets: tuple[str, ...]) -> re.Pattern[str] | None:
    longest_first = sorted(secrets, key=len, reverse=True)
    forms = [form for secret in longest_first for form in _written_forms(secret)]
    return re.compile("|".join(forms), re.IGNORECASE) if forms else None


def _written_forms(secret: str) -> Iterator[str]:
    """Patterns of the ways in which a secret is written down."""
    yield "".join(_written_forms_of(char) for char in secret)
    yield re.escape(secret)
    raw = secret.encode()
    yield re.escape(raw.hex())
    for shift in range(3):  # the three ways in which a text can lie within a base64 text
        encoded = base64.b64encode(b"\0" * shift + raw).decode().rstrip("=")
        whole = encoded[(0, 2, 3)[shift] : -1]
        yield "".join(f"[{char}{'-_'['+/'.index(char)]}]" if char in "+/" else char for char in whole)


def _written_forms_of(char: str) -> str:
    code = ord(char)
    forms = [rf"\\u{code:04x}", f"%{code:02x}", f"&#{code};", f"&#x0{{0,6}}{code:x};"]
    if char in _IN_HTML:
        forms.append(f"&{_IN_HTML[char]};")
    if char in _ESCAPED_IN_JSON:
        forms.append(re.escape(f"\\{char}"))
    # Atomic, the longest first: what could be read in two ways must not be tried in all combinations.
    return f"(?>{'|'.join([*forms, re.escape(char)])})"


def printable(text: str, limit: int = 300) -> str:
    """One line of printable characters, cut at ``limit``: a server must not steer a terminal or a log."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * limit]).split())
    return line if len(line) <= limit else f"{line[:limit]}…"


def host_of(url: str) -> str:
    """The scheme and host of a URL, for texts."""
    return "/".join(url.split("/", 3)[:3])
