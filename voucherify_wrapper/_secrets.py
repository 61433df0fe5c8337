"""What keeps credentials out of sight, and texts from outside fit to be shown."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HIDDEN = "***"
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
    """Replaces the credentials of one request wherever a server echoed them."""

    __slots__ = ("_secrets",)

    def __init__(self, header_values: Iterable[str]) -> None:
        """Take the values of the headers that carried credentials."""
        words = {word for value in header_values for word in (value, value.rpartition(" ")[2])}
        self._secrets = sorted(
            {form for word in words if len(word) >= _SHORTEST for form in _written_forms(word)},
            key=len,
            reverse=True,
        )

    def __call__(self, text: str) -> str:
        """The text with every credential in it masked."""
        for secret in self._secrets:
            text = text.replace(secret, _MASK)
        return text

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """The headers with every credential in their values masked; names in lower case."""
        return {name.lower(): self(value) for name, value in headers.items()}


def _written_forms(secret: str) -> set[str]:
    """The secret as it stands in plain text, in JSON and in a URL."""
    in_json = json.dumps(secret)[1:-1]
    return {secret, in_json, in_json.replace("/", r"\/"), quote(secret, safe=""), quote(secret)}


def printable(text: str, limit: int = 300) -> str:
    """One line of printable characters, cut at ``limit``: a server must not steer a terminal or a log."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text[: 4 * limit]).split())
    return line if len(line) <= limit else f"{line[:limit]}…"
