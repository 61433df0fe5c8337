"""``voucherify profiles``: named credentials in the user's own file, or in the system's keyring."""

import re
import secrets
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from voucherify_wrapper._clusters import Cluster, checked_base_url, cluster_named
from voucherify_wrapper._config import Choice, host_in, parts_of_credentials
from voucherify_wrapper._credentials_file import DEFAULT_PROFILE, credentials_file
from voucherify_wrapper._errors import ConfigurationError, UsageError
from voucherify_wrapper._keyring import drop_from_keyring, keep_in_keyring, try_keyring
from voucherify_wrapper._secrets import problem_of_secret
from voucherify_wrapper._sources import CREDENTIALS, HOST, IN_KEYRING, Source, profile_of_table

from ._asking import ask, ask_hidden, ask_whether, on_terminal
from ._exits import ExitCode
from ._masking import masked_id
from ._options import CLUSTERS, AsJson, BaseUrl, ClusterName, profile_names
from ._output import say, say_columns, say_json
from ._profiles_file import drop_profile, keep_profile, read_profiles, read_profiles_to_change

_NAME = re.compile(r"(?!-)[A-Za-z0-9_.-]{1,64}")
_MOST_TYPED = 65_536  # bytes of standard input; credentials are far shorter
_KINDS = {"api_key": "API key", "oauth_token": "OAuth token"}

profiles = typer.Typer(
    name="profiles",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Keep credentials under a name, for every command's --profile.",
)


@profiles.command("add")
def add(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="What to call it; 'default' is what is used when nothing else is asked for.",
            show_default=False,
        ),
    ],
    *,
    oauth: Annotated[
        bool, typer.Option("--oauth", help="It is an OAuth token, and not an app id with its token.")
    ] = False,
    cluster: ClusterName = None,
    base_url: BaseUrl = None,
    in_keyring: Annotated[
        bool,
        typer.Option(
            "--keyring", help="Keep the token in the system's keyring, not in the file (extra keyring)."
        ),
    ] = False,
    token_stdin: Annotated[
        bool,
        typer.Option(
            "--token-stdin",
            help="Do not ask, but read standard input: the app id in the first line and its token in the "
            "second; with --oauth the token alone.",
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a profile that has this name already, without asking.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Keep credentials under a name.

    The app id and the token are asked for, and kept in a file that only you
    can read. The token is not shown while you type or paste it. You find both
    in Voucherify's dashboard: Project Settings, Application Keys. They are
    never given as an argument, where other users of the machine see them.
    Where your project lives is asked for as well, unless an option says it.
    """
    _check_name(name)
    host = _host(cluster, base_url)
    path = credentials_file()
    replace = force
    if name in read_profiles_to_change(path) and not force:
        if token_stdin or not on_terminal():
            raise UsageError(f"There is a profile {name!r} already; --force replaces it.")
        if not ask_whether(f"There is a profile {name!r} already. Replace it?"):
            say("Nothing was changed.", to_stderr=True)
            return ExitCode.FAILED
        replace = True
    if in_keyring:
        try_keyring()
    given = {**_typed(oauth=oauth), **host} if token_stdin else _asked(host, oauth=oauth)
    entry = f"{name}-{secrets.token_hex(4)}"
    before = _kept(path, name, given, entry if in_keyring else None, replace=replace)
    if as_json:
        say_json({**_document(profile_of_table(name, read_profiles(path)[name], path)), "file": str(path)})
    else:
        where = (
            "the token in the system's keyring, the rest in" if in_keyring else "for you alone to read, in"
        )
        say(f"Kept: the profile {name!r}, {where} {path}.")
        say(f"See whether it works: voucherify doctor{_to_choose(name)}")
    try:
        _drop_entries(name, before.get(name), path)
    except ConfigurationError as error:
        say(f"The token that was replaced is still in the keyring. {error}", to_stderr=True)
    return ExitCode.DONE


def _to_choose(name: str) -> str:
    return "" if name == DEFAULT_PROFILE else f" --profile {name}"


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a profile's name: use up to 64 letters without accents, digits, "
            "hyphens, dots and underscores, and no hyphen first."
        )


def _host(cluster: str | None, base_url: str | None) -> dict[str, str]:
    if cluster is not None and base_url is not None:
        raise UsageError("--cluster and --base-url are both given; give one of them.")
    if cluster is not None:
        return {"cluster": cluster_named(cluster, source="--cluster").value}
    return {} if base_url is None else {"base_url": checked_base_url(base_url, source="--base-url")}


def _asked(host: dict[str, str], *, oauth: bool) -> dict[str, str]:
    if not on_terminal():
        raise UsageError(
            "There is no terminal to ask for credentials on; --token-stdin reads them from a pipe."
        )
    host = host or _asked_host()  # first: whoever mistypes it has no token to paste once more
    if oauth:
        return {"oauth_token": _clean("OAuth token", ask_hidden("OAuth token (not shown)")), **host}
    app_id = _clean("app id", ask("App id"))
    return {"app_id": app_id, "app_token": _clean("token", ask_hidden("Token (not shown)")), **host}


def _asked_host() -> dict[str, str]:
    cluster = ask(f"Cluster: {CLUSTERS}; Enter for Europe")
    return {"cluster": cluster_named(cluster, source="The cluster").value} if cluster else {}


def _typed(*, oauth: bool) -> dict[str, str]:
    text = sys.stdin.buffer.read(_MOST_TYPED).decode("utf-8", "replace") if sys.stdin else ""
    names = ("oauth_token",) if oauth else ("app_id", "app_token")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) != len(names):
        wanted = "one line, the token" if oauth else "two lines, the app id and its token"
        raise UsageError(f"--token-stdin: standard input must be {wanted}; it had {len(lines)}.")
    return {name: _clean(name, line) for name, line in zip(names, lines, strict=True)}


def _clean(what: str, value: str) -> str:
    problem = problem_of_secret(value)
    if problem:
        raise ConfigurationError(f"The {what} {problem}. Nothing was kept.")
    return value


def _kept(
    path: Path, name: str, table: dict[str, str], entry: str | None, *, replace: bool
) -> dict[str, Any]:
    """Keep a profile; gives what the file had before."""
    if entry is None:
        return dict(keep_profile(path, name, table, replace=replace))
    [secret] = [setting for setting in IN_KEYRING if setting in table]
    keep_in_keyring(entry, table[secret])
    # A name of its own for each, so that the file leads to the old token until it leads to the new one.
    marked = {
        IN_KEYRING[key] if key == secret else key: entry if key == secret else value
        for key, value in table.items()
    }
    try:
        return dict(keep_profile(path, name, marked, replace=replace))
    except BaseException:
        with suppress(ConfigurationError):
            drop_from_keyring(entry, f"profile {name!r}")
        raise


def _drop_entries(name: str, table: object, path: Path) -> None:
    """Remove from the keyring what a profile had there."""
    for marker in IN_KEYRING.values():
        entry = table.get(marker) if isinstance(table, dict) else None
        if isinstance(entry, str):
            drop_from_keyring(entry, f"{marker} in profile {name!r} in {path}")


@profiles.command("list")
def list_(*, as_json: AsJson = False) -> int:
    """List the profiles, and say which one is in use. No secret is shown."""
    path = credentials_file()
    in_use, problem = _in_use()
    rows = []
    for name, table in read_profiles(path).items():
        try:
            row = _document(profile_of_table(name, table, path))
        except ConfigurationError as error:
            row = {"profile": name, "problem": str(error)}
        rows.append({**row, "in_use": name == in_use})
    if as_json:
        say_json({"file": str(path), "profiles": rows, "in_use": in_use})
        return ExitCode.DONE
    if not rows:
        say(f"No profiles yet in {path}. To make one: voucherify profiles add {DEFAULT_PROFILE}")
    else:
        _say_rows(rows)
        say(f"\nThey are kept in {path}.")
        say(_of_use(in_use, problem))
    return ExitCode.DONE


def _in_use() -> tuple[str | None, str | None]:
    """The profile that a command without --profile takes its credentials from; and what keeps it from any."""
    try:
        source = Choice().source_of_credentials()
    except ConfigurationError as error:
        return None, str(error)
    return (source.profile, f"{source.place} has credentials.") if source else (None, None)


def _of_use(in_use: str | None, otherwise: str | None) -> str:
    if in_use is not None:
        return f"Without --profile, {in_use!r} is used."
    if otherwise is None:
        return f"Without --profile, none is used, as none is called {DEFAULT_PROFILE!r}."
    return f"Without --profile, none is used: {otherwise}"


def _document(profile: Source) -> dict[str, Any]:
    """What may be shown of a profile.

    Raises:
        ConfigurationError: it cannot be used.
    """
    if not profile.has_any(CREDENTIALS):
        kind, app_id, secret_in = None, None, None
    else:
        secret = parts_of_credentials(profile)[-1]
        kind = "oauth_token" if secret == "oauth_token" else "api_key"  # noqa: S105 - its name
        app_id = masked_id(profile.found("app_id").value) if kind == "api_key" else None
        secret_in = "keyring" if profile.is_in_keyring(secret) else "file"
        problem = problem_of_secret(profile.values[secret])
        if problem:
            raise ConfigurationError(f"{profile.describe(secret)} {problem}.")
    host = host_in(profile)[0] if profile.has_any(HOST) else Cluster.EU.base_url
    return {"profile": profile.profile, "kind": kind, "app_id": app_id, "secret_in": secret_in, "host": host}


def _say_rows(rows: list[dict[str, Any]]) -> None:
    lines: list[tuple[str, ...]] = [("", "NAME", "HOST", "WHAT", "APP ID", "TOKEN IN")]
    for row in rows:
        start = ("*" if row["in_use"] else "", row["profile"])
        if "problem" in row:
            lines.append((*start, f"cannot be used: {row['problem']}"))
        else:
            what = _KINDS.get(row["kind"], "no credentials")
            lines.append((*start, row["host"], what, row["app_id"] or "", row["secret_in"] or ""))
    say_columns(lines)


@profiles.command("remove")
def remove(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="The profile's name.", show_default=False, autocompletion=profile_names
        ),
    ],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you are sure.")] = False,
    as_json: AsJson = False,
) -> int:
    """Remove a profile, from the file and from the keyring."""
    path = credentials_file()
    found = read_profiles_to_change(path)
    if name not in found:
        known = ", ".join(repr(known) for known in found) or "none"
        raise ConfigurationError(f"{path} has no profile {name!r}. It has: {known}.")
    if not yes:
        if not on_terminal():
            raise UsageError("There is no terminal to ask on whether you are sure; --yes says so.")
        if not ask_whether(f"Remove the profile {name!r} and its credentials?"):
            say("Nothing was changed.", to_stderr=True)
            return ExitCode.FAILED
    _drop_entries(name, found[name], path)  # first: the file says where it is, should this fail
    drop_profile(path, name)
    if as_json:
        say_json({"profile": name, "removed": True, "file": str(path)})
    else:
        say(f"Removed: the profile {name!r} of {path}.")
    return ExitCode.DONE
