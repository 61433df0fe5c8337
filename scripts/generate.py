"""Make the low-level client from an OpenAPI document, whole or not at all.

`python -m scripts.generate --spec openapi/vouchers.json --out generated`

The client is made in a temporary folder beside the old one, formatted, imported module by module, and put
in place in one step. Any finding on the way (a warning of the generator too, as it drops what it warns about)
ends the run with exit code 1, and the old client stands as it was. `--check` compares instead of writing.

The same document gives the same bytes on every run. This is the one module that calls the generator, whose
Python interface is not promised to be stable.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import io
import json
import mimetypes
import os
import re
import subprocess
import sys
import tempfile
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts import importable
from scripts.command import DONE, FailedError, UnusableInputError, progress, run, system_error
from scripts.source import read, read_mapping
from scripts.swap import staged

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.command import Document

ROOT = Path(__file__).resolve().parent.parent
SPECIFICATION = ROOT / "openapi" / "vouchers.json"
CONFIGURATION = ROOT / "openapi" / "generator.yaml"
GENERATED = ROOT / "generated"

LONGEST_FINDING = 2000
"""Characters of one finding that are shown; the generator quotes whole schemas."""


@dataclass(frozen=True)
class Configuration:
    """The generator's configuration.

    Attributes:
        package: The name of the package that it makes.
        settings: All its settings, this name among them.
    """

    package: str
    settings: dict[str, Any]


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


def read_configuration(path: Path) -> Configuration:
    """Read the generator's configuration.

    Args:
        path: A YAML file with the generator's own keys.

    Returns:
        The configuration.

    Raises:
        UnusableInputError: The file cannot be read, or has keys or values that the generator does not know.
    """
    from openapi_python_client.config import ConfigFile  # noqa: PLC0415 - slow; see `_call_generator`
    from pydantic import ValidationError  # noqa: PLC0415 - as above

    settings: dict[str, Any] = read_mapping(path)
    # The generator ignores keys that it does not know. Its hooks depend on PATH and break on blanks.
    unknown = sorted(settings.keys() - (ConfigFile.model_fields.keys() - {"post_hooks"}))
    if unknown:
        raise UnusableInputError(f"{path}: these keys are not supported: {', '.join(unknown)}.")
    package = settings.get("package_name_override")
    if not isinstance(package, str) or not package.isidentifier():
        raise UnusableInputError(f"{path}: package_name_override must be a Python name.")
    try:
        ConfigFile.model_validate(settings)
    except ValidationError as error:
        raise UnusableInputError(f"{path}: {_one_line(error)}") from error
    return Configuration(package, settings)


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
    source = folder / "document.json"
    source.write_text(json.dumps(document), encoding="ascii")
    with progress("Generating the client"):
        findings = _call_generator(source, configuration, project)
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


def _call_generator(source: Path, configuration: Configuration, project: Path) -> list[str]:
    """Run the generator, and return what it reports and how it crashed."""
    # Importing it takes most of a second; usage errors and Ctrl-C need not wait for that.
    import openapi_python_client as generator  # noqa: PLC0415
    from openapi_python_client.config import Config, ConfigFile, MetaType  # noqa: PLC0415

    # It asks the system's tables whether `.json` is JSON.
    mimetypes.init(files=[])
    config = Config.from_sources(
        ConfigFile.model_validate({**configuration.settings, "post_hooks": []}),
        # Any kind but `none` writes py.typed and a pyproject.toml that holds the formatter's settings.
        MetaType.UV,
        document_source=source,
        file_encoding="utf-8",
        overwrite=False,
        output_path=project,
    )
    with _readable_texts() as texts, contextlib.redirect_stdout(io.StringIO()):
        try:
            reported = generator.generate(config=config)
        except OSError as error:
            return [_one_line(system_error(error))]
        except Exception as error:  # noqa: BLE001 - it has no errors of its own for what it cannot do
            return [
                f"The generator crashed ({_where(error)}): {type(error).__name__}: {_one_line(error, texts)}"
            ]
    return [
        _one_line(": ".join(str(part).strip(" :\n") for part in (e.header, e.detail) if part), texts)
        for e in reported
    ]


@contextlib.contextmanager
def _readable_texts() -> Iterator[list[str]]:
    """Let the generator's messages show the document's texts.

    The generator wraps them in a class without a `repr`, so that none gets into code by mistake; its messages
    then show addresses. Here the `repr` is a mark with a number, as harmless as an address, and the number
    leads to the text.
    """
    from openapi_python_client.schema.untrusted_string import UntrustedString  # noqa: PLC0415 - as above

    texts: list[str] = []

    def mark(text: UntrustedString) -> str:
        texts.append(text.get_untrusted_value())
        return f"{_MARK}{len(texts) - 1}>"

    UntrustedString.__repr__ = mark  # type: ignore[assignment, method-assign]
    try:
        yield texts
    finally:
        del UntrustedString.__repr__


_MARK = "<text of the document, number "


def _one_line(message: object, texts: Sequence[str] = ()) -> str:
    """Fit a message into one line that is safe on a terminal."""
    text = re.sub(rf"{_MARK}(\d+)>", lambda match: repr(texts[int(match[1])]), str(message))
    text = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in " ".join(text.split())
    )
    return text if len(text) <= LONGEST_FINDING else text[:LONGEST_FINDING] + " …"


def _where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"


def _compile_all(package: Path) -> Iterator[str]:
    """Compile every module; Python's warnings about one count as well."""
    for file in sorted(package.rglob("*.py")):
        content = file.read_bytes()
        name = file.relative_to(package.parent).as_posix()
        if _MARK.encode() in content:
            yield f"{name}: a text of the document got into the code where none belongs."
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                compile(content, name, "exec", dont_inherit=True)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                line = f", line {error.lineno}" if isinstance(error, SyntaxError) else ""
                yield f"{name}{line}: {type(error).__name__}: {_one_line(getattr(error, 'msg', error))}"


def _format(project: Path, inherit: Sequence[int]) -> list[str]:
    """Run the formatter as the generator would, but with the generated settings alone."""
    ruff = [sys.executable, "-m", "ruff"]
    # The folder is one that git ignores, and a tag may be called "dist".
    settings = ["--config", "exclude = []", "--config", "format.line-ending = 'lf'"]
    options = ["--no-cache", "--no-respect-gitignore", "--quiet", *settings]
    for command in (["check", "--fix-only"], ["format"]):
        done = _child([*ruff, *command, *options, "."], project, inherit)
        if done.returncode != 0:
            said = _one_line(done.stderr or done.stdout)
            return [f"ruff {command[0]} ended with {done.returncode}: {said}"]
    return []


def _import_all(package: Path, inherit: Sequence[int]) -> list[str]:
    """Import every module in a fresh process."""
    arguments = ["-I", "-B", importable.__file__, str(package.parent), package.name]
    done = _child([sys.executable, *arguments], package.parent, inherit)
    try:
        return [_one_line(finding) for finding in json.loads(done.stdout)]
    except ValueError:
        return [f"Importing the modules ended with {done.returncode}: {_one_line(done.stderr)}"]


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
