"""The default HTTP transports: httpx's interface over its own connection pool, with a deadline that holds.

httpx's timeouts start anew with every byte that arrives, so a server that drips its headers can hold a
thread for hours. The synchronous pool is therefore given a network backend that knows when the call has to
end; the asynchronous one needs none, as a task can be cancelled from outside.
"""

from __future__ import annotations

import socket
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from importlib import import_module
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from ._errors import ConfigurationError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Iterator

_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=30.0)
_SLICE = 65_536  # bytes written before the clock is looked at again
_SHORTEST = 0.001  # seconds that a further address is given when the time is up
_HTTPCORE_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)

_deadline: ContextVar[float | None] = ContextVar("voucherify_deadline", default=None)


@contextmanager
def deadline(at: float) -> Iterator[None]:
    """Let every network operation of this thread end at a time of the monotonic clock."""
    token = _deadline.set(at)
    try:
        yield
    finally:
        _deadline.reset(token)


def _left(timeout: float | None, error: type[httpcore.TimeoutException]) -> float | None:
    at = _deadline.get()
    if at is None:
        return timeout
    left = at - time.monotonic()
    if left <= 0:
        raise error("The time allowed for the whole call ran out.")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection whose every operation also ends with the call."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _SLICE):
            self._stream.write(buffer[start : start + _SLICE], _left(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        with suppress(OSError):  # wakes a thread that is reading; closing alone would not
            self._stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _left(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left))

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's own type
        return self._stream.get_extra_info(info)


class _Backend(httpcore.SyncBackend):
    """Connects to each address of a host in turn, all of them together within the time allowed."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        end = time.monotonic() + (_left(timeout, httpcore.ConnectTimeout) or float("inf"))
        failure: Exception | None = None
        for address in _addresses(host, port):
            left = max(end - time.monotonic(), _SHORTEST)
            try:
                return _Stream(super().connect_tcp(address, port, left, local_address, socket_options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("The host has no address.")


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise httpcore.ConnectError(str(error)) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@contextmanager
def _as_httpx_errors() -> Iterator[None]:
    """Hand on httpcore's exceptions as httpx's, which have the same names."""
    try:
        yield
    except _HTTPCORE_ERRORS as error:
        raise getattr(httpx, type(error).__name__)(str(error)) from error


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes]) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx_errors():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()  # type: ignore[attr-defined]  # the pool's streams have it


class Transport(httpx.BaseTransport):
    """httpx's synchronous transport over a pool whose operations end with the call."""

    def __init__(self, proxy: httpx.Proxy | None) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(),
            proxy=None if proxy is None else _as_httpcore_proxy(proxy),
            max_connections=_LIMITS.max_connections,
            max_keepalive_connections=_LIMITS.max_keepalive_connections,
            keepalive_expiry=_LIMITS.keepalive_expiry,
            network_backend=_Backend(),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request, and give its answer with the body still to be read."""
        with _as_httpx_errors():
            response = self._pool.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=_as_httpcore_url(request.url),
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        return httpx.Response(
            status_code=response.status,
            headers=response.headers,
            stream=_Body(response.stream),  # type: ignore[arg-type]  # a synchronous pool's streams are
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _as_httpcore_url(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


def _as_httpcore_proxy(proxy: httpx.Proxy) -> httpcore.Proxy:
    return httpcore.Proxy(
        url=_as_httpcore_url(proxy.url),
        auth=proxy.raw_auth,
        headers=proxy.headers.raw,
        ssl_context=proxy.ssl_context,
    )


def default_transport(base_url: str) -> httpx.BaseTransport:
    """The transport for a base URL, with the proxy that the environment names for it."""
    with _named_settings():
        return Transport(_proxy_for(base_url))


def default_async_transport(base_url: str) -> httpx.AsyncBaseTransport:
    """The asynchronous twin of ``default_transport``."""
    with _named_settings():
        return httpx.AsyncHTTPTransport(limits=_LIMITS, proxy=_proxy_for(base_url))


@contextmanager
def _named_settings() -> Iterator[None]:
    """A proxy or certificate setting that httpx cannot use is the user's to mend."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - httpx raises whatever its parts do
        reason = type(error).__name__
    else:
        return
    raise ConfigurationError(
        f"The environment's proxy or certificate settings cannot be used ({reason}). Check HTTP_PROXY, "
        "HTTPS_PROXY, ALL_PROXY, SSL_CERT_FILE and SSL_CERT_DIR; a SOCKS proxy needs the package socksio."
    )


def _proxy_for(base_url: str) -> httpx.Proxy | None:
    parts = urlsplit(base_url)
    proxies = getproxies()
    url = proxies.get(parts.scheme) or proxies.get("all")
    if not url or proxy_bypass(parts.hostname or ""):
        return None
    proxy = httpx.Proxy(url if "://" in url else f"http://{url}")
    if proxy.url.scheme.startswith("socks"):
        import_module("socksio")  # the pool would miss it at the first request only
    return proxy
