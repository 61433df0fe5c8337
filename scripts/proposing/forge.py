"""The forge's REST API, as far as an update needs it: pull requests, issues, labels, comments.

Speaks GitHub's dialect. Every expected failure is a `ForgeError` that says what to do; the token is in none.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx

from scripts.command import FailedError, UnusableInputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import TracebackType

    from scripts.command import Json

PAUSES = (2.0, 10.0)
"""Seconds to wait before a call that may be repeated is made for the second and the third time."""

_TIMEOUT = 30.0
_CREATED = {"state": "all", "sort": "created", "direction": "desc", "per_page": "100"}


class ForgeError(FailedError):
    """The forge did not do what it was asked.

    Attributes:
        status: The HTTP status; 0 where there was no answer.
    """

    def __init__(self, text: str, status: int = 0) -> None:
        """Keep the status beside the text."""
        super().__init__(text)
        self.status = status


class _PassingError(ForgeError):
    """One that may be gone at the next attempt."""


@dataclass(frozen=True)
class Access:
    """Which repository, where, and with what right.

    Attributes:
        api: The API's base URL, without a slash at its end.
        server: The base URL that people and git use, without a slash at its end.
        repository: The repository, as in `owner/name`.
        token: The secret; never shown.
    """

    api: str
    server: str
    repository: str
    token: str

    def __repr__(self) -> str:
        return f"Access({self.api}, {self.repository})"

    @property
    def owner(self) -> str:
        """Whose repository it is."""
        return self.repository.partition("/")[0]


def access_of(environment: Mapping[str, str]) -> Access:
    """Take the access from the variables that a workflow's run has.

    Args:
        environment: The variables.

    Returns:
        The access.

    Raises:
        UnusableInputError: A variable is missing or makes no sense; says which.
    """
    repository = environment.get("GITHUB_REPOSITORY", "")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repository, re.ASCII):
        raise UnusableInputError("GITHUB_REPOSITORY names no repository; set it to 'owner/name'.")
    token = environment.get("GITHUB_TOKEN", "")
    if not re.fullmatch(r"[!-~]+", token):
        raise UnusableInputError(
            "GITHUB_TOKEN is missing, or is no token; set it to one that may write contents, pull requests "
            "and issues."
        )
    urls = []
    for name, usual in (
        ("GITHUB_API_URL", "https://api.github.com"),
        ("GITHUB_SERVER_URL", "https://github.com"),
    ):
        url = environment.get(name, usual).rstrip("/")
        if not re.fullmatch(r"https?://[\w.-]+(:\d{1,5})?(/[\w./-]*)?", url, re.ASCII):
            raise UnusableInputError(f"{name} is no http or https URL.")
        urls.append(url)
    return Access(urls[0], urls[1], repository, token)


@dataclass(frozen=True)
class Issue:
    """An issue, or what a pull request has in common with one.

    Attributes:
        number: Its number.
        is_open: Whether it is open.
        body: Its text.
        labels: The names of its labels.
    """

    number: int
    is_open: bool
    body: str
    labels: tuple[str, ...]

    @property
    def path(self) -> str:
        """Where the API has it."""
        return f"/issues/{self.number}"

    @property
    def is_declined(self) -> bool:
        """Whether it was closed without coming to anything."""
        return not self.is_open


@dataclass(frozen=True)
class PullRequest(Issue):
    """A pull request.

    Attributes:
        sha: The last commit of its branch that it knows.
        merged: Whether it was merged.
    """

    sha: str
    merged: bool

    @property
    def path(self) -> str:
        """Where the API has it."""
        return f"/pulls/{self.number}"

    @property
    def is_declined(self) -> bool:
        """Whether it was closed without being merged."""
        return not self.is_open and not self.merged


class Forge:
    """The API of one repository."""

    def __init__(self, access: Access, *, pauses: Sequence[float] = PAUSES) -> None:
        """Open a connection.

        Args:
            access: Which repository, and the right to it.
            pauses: Seconds before each repetition of a call that failed in passing.
        """
        self._access = access
        self._pauses = pauses
        # No `base_url`: it would put a slash behind the repository's own path, which GitHub does not know.
        self._url = f"{access.api}/repos/{access.repository}"
        self._client = httpx.Client(
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {access.token}",
                "User-Agent": "voucherify-wrapper propose",
                "X-GitHub-Api-Version": "2022-11-28",
            },
            timeout=_TIMEOUT,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    # Reading

    def default_branch(self) -> str:
        """Return the name of the branch that the repository shows first."""
        return _part(self._call("GET", ""), "default_branch", str)

    def pull_requests(self, branch: str) -> list[PullRequest]:
        """Return the pull requests that were made from a branch of this very repository, the newest first."""
        head = f"{self._access.owner}:{branch}"
        found = _items(self._call("GET", "/pulls", params={"head": head, **_CREATED}))
        # A forge that does not understand the filter leaves it out, and forks have branches of this name too.
        own = {"ref": branch, "repo": self._access.repository.lower()}
        return [
            PullRequest(
                number=_part(each, "number", int),
                is_open=each.get("state") == "open",
                body=each.get("body") or "",
                labels=_labels(each),
                sha=_part(each["head"], "sha", str),
                merged=each.get("merged_at") is not None,
            )
            for each in found
            if _head(each) == own
        ]

    def issues(self, labels: Sequence[str]) -> list[Issue]:
        """Return the issues that have all of these labels, the newest first."""
        params = {"labels": ",".join(labels), **_CREATED}
        found = _items(self._call("GET", "/issues", params=params, absent=(404, 410)) or [])
        return [
            Issue(
                number=_part(each, "number", int),
                is_open=each.get("state") == "open",
                body=each.get("body") or "",
                labels=_labels(each),
            )
            for each in found
            if "pull_request" not in each
        ]

    def has_label(self, name: str) -> bool:
        """Whether the repository knows a label."""
        return self._call("GET", f"/labels/{name}", absent=(404,)) is not None

    # Writing

    def create_label(self, name: str, color: str, description: str) -> None:
        """Make a label known to the repository."""
        self._call("POST", "/labels", json={"name": name, "color": color, "description": description})

    def create_pull_request(self, *, branch: str, base: str, title: str, body: str, draft: bool) -> int:
        """Open a pull request; one that is no draft where the repository's plan has no drafts.

        Returns:
            Its number.
        """
        content = {"head": branch, "base": base, "title": title, "body": body}
        try:
            made = self._call("POST", "/pulls", json={**content, "draft": draft})
        except ForgeError as error:
            if not draft or error.status != _INVALID or "draft pull requests" not in str(error).lower():
                raise
            made = self._call("POST", "/pulls", json=content)
        return _part(made, "number", int)

    def create_issue(self, *, title: str, body: str, labels: Sequence[str]) -> int:
        """Open an issue.

        Returns:
            Its number.
        """
        made = self._call("POST", "/issues", json={"title": title, "body": body, "labels": [*labels]})
        return _part(made, "number", int)

    def update(self, issue: Issue, **content: str) -> None:
        """Change the title, the body or the state of an issue or a pull request."""
        self._call("PATCH", issue.path, json=content)

    def add_labels(self, number: int, names: Sequence[str]) -> None:
        """Give an issue or a pull request labels that the repository knows."""
        self._call("POST", f"/issues/{number}/labels", json={"labels": [*names]})

    def remove_label(self, number: int, name: str) -> None:
        """Take a label off an issue or a pull request."""
        self._call("DELETE", f"/issues/{number}/labels/{name}", absent=(404,))

    def comment(self, number: int, body: str) -> None:
        """Say something below an issue or a pull request."""
        self._call("POST", f"/issues/{number}/comments", json={"body": body})

    # How

    def _call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, object] | None = None,
        params: Mapping[str, str] | None = None,
        absent: Sequence[int] = (),
    ) -> Json:
        """Make a call, and again where that can do no harm.

        Args:
            method: GET, PATCH, DELETE; or POST, which is never repeated: it may have made something.
            path: Below the repository's.
            json: The body.
            params: The query.
            absent: Statuses that mean no more than that there is nothing.

        Returns:
            The answer's JSON; None where there is nothing.
        """
        pauses = [] if method == "POST" else [*self._pauses]
        while True:
            try:
                response = self._attempt(method, path, json=json, params=params)
            except _PassingError:
                if not pauses:
                    raise
                time.sleep(pauses.pop(0))
                continue
            if response.status_code in absent:
                return None
            return self._read(response, f"{method} {response.request.url.copy_with(query=None)}")

    def _attempt(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, object] | None,
        params: Mapping[str, str] | None,
    ) -> httpx.Response:
        try:
            response = self._client.request(method, f"{self._url}{path}", json=json, params=params)
        except httpx.RequestError as error:
            reason = str(error) or type(error).__name__
            raise _PassingError(f"{self._access.api} gives no answer: {reason}.") from error
        if response.is_server_error:
            raise _PassingError(
                f"{self._access.api} answers {response.status_code}: it is out of order. Try again later.",
                response.status_code,
            )
        return response

    def _read(self, response: httpx.Response, call: str) -> Json:
        try:
            content: Json = response.json() if response.content else None
        except ValueError:
            content = None
            if response.is_success:
                raise ForgeError(f"{call} was answered with no JSON; is GITHUB_API_URL the API's?") from None
        if response.is_success:
            return content
        said = _complaint(content)
        raise ForgeError(
            f"{call} was answered with {response.status_code}{said}. {_advice(response, said)}",
            response.status_code,
        )


_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND, _GONE, _INVALID, _TOO_MANY = 401, 403, 404, 410, 422, 429

_ADVICE = {
    _UNAUTHORIZED: "The token is not valid (any more): give a new one in GITHUB_TOKEN.",
    _FORBIDDEN: (
        "The token may not do this: it needs to write contents, pull requests and issues, and the "
        "repository's settings (Actions, General) have to allow that workflows create pull requests."
    ),
    _NOT_FOUND: "Either GITHUB_REPOSITORY does not exist, or the token may not see it.",
    _GONE: "Issues are turned off in this repository: turn them on in its settings (General, Features).",
    _INVALID: "Somebody may have changed the same thing just now: run this again.",
}


def _advice(response: httpx.Response, said: str) -> str:
    """Say what to do about a refusal."""
    headers = response.headers
    limited = (
        headers.get("x-ratelimit-remaining") == "0"
        or "retry-after" in headers
        or "rate limit" in said.lower()
    )
    if response.status_code == _TOO_MANY or (response.status_code == _FORBIDDEN and limited):
        reset = headers.get("x-ratelimit-reset", "")
        # Ten digits are seconds since 1970, until the year 2286.
        at = (
            f" after {datetime.fromtimestamp(int(reset), UTC):%H:%M} UTC"
            if re.fullmatch(r"\d{10}", reset)
            else ""
        )
        return f"The token's rate limit is used up: run this again{at or ' later'}."
    if response.is_redirect:
        return "The repository has moved: set GITHUB_REPOSITORY to its new name."
    return _ADVICE.get(response.status_code, "Nothing more is known.")


def _complaint(content: Json) -> str:
    """Take out of an answer what the forge says to people: its message, and what is wrong where."""
    if not isinstance(content, dict):
        return ""
    errors = content.get("errors")
    parts = [content.get("message"), *(map(_error, errors) if isinstance(errors, list) else ())]
    said = "; ".join(str(part).rstrip(".") for part in parts if part)
    return f" ({said})" if said else ""


def _error(error: Json) -> Json:
    """Tell one of a refusal's errors: its own message, or what is wrong with which field."""
    if not isinstance(error, dict):
        return error
    return error.get("message") or " ".join(map(str, error.values()))


def _items(content: Json) -> list[dict[str, Any]]:
    """Hold that an answer is a list of objects."""
    if isinstance(content, list):
        objects = [dict(each) for each in content if isinstance(each, dict)]
        if len(objects) == len(content):
            return objects
    raise ForgeError("The forge answered with something else than a list; is GITHUB_API_URL the API's?")


_Kind = TypeVar("_Kind", int, str)


def _part(content: Json, name: str, kind: type[_Kind]) -> _Kind:
    """Take a value out of an answer that has to have it."""
    value = content.get(name) if isinstance(content, dict) else None
    if isinstance(value, kind):
        return value
    raise ForgeError(f"The forge's answer has no `{name}`; is GITHUB_API_URL the API's?")


def _head(pull_request: dict[str, Any]) -> dict[str, Any]:
    """Return which branch of which repository a pull request brings; one that is gone has no repository."""
    head = pull_request.get("head") or {}
    return {"ref": head.get("ref"), "repo": (head.get("repo") or {}).get("full_name", "").lower()}


def _labels(content: dict[str, Any]) -> tuple[str, ...]:
    return tuple(each["name"] for each in content.get("labels") or [])
