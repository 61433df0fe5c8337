"""Runs in processes that are killed, against a server that is, over networks that fail."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.proxy import FaultProxy, Strike
from tests.faults.soak import Plan, Report, Server, Soak, Worker, compare, locked

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CREDENTIALS = {"VOUCHERIFY_APP_ID": "soak", "VOUCHERIFY_APP_TOKEN": "token"}


def environment(**more: str) -> dict[str, str]:
    """This process's own, with a way to the server."""
    return {**os.environ, **CREDENTIALS, "NO_PROXY": "*", **more}


def see_through(workers: list[Worker], meanwhile: Callable[[], Any] = lambda: None) -> None:
    """Start each worker again until no pair is left."""
    while not all(worker.done for worker in workers):
        for worker in workers:
            worker.look()
            assert set(worker.codes) <= {0, 1, 4}, worker.errors.read_text()
        meanwhile()
        time.sleep(0.01)


def test_a_soak_in_small(tmp_path: Path) -> None:
    """A thousand releases, a fifth of them struck, three kills and a restart: nothing is lost or made up.

    Both clients over both transports. `make soak` is the same with a hundred thousand.
    """
    plan = Plan(releases=1000, workers=4, kills=3, restarts=1, seed=7)

    report = Soak(plan, tmp_path, environment()).run()

    assert report.problems == [], f"{plan}: {report.problems}"
    assert (report.figures["kills"], report.figures["restarts of the server"]) == (3, 1)
    assert report.faults.total() > 150


def test_a_server_that_is_restarted_in_the_middle_of_a_run(tmp_path: Path) -> None:
    """Killed twice, and back on its port: the runs go on, or stop early and go on when called again.

    On a busy machine the runs may be over before this process has killed it twice. They are as right as any;
    others follow.
    """
    moments = [200, 500]
    for number in range(10):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        if restarted_at(moments, folder) == len(moments):
            return
    pytest.fail("no run took so long that the server could be killed twice")


def restarted_at(moments: list[int], folder: Path) -> int:
    """Let workers do their part, and kill the server when there are so many outcomes; how often it was."""
    pairs, kills = locked(folder, 800), 0
    with ExitStack() as stack:
        server = Server(folder, CREDENTIALS)
        stack.callback(server.kill)
        reached = environment(VOUCHERIFY_BASE_URL=f"http://127.0.0.1:{server.port}")
        workers = [Worker(number, pairs[number::4], folder, reached) for number in range(4)]
        for worker in workers:
            stack.callback(worker.end)

        def kill_the_server() -> None:
            nonlocal kills
            outcomes = sum(len(worker.outcomes()) for worker in workers)
            if outcomes < len(pairs) and outcomes > [*moments, len(pairs)][kills]:
                kills += 1
                server.kill()
                server.start()

        see_through(workers, kill_the_server)
    report = Report()
    compare(folder, workers, pairs, report)
    assert report.problems == []
    return kills


RESOLVER = """
import os, pathlib, socket
down, resolve = pathlib.Path({down!r}), socket.getaddrinfo

def is_down():
    try:
        asked = os.open(down, os.O_WRONLY | os.O_APPEND)  # which does not make it anew
    except FileNotFoundError:
        return False
    try:
        os.write(asked, b"x")
        if os.fstat(asked).st_size < {times}:
            return True
    finally:
        os.close(asked)
    down.unlink(missing_ok=True)
    return False

def getaddrinfo(host, *args, **kwargs):
    if host in ("localhost", b"localhost") and is_down():
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    return resolve(host, *args, **kwargs)

socket.getaddrinfo = getaddrinfo
"""


@pytest.mark.parametrize("number", [0, 1], ids=["sync", "async"])
def test_dns_that_fails_in_the_middle_of_a_run_and_comes_back(number: int, tmp_path: Path) -> None:
    """The run goes on, or stops early and goes on when it is called again.

    Of the default transports, whose resolver is Python's; the fast ones ask the system past it.
    """
    pairs, down = locked(tmp_path, 300), tmp_path / "down"
    (tmp_path / "sitecustomize.py").write_text(RESOLVER.format(down=str(down), times=60))

    def plan(exchange: int, _: bytes) -> Strike | None:
        if exchange == 100:
            down.touch()
        return Strike("answer", "reset") if exchange >= 100 and exchange % 3 == 0 else None

    with ExitStack() as stack:
        server = Server(tmp_path, CREDENTIALS)
        stack.callback(server.kill)
        proxy = stack.enter_context(FaultProxy(server.port, plan))
        url = f"http://localhost:{proxy.port}"
        worker = Worker(
            number, pairs, tmp_path, environment(VOUCHERIFY_BASE_URL=url, PYTHONPATH=str(tmp_path))
        )
        stack.callback(worker.end)
        see_through([worker])
    report = Report()
    compare(tmp_path, [worker], pairs, report)
    assert report.problems == []
    assert not down.exists()
