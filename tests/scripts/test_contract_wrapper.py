"""The wrapper is read from its text, and what cannot be read is an error that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scripts.contracts.wrapper import UnreadableError, Wrapper
from tests.scripts.contracting import WRAPPER, other_wrapper

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_what_the_wrapper_has() -> None:
    """Everything that is held against an update is found in the wrapper as it is."""
    wrapper = Wrapper(WRAPPER)
    assert {name: one.value for name, one in wrapper.clusters.items()} == {
        "EU": "api",
        "US": "us1.api",
        "ASIA": "as1.api",
    }
    assert [one.value for one in wrapper.download_clusters] == ["download", "us1.download", "as1.download"]
    assert wrapper.domain.value == "voucherify.io"
    assert {one.name: (one.spelled, one.scopes) for one in wrapper.credentials} == {
        "ApiKey": (("X-App-Id", "X-App-Token"), ()),
        "OAuthToken": (("Authorization",), ()),
        "OAuthClientCredentials": (("Authorization",), ("vouchers",)),
    }
    assert wrapper.token_path.value == "/v1/oauth/token"
    texts = ["key", "message", "details", "request_id", "resource_id", "resource_type"]
    assert [one.value for one in wrapper.error_texts] == texts
    assert [one.value for one in wrapper.missing_resources] == ["voucher", "session"]
    assert [code for code, _ in wrapper.success] == ["204"]
    assert {use.function for use in wrapper.uses} == {"sync_detailed", "asyncio_detailed"}


def test_what_the_clients_types_can_reach(tmp_path: Path) -> None:
    """Modules that import the client, or in whatever form one that does; no others are checked with it."""
    for name, line in {
        "_near": "from voucherify_client import errors",
        "_far": "from ._near import errors",
        "_farther": "def late():\n    from . import _far",
        "_farthest": "import wrapper._farther as own",
        "_apart": "import httpx",
    }.items():
        (tmp_path / f"{name}.py").write_text(line, encoding="utf-8")
    reached = [file.stem for file in Wrapper(tmp_path).reached]
    assert reached == ["_far", "_farther", "_farthest", "_near"]


READS: dict[str, Callable[[Wrapper], Any]] = {
    "clusters": lambda wrapper: wrapper.clusters,
    "download": lambda wrapper: wrapper.download_clusters,
    "domain": lambda wrapper: wrapper.domain,
    "credentials": lambda wrapper: wrapper.credentials,
    "token path": lambda wrapper: wrapper.token_path,
    "error texts": lambda wrapper: wrapper.error_texts,
    "missing": lambda wrapper: wrapper.missing_resources,
    "success": lambda wrapper: wrapper.success,
}


@pytest.mark.parametrize(
    ("read", "file", "old", "new", "why"),
    [
        ("clusters", "_clusters.py", "class Cluster(", "class Region(", "It defines no `Cluster`."),
        ("clusters", "_clusters.py", 'EU = "api"', 'EU = "a" + "pi"', "Line 16 holds no plain text"),
        ("clusters", "_clusters.py", ' = "', ': str = "', "`Cluster` has no members."),
        ("download", "_clusters.py", "DOWNLOAD_CLUSTERS", "FILE_CLUSTERS", "no `DOWNLOAD_CLUSTERS`."),
        ("download", "_clusters.py", "DOWNLOAD_CLUSTERS = (", "DOWNLOAD_CLUSTERS = set(", "holds no tuple"),
        ("domain", "_clusters.py", '_DOMAIN = "', '_DOMAIN: str\n_DOMAIN = b"', "holds no plain text"),
        (
            "credentials",
            "_credentials.py",
            "def headers",
            "def heads",
            "No class in it has a method `headers`",
        ),
        ("credentials", "_tokens.py", "class Token:", "class Key:", "It defines no `Token`."),
        ("credentials", "_tokens.py", "return {", "return dict(a=0) or {", "`Token` has no method `headers`"),
        ("token path", "_signing.py", "_TOKEN_PATH", "_PATH", "It defines no `_TOKEN_PATH`."),
        ("error texts", "_errors.py", "def _fields(", "def _texts(", "It defines no `_fields`."),
        (
            "error texts",
            "_errors.py",
            'for name in ("key", ',
            'for name in ["key"] or (',
            "no tuple of names",
        ),
        ("missing", "_errors.py", "_BY_MISSING_RESOURCE", "_MISSING", "no `_BY_MISSING_RESOURCE`."),
        ("missing", "_errors.py", "type[NotFoundError]] = {", "type[NotFoundError]] = {} or {", "no table"),
        ("missing", "_errors.py", '    "voucher": V', '    "vou" "cher".lower(): V', "no plain text"),
        ("success", "_adapter.py", "HTTPStatus.NO_CONTENT", "204", "compares `status_code` with no member"),
        (
            "success",
            "_adapter.py",
            "from __future__",
            "from __future__ !",
            "It cannot be read (invalid syntax",
        ),
    ],
)
def test_what_cannot_be_read(read: str, file: str, old: str, new: str, why: str, tmp_path: Path) -> None:
    """What has another name or form than the check knows is told with its file, never passed over."""
    wrapper = Wrapper(other_wrapper(tmp_path, file, old, new))
    with pytest.raises(UnreadableError) as caught:
        READS[read](wrapper)
    assert caught.value.file == f"voucherify_wrapper/{file}"
    assert why in str(caught.value)


def test_module_that_is_missing(tmp_path: Path) -> None:
    """A module that is not there any more is told as well."""
    with pytest.raises(UnreadableError, match="It cannot be read"):
        READS["domain"](Wrapper(tmp_path))


@pytest.mark.parametrize("new", ["field(factory=tuple", "(", "field(default=[1] and ("])
def test_credentials_without_scopes_of_their_own(new: str, tmp_path: Path) -> None:
    """Scopes are read from a field's default; a class that has none there is one that signs by itself."""
    old = (
        'field(default=("vouchers",)'
        if new != "("
        else 'field(default=("vouchers",), validator=_must_be_scopes'
    )
    wrapper = Wrapper(other_wrapper(tmp_path, "_credentials.py", old, new))
    if "and" in new:
        with pytest.raises(UnreadableError):
            READS["credentials"](wrapper)
    else:
        assert [one.scopes for one in wrapper.credentials] == [()] * 3
