"""What comes over the wire: raw paths, methods, sizes, and the record of it all."""

from __future__ import annotations

import contextlib
import http.client
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucherify_wrapper.sandbox import LARGEST_BODY, Fault, RecordedRequest, Sandbox

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    Ask = Callable[..., bytes]
    Dial = Callable[[], socket.socket]
    ReadAll = Callable[[socket.socket], bytes]

CLOSE = "Connection: close"
TARGETS = st.text(st.characters(codec="ascii", min_codepoint=0x21, max_codepoint=0x7E), max_size=40)


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/v1",
        "/v1/vouchers",
        "/v1/vouchers/",
        "/v1/vouchers/ONE/",
        "//v1/vouchers/ONE",
        "/v1/vouchers//sessions/k",
        "/v1/vouchers/ONE/sessions/",
        "/v1/vouchers/a/b/sessions/k",
        "/v1/vouchers/a/../ONE",
        "/V1/vouchers/ONE",
        "/v1%2Fvouchers/ONE",
        "/v1/vouchers/ONE%2Fsessions%2Fk/x/y",
        "*",
        "sandbox:80",
    ],
)
@pytest.mark.parametrize("method", ["GET", "DELETE", "OPTIONS"])
def test_an_unknown_path_is_not_found(
    dial: Dial, ask: Ask, read_all: ReadAll, method: str, target: str
) -> None:
    """A path that is none of the vendor's is answered with 404 and the error body, never redirected."""
    connection = dial()
    connection.sendall(ask(method, target, CLOSE))
    answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b'"code":404' in answer


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/v1/vouchers/ONE", {"GET", "HEAD"}),
        ("GET", "/v1/vouchers/ONE/sessions/k", {"DELETE"}),
        ("TRACE", "/v1/validations", {"POST"}),
        ("PATCH", "/v1/oauth/token", {"POST"}),
        ("GET", "/_sandbox/faults", {"POST", "DELETE"}),
    ],
)
def test_another_method_is_refused(api: httpx.Client, method: str, path: str, allowed: set[str]) -> None:
    """A known path with another method is answered with 405, and `Allow` names what there is."""
    answer = api.request(method, path)
    assert (answer.status_code, answer.json()["key"]) == (405, "method_not_allowed")
    assert set(answer.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("segment", ["%FF", "%C3", "%ED%A0%80", "%2", "%", "100%", "%zz"])
def test_a_segment_must_be_utf8(dial: Dial, ask: Ask, read_all: ReadAll, segment: str) -> None:
    """A code or a key that is not percent-encoded UTF-8 is answered with 400."""
    for target in (f"/v1/vouchers/{segment}/sessions/k", f"/v1/vouchers/ONE/sessions/{segment}"):
        connection = dial()
        connection.sendall(ask("DELETE", target, CLOSE))
        assert read_all(connection).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize("target", ["http://sandbox/v1/vouchers/ONE", "HTTPS://x:1/v1/vouchers/ONE?x=%FF#"])
def test_a_target_in_absolute_form_is_understood(
    dial: Dial, ask: Ask, read_all: ReadAll, target: str
) -> None:
    """A proxy's way of writing the target leads to the same resource."""
    connection = dial()
    connection.sendall(ask("GET", target, CLOSE))
    assert read_all(connection).startswith(b"HTTP/1.1 200 ")


@given(target=TARGETS, method=st.sampled_from(["GET", "DELETE", "PUT", "POST"]))
@settings(max_examples=80, deadline=None)
def test_any_target_is_answered(ground: tuple[Sandbox, httpx.Client], method: str, target: str) -> None:
    """Whatever the target is, the answer is one of the client's errors, never a 5xx."""
    sandbox, api = ground
    connection = http.client.HTTPConnection(sandbox.base_url.partition("//")[2])
    with contextlib.closing(connection):
        connection.request(method, f"/v1/vouchers/{target}", headers=dict(api.headers))
        assert connection.getresponse().status in (400, 404, 405)


def test_nonsense_is_answered_with_400(dial: Dial, read_all: ReadAll) -> None:
    """What is not HTTP is answered with 400 and a closed connection."""
    connection = dial()
    connection.sendall(b"\x16\x03\x01 hello\r\n\r\n")
    assert read_all(connection).startswith(b"HTTP/1.1 400 ")


def test_an_upgrade_is_ignored(dial: Dial, ask: Ask) -> None:
    """A request to speak something else is answered in HTTP, as if it had not asked."""
    connection = dial()
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13")
    connection.sendall(ask("GET", "/v1/vouchers/ONE", *upgrade))
    assert connection.recv(12) == b"HTTP/1.1 200"


def test_a_body_has_a_bound(sandbox: Sandbox, api: httpx.Client) -> None:
    """A larger body is answered with 413; one at the bound is read, and the connection lives on."""
    headers = {"Content-Type": "application/json"}
    assert api.post("/v1/validations", content=b" " * LARGEST_BODY, headers=headers).status_code == 400
    answer = api.post("/v1/validations", content=b" " * (LARGEST_BODY * 3), headers=headers)
    assert (answer.status_code, answer.json()["key"]) == (413, "payload_too_large")
    assert api.get("/v1/vouchers/ONE").status_code == 200
    assert len(sandbox.requests) == 3
    assert LARGEST_BODY < len(sandbox.requests[1].body) < LARGEST_BODY * 2


def test_a_client_that_leaves_in_its_request_is_forgotten(
    sandbox: Sandbox, api: httpx.Client, dial: Dial, ask: Ask
) -> None:
    """Half a request is no request: it does nothing, and disturbs nobody."""
    connection = dial()
    connection.sendall(ask("POST", "/v1/validations", "Content-Length: 1000") + b"{")
    connection.close()
    assert api.get("/v1/vouchers/ONE").status_code == 200
    assert [request.method for request in sandbox.requests] == ["GET"]


def test_requests_are_recorded_as_they_came(sandbox: Sandbox, api: httpx.Client) -> None:
    """The record holds the raw parts of a request, in order, and leaves the control surface out."""
    api.delete("/v1/vouchers/a%2Fb/sessions/%C3%BC?%20")
    api.get("/_sandbox/state")
    api.post("/v1/validations", content=b"\xff{", headers={"X-Test": "yes"})
    first, second = sandbox.requests
    assert (first.method, first.path, first.query) == (
        "DELETE",
        "/v1/vouchers/a%2Fb/sessions/%C3%BC",
        "%20",
    )
    assert first.body == b""
    assert (second.method, second.path, second.query, second.body) == (
        "POST",
        "/v1/validations",
        "",
        b"\xff{",
    )
    assert ("x-test", "yes") in second.headers
    assert second.header("X-TEST") == "yes"
    assert second.header("X-None") is None


def test_a_misbehaving_request_is_recorded_too(sandbox: Sandbox, api: httpx.Client) -> None:
    """A fault does not hide the request that met it."""
    sandbox.inject(Fault(status=503))
    assert api.get("/v1/vouchers/ONE").status_code == 503
    assert [request.path for request in sandbox.requests] == ["/v1/vouchers/ONE"]


def test_the_record_has_a_bound() -> None:
    """Of many requests the latest are kept."""
    with (
        Sandbox(keep_requests=2) as sandbox,
        httpx.Client(base_url=sandbox.base_url, trust_env=False) as client,
    ):
        for number in range(4):
            client.get(f"/{number}")
        assert [request.path for request in sandbox.requests] == ["/2", "/3"]


def test_no_secret_is_shown(sandbox: Sandbox, api: httpx.Client) -> None:
    """The repr of a request and of the sandbox hold neither credentials nor body."""
    api.post("/v1/validations", content=b"body-of-mine")
    (request,) = sandbox.requests
    assert isinstance(request, RecordedRequest)
    assert repr(request) == "<RecordedRequest POST /v1/validations>"
    for secret in (sandbox.app_id, sandbox.app_token, "body-of-mine"):
        assert secret not in f"{request!r} {sandbox.requests!r} {sandbox!r}"
