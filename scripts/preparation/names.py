"""The names that the generator makes of a document's, and how to keep them apart."""

from __future__ import annotations

import functools
import hashlib
import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

LONGEST_NAME = 120
"""Characters of a name; its module is a file of that name."""

_DELIMITERS = r"\. _-"
"""The generator's own; its backslash is one, too."""


@functools.cache
def words(text: str) -> tuple[str, ...]:
    """Split a name into words as the generator does: at delimiters, and where capitals begin a word."""
    kept = "".join(c for c in text if c.isidentifier() or c.isdecimal() or c in _DELIMITERS)
    if any(c.isupper() for c in kept):
        kept = " ".join(re.split("([A-Z]?[a-z]+)", kept))
    return tuple(re.findall(rf"[^{re.escape(_DELIMITERS)}]+", kept))


def snake_case(text: str) -> str:
    """Return the name that the generator gives a module."""
    return "_".join(words(text)).lower()


def pascal_case(text: str) -> str:
    """Return the name that the generator gives a class."""
    return "".join(word if word.isupper() else word.capitalize() for word in words(text))


def module_name(class_name: str) -> str:
    """Return a module's name for a class, unlike that of every other class.

    The generator's own has lost where a run of capitals was: `ABTest` and `AbTest` would share a module.
    Where the class cannot be read back from it, every capital begins a word. It depends on the name alone.
    """
    usual = snake_case(class_name)
    if pascal_case(usual) == class_name:
        return usual
    return re.sub(r"(?<=[^_])(?=[A-Z])", "_", class_name).lower()


def told_apart(text: str, by: str) -> str:
    """Return a name with a word at its end that depends on `by` alone."""
    letters = "".join(chr(ord("a") + byte % 26) for byte in hashlib.sha256(by.encode()).digest()[:5])
    return f"{text}_{letters.capitalize()}"


def clashes(names: Mapping[str, Iterable[Hashable]]) -> list[list[str]]:
    """Find the names that share one of their identities.

    Args:
        names: Each name with what must be unlike those of all others.

    Returns:
        The groups that share something, each sorted.
    """
    owners: dict[Hashable, list[str]] = defaultdict(list)
    for name, identities in names.items():
        for identity in set(identities):
            owners[identity].append(name)
    groups = {tuple(sorted(group)) for group in owners.values() if len(group) > 1}
    return [list(group) for group in sorted(groups)]
