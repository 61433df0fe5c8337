"""What all commands of this package share: exit codes, one-paragraph errors, progress and JSON's types."""

from __future__ import annotations

import gc
import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
"""A value that JSON can hold."""

Document: TypeAlias = "dict[str, Json]"
"""A whole OpenAPI document."""

DONE = 0
FAILED = 1
UNUSABLE_INPUT = 2
BREAKING = 4
"""Something breaks, and `--fail-on breaking` asked for an exit code that says so."""
INTERRUPTED = 130
TERMINATED = 143


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
        The exit code: 0 done, 1 failed, 2 unusable input, 130 interrupted.
    """
    # A path or a finding may hold characters that the terminal's encoding lacks.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        return work()
    except CommandError as error:
        print(f"{name}: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"{name}: {system_error(error)}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print(f"{name}: interrupted.", file=sys.stderr)
        return INTERRUPTED
    finally:
        signal.signal(signal.SIGTERM, before)


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
