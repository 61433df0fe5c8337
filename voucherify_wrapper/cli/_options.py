"""The options that several commands share, and the client that they lead to."""

# Not postponed, here and in the commands: Typer reads the annotations.

import math
from pathlib import Path
from typing import Annotated

import typer

from voucherify_wrapper._clusters import Cluster
from voucherify_wrapper._credentials_file import credentials_file, profiles_in, text_of
from voucherify_wrapper._errors import ConfigurationError

CLUSTERS = "api (Europe), us1.api (United States) or as1.api (Asia)"
_SETTINGS = "Where to, and as whom"


def _clusters() -> list[str]:
    return [cluster.value for cluster in Cluster]


def profile_names() -> list[str]:
    """The names of the profiles, for completion; none where there is no file to take them from."""
    path = credentials_file()
    try:
        return list(profiles_in(text_of(path, ""), path))
    except ConfigurationError:
        return []


def a_number(seconds: float | None) -> float | None:
    """Refuse what is no number: it lies between any bounds."""
    if seconds is not None and math.isnan(seconds):
        raise typer.BadParameter("nan is no number of seconds.")
    return seconds


AsJson = Annotated[
    bool, typer.Option("--json", help="Answer with JSON, for programs; errors as well.", show_default=False)
]
Profile = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Use this profile of your credentials file. Without it: the environment's "
        "VOUCHERIFY_APP_ID and VOUCHERIFY_APP_TOKEN, then the profile 'default'.",
        autocompletion=profile_names,
        rich_help_panel=_SETTINGS,
    ),
]
ClusterName = Annotated[
    str | None,
    typer.Option(
        "--cluster",
        metavar="NAME",
        help=f"Where your project lives: {CLUSTERS}.",
        autocompletion=_clusters,
        rich_help_panel=_SETTINGS,
    ),
]
BaseUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help="The address of a dedicated cluster, such as https://vouchers.example; instead of --cluster.",
        rich_help_panel=_SETTINGS,
    ),
]
EnvFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Read settings from this .env file as well, after the environment (extra dotenv).",
        rich_help_panel=_SETTINGS,
    ),
]
Seconds = Annotated[
    float | None,
    typer.Option(
        "--timeout",
        metavar="SECONDS",
        min=0.001,
        max=86_400,
        callback=a_number,
        help="How long one release may take, with all its attempts; 30 without it.",
        rich_help_panel=_SETTINGS,
    ),
]
