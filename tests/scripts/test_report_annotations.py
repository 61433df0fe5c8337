"""A report as GitHub's workflow commands, and the lines that they name."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.reporting.annotations import commands, line_of
from scripts.reporting.model import CodeCheck, Finding, Report
from scripts.source import vendored
from tests.scripts.reports import (
    ACCEPTED,
    ADDED,
    ENUM,
    FINDING,
    PATTERN,
    REMOVED,
    comparison,
    full,
    report,
    with_texts,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("ab~/\n0", max_size=3), inner, max_size=4)
    ),
    max_leaves=20,
)
COMMAND = re.compile(r"::(error|warning) ((?:\w+=[^:,\r\n]*,?)+)::([^\r\n]*)")


def pointers(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Walk over every place of a value."""
    yield pointer, value
    children = (
        enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    )
    for name, child in children:
        yield from pointers(child, f"{pointer}/{str(name).replace('~', '~0').replace('/', '~1')}")


@given(VALUES)
def test_a_pointer_finds_its_line(value: Any) -> None:
    """Of any document, the line that a pointer leads to holds the key, and the start of the value."""
    lines = vendored(value).decode().split("\n")
    for pointer, inner in pointers(value):
        line = lines[line_of(value, pointer) - 1].strip()
        opening = json.dumps(inner, ensure_ascii=False)[: 2 if inner in ([], {}) else 1]
        shown = opening if isinstance(inner, (dict, list)) else json.dumps(inner, ensure_ascii=False)
        assert line.rstrip(",").endswith(shown)
        key = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        assert line.startswith((json.dumps(key, ensure_ascii=False), shown))


@pytest.mark.parametrize("pointer", ["/b", "/a/2", "/a/x", "/a/0/x", "/a/-1", "/a/01"])
def test_a_pointer_to_nowhere_finds_no_line(pointer: str) -> None:
    """What the document has not, has no line."""
    assert line_of({"a": [1, {}]}, pointer) == 0


def test_each_row_and_finding_is_one_command() -> None:
    """Refusals, broken promises, lines of code and breaking rows are errors; doubtful rows are warnings."""
    told = Report(
        comparison(ENUM, REMOVED, PATTERN, ADDED, ACCEPTED),
        refusals=(Finding("It was cut off.", pointer="/paths"),),
        contract=(FINDING,),
        code=CodeCheck("shop", (Finding("Missing.", "a:b,c%.py"),), 0),
    )
    schemas = {"Discount": {"properties": {"effect": {"enum": ["A"]}}}}
    document: dict[str, Any] = {"paths": {}, "components": {"schemas": schemas}}
    lines = commands(told, document=document).splitlines()
    assert [re.split("::(?=[A-Z`])", line)[0] for line in lines] == [
        "::error file=openapi/vouchers.json,line=2,title=Update refused",
        "::error file=voucherify_wrapper/_adapter.py,line=31,title=The wrapper's contract is broken",
        "::error file=a%3Ab%2Cc%25.py,title=Your code newly fails",
        "::error title=Breaking%3A DELETE /v1/vouchers/{code}",
        "::error file=openapi/vouchers.json,line=8,title=Breaking%3A Voucher.discount.effect",
        "::warning file=openapi/vouchers.json,title=Warning%3A Voucher.code",
    ]  # fmt: skip
    assert lines[4].endswith(
        f"Reaches `GET /v1/things/0`, `GET /v1/things/1`, `GET /v1/things/2` and 4 other operations. "
        f"[{ENUM.fingerprint}]"
    )
    assert "Reaches" not in lines[3]


def test_without_a_document_no_line_is_named() -> None:
    """The file is named still; a finding without a place has none."""
    written = commands(Report(comparison(ENUM), refusals=(Finding("No."),)))
    assert "::error title=Update refused::No.\n" in written
    assert "file=openapi/vouchers.json,title=" in written
    assert "line=" not in written


def test_what_github_would_not_show_is_counted() -> None:
    """Ten commands of a level: where there are more, the tenth counts the rest."""
    ten = commands(report(*(replace(ENUM, subject=str(number)) for number in range(10)))).splitlines()
    assert len(ten) == 10
    assert "more" not in ten[9]
    many = [replace(each, subject=str(number)) for number in range(1_234) for each in (ENUM, PATTERN)]
    lines = commands(report(*many)).splitlines()
    assert len(lines) == 20
    assert lines[9] == "::error title=1%2C225 more::The reports list all 1,234; GitHub shows 10 of a step."
    assert lines[19].startswith("::warning title=1%2C225 more::")


@given(st.lists(st.text(st.characters(), min_size=1), min_size=1, max_size=4))
def test_no_text_ends_a_command_or_begins_one(texts: list[str]) -> None:
    """Whatever a document holds, each line is one whole command with the properties that we gave it."""
    for line in commands(with_texts(["::error::x\n::set-env name=a::b\r%0A", *texts])).split("\n")[:-1]:
        found = COMMAND.fullmatch(line)
        assert found is not None, line
        assert re.findall(r"(\w+)=", found[2])[-1] == "title" or "=" in found[2]
        assert {name.partition("=")[0] for name in found[2].split(",")} <= {"file", "line", "title"}


def test_what_is_well_gives_no_command() -> None:
    """Harmless and approved rows are no annotations."""
    assert commands(report(ADDED, ACCEPTED)) == ""
    assert commands(Report(None)) == ""
    assert commands(full()).count("::error") == 4
