"""Compare two revisions of an OpenAPI document: what changed, and does it break a client?

`python -m scripts.compare OLD NEW [--format text|markdown|html|json] [--axis wire|python|both]`

Each is a file or an http(s) address: JSON, YAML, or a documentation page that holds the document. The wire
axis is what travels between client and server. The Python axis is what code sees that imports the generated
client; for it, both clients are made in temporary folders, which takes a while. A text's last line names the
verdict.

Exit codes: 0; 1 where no client can be made of a document for the Python axis; 2 where a document cannot be
used; with `--fail-on breaking`, 4 where a change breaks a client and nobody has approved it.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import BREAKING, DONE, collector_at_rest, run
from scripts.comparison.approvals import read_approvals
from scripts.comparison.changes import Axis, Comparison, in_order
from scripts.comparison.comparing import compare_documents
from scripts.source import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripts.command import Document
    from scripts.comparison.approvals import Approvals
    from scripts.comparison.changes import Change
    from scripts.reporting.model import Report


def compare(
    old: Document,
    new: Document,
    *,
    old_source: str = "old",
    new_source: str = "new",
    approvals: Approvals | None = None,
) -> Comparison:
    """Compare two documents on the wire, and their prose.

    Args:
        old: The old document, as its vendor wrote it; it stays as it is.
        new: The new one.
        old_source: The old one's name, for the report.
        new_source: The new one's name.
        approvals: What a person has accepted.

    Returns:
        The comparison.

    Raises:
        UnusableInputError: One of them is no OpenAPI document, or too broken to be mended.
    """
    return _approved(compare_documents(old, new, old_source, new_source), approvals)


def _approved(comparison: Comparison, approvals: Approvals | None) -> Comparison:
    if approvals is None:
        return comparison
    changes, stale = approvals.applied(comparison.changes)
    return replace(comparison, changes=changes, stale_approvals=stale)


def _read(source: str) -> tuple[Document, str, str]:
    """Get a document from a file or an address, the name to tell it by, and the hash of its bytes."""
    from scripts.fetching import fetch, shown  # noqa: PLC0415 - not needed for `compare`

    content = fetch(source).content or b""
    name = shown(source)
    return parse(content, name), name, hashlib.sha256(content).hexdigest()


def _python_changes(old: Document, new: Document) -> tuple[Change, ...]:
    """Make both clients, and compare what code sees of them."""
    from scripts.generate import CONFIGURATION, make_package  # noqa: PLC0415 - the wire axis needs no generator
    from scripts.generator import read_configuration  # noqa: PLC0415 - as above
    from scripts.surface import compare_packages  # noqa: PLC0415 - as above

    configuration = read_configuration(CONFIGURATION)
    with tempfile.TemporaryDirectory(prefix="compare-") as folder:
        packages = []
        for name, document in (("old", old), ("new", new)):
            place = Path(folder) / name
            place.mkdir()
            packages.append(make_package(document, configuration, place).package)
        return compare_packages(packages[0], packages[1])


def _written(report: Report, form: str) -> str:
    """Write a report in one of its forms."""
    from scripts import report as forms  # noqa: PLC0415 - what is compared need not wait for it

    if form == "json":
        import json  # noqa: PLC0415 - as above

        return json.dumps(forms.as_json(report), indent=2, ensure_ascii=False) + "\n"
    writers: dict[str, Callable[[Report], str]] = {
        "text": forms.as_text, "markdown": forms.as_markdown, "html": forms.as_html,
    }  # fmt: skip
    return writers[form](report).rstrip("\n") + "\n"


_NOT_COMPARED = "The Python axis was not compared; --axis both compares the generated clients too."


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.compare",
        description="Compare two revisions of an OpenAPI document: what changed, and does it break a client?",
    )
    parser.add_argument("old", help="the old document, by its path or address")
    parser.add_argument("new", help="the new one, likewise")
    parser.add_argument("--format", choices=("text", "markdown", "html", "json"), default="text")
    parser.add_argument("--axis", choices=("wire", "python", "both"), default="wire", help="what is compared")
    parser.add_argument("--approvals", type=Path, metavar="FILE", help="what a person has accepted (TOML)")
    parser.add_argument("--fail-on", choices=("breaking",), help="end with exit code 4 where a client breaks")
    return parser.parse_args()


def main() -> int:
    """Compare two documents, and print the report."""
    from scripts.reporting.model import Report, Verdict  # noqa: PLC0415 - not needed for `compare`

    options = _options()
    approvals = read_approvals(options.approvals) if options.approvals is not None else None
    with collector_at_rest():
        (old, old_name, old_hash), (new, new_name, new_hash) = _read(options.old), _read(options.new)
        comparison = compare(old, new, old_source=old_name, new_source=new_name)
    comparison = replace(
        comparison,
        old=replace(comparison.old, sha256=old_hash),
        new=replace(comparison.new, sha256=new_hash),
    )
    axes = {"wire": (Axis.WIRE,), "python": (Axis.PYTHON,), "both": (Axis.WIRE, Axis.PYTHON)}[options.axis]
    changes = comparison.changes
    if Axis.WIRE not in axes:
        changes = tuple(each for each in changes if each.axis is not Axis.WIRE)
    if Axis.PYTHON in axes:
        changes = in_order([*changes, *_python_changes(old, new)])
    comparison = _approved(replace(comparison, changes=changes), approvals)
    report = Report(comparison, axes=axes, source=new_name)
    print(_written(report, options.format), end="")
    if options.format == "text":
        not_compared = [] if Axis.PYTHON in axes else [_NOT_COMPARED]
        print("", *not_compared, f"verdict: {report.verdict}", sep="\n")
    breaks = options.fail_on == "breaking" and report.verdict is Verdict.BREAKING
    return BREAKING if breaks else DONE


if __name__ == "__main__":
    sys.exit(run("compare", main))
