"""Compare the bare generator with `scripts.generate`, and write the figures into docs/generation.md.

`python -m benchmarks.generate --specs FOLDER` (or `make bench-generate SPECS=FOLDER`)

The folder holds real documents: `vouchers/` (revisions of one file), `tags/` (other files of the vendor) and
`full/` (whole specifications). Both generators run as their users run them: as commands.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from scripts import importable
from scripts.command import FailedError, UnusableInputError, run
from tests.scripts.roundtrip import response_examples
from tests.scripts.sameness import operations

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "generation.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"

DECODINGS = 1000
LONGEST = 2000
"""Characters that are shown of what a generator said when it made no package."""


@dataclass
class Run:
    """One run of a generator, and what its package does.

    Attributes:
        seconds: How long it took.
        memory: The most memory that it or a child of it had, in MiB.
        package: The package's folder, if one came of it.
        said: What it printed, when no package came of it.
        found: What `benchmarks.package` says.
        broken: How many modules fail to import, counted by cause.
    """

    seconds: float
    memory: float
    package: Path | None
    said: str = ""
    found: dict[str, Any] = field(default_factory=dict)
    broken: int = 0

    @property
    def unchanged(self) -> int:
        """How many examples come back as they were."""
        return self.found["examples"] - len(self.found["wrong"]) if self.package else 0


def say(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)


def generate(document: Path, folder: Path, *, bare: bool) -> Run:
    """Run one generator.

    Args:
        document: The document.
        folder: An empty folder.
        bare: Whether it is the generator's own command, and not ours.

    Returns:
        The run.
    """
    out = folder / "out"
    # As it is installed for a user: the generator looks for the formatter on PATH.
    tools = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}"}
    own: list[str | Path] = [
        tools / "openapi-python-client",
        "generate",
        "--path",
        document,
        "--output-path",
        out,
    ]
    ours: list[str | Path] = [sys.executable, "-m", "scripts.generate", "--spec", document, "--out", out]
    command = own if bare else [*ours, "--report", folder / "report.json"]
    with (folder / "said").open("w+", encoding="utf-8", errors="replace") as said:
        start = time.perf_counter()
        child = subprocess.Popen(  # noqa: S603 - the commands above
            command,
            cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        said.seek(0)
        text = said.read()
    packages = [file.parent for file in out.glob("*/client.py")] if child.returncode == 0 else []
    kilobytes = usage.ru_maxrss / (1024 if sys.platform == "darwin" else 1)
    return Run(seconds, kilobytes / 1024, packages[0] if packages else None, text)


def look(result: Run, document: Path) -> Run:
    """Import the package, and try the document's examples."""
    if result.package is not None:
        broken = _python(importable.__file__, str(result.package.parent), result.package.name)
        result.broken = len(broken) + sum(not _compiles(file) for file in result.package.rglob("*.py"))
        result.found = _python("-m", "benchmarks.package", str(result.package), str(document))
    return result


def _compiles(file: Path) -> bool:
    try:
        compile(file.read_bytes(), file.name, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _python(*arguments: str) -> Any:  # noqa: ANN401 - JSON
    command = [sys.executable, "-W", "ignore", *arguments]
    # Users' Pythons keep compiled modules.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(  # noqa: S603
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", check=False
    )
    if done.returncode:
        raise FailedError(f"{' '.join(arguments[:3])} ended with {done.returncode}: {done.stderr[-2000:]}")
    return json.loads(done.stdout)


def both(document: Path) -> tuple[Run, Run]:
    """Generate a document with either, and look at what came of it."""
    content = json.loads(document.read_text(encoding="utf-8"))
    promised = {
        "operations": 0,
        "promised operations": len([*operations(content)]),
        "lost": 0,
        "examples": len([*response_examples(content)]),
        "wrong": [["", 0, "all examples", "no package was made"]],
    }
    runs = []
    for bare in (True, False):
        with tempfile.TemporaryDirectory() as folder:
            result = look(generate(document, Path(folder), bare=bare), document)
            result.found = promised | result.found
            runs.append(result)
    say(f"  {document.name}: {describe(runs[0])} -> {describe(runs[1])}")
    for result in runs:
        if result.package is None:
            say(result.said[:LONGEST])
    return runs[0], runs[1]


def describe(result: Run) -> str:
    """Write a run's counts: operations, response types lost, modules that fail; examples."""
    found = result.found
    counts = f"{found['operations']}/{found['promised operations']} · {found['lost']} · {result.broken}"
    return f"{counts}; {result.unchanged} of {found['examples']} examples"


def row(name: str, measure: str, *cells: str) -> str:
    """Write a row of the table."""
    return "| " + " | ".join([name, measure, *cells]) + " |"


@dataclass
class Figures:
    """What was measured.

    Attributes:
        rows: The table, row by row.
        named: Examples that do not come back, with the reason.
    """

    rows: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)

    def add(self, name: str, measure: str, *cells: str) -> None:
        """Add a row."""
        self.rows.append(row(name, measure, *cells))

    def name(self, document: Path, result: Run) -> None:
        """Name the examples that do not come back."""
        self.named += [
            f"- {document.stem}: {wrong[2]} ({wrong[3]})" for wrong in result.found.get("wrong", ())
        ]


def revisions(figures: Figures, documents: list[Path]) -> None:
    """Measure every revision of one file."""
    worst: dict[str, list[Run]] = {"bare": [], "ours": []}
    for document in documents:
        bare, ours = both(document)
        worst["bare"].append(bare)
        worst["ours"].append(ours)
        figures.name(document, ours)
    measure = "operations · response types lost · modules that fail to import"
    cells = [_range(runs, _counts) for runs in worst.values()]
    figures.add(f"each of {len(documents)} revisions of vouchers.json", measure, *cells)
    cells = [_range(runs, _examples) for runs in worst.values()]
    figures.add(f"each of {len(documents)} revisions of vouchers.json", "examples unchanged", *cells)
    cells = [_examples(runs[-1]) for runs in worst.values()]
    figures.add(f"vouchers.json, {documents[-1].stem[4:]}", "examples unchanged", *cells)


def _range(runs: list[Run], write: Any) -> str:  # noqa: ANN401 - one of two functions
    """Write what all runs have in common, or each kind with its number."""
    texts = [write(result) for result in runs]
    kinds = {text: texts.count(text) for text in texts}
    return (
        next(iter(kinds))
        if len(kinds) == 1
        else ", ".join(f"{text} ({n} of them)" for text, n in kinds.items())
    )


def _counts(result: Run) -> str:
    return describe(result).partition(";")[0]


def _examples(result: Run) -> str:
    return f"{result.unchanged} of {result.found['examples']}"


def tags(figures: Figures, documents: list[Path]) -> None:
    """Measure other files together."""
    sums = {"bare": [0] * 6, "ours": [0] * 6}
    for document in documents:
        pair = dict(zip(sums, both(document), strict=True))
        figures.name(document, pair["ours"])
        for name, result in pair.items():
            found = result.found
            counts = [
                found.get("operations", 0),
                found["promised operations"],
                found.get("lost", 0),
                result.broken,
            ]
            counts += [result.unchanged, found["examples"]]
            sums[name] = [one + more for one, more in zip(sums[name], counts, strict=True)]
    measure = "operations · response types lost · modules that fail to import"
    name = f"{len(documents)} tag files together"
    figures.add(name, measure, *(f"{s[0]}/{s[1]} · {s[2]} · {s[3]}" for s in sums.values()))
    figures.add(name, "examples unchanged", *(f"{s[4]} of {s[5]}" for s in sums.values()))


def full(figures: Figures, documents: list[Path], pairs: int) -> None:
    """Measure whole specifications, and the last one's times."""
    measure = "operations · response types lost · modules that fail to import"
    for document in documents:
        bare, ours = both(document)
        figures.name(document, ours)
        name = f"full specification, {document.stem}"
        figures.add(name, measure, _counts(bare), _counts(ours))
        figures.add(name, "examples unchanged", _examples(bare), _examples(ours))
    times(figures, documents[-1], pairs)


def times(figures: Figures, document: Path, pairs: int) -> None:
    """Measure times, side by side."""
    name = f"full specification, {document.stem}"
    runs: list[tuple[Run, Run]] = []
    with tempfile.TemporaryDirectory() as kept:
        for number in range(pairs):
            pair = []
            for bare in (True, False):
                folder = Path(kept) / f"{number}-{bare}"
                folder.mkdir()
                pair.append(generate(document, folder, bare=bare))
            runs.append((pair[0], pair[1]))
            say(f"  pair {number + 1} of {pairs}: {pair[0].seconds:.1f} s, {pair[1].seconds:.1f} s")
        ratio = statistics.median(ours.seconds / bare.seconds for bare, ours in runs)
        seconds = [statistics.median(result.seconds for result in side) for side in zip(*runs, strict=True)]
        figures.add(name, "time to generate", f"1 ({seconds[0]:.1f} s)", f"{ratio:.2f} ({seconds[1]:.1f} s)")
        memory = [max(result.memory for result in side) for side in zip(*runs, strict=True)]
        figures.add(name, "peak memory", *(f"{most:.0f} MiB" for most in memory))
        packages = [result.package for result in runs[-1]]
        if packages[0] is None or packages[1] is None:
            raise FailedError("the full specification was not generated; there is nothing to time.")
        _import_times(figures, name, (packages[0], packages[1]))
        _decode_times(figures, name, document, (packages[0], packages[1]))


def _import_times(figures: Figures, name: str, packages: tuple[Path, Path]) -> None:
    operation = "GET /v1/vouchers/{code}"
    program = (
        "import sys, json, time; sys.path.insert(0, sys.argv[1]); start = time.perf_counter(); "
        "__import__(sys.argv[2]); print(json.dumps(time.perf_counter() - start))"
    )
    modules = [_module_of(package, operation) for package in packages]
    pairs = []
    for _ in range(15):
        pair = [
            _python("-c", program, str(package.parent), module)
            for package, module in zip(packages, modules, strict=True)
        ]
        pairs.append((pair[0], pair[1]))
    pairs = pairs[1:]  # the first one compiled the modules
    bare, ours = (statistics.median(side) for side in zip(*pairs, strict=True))
    ratio = statistics.median(second / first for first, second in pairs)
    say(f"  import: {bare:.2f} s, {ours:.2f} s")
    figures.add(
        name,
        f"import time of `{operation}`",
        f"1 ({bare * 1000:.0f} ms)",
        f"{ratio:.2f} ({ours * 1000:.0f} ms)",
    )


def _module_of(package: Path, operation: str) -> str:
    program = (
        "import sys, json; from pathlib import Path; from tests.scripts.roundtrip import GeneratedClient; "
        "package = Path(sys.argv[1]); sys.path.insert(0, str(package.parent)); "
        "print(json.dumps(GeneratedClient(package).module(sys.argv[2]).__name__))"
    )
    return str(_python("-c", program, str(package), operation))


def _decode_times(figures: Figures, name: str, document: Path, packages: tuple[Path, Path]) -> None:
    found = _python("-m", "benchmarks.package", str(packages[0]), str(document))
    operation, code, example, size = found["largest"]
    key = ["--decode", operation, str(code), example, str(DECODINGS)]
    pairs = []
    for _ in range(7):
        pair = [
            _python("-m", "benchmarks.package", str(package), str(document), *key) for package in packages
        ]
        pairs.append((pair[0], pair[1]))
    ratio = statistics.median(ours / bare for bare, ours in pairs)
    bare, ours = (statistics.median(side) for side in zip(*pairs, strict=True))
    say(f"  decoding: {bare:.2f} s, {ours:.2f} s")
    what = f"reading the largest example that the bare code parses ({size:,} characters), {DECODINGS:,} times"
    figures.add(name, what, f"1 ({bare:.2f} s)", f"{ratio:.2f} ({ours:.2f} s)")


def machine() -> str:
    """Say what it was measured with."""
    tools = ", ".join(
        f"{name} {version(name)}" for name in ("openapi-python-client", "ruff", "httpx", "attrs")
    )
    processor = platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text(encoding="utf-8", errors="replace").splitlines()
        processor = next(
            (line.partition(": ")[2] for line in lines if line.startswith("model name")), processor
        )
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {tools}; {platform.system()}, {os.cpu_count()} cores of {processor}."


def write(figures: Figures, page: Path) -> None:
    """Put the figures between the page's marks."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise FailedError(f"{page} lacks the marks {BEGIN} and {END}.")
    head = ["| on | measure | bare generator | here |", "|---|---|---|---|"]
    named = ["", "Examples that do not come back:", "", *figures.named] if figures.named else []
    lines = [BEGIN, f"Measured with {machine()}", "", *head, *figures.rows, *named, END]
    page.write_text(before + "\n".join(lines) + after, encoding="utf-8")


def main() -> int:
    """Measure all there is."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.generate", description="Compare with the bare one."
    )
    parser.add_argument(
        "--specs", type=Path, default=ROOT.parent / "shared" / "specs", help="the documents' folder"
    )
    parser.add_argument("--page", type=Path, default=PAGE, help="the page of the figures")
    parser.add_argument("--pairs", type=int, default=5, help="how often times are compared")
    options = parser.parse_args()
    kinds = ("vouchers", "tags", "full")
    documents = {kind: sorted(options.specs.glob(f"{kind}/*.json")) for kind in kinds}
    missing = [name for name, files in documents.items() if not files]
    if missing:
        raise UnusableInputError(
            f"{options.specs} has no documents in {', '.join(missing)}; name the folder that has "
            "vouchers/, tags/ and full/ (make bench-generate SPECS=...)."
        )
    figures = Figures()
    say("Revisions of vouchers.json (operations · response types lost · modules that fail; bare -> here)")
    revisions(figures, documents["vouchers"])
    say("Other files")
    tags(figures, documents["tags"])
    say("Full specifications")
    full(figures, documents["full"], options.pairs)
    write(figures, options.page)
    print(f"{options.page}: {len(figures.rows)} rows.")
    return 0


if __name__ == "__main__":
    sys.exit(run("bench-generate", main))
