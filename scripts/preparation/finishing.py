"""The last steps: defaults, discriminators, and what only preparation itself needed."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from scripts.notes import Kind
from scripts.preparation.dialect import is_of_type
from scripts.preparation.documents import (
    MARKS,
    ORIGIN,
    SOURCE,
    UNIONS,
    Schema,
    change_schemas,
    child,
    component_of,
    components,
    origin,
    reference_to,
    with_components,
)
from scripts.preparation.names import pascal_case
from scripts.preparation.operations import are_servers

if TYPE_CHECKING:
    from scripts.preparation.documents import Draft, Noting


def check_defaults(document: Draft, noting: Noting) -> Draft:
    """Drop the defaults that the generator cannot write; they are no part of what goes over the wire."""

    def change(schema: Schema, _pointer: str) -> Schema:
        if "default" not in schema:
            return schema
        value = schema["default"]
        place = child(origin(schema), "default")
        if value is None:
            pass  # the same as none at all
        elif not _accepts(schema, value, document):
            noting(place, Kind.REPAIRED, f"default {value!r} dropped", "Its schema does not accept it.")
        elif not isinstance(value, (str, bool, int, float)):
            noting(
                place, Kind.LOOSENED, "default dropped", "The generator writes none for objects and lists."
            )
        elif not any(key in schema for key in ("type", "const", "enum", *UNIONS)):
            noting(place, Kind.LOOSENED, "default dropped", "The generator writes none without a type.")
        else:
            return schema
        return {key: v for key, v in schema.items() if key != "default"}

    return change_schemas(document, change)


def _accepts(
    schema: Schema,
    value: object,
    document: Draft,
    seen: frozenset[str] = frozenset(),
) -> bool:
    """Tell whether a schema accepts a value, as far as the generator looks."""
    if "$ref" in schema:
        name = component_of(schema["$ref"]) or ""
        return name not in seen and _accepts(
            components(document).get(name, {}), value, document, seen | {name}
        )
    for key in UNIONS:
        if key in schema:
            return any(_accepts(variant, value, document, seen) for variant in schema[key])
    allowed = [schema["const"]] if "const" in schema else schema.get("enum", [value])
    kind = schema.get("type")
    return (
        any(value == item and type(value) is type(item) for item in allowed)
        and (kind is None or is_of_type(value, kind))
        and not (kind == "integer" and isinstance(value, float))
        and _parses(schema.get("format"), value)
    )


def _parses(given: object, value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        if given == "date-time":
            datetime.fromisoformat(value)
        elif given == "date":
            date.fromisoformat(value)
        elif given == "uuid":
            UUID(value)
    except ValueError:
        return False
    return given != "binary"


def complete_discriminators(document: Draft, noting: Noting) -> Draft:
    """Write out the mapping of every discriminator, and drop those that name no property of the variants."""
    held = components(document)

    def change(schema: Schema, _pointer: str) -> Schema:
        discriminator = schema.get("discriminator")
        if discriminator is None:
            return schema
        bare = {key: value for key, value in schema.items() if key != "discriminator"}
        variants = [component_of(v["$ref"]) for key in UNIONS for v in schema.get(key, ()) if "$ref" in v]
        name = discriminator.get("propertyName")
        if not isinstance(name, str) or not variants:
            return bare
        mapping = discriminator.get("mapping") if isinstance(discriminator.get("mapping"), dict) else {}
        made = {}
        sources = {str(held.get(str(v), {}).get(SOURCE, v)): str(v) for v in variants}
        if len(sources) < len(set(variants)):
            noting(origin(schema), Kind.LOOSENED, "discriminator left out", "Variants share its values.")
            return bare
        for value, target in mapping.items():
            found = component_of(target) if str(target).startswith("#") else target
            if isinstance(found, str) and found in sources:
                made[value] = reference_to(sources[found])["$ref"]
            else:
                noting(
                    origin(schema),
                    Kind.LOOSENED,
                    f"mapping of {value!r} left out",
                    f"{target!r} is no variant here.",
                )
        for source, variant in sources.items():
            target = reference_to(variant)["$ref"]
            if target not in made.values():
                for value in _constants(held.get(variant, {}), name) or [source]:
                    made.setdefault(value, target)
        return {**bare, "discriminator": {"propertyName": name, "mapping": made}}

    return change_schemas(document, change)


def _constants(schema: Schema, name: str) -> list[str]:
    value = schema.get("properties", {}).get(name, {})
    found = [value["const"]] if "const" in value else value.get("enum", [])
    return [item for item in found if isinstance(item, str)]


def origins(document: Draft) -> dict[str, str]:
    """Return where the schemas of a document stood upstream, by the pointers that they have now."""
    found: dict[str, str] = {}

    def collect(schema: Schema, pointer: str) -> Schema:
        if ORIGIN in schema:
            found[pointer] = origin(schema)
        return schema

    change_schemas(document, collect)
    return found


def finish(document: Draft) -> Draft:
    """Keep what the generator reads, without the marks of preparation."""

    def clean(schema: Schema, _pointer: str) -> Schema:
        return (
            {key: value for key, value in schema.items() if key not in MARKS}
            if MARKS & set(schema)
            else schema
        )

    made = change_schemas(document, clean)
    wanted = ("openapi", "info", "servers", "security", "paths", "components")
    kept: Draft = {key: made[key] for key in wanted if key in made}
    if not are_servers(kept.get("servers")):
        kept.pop("servers", None)
    held = dict(sorted(components(made).items(), key=lambda pair: pascal_case(pair[0])))
    return with_components(kept, held)
