"""Misbehaviour, as it looks on the wire."""

from __future__ import annotations

import dataclasses
import json
import tracemalloc
from typing import TYPE_CHECKING, Any, Literal

import pytest

from voucherify_wrapper.sandbox import OPERATIONS, Fault, Sandbox

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    import httpx

    Ask = Callable[..., bytes]
    Dial = Callable[[], socket.socket]
    ReadAll = Callable[[socket.socket], bytes]
    Talk = Callable[..., bytes]
    WaitUntil = Callable[[Callable[[], object]], None]

SHOW = "/v1/vouchers/ONE"
RELEASE = "/v1/vouchers/ONE/sessions/k"
AGES = 3600.0
"""Seconds that no test waits for."""


@pytest.fixture
def talk(dial: Dial, ask: Ask, read_all: ReadAll) -> Callable[..., bytes]:
    """Sends a request on a connection of its own and reads to the end of that connection."""

    def to_the_end(method: str, target: str, *headers: str, early: bytes = b"") -> bytes:
        connection = dial()
        connection.sendall(ask(method, target, *headers) + early)
        return read_all(connection)

    return to_the_end


@pytest.fixture
def whole(dial: Dial, ask: Ask, read_all: ReadAll) -> bytes:
    """The proper answer to `GET` of a voucher, byte for byte, from a connection that is kept."""
    connection = dial()
    connection.sendall(ask("GET", SHOW) + ask("GET", "/none", "Connection: close"))
    return read_all(connection).partition(b"HTTP/1.1 404 ")[0]


def exactly(connection: socket.socket, count: int) -> bytes:
    """Read so many bytes, or fewer if the connection ends before."""
    got = bytearray()
    while len(got) < count and (part := connection.recv(count - len(got))):
        got += part
    return bytes(got)


def silence(connection: socket.socket) -> bool:
    """Return whether nothing more comes, though the connection is open."""
    connection.settimeout(0.1)
    try:
        connection.recv(1)
    except TimeoutError:
        return True
    return False


def until_reset(connection: socket.socket) -> bytes:
    """Read until the connection is reset, and return what came before."""
    got: list[bytes] = []
    with pytest.raises(ConnectionResetError):
        got.extend(iter(lambda: connection.recv(65_536), b""))
    return b"".join(got)


@pytest.mark.parametrize("status", [100, 199, 200, 204, 299, 304, 402, 429, 500, 520, 599])
def test_any_status_can_be_answered(sandbox: Sandbox, talk: Talk, status: int) -> None:
    """The status line holds the status asked for, of a standard or not, and the request does nothing."""
    sandbox.lock("ONE", "k")
    sandbox.inject(Fault(status=status, end="close"))
    assert talk("DELETE", RELEASE).startswith(f"HTTP/1.1 {status} ".encode())
    assert sandbox.sessions("ONE") == ["k"]


def test_a_status_comes_with_the_vendors_error_body(sandbox: Sandbox, api: httpx.Client) -> None:
    """Without a body of its own the answer has the vendor's, as JSON."""
    sandbox.inject(Fault(status=503))
    answer = api.get(SHOW)
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json()["code"] == 503
    assert set(answer.json()) == {"code", "key", "message", "details", "request_id"}


def test_an_answer_can_have_any_body_and_headers(sandbox: Sandbox, api: httpx.Client) -> None:
    """Body, content type and further headers are sent as given."""
    headers = (("Retry-After", "7"), ("Set-Cookie", "a=b"), ("Set-Cookie", "c=d"))
    sandbox.inject(Fault(status=520, body=b"<h1>\xff</h1>", content_type="text/html", headers=headers))
    sandbox.inject(Fault(status=500, body=b""))
    answer = api.get(SHOW)
    assert (answer.status_code, answer.content) == (520, b"<h1>\xff</h1>")
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers.get_list("Set-Cookie") == ["a=b", "c=d"]
    assert api.get(SHOW).content == b""


def test_a_content_length_can_lie(sandbox: Sandbox, talk: Talk) -> None:
    """A header of the fault takes the place of the answer's own."""
    headers = (("Content-Length", "99"), ("Content-Type", "text/odd"))
    sandbox.inject(Fault(status=200, body=b"short", headers=headers, end="close"))
    head, _, body = talk("GET", SHOW).partition(b"\r\n\r\n")
    assert head.lower().count(b"content-length") == head.count(b"Content-Length: 99") == 1
    assert head.lower().count(b"content-type") == 1
    assert body == b"short"


def test_the_real_answer_can_have_a_wrong_content_type(sandbox: Sandbox, api: httpx.Client) -> None:
    """Content type and headers of the real answer can be replaced; all else stays."""
    proper = api.get(SHOW)
    sandbox.inject(Fault(content_type="text/html", headers=(("X-Test", "yes"),)))
    answer = api.get(SHOW)
    assert answer.headers.get_list("Content-Type") == ["text/html"]
    assert answer.headers["X-Test"] == "yes"
    assert (answer.status_code, answer.content) == (200, proper.content)


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("acts", [None, False, True])
def test_a_connection_can_end_before_the_answer(
    sandbox: Sandbox,
    dial: Dial,
    ask: Ask,
    end: Literal["close", "reset"],
    *,
    acts: bool | None,
) -> None:
    """The answer is lost, in an orderly way or by a reset, with or without an effect of the request."""
    sandbox.lock("ONE", "k")
    sandbox.inject(Fault(end=end, after_bytes=0, acts=acts))
    connection = dial()
    connection.sendall(ask("DELETE", RELEASE))
    if end == "close":
        assert connection.recv(1) == b""
    else:
        assert until_reset(connection) == b""
    assert sandbox.released == ([("ONE", "k")] if acts else [])


@pytest.mark.parametrize("count", [1, 9, 14, 40, -1])
def test_a_connection_can_close_within_the_answer(
    sandbox: Sandbox, talk: Talk, whole: bytes, count: int
) -> None:
    """Exactly as many bytes as asked for arrive, of the status line, the headers or the body."""
    wanted = whole[:count]
    sandbox.inject(Fault(end="close", after_bytes=len(wanted)))
    assert talk("GET", SHOW) == wanted


@pytest.mark.parametrize("count", [1, 40, -1])
def test_a_connection_can_be_reset_within_the_answer(
    sandbox: Sandbox, dial: Dial, ask: Ask, whole: bytes, count: int
) -> None:
    """No more than the bytes asked for arrive before the reset; some systems drop them with it."""
    wanted = whole[:count]
    sandbox.inject(Fault(end="reset", after_bytes=len(wanted)))
    connection = dial()
    connection.sendall(ask("GET", SHOW))
    assert wanted.startswith(until_reset(connection))


def test_a_cut_answer_was_acted_on(sandbox: Sandbox, talk: Talk) -> None:
    """The beginning of the real answer comes from a request that took effect."""
    sandbox.lock("ONE", "k")
    sandbox.inject(Fault(end="close", after_bytes=5))
    assert talk("DELETE", RELEASE) == b"HTTP/"
    assert sandbox.released == [("ONE", "k")]


@pytest.mark.parametrize("end", ["close", "reset"])
def test_a_connection_can_end_after_the_answer(
    sandbox: Sandbox, dial: Dial, ask: Ask, whole: bytes, end: Literal["close", "reset"]
) -> None:
    """The answer is whole and offers to keep the connection, which ends all the same."""
    sandbox.inject(Fault(end=end))
    connection = dial()
    connection.sendall(ask("GET", SHOW))
    got = exactly(connection, len(whole))
    assert b"connection: close" not in got.lower()
    assert got == whole
    if end == "close":
        assert connection.recv(1) == b""
    else:
        assert until_reset(connection) == b""


def test_an_answer_can_be_lost_though_the_server_acted(sandbox: Sandbox, api: httpx.Client) -> None:
    """The classic: the session is released, the client is told of a 503, and finds a 404 next."""
    sandbox.lock("ONE", "k")
    sandbox.inject(Fault(status=503, acts=True))
    assert api.delete(RELEASE).status_code == 503
    assert sandbox.released == [("ONE", "k")]
    assert api.delete(RELEASE).json()["resource_type"] == "session"


def test_a_body_can_be_endless(sandbox: Sandbox, dial: Dial, ask: Ask) -> None:
    """The head is proper, and the body goes on while the client reads; others are served meanwhile."""
    sandbox.inject(Fault(endless=True))
    connection, other = dial(), dial()
    connection.sendall(ask("GET", SHOW))
    got = exactly(connection, 1 << 22)
    head, _, body = got.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert b"transfer-encoding: chunked" in head.lower()
    assert b"content-length" not in head.lower()
    assert body.startswith(b"400\r\nxxxx")
    assert len(got) == 1 << 22
    other.sendall(ask("GET", SHOW))
    assert other.recv(15) == b"HTTP/1.1 200 OK"


def test_an_endless_body_waits_for_its_reader(
    sandbox: Sandbox, api: httpx.Client, dial: Dial, ask: Ask
) -> None:
    """A client that does not read does not fill the memory, however long it stays."""
    sandbox.inject(Fault(endless=True, body=b"x" * 1_000_000))
    connection = dial()
    tracemalloc.start()
    try:
        connection.sendall(ask("GET", SHOW))
        for _ in range(200):
            api.get("/_sandbox/state")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 50_000_000


def test_an_endless_body_can_be_of_any_kind(sandbox: Sandbox, dial: Dial, ask: Ask) -> None:
    """Status, content type and the repeated part are the fault's."""
    sandbox.inject(Fault(endless=True, status=502, body=b"<p>", content_type="text/html"))
    connection = dial()
    connection.sendall(ask("GET", SHOW))
    got = exactly(connection, 500)
    assert got.startswith(b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\n")
    assert got.partition(b"\r\n\r\n")[2].startswith(b"3\r\n<p>\r\n" * 20)


def test_an_endless_body_can_break_off(sandbox: Sandbox, talk: Talk) -> None:
    """After as many bytes as asked for the connection ends within the body."""
    sandbox.inject(Fault(endless=True, end="close", after_bytes=100_000))
    assert len(talk("GET", SHOW)) == 100_000


def test_an_answer_can_drip(sandbox: Sandbox, dial: Dial, ask: Ask, whole: bytes) -> None:
    """The whole answer comes byte by byte, and is the proper one; the connection is kept."""
    sandbox.inject(Fault(drip=0.0001))
    connection = dial()
    for _ in range(2):
        connection.sendall(ask("GET", SHOW))
        assert exactly(connection, len(whole)) == whole


def test_the_first_byte_of_a_dripping_answer_is_alone(sandbox: Sandbox, dial: Dial, ask: Ask) -> None:
    """The drip begins with the status line: one byte comes, and the next not before its time."""
    sandbox.inject(Fault(drip=AGES))
    connection = dial()
    connection.sendall(ask("GET", SHOW))
    assert connection.recv(100) == b"H"
    assert silence(connection)


def test_an_answer_can_be_late(
    sandbox: Sandbox, api: httpx.Client, dial: Dial, ask: Ask, wait_until: WaitUntil
) -> None:
    """Nothing comes before the delay is over, then the proper answer; others are not delayed."""
    sandbox.inject(Fault(delay=AGES))
    sandbox.inject(Fault(delay=0.01))
    connection = dial()
    connection.sendall(ask("GET", SHOW))
    wait_until(lambda: sandbox.requests)
    assert silence(connection)
    assert api.get(SHOW).json()["code"] == "ONE"


def test_a_late_answer_has_acted_already(
    sandbox: Sandbox, api: httpx.Client, dial: Dial, ask: Ask, wait_until: WaitUntil
) -> None:
    """The effect comes before the delay: a client that gives up cannot undo it."""
    sandbox.lock("ONE", "k")
    sandbox.inject(Fault(delay=AGES))
    connection = dial()
    connection.sendall(ask("DELETE", RELEASE))
    wait_until(lambda: sandbox.released)
    assert silence(connection)
    connection.close()
    assert api.get(SHOW).status_code == 200
    assert sandbox.released == [("ONE", "k")]


@pytest.mark.parametrize("count", [0, 20])
def test_an_answer_can_stall(sandbox: Sandbox, dial: Dial, ask: Ask, whole: bytes, count: int) -> None:
    """Exactly as many bytes as asked for arrive, then silence on an open connection."""
    sandbox.inject(Fault(end="hang", after_bytes=count))
    connection = dial()
    connection.sendall(ask("GET", SHOW))
    assert exactly(connection, count) == whole[:count]
    assert silence(connection)


def test_an_answer_can_be_any_bytes(sandbox: Sandbox, talk: Talk) -> None:
    """A malformed status line arrives as it was given."""
    sandbox.inject(Fault(raw=b"\x00NOT HTTP\xff\r\n\r\n", end="close"))
    assert talk("GET", SHOW) == b"\x00NOT HTTP\xff\r\n\r\n"


def test_a_large_answer_arrives_whole(sandbox: Sandbox, talk: Talk) -> None:
    """An answer larger than every buffer on the way waits for its reader."""
    body = bytes(range(256)) * 80_000
    sandbox.inject(Fault(status=200, body=body, end="close"))
    assert talk("GET", SHOW).partition(b"\r\n\r\n")[2] == body


@pytest.mark.parametrize(
    "fault", [Fault(status=503), Fault(raw=b""), Fault(drip=0.0), Fault(content_type="a/b")], ids=str
)
def test_the_connection_is_kept(sandbox: Sandbox, talk: Talk, ask: Ask, whole: bytes, fault: Fault) -> None:
    """After a fault that does not end it the connection serves the next request, even one sent too early."""
    sandbox.inject(fault)
    early = ask("GET", SHOW) + ask("GET", "/none", "Connection: close")
    answers = talk("GET", SHOW, early=early)
    assert whole in answers
    assert answers.count(b"HTTP/1.1 404 ") == 1
    assert [request.path for request in sandbox.requests[-3:]] == [SHOW, SHOW, "/none"]


def test_a_wish_to_close_waits_for_the_answer(sandbox: Sandbox, talk: Talk) -> None:
    """A client that asks for the connection's end gets the misbehaving answer first, whole."""
    sandbox.inject(Fault(drip=0.0001))
    head, _, body = talk("GET", SHOW, "Connection: close").partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    assert json.loads(body)["code"] == "ONE"


@pytest.mark.parametrize(
    ("match", "met"),
    [
        ({}, ["GET", "DELETE", "POST"]),
        ({"method": "DELETE"}, ["DELETE"]),
        ({"path_prefix": "/v1/vouchers/O%4EE"}, ["GET", "DELETE"]),
        ({"path_suffix": "/k"}, ["DELETE"]),
        ({"method": "GET", "path_suffix": "/k"}, []),
        ({"operation": "get-voucher"}, ["GET"]),
        ({"operation": "release-validation-session"}, ["DELETE"]),
        ({"operation": "validate-stacked-discounts"}, ["POST"]),
        ({"operation": "generate-oauth-token"}, []),
    ],
    ids=str,
)
def test_a_fault_meets_the_requests_it_names(
    sandbox: Sandbox, api: httpx.Client, match: dict[str, Any], met: list[str]
) -> None:
    """Method, raw path and operation choose the requests that a fault meets."""
    sandbox.inject(Fault(status=599, **match), times=None)
    statuses = {
        "GET": api.get("/v1/vouchers/O%4EE").status_code,
        "DELETE": api.delete("/v1/vouchers/O%4EE/sessions/k").status_code,
        "POST": api.post("/v1/validations").status_code,
    }
    assert [method for method, status in statuses.items() if status == 599] == met


def test_every_operation_has_its_name(sandbox: Sandbox, api: httpx.Client) -> None:
    """Each of `OPERATIONS` names requests, by the vendor's operationId."""
    for number, operation in enumerate(OPERATIONS):
        sandbox.inject(Fault(status=590 + number, operation=operation), times=None)
    answers = [api.delete(RELEASE), api.post("/v1/validations"), api.get(SHOW), api.post("/v1/oauth/token")]
    assert [answer.status_code for answer in answers] == [590, 591, 592, 593]


def test_faults_are_used_up_in_their_order(sandbox: Sandbox, api: httpx.Client) -> None:
    """Each fault meets as many requests as it was injected for, the oldest first; then all is well again."""
    sandbox.inject(Fault(status=501), times=2)
    sandbox.inject(Fault(status=502))
    sandbox.inject(Fault(status=503), times=None)
    assert [api.get(SHOW).status_code for _ in range(6)] == [501, 501, 502, 503, 503, 503]
    sandbox.clear_faults()
    assert api.get(SHOW).status_code == 200


@pytest.mark.parametrize("times", [0, -1, True, 1.5, "1"])
def test_a_wrong_number_of_times_is_refused(sandbox: Sandbox, times: Any) -> None:
    """`times` is a whole number from 1, or None."""
    with pytest.raises(ValueError, match="times must be"):
        sandbox.inject(Fault(status=500), times=times)


def test_a_fault_is_a_checked_and_frozen_value() -> None:
    """A contradiction is refused when the fault is made, and a fault does not change later."""
    fault = Fault(status=503)
    assert fault == Fault(status=503)
    with pytest.raises(dataclasses.FrozenInstanceError):
        fault.status = 500  # type: ignore[misc]
    with pytest.raises(ValueError, match="status must be a whole number from 100 to 599"):
        Fault(status=1000)
    with pytest.raises(ValueError, match="pairs of text"):
        Fault(headers=[("a", "b")])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="pairs of text"):
        Fault(headers=("ab",))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the real answer needs acts"):
        Fault(acts=False)
