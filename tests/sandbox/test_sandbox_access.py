"""Who is let in: the two security schemes, OAuth tokens and their scopes, and the rate limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucherify_wrapper.sandbox import RateLimit, Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
RELEASE, VALIDATE, SHOW, TOKEN = (
    ("DELETE", "/v1/vouchers/ONE/sessions/k"),
    ("POST", "/v1/validations"),
    ("GET", "/v1/vouchers/ONE"),
    ("POST", "/v1/oauth/token"),
)


@pytest.fixture
def anybody(sandbox: Sandbox) -> Iterator[httpx.Client]:
    """A client without credentials."""
    with httpx.Client(base_url=sandbox.base_url, trust_env=False) as client:
        yield client


def token(api: httpx.Client, scope: str = "api") -> dict[str, Any]:
    """Ask for a token and return the answer's body."""
    answer = api.post("/v1/oauth/token", data={"grant_type": "client_credentials", "scope": scope})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def bearer(body: dict[str, Any]) -> dict[str, str]:
    """Return the header that a token travels in."""
    return {"Authorization": f"{body['token_type']} {body['access_token']}"}


@pytest.mark.parametrize(("method", "path"), [RELEASE, VALIDATE, SHOW, TOKEN])
@pytest.mark.parametrize(
    "spoilt",
    [
        {"X-App-Id": None},
        {"X-App-Token": None},
        {"X-App-Id": "wrong"},
        {"X-App-Token": "wrong"},
        {"X-App-Id": None, "X-App-Token": None},
        {"X-App-Id": "", "X-App-Token": ""},
        {"X-App-Token": "ü"},
        {"X-App-Id": None, "X-App-Token": None, "Authorization": "Bearer"},
        {"X-App-Id": None, "X-App-Token": None, "Authorization": "Bearer nonsense"},
        {"X-App-Id": None, "X-App-Token": None, "Authorization": "Bearer ü"},
        {"X-App-Id": None, "X-App-Token": None, "Authorization": "Basic YTpi"},
    ],
)
def test_both_headers_or_a_token_are_needed(
    sandbox: Sandbox, anybody: httpx.Client, method: str, path: str, spoilt: dict[str, str | None]
) -> None:
    """Anything less than both right headers, or a good token, is answered with 401 and does nothing."""
    sandbox.lock("ONE", "k")
    given_headers = {"X-App-Id": sandbox.app_id, "X-App-Token": sandbox.app_token, **spoilt}
    headers = [(name.encode(), value.encode()) for name, value in given_headers.items() if value is not None]
    answer = anybody.request(method, path, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["key"] == "unauthorized"
    assert sandbox.sessions("ONE") == ["k"]


def test_a_token_is_described(sandbox: Sandbox, api: httpx.Client, now: list[float]) -> None:
    """The answer holds the token, its type, its life in both forms, its scope and the client."""
    body = token(api, "vouchers validations")
    assert len(body.pop("access_token")) > 30
    assert body == {
        "token_type": "Bearer",
        "expires_in": 900,
        "expires_at": int(now[0]) + 900,
        "scope": "vouchers validations",
        "client_id": sandbox.app_id,
    }


@pytest.mark.parametrize(
    ("scope", "operation", "allowed"),
    [
        ("api", RELEASE, True),
        ("vouchers", RELEASE, True),
        ("validations", RELEASE, False),
        ("client_api", RELEASE, False),
        ("api", VALIDATE, True),
        ("validations", VALIDATE, True),
        ("vouchers", VALIDATE, False),
        ("vouchers campaigns", SHOW, True),
        ("client_vouchers campaigns", SHOW, False),
    ],
)
def test_a_scope_opens_its_operations(
    api: httpx.Client, anybody: httpx.Client, scope: str, operation: tuple[str, str], *, allowed: bool
) -> None:
    """A token lets in where its scope reaches, and is answered with 403 elsewhere."""
    answer = anybody.request(*operation, headers=bearer(token(api, scope)))
    assert (answer.status_code == 403) is not allowed
    assert answer.status_code != 401
    if not allowed:
        assert answer.json()["key"] == "forbidden"


def test_a_token_does_not_beget_a_token(api: httpx.Client, anybody: httpx.Client) -> None:
    """The token endpoint takes the two headers only."""
    data = {"grant_type": "client_credentials", "scope": "api"}
    assert anybody.post("/v1/oauth/token", data=data, headers=bearer(token(api))).status_code == 401


def test_a_token_ends_by_the_clock(api: httpx.Client, anybody: httpx.Client, now: list[float]) -> None:
    """A token is good until its life is over, and not from then on."""
    headers = bearer(token(api))
    now[0] += 899.75
    assert anybody.get("/v1/vouchers/ONE", headers=headers).status_code == 200
    now[0] += 0.25
    assert anybody.get("/v1/vouchers/ONE", headers=headers).status_code == 401


def test_the_life_of_tokens_can_be_set(api: httpx.Client) -> None:
    """`token_lifetime` is the life of a token, in seconds."""
    with Sandbox(token_lifetime=5, clock=lambda: 1000.75) as sandbox:
        headers = {"X-App-Id": sandbox.app_id, "X-App-Token": sandbox.app_token}
        data = {"grant_type": "client_credentials", "scope": "api"}
        body = api.post(f"{sandbox.base_url}/v1/oauth/token", data=data, headers=headers).json()
    assert (body["expires_in"], body["expires_at"]) == (5, 1005)


def test_tokens_can_be_revoked(sandbox: Sandbox, api: httpx.Client, anybody: httpx.Client) -> None:
    """After `revoke_tokens` every token is answered with 401, and a new one is good."""
    old = bearer(token(api))
    assert anybody.get("/v1/vouchers/ONE", headers=old).status_code == 200
    sandbox.revoke_tokens()
    assert anybody.get("/v1/vouchers/ONE", headers=old).status_code == 401
    assert anybody.get("/v1/vouchers/ONE", headers=bearer(token(api))).status_code == 200
    assert sandbox.tokens_issued == 2


def test_a_thousand_tokens_are_enough(sandbox: Sandbox, api: httpx.Client, now: list[float]) -> None:
    """The vendor's bound of live tokens holds; the refusal says when there is room again."""
    for _ in range(1000):
        token(api)
    now[0] += 600
    data = {"grant_type": "client_credentials", "scope": "api"}
    refused = api.post("/v1/oauth/token", data=data)
    assert (refused.status_code, refused.json()["key"]) == (429, "too_many_tokens")
    assert sandbox.tokens_issued == 1000
    now[0] += int(refused.headers["Retry-After"])
    token(api)


@pytest.mark.parametrize(
    ("form", "key"),
    [
        (b"", "invalid_grant_type"),
        (b"grant_type=password&scope=api", "invalid_grant_type"),
        (b"grant_type=client_credentials", "invalid_scope"),
        (b"grant_type=client_credentials&scope=", "invalid_scope"),
        (b"grant_type=client_credentials&scope=vouchers,campaigns", "invalid_scope"),
        (b"grant_type=client_credentials&scope=api%20everything", "invalid_scope"),
        (b"grant_type=client_credentials&scope=api&scope=api", "invalid_payload"),
        (b"grant_type=client_credentials&scope=%FF", "invalid_payload"),
        (b"grant_type=client_credentials&scope=\xff", "invalid_payload"),
        (b"&".join(b"f%d=" % number for number in range(30)), "invalid_payload"),
    ],
)
def test_a_wrong_token_request_is_refused(sandbox: Sandbox, api: httpx.Client, form: bytes, key: str) -> None:
    """A wrong grant type, scope or form is answered with 400 and its key."""
    answer = api.post("/v1/oauth/token", content=form, headers=FORM)
    assert (answer.status_code, answer.json()["key"]) == (400, key)
    assert sandbox.tokens_issued == 0


def test_a_token_request_is_a_form(api: httpx.Client) -> None:
    """JSON is answered with 415."""
    answer = api.post("/v1/oauth/token", json={"grant_type": "client_credentials", "scope": "api"})
    assert answer.status_code == 415


@given(form=st.binary(max_size=80))
@settings(max_examples=80, deadline=None)
def test_any_form_is_answered(ground: tuple[Sandbox, httpx.Client], form: bytes) -> None:
    """Whatever the form is, the answer is a 400 or a token, never a 5xx."""
    _, api = ground
    assert api.post("/v1/oauth/token", content=form, headers=FORM).status_code in (200, 400)


def test_the_rate_limit_is_told_and_kept(now: list[float]) -> None:
    """Every authenticated answer tells what is left; beyond it there is 429, until the window ends."""
    limit = RateLimit(limit=3, per="minute")
    with (
        Sandbox(rate_limit=limit, clock=lambda: now[0]) as sandbox,
        httpx.Client(base_url=sandbox.base_url, trust_env=False) as client,
    ):
        headers = {"X-App-Id": sandbox.app_id, "X-App-Token": sandbox.app_token}
        seen = []
        for code in ("2CpRCE2c", "none", "%FF", "2CpRCE2c"):
            assert client.get("/v1/vouchers/2CpRCE2c").status_code == 401
            answer = client.get(f"/v1/vouchers/{code}", headers=headers)
            seen.append((answer.status_code, answer.headers["X-Rate-Limit-Remaining"]))
            now[0] += 10.25
        assert seen == [(200, "2"), (404, "1"), (400, "0"), (429, "0")]
        ends = int(answer.headers["X-Rate-Limit-Retry"])
        assert answer.json()["code"] == 429
        assert answer.headers["X-Rate-Limit-Limit"] == "3"
        assert answer.headers["X-Rate-Limit-Type"] == "api_calls"
        assert answer.headers["Retry-After"] == "30"
        now[0] = ends - 1.5
        assert client.get("/v1/vouchers/2CpRCE2c", headers=headers).headers["Retry-After"] == "1"
        now[0] = ends
        first = client.get("/v1/vouchers/2CpRCE2c", headers=headers)
        assert (first.status_code, first.headers["X-Rate-Limit-Remaining"]) == (200, "2")
        assert int(first.headers["X-Rate-Limit-Retry"]) == ends


def test_a_forbidden_answer_counts(api: httpx.Client) -> None:
    """A 403 is an authenticated answer: it counts and carries the headers."""
    with Sandbox(rate_limit=RateLimit(limit=2000, per="hour")) as sandbox:
        headers = {"X-App-Id": sandbox.app_id, "X-App-Token": sandbox.app_token}
        data = {"grant_type": "client_credentials", "scope": "orders"}
        issued = api.post(f"{sandbox.base_url}/v1/oauth/token", data=data, headers=headers).json()
        with httpx.Client(trust_env=False) as client:
            answer = client.get(f"{sandbox.base_url}/v1/vouchers/2CpRCE2c", headers=bearer(issued))
    assert (answer.status_code, answer.headers["X-Rate-Limit-Remaining"]) == (403, "1998")


def test_a_clock_set_back_opens_a_new_window(now: list[float]) -> None:
    """A clock that jumps to the past does not close the sandbox for long."""
    with (
        Sandbox(rate_limit=RateLimit(limit=1), clock=lambda: now[0]) as sandbox,
        httpx.Client(base_url=sandbox.base_url, trust_env=False) as client,
    ):
        headers = {"X-App-Id": sandbox.app_id, "X-App-Token": sandbox.app_token}
        assert client.get("/v1/vouchers/2CpRCE2c", headers=headers).status_code == 200
        assert client.get("/v1/vouchers/2CpRCE2c", headers=headers).status_code == 429
        now[0] -= 5000
        assert client.get("/v1/vouchers/2CpRCE2c", headers=headers).status_code == 200


def test_without_a_rate_limit_nothing_is_told(api: httpx.Client) -> None:
    """A sandbox without a rate limit sends none of its headers."""
    assert not [name for name in api.get("/v1/vouchers/ONE").headers if "rate" in name]


@pytest.mark.parametrize(
    "settings_", [{"limit": 0}, {"limit": True}, {"limit": 1.5}, {"limit": 1, "per": "day"}], ids=str
)
def test_a_rate_limit_is_checked(settings_: dict[str, Any]) -> None:
    """A limit of nothing, or of an unknown window, cannot be made."""
    with pytest.raises(ValueError, match="must be"):
        RateLimit(**settings_)
