"""What cannot be proposed is refused in one paragraph, before anything has changed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from scripts.command import UnusableInputError
from scripts.propose import main
from tests.scripts.forge_stand_in import REPOSITORY, TOKEN
from tests.scripts.proposals import BRANCH, BREAKING, COMPATIBLE, UNCHANGED, World, a_world, git, refused

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A forge with a repository."""
    with a_world(tmp_path, monkeypatch) as one:
        yield one


def refusal(world: World, done: subprocess.CompletedProcess[str], code: int) -> str:
    """What a failed run says; it has left everything as it was."""
    assert done.returncode == code
    assert TOKEN not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert world.forge.sha(BRANCH) == ""
    assert world.forge.issues == []
    return " ".join(done.stderr.split())


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        (
            "report.json",
            None,
            "report.json: No such file or directory. `make track` writes the report; run that first.",
        ),
        (
            "report.md",
            None,
            "report.md: No such file or directory. `make track` writes the report; run that first.",
        ),
        ("report.json", b"{", "report.json is not JSON"),
        ("report.json", b'{"verdict": "fine"}', "is no report of this project"),
        ("report.md", b"\xff\xfe", "report.md is not UTF-8; run `make track` again."),
    ],
)
def test_report_that_is_none(world: World, file: str, content: bytes | None, told: str) -> None:
    """Without a whole report of `make track` nothing is done."""
    clone, update = world.tracked(BREAKING, "second")
    path = update / "report" / file
    path.unlink() if content is None else path.write_bytes(content)
    assert told in refusal(world, world.propose(clone), 2)
    assert world.forge.writes == []


def test_update_that_is_none(world: World) -> None:
    """A folder without a document and a client is no update, and does not empty the branch."""
    clone, update = world.tracked(BREAKING, "second", apart=True)
    shutil.rmtree(update / "generated")
    told = refusal(world, world.propose(clone, "--update", update), 2)
    assert "holds no update: it lacks openapi/vouchers.json or generated." in told


def test_report_of_a_change_that_is_not_there(world: World) -> None:
    """A report from a dry run, with nothing changed, is no reason for an empty pull request."""
    clone, _ = world.tracked(BREAKING)
    assert "Was it a dry run?" in refusal(world, world.propose(clone), 2)


def test_clone_of_another_branch(world: World) -> None:
    """From a commit that is not on the default branch no update starts."""
    clone, _ = world.tracked(BREAKING, "second")
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "Mine alone")
    told = refusal(world, world.propose(clone), 2)
    assert told == "propose: The commit that is checked out is not on main; updates start there."


def test_clone_without_history(world: World) -> None:
    """A shallow clone cannot tell whose commits are whose, and is refused."""
    world.person_commits({"README.md": "More.\n"}, branch="main")
    clone = world.folder / "shallow"
    git(world.folder, "clone", "--quiet", "--depth=1", f"file://{world.forge.bare}", clone)
    shutil.copytree(world.tracked(UNCHANGED)[1] / "report", clone / "report")
    assert "is a shallow clone" in refusal(world, world.propose(clone), 2)


def test_folder_that_is_no_clone(world: World, tmp_path: Path) -> None:
    """Outside of a repository git's own words are told."""
    told = refusal(world, world.propose(tmp_path), 1)
    assert told.startswith("propose: `git rev-parse` failed with 128: fatal: not a git repository")


def test_token_that_may_not_push(world: World) -> None:
    """A push that the forge refuses is told with what may help."""
    world.forge.allows_pushes = False
    clone, _ = world.tracked(BREAKING, "second")
    told = refusal(world, world.propose(clone), 1)
    assert "`git push` failed with 128" in told
    assert "if the token may not write contents, give it that right" in told


def test_token_that_is_not_valid(world: World) -> None:
    """A wrong token is told as such, and not shown."""
    clone, _ = world.tracked(BREAKING, "second")
    told = refusal(world, world.propose(clone, GITHUB_TOKEN="ghs_old"), 1)
    assert "The token is not valid" in told
    assert "ghs_old" not in told


def test_repository_that_is_another_one(world: World) -> None:
    """A repository that the token cannot see is told as such."""
    clone, _ = world.tracked(BREAKING, "second")
    told = refusal(world, world.propose(clone, GITHUB_REPOSITORY="acme/other"), 1)
    assert f"GET {world.forge.url}/api/repos/acme/other was answered with 404 (Not Found)." in told
    assert REPOSITORY not in told


def test_workflows_that_may_not_open_pull_requests(world: World) -> None:
    """The setting that is off in new repositories is named; with it on, the next run goes on from there."""
    world.forge.allows_pull_requests = False
    clone, _ = world.tracked(BREAKING, "second")
    done = world.propose(clone)
    assert done.returncode == 1
    assert "have to allow that workflows create pull requests" in done.stderr
    world.forge.allows_pull_requests = True
    assert world.day(BREAKING, "second") == [
        "breaking:",
        "- open a pull request: Update Voucherify's specification: 1 breaking change",
    ]


def test_repository_without_issues(world: World) -> None:
    """Where issues are turned off, a refusal says so, and an update is proposed all the same."""
    world.forge.has_issues = False
    clone, _ = world.tracked(refused("It is an HTML page."))
    assert "turn them on in its settings" in refusal(world, world.propose(clone), 1)
    world.day(COMPATIBLE, "second")
    assert len(world.forge.pulls) == 1


def test_main_reads_the_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an environment that names the forge, nothing else is looked at."""
    monkeypatch.setattr("sys.argv", ["propose"])
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    with pytest.raises(UnusableInputError, match="GITHUB_REPOSITORY names no repository"):
        main()
