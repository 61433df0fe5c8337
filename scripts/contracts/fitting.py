"""How the wrapper's calls fit the new client, in the wrapper's terms.

Two things are asked: the type checker, which sees everything but knows no operations; and the functions'
signatures, as two texts that change places are no error of types.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from scripts.command import FailedError
from scripts.contracts.document import finding
from scripts.generated_code import PLACEHOLDER, Package
from scripts.preparation.templates import template_of
from scripts.reporting.model import Finding
from scripts.type_checking import CACHE, CLIENT, Check, checking, workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from scripts.contracts.reliance import Reliance
    from scripts.contracts.upstream import Found, Upstream
    from scripts.contracts.wrapper import Place, Use, Wrapper
    from scripts.generated_code import Call
    from scripts.type_checking import Checked, Problem

UNREAD = ("rich", "click", "pygments", "httpcore", "h11", "anyio", "sniffio", "idna", "certifi")
"""What httpx has for a command line of its own, and what lies below it and below the wrapper's transports. It
would take the type checker a third of its time where it knows nothing yet, and no type of it reaches the
wrapper's modules that are checked."""
_ARGUMENT = re.compile(
    r'Argument (?P<which>\d+|"[^"]*") to "[^"]*" has incompatible type '
    r'"(?P<given>.*)"; expected "(?P<wanted>.*)"'
)
_ATTRIBUTE = re.compile(rf'Module "{CLIENT}\.?(?P<module>[^"]*)" has no attribute "(?P<name>[^"]*)"')
_MODULE = re.compile(rf'module named "{CLIENT}\.?(?P<module>[^"]*)"')


@dataclass(frozen=True)
class Signature:
    """What a generated function takes.

    Attributes:
        by_place: The arguments that may be given by place, in order.
        by_name: The others.
        required: Those that have to be given.
    """

    by_place: tuple[str, ...]
    by_name: frozenset[str]
    required: frozenset[str]


class Client:
    """The new client."""

    def __init__(self, folder: Path) -> None:
        """Note where it lies.

        Args:
            folder: The package's folder.
        """
        self.folder = folder

    @cached_property
    def _calls(self) -> list[Call]:
        return Package(self.folder, part="api").calls

    def call(self, found: Found) -> Call | None:
        """Return the module that sends an operation."""
        wanted = (found.here.method, template_of(found.here.path))
        return next((one for one in self._calls if (one.method, one.path) == wanted), None)

    def signatures(self, module: str) -> dict[str, Signature]:
        """Return what the functions of a module take."""
        tree = ast.parse(self.folder.joinpath(*module.split(".")).with_suffix(".py").read_text("utf-8"))
        functions = (one for one in tree.body if isinstance(one, (ast.FunctionDef, ast.AsyncFunctionDef)))
        return {function.name: _signature(function.args) for function in functions}


def _signature(given: ast.arguments) -> Signature:
    by_place = [one.arg for one in (*given.posonlyargs, *given.args)]
    free = by_place[len(by_place) - len(given.defaults) :]
    named = zip(given.kwonlyargs, given.kw_defaults, strict=True)
    required = {one.arg for one, default in named if default is None} | {*by_place} - {*free}
    return Signature(tuple(by_place), frozenset(one.arg for one in given.kwonlyargs), frozenset(required))


class TypeCheck:
    """The type checker's look at the wrapper. It can begin beside other work, when the new client stands.

    A context; what runs is ended with it.
    """

    def __init__(self, wrapper: Wrapper) -> None:
        """Begin nothing yet.

        Args:
            wrapper: The wrapper.
        """
        self._wrapper = wrapper
        self._stack = ExitStack()
        self._ended: Callable[[], Checked] | None = None

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what runs."""
        self._stack.close()

    def begin(self, client: Path) -> Callable[[], Checked]:
        """Begin.

        Args:
            client: The client's folder.

        Returns:
            A function that waits for its end, once, and says what it found.
        """
        wrapper = self._wrapper
        path = self._stack.enter_context(workspace({CLIENT: client, wrapper.folder.name: wrapper.folder}))
        files = [path / wrapper.folder.name / file.name for file in wrapper.reached]
        check = Check(files, [path], CACHE / "contract", ["--strict"], UNREAD)
        self._ended = self._stack.enter_context(checking(check))
        return self._ended

    def problems(self, client: Path) -> tuple[Problem, ...]:
        """Wait for what it finds; begin, where that has not been done.

        Args:
            client: The client's folder, as above.

        Returns:
            Its errors.

        Raises:
            FailedError: It did not run.
        """
        checked = (self._ended or self.begin(client))()
        if checked.refusal and not checked.problems:
            raise FailedError(checked.refusal)
        return checked.problems


def misfits(
    wrapper: Wrapper, client: Client, types: TypeCheck, upstream: Upstream, relied: Sequence[Reliance]
) -> Iterator[Finding]:
    """Find where the wrapper no longer fits the client, in the order of its lines.

    Args:
        wrapper: The wrapper.
        client: The new client.
        types: The type checker's look at both.
        upstream: The document that it was made from.
        relied: The operations that the wrapper relies on.

    Raises:
        UnreadableError: The wrapper is not built as this check knows it.
        FailedError: The type checker did not run.
    """
    found: list[Finding] = []
    explained: list[Place] = []
    for one in relied:
        here = upstream.operation(one)
        if here is None:  # that is told where the document is read; the import and the calls fail for it
            explained += [*_imports(wrapper, one), *(use.place for use in _uses(wrapper, one))]
            continue
        for places, told in _of_operation(wrapper, client, one, here):
            found.append(told)
            explained += places
    rest = (
        problem
        for problem in types.problems(client.folder)
        if not any(_within(problem, place) for place in explained)
    )
    found += [_told(problem, wrapper, relied) for problem in rest]
    yield from sorted(dict.fromkeys(found), key=lambda each: (each.file, each.line))


def _imports(wrapper: Wrapper, relied: Reliance) -> Iterator[Place]:
    """Yield where the wrapper imports an operation."""
    yield from (
        place for name, place in wrapper.imports.items() if f"{name}.".startswith(f"{relied.module}.")
    )


def _uses(wrapper: Wrapper, relied: Reliance) -> list[Use]:
    """Return the wrapper's calls of an operation."""
    return [use for use in wrapper.uses if use.module == relied.module]


def _within(problem: Problem, place: Place) -> bool:
    return place.file == problem.file.as_posix() and place.line <= problem.line <= place.last


def _of_operation(
    wrapper: Wrapper, client: Client, relied: Reliance, found: Found
) -> Iterator[tuple[list[Place], Finding]]:
    """Yield what an operation's module and functions have lost, with the lines that this explains."""
    name = f"`{relied.operation}`"
    imports = [*_imports(wrapper, relied)]
    call = client.call(found)
    if not imports:
        return
    if call is None or call.module != relied.module:
        now = "has no module in the new client, though the document has it"
        if call is not None:
            now = f"is in the module `{CLIENT}.{call.module}` now, {_why(relied, found)}"
        told = f"{name} {now}; {_named(imports)} {_verb(imports, 'import')} `{CLIENT}.{relied.module}`."
        explained = [*imports, *(use.place for use in _uses(wrapper, relied))]
        yield explained, finding(told, imports[0], found.here.pointer)
        return
    signatures = client.signatures(call.module)
    causes: defaultdict[tuple[str, str, str], list[Place]] = defaultdict(list)
    for use in _uses(wrapper, relied):
        for cause in _unfit(use, signatures.get(use.function), relied, found, call):
            causes[cause].append(use.place)
    for (lost, verb, what), places in causes.items():
        told = f"{name} {lost}; {_named(places)} {_verb(places, verb)} {what}."
        yield places, finding(told, places[0], found.here.pointer)


def _named(places: Sequence[Place]) -> str:
    return " and ".join(f"`{place}`" for place in places)


def _verb(places: Sequence[Place], verb: str) -> str:
    """Put a verb behind its subject."""
    if len(places) > 1:
        return verb
    return "does not pass" if verb == "do not pass" else f"{verb}{'es' if verb.endswith('s') else 's'}"


def _why(relied: Reliance, found: Found) -> str:
    now = found.here.value.get("operationId")
    if now != relied.operation:
        return f"as its operationId changed from `{relied.operation}` to `{now}`"
    tags = found.here.value.get("tags")
    if isinstance(tags, list) and tags:
        return f"as its tag is `{tags[0]}` now"
    return "as its tag is gone"


def _unfit(
    use: Use, signature: Signature | None, relied: Reliance, found: Found, call: Call
) -> Iterator[tuple[str, str, str]]:
    """Yield what a call no longer finds, and what it does all the same: a verb and its object."""
    if signature is None:
        yield f"lost its function `{use.function}`", "call", "it"
        return
    if any(one.startswith("*") for one in use.given):
        return  # so many by place as is not written there
    count = len(use.given)
    by_place = signature.by_place[:count]
    takers = _takers(relied, found, call)[:count]
    lost = [one for one, taker in zip(_parameters(relied), takers, strict=False) if taker is None]
    lost += sorted(use.named - {*signature.by_place} - signature.by_name)
    for one in lost:
        yield f"lost its parameter `{one}`", "pass", "it"
    if lost:
        return
    if by_place[: len(takers)] != (*takers,):
        yield f"takes its parameters in the order {', '.join(by_place)} now", "pass", ", ".join(use.given)
    for one in sorted(signature.required - {*by_place} - use.named):
        yield f"has a new required parameter `{one}`", "do not pass", "it"


def _parameters(relied: Reliance) -> list[str]:
    return PLACEHOLDER.findall(relied.path)


def _takers(relied: Reliance, found: Found, call: Call) -> list[str | None]:
    """Return the argument that takes each parameter of the path now: by its place in it, else by its name."""
    arguments = [written.argument for written in call.placeholders]
    if not found.moved:
        return [*arguments]
    named = dict(zip(found.parameters, arguments, strict=False))
    return [named.get(one) for one in _parameters(relied)]


def _told(problem: Problem, wrapper: Wrapper, relied: Sequence[Reliance]) -> Finding:
    """Put an error of the type checker into the wrapper's terms, as far as they are known."""
    where = f"`{problem.file.name}:{problem.line}`"
    what = f"{where} does not fit the new client: {problem.message} ({problem.code or 'mypy'})."
    gone = _ATTRIBUTE.search(problem.message) or _MODULE.search(problem.message)
    argument = _ARGUMENT.match(problem.message)
    if gone is not None:
        name = ".".join(part for part in (CLIENT, *gone.groups()) if part)
        what = f"The new client has no `{name}` any more; {where} needs it."
    elif argument is not None:
        for operation, parameter in _passed(problem, argument["which"].strip('"'), wrapper, relied):
            takes = f"`{operation}` takes `{argument['wanted']}` as its parameter `{parameter}` now"
            what = f"{takes}; {where} passes `{argument['given']}`."
    return Finding(what, problem.file.as_posix(), problem.line, wrapper.line(problem.file, problem.line))


def _passed(
    problem: Problem, which: str, wrapper: Wrapper, relied: Sequence[Reliance]
) -> Iterator[tuple[str, str]]:
    """Yield the operation and the parameter that an argument, known by its number or name, is passed to."""
    for one in relied:
        names = dict(enumerate(_parameters(one), start=1))
        for use in _uses(wrapper, one):
            if _within(problem, use.place):
                yield one.operation, names.get(int(which), which) if which.isdecimal() else which
