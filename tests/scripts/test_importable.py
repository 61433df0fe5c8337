"""Modules that do not import are found, each cause once."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from scripts import importable

if TYPE_CHECKING:
    from pathlib import Path


def causes(folder: Path, **modules: str) -> list[str]:
    """Write a package with these modules, and list why some do not import."""
    package = folder / "voucherify_client"
    package.mkdir()
    (package / "__init__.py").touch()
    for name, text in modules.items():
        (package / f"{name}.py").write_text(text)
    command = [sys.executable, "-I", "-B", importable.__file__, str(folder), package.name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout)
    assert isinstance(found, list)
    return found


def test_modules_that_import(tmp_path: Path) -> None:
    """A package whose modules all import has no findings, and no compiled files are left in it."""
    assert causes(tmp_path, a="from . import b", b="import httpx, attrs") == []
    assert not list(tmp_path.rglob("__pycache__"))


def test_each_cause_is_named_once(tmp_path: Path) -> None:
    """A broken module is named with its line and its reason, and those that need it add nothing."""
    found = causes(tmp_path, a="from . import b", b="\nfrom .gone import x", c="from . import b")
    assert found == [
        "voucherify_client/b.py, line 2: ModuleNotFoundError: No module named 'voucherify_client.gone'"
    ]


def test_any_kind_of_end_is_found(tmp_path: Path) -> None:
    """Whatever a module raises is found, also what would end the process."""
    found = causes(tmp_path, a="raise SystemExit(3)", b="1 / 0")
    assert found == [
        "voucherify_client/a.py, line 1: SystemExit: 3",
        "voucherify_client/b.py, line 1: ZeroDivisionError: division by zero",
    ]


def test_module_that_no_import_reaches(tmp_path: Path) -> None:
    """A module that the import system cannot name is found under its own name."""
    (tmp_path / "voucherify_client").mkdir()
    (tmp_path / "voucherify_client" / "a.b.py").touch()
    command = [sys.executable, "-I", "-B", importable.__file__, str(tmp_path), "voucherify_client"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [
        "voucherify_client.a.b: ModuleNotFoundError: No module named 'voucherify_client.a'"
    ]


def test_modules_that_do_not_compile(tmp_path: Path) -> None:
    """What Python refuses or warns about when it compiles a module is found with its place, once."""
    texts = {"a": "def", "b": "from . import a", "c": "'\\d'", "d": "x = 1\0", "e": "-" * 100_000 + "1"}
    found = causes(tmp_path, **texts)
    assert [line.split(":")[0].split(",")[0] for line in found] == [
        f"voucherify_client/{name}.py" if name in "ac" else f"voucherify_client.{name}" for name in "acde"
    ]
    assert found[0].startswith("voucherify_client/a.py, line 1: SyntaxError: ")


def test_names_that_load_late(tmp_path: Path) -> None:
    """A module that loads its public names when they are asked for is asked for each of them."""
    late = "__all__ = ['Here', 'Gone']\ndef __getattr__(name):\n    return {'Here': 1}[name]"
    assert causes(tmp_path, a=late) == ["voucherify_client/a.py, line 3: KeyError: 'Gone'"]
