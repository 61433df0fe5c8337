"""What stood before and stands now, laid out side by side."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from scripts.reporting.values import Line, near, short, sides, whole
from tests.scripts.reports import ADDED, CLASS, ENUM, PATTERN, SIGNATURE, WORDS

if TYPE_CHECKING:
    from scripts.comparison.changes import Change

PLENTY = 100_000


def with_sides(before: Any, after: Any) -> Change:
    """Make a row with these sides."""
    return replace(ENUM, before=before, after=after)


def texts(lines: tuple[Line, ...] | None) -> list[str]:
    """Show lines as a page does."""
    shown = [(f"({line.skipped})" if line.skipped else line.text, line.differs) for line in lines or ()]
    return [text if text.startswith("(") else f"{'*' if differs else ' '}{text}" for text, differs in shown]


def test_a_side_is_written_as_what_it_is() -> None:
    """JSON as JSON, with its quotation marks; a signature and prose as their text; nothing as nothing."""
    assert whole(PATTERN, new=False) == '"^a+$"'
    assert whole(ENUM, new=True) == '[\n  "APPLY",\n  "ADD_NEW_ITEMS"\n]'
    assert whole(SIGNATURE, new=True) == SIGNATURE.after
    assert whole(WORDS, new=False) == "The code."
    assert whole(ADDED, new=False) is None
    assert whole(CLASS, new=False) is None
    assert whole(replace(CLASS, after=["a"]), new=True) == '[\n  "a"\n]'
    assert whole(replace(WORDS, after="a\x1b\tb"), new=True) == "a\\u001b  b"


def test_a_short_side_is_one_line() -> None:
    """A cell of a table takes a side as one line, cut where it is long."""
    assert short(ENUM, new=True) == '["APPLY", "ADD_NEW_ITEMS"]'
    assert short(ADDED, new=True) == '{"type": "string"}'
    assert short(ADDED, new=False) is None
    assert short(replace(ENUM, after={"a": "x" * 500}), new=True, limit=20) == '{"a": "xxxxxxxxxxxxx…'
    assert short(replace(PATTERN, after=0), new=True) == "0"


def test_a_short_side_shows_where_it_differs() -> None:
    """Of two long sides that begin alike, the part is shown that tells them apart."""
    long = replace(ENUM, before=["x" * 100, "old"], after=["x" * 100, "new", "newer"])
    assert short(long, new=False, limit=20) == '…xxxxxxxxxxx", "old"]'
    assert short(long, new=True, limit=20) == '…xx", "new", "newer"]'
    assert near("abcdefghij" * 3, "abcdefghij" * 2 + "x", 9) == "…hijabcdef…"
    assert near("abc", "xyz", 2) == "ab…"


def test_lines_that_differ_are_marked() -> None:
    """Only what the other side has not is marked, on its side."""
    laid = sides(ENUM, PLENTY)
    assert texts(laid.before) == [" [", '*  "APPLY"', " ]"]
    assert texts(laid.after) == [" [", '*  "APPLY",', '*  "ADD_NEW_ITEMS"', " ]"]
    assert not laid.cut


def test_a_side_alone_is_not_marked() -> None:
    """Where the other side has nothing, there is nothing to differ from."""
    laid = sides(ADDED, PLENTY)
    assert laid.before is None
    assert texts(laid.after) == [" {", '   "type": "string"', " }"]


def test_long_sides_show_what_surrounds_a_difference() -> None:
    """Of hundreds of lines, the ones that are equal are counted, on both sides alike."""
    before = [*range(100)]
    after = [*range(50), "new", *range(50, 80), *range(81, 100)]
    laid = sides(with_sides(before, after), PLENTY)
    assert texts(laid.before) == [
        "(48)", "   47,", "   48,", "   49,", "   50,", "   51,", "   52,", "(24)", "   77,", "   78,",
        "   79,",
        "*  80,", "   81,", "   82,", "   83,", "(14)", "   98,", "   99", " ]",
    ]  # fmt: skip
    assert texts(laid.after)[4] == '*  "new",'
    assert texts(laid.after)[0] == "(48)"


def test_what_is_too_long_is_cut_by_whole_lines() -> None:
    """A side keeps the lines that fit; one line that is too long keeps its start."""
    laid = sides(with_sides("x", ["x" * 10] * 100), 100)
    assert laid.cut
    assert len(texts(laid.after)) == 7
    assert len(texts(laid.before)) == 1
    laid = sides(replace(PATTERN, before="y" * 500, after="z"), 10)
    assert texts(laid.before) == ['*"yyyyyyyyy…']
    assert texts(laid.after) == ['*"z"']
    assert sides(with_sides(["z"], "y" * 500), 10).cut
    assert sides(with_sides("y" * 500, ["z"]), 10).cut


def test_thousands_of_lines_take_no_time_to_compare() -> None:
    """Where too much differs to compare line by line, all of it counts as different."""
    laid = sides(with_sides([1] * 20_000 + [2] * 20_000, [2] * 20_000 + [1] * 20_000), 1_000_000)
    assert laid.before is not None
    assert {line.differs for line in laid.before[1:-2]} == {True}


LINES = st.lists(st.sampled_from("abc"), max_size=60)


@given(LINES, LINES)
def test_both_sides_keep_their_lines(before: list[str], after: list[str]) -> None:
    """Lines shown and lines counted come to all lines, in order, and unmarked lines are the same on both."""
    change = replace(SIGNATURE, before="\n".join(before), after="\n".join(after))
    laid = sides(change, PLENTY)
    for lines, text in ((laid.before, change.before), (laid.after, change.after)):
        assert lines is not None
        assert isinstance(text, str)
        expected = text.split("\n")
        place = 0
        for line in lines:
            if not line.skipped:
                assert line.text == expected[place]
            place += line.skipped or 1
        assert place == len(expected)
    unmarked = [[line for line in lines or () if not line.differs] for lines in (laid.before, laid.after)]
    assert unmarked[0] == unmarked[1]
