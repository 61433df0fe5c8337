"""Defaults, discriminators, and what only preparation itself needed."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.preparation.documents import ADDED, ORIGIN, SOURCE, Noting
from scripts.preparation.finishing import check_defaults, complete_discriminators, finish, origins
from scripts.preparation.shapes import mark_origins
from tests.scripts.hand_made import INTEGER, STRING, document, ref, thing
from tests.scripts.passes import AT, schemas_of

KIND = {"type": "string", "enum": ["a", "b"]}
HELD = {"Kind": KIND, "Ring": ref("Ring"), "Thing": thing(a=STRING)}


@pytest.mark.parametrize(
    ("schema", "default", "kind"),
    [
        (STRING, "a", None),
        (INTEGER, 1, None),
        ({"type": "number"}, 1, None),
        ({"type": "boolean"}, False, None),
        (KIND, "a", None),
        ({"type": "string", "const": "a"}, "a", None),
        ({"anyOf": [STRING, {"type": "null"}]}, "a", None),
        ({"anyOf": [ref("Kind"), {"type": "null"}]}, "b", None),
        ({"type": "string", "format": "date"}, "2024-02-29", None),
        ({"type": "string", "format": "date-time"}, "2024-02-29T00:00:00Z", None),
        ({"type": "string", "format": "uuid"}, "00000000-0000-0000-0000-000000000000", None),
        ({"type": "string", "format": "unheard"}, "x", None),
        (STRING, None, ""),
        (STRING, 1, "repaired"),
        (INTEGER, "1", "repaired"),
        (INTEGER, True, "repaired"),
        (INTEGER, 1.0, "repaired"),
        (KIND, "z", "repaired"),
        ({"anyOf": [ref("Kind"), {"type": "null"}]}, "z", "repaired"),
        ({"anyOf": [ref("Ring")]}, "z", "repaired"),
        ({"type": "string", "format": "date"}, "soon", "repaired"),
        ({"type": "string", "format": "date-time"}, "soon", "repaired"),
        ({"type": "string", "format": "uuid"}, "soon", "repaired"),
        ({"type": "string", "format": "binary"}, "x", "repaired"),
        ({"type": "object"}, {}, "loosened"),
        ({"type": "array", "items": {}}, [], "loosened"),
        ({}, "a", "loosened"),
    ],
)
def test_defaults_are_valid_or_gone(schema: Any, default: Any, kind: str | None) -> None:
    """A default that the schema refuses, or that no code can hold, goes and is named; null says nothing."""
    made, notes = schemas_of(check_defaults, {**HELD, "A": {**schema, "default": default}})
    assert made["A"] == ({**schema, "default": default} if kind is None else schema)
    assert [note[:2] for note in notes] == ([(f"{AT}/A/default", kind)] if kind else [])


def union(*names: str, **more: Any) -> Any:
    return {"oneOf": [ref(name) for name in names], "discriminator": {"propertyName": "kind", **more}}


def variant(*values: str) -> Any:
    return thing(kind={"type": "string", "enum": [*values]} if values else STRING)


@pytest.mark.parametrize(
    ("schema", "mapping", "kinds"),
    [
        (
            union("Cat", "Dog", mapping={"c": "Cat", "d": "#/components/schemas/Dog"}),
            {"c": "Cat", "d": "Dog"},
            [],
        ),
        (union("Cat", "Dog"), {"Cat": "Cat", "big": "Dog", "small": "Dog"}, []),
        (union("Cat", "Dog", mapping={"c": "Cat"}), {"c": "Cat", "big": "Dog", "small": "Dog"}, []),
        (
            union("Cat", "Dog", mapping={"c": "Cat", "k": "Cat"}),
            {"c": "Cat", "k": "Cat", "big": "Dog", "small": "Dog"},
            [],
        ),
        (union("Cat", "One", mapping={"x": "Gone", "y": 5}), {"Cat": "Cat", "one": "One"}, ["loosened"] * 2),
        (union("Cat", "Made", mapping={"o": "Origin"}), {"Cat": "Cat", "o": "Made"}, []),
        (union("Cat", "Made"), {"Cat": "Cat", "Origin": "Made"}, []),
        (union("Made", "Twin"), None, ["loosened"]),
        (union(), None, []),
        ({**thing(kind=STRING), "discriminator": {"propertyName": "kind"}}, None, []),
        ({"oneOf": [ref("Cat"), STRING], "discriminator": {"propertyName": 5}}, None, []),
        (
            {"oneOf": [ref("Cat"), STRING], "discriminator": {"propertyName": "kind", "mapping": []}},
            {"Cat": "Cat"},
            [],
        ),
    ],
)
def test_discriminators_are_whole(schema: Any, mapping: Any, kinds: list[str]) -> None:
    """Every variant has its values; a mapping to what is no variant is named, an ambiguous one goes."""
    held = {
        "Cat": variant(),
        "Dog": variant("big", "small"),
        "One": thing(kind={"const": "one"}),
        "Made": {**variant(), SOURCE: "Origin"},
        "Twin": {**variant(), SOURCE: "Origin"},
        "A": schema,
    }
    made, notes = schemas_of(complete_discriminators, held)
    bare = {key: value for key, value in schema.items() if key != "discriminator"}
    targets = {key: f"{'#' + AT}/{name}" for key, name in (mapping or {}).items()}
    whole = {**bare, "discriminator": {"propertyName": "kind", "mapping": targets}}
    assert made["A"] == (bare if mapping is None else whole)
    assert [note[:2] for note in notes] == [(f"{AT}/A", kind) for kind in kinds]


def test_marks_go_at_the_end() -> None:
    """What is not the generator's goes, components are sorted, and schemas are known by their pointers."""
    held = {"b": thing(a=STRING), "a_c": {**STRING, ADDED: True}, "A": STRING}
    given = mark_origins(document({}, held, servers=[{"url": "/"}]), Noting())
    given["components"]["schemas"]["a_c"].pop(ORIGIN)
    made = finish({**given, "tags": [], "externalDocs": 5})
    assert made == document({}, {"A": STRING, "a_c": STRING, "b": thing(a=STRING)}, servers=[{"url": "/"}])
    assert [*made["components"]["schemas"]] == ["A", "a_c", "b"]
    assert origins(given) == {pointer: pointer for pointer in (f"{AT}/b", f"{AT}/b/properties/a", f"{AT}/A")}
    for servers in ("none", [{"url": 5}], [5]):
        assert "servers" not in finish(document({}, servers=servers))
