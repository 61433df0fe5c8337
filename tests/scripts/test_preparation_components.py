"""Which schemas are components, and what they are called."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.preparation.components import (
    collapse_aliases,
    drop_incoming,
    hoist,
    hoist_unmerged,
    is_own_class,
    lift_deep_references,
    name_components,
    open_hierarchies,
    prune,
    push_null_out,
    unwrap,
)
from scripts.preparation.documents import ADDED, PLACE, SOURCE, WANTED, Noting, component_of, references
from scripts.preparation.names import LONGEST_NAME, pascal_case
from scripts.preparation.shapes import mark_origins
from tests.scripts.hand_made import (
    INTEGER,
    STRING,
    content,
    document,
    getter,
    operation,
    parameter,
    ref,
    thing,
)
from tests.scripts.passes import AT, plain, ran, schemas_of

NULL = {"type": "null"}
INNER = thing(x=STRING)
CHOICE = {"type": "string", "enum": ["a", "b"]}


@pytest.mark.parametrize(
    ("schema", "result"),
    [
        ({"allOf": [ref("B")]}, ref("B")),
        ({"allOf": [ref("B")], "description": "x"}, ref("B")),
        ({"oneOf": [INNER], "description": "x"}, {**INNER, "description": "x"}),
        ({"anyOf": [{"allOf": [STRING]}], "discriminator": {"propertyName": "a"}}, STRING),
        ({"allOf": [ref("B")], "required": ["a"]}, {"allOf": [ref("B")], "required": ["a"]}),
        ({"allOf": [ref("B"), INNER]}, {"allOf": [ref("B"), INNER]}),
        ({"properties": {"a": {"allOf": [ref("B")]}}}, {"properties": {"a": ref("B")}}),
    ],
)
def test_one_in_a_list_is_itself(schema: Any, result: Any) -> None:
    """A list of one schema is that schema, where only annotations stand beside it."""
    assert schemas_of(unwrap, {"A": schema})[0]["A"] == result


def marked(given: Any) -> Any:
    return mark_origins(given, Noting())


def test_deep_references_get_components() -> None:
    """What is referred to within another schema or an operation becomes a component; all use that one."""
    deep = {"$ref": "#/components/schemas/A/properties/x~1y"}
    body = {"$ref": "#/paths/~1a%7Bid%7D/post/requestBody/content/application~1json/schema"}
    held = {
        "A": thing(**{"x/y": INNER, "z": deep}),
        "B": {"type": "array", "items": body},
        "C": {"$ref": "#/components/schemas/A/properties/x%7E1y"},
        "D": {"$ref": "#/$defs/Odd"},
        "E": {"$ref": "#/components/schemas/A/properties/x~1y/properties/x"},
    }
    given = document({"/a{id}": {"post": {"requestBody": content(thing(n=INTEGER))}}}, held)
    made, notes = ran(lift_deep_references, marked({**given, "$defs": {"Odd": CHOICE}}))
    schemas = plain(made["components"]["schemas"])
    assert notes == []
    assert schemas["A"] == thing(**{"x/y": ref("AXy"), "z": ref("AXy")})
    assert schemas["AXy"] == thing(x=ref("AXyX"))
    assert (schemas["AXyX"], schemas["Odd"]) == (STRING, CHOICE)
    assert (schemas["C"], schemas["D"], schemas["E"]) == (ref("AXy"), ref("Odd"), ref("AXyX"))
    name = component_of(schemas["B"]["items"]["$ref"])
    assert schemas[name] == thing(n=INTEGER)
    assert plain(made["paths"]["/a{id}"]["post"]["requestBody"]) == content(ref(str(name)))
    assert made["components"]["schemas"]["AXy"][ADDED]


def test_lifted_names_are_their_own() -> None:
    """A lifted schema does not take the name of a component, nor of another lifted one; none is nameless."""
    held = {
        "A": thing(b=INNER, **{"c d": STRING, "c_d": INTEGER}),
        "AB": STRING,
        "X": thing(
            **{
                f"p{number}": {"$ref": f"#/components/schemas/A/properties/{name}"}
                for number, name in enumerate(["b", "c%20d", "c_d"])
            }
        ),
        "Y": {"$ref": "#/$defs/-"},
    }
    made, _ = ran(lift_deep_references, marked({**document({}, held), "$defs": {"-": STRING}}))
    schemas = plain(made["components"]["schemas"])
    assert schemas["AB"] == STRING
    targets = [schemas[str(component_of(value["$ref"]))] for value in schemas["X"]["properties"].values()]
    assert targets == [INNER, STRING, INTEGER]
    assert schemas["Y"] == ref("Schema")


def test_what_is_sent_to_others_is_left_out() -> None:
    """Webhooks and callbacks are named; places that only held what was referred to go silently."""
    callbacks: dict[str, Any] = {"done": {"{$request.body#/url}": {"post": {"responses": {}}}}}
    given = document({"/a": getter("a", callbacks=callbacks)}, pathItems={"I": {}}, callbacks=callbacks)
    made, notes = ran(drop_incoming, {**given, "webhooks": {"w": {}}, "definitions": {}, "$defs": {}})
    assert [note[:2] for note in notes] == [
        ("/components/callbacks", "loosened"),
        ("/paths/~1a/get/callbacks", "loosened"),
        ("/webhooks", "loosened"),
    ]
    assert made == document({"/a": getter("a")})
    assert ran(drop_incoming, document({}))[1] == []


@pytest.mark.parametrize(
    ("schema", "own"),
    [
        (INNER, True),
        ({"properties": {}}, True),
        ({"type": "object"}, True),
        (CHOICE, True),
        ({"type": "string", "enum": ["a"]}, False),
        (STRING, False),
        ({"anyOf": [STRING, NULL]}, False),
        ({"anyOf": [STRING, INTEGER], "properties": {}}, True),
        ({"anyOf": [STRING, INTEGER], "minLength": 3}, True),
        ({"allOf": [ref("A"), {"required": ["a"]}]}, True),
        ({"allOf": [{"not": STRING}]}, False),
        ({"type": "array", "items": INNER}, False),
    ],
)
def test_what_becomes_a_class(schema: Any, *, own: bool) -> None:
    """Objects, enums of several values and what will be merged have names; all else stands where it is."""
    assert is_own_class(schema) is own


def hoisted(given: Any, by: Any = hoist_unmerged) -> tuple[Any, dict[str, Any]]:
    made, notes = ran(by, marked(given))
    assert notes == []
    return plain(made["paths"]), plain(made["components"]["schemas"])


def test_inline_schemas_become_components_named_by_their_place() -> None:
    """Properties, items, values, variants, parameters, bodies and answers: each is named as one would."""
    shape = thing(
        owner=INNER,
        kind=CHOICE,
        list={"type": "array", "items": INNER},
        map={"type": "object", "additionalProperties": INNER},
        either={"oneOf": [INNER, thing("type", type={"const": "BIG_ONE"}), STRING, NULL, ref("B")]},
        maybe={"anyOf": [INNER, NULL]},
        **{"%": INNER},
    )
    answers = {
        "200": {
            "description": "",
            "content": {"application/json": {"schema": INNER}, "text/csv": {"schema": INNER}},
        },
        "default": {"description": "", "headers": {"X-Kind": {"schema": CHOICE}}, "content": {}},
    }
    given = document(
        {
            "/a": {
                "parameters": [parameter("path_wide", CHOICE)],
                "post": {
                    "operationId": "create_it",
                    "parameters": [parameter("order-by", CHOICE)],
                    "requestBody": content(INNER),
                    "responses": answers,
                },
            }
        },
        {"Shape": shape, "B": STRING, "flags": {"type": "array", "items": CHOICE}},
        parameters={"Sort": parameter("sort", CHOICE), "PageParameter": parameter("page", CHOICE)},
        responses={"Fine": {"description": "", **content(INNER)}},
        requestBodies={"Sent": content(INNER)},
        headers={"Left": {"schema": CHOICE}},
    )
    paths, schemas = hoisted(given)
    assert set(schemas) == {
        "Shape",
        "B",
        "flags",
        "FlagsItem",
        "ShapeOwner",
        "ShapeKind",
        "ShapeListItem",
        "ShapeMap",
        "ShapeMapValue",
        "ShapeEitherVariant1",
        "ShapeEitherBigOne",
        "ShapeMaybe",
        "ShapeProperty",
        "APathWide",
        "CreateItOrderBy",
        "CreateItBody",
        "CreateItResponse200",
        "CreateItResponse200Csv",
        "CreateItResponseDefaultXKind",
        "SortParameter",
        "PageParameter",
        "FineResponse",
        "SentBody",
        "LeftHeader",
    }
    assert schemas["Shape"]["properties"]["owner"] == ref("ShapeOwner")
    assert schemas["Shape"]["properties"]["maybe"] == {"anyOf": [ref("ShapeMaybe"), NULL]}
    assert schemas["ShapeMap"] == {"type": "object", "additionalProperties": ref("ShapeMapValue")}
    assert paths["/a"]["post"]["requestBody"] == content(ref("CreateItBody"))


def test_what_is_about_to_be_merged_stays() -> None:
    """Parts of `allOf` and variants beside properties keep their places; only what is in them moves."""
    both = {"allOf": [ref("B"), thing(owner=INNER)], "oneOf": [thing(a=CHOICE), ref("B")]}
    _, schemas = hoisted(document({}, {"A": both, "B": INNER}))
    assert schemas["A"]["allOf"] == [ref("B"), thing(owner=ref("AOwner"))]
    assert schemas["A"]["oneOf"] == [thing(a=ref("AVariant1A")), ref("B")]
    union = {"minProperties": 1, "oneOf": [thing(a=STRING), ref("B")]}
    assert hoisted(document({}, {"A": union, "B": INNER}))[1]["A"] == union
    _, schemas = hoisted(document({}, {"A": union, "B": INNER}), hoist)
    assert schemas["A"]["oneOf"] == [ref("AVariant1"), ref("B")]


def test_places_that_want_one_name_are_kept_apart() -> None:
    """Parts with a property of one name, and operations of one name, lose nothing to each other."""
    parts = {
        "allOf": [thing(owner=thing(x=STRING)), thing(owner=thing(y=STRING))],
        **thing(owner=thing(z=STRING)),
    }
    _, schemas = hoisted(document({}, {"A": parts}))
    owners = [part["properties"]["owner"] for part in (*schemas["A"]["allOf"], schemas["A"])]
    assert [schemas[str(component_of(owner["$ref"]))] for owner in owners] == [
        thing(x=STRING),
        thing(y=STRING),
        thing(z=STRING),
    ]
    given = document(
        {
            "/a": getter("list", thing(a=STRING), tags=["a"]),
            "/b": getter(
                "list",
                thing(b=STRING),
                tags=["b"],
                parameters=[parameter("x.y", CHOICE), parameter("x_y", {"enum": [1, 2]})],
            ),
        },
        {"ListResponse200": thing(a=thing(c=STRING))},
    )
    paths, schemas = hoisted(given)
    answers = [
        paths[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"] for path in paths
    ]
    assert [schemas[str(component_of(answer["$ref"]))] for answer in answers] == [
        thing(a=STRING),
        thing(b=STRING),
    ]
    sorts = [schemas[str(component_of(p["schema"]["$ref"]))] for p in paths["/b"]["get"]["parameters"]]
    assert sorts == [CHOICE, {"enum": [1, 2]}]
    assert schemas["ListResponse200"] == thing(a=ref("ListResponse200A"))


def test_names_of_parameters_do_not_depend_on_their_order() -> None:
    """Two parameters that want one name get the same ones whichever comes first."""
    first, second = parameter("x.y", CHOICE), parameter("x_y", {"enum": [1, 2]})
    turned = [
        hoisted(document({"/a": getter("a", parameters=held)}))[1]
        for held in ([first, second], [second, first])
    ]
    assert turned[0] == turned[1]


def test_aliases_are_what_they_stand_for() -> None:
    """References and mappings lead to the target; the alias goes and is named; a ring accepts all."""
    held = {
        "Real": INNER,
        "Alias": ref("Real"),
        "Far": ref("Alias"),
        "Ring": ref("Rung"),
        "Rung": ref("Ring"),
        "Self": ref("Self"),
        "To": ref("Rung"),
        "User": thing(a=ref("Far"), b=ref("Rung")),
        "Pick": {
            "oneOf": [ref("Far")],
            "discriminator": {
                "propertyName": "a",
                "mapping": {"x": "Far", "y": "#/components/schemas/Alias", "z": 5, "w": "Other"},
            },
        },
    }
    made, notes = schemas_of(collapse_aliases, held)
    assert made == {
        "Real": INNER,
        "Ring": {},
        "Rung": {},
        "Self": {},
        "To": {},
        "User": thing(a=ref("Real"), b=ref("Rung")),
        "Pick": {
            "oneOf": [ref("Real")],
            "discriminator": {
                "propertyName": "a",
                "mapping": {
                    "x": "#/components/schemas/Real",
                    "y": "#/components/schemas/Real",
                    "z": 5,
                    "w": "Other",
                },
            },
        },
    }
    kinds = {pointer.rpartition("/")[2]: kind for pointer, kind, _ in notes}
    assert kinds == {
        "Alias": "renamed",
        "Far": "renamed",
        "Ring": "loosened",
        "Rung": "loosened",
        "Self": "loosened",
        "To": "loosened",
    }
    unnamed, notes = schemas_of(collapse_aliases, {"Real": INNER, "Alias": {**ref("Real"), ADDED: True}})
    assert (unnamed, notes) == ({"Real": INNER}, [])


def test_null_goes_to_the_references() -> None:
    """A component that is one class or null is the class; what refers to it may be null."""
    held = {
        "A": {"anyOf": [INNER, NULL], "description": "x"},
        "B": thing(a=ref("A")),
        "C": {"anyOf": [STRING, NULL]},
    }
    made, notes = schemas_of(push_null_out, held)
    assert made == {
        "A": {**INNER, "description": "x"},
        "B": thing(a={"anyOf": [ref("A"), NULL]}),
        "C": held["C"],
    }
    assert notes == []
    assert schemas_of(push_null_out, {"A": INNER, "B": {"anyOf": [NULL]}})[0] == {
        "A": INNER,
        "B": {"anyOf": [NULL]},
    }


def test_what_preparation_added_goes_when_unused() -> None:
    """Components of the document stay, used or not; added ones stay as long as something leads to them."""
    added = {**INNER, ADDED: True}
    held = {
        "Own": STRING,
        "Used": {**thing(x=ref("Deep")), ADDED: True},
        "Deep": added,
        "Loose": added,
        "Ring": {**thing(x=ref("Ring")), ADDED: True},
    }
    made, _ = ran(prune, document({"/a": getter("a", ref("Used"))}, held))
    assert set(made["components"]["schemas"]) == {"Own", "Used", "Deep"}
    kept = document({}, {"Own": STRING})
    assert ran(prune, kept)[0] is kept


def named(held: dict[str, Any]) -> tuple[list[str], list[str]]:
    made, notes = schemas_of(name_components, held)
    return [*made], [pointer for pointer, kind, _ in notes if kind == "renamed"]


@pytest.mark.parametrize(
    ("keys", "renamed"),
    [
        (["GiftCard", "gift", "v1.Order", "order-item"], []),
        (["GiftCard", "gift_card"], ["gift_card"]),
        (["gift_card", "gift-card"], ["gift-card", "gift_card"]),
        (["ABTest", "AbTest"], []),
        (["a b"], ["a b"]),
        (["a/b", "a~b", "a%b", "a.b"], ["a%b", "a.b", "a~0b", "a~1b"]),
        (["-", "_", "日本", "Ответ"], ["-", "_", "Ответ", "日本"]),
        (["x" * 300], ["x" * 300]),
        (["1a", "2"], []),
    ],
)
def test_keys_become_classes_of_their_own(keys: list[str], renamed: list[str]) -> None:
    """Every component gets a class and a module that no other one has; whatever that changes is named."""
    made, notes = named(dict.fromkeys(keys, STRING))
    assert notes == [f"{AT}/{key}" for key in renamed]
    assert len({pascal_case(key) for key in made}) == len(keys)
    assert all(0 < len(key) <= LONGEST_NAME and key.isascii() for key in made)
    assert [key for key in made if key in keys] == [
        key for key in keys if f"{key}".replace("~", "~0").replace("/", "~1") not in renamed
    ]
    assert named(dict.fromkeys(made, STRING)) == (made, [])


def test_added_components_get_the_names_that_they_want() -> None:
    """An added one is called as wanted unless another one is; references and sources follow."""
    held: dict[str, Any] = {
        "OrderItem": STRING,
        "Order_Item_x": {**INNER, ADDED: True, WANTED: "OrderItem", PLACE: "/Order/items"},
        "Owner_y": {**INNER, ADDED: True, WANTED: "Owner", PLACE: "/A/owner"},
        "A": thing(owner=ref("Owner_y"), item=ref("Order_Item_x")),
        "Cat": {**INNER, SOURCE: "Owner_y"},
    }
    document_of = document({}, held)
    made, notes = ran(name_components, marked(document_of))
    schemas = made["components"]["schemas"]
    assert next(references(schemas["A"])) == "Owner"
    assert schemas["Cat"][SOURCE] == "Owner"
    (other,) = schemas.keys() - {"OrderItem", "Owner", "A", "Cat"}
    assert other.startswith("OrderItem_")
    assert [(kind, what.partition(" ")[0]) for _, kind, what in notes] == [("renamed", "OrderItem")]


def test_operations_need_no_answer_to_be_named() -> None:
    """A reference into an operation without an operationId is named by its method and path."""
    way = {"$ref": "#/paths/~1a/get/responses/200/content/application~1json/schema"}
    item = {"get": {key: value for key, value in operation("x", INNER).items() if key != "operationId"}}
    made, _ = ran(lift_deep_references, marked(document({"/a": item}, {"A": way})))
    assert plain(made["components"]["schemas"])["A"] == ref("GetAResponse200")


def test_base_with_a_discriminator() -> None:
    """Where it is referred to, those made of it are allowed by name; in their `allOf` it stays what it is."""
    tag = {"propertyName": "kind", "mapping": {"c": "Cat"}}
    schemas = {
        "Pet": {**thing(kind=STRING), "discriminator": tag},
        "Cat": {"allOf": [ref("Pet"), thing(lives=INTEGER)]},
        "Lion": {"allOf": [ref("Cat")]},
        "Alone": {**thing(kind=STRING), "discriminator": {"propertyName": "kind"}},
        "Owner": thing(pet=ref("Pet"), other=ref("Alone")),
        "Union": {"oneOf": [ref("Cat"), ref("Lion")], "discriminator": tag},
    }
    made, notes = schemas_of(open_hierarchies, schemas)
    assert made["Owner"]["properties"] == {
        "pet": {"anyOf": [ref("Pet"), ref("Cat"), ref("Lion")], "discriminator": tag},
        "other": ref("Alone"),
    }
    assert made["Cat"] == schemas["Cat"]
    assert made["Union"] == schemas["Union"]
    assert "discriminator" not in {**made["Pet"], **made["Alone"]}
    assert notes == []
