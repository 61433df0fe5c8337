"""Import the modules of a package, and list on stdout, as JSON, those that fail and why.

Runs by its path, in a process of its own: `python -I -B importable.py FOLDER PACKAGE`. What it imports was
just generated and may fail in any way, and nothing imported before may hide that.
"""

from __future__ import annotations

import importlib
import json
import re
import sys
import traceback
import warnings
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
    # What Python warns about when it compiles a module counts as well; it names the module by its path.
    warnings.filterwarnings("error", module=re.escape(folder))
    findings: dict[str, None] = {}  # one per cause, in order: a broken module fails all that import it
    for file in sorted((root / package).rglob("*.py")):
        steps = file.relative_to(root).with_suffix("").parts
        name = ".".join(steps[:-1] if steps[-1] == "__init__" else steps)
        try:
            module = importlib.import_module(name)
            for public in getattr(module, "__all__", ()):
                getattr(module, public)  # it may load only now
        except BaseException as error:  # noqa: BLE001 - generated code may raise anything, SystemExit too
            message = str(error).replace(f"{root}/", "")  # the folder is temporary, its name says nothing
            findings.setdefault(f"{_place(error, root) or name}: {type(error).__name__}: {message}")
    print(json.dumps(list(findings)))
    return 0


def _place(error: BaseException, root: Path) -> str:
    """Name the line that does not compile, or else the innermost one of the package on the way."""
    frames = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError) and error.filename is not None:
        frames.append((error.filename, error.lineno))
    lines = [
        f"{Path(filename).relative_to(root).as_posix()}, line {number}"
        for filename, number in frames
        if Path(filename).is_relative_to(root)
    ]
    return lines[-1] if lines else ""


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
