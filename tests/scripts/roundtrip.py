"""A generated client, used as its users do: answers that are read and written again, calls that are made.

Knows the generator's conventions (`_get_kwargs`, `_build_response`, `from_dict`, `to_dict`) and finds an
operation by its method and path, in whatever module it lies.
"""

from __future__ import annotations

import ast
import datetime as dt
import importlib
import inspect
import io
import itertools
import json
import re
import sys
import typing
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import httpx
from dateutil import parser

from scripts import generate, generator
from scripts.prepare import prepare
from tests.scripts.sameness import below, follow, is_json, media_examples, operations, shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from types import ModuleType

    from scripts.notes import Note

_numbers = itertools.count()


@contextmanager
def client_of(document: Any, folder: Path, *, checked: bool = True) -> Iterator[GeneratedClient]:
    """Prepare a document, generate its client under a name of its own, and import it.

    Args:
        document: The document as its source gave it.
        folder: An empty folder.
        checked: Whether it goes the whole way: formatted, imported, and held against the document.

    Yields:
        The client. Its modules are forgotten afterwards.
    """
    name = f"client_{next(_numbers)}"
    configuration = generator.read_configuration(generate.CONFIGURATION)
    configuration = replace(
        configuration, package=name, settings={**configuration.settings, "package_name_override": name}
    )
    if checked:
        made = generate.make_package(document, configuration, folder)
        package, notes = made.package, [*made.ledger.notes]
    else:
        prepared = prepare(document)
        generated = generator.generate(prepared.document, configuration, folder / "project")
        assert generated.findings == [], generated.findings
        notes = [*prepared.notes, *generated.notes]
        package = folder / "project" / name
    sys.path.insert(0, str(package.parent))
    try:
        yield GeneratedClient(package, notes)
    finally:
        sys.path.remove(str(package.parent))
        for module in [module for module in sys.modules if module.partition(".")[0] == name]:
            del sys.modules[module]


class GeneratedClient:
    """A package that was generated."""

    def __init__(self, package: Path, notes: Sequence[Note] = ()) -> None:
        """Find its operations.

        Args:
            package: Its folder; the folder above it is on Python's path.
            notes: What was done to the document.
        """
        self.notes = notes
        importlib.invalidate_caches()
        self._name = package.name
        self._modules: dict[tuple[str, str], list[str]] = {}
        for file in sorted(package.glob("api/*/*.py")):
            target = _target(file.read_text(encoding="utf-8"))
            if target:
                parts = file.relative_to(package.parent).with_suffix("").parts
                self._modules.setdefault(target, []).append(".".join(parts))
        library = importlib.import_module(f"{self._name}.client")
        self._client = library.Client(base_url="http://localhost")

    @property
    def count(self) -> int:
        """How many operations it has."""
        return sum(map(len, self._modules.values()))

    def module(self, operation: str) -> ModuleType:
        """Return the module of an operation.

        Args:
            operation: Method and path, as in "GET /things/{id}"; the operationId may follow, to tell paths
                apart that differ in names alone.

        Returns:
            The module.

        Raises:
            KeyError: There is none.
        """
        method, path, *identifier = operation.split(" ")
        modules = self._modules[method, shape(path)]
        named = [one for one in modules if plain(one.rpartition(".")[2]) == plain("".join(identifier))]
        return importlib.import_module((named or modules)[0])

    def read(self, operation: str, code: int, value: Any, media_type: str = "application/json") -> Any:
        """Return what an answer with this JSON is parsed into."""
        response = httpx.Response(
            code, content=json.dumps(value).encode(), headers={"Content-Type": media_type}
        )
        return self.module(operation)._build_response(client=self._client, response=response).parsed

    def request(self, operation: str, arguments: dict[Any, Any]) -> httpx.Request:
        """Return the request that a call sends.

        Args:
            operation: Method and path.
            arguments: JSON by argument name, or by its number among the positional ones.
        """
        function = self.module(operation)._get_kwargs
        hints = typing.get_type_hints(function)
        names = [*inspect.signature(function).parameters]
        given = {names[key] if isinstance(key, int) else key: value for key, value in arguments.items()}
        spelled = {name if name in names else f"{name}_": value for name, value in given.items()}
        made = {name: _argument(value, hints[name]) for name, value in spelled.items()}
        return httpx.Request(**_request_settings(function(**made)))


def plain(name: str) -> str:
    """Return what stays of a name however it is written: letters and digits."""
    return "".join(filter(str.isalnum, name)).casefold()


def _target(code: str) -> tuple[str, str] | None:
    """Find the method and the path's shape that a module calls, without importing it."""
    try:
        functions = [node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    except SyntaxError:
        found = re.search(r'"method": "(\w+)",\s*"url": "([^"]*)"', code)
        return (found[1].upper(), shape(found[2])) if found else None
    for node in (node for one in functions if one.name == "_get_kwargs" for node in ast.walk(one)):
        if isinstance(node, ast.Dict):
            items = zip(node.keys, node.values, strict=True)
            pairs = {key.value: value for key, value in items if isinstance(key, ast.Constant)}
            if {"method", "url"} <= pairs.keys():
                return _texts([pairs["method"]]).upper(), shape(_texts([pairs["url"]]))
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("write_request"):
            return _texts(node.args[:1]).upper(), shape(_texts(node.args[1:]))
    return None


def _texts(expressions: Sequence[ast.expr]) -> str:
    """Join the literals among expressions; anything else is a parameter."""
    found = ""
    for expression in expressions:
        inner = expression
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            inner = inner.func.value  # "...".format(...)
        found += str(inner.value) if isinstance(inner, ast.Constant) else "{}"
    return found


def _request_settings(settings: dict[str, Any]) -> dict[str, Any]:
    return {**settings, "url": "http://localhost" + settings["url"]}


def _argument(value: Any, hint: Any) -> Any:
    """Turn JSON into what an argument wants."""
    options = typing.get_args(hint) or (hint,)
    for option in options:
        if hasattr(option, "from_dict") and isinstance(value, dict):
            return option.from_dict(value)
        if isinstance(value, str) and option is dt.datetime:
            return parser.isoparse(value)
        if isinstance(value, str) and option is dt.date:
            return dt.date.fromisoformat(value)
        if isinstance(value, str) and getattr(option, "__name__", "") == "File" and str not in options:
            return option(payload=io.BytesIO(value.encode()))
    return value


def write(value: Any) -> Any:
    """Return the JSON of something that was read."""
    if hasattr(value, "to_dict"):
        return value.to_dict()
    if isinstance(value, list):
        return [write(one) for one in value]
    if isinstance(value, dict):
        return {key: write(one) for key, one in value.items()}
    if isinstance(value, (dt.datetime, dt.date)):
        return value.isoformat()
    return value


def attribute(value: Any, path: str) -> Any:
    """Return an attribute of an attribute, as JSON; numbers lead into lists."""
    for name in path.split("."):
        if name.isdecimal():
            value = value[int(name)]
        else:
            # Python's own names have an underscore behind them.
            value = getattr(value, name if hasattr(value, name) else f"{name}_")
    return write(value)


_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d")


def equal(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are the same; texts that are date-times, as instants."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, str) and isinstance(other, str) and one != other:
        return bool(_TIME.match(one) and _TIME.match(other)) and _instant(one) == _instant(other)
    number = (int, float)
    if isinstance(one, bool) or isinstance(other, bool) or not isinstance(one, number):
        return type(one) is type(other) and bool(one == other)
    return isinstance(other, number) and one == other


def _instant(text: str) -> Any:
    try:
        moment = parser.isoparse(text)
    except ValueError:
        return text
    return moment.replace(tzinfo=moment.tzinfo or dt.UTC)


@dataclass(frozen=True)
class Example:
    """An example of an answer.

    Attributes:
        operation: Method, path and operationId.
        code: The status that is answered.
        name: What the document calls it.
        pointer: The pointer of its media type.
        value: Its JSON.
    """

    operation: str
    code: int
    name: str
    pointer: str
    value: Any


def response_examples(document: Any) -> Iterator[Example]:
    """Yield the examples of answers in JSON, those behind references too."""
    for operation in operations(document):
        for code in operation.value.get("responses") or {}:
            pointer, response = follow(document, below(operation.pointer, "responses", code))
            for media_type, content in ((response or {}).get("content") or {}).items():
                if is_json(media_type):
                    place = below(pointer, "content", media_type)
                    for title, value in media_examples(document, content).items():
                        yield Example(operation.title, status_of(code), title, place, value)


def status_of(code: str) -> int:
    """Return a status that a document's code stands for."""
    if code.isdecimal():
        return int(code)
    return int(code[0]) * 100 if code[0].isdecimal() else 418


def failure(client: GeneratedClient, operation: str, code: int, value: Any) -> str | None:
    """Read an answer, write it again, and say what is wrong, if anything."""
    try:
        back = write(client.read(operation, code, value))
    except Exception as error:  # noqa: BLE001 - whatever it is, the user cannot read this answer
        return f"{operation} {code}: {type(error).__name__}: {error}"
    if equal(value, back):
        return None
    return f"{operation} {code}: {first_difference(value, back)}"


def first_difference(one: Any, other: Any, path: str = "") -> str:
    """Name the first place where two JSON values differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in [*one, *other]:
            if key not in one or key not in other:
                return f"{path}/{key} is {'added' if key not in one else 'lost'}"
            if not equal(one[key], other[key]):
                return first_difference(one[key], other[key], f"{path}/{key}")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (first, second) in enumerate(zip(one, other, strict=True)):
            if not equal(first, second):
                return first_difference(first, second, f"{path}/{number}")
    return f"{path or '/'} was {json.dumps(one)[:200]} and is {json.dumps(other, default=repr)[:200]}"


def failures(client: GeneratedClient, examples: Sequence[Example]) -> list[str]:
    """Say which examples do not come back."""
    found = [
        (example, failure(client, example.operation, example.code, example.value)) for example in examples
    ]
    return [f"{example.name}: {wrong}" for example, wrong in found if wrong]
