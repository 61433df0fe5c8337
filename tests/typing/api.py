"""The public types, as a type checker sees them; checked by mypy with the rest, never run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, assert_type

import httpx

from voucherify_wrapper import (
    APIError,
    ApiKey,
    APITimeoutError,
    AsyncVoucherify,
    Cluster,
    Credentials,
    InvalidResponseError,
    OAuthClientCredentials,
    OAuthToken,
    RateLimit,
    ReleaseResult,
    RequestError,
    Timeout,
    Voucherify,
    VoucherifyError,
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


def blocking() -> None:
    """The synchronous client."""
    with Voucherify() as voucherify:
        assert_type(voucherify, Voucherify)
        result = voucherify.release_validation_session("code", "key", missing_ok=True, timeout=3)
        assert_type(result, ReleaseResult)
        assert_type(result.status, Literal["released", "already_gone"])
        assert_type(result.released, bool)
        assert_type(result.attempts, int)
        assert_type(result.rate_limit, RateLimit)
        assert_type(result.rate_limit.remaining, int | None)
        assert_type(result.request_id, str | None)
    Voucherify(FromVault(), base_url="https://shop.example", timeout=Timeout(total=9, connect=2))
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
        await voucherify.aclose()


def answer(_: httpx.Request) -> httpx.Response:
    """An answer for a transport of one's own."""
    return httpx.Response(204)


def handling(error: VoucherifyError) -> None:
    """What the exceptions carry."""
    if isinstance(error, APIError):
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
