"""Repairs within schemas: keywords with values that no reader of OpenAPI understands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.notes import Kind
from scripts.preparation.documents import (
    ORIGIN,
    Schema,
    change_schema,
    change_schemas,
    child,
    find,
    origin,
    subschemas,
)

if TYPE_CHECKING:
    from scripts.preparation.documents import Draft, Noting

TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")

_MEANT_TYPES: dict[str, Schema] = {
    "str": {"type": "string"},
    "text": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "datetime": {"type": "string", "format": "date-time"},
    "date-time": {"type": "string", "format": "date-time"},
    "uuid": {"type": "string", "format": "uuid"},
    "file": {"type": "string", "format": "binary"},
    "int": {"type": "integer"},
    "long": {"type": "integer"},
    "float": {"type": "number"},
    "double": {"type": "number"},
    "decimal": {"type": "number"},
    "bool": {"type": "boolean"},
    "list": {"type": "array"},
    "dict": {"type": "object"},
    "map": {"type": "object"},
}

_VALUES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("description", "format", "pattern", "title", "$comment"), (str,)),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly", "nullable", "uniqueItems"), (bool,)),
    **dict.fromkeys(
        (
            "minLength",
            "maxLength",
            "minItems",
            "maxItems",
            "minProperties",
            "maxProperties",
            "maximum",
            "minimum",
            "multipleOf",
        ),
        (int, float),
    ),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), (int, float, bool)),
    **dict.fromkeys(("xml", "externalDocs", "discriminator"), (dict,)),
}
"""Keywords and the types of their values."""


def mend_schemas(document: Draft, noting: Noting) -> Draft:
    """Mend what is mistyped in schemas: types, `required`, `properties`, lists, booleans for schemas."""

    def mend(schema: Schema, pointer: str) -> Schema:
        for step in (_mend_properties, _mend_required, _mend_type, _mend_lists, _mend_values, _mend_inner):
            schema = step(schema, pointer, noting)
        return schema

    def mend_all(schema: Schema, pointer: str) -> Schema:
        before = schema
        schema = mend(schema, pointer)
        if isinstance(before.get("properties"), list):  # they were no schemas until now
            schema["properties"] = {
                name: change_schema(value, child(pointer, "properties", name), mend_all)
                for name, value in schema["properties"].items()
            }
        return schema

    document = change_schemas(document, mend_all)
    return change_schemas(document, lambda schema, pointer: _drop_stray_required(schema, pointer, noting))


def _mend_properties(schema: Schema, pointer: str, noting: Noting) -> Schema:
    properties = schema.get("properties")
    if properties is None or isinstance(properties, dict):
        return _without(schema, "properties") if "properties" in schema and properties is None else schema
    place = child(pointer, "properties")
    if not isinstance(properties, list):
        noting(place, Kind.LOOSENED, "`properties` dropped", "It is neither an object nor a list.")
        return _without(schema, "properties")
    found: Schema = {}
    required: list[str] = []
    for item in properties:
        if isinstance(item, str):
            found[item] = {}
        elif isinstance(item, dict) and isinstance(item.get("name"), str):
            held = item["schema"] if isinstance(item.get("schema"), dict) else _without(item, "name")
            found[item["name"]] = held
            required += [item["name"]] * (item.get("required") is True and held is item.get("schema"))
        elif isinstance(item, dict):
            found.update(item)
    noting(place, Kind.REPAIRED, f"list of {len(properties)} read as an object", "`properties` is an object.")
    listed = schema.get("required")
    made = {**schema, "properties": found}
    if required:
        made["required"] = [*(listed if isinstance(listed, list) else []), *required]
    return made


def _mend_required(schema: Schema, pointer: str, noting: Noting) -> Schema:
    """Bring `required: true` from properties into their parent's list."""
    properties = schema.get("properties")
    listed = schema.get("required")
    made = schema
    if isinstance(listed, str):
        noting(
            child(pointer, "required"), Kind.REPAIRED, f"{listed!r} read as a list", "`required` is a list."
        )
        made = {**schema, "required": [listed]}
    elif isinstance(listed, list) and not all(isinstance(name, str) for name in listed):
        noting(
            child(pointer, "required"), Kind.REPAIRED, "entries that are no names dropped", "It lists names."
        )
        made = {**schema, "required": [name for name in listed if isinstance(name, str)]}
    elif listed is not None and not isinstance(listed, (list, bool)):
        noting(child(pointer, "required"), Kind.LOOSENED, "`required` dropped", "It lists names.")
        made = _without(schema, "required")
    if not isinstance(properties, dict):
        return made
    names = [n for n, v in properties.items() if isinstance(v, dict) and isinstance(v.get("required"), bool)]
    if not names:
        return made
    kept = dict(properties)
    wanted = list(made["required"]) if isinstance(made.get("required"), list) else []
    for name in names:
        place = child(pointer, "properties", name, "required")
        if properties[name]["required"]:
            wanted += [] if name in wanted else [name]
            noting(place, Kind.REPAIRED, f"{name!r} moved to the object's list", "`required` lists names.")
        else:
            noting(place, Kind.REPAIRED, "`required: false` dropped", "`required` lists names.")
        kept[name] = _without(properties[name], "required")
    made = {**made, "properties": kept}
    return {**made, "required": wanted} if wanted else made


def _drop_stray_required(schema: Schema, pointer: str, noting: Noting) -> Schema:
    if not isinstance(schema.get("required"), bool):
        return schema
    place = child(pointer, "required")
    noting(place, Kind.REPAIRED, "boolean `required` dropped", "It lists names, and this is no property.")
    return _without(schema, "required")


def _mend_type(schema: Schema, pointer: str, noting: Noting) -> Schema:
    if "type" not in schema:
        return schema
    place = child(pointer, "type")
    given = schema["type"]
    names = given if isinstance(given, list) else [given]
    if names and all(isinstance(name, str) and name in TYPES for name in names):
        return schema
    if isinstance(given, str):
        lowered = given.strip().lower()
        meant = {"type": lowered} if lowered in TYPES else _MEANT_TYPES.get(lowered)
        if meant is not None:
            noting(place, Kind.REPAIRED, f"{given!r} read as {meant['type']!r}", "It is no JSON Schema type.")
            return {**meant, **_without(schema, "type"), "type": meant["type"]}
    noting(place, Kind.LOOSENED, f"type {given!r} dropped", "It is no JSON Schema type.")
    return _without(schema, "type")


def _mend_lists(schema: Schema, pointer: str, noting: Noting) -> Schema:
    """Make lists of what are lists, and schemas of what stands for several."""
    for keyword in ("allOf", "anyOf", "oneOf", "enum"):
        if keyword not in schema or (isinstance(schema[keyword], list) and schema[keyword]):
            continue
        place = child(pointer, keyword)
        if schema[keyword] in (None, [], {}):
            noting(place, Kind.LOOSENED, f"empty `{keyword}` dropped", "It would accept nothing.")
            schema = _without(schema, keyword)
        else:
            noting(place, Kind.REPAIRED, "read as a list of one", f"`{keyword}` is a list.")
            schema = {**schema, keyword: [schema[keyword]]}
    if isinstance(schema.get("items"), list):
        first = schema["items"]
        noting(child(pointer, "items"), Kind.LOOSENED, "list read as `prefixItems`", "`items` is one schema.")
        schema = {**_without(schema, "items"), "prefixItems": first, "items": {}}
    return schema


def _mend_values(schema: Schema, pointer: str, noting: Noting) -> Schema:
    for keyword in [k for k in schema if k in _VALUES]:
        value = schema[keyword]
        types = _VALUES[keyword]
        if isinstance(value, types) and (bool in types or not isinstance(value, bool)):
            continue
        noting(
            child(pointer, keyword), Kind.LOOSENED, f"`{keyword}` dropped", "Its value has the wrong type."
        )
        schema = _without(schema, keyword)
    return schema


def _mend_inner(schema: Schema, pointer: str, noting: Noting) -> Schema:
    """Make a schema of everything that stands where one belongs."""
    if "$ref" in schema and not isinstance(schema["$ref"], str):
        if "$ref" in schema and isinstance(schema["$ref"], dict):
            return schema  # a property called "$ref" within `properties` was taken for one
        noting(child(pointer, "$ref"), Kind.LOOSENED, "`$ref` dropped", "It is no text.")
        schema = _without(schema, "$ref")
    made = schema
    for path, value in list(subschemas(schema)):
        if isinstance(value, dict) or (isinstance(value, bool) and path in _BOOLEANS):
            continue
        if isinstance(value, bool):
            replacement: Schema = {} if value else {"not": {}}
        else:
            noting(
                child(pointer, *path), Kind.LOOSENED, "read as a schema that accepts all", "It is no schema."
            )
            replacement = {}
        if made is schema:
            made = dict(schema)
        if len(path) == 1:
            made[str(path[0])] = replacement
        else:
            if made[str(path[0])] is schema[str(path[0])]:
                made[str(path[0])] = schema[str(path[0])].copy()
            made[str(path[0])][path[1]] = replacement
    return made


_BOOLEANS = (("additionalProperties",), ("unevaluatedProperties",), ("unevaluatedItems",))


def _without(schema: Schema, *keywords: str) -> Schema:
    return {key: value for key, value in schema.items() if key not in keywords}


def add_items(document: Draft, noting: Noting) -> Draft:
    """Give every array `items`; OpenAPI 3.0 asks for them."""
    required = str(document["openapi"]).startswith("3.0")

    def add(schema: Schema, pointer: str) -> Schema:
        types = schema.get("type")
        if "items" in schema or not (types == "array" or (isinstance(types, list) and "array" in types)):
            return schema
        if required:
            noting(
                origin(schema, pointer),
                Kind.REPAIRED,
                "`items: {}` added",
                "An array without `items` holds anything.",
            )
        return {**schema, "items": {}}

    return change_schemas(document, add)


def mark_origins(document: Draft, _noting: Noting) -> Draft:
    """Write into every schema where it stands upstream, for notes of later passes."""
    return change_schemas(document, lambda schema, pointer: {**schema, ORIGIN: pointer})


def loosen_dangling(document: Draft, noting: Noting) -> Draft:
    """Loosen references of schemas to what is not at hand."""

    def loosen(schema: Schema, pointer: str) -> Schema:
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        where = schema.get(ORIGIN, pointer)
        if not reference.startswith("#"):
            noting(where, Kind.LOOSENED, f"{reference!r} accepts all", "It is in another document.")
            return _without(schema, "$ref")
        try:
            target = find(document, reference[1:])
        except KeyError:
            target = None
        if not isinstance(target, (dict, bool)):
            noting(where, Kind.LOOSENED, f"{reference!r} accepts all", "There is no schema at this place.")
            return _without(schema, "$ref")
        return schema

    return change_schemas(document, loosen)
