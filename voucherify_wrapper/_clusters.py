"""Where Voucherify answers: the clusters, and the rules of a base URL."""

from __future__ import annotations

import ipaddress
import re
from enum import StrEnum
from urllib.parse import urlsplit

from ._errors import ConfigurationError


class Cluster(StrEnum):
    """The API clusters of the OpenAPI document's server. A member is its value of ``{cluster}``."""

    EU = "api"
    US = "us1.api"
    ASIA = "as1.api"

    @property
    def base_url(self) -> str:
        """The cluster's base URL, without a slash at the end."""
        return f"https://{self.value}.{_DOMAIN}"


_DOMAIN = "voucherify.io"
DOWNLOAD_CLUSTERS = ("download", "us1.download", "as1.download")
"""Clusters of the document that serve exported files and answer no operation."""

_ASCII_WITHOUT_BLANKS = re.compile(r"[!-~]+")
_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*")


def cluster_named(name: object, *, source: str) -> Cluster:
    """Find a cluster by its value (``us1.api``) or its member's name (``US``), in any case.

    Args:
        name: what was given.
        source: where it was given, for the error.

    Raises:
        ConfigurationError: there is no such API cluster.
    """
    wanted = name.lower() if isinstance(name, str) else ""
    for cluster in Cluster:
        if wanted in (cluster.value, cluster.name.lower()):
            return cluster
    choices = ", ".join(f"{cluster.value!r} ({cluster.name})" for cluster in Cluster)
    if wanted in DOWNLOAD_CLUSTERS:
        raise ConfigurationError(
            f"{source}: the cluster {wanted!r} serves exported files only and answers no operation. "
            f"Use one of {choices}."
        )
    raise ConfigurationError(
        f"{source}: there is no such cluster. Use one of {choices}, or base_url for a dedicated cluster."
    )


def checked_base_url(url: str, *, source: str) -> str:
    """Hold a base URL against the rules, and give it without a slash at the end.

    A base URL is ``https://host[:port]``; ``http`` is accepted for a loopback host alone, as credentials
    would travel in the clear.

    Args:
        url: what was given. It is not repeated in an error, since it may hold a password.
        source: where it was given, for the error.

    Raises:
        ConfigurationError: it is not such a URL.
    """
    problem = _problem_of(url)
    if problem:
        raise ConfigurationError(
            f"{source}: {problem}. Expected https://host or https://host:port, such as {Cluster.EU.base_url}."
        )
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.lower()}"


def _problem_of(url: object) -> str | None:  # noqa: C901, PLR0911 - one line a rule
    if not isinstance(url, str):
        return f"the base URL must be text, not {type(url).__name__}"
    if not url:
        return "the base URL is empty"
    if not _ASCII_WITHOUT_BLANKS.fullmatch(url):
        return "the base URL holds a blank or a character outside printable ASCII (write a host in Punycode)"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "the base URL's host or port cannot be read"
    if parts.scheme not in ("https", "http"):
        return "the base URL does not start with https://"
    if "@" in parts.netloc:
        return "the base URL holds a user name or password; pass credentials instead"
    if "?" in url or "#" in url:
        return "the base URL holds a query or a fragment"
    if parts.path not in ("", "/"):
        return "the base URL holds a path; the operations bring theirs"
    if not host or port == 0 or parts.netloc.endswith(":") or not _is_host(host):
        return "the base URL has no valid host and port"
    if parts.scheme == "http" and not _is_loopback(host):
        return "plain http is for loopback hosts only, as the credentials would travel in the clear"
    if host in {f"{cluster}.{_DOMAIN}" for cluster in DOWNLOAD_CLUSTERS}:
        return "the download clusters serve exported files only and answer no operation"
    return None


def _is_host(host: str) -> bool:
    return is_address(host) or bool(_HOST_NAME.fullmatch(host))


def is_address(host: str) -> bool:
    """Whether a host is an IP address, and no name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return "%" not in host  # a zone id says nothing to a server


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (is_address(host) and ipaddress.ip_address(host).is_loopback)
