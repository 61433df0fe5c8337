"""Change several files and folders of this project together or not at all, however the process ends.

No step of a file system moves several folders, so the change is prepared whole and then written down:

1. What is new is made in the hidden folder `.track/` of the root, on the same file system, and brought to the
   disk.
2. The journal, one file that appears in one step, names what goes where. It is the point of no return:
   without it nothing has happened, with it everything will.
3. New and old change places, one after the other, with nothing in between.
4. What was replaced becomes `.track/previous`, for `roll_back`, and the journal goes.

A run that finds a journal finishes it before anything else. It knows what was done already by the content's
hash: what waits in `.track/new` is either new, and goes to its place, or old, and came from there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import FailedError, system_error
from scripts.swap import CANNOT_EXCHANGE, exchange, locked, set_modes

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

HOME = ".track"
"""The folder in the root for all of this. Git ignores it."""

JOURNAL = "journal.json"

_AT_ONCE = 16
"""Files that are brought to the disk at the same time: it takes many together hardly longer than one."""


class Afterwards(StrEnum):
    """What becomes of the state that a change replaces."""

    KEEP = "keep"
    """It is what `roll_back` brings back."""
    LEAVE = "leave"
    """It goes; `roll_back` brings back the same as before."""
    FORGET = "forget"
    """It goes, and there is nothing to bring back any more."""


class Files:
    """The steps that a transaction takes in the file system, one method each.

    Tests let the process end, or the system refuse, at any one of them.
    """

    def make_folder(self, folder: Path) -> None:
        """Make a folder."""
        folder.mkdir()

    def write(self, file: Path, content: bytes) -> None:
        """Write a file."""
        file.write_bytes(content)

    def flush(self, path: Path) -> None:
        """Bring a file's content, or a folder's list of entries, to the disk."""
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def rename(self, path: Path, to: Path) -> None:
        """Give a file or a folder another place, where nothing stands."""
        path.rename(to)

    def exchange(self, one: Path, other: Path) -> None:
        """Let two files, or two folders, change places in one step."""
        exchange(one, other)

    def remove(self, path: Path) -> None:
        """Remove a file, or a folder with all in it."""
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


@dataclass(frozen=True)
class Place:
    """One file or folder that a transaction changes.

    Attributes:
        name: Its path from the root, with slashes.
        new: The hash of what comes there; None where nothing will stand.
        old: The hash of what stood there; None where nothing stood.
    """

    name: str
    new: str | None
    old: str | None


@dataclass(frozen=True)
class Journal:
    """What a transaction changes.

    Attributes:
        places: The places; what comes and what goes lies under their numbers meanwhile.
        afterwards: What becomes of the state that they had.
    """

    places: tuple[Place, ...]
    afterwards: Afterwards

    def as_bytes(self) -> bytes:
        """Write it."""
        return (json.dumps(asdict(self), indent=2) + "\n").encode()


def read_journal(file: Path) -> Journal | None:
    """Read a journal back; None where there is none."""
    try:
        content = json.loads(file.read_bytes())
        places = tuple(Place(**place) for place in content["places"])
        return Journal(places, Afterwards(content["afterwards"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise FailedError(
            f"{file} is not as it was written. Look at `git status`, bring back what is committed, and "
            f"remove {file.parent}."
        ) from error


def digest(path: Path) -> str | None:
    """Hash a file's content, or the names and contents of a folder's files; compiled modules do not count.

    Args:
        path: The file or the folder.

    Returns:
        The SHA-256 in hexadecimal digits, or None where nothing stands.
    """
    if path.is_dir():
        told = hashlib.sha256()
        for folder, folders, files in os.walk(path):
            folders[:] = sorted(set(folders) - {"__pycache__"})
            for name in sorted(files):
                file = Path(folder) / name
                content = hashlib.sha256(file.read_bytes()).hexdigest()
                told.update(
                    f"{file.relative_to(path).as_posix()}\0{content}\n".encode(errors="surrogateescape")
                )
        return told.hexdigest()
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else None


def interrupted(root: Path) -> bool:
    """Tell whether a change was cut off and waits to be finished."""
    return (root / HOME / JOURNAL).exists()


@contextmanager
def looking_on(root: Path) -> Iterator[None]:
    """Keep other runs away while the state is read, and write nothing at all.

    Args:
        root: The project's folder.

    Yields:
        Nothing.

    Raises:
        FailedError: A change was cut off, so that the state is neither the old one nor the new one.
    """
    home = root / HOME
    with locked(home) if home.is_dir() else nullcontext():
        if interrupted(root):
            raise FailedError("an update was cut off; `make track` without --dry-run finishes it first.")
        yield


def recover(root: Path) -> None:
    """Finish a change that was cut off, if there is one; whoever reads what changes together does this first.

    Args:
        root: The project's folder.

    Raises:
        FailedError: It cannot be finished.
    """
    if interrupted(root):
        with opened(root):
            pass


@contextmanager
def opened(root: Path, *, files: Files | None = None) -> Iterator[Transaction]:
    """Keep other runs away, finish or remove what killed ones left, and open a place to work in.

    Args:
        root: The project's folder.
        files: The steps in the file system.

    Yields:
        The transaction. What it did not commit never was.

    Raises:
        FailedError: A change that was cut off cannot be finished.
        OSError: The system refuses to lock or to write.
    """
    home = root.resolve() / HOME
    if home.exists() and not home.is_dir():
        raise FailedError(f"{home} is no folder, and updates are made in one of that name: move it away.")
    home.mkdir(exist_ok=True)
    with locked(home) as lock:
        transaction = Transaction(root.resolve(), lock, files or Files())
        transaction.recover()
        transaction.clean()
        try:
            transaction.folder.mkdir()
            yield transaction
        finally:
            transaction.clean()


class Transaction:
    """Several changes that become one.

    Attributes:
        root: The project's folder.
        lock: The lock's file descriptor, for child processes to inherit.
        folder: Where new things are made; it goes at the end with all that is left in it.
    """

    def __init__(self, root: Path, lock: int, files: Files) -> None:
        self.root = root
        self.lock = lock
        self.folder = root / HOME / "work"
        self._files = files
        self._home = root / HOME
        self._new = self._home / "new"
        self._old = self._home / "old"
        self._previous = self._home / "previous"
        self._trash = self._home / "trash"
        self._journal = self._home / JOURNAL
        self._draft = self._home / f"{JOURNAL}.new"

    def clean(self) -> None:
        """Remove what no run needs, unless a journal does."""
        if not self._journal.exists():
            for path in (self.folder, self._new, self._old, self._trash):
                shutil.rmtree(path, ignore_errors=True)
            self._draft.unlink(missing_ok=True)

    def recover(self) -> None:
        """Finish a change that was cut off."""
        journal = read_journal(self._journal)
        if journal is None:
            return
        print("Finishing an update that was cut off.", file=sys.stderr, flush=True)
        try:
            with _undisturbed():
                self._carry_out(journal, [], resumed=True)
        except OSError as error:
            raise FailedError(
                f"an update was cut off, and cannot be finished now: {system_error(error)} The next run "
                "tries again; until then the files are half old and half new."
            ) from error

    def commit(self, changes: Mapping[str, Path | None], afterwards: Afterwards) -> tuple[str, ...]:
        """Make changes, all of them or none.

        Args:
            changes: By its path from the root, each file or folder to put in place, which lies somewhere in
                `folder`, or None to remove what stands there. What is the same already is left alone.
            afterwards: What becomes of the state that is replaced.

        Returns:
            The places that changed.

        Raises:
            FailedError: The system refuses, and all is as it was; or not even that could be reached.
        """
        try:
            journal = self._prepare(changes, afterwards)
        except OSError as error:
            raise FailedError(f"{system_error(error)} Nothing was changed.") from error
        if journal.places or afterwards is Afterwards.FORGET:
            with _undisturbed():
                self._decide(journal)
        return tuple(place.name for place in journal.places)

    def _prepare(self, changes: Mapping[str, Path | None], afterwards: Afterwards) -> Journal:
        """Bring to the disk all that the change needs, and say what it is."""
        self._files.make_folder(self._new)
        self._files.make_folder(self._old)
        places: list[Place] = []
        for name, made in changes.items():
            target = self.root / name
            if any(path.is_symlink() for path in (target, *target.parents) if path.is_relative_to(self.root)):
                raise FailedError(f"{target} is, or lies behind, a symbolic link. Nothing was changed.")
            place = Place(name, None if made is None else digest(made), digest(target))
            if place.new == place.old:
                continue
            if made is not None:
                set_modes(made)
                self._flush_all(made)
                self._files.rename(made, self._new / str(len(places)))
            places.append(place)
        journal = Journal(tuple(places), afterwards)
        self._files.write(self._old / JOURNAL, journal.as_bytes())
        for path in (self._old / JOURNAL, self._old, self._new):
            self._files.flush(path)
        return journal

    def _flush_all(self, path: Path) -> None:
        every = [path] if path.is_file() else []
        for folder, _, files in os.walk(path):
            every += [*(Path(folder) / file for file in files), Path(folder)]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for _ in pool.map(self._files.flush, every):
                pass

    def _decide(self, journal: Journal) -> None:
        """Write the journal, and do what it says, or undo all of it."""
        undo: list[Callable[[], None]] = []
        try:
            self._files.write(self._draft, journal.as_bytes())
            self._files.flush(self._draft)
            self._files.rename(self._draft, self._journal)
            undo.append(lambda: self._files.remove(self._journal))
            self._files.flush(self._home)
            self._carry_out(journal, undo, resumed=False)
        except OSError as error:
            try:
                while undo:
                    undo.pop()()
            except OSError as again:
                raise FailedError(
                    f"{system_error(error)} And what was done cannot be undone: {system_error(again)} The "
                    "next run finishes the update; until then the files are half old and half new."
                ) from error
            raise FailedError(f"{system_error(error)} Nothing was changed.") from error

    def _carry_out(self, journal: Journal, undo: list[Callable[[], None]], *, resumed: bool) -> None:
        """Do what a journal says, or the rest of it, and remove the journal.

        Args:
            journal: The journal.
            undo: Takes what would undo each step, the last one at its end.
            resumed: Whether some of it may have been done before.
        """

        def move(path: Path, to: Path) -> None:
            self._files.rename(path, to)
            undo.append(lambda: self._files.rename(to, path))

        for number, place in enumerate(journal.places):
            self._take(number, place, undo, move, resumed=resumed)
        for number in range(len(journal.places)):
            if (self._new / str(number)).exists():
                move(self._new / str(number), self._old / str(number))
        if self._previous.exists() and (
            journal.afterwards is Afterwards.FORGET
            or (journal.afterwards is Afterwards.KEEP and self._old.exists())
        ):
            move(self._previous, self._trash)
        if journal.afterwards is Afterwards.KEEP and self._old.exists():
            move(self._old, self._previous)
        for folder in {(self.root / place.name).parent for place in journal.places} | {self._home}:
            self._files.flush(folder)
        self._files.remove(self._journal)
        self._files.flush(self._home)

    def _take(
        self,
        number: int,
        place: Place,
        undo: list[Callable[[], None]],
        move: Callable[[Path, Path], None],
        *,
        resumed: bool,
    ) -> None:
        """Put in one place what belongs there; the old content goes where the new one waited."""
        target, waiting, aside = self.root / place.name, self._new / str(number), self._old / str(number)
        if place.new is None:
            if target.exists():
                move(target, aside)
            return
        if resumed and digest(waiting) != place.new:
            return
        if not target.parent.exists():
            self._files.make_folder(target.parent)
            undo.append(lambda: self._files.remove(target.parent))
        if not target.exists():
            move(waiting, target)
            return
        try:
            self._files.exchange(waiting, target)
            undo.append(lambda: self._files.exchange(waiting, target))
        except OSError as error:
            if error.errno not in CANNOT_EXCHANGE:
                raise
            move(target, aside)
            move(waiting, target)


def roll_back(root: Path, *, freely: Collection[str] = (), files: Files | None = None) -> tuple[str, ...]:
    """Bring back the state before the last change that was kept.

    Args:
        root: The project's folder.
        freely: Places that may look different by now; in others that would lose somebody's work.
        files: The steps in the file system.

    Returns:
        The places that were changed.

    Raises:
        FailedError: There is no such state, or something has changed since.
    """
    with opened(root, files=files) as transaction:
        previous = transaction.root / HOME / "previous"
        journal = read_journal(previous / JOURNAL)
        if journal is None:
            raise FailedError(
                "there is no update to go back to: none was made here, or the last one was rolled back "
                "already. Older states are in git."
            )
        changed = [
            place.name
            for place in journal.places
            if place.name not in freely and digest(transaction.root / place.name) != place.new
        ]
        if changed:
            raise FailedError(
                f"changed since the last update: {', '.join(changed)}. Going back would lose that, so "
                "nothing was done; git can bring back any state that was committed."
            )
        made: dict[str, Path | None] = {}
        for number, place in enumerate(journal.places):
            kept, copy = previous / str(number), transaction.folder / str(number)
            if place.old is None:
                made[place.name] = None
                continue
            shutil.copytree(kept, copy) if kept.is_dir() else shutil.copyfile(kept, copy)
            made[place.name] = copy
        return transaction.commit(made, Afterwards.FORGET)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C and its like wait for the moment that a change takes."""
    caught: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: caught.append(number))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        for number in caught:
            signal.raise_signal(number)
