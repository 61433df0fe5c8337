"""Strict reading of what came over the wire: every mistake is a refusal, none is an exception of Python's."""

from __future__ import annotations

import json
import re
import secrets
import string
from dataclasses import dataclass
from typing import NoReturn, TypeGuard
from urllib.parse import parse_qsl, unquote_to_bytes

from voucherify_wrapper.sandbox._errors import Refusal, malformed

DEFAULT_TTL = 7
DEFAULT_TTL_UNIT = "DAYS"
TTL_UNITS = {
    "DAYS": 86_400.0,
    "HOURS": 3_600.0,
    "MINUTES": 60.0,
    "SECONDS": 1.0,
    "MILLISECONDS": 1e-3,
    "MICROSECONDS": 1e-6,
    "NANOSECONDS": 1e-9,
}
LONGEST_LIFE = 100 * 365 * 86_400.0
"""Seconds: the longest life of a session that the sandbox believes."""

MOST_REDEEMABLES = 30
"""The vendor's bound on `redeemables`."""

MOST_FORM_FIELDS = 20
KINDS = ("voucher", "promotion_tier", "promotion_stack")
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_KEY_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Lock:
    """The `session` of a validation request.

    Attributes:
        key: The session key, the caller's own or a fresh one.
        ttl: The life time, as the caller gave it.
        ttl_unit: The unit of `ttl`.
    """

    key: str
    ttl: float
    ttl_unit: str

    @property
    def seconds(self) -> float:
        """The life time in seconds."""
        return self.ttl * TTL_UNITS[self.ttl_unit]

    def body(self) -> dict[str, object]:
        """Return the session as the answer shows it."""
        return {"key": self.key, "type": "LOCK", "ttl": self.ttl, "ttl_unit": self.ttl_unit}


@dataclass(frozen=True, slots=True)
class Redeemable:
    """One entry of `redeemables`: what kind of thing it names, and its id or code."""

    kind: str
    name: str


def is_whole(value: object, low: int, high: int) -> TypeGuard[int]:
    """Return whether a value is a whole number in these bounds; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def is_real(value: object) -> TypeGuard[float]:
    """Return whether a value is a number; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def new_id(prefix: str) -> str:
    """Return a fresh id of the vendor's shape: the prefix and 32 letters and digits."""
    return prefix + "".join(secrets.choice(_KEY_LETTERS) for _ in range(32))


def segment(raw: str) -> str:
    """Decode one percent-encoded path segment, strictly as UTF-8."""
    if _BROKEN_ESCAPE.search(raw):
        raise malformed("The path holds a percent sign that begins no escape")
    try:
        return unquote_to_bytes(raw).decode("utf-8")
    except UnicodeDecodeError:
        raise malformed("The path is not valid UTF-8") from None


def json_object(body: bytes, content_type: str | None) -> dict[str, object]:
    """Read a JSON object: UTF-8, no NaN or infinity, nested no deeper than Python reads."""
    _expect_media_type("application/json", content_type)
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise malformed("The body is not valid JSON") from None
    if not isinstance(value, dict):
        raise malformed("The body is not a JSON object")
    return value


def form(body: bytes, content_type: str | None) -> dict[str, str]:
    """Read a URL-encoded form; a field given twice is refused, as OAuth asks."""
    _expect_media_type("application/x-www-form-urlencoded", content_type)
    try:
        pairs = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FORM_FIELDS
        )
    except ValueError:
        raise malformed("The body is not a valid form") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise malformed("A form field is given twice")
    return fields


def text(value: object, name: str) -> str:
    """Return a non-empty text that UTF-8 can carry, or refuse it by its field's name."""
    if not isinstance(value, str) or not value:
        raise malformed(f"{name} must be a non-empty string")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        raise malformed(f"{name} holds half a surrogate pair") from None
    return value


def redemption_limit(value: object) -> int | None:
    """Return a redemption limit: a whole number from 1 to 2**31 - 1, or None for no limit."""
    if value is None:
        return None
    if not is_whole(value, 1, 2**31 - 1):
        raise malformed("redemption_limit must be null or a whole number from 1 to 2147483647")
    return value


def validation(body: dict[str, object]) -> tuple[list[Redeemable], Lock | None]:
    """Read a validation request: what it wants to redeem, and the lock if it asks for one."""
    for name in ("session", "order", "customer", "metadata", "options"):
        if not isinstance(body.get(name), dict | None):
            raise malformed(f"{name} must be an object")
    if not isinstance(body.get("tracking_id"), str | None):
        raise malformed("tracking_id must be a string")
    session = body.get("session")
    return _redeemables(body.get("redeemables")), lock_of(session) if isinstance(session, dict) else None


def _redeemables(value: object) -> list[Redeemable]:
    if not isinstance(value, list) or not 1 <= len(value) <= MOST_REDEEMABLES:
        raise malformed(f"redeemables must be a list of 1 to {MOST_REDEEMABLES} objects")
    redeemables = [_redeemable(entry) for entry in value]
    if len(set(redeemables)) != len(redeemables):
        raise malformed("A redeemable is given twice")
    return redeemables


def _redeemable(value: object) -> Redeemable:
    if not isinstance(value, dict):
        raise malformed("Every entry of redeemables must be an object")
    kind = value.get("object")
    if kind not in KINDS:
        raise malformed(f"redeemables.object must be one of {', '.join(KINDS)}")
    return Redeemable(kind, text(value.get("id"), "redeemables.id"))


def lock_of(value: dict[str, object]) -> Lock:
    """Read the `session` of a validation request."""
    if value.get("type") != "LOCK":
        raise malformed("session.type must be LOCK")
    key = value.get("key")
    ttl, unit = _life(value.get("ttl"), value.get("ttl_unit"))
    return Lock(new_id("ssn_") if key is None else text(key, "session.key"), ttl, unit)


def _life(ttl: object, unit: object) -> tuple[float, str]:
    unit = DEFAULT_TTL_UNIT if unit is None else unit
    if not isinstance(unit, str) or unit not in TTL_UNITS:
        raise malformed(f"session.ttl_unit must be one of {', '.join(TTL_UNITS)}")
    if ttl is None:
        return DEFAULT_TTL, DEFAULT_TTL_UNIT
    if not is_real(ttl) or not 0 < ttl <= LONGEST_LIFE / TTL_UNITS[unit]:
        raise malformed("session.ttl must be a number, more than 0 and at most 100 years")
    return ttl, unit


def _expect_media_type(wanted: str, content_type: str | None) -> None:
    given = (content_type or "").partition(";")[0].strip().lower()
    if given != wanted:
        raise Refusal(
            415, "unsupported_media_type", "Unsupported media type", f"Content-Type must be {wanted}"
        )


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
