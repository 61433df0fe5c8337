"""What the sandbox's tests share: a running sandbox, a client that it knows, and bare sockets."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

import httpx
import pytest

from voucherify_wrapper.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIMEOUT = 20.0


@pytest.fixture
def now() -> list[float]:
    """The sandbox's clock: its one entry is the time, in epoch seconds."""
    return [1_800_000_000.5]


@pytest.fixture
def sandbox(now: list[float]) -> Iterator[Sandbox]:
    """A running sandbox whose clock is `now`."""
    with Sandbox(vouchers={"ONE": 1, "TWO": 2, "MANY": None}, clock=lambda: now[0]) as running:
        yield running


@pytest.fixture
def api(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A client with the sandbox's credentials."""
    with _client(sandbox) as client:
        yield client


@pytest.fixture(scope="module")
def ground() -> Iterator[tuple[Sandbox, httpx.Client]]:
    """A sandbox and a client for a whole module: property tests fill it without a look at what is there."""
    with Sandbox() as sandbox, _client(sandbox) as client:
        yield sandbox, client


@pytest.fixture
def dial(sandbox: Sandbox) -> Iterator[Callable[[], socket.socket]]:
    """Opens connections to the sandbox, and closes them after the test."""
    address = ("127.0.0.1", int(sandbox.base_url.rpartition(":")[2]))
    with ExitStack() as stack:
        yield lambda: stack.enter_context(socket.create_connection(address, TIMEOUT))


@pytest.fixture
def ask(sandbox: Sandbox) -> Callable[..., bytes]:
    """Builds a request with the sandbox's credentials, as bytes for a bare socket."""

    def build(method: str, target: str, *headers: str, body: bytes = b"") -> bytes:
        lines = [
            f"{method} {target} HTTP/1.1",
            "Host: sandbox",
            f"X-App-Id: {sandbox.app_id}",
            f"X-App-Token: {sandbox.app_token}",
            *headers,
            *([f"Content-Length: {len(body)}"] if body else []),
        ]
        return "".join(f"{line}\r\n" for line in [*lines, ""]).encode() + body

    return build


@pytest.fixture
def read_all() -> Callable[[socket.socket], bytes]:
    """Reads a connection to its orderly end."""

    def read(connection: socket.socket) -> bytes:
        return b"".join(iter(lambda: connection.recv(65_536), b""))

    return read


def _client(sandbox: Sandbox) -> httpx.Client:
    return httpx.Client(
        base_url=sandbox.base_url,
        headers={"X-App-Id": sandbox.app_id, "X-App-Token": sandbox.app_token},
        timeout=TIMEOUT,
        trust_env=False,
    )
