"""What an error says on the command line, where it is not Python that can mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voucherify_wrapper._config import ARGUMENTS, HOW_TO_GIVE_CREDENTIALS, NO_CREDENTIALS

from ._exits import ExitCode, exit_code_of

if TYPE_CHECKING:
    from voucherify_wrapper._errors import VoucherifyError

_HOW_HERE = (
    "Run: voucherify profiles add default (it asks for them and keeps them), or set VOUCHERIFY_APP_ID and "
    "VOUCHERIFY_APP_TOKEN."
)
_DOCTOR = "('voucherify doctor' shows where each setting comes from, and what does not work.)"


def advised(error: VoucherifyError) -> str:
    """An error's text, with what to do here where credentials are missing."""
    text = str(error)
    if text.startswith(NO_CREDENTIALS):
        text = text.replace(HOW_TO_GIVE_CREDENTIALS, _HOW_HERE).replace(ARGUMENTS, "")
    return text


def told(error: VoucherifyError, command: str) -> str:
    """What ended a command, and, where it is the settings, which command looks into them.

    Args:
        error: what ended it.
        command: its name; what is wrong with profiles is not for the doctor.
    """
    about_settings = exit_code_of(error) is ExitCode.CONFIGURATION and command != "profiles"
    return f"{advised(error)} {_DOCTOR}" if about_settings else advised(error)
