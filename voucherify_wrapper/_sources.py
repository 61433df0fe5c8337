"""The places that a client's settings are looked for in: environment, ``.env`` file, profiles, keyring.

Each is read when it is first reached, and what it gives says where it is from.
"""

from __future__ import annotations

from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from attrs import field, frozen

from ._credentials_file import (
    DEFAULT_PROFILE,
    credentials_file,
    must_be_file,
    profiles_in,
    status_of,
    text_of,
)
from ._errors import ConfigurationError
from ._keyring import secret_in_keyring
from ._secrets import hidden, problem_of_secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dotenv.parser import Original

SETTINGS = ("app_id", "app_token", "oauth_token", "cluster", "base_url")
CREDENTIALS = SETTINGS[:3]
HOST = SETTINGS[3:]
IN_KEYRING = {setting: f"{setting}_in_keyring" for setting in ("app_token", "oauth_token")}
"""The keys of a profile whose secret is in the keyring; their values are the names of the entries there."""
PROFILE_VARIABLE = "VOUCHERIFY_PROFILE"
ENVIRONMENT = {setting: f"VOUCHERIFY_{setting.upper()}" for setting in SETTINGS}
VENDORS_ENVIRONMENT = {"app_id": "X_APP_ID", "app_token": "X_APP_TOKEN", "base_url": "VOUCHERIFY_HOST"}

Kind = Literal["argument", "environment", "env_file", "profile", "keyring", "default"]


@frozen
class Found:
    """A setting that was found, and where.

    Attributes:
        setting: which one.
        value: what it is.
        kind: the kind of place.
        name: what it is called there; empty for a default.
        place: the place, as texts name it: "the environment", "profile 'default' in …".
    """

    setting: str
    value: str = field(repr=hidden)
    kind: Kind
    name: str
    place: str


@frozen
class Source:
    """One place that may hold settings.

    Attributes:
        kind: the kind of place.
        values: the settings it has, by setting; for a secret in the keyring, the entry's name.
        names: what each setting is called there, by setting.
        place: where that is, as an error says it: "the environment", "profile 'default' in …".
        profile: the profile's name, where it is one.
        chosen_by: the argument or variable that named the profile; empty where nobody did.
    """

    kind: Kind
    values: Mapping[str, str] = field(repr=False)
    names: Mapping[str, str]
    place: str
    profile: str | None = None
    chosen_by: str = ""

    def has_any(self, settings: tuple[str, ...]) -> bool:
        """Whether it has one of them."""
        return any(setting in self.values for setting in settings)

    def describe(self, setting: str) -> str:
        """Name a setting as the user wrote it."""
        return f"{self.names[setting]} in {self.place}"

    def describe_all(self, settings: tuple[str, ...]) -> str:
        """Name those of the settings that this place could hold."""
        return f"{', '.join(self.names[name] for name in settings if name in self.names)} in {self.place}"

    def is_in_keyring(self, setting: str) -> bool:
        """Whether only the entry's name is here."""
        return self.names[setting] == IN_KEYRING.get(setting)

    def found(self, setting: str) -> Found:
        """A setting that it has, known to be clean.

        Raises:
            ConfigurationError: it is not, or the keyring does not give it.
        """
        value = self._clean(setting, self.values[setting])
        kind = self.kind
        if self.is_in_keyring(setting):
            value = self._clean(setting, secret_in_keyring(value, self.describe(setting)))
            kind = "keyring"
        return Found(setting, value, kind, self.names[setting], self.place)

    def _clean(self, setting: str, value: str) -> str:
        problem = problem_of_secret(value)
        if problem:
            raise ConfigurationError(f"{self.describe(setting)} {problem}.")
        return value


class Sources:
    """All the places in order, each read when it is first reached, and remembered.

    Args:
        environ: the environment.
        profile: a profile that comes before it.
        env_file: a file with variables to read after it.

    Attributes:
        looked_at: those that have been read.

    Raises:
        ConfigurationError: an argument is of the wrong kind, or there is no such file.
    """

    def __init__(self, environ: Mapping[str, str], profile: str | None, env_file: str | Path | None) -> None:
        if env_file is not None:
            if not isinstance(env_file, (str, Path)):
                raise ConfigurationError(f"env_file must be a path, not {type(env_file).__name__}.")
            must_be_file(Path(env_file), "env_file")  # also where nothing of it will be needed
        self._pending = _in_order(environ, profile, env_file)
        self._problem = ""  # why one cannot be read: what it would have said is not known then
        self.looked_at: list[Source] = []

    def first_with(self, settings: tuple[str, ...]) -> Source | None:
        """Find the first place that has any of the settings.

        Raises:
            ConfigurationError: a place cannot be read.
        """
        return next((source for source in self._all() if source.has_any(settings)), None)

    def read_default_profile(self) -> None:
        """Take the profile that nobody has to name as the last of the places, if it is none yet.

        Raises:
            ConfigurationError: it cannot be read.
        """
        if not any(source.profile == DEFAULT_PROFILE for source in self.looked_at):
            with self._noted():
                self.looked_at.append(profile_source(DEFAULT_PROFILE))

    def read_the_rest(self) -> list[str]:
        """Read the places that nobody has needed, too; gives why those that cannot be read cannot."""
        problems = []
        for read in (self._read_all, self.read_default_profile):
            try:
                read()
            except ConfigurationError as error:
                problems.append(str(error))
        return problems

    def _read_all(self) -> None:
        self.first_with(())

    def _all(self) -> Iterator[Source]:
        yield from list(self.looked_at)
        if self._problem:
            raise ConfigurationError(self._problem)
        with self._noted():
            for source in self._pending:
                self.looked_at.append(source)
                yield source

    @contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except ConfigurationError as error:
            self._problem = str(error)
            raise


def _in_order(
    environ: Mapping[str, str], profile: str | None, env_file: str | Path | None
) -> Iterator[Source]:
    if profile is not None:
        yield profile_source(_clean_name(profile, "profile"), chosen_by="profile")
    yield from _environment("environment", environ, "the environment")
    named, by = environ.get(PROFILE_VARIABLE), f"{PROFILE_VARIABLE} in the environment"
    if env_file is not None:
        variables = _read_env_file(Path(env_file))
        yield from _environment("env_file", variables, str(env_file))
        if named is None:
            named, by = variables.get(PROFILE_VARIABLE), f"{PROFILE_VARIABLE} in {env_file}"
    if profile is None and named is not None:
        yield profile_source(_clean_name(named, PROFILE_VARIABLE), chosen_by=by)


def _clean_name(name: str, source: str) -> str:
    problem = problem_of_secret(name)
    if problem:
        raise ConfigurationError(f"{source} {problem}.")
    return name


def _environment(kind: Kind, variables: Mapping[str, str], place: str) -> Iterator[Source]:
    for names in (ENVIRONMENT, VENDORS_ENVIRONMENT):
        values = {setting: variables[name] for setting, name in names.items() if name in variables}
        yield Source(kind, values, names, place)


def _read_env_file(path: Path) -> Mapping[str, str]:
    try:
        from dotenv.parser import parse_stream  # noqa: PLC0415 - an extra; dotenv_values skips what is no setting
    except ImportError:
        raise ConfigurationError(
            "env_file needs python-dotenv: pip install 'voucherify-wrapper[dotenv]'."
        ) from None
    bindings = list(parse_stream(StringIO(text_of(path, "env_file"))))
    line = next((_line_of(binding.original) for binding in bindings if binding.error), None)
    if line is not None:
        # What stands in such a line, or is swallowed by it, must not leave the choice to another place.
        raise ConfigurationError(
            f"env_file {path}: line {line} cannot be read. It must be NAME=value, or a comment, and a "
            "quotation mark that is opened must be closed."
        )
    return {binding.key: binding.value or "" for binding in bindings if binding.key is not None}


def _line_of(original: Original) -> int:
    """The line where a binding begins; the empty ones above it are part of its text."""
    text = original.string.replace("\r\n", "\n").replace("\r", "\n")
    return original.line + text[: len(text) - len(text.lstrip())].count("\n")


def profile_source(name: str, *, chosen_by: str = "") -> Source:
    """Read a profile; one that nobody asked for by name may be missing.

    Args:
        name: the profile's name.
        chosen_by: the argument or variable that it is named by.

    Raises:
        ConfigurationError: it cannot be read, or has keys that mean nothing.
    """
    path = credentials_file()
    place = f"profile {name!r} in {path}"
    if not chosen_by and status_of(path) is None:
        return _profile(name, {}, f"{place} (no such file)", chosen_by)
    what = f"profile {name!r}: the credentials file"
    profiles = profiles_in(text_of(path, what, private=True), path)
    if name in profiles:
        return _profile(name, profiles[name], place, chosen_by)
    if chosen_by:
        known = ", ".join(repr(known) for known in profiles) or "none"
        raise ConfigurationError(f"{path} has no profile {name!r}. It has: {known}.")
    return _profile(name, {}, f"{place} (no such profile)", chosen_by)


def _profile(name: str, table: object, place: str, chosen_by: str) -> Source:
    if not isinstance(table, dict):
        raise ConfigurationError(f"{place} must be a table: [name] on a line of its own, then its keys.")
    known = (*SETTINGS, *IN_KEYRING.values())
    unknown = [key for key in table if key not in known]
    if unknown:
        raise ConfigurationError(f"{place} has the unknown key {unknown[0]!r}. Known: {', '.join(known)}.")
    names = {setting: setting for setting in SETTINGS}
    values = {setting: table[setting] for setting in SETTINGS if setting in table}
    for setting, marker in IN_KEYRING.items():
        if marker in table:
            if setting in values:
                raise ConfigurationError(f"{place} has both {setting} and {marker}; remove one.")
            names[setting] = marker
            values[setting] = table[marker]
    return Source("profile", values, names, place, name, chosen_by)


def profile_of_table(name: str, table: object, path: Path) -> Source:
    """A profile as it stands in the file, however it is to be used.

    Raises:
        ConfigurationError: it is no table, or has keys that mean nothing.
    """
    return _profile(name, table, f"profile {name!r} in {path}", "")
