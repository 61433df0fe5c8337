"""A state of several files and folders, and the change of it, for the tests of transactions."""

from __future__ import annotations

import errno
from threading import Lock
from typing import TYPE_CHECKING

from scripts.transaction import JOURNAL, Afterwards, Files, opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLACES = ["spec/document", "spec/lock", "client/package", "fragments/one", "gone"]
"""Two files, a folder, a file whose folder is missing at first, and one that goes."""


class Counting(Files):
    """Takes each step of its own, and does something before one of them.

    Attributes:
        taken: How many steps were asked for.
        decided: Which of them brought the journal.
    """

    def __init__(self, at: int = 0, do: Callable[[], None] = lambda: None, *, exchanges: bool = True) -> None:
        self.taken = 0
        self.decided = 0
        self._at = at
        self._do = do
        self._exchanges = exchanges
        self._lock = Lock()  # files are flushed in threads

    def _step(self) -> None:
        with self._lock:
            self.taken += 1
            now = self.taken
        if now == self._at:
            self._do()

    def make_folder(self, folder: Path) -> None:
        self._step()
        super().make_folder(folder)

    def write(self, file: Path, content: bytes) -> None:
        self._step()
        super().write(file, content)

    def flush(self, path: Path) -> None:
        self._step()
        super().flush(path)

    def rename(self, path: Path, to: Path) -> None:
        self._step()
        super().rename(path, to)
        if to.name == JOURNAL:
            self.decided = self.taken

    def exchange(self, one: Path, other: Path) -> None:
        self._step()
        if not self._exchanges:
            raise OSError(errno.ENOSYS, "no such step")
        super().exchange(one, other)

    def remove(self, path: Path) -> None:
        self._step()
        super().remove(path)


def write(root: Path, state: str) -> dict[str, Path | None]:
    """Write a state below a folder, and name its places."""
    for place in PLACES[:2]:
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).write_text(state)
    (root / PLACES[2] / "inner").mkdir(parents=True)
    for number in range(3):
        (root / PLACES[2] / "inner" / f"{number}.py").write_text(state)
    return {place: root / place for place in PLACES[:3]}


def old_state(root: Path) -> Path:
    """Write the state that the tests change."""
    write(root, "old")
    (root / "gone").write_text("old")
    return root


def new_state(folder: Path) -> dict[str, Path | None]:
    """Make the state that the tests change to."""
    made = write(folder / "made", "new")
    (folder / "made" / "one").write_text("new")
    return {**made, "fragments/one": folder / "made" / "one", "gone": None}


def change(root: Path, files: Files | None = None, afterwards: Afterwards = Afterwards.KEEP) -> None:
    """Go from the old state to the new one."""
    with opened(root, files=files) as transaction:
        transaction.commit(new_state(transaction.folder), afterwards)


def state_of(root: Path) -> list[str]:
    """Say of each place which state it has."""
    found = []
    for place in PLACES:
        file = root / place
        if file.is_dir():
            texts = {inner.read_text() for inner in file.rglob("*.py")}
            found.append(" and ".join(sorted(texts)))
        else:
            found.append(file.read_text() if file.exists() else "nothing")
    return found


OLD = ["old", "old", "old", "nothing", "old"]
NEW = ["new", "new", "new", "new", "nothing"]
