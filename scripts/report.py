"""Say what an update comes to, in each form that somebody reads: terminal, pull request, browser, program.

`python -m scripts.report report.json --format markdown`

A saved report can be shown in every form again. The same report gives the same bytes on every run, and
whatever a document holds is shown as text, and never taken for markup, a link or a command.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from scripts.command import DONE, Document, run
from scripts.reporting.annotations import commands as annotations
from scripts.reporting.changelog import changelog_fragment
from scripts.reporting.html import as_html
from scripts.reporting.markdown import as_markdown
from scripts.reporting.model import Report
from scripts.reporting.saved import as_json, read_report, written
from scripts.reporting.text import as_text
from scripts.reporting.words import sentence
from scripts.source import read
from scripts.swap import replace_file

__all__ = [
    "annotations",
    "as_html",
    "as_json",
    "as_markdown",
    "as_text",
    "changelog_fragment",
    "main",
    "read_report",
    "sentence",
    "write_reports",
]

FORMS: dict[str, Callable[[Report, "Document | None"], str]] = {
    "text": lambda report, _: as_text(report),
    "markdown": lambda report, _: as_markdown(report),
    "html": lambda report, _: as_html(report),
    "json": lambda report, _: json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n",
    "annotations": lambda report, document: annotations(report, document=document),
}
"""What a report can be shown as."""


def write_reports(report: Report, folder: Path, *, document: "Document | None" = None) -> None:
    """Write a report in the forms that are kept: `report.json`, `.md`, `.html` and `annotations.txt`.

    Args:
        report: The report.
        folder: Where to; made when it is missing. The caller has it for itself.
        document: The new document as the repository keeps it, so that annotations can name lines.

    Raises:
        OSError: The system refuses.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "report.json": written(report),
        "report.md": encoded(as_markdown(report)),
        "report.html": encoded(as_html(report)),
        "annotations.txt": encoded(annotations(report, document=document)),
    }
    for name, content in files.items():
        replace_file(folder / name, content)


def encoded(text: str) -> bytes:
    """Write text as UTF-8; half a surrogate pair, which has no place in it, is written out."""
    return text.encode("utf-8", "backslashreplace")


def main(arguments: Sequence[str] | None = None) -> int:
    """Show a saved report.

    Args:
        arguments: The command line, without the program's name.

    Returns:
        The exit code: 0 done, 1 failed, 2 unusable input.
    """
    parser = argparse.ArgumentParser(
        prog="python -m scripts.report", description="Show a saved report in another form."
    )
    parser.add_argument("report", type=Path, help="a report.json, as compare and track write it")
    parser.add_argument("--format", choices=[*FORMS], default="text", help="how to show it (default: text)")
    parser.add_argument(
        "--document", type=Path, help="the new document as it is kept, so that annotations name its lines"
    )
    options = parser.parse_args(arguments)
    report = read_report(options.report)
    document = read(options.document) if options.document is not None else None
    sys.stdout.write(FORMS[options.format](report, document))
    return DONE


if __name__ == "__main__":
    sys.exit(run("report", main))
