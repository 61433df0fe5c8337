"""All that could be shown of an exception."""

from __future__ import annotations

import traceback
from pathlib import Path

TESTS = str(Path(__file__).parent)


def everything_told_by(error: BaseException) -> str:
    """All that a person or a tool could be shown of an exception: the frames' local variables as well.

    But for the tests' own frames, which know the secret.
    """
    told: list[str] = []
    pending: list[BaseException | None] = [error]
    while pending:
        link = pending.pop()
        if link is not None:
            frames = [
                pair
                for pair in traceback.walk_tb(link.__traceback__)
                if TESTS not in pair[0].f_code.co_filename
            ]
            told += traceback.StackSummary.extract(iter(frames), capture_locals=True).format()
            told.append(f"{link!r}{link}{vars(link)}{link.args}")
            pending += [link.__cause__, link.__context__]
    return "".join(told)
