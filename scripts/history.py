"""Replay the revisions of a document, and draw what changed when, by severity.

`python -m scripts.history FOLDER --out build/history`

The folder holds one file for each revision, JSON, YAML or documentation pages, in the order of their names
(numbers count as numbers); a name may hold a date, as in `007-2025-09-18.json`. Each revision is compared
with the one before it. The result is `index.html`, with a picture, and a page for each comparison. The folder
comes into being whole, in one step, or not at all.
"""

from __future__ import annotations

import argparse
import re
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import DONE, CommandError, FailedError, UnusableInputError, plain, progress, run
from scripts.compare import compare
from scripts.comparison.changes import Axis
from scripts.comparison.severity import Severity
from scripts.report import as_html, encoded, sentence
from scripts.reporting.model import Report
from scripts.reporting.pages import render
from scripts.reporting.timeline import LANES, Point, lay_out
from scripts.reporting.words import counted, listed
from scripts.source import read
from scripts.swap import staged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.command import Document

READABLE = {".json", ".yaml", ".yml", ".md", ".mdx", ".markdown"}
"""Endings of the files that count as revisions."""

_DATE = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")
_MARK = b'<meta name="generator" content="voucherify-wrapper">'
_OURS = re.compile(r"index\.html|\d{3,}-[\w.-]*\.html")


@dataclass(frozen=True)
class Step:
    """A revision and what it changed.

    Attributes:
        point: What the picture is told.
        report: The comparison with the revision before it.
    """

    point: Point
    report: Report


@dataclass(frozen=True)
class History:
    """A folder of revisions, replayed.

    Attributes:
        steps: The comparisons, in order.
        skipped: The names of revisions that cannot be read, each with the reason.
    """

    steps: tuple[Step, ...]
    skipped: tuple[tuple[str, str], ...]


def replay(folder: Path) -> History:
    """Compare each revision of a folder with the one before it.

    Args:
        folder: The folder.

    Returns:
        What came of it. A revision that cannot be read is left out.

    Raises:
        UnusableInputError: The folder holds fewer than two revisions that can be read.
    """
    before: tuple[Path, Document] | None = None
    steps: list[Step] = []
    skipped: list[tuple[str, str]] = []
    files = revisions(folder)
    for file in files:
        try:
            document = read(file)
            if before is None:
                compare(document, document)  # says whether it can be compared at all
            else:
                steps.append(_step(len(steps) + 1, before, (file, document)))
        except CommandError as error:
            skipped.append((file.name, str(error)))
            print(plain(f"Skipped {file.name}: {error}"), file=sys.stderr)
        else:
            before = (file, document)
    if not steps:
        usable = counted(len(files) - len(skipped), "revision")
        raise UnusableInputError(
            f"{folder} holds {usable} that can be read; a history needs two at least, each a file of its own "
            f"in that folder ({', '.join(sorted(READABLE))}).{_hint(folder)}"
        )
    return History(tuple(steps), tuple(skipped))


def revisions(folder: Path) -> list[Path]:
    """List a folder's revisions in the natural order of their names, in which 9 comes before 10.

    Raises:
        UnusableInputError: There is no such folder.
    """
    if not folder.is_dir():
        raise UnusableInputError(
            f"{folder} is not a folder; a history needs one with a file for each revision."
        )
    files = [file for file in folder.iterdir() if file.suffix.lower() in READABLE and file.is_file()]
    return sorted(files, key=lambda file: _natural(file.name))


def _hint(folder: Path) -> str:
    """Name the folders below that could have been meant."""
    below = [entry.name for entry in sorted(folder.iterdir()) if entry.is_dir() and len(revisions(entry)) > 1]
    return f" Below it, {listed(below)} could be meant." if below else ""


def _natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    parts = re.findall(r"[0-9]+|[^0-9]+", name)
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts], name


def _step(number: int, before: tuple[Path, Document], after: tuple[Path, Document]) -> Step:
    (old_file, old), (new_file, new) = before, after
    with progress(f"Comparing {old_file.name} with {new_file.name}"):
        comparison = compare(old, new, old_source=old_file.name, new_source=new_file.name)
    report = Report(comparison, axes=(Axis.WIRE, Axis.PROSE))
    counts = report.counts
    prose = len(report.changes) - sum(counts.values())
    slug = re.sub(r"[^A-Za-z0-9.-]+", "-", new_file.stem).strip(".-")[:80]
    point = Point(
        new_file.name, _day(new_file.name), (*(counts[severity] for severity in Severity), prose),
        report.verdict, f"{number:03d}-{slug}.html",
    )  # fmt: skip
    return Step(point, report)


def _day(name: str) -> date | None:
    """Find the date in a name."""
    match = _DATE.search(name)
    try:
        return date(*map(int, match.groups())) if match else None
    except ValueError:
        return None


def as_page(history: History) -> str:
    """Draw a history.

    Args:
        history: The history.

    Returns:
        HTML that loads nothing from elsewhere, and leads to the reports beside it.
    """
    points = [step.point for step in history.steps]
    latest = history.steps[-1].report.comparison
    broke = sum(1 for point in points if point.counts[0])
    return render(
        "history.html.jinja",
        title=latest.new.title if latest else "",
        summary=f"{broke:,} of {counted(len(points), 'update')} could break programs that worked before.",
        totals=[(lane, sum(point.counts[index] for point in points)) for index, lane in enumerate(LANES)],
        line=lay_out(points),
        rows=[(step.point, sentence(step.report)) for step in history.steps],
        skipped=history.skipped,
    )


def write_history(history: History, folder: Path) -> None:
    """Write a history's pages, whole, in place of an older history.

    Args:
        history: The history.
        folder: Where to.

    Raises:
        FailedError: The folder holds something else than a history.
        OSError: The system refuses.
    """
    foreign = _foreign(folder)
    if foreign:
        raise FailedError(
            f"{folder} holds {foreign}, which is no page of a history, and would be lost. Name a folder that "
            "is new, empty or an older history. Nothing was done."
        )
    with staged(folder) as staging:
        pages = staging.folder / "pages"
        pages.mkdir()
        (pages / "index.html").write_bytes(encoded(as_page(history)))
        for step in history.steps:
            (pages / step.point.page).write_bytes(encoded(as_html(step.report)))
        staging.install(pages)


def _foreign(folder: Path) -> str:
    """Name something in a folder that no history wrote; empty where there is nothing of the kind."""
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    for entry in entries:
        if not (_OURS.fullmatch(entry.name) and entry.is_file() and _MARK in entry.read_bytes()[:1_000]):
            return entry.name
    return ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay a folder of revisions.

    Args:
        arguments: The command line, without the program's name.

    Returns:
        The exit code: 0 done, 1 failed, 2 unusable input.
    """
    parser = argparse.ArgumentParser(
        prog="python -m scripts.history", description="Draw what changed when, by severity."
    )
    parser.add_argument("folder", type=Path, help="a folder with one file for each revision")
    parser.add_argument("--out", type=Path, required=True, help="the folder to write; an older history goes")
    options = parser.parse_args(arguments)
    history = replay(options.folder)
    write_history(history, options.out)
    skipped = f", {len(history.skipped):,} skipped" if history.skipped else ""
    print(f"{options.out / 'index.html'}: {counted(len(history.steps), 'comparison')} drawn{skipped}.")
    return DONE


if __name__ == "__main__":
    sys.exit(run("history", main))
