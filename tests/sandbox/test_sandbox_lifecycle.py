"""Starting, stopping, restarting: what is left behind, and what is kept."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from voucherify_wrapper.sandbox import SAMPLE_VOUCHERS, Fault, Refusal, Sandbox, SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[..., bytes]
    Dial = Callable[[], socket.socket]

PROJECT = Path(__file__).resolve().parents[2]


def threads() -> list[str]:
    """Return the names of the sandboxes' threads."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("voucherify")]


def port_of(sandbox: Sandbox) -> int:
    """Return the port that a sandbox listens on."""
    return int(sandbox.base_url.rpartition(":")[2])


def has_ended(connection: socket.socket) -> bool:
    """Return whether a connection was closed, in an orderly way or not."""
    try:
        return connection.recv(65_536) == b""
    except ConnectionResetError:
        return True


def credentials(sandbox: Sandbox) -> dict[str, str]:
    """Return the headers that open a sandbox."""
    return {"X-App-Id": sandbox.app_id, "X-App-Token": sandbox.app_token}


def test_it_is_there_at_once_and_gone_at_once() -> None:
    """The port takes connections as soon as `start` returns, and none once `stop` has; the thread is gone."""
    for _ in range(20):
        with Sandbox() as sandbox:
            port = port_of(sandbox)
            with closing(socket.create_connection(("127.0.0.1", port), 10)):
                pass
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 10)
    assert threads() == []


def test_no_connection_is_lost_in_a_stop() -> None:
    """Connections that are opened while it stops are served or ended, and leave no socket open."""
    done = threading.Event()

    def knock(port: int) -> None:
        while not done.is_set():
            with closing(socket.socket()) as connection:
                connection.connect_ex(("127.0.0.1", port))

    sandbox = Sandbox()
    with sandbox:
        port = port_of(sandbox)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(knock, port)
        for _ in range(100):
            with sandbox:
                pass
        done.set()
    # An open socket would warn when it is collected, and a warning is an error here.
    gc.collect()


def test_stop_and_start_are_forgiving_and_strict() -> None:
    """Stopping twice, or before a start, has no effect; starting twice is an error."""
    sandbox = Sandbox()
    sandbox.stop()
    sandbox.start()
    with pytest.raises(RuntimeError, match="runs already"):
        sandbox.start()
    sandbox.stop()
    sandbox.stop()
    assert threads() == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault(endless=True),
        Fault(endless=True, drip=0.001),
        Fault(end="hang"),
        Fault(delay=3600),
        Fault(drip=3600),
        Fault(status=200, body=b"x" * 50_000_000),
    ],
    ids=["endless", "dripping", "hanging", "late", "stalling", "unread"],
)
def test_stop_waits_for_nobody(
    sandbox: Sandbox, api: httpx.Client, dial: Dial, ask: Ask, fault: Fault
) -> None:
    """Answers without end, and connections that are kept, do not hold `stop` up; they are closed."""
    sandbox.inject(fault)
    busy, silent, half = dial(), dial(), dial()
    busy.sendall(ask("GET", "/v1/vouchers/ONE"))
    half.sendall(b"GET / HT")
    # Over another connection, so that the busy one is being served when the sandbox stops.
    while not sandbox.requests:
        api.get("/_sandbox/state")
    sandbox.stop()
    assert threads() == []
    assert has_ended(silent)
    assert has_ended(half)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port_of(sandbox)), 10)


def test_a_client_that_gives_up_is_forgotten(
    sandbox: Sandbox, api: httpx.Client, dial: Dial, ask: Ask
) -> None:
    """A client that leaves in the middle of a misbehaving answer leaves nothing behind."""
    for fault in (Fault(drip=0.001), Fault(end="hang"), Fault(endless=True), Fault(delay=3600, end="reset")):
        sandbox.inject(fault)
        before = len(sandbox.requests)
        with closing(dial()) as connection:
            connection.sendall(ask("GET", "/v1/vouchers/ONE", "X-Long: " + "x" * 5000))
            while len(sandbox.requests) == before:
                api.get("/_sandbox/state")
    assert api.get("/v1/vouchers/ONE").status_code == 200


def test_many_run_side_by_side() -> None:
    """Each sandbox has its own port, credentials and state."""
    first, second = Sandbox(vouchers={"A": 1}), Sandbox(vouchers={"A": 1})
    with first, second:
        assert first.base_url != second.base_url
        assert first.app_id != second.app_id
        assert first.app_token != second.app_token
        first.lock("A", "k")
        assert (first.sessions("A"), second.sessions("A")) == (["k"], [])


def test_a_port_that_is_taken_is_reported() -> None:
    """`start` says which address it cannot have, and the sandbox can be started later."""
    with Sandbox() as first:
        second = Sandbox(port=port_of(first))
        with pytest.raises(SandboxError, match=rf"cannot listen on 127\.0\.0\.1 port {port_of(first)}"):
            second.start()
    with second:
        assert second.base_url == first.base_url


def test_the_address_is_known_after_the_start() -> None:
    """Before its first start a sandbox has no address; afterwards it keeps its port."""
    sandbox = Sandbox()
    with pytest.raises(RuntimeError, match="no address"):
        _ = sandbox.base_url
    assert repr(sandbox) == "<Sandbox not started>"
    with sandbox:
        url = sandbox.base_url
        assert repr(sandbox) == f"<Sandbox {url}>"
    assert sandbox.base_url == url
    with sandbox:
        assert sandbox.base_url == url


def test_the_environment_leads_a_client_here(sandbox: Sandbox) -> None:
    """The variables hold URL and credentials."""
    assert sandbox.environment() == {
        "VOUCHERIFY_BASE_URL": sandbox.base_url,
        "VOUCHERIFY_APP_ID": sandbox.app_id,
        "VOUCHERIFY_APP_TOKEN": sandbox.app_token,
    }


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.2", "::1"])
def test_it_listens_on_loopback(host: str) -> None:
    """Every loopback address will do, if the machine has it."""
    try:
        with Sandbox(host=host) as sandbox, httpx.Client(trust_env=False) as client:
            assert client.get(f"{sandbox.base_url}/_sandbox/state").status_code == 200
    except SandboxError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])  # noqa: S104
def test_it_listens_nowhere_else(host: str) -> None:
    """An address that others could reach is refused before anything is opened."""
    with pytest.raises(ValueError, match="loopback only"):
        Sandbox(host=host)


@pytest.mark.parametrize(
    "settings",
    [
        {"app_id": ""},
        {"app_token": "a b"},
        {"app_token": "ü"},
        {"app_id": "a\r\n"},
        {"token_lifetime": 0},
        {"token_lifetime": 10**400},
        {"vouchers": {"": 1}},
        {"vouchers": {"A": 0}},
        {"keep_requests": -1},
    ],
    ids=str,
)
def test_settings_are_checked(settings: dict[str, Any]) -> None:
    """A setting out of range is refused when the sandbox is made."""
    with pytest.raises(ValueError, match=r"."):
        Sandbox(**settings)


def test_what_is_in_memory_outlives_a_stop() -> None:
    """A stopped sandbox still tells what happened, and goes on from there when it is started again."""
    with Sandbox(vouchers={"A": 2}) as sandbox, httpx.Client(trust_env=False) as client:
        sandbox.lock("A", "one")
        sandbox.lock("A", "two")
        client.delete(f"{sandbox.base_url}/v1/vouchers/A/sessions/one", headers=credentials(sandbox))
    assert sandbox.released == [("A", "one")]
    assert len(sandbox.requests) == 1
    with sandbox:
        assert sandbox.sessions("A") == ["two"]


def test_a_state_file_survives_a_restart(tmp_path: Path, now: list[float]) -> None:
    """Vouchers, sessions, releases and OAuth tokens are there again, and time has gone on."""
    state = tmp_path / "state.sqlite"
    sandbox = partial(Sandbox, state=state, clock=lambda: now[0], app_id="me", app_token="mine")
    data = {"grant_type": "client_credentials", "scope": "api"}
    with httpx.Client(trust_env=False) as client:
        with sandbox(vouchers={"A": 3}) as first:
            for key, ttl in (("short", 10), ("long", 100), ("done", 100)):
                first.lock("A", key, ttl, "SECONDS")
            client.delete(f"{first.base_url}/v1/vouchers/A/sessions/done", headers=credentials(first))
            answer = client.post(f"{first.base_url}/v1/oauth/token", data=data, headers=credentials(first))
            shown = client.get(f"{first.base_url}/v1/vouchers/A", headers=credentials(first)).json()
        now[0] += 10
        with sandbox(vouchers={}, port=port_of(first)) as second:
            assert second.base_url == first.base_url
            assert second.sessions("A") == ["long"]
            assert second.released == [("A", "done")]
            bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}
            again = client.get(f"{second.base_url}/v1/vouchers/A", headers=bearer)
            assert again.json() == shown
    assert answer.json()["access_token"].encode() not in state.read_bytes()


def test_a_state_file_is_closed_between_runs(tmp_path: Path) -> None:
    """After `stop` the file can be exchanged for another one; a look at the state opens what is there."""
    state, elsewhere = tmp_path / "state.sqlite", tmp_path / "elsewhere.sqlite"
    with Sandbox(state=state) as sandbox:
        sandbox.lock("2CpRCE2c", "k")
    state.rename(elsewhere)
    with pytest.raises(Refusal, match="not_found"):
        sandbox.sessions("2CpRCE2c")
    sandbox.stop()
    elsewhere.replace(state)
    assert sandbox.sessions("2CpRCE2c") == ["k"]


def test_the_samples_do_not_undo_a_state_file(tmp_path: Path) -> None:
    """A sample voucher's limit that was changed stays; a voucher that is asked for gets the limit given."""
    state = tmp_path / "state.sqlite"
    for vouchers, limits in ((None, 1), ({"2CpRCE2c": 7}, 7), (None, 7), ({"2CpRCE2c": 2}, 2)):
        with Sandbox(vouchers=vouchers, state=state) as sandbox, httpx.Client(trust_env=False) as client:
            shown = client.get(f"{sandbox.base_url}/_sandbox/state").json()["vouchers"]
            assert {each["code"] for each in shown} == set(SAMPLE_VOUCHERS)
            assert {each["redemption_limit"] for each in shown if each["code"] == "2CpRCE2c"} == {limits}


def test_a_state_file_that_is_none_is_reported(tmp_path: Path) -> None:
    """Another kind of file, another layout and a folder that does not exist are named in the error."""
    text = tmp_path / "notes.txt"
    text.write_text("not a database, " * 100)
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as database:
        database.execute("PRAGMA user_version = 99")
    for path in (text, other, tmp_path / "none" / "state.sqlite"):
        with pytest.raises(SandboxError, match=path.name):
            Sandbox(state=path)
    assert text.read_text() == "not a database, " * 100


def test_a_limit_holds_under_many_clients(tmp_path: Path) -> None:
    """Of many simultaneous requests for the last session one gets it, in memory and in a file."""
    body = {"redeemables": [{"object": "voucher", "id": "A"}], "session": {"type": "LOCK"}}
    for state in (None, tmp_path / "state.sqlite"):
        with Sandbox(vouchers={"A": 3}, state=state) as sandbox, ThreadPoolExecutor(8) as pool:
            post = partial(httpx.post, json=body, headers=credentials(sandbox), trust_env=False)
            answers = pool.map(post, [f"{sandbox.base_url}/v1/validations"] * 24)
            assert sum(answer.json()["valid"] for answer in answers) == 3
            assert len(sandbox.sessions("A")) == 3


def test_it_can_be_used_from_many_threads() -> None:
    """Preparing, observing and serving go on at the same time without harm."""
    with Sandbox(vouchers={}) as sandbox, ThreadPoolExecutor(8) as pool:

        def work(number: int) -> int:
            code = f"V{number}"
            sandbox.add_voucher(code)
            sandbox.inject(Fault(delay=0.0, path_suffix=f"/{code}"))
            key = sandbox.lock(code)
            url = f"{sandbox.base_url}/v1/vouchers/{code}/sessions/{key}"
            status = httpx.delete(url, headers=credentials(sandbox), trust_env=False).status_code
            return status if sandbox.requests and (code, key) in sandbox.released else 0

        assert set(pool.map(work, range(40))) == {204}


def test_it_starts_within_a_running_event_loop() -> None:
    """An asynchronous test can start and stop one; its own loop is left alone."""

    async def use() -> int:
        with Sandbox() as sandbox:
            async with httpx.AsyncClient(trust_env=False) as client:
                return (await client.get(f"{sandbox.base_url}/_sandbox/state")).status_code

    assert asyncio.run(use()) == 200


def test_one_that_is_thrown_away_leaves_nothing_open() -> None:
    """A sandbox that is dropped without a stop of its state, started or not, gives no warning."""
    sandbox = Sandbox()
    sandbox.start()
    sandbox.stop()
    del sandbox
    Sandbox()
    gc.collect()


def test_a_defect_is_not_hidden(
    sandbox: Sandbox, api: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    """Nonsense from clients is not logged; an error of the sandbox's own is, as this broken clock shows."""
    with closing(socket.create_connection(("127.0.0.1", port_of(sandbox)), 10)) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 400"
    assert api.get("/v1/vouchers/ONE").status_code == 200
    assert caplog.text == ""
    broken = Sandbox(clock=iter([0.0, 1.0, 2.0]).__next__)
    with broken, httpx.Client(trust_env=False) as client:
        answer = client.get(f"{broken.base_url}/_sandbox/state")
    assert answer.status_code == 500
    assert "StopIteration" in caplog.text


def test_a_missing_extra_is_explained(tmp_path: Path) -> None:
    """Without Starlette the import says what to install."""
    (tmp_path / "starlette.py").write_text("raise ImportError('no such thing here')")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(PROJECT)])}
    result = subprocess.run(
        [sys.executable, "-c", "import voucherify_wrapper.sandbox"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "pip install 'voucherify-wrapper[sandbox]'" in result.stderr


def test_it_imports_no_client() -> None:
    """The sandbox comes without the wrapper's modules and without httpx."""
    code = (
        "import sys, voucherify_wrapper.sandbox as s\n"
        "own = (s.__name__, 'voucherify_wrapper._version')\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('httpx', 'httpcore', 'voucherify_client')"
        " or m.startswith('voucherify_wrapper.') and not m.startswith(own)])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
