"""How places and values are called in a row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scripts.comparison.places import canonical
from scripts.comparison.views import LISTS, OBJECTS

if TYPE_CHECKING:
    from scripts.comparison.proofs import Sided
    from scripts.comparison.views import View

_LONGEST = 160
"""Characters of one value that a sentence shows."""
_MOST = 8
"""Values of a list that a sentence shows."""


def shown(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Write a value into a sentence."""
    if isinstance(value, list):
        listed = ", ".join(shown(item) for item in value[:_MOST])
        return listed if len(value) <= _MOST else f"{listed} and {len(value) - _MOST} more"
    text = value if isinstance(value, Phrase) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


class Phrase(str):
    """Words of ours, which stand in a sentence without quotation marks."""

    __slots__ = ()


def brief(side: Sided, depth: int = 0) -> Phrase:
    """Call a place by its name, or else by what it accepts."""
    part = side.place[0]
    if part.component is not None and len(side.place) == 1:
        return Phrase(part.component)
    view = side.view
    if "title" in view.notes and isinstance(view.notes["title"].value, str):
        return Phrase(view.notes["title"].value)
    if view.enum is not None:
        return Phrase(shown(list(view.enum.values())))
    tags = [f"{name} {shown(value)}" for name, value in tags_of(side).items()]
    if tags:
        return Phrase(f"object with {', '.join(tags)}")
    return by_shape(side, depth)


def by_shape(side: Sided, depth: int = 0) -> Phrase:
    """Call a place by what it accepts."""
    return Phrase(_shape(side, side.view, depth))


def _shape(side: Sided, view: View, depth: int) -> str:
    if view.never:
        return "nothing"
    if view.unions and view.is_open and depth < 2:  # noqa: PLR2004 - deeper ones would not be read
        return " or ".join(brief(side.at((branch,)), depth + 1) for branch in view.unions[0].branches)
    if view.types == LISTS and view.held.get("items") and depth < 2:  # noqa: PLR2004 - as above
        return f"array of {brief(side.at(view.held['items']), depth + 1)}"
    if view.properties and view.types in (None, OBJECTS):
        names = [*view.properties]
        return f"object with {', '.join(names[:_MOST])}" + (", …" if len(names) > _MOST else "")
    limits = [f"`{bound.keyword}` {bound.shown}" for bound in view.bounds.values()]
    limits += [f"`required` {name}" for name in view.required]
    kind = types_text(view)
    if not limits:
        return kind
    return f"{'anything' if view.types is None else kind} with {', '.join(limits[:_MOST])}"


def types_text(view: View) -> str:
    """Name the types of a view."""
    names = sorted(view.types) if view.types is not None else ["any"]
    formats = sorted(map(str, view.listed.get("format", ())))
    text = " or ".join(names) or "null"
    return f"{text} ({', '.join(formats)})" if formats else text


def tags_of(side: Sided) -> dict[str, Any]:
    """Return the properties that have one value only, with it."""
    found = {}
    for name, parts in side.view.properties.items():
        values = side.at(parts).view.enum
        if values is not None and len(values) == 1:
            found[name] = next(iter(values.values()))
    return found


def tag_keys(side: Sided) -> set[tuple[str, str]]:
    """Return the same in a form that can be compared."""
    return {(name, canonical(value)) for name, value in tags_of(side).items()}
