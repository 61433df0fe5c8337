"""``voucherify release-many``: a list of sessions."""

# Not postponed, as in every command: Typer reads the annotations.

from contextlib import nullcontext
from typing import Annotated

import typer

from voucherify_wrapper._client import Voucherify
from voucherify_wrapper._errors import UsageError
from voucherify_wrapper._events import Event

from ._interrupts import Interrupts, tidied_up
from ._lines import Lines
from ._options import AsJson, BaseUrl, ClusterName, EnvFile, Profile, Seconds, a_number
from ._outcomes import STANDARD_OUTPUT, Outcomes
from ._pairs import Format, rows_of
from ._plan import CONCURRENCY, MAX_WAIT, Plan
from ._progress import Quota, State, progress_of
from ._run import Run, tried
from ._summary import tell_trial

_MOST_AT_ONCE = 1000
_A_DAY = 86_400
_AHEAD = 2  # times the concurrency: how many pairs a run reads ahead
_STANDARD_OUTPUTS = ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1")
_RUNNING = "How it runs"


def release_many(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="The list of sessions; - for standard input.", show_default=False
        ),
    ],
    *,
    journal: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Keep a journal in this file. A run that was interrupted, or broke off in any way, goes on "
            "where it was when the same command is given again.",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Write what became of each session to this file, as JSON lines; - for standard output. "
            "With the journal of an earlier run, they are added to those that are there.",
        ),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force",
            help="Write over the file of --output. With the journal of an earlier run, which tells each "
            "outcome once, outcomes that are there stay all the same; only something else is written over.",
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Only read the list: which rows are bad, and how many sessions would be released. Nothing "
            "is sent, and no credentials are needed.",
        ),
    ] = False,
    missing_ok: Annotated[
        bool,
        typer.Option(
            help="Whether a session that is gone already is a success. As a rule it is: sessions end by "
            "themselves, and gone is what they are to be.",
        ),
    ] = True,
    form: Annotated[
        Format | None,
        typer.Option(
            "--format", help="How the list is written; without it, that is seen from its beginning."
        ),
    ] = None,
    concurrency: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=1,
            max=_MOST_AT_ONCE,
            help="How many releases are under way at once, at most.",
            rich_help_panel=_RUNNING,
        ),
    ] = CONCURRENCY,
    max_wait: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0,
            max=_A_DAY,
            callback=a_number,
            help="Wait as long as this for the quota of calls to be renewed. (By the hour: 3660.)",
            rich_help_panel=_RUNNING,
        ),
    ] = MAX_WAIT,
    profile: Profile = None,
    cluster: ClusterName = None,
    base_url: BaseUrl = None,
    env_file: EnvFile = None,
    timeout: Seconds = None,
    as_json: AsJson = False,
) -> int:
    """Release a list of validation sessions, such as a broken checkout leaves behind.

    The list is CSV with a header, as spreadsheets and databases export it:

        code,session_key
        2CpRCE2c,ssn_yQGMTeKBSw8OOuFPwlBEjzGy8d8VA9Ts
        SUMMER-10,ssn_1aXbEXN9kbLEyfvmnGqg3PbWO0dJkJ1L

    Other columns do no harm, and these may also be called voucher and key.
    Commas, semicolons and tabs are understood. Or it is JSON lines, such as

        {"code": "2CpRCE2c", "session_key": "ssn_yQGM"}
        ["SUMMER-10", "ssn_1aXb"]

    Rows that are no pair are named with their line; all others are released,
    within the quota of calls. Ctrl-C finishes what is under way, and tells
    how to go on; a second one ends it at once.
    """
    if output in _STANDARD_OUTPUTS:  # opened by its name, it would have the summary among the outcomes
        output = STANDARD_OUTPUT
    plan = Plan(
        file=file,
        form=form,
        journal=journal,
        output=output,
        force=force,
        concurrency=concurrency,
        missing_ok=missing_ok,
        max_wait=max_wait,
        as_json=as_json,
        connection={
            "--profile": profile,
            "--cluster": cluster,
            "--base-url": base_url,
            "--env-file": env_file,
            "--timeout": timeout,
        },
    )
    plan.check()
    if as_json and output == STANDARD_OUTPUT:
        raise UsageError("--json and --output - both write to standard output; name a file for the outcomes.")
    interrupts, quota = Interrupts(), Quota()

    def watch(event: Event) -> None:
        interrupts.watch(event)
        quota.watch(event)

    outcomes = Outcomes(output, resuming=plan.resuming, force=force)
    with Lines(file) as lines:
        rows = rows_of(lines, form)
        if dry_run:
            with tidied_up():
                trial = tried(rows, journal)
            return tell_trial(trial, as_json=as_json)
        with Voucherify(
            profile=profile,
            cluster=cluster,
            base_url=base_url,
            env_file=env_file,
            timeout=timeout,
            on_event=watch,
        ) as voucherify:
            run = Run(plan, voucherify, outcomes, interrupts)
            state = State(run.tally, lines.left(), _AHEAD * concurrency, quota)
            with nullcontext() if as_json else progress_of(state):
                summary = run.to_its_end(rows)
    return summary.tell()
