"""Changes the credentials file: one command at a time, whole or not at all, and nothing else is lost."""

from __future__ import annotations

import os
import re
import shlex
import sqlite3
import stat
import tempfile
import tomllib
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voucherify_wrapper._credentials_file import profiles_in, status_of, text_of
from voucherify_wrapper._errors import ConfigurationError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LOCK_SECONDS = 5.0
_HEADER = re.compile(r"""\s*\[\s*(?:"([^"\\]*)"|'([^']*)'|([\w-]+))\s*\]\s*(?:#.*)?""", re.ASCII)
_WHAT = "the credentials file"


def read_profiles(path: Path) -> Mapping[str, Any]:
    """Read the file as every command does; nothing where there is none yet.

    Raises:
        ConfigurationError: it cannot be read, is no TOML, or others have access to it.
    """
    return {} if status_of(path) is None else profiles_in(text_of(path, _WHAT, private=True), path)


def read_profiles_to_change(path: Path) -> Mapping[str, Any]:
    """Read what a change would start from.

    Raises:
        ConfigurationError: the file cannot be read, is no TOML, or is not safe to change.
    """
    _must_be_safe(path.parent, is_link_fine=True, loose=0o022, mode="700")
    _must_be_safe(path, is_link_fine=False, loose=0o077, mode="600")
    return read_profiles(path)


def keep_profile(path: Path, name: str, table: Mapping[str, str], *, replace: bool) -> Mapping[str, Any]:
    """Write a profile.

    Args:
        path: the credentials file.
        name: the profile's name.
        table: its keys.
        replace: whether it may take the place of one with this name.

    Returns:
        What the file had before.

    Raises:
        ConfigurationError: the file cannot be changed.
        UsageError: there is such a profile, and it is not to be replaced.
    """
    with _locked(path):
        before = read_profiles_to_change(path)
        if name in before and not replace:
            raise UsageError(f"There is a profile {name!r} already; --force replaces it.")
        _write(path, before, name, table)
    return before


def drop_profile(path: Path, name: str) -> None:
    """Remove a profile, if it is there.

    Raises:
        ConfigurationError: the file cannot be changed.
    """
    with _locked(path):
        before = read_profiles_to_change(path)
        if name in before:
            _write(path, before, name, None)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other commands from changing the file, by a lock that ends with the process on every system."""
    folder, problem = path.parent, None
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = folder / "credentials.lock"
        os.close(os.open(lock, os.O_CREAT | os.O_WRONLY, 0o600))
        connection = sqlite3.connect(lock, timeout=_LOCK_SECONDS, isolation_level=None)
    except (OSError, sqlite3.Error) as error:
        problem = f"{folder} cannot be written to ({error})."
    if problem:
        raise ConfigurationError(problem)
    try:
        try:
            connection.execute("PRAGMA journal_mode = MEMORY")  # nothing is ever written
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            raise ConfigurationError(
                f"{path} cannot be changed now ({error}). Perhaps another command is changing it; try again "
                "when that has ended."
            ) from None
        yield
    finally:
        connection.close()


def _must_be_safe(path: Path, *, is_link_fine: bool, loose: int, mode: str) -> None:
    """Refuse to change what others could have a hand in."""
    try:
        status = path.stat() if is_link_fine else path.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be reached ({error.strerror}).") from None
    owner = getattr(os, "geteuid", lambda: status.st_uid)()
    quoted = shlex.quote(str(path))
    problems = {
        "is a symbolic link, which a change would replace. Change the file that it leads to by hand, or "
        f"move that here: mv {shlex.quote(str(path.resolve()))} {quoted}": stat.S_ISLNK(status.st_mode),
        f"belongs to another user. Work as that user, or take it over: sudo chown $(id -u) {quoted}": (
            status.st_uid != owner
        ),
        f"can be read or changed by other users. Run: chmod {mode} {quoted}": (
            os.name == "posix" and bool(status.st_mode & loose)
        ),
    }
    for problem, is_one in problems.items():
        if is_one:
            raise ConfigurationError(f"{path} {problem}")


def _write(path: Path, before: Mapping[str, Any], name: str, table: Mapping[str, str] | None) -> None:
    text = text_of(path, _WHAT, private=True) if path.exists() else ""
    after = {key: value for key, value in before.items() if key != name}
    new = _edited(text, name, table, after if table is None else {**after, name: dict(table)})
    if new is None:
        raise ConfigurationError(
            f"{path} cannot be changed without losing something of it; nothing was changed. "
            f"Change the table [{name}] by hand."
        )
    try:
        _replace(path, new)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written ({error.strerror}).") from None


def _replace(path: Path, text: str) -> None:
    """Put a new file in the old one's place in one step; it is for its owner alone from its first byte."""
    descriptor, made = tempfile.mkstemp(prefix=".credentials-", dir=path.parent)
    try:
        with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - a descriptor, no path
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(made).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(made).unlink()
        raise


def _edited(text: str, name: str, table: Mapping[str, str] | None, wanted: Mapping[str, Any]) -> str | None:
    """Change the text so that it means what is wanted; None where no way of editing does."""
    try:
        import tomlkit  # noqa: F401, PLC0415 - asked for here, as below its absence is one failure of many
    except ImportError:
        raise ConfigurationError(
            "Changing profiles needs tomlkit: pip install 'voucherify-wrapper[cli]'."
        ) from None
    for edit in (_edit_of_block, _edit_of_whole):
        try:
            new = edit(text, name, table)
            if tomllib.loads(new) == wanted:
                return new
        except Exception:  # noqa: BLE001, S112 - tomlkit fails in many ways at what is rare in TOML
            continue
    return None


def _edit_of_block(text: str, name: str, table: Mapping[str, str] | None) -> str:
    """Change the lines from a table's header to the next one, and leave every other line as it is.

    Tomlkit alone would take the comments above the next header for the end of this table.
    """
    lines = re.split(r"(?<=\n)", text)  # as TOML counts them; there are more in Unicode
    headers = [number for number, line in enumerate(lines) if line.lstrip().startswith("[")]
    found = [number for number in headers if name in _named_by(lines[number])]
    if not found:
        gap = "" if not text or text.endswith("\n\n") else "\n" if text.endswith("\n") else "\n\n"
        return f"{text}{gap}{_block(name, table)}"
    start = found[0]
    end = next((number for number in headers if number > start), len(lines))
    while end > start + 1 and lines[end - 1].lstrip()[:1] in ("#", ""):
        end -= 1  # what stands above the next header belongs to that
    block = "".join(lines[start:end])
    edited = "" if table is None else _edit_of_whole(block, name, table)
    return "".join([*lines[:start], edited, *lines[end:]])


def _named_by(line: str) -> tuple[str | None, ...]:
    header = _HEADER.fullmatch(line.rstrip("\r\n"))
    return header.groups() if header else ()


def _block(name: str, table: Mapping[str, str] | None) -> str:
    from tomlkit import dumps  # noqa: PLC0415 - takes its time, which no other command has to give

    return "" if table is None else dumps({name: dict(table)})


def _edit_of_whole(text: str, name: str, table: Mapping[str, str] | None) -> str:
    from tomlkit import dumps, parse  # noqa: PLC0415 - as above

    document = parse(text)
    if table is None:
        del document[name]
    else:
        profile: Any = document[name]
        for key, value in table.items():
            profile[key] = value
        for key in [key for key in profile if key not in table]:
            del profile[key]
    return dumps(document)
