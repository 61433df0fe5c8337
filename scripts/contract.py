"""Hold the wrapper against a new client and a new document, before either takes the place of the old one.

The wrapper is read as text and type-checked; nothing of it is imported here. What fails is told in its terms:
the operation, what it lost, and the line that needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.contracts.document import finding, lost_clusters, lost_in_document, new_clusters, signed_in_part
from scripts.contracts.fitting import Client, TypeCheck, misfits
from scripts.contracts.reliance import RELIED_ON
from scripts.contracts.testing import failing_tests
from scripts.contracts.upstream import Upstream
from scripts.contracts.wrapper import UnreadableError, Wrapper
from scripts.reporting.model import Finding
from scripts.type_checking import CLIENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from scripts.command import Document

__all__ = ["broken_promises", "failing_tests", "remarks", "type_check"]


def type_check(wrapper: Path) -> TypeCheck:
    """Make ready the type check that `broken_promises` needs, so that it can begin beside other work.

    Args:
        wrapper: The wrapper's folder.

    Returns:
        A context; its `begin` takes the new client's folder.
    """
    return TypeCheck(Wrapper(wrapper))


def broken_promises(
    package: Path,
    document: Document,
    *,
    wrapper: Path,
    before: Document | None = None,
    types: TypeCheck | None = None,
) -> tuple[Finding, ...]:
    """Find what the wrapper relies on and no longer finds.

    Args:
        package: The folder of the client that was made from the new document.
        document: The new document, as its source gave it.
        wrapper: The wrapper's folder.
        before: The document until now. With it, a way to sign that was lost without a trace is found too.
        types: The type check, where it has begun.

    Returns:
        The findings; each of them stands against the update.

    Raises:
        FailedError: The type checker did not run.
    """
    read = Wrapper(wrapper)
    upstream = Upstream(document)
    until_now = Upstream(before) if before is not None else None
    with types or TypeCheck(read) as look:
        found = [
            *_as_findings(_undeclared(read)),
            *_as_findings(misfits(read, Client(package), look, upstream, RELIED_ON)),
            *_as_findings(_lost(upstream, until_now, read)),
            *_as_findings(lost_clusters(upstream, read, RELIED_ON)),
        ]
    return tuple(dict.fromkeys(found))


def remarks(document: Document, *, wrapper: Path) -> tuple[Finding, ...]:
    """Find what the document offers or asks and the wrapper does not; none of it stands against an update.

    Args:
        document: The new document.
        wrapper: The wrapper's folder.

    Returns:
        What a person may want to take up.
    """
    upstream, read = Upstream(document), Wrapper(wrapper)
    checks = (signed_in_part, new_clusters)
    return tuple(one for check in checks for one in _as_findings(check(upstream, read, RELIED_ON)))


def _as_findings(check: Iterable[Finding]) -> Iterator[Finding]:
    """Hand on a check's findings; that it cannot be made is one as well, or it would pass for ever."""
    try:
        yield from check
    except UnreadableError as error:
        what = (
            f"A part of the wrapper cannot be held against the update: {error} `scripts/contracts/wrapper.py`"
        )
        yield Finding(f"{what} reads it there; tell it where that is now.", error.file)


def _undeclared(wrapper: Wrapper) -> Iterator[Finding]:
    """Find where the list of operations differs from what the wrapper imports."""
    used = {name: place for name, place in wrapper.imports.items() if name.startswith("api.")}
    for name, place in used.items():
        if not any(f"{name}.".startswith(f"{one.module}.") for one in RELIED_ON):
            what = (
                f"`{place}` imports `{CLIENT}.{name}`, which `scripts/contracts/reliance.py` says nothing of"
            )
            yield finding(f"{what}; list its operation there.", place)
    for one in RELIED_ON:
        if not any(use.module == one.module for use in wrapper.uses):
            what = f"The wrapper does not call `{one.operation}`, which `scripts/contracts/reliance.py` lists"
            yield Finding(
                f"{what}; take it out there, or tell `scripts/contracts/wrapper.py` how it is called."
            )


def _lost(upstream: Upstream, before: Upstream | None, wrapper: Wrapper) -> Iterator[Finding]:
    for one in RELIED_ON:
        places = [use.place for use in wrapper.uses if use.module == one.module]
        if places:
            yield from lost_in_document(upstream, before, wrapper, one, places[0])
