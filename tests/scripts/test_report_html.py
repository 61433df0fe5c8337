"""A report as a page: one file, with all rows in it, and nothing of a document's as markup."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from scripts.report import as_html
from scripts.reporting.model import Report
from scripts.reporting.pages import render
from scripts.reporting.timeline import Point, lay_out
from tests.scripts.reports import (
    ALL,
    ENUM,
    NEW,
    PATTERN,
    SIGNATURE,
    WORDS,
    comparison,
    full,
    of_every_kind,
    report,
    with_texts,
)
from tests.scripts.test_report_markdown import HOSTILE


class Page(HTMLParser):
    """Reads a page's elements, attributes and texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == name]


@pytest.mark.parametrize("kind", of_every_kind())
def test_the_page_needs_nothing_but_itself(kind: str) -> None:
    """No element and no attribute names anything outside, and the policy allows its own texts alone."""
    html = as_html(of_every_kind()[kind])
    page = Page(html)
    assert {name for name, _ in page.elements}.isdisjoint(
        {"link", "img", "iframe", "object", "embed", "base"}
    )
    for _, attributes in page.elements:
        assert "src" not in attributes
        assert "style" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
        assert not [name for name in attributes if name.startswith("on")]
    policy = next(
        each["content"] for each in page.all("meta") if each.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    for kind_of in ("style", "script"):
        text = re.search(f"<{kind_of}>(.*?)</{kind_of}>", html, flags=re.DOTALL)
        assert text is not None
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert f"{kind_of}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")


def test_every_row_is_on_the_page() -> None:
    """Each change is an article with its fingerprint as its address, its severity, axis and operations."""
    page = Page(as_html(full()))
    rows = {each["id"]: each for each in page.all("article")}
    assert set(rows) == {change.fingerprint for change in ALL}
    assert rows[SIGNATURE.fingerprint]["data-axis"] == "python"
    assert rows[ENUM.fingerprint]["data-severity"] == "breaking"
    assert rows[WORDS.fingerprint]["data-severity"] == "prose"
    assert len((rows[ENUM.fingerprint]["data-operations"] or "").split()) == 7
    options = [each["value"] for each in page.all("option")]
    assert options == ["", *map(str, range(10))]
    links = {each["href"] for each in page.all("a")}
    assert {f"#{change.fingerprint}" for change in ALL} <= links


def test_the_page_says_nothing_twice() -> None:
    """The source is named beside the new document only where it is another one."""
    assert full().source == NEW.source
    assert "Source" not in Page(as_html(full())).texts
    assert "Source" in Page(as_html(replace(full(), source="https://example.org/page.md"))).texts
    assert "Source" in Page(as_html(of_every_kind()["unread"])).texts


def test_a_second_line_names_what_the_first_only_counts() -> None:
    """Below the sentence stand the operations that it has no room for; where it names all, nothing does."""
    assert ">Operations: <code>" in as_html(full())
    assert 'class="besides"' not in as_html(report(SIGNATURE))


def test_what_differs_within_a_line_is_marked() -> None:
    """Of a signature that only lost a part, that part is told apart, and the other side marks nothing."""
    html = as_html(report(SIGNATURE))
    assert re.findall("<mark>(.*?)</mark>", html) == [" | Unset = UNSET"]
    assert "<ins>def sync(code: str, *, limit: int) -&gt; Voucher | None</ins>" in html


def test_rows_with_one_fingerprint_have_addresses_of_their_own() -> None:
    """Two rows that changed in the same way at two places can both be linked."""
    twice = replace(ENUM, old_pointer="/elsewhere")
    page = Page(as_html(report(ENUM, twice)))
    assert [each["id"] for each in page.all("article")] == [ENUM.fingerprint, f"{ENUM.fingerprint}-2"]


@pytest.mark.parametrize("kind", of_every_kind())
def test_ids_are_unique_and_labels_lead_somewhere(kind: str) -> None:
    """Each id stands once, and each reference to one has its target."""
    page = Page(as_html(of_every_kind()[kind]))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.elements:
        for name in ("for", "aria-labelledby", "aria-controls"):
            assert set((attributes.get(name) or "").split()) <= set(ids)
        if (attributes.get("href") or "#") != "#":
            assert (attributes["href"] or "")[1:] in ids


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_document_becomes_an_element(text: str) -> None:
    """A page of hostile texts has the very elements that a page of plain ones has."""
    hostile, plain = Page(as_html(with_texts([text or "x"]))), Page(as_html(with_texts(["plain"])))
    ours = {"code", "a", "ul", "li", "details", "summary", "p", "del", "ins", "mark", "span", "option"}
    assert {name for name, _ in hostile.elements} <= {name for name, _ in plain.elements} | ours
    assert len(hostile.all("script")) == 1
    assert {key for _, each in hostile.elements for key in each} == {
        key for _, each in plain.elements for key in each
    }
    assert not re.search("[\0\x1b\u202e\u2028\ud800]", "".join(hostile.texts))


def test_huge_values_are_cut_with_a_word() -> None:
    """A page of thousands of rows with megabytes of values stays small enough to be used."""
    huge = replace(PATTERN, before=["x" * 500] * 3_000, after=["y" * 500] * 3_000)
    page = as_html(report(huge))
    assert len(page) < 100_000
    assert "Shortened; the JSON report holds all of it." in page
    # Of each of many rows less is shown: together, these sides have 20 million characters.
    large = replace(PATTERN, before=["x" * 500] * 50, after=["y" * 500] * 50)
    many = as_html(Report(comparison(*(replace(large, subject=str(number)) for number in range(400)))))
    assert 4_000_000 < len(many) < 9_000_000


def test_the_same_report_gives_the_same_page() -> None:
    """Nothing of the time or the machine gets in."""
    assert as_html(full()) == as_html(full())


def test_a_page_without_a_script_allows_none() -> None:
    """The policy of a page that has no script names none."""
    line = lay_out([Point("a", None, (0, 0, 0, 0), "unchanged", "a.html")])
    page = render("history.html.jinja", title="", summary="", totals=[], line=line, rows=[], skipped=())
    policy = next(each["content"] for each in Page(page).all("meta") if "http-equiv" in each)
    assert "script-src 'none'; " in (policy or "")
    assert "<script" not in page
