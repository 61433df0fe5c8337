"""A soak: many releases through faults of all kinds, by workers that are killed and go on by their journals.

    make soak                         # 100,000 releases
    make soak ARGS="--releases 5000 --seed 7"

It ends by itself, with exit code 0 if nothing was lost, nothing was made up and nothing was left behind, and
1 with a list of what was. The same seed makes the same faults at the same exchanges, and the same kills; how
the workers come to be there is the machine's.
"""

from __future__ import annotations

import argparse
import collections
import json
import random
import secrets
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from tests.faults.proxy import FaultProxy, Kind, Strike
from tests.faults.worker import KINDS
from voucherify_wrapper.sandbox import Fault, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_VOUCHERS = 200
_LONGEST_REQUEST = 340
_LONGEST_ANSWER = 30
_ON_THE_WAY: tuple[Kind, ...] = ("reset", "stall", "half-close")
_AGAIN = (0, 1, 4, -signal.SIGKILL)  # exit codes of a worker that did nothing wrong
_REPORT_EVERY = 10.0  # seconds
_PATIENCE = 30.0  # seconds
_SLOW = 0.1  # seconds from byte to byte


@dataclass(frozen=True)
class Plan:
    """What a soak is made of.

    Attributes:
        releases: how many sessions are released.
        workers: how many processes share them; the two clients and the two transports in turn.
        kills: how many times one of them is killed.
        restarts: how many times the server is killed and started again.
        faults: the share of exchanges that a fault befalls.
        seed: decides which fault befalls which exchange, and when what is killed.
    """

    releases: int = 100_000
    workers: int = 4
    kills: int = 40
    restarts: int = 3
    faults: float = 0.2
    seed: int = 1


@dataclass
class Report:
    """What came of it.

    Attributes:
        problems: what should not be; empty when all is well.
        faults: how many of each kind befell exchanges.
        figures: everything else that was counted.
    """

    problems: list[str] = field(default_factory=list)
    faults: collections.Counter[str] = field(default_factory=collections.Counter)
    figures: dict[str, object] = field(default_factory=dict)

    def expect(self, what: str, found: object, wanted: object) -> None:
        """Note a problem unless the two are equal."""
        if found != wanted:
            self.problems.append(f"{what}: {found!r:.300}, not {wanted!r:.300}")


def _refusal(status: int, **more: object) -> bytes:
    return Fault(status=status, **more).answer()  # type: ignore[arg-type]


_CHUNKED = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"%s\r\n<html>unavailable</html>\r\n0\r\n\r\n"
)
_REFUSALS = {
    "500": _refusal(500),
    "502 in HTML": _refusal(502, body=b"<html>bad gateway</html>", content_type="text/html"),
    "503": _refusal(503),
    "520 without a body": _refusal(520, body=b""),
    "a damaged chunk": _CHUNKED % b"zz",
    "a chunk too short": _CHUNKED % b"ff",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n",
    "429": _refusal(429, headers=(("Retry-After", "0"),)),
}


def _chance(seed: int, number: int) -> random.Random:
    return random.Random(f"{seed} {number}")  # noqa: S311 - the same each time


def strike_for(seed: int, number: int, share: float) -> tuple[str, Strike] | None:
    """The fault that befalls an exchange, with its name; None for most."""
    chance = _chance(seed, number)
    if chance.random() >= share:
        return None
    family = chance.choice(["request", "answer", "answer", "answer", "refusal"])
    if family == "request":
        kind = chance.choice(_ON_THE_WAY)
        return f"request: {kind}", Strike("request", kind, chance.randrange(_LONGEST_REQUEST))
    if family == "answer":
        kind, at = chance.choice(get_args(Kind)), chance.randrange(_LONGEST_ANSWER)
        slow = kind == "drip" and chance.random() < 0.5
        name = f"answer: slow {kind}" if slow else f"answer: {kind}"
        return name, Strike("answer", kind, at, pause=_SLOW if slow else 0.0)
    name = chance.choice([*_REFUSALS])
    # A limit that is reached is told before anything is done.
    acts = name != "429" and chance.random() < 0.5
    return f"refused: {name}", Strike("answer", "close", 10**6, answer=_REFUSALS[name], acts=acts)


class Server:
    """The sandbox in a process of its own, which can be killed; its state outlives it."""

    def __init__(self, folder: Path, credentials: dict[str, str]) -> None:
        self._folder = folder
        self._credentials = credentials
        self.port = 0
        self.start()

    def start(self) -> None:
        """Serve; on the same port as before."""
        command = [sys.executable, "-m", "voucherify_wrapper.sandbox", "--json"]
        command += ["--state", str(self._folder / "server.sqlite"), "--port", str(self.port)]
        command += ["--app-id", self._credentials["VOUCHERIFY_APP_ID"]]
        command += ["--app-token", self._credentials["VOUCHERIFY_APP_TOKEN"]]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        url = json.loads(self._process.stdout.readline())["VOUCHERIFY_BASE_URL"]
        self.port = int(url.rpartition(":")[2])

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._process.kill()
        self._process.communicate()


class Worker:
    """A worker with its part of the pairs; started again until no pair is left."""

    def __init__(
        self, number: int, part: Sequence[tuple[str, str]], folder: Path, environment: dict[str, str]
    ) -> None:
        self.kind = KINDS[number % len(KINDS)]
        self.pairs = folder / f"pairs-{number}.csv"
        self.journal = folder / f"journal-{number}.sqlite"
        self.output = folder / f"output-{number}.jsonl"
        self.errors = folder / f"errors-{number}.txt"
        self.codes: list[int] = []
        self.kills = 0
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        lines = ["code,session_key", *(",".join(pair) for pair in part)]
        self.pairs.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @property
    def done(self) -> bool:
        """Whether no pair is left."""
        return self.codes[-1:] == [0]

    def look(self) -> None:
        """Take note of its end, and start it if there is something to do."""
        if self._process and self._process.poll() is not None:
            self.codes.append(self._process.returncode)
            self._process = None
        if self._process or self.done:
            return
        command = [sys.executable, "-W", "error", "-m", "tests.faults.worker", self.kind]
        command += map(str, (self.pairs, self.journal, self.output))
        with self.errors.open("ab") as errors:
            self._process = subprocess.Popen(command, env=self._environment, stderr=errors)

    def kill(self) -> bool:
        """Kill it, if it runs."""
        process = self._process
        if process is None or process.poll() is not None:
            return False
        process.kill()
        self.kills += 1
        return True

    def end(self) -> None:
        """Do not leave it behind."""
        if self._process:
            self._process.kill()
            self._process.wait()

    def outcomes(self) -> list[dict[str, object]]:
        """What it has written so far; without lines that a kill has cut, whose outcomes come again."""
        lines = self.output.read_text(encoding="utf-8").splitlines() if self.output.exists() else []
        return [json.loads(line) for line in lines if line.endswith("}")]


def locked(folder: Path, releases: int) -> list[tuple[str, str]]:
    """Lock so many sessions in the state that a server in this folder will have."""
    vouchers: dict[str, int | None] = {f"voucher {number}": None for number in range(_VOUCHERS)}
    sandbox, codes = Sandbox(vouchers=vouchers, state=folder / "server.sqlite"), [*vouchers]
    pairs = [(code := codes[number % _VOUCHERS], sandbox.lock(code)) for number in range(releases)]
    sandbox.stop()
    return pairs


class Soak:
    """One soak.

    Args:
        plan: what it is made of.
        folder: where its files go.
        environment: of the processes.
    """

    def __init__(self, plan: Plan, folder: Path, environment: dict[str, str]) -> None:
        self.report = Report()
        self._plan = plan
        self._folder = folder
        chance = _chance(plan.seed, -1)
        # Exchanges are a little more than releases, so each of these comes.
        moments = chance.sample(range(plan.releases), plan.kills + plan.restarts)
        self._kills = sorted(moments[: plan.kills])
        self._restarts = sorted(moments[plan.kills :])
        self._mutex = threading.Lock()
        self._pairs = locked(folder, plan.releases)
        self._credentials = {"VOUCHERIFY_APP_ID": "soak", "VOUCHERIFY_APP_TOKEN": secrets.token_hex(16)}
        self._environment = {**environment, **self._credentials, "NO_PROXY": "*"}

    def run(self) -> Report:
        """Let it all happen, and compare."""
        began = time.monotonic()
        with ExitStack() as stack:
            self._server = Server(self._folder, self._credentials)
            stack.callback(self._server.kill)
            proxy = stack.enter_context(FaultProxy(self._server.port, self._planned))
            self._workers = list(self._hired(proxy.url))
            for worker in self._workers:
                stack.callback(worker.end)
            self._see_through(proxy, began)
            self._wait_for_the_end_of_all(proxy)
            self.report.expect("connections open at the proxy", proxy.connections, 0)
            self.report.figures["exchanges"] = proxy.exchanges
        self.report.figures["seconds"] = round(time.monotonic() - began, 1)
        self.report.figures["restarts of the server"] = self._plan.restarts - len(self._restarts)
        compare(self._folder, self._workers, self._pairs, self.report)
        return self.report

    def _hired(self, url: str) -> Iterator[Worker]:
        environment = {**self._environment, "VOUCHERIFY_BASE_URL": url}
        for number in range(self._plan.workers):
            yield Worker(number, self._pairs[number :: self._plan.workers], self._folder, environment)

    def _planned(self, number: int, _: bytes) -> Strike | None:
        if self._kills and number >= self._kills[0]:
            with self._mutex:
                self._kill_one(number)
        found = strike_for(self._plan.seed, number, self._plan.faults)
        if found is None:
            return None
        with self._mutex:
            self.report.faults[found[0]] += 1
        return found[1]

    def _kill_one(self, number: int) -> None:
        if not self._kills or number < self._kills[0]:
            return  # another exchange has done it
        workers = [*self._workers]
        _chance(self._plan.seed, -2 - self._kills[0]).shuffle(workers)
        if any(worker.kill() for worker in workers):
            del self._kills[0]

    def _see_through(self, proxy: FaultProxy, began: float) -> None:
        told = began
        while not all(worker.done for worker in self._workers):
            for worker in self._workers:
                with self._mutex:
                    worker.look()
                bad = [code for code in worker.codes if code not in _AGAIN]
                if bad:
                    self.report.problems.append(f"worker ended with {bad[0]}: {worker.kind}")
                    return
            if self._restarts and proxy.exchanges >= self._restarts[0]:
                del self._restarts[0]
                self._server.kill()
                self._server.start()
            if time.monotonic() - told > _REPORT_EVERY:
                told = time.monotonic()
                _say(f"{told - began:6.0f} s: {proxy.exchanges} exchanges")
            time.sleep(0.02)

    @staticmethod
    def _wait_for_the_end_of_all(proxy: FaultProxy) -> None:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and proxy.connections:
            time.sleep(0.01)


def compare(
    folder: Path, workers: Sequence[Worker], pairs: Sequence[tuple[str, str]], report: Report
) -> None:
    """Hold the server's record, the journals and the outcomes against each other.

    Args:
        folder: where the server's state is.
        workers: all of them, at their end.
        pairs: what they were to release.
        report: where to note what differs.
    """
    wanted, told = sorted(pairs), [row for worker in workers for row in worker.outcomes()]
    with closing(sqlite3.connect(folder / "server.sqlite")) as database:
        released = sorted(database.execute("SELECT code, key FROM released"))
        report.expect("sessions open", [*database.execute("SELECT count(*) FROM sessions")], [(0,)])
    report.expect("each released once at the server", released == wanted, wanted=True)
    report.expect("each released in a journal", sorted(_journaled(workers)) == wanted, wanted=True)
    done = [(row["code"], row["session_key"]) for row in told if row["status"] == "released"]
    report.expect("each told as released", sorted(set(done)) == wanted, wanted=True)
    report.expect("other outcomes", {row["status"] for row in told} - {"released", "failed"}, set())
    repeated, kills = len(done) - len(set(done)), sum(worker.kills for worker in workers)
    report.expect("more told again than kills", repeated > kills, wanted=False)
    for worker in workers:
        report.expect("said on standard error", worker.errors.read_text(encoding="utf-8"), "")
    report.figures |= {
        "kills": kills,
        "runs": sum(len(worker.codes) for worker in workers),
        "outcomes": len(told),
        "of them told again after a kill": repeated,
        "of them failed, and tried again": sum(row["status"] == "failed" for row in told),
        "of them not confirmed": sum(not row["confirmed"] for row in told),
        "retries": sum(max(int(str(row["attempts"])) - 1, 0) for row in told),
        "mismatches": len(report.problems),
    }


def _journaled(workers: Sequence[Worker]) -> Iterator[tuple[str, str]]:
    for worker in workers:
        with closing(sqlite3.connect(worker.journal)) as database:
            yield from database.execute("SELECT code, session_key FROM pairs WHERE status = 'released'")


def _say(*lines: str) -> None:
    for line in lines:
        print(line, flush=True)  # noqa: T201 - a command prints


def main(arguments: Sequence[str] | None = None) -> int:
    """Soak, and tell."""
    parser = argparse.ArgumentParser(prog="soak", description=(__doc__ or "").partition("\n")[0])
    for name, value in vars(Plan()).items():
        parser.add_argument(f"--{name}", type=type(value), default=value, help="%(default)s")
    plan = Plan(**vars(parser.parse_args(arguments)))
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that no process is left behind
    with tempfile.TemporaryDirectory() as folder:
        report = Soak(plan, Path(folder), {}).run()
    counts = [*sorted(report.faults.items()), ("faults in all", report.faults.total())]
    _say(f"\n{plan}\n", *(f"{name:36}{count:>10}" for name, count in counts), "")
    _say(*(f"{figure:36}{number!s:>10}" for figure, number in report.figures.items()))
    _say(*(f"PROBLEM {problem}" for problem in report.problems))
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
