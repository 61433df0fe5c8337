"""A report as JSON: what the published schema says, and complete enough to be read back."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.command import UnusableInputError
from scripts.comparison.changes import Axis, Change, Comparison, Revision
from scripts.comparison.severity import Direction, Effect, Severity
from scripts.notes import Kind, Note
from scripts.report import as_json, read_report, write_reports
from scripts.reporting.model import CodeCheck, Finding, Report
from scripts.reporting.saved import SCHEMA, written
from tests.scripts.reports import full, of_every_kind, with_texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.scripts.conftest import Command

VALIDATOR = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text(encoding="utf-8")))

TEXTS = st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
POINTERS = st.none() | st.just("") | TEXTS.map(lambda text: f"/{text}")
CHANGES = st.builds(
    Change, st.sampled_from(Axis), TEXTS, st.sampled_from(Severity), TEXTS, TEXTS, TEXTS,
    st.none() | st.sampled_from(Effect), st.lists(st.sampled_from(Direction)).map(tuple), VALUES, VALUES,
    st.lists(TEXTS, max_size=2).map(tuple), POINTERS, POINTERS, TEXTS,
)  # fmt: skip
FINDINGS = st.lists(st.builds(Finding, TEXTS, TEXTS, st.integers(0), TEXTS, TEXTS), max_size=2).map(tuple)
NOTES = st.lists(st.builds(Note, TEXTS, st.sampled_from(Kind), TEXTS, TEXTS), max_size=2).map(tuple)
REVISIONS = st.builds(Revision, TEXTS, TEXTS, TEXTS, TEXTS, st.integers(0), st.integers(0))
COMPARISONS = st.builds(
    Comparison, REVISIONS, REVISIONS, st.lists(CHANGES, max_size=3).map(tuple), NOTES, NOTES,
    st.lists(TEXTS, max_size=2).map(tuple),
)  # fmt: skip
REPORTS = st.builds(
    Report, st.none() | COMPARISONS, FINDINGS, FINDINGS, FINDINGS,
    st.none() | st.builds(CodeCheck, TEXTS, FINDINGS, st.integers(0), FINDINGS),
    st.lists(st.sampled_from(Axis)).map(tuple), TEXTS, TEXTS, st.booleans(),
)  # fmt: skip


@given(REPORTS)
def test_any_report_comes_back_as_it_was(tmp_path: Path, report: Report) -> None:
    """What is saved keeps to the schema, and read back it is the same report, with the same bytes."""
    file = tmp_path / "report.json"
    file.write_bytes(written(report))
    assert [*VALIDATOR.iter_errors(json.loads(file.read_bytes()))] == []
    again = read_report(file)
    assert again == report
    assert written(again) == written(report)


@pytest.mark.parametrize("kind", of_every_kind())
def test_every_kind_keeps_to_the_schema(kind: str, tmp_path: Path) -> None:
    """Reports of every kind are valid, and can be written and read in a folder."""
    report = of_every_kind()[kind]
    assert [*VALIDATOR.iter_errors(json.loads(json.dumps(as_json(report))))] == []
    write_reports(report, tmp_path / "new" / "folder")
    assert read_report(tmp_path / "new" / "folder" / "report.json") == report


def parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Walk to every object below a value, but into no change's own values."""
    if isinstance(value, dict):
        yield path
        for name, inner in value.items():
            if name not in ("before", "after"):
                yield from parts(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from parts(inner, (*path, index))


def refused() -> Any:
    """Make a saved report with every kind of object in it."""
    return json.loads(json.dumps(as_json(of_every_kind()["refused"])))


@pytest.mark.parametrize("path", [*dict.fromkeys(parts(refused()))], ids=str)
def test_every_object_is_closed_and_complete(path: tuple[Any, ...]) -> None:
    """A key too many, a key too few, or a value of another kind anywhere breaks the schema."""
    saved = refused()

    def at(root: Any) -> Any:
        for name in path:
            root = root[name]
        return root

    for name in at(saved):
        for damage in ("missing", "wrong"):
            broken = copy.deepcopy(saved)
            if damage == "missing":
                del at(broken)[name]
            elif name in ("before", "after") and "rule" in at(broken):
                continue
            else:
                at(broken)[name] = 3.5
            assert not VALIDATOR.is_valid(broken), (damage, name)
    extra = copy.deepcopy(saved)
    at(extra)["extra"] = 1
    assert not VALIDATOR.is_valid(extra)


def test_the_schema_describes_each_property() -> None:
    """Whoever reads the schema learns what each property means; every object in it is closed."""

    def objects(value: Any) -> Iterator[Any]:
        if isinstance(value, dict):
            if isinstance(value.get("properties"), dict):
                yield value
            for inner in value.values():
                yield from objects(inner)

    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema_rs.meta.validate(schema)
    assert schema["$id"] == "report.schema.json"
    for each in objects(schema):
        assert each["additionalProperties"] is False
        assert sorted(each["required"]) == sorted(each["properties"])
        for name, inner in each["properties"].items():
            shared = schema["$defs"].get(inner.get("$ref", "").removeprefix("#/$defs/"), {})
            assert inner.get("description") or shared.get("description"), name


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe{", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "at its top"),
        (b"{}", "is a required property"),
        (written(full()).replace(b'"axis": "wire"', b'"axis": "air"', 1), "at /comparison/changes/0/axis"),
    ],
)
def test_a_file_that_is_no_report_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    """The message names the file, the place and what would write one."""
    file = tmp_path / "report.json"
    file.write_bytes(content)
    with pytest.raises(UnusableInputError, match=told) as caught:
        read_report(file)
    assert str(caught.value).startswith(f"{file} is no")


@pytest.mark.parametrize("form", ["text", "markdown", "html", "json", "annotations"])
def test_a_saved_report_shows_in_every_form(tmp_path: Path, command: Command, form: str) -> None:
    """The command writes the very bytes that the update wrote, of hostile reports too."""
    report = with_texts(["<b>|`@x`\x1b", "ü"])
    write_reports(report, tmp_path)
    done = command(
        "report", tmp_path / "report.json", "--format", form, env={"LC_ALL": "C", "PYTHONUTF8": "1"}
    )
    assert (done.returncode, done.stderr) == (0, "")
    files = {
        "markdown": "report.md",
        "html": "report.html",
        "json": "report.json",
        "annotations": "annotations.txt",
    }
    if form in files:
        assert done.stdout == (tmp_path / files[form]).read_text(encoding="utf-8")
    else:
        assert done.stdout.startswith("REFUSED. ")


def test_what_is_no_text_is_written_out(tmp_path: Path) -> None:
    """Half a character, as a file's name may hold, stops no form of a report, and is shown as its number."""
    write_reports(replace(full(), source="a\udc80b"), tmp_path)
    assert read_report(tmp_path / "report.json").source == "a\\udc80b"
    assert "a\\udc80b" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_command_names_lines_of_a_document(tmp_path: Path, command: Command) -> None:
    """With the document at hand, annotations name lines; the default form is text."""
    write_reports(full(), tmp_path)
    document = tmp_path / "vouchers.json"
    scheme = {"Discount": {"properties": {"effect": {"enum": ["APPLY"]}}}}
    document.write_text(
        json.dumps({"openapi": "3.0.1", "info": {}, "paths": {}, "components": {"schemas": scheme}})
    )
    saved = tmp_path / "report.json"
    done = command("report", saved, "--format", "annotations", "--document", document)
    assert "file=openapi/vouchers.json,line=10,title=Breaking%3A Voucher.discount.effect::" in done.stdout
    assert command("report", saved).stdout.startswith("BREAKING. ")


def test_the_command_says_what_is_wrong(tmp_path: Path, command: Command) -> None:
    """A file that is missing or no report ends with one paragraph and an exit code."""
    done = command("report", tmp_path / "missing.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"report: {tmp_path / 'missing.json'}: No such file or directory.\n"
    (tmp_path / "other.json").write_text("{}")
    assert command("report", tmp_path / "other.json").returncode == 2


def test_reports_replace_older_ones_whole(tmp_path: Path) -> None:
    """Each file is written aside and moved; nothing else is left in the folder."""
    write_reports(full(), tmp_path)
    write_reports(replace(full(), source="elsewhere"), tmp_path)
    names = ["annotations.txt", "report.html", "report.json", "report.md"]
    assert sorted(entry.name for entry in tmp_path.iterdir()) == names
    assert read_report(tmp_path / "report.json").source == "elsewhere"
