"""The public types, as a type checker sees them; checked by mypy with the rest, never run."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping, Sequence
from pathlib import Path
from typing import Literal, assert_type

import httpx

from voucherify_wrapper import (
    APIError,
    ApiKey,
    APITimeoutError,
    AsyncVoucherify,
    AttemptEnded,
    AttemptStarted,
    CallEnded,
    Cluster,
    Credentials,
    Event,
    InvalidResponseError,
    OAuthClientCredentials,
    OAuthToken,
    Outcome,
    RateLimit,
    ReleaseResult,
    ReleasesStoppedError,
    RequestError,
    Retries,
    RetryPolicy,
    Timeout,
    Voucherify,
    VoucherifyError,
    Waiting,
    __version__,
)

assert_type(__version__, str)


class FromVault:
    """Credentials of one's own need no base class."""

    def headers(self) -> dict[str, str]:
        """A narrower type than the protocol's is fine."""
        return {}


signs: Credentials = FromVault()
signs = ApiKey("id", "token")
signs = OAuthToken("token")
assert_type(signs.headers(), Mapping[str, str])
assert_type(OAuthClientCredentials("id", "token", scopes=("vouchers", "api")).scopes, tuple[str, ...])


class Once:
    """A policy of one's own needs no base class."""

    def wait(self, failed: Sequence[RequestError], *, left: float) -> float | None:
        """Decide by what happened, and by the time that is left."""
        return min(1.0, left) if len(failed) == 1 and failed[-1].transient else None


decides: RetryPolicy = Once()
decides = Retries(5, base=0.2, cap=4, retry_after_cap=10, statuses={503})
assert_type(decides.times, int)


def watch(event: Event) -> None:
    """What a hook is told."""
    assert_type(event.attributes, dict[str, str | int | float])
    if isinstance(event, (AttemptEnded, CallEnded)):
        assert_type(event.duration, float)
        assert_type(event.rate_limit, RateLimit | None)
    elif isinstance(event, Waiting):
        assert_type(event.seconds, float)
        assert_type(event.error, RequestError)
    elif isinstance(event, AttemptStarted):
        assert_type(event.attempt, int)


def blocking() -> None:
    """The synchronous client."""
    with Voucherify() as voucherify:
        assert_type(voucherify, Voucherify)
        result = voucherify.release_validation_session("code", "key", missing_ok=True, timeout=3)
        assert_type(result, ReleaseResult)
        assert_type(result.status, Literal["released", "already_gone"])
        assert_type(result.released, bool)
        assert_type(result.confirmed, bool)
        assert_type(result.attempts, int)
        assert_type(result.rate_limit, RateLimit)
        assert_type(result.rate_limit.remaining, int | None)
        assert_type(result.request_id, str | None)
        assert_type(voucherify.rate_limit, RateLimit)
        voucherify.release_validation_session("code", "key", retries=0)
        voucherify.release_validation_session("code", "key", retries=Once())
        outcomes = voucherify.release_many([("code", "key")], concurrency=8, journal=Path("run.sqlite"))
        assert_type(outcomes, Generator[Outcome, None, None])
        for outcome in voucherify.release_many([{"code": "c", "session_key": "k"}], missing_ok=True):
            assert_type(outcome.status, Literal["released", "already_gone", "failed"])
            assert_type(outcome.error, VoucherifyError | None)
            assert_type((outcome.position, outcome.attempts), tuple[int, int])
            assert_type((outcome.ok, outcome.confirmed), tuple[bool, bool])
            assert_type(outcome.rate_limit, RateLimit)
        voucherify.release_many(read())  # type: ignore[arg-type]  # only the other client awaits its input
    Voucherify(FromVault(), base_url="https://shop.example", timeout=Timeout(total=9, connect=2, attempt=3))
    Voucherify(retries=Retries(2), on_event=watch)
    Voucherify(retries=None, on_event=print)
    Voucherify(retries="3")  # type: ignore[arg-type]  # a string is no policy
    Voucherify(
        OAuthClientCredentials("id", "token"), cluster="us1.api", transport=httpx.MockTransport(answer)
    )
    Voucherify("id:token")  # type: ignore[arg-type]  # a string is no credentials
    voucherify.release_validation_session("code")  # type: ignore[call-arg]  # no key
    voucherify.release_validation_session("code", "key", True)  # type: ignore[call-arg]  # noqa: FBT003 - by name alone


async def awaited() -> None:
    """The asynchronous client."""
    async with AsyncVoucherify(credentials=ApiKey("id", "token"), cluster=Cluster.US) as voucherify:
        assert_type(voucherify, AsyncVoucherify)
        assert_type(await voucherify.release_validation_session("code", "key"), ReleaseResult)
        assert_type(voucherify.release_many([("code", "key")], max_wait=9), AsyncGenerator[Outcome, None])
        async for outcome in voucherify.release_many(read(), journal="run.sqlite"):
            assert_type(outcome, Outcome)
        await voucherify.aclose()


async def read() -> AsyncIterator[tuple[str, str]]:
    """An input that is awaited."""
    yield "code", "key"


def answer(_: httpx.Request) -> httpx.Response:
    """An answer for a transport of one's own."""
    return httpx.Response(204)


def handling(error: VoucherifyError) -> None:
    """What the exceptions carry."""
    if isinstance(error, ReleasesStoppedError):
        assert_type((error.done, error.left), tuple[int, int])
        assert_type(error.cause, VoucherifyError | None)
        assert_type(error.retry_after, float | None)
        assert_type(error.journal, str | None)
    elif isinstance(error, APIError):
        assert_type(error.status, int)
        assert_type(error.key, str | None)
        assert_type(error.configured_message, str | None)
        assert_type(error.headers, dict[str, str])
        assert_type(error.retry_after, float | None)
        assert_type(error.body, str)
    elif isinstance(error, InvalidResponseError):
        assert_type(error.status, int | None)
        assert_type(error.rate_limit, RateLimit)
    elif isinstance(error, (APITimeoutError, RequestError)):
        assert_type(error.attempts, int)
        assert_type(error.url, str)
        assert_type(error.retry_after, float | None)
        assert_type(error.may_have_acted, bool)
        assert_type(error.transient, bool)
