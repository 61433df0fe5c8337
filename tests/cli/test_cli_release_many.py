"""`voucherify release-many`: every row of a list is told of, and the exit code says how it went."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from tests.cli.commands import COMMAND, environment, outcomes_in, voucherify, voucherify_unread
from voucherify_wrapper import Outcome, RateLimit, SessionNotFoundError, UsageError
from voucherify_wrapper._events import AttemptEnded, AttemptStarted
from voucherify_wrapper._journal import Journal
from voucherify_wrapper.cli import main
from voucherify_wrapper.cli._outcomes import Outcomes, OutputError
from voucherify_wrapper.cli._progress import Lines, Quota, State
from voucherify_wrapper.cli._tally import Tally
from voucherify_wrapper.sandbox import Fault
from voucherify_wrapper.sandbox import RateLimit as SandboxLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from voucherify_wrapper.sandbox import Sandbox


class Command(Protocol):
    """Runs `voucherify release-many` in this process: its exit code, and what it wrote to which stream."""

    def __call__(self, *arguments: str | Path) -> tuple[int, str, str]: ...


@pytest.fixture
def command(
    voucherify_sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Command:
    """The command, in a folder of its own, with the sandbox in its environment."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)
    for name, value in voucherify_sandbox.environment().items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        code = main(["release-many", *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture
def keys(voucherify_sandbox: Sandbox) -> list[str]:
    """Twenty sessions of the voucher v."""
    voucherify_sandbox.add_voucher("v", None)
    return [voucherify_sandbox.lock("v") for _ in range(20)]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """A disk with no room for larger files, in bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def counts_in(summary: str) -> dict[str, str]:
    """The table of a summary."""
    rows = (line.rsplit(maxsplit=1) for line in summary.splitlines())
    return {row[0].strip(): row[1] for row in rows if len(row) == 2}


def test_a_list_is_released(
    command: Command, voucherify_sandbox: Sandbox, file: Path, keys: list[str]
) -> None:
    """All of it, and a table says what was done; the exit code is 0."""
    code, out, err = command(file)

    assert (code, err) == (0, "")
    assert sorted(voucherify_sandbox.released) == sorted(("v", key) for key in keys)
    told = counts_in(out)
    assert list(told) == [
        *("Released", "Already gone", "Failed", "Bad rows", "Repeated", "Seconds", "A second")
    ]
    assert [told[name] for name in list(told)[:5]] == ["20", "0", "0", "0", "0"]


def test_bad_rows_are_named_and_the_good_ones_run(
    command: Command, voucherify_sandbox: Sandbox, file: Path, keys: list[str]
) -> None:
    """Each with its line, on standard error; the exit code is 1, and what to do is said."""
    with file.open("a") as more:
        more.write(f"only\n\nv,{keys[0]}\nv,ssn_gone\nun\x1b[31mknown,ssn_1\n")
    code, out, err = command(file)

    assert (code, len(voucherify_sandbox.released)) == (1, 20)
    assert err == "line 22: the row has no session_key.\n"
    told = counts_in(out)
    assert [told[name] for name in list(told)[:5]] == ["20", "1", "1", "1", "1"]
    assert "1 failed with VoucherNotFoundError (404), as in line 26 (" in out
    assert "un [31mknown ssn_1): Voucherify has no such voucher" in out
    assert "Correct the bad rows, and run it again.\n" in out
    assert "To try those that failed once more: voucherify release-many --journal stuck.journal " in out
    assert "There was no journal" in out
    assert "\x1b" not in out + err


def test_what_a_second_run_asks_for_is_told(command: Command, file: Path) -> None:
    """With a journal what is left alone; without one everything, which is said where there is anything."""
    with file.open("a") as more:
        more.write("only\n")
    _, without, _ = command(file)
    _, kept, _ = command(file, "--journal", "j")

    assert "run it again.\nThere was no journal: what was released is asked for once more" in without
    assert "run it again: what is done is not asked for again.\n" in kept
    assert "There was no journal" not in kept
    file.write_text("code,key\nonly\n")
    assert "There was no journal" not in command(file)[1]


@pytest.mark.parametrize("dry_run", [[], ["--dry-run"]])
def test_bad_rows_of_one_kind_are_summed_up(command: Command, tmp_path: Path, dry_run: list[str]) -> None:
    """Behind the first twenty, with the lines that the others are in; all count, and another kind is told."""
    rows = ["only"] * 22 + ["f\xfcr,k"] * 340 + ["only"] + ["a,b,c"] * 2 + ["only"] * 2
    (tmp_path / "list.csv").write_text("\n".join(["code,key", *rows]), encoding="cp1252")
    code, out, err = command("list.csv", "--json", *dry_run)
    said = err.splitlines()

    assert code == 1
    assert said[:20] == [f"line {line}: the row has no session_key." for line in range(2, 22)]
    assert said[20].startswith("line 24: the row has a code that is not UTF-8 text; save the list as")
    assert len(said) == 20 + 20 + 2 + 2
    assert said[42] == "and 5 more rows like it (lines 22-23, 364, 367-368): the row has no session_key."
    assert said[43].startswith(
        "and 320 more rows like it (lines 44-363): the row has a code that is not UTF-8"
    )
    assert json.loads(out)["bad_rows"] == 367
    if not dry_run:
        assert [row["line"] for row in json.loads(out)["first_bad_rows"]] == [2, 3, 4]


def test_bad_rows_that_are_all_over_a_list_are_summed_up_shortly(command: Command, tmp_path: Path) -> None:
    """However long the list is; and one row is one row."""
    scattered = "only\n\n" * 200
    (tmp_path / "list.csv").write_text(f"code,key\n{scattered}" + "a,b,c\n" * 21)
    _, _, err = command("list.csv", "--dry-run")
    one, many = sorted(line for line in err.splitlines() if line.startswith("and"))

    assert one.startswith("and 1 more row like it (line 422): the row has 3 columns")
    assert many.startswith("and 180 more rows like it (lines 42, 44, 46, 48, ")
    assert ", 98, between 100-400): the row has no" in many


def test_failures_are_grouped(command: Command, tmp_path: Path) -> None:
    """A few examples of each kind, and how many there are."""
    file = tmp_path / "list.csv"
    file.write_text("code,key\n" + "".join(f"unknown,{number}\n" for number in range(12)) + "v,x\n")
    code, out, _ = command(file, "--concurrency", "1")

    assert code == 1
    examples = "line 2 (unknown 0), line 3 (unknown 1), line 4 (unknown 2)"
    assert f"13 failed with VoucherNotFoundError (404), as in {examples}: Voucherify has no" in out


def test_a_long_code_hides_nothing(command: Command, tmp_path: Path) -> None:
    """Of the other examples, and of what went wrong."""
    rows = [f'["{"x" * 100_000}{number}", "k"]\n' for number in range(3)]
    (tmp_path / "list.jsonl").write_text("".join(rows))
    code, out, _ = command("list.jsonl")

    assert code == 1
    assert "3 failed with " in out
    assert "line 3 (xxx" in out
    assert "…): " in out


def test_whether_a_session_that_is_gone_fails_is_the_operators_to_say(
    command: Command, file: Path, voucherify_sandbox: Sandbox, keys: list[str]
) -> None:
    """It does not unless asked for; a list of nothing else is remarked on."""
    for key in keys:
        main(["release", "v", key])
    excused, out, _ = command(file)
    strict, told, _ = command(file, "--no-missing-ok", "--journal", "j")
    with file.open("a") as more:
        more.write("v,ssn_gone\n")
    _, later, _ = command(file, "--journal", "j")

    assert (excused, strict) == (0, 1)
    assert counts_in(out)["Already gone"] == counts_in(told)["Failed"] == "20"
    assert "Every session was gone already. If that surprises you, see whether the keys are whole." in out
    assert "look like none" not in out
    assert counts_in(later)["Already gone"] == "1"
    assert "Every session" not in later
    assert "voucherify release-many --journal j --no-missing-ok " in told
    assert len(voucherify_sandbox.requests) == 61


def test_keys_that_may_not_be_whole_are_remarked_on(command: Command, file: Path, keys: list[str]) -> None:
    """Where most sessions were gone, and where keys of those look like none of a session that was there."""
    header, *rows = file.read_text().splitlines()
    cut = [row[:-9] for row in rows]
    file.write_text("\n".join([header, rows[0], *cut[1:]]))
    _, most, _ = command(file, "--concurrency", "1")
    file.write_text("\n".join([header, *rows[1:], cut[0], f"v,{keys[0][:-1]}-", f"v,{keys[0]}"]))
    _, few, _ = command(file, "--concurrency", "1")

    assert "Most sessions were gone already. If that surprises you, see whether the keys are whole." in most
    assert "19 of those that were gone had keys that look like none of those released, as in line 3 (" in most
    assert "Most" not in few
    assert few.count("1 of those that were gone had keys that look like none of those released, as in") == 2
    assert f"line 21 ({keys[0][:-9]}). See whether the keys are whole." in few
    assert f"line 22 ({keys[0][:-1]}-). See whether" in few


def test_keys_are_remarked_on_where_gone_is_a_failure(command: Command, file: Path, keys: list[str]) -> None:
    """And codes and keys that are in each other's column, and codes of URLs."""
    with file.open("a") as more:
        more.write(f"v,{keys[0][:-1]}\n{keys[0]},v\n{keys[1]},v\n10%20off,{keys[0]}\n")
    code, out, _ = command(file, "--no-missing-ok")

    assert code == 1
    assert "1 of those that were gone had keys that look like none of those released, as in line 22" in out
    assert "In 2 of those that failed the code begins with ssn_, as keys do. See whether codes" in out
    assert "In 1 of those that failed the code is written as in a URL." in out


def test_keys_that_voucherify_did_not_make_are_remarked_on(
    command: Command, file: Path, keys: list[str]
) -> None:
    """Though none was released that they could be held against; not so where they are somebody's own."""
    file.write_text("code,key\n" + "".join(f"v,{key[:20]}\nv,{number}\n" for number, key in enumerate(keys)))
    code, out, _ = command(file)

    assert code == 0
    assert "20 of those that were gone had keys that look like none of those that Voucherify makes, as" in out
    assert out.count("look like none") == 1


def test_a_list_that_was_done_before_is_told_as_one(command: Command, file: Path) -> None:
    """So that a table of zeros is no riddle."""
    command(file, "--journal", "j")
    code, out, _ = command(file, "--journal", "j")

    assert (code, counts_in(out)["Repeated, or done before"]) == (0, "20")
    assert "The list was done before; there was nothing to do." in out


def test_an_empty_list_is_no_failure(command: Command, tmp_path: Path, voucherify_sandbox: Sandbox) -> None:
    """A header alone: there is nothing to do, and that is said."""
    (tmp_path / "list.csv").write_text("code,session_key\n")
    code, out, err = command("list.csv")

    assert (code, err) == (0, "")
    assert "The list has no rows; there was nothing to do." in out
    assert voucherify_sandbox.requests == []


def test_a_file_with_nothing_in_it_is_no_list(command: Command, tmp_path: Path) -> None:
    """An export that failed does not pass for one that found nothing; JSON lines may be none."""
    (tmp_path / "list").touch()
    refused, trial, none = command("list"), command("list", "--dry-run"), command("list", "--format", "jsonl")

    assert (refused[0], trial[0], none[0]) == (2, 2, 0)
    assert "list is empty: not even a header is in it. See whether the export failed." in refused[2]
    assert "The list has no rows" in none[1]


def test_a_summary_can_be_read_by_programs(command: Command, file: Path) -> None:
    """With --json it is one document on standard output; bad rows are on standard error all the same."""
    with file.open("a") as more:
        more.write("only\nunknown,ssn_1\n")
    code, out, err = command(file, "--json", "--output", "o.jsonl")

    [line] = out.splitlines()
    told = json.loads(line)
    assert code == told["exit_code"] == 1
    assert [
        told[name] for name in ("released", "already_gone", "failed", "bad_rows", "repeated", "left")
    ] == [*(20, 0, 1, 1, 0, 0)]
    assert told["first_bad_rows"] == [{"line": 22, "problem": "has no session_key"}]
    assert told["failures"][0]["examples"] == [{"line": 23, "code": "unknown", "session_key": "ssn_1"}]
    assert told["next"].endswith(f"--output o-2.jsonl --json {file}")
    assert err == "line 22: the row has no session_key.\n"


def test_outcomes_are_written_as_json_lines(
    command: Command, file: Path, keys: list[str], tmp_path: Path
) -> None:
    """One a pair, with its line, the server's own words of an error, and for the owner's eyes alone."""
    with file.open("a") as more:
        more.write('\n"unknown\nvoucher",ssn_1\n')
    command(file, "--output", "o.jsonl")

    outcomes = sorted(outcomes_in(tmp_path / "o.jsonl"), key=lambda outcome: int(outcome["line"]))
    released = {"code": "v", "status": "released", "confirmed": True, "attempts": 1, "error": None}
    assert outcomes[:20] == [
        {**released, "line": line, "session_key": key} for line, key in enumerate(keys, 2)
    ]
    assert (outcomes[20]["line"], outcomes[20]["status"], outcomes[20]["error"]["status"]) == (
        23,
        "failed",
        404,
    )
    assert (tmp_path / "o.jsonl").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["-", "/dev/stdout", "/dev/fd/1"])
def test_outcomes_may_go_to_standard_output(voucherify_sandbox: Sandbox, file: Path, name: str) -> None:
    """Then nothing else does, whatever it is called."""
    done = voucherify("release-many", str(file), "--output", name, to=voucherify_sandbox)

    assert done.returncode == 0
    assert {json.loads(line)["status"] for line in done.stdout.splitlines()} == {"released"}
    assert counts_in(done.stderr)["Released"] == "20"


def test_a_list_may_come_by_standard_input(
    voucherify_sandbox: Sandbox, keys: list[str], tmp_path: Path
) -> None:
    """And the way to go on says so."""
    rows = "".join(json.dumps(["v", key]) + "\n" for key in [*keys, keys[0]]) + '["unknown", "k"]\n'
    journal = str(tmp_path / "j")
    done = voucherify("release-many", "-", "--journal", journal, to=voucherify_sandbox, typed=rows)

    assert (done.returncode, len(voucherify_sandbox.released)) == (1, 20)
    assert counts_in(done.stdout)["Repeated"] == "1"
    again = f"with the same list on standard input: voucherify release-many --journal {journal} -\n"
    assert f"To try those that failed once more, {again}" in done.stdout


def test_what_is_there_is_not_written_over(
    command: Command, file: Path, tmp_path: Path, voucherify_sandbox: Sandbox
) -> None:
    """Unless that is asked for; a file that cannot be written is told before anything is sent."""
    (tmp_path / "o.jsonl").write_text("precious\n")
    refused = command(file, "--output", "o.jsonl")
    no_folder = command(file, "--output", "no/folder/o.jsonl")
    a_folder = command(file, "--output", tmp_path)

    assert [code for code, _, _ in (refused, no_folder, a_folder)] == [2, 2, 2]
    assert "o.jsonl is there already" in refused[2]
    assert "cannot be written (No such file or directory)" in no_folder[2]
    assert "cannot be written (Is a directory)" in a_folder[2]
    assert (tmp_path / "o.jsonl").read_text() == "precious\n"
    assert voucherify_sandbox.requests == []
    assert command(file, "--output", "o.jsonl", "--force")[0] == 0
    assert len(outcomes_in(tmp_path / "o.jsonl")) == 20


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["stuck.csv", "--output", "stuck.csv", "--force"], "stuck.csv is to be the list and the outcomes"),
        (["./stuck.csv", "--journal", "stuck.csv"], "stuck.csv is to be the list and the journal"),
        (["stuck.csv", "--journal", "new", "--output", "new"], "new is to be the journal and the outcomes"),
        (["stuck.csv", "--json", "--output", "-"], "--json and --output - both write to standard output"),
        (["stuck.csv", "--concurrency", "0"], "--concurrency"),
        (["stuck.csv", "--max-wait", "nan"], "nan is no number of seconds"),
        ([""], "The name of the list is empty; is a variable in the command not set?"),
        (["stuck.csv", "--journal", ""], "The name of the journal is empty"),
        (["stuck.csv", "--output", ""], "The name of the outcomes is empty"),
        (["stuck.csv", "--journal", "-"], "The journal has to be a file; - is none."),
        (["\udcff.csv"], r"\udcff.csv cannot be read (No such file or directory)"),
        (["stuck.csv", "--format", "xml"], "--format"),
        (["stuck.csv", "--output", "x" * 300], "cannot be written (File name too long)"),
        (["x" * 300], "cannot be read (File name too long)"),
        (["missing.csv"], "missing.csv cannot be read (No such file or directory)"),
        ([], "Missing argument 'FILE'"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_sent(
    command: Command, file: Path, voucherify_sandbox: Sandbox, arguments: list[str], said: str
) -> None:
    """With exit code 2; and no file is harmed."""
    before = file.read_text()
    code, out, err = command(*arguments)

    assert code == 2
    assert said in out + err
    assert file.read_text() == before
    assert voucherify_sandbox.requests == []


def test_a_trial_sends_nothing_and_needs_no_credentials(file: Path, tmp_path: Path, keys: list[str]) -> None:
    """It names the bad rows, and counts what would be released; with a journal, what is done is not."""
    with file.open("a") as more:
        more.write(f"only\nv,{keys[0]}\n")
    done = voucherify("release-many", str(file), "--dry-run")
    as_json = voucherify("release-many", str(file), "--dry-run", "--json")

    assert (done.returncode, done.stderr) == (1, "line 22: the row has no session_key.\n")
    assert list(counts_in(done.stdout).items())[:3] == [
        *[("Would be released", "20"), ("Bad rows", "1"), ("Repeated, or done before", "1")]
    ]
    assert json.loads(as_json.stdout) == {
        "dry_run": True,
        "to_send": 20,
        "repeated": 1,
        "bad_rows": 1,
        "swapped": 0,
        "odd_keys": 0,
        "exit_code": 1,
    }
    assert list(tmp_path.iterdir()) == [file]


def test_a_trial_remarks_on_codes_and_keys(command: Command, file: Path, keys: list[str]) -> None:
    """Those that are in each other's place, and those that are cut; what is somebody's own is left alone."""
    file.write_text(f"code,key\nv,{keys[0]}\nv,{keys[1]}x\nv,my-key\n{keys[2]},v\n{keys[3]},w\n")
    code, out, err = command(file, "--dry-run")

    assert (code, err) == (0, "")
    assert "In 2 of those to be released the code begins with ssn_, as keys do. See whether codes" in out
    assert "In 1 of those to be released the key begins with ssn_, as Voucherify's own do, and has no" in out


def test_a_trial_knows_what_the_journal_knows(command: Command, file: Path, keys: list[str]) -> None:
    """And leaves the journal as it is."""
    command(file, "--journal", "j")
    before = Path("j").read_bytes()
    with file.open("a") as more:
        more.writelines(f"v,new-{number}\n" for number in range(10_001))
    code, out, _ = command(file, "--journal", "j", "--dry-run")

    assert code == 0
    assert counts_in(out)["Would be released"] == "10,001"
    assert counts_in(out)["Repeated, or done before"] == str(len(keys))
    assert Path("j").read_bytes() == before
    with files_of_at_most(100):
        code, out, err = command(file, "--journal", "j", "--dry-run")
    assert (code, out) == (2, "")
    assert "The journal j cannot be copied (File too large)." in err


def test_a_trial_needs_a_folder_for_what_is_temporary(
    command: Command, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no disk has room for one, that is told."""
    monkeypatch.setattr("tempfile.tempdir", None)
    with files_of_at_most(0):
        code, out, err = command(file, "--dry-run")

    assert (code, out) == (2, "")
    assert "There is no room for what is temporary (No usable temporary directory found in" in err


def test_a_folder_that_was_removed_is_told(
    command: Command, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that another terminal removed."""
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    here.rmdir()
    said = "voucherify: The folder that you are in is not there any more; go to another.\n"

    assert command(file, "--journal", "j") == (2, "", said)


def test_a_trial_waits_for_the_run_that_has_the_journal(command: Command, file: Path) -> None:
    """Of a file that is being written, no copy is whole; the run is not disturbed."""
    with Journal("j") as journal:
        code, out, err = command(file, "--journal", "j", "--dry-run")
        assert (code, out) == (2, "")
        assert "A run has the journal j open; wait for its end, or interrupt it." in err
        assert journal.claim("v", "another") is False
    assert command(file, "--journal", "j", "--dry-run")[0] == 0


def test_a_trial_tells_of_a_journal_that_is_none(command: Command, file: Path, tmp_path: Path) -> None:
    """By the name that it was given, and not by that of a copy."""
    other = tmp_path / "other.csv"
    other.write_text("code,key\na,k\n")
    code, out, err = command(file, "--journal", other, "--dry-run")

    assert (code, out) == (2, "")
    assert f"The journal '{other}' cannot be used (file is not a database)" in err


def test_a_trial_is_told_when_the_list_breaks_off(command: Command, tmp_path: Path) -> None:
    """It ends early then, as a run does."""
    (tmp_path / "list").write_bytes("code,key\na,k\n".encode("utf-16") + b"\0")
    trial, run = command("list", "--dry-run"), command("list")

    assert (trial[0], run[0]) == (4, 4)
    assert "line 3 is not UTF-16-LE text" in trial[2]
    assert "line 3 is not UTF-16-LE text" in run[2]
    assert counts_in(run[1])["Failed"] == "1"


@pytest.mark.parametrize(("status", "exit_code"), [(401, 3), (402, 4)])
def test_what_ends_a_run_is_told_with_how_to_go_on(
    command: Command, file: Path, voucherify_sandbox: Sandbox, status: int, exit_code: int
) -> None:
    """Credentials that are not accepted are 3, and a plan that is used up is 4; the journal goes on later."""
    voucherify_sandbox.inject(Fault(status=status))
    code, out, err = command(file, "--journal", "my run", "--concurrency", "4", "--output", "o")
    told = counts_in(out)

    assert code == exit_code
    assert 0 <= int(told["Read, and not released"]) <= 8
    assert told["Repeated"] == "0"
    how = f"voucherify release-many --journal 'my run' --output o --concurrency 4 {file}"
    assert f"To go on: {how}\n" in err
    assert ("voucherify doctor" in err) == (status == 401)
    again = json.loads(command(file, "--journal", "my run", "--output", "o", "--json")[1])
    assert (again["exit_code"], again["released"]) == (0, 20)


@pytest.mark.voucherify_sandbox(rate_limit=SandboxLimit(5, "hour"))
def test_a_quota_that_is_used_up_ends_a_run(
    command: Command, file: Path, voucherify_sandbox: Sandbox
) -> None:
    """When it is renewed is told; with --json the summary and the error are one document."""
    code, out, _ = command(file, "--json")
    told = json.loads(out)

    assert code == told["exit_code"] == 4
    assert (told["released"], told["error"]["type"]) == (5, "ReleasesStoppedError")
    assert told["error"]["retry_after"] > 3000
    assert told["left"] + told["released"] <= 20
    assert len(voucherify_sandbox.released) == 5


def test_a_journal_in_use_is_told(command: Command, file: Path, voucherify_sandbox: Sandbox) -> None:
    """As one that cannot be opened: as wrong usage; nothing is sent, and no outcomes are begun."""
    with Journal("j"):
        code, out, err = command(file, "--journal", "j", "--output", "o")
    others = [command(file, "--journal", name) for name in ("x" * 300, "/proc/x", str(file.parent))]

    assert (code, out) == (2, "")
    assert "Another run has it open" in err
    assert [(code, "cannot be used" in err) for code, _, err in others] == [(2, True)] * 3
    assert not Path("o").exists()
    assert voucherify_sandbox.requests == []


def test_a_disk_that_is_full_ends_the_run(voucherify_sandbox: Sandbox, file: Path, keys: list[str]) -> None:
    """Be it the outcomes' or the journal's: what is where is told, and a journal goes on later."""
    full = voucherify(
        "release-many", str(file), "--output", "/dev/full", "--journal", f"{file}.j", to=voucherify_sandbox
    )
    rest = voucherify(
        "release-many", str(file), "--output", f"{file}.o", "--journal", f"{file}.j", to=voucherify_sandbox
    )

    assert (full.returncode, rest.returncode) == (4, 0)
    assert (
        "cannot be written to /dev/full any more (No space left on device); it holds 0 of this run"
        in full.stderr
    )
    assert "To go on: voucherify release-many --journal" in full.stderr
    assert sorted(outcome["session_key"] for outcome in outcomes_in(Path(f"{file}.o"))) == sorted(keys)
    assert sorted(key for _, key in voucherify_sandbox.released) == sorted(keys)


def test_a_journal_that_cannot_grow_ends_the_run(
    command: Command, voucherify_sandbox: Sandbox, tmp_path: Path
) -> None:
    """With a summary of what was done by then; how to go on is told."""
    voucherify_sandbox.add_voucher("v", None)
    rows = "".join(f"v,{voucherify_sandbox.lock('v')}\n" for _ in range(400))
    (tmp_path / "list.csv").write_text(f"code,key\n{rows}")
    with files_of_at_most(60_000):
        code, out, err = command("list.csv", "--journal", "j")

    assert code == 4
    assert 0 < int(counts_in(out)["Released"]) < 400
    assert "The journal 'j' cannot be used" in err
    assert "To go on: voucherify release-many --journal j list.csv" in err


def test_who_reads_the_outcomes_may_leave(voucherify_sandbox: Sandbox, file: Path) -> None:
    """A pipe that is closed ends the run in good order."""
    done = voucherify_unread("release-many", file, "--output", "-", to=voucherify_sandbox)

    assert done.returncode == 4
    assert "cannot be written to standard output any more (Broken pipe)" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("streams", "said"),
    [
        ("2>&-", "Released"),
        ("2>/dev/full", "Released"),
        (">&-", "line 22"),
        (">&- 2>&- <&-", ""),
        (">/dev/full", "voucherify: Standard output cannot be written (No space left on device)."),
        (">/dev/full --json", "voucherify: Standard output cannot be written (No space left on device)."),
    ],
)
def test_a_run_goes_on_where_nobody_hears_of_it(
    voucherify_sandbox: Sandbox, file: Path, streams: str, said: str
) -> None:
    """With streams that are closed or full: the list is released, and there is no traceback."""
    with file.open("a") as more:
        more.write("only\n")
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {streams}', "sh", *COMMAND, "release-many", file],
        env=environment(voucherify_sandbox.environment()),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 1
    assert len(voucherify_sandbox.released) == 20
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_standard_output_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then no outcomes can go there."""
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(UsageError, match="Standard output is closed"):
        Outcomes("-", resuming=False, force=False)


def outcome(key: str, *, failed: bool = False) -> Outcome:
    """An outcome with this session key."""
    error = None
    if failed:
        error = SessionNotFoundError(
            "gone",
            status=404,
            fields={},
            method="DELETE",
            url="https://h",
            attempts=1,
            headers={},
            body="",
            rate_limit=RateLimit(),
            request_id=None,
        )
    return Outcome(
        position=0,
        code="v",
        session_key=key,
        status="failed" if failed else "released",
        error=error,
        attempts=1,
        rate_limit=RateLimit(),
    )


def test_a_line_that_does_not_fit_is_taken_back(tmp_path: Path) -> None:
    """What is in the file is whole lines, as many as the message says."""
    path = tmp_path / "o"
    outcomes = Outcomes(str(path), resuming=False, force=False)
    with files_of_at_most(1000):
        for number in range(8):
            outcomes.write(outcome(f"{number}"), number)
        with pytest.raises(OutputError, match=r"\(File too large\); it holds 8 of this run"):
            outcomes.write(outcome("8"), 8)
    outcomes.close()

    assert [line["line"] for line in outcomes_in(path)] == list(range(8))


def test_outcomes_go_on_behind_those_of_an_earlier_run(tmp_path: Path) -> None:
    """A line that was cut off goes, and what is in doubt and there already is not written twice."""
    path = tmp_path / "o"
    first = Outcomes(str(path), resuming=True, force=False)
    first.write(outcome("1"), 2)
    first.write(outcome("2", failed=True), 3)
    first.close()
    with path.open("a") as file:
        file.write('{"line": 4, "co')
    second = Outcomes(str(path), resuming=True, force=True)
    second.write(outcome("1"), None)
    second.write(outcome("2"), None)
    second.write(outcome("3"), 4)
    second.close()

    assert [(line["session_key"], line["line"]) for line in outcomes_in(path)] == [
        *[("1", 2), ("2", 3), ("2", None), ("3", 4)]
    ]


@pytest.mark.parametrize("tail", [b"", b"\n\n", b"\r\n"])
def test_outcomes_go_on_behind_what_an_editor_leaves(tmp_path: Path, tail: bytes) -> None:
    """A line without an end is a whole outcome, and stays one; an empty line is nothing."""
    path = tmp_path / "o"
    first = Outcomes(str(path), resuming=True, force=False)
    first.write(outcome("1"), 2)
    first.close()
    path.write_bytes(path.read_bytes().rstrip(b"\n") + tail)
    second = Outcomes(str(path), resuming=True, force=False)
    second.write(outcome("1"), None)
    second.write(outcome("2"), 3)
    second.close()

    lines = [json.loads(line) for line in path.read_text().splitlines() if line]
    assert [line["session_key"] for line in lines] == ["1", "2"]


def test_outcomes_go_on_behind_any_number_of_them(tmp_path: Path) -> None:
    """However long the file is, its end is what is looked at."""
    path = tmp_path / "o"
    first = Outcomes(str(path), resuming=True, force=False)
    first.write(outcome("1"), 2)
    first.close()
    path.write_bytes(path.read_bytes() * 20_000 + b'{"line": 3, "co')
    second = Outcomes(str(path), resuming=True, force=False)
    second.write(outcome("2"), 3)
    second.close()

    lines = path.read_bytes().splitlines()
    assert (len(lines), json.loads(lines[-1])["session_key"]) == (20_001, "2")


@pytest.mark.parametrize(
    "content",
    [
        "half a letter",
        "a letter\n",
        '{"line": 1}\n',
        '{"line": [[[\n',
        '{"line": ' + "[" * 200_000 + "\n",
        "[]\n",
    ],
    ids=[*"123456"],
)
def test_no_other_file_is_taken_for_outcomes(
    command: Command, file: Path, voucherify_sandbox: Sandbox, content: str
) -> None:
    """Where a journal is there: it is refused before anything is sent, and only --force writes over it."""
    other = Path("o")
    command(file, "--journal", "j")
    with file.open("a") as more:
        more.write("v,ssn_gone\n")
    other.write_text(content)
    other.chmod(0o644)
    asked = len(voucherify_sandbox.requests)
    refused, out, err = command(file, "--journal", "j", "--output", "o")
    trial, _, _ = command(file, "--journal", "j", "--output", "o", "--dry-run")
    left, sent = other.read_text(), len(voucherify_sandbox.requests)
    forced, _, _ = command(file, "--journal", "j", "--output", "o", "--force")

    assert (refused, trial, out, left, sent) == (2, 2, "", content, asked)
    assert "o holds something else than outcomes; name another file for them, or write over it with" in err
    assert (forced, [line["session_key"] for line in outcomes_in(other)]) == (0, ["ssn_gone"])
    assert other.stat().st_mode & 0o777 == 0o600


def test_outcomes_are_never_written_over_in_a_run_that_goes_on(command: Command, file: Path) -> None:
    """The journal tells each of them once: --force adds to them, and refuses where they are not alone."""
    command(file, "--journal", "j", "--output", "o")
    with file.open("a") as more:
        more.write("v,ssn_gone\n")
    Path("o").chmod(0o640)
    added, _, _ = command(file, "--journal", "j", "--output", "o", "--force")
    lines = outcomes_in(Path("o"))
    with Path("o").open("a") as other:
        other.write("a note\n")
    kept = Path("o").read_text()
    mixed, _, err = command(file, "--journal", "j", "--output", "o", "--force")

    assert (added, len(lines), lines[-1]["session_key"]) == (0, 21, "ssn_gone")
    assert Path("o").stat().st_mode & 0o777 == 0o640  # as its owner wants it
    assert (mixed, Path("o").read_text()) == (2, kept)
    assert "o holds outcomes and something else; name another file for them." in err


@pytest.mark.parametrize("journal", [[], ["--journal", "j"]])
def test_what_is_written_over_is_for_its_owner_alone(
    command: Command, file: Path, journal: list[str]
) -> None:
    """As a new file is; and with a journal the command that goes on says --force as well."""
    with file.open("a") as more:
        more.write("unknown,ssn_1\n")
    Path("o").write_text("something\n")
    Path("o").chmod(0o666)
    code, out, _ = command(file, *journal, "--output", "o", "--force")

    assert (code, len(outcomes_in(Path("o")))) == (1, 21)
    assert Path("o").stat().st_mode & 0o777 == 0o600
    assert ("--output o --force " in out) == bool(journal)


def test_a_file_that_cannot_be_looked_at_is_no_place_for_outcomes(
    command: Command, file: Path, tmp_path: Path
) -> None:
    """Whatever keeps it from being read; a folder that is missing is told as ever."""
    command(file, "--journal", "j")
    (tmp_path / "o").symlink_to("/proc/self/mem")
    code, _, err = command(file, "--journal", "j", "--output", "o")

    assert code == 2
    assert "o cannot be written (Input/output error)" in err


def test_a_file_whose_permissions_are_not_ours_to_change_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, which has none of this kind."""
    monkeypatch.delattr("os.fchmod")
    outcomes = Outcomes(str(tmp_path / "o"), resuming=False, force=False)
    outcomes.write(outcome("1"), 2)
    outcomes.close()

    assert len(outcomes_in(tmp_path / "o")) == 1


@pytest.mark.parametrize(
    ("tally", "ago", "rows", "limits", "words"),
    [
        (Tally(given=5), 9, None, RateLimit(), ["0", "0.0 a second"]),
        (
            Tally(given=1080, released=1000),
            1000,
            2000,
            RateLimit(),
            ["1,072 of 2,000", "1.0 a second", "14 min left"],
        ),
        (
            Tally(given=1_000_000, failed=2, bad_rows=8),
            1_000_000,
            2_000_000,
            RateLimit(limit=2_000_000, remaining=1_000_000),
            [
                *("1,000,000 of 2,000,000", "2 failed, 8 bad rows", "0.0 a second"),
                *("quota 1,000,000 of 2,000,000", "277.8 h left"),
            ],
        ),
        (
            Tally(given=1_000_000, released=1_000_000),
            10_000,
            1_000_500,
            RateLimit(limit=2000, remaining=499),
            ["1,000,000 of 1,000,500", "100.0 a second", "quota 499 of 2,000"],
        ),
        (
            Tally(given=9, failed=1),
            500,
            9,
            RateLimit(remaining=0),
            ["1 of 9", "1 failed", "0.0 a second", "quota 0", "waits for the quota"],
        ),
        (
            Tally(given=20_000, released=20_000),
            10_000,
            1,
            RateLimit(),
            ["20,000 of 20,000", "2.0 a second", "0 s left"],
        ),
        (Tally(bad_rows=1), 1, None, RateLimit(), ["1", "0 failed, 1 bad row", "0.0 a second"]),
    ],
)
def test_progress_says_what_is_known(
    tally: Tally, ago: int, rows: int | None, limits: RateLimit, words: list[str]
) -> None:
    """Count, failures, rate and quota; never more rows than there are.

    The time that is left is told where the quota has room for all that is left. The runs are so long that a
    few seconds more, on a busy machine, change no figure.
    """
    tally.began = time.monotonic() - ago

    assert State(tally, rows, 8, Quota(limits)).words() == words


def ended(status: int, limits: RateLimit | None) -> AttemptEnded:
    """An attempt with this answer."""
    return AttemptEnded(
        call=1,
        method="DELETE",
        url="https://h",
        template=None,
        attempt=1,
        duration=0.1,
        status=status,
        error=None,
        rate_limit=limits,
    )


@pytest.mark.parametrize(
    ("status", "limits", "said"),
    [
        (
            200,
            RateLimit(limit=400, remaining=0, retry_after=3600),
            ["quota 0 of 400", "waits 60 min for the quota"],
        ),
        (429, RateLimit(retry_after=7200.0), ["waits 2.0 h for the quota"]),
        (200, RateLimit(limit=400, remaining=0, retry_after=0.0), ["quota 0 of 400", "waits for the quota"]),
        (200, RateLimit(limit=400, remaining=300, retry_after=56.0), ["quota 300 of 400", "1 s left"]),
        (500, None, ["1 s left"]),
    ],
)
def test_how_long_the_quota_is_waited_for_is_said(
    status: int, limits: RateLimit | None, said: list[str]
) -> None:
    """And no time that is left: it would be counted by how fast it went before."""
    quota, tally = Quota(), Tally(given=10**6, released=10**6, began=time.monotonic() - 10_000)
    quota.watch(ended(status, limits))

    assert State(tally, 10**6 + 100, 8, quota).words()[2:] == said


def test_what_is_no_answer_says_nothing_of_the_quota() -> None:
    """What was said last stands."""
    quota = Quota()
    quota.watch(ended(200, RateLimit(remaining=5)))
    quota.watch(AttemptStarted(call=1, method="DELETE", url="https://h", template=None, attempt=1))

    assert (quota.limits.remaining, quota.wait) == (5, 0.0)


def test_progress_is_said_now_and_then(
    capsys: pytest.CaptureFixture[str], wait_until: Callable[[Callable[[], object]], None]
) -> None:
    """Where there is no terminal, as lines on standard error."""
    said: list[str] = []

    def heard() -> bool:
        said.append(capsys.readouterr().err)
        return "".join(said).count("\n") > 2

    with Lines(State(Tally(given=3, released=3), 3, 8, Quota()), intervals=(0.01,)):
        wait_until(heard)
    assert "".join(said).startswith("3 of 3, ")


def test_a_terminal_has_a_bar(voucherify_sandbox: Sandbox, file: Path) -> None:
    """With counts and rate; what is said meanwhile stands above it, and at the end it is gone."""
    with file.open("a") as more:
        more.write("only\n")
    said = on_terminal(voucherify_sandbox, str(file))

    assert "━" in said
    assert "20 of 21" in said or "21 of 21" in said
    assert "a second" in said
    assert "line 22: the row has no session_key." in said
    assert "Released" in said


@pytest.mark.voucherify_sandbox(rate_limit=SandboxLimit(15, "hour"))
def test_a_narrow_terminal_shows_all_of_it(voucherify_sandbox: Sandbox, file: Path) -> None:
    """Nothing is cut at eighty columns, and the wait for the quota is told."""
    with file.open("a") as more:
        more.write("only\n")
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [*COMMAND, "release-many", str(file), "--max-wait", "3660"],
        env=environment({**voucherify_sandbox.environment(), "TERM": "xterm", "COLUMNS": "80"}),
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        said = ""
        while "waits 60 min for the quota" not in plain(said):
            said += os.read(ours, 4096).decode()
        process.terminate()
        while _read(ours):
            pass
    os.close(ours)

    assert re.search(r"16 of 21, 0 failed, 1 bad row, [0-9.]+ a second, quota 0 of 15, waits", plain(said))
    assert "…" not in said
    assert " left" not in plain(said).rpartition("quota 0")[2]


def plain(said: str) -> str:
    """What a terminal was told, without colours and lines."""
    return " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", said).split())


def test_a_terminal_has_a_bar_where_the_end_is_not_known(voucherify_sandbox: Sandbox, file: Path) -> None:
    """As of a pipe; on a terminal that can do nothing there is none."""
    pulsing = on_terminal(voucherify_sandbox, "/dev/stdin", typed=file)
    dumb = on_terminal(voucherify_sandbox, str(file), TERM="dumb")

    assert "━" in pulsing
    assert "━" not in dumb


def on_terminal(sandbox: Sandbox, *arguments: str, typed: Path | None = None, **settings: str) -> str:
    """What a terminal is told by a run on it."""
    ours, theirs = os.openpty()
    with subprocess.Popen(
        [*COMMAND, "release-many", *arguments],
        env=environment({**sandbox.environment(), "TERM": "xterm", **settings}),
        stdin=subprocess.PIPE,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        assert process.stdin
        process.stdin.write(typed.read_bytes() if typed else b"")
        process.stdin.close()
        said = b""
        while more := _read(ours):
            said += more
    os.close(ours)
    return said.decode()


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # its other end is closed
        return b""


def test_options_complete(voucherify_sandbox: Sandbox) -> None:
    """By Typer's own completion."""
    words = "voucherify release-many --j"
    done = voucherify(
        _VOUCHERIFY_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD="2", to=voucherify_sandbox
    )

    assert set(done.stdout.split()) == {"--journal", "--json"}


def test_the_help_shows_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    """As an operator has to write it."""
    assert main(["release-many", "--help"]) == 0
    assert "code,session_key" in capsys.readouterr().out


def test_no_secret_is_shown(
    command: Command, file: Path, voucherify_sandbox: Sandbox, tmp_path: Path
) -> None:
    """Even where the server repeats the credentials."""
    secret = voucherify_sandbox.app_token
    voucherify_sandbox.inject(
        Fault(status=400, body=json.dumps({"code": 400, "message": secret}).encode()), times=None
    )
    _, out, err = command(file, "--output", "o", "--journal", "j")

    written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret not in out + err
    assert secret.encode() not in written
