"""OAuth client credentials: fetched once, shared, renewed in time and once after a 401."""

from __future__ import annotations

import asyncio
import gc
import json
import pickle
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wrapper.conftest import HURRIES
from voucherify_wrapper import (
    APITimeoutError,
    AsyncVoucherify,
    AuthenticationError,
    ClientClosedError,
    Event,
    InvalidResponseError,
    NotFoundError,
    OAuthClientCredentials,
    PermissionDeniedError,
    ServerError,
    Voucherify,
    VoucherifyError,
)
from voucherify_wrapper._tokens import Renewal, Token, token_from_answer
from voucherify_wrapper.sandbox import Fault

if TYPE_CHECKING:
    from tests.wrapper.conftest import Release
    from voucherify_wrapper.sandbox import Sandbox

TOKEN_ENDPOINT = "generate-oauth-token"
RELEASE = "release-validation-session"


@pytest.fixture
def credentials(voucherify_sandbox: Sandbox) -> OAuthClientCredentials:
    """Client credentials that this test's sandbox accepts."""
    return OAuthClientCredentials(voucherify_sandbox.app_id, voucherify_sandbox.app_token)


def release_all_in_threads(base_url: str, credentials: OAuthClientCredentials, keys: list[str]) -> list[Any]:
    """Release many sessions at once from threads; each outcome is a result or an exception."""
    together = threading.Barrier(len(keys))
    with Voucherify(credentials, base_url=base_url) as voucherify, ThreadPoolExecutor(len(keys)) as pool:

        def one(key: str) -> Any:
            together.wait()
            try:
                return voucherify.release_validation_session("many", key)
            except VoucherifyError as error:
                return error

        return list(pool.map(one, keys))


def release_all_in_tasks(base_url: str, credentials: OAuthClientCredentials, keys: list[str]) -> list[Any]:
    """The same from the tasks of one loop."""

    async def run() -> list[Any]:
        async with AsyncVoucherify(credentials, base_url=base_url) as voucherify:
            calls = (voucherify.release_validation_session("many", key) for key in keys)
            return await asyncio.gather(*calls, return_exceptions=True)

    return asyncio.run(run())


@pytest.fixture(params=[release_all_in_threads, release_all_in_tasks], ids=["threads", "tasks"])
def release_all(request: pytest.FixtureRequest) -> Any:
    """Releases many sessions at once; every test that takes it runs for threads and for tasks."""
    return request.param


def locked(sandbox: Sandbox, count: int) -> list[str]:
    """The keys of so many open sessions of the voucher "many"."""
    sandbox.add_voucher("many", None)
    return [sandbox.lock("many") for _ in range(count)]


def test_a_token_is_fetched_and_reused(
    release: Release, voucherify_sandbox: Sandbox, credentials: OAuthClientCredentials
) -> None:
    """Clients that share the credentials share the token; it is asked for with a form and the API key."""
    for key in locked(voucherify_sandbox, 3):
        result = release("many", key, credentials=credentials, base_url=voucherify_sandbox.base_url)
        assert (result.released, result.attempts) == (True, 1)

    assert voucherify_sandbox.tokens_issued == 1
    request = voucherify_sandbox.requests[0]
    assert (request.method, request.path) == ("POST", "/v1/oauth/token")
    assert request.body == b"grant_type=client_credentials&scope=vouchers"


def test_a_watched_call_that_waits_for_anothers_token_is_told_once_it_sends(
    voucherify_sandbox: Sandbox, credentials: OAuthClientCredentials, wait_until: Any
) -> None:
    """Its first event is its own attempt: what another call sends is that call's."""
    keys = locked(voucherify_sandbox, 2)
    voucherify_sandbox.inject(Fault(delay=0.2, operation=TOKEN_ENDPOINT))
    events: list[Event] = []
    with (
        Voucherify(credentials, base_url=voucherify_sandbox.base_url) as fetching,
        Voucherify(credentials, base_url=voucherify_sandbox.base_url, on_event=events.append) as watched,
        ThreadPoolExecutor(1) as pool,
    ):
        first = pool.submit(fetching.release_validation_session, "many", keys[0])
        wait_until(lambda: voucherify_sandbox.requests)
        watched.release_validation_session("many", keys[1])
        assert first.result().released
    assert [event.method for event in events] == ["DELETE"] * 3


def test_concurrent_calls_share_one_fetch(
    release_all: Any, voucherify_sandbox: Sandbox, credentials: OAuthClientCredentials
) -> None:
    """Thirty calls that start at once, while the token endpoint is slow, fetch one token."""
    voucherify_sandbox.inject(Fault(delay=0.2, operation=TOKEN_ENDPOINT))
    results = release_all(voucherify_sandbox.base_url, credentials, locked(voucherify_sandbox, 30))

    assert [result.status for result in results] == ["released"] * 30
    assert voucherify_sandbox.tokens_issued == 1


def test_a_revoked_token_is_renewed_once_for_all(
    release_all: Any, voucherify_sandbox: Sandbox, credentials: OAuthClientCredentials
) -> None:
    """After a 401 every call is repeated with one new token, whoever fetches it."""
    release_all(voucherify_sandbox.base_url, credentials, locked(voucherify_sandbox, 1))
    voucherify_sandbox.revoke_tokens()
    results = release_all(voucherify_sandbox.base_url, credentials, locked(voucherify_sandbox, 20))

    assert [result.status for result in results] == ["released"] * 20
    assert {result.attempts for result in results} <= {1, 2}
    assert voucherify_sandbox.tokens_issued == 2


def test_a_401_that_stays_is_raised_after_one_renewal(
    release: Release, voucherify_sandbox: Sandbox, credentials: OAuthClientCredentials
) -> None:
    """No loop: two attempts, and the error says so."""
    voucherify_sandbox.inject(Fault(status=401, operation=RELEASE), times=None)

    with pytest.raises(AuthenticationError) as caught:
        release("2CpRCE2c", "ssn", credentials=credentials, base_url=voucherify_sandbox.base_url)
    assert caught.value.attempts == 2
    assert voucherify_sandbox.tokens_issued == 2


def test_a_token_near_its_end_is_not_sent_any_more(
    voucherify_sandbox: Sandbox, credentials: OAuthClientCredentials
) -> None:
    """Nine tenths of its life are used, and of the last tenth nothing: what was in hand is renewed before."""
    with Voucherify(credentials, base_url=voucherify_sandbox.base_url) as voucherify:
        keys = locked(voucherify_sandbox, 2)
        voucherify.release_validation_session("many", keys[0])
        slot = credentials.token_slot(voucherify_sandbox.base_url)
        token = slot.take(now=0.0, refused=None)
        assert isinstance(token, Token)
        assert slot.take(now=token.renew_at - 0.001, refused=None) is token
        renewal = slot.take(now=token.renew_at, refused=None)
        assert isinstance(renewal, Renewal)
        renewal.settle(Token("of-the-test", token.renew_at + 900))
        # That one is the test's own, so the sandbox refuses it, and it is renewed once.
        assert voucherify.release_validation_session("many", keys[1]).attempts == 2
    sent = [request.header("authorization") for request in voucherify_sandbox.requests]
    assert "Bearer of-the-test" in sent


def test_a_renewal_that_is_dropped_is_given_up(credentials: OAuthClientCredentials) -> None:
    """An interrupted thread that never comes to settling it blocks nobody."""
    slot = credentials.token_slot("https://api.voucherify.io")
    renewal = slot.take(now=0.0, refused=None)
    waiting = slot.take(now=0.0, refused=None)
    assert isinstance(waiting, Future)
    del renewal

    assert waiting.result(0) is None
    assert isinstance(slot.take(now=0.0, refused=None), Renewal)


def test_a_renewal_that_was_interrupted_while_it_was_made_is_silent() -> None:
    """An interrupt at its birth leaves nothing to settle (a complaint would fail this test)."""
    half_made = Renewal.__new__(Renewal)
    del half_made
    gc.collect()


def test_the_garbage_collector_may_settle_a_renewal_at_any_moment(release: Release) -> None:
    """Failed fetches leave cycles behind; collecting them at every allocation blocks nobody."""
    transport = httpx.MockTransport(lambda _: httpx.Response(500))
    credentials = OAuthClientCredentials("id", "token")
    thresholds = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(30):
            with pytest.raises(ServerError):
                release("c", "k", credentials=credentials, transport=transport)
    finally:
        gc.set_threshold(*thresholds)


def test_closing_the_client_that_fetches_does_not_end_the_others_calls(
    voucherify_sandbox: Sandbox, credentials: OAuthClientCredentials, wait_until: Any
) -> None:
    """Another client that shares the credentials fetches itself."""
    key = locked(voucherify_sandbox, 1)[0]
    voucherify_sandbox.inject(Fault(after_bytes=0, end="hang", operation=TOKEN_ENDPOINT))
    closing = Voucherify(credentials, base_url=voucherify_sandbox.base_url)
    with (
        Voucherify(credentials, base_url=voucherify_sandbox.base_url) as staying,
        ThreadPoolExecutor(2) as pool,
    ):
        ended = pool.submit(closing.release_validation_session, "many", key)
        wait_until(lambda: voucherify_sandbox.requests)
        going_on = pool.submit(staying.release_validation_session, "many", key)
        closing.close()

        assert isinstance(ended.exception(), ClientClosedError)
        assert going_on.result().released


def test_a_404_of_the_token_endpoint_is_no_missing_session(release: Release) -> None:
    """Whatever it says of resources, with missing_ok or without, it is a failure to sign."""
    missing = httpx.Response(404, json={"resource_type": "session", "code": 404, "message": "none"})
    transport = httpx.MockTransport(
        lambda request: missing if request.method == "POST" else httpx.Response(204)
    )
    with pytest.raises(NotFoundError) as caught:
        release("c", "k", missing_ok=True, credentials=OAuthClientCredentials("id", "t"), transport=transport)
    assert type(caught.value) is NotFoundError


def test_a_failure_to_fetch_reaches_every_caller(
    release_all: Any, voucherify_sandbox: Sandbox, credentials: OAuthClientCredentials
) -> None:
    """When the token endpoint fails, each waiting call raises its own exception, and the next tries anew."""
    keys = locked(voucherify_sandbox, 10)
    voucherify_sandbox.inject(Fault(status=503, delay=0.2, operation=TOKEN_ENDPOINT), times=None)
    errors = release_all(voucherify_sandbox.base_url, credentials, keys)

    assert [type(error) for error in errors] == [ServerError] * 10
    assert len({id(error) for error in errors}) == 10
    assert errors[0].url.endswith("/v1/oauth/token")

    voucherify_sandbox.clear_faults()
    assert release_all(voucherify_sandbox.base_url, credentials, keys[:1])[0].released


def test_wrong_client_credentials_are_an_authentication_error(
    release: Release, voucherify_sandbox: Sandbox
) -> None:
    """The token endpoint's 401 is raised at once."""
    wrong = OAuthClientCredentials(voucherify_sandbox.app_id, "wrong-hunter2")

    with pytest.raises(AuthenticationError) as caught:
        release("2CpRCE2c", "ssn", credentials=wrong, base_url=voucherify_sandbox.base_url)
    assert caught.value.method == "POST"
    assert "hunter2" not in f"{vars(caught.value)}{caught.value}"


def test_a_scope_that_does_not_suffice_is_a_permission_error(
    release: Release, voucherify_sandbox: Sandbox
) -> None:
    """The token is good, the operation is not among its scopes."""
    narrow = OAuthClientCredentials(
        voucherify_sandbox.app_id, voucherify_sandbox.app_token, scopes=("exports",)
    )

    with pytest.raises(PermissionDeniedError, match="scope"):
        release("2CpRCE2c", "ssn", credentials=narrow, base_url=voucherify_sandbox.base_url)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"<html>",
        b"[]",
        b"{}",
        b'{"access_token": 7, "expires_in": 900}',
        b'{"access_token": "", "expires_in": 900}',
        b'{"access_token": "hunter2 hunter2", "expires_in": 900}',
        b'{"access_token": "hunter2"}',
        b'{"\\u0061ccess\\u005Ftoken": "hunter2"}',
        b'{"access_token": "hunter2", "expires_in": "900"}',
        b'{"access_token": "hunter2", "expires_in": true}',
        b'{"access_token": "hunter2", "expires_in": 0}',
        b'{"access_token": "hunter2", "expires_in": -5}',
        b'{"access_token": "hunter2", "expires_in": NaN}',
        b'{"access_token": "hunter2", "expires_in": Infinity}',
        b'{"access_token": "hunter2", "expires_in": 1' + b"0" * 400 + b"}",
        b"[" * 100_000,
    ],
    ids=range(17),
)
def test_an_answer_without_a_usable_token_is_named(release: Release, answer: bytes) -> None:
    """It is told, and its body withheld, since it may hold a token."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=answer))

    with pytest.raises(InvalidResponseError, match="access token") as caught:
        release("c", "k", credentials=OAuthClientCredentials("id", "token"), transport=transport)
    assert "hunter2" not in f"{vars(caught.value)}{caught.value}"


@given(life=st.floats(1e-3, 1e7))
def test_a_token_is_due_before_its_end(life: float) -> None:
    """Renewal is due within the token's life, and at most a minute before its end."""
    body = json.dumps({"access_token": "t", "expires_in": life}).encode()
    token = token_from_answer(body, asked_at=1000.0)

    assert token is not None
    assert 1000.0 < token.renew_at < 1000.0 + life
    assert token.renew_at >= 1000.0 + life - 60.001
    assert "'t'" not in repr(token)


def test_each_host_has_a_token_of_its_own(
    voucherify_sandbox: Sandbox, credentials: OAuthClientCredentials
) -> None:
    """One cluster's token is never sent to another cluster."""
    key = locked(voucherify_sandbox, 1)[0]
    with Voucherify(credentials, base_url=voucherify_sandbox.base_url) as voucherify:
        voucherify.release_validation_session("many", key)
    seen: list[str] = []

    def other_host(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.path)
        return httpx.Response(200, json={"access_token": "other", "expires_in": 900})

    with (
        Voucherify(credentials, transport=httpx.MockTransport(other_host)) as elsewhere,
        pytest.raises(InvalidResponseError),
    ):
        elsewhere.release_validation_session("many", key)
    assert seen[0] == "/v1/oauth/token"


def test_a_pickled_copy_takes_no_token_along(
    voucherify_sandbox: Sandbox, credentials: OAuthClientCredentials
) -> None:
    """What travels to another process is the configuration alone."""
    with Voucherify(credentials, base_url=voucherify_sandbox.base_url) as voucherify:
        voucherify.release_validation_session("many", locked(voucherify_sandbox, 1)[0])
    token = credentials.token_slot(voucherify_sandbox.base_url).take(now=0.0, refused=None)

    assert isinstance(token, Token)
    assert token.value.encode() not in pickle.dumps(credentials)
    assert pickle.loads(pickle.dumps(credentials)) == credentials  # noqa: S301 - made here


def test_who_waits_for_a_renewal_waits_no_longer_than_allowed() -> None:
    """A call with a short limit gives up on another call's slow fetch, and that one still succeeds."""
    fetching, hold = threading.Event(), threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(204)
        fetching.set()
        hold.wait(60)
        return httpx.Response(200, json={"access_token": "t", "expires_in": 900})

    with (
        Voucherify(
            OAuthClientCredentials("id", "token"), transport=httpx.MockTransport(answer), timeout=60
        ) as voucherify,
        ThreadPoolExecutor(1) as pool,
    ):
        patient = pool.submit(voucherify.release_validation_session, "c", "k")
        assert fetching.wait(60)
        with pytest.raises(APITimeoutError):
            voucherify.release_validation_session("c", "other", timeout=0.2)
        assert not patient.done()
        hold.set()
        assert patient.result().released


def test_a_fetch_that_ran_out_of_time_is_taken_over(voucherify_sandbox: Sandbox, wait_until: Any) -> None:
    """When the fetching call's own limit ends, a waiting call with more time fetches itself."""
    assert any(ran_out_of_time_and_was_taken_over(voucherify_sandbox, hurry, wait_until) for hurry in HURRIES)


def ran_out_of_time_and_was_taken_over(sandbox: Sandbox, hurry: float, wait_until: Any) -> bool:
    """Whether a fetch with so little time got to the server, and ended; then the waiting call succeeds."""
    keys, before = locked(sandbox, 2), len(sandbox.requests)
    sandbox.clear_faults()
    sandbox.inject(Fault(after_bytes=0, end="hang", operation=TOKEN_ENDPOINT))
    credentials = OAuthClientCredentials(sandbox.app_id, sandbox.app_token)
    with Voucherify(credentials, base_url=sandbox.base_url) as voucherify, ThreadPoolExecutor(1) as pool:
        hasty = pool.submit(voucherify.release_validation_session, "many", keys[0], timeout=hurry)
        wait_until(lambda: len(sandbox.requests) > before or hasty.done())
        if len(sandbox.requests) == before:
            return False
        assert voucherify.release_validation_session("many", keys[1]).released
        return isinstance(hasty.exception(), APITimeoutError)


def test_a_cancelled_fetch_is_taken_over(
    voucherify_sandbox: Sandbox, credentials: OAuthClientCredentials
) -> None:
    """Cancelling the task that fetches harms none that wait; cancelling one that waits harms nobody."""
    keys = locked(voucherify_sandbox, 3)
    voucherify_sandbox.inject(Fault(after_bytes=0, end="hang", operation=TOKEN_ENDPOINT))

    async def run() -> bool:
        async with AsyncVoucherify(credentials, base_url=voucherify_sandbox.base_url) as voucherify:
            fetching = asyncio.create_task(voucherify.release_validation_session("many", keys[0]))
            while not voucherify_sandbox.requests:
                await asyncio.sleep(0.01)
            waiting, given_up = (
                asyncio.create_task(voucherify.release_validation_session("many", key)) for key in keys[1:]
            )
            await asyncio.sleep(0)
            given_up.cancel()
            fetching.cancel()
            outcomes = await asyncio.gather(fetching, given_up, return_exceptions=True)
            assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes)
            return (await waiting).released

    assert asyncio.run(run())
