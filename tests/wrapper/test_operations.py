"""Policy lies below the generated code: every generated operation has it, not just the one we wrap."""

from __future__ import annotations

import asyncio
import copy
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from voucherify_client.api.vouchers import release_validation_session
from voucherify_client.errors import UnexpectedStatus

from voucherify_wrapper import (
    ApiKey,
    APITimeoutError,
    AsyncVoucherify,
    InvalidArgumentError,
    UsageError,
    Voucherify,
    VoucherifyError,
)
from voucherify_wrapper.sandbox import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from voucherify_wrapper.sandbox import Sandbox

ROOT = Path(__file__).parents[2]


def two_operations() -> dict[str, Any]:
    """The vendored document with one operation more, of our own."""
    document: dict[str, Any] = json.loads((ROOT / "openapi" / "vouchers.json").read_text(encoding="utf-8"))
    path = document["paths"]["/v1/vouchers/{code}/sessions/{sessionKey}"]
    document["paths"]["/v1/vouchers/{code}"] = {
        "parameters": [path["parameters"][0]],
        "get": {
            "tags": ["Vouchers"],
            "operationId": "look-at-voucher",
            "security": path["delete"]["security"],
            "responses": {
                "200": {
                    "description": "The voucher.",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Looked"}}},
                }
            },
        },
    }
    document["components"]["schemas"]["Looked"] = {
        "type": "object",
        "required": ["code"],
        "properties": {"code": {"type": "string"}},
    }
    return document


PROGRAM = """
import asyncio, json, sys
from voucherify_client.api.vouchers import look_at_voucher
from voucherify_wrapper import AsyncVoucherify, OAuthClientCredentials, Voucherify, VoucherifyError

def told(error):
    return [type(error).__name__, error.method, error.attempts]

def sync(credentials=None):
    with Voucherify(credentials, retries=0) as voucherify:
        try:
            return look_at_voucher.sync(sys.argv[1], client=voucherify.client).code
        except VoucherifyError as error:
            return told(error)

async def tasks(credentials=None):
    async with AsyncVoucherify(credentials, retries=0) as voucherify:
        try:
            return (await look_at_voucher.asyncio(sys.argv[1], client=voucherify.client)).code
        except VoucherifyError as error:
            return told(error)

import os
oauth = OAuthClientCredentials(os.environ["VOUCHERIFY_APP_ID"], os.environ["VOUCHERIFY_APP_TOKEN"])
print(json.dumps([sync(), asyncio.run(tasks()), sync(oauth), asyncio.run(tasks(oauth))]))
"""


@pytest.fixture(scope="session")
def other_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client generated from the document of two operations."""
    folder = tmp_path_factory.mktemp("two")
    spec = folder / "two.json"
    spec.write_text(json.dumps(two_operations()))
    command = [sys.executable, "-m", "scripts.generate", "--spec", str(spec), "--out", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT)
    return folder


def look(other_client: Path, sandbox: Sandbox, code: str) -> Any:
    """Call the second operation in a process whose generated client is the other one."""
    environment = {**os.environ, **sandbox.environment(), "PYTHONPATH": str(other_client)}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, code], env=environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


STRICT = """
import sys
import attrs
from voucherify_client.api.vouchers import look_at_voucher
from voucherify_client.errors import UnexpectedContent
from voucherify_wrapper import Voucherify

with Voucherify() as voucherify:
    print(look_at_voucher.sync(sys.argv[1], client=voucherify.client).code)
    try:
        look_at_voucher.sync(sys.argv[1], client=attrs.evolve(voucherify.client, strict=True))
    except UnexpectedContent as error:
        print(*error.violations[0])
"""


def test_strictness_over_the_wrapper(other_client: Path, voucherify_sandbox: Sandbox) -> None:
    """An answer that differs from the document comes through, and a strict copy of the client tells where."""
    voucherify_sandbox.inject(
        Fault(status=200, body=b'{"code": 7}', content_type="application/json", operation="get-voucher"),
        times=2,
    )
    environment = {**os.environ, **voucherify_sandbox.environment(), "PYTHONPATH": str(other_client)}
    command = [sys.executable, "-c", STRICT, "2CpRCE2c"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "7\n/code an integer where a string belongs\n"


def test_a_second_operation_has_the_same_credentials(other_client: Path, voucherify_sandbox: Sandbox) -> None:
    """It is signed with the API key, or with a fetched token, by both clients."""
    assert look(other_client, voucherify_sandbox, "2CpRCE2c") == ["2CpRCE2c"] * 4
    assert voucherify_sandbox.tokens_issued == 1


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (None, ["VoucherNotFoundError", "GET", 1]),
        (Fault(status=401, operation="get-voucher"), ["AuthenticationError", "GET", 1]),
        (Fault(status=520, body=b"<html>"), ["ServerError", "GET", 1]),
        (Fault(status=200, body=b"<html>", operation="get-voucher"), ["InvalidResponseError", "GET", 1]),
        (Fault(status=299, body=b"{}", operation="get-voucher"), ["InvalidResponseError", "GET", 1]),
        (Fault(after_bytes=0, end="reset"), ["ConnectionLostError", "GET", 1]),
    ],
)
def test_a_second_operation_has_the_same_exceptions(
    other_client: Path, voucherify_sandbox: Sandbox, fault: Fault | None, told: list[Any]
) -> None:
    """No JSONDecodeError for a page, no ValueError for status 520, no error of httpx."""
    if fault is not None:
        voucherify_sandbox.inject(fault)

    assert look(other_client, voucherify_sandbox, "no such code")[0] == told


def handed_requests() -> tuple[list[httpx.Request], httpx.MockTransport]:
    """A transport that releases everything and remembers what it was handed."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    return seen, httpx.MockTransport(answer)


def test_the_generated_clients_copies_keep_the_session() -> None:
    """with_headers, with_cookies and with_timeout add to a request, and lose no credentials."""
    seen, transport = handed_requests()
    with Voucherify(ApiKey("id", "token"), transport=transport) as voucherify:
        client = (
            voucherify.client.with_headers({"X-Mine": "yes", "X-App-Token": "not this one"})
            .with_cookies({"biscuit": "ginger"})
            .with_timeout(httpx.Timeout(7, connect=3))
        )
        answer = release_validation_session.sync_detailed("c", "k", client=client)

    assert answer.status_code == 204
    headers = seen[0].headers
    assert (headers["x-mine"], headers["cookie"], headers["x-app-token"]) == (
        "yes",
        "biscuit=ginger",
        "token",
    )
    assert headers["user-agent"].startswith("voucherify-wrapper/")
    assert headers["accept-encoding"] == "gzip"
    assert seen[0].method == "DELETE"
    assert seen[0].extensions["timeout"]["connect"] <= 3
    assert 3 < seen[0].extensions["timeout"]["read"] <= 7


@pytest.mark.parametrize(
    "taken",
    [lambda it: it, copy.copy, copy.deepcopy, lambda it: pickle.loads(pickle.dumps(it))],  # noqa: S301 - just made
)
def test_the_headers_of_an_answer_are_httpx_headers(taken: Callable[[Any], Any]) -> None:
    """Copied and pickled ones too: what came twice is there twice, and no credential that was echoed."""
    said = [("X-Mine", "a"), ("x-mine", "b"), ("Content-Encoding", "gzip"), ("Echo", "my-own-token")]
    transport = httpx.MockTransport(lambda _: httpx.Response(204, headers=said))
    with Voucherify(ApiKey("id", "my-own-token"), transport=transport) as voucherify:
        answer = release_validation_session.sync_detailed("c", "k", client=voucherify.client)

    headers = taken(answer.headers)

    assert isinstance(headers, httpx.Headers)
    assert headers.multi_items() == [("x-mine", "a"), ("x-mine", "b"), ("echo", "[redacted]")]
    assert headers.get_list("X-MINE") == ["a", "b"]
    assert not hasattr(headers, "no_such_thing")


def test_the_headers_of_an_answer_may_be_looked_at_by_several_at_once() -> None:
    """Who missed something just before another made them finds it as well."""
    transport = httpx.MockTransport(lambda _: httpx.Response(204, headers={"X-Mine": "a"}))
    with Voucherify(ApiKey("id", "my-own-token"), transport=transport) as voucherify:
        headers = release_validation_session.sync_detailed("c", "k", client=voucherify.client).headers
    missed = type(headers).__getattr__  # type: ignore[attr-defined] # which Python calls then

    assert headers.get("x-mine") == "a"
    assert missed(headers, "_list")


def test_a_success_that_is_not_promised_is_no_silent_none() -> None:
    """The generated code says so in its own way, which is documented."""
    transport = httpx.MockTransport(lambda _: httpx.Response(202))
    with (
        Voucherify(ApiKey("id", "token"), transport=transport) as voucherify,
        pytest.raises(UnexpectedStatus),
    ):
        release_validation_session.sync_detailed("c", "k", client=voucherify.client)


def test_a_generated_timeout_limits_the_whole_call(
    voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """What with_timeout is given counts for every generated operation; None leaves the client's limit."""
    voucherify_sandbox.inject(Fault(after_bytes=0, end="hang"))
    with Voucherify(**to_sandbox) as voucherify:
        with pytest.raises(APITimeoutError):
            release_validation_session.sync(
                "c", "k", client=voucherify.client.with_timeout(httpx.Timeout(0.2))
            )
        with pytest.raises(VoucherifyError, match="no such voucher"):
            release_validation_session.sync(
                "c", "k", client=voucherify.client.with_timeout(httpx.Timeout(None))
            )


@pytest.mark.parametrize("code", ["", ".", ".."])
def test_no_generated_operation_can_name_another_resource(code: str) -> None:
    """The rule for path parameters holds below the generated code."""
    seen, transport = handed_requests()
    with (
        Voucherify(ApiKey("id", "token"), transport=transport) as voucherify,
        pytest.raises(InvalidArgumentError, match="another resource"),
    ):
        release_validation_session.sync(code, "k", client=voucherify.client)
    assert seen == []


def test_the_generated_client_works_as_a_context_manager_and_with_a_plain_timeout() -> None:
    """Entering and leaving it is harmless; the session is Voucherify's to close."""
    seen, transport = handed_requests()

    async def run() -> None:
        async with (
            AsyncVoucherify(ApiKey("id", "token"), transport=transport) as voucherify,
            voucherify.client as client,
        ):
            await release_validation_session.asyncio_detailed("c", "k", client=client)

    with Voucherify(ApiKey("id", "token"), transport=transport) as voucherify:
        with voucherify.client as client:
            release_validation_session.sync_detailed("c", "k", client=client)
        plain: Any = 7
        release_validation_session.sync_detailed("c", "k", client=voucherify.client.with_timeout(plain))
    asyncio.run(run())
    assert seen[1].extensions["timeout"]["read"] <= 7
    assert len(seen) == 3


def test_the_wrong_half_of_the_generated_code_is_told() -> None:
    """The asyncio functions need the asynchronous client, and the other way round."""
    _, transport = handed_requests()

    async def awaited() -> None:
        with Voucherify(ApiKey("id", "token"), transport=transport) as voucherify:
            await release_validation_session.asyncio("c", "k", client=voucherify.client)

    async def blocking() -> None:
        async with AsyncVoucherify(ApiKey("id", "token"), transport=transport) as voucherify:
            release_validation_session.sync("c", "k", client=voucherify.client)

    for mistake in (awaited, blocking):
        with pytest.raises(UsageError, match="Voucherify"):
            asyncio.run(mistake())


def test_the_generated_client_shows_no_secret() -> None:
    """The stock client prints its token; this one has none to print."""
    with Voucherify(ApiKey("id-hunter2", "token-hunter2")) as voucherify:
        assert "hunter2" not in repr(voucherify.client)
        assert "hunter2" not in str(voucherify.client.with_headers({"a": "b"}))
