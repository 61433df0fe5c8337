"""What a schema refers to and is not there: nobody knows it, and preparation and comparison both say so."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.compare import compare
from scripts.notes import Kind
from scripts.prepare import prepare
from tests.scripts.comparing import B, H, W, receives, rows, sends
from tests.scripts.hand_made import INTEGER, STRING, ref, thing

ABSENT = [
    "#/components/schemas/Gone",
    "other.json#/Gone",
    "#/info/title",
    "#/components/schemas/It/properties/z",
]


@pytest.mark.parametrize("reference", ABSENT)
def test_both_name_what_is_not_there(reference: str) -> None:
    """A document with such a reference can be used, and what was made of it is named in the same words."""
    document = sends(ref("It"), {"It": thing(a={"$ref": reference}, b=STRING)})
    prepared = {note for note in prepare(document).notes if note.kind is Kind.LOOSENED}
    comparison = compare(document, document)
    assert {*comparison.old_repairs} == {*comparison.new_repairs} == prepared
    assert [note.pointer for note in prepared] == ["/components/schemas/It/properties/a"]


@pytest.mark.parametrize("make", [sends, receives])
@pytest.mark.parametrize("reference", ABSENT)
def test_what_is_not_there_is_one_warning(make: Any, reference: str) -> None:
    """That nobody knows what stands there is told in one row, and no type is said to have changed."""
    old, new = (make(thing(a=use)) for use in (STRING, {"$ref": reference}))
    assert [(weight, rule) for weight, rule, _ in rows(old, new)] == [(W, "reference-added")]
    assert [(weight, rule) for weight, rule, _ in rows(new, old)] == [(W, "reference-removed")]


def test_what_is_said_beside_it_is_compared() -> None:
    """Keywords beside such a reference hold, and changes of them are told too."""
    old = sends(thing(a={"$ref": "#/components/schemas/Gone", **INTEGER}))
    new = sends(thing(a={**INTEGER, "minimum": 1}))
    assert {weight for weight, _, _ in rows(old, new)} == {W, B}
    other = sends(thing(a={"$ref": "#/components/schemas/Gone", **INTEGER, "minimum": 1}))
    assert rows(old, other) == [(B, "minimum-set", "POST /x body.a")]


def test_a_component_may_have_other_names() -> None:
    """An anchor, and an identifier, is a name: what is referred to by it is there, even beside odd ones."""
    names = {"It": {**STRING, "$anchor": "it", "$id": "it.json"}, "Any": True}
    for reference in ("#it", "it.json"):
        old, new = (sends(thing(a=use), names) for use in ({"$ref": reference}, ref("It")))
        assert rows(old, new) == []
        assert compare(old, new).old_repairs == ()
    assert rows(sends(thing(a=ref("Any")), names), sends(thing(a=STRING), names))[0][0] != H
