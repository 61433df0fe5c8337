"""Compare releases with the vendor's SDK and others, and write the figures into docs/benchmarks.md.

`make bench`, or `python -m benchmarks.releases --peers PYTHON [--quick]`

PYTHON is that of an environment with the peers, and with this project. All of them run side by side: each in
a process of its own, in turn, for a slice of time, round after round, against one nginx. Of each round the
ratio is taken, so that what else the machine does hits both; the figure is the ratios' median.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.contender import APP_ID, APP_TOKEN, WINDOWS
from benchmarks.loopback import Loopback, serving, tool
from scripts.command import FailedError, UnusableInputError, run
from voucherify_wrapper.sandbox import RateLimit, Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "benchmarks.md"
CONTENDER = Path(__file__).with_name("contender.py")
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
IN_FLIGHT = 64
NAMES = {
    "vendor": "vendor's SDK",
    "wrapper": "default",
    "fast": "`[fast]`",
    "generated": "generated client, stock httpx",
    "httpx": "raw httpx",
    "aiohttp": "raw aiohttp",
    "pyreqwest": "pyreqwest alone",
    "threads": "default, threads",
    "threads-fast": "`[fast]`, threads",
    "tasks": "default, tasks",
    "tasks-fast": "`[fast]`, tasks",
    "quota": "default",
    "quota-fast": "`[fast]`",
    "wrk": "wrk",
}

_WRK_SCRIPT = """
local number = 0
request = function()
  number = number + 1
  local path = "/v1/vouchers/code-" .. number .. "/sessions/ssn_yQGMTeKBSw8OOuPPwlEEjOGzVZ9QZoZk"
  return wrk.format("DELETE", path)
end
"""
_ONE_RELEASE = {
    "vendor": """
import voucherify
configuration = voucherify.Configuration(host={url!r})
configuration.api_key.update({{"X-App-Id": "benchmark-id", "X-App-Token": "benchmark-token"}})
voucherify.VouchersApi(voucherify.ApiClient(configuration)).release_validation_session("code", "ssn_key")
""",
    "wrapper": """
from voucherify_wrapper import ApiKey, Voucherify
with Voucherify(ApiKey("benchmark-id", "benchmark-token"), base_url={url!r}) as voucherify:
    voucherify.release_validation_session("code", "ssn_key")
""",
    "fast": """
from voucherify_wrapper import ApiKey, Voucherify
with Voucherify(ApiKey("benchmark-id", "benchmark-token"), base_url={url!r}, transport="fast") as voucherify:
    voucherify.release_validation_session("code", "ssn_key")
""",
}
"""Programs that release one session and end."""
_MANY_RELEASES = """
import tempfile
from voucherify_wrapper import ApiKey, Voucherify
pairs = ((f"code-{{number}}", "ssn_yQGMTeKBSw8OOuPPwlEEjOGzVZ9QZoZk") for number in range({pairs}))
client = Voucherify(ApiKey("benchmark-id", "benchmark-token"), base_url={url!r}, transport="fast")
with tempfile.TemporaryDirectory() as folder, client:
    outcomes = client.release_many(pairs, concurrency=64, journal=folder + "/run.sqlite")
    assert sum(outcome.ok for outcome in outcomes) == {pairs}
"""
"""A program that releases many."""
FEW, MANY = 10_000, 1_000_000
QUOTA = 2_000
SHARING = 4
"""Processes that share a quota."""
_WINDOW = 60.0  # seconds; the vendor's, and the sandbox's


def say(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Slice:
    """What a contender did in one slice of time.

    Attributes:
        calls: How many sessions it released.
        seconds: In what time.
        cpu: At what CPU time of its process, in seconds.
    """

    calls: int
    seconds: float
    cpu: float

    @property
    def rate(self) -> float:
        """Releases in a second."""
        return self.calls / self.seconds

    @property
    def cost(self) -> float:
        """Microseconds of CPU time for one release."""
        return 1e6 * self.cpu / self.calls


class Contender:
    """A client in a process of its own, which works when it is told to."""

    def __init__(self, python: Path, name: str, url: str, in_flight: int, versions: dict[str, str]) -> None:
        self._child = subprocess.Popen(  # noqa: S603
            [python, CONTENDER, name, url, str(in_flight)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        self.name = name
        said = self.end()
        versions |= said["versions"] | {"Python": said["python"]}

    def begin(self, seconds: float) -> None:
        """Let it begin, for so long."""
        print(seconds, file=self._child.stdin, flush=True)

    def end(self) -> dict[str, Any]:
        """Read what it has to say."""
        line = self._child.stdout.readline() if self._child.stdout else ""
        if not line:
            raise FailedError(f"The contender {self.name!r} ended; what it said stands above.")
        said: dict[str, Any] = json.loads(line)
        return said

    def work(self, seconds: float) -> Slice:
        """Let it release for so long."""
        self.begin(seconds)
        return Slice(**self.end())

    def stop(self) -> None:
        """End it."""
        self._child.communicate()


class Wrk:
    """A load generator in C, as the bound of what the server can do."""

    name = "wrk"

    def __init__(self, url: str, in_flight: int, script: Path) -> None:
        options = ["--threads", "1", "--connections", str(in_flight), "--script", str(script)]
        self._command = [tool("wrk", "wrk"), *options, url]

    def work(self, seconds: float) -> Slice:
        """Let it send for so long; it takes whole seconds."""
        whole = max(1, round(seconds))
        done = subprocess.run(  # noqa: S603
            [*self._command, "--duration", f"{whole}s"], capture_output=True, text=True, check=True
        )
        rate = re.search(r"Requests/sec: +([0-9.]+)", done.stdout)
        if rate is None or "Non-2xx" in done.stdout:
            raise FailedError(f"wrk failed: {done.stdout}")
        return Slice(round(float(rate[1]) * whole), float(whole), 0.0)

    def stop(self) -> None:
        """Do nothing: each slice is a process."""


@dataclass
class Figures:
    """What was measured.

    Attributes:
        rows: The table, row by row.
        versions: What took part.
    """

    rows: list[str] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)

    def add(self, measure: str, ours: str, ratios: Sequence[float], goal: str, absolute: str) -> None:
        """Add a row, and show it."""
        median = statistics.median(ratios)
        low, high = _middle_half(ratios)
        bound = float(goal[1:]) if goal else 0.0
        met = "" if not goal else " ✓" if (median <= bound if goal[0] == "≤" else median >= bound) else " ✗"
        digits = 3 if median < 0.1 else 2  # noqa: PLR2004
        cells = [
            measure,
            NAMES.get(ours, ours),
            f"**{median:.{digits}f}**",
            f"{low:.{digits}f} to {high:.{digits}f}",
            goal[0] + " " + goal[1:] + met if goal else "",
            absolute,
        ]
        self.rows.append("| " + " | ".join(cells) + " |")
        say(self.rows[-1])


def _middle_half(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:  # noqa: PLR2004 - no quartiles of one
        return values[0], values[0]
    quartiles = statistics.quantiles(values, n=4, method="inclusive")
    return quartiles[0], quartiles[2]


@contextmanager
def contest(
    options: argparse.Namespace, figures: Figures, url: str, in_flight: int, names: Sequence[str]
) -> Iterator[list[Contender | Wrk]]:
    """Start contenders, and stop them at the end."""
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "release.lua")
        script.write_text(_WRK_SCRIPT, encoding="utf-8")
        contenders: list[Contender | Wrk] = []
        for name in names:
            contender: Contender | Wrk = (
                Wrk(url, in_flight, script)
                if name == "wrk"
                else Contender(options.peers, name, url, in_flight, figures.versions)
            )
            stack.callback(contender.stop)
            contenders.append(contender)
        yield contenders


def rounds_of(contenders: Sequence[Contender | Wrk], rounds: int, seconds: float) -> dict[str, list[Slice]]:
    """Let them work in turn; who comes first changes from round to round."""
    slices: dict[str, list[Slice]] = {contender.name: [] for contender in contenders}
    for number in range(rounds):
        first = number % len(contenders)
        for contender in [*contenders[first:], *contenders[:first]]:
            slices[contender.name].append(contender.work(seconds))
    return slices


def ratios_of(ours: list[Slice], peers: list[Slice], measure: Callable[[Slice], float]) -> list[float]:
    """Round by round, what ours is to the peer's."""
    return [measure(own) / measure(peer) for own, peer in zip(ours, peers, strict=True)]


def _absolute(slices: dict[str, list[Slice]], measure: Callable[[Slice], float], unit: str) -> str:
    found = {name: statistics.median(map(measure, own)) for name, own in slices.items()}
    return ", ".join(f"{NAMES[name]} {value:,.0f}" for name, value in found.items()) + f" {unit}"


@contextmanager
def _on_one_processor(server: Loopback, *, pinned: bool) -> Iterator[None]:
    """Put the server, and the contenders that are started meanwhile, on one processor."""
    free = os.sched_getaffinity(0)
    if pinned:
        for pid in (0, server.pid):
            os.sched_setaffinity(pid, {min(free)})
    try:
        yield
    finally:
        for pid in (0, server.pid):
            os.sched_setaffinity(pid, free)


def one_after_another(options: argparse.Namespace, figures: Figures, server: Loopback) -> None:
    """Measure the CPU time of a release, with client and server on one processor, and placed freely."""
    names = ["vendor", "wrapper", "fast", "generated", "httpx"]
    for pinned in (True, False):
        where = "one processor" if pinned else "placed freely"
        with (
            _on_one_processor(server, pinned=pinned),
            contest(options, figures, server.url, 0, names) as contenders,
        ):
            slices = rounds_of(contenders, options.rounds, options.seconds)
        cost = _absolute(slices, lambda one: one.cost, "µs")
        rate = _absolute(slices, lambda one: one.rate, "a second")
        for ours, goal in (("wrapper", "≤1.0"), ("fast", "≤0.65")):
            ratios = ratios_of(slices[ours], slices["vendor"], lambda one: one.cost)
            title = f"one after another, {where}: CPU time ÷ vendor's SDK"
            figures.add(title, ours, ratios, goal, cost)
        for ours in ("wrapper", "fast"):
            ratios = ratios_of(slices[ours], slices["vendor"], lambda one: one.rate)
            figures.add(f"one after another, {where}: releases ÷ vendor's SDK", ours, ratios, "", rate)


def in_flight(options: argparse.Namespace, figures: Figures, server: Loopback) -> None:
    """Measure how many releases a second asyncio makes with many at once."""
    names = ["aiohttp", "wrapper", "fast", "pyreqwest", "generated", "httpx"]
    with contest(options, figures, server.url, IN_FLIGHT, names) as contenders:
        slices = rounds_of(contenders, options.rounds, 2 * options.seconds)
    rate = _absolute(slices, lambda one: one.rate, "a second")
    for ours, peer, goal in (
        ("wrapper", "aiohttp", ""),
        ("fast", "aiohttp", "≥0.7"),
        ("pyreqwest", "aiohttp", ""),
        ("wrapper", "generated", "≥3"),
        ("fast", "generated", "≥10"),
    ):
        ratios = ratios_of(slices[ours], slices[peer], lambda one: one.rate)
        figures.add(f"{IN_FLIGHT} in flight: releases ÷ {NAMES[peer]}", ours, ratios, goal, rate)


def many(options: argparse.Namespace, figures: Figures, server: Loopback) -> None:
    """Measure runs of many releases, each with a journal of its own, as their outcomes come."""
    names = ["aiohttp", "threads", "threads-fast", "tasks", "tasks-fast"]
    with contest(options, figures, server.url, IN_FLIGHT, names) as contenders:
        slices = rounds_of(contenders, options.rounds, 2 * options.seconds)
    rate = _absolute(slices, lambda one: one.rate, "a second")
    for ours in names[1:]:
        ratios = ratios_of(slices[ours], slices["aiohttp"], lambda one: one.rate)
        goal = "≥0.5" if "fast" in ours else ""
        title = f"`release_many` with a journal, {IN_FLIGHT} in flight: releases ÷ raw aiohttp"
        figures.add(title, ours, ratios, goal, rate)


def in_a_quota(options: argparse.Namespace, figures: Figures, _: Loopback) -> None:
    """Measure how much of a quota is used, by one process and by several that share it.

    The quota is a real one, of a minute, and the time goes from the first call until the third window has
    opened: a second in which nobody noticed that a window had opened is lost. All teams wait for their
    windows at the same time, each with a server of its own.
    """
    names = ("quota", "quota-fast")
    with ExitStack() as stack:
        teams: dict[tuple[int, str], list[Contender]] = {}
        for team in [(size, name) for size in (1, SHARING) for name in names]:
            limit = RateLimit(QUOTA)
            sandbox = Sandbox(rate_limit=limit, app_id=APP_ID, app_token=APP_TOKEN, keep_requests=0)
            url = stack.enter_context(sandbox).base_url
            teams[team] = [Contender(options.peers, team[1], url, 0, {}) for _ in range(team[0])]
        members = [contender for team in teams.values() for contender in team]
        for contender in members:
            stack.callback(contender.stop)
            contender.begin(_WINDOW * (WINDOWS + 1))
        told = {team: [contender.end() for contender in own] for team, own in teams.items()}
    for (size, name), runs in told.items():
        calls, refused = (sum(run[kind] for run in runs) for kind in ("calls", "refused"))
        seconds = min(run["ended"] for run in runs) - min(run["began"] for run in runs)
        used, part_refused = calls / (QUOTA * seconds / _WINDOW), refused / (calls + refused)
        alone = size == 1
        title = f"quota of {QUOTA:,} a minute, {'one process' if alone else f'{size} processes'}"
        absolute = f"{calls:,} calls in {seconds:.1f} s, {refused} answers with 429"
        figures.add(f"{title}: part used", name, [used], "≥0.97" if alone else "≥0.9", absolute)
        figures.add(f"{title}: part refused", name, [part_refused], "≤0" if alone else "≤0.01", absolute)


def memory_of_many(options: argparse.Namespace, figures: Figures, server: Loopback) -> None:
    """Measure whether memory grows with the input."""
    runs = []
    for pairs in (FEW, MANY):
        runs.append(process(options.peers, _MANY_RELEASES.format(url=server.url, pairs=pairs)))
        say(f"  {pairs:,} pairs: {runs[-1].memory:.0f} MiB, {runs[-1].seconds:.0f} s")
    title = f"`release_many` with a journal: peak memory of {MANY:,} pairs ÷ {FEW:,}"
    absolute = f"{runs[0].memory:.0f}, {runs[1].memory:.0f} MiB"
    figures.add(title, "threads-fast", [runs[1].memory / runs[0].memory], "≤1.2", absolute)


def slow_server(options: argparse.Namespace, figures: Figures, server: Loopback) -> None:
    """Measure the same against a server that takes its time, as one far away does."""
    names = ["wrk", "aiohttp", "wrapper", "fast"]
    with contest(options, figures, server.slow_url, IN_FLIGHT, names) as contenders:
        slices = rounds_of(contenders, options.rounds, max(1.0, options.seconds))
    rate = _absolute(slices, lambda one: one.rate, "a second")
    for ours, goal in (("wrapper", "≥0.5"), ("fast", "≥0.95")):
        ratios = ratios_of(slices[ours], slices["wrk"], lambda one: one.rate)
        figures.add(f"{IN_FLIGHT} in flight, server takes 20 ms: releases ÷ wrk", ours, ratios, goal, rate)


@dataclass(frozen=True)
class Process:
    """A process from start to end.

    Attributes:
        seconds: How long it took.
        memory: The most memory that it had, in MiB.
    """

    seconds: float
    memory: float


def process(python: Path, program: str) -> Process:
    """Run a program to its end."""
    # Users' Pythons keep compiled modules.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    child = subprocess.Popen([python, "-c", program], env=environment)  # noqa: S603 - the programs above
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise FailedError(f"The program ended with {child.returncode}: {program}")
    return Process(seconds, usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024))


def whole_processes(options: argparse.Namespace, figures: Figures, server: Loopback) -> None:
    """Measure a process that releases one session, and one that imports only."""
    programs = {name: text.format(url=server.url) for name, text in _ONE_RELEASE.items()}
    programs |= {"python": "pass", "import": "import voucherify_wrapper"}
    for program in programs.values():
        process(options.peers, program)  # compiles its modules
    found: dict[str, list[Process]] = {name: [] for name in programs}
    for _ in range(options.rounds):
        for name, program in programs.items():
            found[name].append(process(options.peers, program))
    for title, measure, unit, goal in (
        ("process with one release: time ÷ vendor's SDK", _milliseconds, "ms", "≤0.07"),
        ("process with one release: peak memory ÷ vendor's SDK", _memory, "MiB", "≤0.4"),
    ):
        compared = {name: found[name] for name in _ONE_RELEASE}
        medians = {name: statistics.median(map(measure, runs)) for name, runs in compared.items()}
        absolute = ", ".join(f"{NAMES[name]} {value:,.0f}" for name, value in medians.items()) + f" {unit}"
        for ours in ("wrapper", "fast"):
            pairs = zip(found[ours], found["vendor"], strict=True)
            figures.add(title, ours, [measure(own) / measure(peer) for own, peer in pairs], goal, absolute)
    pairs = zip(found["import"], found["python"], strict=True)
    bare = statistics.median(map(_milliseconds, found["python"]))
    more = [_milliseconds(own) - _milliseconds(other) for own, other in pairs]
    title = "`import voucherify_wrapper`, ms over bare Python"
    figures.add(title, "both", more, "≤25", f"bare Python {bare:.0f} ms")


def _milliseconds(one: Process) -> float:
    return 1000 * one.seconds


def _memory(one: Process) -> float:
    return one.memory


def machine(figures: Figures, server: Loopback, load: float) -> str:
    """Say what it was measured with."""
    processor = platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        lines = information.read_text(encoding="utf-8", errors="replace").splitlines()
        processor = next(
            (line.partition(": ")[2] for line in lines if line.startswith("model name")), processor
        )
    parts = ", ".join(f"{name} {version}" for name, version in sorted(figures.versions.items()))
    return (
        f"{parts}; {server.version}; {platform.system()}, {os.cpu_count()} cores of {processor}, "
        f"load {load:.1f} when it began."
    )


def write(figures: Figures, page: Path, head: str) -> None:
    """Put the figures between the page's marks."""
    before, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise FailedError(f"{page} lacks the marks {BEGIN} and {END}.")
    table = ["| measure | of | median | middle half | goal | medians of each |", "|---|---|---|---|---|---|"]
    lines = [BEGIN, head, "", *table, *figures.rows, END]
    page.write_text(before + "\n".join(lines) + after, encoding="utf-8")


PARTS: dict[str, Callable[[argparse.Namespace, Figures, Loopback], None]] = {
    "sync": one_after_another,
    "async": in_flight,
    "many": many,
    "slow": slow_server,
    "process": whole_processes,
    "quota": in_a_quota,
    "memory": memory_of_many,
}
_OF_MINUTES = ("quota", "memory")
"""The parts that take minutes, however few the rounds are."""


def main() -> int:
    """Measure all there is."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.releases", description="Compare with the vendor's SDK and others."
    )
    parser.add_argument("--peers", type=Path, required=True, help="the Python of the peers' environment")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page of the figures")
    parser.add_argument("--rounds", type=int, default=15, help="how often each works")
    parser.add_argument("--seconds", type=float, default=1.0, help="how long each works at a time")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure a part, and write no page")
    parser.add_argument("--quick", action="store_true", help="a rough look in a minute; writes no page")
    options = parser.parse_args()
    if not options.peers.exists():
        raise UnusableInputError(f"There is no {options.peers}; `make bench` makes the peers' environment.")
    if options.quick:
        options.rounds, options.seconds = 3, 0.5
    load = os.getloadavg()[0]
    figures = Figures()
    with serving() as server:
        parts = [name for name in PARTS if not (options.quick and name in _OF_MINUTES)]
        for name in options.only or parts:
            PARTS[name](options, figures, server)
        head = f"Measured with {machine(figures, server, load)} {options.rounds} rounds."
    if options.only or options.quick:
        print(head)
        return 0
    write(figures, options.page, head)
    print(f"{options.page}: {len(figures.rows)} rows.")
    return 0


if __name__ == "__main__":
    sys.exit(run("bench", main))
