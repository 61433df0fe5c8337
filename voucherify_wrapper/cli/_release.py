"""``voucherify release``: one session."""

# Not postponed, as in every command: Typer reads the annotations.

import os
from typing import Annotated

import typer

from voucherify_wrapper._client import Voucherify
from voucherify_wrapper._errors import (
    NotFoundError,
    SessionNotFoundError,
    UsageError,
    VoucherNotFoundError,
    remark,
)

from ._options import AsJson, BaseUrl, ClusterName, EnvFile, Profile, Seconds
from ._output import rate_limit_document, say, say_json
from ._values import doubts_about_code, doubts_about_key


def release(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The voucher's code.", show_default=False)],
    key: Annotated[
        str, typer.Argument(metavar="KEY", help="The session's key, such as ssn_yQGM…", show_default=False)
    ],
    *,
    missing_ok: Annotated[
        bool, typer.Option("--missing-ok", help="Take a session that is gone already as a success.")
    ] = False,
    profile: Profile = None,
    cluster: ClusterName = None,
    base_url: BaseUrl = None,
    env_file: EnvFile = None,
    timeout: Seconds = None,
    as_json: AsJson = False,
) -> None:
    """Release one validation session, so that the next customer can use the voucher.

    A code or key that begins with a hyphen is given after two of them: voucherify release -- -CODE KEY
    """
    code, key = _as_text("code", code), _as_text("key", key)
    with Voucherify(
        profile=profile, cluster=cluster, base_url=base_url, env_file=env_file, timeout=timeout
    ) as voucherify:
        try:
            result = voucherify.release_validation_session(code, key, missing_ok=missing_ok)
        except (VoucherNotFoundError, SessionNotFoundError) as error:
            for sentence in _advice(code, key, error):
                remark(error, sentence)
            raise
    if as_json:
        say_json(
            {
                "code": result.code,
                "session_key": result.session_key,
                "status": result.status,
                "confirmed": result.confirmed,
                "attempts": result.attempts,
                "request_id": result.request_id,
                "rate_limit": rate_limit_document(result.rate_limit),
            }
        )
    elif result.already_gone:
        say(f"Already gone: the voucher {code} has no session {key} any more.")
        for doubt in doubts_about_key(key):
            say(doubt)
    else:
        say(f"Released: the session {key} of the voucher {code}.")
        if not result.confirmed:
            say("(Most likely: the answer to an attempt was lost, and the next found the session gone.)")


def _as_text(name: str, typed: str) -> str:
    """What was typed, where the locale is none that can say it.

    Raises:
        UsageError: it is no text.
    """
    try:
        return os.fsencode(typed).decode() if any("\udc80" <= char <= "\udcff" for char in typed) else typed
    except UnicodeError:
        raise UsageError(f"The {name} is not UTF-8 text; see how the terminal is set.") from None


def _advice(code: str, key: str, error: NotFoundError) -> list[str]:
    """Which of the two is at fault, and what to do."""
    if not isinstance(error, SessionNotFoundError):
        return doubts_about_code(code, key)
    may_be_gone = "Where a session may be gone already, as in a script, --missing-ok makes that a success."
    return ["The voucher is there, so it is not the code.", *(doubts_about_key(key) or [may_be_gone])]
