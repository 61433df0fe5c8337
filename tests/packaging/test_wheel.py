"""The wheel works on its own: in an empty environment, with locked dependencies, far from the repository."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from voucherify_wrapper.sandbox import Sandbox

ROOT = Path(__file__).resolve().parents[2]


class Installed(Protocol):
    """Runs Python where the wheel is installed."""

    def __call__(self, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a text of Python, from an empty folder."""
        ...


def must(command: list[str | Path]) -> str:
    """Run a command that has to work, and return what it printed."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the repository as it is."""
    out = tmp_path_factory.mktemp("dist")
    must([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT])
    (built,) = out.iterdir()
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python in an environment of its own that holds the wheel, the locked dependencies and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    pip: list[str | Path] = [
        python,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ]
    must([*pip, "--require-hashes", "--requirement", ROOT / "requirements" / "runtime.txt"])
    must([*pip, "--no-deps", wheel])
    return python


@pytest.fixture
def installed(environment: Path, tmp_path: Path) -> Installed:
    """Run code against the installed wheel, as a user of it would."""
    empty = tmp_path / "empty"
    empty.mkdir()

    def run(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [environment, "-c", code, *arguments],
            cwd=empty, env={**os.environ, "PYTHONPATH": "", "PYTHONWARNINGS": "error"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    return run


def test_wheel_holds_the_two_packages_alone(wheel: Path) -> None:
    """The wheel holds both packages, typed, and its metadata: no tests, scripts, documents or leftovers."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    (metadata,) = tops - {"voucherify_wrapper", "voucherify_client"}
    assert re.fullmatch(r"voucherify_wrapper-.+\.dist-info", metadata)
    assert {"voucherify_wrapper/py.typed", "voucherify_client/py.typed"} <= set(names)
    assert f"{metadata}/licenses/LICENSE" in names
    code = [name for name in names if not name.startswith(metadata)]
    assert [name for name in code if not name.endswith((".py", "/py.typed"))] == []
    assert [name for name in code if "/." in name] == []


def test_wheel_holds_every_module(wheel: Path) -> None:
    """No module of either package is missing from the wheel."""
    kept = {
        path.relative_to(base).as_posix()
        for base, package in ((ROOT, "voucherify_wrapper"), (ROOT / "generated", "voucherify_client"))
        for path in (base / package).rglob("*.py")
    }
    with zipfile.ZipFile(wheel) as archive:
        assert {name for name in archive.namelist() if name.endswith(".py")} == kept


def test_packages_import_far_from_the_repository(installed: Installed) -> None:
    """Both packages import from an empty folder, and come from the environment, with their type markers."""
    done = installed(
        "import json, sys, voucherify_wrapper, voucherify_client\n"
        "from importlib.resources import files\n"
        "names = ['voucherify_wrapper', 'voucherify_client']\n"
        "print(json.dumps({'files': [sys.modules[n].__file__ for n in names],\n"
        "  'typed': [files(n).joinpath('py.typed').is_file() for n in names],\n"
        "  'public': all(hasattr(voucherify_wrapper, n) for n in voucherify_wrapper.__all__),\n"
        "  'path': sys.path}))\n"
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["typed"] == [True, True]
    assert found["public"] is True
    assert [place for place in found["files"] + found["path"] if Path(place).is_relative_to(ROOT)] == []


def test_metadata_is_the_projects(installed: Installed) -> None:
    """Name, version, Python versions, licence, extras and dependencies are what pyproject.toml says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    done = installed(
        "import json, voucherify_wrapper\nfrom importlib.metadata import metadata\n"
        "m = metadata('voucherify-wrapper').json\n"
        "print(json.dumps({**m, 'same': m['version'] == voucherify_wrapper.__version__}))"
    )
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert found["same"] is True
    assert found["name"] == project["name"]
    assert found["requires_python"] == project["requires-python"]
    assert found["license_expression"] == project["license"]
    assert sorted(found["provides_extra"]) == sorted(project["optional-dependencies"])
    needed = {re.split(r"[<>=~! ]", line)[0] for line in found["requires_dist"] if "extra ==" not in line}
    assert needed == {re.split(r"[<>=~! ]", line)[0] for line in project["dependencies"]}


def test_dependencies_are_complete(environment: Path) -> None:
    """The runtime lock satisfies the wheel's metadata, and installs nothing of the extras."""
    assert "No broken requirements" in must(
        [environment, "-m", "pip", "check", "--disable-pip-version-check"]
    )
    listed = json.loads(
        must([environment, "-m", "pip", "list", "--format", "json", "--disable-pip-version-check"])
    )
    names = {entry["name"].lower() for entry in listed}
    assert "voucherify-wrapper" in names
    assert names.isdisjoint({"starlette", "uvicorn", "python-dotenv", "pytest", "openapi-python-client"})


def test_sandbox_without_its_extra_names_it(installed: Installed) -> None:
    """Importing the sandbox where its extra is not installed says which one to install."""
    done = installed("import voucherify_wrapper.sandbox")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("ImportError: ")
    assert "voucherify-wrapper[sandbox]" in done.stderr


def test_the_installed_wheel_releases_a_session(installed: Installed, voucherify_sandbox: Sandbox) -> None:
    """A user's program, with nothing but the wheel, releases a real session with each client."""
    keys = [voucherify_sandbox.lock("SUMMER-10") for _ in range(2)]
    program = (
        "import asyncio, sys\n"
        "from voucherify_wrapper import ApiKey, AsyncVoucherify, Voucherify\n"
        "url, app_id, app_token, first, second = sys.argv[1:]\n"
        "with Voucherify(ApiKey(app_id, app_token), base_url=url) as voucherify:\n"
        "    print(voucherify.release_validation_session('SUMMER-10', first).status)\n"
        "async def main():\n"
        "    async with AsyncVoucherify(ApiKey(app_id, app_token), base_url=url) as voucherify:\n"
        "        print((await voucherify.release_validation_session('SUMMER-10', second)).status)\n"
        "asyncio.run(main())\n"
    )
    sandbox = voucherify_sandbox
    done = installed(program, sandbox.base_url, sandbox.app_id, sandbox.app_token, *keys)

    assert (done.stdout, done.stderr) == ("released\nreleased\n", "")
    assert voucherify_sandbox.released == [("SUMMER-10", key) for key in keys]
