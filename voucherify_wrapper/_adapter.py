"""The only importer of the generated client: hands it the session, and gives its calls our meaning."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import httpx
from attrs import define, evolve, field
from voucherify_client import AuthenticatedClient
from voucherify_client.api.vouchers import release_validation_session

from ._calls import Call
from ._errors import InvalidArgumentError, SessionNotFoundError, UsageError
from ._policies import Timeout, timeout_of
from ._results import ReleaseResult

if TYPE_CHECKING:
    from ._answers import Answer
    from ._config import Config
    from ._policies import RetryPolicy
    from ._session import AsyncSession, Session


@define
class _Requester:
    """Stands where the generated code expects an httpx client, of which it calls ``request`` alone."""

    session: Session | AsyncSession
    call: Call
    headers: dict[str, str]
    cookies: dict[str, str]

    def request(self, method: str, url: str, *, headers: dict[str, str] | None = None, **content: Any) -> Any:  # noqa: ANN401 - httpx's own types, or an awaitable of them
        content["cookies"] = {**self.cookies, **content.get("cookies", {})}
        return self.session.request(
            self.call, method, url, headers={**self.headers, **(headers or {})}, **content
        )


@define
class _OneCall:
    """Stands where the generated code expects a client, and its httpx client, for one call of ours."""

    session: Session | AsyncSession
    call: Call
    raise_on_unexpected_status: ClassVar[bool] = False
    strict: ClassVar[bool] = False

    def get_httpx_client(self) -> Self:
        return self

    def get_async_httpx_client(self) -> Self:
        return self

    def request(self, method: str, url: str) -> Any:  # noqa: ANN401 - an answer, or an awaitable of one
        return self.session.request(self.call, method, url)


@define
class _SessionClient(AuthenticatedClient):
    """A generated client whose requests go through our session, with its credentials and exceptions.

    It survives ``with_headers`` and its kin, which copy it by its fields.
    """

    default_timeout: Timeout = field(kw_only=True)
    default_retries: RetryPolicy | None = field(kw_only=True)

    def __enter__(self) -> Self:
        """Do nothing: the session belongs to Voucherify, which closes it."""
        return self

    def __exit__(self, *_: object) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    def _requester(self, session: Session | AsyncSession) -> _Requester:
        call = Call(_timeout_of(self._timeout, self.default_timeout), self.default_retries)
        return _Requester(session, call, self._headers, self._cookies)


@define
class GeneratedClient(_SessionClient):
    """What the generated operations' ``sync`` and ``sync_detailed`` take as their ``client``."""

    session: Session = field(kw_only=True, repr=False)

    def get_httpx_client(self) -> httpx.Client:
        """Give the session in the place of an httpx client."""
        return cast("httpx.Client", self._requester(self.session))

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Refuse: this client's calls block."""
        raise UsageError("This is the client of Voucherify; use AsyncVoucherify for the asyncio functions.")


@define
class AsyncGeneratedClient(_SessionClient):
    """What the generated operations' ``asyncio`` and ``asyncio_detailed`` take as their ``client``."""

    session: AsyncSession = field(kw_only=True, repr=False)

    def get_httpx_client(self) -> httpx.Client:
        """Refuse: this client's calls are awaited."""
        raise UsageError("This is the client of AsyncVoucherify; use Voucherify for the sync functions.")

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Give the session in the place of an httpx client."""
        return cast("httpx.AsyncClient", self._requester(self.session))


def specification() -> dict[str, str]:
    """The document that the generated client is from: its ``title``, ``version`` and ``sha256``."""
    from voucherify_client import __specification__  # noqa: PLC0415 - an older client brought back has none

    return dict(__specification__)


def generated_client(session: Session, config: Config) -> GeneratedClient:
    """Make the generated client over a session."""
    return GeneratedClient(**_settings(config), session=session)


def async_generated_client(session: AsyncSession, config: Config) -> AsyncGeneratedClient:
    """Make the asynchronous generated client over a session."""
    return AsyncGeneratedClient(**_settings(config), session=session)


def _settings(config: Config) -> dict[str, Any]:
    return {
        "base_url": config.base_url,
        "token": "held by the session",  # the generated class wants one; this text goes nowhere
        "raise_on_unexpected_status": True,
        "default_timeout": config.timeout,
        "default_retries": config.retries,
    }


def _timeout_of(given: httpx.Timeout | float | None, default: Timeout) -> Timeout:
    """Read what ``with_timeout`` was given: its read timeout, or a plain number, limits the whole call."""
    if not isinstance(given, httpx.Timeout):
        return timeout_of(given, default)
    return evolve(
        default,
        total=default.total if given.read is None else given.read,
        connect=default.connect if given.connect is None else given.connect,
    )


def call_of_release(timeout: Timeout, retries: RetryPolicy | None, *, may_have_acted: bool = False) -> Call:
    """The record of a call that releases a session.

    Args:
        timeout: its time limits.
        retries: decides about further attempts; None for none.
        may_have_acted: whether an earlier call may have released it, whose answer was lost.
    """
    return Call(timeout, retries, "/v1/vouchers/{code}/sessions/{sessionKey}", may_have_acted=may_have_acted)


def release(
    client: GeneratedClient, call: Call, code: str, session_key: str, *, missing_ok: bool
) -> ReleaseResult:
    """Release a validation session; documented at ``Voucherify.release_validation_session``."""
    gone, caller = None, _during(call, client.session)
    code, session_key = segment("code", code), segment("session_key", session_key)
    try:
        release_validation_session.sync_detailed(code, session_key, client=caller)
    except SessionNotFoundError as error:
        gone = error
    return _release_result(code, session_key, call, gone, missing_ok=missing_ok)


async def release_async(
    client: AsyncGeneratedClient, call: Call, code: str, session_key: str, *, missing_ok: bool
) -> ReleaseResult:
    """Release a validation session; documented at ``AsyncVoucherify.release_validation_session``."""
    gone, caller = None, _during(call, client.session)
    code, session_key = segment("code", code), segment("session_key", session_key)
    try:
        await release_validation_session.asyncio_detailed(code, session_key, client=caller)
    except SessionNotFoundError as error:
        gone = error
    return _release_result(code, session_key, call, gone, missing_ok=missing_ok)


def _during(call: Call, session: Session | AsyncSession) -> AuthenticatedClient:
    """The client of one call, whose record the session keeps up to date."""
    return cast("AuthenticatedClient", _OneCall(session, call))


def _release_result(
    code: str, session_key: str, call: Call, gone: SessionNotFoundError | None, *, missing_ok: bool
) -> ReleaseResult:
    answer = cast("Answer", call.answer)  # there is one: the call ended without an exception of its own
    # An attempt before, whose answer was lost, may have released it; who else would have, just then?
    by_us = gone is None or gone.may_have_acted
    if gone is not None and not (missing_ok or by_us):
        raise gone
    if gone is None and answer.status_code != HTTPStatus.NO_CONTENT:
        raise answer.unreadable("not 204, the one success that the OpenAPI document promises")
    return ReleaseResult(
        code=code,
        session_key=session_key,
        status="released" if by_us else "already_gone",
        confirmed=not (gone and by_us),
        attempts=call.attempts,
        rate_limit=answer.rate_limit,
        request_id=gone.request_id if gone else answer.request_id,
    )


def segment(name: str, value: object) -> str:
    """A value that one segment of a path can carry, as exactly that text.

    Percent-encoding leaves dots as they are, and HTTP clients and servers resolve ``.`` and ``..``; an empty
    segment names another resource as well.

    Raises:
        InvalidArgumentError: it is no such value.
    """
    if not isinstance(value, str):
        raise InvalidArgumentError(f"{name} must be text, not {type(value).__name__}.")
    value = str.__str__(value)  # a subclass may bring methods of its own, which generated code would call
    if value in ("", ".", ".."):
        raise InvalidArgumentError(f"{name} must not be {value!r}: such a path would name another resource.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidArgumentError(f"{name} holds half a surrogate pair, which is no text.") from None
    return value
