"""Put a finished folder or file in place of an old one, in one step that cannot be seen half done.

Work happens in a hidden folder beside the target, on the same file system, and ends with one rename that
exchanges new and old. A process that is killed at any moment leaves the old content or the new one, whole;
what it leaves beside the target is removed by the next run. The parent folder is locked meanwhile, so that
two runs follow one another.

Needs a Unix: `flock`, and `renameat2` or `renamex_np` where the system has them.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import shutil
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import FailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_MODE = 0o644
FOLDER_MODE = 0o755

_AT_FDCWD = -100
_EXCHANGE = 2  # RENAME_EXCHANGE on Linux and RENAME_SWAP on macOS are the same number
CANNOT_EXCHANGE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EXDEV})
"""Errors that say that the system or the file system has no such step."""


def exchange(first: Path, second: Path, *, platform: str = sys.platform) -> None:
    """Let two paths change places in one step of the kernel.

    Args:
        first: A file or a folder.
        second: Another one, on the same file system.
        platform: The kernel to call, as `sys.platform` names it.

    Raises:
        OSError: The kernel or the file system refuses; `ENOSYS` where it knows no such step.
    """
    one, other = os.fsencode(first), os.fsencode(second)
    function, arguments = {
        "linux": ("renameat2", (_AT_FDCWD, one, _AT_FDCWD, other, ctypes.c_uint(_EXCHANGE))),
        "darwin": ("renamex_np", (one, other, ctypes.c_uint(_EXCHANGE))),
    }.get(platform, ("", ()))
    call = getattr(ctypes.CDLL(None, use_errno=True), function, None)
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS), str(first))
    if call(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), str(first), None, str(second))


@contextmanager
def locked(folder: Path) -> Iterator[int]:
    """Hold a folder against other runs; wait for the one that holds it, and say so.

    The lock lies on the folder itself, so that it leaves no file behind and ends with the last process that
    has it open, however that ends.

    Args:
        folder: An existing folder.

    Yields:
        The lock's file descriptor. A child process that inherits it holds the lock too.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"Another run is writing into {folder}; waiting for it.", file=sys.stderr, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def staged(target: Path, *, platform: str = sys.platform) -> Iterator[Staging]:
    """Open a place beside a target folder where its successor is made.

    Locks the target's parent, mends and removes what killed runs left, and makes a temporary folder, which
    goes away at the end with all in it: what was not installed never was.

    Args:
        target: The folder to replace. The folders above it are made when they are missing.
        platform: The kernel to call, as `sys.platform` names it.

    Yields:
        The place.

    Raises:
        FailedError: The target is a file or a symbolic link.
        OSError: The system refuses to lock or to write beside the target.
    """
    parent = Path(os.path.realpath(target.parent))
    parent.mkdir(parents=True, exist_ok=True)
    real_target = parent / target.name
    # One name each is enough under the lock, and no leftover under it belongs to a run that is still alive.
    folder = parent / f".{target.name}.new"
    aside = parent / f".{target.name}.aside"
    with locked(parent) as lock:
        _bring_back(aside, real_target)
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        if real_target.is_symlink():
            raise FailedError(
                f"{target} is a symbolic link; replacing it would break the link. Nothing was done."
            )
        if real_target.exists() and not real_target.is_dir():
            raise FailedError(f"{target} exists and is not a folder. Nothing was done.")
        try:
            folder.mkdir(mode=0o700)
            yield Staging(folder, lock, real_target, aside, platform)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Staging:
    """The place that `staged` opens.

    Attributes:
        folder: The temporary folder.
        lock: The lock's file descriptor, for child processes to inherit.
        target: Where `install` puts the result.
        aside: Where the old folder waits on systems that cannot exchange two folders.
        platform: The kernel to call.
    """

    folder: Path
    lock: int
    target: Path
    aside: Path
    platform: str

    def install(self, tree: Path) -> None:
        """Put a finished folder in the target's place.

        Its files become 0644 and its folders 0755, whatever the umask says. The old content goes away with
        the temporary folder.

        Args:
            tree: The new folder, anywhere in `folder`.

        Raises:
            OSError: The system refuses; the old folder then stands as it was.
        """
        set_modes(tree)
        if not self.target.exists():
            tree.rename(self.target)
            return
        try:
            exchange(tree, self.target, platform=self.platform)
        except OSError as error:
            if error.errno not in CANNOT_EXCHANGE:
                raise
            self._replace_in_two_steps(tree)

    def _replace_in_two_steps(self, tree: Path) -> None:
        try:
            self.target.rename(self.aside)
            tree.rename(self.target)
        except BaseException:
            _bring_back(self.aside, self.target)
            raise
        shutil.rmtree(self.aside, ignore_errors=True)


def _bring_back(aside: Path, target: Path) -> None:
    """Undo the first of two renames when the second one did not happen."""
    if aside.exists() and not target.exists():
        aside.rename(target)


def set_modes(tree: Path) -> None:
    """Make a file 0644, or a folder's files 0644 and its folders 0755, whatever the umask says."""
    if tree.is_file():
        tree.chmod(FILE_MODE)
    for folder, _, files in os.walk(tree):
        Path(folder).chmod(FOLDER_MODE)
        for file in files:
            (Path(folder) / file).chmod(FILE_MODE)


def write_file(path: Path, content: bytes) -> None:
    """Lock a file's folder and replace the file; see `replace_file`.

    Args:
        path: The file. A symbolic link is followed, so the link itself stays.
        content: All of it.

    Raises:
        OSError: The system refuses; the old file then stands as it was.
    """
    target = Path(os.path.realpath(path))
    with locked(target.parent):
        replace_file(target, content)


def replace_file(path: Path, content: bytes) -> None:
    """Write a whole file in one step; a reader sees the old content or the new one.

    Args:
        path: The file. Its folder is locked by the caller.
        content: All of it.

    Raises:
        OSError: The system refuses; the old file then stands as it was.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        new.write_bytes(content)
        new.chmod(FILE_MODE)
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
