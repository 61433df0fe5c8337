"""TLS that is broken off, stalls or is damaged anywhere between the first byte and the answer."""

from __future__ import annotations

import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from tests.faults.lanes import AT_ONCE, CODE, UNHURRIED, hurried
from tests.faults.proxy import FaultProxy, StreamProxy, Strike, Tunnels
from tests.wrapper.conftest import release_async, release_sync
from voucherify_wrapper import ReleaseResult, Timeout, TLSError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from voucherify_wrapper.sandbox import Sandbox

LANES = 8
STEP = 97  # bytes from one strike to the next
FROM_THE_CLIENT, FROM_THE_SERVER = 1100, 1600  # a little more than a handshake and an exchange


def timeout_for(
    end: str, kind: str, way: StreamProxy | FaultProxy, key: str, settings: dict[str, Any]
) -> Timeout:
    """Only where somebody may wait for bytes that do not come has an attempt to end soon."""
    if end in ("reset", "half-close"):
        return UNHURRIED
    began = time.monotonic()
    assert isinstance(released(kind, way, key, {**settings, "timeout": UNHURRIED}), ReleaseResult)
    return hurried(time.monotonic() - began, least=0.4)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Whom the clients trust."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


def served_with(certificate: trustme.LeafCert, sandbox: Sandbox) -> FaultProxy:
    """The sandbox behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return FaultProxy(int(sandbox.base_url.rpartition(":")[2]), tls=context)


@pytest.fixture
def ways(authority: trustme.CA, voucherify_sandbox: Sandbox) -> Iterator[list[StreamProxy]]:
    """Ways to the sandbox over TLS, each with a proxy that can break it."""
    with ExitStack() as stack:
        server = stack.enter_context(served_with(authority.issue_cert("localhost"), voucherify_sandbox))
        yield [stack.enter_context(StreamProxy(server.port)) for _ in range(LANES)]


def released(kind: str, way: StreamProxy | FaultProxy, key: str, settings: dict[str, Any]) -> Any:
    """What a release of a client of its own comes to."""
    release = release_async if "async" in kind else release_sync
    try:
        return release(CODE, key, base_url=f"https://localhost:{way.port}", retries=AT_ONCE, **settings)
    except Exception as error:  # noqa: BLE001 - judged
        return error


def expect_nothing_done(error: Any, key: str, sandbox: Sandbox) -> None:
    """The error says so, and it is so; unless an attempt before was too slow, of which nobody knows."""
    assert not error.may_have_acted or error.attempts > 1, repr(error)
    assert error.may_have_acted or key in sandbox.sessions(CODE), repr(error)


@pytest.mark.parametrize("end", ["reset", "stall", "half-close", "corrupt"])
def test_tls_that_breaks_is_made_anew(
    kind: str,
    end: Any,
    ways: list[StreamProxy],
    voucherify_sandbox: Sandbox,
    settings: dict[str, Any],
    wait_until: Any,
) -> None:
    """Wherever it broke; only a certificate that is damaged counts as one that is not accepted."""
    settings["timeout"] = timeout_for(end, kind, ways[0], voucherify_sandbox.lock(CODE), settings)
    strikes = [Strike("request", end, at) for at in range(0, FROM_THE_CLIENT, STEP)]
    strikes += [Strike("answer", end, at) for at in range(0, FROM_THE_SERVER, STEP)]

    def suffer(number: int) -> int:
        attempts = 0
        for strike in strikes[number::LANES]:
            key = voucherify_sandbox.lock(CODE)
            ways[number].strike(strike)
            outcome = released(kind, ways[number], key, settings)
            if isinstance(outcome, TLSError) and end == "corrupt":
                assert not outcome.transient, strike
                expect_nothing_done(outcome, key, voucherify_sandbox)
                continue
            assert isinstance(outcome, ReleaseResult), f"{strike}: {outcome!r}"
            assert outcome.status == "released"
            attempts += outcome.attempts - 1
        return attempts

    with ThreadPoolExecutor(LANES) as pool:
        again = sum(pool.map(suffer, range(LANES)))

    assert again > len(strikes) // 2
    assert not any(way.pending for way in ways)
    wait_until(lambda: not any(way.connections for way in ways))


IN_THE_CLEAR = 260  # bytes that go to a proxy, or come from it, before TLS begins; no less


@pytest.mark.parametrize("kind", ["sync", "async"])  # the default serves for the fast ones behind a proxy
@pytest.mark.parametrize("end", ["reset", "stall", "half-close", "corrupt"])
def test_a_tunnel_that_breaks_is_made_anew(
    kind: str,
    end: Any,
    authority: trustme.CA,
    voucherify_sandbox: Sandbox,
    settings: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    wait_until: Any,
) -> None:
    """Behind a proxy, wherever in what is said to it, or in what it says."""
    strikes = [Strike(side, end, at) for side in ("request", "answer") for at in range(0, IN_THE_CLEAR, 13)]
    with ExitStack() as stack:
        server = stack.enter_context(served_with(authority.issue_cert("localhost"), voucherify_sandbox))
        tunnels = stack.enter_context(Tunnels(server.port))
        way = stack.enter_context(StreamProxy(tunnels.port))
        monkeypatch.setenv("HTTPS_PROXY", way.url)
        settings["timeout"] = timeout_for(end, kind, server, voucherify_sandbox.lock(CODE), settings)
        way.strike(*strikes)

        def suffer(_: Strike) -> None:
            key = voucherify_sandbox.lock(CODE)
            outcome = released(kind, server, key, settings)
            if end == "corrupt" and not isinstance(outcome, ReleaseResult):
                expect_nothing_done(outcome, key, voucherify_sandbox)
            else:
                assert isinstance(outcome, ReleaseResult), repr(outcome)
                assert outcome.status == "released"

        with ThreadPoolExecutor(LANES) as pool:
            list(pool.map(suffer, strikes))
        assert not way.pending
        wait_until(lambda: not way.connections)


@pytest.mark.parametrize("wrong", ["expired", "another host's", "of nobody known"])
def test_a_certificate_that_is_wrong_stays_so(
    kind: str, wrong: str, authority: trustme.CA, voucherify_sandbox: Sandbox, settings: dict[str, Any]
) -> None:
    """Nothing is sent, nothing is tried again, and the session stays as it was."""
    certificate = {
        "expired": lambda: authority.issue_cert("localhost", not_after=datetime.now(UTC) - timedelta(days=1)),
        "another host's": lambda: authority.issue_cert("elsewhere"),
        "of nobody known": lambda: trustme.CA().issue_cert("localhost"),
    }[wrong]()
    settings["timeout"] = UNHURRIED
    key, before = voucherify_sandbox.lock(CODE), len(voucherify_sandbox.requests)
    with served_with(certificate, voucherify_sandbox) as server, StreamProxy(server.port) as way:
        outcome = released(kind, way, key, settings)

    assert isinstance(outcome, TLSError), outcome
    assert (outcome.attempts, outcome.may_have_acted, outcome.transient) == (1, False, False)
    assert len(voucherify_sandbox.requests) == before
    assert voucherify_sandbox.sessions(CODE) == [key]
