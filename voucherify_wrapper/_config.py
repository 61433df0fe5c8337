"""A client's configuration, and the chain of sources that it is gathered from.

Arguments come first, then the environment, then the vendor's own variable names, then an ``.env`` file where
one was asked for, then a profile of the user's credentials file. A profile that is named in an argument
comes before the environment; the profile "default", which nobody has to name, is read last, and its cluster
only with its own credentials. The first source that has any part of a setting gives the whole of it.
"""

from __future__ import annotations

import os
import shlex
import stat
import tomllib
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from ._clusters import Cluster, checked_base_url, cluster_named
from ._credentials import ApiKey, Credentials, OAuthClientCredentials, OAuthToken
from ._errors import ConfigurationError
from ._events import checked_hook
from ._policies import Timeout, retries_of, timeout_of
from ._secrets import problem_of_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ._events import Hook
    from ._policies import RetryPolicy

_SETTINGS = ("app_id", "app_token", "oauth_token", "cluster", "base_url")
_CREDENTIALS = _SETTINGS[:3]
_ENVIRONMENT = {setting: f"VOUCHERIFY_{setting.upper()}" for setting in _SETTINGS}
_VENDORS_ENVIRONMENT = {"app_id": "X_APP_ID", "app_token": "X_APP_TOKEN", "base_url": "VOUCHERIFY_HOST"}
_PROFILE_VARIABLE = "VOUCHERIFY_PROFILE"
_DEFAULT_PROFILE = "default"


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
        return _gathered(
            os.environ if environ is None else environ,
            credentials,
            cluster,
            base_url,
            profile,
            env_file,
            timeout,
            retries,
            on_event,
        )
    except ConfigurationError as error:
        problem = str(error)
    raise ConfigurationError(problem)  # anew: the frames below hold the values of every source


def _gathered(  # noqa: PLR0917 - the settings, in the order of their documentation
    environ: Mapping[str, str],
    credentials: Credentials | None,
    cluster: Cluster | str | None,
    base_url: str | None,
    profile: str | None,
    env_file: str | Path | None,
    timeout: float | Timeout | None,
    retries: RetryPolicy | int | None,
    on_event: Hook | None,
) -> Config:
    sources = _Chain(_sources(environ, profile, env_file))
    signing = _checked(credentials) if credentials is not None else _credentials_from(sources)
    return Config(
        base_url=_base_url_of_arguments(cluster, base_url) or _base_url_from(sources),
        credentials=signing,
        timeout=timeout_of(timeout, Timeout()),
        retries=retries_of(retries),
        on_event=checked_hook(on_event),
    )


@frozen
class _Source:
    """One place that may hold settings.

    Attributes:
        values: the settings it has, by setting.
        names: what each setting is called there, by setting.
        place: where that is, as an error says it: "the environment", "profile 'default' in …".
    """

    values: Mapping[str, str] = field(repr=False)
    names: Mapping[str, str]
    place: str

    def describe(self, setting: str) -> str:
        """Name a setting as the user wrote it."""
        return f"{self.names[setting]} in {self.place}"

    def describe_all(self, settings: tuple[str, ...]) -> str:
        """Name those of the settings that this place could hold."""
        return f"{', '.join(self.names[name] for name in settings if name in self.names)} in {self.place}"

    def text(self, setting: str) -> str:
        """A setting's value, known to be clean."""
        value = self.values[setting]
        problem = problem_of_secret(value)
        if problem:
            raise ConfigurationError(f"{self.describe(setting)} {problem}.")
        return value


@frozen
class _Chain:
    """The sources in order, each read when it is first reached, and remembered."""

    _pending: Iterator[_Source]
    looked_at: list[_Source] = field(factory=list)

    def add(self, source: _Source) -> None:
        """Put a source behind those that have all been looked at."""
        self.looked_at.append(source)

    def first_with(self, settings: tuple[str, ...]) -> _Source | None:
        for source in self._all():
            if any(setting in source.values for setting in settings):
                return source
        return None

    def _all(self) -> Iterator[_Source]:
        yield from list(self.looked_at)
        for source in self._pending:
            self.looked_at.append(source)
            yield source


def _sources(
    environ: Mapping[str, str], profile: str | None, env_file: str | Path | None
) -> Iterator[_Source]:
    if profile is not None:
        yield _profile(_clean_name(profile, "profile"), wanted=True)
    yield from _environment(environ, "the environment")
    named = environ.get(_PROFILE_VARIABLE)
    if env_file is not None:
        if not isinstance(env_file, (str, Path)):
            raise ConfigurationError(f"env_file must be a path, not {type(env_file).__name__}.")
        variables = _read_env_file(Path(env_file))
        yield from _environment(variables, str(env_file))
        named = variables.get(_PROFILE_VARIABLE) if named is None else named
    if profile is None and named is not None:
        yield _profile(_clean_name(named, _PROFILE_VARIABLE), wanted=True)


def _clean_name(name: str, source: str) -> str:
    problem = problem_of_secret(name)
    if problem:
        raise ConfigurationError(f"{source} {problem}.")
    return name


def _environment(variables: Mapping[str, str], place: str) -> Iterator[_Source]:
    for names in (_ENVIRONMENT, _VENDORS_ENVIRONMENT):
        values = {setting: variables[name] for setting, name in names.items() if name in variables}
        yield _Source(values, names, place)


def _read_env_file(path: Path) -> Mapping[str, str]:
    try:
        from dotenv import dotenv_values  # noqa: PLC0415 - an extra
    except ImportError:
        raise ConfigurationError(
            "env_file needs python-dotenv: pip install 'voucherify-wrapper[dotenv]'."
        ) from None
    text = _text_of(path, "env_file")
    return {
        name: value or "" for name, value in dotenv_values(stream=StringIO(text), interpolate=False).items()
    }


def _profile(name: str, *, wanted: bool) -> _Source:
    """Read a named profile; one that nobody asked for by name may be missing."""
    path = credentials_file()
    place = f"profile {name!r} in {path}"
    names = {setting: setting for setting in _SETTINGS}
    if not wanted and _status_of(path) is None:
        return _Source({}, names, f"{place} (no such file)")
    profiles = _read_profiles(path, f"profile {name!r}: the credentials file")
    if name not in profiles:
        if wanted:
            known = ", ".join(repr(known) for known in profiles) or "none"
            raise ConfigurationError(f"{path} has no profile {name!r}. It has: {known}.")
        return _Source({}, names, f"{place} (no such profile)")
    return _Source(_checked_profile(profiles[name], place), names, place)


def credentials_file() -> Path:
    """Where the profiles are kept: ``credentials.toml`` in the user's configuration folder."""
    from platformdirs import user_config_path  # noqa: PLC0415 - needed only when the chain reaches the file

    return user_config_path("voucherify", appauthor=False) / "credentials.toml"


def _read_profiles(path: Path, what: str) -> Mapping[str, Any]:
    text = _text_of(path, what, private=True)
    profiles, problem = None, ""
    try:
        profiles = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = str(error)
    except (ValueError, RecursionError):
        problem = "it holds a number or a nesting that is too large"
    if profiles is None:  # raised out here: the decoder's exception holds the file's text
        raise ConfigurationError(f"{path} is not TOML: {problem}.")
    return profiles


def _checked_profile(profile: object, place: str) -> Mapping[str, str]:
    if not isinstance(profile, dict):
        raise ConfigurationError(f"{place} must be a table: [name] on a line of its own, then its keys.")
    unknown = [key for key in profile if key not in _SETTINGS]
    if unknown:
        raise ConfigurationError(
            f"{place} has the unknown key {unknown[0]!r}. Known: {', '.join(_SETTINGS)}."
        )
    return profile


def _text_of(path: Path, what: str, *, private: bool = False) -> str:
    status = _status_of(path)
    if status is None or not stat.S_ISREG(status.st_mode):
        raise ConfigurationError(f"{what} {path}: there is no such file.")
    if private and os.name == "posix" and stat.S_IMODE(status.st_mode) & 0o077:
        raise ConfigurationError(
            f"{what} {path} can be read or changed by other users. Run: chmod 600 {shlex.quote(str(path))}"
        )
    text, problem = None, "is not UTF-8 text"
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        problem = f"cannot be read ({error.strerror})"
    except UnicodeDecodeError:
        pass
    if text is None:  # raised out here: the decoder's exception holds the file's bytes
        raise ConfigurationError(f"{what} {path} {problem}.")
    return text


def _status_of(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be read ({error}).") from None


def _checked(credentials: Credentials) -> Credentials:
    given: object = credentials
    if isinstance(given, type) or not isinstance(given, Credentials):
        raise ConfigurationError(
            "credentials must be ApiKey(...), OAuthToken(...), OAuthClientCredentials(...) or an object with "
            f"a headers() method, not {type(credentials).__name__}."
        )
    return credentials


def _credentials_from(sources: _Chain) -> Credentials:
    source = sources.first_with(_CREDENTIALS)
    if source is None:
        # Only now, and then for the host as well: nobody named it, so it must not lead credentials from
        # elsewhere to a host of its own.
        sources.add(_profile(_DEFAULT_PROFILE, wanted=False))
        source = sources.first_with(_CREDENTIALS)
    if source is None:
        raise ConfigurationError(_nothing_found(sources))
    pair = [setting for setting in ("app_id", "app_token") if setting in source.values]
    if "oauth_token" in source.values:
        if pair:
            raise ConfigurationError(
                f"{source.describe(pair[0])} and {source.describe('oauth_token')} are both set; remove one."
            )
        return OAuthToken(source.text("oauth_token"))
    missing = [setting for setting in ("app_id", "app_token") if setting not in source.values]
    if missing:
        raise ConfigurationError(
            f"{source.describe(pair[0])} is set, but {source.names[missing[0]]} is not. "
            "Both halves must come from the same place."
        )
    return ApiKey(source.text("app_id"), source.text("app_token"))


def _nothing_found(sources: _Chain) -> str:
    places = "; ".join(source.describe_all(_CREDENTIALS) for source in sources.looked_at)
    return (
        f"No credentials found. Looked at: the argument credentials; {places}. Set VOUCHERIFY_APP_ID and "
        "VOUCHERIFY_APP_TOKEN, or pass credentials=ApiKey(app_id, app_token)."
    )


def _base_url_of_arguments(cluster: Cluster | str | None, base_url: str | None) -> str | None:
    if cluster is not None and base_url is not None:
        raise ConfigurationError("cluster and base_url are both given; pass one of them.")
    if cluster is not None:
        return cluster_named(cluster, source="cluster").base_url
    return None if base_url is None else checked_base_url(base_url, source="base_url")


def _base_url_from(sources: _Chain) -> str:
    source = sources.first_with(("cluster", "base_url"))
    if source is None:
        return Cluster.EU.base_url
    if "cluster" in source.values and "base_url" in source.values:
        raise ConfigurationError(
            f"{source.describe('cluster')} and {source.describe('base_url')} are both set; remove one."
        )
    if "cluster" in source.values:
        return cluster_named(source.text("cluster"), source=source.describe("cluster")).base_url
    url = source.text("base_url")
    if source.names["base_url"] == _VENDORS_ENVIRONMENT["base_url"] and "://" not in url:
        url = f"https://{url}"  # the vendor's SDK is given a bare host as often as a URL
    return checked_base_url(url, source=source.describe("base_url"))
