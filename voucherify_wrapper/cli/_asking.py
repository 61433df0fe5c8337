"""Questions to the person at the terminal; on standard error, as standard output is for results."""

from __future__ import annotations

import sys
from getpass import getpass


def on_terminal() -> bool:
    """Whether somebody is there to be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask(question: str) -> str:
    """Ask for a line, without blanks around it.

    Raises:
        KeyboardInterrupt: the end of input was typed instead.
    """
    sys.stderr.write(f"{question}: ")
    sys.stderr.flush()
    line = sys.stdin.buffer.readline().decode("utf-8", "replace")  # whatever it is, it is no traceback
    if not line:
        raise KeyboardInterrupt
    return line.strip()


def ask_hidden(question: str) -> str:
    """The same without showing what is typed."""
    try:
        return getpass(f"{question}: ").strip()
    except EOFError:
        raise KeyboardInterrupt from None
    except UnicodeDecodeError:
        return "\N{REPLACEMENT CHARACTER}"  # no credential, which is told as for every other one


def ask_whether(question: str) -> bool:
    """Ask a question whose answer is no, unless it is yes."""
    return ask(f"{question} [y/N]").lower() in ("y", "yes")
