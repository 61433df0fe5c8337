"""`voucherify profiles`: what is kept, where, and that nothing of it is lost or shown."""

from __future__ import annotations

import io
import json
import os
import re
import resource
import signal
import sqlite3
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keyring
import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.commands import environment, voucherify
from tests.cli.terminal import Terminal
from tests.wrapper import file_keyring
from tests.wrapper.file_keyring import FileKeyring
from voucherify_wrapper import ConfigurationError, Voucherify
from voucherify_wrapper._credentials_file import credentials_file
from voucherify_wrapper.cli import main
from voucherify_wrapper.cli._profiles_file import drop_profile, keep_profile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voucherify_wrapper.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
ID, TOKEN = "app-id-0123456789", "s3cr3t-token-2718281828"
COMMENTED = """\
# my shops

[first]  # in Europe
app_id = "one"   # of 2024
app_token = "two"
# since May

# the second one
[second]
oauth_token = "three"

# the last one
[third]
oauth_token = "four"
cluster = "as1.api"
# the end
"""


@frozen
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one JSON document that it wrote."""
        [line] = self.out.splitlines()
        told: dict[str, Any] = json.loads(line)
        return told


class Run:
    """Runs commands in this process, with nobody at a terminal."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *arguments: str, typed: str | bytes = b"") -> Done:
        raw = typed.encode() if isinstance(typed, str) else typed
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        self._capsys.readouterr()
        code = main(arguments)
        said = self._capsys.readouterr()
        assert TOKEN not in said.out + said.err
        return Done(code, said.out, said.err)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs commands, whose output never has the token in it."""
    for name in [name for name in os.environ if name.startswith(("VOUCHERIFY_", "X_APP_"))]:
        monkeypatch.delenv(name)
    return Run(capsys, monkeypatch)


@pytest.fixture
def path() -> Path:
    """The credentials file, which is not there yet."""
    return credentials_file()


@pytest.fixture
def file(path: Path) -> Path:
    """A credentials file with three profiles and comments."""
    path.parent.mkdir(parents=True, mode=0o700)
    path.write_text(COMMENTED)
    path.chmod(0o600)
    return path


@pytest.fixture
def kept_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FileKeyring]:
    """The system's keyring, which is a file, for this process and for those that it starts."""
    monkeypatch.setenv(file_keyring.VARIABLE, str(tmp_path / "keyring.json"))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "tests.wrapper.file_keyring.FileKeyring")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    before = keyring.get_keyring()
    ours = FileKeyring()
    keyring.set_keyring(ours)
    yield ours
    keyring.set_keyring(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_profile_is_typed_at_a_terminal_and_works(path: Path, voucherify_sandbox: Sandbox) -> None:
    """The token is not shown while typed, the file is its owner's alone, and a release works with it."""
    key = voucherify_sandbox.lock("2CpRCE2c")
    with Terminal("profiles", "add", "shop", "--base-url", voucherify_sandbox.base_url) as terminal:
        terminal.until("App id: ")
        terminal.type(f"{voucherify_sandbox.app_id}\n")
        terminal.until("Token (not shown): ")
        terminal.type(f"  {voucherify_sandbox.app_token} \n")
        assert terminal.end() == 0

    assert voucherify_sandbox.app_id in terminal.shown
    assert voucherify_sandbox.app_token not in terminal.shown
    assert "voucherify doctor --profile shop" in terminal.shown
    assert (mode_of(path), mode_of(path.parent)) == (0o600, 0o700)
    done = voucherify("release", "2CpRCE2c", key, "--profile", "shop")
    assert (done.returncode, voucherify_sandbox.released) == (0, [("2CpRCE2c", key)])


@pytest.mark.parametrize("key", ["\x03", "\x04"], ids=["Ctrl-C", "Ctrl-D"])
@pytest.mark.parametrize("at", ["App id: ", "Token (not shown): "])
def test_whoever_thinks_better_of_it_leaves_nothing_behind(path: Path, at: str, key: str) -> None:
    """Ctrl-C and Ctrl-D end it with exit code 4, and nothing is kept."""
    with Terminal("profiles", "add", "shop", "--cluster", "us") as terminal:
        terminal.until("App id: ")
        if at != "App id: ":
            terminal.type("id\n")
            terminal.until(at)
        terminal.type(key)
        assert terminal.end() == 4

    assert "interrupted" in terminal.shown
    assert "Traceback" not in terminal.shown
    assert not path.exists()


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("\n", {}), (" us1.api \n", {"cluster": "us1.api"}), ("Asia\n", {"cluster": "as1.api"})],
)
def test_where_the_project_lives_is_asked_for(path: Path, typed: str, kept: dict[str, str]) -> None:
    """Unless an option says it; Enter alone is Europe."""
    with Terminal("profiles", "add", "default", "--oauth") as terminal:
        terminal.until("Cluster: api (Europe), us1.api (United States) or as1.api (Asia); Enter for Europe: ")
        terminal.type(typed)
        terminal.until("OAuth token (not shown): ")
        terminal.type(f"{TOKEN}\n")
        assert terminal.end() == 0

    assert tomllib.loads(path.read_text()) == {"default": {"oauth_token": TOKEN, **kept}}


def test_a_cluster_that_there_is_not_ends_it_before_a_token_is_typed(path: Path) -> None:
    """With the names of those that there are."""
    with Terminal("profiles", "add", "default") as terminal:
        terminal.until("Enter for Europe: ")
        terminal.type("moon\n")
        assert terminal.end() == 3

    assert "there is no such cluster. Use one of 'api' (EU)" in " ".join(terminal.shown.split())
    assert not path.exists()


def test_what_is_no_text_is_no_credential(path: Path) -> None:
    """Bytes that mean nothing are told like every other mistake, at both questions."""
    for typed in ([b"\xff\n"], [b"id\n", b"\xff\n"]):
        with Terminal("profiles", "add", "shop", "--cluster", "us") as terminal:
            for question, answer in zip(["App id: ", "Token (not shown): "], typed, strict=False):
                terminal.until(question)
                terminal.type(answer)
            assert terminal.end() == 3
        assert "not printable ASCII" in terminal.shown
        assert "Traceback" not in terminal.shown
    assert not path.exists()


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("yes", 0), ("n", 1), ("", 1)])
def test_a_profile_is_replaced_when_somebody_says_so(file: Path, answer: str, code: int) -> None:
    """At a terminal it is asked for; any answer but yes changes nothing."""
    with Terminal("profiles", "add", "first", "--oauth") as terminal:
        terminal.until("[y/N]: ")
        terminal.type(f"{answer}\n")
        if code == 0:
            terminal.until("Enter for Europe: ")
            terminal.type("\n")
            terminal.until("OAuth token (not shown): ")
            terminal.type(f"{TOKEN}\n")
        assert terminal.end() == code

    assert TOKEN not in terminal.shown
    assert (TOKEN in file.read_text()) is (code == 0)
    assert ("Nothing was changed" in terminal.shown) is (code == 1)


@pytest.mark.parametrize(("answer", "code"), [("Y", 0), ("n", 1)])
def test_a_profile_is_removed_when_somebody_says_so(file: Path, answer: str, code: int) -> None:
    """At a terminal it is asked for."""
    with Terminal("profiles", "remove", "first") as terminal:
        terminal.until("[y/N]: ")
        terminal.type(f"{answer}\n")
        assert terminal.end() == code

    assert ("first" in tomllib.loads(file.read_text())) is (code == 1)


@pytest.mark.parametrize(
    ("options", "typed", "table"),
    [
        ([], f"{ID}\n{TOKEN}\n", {"app_id": ID, "app_token": TOKEN}),
        ([], f"\r\n {ID} \r\n{TOKEN}", {"app_id": ID, "app_token": TOKEN}),
        (["--oauth"], f"{TOKEN}\n", {"oauth_token": TOKEN}),
        (["--oauth", "--cluster", "US"], TOKEN, {"oauth_token": TOKEN, "cluster": "us1.api"}),
        (
            ["--oauth", "--base-url", "https://Shop.example/"],
            TOKEN,
            {"oauth_token": TOKEN, "base_url": "https://shop.example"},
        ),
    ],
)
def test_a_profile_comes_from_a_pipe(
    run: Run, path: Path, options: list[str], typed: str, table: dict[str, str]
) -> None:
    """For scripts: the app id and its token in two lines, or the OAuth token; blanks around them are none."""
    done = run("profiles", "add", "default", "--token-stdin", *options, typed=typed)

    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("voucherify doctor\n")
    assert tomllib.loads(path.read_text()) == {"default": table}


def test_what_was_kept_can_be_read_by_programs(run: Run, path: Path) -> None:
    """With --json it is one document, and the credentials are masked in it."""
    done = run("profiles", "add", "shop", "--token-stdin", "--json", typed=f"{ID}\n{TOKEN}\n")

    assert done.document == {
        "profile": "shop",
        "kind": "api_key",
        "app_id": "…6789",
        "secret_in": "file",
        "host": "https://api.voucherify.io",
        "file": str(path),
    }
    assert (done.err, ID in done.out) == ("", False)


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "said"),
    [
        (["-x y"], "", 2, ""),
        (["a b"], "", 2, "cannot be a profile's name"),
        (["ümlaut"], "", 2, "cannot be a profile's name"),
        (["x" * 65], "", 2, "cannot be a profile's name"),
        (["new"], "", 2, "--token-stdin"),
        (["new", "--token-stdin"], TOKEN, 2, "two lines, the app id and its token; it had 1"),
        (["new", "--token-stdin"], f"{ID}\n{TOKEN}\nmore\n", 2, "it had 3"),
        (["new", "--token-stdin", "--oauth"], "", 2, "one line, the token; it had 0"),
        (["new", "--token-stdin", "--oauth"], f"Bearer {TOKEN}", 3, "white space"),
        (["new", "--token-stdin", "--oauth"], b"\xff\xfe" + TOKEN.encode(), 3, "not printable ASCII"),
        (["new", "--token-stdin"], f'{ID}\n"{TOKEN}"\n', 3, "quotation mark"),
        (["new", "--cluster", "moon"], "", 3, "no such cluster"),
        (["new", "--base-url", "http://shop.example"], "", 3, "loopback"),
        (["new", "--cluster", "us", "--base-url", "https://shop.example"], "", 2, "both given"),
        (["first", "--token-stdin"], f"{ID}\n{TOKEN}\n", 2, "--force replaces it"),
        (["first"], "", 2, "--force replaces it"),
    ],
)
def test_what_cannot_be_kept_is_told(
    run: Run, file: Path, arguments: list[str], typed: str | bytes, code: int, said: str
) -> None:
    """Nothing is changed, and no secret repeated."""
    done = run("profiles", "add", *arguments, typed=typed)

    assert (done.code, file.read_text()) == (code, COMMENTED)
    assert said in done.err


def test_the_secret_is_no_argument() -> None:
    """No option takes one: the help knows the pipe and the prompt alone."""
    told = voucherify("profiles", "add", "--help").stdout

    assert "--token-stdin" in told
    assert not re.search(r"--(app-id|app-token|token|oauth-token)\b(?!-stdin)", told)


def test_a_new_profile_goes_to_the_end(run: Run, file: Path) -> None:
    """Every line that was there stays as it was."""
    assert run("profiles", "add", "new", "--oauth", "--token-stdin", typed=TOKEN).code == 0
    assert file.read_text() == f'{COMMENTED}\n[new]\noauth_token = "{TOKEN}"\n'


def test_a_profile_is_replaced_where_it_stands(run: Run, file: Path) -> None:
    """Its comments stay, and those above the next one stay above it."""
    assert run("profiles", "add", "first", "--force", "--token-stdin", typed=f"{ID}\n{TOKEN}").code == 0
    assert file.read_text() == COMMENTED.replace('"one"', f'"{ID}"').replace('"two"', f'"{TOKEN}"')
    assert (
        run(
            "profiles", "add", "third", "--force", "--token-stdin", "--cluster=us", typed=f"{ID}\n{TOKEN}"
        ).code
        == 0
    )
    assert "# the last one\n[third]\n" in file.read_text()
    assert file.read_text().endswith("# the end\n")
    assert tomllib.loads(file.read_text())["third"] == {
        "app_id": ID,
        "app_token": TOKEN,
        "cluster": "us1.api",
    }


def test_a_profile_is_removed_and_no_comment_of_another(run: Run, file: Path) -> None:
    """What stands above the next profile stays there."""
    done = run("profiles", "remove", "second", "--yes")

    assert (done.code, done.out) == (0, f"Removed: the profile 'second' of {file}.\n")
    assert "# since May\n\n# the second one\n\n# the last one\n[third]\n" in file.read_text()
    assert run("profiles", "remove", "first", "--yes", "--json").document["removed"] is True
    assert list(tomllib.loads(file.read_text())) == ["third"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["none", "--yes"], 3, "It has: 'first', 'second', 'third'."),
        (["first"], 2, "--yes"),
    ],
)
def test_what_cannot_be_removed_is_told(
    run: Run, file: Path, arguments: list[str], code: int, said: str
) -> None:
    """A profile that is not there, and one that nobody is asked about."""
    done = run("profiles", "remove", *arguments)

    assert (done.code, file.read_text()) == (code, COMMENTED)
    assert said in done.err


def test_nothing_can_be_removed_from_nothing(run: Run) -> None:
    """Without a file there is no profile."""
    assert "It has: none." in run("profiles", "remove", "first", "--yes").err


@pytest.mark.parametrize(
    "content",
    [
        'first = { app_id = "one", app_token = "two" }\nsecond.oauth_token = "three"\n',
        'second = { oauth_token = "three" }\n["first"]\napp_id = "one"\nunknown = 1\n',
        "['first']\napp_token = '''\n[second]\n'''\n[second]\noauth_token = 'three'",
    ],
)
def test_profiles_that_are_written_in_another_way_are_changed_as_well(
    run: Run, path: Path, content: str
) -> None:
    """TOML has several ways to write a table."""
    path.parent.mkdir(parents=True)
    path.write_text(content)
    path.chmod(0o600)
    assert run("profiles", "add", "first", "--force", "--token-stdin", typed=f"{ID}\n{TOKEN}").code == 0
    expected = {"app_id": ID, "app_token": TOKEN}
    assert tomllib.loads(path.read_text())["first"] == expected
    assert run("profiles", "remove", "second", "--yes").code == 0
    assert tomllib.loads(path.read_text()) == {"first": expected}


def test_what_would_lose_something_is_left_to_its_owner(run: Run, path: Path) -> None:
    """A file that cannot be edited without losing something stays as it is, and is told."""
    path.parent.mkdir(parents=True)
    path.write_text("first = {}\nnumber = nan\n")  # which nothing is equal to
    path.chmod(0o600)
    before = path.read_bytes()
    done = run("profiles", "add", "first", "--oauth", "--force", "--token-stdin", typed=TOKEN)

    assert (done.code, path.read_bytes()) == (3, before)
    assert "Change the table [first] by hand" in done.err


NAMES = st.from_regex(r"[a-z][a-z0-9_-]{0,8}", fullmatch=True)
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)
NOTES = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["C"]), max_size=20)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    profiles=st.dictionaries(NAMES, st.tuples(VALUES, NOTES, NOTES), min_size=1, max_size=5),
    name=NAMES,
    value=VALUES,
    data=st.data(),
)
def test_no_line_of_another_profile_is_ever_lost(
    path: Path, profiles: dict[str, tuple[str, str, str]], name: str, value: str, data: st.DataObject
) -> None:
    """Whatever profiles are called, hold and have for comments: the others' lines stay, in their order."""
    blocks = {
        each: [f"#{above}", f"[{each}]", f"oauth_token = {json.dumps(text)} #{beside}"]
        for each, (text, above, beside) in profiles.items()
    }
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text("\n\n".join("\n".join(lines) for lines in blocks.values()), encoding="utf-8")
    path.chmod(0o600)
    keep_profile(path, name, {"app_id": value, "app_token": value}, replace=True)
    gone = data.draw(st.sampled_from(sorted(profiles)))
    drop_profile(path, gone)

    text = f"{path.read_text(encoding='utf-8')}\n"
    place = 0
    for each, lines in blocks.items():
        for line in lines if each not in (name, gone) else lines[:1]:
            place = text.index(f"{line}\n", place) + len(line) if f"{line}\n" in text[place:] else -1
            assert place >= 0, line
    wanted = {each: {"oauth_token": text} for each, (text, _, _) in profiles.items() if each != gone}
    kept = {name: {"app_id": value, "app_token": value}} if name != gone else {}
    assert tomllib.loads(text) == {**wanted, **kept}


@pytest.mark.parametrize(
    "command", [["add", "x", "--oauth", "--token-stdin"], ["list"], ["remove", "x", "--yes"]]
)
def test_a_file_that_is_no_toml_is_told_with_its_line(run: Run, file: Path, command: list[str]) -> None:
    """No command touches it, and nothing of it is repeated."""
    broken = COMMENTED + f'[broken]\noauth_token = "{TOKEN}\n'
    file.write_text(broken)
    done = run("profiles", *command, typed="another-token")

    assert (done.code, file.read_text()) == (3, broken)
    assert "is not TOML" in done.err
    assert "line 18" in done.err


@pytest.mark.parametrize("spoiled", ["file", "folder"])
def test_what_others_can_change_is_refused_with_the_command_that_mends_it(
    run: Run, file: Path, spoiled: str
) -> None:
    """The error is the command to run, and running it mends it."""
    (file if spoiled == "file" else file.parent).chmod(0o777)
    done = run("profiles", "add", "new", "--oauth", "--token-stdin", typed=TOKEN)
    assert (done.code, file.read_text()) == (3, COMMENTED)

    subprocess.run(done.err.partition("Run: ")[2], shell=True, check=True)  # noqa: S602 - a person would paste it
    assert run("profiles", "add", "new", "--oauth", "--token-stdin", typed=TOKEN).code == 0


def test_a_symbolic_link_is_not_replaced(run: Run, file: Path, tmp_path: Path) -> None:
    """Whoever keeps the file elsewhere is told what to do, and doing it mends it; a list needs no change."""
    elsewhere = tmp_path / "dot files.toml"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    done = run("profiles", "add", "new", "--oauth", "--token-stdin", typed=TOKEN)
    assert (done.code, elsewhere.read_text()) == (3, COMMENTED)
    assert run("profiles", "list").code == 0

    subprocess.run(f"mv {done.err.partition(': mv ')[2]}", shell=True, check=True)  # noqa: S602 - as above
    assert run("profiles", "add", "new", "--oauth", "--token-stdin", typed=TOKEN).code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("foreign", ["file", "folder"])
def test_what_belongs_to_another_user_is_not_touched(run: Run, file: Path, foreign: str) -> None:
    """As with sudo, which keeps the home of whoever called it."""
    os.chown(file if foreign == "file" else file.parent, 12_345, -1)
    done = run("profiles", "add", "new", "--oauth", "--token-stdin", typed=TOKEN)

    assert (done.code, file.read_text()) == (3, COMMENTED)
    assert "sudo chown" in done.err


def test_a_place_that_cannot_be_written_to_is_told(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the folder's place, or a file system that takes no folders: an error, and no traceback."""
    (tmp_path / "taken").write_text("")
    for home in ("/proc/self/nothing", str(tmp_path / "taken")):
        monkeypatch.setenv("XDG_CONFIG_HOME", home)
        done = run("profiles", "add", "new", "--oauth", "--token-stdin", typed=TOKEN)
        assert done.code == 3
        assert home in done.err


def test_a_full_disk_loses_nothing(run: Run, file: Path) -> None:
    """The file stays as it was, and nothing half done lies beside it."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        done = run("profiles", "add", "new", "--oauth", "--token-stdin", typed=TOKEN)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert (done.code, file.read_text()) == (3, COMMENTED)
    assert "cannot be written (File too large)" in done.err
    assert {each.name for each in file.parent.iterdir()} == {"credentials.toml", "credentials.lock"}


def test_none_of_many_at_once_is_lost(path: Path) -> None:
    """Commands that run at the same time wait for each other."""
    program = (
        "import sys\n"
        "from voucherify_wrapper._credentials_file import credentials_file\n"
        "from voucherify_wrapper.cli._profiles_file import keep_profile\n"
        "keep_profile(credentials_file(), f'{sys.argv[1]}-first', {'oauth_token': 'x'}, replace=False)\n"
        "print('ready', flush=True); input()\n"
        "for number in range(8):\n"
        "    name = f'{sys.argv[1]}-{number}'\n"
        "    keep_profile(credentials_file(), name, {'oauth_token': 'x'}, replace=False)\n"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, name],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in ("a", "b", "c")
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        process.communicate(timeout=60)

    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(tomllib.loads(path.read_text())) == 27


def test_of_two_with_one_name_the_second_is_refused(file: Path) -> None:
    """What came in between is seen when the file is written, too."""
    with pytest.raises(Exception, match="--force replaces it"):
        keep_profile(file, "first", {"oauth_token": "x"}, replace=False)
    drop_profile(file, "gone meanwhile")

    assert file.read_text() == COMMENTED


def test_a_change_that_takes_too_long_is_not_waited_for(run: Run, file: Path) -> None:
    """A command that hangs with the lock in its hand does not hang the others."""
    other = sqlite3.connect(file.parent / "credentials.lock", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    done = run("profiles", "add", "new", "--oauth", "--token-stdin", typed=TOKEN)
    other.close()

    assert (done.code, file.read_text()) == (3, COMMENTED)
    assert "try again" in done.err


def test_a_command_that_is_killed_holds_nobody_up(file: Path) -> None:
    """The lock ends with the process."""
    program = (
        "import sqlite3, sys, time\n"
        f"c = sqlite3.connect({str(file.parent / 'credentials.lock')!r}, isolation_level=None)\n"
        "c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    keep_profile(file, "new", {"oauth_token": "x"}, replace=False)

    assert "new" in tomllib.loads(file.read_text())


# What is listed.


def test_profiles_are_listed_without_secrets(run: Run, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, host, kind, and where the token is; the one in use is marked."""
    file.write_text(f'{COMMENTED}[default]\napp_id = "{ID}"\napp_token = "{TOKEN}"\n[empty]\n')
    lines = run("profiles", "list").out.splitlines()
    assert lines[0].split() == ["NAME", "HOST", "WHAT", "APP", "ID", "TOKEN", "IN"]
    assert lines[1].split()[:2] == ["first", "https://api.voucherify.io"]
    assert lines[3].split() == ["third", "https://as1.api.voucherify.io", "OAuth", "token", "file"]
    assert lines[4].split() == ["*", "default", "https://api.voucherify.io", "API", "key", "…6789", "file"]
    assert lines[5].split() == ["empty", "https://api.voucherify.io", "no", "credentials"]
    assert lines[-1] == "Without --profile, 'default' is used."

    monkeypatch.setenv("VOUCHERIFY_PROFILE", "third")
    assert run("profiles", "list", "--json").document["in_use"] == "third"
    monkeypatch.setenv("VOUCHERIFY_PROFILE", "nobody")
    assert "has no profile 'nobody'" in run("profiles", "list").out.splitlines()[-1]
    monkeypatch.setenv("VOUCHERIFY_OAUTH_TOKEN", TOKEN)
    told = run("profiles", "list")
    assert told.out.endswith("Without --profile, none is used: the environment has credentials.\n")


def test_where_no_profile_is_default_that_is_told(run: Run, file: Path) -> None:
    """Nothing else is taken in its place."""
    assert file.exists()
    assert "none is called 'default'" in run("profiles", "list").out


def test_a_list_of_none_says_how_to_make_one(run: Run) -> None:
    """With or without a file."""
    assert "voucherify profiles add default" in run("profiles", "list").out
    assert run("profiles", "list", "--json").document["profiles"] == []


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ('app_id = "1"', "app_token is not"),
        ('app_id = "1"\napp_token = ""', "is empty"),
        ('token = "1"', "unknown key 'token'"),
        ('oauth_token = "1"\noauth_token_in_keyring = "2"', "has both"),
        ('oauth_token = "1"\ncluster = "moon"', "no such cluster"),
    ],
)
def test_a_profile_that_cannot_be_used_is_listed_as_such(
    run: Run, file: Path, profile: str, said: str
) -> None:
    """The others are listed all the same."""
    file.write_text(f"{COMMENTED}[wrong]\n{profile}\n")
    line = run("profiles", "list").out.splitlines()[4]
    row = run("profiles", "list", "--json").document["profiles"][3]

    assert line.split()[:4] == ["wrong", "cannot", "be", "used:"]
    assert said in line
    assert said in row["problem"]


# What is in the keyring.


def test_the_keyring_keeps_the_token(
    run: Run, path: Path, kept_elsewhere: FileKeyring, voucherify_sandbox: Sandbox
) -> None:
    """The file has a name in its place, other processes find it, and removing the profile removes it."""
    key = voucherify_sandbox.lock("2CpRCE2c")
    typed = f"{voucherify_sandbox.app_id}\n{voucherify_sandbox.app_token}\n"
    arguments = ["profiles", "add", "default", "--token-stdin", "--keyring"]
    done = run(*arguments, "--base-url", voucherify_sandbox.base_url, typed=typed)
    assert (done.code, "in the system's keyring" in done.out) == (0, True)
    assert voucherify_sandbox.app_token not in path.read_text()
    assert [*kept_elsewhere.entries().values()] == [voucherify_sandbox.app_token]
    assert run("profiles", "list").out.splitlines()[1].endswith("keyring")

    assert voucherify("release", "2CpRCE2c", key).returncode == 0
    assert voucherify_sandbox.released == [("2CpRCE2c", key)]

    assert run("profiles", "remove", "default", "--yes").code == 0
    assert kept_elsewhere.entries() == {}
    assert tomllib.loads(path.read_text()) == {}


def test_an_oauth_token_is_kept_in_the_keyring_and_replaced_there(
    run: Run, path: Path, kept_elsewhere: FileKeyring
) -> None:
    """The old entry goes when the new one is in use."""
    for token in ("first-token", TOKEN):
        arguments = ["profiles", "add", "shop", "--oauth", "--token-stdin", "--keyring", "--force"]
        assert run(*arguments, typed=token).code == 0
        assert [*kept_elsewhere.entries().values()] == [token]
    [(key, entry)] = tomllib.loads(path.read_text())["shop"].items()
    assert key == "oauth_token_in_keyring"
    assert [*kept_elsewhere.entries()] == [f"voucherify-wrapper/{entry}"]
    assert run("profiles", "add", "shop", "--oauth", "--token-stdin", "--force", typed=TOKEN).code == 0
    assert kept_elsewhere.entries() == {}


def test_a_profile_that_could_not_be_written_leaves_nothing_in_the_keyring(
    run: Run, path: Path, kept_elsewhere: FileKeyring
) -> None:
    """What nothing leads to would stay for ever."""
    path.parent.mkdir(parents=True, mode=0o700)
    (path.parent / "credentials.lock").mkdir()
    arguments = ["profiles", "add", "shop", "--oauth", "--token-stdin", "--keyring"]
    done = run(*arguments, typed=TOKEN)

    assert (done.code, kept_elsewhere.entries()) == (3, {})
    assert "cannot be written to" in done.err


def test_an_old_token_that_stays_in_the_keyring_is_told(
    run: Run, path: Path, kept_elsewhere: FileKeyring
) -> None:
    """The new profile is kept; what could not be cleared away is not hidden."""
    arguments = ["profiles", "add", "shop", "--oauth", "--token-stdin", "--force"]
    assert run(*arguments, "--keyring", typed="first-token").code == 0
    keyring.set_keyring(file_keyring.Locked())
    done = run(*arguments, typed=TOKEN)

    assert done.code == 0
    assert "still in the keyring" in done.err
    assert tomllib.loads(path.read_text()) == {"shop": {"oauth_token": TOKEN}}
    assert [*kept_elsewhere.entries().values()] == ["first-token"]


@pytest.mark.usefixtures("kept_elsewhere")
@pytest.mark.parametrize(
    ("backend", "said"),
    [
        (file_keyring.Locked, "is locked. Unlock it"),
        (file_keyring.Absent, "has no keyring. Set one up"),
        (file_keyring.OutOfOrder, "cannot be used (RuntimeError)"),
        (file_keyring.Forgetful, "does not keep what it is given"),
    ],
)
def test_a_keyring_that_does_not_work_is_told(
    run: Run, path: Path, backend: type[FileKeyring], said: str
) -> None:
    """The error says what to do, also without a keyring, and nothing is kept anywhere."""
    keyring.set_keyring(backend())
    done = run("profiles", "add", "shop", "--oauth", "--token-stdin", "--keyring", typed=TOKEN)

    assert (done.code, path.exists()) == (3, False)
    assert said in done.err
    assert "or leave --keyring out: the token is kept in the file then." in done.err
    assert "--force" not in done.err  # it would replace a profile that is there


@pytest.mark.parametrize(
    ("missing", "options", "extra"), [("keyring", ["--keyring"], "keyring"), ("tomlkit", [], "cli")]
)
def test_what_an_extra_lacks_is_told(path: Path, missing: str, options: list[str], extra: str) -> None:
    """The error says what to install, and nothing is kept."""
    program = (
        f"import sys; sys.modules[{missing!r}] = None\n"
        "from voucherify_wrapper.cli import main\n"
        f"sys.exit(main(['profiles', 'add', 'shop', '--oauth', '--token-stdin', *{options!r}]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=TOKEN, capture_output=True, text=True, check=False
    )

    assert (done.returncode, path.exists()) == (3, False)
    assert f"pip install 'voucherify-wrapper[{extra}]'" in done.stderr


def test_a_token_that_was_taken_from_the_keyring_is_told(
    run: Run, path: Path, kept_elsewhere: FileKeyring
) -> None:
    """The profile leads to it, so the error says how to keep it anew; removing it still works."""
    assert run("profiles", "add", "shop", "--oauth", "--token-stdin", "--keyring", typed=TOKEN).code == 0
    [entry] = kept_elsewhere.entries()
    kept_elsewhere.delete_password(*entry.split("/"))
    with pytest.raises(ConfigurationError, match=r"no entry 'shop-.*--force --keyring"):
        Voucherify(profile="shop")

    assert run("profiles", "remove", "shop", "--yes").code == 0
    assert tomllib.loads(path.read_text()) == {}


@pytest.mark.usefixtures("kept_elsewhere")
def test_a_profile_stays_while_its_token_cannot_be_removed(run: Run, path: Path) -> None:
    """Otherwise nothing would tell where the token is."""
    assert run("profiles", "add", "shop", "--oauth", "--token-stdin", "--keyring", typed=TOKEN).code == 0
    keyring.set_keyring(file_keyring.Locked())
    done = run("profiles", "remove", "shop", "--yes")

    assert (done.code, "shop" in path.read_text()) == (3, True)


def test_the_shell_completes_profiles(file: Path) -> None:
    """Their names are offered; none where the file is not there or broken."""

    def offered(line: str) -> list[str]:
        place = str(len(line.split()) + 1)
        return voucherify(
            _VOUCHERIFY_COMPLETE="complete_bash", COMP_WORDS=f"voucherify {line} ", COMP_CWORD=place
        ).stdout.split()

    assert offered("profiles remove") == ["first", "second", "third"]
    assert offered("release --profile") == ["first", "second", "third"]
    file.unlink()
    assert offered("profiles remove") == []
