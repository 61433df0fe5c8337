"""Which schemas are components, and what they are called: every object and every enum is one of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scripts.notes import Kind
from scripts.preparation.documents import (
    ADDED,
    ANNOTATIONS,
    MARKS,
    ORIGIN,
    PLACE,
    SOURCE,
    UNIONS,
    VARIANT,
    WANTED,
    Operation,
    Schema,
    change_operations,
    change_roots,
    change_schemas,
    child,
    component_of,
    components,
    find,
    operations,
    origin,
    parts_of,
    pointer_of,
    reference_to,
    references,
    with_components,
)
from scripts.preparation.names import LONGEST_NAME, clashes, module_name, pascal_case, told_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.preparation.documents import Draft, Noting


def unwrap(document: Draft, _noting: Noting) -> Draft:
    """Replace `allOf` and unions of one schema by that schema where only annotations stand beside them."""

    def change(schema: Schema, _pointer: str) -> Schema:
        for key in ("allOf", *UNIONS):
            if len(schema.get(key, ())) != 1 or not isinstance(schema[key][0], dict):
                continue
            beside = {k: v for k, v in schema.items() if k != key}
            if all(k in ANNOTATIONS | MARKS or k == "discriminator" for k in beside):
                inner = schema[key][0]
                if "$ref" in inner:
                    return {"$ref": inner["$ref"], ORIGIN: origin(schema)}
                beside.pop("discriminator", None)
                return {**inner, **beside}
        return schema

    return change_schemas(document, change)


def open_hierarchies(document: Draft, _noting: Noting) -> Draft:
    """Where a schema with a discriminator is referred to, allow those made of it by `allOf` by name.

    They are accepted there already; so the discriminator of the base tells them apart as that of a union.
    """
    held = components(document)
    bases = {
        name: schema["discriminator"]
        for name, schema in held.items()
        if isinstance(schema.get("discriminator"), dict) and not any(key in schema for key in UNIONS)
    }
    heirs = {base: found for base in bases if (found := _heirs(base, held))}

    def mark(schema: Schema, _pointer: str) -> Schema:
        if "allOf" in schema:  # here the base itself is meant
            parts = [{k: v for k, v in part.items() if k != _OPEN} for part in schema["allOf"]]
            return {**schema, "allOf": parts}
        base = component_of(schema["$ref"]) if "$ref" in schema else None
        return {**schema, _OPEN: base} if base in heirs else schema

    def widen(schema: Schema, _pointer: str) -> Schema:
        if _OPEN not in schema:
            return schema
        base = schema[_OPEN]
        variants = [reference_to(name) for name in (base, *heirs[base])]
        return {"anyOf": variants, "discriminator": bases[base], ORIGIN: origin(schema)}

    if heirs:
        document = change_schemas(change_schemas(document, mark), widen)
    return change_schemas(document, lambda schema, _pointer: _without_stray_discriminator(schema))


_OPEN = "x-open-base"


def _heirs(base: str, held: dict[str, Schema]) -> list[str]:
    """List the components that are made of another one by `allOf`, and those made of them."""
    found: list[str] = []
    pending = [base]
    while pending:
        wanted = reference_to(pending.pop())["$ref"]
        for name in sorted(held):
            parts = held[name].get("allOf", ())
            if name not in found and name != base and any(part.get("$ref") == wanted for part in parts):
                found.append(name)
                pending.append(name)
    return sorted(found)


def _without_stray_discriminator(schema: Schema) -> Schema:
    """Drop a discriminator that has no union to tell apart."""
    if "discriminator" not in schema or any(key in schema for key in (*UNIONS, "allOf")):
        return schema
    return {key: value for key, value in schema.items() if key != "discriminator"}


def lift_deep_references(document: Draft, _noting: Noting) -> Draft:
    """Give what references lead to a component of its own where it has none, and point them at that."""
    targets: dict[str, str] = {}

    def collect(schema: Schema, _pointer: str) -> Schema:
        reference = schema.get("$ref")
        if isinstance(reference, str) and component_of(reference) is None:
            targets.setdefault(reference, child("", *parts_of(pointer_of(reference))))
        return schema

    change_schemas(document, collect)
    names = {place: _name_of_place(document, place) for place in sorted(set(targets.values()))}
    taken = [*components(document), *names.values()]
    names = {
        place: told_apart(name, place) if taken.count(name) > 1 else name for place, name in names.items()
    }
    lifted: dict[str, Schema] = {names[place]: {**find(document, place), ADDED: True} for place in names}

    def point(schema: Schema, _pointer: str) -> Schema:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return {**schema, **reference_to(component_of(reference) or names[targets[reference]])}
        own = schema.get(ORIGIN)
        if own in names and ADDED not in schema:
            return {**reference_to(names[own]), ORIGIN: own}
        return schema

    return change_schemas(with_components(document, {**components(document), **lifted}), point)


def _name_of_place(document: Draft, pointer: str) -> str:
    """Name a schema by the component or operation that it stands in, and by its way there."""
    for operation in operations(document):
        if pointer.startswith(operation.pointer + "/"):
            way = parts_of(pointer.removeprefix(operation.pointer))
            start = str(operation.value.get("operationId", f"{operation.method} {operation.path}"))
            break
    else:
        start, *way = [
            part
            for part in parts_of(pointer)
            if part not in ("components", "schemas", "$defs", "definitions")
        ]
    steps = {"items": "Item", "additionalProperties": "Value", "responses": "Response", "requestBody": "Body"}
    dropped = {"properties", "content", "schema", "application/json"}
    named = [steps.get(part, pascal_case(part)) for part in way if part not in dropped]
    return pascal_case(start) + "".join(named) or "Schema"


@dataclass
class _Hoisting:
    """Moves inline schemas into components.

    Attributes:
        taken: The components that stand already.
        unmerged: Whether what stands beside a union is about to be merged with its variants.
        found: What was moved: place in words, wanted name, schema.
    """

    taken: set[str]
    unmerged: bool
    found: dict[str, tuple[str, Schema]] = field(default_factory=dict)

    def inside(self, schema: Schema, name: str, way: str, *, merging: bool = False) -> Schema:
        """Move what is in a schema that itself stays where it is."""
        made = dict(schema)
        for key, word in (("items", "Item"), ("additionalProperties", "Value")):
            if isinstance(made.get(key), dict):
                made[key] = self.place(made[key], name + word, child(way, key))
        if isinstance(made.get("properties"), dict):
            made["properties"] = {
                key: self.place(value, name + (pascal_case(key) or "Property"), child(way, "properties", key))
                for key, value in made["properties"].items()
            }
        if "allOf" in made:
            made["allOf"] = [
                part if "$ref" in part else self.inside(part, name, child(way, "allOf", number), merging=True)
                for number, part in enumerate(made["allOf"])
            ]
        merging = self.unmerged and (merging or is_own_class(made))
        for key in UNIONS:
            if key in made:
                made[key] = list(self._variants(made[key], name, child(way, key), merging=merging))
        return made

    def _variants(self, variants: list[Schema], name: str, way: str, *, merging: bool) -> Iterator[Schema]:
        """Move the variants of a union, unless they are about to be merged with what is beside it."""
        real = [v for v in variants if v.get("type") != "null"]
        suffixes = [_variant_name(v, number) for number, v in enumerate(real, 1)]
        for variant in variants:
            if "$ref" in variant or variant.get("type") == "null":
                yield variant
                continue
            number = next(n for n, v in enumerate(real) if v is variant)
            suffix = suffixes[number] if suffixes.count(suffixes[number]) == 1 else f"Variant{number + 1}"
            there = (name if len(real) == 1 else name + suffix, child(way, suffix))
            yield self.inside(variant, *there, merging=True) if merging else self.place(variant, *there)

    def place(self, schema: Schema, name: str, way: str) -> Schema:
        """Move a schema with what is in it, and return what refers to it; or what stays of it."""
        if "$ref" in schema:
            return schema
        made = self.inside(schema, name, way)
        if not is_own_class(made):
            return made
        self.found[way] = (name, made)
        return {"$ref": f"way:{way}", ORIGIN: origin(schema)}


def is_own_class(schema: Schema) -> bool:
    """Tell whether the generator makes a class or a named type of a schema."""
    if schema.get("type") == "object" or "properties" in schema:
        return True
    if "allOf" in schema:
        return any(set(part) & {"$ref", "properties", "allOf", *UNIONS} for part in schema["allOf"])
    if any(key in schema for key in UNIONS):
        return any(key not in ANNOTATIONS | MARKS | {*UNIONS, "discriminator"} for key in schema)
    return len(schema.get("enum", ())) > 1


def _variant_name(schema: Schema, number: int) -> str:
    """Name a variant by what tells it from the others, or else by its place."""
    if VARIANT in schema:
        return pascal_case(schema[VARIANT])
    constants = [
        value["const"]
        for name, value in sorted(schema.get("properties", {}).items())
        if name in schema.get("required", ())
        and isinstance(value, dict)
        and isinstance(value.get("const"), str)
    ]
    if len(constants) == 1 and pascal_case(constants[0]):
        return pascal_case(constants[0].lower())
    return f"Variant{number}"


def hoist_unmerged(document: Draft, _noting: Noting) -> Draft:
    """Give inline objects and enums components of their own; but not those that are about to be merged."""
    return _hoist(document, unmerged=True)


def hoist(document: Draft, _noting: Noting) -> Draft:
    """Give every inline object and enum a component of its own, named by where it stands."""
    return _hoist(document, unmerged=False)


def _hoist(document: Draft, *, unmerged: bool) -> Draft:
    before = components(document)
    hoisting = _Hoisting(set(before), unmerged)
    kept: dict[str, Schema] = {}
    for name, schema in before.items():
        kept[name] = (
            schema if "$ref" in schema else hoisting.inside(schema, pascal_case(name), child("", name))
        )
    document = with_components(document, kept)
    places = _root_names(document)

    def change(schema: Any, pointer: str) -> Any:  # noqa: ANN401 - booleans are schemas too
        if pointer.startswith("/components/schemas/"):
            return schema
        return hoisting.place(schema, *places[pointer])

    document = change_roots(document, change)
    names = _settle(hoisting)
    added = {
        names[way]: {**schema, ADDED: True, WANTED: name, PLACE: way}
        for way, (name, schema) in hoisting.found.items()
    }
    document = with_components(document, {**components(document), **added})

    def point(schema: Schema, _pointer: str) -> Schema:
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("way:"):
            return {**schema, **reference_to(names[reference.removeprefix("way:")])}
        return schema

    return change_schemas(document, point) if added else document


def _settle(hoisting: _Hoisting) -> dict[str, str]:
    """Choose keys for what was moved: the wanted name where it is free, else one with a word more."""
    identities = {f"={name}": _identities(name) for name in hoisting.taken}
    identities.update({way: _identities(name) for way, (name, _) in hoisting.found.items()})
    clashing = {way for group in clashes(identities) for way in group}
    found = hoisting.found.items()
    return {way: told_apart(name, way) if way in clashing else name for way, (name, _) in found}


def _identities(name: str) -> list[tuple[str, str]]:
    return [("class", pascal_case(name)), ("module", module_name(pascal_case(name)))]


def _root_names(document: Draft) -> dict[str, tuple[str, str]]:
    """Name the outermost schemas of parameters, bodies and responses, and say in words where they stand."""
    names: dict[str, tuple[str, str]] = {}

    def name(schema: Any, pointer: str) -> Any:  # noqa: ANN401 - booleans are schemas too
        if not pointer.startswith("/components/schemas/"):
            names[pointer] = _root_name(document, pointer), _way_to(document, pointer)
        return schema

    change_roots(document, name)
    return names


def _way_to(document: Draft, pointer: str) -> str:
    """Write a pointer with the names of parameters, which do not depend on the order that they stand in."""
    before, found, after = pointer.partition("/parameters/")
    number, *rest = after.split("/")
    if not found or not number.isdecimal():
        return pointer
    parameter = find(document, before + found + number)
    return "/".join([child(before + "/parameters", f"{parameter['in']} {parameter['name']}"), *rest])


def _root_name(document: Draft, pointer: str) -> str:
    parts = parts_of(pointer)
    if parts[0] == "components":
        (section, key), rest = parts[1:3], parts[3:]
        start = pascal_case(key)
        holder = find(document, child("/components", section, key))
        word = {"parameters": "Parameter", "requestBodies": "Body", "responses": "Response"}.get(
            section, "Header"
        )
        start = start if start.endswith(word) else start + word
    else:
        operation = find(document, child("", *parts[:3]))
        if parts[2] == "parameters":
            holder = operation[int(parts[3])]
            return pascal_case(parts[1]) + pascal_case(holder["name"])
        start = pascal_case(str(operation["operationId"]))
        rest = parts[3:]
        holder = operation
    if rest[:1] == ["parameters"]:
        holder = holder["parameters"][int(rest[1])]
        return start + pascal_case(holder["name"])
    if rest[:1] == ["requestBody"]:
        start, holder, rest = start + "Body", holder["requestBody"], rest[1:]
    elif rest[:1] == ["responses"]:
        start, holder, rest = (
            start + "Response" + pascal_case(rest[1]),
            holder["responses"][rest[1]],
            rest[2:],
        )
    if rest[:1] == ["headers"]:
        return start + pascal_case(rest[1])
    if rest[:1] == ["content"] and len(holder["content"]) > 1 and rest[1] != "application/json":
        return start + pascal_case(re.sub(r"[^A-Za-z0-9]+", " ", rest[1].split("/")[-1]))
    return start


def drop_incoming(document: Draft, noting: Noting) -> Draft:
    """Leave out what the server calls, and the places that references led to, which are components by now."""
    found = [pointer for pointer in ("/webhooks", "/components/callbacks") if _is_filled(document, pointer)]

    def change(operation: Operation) -> dict[str, Any]:
        if operation.value.get("callbacks"):
            found.append(child(operation.pointer, "callbacks"))
        return {key: value for key, value in operation.value.items() if key != "callbacks"}

    made = change_operations(document, change)
    for pointer in found:
        noting(pointer, Kind.LOOSENED, "left out", "A client sends requests; these are sent to it.")
    held = made.get("components") or {}
    dropped = {"callbacks", "pathItems"}
    return {
        **{key: value for key, value in made.items() if key not in ("webhooks", "$defs", "definitions")},
        "components": {key: value for key, value in held.items() if key not in dropped},
    }


def _is_filled(document: Draft, pointer: str) -> bool:
    try:
        return bool(find(document, pointer))
    except KeyError:
        return False


def collapse_aliases(document: Draft, noting: Noting) -> Draft:
    """Point references at what an alias stands for, and drop the alias."""
    held = components(document)
    aliases = {name: schema["$ref"] for name, schema in held.items() if "$ref" in schema}
    if not aliases:
        return document

    def end(name: str) -> str | None:
        seen = [name]
        while (following := component_of(aliases[seen[-1]])) in aliases:
            if following in seen:
                return None
            seen.append(str(following))
        return following

    ends = {name: end(name) for name in aliases}
    kept = {name: schema for name, schema in held.items() if name not in aliases}
    for name, target in ends.items():
        where = child("/components/schemas", name)
        if target is None or target not in held:
            noting(where, Kind.LOOSENED, f"{name} accepts all", "It refers to nothing but itself.")
            kept[name] = {ORIGIN: where}
        elif ADDED not in held[name]:
            noting(where, Kind.RENAMED, f"{name} is {target}", "It is another name for that schema.")
    gone = {name: target for name, target in ends.items() if target is not None and target in held}
    return rename_references(with_components(document, kept), {a: str(b) for a, b in gone.items()})


def rename_references(document: Draft, names: dict[str, str]) -> Draft:
    """Point references, and the mappings of discriminators, at components of other names."""

    def change(schema: Schema, _pointer: str) -> Schema:
        name = component_of(schema["$ref"]) if "$ref" in schema else None
        if name in names:
            return {**schema, **reference_to(names[str(name)])}
        if schema.get(SOURCE) in names:
            schema = {**schema, SOURCE: names[schema[SOURCE]]}
        discriminator = schema.get("discriminator")
        mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
        if not isinstance(mapping, dict):
            return schema
        made = {key: _renamed(value, names) for key, value in mapping.items()}
        return {**schema, "discriminator": {**schema["discriminator"], "mapping": made}}

    return change_schemas(document, change)


def _renamed(value: Any, names: dict[str, str]) -> Any:  # noqa: ANN401 - any JSON value
    if not isinstance(value, str):
        return value
    name = component_of(value) if value.startswith("#") else value
    return reference_to(names[str(name)])["$ref"] if name in names else value


def push_null_out(document: Draft, _noting: Noting) -> Draft:
    """Move null from a component that is a class or null to its references; so the class keeps its name."""
    held = components(document)
    inner: dict[str, Schema] = {}
    for name, schema in held.items():
        real = [variant for variant in schema.get("anyOf", ()) if variant.get("type") != "null"]
        outer = {key: value for key, value in schema.items() if key != "anyOf"}
        alone = len(real) == 1 < len(schema["anyOf"]) and set(outer) <= ANNOTATIONS | MARKS if real else False
        if alone and "$ref" not in real[0] and is_own_class(real[0]):
            inner[name] = {**outer, **real[0]}
    if not inner:
        return document

    def change(schema: Schema, _pointer: str) -> Schema:
        if isinstance(schema.get("$ref"), str) and component_of(schema["$ref"]) in inner:
            return {"anyOf": [schema, {"type": "null"}], **{k: v for k, v in schema.items() if k == ORIGIN}}
        return schema

    return change_schemas(with_components(document, {**held, **inner}), change)


def prune(document: Draft, _noting: Noting) -> Draft:
    """Drop the components that preparation added and nothing refers to any more."""
    held = components(document)
    pending = [used for schema in held.values() if ADDED not in schema for used in references(schema)]

    def collect(schema: Any, pointer: str) -> Any:  # noqa: ANN401 - booleans are schemas too
        if not pointer.startswith("/components/schemas/"):
            pending.extend(references(schema))
        return schema

    change_roots(document, collect)
    seen: set[str] = set()
    while pending:
        name = pending.pop()
        if name in held and name not in seen:
            seen.add(name)
            pending += references(held[name])
    kept = {name: schema for name, schema in held.items() if ADDED not in schema or name in seen}
    return with_components(document, kept) if len(kept) < len(held) else document


def name_components(document: Draft, noting: Noting) -> Draft:
    """Give components keys that become classes and modules of their own."""
    held = components(document)
    wanted = {name: str(schema.get(WANTED, name)) for name, schema in held.items()}
    safe = {name: re.sub(r"[^A-Za-z0-9._-]", "_", want) for name, want in wanted.items()}
    odd = {name for name, key in safe.items() if not pascal_case(key) or len(key) > LONGEST_NAME}
    for group in clashes({name: _identities(key) for name, key in safe.items()}):
        # One that is written as its class keeps its name; the others get a word more.
        plain = [name for name in group if ADDED not in held[name] and pascal_case(name) == name]
        odd |= set(group) - set(plain[:1])
    keys = {
        name: told_apart(key[: LONGEST_NAME - 20], str(held[name].get(PLACE, name))) if name in odd else key
        for name, key in safe.items()
    }
    for name in [name for name, key in keys.items() if key != wanted[name]]:
        why = "Another schema gives the same class or module, or none does."
        why = why if name in odd else "A key has no such characters."
        what = f"{wanted[name]} is class {pascal_case(keys[name])}"
        noting(origin(held[name]), Kind.RENAMED, what, why)
    changed = {name: key for name, key in keys.items() if key != name}
    if not changed:
        return document
    made = {keys[name]: schema for name, schema in held.items()}
    return rename_references(with_components(document, made), changed)
