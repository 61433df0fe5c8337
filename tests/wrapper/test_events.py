"""The hook: every attempt, wait and end is told, with OpenTelemetry's names, and without secrets."""

from __future__ import annotations

import asyncio
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest
from voucherify_client.api.vouchers import release_validation_session

from voucherify_wrapper import (
    ApiKey,
    AsyncVoucherify,
    AttemptEnded,
    AttemptStarted,
    CallEnded,
    ConfigurationError,
    ConnectionLostError,
    Event,
    OAuthClientCredentials,
    Retries,
    ServerError,
    Voucherify,
    VoucherifyError,
    Waiting,
)
from voucherify_wrapper.sandbox import Fault
from voucherify_wrapper.sandbox import RateLimit as SandboxLimit

if TYPE_CHECKING:
    from tests.wrapper.conftest import Release
    from voucherify_wrapper.sandbox import Sandbox

SOON = Retries(3, base=0.001)
CODE = "2CpRCE2c"
TEMPLATE = "/v1/vouchers/{code}/sessions/{sessionKey}"


@pytest.fixture
def events() -> list[Event]:
    """What the hook was told."""
    return []


@pytest.fixture
def watched(to_sandbox: dict[str, Any], events: list[Event]) -> dict[str, Any]:
    """Settings of a client of the sandbox, whose events are collected."""
    return {**to_sandbox, "on_event": events.append}


@pytest.mark.voucherify_sandbox(rate_limit=SandboxLimit(limit=5, per="hour"))
def test_a_call_is_told_from_its_first_attempt_to_its_end(
    release: Release, voucherify_sandbox: Sandbox, watched: dict[str, Any], events: list[Event]
) -> None:
    """A failure, a wait and a success, in their order, with the attributes of OpenTelemetry's spans."""
    key = voucherify_sandbox.lock(CODE)
    voucherify_sandbox.inject(Fault(status=503))
    release(CODE, key, retries=SOON, **watched)

    assert [type(event) for event in events] == [
        *(AttemptStarted, AttemptEnded, Waiting, AttemptStarted, AttemptEnded, CallEnded)
    ]
    assert [event.attempt for event in events] == [1, 1, 1, 2, 2, 2]
    assert len({event.call for event in events}) == 1
    port = int(voucherify_sandbox.base_url.rpartition(":")[2])
    common = {
        "http.request.method": "DELETE",
        "server.address": "127.0.0.1",
        "server.port": port,
        "url.scheme": "http",
        "url.template": TEMPLATE,
    }
    again = {**common, "http.request.resend_count": 1}
    assert isinstance(events[2], Waiting)
    assert 0 <= events[2].seconds < 0.001
    assert isinstance(events[2].error, ServerError)
    limits = {
        "voucherify.rate_limit.limit": 5,
        "voucherify.rate_limit.remaining": 4,
        "voucherify.rate_limit.type": "api_calls",
    }
    success = {**again, "http.response.status_code": 204, **limits}
    told = [event.attributes for event in events]
    for last in told[-2:]:
        last.pop("voucherify.rate_limit.retry_after")
    assert told == [
        common,
        {**common, "http.response.status_code": 503, "error.type": "503"},
        {**common, "error.type": "503", "voucherify.wait": events[2].seconds},
        again,
        success,
        success,
    ]


def test_an_end_tells_how_long_it_took(release: Release) -> None:
    """In seconds; of an attempt, and of the call with everything in it."""
    events: list[Any] = []

    def slow(_: httpx.Request) -> httpx.Response:
        time.sleep(0.01)
        return httpx.Response(503)

    with pytest.raises(ServerError) as caught:
        release(
            "c",
            "k",
            credentials=ApiKey("id", "token"),
            transport=httpx.MockTransport(slow),
            retries=SOON,
            on_event=events.append,
        )
    attempts = [event for event in events if isinstance(event, AttemptEnded)]
    assert len(attempts) == 4
    assert all(event.duration >= 0.01 for event in attempts)
    assert events[-1].duration >= sum(event.duration for event in attempts)
    assert events[-1].error is caught.value
    assert (events[-1].status, events[-1].rate_limit) == (503, caught.value.rate_limit)
    assert events[-1].attributes["server.port"] == 443


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault(after_bytes=0, end="reset"), "voucherify_wrapper.ConnectionLostError"),
        (Fault(after_bytes=0, end="hang"), "voucherify_wrapper.APITimeoutError"),
        (Fault(status=302), "voucherify_wrapper.InvalidResponseError"),
        (Fault(status=404), "404"),
    ],
)
def test_every_end_has_its_type_of_error(
    release: Release,
    voucherify_sandbox: Sandbox,
    watched: dict[str, Any],
    events: list[Event],
    fault: Fault,
    kind: str,
) -> None:
    """The status where a server refused, else the exception's class."""
    voucherify_sandbox.inject(fault)
    with pytest.raises(VoucherifyError):
        release(CODE, "ssn", call_timeout=0.5 if fault.end == "hang" else 60, **watched)

    assert events[-1].attributes["error.type"] == kind
    assert isinstance(events[-1], CallEnded)


def test_nothing_is_told_that_should_not_be_known(
    release: Release, voucherify_sandbox: Sandbox, watched: dict[str, Any], events: list[Event]
) -> None:
    """Neither repr nor attributes show the code, the key or a credential; the URL is there for who asks."""
    voucherify_sandbox.inject(Fault(status=503, body=b"about the-code and ssn-secret"))
    voucherify_sandbox.add_voucher("the-code")
    voucherify_sandbox.lock("the-code", "ssn-secret")
    release("the-code", "ssn-secret", retries=SOON, **watched)

    for event in events:
        told = f"{event!r}{event.attributes}"
        for secret in ("the-code", "ssn-secret", voucherify_sandbox.app_token):
            assert secret not in told
        assert event.url.endswith("/v1/vouchers/the-code/sessions/ssn-secret")
        with pytest.raises(attrs.exceptions.FrozenInstanceError):
            event.method = "GET"  # type: ignore[misc]


def test_a_token_is_told_as_well(
    release: Release, voucherify_sandbox: Sandbox, watched: dict[str, Any], events: list[Event]
) -> None:
    """Its attempts belong to the call that needs it, and end before that call's own begin."""
    watched["credentials"] = OAuthClientCredentials(voucherify_sandbox.app_id, voucherify_sandbox.app_token)
    voucherify_sandbox.inject(Fault(status=429))
    release(CODE, "ssn", missing_ok=True, retries=SOON, **watched)

    token = ("POST", "/v1/oauth/token")
    assert [(event.method, event.template) for event in events] == [*[token] * 5, *[("DELETE", TEMPLATE)] * 3]
    assert [event.attempt for event in events] == [1, 1, 1, 2, 2, 1, 1, 1]
    assert len({event.call for event in events}) == 1


def test_generated_operations_are_told(
    voucherify_sandbox: Sandbox, watched: dict[str, Any], events: list[Event]
) -> None:
    """Without a template, which only the document knows, and without the path, which holds arguments."""
    key = voucherify_sandbox.lock(CODE)
    with Voucherify(**watched) as voucherify:
        release_validation_session.sync_detailed(CODE, key, client=voucherify.client)

    assert [type(event) for event in events] == [AttemptStarted, AttemptEnded, CallEnded]
    assert "url.template" not in events[0].attributes
    assert key not in f"{events}{[event.attributes for event in events]}"


def test_a_hook_that_fails_harms_nothing(
    release: Release,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The call's own result and its own exception come through; the hook's failures are in the log."""

    def fail(event: Event) -> None:
        raise RuntimeError(f"no collector for {type(event).__name__}")

    key = voucherify_sandbox.lock(CODE)
    assert release(CODE, key, on_event=fail, **to_sandbox).released
    voucherify_sandbox.inject(Fault(after_bytes=0, end="reset"))
    with pytest.raises(ConnectionLostError):
        release(CODE, key, on_event=fail, **to_sandbox)

    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.getMessage().rpartition(" ")[2] for record in warnings] == [
        *("AttemptStarted", "AttemptEnded", "CallEnded") * 2
    ]
    assert all(record.exc_info for record in warnings)


async def to_be_awaited(event: Event) -> None:
    """A hook that nobody would await."""


class ToBeAwaited:
    """An object that is called like one."""

    async def __call__(self, event: Event) -> None:
        pass


@pytest.mark.parametrize("hook", ["print", to_be_awaited, ToBeAwaited(), 7])
def test_what_is_no_hook_is_refused(hook: Any) -> None:
    """A coroutine function would be called, and never run."""
    for make in (Voucherify, AsyncVoucherify):
        with pytest.raises(ConfigurationError, match="on_event"):
            make(ApiKey("id", "token"), on_event=hook)


def test_a_cancelled_call_ends_as_well(
    voucherify_sandbox: Sandbox, watched: dict[str, Any], events: list[Event]
) -> None:
    """Whoever opened a span for it can close it."""
    voucherify_sandbox.inject(Fault(after_bytes=0, end="hang"))

    async def run() -> None:
        async with AsyncVoucherify(**watched) as awaited:
            task = asyncio.ensure_future(awaited.release_validation_session(CODE, "ssn"))
            while not voucherify_sandbox.requests:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(run())
    assert [type(event) for event in events] == [AttemptStarted, CallEnded]
    assert events[-1].attributes["error.type"] == "asyncio.exceptions.CancelledError"


def test_an_interrupt_is_told_by_its_name(events: list[Event]) -> None:
    """An exception of Python's own needs no module in front."""

    def interrupt(_: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    with (
        Voucherify(
            ApiKey("id", "token"), transport=httpx.MockTransport(interrupt), on_event=events.append
        ) as voucherify,
        pytest.raises(KeyboardInterrupt),
    ):
        voucherify.release_validation_session("c", "k")
    assert events[-1].attributes["error.type"] == "KeyboardInterrupt"


def test_calls_are_told_apart(watched: dict[str, Any], events: list[Event]) -> None:
    """Sixteen at once, from threads: each has a number of its own, and its events in their order."""
    with Voucherify(**watched) as voucherify, ThreadPoolExecutor(16) as pool:
        list(
            pool.map(lambda _: voucherify.release_validation_session(CODE, "ssn", missing_ok=True), range(16))
        )
    by_call: dict[int, list[type[Event]]] = {}
    for event in events:
        by_call.setdefault(event.call, []).append(type(event))
    assert list(by_call.values()) == [[AttemptStarted, AttemptEnded, CallEnded]] * 16


def test_a_repetition_is_one_line_at_info(
    release: Release,
    voucherify_sandbox: Sandbox,
    to_sandbox: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """What went wrong, and when the next attempt follows, for those who read logs."""
    caplog.set_level(logging.INFO, "voucherify_wrapper")
    voucherify_sandbox.inject(Fault(status=503))
    release(CODE, voucherify_sandbox.lock(CODE), retries=SOON, **to_sandbox)

    [line] = [record.getMessage() for record in caplog.records if record.name == "voucherify_wrapper"]
    assert line.endswith(": attempt 1 ended with ServerError, the next follows in 0.00 s")
