"""Make the low-level client from an OpenAPI document, whole or not at all.

`python -m scripts.generate --spec openapi/vouchers.json --out generated`

The client is made in a temporary folder beside the old one, formatted, imported module by module, and put
in place in one step. Any finding on the way (a warning of the generator too, as it drops what it warns about)
ends the run with exit code 1, and the old client stands as it was. `--check` compares instead of writing.

The same document gives the same bytes on every run.
"""

from __future__ import annotations

import argparse
import filecmp
import json
import os
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from scripts import generator, importable
from scripts.command import DONE, FailedError, progress, run
from scripts.generator import MARK, one_line, read_configuration
from scripts.source import read
from scripts.swap import staged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.command import Document
    from scripts.generator import Configuration

ROOT = Path(__file__).resolve().parent.parent
SPECIFICATION = ROOT / "openapi" / "vouchers.json"
CONFIGURATION = ROOT / "openapi" / "generator.yaml"
GENERATED = ROOT / "generated"


class GenerationError(FailedError):
    """A document did not become a whole client.

    Attributes:
        findings: What stood in the way, one line each.
    """

    def __init__(self, findings: Sequence[str]) -> None:
        """Keep the findings.

        Args:
            findings: What stood in the way, one line each.
        """
        self.findings = tuple(findings)
        count = f"{len(findings)} findings" if len(findings) != 1 else "one finding"
        listed = "".join(f"\n- {finding}" for finding in findings)
        super().__init__(
            f"the document did not become a whole client, and nothing was changed: {count}.{listed}"
        )


def make_package(
    document: Document, configuration: Configuration, folder: Path, *, inherit: Sequence[int] = ()
) -> Path:
    """Make the client in a temporary folder.

    Args:
        document: The OpenAPI document.
        configuration: The generator's configuration.
        folder: An empty folder for this alone.
        inherit: File descriptors that child processes keep open, so that a lock holds until all have ended.

    Returns:
        The package's folder, inside `folder`.

    Raises:
        GenerationError: Something of the document would be missing, or the client would not work.
    """
    project = folder / "project"
    with progress("Generating the client"):
        generated = generator.generate(document, configuration, project)
    findings = list(generated.findings)
    package = project / configuration.package
    if not package.is_dir():
        raise GenerationError(findings or ["The generator made no package."])
    with progress("Compiling its modules"):
        broken = list(_compile_all(package))
    if not broken:
        with progress("Formatting it"):
            findings += _format(project, inherit)
    with progress("Importing its modules"):
        findings += broken + _import_all(package, inherit)
    if findings:
        raise GenerationError(findings)
    return package


def _compile_all(package: Path) -> Iterator[str]:
    """Compile every module; Python's warnings about one count as well."""
    for file in sorted(package.rglob("*.py")):
        content = file.read_bytes()
        name = file.relative_to(package.parent).as_posix()
        if MARK.encode() in content:
            yield f"{name}: a text of the document got into the code where none belongs."
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                compile(content, name, "exec", dont_inherit=True)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
                yield f"{name}{line}: {type(error).__name__}: {one_line(getattr(error, 'msg', error))}"


def _format(project: Path, inherit: Sequence[int]) -> list[str]:
    """Run the formatter as the generator would, but with the generated settings alone."""
    ruff = [sys.executable, "-m", "ruff"]
    # The folder is one that git ignores, and a tag may be called "dist".
    settings = ["--config", "exclude = []", "--config", "format.line-ending = 'lf'"]
    options = ["--no-cache", "--no-respect-gitignore", "--quiet", *settings]
    for command in (["check", "--fix-only"], ["format"]):
        done = _child([*ruff, *command, *options, "."], project, inherit)
        if done.returncode != 0:
            said = one_line(done.stderr or done.stdout)
            return [f"ruff {command[0]} ended with {done.returncode}: {said}"]
    return []


def _import_all(package: Path, inherit: Sequence[int]) -> list[str]:
    """Import every module in a fresh process."""
    arguments = ["-I", "-B", importable.__file__, str(package.parent), package.name]
    done = _child([sys.executable, *arguments], package.parent, inherit)
    try:
        return [one_line(finding) for finding in json.loads(done.stdout)]
    except ValueError:
        return [f"Importing the modules ended with {done.returncode}: {one_line(done.stderr)}"]


def _child(command: Sequence[str], folder: Path, inherit: Sequence[int]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RUFF_")}
    return subprocess.run(
        command, cwd=folder, env=environment, pass_fds=inherit, capture_output=True, encoding="utf-8",
        errors="backslashreplace", check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


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
    parser.add_argument("--check", action="store_true", help="write nothing; fail where the package differs")
    options = parser.parse_args()

    document = read(options.spec)
    configuration = read_configuration(options.config)
    target = options.out / configuration.package
    if options.check:
        with tempfile.TemporaryDirectory() as folder:
            found = differences(make_package(document, configuration, Path(folder)), target)
        if found:
            listed = "".join(f"\n- {line}" for line in found)
            raise FailedError(
                f"{target} is not what {options.spec} generates; `make generate` renews it.{listed}"
            )
        print(f"{target} is what {options.spec} generates.")
        return DONE
    with staged(target) as staging:
        package = make_package(document, configuration, staging.folder, inherit=[staging.lock])
        count = sum(1 for _ in _files(package))
        staging.install(package)
    print(f"{target}: {count} files generated from {options.spec}.")
    return DONE


if __name__ == "__main__":
    sys.exit(run("generate", main))
