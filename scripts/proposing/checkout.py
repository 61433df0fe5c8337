"""The git side of an update: a commit beside the working tree, and the one branch that it goes to.

Nothing here touches the working tree, the index or the branch that is checked out: the commit is made with an
index of its own and pushed by its name. The token reaches git in the environment alone, so it stands on no
command line and in no configuration file.
"""

from __future__ import annotations

import base64
import os
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import FailedError, UnusableInputError
from scripts.state import DOCUMENT, FRAGMENTS, GENERATED, LOCK

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from scripts.proposing.forge import Access

BRANCH = "track-specification"
REMOTE = "origin"
PATHS = (DOCUMENT, LOCK, GENERATED, FRAGMENTS)
"""What an update changes; nothing else is ever committed."""

_TELLING = (DOCUMENT, GENERATED)
"""What makes two updates different: a new ETag, or another wording of the changelog, is no reason to push."""

_NAME, _EMAIL = "github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com"
_MESSAGE = "{title}\n\nMade by `make track`; docs/tracking.md says how.\n"


@dataclass(frozen=True)
class Branch:
    """What the remote has on the branch beyond the commit that is checked out.

    Attributes:
        tip: Its last commit.
        ahead: Whether it has commits that the checked out one lacks.
        made: The last of these that holds an update alone; else the commit that the branch started from.
        others: What other people committed there, as in `1a2b3c4 Fix the adapter (Ada)`; the newest first.
    """

    tip: str
    ahead: bool
    made: str
    others: tuple[str, ...]


class Checkout:
    """A clone of the repository, with the default branch checked out."""

    def __init__(self, folder: Path, access: Access, environment: Mapping[str, str] = os.environ) -> None:
        """Look at the clone.

        Args:
            folder: A folder in it.
            access: The right to push.
            environment: What git's processes inherit.

        Raises:
            UnusableInputError: That is no clone, or one without its history.
        """
        credentials = base64.b64encode(f"x-access-token:{access.token}".encode()).decode()
        self._environment = {
            **environment,
            "GIT_TERMINAL_PROMPT": "0",
            "LC_ALL": "C",
            "PROPOSE_HEADER": f"Authorization: Basic {credentials}",
            **{f"GIT_{who}_NAME": _NAME for who in ("AUTHOR", "COMMITTER")},
            **{f"GIT_{who}_EMAIL": _EMAIL for who in ("AUTHOR", "COMMITTER")},
        }
        header = f"http.{access.server}/.extraHeader"
        self._credentials = ("-c", f"{header}=", f"--config-env={header}=PROPOSE_HEADER")
        self._folder = folder
        self._folder = Path(self._git("rev-parse", "--show-toplevel"))
        if self._git("rev-parse", "--is-shallow-repository") == "true":
            raise UnusableInputError(
                f"{self._folder} is a shallow clone, which cannot tell whose commits are on {BRANCH}: "
                "fetch the whole history."
            )

    @property
    def folder(self) -> Path:
        """The top of the clone."""
        return self._folder

    def is_part_of(self, branch: str) -> bool:
        """Whether the commit that is checked out is on a branch of the remote."""
        self._git("fetch", "--quiet", "--no-tags", REMOTE, f"refs/heads/{branch}")
        try:
            self._git("merge-base", "--is-ancestor", "HEAD", "FETCH_HEAD")
        except FailedError:
            return False
        return True

    def branch(self) -> Branch | None:
        """Fetch the branch of updates, and tell whose commits are on it; None where the remote has none."""
        if not self._git("ls-remote", REMOTE, f"refs/heads/{BRANCH}"):
            return None
        self._git("fetch", "--quiet", "--no-tags", REMOTE, f"refs/heads/{BRANCH}")
        tip = self._git("rev-parse", "FETCH_HEAD")
        made, others = [], []
        log = self._git("log", "--topo-order", "--format=%H%x00%P%x00%ce%x00%h %s (%an)", f"HEAD..{tip}")
        for line in log.split("\n") if log else ():
            commit, parents, email, told = line.split("\0")
            # A commit that was rebased or amended by somebody has that person as its committer.
            if email != _EMAIL:
                others.append(told)
            elif " " not in parents:
                made.append(commit)
        start = [] if made else [self._git("merge-base", "HEAD", tip)]
        return Branch(tip, bool(log), (made + start)[0], tuple(others))

    def tree(self, update: Path) -> str:
        """Write a tree: the checked out commit's, with an update's folders in the place of its own.

        Args:
            update: The folder that has the update's folders.

        Returns:
            The tree's name.

        Raises:
            UnusableInputError: The folder holds no update.
        """
        there = [path for path in PATHS if (update / path).exists()]
        if not {DOCUMENT, GENERATED} <= {*there}:
            raise UnusableInputError(f"{update} holds no update: it lacks {DOCUMENT} or {GENERATED}.")
        with self._index("HEAD") as index:
            self._git("rm", "-r", "--cached", "--quiet", "--ignore-unmatch", "--", *PATHS, index=index)
            # An update in a folder of its own has no list there of the files that git ignores.
            ignored = f"core.excludesFile={self._folder / '.gitignore'}"
            options = (f"--work-tree={update.resolve()}", "-c", ignored)
            self._git("add", "--", *there, index=index, options=options)
            return self._git("write-tree", index=index)

    def differ(self, one: str, other: str) -> bool:
        """Whether two commits or trees differ as updates."""
        return self._git("diff-tree", "-r", "--name-only", one, other, "--", *_TELLING) != ""

    def commit(self, tree: str, title: str) -> str:
        """Make the commit of an update on top of the checked out one; nothing points to it yet."""
        return self._commit(tree, title, "HEAD")

    def commit_on_top(self, branch: Branch, tree: str, title: str) -> str:
        """Make the commit of an update for a branch that other people have committed to.

        It is a merge of their last commit with one that holds the update alone, on top of the update before
        it. What differs between these two is changed; all else stays as people left it. As the updates keep a
        line of their own, nobody's work is ever taken for a part of one.

        Args:
            branch: The branch with their commits.
            tree: The update.
            title: The commit's title.

        Returns:
            The merge.
        """
        changed = self._git("diff-tree", "-r", "-z", "--no-renames", branch.made, tree, "--", *PATHS).split(
            "\0"
        )
        entries = []
        for what, path in zip(changed[::2], changed[1::2], strict=False):
            _, mode, _, blob, _ = what.split(" ")
            entries.append(f"{mode} {blob}\t{path}\0")  # mode 0 takes the file away
        alone = self._commit(self._with(branch.made, entries), title, branch.made)
        return self._commit(self._with(branch.tip, entries), title, branch.tip, alone)

    def push(self, commit: str, branch: Branch | None) -> None:
        """Let the remote's branch be a commit, unless somebody has pushed since it was fetched."""
        self._push(f"{commit}:refs/heads/{BRANCH}", branch)

    def delete(self, branch: Branch) -> None:
        """Delete the remote's branch, unless somebody has pushed since it was fetched."""
        self._push(f":refs/heads/{BRANCH}", branch)

    def _push(self, what: str, branch: Branch | None) -> None:
        lease = f"--force-with-lease=refs/heads/{BRANCH}:{branch.tip if branch else ''}"
        try:
            self._git("push", "--quiet", lease, REMOTE, what)
        except FailedError as error:
            raise FailedError(
                f"{error}\nIf somebody has pushed to {BRANCH} just now, run this again; if the token may not "
                "write contents, give it that right."
            ) from error

    def _with(self, commit: str, entries: list[str]) -> str:
        """Write a commit's tree with some entries changed."""
        with self._index(commit) as index:
            self._git("update-index", "-z", "--index-info", index=index, typed="".join(entries))
            return self._git("write-tree", index=index)

    def _commit(self, tree: str, title: str, *parents: str) -> str:
        after = [word for parent in parents for word in ("-p", parent)]
        return self._git("commit-tree", tree, *after, "-m", _MESSAGE.format(title=title))

    @contextmanager
    def _index(self, start: str) -> Iterator[str]:
        """Open an index of its own, filled from a commit."""
        with tempfile.TemporaryDirectory() as folder:
            index = str(Path(folder) / "index")
            self._git("read-tree", start, index=index)
            yield index

    def _git(
        self,
        verb: str,
        *arguments: str,
        index: str | None = None,
        options: tuple[str, ...] = (),
        typed: str | None = None,
    ) -> str:
        environment = self._environment if index is None else {**self._environment, "GIT_INDEX_FILE": index}
        done = subprocess.run(
            ["git", *self._credentials, *options, verb, *arguments],  # noqa: S607 - the user's own git
            cwd=self._folder,
            env=environment,
            input=typed,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="surrogateescape",
        )
        if done.returncode != 0:
            said = " ".join(done.stderr.split())
            raise FailedError(f"`git {verb}` failed with {done.returncode}: {said}")
        return done.stdout.removesuffix("\n")
