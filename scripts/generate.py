"""Make the low-level client from an OpenAPI document, whole or not at all.

`python -m scripts.generate --spec openapi/vouchers.json --out generated --report report.json`

The document is prepared (`scripts.prepare`), the client made in a temporary folder beside the old one,
formatted, imported module by module, compared with all that the document promises (`scripts.ledger`), and put
in place in one step. Any finding on the way ends the run with exit code 1, and the old client stands as it
was. `--check` compares instead of writing.

The same document gives the same bytes on every run.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import generator, importable, state
from scripts.command import DONE, FailedError, UnusableInputError, collector_at_rest, progress, run
from scripts.generator import MARK, one_line, read_configuration
from scripts.ledger import Ledger, audit
from scripts.notes import Kind
from scripts.preparation.usable import UnusableDocumentError
from scripts.prepare import prepare
from scripts.source import read, vendored
from scripts.swap import staged, write_file
from scripts.transaction import opened, recover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scripts.command import Document
    from scripts.generator import Configuration

ROOT = Path(__file__).resolve().parent.parent
SPECIFICATION = ROOT / state.DOCUMENT
CONFIGURATION = ROOT / state.CONFIGURATION
GENERATED = ROOT / state.GENERATED

PROJECT = "project"
"""The folder in which `make_package` makes the package; what did not become whole lies there too."""


class GenerationError(FailedError):
    """A document did not become a whole client.

    Attributes:
        findings: What stood in the way, one line each.
        ledger: What the document promises and what came of it, where the work came so far.
    """

    def __init__(self, findings: Sequence[str], ledger: Ledger | None = None) -> None:
        """Keep the findings.

        Args:
            findings: What stood in the way, one line each.
            ledger: What the document promises and what came of it, where the work came so far.
        """
        self.findings = tuple(findings)
        self.ledger = ledger
        count = f"{len(findings)} findings" if len(findings) != 1 else "one finding"
        listed = "".join(f"\n- {finding}" for finding in findings)
        super().__init__(
            f"the document did not become a whole client, and nothing was changed: {count}.{listed}"
        )


@dataclass(frozen=True)
class Made:
    """A client that was made.

    Attributes:
        package: Its folder.
        ledger: What the document promises and what came of it.
        prepared: The document in the form that it was generated from.
    """

    package: Path
    ledger: Ledger
    prepared: Document


def make_package(
    document: Document,
    configuration: Configuration,
    folder: Path,
    *,
    inherit: Sequence[int] = (),
    standing: Callable[[Path], object] | None = None,
) -> Made:
    """Make the client in a temporary folder.

    Args:
        document: The OpenAPI document, as its vendor wrote it.
        configuration: The generator's configuration.
        folder: An empty folder for this alone.
        inherit: File descriptors that child processes keep open, so that a lock holds until all have ended.
        standing: Called with the package's folder when its code stands, before that is held against the
            document.

    Returns:
        The package, inside `folder`, with its ledger.

    Raises:
        UnusableDocumentError: It is no OpenAPI document, or too broken to repair.
        GenerationError: Something of the document would be missing, or the client would not work.
    """
    project = folder / PROJECT
    prepared = prepare(document)
    with progress("Generating the client"):
        kept = state.sha256(vendored(document))
        generated = generator.generate(prepared.document, configuration, project, sha256=kept)
    package = project / configuration.package
    if not (generated.complete and package.is_dir()):
        raise GenerationError(generated.findings or ["The generator made no package."])
    with progress("Formatting it"):
        findings = [*generated.findings, *_marked(package), *_format(project, inherit)]
    if standing is not None:
        standing(package)
    with progress("Comparing it with the document"), _importing(package, inherit) as imported:
        renamed = [replace(note, pointer=prepared.upstream(note.pointer)) for note in generated.notes]
        ledger = audit(document, [*prepared.notes, *renamed], package)
        findings += imported()
    findings += [one_line(f"{loss.pointer}: {loss.what}") for loss in ledger.lost]
    if findings:
        raise GenerationError(findings, ledger)
    return Made(package, ledger, prepared.document)


def _marked(package: Path) -> Iterator[str]:
    """Find texts of the document that got into code without being made harmless."""
    for file in sorted(package.rglob("*.py")):
        if MARK.encode() in file.read_bytes():
            name = file.relative_to(package.parent).as_posix()
            yield f"{name}: a text of the document got into the code where none belongs."


def _format(project: Path, inherit: Sequence[int]) -> list[str]:
    """Run the formatter as the generator would, but with the generated settings alone.

    The generator would run the linter before, to drop imports that are not used; ours writes none.
    """
    # The folder is one that git ignores, and a tag may be called "dist".
    settings = ["--config", "exclude = []", "--config", "format.line-ending = 'lf'"]
    options = ["--no-cache", "--no-respect-gitignore", "--quiet", *settings]
    done = _child([sys.executable, "-m", "ruff", "format", *options, "."], project, inherit)
    said = one_line(done.stderr or done.stdout)
    return [f"ruff format ended with {done.returncode}: {said}"] if done.returncode != 0 else []


@contextlib.contextmanager
def _importing(package: Path, inherit: Sequence[int]) -> Iterator[Callable[[], list[str]]]:
    """Import every module in a fresh process, beside other work.

    Yields:
        A function that waits for the end and lists what does not import.
    """
    process = subprocess.Popen(
        [sys.executable, "-I", "-B", importable.__file__, str(package.parent), package.name],
        cwd=package.parent, env=_environment(), pass_fds=inherit, encoding="utf-8",
        errors="backslashreplace", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip

    def imported() -> list[str]:
        output, errors = process.communicate()
        try:
            return [one_line(finding) for finding in json.loads(output)]
        except ValueError:
            return [f"Importing the modules ended with {process.returncode}: {one_line(errors)}"]

    with process:
        try:
            yield imported
        finally:
            process.kill()


def _child(command: Sequence[str], folder: Path, inherit: Sequence[int]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=_environment(), pass_fds=inherit, capture_output=True, encoding="utf-8",
        errors="backslashreplace", check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}


def differences(made: Path, kept: Path) -> list[str]:
    """Compare two packages, byte by byte; compiled modules do not count.

    Args:
        made: The package as it should be.
        kept: The package as it is.

    Returns:
        One line for each file that differs, is missing or is extra.
    """
    ours, theirs = set(_files(made)), set(_files(kept))
    return [
        *(f"{kept / file}: missing" for file in sorted(ours - theirs)),
        *(f"{kept / file}: extra" for file in sorted(theirs - ours)),
        *(
            f"{kept / file}: differs"
            for file in sorted(ours & theirs)
            if (kept / file).is_symlink() or not filecmp.cmp(made / file, kept / file, shallow=False)
        ),
    ]


def _files(folder: Path) -> Iterator[Path]:
    for path, _, names in os.walk(folder):
        if "__pycache__" not in Path(path).relative_to(folder).parts:
            yield from ((Path(path) / name).relative_to(folder) for name in names)


def main() -> int:
    """Generate, or check what was generated."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.generate", description="Make the low-level client."
    )
    parser.add_argument(
        "--spec", type=Path, default=SPECIFICATION, help="the OpenAPI document (openapi/vouchers.json)"
    )
    parser.add_argument("--out", type=Path, default=GENERATED, help="the folder of the package (generated)")
    parser.add_argument(
        "--config",
        type=Path,
        default=CONFIGURATION,
        help="the generator's configuration (openapi/generator.yaml)",
    )
    parser.add_argument(
        "--report", type=Path, help="a JSON file to write what was promised and what came of it"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the package differs")
    options = parser.parse_args()

    try:
        with collector_at_rest(), _without_updates(options):
            return _generate(options)
    except UnusableDocumentError as error:
        raise UnusableInputError(f"{options.spec}: {error}") from error


@contextlib.contextmanager
def _without_updates(options: argparse.Namespace) -> Iterator[None]:
    """Finish an update of the project that was cut off, and let no other one come between."""
    roots = (options.out.resolve().parent, options.spec.resolve().parent.parent)
    root = next((each for each in roots if (each / state.CONFIGURATION).is_file()), None)
    if root is None:
        yield
    elif options.check:
        recover(root)
        yield
    else:
        with opened(root):
            yield


def _generate(options: argparse.Namespace) -> int:
    document = read(options.spec)
    configuration = read_configuration(options.config)
    target = options.out / configuration.package
    if options.report is not None and (options.report.is_dir() or not options.report.parent.is_dir()):
        raise UnusableInputError(f"{options.report}: a report is a file in a folder that exists.")
    if options.check:
        with _reporting(options.report) as report, tempfile.TemporaryDirectory() as folder:
            made = make_package(document, configuration, Path(folder))
            report(made.ledger)
            found = differences(made.package, target)
        if found:
            listed = "".join(f"\n- {line}" for line in found)
            raise FailedError(
                f"{target} is not what {options.spec} generates; `make generate` renews it.{listed}"
            )
        print(f"{target} is what {options.spec} generates.")
        return DONE
    with _reporting(options.report) as report, staged(target) as staging:
        made = make_package(document, configuration, staging.folder, inherit=[staging.lock])
        report(made.ledger)
        count = sum(1 for _ in _files(made.package))
        staging.install(made.package)
    root = options.out.resolve().parent
    if [path.resolve() for path in (options.spec, options.config, options.out)] == [
        root / name for name in (state.DOCUMENT, state.CONFIGURATION, state.GENERATED)
    ]:
        state.renew_lock(root, vendored(made.prepared))
    print(f"{target}: {count} files generated from {options.spec}, {_summary(made.ledger)}.")
    return DONE


def _summary(ledger: Ledger) -> str:
    """Say in a line what came of the document."""
    operations = ledger.counts["operation"]
    done = Counter(note.kind for note in ledger.notes)
    changed = "; ".join(f"{done[kind]} {kind}" for kind in Kind if done[kind])
    told = f" ({changed}: --report FILE lists them)" if changed else ""
    return f"with {operations['out']} of {operations['in']} operations{told}"


@contextlib.contextmanager
def _reporting(file: Path | None) -> Iterator[Callable[[Ledger], None]]:
    """Write a ledger to a file where one was asked for, at the end, also when something was lost.

    Yields:
        A function that takes the ledger.
    """
    ledgers: list[Ledger] = []
    try:
        yield ledgers.append
    except GenerationError as error:
        ledgers += [error.ledger] if error.ledger is not None else []
        raise
    finally:
        if file is not None and ledgers:
            report = json.dumps(ledgers[-1].as_json(), indent=2, ensure_ascii=False)
            write_file(file, f"{report}\n".encode())


if __name__ == "__main__":
    sys.exit(run("generate", main))
