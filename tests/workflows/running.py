"""Run a workflow's jobs on this machine: the steps' own text, in the order and with the environment they say.

What GitHub's actions do is done by hand: a checkout is a clone, an artifact is a folder. Expressions are
worked out from what a test gives; one that it does not give is an error.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from tests.scripts.forge_stand_in import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TRACK = ROOT / ".github" / "workflows" / "track-spec.yml"

SCHEDULED = {
    "inputs.source": None,
    "inputs.dry-run": None,
    "vars.TRACK_APP_ID": "",
    "secrets.TRACK_APP_PRIVATE_KEY": "",
    "github.token": TOKEN,
}
"""What the expressions know on a daily run, in a repository without an app."""

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")
_NAME = re.compile(r"'[^']*'|[A-Za-z_][\w-]*(?:\.[\w-]+)+")
_WORDS = {"&&": " and ", "||": " or "}


def load(workflow: Path) -> dict[str, Any]:
    """Read a workflow, as YAML 1.2: `on` is a name there."""
    read: dict[str, Any] = YAML(typ="safe").load(workflow)
    return read


def steps(workflow: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every step, with its job's name."""
    for name, job in workflow["jobs"].items():
        for step in job["steps"]:
            yield name, step


def value(expression: str, known: dict[str, Any]) -> Any:
    """Work an expression out: names, texts, `==`, `!=`, `&&` and `||`, which mean what Python's mean."""

    def named(match: re.Match[str]) -> str:
        return match[0] if match[0].startswith("'") else repr(known[match[0]])

    python = re.sub(r"&&|\|\|", lambda match: _WORDS[match[0]], _NAME.sub(named, expression))
    return eval(python.strip(), {"__builtins__": {}})  # noqa: S307 - the workflow's own text


def filled(text: str, known: dict[str, Any]) -> str:
    """Put the values of a text's expressions into it."""
    return _EXPRESSION.sub(lambda match: str(value(match[1], known) or ""), str(text))


@dataclass
class Run:
    """One run of a workflow.

    Attributes:
        workflow: What it says.
        folder: Where its jobs work.
        url: What is cloned.
        known: What its expressions know: `inputs.source` and so on.
        environment: What its steps have in their environment besides.
        header: The HTTP header that a clone is made with, and does not keep.
        printed: What each named step has printed.
        summary: What the jobs have told in their summaries.
        minted: What the token of an app was asked for.
    """

    workflow: dict[str, Any]
    folder: Path
    url: str
    known: dict[str, Any]
    environment: dict[str, str]
    header: str
    printed: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    minted: dict[str, str] = field(default_factory=dict)

    def go(self) -> Run:
        """Run the jobs in the order that they are written in, which is the order of what they need."""
        done: list[str] = []
        for name, job in self.workflow["jobs"].items():
            needs = job.get("needs", [])
            assert {*([needs] if isinstance(needs, str) else needs)} <= {*done}
            self._job(name, job)
            done.append(name)
        return self

    def _job(self, name: str, job: dict[str, Any]) -> None:
        place = self.folder / name
        for step in job["steps"]:
            if "if" in step and not value(step["if"], self.known):
                self.known |= {f"steps.{step['id']}.outputs.token": ""}
            elif "run" in step:
                self._run(place, step)
            else:
                settings = {key: filled(text, self.known) for key, text in step.get("with", {}).items()}
                self._use(step["uses"].partition("@")[0], place, step, settings)
        for key, text in job.get("outputs", {}).items():
            self.known[f"needs.{name}.outputs.{key}"] = filled(text, self.known)

    def _run(self, place: Path, step: dict[str, Any]) -> None:
        summary = self.folder / "summary"
        environment = {key: filled(text, self.known) for key, text in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=place,
            env={**os.environ, **self.environment, "GITHUB_STEP_SUMMARY": str(summary), **environment},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        self.printed[step["name"]] = done.stdout + done.stderr
        assert done.returncode == 0, f"{step['name']}: {done.stdout}{done.stderr}"
        self.summary = summary.read_text(encoding="utf-8") if summary.exists() else ""

    def _use(self, action: str, place: Path, step: dict[str, Any], settings: dict[str, str]) -> None:
        artifacts = self.folder / "artifacts"
        if action == "actions/checkout":
            depth = [] if settings.get("fetch-depth") == "0" else ["--depth=1"]
            header = f"http.extraHeader={self.header}"
            subprocess.run(
                ["git", "-c", header, "clone", "--quiet", *depth, self.url, str(place)], check=True
            )
        elif action == "actions/upload-artifact":
            for path in settings["path"].split():
                if (place / path).exists():
                    target = artifacts / settings["name"] / path
                    shutil.copytree(place / path, target, ignore=shutil.ignore_patterns(".git"))
            url = f"https://forge.example/artifacts/{settings['name']}"
            self.known[f"steps.{step.get('id')}.outputs.artifact-url"] = url
        elif action == "actions/download-artifact":
            shutil.copytree(artifacts / settings["name"], place / settings["path"])
        elif action == "actions/create-github-app-token":
            self.minted = settings
            self.known[f"steps.{step['id']}.outputs.token"] = self.known["the app's token"]
        else:
            assert action == "actions/setup-python"
