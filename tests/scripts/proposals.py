"""Days in the life of a repository that tracks a specification: a clone, an update, and what is done."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from scripts.comparison.changes import Axis, Change, Comparison, Revision
from scripts.comparison.severity import Severity
from scripts.report import write_reports
from scripts.reporting.model import Finding, Report
from tests.scripts.forge_stand_in import REPOSITORY, TOKEN, Forge, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

BRANCH = "track-specification"
PACKAGE = "generated/voucherify_client"
START = {
    ".gitignore": "__pycache__/\nbuild/\nreport/\ngenerated/.*/\n",
    "README.md": "Vouchers.\n",
    "openapi/vouchers.json": "first\n",
    "openapi/spec.lock.json": "etag 0\n",
    "openapi/approvals.toml": "# none yet\n",
    f"{PACKAGE}/__init__.py": "",
    f"{PACKAGE}/first.py": "first = 1\n",
    "voucherify_wrapper/_adapter.py": "uses = 'first'\n",
}


def git(folder: Path, *arguments: str | Path) -> str:
    """Run git in a folder; what it prints."""
    command = ["git", "-C", folder, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def changed(
    severity: Severity, *, axis: Axis = Axis.WIRE, approval: str = "", subject: str = "Voucher"
) -> Change:
    """A change of a severity."""
    return Change(axis, "rule", severity, subject, "It changed.", "It matters.", approval=approval)


def compared(*changes: Change) -> Report:
    """A report of changes."""
    old, new = (Revision(name, "Voucherify", "1", "0" * 64, 1, 1) for name in ("old.json", "new.json"))
    return Report(Comparison(old, new, changes), generated="1 of 1 operations", source="new.json")


UNCHANGED = Report(None)
BREAKING = compared(changed(Severity.BREAKING))
COMPATIBLE = compared(changed(Severity.HARMLESS))


def refused(why: str) -> Report:
    """A report of a refusal."""
    return Report(None, refusals=(Finding(why),), source="new.json")


@dataclass
class World:
    """A forge with one repository, and a folder for clones of it."""

    forge: Forge
    folder: Path
    days: int = field(default=0)

    def start(self) -> World:
        """Make the repository, with its first commit."""
        seed = self.folder / "seed"
        write(seed, START)
        git(self.folder, "init", "--quiet", "--bare", "--initial-branch=main", self.forge.bare)
        git(seed, "init", "--quiet", "--initial-branch=main")
        git(seed, "remote", "add", "origin", self.forge.bare)
        self.commit(seed, "Start", "main")
        return self

    def clone(self, name: str, branch: str = "main") -> Path:
        """Clone the repository as a workflow does: over HTTP, whole, with nothing kept of the token."""
        basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        header = f"http.extraHeader=Authorization: Basic {basic}"
        target = self.folder / name
        git(
            self.folder, "-c", header, "clone", "--quiet", "--branch", branch,
            f"{self.forge.url}/{REPOSITORY}.git", target,
        )  # fmt: skip
        assert basic not in (target / ".git" / "config").read_text()
        return target

    def commit(self, clone: Path, message: str, branch: str) -> str:
        """A person commits everything in a clone, and pushes it."""
        git(clone, "add", "--all")
        git(clone, "commit", "--quiet", "--message", message)
        git(clone, "push", "--quiet", self.forge.bare, f"HEAD:refs/heads/{branch}")
        return git(clone, "rev-parse", "HEAD")

    def person_commits(
        self, files: dict[str, str], message: str = "Mend the adapter", branch: str = BRANCH
    ) -> str:
        """A person commits files to a branch."""
        self.days += 1
        clone = self.clone(f"person-{self.days}", branch)
        write(clone, files)
        return self.commit(clone, message, branch)

    def merge(self, number: int, *, squash: bool = False) -> None:
        """A person merges a pull request, and leaves its branch."""
        self.days += 1
        clone = self.clone(f"merge-{self.days}")
        if squash:
            git(clone, "merge", "--quiet", "--squash", f"origin/{BRANCH}")
            git(clone, "commit", "--quiet", "--message", f"Take #{number} over")
        else:
            git(clone, "merge", "--quiet", "--no-ff", "--message", f"Merge #{number}", f"origin/{BRANCH}")
        git(clone, "push", "--quiet", self.forge.bare, "HEAD:refs/heads/main")
        self.forge.close(number, merged=True)

    def tracked(self, report: Report, document: str = "", *, apart: bool = False) -> tuple[Path, Path]:
        """A day's `make track`: a fresh clone, and the update in it, or in a folder of its own."""
        self.days += 1
        clone = self.clone(f"day-{self.days}")
        update = clone / "build" / "update" if apart else clone
        if apart:
            for name in ("openapi", "generated"):
                shutil.copytree(clone / name, update / name)
        if document:
            (update / PACKAGE / "first.py").unlink(missing_ok=True)
            write(
                update,
                {
                    "openapi/vouchers.json": f"{document}\n",
                    "openapi/spec.lock.json": f"etag {self.days}\n",
                    f"{PACKAGE}/{document}.py": f"{document} = 1\n",
                    f"{PACKAGE}/__pycache__/{document}.pyc": "compiled",
                    "generated/.voucherify_client.new/left.py": "left over",
                    f"changelog.d/{document}.md": f"The specification is {document} now.\n",
                },
            )
        write_reports(report, update / "report")
        return clone, update

    def propose(
        self, clone: Path, *arguments: str | Path, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run the command in a clone."""
        return subprocess.run(
            [sys.executable, "-m", "scripts.propose", *map(str, arguments)],
            cwd=clone,
            env={**os.environ, **self.forge.environment, **environment},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )

    def day(self, report: Report, document: str = "", *arguments: str) -> list[str]:
        """A whole day; what was done, line by line. The first line is the verdict."""
        clone, _ = self.tracked(report, document)
        self.forge.writes.clear()
        done = self.propose(clone, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert git(clone, "rev-parse", "HEAD") == git(clone, "rev-parse", "origin/main")
        assert TOKEN not in done.stdout
        return done.stdout.splitlines()

    def files(self, branch: str = BRANCH) -> dict[str, str]:
        """What a branch of the repository holds."""
        names = git(self.forge.bare, "ls-tree", "-r", "--name-only", branch).splitlines()
        return {name: git(self.forge.bare, "show", f"{branch}:{name}") for name in names}

    def authors(self) -> list[str]:
        """Who committed to the branch beyond the default one, the newest first."""
        return git(self.forge.bare, "log", "--format=%cn", f"main..{BRANCH}").splitlines()


@contextmanager
def a_world(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A forge with a repository, and no git settings of the machine's."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ada@example.org")
    with serving(Forge(folder / "served")) as forge:
        (folder / "clones").mkdir()
        forge.root.mkdir()
        yield World(forge, folder / "clones").start()
