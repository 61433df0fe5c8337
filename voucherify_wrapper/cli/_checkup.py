"""What a client's settings are, where each came from, and what was passed over. Nothing is sent here."""

from __future__ import annotations

import os
import platform
import shlex
import stat
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

from attrs import define, field, frozen

from voucherify_wrapper._config import Choice, parts_of_credentials
from voucherify_wrapper._credentials_file import DEFAULT_PROFILE, credentials_file
from voucherify_wrapper._errors import ConfigurationError
from voucherify_wrapper._keyring import keyring_in_use
from voucherify_wrapper._policies import Timeout, timeout_of
from voucherify_wrapper._routes import route_to
from voucherify_wrapper._sources import (
    CREDENTIALS,
    ENVIRONMENT,
    HOST,
    PROFILE_VARIABLE,
    VENDORS_ENVIRONMENT,
)
from voucherify_wrapper._version import __version__

from ._advice import advised
from ._exits import ExitCode
from ._masking import masked_id, masked_proxy, masked_secret

if TYPE_CHECKING:
    from voucherify_wrapper._credentials import Credentials
    from voucherify_wrapper._routes import Route
    from voucherify_wrapper._sources import Found, Source

_KNOWN_VARIABLES = {*ENVIRONMENT.values(), *VENDORS_ENVIRONMENT.values(), PROFILE_VARIABLE}
_OF_OTHERS = ("VOUCHERIFY_SANDBOX_",)
_PACKAGES = ("httpx", "httpcore", "pyreqwest", "keyring", "python-dotenv", "typer")
_CERTIFICATES = ("SSL_CERT_FILE", "SSL_CERT_DIR")
_TITLES = {"app_id": "app id", "app_token": "token", "oauth_token": "OAuth token"}


@frozen
class Problem:
    """What keeps a release from working, with what to do.

    Attributes:
        text: both.
        exit_code: what the command ends with for it.
    """

    text: str
    exit_code: ExitCode


@frozen
class Setting:
    """A setting, as it may be shown.

    Attributes:
        name: what it is called.
        value: what it is, masked where it is secret.
        origin: the kind of place that it is from.
        where: that place.
    """

    name: str
    value: str
    origin: str
    where: str


@frozen
class Ignored:
    """Something that is set, and not used.

    Attributes:
        what: its name and place.
        why: why not.
    """

    what: str
    why: str


@define
class Checkup:
    """Everything that was found.

    Attributes:
        settings: those that are used.
        ignored: what is set and not used.
        notes: what is worth mending, and keeps nothing from working.
        problems: what does.
        base_url: the host; None where it could not be chosen.
        credentials: what signs; None where there is nothing.
        route: the way to the host; None where there is none.
    """

    settings: list[Setting] = field(factory=list)
    ignored: list[Ignored] = field(factory=list)
    notes: list[str] = field(factory=list)
    problems: list[Problem] = field(factory=list)
    base_url: str | None = None
    credentials: Credentials | None = field(default=None, repr=False)
    route: Route | None = None


def check_settings(
    *,
    profile: str | None,
    cluster: str | None,
    base_url: str | None,
    env_file: Path | None,
    timeout: float | None,
) -> Checkup:
    """Choose the settings as a client does, and tell all there is to tell of it.

    Args:
        profile: the option.
        cluster: the option.
        base_url: the option.
        env_file: the option.
        timeout: the option.
    """
    checkup = Checkup()
    options: dict[str, Any] = {"profile": profile, "cluster": cluster, "base_url": base_url}
    try:
        choice = Choice(**options, env_file=env_file)
    except ConfigurationError as error:
        _complain(checkup, error)
        choice = Choice(**options)  # the rest is worth a look all the same
    try:
        checkup.credentials = choice.credentials()
    except ConfigurationError as error:
        _complain(checkup, error)
    try:
        checkup.base_url = choice.base_url()
        checkup.route = route_to(checkup.base_url)
    except ConfigurationError as error:
        _complain(checkup, error)
    unused, unreadable = choice.passed_over()
    checkup.settings = [_setting(found, checkup.base_url) for found in choice.found]
    checkup.settings.append(_time(timeout))
    checkup.ignored = [
        *(told for source, settings in unused for told in _told_of(source, settings, choice.found)),
        *_ignored_variables(profile),
    ]
    said = [problem.text for problem in checkup.problems]
    checkup.notes = [*(text for text in unreadable if text not in said), *_notes_on_the_file()]
    return checkup


def _complain(checkup: Checkup, error: ConfigurationError) -> None:
    problem = Problem(advised(error), ExitCode.CONFIGURATION)
    if problem not in checkup.problems:  # as of a place that keeps both from being chosen
        checkup.problems.append(problem)


def _setting(found: Found, base_url: str | None) -> Setting:
    name, value = _TITLES.get(found.setting, "host"), str(base_url)
    if found.setting in CREDENTIALS:
        value = masked_id(found.value) if found.setting == "app_id" else masked_secret(found.value)
    return Setting(name, value, found.kind, _where(found))


def _where(found: Found) -> str:
    if found.kind == "argument":
        return f"--{found.name.replace('_', '-')}"
    if found.kind == "default":
        return "by default: Europe"
    place = f"{found.name} in {found.place}"
    return f"the system's keyring ({keyring_in_use()}), as {place} says" if found.kind == "keyring" else place


def _time(timeout: float | None) -> Setting:
    seconds = f"{timeout_of(timeout, Timeout()).total:g} s"
    if timeout is None:
        return Setting("time limit", seconds, "default", "by default")
    return Setting("time limit", seconds, "argument", "--timeout")


def _told_of(source: Source, settings: tuple[str, ...], found: list[Found]) -> list[Ignored]:
    """Say why a place's settings are not used: by kind, as each kind is taken from one place."""
    told = []
    for group, what in ((CREDENTIALS, "credentials"), (HOST, "host")):
        names = [setting for setting in settings if setting in group]
        used = [each for each in found if each.setting in group]
        if not names or not used:
            continue
        if source.profile == DEFAULT_PROFILE and not source.chosen_by:
            why = "this profile is used, with its host, only where nothing else has credentials."
        else:
            why = f"the {what} came first from {_where(used[0])}."
        told.append(Ignored(source.describe_all(tuple(names)), why + _half(source, what)))
    return told


def _half(source: Source, what: str) -> str:
    try:
        if what == "credentials":
            parts_of_credentials(source)
    except ConfigurationError as error:
        return f" It could not be used either: {error}"
    return ""


def _ignored_variables(profile: str | None) -> list[Ignored]:
    told = [
        Ignored(f"{name} in the environment", f"there is no such setting; there are {_list_of_variables()}.")
        for name in sorted(os.environ)
        if name.startswith("VOUCHERIFY_") and name not in _KNOWN_VARIABLES and not name.startswith(_OF_OTHERS)
    ]
    if profile is not None and PROFILE_VARIABLE in os.environ:
        told.append(Ignored(f"{PROFILE_VARIABLE} in the environment", "--profile names the profile."))
    return told


def _list_of_variables() -> str:
    return ", ".join([*ENVIRONMENT.values(), PROFILE_VARIABLE])


def _notes_on_the_file() -> list[str]:
    folder = credentials_file().parent
    try:
        mode = folder.stat().st_mode
    except OSError:
        return []
    if os.name == "posix" and mode & 0o022:
        return [f"{folder} can be changed by other users. Run: chmod 700 {shlex.quote(str(folder))}"]
    return []


def describe_file() -> dict[str, Any]:
    """The credentials file: its path, and its permissions where there is one."""
    path = credentials_file()
    try:
        status = path.stat()
    except OSError:
        return {"path": str(path), "mode": None}
    return {"path": str(path), "mode": f"{stat.S_IMODE(status.st_mode):04o}"}


def describe_network(checkup: Checkup) -> dict[str, Any]:
    """Proxies, without their passwords, and certificates, as the environment has them."""
    proxies = getproxies()
    used = checkup.route.proxy if checkup.route else None
    return {
        "proxy": masked_proxy(bytes(used.url).decode()) if used else None,
        "proxies": {name: masked_proxy(url) for name, url in sorted(proxies.items()) if name != "no"},
        "no_proxy": proxies.get("no"),
        "certificates": {
            name: {"path": os.environ[name], "exists": Path(os.environ[name]).exists()}
            for name in _CERTIFICATES
            if os.environ.get(name)
        },
    }


def describe_versions() -> dict[str, Any]:
    """What is installed; None for a package that is not."""
    return {
        "voucherify-wrapper": __version__,
        "python": platform.python_version(),
        **{name: _version_of(name) for name in _PACKAGES},
    }


def _version_of(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
