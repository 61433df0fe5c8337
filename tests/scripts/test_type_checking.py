"""Code is type-checked in processes of its own, with a cache that believes nothing unseen."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from scripts.type_checking import Check, Problem, check_types, workspace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that the tests of this module share."""
    return tmp_path_factory.mktemp("cache") / "not" / "yet"


def problems(cache: Path, folder: Path, **texts: str) -> tuple[Problem, ...]:
    """Check the first of some modules, which the others lie beside."""
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    with workspace({f"{name}.py": folder / f"{name}.py" for name in texts}) as made:
        (checked,) = check_types(Check([made / f"{next(iter(texts))}.py"], [made], cache))
    assert checked.refusal == ""
    return checked.problems


WRONG = 'from other import x\ny: str = x\ndef f(a):\n    return a + "" + 1 + x.gone\nreveal_type(x)\n'


def test_errors_have_their_place(cache: Path, tmp_path: Path) -> None:
    """Errors have a file, a line, a kind and a text; of what is imported nothing is told."""
    found = problems(cache, tmp_path, first=WRONG, other='x = 1\nz: int = ""')
    assert [(str(one.file), one.line, one.code) for one in found] == [
        ("first.py", 2, "assignment"),
        ("first.py", 4, "attr-defined"),
    ]
    assert found[1].message == '"int" has no attribute "gone"'


def test_the_cache_believes_no_time_and_no_size(cache: Path, tmp_path: Path) -> None:
    """A module of the same name, size and time with another text is another module."""
    for text, count in (("x = 1", 2), ("x = ''", 1), ("x = 2 ", 2), ("x = 2 ", 2)):
        assert len(problems(cache, tmp_path, first=WRONG, other=text)) == count


USES_MODULE = "from package import module\n"


@pytest.mark.parametrize("name", ["cache", "use.py/none"])
def test_a_module_that_came_to_be(tmp_path: Path, name: str) -> None:
    """Whoever imported a module in vain finds it as soon as it is there, with a cache or without one."""
    file, package = tmp_path / "use.py", tmp_path / "package"
    file.write_text(USES_MODULE)
    package.mkdir()
    (package / "__init__.py").touch()
    with workspace({"use.py": file, "package": package}) as made:
        check = Check([made / "use.py"], [made], tmp_path / name)
        assert len(check_types(check)[0].problems) == 1
        (package / "module.py").write_text("y = 1")
        assert check_types(check)[0].problems == ()


def test_packages_that_are_not_read(cache: Path, tmp_path: Path) -> None:
    """A package that is not to be read is `Any`, whatever is in it; others are read."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("x = 1")
    (tmp_path / "a.py").write_text("import one, other\none.gone\nother.gone\n")
    with workspace({name: tmp_path / name for name in ("a.py", "one", "other")}) as made:
        (checked,) = check_types(Check([made / "a.py"], [made], cache, unread=["one"]))
    assert [one.line for one in checked.problems] == [3]


def test_two_checks_at_the_same_time(cache: Path, tmp_path: Path) -> None:
    """Two checks each have their own result, in their order."""
    (tmp_path / "a.py").write_text("x: int = ''")
    with workspace({"a/b.py": tmp_path / "a.py"}) as made:
        file = [made / "a" / "b.py"]
        found = check_types(
            Check(file, [made], cache), Check(file, [made], cache.with_name("2"), ["--allow-redefinition"]),
        )  # fmt: skip
    assert [[str(one.file) for one in each.problems] for each in found] == [["a/b.py"]] * 2


def test_what_keeps_it_from_checking(cache: Path, tmp_path: Path) -> None:
    """A file that is no Python is told with its place; another reason in the type checker's words."""
    (tmp_path / "a.py").write_text("x = (")
    with workspace({"a.py": tmp_path / "a.py"}) as made:
        (broken,) = check_types(Check([made / "a.py"], [made], cache))
        (absent,) = check_types(Check([made / "b.py"], [made], cache))
        (option,) = check_types(Check([made / "a.py"], [made], cache, ["--no-such"]))
    assert broken.problems[0].file.name == "a.py"
    assert broken.refusal.startswith("the type checker ended with 2: a.py: ")
    assert "b.py" in absent.refusal
    assert "--no-such" in option.refusal


def test_nobodys_settings_count(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither settings in the working folder nor those in the environment change what is found."""
    (tmp_path / "mypy.ini").write_text("[mypy]\nignore_errors = true\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MYPYPATH", "/nowhere")
    monkeypatch.setenv("MYPY_CONFIG_FILE_DIR", "/nowhere")
    assert len(problems(cache, tmp_path, first="x: int = ''")) == 1


def test_without_a_cache(tmp_path: Path) -> None:
    """Where no cache can be kept, the check is made all the same."""
    (tmp_path / "file").touch()
    assert len(problems(tmp_path / "file" / "cache", tmp_path, first="x: int = ''")) == 1


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("exit 9", "9: it said nothing"),
        ("echo INTERNAL ERROR; echo why >&2; exit 7", "7: why INTERNAL ERROR"),
    ],
)
def test_type_checker_that_breaks(does: str, told: str, tmp_path: Path) -> None:
    """A type checker that ends without a word, or in the midst of one, is no success."""
    program = (
        "import sys, pathlib\n"
        "from scripts.type_checking import Check, check_types\n"
        f"sys.executable = {str(tmp_path / 'python')!r}\n"
        f"print(check_types(Check([], [], pathlib.Path({str(tmp_path)!r})))[0].refusal)"
    )
    (tmp_path / "python").write_text(f"#!/bin/sh\n{does}\n", encoding="utf-8")
    (tmp_path / "python").chmod(0o755)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"the type checker ended with {told}\n"
