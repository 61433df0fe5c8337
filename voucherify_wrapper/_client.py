"""The two clients: ``Voucherify`` for threads, ``AsyncVoucherify`` for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterable
from types import EllipsisType
from typing import TYPE_CHECKING, Any, Self

from ._adapter import async_generated_client, call_of_release, generated_client, release, release_async
from ._bulk import release_many, release_many_async
from ._config import load_config, shown
from ._errors import ConfigurationError, InvalidArgumentError
from ._journal import Journal
from ._policies import retries_of, timeout_of
from ._releases import Recent, Releases, terms_of
from ._session import AsyncSession, Session

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    import httpx

    from ._adapter import AsyncGeneratedClient, GeneratedClient
    from ._calls import Call
    from ._clusters import Cluster
    from ._config import Config
    from ._credentials import Credentials
    from ._events import Event
    from ._policies import RetryPolicy, Timeout
    from ._rate_limits import RateLimit
    from ._releases import Pair
    from ._results import Outcome, ReleaseResult
    from ._session import Fast


class Voucherify:
    """A client whose calls block; any number of threads may share it.

    Works as a context manager, or without one and with ``close()``. It can be pickled, with its credentials:
    what comes of it is a client with the same settings and connections of its own, as in a forked process.

    Args:
        credentials: ``ApiKey``, ``OAuthToken``, ``OAuthClientCredentials``, or an object of your own with a
            ``headers()`` method. By default from the environment, then from a profile.
        cluster: a ``Cluster`` or its name, such as ``"us1.api"``. By default, like ``base_url``, from the
            environment, then from the profile that is in use, else Europe.
        base_url: ``https://host[:port]`` of a dedicated cluster, in place of ``cluster``; plain ``http``
            for a loopback host alone.
        profile: a profile of the credentials file; what it has comes before the environment.
        env_file: an ``.env`` file to read after the environment (extra ``[dotenv]``).
        timeout: seconds for a whole call with all its attempts, or a ``Timeout``; by default 30 s, of which
            5 s for connecting and 10 s for an attempt.
        retries: how often a request is sent again at most; or a ``Retries``, or an object of your own with
            its ``wait()`` method. 0 or None for never.
        on_event: a function that is called with every ``Event`` of every call, in the thread or task that
            makes the call, so it must be quick. When it fails, that is logged, and the call goes on.
        transport: ``"fast"`` for the one of the extra ``[fast]``, over pyreqwest; or an httpx transport of
            your own, used as given and left open. By default one that verifies TLS, follows no redirect, and
            takes its proxy from the environment.

    Raises:
        ConfigurationError: a setting is missing, contradictory or malformed.
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        cluster: Cluster | str | None = None,
        base_url: str | None = None,
        profile: str | None = None,
        env_file: str | Path | None = None,
        timeout: float | Timeout | None = None,
        retries: RetryPolicy | int | None = 3,
        on_event: Callable[[Event], object] | None = None,
        transport: httpx.BaseTransport | Fast | None = None,
    ) -> None:
        _must_handle(transport, "handle_request")
        self._config = load_config(
            credentials=credentials,
            cluster=cluster,
            base_url=base_url,
            profile=profile,
            env_file=env_file,
            timeout=timeout,
            retries=retries,
            on_event=on_event,
        )
        self._connect(transport)

    def _connect(self, transport: httpx.BaseTransport | Fast | None) -> None:
        self._session = Session(self._config, transport)
        self._client = generated_client(self._session, self._config)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the configuration, with the credentials: what comes of it is a client of its own."""
        return _made_anew, (type(self), self._config, self._session.given)

    def __repr__(self) -> str:
        return f"Voucherify({_settings_of(self)})"

    @property
    def rate_limit(self) -> RateLimit:
        """The limits as an answer to any call of this client last told them; empty before the first."""
        return self._session.rate_limit

    @property
    def client(self) -> GeneratedClient:
        """The generated client over this client's session, to call any generated operation with.

        Such calls have the same credentials, limits, retries and exceptions. What they give back is
        decoded by the generated code, which has exceptions of its own for a success that was not promised.
        """
        return self._client

    def release_validation_session(
        self,
        code: str,
        session_key: str,
        *,
        missing_ok: bool = False,
        timeout: float | Timeout | None = None,
        retries: RetryPolicy | int | EllipsisType | None = ...,
    ) -> ReleaseResult:
        """Release a validation session, so that another customer can use the voucher.

        ``DELETE /v1/vouchers/{code}/sessions/{sessionKey}``, operation ``release-validation-session``.

        Args:
            code: the voucher's code, or its id. Any text; it reaches the server as exactly this text.
            session_key: the session's key, as the validation gave it (``ssn_...``).
            missing_ok: take a session that is gone as a success. A voucher that is unknown stays an error.
            timeout: seconds for this whole call, or a ``Timeout``; by default the client's.
            retries: how often this call's request is sent again at most, or a policy; left out, the client's.

        Raises:
            SessionNotFoundError: the voucher has no such session (any more), and ``missing_ok`` is not set.
                (Where an earlier attempt of this call may have released it, the result is ``released``, and
                not ``confirmed``.)
            VoucherNotFoundError: there is no such voucher.
            RateLimitError: the limit of calls is reached, for longer than can be waited for.
            ConfigurationError: ``timeout`` is no number of seconds above 0, or ``retries`` no policy.
            InvalidArgumentError: ``code`` or ``session_key`` cannot be sent: empty, ``.`` or ``..``.
            VoucherifyError: every other failure; the README draws the whole tree.
        """
        call = _call_of_release(self._config, timeout, retries)
        return release(self._client, call, code, session_key, missing_ok=missing_ok)

    def release_many(
        self,
        pairs: Iterable[Pair],
        *,
        concurrency: int = 32,
        journal: str | Path | None = None,
        missing_ok: bool = False,
        max_wait: float = 120.0,
    ) -> Generator[Outcome, None, None]:
        """Release many validation sessions at once, within the quota, and give the outcomes as they come.

        Closing what this gives, as leaving a ``for`` loop does, waits for the releases that are under way.

        The input is read as it is needed, in the thread that iterates, twice ``concurrency`` at most ahead,
        and memory does not grow with it. Outcomes come in the order in which they are known; every pair has
        one, but for repetitions. Retries and time limits are the client's.

        While an input such as a queue's has nothing to give, what it gave is released; the outcomes are
        handed over when it goes on, and the last pairs of a burst of more than are read ahead may wait for
        that, too. For an input that is often silent the asynchronous twin is better: it waits for nothing.

        Args:
            pairs: an iterable of (code, session key), or of mappings with ``code`` and
                ``session_key``. One that is neither has a ``failed`` outcome, and harms no other.
            concurrency: how many releases are under way at once, from 1 to 1000; a client keeps 100
                connections.
            journal: a file, made if need be, that makes the run resumable: called again with the same input
                and the same journal, it goes on where it was. The README says what exactly that means.
                With a journal a pair that is repeated in the input is released once, and has one outcome;
                without one that holds for a repetition within 10,000 pairs.
            missing_ok: take sessions that are gone as successes; the status is ``already_gone`` either way.
            max_wait: the longest wait, in seconds, for a quota that is used up to be renewed.

        Raises:
            ReleasesStoppedError: after the outcomes of what was under way: the credentials or the plan are
                not accepted (401, 402), the client was closed, the quota is used up for longer than
                ``max_wait``, or as many calls in a row as are under way at once, and ten at least, have
                failed for a reason that need not be the pair's, as they do when the host is dead.
            JournalError: the journal cannot be used.
            InvalidArgumentError: an argument is of no use.
            Exception: what ``pairs`` raises, after the outcomes of what was under way.
        """
        releases = _releases_of(self._config, concurrency, journal, max_wait, missing_ok=missing_ok)
        return release_many(self._client, releases, _iterator_of(pairs))

    def close(self) -> None:
        """Close the connections. Final; closing again does nothing."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class AsyncVoucherify:
    """A client for asyncio; any number of tasks of one event loop may share it.

    Works as a context manager, or without one and with ``aclose()``. It can be pickled, with its credentials:
    what comes of it is a client with the same settings and connections of its own, as in a forked process.

    Args:
        credentials: ``ApiKey``, ``OAuthToken``, ``OAuthClientCredentials``, or an object of your own with a
            ``headers()`` method. By default from the environment, then from a profile.
        cluster: a ``Cluster`` or its name, such as ``"us1.api"``. By default, like ``base_url``, from the
            environment, then from the profile that is in use, else Europe.
        base_url: ``https://host[:port]`` of a dedicated cluster, in place of ``cluster``; plain ``http``
            for a loopback host alone.
        profile: a profile of the credentials file; what it has comes before the environment.
        env_file: an ``.env`` file to read after the environment (extra ``[dotenv]``).
        timeout: seconds for a whole call with all its attempts, or a ``Timeout``; by default 30 s, of which
            5 s for connecting and 10 s for an attempt.
        retries: how often a request is sent again at most; or a ``Retries``, or an object of your own with
            its ``wait()`` method. 0 or None for never.
        on_event: a function that is called with every ``Event`` of every call, in the thread or task that
            makes the call, so it must be quick. When it fails, that is logged, and the call goes on.
        transport: ``"fast"`` for the one of the extra ``[fast]``, over pyreqwest; or an httpx transport of
            your own, used as given and left open. By default one that verifies TLS, follows no redirect, and
            takes its proxy from the environment.

    Raises:
        ConfigurationError: a setting is missing, contradictory or malformed.
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        cluster: Cluster | str | None = None,
        base_url: str | None = None,
        profile: str | None = None,
        env_file: str | Path | None = None,
        timeout: float | Timeout | None = None,
        retries: RetryPolicy | int | None = 3,
        on_event: Callable[[Event], object] | None = None,
        transport: httpx.AsyncBaseTransport | Fast | None = None,
    ) -> None:
        _must_handle(transport, "handle_async_request")
        self._config = load_config(
            credentials=credentials,
            cluster=cluster,
            base_url=base_url,
            profile=profile,
            env_file=env_file,
            timeout=timeout,
            retries=retries,
            on_event=on_event,
        )
        self._connect(transport)

    def _connect(self, transport: httpx.AsyncBaseTransport | Fast | None) -> None:
        self._session = AsyncSession(self._config, transport)
        self._client = async_generated_client(self._session, self._config)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the configuration, with the credentials: what comes of it is a client of its own."""
        return _made_anew, (type(self), self._config, self._session.given)

    def __repr__(self) -> str:
        return f"AsyncVoucherify({_settings_of(self)})"

    @property
    def rate_limit(self) -> RateLimit:
        """The limits as an answer to any call of this client last told them; empty before the first."""
        return self._session.rate_limit

    @property
    def client(self) -> AsyncGeneratedClient:
        """The generated client over this client's session, to call any generated operation with.

        Such calls have the same credentials, limits, retries and exceptions. What they give back is
        decoded by the generated code, which has exceptions of its own for a success that was not promised.
        """
        return self._client

    async def release_validation_session(
        self,
        code: str,
        session_key: str,
        *,
        missing_ok: bool = False,
        timeout: float | Timeout | None = None,
        retries: RetryPolicy | int | EllipsisType | None = ...,
    ) -> ReleaseResult:
        """Release a validation session, so that another customer can use the voucher.

        ``DELETE /v1/vouchers/{code}/sessions/{sessionKey}``, operation ``release-validation-session``.

        Args:
            code: the voucher's code, or its id. Any text; it reaches the server as exactly this text.
            session_key: the session's key, as the validation gave it (``ssn_...``).
            missing_ok: take a session that is gone as a success. A voucher that is unknown stays an error.
            timeout: seconds for this whole call, or a ``Timeout``; by default the client's.
            retries: how often this call's request is sent again at most, or a policy; left out, the client's.

        Raises:
            SessionNotFoundError: the voucher has no such session (any more), and ``missing_ok`` is not set.
                (Where an earlier attempt of this call may have released it, the result is ``released``, and
                not ``confirmed``.)
            VoucherNotFoundError: there is no such voucher.
            RateLimitError: the limit of calls is reached, for longer than can be waited for.
            ConfigurationError: ``timeout`` is no number of seconds above 0, or ``retries`` no policy.
            InvalidArgumentError: ``code`` or ``session_key`` cannot be sent: empty, ``.`` or ``..``.
            VoucherifyError: every other failure; the README draws the whole tree.
        """
        call = _call_of_release(self._config, timeout, retries)
        return await release_async(self._client, call, code, session_key, missing_ok=missing_ok)

    def release_many(
        self,
        pairs: Iterable[Pair] | AsyncIterable[Pair],
        *,
        concurrency: int = 32,
        journal: str | Path | None = None,
        missing_ok: bool = False,
        max_wait: float = 120.0,
    ) -> AsyncGenerator[Outcome, None]:
        """Release many validation sessions at once, within the quota, and give the outcomes as they come.

        Closing what this gives, or cancelling, cancels the releases that are under way.

        The input is read as it is needed, three times ``concurrency`` at most ahead,
        and memory does not grow with it. Outcomes come in the order in which they are known; every pair has
        one, but for repetitions. Retries and time limits are the client's.

        Args:
            pairs: an iterable or async iterable of (code, session key), or of mappings with ``code`` and
                ``session_key``. One that is neither has a ``failed`` outcome, and harms no other.
            concurrency: how many releases are under way at once, from 1 to 1000; a client keeps 100
                connections.
            journal: a file, made if need be, that makes the run resumable: called again with the same input
                and the same journal, it goes on where it was. The README says what exactly that means.
                With a journal a pair that is repeated in the input is released once, and has one outcome;
                without one that holds for a repetition within 10,000 pairs.
            missing_ok: take sessions that are gone as successes; the status is ``already_gone`` either way.
            max_wait: the longest wait, in seconds, for a quota that is used up to be renewed.

        Raises:
            ReleasesStoppedError: after the outcomes of what was under way: the credentials or the plan are
                not accepted (401, 402), the client was closed, the quota is used up for longer than
                ``max_wait``, or as many calls in a row as are under way at once, and ten at least, have
                failed for a reason that need not be the pair's, as they do when the host is dead.
            JournalError: the journal cannot be used.
            InvalidArgumentError: an argument is of no use.
            Exception: what ``pairs`` raises, after the outcomes of what was under way.
        """
        releases = _releases_of(self._config, concurrency, journal, max_wait, missing_ok=missing_ok)
        source = pairs if isinstance(pairs, AsyncIterable) else _iterator_of(pairs)
        return release_many_async(self._client, releases, source)

    async def aclose(self) -> None:
        """Close the connections. Final; closing again does nothing."""
        await self._session.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()


def _call_of_release(
    config: Config, timeout: float | Timeout | None, retries: RetryPolicy | int | EllipsisType | None
) -> Call:
    policy = config.retries if isinstance(retries, EllipsisType) else retries_of(retries)
    return call_of_release(timeout_of(timeout, config.timeout), policy)


def _made_anew(cls: type[Any], config: Config, transport: Any) -> Any:  # noqa: ANN401 - either client
    client = object.__new__(cls)
    client._config = config
    client._connect(transport)
    return client


def _iterator_of(pairs: Iterable[Pair]) -> Iterator[Pair]:
    try:
        return iter(pairs)
    except TypeError:
        raise InvalidArgumentError("pairs must be an iterable of (code, session_key).") from None


def _releases_of(
    config: Config, concurrency: int, journal: str | Path | None, max_wait: float, *, missing_ok: bool
) -> Releases:
    terms = terms_of(concurrency, max_wait, missing_ok=missing_ok)
    return Releases(config, terms, Recent() if journal is None else Journal(journal))


def _settings_of(client: object) -> str:
    """What tells two clients apart; nothing while a client is still being made, and an error is shown."""
    config = getattr(client, "_config", None)
    return f"{shown(config.credentials)}, base_url={config.base_url!r}" if config else "..."


def _must_handle(transport: object, method: str) -> None:
    if transport not in (None, "fast") and not callable(getattr(transport, method, None)):
        raise ConfigurationError(
            f'transport must be "fast", or an httpx transport with {method}(), '
            f"not {type(transport).__name__}."
        )
