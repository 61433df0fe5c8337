"""Somebody's project is found whole, as its imports see it, and without what is not its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from scripts.command import UnusableInputError
from scripts.projects import read_project


def make(folder: Path, *files: str, **texts: str) -> Path:
    """Make empty files, and some with a text."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    for file, text in texts.items():
        (folder / file.replace("__", ".")).write_text(text, encoding="utf-8")
    return folder


def checked(project: Path) -> list[dict[str, str]]:
    """Tell what is checked under which names, layout by layout."""
    layouts = read_project(project).layouts
    return [{str(name): str(file) for name, file in layout.files.items()} for layout in layouts]


def test_files_of_its_own(tmp_path: Path) -> None:
    """Hidden folders, environments, caches and copies of the client are no code of the project's own."""
    left_out = [".hidden/a.py", "env/pyvenv.cfg", "env/a.py", "__pycache__/a.py", "node_modules/a.py"]
    left_out += [
        "lib/site-packages/a.py",
        "generated/voucherify_client/client.py",
        "notes.txt",
        "types.pyi",
        "a\nb.py",
        "c\nd/a.py",
    ]
    project = make(tmp_path, "a.py", "b/__init__.py", "b/c.py", *left_out)
    (tmp_path / "broken.py").symlink_to(tmp_path / "gone.py")
    assert checked(project) == [{"a.py": "a.py", "b/__init__.py": "b/__init__.py", "b/c.py": "b/c.py"}]


def test_source_layouts(tmp_path: Path) -> None:
    """What lies in `src` is imported without it; stubs lie beside it, and its plain place works as well."""
    project = make(tmp_path, "src/app/__init__.py", "src/app/a.py", "src/app/b.pyi", "tests/test_a.py")
    (layout,) = read_project(project).layouts
    assert set(map(str, layout.files)) == {"app/__init__.py", "app/a.py", "tests/test_a.py"}
    assert {"app/a.py", "app/b.pyi", "src/app/a.py"} <= set(layout.links)
    assert layout.links["app/a.py"] == tmp_path.resolve() / "src" / "app" / "a.py"


def test_a_package_called_src(tmp_path: Path) -> None:
    """A folder `src` that is a package is imported as one."""
    assert checked(make(tmp_path, "src/__init__.py", "src/a.py")) == [
        {"src/__init__.py": "src/__init__.py", "src/a.py": "src/a.py"}
    ]


def test_modules_of_one_name(tmp_path: Path) -> None:
    """Scripts in folders that are no packages may be called alike; each is checked, one after the other."""
    project = make(tmp_path, "svc-a/main.py", "svc-b/main.py", "svc-b/main-2.py", "x/main.py")
    assert checked(project) == [
        {"main.py": "svc-a/main.py", "main-2.py": "svc-b/main-2.py", "x/main.py": "x/main.py"},
        {"main.py": "svc-b/main.py"},
    ]


def test_part_of_a_package(tmp_path: Path) -> None:
    """A folder within a package is checked alone, and may import what lies around it."""
    make(
        tmp_path,
        "a/__init__.py",
        "a/b/__init__.py",
        "a/b/c.py",
        "a/d.py",
        "e.py",
        "f/__init__.py",
        "g/x.py",
        "h.txt",
    )
    (layout,) = read_project(tmp_path / "a" / "b").layouts
    assert set(map(str, layout.files)) == {"a/b/__init__.py", "a/b/c.py"}
    assert set(layout.links) == {"a/__init__.py", "a/b/__init__.py", "a/b/c.py", "a/d.py", "e.py", "f"}


def test_single_files(tmp_path: Path) -> None:
    """A file is checked alone, whatever it is called, and may import what lies beside it."""
    make(tmp_path, "a.py", "tool", "p/__init__.py", "p/x.py", "voucherify_client/__init__.py")
    assert checked(tmp_path / "tool") == [{"tool": "tool"}]
    assert checked(tmp_path / "p" / "x.py") == [{"p/x.py": "p/x.py"}]
    (layout,) = read_project(tmp_path / "a.py").layouts
    assert set(layout.links) == {"a.py", "p"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "mypy__ini",
            "[mypy]\nexclude = ^old/\nmypy_path = lib, ${NOWHERE}x:$MYPY_CONFIG_FILE_DIR/../more\n",
        ),
        ("_mypy__ini", "[mypy]\nexclude = old\nmypy_path = lib:../more\n"),
        ("setup__cfg", "[mypy]\nexclude = (^|/)old/\nmypy_path = lib:../more\n"),
        ("pyproject__toml", "[tool.mypy]\nexclude = ['old/a', '']\nmypy_path = ['lib', '../more', 7]\n"),
        ("pyproject__toml", "[tool.mypy]\nexclude = 'old/a'\nmypy_path = 'lib,../more'\n"),
    ],
)
def test_settings_of_its_own(name: str, text: str, tmp_path: Path) -> None:
    """What a project leaves out for mypy is left out, and its imports start where it says."""
    make(tmp_path, "p/a.py", "p/old/a.py", "p/lib/b.py", "more/c.py", "p/sub/d.py", "p/.git/x")
    make(tmp_path / "p", **{name.replace("_mypy", "__mypy"): text})
    found = read_project(tmp_path / "p")
    (layout,) = found.layouts
    assert set(map(str, layout.files)) == {"a.py", "b.py", "sub/d.py"}
    assert "old/a.py" in layout.links
    assert found.path == (tmp_path.resolve() / "more",)
    assert [*map(str, read_project(tmp_path / "p" / "sub").files)] == ["d.py"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyproject__toml", "[tool.black]\n"),
        ("pyproject__toml", "tool = 7\n"),
        ("pyproject__toml", "[tool]\nmypy = 7\n"),
        ("pyproject__toml", "not = = toml"),
        ("setup__cfg", "[metadata]\nname = x\n"),
        ("mypy__ini", "no section"),
        ("mypy__ini", "[mypy]\nstrict = true\n"),
    ],
)
def test_settings_that_say_nothing(name: str, text: str, tmp_path: Path) -> None:
    """Other tools' settings, and files that nobody can read, change nothing."""
    project = make(tmp_path, "a.py", ".git/x", **{name: text})
    assert checked(project) == [{"a.py": "a.py"}]


def test_settings_that_are_wrong(tmp_path: Path) -> None:
    """What cannot be left out as it is written is named with its file."""
    project = make(tmp_path, "a.py", mypy__ini="[mypy]\nexclude = *.py\n")
    with pytest.raises(UnusableInputError, match=r"mypy\.ini: `exclude` holds '\*\.py', which is no regular"):
        read_project(project)


@pytest.mark.parametrize(
    ("name", "why"),
    [("gone", "does not exist"), ("empty", "holds no Python file"), ("empty/../empty", "holds no")],
)
def test_no_project(name: str, why: str, tmp_path: Path) -> None:
    """A folder that is not there, or has no Python, is refused with a word."""
    make(tmp_path, "empty/readme.txt", "empty/types.pyi")
    with pytest.raises(UnusableInputError, match=why):
        read_project(tmp_path / name)


def test_names_are_those_that_were_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are named from where the user stands, through links and from within packages too."""
    make(tmp_path, "p/__init__.py", "p/q/__init__.py", "p/q/a.py")
    (tmp_path / "link").symlink_to(tmp_path / "p")
    monkeypatch.chdir(tmp_path)
    for given, file, shown in [
        ("p", "p/q/a.py", "p/q/a.py"),
        ("p/q", "p/q/a.py", "p/q/a.py"),
        ("link", "p/q/a.py", "link/q/a.py"),
        ("p/q/a.py", "p/q/a.py", "p/q/a.py"),
        (".", "p/q/a.py", "p/q/a.py"),
    ]:
        assert os.path.normpath(read_project(Path(given)).shown(Path(file))) == shown
