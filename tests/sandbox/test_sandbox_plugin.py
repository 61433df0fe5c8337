"""The pytest plugin, in a pytest run of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def run(folder: Path, test: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run pytest with the plugin, and no other, over one test file."""
    (folder / "test_it.py").write_text(textwrap.dedent(test))
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\nfilterwarnings = error\n")
    path = os.pathsep.join([str(folder), str(PROJECT)])
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "voucherify_wrapper.pytest_plugin",
            "-p",
            "no:cacheprovider",
            *arguments,
        ],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_test_has_its_own_sandbox(tmp_path: Path) -> None:
    """The fixture is a running sandbox of the test's own, stopped afterwards."""
    result = run(
        tmp_path,
        """
        import socket

        seen = []

        def test_one(voucherify_sandbox):
            assert voucherify_sandbox.lock("2CpRCE2c", "k") == "k"
            seen.append(voucherify_sandbox)

        def test_two(voucherify_sandbox):
            assert voucherify_sandbox.sessions("2CpRCE2c") == []
            (first,) = seen
            assert voucherify_sandbox is not first
            port = int(first.base_url.rpartition(":")[2])
            with socket.socket() as client:
                assert client.connect_ex(("127.0.0.1", port)) != 0
            port = int(voucherify_sandbox.base_url.rpartition(":")[2])
            with socket.socket() as client:
                assert client.connect_ex(("127.0.0.1", port)) == 0
        """,
    )
    assert result.returncode == 0, result.stdout
    assert "2 passed" in result.stdout


def test_the_marker_holds_settings(tmp_path: Path) -> None:
    """Settings of test, class and module come together, the nearest first."""
    result = run(
        tmp_path,
        """
        import pytest

        pytestmark = pytest.mark.voucherify_sandbox(app_id="module", app_token="module")

        @pytest.mark.voucherify_sandbox(app_token="class")
        class TestIt:
            @pytest.mark.voucherify_sandbox(vouchers={"A": 2})
            def test_it(self, voucherify_sandbox):
                assert voucherify_sandbox.app_id == "module"
                assert voucherify_sandbox.app_token == "class"
                assert voucherify_sandbox.sessions("A") == []
        """,
    )
    assert result.returncode == 0, result.stdout


def test_a_marker_without_names_is_refused(tmp_path: Path) -> None:
    """A setting without its name fails the test with a plain word."""
    result = run(
        tmp_path,
        """
        import pytest

        @pytest.mark.voucherify_sandbox({"A": 2})
        def test_it(voucherify_sandbox): ...
        """,
    )
    assert result.returncode == 1
    assert "takes settings by name only" in result.stdout
    assert "Traceback" not in result.stdout


def test_the_marker_is_known(tmp_path: Path) -> None:
    """`pytest --markers` shows it."""
    assert "@pytest.mark.voucherify_sandbox(**settings)" in run(tmp_path, "", "--markers").stdout


def test_a_missing_extra_fails_the_test(tmp_path: Path) -> None:
    """Without Starlette a test that asks for the sandbox fails, says what to install, and others run."""
    (tmp_path / "starlette.py").write_text("raise ImportError('no such thing here')")
    result = run(
        tmp_path,
        """
        def test_with(voucherify_sandbox): ...

        def test_without(): ...
        """,
    )
    assert result.returncode == 1
    assert "pip install 'voucherify-wrapper[sandbox]'" in result.stdout
    assert "1 passed, 1 error" in result.stdout


def test_the_plugin_is_light(tmp_path: Path) -> None:
    """A run that does not use the fixture does not load the sandbox."""
    result = run(
        tmp_path,
        """
        import sys

        def test_it():
            assert "voucherify_wrapper.pytest_plugin" in sys.modules
            assert not {"starlette", "uvicorn", "voucherify_wrapper.sandbox"} & set(sys.modules)
        """,
    )
    assert result.returncode == 0, result.stdout
