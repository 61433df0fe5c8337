"""`python -m voucherify_wrapper.sandbox`: serves one sandbox until Ctrl-C or SIGTERM."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import signal
import sys
import time
from typing import TYPE_CHECKING

from voucherify_wrapper.sandbox import SAMPLE_VOUCHERS, RateLimit, Sandbox, SandboxError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PROGRAM = "python -m voucherify_wrapper.sandbox"
_UNLIMITED = "unlimited"
_RATE = re.compile(r"([0-9]{1,9})/(minute|hour)")
_LIMIT = re.compile(rf"[0-9]{{1,10}}|{_UNLIMITED}")

_LOOK_AROUND = 0.1
_BANNER = """\
Voucherify sandbox on {url}
Vouchers, and how many sessions each takes at a time:
{vouchers}
Stop it with Ctrl-C.

{exports}

Open a validation session:

curl -X POST {url}/v1/validations \\
  -H "X-App-Id: $VOUCHERIFY_APP_ID" -H "X-App-Token: $VOUCHERIFY_APP_TOKEN" \\
  -H "Content-Type: application/json" \\
  -d {body}
"""
_HOW_TO_LOCK = """\
To have sessions to release, lock vouchers: what is printed at the start has a
curl command for it, which answers with the session's key. In Python:

  from voucherify_wrapper.sandbox import Sandbox
  with Sandbox() as sandbox:
      key = sandbox.lock("2CpRCE2c")
"""


def main(
    arguments: Sequence[str] | None = None, program: str = "python -m voucherify_wrapper.sandbox"
) -> int:
    """Serve a sandbox.

    Args:
        arguments: The command line, without the program's name; left out, the process's own.
        program: What the program is called in its own texts.

    Returns:
        The exit status: 0 when it was told to stop, 1 when it could not start. Bad arguments exit with 2.
    """
    parser = _parser(program)
    options = parser.parse_args(arguments)
    # Before anything is up, so that a signal during the start stops it in the same way.
    signals: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda received, _: signals.append(received))
    vouchers = dict(options.voucher) if options.voucher else None
    try:
        sandbox = Sandbox(
            vouchers=vouchers,
            app_id=options.app_id,
            app_token=options.app_token,
            state=options.state,
            rate_limit=options.rate_limit,
            port=options.port,
            token_lifetime=options.token_lifetime,
        )
        with sandbox:
            told = (
                json.dumps(sandbox.environment())
                if options.json
                else _banner(sandbox, vouchers or SAMPLE_VOUCHERS)
            )
            print(told, flush=True)  # noqa: T201 - a command prints
            # Not a lock: its `set` can meet its `wait` half way, and on Windows Ctrl-C does not interrupt it.
            while not signals:
                time.sleep(_LOOK_AROUND)
    except ValueError as error:
        parser.error(str(error))
    except SandboxError as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)  # noqa: T201 - a command prints
        return 1
    return 0


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Serve a local stand-in for the Voucherify API on 127.0.0.1.",
        epilog=_HOW_TO_LOCK,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--port", type=_port, default=0, help="the port; without it, a free one")
    parser.add_argument(
        "--voucher",
        action="append",
        type=_voucher,
        metavar="CODE[=LIMIT]",
        help="a voucher and its redemption limit, a whole number or 'unlimited'; 1 without it. Repeatable. "
        "What follows the last '=' is the limit if it reads like one and belongs to the code otherwise: "
        "a code that itself ends in '=5' is given as 'CODE=5=1'.",
    )
    parser.add_argument(
        "--app-id",
        default=os.environ.get("VOUCHERIFY_SANDBOX_APP_ID") or None,
        help="the X-App-Id to accept; without it, VOUCHERIFY_SANDBOX_APP_ID, or a random one",
    )
    parser.add_argument(
        "--app-token",
        default=os.environ.get("VOUCHERIFY_SANDBOX_APP_TOKEN") or None,
        help="the X-App-Token to accept; without it, VOUCHERIFY_SANDBOX_APP_TOKEN, or a random one",
    )
    parser.add_argument("--state", metavar="FILE", help="keep the state in this file, over restarts")
    parser.add_argument(
        "--rate-limit",
        type=_rate_limit,
        metavar="N/minute|N/hour",
        help="answer so many requests per minute or per hour; without it, any number",
    )
    parser.add_argument(
        "--token-lifetime",
        type=int,
        default=900,
        metavar="SECONDS",
        help="the life of an OAuth token; without it, %(default)s seconds",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the variables that lead a client here as one line of JSON"
    )
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**16:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a whole number from 0 to 65535 is needed")
    return int(text)


def _voucher(text: str) -> tuple[str, int | None]:
    code, _, limit = text.rpartition("=")
    if not code or not _LIMIT.fullmatch(limit):
        return text, 1
    return code, None if limit == _UNLIMITED else int(limit)


def _rate_limit(text: str) -> RateLimit:
    match = _RATE.fullmatch(text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate limit: it looks like 100/minute or 2000/hour")
    try:
        return RateLimit(int(match[1]), "minute" if match[2] == "minute" else "hour")
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _banner(sandbox: Sandbox, vouchers: Mapping[str, int | None]) -> str:
    code = next(iter(vouchers))
    listed = "\n".join(f"  {name!r}: {limit or _UNLIMITED}" for name, limit in vouchers.items())
    exports = "\n".join(
        f"export {name}={shlex.quote(value)}" for name, value in sandbox.environment().items()
    )
    request = {"redeemables": [{"object": "voucher", "id": code}], "session": {"type": "LOCK"}}
    body = shlex.quote(json.dumps(request))
    return _BANNER.format(url=sandbox.base_url, vouchers=listed, exports=exports, body=body)


if __name__ == "__main__":
    sys.exit(main())
