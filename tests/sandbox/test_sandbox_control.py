"""The control surface: the sandbox in the hands of another process."""

from __future__ import annotations

import base64
import dataclasses
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from voucherify_wrapper.sandbox import Fault

if TYPE_CHECKING:
    import httpx

    from voucherify_wrapper.sandbox import Sandbox

JSON = {"Content-Type": "application/json"}
FIELDS = [field.name for field in dataclasses.fields(Fault)] + ["times"]
values = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=4)
    | st.lists(st.text(max_size=3) | st.lists(st.text(max_size=3), max_size=3), max_size=3)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)


def test_a_voucher_can_be_put(sandbox: Sandbox, api: httpx.Client) -> None:
    """PUT adds a voucher or changes its redemption limit; 1 without one, null for none."""
    assert api.put("/_sandbox/vouchers/a%2Fb", json={}).status_code == 204
    assert api.get("/v1/vouchers/a%2Fb").json()["redemption"]["quantity"] == 1
    sandbox.lock("a/b", "kept")
    for limit in (5, None):
        assert api.put("/_sandbox/vouchers/a%2Fb", json={"redemption_limit": limit}).status_code == 204
        assert api.get("/v1/vouchers/a%2Fb").json()["redemption"]["quantity"] == limit
    assert sandbox.sessions("a/b") == ["kept"]


@pytest.mark.parametrize("limit", [0, -1, 2**31, 1.5, True, "1", [1]])
def test_a_wrong_limit_is_refused(sandbox: Sandbox, api: httpx.Client, limit: Any) -> None:
    """A limit that is no whole number from 1 is answered with 400, and by `add_voucher` with ValueError."""
    assert api.put("/_sandbox/vouchers/X", json={"redemption_limit": limit}).status_code == 400
    with pytest.raises(ValueError, match="redemption_limit must be"):
        sandbox.add_voucher("X", limit)
    assert api.get("/v1/vouchers/X").status_code == 404


@pytest.mark.parametrize("code", ["", "\ud800", 5])
def test_a_wrong_code_is_refused(sandbox: Sandbox, code: Any) -> None:
    """A code is text that UTF-8 can carry, and not empty."""
    with pytest.raises(ValueError, match="code"):
        sandbox.add_voucher(code)


def test_the_state_can_be_read(sandbox: Sandbox, api: httpx.Client) -> None:
    """GET shows vouchers with their live sessions, and the releases in their order."""
    sandbox.lock("MANY", "b")
    sandbox.lock("MANY", "a")
    sandbox.lock("ONE", "c")
    api.delete("/v1/vouchers/ONE/sessions/c")
    state = api.get("/_sandbox/state").json()
    shown = [(each["code"], each["redemption_limit"], each["sessions"]) for each in state["vouchers"]]
    assert shown == [("MANY", None, ["a", "b"]), ("ONE", 1, []), ("TWO", 2, [])]
    assert state["released"] == [["ONE", "c"]]
    assert "tokens" not in state


def test_faults_can_be_posted_and_deleted(api: httpx.Client) -> None:
    """POST puts a fault in force for `times` requests, once by default; DELETE clears all of them."""
    assert api.post("/_sandbox/faults", json={"status": 503, "body": "ü", "times": 2}).status_code == 204
    assert [api.get("/v1/vouchers/ONE").status_code for _ in range(3)] == [503, 503, 200]
    api.post("/_sandbox/faults", json={"status": 502, "headers": [["X-Test", "yes"]]})
    assert api.get("/v1/vouchers/ONE").headers["X-Test"] == "yes"
    assert api.get("/v1/vouchers/ONE").status_code == 200
    api.post("/_sandbox/faults", json={"status": 504, "times": None})
    assert [api.get("/v1/vouchers/ONE").status_code for _ in range(3)] == [504] * 3
    assert api.delete("/_sandbox/faults").status_code == 204
    assert api.get("/v1/vouchers/ONE").status_code == 200


def test_raw_bytes_travel_as_base64(api: httpx.Client) -> None:
    """`raw` in JSON is base64 of the bytes to send."""
    raw = base64.b64encode(b"HTTP/1.1 299 Odd\r\nContent-Length: 0\r\n\r\n").decode()
    api.post("/_sandbox/faults", json={"raw": raw})
    assert api.get("/v1/vouchers/ONE").status_code == 299


def test_no_fault_meets_the_control_surface(sandbox: Sandbox, api: httpx.Client) -> None:
    """A fault for everything leaves the way to clear it open."""
    sandbox.inject(Fault(status=500), times=None)
    assert api.get("/_sandbox/state").status_code == 200
    assert api.get("/v1/vouchers/ONE").status_code == 500
    assert api.delete("/_sandbox/faults").status_code == 204
    assert api.get("/v1/vouchers/ONE").status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"nonsense": 1},
        {"\ud800": 1},
        {"status": 99},
        {"status": 600},
        {"status": True},
        {"status": 503, "times": 0},
        {"status": 503, "times": "2"},
        {"status": 503, "body": 5},
        {"status": 503, "body": "\ud800"},
        {"status": 503, "content_type": "a\r\nb"},
        {"status": 503, "content_type": 5},
        {"status": 503, "headers": [["a"]]},
        {"status": 503, "headers": [["a", "b", "c"]]},
        {"status": 503, "headers": [["a", 1]]},
        {"status": 503, "headers": [["a b", "c"]]},
        {"status": 503, "headers": [["a", " c"]]},
        {"status": 503, "headers": "ab"},
        {"status": 503, "headers": {"a": "b"}},
        {"status": 503, "headers": None},
        {"status": 503, "delay": -1},
        {"status": 503, "delay": 86_401},
        {"status": 503, "drip": "1"},
        {"status": 503, "after_bytes": -1, "end": "close"},
        {"status": 503, "after_bytes": 1},
        {"status": 503, "end": "explode"},
        {"status": 503, "endless": 1},
        {"status": 503, "acts": "yes"},
        {"status": 503, "method": 1},
        {"status": 503, "path_prefix": 1},
        {"status": 503, "path_suffix": []},
        {"status": 503, "operation": "release"},
        {"raw": "not base64"},
        {"raw": 5},
        {"raw": "", "status": 200},
        {"raw": "", "content_type": "text/html"},
        {"body": "x"},
        {"acts": False},
        {"headers": [["Content-Length", "5"]]},
    ],
    ids=str,
)
def test_a_wrong_fault_is_refused(api: httpx.Client, fault: dict[str, object]) -> None:
    """A fault that cannot be is answered with 400 and what is wrong with it, and nothing is injected."""
    answer = api.post(
        "/_sandbox/faults", content=json.dumps(fault), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.json()["details"]
    assert api.get("/v1/vouchers/ONE").status_code == 200


@given(fault=st.dictionaries(st.sampled_from(FIELDS), values, max_size=4))
@settings(max_examples=150, deadline=None)
@example({"headers": [[["a"], "b"]]})
def test_any_fault_is_read_or_refused(ground: tuple[Sandbox, httpx.Client], fault: dict[str, object]) -> None:
    """Any JSON for a fault is taken or refused with 400, never a 5xx."""
    sandbox, api = ground
    answer = api.post("/_sandbox/faults", content=json.dumps(fault), headers=JSON)
    sandbox.clear_faults()
    assert answer.status_code in (204, 400)


@pytest.mark.parametrize("path", ["/_sandbox/", "/_sandbox/vouchers", "/_sandbox/other"])
def test_the_control_surface_is_small(api: httpx.Client, path: str) -> None:
    """Other paths below it are not found."""
    assert api.get(path).status_code == 404
