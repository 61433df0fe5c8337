"""Bring what `make track` made before people: one pull request, or one issue, or neither.

`python -m scripts.propose [--update FOLDER] [--draft] [--dry-run]`

Reads the report of `make track` and the state of the forge, and does what is missing between the two: a
second run with the same result does nothing. An update that was cut off is finished first, and one that is
under way is waited for.

| verdict | pull request | issue |
|---|---|---|
| compatible, breaking | opened, or brought up to date | closed |
| unchanged | closed, and its branch deleted | closed |
| refused | left as it is | opened, or brought up to date |

The branch holds one commit on top of the default branch, and is replaced when the update changes. Once other
people have committed to it, nothing of theirs is replaced or rebased any more: the next update becomes a
commit on top of theirs, which cannot conflict, and a comment says so. What a person has closed stays closed
until there is something new to say.

Speaks to the forge that GITHUB_API_URL, GITHUB_SERVER_URL, GITHUB_REPOSITORY and GITHUB_TOKEN name, as they
do in a workflow, and to the remote `origin` of the clone that it is started in. REPORT_URL is where the
report can be read as a page.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import DONE, UnusableInputError, run
from scripts.proposing import wording
from scripts.proposing.checkout import BRANCH, Checkout
from scripts.proposing.forge import Forge, access_of
from scripts.reporting.model import Verdict
from scripts.state import DOCUMENT, REPORT
from scripts.tracking.last import LAST
from scripts.transaction import digest, looking_on, recover

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from scripts.proposing.checkout import Branch
    from scripts.proposing.forge import Issue, PullRequest
    from scripts.proposing.wording import Said


@dataclass(frozen=True)
class Step:
    """One change to the remote or to the forge.

    Attributes:
        what: What it does, in the imperative.
        do: Does it.
    """

    what: str
    do: Callable[[], object]


def main() -> int:
    """Do what is missing, or say what would be done."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.propose", description="Bring an update before people."
    )
    parser.add_argument(
        "--update",
        type=Path,
        help="the folder with the openapi/, generated/ and report/ of `make track` (this repository)",
    )
    parser.add_argument(
        "--draft",
        action="store_true",
        help="open the pull request as a draft, as its checks do not start alone",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="push and write nothing; say what would be done"
    )
    options = parser.parse_args()

    access = access_of(os.environ)
    checkout = Checkout(Path.cwd(), access)
    update = options.update or checkout.folder
    if not options.dry_run:
        recover(update)
    with Forge(access) as forge:
        with looking_on(update):  # report, document and client are those of one update
            said = _said(update, checkout, os.environ.get("REPORT_URL", ""))
            steps = [*Proposal(forge, checkout, said, update=update, draft=options.draft).steps()]
        print(f"{said.verdict}: {'' if steps else 'nothing to do.'}".rstrip())
        for step in steps:
            print(f"- {'would ' if options.dry_run else ''}{step.what}", flush=True)
            if not options.dry_run:
                step.do()
    return DONE


def _said(update: Path, checkout: Checkout, link: str) -> Said:
    """Read the report: that of the last update, where nothing was new after it and it is proposed nowhere."""
    said = wording.said_by(update / REPORT, link)
    last = update / REPORT / LAST
    if said.verdict is Verdict.UNCHANGED and last.is_dir() and checkout.differ("HEAD", checkout.tree(update)):
        return wording.said_by(last, link)
    return said


class Proposal:
    """What is to be done about one report."""

    def __init__(self, forge: Forge, checkout: Checkout, said: Said, *, update: Path, draft: bool) -> None:
        """Look at nothing yet.

        Args:
            forge: Where pull requests and issues are.
            checkout: Where commits are made.
            said: The report.
            update: The folder with the update.
            draft: Whether the pull request starts as a draft.
        """
        self._forge = forge
        self._checkout = checkout
        self._said = said
        self._update = update
        self._draft = draft

    def steps(self) -> Iterator[Step]:
        """Compare what should be with what is.

        Yields:
            What is missing, in the order in which it can be done.

        Raises:
            FailedError: The forge or git refuses.
            UnusableInputError: The update or the clone is none to work with.
        """
        base = self._forge.default_branch()
        if not self._checkout.is_part_of(base):
            raise UnusableInputError(f"The commit that is checked out is not on {base}; updates start there.")
        if self._said.verdict is Verdict.REFUSED:
            yield from self._refuse()
            return
        if self._said.verdict is Verdict.UNCHANGED:
            yield from self._withdraw()
        else:
            yield from self._propose(base)
        yield from self._settle_issue()

    # The pull request

    def _propose(self, base: str) -> Iterator[Step]:
        """Open the pull request, or bring it up to date."""
        tree = self._checkout.tree(self._update)
        if not self._checkout.differ("HEAD", tree):
            if self._said.document == digest(self._update / DOCUMENT):  # upstream went back, or it was merged
                yield from self._withdraw()
                return
            raise UnusableInputError(
                f"The report says {self._said.verdict}, and yet {self._update} has the same openapi/ and "
                "generated/ as the commit that is checked out. Was it a dry run?"
            )
        body = self._said.body(*([wording.NO_CHECKS] if self._draft else []))
        requests = self._forge.pull_requests(BRANCH)
        request = next((each for each in requests if each.is_open), None)
        if request is None and _is_declined(requests, body):
            yield _leave("pull request", requests[0])
            return
        labels = (wording.GENERAL, str(self._said.verdict))
        yield from self._missing_labels(labels)
        yield from self._push(tree, requests, request)
        if request is None:
            yield Step(f"open a pull request: {self._said.title}", lambda: self._open(base, body, labels))
            return
        if wording.mark_of(request.body) != wording.mark_of(body):
            yield Step(
                f"tell in pull request #{request.number}: {self._said.title}",
                lambda: self._forge.update(request, title=self._said.title, body=body),
            )
        yield from self._label(request, labels)

    def _push(
        self, tree: str, requests: Sequence[PullRequest], request: PullRequest | None
    ) -> Iterator[Step]:
        """Bring the branch up to date, if there is anything new."""
        branch = self._checkout.branch()
        if branch is not None and branch.ahead:
            if not self._checkout.differ(branch.made, tree):
                return
            # What a pull request brought that is closed now is kept with it, or was merged.
            kept = request is None and any(each.sha == branch.tip for each in requests)
            if branch.others and not kept:
                yield from self._push_on_top(tree, branch, request)
                return
        commit = self._checkout.commit(tree, self._said.title)
        yield Step(f"push {commit[:7]} to {BRANCH}", lambda: self._checkout.push(commit, branch))

    def _push_on_top(self, tree: str, branch: Branch, request: PullRequest | None) -> Iterator[Step]:
        commit = self._checkout.commit_on_top(branch, tree, self._said.title)
        yield Step(
            f"push {commit[:7]} to {BRANCH}, on top of other people's commits",
            lambda: self._checkout.push(commit, branch),
        )
        if request is not None:
            text = wording.on_top(commit, branch.others)
            yield Step(f"say so below #{request.number}", lambda: self._forge.comment(request.number, text))

    def _open(self, base: str, body: str, labels: Sequence[str]) -> None:
        number = self._forge.create_pull_request(
            branch=BRANCH, base=base, title=self._said.title, body=body, draft=self._draft
        )
        self._forge.add_labels(number, labels)

    def _withdraw(self) -> Iterator[Step]:
        """Close the pull request, and delete its branch, unless other people's work is on it."""
        branch = self._checkout.branch()
        theirs = branch is not None and bool(branch.others)
        for request in self._forge.pull_requests(BRANCH):
            if request.is_open:
                yield from self._close(
                    request, "pull request", wording.WITHDRAWN_BRANCH_STAYS if theirs else wording.WITHDRAWN
                )
        if branch is not None and not theirs:
            yield Step(f"delete {BRANCH}", lambda: self._checkout.delete(branch))

    # The issue

    def _refuse(self) -> Iterator[Step]:
        """Open the issue, or bring it up to date."""
        labels = (wording.GENERAL, str(self._said.verdict))
        body = self._said.body(wording.KEPT)
        issues = self._forge.issues(labels)
        issue = next((each for each in issues if each.is_open), None)
        if issue is None and _is_declined(issues, body):
            yield _leave("issue", issues[0])
            return
        yield from self._missing_labels(labels)
        if issue is None:
            yield Step(
                f"open an issue: {wording.ISSUE_TITLE}",
                lambda: self._forge.create_issue(title=wording.ISSUE_TITLE, body=body, labels=labels),
            )
        elif wording.mark_of(issue.body) != wording.mark_of(body):
            yield Step(
                f"tell the new reason in issue #{issue.number}", lambda: self._forge.update(issue, body=body)
            )
            yield Step(
                f"say so below #{issue.number}",
                lambda: self._forge.comment(issue.number, wording.CHANGED_REASON),
            )

    def _settle_issue(self) -> Iterator[Step]:
        """Close the issue of an earlier refusal."""
        for issue in self._forge.issues((wording.GENERAL, str(Verdict.REFUSED))):
            if issue.is_open:
                yield from self._close(issue, "issue", wording.FINE_AGAIN)

    # Both

    def _missing_labels(self, names: Sequence[str]) -> Iterator[Step]:
        """Make labels known that the repository lacks."""
        for name in names:
            if not self._forge.has_label(name):
                yield Step(
                    f"create the label {name}", partial(self._forge.create_label, name, *wording.LABELS[name])
                )

    def _label(self, request: PullRequest, names: Sequence[str]) -> Iterator[Step]:
        """Set the verdict's labels; those that people gave stay."""
        missing = [name for name in names if name not in request.labels]
        if missing:
            yield Step(
                f"label pull request #{request.number} {', '.join(missing)}",
                lambda: self._forge.add_labels(request.number, missing),
            )
        for name in wording.VERDICTS:
            if name in request.labels and name not in names:
                yield Step(
                    f"take the label {name} off pull request #{request.number}",
                    partial(self._forge.remove_label, request.number, name),
                )

    def _close(self, issue: Issue, kind: str, why: str) -> Iterator[Step]:
        """Close an issue or a pull request, so that the same update may come again."""
        yield Step(f"say why below #{issue.number}", lambda: self._forge.comment(issue.number, why))
        yield Step(
            f"close {kind} #{issue.number}",
            lambda: self._forge.update(issue, state="closed", body=wording.settled(issue.body)),
        )


def _is_declined(issues: Sequence[Issue], body: str) -> bool:
    """Whether a person has closed the last one, and it said what there is to say now."""
    return any(
        each.is_declined and wording.mark_of(each.body) == wording.mark_of(body) for each in issues[:1]
    )


def _leave(kind: str, issue: Issue) -> Step:
    return Step(f"leave {kind} #{issue.number} closed: somebody closed it, and nothing is new", lambda: None)


if __name__ == "__main__":
    sys.exit(run("propose", main))
