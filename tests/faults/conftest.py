"""Fixtures of the tests with faults: a sandbox behind a proxy, and a look at what is left afterwards."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.lanes import CODE, World
from tests.faults.proxy import FaultProxy
from voucherify_wrapper import ApiKey, AsyncVoucherify, AuthenticationError, Voucherify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from voucherify_wrapper.sandbox import Sandbox


@pytest.fixture(params=["sync", "async", "fast-sync", "fast-async"])
def kind(request: pytest.FixtureRequest) -> str:
    """Both clients over both transports."""
    name: str = request.param
    return name


@pytest.fixture
def settings(voucherify_sandbox: Sandbox, kind: str) -> dict[str, Any]:
    """A client's settings, but for where it finds the sandbox."""
    voucherify_sandbox.add_voucher(CODE, None)
    return {
        "credentials": ApiKey(voucherify_sandbox.app_id, voucherify_sandbox.app_token),
        "transport": "fast" if "fast" in kind else None,
    }


@pytest.fixture
def world(kind: str, voucherify_sandbox: Sandbox, settings: dict[str, Any]) -> Iterator[World]:
    """A world for one client over one transport."""
    with FaultProxy(int(voucherify_sandbox.base_url.rpartition(":")[2])) as proxy:
        yield World(kind, voucherify_sandbox, proxy, settings)


def sockets() -> int:
    """How many sockets this process has open."""
    targets = []
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the folder's own, closed meanwhile
            targets.append(str(entry.readlink()))
    return sum(target.startswith("socket:") for target in targets)


@pytest.fixture(autouse=True)
def nothing_left(
    voucherify_sandbox: Sandbox, wait_until: Callable[[Callable[[], object]], None]
) -> Iterator[None]:
    """After each test no socket is open, and no thread runs, that was not there before."""
    begin_working(voucherify_sandbox)
    before, running = sockets(), set(threading.enumerate())
    yield
    wait_until(lambda: not set(threading.enumerate()) - running)
    wait_until(lambda: sockets() <= before)


def begin_working(sandbox: Sandbox) -> None:
    """Let what stays for the life of a process begin, which is the thread of the fast transports."""

    async def run() -> None:
        async with AsyncVoucherify(ApiKey("id", "no"), base_url=sandbox.base_url, transport="fast") as client:
            with suppress(AuthenticationError):
                await client.release_validation_session(CODE, "ssn")

    with (
        suppress(AuthenticationError),
        Voucherify(ApiKey("id", "no"), base_url=sandbox.base_url, transport="fast") as client,
    ):
        client.release_validation_session(CODE, "ssn")
    asyncio.run(run())
