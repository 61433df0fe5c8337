"""A client's configuration, and how each setting of it is chosen from the places that may have it.

Arguments come first, then the environment, then the vendor's own variable names, then an ``.env`` file where
one was asked for, then a profile of the user's credentials file. A profile that is named in an argument
comes before the environment; the profile "default", which nobody has to name, is read last, and its cluster
only with its own credentials. The first source that has any part of a setting gives the whole of it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from attrs import field, frozen

from ._clusters import Cluster, checked_base_url, cluster_named
from ._credentials import ApiKey, Credentials, OAuthClientCredentials, OAuthToken
from ._errors import ConfigurationError
from ._events import checked_hook
from ._policies import Timeout, retries_of, timeout_of
from ._sources import CREDENTIALS, HOST, VENDORS_ENVIRONMENT, Found, Sources

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ._events import Hook
    from ._policies import RetryPolicy
    from ._sources import Source

NO_CREDENTIALS = "No credentials found."
ARGUMENTS = "the argument credentials; "
HOW_TO_GIVE_CREDENTIALS = (
    "Set VOUCHERIFY_APP_ID and VOUCHERIFY_APP_TOKEN, or pass credentials=ApiKey(app_id, app_token)."
)
"""Parts of the error that says so, of which the command line words two in its own way."""


def shown(credentials: Credentials) -> str:
    """How credentials are shown: a caller's own object by its type alone, as its repr may tell all."""
    known = isinstance(credentials, (ApiKey, OAuthToken, OAuthClientCredentials))
    return repr(credentials) if known else f"{type(credentials).__name__}(...)"


@frozen
class Config:
    """Everything a client has to know.

    Attributes:
        base_url: ``https://host[:port]``, without a slash at the end.
        credentials: what signs the requests.
        timeout: the limits of a call that sets none of its own.
        retries: decides about further attempts; None for none.
        on_event: who is told what happens.
    """

    base_url: str
    credentials: Credentials = field(repr=shown)
    timeout: Timeout
    retries: RetryPolicy | None
    on_event: Hook | None


def load_config(  # noqa: D417 - the clients' docstrings document the settings
    *,
    credentials: Credentials | None = None,
    cluster: Cluster | str | None = None,
    base_url: str | None = None,
    profile: str | None = None,
    env_file: str | Path | None = None,
    timeout: float | Timeout | None = None,
    retries: RetryPolicy | int | None = None,
    on_event: Hook | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Gather a configuration; sources further down are not even read when those above give everything.

    Args:
        environ: the environment; by default that of the process.

    Raises:
        ConfigurationError: a setting is missing, half there, contradictory or malformed. The text names the
            variable, or the file and key, and never a value.
    """
    problem = None
    try:
        choice = Choice(
            cluster=cluster, base_url=base_url, profile=profile, env_file=env_file, environ=environ
        )
        return Config(
            credentials=choice.credentials() if credentials is None else _checked(credentials),
            base_url=choice.base_url(),
            timeout=timeout_of(timeout, Timeout()),
            retries=retries_of(retries),
            on_event=checked_hook(on_event),
        )
    except ConfigurationError as error:
        problem = str(error)
    raise ConfigurationError(problem)  # anew: the frames below hold the values of every source


class Choice:
    """Chooses each setting from the places that may have it, and remembers where it was found.

    The credentials are asked for before the host: the profile "default" gives a host to its own alone.

    Args:
        cluster: the argument.
        base_url: the argument.
        profile: the argument.
        env_file: the argument.
        environ: the environment; by default that of the process.

    Attributes:
        found: what has been chosen so far, in the order in which it was asked for.

    Raises:
        ConfigurationError: an argument is of the wrong kind.
    """

    def __init__(
        self,
        *,
        cluster: Cluster | str | None = None,
        base_url: str | None = None,
        profile: str | None = None,
        env_file: str | Path | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.found: list[Found] = []
        self._cluster = cluster
        self._base_url = base_url
        self._sources = Sources(os.environ if environ is None else environ, profile, env_file)

    def credentials(self) -> Credentials:
        """Choose the credentials.

        Raises:
            ConfigurationError: there are none, half of them, or two kinds of them in one place.
        """
        source = self.source_of_credentials()
        if source is None:
            raise ConfigurationError(_nothing_found(self._sources.looked_at))
        parts = [source.found(setting) for setting in parts_of_credentials(source)]
        self.found += parts
        values = [part.value for part in parts]
        return OAuthToken(*values) if len(values) == 1 else ApiKey(*values)

    def source_of_credentials(self) -> Source | None:
        """The place that has credentials, or a part of them; None where no place has.

        Raises:
            ConfigurationError: a place cannot be read.
        """
        source = self._sources.first_with(CREDENTIALS)
        if source is None:
            # Only now, and then for the host as well: nobody named it, so it must not lead credentials from
            # elsewhere to a host of its own.
            self._sources.read_default_profile()
            source = self._sources.first_with(CREDENTIALS)
        return source

    def base_url(self) -> str:
        """Choose the host.

        Raises:
            ConfigurationError: it is named twice in one place, or cannot be one.
        """
        url, found = _host_of_arguments(self._cluster, self._base_url) or self._host_of_sources()
        self.found.append(found)
        return url

    def _host_of_sources(self) -> tuple[str, Found]:
        source = self._sources.first_with(HOST)
        if source is None:
            return Cluster.EU.base_url, Found("cluster", Cluster.EU.value, "default", "", "")
        return host_in(source)

    def passed_over(self) -> tuple[list[tuple[Source, tuple[str, ...]]], list[str]]:
        """Read the places that were not needed as well, to tell what is not used.

        Returns:
            The places that have settings which were not chosen, with these settings; and why those places
            that cannot be read cannot.
        """
        problems = self._sources.read_the_rest()
        chosen = {(found.name, found.place) for found in self.found}
        unused = [
            (
                source,
                tuple(each for each in source.values if (source.names[each], source.place) not in chosen),
            )
            for source in self._sources.looked_at
        ]
        return [(source, settings) for source, settings in unused if settings], problems


def parts_of_credentials(source: Source) -> tuple[str, ...]:
    """The settings that are a place's credentials.

    Raises:
        ConfigurationError: it has half of them, or two kinds of them.
    """
    pair = [setting for setting in ("app_id", "app_token") if setting in source.values]
    if "oauth_token" in source.values:
        if pair:
            raise ConfigurationError(
                f"{source.describe(pair[0])} and {source.describe('oauth_token')} are both set; remove one."
            )
        return ("oauth_token",)
    missing = [setting for setting in ("app_id", "app_token") if setting not in source.values]
    if missing:
        raise ConfigurationError(
            f"{source.describe(pair[0])} is set, but {source.names[missing[0]]} is not. "
            "Both halves must come from the same place."
        )
    return ("app_id", "app_token")


def host_in(source: Source) -> tuple[str, Found]:
    """The base URL that a place names.

    Raises:
        ConfigurationError: it names two, or one that cannot be.
    """
    if source.has_any(("cluster",)) and source.has_any(("base_url",)):
        raise ConfigurationError(
            f"{source.describe('cluster')} and {source.describe('base_url')} are both set; remove one."
        )
    if source.has_any(("cluster",)):
        found = source.found("cluster")
        return cluster_named(found.value, source=source.describe("cluster")).base_url, found
    found = source.found("base_url")
    url = found.value
    if found.name == VENDORS_ENVIRONMENT["base_url"] and "://" not in url:
        url = f"https://{url}"  # the vendor's SDK is given a bare host as often as a URL
    return checked_base_url(url, source=source.describe("base_url")), found


def _host_of_arguments(cluster: Cluster | str | None, base_url: str | None) -> tuple[str, Found] | None:
    if cluster is not None and base_url is not None:
        raise ConfigurationError("cluster and base_url are both given; pass one of them.")
    if cluster is not None:
        name = cluster_named(cluster, source="cluster")
        return name.base_url, Found("cluster", name.value, "argument", "cluster", "the arguments")
    if base_url is not None:
        url = checked_base_url(base_url, source="base_url")
        return url, Found("base_url", url, "argument", "base_url", "the arguments")
    return None


def _checked(credentials: Credentials) -> Credentials:
    given: object = credentials
    if isinstance(given, type) or not isinstance(given, Credentials):
        raise ConfigurationError(
            "credentials must be ApiKey(...), OAuthToken(...), OAuthClientCredentials(...) or an object with "
            f"a headers() method, not {type(credentials).__name__}."
        )
    return credentials


def _nothing_found(looked_at: list[Source]) -> str:
    places = "; ".join(source.describe_all(CREDENTIALS) for source in looked_at)
    return f"{NO_CREDENTIALS} Looked at: {ARGUMENTS}{places}. {HOW_TO_GIVE_CREDENTIALS}"
