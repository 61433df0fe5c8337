"""What the generated code holds, read from its text; nothing of it is run.

It is read as a type checker and a reader would: classes with their annotations, the names on the wire that
`from_dict` takes, the requests that `_get_kwargs` makes, and the branches of `_parse_response`.
"""

from __future__ import annotations

import ast
import contextlib
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

PLACEHOLDER = re.compile(r"{([^{}]*)}")

_CONTAINERS = {"params": "query", "headers": "header", "cookies": "cookie"}
"""The variables of `_get_kwargs` that hold what is sent, and where it goes."""

_SCALARS = {
    "BinaryIO": "string",
    "File": "string",
    "FileTypes": "string",
    "UUID": "string",
    "bool": "boolean",
    "bytes": "string",
    "date": "string",
    "datetime": "string",
    "float": "number",
    "int": "integer",
    "str": "string",
    "time": "string",
}
"""Python's types, and the JSON type that each one holds."""

_LISTS = frozenset({"Collection", "Iterable", "List", "Sequence", "list", "set", "tuple"})
_MAPPINGS = frozenset({"Dict", "Mapping", "MutableMapping", "dict"})


class Name(NamedTuple):
    """Something that a module defines: the module within the package, and the name there."""

    module: str
    name: str


class Type(NamedTuple):
    """One member of an annotation's union.

    Attributes:
        kind: `class`, `list`, `mapping`, `literal`, `scalar`, `none`, `unset`, `any` or `unknown`.
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
"""A union."""

ANYTHING = Type("any")
_UNKNOWN = Type("unknown")


@dataclass(frozen=True)
class Model:
    """A class of the models.

    Attributes:
        attributes: The annotations of its attributes.
        wires: The attribute that takes each name on the wire.
    """

    attributes: dict[str, ast.expr]
    wires: dict[str, str]


@dataclass(frozen=True)
class Branch:
    """What happens to answers with certain codes: whether anything is returned, made with which names."""

    is_empty: bool
    names: frozenset[Name]


@dataclass(frozen=True)
class Call:
    """A module that sends one operation.

    Attributes:
        module: The module within the package.
        method: The HTTP method, in lower case.
        path: The path's template.
        arguments: What each argument of all its functions may be.
        placeholders: The argument that fills each place of the path, in order; None where none does.
        sent: The arguments that are sent, by where they go and their name on the wire.
        texts: All texts in the code that makes the request.
        branches: What is done with an answer, by code.
        returns: What an answer is parsed to.
    """

    module: str
    method: str
    path: str
    arguments: dict[str, Types]
    placeholders: tuple[str | None, ...]
    sent: dict[tuple[str, str], tuple[str, ...]]
    texts: frozenset[str]
    branches: dict[str, Branch]
    returns: Types


class Module:
    """The text of one module."""

    def __init__(self, name: str, source: str) -> None:
        """Read a module; one that is no Python holds nothing.

        Args:
            name: Its name within the package, with dots.
            source: Its text.
        """
        self.name = name
        body: Sequence[ast.stmt] = ()
        with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
            body = ast.parse(source).body
        self.imports: dict[str, Name] = {}
        self.models: dict[str, Model] = {}
        self.functions: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
        self.values: dict[str, ast.expr] = {}
        pending = list(reversed(body))
        while pending:
            statement = pending.pop()
            if isinstance(statement, ast.ImportFrom):
                self._import(statement)
            elif isinstance(statement, ast.ClassDef):
                self.models[statement.name] = _model(statement)
            elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
                if statement.name in _SENDERS:
                    statement.body = []  # whole trees of all modules are slow to keep
                self.functions[statement.name] = statement
            elif isinstance(statement, ast.If):
                pending += reversed(statement.body + statement.orelse)
            else:
                for target, value in _assigned(statement):
                    self.values[target] = value

    def _import(self, statement: ast.ImportFrom) -> None:
        source = statement.module or ""
        if statement.level:
            around = self.name.split(".")[: -statement.level]
            source = ".".join([*around, *([source] if source else [])])
        else:
            source = f"/{source}"  # a module outside of the package
        for alias in statement.names:
            self.imports[alias.asname or alias.name] = Name(source, alias.name)


class Package:
    """A generated package."""

    def __init__(self, folder: Path) -> None:
        """Read a package.

        Args:
            folder: The package's folder.
        """
        self._modules: dict[str, Module] = {}
        self._taken: dict[Name, frozenset[str]] = {}
        self._attributes: dict[tuple[Name, str], Types] = {}
        for file in sorted(folder.rglob("*.py")):
            name = ".".join(file.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
            try:
                self._modules[name] = Module(name, file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                continue  # as good as missing

    # Models

    @cached_property
    def named(self) -> dict[str, list[Name]]:
        """The classes and aliases of the models, by `plain` name."""
        found: dict[str, list[Name]] = {}
        for module in self._modules.values():
            if module.name.startswith("models."):
                for name in [*module.models, *(n for n in module.values if not n.isupper())]:
                    found.setdefault(plain(name), []).append(Name(module.name, name))
        return found

    def _model(self, name: Name) -> Model:
        return self._modules[name.module].models[name.name]

    def taken(self, name: Name) -> frozenset[str]:
        """Return the names on the wire that a class has an attribute for."""
        if name not in self._taken:
            model = self._model(name)
            wires = (wire for wire, attribute in model.wires.items() if attribute in model.attributes)
            self._taken[name] = frozenset(wires)
        return self._taken[name]

    def attribute(self, name: Name, wire: str) -> Types:
        """Return what the attribute may be that takes a name on the wire."""
        if (name, wire) not in self._attributes:
            model = self._model(name)
            self._attributes[name, wire] = self.resolve(name.module, model.attributes[model.wires[wire]])
        return self._attributes[name, wire]

    def further(self, name: Name) -> Types:
        """Return what further properties of a class may be; nothing where it takes none."""
        annotation = self._model(name).attributes.get("additional_properties")
        held = self.resolve(name.module, annotation) if annotation is not None else frozenset()
        return frozenset(one for mapping in held if mapping.kind == "mapping" for one in mapping.inner)

    # Annotations

    def alias(self, name: Name) -> Types:
        """Return what a class or an alias of the models stands for."""
        return self._named(name, frozenset())

    def resolve(self, module: str, annotation: ast.expr) -> Types:
        """Return the union that an annotation in a module means."""
        return self._resolve(module, annotation, frozenset())

    def _resolve(self, module: str, annotation: ast.expr, seen: frozenset[Name]) -> Types:
        found: set[Type] = set()
        pending = [annotation]
        while pending:  # a union of a thousand members nests a thousand deep
            one = pending.pop()
            if isinstance(one, ast.BinOp):
                pending += (one.left, one.right)
            elif isinstance(one, ast.Constant) and isinstance(one.value, str):
                parsed = _parsed(one.value)
                if parsed is None:
                    found.add(_UNKNOWN)
                else:
                    pending.append(parsed)
            elif isinstance(one, ast.Subscript):
                found |= self._of_subscript(module, one, seen)
            elif isinstance(one, (ast.Name, ast.Attribute)):
                found |= self._of_name(module, one, seen)
            else:
                found.add(Type("none") if isinstance(one, ast.Constant) and one.value is None else _UNKNOWN)
        return frozenset(found)

    def _of_subscript(self, module: str, annotation: ast.Subscript, seen: frozenset[Name]) -> Types:
        head = _last_name(annotation.value)
        arguments = annotation.slice.elts if isinstance(annotation.slice, ast.Tuple) else [annotation.slice]
        if head == "Literal":
            return frozenset({Type("literal", values=frozenset(_literals(arguments)))})
        inner = [self._resolve(module, argument, seen) for argument in arguments]
        if head in {"Union", "Optional"}:
            return frozenset().union(*inner)
        if head in {"Annotated", "ClassVar", "Final"}:
            return inner[0]
        if head in _LISTS:
            return frozenset({Type("list", inner=frozenset().union(*inner))})
        if head in _MAPPINGS:
            return frozenset({Type("mapping", inner=inner[-1])})
        return frozenset({_UNKNOWN})

    def _of_name(self, module: str, name: ast.Name | ast.Attribute, seen: frozenset[Name]) -> Types:
        local = _last_name(name)
        held = self._modules.get(module)
        if held is not None and isinstance(name, ast.Name):
            if local in held.models or local in held.values:
                return self._named(Name(module, local), seen)
            imported = held.imports.get(local)
            if imported is not None and not imported.module.startswith("/"):
                return self._named(imported, seen)
        return _python(local)

    def _named(self, name: Name, seen: frozenset[Name]) -> Types:
        module = self._modules.get(name.module)
        if module is None:
            return frozenset({_UNKNOWN})
        if name.name in module.models:
            if name.module.startswith("models."):
                return frozenset({Type("class", name)})
            return _python(name.name)
        if name.name in module.values and name not in seen:
            return self._resolve(name.module, module.values[name.name], seen | {name})
        imported = module.imports.get(name.name)
        if imported is not None and name not in seen:
            return self._named(imported, seen | {name})
        return _python(name.name)

    # Operations

    @cached_property
    def calls(self) -> list[Call]:
        """The modules that send operations."""
        return [
            call
            for module in self._modules.values()
            if module.name.startswith("api.") and not {"_get_kwargs", *_SENDERS} - module.functions.keys()
            for call in [self._call(module)]
            if call is not None
        ]

    def _call(self, module: Module) -> Call | None:
        function = module.functions["_get_kwargs"]
        method, url = (_value_of(function, key) for key in ("method", "url"))
        if not (isinstance(method, ast.Constant) and isinstance(method.value, str)) or url is None:
            return None
        shared = set.intersection(
            *({argument.arg for argument in _arguments(module.functions[name])} for name in _SENDERS)
        )
        arguments = {
            argument.arg: self.resolve(module.name, argument.annotation)
            for argument in _arguments(function)
            if argument.annotation is not None and argument.arg in shared
        }
        flow = _Flow(function)
        path, fillers = _template(url)
        placeholders = tuple(
            next(iter(sorted(flow.reached(filler) & arguments.keys())), None) if filler is not None else None
            for filler in fillers
        )
        texts = [node.value for node in ast.walk(function) if isinstance(node, ast.Constant)]
        parse = module.functions.get("_parse_response")
        return Call(
            module.name,
            method.value.lower(),
            path,
            arguments,
            placeholders,
            {key: tuple(sorted(names & arguments.keys())) for key, names in _sent(function, flow).items()},
            frozenset(text for text in texts if isinstance(text, str)),
            {} if parse is None else self._branches(module, parse),
            frozenset()
            if parse is None or parse.returns is None
            else self.resolve(module.name, parse.returns),
        )

    def _branches(
        self, module: Module, function: ast.FunctionDef | ast.AsyncFunctionDef
    ) -> dict[str, Branch]:
        branches: dict[str, Branch] = {}
        rest: list[ast.stmt] = []
        pending = list(reversed(function.body))
        while pending:
            statement = pending.pop()
            code = _code_of(statement.test) if isinstance(statement, ast.If) else None
            if isinstance(statement, ast.If) and code is not None:
                branches.setdefault(code, self._branch(module, statement.body))
                pending += reversed(statement.orelse)
            else:
                rest.append(statement)
        branches["default"] = self._branch(module, rest)
        return branches

    def _branch(self, module: Module, body: Sequence[ast.stmt]) -> Branch:
        nodes = [node for statement in body for node in ast.walk(statement)]
        empty = all(
            node.value is None or (isinstance(node.value, ast.Constant) and node.value.value is None)
            for node in nodes
            if isinstance(node, ast.Return)
        )
        names: set[Name] = set()
        seen: set[str] = set()
        pending: list[ast.AST] = [*nodes]
        while pending:
            node = pending.pop()
            for local in _names_in(node):
                if local in seen:
                    continue
                seen.add(local)
                if local in module.imports:
                    names.add(module.imports[local])
                elif local in module.values:
                    pending += ast.walk(module.values[local])
        return Branch(empty, frozenset(names))


_SENDERS = ("sync_detailed", "asyncio_detailed")


def plain(name: str) -> str:
    """Return what stays of a name whatever the rules of writing it: its letters and digits."""
    return "".join(c for c in name if c.isalnum()).casefold()


def _python(name: str) -> Types:
    """Return what a name of Python or of its libraries stands for."""
    if name in _SCALARS:
        return frozenset({Type("scalar", name=_SCALARS[name])})
    if name in _LISTS:
        return frozenset({Type("list", inner=frozenset({ANYTHING}))})
    if name in _MAPPINGS:
        return frozenset({Type("mapping", inner=frozenset({ANYTHING}))})
    kinds = {"Any": "any", "object": "any", "None": "none", "Unset": "unset"}
    return frozenset({Type(kinds.get(name, "unknown"))})


def _parsed(text: str) -> ast.expr | None:
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        return ast.parse(text, mode="eval").body
    return None


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _literals(arguments: Iterable[ast.expr]) -> Iterator[tuple[str, str | float | None]]:
    for argument in arguments:
        try:
            value = ast.literal_eval(argument)
        except ValueError:
            continue
        yield type(value).__name__, value


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    """Yield the variables that a statement gives a value, and the value."""
    if isinstance(statement, ast.Assign):
        for target in statement.targets:
            if isinstance(target, ast.Name):
                yield target.id, statement.value
    elif isinstance(statement, ast.AnnAssign):
        if isinstance(statement.target, ast.Name) and statement.value is not None:
            yield statement.target.id, statement.value
    elif isinstance(statement, ast.For):
        if isinstance(statement.target, ast.Name):
            yield statement.target.id, statement.iter
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        function = statement.value.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            yield from ((function.value.id, argument) for argument in statement.value.args)


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield statements and those within them, but not those of inner functions."""
    pending = list(reversed(body))
    while pending:
        statement = pending.pop()
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        yield statement
        for part in ("finalbody", "orelse", "body"):
            pending += reversed(getattr(statement, part, ()))


class _Flow:
    """Where the values of a function's variables come from."""

    def __init__(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.sources: dict[str, list[ast.expr]] = {}
        for statement in _statements(function.body):
            for name, value in _assigned(statement):
                self.sources.setdefault(name, []).append(value)

    def expressions(self, start: ast.expr) -> Iterator[ast.expr]:
        """Yield an expression and all that its variables come from, the nearest first."""
        pending = [start]
        seen: set[str] = set()
        for expression in pending:
            yield expression
            for node in ast.walk(expression):
                if isinstance(node, ast.Name) and node.id not in seen:
                    seen.add(node.id)
                    pending += self.sources.get(node.id, ())

    def reached(self, start: ast.expr) -> set[str]:
        """Return the names that an expression's value comes from."""
        return {
            node.id
            for expression in self.expressions(start)
            for node in ast.walk(expression)
            if isinstance(node, ast.Name)
        }


def _model(definition: ast.ClassDef) -> Model:
    attributes: dict[str, ast.expr] = {}
    wires: dict[str, str] = {}
    for statement in definition.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            attributes[statement.target.id] = statement.annotation
        elif isinstance(statement, ast.FunctionDef) and statement.name == "from_dict":
            wires = _wires(statement)
    return Model(attributes, wires)


def _wires(function: ast.FunctionDef) -> dict[str, str]:
    """Return the names on the wire that `from_dict` takes, with the attribute that each one goes to."""
    flow = _Flow(function)
    wires: dict[str, str] = {}
    for statement in _statements(function.body):
        for call in ast.walk(statement):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "cls":
                for keyword in call.keywords:
                    wire = next(_taken(flow, keyword.value), None)
                    if wire is not None and keyword.arg is not None:
                        wires.setdefault(wire, keyword.arg)
    return wires


def _taken(flow: _Flow, value: ast.expr) -> Iterator[str]:
    """Yield the texts by which members are taken out of mappings on the way to a value."""
    for expression in flow.expressions(value):
        for node in ast.walk(expression):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                key = node.args[0] if node.func.attr in {"get", "pop"} else None
            elif isinstance(node, ast.Subscript) and _last_name(node.value) != "Literal":
                key = node.slice
            else:
                key = None
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _value_of(function: ast.FunctionDef | ast.AsyncFunctionDef, key: str) -> ast.expr | None:
    """Return what a function puts under a key, in a dict or by assignment."""
    for node in ast.walk(function):
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Subscript):
            pairs = zip([node.targets[0].slice], [node.value], strict=True)
        else:
            continue
        for name, value in pairs:
            if isinstance(name, ast.Constant) and name.value == key:
                return value
    return None


def _template(url: ast.expr) -> tuple[str, list[ast.expr | None]]:
    """Return a path's template, and what fills its places, in order."""
    keywords: dict[str, ast.expr] = {}
    for node in ast.walk(url):
        if isinstance(node, ast.JoinedStr):
            return _formatted(node)
        if isinstance(node, ast.Call):
            keywords.update((keyword.arg, keyword.value) for keyword in node.keywords if keyword.arg)
    texts = (node.value for node in ast.walk(url) if isinstance(node, ast.Constant))
    path = next((text for text in texts if isinstance(text, str)), "")
    return path, [keywords.get(name) for name in PLACEHOLDER.findall(path)]


def _formatted(text: ast.JoinedStr) -> tuple[str, list[ast.expr | None]]:
    path = ""
    fillers: list[ast.expr | None] = []
    for part in text.values:
        if isinstance(part, ast.FormattedValue):
            fillers.append(part.value)
            path += "{}"
        elif isinstance(part, ast.Constant):
            path += str(part.value)
    return path, fillers


def _sent(
    function: ast.FunctionDef | ast.AsyncFunctionDef, flow: _Flow
) -> dict[tuple[str, str], frozenset[str]]:
    """Return where the texts of a function's simple statements are put, and the variables beside them."""
    sent: dict[tuple[str, str], frozenset[str]] = {}
    for statement in _statements(function.body):
        if isinstance(statement, (ast.If, ast.For)):
            continue
        nodes = [*ast.walk(statement)]
        names = {node.id for node in nodes if isinstance(node, ast.Name)}
        for container, location in _CONTAINERS.items():
            if container not in names:
                continue
            reached = frozenset(
                name for local in names - _CONTAINERS.keys() for name in flow.reached(ast.Name(local))
            )
            for node in nodes:
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    key = (location, node.value)
                    sent[key] = sent.get(key, frozenset()) | reached
    return sent


def _code_of(test: ast.expr) -> str | None:
    """Return the status code that a condition asks for, as the document writes it; None for others."""
    if not isinstance(test, ast.Compare):
        return None
    parts = [test.left, *test.comparators]
    if not any(isinstance(part, ast.Attribute) and part.attr == "status_code" for part in parts):
        return None
    numbers = [part.value for part in parts if isinstance(part, ast.Constant)]
    if len(numbers) == 1 and isinstance(test.ops[0], ast.Eq):
        return str(numbers[0])
    if len(numbers) == 2 and all(isinstance(operator, ast.LtE) for operator in test.ops):  # noqa: PLR2004 - both ends
        return f"{str(numbers[0])[0]}XX"
    return None


def _names_in(node: ast.AST) -> set[str]:
    """Return the names in a node itself, those in the text of an annotation too."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return set(re.findall(r"\w+", node.value))
    return set()
