"""What a package shows to code that imports it: modules, and what they define.

Names that start with an underscore do not count, and neither do docstrings. Names within the package are
dotted, without the package's own name: `models.voucher.Voucher`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from scripts.surfaces.annotations import named_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scripts.surfaces.annotations import Types

FUNCTIONS = ("sync", "asyncio", "sync_detailed", "asyncio_detailed")
"""The functions of an operation's module."""


class Parameter(NamedTuple):
    """A parameter of a function, or of a class's constructor.

    Attributes:
        name: Its name.
        key: What it keeps when its name changes: its place and name on the wire, where it has them.
        kind: `positional` where its place counts, `keyword`, `*` or `**`.
        text: Its annotation as it is written.
        types: What that means.
        default: Its default as it is written; None where it has to be given.
    """

    name: str
    key: str
    kind: str
    text: str
    types: Types
    default: str | None

    def __str__(self) -> str:
        mark = self.kind if self.kind in {"*", "**"} else ""
        default = f" = {self.default}" if self.default is not None else ""
        return mark + (f"{self.name}: {self.text}{default}" if self.text else self.name + default)


class Function(NamedTuple):
    """A function or a method.

    Attributes:
        kind: `def`, `async def`, or a decorator that changes how it is called: `property`, `classmethod`,
            `staticmethod`.
        parameters: What it takes, without `self` and `cls`.
        text: What it returns, as it is written.
        types: What that means.
    """

    kind: str
    parameters: tuple[Parameter, ...]
    text: str
    types: Types

    def signature(self, name: str) -> str:
        """Write it as code does."""
        returns = f" -> {self.text}" if self.text else ""
        return f"{self.kind} {name}({written(self.parameters)}){returns}"


def written(parameters: Sequence[Parameter]) -> str:
    """Write parameters as code does."""
    parts: list[str] = []
    named = False
    for each in parameters:
        if each.kind == "keyword" and not named:
            parts.append("*")
        named = named or each.kind in {"keyword", "*"}
        parts.append(str(each))
    return ", ".join(parts)


class Attribute(NamedTuple):
    """An attribute of a class.

    Attributes:
        name: Its name; empty where only the constructor has it.
        key: What it keeps when its name changes: its name on the wire, where it has one.
        text: Its annotation as it is written.
        types: What that means.
        parameter: How the constructor takes it; None where it does not.
    """

    name: str
    key: str
    text: str
    types: Types
    parameter: Parameter | None

    @property
    def called(self) -> str:
        """Its name, or the constructor's name for it."""
        return self.name or (self.parameter.name if self.parameter is not None else "")

    def __str__(self) -> str:
        default = self.parameter.default if self.parameter is not None else None
        return (f"{self.called}: {self.text}" if self.text else self.called) + (
            f" = {default}" if default else ""
        )


@dataclass(frozen=True)
class Class:
    """A class.

    Attributes:
        name: Its name within the package.
        bases: Its bases, as names within the package or outside.
        attributes: Its attributes, in the order of the constructor.
        methods: Its methods.
    """

    name: str
    bases: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    methods: dict[str, Function]

    @property
    def text(self) -> str:
        """Its first line, as code has it."""
        return f"class {self.name.rpartition('.')[2]}"


@dataclass(frozen=True)
class Alias:
    """A name for a type.

    Attributes:
        name: Its name within the package.
        meaning: The type as it is written.
        types: What that means.
    """

    name: str
    meaning: str
    types: Types

    @property
    def text(self) -> str:
        """The line that defines it."""
        return f"{self.name.rpartition('.')[2]} = {self.meaning}"


class Constant(NamedTuple):
    """A module's variable.

    Attributes:
        annotation: Its annotation as it is written.
        types: What that means.
        value: Its value as it is written.
    """

    annotation: str
    types: Types
    value: str

    def __str__(self) -> str:
        return f"{self.annotation} = {self.value}" if self.annotation else self.value


@dataclass(frozen=True)
class Operation:
    """A module that sends one operation.

    Attributes:
        module: Its name within the package.
        method: The HTTP method.
        path: The path's template.
        functions: Its public functions.
    """

    module: str
    method: str
    path: str
    functions: dict[str, Function]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Module:
    """What a module defines.

    Attributes:
        name: Its name within the package.
        classes: Its classes, private ones too: public ones may be derived from them.
        aliases: Its names for types.
        constants: Its other variables.
        functions: Its functions.
        exported: What `__all__` lists; None where there is none.
        imported: What the names that it imports stand for.
        operation: What it sends; None where it sends nothing.
    """

    name: str
    classes: dict[str, Class] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    constants: dict[str, Constant] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    exported: frozenset[str] | None = None
    imported: dict[str, tuple[str, bool]] = field(default_factory=dict)
    operation: Operation | None = None

    @property
    def listed(self) -> list[str]:
        """The names that it imports for others to import."""
        return [name for name in self.exported or () if name in self.imported]


def is_public(name: str) -> bool:
    """Tell whether a name, of a module with all around it too, counts."""
    return not any(part.startswith("_") for part in name.split("."))


class Package:
    """A package, as code that imports it sees it."""

    def __init__(self, modules: dict[str, Module]) -> None:
        """Take the modules, by name."""
        self.modules = modules

    @cached_property
    def operations(self) -> dict[str, Operation]:
        """What it sends, by module."""
        return {name: one.operation for name, one in self.modules.items() if one.operation is not None}

    @cached_property
    def definitions(self) -> dict[str, Class | Alias]:
        """Its classes and aliases, private ones too, by name within the package."""
        found: dict[str, Class | Alias] = {}
        for module in self.modules.values():
            found |= {one.name: one for one in module.classes.values()}
            found |= {one.name: one for one in module.aliases.values()}
        return found

    def inside(self, name: str) -> frozenset[str]:
        """Return the names of what a class or an alias holds, as far as the package defines them."""
        one = self.definitions[name]
        types = [one.types] if isinstance(one, Alias) else [each.types for each in one.attributes]
        return frozenset(inner for each in types for inner in named_in(each))

    def functions(self, module: str) -> dict[str, Function]:
        """Return the functions that other code imports from a module."""
        held = self.modules[module]
        found = {name: one for name, one in held.functions.items() if is_public(name)}
        for name in held.listed:
            source, _, target = held.imported[name][0].rpartition(".")
            if not is_public(source) and source in self.modules and target in self.modules[source].functions:
                found[name] = self.modules[source].functions[target]
        return found

    def has(self, name: str) -> bool:
        """Tell whether a module defines a name."""
        source, _, target = name.rpartition(".")
        module = self.modules.get(source)
        return module is not None and any(
            target in some for some in (module.classes, module.aliases, module.functions)
        )

    @cached_property
    def shown(self) -> frozenset[str]:
        """The names of the classes and aliases that other code can use.

        These are the public ones, those that a public module imports from a private one to list it, and what
        these are derived from.
        """
        found: set[str] = set()
        pending = [name for name in self.definitions if is_public(name)]
        for module in self.modules.values():
            if is_public(module.name):
                pending += [module.imported[name][0] for name in module.listed]
        while pending:
            name = pending.pop()
            definition = self.definitions.get(name)
            if definition is not None and name not in found:
                found.add(name)
                pending += definition.bases if isinstance(definition, Class) else ()
        return frozenset(found)
