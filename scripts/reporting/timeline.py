"""The geometry of a history's picture: one column of marks for each revision, one lane for each severity."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from scripts.reporting.words import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

LANES = ("breaking", "warning", "harmless", "prose")
"""From the top down."""

LEFT = 104
RIGHT = 24
TOP = 20
LANE = 46
AXIS = 60
GAP = 28
"""Pixels that two columns are apart at least, so that each can be read and hit."""
NARROWEST = 1050
_LARGEST = GAP / 2
_SMALLEST = 4.5
_LETTERED = 8.5
_DIGITS = 3


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
        x: The place of its marks.
        true_x: The place of its date on the axis; marks that would lie on each other stand aside.
        marks: Its marks.
        label: All of it in words.
    """

    point: Point
    x: float
    true_x: float
    marks: tuple[Mark, ...]
    label: str


@dataclass(frozen=True)
class Tick:
    """A mark on the axis.

    Attributes:
        x: Its place.
        text: What stands below it.
    """

    x: float
    text: str


@dataclass(frozen=True)
class Timeline:
    """A picture.

    Attributes:
        width: In pixels.
        height: In pixels.
        lanes: The lanes' names with the places of their middles.
        columns: The revisions.
        ticks: The axis's marks.
        by_date: Whether places tell dates; otherwise they tell the order.
    """

    width: int
    height: int
    lanes: tuple[tuple[str, int], ...]
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    by_date: bool


def lay_out(points: Sequence[Point]) -> Timeline:
    """Place a history's marks.

    Args:
        points: The revisions, in order; one at least.

    Returns:
        The picture: by date where every revision has one and they follow one another, otherwise by order.
    """
    days = [point.day for point in points if point.day is not None]
    by_date = len(days) == len(points) and days == sorted(days) and days[0] < days[-1]
    width = max(NARROWEST, LEFT + RIGHT + GAP * len(points))
    inner = width - LEFT - RIGHT - GAP
    start = LEFT + GAP / 2
    if by_date:
        span = (days[-1] - days[0]).days
        true = [start + inner * (day - days[0]).days / span for day in days]
        ticks = tuple(
            Tick(round(start + inner * (day - days[0]).days / span, 1), text) for day, text in _months(days)
        )
    else:
        step = inner / max(len(points) - 1, 1)
        true = [start + step * index for index in range(len(points))]
        every = math.ceil(len(points) / 12)
        ticks = tuple(
            Tick(round(x, 1), one_line(point.name, 14))
            for index, (x, point) in enumerate(zip(true, points, strict=True))
            if index % every == 0
        )
    most = max(1, *(number for point in points for number in point.counts))
    height = TOP + LANE * len(LANES) + AXIS
    columns = tuple(
        Column(point, round(x, 1), round(true_x, 1), _marks(point, most), _told(point))
        for point, x, true_x in zip(points, _apart(true, start, start + inner), true, strict=True)
    )
    lanes = tuple((lane, _middle(index)) for index, lane in enumerate(LANES))
    return Timeline(width, height, lanes, columns, ticks, by_date)


def _apart(places: Sequence[float], start: float, end: float) -> list[float]:
    """Move places aside, as little as it takes, until no two are too near; the order stays."""
    # Taken closer by a gap each, places may touch but not overtake: those that would, share their mean.
    pools: list[tuple[float, int]] = []
    for index, place in enumerate(places):
        mean, size = place - index * GAP, 1
        while pools and pools[-1][0] > mean:
            before, others = pools.pop()
            mean, size = (before * others + mean * size) / (others + size), others + size
        pools.append((mean, size))
    means = [mean for mean, size in pools for _ in range(size)]
    last = end - GAP * (len(places) - 1)
    return [min(max(mean, start), last) + index * GAP for index, mean in enumerate(means)]


def _months(days: Sequence[date]) -> list[tuple[date, str]]:
    """Choose the first days of months, no more than a dozen, that lie between two days."""
    first, last = days[0], days[-1]
    months = []
    day = first.replace(day=1)
    while day <= last:
        if day >= first:
            months.append(day)
        day = (day + timedelta(days=32)).replace(day=1)
    if not months:
        return [(first, first.isoformat()), (last, last.isoformat())]
    every = math.ceil(len(months) / 12)
    return [(day, f"{day:%b %Y}") for day in months[::every]]


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
