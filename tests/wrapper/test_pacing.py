"""The gate of a run, in a simulated world: a server with a quota, clients that share it, and no real time."""

from __future__ import annotations

import heapq
import math
import random
from collections import Counter
from dataclasses import dataclass, field
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from voucherify_wrapper import RateLimit
from voucherify_wrapper._pacing import Gate


@dataclass
class Server:
    """A fixed window that begins with its first request, as the sandbox has it; its clock is its own."""

    limit: int
    window: float
    clock: float
    began: float = -math.inf
    used: int = 0
    windows: int = 0
    accepted: int = 0
    refused: int = 0

    def answer(self, now: float) -> tuple[bool, RateLimit]:
        now += self.clock
        if not self.began <= now < self.began + self.window:
            self.began, self.used = now, 0
            self.windows += 1
        left = self.limit - self.used
        self.used += left > 0
        date = math.floor(now)
        if left > 0:
            self.accepted += 1
            opens = math.ceil(now if left > 1 else self.began + self.window)
            return True, RateLimit(self.limit, left - 1, opens, max(0.0, opens - date), "api_calls")
        self.refused += 1
        opens = math.ceil(self.began + self.window)
        after = max(1.0, math.ceil(self.began + self.window - now))
        return False, RateLimit(self.limit, 0, opens, after, "api_calls")


@dataclass
class World:
    """Clients with a gate each; every request takes a random time to the server, and another one back."""

    server: Server
    clients: int
    concurrency: int
    latency: float
    chance: random.Random
    max_wait: float = math.inf
    gates: list[Gate] = field(init=False)

    def run(self, seconds: float) -> None:
        self.gates = [Gate(self.max_wait) for _ in range(self.clients)]
        under_way, order, begin = Counter[int](), count(), 1000.0
        events: list[tuple[float, int, str, int, int, RateLimit | None, bool]] = []

        def go(client: int, now: float) -> None:
            gate = self.gates[client]
            while under_way[client] < self.concurrency and not gate.given_up:
                wait = gate.wait(now)
                if wait:
                    assert wait < math.inf or under_way[client], "nobody would ever wake it"
                    if wait < math.inf:
                        heapq.heappush(events, (now + wait, next(order), "wake", client, 0, None, False))
                    return
                under_way[client] += 1
                event = (now + self.trip(), next(order), "arrive", client, gate.admit(), None, False)
                heapq.heappush(events, event)

        for client in range(self.clients):
            go(client, begin)
        while events and events[0][0] < begin + seconds:
            now, _, kind, client, ticket, said, refused = heapq.heappop(events)
            if kind == "arrive":
                accepted, said = self.server.answer(now)
                event = (now + self.trip(), next(order), "return", client, ticket, said, not accepted)
                heapq.heappush(events, event)
                continue
            if kind == "return":
                under_way[client] -= 1
                self.gates[client].leave(ticket, said, now, refused=refused)
            go(client, now)

    def trip(self) -> float:
        return self.latency / 2 * self.chance.lognormvariate(0, 0.5)


worlds = st.builds(
    World,
    server=st.builds(
        Server,
        limit=st.integers(1, 2000),
        window=st.sampled_from([20.0, 60.0]),
        clock=st.floats(-1e6, 1e6),
    ),
    clients=st.just(1),
    concurrency=st.integers(1, 100),
    latency=st.floats(0.001, 0.2),
    chance=st.builds(random.Random, st.integers(0, 2**32)),
)


@settings(max_examples=60, deadline=None)
@given(world=worlds)
def test_one_process_uses_its_quota_and_is_never_refused(world: World) -> None:
    """Whatever the quota, the latency, the concurrency and the server's clock: no answer is 429.

    And one window follows the other within three seconds, of which the rounding of the headers takes two.
    """
    world.run(300)

    assert world.server.refused == 0
    possible = math.floor(300 / (world.server.window + 3 + 30 * world.latency))
    assert world.server.windows >= possible
    if world.concurrency * world.server.window > 4 * world.latency * world.server.limit:
        assert world.server.accepted >= world.server.limit * (world.server.windows - 1)


shared_worlds = st.builds(
    World,
    server=st.builds(Server, limit=st.just(2000), window=st.just(60.0), clock=st.floats(-1e6, 1e6)),
    clients=st.integers(2, 8),
    concurrency=st.integers(8, 64),
    latency=st.floats(0.001, 0.1),
    chance=st.builds(random.Random, st.integers(0, 2**32)),
)


@settings(max_examples=8, deadline=None)
@given(world=shared_worlds)
def test_processes_that_share_a_quota_converge(world: World) -> None:
    """Without talking to each other they use nine tenths of it; one answer in a hundred is 429 at most."""
    world.run(300)

    server = world.server
    assert server.accepted >= 0.9 * server.limit * 300 / server.window
    assert server.refused <= 0.01 * (server.accepted + server.refused)


def gate_after(*said: RateLimit | None, refused: bool = False, max_wait: float = 120.0) -> Gate:
    """A gate that one request after the other has passed, at 100 s."""
    gate = Gate(max_wait)
    for answer in said:
        gate.leave(gate.admit(), answer, 100.0, refused=refused)
    return gate


def test_one_request_goes_first() -> None:
    """Until the first answer nobody knows what is left; two follow each answer."""
    gate = Gate(120)
    assert gate.wait(0.0) == 0.0
    first = gate.admit()
    assert gate.wait(0.0) == math.inf
    gate.leave(first, RateLimit(100, 90), 0.1)
    assert [gate.admit() for _ in range(2) if not gate.wait(0.1)] == [1, 2]
    assert gate.wait(0.1) == math.inf


def test_a_server_that_tells_no_limits_is_not_limited() -> None:
    """Nor is one of which nothing was heard: the first failure lets the others try."""
    for said in (RateLimit(), None):
        gate = gate_after(said)
        assert [gate.admit() for _ in range(500) if not gate.wait(100.0)] == list(range(1, 501))


def test_a_refusal_by_a_server_that_tells_no_limits_slows_down_for_a_while() -> None:
    """When the wait is over one goes first, and two follow each answer; it is not one at a time for ever."""
    gate = gate_after(RateLimit())
    gate.leave(gate.admit(), RateLimit(retry_after=1.0), 100.0, refused=True)
    under_way = []
    for _ in range(4):
        while not gate.wait(101.0):
            under_way.append(gate.admit())
        assert under_way
        for ticket in under_way:
            gate.leave(ticket, RateLimit(), 101.0)
        under_way.clear()
    while len(under_way) < 16:
        assert gate.wait(101.0) == 0.0
        under_way.append(gate.admit())


def test_the_servers_own_time_is_waited_for_by_its_own_clock() -> None:
    """A local clock that is wrong does no harm, and the rounding of one date less so with a second one."""
    gate = gate_after(
        RateLimit(2, 1, retry_at=5_000.0, retry_after=1.0),
        RateLimit(2, 0, retry_at=5_020.0, retry_after=21.0),
    )
    assert gate.wait(100.0) == 21.0
    gate = gate_after(RateLimit(2, 1, retry_at=5_000.0, retry_after=1.0))
    gate.leave(gate.admit(), RateLimit(2, 0, retry_at=5_020.0, retry_after=21.0), 100.9)
    assert 20.0 < gate.wait(100.9) < 20.2


def test_an_older_answer_does_not_open_what_is_closed() -> None:
    """Answers arrive in any order; what an older one says of the time to come back is old."""
    gate = gate_after(RateLimit(9, 8))
    older, newer = gate.admit(), gate.admit()
    gate.leave(newer, RateLimit(9, 0, retry_at=60.0, retry_after=60.0), 100.0)
    gate.leave(older, RateLimit(9, 1, retry_at=1.0, retry_after=1.0), 100.0)

    assert gate.wait(100.0) == 60.0


def test_an_answer_of_a_window_that_has_passed_says_nothing() -> None:
    """A late one neither closes the gate nor lowers what is left, and nobody waits for it."""
    gate = gate_after(RateLimit(9, 8))
    late, last = gate.admit(), gate.admit()
    gate.leave(last, RateLimit(9, 0, retry_after=10.0), 100.0)
    assert gate.wait(110.0) == 0.0  # though it is still under way
    first = gate.admit()
    gate.leave(late, RateLimit(9, 0, retry_after=0.0), 110.0)
    assert gate.wait(110.0) == math.inf  # one goes first
    gate.leave(first, RateLimit(9, 8), 110.0)
    assert gate.wait(110.0) == 0.0


def test_refusals_that_were_under_way_together_count_once() -> None:
    """Whoever comes back when told is not counted as coming too often."""
    gate = gate_after(RateLimit())
    tickets = [gate.admit() for _ in range(40)]
    for ticket in tickets:
        gate.leave(ticket, RateLimit(retry_after=5.0), 100.0, refused=True)

    assert not gate.given_up
    assert gate.retry_after == 5.0
    assert gate.wait(104.0) == 1.0
    assert gate.wait(105.0) == 0.0
    gate.admit()
    assert gate.wait(105.0) == math.inf


def test_a_wait_that_is_too_long_is_not_waited_for() -> None:
    """The limit is the caller's; a quota of the billing cycle is never waited for."""
    used_up = RateLimit(100, 0, retry_after=100.0, type="api_calls")
    assert not gate_after(used_up, max_wait=100).given_up
    assert gate_after(used_up, max_wait=99).given_up
    assert gate_after(RateLimit(100, 0, retry_after=1.0, type="api_calls_cycle")).given_up


def test_a_server_that_refuses_for_ever_is_given_up() -> None:
    """Soon where it says nothing, as it does when the subscription has ended; later where it says when."""
    for said, most in ((None, 6), (RateLimit(), 6), (RateLimit(retry_after=1.0), 30)):
        gate, now, refusals = Gate(120), 0.0, 0
        while not gate.given_up:
            now += gate.wait(now)
            gate.leave(gate.admit(), said, now, refused=True)
            refusals += 1
        assert refusals == most
        assert now < 120


def test_a_success_in_between_is_no_refusal_for_ever() -> None:
    """Only refusals in a row count."""
    gate, now = Gate(120), 0.0
    for _ in range(100):
        for refused in (True, False):
            now += gate.wait(now)
            gate.leave(gate.admit(), RateLimit(retry_after=1.0), now, refused=refused)
    assert not gate.given_up
