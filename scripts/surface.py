"""Compare two generated packages as code that imports them sees them.

`python -m scripts.surface OLD NEW --format json`

Each row is one cause, told once: an operation, not its four functions; a class that is gone, not every place
that named it. What a row weighs is one law's (`scripts.surfaces.law`): what callers pass may be allowed more,
what callers read may be less, and an attribute of a class is both.

Neither package is imported or run: their text is read, with `ast`.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import DONE, collector_at_rest, run
from scripts.comparison.changes import in_order
from scripts.surfaces.comparing import compare
from scripts.surfaces.reading import read_packages

if TYPE_CHECKING:
    from scripts.comparison.changes import Change


def compare_packages(old: Path, new: Path) -> tuple[Change, ...]:
    """Compare two generated packages.

    Args:
        old: The folder of the older one, as generated/voucherify_client.
        new: The folder of the newer one.

    Returns:
        What changed for code that imports the package, the worst first.

    Raises:
        UnusableInputError: One is no package, or cannot be read.
    """
    with collector_at_rest():
        return in_order(compare(*read_packages(old, new)))


def _as_text(changes: tuple[Change, ...]) -> str:
    lines = []
    for change in changes:
        lines += [f"{change.severity}: {change.what} {change.why} [{change.rule}]"]
        lines += [f"  - {line}" for line in str(change.before or "").splitlines()]
        lines += [f"  + {line}" for line in str(change.after or "").splitlines()]
        lines += [f"  {', '.join(change.operations)}"] if change.operations else []
    return "\n".join([*lines, _summary(changes)])


def _summary(changes: tuple[Change, ...]) -> str:
    counts = {change.severity: 0 for change in changes}
    for change in changes:
        counts[change.severity] += 1
    return ", ".join(f"{count} {severity}" for severity, count in counts.items()) or "Nothing changed."


def main() -> int:
    """Compare two packages, and print what changed."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.surface",
        description="Compare two generated packages as their callers see them.",
    )
    parser.add_argument("old", type=Path, metavar="OLD", help="the folder of the older package")
    parser.add_argument("new", type=Path, metavar="NEW", help="the folder of the newer package")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how to print it (text)")
    options = parser.parse_args()
    changes = compare_packages(options.old, options.new)
    if options.format == "json":
        print(json.dumps([change.as_json() for change in changes], indent=2, ensure_ascii=False))
    else:
        print(_as_text(changes))
    return DONE


if __name__ == "__main__":
    sys.exit(run("surface", main))
