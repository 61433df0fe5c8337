"""``voucherify release``: one session."""

from typing import Annotated

import typer

from voucherify_wrapper._client import Voucherify

from ._options import AsJson, BaseUrl, ClusterName, EnvFile, Profile, Seconds
from ._output import rate_limit_document, say, say_json


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
    with Voucherify(
        profile=profile, cluster=cluster, base_url=base_url, env_file=env_file, timeout=timeout
    ) as voucherify:
        result = voucherify.release_validation_session(code, key, missing_ok=missing_ok)
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
    else:
        say(f"Released: the session {key} of the voucher {code}.")
        if not result.confirmed:
            say("(Most likely: the answer to an attempt was lost, and the next found the session gone.)")
