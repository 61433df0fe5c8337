"""A source's bytes are believed only when all of them came, as what they should be; secrets stay unsaid."""

from __future__ import annotations

import base64
import contextlib
import gzip
import socket
import ssl
import threading
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from scripts.command import UnusableInputError
from scripts.fetching import Fetched, RefusedError, Validators, fetch, has_secret, is_address, shown
from tests.scripts.answering import DOCUMENT, Server, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that is reached without a proxy."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    with serving(Server()) as running:
        yield running


def refused(source: str, **limits: Any) -> str:
    """Fetch what is refused, and return the reason."""
    with pytest.raises(RefusedError) as caught:
        fetch(source, **limits)
    return str(caught.value)


# What comes


def test_bytes_and_version(server: Server) -> None:
    """The answer's bytes come as they are, with what it says of its version."""
    server.headers |= {"ETag": '"a"', "Last-Modified": "Tue, 21 Jul 2026 08:00:00 GMT"}
    known = Validators('"a"', "Tue, 21 Jul 2026 08:00:00 GMT")
    assert fetch(server.url()) == Fetched(DOCUMENT, known)
    assert "If-None-Match" not in server.asked[0][1]


def test_known_version(server: Server) -> None:
    """A source is asked whether the known version still stands, and believed when it says so."""
    server.status, server.body = 304, b""
    known = Validators('"a"', "Tue, 21 Jul 2026 08:00:00 GMT")
    assert fetch(server.url(), known=known) == Fetched(None, known)
    _, headers = server.asked[0]
    assert headers["If-None-Match"] == '"a"'
    assert headers["If-Modified-Since"] == "Tue, 21 Jul 2026 08:00:00 GMT"


def test_nothing_known_is_not_unchanged(server: Server) -> None:
    """A server that says 304 to a question without a condition gave nothing."""
    server.status, server.body = 304, b""
    assert "answers 304 Not Modified, not 200 OK" in refused(server.url())
    assert "answers 304" in refused(server.url(), known=Validators())


@pytest.mark.parametrize(
    "kind",
    [
        "application/json", "application/json; charset=utf-8", "application/vnd.oai.openapi+json;version=3.0",
        "application/vnd.oai.openapi", "application/yaml", "text/plain; charset=utf-8", "text/x-yaml",
        "text/markdown", "application/octet-stream", "Text/YAML", "",
    ],
)  # fmt: skip
def test_types_that_documents_have(server: Server, kind: str) -> None:
    """JSON, YAML, Markdown and plain text are taken, and so is an answer that names no type."""
    server.headers = {"Content-Type": kind} if kind else {}
    assert fetch(server.url()).content == DOCUMENT


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate"])
def test_packed_answers(server: Server, coding: str) -> None:
    """A packed answer is unpacked."""
    server.body = zlib.compress(DOCUMENT) if coding == "deflate" else gzip.compress(DOCUMENT)
    server.headers["Content-Encoding"] = coding
    assert fetch(server.url()).content == DOCUMENT
    assert server.asked[0][1]["Accept-Encoding"] == "gzip"


def test_file(tmp_path: Path) -> None:
    """A file's bytes come as they are, and say nothing of a version."""
    (tmp_path / "x.json").write_bytes(DOCUMENT)
    assert fetch(str(tmp_path / "x.json")) == Fetched(DOCUMENT)


# What is refused


@pytest.mark.parametrize("status", [201, 204, 206, 400, 401, 403, 404, 429, 500, 503, 520])
def test_other_statuses(server: Server, status: int) -> None:
    """Any status but 200 is refused with its number."""
    server.status = status
    assert f"{server.url()} answers {status}" in refused(server.url())


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("text/html; charset=utf-8", "an HTML page"),
        ("application/xhtml+xml", "an HTML page"),
        ("application/xml", "the content type 'application/xml'"),
        ("image/png", "the content type 'image/png'"),
        ("application/jsonx", "the content type 'application/jsonx'"),
    ],
)
def test_types_that_documents_do_not_have(server: Server, kind: str, reason: str) -> None:
    """A page with status 200 is no document, and neither is anything else."""
    server.headers = {"Content-Type": kind}
    assert f"answers with {reason} where an OpenAPI document belongs" in refused(server.url())


@pytest.mark.parametrize(
    "body", [b"<!DOCTYPE html><title>Log in</title>", b"\n <html>", b"\xef\xbb\xbf<?xml version='1.0'?>"]
)
def test_page_that_says_it_is_json(server: Server, body: bytes) -> None:
    """A page is told by its first character too, whatever type it has."""
    server.body = body
    assert "answers with an HTML or XML page" in refused(server.url())


@pytest.mark.parametrize("body", [b"", b" \r\n\t"])
def test_empty_body(server: Server, body: bytes) -> None:
    """An empty answer is refused."""
    server.body = body
    assert "answers with an empty body" in refused(server.url())


def test_body_that_is_cut_off(server: Server) -> None:
    """Fewer bytes than were announced are not the document."""
    server.length = str(len(DOCUMENT) + 1)
    reason = refused(server.url())
    assert "could not be fetched" in reason
    assert f"received {len(DOCUMENT)} bytes, expected {len(DOCUMENT) + 1}" in reason


@pytest.mark.parametrize("cut", [1, 4, 30])
def test_packed_body_that_is_cut_off(server: Server, cut: int) -> None:
    """A packed answer without a length is held to its own end."""
    server.headers["Content-Encoding"] = "gzip"
    server.body, server.length = gzip.compress(DOCUMENT)[:-cut], ""
    assert "does not end where it should" in refused(server.url())


def test_packed_body_with_more_behind(server: Server) -> None:
    """What follows the end of a packed answer is not dropped without a word."""
    server.headers["Content-Encoding"] = "gzip"
    server.body = gzip.compress(DOCUMENT) + gzip.compress(b"more")
    assert "does not end where it should" in refused(server.url())


def test_body_that_does_not_unpack(server: Server) -> None:
    """An answer that is not packed as it says is refused."""
    server.headers["Content-Encoding"] = "gzip"
    assert "do not unpack" in refused(server.url())


def test_unknown_coding(server: Server) -> None:
    """A packing that nobody asked for is refused by name."""
    server.headers["Content-Encoding"] = "br"
    assert "content coding 'br', which nobody asked for" in refused(server.url())


def test_too_large(server: Server, tmp_path: Path) -> None:
    """What is larger than the limit is refused, whether it says so or not; what just fits is taken."""
    size = len(DOCUMENT)
    assert fetch(server.url(), max_size=size).content == DOCUMENT
    assert f"more than {size - 1} bytes" in refused(server.url(), max_size=size - 1)
    server.length = ""
    assert "--max-size" in refused(server.url(), max_size=size - 1)
    (tmp_path / "x.json").write_bytes(DOCUMENT)
    assert fetch(str(tmp_path / "x.json"), max_size=size).content == DOCUMENT
    assert "--max-size" in refused(str(tmp_path / "x.json"), max_size=size - 1)


def test_bomb(server: Server) -> None:
    """A small packed answer that would unpack to a huge one is stopped at the limit."""
    server.headers["Content-Encoding"] = "gzip"
    server.body = gzip.compress(b" " * 50_000_000)
    assert "more than 1,000,000 bytes" in refused(server.url(), max_size=1_000_000)


def test_server_that_takes_its_time() -> None:
    """The limit is on all of it: a server that sends a byte now and then does not hold a run up."""
    ended = threading.Event()

    def dribble(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not ended.wait(0.02):
                connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=dribble, args=[listener])
        thread.start()
        try:
            address = f"http://127.0.0.1:{listener.getsockname()[1]}/x.json"
            assert "could not be fetched: it took longer than 0.5 seconds" in refused(address, timeout=0.5)
        finally:
            ended.set()
            thread.join()


def test_nobody_there(server: Server) -> None:
    """A host that is unknown, and a port where nobody listens, are named."""
    assert "nowhere.invalid" in refused("http://nowhere.invalid/x.json")
    with serving(Server()) as other:
        gone = other.url()
    assert "Connect call failed" in refused(gone)
    assert server.asked == []


def test_missing_file(tmp_path: Path) -> None:
    """A file that cannot be read is refused by its name."""
    assert refused(str(tmp_path / "x.json")) == f"{tmp_path / 'x.json'}: No such file or directory."
    assert "directory" in refused(str(tmp_path))


@pytest.mark.parametrize(
    "source",
    ["ftp://host/x.json", "file:///etc/passwd", "http:///x.json", "http://[::1/x", "http://host:0x/x"],
)
def test_no_address(source: str) -> None:
    """What can never be fetched is a mistake of the command, not of the source."""
    with pytest.raises(UnusableInputError, match="no address that can be fetched") as caught:
        fetch(source)
    assert not isinstance(caught.value, RefusedError)


# Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_on_the_host(server: Server, status: int) -> None:
    """A redirect on the same server is followed, relative or not, with the same questions."""
    server.paths = {"/a": (status, "b"), "/b": (status, server.url("/c.json"))}
    assert fetch(server.url("/a"), known=Validators('"a"')).content == DOCUMENT
    assert [path for path, _ in server.asked] == ["/a", "/b", "/c.json"]
    assert {headers["If-None-Match"] for _, headers in server.asked} == {'"a"'}


def test_redirect_to_another_host(server: Server) -> None:
    """A redirect to another host, port or scheme is refused, and nobody else is asked."""
    with serving(Server()) as other:
        there = [other.url(), server.url().replace("127.0.0.1", "localhost"), f"https://{server.host}/x"]
        for location in [*there, "ftp://127.0.0.1/x", "//elsewhere.invalid/x"]:
            server.paths = {"/a": (302, location)}
            reason = refused(server.url("/a"))
            assert "is another server" in reason
            assert server.url("/a") in reason
        assert other.asked == []


def test_redirect_to_nowhere(server: Server) -> None:
    """A redirect that leads to no address is refused, and one without a place is a status like others."""
    server.paths = {"/a": (302, "http://[x/")}
    assert "redirects to http://…, which is no address" in refused(server.url("/a"))
    server.status = 302
    assert "answers 302 Found" in refused(server.url("/b"))


def test_redirects_without_end(server: Server) -> None:
    """A circle ends after a few rounds."""
    server.paths = {"/a": (302, "/a")}
    assert "redirects more than 5 times" in refused(server.url("/a"))
    assert len(server.asked) == 6


# TLS and secrets


def test_tls_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that nobody vouches for is refused; one of a known authority is taken."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with serving(Server(), context) as running:
        address = f"https://{running.host}/x.json"
        assert "CERTIFICATE_VERIFY_FAILED" in refused(address)
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert fetch(address).content == DOCUMENT
        running.paths = {"/a": (302, f"http://{running.host}/x")}
        assert "is another server" in refused(f"https://{running.host}/a")


def test_proxy_of_the_environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that the environment names is asked instead."""
    monkeypatch.setenv("http_proxy", f"http://{server.host}")
    assert fetch("http://elsewhere.invalid/x.json").content == DOCUMENT
    assert server.asked[0][0] == "http://elsewhere.invalid/x.json"


def test_secrets_are_sent_and_not_said(server: Server, capfd: pytest.CaptureFixture[str]) -> None:
    """User, password and query reach the server, on redirects too, and no message holds them."""
    address = f"http://us%40er:pass%2Fword@{server.host}/a?token=tok#part"
    server.paths = {"/a?token=tok": (302, "/b?token=tok"), "/b?token=tok": (404, "")}
    reason = refused(address)
    assert [path for path, _ in server.asked] == ["/a?token=tok", "/b?token=tok"]
    expected = "Basic " + base64.b64encode(b"us@er:pass/word").decode()
    assert {headers["Authorization"] for _, headers in server.asked} == {expected}
    server.paths = {"/a?token=tok": (302, "http://us%40er:pass%2Fword@elsewhere.invalid/?token=tok")}
    told = [
        reason,
        refused(address),
        refused(address.replace(server.host, "127.0.0.1:1")),
        *capfd.readouterr(),
    ]
    for text in told:
        for secret in ("us%40er", "us@er", "pass", "tok"):
            assert secret not in text


@pytest.mark.parametrize(
    ("source", "words", "secret"),
    [
        ("https://host/a/@b.json", "https://host/a/@b.json", True),
        ("https://user@host:8/a?x#y", "https://host:8/a", True),
        ("https://host/a?x", "https://host/a", True),
        ("http://[x?token", "http://…", True),
        ("folder/a?b.json", "folder/a?b.json", False),
    ],
)
def test_sources_are_shown_without_secrets(source: str, words: str, *, secret: bool) -> None:
    """What may be secret in an address is left out where it is shown; a path is shown as it is."""
    assert shown(source) == words
    assert (is_address(source) and has_secret(source)) == secret
