"""Release Voucherify's validation sessions, over a client generated from the vendor's OpenAPI document.

Names load when they are first used, so that importing this package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from ._client import AsyncVoucherify, Voucherify
    from ._clusters import Cluster
    from ._credentials import ApiKey, Credentials, OAuthClientCredentials, OAuthToken
    from ._errors import (
        APIConnectionError,
        APIError,
        APITimeoutError,
        AuthenticationError,
        BadRequestError,
        ClientClosedError,
        ConfigurationError,
        ConflictError,
        ConnectionLostError,
        ConnectRefusedError,
        HostNotFoundError,
        InvalidArgumentError,
        InvalidResponseError,
        JournalError,
        LockedError,
        NotFoundError,
        PermissionDeniedError,
        PlanExceededError,
        RateLimitError,
        ReleasesStoppedError,
        RequestError,
        ServerError,
        SessionNotFoundError,
        TLSError,
        UsageError,
        VoucherifyError,
        VoucherNotFoundError,
    )
    from ._events import AttemptEnded, AttemptStarted, CallEnded, Event, Waiting
    from ._policies import Retries, RetryPolicy, Timeout
    from ._rate_limits import RateLimit
    from ._results import Outcome, ReleaseResult

__all__ = [
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "ApiKey",
    "AsyncVoucherify",
    "AttemptEnded",
    "AttemptStarted",
    "AuthenticationError",
    "BadRequestError",
    "CallEnded",
    "ClientClosedError",
    "Cluster",
    "ConfigurationError",
    "ConflictError",
    "ConnectRefusedError",
    "ConnectionLostError",
    "Credentials",
    "Event",
    "HostNotFoundError",
    "InvalidArgumentError",
    "InvalidResponseError",
    "JournalError",
    "LockedError",
    "NotFoundError",
    "OAuthClientCredentials",
    "OAuthToken",
    "Outcome",
    "PermissionDeniedError",
    "PlanExceededError",
    "RateLimit",
    "RateLimitError",
    "ReleaseResult",
    "ReleasesStoppedError",
    "RequestError",
    "Retries",
    "RetryPolicy",
    "ServerError",
    "SessionNotFoundError",
    "TLSError",
    "Timeout",
    "UsageError",
    "VoucherNotFoundError",
    "Voucherify",
    "VoucherifyError",
    "Waiting",
    "__version__",
]

_HOMES = {
    "AsyncVoucherify": "_client",
    "Voucherify": "_client",
    "Cluster": "_clusters",
    "ApiKey": "_credentials",
    "Credentials": "_credentials",
    "OAuthClientCredentials": "_credentials",
    "OAuthToken": "_credentials",
    "AttemptEnded": "_events",
    "AttemptStarted": "_events",
    "CallEnded": "_events",
    "Event": "_events",
    "Waiting": "_events",
    "Retries": "_policies",
    "RetryPolicy": "_policies",
    "Timeout": "_policies",
    "RateLimit": "_rate_limits",
    "Outcome": "_results",
    "ReleaseResult": "_results",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES.get(name, '_errors')}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
