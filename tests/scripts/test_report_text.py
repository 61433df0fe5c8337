"""A report for a terminal, and the sentences that every form shares."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.command import visible
from scripts.comparison.changes import Axis
from scripts.comparison.severity import Severity
from scripts.report import as_text, sentence
from scripts.reporting.model import Bump, CodeCheck, Finding, Report, Run
from scripts.reporting.text import WIDTH
from scripts.reporting.words import (
    besides,
    code_checked,
    counted,
    listed,
    one_line,
    place,
    quoted,
    spans,
    steps,
    version,
)
from tests.scripts.reports import (
    ACCEPTED,
    ADDED,
    ENUM,
    FINDING,
    NEW,
    OLD,
    PATTERN,
    REMOVED,
    SIGNATURE,
    WORDS,
    comparison,
    full,
    of_every_kind,
    report,
    with_texts,
)

if TYPE_CHECKING:
    from scripts.comparison.changes import Change

NOTHING = "Nothing has changed: clients, code and documentation stay as they are."
LIVES = "Nothing breaks: programs that were written for the old revision keep working"
REFUSED = "The update was refused, and nothing was changed:"
SENTENCES = {
    "full": (
        "This can break programs that call `DELETE /v1/vouchers/{code}` and 7 other operations, and Python "
        "code that uses `api.vouchers.get_voucher.sync` of the generated client (3 breaking changes)."
    ),
    "refused": f"{REFUSED} It was cut off (1 more reason below).",
    "unread": f"{REFUSED} The page is HTML.",
    "not fetched": NOTHING,
    "unchanged": NOTHING,
    "compatible": f"{LIVES} (2 changes).",
    "one harmless": f"{LIVES} (1 change).",
    "doubtful": "Nothing is known to break, but 1 of 2 changes is not proven to be harmless.",
    "one doubt": "Nothing is known to break, but the one change is not proven to be harmless.",
    "approved": "1 change can break callers, and it is approved.",
    "approved and doubtful": (
        "2 changes can break callers, and each of them is approved, and 1 other change should be looked at."
    ),
    "written in another way": (
        "The document is written in another way and says the same: no program and no reader notices."
    ),
    "prose": "Only the wording changed (1 text): no program notices.",
    "python": (
        "This can break Python code that uses `api.vouchers.get_voucher.sync` of the generated client "
        "(1 breaking change)."
    ),
    "wire": "This can break programs that call this API (1 breaking change).",
    "code is fine": f"{LIVES} (1 change).",
    "refused for two": (
        f"{REFUSED} `release-validation-session` lost its parameter `sessionKey` (1 more reason below)."
    ),
}


@pytest.mark.parametrize("kind", of_every_kind())
def test_one_sentence_says_whom_it_breaks(kind: str) -> None:
    """Every kind of report comes to one sentence, which names whom it breaks and how much of it there is."""
    assert sentence(of_every_kind()[kind]) == SENTENCES[kind]


@pytest.mark.parametrize("kind", of_every_kind())
def test_the_text_stands_in_a_narrow_terminal(kind: str) -> None:
    """The verdict comes first, no line is wider than a terminal, and nothing but text comes out."""
    written = as_text(of_every_kind()[kind])
    assert written.startswith(of_every_kind()[kind].verdict.upper() + ". ")
    assert all(len(line) <= WIDTH for line in written.splitlines())
    assert written == visible(written)


def test_no_address_path_or_name_is_broken() -> None:
    """What somebody may copy stands whole in a line, also where that makes the line too wide."""
    path = "/a-folder/" + "deep/" * 40 + "x.json"
    address = "https://example.org/" + "-very/long" * 20
    subject = "models." + "some_long_module." * 9 + "Name"
    operation = "GET /v1/vouchers/{code}/transactions/{transactionId}"
    base = report(
        replace(SIGNATURE, subject=subject, operations=(operation,) * 3),
        replace(ENUM, what=f"`{operation}` is new. " * 5),
    )
    assert base.comparison is not None
    old, new = replace(OLD, source=path), replace(NEW, source=address)
    compared = replace(base.comparison, old=old, new=new)
    told = replace(base, comparison=compared, contract=(Finding("x", path[-99:], 3),))
    lines = as_text(told).splitlines()
    for whole in (path, address, subject, operation, f"{path[-99:]}:3:"):
        assert any(whole in line for line in lines)
    assert all(line.count(operation) == line.count("GET") for line in lines if "things" not in line)


@pytest.mark.parametrize("kind", of_every_kind())
def test_the_first_sentence_is_short(kind: str) -> None:
    """However much breaks, one sentence stays short, and a second line names what it only counts."""
    many = replace(REMOVED, operations=tuple(f"GET /v1/a/rather/long/path/{number}" for number in range(90)))
    far = replace(SIGNATURE, subject="models.some_long_name_of_a_module." + "Long" * 20)
    base = of_every_kind()[kind]
    told = report(many, *base.changes, *(replace(far, subject=f"{far.subject}{each}") for each in range(8)))
    assert len(sentence(told)) <= 200
    assert len(sentence(replace(base, refusals=(Finding("It is no. " * 90),)))) <= 200
    assert besides(told).startswith("Operations: `")
    assert "and 8" in besides(told)
    assert "Python names: `" in besides(told)
    assert besides(told) in " ".join(as_text(told).split())


def test_what_the_sentence_names_is_not_said_again() -> None:
    """A second line is there only where the sentence counts something, and only for a report that breaks."""
    assert besides(report(SIGNATURE, REMOVED)) == ""
    assert besides(report(ADDED)) == ""
    assert besides(full()).startswith("Operations: ")
    assert "Python" not in besides(full())


def test_a_row_says_nothing_twice() -> None:
    """What its subject names is neither told as what it reaches, nor at the start of what changed."""
    body = replace(REMOVED, subject="DELETE /v1/vouchers/{code} body")
    assert "reaches" not in as_text(report(body))
    assert "reaches `DELETE /v1/vouchers/{code}`" in as_text(
        report(replace(body, subject="DELETE /v1/vouchers/{code}/x"))
    )
    taken = replace(SIGNATURE, what=f"`{SIGNATURE.subject}` takes less.")
    assert f"{SIGNATURE.subject} [{taken.fingerprint}]\n    Takes less." in as_text(report(taken))


def test_sides_that_are_long_have_a_line_each() -> None:
    """Before and after stand beside each other where there is room, or below each other."""
    assert '    ["APPLY"] -> ["APPLY", "ADD_NEW_ITEMS"]\n' in as_text(report(ENUM))
    names: list[Any] = [f"SOME_VALUE_{number}" for number in range(60)]
    written = as_text(report(replace(ENUM, before=names, after=[*names[:30], "NEW", *names[30:]])))
    assert re.search(
        r'before: ….*"SOME_VALUE_29", "SOME_VALUE_30",.*….*\n    after: ….*"SOME_VALUE_29",\s+"NEW",.*…\n',
        written,
        re.DOTALL,
    )


def test_the_full_text_tells_all() -> None:
    """Rows that break and warn come with their sides, prose and repairs are counted, and steps come last."""
    written = " ".join(as_text(full()).split())
    for part in (
        "DELETE /v1/vouchers/{code} [", '{"operationId": "delete-voucher"} -> nothing',
        "reaches `GET /v1/things/0`, `GET /v1/things/1`, `GET /v1/things/2` and 4 other operations",
        "Warnings (1)", "Approved (1)", "approved: Ada: nobody here calls it", "Harmless (2)",
        "Only the wording changed in 1 place; `--format html` shows it.",
        "1 place of the old document, 2 of the new one",
        "Approved, but gone: feedfeedfeedfeed",
        "shop/checkout.py:12: Missing argument `limit`. sync('x', client=c)",
        "Your code, `shop/`: 1 line would newly fail (2 findings with the old client already).",
        "Version: Major (as from 1.4.2 to 2.0.0, or from 0.4.2 to 0.5.0): 4 breaking changes, 3 on the ",
        "wire and 1 in Python; 1 of them approved here, but not by other callers. ",
        "What to do 1. Mend",
    ):  # fmt: skip
        assert part in written
    assert "reaches `DELETE /v1/vouchers/{code}`" not in as_text(report(REMOVED))


def test_a_row_without_sides_has_no_arrow() -> None:
    """Where neither side is known, none is shown."""
    assert "->" not in as_text(report(replace(SIGNATURE, before=None, after=None)))


def test_many_harmless_rows_are_counted() -> None:
    """A terminal shows twenty harmless rows, and counts the rest."""
    written = as_text(report(*(replace(ADDED, subject=f"Voucher.note{number}") for number in range(23))))
    assert written.count("An optional property was added.") == 20
    assert "… and 3 more; `--format html` shows them." in written
    written = as_text(report(*(replace(ADDED, subject=f"Voucher.note{number}") for number in range(21))))
    assert written.count("An optional property was added.") == 21
    assert "more;" not in written


def test_a_terminal_is_not_flooded() -> None:
    """A hundred breaking rows and findings are shown, and the rest is counted."""
    many = [replace(ENUM, subject=str(number)) for number in range(1_200)]
    written = as_text(report(*many, contract=(FINDING,) * 101))
    assert written.count("A client may receive") == 100
    assert "… and 1,100 more; `--format html` shows them." in written
    assert "… and 1 more; `--format html` shows it." in written


def test_what_reaches_the_terminal_cannot_command_it() -> None:
    """Escape sequences, turns of direction and endless lines of a document come out as plain, short text."""
    written = as_text(with_texts(["\x1b]0;title\x07 \u202eevil\u200b\r\n" + "x" * 100_000]))
    assert "\x1b" not in written
    assert "\\u001b]0;title\\u0007 \\u202eevil" in written
    assert max(map(len, written.splitlines())) <= 2_020
    assert len(written) < 120_000


def test_findings_name_their_place() -> None:
    """A finding is told as an editor takes it: file and line, or the file, or neither."""
    assert place(FINDING) == "voucherify_wrapper/_adapter.py:31"
    assert place(Finding("x", "a.py")) == "a.py"
    assert place(Finding("x", line=3)) == ""


def test_code_that_could_not_be_read_has_no_result() -> None:
    """Where files of somebody's code could not be read, they are named, and nothing is claimed of them."""
    broken = tuple(Finding("invalid syntax", f"shop/{number}.py", number) for number in range(1, 5))
    unread = "the type checker could not read `shop/1.py:1`"
    assert code_checked(CodeCheck("shop", (), 2, broken[:1])) == (
        f"`shop`: {unread}, so it is not known whether anything newly fails."
    )
    assert code_checked(CodeCheck("shop", (FINDING,), 0, broken)) == (
        f"`shop`: 1 line would newly fail. There may be more, as {unread}, `shop/2.py:2`, `shop/3.py:3` and "
        "1 other file."
    )
    unchecked = Report(comparison(), code=CodeCheck("shop", (), 0, broken))
    assert steps(unchecked) == [
        "Mend the 4 files of `shop` that could not be read; then `make rollback`, and run again."
    ]
    assert steps(replace(unchecked, run=Run.DRY_RUN))[0].endswith("; then run again.")


def updated(*changes: Change, run: Run = Run.UPDATE, **settings: Any) -> Report:
    """Make a report of an update with these changes."""
    return report(*changes, run=run, **settings)


def test_steps_follow_from_the_verdict() -> None:
    """What to do depends on the verdict, on warnings, on one's own code and on stale approvals."""
    assert steps(updated()) == []
    assert steps(updated(WORDS)) == ["Merge, and release a patch version."]
    assert steps(updated(renewed=True)) == ["Merge; there is nothing to release."]
    assert steps(updated(PATTERN)) == [
        "Look at the warning.", "Merge, and release a minor version.",
    ]  # fmt: skip
    assert steps(updated(PATTERN, replace(PATTERN, subject="x")))[0] == "Look at the 2 warnings."
    assert "warning" not in steps(updated(ENUM))[0]
    assert steps(updated(ENUM, REMOVED))[0].startswith("Look at each breaking row: ")
    assert "Look at the breaking row, then at the warning:" in steps(updated(ENUM, PATTERN))[0]
    assert steps(full())[0] == "Mend the 1 line of `shop/` that would newly fail."
    assert "stale" in steps(full())[-1]
    refused = steps(Report(None, refusals=(FINDING,)))
    assert len(refused) == 3
    assert "reasons" in refused[1]
    assert "contract" in steps(Report(None, contract=(FINDING,)))[1]
    assert steps(Report(comparison(), code=CodeCheck("shop", (), 3))) == []


def test_steps_fit_the_command_that_ran() -> None:
    """Nobody is asked to merge what was only compared, or to judge anew what a dry run did not keep."""
    told = {run: " ".join(steps(updated(ENUM, run=run))) for run in Run}
    assert "Merge, and release a major version" in told[Run.UPDATE]
    assert "run `make track` again" in told[Run.UPDATE]
    assert "Run without `--dry-run`, merge, and release a major version" in told[Run.DRY_RUN]
    assert "again" not in told[Run.DRY_RUN]
    assert "name that file with `--approvals`" in told[Run.COMPARISON]
    assert not re.search("erge|release|openapi/", told[Run.COMPARISON])
    assert steps(report(ADDED)) == []
    assert steps(updated(renewed=True, run=Run.DRY_RUN)) == [
        "Run without `--dry-run`, merge; there is nothing to release."
    ]


def test_no_page_is_promised_that_is_not_there() -> None:
    """Where the rest can be seen is said in terms of the command that ran."""
    told = {run: as_text(updated(WORDS, run=run)) for run in Run}
    for run, where in (
        (Run.COMPARISON, "`--format html` shows it."),
        (Run.UPDATE, "report.html shows it."),
        (Run.DRY_RUN, "the page that `--report FOLDER` writes shows it."),
    ):
        assert f"Only the wording changed in 1 place; {where}" in told[run]


def test_only_what_was_compared_is_asked_for() -> None:
    """A comparison of the wire alone asks nothing of Python names."""
    assert "or use that name" in steps(updated(ENUM))[0]
    assert steps(replace(updated(ENUM), axes=(Axis.WIRE,)))[0].endswith("does your code call that operation?")


def test_the_version_is_told_for_both_kinds_of_version() -> None:
    """Each bump says what it does to 1.x and to 0.x, and a breaking one which axis asks for it."""
    assert version(report()) == "None: there is nothing to release."
    assert (
        version(report(WORDS))
        == "Patch (as from 1.4.2 to 1.4.3, or from 0.4.2 to 0.4.3): only words changed."
    )
    assert version(report(ADDED)).endswith("from 0.4.2 to 0.4.3): nothing breaks callers.")
    assert version(report(PATTERN)).endswith(": nothing is known to break callers.")
    wire, python = version(report(ENUM)), version(report(SIGNATURE))
    assert wire == "Major (as from 1.4.2 to 2.0.0, or from 0.4.2 to 0.5.0): 1 breaking change on the wire."
    assert python.endswith(": 1 breaking change in Python.")
    assert report(ACCEPTED).bump is Bump.MAJOR
    assert "1 of them approved here" in version(report(ACCEPTED))
    assert version(replace(report(ENUM), refusals=(FINDING,))).startswith(
        "If it is taken all the same, major ("
    )


@given(st.text(), st.integers(1, 50))
def test_one_line_is_one_line(text: str, limit: int) -> None:
    """Any text becomes one visible line within its limit, and loses nothing where it is short and plain."""
    line = one_line(text, limit)
    assert len(line) <= limit
    assert line == visible(line)
    assert "\n" not in line
    if text.isascii() and text.isprintable() and len(text) <= limit:
        assert line == " ".join(text.split())


def test_a_cut_keeps_characters_whole() -> None:
    """Nothing is cut between a letter and the marks that belong to it."""
    assert one_line("abe\u0301\u0302\u0303f" * 3, 6) == "ab…"
    assert one_line("\u0301" * 9, 5) == "\u0301…"
    assert one_line(" " * 5_000 + "x", 10) == "…"


@given(st.text("`a b", max_size=20))
def test_code_in_a_sentence_stands_between_two_backticks(text: str) -> None:
    """Parts put together again are the sentence, without the backticks of those that are code."""
    parts = spans(text, 100)
    assert "".join(f"`{part}`" if is_code else part for part, is_code in parts) == one_line(text)
    assert all("`" not in part for part, is_code in parts if is_code)


def test_words_are_counted_and_joined() -> None:
    """Lists and numbers read as in a sentence."""
    assert (counted(1, "row"), counted(1_200, "row"), counted(2, "entry", "entries")) == (
        "1 row", "1,200 rows", "2 entries",
    )  # fmt: skip
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")
    assert quoted("a`b") == "`a'b`"


def test_counts_leave_prose_aside() -> None:
    """A report counts prose for itself, whatever severity it has."""
    assert report(replace(WORDS, severity=Severity.BREAKING)).counts[Severity.BREAKING] == 0
    assert "0 breaking, 0 warnings, 0 harmless, 1 in wording only" in as_text(report(WORDS))
    assert Axis.PROSE in report(WORDS).axes
    assert (OLD.operations, NEW.operations) == (17, 18)


def test_no_line_commands_the_keeper_of_the_log() -> None:
    """No text of a document becomes a command of the machine that runs this, wherever a line is broken."""
    hostile = "::error::no ##[error]no " + " ".join(["x" * 80, "::warning::no"] * 4)
    lines = as_text(with_texts([hostile])).splitlines()
    assert any(":: " in line or ": :" in line for line in lines)
    assert not [line for line in lines if line.lstrip().startswith("::") or "##[" in line]
