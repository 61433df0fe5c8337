"""Documents, clients and copies of the wrapper that differ from the repository's own in one thing."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from scripts.contract import broken_promises
from scripts.contracts.document import lost_clusters, lost_in_document
from scripts.contracts.reliance import RELIED_ON
from scripts.contracts.upstream import Upstream
from scripts.contracts.wrapper import Wrapper
from scripts.generate import CONFIGURATION, GENERATED, ROOT, SPECIFICATION, make_package
from scripts.generator import read_configuration

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from scripts.reporting.model import Finding

WRAPPER = ROOT / "voucherify_wrapper"
CLIENT = GENERATED / "voucherify_client"
PATH = "/v1/vouchers/{code}/sessions/{sessionKey}"
ADAPTER = "voucherify_wrapper/_adapter.py"


def document(edit: Callable[[Any], object] = lambda _: None) -> Any:
    """Give the repository's document, with an edit."""
    made = json.loads(SPECIFICATION.read_text(encoding="utf-8"))
    edit(made)
    return made


def operation(of: Any) -> Any:
    """Give the one operation that the wrapper calls."""
    return of["paths"][PATH]["delete"]


def client_of(made: Any, folder: Path) -> Path:
    """Generate the client of a document."""
    folder.mkdir()
    return make_package(made, read_configuration(CONFIGURATION), folder).package


def other_client(folder: Path, file: str, old: str, new: str) -> Path:
    """Copy the repository's client, with another text in one of its files."""
    package = folder / "voucherify_client"
    shutil.copytree(CLIENT, package, ignore=shutil.ignore_patterns("__pycache__"))
    replaced(package / file, old, new)
    return package


def other_wrapper(folder: Path, file: str, old: str, new: str) -> Path:
    """Copy the wrapper, with another text in one of its files."""
    package = folder / "voucherify_wrapper"
    shutil.copytree(WRAPPER, package, ignore=shutil.ignore_patterns("__pycache__"))
    replaced(package / file, old, new)
    return package


def replaced(file: Path, old: str, new: str) -> None:
    """Put another text in the place of one that a file holds."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def line_of(file: str, text: str, *, count: int = 1) -> int:
    """Find the line of the wrapper that a text stands in, the first or a later one."""
    lines = (ROOT / file).read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, start=1) if text in line][count - 1]


def broken(
    made: Any, package: Path = CLIENT, wrapper: Path = WRAPPER, before: Any = None
) -> tuple[Finding, ...]:
    """Find what does not hold."""
    return broken_promises(package, made, wrapper=wrapper, before=before)


def lost(made: Any, before: Any = None) -> list[Finding]:
    """Find what a document alone no longer says."""
    wrapper, upstream = Wrapper(WRAPPER), Upstream(made)
    until_now = None if before is None else Upstream(before)
    return [
        *lost_in_document(upstream, until_now, wrapper, RELIED_ON[0], wrapper.uses[0].place),
        *lost_clusters(upstream, wrapper, RELIED_ON),
    ]
