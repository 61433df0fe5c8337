"""New content takes the old one's place in one step, and no end of a process leaves half of it."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.command import FailedError
from scripts.swap import exchange, staged, write_file

if TYPE_CHECKING:
    from tests.scripts.conftest import Digest

BOTH_WAYS = pytest.mark.parametrize("platform", [sys.platform, "a system that cannot exchange"])

WRITER = """
import sys
from pathlib import Path
from scripts.swap import staged

target, platform = Path(sys.argv[1]), sys.argv[2]
for version in range(1, 1_000_000):
    with staged(target, platform=platform) as staging:
        tree = staging.folder / "tree"
        (tree / "inner").mkdir(parents=True)
        print(version, "made", flush=True)
        for number in range(20):
            (tree / "inner" / f"file-{number}").write_text(str(version))
            print(version, "wrote", flush=True)
        staging.install(tree)
        print(version, "installed", flush=True)
"""


def make(folder: Path, text: str) -> Path:
    """Make a folder with one file in a folder of its own."""
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "file").write_text(text)
    return folder


def text_of(folder: Path) -> str:
    """Read back what `make` wrote."""
    return (folder / "inner" / "file").read_text()


def test_exchange_swaps_two_folders(tmp_path: Path) -> None:
    """Two folders change places in one step of the kernel."""
    one, other = make(tmp_path / "one", "1"), make(tmp_path / "other", "2")
    try:
        exchange(one, other)
    except OSError as error:
        pytest.skip(f"this file system cannot exchange: {error}")
    assert (text_of(one), text_of(other)) == ("2", "1")


def test_exchange_names_what_it_could_not_do(tmp_path: Path) -> None:
    """A refusal of the kernel is an error with its number and its path."""
    with pytest.raises(FileNotFoundError) as caught:
        exchange(tmp_path / "missing", tmp_path)
    assert caught.value.filename == str(tmp_path / "missing")
    with pytest.raises(OSError, match="not implemented") as unknown:
        exchange(tmp_path, tmp_path, platform="a system that cannot exchange")
    assert unknown.value.errno == errno.ENOSYS


@BOTH_WAYS
def test_install_replaces_the_folder(tmp_path: Path, platform: str) -> None:
    """The new folder stands in the old one's place, with plain modes, and nothing is left beside it."""
    target = make(tmp_path / "target", "old")
    with staged(target, platform=platform) as staging:
        tree = make(staging.folder / "tree", "new")
        (tree / "inner" / "file").chmod(0o600)
        (tree / "inner").chmod(0o700)
        staging.install(tree)
    assert text_of(target) == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["target"]
    modes = {oct(entry.stat().st_mode & 0o7777) for entry in (target, target / "inner")}
    assert (modes, oct((target / "inner" / "file").stat().st_mode & 0o7777)) == ({"0o755"}, "0o644")


def test_install_where_nothing_was(tmp_path: Path) -> None:
    """A first folder is put in place too, with the folders above it."""
    target = tmp_path / "a" / "b" / "target"
    with staged(target) as staging:
        staging.install(make(staging.folder / "tree", "new"))
    assert text_of(target) == "new"


def test_nothing_installed_changes_nothing(tmp_path: Path, digest: Digest) -> None:
    """Work that ends with an error leaves the folder and its neighbours as they were."""
    target = make(tmp_path / "target", "old")
    before = digest(tmp_path)
    with pytest.raises(ZeroDivisionError), staged(target) as staging:
        assert 1 / len(list(make(staging.folder / "tree", "new").glob("no such file")))
    assert digest(tmp_path) == before


@BOTH_WAYS
def test_failed_install_keeps_the_old_folder(tmp_path: Path, platform: str, digest: Digest) -> None:
    """A rename that the system refuses is an error, and the old folder stands."""
    target = make(tmp_path / "target", "old")
    before = digest(tmp_path)
    with pytest.raises(FileNotFoundError), staged(target, platform=platform) as staging:
        staging.install(staging.folder / "missing")
    assert digest(tmp_path) == before


def test_old_folder_that_stands_aside_comes_back(tmp_path: Path, digest: Digest) -> None:
    """A run that was killed between two renames left no target; the next run brings the old one back."""
    target = make(tmp_path / "target", "old")
    before = digest(tmp_path)
    target.rename(tmp_path / ".target.aside")
    with staged(target):
        assert text_of(target) == "old"
    assert digest(tmp_path) == before


def test_leftovers_are_removed(tmp_path: Path) -> None:
    """What killed runs left beside the target goes away; what is not theirs stays."""
    target = make(tmp_path / "target", "new")
    make(tmp_path / ".target.aside", "old")
    make(tmp_path / ".target.new", "half")
    make(tmp_path / ".other.new", "not ours")
    with staged(target) as staging:
        assert list(staging.folder.iterdir()) == []
        assert {entry for entry in tmp_path.iterdir() if entry != staging.folder} == {
            target,
            tmp_path / ".other.new",
        }
    assert text_of(target) == "new"


def test_what_is_no_folder_is_not_replaced(tmp_path: Path, digest: Digest) -> None:
    """A file or a symbolic link in the target's place is refused and stays."""
    (tmp_path / "file").write_text("mine")
    make(tmp_path / "real", "mine")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    before = digest(tmp_path)
    for name, reason in (
        ("file", "is not a folder"),
        ("link", "is a symbolic link"),
        ("broken", "is a symbolic link"),
    ):
        with pytest.raises(FailedError, match=reason), staged(tmp_path / name):
            pass
    assert digest(tmp_path) == before


def test_parent_may_be_a_symbolic_link(tmp_path: Path) -> None:
    """The folder above the target may be a link; what it leads to is worked in."""
    target = make(tmp_path / "real" / "target", "old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with staged(tmp_path / "link" / "target") as staging:
        staging.install(make(staging.folder / "tree", "new"))
    assert text_of(target) == "new"


@pytest.mark.unmeasured
@BOTH_WAYS
@pytest.mark.parametrize("lines", [0, 1, 7, 21, 22, 23, 30, 44, 60, 61, 66, 85, 110])
def test_killed_at_any_moment(tmp_path: Path, platform: str, lines: int) -> None:
    """After kill -9 at whatever moment the next run finds one whole version, and removes the rest."""
    target = tmp_path / "target"
    with staged(target) as staging:
        tree = staging.folder / "tree"
        (tree / "inner").mkdir(parents=True)
        for number in range(20):
            (tree / "inner" / f"file-{number}").write_text("0")
        staging.install(tree)
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, target, platform], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        for _ in range(lines):
            process.stdout.readline()
        process.kill()
    with staged(target):
        files = sorted((target / "inner").iterdir())
        assert len(files) == 20
        assert len({file.read_text() for file in files}) == 1
    assert [entry.name for entry in tmp_path.iterdir()] == ["target"]


def test_reader_always_finds_the_folder(tmp_path: Path) -> None:
    """While new versions take the folder's place, there is no moment without it."""
    target = make(tmp_path / "target", "old")
    other = make(tmp_path / "other", "new")
    try:
        exchange(target, other)
    except OSError as error:
        pytest.skip(f"this file system cannot exchange: {error}")
    inodes = {target.stat().st_ino}
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, target, sys.platform], stdout=subprocess.DEVNULL, text=True
    )
    try:
        for _ in range(50_000):
            inodes.add(target.stat().st_ino)
        while len(inodes) < 5:
            inodes.add(target.stat().st_ino)
    finally:
        process.kill()
        process.wait()


def test_two_writers_take_turns(tmp_path: Path) -> None:
    """The second run says that it waits, and goes on when the first has ended."""
    target = make(tmp_path / "target", "old")
    script = (
        "import sys\nfrom pathlib import Path\nfrom scripts.swap import staged\n"
        "with staged(Path(sys.argv[1])):\n    print('in')\n"
    )
    with staged(target):
        process = subprocess.Popen(
            [sys.executable, "-c", script, target], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        assert process.stderr.readline() == f"Another run is writing into {tmp_path}; waiting for it.\n"
        assert process.poll() is None
    assert process.communicate() == ("in\n", "")


def test_child_process_holds_the_lock_too(tmp_path: Path) -> None:
    """A process that a killed run has left behind is waited for before its files are removed."""
    script = (
        "import subprocess, sys\nfrom pathlib import Path\nfrom scripts.swap import staged\n"
        "with staged(Path(sys.argv[1]) / 'target') as staging:\n"
        "    subprocess.Popen(['cat'], pass_fds=[staging.lock])\n"
        "    print(staging.folder, flush=True)\n"
        "    sys.stdin.buffer.raw.read(1)\n"
    )
    first = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert first.stdin is not None
    assert first.stdout is not None
    left = Path(first.stdout.readline().strip())
    first.kill()
    first.wait()
    second = subprocess.Popen(
        [sys.executable, "-c", script, tmp_path],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert second.stderr is not None
    assert "waiting" in second.stderr.readline()
    assert left.exists()
    first.stdin.close()  # the end of its input ends the child that was left behind
    second.communicate("x")
    first.stdout.close()
    assert list(tmp_path.iterdir()) == []


def test_file_is_replaced_whole(tmp_path: Path) -> None:
    """A file's new content takes its place with a plain mode, whatever the umask."""
    file = tmp_path / "file"
    file.write_text("old")
    before = os.umask(0o077)
    try:
        write_file(file, b"new")
    finally:
        os.umask(before)
    assert file.read_bytes() == b"new"
    assert oct(file.stat().st_mode & 0o7777) == "0o644"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file"]


def test_file_behind_a_link_is_replaced(tmp_path: Path) -> None:
    """A symbolic link stays one; the file that it leads to is replaced."""
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_file(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


def test_file_of_a_killed_run_is_written_over(tmp_path: Path) -> None:
    """What a killed run left of its temporary file neither stays nor gets in the way."""
    (tmp_path / ".file.new").write_text("half, and longer than the new content")
    write_file(tmp_path / "file", b"new")
    assert {entry.name: entry.read_text() for entry in tmp_path.iterdir()} == {"file": "new"}


def test_file_that_cannot_be_replaced_leaves_nothing(tmp_path: Path, digest: Digest) -> None:
    """Where a folder stands in the file's place, that is an error, and no temporary file stays."""
    make(tmp_path / "folder", "old")
    before = digest(tmp_path)
    with pytest.raises(OSError, match="directory"):
        write_file(tmp_path / "folder", b"new")
    assert digest(tmp_path) == before
