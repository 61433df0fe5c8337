"""The default transport: proxies, certificates, addresses, and connections that break at any byte."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
import pytest
import trustme

from tests.wrapper.conftest import HURRIES
from tests.wrapper.telling import everything_told_by
from voucherify_wrapper import (
    APIConnectionError,
    ApiKey,
    APITimeoutError,
    AsyncVoucherify,
    ClientClosedError,
    ConfigurationError,
    ConnectionLostError,
    InvalidResponseError,
    ReleaseResult,
    Timeout,
    TLSError,
    Voucherify,
    VoucherifyError,
)
from voucherify_wrapper._network import AsyncBackend, Backend, deadline
from voucherify_wrapper._routes import Route, route_to
from voucherify_wrapper._transport import MAX_CONNECTIONS, AsyncTransport, Transport
from voucherify_wrapper.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.wrapper.conftest import Release
    from voucherify_wrapper.sandbox import Sandbox

KEY = ApiKey("id-hunter2", "token-hunter2")


class Server:
    """A loopback server that does to each connection what it is told to, each in a thread of its own."""

    def __init__(self, serve: Any) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        self.port: int = self._listener.getsockname()[1]
        self.accepted: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._run)]
        self._threads[0].start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.accepted.append(connection)
            self._threads.append(threading.Thread(target=self._attend, args=(connection,)))
            self._threads[-1].start()

    def _attend(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._serve(connection)

    def close(self) -> None:
        """Stop, whatever the connections are doing."""
        for open_socket in (self._listener, *self.accepted):
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()


def read_head(connection: socket.socket) -> bytes:
    """One request's head."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            break
        head += piece
    return head


@pytest.fixture
def proxy() -> Iterator[tuple[Server, list[bytes]]]:
    """A forwarding proxy that answers by itself, and the heads it was sent."""
    heads: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        heads.append(read_head(connection))
        connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    server = Server(serve)
    yield server, heads
    server.close()


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_the_proxy_of_the_environment_is_used(
    release: Release, proxy: tuple[Server, list[bytes]], monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """A request goes to the proxy with its absolute URL; user and password of the proxy go along."""
    server, heads = proxy
    monkeypatch.setenv(variable, f"http://user:secret@127.0.0.1:{server.port}")

    assert release("c", "k", credentials=KEY, base_url="http://127.0.0.9:1").released
    assert heads[0].startswith(b"DELETE http://127.0.0.9:1/v1/vouchers/c/sessions/k HTTP/1.1\r\n")
    assert b"proxy-authorization: basic dxnlcjpzzwnyzxq=" in heads[0].lower()


def test_the_schemes_own_proxy_comes_before_the_general_one(
    release: Release, proxy: tuple[Server, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY is asked before ALL_PROXY; neither needs a scheme of its own."""
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", f"127.0.0.1:{proxy[0].port}")

    assert release("c", "k", credentials=KEY, base_url="http://127.0.0.9:1").released


@pytest.mark.parametrize("exempt", ["*", "127.0.0.1", "localhost,127.0.0.1"])
def test_no_proxy_is_obeyed(
    release: Release, to_sandbox: dict[str, Any], monkeypatch: pytest.MonkeyPatch, exempt: str
) -> None:
    """A host that is exempt is reached directly."""
    monkeypatch.setenv("HTTP_PROXY", "127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", exempt)

    assert release("2CpRCE2c", "ssn", missing_ok=True, **to_sandbox).already_gone


def test_a_proxy_that_refuses_is_told(
    release: Release, proxy: tuple[Server, list[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tunnel that is not granted is the proxy's failure, and the error says where to look."""
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy[0].port}")

    with pytest.raises(APIConnectionError) as caught:
        release("c", "k", credentials=KEY, base_url="https://shop.example")
    assert proxy[1][0].startswith(b"CONNECT shop.example:443 ")
    assert b"token-hunter2" not in proxy[1][0]
    assert "hunter2" not in f"{caught.value}{vars(caught.value)}"


@pytest.mark.parametrize(
    "url", ["nonsense://proxy", "http://[::1", "socks5://127.0.0.1:1", "http://", "http://proxy:99999"]
)
def test_a_proxy_that_cannot_be_used_is_told_at_construction(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """The error names the variables to look at."""
    monkeypatch.setenv("HTTPS_PROXY", url)

    for make in (Voucherify, AsyncVoucherify):
        with pytest.raises(ConfigurationError, match="HTTPS_PROXY"):
            make(KEY)


def test_a_certificate_file_that_is_missing_is_told_at_construction(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong SSL_CERT_FILE is named, not found out at the first call."""
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file.pem")

    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        Voucherify(KEY)


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[tuple[Server, Path]]:
    """A TLS server for localhost, and the certificate of the authority that vouches for it."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            server.accepted[server.accepted.index(connection)] = secured  # which alone can be shut down now
            while head := read_head(secured):
                silent = b"/silent/" in head
                secured.sendall(b"" if silent else b"HTTP/1.1 204 No Content\r\n\r\n")

    server = Server(serve)
    yield server, tmp_path / "authority.pem"
    server.close()


def test_certificates_are_verified(
    release: Release, tls_server: tuple[Server, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unknown certificate is refused; named in SSL_CERT_FILE it is accepted, for the right host alone."""
    server, certificate = tls_server
    url = f"https://localhost:{server.port}"
    with pytest.raises(TLSError, match="SSL_CERT_FILE"):
        release("c", "k", credentials=KEY, base_url=url)

    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert release("c", "k", credentials=KEY, base_url=url).released
    with pytest.raises(TLSError):
        release("c", "k", credentials=KEY, base_url=url.replace("localhost", "127.0.0.1"))


ANSWER = (
    b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 29\r\n\r\n"
    b'{"code":404,"message":"none"}'
)


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_connection_that_breaks_at_any_byte_of_the_answer_is_told(transport: Any, end: str) -> None:
    """After every single byte, closed or reset: one of our exceptions, at once, by both clients."""
    cuts = [cut for cut in range(len(ANSWER)) for _ in range(2)]
    remaining = iter(cuts)

    def serve(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(ANSWER[: next(remaining)])
        if end == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    server = Server(serve)
    url = f"http://127.0.0.1:{server.port}"

    async def run() -> None:
        with Voucherify(KEY, transport=transport, base_url=url, retries=0) as blocking:
            async with AsyncVoucherify(KEY, transport=transport, base_url=url, retries=0) as awaited:
                for _ in range(len(ANSWER)):
                    with pytest.raises(VoucherifyError):
                        blocking.release_validation_session("c", "k")
                    with pytest.raises(VoucherifyError):
                        await awaited.release_validation_session("c", "k")

    asyncio.run(run())
    server.close()
    assert next(remaining, None) is None


@pytest.mark.parametrize("cut", [0, 1, 10, 50, 120])
def test_a_connection_that_breaks_within_the_request_is_told(release: Release, cut: int) -> None:
    """A server that leaves while the request is being sent."""

    def serve(connection: socket.socket) -> None:
        connection.recv(cut, socket.MSG_WAITALL)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    server = Server(serve)
    with pytest.raises(APIConnectionError):
        release("c" * 3000, "k", credentials=KEY, base_url=f"http://127.0.0.1:{server.port}")
    server.close()


def answering(connection: socket.socket) -> None:
    """Release everything, over one connection."""
    while read_head(connection):
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


@pytest.fixture
def answering_server() -> Iterator[Server]:
    """A server that releases everything and keeps its connections open."""
    server = Server(answering)
    yield server
    server.close()


def test_connections_are_reused(transport: Any, answering_server: Server) -> None:
    """Ten calls of each client, one connection each; threads take no more than they need at once."""
    url = f"http://127.0.0.1:{answering_server.port}"

    async def run() -> None:
        async with AsyncVoucherify(KEY, transport=transport, base_url=url) as voucherify:
            for _ in range(10):
                await voucherify.release_validation_session("c", "k")

    with Voucherify(KEY, transport=transport, base_url=url) as voucherify:
        for _ in range(10):
            voucherify.release_validation_session("c", "k")
    asyncio.run(run())
    assert len(answering_server.accepted) == 2


def test_a_thousand_tasks_share_a_hundred_connections(transport: Any) -> None:
    """However many tasks there are, all succeed, and never more of them are with the server at once."""
    lock, now, most = threading.Lock(), 0, 0
    all_there = threading.Barrier(MAX_CONNECTIONS, timeout=60)

    def serve(connection: socket.socket) -> None:
        nonlocal now, most
        while read_head(connection):
            with lock:
                now += 1
                most = max(most, now)
            all_there.wait()
            with lock:
                now -= 1
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    server = Server(serve)

    async def run() -> None:
        async with AsyncVoucherify(
            KEY, transport=transport, base_url=f"http://127.0.0.1:{server.port}", timeout=60
        ) as voucherify:
            calls = (voucherify.release_validation_session("c", "k") for _ in range(1000))
            assert all(result.released for result in await asyncio.gather(*calls))

    asyncio.run(run())
    server.close()
    assert most == MAX_CONNECTIONS
    assert transport or len(server.accepted) <= MAX_CONNECTIONS


def held() -> tuple[threading.Event, Server]:
    """A server that answers nobody before the event is set."""
    free = threading.Event()

    def serve(connection: socket.socket) -> None:
        while read_head(connection):
            free.wait(60)
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

    return free, Server(serve)


def test_waiting_for_a_connection_ends_in_time(transport: Any, wait_until: Any) -> None:
    """When all connections are in use, one call more is a timeout that says so, and the others succeed."""
    free, server = held()
    url = f"http://127.0.0.1:{server.port}"

    async def run() -> None:
        async with AsyncVoucherify(KEY, transport=transport, base_url=url) as awaited:
            calls = [
                asyncio.ensure_future(awaited.release_validation_session("c", "k"))
                for _ in range(MAX_CONNECTIONS)
            ]
            while len(server.accepted) < 2 * MAX_CONNECTIONS:
                await asyncio.sleep(0.01)
            with pytest.raises(APITimeoutError):
                await awaited.release_validation_session("c", "k", timeout=0.2)
            free.set()
            assert all(result.released for result in await asyncio.gather(*calls))

    with (
        Voucherify(KEY, transport=transport, base_url=url) as voucherify,
        ThreadPoolExecutor(MAX_CONNECTIONS) as pool,
    ):
        calls = [pool.submit(voucherify.release_validation_session, "c", "k") for _ in range(MAX_CONNECTIONS)]
        wait_until(lambda: len(server.accepted) == MAX_CONNECTIONS)
        for hurry in HURRIES:
            with pytest.raises(APITimeoutError) as caught:
                voucherify.release_validation_session("c", "k", timeout=hurry)
            if "before the request was sent" not in str(caught.value):
                break
        assert "became free" in str(caught.value)
        asyncio.run(run())
        assert all(call.result().released for call in calls)
    server.close()


def test_closing_ends_calls_that_wait_for_a_connection(transport: Any, wait_until: Any) -> None:
    """None of them is sent afterwards, and no connection stays open."""
    free, server = held()
    voucherify = Voucherify(KEY, transport=transport, base_url=f"http://127.0.0.1:{server.port}")
    with ThreadPoolExecutor(2 * MAX_CONNECTIONS) as pool:
        calls = [
            pool.submit(voucherify.release_validation_session, "c", "k") for _ in range(2 * MAX_CONNECTIONS)
        ]
        wait_until(lambda: len(server.accepted) == MAX_CONNECTIONS)
        voucherify.close()
        assert {type(call.exception()) for call in calls} == {ClientClosedError}
    free.set()
    server.close()
    assert len(server.accepted) == MAX_CONNECTIONS


def test_closing_ends_tasks_that_wait_for_a_connection(transport: Any) -> None:
    """The same for tasks."""
    free, server = held()

    async def run() -> None:
        voucherify = AsyncVoucherify(KEY, transport=transport, base_url=f"http://127.0.0.1:{server.port}")
        calls = [
            asyncio.ensure_future(voucherify.release_validation_session("c", "k"))
            for _ in range(2 * MAX_CONNECTIONS)
        ]
        while len(server.accepted) < MAX_CONNECTIONS:
            await asyncio.sleep(0.01)
        await voucherify.aclose()
        outcomes = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {ClientClosedError}

    asyncio.run(run())
    free.set()
    server.close()
    assert len(server.accepted) == MAX_CONNECTIONS


def test_a_closed_transport_opens_nothing(answering_server: Server) -> None:
    """A request that comes after closing is refused, and so is a connection that comes about after it."""
    request = httpx.Request("DELETE", f"http://127.0.0.1:{answering_server.port}/")
    closed = Transport(Route(None))
    closed.close()
    with pytest.raises(httpx.CloseError):
        closed.handle_request(request)

    backend = Backend(to_proxy=False)
    backend.close()
    with pytest.raises(httpcore.ConnectError, match="closed"):
        backend.connect_tcp("127.0.0.1", answering_server.port)

    async def run() -> None:
        closed = AsyncTransport(Route(None))
        await closed.aclose()
        with pytest.raises(httpx.CloseError):
            await closed.handle_async_request(request)
        backend = AsyncBackend(to_proxy=False)
        await backend.aclose()
        with pytest.raises(httpcore.ConnectError, match="closed"):
            await backend.connect_tcp("127.0.0.1", answering_server.port)

    asyncio.run(run())


@pytest.mark.parametrize("turns", range(1, 25))
def test_a_cancelled_task_leaves_no_connection_behind(
    transport: Any, answering_server: Server, turns: int
) -> None:
    """Cancelled at whatever turn of the loop, once or twice: the next call finds a connection."""

    async def run() -> None:
        async with AsyncVoucherify(
            KEY, transport=transport, base_url=f"http://127.0.0.1:{answering_server.port}"
        ) as voucherify:
            for again in (False, True):
                for _ in range(MAX_CONNECTIONS // 2 + 1):
                    task = asyncio.ensure_future(voucherify.release_validation_session("c", "k"))
                    for _ in range(turns):
                        await asyncio.sleep(0)
                    task.cancel()
                    if again:
                        await asyncio.sleep(0)
                        task.cancel()
                    await asyncio.wait([task])
            assert (await voucherify.release_validation_session("c", "k", timeout=20)).released

    asyncio.run(run())


def test_handshakes_that_fail_behind_a_proxy_use_nothing_up(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than there are connections, and the client still finds one."""
    good = threading.Event()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("shop.example").configure_cert(context)

    def serve(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        if not good.is_set():
            connection.sendall(b"this is no TLS")
            return
        with context.wrap_socket(connection, server_side=True) as secured:
            answering(secured)

    server = Server(serve)
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.port}")
    with authority.cert_pem.tempfile() as trusted:
        monkeypatch.setenv("SSL_CERT_FILE", trusted)
        run = many_then_good(release, good)
    server.close()
    assert run.released


def many_then_good(release: Release, good: threading.Event) -> ReleaseResult:
    """Fail more often than there are connections, with one client, and then succeed with it."""
    failures = MAX_CONNECTIONS + 5
    if getattr(release, "__name__", None) == "release_sync":
        with Voucherify(KEY, base_url="https://shop.example", retries=0) as blocking:
            for _ in range(failures):
                with pytest.raises(APIConnectionError):
                    blocking.release_validation_session("c", "k")
            good.set()
            return blocking.release_validation_session("c", "k", timeout=20)

    async def run() -> ReleaseResult:
        async with AsyncVoucherify(KEY, base_url="https://shop.example", retries=0) as awaited:
            for _ in range(failures):
                with pytest.raises(APIConnectionError):
                    await awaited.release_validation_session("c", "k")
            good.set()
            return await awaited.release_validation_session("c", "k", timeout=20)

    return asyncio.run(run())


STALE = b'HTTP/1.1 404 Not Found\r\nContent-Length: 27\r\n\r\n{"resource_type":"session"}'


@pytest.mark.parametrize("left_over", [STALE, b"HTTP/1.1 204 No Content\r\n\r\n"])
def test_an_answer_that_nobody_asked_for_answers_nothing(left_over: bytes) -> None:
    """What a server sends beyond an answer is not taken for the answer to the next request."""

    def serve(connection: socket.socket) -> None:
        while read_head(connection):
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n" + left_over)

    server = Server(serve)
    url = f"http://127.0.0.1:{server.port}"

    async def run() -> None:
        async with AsyncVoucherify(KEY, base_url=url, retries=0) as awaited:
            for _ in range(3):
                assert (await awaited.release_validation_session("c", "k", missing_ok=True)).released

    with Voucherify(KEY, base_url=url, retries=0) as blocking:
        for _ in range(3):
            assert blocking.release_validation_session("c", "k", missing_ok=True).released
    asyncio.run(run())
    server.close()
    assert len(server.accepted) == 6


CHUNKED = (
    b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
    b'1b\r\n{"resource_type":"session"}\r\n0\r\n\r\n'
)


def test_a_second_answer_in_chunks_answers_nothing() -> None:
    """Its end looks like the end of the first; it is refused, with its connection."""

    def serve(connection: socket.socket) -> None:
        while read_head(connection):
            connection.sendall(CHUNKED + CHUNKED)

    server = Server(serve)
    url = f"http://127.0.0.1:{server.port}"

    async def run() -> None:
        async with AsyncVoucherify(KEY, base_url=url, retries=0) as awaited:
            await awaited.release_validation_session("c", "k", missing_ok=True)
            with pytest.raises(InvalidResponseError, match="nobody had asked for"):
                await awaited.release_validation_session("c", "other", missing_ok=True)
            assert (await awaited.release_validation_session("c", "third", missing_ok=True)).already_gone

    with Voucherify(KEY, base_url=url, retries=0) as blocking:
        blocking.release_validation_session("c", "k", missing_ok=True)
        with pytest.raises(InvalidResponseError, match="nobody had asked for"):
            blocking.release_validation_session("c", "other", missing_ok=True)
        assert blocking.release_validation_session("c", "third", missing_ok=True).already_gone
    asyncio.run(run())
    server.close()


@pytest.mark.parametrize("piece", [1, 7, 10**6])
def test_an_answer_in_chunks_keeps_its_connection(piece: int) -> None:
    """However it is cut, its end is known."""

    def serve(connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while read_head(connection):
            for start in range(0, len(CHUNKED), piece):
                connection.sendall(CHUNKED[start : start + piece])

    server = Server(serve)
    url = f"http://127.0.0.1:{server.port}"

    async def run() -> None:
        async with AsyncVoucherify(KEY, base_url=url, retries=0) as awaited:
            for _ in range(3):
                assert (await awaited.release_validation_session("c", "k", missing_ok=True)).already_gone

    with Voucherify(KEY, base_url=url, retries=0) as blocking:
        for _ in range(3):
            assert blocking.release_validation_session("c", "k", missing_ok=True).already_gone
    asyncio.run(run())
    server.close()
    assert len(server.accepted) == 2


def test_closing_never_turns_tls_off(
    transport: Any, tls_server: tuple[Server, Path], monkeypatch: pytest.MonkeyPatch, wait_until: Any
) -> None:
    """A call that waits on TLS is woken by closing, and ends as closed."""
    server, authority = tls_server
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    voucherify = Voucherify(KEY, transport=transport, base_url=f"https://localhost:{server.port}")
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(voucherify.release_validation_session, "silent", "k")
        wait_until(lambda: server.accepted)
        voucherify.close()
        assert isinstance(call.exception(20), ClientClosedError)


def test_an_answer_that_waits_behind_tls_answers_nothing(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is one taken that nobody can see at the socket, as it is decrypted already."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("localhost").configure_cert(context)

    def serve(connection: socket.socket) -> None:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        secured = context.wrap_bio(incoming, outgoing, server_side=True)

        def pump(step: Any) -> Any:
            while True:
                try:
                    result = step()
                except ssl.SSLWantReadError:
                    connection.sendall(outgoing.read())
                    incoming.write(connection.recv(65536))
                else:
                    connection.sendall(outgoing.read())
                    return result

        pump(secured.do_handshake)
        while pump(lambda: secured.read(65536)):
            secured.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            secured.write(STALE)
            connection.sendall(outgoing.read())

    server = Server(serve)
    with authority.cert_pem.tempfile() as trusted:
        monkeypatch.setenv("SSL_CERT_FILE", trusted)
        url = f"https://localhost:{server.port}"
        assert_each_is_released(release, url)
    server.close()


def assert_each_is_released(release: Release, url: str) -> None:
    """Three calls of one client, each of which is released or refused, but never told that it is gone."""
    outcomes: list[str] = []
    if getattr(release, "__name__", None) == "release_sync":
        with Voucherify(KEY, base_url=url, retries=0) as blocking:
            for _ in range(3):
                try:
                    outcomes.append(blocking.release_validation_session("c", "k").status)
                except VoucherifyError as error:
                    outcomes.append(type(error).__name__)
    else:

        async def run() -> None:
            async with AsyncVoucherify(KEY, base_url=url, retries=0) as awaited:
                for _ in range(3):
                    try:
                        outcomes.append((await awaited.release_validation_session("c", "k")).status)
                    except VoucherifyError as error:
                        outcomes.append(type(error).__name__)

        asyncio.run(run())
    assert set(outcomes) <= {"released", "InvalidResponseError"}
    assert outcomes[0] == "released"


def test_connections_that_lie_idle_for_long_are_closed(wait_until: Any) -> None:
    """Also those that a busy client never reaches, at the bottom of its stack."""
    ended: list[bool] = []

    def serve(connection: socket.socket) -> None:
        answering(connection)
        ended.append(True)

    server = Server(serve)
    url = f"http://127.0.0.1:{server.port}/"
    with httpx.Client(transport=Transport(Route(None), keep_alive=0.2)) as blocking:
        with ThreadPoolExecutor(5) as pool:
            list(pool.map(lambda _: blocking.delete(url), range(5)))
        opened = len(server.accepted)
        wait_until(lambda: blocking.delete(url).is_success and len(ended) >= opened - 1)

    async def run() -> None:
        async with httpx.AsyncClient(transport=AsyncTransport(Route(None), keep_alive=0.2)) as awaited:
            await asyncio.gather(*(awaited.delete(url) for _ in range(5)))
            end = len(server.accepted) - 1
            while len(ended) < end:
                await awaited.delete(url)
                await asyncio.sleep(0.05)

    asyncio.run(run())
    server.close()


def test_closing_that_is_cancelled_closes_all_the_same(transport: Any, answering_server: Server) -> None:
    """A cancellation in the middle of it leaves no socket open (or a warning fails this test)."""

    async def run() -> None:
        voucherify = AsyncVoucherify(
            KEY, transport=transport, base_url=f"http://127.0.0.1:{answering_server.port}"
        )
        await asyncio.gather(*(voucherify.release_validation_session("c", "k") for _ in range(20)))
        closing = asyncio.ensure_future(voucherify.aclose())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.wait([closing])
        for _ in range(100):
            await asyncio.sleep(0)

    asyncio.run(run())


def test_closing_during_a_handshake_ends_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    """The handshake is out of reach, but nothing is sent after it."""
    greeted, going_on, heads = threading.Event(), threading.Event(), []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("localhost").configure_cert(context)

    def serve(connection: socket.socket) -> None:
        connection.recv(1, socket.MSG_PEEK)
        greeted.set()
        going_on.wait(60)
        with context.wrap_socket(connection, server_side=True) as secured:
            heads.append(read_head(secured))

    server = Server(serve)
    with authority.cert_pem.tempfile() as trusted, ThreadPoolExecutor(1) as pool:
        monkeypatch.setenv("SSL_CERT_FILE", trusted)
        voucherify = Voucherify(KEY, base_url=f"https://localhost:{server.port}", timeout=Timeout(60, 60))
        call = pool.submit(voucherify.release_validation_session, "c", "k")
        greeted.wait(60)
        voucherify.close()
        going_on.set()
        assert isinstance(call.exception(60), ClientClosedError)
    server.close()
    assert heads in ([], [b""])


def test_a_name_that_is_not_resolved_in_time_is_a_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's resolver cannot be hurried; the call leaves it behind."""
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answered.wait(60) and [])
    with Voucherify(KEY, base_url="https://shop.example", timeout=0.2, retries=0) as voucherify:
        with pytest.raises(APITimeoutError):
            voucherify.release_validation_session("c", "k")
        answered.set()
        with pytest.raises(APIConnectionError, match="no address"):
            voucherify.release_validation_session("c", "k", timeout=20)


def test_a_damaged_tls_record_is_a_lost_connection(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that does not decrypt, after a good handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority = trustme.CA()
    authority.issue_cert("localhost").configure_cert(context)

    def serve(connection: socket.socket) -> None:
        copy = connection.dup()
        with copy, context.wrap_socket(connection, server_side=True) as secured:
            read_head(secured)
            copy.sendall(b"\x17\x03\x03\x00\x20" + b"damaged!" * 4)

    server = Server(serve)
    with authority.cert_pem.tempfile() as trusted:
        monkeypatch.setenv("SSL_CERT_FILE", trusted)
        with pytest.raises(ConnectionLostError):
            release("c", "k", credentials=KEY, base_url=f"https://localhost:{server.port}")
    server.close()


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "HTTPS_PROXY"])
def test_a_proxy_that_is_not_there_is_told_as_such(
    release: Release, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Who reads the error looks at the proxy, and not at Voucherify."""
    monkeypatch.setenv(variable, "http://user:hunter2-secret@127.0.0.1:9")
    scheme = variable.partition("_")[0].lower()

    with pytest.raises(APIConnectionError, match="The proxy in front") as caught:
        release("c", "k", credentials=KEY, base_url=f"{scheme}://127.0.0.9:1")
    assert "hunter2-secret" not in everything_told_by(caught.value)


def test_a_proxys_password_is_shown_nowhere(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even when the proxy repeats it."""

    def serve(connection: socket.socket) -> None:
        head = read_head(connection)
        told = next(line for line in head.split(b"\r\n") if line.lower().startswith(b"proxy-authorization"))
        connection.sendall(
            b"HTTP/1.1 407 " + told.split()[-1] + b"\r\nContent-Length: 20\r\n\r\nuser:hunter2-secret!"
        )

    server = Server(serve)
    monkeypatch.setenv("ALL_PROXY", f"http://user:hunter2-secret@127.0.0.1:{server.port}")
    for url in ("https://shop.example", "http://127.0.0.9:1"):
        with pytest.raises(VoucherifyError) as caught:
            release("c", "k", credentials=KEY, base_url=url)
        told = everything_told_by(caught.value)
        assert "hunter2-secret" not in told
        assert "dXNlcjpodW50ZXIyLXNlY3JldA" not in told
    server.close()


@pytest.mark.parametrize(
    ("no_proxy", "url", "exempt"),
    [
        ("", "https://shop.example", False),
        ("*", "https://shop.example", True),
        ("localhost, *", "https://shop.example", True),
        ("shop.example", "https://shop.example", True),
        ("SHOP.example", "https://shop.example", True),
        ("example", "https://shop.example", True),
        (".example", "https://shop.example", True),
        (".shop.example", "https://shop.example", False),
        ("op.example", "https://shop.example", False),
        ("shop.example:8443", "https://shop.example:8443", True),
        ("shop.example:8443", "https://shop.example", False),
        ("https://shop.example", "https://shop.example", True),
        ("http://shop.example", "https://shop.example", False),
        ("all://shop.example", "https://shop.example", True),
        ("127.0.0.1", "http://127.0.0.1:8000", True),
        ("::1", "http://[::1]:8000", True),
        ("localhost", "http://localhost:1", True),
        ("localhost", "https://my.localhost", False),
    ],
)
def test_no_proxy_is_read_as_httpx_reads_it(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, url: str, *, exempt: bool
) -> None:
    """The same hosts are exempt; checked against the table, and the table against httpx itself."""
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", no_proxy)

    assert (route_to(url).proxy is None) is exempt
    with httpx.Client() as client:
        chosen = client._transport_for_url(httpx.URL(url))
        assert (chosen is client._transport) is exempt


def test_all_addresses_of_a_host_are_tried_within_the_limit(
    transport: Any, voucherify_sandbox: Sandbox
) -> None:
    """Localhost may lead to ::1 first, where nobody listens; the next address serves."""
    port = voucherify_sandbox.base_url.rpartition(":")[2]
    key = ApiKey(voucherify_sandbox.app_id, voucherify_sandbox.app_token)
    with Voucherify(key, transport=transport, base_url=f"http://localhost:{port}") as voucherify:
        assert voucherify.release_validation_session("2CpRCE2c", "k", missing_ok=True).already_gone


def test_a_deadline_that_has_passed_sends_nothing(voucherify_sandbox: Sandbox) -> None:
    """The transport looks at the clock before it connects."""
    transport = Transport(Route(None))
    request = httpx.Request("GET", voucherify_sandbox.base_url)
    with deadline(0.0), pytest.raises(httpx.ConnectTimeout):
        transport.handle_request(request)
    transport.close()
    assert voucherify_sandbox.requests == []


def test_the_transport_serves_without_a_deadline(voucherify_sandbox: Sandbox) -> None:
    """It is a plain httpx transport for whoever uses it as one."""
    with httpx.Client(transport=Transport(Route(None))) as client:
        assert client.get(f"{voucherify_sandbox.base_url}/v1/vouchers/x").status_code == 401


def test_a_header_that_cannot_be_written_is_told(answering_server: Server) -> None:
    """As httpx tells it, and the next request is sent."""
    url = f"http://127.0.0.1:{answering_server.port}/"
    spoiled = {"not a name": "x"}
    with httpx.Client(transport=Transport(Route(None))) as blocking:
        for _ in range(2):
            with pytest.raises(httpx.LocalProtocolError, match="header name"):
                blocking.delete(url, headers=spoiled)
        assert blocking.delete(url).is_success

    async def run() -> None:
        async with httpx.AsyncClient(transport=AsyncTransport(Route(None))) as awaited:
            with pytest.raises(httpx.LocalProtocolError, match="header name"):
                await awaited.delete(url, headers=spoiled)
            assert (await awaited.delete(url)).is_success

    asyncio.run(run())


def test_a_large_request_is_written_whole(voucherify_sandbox: Sandbox) -> None:
    """Bodies larger than one slice arrive to the byte."""
    body = os.urandom(200_000)
    with httpx.Client(transport=Transport(Route(None))) as client:
        client.post(f"{voucherify_sandbox.base_url}/v1/validations", content=body)
    assert voucherify_sandbox.requests[-1].body == body


def test_each_attempt_is_one_line_at_debug(
    release: Release,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Method, URL, outcome, attempt and time; the failing ones too."""
    caplog.set_level(logging.DEBUG, "voucherify_wrapper")
    voucherify_sandbox.inject(Fault(after_bytes=0, end="reset"))
    with pytest.raises(VoucherifyError):
        release("2CpRCE2c", "ssn", **to_sandbox)
    release("2CpRCE2c", "ssn", missing_ok=True, **to_sandbox)

    lines = [record.getMessage() for record in caplog.records if record.name == "voucherify_wrapper"]
    assert len(lines) == 2
    assert "DELETE" in lines[0]
    assert "/v1/vouchers/2CpRCE2c/sessions/ssn: " in lines[0]
    assert "Error (attempt 1, " in lines[0]
    assert ": 404 (attempt 1, " in lines[1]
    assert {record.levelno for record in caplog.records if record.name == "voucherify_wrapper"} == {
        logging.DEBUG
    }


def test_a_repetition_is_one_line_at_info(release: Release, caplog: pytest.LogCaptureFixture) -> None:
    """Signing anew after a 401 is told at INFO, and the second attempt is counted."""
    caplog.set_level(logging.DEBUG, "voucherify_wrapper")
    statuses = iter([401, 204])

    class Rotating:
        turn = 0

        def headers(self) -> dict[str, str]:
            self.turn += 1
            return {"Authorization": f"Bearer {self.turn}"}

    transport = httpx.MockTransport(lambda _: httpx.Response(next(statuses)))
    release("c", "k", credentials=Rotating(), transport=transport)

    lines = [record for record in caplog.records if record.name == "voucherify_wrapper"]
    assert [record.levelno for record in lines] == [logging.DEBUG, logging.INFO, logging.DEBUG]
    assert "attempt 2" in lines[2].getMessage()


def test_it_is_silent_by_default(voucherify_sandbox: Sandbox) -> None:
    """A program that configures no logging sees nothing, on success and on failure."""
    program = (
        "from voucherify_wrapper import Voucherify, VoucherifyError\n"
        "with Voucherify() as voucherify:\n"
        "    voucherify.release_validation_session('2CpRCE2c', 'ssn', missing_ok=True)\n"
        "    try:\n        voucherify.release_validation_session('2CpRCE2c', 'ssn')\n"
        "    except VoucherifyError:\n        pass\n"
    )
    environment = {**os.environ, **voucherify_sandbox.environment()}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=True)

    assert (done.stdout, done.stderr) == (b"", b"")


def test_an_answer_that_is_closed_twice_gives_its_connection_back_once(answering_server: Server) -> None:
    """A permit for a connection is never given back twice, so the limit holds."""
    request = httpx.Request("DELETE", f"http://127.0.0.1:{answering_server.port}/")
    blocking = Transport(Route(None))
    response = blocking.handle_request(request)
    for _ in range(2):
        response.close()
        response.stream.close()  # type: ignore[union-attr]  # a synchronous answer's stream has it
    assert blocking._permits.qsize() == MAX_CONNECTIONS
    blocking.close()

    async def run() -> None:
        awaited = AsyncTransport(Route(None))
        response = await awaited.handle_async_request(request)
        for _ in range(2):
            await response.aclose()
            await response.stream.aclose()  # type: ignore[union-attr]  # an asynchronous answer's stream has it
        assert awaited._permits._value == MAX_CONNECTIONS
        await awaited.aclose()

    asyncio.run(run())


def test_an_asynchronous_transport_keeps_the_pools_own_timeout() -> None:
    """Whoever uses it without our session has httpx's pool timeout, too."""
    free, server = held()
    url = f"http://127.0.0.1:{server.port}/"

    async def run() -> None:
        transport = AsyncTransport(Route(None))
        calls = [
            asyncio.ensure_future(transport.handle_async_request(httpx.Request("GET", url)))
            for _ in range(MAX_CONNECTIONS)
        ]
        while len(server.accepted) < MAX_CONNECTIONS:
            await asyncio.sleep(0.01)
        hasty = httpx.Request("GET", url, extensions={"timeout": {"pool": 0.05}})
        with pytest.raises(httpx.PoolTimeout):
            await transport.handle_async_request(hasty)
        free.set()
        for response in await asyncio.gather(*calls):
            await response.aclose()
        await transport.aclose()

    asyncio.run(run())
    server.close()


def test_a_connection_that_the_server_has_closed_meanwhile_is_not_used_again(transport: Any) -> None:
    """The next call has a connection of its own, and is no failure."""
    ended = threading.Semaphore(0)

    def serve(connection: socket.socket) -> None:
        read_head(connection)
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
        connection.shutdown(socket.SHUT_RDWR)
        connection.close()
        ended.release()

    server = Server(serve)
    settings = {"base_url": f"http://127.0.0.1:{server.port}", "retries": 0, "transport": transport}

    async def awaiting(pause: float) -> None:
        async with AsyncVoucherify(KEY, **settings) as awaited:
            for _ in range(3):
                assert (await awaited.release_validation_session("c", "k")).released
                await asyncio.to_thread(ended.acquire)
                await asyncio.sleep(pause)

    def blocking(pause: float) -> None:
        with Voucherify(KEY, **settings) as voucherify:
            for _ in range(3):
                assert voucherify.release_validation_session("c", "k").released
                ended.acquire()
                time.sleep(pause)

    # What has arrived has to be looked at, by other threads perhaps, for which a busy machine needs longer.
    for run in (blocking, lambda pause: asyncio.run(awaiting(pause))):
        try:
            run(0.05)
        except ConnectionLostError:
            run(5.0)
    server.close()
