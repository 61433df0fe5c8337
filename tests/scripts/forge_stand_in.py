"""A stand-in for the forge, on this machine: its REST API and its git, over HTTP, with what it refuses.

Everything is kept in memory, except for the bare repository, which is a real one served by git's own program.
Where GitHub is lenient with labels that nobody made, this is strict.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REPOSITORY = "acme/vouchers"
OWN = {"full_name": REPOSITORY}
TOKEN = "ghs_TheSecretOfThisTest"


class RefusedError(Exception):
    """The forge says no."""

    def __init__(self, status: int, message: str, *errors: object) -> None:
        """Keep what is answered."""
        super().__init__(message)
        self.status = status
        self.content = {"message": message, **({"errors": [*errors]} if errors else {})}


@dataclass
class Forge:
    """What the forge knows, and what it was asked."""

    root: Path
    url: str = ""
    default: str = "main"
    issues: list[dict[str, Any]] = field(default_factory=list)
    labels: dict[str, dict[str, str]] = field(default_factory=dict)
    comments: list[tuple[int, str]] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)
    allows_drafts: bool = True
    allows_pull_requests: bool = True
    allows_pushes: bool = True
    has_issues: bool = True
    filters: bool = True

    @property
    def bare(self) -> Path:
        """The bare repository."""
        return self.root / f"{REPOSITORY}.git"

    @property
    def environment(self) -> dict[str, str]:
        """What a workflow's run has in its environment."""
        return {
            "GITHUB_API_URL": f"{self.url}/api",
            "GITHUB_SERVER_URL": self.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_TOKEN": TOKEN,
        }

    def sha(self, branch: str) -> str:
        """The last commit of a branch; empty where it does not exist."""
        return self._git("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")

    def _git(self, *arguments: str) -> str:
        command = ["git", "-C", str(self.bare), *arguments]
        return subprocess.run(command, capture_output=True, encoding="utf-8", check=False).stdout.strip()

    def of_kind(self, *, pulls: bool, state: str = "open") -> list[dict[str, Any]]:
        """Pull requests, or issues, in a state."""
        self._follow()
        return [one for one in self.issues if ("head" in one) is pulls and state in (one["state"], "all")]

    @property
    def pulls(self) -> list[dict[str, Any]]:
        """The open pull requests."""
        return self.of_kind(pulls=True)

    @property
    def open_issues(self) -> list[dict[str, Any]]:
        """The open issues."""
        return self.of_kind(pulls=False)

    def names(self, one: dict[str, Any]) -> list[str]:
        """The names of an issue's labels."""
        return [label["name"] for label in one["labels"]]

    def close(self, number: int, *, merged: bool = False) -> None:
        """A person closes or merges one."""
        self._follow()
        one = self._find(str(number))
        one["state"] = "closed"
        if merged:
            one["merged_at"] = "2026-01-02T03:04:05Z"

    def _follow(self) -> None:
        """Bring pull requests to where their branches are now, and close those whose branch is gone."""
        for one in self.issues:
            if "head" in one and one["state"] == "open" and one["head"]["repo"] == OWN:
                sha = self.sha(one["head"]["ref"])
                one["head"]["sha"] = sha or one["head"]["sha"]
                one["state"] = "open" if sha else "closed"

    def _find(self, number: str) -> dict[str, Any]:
        for one in self.issues:
            if one["number"] == int(number):
                return one
        raise RefusedError(404, "Not Found")

    def answer(self, method: str, path: str, query: dict[str, str], content: dict[str, Any]) -> Any:
        """Answer a call, or refuse it."""
        if method != "GET":
            self.writes.append(f"{method} {path}")
        for verb, pattern, do in self._routes():
            match = re.fullmatch(pattern, path)
            if verb == method and match:
                return do(*match.groups(), **({"query": query} if method == "GET" else {"content": content}))
        raise RefusedError(404, "Not Found")

    def _routes(self) -> list[tuple[str, str, Callable[..., Any]]]:
        return [
            ("GET", "", lambda query: {"default_branch": self.default, **query}),
            ("GET", "/pulls", self._get_pulls),
            ("POST", "/pulls", self._post_pull),
            ("PATCH", r"/(?:pulls|issues)/(\d+)", self._patch),
            ("GET", "/issues", self._get_issues),
            ("POST", "/issues", self._post_issue),
            ("GET", r"/labels/(\w+)", self._get_label),
            ("POST", "/labels", self._post_label),
            ("POST", r"/issues/(\d+)/labels", self._add_labels),
            ("DELETE", r"/issues/(\d+)/labels/(\w+)", self._delete_label),
            ("POST", r"/issues/(\d+)/comments", self._post_comment),
        ]

    def _get_pulls(self, query: dict[str, str]) -> Any:
        owner, _, branch = query["head"].partition(":")
        found = self.of_kind(pulls=True, state=query["state"])[::-1]
        if not self.filters:
            return found
        assert owner == REPOSITORY.partition("/")[0]
        return [one for one in found if one["head"]["ref"] == branch and one["head"]["repo"] == OWN]

    def _get_issues(self, query: dict[str, str]) -> Any:
        if not self.has_issues:
            raise RefusedError(410, "Issues has been disabled in this repository.")
        wanted = set(query["labels"].split(","))
        self._follow()
        found = [one for one in self.issues if wanted <= set(self.names(one))]
        return [{**one, **({"pull_request": {}} if "head" in one else {})} for one in found][::-1]

    def _post_pull(self, content: dict[str, Any]) -> Any:
        if not self.allows_pull_requests:
            raise RefusedError(403, "GitHub Actions is not permitted to create or approve pull requests.")
        if content.get("draft") and not self.allows_drafts:
            raise RefusedError(422, "Draft pull requests are not supported in this repository.")
        head, base = self.sha(content["head"]), self.sha(content["base"])
        for name, sha in (("head", head), ("base", base)):
            if not sha:
                error = {"resource": "PullRequest", "field": name, "code": "invalid"}
                raise RefusedError(422, "Validation Failed", error)
        if any(one["head"]["ref"] == content["head"] and one["head"]["repo"] == OWN for one in self.pulls):
            message = f"A pull request already exists for acme:{content['head']}."
            raise RefusedError(422, "Validation Failed", {"message": message})
        if self._git("rev-list", "--count", f"{base}..{head}") == "0":
            message = f"No commits between {content['base']} and {content['head']}"
            raise RefusedError(422, "Validation Failed", {"message": message})
        return self._add(
            content,
            head={"ref": content["head"], "sha": head, "repo": OWN},
            base={"ref": content["base"]},
            draft=content.get("draft", False),
            merged_at=None,
        )

    def _post_issue(self, content: dict[str, Any]) -> Any:
        if not self.has_issues:
            raise RefusedError(410, "Issues has been disabled in this repository.")
        return self._add(content, labels=self._known(content["labels"]))

    def _add(self, content: dict[str, Any], **more: Any) -> dict[str, Any]:
        self._check(content)
        number = 1 + len(self.issues)
        one = {"number": number, "state": "open", "title": content["title"], "body": content["body"]}
        self.issues.append({"labels": [], **one, **more})
        return self.issues[-1]

    def _check(self, content: dict[str, Any]) -> None:
        if len(content.get("body", "")) > 65_536:
            raise RefusedError(422, "Validation Failed", "body is too long (maximum is 65536 characters)")
        if content.get("title", "a title") == "" or len(content.get("title", "")) > 256:
            raise RefusedError(422, "Validation Failed", {"field": "title", "code": "invalid"})

    def _patch(self, number: str, content: dict[str, Any]) -> Any:
        one = self._find(number)
        self._check(content)
        assert set(content) <= {"title", "body", "state"}
        one.update(content)
        return one

    def _get_label(self, name: str, query: dict[str, str]) -> Any:
        assert not query
        if name not in self.labels:
            raise RefusedError(404, "Not Found")
        return self.labels[name]

    def _post_label(self, content: dict[str, Any]) -> Any:
        wrong = not re.fullmatch("[0-9a-f]{6}", content["color"]) or len(content["description"]) > 100
        if content["name"] in self.labels or wrong:
            code = "invalid" if wrong else "already_exists"
            raise RefusedError(422, "Validation Failed", {"resource": "Label", "code": code})
        self.labels[content["name"]] = content
        return content

    def _known(self, names: list[str]) -> list[dict[str, str]]:
        for name in names:
            if name not in self.labels:
                raise RefusedError(422, "Validation Failed", {"resource": "Label", "code": "missing"})
        return [{"name": name} for name in names]

    def _add_labels(self, number: str, content: dict[str, Any]) -> Any:
        one = self._find(number)
        one["labels"] += [each for each in self._known(content["labels"]) if each not in one["labels"]]
        return one["labels"]

    def _delete_label(self, number: str, name: str, content: dict[str, Any]) -> Any:
        assert not content
        one = self._find(number)
        if {"name": name} not in one["labels"]:
            raise RefusedError(404, "Label does not exist")
        one["labels"].remove({"name": name})
        return one["labels"]

    def _post_comment(self, number: str, content: dict[str, Any]) -> Any:
        self._find(number)
        self.comments.append((int(number), content["body"]))
        return {}


class Handler(BaseHTTPRequestHandler):
    """One request."""

    forge: Forge

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - the names that the base class looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        if parts.path.startswith(f"/{REPOSITORY}.git/"):
            self._serve_git(parts.path, parts.query)
            return
        status, content = 200, None
        try:
            body = json.loads(self._body() or b"{}")
            path = self._path_within(parts.path)
            content = self.forge.answer(self.command, path, dict(parse_qsl(parts.query)), body)
        except RefusedError as error:
            status, content = error.status, error.content
        written = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def _path_within(self, path: str) -> str:
        """Return a path below the repository's, for who may see that."""
        prefix = f"/api/repos/{REPOSITORY}"
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            raise RefusedError(401, "Bad credentials")
        if not path.lower().startswith(prefix):
            raise RefusedError(404, "Not Found")
        return path[len(prefix) :]

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        return b"".join(chunks)

    def _serve_git(self, path: str, query: str) -> None:
        """Let git's own program answer, as a server's CGI would."""
        basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
        body = self._body()
        writes = "git-receive-pack" in path + query
        if self.headers["Authorization"] != f"Basic {basic}" or (writes and not self.forge.allows_pushes):
            self.send_response(403 if self.headers["Authorization"] else 401)
            self.end_headers()
            return
        environment = {
            **os.environ,
            "GIT_PROJECT_ROOT": str(self.forge.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "x-access-token",
        }
        done = subprocess.run(
            ["git", "http-backend"], env=environment, input=body, capture_output=True, check=True
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@contextmanager
def serving(forge: Forge) -> Iterator[Forge]:
    """Let a forge answer on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"forge": forge}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    forge.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield forge
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
