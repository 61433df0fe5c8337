"""What the generated code holds, read from its text; nothing of it is run.

What the code claims twice is read twice: in the annotations, which type checkers and users see, and in the
tables of shapes, by which answers are decoded and requests are written.
"""

from __future__ import annotations

import ast
import contextlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

PLACEHOLDER = re.compile(r"{([^{}]*)}")

_SENDERS = ("sync_detailed", "asyncio_detailed")
_LOCATIONS = {"query": "query", "header": "headers", "cookie": "cookies"}
_VALUES = "_VALUES"
"""How the names end under which enums list their values."""

_SCALARS = {
    "BINARY": "string",
    "BOOLEAN": "boolean",
    "BinaryIO": "string",
    "DATE": "string",
    "DATE_TIME": "string",
    "File": "string",
    "INTEGER": "integer",
    "NUMBER": "number",
    "TEXT": "string",
    "UNIQUE": "string",
    "UUID": "string",
    "bool": "boolean",
    "bytes": "string",
    "date": "string",
    "datetime": "string",
    "float": "number",
    "int": "integer",
    "str": "string",
}
"""Python's types and the names of simple shapes, with the JSON type that each one holds."""

_LISTS = frozenset({"ListOf", "Sequence", "list"})
_MAPPINGS = frozenset({"Mapping", "OBJECT", "dict"})
_OTHERS = {"ANYTHING": "any", "Any": "any", "NULL": "none", "None": "none"}
_UNIONS = frozenset({"Optional", "Union"})


class Name(NamedTuple):
    """Something that a module defines: the module within the package, and the name there."""

    module: str
    name: str


class Type(NamedTuple):
    """One member of a union, of an annotation or of a shape.

    Attributes:
        kind: `class`, `list`, `mapping`, `literal`, `scalar`, `none`, `any` or `unknown`.
        definition: For a class, where it is.
        name: For a scalar, the JSON type.
        inner: What a list or a mapping holds.
        values: The values of a literal, with their types, as 1 and true are alike in Python.
    """

    kind: str
    definition: Name | None = None
    name: str = ""
    inner: frozenset[Type] = frozenset()
    values: frozenset[tuple[str, str | float | None]] = frozenset()


Types: TypeAlias = frozenset[Type]
"""A union. That a value may be missing is not among its members."""

ANYTHING = Type("any")
NOTHING = Type("none")
_NOTHING: Types = frozenset()
_UNKNOWN = Type("unknown")


@dataclass(frozen=True)
class _Model:
    """A class: the annotations of its attributes, the attribute and shape of each name, and of all others."""

    attributes: dict[str, ast.expr]
    fields: dict[str, tuple[str, ast.expr]]
    further: ast.expr | None


class Written(NamedTuple):
    """An argument that is sent, and the style that it is written in; a media type stands in its place."""

    argument: str
    style: str
    explode: bool


@dataclass(frozen=True)
class Call:
    """A module that sends one operation.

    Attributes:
        module: The module within the package.
        method: The HTTP method, in lower case.
        path: The path's template, without names.
        arguments: What each argument of its functions may be.
        placeholders: What fills each place of the path, in order.
        sent: What else is sent, by where it goes and by its name on the wire.
        bodies: What is sent, by media type.
        answers: What answers are decoded to, by code (`200`, `2XX` or `default`).
        returns: What each of its functions says that they are decoded to.
    """

    module: str
    method: str
    path: str
    arguments: dict[str, Types]
    placeholders: tuple[Written, ...]
    sent: dict[tuple[str, str], Written]
    bodies: dict[str, Types]
    answers: dict[str, Types]
    returns: tuple[Types, ...]


class _Module:
    """The text of one module."""

    def __init__(self, name: str, source: str) -> None:
        """Read a module; one that is no Python holds nothing.

        Args:
            name: Its name within the package, with dots.
            source: Its text.
        """
        self.name = name
        self.imports: dict[str, Name] = {}
        self.models: dict[str, _Model] = {}
        self.functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self.values: dict[str, ast.expr] = {}
        tree = ast.Module([], [])
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            tree = ast.parse(source)
        for statement in tree.body:
            if isinstance(statement, ast.ClassDef):
                self.models[statement.name] = _model(statement)
            elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.functions[statement.name] = statement
            else:
                self.values.update(_assigned(statement))
        pending = list(tree.body)
        for inner in pending:
            if isinstance(inner, ast.ImportFrom):
                self._import(inner)
            elif isinstance(inner, (ast.ClassDef, ast.FunctionDef, ast.If)):
                pending += inner.body

    def _import(self, statement: ast.ImportFrom) -> None:
        if statement.level:
            around = self.name.split(".")[: -statement.level]
            source = ".".join([*around, statement.module or ""]).strip(".")
            for alias in statement.names:
                self.imports[alias.asname or alias.name] = Name(source, alias.name)


class Package:
    """A generated package."""

    def __init__(self, folder: Path, *, part: str = "") -> None:
        """Read a package.

        Args:
            folder: The package's folder.
            part: The folder in it to read alone; what is elsewhere is then unknown.
        """
        self._modules: dict[str, _Module] = {}
        self._claims: dict[tuple[Name, str], tuple[Types, ...]] = {}
        for file in sorted((folder / part).rglob("*.py")):
            name = ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
            with contextlib.suppress(OSError, ValueError):  # as good as missing
                self._modules[name] = _Module(name, file.read_text(encoding="utf-8"))

    # Models

    @cached_property
    def named(self) -> dict[str, list[Name]]:
        """The classes and aliases of the models, by `plain` name."""
        found: dict[str, list[Name]] = {}
        for module in self._modules.values():
            if module.name.startswith("models."):
                for name in (*module.models, *(n for n in module.values if not n.endswith(_VALUES))):
                    found.setdefault(plain(name), []).append(Name(module.name, name))
        return found

    def _model(self, name: Name) -> _Model:
        return self._modules[name.module].models[name.name]

    def taken(self, name: Name) -> frozenset[str]:
        """Return the names on the wire that a class has an attribute for."""
        model = self._model(name)
        return frozenset(
            [wire for wire, (attribute, _) in model.fields.items() if attribute in model.attributes]
        )

    def claims(self, name: Name, wire: str) -> tuple[Types, ...]:
        """Return what the attribute may be that takes a name on the wire: as annotated, and as decoded."""
        if (name, wire) not in self._claims:
            model = self._model(name)
            attribute, shape = model.fields[wire]
            claims = (self.resolve(name.module, one) for one in (model.attributes[attribute], shape))
            self._claims[name, wire] = tuple(dict.fromkeys(claims))
        return self._claims[name, wire]

    def further(self, name: Name) -> Types:
        """Return what further properties of a class may be; nothing where it takes none."""
        shape = self._model(name).further
        return frozenset({ANYTHING}) if shape is None else self.resolve(name.module, shape)

    # Annotations and shapes

    def alias(self, name: Name) -> Types:
        """Return what a class or an alias of the models stands for."""
        return self._named(name, frozenset())

    def resolve(self, module: str, expression: ast.expr) -> Types:
        """Return the union that an annotation or a shape in a module means."""
        return self._resolve(module, expression, frozenset())

    def _resolve(self, module: str, expression: ast.expr, seen: frozenset[Name]) -> Types:
        found: set[Type] = set()
        pending = [expression]
        while pending:  # a union of a thousand members nests a thousand deep
            one = pending.pop()
            if isinstance(one, ast.BinOp):
                pending += (one.left, one.right)
            elif isinstance(one, ast.Constant) and isinstance(one.value, str):
                pending += _parsed(one.value)
            elif isinstance(one, ast.Subscript):
                arguments = one.slice.elts if isinstance(one.slice, ast.Tuple) else [one.slice]
                found |= self._applied(module, one.value, arguments, seen)
            elif isinstance(one, ast.Call):
                found |= self._applied(module, one.func, one.args, seen)
            elif isinstance(one, (ast.Name, ast.Attribute)):
                found |= self._of_name(module, one, seen)
            elif isinstance(one, ast.Constant) and one.value is None:
                found.add(Type("none"))
            else:
                found.add(_UNKNOWN)
        return frozenset(found)

    def _applied(
        self, module: str, head: ast.expr, arguments: Sequence[ast.expr], seen: frozenset[Name]
    ) -> Types:
        """Return what a generic type or a shape with arguments means."""
        name = _last_name(head)
        if name in {"Literal", "OneOf"}:
            values = (value for argument in arguments for value in self._literals(module, argument))
            return frozenset({Type("literal", values=frozenset(values))})
        inner = [self._resolve(module, argument, seen) for argument in arguments]
        if name in _UNIONS:
            return frozenset().union(*inner)
        if name in {"ModelOf", "Response"} and inner:
            return inner[0]
        if name in _LISTS:
            return frozenset({Type("list", inner=frozenset().union(*inner))})
        if name in _MAPPINGS and inner:
            return frozenset({Type("mapping", inner=inner[-1])})
        return frozenset({_UNKNOWN})

    def _literals(self, module: str, argument: ast.expr) -> Iterator[tuple[str, str | float | None]]:
        """Yield the values of a literal's argument: one, or those of a tuple in a module of the models."""
        pending = [argument]
        if isinstance(argument, ast.Starred) and isinstance(argument.value, ast.Name):
            held = self._modules[module]
            name = held.imports.get(argument.value.id, Name(module, argument.value.id))
            source = self._modules.get(name.module)
            values = source.values.get(name.name) if source is not None else None
            pending = values.elts if isinstance(values, ast.Tuple) else []
        for one in pending:
            with contextlib.suppress(ValueError):
                value = ast.literal_eval(one)
                yield type(value).__name__, value

    def _of_name(self, module: str, name: ast.Name | ast.Attribute, seen: frozenset[Name]) -> Types:
        local = _last_name(name)
        held = self._modules.get(module)
        if held is not None and isinstance(name, ast.Name):
            if local in held.models or local in held.values:
                return self._named(Name(module, local), seen)
            imported = held.imports.get(local)
            if imported is not None and imported.module.startswith("models"):
                return self._named(imported, seen)
        return _python(local)

    def _named(self, name: Name, seen: frozenset[Name]) -> Types:
        module = self._modules.get(name.module)
        if module is None or name in seen:
            return frozenset({_UNKNOWN})
        if name.name in module.models:
            return frozenset({Type("class", name)})
        if name.name in module.values:
            return self._resolve(name.module, module.values[name.name], seen | {name})
        return frozenset({_UNKNOWN})

    # Operations

    @cached_property
    def calls(self) -> list[Call]:
        """The modules that send operations."""
        calls = (self._call(module) for module in self._modules.values() if module.name.startswith("api."))
        return [call for call in calls if call is not None]

    def _call(self, module: _Module) -> Call | None:
        writer = module.functions.get("_get_kwargs")
        senders = [module.functions[name] for name in _SENDERS if name in module.functions]
        request = next(_returned(writer, "write_request"), None) if writer is not None else None
        if request is None or len(senders) < len(_SENDERS):
            return None
        method, *parts = request.args or [ast.Constant("")]
        shared = set.intersection(*({one.arg for one in _arguments(sender)} for sender in senders))
        arguments = {
            one.arg: self.resolve(module.name, one.annotation)
            for one in _arguments(senders[0])
            if one.annotation is not None and one.arg in shared
        }
        keywords = {keyword.arg: keyword.value for keyword in request.keywords}
        sent = {
            (location, name): written
            for location, keyword in _LOCATIONS.items()
            if keyword in keywords
            for name, written in _written(keywords[keyword])
            if written.argument in arguments
        }
        return Call(
            module.name,
            _text(method).lower(),
            "".join(_text(part) if isinstance(part, ast.Constant) else "{}" for part in parts),
            arguments,
            tuple(
                next(_written(part), ("", Written("", "", explode=False)))[1]
                for part in parts
                if not isinstance(part, ast.Constant)
            ),
            sent,
            dict(self._bodies(module)) if {"body", "bodies"} <= keywords.keys() else {},
            dict(self._answers(module)),
            tuple(
                self.resolve(module.name, sender.returns) for sender in senders if sender.returns is not None
            ),
        )

    def _bodies(self, module: _Module) -> Iterator[tuple[str, Types]]:
        for call in _calls(module.values.get("_BODIES"), "Body"):
            media_type, shape = _padded(call.args, 2)
            yield _text(media_type), self.resolve(module.name, shape)

    def _answers(self, module: _Module) -> Iterator[tuple[str, Types]]:
        for call in _calls(module.values.get("_ANSWERS"), "Answer"):
            lowest, highest, _, shape = _padded(call.args, 4)
            yield _code(_text(lowest), _text(highest)), self.resolve(module.name, shape)


def plain(name: str) -> str:
    """Return what stays of a name whatever the rules of writing it: its letters and digits."""
    return "".join(c for c in name if c.isalnum()).casefold()


def _python(name: str) -> Types:
    """Return what a name of Python, of its libraries or of the shapes stands for."""
    if name == "Unset":
        return _NOTHING
    if name in _SCALARS:
        return frozenset({Type("scalar", name=_SCALARS[name])})
    if name in _LISTS:
        return frozenset({Type("list", inner=frozenset({ANYTHING}))})
    if name in _MAPPINGS:
        return frozenset({Type("mapping", inner=frozenset({ANYTHING}))})
    return frozenset({Type(_OTHERS.get(name, "unknown"))})


def _parsed(text: str) -> Iterator[ast.expr]:
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        yield ast.parse(text, mode="eval").body


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _text(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) and node.value is not None else ""


def _padded(arguments: Sequence[ast.expr], length: int) -> list[ast.expr]:
    """Return so many arguments, with None for those that are not there."""
    return [*arguments, *[ast.Constant(None)] * length][:length]


def _calls(tree: ast.AST | None, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a function in a tree, in the order of the code."""
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Call) and _last_name(node.func) == name:
            yield node


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield the variable that a statement gives a value, and the value."""
    if not isinstance(statement, (ast.Assign, ast.AnnAssign)) or statement.value is None:
        return
    for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
        if isinstance(target, ast.Name):
            yield target.id, statement.value


def _model(definition: ast.ClassDef) -> _Model:
    attributes = {
        statement.target.id: statement.annotation
        for statement in definition.body
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
    }
    fields = {}
    further = None
    for table in (call for statement in definition.body for call in _returned(statement, "Table")):
        for field in table.args:
            if isinstance(field, ast.Call):
                wire, attribute, shape = _padded(field.args, 3)
                fields[_text(wire)] = (_text(attribute), shape)
        further = next((keyword.value for keyword in table.keywords if keyword.arg == "additional"), None)
    return _Model(attributes, fields, further)


def _returned(function: ast.AST, name: str) -> Iterator[ast.Call]:
    """Yield what a function returns where that is the call of this name."""
    for statement in function.body if isinstance(function, ast.FunctionDef) else ():
        call = statement.value if isinstance(statement, ast.Return) else None
        if isinstance(call, ast.Call) and _last_name(call.func) == name:
            yield call


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _written(expression: ast.expr) -> Iterator[tuple[str, Written]]:
    """Yield what is written into a part of a request, with its name on the wire."""
    for call in _calls(expression, "Argument"):
        name, argument, style, explode, media_type = _padded(call.args, 5)
        written = _text(media_type) or _text(style)
        yield _text(name), Written(_last_name(argument), written, _text(explode) == "True")


def _code(lowest: str, highest: str) -> str:
    """Write the ends of a range of status codes as the document does."""
    if lowest == highest:
        return lowest
    whole = (lowest[1:], highest[1:], lowest[:1]) == ("00", "99", highest[:1])
    return f"{lowest[0]}XX" if whole else "default"
