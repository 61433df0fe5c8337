"""Fixtures of the wrapper's tests: each promise is held by both clients."""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from voucherify_wrapper import ApiKey, AsyncVoucherify, ReleaseResult, Voucherify

if TYPE_CHECKING:
    from pathlib import Path

    from voucherify_wrapper.sandbox import Sandbox


class Release(Protocol):
    """Makes a client, releases one session with it, and closes it; one attempt, unless a test wants more."""

    def __call__(
        self,
        code: str,
        session_key: str,
        *,
        missing_ok: bool = False,
        call_timeout: Any = None,
        retries: Any = 0,
        **settings: Any,
    ) -> ReleaseResult: ...


def release_sync(
    code: str,
    session_key: str,
    *,
    missing_ok: bool = False,
    call_timeout: Any = None,
    retries: Any = 0,
    **settings: Any,
) -> ReleaseResult:
    with Voucherify(retries=retries, **settings) as voucherify:
        return voucherify.release_validation_session(
            code, session_key, missing_ok=missing_ok, timeout=call_timeout
        )


def release_async(
    code: str,
    session_key: str,
    *,
    missing_ok: bool = False,
    call_timeout: Any = None,
    retries: Any = 0,
    **settings: Any,
) -> ReleaseResult:
    async def run() -> ReleaseResult:
        async with AsyncVoucherify(retries=retries, **settings) as voucherify:
            return await voucherify.release_validation_session(
                code, session_key, missing_ok=missing_ok, timeout=call_timeout
            )

    return asyncio.run(run())


HURRIES = (0.3, 3.0, 30.0)
"""Limits that a test lets run out, in seconds: the next one where a busy machine got no further by then."""


@pytest.fixture(params=["sync", "async", "fast-sync", "fast-async"])
def release(request: pytest.FixtureRequest) -> Release:
    """One release with a client of its own; every test that takes it runs for both clients and transports."""
    function: Release = release_sync if "async" not in request.param else release_async
    return function if "fast" not in request.param else fast(function)


def fast(function: Release) -> Release:
    """The same over the transport of the extra, where a test brings none of its own."""

    def release(code: str, session_key: str, *, transport: Any = "fast", **settings: Any) -> ReleaseResult:
        return function(code, session_key, transport=transport, **settings)

    return wraps(function)(release)


@pytest.fixture(params=[None, "fast"], ids=["default", "fast"])
def transport(request: pytest.FixtureRequest) -> str | None:
    """What a client's ``transport=`` is; every test that takes it runs for both of ours."""
    name: str | None = request.param
    return name


@pytest.fixture
def to_sandbox(voucherify_sandbox: Sandbox) -> dict[str, Any]:
    """The client settings that lead to this test's sandbox."""
    return {
        "base_url": voucherify_sandbox.base_url,
        "credentials": ApiKey(voucherify_sandbox.app_id, voucherify_sandbox.app_token),
    }


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No profile of the person who runs the tests reaches them."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
