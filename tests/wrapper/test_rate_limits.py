"""Rate-limit headers, as servers and proxies really write them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucherify_wrapper import RateLimit, RateLimitError
from voucherify_wrapper._answers import Answer
from voucherify_wrapper._incoming import Head
from voucherify_wrapper._outgoing import Outgoing
from voucherify_wrapper._rate_limits import rate_limit_from
from voucherify_wrapper._secrets import Redactor
from voucherify_wrapper.sandbox import RateLimit as SandboxLimit

if TYPE_CHECKING:
    from tests.wrapper.conftest import Release
    from voucherify_wrapper.sandbox import Sandbox

NOW = 1_700_000_000.0
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"  # the same moment


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, RateLimit()),
        (
            {"x-rate-limit-limit": "2000", "x-rate-limit-remaining": "0", "x-rate-limit-type": "api_calls"},
            RateLimit(limit=2000, remaining=0, type="api_calls"),
        ),
        ({"retry-after": "0"}, RateLimit(retry_after=0.0)),
        ({"retry-after": "1.5"}, RateLimit(retry_after=1.5)),
        ({"retry-after": "-3"}, RateLimit(retry_after=0.0)),
        ({"retry-after": "Tue, 14 Nov 2023 22:13:50 GMT"}, RateLimit(retry_after=30.0)),
        (
            {"retry-after": "Tue, 14 Nov 2023 22:13:50 GMT", "date": "Tue, 14 Nov 2023 22:13:40 GMT"},
            RateLimit(retry_after=10.0),
        ),
        ({"retry-after": "Tue, 14 Nov 2023 22:00:00 GMT"}, RateLimit(retry_after=0.0)),
        ({"retry-after": "Tue Nov 14 22:13:50 2023"}, RateLimit(retry_after=30.0)),
        ({"x-rate-limit-retry": "1700000020", "date": DATE}, RateLimit(retry_at=NOW + 20, retry_after=20.0)),
        (
            {"x-rate-limit-retry": "1700000020", "retry-after": "7"},
            RateLimit(retry_at=NOW + 20, retry_after=7.0),
        ),
        ({"retry-after": "soon"}, RateLimit()),
        ({"retry-after": "nan", "x-rate-limit-limit": "inf", "x-rate-limit-remaining": "-1"}, RateLimit()),
        ({"retry-after": "٣", "x-rate-limit-limit": "many"}, RateLimit()),
        ({"retry-after": "5", "date": "yesterday"}, RateLimit(retry_after=5.0)),
        ({"retry-after": "Tue, 14 Nov 99999 22:13:50 GMT"}, RateLimit()),
    ],
)
def test_headers_are_read_as_they_are_meant(headers: dict[str, str], expected: RateLimit) -> None:
    """Seconds or a date, by the server's clock; zero is a wait of nothing; nonsense is nothing said."""
    assert rate_limit_from(headers, now=NOW) == expected


header_values = st.text(st.characters(max_codepoint=0x2FF), max_size=30) | st.from_regex(
    r"-?[0-9]{1,400}(\.[0-9]+)?(e[0-9]{1,4})?", fullmatch=True
)


@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["retry-after", "date", "x-rate-limit-retry", "x-rate-limit-limit", "x-rate-limit-remaining"]
        ),
        header_values,
    )
)
def test_no_header_breaks_the_reader(headers: dict[str, str]) -> None:
    """Whatever a server writes, reading it raises nothing and gives numbers that can be used."""
    found = rate_limit_from(headers, now=NOW)

    assert found.retry_after is None or 0.0 <= found.retry_after < float("inf")
    assert found.limit is None or found.limit >= 0


def test_a_header_that_comes_twice_is_one_with_commas() -> None:
    """As HTTP has it, whatever the case of its name; two numbers are none."""
    twice = [(b"X-Rate-Limit-Remaining", b"5"), (b"Date", b"now"), (b"x-rate-limit-remaining", b"4")]
    head = Head(204, twice)

    assert head.said == {b"x-rate-limit-remaining": b"5, 4", b"date": b"now"}
    request = Outgoing("GET", "https://x.example", "/", [])
    answer = Answer(head, b"", request=request, attempts=1, redactor=Redactor(()))
    assert answer.rate_limit.remaining is None


@pytest.mark.voucherify_sandbox(rate_limit=SandboxLimit(limit=2, per="hour"))
def test_the_state_of_the_limits_is_on_results_and_errors(
    release: Release, voucherify_sandbox: Sandbox, to_sandbox: dict[str, Any]
) -> None:
    """A caller can see how much is left, and after a 429 how long to wait."""
    key = voucherify_sandbox.lock("2CpRCE2c")
    result = release("2CpRCE2c", key, **to_sandbox)
    assert (result.rate_limit.limit, result.rate_limit.remaining) == (2, 1)
    gone = release("2CpRCE2c", key, missing_ok=True, **to_sandbox)
    assert gone.rate_limit.remaining == 0

    with pytest.raises(RateLimitError) as caught:
        release("2CpRCE2c", key, **to_sandbox)
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 3600
    assert caught.value.rate_limit.type == "api_calls"
