"""Real documents with one realistic change each, at a place that chance picks.

The same seed gives the same changes. A change is made to a copy; the document stays as it is.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.scripts.sameness import below, operations

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

Node: TypeAlias = Any
"""Something of a document: whatever stands there."""

Spot = tuple[str, Node]
"""A pointer, and what stands there."""


@dataclass(frozen=True)
class Mutant:
    """One changed copy.

    Attributes:
        kind: What was done.
        pointer: Where.
        document: The copy.
    """

    kind: str
    pointer: str
    document: Node


VALUES = {"example", "examples", "default", "enum"}
HOLDERS = {"schema", "items", "additionalProperties", "allOf", "oneOf", "anyOf", "not"}


def _schemas(value: Node, pointer: str = "", *, is_schema: bool = False) -> Iterator[Spot]:
    """Yield every schema of a document."""
    if isinstance(value, list):
        for number, one in enumerate(value):
            yield from _schemas(one, below(pointer, number), is_schema=is_schema)
    if not isinstance(value, dict):
        return
    if is_schema:
        yield pointer, value
    for key, one in value.items():
        yield from () if key in VALUES else _below(key, one, below(pointer, key), is_schema=is_schema)


def _below(key: str, one: Node, pointer: str, *, is_schema: bool) -> Iterator[Spot]:
    """Yield the schemas below a key."""
    if isinstance(one, dict) and key == ("properties" if is_schema else "schemas"):
        for name, schema in one.items():
            yield from _schemas(schema, below(pointer, name), is_schema=True)
    elif key in HOLDERS or not is_schema:
        yield from _schemas(one, pointer, is_schema=key in HOLDERS)


class Places:
    """The places of one document, by what can be changed there."""

    def __init__(self, document: Node) -> None:
        self.schemas = list(_schemas(document))
        self.operations = [(one.pointer, one.value) for one in operations(document)]
        self.items = [(below("/paths", path), item) for path, item in document["paths"].items()]
        self.root = [("", document)]


Change = tuple[str, "Callable[[Node], object]", "Callable[[Node, random.Random], None]"]
"""Which kind of place, which of these, and what is done there."""

CHANGES: dict[str, Change] = {}


def change(
    name: str, kind: str, fits: Callable[[Node], object]
) -> Callable[[Callable[[Node, random.Random], None]], Callable[[Node, random.Random], None]]:
    """Register a way to change a document."""

    def register(work: Callable[[Node, random.Random], None]) -> Callable[[Node, random.Random], None]:
        CHANGES[name] = (kind, fits, work)
        return work

    return register


def _has(*keys: str) -> Callable[[Node], object]:
    return lambda one: all(one.get(key) for key in keys)


def _typed(*types: str) -> Callable[[Node], object]:
    return lambda one: one.get("type") in types


def _pick(chance: random.Random, values: Node) -> Node:
    return chance.choice(sorted(values) if isinstance(values, dict) else list(values))


# Properties


@change("property removed", "schemas", _has("properties"))
def _(schema: Node, chance: random.Random) -> None:
    name = _pick(chance, schema["properties"])
    del schema["properties"][name]
    schema["required"] = [one for one in schema.get("required", ()) if one != name]
    if not schema["required"]:
        del schema["required"]


@change("optional property added", "schemas", _has("properties"))
def _(schema: Node, _chance: random.Random) -> None:
    schema["properties"]["added_later"] = {"type": "string"}


@change("required property added", "schemas", _has("properties"))
def _(schema: Node, _chance: random.Random) -> None:
    schema["properties"]["added_later"] = {"type": "string"}
    schema["required"] = [*schema.get("required", ()), "added_later"]


@change(
    "property made required", "schemas", lambda one: {*one.get("properties", {})} - {*one.get("required", ())}
)
def _(schema: Node, chance: random.Random) -> None:
    free = {*schema["properties"]} - {*schema.get("required", ())}
    schema["required"] = [*schema.get("required", ()), _pick(chance, sorted(free))]


@change("property made optional", "schemas", _has("properties", "required"))
def _(schema: Node, chance: random.Random) -> None:
    schema["required"] = [*schema["required"]]
    schema["required"].remove(_pick(chance, schema["required"]))
    if not schema["required"]:
        del schema["required"]


@change("property renamed", "schemas", _has("properties"))
def _(schema: Node, chance: random.Random) -> None:
    name = _pick(chance, schema["properties"])
    schema["properties"][f"{name}_v2"] = schema["properties"].pop(name)
    if name in schema.get("required", ()):
        schema["required"] = [f"{name}_v2" if one == name else one for one in schema["required"]]


# Values


@change("enum value removed", "schemas", lambda one: len(one.get("enum", ())) > 1)
def _(schema: Node, chance: random.Random) -> None:
    schema["enum"].pop(chance.randrange(len(schema["enum"])))


@change("enum value added", "schemas", lambda one: one.get("enum") and one.get("type", "string") == "string")
def _(schema: Node, _chance: random.Random) -> None:
    schema["enum"].append("added_later")


@change("enum dropped", "schemas", lambda one: one.get("enum") and "type" in one)
def _(schema: Node, _chance: random.Random) -> None:
    del schema["enum"]


@change("enum set", "schemas", lambda one: one.get("type") == "string" and not {"enum", "format"} & {*one})
def _(schema: Node, _chance: random.Random) -> None:
    schema["enum"] = ["one", "other"]


@change("type changed", "schemas", lambda one: isinstance(one.get("type"), str) and "enum" not in one)
def _(schema: Node, chance: random.Random) -> None:
    old = schema["type"]
    for key in ("properties", "required", "items", "additionalProperties", "format"):
        schema.pop(key, None)
    schema["type"] = _pick(chance, sorted({"string", "integer", "boolean", "object"} - {old}))


@change("integer became number", "schemas", _typed("integer"))
def _(schema: Node, _chance: random.Random) -> None:
    schema.pop("format", None)
    schema["type"] = "number"


@change("number became integer", "schemas", _typed("number"))
def _(schema: Node, _chance: random.Random) -> None:
    schema.pop("format", None)
    schema["type"] = "integer"


def _bound(schema: Node, chance: random.Random, *, tighter: bool) -> None:
    kind = {"string": "Length", "array": "Items"}.get(schema["type"])
    low, high = (f"min{kind}", f"max{kind}") if kind else ("minimum", "maximum")
    key = chance.choice([low, high])
    if key in schema:
        schema[key] += (1 if key == low else -1) * (1 if tighter else -1)
    elif tighter:
        schema[key] = 1 if key == low else 1000


@change("bound set or tightened", "schemas", _typed("string", "integer", "number", "array"))
def _(schema: Node, chance: random.Random) -> None:
    _bound(schema, chance, tighter=True)


BOUNDS = {"minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"}


@change("bound loosened", "schemas", lambda one: "type" in one and BOUNDS & {*one})
def _(schema: Node, chance: random.Random) -> None:
    key = _pick(chance, sorted(BOUNDS & {*schema}))
    schema[key] += -1 if key.startswith("min") else 1


@change("bound dropped", "schemas", lambda one: BOUNDS & {*one})
def _(schema: Node, chance: random.Random) -> None:
    del schema[_pick(chance, sorted(BOUNDS & {*schema}))]


@change("nullable set", "schemas", lambda one: isinstance(one.get("type"), str) and not one.get("nullable"))
def _(schema: Node, _chance: random.Random) -> None:
    schema["nullable"] = True


@change("nullable dropped", "schemas", _has("nullable"))
def _(schema: Node, _chance: random.Random) -> None:
    del schema["nullable"]


@change("pattern set", "schemas", lambda one: one.get("type") == "string" and "pattern" not in one)
def _(schema: Node, _chance: random.Random) -> None:
    schema["pattern"] = "^[a-z]+$"


@change("pattern changed", "schemas", _has("pattern"))
def _(schema: Node, _chance: random.Random) -> None:
    schema["pattern"] = "^[a-z]{3,}$"


@change("format changed", "schemas", _has("format"))
def _(schema: Node, _chance: random.Random) -> None:
    schema["format"] = "date" if schema["format"] != "date" else "date-time"


@change("format dropped", "schemas", _has("format"))
def _(schema: Node, _chance: random.Random) -> None:
    del schema["format"]


@change("uniqueItems set", "schemas", _typed("array"))
def _(schema: Node, _chance: random.Random) -> None:
    schema["uniqueItems"] = True


@change("items exchanged", "schemas", _has("items"))
def _(schema: Node, _chance: random.Random) -> None:
    schema["items"] = {"type": "boolean"}


@change(
    "additionalProperties forbidden",
    "schemas",
    lambda one: one.get("properties") and "additionalProperties" not in one,
)
def _(schema: Node, _chance: random.Random) -> None:
    schema["additionalProperties"] = False


@change("additionalProperties allowed", "schemas", lambda one: one.get("additionalProperties") is False)
def _(schema: Node, _chance: random.Random) -> None:
    del schema["additionalProperties"]


@change("allOf member added", "schemas", _has("allOf"))
def _(schema: Node, _chance: random.Random) -> None:
    schema["allOf"].append(
        {"type": "object", "properties": {"added_later": {"type": "string"}}, "required": ["added_later"]}
    )


@change("allOf member removed", "schemas", lambda one: len(one.get("allOf", ())) > 1)
def _(schema: Node, chance: random.Random) -> None:
    schema["allOf"].pop(chance.randrange(len(schema["allOf"])))


@change("branch added", "schemas", lambda one: one.get("oneOf") or one.get("anyOf"))
def _(schema: Node, _chance: random.Random) -> None:
    schema["oneOf" if schema.get("oneOf") else "anyOf"].append(
        {"type": "object", "title": "Added Later", "properties": {"added_later": {"type": "boolean"}}}
    )


@change("branch removed", "schemas", lambda one: len(one.get("oneOf", one.get("anyOf", ()))) > 1)
def _(schema: Node, chance: random.Random) -> None:
    branches = schema["oneOf" if "oneOf" in schema else "anyOf"]
    branches.pop(chance.randrange(len(branches)))


@change("wrapped in oneOf", "schemas", lambda one: "$ref" in one)
def _(schema: Node, _chance: random.Random) -> None:
    schema["oneOf"] = [{"$ref": schema.pop("$ref")}, {"type": "boolean"}]


@change("readOnly set", "schemas", lambda one: "type" in one and not one.get("readOnly"))
def _(schema: Node, _chance: random.Random) -> None:
    schema["readOnly"] = True


@change("default changed", "schemas", _typed("string", "integer", "boolean"))
def _(schema: Node, _chance: random.Random) -> None:
    schema["default"] = {"string": "later", "integer": 77, "boolean": True}[schema["type"]]


@change("description changed", "schemas", lambda one: "$ref" not in one)
def _(schema: Node, _chance: random.Random) -> None:
    schema["description"] = "Said anew."


# Operations


@change("operation removed", "items", lambda item: len({*item} - {"parameters"}) > 1)
def _(item: Node, chance: random.Random) -> None:
    del item[_pick(chance, sorted({*item} - {"parameters"}))]


@change("path removed", "root", lambda root: len(root["paths"]) > 1)
def _(root: Node, chance: random.Random) -> None:
    del root["paths"][_pick(chance, root["paths"])]


@change("operation deprecated", "operations", lambda one: not one.get("deprecated"))
def _(operation: Node, _chance: random.Random) -> None:
    operation["deprecated"] = True


@change("operationId changed", "operations", _has("operationId"))
def _(operation: Node, _chance: random.Random) -> None:
    operation["operationId"] += "-v2"


@change("optional parameter added", "operations", lambda _: True)
def _(operation: Node, _chance: random.Random) -> None:
    added = {"name": "added_later", "in": "query", "schema": {"type": "string"}}
    operation["parameters"] = [*operation.get("parameters", ()), added]


@change("required parameter added", "operations", lambda _: True)
def _(operation: Node, chance: random.Random) -> None:
    added = {
        "name": "added_later",
        "in": chance.choice(["query", "header"]),
        "required": True,
        "schema": {"type": "string"},
    }
    operation["parameters"] = [*operation.get("parameters", ()), added]


@change("required parameter added to a path", "items", lambda _: True)
def _(item: Node, _chance: random.Random) -> None:
    added = {"name": "added_later", "in": "query", "required": True, "schema": {"type": "string"}}
    item["parameters"] = [*item.get("parameters", ()), added]


def _free(operation: Node) -> list[Node]:
    return [one for one in operation.get("parameters", ()) if one.get("in") in {"query", "header"}]


@change("parameter removed", "operations", _free)
def _(operation: Node, chance: random.Random) -> None:
    operation["parameters"].remove(chance.choice(_free(operation)))


@change(
    "parameter made required",
    "operations",
    lambda one: [each for each in _free(one) if not each.get("required")],
)
def _(operation: Node, chance: random.Random) -> None:
    chance.choice([each for each in _free(operation) if not each.get("required")])["required"] = True


@change("parameter's type changed", "operations", _free)
def _(operation: Node, chance: random.Random) -> None:
    chance.choice(_free(operation))["schema"] = {"type": "boolean"}


@change("parameter's style changed", "operations", _free)
def _(operation: Node, chance: random.Random) -> None:
    parameter = chance.choice(_free(operation))
    parameter["schema"] = {"type": "array", "items": parameter.get("schema", {})}
    parameter["explode"] = False


@change(
    "body made required",
    "operations",
    lambda one: "$ref" not in one.get("requestBody", {"$ref": ""}) and not one["requestBody"].get("required"),
)
def _(operation: Node, _chance: random.Random) -> None:
    operation["requestBody"]["required"] = True


@change("body removed", "operations", _has("requestBody"))
def _(operation: Node, _chance: random.Random) -> None:
    del operation["requestBody"]


def _bodies(operation: Node) -> list[Node]:
    found = [operation.get("requestBody", {}), *operation["responses"].values()]
    return [one for one in found if one.get("content")]


@change("media type renamed", "operations", _bodies)
def _(operation: Node, chance: random.Random) -> None:
    owner = chance.choice(_bodies(operation))
    owner["content"] = {"application/vnd.later+json" if key == "application/json" else f"{key}+later": value
                        for key, value in owner["content"].items()}  # fmt: skip


@change("media type added", "operations", _bodies)
def _(operation: Node, chance: random.Random) -> None:
    chance.choice(_bodies(operation))["content"]["text/plain"] = {"schema": {"type": "string"}}


@change("response removed", "operations", lambda one: len(one["responses"]) > 1)
def _(operation: Node, chance: random.Random) -> None:
    del operation["responses"][_pick(chance, operation["responses"])]


@change("success code changed", "operations", lambda one: {"200", "204"} & {*one["responses"]})
def _(operation: Node, _chance: random.Random) -> None:
    code = min({"200", "204"} & {*operation["responses"]})
    operation["responses"]["202"] = operation["responses"].pop(code)


@change("response added", "operations", lambda one: "418" not in one["responses"])
def _(operation: Node, chance: random.Random) -> None:
    operation["responses"][chance.choice(["206", "418"])] = {"description": "Added."}


@change("response header added and required", "operations", lambda one: one["responses"])
def _(operation: Node, chance: random.Random) -> None:
    response = operation["responses"][_pick(chance, operation["responses"])]
    response["headers"] = {"X-Later": {"required": True, "schema": {"type": "string"}}}


# Security


def _security(operation: Node) -> Node:
    return operation.get("security") or []


@change("security alternative removed", "operations", lambda one: len(_security(one)) > 1)
def _(operation: Node, chance: random.Random) -> None:
    operation["security"].pop(chance.randrange(len(operation["security"])))


@change(
    "scope added",
    "operations",
    lambda one: any(scopes for each in _security(one) for scopes in each.values()),
)
def _(operation: Node, _chance: random.Random) -> None:
    for each in operation["security"]:
        for scopes in each.values():
            if scopes:
                scopes.append("added_later")
                return


@change("security dropped", "operations", _security)
def _(operation: Node, _chance: random.Random) -> None:
    operation["security"] = []


def _clusters(root: Node) -> list[Node]:
    variables = [each for server in root.get("servers", ()) for each in server.get("variables", {}).values()]
    return [each for each in variables if len(each.get("enum", ())) > 1]


@change("a server's cluster removed", "root", _clusters)
def _(root: Node, chance: random.Random) -> None:
    chance.choice(_clusters(root))["enum"].pop()


@change("a server added", "root", lambda root: root.get("servers"))
def _(root: Node, _chance: random.Random) -> None:
    root["servers"].append({"url": "https://later.example"})


def mutants(document: Node, chance: random.Random, each: int) -> Iterator[Mutant]:
    """Change a document in every way.

    Args:
        document: The document.
        chance: Picks the places.
        each: How many places each way is tried at.

    Yields:
        The changed copies.
    """
    places = Places(document)
    for name, (kind, fits, work) in CHANGES.items():
        fitting = [pointer for pointer, value in getattr(places, kind) if fits(value)]
        for pointer in chance.sample(fitting, min(each, len(fitting))):
            made = copy.deepcopy(document)
            value = made
            for part in pointer.split("/")[1:]:
                key = part.replace("~1", "/").replace("~0", "~")
                value = value[int(key) if isinstance(value, list) else key]
            work(value, chance)
            yield Mutant(name, pointer, made)
