"""The workflows are valid, safe, and name what exists."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workflows.running import ROOT, TRACK, WORKFLOWS, load, steps

EACH = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
TOOLS = Path(sys.executable).parent

NEEDED = {
    ("ci", ""): {"contents": "read"},
    ("track-spec", ""): {},
    ("track-spec", "track"): {"contents": "read"},
    ("track-spec", "propose"): {"contents": "write", "pull-requests": "write", "issues": "write"},
}
"""What each workflow, and each job with a list of its own, may do; and nothing besides."""


def test_both_workflows_are_looked_at() -> None:
    """The workflows that are checked here are those that exist."""
    assert [path.stem for path in WORKFLOWS] == ["ci", "track-spec"]


def test_workflows_keep_to_githubs_schema() -> None:
    """GitHub's own schema of workflows has nothing against them."""
    command = [
        f"{TOOLS}/check-jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
        *map(str, WORKFLOWS),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_is_unsafe_in_workflows() -> None:
    """Zizmor, at its pedantic, finds no injection, no broad right, no loose pin and no kept credentials."""
    command = [f"{TOOLS}/zizmor", "--offline", "--persona=pedantic", "--no-progress", *map(str, WORKFLOWS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@EACH
def test_commands_are_bash(workflow: Path) -> None:
    """Every command that a step runs can be read by bash, and no expression is pasted into it."""
    for _, step in steps(load(workflow)):
        if "run" in step:
            done = subprocess.run(
                ["bash", "-n", "-c", step["run"]], capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
            assert "${{" not in step["run"]


@EACH
def test_actions_are_pinned(workflow: Path) -> None:
    """Every action is named by a whole commit, with its version beside it; the same commit everywhere."""
    text = workflow.read_text(encoding="utf-8")
    pins = re.findall(r"uses: (\S+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$", text, re.MULTILINE)
    assert len(pins) == text.count("uses:")
    everywhere = "".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    for action, commit in pins:
        assert set(re.findall(rf"uses: {action}@(\S+)", everywhere)) == {commit}


@EACH
def test_rights_are_least(workflow: Path) -> None:
    """No workflow and no job may do more than it needs; every job ends, and keeps no credentials."""
    read = load(workflow)
    found = {(workflow.stem, ""): read["permissions"]}
    for name, job in read["jobs"].items():
        assert job["timeout-minutes"] <= 20
        if "permissions" in job:
            found[workflow.stem, name] = job["permissions"]
    assert found == {place: rights for place, rights in NEEDED.items() if place[0] == workflow.stem}
    assert read["concurrency"]["group"]
    for _, step in steps(read):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@EACH
def test_make_targets_exist(workflow: Path) -> None:
    """What a workflow runs with make is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for _, step in steps(load(workflow)):
        for target in re.findall(r"\bmake ([a-z-]+)", step.get("run", "")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_who_runs_strangers_code_may_not_write() -> None:
    """The job that makes and runs code from the vendor's document has no secret and no right to write."""
    read = load(TRACK)
    tracking = [job for job in read["jobs"].values() if "make track" in str(job)]
    [job] = tracking
    assert set(job["permissions"].values()) == {"read"}
    assert "secrets." not in str(job)
    assert "github.token" not in str(job)


def test_it_runs_daily_and_by_hand() -> None:
    """Once a day, at a minute when few others start, and by hand with a source and a dry run."""
    on = load(TRACK)["on"]
    [schedule] = on["schedule"]
    minute, hour, *days = schedule["cron"].split()
    assert int(minute) % 2 == 1
    assert 0 <= int(hour) < 24
    assert days == ["*", "*", "*"]
    assert {name: one["type"] for name, one in on["workflow_dispatch"]["inputs"].items()} == {
        "source": "string",
        "dry-run": "boolean",
    }


def test_a_draft_that_is_marked_ready_is_checked() -> None:
    """What the comment promises: the checks start when a person marks the draft as ready."""
    ci = next(path for path in WORKFLOWS if path.stem == "ci")
    types = load(ci)["on"]["pull_request"]["types"]
    assert {"opened", "synchronize", "reopened", "ready_for_review"} == set(types)
    assert "GITHUB_TOKEN" in TRACK.read_text(encoding="utf-8").partition("\nname:")[0]
