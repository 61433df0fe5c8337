"""The vendor's real documents mean the same after preparation, and generate whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.prepare import prepare
from tests.scripts.roundtrip import client_of, failures, response_examples
from tests.scripts.sameness import compare, operations, seeded

pytestmark = pytest.mark.unmeasured

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"
MISSING = "the vendor's files are not part of this repository, and do not lie beside it"


def real(*patterns: str) -> pytest.MarkDecorator:
    """Run a test with each of the vendor's documents, or skip it with a word."""
    files = sorted(file for pattern in patterns for file in SPECS.glob(pattern))
    names = [f"{file.parent.name}/{file.name}" for file in files]
    found: list[Any] = [*files] or [pytest.param(None, marks=pytest.mark.skip(reason=MISSING))]
    return pytest.mark.parametrize("file", found, ids=names or ["none"])


def load(file: Path) -> Any:
    """Read a document."""
    return json.loads(file.read_text(encoding="utf-8"))


@real("vouchers/0?[1579]-*.json", "vouchers/040-*.json", "tags/*.json", "full/*-??-[12]?.json")
def test_real_documents_mean_the_same(file: Path) -> None:
    """Every operation stays, every schema accepts the same values, or more where noted; and only once."""
    document = load(file)
    prepared = prepare(document)
    assert {one.name for one in operations(document)} == {one.name for one in operations(prepared.document)}
    notes = [note.pointer for note in prepared.notes if note.kind != "renamed"]
    found = compare(document, prepared.document, notes, seeded(0), effort=3)
    assert [str(one) for one in found.differences] == []
    assert found.compared > 5
    assert found.accepted > found.values / 4
    again = prepare(prepared.document)
    assert again.document == prepared.document
    assert [*again.notes] == []


@real("vouchers/040-*.json")
def test_nothing_had_to_be_loosened(file: Path) -> None:
    """The vendor's document needs no loosening, and no repair changes what it accepts."""
    document = load(file)
    prepared = prepare(document)
    assert [note for note in prepared.notes if note.kind == "loosened"] == []
    found = compare(document, prepared.document, [], seeded(1), effort=10)
    assert [str(one) for one in found.differences] == []


@real("vouchers/0?[15]-*.json")
def test_names_stay_from_revision_to_revision(file: Path) -> None:
    """A component that a revision shares with the latest one has the same name in the code."""
    latest = max(SPECS.glob("vouchers/*.json"))

    def renamed(document: Any) -> dict[str, str]:
        return {note.pointer: note.what for note in prepare(document).notes if note.kind == "renamed"}

    one, other = load(file), load(latest)
    before, after = renamed(one), renamed(other)
    shared = {f"/components/schemas/{name}" for name in one["components"]["schemas"]}
    shared &= {f"/components/schemas/{name}" for name in other["components"]["schemas"]}
    assert {p: before.get(p) for p in shared} == {p: after.get(p) for p in shared}


@real("tags/*.json", "vouchers/001-*.json")
def test_real_documents_generate_whole(file: Path, tmp_path: Path) -> None:
    """Every operation has its module, every module imports, and every example comes back."""
    document = load(file)
    with client_of(document, tmp_path) as client:
        assert client.count == len([*operations(document)])
        examples = [*response_examples(document)]
        assert failures(client, examples) == []
