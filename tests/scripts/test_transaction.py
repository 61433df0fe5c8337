"""Several files and folders change together or not at all, whatever ends the process or stops the system."""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts.command import FailedError
from scripts.transaction import (
    HOME,
    JOURNAL,
    Afterwards,
    Files,
    digest,
    interrupted,
    opened,
    read_journal,
    recover,
    roll_back,
)
from tests.scripts.changing import NEW, OLD, PLACES, Counting, change, new_state, old_state, state_of, write

if TYPE_CHECKING:
    from tests.scripts.conftest import Digest

ROOT = Path(__file__).resolve().parents[2]

KILLED = """
import os, signal, sys
from pathlib import Path
from tests.scripts.changing import Counting, change
from scripts.transaction import roll_back

root, at, exchanges, what = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "True", sys.argv[4]
files = Counting(at, lambda: os.kill(os.getpid(), signal.SIGKILL), exchanges=exchanges)
change(root, files) if what == "change" else roll_back(root, files=files)
print(files.taken)
"""


def killed_at(root: Path, at: int, *, exchanges: bool = True, what: str = "change") -> bool:
    """Change the state in a process that kills itself before a step; tell whether it came that far."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, root, str(at), str(exchanges), what], cwd=ROOT, check=False
    )
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


def steps(folder: Path, *, exchanges: bool = True) -> int:
    """Count the steps of a whole change."""
    files = Counting(exchanges=exchanges)
    change(old_state(folder), files)
    return files.taken


BOTH_WAYS = pytest.mark.parametrize("exchanges", [True, False], ids=["exchange", "no exchange"])


@BOTH_WAYS
def test_everything_changes(tmp_path: Path, exchanges: bool) -> None:  # noqa: FBT001 - a parameter
    """All places have the new state, with plain modes; nothing is left but what can be brought back."""
    old_state(tmp_path)
    change(tmp_path, Counting(exchanges=exchanges))
    assert state_of(tmp_path) == NEW
    assert [entry.name for entry in (tmp_path / HOME).iterdir()] == ["previous"]
    assert oct((tmp_path / "spec/lock").stat().st_mode & 0o7777) == "0o644"
    assert oct((tmp_path / "client/package/inner").stat().st_mode & 0o7777) == "0o755"


def test_commit_names_what_changed(tmp_path: Path) -> None:
    """What is the same already is neither touched nor named, and compiled modules count for nothing."""
    old_state(tmp_path)
    (tmp_path / "client/package/__pycache__").mkdir()
    (tmp_path / "client/package/__pycache__/x.pyc").write_text("compiled")
    with opened(tmp_path) as transaction:
        made = write(transaction.folder, "old")
        (transaction.folder / "spec/lock").write_text("new")
        assert transaction.commit(made, Afterwards.KEEP) == ("spec/lock",)
    assert state_of(tmp_path) == ["old", "new", "old", "nothing", "old"]
    assert (tmp_path / "client/package/__pycache__").is_dir()
    with opened(tmp_path) as transaction:
        (transaction.folder / "lock").write_text("new")
        assert transaction.commit({"spec/lock": transaction.folder / "lock"}, Afterwards.KEEP) == ()
    assert roll_back(tmp_path) == ("spec/lock",)


def test_nothing_committed_changes_nothing(tmp_path: Path, digest: Digest) -> None:
    """Work that ends with an error leaves everything as it was."""
    old_state(tmp_path)
    (tmp_path / HOME).mkdir()
    before = digest(tmp_path)
    with pytest.raises(ZeroDivisionError), opened(tmp_path) as transaction:
        assert 1 / len([each for each in new_state(transaction.folder) if each == "nothing"])
    assert digest(tmp_path) == before


@pytest.mark.unmeasured
@BOTH_WAYS
def test_killed_at_every_step(tmp_path: Path, exchanges: bool) -> None:  # noqa: FBT001 - a parameter
    """Killed before whichever step, the next run finds the old state or the new one, whole, and cleans up."""
    found = []
    count = steps(tmp_path / "whole", exchanges=exchanges)
    for at in range(1, count + 1):
        root = old_state(tmp_path / str(at))
        assert killed_at(root, at, exchanges=exchanges)
        cut_off = interrupted(root)
        recover(root)
        found.append(state_of(root))
        assert found[-1] == (NEW if cut_off else found[-1])
        with opened(root):
            pass
        assert {entry.name for entry in (root / HOME).iterdir()} <= {"previous"}
        assert (root / HOME / "previous").exists() == (state_of(root) == NEW)
    turn = found.index(NEW)
    assert found == [OLD] * turn + [NEW] * (count - turn)
    assert turn > 0


@pytest.mark.unmeasured
def test_at_most_one_place_apart(tmp_path: Path) -> None:
    """At whatever moment a change is killed, each file and folder is whole, and no place is missing."""
    count = steps(tmp_path / "whole")
    mixed = 0
    for at in range(1, count + 1):
        root = old_state(tmp_path / str(at))
        killed_at(root, at)
        found = state_of(root)
        assert all(state in (old, new) for state, old, new in zip(found, OLD, NEW, strict=True))
        mixed += found not in (OLD, NEW)
        assert interrupted(root) or found in (OLD, NEW)
    assert mixed == len(PLACES) - 1 + 1  # one for each place but the last, and one for the missing folder


@pytest.mark.unmeasured
@pytest.mark.parametrize("exchanges", [True, False])
def test_killed_again_while_recovering(tmp_path: Path, exchanges: bool) -> None:  # noqa: FBT001 - a parameter
    """A recovery may be killed too, at each of its steps; the one after it finishes."""
    files = Counting(exchanges=exchanges)
    change(old_state(tmp_path / "whole"), files)
    first = files.decided + 1
    for at in range(1, files.taken - files.decided + 1):
        root = old_state(tmp_path / str(at))
        killed_at(root, first, exchanges=exchanges)
        killed_at(root, at, exchanges=exchanges)
        with opened(root):
            assert state_of(root) == NEW


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
@BOTH_WAYS
def test_refused_at_every_step(tmp_path: Path, code: int, exchanges: bool, digest: Digest) -> None:  # noqa: FBT001 - a parameter
    """A full disk or a folder that cannot be written ends the change, and all is as it was, at once."""

    def refuse() -> None:
        raise OSError(code, os.strerror(code), "somewhere")

    count = steps(tmp_path / "whole", exchanges=exchanges)
    after_all = 0
    for at in range(1, count + 1):
        root = old_state(tmp_path / str(at))
        (root / HOME).mkdir()
        before = digest(root)
        with pytest.raises(FailedError, match=os.strerror(code)) as caught:
            change(root, Counting(at, refuse, exchanges=exchanges))
        if "Nothing was changed" in str(caught.value):
            assert digest(root) == before
        else:
            assert "next run finishes" in str(caught.value)
            after_all += 1
        recover(root)
        assert state_of(root) in (OLD, NEW)
    assert after_all <= 1


def test_undoing_may_fail_too(tmp_path: Path) -> None:
    """When not even the way back is open, the message says so, and the next run finishes the change."""
    old_state(tmp_path)

    class Broken(Files):
        def exchange(self, one: Path, other: Path) -> None:
            if other.name == "lock":
                self.exchange = self.remove = self.rename = self.refuse  # type: ignore[method-assign, assignment]
                self.refuse()
            super().exchange(one, other)

        def refuse(self, *_: object) -> None:
            raise OSError(errno.EIO, "Input/output error", "disk")

    with pytest.raises(
        FailedError, match=r"cannot be undone: disk: Input/output error\. The next run finishes"
    ):
        change(tmp_path, Broken())
    assert state_of(tmp_path) == ["new", "old", "old", "nothing", "old"]
    with (
        pytest.raises(FailedError, match="cannot be finished now: somewhere: No space left"),
        opened(tmp_path, files=Counting(1, lambda: refuse_for(errno.ENOSPC))),
    ):
        pass
    recover(tmp_path)
    assert state_of(tmp_path) == NEW


def refuse_for(code: int) -> None:
    """Refuse a step as the system would."""
    raise OSError(code, os.strerror(code), "somewhere")


def test_disk_really_full(tmp_path: Path, digest: Digest) -> None:
    """Where the system itself takes no more bytes, nothing changes."""
    old_state(tmp_path)
    (tmp_path / HOME).mkdir()
    before = digest(tmp_path)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        with opened(tmp_path) as transaction:
            made = new_state(transaction.folder)
            resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
            with pytest.raises(FailedError, match=r"File too large. Nothing was changed."):
                transaction.commit(made, Afterwards.KEEP)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert digest(tmp_path) == before


def test_links_are_left_alone(tmp_path: Path) -> None:
    """A place that is a symbolic link, or lies behind one, is refused before anything happens."""
    old_state(tmp_path)
    for name in ("spec/lock", "client"):
        link = tmp_path / name
        link.rename(tmp_path / "real")
        link.symlink_to(tmp_path / "real")
        with pytest.raises(FailedError, match=r"symbolic link\. Nothing was changed"):
            change(tmp_path)
        assert state_of(tmp_path) == OLD
        link.unlink()
        (tmp_path / "real").rename(link)


def test_file_in_the_way(tmp_path: Path) -> None:
    """Where a file has the name of the folder that changes are made in, that is said, and it stays."""
    (tmp_path / HOME).write_text("mine")
    with (
        pytest.raises(FailedError, match="is no folder, and updates are made in one of that name"),
        opened(tmp_path),
    ):
        pass
    assert (tmp_path / HOME).read_text() == "mine"


def test_ctrl_c_waits_for_the_change(tmp_path: Path) -> None:
    """A signal in the middle of the change takes effect after it."""
    old_state(tmp_path)

    class Interrupted(Files):
        def exchange(self, one: Path, other: Path) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            super().exchange(one, other)

    with pytest.raises(KeyboardInterrupt):
        change(tmp_path, Interrupted())
    assert state_of(tmp_path) == NEW
    assert not interrupted(tmp_path)


def test_two_runs_take_turns(tmp_path: Path) -> None:
    """A second run says that it waits, and starts from what the first one made."""
    old_state(tmp_path)
    with opened(tmp_path) as transaction:
        script = "import sys\nfrom pathlib import Path\nfrom tests.scripts.changing import change\n"
        script += "change(Path(sys.argv[1]))\n"
        second = subprocess.Popen(
            [sys.executable, "-c", script, tmp_path], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        assert second.stderr is not None
        assert "waiting for it" in second.stderr.readline()
        assert state_of(tmp_path) == OLD
        (transaction.folder / "lock").write_text("between")
        transaction.commit({"spec/lock": transaction.folder / "lock"}, Afterwards.KEEP)
    assert second.communicate()[1] == ""
    assert state_of(tmp_path) == NEW
    roll_back(tmp_path)
    assert state_of(tmp_path) == ["old", "between", "old", "nothing", "old"]


def test_going_back(tmp_path: Path, digest: Digest) -> None:
    """The state before the last change comes back whole, once."""
    old_state(tmp_path)
    before = digest(tmp_path)
    change(tmp_path)
    assert roll_back(tmp_path) == tuple(PLACES)
    (tmp_path / "fragments").rmdir()
    (tmp_path / HOME).rmdir()
    assert digest(tmp_path) == before
    with pytest.raises(FailedError, match="no update to go back to"):
        roll_back(tmp_path)


def test_going_back_one_change_alone(tmp_path: Path) -> None:
    """What is kept is the state before the last change, not an older one; a change may leave it alone."""
    old_state(tmp_path)
    change(tmp_path)
    with opened(tmp_path) as transaction:
        (transaction.folder / "note").write_text("note")
        transaction.commit({"note": transaction.folder / "note"}, Afterwards.LEAVE)
    with opened(tmp_path) as transaction:
        (transaction.folder / "lock").write_text("newer")
        transaction.commit({"spec/lock": transaction.folder / "lock"}, Afterwards.KEEP)
    assert roll_back(tmp_path) == ("spec/lock",)
    assert state_of(tmp_path) == NEW
    assert (tmp_path / "note").read_text() == "note"
    with pytest.raises(FailedError, match="no update to go back to"):
        roll_back(tmp_path)


def test_going_back_loses_nobodys_work(tmp_path: Path) -> None:
    """What was changed by hand since the update is named, and nothing is done; some places may be freed."""
    old_state(tmp_path)
    change(tmp_path)
    (tmp_path / "spec/lock").write_text("mine")
    (tmp_path / "gone").write_text("mine")
    with pytest.raises(FailedError, match=r"changed since the last update: spec/lock, gone\."):
        roll_back(tmp_path, freely=["client/package"])
    assert state_of(tmp_path) == ["new", "mine", "new", "new", "mine"]
    roll_back(tmp_path, freely=["spec/lock", "gone"])
    assert state_of(tmp_path) == OLD


@pytest.mark.unmeasured
def test_going_back_killed_at_every_step(tmp_path: Path) -> None:
    """Going back is as whole as going forward."""
    whole = old_state(tmp_path / "whole")
    change(whole)
    files = Counting()
    roll_back(whole, files=files)
    found = []
    for at in range(1, files.taken + 1):
        root = old_state(tmp_path / str(at))
        change(root)
        assert killed_at(root, at, what="roll back")
        recover(root)
        found.append(state_of(root))
        if found[-1] == NEW:
            roll_back(root)
        assert state_of(root) == OLD
        with pytest.raises(FailedError, match="no update to go back to"):
            roll_back(root)
    assert found == sorted(found, key=OLD.__eq__)
    assert found[0] == NEW
    assert found[-1] == OLD


def test_recovery_needs_no_folder(tmp_path: Path, digest: Digest) -> None:
    """Where nothing was cut off, reading what belongs together writes nothing."""
    old_state(tmp_path)
    before = digest(tmp_path)
    recover(tmp_path)
    assert digest(tmp_path) == before


def test_recovery_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever finishes another run's change is told."""
    old_state(tmp_path)
    with opened(tmp_path) as transaction:
        made = new_state(transaction.folder)
        (tmp_path / HOME / "keep").mkdir()
        transaction.commit(made, Afterwards.LEAVE)
    journal = {"places": [{"name": "gone", "new": None, "old": None}], "afterwards": "leave"}
    (tmp_path / HOME / JOURNAL).write_text(json.dumps(journal))
    recover(tmp_path)
    assert capsys.readouterr().err == "Finishing an update that was cut off.\n"
    assert read_journal(tmp_path / HOME / JOURNAL) is None


@pytest.mark.parametrize(
    "content", ["", "{}", '{"places": [{}], "afterwards": "keep"}', '{"places": [], "afterwards": ""}']
)
def test_damaged_journal(tmp_path: Path, content: str) -> None:
    """A journal that somebody else wrote is no reason to guess; the message says what to do."""
    old_state(tmp_path)
    (tmp_path / HOME).mkdir()
    (tmp_path / HOME / JOURNAL).write_text(content)
    with pytest.raises(FailedError, match="is not as it was written"):
        recover(tmp_path)
    assert state_of(tmp_path) == OLD


def test_digest_tells_states_apart(tmp_path: Path) -> None:
    """Names and contents count, whatever the order that the system lists them in; nothing has no digest."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x").write_text("1")
    (tmp_path / "a" / "y").write_text("2")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "y").write_text("2")
    (tmp_path / "b" / "x").write_text("1")
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    (tmp_path / "b" / "x").rename(tmp_path / "b" / "z")
    assert digest(tmp_path / "a") != digest(tmp_path / "b")
    assert digest(tmp_path / "nothing") is None
