"""Call the generator: openapi-python-client, with our templates.

This is the one module that imports it, as neither its Python interface nor its templates are promised to be
stable. The same document gives the same bytes on every run.
"""

from __future__ import annotations

import contextlib
import io
import re
import shutil
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.command import UnusableInputError, system_error
from scripts.naming import WIRE_NAMES, name_all, schemas_in
from scripts.notes import Kind, Note
from scripts.preparation.documents import METHODS, child
from scripts.preparation.names import module_name
from scripts.rendering import Code, model_code, natural, operation_code, text, values_of
from scripts.source import read_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openapi_python_client.config import Config
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.errors import GeneratorError

    from scripts.command import Document
    from scripts.rendering import Tags

TEMPLATES = Path(__file__).resolve().parent / "templates"
SUPPORT = Path(__file__).resolve().parent / "support"

TAKEN_CLASSES = frozenset(
    {"Any", "AuthenticatedClient", "Client", "File", "Literal", "Response", "UNSET", "UUID", "Unset"}
)
"""Names that the generated modules use beside those of models and enums."""

KNOWN_MEDIA_TYPES = frozenset(
    {
        "application/json",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
    }
)

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
    if settings.get("literal_enums", True) is not True:
        raise UnusableInputError(
            f"{path}: literal_enums must be true; an enum class cannot hold a value that the server adds."
        )
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
        complete: Whether it came to its end; else there may be no package, or part of one.
    """

    findings: list[str]
    notes: list[Note]
    complete: bool = True


def generate(
    document: Document, configuration: Configuration, project: Path, *, sha256: str = ""
) -> Generated:
    """Run the generator.

    Args:
        document: The prepared document.
        configuration: The generator's configuration.
        project: The folder to make, with the package in it.
        sha256: The hash of the document as it is kept, for the package to name; empty where none is kept.

    Returns:
        What the generator reports. The package is whole when it reports nothing.
    """
    with _readable_texts() as texts, contextlib.redirect_stdout(io.StringIO()):
        try:
            reported, notes = _build(document, configuration, project, sha256)
        except OSError as error:
            return Generated([one_line(system_error(error))], [], complete=False)
        except Exception as error:  # noqa: BLE001 - it has no errors of its own for what it cannot do
            crash = (
                f"The generator crashed ({_where(error)}): {type(error).__name__}: {one_line(error, texts)}"
            )
            return Generated([crash], [], complete=False)
    findings = [
        one_line(": ".join(str(part).strip(" :\n") for part in (e.header, e.detail) if part), texts)
        for e in reported
    ]
    return Generated(findings, notes)


def _build(
    document: Document, configuration: Configuration, project: Path, sha256: str
) -> tuple[list[GeneratorError], list[Note]]:
    # Importing it takes most of a second; usage errors and Ctrl-C need not wait for that.
    from openapi_python_client import Project  # noqa: PLC0415
    from openapi_python_client.config import Config, ConfigFile, MetaType  # noqa: PLC0415
    from openapi_python_client.parser import GeneratorData  # noqa: PLC0415
    from openapi_python_client.parser.errors import GeneratorError  # noqa: PLC0415
    from openapi_python_client.strings import PythonIdentifier  # noqa: PLC0415

    config = Config.from_sources(
        ConfigFile.model_validate({"literal_enums": True, **configuration.settings, "post_hooks": []}),
        # Any kind but `none` writes py.typed and a pyproject.toml that holds the formatter's settings.
        MetaType.UV,
        document_source=Path(),  # not read: the document is handed over as it is
        file_encoding="utf-8",
        overwrite=False,
        output_path=project,
    )
    named = name_all(document, lambda name: str(PythonIdentifier(name, config.field_prefix)))
    notes = named.notes + _rename_classes(named.document, config)
    _take_all_media_types(named.document, config)
    info = named.document["info"]
    info.update({key: _without_surrogates(words) for key, words in info.items() if isinstance(words, str)})
    with _without_copies():
        data = GeneratorData.from_dict(named.document, config=config)
    if isinstance(data, GeneratorError):
        return [data], notes
    code = Code(plain=_class_name(named.plain, config), tags=_tags(named.document, config))
    data.models = [model for model in data.models if model.class_info.name != code.plain]
    client = Project(openapi=data, config=config, custom_template_path=TEMPLATES)
    client.env.globals.update(
        model_code=lambda model: model_code(model, (model.data.model_extra or {}).get(WIRE_NAMES, {}), code),
        operation_code=lambda endpoint: operation_code(
            endpoint, named.operations[text(endpoint.path), endpoint.method], code
        ),
        values_of=values_of,
        in_order=lambda lines: sorted(lines, key=natural),
        support=lambda name: (SUPPORT / f"{name}.py").read_text(encoding="utf-8"),
        specification=_specification(info, sha256),
    )
    escape = client.env.filters["safe_for_docstring"]
    client.env.filters["safe_for_docstring"] = lambda words: escape(_without_surrogates(words))
    reported = list(client.build())
    for file in sorted(SUPPORT.glob("_[!_]*.py")):
        shutil.copyfile(file, client.package_dir / file.name)
    return reported + _overwritten(data), notes


def _specification(info: dict[str, Any], sha256: str) -> dict[str, str]:
    """Say, as code, which document a package is from."""
    words = {"title": info.get("title"), "version": info.get("version"), "sha256": sha256}
    return {name: repr(_without_surrogates(word)) for name, word in words.items()}


def _without_surrogates(words: object) -> str:
    """Replace what no file can hold."""
    return text(words).encode("utf-8", "replace").decode()


def _class_name(component: str, config: Config) -> str:
    from openapi_python_client.parser.properties.schemas import Class  # noqa: PLC0415 - as above

    return str(Class.from_string(string=component, config=config).name)


def _rename_classes(document: dict[str, Any], config: Config) -> list[Note]:
    """Keep classes apart from what the generated modules use, and modules from one another."""
    from openapi_python_client.config import ClassOverride  # noqa: PLC0415 - as above
    from openapi_python_client.strings import PythonIdentifier  # noqa: PLC0415 - as above

    notes = []
    by_class = {_class_name(component, config): component for component in document["components"]["schemas"]}
    for name in sorted(by_class.keys() - config.class_overrides.keys()):
        new = name
        while new in TAKEN_CLASSES or (new != name and new in by_class):
            new += "Model"
        usual, module = (str(PythonIdentifier(each, config.field_prefix)) for each in (new, module_name(new)))
        if (new, module) == (name, usual):
            continue
        config.class_overrides[name] = ClassOverride.model_validate(
            {"class_name": new, "module_name": module}
        )
        pointer = child("/components/schemas", by_class[name])
        what = f"{name} is {new} in Python, in the module {module}."
        why = "Its capitals would get lost." if new == name else "The generated code itself has that name."
        notes.append(Note(pointer, Kind.RENAMED, what, why))
    return notes


def _take_all_media_types(document: dict[str, Any], config: Config) -> None:
    """Let the generator take the media types that it does not know; our code reads and writes them."""
    from openapi_python_client.strings import get_content_type  # noqa: PLC0415 - as above

    for path in document.get("paths", {}).values():
        for operation in (path[method] for method in METHODS if method in path):
            for holder in (operation.get("requestBody", {}), *operation.get("responses", {}).values()):
                for media_type in holder.get("content", {}):
                    known = get_content_type(media_type, config) or ""
                    if known not in KNOWN_MEDIA_TYPES and not known.endswith("+json"):
                        config.content_type_overrides[media_type] = "application/octet-stream"


def _tags(document: dict[str, Any], config: Config) -> Tags:
    """Collect the discriminators, which the generator does not read."""
    tags: Tags = []
    for _, schema in schemas_in(document):
        discriminator = schema.get("discriminator")
        if not isinstance(discriminator, dict):
            continue
        variants = [*schema.get("oneOf", ()), *schema.get("anyOf", ())]
        components = [each["$ref"].rpartition("/")[2] for each in variants if "$ref" in each]
        mapping = discriminator.get("mapping", {})
        by_value = {value: reference.rpartition("/")[2] for value, reference in mapping.items()}
        implied = {each: each for each in components if each not in by_value.values()}
        classes = {value: _class_name(each, config) for value, each in {**implied, **by_value}.items()}
        tag = (discriminator["propertyName"], classes)
        if tag not in tags:
            tags.append(tag)
    return tags


def _overwritten(data: GeneratorData) -> list[GeneratorError]:
    """Find modules that were written twice: of two things with one name, the first one is lost."""
    from openapi_python_client.parser.errors import GeneratorError  # noqa: PLC0415 - as above

    modules = [("models", str(each.class_info.module_name)) for each in [*data.models, *data.enums]]
    for tag, collection in data.endpoint_collections_by_tag.items():
        modules += [(f"api/{tag}", str(endpoint.name)) for endpoint in collection.endpoints]
    return [
        GeneratorError(
            header=f"{folder}/{name}.py", detail=f"{count} things of the document have this module"
        )
        for (folder, name), count in Counter(modules).items()
        if count > 1
    ]


@contextlib.contextmanager
def _without_copies() -> Iterator[None]:
    """Spare the generator half its time.

    It copies each operation, and all schemas that this leads to, three times over, and throws the original
    away each time.
    """
    from openapi_python_client.parser import openapi  # noqa: PLC0415 - as above

    copies = vars(openapi)["deepcopy"]
    vars(openapi)["deepcopy"] = lambda operation: operation
    try:
        yield
    finally:
        vars(openapi)["deepcopy"] = copies


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
