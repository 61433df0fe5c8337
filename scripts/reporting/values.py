"""What stood before and what stands now, as lines that can be read side by side."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from scripts.comparison.changes import Axis
from scripts.reporting.words import one_line, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.comparison.changes import Change

_LOOKED_AT = 20_000
"""Characters of a side in which a line looks for the first difference."""
_CONTEXT = 3
_WHOLE = 40
"""Lines of a side that are shown even where they are equal on both."""
_COMPARED = 1_500
"""Lines that are compared one by one; of more, all count as different."""


@dataclass(frozen=True)
class Line:
    """One line of a side.

    Attributes:
        text: The line.
        differs: Whether the other side has it not.
        skipped: How many lines are left out here, instead of the text.
    """

    text: str
    differs: bool = False
    skipped: int = 0


@dataclass(frozen=True)
class Sides:
    """Both sides of a change; None where nothing stands.

    Attributes:
        before: The lines of the old side.
        after: The lines of the new side.
        cut: Whether either of them is longer than what is shown.
    """

    before: tuple[Line, ...] | None
    after: tuple[Line, ...] | None
    cut: bool = False


def whole(change: Change, *, new: bool) -> str | None:
    """Write out one side of a change; None where nothing stands.

    A signature and prose are text as they are; all else is JSON.
    """
    side = change.after if new else change.before
    if side is None:
        return None
    if isinstance(side, str) and change.axis is not Axis.WIRE:
        return visible(side.expandtabs(4))
    return visible(json.dumps(side, indent=2, ensure_ascii=False))


def short(change: Change, *, new: bool, limit: int = 60) -> str | None:
    """Write one side of a change in a line; None where nothing stands.

    Of a long one, the part is shown where it begins to differ from the other side.
    """
    text, other = _in_a_line(change, new=new), _in_a_line(change, new=not new)
    return None if text is None else near(text, other or "", limit)


def near(text: str, other: str, limit: int) -> str:
    """Cut a text to the part where it begins to differ from another one.

    Args:
        text: The text.
        other: The other one.
        limit: Characters that are kept.

    Returns:
        The part, with a mark at each end where something is left out.
    """
    pairs = enumerate(zip(text, other, strict=False))
    same = next((place for place, (one, two) in pairs if one != two), min(len(text), len(other)))
    start = max(0, min(same - limit // 3, len(text) - limit))
    before, after = "…" if start else "", "…" if start + limit < len(text) else ""
    return f"{before}{text[start : start + limit]}{after}"


def _in_a_line(change: Change, *, new: bool) -> str | None:
    side = change.after if new else change.before
    text = json.dumps(side, ensure_ascii=False) if isinstance(side, (dict, list)) else whole(change, new=new)
    return None if text is None else one_line(text, _LOOKED_AT)


def sides(change: Change, limit: int) -> Sides:
    """Lay out both sides of a change, with the lines marked that differ.

    Args:
        change: The change.
        limit: Characters that a side may have; a longer one is cut by whole lines.

    Returns:
        The sides. Of long ones, what surrounds the differences.
    """
    texts = [whole(change, new=new) for new in (False, True)]
    old, new = ([] if text is None else text.split("\n") for text in texts)
    one_sided = None in texts
    laid = [[Line(line) for line in lines] for lines in (old, new)] if one_sided else _beside(old, new)
    cut = [_cut(lines, limit) for lines in laid]
    before, after = (None if text is None else lines for text, (lines, _) in zip(texts, cut, strict=True))
    return Sides(before, after, cut[0][1] or cut[1][1])


def _beside(old: Sequence[str], new: Sequence[str]) -> list[list[Line]]:
    laid: list[list[Line]] = [[], []]
    long = max(len(old), len(new)) > _WHOLE
    for equal, first, second in _blocks(old, new):
        for lines, part in zip(laid, (first, second), strict=True):
            if equal and long:
                lines.extend(_surroundings(part, at_start=not lines))
            else:
                lines.extend(Line(text, differs=not equal) for text in part)
    return laid


def _surroundings(part: Sequence[str], *, at_start: bool) -> Iterator[Line]:
    """Keep what stands next to a difference; at the start of a side that is the end alone."""
    head = 0 if at_start else _CONTEXT
    skipped = len(part) - head - _CONTEXT
    if skipped <= 1:
        yield from map(Line, part)
        return
    yield from map(Line, part[:head])
    yield Line("", skipped=skipped)
    yield from map(Line, part[-_CONTEXT:])


def _blocks(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[bool, Sequence[str], Sequence[str]]]:
    """Split two lists of lines into blocks that are equal and blocks that are not."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    first, second = old[start : len(old) - end], new[start : len(new) - end]
    yield True, old[:start], new[:start]
    if max(len(first), len(second)) > _COMPARED:
        yield False, first, second
    else:
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
            yield tag == "equal", first[i1:i2], second[j1:j2]
    yield True, old[len(old) - end :], new[len(new) - end :]


def _cut(lines: Sequence[Line], limit: int) -> tuple[tuple[Line, ...], bool]:
    """Keep as many lines as fit; a single one that is too long keeps its start."""
    kept: list[Line] = []
    room = limit
    for line in lines:
        if len(line.text) > room:
            if not kept:
                kept.append(Line(line.text[:limit] + "…", differs=line.differs))
            return tuple(kept), True
        kept.append(line)
        room -= len(line.text) + 1
    return tuple(kept), False
