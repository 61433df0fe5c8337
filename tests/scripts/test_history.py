"""A folder of revisions becomes a picture of what changed when."""

from __future__ import annotations

import json
import re
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.command import FailedError, UnusableInputError
from scripts.history import as_page, replay, revisions, write_history
from scripts.reporting.timeline import GAP, LEFT, RIGHT, Point, lay_out
from tests.scripts.test_report_html import Page

if TYPE_CHECKING:
    from tests.scripts.conftest import Command, Digest

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"
MISSING = "the vendor's files are not part of this repository, and do not lie beside it"


def document(*values: str, title: str = "Shop", description: str = "") -> dict[str, Any]:
    """Make a document with one operation, whose answer has one of these values."""
    answer = {
        "type": "object",
        "required": ["kind"],
        "properties": {"kind": {"type": "string", "enum": [*values]}},
    }
    content = {"application/json": {"schema": answer}}
    return {
        "openapi": "3.0.1",
        "info": {"title": title, "version": "1", "description": description},
        "paths": {"/things": {"get": {"responses": {"200": {"description": "ok", "content": content}}}}},
    }


def write(folder: Path, **documents: Any) -> Path:
    """Write documents into a folder as JSON; a name's double underscore stands for a hyphen."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in documents.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name.strip('_').replace('__', '-')}.json").write_text(text)
    return folder


def three(folder: Path) -> Path:
    """Write three revisions: the second one breaks, the third one only tells more."""
    return write(
        folder,
        _1__2026__01__05=document("a"),
        _2__2026__02__01=document("a", "b"),
        _10__2026__04__01=document("a", "b", description="More words."),
    )


def test_each_revision_is_compared_with_the_one_before(tmp_path: Path) -> None:
    """Names count as numbers do, and each comparison has its date, counts, verdict and page."""
    history = replay(three(tmp_path / "specs"))
    assert [step.point for step in history.steps] == [
        Point("2-2026-02-01.json", date(2026, 2, 1), (1, 0, 0, 0), "breaking", "001-2-2026-02-01.html"),
        Point("10-2026-04-01.json", date(2026, 4, 1), (0, 0, 0, 1), "compatible", "002-10-2026-04-01.html"),
    ]
    assert history.skipped == ()


def test_names_are_in_natural_order(tmp_path: Path) -> None:
    """9 comes before 10, whatever the letters' case; files of other kinds and folders are no revisions."""
    for name in ("v10.json", "v9.YAML", "V1.md", "notes.txt", "v2"):
        (tmp_path / name).touch()
    (tmp_path / "folder.json").mkdir()
    assert [file.name for file in revisions(tmp_path)] == ["V1.md", "v9.YAML", "v10.json"]


def test_a_name_may_hold_what_is_no_date(tmp_path: Path) -> None:
    """Digits that are no day of any year make a revision without a date."""
    folder = write(tmp_path, _1__2026__13__45=document("a"), _2__2026__02__30=document("b"))
    assert replay(folder).steps[0].point.day is None


def test_json_yaml_and_pages_are_revisions(tmp_path: Path) -> None:
    """The three forms of a document can stand in one folder."""
    text = json.dumps(document("a", "b"))
    (tmp_path / "1.json").write_text(json.dumps(document("a")))
    (tmp_path / "2.yaml").write_text(text)
    (tmp_path / "3.md").write_text(f"# Page\n\n```yaml /openapi/shop.json get /things\n{text}\n```\n")
    assert [step.point.counts for step in replay(tmp_path).steps] == [(1, 0, 0, 0), (0, 0, 0, 0)]


@pytest.mark.parametrize(
    "broken", ["{", "<html>", '{"openapi": "3.0.1", "info": {}, "paths": {"/a": []}}', ""]
)
@pytest.mark.parametrize("place", [0, 2, 9])
def test_a_revision_that_cannot_be_read_is_skipped(
    tmp_path: Path, command: Command, broken: str, place: int
) -> None:
    """It is told, on the page and beside it, and the next one is set against the last that can be read."""
    folder = write(tmp_path / "specs", _1=document("a"), _3=document("a", "b"), _5=document("b"))
    (folder / f"{place}.json").write_text(broken)
    done = command("history", folder, "--out", tmp_path / "out")
    assert (done.returncode, f"Skipped {place}.json: " in done.stderr) == (0, True)
    assert done.stdout == f"{tmp_path / 'out' / 'index.html'}: 2 comparisons drawn, 1 skipped.\n"
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert f"<code>{place}.json</code>" in page
    assert sorted(each.name for each in (tmp_path / "out").iterdir()) == [
        "001-3.html",
        "002-5.html",
        "index.html",
    ]


def test_a_history_needs_two_revisions(tmp_path: Path, command: Command) -> None:
    """A folder that is missing, empty, or holds one revision, is refused with what is needed."""
    with pytest.raises(UnusableInputError, match="is not a folder; a history needs one"):
        replay(tmp_path / "missing")
    for folder, count in ((tmp_path / "none", "0 revisions"), (tmp_path / "one", "1 revision")):
        write(folder, **({"_1": document("a")} if folder.name == "one" else {}))
        done = command("history", folder, "--out", tmp_path / "out")
        assert done.returncode == 2
        assert f"holds {count} that can be read; a history needs two at least" in done.stderr
        assert not (tmp_path / "out").exists()
        assert "Below it" not in done.stderr
    three(tmp_path / "specs")
    assert "Below it, specs could be meant." in command("history", tmp_path, "--out", tmp_path / "out").stderr


def test_an_older_history_is_replaced_whole(tmp_path: Path, digest: Digest) -> None:
    """Pages of revisions that are gone go too, and the same revisions give the same bytes."""
    out = tmp_path / "build" / "history"
    write_history(replay(three(tmp_path / "specs")), out)
    first = digest(out)
    (tmp_path / "specs" / "2-2026-02-01.json").unlink()
    write_history(replay(tmp_path / "specs"), out)
    assert sorted(each.name for each in out.iterdir()) == ["001-10-2026-04-01.html", "index.html"]
    write_history(replay(three(tmp_path / "specs")), out)
    assert digest(out) == first
    assert [each.name for each in out.parent.iterdir()] == ["history"]


@pytest.mark.parametrize("name", ["notes.txt", "index.html", "001-a.html", ".hidden"])
def test_a_folder_with_something_else_is_left_alone(tmp_path: Path, digest: Digest, name: str) -> None:
    """Nothing that no history wrote is ever lost, even where it has a history's name."""
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("mine")
    before = digest(out)
    with pytest.raises(FailedError, match=f"holds {re.escape(name)}, which is no page of a history"):
        write_history(replay(three(tmp_path / "specs")), out)
    assert digest(out) == before


def test_a_folder_within_is_left_alone(tmp_path: Path) -> None:
    """A folder with the name of a page is no page."""
    (tmp_path / "out" / "index.html").mkdir(parents=True)
    with pytest.raises(FailedError, match=r"holds index\.html"):
        write_history(replay(three(tmp_path / "specs")), tmp_path / "out")


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """A folder that is there, and empty, is filled."""
    (tmp_path / "out").mkdir()
    write_history(replay(three(tmp_path / "specs")), tmp_path / "out")
    assert (tmp_path / "out" / "index.html").is_file()


def test_the_picture_has_its_words(tmp_path: Path) -> None:
    """Title, description, a label for each point, a table with the same numbers; links lead somewhere."""
    write_history(replay(three(tmp_path / "specs")), tmp_path / "out")
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    links = [each for each in page.all("a") if not (each["href"] or "").startswith("#")]
    assert {each["href"] for each in links} == {"001-2-2026-02-01.html", "002-10-2026-04-01.html"}
    assert all((tmp_path / "out" / str(each["href"])).is_file() for each in links)
    labels = [each["aria-label"] for each in links if "aria-label" in each]
    assert labels[0] == "2-2026-02-01.json, 2026-02-01: 1 breaking, 0 warnings, 0 harmless, 0 in wording"
    assert len(page.all("svg")) == 1
    assert len(page.all("desc")) == 1
    assert "1 of 2 updates could break programs that worked before." in text
    assert len(page.all("tr")) == 3
    assert "equally far apart; below each is its date." in text


def test_names_and_titles_stay_text(tmp_path: Path) -> None:
    """A file's name and a document's title are shown, and are no markup and no path."""
    folder = tmp_path / "specs"
    folder.mkdir()
    for name, values in (("1.json", "a"), ('2<b>&"..%2f.json', "ab"), ("3😀.json", "b")):
        (folder / name).write_text(json.dumps(document(*values, title="<script>alert(1)</script>")))
    write_history(replay(folder), tmp_path / "out")
    page = Page((tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    assert {"b", "script"}.isdisjoint(name for name, _ in page.elements)
    names = sorted(each.name for each in (tmp_path / "out").iterdir())
    assert names == ["001-2-b-..-2f.html", "002-3.html", "index.html"]


@pytest.mark.unmeasured
@pytest.mark.parametrize("file", [*sorted(SPECS.glob("vouchers"))] or [None], ids=["vouchers"])
def test_the_vendors_revisions_are_drawn(tmp_path: Path, file: Path | None) -> None:
    """All of the vendor's revisions are read, compared, dated and drawn."""
    if file is None:
        pytest.skip(MISSING)
    history = replay(file)
    assert len(history.steps) == len([*file.glob("*.json")]) - 1
    assert history.skipped == ()
    assert all(step.point.day is not None for step in history.steps)
    assert as_page(history) == as_page(history)
    write_history(history, tmp_path / "out")
    assert len([*(tmp_path / "out").iterdir()]) == len(history.steps) + 1


# The picture's geometry


def points(*days: date | None, counts: tuple[int, ...] = (1, 2, 3, 4)) -> list[Point]:
    """Make revisions at these days."""
    return [Point(f"{number}.json", day, counts, "breaking", "a.html") for number, day in enumerate(days)]


DAYS = st.dates(date(1, 1, 1), date(9999, 11, 30))


@given(st.lists(st.none() | DAYS, min_size=1, max_size=80))
def test_columns_stand_in_order_and_equally_far_apart(days: list[date | None]) -> None:
    """No two columns lie on each other, none is outside, and no distance claims to tell a time."""
    line = lay_out(points(*days))
    places = [column.x for column in line.columns]
    apart = [second - first for first, second in pairwise(places)] or [GAP]
    assert min(apart) >= GAP - 0.2
    assert max(apart) - min(apart) <= 0.2 + 1e-6
    assert places[0] >= LEFT
    assert places[-1] <= line.width - RIGHT


@given(st.lists(DAYS, min_size=1, max_size=80))
def test_below_each_column_is_its_date(days: list[date]) -> None:
    """The day stands below a column, and the month and the year that span it are its own."""
    line = lay_out(points(*days))
    for column, day in zip(line.columns, days, strict=True):
        months, years = (
            [span.text for span in spans if span.start < column.x < span.end]
            for spans in (line.months, line.years)
        )
        assert (column.below, months, years) == (str(day.day), [f"{day:%b}"], [str(day.year)])
    for spans in (line.months, line.years):
        assert all(first.end < second.start for first, second in pairwise(spans))
        assert spans[-1].end <= line.width - RIGHT


def test_without_dates_there_are_names() -> None:
    """Where a revision has no date, a dozen columns at most have their names below them, and no months."""
    few, many = lay_out(points(date(2026, 1, 1), None)), lay_out(points(*[None] * 95))
    assert [column.below for column in few.columns] == ["0.json", "1.json"]
    assert few.months == few.years == ()
    assert [column.below for column in many.columns if column.below][:2] == ["0.json", "10.json"]
    assert few.height < lay_out(points(date(2026, 1, 1))).height


def test_months_and_years_draw_neighbours_together() -> None:
    """The same month of another year is another one, and so is a month that comes again."""
    line = lay_out(
        points(date(2025, 1, 3), date(2026, 1, 3), date(2026, 1, 31), date(2026, 2, 1), date(2026, 1, 1))
    )
    assert [span.text for span in line.months] == ["Jan", "Jan", "Feb", "Jan"]
    assert [span.text for span in line.years] == ["2025", "2026"]


def test_a_circle_tells_by_its_area() -> None:
    """Four times as many have twice the radius; none is a dot; a number stands where it fits."""
    many = Point("a", None, (400, 100, 1, 0), "breaking", "a.html")
    marks = lay_out([many]).columns[0].marks
    assert marks[0].radius == 2 * marks[1].radius == GAP / 2
    assert [mark.lettered for mark in marks] == [True, False, False, False]
    assert marks[3].radius < marks[2].radius
    huge = lay_out([Point("a", None, (4_000, 0, 0, 0), "breaking", "a.html")])
    assert not huge.columns[0].marks[0].lettered
    assert lay_out(points(None, counts=(0, 0, 0, 0))).columns[0].marks[0].radius == 2
