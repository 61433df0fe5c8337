"""Credentials: what signs a request. Secrets live here and in the bytes on the wire, nowhere else.

Source of the schemes: ``components.securitySchemes`` of the OpenAPI document, and the vendor's
documentation of OAuth tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable
from urllib.parse import urlencode

from attrs import field, frozen

from ._errors import ConfigurationError
from ._secrets import hidden, problem_of_secret
from ._tokens import TokenStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ._tokens import TokenSlot


@runtime_checkable
class Credentials(Protocol):
    """Anything that can sign a request; an object of your own with this method works as well."""

    def headers(self) -> Mapping[str, str]:
        """The headers that sign one request.

        Called before every attempt, from any thread, so it must be quick. After a 401 it is called once
        more, and the request is repeated if what it gives has changed.
        """
        ...


def _must_be_clean(instance: object, attribute: Any, value: str) -> None:  # noqa: ANN401 - attrs' own type
    problem = problem_of_secret(value)
    if problem:
        raise ConfigurationError(f"{type(instance).__name__}: {attribute.name} {problem}.")


@frozen
class ApiKey:
    """A project's API key: the headers ``X-App-Id`` and ``X-App-Token``.

    Raises:
        ConfigurationError: a part is empty, quoted, or holds white space or other than printable ASCII.
    """

    app_id: str = field(validator=_must_be_clean, repr=hidden)
    app_token: str = field(validator=_must_be_clean, repr=hidden)

    def headers(self) -> Mapping[str, str]:
        """The two headers."""
        return {"X-App-Id": self.app_id, "X-App-Token": self.app_token}


@frozen
class OAuthToken:
    """An OAuth 2.0 access token that somebody else fetches and renews.

    Raises:
        ConfigurationError: it is empty, quoted, or holds white space or other than printable ASCII.
    """

    token: str = field(validator=_must_be_clean, repr=hidden)

    def headers(self) -> Mapping[str, str]:
        """The ``Authorization`` header."""
        return {"Authorization": f"Bearer {self.token}"}


def _must_be_scopes(_: object, __: object, value: object) -> None:
    if not isinstance(value, tuple) or not value or any(problem_of_secret(scope) for scope in value):
        raise ConfigurationError(
            'OAuthClientCredentials: scopes must be a tuple of names, such as ("vouchers",).'
        )


@frozen
class OAuthClientCredentials:
    """Fetches OAuth 2.0 access tokens with an API key, and renews them.

    A token is reused until shortly before it ends, and renewed once when the server refuses it. Threads,
    tasks and clients that share this object share its token for a base URL, and one renewal of it.
    Releasing a session needs the scope ``vouchers`` or ``api``.

    Raises:
        ConfigurationError: a part is empty, quoted, or holds white space or other than printable ASCII.
    """

    app_id: str = field(validator=_must_be_clean, repr=hidden)
    app_token: str = field(validator=_must_be_clean, repr=hidden)
    scopes: tuple[str, ...] = field(default=("vouchers",), validator=_must_be_scopes)
    _tokens: TokenStore = field(factory=TokenStore, init=False, repr=False, eq=False)

    def headers(self) -> Mapping[str, str]:
        """The headers that sign the request for a token."""
        return {"X-App-Id": self.app_id, "X-App-Token": self.app_token}

    def token_form(self) -> bytes:
        """The form-encoded body of the request for a token."""
        return urlencode({"grant_type": "client_credentials", "scope": " ".join(self.scopes)}).encode()

    def token_slot(self, base_url: str) -> TokenSlot:
        """Where the token for one host is kept and renewed."""
        return self._tokens.slot(base_url)
