"""Two packages are compared as their callers see them: one row for each cause, and the text is never run."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import pytest

from scripts.command import UnusableInputError
from scripts.comparison.changes import Axis
from scripts.surface import compare_packages
from scripts.surfaces import reading
from scripts.surfaces.law import LAW

if TYPE_CHECKING:
    from scripts.comparison.changes import Change
    from tests.scripts.conftest import Command

GENERATED = Path(__file__).resolve().parents[2] / "generated" / "voucherify_client"

B, W, H = "breaking", "warning", "harmless"
Rows = list[tuple[str, str, str]]


def package(folder: Path, modules: dict[str, str]) -> Path:
    """Write a package: the text of each module, by its path without the ending."""
    for name in {"__init__", *modules}:
        file = folder / f"{name}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(modules.get(name, "")), encoding="utf-8")
    return folder


def compared(folder: Path, old: dict[str, str], new: dict[str, str]) -> tuple[Change, ...]:
    """Compare two packages with these modules."""
    return compare_packages(package(folder / "old", old), package(folder / "new", new))


def told(changes: tuple[Change, ...]) -> Rows:
    """Return severity, rule and subject of each row."""
    return [(str(each.severity), each.rule, each.subject) for each in changes]


# What a module defines, on both sides

DEFINITIONS: dict[str, tuple[str, str, Rows]] = {
    "nothing": ("X = 1", "X = 1", []),
    "docstrings and comments": ('"""One."""\ndef f() -> None: "Words."', "# Two\ndef f() -> None: ...", []),
    "private names": ("_X = 1\ndef _f(): ...\nclass _C: ...", "_X = 2\nclass _D: ...", []),
    "a function that is gone": ("def f(): ...", "", [(B, "function-removed", "m.f")]),
    "a function that is new": ("", "async def f(): ...", [(H, "function-added", "m.f")]),
    "a function to wait for": ("def f(): ...", "async def f(): ...", [(B, "function-kind-changed", "m.f")]),
    "an argument with another default": (
        "def f(a: int = 1): ...", "def f(a: int = 2): ...", [(W, "argument-default-changed", "m.f(a)")]
    ),
    "an argument before others": (
        "def f(a, b=1): ...", "def f(a, c=1, b=1): ...", [(B, "argument-added-before", "m.f(c)")]
    ),
    "an argument after others": ("def f(a): ...", "def f(a, b=1): ...", [(H, "argument-added", "m.f(b)")]),
    "any further arguments": (
        "def f(a): ...", "def f(a, *b, **c): ...",
        [(H, "argument-added", "m.f(b)"), (H, "argument-added", "m.f(c)")],
    ),
    "arguments in another order": (
        "def f(a, b, c, d): ...", "def f(c, a, b, d): ...", [(B, "argument-moved", "m.f(c)")]
    ),
    "arguments in the opposite order": (
        "def f(a, b, c): ...", "def f(c, b, a): ...",
        [(B, "argument-moved", "m.f(b)"), (B, "argument-moved", "m.f(c)")],
    ),
    "an argument to name": ("def f(a): ...", "def f(*, a): ...", [(B, "argument-made-keyword", "m.f(a)")]),
    "an argument that need not be named": (
        "def f(b, *, a): ...", "def f(b, a): ...", [(H, "argument-made-positional", "m.f(a)")]
    ),
    "a named argument before others": (
        "def f(b, *, a): ...", "def f(a, b): ...", [(B, "argument-moved", "m.f(a)")]
    ),
    "only places": ("def f(a, /): ...", "def f(a, b=1, /): ...", [(H, "argument-added", "m.f(b)")]),
    "a type in quotes": ("def f(a: 'int'): ...", "def f(a: int): ...", []),
    "a type in quotes that is none": (
        "def f(a: 'int ('): ...", "def f(a: int): ...", [(B, "sent-type-changed", "m.f(a)")]
    ),
    "the old names of unions": (
        """
        from typing import Optional, Union
        import typing
        def f(a: Optional[int], b: Union[int, str], c: typing.List[int]): ...
        """,
        """
        from typing import List
        def f(a: None | int, b: str | int, c: List[int]): ...
        """,
        [],
    ),
    "an argument of any object": (
        "def f(a: int) -> int: ...", "def f(a: object) -> int: ...", [(H, "sent-type-widened", "m.f(a)")]
    ),
    "a boolean for a number": (
        "def f(a: float) -> bool: ...", "def f(a: bool) -> float: ...",
        [(B, "received-type-widened", "m.f"), (B, "sent-type-narrowed", "m.f(a)")],
    ),
    "a value of a type": (
        "from typing import Literal\ndef f() -> str: ...",
        "from typing import Literal\ndef f() -> Literal['a']: ...",
        [(H, "received-type-narrowed", "m.f")],
    ),
    "values one for another": (
        "from typing import Literal\ndef f(a: Literal['a']) -> Literal['a']: ...",
        "from typing import Literal\ndef f(a: Literal['b']) -> Literal['b']: ...",
        [(B, "sent-values-removed", "m.f(a)"), (W, "received-values-added", "m.f")],
    ),
    "values that are alike in Python": (
        "from typing import Literal\ndef f(a: Literal[1, 'x.y']): ...",
        "from typing import Literal\ndef f(a: Literal[True, 'x.y']): ...",
        [(B, "sent-values-removed", "m.f(a)")],
    ),
    "what is inside what is inside": (
        "def f(a: dict[str, list[int]]): ...",
        "def f(a: dict[str, list[int | str]]): ...",
        [(W, "sent-items-widened", "m.f(a)")],
    ),
    "a list of another kind": (
        "def f(a: list[int] | set[str]): ...",
        "def f(a: list[int] | tuple[int, ...]): ...",
        [(B, "sent-type-changed", "m.f(a)")],
    ),
    "a callable": (
        "from typing import Callable\ndef f(a: Callable[[int], str]): ...",
        "from typing import Callable\ndef f(a: Callable[[str], str]): ...",
        [(B, "sent-type-changed", "m.f(a)")],
    ),
    "a class derived from another": (
        "class A: ...\nclass B(A): ...\ndef f(a: A, b: B): ...",
        "class A: ...\nclass B(A): ...\ndef f(a: B, b: A): ...",
        [(B, "sent-type-narrowed", "m.f(a)"), (H, "sent-type-widened", "m.f(b)")],
    ),
    "a class derived from itself": (
        "class A(A): ...\ndef f(a: A): ...",
        "class A(A): ...\ndef f(a: int): ...",
        [(B, "sent-type-changed", "m.f(a)")],
    ),
    "a constant with another value": ("X = 1", "X = 2", [(W, "constant-changed", "m.X")]),
    "a constant that is gone": ("X = 1", "", [(B, "constant-removed", "m.X")]),
    "a constant that is new": ("", "X: int = 1", [(H, "constant-added", "m.X")]),
    "a constant of another type": ("X: int = 1", "X: str = 1", [(B, "received-type-changed", "m.X")]),
    "what only type checkers see": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    X = 1", "X = 1", []
    ),
    "an alias": ("X = list[int]", "X = list[str]", [(B, "received-type-changed", "m.X")]),
    "an alias of itself": (
        "X = list[int] | 'X'\ndef f(a: X): ...",
        "X = 'X' | list[int]\ndef f(a: int | X): ...",
        [(H, "sent-type-widened", "m.f(a)")],
    ),
    "aliases that hold themselves": (
        "X = list['X']\nY = list['Y'] | int\ndef f(a: X, b: Y): ...",
        "X = list['X']\nY = list['Y'] | int\ndef f(a: Y, b: X): ...",
        [(B, "sent-type-narrowed", "m.f(b)"), (H, "sent-type-widened", "m.f(a)")],
    ),
    "an alias for what it means": (
        "X = list[int] | 'Y'\nY = list[str] | bool\ndef f(a: X, b: list[int] | bool): ...",
        "X = list[int] | 'Y'\nY = list[str] | bool\ndef f(a: list[str] | list[int] | bool, b: X): ...",
        [(W, "sent-items-widened", "m.f(b)")],
    ),
    "an alias whose place a class takes": (
        "X = list[int] | str\ndef f(a: X): ...",
        "class Y: ...\ndef f(a: Y): ...",
        [(B, "class-removed", "m.X")],
    ),
    "what is set elsewhere": ("x.y = 1\na, b = 1, 2", "", []),
    "an alias that becomes a class": ("X = list[int]", "class X: ...", [(B, "class-kind-changed", "m.X")]),
    "an alias that is gone": (
        "X = list[int]\ndef f(a: X): ...", "def f(a: int): ...", [(B, "class-removed", "m.X")]
    ),
    "an alias that has another name": (
        "X = list[int] | str\ndef f(a: X): ...",
        "Y = list[int] | str\ndef f(a: Y): ...",
        [(B, "class-renamed", "m.X")],
    ),
    "a class that is gone": ("class A: ...", "", [(B, "class-removed", "m.A")]),
    "a class that is new": ("", "class A: ...", [(H, "class-added", "m.A")]),
    "classes that name each other are new": (
        "", "class A:\n    b: B\nclass B:\n    a: A", [(H, "class-added", "m.A")]
    ),
    "classes that name each other are gone": (
        "class A:\n    b: B\nclass B:\n    a: A", "", [(B, "class-removed", "m.A")]
    ),
    "a class that nothing uses has another name": (
        "class A:\n    x: int", "class B:\n    x: int", [(B, "class-renamed", "m.A")]
    ),
    "a class with two that could be it": (
        "class A:\n    x: int",
        "class B:\n    x: int\nclass C:\n    x: int",
        [(B, "class-removed", "m.A"), (H, "class-added", "m.B"), (H, "class-added", "m.C")],
    ),
    "other bases": (
        "class A(ValueError): ...\nclass C(KeyError): ...",
        "class A(KeyError): ...\nclass C(KeyError, ValueError): ...",
        [(B, "base-removed", "m.A"), (H, "base-added", "m.C")],
    ),
    "methods": (
        """
        class A:
            def f(self, a): ...
            @property
            def g(self) -> int: ...
            def h(self): ...
            @staticmethod
            def s(a): ...
            @classmethod
            def c(cls, a): ...
            def _p(self): ...
        """,
        """
        class A:
            def f(this, b): ...
            def g(self) -> int: ...
            def __len__(self) -> int: ...
            @staticmethod
            def s(): ...
            @classmethod
            def c(klass, a): ...
        """,
        [
            (B, "argument-added-required", "m.A.f(b)"), (B, "argument-removed", "m.A.f(a)"),
            (B, "argument-removed", "m.A.s(a)"), (B, "function-kind-changed", "m.A.g"),
            (B, "function-removed", "m.A.h"), (H, "function-added", "m.A.__len__"),
        ],
    ),
    "members of an enumeration": (
        "class A(Enum):\n    x = 'x'\n    y = 'y'",
        "class A(Enum):\n    x = 'x'\n    z = 'z'",
        [(B, "attribute-removed", "m.A.y"), (H, "attribute-added", "m.A.z")],
    ),
    "what a constructor sets": (
        """
        class A:
            def __init__(self, x: int, y) -> None:
                self.x = x
                self._y = self.y = y
        """,
        """
        class A:
            def __init__(self, x: str, y) -> None:
                self.x = x
                print(x)
        """,
        [
            (B, "attribute-removed", "m.A.y"), (B, "received-type-changed", "m.A.x"),
            (B, "sent-type-changed", "m.A.__init__(x)"),
        ],
    ),
    "fields of attrs": (
        """
        @define
        class A:
            a: int = field(default=1, kw_only=True)
            b: int = field(init=False)
            _c: int = field(alias="see")
            _d: int = attrs.field(factory=int)
            _e: int = field(init=False)
        """,
        """
        @define
        class A:
            a: int = field(default=2, kw_only=True)
            b: int = field()
            _c: int = field(alias="saw")
            _d: int = attrs.field(factory=int)
        """,
        [
            (B, "argument-added-required", "m.A.b"), (B, "argument-renamed", "m.A.see"),
            (W, "argument-default-changed", "m.A.a"),
        ],
    ),
    "a field that the constructor no longer takes": (
        "class A:\n    a: int", "class A:\n    a: int = field(init=False)", [(B, "argument-removed", "m.A.a")]
    ),
    "a field that got a default has to move": (
        "class A:\n    a: int\n    b: int\n    c: int",
        "class A:\n    b: int\n    c: int\n    a: int = 1",
        [(B, "argument-moved", "m.A.a")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", DEFINITIONS)
def test_what_a_module_defines(case: str, tmp_path: Path) -> None:
    """Each change of what a module defines has its row, and only its row."""
    old, new, expected = DEFINITIONS[case]
    assert sorted(told(compared(tmp_path, {"m": old}, {"m": new}))) == expected


ERRORS = "class One(Exception): ...\nclass Two(Exception): ..."

PACKAGES: dict[str, tuple[dict[str, str], dict[str, str], Rows]] = {
    "a module with several things is gone": ({"errors": ERRORS}, {}, [(B, "module-removed", "errors")]),
    "a module with several things is new": ({}, {"errors": ERRORS}, [(H, "module-added", "errors")]),
    "a private module": ({"_own": ERRORS}, {}, []),
    "a class in another module": (
        {"models/a": "class A:\n    x: int"},
        {"models/b": "class A:\n    x: int"},
        [(B, "class-moved", "models.a.A")],
    ),
    "a name that is not listed any more": (
        {"__init__": "from .m import A\n__all__ = ('A',)", "m": "class A: ..."},
        {"__init__": "__all__ = ()", "m": "class A: ..."},
        [(B, "name-removed", "A")],
    ),
    "a name that is listed now": (
        {"sub/__init__": "__all__ = []", "m": "def f(): ..."},
        {"sub/__init__": "from ..m import f\n__all__ = ['f']", "m": "def f(): ..."},
        [(H, "name-added", "sub.f")],
    ),
    "what a package lists from a private module": (
        {
            "__init__": "from ._own import A, f, g\nfrom .gone import h\n__all__ = ('A', 'f', 'g', 'h')",
            "_own": "class _Base:\n    def m(self): ...\nclass A(_Base):\n    x: int\ndef f(a): ...\ng = 1",
        },
        {
            "__init__": "from ._own import A, f, g\nfrom .gone import h\n__all__ = ('A', 'f', 'g', 'h')",
            "_own": "class _Base: ...\nclass A(_Base):\n    y: int\ndef f(b): ...\ng = 1",
        },
        [
            (B, "argument-added-required", "_own.A.y"), (B, "argument-added-required", "f(b)"),
            (B, "argument-removed", "f(a)"), (B, "attribute-removed", "_own.A.x"),
            (B, "function-removed", "_own._Base.m"),
        ],
    ),
    "a listed class has another name": (
        {"__init__": "from .m import A\n__all__ = ('A',)", "m": "class A:\n    x: int"},
        {"__init__": "from .m import B\n__all__ = ('B',)", "m": "class B:\n    x: int"},
        [(B, "class-renamed", "m.A")],
    ),
    "a folder goes before a file": (
        {"m": "def f(): ...", "m/__init__": "from .n import X\n__all__ = ['X']", "m/n": "class X: ..."},
        {"m/__init__": "from .n import X\n__all__ = ['X']", "m/n": "class X: ..."},
        [],
    ),
    "names of modules": (
        {"m": "import a.b\nimport a.b as c\nfrom d import e\ndef f(x: a.b.T, y: c.T, z: e.T): ..."},
        {"m": "from a import b\nfrom a.b import T\nimport d.e\ndef f(x: b.T, y: T, z: d.e.T): ..."},
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PACKAGES)
def test_what_a_package_has(case: str, tmp_path: Path) -> None:
    """Each change of modules, and of what they list, has its row, and only its row."""
    old, new, expected = PACKAGES[case]
    assert sorted(told(compared(tmp_path, old, new))) == expected


# Operations

CALL = """
from ... import _requests
from ...models.thing import Thing
from ...types import UNSET, Response, Unset

def _get_kwargs({arguments}):
    return _requests.write_request(
        "{method}", {path},
        query=(_requests.Argument("createdAt", created_at, "form", True),),
        other=1, body=body, bodies=_BODIES,
    )

def sync_detailed({arguments}) -> Response[{returns}]: ...
def sync({arguments}) -> {returns}: ...
async def asyncio_detailed({arguments}) -> Response[{returns}]: ...
async def asyncio({arguments}) -> {returns}: ...
"""
THING = """class Thing:
    def _table(cls):
        return Table(Field('itsX', 'x', TEXT, True), Field())
    x: int"""


def call(
    arguments: str = "code: str, *, body: Thing, created_at: str | Unset = UNSET",
    returns: str = "Thing | None",
    method: str = "get",
    path: str = '"/v1/", _requests.Argument("code", code, "simple", False)',
) -> str:
    """Write the module of an operation."""
    return CALL.format(arguments=arguments, returns=returns, method=method, path=path)


def of_call(
    folder: Path, old: str, new: str, *, name: str = "api/things/get", **modules: str
) -> tuple[Change, ...]:
    """Compare two packages with one operation each."""
    shared = {"models/thing": THING}
    return compared(folder, {**shared, "api/things/get": old}, {**shared, **modules, name: new})


def test_an_operation_is_one_row(tmp_path: Path) -> None:
    """Four functions that change alike are one row, with the operation's method and path."""
    (change,) = of_call(tmp_path, call(), call(arguments="code: str, *, created_at: str | Unset = UNSET"))
    assert told((change,)) == [(B, "argument-removed", "api.things.get(body)")]
    assert change.axis is Axis.PYTHON
    assert change.operations == ("GET /v1/{code}",)
    assert (change.before, change.after) == ("body: Thing", None)
    assert change.what == "`api.things.get(body)` is gone."
    assert change.why == LAW["argument-removed"].why


def test_an_argument_has_another_name(tmp_path: Path) -> None:
    """What has the same name on the wire is the same argument under another name."""
    new = call(arguments="code: str, *, body: Thing, created: str | Unset = UNSET")
    (change,) = of_call(tmp_path, call(), new.replace('"createdAt", created_at', '"createdAt", created'))
    assert told((change,)) == [(B, "argument-renamed", "api.things.get(created_at)")]
    assert (change.before, change.after) == (
        "created_at: str | Unset = UNSET",
        "created: str | Unset = UNSET",
    )


def test_an_operation_in_another_module(tmp_path: Path) -> None:
    """An operation is known by its method and path: a new name of its module is one row."""
    (change,) = of_call(tmp_path, call(), call(), name="api/other/read")
    assert told((change,)) == [(B, "operation-moved", "api.things.get")]
    assert (change.before, change.after) == ("api.things.get", "api.other.read")
    assert change.operations == ("GET /v1/{code}",)


def test_an_operation_at_another_path(tmp_path: Path) -> None:
    """Where only the path changed, code goes on as before: that is nothing on this axis."""
    path = '"/v2/", _requests.Argument("code", code, "simple", False), "/end"'
    assert of_call(tmp_path, call(), call(path=path, method="put")) == ()


def test_an_operation_is_gone_with_its_classes(tmp_path: Path) -> None:
    """What only an operation used goes with it, in one row."""
    thing = f"from .inner import Inner\n{THING}\n    y: Inner"
    old = {"models/thing": thing, "models/inner": "class Inner: ...", "api/things/get": call()}
    (change,) = compared(tmp_path, old, {})
    assert told((change,)) == [(B, "operation-removed", "api.things.get")]
    assert change.what == "`api.things.get` is gone, and with it `Inner` and `Thing`."
    assert str(change.before).startswith(
        "def sync(code: str, *, body: Thing, created_at: str | Unset = UNSET)"
    )


def test_what_comes_back(tmp_path: Path) -> None:
    """What an operation gives back is one row for its four functions, as the plain one has it."""
    (change,) = of_call(tmp_path, call(), call(returns="Thing | int | None"))
    assert told((change,)) == [(B, "received-type-widened", "api.things.get")]
    assert change.what == "What comes back from `api.things.get` can be more than before."
    assert (change.before, change.after) == ("-> Thing | None", "-> Thing | int | None")


def test_a_class_with_a_row_of_its_own_goes_with_nothing(tmp_path: Path) -> None:
    """A class that is gone from a place that stayed is told of by itself, not with what went beside it."""
    user = {"models/user": "from .thing import Thing\nclass User:\n    thing: Thing"}
    old = {**user, "models/thing": THING, "api/things/get": call()}
    changes = compared(tmp_path, old, {"models/user": "class User:\n    thing: int"})
    assert [each.what for each in changes] == [
        "`api.things.get` is gone.",
        "`models.thing.Thing` is gone; where it stood, there is now `int`.",
    ]


def test_only_some_functions_change(tmp_path: Path) -> None:
    """A function that is gone is named; what the others share is still one row."""
    new = call().replace("def sync(", "def _sync(").replace("-> Response[Thing | None]", "-> Response[Thing]")
    assert told(of_call(tmp_path, call(), new)) == [
        (B, "function-removed", "api.things.get.sync"),
        (W, "received-items-narrowed", "api.things.get"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "def _get_kwargs(): ...\ndef sync(): ...",
        "def _get_kwargs():\n    return write_request()\ndef sync(): ...",
    ],
)
def test_a_module_that_sends_nothing(text: str, tmp_path: Path) -> None:
    """A module whose request cannot be read is compared as any other."""
    changes = compared(
        tmp_path, {"api/things/get": text}, {"api/things/get": text.replace("sync()", "sync(a)")}
    )
    assert told(changes) == [(B, "argument-added-required", "api.things.get.sync(a)")]


def test_a_method_that_is_no_text(tmp_path: Path) -> None:
    """What is no literal where a literal belongs is read as nothing, and nothing fails."""
    text = "def _get_kwargs():\n    return write_request(x, y, query=Argument(z), cookies=Argument(z, z))\n"
    old, new = (f"{text}def sync(z): ...{end}" for end in ("", "\n"))
    assert compared(tmp_path, {"api/things/get": old}, {"api/things/get": new}) == ()


def test_an_attribute_has_another_name(tmp_path: Path) -> None:
    """What has the same name on the wire is the same attribute under another name: one row."""
    new = {"models/thing": THING.replace("'x'", "'z'").replace("x: int", "z: int")}
    (change,) = compared(tmp_path, {"models/thing": THING}, new)
    assert told((change,)) == [(B, "attribute-renamed", "models.thing.Thing.x")]
    assert (change.before, change.after) == ("x: int", "z: int")


def test_a_family_has_another_name(tmp_path: Path) -> None:
    """A class that has another name is one row with those that are named after it, and with all its users."""
    text = """
    class Thing:
        inner: ThingInner
        x: int
    class ThingInner:
        value: str
    class Other:
        things: list[Thing]
    """
    sides = [
        {
            "models/thing": text.replace("Thing", name),
            "api/things/get": call(returns="Thing").replace("Thing", name),
        }
        for name in ("Thing", "Matter")
    ]
    (change,) = compared(tmp_path, *sides)
    assert told((change,)) == [(B, "class-renamed", "models.thing.Thing")]
    assert change.before == "models.thing.Thing\nmodels.thing.ThingInner"
    assert change.after == "models.thing.Matter\nmodels.thing.MatterInner"
    assert change.operations == ("GET /v1/{code}",)
    assert change.what == (
        "`models.thing.Thing` has another name, `models.thing.Matter`, and so have those named after it: "
        "`ThingInner`."
    )


def test_a_class_in_many_places_is_gone(tmp_path: Path) -> None:
    """A class that is gone is one row, which says what stands in its places."""
    users = "\n".join(f"class User{number}:\n    used: A | None" for number in range(7))
    new = users.replace("A | None", "int | None").replace("int | None", "str | None", 1)
    (change,) = compared(tmp_path, {"m": f"class A: ...\n{users}"}, {"m": new})
    assert change.what == "`m.A` is gone; where it stood, there is now `int` and `str`."


def test_a_long_list_is_cut(tmp_path: Path) -> None:
    """Of many names the first few are listed, and the others counted."""
    inner = "\n".join(f"class C{number}: ..." for number in range(8))
    fields = "\n".join(f"    f{number}: C{number}" for number in range(8))
    changes = compared(tmp_path, {"m": f"class A:\n{fields}\n{inner}"}, {"m": ""})
    assert [each.what for each in changes] == [
        "`m.A` is gone, and with it `C0`, `C1`, `C2`, `C3`, `C4` and 3 more.",
    ]


def test_item_access_follows_additional_properties(tmp_path: Path) -> None:
    """Where additional properties change their type, item access changes with them: one row."""
    text = (
        "class A:\n    additional_properties: dict[str, {0}] = field(init=False)\n"
        "    def __getitem__(self, key: str) -> {0}: ...\n"
        "    def __setitem__(self, key: str, value: {0}): ..."
    )
    changes = compared(tmp_path, {"m": text.format("int")}, {"m": text.format("str")})
    assert told(changes) == [(B, "received-type-changed", "m.A.additional_properties")]


def test_a_class_merges_with_another(tmp_path: Path) -> None:
    """A class whose place one takes that is just like it, and was there before, has that one's name now."""
    sides = [
        f"class A:\n    x: int\n    y: str\nclass B:\n    x: int\n    y: str\ndef f(a: A, b: {name}): ..."
        for name in ("B", "A")
    ]
    changes = compared(
        tmp_path, {"m": sides[0]}, {"m": sides[1].replace("class B:\n    x: int\n    y: str\n", "")}
    )
    assert told(changes) == [(B, "class-renamed", "m.B")]


def test_the_same_change_has_the_same_fingerprint(tmp_path: Path) -> None:
    """A row has the same fingerprint in another run, in another folder, beside other changes."""
    (one,) = compared(tmp_path / "one", {"m": "def f(a): ..."}, {"m": "def f(): ..."})
    (other,) = compared(tmp_path / "two", {"m": "def f(a): ...\nX = 1"}, {"m": "\n\ndef f(): ...\nX = 1"})
    assert one.fingerprint == other.fingerprint


def test_the_project_s_own_package(tmp_path: Path) -> None:
    """In the package of this repository, each change of a support module or an operation has its rows."""
    shutil.copytree(GENERATED, tmp_path / "new")
    edits = [
        ("client.py", 'prefix: str = "Bearer"', "prefix: str"),
        ("client.py", "def with_timeout(self, timeout", "def with_timeout(self, limit"),
        ("errors.py", "class UnexpectedStatus(Exception)", "class UnexpectedStatus(ValueError)"),
        ("_checking.py", "    path: str\n", ""),
        ("_checking.py", "def check(model: Model)", "def check(model: Model, deep: bool = False)"),
        ("_shapes.py", "    def to_dict(self)", "    def as_dict(self)"),
        ("models/error.py", "    details: str | Unset = UNSET\n", ""),
        ("api/vouchers/release_validation_session.py", "session_key: str,", "session_key: str | None,"),
    ]
    for name, before, after in edits:
        file = tmp_path / "new" / name
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))
    assert told(compare_packages(GENERATED, tmp_path / "new")) == [
        (B, "attribute-removed", "_checking.Violation.path"),
        (B, "function-removed", "_shapes.Model.to_dict"),
        (B, "argument-made-required", "client.AuthenticatedClient.prefix"),
        (B, "argument-added-required", "client.Client.with_timeout(limit)"),
        (B, "argument-removed", "client.Client.with_timeout(timeout)"),
        (B, "base-removed", "errors.UnexpectedStatus"),
        (B, "attribute-removed", "models.error.Error.details"),
        (H, "function-added", "_shapes.Model.as_dict"),
        (H, "sent-type-widened", "api.vouchers.release_validation_session(session_key)"),
        (H, "argument-added", "check(deep)"),
    ]


# What is no package


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"def f(:\n", "m.py, line 1: no Python: invalid syntax."),
        (b"x = 1\n\n  y = 2\n", "m.py, line 3: no Python: unexpected indent."),
        (b"x = '\xff'\n", "m.py is not UTF-8 at byte 5, so no generated module."),
        (b"x = 1\0\n", "source code string cannot contain null bytes"),
        (b"x = " + b"(" * 5000 + b")" * 5000, "no Python"),
        (b"x = " + b"-" * 100_000 + b"1", "no Python"),
        (b"x = a" + b".b" * 100_000, "no Python"),
        (
            b"def f(a: list[" + b"list[" * 100 + b"int" + b"]" * 101 + b"): ...",
            "m.py: no Python that can be read: a type nests",
        ),
    ],
)
def test_broken_modules_are_refused(content: bytes, said: str, tmp_path: Path) -> None:
    """A module that is no Python ends the comparison in one paragraph with its file, on either side."""
    good, bad = package(tmp_path / "good", {}), package(tmp_path / "bad", {})
    (bad / "m.py").write_bytes(content)
    for sides in ((good, bad), (bad, good)):
        with pytest.raises(UnusableInputError) as caught:
            compare_packages(*sides)
        assert said in str(caught.value)
        assert str(bad / "m.py") in str(caught.value)
        assert "\n" not in str(caught.value)


def test_what_is_no_package_is_refused(tmp_path: Path) -> None:
    """A folder that is missing, a file, and a folder that is no package are each named."""
    good = package(tmp_path / "good", {})
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    for name, said in (
        ("gone", "there is no such folder"),
        ("file", "no such folder"),
        ("empty", "no __init__.py"),
    ):
        for sides in ((good, tmp_path / name), (tmp_path / name, good)):
            with pytest.raises(UnusableInputError, match=said) as caught:
                compare_packages(*sides)
            assert str(tmp_path / name) in str(caught.value)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    """A pipe or a folder called like a module, a link to nothing and a huge file are not read."""
    for name in ("pipe", "link", "loop", "large"):
        package(tmp_path / name, {})
    os.mkfifo(tmp_path / "pipe" / "m.py")
    (tmp_path / "link" / "m.py").symlink_to(tmp_path / "gone")
    (tmp_path / "loop" / "m.py").symlink_to(tmp_path / "loop" / "m.py")
    with (tmp_path / "large" / "m.py").open("wb") as file:
        file.truncate(reading.LARGEST + 1)
    for name in ("pipe", "link", "loop", "large"):
        with pytest.raises(UnusableInputError, match="no file of less than 16 MB"):
            compare_packages(tmp_path / name, tmp_path / name)


def test_a_module_that_cannot_be_read(tmp_path: Path) -> None:
    """What the system says of a file that it does not read is told with the file."""
    broken = package(tmp_path / "broken", {})
    (broken / "m.py").symlink_to("/proc/self/mem")  # its first page is never there
    with pytest.raises(UnusableInputError, match=r"m\.py: Input/output error"):
        compare_packages(broken, broken)


def test_nothing_is_run(tmp_path: Path) -> None:
    """Code in either package is not run, also where it is a module's first line."""
    trap = f"import pathlib\npathlib.Path({str(tmp_path / 'sprung')!r}).touch()\nX = '\\d'"
    assert compared(tmp_path, {"__init__": trap}, {"__init__": trap}) == ()
    assert not (tmp_path / "sprung").exists()


def test_huge_unions_are_compared(tmp_path: Path) -> None:
    """A union of some thousand members, and deep lists, are compared like others."""
    many = " | ".join(f"A{number}" for number in range(2000))
    deep = "list[" * 60 + "int" + "]" * 60
    text = f"def f(a: {many}, b: {deep}): ..."
    changes = compared(tmp_path, {"m": text}, {"m": text.replace("A1999", "B").replace("int", "str")})
    assert told(changes) == [(B, "sent-type-changed", "m.f(a)"), (B, "sent-type-changed", "m.f(b)")]


def test_long_chains_of_aliases_are_compared(tmp_path: Path) -> None:
    """Where hundreds of aliases hold each other, comparing ends, and takes what is deep for different."""
    sides = []
    for end in ("int", "str"):
        chains = [f"{name}{n} = list['{name}{n + 1}']" for name in "XY" for n in range(300)]
        ends = [f"X300 = list[{end}]", "Y300 = list[bytes]"]
        sides.append(
            {"m": "\n".join([*chains, *ends, "def f(a: X0): ..." if end == "int" else "def f(a: Y0): ..."])}
        )
    assert told(compared(tmp_path, *sides)) == [
        (B, "received-type-changed", "m.X300"),
        (B, "sent-type-changed", "m.f(a)"),
    ]


# The command


def test_the_command_prints_rows(tmp_path: Path, command: Command) -> None:
    """The command prints every row with its reason, before and after, and how many of each severity."""
    package(tmp_path / "old", {"m": "def f(a: int, b): ...", "api/things/get": call()})
    package(tmp_path / "new", {"m": "def f(a: str, b, c=1): ...", "api/things/get": call()})
    done = command("surface", tmp_path / "old", tmp_path / "new")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (
        "breaking: `m.f(a)` takes something else now. Code that passes what it took fails a type check. "
        "[sent-type-changed]\n  - a: int\n  + a: str\n"
        "harmless: `m.f(c)` is new and can be left out. Calls without it go on as before. [argument-added]\n"
        "  + c = 1\n"
        "1 breaking, 1 harmless\n"
    )


def test_the_command_prints_json(tmp_path: Path, command: Command) -> None:
    """With --format json it prints the rows as every other command has them."""
    package(tmp_path / "old", {"models/thing": THING, "api/things/get": call()})
    package(tmp_path / "new", {"models/thing": THING})
    done = command("surface", tmp_path / "old", tmp_path / "new", "--format", "json")
    changes = compare_packages(tmp_path / "old", tmp_path / "new")
    assert json.loads(done.stdout) == [each.as_json() for each in changes] != []
    text = command("surface", tmp_path / "old", tmp_path / "new").stdout
    assert "\n  GET /v1/{code}\n" in text


def test_the_command_on_the_same_package(command: Command) -> None:
    """A package compared with itself says so."""
    done = command("surface", GENERATED, GENERATED)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Nothing changed.\n", "")


def test_the_command_on_no_package(tmp_path: Path, command: Command) -> None:
    """What is no package ends it with code 2 and one paragraph."""
    done = command("surface", tmp_path / "gone", GENERATED)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"surface: {tmp_path / 'gone'}: there is no such folder")
