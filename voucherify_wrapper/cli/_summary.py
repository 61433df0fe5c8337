"""What a run came to, for people and for programs, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import asdict, frozen

from voucherify_wrapper._secrets import printable

from ._advice import told
from ._exits import ExitCode, exit_code_of
from ._lines import STANDARD_INPUT
from ._outcomes import STANDARD_OUTPUT
from ._output import error_document, say, say_json, say_table
from ._values import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from voucherify_wrapper._errors import VoucherifyError

    from ._plan import Plan
    from ._run import Trial
    from ._tally import Kind, Tally

_LONGEST_PAIR = 100  # characters


@frozen
class Summary:
    """The end of a run.

    Attributes:
        plan: what was asked for.
        tally: what it came to.
        error: what ended it before its time; None where nothing did.
        left: how many pairs were read and not released; None where that is not known.
    """

    plan: Plan
    tally: Tally
    error: VoucherifyError | None
    left: int | None

    @property
    def code(self) -> ExitCode:
        """The run's exit code."""
        if self.error:
            return exit_code_of(self.error)
        return ExitCode.FAILED if self.tally.failed or self.tally.bad_rows else ExitCode.DONE

    def tell(self) -> ExitCode:
        """Say it, and give the exit code."""
        if self.plan.as_json:
            self._tell_programs()
        else:
            self._tell_people()
        return self.code

    def _tell_programs(self) -> None:
        document = self.tally.document()
        if self.left is None:
            document["repeated"] = None
        else:
            document["repeated"] -= self.left
        document |= {
            "left": self.left,
            "journal": self.plan.journal,
            "output": self.plan.output,
            "next": None if self.code is ExitCode.DONE else self.plan.again(),
            "exit_code": int(self.code),
        }
        if self.error:
            document["error"] = error_document(self.error, str(self.error))
        say_json(document)

    def _tell_people(self) -> None:
        aside = self.plan.output == STANDARD_OUTPUT  # then the outcomes alone are on it
        say_table(self._rows(), to_stderr=aside)
        for kind in self.tally.kinds.values():
            say(_failures(kind), to_stderr=aside)
        if self.error:
            say(f"voucherify: {told(self.error, 'release-many')}", to_stderr=True)
        for line in self._advice():
            say(line, to_stderr=aside or self.error is not None)

    def _rows(self) -> Iterator[tuple[str, str]]:
        tally = self.tally
        yield "Released", f"{tally.released:,}"
        if tally.unconfirmed:
            yield "  most likely: an answer was lost", f"{tally.unconfirmed:,}"
        yield "Already gone", f"{tally.already_gone:,}"
        yield "Failed", f"{tally.failed:,}"
        yield "Bad rows", f"{tally.bad_rows:,}"
        repeated = "Repeated, or done before" if self.plan.resuming else "Repeated"
        if self.left is None:
            yield "Not finished, or repeated", f"{tally.open:,}"
        else:
            yield repeated, f"{tally.open - self.left:,}"
        if self.left:
            yield "Read, and not released", f"{self.left:,}"
        yield "Seconds", f"{tally.seconds:,.1f}"
        yield "A second", f"{tally.rate:,.1f}"

    def _advice(self) -> Iterator[str]:
        """What to do: first what may be wrong with the list, then how to go on."""
        tally, again = self.tally, self.plan.again() or "the same command"
        yield from self._doubts()
        if tally.bad_rows:
            once = ": what is done is not asked for again." if self.plan.journal else "."
            yield f"Correct the bad rows, and run it again{once}"
        # Before the command, which is pasted up to the end of its line.
        where = ", with the same list on standard input" if self.plan.file == STANDARD_INPUT else ""
        if self.error:
            yield f"To go on{where}: {again}"
        elif tally.failed:
            yield f"To try those that failed once more{where}: {again}"
        if tally.released and not self.plan.journal and (self.error or tally.failed or tally.bad_rows):
            yield "There was no journal: what was released is asked for once more then, and found gone."
        if not (tally.bad_rows or tally.outcomes or self.error):
            what = "was done before" if tally.given else "has no rows"
            yield f"The list {what}; there was nothing to do."

    def _doubts(self) -> Iterator[str]:
        tally = self.tally
        if tally.already_gone * 2 > tally.outcomes and not self.plan.resuming:
            all_of_them = tally.already_gone == tally.outcomes
            how_many = "Every session was" if all_of_them else "Most sessions were"
            yield f"{how_many} gone already. If that surprises you, see whether the keys are whole."
        like = "those released" if tally.known_shapes else "those that Voucherify makes"
        for shape in tally.unlike:
            examples = [
                f"{f'line {line}' if line else 'an earlier run'} ({printable(key, _LONGEST_PAIR)})"
                for line, key in shape.examples
            ]
            yield (
                f"{shape.count:,} of those that were gone had keys that look like none of {like}, "
                f"as in {', '.join(examples)}. See whether the keys are whole."
            )
        if tally.swapped:
            yield (
                f"In {tally.swapped:,} of those that failed the code begins with {OWN}, as keys do. See "
                "whether codes and keys are in each other's place."
            )
        if tally.of_urls:
            yield (
                f"In {tally.of_urls:,} of those that failed the code is written as in a URL. See whether it "
                "is to have the characters that its %… stand for."
            )


def _failures(kind: Kind) -> str:
    examples = [
        f"{f'line {line}' if line else 'an earlier run'} ({printable(f'{code} {key}', _LONGEST_PAIR)})"
        for line, code, key in kind.examples
    ]
    return f"{kind.count:,} failed with {kind.name}, as in {', '.join(examples)}: {kind.text}"


def tell_trial(trial: Trial, *, as_json: bool) -> ExitCode:
    """Say what a run would do, and give the exit code."""
    code = ExitCode.FAILED if trial.bad_rows else ExitCode.DONE
    if as_json:
        say_json({"dry_run": True, **asdict(trial), "exit_code": int(code)})
        return code
    say_table(
        [
            ("Would be released", f"{trial.to_send:,}"),
            ("Bad rows", f"{trial.bad_rows:,}"),
            ("Repeated, or done before", f"{trial.repeated:,}"),
        ]
    )
    if trial.swapped:
        say(
            f"In {trial.swapped:,} of those to be released the code begins with {OWN}, as keys do. See "
            "whether codes and keys are in each other's place."
        )
    if trial.odd_keys:
        say(
            f"In {trial.odd_keys:,} of those to be released the key begins with {OWN}, as Voucherify's own "
            "do, and has no 32 letters and digits behind it, as they have. See whether the keys are whole."
        )
    say("Nothing was sent.")
    return code
