"""Somebody's Python project: its files, where its imports start, and how a copy of it would look.

The copy leaves out what is not the project's own code: environments, caches, and a generated client that lies
in it, which would be found before the one that is to be checked against.
"""

from __future__ import annotations

import configparser
import os
import re
import tomllib
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scripts.command import UnusableInputError
from scripts.type_checking import CLIENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LEFT_OUT = frozenset({"__pycache__", "node_modules", "site-packages", CLIENT})
_SOURCES = "src"
"""A folder of this name is no package; what is in it is imported without it."""
_ENDINGS = (".py", ".pyi")
_SETTINGS = (("mypy.ini", "mypy"), (".mypy.ini", "mypy"), ("pyproject.toml", "mypy"), ("setup.cfg", "mypy"))


@dataclass(frozen=True)
class Settings:
    """What counts of a project's own settings for mypy.

    Attributes:
        folder: Where they stand.
        path: Where imports start.
        exclude: What is left out: regular expressions that are searched in paths from that folder.
    """

    folder: Path
    path: tuple[Path, ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()

    def leaves_out(self, file: Path) -> bool:
        """Tell whether a file, or a folder that it lies in, is left out."""
        steps = Path(os.path.relpath(file, self.folder)).parts
        names = ["/".join(steps[:count]) + "/" for count in range(1, len(steps))] + ["/".join(steps)]
        return any(pattern.search(name) for pattern in self.exclude for name in names)


@dataclass(frozen=True)
class Layout:
    """How files of a project stand in a copy of it: by the names that they are imported by.

    Attributes:
        files: The files to check, by their path in the copy.
        links: Where everything in the copy leads, by its path there.
    """

    files: dict[Path, Path]
    links: dict[str, Path]


@dataclass(frozen=True)
class Project:
    """A project's code.

    Attributes:
        given: The file or folder, as it was named.
        root: The folder that it lies in for its imports; a real path.
        files: The files to check, relative to it.
        others: What these may import besides, relative to it: files, and whole packages.
        starts: Where imports start, relative to it.
        path: Where imports start outside of it.
    """

    given: Path
    root: Path
    files: tuple[Path, ...]
    others: tuple[Path, ...]
    starts: frozenset[Path]
    path: tuple[Path, ...]

    def shown(self, file: Path) -> str:
        """Name a file of the project as its owner would."""
        if not self.given.is_dir():
            return str(self.given)
        return str(self.given / os.path.relpath(self.root / file, os.path.realpath(self.given)))

    @property
    def layouts(self) -> Iterator[Layout]:
        """The files to check; as two modules of one name cannot be checked together, in several layouts."""
        named: defaultdict[Path, list[Path]] = defaultdict(list)
        for file in self.files:
            named[self._imported_as(file)].append(file)
        for number in range(max(map(len, named.values()))):
            files = {name: found[number] for name, found in named.items() if number < len(found)}
            # Where imports start is a guess; a file can be imported by its plain place as well.
            others = {self._imported_as(file): file for file in (*self.others, *self.files)}
            plain = {file: file for file in (*self.others, *self.files)}
            yield Layout(files, _links({**plain, **others, **files}, self.root))

    def _imported_as(self, file: Path) -> Path:
        """Return a file's path from where imports start, or from a folder that is named as no package is."""
        folder, path = file.parent, Path(file.name)
        while folder not in self.starts and folder.name.isidentifier():
            folder, path = folder.parent, folder.name / path
        return path


def _links(placed: dict[Path, Path], root: Path) -> dict[str, Path]:
    """Return links for files by their places, those aside whose folder would be another one's link."""
    return {
        str(place): root / file
        for place, file in placed.items()
        if not any(parent in placed for parent in place.parents)
    }


def read_project(given: Path) -> Project:
    """Find a project's files.

    Args:
        given: A file or a folder.

    Returns:
        The project.

    Raises:
        UnusableInputError: It does not exist, or holds no Python.
    """
    real = Path(os.path.realpath(given))
    if not real.exists():
        raise UnusableInputError(f"{given} does not exist; name a Python file, or a folder with some.")
    root = real if real.is_dir() else real.parent
    while (root / "__init__.py").is_file():
        root = root.parent
    settings = _settings(real if real.is_dir() else real.parent)
    if real == root:
        found, others = [*_walk(root)], []
    else:
        inner = root / real.relative_to(root).parts[0]
        found = [*_walk(inner)] if inner.is_dir() else [inner]
        others = [one for one in sorted(root.iterdir()) if one != inner and _is_importable(one)]
    own = [one for one in found if one == real or real in one.parents]
    files = [one for one in own if (one.suffix == ".py" and not settings.leaves_out(one)) or one == real]
    if not files:
        raise UnusableInputError(f"{given} holds no Python file to check.")
    inside = [one.relative_to(root) for one in settings.path if one.is_relative_to(root)]
    return Project(
        given,
        root,
        tuple(one.relative_to(root) for one in files),
        tuple(one.relative_to(root) for one in [*others, *found] if one not in {*files}),
        frozenset([Path(), *_sources(found, root), *inside]),
        tuple(one for one in settings.path if not one.is_relative_to(root)),
    )


def _walk(folder: Path) -> Iterator[Path]:
    """Yield a project's Python files, in order.

    What is in environments and hidden folders is not its own; a name that holds a line's end is no module's.
    """
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = sorted(name for name in folders if not _is_left_out(here / name))
        yield from (here / name for name in sorted(files) if _is_module(here / name))


def _is_module(file: Path) -> bool:
    return file.suffix in _ENDINGS and file.name.isprintable() and file.is_file()


def _is_left_out(folder: Path) -> bool:
    hidden = folder.name.startswith(".") or not folder.name.isprintable()
    return hidden or folder.name in _LEFT_OUT or (folder / "pyvenv.cfg").exists()


def _is_importable(path: Path) -> bool:
    if path.is_dir():
        return (path / "__init__.py").is_file() and not _is_left_out(path)
    return _is_module(path)


def _sources(files: Sequence[Path], root: Path) -> Iterator[Path]:
    """Yield the folders called `src` that are no packages."""
    for folder in {folder for file in files for folder in file.parents if folder.is_relative_to(root)}:
        if folder.name == _SOURCES and not (folder / "__init__.py").exists():
            yield folder.relative_to(root)


# The project's own settings


def _settings(folder: Path) -> Settings:
    """Read the nearest settings for mypy, where mypy would look for them."""
    for place in (folder, *folder.parents):
        for name, section in _SETTINGS:
            given = _section(place / name, section)
            if given is not None:
                return Settings(place, tuple(_path(given, place)), tuple(_exclude(given, place / name)))
        if (place / ".git").exists():
            break
    return Settings(folder)


def _section(file: Path, section: str) -> dict[str, Any] | None:
    """Return mypy's part of a file, or None where there is none that can be read."""
    if not file.is_file():
        return None
    with suppress(OSError, ValueError, configparser.Error):
        if file.suffix == ".toml":
            tool = tomllib.loads(file.read_text(encoding="utf-8")).get("tool")
            found = tool.get(section) if isinstance(tool, dict) else None
            return found if isinstance(found, dict) else None
        parser = configparser.RawConfigParser()
        parser.read_string(file.read_text(encoding="utf-8"))
        return dict(parser[section]) if section in parser else None
    return None


def _path(given: dict[str, Any], folder: Path) -> Iterator[Path]:
    for entry in _texts(given.get("mypy_path"), "[,:]"):
        meant = os.path.expandvars(entry.replace("$MYPY_CONFIG_FILE_DIR", str(folder)))
        found = folder / Path(meant).expanduser()
        if found.is_dir():
            yield Path(os.path.realpath(found))


def _exclude(given: dict[str, Any], file: Path) -> Iterator[re.Pattern[str]]:
    for pattern in _texts(given.get("exclude"), None):
        try:
            yield re.compile(pattern)
        except re.error as error:
            raise UnusableInputError(
                f"{file}: `exclude` holds {pattern!r}, which is no regular expression: {error}."
            ) from error


def _texts(value: Any, separators: str | None) -> list[str]:  # noqa: ANN401 - any value of a settings file
    """Return the texts of a setting that is a list, or one text with separators."""
    if isinstance(value, str):
        value = re.split(separators, value) if separators else [value]
    texts = [one.strip() for one in value if isinstance(one, str)] if isinstance(value, list) else []
    return [one for one in texts if one]
