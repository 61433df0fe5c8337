"""The code is read as it means, and code that means nothing is read as nothing."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

import pytest

from scripts.generated_code import Package, Type, plain

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.generated_code import Types

THING = '''
from __future__ import annotations
from typing import TYPE_CHECKING, Any, Literal
from .. import _shapes
from ..types import UNSET, Unset
from nowhere import Stranger
if TYPE_CHECKING:
    from .kind import Kind
    from .gone import Gone
    from .kind import Missing

Loop = "Loop | None"
Both = Other = "list[int]"

@define
class Thing(_shapes.Model):
    """Words."""
    kind: Kind
    bare: int
    held.value: int = 1

    @classmethod
    def _table(cls) -> _shapes.Table:
        from .kind import KIND_VALUES
        return _shapes.Table(
            _shapes.Field("kind-wire", "kind", _shapes.OneOf(*KIND_VALUES), True),
            _shapes.Field("unannotated", "nothing", _shapes.TEXT),
            _shapes.Field("short"),
            *more,
            additional=_shapes.INTEGER,
        )

class Empty(_shapes.Model):
    @classmethod
    def _table(cls):
        if cls:
            return None
        return other()
'''

KIND = """
from typing import Literal
Kind = Literal["a", "b", 3]
KIND_VALUES = ("a", "b", 3)
NO_VALUES = 7
held.value = 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A package with two modules of models, written by hand."""
    models = tmp_path / "models"
    models.mkdir()
    (models / "__init__.py").write_text("")
    (models / "thing.py").write_text(THING)
    (models / "kind.py").write_text(KIND)
    (models / "broken.py").write_text("class Broken(:")
    (models / "binary.py").write_bytes(b"\xff\x00")
    return tmp_path


def scalar(name: str) -> Type:
    return Type("scalar", name=name)


def literal(*values: Any) -> Type:
    return Type("literal", values=frozenset((type(value).__name__, value) for value in values))


ANY, NONE, UNKNOWN = Type("any"), Type("none"), Type("unknown")

MEANINGS: dict[str, set[Type]] = {
    "str": {scalar("string")},
    "datetime.datetime | Unset": {scalar("string")},
    "'int | float | None'": {scalar("integer"), scalar("number"), NONE},
    "Optional[bool]": {scalar("boolean")},
    "Union[str, int]": {scalar("string"), scalar("integer")},
    "Any": {ANY},
    "list": {Type("list", inner=frozenset({ANY}))},
    "list[list[str]]": {Type("list", inner=frozenset({Type("list", inner=frozenset({scalar("string")}))}))},
    "dict[str, int]": {Type("mapping", inner=frozenset({scalar("integer")}))},
    "dict": {Type("mapping", inner=frozenset({ANY}))},
    "Literal['a', -1, True, None]": {literal(*["a", -1, True, None])},
    "Literal[other.value]": {literal()},
    "Kind": {literal("a", "b", 3)},
    "Gone": {UNKNOWN},
    "Missing": {UNKNOWN},
    "Stranger": {UNKNOWN},
    "Loop": {UNKNOWN, NONE},
    "Both | Other": {Type("list", inner=frozenset({scalar("integer")}))},
    "Strange[int]": {UNKNOWN},
    "'not python('": set(),
    "3": {UNKNOWN},
    "lambda: 1": {UNKNOWN},
    "_shapes.TEXT": {scalar("string")},
    "_shapes.ANYTHING": {ANY},
    "_shapes.OBJECT": {Type("mapping", inner=frozenset({ANY}))},
    "_shapes.Union(_shapes.NUMBER, _shapes.NULL, tags=())": {scalar("number"), NONE},
    "_shapes.ListOf(_shapes.DATE)": {Type("list", inner=frozenset({scalar("string")}))},
    "_shapes.OneOf(True)": {literal(*[True])},
    "_shapes.OneOf(*KIND_VALUES)": {literal("a", "b", 3)},
    "_shapes.OneOf(*NO_VALUES)": {literal()},
    "_shapes.OneOf(*GONE_VALUES)": {literal()},
    "_shapes.ModelOf()": {UNKNOWN},
    "_shapes.Mapping()": {UNKNOWN},
}


def meaning(package: Package, code: str) -> Types:
    return package.resolve("models.thing", ast.parse(code, mode="eval").body)


@pytest.mark.parametrize("code", MEANINGS)
def test_types_and_shapes(code: str, folder: Path) -> None:
    """Annotations and shapes are resolved through imports and aliases to what they stand for."""
    assert meaning(Package(folder), code) == MEANINGS[code]


def test_long_unions(folder: Path) -> None:
    """A union of thousands is read."""
    tree: ast.expr = ast.Name("int")
    for number in range(3000):
        tree = ast.BinOp(tree, ast.BitOr(), ast.parse(f"Literal[{number}]", mode="eval").body)
    assert len(Package(folder).resolve("models.thing", tree)) == 3001


def test_models(folder: Path) -> None:
    """A name on the wire counts where it has a field and its attribute; classes are found by plain names."""
    package = Package(folder)
    (thing,) = package.named[plain("thing")]
    (empty,) = package.named[plain("EMPTY")]
    assert package.taken(thing) == {"kind-wire"}
    assert package.claims(thing, "kind-wire") == (frozenset({literal("a", "b", 3)}),)
    assert package.further(thing) == {scalar("integer")}
    assert package.taken(empty) == set()
    assert package.further(empty) == {ANY}
    assert package.alias(thing) == {Type("class", thing)}
    assert "kindvalues" not in package.named
    assert "broken" not in package.named


OPERATION = """
from ... import _requests, _responses, _shapes
_ANSWERS: tuple = (
    _responses.Answer(200, 299, "a/b", _shapes.TEXT), _responses.Answer(7), _responses.Answer(404, 404))
_BODIES = (_requests.Body("a/b", _shapes.TEXT), _requests.Body("c/d"))
def _get_kwargs(one, two):
    return _requests.write_request("GET", "/a/", _requests.Argument("one", one), strange, "/x", query=(
        _requests.Argument("two", two, "form", True), _requests.Argument("free", free), other),
        body=body, bodies=_BODIES)
def sync_detailed(one: str, /, two: int, *, client, body: bytes) -> Response[str]: ...
async def asyncio_detailed(one: str, two: int, other: int, *, body: bytes): ...
"""


def test_operations(folder: Path) -> None:
    """An operation is read from the call that writes its request, and from the tables beside it."""
    module = folder / "api" / "tag" / "name.py"
    module.parent.mkdir(parents=True)
    module.write_text(OPERATION)
    (call,) = Package(folder).calls
    assert (call.method, call.path) == ("get", "/a/{}{}/x")
    assert call.arguments == {
        name: {scalar(kind)} for name, kind in (("one", "string"), ("two", "integer"), ("body", "string"))
    }
    assert [written.argument for written in call.placeholders] == ["one", ""]
    assert {key: (*written,) for key, written in call.sent.items()} == {
        ("query", "two"): ("two", "form", True)
    }
    assert call.bodies == {"a/b": {scalar("string")}, "c/d": {NONE}}
    assert call.answers == {"2XX": {scalar("string")}, "default": {NONE}, "404": {NONE}}
    assert call.returns == (frozenset({scalar("string")}),)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def _get_kwargs", "def other"),
        ("def asyncio_detailed", "def other"),
        ("write_request", "other"),
        ("return _requests", "_requests"),
    ],
)
def test_what_sends_nothing_is_no_operation(before: str, after: str, folder: Path) -> None:
    """A module that lacks one of the functions, or writes no request, sends no operation."""
    module = folder / "api" / "tag" / "name.py"
    module.parent.mkdir(parents=True)
    module.write_text(OPERATION.replace(before, after))
    assert Package(folder).calls == []


def test_request_without_anything(folder: Path) -> None:
    """A request without parts has no method and no path; without tables it has no bodies and no answers."""
    module = folder / "api" / "tag" / "name.py"
    module.parent.mkdir(parents=True)
    start = OPERATION.index("def sync_detailed")
    module.write_text("def _get_kwargs():\n    return write_request()\n" + OPERATION[start:])
    (call,) = Package(folder).calls
    assert (call.method, call.path, call.placeholders, call.bodies, call.answers) == ("", "", (), {}, {})
