"""What a run has come to so far: counts, and a few examples of each kind of failure."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right
from typing import TYPE_CHECKING, Any

from attrs import define, field

from voucherify_wrapper._errors import SessionNotFoundError, VoucherNotFoundError

from ._values import OWN_LENGTH, are_swapped, is_of_a_url, shape_of

if TYPE_CHECKING:
    from voucherify_wrapper._results import Outcome

    from ._pairs import BadRow

_EXAMPLES = 3


class LineNumbers:
    """Which line each pair was in: a number for each place where pairs and lines part, and not for each pair.

    An empty line, a bad row and a row over several lines is such a place.
    """

    def __init__(self) -> None:
        self._positions = array("q")
        self._offsets = array("q")
        self._count = 0

    def add(self, line: int) -> None:
        """Take the line of the next pair."""
        offset = line - self._count
        if not self._offsets or self._offsets[-1] != offset:
            self._positions.append(self._count)
            self._offsets.append(offset)
        self._count += 1

    def of(self, position: int) -> int:
        """The line of the pair that was read as this one, from 0."""
        return position + self._offsets[bisect_right(self._positions, position) - 1]


@define
class Kind:
    """Failures of one kind.

    Attributes:
        name: the exception's, and the status where an answer had one.
        text: what the first of them says.
        count: how many there are.
        examples: the lines, codes and session keys of the first ones.
    """

    name: str
    text: str
    count: int = 0
    examples: list[tuple[int | None, str, str]] = field(factory=list)


@define
class Shape:
    """Keys of one making whose sessions were gone.

    Attributes:
        count: how many there are.
        examples: the lines and keys of the first ones.
    """

    count: int = 0
    examples: list[tuple[int | None, str]] = field(factory=list)


@define
class Tally:
    """The state of a run; written by its main thread, and read by others.

    Attributes:
        given: pairs that were read.
        released: sessions that were released.
        unconfirmed: those of them for which the server did not say so itself.
        already_gone: sessions that had gone, where that is no failure.
        failed: pairs that failed.
        bad_rows: rows that are no pair.
        earlier: outcomes, among the above, that an earlier run had and did not tell.
        kinds: the failures by their kind.
        first_bad_rows: a few of the bad rows.
        gone: the keys of sessions that had gone, by their making, whether that is a failure or not.
        swapped: pairs among the failures whose code looks like a key, and whose key does not.
        of_urls: those whose code seems to be written as in a URL.
        known_shapes: how the keys were made of sessions that were released.
        lines: which line each pair was in.
        began: when, by the monotonic clock.
    """

    given: int = 0
    released: int = 0
    unconfirmed: int = 0
    already_gone: int = 0
    failed: int = 0
    bad_rows: int = 0
    earlier: int = 0
    kinds: dict[str, Kind] = field(factory=dict)
    first_bad_rows: list[BadRow] = field(factory=list)
    gone: dict[int, Shape] = field(factory=dict)
    swapped: int = 0
    of_urls: int = 0
    known_shapes: set[int] = field(factory=set)
    lines: LineNumbers = field(factory=LineNumbers)
    began: float = field(factory=time.monotonic)

    def bad(self, row: BadRow) -> None:
        """Count a row that is no pair."""
        self.bad_rows += 1
        if len(self.first_bad_rows) < _EXAMPLES:
            self.first_bad_rows.append(row)

    def read(self, line: int) -> None:
        """Count a pair."""
        self.given += 1
        self.lines.add(line)

    def end(self, outcome: Outcome, line: int | None) -> None:
        """Count an outcome."""
        self.earlier += line is None
        self.unconfirmed += not outcome.confirmed
        if outcome.error is not None:
            self.failed += 1
            self._fail(outcome, line)
        elif outcome.status == "released":
            self.released += 1
            self.known_shapes.add(shape_of(outcome.session_key))
        else:
            self.already_gone += 1
            self._miss(outcome, line)

    def _miss(self, outcome: Outcome, line: int | None) -> None:
        shape = self.gone.setdefault(shape_of(outcome.session_key), Shape())
        shape.count += 1
        if len(shape.examples) < _EXAMPLES:
            shape.examples.append((line, outcome.session_key))

    def _fail(self, outcome: Outcome, line: int | None) -> None:
        if isinstance(outcome.error, SessionNotFoundError):
            self._miss(outcome, line)
        elif isinstance(outcome.error, VoucherNotFoundError):
            self.swapped += are_swapped(outcome.code, outcome.session_key)
            self.of_urls += is_of_a_url(outcome.code)
        status = getattr(outcome.error, "status", None)
        name = type(outcome.error).__name__ + (f" ({status})" if status else "")
        kind = self.kinds.setdefault(name, Kind(name, str(outcome.error)))
        kind.count += 1
        if len(kind.examples) < _EXAMPLES:
            kind.examples.append((line, outcome.code, outcome.session_key))

    @property
    def unlike(self) -> list[Shape]:
        """The keys of sessions that had gone which look like none of a session that was released.

        Nor, where Voucherify seems to have made them, like those that it makes.
        """
        known = self.known_shapes
        return [
            shape
            for made, shape in self.gone.items()
            if made not in known and made != OWN_LENGTH and (known or made)
        ]

    @property
    def outcomes(self) -> int:
        """How many outcomes there are."""
        return self.released + self.already_gone + self.failed

    @property
    def open(self) -> int:
        """How many pairs were read and have no outcome: under way, waiting, repeated or done before."""
        return self.given - (self.outcomes - self.earlier)

    @property
    def seconds(self) -> float:
        """How long it has taken."""
        return time.monotonic() - self.began

    @property
    def rate(self) -> float:
        """Outcomes in a second."""
        return self.outcomes / max(self.seconds, 0.001)

    def document(self) -> dict[str, Any]:
        """The counts for programs."""
        return {
            "released": self.released,
            "unconfirmed": self.unconfirmed,
            "already_gone": self.already_gone,
            "failed": self.failed,
            "bad_rows": self.bad_rows,
            "repeated": self.open,
            "seconds": round(self.seconds, 3),
            "per_second": round(self.rate, 1),
            "failures": [
                {
                    "kind": kind.name,
                    "count": kind.count,
                    "message": kind.text,
                    "examples": [
                        {"line": line, "code": code, "session_key": key} for line, code, key in kind.examples
                    ],
                }
                for kind in self.kinds.values()
            ],
            "first_bad_rows": [{"line": row.line, "problem": row.problem} for row in self.first_bad_rows],
        }
