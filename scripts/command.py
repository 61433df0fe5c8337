"""What all commands of this package share: exit codes, one-paragraph errors, progress and JSON's types."""

from __future__ import annotations

import gc
import os
import re
import select
import signal
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn, TextIO, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
"""A value that JSON can hold."""

Document: TypeAlias = "dict[str, Json]"
"""A whole OpenAPI document."""

VENDORED = "openapi/vouchers.json"
"""Where the repository keeps the vendor's document."""

DONE = 0
FAILED = 1
UNUSABLE_INPUT = 2
BREAKING = 4
"""Something breaks, and `--fail-on breaking` asked for an exit code that says so."""
INTERRUPTED = 130
NOBODY_READS = 141
"""What a shell says of a program that SIGPIPE ended, as whoever read its output had enough."""
TERMINATED = 143

_CONTROL = re.compile(
    "[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]"
)


class CommandError(Exception):
    """An expected end of a command; its text is all that the user reads."""

    exit_code = FAILED


class FailedError(CommandError):
    """The input was fine, the work could not be done."""


class UnusableInputError(CommandError):
    """The input cannot be worked with."""

    exit_code = UNUSABLE_INPUT


def run(name: str, work: Callable[[], int]) -> int:
    """Do a command's work, and turn every expected end into an exit code and one paragraph.

    Args:
        name: The command, as it introduces its messages.
        work: The work; it returns an exit code.

    Returns:
        The exit code: 0 done, 1 failed, 2 unusable input, 130 interrupted, 141 where nobody reads on.
    """
    # A path or a finding may hold characters that the terminal's encoding lacks.
    for stream in _streams():
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        try:
            return _ended(name, work)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # here, and not at Python's end, where nobody could say what went wrong
    except OSError as error:
        left = isinstance(error, BrokenPipeError) and _nobody_reads()
        _drop_unsaid()
        if left:
            return NOBODY_READS
        print(f"{name}: {system_error(error)}", file=sys.stderr)
        return FAILED
    finally:
        signal.signal(signal.SIGTERM, before)


def _streams() -> list[TextIO]:
    """The streams for output; those that were closed before Python began are none."""
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]


def visible(text: str) -> str:
    """Write out the characters that have no shape of their own, so that none of them can disguise a text.

    These are the control characters, line feed and tab aside, those that turn the direction of writing, those
    without width, and halves of surrogate pairs.
    """
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def plain(text: str) -> str:
    """Write lines, of which a document may have a part, so that they are text and nothing else.

    None of them steers a terminal, or is a command to the machine that keeps the log, as GitHub's are.
    """
    return re.sub(r"^(\s*:)(?=:)", r"\1 ", visible(text), flags=re.MULTILINE).replace("##[", "# #[")


def _ended(name: str, work: Callable[[], int]) -> int:
    try:
        return work()
    except CommandError as error:
        print(plain(f"{name}: {error}"), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(f"{name}: interrupted.", file=sys.stderr)
        return INTERRUPTED


def _nobody_reads() -> bool:
    """Tell whether a reader of this process's output has gone, as `head` does.

    A connection, or a child process, can break in the same way, and that is a failure.
    """
    streams = select.poll()
    for stream in _streams():
        with suppress(OSError):  # a stream in memory is no file
            streams.register(stream.fileno(), 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in streams.poll(0))


def _drop_unsaid() -> None:
    """Let go what cannot be written; Python would try again at its end, and complain."""
    for stream in _streams():
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextmanager
def collector_at_rest() -> Iterator[None]:
    """Let Python not look for garbage: of a million objects that stay, it would look at each often."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _terminated(*_: object) -> NoReturn:
    """End through the `with` and `finally` blocks, so that temporary folders go too."""
    raise SystemExit(TERMINATED)


def system_error(error: OSError) -> str:
    """Say what the operating system refused, and where."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}." if error.filename is not None else f"{reason}."


@contextmanager
def progress(step: str, *, after: float = 2.0) -> Iterator[None]:
    """Name a step on stderr once it has lasted long, so that nobody wonders; short steps stay silent.

    Works in the main thread, with the alarm signal: a thread of its own could be left holding a lock when
    Ctrl-C interrupts its start or its end.

    Args:
        step: What is being done, as in "Reading big.yaml".
        after: Seconds of silence.

    Yields:
        Nothing.
    """
    before = signal.signal(signal.SIGALRM, lambda *_: print(f"{step} ...", file=sys.stderr, flush=True))
    signal.setitimer(signal.ITIMER_REAL, after)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
