"""What `voucherify release-many` was asked for, and the command that asks for the rest of it."""

from __future__ import annotations

import os
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from voucherify_wrapper._errors import UsageError

from ._lines import STANDARD_INPUT
from ._shell import command_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ._pairs import Format

CONCURRENCY = 32
MAX_WAIT = 120.0


@frozen(kw_only=True)
class Plan:
    """The arguments of a run.

    Attributes:
        file: the list; ``-`` for standard input.
        form: how it is written; None to see that from its content.
        journal: the run's journal, if it has one.
        output: where its outcomes go, if anywhere.
        force: write over what is there.
        concurrency: how many releases are under way at once.
        missing_ok: take a session that is gone as a success.
        max_wait: the longest wait for a quota, in seconds.
        as_json: answer with JSON.
        connection: options and values of the client.
        resuming: whether the journal was there before: an earlier run's.
    """

    file: str
    form: Format | None
    journal: str | None
    output: str | None
    force: bool
    concurrency: int
    missing_ok: bool
    max_wait: float
    as_json: bool
    connection: Mapping[str, object]
    resuming: bool = field(init=False)

    @resuming.default
    def _(self) -> bool:
        # Of what cannot be looked at, these say no, where a Path raises.
        return os.path.isfile(self.journal or "") and os.path.getsize(self.journal or "") > 0  # noqa: PTH113, PTH202

    def check(self) -> None:
        """See to it that each file has a name, and is used for one thing.

        Raises:
            UsageError: one has none, or is not.
        """
        named = [("the list", self.file), ("the journal", self.journal), ("the outcomes", self.output)]
        for what, path in named:
            if path == "":
                raise UsageError(f"The name of {what} is empty; is a variable in the command not set?")
        try:
            Path.cwd()
        except OSError:
            raise UsageError("The folder that you are in is not there any more; go to another.") from None
        if self.journal == STANDARD_INPUT:
            raise UsageError("The journal has to be a file; - is none.")
        files = [(what, path) for what, path in named if path not in (None, STANDARD_INPUT)]
        for number, (what, path) in enumerate(files):
            for other, same in files[:number]:
                if _is_same(f"{path}", f"{same}"):
                    raise UsageError(f"{path} is to be {other} and {what}; name two files.")

    def again(self) -> str | None:
        """The command that goes on with this run; None where no terminal can be given it as a line.

        Without a journal, one is named; what was released is found gone then, which is no failure.
        """
        return command_line(["voucherify", "release-many", *self._options(), *self._operand()])

    def _operand(self) -> list[str]:
        hidden = self.file.startswith("-") and self.file != STANDARD_INPUT
        return ["--", self.file] if hidden else [self.file]

    def _options(self) -> Iterator[str]:
        output, journal = self.output, self.journal
        if not journal:
            journal = _free("sessions" if self.file == STANDARD_INPUT else Path(self.file).stem, ".journal")
            if output and os.path.isfile(output):  # noqa: PTH113 - as above
                output = _free(str(Path(output).with_suffix("")), Path(output).suffix)
        options: dict[str, object] = {
            "--journal": journal,
            "--output": output,
            "--format": self.form,
            "--concurrency": None if self.concurrency == CONCURRENCY else self.concurrency,
            "--max-wait": None if self.max_wait == MAX_WAIT else f"{self.max_wait:g}",
            **self.connection,
        }
        for option, value in options.items():
            if value is not None:
                yield from (option, f"{value}")
        if self.journal and self.output and self.force:
            yield "--force"
        if self.journal and not self.missing_ok:
            yield "--no-missing-ok"
        if self.as_json:
            yield "--json"


def _free(stem: str, suffix: str) -> str:
    """The name of a file that is not there."""
    names = chain([f"{stem}{suffix}"], (f"{stem}-{number}{suffix}" for number in count(2)))
    return next(name for name in names if not os.path.exists(name))  # noqa: PTH110 - as above


def _is_same(one: str, other: str) -> bool:
    try:
        return Path(one).samefile(other)
    except OSError:  # one of them is not there
        return Path(one).absolute() == Path(other).absolute()
