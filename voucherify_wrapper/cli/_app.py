"""The program ``voucherify``: its commands, and the one place where their ends become exit codes."""

import os
import re
import sys
from collections.abc import Sequence
from itertools import takewhile
from typing import Annotated

import typer
from typer.exceptions import TyperException

from voucherify_wrapper._errors import VoucherifyError
from voucherify_wrapper._version import __version__

from ._advice import told
from ._doctor import doctor
from ._exits import ExitCode, exit_code_of
from ._output import say, say_error
from ._profiles import profiles
from ._release import release
from ._release_many import release_many
from ._sandbox import sandbox
from ._streams import UnwritableError, guarded_streams

_PROGRAM = "voucherify"
_NO_OPTION = "No such option"  # how Typer says it; the kind of its error is not public
_TYPERS_INTERRUPTED = 130  # what Typer makes of Ctrl-C

app = typer.Typer(
    name=_PROGRAM,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they show local variables, and so credentials
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 all done, 1 something failed, or could not be told, 2 wrong usage, 3 settings or "
    "credentials are missing or not accepted, 4 stopped early.",
)
app.command()(release)
app.command()(release_many)
app.add_typer(profiles)
app.command()(doctor)
app.command(
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
)(sandbox)


def _show_version(wanted: bool) -> None:  # noqa: FBT001 - Typer's signature
    if wanted:
        say(f"{_PROGRAM} {__version__}")
        raise typer.Exit


@app.callback()
def _voucherify(
    *,
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    """Release Voucherify's validation sessions: the locks that checkouts hold on vouchers."""


def run(arguments: Sequence[str]) -> int:
    """Run one command, and give its exit code; whatever goes wrong is told as it was asked to be."""
    _mend_width()
    as_json = "--json" in takewhile(lambda argument: argument != "--", arguments)
    with guarded_streams():
        try:
            code = _ran(arguments, as_json=as_json)
            if sys.stdout is not None:
                sys.stdout.flush()
        except UnwritableError as error:  # in the middle of a command, or as its error was to be told
            return exit_code_of(error) if error.left else _ended(error, str(error), as_json=False)
    return code


def _mend_width() -> None:
    """Have no width in the environment that Typer or Rich cannot work with."""
    for name in ("TERMINAL_WIDTH", "COLUMNS"):
        if not re.fullmatch("[1-9][0-9]{1,3}", os.environ.get(name, "80")):
            del os.environ[name]


def _ran(arguments: Sequence[str], *, as_json: bool) -> int:
    try:
        code = app(arguments, prog_name=_PROGRAM, standalone_mode=False)
    except SystemExit as end:  # of the shell's completion, and of the sandbox's help and wrong usage
        return int(end.code or ExitCode.DONE)
    except TyperException as error:
        # Without a message, the help was asked for by giving nothing, and has been shown.
        said = error.format_message()
        return _ended(error, _of_usage(error, said), as_json=as_json) if said else exit_code_of(error)
    except VoucherifyError as error:
        return _ended(error, told(error, next(iter(arguments), "")), as_json=as_json)
    if code == _TYPERS_INTERRUPTED:
        return _ended(KeyboardInterrupt(), "interrupted.", as_json=as_json)
    return code or ExitCode.DONE


def _ended(error: BaseException, text: str, *, as_json: bool) -> ExitCode:
    code = exit_code_of(error)
    say_error(error, text, code, as_json=as_json)
    return code


def _of_usage(error: TyperException, said: str) -> str:
    context = getattr(error, "ctx", None)
    command = context.command_path if context else _PROGRAM
    hyphen = "What begins with a hyphen and is no option stands behind --. " * said.startswith(_NO_OPTION)
    return f"{said} {hyphen}('{command} --help' shows how it is used.)"
