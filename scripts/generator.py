"""Call the generator: openapi-python-client, with our templates.

This is the one module that imports it, as neither its Python interface nor its templates are promised to be
stable. The same document gives the same bytes on every run.
"""

from __future__ import annotations

import contextlib
import copy
import io
import re
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.command import UnusableInputError, system_error
from scripts.source import read_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.command import Document
    from scripts.notes import Note

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


def read_configuration(path: Path) -> Configuration:
    """Read the generator's configuration.

    Args:
        path: A YAML file with the generator's own keys.

    Returns:
        The configuration.

    Raises:
        UnusableInputError: The file cannot be read, or has keys or values that the generator does not know.
    """
    from openapi_python_client.config import ConfigFile  # noqa: PLC0415 - slow; see `_build`
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
        raise UnusableInputError(f"{path}: {one_line(error)}") from error
    return Configuration(package, settings)


@dataclass(frozen=True)
class Generated:
    """What came of a document.

    Attributes:
        findings: What the generator reports, or how it crashed; one line each.
        notes: The names that differ from those that the document's names alone would give. The pointers
            lead into the document that was handed in.
    """

    findings: list[str]
    notes: list[Note]


def generate(document: Document, configuration: Configuration, project: Path) -> Generated:
    """Run the generator.

    Args:
        document: The prepared document.
        configuration: The generator's configuration.
        project: The folder to make, with the package in it.

    Returns:
        What the generator reports. The package is whole when it reports nothing.
    """
    with _readable_texts() as texts, contextlib.redirect_stdout(io.StringIO()):
        try:
            reported = _build(document, configuration, project)
        except OSError as error:
            return Generated([one_line(system_error(error))], [])
        except Exception as error:  # noqa: BLE001 - it has no errors of its own for what it cannot do
            crash = (
                f"The generator crashed ({_where(error)}): {type(error).__name__}: {one_line(error, texts)}"
            )
            return Generated([crash], [])
    findings = [
        one_line(": ".join(str(part).strip(" :\n") for part in (e.header, e.detail) if part), texts)
        for e in reported
    ]
    return Generated(findings, [])


def _build(document: Document, configuration: Configuration, project: Path) -> Sequence[Any]:
    # Importing it takes most of a second; usage errors and Ctrl-C need not wait for that.
    from openapi_python_client import Project  # noqa: PLC0415
    from openapi_python_client.config import Config, ConfigFile, MetaType  # noqa: PLC0415
    from openapi_python_client.parser import GeneratorData  # noqa: PLC0415
    from openapi_python_client.parser.errors import GeneratorError  # noqa: PLC0415

    config = Config.from_sources(
        ConfigFile.model_validate({**configuration.settings, "post_hooks": []}),
        # Any kind but `none` writes py.typed and a pyproject.toml that holds the formatter's settings.
        MetaType.UV,
        document_source=Path(),  # not read: the document is handed over as it is
        file_encoding="utf-8",
        overwrite=False,
        output_path=project,
    )
    # It changes the document that it parses.
    data = GeneratorData.from_dict(copy.deepcopy(document), config=config)
    if isinstance(data, GeneratorError):
        return [data]
    return Project(openapi=data, config=config).build()


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
        return f"{MARK}{len(texts) - 1}>"

    UntrustedString.__repr__ = mark  # type: ignore[assignment, method-assign]
    try:
        yield texts
    finally:
        del UntrustedString.__repr__


MARK = "<text of the document, number "
"""What a text of the document would look like in code, were it there without being escaped."""


def one_line(message: object, texts: Sequence[str] = ()) -> str:
    """Fit a message into one line that is safe on a terminal.

    Args:
        message: Anything.
        texts: What the numbered marks in the message stand for.

    Returns:
        The line, cut where it is very long.
    """
    text = re.sub(rf"{MARK}(\d+)>", lambda match: repr(texts[int(match[1])]), str(message))
    text = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in " ".join(text.split())
    )
    return text if len(text) <= LONGEST_FINDING else text[:LONGEST_FINDING] + " …"


def _where(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{Path(frame.filename).name}, line {frame.lineno}"
