"""Retries against a real server: what heals, what does not, and the attempt whose outcome nobody knows."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trustme
from voucherify_client.api.vouchers import release_validation_session

from tests.wrapper.test_transport import Server, answering, held
from voucherify_wrapper import (
    APIConnectionError,
    ApiKey,
    APITimeoutError,
    AsyncVoucherify,
    AttemptEnded,
    AuthenticationError,
    ClientClosedError,
    ConfigurationError,
    ConnectionLostError,
    HostNotFoundError,
    LockedError,
    OAuthClientCredentials,
    RateLimit,
    RateLimitError,
    RequestError,
    Retries,
    ServerError,
    SessionNotFoundError,
    Timeout,
    TLSError,
    Voucherify,
    VoucherNotFoundError,
    Waiting,
)
from voucherify_wrapper._transport import MAX_CONNECTIONS
from voucherify_wrapper.sandbox import Fault
from voucherify_wrapper.sandbox import RateLimit as SandboxLimit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.wrapper.conftest import Release
    from voucherify_wrapper import Event
    from voucherify_wrapper.sandbox import Sandbox

SOON = Retries(3, base=0.001)
CODE = "2CpRCE2c"
KEY = ApiKey("id-hunter2", "token-hunter2")
PASSING = [
    *(Fault(status=status) for status in (429, 500, 502, 503, 504, 520, 527)),
    Fault(after_bytes=0, end="reset"),
    Fault(after_bytes=0, end="close"),
    Fault(status=204, after_bytes=9, end="reset"),
    Fault(status=500, body=b"x" * 100, after_bytes=120, end="close"),
    Fault(status=204, after_bytes=0, end="hang"),
    Fault(status=500, body=b"x" * 100, after_bytes=120, end="hang"),
    Fault(raw=b"no HTTP at all\r\n\r\n", end="close"),
    Fault(raw=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", end="close"),
]


def limits_of_attempts(fault: Fault) -> tuple[float, ...]:
    """What an attempt may take, in seconds: little where a server hangs, then more if that was too little."""
    return (1.5, 15.0) if fault.end == "hang" else (60.0,)


@pytest.mark.parametrize("fault", PASSING, ids=range(len(PASSING)))
def test_what_passes_is_overcome(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], fault: Fault
) -> None:
    """Two failures of a kind, in status, head or body: the third attempt releases the session, once."""
    for limit in limits_of_attempts(fault):
        voucherify_sandbox.clear_faults()
        key, before = voucherify_sandbox.lock(CODE), len(voucherify_sandbox.requests)
        voucherify_sandbox.inject(fault, times=2)
        result = release(CODE, key, retries=SOON, call_timeout=Timeout(120, attempt=limit), **to_sandbox)
        if result.attempts == 3:
            break

    assert (result.status, result.confirmed, result.attempts) == ("released", True, 3)
    assert voucherify_sandbox.released[-1:] == [(CODE, key)]
    assert len(voucherify_sandbox.requests) - before == 3


def test_three_retries_are_the_default(voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]) -> None:
    """A client of whom nothing is asked sends a request four times at most."""
    voucherify_sandbox.inject(Fault(status=503, headers=(("Retry-After", "0"),)), times=None)

    with Voucherify(**to_sandbox) as blocking, pytest.raises(ServerError) as caught:
        blocking.release_validation_session(CODE, "ssn")
    assert caught.value.attempts == 4
    assert len(voucherify_sandbox.requests) == 4


@pytest.mark.parametrize("off", [0, None, Retries(0)])
def test_retries_are_switched_off_for_a_client_and_for_a_call(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], off: Any
) -> None:
    """And on again for a call; what is left out is the client's."""
    voucherify_sandbox.inject(Fault(status=503), times=None)

    async def run() -> list[int]:
        async with (
            AsyncVoucherify(retries=off, **to_sandbox) as none,
            AsyncVoucherify(retries=SOON, **to_sandbox) as some,
        ):
            calls = [
                none.release_validation_session(CODE, "ssn"),
                some.release_validation_session(CODE, "ssn"),
                some.release_validation_session(CODE, "ssn", retries=off),
                none.release_validation_session(CODE, "ssn", retries=Retries(1, base=0.001)),
            ]
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
        return [outcome.attempts for outcome in outcomes if isinstance(outcome, ServerError)]

    assert asyncio.run(run()) == [1, 4, 1, 2]
    with Voucherify(retries=SOON, **to_sandbox) as blocking, pytest.raises(ServerError) as caught:
        blocking.release_validation_session(CODE, "ssn", retries=off)
    assert caught.value.attempts == 1
    with Voucherify(**to_sandbox) as blocking, pytest.raises(ConfigurationError):
        blocking.release_validation_session(CODE, "ssn", retries="3")  # type: ignore[arg-type]


ACTED = [
    Fault(after_bytes=0, end="reset", acts=True),
    Fault(after_bytes=0, end="close", acts=True),
    Fault(after_bytes=12, end="reset"),
    Fault(after_bytes=0, end="hang", acts=True),
    Fault(status=503, acts=True),
    Fault(raw=b"nonsense\r\n\r\n", acts=True, end="close"),
]


@pytest.mark.parametrize("missing_ok", [False, True])
@pytest.mark.parametrize("fault", ACTED, ids=range(len(ACTED)))
def test_a_release_whose_answer_was_lost_is_a_release(
    release: Release,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    fault: Fault,
    *,
    missing_ok: bool,
) -> None:
    """The server acted, the connection was cut: that the next attempt finds nothing is no failure."""
    for limit in limits_of_attempts(fault):
        voucherify_sandbox.clear_faults()
        key, before = voucherify_sandbox.lock(CODE), voucherify_sandbox.released
        voucherify_sandbox.inject(fault)
        result = release(
            CODE,
            key,
            missing_ok=missing_ok,
            retries=SOON,
            call_timeout=Timeout(120, attempt=limit),
            **to_sandbox,
        )
        if result.attempts == 2:
            break

    assert (result.status, result.confirmed, result.attempts) == ("released", False, 2)
    assert result.released
    assert voucherify_sandbox.released == [*before, (CODE, key)]
    assert voucherify_sandbox.sessions(CODE) == []


def test_a_kept_connection_that_ends_with_the_request_is_no_failure(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """A server may close an idle connection just when it is used again."""
    voucherify_sandbox.add_voucher("many", None)
    keys = [voucherify_sandbox.lock("many") for _ in range(4)]

    async def run() -> list[bool]:
        async with AsyncVoucherify(retries=SOON, **to_sandbox) as awaited:
            await awaited.release_validation_session("many", keys[2])
            voucherify_sandbox.inject(Fault(after_bytes=0, end="close"))
            return [(await awaited.release_validation_session("many", keys[3])).confirmed]

    with Voucherify(retries=SOON, **to_sandbox) as blocking:
        blocking.release_validation_session("many", keys[0])
        voucherify_sandbox.inject(Fault(after_bytes=0, end="close"))
        assert blocking.release_validation_session("many", keys[1]).confirmed
    assert asyncio.run(run()) == [True]
    assert [key for _, key in voucherify_sandbox.released] == keys


@pytest.mark.parametrize("first", [429, 401])
def test_a_session_that_was_gone_before_is_still_told(release: Release, first: int) -> None:
    """After a first attempt that certainly did nothing, nobody but others can have released it."""

    class Rotating:
        turn = 0

        def headers(self) -> dict[str, str]:
            self.turn += 1
            return {"Authorization": f"Bearer {self.turn}"}

    gone = {"code": 404, "resource_type": "session", "message": "none"}

    def transport() -> httpx.MockTransport:
        answers = iter([httpx.Response(first), httpx.Response(404, json=gone)])
        return httpx.MockTransport(lambda _: next(answers))

    with pytest.raises(SessionNotFoundError) as caught:
        release("c", "k", credentials=Rotating(), transport=transport(), retries=SOON)
    assert not caught.value.may_have_acted
    result = release("c", "k", credentials=Rotating(), transport=transport(), retries=SOON, missing_ok=True)
    assert (result.status, result.confirmed, result.attempts) == ("already_gone", True, 2)


def test_a_voucher_that_is_unknown_stays_an_error(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """Also after an attempt whose outcome is not known: no release makes a voucher disappear."""
    voucherify_sandbox.inject(Fault(after_bytes=0, end="reset"))

    with pytest.raises(VoucherNotFoundError) as caught:
        release("no such voucher", "ssn", missing_ok=True, retries=SOON, **to_sandbox)
    assert caught.value.attempts == 2
    assert caught.value.may_have_acted
    assert str(caught.value).endswith("It was tried 2 times.")


@pytest.fixture
def names_that_come_back(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A system whose DNS fails twice; the names that were asked for."""
    asked: list[str] = []
    resolve = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if host in ("localhost", b"localhost"):
            asked.append(str(host))
            if len(asked) <= 2:
                raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return resolve(host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


@pytest.mark.usefixtures("names_that_come_back")
def test_a_name_that_comes_back_is_waited_for(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """Nothing was sent, so even a POST is repeated, and a session that is gone was gone before."""
    to_sandbox["base_url"] = to_sandbox["base_url"].replace("127.0.0.1", "localhost")
    to_sandbox["credentials"] = OAuthClientCredentials(
        voucherify_sandbox.app_id, voucherify_sandbox.app_token
    )

    assert release(CODE, "ssn", missing_ok=True, retries=SOON, **to_sandbox).already_gone
    assert [request.method for request in voucherify_sandbox.requests] == ["POST", "DELETE"]


@pytest.mark.usefixtures("names_that_come_back")
def test_a_name_that_stays_away_is_told(release: Release, to_sandbox: dict[str, Any]) -> None:
    """After all the attempts, as what it is."""
    to_sandbox["base_url"] = to_sandbox["base_url"].replace("127.0.0.1", "localhost")

    with pytest.raises(HostNotFoundError) as caught:
        # Over the transport whose resolver is Python's.
        release(CODE, "ssn", retries=Retries(1, base=0.001), transport=None, **to_sandbox)
    assert caught.value.attempts == 2
    assert not caught.value.may_have_acted
    assert caught.value.retry_after is None


@pytest.mark.parametrize(
    ("fault", "sent"),
    [(Fault(status=429), 3), (Fault(status=503), 1), (Fault(after_bytes=0, end="reset"), 1)],
)
def test_a_token_is_asked_for_again_only_where_none_was_made(
    release: Release, voucherify_sandbox: Sandbox, fault: Fault, sent: int
) -> None:
    """A POST that may have acted is not repeated; what it failed with is told, and nothing was released."""
    voucherify_sandbox.inject(fault, times=None)
    credentials = OAuthClientCredentials(voucherify_sandbox.app_id, voucherify_sandbox.app_token)

    with pytest.raises(RequestError) as caught:
        release(
            CODE,
            "ssn",
            credentials=credentials,
            base_url=voucherify_sandbox.base_url,
            retries=Retries(2, base=0.001),
        )
    assert caught.value.method == "POST"
    assert caught.value.attempts == sent == len(voucherify_sandbox.requests)
    assert not caught.value.may_have_acted


def test_every_attempt_is_signed_anew(release: Release) -> None:
    """No other attempt's signature is sent along; one renewal after a 401 comes on top of the retries."""
    statuses = iter([503, 401, 503, 503, 204])
    seen: list[list[str]] = []

    class Rotating:
        turn = 0

        def headers(self) -> dict[str, str]:
            self.turn += 1
            return {f"X-Turn-{self.turn}": "x"}

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append([name for name in request.headers if name.startswith("x-turn")])
        return httpx.Response(next(statuses))

    result = release("c", "k", credentials=Rotating(), transport=httpx.MockTransport(answer), retries=SOON)

    assert result.attempts == 5
    assert seen == [[f"x-turn-{number}"] for number in range(1, 6)]


def test_a_second_401_is_final(release: Release) -> None:
    """The renewal is one for the whole call, however often the request is sent."""
    statuses = iter([401, 503, 401])

    class Rotating:
        turn = 0

        def headers(self) -> dict[str, str]:
            self.turn += 1
            return {"Authorization": f"Bearer {self.turn}"}

    transport = httpx.MockTransport(lambda _: httpx.Response(next(statuses)))
    with pytest.raises(AuthenticationError) as caught:
        release("c", "k", credentials=Rotating(), transport=transport, retries=SOON)
    assert caught.value.attempts == 3


AHEAD = "Wed, 01 Jan 2042 10:00:00 GMT"
WAITS = [
    (("Retry-After", "0.05"),),
    (("Date", AHEAD), ("Retry-After", AHEAD)),
    (("Date", AHEAD), ("X-Rate-Limit-Retry", "2272183200")),
]


@pytest.mark.parametrize("headers", WAITS, ids=range(3))
@pytest.mark.parametrize("status", [429, 503])
def test_the_servers_wait_is_obeyed(
    release: Release,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    headers: tuple[tuple[str, str], ...],
    status: int,
) -> None:
    """In seconds, as a date, or as the vendor's header, by the server's clock, however wrong ours is."""
    waits: list[float] = []
    voucherify_sandbox.inject(Fault(status=status, headers=headers))

    def watch(event: Event) -> None:
        if isinstance(event, Waiting):
            waits.append(event.seconds)

    release(CODE, "ssn", missing_ok=True, retries=Retries(base=0.0), on_event=watch, **to_sandbox)
    assert waits == [float(headers[0][1]) if len(headers) == 1 else 0.0]


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimitError), (503, ServerError)], ids=["429", "503"])
@pytest.mark.parametrize(
    "headers",
    [
        (("Retry-After", "61"),),
        (("Date", AHEAD), ("Retry-After", "Wed, 01 Jan 2042 10:01:01 GMT")),
        (("Date", AHEAD), ("X-Rate-Limit-Retry", "2272183261")),
    ],
    ids=range(3),
)
def test_a_wait_beyond_the_cap_is_the_callers_to_decide(
    release: Release,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    status: int,
    kind: type[RequestError],
    headers: tuple[tuple[str, str], ...],
) -> None:
    """Raised at once, with how long it would be."""
    voucherify_sandbox.inject(Fault(status=status, headers=headers), times=None)

    with pytest.raises(kind) as caught:
        release(CODE, "ssn", retries=3, call_timeout=300, **to_sandbox)
    assert caught.value.retry_after == 61.0
    assert len(voucherify_sandbox.requests) == 1


def test_no_wait_goes_past_the_deadline(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """What the server said last is raised at once when its wait does not fit into what is left."""
    voucherify_sandbox.inject(Fault(status=503, headers=(("Retry-After", "20"),)), times=None)

    with pytest.raises(ServerError, match="no time was left for another"):
        release(CODE, "ssn", retries=3, call_timeout=15, **to_sandbox)
    assert len(voucherify_sandbox.requests) == 1


def test_one_deadline_holds_over_all_attempts(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """A server that stalls every time is left in time (or this test takes a minute)."""
    voucherify_sandbox.inject(Fault(after_bytes=0, end="hang"), times=None)
    with pytest.raises(APITimeoutError):
        release(
            CODE, "ssn", retries=Retries(99, base=0.001), call_timeout=Timeout(0.5, attempt=0.2), **to_sandbox
        )


@pytest.mark.voucherify_sandbox(rate_limit=SandboxLimit(limit=2, per="hour"))
def test_the_client_knows_the_last_state_of_the_limits(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """From results, refusals and generated operations; an answer that says nothing changes nothing."""

    async def run() -> RateLimit:
        async with AsyncVoucherify(**to_sandbox) as awaited:
            with pytest.raises(RateLimitError):
                await awaited.release_validation_session(CODE, "ssn")
            return awaited.rate_limit

    with Voucherify(**to_sandbox) as blocking:
        assert blocking.rate_limit == RateLimit()
        result = blocking.release_validation_session(CODE, "ssn", missing_ok=True)
        assert blocking.rate_limit == result.rate_limit
        assert blocking.rate_limit.remaining == 1
        with pytest.raises(SessionNotFoundError):
            release_validation_session.sync_detailed(CODE, "ssn", client=blocking.client)
        assert blocking.rate_limit.remaining == 0
        with pytest.raises(RateLimitError) as caught:
            blocking.release_validation_session(CODE, "ssn")
        assert blocking.rate_limit == caught.value.rate_limit
        assert blocking.rate_limit.retry_after
        voucherify_sandbox.inject(Fault(status=502, body=b"<html>"))
        with pytest.raises(ServerError):
            blocking.release_validation_session(CODE, "ssn", retries=0)
        assert blocking.rate_limit == caught.value.rate_limit
    assert asyncio.run(run()).remaining == 0


@pytest.mark.voucherify_sandbox(rate_limit=SandboxLimit(limit=1000, per="hour"))
def test_threads_share_the_state_of_the_limits(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """Whoever asks sees a whole state that one of the answers told."""
    voucherify_sandbox.add_voucher("many", None)
    seen: list[RateLimit] = []
    with Voucherify(**to_sandbox) as blocking, ThreadPoolExecutor(8) as pool:

        def one(_: int) -> RateLimit:
            limit = blocking.release_validation_session("many", "ssn", missing_ok=True).rate_limit
            seen.append(blocking.rate_limit)
            return limit

        told = set(pool.map(one, range(100)))
    assert {limit.remaining for limit in told} == set(range(900, 1000))
    assert set(seen) <= told


def test_generated_operations_are_sent_again(voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]) -> None:
    """The policy lies below the generated code."""
    voucherify_sandbox.add_voucher("many", None)
    keys = [voucherify_sandbox.lock("many") for _ in range(2)]
    voucherify_sandbox.inject(Fault(status=503), times=2)

    async def run() -> int:
        async with AsyncVoucherify(retries=SOON, **to_sandbox) as awaited:
            answer = await release_validation_session.asyncio_detailed("many", keys[1], client=awaited.client)
            return answer.status_code

    with Voucherify(retries=SOON, **to_sandbox) as blocking:
        answer = release_validation_session.sync_detailed("many", keys[0], client=blocking.client)
    assert answer.status_code == 204
    voucherify_sandbox.inject(Fault(after_bytes=0, end="reset"), times=2)
    assert asyncio.run(run()) == 204


def test_a_policy_of_ones_own_decides(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """An object with a wait() method needs no base class, and sees what each attempt ended with."""

    class WhileLocked:
        def wait(self, failed: Sequence[RequestError], *, left: float) -> float | None:
            assert 0 < left < 30
            return 0.001 if all(isinstance(error, LockedError) for error in failed) else None

    key = voucherify_sandbox.lock(CODE)
    voucherify_sandbox.inject(Fault(status=423), times=5)
    assert release(CODE, key, retries=WhileLocked(), **to_sandbox).attempts == 6
    voucherify_sandbox.inject(Fault(status=503))
    with pytest.raises(ServerError):
        release(CODE, key, retries=WhileLocked(), **to_sandbox)


def tls_server(folder: Path, broken: int) -> tuple[Server, list[bool]]:
    """A TLS server that breaks its first handshakes off; each connection is noted."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    taken: list[bool] = []

    def serve(connection: socket.socket) -> None:
        taken.append(True)
        if len(taken) <= broken:
            connection.recv(1)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            return
        with context.wrap_socket(connection, server_side=True) as secured:
            answering(secured)

    return Server(serve), taken


def test_a_handshake_that_breaks_off_is_made_again(
    release: Release, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it, nothing of the request was sent."""
    server, taken = tls_server(tmp_path, broken=2)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))

    url = f"https://localhost:{server.port}"
    result = release("c", "k", credentials=KEY, base_url=url, retries=SOON)
    server.close()
    assert (result.attempts, len(taken)) == (3, 3)


def test_a_certificate_that_is_not_accepted_stays_so(release: Release, tmp_path: Path) -> None:
    """No time is lost with trying again."""
    server, taken = tls_server(tmp_path, broken=0)

    with pytest.raises(TLSError) as caught:
        release("c", "k", credentials=KEY, base_url=f"https://localhost:{server.port}", retries=SOON)
    server.close()
    assert (caught.value.attempts, len(taken)) == (1, 1)
    assert not caught.value.transient
    assert not caught.value.may_have_acted


def test_a_broken_transport_is_not_asked_again(release: Release) -> None:
    """A mistake in a transport of one's own does not pass by itself."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise LookupError

    with pytest.raises(APIConnectionError) as caught:
        release("c", "k", credentials=KEY, transport=httpx.MockTransport(fail), retries=SOON)
    assert caught.value.attempts == 1
    assert caught.value.may_have_acted


LONG_WAIT = Fault(status=503, headers=(("Retry-After", "50"),))


def test_closing_ends_the_waits(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], wait_until: Any
) -> None:
    """Threads that wait for their next attempt learn at once that the client was closed."""
    voucherify_sandbox.inject(LONG_WAIT, times=None)
    waiting: list[Event] = []

    def watch(event: Event) -> None:
        waiting.extend([event] if isinstance(event, Waiting) else [])

    blocking = Voucherify(**to_sandbox, timeout=60, on_event=watch)
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(blocking.release_validation_session, CODE, "ssn") for _ in range(4)]
        wait_until(lambda: len(waiting) == 4)
        began = time.monotonic()
        blocking.close()
        assert {type(call.exception(40)) for call in calls} == {ClientClosedError}
    assert time.monotonic() - began < 40


def test_closing_ends_the_waits_of_tasks(voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]) -> None:
    """The same for tasks; and a task that is cancelled while it waits ends as cancelled."""
    voucherify_sandbox.inject(LONG_WAIT, times=None)

    async def run() -> list[Any]:
        waiting = asyncio.Semaphore(0)

        def watch(event: Event) -> None:
            if isinstance(event, Waiting):
                waiting.release()

        awaited = AsyncVoucherify(**to_sandbox, timeout=60, on_event=watch)
        calls = [asyncio.ensure_future(awaited.release_validation_session(CODE, "ssn")) for _ in range(3)]
        for _ in calls:
            await waiting.acquire()
        calls[0].cancel()
        with pytest.raises(asyncio.CancelledError):
            await calls[0]
        assert not calls[1].done()
        await awaited.aclose()
        return await asyncio.wait_for(asyncio.gather(*calls[1:], return_exceptions=True), 40)

    assert [type(outcome) for outcome in asyncio.run(run())] == [ClientClosedError] * 2


INTERRUPTED = """
import signal, sys
from voucherify_wrapper import ClientClosedError, Voucherify, Waiting

def watch(event):
    if isinstance(event, Waiting):
        print("waiting", flush=True)

voucherify = Voucherify(timeout=60, on_event=watch)
signal.signal(signal.SIGTERM, lambda *_: voucherify.close())
try:
    voucherify.release_validation_session("2CpRCE2c", "ssn")
except KeyboardInterrupt:
    print("interrupted")
except ClientClosedError:
    print("closed")
print(voucherify.release_validation_session.__name__ if sys.exception() is None else "left over")
"""


@pytest.mark.parametrize(
    ("number", "told"), [(signal.SIGINT, "interrupted"), (signal.SIGTERM, "closed")], ids=["Ctrl-C", "TERM"]
)
def test_signals_end_a_wait(voucherify_sandbox: Sandbox, number: int, told: str) -> None:
    """Ctrl-C passes through as what it is, and a handler may close the client, even in the waiting thread."""
    voucherify_sandbox.inject(LONG_WAIT, times=None)
    environment = {**os.environ, **voucherify_sandbox.environment(), "NO_PROXY": "*"}
    with subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        out = errors = "it goes on"
        for _ in range(8):  # one that comes just before the wait begins is heeded by Python when it is over
            process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                out, errors = process.communicate(timeout=5)
                break
    assert (process.returncode, errors) == (0, "")
    assert out == f"{told}\nrelease_validation_session\n"


OUTLASTED = """
import signal, time
from voucherify_wrapper import Retries, Voucherify, Waiting

def outlast(*_):
    time.sleep(1)

def watch(event):
    if isinstance(event, Waiting):
        signal.setitimer(signal.ITIMER_REAL, 0.1)

signal.signal(signal.SIGALRM, outlast)
with Voucherify(on_event=watch, retries=Retries(1, base=0.5, random=lambda: 1.0)) as voucherify:
    print(voucherify.release_validation_session("2CpRCE2c", "ssn", missing_ok=True).attempts)
"""


def test_a_wait_that_is_outlasted_ends_all_the_same(voucherify_sandbox: Sandbox) -> None:
    """A handler of a signal takes longer than what was left of it, or the thread was held up for so long."""
    voucherify_sandbox.inject(Fault(status=503))
    environment = {**os.environ, **voucherify_sandbox.environment(), "NO_PROXY": "*"}
    done = subprocess.run(
        [sys.executable, "-c", OUTLASTED],
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("2\n", "")


def test_a_server_that_is_restarted_is_waited_for(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """Nobody listens at first; it comes back while the call waits for its second attempt."""
    key = voucherify_sandbox.lock(CODE)
    voucherify_sandbox.stop()

    def restart(event: Event) -> None:
        if isinstance(event, Waiting) and event.attempt == 1:
            voucherify_sandbox.start()

    result = release(CODE, key, retries=SOON, on_event=restart, **to_sandbox)

    assert (result.status, result.confirmed, result.attempts) == ("released", True, 2)


def test_a_proxy_that_is_not_there_yet_is_waited_for(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It failed before anything was sent through it."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    with pytest.raises(APIConnectionError) as caught:
        release("c", "k", credentials=KEY, base_url="http://127.0.0.9:1", retries=SOON)
    assert caught.value.attempts == 4
    assert not caught.value.may_have_acted


def test_lost_connections_say_so_after_all_attempts(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """The last failure is raised, with the count, and that something may have been done."""
    voucherify_sandbox.inject(Fault(after_bytes=0, end="reset"), times=None)

    with pytest.raises(ConnectionLostError, match="It was tried 4 times") as caught:
        release(CODE, "ssn", retries=SOON, **to_sandbox)
    assert caught.value.transient
    assert caught.value.may_have_acted


def test_waiting_for_a_connection_is_no_part_of_an_attempt(wait_until: Any) -> None:
    """A call that queues for the connections behind a slow server does not use up its attempts."""
    free, server = held()
    ended: list[Event] = []

    def watch(event: Event) -> None:
        ended.extend([event] if isinstance(event, AttemptEnded) else [])

    settings: dict[str, Any] = {
        "base_url": f"http://127.0.0.1:{server.port}",
        "timeout": Timeout(total=60, attempt=50),
        "retries": Retries(100, base=0.01, cap=1.0),  # once the server answers, it may be a lot at once
        "on_event": watch,
    }
    hasty = Timeout(total=60, attempt=0.25)

    async def run() -> None:
        async with AsyncVoucherify(KEY, **settings) as awaited:
            calls = [
                asyncio.ensure_future(awaited.release_validation_session("c", "k"))
                for _ in range(MAX_CONNECTIONS)
            ]
            while len(server.accepted) < 2 * MAX_CONNECTIONS:
                await asyncio.sleep(0.01)
            calls.append(asyncio.ensure_future(awaited.release_validation_session("c", "k", timeout=hasty)))
            await asyncio.sleep(0.4)
            assert ended == []
            free.set()
            assert all(result.released for result in await asyncio.gather(*calls))

    with Voucherify(KEY, **settings) as blocking, ThreadPoolExecutor(MAX_CONNECTIONS + 1) as pool:
        calls = [pool.submit(blocking.release_validation_session, "c", "k") for _ in range(MAX_CONNECTIONS)]
        wait_until(lambda: len(server.accepted) == MAX_CONNECTIONS)
        calls.append(pool.submit(blocking.release_validation_session, "c", "k", timeout=hasty))
        asyncio.run(run())
        assert all(call.result().released for call in calls)
    server.close()
