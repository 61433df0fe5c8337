"""What stood before and what stands now, as lines that can be read side by side."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, TypeAlias

from scripts.command import visible
from scripts.comparison.changes import Axis
from scripts.reporting.words import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.comparison.changes import Change

_LOOKED_AT = 20_000
"""Characters of a side that are looked at, where it is shown in a line."""
_CONTEXT = 3
_WHOLE = 40
"""Lines of a side that are shown even where they are equal on both."""
_COMPARED = 1_500
"""Lines that are compared one by one; of more, all count as different."""
_PAIRED = 40
"""Lines next to each other that are compared word by word."""
_WORDS = 300
"""The same for the words of a line."""
_NEAR = 16
"""Characters that are shown on each side of a difference, at least."""
_WORD = re.compile(r'\s*(?:"[^"\s]*"|\w+(?:\.\w+)*|\S)|\s+')

Parts: TypeAlias = "tuple[tuple[str, bool], ...]"
"""A text in parts, each with whether the other side has it not; empty where the other side has more."""


@dataclass(frozen=True)
class Line:
    """One line of a side.

    Attributes:
        text: The line.
        differs: Whether the other side has it not.
        skipped: How many lines are left out here, instead of the text.
        parts: The text, split where it differs from the line that stands in its place on the other side;
            none where there is no such line, or nothing that both have.
    """

    text: str
    differs: bool = False
    skipped: int = 0
    parts: Parts = ()


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


def in_a_line(change: Change, limit: int) -> tuple[str | None, str | None]:
    """Write each side of a change in a line; None where nothing stands.

    Args:
        change: The change.
        limit: Characters that a side may have; of a longer one, what differs is kept.

    Returns:
        Both sides.
    """
    before, after = (_in_a_line(change, new=new) for new in (False, True))
    old, new = beside(before or "", after or "", limit)
    return None if before is None else old, None if after is None else new


def beside(before: str, after: str, limit: int) -> tuple[str, str]:
    """Cut two texts to what differs, where they are long.

    Args:
        before: The old one.
        after: The new one.
        limit: Characters that each may have.

    Returns:
        Both, with a mark wherever something is left out.
    """
    old, new = _by_words(before, after)
    return _around(old, limit), _around(new, limit)


def _by_words(before: str, after: str) -> tuple[Parts, Parts]:
    """Split two texts where they differ, between words."""
    words = _WORD.findall(before), _WORD.findall(after)
    blocks = [*_blocks(*([word.strip() for word in each] for each in words), most=_WORDS)]
    parts: tuple[list[tuple[str, bool]], list[tuple[str, bool]]] = ([], [])
    for number, (equal, *places) in enumerate(blocks):
        texts = ["".join(each[place]) for each, place in zip(words, places, strict=True)]
        # A comma or a bar between two differences is no common ground.
        between = 0 < number < len(blocks) - 1 and not re.search(r"\w", texts[0])
        differs = not equal or between
        if not any(texts):
            continue
        for part, text in zip(parts, texts, strict=True):
            joined = part.pop()[0] if part and part[-1][1] is differs else ""
            part.append((joined + text, differs))
    return tuple(parts[0]), tuple(parts[1])


def _around(parts: Parts, limit: int) -> str:
    """Put parts together; of what is equal, too long texts keep what stands next to a difference."""
    text = "".join(part for part, _ in parts)
    if len(text) <= limit:
        return text
    differing = [part for part, differs in parts if differs]
    room = max(_NEAR, (limit - len("".join(differing))) // (2 * max(1, len(differing))))
    kept = []
    for number, (part, differs) in enumerate(parts):
        head = 0 if number == 0 else room
        tail = 0 if number == len(parts) - 1 else room
        kept.append(part if differs or len(part) <= head + tail + 1 else _ends(part, head, tail))
    written = "".join(kept)
    return written if len(written) <= limit + len("……") else written[:limit] + "…"


def _ends(text: str, head: int, tail: int) -> str:
    """Leave out the middle of a text, and the words that would be cut in two."""
    first, last = text[:head], text[len(text) - tail :]
    if re.match(r"\w\w", text[head - 1 : head + 1]) and " " in first:
        first = first[: first.rindex(" ") + 1]
    if re.match(r"\w\w", text[len(text) - tail - 1 : len(text) - tail + 1]) and " " in last:
        last = last[last.index(" ") :]
    return f"{first}…{last}"


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
    for equal, first, second in _blocks(old, new, most=_COMPARED):
        if equal:
            for lines, part in zip(laid, (old[first], new[second]), strict=True):
                lines.extend(_surroundings(part, at_start=not lines) if long else map(Line, part))
            continue
        for lines, different in zip(laid, _differing(old[first], new[second]), strict=True):
            lines.extend(different)
    return laid


def _differing(old: Sequence[str], new: Sequence[str]) -> tuple[list[Line], list[Line]]:
    """Mark lines that stand in each other's place; within them, the words that differ."""
    if len(old) != len(new) or len(old) > _PAIRED:
        return [Line(text, differs=True) for text in old], [Line(text, differs=True) for text in new]
    first: list[Line] = []
    second: list[Line] = []
    for one, other in zip(old, new, strict=True):
        parts = _by_words(one, other)
        alike = any(re.search(r"\w", text) for text, differs in parts[0] if not differs)
        for lines, text, part in zip((first, second), (one, other), parts, strict=True):
            lines.append(Line(text, differs=True, parts=part if alike else ()))
    return first, second


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


def _blocks(old: Sequence[str], new: Sequence[str], *, most: int) -> Iterator[tuple[bool, slice, slice]]:
    """Split two lists into blocks that are equal and blocks that are not; of more than `most`, all differ."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    first, second = slice(start, len(old) - end), slice(start, len(new) - end)
    yield True, slice(start), slice(start)
    if max(len(old[first]), len(new[second])) > most:
        yield False, first, second
    else:
        matcher = SequenceMatcher(None, old[first], new[second], autojunk=False)
        for tag, i1, i2, j1, j2 in matcher.get_opcodes():
            yield tag == "equal", slice(start + i1, start + i2), slice(start + j1, start + j2)
    yield True, slice(first.stop, len(old)), slice(second.stop, len(new))


def _cut(lines: Sequence[Line], limit: int) -> tuple[tuple[Line, ...], bool]:
    """Keep as many lines as fit; a single one that is too long keeps what differs in it."""
    kept: list[Line] = []
    room = limit
    for line in lines:
        if len(line.text) > room:
            if not kept:
                kept.append(Line(_around(line.parts or ((line.text, True),), limit), differs=line.differs))
            return tuple(kept), True
        kept.append(line)
        room -= len(line.text) + 1
    return tuple(kept), False
