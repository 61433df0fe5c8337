"""What the documents show is what happens: every block of code runs, every command exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import voucherify_wrapper
from voucherify_wrapper import _errors

if TYPE_CHECKING:
    from voucherify_wrapper.sandbox import Sandbox

pytestmark = pytest.mark.unmeasured

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SESSION = "ssn_yQGMTeKBSw8OOuFPwlBEjzGy8d8VA9Ts"  # the key that the README's examples release


def blocks(language: str) -> list[str]:
    """The README's fenced blocks in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


PROGRAMS = [block for block in blocks("python") if "def test_" not in block]


def run(program: str, sandbox: Sandbox, folder: Path) -> str:
    """Run a program in an empty folder, as a user would, and give what it prints."""
    environment = {**os.environ, **sandbox.environment(), "NO_PROXY": "*"}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
def test_the_readmes_programs_run(program: str, voucherify_sandbox: Sandbox, tmp_path: Path) -> None:
    """Each does what its text says, given credentials and a cluster that exist."""
    voucherify_sandbox.lock("2CpRCE2c", SESSION)
    key = f'ApiKey("{voucherify_sandbox.app_id}", "{voucherify_sandbox.app_token}")'
    program = program.replace('ApiKey("your-app-id", "your-app-token")', key)
    program = program.replace("cluster=Cluster.US", f'base_url="{voucherify_sandbox.base_url}"')
    printed = run(program, voucherify_sandbox, tmp_path)

    if SESSION in program:
        assert voucherify_sandbox.released == [("2CpRCE2c", SESSION)]
        assert printed in ("released\n", "204\n")
    else:
        assert printed in ("True 1 None\n", "it had ended before\n", "already_gone True None\n")


def test_the_readmes_tests_pass(tmp_path: Path) -> None:
    """The example of a test suite is one, with the fixture that the package publishes."""
    [suite] = [block for block in blocks("python") if "def test_" in block]
    (tmp_path / "test_shop.py").write_text(suite)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "2 passed" in done.stdout, done.stdout


def test_the_readmes_profiles_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example of a credentials file works."""
    [profiles] = blocks("toml")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    path = tmp_path / "voucherify" / "credentials.toml"
    path.parent.mkdir()
    path.write_text(profiles)
    path.chmod(0o600)
    hosts = {"default": "https://us1.api.voucherify.io", "dedicated": "https://shop.voucherify.example"}
    assert set(tomllib.loads(profiles)) == set(hosts)
    for name, host in hosts.items():
        with voucherify_wrapper.Voucherify(profile=name) as voucherify:
            assert host in repr(voucherify)


def test_the_readme_draws_the_tree_of_exceptions() -> None:
    """The drawing is the module's own, line by line."""
    drawn = [
        line.removeprefix("    ")
        for line in (_errors.__doc__ or "").splitlines()
        if "Error" in line and "─" in line
    ]

    for line in drawn:
        assert f"    {line}" in README


def test_every_make_target_that_is_named_exists() -> None:
    """A command that a document shows is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"`?\bmake ([a-z-]+)", (ROOT / name).read_text(encoding="utf-8")):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{name}: make {target}"


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.stem)
def test_the_examples_run(example: Path) -> None:
    """Each ends well, and says what it did; the demo leaves nothing running."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", f"examples.{example.stem}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout


def test_the_demo_tells_the_whole_story() -> None:
    """Both clients release, and each of the three failures is shown as a caller sees it."""
    done = subprocess.run(
        [sys.executable, "-m", "examples.demo"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.count("→ released, at attempt 1") == 2
    assert done.stdout.count("sessions still open at the server: 0") == 2
    for name in ("SessionNotFoundError", "AuthenticationError", "APITimeoutError", "already_gone"):
        assert name in done.stdout


@pytest.mark.parametrize("name", ["dask_bag", "celery_task"])
def test_the_examples_release_everything_once(name: str) -> None:
    """On several workers with one quota: every session of the file, by four parts."""
    done = subprocess.run(
        [sys.executable, "-m", f"examples.{name}"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "{'released': 300} by 4" in done.stdout
    assert "still open at the server: 0" in done.stdout


def test_the_readmes_commands_work(tmp_path: Path) -> None:
    """What stands there to be typed runs: another document is generated, the sandbox tells its options."""
    (tmp_path / "your.json").write_bytes((ROOT / "openapi" / "vouchers.json").read_bytes())
    typed = re.findall(r"`((?:\.venv/bin/)?python -m [^`]*)`", README)
    assert len(typed) == 2
    for command in typed:
        done = subprocess.run(
            [sys.executable, *command.split()[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "some" / "folder" / "voucherify_client" / "client.py").exists()


def test_the_readmes_extras_are_the_packages() -> None:
    """Each pip command names an extra that exists."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]

    assert set(re.findall(r"pip install '\.\[(\w+)\]'", README)) == set(extras)
