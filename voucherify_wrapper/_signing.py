"""How a request gets its credentials: at once, or after fetching an access token. No waiting here."""

from __future__ import annotations

import copy
import time
from typing import TYPE_CHECKING

from ._credentials import OAuthClientCredentials
from ._errors import APITimeoutError, ConfigurationError, VoucherifyError
from ._policies import is_success
from ._requests import Send, Signature, Wait, build_request
from ._secrets import problem_of_header
from ._tokens import Token, token_from_answer

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from ._answers import Answer
    from ._credentials import Credentials, CredentialsLike
    from ._requests import Signing, Step
    from ._tokens import Outcome, TokenSlot

TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 - a path


def sign(credentials: CredentialsLike, base_url: str, *, refused: Signature | None = None) -> Signing:
    """Give the signature of a request, as steps of which most credentials need none.

    Args:
        credentials: what signs.
        base_url: the server that the request goes to, which also hands out the tokens.
        refused: the signature that the server has just refused with a 401; its token is not used again.

    Raises:
        ConfigurationError: an object of the caller's own gives no usable headers.
        RequestError: no token could be fetched.
    """
    if isinstance(credentials, OAuthClientCredentials):
        token = yield from _token(credentials, base_url, refused)
        return Signature(token.headers())
    return _signature_of(credentials)


def _signature_of(credentials: Credentials) -> Signature:
    name = type(credentials).__name__
    try:
        headers = dict(credentials.headers())
    except Exception as error:
        raise ConfigurationError(
            f"{name}.headers() failed with {type(error).__name__}. It must give a mapping of headers."
        ) from error
    for header, value in headers.items():
        problem = problem_of_header(header, value)
        if problem:
            raise ConfigurationError(f"{name}.headers() gave a header that {problem}.")
    return Signature(headers)


def _token(
    credentials: OAuthClientCredentials, base_url: str, refused: Signature | None
) -> Generator[Step, Any, Token]:
    slot = credentials.token_slot(base_url)
    while True:
        found = slot.take(now=time.monotonic(), refused=refused.headers if refused else None)
        if isinstance(found, Token):
            return found
        if found is None:
            return (yield from _renewed(slot, credentials, base_url))
        outcome: Outcome = yield Wait(found)
        if isinstance(outcome, VoucherifyError):
            raise copy.copy(outcome)  # each waiting call raises one of its own
        if outcome is not None:
            return outcome


def _renewed(
    slot: TokenSlot, credentials: OAuthClientCredentials, base_url: str
) -> Generator[Step, Any, Token]:
    outcome: Outcome = None
    try:
        outcome = yield from _fetched(credentials, base_url)
    except APITimeoutError:
        raise  # this call's limit; the calls that wait may have more time, and try themselves
    except VoucherifyError as error:
        outcome = error
        raise
    finally:
        slot.settle(outcome)
    return outcome


def _fetched(credentials: OAuthClientCredentials, base_url: str) -> Generator[Step, Any, Token]:
    asked_at = time.monotonic()
    request = build_request(
        base_url,
        "POST",
        TOKEN_PATH,
        headers={"content-type": "application/x-www-form-urlencoded"},
        content=credentials.token_request_form(),
    )
    answer: Answer = yield Send(request, Signature(credentials.token_request_headers()))
    if not is_success(answer.status_code):
        raise answer.error()
    token = token_from_answer(answer.content, asked_at=asked_at)
    if token is None:
        raise answer.unreadable(
            "no access token in the promised form", body="[withheld: it may hold a token]"
        )
    return token
