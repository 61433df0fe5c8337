"""From a new document to all that an update to it would change, and what is to be said of it; made aside.

Nothing here ends at the first reason against the update: a person wants all of them at once.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scripts.code_check import check_code
from scripts.command import FailedError, UnusableInputError, collector_at_rest, progress
from scripts.compare import compare
from scripts.comparison.approvals import Approvals, read_approvals
from scripts.comparison.changes import Axis, Comparison, in_order
from scripts.contract import broken_promises, failing_tests, remarks, type_check
from scripts.generate import PROJECT, GenerationError, make_package
from scripts.generator import read_configuration
from scripts.preparation.documents import components, operations
from scripts.reporting.model import Finding, Report, Verdict
from scripts.source import vendored
from scripts.state import (
    APPROVALS,
    CONFIGURATION,
    DOCUMENT,
    GENERATED,
    TESTS,
    WRAPPER,
    Lock,
    name_of,
    sha256,
    tools,
)
from scripts.surface import compare_packages
from scripts.tracking.order import keeping_names
from scripts.tracking.outcome import Renewal, Update
from scripts.transaction import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from scripts.command import Document
    from scripts.comparison.changes import Change
    from scripts.contracts.fitting import TypeCheck
    from scripts.fetching import Fetched
    from scripts.generate import Made
    from scripts.generator import Configuration
    from scripts.reporting.model import CodeCheck


@dataclass(frozen=True)
class Settings:
    """What an update is asked for.

    Attributes:
        root: The project's folder.
        source: Where the document comes from.
        code: Somebody's own code, to be checked against the new client; None where nobody asked.
        wrapper_tests: Whether the wrapper's own tests run against the new client.
    """

    root: Path
    source: str
    code: Path | None = None
    wrapper_tests: bool = True


def prepare_update(
    old: Document,
    new: Document,
    fetched: Fetched,
    settings: Settings,
    folder: Path,
    *,
    inherit: Sequence[int] = (),
) -> Update:
    """Compare, generate and check, all of it aside.

    Args:
        old: The document that is kept.
        new: The new one.
        fetched: What the source gave for it.
        settings: What was asked for.
        folder: An empty folder for this alone.
        inherit: File descriptors that child processes keep open.

    Returns:
        The update.

    Raises:
        UnusableInputError: The configuration or the approvals cannot be worked with.
        FailedError: The client that is kept cannot be read, or the type checker did not run.
    """
    root = settings.root
    new = keeping_names(old, new)
    configuration = read_configuration(root / CONFIGURATION)
    approvals_file = root / APPROVALS
    approvals = read_approvals(approvals_file) if approvals_file.exists() else Approvals({})
    source = name_of(settings.source, root)
    with type_check(root / WRAPPER) as types:
        with collector_at_rest():
            compared, refusals = _compare(old, new, source)
            made, against = _generate(new, configuration, folder / "client", inherit, types.begin)
        package = made.package if made else folder / "client" / PROJECT / configuration.package
        usable = made is not None or can_be_read(package)
        checks = _check(old, new, settings, package, folder / "nothing", types=types) if usable else _Checks()
    report = Report(
        comparison=_whole(compared, checks.changes, approvals, root, sha256(vendored(new))),
        refusals=tuple(dict.fromkeys([*refusals, *against])),
        contract=checks.contract,
        remarks=checks.remarks,
        code=checks.code,
        axes=(Axis.WIRE, Axis.PYTHON) if usable else (Axis.WIRE,),
        generated=_generated(made),
        source=source,
    )
    if made is None:
        return Update(report)
    report = replace(report, renewed=old != new and report.verdict is not Verdict.REFUSED)
    return Update(report, Renewal(new, made.package, _lock(source, new, made, fetched, root)))


def _compare(old: Document, new: Document, source: str) -> tuple[Comparison | None, list[Finding]]:
    try:
        with progress("Comparing the documents"):
            return compare(old, new, old_source=DOCUMENT, new_source=source), []
    except UnusableInputError as error:
        return None, [finding_of(str(error))]


def _generate(
    document: Document,
    configuration: Configuration,
    folder: Path,
    inherit: Sequence[int],
    standing: Callable[[Path], object],
) -> tuple[Made | None, list[Finding]]:
    folder.mkdir()
    try:
        return make_package(document, configuration, folder, inherit=inherit, standing=standing), []
    except GenerationError as error:
        return None, [finding_of(line) for line in error.findings]
    except UnusableInputError as error:
        return None, [finding_of(str(error))]


@dataclass(frozen=True)
class _Checks:
    """What a new client comes to beside the old one.

    Attributes:
        changes: What changed for code that imports it.
        contract: What the wrapper relies on and no longer finds.
        remarks: What the document offers and the wrapper does not yet.
        code: What somebody's own code says.
    """

    changes: tuple[Change, ...] = ()
    contract: tuple[Finding, ...] = ()
    remarks: tuple[Finding, ...] = ()
    code: CodeCheck | None = None


def _check(
    old: Document, new: Document, settings: Settings, package: Path, empty: Path, *, types: TypeCheck
) -> _Checks:
    """Hold a new client against the old one, the wrapper and somebody's own code."""
    kept = settings.root / GENERATED / package.name
    if not (kept / "__init__.py").is_file():
        kept = _nothing(empty / package.name)
    with progress("Comparing the clients"):
        changes = _surface(kept, package)
    with progress("Holding the wrapper against the new client"):
        contract = broken_promises(package, new, wrapper=settings.root / WRAPPER, before=old, types=types)
        offered = remarks(new, wrapper=settings.root / WRAPPER)
    if settings.wrapper_tests:
        with progress("Running the wrapper's tests against the new client"):
            contract += failing_tests(package, tests=settings.root / TESTS)
    if settings.code is None:
        return _Checks(changes, contract, offered)
    with progress(f"Checking {settings.code}"):
        return _Checks(changes, contract, offered, check_code(settings.code, kept, package))


def can_be_read(package: Path) -> bool:
    """Tell whether a package that lacks something is whole enough to say what else stands against it."""
    try:
        for file in package.rglob("*.py"):
            ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return False
    return (package / "__init__.py").is_file()


def _surface(old: Path, new: Path) -> tuple[Change, ...]:
    try:
        return compare_packages(old, new)
    except UnusableInputError as error:
        raise FailedError(
            f"the client that is kept here cannot be read; `make generate` makes it anew. {error}"
        ) from error


def finding_of(line: str) -> Finding:
    """Make a finding of a line that names its place in the document, at its beginning or in brackets."""
    begins = re.match(r"(/\S*): (.*)", line)
    if begins is not None:
        return Finding(begins[2], pointer=begins[1])
    within = re.search(r"\(at (/\S*)\)", line)
    return Finding(line, pointer=within[1] if within else "")


def _nothing(package: Path) -> Path:
    """Make a package with nothing in it, where none is kept yet."""
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    return package


def _lock(source: str, document: Document, made: Made, fetched: Fetched, root: Path) -> Lock:
    return Lock(
        source=source,
        validators=fetched.validators,
        upstream=sha256(fetched.content or b""),
        document=sha256(vendored(document)),
        prepared=sha256(vendored(made.prepared)),
        package=made.package.name,
        generated=digest(made.package) or "",
        tools=tools(root),
        operations=sum(1 for _ in operations(document)),
        schemas=len(components(document)),
    )


def _whole(
    compared: Comparison | None, changes: tuple[Change, ...], approvals: Approvals, root: Path, new: str
) -> Comparison | None:
    """Bring both axes together, with what a person has approved."""
    if compared is None:
        return None
    approved, stale = approvals.applied((*compared.changes, *changes))
    return replace(
        compared,
        old=replace(compared.old, sha256=digest(root / DOCUMENT) or compared.old.sha256),
        new=replace(compared.new, sha256=new),
        changes=in_order(approved),
        stale_approvals=stale,
    )


def _generated(made: Made | None) -> str:
    if made is None:
        return ""
    counts = made.ledger.counts["operation"]
    return f"{counts['out']} of {counts['in']} operations"
