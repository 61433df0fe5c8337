"""Import every module of a package, and list on stdout, as JSON, those that fail and why.

Runs by its path, in a process of its own: `python -I -B importable.py FOLDER PACKAGE`. What it imports was
just generated and may fail in any way, and nothing imported before may hide that.
"""

from __future__ import annotations

import importlib
import json
import sys
import traceback
from pathlib import Path


def main(folder: str, package: str) -> int:
    """Import the package's modules, one by one.

    Args:
        folder: Where the package lies.
        package: Its name.

    Returns:
        0, when the list is complete.
    """
    root = Path(folder)
    sys.path.insert(0, folder)
    findings: dict[
        str, None
    ] = {}  # one entry per cause, in order: one broken module fails all that import it
    for file in sorted((root / package).rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        module = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        try:
            importlib.import_module(module)
        except SyntaxError:
            continue  # found, with its place, when all files were compiled
        except BaseException as error:  # noqa: BLE001 - generated code may raise anything, SystemExit too
            message = str(error).replace(f"{root}/", "")  # the folder is temporary, its name says nothing
            findings.setdefault(f"{_place(error, root) or module}: {type(error).__name__}: {message}")
    print(json.dumps(list(findings)))
    return 0


def _place(error: BaseException, root: Path) -> str:
    """Name the innermost line of the package that the error passed through."""
    lines = [
        f"{Path(frame.filename).relative_to(root).as_posix()}, line {frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(root)
    ]
    return lines[-1] if lines else ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
