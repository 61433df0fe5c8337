"""The schema dialects of OpenAPI 3.0 and 3.1, brought into one: JSON Schema 2020-12, one type a schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from scripts.notes import Kind
from scripts.preparation.documents import (
    ANNOTATIONS,
    MARKS,
    ORIGIN,
    Schema,
    change_schemas,
    origin,
)

if TYPE_CHECKING:
    from scripts.preparation.documents import Draft, Noting

NULL: Schema = {"type": "null"}

KEYWORDS = {
    "string": {"minLength", "maxLength", "pattern", "format", "contentEncoding", "contentMediaType",
               "contentSchema"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "format"},
    "array": {"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains", "minContains",
              "maxContains", "unevaluatedItems"},
    "object": {"properties", "required", "additionalProperties", "patternProperties", "propertyNames",
               "minProperties", "maxProperties", "dependentRequired", "dependentSchemas",
               "unevaluatedProperties"},
    "boolean": set(),
    "null": set(),
}  # fmt: skip
"""The keywords that say something about values of one type alone."""
_OF_SOME_TYPE = frozenset().union(*KEYWORDS.values())


def nullable(schema: Schema) -> Schema:
    """Return a schema that accepts null besides."""
    if accepts_null(schema):
        return schema
    outside = {key: value for key, value in schema.items() if key in ANNOTATIONS or key == ORIGIN}
    inside = {key: value for key, value in schema.items() if key not in ANNOTATIONS}
    return {**outside, "anyOf": [inside, dict(NULL)]}


def accepts_null(schema: Schema) -> bool:
    """Tell whether a schema plainly accepts null."""
    telling = schema.keys() - ANNOTATIONS - MARKS
    if telling == {"anyOf"}:
        return any(accepts_null(variant) for variant in schema["anyOf"])
    return not telling or (telling == {"type"} and schema["type"] == "null")


def unify_dialects(document: Draft, noting: Noting) -> Draft:
    """Write every schema in one dialect: that of OpenAPI 3.1, with unions for null and for lists of types."""
    old = str(document["openapi"]).startswith("3.0")

    def unify(schema: Schema, _pointer: str) -> Schema:
        schema = _from_3_0(schema, noting) if old else _siblings_as_all_of(schema)
        schema = {
            key: value for key, value in schema.items() if key not in ("title", "$schema", "$id", "$comment")
        }
        also_null = schema.pop("nullable", False)
        schema = _constant_as_enum(schema)
        if "enum" in schema:
            return _sort_enum(schema, noting, also_null=also_null)
        schema = _split_types(schema)
        return nullable(schema) if also_null else schema

    return {**change_schemas(document, unify), "openapi": "3.1.0"}


def _from_3_0(schema: Schema, noting: Noting) -> Schema:
    if "$ref" in schema:
        if schema.get("nullable") is True:
            noting(
                origin(schema),
                Kind.REPAIRED,
                "null accepted as well",
                "`nullable` beside a reference is meant.",
            )
        return {key: schema[key] for key in ("$ref", "nullable", ORIGIN) if key in schema}
    for bound, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(schema.get(bound), bool):
            exclusive = schema[bound]
            schema = {key: value for key, value in schema.items() if key != bound}
            if exclusive and limit in schema:
                schema[bound] = schema.pop(limit)
    return schema


def _siblings_as_all_of(schema: Schema) -> Schema:
    if "$ref" not in schema:
        return schema
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    if not any(key not in ANNOTATIONS | MARKS for key in beside):
        return {key: value for key, value in schema.items() if key in ("$ref", ORIGIN)}
    reference = {"$ref": schema["$ref"], ORIGIN: origin(schema)}
    return {**beside, "allOf": [reference, *beside.get("allOf", [])]}


def _constant_as_enum(schema: Schema) -> Schema:
    if "const" not in schema:
        return schema
    value = schema["const"]
    allowed = [v for v in schema.get("enum", [value]) if v == value]
    return {key: v for key, v in schema.items() if key != "const"} | {"enum": allowed or [value]}


def _split_types(schema: Schema) -> Schema:
    """Turn a list of types into a union; each type keeps the keywords that say something about it."""
    types = schema.get("type")
    if not isinstance(types, list):
        return without_idle(schema)
    names = list(dict.fromkeys(types))
    if "number" in names and "integer" in names:
        names.remove("integer")
    if len(names) == 1:
        return without_idle({**schema, "type": names[0]})
    kept_outside = {k: value for k, value in schema.items() if k not in _OF_SOME_TYPE and k != "type"}
    variants = [
        {"type": name, **{key: value for key, value in schema.items() if key in KEYWORDS[name]}}
        for name in names
    ]
    outer = {key: value for key, value in kept_outside.items() if key in ANNOTATIONS | MARKS}
    beside = {key: value for key, value in kept_outside.items() if key not in outer}
    union: Schema = {"anyOf": variants}
    if not beside:
        return {**outer, **union}
    return {**outer, **beside, "allOf": [union, *beside.get("allOf", [])]}


def without_idle(schema: Schema) -> Schema:
    """Drop the keywords that say nothing about values of the schema's one type."""
    idle = _OF_SOME_TYPE - KEYWORDS.get(str(schema.get("type")), _OF_SOME_TYPE)
    return {key: value for key, value in schema.items() if key not in idle}


def is_of_type(value: object, name: str) -> bool:
    """Tell whether a JSON value is of a JSON Schema type."""
    if name == "integer":
        return (isinstance(value, int) and not isinstance(value, bool)) or (
            isinstance(value, float) and value.is_integer()
        )
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    kinds: dict[str, type] = {
        "string": str,
        "boolean": bool,
        "null": type(None),
        "array": list,
        "object": dict,
    }
    return isinstance(value, kinds[name])


def _sort_enum(schema: Schema, noting: Noting, *, also_null: bool) -> Schema:
    """Turn an enum into what the generator knows: texts, integers, a constant, or a union of these."""
    declared = schema.get("type")
    types = declared if isinstance(declared, list) else [declared] if declared else []
    whole = [int(v) if isinstance(v, float) and v.is_integer() else v for v in schema["enum"]]
    values = list({json.dumps([type(v).__name__, v], sort_keys=True): v for v in whole}.values())
    fitting = [v for v in values if not types or any(is_of_type(v, name) for name in types)]
    if None in values and None not in fitting and not also_null:
        noting(
            origin(schema), Kind.LOOSENED, "null accepted as well", "The enum names null, the type does not."
        )
    also_null = also_null or None in values
    fitting = [v for v in fitting if v is not None]
    strange = [v for v in values if v is not None and v not in fitting]
    if strange and fitting:
        dropped = ", ".join(json.dumps(v) for v in strange)
        noting(
            origin(schema), Kind.REPAIRED, f"{dropped} dropped from the enum", f"The type is {declared!r}."
        )
    elif strange:
        fitting = strange
        noting(origin(schema), Kind.LOOSENED, f"type {declared!r} dropped", "No value of the enum is of it.")
    outside = {key: value for key, value in schema.items() if key in ANNOTATIONS | MARKS}
    inside = {key: v for key, v in schema.items() if key not in ("enum", "type") and key not in outside}
    _note_boolean(fitting, schema, noting)
    variants = [
        *_variants(fitting, inside),
        *_loose_variants(fitting, schema, noting),
        *([dict(NULL)] if also_null else []),
    ]
    if len(variants) == 1:
        return {**outside, **variants[0]}
    return {**outside, "anyOf": variants}


def _variants(values: list[Any], inside: Schema) -> list[Schema]:
    found: list[Schema] = []
    fractions = any(isinstance(v, float) for v in values)
    for name, kind in (("string", str), ("integer", int), ("boolean", bool)):
        of_kind = [v for v in values if type(v) is kind]
        if kind is int and fractions:
            continue
        if kind is bool and of_kind:
            found.append({"type": "boolean", **inside})
        elif len(of_kind) == 1:
            found.append({"type": name, "const": of_kind[0], **inside})
        elif of_kind:
            found.append({"type": name, "enum": of_kind, **inside})
    return [without_idle(variant) for variant in found]


def _note_boolean(values: list[Any], schema: Schema, noting: Noting) -> None:
    if len([v for v in values if isinstance(v, bool)]) == 1:
        why = "The code has no type for one boolean."
        noting(origin(schema), Kind.LOOSENED, "accepts every boolean", why)


def _loose_variants(values: list[Any], schema: Schema, noting: Noting) -> list[Schema]:
    found: list[Schema] = []
    for name, kind in (("number", float), ("object", dict), ("array", list)):
        if any(type(v) is kind for v in values):
            noting(
                origin(schema),
                Kind.LOOSENED,
                f"enum accepts every {name}",
                f"No enum of {name}s can be generated.",
            )
            found.append({"type": name, **({"items": {}} if kind is list else {})})
    return found
