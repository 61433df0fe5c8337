"""What a command's end is called: one exit code for each kind of it, decided in one function."""

from __future__ import annotations

from enum import IntEnum

from typer.exceptions import TyperException

from voucherify_wrapper._errors import (
    AuthenticationError,
    ConfigurationError,
    JournalError,
    PermissionDeniedError,
    ReleasesStoppedError,
    UsageError,
)


class ExitCode(IntEnum):
    """The exit codes of every command."""

    DONE = 0
    """All was done."""
    FAILED = 1
    """Something that was asked for was not done."""
    USAGE = 2
    """The command cannot be run like this; nothing was done."""
    CONFIGURATION = 3
    """Settings or credentials are missing, wrong or not accepted."""
    STOPPED = 4
    """It ended before its end: interrupted, or nothing more could have succeeded."""


_TO_BE_MENDED = (ConfigurationError, AuthenticationError, PermissionDeniedError)


def exit_code_of(error: BaseException) -> ExitCode:
    """The exit code that an exception means."""
    if isinstance(error, _TO_BE_MENDED) or isinstance(getattr(error, "cause", None), _TO_BE_MENDED):
        return ExitCode.CONFIGURATION  # of a run as well, where a single release says so
    if isinstance(error, (UsageError, TyperException)):
        return ExitCode.USAGE
    if isinstance(error, (ReleasesStoppedError, JournalError, KeyboardInterrupt)):
        return ExitCode.STOPPED
    return ExitCode.FAILED
