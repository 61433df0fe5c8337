"""Repairs within schemas: keywords with values that no reader of OpenAPI understands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scripts.notes import Kind
from scripts.preparation.documents import (
    ORIGIN,
    UNIONS,
    Schema,
    absence,
    change_roots,
    change_schemas,
    change_subschemas,
    child,
    opened,
    origin,
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

_COUNTS = (
    "maxContains",
    "maxItems",
    "maxLength",
    "maxProperties",
    "minContains",
    "minItems",
    "minLength",
    "minProperties",
)
_VALUES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(
        ("$ref", "contentEncoding", "contentMediaType", "description", "format", "pattern"), (str,)
    ),
    **dict.fromkeys(("deprecated", "readOnly", "writeOnly", "nullable", "uniqueItems"), (bool,)),
    **dict.fromkeys(("maximum", "minimum", "multipleOf"), (int, float)),
    **dict.fromkeys(_COUNTS, (int, float)),
    **dict.fromkeys(("exclusiveMaximum", "exclusiveMinimum"), (int, float, bool)),
    **dict.fromkeys(
        (
            "$defs",
            "definitions",
            "dependentRequired",
            "dependentSchemas",
            "discriminator",
            "patternProperties",
        ),
        (dict,),
    ),
    "prefixItems": (list,),
}
"""Keywords and the types of their values."""


def mend_schemas(document: Draft, noting: Noting) -> Draft:
    """Mend what is mistyped in schemas: types, `required`, `properties`, lists, booleans for schemas."""
    steps = (
        _drop_nulls,
        _mend_properties,
        _mend_required,
        _mend_type,
        _mend_lists,
        _mend_booleans,
        _mend_values,
        _drop_stray_required,
    )

    def mend(schema: Any, pointer: str) -> Schema:  # noqa: ANN401 - anything may stand there
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        if not isinstance(schema, dict):
            noting(pointer, Kind.LOOSENED, "read as a schema that accepts all", "It is no schema.")
            return {}
        for step in steps:  # from the outside in: what is mended here shows what is a schema further in
            schema = step(schema, pointer, noting)

        def inner(value: Any, place: str) -> Any:  # noqa: ANN401 - as above
            may_be_boolean = place.removeprefix(pointer) in _BOOLEANS
            return value if may_be_boolean and isinstance(value, bool) else mend(value, place)

        return change_subschemas(schema, pointer, inner)

    return change_roots(document, mend)


_BOOLEANS = ("/additionalProperties", "/unevaluatedProperties", "/unevaluatedItems")


def _drop_nulls(schema: Schema, _pointer: str, _noting: Noting) -> Schema:
    """Read null as nothing, where it is no value."""
    if None not in schema.values():
        return schema
    return {key: value for key, value in schema.items() if value is not None or key in _MAY_BE_NULL}


_MAY_BE_NULL = ("const", "default", "enum", "example", "type")


def _mend_properties(schema: Schema, pointer: str, noting: Noting) -> Schema:
    properties = schema.get("properties")
    if properties is None or isinstance(properties, dict):
        return schema
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
    flags = {name: _flag(value) for name, value in properties.items()}
    names = [name for name, flag in flags.items() if flag is not None]
    if not names:
        return made
    kept = dict(properties)
    wanted = list(made["required"]) if isinstance(made.get("required"), list) else []
    for name in names:
        place = child(pointer, "properties", name, "required")
        if flags[name]:
            wanted += [] if name in wanted else [name]
            noting(place, Kind.REPAIRED, f"{name!r} moved to the object's list", "`required` lists names.")
        else:
            noting(place, Kind.REPAIRED, "`required: false` dropped", "`required` lists names.")
        kept[name] = _without(properties[name], "required")
    made = {**made, "properties": kept}
    return {**made, "required": wanted} if wanted else made


def _flag(value: object) -> bool | None:
    """Return what a property says of itself with `required`, when that is no list."""
    flag = value.get("required") if isinstance(value, dict) else None
    return flag if isinstance(flag, bool) else {"true": True, "false": False}.get(str(flag))


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
    meant = [_meant_type(name) for name in names] if given is not None else []
    if not meant or None in meant:
        noting(place, Kind.LOOSENED, f"type {given!r} dropped", "It is no JSON Schema type.")
        return _without(schema, "type")
    types = [found["type"] for found in meant if found]
    read = types if isinstance(given, list) else types[0]
    noting(place, Kind.REPAIRED, f"{given!r} read as {read!r}", "It is no JSON Schema type.")
    formats = {} if isinstance(given, list) else meant[0] or {}
    return {**formats, **schema, "type": read}


def _meant_type(name: object) -> Schema | None:
    lowered = "null" if name is None else name.strip().lower() if isinstance(name, str) else ""
    return {"type": lowered} if lowered in TYPES else _MEANT_TYPES.get(lowered)


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
        right = isinstance(value, types) and (bool in types or not isinstance(value, bool))
        if right and keyword in _COUNTS:
            right = value >= 0 and value == int(value)
            schema = {**schema, keyword: int(value)} if isinstance(value, float) else schema
        if right and not (keyword == "multipleOf" and value <= 0):
            continue
        noting(child(pointer, keyword), Kind.LOOSENED, f"`{keyword}` dropped", "It has no value of the kind.")
        schema = _without(schema, keyword)
    return schema


def _mend_booleans(schema: Schema, pointer: str, noting: Noting) -> Schema:
    """Read booleans that are written as texts."""
    for keyword in _FLAGS & schema.keys():
        if schema[keyword] in ("true", "false"):
            noting(child(pointer, keyword), Kind.REPAIRED, f"read as {schema[keyword]}", "It is no text.")
            schema = {**schema, keyword: schema[keyword] == "true"}
    return schema


_FLAGS = {"additionalProperties", "deprecated", "nullable", "readOnly", "uniqueItems", "writeOnly"}


def _without(schema: Schema, *keywords: str) -> Schema:
    return {key: value for key, value in schema.items() if key not in keywords}


_OF_OTHERS = {"$ref", "allOf", "anyOf", "const", "enum", "oneOf", "type"}
"""Keywords that give a type, or may give one."""

_MEANT_BY = {"items": "array", "properties": "object", "additionalProperties": "object"}
"""Keywords that speak of one type alone, where no other one says which it is."""

_HELD = {
    "$defs",
    "additionalProperties",
    "allOf",
    "definitions",
    "items",
    "prefixItems",
    "properties",
    *UNIONS,
}
"""Keywords whose schemas say what is there; the others only say what is accepted, and are left alone."""


def add_types(document: Draft, noting: Noting) -> Draft:
    """Give a type to schemas of which one keyword tells it, and `items` to every array."""
    required = str(document["openapi"]).startswith("3.0")

    def add(schema: Any, pointer: str, *, is_part: bool = False) -> Any:  # noqa: ANN401 - booleans are schemas too
        if not isinstance(schema, dict):
            return schema

        def inner(value: Any, place: str) -> Any:  # noqa: ANN401 - as above
            keyword = place.removeprefix(pointer).split("/")[1]
            return add(value, place, is_part=keyword == "allOf") if keyword in _HELD else value

        return _with_type(change_subschemas(schema, pointer, inner), pointer, is_part=is_part)

    def _with_type(schema: Schema, pointer: str, *, is_part: bool) -> Schema:
        where = origin(schema, pointer)
        told = [kind for key, kind in _MEANT_BY.items() if key in schema and isinstance(schema[key], dict)]
        if told and not schema.keys() & _OF_OTHERS and not is_part:
            why = "It has keywords of this type alone."
            noting(where, Kind.REPAIRED, f"type {told[0]!r} added", why)
            return {**schema, "type": told[0]}
        types = schema.get("type")
        if "items" in schema or not (types == "array" or (isinstance(types, list) and "array" in types)):
            return schema
        if required:
            noting(where, Kind.REPAIRED, "`items: {}` added", "An array without `items` holds anything.")
        return {**schema, "items": {}}

    return change_roots(document, add)


def open_patterns(document: Draft, noting: Noting) -> Draft:
    """Read `patternProperties` beside closed properties as what all others are; no type has both."""

    def read(schema: Schema, pointer: str) -> Schema:
        rest = schema.get("additionalProperties", True)
        if "patternProperties" not in schema or rest is True or rest == {}:
            return schema
        variants = [*schema["patternProperties"].values(), *([rest] if isinstance(rest, dict) else [])]
        what = "properties of any name accepted that are as those with a pattern"
        noting(origin(schema, pointer), Kind.LOOSENED, what, "No type has names with patterns.")
        made = _without(schema, "patternProperties")
        if not variants:
            return made
        union = variants[0] if len(variants) == 1 else {"anyOf": variants, ORIGIN: origin(schema, pointer)}
        return {**made, "additionalProperties": union}

    return change_schemas(document, read)


def mark_origins(document: Draft, _noting: Noting) -> Draft:
    """Write into every schema where it stands upstream, for notes of later passes."""
    return change_schemas(document, lambda schema, pointer: {**schema, ORIGIN: pointer})


def loosen_dangling(document: Draft, noting: Noting) -> Draft:
    """Loosen references of schemas to what is not at hand."""

    def loosen(schema: Any, pointer: str) -> Any:  # noqa: ANN401 - booleans are schemas too
        if not isinstance(schema, dict):
            return schema
        return opened(schema, change_subschemas(at_hand(schema, pointer), pointer, loosen))

    def at_hand(schema: Schema, pointer: str) -> Schema:
        reference = schema.get("$ref")
        if reference is None:
            return schema
        where = origin(schema, pointer)
        why = absence(document, reference, lambda target: isinstance(target, dict) and ORIGIN in target)
        if why:
            noting(where, Kind.LOOSENED, f"{reference!r} accepts all", why)
            return _without(schema, "$ref")
        return schema

    return change_roots(document, loosen)
