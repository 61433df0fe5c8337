"""What the forge's API may answer, and what is made of it: repeated, refused, explained."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from scripts.command import FailedError, UnusableInputError
from scripts.proposing.forge import Access, Forge, ForgeError, access_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN = "ghs_secret"
Answer = tuple[int, dict[str, str], bytes]


def answer(status: int, content: object = None, **headers: str) -> Answer:
    """An answer in JSON."""
    return (
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
        json.dumps(content).encode(),
    )


@contextmanager
def scripted(*answers: Answer) -> Iterator[tuple[Forge, list[str]]]:
    """A forge that gives these answers in turn, the last one again and again; and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, content = answers[min(len(asked), len(answers) - 1)]
            asked.append(f"{self.command} {self.path}")
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names that the base class looks for

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        with Forge(Access(url, url, "acme/vouchers", TOKEN), pauses=(0, 0)) as forge:
            yield forge, asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (answer(401, {"message": "Bad credentials"}), "401 (Bad credentials). The token is not valid"),
        (
            answer(403, {"message": "Resource not accessible by integration"}),
            "it needs to write contents, pull requests and issues",
        ),
        (answer(403, {"message": "API rate limit exceeded"}), "rate limit is used up: run this again later."),
        (
            answer(403, {}, x_ratelimit_remaining="0", x_ratelimit_reset="1767323045"),
            "run this again after 03:04 UTC.",
        ),
        (answer(429, {}, x_ratelimit_reset="9" * 400), "run this again later."),
        (
            answer(403, {"message": "You have exceeded a secondary limit."}, retry_after="60"),
            "rate limit is used up",
        ),
        (answer(404, {"message": "Not Found"}), "404 (Not Found). Either GITHUB_REPOSITORY does not exist"),
        (
            answer(301, {"message": "Moved Permanently"}, location="/elsewhere"),
            "set GITHUB_REPOSITORY to its new name",
        ),
        (answer(410, {"message": "Issues are disabled."}), "(Issues are disabled). Issues are turned off"),
        (
            answer(
                422,
                {"message": "Validation Failed", "errors": [{"message": "Too long."}, "No.", {"field": "x"}]},
            ),
            "(Validation Failed; Too long; No; x). Somebody may have changed",
        ),
        (answer(422, {"message": "Validation Failed", "errors": {"odd": 1}}), "(Validation Failed)"),
        (answer(418, ["a teapot"]), "answered with 418. Nothing more is known."),
        ((400, {}, b"<html>"), "answered with 400. Nothing more is known."),
        ((409, {}, b""), "answered with 409. Nothing more is known."),
        ((200, {}, b"<html>Sign in</html>"), "no JSON; is GITHUB_API_URL the API's?"),
        ((200, {}, b""), "has no `default_branch`"),
        (answer(200, {"default_branch": 7}), "has no `default_branch`"),
        (answer(200, ["main"]), "has no `default_branch`"),
    ],
)
def test_refusals_are_explained(given: Answer, told: str) -> None:
    """Each answer that is no success says what was asked, what the forge said and what to do; asked once."""
    with scripted(given) as (forge, asked), pytest.raises(ForgeError) as caught:
        forge.default_branch()
    assert told in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert len(asked) == 1


@pytest.mark.parametrize("content", [{"message": "all fine"}, ["a"], "text", None])
def test_lists_are_lists_of_objects(content: object) -> None:
    """Where a list of objects belongs, nothing else is believed."""
    with (
        scripted(answer(200, content)) as (forge, _),
        pytest.raises(ForgeError, match="something else than a list"),
    ):
        forge.pull_requests("branch")


def test_pull_request_whose_head_is_odd_is_not_ours() -> None:
    """A pull request that does not say which branch it brings is not taken for ours."""
    with scripted(answer(200, [{"number": 1, "state": "open"}])) as (forge, _):
        assert forge.pull_requests("branch") == []


def test_pull_requests_are_no_issues() -> None:
    """The forge lists pull requests among the issues; they are left out there."""
    issue = {"number": 2, "state": "closed", "body": None, "labels": [{"name": "refused"}]}
    with scripted(answer(200, [{**issue, "pull_request": {}}, issue])) as (forge, asked):
        [found] = forge.issues(["specification", "refused"])
    assert (found.number, found.is_open, found.body, found.labels) == (2, False, "", ("refused",))
    assert "labels=specification%2Crefused" in asked[0]
    assert "state=all" in asked[0]


@pytest.mark.parametrize("status", [404, 410])
def test_repository_without_issues_has_none(status: int) -> None:
    """Where issues are turned off, there are none to close."""
    with scripted(answer(status, {"message": "Issues are disabled."})) as (forge, _):
        assert forge.issues(["refused"]) == []


def test_label_that_is_gone_already() -> None:
    """A label that somebody else has just taken off is as good as taken off."""
    with scripted(answer(404, {"message": "Label does not exist"})) as (forge, asked):
        forge.remove_label(1, "breaking")
    assert asked == ["DELETE /repos/acme/vouchers/issues/1/labels/breaking"]


def test_outage_that_passes_is_waited_for() -> None:
    """A call that changes nothing the second time is made again, twice at most."""
    good = answer(200, {"default_branch": "main"})
    with scripted(answer(502), answer(503), good) as (forge, asked):
        assert forge.default_branch() == "main"
    assert len(asked) == 3
    with scripted(answer(502), answer(503), answer(500), good) as (forge, asked):
        with pytest.raises(ForgeError, match="answers 500: it is out of order"):
            forge.default_branch()
        assert len(asked) == 3


WRITES: list[Callable[[Forge], Any]] = [
    lambda forge: forge.create_label("breaking", "ffffff", "Breaks"),
    lambda forge: forge.create_pull_request(branch="b", base="main", title="t", body="b", draft=True),
    lambda forge: forge.create_issue(title="t", body="b", labels=["refused"]),
    lambda forge: forge.add_labels(1, ["breaking"]),
    lambda forge: forge.comment(1, "text"),
]


@pytest.mark.parametrize("write", WRITES)
def test_what_may_have_happened_is_not_repeated(write: Callable[[Forge], Any]) -> None:
    """A call that makes something is made once: a broken answer does not say that nothing was made."""
    with scripted(answer(502)) as (forge, asked), pytest.raises(ForgeError, match="502"):
        write(forge)
    assert len(asked) == 1


def test_draft_is_given_up_for_one_reason_alone() -> None:
    """Only where drafts are not to be had is a plain pull request opened; other refusals are told."""
    no_drafts = answer(422, {"message": "Draft pull requests are not supported in this repository."})
    exists = answer(
        422, {"message": "Validation Failed", "errors": [{"message": "A pull request already exists"}]}
    )
    arguments = {"branch": "b", "base": "main", "title": "t", "body": "b"}
    with scripted(no_drafts, answer(201, {"number": 7})) as (forge, asked):
        assert forge.create_pull_request(**arguments, draft=True) == 7
        assert len(asked) == 2
    for given, draft in (
        (exists, True),
        (no_drafts, False),
        (answer(403, {"message": "Draft pull requests"}), True),
    ):
        with scripted(given) as (forge, asked), pytest.raises(ForgeError):
            forge.create_pull_request(**arguments, draft=draft)
        assert len(asked) == 1


def test_forge_that_is_not_there() -> None:
    """Without an answer the error names the API, after the attempts that were due."""
    access = Access("http://127.0.0.1:1", "http://127.0.0.1:1", "acme/vouchers", TOKEN)
    with (
        Forge(access, pauses=(0,)) as forge,
        pytest.raises(FailedError, match=r"http://127.0.0.1:1 gives no answer: "),
    ):
        forge.default_branch()


GOOD = {"GITHUB_REPOSITORY": "acme/vouchers", "GITHUB_TOKEN": TOKEN}


def test_access_is_the_workflows_own() -> None:
    """What a run has in its environment is enough; outside of one, GitHub's public addresses are meant."""
    usual = access_of(GOOD)
    assert (usual.api, usual.server) == ("https://api.github.com", "https://github.com")
    own = {"GITHUB_API_URL": "https://forge.example/api/v3/", "GITHUB_SERVER_URL": "https://forge.example"}
    access = access_of({**GOOD, **own})
    assert (access.api, access.server) == ("https://forge.example/api/v3", "https://forge.example")
    assert (access.repository, access.owner, access.token) == ("acme/vouchers", "acme", TOKEN)
    assert TOKEN not in repr(access)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB_REPOSITORY", ""),
        ("GITHUB_REPOSITORY", "vouchers"),
        ("GITHUB_REPOSITORY", "acme/vouchers/../../user"),
        ("GITHUB_REPOSITORY", "acme/vouchers?x"),
        ("GITHUB_TOKEN", ""),
        ("GITHUB_TOKEN", "two words"),
        ("GITHUB_TOKEN", "line\r\nX-Other: header"),
        ("GITHUB_TOKEN", "schlüssel"),
        ("GITHUB_API_URL", "api.github.com"),
        ("GITHUB_API_URL", "file:///etc/passwd"),
        ("GITHUB_API_URL", "https://user:password@forge.example"),
        ("GITHUB_SERVER_URL", "https://forge.example/?a=b"),
    ],
)
def test_access_that_makes_no_sense(name: str, value: str) -> None:
    """A variable that is missing or odd is named, before anything is sent, and its value is not shown."""
    with pytest.raises(UnusableInputError, match=name) as caught:
        access_of({**GOOD, name: value})
    assert not value or value not in str(caught.value)
