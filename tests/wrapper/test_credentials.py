"""Credentials objects."""

from __future__ import annotations

import asyncio
import copy
import pickle
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from voucherify_wrapper import (
    ApiKey,
    AsyncVoucherify,
    AuthenticationError,
    ConfigurationError,
    Credentials,
    OAuthClientCredentials,
    OAuthToken,
    PermissionDeniedError,
    Voucherify,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.wrapper.conftest import Release

SPOILED = [
    "",
    " hunter2",
    "hunter2 ",
    "hun ter2",
    "hunter2\n",
    "hun\r\nter2",
    '"hunter2"',
    "'hunter2'",
    "hünter2",
    "hun\x00ter2",
    None,
    7,
]


def headers_sent(credentials: Any, release: Release) -> str:
    """What a request signed with these credentials carries."""
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    release("2CpRCE2c", "ssn_any", credentials=credentials, transport=httpx.MockTransport(answer))
    return repr(sorted(seen[0].headers.items()))


def test_an_api_key_is_two_headers(release: Release) -> None:
    """Both headers are sent, and no Authorization."""
    sent = headers_sent(ApiKey("the-id", "the-token"), release)

    assert "('x-app-id', 'the-id')" in sent
    assert "('x-app-token', 'the-token')" in sent
    assert "authorization" not in sent


def test_an_oauth_token_is_a_bearer(release: Release) -> None:
    """The token travels in Authorization, and no X-App header beside it."""
    sent = headers_sent(OAuthToken("the-token"), release)

    assert "('authorization', 'Bearer the-token')" in sent
    assert "x-app" not in sent


def test_an_object_of_ones_own_signs(release: Release) -> None:
    """A headers() method is the whole protocol."""

    class FromVault:
        def headers(self) -> Mapping[str, str]:
            return {"X-App-Id": "id-of-vault", "X-App-Token": "token-of-vault"}

    assert isinstance(FromVault(), Credentials)
    with Voucherify(FromVault()) as voucherify:
        assert "FromVault(...)" in repr(voucherify)
    assert "token-of-vault" in headers_sent(FromVault(), release)


def test_an_object_of_ones_own_is_asked_again_after_a_401(release: Release) -> None:
    """Credentials that rotate are tried once more when what they give has changed."""

    class Rotating:
        turn = 0

        def headers(self) -> Mapping[str, str]:
            self.turn += 1
            return {"X-App-Id": "id", "X-App-Token": f"token-{self.turn}"}

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(204 if request.headers["x-app-token"] == "token-2" else 401)

    result = release("c", "k", credentials=Rotating(), transport=httpx.MockTransport(answer))

    assert result.attempts == 2


def test_a_second_signature_takes_the_place_of_the_first(release: Release) -> None:
    """Credentials that change their kind leave no header of the refused ones on the request."""

    class Changing:
        def __init__(self) -> None:
            self._left = [{"Authorization": "Bearer new"}, {"X-App-Id": "old", "X-App-Token": "old"}]

        def headers(self) -> Mapping[str, str]:
            return self._left.pop()

    seen: list[httpx.Headers] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers.copy())
        return httpx.Response(401 if len(seen) == 1 else 204)

    release("c", "k", credentials=Changing(), transport=httpx.MockTransport(answer))
    assert "x-app-token" in seen[0]
    assert "x-app-token" not in seen[1]
    assert seen[1]["authorization"] == "Bearer new"


@pytest.mark.parametrize("pause", [1, 3])
def test_every_call_has_the_credentials_of_its_own_time(pause: int) -> None:
    """What one call was signed with serves the next only while the credentials give the same."""

    class Rotating:
        turn = -1

        def headers(self) -> Mapping[str, str]:
            self.turn += 1
            return {"X-Token": f"the-token-{self.turn // pause}"}

    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["x-token"])
        return httpx.Response(403, headers={"x-echo": seen[-1]})

    transport = httpx.MockTransport(answer)
    echoed = []
    with Voucherify(Rotating(), transport=transport) as blocking:
        for _ in range(6):
            with pytest.raises(PermissionDeniedError) as caught:
                blocking.release_validation_session("c", "k")
            echoed.append(caught.value.headers["x-echo"])

    async def run() -> None:
        async with AsyncVoucherify(Rotating(), transport=transport) as awaited:
            for _ in range(6):
                with pytest.raises(PermissionDeniedError):
                    await awaited.release_validation_session("c", "k")

    asyncio.run(run())
    assert seen == 2 * [f"the-token-{number // pause}" for number in range(6)]
    assert echoed == 6 * ["[redacted]"]


def test_credentials_that_stay_the_same_are_not_sent_again_after_a_401(release: Release) -> None:
    """Repeating a refused key would only burn the quota."""
    with pytest.raises(AuthenticationError) as caught:
        release(
            "c",
            "k",
            credentials=ApiKey("id", "token"),
            transport=httpx.MockTransport(lambda _: httpx.Response(401)),
        )

    assert caught.value.attempts == 1


@pytest.mark.parametrize("value", SPOILED)
@pytest.mark.parametrize(
    ("make", "field"),
    [
        (lambda value: ApiKey(value, "token"), "app_id"),
        (lambda value: ApiKey("id", value), "app_token"),
        (OAuthToken, "token"),
        (lambda value: OAuthClientCredentials(value, "token"), "app_id"),
        (lambda value: OAuthClientCredentials("id", value), "app_token"),
    ],
)
def test_a_spoiled_part_is_refused_by_name(make: Any, field: str, value: Any) -> None:
    """Empty, quoted, with white space or line breaks: the error names the field and never the value."""
    with pytest.raises(ConfigurationError, match=field) as caught:
        make(value)

    assert "ter2" not in str(caught.value)


@pytest.mark.parametrize("scopes", ["vouchers", (), ("vouchers", ""), ("two words",), None, ["vouchers"]])
def test_scopes_are_a_tuple_of_names(scopes: Any) -> None:
    """A bare string, an empty tuple and a scope with a blank are refused with an example."""
    with pytest.raises(ConfigurationError, match=r"\(\"vouchers\",\)"):
        OAuthClientCredentials("id", "token", scopes=scopes)


@pytest.mark.parametrize("wrong", ["id:token", ("id", "token"), ApiKey, object(), 7])
def test_what_cannot_sign_is_refused_at_construction(wrong: Any) -> None:
    """A tuple, a string or the class itself is a mistake that is named at once."""
    with pytest.raises(ConfigurationError, match="credentials must be"):
        Voucherify(wrong)


class Failing:
    """Credentials whose source is out of order."""

    def headers(self) -> Mapping[str, str]:
        raise KeyError("vault")


class Giving:
    """Credentials that give whatever they were told to."""

    def __init__(self, headers: Any) -> None:
        self._headers = headers

    def headers(self) -> Any:
        return self._headers


@pytest.mark.parametrize(
    "credentials",
    [
        Failing(),
        Giving(None),
        Giving({"X-App-Id": None}),
        Giving({"X-App-Token": "line\r\nbreak-secret"}),
        Giving({"X-App-Token": "übersecret"}),
        Giving({"X-App-Token": ""}),
        Giving({"bad name": "value"}),
        Giving({7: "value"}),
    ],
)
def test_an_object_that_gives_no_usable_headers_is_named(release: Release, credentials: Any) -> None:
    """The error names the class and the header, never the value, and nothing is sent."""
    with pytest.raises(ConfigurationError, match=type(credentials).__name__) as caught:
        release("c", "k", credentials=credentials)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "credentials",
    [
        ApiKey("id-secret", "token-secret"),
        OAuthToken("token-secret"),
        OAuthClientCredentials("id-secret", "token-secret", scopes=("api",)),
    ],
)
def test_credentials_travel_to_other_processes_and_show_nothing(credentials: Any) -> None:
    """They pickle, copy, compare and hash by value, and their repr holds no secret."""
    for twin in (pickle.loads(pickle.dumps(credentials)), copy.copy(credentials), copy.deepcopy(credentials)):  # noqa: S301 - made here
        assert twin == credentials
        assert hash(twin) == hash(credentials)
    assert "secret" not in repr(credentials)
    assert "secret" not in f"{credentials}"
