"""Several faults in a row, over calls that share their connections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.lanes import AT_ONCE, CODE, Lane, told
from tests.faults.proxy import Strike
from voucherify_wrapper import ReleaseResult, VoucherifyError
from voucherify_wrapper.sandbox import Fault

if TYPE_CHECKING:
    from tests.faults.lanes import World

# Without stalls, which only take time; test_every_byte has them.
struck = st.one_of(
    st.builds(
        Strike, side=st.just("request"), kind=st.sampled_from(["reset", "half-close"]), at=st.integers(0, 400)
    ),
    st.builds(
        Strike,
        side=st.just("answer"),
        kind=st.sampled_from(["reset", "half-close", "close", "drip", "corrupt", "again"]),
        at=st.integers(0, 60),
        answer=st.one_of(
            st.none(), st.sampled_from([500, 502, 503, 504, 520]).map(lambda it: Fault(status=it).answer())
        ),
    ),
)


@settings(max_examples=25)
@given(calls=st.lists(st.lists(struck, max_size=3).map(tuple), min_size=1, max_size=6))
def test_any_faults_in_a_row_are_overcome(
    world: World, wait_until: Any, calls: list[tuple[Strike, ...]]
) -> None:
    """Each call releases its own session and no other; where its answer was lost, it says so."""
    keys: list[str] = []

    def judge(lane: Lane, strikes: tuple[Strike, ...], key: str, outcome: Any) -> None:
        text = told(strikes, outcome, lane)
        keys.append(key)
        assert isinstance(outcome, ReleaseResult), text
        assert (outcome.status, outcome.session_key) == ("released", key), text
        assert outcome.confirmed or outcome.attempts > 1, text
        assert lane.released(key, outcome, in_order=False) == {outcome.confirmed}, text
        assert all(isinstance(error, VoucherifyError) for error in lane.failed), text

    world.suffer(calls, judge, wait_until, lanes=1, retries=AT_ONCE)

    released = [key for _, key in world.sandbox.released]
    assert all(released.count(key) == 1 for key in keys)
    assert not {*keys} & {*world.sandbox.sessions(CODE)}
