"""Bad rows, as they are told: each of the first ones of a kind, and how many more there are like them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import define, field

from ._output import counted, say

if TYPE_CHECKING:
    from ._pairs import BadRow

_EACH = 20  # of a kind: what is wrong with a whole column is wrong in every row
_MOST_RANGES = 30
_NUMBER = re.compile(r"[0-9]+")


@define
class _Kind:
    """Bad rows with the same problem that have not been told one by one.

    Attributes:
        problem: what is wrong with the first of them all.
        told: how many were told.
        more: how many were not.
        ranges: the first and the last line of each run of neighbours among those; the last of many such runs
            is as long as all that come after it.
    """

    problem: str
    told: int = 0
    more: int = 0
    ranges: list[list[int]] = field(factory=list)

    def add(self, line: int) -> None:
        self.more += 1
        last = self.ranges[-1] if self.ranges else None
        if last and (line == last[1] + 1 or len(self.ranges) == _MOST_RANGES):
            last[1] = line
        else:
            self.ranges.append([line, line])

    def lines(self) -> str:
        spans = [f"{first}" if first == last else f"{first}-{last}" for first, last in self.ranges]
        between = "between " if len(spans) == _MOST_RANGES else ""
        return ", ".join([*spans[:-1], f"{between}{spans[-1]}"])


@define
class BadRows:
    """Tells bad rows on standard error."""

    _kinds: dict[str, _Kind] = field(factory=dict)

    def tell(self, row: BadRow) -> None:
        """Say what is wrong with a row, unless that was said often enough."""
        # Two of a kind may differ in a number, as of a column.
        kind = self._kinds.setdefault(_NUMBER.sub("#", row.problem), _Kind(row.problem))
        if kind.told < _EACH:
            kind.told += 1
            say(f"line {row.line}: the row {row.problem}.", to_stderr=True)
        else:
            kind.add(row.line)

    def sum_up(self) -> None:
        """Say how many more there are of each kind, and in which lines."""
        for kind in self._kinds.values():
            if kind.more:
                lines = "line" if kind.more == 1 else "lines"
                say(
                    f"and {counted(kind.more, 'more row')} like it ({lines} {kind.lines()}): "
                    f"the row {kind.problem}.",
                    to_stderr=True,
                )
