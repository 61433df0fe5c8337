"""Lists of sessions: every row is a pair, or is named with its line and what is wrong with it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import pty
import threading
import unicodedata
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucherify_wrapper import ReleasesStoppedError, UsageError
from voucherify_wrapper.cli._lines import LONGEST_LINE, Lines
from voucherify_wrapper.cli._pairs import BadRow, Row, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a test's list is."""
    return tmp_path / "list"


def read(file: Path, content: bytes | str, form: Any = None) -> list[Row | BadRow]:
    """The rows of a list with this content."""
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with Lines(str(file)) as lines:
        return list(rows_of(lines, form))


def shortly(value: object) -> str:
    """A test's name must not be as long as what it reads."""
    return ascii(value)[:40]


def told(rows: Iterable[Row | BadRow]) -> list[tuple[Any, ...]]:
    """The pairs with their lines, and of bad rows the line and the problem."""
    return [
        (row.line, row.problem) if isinstance(row, BadRow) else (row.line, row.code, row.session_key)
        for row in rows
    ]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("code,session_key\na,k\n", [(2, "a", "k")]),
        ("code,session_key\na,k", [(2, "a", "k")]),
        ("session_key,customer,code\nk,Ann,a\n", [(2, "a", "k")]),
        ("Code;Session Key\r\na;k\r\n", [(2, "a", "k")]),
        ("voucher_code\tsessionKey\na\tk\n", [(2, "a", "k")]),
        ("VOUCHER|key\ra|k\r", [(2, "a", "k")]),
        ("code,key,voucher\na,k,other\n", [(2, "a", "k")]),
        ('"code","session.key"\n"a,b","k"\n', [(2, "a,b", "k")]),
        ("code, key\na, k\n", [(2, "a", "k")]),
        ('code, key\n"a", "k"\n', [(2, "a", "k")]),
        ("code,key\na b,k l\n", [(2, "a b", "k l")]),
        ("sep=;\ncode;key\na;k\n", [(3, "a", "k")]),
        ("sep=;\n\ncode;key\na;k\n", [(4, "a", "k")]),
        ("\n \ncode,key\n\na,k\n,\n , \n", [(5, "a", "k")]),
        ("code,key,note\na,k\nb,l,,,\n", [(2, "a", "k"), (3, "b", "l")]),
        ('code,key,note\na,k,"1\n2"\nb,l,\n', [(2, "a", "k"), (4, "b", "l")]),
        ('code,key,"a\nnote"\na,k,\n', [(3, "a", "k")]),
        ('code,key\n"12"" pizza",k\n', [(2, '12" pizza', "k")]),
        ('code,key,note\na,k,5" screen\n', [(2, "a", "k")]),
        ("\ufeffcode,key\nä,k\n", [(2, "ä", "k")]),
        ("code,key\na\u2028b\x0c\x1c\x85c,k\n", [(2, "a\u2028b\x0c\x1c\x85c", "k")]),
        ("code,key\n", []),
    ],
)
def test_csv_is_read_as_programs_write_it(file: Path, content: str, rows: list[Any]) -> None:
    """With any delimiter, line end, order and naming that is in use; what is empty is passed over."""
    assert told(read(file, content)) == rows


CSV_PROBLEMS = [
    ("a\n", "has no session_key"),
    (",k\n", "has no code"),
    ("a;k\n", "has ';' between its columns, and the header has ','; write all of them with the same"),
    ('"a;k"\n', "has no session_key"),
    ('"",k\n', "has no code"),
    ("a,b,k\n", "has 3 columns, and the header has 2"),
    ('a"b,k\n', "quotation mark in a value that is not in quotation marks itself"),
    ('a, "k"\n', "quotation mark in a value that is not in quotation marks itself"),
    ('"a"b,k\n', "quotation mark that is never closed"),
    ('"a,k\n', "quotation mark that is never closed"),
    ('"a\n"\n', "closed in a later line"),
    ("a,k \n", "has a session_key with a blank at an end; trim it, as databases and"),
    ('a,"k  "\n', "has a session_key with a blank at an end; trim it, as databases and"),
    ('a,"k\n"\n', "has a session_key with a blank at an end"),
    ("a,\xa0k\n", "a session_key with a blank at an end"),
    ('"a", \n', "a session_key with a blank at an end"),
    (" a,k\n", "has a code with a blank at an end"),
    ("a,\u200bk\n", "has a session_key with an invisible character (U+200B) at an end; drop it"),
    ("\ufeffa,k\n", "has a code with an invisible character (U+FEFF) at an end"),
    ("a,'k'\n", "has a session_key in quotation marks of its own; take them away"),
    ("a,'k\n", "has a session_key in quotation marks of its own"),
    ('a,"""k"""\n', "has a session_key in quotation marks of its own"),
    ("\u201ca\u201d,k\n", "has a code in quotation marks of its own"),
    ("..,k\n", "cannot be sent: code must not be '..'"),
    ("a\0,k\n", "NUL byte in its code"),
    ("a," + "k" * LONGEST_LINE + "\n", "is longer than 1,048,576 characters"),
    ('"a","' + "k" * 200_000 + '"\n', "quotation mark that is never closed"),
]


@pytest.mark.parametrize(("row", "problem"), CSV_PROBLEMS, ids=shortly)
def test_a_bad_row_of_csv_harms_no_other(file: Path, row: str, problem: str) -> None:
    """It is told with its line, and the rows before and behind it are read."""
    before, *found = told(read(file, f"code,key\nb,1\n{row}c,2\nd,3\n"))

    assert before == (2, "b", "1")
    assert found[0][0] == 3
    assert problem in found[0][1]
    assert found[-2:] == [(3 + row.count("\n"), "c", "2"), (4 + row.count("\n"), "d", "3")]


def test_a_mark_that_is_never_closed_costs_one_row(file: Path) -> None:
    """However long the list is; so does one behind which a line is too long to be kept."""
    rows = [f"c{number},k" for number in range(1000)]
    unclosed = told(read(file, "\n".join(["code,key", '"x,k', *rows])))
    too_long = told(read(file, "\n".join(["code,key", '"x,k', "y" * 2 * LONGEST_LINE, "c,k"])))

    assert [row[0] for row in unclosed] == list(range(2, 1003))
    assert [len(row) for row in unclosed] == [2, *[3] * 1000]
    assert [row[0] for row in too_long] == [2, 3, 4]
    assert too_long[-1] == (4, "c", "k")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('{"code": "a", "session_key": "k"}', ("a", "k")),
        ('{"sessionKey": "k", "more": [1], "voucher": "a"}', ("a", "k")),
        ('["a", "k"]', ("a", "k")),
        ('["a,\\u00e4\\ud83d\\ude00", "k"]', ("a,ä😀", "k")),
        ('{"code": "a"}', "has no session_key"),
        ('{"code": null, "key": "k"}', "has no code"),
        ('{"code": 7, "key": "k"}', "has a code that is no text"),
        ('{"code": "a", "key": "k", "KEY": "l"}', "has two columns for the session_key"),
        ('{"code": "a", "code": "b", "key": "k"}', "has two columns for the code"),
        (
            '{"code": {"a": 1}, "key": "k"}',
            "has a code with values of its own in it; give the code by itself",
        ),
        ('{"code": "a", "session": [1]}', "has a session_key with values of its own in it"),
        ('{"code": "\\ud800", "key": "k"}', "cannot be sent: code holds half a surrogate pair"),
        ('{"code": "\\u0000", "key": "k"}', "has a NUL byte"),
        ('["a", "k "]', "has a session_key with a blank at an end; trim it"),
        ('["a", "k\\n"]', "has a session_key with a blank at an end; trim it"),
        ('["\\ta", "k"]', "has a code with a blank at an end; trim it"),
        ('["a", "k\\u0001"]', "has a session_key with an invisible character (U+0001) at an end"),
        ('["a", "\\"k\\""]', "has a session_key in quotation marks of its own"),
        ("""["'", "k"]""", ("'", "k")),
        ("""["5'", "k"]""", ("5'", "k")),
        ("""["'5", "k"]""", ("'5", "k")),
        ('["a"]', "is neither"),
        ('"a"', "is neither"),
        ("a,k", "is not JSON (Expecting value, column 1)"),
        ("[" * 200_000, "is no JSON that can be read"),
        ("[" + "7" * 5000 + "]", "is no JSON that can be read"),
    ],
    ids=shortly,
)
def test_json_lines_are_read_or_told(file: Path, line: str, found: Any) -> None:
    """Objects with the names, or arrays of two; anything else is a bad row, and harms no other."""
    first, row, last = told(read(file, f'["b", "1"]\n\n{line}\n["c", "2"]'))

    assert (first, last) == ((1, "b", "1"), (4, "c", "2"))
    assert row == (3, *found) if isinstance(found, tuple) else found in row[1]
    assert row[0] == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "is empty: not even a header is in it. See whether the export failed."),
        ("\n \n", "is empty: not even a header is in it"),
        ("a,k\nb,l\n", "line 1 is no header with the columns code and session_key, but has: a, k. Call the"),
        (
            "id;voucher_id;session_id\n",
            "Call the two columns so, and leave the others as they are. (If it is",
        ),
        ("id;voucher_id\n", "a line above it that names its columns, as code;session_key does.)"),
        ("v,ssn_1\n", "It is the first row already: put this line above it: code,session_key"),
        ("ssn_1\tv\n", "It is the first row already: put this line above it: session_key<Tab>code"),
        ('"1";"v";"ssn_1"\n', "names its 3 columns, session_key as number 3 and code where the codes are."),
        ("a\0b\n", "line 1 has NUL bytes; it is no text, or damaged."),
        ("ssn_1\n", "It has session keys alone, and the codes of their vouchers are needed as well."),
        ("\n\nname;key\n", "line 3 is no header"),
        ("sep=;\na;b\n", "line 2 is no header"),
        ("code,code,key\n", "the header, line 1, has two columns for the code"),
        ('code,"key\n', "the header, line 1, has a quotation mark that is never closed"),
        ("\x1b[31mred,k\n", "but has:  [31mred, k."),
        (
            '[{"code": "a", "key": "k"}]',
            "is one JSON array; what is needed is one pair a line. Try: jq -c '.[]' FOLDER/list | voucherify",
        ),
        ("[\n", "is one JSON array"),
        ("{\n", "is JSON over several lines"),
        (b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "is a workbook (.xlsx)"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is a workbook of an old Excel"),
        (gzip.compress(b"code,key\na,k\n", mtime=0), "Unpack it on the way: zcat FOLDER/list | voucherify"),
        (b"%PDF-1.7\n%", "is a PDF"),
        (b"SQLite format 3\x00\x10\x00", "is a database"),
        (b"\xff\xfea", "line 1 is not UTF-16-LE text"),
    ],
    ids=shortly,
)
def test_what_is_no_list_is_refused_at_once(file: Path, content: bytes | str, said: str) -> None:
    """With what it is, and what to do about it; the words hold nothing that steers a terminal."""
    with pytest.raises(UsageError) as caught:
        read(file, content)

    assert said.replace("  ", " ").replace("FOLDER", str(file.parent)) in str(caught.value)
    assert str(caught.value).isprintable()


def test_the_format_can_be_settled(file: Path) -> None:
    """Where what it begins with misleads."""
    assert told(read(file, '["code"],{key}\na,k\n', "csv")) == [(2, "a", "k")]
    assert told(read(file, "code,key\n", "jsonl")) == [(1, "is not JSON (Expecting value, column 1)")]
    assert told(read(file, "\n", "jsonl")) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("content", ["code\tkey\r\nä\tk\r\n😀\tl\r\n", '["ä", "k"]\n["😀", "l"]\n'])
def test_what_excel_writes_is_read(file: Path, content: str, encoding: str) -> None:
    """UTF-8, UTF-16 and UTF-32, with a byte order mark, and UTF-16 without one."""
    assert [row[1:] for row in told(read(file, content.encode(encoding)))] == [("ä", "k"), ("😀", "l")]


def test_utf_16_of_the_other_order_is_read(file: Path) -> None:
    """By its byte order mark."""
    for encoding in ("utf-16-be", "utf-32-be"):
        assert told(read(file, "\ufeffcode,key\nä,k\n".encode(encoding))) == [(2, "ä", "k")]


def test_another_encoding_harms_what_it_is_in(file: Path) -> None:
    """A name that is not UTF-8 is left alone; a code is told."""
    found = told(read(file, "code,key,name\na,k,Jürgen\nfür,l,Ann\nb,m,\n".encode("cp1252")))

    assert found[0] == (2, "a", "k")
    assert found[1][0] == 3
    assert "a code that is not UTF-8 text; save the list as 'CSV UTF-8'" in found[1][1]
    assert found[2] == (4, "b", "m")


def test_a_list_that_breaks_off_is_told_behind_what_it_has(file: Path) -> None:
    """Half a character at the end ends the reading with an exception that names the line."""
    file.write_bytes("code,key\na,k\nb,".encode("utf-16") + b"\0")
    with Lines(str(file)) as lines:
        rows = rows_of(lines)
        assert told([next(rows)]) == [(2, "a", "k")]
        with pytest.raises(ReleasesStoppedError, match="line 3 is not UTF-16-LE text; nothing from there on"):
            next(rows)


def test_a_device_that_goes_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """As is any failure of reading in the middle."""
    terminal, line = pty.openpty()
    os.write(line, b"code,key\na,k\n")
    with open(terminal) as stdin:  # noqa: PTH123 - a descriptor
        monkeypatch.setattr("sys.stdin", stdin)
        with Lines("-") as lines:
            rows = rows_of(lines)
            assert told([next(rows)]) == [(2, "a", "k")]
            assert lines.left() is None
            os.close(line)
            said = r"standard input: line 3 cannot be read \(Input/output error\)"
            with pytest.raises(ReleasesStoppedError, match=said):
                next(rows)


def test_standard_input_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then there is no list."""
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UsageError, match="Standard input is closed"):
        Lines("-")


@pytest.mark.parametrize("name", ["no/such/file", ".", "/proc/self/mem", "nul\0"])
def test_a_file_that_cannot_be_read_is_told(name: str) -> None:
    """Be it missing, a folder, or something that gives nothing."""
    with pytest.raises(UsageError, match="cannot be read"):
        Lines(name)


def test_a_pipe_is_read_as_it_is_written(file: Path) -> None:
    """A row is there as soon as its line is, and how many there will be is not known."""
    os.mkfifo(file)
    written = threading.Event()

    def write() -> None:
        with file.open("wb", buffering=0) as pipe:
            pipe.write(b"code,key\na,k\n")
            assert written.wait(30)
            pipe.write(b"b,l\n")

    writer = threading.Thread(target=write)
    writer.start()
    with Lines(str(file)) as lines:
        rows = rows_of(lines)
        first = next(rows)
        written.set()
        assert told([first, *rows]) == [(2, "a", "k"), (3, "b", "l")]
        assert lines.left() is None
    writer.join()


def test_the_lines_of_a_file_are_counted(file: Path) -> None:
    """As they are in the file, but for those that were read."""
    file.write_text("code,key\na,k\nb,l\n")
    with Lines(str(file)) as lines:
        rows = rows_of(lines)
        assert lines.left() == 2
        assert len(list(rows)) == 2
        assert lines.left() == 0
        file.unlink()
        assert lines.left() is None


def is_bare(text: str) -> bool:
    """Whether nothing is around a text that an export may have put there."""
    ends = (text[0], text[-1])
    unseen = any(end.isspace() or unicodedata.category(end) in ("Cc", "Cf") for end in ends)
    return not unseen and text[0] not in "\"'`\xb4\xab\u201c\u2018\u201e"


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=8
).filter(lambda text: text not in (".", "..") and is_bare(text))
NOTES = st.text(st.sampled_from("a\"\n\r,; \t'\\"), max_size=6)


@given(
    pairs=st.lists(st.tuples(TEXTS, TEXTS, NOTES), max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    # Which characters are a reason for quoting depends on the line's end.
    written=st.sampled_from([(csv.QUOTE_ALL, "\n"), (csv.QUOTE_ALL, "\r\n"), (csv.QUOTE_MINIMAL, "\r\n")]),
)
def test_any_text_comes_back_from_csv(
    tmp_path: Path, pairs: list[tuple[str, str, str]], delimiter: str, written: tuple[Any, str]
) -> None:
    """As Python's writer wrote it, each with the line where its row begins."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter, lineterminator=written[1], quoting=written[0])
    writer.writerow(["code", "session_key", "note"])
    expected = []
    for code, key, note in pairs:
        text = stream.getvalue().replace("\r\n", "\n").replace("\r", "\n")
        expected.append((text.count("\n") + 1, code, key))
        writer.writerow([code, key, note])

    assert told(read(tmp_path / "list", stream.getvalue(), "csv")) == expected


@given(pairs=st.lists(st.tuples(TEXTS, TEXTS), max_size=6), ascii_alone=st.booleans(), keyed=st.booleans())
def test_any_text_comes_back_from_json_lines(
    tmp_path: Path,
    pairs: list[tuple[str, str]],
    ascii_alone: bool,  # noqa: FBT001 - a parameter
    keyed: bool,  # noqa: FBT001 - a parameter
) -> None:
    """As Python wrote it, whatever is in it."""
    rows: list[Any] = [{"code": code, "session_key": key} if keyed else [code, key] for code, key in pairs]
    content = "\n".join(json.dumps(row, ensure_ascii=ascii_alone) for row in rows)

    found = told(read(tmp_path / "list", content, "jsonl"))

    assert found == [(number, *pair) for number, pair in enumerate(pairs, 1)]


@given(
    content=st.lists(
        st.sampled_from(
            [
                b"a",
                b"b,c",
                b'"',
                b'""',
                b",",
                b";",
                b"\n",
                b"\r",
                b"\0",
                b"\xff",
                b"\xc3\xa4",
                b"{",
                b"[",
                b"]}",
                b" ",
            ]
        ),
        max_size=30,
    ).map(b"".join),
    header=st.sampled_from([b"", b"code,key\n", b'["a","b"]\n', b"\xff\xfe", b"\xef\xbb\xbf", b"sep=,\n"]),
)
def test_nothing_is_lost_whatever_comes(tmp_path: Path, content: bytes, header: bytes) -> None:
    """Each line that is not empty is part of a row, good or bad, or the whole list is refused."""
    file = tmp_path / "list"
    try:
        found = read(file, header + content)
    except (UsageError, ReleasesStoppedError):
        return
    lines = [row.line for row in found]
    assert lines == sorted(set(lines))
    if header == b"code,key\n" and b'"' not in content:
        texts = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert lines == [number for number, text in enumerate(texts, 2) if text.replace(",", "").strip()]
