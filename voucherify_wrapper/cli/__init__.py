"""The command line, ``voucherify``: releases and the sandbox, for people and for scripts.

It needs the extra ``cli``. Nothing of the library imports it.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# As `_exits` has them, which cannot be asked before there is Typer.
_FAILED, _WITHOUT_THE_EXTRA, _STOPPED = 1, 3, 4
_PLACES = 6  # of a failure that nobody foresaw, the innermost ones


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: the command line, without the program's name; left out, the process's own.

    Returns:
        The exit code, as ``_exits.ExitCode`` lists them.
    """
    try:
        import rich  # noqa: F401, PLC0415 - asked for first, so that what is missing is said plainly
        import typer  # noqa: F401, PLC0415
    except ImportError as error:
        _say(
            f"the command line needs {error.name}, which is not installed. "
            "Run: pip install 'voucherify-wrapper[cli]'"
        )
        return _WITHOUT_THE_EXTRA
    except KeyboardInterrupt:
        return _interrupted()
    try:
        from ._app import run  # noqa: PLC0415 - needs the extra

        return run(sys.argv[1:] if arguments is None else arguments)
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as error:  # noqa: BLE001 - people at a terminal are told in a sentence, whatever it is
        _say(_fault(error))
        return _FAILED


def _interrupted() -> int:
    _say("interrupted.")
    return _STOPPED


def _fault(error: Exception) -> str:
    """Say what no command foresaw; not in its own words, which may hold anything, but for a module's name."""
    import traceback  # noqa: PLC0415 - hardly ever needed

    what = type(error).__name__ + (f": {error.name}" if isinstance(error, ImportError) else "")
    places = traceback.extract_tb(error.__traceback__)[-_PLACES:]
    where = " > ".join(f"{os.path.basename(place.filename)}:{place.lineno}" for place in places)  # noqa: PTH119 - light
    return (
        f"this is a fault of the program, or of how it is installed, and not yours. Report it with this: "
        f"{what}, at {where}"
    )


def _say(text: str) -> None:
    with suppress(OSError):
        print(f"voucherify: {text}", file=sys.stderr)  # noqa: T201 - a command prints
