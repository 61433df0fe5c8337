"""Answers that no server should give: whatever comes, the call ends with a result or an exception of ours."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.lanes import Lane, told
from tests.faults.proxy import Strike
from voucherify_wrapper import ReleaseResult, VoucherifyError

if TYPE_CHECKING:
    from tests.faults.lanes import World

END = b"\r\n"
statuses = st.one_of(
    st.sampled_from([b"200", b"204", b"304", b"404", b"429", b"503", b"100", b"103", b"999", b"-1", b"2e2"]),
    st.integers(0, 10_000).map(lambda it: b"%d" % it),
)
heads = st.builds(
    lambda version, status, phrase: version + b" " + status + phrase + END,
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/2", b"http/1.1", b"HTTP/1.10", b"ICY"]),
    statuses,
    st.sampled_from([b" OK", b" ", b"", b" \xff\xfe", b" a\tb"]),
)
numbers = st.one_of(
    st.sampled_from(
        [b"0", b"-1", b"1e9", b"nan", b"inf", b"9" * 400, b"", b"\xd9\xa3", b"1, 1", b"5;5", b"+5"]
    ),
    st.binary(max_size=8).map(lambda it: it.replace(b"\r", b"").replace(b"\n", b"")),
)
headers = st.one_of(
    st.builds(
        lambda name, value: name + b": " + value + END,
        st.sampled_from(
            [
                *(b"Content-Length", b"Transfer-Encoding", b"Content-Encoding", b"Retry-After", b"Date"),
                *(b"X-Rate-Limit-Limit", b"X-Rate-Limit-Remaining", b"X-Rate-Limit-Retry"),
                *(b"X-Request-Id", b"Connection", b"Location", b"Set-Cookie", b"Content-Type"),
            ]
        ),
        st.one_of(
            numbers,
            st.sampled_from([b"chunked", b"gzip", b"gzip, chunked", b"close", b"upgrade", b"deflate", b"br"]),
            st.sampled_from(
                [b"Wed, 21 Oct 2015 07:28:00 GMT", b"Fri, 31 Feb 9999 99:99:99 GMT", b"Thu, 01 Jan 1970"]
            ),
        ),
    ),
    st.sampled_from(
        [b" folded: x\r\n", b"no colon\r\n", b": empty\r\n", b"x:\x00\r\n", b"x y: z\r\n", b"\n"]
    ),
    st.binary(max_size=20),
)
bodies = st.one_of(
    st.binary(max_size=60),
    st.sampled_from(
        [
            b'{"code": 404, "resource_type": "session"}',
            b'{"code": 404, "resource_type": ["session"]}',
            b'{"message": {"deep": 1}, "error": [], "key": 7, "details": null}',
            b"[" * 5000,
            b'"' + b"\xff" * 10 + b'"',
            gzip.compress(b'{"code": 503}'),
            gzip.compress(b"0" * 10**6)[:500],
            b"5\r\nhello\r\n0\r\n\r\n",
            b"ffffffffffffffffffff\r\n",
            b"5;extension=\xff\r\nhello\r\n0\r\nTrailer: x\r\n\r\n",
            b"-5\r\nhello\r\n0\r\n\r\n",
        ]
    ),
)
answers = st.one_of(
    st.binary(max_size=200),
    st.builds(
        lambda early, head, fields, body: early + head + b"".join(fields) + END + body,
        st.sampled_from([b"", b"", b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", b"\r\n"]),
        heads,
        st.lists(headers, max_size=5),
        bodies,
    ),
)


class Once:
    """A policy for one more attempt, at once."""

    def wait(self, failed: Any, **_: Any) -> float | None:
        """Not for the second failure."""
        return 0.0 if len(failed) == 1 else None


@settings(max_examples=60)
@given(answer=answers, acts=st.booleans())
def test_whatever_comes_is_told_in_our_terms(
    world: World,
    wait_until: Any,
    answer: bytes,
    acts: bool,  # noqa: FBT001
) -> None:
    """Twice, and without an end of its own once; the next call is not touched by it."""

    def judge(lane: Lane, strikes: tuple[Strike, ...], key: str, outcome: Any) -> None:
        text = told(strikes, outcome, lane)
        assert isinstance(outcome, (ReleaseResult, VoucherifyError)), text
        assert all(isinstance(error, VoucherifyError) for error in lane.failed), text
        if not strikes:
            assert isinstance(outcome, ReleaseResult), text
            assert (outcome.confirmed, outcome.attempts) == (True, 1) or lane.failed, text
            assert lane.released(key, outcome, in_order=False) == {outcome.confirmed}, text

    struck = [
        (Strike("answer", end, 10**6, answer=answer, acts=acts),) for end in ("close", "half-close", "drip")
    ]
    world.suffer([struck[0], (), struck[1], (), struck[2], ()], judge, wait_until, lanes=1, retries=Once())
