"""What the wrapper takes from the generated client and from the document, read from its text.

Nothing of it is run. What is looked for by name and not found is an error of its own, `UnreadableError`: a
check that finds nothing to hold against the document would pass for ever.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from scripts.type_checking import CLIENT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class UnreadableError(Exception):
    """The wrapper is not built as this check knows it.

    Attributes:
        file: The file, as a reader would name it.
    """

    def __init__(self, file: str, what: str) -> None:
        """Keep the file.

        Args:
            file: The file, as a reader would name it.
            what: What was looked for there.
        """
        self.file = file
        super().__init__(what)


class Place(NamedTuple):
    """Some lines of the wrapper.

    Attributes:
        file: The file, as a reader would name it.
        line: The first line.
        last: The last line.
        text: The first line's text.
    """

    file: str
    line: int
    last: int
    text: str

    def __str__(self) -> str:
        """Return the file's name and the line, as in `_adapter.py:31`."""
        return f"{self.file.rpartition('/')[2]}:{self.line}"


class Use(NamedTuple):
    """A call of a generated function.

    Attributes:
        module: The module within the client.
        function: The function.
        given: What is passed by place, as it is written.
        named: What is passed by name.
        place: Where.
    """

    module: str
    function: str
    given: tuple[str, ...]
    named: frozenset[str]
    place: Place


class Offer(NamedTuple):
    """A text of the wrapper that means something to the server, and where it stands."""

    value: str
    place: Place


@dataclass(frozen=True)
class Credentials:
    """A class of the wrapper that signs requests.

    Attributes:
        name: The class.
        spelled: The headers that it sends.
        scopes: The OAuth scopes that it asks for by itself.
        place: Where it is defined.
    """

    name: str
    spelled: tuple[str, ...]
    scopes: tuple[str, ...]
    place: Place

    @property
    def headers(self) -> frozenset[str]:
        """The headers that it sends, in lower case."""
        return frozenset(header.lower() for header in self.spelled)


class Room:
    """The text of one module."""

    def __init__(self, file: Path, shown: str) -> None:
        """Read it.

        Args:
            file: The file.
            shown: Its name for a reader.

        Raises:
            UnreadableError: It is no Python.
        """
        self.shown = shown
        try:
            text = file.read_text(encoding="utf-8")
            self.tree = ast.parse(text)
        except (OSError, ValueError, SyntaxError) as error:
            raise UnreadableError(shown, f"It cannot be read ({error}).") from error
        self.lines = text.splitlines()

    def place(self, node: ast.stmt | ast.expr) -> Place:
        """Return where something stands."""
        text = self.lines[node.lineno - 1].strip()
        return Place(self.shown, node.lineno, node.end_lineno or node.lineno, text)

    def value(self, name: str) -> ast.expr:
        """Return what the module gives a name.

        Raises:
            UnreadableError: It defines no such name.
        """
        for statement in self.tree.body:
            if isinstance(statement, ast.Assign) and name in map(_name, statement.targets):
                return statement.value
            if isinstance(statement, ast.AnnAssign) and _name(statement.target) == name and statement.value:
                return statement.value
        raise UnreadableError(self.shown, f"It defines no `{name}`.")

    def definition(self, name: str) -> ast.ClassDef | ast.FunctionDef:
        """Return the class or the function of a name.

        Raises:
            UnreadableError: It defines none.
        """
        for statement in self.tree.body:
            if isinstance(statement, (ast.ClassDef, ast.FunctionDef)) and statement.name == name:
                return statement
        raise UnreadableError(self.shown, f"It defines no `{name}`.")

    def offer(self, node: ast.expr) -> Offer:
        """Return a text that stands in the code.

        Raises:
            UnreadableError: It is no plain text.
        """
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return Offer(node.value, self.place(node))
        raise UnreadableError(self.shown, f"Line {node.lineno} holds no plain text where one was.")

    def offers(self, node: ast.expr) -> list[Offer]:
        """Return the texts of a tuple.

        Raises:
            UnreadableError: It is no tuple of plain texts.
        """
        if isinstance(node, ast.Tuple):
            return [self.offer(one) for one in node.elts]
        raise UnreadableError(self.shown, f"Line {node.lineno} holds no tuple of texts where one was.")


class Wrapper:
    """The wrapper's text."""

    def __init__(self, folder: Path) -> None:
        """Note where it lies.

        Args:
            folder: The package's folder.
        """
        self.folder = folder
        self._rooms: dict[str, Room] = {}

    @cached_property
    def files(self) -> list[Path]:
        """Its modules, the parts aside that import nothing of the rest."""
        return sorted(self.folder.glob("_*.py"))

    @cached_property
    def reached(self) -> list[Path]:
        """Its modules that the client's types can reach: that import the client, or one that does."""
        named = {file: {*_named(self.room(file.name))} for file in self.files}
        reached = {file for file, names in named.items() if CLIENT in names}
        while more := {file for file in named if named[file] & {one.stem for one in reached}} - reached:
            reached |= more
        return sorted(reached)

    def room(self, name: str) -> Room:
        """Return one of its modules.

        Raises:
            UnreadableError: There is none, or it is no Python.
        """
        if name not in self._rooms:
            self._rooms[name] = Room(self.folder / name, f"{self.folder.name}/{name}")
        return self._rooms[name]

    def line(self, file: Path, number: int) -> str:
        """Return the text of a line; nothing where the file is none of the wrapper's modules."""
        if file.name not in {one.name for one in self.files}:
            return ""
        return "".join(self.room(file.name).lines[number - 1 : number]).strip()

    # The client

    @cached_property
    def imports(self) -> dict[str, Place]:
        """What it imports of the client, by its dotted name within it, and where."""
        return {name: place for room in self._all() for name, _, place in _imports(room)}

    @cached_property
    def uses(self) -> list[Use]:
        """Its calls of generated functions."""
        return [use for room in self._all() for use in _uses(room)]

    def _all(self) -> Iterator[Room]:
        for file in self.files:
            yield self.room(file.name)

    @cached_property
    def success(self) -> list[tuple[str, Place]]:
        """The status codes that it takes for a success, with where it compares them."""
        room = self.room("_adapter.py")
        found = [
            (str(HTTPStatus[side.attr].value), room.place(node))
            for node in ast.walk(room.tree)
            if isinstance(node, ast.Compare) and _attribute(node.left) == "status_code"
            for side in node.comparators
            if isinstance(side, ast.Attribute) and side.attr in HTTPStatus.__members__
        ]
        if not found:
            raise UnreadableError(room.shown, "It compares `status_code` with no member of `HTTPStatus`.")
        return found

    # The document

    @cached_property
    def clusters(self) -> dict[str, Offer]:
        """The clusters that it offers, by the member's name."""
        room = self.room("_clusters.py")
        members = {
            _name(statement.targets[0]): room.offer(statement.value)
            for statement in room.definition("Cluster").body
            if isinstance(statement, ast.Assign)
        }
        if not members:
            raise UnreadableError(room.shown, "`Cluster` has no members.")
        return members

    @cached_property
    def download_clusters(self) -> list[Offer]:
        """The clusters that it knows and does not offer."""
        room = self.room("_clusters.py")
        return room.offers(room.value("DOWNLOAD_CLUSTERS"))

    @cached_property
    def domain(self) -> Offer:
        """What follows a cluster in the name of a host."""
        room = self.room("_clusters.py")
        return room.offer(room.value("_DOMAIN"))

    @cached_property
    def credentials(self) -> list[Credentials]:
        """The classes that sign requests; those that ask for scopes sign by the tokens that they get."""
        room, tokens = self.room("_credentials.py"), self.room("_tokens.py")
        of_tokens = _signed(tokens.definition("Token"))
        if not of_tokens:
            raise UnreadableError(tokens.shown, "`Token` has no method `headers` that gives headers.")
        found = []
        for one in room.tree.body:
            if isinstance(one, ast.ClassDef) and _signed(one):
                scopes = tuple(_scopes(room, one))
                headers = of_tokens if scopes else _signed(one)
                found.append(Credentials(one.name, headers, scopes, room.place(one)))
        if not found:
            raise UnreadableError(room.shown, "No class in it has a method `headers` that gives headers.")
        return found

    @cached_property
    def token_path(self) -> Offer:
        """The path that it fetches OAuth tokens from."""
        room = self.room("_signing.py")
        return room.offer(room.value("_TOKEN_PATH"))

    @cached_property
    def error_texts(self) -> list[Offer]:
        """The properties of an error's body that it reads as texts."""
        room = self.room("_errors.py")
        function = room.definition("_fields")
        loops = [node.iter for node in ast.walk(function) if isinstance(node, ast.comprehension)]
        found = [offer for one in loops if isinstance(one, ast.Tuple) for offer in room.offers(one)]
        if not found:
            raise UnreadableError(room.shown, "`_fields` goes through no tuple of names.")
        return found

    @cached_property
    def missing_resources(self) -> list[Offer]:
        """The values of `resource_type` that it tells apart."""
        room = self.room("_errors.py")
        table = room.value("_BY_MISSING_RESOURCE")
        if not isinstance(table, ast.Dict):
            raise UnreadableError(room.shown, f"Line {table.lineno} holds no table where one was.")
        return [room.offer(key) for key in table.keys if key is not None]


def _imports(room: Room) -> Iterator[tuple[str, str, Place]]:
    """Yield what a module imports of the client: its name there, its name here, and where."""
    for node in ast.walk(room.tree):
        if isinstance(node, ast.ImportFrom) and not node.level and _inner(node.module or "") is not None:
            for alias in node.names:
                name = f"{_inner(node.module or '')}.{alias.name}".strip(".")
                yield name, alias.asname or alias.name, room.place(node)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                inner = _inner(alias.name)
                if inner is not None:
                    yield inner, alias.asname or alias.name, room.place(node)


def _named(room: Room) -> Iterator[str]:
    """Yield each part of every name that a module imports."""
    for node in ast.walk(room.tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name in (getattr(node, "module", None) or "", *(alias.name for alias in node.names)):
                yield from name.split(".")


def _inner(module: str) -> str | None:
    """Return the name of a module within the client, or None for one of somewhere else."""
    first, _, rest = module.partition(".")
    return rest if first == CLIENT else None


def _uses(room: Room) -> Iterator[Use]:
    known = {here: name for name, here, _ in _imports(room) if name.startswith("api.")}
    for node in ast.walk(room.tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        module, _, function = (known.get(called) or _under(called, known) or "").rpartition(".")
        if module.count(".") > 1:
            given = tuple(ast.unparse(one) for one in node.args)
            named = frozenset(keyword.arg for keyword in node.keywords if keyword.arg is not None)
            yield Use(module, function, given, named, room.place(node))


def _under(called: str, known: dict[str, str]) -> str | None:
    """Return the function that an attribute of an imported module names."""
    module, _, function = called.rpartition(".")
    return f"{known[module]}.{function}" if module in known else None


def _signed(definition: ast.stmt) -> tuple[str, ...]:
    """Return the headers that a class's method `headers` gives."""
    return tuple(
        key.value
        for method in (definition.body if isinstance(definition, ast.ClassDef) else ())
        if isinstance(method, ast.FunctionDef) and method.name == "headers"
        for node in ast.walk(method)
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Dict)
        for key in node.value.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    )


def _scopes(room: Room, definition: ast.ClassDef) -> Iterator[str]:
    """Yield the default of a class's attribute `scopes`."""
    for statement in definition.body:
        if isinstance(statement, ast.AnnAssign) and _name(statement.target) == "scopes":
            keywords = statement.value.keywords if isinstance(statement.value, ast.Call) else []
            for keyword in keywords:
                if keyword.arg == "default":
                    yield from (offer.value for offer in room.offers(keyword.value))


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _attribute(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ""
