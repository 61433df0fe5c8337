"""Types as annotations spell them, taken apart, and how one differs from another."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Member(NamedTuple):
    """One member of a union.

    Attributes:
        head: The name of its type, with the module that it comes from; of a single value, its literal.
        own: Whether the package itself defines it.
        inner: What its arguments may be, as of a list.
        literal: The name of the type of a single value; empty for everything else.
    """

    head: str
    own: bool = False
    inner: tuple[Types, ...] = ()
    literal: str = ""


Types: TypeAlias = frozenset[Member]
"""A union; empty where nothing is said."""

UNSET = "types.Unset"
"""What the package calls the type of what was not given."""

NOTHING: Types = frozenset()

DEEPEST = 100
"""Levels that a type may nest; the vendor's have four."""

_TOPS = frozenset({"Any", "object"})
_WIDER = {"bool": "int", "int": "float", "datetime.datetime": "datetime.date"}
"""What a type checker takes for a type beside the type itself."""

_PLAIN_MODULES = ("typing.", "collections.abc.", "builtins.")


class Names(NamedTuple):
    """What the names in a module stand for.

    Attributes:
        module: The module's name within the package.
        defined: The names that it defines itself.
        imported: The names that it imports: what each stands for, and whether the package defines that.
    """

    module: str
    defined: frozenset[str]
    imported: dict[str, tuple[str, bool]]

    def meaning(self, dotted: str) -> tuple[str, bool]:
        """Return what a dotted name stands for, and whether the package defines it."""
        first, _, rest = dotted.partition(".")
        if first in self.defined:
            return joined(self.module, dotted), True
        name, own = self.imported.get(first, (first, False))
        whole = joined(name, rest)
        for module in _PLAIN_MODULES if not own else ():
            whole = whole.removeprefix(module)
        return whole, own


def joined(*parts: str) -> str:
    """Join names with dots; what is empty is left out."""
    return ".".join(part for part in parts if part)


def types_of(expression: ast.expr | None, names: Names, level: int = 0) -> Types:
    """Take an annotation apart.

    Args:
        expression: The annotation; None where there is none.
        names: What its names stand for.
        level: How many types it stands in.

    Returns:
        Its union; an annotation that is no type in Python's sense is a member of its own.

    Raises:
        ValueError: It nests too deep, or holds what no Python can.
    """
    if level > DEEPEST:
        raise ValueError(f"a type nests deeper than {DEEPEST} levels")
    found: set[Member] = set()
    pending = [expression] if expression is not None else []
    while pending:  # a union of a thousand members nests a thousand deep
        one = pending.pop()
        if isinstance(one, ast.BinOp):
            pending += (one.left, one.right)
        elif isinstance(one, ast.Constant) and isinstance(one.value, str):
            pending.append(_quoted(one.value))
        elif isinstance(one, ast.Subscript):
            head, own = names.meaning(dotted_name(one.value))
            arguments = one.slice.elts if isinstance(one.slice, ast.Tuple) else [one.slice]
            if head in {"Union", "Optional"}:
                pending += [*arguments, *([ast.Constant(None)] if head == "Optional" else [])]
            elif head == "Literal":
                found.update(_value(argument) for argument in arguments)
            else:
                found.add(
                    Member(head, own, tuple(types_of(argument, names, level + 1) for argument in arguments))
                )
        else:
            found.add(Member(*names.meaning(dotted_name(one))))
    return frozenset(found)


def _quoted(text: str) -> ast.expr:
    """Read an annotation that stands in quotes; one that is no Python is a name that nothing else has."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        return ast.Name(text)


def _value(argument: ast.expr) -> Member:
    value = argument.value if isinstance(argument, ast.Constant) else ast.dump(argument)
    return Member(repr(value), literal=type(value).__name__)


def dotted_name(expression: ast.expr) -> str:
    """Write a name as code does; of an expression that is no name, its structure."""
    parts: list[str] = []
    while isinstance(expression, ast.Attribute):
        parts.append(expression.attr)
        expression = expression.value
    if isinstance(expression, ast.Constant):
        return repr(expression.value)
    parts.append(expression.id if isinstance(expression, ast.Name) else ast.dump(expression))
    return ".".join(reversed(parts))


def named_in(types: Types) -> Iterator[str]:
    """Yield the names of what the package defines itself, in unions and their arguments."""
    for member in types:
        if member.own:
            yield member.head
        for inner in member.inner:
            yield from named_in(inner)


def innermost(types: Types) -> set[str]:
    """Return the names of what a union comes to, in its members' arguments where they have some."""
    return {
        name
        for member in types
        for name in (set().union(*map(innermost, member.inner)) if member.inner else {member.head})
    }


def renamed(types: Types, names: dict[str, str]) -> Types:
    """Give what the package defines other names."""
    return frozenset(
        member._replace(
            head=names.get(member.head, member.head) if member.own else member.head,
            inner=tuple(renamed(inner, names) for inner in member.inner),
        )
        for member in types
    )


class Known(NamedTuple):
    """What a comparison has to know of the names that annotations use.

    Attributes:
        meant: Returns the union that an alias stands for; None for what is no alias.
        bases: Returns the classes that a class is derived from.
    """

    meant: Callable[[str], Types | None]
    bases: Callable[[str], tuple[str, ...]]


class Difference(NamedTuple):
    """How a union differs from an older one.

    Attributes:
        gone: Members of the older one that the newer has no place for.
        gained: Members of the newer one that the older has no place for.
        held: Whether some of them are arguments, as of a list: type checkers want these equal.
    """

    gone: Types
    gained: Types
    held: bool

    def __bool__(self) -> bool:
        return bool(self.gone or self.gained)


def difference(old: Types, new: Types, known: Known) -> Difference:
    """Compare two unions.

    Args:
        old: The older one.
        new: The newer one; its names are the newer ones, and so are those of `old`.
        known: What is known of the names.

    Returns:
        What has no place in the other.
    """
    gone, gained = {*_unfit(old, new, known, ())}, {*_unfit(new, old, known, ())}
    return Difference(
        frozenset(member for member, _ in gone),
        frozenset(member for member, _ in gained),
        held=any(deep for _, deep in gone | gained),
    )


def _unfit(
    types: Types, within: Types, known: Known, around: tuple[tuple[Types, Types], ...]
) -> Iterator[tuple[Member, bool]]:
    """Yield the members that another union has no place for, and whether each is an argument.

    Types that hold themselves are taken to fit where it comes to the same comparison again.
    """
    if not types - within or (types, within) in around:
        return
    wide = sorted(_expanded(within, known), key=spelled)
    for member in _expanded(types, known).difference(wide):
        if any(_fits(member, other, known) for other in wide):
            continue
        others = [one for one in wide if (one.head, len(one.inner)) == (member.head, len(member.inner))]
        if not (member.inner and others) or len(around) > DEEPEST:
            yield member, bool(around)
            continue
        tried = ([*_pairwise(member, other, known, (*around, (types, within)))] for other in others)
        yield from min(tried, key=len)


def _pairwise(
    member: Member, other: Member, known: Known, around: tuple[tuple[Types, Types], ...]
) -> Iterator[tuple[Member, bool]]:
    for inner, wider in zip(member.inner, other.inner, strict=True):
        yield from _unfit(inner, wider, known, around)


def spelled(member: Member) -> str:
    """Write a member, the same on every run."""
    inner = (" | ".join(sorted(map(spelled, types))) for types in member.inner)
    return f"{member.head}[{', '.join(inner)}]{member.literal}"


def _expanded(types: Types, known: Known) -> Types:
    """Put what they stand for in the places of aliases."""
    found: set[Member] = set()
    seen: set[str] = set()
    pending = [*types]
    while pending:
        member = pending.pop()
        meant = known.meant(member.head) if member.own and not member.inner else None
        if meant is None:
            found.add(member)
        elif member.head not in seen:
            seen.add(member.head)
            pending += meant
    return frozenset(found)


def _fits(member: Member, other: Member, known: Known) -> bool:
    """Tell whether a type checker takes the one for the other."""
    if other.head in _TOPS and not other.own and not other.literal:
        return True
    if other.inner or other.literal or member.inner:
        return False
    heads = [member.literal or member.head]
    for head in heads:  # grows meanwhile
        wider = known.bases(head) if member.own else (_WIDER.get(head),)
        heads += [one for one in wider if one is not None and one not in heads]
    return other.head in heads
