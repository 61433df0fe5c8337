"""One pull request, one issue, or neither: told day by day, with a real git and a forge on this machine."""

from __future__ import annotations

import signal
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.command import FailedError
from scripts.comparison.changes import Axis
from scripts.comparison.severity import Severity
from scripts.proposing.checkout import Checkout
from scripts.proposing.forge import access_of
from scripts.report import write_reports
from tests.scripts.proposals import (
    BRANCH,
    BREAKING,
    COMPATIBLE,
    PACKAGE,
    START,
    UNCHANGED,
    World,
    a_world,
    changed,
    compared,
    git,
    refused,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.reporting.model import Report

ROOT = Path(__file__).resolve().parents[2]
BOT = "github-actions[bot]"


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A forge with a repository."""
    with a_world(tmp_path, monkeypatch) as one:
        yield one


def said(lines: list[str]) -> list[str]:
    """What was done, without the names of commits."""
    return [" ".join(word for word in line.split() if not is_commit(word)) for line in lines]


def is_commit(word: str) -> bool:
    """Whether a word is a commit's short name."""
    return len(word) == 7 and set(word) <= set("0123456789abcdef")


def test_first_change_opens_one_pull_request(world: World) -> None:
    """A change becomes a branch with one commit of the update alone, and a pull request that tells it."""
    assert said(world.day(BREAKING, "second")) == [
        "breaking:",
        "- create the label specification",
        "- create the label breaking",
        "- push to track-specification",
        "- open a pull request: Update Voucherify's specification: 1 breaking change",
    ]
    [request] = world.forge.pulls
    assert request["title"] == "Update Voucherify's specification: 1 breaking change"
    assert "## 🔴 Breaking" in request["body"]
    assert (request["base"]["ref"], request["draft"]) == ("main", False)
    assert world.forge.names(request) == ["specification", "breaking"]
    assert world.authors() == [BOT]
    assert world.files() == {
        **{name: text.strip() for name, text in START.items() if "first.py" not in name},
        "openapi/vouchers.json": "second",
        "openapi/spec.lock.json": "etag 1",
        f"{PACKAGE}/second.py": "second = 1",
        "changelog.d/second.md": "The specification is second now.",
    }
    message = git(world.forge.bare, "log", "-1", "--format=%B", BRANCH)
    assert message.startswith(f"{request['title']}\n\n")


def test_same_result_changes_nothing(world: World) -> None:
    """A second run with the same result writes nothing at all, though its page and its ETag are new."""
    world.day(BREAKING, "second")
    before = world.forge.sha(BRANCH)
    assert world.day(BREAKING, "second") == ["breaking: nothing to do."]
    clone, _ = world.tracked(BREAKING, "second")
    other = {"REPORT_URL": "https://forge.example/runs/2", "GITHUB_REPOSITORY": "acme/Vouchers"}
    done = world.propose(clone, **other)
    assert done.stdout == "breaking: nothing to do.\n"
    assert (world.forge.sha(BRANCH), world.forge.writes) == (before, [])


def test_another_change_updates_the_same_pull_request(world: World) -> None:
    """A new update replaces the commit, the text and the verdict's label; labels that people gave stay."""
    world.day(BREAKING, "second")
    [request] = world.forge.pulls
    world.forge.labels["urgent"] = {"name": "urgent"}
    request["labels"].append({"name": "urgent"})
    assert said(world.day(COMPATIBLE, "third")) == [
        "compatible:",
        "- create the label compatible",
        "- push to track-specification",
        "- tell in pull request #1: Update Voucherify's specification: 1 harmless",
        "- label pull request #1 compatible",
        "- take the label breaking off pull request #1",
    ]
    [request] = world.forge.pulls
    assert request["number"] == 1
    assert "## 🟢 Compatible" in request["body"]
    assert world.forge.names(request) == ["specification", "urgent", "compatible"]
    assert world.authors() == [BOT]
    assert "changelog.d/second.md" not in world.files()
    assert world.forge.comments == []


def test_default_branch_that_went_on(world: World) -> None:
    """Commits on the default branch alone are no reason to push; the next update starts from them."""
    world.day(BREAKING, "second")
    world.person_commits({"README.md": "More.\n"}, "Say more", "main")
    assert world.day(BREAKING, "second") == ["breaking: nothing to do."]
    world.day(BREAKING, "third")
    assert world.files()["README.md"] == "More."
    assert world.authors() == [BOT]


def test_upstream_that_went_back_closes_the_pull_request(world: World) -> None:
    """Once there is nothing left to update, the pull request is closed with a word, and the branch goes."""
    world.day(BREAKING, "second")
    assert said(world.day(UNCHANGED)) == [
        "unchanged:",
        "- say why below #1",
        "- close pull request #1",
        "- delete track-specification",
    ]
    assert world.forge.pulls == []
    assert world.forge.sha(BRANCH) == ""
    [(number, text)] = world.forge.comments
    assert number == 1
    assert "nothing left to update" in text
    assert world.day(UNCHANGED) == ["unchanged: nothing to do."]


def test_change_that_comes_again_is_proposed_again(world: World) -> None:
    """What was closed because upstream went back is no decision of a person's: it is proposed anew."""
    world.day(BREAKING, "second")
    world.day(UNCHANGED)
    world.day(BREAKING, "second")
    assert [one["number"] for one in world.forge.pulls] == [2]


def test_pull_request_that_a_person_closed_stays_closed(world: World) -> None:
    """A person's no holds for the same update, with or without its branch, and not for the next one."""
    world.day(BREAKING, "second")
    world.forge.close(1)
    expected = ["breaking:", "- leave pull request #1 closed: somebody closed it, and nothing is new"]
    assert world.day(BREAKING, "second") == expected
    git(world.forge.bare, "branch", "-D", BRANCH)
    assert world.day(BREAKING, "second") == expected
    assert world.forge.writes == []
    world.day(BREAKING, "third")
    world.day(compared(changed(Severity.WARNING)), "third")
    assert [one["number"] for one in world.forge.pulls] == [2]


@pytest.mark.parametrize("squash", [True, False])
def test_branch_that_was_merged_is_used_again(world: World, squash: bool) -> None:  # noqa: FBT001 - a parameter
    """A merged branch that nobody deleted is cleared away, or holds the next update alone."""
    world.day(BREAKING, "second")
    world.person_commits({"voucherify_wrapper/_adapter.py": "uses = 'second'\n"})
    world.merge(1, squash=squash)
    world.day(COMPATIBLE, "third")
    assert [one["number"] for one in world.forge.pulls] == [2]
    assert world.authors() == [BOT]
    assert world.files()["voucherify_wrapper/_adapter.py"] == "uses = 'second'"
    world.merge(2, squash=squash)
    assert said(world.day(UNCHANGED)) == ["unchanged:", "- delete track-specification"]


def test_update_that_was_merged_and_taken_back(world: World) -> None:
    """What a person merged and then reverted is proposed again, as upstream still says it."""
    world.day(BREAKING, "second")
    world.merge(1)
    clone = world.clone("revert")
    git(clone, "revert", "--no-edit", "--mainline=1", "HEAD")
    git(clone, "push", "--quiet", world.forge.bare, "HEAD:main")
    world.day(BREAKING, "second")
    assert [one["number"] for one in world.forge.pulls] == [2]
    assert world.authors() == [BOT]


def test_commits_of_a_person_stay(world: World) -> None:
    """Once a person has committed to the branch, an update goes on top, says so, and touches only its own."""
    world.day(BREAKING, "second")
    mine = {
        "voucherify_wrapper/_adapter.py": "uses = 'second'",
        "openapi/approvals.toml": "mine",
        "changelog.d/mine.md": "The adapter is mended.",
        f"{PACKAGE}/mine.py": "mine = 1",
    }
    world.person_commits(mine, "Mend the \udcfc adapter `as` it says")  # a byte of Latin-1
    tip = world.forge.sha(BRANCH)
    assert world.day(BREAKING, "second") == ["breaking: nothing to do."]
    assert said(world.day(compared(changed(Severity.WARNING)), "third"))[2:] == [
        "- push to track-specification, on top of other people's commits",
        "- say so below #1",
        "- tell in pull request #1: Update Voucherify's specification: 1 warning",
        "- label pull request #1 compatible",
        "- take the label breaking off pull request #1",
    ]
    assert sorted(world.authors()) == ["Ada", BOT, BOT, BOT]
    assert git(world.forge.bare, "rev-parse", f"{BRANCH}^1") == tip
    files = world.files()
    assert {name: files[name] for name in mine} == mine
    assert files["openapi/vouchers.json"] == "third"
    assert not {f"{PACKAGE}/first.py", f"{PACKAGE}/second.py", "changelog.d/second.md"} & set(files)
    [(number, text)] = world.forge.comments
    assert number == 1
    assert "Mend the ü adapter 'as' it says (Ada)`" in text
    assert world.day(compared(changed(Severity.WARNING)), "third") == ["compatible: nothing to do."]
    world.day(compared(changed(Severity.WARNING)), "fourth")
    files = world.files()
    assert {name: files[name] for name in mine} == mine
    assert f"{PACKAGE}/third.py" not in files
    assert "github-actions" not in world.forge.comments[1][1]


def test_branch_with_a_persons_commits_outlives_its_pull_request(world: World) -> None:
    """When upstream goes back, a person's commits are not deleted with the update."""
    world.day(BREAKING, "second")
    world.person_commits({"voucherify_wrapper/_adapter.py": "uses = 'second'\n"})
    assert said(world.day(UNCHANGED)) == ["unchanged:", "- say why below #1", "- close pull request #1"]
    assert world.authors() == ["Ada", BOT]
    assert "The branch stays" in world.forge.comments[0][1]
    assert world.day(UNCHANGED) == ["unchanged: nothing to do."]


def test_branch_that_a_person_started(world: World) -> None:
    """A branch that only people have committed to, and no pull request was made from, is not replaced."""
    clone = world.clone("person")
    (clone / "README.md").write_text("Mine.\n")
    world.commit(clone, "Say mine", BRANCH)
    assert "on top of other people's commits" in said(world.day(BREAKING, "second"))[3]
    assert sorted(world.authors()) == ["Ada", BOT, BOT]
    assert world.files()["README.md"] == "Mine."
    assert [one["number"] for one in world.forge.pulls] == [1]


@pytest.mark.parametrize("there", [True, False])
def test_push_meanwhile_is_not_overwritten(world: World, there: bool) -> None:  # noqa: FBT001 - a parameter
    """What a person pushes between the look at the branch and the push stays; the error says what to do."""
    if there:
        world.day(BREAKING, "second")
    clone, update = world.tracked(BREAKING, "third")
    checkout = Checkout(clone, access_of(world.forge.environment))
    branch = checkout.branch()
    assert (branch is not None) is there
    commit = checkout.commit(checkout.tree(update), "Update")
    world.person_commits({"README.md": "Mine.\n"}, "Say mine", "main")
    git(world.forge.bare, "update-ref", f"refs/heads/{BRANCH}", "main")
    with pytest.raises(FailedError, match=r"stale info.*\n.*run this again"):
        checkout.push(commit, branch)
    if branch is not None:
        with pytest.raises(FailedError, match="stale info"):
            checkout.delete(branch)
    assert world.forge.sha(BRANCH) == world.forge.sha("main")


def test_refusal_opens_one_issue(world: World) -> None:
    """A refused update is told in one issue, once; another reason changes its text, and is said below it."""
    assert world.day(refused("It is an HTML page."), "second") == [
        "refused:",
        "- create the label specification",
        "- create the label refused",
        "- open an issue: Voucherify's specification could not be taken over",
    ]
    [issue] = world.forge.open_issues
    assert "It is an HTML page" in issue["body"]
    assert "closed once the specification can be taken over again" in issue["body"]
    assert world.forge.names(issue) == ["specification", "refused"]
    assert world.forge.sha(BRANCH) == ""
    assert world.day(refused("It is an HTML page."), "second") == ["refused: nothing to do."]
    assert world.forge.writes == []
    assert world.day(refused("It was cut off.")) == [
        "refused:",
        "- tell the new reason in issue #1",
        "- say so below #1",
    ]
    [issue] = world.forge.open_issues
    assert "It was cut off" in issue["body"]
    assert [number for number, _ in world.forge.comments] == [1]


@pytest.mark.parametrize(("report", "document"), [(UNCHANGED, ""), (COMPATIBLE, "second")])
def test_issue_is_closed_when_all_is_fine_again(world: World, report: Report, document: str) -> None:
    """A run that is not refused closes the issue with a word; the same refusal later opens a new one."""
    world.day(refused("It is an HTML page."))
    lines = world.day(report, document)
    assert lines[-2:] == ["- say why below #1", "- close issue #1"]
    assert world.forge.open_issues == []
    assert "settled" in world.forge.comments[0][1]
    assert world.day(report, document) == [f"{report.verdict}: nothing to do."]
    world.day(refused("It is an HTML page."))
    assert [one["number"] for one in world.forge.open_issues] == [len(world.forge.issues)]


def test_issue_that_a_person_closed_stays_closed(world: World) -> None:
    """A person who has seen a reason is not told the same one again, but told another one."""
    world.day(refused("It is an HTML page."))
    world.forge.close(1)
    assert world.day(refused("It is an HTML page.")) == [
        "refused:",
        "- leave issue #1 closed: somebody closed it, and nothing is new",
    ]
    world.day(refused("It was cut off."))
    assert [one["number"] for one in world.forge.open_issues] == [2]


def test_refusal_leaves_the_pull_request_alone(world: World) -> None:
    """An update that waits for a person waits on when the next one is refused."""
    world.day(BREAKING, "second")
    before = world.forge.sha(BRANCH)
    world.day(refused("It is an HTML page."))
    assert [one["number"] for one in world.forge.pulls] == [1]
    assert world.forge.sha(BRANCH) == before
    assert [one["number"] for one in world.forge.open_issues] == [2]


def test_dry_run_only_says_it(world: World) -> None:
    """With --dry-run each step is named, and neither the remote nor the forge changes."""
    assert said(world.day(BREAKING, "second", "--dry-run")) == [
        "breaking:",
        "- would create the label specification",
        "- would create the label breaking",
        "- would push to track-specification",
        "- would open a pull request: Update Voucherify's specification: 1 breaking change",
    ]
    assert world.forge.writes == []
    assert world.forge.sha(BRANCH) == ""


def test_draft_says_how_its_checks_start(world: World) -> None:
    """Without an app's token the pull request is a draft, and its text says why and what to do."""
    world.day(BREAKING, "second", "--draft")
    [request] = world.forge.pulls
    assert request["draft"] is True
    assert "Checks do not start by themselves" in request["body"]
    assert world.day(BREAKING, "second", "--draft") == ["breaking: nothing to do."]


def test_repository_without_drafts(world: World) -> None:
    """Where the plan has no drafts, the pull request is opened as a plain one."""
    world.forge.allows_drafts = False
    world.day(BREAKING, "second", "--draft")
    [request] = world.forge.pulls
    assert request["draft"] is False


def test_page_is_linked(world: World) -> None:
    """The text links the report's page, where there is one."""
    clone, _ = world.tracked(BREAKING, "second")
    world.propose(clone, REPORT_URL="https://forge.example/runs/1")
    body = world.forge.pulls[0]["body"]
    assert "(https://forge.example/runs/1)" in body.partition("### What to do")[2]


def test_update_in_a_folder_of_its_own(world: World) -> None:
    """An update from elsewhere is taken as it is, without what git ignores, and the working tree stays."""
    clone, update = world.tracked(BREAKING, "second", apart=True)
    done = world.propose(clone, "--update", update.relative_to(clone))
    assert done.returncode == 0, done.stderr
    assert git(clone, "status", "--porcelain") == ""
    expected = world.files()
    assert f"{PACKAGE}/first.py" not in expected
    assert not [name for name in expected if "pycache" in name or "/." in name]
    assert expected["openapi/vouchers.json"] == "second"


KILLED = """
import os, shutil, signal, sys
from pathlib import Path
from scripts.transaction import Afterwards, Files, opened

class Killed(Files):
    def exchange(self, one, other):
        super().exchange(one, other)
        if other.name == sys.argv[3]:
            os.kill(os.getpid(), signal.SIGKILL)

root, update = Path(sys.argv[1]), Path(sys.argv[2])
with opened(root, files=Killed()) as transaction:
    made = shutil.copytree(update, transaction.folder / "made")
    places = ("report", "openapi/vouchers.json", "openapi/spec.lock.json", "generated/voucherify_client")
    transaction.commit({place: made / place for place in places}, Afterwards.KEEP)
"""


@pytest.mark.parametrize("place", ["report", "vouchers.json", "spec.lock.json"])
def test_update_that_was_killed_is_finished_first(world: World, place: str) -> None:
    """What stands half old and half new when the command starts becomes whole before anything is read."""
    clone, update = world.tracked(BREAKING, "second", apart=True)
    write_reports(UNCHANGED, clone / "report")
    program = [sys.executable, "-c", KILLED, str(clone), str(update), place]
    killed = subprocess.run(program, check=False, cwd=ROOT)
    assert killed.returncode == -signal.SIGKILL
    done = world.propose(clone, "--dry-run")
    assert (done.returncode, done.stdout) == (1, "")
    assert "`make track` without --dry-run finishes it first" in done.stderr
    done = world.propose(clone)
    assert (done.returncode, done.stderr) == (0, "Finishing an update that was cut off.\n")
    assert done.stdout.startswith("breaking:\n")
    held = world.files()
    assert held["openapi/vouchers.json"] == "second"
    assert held["openapi/spec.lock.json"] != START["openapi/spec.lock.json"].strip()
    assert sorted(name for name in held if name.startswith(PACKAGE)) == [
        f"{PACKAGE}/__init__.py", f"{PACKAGE}/second.py",
    ]  # fmt: skip


def test_runs_without_news_do_not_hide_the_update(world: World) -> None:
    """An update that is not on the default branch is proposed, though the last run after it found nothing."""
    clone, update = world.tracked(UNCHANGED, "second")
    write_reports(BREAKING, update / "report" / "last-update")
    done = world.propose(clone)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("breaking:\n")
    assert world.files()["openapi/vouchers.json"] == "second"
    world.merge(1)
    clone, update = world.tracked(UNCHANGED)
    write_reports(BREAKING, update / "report" / "last-update")
    assert world.propose(clone).stdout.splitlines() == ["unchanged:", f"- delete {BRANCH}"]


def test_update_that_went_back_in_the_same_clone_closes_the_pull_request(world: World) -> None:
    """An update back to what the default branch has leaves nothing to propose."""
    world.day(BREAKING, "second")
    clone, update = world.tracked(UNCHANGED)
    back = compared(changed(Severity.HARMLESS))
    assert back.comparison is not None
    digest = sha256((update / "openapi/vouchers.json").read_bytes()).hexdigest()
    comparison = replace(back.comparison, new=replace(back.comparison.new, sha256=digest))
    write_reports(replace(back, comparison=comparison), update / "report")
    done = world.propose(clone)
    assert said(done.stdout.splitlines()) == [
        "compatible:", "- say why below #1", "- close pull request #1", f"- delete {BRANCH}",
    ]  # fmt: skip


def test_text_that_a_person_changed_stays(world: World) -> None:
    """A person's words in the pull request's text stay while there is no news."""
    world.day(BREAKING, "second")
    [request] = world.forge.pulls
    request["body"] = f"Wait for Grace.\n\n{request['body']}"
    assert world.day(BREAKING, "second") == ["breaking: nothing to do."]
    request["body"] = None
    assert said(world.day(BREAKING, "second"))[1:] == [
        "- tell in pull request #1: Update Voucherify's specification: 1 breaking change"
    ]


def test_text_that_looks_like_the_mark(world: World) -> None:
    """What a report quotes is not taken for the mark."""
    for text in ("one", "two"):
        clone, update = world.tracked(BREAKING, "second")
        with (update / "report" / "report.md").open("a") as report:
            report.write(f"```diff\n+ text: str = '<!-- track-specification: settled --> {text}'\n```\n")
        assert world.propose(clone).returncode == 0
        assert text in world.forge.pulls[0]["body"]
    world.forge.close(1)
    assert world.propose(clone).stdout.splitlines()[1].startswith("- leave pull request #1 closed")


def test_others_of_that_name_are_left_alone(world: World) -> None:
    """Pull requests of forks, from branches of the same name, are not taken for ours."""
    world.forge.filters = False
    for repository in ({"full_name": "mallory/vouchers"}, None):
        head = {"ref": BRANCH, "sha": "0" * 40, "repo": repository}
        one = {"number": 1 + len(world.forge.issues), "state": "open", "body": "", "labels": [], "head": head}
        world.forge.issues.append(one)
    assert world.day(UNCHANGED) == ["unchanged: nothing to do."]
    world.day(BREAKING, "second")
    assert [one["number"] for one in world.forge.pulls] == [1, 2, 3]


def test_every_severity_is_counted_in_the_title(world: World) -> None:
    """The title says how much there is of each severity, and nothing of what there is not."""
    report = compared(
        *(changed(Severity.BREAKING, subject=subject) for subject in "ab"),
        changed(Severity.BREAKING, approval="Ada: nobody calls it", subject="c"),
        changed(Severity.WARNING, subject="d"),
        changed(Severity.HARMLESS, subject="e"),
        changed(Severity.HARMLESS, axis=Axis.PROSE, subject="f"),
    )
    world.day(report, "second")
    expected = (
        "Update Voucherify's specification: 2 breaking changes, 1 warning, 1 approved, 1 harmless, 1 in prose"
    )
    assert world.forge.pulls[0]["title"] == expected
    world.day(compared(changed(Severity.HARMLESS, axis=Axis.PROSE)), "third")
    assert world.forge.pulls[0]["title"] == "Update Voucherify's specification: 1 in prose"
