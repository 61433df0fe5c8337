"""What stood before and stands now, laid out side by side."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from scripts.reporting.values import Line, beside, in_a_line, sides, whole
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


def test_each_side_is_one_line() -> None:
    """A cell of a table takes each side as one line, cut where it is long; nothing stays nothing."""
    assert in_a_line(ENUM, 60) == ('["APPLY"]', '["APPLY", "ADD_NEW_ITEMS"]')
    assert in_a_line(ADDED, 60) == (None, '{"type": "string"}')
    assert in_a_line(replace(ADDED, before="x" * 50, after=None), 10) == ('"xxxxxxxxx…', None)
    assert in_a_line(replace(PATTERN, after=0), 60)[1] == "0"


def test_what_differs_is_shown() -> None:
    """Of long sides, what one has and the other has not is kept, with the words around it."""
    names = [f"NAME_{number}" for number in range(100)]
    change = with_sides(names, [*names[:40], "NEW", *names[40:70], *names[71:]])
    before, after = in_a_line(change, 200)
    assert before is not None
    assert after is not None
    assert before.startswith("…")
    assert '"NAME_39", "NAME_40",' in before
    assert '"NAME_39", "NEW", "NAME_40",' in after
    assert '"NAME_69", "NAME_70", "NAME_71",' in before
    assert '"NAME_69", "NAME_71",' in after
    assert (before[-1], max(map(len, (before, after))) <= 202) == ("…", True)


def test_a_union_is_cut_between_its_members() -> None:
    """No member of a union is cut in two, and one that came or went is shown with its neighbours."""
    members = " | ".join(f"VoucherCreate{number}" for number in range(30))
    assert beside(f"body: {members} | Unset = UNSET", f"body: {members}", 60) == (
        "… | VoucherCreate29 | Unset = UNSET", "… | VoucherCreate29",
    )  # fmt: skip
    assert beside(f"body: A | {members}", f"body: {members}", 60)[0].startswith("body: A | VoucherCreate0 |")
    assert beside("a" * 99, "b" * 99, 10) == ("a" * 10 + "…", "b" * 10 + "…")
    assert beside("a b " * 9, "c d " * 9, 9) == ("a b a b a…", "c d c d c…")
    assert beside("same " * 40, "same " * 40, 20)[0].endswith("…")


@given(st.lists(st.sampled_from("abc,| "), max_size=40), st.lists(st.sampled_from("abc,| "), max_size=40))
def test_nothing_is_lost_where_there_is_room(one: list[str], other: list[str]) -> None:
    """Sides that are short stay as they are, and the marked parts of a line come to the line."""
    before, after = "".join(one), "".join(other)
    assert beside(before, after, 100) == (before, after)
    laid = sides(replace(SIGNATURE, before=f"x {before}", after=f"x {after}"), PLENTY)
    for lines, text in ((laid.before, f"x {before}"), (laid.after, f"x {after}")):
        assert lines is not None
        assert "".join(part for part, _ in lines[0].parts) in ("", text)


@given(st.integers(0, 199), st.integers(0, 199), st.integers(40, 200))
def test_any_two_changes_of_a_long_list_are_seen(first: int, second: int, limit: int) -> None:
    """Wherever a value of a long list is another one, it is shown, within the room that there is."""
    names = [f"value_{number}" for number in range(200)]
    changed = [f"other_{number}" if number in (first, second) else names[number] for number in range(200)]
    before, after = beside(" | ".join(names), " | ".join(changed), limit)
    assert (f"value_{first}" in before, f"other_{first}" in after) == (True, True) or second < first
    assert max(len(before), len(after)) <= limit + 2


def test_lines_that_differ_are_marked() -> None:
    """Only what the other side has not is marked, on its side."""
    laid = sides(ENUM, PLENTY)
    assert texts(laid.before) == [" [", '*  "APPLY"', " ]"]
    assert texts(laid.after) == [" [", '*  "APPLY",', '*  "ADD_NEW_ITEMS"', " ]"]
    assert not laid.cut


def test_words_that_differ_are_marked_within_their_line() -> None:
    """Where a line stands in another one's place, the words that it has besides are told apart."""
    laid = sides(SIGNATURE, PLENTY)
    assert laid.before is not None
    assert laid.after is not None
    assert [text for text, differs in laid.before[0].parts if differs] == [" | Unset = UNSET"]
    assert [text for text, differs in laid.after[0].parts if differs] == [""]
    assert [line.parts for line in sides(with_sides("x", "y"), PLENTY).before or ()] == [()]
    many = sides(with_sides([f"a {n}" for n in range(50)], [f"b {n}" for n in range(50)]), PLENTY)
    assert {line.parts for line in many.before or ()} == {()}


def marked(before: str, after: str) -> list[str]:
    """Return the parts of the only line before that are told apart."""
    laid = sides(replace(SIGNATURE, before=before, after=after), PLENTY)
    assert laid.before is not None
    return [text for text, differs in laid.before[0].parts if differs]


def test_a_bar_between_two_differences_differs_too() -> None:
    """Neighbours that both changed are one difference, not two with a bar in between."""
    assert marked("f A | B g", "f X | Y g") == [" A | B"]
    assert marked("f A | same | B g", "f X | same | Y g") == [" A", " B"]


def test_of_very_many_words_none_is_compared() -> None:
    """Where hundreds of words differ, the line differs as a whole: to look closer would take too long."""
    for count, differences in ((100, 100), (400, 1)):
        one, other = (" ".join(f"{name}{n} same" for n in range(count)) for name in "ab")
        assert len(marked(one, other)) == differences


@given(st.integers(0, 99), st.integers(60, 200))
def test_words_stay_whole(place: int, limit: int) -> None:
    """However a long line is cut, what is left of it are whole words."""
    words = [f"word{number}" for number in range(100)]
    changed = [*words[:place], "changed", *words[place + 1 :]]
    for side, known in zip(beside(" ".join(words), " ".join(changed), limit), (words, changed), strict=True):
        assert set(re.findall(r"\w+", side)) <= set(known)


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
    """A side keeps the lines that fit; one line that is too long keeps what differs."""
    laid = sides(with_sides("x", ["x" * 10] * 100), 100)
    assert laid.cut
    assert len(texts(laid.after)) == 7
    assert len(texts(laid.before)) == 1
    laid = sides(replace(PATTERN, before="y" * 500, after="z"), 10)
    assert texts(laid.before) == ['*"yyyyyyyyy…']
    assert texts(laid.after) == ['*"z"']
    long = "word " * 400
    laid = sides(replace(SIGNATURE, before=f"{long}old {long}", after=f"{long}new {long}"), 60)
    assert laid.cut
    assert [text.count("old") for text in texts(laid.before)] == [1]
    assert texts(laid.after)[0].startswith("*…")
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
