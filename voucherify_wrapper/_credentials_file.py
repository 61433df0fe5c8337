"""The user's credentials file: where it lies, and what it takes to be read. It holds profiles, as TOML."""

from __future__ import annotations

import os
import shlex
import stat
import tomllib
from typing import TYPE_CHECKING, Any

from ._errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DEFAULT_PROFILE = "default"


def credentials_file() -> Path:
    """Where the profiles are kept: ``credentials.toml`` in the user's configuration folder."""
    from platformdirs import user_config_path  # noqa: PLC0415 - needed only when the chain reaches the file

    return user_config_path("voucherify", appauthor=False) / "credentials.toml"


def profiles_in(text: str, path: Path) -> Mapping[str, Any]:
    """Read the file's text.

    Raises:
        ConfigurationError: it is not TOML; says in which line, and repeats nothing of it.
    """
    profiles, problem = None, ""
    try:
        profiles = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = str(error)
    except (ValueError, RecursionError):
        problem = "it holds a number or a nesting that is too large"
    if profiles is None:  # raised out here: the decoder's exception holds the file's text
        raise ConfigurationError(f"{path} is not TOML: {problem}.")
    return profiles


def text_of(path: Path, what: str, *, private: bool = False) -> str:
    """Read a file's text.

    Args:
        path: the file.
        what: what it is, for the error.
        private: whether nobody but its owner may have access to it.

    Raises:
        ConfigurationError: there is no such file, it cannot be read, or others have access.
    """
    status = must_be_file(path, what)
    problem = problem_of_mode(path, status) if private else None
    if problem:
        raise ConfigurationError(f"{what} {path} {problem}")
    text, problem = None, "is not UTF-8 text"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        pass
    if text is None:  # raised out here: the decoder's exception holds the file's bytes
        raise ConfigurationError(f"{what} {path} {problem}.")
    return text


def must_be_file(path: Path, what: str) -> os.stat_result:
    """Look a file up.

    Raises:
        ConfigurationError: there is none, or it cannot be reached.
    """
    status = status_of(path)
    if status is None or not stat.S_ISREG(status.st_mode):
        raise ConfigurationError(f"{what} {path}: there is no such file.")
    return status


def problem_of_mode(path: Path, status: os.stat_result) -> str | None:
    """Say what is wrong with the permissions of a private file, and how to mend it; None when nothing is."""
    if os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
        return f"can be read or changed by other users. Run: chmod 600 {shlex.quote(str(path))}"
    return None


def status_of(path: Path) -> os.stat_result | None:
    """What the system knows of a file; None where there is none.

    Raises:
        ConfigurationError: it cannot be reached.
    """
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read ({error}).") from None
