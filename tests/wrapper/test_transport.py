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
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from voucherify_wrapper import (
    APIConnectionError,
    ApiKey,
    AsyncVoucherify,
    ConfigurationError,
    TLSError,
    Voucherify,
    VoucherifyError,
)
from voucherify_wrapper._transport import Transport, deadline
from voucherify_wrapper.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.wrapper.conftest import Release
    from voucherify_wrapper.sandbox import Sandbox

KEY = ApiKey("id-hunter2", "token-hunter2")


class Server:
    """A loopback server that does to each connection what it is told to, in a thread."""

    def __init__(self, serve: Any) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self._serve(connection)
                except OSError:
                    continue

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


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


@pytest.mark.parametrize("url", ["nonsense://proxy", "http://[::1", "socks5://127.0.0.1:1"])
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
    """A TLS server whose certificate a file vouches for, and no authority."""
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *(
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "rsa:2048",
                "-nodes",
                "-days",
                "1",
                "-subj",
                "/CN=localhost",
            ),
            *("-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            head = b""
            while b"\r\n\r\n" not in head:
                head += secured.recv(65536)
            secured.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    server = Server(serve)
    yield server, certificate
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
def test_a_connection_that_breaks_at_any_byte_of_the_answer_is_told(end: str) -> None:
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
        with Voucherify(KEY, base_url=url) as blocking:
            async with AsyncVoucherify(KEY, base_url=url) as awaited:
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


def test_connections_are_reused(voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]) -> None:
    """Ten calls, one connection: the server sees one client port."""
    voucherify_sandbox.add_voucher("many", None)
    ports = set()
    with Voucherify(**to_sandbox) as voucherify:
        for _ in range(10):
            voucherify.release_validation_session("many", voucherify_sandbox.lock("many"))
            ports |= {line.split()[1] for line in established(voucherify_sandbox.base_url)}
    assert len(ports) == 1


def established(base_url: str) -> list[str]:
    """The lines of the kernel's table for connections to a port of this machine."""
    port = f"{int(base_url.rpartition(':')[2]):04X}"
    table = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()
    return [line for line in table if line.split()[2].endswith(":" + port) and line.split()[3] == "01"]


def test_all_addresses_of_a_host_are_tried_within_the_limit(voucherify_sandbox: Sandbox) -> None:
    """Localhost may lead to ::1 first, where nobody listens; the next address serves."""
    port = voucherify_sandbox.base_url.rpartition(":")[2]
    key = ApiKey(voucherify_sandbox.app_id, voucherify_sandbox.app_token)
    with Voucherify(key, base_url=f"http://localhost:{port}") as voucherify:
        assert voucherify.release_validation_session("2CpRCE2c", "k", missing_ok=True).already_gone


def test_a_deadline_that_has_passed_sends_nothing(voucherify_sandbox: Sandbox) -> None:
    """The transport looks at the clock before it connects."""
    transport = Transport(None)
    request = httpx.Request("GET", voucherify_sandbox.base_url)
    with deadline(0.0), pytest.raises(httpx.ConnectTimeout):
        transport.handle_request(request)
    transport.close()
    assert voucherify_sandbox.requests == []


def test_the_transport_serves_without_a_deadline(voucherify_sandbox: Sandbox) -> None:
    """It is a plain httpx transport for whoever uses it as one."""
    with httpx.Client(transport=Transport(None)) as client:
        assert client.get(f"{voucherify_sandbox.base_url}/v1/vouchers/x").status_code == 401


def test_a_large_request_is_written_whole(voucherify_sandbox: Sandbox) -> None:
    """Bodies larger than one slice arrive to the byte."""
    body = os.urandom(200_000)
    with httpx.Client(transport=Transport(None)) as client:
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
