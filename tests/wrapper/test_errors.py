"""Every way of failing ends in this package's own exceptions, which carry what there is to know."""

from __future__ import annotations

import asyncio
import copy
import gzip
import json
import pickle
import socket
import ssl
import sys
import threading
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import voucherify_wrapper
from tests.wrapper.conftest import HURRIES
from tests.wrapper.telling import everything_told_by
from voucherify_wrapper import (
    APIConnectionError,
    APIError,
    ApiKey,
    APITimeoutError,
    AsyncVoucherify,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectionLostError,
    ConnectRefusedError,
    HostNotFoundError,
    InvalidResponseError,
    LockedError,
    NotFoundError,
    OAuthClientCredentials,
    PermissionDeniedError,
    PlanExceededError,
    RateLimit,
    RateLimitError,
    RequestError,
    ServerError,
    SessionNotFoundError,
    TLSError,
    Voucherify,
    VoucherifyError,
    VoucherNotFoundError,
)
from voucherify_wrapper import _errors as errors_module
from voucherify_wrapper._answers import Answer, BodyReader
from voucherify_wrapper._foreign import MEANINGS, error_from_foreign
from voucherify_wrapper._incoming import Head
from voucherify_wrapper._outgoing import Outgoing
from voucherify_wrapper._secrets import Redactor
from voucherify_wrapper._transport import _HTTPCORE_ERRORS
from voucherify_wrapper.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.wrapper.conftest import Release
    from voucherify_wrapper.sandbox import Sandbox

KEY = ApiKey("id-hunter2", "token-hunter2")
FULL = {
    "code": 404,
    "key": "not_found",
    "message": "Resource not found",
    "details": "Cannot find voucher with id Enigma",
    "request_id": "v-10cba70aef56d727d0",
    "resource_id": "Enigma",
    "resource_type": "voucher",
    "error": {"message": "Sorry, not this one"},
}


def failure(release: Release, answer: httpx.Response | Exception) -> Any:
    """The exception that a release ends in when the transport gives this answer."""

    def handle(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    with pytest.raises(VoucherifyError) as caught:
        release("2CpRCE2c", "ssn_any", credentials=KEY, transport=httpx.MockTransport(handle))
    return caught.value


def tree(
    cls: type[VoucherifyError] = VoucherifyError, depth: int = 0
) -> Iterator[tuple[int, type[VoucherifyError]]]:
    """The exceptions with their depth, as they inherit."""
    yield depth, cls
    for child in cls.__subclasses__():
        if child.__module__.startswith("voucherify_wrapper.cli."):
            continue  # the command line's own, where a test has loaded it
        if child.__name__.startswith("_"):
            yield from (pair for grandchild in child.__subclasses__() for pair in tree(grandchild, depth + 1))
        else:
            yield from tree(child, depth + 1)


def test_the_tree_is_drawn_in_the_modules_docstring() -> None:
    """The drawing and the classes never differ, in names and in nesting."""
    drawn = set()
    for line in (errors_module.__doc__ or "").splitlines():
        left, _, name = line.strip().rpartition("── ")
        name = (name or left).split(" ")[0]
        if name.endswith("Error"):
            depth = (len(line) - len(line.lstrip(" │├└─"))) // 4
            drawn.add((depth, name))
    assert drawn == {(depth + 1, cls.__name__) for depth, cls in tree()}


def test_every_exception_is_public() -> None:
    """Whatever can be raised can be named in an except clause."""
    for _, cls in tree():
        assert getattr(voucherify_wrapper, cls.__name__) is cls


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (402, PlanExceededError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (405, APIError),
        (406, APIError),
        (409, ConflictError),
        (415, APIError),
        (422, APIError),
        (423, LockedError),
        (429, RateLimitError),
        (499, APIError),
        (500, ServerError),
        (502, ServerError),
        (520, ServerError),
        (527, ServerError),
        (599, ServerError),
        (200, InvalidResponseError),
        (202, InvalidResponseError),
        (299, InvalidResponseError),
        (301, InvalidResponseError),
        (304, InvalidResponseError),
        (600, InvalidResponseError),
        (999, InvalidResponseError),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>", json.dumps({"code": 1, "message": "m"}).encode()])
def test_every_status_has_its_exception(
    release: Release, status: int, kind: type[APIError], body: bytes
) -> None:
    """The status decides, whatever the body is; a success that is not promised is not taken for one."""
    error = failure(release, httpx.Response(status, content=body))

    assert type(error) is kind
    assert error.status == status
    assert error.body == body.decode()
    assert error.method == "DELETE"
    assert error.url == "https://api.voucherify.io/v1/vouchers/2CpRCE2c/sessions/ssn_any"
    assert error.attempts == 1
    assert str(status) in str(error)


def test_an_api_error_carries_everything(release: Release) -> None:
    """Status, the vendor's fields, the configured message, headers, limits and body."""
    headers = {"X-Rate-Limit-Remaining": "7", "Retry-After": "0", "X-Request-Id": "in front"}
    error = failure(release, httpx.Response(404, headers=headers, json=FULL))

    assert type(error) is VoucherNotFoundError
    assert (error.key, error.message, error.details) == (FULL["key"], FULL["message"], FULL["details"])
    assert (error.request_id, error.resource_id, error.resource_type) == (
        FULL["request_id"],
        "Enigma",
        "voucher",
    )
    assert error.configured_message == "Sorry, not this one"
    assert error.headers["x-rate-limit-remaining"] == "7"
    assert error.rate_limit.remaining == 7
    assert error.retry_after == 0.0
    assert json.loads(error.body) == FULL
    assert str(error) == (
        "Voucherify has no such voucher (404: Cannot find voucher with id Enigma; request id "
        "v-10cba70aef56d727d0). Check the code, and that the credentials belong to the project that holds "
        "the voucher."
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"details": "the details", "message": "the message", "error": {"message": "mine"}}, "the details"),
        ({"message": "the message", "error": {"message": "mine"}}, "mine"),
        ({"message": "the message"}, "the message"),
        ({}, "an answer not in Voucherify's form"),
        (None, "no explanation"),
    ],
)
def test_the_text_says_the_most_telling_of_the_servers_words(release: Release, body: Any, said: str) -> None:
    """The details, else what the project's owner configured, else the message, else that there was none."""
    answer = httpx.Response(401) if body is None else httpx.Response(401, json=body)
    text = str(failure(release, answer))

    assert f"(401: {said})" in text
    assert "to the cluster https://api.voucherify.io," in text


def test_what_else_a_server_says_cannot_steer_a_terminal(release: Release) -> None:
    """Nor can a redirect's target, a request id or a transport's own words; a long URL is cut."""
    redirect = httpx.Response(302, headers=[(b"Location", b"https://x\x1b[2J.example")])
    assert str(failure(release, redirect)).isprintable()
    assert str(failure(release, httpx.Response(500, json={"request_id": "\x1b[2J"}))).isprintable()
    assert str(failure(release, httpx.ReadError("\x1b[2J"))).isprintable()
    with pytest.raises(NotFoundError) as caught:
        release(
            "x" * 5000,
            "k",
            credentials=KEY,
            transport=httpx.MockTransport(lambda _: httpx.Response(404)),
        )
    assert len(str(caught.value)) < 600


def test_the_total_holds_over_the_steps_of_a_call(release: Release, voucherify_sandbox: Sandbox) -> None:
    """Fetching a token and releasing share one limit."""
    for hurry in HURRIES:
        voucherify_sandbox.clear_faults()
        voucherify_sandbox.inject(Fault(delay=0.7 * hurry), times=None)
        credentials = OAuthClientCredentials(voucherify_sandbox.app_id, voucherify_sandbox.app_token)
        with pytest.raises(APITimeoutError) as caught:
            release("c", "k", credentials=credentials, base_url=voucherify_sandbox.base_url, timeout=hurry)
        if caught.value.method == "DELETE":
            break
    assert caught.value.method == "DELETE"


def test_a_rate_limit_error_says_how_long_to_wait(release: Release) -> None:
    """The wait is on the error and in its text."""
    error = failure(release, httpx.Response(429, headers={"Retry-After": "12"}))
    assert error.retry_after == 12.0
    assert "Wait 12 seconds before" in str(error)
    long_wait = failure(release, httpx.Response(429, headers={"Retry-After": "172800"}))
    assert "Wait 172800 seconds (48.0 hours)" in str(long_wait)
    assert "subscription" in str(failure(release, httpx.Response(429)))


def test_a_404_of_something_else_is_neither_voucher_nor_session(release: Release) -> None:
    """A proxy's 404 page must not pass for a session that is gone, with missing_ok least of all."""
    for body in (b"<html>404</html>", b'{"resource_type": ["session"]}', b'{"resource_type": "campaign"}'):
        transport = httpx.MockTransport(lambda _, body=body: httpx.Response(404, content=body))
        with pytest.raises(NotFoundError) as caught:
            release("c", "k", missing_ok=True, credentials=KEY, transport=transport)
        assert not isinstance(caught.value, (SessionNotFoundError, VoucherNotFoundError))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
error_bodies = st.one_of(
    st.binary(max_size=200),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.fixed_dictionaries({}, optional=dict.fromkeys([*FULL, "extra"], json_values)).map(
        lambda value: json.dumps(value).encode()
    ),
)


@pytest.mark.unmeasured
@settings(max_examples=300)
@given(status=st.integers(100, 999), body=error_bodies)
def test_no_body_and_no_status_ends_in_a_foreign_exception(
    release: Release, status: int, body: bytes
) -> None:
    """Any bytes with any status: a result for 204, one of our exceptions for the rest."""
    transport = httpx.MockTransport(lambda _: httpx.Response(status, content=body))
    try:
        result = release("c", "k", credentials=KEY, transport=transport)
    except RequestError as error:
        assert str(error).isprintable()
        assert type(pickle.loads(pickle.dumps(error))) is type(error)  # noqa: S301 - made here
    else:
        assert status == 204
        assert result.released


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"9" * 10_000, b'{"a":' * 50_000, b"\xff\xfe{}", b'{"message": "\\ud800"}'],
    ids=range(5),
)
def test_bodies_that_break_decoders_are_survived(release: Release, body: bytes) -> None:
    """Nesting, numbers and encodings beyond what Python's decoder takes."""
    assert type(failure(release, httpx.Response(500, content=body))) is ServerError


def test_texts_of_the_server_cannot_steer_a_terminal(release: Release) -> None:
    """Control characters and line breaks are shown as blanks, and long texts are cut."""
    error = failure(release, httpx.Response(400, json={"message": "a\x1b[2J\r\nb" + "x" * 5000}))

    assert "a [2J b" in str(error)
    assert len(str(error)) < 600
    assert error.message.startswith("a\x1b[2J\r\nb")


def foreign_exceptions() -> list[type[Exception]]:
    """Every exception class that httpx publishes."""
    named = (getattr(httpx, name) for name in httpx.__all__)
    return [kind for kind in named if isinstance(kind, type) and issubclass(kind, Exception)]


@pytest.mark.parametrize("kind", foreign_exceptions(), ids=lambda kind: kind.__name__)
def test_every_exception_of_httpx_has_a_meaning(release: Release, kind: type[Exception]) -> None:
    """Whatever httpx may raise, today or after an update, is told in our terms and not by the catch-all."""
    assert any(base in MEANINGS for base in kind.__mro__ if base is not Exception and base is not object)
    request = httpx.Request("DELETE", "https://x.example", headers={"x-app-token": KEY.app_token})
    arguments: dict[type[Exception], tuple[Any, ...]] = {
        httpx.StreamConsumed: (),
        httpx.ResponseNotRead: (),
        httpx.RequestNotRead: (),
        httpx.StreamClosed: (),
    }
    if kind is httpx.HTTPStatusError:
        foreign = httpx.HTTPStatusError(
            "told", request=request, response=httpx.Response(500, request=request)
        )
    elif issubclass(kind, httpx.RequestError):
        foreign = kind("told", request=request)  # type: ignore[assignment]
    else:
        foreign = kind(*arguments.get(kind, ("told",)))  # type: ignore[assignment]

    error = failure(release, foreign)

    assert isinstance(error, RequestError)
    assert "{" not in str(error)
    assert error.__cause__ is foreign
    request_left: Any = getattr(foreign, "request", None)
    assert KEY.app_token not in repr(vars(request_left) if request_left else "")
    response_left: Any = getattr(foreign, "response", None)
    assert KEY.app_token not in repr(vars(response_left.request) if response_left else "")


def test_every_exception_of_httpcore_has_a_namesake_in_httpx() -> None:
    """The default transport hands httpcore's exceptions on by name."""
    for name in httpcore.__all__:
        kind = getattr(httpcore, name)
        if (
            isinstance(kind, type)
            and issubclass(kind, Exception)
            and kind is not httpcore.ConnectionNotAvailable
        ):
            assert issubclass(kind, _HTTPCORE_ERRORS)
            assert hasattr(httpx, name)


@pytest.mark.parametrize(
    "foreign", [ValueError("odd"), KeyError("x"), RuntimeError("closed"), OSError(5, "I/O")]
)
def test_a_transport_of_ones_own_may_raise_anything(release: Release, foreign: Exception) -> None:
    """It is told in our terms, and stays the cause."""
    error = failure(release, foreign)

    assert type(error) is APIConnectionError
    assert error.__cause__ is foreign
    assert "transport" in str(error)


@pytest.mark.parametrize("status", [204, 404])
def test_headers_outside_ascii_are_no_obstacle(release: Release, status: int) -> None:
    """HTTP's headers are bytes; a name with an umlaut in them changes nothing."""
    answer = httpx.Response(
        status, headers=[(b"X-Name", "Zürich".encode("latin-1")), (b"X-Utf8", "☃".encode())]
    )
    if status == 404:
        assert failure(release, answer).headers["x-name"]
    else:
        transport = httpx.MockTransport(lambda _: answer)
        assert release("c", "k", credentials=KEY, transport=transport).released


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, gzip", "nonsense"])
def test_a_refusal_that_cannot_be_decoded_keeps_its_status(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], coding: str
) -> None:
    """The status says enough."""
    voucherify_sandbox.inject(
        Fault(status=500, body=b"not encoded so", headers=(("Content-Encoding", coding),))
    )

    with pytest.raises(ServerError) as caught:
        release("2CpRCE2c", "ssn_any", **to_sandbox)
    assert caught.value.body == ""


def test_a_compressed_refusal_is_read(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """Gzip is what is asked for, and what is understood."""
    body = gzip.compress(json.dumps(FULL).encode())
    voucherify_sandbox.inject(Fault(status=404, body=body, headers=(("Content-Encoding", "gzip"),)))

    with pytest.raises(VoucherNotFoundError, match="Enigma"):
        release("2CpRCE2c", "ssn_any", **to_sandbox)


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (gzip.compress(b'{"code": "x"}'), True),
        (gzip.compress(b'{"code":') + gzip.compress(b' "x"}'), True),
        (gzip.compress(b'{"code": "x"}')[:-9], False),
        (gzip.compress(b'{"code": "x"}') + b"garbage", False),
    ],
    ids=["whole", "two members", "cut off", "garbage behind it"],
)
def test_a_compressed_success_is_whole_or_refused(body: bytes, *, whole: bool) -> None:
    """Several members are one body; what is cut off, or goes on as something else, is none."""
    reader = BodyReader(Head(200, [(b"Content-Encoding", b"gzip")]), end=float("inf"))
    if whole:
        assert not reader.is_full_after(body)
        assert json.loads(reader.body()) == {"code": "x"}
    else:
        with pytest.raises(httpx.DecodingError):
            assert reader.is_full_after(body) or reader.body()


@pytest.mark.unmeasured
@pytest.mark.parametrize(("coding", "layers"), [("gzip", 1), ("gzip, gzip", 2)])
def test_a_few_bytes_that_become_gigabytes_are_refused(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], coding: str, layers: int
) -> None:
    """Neither time nor memory is given to a bomb, of one layer or of two."""
    bomb = b"\0" * 2**28
    for _ in range(layers):
        bomb = gzip.compress(bomb, 9)
    voucherify_sandbox.inject(Fault(status=200, body=bomb, headers=(("Content-Encoding", coding),)))

    with pytest.raises(InvalidResponseError):
        release("2CpRCE2c", "ssn_any", **to_sandbox)


def test_a_transport_may_answer_with_nonsense(release: Release) -> None:
    """Something that is no response is no crash."""
    with pytest.raises(APIConnectionError):
        release("c", "k", credentials=KEY, transport=httpx.MockTransport(lambda _: None))  # type: ignore[arg-type]


def test_a_refused_connection_is_named(release: Release) -> None:
    """Nobody listening is told apart from other failures."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(ConnectRefusedError, match="refuses"):
            release("c", "k", credentials=KEY, base_url=f"http://127.0.0.1:{port}")


def test_an_unknown_host_is_named(release: Release) -> None:
    """A name that cannot exist is told as such."""
    with pytest.raises(HostNotFoundError, match="not known"):
        release("c", "k", credentials=KEY, base_url="https://no-such-host.invalid")


def test_a_server_without_tls_is_named(release: Release, voucherify_sandbox: Sandbox) -> None:
    """Https to a port that speaks plain http fails in the handshake, and is told so."""
    with pytest.raises(TLSError):
        release("c", "k", credentials=KEY, base_url=voucherify_sandbox.base_url.replace("http:", "https:"))


@pytest.mark.parametrize("end", ["close", "reset"])
@pytest.mark.parametrize("after_bytes", [0, 5, 40])
def test_a_connection_that_breaks_is_named(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], end: Any, after_bytes: int
) -> None:
    """Closed or reset, before the answer or within it: the connection was lost."""
    voucherify_sandbox.inject(Fault(status=204, after_bytes=after_bytes, end=end))

    with pytest.raises(ConnectionLostError):
        release("2CpRCE2c", "ssn_any", **to_sandbox)


def test_a_body_that_breaks_off_is_named(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """A refusal whose body is cut off is no understood refusal."""
    voucherify_sandbox.inject(Fault(status=500, body=b"x" * 1000, after_bytes=300, end="close"))

    with pytest.raises(ConnectionLostError):
        release("2CpRCE2c", "ssn_any", **to_sandbox)


def test_an_answer_that_is_not_http_is_named(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """Garbage in place of a status line is an answer that cannot be understood."""
    voucherify_sandbox.inject(Fault(raw=b"SSH-2.0-OpenSSH_9.9\r\n\r\n", end="close"))

    with pytest.raises(InvalidResponseError, match="HTTP") as caught:
        release("2CpRCE2c", "ssn_any", **to_sandbox)
    assert caught.value.status is None
    assert caught.value.retry_after is None


def test_a_body_that_cannot_be_decoded_is_named(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """A body that is not the gzip it says it is."""
    voucherify_sandbox.inject(Fault(status=200, body=b"not gzip", headers=(("Content-Encoding", "gzip"),)))

    with pytest.raises(InvalidResponseError, match="decoded"):
        release("2CpRCE2c", "ssn_any", **to_sandbox)


def test_a_redirect_is_not_followed(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """Credentials go to no other host; the error says where the server pointed."""
    voucherify_sandbox.inject(
        Fault(status=302, headers=(("Location", "https://login.example/"),)), times=None
    )

    with pytest.raises(InvalidResponseError, match=r"https://login\.example/"):
        release("2CpRCE2c", "ssn_any", **to_sandbox)
    assert len(voucherify_sandbox.requests) == 1


def test_an_endless_refusal_is_cut(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """The status is known; 64 KiB of its body are kept, and the rest not waited for."""
    voucherify_sandbox.inject(Fault(status=500, endless=True, body=b"y" * 65536))

    with pytest.raises(ServerError) as caught:
        release("2CpRCE2c", "ssn_any", **to_sandbox)
    assert len(caught.value.body) == 2**16


def test_an_endless_success_is_refused(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """A success larger than any that could be meant does not fill the memory."""
    voucherify_sandbox.inject(Fault(status=200, endless=True, body=b"y" * 2**20))

    with pytest.raises(InvalidResponseError, match="larger than"):
        release("2CpRCE2c", "ssn_any", **to_sandbox)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(delay=60),
        Fault(after_bytes=0, end="hang"),
        Fault(after_bytes=20, end="hang"),
        Fault(status=500, body=b"x" * 100, after_bytes=150, end="hang"),
        Fault(status=200, body=b"x" * 10_000, drip=0.05),
        Fault(status=200, endless=True, drip=0.05),
        Fault(status=204, headers=(("X-Long", "x" * 10_000),), drip=0.05),
    ],
    ids=[
        "silent",
        "hangs",
        "hangs in the head",
        "hangs in the body",
        "drips",
        "drips for ever",
        "drips its head",
    ],
)
def test_the_whole_call_ends_in_time(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], fault: Fault
) -> None:
    """However slowly bytes arrive, in the head as in the body, the total limit holds (or this hangs)."""
    voucherify_sandbox.inject(fault, times=None)

    for hurry in HURRIES:
        with pytest.raises(APITimeoutError, match=r"(?i)the time allowed") as caught:
            release("2CpRCE2c", "ssn_any", call_timeout=hurry, **to_sandbox)
        if voucherify_sandbox.requests:
            break
    assert "within the time allowed" in str(caught.value)


def test_a_limit_that_is_over_at_once_sends_nothing(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """A call whose time is up before it is sent is a timeout like any other."""
    with pytest.raises(APITimeoutError, match="before the request was sent") as caught:
        release("2CpRCE2c", "ssn_any", call_timeout=1e-9, **to_sandbox)
    assert caught.value.attempts == 0
    assert voucherify_sandbox.requests == []


def test_an_untaken_connection_ends_in_time(release: Release) -> None:
    """A host whose queue of connections is full is a timeout of connecting."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)), pytest.raises(APITimeoutError):
            release("c", "k", credentials=KEY, base_url=f"http://127.0.0.1:{port}", timeout=0.3)


def test_the_deadline_holds_for_a_transport_of_ones_own(release: Release) -> None:
    """A body that a foreign transport drips is not read past the limit."""

    class Dripping(httpx.SyncByteStream, httpx.AsyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            ticks = threading.Event()
            while True:
                ticks.wait(0.02)
                yield b"x"

        async def __aiter__(self) -> Any:
            while True:
                await asyncio.sleep(0.02)
                yield b"x"

        def close(self) -> None: ...

        async def aclose(self) -> None: ...

    transport = httpx.MockTransport(lambda _: httpx.Response(200, stream=Dripping()))
    with pytest.raises(APITimeoutError):
        release("c", "k", credentials=KEY, transport=transport, call_timeout=0.2)


def test_a_timeout_is_set_for_the_client_and_for_a_call(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """The call's own limit comes before the client's."""
    voucherify_sandbox.inject(Fault(delay=0.6), times=2)

    with pytest.raises(APITimeoutError):
        release("2CpRCE2c", "ssn_any", timeout=0.1, **to_sandbox)
    result = release("2CpRCE2c", "ssn_any", missing_ok=True, timeout=0.1, call_timeout=30, **to_sandbox)
    assert result.already_gone


def example_errors() -> list[VoucherifyError]:
    """One of each kind, made as they are made in earnest."""
    made: list[VoucherifyError] = []
    for _, cls in tree():
        if issubclass(cls, APIError):
            context: dict[str, Any] = {
                "headers": {"a": "b"},
                "body": "c",
                "rate_limit": RateLimit(limit=3),
            }
            context |= {"fields": FULL, "method": "DELETE", "url": "u", "attempts": 2, "request_id": "r"}
            made.append(cls("t", status=404, **context))
        elif issubclass(cls, RequestError):
            made.append(cls("t", method="DELETE", url="u", attempts=2))
        else:
            made.append(cls("t"))
    return made


@pytest.mark.parametrize("error", example_errors(), ids=lambda error: type(error).__name__)
def test_every_exception_can_be_pickled_and_copied(error: VoucherifyError) -> None:
    """A process pool can hand it back: type, text, fields and notes survive."""
    error.add_note("seen on Friday")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):  # noqa: S301 - made here
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)


def test_what_the_caller_was_handling_is_no_part_of_the_story(release: Release) -> None:
    """A call made while handling another exception is judged by its own failure, and spares the other."""
    try:
        socket.getaddrinfo("no-such-host.invalid", 1)
    except OSError as outer:
        error = failure(release, httpx.ConnectError("told"))
        assert type(error) is APIConnectionError
        assert outer.__traceback__ is not None


def test_causes_in_groups_are_found() -> None:
    """A host with several addresses fails with a group; what is in it counts."""
    group = ExceptionGroup("all attempts", [OSError("first"), ssl.SSLError("second")])
    foreign = httpx.ConnectError("told")
    foreign.__cause__ = group

    error = error_from_foreign(
        foreign, outer=None, method="DELETE", url="https://x.example/y", attempts=1, redactor=Redactor(())
    )

    assert type(error) is TLSError


SECRETIVE = [
    Fault(after_bytes=0, end="reset"),
    Fault(after_bytes=0, end="close"),
    Fault(after_bytes=20, end="close"),
    Fault(after_bytes=0, end="hang"),
    Fault(raw=b"garbage\r\n\r\n", end="close"),
    Fault(status=401),
    Fault(status=302, headers=(("Location", "https://x.example/?t=token-hunter2"),)),
    Fault(status=500, body=b"you sent token-hunter2", headers=(("X-Echo", "token-hunter2"),)),
    Fault(status=400, body=b'{"code": 400, "message": "token-hunter2", "details": "token\\u002dhunter2"}'),
    Fault(status=200, body=b"token-hunter2"),
    Fault(raw=b"token-hunter2 is no status line\r\n\r\n", end="close"),
    Fault(raw=b"HTTP/1.1 204 OK\r\ntoken-hunter2\r\n\r\n", end="close"),
    Fault(status=404, headers=(("X-Request-Id", "token-hunter2"), ("X-Rate-Limit-Type", "token-hunter2"))),
    Fault(status=404, headers=(("token-hunter2", "as a name"),)),
    Fault(status=400, body=b"TOKEN-HUNTER2 dG9rZW4taHVudGVyMg== token%2dhunter2 token&#45;hunter2"),
    Fault(status=400, body=b"x" * (2**16 - 5) + b"token-hunter2" + b"y" * 2**20),
]


@pytest.mark.parametrize("fault", SECRETIVE, ids=range(len(SECRETIVE)))
def test_no_exception_shows_a_secret(
    release: Release, voucherify_sandbox: Sandbox, caplog: pytest.LogCaptureFixture, fault: Fault
) -> None:
    """Not in text, fields, causes, frames' variables or logs, even when the server echoes it."""
    voucherify_sandbox.inject(fault)
    caplog.set_level(0)

    with pytest.raises(VoucherifyError) as caught:
        release("2CpRCE2c", "ssn", credentials=KEY, base_url=voucherify_sandbox.base_url, timeout=0.5)

    logged = [record.getMessage() for record in caplog.records if record.name.startswith("voucherify")]
    assert logged
    told = (everything_told_by(caught.value) + "".join(logged)).lower()
    for form in (
        "token-hunter2",
        "token-hunte",
        "token\\u002dhunter2",
        "token%2dhunter2",
        "&#45;",
        "dg9rzw4tahvudgvymg",
    ):
        assert form not in told


def test_connect_failures_show_no_secret(release: Release) -> None:
    """The same when no connection comes about."""
    for url in ("https://no-such-host.invalid", "http://127.0.0.1:9"):
        with pytest.raises(APIConnectionError) as caught:
            release("c", "k", credentials=KEY, base_url=url)
        assert KEY.app_token not in everything_told_by(caught.value)


def test_closing_ends_a_call_that_is_under_way(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], wait_until: Any
) -> None:
    """A thread that waits for an answer is woken, and learns that the client was closed."""
    voucherify_sandbox.inject(Fault(after_bytes=0, end="hang"))
    voucherify = Voucherify(**to_sandbox)
    caught: list[BaseException] = []

    def call() -> None:
        try:
            voucherify.release_validation_session("2CpRCE2c", "ssn_any")
        except VoucherifyError as error:
            caught.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    wait_until(lambda: voucherify_sandbox.requests)
    voucherify.close()
    thread.join(20)

    assert [type(error).__name__ for error in caught] == ["ClientClosedError"]


def test_cancelling_a_task_is_no_error_of_ours(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """Cancellation passes through as what it is, and the client works on."""
    key = voucherify_sandbox.lock("2CpRCE2c")
    voucherify_sandbox.inject(Fault(after_bytes=0, end="hang"))

    async def run() -> bool:
        async with AsyncVoucherify(**to_sandbox) as voucherify:
            task = asyncio.create_task(voucherify.release_validation_session("2CpRCE2c", key))
            while not voucherify_sandbox.requests:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            return (await voucherify.release_validation_session("2CpRCE2c", key)).released

    assert asyncio.run(run())
    assert sys.exception() is None


def test_an_answers_text_is_in_the_character_set_that_it_names() -> None:
    """The generated code asks for it where a body is no JSON."""
    came = Head(200, [(b"Content-Type", b"text/plain; charset=iso-8859-1")])
    request = Outgoing("GET", "https://x.example", "/", [])
    answer = Answer(came, b"caf\xe9", request=request, attempts=1, redactor=Redactor(()))

    assert answer.text == "café"
