"""Clients in more than one process: pickled, and forked."""

from __future__ import annotations

import asyncio
import os
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from voucherify_wrapper import AsyncVoucherify, OAuthClientCredentials, Retries, Voucherify

if TYPE_CHECKING:
    from voucherify_wrapper import Event
    from voucherify_wrapper.sandbox import Sandbox

CODE = "2CpRCE2c"


def told(_: Event) -> None:
    """A hook that a pickle can name."""


def answered(_: httpx.Request) -> httpx.Response:
    return httpx.Response(204)


def test_a_client_is_pickled_by_its_configuration(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], transport: Any
) -> None:
    """What comes of it has the same settings, works, and is open even if the other is closed."""
    settings = {**to_sandbox, "retries": Retries(7), "timeout": 3, "on_event": told, "transport": transport}
    blocking, awaited = Voucherify(**settings), AsyncVoucherify(**settings)
    blocking.close()
    twin, async_twin = pickle.loads(pickle.dumps((blocking, awaited)))  # noqa: S301 - made here

    async def run() -> str:
        async with async_twin:
            result = await async_twin.release_validation_session(CODE, voucherify_sandbox.lock(CODE))
        return str(result.status)

    with twin:
        result = twin.release_validation_session(CODE, voucherify_sandbox.lock(CODE))
    assert (result.status, asyncio.run(run())) == ("released", "released")
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301 - made here
    assert repr(twin) == repr(blocking)
    assert twin._config == blocking._config
    outcomes = list(pickle.loads(pickle.dumps(twin)).release_many([(CODE, "gone")], missing_ok=True))  # noqa: S301
    assert pickle.loads(pickle.dumps(outcomes)) == outcomes  # noqa: S301 - made here


def test_what_cannot_be_pickled_says_so_itself() -> None:
    """A transport of the caller's own is the caller's to make picklable."""
    client = Voucherify(
        OAuthClientCredentials("id", "token"), transport=httpx.MockTransport(lambda _: httpx.Response(204))
    )
    with pytest.raises((pickle.PicklingError, AttributeError)):
        pickle.dumps(client)


FORKING = """
import asyncio, os, sys
from voucherify_wrapper import ApiKey, AsyncVoucherify, OAuthClientCredentials, Voucherify
url, transport, kind, keys = sys.argv[1], sys.argv[2] or None, sys.argv[3], sys.argv[4:]
credentials = (OAuthClientCredentials if kind == "oauth" else ApiKey)("id", "token")
settings = {"credentials": credentials, "base_url": url, "transport": transport, "retries": 0}
closed = Voucherify(**settings)
closed.close()

def release(voucherify, key):
    assert voucherify.release_validation_session("2CpRCE2c", key).released

async def release_async(voucherify, key):
    assert (await voucherify.release_validation_session("2CpRCE2c", key)).released

async def child(voucherify, keys):
    for key in keys:
        await release_async(voucherify, key)
    await voucherify.aclose()

blocking = Voucherify(**settings)
release(blocking, keys[0])

awaited = AsyncVoucherify(**settings)
used = AsyncVoucherify(**settings)
asyncio.run(release_async(used, keys[1]))  # no loop is open while forking: the two would share it
forked = os.fork()
if not forked:
    release(blocking, keys[4])
    asyncio.run(child(awaited, keys[5:6]))
    asyncio.run(child(used, keys[6:7]))
    outcomes = list(blocking.release_many([("2CpRCE2c", key) for key in keys[7:]]))
    assert all(outcome.ok for outcome in outcomes)
    sys.exit(0)  # in the ordinary way, with all that runs at exit
_, status = os.waitpid(forked, 0)
assert status == 0, status
asyncio.run(child(awaited, keys[2:3]))
release(blocking, keys[3])
blocking.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks nothing")
@pytest.mark.parametrize("kind", ["key", "oauth"])
def test_a_forked_process_has_connections_of_its_own(transport: str | None, kind: str) -> None:
    """And leaves its parent's alone: both go on, without a retry, and each session is released once."""
    from voucherify_wrapper.sandbox import Sandbox  # noqa: PLC0415 - another is for the types

    with Sandbox(vouchers={CODE: None}, app_id="id", app_token="token") as sandbox:
        keys = [sandbox.lock(CODE) for _ in range(20)]
        done = subprocess.run(
            [sys.executable, "-c", FORKING, sandbox.base_url, transport or "", kind, *keys],
            capture_output=True,
            text=True,
            check=False,
            timeout=30,
        )
        assert done.returncode == 0, done.stderr
        assert sorted(sandbox.released) == sorted((CODE, key) for key in keys)
        assert "Error" not in done.stderr
