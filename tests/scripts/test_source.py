"""Reading an OpenAPI document from what the vendor publishes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.command import UnusableInputError
from scripts.source import MAX_DEPTH, parse, read, read_mapping, vendored

if TYPE_CHECKING:
    from tests.scripts.conftest import Command

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT.parent / "shared" / "specs" / "release-validation-session.md"

HEAD = {"openapi": "3.0.1", "info": {}, "paths": {}}
YAML_HEAD = "openapi: 3.0.1\ninfo: {}\npaths: {}\n"
INFO = "yaml /openapi/small.json get /a"
BLOCK = "openapi: 3.0.1\ninfo: {}\npaths:\n  /a:\n    get: {}\n"


def test_kept_document_is_the_pages_own() -> None:
    """`openapi/vouchers.json` is, byte by byte, the document in the vendor's documentation page."""
    if not PAGE.exists():
        pytest.skip("the vendor's page is not part of this repository, and does not lie beside it")
    assert vendored(read(PAGE)) == (ROOT / "openapi" / "vouchers.json").read_bytes()


def test_kept_form_is_stable() -> None:
    """Reading the kept document and writing it again changes nothing."""
    kept = ROOT / "openapi" / "vouchers.json"
    assert vendored(read(kept)) == kept.read_bytes()


def test_kept_form_keeps_order_and_characters() -> None:
    """Two spaces, keys in their order, characters as they are, one line feed at the end."""
    source = b'{"paths":{"/b":{},"/a":{}},"info":{"title":"\\u00fc\xf0\x9f\x93\x98"},"openapi":"3.1.0"}'
    assert vendored(parse(source, "x.json")).decode() == (
        '{\n  "paths": {\n    "/b": {},\n    "/a": {}\n  },\n'
        '  "info": {\n    "title": "ü📘"\n  },\n  "openapi": "3.1.0"\n}\n'
    )


@pytest.mark.parametrize("fence", ["```", "````", "~~~", "~~~~~~", "   ```"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_page_with_any_fence(fence: str, ending: str) -> None:
    """Fences of any length, of backticks or tildes, indented or not, hold a document."""
    indent = fence[: len(fence) - len(fence.lstrip())]
    block = "".join(f"{indent}{line}\n" for line in BLOCK.splitlines())
    page = f"# Title\n\n{fence}{INFO}\n{block}{fence}\n\nMore.\n".replace("\n", ending)
    assert parse(page.encode(), "page.md") == {**HEAD, "paths": {"/a": {"get": {}}}}


def test_page_without_a_known_ending() -> None:
    """A page is known by its block, whatever its file is called."""
    assert parse(f"```{INFO}\n{BLOCK}```\n".encode(), "page.txt")["openapi"] == "3.0.1"


def test_page_with_json_in_its_block() -> None:
    """A block may hold JSON; errors in it name the line of the page."""
    text = json.dumps({**HEAD, "paths": {"/a": {"get": {}}}}, indent=1)
    assert parse(f"~~~json /x.json GET /a\n{text}\n~~~\n".encode(), "page.md")["openapi"] == "3.0.1"
    with pytest.raises(UnusableInputError, match=r"page\.md, line 3, column 5: not JSON"):
        parse(b"\n```json /x.json get /a\n{'a': 1}\n```\n".replace(b"{'", b"    '"), "page.md")


def test_page_passes_over_other_blocks() -> None:
    """Blocks of other kinds, and fences within the document's own block, do not end or replace it."""
    block = BLOCK + "x-note: |\n  ```yaml\n  a: 1\n  ```\n"
    page = f"```yaml\nnot: this\n```\n\n~~~\n```{INFO}\n~~~\n\n````{INFO}\n{block}````\n\n```python\n"
    assert parse(page.encode(), "page.md")["x-note"] == "```yaml\na: 1\n```\n"


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("# Nothing here\n", "no fenced block"),
        ("```yaml\nopenapi: 3.0.1\n```\n", "no fenced block"),
        (
            f"```{INFO}\n{BLOCK}```\n\n```{INFO}\n{BLOCK}```\n",
            r"2 fenced blocks with a document \(lines 1, 9\)",
        ),
        (f"\n````{INFO}\n{BLOCK}```\n", "line 2, column 1: the fenced block that starts here has no end"),
        (f"```{INFO[:-2]} /b\n{BLOCK}```\n", "promises GET /b, and its document has no such operation"),
        (f"```{INFO}\n{YAML_HEAD}```\n", "promises GET /a, and its document has no such operation"),
        (f"```{INFO}\n{BLOCK}\n  bad: [\n```\n", r"page\.md, line \d+, column \d+: not YAML"),
        (f"```{INFO}\nopenapi: 3.0.1\n```\n", "it has no `info`"),
    ],
)
def test_page_that_is_refused(page: str, reason: str) -> None:
    """A page without exactly one whole document is refused, with the place and the reason."""
    with pytest.raises(UnusableInputError, match=reason):
        parse(page.encode(), "page.md")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("2018-08-01", "2018-08-01"),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-14t21:59:43.10-05:00"),
        ("yes", "yes"),
        ("No", "No"),
        ("off", "off"),
        ("true", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("null", None),
        ("12", 12),
        ("012", 12),
        ("-7", -7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("3.0.1", "3.0.1"),
        ("'404'", "404"),
        ('"\\u00e4"', "ä"),
        ('"\\ud83d\\udcd8"', "📘"),
        ("!!str 404", "404"),
        ("! 404", "404"),
        (">-\n  one\n  two", "one two"),
        ("[1, {a: b}]", [1, {"a": "b"}]),
        ("&a [1]", [1]),
    ],
)
def test_yaml_value(written: str, value: object) -> None:
    """A YAML value is what YAML 1.2 and JSON agree on: dates, yes and no stay text."""
    read_value = parse(f"{YAML_HEAD}x: {written}\n".encode(), "x.yaml")["x"]
    assert read_value == value
    assert type(read_value) is type(value)


@pytest.mark.parametrize("key", ["404", "2XX", "true", "no", "2018-08-01", "null", "'a b'"])
def test_yaml_key_is_text(key: str) -> None:
    """A key is the text that was written, as JSON has no other keys."""
    assert list(parse(f"{YAML_HEAD}x:\n  {key}: 1\n".encode(), "x.yaml")["x"]) == [key.strip("'")]  # type: ignore[arg-type]


def test_yaml_aliases_are_written_out() -> None:
    """An alias stands for its anchor's value, of any kind, key or value."""
    document = parse(f"{YAML_HEAD}&k a: &v {{p: &s t}}\nb: *v\nc: *s\nd: *k\n".encode(), "x.yml")
    assert (document["b"], document["c"], document["d"]) == ({"p": "t"}, "t", "a")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\na: 2\n", "line 5, column 1: the key 'a' stands twice"),
        ("x: &x [*x]\n", r"the alias \*x stands for nothing that is complete"),
        ("a: &x 1\nb: &x [*x]\n", r"the alias \*x stands for nothing that is complete"),
        ("x: *gone\n", r"line 4, column 4: .*gone"),
        ("x: {<<: {a: 1}}\n", "merge key"),
        ("? [a]\n: 1\n", "a key is a text, not a collection"),
        ("a: &a x\n*a : 1\n", "a key is a text, not an alias"),
        ("x: !!binary aGk=\n", "the tag tag:yaml.org,2002:binary has no meaning"),
        ("x: !own {a: 1}\n", "the tag !own has no meaning"),
        ("x: .nan\n", "not a number that JSON can hold"),
        ("x: -.INF\n", "not a number that JSON can hold"),
        ("x: 1e999\n", "not a number that JSON can hold"),
        (f"x: {'9' * 5000}\n", "9999 is not a number that JSON can hold"),
        ('x: "\\ud83d"\n', "half of a surrogate pair"),
        ('x: "\\UFFFFFFFF"\n', "is not YAML"),
        ("---\na: 1\n", "a second YAML document starts here"),
        ("x: 'open\n", "not YAML"),
        ("x: \x01\n", r"line 4, column 4: the character U\+0001 has no place in YAML"),
        (f"x: {'[' * 300}{']' * 300}\n", f"nests deeper than {MAX_DEPTH} levels"),
    ],
)
def test_yaml_that_is_refused(text: str, reason: str) -> None:
    """YAML that says what JSON cannot, or twice, is refused with its place."""
    with pytest.raises(UnusableInputError, match=reason):
        parse(f"{YAML_HEAD}{text}".encode(), "x.yaml")


def test_yaml_bomb_is_refused() -> None:
    """Aliases of aliases that would fill the memory are refused before they do."""
    lines = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 12))
    with pytest.raises(UnusableInputError, match="its aliases make the document too large"):
        parse(f"{YAML_HEAD}x0: &x0 text\n{lines}".encode(), "x.yaml")


def test_yaml_that_was_cut_off() -> None:
    """YAML without its end is still YAML; references that lead nowhere give it away."""
    whole = BLOCK.replace("{}\n", '{"$ref": "#/components/x~1y/0/p%7Bq%7D"}\n').replace(
        'info: {"$ref"', 'info: {"x"'
    )
    whole += "components:\n  x/y:\n  - p{q}: 1\n"
    assert "components" in parse(whole.encode(), "x.yaml")
    for end in ("components:", "  - p{q}", "x/y"):
        with pytest.raises(UnusableInputError, match=r"refers to #/components/.* It may have been cut off"):
            parse(whole[: whole.index(end)].encode(), "document")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b" \n\t\n", "is empty"),
        (b"\xff\xfe{\x00", "is UTF-16"),
        (b'{\n"a": "\xe4"}', r"line 2: byte 8 \(0xe4\) is not UTF-8"),
        (b"\x1f\x8b\x08\x00", "is not UTF-8"),
        (b"{}\n\0", "line 2: holds a zero byte"),
        (b"<!doctype html>", "HTML or XML page"),
        (b"[]", "holds a list where an object belongs"),
        (b"[", "line 1, column 2: the JSON ends here before it is complete"),
        (
            b'{"openapi": "3.0.1",\n "info": {"title',
            "line 2, column 11: the JSON ends|line 2, column 11: not JSON",
        ),
        (b'{"a" 1}', "line 1, column 6: not JSON"),
        (b'{"a": {"b": 1,\n "\\u0062": 2}}', 'line 2, column 2: the key "b" stands twice'),
        (b'{"a": NaN}', "line 1, column 7: NaN is not a number"),
        (b'{"a": [1, -Infinity]}', "column 11: -Infinity is not a number"),
        (b'{"a": 1e999}', "1e999 is not a number"),
        (b'{"a": "\\ud83d"}', "half of a surrogate pair"),
        (b'{"a": ' + b"9" * 5000 + b"}", "is not usable: .*digits"),
        (b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}", f"nests deeper than {MAX_DEPTH} levels"),
        (b"[" * 200_000, f"nests deeper than {MAX_DEPTH} levels"),
        (b'{"swagger": "2.0"}', "Swagger 2 document"),
        (b'{"openapi": "2.0", "info": {}, "paths": {}}', 'its `openapi` is "2.0"'),
        (b'{"openapi": 3.0, "info": {}, "paths": {}}', "its `openapi` is 3.0"),
        (b'{"info": {}, "paths": {}}', "it has no `openapi`"),
        (b'{"openapi": "3.0.1", "info": null, "paths": {}}', "its `info` is null"),
        (b'{"openapi": "3.0.1", "info": {}, "paths": true}', "its `paths` is a boolean"),
        (b'{"openapi": "3.0.1", "info": {}, "paths": 1}', "its `paths` is a number"),
        (b'{"openapi": "3.0.1", "info": {}, "paths": "x"}', "its `paths` is a text"),
        (b'{"openapi": "3.0.1", "info": {}}', "it has no `paths`"),
        (b"just a sentence\n", "holds a text where an object belongs"),
    ],
)
def test_bytes_that_are_refused(content: bytes, reason: str) -> None:
    """What is no OpenAPI document is refused, with the place and the reason."""
    with pytest.raises(UnusableInputError, match=reason):
        parse(content, "document")


def test_byte_order_mark_is_accepted() -> None:
    """A UTF-8 byte order mark at the start is no part of the document."""
    assert parse(b"\xef\xbb\xbf" + json.dumps(HEAD).encode(), "x.json") == HEAD


def test_surrogate_pairs_are_characters() -> None:
    """Both halves of a surrogate pair make one character."""
    assert parse(json.dumps({**HEAD, "x": "📘"}).encode(), "x.json")["x"] == "📘"


# No dollar: `$ref` would be followed.
characters = st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"), exclude_characters="$")
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(characters),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(characters), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_json_read_as_yaml_is_the_same(value: Any) -> None:
    """JSON is YAML too, and every value comes out of both readers alike, and back from the kept form."""
    document = {**HEAD, "x": value}
    text = json.dumps(document, ensure_ascii=False).encode()
    as_json, as_yaml = parse(text, "x.json"), parse(text, "x.yaml")
    assert vendored(as_json) == vendored(as_yaml)
    assert parse(vendored(as_json), "x.json") == document


def test_mapping_of_settings(tmp_path: Path) -> None:
    """A settings file is read with the same care, and must hold a mapping."""
    file = tmp_path / "settings.yaml"
    file.write_text("a: yes\n")
    assert read_mapping(file) == {"a": "yes"}
    file.write_text("- a\n")
    with pytest.raises(UnusableInputError, match="holds a list where a mapping belongs"):
        read_mapping(file)


def test_command_writes_the_kept_form(command: Command, tmp_path: Path) -> None:
    """The command turns a page into the kept file, and replaces what was there."""
    page, out = tmp_path / "page.md", tmp_path / "out.json"
    page.write_text(f"```{INFO}\n{BLOCK}```\n")
    out.write_text("old")
    done = command("source", page, "--out", out)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert out.read_bytes() == vendored(read(page))


@pytest.mark.parametrize("name", ["missing.md", "folder", "empty.md"])
def test_command_refuses_in_one_paragraph(command: Command, tmp_path: Path, name: str) -> None:
    """Unusable input ends with exit code 2 and one line that names it; the old file stands."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "empty.md").touch()
    out = tmp_path / "out.json"
    out.write_text("old")
    done = command("source", tmp_path / name, "--out", out)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert name in done.stderr
    assert out.read_text() == "old"


def test_command_says_what_it_could_not_write(command: Command, tmp_path: Path) -> None:
    """A result that cannot be written ends with exit code 1 and one line."""
    source = tmp_path / "in.json"
    source.write_text(json.dumps(HEAD))
    done = command("source", source, "--out", tmp_path / "no" / "such" / "folder.json")
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1)
    assert "No such file or directory" in done.stderr
