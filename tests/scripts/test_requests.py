"""Arguments reach the wire as OpenAPI's styles have it, each name and value percent-encoded once."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import threading
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, unquote

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.support import _shapes
from scripts.support._requests import Argument, Body, write_request
from scripts.support.client import Client
from scripts.support.types import UNSET, File

if TYPE_CHECKING:
    from collections.abc import Iterator


class Sent(NamedTuple):
    """A request as it came: the target as it stood on the wire."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Server(NamedTuple):
    """A server that keeps what it is sent."""

    url: str
    requests: list[Sent]

    def send(self, *path: str | Argument, **options: Any) -> Sent:
        """Send a request to it, by both kinds of client, which must do the same."""
        options = {"method": "post", **options}
        method = options.pop("method")
        with httpx.Client(base_url=self.url) as client:
            client.request(**write_request(method, *path, **options))

        async def send() -> None:
            async with httpx.AsyncClient(base_url=self.url) as client:
                await client.request(**write_request(method, *path, **options))

        if not any(isinstance(part, BytesIO) for part in parts_of(options.get("body"))):
            asyncio.run(send())
            assert self.requests[-1][:2] == self.requests[-2][:2]
        return self.requests[-1]


def parts_of(body: Any) -> list[Any]:
    """Find the files in a body, which can be read once."""
    inside = body.values() if isinstance(body, dict) else [body]
    flat = [item for each in inside for item in (each if isinstance(each, list) else [each])]
    return [each.payload for each in flat if isinstance(each, File)]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """Serve on the loopback interface."""
    requests: list[Sent] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            requests.append(Sent(self.command, self.path, headers, body))
            self.send_response(204)
            self.end_headers()

        do_GET = do_POST = do  # noqa: N815 - the server's names

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as served:
        thread = threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Server(f"http://127.0.0.1:{served.server_port}/base", requests)
        served.shutdown()
        thread.join()


NAUGHTY = "a/b?c=d&e#f+g h%20é,|"
ENCODED = "a%2Fb%3Fc%3Dd%26e%23f%2Bg%20h%2520%C3%A9%2C%7C"
FILTERS = {"day": {"before": dt.date(2024, 5, 1)}, "is": {"$in": ["x", "y"]}}


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        (Argument("a", "x"), "a=x"),
        (Argument("a b&", NAUGHTY), f"a%20b%26={ENCODED}"),
        (Argument("a", 5), "a=5"),
        (Argument("a", 1.5), "a=1.5"),
        (Argument("a", value=True), "a=true"),
        (Argument("a", value=False, explode=False), "a=false"),
        (Argument("a", dt.date(2024, 5, 1)), "a=2024-05-01"),
        (Argument("a", dt.datetime(2024, 5, 1, tzinfo=dt.UTC)), "a=2024-05-01T00%3A00%3A00%2B00%3A00"),
        (Argument("a", UNSET), ""),
        (Argument("a", None), ""),
        (Argument("a", ""), "a="),
        (Argument("a", "", explode=False), "a="),
        (Argument("a", ["x", "y,z", None, 1]), "a=x&a=y%2Cz&a=1"),
        (Argument("a", []), ""),
        (Argument("a", [], explode=False), ""),
        (Argument("a", [""], explode=False), "a="),
        (Argument("a", ["x", "y,z", 1], explode=False), "a=x,y%2Cz,1"),
        (Argument("a", ["x", "y z"], "spaceDelimited", explode=False), "a=x%20y%20z"),
        (Argument("a", ["x", "y|z"], "pipeDelimited", explode=False), "a=x%7Cy%7Cz"),
        (Argument("a", ["x", "y"], "pipeDelimited", explode=True), "a=x&a=y"),
        (Argument("a", {"x": 1, "y&": "é", "z": None}), "x=1&y%26=%C3%A9"),
        (Argument("a", {"x": 1, "y": [2]}, explode=False), "a=x,1,y,%5B2%5D"),
        (Argument("a", {"x": {"y": 1}}), "x=%7B%22y%22%3A1%7D"),
        (Argument("f", FILTERS, "deepObject"),
         "f%5Bday%5D%5Bbefore%5D=2024-05-01&f%5Bis%5D%5B%24in%5D%5B0%5D=x&f%5Bis%5D%5B%24in%5D%5B1%5D=y"),
        (Argument("f", {"a": None, "b": True, "c": {}}, "deepObject"), "f%5Bb%5D=true"),
        (Argument("f", "plain", "deepObject", explode=False), "f=plain"),
        (Argument("j", {"x": [1, "é"]}, "form", explode=True, media_type="application/json"),
         "j=%7B%22x%22%3A%5B1%2C%22%C3%A9%22%5D%7D"),
        (Argument("j", "text", media_type="text/plain"), "j=text"),
        (Argument("j", "text", media_type="application/json"), "j=%22text%22"),
    ],
)  # fmt: skip
def test_query(server: Server, argument: Argument, expected: str) -> None:
    """Each style and each kind of value stands on the wire as it should."""
    sent = server.send("/x", method="get", query=[argument])
    assert sent.target == "/base/x" + ("?" if expected else "") + expected


def test_several_in_a_query(server: Server) -> None:
    """They follow one another; a path that has a query already goes on with it."""
    both = [Argument("a", 1), Argument("b", UNSET), Argument("c", [2, 3])]
    assert server.send("/x", query=both).target == "/base/x?a=1&c=2&c=3"
    assert server.send("/x?y=z", query=both).target == "/base/x?y=z&a=1&c=2&c=3"


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        (Argument("p", "x", "simple"), "x"),
        (Argument("p", NAUGHTY, "simple"), ENCODED),
        (Argument("p", ".", "simple"), "%2E"),
        (Argument("p", "..", "simple"), "%2E%2E"),
        (Argument("p", "...", "simple"), "..."),
        (Argument("p", value=True, style="simple"), "true"),
        (Argument("p", None, "simple"), "null"),
        (Argument("p", dt.date(2024, 5, 1), "simple"), "2024-05-01"),
        (Argument("p", ["a", "b,c"], "simple", explode=False), "a,b%2Cc"),
        (Argument("p", ["a", "b"], "simple", explode=True), "a,b"),
        (Argument("p", {"a": 1, "b": 2}, "simple", explode=False), "a,1,b,2"),
        (Argument("p", {"a": 1, "b": 2}, "simple", explode=True), "a=1,b=2"),
        (Argument("p", "a", "label"), ".a"),
        (Argument("p", ["a", "b"], "label", explode=False), ".a,b"),
        (Argument("p", ["a", "b"], "label", explode=True), ".a.b"),
        (Argument("p", {"a": 1, "b": 2}, "label", explode=True), ".a=1.b=2"),
        (Argument("p", "a", "matrix"), ";p=a"),
        (Argument("p", ["a", "b"], "matrix", explode=False), ";p=a,b"),
        (Argument("p", ["a", "b"], "matrix", explode=True), ";p=a;p=b"),
        (Argument("p", {"a": 1, "b": 2}, "matrix", explode=True), ";a=1;b=2"),
        (Argument("p", {"a": 1}, "matrix", explode=False), ";p=a,1"),
    ],
)
def test_path(server: Server, argument: Argument, expected: str) -> None:
    """A value stays one segment, whatever is in it."""
    assert server.send("/v1/", argument, "/end").target == f"/base/v1/{expected}/end"


def test_dots_of_two_arguments(server: Server) -> None:
    """Dots that make up a segment together are encoded too."""
    dot = Argument("p", ".", "simple")
    assert server.send("/v1/", dot, dot, "/a.", dot).target == "/base/v1/%2E%2E/a.."


@given(st.text(min_size=1), st.lists(st.text(), min_size=1))
def test_what_is_written_can_be_read(name: str, values: list[str]) -> None:
    """Any text comes back as it was, from the query and from the path."""
    texts = [each.encode("utf-8", "replace").decode() for each in (name, *values)]
    argument = Argument(texts[0], texts[1:])
    path, _, query = write_request("get", "/", argument._replace(style="simple"), query=[argument])[
        "url"
    ].partition("?")
    assert parse_qsl(query, keep_blank_values=True) == [(texts[0], text) for text in texts[1:]]
    assert [unquote(item) for item in path[1:].split(",")] == texts[1:]


def test_headers_and_cookies(server: Server) -> None:
    """They are texts; in a cookie, what it cannot hold is percent-encoded."""
    day = dt.date(2024, 5, 1)
    headers = [
        Argument("X-Flag", value=True, style="simple", explode=False),
        Argument("X-Days", [day, None, 2], "simple", explode=False),
        Argument("X-Map", {"a": 1, "b": None, "c": "x"}, "simple", explode=False),
        Argument("X-Exploded", {"a": 1, "c": "x"}, "simple", explode=True),
        Argument("X-Json", {"a": [1]}, "simple", explode=False, media_type="application/json"),
        Argument("X-None", None, "simple"),
        Argument("X-Unset", UNSET, "simple"),
    ]
    sent = server.send("/x", headers=headers)
    assert {name: value for name, value in sent.headers.items() if name.startswith("x-")} == {
        "x-flag": "true",
        "x-days": "2024-05-01,2",
        "x-map": "a,1,c,x",
        "x-exploded": "a=1,c=x",
        "x-json": '{"a":[1]}',
    }
    cookies = write_request(
        "get", "/x", cookies=[Argument("a", "b;c é%"), Argument("d", "1=/:"), Argument("e", None)]
    )
    assert cookies["cookies"] == {"a": "b%3Bc%20%C3%A9%25", "d": "1=/:"}


# Bodies


@attrs.define
class Form(_shapes.Model):
    """A model to send."""

    name: Any = UNSET
    created_at: Any = UNSET
    file: Any = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(
            _shapes.Field("name", "name", _shapes.TEXT),
            _shapes.Field("createdAt", "created_at", _shapes.DATE_TIME),
            _shapes.Field("file", "file", _shapes.BINARY),
        )


FORM = _shapes.ModelOf(Form)
JSON = Body("application/json", _shapes.Union(FORM, _shapes.ListOf(FORM), _shapes.NULL))
MULTIPART = Body("multipart/form-data", FORM)
URLENCODED = Body("application/x-www-form-urlencoded", FORM)
CSV = Body("text/csv; charset=utf-8", _shapes.TEXT)
DAY = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Form("é", DAY), {"name": "é", "createdAt": "2024-05-01T00:00:00+00:00"}),
        ([Form("a")], [{"name": "a"}]),
        ({"x": DAY}, {"x": "2024-05-01T00:00:00+00:00"}),
        (None, None),
        ("text", "text"),
    ],
)
def test_json_body(server: Server, value: Any, expected: Any) -> None:
    """Models, lists, null: JSON, with the document's own media type."""
    for media_type in ("application/json", "application/merge-patch+json"):
        sent = server.send("/x", body=value, bodies=[JSON._replace(media_type=media_type)])
        assert (json.loads(sent.body), sent.headers["content-type"]) == (expected, media_type)


def test_no_body(server: Server) -> None:
    """An optional body that is not given leaves no trace."""
    sent = server.send("/x", body=UNSET, bodies=[JSON])
    assert (sent.body, sent.headers.get("content-type")) == (b"", None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a;é", "a;é".encode()),
        (b"\0", b"\0"),
        (File(BytesIO(b"a;b")), b"a;b"),
        ({"a": DAY}, b'{"a":"2024-05-01T00:00:00+00:00"}'),
    ],
)
def test_raw_body(server: Server, value: Any, expected: bytes) -> None:
    """Bytes, texts and files go as they are, with the document's own media type."""
    sent = server.send("/x", body=value, bodies=[CSV])
    assert (sent.body, sent.headers["content-type"]) == (expected, "text/csv; charset=utf-8")


def test_urlencoded_body(server: Server) -> None:
    """As a query would be; objects as JSON, and styles as the document says."""
    form = Form("a b", DAY)
    form.additional_properties = {"list": [1, 2], "map": {"x": 1}, "none": None, "unset": UNSET}
    sent = server.send("/x", body=form, bodies=[URLENCODED])
    assert sent.headers["content-type"] == "application/x-www-form-urlencoded"
    assert sent.body.decode() == (
        "list=1&list=2&map=%7B%22x%22%3A1%7D&name=a%20b&createdAt=2024-05-01T00%3A00%3A00%2B00%3A00"
    )
    styled = URLENCODED._replace(encodings={"list": ("form", False), "map": ("deepObject", True)})
    sent = server.send("/x", body={"list": [1, 2], "map": {"x": 1}}, bodies=[styled])
    assert sent.body == b"list=1,2&map%5Bx%5D=1"


def test_multipart_body(server: Server) -> None:
    """One part for each value; the boundary is one that httpx made for this request."""
    form = Form("é", DAY, File(BytesIO(b"--+++--"), "a.csv", "text/csv"))
    form.additional_properties = {
        "files": [File(BytesIO(b"1")), b"2"],
        "map": {"x": 1},
        "on": True,
        "none": None,
        "unset": UNSET,
    }
    sent = server.send("/x", body=form, bodies=[MULTIPART])
    header = f"Content-Type: {sent.headers['content-type']}\r\n\r\n".encode()
    parts: Any = message_from_bytes(header + sent.body).get_payload()
    assert [
        (part.get_param("name", header="content-disposition"), part.get_filename(), part.get_content_type(),
         part.get_payload(decode=True).decode())
        for part in parts
    ] == [
        ("files", "files", "application/octet-stream", "1"),
        ("files", "files", "application/octet-stream", "2"),
        ("map", None, "application/json", '{"x":1}'),
        ("on", None, "text/plain", "true"),
        ("name", None, "text/plain", "é"),
        ("createdAt", None, "text/plain", "2024-05-01T00:00:00+00:00"),
        ("file", "a.csv", "text/csv", "--+++--"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (Form("a"), "application/json"),
        ({"name": "a"}, "application/json"),
        ("a;b", "text/csv; charset=utf-8"),
        (b"a;b", "text/csv; charset=utf-8"),
        (File(BytesIO(b"a;b")), "text/csv; charset=utf-8"),
        (1, "application/json"),
    ],
)
def test_choice_of_media_types(server: Server, value: Any, expected: str) -> None:
    """Of several ways, the first that a body fits is taken."""
    sent = server.send("/x", body=value, bodies=[JSON, URLENCODED, CSV])
    assert sent.headers["content-type"] == expected


def test_header_argument_wins(server: Server) -> None:
    """A header that the caller gives stands beside the body's, or in its place."""
    headers = [Argument("Content-Type", "application/vnd.mine+json"), Argument("X-A", "b")]
    sent = server.send("/x", body={}, bodies=[JSON], headers=headers)
    assert (sent.headers["content-type"], sent.headers["x-a"]) == ("application/vnd.mine+json", "b")


def test_settings_of_the_client_are_sent(server: Server) -> None:
    """Its headers and cookies go along."""
    with Client(server.url, headers={"X-Mine": "yes"}, cookies={"a": "b"}) as client:
        client.get_httpx_client().request(**write_request("get", "/x"))
    assert (server.requests[-1].headers["x-mine"], server.requests[-1].headers["cookie"]) == ("yes", "a=b")


def test_path_that_would_name_another_host() -> None:
    """An empty argument at the start of a path is refused, as two slashes begin a host's name."""
    with pytest.raises(ValueError, match="another host"):
        write_request("get", "/", Argument("a", "", "simple"), "/b")
