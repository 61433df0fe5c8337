"""The geometry of a history's picture: one column of marks for each revision, one lane for each severity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from scripts.reporting.words import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

LANES = ("breaking", "warning", "harmless", "prose")
"""From the top down."""

LEFT = 104
RIGHT = 24
TOP = 20
LANE = 46
DATES, NAMES = 78, 34
"""Pixels below the lanes: for days, months and years, or for names."""
GAP = 28
"""Pixels that two columns are apart at least, so that each can be read and hit."""
NARROWEST = 1050
_LARGEST = GAP / 2
_SMALLEST = 4.5
_LETTERED = 8.5
_DIGITS = 3
_NAMED = 10
"""Columns that have their names below them, where there are no dates."""


@dataclass(frozen=True)
class Point:
    """What a picture is told of a revision.

    Attributes:
        name: The revision's name.
        day: Its date; None where its name has none.
        counts: How many changes there are, for each lane.
        verdict: What came of it.
        page: The address of its report.
    """

    name: str
    day: date | None
    counts: tuple[int, ...]
    verdict: str
    page: str


@dataclass(frozen=True)
class Mark:
    """A circle whose area tells how many changes there are; a dot where there is none.

    Attributes:
        lane: Which severity.
        y: The place of its centre.
        radius: In pixels.
        number: How many.
        lettered: Whether the number fits into it.
    """

    lane: str
    y: int
    radius: float
    number: int
    lettered: bool


@dataclass(frozen=True)
class Column:
    """One revision.

    Attributes:
        point: The revision.
        x: The place of its marks, and of what stands below them.
        marks: Its marks.
        below: What stands below it: the day of the month, or the revision's name; may be empty.
        label: All of it in words.
    """

    point: Point
    x: float
    marks: tuple[Mark, ...]
    below: str
    label: str


@dataclass(frozen=True)
class Span:
    """A month or a year, below the columns that lie in it.

    Attributes:
        start: Its left end.
        end: Its right end.
        text: What it is called.
    """

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Timeline:
    """A picture.

    Attributes:
        width: In pixels.
        height: In pixels.
        foot: Where the lanes end.
        lanes: The lanes' names with the places of their middles.
        columns: The revisions, in order and equally far apart.
        months: The months below them; none where not every revision has a date.
        years: The years below these.
    """

    width: int
    height: int
    foot: int
    lanes: tuple[tuple[str, int], ...]
    columns: tuple[Column, ...]
    months: tuple[Span, ...]
    years: tuple[Span, ...]


def lay_out(points: Sequence[Point]) -> Timeline:
    """Place a history's marks.

    Revisions come in bursts: at their true dates, most columns would lie on each other. So they stand in
    order, equally far apart, and each has its date below it.

    Args:
        points: The revisions, in order; one at least.

    Returns:
        The picture: with dates where every revision has one, otherwise with names.
    """
    width = max(NARROWEST, LEFT + RIGHT + GAP * len(points))
    step = (width - LEFT - RIGHT) / len(points)
    days = [point.day for point in points if point.day is not None]
    dated = len(days) == len(points)
    if dated:
        below = [str(day.day) for day in days]
    else:
        every = math.ceil(len(points) / _NAMED)
        below = ["" if index % every else one_line(point.name, 12) for index, point in enumerate(points)]
    most = max(1, *(number for point in points for number in point.counts))
    foot = TOP + LANE * len(LANES)
    columns = tuple(
        Column(point, round(LEFT + step * (index + 0.5), 1), _marks(point, most), text, _told(point))
        for index, (point, text) in enumerate(zip(points, below, strict=True))
    )
    months = _spans([day.replace(day=1) for day in days if dated], step, "{:%b}")
    years = _spans([day.replace(month=1, day=1) for day in days if dated], step, "{0.year}")
    lanes = tuple((lane, _middle(index)) for index, lane in enumerate(LANES))
    return Timeline(width, foot + (DATES if dated else NAMES), foot, lanes, columns, months, years)


def _spans(starts: Sequence[date], step: float, form: str) -> tuple[Span, ...]:
    """Draw neighbours together that lie in one month, or in one year.

    Args:
        starts: For each column, the day that its month or year starts on.
        step: How far columns are apart.
        form: How to call a month or a year by that day.
    """
    spans, first = [], 0
    for day, group in groupby(starts):
        last = first + len([*group])
        spans.append(
            Span(round(LEFT + step * first + 3, 1), round(LEFT + step * last - 3, 1), form.format(day))
        )
        first = last
    return tuple(spans)


def _middle(lane: int) -> int:
    return TOP + LANE * lane + LANE // 2


def _marks(point: Point, most: int) -> tuple[Mark, ...]:
    marks = []
    for index, (lane, number) in enumerate(zip(LANES, point.counts, strict=True)):
        radius = max(_SMALLEST, _LARGEST * math.sqrt(number / most)) if number else 2
        fits = radius >= _LETTERED and len(str(number)) <= _DIGITS
        marks.append(Mark(lane, _middle(index), round(radius, 1), number, fits))
    return tuple(marks)


def _told(point: Point) -> str:
    breaking, warning, harmless, prose = point.counts
    when = f", {point.day.isoformat()}" if point.day is not None else ""
    counts = f"{breaking:,} breaking, {warning:,} warnings, {harmless:,} harmless, {prose:,} in wording"
    return f"{one_line(point.name, 80)}{when}: {counts}"
