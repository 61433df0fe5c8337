"""A change in a named schema is one row of that schema, whatever place refers to it or has it as a member."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.compare import compare
from scripts.comparison.changes import Axis, Change
from tests.scripts.comparing import B, H, W, receives, rows, sends
from tests.scripts.hand_made import INTEGER, STRING, content, document, ref, thing

ORDER = ref("Order")

WAYS: dict[str, Any] = {
    "a reference": ORDER,
    "allOf of one": {"allOf": [ORDER]},
    "allOf of one, with prose": {"allOf": [ORDER], "description": "An order."},
    "allOf within allOf": {"allOf": [{"allOf": [ORDER]}]},
    "allOf with another": {"allOf": [ORDER, {"properties": {"z": STRING}}]},
    "allOf beside keywords": {"allOf": [ORDER], "maxProperties": 9},
    "allOf that may be null": {"allOf": [ORDER], "nullable": True},
    "two names": {"allOf": [ORDER, ref("Other")]},
}
"""How a property says that it is an order."""

X, Y = thing("x", x=STRING), thing("y", y=INTEGER)
SIZED = {**thing(a=STRING), "maxProperties": 7}
CHANGES: dict[str, tuple[Any, Any]] = {
    "a branch gone, and one left": ({"oneOf": [X, Y]}, {"oneOf": [Y]}),
    "a branch come": ({"oneOf": [Y]}, {"oneOf": [X, Y]}),
    "a branch of three gone": ({"oneOf": [X, Y, thing("z", z=STRING)]}, {"oneOf": [X, Y]}),
    "a union for an object": ({"oneOf": [X, Y]}, thing("q", q=STRING)),
    "a union that came": (thing(a=STRING), {**thing(a=STRING), "oneOf": [X, Y]}),
    "a member come": ({"allOf": [ref("Base")]}, {"allOf": [ref("Base"), thing("b", b=STRING)]}),
    "a member gone": ({"allOf": [ref("Base"), ref("More")]}, {"allOf": [ref("Base")]}),
    "a limit gone": (SIZED, thing(a=STRING)),
    "a limit set": (thing(a=STRING), SIZED),
    "a limit moved": (SIZED, {**SIZED, "maxProperties": 6}),
    "a type set": ({"minProperties": 1}, {"minProperties": 1, "type": "object"}),
    "a type changed": (SIZED, STRING),
    "an enum set": ({"type": "object"}, {"type": "object", "enum": [{}]}),
    "nothing allowed": (SIZED, {"not": {}}),
    "a property needed": (thing(a=STRING), thing("a", a=STRING)),
    "a property come": (thing(a=STRING), thing(a=STRING, c=STRING)),
    "a property changed": (thing(a=STRING), thing(a=INTEGER)),
    "deprecated": (SIZED, {**SIZED, "deprecated": True}),
    "a default": (SIZED, {**SIZED, "default": {}}),
    "a condition": (thing(a=STRING), {**thing(a=STRING), "not": {"required": ["b"]}}),
}
"""What changes in the schema that is called Order."""
OTHERS = {"Other": {"properties": {"o": STRING}}, "Base": thing(b=STRING), "More": thing(m=STRING)}


def used(order: Any, *uses: Any) -> dict[str, Any]:
    """Make a document in which one operation for each use receives it, in a property, and sends it."""
    paths = {
        f"/{number}": {
            "post": {
                "requestBody": content(thing(order=use)),
                "responses": {"200": {"description": "", **content(thing(back=use))}},
            }
        }
        for number, use in enumerate(uses)
    }
    return document(paths, {"Order": order, **OTHERS})


def wire(old: Any, new: Any) -> list[Change]:
    return [change for change in compare(old, new).changes if change.axis is not Axis.PROSE]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("way", WAYS)
def test_one_row_at_the_named_schema(change: str, way: str) -> None:
    """One cause is one row, at the schema that changed, with every operation that has it in any way."""
    one, other = CHANGES[change]
    for old, new in ((one, other), (other, one)):
        alone = wire(used(old, ORDER), used(new, ORDER))
        found = wire(used(old, ORDER, WAYS[way]), used(new, ORDER, WAYS[way]))
        assert [row.fingerprint for row in found] == [row.fingerprint for row in alone]
        assert len(found) == 1
        assert found[0].subject.startswith("Order")
        assert found[0].operations == ("POST /0", "POST /1")
        assert str(found[0].new_pointer or found[0].old_pointer).startswith("/components/schemas/Order")


def test_what_a_user_adds_is_told_of_the_user() -> None:
    """What is said at the place of use changes there, beside what changes in the schema that it names."""
    order, changed = {**thing(a=STRING), "maxProperties": 7}, thing(a=STRING)
    old = receives(thing(x={"allOf": [ORDER], "minProperties": 1}), {"Order": order})
    new = receives(thing(x={"allOf": [ORDER], "minProperties": 2}), {"Order": changed})
    assert rows(old, new) == [
        (B, "max-properties-removed", "Order"),
        (H, "min-properties-tightened", "GET /x 200.x"),
    ]


def test_siblings_of_a_reference_are_told_of_the_user() -> None:
    """In OpenAPI 3.1 keywords beside a reference hold too; the schema it leads to keeps its own changes."""
    use = {"$ref": "#/components/schemas/Order", "minProperties": 1}
    old = receives(thing(x=use), {"Order": {"oneOf": [X, Y]}})
    new = receives(thing(x=use), {"Order": {"oneOf": [Y]}})
    assert rows(old, new) == [(H, "unwrapped", "Order")]
    tighter = receives(thing(x={**use, "minProperties": 2}), {"Order": {"oneOf": [X, Y]}})
    assert rows(old, tighter) == [(H, "min-properties-tightened", "GET /x 200.x")]


def test_null_beside_a_reference_stays_at_its_place() -> None:
    """Where a place adds null to a schema, that one's other changes are its own, in OpenAPI 3.0 too."""
    use = {"$ref": "#/components/schemas/Order", "nullable": True}
    orders = {"oneOf": [X, Y]}, {"oneOf": [Y]}
    old, new = (receives(thing(x=use), {"Order": order}, openapi="3.0.3") for order in orders)
    assert rows(old, new) == [(H, "unwrapped", "Order")]


def test_what_the_place_makes_good_is_no_change_of_it() -> None:
    """Null that a schema loses, and its place adds anyway, changes nothing there."""
    use = {"allOf": [ORDER], "nullable": True}
    old, new = (
        receives(thing(x=use), {"Order": one}, openapi="3.0.3") for one in ({**X, "nullable": True}, X)
    )
    assert [row.operations for row in wire(old, new)] == [()]


def test_a_property_that_moves_to_the_named_schema_changes_nothing() -> None:
    """What a place said itself and a schema among what holds there says now is the same for values there."""
    old = receives(thing(x={"allOf": [ORDER, thing("b", b=STRING)]}), {"Order": thing(a=STRING)})
    new = receives(thing(x={"allOf": [ORDER]}), {"Order": thing("b", a=STRING, b=STRING)})
    assert [(weight, rule) for weight, rule, _ in rows(old, new)] == [(H, "required-property-added")]
    assert wire(old, new)[0].operations == ()


@pytest.mark.parametrize(
    "beside",
    [{"required": ["b"]}, {"additionalProperties": STRING}, {"patternProperties": {"^b": STRING}}],
    ids=str,
)
def test_a_property_of_which_the_place_says_something_is_weighed_there(beside: dict[str, Any]) -> None:
    """A property that comes into a named schema is no news alone, but can be beside what the place says."""
    use = {"allOf": [ORDER, {"type": "object", **beside}]}
    old, new = (sends(thing(x=use), {"Order": one}) for one in (thing(a=STRING), thing(a=STRING, b=INTEGER)))
    assert B in {weight for weight, _, _ in rows(old, new)}


def test_members_that_hold_each_other_come_to_an_end() -> None:
    """Schemas whose members lead back to them are compared; what changed is told of the one that changed."""
    old, new = (
        receives(
            ref("A"),
            {
                "A": {"allOf": [ref("B")]},
                "B": {"allOf": [ref("A"), ref("C"), loop], "minProperties": n},
                "C": thing(c=STRING),
            },
        )
        for n in (1, 2)
        for loop in ({"$ref": "#/components/schemas/B/allOf/2"},)
    )
    assert rows(old, new) == [(H, "min-properties-tightened", "B")]


def test_two_shapes_of_one_name_are_told_apart() -> None:
    """A union that became something else of the same name is called by its shape."""
    old, new = ({"Order": {"title": "Order", **one}} for one in ({"oneOf": [X, Y]}, thing("q", q=STRING)))
    (row,) = wire(receives(ref("Order"), old), receives(ref("Order"), new))
    assert row.what == "object with x or object with y became object with q."
    assert row.severity == B != W


def test_a_member_that_names_no_type_is_called_by_its_limits() -> None:
    """What a member of `allOf` asks for can be read in the row."""
    (row,) = wire(
        sends({"allOf": [thing(a=STRING)]}),
        sends({"allOf": [thing(a=STRING), {"maxProperties": 5, "required": ["a"]}]}),
    )
    assert row.what == "Must also be anything with `maxProperties` 5, `required` a (`allOf`)."
