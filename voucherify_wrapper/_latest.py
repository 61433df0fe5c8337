"""Remembers what was made last, for what is the same from call to call until a token is renewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Source = TypeVar("Source")
Made = TypeVar("Made")


class Latest(Generic[Source, Made]):
    """A function that is called again only for another object than the last time.

    Which object it is, and not what is in it, decides: that costs nothing, and objects that nobody changes
    are all that is given to it. Any number of threads may call it.

    Args:
        make: the function.
    """

    __slots__ = ("_latest", "_make")

    def __init__(self, make: Callable[[Source], Made]) -> None:
        self._make = make
        self._latest: tuple[Source, Made] | None = None

    def __call__(self, source: Source) -> Made:
        """What the function makes of it."""
        latest = self._latest
        if latest is None or latest[0] is not source:
            latest = self._latest = source, self._make(source)
        return latest[1]
