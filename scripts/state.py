"""What an update reads and changes together, and the lock file: what the present state was made of.

`openapi/spec.lock.json` holds no date, so that the same source gives the same bytes on every run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import VENDORED, FailedError, UnusableInputError
from scripts.fetching import Validators, has_secret, is_address, shown
from scripts.swap import write_file
from scripts.transaction import digest

if TYPE_CHECKING:
    from scripts.command import Document, Json

DOCUMENT = VENDORED
LOCK = "openapi/spec.lock.json"
CONFIGURATION = "openapi/generator.yaml"
APPROVALS = "openapi/approvals.toml"
GENERATED = "generated"
WRAPPER = "voucherify_wrapper"
TESTS = "tests/wrapper"
REPORT = "report"
FRAGMENTS = "changelog.d"

NOTHING: Document = {"openapi": "3.1.0", "info": {"title": "", "version": ""}, "paths": {}}
"""What a document is compared with where none is kept yet."""

GENERATOR, FORMATTER = "openapi-python-client", "ruff"


@dataclass(frozen=True)
class Lock:
    """What the document and the client of the present state were made from.

    Attributes:
        source: Where the document came from, without what may be secret in it.
        validators: What the source said of its version.
        upstream: SHA-256 of the source's bytes.
        document: SHA-256 of the document as it is kept here.
        prepared: SHA-256 of the document that was generated from, in the form that documents are kept in.
        package: The generated package's name.
        generated: Its hash; see `scripts.transaction.digest`.
        tools: What made the package: the versions of the generator and the formatter, and the SHA-256 of the
            configuration.
        operations: How many operations the document has.
        schemas: How many component schemas it has.
    """

    source: str
    validators: Validators
    upstream: str
    document: str
    prepared: str
    package: str
    generated: str
    tools: dict[str, str]
    operations: int
    schemas: int

    def as_bytes(self) -> bytes:
        """Write the lock file."""
        told: dict[str, Json] = {
            "source": self.source,
            "etag": self.validators.etag,
            "last_modified": self.validators.last_modified,
            "sha256": {
                "upstream": self.upstream,
                "document": self.document,
                "prepared": self.prepared,
                "generated": self.generated,
            },
            "package": self.package,
            "tools": dict(self.tools),
            "counts": {"operations": self.operations, "schemas": self.schemas},
        }
        return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()


def read_lock(root: Path) -> Lock | None:
    """Read the lock file; None where there is none, or one that this project did not write."""
    try:
        told = json.loads((root / LOCK).read_bytes())
        lock = Lock(
            source=told["source"],
            validators=Validators(told["etag"], told["last_modified"]),
            upstream=told["sha256"]["upstream"],
            document=told["sha256"]["document"],
            prepared=told["sha256"]["prepared"],
            package=told["package"],
            generated=told["sha256"]["generated"],
            tools=told["tools"],
            operations=told["counts"]["operations"],
            schemas=told["counts"]["schemas"],
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    texts = (lock.source, lock.validators.etag, lock.validators.last_modified, lock.package)
    return lock if all(isinstance(text, str) for text in texts) else None


def renew_lock(root: Path, prepared: bytes) -> None:
    """Bring the lock file up to date with a package that was made anew from the kept document.

    Args:
        root: The project's folder.
        prepared: The document that the package was generated from.
    """
    lock = read_lock(root)
    if lock is not None and lock.document == digest(root / DOCUMENT):
        generated = digest(root / GENERATED / lock.package) or ""
        new = replace(lock, prepared=sha256(prepared), generated=generated, tools=tools(root))
        write_file(root / LOCK, new.as_bytes())


def tools(root: Path) -> dict[str, str]:
    """Return what makes a package of a document, as the lock file keeps it."""
    configuration = digest(root / CONFIGURATION) or ""
    return {GENERATOR: version(GENERATOR), FORMATTER: version(FORMATTER), "configuration": configuration}


def standing(root: Path) -> Lock | None:
    """Return the lock where document, package and tools are still those that it was written for."""
    lock = read_lock(root)
    fits = (
        lock is not None
        and lock.tools == tools(root)
        and lock.document == digest(root / DOCUMENT)
        and lock.generated == digest(root / GENERATED / lock.package)
    )
    return lock if fits else None


def name_of(source: str, root: Path) -> str:
    """Return a source's name for the lock file, the same on every machine.

    Args:
        source: An address or a path.
        root: The project's folder.

    Returns:
        The address without what may be secret; or the path from the root, or the file's bare name where it
        lies elsewhere.
    """
    if is_address(source):
        return shown(source)
    path = Path(source).resolve()
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def kept_document(root: Path) -> Document:
    """Read the document that is kept; an empty one where there is none.

    Raises:
        FailedError: What is kept is no OpenAPI document.
    """
    from scripts.source import read  # noqa: PLC0415 - most runs end without reading it

    if not (root / DOCUMENT).exists():
        return NOTHING
    try:
        return read(root / DOCUMENT)
    except UnusableInputError as error:
        raise FailedError(
            f"the document that is kept here is broken; bring it back from git. {error}"
        ) from error


def known_validators(lock: Lock | None, source: str, root: Path) -> Validators | None:
    """Return what a source is asked with, when it is the one that the present state came from.

    An address with something secret is not told from another one, so it is asked for its bytes.
    """
    if lock is None or not is_address(source) or has_secret(source) or lock.source != name_of(source, root):
        return None
    return lock.validators


def sha256(content: bytes) -> str:
    """Hash bytes."""
    return hashlib.sha256(content).hexdigest()
