"""Foreign text in GitHub's Markdown: shown as it is, and never taken for markup.

GitHub reads more than Markdown: it links mentions, issue numbers, commits and bare addresses, and draws emoji
and formulas. Inside code it leaves all of that alone. Elsewhere a character without width breaks the words
that it looks for.
"""

from __future__ import annotations

import re

from scripts.reporting.words import one_line, spans

_ZERO_WIDTH = "&#8203;"
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>()#+\-!|~&$]")
_TRIGGERS = re.compile(
    r"""
      (?<=@)(?=\w)                                # a mention, or an address of mail
    | (?<=\#)(?=\w)                               # an issue
    | (?<=\bGH)(?=-\d)
    | (?<=:)(?=//)                                # an address
    | (?<=\bwww)(?=\.)
    | (?<=\bmailto)(?=:) | (?<=\bxmpp)(?=:)
    | (?<=:)(?=[\w+-]+:)                          # an emoji
    | (?<=\$)                                     # a formula
    | (?<=\b[0-9a-f])(?=[0-9a-f]{6,39}\b)         # a commit
    """,
    re.VERBOSE | re.IGNORECASE,
)
_PLAIN_CODE = re.compile(r"[^`|\\ ](?:[^`|\\]*[^`|\\ ])?")
_LIST_NUMBER = re.compile(r"^(\d+)([.)])")


def prose_text(text: str, limit: int = 300) -> str:
    """Write a sentence; what stands in it between backticks becomes code.

    Args:
        text: The sentence, as it came.
        limit: Characters that it may have; the rest is cut off.

    Returns:
        Markdown for one line, or for a cell of a table.
    """
    return "".join(code(part) if is_code else _escaped(part) for part, is_code in spans(text, limit))


def _escaped(text: str) -> str:
    marked = _TRIGGERS.sub("\0", text)
    escaped = _SPECIAL.sub(
        lambda match: _entity(match[0]) if match[0] in "$&<>|" else "\\" + match[0], marked
    )
    return _LIST_NUMBER.sub(r"\1\\\2", escaped).replace("\0", _ZERO_WIDTH)


def code(text: str, limit: int = 120) -> str:
    """Write a name or a value as code.

    Args:
        text: The text, as it came.
        limit: Characters that it may have; the rest is cut off.

    Returns:
        Markdown for one line, or for a cell of a table.
    """
    line = one_line(text, limit)
    if _PLAIN_CODE.fullmatch(line):
        return f"`{line}`"
    # A backslash before a bar, or a bar in a cell, means something else to each reader of Markdown.
    written = "".join(each if each.isalnum() or each == " " else _entity(each) for each in line)
    return f"<code>{written.replace(_entity('@'), _entity('@') + _ZERO_WIDTH)}</code>"


def _entity(character: str) -> str:
    return f"&#{ord(character)};"


def fenced(lines: list[str], language: str) -> str:
    """Write lines as a block of code.

    Args:
        lines: The lines, without control characters.
        language: How to colour them.

    Returns:
        The block, with a fence that none of the lines can close.
    """
    runs = [len(run) for line in lines for run in re.findall("`+", line)]
    fence = "`" * max([2, *runs]) + "`"
    return "\n".join([f"{fence}{language}", *lines, fence])
