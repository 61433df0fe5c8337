"""The picture of a history in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from scripts.history import replay, write_history
from tests.browser.test_report_page import MISSING, SPECS, hold_every_look, press_until
from tests.scripts.test_history import document, three, write

if TYPE_CHECKING:
    from pathlib import Path

    from tests.browser.conftest import Open


@pytest.mark.parametrize("vendors", [False, True])
def test_axe_finds_nothing(tmp_path: Path, opened: Open, *, vendors: bool) -> None:
    """No rule of accessibility is broken, and the page does not scroll sideways; the picture may."""
    if vendors and not (SPECS / "vouchers").is_dir():
        pytest.skip(MISSING)
    folder = SPECS / "vouchers" if vendors else write(three(tmp_path / "specs"), _4="{")
    write_history(replay(folder), tmp_path / "out")
    with opened(tmp_path / "out" / "index.html") as seen:
        hold_every_look(seen)


def test_the_table_stays_on_the_page(tmp_path: Path, opened: Open) -> None:
    """Whatever a revision is called, and however wide the page is, the table ends where its box does.

    Where no page is wide enough, the box scrolls, and can be reached with the keyboard to do so.
    """
    folder = tmp_path / "specs"
    for number, values in enumerate(("a", "ab", "b")):
        write(folder, _x=document(*values))
        (folder / "x.json").rename(folder / f"{number}-{'long' * 45}.json")
    write_history(replay(folder), tmp_path / "out")
    with opened(tmp_path / "out" / "index.html") as seen:
        box = seen.page.locator(".scrolls")
        assert box.get_attribute("tabindex") == "0"
        for width in (1280, 900, 720, 390, 320):
            seen.page.set_viewport_size({"width": width, "height": 800})
            assert seen.width() <= width
            edges = box.bounding_box()
            assert edges["x"] + edges["width"] <= width
            if width not in (900, 720):
                assert box.evaluate("box => box.scrollWidth <= box.clientWidth")


def test_each_point_leads_to_its_report(tmp_path: Path, opened: Open) -> None:
    """By keyboard and by mouse, a column opens the report of its revision, and so does the table."""
    write_history(replay(three(tmp_path / "specs")), tmp_path / "out")
    with opened(tmp_path / "out" / "index.html") as seen:
        press_until(seen, "svg a")
        seen.page.keyboard.press("Enter")
        expect(seen.page.locator(".verdict").first).to_have_text("Breaking")
        seen.page.go_back()
        seen.page.locator("svg a").nth(1).click()
        expect(seen.page.locator(".verdict").first).to_have_text("Compatible")
        seen.page.go_back()
        seen.page.locator("tbody a").first.click()
        expect(seen.page.locator(".verdict").first).to_have_text("Breaking")


def test_marks_stand_in_their_lanes(tmp_path: Path, opened: Open) -> None:
    """Columns are drawn from left to right, breaking changes above the others, and each column can be hit."""
    write_history(replay(three(tmp_path / "specs")), tmp_path / "out")
    with opened(tmp_path / "out" / "index.html") as seen:
        boxes = [
            seen.page.locator(f"svg .{name} circle").first.bounding_box() for name in ("breaking", "prose")
        ]
        assert boxes[0]["y"] < boxes[1]["y"]
        assert boxes[0]["x"] < boxes[1]["x"]
        hit = seen.page.locator("svg .hit").first.bounding_box()
        assert min(hit["width"], hit["height"]) >= 24


def test_markup_stays_text(tmp_path: Path, opened: Open) -> None:
    """Names of files, titles and reasons that are markup run no script and make no element."""
    folder = tmp_path / "specs"
    folder.mkdir()
    markup = "<script>alert(1)<img src=x onerror=alert(2)>"
    for name, values in (
        ("1.json", "a"),
        ("2<img src=x onerror=alert(3)>.json", "ab"),
        ("3'\"<b>.yaml", "b"),
    ):
        write(folder, _x=document(*values, title=markup))
        (folder / "x.json").rename(folder / name)
    (folder / "9<script>alert(4)<script>.json").write_text(markup)
    write_history(replay(folder), tmp_path / "out")
    with opened(tmp_path / "out" / "index.html") as seen:
        names = set(seen.page.locator("*").evaluate_all("all => all.map(each => each.tagName.toLowerCase())"))
        assert not names & {"script", "img", "b"}
        assert seen.page.get_by_text(markup).first.is_visible()
