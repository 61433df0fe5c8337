"""What leads back to itself, and unions with loosened variants."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.notes import Kind
from scripts.preparation.cycles import break_circles, break_cycles, open_unions
from scripts.preparation.documents import Noting
from scripts.preparation.shapes import mark_origins
from tests.scripts.hand_made import STRING, document, ref, thing
from tests.scripts.passes import AT, plain, schemas_of


@pytest.mark.parametrize(
    ("held", "result"),
    [
        ({"A": {"allOf": [ref("A"), thing(a=STRING)]}}, {"A": {"allOf": [{}, thing(a=STRING)]}}),
        (
            {"A": {"allOf": [ref("B"), thing(a=STRING)]}, "B": {"allOf": [ref("A"), thing(b=STRING)]}},
            {
                "A": {"allOf": [{"allOf": [{}, thing(b=STRING)]}, thing(a=STRING)]},
                "B": {"allOf": [{"allOf": [{}, thing(a=STRING)]}, thing(b=STRING)]},
            },
        ),
        ({"A": {"anyOf": [STRING, ref("A")]}}, {"A": {"anyOf": [STRING, {}]}}),
        ({"A": {"oneOf": [STRING, ref("A")]}}, {"A": {"anyOf": [STRING, {}]}}),
        ({"A": ref("A")}, {"A": {}}),
    ],
)
def test_circles_are_cut(held: Any, result: Any) -> None:
    """Only the part that leads back goes, from whichever side one looks, and it is named."""
    made, notes = schemas_of(break_circles, held)
    assert made == result
    assert {kind for _, kind, _ in notes} == {"loosened"}
    turned, _ = schemas_of(break_circles, dict(reversed(held.items())))
    assert turned == made


@pytest.mark.parametrize(
    "held",
    [
        {"A": thing(a=ref("A"))},
        {"A": {"type": "array", "items": ref("A")}},
        {"A": {"allOf": [ref("B")]}, "B": thing(a=ref("A"))},
        {"A": {"not": ref("A")}},
        {"A": {"allOf": [ref("B"), ref("C")]}, "B": ref("D"), "C": ref("D"), "D": STRING},
    ],
)
def test_what_is_no_circle_stays(held: Any) -> None:
    """A way through a property or a list has an end in every value; two ways to one place are no circle."""
    made, notes = schemas_of(break_circles, held)
    assert (made, notes) == (held, [])


@pytest.mark.parametrize(
    ("held", "result"),
    [
        ({"A": {"type": "array", "items": ref("A")}}, {"A": {"type": "array", "items": {}}}),
        (
            {"A": {"type": "array", "items": ref("B")}, "B": {"anyOf": [STRING, ref("A")]}},
            {
                "A": {"type": "array", "items": {"anyOf": [STRING, {}]}},
                "B": {"anyOf": [STRING, {"type": "array", "items": {}}]},
            },
        ),
        (
            {"A": {"type": "array", "items": {"type": "array", "items": ref("A")}}},
            {"A": {"type": "array", "items": {"type": "array", "items": {}}}},
        ),
        ({"A": {"type": "array", "items": {"anyOf": [{}, ref("A")]}}}, {"A": {"type": "array", "items": {}}}),
        (
            {
                "A": {"anyOf": [ref("B"), {"type": "array", "items": ref("A")}, thing(a=ref("A"))]},
                "B": STRING,
            },
            {"A": {"anyOf": [ref("B"), {"type": "array", "items": {}}, thing(a=ref("A"))]}, "B": STRING},
        ),
        ({"A": {"anyOf": [STRING, thing(a=ref("A"))]}}, None),
        ({"A": {"type": "array", "items": thing(a=ref("A"))}}, None),
    ],
)
def test_types_have_an_end(held: Any, result: Any) -> None:
    """No type can be written for a list of itself; an object on the way is a class, which can be named."""
    made, notes = schemas_of(break_cycles, held)
    assert made == (held if result is None else result)
    assert bool(notes) is (result is not None)


def opened(held: Any, *pointers: str) -> tuple[Any, set[str]]:
    noting = Noting()
    for pointer in pointers:
        noting(pointer, Kind.LOOSENED, "made wider", "for the test")
    given = mark_origins(document({}, held), Noting())
    made = open_unions(given, noting)
    return plain(made["components"]["schemas"]), {note.pointer for note in noting.notes} - {*pointers}


def test_one_of_loosened_variants_is_any_of_them() -> None:
    """Where a variant accepts more, more than one may fit: also behind references and within other unions."""
    union = {"oneOf": [ref("Cat"), ref("Dog")]}
    held = {
        "Cat": thing(a=STRING),
        "Dog": thing(b=STRING),
        "Pet": union,
        "Other": {"oneOf": [ref("Dog"), STRING]},
        "Owner": {"oneOf": [thing(pet=ref("Pet")), STRING]},
        "Both": {**union, "anyOf": [STRING]},
    }
    assert opened(held) == (held, set())
    made, notes = opened(held, f"{AT}/Cat/properties/a")
    assert made == {
        **held,
        "Pet": {"anyOf": union["oneOf"]},
        "Owner": {"anyOf": held["Owner"]["oneOf"]},
        "Both": {"anyOf": [STRING], "allOf": [{"anyOf": union["oneOf"]}]},
    }
    assert notes == {f"{AT}/Pet", f"{AT}/Owner", f"{AT}/Both"}
    assert opened(held, f"{AT}/Catalogue") == (held, set())
