"""How to get to a host, as the environment says: through which proxy, trusting which certificates."""

from __future__ import annotations

import base64
from importlib import import_module
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpcore
import httpx
from attrs import field, frozen

from ._clusters import is_address
from ._errors import ConfigurationError
from ._secrets import hidden

if TYPE_CHECKING:
    import ssl
    from urllib.parse import SplitResult

_HIGHEST_PORT = 65_535


@frozen
class Route:
    """The way to a host.

    Attributes:
        ssl_context: what certificates are verified with; None where the host is reached in the clear.
        proxy: the proxy in between, if there is one.
        secrets: texts that stand for the proxy's password, to be kept out of sight.
    """

    ssl_context: ssl.SSLContext | None
    proxy: httpcore.Proxy | None = field(default=None, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=hidden)


def route_to(base_url: str) -> Route:
    """Read the environment as httpx does: ``HTTPS_PROXY``, ``NO_PROXY``, ``SSL_CERT_FILE`` and their kin.

    Raises:
        ConfigurationError: it names a proxy or certificates that cannot be used.
    """
    try:
        return _route(base_url)
    except Exception as error:  # noqa: BLE001 - httpx raises whatever its parts do
        reason = type(error).__name__  # its text may hold the proxy's password
    raise ConfigurationError(
        f"The environment's proxy or certificate settings cannot be used ({reason}). Check HTTP_PROXY, "
        "HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR; a SOCKS proxy needs the package socksio."
    )


def _route(base_url: str) -> Route:
    parts = urlsplit(base_url)
    ssl_context = httpx.create_ssl_context() if parts.scheme == "https" else None
    proxies = getproxies()
    url = proxies.get(parts.scheme) or proxies.get("all")
    if not url or _is_exempt(parts, proxies.get("no", "")):
        return Route(ssl_context)
    proxy = httpx.Proxy(url if "://" in url else f"http://{url}")
    if not proxy.url.host or (proxy.url.port or 1) > _HIGHEST_PORT:
        raise ValueError
    if proxy.url.scheme.startswith("socks"):
        import_module("socksio")  # httpcore would miss it at the first request only
    user, password = proxy.raw_auth or (b"", b"")
    return Route(
        ssl_context,
        httpcore.Proxy(
            url=as_httpcore_url(proxy.url),
            auth=proxy.raw_auth,
            headers=proxy.headers.raw,
            ssl_context=proxy.ssl_context,
        ),
        (password.decode(), base64.b64encode(user + b":" + password).decode()) if password else (),
    )


def _is_exempt(parts: SplitResult, no_proxy: str) -> bool:
    """Whether ``NO_PROXY`` names the host, read as httpx reads it."""
    items = [item.strip().lower() for item in no_proxy.split(",") if item.strip()]
    return any(_is_meant(parts, item) for item in items)


def _is_meant(parts: SplitResult, item: str) -> bool:
    scheme, _, place = item.rpartition("://")
    named = urlsplit(f"//{place}" if place.count(":") <= 1 or place.startswith("[") else f"//[{place}]")
    name, host = named.hostname or "", parts.hostname or ""
    if item == "*":
        return True
    if scheme not in ("", "all", parts.scheme) or named.port not in (None, parts.port):
        return False
    if name == host:
        return True
    # A bare name stands for its subdomains, too; with a dot in front, for those alone.
    return (
        not scheme and name != "localhost" and not is_address(name) and host.endswith(f".{name.lstrip('.')}")
    )


def as_httpcore_url(url: httpx.URL) -> httpcore.URL:
    """The same URL in httpcore's terms."""
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
