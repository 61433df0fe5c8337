"""Read an OpenAPI document from JSON, YAML or a documentation page, and keep it as this project keeps it.

`python -m scripts.source PAGE --out openapi/vouchers.json`

A documentation page is Markdown in which one fenced block holds the document. Its info string names a file, a
method and a path: `yaml /openapi/vouchers.json delete /v1/vouchers/{code}/sessions/{sessionKey}`.

Values stay what JSON can hold: YAML's timestamps stay text, and so do `yes` and `no` (the core schema of YAML
1.2 knows neither); keys are text. Whatever has no place in JSON is refused with its line.
"""

from __future__ import annotations

import argparse
import json
import math
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import unquote

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from scripts.command import DONE, CommandError, UnusableInputError, progress, run, system_error
from scripts.swap import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.command import Document, Json

MAX_DEPTH = 200
"""Levels of nesting that a document may have; the vendor's largest has fewer than a quarter of them."""

MAX_EXPANSION = 64_000_000
"""Characters that a YAML document's values may come to once its aliases are written out."""


@dataclass(frozen=True)
class Text:
    """A piece of a source, with the place that it starts at.

    Attributes:
        source: The source's name, for messages.
        content: The text; lines end with a line feed.
        first_line: The number of its first line in the source.
    """

    source: str
    content: str
    first_line: int = 1

    def refuse(self, reason: str, *, line: int, column: int) -> NoReturn:
        """Raise the error for a place in this text, both counted from one."""
        raise UnusableInputError(
            f"{self.source}, line {self.first_line + line - 1}, column {column}: {reason}"
        )

    def refuse_at(self, reason: str, offset: int) -> NoReturn:
        """Raise the error for a character of this text."""
        before = self.content[:offset]
        self.refuse(reason, line=before.count("\n") + 1, column=offset - (before.rfind("\n") + 1) + 1)


def read(path: Path) -> Document:
    """Read the OpenAPI document that a file holds.

    Args:
        path: A file with JSON, YAML or a documentation page.

    Returns:
        The document.

    Raises:
        UnusableInputError: The file cannot be read or holds no OpenAPI document.
    """
    content = _bytes(path)
    with progress(f"Reading {path}"):
        return parse(content, str(path))


def read_mapping(path: Path) -> dict[str, Json]:
    """Read a YAML file that holds a mapping, with the same strictness as a document.

    Args:
        path: The file.

    Returns:
        The mapping.

    Raises:
        UnusableInputError: The file cannot be read or holds something else.
    """
    value = _read_yaml(Text(str(path), _decode(_bytes(path), str(path))))
    if not isinstance(value, dict):
        raise UnusableInputError(f"{path} holds {_kind(value)} where a mapping belongs.")
    return value


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnusableInputError(system_error(error)) from error


def parse(content: bytes, source: str) -> Document:
    """Take the OpenAPI document out of a source's bytes.

    Args:
        content: JSON, YAML or a documentation page. The name's ending tells which; without a known ending the
            text itself does.
        source: The source's name, for that and for messages.

    Returns:
        The document.

    Raises:
        UnusableInputError: The bytes hold no OpenAPI document; says where and why.
    """
    text = Text(source, _decode(content, source))
    ending = Path(source).suffix.lower()
    start = text.content.lstrip()[:1]
    if ending == ".json" or (ending not in _ENDINGS and start in ("{", "[")):
        value = _read_json(text)
    elif ending in (".yaml", ".yml"):
        value = _read_yaml(text)
        _refuse_dangling(value, source)
    elif start == "<":
        raise UnusableInputError(f"{source} is an HTML or XML page, not an OpenAPI document.")
    elif ending in _ENDINGS or _FENCE.search(text.content):
        value = _read_page(text)
    else:
        value = _read_yaml(text)
        _refuse_dangling(value, source)
    return _checked(value, source)


_ENDINGS = {".json", ".yaml", ".yml", ".md", ".mdx", ".markdown"}


def vendored(document: Document) -> bytes:
    """Write a document in the form that this project keeps.

    Args:
        document: The document.

    Returns:
        JSON with two spaces, keys in their order, UTF-8 as it is, and a line feed at the end.
    """
    return (json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _decode(content: bytes, source: str) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnusableInputError(f"{source} is UTF-16; an OpenAPI document is UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnusableInputError(
            f"{source}, line {line}: byte {error.start} (0x{content[error.start]:02x}) is not UTF-8; "
            "an OpenAPI document is UTF-8 text."
        ) from error
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise UnusableInputError(
            f"{source}, line {line}: holds a zero byte, so it is binary, not an OpenAPI document."
        )
    if not text.strip():
        raise UnusableInputError(f"{source} is empty.")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _checked(value: Json, source: str) -> Document:
    """Hold a value against what every OpenAPI document has."""
    refused = f"{source} is not an OpenAPI document: "
    if not isinstance(value, dict):
        raise UnusableInputError(f"{refused}it holds {_kind(value)} where an object belongs.")
    if "swagger" in value and "openapi" not in value:
        raise UnusableInputError(f"{refused}it is a Swagger 2 document; version 3 of OpenAPI is needed.")
    version = value.get("openapi")
    if not isinstance(version, str) or not re.fullmatch(r"3\.\d+(\.\d+)?(-.+)?", version):
        found = f"its `openapi` is {json.dumps(version)}" if "openapi" in value else "it has no `openapi`"
        raise UnusableInputError(f"{refused}{found}; a text like '3.0.1' belongs there.")
    for name in ("info", "paths"):
        if not isinstance(value.get(name), dict):
            found = f"its `{name}` is {_kind(value[name])}" if name in value else f"it has no `{name}`"
            raise UnusableInputError(f"{refused}{found}; an object belongs there. It may have been cut off.")
    return value


def _kind(value: Json) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, (int, float)):
        return "a number"
    return "a list" if isinstance(value, list) else "an object"


# Pages


_FENCE = re.compile(
    r"^(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>yaml|yml|json)[ \t]+(?P<file>[^\s`]+)[ \t]+"
    r"(?P<method>get|put|post|delete|options|head|patch|trace)[ \t]+(?P<path>/[^\s`]*)[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
_ANY_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}(?=[^`]*$)|~{3,})")


def _read_page(page: Text) -> Json:
    """Read the one fenced block that names a file, a method and a path."""
    blocks = list(_blocks(page))
    if not blocks:
        raise UnusableInputError(
            f"{page.source} has no fenced block whose info string names a language, a file, a method and "
            "a path, as in 'yaml /openapi/vouchers.json delete /v1/vouchers/{code}'."
        )
    if len(blocks) > 1:
        lines = ", ".join(str(block.first_line - 1) for _, block in blocks)
        raise UnusableInputError(
            f"{page.source} has {len(blocks)} fenced blocks with a document (lines {lines}), not one."
        )
    opening, block = blocks[0]
    value = _read_json(block) if opening["language"].lower() == "json" else _read_yaml(block)
    document = _checked(value, page.source)
    method, path = opening["method"].lower(), opening["path"]
    paths = document["paths"]
    item = paths.get(path) if isinstance(paths, dict) else None
    if not isinstance(item, dict) or method not in item:
        raise UnusableInputError(
            f"{page.source}, line {block.first_line - 1}: the block promises {method.upper()} {path}, and "
            "its document has no such operation. It may have been cut off."
        )
    return value


def _blocks(page: Text) -> Iterator[tuple[re.Match[str], Text]]:
    """Find the page's fenced blocks, as CommonMark reads them, whose info string names an operation."""
    lines = page.content.split("\n")
    number = 0
    while number < len(lines):
        fence = _ANY_FENCE.match(lines[number])
        opening = _FENCE.match(lines[number])
        number += 1
        if fence is None:
            continue
        mark = fence["fence"]
        closing = re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*")
        first = number
        while number < len(lines) and not closing.fullmatch(lines[number]):
            number += 1
        if opening is not None:
            if number == len(lines):
                page.refuse(
                    "the fenced block that starts here has no end; the page was cut off.",
                    line=first,
                    column=1,
                )
            indent = re.compile(rf" {{0,{len(opening['indent'])}}}")
            content = "".join(indent.sub("", line, count=1) + "\n" for line in lines[first:number])
            yield opening, Text(page.source, content, page.first_line + first)
        number += 1


# JSON


_JSON_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:]|[^\s"{}\[\]:,]+')
_SURROGATE = re.compile("[\ud800-\udfff]")


_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")


class _Watch:
    """Looks on while Python's reader reads JSON, at little cost, for what it lets pass.

    Attributes:
        suspects: Whether anything was seen; `_refuse_json_traps` then finds what and where.
    """

    def __init__(self) -> None:
        self.suspects = False

    def pairs(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        """Make an object; a key that stands twice makes it smaller."""
        made = dict(pairs)
        self.suspects = self.suspects or len(made) != len(pairs)
        return made

    def number(self, text: str) -> float:
        """Read a number that is no whole one, or what Python takes for one."""
        value = float(text)
        self.suspects = self.suspects or not math.isfinite(value)
        return value


def _is_deep(value: Json) -> bool:
    """Tell whether a value nests deeper than a document may."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            inner
            for item in level
            if isinstance(item, (dict, list))
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return bool(level)


def _read_json(text: Text) -> Json:
    watch = _Watch()
    try:
        value: Json = json.loads(
            text.content,
            object_pairs_hook=watch.pairs,
            parse_float=watch.number,
            parse_constant=watch.number,
        )
    except json.JSONDecodeError as error:
        if not text.content[error.pos :].strip():
            text.refuse_at("the JSON ends here before it is complete; it was cut off.", error.pos)
        text.refuse_at(f"not JSON: {error.msg}.", error.pos)
    except RecursionError:
        raise UnusableInputError(f"{text.source} nests deeper than {MAX_DEPTH} levels.") from None
    except ValueError:  # a number of more digits than Python reads
        most = sys.get_int_max_str_digits()
        raise UnusableInputError(
            f"{text.source} is not usable: a whole number in it has more than {most:,} digits."
        ) from None
    if watch.suspects or _SURROGATE_ESCAPE.search(text.content) or _is_deep(value):
        _refuse_json_traps(text)
    return value


def _refuse_json_traps(text: Text) -> None:
    """Refuse what Python's reader lets pass: a key twice, deep nesting, and `_refuse_scalar`'s."""
    keys: list[set[str]] = []  # per open bracket: the keys so far; none come in a list
    last: tuple[str, int] = ("", 0)
    for match in _JSON_PART.finditer(text.content):
        part, offset = match[0], match.start()
        if part in "{[":
            keys.append(set())
            if len(keys) > MAX_DEPTH:
                text.refuse_at(f"nests deeper than {MAX_DEPTH} levels.", offset)
        elif part in "}]":
            keys.pop()
        elif part != ":":
            _refuse_scalar(text, part, offset)
        else:
            key = json.loads(last[0])
            if key in keys[-1]:
                shown = json.dumps(key, ensure_ascii=False)
                text.refuse_at(f"the key {shown} stands twice in one object.", last[1])
            keys[-1].add(key)
        last = (part, offset)


def _refuse_scalar(text: Text, part: str, offset: int) -> None:
    """Refuse NaN, endless numbers and half characters."""
    if part[0] == '"':
        if "\\u" in part and _SURROGATE.search(json.loads(part)):
            text.refuse_at("half of a surrogate pair is no character.", offset)
    elif part not in ("true", "false", "null") and not math.isfinite(float(part)):
        text.refuse_at(f"{part[:40]} is not a number that JSON can hold.", offset)


# YAML


_NULL = re.compile(r"(?:null|Null|NULL|~|)")
_TRUE = re.compile(r"(?:true|True|TRUE)")
_FALSE = re.compile(r"(?:false|False|FALSE)")
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED_INTEGER = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")

_TEXT_TAGS = {"!", "tag:yaml.org,2002:str"}
_COLLECTION_TAGS = {None, "!", "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}


def _read_yaml(text: Text) -> Json:
    builder = _Builder(text)
    try:
        for event in YAML(typ="safe", pure=True).parse(text.content):
            builder.take(event)
    except CommandError:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"not YAML: {error.problem or error.context}."
        text.refuse(reason, line=mark.line + 1, column=mark.column + 1)
    except ReaderError as error:
        text.refuse_at(f"the character U+{error.character:04X} has no place in YAML.", error.position)
    except Exception as error:  # the parser lets some of Python's own errors through
        raise UnusableInputError(f"{text.source} is not YAML: {error}.") from error
    return builder.value


@dataclass
class _Open:
    """A collection whose end has not come yet."""

    value: dict[str, Json] | list[Json]
    anchor: str | None
    size: int = 0
    key: str | None = None


@dataclass
class _Builder:
    """Builds JSON's values from YAML's events, without recursion and without Python's types.

    Attributes:
        text: The YAML, for places in messages.
        value: The document's value once all events were taken.
    """

    text: Text
    value: Json = None
    _open: list[_Open] = field(default_factory=list)
    _anchors: dict[str, tuple[Json, int]] = field(default_factory=dict)
    _documents: int = 0

    def take(self, event: Any) -> None:  # noqa: ANN401 - the events share no typed interface
        """Take the next event."""
        if isinstance(event, ScalarEvent):
            self._scalar(event)
        elif isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self._start(event)
        elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
            done = self._open.pop()
            if done.anchor is not None:
                self._anchors[done.anchor] = (done.value, done.size)
            self._add(event, done.value, done.size)
        elif isinstance(event, AliasEvent):
            self._alias(event)
        elif isinstance(event, DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                self._refuse(event, "a second YAML document starts here; one belongs in a file.")

    def _refuse(self, event: Any, reason: str) -> NoReturn:  # noqa: ANN401 - as above
        self.text.refuse(reason, line=event.start_mark.line + 1, column=event.start_mark.column + 1)

    def _wants_key(self) -> _Open | None:
        """Return the innermost open mapping if a key comes next."""
        inner = self._open[-1] if self._open else None
        return inner if inner is not None and isinstance(inner.value, dict) and inner.key is None else None

    def _scalar(self, event: Any) -> None:  # noqa: ANN401 - as above
        text = self._characters(event)
        mapping = self._wants_key()
        if mapping is not None:
            if text == "<<" and event.implicit[0]:
                self._refuse(event, "a merge key (<<) has no meaning in JSON.")
            if text in mapping.value:
                self._refuse(event, f"the key {text!r} stands twice in one mapping.")
            mapping.key = text
            mapping.size += len(text)
            value: Json = text
        else:
            value = self._resolve(event, text)
            self._add(event, value, len(text))
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, len(text))

    def _characters(self, event: Any) -> str:  # noqa: ANN401 - as above
        """Join surrogate pairs, which JSON's writers use in their escapes."""
        text = str(event.value)
        if not _SURROGATE.search(text):
            return text
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._refuse(event, "half of a surrogate pair is no character.")

    def _resolve(self, event: Any, text: str) -> Json:  # noqa: ANN401 - as above
        """Give a scalar the type that YAML 1.2's core schema names for it."""
        if event.tag in _TEXT_TAGS or (event.tag is None and not event.implicit[0]):
            return text
        if event.tag is not None:
            self._refuse(event, f"the tag {event.tag} has no meaning in JSON.")
        if _NULL.fullmatch(text):
            return None
        if _TRUE.fullmatch(text) or _FALSE.fullmatch(text):
            return bool(_TRUE.fullmatch(text))
        if _BASED_INTEGER.fullmatch(text):
            return int(text, 0)
        if _NOT_FINITE.fullmatch(text) or (_FLOAT.fullmatch(text) and not math.isfinite(float(text))):
            self._refuse(event, f"{text[:40]} is not a number that JSON can hold.")
        if _INTEGER.fullmatch(text):
            return int(text)
        return float(text) if _FLOAT.fullmatch(text) else text

    def _start(self, event: Any) -> None:  # noqa: ANN401 - as above
        if self._wants_key() is not None:
            self._refuse(event, "a key is a text, not a collection.")
        if event.tag not in _COLLECTION_TAGS:
            self._refuse(event, f"the tag {event.tag} has no meaning in JSON.")
        if len(self._open) == MAX_DEPTH:
            self._refuse(event, f"nests deeper than {MAX_DEPTH} levels.")
        # An alias within the collection that its anchor names finds no value yet, and is refused.
        self._anchors.pop(event.anchor, None)
        self._open.append(_Open({} if isinstance(event, MappingStartEvent) else [], event.anchor))

    def _alias(self, event: Any) -> None:  # noqa: ANN401 - as above
        if event.anchor not in self._anchors:
            self._refuse(event, f"the alias *{event.anchor} stands for nothing that is complete before it.")
        value, size = self._anchors[event.anchor]
        mapping = self._wants_key()
        if mapping is not None:
            self._refuse(event, "a key is a text, not an alias.")
        self._add(event, value, size)

    def _add(self, event: Any, value: Json, size: int) -> None:  # noqa: ANN401 - as above
        if not self._open:
            self.value = value
            return
        inner = self._open[-1]
        inner.size += size + 1
        if inner.size > MAX_EXPANSION:
            self._refuse(event, "its aliases make the document too large.")
        if isinstance(inner.value, list):
            inner.value.append(value)
        else:
            inner.value[str(inner.key)] = value
            inner.key = None


def _refuse_dangling(value: Json, source: str) -> None:
    """Refuse YAML that was cut off: what is missing can only be seen by references that lead nowhere."""
    pending: list[Json] = [value]
    seen: set[int] = set()  # aliases make one object stand in many places
    while pending:
        item = pending.pop()
        if not isinstance(item, (dict, list)) or id(item) in seen:
            continue
        seen.add(id(item))
        pending.extend(item.values() if isinstance(item, dict) else item)
        reference = item.get("$ref") if isinstance(item, dict) else None
        if isinstance(reference, str) and reference.startswith("#/") and not _resolves(value, reference):
            raise UnusableInputError(
                f"{source} refers to {reference}, which it does not hold. It may have been cut off."
            )


def _resolves(value: Json, reference: str) -> bool:
    for part in unquote(reference[2:]).split("/"):
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return False
    return True


def main() -> int:
    """Read one source and write its document."""
    parser = argparse.ArgumentParser(prog="python -m scripts.source", description="Keep an OpenAPI document.")
    parser.add_argument("source", type=Path, help="a file with JSON, YAML or a documentation page")
    parser.add_argument("--out", type=Path, required=True, help="the JSON file to write")
    options = parser.parse_args()
    write_file(options.out, vendored(read(options.source)))
    return DONE


if __name__ == "__main__":
    sys.exit(run("source", main))
