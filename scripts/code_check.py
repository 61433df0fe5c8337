"""Type-check somebody's own code against the old and the new client, and list the lines that newly fail.

`python -m scripts.code_check PROJECT --old generated/voucherify_client --new PACKAGE`

What counts is the difference, so what a project's own environment has and this one lacks does not matter: it
is missing on both sides. The settings are the same for every project; of its own for mypy, only where modules
are found (`mypy_path`) and what is left out (`exclude`) count. Its plugins would be code that runs, and what
it silences fails at run time all the same. Functions without annotations are checked too.

An error is an old one where the old client gives one of the same kind and text on the same line, or one that
differs in the rest of a union alone. Where another type is expected now, it is a new one: with the old client
the line may have worked all the same.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.command import DONE, FAILED, FailedError, UnusableInputError, progress, run
from scripts.projects import read_project
from scripts.reporting.model import CodeCheck, Finding
from scripts.reporting.words import counted
from scripts.type_checking import CACHE, CLIENT, ROOT, Check, Problem, check_types, workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from scripts.projects import Project

WRAPPER = "voucherify_wrapper"
GENERATED = ROOT / "generated" / CLIENT

_ENVIRONMENT = frozenset({"import-not-found", "import-untyped"})
"""Errors about packages that are not installed here, or have no types."""
_BLOCKING = frozenset({"syntax", ""})
"""Errors after which nothing else is checked."""
_OURS = re.compile(rf'module named "({CLIENT}|{WRAPPER})[."]')
_REST_OF_UNION = re.compile(r'^(Item "[^"]*") of "[^"]*"')


@dataclass
class _Compared:
    """What the two clients give; files have their paths in the project.

    Attributes:
        before: The errors with the old client.
        after: The errors with the new one.
        unchecked: The files that could not be checked, and why.
    """

    before: list[Problem] = field(default_factory=list)
    after: list[Problem] = field(default_factory=list)
    unchecked: list[Problem] = field(default_factory=list)


def check_code(project: Path, old: Path, new: Path) -> CodeCheck:
    """Type-check a project against two clients.

    Args:
        project: A file or a folder. Nothing is written into it, and nothing of it is run.
        old: The folder of the client that it was written for.
        new: The folder of the other client.

    Returns:
        The lines that newly fail.

    Raises:
        UnusableInputError: There is no such project, it holds no Python, or a client is none.
        FailedError: The type checker did not run.
    """
    for client in (old, new):
        if not (client / "__init__.py").is_file():
            raise UnusableInputError(f"{client} is no generated client: it has no __init__.py.")
    read = read_project(project)
    compared = _Compared()
    ours = {WRAPPER: ROOT / WRAPPER}
    with (
        progress(f"Checking the types in {project}"),
        workspace({CLIENT: old, **ours}) as to_old,
        workspace({CLIENT: new, **ours}) as to_new,
    ):
        for layout in read.layouts:
            with workspace(layout.links) as copy:
                path = [copy, *read.path]
                _compare(compared, layout.files, copy, ([to_old, *path], [to_new, *path]))
    findings, unchecked = _by_line(_new(compared), read), _by_line(compared.unchecked, read)
    return CodeCheck(str(project), findings, len(_by_line(compared.before, read)), unchecked)


def _compare(
    compared: _Compared, files: Mapping[Path, Path], copy: Path, paths: tuple[Sequence[Path], Sequence[Path]]
) -> None:
    """Check a layout's files with both clients, those aside that keep the type checker from its work."""
    pending = dict(files)
    while pending:
        wanted = [copy / file for file in pending]
        before, after = check_types(
            Check(wanted, paths[0], CACHE / "code-old"), Check(wanted, paths[1], CACHE / "code-new")
        )
        if not before.refusal and not after.refusal:
            compared.before += _counting(before.problems, files)
            compared.after += _counting(after.problems, files)
            return
        refused = _refused(copy, pending, [*before.problems, *after.problems])
        if not refused:
            raise FailedError(f"a project cannot be checked: {before.refusal or after.refusal}.")
        for file, problem in refused.items():
            (copy / file).unlink()  # or who imports it would keep the type checker from its work as well
            if pending.pop(file, None):
                compared.unchecked.append(replace(problem, file=files[file]))


def _refused(copy: Path, files: Iterable[Path], problems: Sequence[Problem]) -> dict[Path, Problem]:
    """Return the files that kept the type checker from its work.

    It names the first of them, among errors that did not, as those of imports; there may be more.
    """
    blocking = [one for one in problems if one.code in _BLOCKING and (copy / one.file).is_symlink()]
    named = {problem.file: problem for problem in reversed(blocking)}
    return {**{file: found for file in files if (found := _unreadable(copy, file)) is not None}, **named}


def _unreadable(copy: Path, file: Path) -> Problem | None:
    """Say why a file is no Python; None where it is."""
    try:
        ast.parse((copy / file).read_bytes())
    except SyntaxError as error:
        return Problem(file, error.lineno or 0, "syntax", error.msg)
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        return Problem(file, 0, "syntax", str(error) or type(error).__name__)
    return None


def _counting(problems: Iterable[Problem], files: Mapping[Path, Path]) -> Iterator[Problem]:
    """Leave out that packages are not installed here, or have no types: that is not the project's doing."""
    for problem in problems:
        if problem.code not in _ENVIRONMENT or _OURS.search(problem.message):
            yield replace(problem, file=files[problem.file])


def _new(compared: _Compared) -> Iterator[Problem]:
    """Yield the errors that the old client does not give as well, as often as they come."""
    known = Counter(map(_identity, compared.before))
    for problem in compared.after:
        if known[_identity(problem)]:
            known[_identity(problem)] -= 1
        else:
            yield problem


def _identity(problem: Problem) -> tuple[Path, int, str, str]:
    return problem.file, problem.line, problem.code, _REST_OF_UNION.sub(r"\1", problem.message)


def _by_line(problems: Iterable[Problem], project: Project) -> tuple[Finding, ...]:
    """Make one finding of all that is wrong with a line, in the order of files and lines."""
    told: defaultdict[tuple[Path, int], dict[str, None]] = defaultdict(dict)
    for one in problems:
        told[one.file, one.line][f"{one.message} ({one.code})" if one.code else one.message] = None
    return tuple(
        Finding("; ".join(words), project.shown(file), line, _text(project.root / file, line))
        for (file, line), words in sorted(told.items())
    )


def _text(file: Path, line: int) -> str:
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def main() -> int:
    """Check a project, and list the lines that newly fail."""
    parser = argparse.ArgumentParser(
        prog="python -m scripts.code_check",
        description="List the lines of a project that fail with a new client and did not with the old one.",
    )
    parser.add_argument("project", type=Path, help="a Python file, or a folder with some")
    parser.add_argument(
        "--old", type=Path, default=GENERATED, help="the package until now (generated/voucherify_client)"
    )
    parser.add_argument("--new", type=Path, required=True, help="the folder of the new package")
    options = parser.parse_args()
    check = check_code(options.project, options.old, options.new)
    for one in check.findings:
        print(f"{one.file}:{one.line}: {one.what}")
    for one in check.unchecked:
        print(f"{one.file}:{one.line}: not checked: {one.what}", file=sys.stderr)
    fail = counted(len(check.findings), "line fails", "lines fail")
    count = f"{fail} newly, {check.before:,} with the old client"
    files = counted(len(check.unchecked), "file")
    unread = f"; of {files} that could not be read, nothing is known" if check.unchecked else ""
    print(f"{count}{unread}.", file=sys.stderr)
    return FAILED if check.findings or check.unchecked else DONE


if __name__ == "__main__":
    sys.exit(run("code_check", main))
