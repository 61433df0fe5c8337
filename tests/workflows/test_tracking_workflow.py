"""The tracking workflow's own steps, run on this machine, against a forge and a bare repository."""

from __future__ import annotations

import base64
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from scripts.report import write_reports
from tests.scripts.forge_stand_in import REPOSITORY, TOKEN
from tests.scripts.proposals import BRANCH, BREAKING, COMPATIBLE, UNCHANGED, World, a_world, refused
from tests.workflows.running import SCHEDULED, TRACK, Run, load

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from scripts.reporting.model import Report

MAKE = """#!{python}
import os, pathlib, shlex, subprocess, sys

target, *settings = sys.argv[1:]
if target == "track":
    planned = pathlib.Path({plan!r})
    subprocess.run(["cp", "-r", f"{{planned}}/.", "."], check=True)
    pathlib.Path("report/source").write_text(os.environ["SOURCE"])
    sys.exit(int(os.environ["TRACKED"]))
elif target == "propose":
    [arguments] = [each.removeprefix("ARGS=") for each in settings]
    sys.exit(subprocess.run([sys.executable, "-m", "scripts.propose", *shlex.split(arguments)]).returncode)
assert target == "setup", target
"""
"""In the place of make: `track` puts a day's update there, `propose` is the real one."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A forge with a repository."""
    with a_world(tmp_path, monkeypatch) as one:
        yield one


def day(
    world: World,
    report: Report | None,
    document: str = "",
    *,
    code: int = 0,
    known: Mapping[str, str | bool | None] = SCHEDULED,
) -> Run:
    """Run the workflow, on a day on which `make track` gives this report and ends with this code."""
    world.days += 1
    folder = world.folder / f"run-{world.days}"
    plan = folder / "plan"
    plan.mkdir(parents=True)
    if document:
        package = plan / "generated" / "voucherify_client"
        package.mkdir(parents=True)
        (package / f"{document}.py").write_text(f"{document} = 1\n")
        (plan / "openapi").mkdir()
        (plan / "openapi" / "vouchers.json").write_text(f"{document}\n")
    if report is not None:
        write_reports(report, plan / "report")
    tools = folder / "tools"
    tools.mkdir()
    (tools / "make").write_text(MAKE.format(python=sys.executable, plan=str(plan)))
    (tools / "make").chmod(0o755)
    basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    environment = {
        **world.forge.environment,
        "GITHUB_TOKEN": "",
        "TRACKED": str(code),
        "PATH": f"{tools}:{os.environ['PATH']}",
    }
    given = {**SCHEDULED, **known}
    world.forge.writes.clear()
    url, header = f"{world.forge.url}/{REPOSITORY}.git", f"Authorization: Basic {basic}"
    return Run(load(TRACK), folder, url, given, environment, header).go()


def proposed(run: Run) -> str:
    """What the last step has printed."""
    return run.printed["Propose the update"]


@pytest.mark.unmeasured
def test_the_whole_story(world: World) -> None:
    """Changed, the same again, changed again, refused, back again: one pull request and one issue in all."""
    run = day(world, BREAKING, "second")
    [request] = world.forge.pulls
    assert request["draft"] is True
    assert "Checks do not start by themselves" in request["body"]
    assert "(https://forge.example/artifacts/report)" in request["body"]
    assert "## 🔴 Breaking" in run.summary
    assert "::error" in run.printed["Show the report"]

    assert proposed(day(world, BREAKING, "second")) == "breaking: nothing to do.\n"
    assert world.forge.writes == []

    day(world, COMPATIBLE, "third")
    assert [one["number"] for one in world.forge.pulls] == [1]
    assert world.files()["openapi/vouchers.json"] == "third"

    day(world, refused("It is an HTML page."), code=2)
    day(world, refused("It is an HTML page."), code=2)
    assert [one["number"] for one in world.forge.open_issues] == [2]
    assert [one["number"] for one in world.forge.pulls] == [1]

    day(world, UNCHANGED)
    assert world.forge.of_kind(pulls=True) == world.forge.of_kind(pulls=False) == []
    assert world.forge.sha(BRANCH) == ""


def test_run_without_a_report_fails(world: World) -> None:
    """When `make track` ends without a report, the workflow fails, and nothing is proposed."""
    with pytest.raises(AssertionError, match="Track the specification"):
        day(world, None, code=2)
    assert world.forge.issues == []


def test_source_is_no_command(world: World) -> None:
    """What somebody types as the source reaches make as it is, whatever it is."""
    source = "$(touch owned) `touch owned` \"; touch owned; ' ${{ github.token }}"
    run = day(world, UNCHANGED, known={"inputs.source": source})
    artifact = run.folder / "artifacts" / "report" / "report"
    assert (artifact / "source").read_text() == source
    assert not [*run.folder.rglob("owned")]


def test_dry_run_by_hand(world: World) -> None:
    """A dry run says what it would do, and does nothing."""
    run = day(world, BREAKING, "second", known={"inputs.dry-run": True})
    assert "- would open a pull request" in proposed(run)
    assert world.forge.writes == []
    assert world.forge.sha(BRANCH) == ""


def test_with_an_apps_token(world: World) -> None:
    """With an app, its token is used, with no more rights than needed, and the pull request is no draft."""
    known = {
        "vars.TRACK_APP_ID": "12345",
        "secrets.TRACK_APP_PRIVATE_KEY": "key",
        "the app's token": TOKEN,
        "github.token": "ghs_weak",
    }
    run = day(world, BREAKING, "second", known=known)
    [request] = world.forge.pulls
    assert request["draft"] is False
    assert "Checks do not start" not in request["body"]
    rights = {name: right for name, right in run.minted.items() if name.startswith("permission-")}
    assert rights == {f"permission-{name}": "write" for name in ("contents", "pull-requests", "issues")}


def test_only_the_second_job_has_the_token(world: World) -> None:
    """Nothing of the token is left in a clone, an artifact, or what is printed."""
    run = day(world, BREAKING, "second")
    basic = base64.b64encode(f"x-access-token:{TOKEN}".encode())
    for path in run.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert TOKEN.encode() not in content
            assert basic not in content
    assert TOKEN not in json.dumps(run.printed)
