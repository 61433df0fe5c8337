"""Decisions about a call, made without I/O and without a clock of their own."""

from __future__ import annotations

from http import HTTPStatus

from attrs import field, frozen

from ._errors import ConfigurationError

_LONGEST = 86_400.0  # a day; the operating system's timers refuse much more


def _must_be_seconds(_: object, attribute: object, value: object) -> None:
    name = getattr(attribute, "name", "total")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= _LONGEST:
        raise ConfigurationError(
            f"timeout: {name} must be a number of seconds, above 0 and at most {_LONGEST:.0f}."
        )


@frozen
class Timeout:
    """How long one call may take, in seconds, above 0 and at most a day.

    Attributes:
        total: the whole call: signing, waiting for a connection, sending, and reading the answer to its end.
        connect: connecting, and again the TLS handshake; never more than ``total`` in effect.

    Raises:
        ConfigurationError: a value is no such number.
    """

    total: float = field(default=30.0, validator=_must_be_seconds)
    connect: float = field(default=5.0, validator=_must_be_seconds)


def timeout_of(value: float | Timeout | None, default: Timeout) -> Timeout:
    """Read a ``timeout=`` argument: a number of seconds for the whole call, a ``Timeout``, or the default."""
    if value is None:
        return default
    return value if isinstance(value, Timeout) else Timeout(total=value, connect=default.connect)


def is_success(status: int) -> bool:
    """Whether the generated code may see an answer: a success with a status that Python knows."""
    return 200 <= status <= 299 and status in _KNOWN  # noqa: PLR2004 - the range of HTTP's successes


def worth_renewing(status: int, *, renewed: bool) -> bool:
    """Whether a refused request is to be signed anew and repeated: once, and only after a 401."""
    return status == HTTPStatus.UNAUTHORIZED and not renewed


_KNOWN = frozenset(HTTPStatus)
