"""``voucherify sandbox``: hands over to the sandbox's own command."""

import typer

from voucherify_wrapper._errors import ConfigurationError


def sandbox(context: typer.Context) -> int:
    """Run a local stand-in for Voucherify, to try things out; no account is needed.

    It prints the settings that lead to it, and a command that locks a session.
    'voucherify sandbox --help' lists its options.
    """
    try:
        from voucherify_wrapper.sandbox.__main__ import main  # noqa: PLC0415 - an extra of its own
    except ImportError as error:
        raise ConfigurationError(f"{error}.") from None
    return main(context.args, program=context.command_path)
