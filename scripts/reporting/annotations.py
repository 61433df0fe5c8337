"""A report as GitHub's workflow commands, which show rows beside the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.command import VENDORED
from scripts.comparison.changes import Change
from scripts.comparison.severity import Severity
from scripts.preparation.documents import parts_of
from scripts.reporting.words import few, one_line, reached, told, what_changed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from scripts.command import Document, Json
    from scripts.reporting.model import Finding, Report

SHOWN = 10
"""Annotations of each level that GitHub shows of one step."""


def commands(report: Report, *, document: Document | None = None) -> str:
    """Write a report as workflow commands: errors for what breaks, warnings for what may.

    Args:
        report: The report.
        document: The new document as the repository keeps it, to name lines in; without it, none are named.

    Returns:
        One command a line; GitHub shows no more than ten of each level, so the tenth counts the rest.
    """
    code = report.code.findings if report.code else ()
    errors: list[tuple[Change | Finding, str]] = [
        *((each, "Update refused") for each in report.refusals),
        *((each, "The wrapper's contract is broken") for each in report.contract),
        *((each, "Your code newly fails") for each in code),
        *((each, "Breaking") for each in told(report, Severity.BREAKING)),
    ]
    warnings: list[tuple[Change | Finding, str]] = [
        (each, "Warning") for each in told(report, Severity.WARNING)
    ]
    return "".join([*_capped("error", errors, document), *_capped("warning", warnings, document)])


def line_of(document: Json, pointer: str) -> int:
    """Find the line that a JSON pointer's value starts on, in the form that the repository keeps.

    That form has every key and every element on a line of its own, and an empty collection on one.

    Args:
        document: The document.
        pointer: The pointer.

    Returns:
        The line, counted from one; 0 where the document has no such place.
    """
    line, value = 1, document
    for name in parts_of(pointer):
        if isinstance(value, list):
            children: dict[str, Json] = {str(index): child for index, child in enumerate(value)}
        else:
            children = value if isinstance(value, dict) else {}
        if name not in children:
            return 0
        above = [*children.values()][: [*children].index(name)]
        line += 1 + sum(map(_height, above))
        value = children[name]
    return line


def _height(value: Json) -> int:
    """Count the lines of a value."""
    if isinstance(value, (dict, list)) and value:
        children = value.values() if isinstance(value, dict) else value
        return 2 + sum(map(_height, children))
    return 1


def _written(told: Change | Finding, title: str, document: Document | None) -> str:
    if isinstance(told, Change):
        where = "" if told.new_pointer is None else _place(told.new_pointer, document)
        reaches = f" Reaches {few(reached(told), 'operation')}." if reached(told) else ""
        message = f"{what_changed(told)} {told.why}{reaches} [{told.fingerprint}]"
        return _command(where, f"{title}: {told.subject}", message)
    if told.file:
        line = f",line={told.line}" if told.line else ""
        return _command(f"file={_property(told.file)}{line},", title, told.what)
    return _command(_place(told.pointer, document) if told.pointer else "", title, told.what)


def _place(pointer: str, document: Document | None) -> str:
    line = line_of(document, pointer) if document is not None else 0
    return f"file={VENDORED},line={line}," if line else f"file={VENDORED},"


def _command(where: str, title: str, message: str) -> str:
    return f" {where}title={_property(one_line(title, 120))}::{_data(one_line(message, 1_000))}\n"


def _capped(
    level: str, told: Sequence[tuple[Change | Finding, str]], document: Document | None
) -> Iterator[str]:
    shown = told if len(told) <= SHOWN else told[: SHOWN - 1]
    for each, title in shown:
        yield f"::{level}{_written(each, title, document)}"
    rest = len(told) - len(shown)
    if rest:
        message = f"The reports list all {len(told):,}; GitHub shows {SHOWN} of a step."
        yield f"::{level} title={_property(f'{rest:,}')} more::{message}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
