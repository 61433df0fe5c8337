"""Opening sessions: the vendor's rules, and the strictness of the reader."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from voucherify_wrapper.sandbox import Refusal

if TYPE_CHECKING:
    import httpx

    from voucherify_wrapper.sandbox import Sandbox

JSON = {"Content-Type": "application/json"}
SECONDS = {
    "DAYS": 86_400.0,
    "HOURS": 3_600.0,
    "MINUTES": 60.0,
    "SECONDS": 1.0,
    "MILLISECONDS": 0.001,
    "MICROSECONDS": 0.000_001,
    "NANOSECONDS": 0.000_000_001,
}
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=8,
)


def request(*codes: str, kind: str = "voucher", **session: object) -> dict[str, Any]:
    """Return a validation request that asks for a lock."""
    redeemables = [{"object": kind, "id": code} for code in codes]
    return {"redeemables": redeemables, "session": {"type": "LOCK", **session}}


def validated(api: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    """Send a validation request and return the body of its answer, which is a 200."""
    answer = api.post("/v1/validations", json=body)
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()
    return result


def test_a_lock_opens_a_session(sandbox: Sandbox, api: httpx.Client) -> None:
    """The answer is valid and names the fresh key and the default life of seven days."""
    answer = validated(api, request("ONE"))
    assert answer["valid"] is True
    assert [(each["status"], each["id"], each["object"]) for each in answer["redeemables"]] == [
        ("APPLICABLE", "ONE", "voucher")
    ]
    session = answer["session"]
    assert re.fullmatch(r"ssn_[0-9A-Za-z]{32}", session["key"])
    assert session == {"key": session["key"], "type": "LOCK", "ttl": 7, "ttl_unit": "DAYS"}
    assert sandbox.sessions("ONE") == [session["key"]]


def test_without_a_session_nothing_is_locked(sandbox: Sandbox, api: httpx.Client) -> None:
    """A validation that asks for no lock opens none, and feels the locks of others."""
    body = request("ONE")
    del body["session"]
    answer = validated(api, body)
    assert answer["valid"] is True
    assert "session" not in answer
    assert sandbox.sessions("ONE") == []
    sandbox.lock("ONE")
    assert validated(api, body)["valid"] is False


@pytest.mark.parametrize("unit", SECONDS)
def test_a_session_lives_its_time(sandbox: Sandbox, api: httpx.Client, now: list[float], unit: str) -> None:
    """In each of the seven units a session is there until its time is up, and gone from then on."""
    ttl = round(4096 / SECONDS[unit]) if SECONDS[unit] <= 1 else 2
    life = ttl * SECONDS[unit]
    assert validated(api, request("ONE", ttl=ttl, ttl_unit=unit))["session"]["ttl"] == ttl
    start = now[0]
    now[0] = start + life - 0.01
    assert len(sandbox.sessions("ONE")) == 1
    now[0] = start + life + 0.01
    assert sandbox.sessions("ONE") == []
    assert validated(api, request("ONE"))["valid"] is True


def test_a_session_lives_seven_days_by_default(sandbox: Sandbox, now: list[float]) -> None:
    """Without a ttl a session ends after seven days, whatever the unit says."""
    sandbox.lock("TWO", "a")
    sandbox.lock("TWO", "b", ttl_unit="SECONDS")
    now[0] += 7 * 86_400 - 1
    assert sandbox.sessions("TWO") == ["a", "b"]
    now[0] += 1
    assert sandbox.sessions("TWO") == []


def test_a_fraction_of_a_unit_is_a_life(sandbox: Sandbox, now: list[float]) -> None:
    """A ttl need not be whole, and without a unit it counts days."""
    sandbox.lock("ONE", "half", ttl=0.5)
    now[0] += 43_199
    assert sandbox.sessions("ONE") == ["half"]
    now[0] += 1
    assert sandbox.sessions("ONE") == []


def test_an_expired_session_cannot_be_released(sandbox: Sandbox, api: httpx.Client, now: list[float]) -> None:
    """After its end a session is answered with 404, and does not count as released."""
    sandbox.lock("ONE", "k", ttl=1, ttl_unit="MINUTES")
    now[0] += 60
    assert api.delete("/v1/vouchers/ONE/sessions/k").json()["resource_type"] == "session"
    assert sandbox.released == []


def test_the_redemption_limit_bounds_the_sessions(sandbox: Sandbox, api: httpx.Client) -> None:
    """As many sessions as the limit are taken; one more is refused with quantity_exceeded."""
    assert [validated(api, request("TWO"))["valid"] for _ in range(3)] == [True, True, False]
    answer = validated(api, request("TWO"))
    (refused,) = answer["redeemables"]
    assert refused["status"] == "INAPPLICABLE"
    assert refused["result"]["error"]["key"] == "quantity_exceeded"
    assert refused["result"]["error"]["resource_id"] == "TWO"
    assert "session" not in answer
    assert len(sandbox.sessions("TWO")) == 2


def test_no_limit_takes_any_number(sandbox: Sandbox) -> None:
    """A voucher without a redemption limit takes sessions without end."""
    assert len({sandbox.lock("MANY") for _ in range(50)}) == 50


def test_a_live_key_overwrites_its_session(sandbox: Sandbox, api: httpx.Client, now: list[float]) -> None:
    """The same key does not count twice, and its session gets the new life."""
    assert validated(api, request("ONE", key="mine", ttl=10, ttl_unit="SECONDS"))["valid"] is True
    assert validated(api, request("ONE", key="mine", ttl=1, ttl_unit="HOURS"))["valid"] is True
    assert validated(api, request("ONE", key="other"))["valid"] is False
    now[0] += 11
    assert sandbox.sessions("ONE") == ["mine"]
    validated(api, request("ONE", key="mine", ttl=1, ttl_unit="SECONDS"))
    now[0] += 1
    assert sandbox.sessions("ONE") == []


def test_one_key_locks_several_vouchers(sandbox: Sandbox, api: httpx.Client) -> None:
    """Several redeemables come under one key, and each is released on its own."""
    key = validated(api, request("ONE", "TWO"))["session"]["key"]
    assert sandbox.sessions("ONE") == sandbox.sessions("TWO") == [key]
    assert api.delete(f"/v1/vouchers/ONE/sessions/{key}").status_code == 204
    assert (sandbox.sessions("ONE"), sandbox.sessions("TWO")) == ([], [key])


def test_all_or_nothing(sandbox: Sandbox, api: httpx.Client) -> None:
    """If one redeemable cannot be applied, none is locked, and each says why or why not."""
    sandbox.lock("ONE")
    answer = validated(api, request("TWO", "ONE", "NONE"))
    assert answer["valid"] is False
    assert [each["status"] for each in answer["redeemables"]] == [
        "APPLICABLE",
        "INAPPLICABLE",
        "INAPPLICABLE",
    ]
    assert [each["result"]["error"]["key"] for each in answer["redeemables"][1:]] == [
        "quantity_exceeded",
        "not_found",
    ]
    assert sandbox.sessions("TWO") == []


@pytest.mark.parametrize("kind", ["promotion_tier", "promotion_stack"])
def test_the_sandbox_has_no_promotions(api: httpx.Client, kind: str) -> None:
    """The other kinds of redeemables are understood and not found."""
    (refused,) = validated(api, request("ONE", kind=kind))["redeemables"]
    assert refused["result"]["error"]["resource_type"] == kind


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"code": "NONE"}, "not_found"),
        ({"code": "ONE", "ttl": -1}, "invalid_payload"),
        ({"code": "ONE", "ttl_unit": "WEEKS"}, "invalid_payload"),
        ({"code": "ONE", "key": ""}, "invalid_payload"),
    ],
)
def test_lock_keeps_the_same_rules(sandbox: Sandbox, arguments: dict[str, Any], key: str) -> None:
    """The convenience refuses what the API refuses, with the same key and no code of its own."""
    with pytest.raises(Refusal) as caught:
        sandbox.lock(**arguments)
    assert caught.value.key == key
    assert key in str(caught.value)


def test_lock_refuses_one_too_many(sandbox: Sandbox) -> None:
    """The convenience respects the redemption limit."""
    sandbox.lock("ONE")
    with pytest.raises(Refusal, match="quantity_exceeded"):
        sandbox.lock("ONE")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"redeemables": NaN}',
        b'{"redeemables": -Infinity}',
        b'{"n": ' + b"9" * 10_000 + b"}",
        b"{}",
        *(
            json.dumps(each).encode()
            for each in [
                {"redeemables": []},
                {"redeemables": {}},
                {"redeemables": ["ONE"]},
                {"redeemables": [{"object": "voucher"}]},
                {"redeemables": [{"object": "voucher", "id": ""}]},
                {"redeemables": [{"object": "voucher", "id": 1}]},
                {"redeemables": [{"object": "voucher", "id": "\ud800"}]},
                {"redeemables": [{"object": ["voucher"], "id": "ONE"}]},
                {"redeemables": [{"object": "gift", "id": "ONE"}]},
                request(*(str(number) for number in range(31))),
                request("ONE", "ONE"),
                {**request("ONE"), "session": "LOCK"},
                {**request("ONE"), "order": []},
                {**request("ONE"), "customer": "me"},
                {**request("ONE"), "metadata": 1},
                {**request("ONE"), "options": True},
                {**request("ONE"), "tracking_id": 7},
                {**request("ONE"), "session": {}},
                request("ONE", type="UNLOCK"),
                request("ONE", key=""),
                request("ONE", key=5),
                request("ONE", key="\udfff"),
                request("ONE", ttl="7"),
                request("ONE", ttl=True),
                request("ONE", ttl=0),
                request("ONE", ttl=-1),
                request("ONE", ttl=36_501),
                request("ONE", ttl=10**4000, ttl_unit="NANOSECONDS"),
                request("ONE", ttl=1, ttl_unit="WEEKS"),
                request("ONE", ttl=1, ttl_unit="days"),
                request("ONE", ttl=1, ttl_unit=["DAYS"]),
            ]
        ),
        b'{"redeemables":[{"object":"voucher","id":"ONE"}],"session":{"type":"LOCK","ttl":1e999}}',
    ],
)
def test_a_malformed_request_is_refused(sandbox: Sandbox, api: httpx.Client, body: bytes) -> None:
    """What cannot be understood is answered with 400 and the vendor's error body, and locks nothing."""
    answer = api.post("/v1/validations", content=body, headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["code"] == 400
    assert answer.json()["message"]
    assert sandbox.sessions("ONE") == []


@pytest.mark.parametrize("ttl", [36_500, 1e-300])
def test_the_ends_of_the_range_are_taken(sandbox: Sandbox, api: httpx.Client, ttl: float) -> None:
    """A life of a hundred years is believed, and so is one that is over at once."""
    assert validated(api, request("ONE", ttl=ttl))["valid"] is True
    assert len(sandbox.sessions("ONE")) == (ttl > 1)


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
def test_another_content_type_is_refused(api: httpx.Client, content_type: str | None) -> None:
    """A body that is not said to be JSON is answered with 415."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = api.post("/v1/validations", content=json.dumps(request("ONE")), headers=headers)
    assert (answer.status_code, answer.json()["key"]) == (415, "unsupported_media_type")


def test_a_parameter_of_the_content_type_is_fine(api: httpx.Client) -> None:
    """`application/json; charset=utf-8` is JSON, in any case of letters."""
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert api.post("/v1/validations", content=json.dumps(request("ONE")), headers=headers).status_code == 200


@given(body=st.binary(max_size=200) | values.map(lambda value: json.dumps(value).encode()))
@settings(max_examples=150, deadline=None)
@example(b'{"redeemables":[{"object":"voucher","id":"\\ud800"}]}')
def test_any_body_is_answered(ground: tuple[Sandbox, httpx.Client], body: bytes) -> None:
    """Whatever the body is, the answer is one of the client's errors or a result, never a 5xx."""
    _, api = ground
    assert api.post("/v1/validations", content=body, headers=JSON).status_code in (200, 400)


@given(
    body=st.fixed_dictionaries(
        {
            "redeemables": st.just([{"object": "voucher", "id": "50% off / für alle"}]) | values,
            "session": values
            | st.fixed_dictionaries(
                {"type": st.just("LOCK") | values},
                optional={
                    "key": values,
                    "ttl": values,
                    "ttl_unit": st.sampled_from(sorted(SECONDS)) | values,
                },
            ),
        },
        optional={"order": values, "customer": values, "tracking_id": values},
    )
)
@settings(max_examples=150, deadline=None)
def test_any_value_is_answered(ground: tuple[Sandbox, httpx.Client], body: dict[str, Any]) -> None:
    """Any JSON value in any field that is read is a result or a 400, and a result is valid JSON."""
    _, api = ground
    answer = api.post("/v1/validations", content=json.dumps(body).encode(), headers=JSON)
    assert answer.status_code in (200, 400)
    assert isinstance(answer.json(), dict)
