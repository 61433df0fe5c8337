"""What a person has accepted, as `approvals.toml` says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts.command import UnusableInputError
from scripts.compare import compare
from scripts.comparison.approvals import Approvals, read_approvals
from tests.scripts.comparing import receives, sends
from tests.scripts.hand_made import INTEGER, STRING

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW = sends(STRING), sends(INTEGER)
ENTRY = '[[approved]]\nfingerprint = "0123456789abcdef"\nby = " Ada "\nwhy = "Fine."\n'


def test_approved_changes_are_marked() -> None:
    """An approved change carries who accepted it and why; what matches nothing is reported."""
    (change,) = compare(OLD, NEW).changes
    approvals = Approvals({change.fingerprint: "Ada: nobody sends it", "f" * 16: "Ada: long gone"})
    found = compare(OLD, NEW, approvals=approvals)
    assert [each.approval for each in found.changes] == ["Ada: nobody sends it"]
    assert found.stale_approvals == ("f" * 16,)
    assert compare(receives(STRING), receives(INTEGER), approvals=approvals).changes[0].approval == ""


def test_a_file_is_read(tmp_path: Path) -> None:
    """A file's entries become approvals, without the blanks around them; an empty file has none."""
    file = tmp_path / "approvals.toml"
    file.write_text(ENTRY)
    assert read_approvals(file).reasons == {"0123456789abcdef": "Ada: Fine."}
    file.write_text("")
    assert read_approvals(file).reasons == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[approved", "is not TOML"),
        ("\udc80", "is not TOML"),
        ("[other]\n", "it has 'other'; only entries that begin with [[approved]] belong there."),
        ("approved = 1\n", "`approved` is no list of tables"),
        ("approved = [1]\n", "entry 1: a table belongs here"),
        (ENTRY + "[[approved]]\n", "entry 2: `fingerprint` is missing"),
        (ENTRY.replace(" Ada ", " "), "entry 1: `by` is missing; it is a text that is not empty."),
        (ENTRY.replace('"Fine."', "1"), "entry 1: `why` is missing"),
        (ENTRY.replace("0123", "wxyz"), "entry 1: 'wxyz456789abcdef' is no fingerprint"),
        (ENTRY + 'reason = "b"\n', "entry 1: 'reason' is none of fingerprint, by and why."),
        (ENTRY * 2, "entry 2: 0123456789abcdef was approved before; keep one entry."),
    ],
)
def test_what_is_wrong_is_said(text: str, said: str, tmp_path: Path) -> None:
    """A file that says too little, or something else, is refused with its name and the entry."""
    file = tmp_path / "approvals.toml"
    file.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(UnusableInputError) as error:
        read_approvals(file)
    assert str(error.value).startswith(str(file))
    assert said in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that cannot be read is named."""
    with pytest.raises(UnusableInputError, match=r"no\.toml: No such file"):
        read_approvals(tmp_path / "no.toml")
