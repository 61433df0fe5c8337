"""What can be seen of a code or a session key by itself: whether it is as Voucherify gave it."""

from __future__ import annotations

import re
import unicodedata

from ._output import counted
from ._shell import command_line

OWN = "ssn_"
"""What a key begins with that Voucherify makes, where nobody gives it one."""

_OWN_KEY = re.compile(rf"{OWN}[A-Za-z0-9]+")
OWN_LENGTH = 36
"""How many characters such a key has."""

_WHOLE_KEY = re.compile(rf"{OWN}[A-Za-z0-9]{{{OWN_LENGTH - len(OWN)}}}")
_REST_OF_KEY = re.compile("[A-Za-z0-9]{32}")
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_INVISIBLE = ("Cc", "Cf")  # as a zero-width space, or a byte order mark behind the first line
_QUOTES = {
    **{mark: mark for mark in "\"'`\N{ACUTE ACCENT}"},
    "\N{LEFT DOUBLE QUOTATION MARK}": "\N{RIGHT DOUBLE QUOTATION MARK}",
    "\N{LEFT SINGLE QUOTATION MARK}": "\N{RIGHT SINGLE QUOTATION MARK}",
    "\N{DOUBLE LOW-9 QUOTATION MARK}": "\N{LEFT DOUBLE QUOTATION MARK}",
    "\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}": "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}",
}


def shape_of(key: str) -> int:
    """What keys of one making have in common: the length of Voucherify's own, 0 of all others."""
    return len(key) if _OWN_KEY.fullmatch(key) else 0


def are_swapped(code: str, key: str) -> bool:
    """Whether a code looks like a key, and the key does not."""
    return code.startswith(OWN) and not key.startswith(OWN)


def is_odd(key: str) -> bool:
    """Whether a key begins as those do that Voucherify makes, and cannot be one."""
    return key.lower().startswith(OWN) and not _WHOLE_KEY.fullmatch(key)


def is_of_a_url(value: str) -> bool:
    """Whether characters of a value seem to be written as in a URL."""
    return _ESCAPE.search(value) is not None


def put_around(value: str, *, is_key: bool) -> tuple[str, str] | None:
    """What an export, or who copied a value, put around it, and what to do; the server would not know it.

    Args:
        value: a code or a session key, of one character at least.
        is_key: whether it is a key: no quotation mark is a part of one, while codes are free text.
    """
    for char in (value[0], value[-1]):
        if char.isspace():
            return "with a blank at an end", "trim it"
        if unicodedata.category(char) in _INVISIBLE:
            return f"with an invisible character (U+{ord(char):04X}) at an end", "drop it"
    wrapped = len(value) > 1 and _QUOTES.get(value[0]) == value[-1]
    if wrapped or (is_key and value[0] in _QUOTES):  # a spreadsheet's mark of a text stands alone
        return "in quotation marks of its own", "take them away"
    return None


def doubts_about_code(code: str, key: str) -> list[str]:
    """What may be wrong with a code that Voucherify does not know, in sentences; and so with its key."""
    if are_swapped(code, key):
        words = ["voucherify", "release", *(["--"] if key.startswith("-") else []), key, code]
        again = command_line(words) or "voucherify release CODE KEY"
        return [f"It begins with {OWN}, as keys do: the code comes first, and then the key. Try: {again}"]
    if code.startswith(OWN):
        return [f"It begins with {OWN}, as keys do: the voucher's code comes first, and then the key."]
    return _doubts_about("code", code)


def doubts_about_key(key: str) -> list[str]:
    """What may be wrong with a key that Voucherify does not know while it knows the code, in sentences."""
    doubts = _doubts_about("key", key)
    if doubts:
        return doubts
    if _REST_OF_KEY.fullmatch(key):
        return [f"The key looks like one of Voucherify's own without the {OWN} that it begins with."]
    if is_odd(key):
        length = counted(len(key), "character")
        what = f"Voucherify's own keys are {OWN} and 32 letters and digits, and this one, of {length}, is not"
        return [f"{what}: see whether it was copied whole."]
    return []


def _doubts_about(name: str, value: str) -> list[str]:
    around = put_around(value, is_key=name == "key")
    if around:
        what, remedy = around
        return [f"The {name} is given {what}: {remedy}."]
    if is_of_a_url(value):
        return [f"The {name} is written as in a URL: give it with the characters that its %… stand for."]
    return []
