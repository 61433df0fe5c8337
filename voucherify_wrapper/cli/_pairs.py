"""The rows of a list of sessions: CSV or JSON lines become pairs, each with the line that it stands in.

Nothing is guessed: a row that can be read in two ways is a bad one, as a wrong pair would pass for a session
that is gone. And nothing is lost: each line is a part of a pair, of a bad row, empty, or the header.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Literal

from attrs import define, frozen

from voucherify_wrapper._adapter import segment
from voucherify_wrapper._errors import InvalidArgumentError, UsageError
from voucherify_wrapper._secrets import printable

from ._lines import LONGEST_LINE, UnreadableError
from ._values import OWN, put_around

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ._lines import Lines

Format = Literal["csv", "jsonl"]

_CODE, _KEY = "code", "session_key"
_CALLED = {
    _CODE: ("code", "vouchercode", "voucher"),
    _KEY: ("sessionkey", "validationsessionkey", "key", "session"),
}
"""What the two are called, the best name first; compared by letters and digits alone."""

_DELIMITERS = ",;\t|"
_EXCELS = "sep="  # a line of its own before the header, and behind it the delimiter
_MOST_LINES = 200  # of one row: a mark that is never closed must not swallow the list
_MOST_SHOWN = 200  # characters of a header
_TRULY = "(one that truly has it: voucherify release)"


@frozen
class Row:
    """A pair.

    Attributes:
        line: the line where it begins, from 1.
        code: the voucher's code.
        session_key: the session's key.
    """

    line: int
    code: str
    session_key: str


@frozen
class BadRow:
    """A row that is no pair.

    Attributes:
        line: the line where it begins, from 1.
        problem: what is wrong with it, as the rest of a sentence that begins with the row.
    """

    line: int
    problem: str


class _ProblemError(Exception):
    """What is wrong with a row."""


def rows_of(lines: Lines, form: Format | None = None) -> Iterator[Row | BadRow]:
    """Read a list: its beginning at once, its rows as they are asked for.

    Args:
        lines: its lines, none of them read.
        form: how it is written; left out, JSON lines if it begins with a bracket, and CSV if not.

    Raises:
        UsageError: it is empty, has no header, or is written in another way. As JSON lines, if that is
            what it is said to be, it may be empty: they have no header that says that there is nothing.
        UnreadableError: later, where the rest of it cannot be read.
    """
    first = _peek(lines)
    if form == "jsonl" or (form is None and first.lstrip().startswith(("{", "["))):
        _must_be_lines(lines, first.strip())
        return _rows(lines, _json_pair)
    if not first:  # an export that failed must not pass for one that found nothing
        raise UsageError(
            f"{lines.name} is empty: not even a header is in it. See whether the export failed. (A list of "
            "no rows has its header, or is given with --format jsonl.)"
        )
    return _rows(lines, _table_of(lines).pair)


def _peek(lines: Lines) -> str:
    """The first line that is not empty, which is given once more; empty at the end."""
    try:
        while (line := lines.next()).isspace():
            pass
    except UnreadableError as error:
        raise UsageError(str(error)) from None
    lines.give_back([line])
    return line


def _rows(lines: Lines, pair_in: Callable[[str], Sequence[object] | None]) -> Iterator[Row | BadRow]:
    while True:
        number = lines.number + 1
        try:
            line = lines.next()
            if not line:
                return
            pair = None if line.isspace() else pair_in(_of_bearable_length(line))
            if pair:
                yield Row(number, _checked(_CODE, pair[0]), _checked(_KEY, pair[1]))
        except _ProblemError as problem:
            yield BadRow(number, str(problem))


def _of_bearable_length(line: str) -> str:
    if len(line) > LONGEST_LINE:
        raise _ProblemError(f"is longer than {LONGEST_LINE:,} characters")
    return line


def _checked(name: str, value: object) -> str:
    if value in (None, ""):
        raise _ProblemError(f"has no {name}")
    if isinstance(value, list):  # as objects are here, too
        raise _ProblemError(f"has a {name} with values of its own in it; give the {name} by itself")
    if not isinstance(value, str):
        raise _ProblemError(f"has a {name} that is no text; put it in quotation marks")
    if not value.isascii() and any("\udc80" <= char <= "\udcff" for char in value):
        raise _ProblemError(f"has a {name} that is not UTF-8 text; save the list as 'CSV UTF-8'")
    if "\0" in value:
        raise _ProblemError(f"has a NUL byte in its {name}; the list is damaged, or no text")
    try:
        text = segment(name, value)
    except InvalidArgumentError as error:
        raise _ProblemError(f"cannot be sent: {str(error).rstrip('.')}") from None
    if not (value[0].isalnum() and value[-1].isalnum()):
        _must_be_bare(name, value)
    return text


def _must_be_bare(name: str, value: str) -> None:
    """Refuse what an export put around a value: the server would not know it, and gone passes for done."""
    around = put_around(value, is_key=name == _KEY)
    if around:
        what, remedy = around
        how = remedy.replace("trim it", "trim it, as databases and spreadsheets can")
        raise _ProblemError(f"has a {name} {what}; {how} {_TRULY}")


def _places_of(names: Sequence[str]) -> list[int | None]:
    """Where the code and the session key are among names; None of what is not there.

    Raises:
        _ProblemError: a name is there twice.
    """
    bare = ["".join(char for char in name.casefold() if char.isalnum()) for name in names]
    places: list[int | None] = []
    for wanted, called in _CALLED.items():
        name = next((name for name in called if name in bare), None)
        if name and bare.count(name) > 1:
            raise _ProblemError(f"has two columns for the {wanted}")
        places.append(bare.index(name) if name else None)
    return places


# JSON lines


def _must_be_lines(lines: Lines, first: str) -> None:
    """Refuse what is JSON, and not JSON lines: every single line of it would be a bad row."""
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        value = None
    if first == "[" or (isinstance(value, list) and isinstance((value or [""])[0], (list, dict))):
        what, how = "one JSON array", f"jq -c '.[]' {lines.operand} | voucherify release-many -"
    elif first == "{":
        what, how = "JSON over several lines", f"jq -c . {lines.operand} | voucherify release-many -"
    else:
        return
    raise UsageError(f"{lines.name} is {what}; what is needed is one pair a line. Try: {how}")


class _Object(list[tuple[str, object]]):
    """A JSON object's members, in order; a name may be there twice."""


def _json_pair(line: str) -> Sequence[object]:
    try:
        value = json.loads(line, object_pairs_hook=_Object)
    except json.JSONDecodeError as error:
        raise _ProblemError(f"is not JSON ({error.msg}, column {error.colno})") from None
    except (ValueError, RecursionError):  # as of a number with thousands of digits
        raise _ProblemError("is no JSON that can be read") from None
    if isinstance(value, _Object):
        values = [*(member for _, member in value), None]
        return [values[-1 if place is None else place] for place in _places_of([name for name, _ in value])]
    if isinstance(value, list) and len(value) == len(_CALLED):
        return value
    raise _ProblemError('is neither {"code": "…", "session_key": "…"} nor ["code", "session key"]')


# CSV


@define
class _Table:
    """The rows below a header.

    Attributes:
        lines: where they are.
        delimiter: what stands between two columns.
        code: which column is the code, from 0.
        key: which column is the session key.
        width: how many columns the header has.
        blanks: whether blanks after a delimiter belong to it.
    """

    lines: Lines
    delimiter: str
    code: int = 0
    key: int = 0
    width: int | None = None
    blanks: bool = False

    def pair(self, line: str) -> Sequence[object] | None:
        """The code and the session key of the row that a line begins; None where all of it is empty.

        Raises:
            _ProblemError: it is none.
        """
        fields, _ = self.fields(line)
        beyond = fields[self.width :]
        if not any(field and not field.isspace() for field in fields):
            return None
        if any(field and not field.isspace() for field in beyond):
            raise _ProblemError(
                f"has {len(fields)} columns, and the header has {self.width}; "
                f"a value with a {self.delimiter!r} in it has to be in quotation marks"
            )
        if len(fields) == 1 and '"' not in line:
            self._must_have_this_delimiter(line)
        return [fields[place] if place < len(fields) else None for place in (self.code, self.key)]

    def _must_have_this_delimiter(self, line: str) -> None:
        for other in _DELIMITERS:
            if other in line:
                raise _ProblemError(
                    f"has {other!r} between its columns, and the header has {self.delimiter!r}; "
                    "write all of them with the same"
                )

    def fields(self, line: str) -> tuple[list[str], list[str]]:
        """The columns of the row that a line begins, and the lines that it takes.

        Raises:
            _ProblemError: its quotation marks are wrong. It is this line alone then; the next is read anew.
        """
        if '"' not in line:
            fields = line.rstrip("\r\n").split(self.delimiter)
            return [field.lstrip(" ") for field in fields] if self.blanks else fields, [line]
        taken = [line]
        reader = csv.reader(
            self._more(taken), delimiter=self.delimiter, skipinitialspace=self.blanks, strict=True
        )
        try:
            fields = next(reader)
            self._must_be_sure(fields, taken)
        except (csv.Error, _ProblemError) as error:
            self.lines.give_back(taken[1:])
            broken = "has a quotation mark that is never closed, or one inside of a value that is not doubled"
            raise _ProblemError(broken if isinstance(error, csv.Error) else str(error)) from None
        return fields, taken

    def _more(self, taken: list[str]) -> Iterator[str]:
        yield taken[0]
        while len(taken) < _MOST_LINES and (line := self.lines.next()):
            taken.append(line)
            yield _of_bearable_length(line)

    def _must_be_sure(self, fields: list[str], taken: list[str]) -> None:
        if self.width is None:
            return
        if len(taken) > 1 and len(fields) != self.width:
            raise _ProblemError(
                "has a quotation mark that is closed in a later line, which is no longer a row"
            )
        for place in (self.code, self.key):
            value = fields[place] if place < len(fields) else ""
            if '"' in value and not _is_quoted(value, taken):
                raise _ProblemError("has a quotation mark in a value that is not in quotation marks itself")


def _is_quoted(value: str, taken: list[str]) -> bool:
    """Whether a row has a value in quotation marks; the lines are all that the row takes."""
    doubled = value.replace('"', '""')
    return f'"{doubled}"' in "".join(taken)


def _table_of(lines: Lines) -> _Table:
    """Read the header, with the delimiter under which it is one.

    Raises:
        UsageError: it is none under any.
    """
    first = lines.next().rstrip("\r\n")
    excels = first.lower().startswith(_EXCELS) and len(first) == len(_EXCELS) + 1
    if excels:
        _peek(lines)
    line = lines.next() if excels else first
    best: list[str] = []
    between = ","
    problem: _ProblemError | None = None
    for delimiter in first[-1] if excels else _DELIMITERS:
        table, taken = _Table(lines, delimiter), [line]
        try:
            names, taken = table.fields(line)
            code, key = _places_of(names)
        except _ProblemError as error:
            names, code, key, problem = [], None, None, problem or error
        if code is not None and key is not None:
            table.code, table.key, table.width = code, key, len(names)
            table.blanks = all(name.startswith(" ") for name in names[1:])
            return table
        lines.give_back(taken[1:])
        if len(names) > len(best):
            best, between = names, delimiter
    if "\0" in line:
        raise UsageError(f"{lines.name}: line {lines.number} has NUL bytes; it is no text, or damaged.")
    if problem and len(best) < len(_CALLED):  # else it is one that another delimiter makes
        raise UsageError(f"{lines.name}: the header, line {lines.number}, {problem}.")
    shown = printable(", ".join(name.strip() for name in best), _MOST_SHOWN)
    raise UsageError(
        f"{lines.name}: line {lines.number} is no header with the columns code and session_key, but has: "
        f"{shown}. {_how_to_name(best, between)}"
    )


def _how_to_name(columns: list[str], delimiter: str) -> str:
    """What to do about the line in the header's place, with these columns."""
    between = "<Tab>" if delimiter == "\t" else delimiter  # which a terminal shows as a blank
    keys = [number for number, column in enumerate(columns) if column.strip(" \"'").startswith(OWN)]
    if not keys:
        return (
            "Call the two columns so, and leave the others as they are. (If it is the first row already, put "
            f"a line above it that names its columns, as {_CODE}{between}{_KEY} does.)"
        )
    place, number = keys[0] + 1, len(columns)
    if number == 1:
        return "It has session keys alone, and the codes of their vouchers are needed as well."
    if number == len(_CALLED):
        header = between.join([_KEY, _CODE] if place == 1 else [_CODE, _KEY])
        return f"It is the first row already: put this line above it: {header}"
    return (
        f"It is the first row already: put a line above it that names its {number} columns, {_KEY} as number "
        f"{place} and {_CODE} where the codes are."
    )
