"""The house stands as it is drawn: imports run down one way, and the front door is light."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import voucherify_wrapper

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
WRAPPER = ROOT / "voucherify_wrapper"
FLOORS = [
    ["_client"],
    ["_bulk", "_journal"],
    ["_releases"],
    ["_adapter"],
    ["_session"],
    ["_run"],
    ["_calls"],
    ["_signing"],
    ["_attempts"],
    ["_requests"],
    ["_fast"],
    ["_answers", "_transport", "_foreign", "_config"],
    ["_network", "_routes", "_outgoing", "_incoming", "_sources"],
    ["_credentials", "_credentials_file", "_keyring"],
    ["_tokens", "_clusters", "_policies", "_events", "_pacing"],
    ["_results"],
    ["_errors"],
    ["_rate_limits", "_secrets", "_latest", "_logging", "_runtime", "_version", "_wakes"],
]
"""From the top down; a module imports from lower floors alone."""
FLOORS_OF_CLI = [
    ["_app"],
    ["_doctor", "_profiles", "_release", "_release_many", "_sandbox"],
    ["_asking", "_checkup", "_profiles_file", "_progress", "_reaching", "_run"],
    ["_interrupts", "_masking", "_summary"],
    ["_plan", "_tally"],
    ["_advice", "_bad_rows", "_outcomes", "_pairs"],
    ["_lines", "_values"],
    ["_options", "_output"],
    ["_exits", "_shell", "_streams"],
]
"""The same of the command line, which stands on all the others: the program, its commands, their parts."""


def imported_by(path: Path, *, as_types: bool = True) -> Iterator[str]:
    """Every module, and every name, that a file imports, wherever in it; relative ones made absolute.

    Args:
        path: the file.
        as_types: whether what is imported for type checkers alone counts as well.
    """
    package = [*path.relative_to(ROOT).parts[:-1]]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if not as_types:
        tree.body = [node for node in tree.body if not isinstance(node, ast.If)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *(node.module or "").split(".")]).rstrip(".")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def test_the_wrappers_imports_run_down_one_way() -> None:
    """No module imports from its own floor or from a higher one."""
    floor_of = {name: number for number, names in enumerate(FLOORS) for name in names}
    modules = {path.stem for path in WRAPPER.glob("_*.py")} - {"__init__"}
    assert modules == set(floor_of)
    for name in modules:
        for imported in imported_by(WRAPPER / f"{name}.py"):
            package, _, rest = imported.partition(".")
            if package == "voucherify_wrapper":
                below = rest.split(".")[0]
                assert below in floor_of, f"{name} imports {imported}"
                assert floor_of[below] > floor_of[name], f"{name} imports {below}"


def test_the_command_lines_imports_run_down_one_way() -> None:
    """Commands share their parts, and never import each other or the program; types may be named anywhere."""
    floor_of = {name: number for number, names in enumerate(FLOORS_OF_CLI) for name in names}
    modules = {path.stem for path in (WRAPPER / "cli").glob("_*.py")} - {"__init__", "__main__"}
    assert modules == set(floor_of)
    for name in modules:
        for imported in imported_by(WRAPPER / "cli" / f"{name}.py", as_types=False):
            place, _, rest = imported.partition("voucherify_wrapper.cli.")
            if not place and rest:
                below = rest.split(".")[0]
                assert floor_of[below] > floor_of[name], f"{name} imports {below}"


@pytest.mark.parametrize(
    ("folder", "forbidden"),
    [
        ("voucherify_wrapper", ["scripts", "tests"]),
        ("voucherify_wrapper/sandbox", ["httpx", "voucherify_client", "scripts"]),
        ("scripts", ["voucherify_wrapper", "voucherify_client", "tests"]),
        ("generated", ["voucherify_wrapper", "scripts", "tests"]),
    ],
)
def test_the_packages_keep_apart(folder: str, forbidden: list[str]) -> None:
    """The update and the release meet in generated/ alone."""
    for path in (ROOT / folder).rglob("*.py"):
        for imported in imported_by(path):
            assert imported.split(".")[0] not in forbidden, f"{path} imports {imported}"


def test_the_sandbox_knows_nothing_of_the_wrapper() -> None:
    """What it says is held against the document, not against us."""
    for path in (WRAPPER / "sandbox").glob("*.py"):
        for imported in imported_by(path):
            own = ("voucherify_wrapper", "voucherify_wrapper._version")
            assert not imported.startswith("voucherify_wrapper") or ".sandbox" in imported or imported in own


def test_the_wrappers_tests_run_against_any_client() -> None:
    """Updates run them against a client that is not vendored yet: few look at what is, and none compares."""
    tests = [path for path in ROOT.glob("tests/wrapper/test_*.py") if path.name != Path(__file__).name]

    assert {path.stem for path in tests if "openapi" in path.read_text(encoding="utf-8")} == {
        "test_clusters",
        "test_operations",
    }


def test_one_module_imports_the_generated_client() -> None:
    """What the generator changes is felt in one place."""
    importers = {
        path.name
        for path in WRAPPER.rglob("*.py")
        if any(name.startswith("voucherify_client") for name in imported_by(path))
    }

    assert importers == {"_adapter.py"}


def test_httpx_is_imported_in_few_modules() -> None:
    """Its successor is API-compatible: whoever moves has these to look at."""
    importers = {path.stem for path in WRAPPER.rglob("*.py") for name in imported_by(path) if name == "httpx"}

    assert importers == {
        *("_adapter", "_answers", "_client", "_fast", "_foreign"),
        *("_incoming", "_outgoing", "_requests", "_routes", "_session", "_transport"),
    }


def loaded_after(program: str) -> set[str]:
    """The names of the modules that a fresh process has loaded after a program."""
    code = f"import sys\n{program}\nimport json; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_importing_the_package_loads_next_to_nothing() -> None:
    """No httpx, no attrs, no generated client: the names load when they are used."""
    loaded = loaded_after("import voucherify_wrapper")
    heavy = {
        "httpx",
        "httpcore",
        "attr",
        "attrs",
        "voucherify_client",
        "asyncio",
        "ssl",
        "logging",
        "starlette",
    }

    assert not loaded & heavy
    ours = {name for name in loaded if name.startswith("voucherify_wrapper")}
    assert ours == {"voucherify_wrapper", "voucherify_wrapper._version"}


def test_settings_and_exceptions_load_without_httpx() -> None:
    """Credentials, clusters and exceptions can be named without paying for HTTP."""
    loaded = loaded_after(
        "from voucherify_wrapper import ApiKey, Cluster, VoucherifyError, Timeout, ReleaseResult"
    )

    assert "httpx" not in loaded


def test_the_public_list_is_complete_and_true() -> None:
    """Each name of __all__ loads, says where it is from, and dir() shows it; an unknown one is refused."""
    for name in voucherify_wrapper.__all__:
        assert getattr(voucherify_wrapper, name) is not None
        assert name in dir(voucherify_wrapper)
    with pytest.raises(AttributeError, match="no_such_name"):
        voucherify_wrapper.no_such_name  # noqa: B018 - the access is the test


def test_the_type_checkers_list_is_the_public_list() -> None:
    """What loads lazily and what type checkers read are the same names."""
    tree = ast.parse((WRAPPER / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    names = {alias.name for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}

    assert names | {"__version__"} == set(voucherify_wrapper.__all__)
