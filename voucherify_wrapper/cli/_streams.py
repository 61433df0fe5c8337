"""Standard output and standard error as the whole program sees them, with all foreign code in it.

Help, completion and the sandbox print by themselves. So it is the streams that fail in one way, and whatever
their encoding cannot say is written as an escape.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ParamSpec, TextIO, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

P = ParamSpec("P")
T = TypeVar("T")

_NOBODY_READS = (errno.EPIPE, errno.EINVAL)  # the second is what Windows says of a pipe that was closed


class UnwritableError(Exception):
    """Standard output cannot be written; what was to be said there, results or errors, is not.

    Attributes:
        left: whether who read it left, as `head` does; there is nobody to be told then.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(f"Standard output cannot be written ({error.strerror}).")
        self.left = error.errno in _NOBODY_READS


class _Guarded:
    """A stream that is silent from its first failure on.

    Args:
        stream: what is written to.
        needed: whether a failure is raised, as `UnwritableError`. What belongs on the other stream must not
            end what goes on.
    """

    def __init__(self, stream: TextIO, *, needed: bool) -> None:
        self._stream = stream
        self._needed = needed

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a stream has
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        encoding = self._stream.encoding or "utf-8"
        sayable = str.encode(text, encoding, "backslashreplace").decode(encoding)  # bytes are a TypeError
        if text:  # Typer writes nothing, to see whether it is a stream of bytes, and overhears how that fails
            self._tried(self._stream.write, sayable)
        return len(text)

    def flush(self) -> None:
        self._tried(self._stream.flush)

    def _tried(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            act(*args, **kwargs)
        except OSError as error:
            with open(os.devnull, "w", encoding="ascii") as nothing:  # noqa: PTH123 - not a path
                os.dup2(nothing.fileno(), self._stream.fileno())
            if self._needed:
                raise UnwritableError(error) from None


@contextmanager
def guarded_streams() -> Iterator[None]:
    """Have both streams guarded meanwhile."""
    before = sys.stdout, sys.stderr
    # One that was closed before the program began is None, and stays so.
    sys.stdout, sys.stderr = (
        cast("TextIO", stream and _Guarded(stream, needed=stream is before[0])) for stream in before
    )
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
