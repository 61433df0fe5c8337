"""The server of `benchmarks.releases`: nginx on loopback, which answers every request with 204."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import UnusableInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

DELAY = 0.02
"""Seconds that the slow server takes to answer."""
_MODULE = Path("/usr/lib/nginx/modules/ngx_http_echo_module.so")
_TO_BEGIN = 10.0  # seconds
# One process, so that it can be put on one processor. It keeps its connections, as the vendor's servers do.
_CONFIGURATION = """
load_module {module};
daemon off; master_process off; worker_processes 1; pid {folder}/pid; error_log {folder}/log;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path {folder}/1; proxy_temp_path {folder}/2; fastcgi_temp_path {folder}/3;
  uwsgi_temp_path {folder}/4; scgi_temp_path {folder}/5;
  server {{ listen 127.0.0.1:{ports[0]} backlog=1024; location / {{ return 204; }} }}
  server {{ listen 127.0.0.1:{ports[1]} backlog=1024;
            location / {{ echo_status 204; echo_sleep {delay}; echo -n ""; }} }}
}}
"""


@dataclass(frozen=True)
class Loopback:
    """The running server.

    Attributes:
        url: Where it answers at once.
        slow_url: Where it takes `DELAY` to answer.
        pid: Its only process.
        version: What it is.
    """

    url: str
    slow_url: str
    pid: int
    version: str


def tool(name: str, package: str) -> str:
    """Find a program that is none of Python's.

    Raises:
        UnusableInputError: It is not installed.
    """
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None:
        raise UnusableInputError(f"{name} is not installed; on Debian and Ubuntu: apt-get install {package}.")
    return found


@contextmanager
def serving() -> Iterator[Loopback]:
    """Start the server, and stop it at the end.

    Raises:
        UnusableInputError: nginx, or its module that can wait, is not installed.
    """
    nginx = tool("nginx", "nginx-light")
    if not _MODULE.exists():
        raise UnusableInputError(
            "nginx has no echo module; on Debian and Ubuntu: apt-get install libnginx-mod-http-echo."
        )
    said = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True).stderr  # noqa: S603
    ports = _free_ports()
    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder, "nginx.conf")
        configuration.write_text(
            _CONFIGURATION.format(folder=folder, ports=ports, module=_MODULE, delay=DELAY), encoding="utf-8"
        )
        server = subprocess.Popen(  # noqa: S603
            [nginx, "-p", folder, "-c", configuration],
            stderr=subprocess.DEVNULL,  # a warning of the log that it opens before it has read where
        )
        try:
            for port in ports:
                _wait_for(port)
            url, slow_url = (f"http://127.0.0.1:{port}" for port in ports)
            yield Loopback(url, slow_url, server.pid, said.strip().rpartition(" ")[2])
        finally:
            server.terminate()
            server.wait()


def _free_ports() -> list[int]:
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def _wait_for(port: int) -> None:
    end = time.monotonic() + _TO_BEGIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=_TO_BEGIN).close()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return
