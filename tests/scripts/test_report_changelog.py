"""The changelog's fragment of an update, as towncrier takes it."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from scripts.report import changelog_fragment
from scripts.reporting.model import Report
from tests.scripts.reports import (
    ACCEPTED,
    ADDED,
    ENUM,
    REMOVED,
    SIGNATURE,
    WORDS,
    comparison,
    full,
    report,
    with_texts,
)

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATION = """
[tool.towncrier]
directory = "changelog.d"
filename = "CHANGELOG.md"
start_string = "<!-- towncrier release notes start -->\\n"
title_format = "## {version} ({project_date})"
issue_format = ""
underlines = ["", "", ""]

[[tool.towncrier.type]]
directory = "breaking"
name = "Breaking"
showcontent = true

[[tool.towncrier.type]]
directory = "added"
name = "Added"
showcontent = true

[[tool.towncrier.type]]
directory = "changed"
name = "Changed"
showcontent = true

[[tool.towncrier.type]]
directory = "fixed"
name = "Fixed"
showcontent = true
"""


def test_a_breaking_update_names_what_breaks() -> None:
    """The name holds the new document's hash and the type; rows that somebody approved are told too."""
    name, text = changelog_fragment(full())
    assert name == "+specification-01234567.breaking.md"
    first, *rows = text.splitlines()
    assert first.startswith("The client follows Voucherify's specification `01234567`: 4 breaking, 1 warning")
    assert rows[2] == (
        "- `Voucher.discount.effect` in `GET /v1/things/0`, `GET /v1/things/1` and 5 other operations: "
        "The value `ADD_NEW_ITEMS` was added."
    )
    assert len(rows) == 4
    assert changelog_fragment(report(ACCEPTED))[0].endswith(".breaking.md")


def test_what_has_no_place_of_its_own_names_its_operations() -> None:
    """A row about signing in says where; one whose subject names its operation does not say it twice."""
    security = replace(
        ENUM, rule="security-removed", subject="security", what="An API key no longer suffices."
    )
    python = replace(SIGNATURE, operations=ENUM.operations)
    _, text = changelog_fragment(report(security, REMOVED, python))
    assert "- `security` in `GET /v1/things/0`, `GET /v1/things/1` and 5 other operations: An API key" in text
    assert "- `DELETE /v1/vouchers/{code}`: The operation was removed." in text
    assert f"- `{python.subject}`: The argument" in text


def test_many_breaking_rows_are_counted() -> None:
    """Five are named, the rest is counted."""
    _, text = changelog_fragment(report(*(replace(ENUM, subject=str(number)) for number in range(7))))
    assert text.splitlines()[6:] == ["- and 2 more changes that break"]


def test_a_compatible_update_is_one_line() -> None:
    """What breaks nobody is a change like others."""
    for change in (ADDED, WORDS):
        name, text = changelog_fragment(report(change))
        assert name == "+specification-01234567.changed.md"
        assert text.count("\n") == 1


def test_nothing_to_tell_is_no_fragment() -> None:
    """Where nothing changed, or nothing was compared, there is none."""
    assert changelog_fragment(Report(None)) == ("", "")
    assert changelog_fragment(Report(comparison())) == ("", "")


@pytest.mark.parametrize(
    "told",
    [full(), report(ADDED), with_texts(["a\n## b\n- <b>x</b> [l](http://x.example) `", "{{ 1 }} {% x %}"])],
)
def test_towncrier_takes_the_fragment(tmp_path: Path, told: Report) -> None:
    """A release gathers it under its heading, and what stood in the changelog stays below."""
    name, text = changelog_fragment(told)
    (tmp_path / "pyproject.toml").write_text(CONFIGURATION)
    (tmp_path / "changelog.d").mkdir()
    (tmp_path / "changelog.d" / name).write_text(text)
    mark, before = "<!-- towncrier release notes start -->\n", "\n## 0.1.0 (unreleased)\n\n- Old.\n"
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\nNewest first.\n\n{mark}{before}")
    command = [
        sys.executable,
        "-m",
        "towncrier",
        "build",
        "--yes",
        "--version",
        "0.2.0",
        "--date",
        "2026-08-01",
        "--name",
        "x",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    built = (tmp_path / "CHANGELOG.md").read_text()
    kind = "Breaking" if ".breaking." in name else "Changed"
    assert f"{mark}\n## 0.2.0 (2026-08-01)\n\n### {kind}\n\n- The client follows" in built
    assert built.endswith(before)
    assert [line for line in built.splitlines() if line.startswith("#")] == [
        "# Changelog", "## 0.2.0 (2026-08-01)", f"### {kind}", "## 0.1.0 (unreleased)",
    ]  # fmt: skip


def test_the_projects_own_configuration_builds_the_same() -> None:
    """What is tested here is what the project has."""
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["towncrier"]
    assert ours == tomllib.loads(CONFIGURATION)["tool"]["towncrier"]
