"""A report as the body of a pull request: whole, below the limit, and never markup of somebody else's."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from scripts.comparison.severity import Severity
from scripts.report import as_markdown
from scripts.reporting.markdown_text import code, fenced, prose_text
from scripts.reporting.model import Finding, Report
from scripts.reporting.words import one_line
from tests.scripts.reports import (
    ACCEPTED,
    ALL,
    CLASS,
    ENUM,
    SIGNATURE,
    comparison,
    full,
    of_every_kind,
    report,
    with_texts,
)

HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "a | b || `c` | \\| \\\\| d",
    "`unpaired and ``two`` and ``` three",
    "[link](https://evil.example) ![image](https://evil.example/x.png) <https://evil.example>",
    "@admin and @org/team, me@example.org, mailto:me@example.org, http://evil.example, www.evil.example",
    "#1 GH-2 org/repo#3 0123456789abcdef0123456789abcdef01234567",
    "# heading\n\n- list\n> quote\n\n```\nfence\n```\n---\n<details>",
    "*bold* _it_ ~~gone~~ :tada: $x^2$ &amp; &lt;b&gt; \\*",
    "line\r\nline\u2028line\0\x1b[31m\u202edesrever\ud800",
    "</summary></details></table>\n\n<h1>x</h1>",
    "1. one",
    "    indented",
    "--> <!-- comment",
    "| --- |",
    "",
    " ",
    "``",
    "\\",
)
MARKDOWN = MarkdownIt("gfm-like", {"linkify": False})


def elements(markdown: str) -> list[str]:
    """List the elements that GitHub's Markdown makes of a text, raw ones too."""
    return re.findall(
        r"<([a-zA-Z][a-zA-Z0-9]*)",
        re.sub(r"<code[^>]*>.*?</code>", "<code>", MARKDOWN.render(markdown), flags=re.DOTALL),
    )


ALLOWED = {
    "h2",
    "h3",
    "p",
    "strong",
    "code",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "br",
    "ul",
    "li",
    "ol",
}
ALLOWED |= {"details", "summary", "pre"}


def outside_code(markdown: str) -> str:
    """Return what is shown outside of code: where GitHub looks for words to link."""
    html = re.sub(r"<code[^>]*>.*?</code>", " ", MARKDOWN.render(markdown), flags=re.DOTALL)
    return re.sub(r"<[^>]*>", " ", html)


def linked(markdown: str) -> list[str]:
    """List the words that GitHub would link or draw."""
    text = outside_code(markdown)
    pattern = r"@\w|#\d|GH-\d|https?://\w|www\.\w|mailto:|:\w+:|\b[0-9a-f]{40}\b|\$\w"
    return re.findall(pattern, text)


@pytest.mark.parametrize("kind", of_every_kind())
def test_every_kind_of_report_has_its_parts(kind: str) -> None:
    """The verdict stands first, and each list that has something is told in order."""
    written = as_markdown(of_every_kind()[kind])
    assert written.startswith("## ")
    assert written.endswith("\n")
    assert set(elements(written)) <= ALLOWED
    assert written.count("<details>") == written.count("</details>")
    titles = re.findall(r"^(?:### |<summary>)(.*?)(?: \(|<|$)", written, flags=re.MULTILINE)
    order = [
        "Why it was refused", "What the wrapper relies on and no longer finds",
        "Lines of your code that would newly fail", "Files of your code that could not be checked",
            "What the wrapper could take up", "Breaking on the wire", "Warnings on the wire",
        "Python: what callers feel", "Approved", "Approved, but gone", "Harmless on the wire",
        "Python: harmless", "Mended before comparing", "Wording only", "Version", "What to do",
    ]  # fmt: skip
    assert titles == [title for title in order if title in titles]


def test_the_full_report_tells_all() -> None:
    """Every row of a small report is there: its place, both sides, operations, approval and fingerprint."""
    written = as_markdown(full())
    for change in ALL:
        assert f"`{change.subject}`" in written
    assert "`ADD_NEW_ITEMS`" in written
    assert "and 2 more" in written
    assert f"```diff\n  - {SIGNATURE.before}\n  + {SIGNATURE.after}\n  ```" in written
    assert "  + class Note" in written
    assert "Ada: nobody here calls it" in written
    assert "`feedfeedfeedfeed` matches nothing any more" in written
    assert "`shop/checkout.py:12`: Missing argument `limit`.<br>`sync('x', client=c)`" in written
    assert "18 of 18 operations" in written
    assert "more;" not in written


def test_a_report_without_a_comparison_names_the_source() -> None:
    """Where nothing could be read, the reason and the source are told, and nothing else."""
    written = as_markdown(of_every_kind()["unread"])
    assert "The page is HTML." in written
    assert "The new document came from `https://example.org/`." in written
    assert "Breaking" not in written
    assert "came from" not in as_markdown(Report(None))


def test_a_python_row_without_signatures_is_a_sentence() -> None:
    """A row that has neither side shows no empty block."""
    written = as_markdown(report(replace(CLASS, after=None)))
    assert "A class was added." in written
    assert "```" not in written


def test_long_signatures_are_cut() -> None:
    """A signature of any length keeps its start, with a mark."""
    written = as_markdown(report(replace(SIGNATURE, after="def " + "x" * 10_000)))
    assert "xxx…\n" in written
    assert len(written) < 4_000


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_document_becomes_markup(text: str) -> None:
    """Whatever a document says shows as text: no foreign element, link, mention, emoji or formula."""
    for markdown in (
        as_markdown(with_texts([text, *HOSTILE])),
        f"| a |\n|---|\n| {prose_text(text)} |\n| {code(text)} |\n\n- {prose_text(text)}\n- {code(text)}\n",
    ):
        assert set(elements(markdown)) <= ALLOWED
        assert linked(markdown) == []
        assert not re.search("[\0\x1b\u202e\u2028\ud800]", markdown)


@example("a|b")
@example("a\\|b")
@example("a`|b")
@example("*a* _b_ [c](d)")
@given(
    st.text(st.sampled_from("a |`\\"), max_size=8)
    | st.text(st.characters() | st.sampled_from("`|\\<>@#&*_[]()!~$:/.-\n"), max_size=60)
)
def test_any_text_shows_as_itself(text: str) -> None:
    """A name and a sentence in a cell of a table read as they were, and the table keeps its cells."""
    row = f"| {code(text)} | {prose_text(text)} | end |"
    html = MARKDOWN.render(f"{row}\n|---|---|---|\n{row}\n")
    assert set(re.findall(r"<([a-z0-9]+)", html)) <= {"table", "thead", "tbody", "tr", "th", "td", "code"}
    for cell in ("th", "td"):
        found = re.findall(f"<{cell}>(.*?)</{cell}>", html, flags=re.DOTALL)
        shown = [unescape(re.sub("</?code>", "", each)).replace("\u200b", "") for each in found]
        plain = one_line(text)
        assert shown[0] == plain
        # What stands in code loses its backticks, and blanks beside them.
        assert re.sub("[` ]", "", shown[1]) == re.sub("[` ]", "", plain)
        assert shown[2:] == ["end"]


@given(st.lists(st.text("`~ab\n", max_size=10), max_size=5))
def test_no_line_closes_a_block_of_code(texts: list[str]) -> None:
    """A fence is longer than any run of backticks in the block."""
    lines = [line for text in texts for line in text.split("\n")]
    tokens = MARKDOWN.parse(fenced(lines, "diff"))
    assert [token.type for token in tokens] == ["fence"]


def test_an_unpaired_backtick_stays() -> None:
    """Backticks in pairs mark code; one that is alone is a character."""
    assert prose_text("a `b` c") == "a `b` c"
    assert prose_text("a `b") == "a \\`b"
    assert prose_text("`` ` a") == "\\`\\` \\` a"
    assert prose_text("1. one") == "1\\. one"


@settings(max_examples=25)
@given(
    st.integers(0, 3_000),
    st.sampled_from(
        [*HOSTILE[:9], "x", "ä" * 100_000, "|" * 100_000, "@" * 5_000, "😀" * 1_000, "a b " * 5_000]
    ),
    st.sampled_from([12_000, 60_000]),
)
def test_the_limit_holds_whatever_comes_in(rows: int, text: str, limit: int) -> None:
    """Thousands of rows and huge texts stay below the limit, and what is left out is counted."""
    base = with_texts([text])
    assert base.comparison is not None
    changes = tuple(
        replace(each, subject=f"{text[:2_000]} {number}")
        for number, each in enumerate((base.changes * (rows // 9 + 1))[:rows])
    )
    findings = tuple(Finding(text, text, 1, text, text) for _ in range(rows // 3))
    big = replace(
        base, comparison=replace(base.comparison, changes=changes), refusals=findings, contract=findings
    )
    written = as_markdown(big, limit=limit)
    assert len(written) < limit
    lines = written.split("\n")
    assert lines.count("<details>") == lines.count("</details>")
    assert set(elements(written)) <= ALLOWED
    if rows > 1_000:
        assert "more; `--format html` shows them." in written


def test_rows_are_cut_whole_and_the_worst_stay_longest() -> None:
    """Of many rows, harmless ones go first; each that stays is whole, and the others are counted."""
    many = [replace(ENUM, subject=f"Breaking {number}") for number in range(40)]
    mild = [replace(ENUM, subject=f"Mild {number}", severity=Severity.HARMLESS) for number in range(400)]
    written = as_markdown(report(*many, *mild))
    rows = re.findall(r"^\| \*\*`(\w+) \d+`\*\*.*\|$", written, flags=re.MULTILINE)
    assert rows.count("Breaking") == 40
    left_out = re.findall(r"^([\d,]+) more; `--format html` shows them\.$", written, flags=re.MULTILINE)
    assert [int(number) for number in left_out] == [400 - rows.count("Mild")]
    assert 0 < rows.count("Mild") < 400


def test_approved_rows_are_told_apart() -> None:
    """What a person has approved is no longer listed as breaking, and who and why is told."""
    written = as_markdown(report(ACCEPTED))
    assert "Breaking on the wire" not in written
    assert "Ada: nobody here calls it" in written


def test_the_same_report_gives_the_same_text() -> None:
    """Nothing of the time or the machine gets in."""
    assert as_markdown(full()) == as_markdown(full())
    assert as_markdown(Report(comparison())) == as_markdown(Report(comparison()))
