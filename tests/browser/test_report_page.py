"""The HTML report in a real browser: usable by keyboard, by phone, in the dark, and safe to open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from scripts.compare import compare
from scripts.comparison.changes import Axis
from scripts.report import as_html
from scripts.reporting.model import Report
from scripts.source import read
from tests.browser.conftest import SCREENS
from tests.scripts.reports import (
    ACCEPTED,
    ADDED,
    CLASS,
    ENUM,
    PATTERN,
    REMOVED,
    SIGNATURE,
    WORDS,
    full,
    of_every_kind,
    report,
    with_texts,
)

if TYPE_CHECKING:
    from tests.browser.conftest import Open, Opened

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"
MISSING = "the vendor's files are not part of this repository, and do not lie beside it"
LOOKS: list[tuple[str, Any]] = [
    ("desktop", "light"),
    ("desktop", "dark"),
    ("phone", "light"),
    ("phone", "dark"),
]

MARKUP = (
    "<script>document.title='stolen';alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "<img src=https://evil.example/x.png onerror=alert(1)>",
    "\"><svg onload=alert(1)><a href='javascript:alert(1)'>x</a>",
    "'\" onfocus=alert(1) autofocus x='",
    "</title></head><body onload=alert(1)>",
    "<!-- --!> <iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "</details></article></main><base href=https://evil.example>",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "javascript:alert(1)",
    "&lt;script&gt;alert(1)&lt;/script&gt;&#60;b&#62;",
)


def page_of(told: Report, folder: Path) -> Path:
    """Write a report's page into a folder."""
    file = folder / "report.html"
    file.write_text(as_html(told), encoding="utf-8")
    return file


def violations(page: Any) -> list[str]:
    """Hold a page against axe-core, all of its rows unfolded."""
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html']}" for each in found for node in each["nodes"]]


def hold_every_look(seen: Opened) -> None:
    """Hold that in no look a rule of accessibility is broken, or anything is wider than the screen."""
    for screen, scheme in LOOKS:
        seen.page.set_viewport_size(SCREENS[screen])
        seen.page.emulate_media(color_scheme=scheme)
        assert violations(seen.page) == []
        assert seen.width() <= SCREENS[screen]["width"]


@pytest.mark.parametrize("kind", ["full", "refused", "unread", "unchanged", "prose", "approved"])
def test_axe_finds_nothing(tmp_path: Path, opened: Open, kind: str) -> None:
    """No rule of accessibility is broken: light, dark, desktop, phone, with all rows unfolded."""
    with opened(page_of(of_every_kind()[kind], tmp_path)) as seen:
        hold_every_look(seen)


def test_the_largest_real_pair_is_usable(tmp_path: Path, opened: Open) -> None:
    """The whole specification, two years apart: thousands of rows are searched, and fit on a phone.

    axe-core looks at each element once more for every other one: it is shown rows from all over the page,
    unfolded, instead of all of them.
    """
    files = [SPECS / "full" / name for name in ("2024-08-01.json", "2026-07-16.json")]
    if not all(file.is_file() for file in files):
        pytest.skip(MISSING)
    compared = Report(compare(*map(read, files)), axes=(Axis.WIRE, Axis.PROSE))
    with opened(page_of(compared, tmp_path)) as seen:
        count, words = seen.page.locator(".count"), seen.page.locator("#words")
        rows = seen.page.locator(".row").count()
        assert rows > 1_000
        words.fill("nothing holds this")
        expect(count).to_have_text(f"0 of {rows:,} rows")
        words.fill("readOnly")
        expect(count).not_to_have_text(f"0 of {rows:,} rows")
        assert 0 < len(seen.shown()) < rows / 10
        words.fill("")
        expect(count).to_have_text(f"{rows:,} rows")
        seen.page.set_viewport_size(SCREENS["phone"])
        seen.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
        assert seen.width() <= SCREENS["phone"]["width"]
        seen.page.evaluate(
            "every => document.querySelectorAll('.row').forEach((row, at) => at % every && row.remove())",
            rows // 40,
        )
        assert seen.page.locator(".row").count() >= 40
        assert {"breaking", "warning", "harmless", "prose"} == {
            *seen.page.locator(".row").evaluate_all("all => all.map(row => row.dataset.severity)")
        }
        hold_every_look(seen)


def press_until(seen: Opened, selector: str) -> None:
    """Press Tab until an element has the focus, as somebody without a mouse does."""
    for _ in range(60):
        seen.page.keyboard.press("Tab")
        if seen.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} cannot be reached with the keyboard")


def ids(*changes: Any) -> set[str]:
    """Return the addresses of these rows."""
    return {change.fingerprint for change in changes}


def test_filters_work_by_keyboard(tmp_path: Path, opened: Open) -> None:
    """Tab reaches each control in order, Space presses it, and the number of rows is told."""
    with opened(page_of(full(), tmp_path)) as seen:
        count = seen.page.locator(".count")
        assert count.text_content() == "8 rows"
        press_until(seen, ".skip")
        assert seen.page.locator(".skip").bounding_box()["y"] >= 0
        press_until(seen, "#words")
        seen.page.keyboard.type("add_new")
        expect(count).to_have_text("1 of 8 rows")
        assert set(seen.shown()) == ids(ENUM)
        press_until(seen, "[data-value=warning]")
        seen.page.keyboard.press("Space")
        assert seen.shown() == []
        assert seen.page.locator("#empty").is_visible()
        press_until(seen, "#clear")
        seen.page.keyboard.press("Enter")
        assert len(seen.shown()) == 8
        assert seen.page.evaluate("document.activeElement.id") == "words"
        press_until(seen, "[data-value=breaking]")
        seen.page.keyboard.press("Space")
        assert set(seen.shown()) == ids(ENUM, REMOVED, SIGNATURE, ACCEPTED)
        press_until(seen, "[data-value=python]")
        seen.page.keyboard.press("Space")
        assert set(seen.shown()) == ids(SIGNATURE)
        assert seen.page.locator("[aria-pressed=true]").count() == 2
        press_until(seen, "#operation")
        seen.page.keyboard.press("ArrowDown")
        assert seen.shown() == []
        press_until(seen, "#again")
        seen.page.keyboard.press("Enter")
        assert len(seen.shown()) == 8
        assert not seen.page.locator("#empty").is_visible()


def test_an_operation_shows_the_rows_that_reach_it(tmp_path: Path, opened: Open) -> None:
    """Choosing an operation leaves the rows of all severities and axes that reach it."""
    with opened(page_of(full(), tmp_path)) as seen:
        seen.page.locator("#operation").select_option(label="GET /v1/vouchers/{code}")
        assert set(seen.shown()) == ids(PATTERN, ADDED)
        headings = seen.page.locator(".group h2").evaluate_all(
            "all => all.filter(h => h.checkVisibility()).map(h => h.id)"
        )
        assert headings == ["warning", "harmless"]


def test_prose_unfolds_when_it_is_looked_for(tmp_path: Path, opened: Open) -> None:
    """Rows that only readers notice are folded at first, and shown when a filter asks for them."""
    with opened(page_of(full(), tmp_path)) as seen:
        assert WORDS.fingerprint not in seen.shown()
        seen.page.locator("[data-value=prose]").click()
        assert set(seen.shown()) == ids(WORDS)


def test_before_and_after_unfold_by_keyboard(tmp_path: Path, opened: Open) -> None:
    """Enter on a row's summary shows both sides: beside each other, and on a phone below each other."""
    for screen, beside in (("desktop", True), ("phone", False)):
        with opened(page_of(report(ENUM), tmp_path), screen=screen) as seen:
            press_until(seen, ".both summary")
            seen.page.keyboard.press("Enter")
            first, second = (
                seen.page.locator(".sides figure").nth(number).bounding_box() for number in (0, 1)
            )
            assert (first["x"] < second["x"]) is beside
            assert seen.page.locator(".sides ins").all_text_contents() == ['  "APPLY",', '  "ADD_NEW_ITEMS"']
            assert seen.page.locator(".sides del").all_text_contents() == ['  "APPLY"']


def test_on_a_phone_filters_unfold(tmp_path: Path, opened: Open) -> None:
    """The bar that stays on a small screen is one line; a button says whether the others are shown."""
    with opened(page_of(full(), tmp_path), screen="phone") as seen:
        more, breaking = seen.page.locator(".more"), seen.page.locator("[data-value=breaking]")
        assert not breaking.is_visible()
        assert seen.page.locator(".filters").bounding_box()["height"] < 80
        more.press("Enter")
        assert more.get_attribute("aria-expanded") == "true"
        breaking.press("Space")
        assert set(seen.shown()) == ids(ENUM, REMOVED, SIGNATURE, ACCEPTED)
        more.press("Enter")
        assert not breaking.is_visible()


def test_a_link_leads_to_its_row(tmp_path: Path, opened: Open) -> None:
    """A row's address shows that row: folded ones unfold, filtered ones come back, no bar hides it."""
    file = page_of(full(), tmp_path)
    for change in (CLASS, WORDS):
        with opened(file, at=f"#{change.fingerprint}") as seen:
            row = seen.page.locator(f'[id="{change.fingerprint}"]')
            assert row.is_visible()
            bar = seen.page.locator(".filters").bounding_box()
            assert row.bounding_box()["y"] >= bar["y"] + bar["height"]
    with opened(file, at="#no-such-row") as seen:
        seen.page.locator("[data-value=warning]").click()
        seen.page.evaluate(f"location.hash = '{ENUM.fingerprint}'")
        expect(seen.page.locator("[aria-pressed=true]")).to_have_count(0)
        assert seen.page.locator(f'[id="{ENUM.fingerprint}"]').is_visible()


def test_without_a_script_all_rows_are_there(tmp_path: Path, opened: Open) -> None:
    """A browser without JavaScript shows every row, and no filters that would do nothing."""
    with opened(page_of(full(), tmp_path), script=False) as seen:
        page = seen.page
        assert not page.locator(".filters").is_visible()
        assert page.locator(".row").count() == 8
        assert page.get_by_text("The argument limit became required.").is_visible()
        page.locator(".both summary").first.click()
        assert page.locator(".sides").first.is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_document_whose_every_string_is_markup_stays_text(
    tmp_path: Path, opened: Open, *, script: bool
) -> None:
    """No script of a document runs, none of its elements exists, nothing is asked for, all of it shows."""
    plain = page_of(with_texts(["plain"] * len(MARKUP)), tmp_path).read_text(encoding="utf-8")
    file = page_of(with_texts(MARKUP), tmp_path)
    with opened(file, script=script) as seen:
        page = seen.page
        names = {
            name.lower() for name in page.locator("*").evaluate_all("all => all.map(each => each.tagName)")
        }
        assert not names & {"img", "svg", "iframe", "object", "embed", "base", "b", "form-x"}
        assert page.locator("script").count() == plain.count("<script>")
        assert page.locator("style").count() == 1
        assert page.locator("body").count() == 1
        attributes = page.locator("*").evaluate_all("all => all.flatMap(each => each.getAttributeNames())")
        assert not [
            name
            for name in attributes
            if name.startswith("on") or name in ("src", "srcdoc", "style", "autofocus")
        ]
        addresses = page.locator("[href]").evaluate_all("all => all.map(each => each.getAttribute('href'))")
        assert all(address.startswith("#") for address in addresses)
        assert page.title().startswith("Refused")
        for text in MARKUP:
            assert page.locator("h3").get_by_text(text, exact=True).first.is_visible()
    assert len(seen.requests) == 1


def test_the_page_prints(tmp_path: Path, opened: Open) -> None:
    """On paper there are no controls, and every row stands whole on the page."""
    with opened(page_of(full(), tmp_path), scheme="dark") as seen:
        seen.page.emulate_media(media="print")
        assert not seen.page.locator(".filters").is_visible()
        assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert seen.page.locator(".row").first.is_visible()
        assert len(seen.page.pdf()) > 10_000
