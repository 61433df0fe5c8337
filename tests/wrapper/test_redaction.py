"""Credentials are masked however a server writes them back, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucherify_wrapper._secrets import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable

FORMS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "upper case": str.upper,
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "JSON with escaped slashes": lambda secret: json.dumps(secret)[1:-1].replace("/", r"\/"),
    "JSON, all escaped": lambda secret: "".join(f"\\u{ord(char):04X}" for char in secret),
    "Python's repr": lambda secret: repr(f"{secret}'\"")[1:-4],
    "a URL": quote,
    "a URL, strictly": lambda secret: quote(secret, safe=""),
    "a URL in lower case": lambda secret: quote(secret, safe="").lower(),
    "a form": quote_plus,
    "HTML": html.escape,
    "hex": lambda secret: secret.encode().hex(),
    "HEX": lambda secret: secret.encode().hex().upper(),
}
secrets = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=8, max_size=40)


@pytest.mark.unmeasured
@pytest.mark.parametrize("form", FORMS)
@given(secret=secrets, before=st.text("ab ", max_size=5))
def test_every_written_form_is_masked(form: str, secret: str, before: str) -> None:
    """A secret of any printable characters, in the ways in which servers write texts."""
    written = FORMS[form](secret)

    assert Redactor([secret])(f"{before}{written}!") == f"{before}[redacted]!"


@pytest.mark.parametrize("form", FORMS)
@given(secret=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=6, max_size=20))
def test_a_header_that_is_just_long_enough_is_looked_at(form: str, secret: str) -> None:
    """What is shorter than any secret is passed by, and no way of writing makes a secret shorter."""
    innocent = (b"date", b"Fri")
    headers = [innocent, (b"x-echo", FORMS[form](secret).encode()), (b"x-empty", b"")]

    masked = Redactor([secret, secret * 2]).raw_headers(headers)
    assert masked == [innocent, (b"x-echo", b"[redacted]"), (b"x-empty", b"")]


@given(secret=st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=6, max_size=20))
def test_a_header_that_holds_a_secret_as_base64_is_looked_at(secret: str) -> None:
    """The same for base64, which has no room for less."""
    header = (b"x-echo", base64.b64encode(secret.encode()))

    assert b"[redacted]" in Redactor([secret]).raw_headers([header])[0][1]


def test_headers_without_secrets_are_those_that_came() -> None:
    """Nothing is copied, whether there is nothing to look at, nothing in it, or nothing to look for."""
    headers = [(b"date", b"Fri, 27 Nov 2026 12:30:00 GMT"), (b"server", b"nginx")]

    assert Redactor(["0" * 36]).raw_headers(headers) is headers
    assert Redactor(["0" * 6]).raw_headers(headers) is headers
    assert Redactor([]).raw_headers(headers) is headers


@pytest.mark.unmeasured
@given(secret=secrets, before=st.binary(max_size=7), after=st.binary(max_size=7))
def test_base64_around_a_secret_gives_little_of_it(secret: str, before: bytes, after: bytes) -> None:
    """Wherever it lies within what was encoded, no long part of it can be decoded from what is left."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        left = Redactor([secret])(encode(before + secret.encode() + after).decode())
        assert "[redacted]" in left
        assert len(left.replace("[redacted]", "")) <= 2 + (len(before) + len(after) + 3) * 4 // 3 + 4


def test_the_last_word_of_a_header_counts_as_well() -> None:
    """Of "Bearer abc" the token alone is a secret, too; short words are not."""
    redactor = Redactor(["Bearer 0123456789", "tiny"])

    assert redactor("Bearer 0123456789, 0123456789, tiny") == "[redacted], [redacted], tiny"


def test_of_two_secrets_the_longer_is_masked_whole() -> None:
    """One that begins like another leaves no rest."""
    assert Redactor(["abcdefgh", "abcdefghijkl"])("abcdefghijkl") == "[redacted]"


def test_texts_without_secrets_stay_as_they_are() -> None:
    """Nothing innocent is touched, and without secrets nothing at all."""
    text = "The voucher 2CpRCE2c has no session [a-z]+ \\u0041"

    assert Redactor(["0123456789"])(text) == text
    assert Redactor([])(text) == text


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("secret", "text"),
    [
        ("\\" * 40 + "b", "\\" * 2**16),
        ("/" * 30 + "b", "\\/" * 2**15),
        ("a" * 199 + "b", "a" * 2**16),
        ("0" * 30 + "b", "&#x000" * 2**13),
    ],
)
def test_no_text_takes_for_ever(secret: str, text: str) -> None:
    """A secret and a text made to be matched in every possible way (the test would hang)."""
    assert Redactor([secret])(text) == text
