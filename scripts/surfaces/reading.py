"""Read the parts of a package from its text; nothing of it is run."""

from __future__ import annotations

import ast
import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from scripts.command import UnusableInputError
from scripts.surfaces.annotations import NOTHING, Names, dotted_name, joined, types_of
from scripts.surfaces.parts import (
    Alias,
    Attribute,
    Class,
    Constant,
    Function,
    Module,
    Operation,
    Package,
    Parameter,
    is_public,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LARGEST = 16_000_000
"""Bytes that a module may have; the largest that the generator makes of the vendor's has a thousandth."""

_PLACES = {"query": "query", "headers": "header", "cookies": "cookie"}


class Text:
    """A module's text, to cite from."""

    def __init__(self, text: str) -> None:
        """Take the text; its lines end with a line feed."""
        self._lines = [line.encode() for line in text.split("\n")]

    def of(self, node: ast.expr | None) -> str:
        """Write an expression as the module does, on one line."""
        if node is None or node.end_lineno is None:
            return ""
        lines = self._lines[node.lineno - 1 : node.end_lineno]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        whole = ""
        for line in (line.decode().strip() for line in lines):
            closes = line[:1] in {")", "]", "}"}
            whole = whole.removesuffix(",") if closes else whole
            whole += line if closes or whole[-1:] in {"", "(", "[", "{"} else f" {line}"
        return whole


class Source(NamedTuple):
    """A module's file, and its text."""

    file: Path
    text: str


def read_sources(folder: Path) -> dict[str, Source]:
    """Read the modules of a package.

    Args:
        folder: The package's folder.

    Returns:
        The modules, by their names within the package; its own is empty.

    Raises:
        UnusableInputError: It is no package, or cannot be read.
    """
    if not folder.is_dir():
        raise UnusableInputError(
            f"{folder}: there is no such folder; the folder of a generated package belongs here."
        )
    if not (folder / "__init__.py").is_file():
        raise UnusableInputError(
            f"{folder} is no Python package: it has no __init__.py. The folder of a generated package "
            "belongs here, as generated/voucherify_client."
        )
    sources = {}
    for path, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            if name.endswith(".py"):
                file = Path(path) / name
                parts = file.relative_to(folder).with_suffix("").parts
                # Where both are there, Python takes the folder before the file.
                sources[".".join(part for part in parts if part != "__init__")] = Source(file, _text(file))
    return sources


def _text(file: Path) -> str:
    try:
        if not file.is_file() or file.stat().st_size > LARGEST:
            raise UnusableInputError(
                f"{file} is no file of less than {LARGEST // 1_000_000} MB, so no module."
            )
        text = file.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise UnusableInputError(
            f"{file} is not UTF-8 at byte {error.start}, so no generated module."
        ) from error
    except OSError as error:
        raise UnusableInputError(f"{file}: {error.strerror}.") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_module(name: str, source: Source) -> Module:
    """Read a module.

    Args:
        name: Its name within the package.
        source: Its file and text.

    Returns:
        What it defines.

    Raises:
        UnusableInputError: It is no Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _Reader(name, source, ast.parse(source.text)).module
    except SyntaxError as error:
        raise UnusableInputError(
            f"{source.file}, line {error.lineno or 1}: no Python: {error.msg}."
        ) from error
    except (ValueError, RecursionError, MemoryError) as error:
        said = str(error) or type(error).__name__
        raise UnusableInputError(f"{source.file}: no Python that can be read: {said}.") from error


class _Reader:
    """Reads one module."""

    def __init__(self, name: str, source: Source, tree: ast.Module) -> None:
        self.module = Module(name)
        self._text = Text(source.text)
        around = name.split(".") if name else []
        self._around = around if source.file.name == "__init__.py" else around[:-1]
        body = [*_unconditional(tree.body)]
        defined = {
            one.name for one in body if isinstance(one, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        }
        defined |= {target for one in body for target, _ in _assigned(one)}
        for one in body:
            self._import(one)
        self._names = Names(name, frozenset(defined), self.module.imported)
        for one in body:
            self._define(one)
        writer = next(
            (one for one in body if isinstance(one, ast.FunctionDef) and one.name == "_get_kwargs"), None
        )
        if writer is not None:
            self._operation(writer)

    def _import(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Import):
            for alias in statement.names:
                first = alias.name.partition(".")[0]
                self.module.imported[alias.asname or first] = (alias.name if alias.asname else first, False)
        elif isinstance(statement, ast.ImportFrom):
            source = statement.module or ""
            if statement.level:
                source = joined(*self._around[: len(self._around) - statement.level + 1], source)
            for alias in statement.names:
                self.module.imported[alias.asname or alias.name] = (
                    joined(source, alias.name), bool(statement.level),
                )  # fmt: skip

    def _define(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.ClassDef):
            self.module.classes[statement.name] = self._class(statement)
        elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.module.functions[statement.name] = self._function(statement)
        for name, value in _assigned(statement):
            annotation = statement.annotation if isinstance(statement, ast.AnnAssign) else None
            if name == "__all__":
                listed = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
                self.module.exported = frozenset(
                    str(one.value) for one in listed if isinstance(one, ast.Constant)
                )
            elif annotation is None and isinstance(value, (ast.Subscript, ast.BinOp)):
                self.module.aliases[name] = Alias(
                    joined(self.module.name, name), self._text.of(value), types_of(value, self._names)
                )
            else:
                self.module.constants[name] = Constant(
                    self._text.of(annotation), types_of(annotation, self._names), self._text.of(value)
                )

    # Functions

    def _function(
        self, function: ast.FunctionDef | ast.AsyncFunctionDef, *, method: bool = False
    ) -> Function:
        decorators = {dotted_name(one) for one in function.decorator_list}
        kind = "async def" if isinstance(function, ast.AsyncFunctionDef) else "def"
        kind = next((one for one in ("property", "classmethod", "staticmethod") if one in decorators), kind)
        parameters = [*self._parameters(function.args)]
        if method and kind != "staticmethod":
            del parameters[:1]
        return Function(
            kind, tuple(parameters), self._text.of(function.returns), types_of(function.returns, self._names)
        )

    def _parameters(self, arguments: ast.arguments) -> Iterator[Parameter]:
        positional = [*arguments.posonlyargs, *arguments.args]
        missing: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        for one, default in zip(positional, [*missing, *arguments.defaults], strict=True):
            yield self._parameter(one, "positional", default)
        if arguments.vararg is not None:
            yield self._parameter(arguments.vararg, "*", None)
        for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
            yield self._parameter(one, "keyword", default)
        if arguments.kwarg is not None:
            yield self._parameter(arguments.kwarg, "**", None)

    def _parameter(self, one: ast.arg, kind: str, default: ast.expr | None) -> Parameter:
        return Parameter(
            one.arg, one.arg, kind, self._text.of(one.annotation), types_of(one.annotation, self._names),
            self._text.of(default) if default is not None else None,
        )  # fmt: skip

    # Classes

    def _class(self, definition: ast.ClassDef) -> Class:
        wires: dict[str, str] = {}
        methods: dict[str, Function] = {}
        attributes: list[Attribute] = []
        for statement in definition.body:
            if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                methods[statement.name] = self._function(statement, method=True)
                wires |= _wires(statement) if statement.name == "_table" else {}
                attributes += self._set(statement) if statement.name == "__init__" else []
        made = not attributes and "__init__" not in methods
        for statement in definition.body:
            if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                attributes += self._attribute(statement.target.id, statement, wires, made=made)
            elif isinstance(statement, ast.Assign):
                attributes += [
                    Attribute(name, name, self._text.of(value), NOTHING, None)
                    for name, value in _assigned(statement)
                    if is_public(name)
                ]
        return Class(
            joined(self.module.name, definition.name),
            tuple(self._names.meaning(dotted_name(base))[0] for base in definition.bases),
            tuple(attributes),
            {name: method for name, method in methods.items() if is_public(name) or name.endswith("__")},
        )

    def _attribute(
        self, name: str, statement: ast.AnnAssign, wires: dict[str, str], *, made: bool
    ) -> Iterator[Attribute]:
        """Read a declared attribute; of what attrs is told about it, what changes the constructor."""
        value = statement.value
        told: dict[str, ast.expr] = {}
        if isinstance(value, ast.Call) and dotted_name(value.func).endswith("field"):
            told = {each.arg: each.value for each in value.keywords if each.arg is not None}
            value = told.get("default", told.get("factory"))
        text, types = self._text.of(statement.annotation), types_of(statement.annotation, self._names)
        key = wires.get(name, name)
        parameter = None
        if made and not _is(told.get("init"), value=False):
            alias = told.get("alias")
            called = str(alias.value) if isinstance(alias, ast.Constant) else name.lstrip("_")
            kind = "keyword" if _is(told.get("kw_only"), value=True) else "positional"
            default = self._text.of(value) if value is not None else None
            parameter = Parameter(called, key, kind, text, types, default)
        if parameter is not None or is_public(name):
            yield Attribute(name if is_public(name) else "", key, text, types, parameter)

    def _set(self, constructor: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Attribute]:
        """Read the attributes that a constructor sets to what it was given."""
        given = {one.arg: one.annotation for one in constructor.args.args}
        for statement in constructor.body:
            for target in statement.targets if isinstance(statement, ast.Assign) else []:
                if isinstance(target, ast.Attribute) and is_public(target.attr):
                    annotation = given.get(target.attr)
                    types = types_of(annotation, self._names)
                    yield Attribute(target.attr, target.attr, self._text.of(annotation), types, None)

    # Operations

    def _operation(self, writer: ast.FunctionDef) -> None:
        request = next((_calls(writer, "write_request")), None)
        if request is None or not request.args:
            return
        method, *parts = request.args
        keys: dict[str, str] = {"body": "body"}
        path = ""
        for number, part in enumerate(parts):
            path += str(part.value) if isinstance(part, ast.Constant) else ""
            for wire, argument in _arguments(part):
                keys[argument] = f"path {number}"
                path += f"{{{wire}}}"
        for keyword in request.keywords:
            place = _PLACES.get(keyword.arg or "")
            keys |= {argument: f"{place} {wire}" for wire, argument in _arguments(keyword.value) if place}
        functions = {
            name: function._replace(
                parameters=tuple(
                    each._replace(key=keys.get(each.name, each.name)) for each in function.parameters
                )
            )
            for name, function in self.module.functions.items()
            if is_public(name)
        }
        verb = str(method.value).upper() if isinstance(method, ast.Constant) else ""
        self.module.operation = Operation(self.module.name, verb, path, functions)


def _unconditional(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield a module's statements, and those that only type checkers see."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            yield from statement.body


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield the variables that a statement gives a value."""
    if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
        for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
            if isinstance(target, ast.Name):
                yield target.id, statement.value


def _is(expression: ast.expr | None, *, value: bool) -> bool:
    return isinstance(expression, ast.Constant) and expression.value is value


def _calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and dotted_name(node.func).rpartition(".")[2] == name:
            yield node


def _constant(expression: ast.expr) -> str:
    return str(expression.value) if isinstance(expression, ast.Constant) else ""


def _wires(table: ast.AST) -> dict[str, str]:
    """Return the names on the wire of a model's attributes."""
    return {
        _constant(call.args[1]): _constant(call.args[0])
        for call in _calls(table, "Field")
        if len(call.args) > 1
    }


def _arguments(expression: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield what a part of a request writes: names on the wire, and the arguments that they are given by."""
    for call in _calls(expression, "Argument"):
        if len(call.args) > 1:
            yield _constant(call.args[0]), dotted_name(call.args[1])


def read_packages(old: Path, new: Path) -> tuple[Package, Package]:
    """Read two packages; a module that is the same in both is read once.

    Args:
        old: The folder of the older one.
        new: The folder of the newer one.

    Returns:
        Both.

    Raises:
        UnusableInputError: One is no package, or cannot be read.
    """
    sources, newer = read_sources(old), read_sources(new)
    modules = {name: read_module(name, source) for name, source in sources.items()}
    return Package(modules), Package(
        {
            name: modules[name]
            if name in sources and _same(sources[name], source)
            else read_module(name, source)
            for name, source in newer.items()
        }
    )


def _same(one: Source, other: Source) -> bool:
    return (one.text, one.file.name) == (other.text, other.file.name)
