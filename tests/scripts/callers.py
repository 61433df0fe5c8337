"""Code as callers write it, that uses all of a generated package: in the ordinary ways, and in rarer ones.

It is made from the package's text alone, and shares nothing with `scripts.surfaces`. A class whose name ends
with `Sent` is never received, and one that ends with `Got` is never sent.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = "some_client"

_IMPORTS = f"""
import datetime
from typing import Any, Literal, assert_never
from {PACKAGE} import AuthenticatedClient, Client
from {PACKAGE}.types import UNSET, File, Response, Unset
"""


@dataclass
class Callers:
    """Two pieces of code: one of ordinary uses, and one of rarer ones.

    Attributes:
        ordinary: Calls, constructors of what is sent, reading of what is received.
        rare: Constructors of what is received, reading of what is sent, names of generic types, a branch for
            every value.
    """

    ordinary: list[str] = field(default_factory=list)
    rare: list[str] = field(default_factory=list)


def callers_of(package: Path) -> dict[str, Callers]:
    """Write code that uses all of a package.

    Args:
        package: Its folder.

    Returns:
        The code that uses each module, by the module's name, as `models.voucher`.
    """
    names = {}
    for file in sorted(package.glob("models/*.py")):
        for statement in ast.parse(file.read_text()).body:
            name = _defined(statement)
            if name and not name.startswith("_"):
                names[name] = f"models.{file.stem}"
    found = {}
    for file in sorted([*package.glob("models/[a-z]*.py"), *package.glob("api/*/[a-z]*.py")]):
        module = ".".join(file.relative_to(package).with_suffix("").parts)
        callers = Callers()
        tree = ast.parse(file.read_text())
        used = sorted({one.id for one in ast.walk(tree) if isinstance(one, ast.Name) and one.id in names})
        imports = [_IMPORTS, *(f"from {PACKAGE}.{names[name]} import {name}" for name in used)]
        callers.ordinary += imports
        callers.rare += imports
        for statement in tree.body:
            if isinstance(statement, ast.ClassDef):
                callers.ordinary.append(f"from {PACKAGE}.{module} import {statement.name}")
                callers.rare.append(f"from {PACKAGE}.{module} import {statement.name}")
                callers.ordinary.append(f"from {PACKAGE} import models\nprint(models.{statement.name})")
                _use_class(statement, callers)
            elif isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)) and statement.name[0] != "_":
                _use_function(module, statement, callers)
            elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Subscript):
                _use_literal(module, statement, callers)
        found[module] = callers
    return found


def _defined(statement: ast.stmt) -> str:
    if isinstance(statement, ast.ClassDef):
        return statement.name
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    return target.id if isinstance(target, ast.Name) else ""


def _use_class(definition: ast.ClassDef, callers: Callers) -> None:
    name = definition.name
    fields = [
        (one.target.id, ast.unparse(one.annotation), one.value is not None)
        for one in definition.body
        if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
    ]
    taken = [one for one in fields if one[0] != "additional_properties"]
    makers = callers.rare if name.endswith("Got") else callers.ordinary
    readers = callers.rare if name.endswith("Sent") else callers.ordinary
    needed = [one for one, _, optional in taken if not optional]
    everything = [one for one, _, _ in taken]
    for kind, suffix, given in ((makers, "", _given), (callers.rare, "_whole", _held)):
        values = {one: given(f"a_{one}", annotation) for one, annotation, _ in taken}
        parameters = ", ".join(values[one][0] for one in everything)
        named = ", ".join(f"{one}={values[one][1]}" for one in everything)
        kind.append(
            f"def make_{name}{suffix}({parameters}) -> {name}:\n"
            f"    {name}({', '.join(f'{one}={values[one][1]}' for one in needed)})\n"
            f"    {name}({named})\n"
            f"    return {name}({', '.join(values[one][1] for one in everything)})"
        )
    for one, annotation, _ in fields:
        parameter, value = _given("given", annotation)
        makers.append(f"def set_{name}_{one}(it: {name}, {parameter}) -> None:\n    it.{one} = {value}")
        _read(f"read_{name}_{one}", f"it: {name}", f"it.{one}", annotation, (readers, callers.rare))


def _held(name: str, annotation: str) -> tuple[str, str]:
    """Write a parameter that is passed on as it is."""
    return f"{name}: {annotation}", name


def _given(name: str, annotation: str) -> tuple[str, str]:
    """Write a parameter for something to pass: a list is made in place, and where all goes, anything is."""
    members = _members(ast.parse(annotation, mode="eval").body)
    inner = next(
        (one.slice for one in members if isinstance(one, ast.Subscript) and _head(one) == "list"), None
    )
    if inner is not None:
        return f"{name}: {ast.unparse(inner)}", f"[{name}]"
    return f"{name}: {'object' if any(_head(one) == 'Any' for one in members) else annotation}", name


def _read(
    name: str,
    parameters: str,
    expression: str,
    annotation: str,
    code: tuple[list[str], list[str]],
    wait: str = "",
) -> None:
    """Read a value; of a list, or of a generic type, what is inside: that names no type of the whole."""
    readers, rare = code
    start = f"({parameters}) -> "
    members = _members(ast.parse(annotation, mode="eval").body)
    generic = next((one for one in members if isinstance(one, ast.Subscript) and _head(one) in _INSIDE), None)
    if generic is not None:
        head = _head(generic)
        inner = generic.slice.elts[1] if isinstance(generic.slice, ast.Tuple) else generic.slice
        returns = ast.unparse(inner) + (" | None" if head == "Response" else "")
        lines = [f"value = {expression}", f"assert isinstance(value, {head})", f"return {_INSIDE[head]}"]
        if ast.unparse(inner) == "None":  # there is nothing to read
            returns, lines = "None", [expression]
        readers.append(f"{wait}def {name}{start}{returns}:\n    " + "\n    ".join(lines))
        rare.append(f"{wait}def {name}_whole{start}{annotation}:\n    return {expression}")
    else:
        given = [one for one in members if _head(one) != "Unset"]
        returns = " | ".join(ast.unparse(one) for one in given)
        if returns == "None":
            readers.append(f"{wait}def {name}{start}None:\n    {expression}")
            return
        lines = [f"value = {expression}", "assert not isinstance(value, Unset)", "return value"]
        readers.append(f"{wait}def {name}{start}{returns}:\n    " + "\n    ".join(lines))
        if len(given) == len(members):
            readers.append(f"{wait}def {name}_at_once{start}{returns}:\n    return {expression}")
    if any(_head(one) == "Any" for one in members):
        # What a type checker knows nothing of may be used as anything.
        lines = [
            f"value = {expression}",
            "assert not isinstance(value, Unset)",
            "return bytes(value.decode())",
        ]
        rare.append(f"{wait}def {name}_any{start}bytes:\n    " + "\n    ".join(lines))


_INSIDE = {"list": "value[0]", "dict": "value['key']", "Response": "value.parsed"}


def _head(annotation: ast.expr) -> str:
    return ast.unparse(annotation.value if isinstance(annotation, ast.Subscript) else annotation)


def _members(annotation: ast.expr) -> list[ast.expr]:
    if isinstance(annotation, ast.BinOp):
        return [*_members(annotation.left), *_members(annotation.right)]
    return [annotation]


def _use_function(module: str, function: ast.FunctionDef | ast.AsyncFunctionDef, callers: Callers) -> None:
    wait = "async " if isinstance(function, ast.AsyncFunctionDef) else ""
    given = [*function.args.args, *function.args.kwonlyargs]
    defaults = [None] * len(function.args.args) + function.args.kw_defaults
    texts = {one.arg: ast.unparse(one.annotation) for one in given if one.annotation is not None}
    parameters = ", ".join(f"a_{one}: {annotation}" for one, annotation in texts.items())
    positional = [f"a_{one.arg}" for one in function.args.args]
    named = [f"{one.arg}=a_{one.arg}" for one in function.args.kwonlyargs]
    called = f"{module.rpartition('.')[2]}.{function.name}"
    callers.ordinary.append(f"from {PACKAGE}.{module.rpartition('.')[0]} import {module.rpartition('.')[2]}")
    callers.rare.append(callers.ordinary[-1])
    needed = [
        f"{one.arg}=a_{one.arg}" for one, default in zip(given, defaults, strict=True) if default is None
    ]
    everything = ", ".join([*positional, *named])
    for number, arguments in enumerate((everything, ", ".join(needed))):
        call = f"await {called}({arguments})" if wait else f"{called}({arguments})"
        returns = ast.unparse(function.returns) if function.returns is not None else "None"
        name = f"call_{function.name}_{number}"
        _read(name, parameters, call, returns, (callers.ordinary, callers.rare), wait)


def _use_literal(module: str, alias: ast.Assign, callers: Callers) -> None:
    name = _defined(alias)
    values = [ast.unparse(one) for one in ast.walk(alias.value) if isinstance(one, ast.Constant)]
    writers = callers.rare if name.endswith("Got") else callers.ordinary
    # Its own import: the use above may be the only one.
    for code in (callers.ordinary, callers.rare):
        code.append(f"from {PACKAGE}.{module} import {name}, {_constant(name)}")
    writers.append(f"def write_{name}() -> list[{name}]:\n    return [{', '.join(values)}]")
    callers.ordinary.append(f"def text_of_{name}(it: {name}) -> str | int:\n    return it")
    callers.ordinary.append(f"def all_{name}() -> tuple[{name}, ...]:\n    return {_constant(name)}")
    if not name.endswith("Sent"):
        branches = "".join(f"    if it == {value}:\n        return 1\n" for value in values)
        callers.rare.append(f"def branch_{name}(it: {name}) -> int:\n{branches}    assert_never(it)")


def _constant(name: str) -> str:
    snake = "".join(f"_{letter}" if letter.isupper() else letter for letter in name).strip("_")
    return f"{snake.upper()}_VALUES"
