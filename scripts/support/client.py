"""The clients that operations are called with."""

from __future__ import annotations

import ssl  # noqa: TC003 - attrs' users may ask for the types of the fields
from typing import Any, Self, TypeVar

import httpx
from attrs import define, evolve, field

DEFAULT_TIMEOUT = httpx.Timeout(30.0)
"""What limits a request where no other timeout was given: seconds for each of its phases."""

_C = TypeVar("_C", bound="Client | AuthenticatedClient")


@define
class Client:
    """The settings of requests, and the httpx clients that send them.

    The following are accepted as keyword arguments, and are used to make httpx clients:

        ``base_url``: The base URL of the API; requests are made to paths relative to it

        ``cookies``: Cookies to send with every request

        ``headers``: Headers to send with every request

        ``timeout``: How long a request may take, in seconds for each of its phases; httpx.TimeoutException is
        raised beyond that. None stands for DEFAULT_TIMEOUT; with httpx.Timeout(None) requests wait for ever.

        ``verify_ssl``: Whether to verify the server's certificate. Only tests should set it to False.

        ``follow_redirects``: Whether to follow redirects

        ``httpx_args``: More arguments for ``httpx.Client`` and ``httpx.AsyncClient``

    Attributes:
        raise_on_unexpected_status: Whether to raise errors.UnexpectedStatus for a status that the
            document does not have. Can also be given as a keyword argument.
        strict: Whether to raise errors.UnexpectedContent for an answer that differs from the document: an
            unknown enum value, a missing property, another type, and so on. Without it, such answers are
            decoded as far as they fit, and nothing in them is lost. Can also be given as a keyword argument.
    """

    raise_on_unexpected_status: bool = field(default=False, kw_only=True)
    strict: bool = field(default=False, kw_only=True)
    _base_url: str = field(alias="base_url")
    # Headers, cookies and arguments may hold credentials.
    _cookies: dict[str, str] = field(factory=dict, kw_only=True, alias="cookies", repr=False)
    _headers: dict[str, str] = field(factory=dict, kw_only=True, alias="headers", repr=False)
    _timeout: httpx.Timeout | None = field(default=None, kw_only=True, alias="timeout")
    _verify_ssl: str | bool | ssl.SSLContext = field(default=True, kw_only=True, alias="verify_ssl")
    _follow_redirects: bool = field(default=False, kw_only=True, alias="follow_redirects")
    _httpx_args: dict[str, Any] = field(factory=dict, kw_only=True, alias="httpx_args", repr=False)
    _client: httpx.Client | None = field(default=None, init=False, repr=False)
    _async_client: httpx.AsyncClient | None = field(default=None, init=False, repr=False)

    def with_headers(self, headers: dict[str, str]) -> Self:
        """Make a client like this one, with more headers; an httpx client in use gets them too."""
        for client in self._clients():
            client.headers.update(headers)
        return _with_clients_of(self, evolve(self, headers={**self._headers, **headers}))

    def with_cookies(self, cookies: dict[str, str]) -> Self:
        """Make a client like this one, with more cookies; an httpx client in use gets them too."""
        for client in self._clients():
            client.cookies.update(cookies)
        return _with_clients_of(self, evolve(self, cookies={**self._cookies, **cookies}))

    def with_timeout(self, timeout: httpx.Timeout) -> Self:
        """Make a client like this one, with another timeout; an httpx client in use gets it too."""
        for client in self._clients():
            client.timeout = timeout
        return _with_clients_of(self, evolve(self, timeout=timeout))

    def set_httpx_client(self, client: httpx.Client) -> Self:
        """Use this httpx client; its own settings count instead of these."""
        self._client = client
        return self

    def get_httpx_client(self) -> httpx.Client:
        """Give the httpx client, made now where there is none."""
        if self._client is None:
            self._client = httpx.Client(**self._settings())
        return self._client

    def __enter__(self) -> Self:
        """Enter the httpx client's context; this works once, see httpx."""
        self.get_httpx_client().__enter__()
        return self

    def __exit__(self, *args: Any) -> None:  # noqa: ANN401, PYI036 - handed on as they come
        """Leave the httpx client's context."""
        self.get_httpx_client().__exit__(*args)

    def set_async_httpx_client(self, async_client: httpx.AsyncClient) -> Self:
        """Use this httpx client for coroutines; its own settings count instead of these."""
        self._async_client = async_client
        return self

    def get_async_httpx_client(self) -> httpx.AsyncClient:
        """Give the httpx client for coroutines, made now where there is none."""
        if self._async_client is None:
            self._async_client = httpx.AsyncClient(**self._settings())
        return self._async_client

    async def __aenter__(self) -> Self:
        """Enter the context of the httpx client for coroutines; this works once, see httpx."""
        await self.get_async_httpx_client().__aenter__()
        return self

    async def __aexit__(self, *args: Any) -> None:  # noqa: ANN401, PYI036 - handed on as they come
        """Leave the context of the httpx client for coroutines."""
        await self.get_async_httpx_client().__aexit__(*args)

    def _clients(self) -> list[httpx.Client | httpx.AsyncClient]:
        return [client for client in (self._client, self._async_client) if client is not None]

    def _settings(self) -> dict[str, Any]:
        return {
            "base_url": self._base_url,
            "cookies": self._cookies,
            "headers": self._all_headers(),
            "timeout": DEFAULT_TIMEOUT if self._timeout is None else self._timeout,
            "verify": self._verify_ssl,
            "follow_redirects": self._follow_redirects,
            **self._httpx_args,
        }

    def _all_headers(self) -> dict[str, str]:
        return self._headers


@define
class AuthenticatedClient(Client):
    """A client whose requests carry a token; takes what Client takes, and the following.

    Attributes:
        token: The token.
        prefix: What stands before it in the header.
        auth_header_name: The header.
    """

    token: str = field(repr=False)
    prefix: str = "Bearer"
    auth_header_name: str = "Authorization"

    def _all_headers(self) -> dict[str, str]:
        value = f"{self.prefix} {self.token}" if self.prefix else self.token
        return {**self._headers, self.auth_header_name: value}


def _with_clients_of(old: _C, new: _C) -> _C:
    new._client, new._async_client = old._client, old._async_client  # noqa: SLF001 - its own kind
    return new
