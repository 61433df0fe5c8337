"""This project's own tracking, from a changed document to the pull request: nothing of it stood in for."""

from __future__ import annotations

import base64
import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.scripts.forge_stand_in import REPOSITORY, TOKEN
from tests.scripts.proposals import BRANCH, World, a_world, git
from tests.workflows.running import ROOT, SCHEDULED, TRACK, Run, load

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = (
    *(
        "Makefile",
        "pyproject.toml",
        "requirements",
        "README.md",
        "CHANGELOG.md",
        ".gitignore",
        ".gitattributes",
    ),
    *("openapi", "generated", "scripts", "voucherify_wrapper", "docs", "changelog.d"),
)
"""What tracking needs of this repository, where it is there."""

MAKE = """#!/bin/sh
ln -sfn "{venv}" .venv
[ "$1" = setup ] && exit 0
exec "{make}" --assume-old=.venv/.installed "$@"
"""
"""The real make, with the packages of the Python that runs the tests."""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A forge with a copy of this project; what runs in it is no code whose coverage counts here."""
    for name in [name for name in os.environ if name.startswith("COVERAGE_")]:
        monkeypatch.delenv(name)
    with a_world(tmp_path, monkeypatch) as one:
        clone = one.clone("project")
        git(clone, "rm", "-r", "--quiet", ".")
        for name in PROJECT:
            if (ROOT / name).is_dir():
                shutil.copytree(ROOT / name, clone / name, ignore=shutil.ignore_patterns("__pycache__", ".*"))
            elif (ROOT / name).exists():
                shutil.copy(ROOT / name, clone / name)
        one.commit(clone, "Be this project", "main")
        yield one


def day(world: World, source: Path) -> Run:
    """Run the workflow by hand, with a source."""
    world.days += 1
    folder = world.folder / f"run-{world.days}"
    tools = folder / "tools"
    tools.mkdir(parents=True)
    (tools / "make").write_text(MAKE.format(venv=sys.prefix, make=shutil.which("make")))
    (tools / "make").chmod(0o755)
    environment = {
        **world.forge.environment,
        "GITHUB_TOKEN": "",
        "ARGS": "--no-wrapper-tests",
        "PATH": f"{tools}:{os.environ['PATH']}",
    }
    basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    url, header = f"{world.forge.url}/{REPOSITORY}.git", f"Authorization: Basic {basic}"
    world.forge.writes.clear()
    known = {**SCHEDULED, "inputs.source": str(source)}
    return Run(load(TRACK), folder, url, known, environment, header).go()


def test_a_change_of_the_document_becomes_a_pull_request(world: World, tmp_path: Path) -> None:
    """A new operation becomes a pull request; again it is no news; a page is an issue; then all ends."""
    document: dict[str, Any] = json.loads((ROOT / "openapi" / "vouchers.json").read_bytes())
    source = tmp_path / "upstream.json"
    answers = {"200": {"description": "It lives."}}
    document["paths"]["/v1/pulse"] = {
        "get": {"operationId": "feel-the-pulse", "tags": ["Pulse"], "responses": answers}
    }
    source.write_text(json.dumps(document))
    run = day(world, source)
    [request] = world.forge.pulls
    assert world.forge.names(request) == ["specification", "compatible"]
    assert "/v1/pulse" in request["body"]
    assert "## 🟢 Compatible" in run.summary
    made = git(world.forge.bare, "diff", "--name-only", "main", BRANCH).splitlines()
    assert "generated/voucherify_client/api/pulse/feel_the_pulse.py" in made
    assert {"openapi/vouchers.json", "openapi/spec.lock.json"} <= {*made}
    assert {name.partition("/")[0] for name in made} == {"openapi", "generated", "changelog.d"}

    assert day(world, source).printed["Propose the update"] == "compatible: nothing to do.\n"
    assert world.forge.writes == []

    source.write_text("<!DOCTYPE html><title>Sign in</title>")
    day(world, source)
    [issue] = world.forge.open_issues
    assert world.forge.names(issue) == ["specification", "refused"]
    assert "nothing was changed" in issue["body"]

    shutil.copy(ROOT / "openapi" / "vouchers.json", source)
    day(world, source)
    assert (world.forge.pulls, world.forge.open_issues, world.forge.sha(BRANCH)) == ([], [], "")
