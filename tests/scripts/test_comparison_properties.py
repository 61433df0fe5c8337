"""What holds of every comparison: of real documents, of ones written otherwise, and of broken ones."""

from __future__ import annotations

import copy
import json
import random
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scripts.command import CommandError
from scripts.compare import compare
from scripts.comparison.changes import Axis
from scripts.comparison.rules import RULES
from scripts.comparison.severity import Direction, severity_of
from scripts.preparation.documents import find
from tests.scripts.comparing import rows, sends
from tests.scripts.hand_made import LINES, ref, thing
from tests.scripts.test_real_documents import MISSING, SPECS, load, real

WHOLE: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Whole", "version": "1"},
    "servers": [{"url": "https://{a}.example", "variables": {"a": {"default": "b", "enum": ["b", "c"]}}}],
    "security": [{"key": []}, {"oauth": ["read"]}],
    "webhooks": {
        "made": {
            "post": {
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/It"}}}
                },
                "responses": {"200": {"description": ""}},
            }
        }
    },
    "paths": {
        "/a/{id}": {
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                {"$ref": "#/components/parameters/Page"},
            ],
            "post": {
                "operationId": "make",
                "tags": ["a"],
                "parameters": [
                    {"name": "deep", "in": "query", "style": "deepObject", "schema": {"type": "object"}},
                    {
                        "name": "list",
                        "in": "query",
                        "content": {"application/json": {"schema": {"type": "array"}}},
                    },
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "multipart/form-data": {
                            "schema": {"$ref": "#/components/schemas/It"},
                            "encoding": {"a": {"contentType": "image/png"}},
                        }
                    },
                },
                "callbacks": {"done": {"{$url}": {"post": {"responses": {"200": {"description": ""}}}}}},
                "responses": {
                    "200": {
                        "headers": {"x-it": {"required": True, "schema": {"type": "integer"}}},
                        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/It"}}},
                    },
                    "4XX": {"$ref": "#/components/responses/No"},
                    "default": {"description": ""},
                },
            },
        }
    },
    "components": {
        "parameters": {"Page": {"name": "page", "in": "query", "schema": {"type": ["integer", "null"]}}},
        "responses": {"No": {"content": {"application/json": {"schema": {"type": "object"}}}}},
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "oauth": {
                "type": "oauth2",
                "flows": {"password": {"tokenUrl": "/t", "scopes": {"read": "Read."}}},
            },
        },
        "schemas": {
            "It": {
                "type": "object",
                "title": "It",
                "required": ["a"],
                "properties": {
                    "a": {"type": "string", "enum": ["x", "y"], "description": "Words."},
                    "choice": {"$ref": "#/components/schemas/Choice"},
                    "self": {"$ref": "#/components/schemas/It"},
                    "list": {
                        "type": "array",
                        "prefixItems": [{"type": "string"}],
                        "contains": {"type": "string"},
                    },
                },
                "additionalProperties": {"type": "string"},
                "patternProperties": {"^x": {"type": "integer", "minimum": 1}},
                "dependentRequired": {"a": ["b"]},
                "dependentSchemas": {"a": {"required": ["b"]}},
                "if": {"required": ["a"]},
                "then": {"required": ["b"]},
                "not": {"required": ["z"]},
            },
            "Choice": {
                "oneOf": [
                    {"$ref": "#/components/schemas/Part"},
                    {"type": "object", "title": "Two", "properties": {"kind": {"const": "two"}}},
                    {"type": "null"},
                ],
                "discriminator": {"propertyName": "kind", "mapping": {"one": "#/components/schemas/Part"}},
            },
            "Part": {"allOf": [{"properties": {"kind": {"const": "one"}}}, {"minProperties": 1}]},
        },
    },
}

JUNK: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**30, "", "x", "true", "#/", "#", "#/components/schemas/It", "a.json",
    [], {}, [None], ["a"], [[]], {"x": 1}, {"$ref": "#/components/schemas/None"}, {"$ref": "#"}, {"$ref": 5},
    {"type": "object"},
]  # fmt: skip
KEYS = [
    "$ref", "type", "allOf", "anyOf", "oneOf", "not", "if", "then", "properties", "items", "required", "enum",
    "const", "schema", "content", "parameters", "callbacks", "headers", "security", "servers", "flows",
    "$dynamicRef", "$id", "$anchor", "discriminator", "nullable", "prefixItems", "patternProperties",
    "minimum", "exclusiveMinimum", "encoding", "in", "name", "mapping", "dependentRequired", "uniqueItems",
    "variables",
]  # fmt: skip


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where something stands in a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(spot for key, item in inner for spot in spots(item, (*path, key)))]


def broken(document: Any, chance: random.Random) -> Any:
    """Break a document in one to four places."""
    made = copy.deepcopy(document)
    for _ in range(chance.randint(1, 4)):
        *path, last = chance.choice(spots(made)[1:])
        holder = made
        for key in path:
            holder = holder[key]
        way = chance.random()
        if way < 0.15:
            del holder[last]
        elif way < 0.3 and isinstance(holder, dict):
            holder[chance.choice(KEYS)] = copy.deepcopy(chance.choice(JUNK))
        else:
            holder[last] = copy.deepcopy(chance.choice(JUNK))
    return made


def shuffled(value: Any, chance: random.Random) -> Any:
    """Write the same document with its keys, and the lists that have no order, in another order."""
    if isinstance(value, dict):
        keys = list(value)
        chance.shuffle(keys)
        made = {key: shuffled(value[key], chance) for key in keys}
        for key in ("required", "enum", "oneOf", "anyOf", "parameters", "security"):
            if isinstance(made.get(key), list):
                chance.shuffle(made[key])
        return made
    return [shuffled(item, chance) for item in value] if isinstance(value, list) else value


@pytest.mark.unmeasured
@settings(max_examples=300)
@given(seed=st.integers(0, 10**9))
def test_broken_documents_are_mended_or_refused(seed: int) -> None:
    """A document that is broken anywhere is compared or refused with a reason, and nothing else happens."""
    chance = random.Random(seed)  # noqa: S311 - chance, not a secret
    base = chance.choice([WHOLE, {**WHOLE, "openapi": "3.0.3"}])
    one, other = broken(base, chance), chance.choice([base, broken(base, chance)])
    for old, new in ((one, other), (other, one), (one, one)):
        try:
            found = compare(old, new)
        except CommandError as error:
            assert str(error)
            continue
        assert [each for each in found.changes if each.axis is Axis.WIRE] == [] or old is not new
        check(found.changes, old, new)


def check(changes: Any, old: Any, new: Any) -> None:
    """Hold rows against what is true of every row."""
    prints = [change.fingerprint for change in changes]
    assert len(set(prints)) == len(prints)
    for change in changes:
        for pointer, document in ((change.old_pointer, old), (change.new_pointer, new)):
            if pointer is not None:
                find(document, pointer)
        assert change.what
        assert change.why
        assert "{" not in change.what or "{" in json.dumps([change.before, change.after, change.subject])
        if change.directions and not change.rule.startswith("prose"):
            assert change.severity in {
                severity_of(change.effect, direction, guarded=guarded)
                for direction in Direction
                for guarded in (False, True)
            }


@pytest.mark.unmeasured
@settings(max_examples=60)
@given(seed=st.integers(0, 10**9), name=st.sampled_from([*LINES, ""]))
def test_another_order_is_no_change(seed: int, name: str) -> None:
    """A document compared with itself in another order, and written with blanks, has no row at all."""
    document = LINES[name].document if name else WHOLE
    written = json.loads(json.dumps(shuffled(document, random.Random(seed)), indent=4))  # noqa: S311 - as above
    assert rows(document, document) == []
    assert rows(document, written) == []


@pytest.mark.unmeasured
@settings(max_examples=60, suppress_health_check=[*HealthCheck])
@given(seed=st.integers(0, 10**9))
def test_a_row_does_not_depend_on_others(seed: int) -> None:
    """What one edit is told as, it is told as beside another edit elsewhere; and the same in every run."""
    chance = random.Random(seed)  # noqa: S311 - as above
    edited = copy.deepcopy(WHOLE)
    edited["components"]["schemas"]["It"]["properties"]["a"]["enum"] = ["x", chance.choice(["z", "y z"])]
    alone = {change.fingerprint for change in compare(WHOLE, edited).changes}
    more = copy.deepcopy(edited)
    more["components"]["schemas"][chance.choice(["Other", "A"])] = {"type": "string"}
    more["paths"]["/b"] = {"get": {"responses": {"200": {"description": ""}}}}
    more["components"]["schemas"]["Part"]["allOf"][1]["minProperties"] = chance.randint(2, 9)
    beside = {change.fingerprint for change in compare(WHOLE, more).changes}
    assert len(alone) == 1
    assert alone < beside


def circular(chance: random.Random, depth: int = 0) -> Any:
    """Make a schema that refers to components which refer to one another."""
    kind = chance.choice(["ref", "ref", "leaf", "union", "object", "array", "map", "not", "beside"])
    if kind == "ref" or depth > 2:
        return ref(chance.choice("ABCD"))
    if kind == "leaf":
        return chance.choice(
            [{"type": "string"}, {"type": "integer"}, {}, {"enum": ["a", 1]}, {"type": "null"}]
        )
    inner = [circular(chance, depth + 1) for _ in range(chance.randint(1, 3))]
    return {
        "union": {chance.choice(["anyOf", "oneOf", "allOf"]): inner},
        "object": thing(x=inner[0], y=inner[-1]),
        "array": {"type": "array", "items": inner[0]},
        "map": {"additionalProperties": inner[0]},
        "not": {"not": inner[0]},
        "beside": {**ref("A"), "nullable": True, "anyOf": inner},
    }[kind]


@pytest.mark.unmeasured
@settings(max_examples=400)
@given(seed=st.integers(0, 10**9), version=st.sampled_from(["3.0.3", "3.1.0"]))
def test_components_in_circles(seed: int, version: str) -> None:
    """Components that refer to one another, in any circle, are compared to an end, with true rows."""
    chance = random.Random(seed)  # noqa: S311 - as above
    components = {name: circular(chance) for name in "ABCD"}
    changed = {name: circular(chance) if chance.random() < 0.5 else held for name, held in components.items()}
    old, new = (sends(ref("A"), held, openapi=version) for held in (components, changed))
    assert compare(old, old).changes == ()
    check(compare(old, new).changes, old, new)


@pytest.mark.unmeasured
@real("vouchers/0?[159]-*.json", "tags/*.json")
def test_real_documents_in_another_order(file: Any) -> None:
    """A real document has no change against itself, nor against itself in another order."""
    document = load(file)
    assert compare(document, document).changes == ()
    assert rows(document, shuffled(document, random.Random(0))) == []  # noqa: S311 - as above


@pytest.mark.unmeasured
@pytest.mark.skipif(not SPECS.is_dir(), reason=MISSING)
@pytest.mark.parametrize("folder", ["vouchers", "full"])
def test_real_revisions(folder: str) -> None:
    """Every pair of real revisions is compared; its rows hold what is true of every row."""
    documents = [load(file) for file in sorted((SPECS / folder).glob("*.json"))]
    for old, new in pairwise(documents):
        check(compare(old, new).changes, old, new)


def test_prose_of_one_side_points_there_alone() -> None:
    """What only one document has, such as tags, is told with its place in that one."""
    with_tags = {**WHOLE, "tags": [{"name": "Vouchers"}]}
    [added], [removed] = compare(WHOLE, with_tags).changes, compare(with_tags, WHOLE).changes
    assert (added.old_pointer, added.new_pointer) == (None, "/tags")
    assert (removed.old_pointer, removed.new_pointer) == ("/tags", None)


def test_prose() -> None:
    """What only readers notice is one row for each operation, component or part of the root."""
    new = json.loads(json.dumps(WHOLE).replace("Words.", "Other words."))
    new["info"]["title"] = "New"
    new["paths"]["/a/{id}"] |= {"summary": "A.", "x-note": {"a": 1}}
    new["paths"]["/a/{id}"]["post"] |= {"description": "a" * 2000, "x-more": {"a": "b" * 2000}}
    new["components"]["schemas"]["It"]["properties"]["a"]["example"] = "x"
    new["webhooks"]["made"]["post"]["summary"] = "Made."
    old = copy.deepcopy(WHOLE)
    old["paths"]["/a/{id}"]["x-note"] = {"a": 2}
    for document, text in ((old, "a"), (new, "b")):
        document["components"]["examples"] = {"Some": {"value": text}}
        document["x-own"] = text
    found = compare(old, new).changes
    assert {change.axis for change in found} == {Axis.PROSE}
    assert [(change.subject, change.what) for change in found] == [
        ("/a/{id}", "`summary`, `x-note` changed, in 2 places."),
        ("It", "`description`, `example` changed, in 2 places."),
        ("POST /a/{id}", "`description`, `x-more` changed, in 2 places."),
        ("components examples Some", "`example` changed."),
        ("info", "`info` changed."),
        ("webhook made POST", "`summary` changed."),
        ("x-own", "`x-own` changed."),
    ]
    longest = found[2].after
    assert isinstance(longest, dict)
    assert str(longest["/description"]).startswith("aaa")
    assert "(2000 characters, sha256" in str(longest["/description"])
    assert "characters, sha256" in str(longest["/x-more"])


def test_every_rule_can_be_told() -> None:
    """Each rule's sentence has names for all that it says, and ends as a sentence does."""
    names = {"before": "a", "after": "b", "name": "`c`", "other": "`d`", "keyword": "e"}
    for name, rule in RULES.items():
        text = rule.what.format(**names)
        assert text[-1] == ".", name
        assert not rule.why or rule.why[-1] == ".", name
