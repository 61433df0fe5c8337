"""Releasing: the operation this is all about."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    import httpx

    from voucherify_wrapper.sandbox import Sandbox

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda name: name not in {".", ".."}
)


def path(code: str, key: str) -> str:
    """Return the path that releases a session."""
    return f"/v1/vouchers/{quote(code, safe='')}/sessions/{quote(key, safe='')}"


def test_a_session_is_released_once(sandbox: Sandbox, api: httpx.Client) -> None:
    """A live session is released with 204 and no body, and is gone then."""
    key = sandbox.lock("ONE")
    answer = api.delete(path("ONE", key))
    assert (answer.status_code, answer.content) == (204, b"")
    assert sandbox.sessions("ONE") == []
    assert sandbox.released == [("ONE", key)]
    assert api.delete(path("ONE", key)).status_code == 404
    assert sandbox.released == [("ONE", key)]


def test_a_release_makes_room_for_another_session(sandbox: Sandbox, api: httpx.Client) -> None:
    """A released session no longer counts against the redemption limit."""
    first = sandbox.lock("ONE")
    api.delete(path("ONE", first))
    second = sandbox.lock("ONE")
    assert sandbox.sessions("ONE") == [second]


@pytest.mark.parametrize(
    ("pair", "kind", "name"),
    [
        (("NONE", "held"), "voucher", "NONE"),
        (("ONE", "ä/ö"), "session", "ä/ö"),
        (("TWO", "held"), "session", "held"),
    ],
)
def test_the_two_kinds_of_404_differ(
    sandbox: Sandbox, api: httpx.Client, pair: tuple[str, str], kind: str, name: str
) -> None:
    """An unknown voucher and an unknown session have the vendor's two bodies, with the id asked for."""
    sandbox.lock("ONE", "held")
    answer = api.delete(path(*pair))
    body = answer.json()
    assert answer.status_code == 404
    assert re.fullmatch(r"v-[0-9a-f]{18}", body.pop("request_id"))
    assert body == {
        "code": 404,
        "key": "not_found",
        "message": "Resource not found",
        "details": f"Cannot find {kind} with id {name}",
        "resource_id": name,
        "resource_type": kind,
    }
    assert sandbox.sessions("ONE") == ["held"]


def test_a_voucher_is_known_by_its_id_too(sandbox: Sandbox, api: httpx.Client) -> None:
    """The id that GET shows stands for the code wherever a voucher is addressed."""
    voucher_id = api.get("/v1/vouchers/ONE").json()["id"]
    assert re.fullmatch(r"v_[0-9A-Za-z]{32}", voucher_id)
    assert api.get(f"/v1/vouchers/{voucher_id}").json()["code"] == "ONE"
    key = sandbox.lock(voucher_id)
    assert sandbox.sessions(voucher_id) == sandbox.sessions("ONE") == [key]
    assert api.delete(path(voucher_id, key)).status_code == 204
    assert sandbox.released == [("ONE", key)]


def test_a_code_comes_before_an_id(sandbox: Sandbox, api: httpx.Client) -> None:
    """A voucher whose code is another one's id hides that other one under this name."""
    voucher_id = api.get("/v1/vouchers/ONE").json()["id"]
    sandbox.add_voucher(voucher_id)
    assert api.get(f"/v1/vouchers/{voucher_id}").json()["code"] == voucher_id


def test_an_unknown_voucher_is_not_shown(api: httpx.Client) -> None:
    """GET answers 404 with the voucher's name for one that does not exist."""
    body = api.get("/v1/vouchers/N%2FA").json()
    assert (body["code"], body["resource_type"], body["resource_id"]) == (404, "voucher", "N/A")


@pytest.mark.parametrize(("code", "quantity"), [("TWO", 2), ("MANY", None)])
def test_a_voucher_is_shown_in_the_vendors_shape(api: httpx.Client, code: str, quantity: int | None) -> None:
    """GET shows code, type, discount and the redemption limit, where null stands for no limit."""
    body = api.get(f"/v1/vouchers/{code}").json()
    assert (body["code"], body["object"], body["type"], body["active"]) == (
        code,
        "voucher",
        "DISCOUNT_VOUCHER",
        True,
    )
    assert body["redemption"]["quantity"] == quantity
    assert body["created_at"] == "2027-01-15T08:00:00.500Z"


@given(code=NAMES, key=NAMES)
@example("a/b", "c/d")
@example("a/../b", "%2F")
@example("100%", "#?&+ ;=")
@example("ü€😀", "\x00\n")
@example("%zz", "%25")
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_a_code_and_a_key(ground: tuple[Sandbox, httpx.Client], code: str, key: str) -> None:
    """Codes and keys of any text travel as one percent-encoded segment and come out as they went in."""
    sandbox, api = ground
    sandbox.add_voucher(code, None)
    assert sandbox.lock(code, key) == key
    assert sandbox.sessions(code) == [key]
    assert api.delete(path(code, key)).status_code == 204
    assert sandbox.sessions(code) == []
    assert sandbox.released[-1] == (code, key)
    assert api.get(f"/v1/vouchers/{quote(code, safe='')}").json()["code"] == code
    missing = api.delete(path(code, key))
    assert missing.status_code == 404
    assert missing.json()["resource_id"] == key
