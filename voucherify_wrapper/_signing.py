"""How a request gets its credentials: at once, or after fetching an access token. No waiting here."""

from __future__ import annotations

import copy
import re
import time
from typing import TYPE_CHECKING

from ._attempts import Attempts
from ._credentials import OAuthClientCredentials
from ._errors import (
    APITimeoutError,
    ClientClosedError,
    ConfigurationError,
    RequestError,
    VoucherifyError,
)
from ._policies import is_success
from ._requests import Signature, Wait, build_request
from ._secrets import problem_of_header
from ._tokens import Renewal, Token, token_from_answer

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from typing import Any

    from ._answers import Answer
    from ._attempts import Limits
    from ._credentials import Credentials
    from ._requests import Request, Signing, Step
    from ._tokens import Outcome

_ESCAPED = re.compile(rb"\\u00([0-7][0-9A-Fa-f])")  # a character of ASCII, as JSON may write it
_TOKEN_PATH = "/v1/oauth/token"  # noqa: S105 - a path


class Signer:
    """Signs the requests of one client.

    Args:
        credentials: what signs.
        base_url: the server that the requests go to, which also hands out the tokens.
    """

    def __init__(self, credentials: Credentials, base_url: str) -> None:
        self._credentials = credentials
        self._base_url = base_url
        self._latest: Signature | None = None

    def sign(self, limits: Limits, *, before: Signature | None = None, refused: bool = False) -> Signing:
        """Give the signature of a request, as steps of which most credentials need none.

        The same headers are the same signature, so that what is made of it serves for the next call as well.

        Args:
            limits: what bounds the call.
            before: the signature of the attempt before.
            refused: whether the server has just refused that with a 401; its token is not used again.

        Raises:
            ConfigurationError: an object of the caller's own gives no usable headers.
            RequestError: no token could be fetched.
        """
        credentials = self._credentials
        if isinstance(credentials, OAuthClientCredentials):
            token = yield from _token(credentials, self._base_url, limits, before if refused else None)
            headers, more = token.headers(), (*credentials.headers().values(), token.value)
        else:
            headers, more = _headers_of(credentials), ()
        known = before or self._latest
        if known and known.headers == headers:
            return known
        problem = _problem_of(headers)
        if problem:  # raised out here: no frame of the traceback holds the headers
            del headers, more, known
            raise ConfigurationError(f"{type(credentials).__name__}.headers() gave a header that {problem}.")
        signature = Signature(headers, (*(before.secrets if before else ()), *headers.values(), *more))
        if before is None:
            self._latest = signature
        return signature


def _headers_of(credentials: Credentials) -> Mapping[str, str]:
    try:
        return dict(credentials.headers())
    except Exception as error:
        raise ConfigurationError(
            f"{type(credentials).__name__}.headers() failed with {type(error).__name__}. "
            "It must give a mapping of headers."
        ) from error


def _problem_of(headers: Mapping[str, str]) -> str | None:
    problems = (problem_of_header(name, value) for name, value in headers.items())
    return next(filter(None, problems), None)


def _token(
    credentials: OAuthClientCredentials, base_url: str, limits: Limits, refused: Signature | None
) -> Generator[Step, Any, Token]:
    slot = credentials.token_slot(base_url)
    while True:
        found = slot.take(now=time.monotonic(), refused=refused.headers if refused else None)
        if isinstance(found, Token):
            return found
        if isinstance(found, Renewal):
            return (yield from _renewed(found, credentials, base_url, limits))
        outcome: Outcome = yield Wait(found, _token_request(credentials, base_url))
        if isinstance(outcome, VoucherifyError):
            raise copy.copy(outcome)  # each waiting call raises one of its own
        if outcome is not None:
            return outcome


def _renewed(
    renewal: Renewal, credentials: OAuthClientCredentials, base_url: str, limits: Limits
) -> Generator[Step, Any, Token]:
    outcome: Outcome = None
    try:
        outcome = yield from _fetched(credentials, base_url, limits)
    except (APITimeoutError, ClientClosedError):
        raise  # this call's limit, or this client's end; the calls that wait try themselves
    except VoucherifyError as error:
        outcome = error
        raise
    finally:
        renewal.settle(outcome)
        del renewal  # an exception that is kept holds this frame
    return outcome


def _fetched(
    credentials: OAuthClientCredentials, base_url: str, limits: Limits
) -> Generator[Step, Any, Token]:
    attempts = Attempts(_token_request(credentials, base_url), limits)
    headers = credentials.headers()
    signature = Signature(headers, tuple(headers.values()))
    while True:
        asked_at = time.monotonic()
        outcome = yield from attempts.send(signature)
        if not isinstance(outcome, RequestError):
            token = token_from_answer(outcome.content, asked_at=asked_at)
            if is_success(outcome.status_code) and token is not None:
                return token
            outcome = _refusal(outcome)
        yield from attempts.wait_after(outcome)


def _refusal(answer: Answer) -> RequestError:
    written = _ESCAPED.sub(_unescaped, answer.content)
    if b"access_token" in written:  # in whatever answer, it may be a good one
        answer.withhold_body()
    if is_success(answer.status_code):
        return answer.unreadable("no access token in the promised form")
    return answer.error(of_operation=False)


def _unescaped(escape: re.Match[bytes]) -> bytes:
    return bytes.fromhex(escape[1].decode())


def _token_request(credentials: OAuthClientCredentials, base_url: str) -> Request:
    return build_request(
        base_url,
        "POST",
        _TOKEN_PATH,
        headers={"content-type": "application/x-www-form-urlencoded"},
        content=credentials.token_form(),
    )
