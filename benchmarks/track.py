"""Compare an update with the bare generator's run, and an update of nothing with Python's own start.

`python -m benchmarks.track --specs FOLDER` (or `make bench-track SPECS=FOLDER`)

Works in a copy of this project. Two revisions of `vouchers.json` take turns, so that each run has a change;
the bare generator makes a client of the same one, formatter and all, as its users run it. The wrapper's own
tests are left out. The runs follow one another in turn, as commands, and the median of the ratios counts: with
what the type checker keeps between runs (warm), and without (cold).
"""

from __future__ import annotations

import argparse
import functools
import http.server
import operator
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import FailedError, UnusableInputError, run

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parent.parent
STATES = {"warm": "with the type checker's cache", "cold": "without it, as in a fresh clone"}
PARTS = ("openapi", "generated", "scripts", "voucherify_wrapper", "docs")


def timed(command: Sequence[str | Path], folder: Path) -> tuple[float, str]:
    """Run a command to its end; return its seconds, and what it said."""
    tools = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}",  # where the generator finds its formatter
        "PYTHONPATH": str(folder),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # users' Pythons keep compiled modules
    start = time.perf_counter()
    done = subprocess.run(  # noqa: S603 - the commands below
        command,
        cwd=folder, env=environment, capture_output=True, encoding="utf-8", errors="replace", check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        raise FailedError(
            f"{command} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
        )
    return seconds, done.stdout


def track(project: Path, source: str | Path, verdicts: Sequence[str]) -> float:
    """Update the project; return how long it took."""
    options: list[str | Path] = ["--root", project, "--no-wrapper-tests", "--source", source]
    seconds, said = timed([sys.executable, "-m", "scripts.track", *options], project)
    verdict = said.strip().rpartition("verdict: ")[2]
    if verdict not in verdicts:
        raise FailedError(f"the update to {source} came to {verdict!r}; nothing is measured.")
    return seconds


def bare(document: Path, folder: Path) -> float:
    """Let the generator alone make a client; return how long it took."""
    out = folder / "bare"
    shutil.rmtree(out, ignore_errors=True)
    generator = Path(sys.executable).parent / "openapi-python-client"
    return timed([generator, "generate", "--path", document, "--output-path", out], folder)[0]


def changes(project: Path, documents: Sequence[Path], pairs: int) -> None:
    """Measure updates with a change, warm and cold, each beside the bare generator."""
    for document in documents:
        track(project, document, ("compatible", "breaking", "unchanged"))
    ours, theirs = ({state: list[float]() for state in STATES} for _ in range(2))
    for number in range(pairs):
        for state, document in zip(STATES, documents, strict=True):
            theirs[state].append(bare(document, project))
            if state == "cold":
                shutil.rmtree(project / ".mypy_cache")
            ours[state].append(track(project, document, ("compatible", "breaking")))
        told = (f"{state} {ours[state][-1]:.2f} s over {theirs[state][-1]:.2f} s" for state in STATES)
        print(f"  {number + 1} of {pairs}: {', '.join(told)}", file=sys.stderr, flush=True)
    for state, what in STATES.items():
        ratio = statistics.median(map(operator.truediv, ours[state], theirs[state]))
        medians = f"{statistics.median(ours[state]):.2f} s over {statistics.median(theirs[state]):.2f} s"
        print(
            f"update with a change, {state} ({what}): {ratio:.2f} times the bare generator's run "
            f"({medians}, {pairs} pairs)"
        )


def nothing(project: Path, source: str | Path, what: str, pairs: int) -> None:
    """Measure updates without a change."""
    over = []
    for _ in range(pairs):
        start, _ = timed([sys.executable, "-c", "pass"], project)
        over.append(track(project, source, ("unchanged",)) - start)
    print(f"unchanged, {what}: {statistics.median(over):.2f} s over Python's own start ({pairs} pairs)")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> int:
    """Measure both."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.track", description="Compare an update with the bare generator's run."
    )
    parser.add_argument(
        "--specs", type=Path, default=ROOT.parent / "shared" / "specs", help="the documents' folder"
    )
    parser.add_argument("--pairs", type=int, default=7, help="how often times are compared (7)")
    options = parser.parse_args()
    documents = sorted(options.specs.resolve().glob("vouchers/*.json"))[-2:]
    if len(documents) < 2:  # noqa: PLR2004 - they take turns
        raise UnusableInputError(
            f"{options.specs} has no two revisions in vouchers/ (make bench-track SPECS=...)."
        )
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        for part in PARTS:
            shutil.copytree(ROOT / part, project / part)
        changes(project, documents, options.pairs)
        track(project, documents[-1], ("compatible", "breaking", "unchanged"))
        nothing(project, documents[-1], "a file", options.pairs)
        handler = functools.partial(_Quiet, directory=str(documents[-1].parent))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            address = f"http://127.0.0.1:{server.server_port}"
            nothing(project, f"{address}/{documents[-1].name}", "an address, the same bytes", options.pairs)
            (project / "openapi" / "spec.lock.json").unlink()
            track(project, f"{address}/{documents[-2].name}", ("compatible", "breaking"))
            nothing(project, f"{address}/{documents[-2].name}", "an address, 304", options.pairs)
            server.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(run("bench-track", main))
