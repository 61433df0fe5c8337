"""Nothing that a document promises is lost: one hand-made document for each way to lose something."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import pytest

from scripts.prepare import prepare
from tests.scripts.hand_made import AT, INTEGER, LINES, STRING, Line, Send, document, getter, ref, thing
from tests.scripts.roundtrip import attribute, client_of, equal, failure, plain
from tests.scripts.sameness import look_up, operations, seeded

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from tests.scripts.roundtrip import GeneratedClient

every_line = pytest.mark.parametrize("line", LINES.values(), ids=[*LINES])


@pytest.mark.unmeasured
@every_line
def test_nothing_is_lost(line: Line, tmp_path: Path) -> None:
    """Every operation is there; answers come back, calls send what they should, notes give reasons."""
    with client_of(line.document, tmp_path) as client:
        assert client.count == len([*operations(line.document)])
        for read in line.reads:
            assert failure(client, read.operation, read.code, read.value) is None
            parsed = client.read(read.operation, read.code, read.value)
            for path, value in read.attributes.items():
                assert equal(attribute(parsed, path), value), path
            assert read.kind in {None, type(parsed).__name__}
        for send in line.sends:
            check_request(client, send)
        for kind, pointer in line.notes:
            assert [
                one for one in client.notes if one.kind.startswith(kind) and one.pointer.startswith(pointer)
            ]
        for note in client.notes:
            assert note.what
            assert note.why
            assert look_up(line.document, note.pointer) is not None, note


def check_request(client: GeneratedClient, send: Send) -> None:
    """Hold a request against what it has to be."""
    request = client.request(send.operation, send.arguments)
    assert send.path in {None, request.url.raw_path.decode().partition("?")[0]}
    if send.query is not None:
        sent = parse_qsl(
            request.url.query.decode(), keep_blank_values=True, strict_parsing=bool(request.url.query)
        )
        assert sorted(name for name, _ in sent) == sorted(name for name, _ in send.query)
        for (_, value), (_, expected) in zip(
            sorted(sent), sorted(send.query, key=lambda pair: pair[0]), strict=True
        ):
            assert (value if isinstance(expected, str) else json.loads(value)) == expected
    for name, expected in send.headers.items():
        assert request.headers.get(name) == expected
    if send.body is not None:
        content = request.read()
        assert (content if isinstance(send.body, bytes) else json.loads(content)) == send.body
    if send.media_type is not None:
        assert request.headers["Content-Type"].partition(";")[0] == send.media_type


@every_line
def test_what_is_exact_is_not_noted(line: Line) -> None:
    """Nothing is called a repair or a loosening where the document allows an exact client."""
    assert not line.exact or [note for note in prepare(line.document).notes if note.kind != "renamed"] == []


@every_line
def test_preparing_twice_changes_nothing(line: Line) -> None:
    """A prepared document stays as it is, and nothing is said about it; the first one is not touched."""
    before = copy.deepcopy(line.document)
    once = prepare(line.document)
    assert line.document == before
    twice = prepare(once.document)
    assert twice.document == once.document
    assert [*twice.notes] == []


def shuffled(value: Any, chance: random.Random) -> Any:
    """Return JSON with the names of every mapping in another order."""
    if isinstance(value, dict):
        names = [*value]
        chance.shuffle(names)
        return {name: shuffled(value[name], chance) for name in names}
    return [shuffled(one, chance) for one in value] if isinstance(value, list) else value


def names_of(prepared: Any) -> set[str]:
    """Return the names that make the code's: those of schemas, of operations and of their arguments."""
    return {f"schema {name}" for name in prepared["components"]["schemas"]} | {
        f"{operation.name} {operation.value['operationId']} {parameter['in']} {parameter['name']}"
        for operation in operations(prepared)
        for parameter in [*operation.value.get("parameters", ()), {"in": "", "name": ""}]
    }


@pytest.mark.unmeasured
@every_line
def test_names_do_not_depend_on_order(line: Line) -> None:
    """The order of a document's mappings changes no name, but for operations: the first one has its name."""
    expected = names_of(prepare(line.document).document)
    items = line.document["paths"].items()
    for seed in range(3):
        mixed = shuffled(line.document, seeded(seed))
        mixed["paths"] = {path: {key: mixed["paths"][path][key] for key in item} for path, item in items}
        assert names_of(prepare(mixed).document) == expected


def with_another_schema(old: Any, name: str) -> Any:
    """Return the document with one more schema, of its own use."""
    changed: Any = copy.deepcopy(old)
    changed["components"]["schemas"][name] = thing(list={"type": "array", "items": thing(zebra=STRING)})
    changed["paths"][f"/unrelated-{name}"] = getter(f"unrelated_{name}", ref(name))
    return changed


@pytest.mark.unmeasured
@every_line
def test_names_do_not_depend_on_others(line: Line) -> None:
    """A schema and an operation that come, or change their names, change no other name."""
    expected = names_of(prepare(line.document).document)
    for name in ("Aardvark", "Zebra", "Thing2", "Lists"):
        names = names_of(prepare(with_another_schema(line.document, name)).document)
        assert expected <= names
        assert not {one for one in names - expected if name.lower() not in one.lower()}


def with_name_changed(old: Any, name: str) -> Any:
    """Return the document with another name for one component, wherever it is used."""
    text = json.dumps(old)
    for end in ('"', "/"):
        text = text.replace(f"#{AT}/{name}{end}", f"#{AT}/QuiteDifferent{end}")
    changed = json.loads(text)
    schemas = changed["components"]["schemas"]
    changed["components"]["schemas"] = {
        "QuiteDifferent" if key == name else key: schema for key, schema in schemas.items()
    }
    return changed


# Of names that are equal in Python, one more or less makes a difference.
UNLIKE = {key: line for key, line in LINES.items() if all(kind != "renamed" for kind, _ in line.notes)}


@pytest.mark.unmeasured
@pytest.mark.parametrize("line", UNLIKE.values(), ids=[*UNLIKE])
def test_a_schemas_new_name_changes_no_other(line: Line) -> None:
    """A schema that gets another name leaves all names alone that are not made of its own."""
    expected = names_of(prepare(line.document).document)
    for name in filter(str.isascii, line.document["components"]["schemas"]):
        names = names_of(prepare(with_name_changed(line.document, name)).document)
        assert {one for one in expected - names if plain(name) not in plain(one)} == set()
        assert {one for one in names - expected if "quitedifferent" not in plain(one)} == set()


@pytest.fixture(scope="module")
def files_of(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Generates a document, and lists the package's files and their classes."""

    def generate(value: Any) -> dict[str, bytes]:
        folder = tmp_path_factory.mktemp("files")
        with client_of(value, folder, checked=False):
            (package,) = (folder / "project").glob("client_*")
            return {str(file.relative_to(package)): file.read_bytes() for file in package.rglob("*.py")}

    return generate


@pytest.mark.unmeasured
def test_order_changes_no_file(files_of: Any) -> None:
    """A document in another order gives the same set of files; of models, the same classes."""
    parts = [
        LINES[name].document for name in ("alias components", "allOf beside properties", "discriminators")
    ]
    for part in parts:
        one, other = files_of(part), files_of(shuffled(part, seeded(1)))
        assert one.keys() == other.keys()
        for name in one:
            assert sorted(one[name].split()) == sorted(other[name].split()) or name.endswith("__init__.py"), (
                name
            )


def test_every_name_of_a_collision_is_stable(files_of: Any) -> None:
    """Of names that are equal in Python, each gets one that depends on itself alone."""
    three = LINES["names equal in PascalCase"].document
    models = {name for name in files_of(three) if name.startswith("models/")}
    assert len(models) == 4
    other = document(
        {"/0": getter("get0", ref("GiftCard")), "/1": getter("get1", ref("gift_card"))},
        {"GiftCard": thing(b=STRING), "gift_card": thing(a=INTEGER)},
    )
    assert {name for name in files_of(other) if name.startswith("models/")} < models


def test_exact_lines_are_many() -> None:
    """Most lines keep their exact meaning, so that the judge of sameness has something to judge."""
    assert AT == "/components/schemas"
    assert len([line for line in LINES.values() if line.exact]) >= 15
