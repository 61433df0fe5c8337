"""The lines of somebody's own code are found that fail with a new client and did not with the old one."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest

from scripts.code_check import check_code
from scripts.command import FailedError, UnusableInputError
from tests.scripts.contracting import CLIENT, client_of, document
from tests.scripts.test_contract import shorten

if TYPE_CHECKING:
    from pathlib import Path

    from tests.scripts.conftest import Command, Digest

USES = """\
from voucherify_client import AuthenticatedClient
from voucherify_client.api.vouchers import release_validation_session
from voucherify_wrapper import Voucherify
import nowhere_to_be_found

def release(client):
    made = AuthenticatedClient(base_url="", token="")
    answer = release_validation_session.sync("code", "key", client=made)
    print(answer.message, nowhere_to_be_found.x)
    release_validation_session.sync(7, client=made)
    Voucherify().release_validation_session("code", "key", nope=True)
"""
FAILING = 8


def edit(made: Any) -> None:
    shorten(made)
    made["components"]["schemas"]["Error"]["properties"]["message"]["type"] = "integer"


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client whose operation lost a parameter."""
    return client_of(document(edit), tmp_path_factory.mktemp("new") / "made")


def project(folder: Path, **texts: str) -> Path:
    """Write a project; in names, `__` is a slash."""
    for name, text in texts.items():
        file = folder / f"{name.replace('__', '/')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder


def test_lines_that_newly_fail(new: Path, tmp_path: Path, digest: Digest) -> None:
    """One row for each line that newly fails, in functions without annotations too; nothing is written."""
    folder = project(tmp_path / "p", src__app__use=USES, src__app____init__="", tests__test_it="x = 1")
    before = digest(folder)
    check = check_code(folder, CLIENT, new)
    (found,) = check.findings
    assert (found.file, found.line) == (str(folder / "src" / "app" / "use.py"), FAILING)
    assert found.text == 'answer = release_validation_session.sync("code", "key", client=made)'
    assert found.what.count(";") >= 1
    assert found.what.endswith('expected "AuthenticatedClient" (arg-type)')
    assert check.before == 3
    assert check.unchecked == ()
    assert check.project == str(folder)
    assert digest(folder) == before


@pytest.mark.parametrize(
    "line",
    [
        "from voucherify_client.api.vouchers import release_validation_session",
        "from voucherify_client.api.vouchers.release_validation_session import sync",
        "import voucherify_client.api.vouchers.release_validation_session as module",
        "from voucherify_client.models.error import Error",
    ],
)
def test_modules_that_are_gone(line: str, tmp_path: Path) -> None:
    """What the new client lacks is not found in the one that is installed here, however it is imported."""
    new = tmp_path / "voucherify_client"
    shutil.copytree(CLIENT, new)
    (new / "api" / "vouchers" / "release_validation_session.py").unlink()
    (new / "models" / "error.py").unlink()
    check = check_code(project(tmp_path / "p", use=line), CLIENT, new)
    assert [found.text for found in check.findings] == [line]


def test_same_clients(tmp_path: Path) -> None:
    """Against the same client nothing newly fails, however much fails."""
    check = check_code(project(tmp_path, use=USES), CLIENT, CLIENT)
    assert (check.findings, check.before) == ((), 3)


def test_what_counts_as_new(tmp_path: Path) -> None:
    """A union that changed around what fails makes it no new failure; another type that is wanted does."""
    for side, union, wanted in (("old", "B | None", "str"), ("new", "B | C | None", "int")):
        package = tmp_path / side / "voucherify_client"
        text = f"class B: x: int\nclass C: x: int\ndef get() -> {union}: ...\n"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(
            f"{text}def put(value: {wanted}) -> None: ...\n", encoding="utf-8"
        )
    uses = "import voucherify_client as v\nv.get().x\nv.put(b'')\nv.put(''); v.put('')\nv.put(''); v.put(3)\n"
    sides = [tmp_path / side / "voucherify_client" for side in ("old", "new")]
    check = check_code(project(tmp_path / "p", use=uses), *sides)
    assert [one.line for one in check.findings] == [3, 4, 5]
    assert (
        check.findings[1].what == 'Argument 1 to "put" has incompatible type "str"; expected "int" (arg-type)'
    )
    assert check.before == 3


def test_module_of_ours_that_is_gone(new: Path, tmp_path: Path) -> None:
    """An import of the client that no longer works is a failure; that others are not installed is not."""
    text = "import voucherify_client.api.vouchers.{} as a\nimport nowhere.at_all\nimport yaml\n"
    check = check_code(project(tmp_path, use=text.format("gone")), new, new)
    assert (check.findings, check.before) == ((), 1)


def test_files_that_cannot_be_checked(new: Path, tmp_path: Path) -> None:
    """Files that are no Python are told, and keep nobody from checking the rest, and who imports them."""
    folder = project(
        tmp_path, use=f"import broken, excluded\n{USES}", broken="def (:", old="print 1", types="x = 1",
        excluded="also (", zero="x = 1\0", deep=f"x = {'-' * 100_000}1",
    )  # fmt: skip
    (folder / "bytes.py").write_bytes(b"x = '\xff'")
    (folder / "mypy.ini").write_text("[mypy]\nexclude = excluded\n")
    check = check_code(folder, CLIENT, new)
    assert [one.line for one in check.findings] == [FAILING + 1]
    assert check.before == 3
    names = [one.file.rpartition("/")[2] for one in check.unchecked]
    assert names == ["broken.py", "bytes.py", "deep.py", "old.py", "types.py", "zero.py"]
    assert [one.line for one in check.unchecked if one.file.endswith("types.py")] == [0]
    assert all(one.what for one in check.unchecked)
    assert check.unchecked[0].text == "def (:"


def test_nothing_that_can_be_checked(tmp_path: Path) -> None:
    """A project whose every file is no Python has no findings, and each file is told."""
    check = check_code(project(tmp_path, a="def (:", b="print 1"), CLIENT, CLIENT)
    assert (check.findings, check.before, len(check.unchecked)) == ((), 0, 2)


def test_what_python_refuses_and_its_parser_does_not(tmp_path: Path) -> None:
    """Code that parses, and that the type checker stops at all the same, is told by its own error."""
    check = check_code(project(tmp_path, odd="import nowhere\nyield 1\n", use=USES), CLIENT, CLIENT)
    assert check.before == 3
    (found,) = check.unchecked
    assert (found.file, found.line, found.what) == (f"{tmp_path}/odd.py", 2, '"yield" outside function')


def test_client_that_is_no_python(tmp_path: Path) -> None:
    """Where the type checker cannot read a client, there is no result, and the reason is told."""
    package = tmp_path / "voucherify_client"
    package.mkdir()
    (package / "__init__.py").write_text("def (:", encoding="utf-8")
    with pytest.raises(FailedError, match=r"ended with 2: .*voucherify_client/__init__\.py"):
        check_code(project(tmp_path / "p", use=USES), package, package)


@pytest.mark.parametrize("side", [0, 1])
def test_no_client(side: int, tmp_path: Path) -> None:
    """A folder that is no client is refused by name."""
    sides = [CLIENT, CLIENT]
    sides[side] = tmp_path
    with pytest.raises(UnusableInputError, match="is no generated client"):
        check_code(project(tmp_path / "p", a=""), *sides)


def test_command(new: Path, tmp_path: Path, command: Command) -> None:
    """The command lists the lines, and counts them; its exit code says whether there are any."""
    project(tmp_path, use=USES, broken="def (:")
    done = command("code_check", tmp_path, "--old", CLIENT, "--new", new)
    assert done.returncode == 1
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"{tmp_path}/use.py:{FAILING}: ")
    told = done.stderr.splitlines()
    assert told[-2].startswith(f"{tmp_path}/broken.py:1: not checked: ")
    unread = "of 1 file that could not be read, nothing is known"
    assert told[-1] == f"1 line fails newly, 3 with the old client; {unread}."
    done = command("code_check", tmp_path / "broken.py", "--new", CLIENT)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == f"0 lines fail newly, 0 with the old client; {unread}."
    done = command("code_check", tmp_path / "use.py", "--new", CLIENT)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines()[-1] == "0 lines fail newly, 3 with the old client."
    done = command("code_check", tmp_path / "gone.py", "--new", CLIENT)
    assert (done.returncode, done.stdout) == (2, "")
    assert "does not exist" in done.stderr
