"""A voucher is locked and released, and then everything goes wrong: all of it on this machine.

Run it with ``make demo``. It needs no account and no network: it talks to the sandbox, over real HTTP.
"""

from __future__ import annotations

import asyncio
import os
from textwrap import wrap
from typing import Any

import httpx

from voucherify_wrapper import ApiKey, AsyncVoucherify, ReleaseResult, Voucherify, VoucherifyError
from voucherify_wrapper.sandbox import Fault, Sandbox

CODE = "2CpRCE2c"


def main() -> None:
    """Tell the story."""
    os.environ["NO_PROXY"] = "*"  # everything here is on this machine, whatever proxy it has
    with Sandbox(vouchers={CODE: 1}) as sandbox:
        say(
            "1. A local Voucherify",
            f"listens on {sandbox.base_url} and knows the voucher {CODE}, good for one use.",
        )
        release_with_threads(sandbox)
        asyncio.run(release_with_tasks(sandbox))
        go_wrong(sandbox)
    say("Done.", "The sandbox is stopped; nothing is left running.")


def release_with_threads(sandbox: Sandbox) -> None:
    """Lock the voucher, and release it with the synchronous client."""
    say("2. A customer starts to check out, and the voucher is locked")
    key = lock(sandbox)
    validation = validate(sandbox)
    refused = validation["redeemables"][0]["result"]["error"]["key"]
    say("", f"another customer tries it: valid is {validation['valid']} ({refused})")

    say("3. The checkout is given up: Voucherify releases the lock")
    with Voucherify(ApiKey(sandbox.app_id, sandbox.app_token), base_url=sandbox.base_url) as voucherify:
        tell(sandbox, voucherify.release_validation_session(CODE, key))


async def release_with_tasks(sandbox: Sandbox) -> None:
    """The same with the asynchronous client."""
    say("4. Another customer, another lock: AsyncVoucherify releases it")
    key = lock(sandbox)
    credentials = ApiKey(sandbox.app_id, sandbox.app_token)
    async with AsyncVoucherify(credentials, base_url=sandbox.base_url) as voucherify:
        tell(sandbox, await voucherify.release_validation_session(CODE, key))


def go_wrong(sandbox: Sandbox) -> None:
    """Show what a caller sees when it fails."""
    say("5. What a caller sees when it goes wrong")
    good = ApiKey(sandbox.app_id, sandbox.app_token)
    failing("a session that is gone", sandbox, good)
    failing("a wrong token", sandbox, ApiKey(sandbox.app_id, "mistyped"))
    sandbox.inject(Fault(after_bytes=0, end="hang"))
    failing("a server that does not answer, with timeout=1", sandbox, good, timeout=1)

    with Voucherify(good, base_url=sandbox.base_url) as voucherify:
        result = voucherify.release_validation_session(CODE, "ssn_gone", missing_ok=True)
    say("", "a session that is gone, with missing_ok=True", f"  → status is {result.status!r}")


def failing(case: str, sandbox: Sandbox, credentials: ApiKey, timeout: float | None = None) -> None:
    """Make a release that fails, and show its exception."""
    with Voucherify(credentials, base_url=sandbox.base_url, timeout=timeout) as voucherify:
        try:
            voucherify.release_validation_session(CODE, "ssn_gone")
        except VoucherifyError as error:
            first, *more = wrap(f"{type(error).__name__}: {error}", 96, break_on_hyphens=False)
            say("", case, f"  → {first}", *(f"    {line}" for line in more))
        else:
            raise SystemExit(f"{case}: no exception was raised")


def lock(sandbox: Sandbox) -> str:
    """Validate the voucher as a shop does at checkout, which locks it, and give the session's key."""
    key: str = validate(sandbox)["session"]["key"]
    say("", f"POST /v1/validations → session {key}")
    return key


def validate(sandbox: Sandbox) -> Any:  # noqa: ANN401 - the vendor's JSON
    """Send the validation request that asks for a lock, and give its answer."""
    answer = httpx.post(
        f"{sandbox.base_url}/v1/validations",
        headers={"X-App-Id": sandbox.app_id, "X-App-Token": sandbox.app_token},
        json={"redeemables": [{"object": "voucher", "id": CODE}], "session": {"type": "LOCK"}},
    )
    return answer.raise_for_status().json()


def tell(sandbox: Sandbox, result: ReleaseResult) -> None:
    """Show a release, and check it against what the server knows."""
    last = sandbox.requests[-1]
    say("", f"{last.method} {last.path}", f"→ {result.status}, at attempt {result.attempts}")
    say("", f"sessions still open at the server: {len(sandbox.sessions(CODE))}")


def say(headline: str, *lines: str) -> None:
    """Print a headline, if there is one, and indented lines."""
    if headline:
        print(f"\n{headline}")
    for line in lines:
        print(f"   {line}")


if __name__ == "__main__":
    main()
