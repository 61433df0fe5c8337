"""What a row says of callers' code is true: a type checker, asked about such code, says the same."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.generate import CONFIGURATION, make_package
from scripts.generator import read_configuration
from scripts.surface import compare_packages
from tests.scripts.callers import PACKAGE, callers_of
from tests.scripts.hand_made import (
    BOOLEAN,
    INTEGER,
    STRING,
    content,
    document,
    operation,
    parameter,
    ref,
    thing,
)

if TYPE_CHECKING:
    from scripts.comparison.changes import Change

NUMBER = {"type": "number"}
TIME = {"type": "string", "format": "date-time"}
DAY = {"type": "string", "format": "date"}


def enum(*values: Any) -> dict[str, Any]:
    return {"type": "string", "enum": [*values]}


def many(schema: Any) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def one_of(*schemas: Any) -> dict[str, Any]:
    return {"oneOf": [*schemas]}


def nullable(schema: Any) -> dict[str, Any]:
    return {**schema, "nullable": True}


@dataclass(frozen=True)
class Side:
    """One side of a case: an operation, and schemas.

    Attributes:
        schemas: The schemas; their names get the case's name before them.
        gives: What the operation answers with: a schema's name, or a schema.
        takes: What it is sent.
        parameters: Its parameters.
        path: What its path has after the case's name.
        name: Its operationId after the case's name.
        needs_body: Whether the body has to be given.
    """

    schemas: dict[str, Any]
    gives: Any = None
    takes: Any = None
    parameters: tuple[Any, ...] = ()
    path: str = ""
    name: str = "Call"
    needs_body: bool = True


def got(schema: Any) -> Side:
    """Answer with an object that has the schema as an attribute."""
    return Side({"Got": thing("value", value=schema)}, gives="Got")


def sent(schema: Any) -> Side:
    """Take an object that has the schema as an attribute."""
    return Side({"Sent": thing("value", value=schema)}, takes="Sent")


def both(schema: Any) -> Side:
    """Take and answer with an object that has the schema as an attribute."""
    return Side({"Thing": thing("value", value=schema)}, takes="Thing", gives="Thing")


def query(*parameters: Any, path: str = "", name: str = "Call") -> Side:
    """Take parameters."""
    return Side({}, gives=STRING, parameters=parameters, path=path, name=name)


B, W, H = "breaking", "warning", "harmless"
Rows = list[tuple[str, str, str]]

CASES: dict[str, tuple[Side, Side, Rows]] = {}


def each_way(name: str, old: Any, new: Any, *rows: tuple[str, str] | None) -> None:
    """Hold a change of an attribute's type, where it is received, sent, and both."""
    for (way, make), row in zip((("Got", got), ("Sent", sent), ("Both", both)), rows, strict=True):
        subject = {"Got": "Got", "Sent": "Sent", "Both": "Thing"}[way]
        CASES[f"{name}{way}"] = (make(old), make(new), [(*row, f"{subject}.value")] if row else [])


WIDER, NARROWER, OTHER = "received-type-widened", "sent-type-narrowed", "received-type-changed"

each_way("Null", STRING, nullable(STRING), (B, WIDER), (W, WIDER), (B, WIDER))
each_way("NullGone", nullable(STRING), STRING, (W, NARROWER), (B, NARROWER), (B, NARROWER))
each_way("ToText", INTEGER, STRING, (B, OTHER), (B, "sent-type-changed"), (B, OTHER))
each_way("ToFloat", INTEGER, NUMBER, (B, WIDER), (W, WIDER), (B, WIDER))
each_way("ToInt", NUMBER, INTEGER, (W, NARROWER), (B, NARROWER), (B, NARROWER))
each_way("ToDay", TIME, DAY, (B, WIDER), (W, WIDER), (B, WIDER))
each_way("Within", one_of(STRING, INTEGER), one_of(STRING, INTEGER, BOOLEAN), None, None, None)
each_way(
    "Union", one_of(STRING, BOOLEAN), one_of(STRING, BOOLEAN, INTEGER), (B, WIDER), (W, WIDER), (B, WIDER)
)
each_way("Swapped", one_of(STRING, INTEGER), one_of(INTEGER, STRING), None, None, None)
each_way("Items", many(INTEGER), many(STRING), (B, OTHER), (B, "sent-type-changed"), (B, OTHER))
ITEMS_MORE = (B, WIDER), (W, "sent-items-widened"), (B, WIDER)
each_way("ItemsMore", many(INTEGER), many(one_of(INTEGER, STRING)), *ITEMS_MORE)
ITEMS_LESS = (W, "received-items-narrowed"), (B, NARROWER), (B, NARROWER)
each_way("ItemsLess", many(one_of(INTEGER, STRING)), many(STRING), *ITEMS_LESS)
each_way("Typed", {}, INTEGER, (W, "received-any-narrowed"), (B, NARROWER), (B, NARROWER))
each_way("Untyped", INTEGER, {}, (B, WIDER), (W, WIDER), (B, WIDER))
each_way("Modelled", {}, thing(x=STRING), (B, OTHER), (B, NARROWER), (B, OTHER))


def of_object(
    name: str, old: dict[str, Any], new: dict[str, Any], *rows: tuple[str, str, str] | None
) -> None:
    """Hold a change of an object, where it is received, sent, and both."""
    sides = zip(("Got", "Sent", "Both"), has(**old), has(**new), rows, strict=True)
    for way, one, other, row in sides:
        subject = {"Got": "Got", "Sent": "Sent", "Both": "Thing"}[way]
        expected = [(row[0], row[1], f"{subject}.{row[2]}")] if row else []
        CASES[f"{name}{way}"] = (one, other, expected)


def has(*, required: tuple[str, ...] = (), **properties: Any) -> tuple[Side, Side, Side]:
    """Make the three sides of an object with these properties: received, sent, and both."""
    schema = thing(*required, **properties)
    return (
        Side({"Got": schema}, gives="Got"),
        Side({"Sent": schema}, takes="Sent"),
        Side({"Thing": schema}, takes="Thing", gives="Thing"),
    )


A_B = {"a": STRING, "b": INTEGER}
of_object("Gone", A_B, {"a": STRING}, *[(B, "attribute-removed", "b")] * 3)
of_object("Last", {"a": STRING}, A_B, *[(H, "attribute-added", "b")] * 3)
FIRST = {"c": BOOLEAN, **A_B}
FIRST_ROWS = [(each, "argument-added-before", "c") for each in (W, B, B)]
of_object("First", A_B, FIRST, *FIRST_ROWS)
NEEDED_ROWS = [(each, "argument-added-required", "c") for each in (W, B, B)]
of_object("Needed", A_B, {**A_B, "c": BOOLEAN, "required": ("c",)}, *NEEDED_ROWS)
MADE_ROWS = [(each, "argument-made-required", "a") for each in (W, B, B)]
of_object("Made", A_B, {**A_B, "required": ("a",)}, *MADE_ROWS)
LOOSE_ROWS = (B, WIDER, "b"), (W, WIDER, "b"), (B, WIDER, "b")
of_object("Loose", {**A_B, "required": ("a", "b")}, {**A_B, "required": ("a",)}, *LOOSE_ROWS)
MOVED_ROWS = [(each, "argument-moved", "b") for each in (W, B, B)]
of_object("Moved", A_B, {"b": INTEGER, "a": STRING}, *MOVED_ROWS)
# Two names on the wire that would be one in Python: one of them gets another name.
DASHED: dict[str, Any] = {"x-y": STRING}
for way, one, other in zip(("Got", "Sent", "Both"), has(**DASHED), has(**DASHED, x_y=INTEGER), strict=True):
    CASES[f"Spelled{way}"] = (one, other, [(B, "attribute-renamed", ".x_y"), (H, "attribute-added", ".x_y")])


def of_enum(name: str, old: Any, new: Any, *rows: tuple[str, str] | None) -> None:
    """Hold a change of an enum, where it is received, sent, and both."""
    for way, row in zip(("Got", "Sent", "Both"), rows, strict=True):
        alias = {"Got": "KindGot", "Sent": "KindSent", "Both": "Kind"}[way]
        holder = {"Got": "Got", "Sent": "Sent", "Both": "Thing"}[way]
        sides = [
            Side(
                {alias: values, holder: thing(value=ref(alias))},
                gives=holder if way != "Sent" else None,
                takes=holder if way != "Got" else None,
            )
            for values in (old, new)
        ]
        CASES[f"{name}{way}"] = (sides[0], sides[1], [(*row, alias)] if row else [])


ADDED = (W, "received-values-added"), (H, "sent-values-added"), (W, "received-values-added")
of_enum("Value", enum("a", "b"), enum("a", "b", "c"), *ADDED)
REMOVED = (W, "received-values-removed"), (B, "sent-values-removed"), (B, "sent-values-removed")
of_enum("Fewer", enum("a", "b", "c"), enum("a", "b"), *REMOVED)

ONE, OTHER_ONE = parameter("one"), parameter("other", INTEGER)
NEEDED = parameter("one", required=True)
IN_PATH = [parameter(name, schema, place="path") for name, schema in (("a", STRING), ("b", INTEGER))]
CASES |= {
    "ArgumentAdded": (query(ONE), query(ONE, OTHER_ONE), [(H, "argument-added", "(other)")]),
    "ArgumentFirst": (query(ONE), query(OTHER_ONE, ONE), [(H, "argument-added", "(other)")]),
    "ArgumentGone": (query(ONE, OTHER_ONE), query(ONE), [(B, "argument-removed", "(other)")]),
    "ArgumentNeeded": (query(), query(NEEDED), [(B, "argument-added-required", "(one)")]),
    "ArgumentMade": (query(ONE), query(NEEDED), [(B, "argument-made-required", "(one)")]),
    "ArgumentLoose": (query(NEEDED), query(ONE), [(H, "argument-made-optional", "(one)")]),
    "ArgumentMore": (
        query(ONE), query(parameter("one", one_of(STRING, INTEGER))), [(H, "sent-type-widened", "(one)")]
    ),
    "ArgumentLess": (
        query(parameter("one", one_of(STRING, INTEGER))), query(ONE), [(B, "sent-type-narrowed", "(one)")]
    ),
    "ArgumentHeader": (query(ONE), query(parameter("one", place="header")), []),
    "PathAdded": (
        query(IN_PATH[0], path="/{a}"),
        query(*IN_PATH, path="/{a}/{b}"),
        [(B, "argument-added-required", "(b)")],
    ),
    "PathRenamed": (
        query(IN_PATH[0], path="/{a}"),
        query(parameter("c", place="path"), path="/{c}"),
        [(B, "argument-renamed", "(a)")],
    ),
    "PathElsewhere": (query(IN_PATH[0], path="/{a}"), query(IN_PATH[0], path="/of/{a}"), []),
    "OperationMoved": (query(ONE), query(ONE, name="Other"), [(B, "operation-moved", "_call")]),
    "ReturnMore": (
        Side({}, gives=STRING), Side({}, gives=one_of(STRING, BOOLEAN)), [(B, WIDER, "_call")]
    ),
    "ReturnLess": (
        Side({}, gives=one_of(STRING, BOOLEAN)),
        Side({}, gives=STRING),
        [(W, "received-items-narrowed", "_call")],
    ),
    "ReturnAtLast": (
        Side({}, parameters=(ONE,)),
        Side({}, gives=STRING, parameters=(ONE,)),
        [(W, "received-at-last", "_call")],
    ),
    "ReturnOther": (Side({}, gives=STRING), Side({}, gives=BOOLEAN), [(B, OTHER, "_call")]),
    "BodyLoose": (
        Side({"Sent": thing(a=STRING)}, takes="Sent"),
        Side({"Sent": thing(a=STRING)}, takes="Sent", needs_body=False),
        [(H, "argument-made-optional", "(body)")],
    ),
    "ClassRenamed": (
        Side({"FirstGot": thing("x", x=STRING, y=INTEGER)}, gives="FirstGot"),
        Side({"SecondGot": thing("x", x=STRING, y=INTEGER)}, gives="SecondGot"),
        [(B, "class-renamed", "FirstGot")],
    ),
    "ClassAndMore": (
        Side({"FirstGot": thing("x", x=STRING, y=INTEGER)}, gives="FirstGot"),
        Side({"SecondGot": thing("x", x=STRING, y=INTEGER, z=STRING)}, gives="SecondGot"),
        [(B, "class-renamed", "FirstGot"), (H, "attribute-added", "FirstGot.z")],
    ),
    "ClassReplaced": (
        Side({"FirstGot": thing("x", x=STRING, y=INTEGER)}, gives="FirstGot"),
        Side({"SecondGot": thing("p", p=STRING, q=INTEGER)}, gives="SecondGot"),
        [(B, "class-removed", "FirstGot")],
    ),
    "ClassGone": (
        Side({"FirstGot": thing(u=ref("InnerGot")), "InnerGot": thing(v=INTEGER), "OuterGot": thing(
            one=ref("FirstGot"), two=ref("FirstGot"))}, gives="OuterGot"),
        Side({"OuterGot": thing(one=STRING, two=STRING)}, gives="OuterGot"),
        [(B, "class-removed", "FirstGot")],
    ),
}  # fmt: skip
CASES["Nothing"] = (
    Side({"Thing": thing(a=STRING, self=ref("Thing"))}, takes="Thing", gives="Thing"),
    Side({"Thing": {**thing(a=STRING, self=ref("Thing")), "description": "Other words."}}, "Thing", "Thing"),
    [],
)
CASES["OperationGone"] = (
    Side({"Got": thing(inner=ref("PartGot")), "PartGot": thing(x=TIME)}, gives="Got"),
    Side({}),
    [(B, "operation-removed", "_call")],
)
CASES["OperationNew"] = (
    Side({}),
    Side({"Got": thing(part=ref("PartGot")), "PartGot": thing(y=DAY)}, gives="Got"),
    [(H, "operation-added", "_call")],
)


def document_of(number: int) -> dict[str, Any]:
    """Put one side of all cases into a document: each has its path, its tag, and its schemas."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = {}
    for case, sides in CASES.items():
        side = sides[number]
        assert isinstance(side, Side)
        schemas |= {f"{case}{name}": _renamed(schema, case) for name, schema in side.schemas.items()}
        whole = {
            **operation(f"{case}{side.name}", _schema(side.gives, case)),
            "tags": [case],
            "parameters": [*side.parameters],
        }
        if side.takes is not None:
            body = content(_schema(side.takes, case))
            whole["requestBody"] = {**body, "required": side.needs_body}
        if side.schemas or side.gives is not None or side.parameters:
            paths[f"/{case}{side.path}"] = {"post": whole}
    return document(paths, schemas)


def _schema(schema: Any, case: str) -> Any:
    return _renamed(ref(schema) if isinstance(schema, str) else schema, case)


def _renamed(schema: Any, case: str) -> Any:
    if isinstance(schema, dict):
        return {
            key: f"#/components/schemas/{case}{item.rpartition('/')[2]}"
            if key == "$ref"
            else _renamed(item, case)
            for key, item in schema.items()
        }
    return [_renamed(item, case) for item in schema] if isinstance(schema, list) else schema


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Generate both sides."""
    made = []
    for number, name in enumerate(("old", "new")):
        folder = tmp_path_factory.mktemp(name)
        (folder / "made").mkdir()
        package = make_package(
            document_of(number), read_configuration(CONFIGURATION), folder / "made"
        ).package
        made.append(folder / PACKAGE)
        shutil.copytree(package, made[-1])
    return made[0], made[1]


def case_of(name: str) -> str:
    """Return the case that a dotted name belongs to."""
    flat = name.replace("_", "").lower()
    return max((case for case in CASES if f".{case.lower()}" in flat), key=len)


def of_case(rows: tuple[Change, ...]) -> dict[str, list[Change]]:
    """Sort rows by the case that their subject names."""
    found: dict[str, list[Change]] = {case: [] for case in CASES}
    for row in rows:
        found[case_of(row.subject)].append(row)
    return found


def test_rows_are_these_and_no_others(packages: tuple[Path, Path]) -> None:
    """Each change has one row, and it weighs what the law says."""
    found = of_case(compare_packages(*packages))
    wrong = {}
    for case, (_, _, expected) in CASES.items():
        told = sorted((str(row.severity), row.rule, row.subject) for row in found[case])
        same = [row[:2] for row in told] == [row[:2] for row in sorted(expected)]
        if not (
            same and all(row[2].endswith(one[2]) for row, one in zip(told, sorted(expected), strict=True))
        ):
            wrong[case] = (told, expected)
    assert wrong == {}


AT_RUN_TIME = {
    "ModelledGot": "from some_client.models.modelled_got_got import ModelledGotGot\n"
    "print(ModelledGotGot.from_dict({'value': {'x': 'it'}}).value['x'])",
}
"""Cases where ordinary code passes the type check and fails when it runs."""


@pytest.mark.parametrize("case", AT_RUN_TIME)
def test_what_a_type_checker_does_not_see_fails(case: str, packages: tuple[Path, Path]) -> None:
    """Code that a row calls broken, and that type checkers let pass, runs with the older package alone."""
    ran = [
        subprocess.run(
            [sys.executable, "-c", AT_RUN_TIME[case]], cwd=package.parent, capture_output=True, text=True,
            check=False,
        )
        for package in packages
    ]  # fmt: skip
    assert (ran[0].stdout, ran[0].returncode) == ("it\n", 0)
    assert ran[1].returncode == 1
    assert B in {str(row.severity) for row in of_case(compare_packages(*packages))[case]}


def test_rows_say_what_a_type_checker_says(packages: tuple[Path, Path], tmp_path: Path) -> None:
    """Breaking rows break ordinary code, warnings rarer code, and without any of them all code holds."""
    callers = tmp_path / "callers"
    callers.mkdir()
    names = {}
    for module, code in callers_of(packages[0]).items():
        for kind, text in (("ordinary", code.ordinary), ("rare", code.rare)):
            file = callers / f"{module.replace('.', '_')}_{kind}.py"
            file.write_text("\n".join(text) + "\n")
            names[file.name] = (module, kind)
    assert failing(packages[0], callers) == {}
    failed = failing(packages[1], callers)
    found = of_case(compare_packages(*packages))
    wrong = {}
    for case, rows in found.items():
        said: dict[str, list[str]] = {"ordinary": [], "rare": []}
        for name, lines in failed.items():
            module, kind = names[name]
            said[kind] += lines if case_of(module) == case else []
        weighs = {str(row.severity) for row in rows}
        expected = (B in weighs and case not in AT_RUN_TIME, bool(weighs & {B, W}))
        if (bool(said["ordinary"]), bool(said["ordinary"] or said["rare"])) != expected:
            wrong[case] = (weighs, said)
    assert wrong == {}


def failing(package: Path, callers: Path) -> dict[str, list[str]]:
    """Type-check callers against a package; return what is said of each file.

    What the libraries are is known the second time. That a module came to be, which the cache would miss,
    cannot happen: callers are of modules that the first package has.
    """
    done = subprocess.run(
        [
            sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-color-output",
            f"--cache-dir={callers.parent / 'cache'}", "--config-file=", "--follow-imports=silent",
            str(callers),
        ],
        env={**os.environ, "MYPYPATH": str(package.parent)}, cwd=callers, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    found: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        file, _, said = line.partition(":")
        found.setdefault(Path(file).name, []).append(said)
    return found
