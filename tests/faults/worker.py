"""A process that releases its part of a soak's pairs: to be killed at any moment, and started again.

    python -m tests.faults.worker KIND PAIRS JOURNAL OUTPUT

Where to is in the environment. Each outcome is a line of JSON at the end of OUTPUT before the next one is
asked for. Exit code 0 says that no pair is left, 1 that some failed, 4 that the run was stopped early; any
other is a defect, as is a word on standard error.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voucherify_wrapper import AsyncVoucherify, ReleasesStoppedError, Retries, Timeout, Voucherify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voucherify_wrapper import Outcome

KINDS = ("sync", "async", "fast-sync", "fast-async")
_PATIENCE = 10.0  # seconds for the system to take back what was closed
_FAILED, _STOPPED, _LEFT_SOMETHING = 1, 4, 5


def settings_of(kind: str) -> dict[str, Any]:
    """What a client of the soak is made with."""
    return {
        "transport": "fast" if "fast" in kind else None,
        "retries": Retries(4, base=0.01, cap=0.1),
        "timeout": Timeout(20, attempt=1.0),
    }


class Output:
    """The file of outcomes, one a line.

    A process that is killed while it writes may leave half a line; its outcome comes again with the next run.
    """

    def __init__(self, path: str) -> None:
        self.failed = 0
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        size = os.fstat(self._file).st_size
        if size and os.pread(self._file, 1, size - 1) != b"\n":
            os.write(self._file, b"\n")

    def write(self, outcome: Outcome) -> None:
        """Write one."""
        self.failed += not outcome.ok
        row = {
            "code": outcome.code,
            "session_key": outcome.session_key,
            "status": outcome.status,
            "confirmed": outcome.confirmed,
            "attempts": outcome.attempts,
            "error": type(outcome.error).__name__ if outcome.error else None,
            "may_have_acted": getattr(outcome.error, "may_have_acted", None),
        }
        os.write(self._file, f"{json.dumps(row)}\n".encode())


def rows(path: str) -> Iterator[dict[str, str]]:
    """The pairs, as they are needed."""
    with Path(path).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def run(kind: str, pairs: str, output: Output, **terms: Any) -> None:
    """Release them with the client that blocks."""
    with Voucherify(**settings_of(kind)) as voucherify:
        for outcome in voucherify.release_many(rows(pairs), **terms):
            output.write(outcome)


async def run_async(kind: str, pairs: str, output: Output, **terms: Any) -> None:
    """Release them with the client of asyncio; no task stays."""
    async with AsyncVoucherify(**settings_of(kind)) as voucherify:
        async for outcome in voucherify.release_many(rows(pairs), **terms):
            output.write(outcome)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    if others:
        sys.stderr.write(f"tasks were left: {others}\n")


def left() -> list[str]:
    """Threads and sockets that this process still has."""
    threads = [it.name for it in threading.enumerate() if it is not threading.main_thread()]
    targets = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            targets.append(f"{entry.name} {entry.readlink()}")
    return threads + [target for target in targets if " socket:" in target]


def main(kind: str, pairs: str, journal: str, output_path: str) -> int:
    """Run once over all the pairs, and look at what is left behind."""
    before = left()
    output, code = Output(output_path), 0
    terms = {"journal": journal, "concurrency": 16}
    try:
        if "async" in kind:
            asyncio.run(run_async(kind, pairs, output, **terms))
        else:
            run(kind, pairs, output, **terms)
        code = _FAILED if output.failed else 0
    except ReleasesStoppedError:
        code = _STOPPED
    end = time.monotonic() + _PATIENCE
    while (more := set(left()) - set(before)) and time.monotonic() < end:
        time.sleep(0.01)
    if more:
        sys.stderr.write(f"left open: {more}\n")
        return _LEFT_SOMETHING
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
