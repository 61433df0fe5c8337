"""Faults at every byte of the request and of the answer: the outcome is right, and nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.faults.lanes import AT_ONCE, CODE, Lane, Never, World, every, told
from voucherify_wrapper import APIConnectionError, ReleaseResult, VoucherifyError

if TYPE_CHECKING:
    from tests.faults.proxy import Kind, Strike


@pytest.mark.parametrize("end", ["reset", "stall", "half-close"])
def test_a_fault_at_any_byte_is_overcome(world: World, end: Kind, wait_until: Any) -> None:
    """It strikes once, and the call releases the session: by its next attempt, or as the first had done."""
    request, answer = world.sizes
    strikes = every("request", end, request) + every("answer", end, answer)

    judged: dict[str, bool] = {}

    def judge(lane: Lane, strikes: tuple[Strike, ...], key: str, outcome: Any) -> None:
        text = told(strikes, outcome, lane)
        assert isinstance(outcome, ReleaseResult), text
        assert (outcome.status, outcome.attempts >= 2) == ("released", True), text
        assert all(isinstance(error, VoucherifyError) for error in lane.failed), text
        assert lane.released(key, outcome) == {outcome.confirmed}, text
        judged[key] = outcome.confirmed
        if strikes[0].side == "answer":
            assert any(error.may_have_acted for error in lane.failed), text

    world.suffer(strikes, judge, wait_until, retries=AT_ONCE)

    assert set(judged.values()) == {True, False}
    assert not judged.keys() & world.sandbox.sessions(CODE)


@pytest.mark.parametrize("end", ["reset", "stall", "half-close"])
def test_a_fault_at_any_byte_is_told(world: World, end: Kind, wait_until: Any) -> None:
    """Without a further attempt it is an error of ours, and never says that nothing was done when it was."""
    request, answer = world.sizes
    strikes = every("request", end, request) + every("answer", end, answer)
    harmless: set[str] = set()

    def judge(lane: Lane, strikes: tuple[Strike, ...], key: str, outcome: Any) -> None:
        text = told(strikes, outcome, lane)
        assert isinstance(outcome, APIConnectionError), text
        assert outcome.transient, text
        if not outcome.may_have_acted:
            harmless.add(key)

    world.suffer(strikes, judge, wait_until, retries=Never())

    assert not harmless & {key for _, key in world.sandbox.released}
