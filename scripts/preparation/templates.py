"""Texts with names in braces: the paths of operations, and the URLs of servers.

Source: OpenAPI 3.0.4 and 3.1.1, Path Templating and the Server Object.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PLACEHOLDER = re.compile(r"{([^{}]*)}")
"""A name in braces; the group is the name."""


def template_of(path: str) -> str:
    """Return what a path is on the wire: its parameters have no names there."""
    return PLACEHOLDER.sub("{}", path)


def written_out(template: str, values: Callable[[str], Sequence[str]]) -> Iterator[str]:
    """Yield the texts that a template stands for; a name has one value wherever it stands.

    Args:
        template: The template.
        values: Returns what a name may stand for.
    """
    names = list(dict.fromkeys(PLACEHOLDER.findall(template)))
    for chosen in itertools.product(*map(values, names)):
        meant = {f"{{{name}}}": value for name, value in zip(names, chosen, strict=True)}
        yield PLACEHOLDER.sub(lambda match, meant=meant: meant[match[0]], template)  # type: ignore[misc]
