"""Answers that come in single bytes, damaged, twice, or that are somebody else's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.faults.lanes import AT_ONCE, Lane, World, every, told
from tests.faults.proxy import Strike
from voucherify_wrapper import ReleaseResult, SessionNotFoundError, VoucherifyError

BODY = b'{"code":503,"key":"x","message":"no"}'
CHUNKED = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n14\r\n" + BODY[:20] + b"\r\n%x\r\n" % len(BODY[20:]) + BODY[20:]
) + b"\r\n0\r\n\r\n"
LENGTHY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    % len(BODY)
) + BODY
MALFORMED = [
    CHUNKED.replace(b"14\r\n", b"zz\r\n"),
    CHUNKED.replace(b"14\r\n", b"-1\r\n"),
    CHUNKED.replace(b"14\r\n", b"ffffffffffffffffff\r\n"),
    CHUNKED.replace(b"14\r\n", b"13\r\n"),
    CHUNKED.replace(b"14\r\n", b"15\r\n"),
    CHUNKED.replace(b"\r\n0\r\n\r\n", b"\r\n0\r\nx"),
    LENGTHY.replace(b"Length: ", b"Length: -"),
    LENGTHY.replace(b"Length: ", b"Length: 9, "),
    LENGTHY.replace(b"HTTP/1.1", b"HTTP/9"),
    b"\x15\x03\x01\x00\x02\x02\x28",
    b"",
]


LONG = b"HTTP/1.1 204 No Content\r\nX-Long: %s\r\n\r\n" % (b"x" * 1000)


def judge_released(lane: Lane, strikes: tuple[Strike, ...], key: str, outcome: Any) -> None:
    """The session is released, and the result says whether that is certain."""
    text = told(strikes, outcome, lane)
    assert isinstance(outcome, ReleaseResult), text
    assert outcome.status == "released", text
    assert all(isinstance(error, VoucherifyError) for error in lane.failed), text
    assert lane.released(key, outcome) == {outcome.confirmed}, text


def test_an_answer_in_single_bytes_is_an_answer(world: World, wait_until: Any) -> None:
    """From wherever it begins to drip."""
    strikes = every("answer", "drip", world.sizes[1])

    world.suffer(strikes, judge_released, wait_until, retries=AT_ONCE)


def test_an_answer_that_drips_for_too_long_ends_with_the_attempt(world: World, wait_until: Any) -> None:
    """However often a byte comes: it is the attempt as a whole that has a limit.

    The answer would take more than a minute, so that no machine is too busy to see that it takes too long.
    """
    strikes = [(Strike("answer", "drip", at, answer=LONG, pause=0.08),) for at in range(0, 60, 4)]
    slow: list[int] = []

    def judge(lane: Lane, strikes: tuple[Strike, ...], key: str, outcome: Any) -> None:
        judge_released(lane, strikes, key, outcome)
        slow.append(outcome.attempts)

    world.suffer(strikes, judge, wait_until, retries=AT_ONCE)

    assert min(slow) >= 2


def test_a_damaged_answer_is_never_misread(world: World, wait_until: Any) -> None:
    """At any byte: it is understood all the same, or the call tries again and finds the session released."""
    strikes = every("answer", "corrupt", world.sizes[1])

    world.suffer(strikes, judge_released, wait_until, retries=AT_ONCE)


@pytest.mark.parametrize("answer", [CHUNKED, LENGTHY], ids=["chunked", "lengthy"])
@pytest.mark.parametrize("end", ["corrupt", "close", "half-close", "drip"])
def test_a_refusal_that_is_damaged_is_a_refusal_or_none(
    world: World, answer: bytes, end: Any, wait_until: Any
) -> None:
    """At any byte, chunk sizes as well: the next attempt releases the session, or finds that this one did."""
    strikes = [(Strike("answer", end, at, answer=answer, acts=at % 2 == 0),) for at in range(len(answer))]

    world.suffer(strikes, judge_released, wait_until, retries=AT_ONCE)


@pytest.mark.parametrize("acts", [True, False])
def test_what_is_no_answer_is_tried_again(world: World, acts: bool, wait_until: Any) -> None:  # noqa: FBT001
    """Framing that contradicts itself, another protocol, or nothing, whether the server has acted or not."""
    strikes = [(Strike("answer", "close", 10**6, answer=answer, acts=acts),) for answer in MALFORMED]

    world.suffer(strikes, judge_released, wait_until, retries=AT_ONCE)


def test_the_beginning_of_another_answer_answers_nothing(world: World, wait_until: Any) -> None:
    """Bytes behind an answer, however many, never become a part of the next one on that connection."""
    last: dict[Lane, str] = {}

    def choose(lane: Lane, strikes: tuple[Strike, ...], key: str) -> str:
        return key if strikes else last[lane]  # a session that has just been released

    def judge(lane: Lane, strikes: tuple[Strike, ...], key: str, outcome: Any) -> None:
        text = told(strikes, outcome, lane)
        last[lane] = key
        if strikes:
            assert isinstance(outcome, ReleaseResult), text
        elif isinstance(outcome, ReleaseResult):
            assert not outcome.confirmed, text
        else:
            assert isinstance(outcome, SessionNotFoundError), text

    size = world.sizes[1]
    pairs = [call for at in range(size) for call in ((Strike("answer", "again", at + 1),), ())]
    world.suffer(pairs, judge, wait_until, lanes=1, choose=choose, retries=AT_ONCE)
