"""Whether a request is sent again, and when: decided without a network, a clock or chance."""

from __future__ import annotations

import pickle
import random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from attrs import define, field
from hypothesis import given, settings
from hypothesis import strategies as st

from voucherify_wrapper import ApiKey, ConfigurationError, RequestError, Retries, Timeout, VoucherifyError
from voucherify_wrapper._answers import Answer
from voucherify_wrapper._attempts import Limits
from voucherify_wrapper._calls import Call, steps_of
from voucherify_wrapper._foreign import error_from_foreign
from voucherify_wrapper._incoming import Head
from voucherify_wrapper._policies import decided_wait, retries_of
from voucherify_wrapper._requests import Pause, Send, build_request
from voucherify_wrapper._secrets import Redactor
from voucherify_wrapper._signing import Signer

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOST = "https://api.example"
WORTH_IT = {429, 500, 502, 503, 504, *range(520, 528)}
NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
BROKEN = (httpx.ReadError, httpx.WriteError, httpx.CloseError, httpx.ReadTimeout, httpx.RemoteProtocolError)
LASTING = (
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.DecodingError,
    httpx.InvalidURL,
    KeyError,
)
SEPTEMBER = "Tue, 01 Sep 2026 10:00:00 GMT"


@define
class Told:
    """What an attempt will end with: an answer, or the exception that comes in its place.

    Attributes:
        what: the status, or the exception's class.
        took: how many seconds it takes.
        asked: for how many seconds the answer asks to wait.
        by_date: whether it asks with a date, by a clock that is years from ours.
    """

    what: int | type[Exception]
    took: float = 0.0
    asked: int | None = None
    by_date: bool = False

    def headers(self) -> dict[str, str]:
        if self.asked is None:
            return {}
        if not self.by_date:
            return {"Retry-After": str(self.asked)}
        hours, seconds = divmod(self.asked, 3600)
        at = f"Tue, 01 Sep 2026 {10 + hours:02}:{seconds // 60:02}:{seconds % 60:02} GMT"
        return {"Date": SEPTEMBER, "Retry-After": at}


@define
class Story:
    """How a call went: its sends as (when, the limit of it), its pauses as (when, how long), and its end."""

    sends: list[tuple[float, float]] = field(factory=list)
    pauses: list[tuple[float, float]] = field(factory=list)
    ended: float = 0.0
    answer: Answer | None = None
    error: VoucherifyError | None = None


def story_of(
    told: Sequence[Told],
    *,
    method: str = "DELETE",
    retries: Any = None,
    timeout: Timeout | None = None,
    overhead: float = 0.0,
) -> Story:
    """Let a call happen on a clock of the test's own; the last outcome stays for further attempts."""
    story, now, timeout = Story(), 0.0, timeout or Timeout()
    request = build_request(HOST, method, "/v1/things", headers={})
    limits = Limits(timeout, retries, lambda: timeout.total - now)
    steps = steps_of(Call(timeout, retries), request, Signer(ApiKey("id", "token"), HOST), limits)
    outcome: Any = None
    try:
        step = next(steps)
        while True:
            if isinstance(step, Pause):
                story.pauses.append((now, step.seconds))
                now += step.seconds + overhead
                step = steps.send(None)
                continue
            assert isinstance(step, Send)
            left = timeout.total - now
            if left <= 0:
                step = steps.send(not_sent(step))
                continue
            limit = min(step.timeout, left)
            story.sends.append((now, limit))
            next_up = told[min(len(story.sends), len(told)) - 1]
            now += min(next_up.took, limit)
            outcome = outcome_of(next_up if next_up.took < limit else Told(httpx.ReadTimeout), step)
            step = steps.send(outcome)
    except StopIteration as done:
        story.answer = done.value
    except VoucherifyError as error:
        story.error = error
    story.ended = now
    return story


def not_sent(step: Send) -> RequestError:
    error = error_of(httpx.ReadTimeout("late"), step)
    error.attempts -= 1
    return error


def outcome_of(told: Told, step: Send) -> Answer | RequestError:
    if not isinstance(told.what, int):
        return error_of(told.what("told"), step)
    head = Head(told.what, httpx.Headers(told.headers()).raw)
    return Answer(head, b"", request=step.request, attempts=step.attempt, redactor=Redactor(()))


def error_of(error: Exception, step: Send) -> RequestError:
    return error_from_foreign(
        error,
        outer=None,
        method=step.request.method,
        url=str(step.request.url),
        attempts=step.attempt,
        redactor=Redactor(()),
    )


def worth_it(told: Told, method: str) -> bool:
    """What the README says, in other words than the code does."""
    if method == "POST":
        return told.what == 429 or told.what in NOTHING_SENT
    return told.what in WORTH_IT or told.what in NOTHING_SENT or told.what in BROKEN


outcomes = st.builds(
    Told,
    st.integers(200, 599).filter(lambda status: status not in range(205, 400))
    | st.sampled_from(sorted(WORTH_IT))
    | st.sampled_from([*NOTHING_SENT, *BROKEN, *LASTING]),
    st.floats(0, 6) | st.just(1000.0),
    st.none() | st.integers(0, 90),
    st.booleans(),
)
policies = st.builds(
    Retries,
    st.integers(1, 6),
    base=st.floats(0, 3),
    cap=st.floats(0, 10),
    retry_after_cap=st.floats(0, 90),
    random=st.floats(0, 1, exclude_max=True).map(lambda number: lambda: number),
)


@settings(max_examples=600)
@given(
    told=st.lists(outcomes, min_size=1, max_size=7),
    method=st.sampled_from(["DELETE", "GET", "HEAD", "OPTIONS", "POST"]),
    policy=policies,
    total=st.floats(1, 200),
)
def test_every_history_is_decided_as_the_readme_says(
    told: list[Told], method: str, policy: Retries, total: float
) -> None:
    """Never more attempts than allowed, never past the deadline, never what must not be repeated, no less.

    A model of the rules, written apart from the code, goes through the same history.
    """
    story = story_of(told, method=method, retries=policy, timeout=Timeout(total=total))

    assert story.ended <= total * (1 + 1e-9)
    assert len(story.sends) <= policy.times + 1
    for number, (at, limit) in enumerate(story.sends):
        one = told[min(number, len(told) - 1)]
        late = one.took >= limit
        end = at + min(one.took, limit)
        one = Told(httpx.ReadTimeout) if late else one
        if one.what in (200, 201, 202, 203, 204):
            assert story.answer is not None
            assert number == len(story.sends) - 1
            return
        asked = float(one.asked or 0) if isinstance(one.what, int) else 0.0
        backoff = min(policy.cap, policy.base * 2**number) * policy.random()
        repeated = (
            worth_it(one, method)
            and number < policy.times
            and asked <= policy.retry_after_cap
            and asked + backoff < total - end
        )
        if repeated:
            assert story.pauses[number] == pytest.approx((end, asked + backoff))
            assert number + 1 < len(story.sends)
        else:
            assert number == len(story.sends) - 1
            assert isinstance(story.error, RequestError)
            assert getattr(story.error, "status", None) == (one.what if isinstance(one.what, int) else None)
            assert story.error.attempts == number + 1
    assert story.answer is None


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 406, 409, 415, 423, 501, 505, 528, 599])
@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_what_stays_wrong_is_never_sent_again(status: int, method: str) -> None:
    """A refusal that another attempt would not change, duplicates (409) and locks (423) among them."""
    story = story_of([Told(status, asked=1)], method=method, retries=Retries(5))

    assert len(story.sends) == 1
    assert story.error is not None
    assert "tried" not in str(story.error)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize("what", [500, 503, 520, *BROKEN])
def test_what_may_have_acted_is_not_done_twice(method: str, what: Any) -> None:
    """A request that changes something is not repeated when its first attempt may have arrived."""
    assert len(story_of([Told(what)], method=method, retries=Retries(5)).sends) == 1


@pytest.mark.parametrize("what", [429, *NOTHING_SENT])
def test_what_certainly_did_nothing_is_sent_again(what: Any) -> None:
    """A POST is repeated where it was refused for the limit, or where nothing of it was sent."""
    story = story_of([Told(what), Told(200)], method="POST", retries=Retries())

    assert len(story.sends) == 2
    assert story.answer is not None


@given(st.lists(st.floats(0, 1, exclude_max=True), min_size=3, max_size=3))
def test_the_default_waits_are_half_a_second_doubling_to_eight(chances: list[float]) -> None:
    """Three retries with full jitter: the waits are anywhere between nothing and 0.5, 1 and 2 seconds."""
    drawn = iter(chances)
    story = story_of([Told(500)], retries=Retries(random=lambda: next(drawn)))

    assert [seconds for _, seconds in story.pauses] == pytest.approx(
        [chance * bound for chance, bound in zip(chances, (0.5, 1, 2), strict=True)]
    )
    longest = story_of([Told(500)], retries=Retries(99, random=lambda: 1.0), timeout=Timeout(total=3600))
    assert [seconds for _, seconds in longest.pauses][:7] == [0.5, 1, 2, 4, 8, 8, 8]
    assert len(longest.sends) == 100


def test_a_wait_that_does_not_fit_is_not_begun() -> None:
    """The last real failure is raised at once, and says so; not a timeout after sleeping."""
    story = story_of([Told(503, took=9, asked=10)], retries=Retries(), timeout=Timeout(total=15))

    assert story.pauses == []
    assert story.ended == 9
    assert getattr(story.error, "status", None) == 503
    assert str(story.error).endswith("That was attempt 1, and no time was left for another.")


def test_a_wait_that_ends_too_late_raises_the_failure_before_it() -> None:
    """When a machine oversleeps, the server's failure is told, and not that time ran out before sending."""
    story = story_of([Told(503)], retries=Retries(random=lambda: 0.9), overhead=60.0)

    assert len(story.sends) == 1
    assert getattr(story.error, "status", None) == 503
    assert "no time was left" in str(story.error)


def test_a_failure_that_outlasts_the_attempts_says_how_many_there_were() -> None:
    """The text is that of the last failure, and one sentence more."""
    story = story_of([Told(503)], retries=Retries(2))

    assert str(story.error).endswith("It was tried 3 times.")
    assert isinstance(story.error, RequestError)
    assert story.error.attempts == 3
    twin = pickle.loads(pickle.dumps(story.error))  # noqa: S301 - made here
    assert str(twin) == str(story.error)
    assert vars(twin) == vars(story.error)


@pytest.mark.parametrize("by_date", [False, True])
def test_a_longer_wait_than_the_cap_is_raised_at_once(*, by_date: bool) -> None:
    """Sixty seconds are waited for, sixty-one are told."""
    waits = [Told(429, asked=asked, by_date=by_date) for asked in (60, 61)]
    story = story_of(waits, retries=Retries(random=lambda: 0.0), timeout=Timeout(total=300))

    assert [seconds for _, seconds in story.pauses] == [60.0]
    assert isinstance(story.error, RequestError)
    assert story.error.retry_after == 61.0


def test_a_stalled_attempt_leaves_time_for_another() -> None:
    """An attempt of a repeatable request takes a third of the call, ten seconds at least, or what is set."""
    stalled = [Told(204, took=1000)]
    exact = Retries(random=lambda: 0.0)
    assert [limit for _, limit in story_of(stalled, retries=exact).sends] == [10, 10, 10]
    long = story_of(stalled, retries=exact, timeout=Timeout(total=120))
    assert [limit for _, limit in long.sends] == [40, 40, 40]
    assert [limit for _, limit in story_of(stalled, retries=exact, timeout=Timeout(total=8)).sends] == [8]
    short = story_of(stalled, retries=exact, timeout=Timeout(attempt=2))
    assert [limit for _, limit in short.sends] == [2, 2, 2, 2]


def test_what_is_not_repeated_may_take_all_the_time() -> None:
    """A request whose timeout is final is not cut short."""
    stalled = [Told(204, took=1000)]
    assert [limit for _, limit in story_of(stalled, method="POST", retries=Retries()).sends] == [30]
    assert [limit for _, limit in story_of(stalled, timeout=Timeout(attempt=2)).sends] == [30]


@pytest.mark.parametrize(
    ("told", "acted"),
    [
        ([Told(404)], False),
        ([Told(429)], False),
        ([Told(httpx.ConnectError)], False),
        ([Told(httpx.ConnectTimeout), Told(404)], False),
        ([Told(httpx.ReadError), Told(404)], True),
        ([Told(503), Told(httpx.ConnectError)], True),
        ([Told(429), Told(520), Told(404)], True),
        ([Told(204, took=1000), Told(404)], True),
    ],
)
def test_an_error_says_whether_the_server_may_have_acted(told: list[Told], *, acted: bool) -> None:
    """Over all the attempts of the call, not the last alone."""
    story = story_of(told, retries=Retries())

    assert isinstance(story.error, RequestError)
    assert story.error.may_have_acted is acted


@given(st.integers(0, 5), st.floats(0, 50))
def test_any_policy_of_ones_own_will_do(times: int, wait: float) -> None:
    """An object with one method decides, also about what the default would not repeat."""

    class Stubborn:
        seen: list[tuple[int, float]]

        def __init__(self) -> None:
            self.seen = []

        def wait(self, failed: Sequence[RequestError], *, left: float) -> float | None:
            self.seen.append((len(failed), left))
            return wait if len(failed) <= times else None

    policy = Stubborn()
    story = story_of([Told(404)], retries=policy, method="POST", timeout=Timeout(total=100))

    fitting = next((n for n in range(times) if wait >= 100 - n * wait), times)
    assert len(story.sends) == fitting + 1
    assert [number for number, _ in policy.seen] == [*range(1, fitting + 2)]
    assert all(left == pytest.approx(100 - (number - 1) * wait, abs=1e-9) for number, left in policy.seen)


@pytest.mark.parametrize("decision", [-1, float("nan"), "1", True, KeyError("hunter2")])
def test_a_policy_that_fails_is_told(decision: Any) -> None:
    """What it gave is no wait: nothing is guessed in its place, and what the attempt ended with is named."""

    class Broken:
        def wait(self, failed: Sequence[RequestError], *, left: float) -> float | None:  # noqa: ARG002
            if isinstance(decision, Exception):
                raise decision
            waited: float | None = decision
            return waited

    story = story_of([Told(503)], retries=Broken())

    assert isinstance(story.error, ConfigurationError)
    assert "Broken.wait()" in str(story.error)
    assert "ServerError" in str(story.error)
    assert "hunter2" not in str(story.error)


def test_a_wait_without_end_is_a_wait_that_does_not_fit() -> None:
    """Infinity is a number of seconds."""

    class Patient:
        def wait(self, failed: Sequence[RequestError], *, left: float) -> float:  # noqa: ARG002
            return float("inf")

    assert "no time was left" in str(story_of([Told(500)], retries=Patient()).error)


@pytest.mark.parametrize(
    "settings_of",
    [
        {"times": -1},
        {"times": True},
        {"times": 1.5},
        {"times": "3"},
        {"base": -0.1},
        {"base": float("nan")},
        {"cap": "8"},
        {"retry_after_cap": float("inf")},
        {"statuses": [200]},
        {"statuses": 500},
        {"statuses": ["500"]},
    ],
)
def test_retries_that_are_out_of_range_are_refused(settings_of: dict[str, Any]) -> None:
    """The text names the setting."""
    with pytest.raises(ConfigurationError, match=r"retries: .*(retries|base|cap|statuses)"):
        Retries(**settings_of)


@pytest.mark.parametrize("value", ["3", 1.5, object(), Retries, True, -1])
def test_what_is_no_policy_is_refused(value: Any) -> None:
    """A number, a policy, or nothing."""
    with pytest.raises(ConfigurationError, match="retries"):
        retries_of(value)


def test_zero_and_none_switch_retries_off() -> None:
    """Three ways to say never; a number says how often."""
    assert retries_of(0) is retries_of(None) is retries_of(Retries(0)) is None
    assert retries_of(4) == Retries(4)
    assert decided_wait(None, [], left=1.0) is None
    assert len(story_of([Told(500)]).sends) == 1


def test_other_statuses_can_be_chosen() -> None:
    """The set is the caller's to change."""
    assert len(story_of([Told(423)], retries=Retries(1, statuses=frozenset({423}))).sends) == 2
    assert len(story_of([Told(500)], retries=Retries(1, statuses=frozenset({423}))).sends) == 1


@pytest.fixture
def known_chance() -> Iterator[None]:
    """Python's generator in a state of the test's own, and back."""
    state = random.getstate()
    random.seed(7)
    yield
    random.setstate(state)


@pytest.mark.usefixtures("known_chance")
def test_a_policy_travels_without_its_chances() -> None:
    """Sent to many processes, it does not make them all wait for the same time."""
    policy = Retries(5, base=1.0)
    error = outcome_of(Told(500), Send(build_request(HOST, "GET", "/v1", headers={}), None, 1, 1.0)).error()  # type: ignore[arg-type, union-attr]
    sent = pickle.dumps(policy)
    first = pickle.loads(sent)  # noqa: S301 - made here
    second = pickle.loads(sent)  # noqa: S301 - made here

    assert first == policy
    assert len(sent) < 500
    assert first.wait([error], left=9.0) != second.wait([error], left=9.0)
