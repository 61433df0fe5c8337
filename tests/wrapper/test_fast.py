"""The transport of the extra ``[fast]``: what it promises beyond what every transport does.

What both promise alike is held by the other rooms' tests, whose fixture `release` runs over both.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

import httpx
import pytest
import trustme
from pyreqwest import exceptions as foreign

from tests.wrapper.conftest import HURRIES, release_async, release_sync
from voucherify_wrapper import (
    ApiKey,
    APITimeoutError,
    AsyncVoucherify,
    ConfigurationError,
    ConnectionLostError,
    ConnectRefusedError,
    HostNotFoundError,
    InvalidResponseError,
    RequestError,
    Timeout,
    TLSError,
    Voucherify,
)
from voucherify_wrapper._fast import MEANINGS, AsyncFastTransport, FastTransport, as_httpx_error
from voucherify_wrapper._foreign import error_from_foreign
from voucherify_wrapper._routes import Route
from voucherify_wrapper._secrets import Redactor
from voucherify_wrapper._transport import MAX_CONNECTIONS, AsyncTransport, Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = ApiKey("id-hunter2", "token-hunter2")
BOTH = pytest.mark.parametrize("release", [release_sync, release_async], ids=["sync", "async"])


class Server:
    """A loopback server that does to each connection what it is told to, each in a thread of its own."""

    def __init__(self, serve: Callable[[socket.socket], object], *, backlog: int = 200) -> None:
        self._serve = serve
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.accepted: list[socket.socket] = []
        self.ended = 0
        self._threads = [threading.Thread(target=self._run)]
        self._threads[0].start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                self.accepted.append(self._listener.accept()[0])
                self._threads.append(threading.Thread(target=self._attend, args=(self.accepted[-1],)))
                self._threads[-1].start()

    def _attend(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._serve(connection)
        self.ended += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for open_socket in (self._listener, *self.accepted):
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        self._listener.close()


def heads(connection: socket.socket) -> Iterator[bytes]:
    """The heads of the requests of one connection."""
    buffer = b""
    while piece := connection.recv(65536):
        buffer += piece
        while b"\r\n\r\n" in buffer:
            head, _, buffer = buffer.partition(b"\r\n\r\n")
            yield head


def saying(answer: bytes, *, reset: bool = False) -> Callable[[socket.socket], None]:
    """Answer one request with these bytes, and end the connection."""

    def serve(connection: socket.socket) -> None:
        next(heads(connection))
        connection.sendall(answer)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    return serve


def releasing(connection: socket.socket) -> None:
    """Release everything, over one connection."""
    for _ in heads(connection):
        connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


@pytest.mark.parametrize("client", [Voucherify, AsyncVoucherify])
def test_it_serves_when_it_is_asked_for(client: Any) -> None:
    """By name; without, the default serves, though the extra is installed."""
    assert isinstance(client(KEY, transport="fast")._session._transport, (FastTransport, AsyncFastTransport))
    assert type(client(KEY)._session._transport) in (Transport, AsyncTransport)
    with pytest.raises(ConfigurationError, match='"fast"'):
        client(KEY, transport="slow")


def test_its_extra_is_named_when_it_is_missing() -> None:
    """Both clients say what to install."""
    program = (
        "import sys; sys.modules['pyreqwest'] = None\n"
        "from voucherify_wrapper import ApiKey, AsyncVoucherify, ConfigurationError, Voucherify\n"
        "for client in (Voucherify, AsyncVoucherify):\n"
        "    client(ApiKey('id-hunter2', 'token-hunter2'))\n"
        "    try:\n        client(ApiKey('id-hunter2', 'token-hunter2'), transport='fast')\n"
        "    except ConfigurationError as error:\n        print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.count("pip install 'voucherify-wrapper[fast]'") == 2


def classes_of_pyreqwest() -> list[type[Exception]]:
    """Every exception class that pyreqwest has."""
    members = [member for _, member in inspect.getmembers(foreign, inspect.isclass)]
    return [member for member in members if issubclass(member, foreign.PyreqwestError)]


@pytest.mark.parametrize("kind", classes_of_pyreqwest(), ids=lambda kind: kind.__name__)
def test_every_exception_of_pyreqwest_has_a_meaning(kind: type[Exception]) -> None:
    """Whatever it may raise, today or after an update, is told as httpx's, and then in our terms."""
    details = {"causes": [{"message": "told"}], "doc": "", "pos": 0}
    arguments = ("told",) if kind is foreign.PyreqwestError else ("told", details)

    told = as_httpx_error(kind(*arguments))

    assert isinstance(told, httpx.TransportError)
    assert str(told) == "told"
    error = error_from_foreign(
        told, outer=None, method="DELETE", url="https://x.example/", attempts=1, redactor=Redactor(())
    )
    assert isinstance(error, RequestError)
    assert error.may_have_acted is (kind is not foreign.PoolTimeoutError)


def test_the_meanings_are_of_pyreqwests_own_classes() -> None:
    """None of them is there for nothing."""
    assert {kind for kind in MEANINGS if kind is not ValueError} <= set(classes_of_pyreqwest())


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
AS_PYTHON_SHOWS_IT = re.compile(r"[{}]|\('")
"""Dictionaries and tuples, which pyreqwest's own exceptions and those of ``ssl`` may show."""
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (b"", ConnectionLostError),
        (HEAD[:20], ConnectionLostError),
        (HEAD, ConnectionLostError),
        (HEAD + b"abc", ConnectionLostError),
        (HEAD.replace(b"5", b"9000000") + b"x" * 2_000_000, ConnectionLostError),
        (CHUNKED + b"5\r\nab", ConnectionLostError),
        (b"this is no HTTP at all\r\n\r\n", InvalidResponseError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", InvalidResponseError),
        (CHUNKED + b"no length\r\nabc", InvalidResponseError),
    ],
)
@BOTH
def test_what_a_server_does_wrong_is_told_as_the_default_tells_it(
    release: Any, answer: bytes, expected: type[RequestError], *, reset: bool
) -> None:
    """The same classes, and that the server may have acted; with either transport."""
    with Server(saying(answer, reset=reset)) as server:
        for transport in (None, "fast"):
            with pytest.raises(RequestError) as caught:
                release("c", "k", base_url=server.url, credentials=KEY, transport=transport)
            allowed = (
                (expected, ConnectionLostError) if reset else expected
            )  # a reset overtakes what was sent
            assert isinstance(caught.value, allowed)
            assert not AS_PYTHON_SHOWS_IT.search(str(caught.value))
            assert caught.value.may_have_acted


@BOTH
def test_no_connection_is_told_from_a_lost_one(release: Any) -> None:
    """Refused, an unknown host, no TLS: each its own class, and the server cannot have acted."""

    def serve(connection: socket.socket) -> None:
        connection.recv(9)
        connection.sendall(b"this is no TLS\r\n")

    with Server(serve) as server:
        for url, expected in (
            ("http://127.0.0.1:9", ConnectRefusedError),
            ("https://no-such-host.invalid", HostNotFoundError),
            (server.url.replace("http:", "https:"), TLSError),
        ):
            with pytest.raises(expected) as caught:
                release("c", "k", base_url=url, credentials=KEY, transport="fast")
            assert not caught.value.may_have_acted
            assert not AS_PYTHON_SHOWS_IT.search(str(caught.value))
            assert "hunter2" not in f"{caught.value}{vars(caught.value)}"


def test_other_failures_to_connect_keep_the_systems_own_words() -> None:
    """A number of the system becomes its exception; a text without one stays a text."""
    details = {"causes": [{"message": "client error (Connect)"}, {"message": "tcp connect error"}]}
    numbered = {"causes": [*details["causes"], {"message": "No route to host (os error 113)"}]}

    assert isinstance(as_httpx_error(foreign.ConnectError("x", numbered)).__cause__, OSError)  # type: ignore[arg-type]
    assert as_httpx_error(foreign.ConnectError("x", details)).__cause__ is None  # type: ignore[arg-type]


@BOTH
def test_a_limit_for_connecting_is_told_as_such(release: Any) -> None:
    """The client's, and one call's own, which the default transport keeps: nothing was sent."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    fillers = [socket.socket() for _ in range(3)]
    for filler in fillers:  # now the system takes no more connections, and refuses none
        filler.setblocking(False)  # noqa: FBT003
        with suppress(BlockingIOError):
            filler.connect(listener.getsockname())
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for limits in ({"timeout": Timeout(20, 0.3)}, {"call_timeout": Timeout(20, 0.3)}):
        with pytest.raises(APITimeoutError, match="No connection") as caught:
            release("c", "k", base_url=url, credentials=KEY, transport="fast", **limits)
        assert not caught.value.may_have_acted
    for open_socket in (listener, *fillers):
        open_socket.close()


@BOTH
def test_an_answer_that_is_late_is_a_timeout(release: Any) -> None:
    """The attempt ends in time, and the server may have acted."""
    free, asked = threading.Event(), threading.Event()

    def serve(connection: socket.socket) -> None:
        for _ in heads(connection):
            asked.set()
            free.wait(60)

    with Server(serve) as server:
        for hurry in HURRIES:
            with pytest.raises(APITimeoutError) as caught:
                release("c", "k", base_url=server.url, credentials=KEY, transport="fast", timeout=hurry)
            if asked.is_set():
                break
        free.set()
    assert caught.value.may_have_acted


@BOTH
def test_headers_beyond_ascii_harm_no_answer(release: Any) -> None:
    """Their values are left out; the others are there."""
    answer = b"HTTP/1.1 204 No Content\r\nX-Name: caf\xe9\r\nX-Request-Id: v-1\r\n\r\n"
    with Server(saying(answer)) as server:
        assert release("c", "k", base_url=server.url, credentials=KEY, transport="fast").request_id == "v-1"


@BOTH
def test_an_answer_that_nobody_asked_for_is_dropped(release: Any) -> None:
    """With its connection: the next request has one of its own, and is not told that its session is gone."""
    stale = b'HTTP/1.1 404 Not Found\r\nContent-Length: 27\r\n\r\n{"resource_type":"session"}'

    def serve(connection: socket.socket) -> None:
        for _ in heads(connection):
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n" + stale)

    with Server(serve) as server:
        if release is release_sync:
            with Voucherify(KEY, base_url=server.url, transport="fast") as blocking:
                for _ in range(5):
                    assert blocking.release_validation_session("c", "k", missing_ok=True).released
            return

        async def run() -> None:
            async with AsyncVoucherify(KEY, base_url=server.url, transport="fast") as awaited:
                for _ in range(5):
                    assert (await awaited.release_validation_session("c", "k", missing_ok=True)).released

        asyncio.run(run())


@BOTH
def test_redirects_cookies_and_codings_are_left_alone(release: Any) -> None:
    """Nothing is followed, kept or decoded below the session; and nothing is sent twice."""
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        for head in heads(connection):
            seen.append(head)
            connection.sendall(
                b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nSet-Cookie: a=b\r\n"
                b"Content-Length: 0\r\n\r\n"
            )

    with Server(serve) as server:
        for _ in range(2):
            with pytest.raises(RequestError):
                release("c", "k", base_url=server.url, credentials=KEY, transport="fast")
    assert len(seen) == 2
    for head in seen:
        lines = [line.partition(b":")[0].lower() for line in head.split(b"\r\n")[1:]]
        assert sorted(lines) == sorted(set(lines))
        assert b"cookie" not in lines
        assert b"accept-encoding: gzip\r\n" in head.lower() + b"\r\n"


def test_a_body_is_sent_whole() -> None:
    """The body of another operation arrives to the byte, with one length; also without the session."""
    seen: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        received = b""
        while not received.endswith(b"end"):
            received += connection.recv(65536)
        seen.append(received)
        connection.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

    body = os.urandom(200_000) + b"end"
    with Server(serve) as server:
        blocking = FastTransport(Route(None), connect=5.0)
        with httpx.Client(transport=blocking, timeout=None) as client:  # noqa: S113 - that is the test
            client.post(server.url, content=body)

        async def run() -> None:
            transport = AsyncFastTransport(Route(None), connect=5.0)
            async with httpx.AsyncClient(transport=transport, timeout=None) as client:  # noqa: S113
                await client.post(server.url, content=body)

        asyncio.run(run())
    for received in seen:
        assert received.partition(b"\r\n\r\n")[2] == body
        assert received.lower().count(b"content-length: 200003\r\n") == 1


def test_what_cannot_be_sent_is_told_as_that() -> None:
    """A header that is no header, given to the bare transport."""
    request = httpx.Request("DELETE", "http://127.0.0.1:9/", headers={"x-bad": "a\nb"})
    blocking = FastTransport(Route(None), connect=5.0)
    with pytest.raises(httpx.LocalProtocolError):
        blocking.handle_request(request)
    assert blocking._permits.qsize() == MAX_CONNECTIONS
    blocking.close()

    async def run() -> None:
        transport = AsyncFastTransport(Route(None), connect=5.0)
        with pytest.raises(httpx.LocalProtocolError):
            await transport.handle_async_request(request)
        assert transport._permits._value == MAX_CONNECTIONS
        await transport.aclose()

    asyncio.run(run())


def test_closing_is_final_and_leaves_nothing(wait_until: Any) -> None:
    """Connections end, those in use too; a request is refused; closing twice does nothing."""
    request = httpx.Request("DELETE", "http://127.0.0.1:9/")
    with Server(releasing) as server:
        blocking = Voucherify(KEY, base_url=server.url, transport="fast")
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda _: blocking.release_validation_session("c", "k"), range(100)))
        before = threading.active_count()

        async def run() -> None:
            awaited = AsyncVoucherify(KEY, base_url=server.url, transport="fast")
            await asyncio.gather(*(awaited.release_validation_session("c", "k") for _ in range(100)))
            for _ in range(2):
                await awaited.aclose()
            transport: Any = awaited._session._transport
            with pytest.raises(httpx.CloseError):
                await transport.handle_async_request(request)
            await transport.aclose()
            assert transport._permits._value == MAX_CONNECTIONS
            assert len(asyncio.all_tasks()) == 1

        asyncio.run(run())
        for _ in range(2):
            blocking.close()
        own: Any = blocking._session._transport
        with pytest.raises(httpx.CloseError):
            own.handle_request(request)
        own.close()
        assert own._permits.qsize() == MAX_CONNECTIONS
        wait_until(lambda: server.ended == len(server.accepted))
        assert threading.active_count() <= before


def test_an_answer_that_is_closed_twice_gives_its_permit_back_once() -> None:
    """And one that is closed before its end does not disturb the next."""
    request = httpx.Request("DELETE", "http://127.0.0.1:9/")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 500000\r\nConnection: close\r\n\r\n"
    with Server(saying(head + b"x" * 500_000)) as server:
        request = httpx.Request("DELETE", server.url)
        blocking = FastTransport(Route(None), connect=5.0)
        response: Any = blocking.handle_request(request)
        assert next(response.iter_raw())
        for _ in range(2):
            response.stream.close()
        assert blocking._permits.qsize() == MAX_CONNECTIONS
        assert len(blocking.handle_request(request).read()) == 500_000
        blocking.close()

        async def run() -> None:
            transport = AsyncFastTransport(Route(None), connect=5.0)
            response: Any = await transport.handle_async_request(request)
            for _ in range(2):
                await response.stream.aclose()
            assert transport._permits._value == MAX_CONNECTIONS
            assert len(await (await transport.handle_async_request(request)).aread()) == 500_000
            await transport.aclose()

        asyncio.run(run())


def is_kept(connection: socket.socket) -> bool:
    """Whether the other side has not closed it; ours may have."""
    with suppress(OSError):
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == b"\1"
    return False


def test_a_thousand_cancellations_leave_the_client_healthy() -> None:
    """At whatever moment: no more connections than allowed, none lost, and the next call succeeds."""
    at_once: list[int] = []
    most = MAX_CONNECTIONS + 100  # a cancelled one may not have ended when another begins

    def serve(connection: socket.socket) -> None:
        count = len(server.accepted) - server.ended
        if count > most:  # on a busy machine this side may not have noticed how many have ended
            count = sum(is_kept(it) for it in [*server.accepted])
        at_once.append(count)
        releasing(connection)

    with Server(serve) as server:

        async def run() -> None:
            async with AsyncVoucherify(KEY, base_url=server.url, transport="fast") as voucherify:
                for number in range(1000):
                    call = asyncio.ensure_future(voucherify.release_validation_session("c", "k"))
                    for _ in range(number % 12):
                        await asyncio.sleep(0)
                    call.cancel()
                    await asyncio.wait([call])
                calls = (voucherify.release_validation_session("c", "k", timeout=20) for _ in range(500))
                assert all(result.released for result in await asyncio.gather(*calls))
                transport: Any = voucherify._session._transport
                assert transport._permits._value == MAX_CONNECTIONS

        asyncio.run(run())
    assert max(at_once) <= most


def test_a_cancelled_call_ends_below_within_its_time() -> None:
    """The library lets it go on, and drops its connection when the attempt's time is up."""
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.settimeout(60)
        for _ in heads(connection):
            pass
        ended.set()

    async def run(url: str) -> None:
        limits = Timeout(60, attempt=1.0)
        async with AsyncVoucherify(KEY, base_url=url, transport="fast", timeout=limits) as voucherify:
            call = asyncio.ensure_future(voucherify.release_validation_session("c", "k"))
            while not server.accepted:
                await asyncio.sleep(0.01)
            call.cancel()
            await asyncio.wait([call])
            assert call.cancelled()
            assert await asyncio.to_thread(ended.wait, 30)

    with Server(serve) as server:
        asyncio.run(run(server.url))


FORKING = """
import os, sys, warnings
warnings.simplefilter("ignore")  # that this process has several threads is the point
from voucherify_wrapper import ApiKey, Voucherify, AsyncVoucherify
import asyncio
settings = {"base_url": sys.argv[1], "transport": "fast", "timeout": 20}
key = ApiKey("id-hunter2", "token-hunter2")
def release(client): return client.release_validation_session("c", "k").status
async def release_async():
    async with AsyncVoucherify(key, **settings) as client:
        return (await client.release_validation_session("c", "k")).status
old = Voucherify(key, **settings)
print("before", release(old), asyncio.run(release_async()), flush=True)
child = os.fork()
if child == 0:
    with Voucherify(key, **settings) as new:
        print("child", release(old), release(new), asyncio.run(release_async()), flush=True)
    old.close()
    sys.exit(7)
print("ended", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
print("after", release(old), flush=True)
old.close()
"""


def test_a_forked_process_is_served_by_the_default() -> None:
    """Inherited and new clients work in it, and it ends by itself; the parent's go on."""
    with Server(releasing) as server:
        done = subprocess.run(
            [sys.executable, "-c", FORKING, server.url],
            capture_output=True, text=True, check=True, timeout=120,
        )  # fmt: skip

    assert done.stdout.split("\n")[:-1] == [
        "before released released",
        "child released released released",
        "ended 7",
        "after released",
    ]


def test_where_it_cannot_serve_the_default_does(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Behind a proxy; and where the system would add its certificates to those of the environment."""
    caplog.set_level("INFO", "voucherify_wrapper")
    with trustme.CA().cert_pem.tempfile() as trusted:
        monkeypatch.setenv("SSL_CERT_FILE", trusted)
        assert type(Voucherify(KEY, transport="fast")._session._transport) is FastTransport
        monkeypatch.setattr(sys, "platform", "darwin")
        assert type(Voucherify(KEY, transport="fast")._session._transport) is Transport
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:hunter2-secret@127.0.0.1:9")
    assert type(AsyncVoucherify(KEY, transport="fast")._session._transport) is AsyncTransport

    told = [record.getMessage() for record in caplog.records]
    assert [text.rpartition(": ")[2] for text in told] == [
        "this system adds its own certificates",
        "there is a proxy",
    ]
    assert "hunter2" not in "".join(told)


def test_certificates_of_the_default_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the default's context trusts is trusted, also where it is not in the system's store."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            releasing(secured)

    trusting = ssl.create_default_context(cadata=authority.cert_pem.bytes().decode())
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with Server(serve) as server:
        request = httpx.Request("DELETE", server.url.replace("http://127.0.0.1", "https://localhost"))
        for route, works in ((Route(trusting), True), (Route(ssl.create_default_context()), False)):
            transport = FastTransport(route, connect=5.0)
            with suppress(httpx.ConnectError):
                assert transport.handle_request(request).status_code == 204
                assert works
            transport.close()
