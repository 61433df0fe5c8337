"""Runs the command line as an operator's shell does: a process, in a folder, with an environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from voucherify_wrapper.sandbox import Sandbox

COMMAND = [sys.executable, "-W", "error", "-m", "voucherify_wrapper.cli"]


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """The process's environment, with no setting of Voucherify's but these."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith(("VOUCHERIFY_", "X_APP_"))
    }
    return {**inherited, "NO_PROXY": "*", "COLUMNS": "200", **(settings or {})}


def voucherify(
    *arguments: str,
    to: Sandbox | None = None,
    typed: str | None = None,
    **settings: str,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end.

    Args:
        arguments: what follows the program's name.
        to: the sandbox that the environment leads to.
        typed: what standard input gives.
        settings: further variables of the environment.
    """
    reached = to.environment() if to else {}
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment({**reached, **settings}),
        input=typed,
        stdin=subprocess.DEVNULL if typed is None else None,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def voucherify_unread(*arguments: str | Path, to: Sandbox | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command whose standard output is a pipe that nobody reads any more.

    Args:
        arguments: what follows the program's name.
        to: the sandbox that the environment leads to.
    """
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [*COMMAND, *arguments],
            env=environment(to.environment() if to else {}),
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writing)


def outcomes_in(path: Path) -> list[dict[str, Any]]:
    """The outcomes in a file that `--output` named."""
    return [json.loads(line) for line in path.read_text().splitlines()]
