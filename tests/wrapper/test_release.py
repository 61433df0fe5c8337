"""Releasing a validation session against a real server."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import attrs
import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucherify_wrapper import (
    ApiKey,
    AsyncVoucherify,
    AuthenticationError,
    ClientClosedError,
    InvalidArgumentError,
    SessionNotFoundError,
    UsageError,
    Voucherify,
    VoucherNotFoundError,
)
from voucherify_wrapper._requests import build_request

if TYPE_CHECKING:
    from tests.wrapper.conftest import Release
    from voucherify_wrapper.sandbox import Sandbox


def test_an_open_session_is_released(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """The lock is gone from the server, and the result says that this call did it."""
    key = voucherify_sandbox.lock("2CpRCE2c")

    result = release("2CpRCE2c", key, **to_sandbox)

    assert voucherify_sandbox.sessions("2CpRCE2c") == []
    assert voucherify_sandbox.released == [("2CpRCE2c", key)]
    assert (result.code, result.session_key, result.status) == ("2CpRCE2c", key, "released")
    assert result.released
    assert not result.already_gone
    assert result.attempts == 1


def test_a_request_id_in_front_is_on_the_result(release: Release) -> None:
    """Where a server gives the request an id in a header, the result has it; control characters stay out."""
    answer = httpx.Response(204, headers={"X-Request-Id": "abc-1"})
    result = release("c", "k", credentials=ApiKey("id", "t"), transport=httpx.MockTransport(lambda _: answer))

    assert result.request_id == "abc-1"


def test_the_result_is_frozen(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """A result cannot be changed after the fact."""
    result = release("2CpRCE2c", voucherify_sandbox.lock("2CpRCE2c"), **to_sandbox)

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        result.status = "already_gone"  # type: ignore[misc]


def test_a_session_that_is_gone_is_an_error_by_default(release: Release, to_sandbox: dict[str, Any]) -> None:
    """Whoever does not ask for leniency learns that there was nothing to release."""
    with pytest.raises(SessionNotFoundError) as caught:
        release("2CpRCE2c", "ssn_gone", **to_sandbox)

    assert caught.value.resource_type == "session"
    assert caught.value.resource_id == "ssn_gone"


def test_missing_ok_takes_a_session_that_is_gone_as_done(
    release: Release, to_sandbox: dict[str, Any]
) -> None:
    """With missing_ok the result says that it was gone already, and gives the server's request id."""
    result = release("2CpRCE2c", "ssn_gone", missing_ok=True, **to_sandbox)

    assert result.already_gone
    assert not result.released
    assert result.request_id is not None
    assert result.request_id.startswith("v-")


def test_missing_ok_does_not_hide_a_wrong_code(release: Release, to_sandbox: dict[str, Any]) -> None:
    """A voucher that does not exist is a mistake of the caller, never a success."""
    with pytest.raises(VoucherNotFoundError):
        release("no such voucher", "ssn_any", missing_ok=True, **to_sandbox)


def test_a_wrong_token_is_refused(release: Release, voucherify_sandbox: Sandbox) -> None:
    """Credentials that the server does not accept end in the error that says so."""
    with pytest.raises(AuthenticationError):
        release(
            "2CpRCE2c",
            "ssn_any",
            base_url=voucherify_sandbox.base_url,
            credentials=ApiKey(voucherify_sandbox.app_id, "not-the-token"),
        )


@pytest.mark.parametrize("wrong", ["", ".", "..", None, 7, b"bytes", "half a pair \ud800"])
@pytest.mark.parametrize("argument", ["code", "session_key"])
def test_what_no_path_segment_can_carry_is_refused(release: Release, argument: str, wrong: Any) -> None:
    """Such a value would address another resource; nothing is sent, and the error names the argument."""
    arguments = {"code": "2CpRCE2c", "session_key": "ssn_any", argument: wrong}

    with pytest.raises(InvalidArgumentError, match=argument):
        release(**arguments, credentials=ApiKey("id", "token"))


def test_a_url_that_is_too_long_is_refused(release: Release) -> None:
    """A code of 100,000 characters fits in no URL; the error comes before anything is sent."""
    with pytest.raises(InvalidArgumentError, match="too long"):
        release("x" * 100_000, "ssn_any", credentials=ApiKey("id", "token"))


segments = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60).filter(
    lambda text: text not in (".", "..")
)


@pytest.mark.unmeasured
@settings(max_examples=150)
@given(code=segments, key=segments)
def test_every_other_text_reaches_the_server_as_exactly_that_text(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any], transport: Any, code: str, key: str
) -> None:
    """Slashes, percent signs, control characters, emoji: the server releases this very session."""
    voucherify_sandbox.add_voucher(code, None)
    voucherify_sandbox.lock(code, key)

    with Voucherify(transport=transport, **to_sandbox) as voucherify:
        voucherify.release_validation_session(code, key)

    assert voucherify_sandbox.released[-1] == (code, key)


def test_a_subclass_of_str_is_sent_as_its_text(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """An enumeration's member travels as its value, not as its name."""

    class Named(str):
        __slots__ = ()

        def __str__(self) -> str:
            return "another text"

    key = voucherify_sandbox.lock("2CpRCE2c")

    with Voucherify(**to_sandbox) as voucherify:
        voucherify.release_validation_session(Named("2CpRCE2c"), Named(key))

    assert voucherify_sandbox.released == [("2CpRCE2c", key)]


def test_a_subclass_of_str_cannot_smuggle_dots() -> None:
    """What it is equal to, and what it encodes to, is not asked."""

    class Sly(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            return False

        def __hash__(self) -> int:
            return 0

        def encode(self, *_: Any) -> bytes:
            raise LookupError

    with Voucherify(ApiKey("id", "token")) as voucherify, pytest.raises(InvalidArgumentError):
        voucherify.release_validation_session(Sly(".."), "k")


def test_a_transport_of_ones_own_is_used_as_given_and_left_open() -> None:
    """Who made it closes it: two clients may share one."""

    class Counting(httpx.MockTransport):
        closed = 0

        def close(self) -> None:
            self.closed += 1

        async def aclose(self) -> None:
            self.closed += 1

    transport = Counting(lambda _: httpx.Response(204))

    async def run() -> None:
        async with AsyncVoucherify(ApiKey("id", "token"), transport=transport) as awaited:
            await awaited.release_validation_session("c", "k")

    with Voucherify(ApiKey("id", "token"), transport=transport) as blocking:
        blocking.release_validation_session("c", "k")
    asyncio.run(run())
    assert transport.closed == 0


def test_threads_share_a_client(voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]) -> None:
    """Sixteen threads release two hundred sessions through one client, each exactly once."""
    voucherify_sandbox.add_voucher("shared", None)
    keys = [voucherify_sandbox.lock("shared") for _ in range(200)]

    with Voucherify(**to_sandbox) as voucherify, ThreadPoolExecutor(16) as pool:
        results = list(pool.map(lambda key: voucherify.release_validation_session("shared", key), keys))

    assert all(result.released for result in results)
    assert sorted(voucherify_sandbox.released) == sorted(("shared", key) for key in keys)


def test_tasks_share_a_client(voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]) -> None:
    """Two hundred tasks of one loop release through one client, each exactly once."""
    voucherify_sandbox.add_voucher("shared", None)
    keys = [voucherify_sandbox.lock("shared") for _ in range(200)]

    async def run() -> None:
        async with AsyncVoucherify(**to_sandbox) as voucherify, asyncio.TaskGroup() as group:
            for key in keys:
                group.create_task(voucherify.release_validation_session("shared", key))

    asyncio.run(run())
    assert sorted(voucherify_sandbox.released) == sorted(("shared", key) for key in keys)


def test_a_closed_client_says_so(to_sandbox: dict[str, Any]) -> None:
    """Closing is final, closing again is harmless, and using a closed client is named."""
    voucherify = Voucherify(**to_sandbox)
    voucherify.close()
    voucherify.close()

    with pytest.raises(ClientClosedError, match="closed"):
        voucherify.release_validation_session("2CpRCE2c", "ssn_any")


def test_a_closed_async_client_says_so(to_sandbox: dict[str, Any]) -> None:
    """The asynchronous client's closing is final, repeatable and named in the same way."""

    async def run() -> None:
        voucherify = AsyncVoucherify(**to_sandbox)
        await voucherify.aclose()
        await voucherify.aclose()
        with pytest.raises(ClientClosedError, match="closed"):
            await voucherify.release_validation_session("2CpRCE2c", "ssn_any")

    asyncio.run(run())


def test_clients_work_without_a_context_manager(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """A client that is only made, used and closed releases as well."""
    key = voucherify_sandbox.lock("2CpRCE2c")
    voucherify = Voucherify(**to_sandbox)

    assert voucherify.release_validation_session("2CpRCE2c", key).released
    voucherify.close()


def test_a_client_that_is_dropped_closes_its_connections(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """Forgetting to close leaks no socket (a leak is a warning, and a warning fails this test run)."""
    key = voucherify_sandbox.lock("2CpRCE2c")
    voucherify = Voucherify(**to_sandbox)
    voucherify.release_validation_session("2CpRCE2c", key)

    del voucherify


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_async_client_says_that_it_belongs_to_one_loop(to_sandbox: dict[str, Any]) -> None:
    """Its connections live in the loop of its first call: another is refused in words, and closing works.

    A loop that ended takes its open connections with it, about which Python warns.
    """
    voucherify = AsyncVoucherify(**to_sandbox)
    asyncio.run(_try_release(voucherify))

    with pytest.raises(UsageError, match="another event loop"):
        asyncio.run(_try_release(voucherify))
    asyncio.run(voucherify.aclose())
    del voucherify
    gc.collect()


async def _try_release(voucherify: AsyncVoucherify) -> None:
    await voucherify.release_validation_session("2CpRCE2c", "ssn_any", missing_ok=True)


def test_an_async_client_needs_asyncio(to_sandbox: dict[str, Any]) -> None:
    """Driven by something that is no asyncio loop, it says what it needs."""
    coroutine = _try_release(AsyncVoucherify(**to_sandbox))

    with pytest.raises(UsageError, match="asyncio"):
        coroutine.send(None)


def test_a_client_shows_where_it_leads_and_no_secret(to_sandbox: dict[str, Any]) -> None:
    """The repr of a client helps to tell two clients apart."""
    with Voucherify(**to_sandbox) as voucherify:
        shown = repr(voucherify)

    assert to_sandbox["base_url"] in shown
    assert to_sandbox["credentials"].app_token not in shown
    assert "AsyncVoucherify(ApiKey(" in repr(AsyncVoucherify(**to_sandbox))


targets = st.lists(
    st.sampled_from([*"aZ9-._~!$&'()*+,;=:@/?%|\\^\"<>{}` é", "%2F", "%e9", "%"]), min_size=1
).map("".join)


@given(
    targets=targets,
    base=st.sampled_from(["https://a.example", "http://127.0.0.1:80", "https://b.example:8443"]),
)
def test_what_is_built_without_httpx_is_what_httpx_builds(targets: str, base: str) -> None:
    """Whatever path a generated operation may have: the same URL and headers, or the same refusal."""
    path = f"/v1/{targets}"
    try:
        built = build_request(base, "get", path, headers={})
    except InvalidArgumentError:
        return
    request = httpx.Request("GET", base + path)

    assert built.url == str(request.url)
    assert dict(built.headers)[b"host"] == request.headers["host"].encode()
    again = built.as_httpx()
    assert (again.method, again.url, again.content) == (request.method, request.url, b"")
