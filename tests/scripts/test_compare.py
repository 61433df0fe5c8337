"""The command that compares two documents, as a user calls it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.compare import compare
from scripts.source import vendored
from tests.scripts.answering import Server, serving
from tests.scripts.comparing import sends
from tests.scripts.hand_made import INTEGER, STRING, document, getter, thing

if TYPE_CHECKING:
    from tests.scripts.conftest import Command

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Write an old document, and a new one that breaks."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_bytes(vendored(sends(thing(a=STRING, b=STRING))))
    new.write_bytes(vendored(sends(thing(a=INTEGER, b=STRING))))
    return old, new


def test_text(files: tuple[Path, Path], command: Command) -> None:
    """The text tells the change, what was not compared and how to ask for it, and last the verdict."""
    done = command("compare", *files)
    assert (done.returncode, done.stderr) == (0, "")
    assert "POST /x body.a" in done.stdout
    assert done.stdout.splitlines()[-2:] == [
        "The Python axis was not compared; --axis both compares the generated clients too.",
        "verdict: breaking",
    ]


def test_addresses_are_fetched(files: tuple[Path, Path], command: Command) -> None:
    """Either document may have an http address, which is named in the report without what may be secret."""
    old, new = files
    with serving(Server(body=new.read_bytes())) as server:
        secret = server.url("/new.json?token=hush").replace("//", "//me:hush@")
        done = command("compare", old, secret)
        assert (done.returncode, done.stderr) == (0, "")
        assert f"new  {server.url('/new.json')} (" in done.stdout
        assert "hush" not in done.stdout
        assert command("compare", server.url(), server.url()).stdout.endswith("verdict: unchanged\n")
        server.status = 404
        done = command("compare", server.url(), new)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == f"compare: {server.url()} answers 404 Not Found, not 200 OK.\n"


def test_what_has_no_end_is_not_read_to_it(files: tuple[Path, Path], command: Command) -> None:
    """A file has the limit that an address has, and the error names no option that this command lacks."""
    done = command("compare", "/dev/zero", files[0])
    assert (done.returncode, done.stdout) == (2, "")
    said = "/dev/zero has more than 67,108,864 bytes, the most that is read (scripts.track has --max-size)."
    assert done.stderr == f"compare: {said}\n"


@pytest.mark.parametrize(("form", "start"), [("markdown", "#"), ("html", "<!doctype html>"), ("json", "{")])
def test_forms(form: str, start: str, files: tuple[Path, Path], command: Command) -> None:
    """Each other form is that form alone, from its first to its last character."""
    done = command("compare", *files, "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.lstrip().lower().startswith(start)
    assert "Python axis was not compared" not in done.stdout.splitlines()[-1]
    if form == "json":
        report = json.loads(done.stdout)
        assert report["verdict"] == "breaking"


def test_exit_codes(files: tuple[Path, Path], command: Command, tmp_path: Path) -> None:
    """Breaking ends with 4 where that was asked for, unless somebody approved it."""
    old, new = files
    assert command("compare", old, new, "--fail-on", "breaking").returncode == 4
    assert command("compare", old, old, "--fail-on", "breaking").returncode == 0
    (change,) = compare(json.loads(old.read_text()), json.loads(new.read_text())).changes
    approvals = tmp_path / "approvals.toml"
    approvals.write_text(f'[[approved]]\nfingerprint = "{change.fingerprint}"\nby = "Ada"\nwhy = "Fine."\n')
    done = command("compare", old, new, "--fail-on", "breaking", "--approvals", approvals)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("verdict: compatible\n")


@pytest.mark.parametrize(
    "content", [None, "", "{", "<html></html>", '{"openapi": "3.0.0"}', '{"swagger": "2.0"}']
)
def test_unusable_input(
    content: str | None, files: tuple[Path, Path], command: Command, tmp_path: Path
) -> None:
    """What is no OpenAPI document ends with 2 and one paragraph that names the file."""
    broken = tmp_path / "broken.json"
    if content is not None:
        broken.write_text(content)
    for pair in ((files[0], broken), (broken, files[0])):
        done = command("compare", *pair)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(f"compare: {broken}")
        assert done.stderr.count("\n") == 1


def test_what_cannot_be_mended_is_refused_by_name(
    files: tuple[Path, Path], command: Command, tmp_path: Path
) -> None:
    """A document that is too broken to be compared is refused with the file and the place."""
    broken = tmp_path / "broken.json"
    broken.write_bytes(vendored(document({"/x": {"get": []}})))
    done = command("compare", files[0], broken)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"compare: {broken}: ")
    assert "/paths/~1x/get" in done.stderr


def test_python_axis(command: Command, tmp_path: Path) -> None:
    """Both axes: a name that only code sees has a row as well, and the verdict is of both."""
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.write_bytes(vendored(document({"/a": getter("getIt", thing(a=STRING))})))
    new.write_bytes(vendored(document({"/a": getter("getThat", thing(a=STRING))})))
    done = command("compare", old, new, "--axis", "both", "--format", "json")
    assert done.returncode == 0
    assert all(line.endswith(" ...") for line in done.stderr.splitlines())  # steps, where they take long
    axes = {change["axis"] for change in json.loads(done.stdout)["comparison"]["changes"]}
    assert axes == {"wire", "python"}
    alone = command("compare", old, new, "--axis", "python")
    assert alone.returncode == 0
    assert "Python axis was not compared" not in alone.stdout
    assert alone.stdout.endswith("verdict: breaking\n")


@pytest.mark.skipif(not SPECS.is_dir(), reason="the vendor's files do not lie beside the repository")
def test_pages_and_other_forms_of_one_document(command: Command, tmp_path: Path) -> None:
    """A documentation page compares with a JSON file of its document, without a change."""
    page = tmp_path / "page.md"
    shutil.copy(SPECS / "release-validation-session.md", page)
    out = tmp_path / "page.json"
    assert command("source", page, "--out", out).returncode == 0
    done = command("compare", page, out)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("verdict: unchanged\n")


def test_documents_stay_as_they_are() -> None:
    """Comparing changes nothing in either document."""
    old: Any = sends({"allOf": [thing(a={**STRING, "required": True})]})
    new: Any = sends(thing(a=INTEGER))
    before = json.dumps([old, new])
    compare(old, new)
    assert json.dumps([old, new]) == before
