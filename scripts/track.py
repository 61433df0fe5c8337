"""Follow the specification: what changed, whom it breaks, and the client anew; all of it, or nothing at all.

`python -m scripts.track [--source URL|FILE|PAGE] [--code PATH] [--dry-run] [--fail-on breaking]`

Fetch, compare, prepare, generate, check, report, swap in. `openapi/`, `generated/`, `report/` and a fragment
in `changelog.d/` change together (`scripts.transaction`). The last line says the verdict, and so does
`report/report.json`, which always tells of the last run; an update that is refused changes nothing else. The
report of the last update outlives runs that were none, in `report/last-update/`; where approvals have changed
since, an unchanged run judges that update anew. Exit codes: 0 unchanged, compatible or breaking; 1 the work
could not be done; 2 the command cannot be used so; 3 refused; 4 breaking, where `--fail-on breaking` asks for
it.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import tempfile
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import BREAKING, DONE, FailedError, UnusableInputError, run, system_error
from scripts.fetching import MAX_SIZE, TIMEOUT, RefusedError, fetch, is_address, shown
from scripts.projects import read_project
from scripts.reporting.model import Finding, Report, Run, Verdict
from scripts.state import (
    CONFIGURATION,
    DOCUMENT,
    FRAGMENTS,
    GENERATED,
    LOCK,
    REPORT,
    kept_document,
    known_validators,
    name_of,
    sha256,
    standing,
)
from scripts.tracking.last import LAST, judged_anew, last_update
from scripts.tracking.outcome import Update
from scripts.transaction import Afterwards, looking_on, opened, roll_back

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scripts.command import Document
    from scripts.transaction import Files

ROOT = Path(__file__).resolve().parent.parent
REFUSED = 3
TABLE = "voucherify-spec"


def main(arguments: Sequence[str] | None = None, *, files: Files | None = None) -> int:
    """Update, or go back.

    Args:
        arguments: The command line, without the program's name.
        files: The steps that are taken in the file system.

    Returns:
        The exit code.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    root = options.root.resolve()
    alone = parser.parse_args(["--rollback", f"--root={options.root}"])
    if options.rollback and options != alone:
        parser.error("--rollback goes with no other option but --root")
    if options.rollback:
        back = roll_back(root, freely=[REPORT], files=files)
        print(f"Back at the state before the last update. Changed: {', '.join(back)}.")
        return DONE
    if not (root / CONFIGURATION).is_file():
        raise UnusableInputError(f"{root} has no {CONFIGURATION}; --root names this project's folder.")
    if options.code is not None and not options.code.exists():
        raise UnusableInputError(
            f"{options.code}: there is no such file or folder; --code names your own code."
        )
    if options.code is not None:
        read_project(options.code)  # what is wrong with it is told before the work begins
    source = options.source or _configured_source(root)
    if options.dry_run:
        with looking_on(root), tempfile.TemporaryDirectory() as folder:
            update = _update(options, root, source, Path(folder), [])
            changed: tuple[str, ...] | None = None
            _write_report(update, options.report)
    else:
        with opened(root, files=files) as transaction:
            try:
                update = _update(options, root, source, transaction.folder, [transaction.lock])
                changes = _changes(update, transaction.folder)
            except OSError as error:
                raise FailedError(f"{system_error(error)} Nothing was changed.") from error
            kept = update.renewal is not None and update.report.verdict is not Verdict.REFUSED
            changed = transaction.commit(changes, Afterwards.KEEP if kept else Afterwards.LEAVE)
        _write_report(update, options.report)
    _show(update, changed)
    if update.report.verdict is Verdict.REFUSED:
        return REFUSED
    return BREAKING if update.report.verdict == options.fail_on else DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.track", description="Follow the specification, in one step or not at all."
    )
    parser.add_argument(
        "--source",
        help="an http(s) address, a JSON or YAML file, or a documentation page in Markdown "
        "(`source` in [tool.voucherify-spec] of pyproject.toml)",
    )
    parser.add_argument("--code", type=Path, help="your own code, to be checked against the new client")
    parser.add_argument("--dry-run", action="store_true", help="change nothing; say what would change")
    parser.add_argument(
        "--fail-on", choices=[Verdict.BREAKING.value], help=f"end with exit code {BREAKING} when it breaks"
    )
    parser.add_argument(
        "--report", type=Path, help="a folder to write the report to as well, with --dry-run too"
    )
    parser.add_argument("--no-wrapper-tests", action="store_true", help="do not run the wrapper's own tests")
    parser.add_argument(
        "--max-size", type=_positive(int), default=MAX_SIZE, metavar="BYTES",
        help="the most that is read of the source (%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--timeout", type=_positive(float), default=TIMEOUT, metavar="SECONDS",
        help="how long fetching may take in all (%(default)s)",
    )  # fmt: skip
    parser.add_argument("--root", type=Path, default=ROOT, help="the project's folder (this one)")
    parser.add_argument("--rollback", action="store_true", help="bring back the state before the last update")
    return parser


def _positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    def positive(text: str) -> float:
        number = kind(text)
        if not 0 < number < math.inf:
            raise ValueError(text)
        return number

    return positive


def _configured_source(root: Path) -> str:
    """Read the source that pyproject.toml names; a path in it starts from the root."""
    file = root / "pyproject.toml"
    try:
        source: object = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnusableInputError(f"{file} cannot be read: {error}") from error
    for name in ("tool", TABLE, "source"):
        source = source.get(name) if isinstance(source, dict) else None
    if not isinstance(source, str) or not source:
        raise UnusableInputError(
            f"no source: name one with --source (make track SOURCE=...), or in {file} as `source` in "
            f"[tool.{TABLE}]."
        )
    return source if is_address(source) else str(root / source)


def _update(options: argparse.Namespace, root: Path, source: str, folder: Path, inherit: list[int]) -> Update:
    """Make what there is to make, or judge the last update by new approvals; say what kind of run it was."""
    update = _made(options, root, source, folder, inherit)
    if update.report.verdict in (Verdict.UNCHANGED, Verdict.REFUSED):
        update = _after_last(update, root)
    run = Run.DRY_RUN if options.dry_run else Run.UPDATE
    return replace(update, report=replace(update.report, run=run))


def _after_last(update: Update, root: Path) -> Update:
    """Bring what is no update together with the one before it."""
    last = last_update(root)
    if last is None:
        return update
    if update.report.verdict is Verdict.UNCHANGED and update.renewal is None:
        judged = judged_anew(last.report, root)
        if judged != last.report:
            print("The approvals have changed: this is the last update, judged anew.")
            return Update(judged)
    return replace(update, last=last.folder)


def _made(options: argparse.Namespace, root: Path, source: str, folder: Path, inherit: list[int]) -> Update:
    """Fetch, and make of it what there is to make."""
    lock = standing(root)
    try:
        known = known_validators(lock, source, root)
        fetched = fetch(source, known=known, max_size=options.max_size, timeout=options.timeout)
    except RefusedError as error:
        return _refused(source, root, error)
    if fetched.content is None or (lock is not None and lock.upstream == sha256(fetched.content)):
        return _unchanged(source, root)
    # What follows takes longer to import than most runs last, which end here.
    from scripts.source import parse, vendored  # noqa: PLC0415

    try:
        document = parse(fetched.content, shown(source))
    except UnusableInputError as error:
        return _refused(source, root, error)
    if lock is not None and lock.document == sha256(vendored(document)):
        return _unchanged(source, root)
    old = kept_document(root)
    if _canonical(old) == _canonical(document):
        if lock is not None:
            return _unchanged(source, root)
        document = old  # another order of keys is no reason to change it
    from scripts.tracking.update import Settings, prepare_update  # noqa: PLC0415 - as above

    settings = Settings(root, source, options.code, wrapper_tests=not options.no_wrapper_tests)
    return prepare_update(old, document, fetched, settings, folder, inherit=inherit)


def _canonical(document: Document) -> str:
    """Write a document so that two with the same meaning look the same."""
    return json.dumps(document, sort_keys=True)


def _unchanged(source: str, root: Path) -> Update:
    return Update(Report(comparison=None, source=name_of(source, root)))


def _refused(source: str, root: Path, error: UnusableInputError) -> Update:
    return Update(Report(comparison=None, refusals=(Finding(str(error)),), source=name_of(source, root)))


def _changes(update: Update, folder: Path) -> dict[str, Path | None]:
    """Write what the update changes, and name its places."""
    from scripts.report import changelog_fragment  # noqa: PLC0415 - as above
    from scripts.source import vendored  # noqa: PLC0415 - as above

    ready = folder / "ready"
    ready.mkdir()
    _write_report(update, ready / REPORT)
    if update.last is not None:
        (ready / REPORT / LAST).mkdir()
        for file in sorted(path for path in update.last.iterdir() if path.is_file()):
            shutil.copyfile(file, ready / REPORT / LAST / file.name)
    changes: dict[str, Path | None] = {REPORT: ready / REPORT}
    if update.report.verdict is Verdict.REFUSED or update.renewal is None:
        return changes
    new = update.renewal
    name, text = changelog_fragment(update.report)
    files = {DOCUMENT: vendored(new.document), LOCK: new.lock.as_bytes()}
    if name:
        files[f"{FRAGMENTS}/{name}"] = text.encode()
    for number, (place, content) in enumerate(files.items()):
        changes[place] = ready / str(number)
        (ready / str(number)).write_bytes(content)
    return {**changes, f"{GENERATED}/{new.lock.package}": new.package}


def _write_report(update: Update, folder: Path | None) -> None:
    if folder is not None:
        from scripts.report import write_reports  # noqa: PLC0415 - as above

        write_reports(update.report, folder, document=update.renewal.document if update.renewal else None)


def _show(update: Update, changed: Sequence[str] | None) -> None:
    """Say what came of it, where to look next, and the verdict at the end."""
    from scripts.report import as_text  # noqa: PLC0415 - as above

    print(as_text(update.report))
    if changed is None:
        print("Nothing was changed, as --dry-run asks.")
    else:
        print(f"The whole report: {REPORT}/report.html, and {REPORT}/report.md for a pull request.")
        if update.last is not None:
            print(f"The report of the last update: {REPORT}/{LAST}/report.html.")
        others = [place for place in changed if place != REPORT]
        if others:
            print(f"Changed: {', '.join(others)}.")
            print("`git diff` shows how; `make rollback` brings the old state back.")
    print(f"verdict: {update.report.verdict}")


if __name__ == "__main__":
    sys.exit(run("track", main))
