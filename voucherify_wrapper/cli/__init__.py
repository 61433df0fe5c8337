"""The command line, ``voucherify``: releases and the sandbox, for people and for scripts.

It needs the extra ``cli``. Nothing of the library imports it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WITHOUT_THE_EXTRA = 3  # as for every setting that is missing; `_exits` cannot be asked before there is Typer


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
        print(  # noqa: T201 - a command prints
            f"voucherify: the command line needs {error.name}, which is not installed. "
            "Run: pip install 'voucherify-wrapper[cli]'",
            file=sys.stderr,
        )
        return _WITHOUT_THE_EXTRA
    from ._app import run  # noqa: PLC0415 - needs the extra

    return run(sys.argv[1:] if arguments is None else arguments)
