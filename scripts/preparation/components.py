"""Which schemas are components, and what they are called: every object and every enum is one of its own."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from scripts.notes import Kind
from scripts.preparation.documents import (
    ADDED,
    ANNOTATIONS,
    COMPONENTS,
    MARKS,
    ORIGIN,
    VARIANT,
    Schema,
    change_roots,
    change_schemas,
    child,
    component_of,
    components,
    find,
    operations,
    origin,
    parts_of,
    reference_to,
    subschemas,
    with_components,
)
from scripts.preparation.names import clashes, module_name, pascal_case, told_apart

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.preparation.documents import Draft, Noting

_UNIONS = ("anyOf", "oneOf")


def unwrap(document: Draft, _noting: Noting) -> Draft:
    """Replace `allOf` and unions of one schema by that schema where only annotations stand beside them."""

    def change(schema: Schema, _pointer: str) -> Schema:
        for key in ("allOf", *_UNIONS):
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


def lift_deep_references(document: Draft, _noting: Noting) -> Draft:
    """Give what references lead to a component of its own where it has none, and point them at that."""
    targets: dict[str, str] = {}

    def collect(schema: Schema, _pointer: str) -> Schema:
        reference = schema.get("$ref")
        if isinstance(reference, str) and component_of(reference) is None:
            targets.setdefault(reference, "#" + child("", *parts_of(reference[1:])))
        return schema

    change_schemas(document, collect)
    names = {place: _name_of_place(document, place[1:]) for place in sorted(set(targets.values()))}
    taken = set(components(document))
    for place, name in names.items():
        names[place] = told_apart(name, place) if name in taken else name
    lifted: dict[str, Schema] = {
        names[place]: {**_as_schema(find(document, place[1:])), ADDED: True} for place in names
    }

    def point(schema: Schema, _pointer: str) -> Schema:
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return {**schema, **reference_to(component_of(reference) or names[targets[reference]])}
        own = schema.get(ORIGIN)
        if own is not None and "#" + own in names and ADDED not in schema:
            return {**reference_to(names["#" + own]), ORIGIN: own}
        return schema

    return change_schemas(with_components(document, {**components(document), **lifted}), point)


def _as_schema(value: Any) -> Schema:  # noqa: ANN401 - booleans are schemas too
    return value if isinstance(value, dict) else {} if value is True else {"not": {}}


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
    return pascal_case(start) + "".join(named)


@dataclass
class _Hoisting:
    """Moves inline schemas into components.

    Attributes:
        taken: The components that stand already.
        found: What was moved: place in words, wanted name, schema.
    """

    taken: set[str]
    found: dict[str, tuple[str, Schema]] = field(default_factory=dict)

    def root(self, schema: Any, name: str) -> Any:  # noqa: ANN401 - booleans are schemas too
        """Move a schema of a parameter or media type, or what is in it."""
        return self._place(schema, name, name) if isinstance(schema, dict) else schema

    def inside(self, schema: Schema, name: str, way: str, *, merging: bool = False) -> Schema:
        """Move what is in a schema that itself stays where it is."""
        made = dict(schema)
        for key, word in (("items", "Item"), ("additionalProperties", "Value")):
            if isinstance(made.get(key), dict):
                made[key] = self._place(made[key], name + word, f"{way}/{key}")
        if isinstance(made.get("properties"), dict):
            made["properties"] = {
                key: self._place(value, name + (pascal_case(key) or "Property"), f"{way}/{key}")
                for key, value in made["properties"].items()
            }
        if "allOf" in made:
            made["allOf"] = [
                self.inside(part, name, way, merging=True) if "$ref" not in part else part
                for part in made["allOf"]
            ]
        merging = merging or is_own_class(made)
        for key in _UNIONS:
            if key in made:
                made[key] = list(self._variants(made[key], name, way, merging=merging))
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
            there = (name, way) if len(real) == 1 else (name + suffix, f"{way}|{suffix}")
            yield self.inside(variant, *there, merging=True) if merging else self._place(variant, *there)

    def _place(self, schema: Schema, name: str, way: str) -> Schema:
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
        return any(set(part) & {"$ref", "properties", "allOf", *_UNIONS} for part in schema["allOf"])
    if any(key in schema for key in _UNIONS):
        return any(key not in ANNOTATIONS | MARKS | {*_UNIONS, "discriminator"} for key in schema)
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


def hoist(document: Draft, noting: Noting) -> Draft:
    """Give every inline object and enum a component of its own, named by where it stands."""
    before = components(document)
    hoisting = _Hoisting(set(before))
    kept: dict[str, Schema] = {}
    for name, schema in before.items():
        kept[name] = hoisting.inside(schema, pascal_case(name), name) if "$ref" not in schema else schema
    document = with_components(document, kept)
    places = _root_names(document)

    def change(schema: Any, pointer: str) -> Any:  # noqa: ANN401 - booleans are schemas too
        if pointer.startswith("/components/schemas/"):
            return schema
        return hoisting.root(schema, places[pointer])

    document = change_roots(document, change)
    names = _settle(hoisting, noting)
    added = {names[way]: {**schema, ADDED: True} for way, (_, schema) in hoisting.found.items()}
    document = with_components(document, {**components(document), **added})

    def point(schema: Schema, _pointer: str) -> Schema:
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference.startswith("way:"):
            return {**schema, **reference_to(names[reference.removeprefix("way:")])}
        return schema

    return change_schemas(document, point) if added else document


def _settle(hoisting: _Hoisting, noting: Noting) -> dict[str, str]:
    """Choose the names of what was moved: the wanted one where it is free, else one with a word more."""
    identities = {f"={name}": _identities(name) for name in hoisting.taken}
    identities.update({way: _identities(name) for way, (name, _) in hoisting.found.items()})
    clashing = {way for group in clashes(identities) for way in group}
    names: dict[str, str] = {}
    for way, (name, schema) in hoisting.found.items():
        names[way] = told_apart(name, way) if way in clashing else name
        if way in clashing:
            noting(origin(schema), Kind.RENAMED, f"class {pascal_case(names[way])}", f"{name} is taken.")
    return names


def _identities(name: str) -> list[tuple[str, str]]:
    return [("class", pascal_case(name)), ("module", module_name(pascal_case(name)))]


def _root_names(document: Draft) -> dict[str, str]:
    """Name the outermost schemas of parameters, bodies and responses."""
    names: dict[str, str] = {}

    def name(schema: Any, pointer: str) -> Any:  # noqa: ANN401 - booleans are schemas too
        if not pointer.startswith("/components/schemas/"):
            names[pointer] = _root_name(document, pointer)
        return schema

    change_roots(document, name)
    return names


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
        name = component_of(schema["$ref"]) if isinstance(schema.get("$ref"), str) else None
        if name in names:
            return {**schema, **reference_to(names[str(name)])}
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
    name = component_of(value) if value.startswith(COMPONENTS) else value
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
    pending: list[Any] = [schema for schema in held.values() if ADDED not in schema]

    def collect(schema: Any, pointer: str) -> Any:  # noqa: ANN401 - booleans are schemas too
        if not pointer.startswith("/components/schemas/"):
            pending.append(schema)
        return schema

    change_roots(document, collect)
    seen: set[str] = set()
    while pending:
        schema = pending.pop()
        if not isinstance(schema, dict):
            continue
        pending += [inner for _, inner in subschemas(schema)]
        name = component_of(schema["$ref"]) if isinstance(schema.get("$ref"), str) else None
        if name in held and name not in seen:
            seen.add(str(name))
            pending.append(held[str(name)])
    kept = {name: schema for name, schema in held.items() if ADDED not in schema or name in seen}
    return with_components(document, kept) if len(kept) < len(held) else document


def break_cycles(document: Draft, noting: Noting) -> Draft:
    """Loosen what leads back to itself without an object on the way; no type can be written for it."""
    cycles = _Cycles(dict(components(document)), noting)
    for name in sorted(cycles.components):
        cycles.visit(name, [])
    return with_components(document, cycles.components)


@dataclass
class _Cycles:
    """Looks for ways of references that lead back to where they began.

    Attributes:
        components: The document's schema components; those that were visited are without cycles.
        noting: Takes what was loosened.
    """

    components: dict[str, Schema]
    noting: Noting
    _visited: set[str] = field(default_factory=set)

    def visit(self, name: str, way: list[str]) -> None:
        """Cut the cycles that go through a component."""
        if name not in self._visited and name in self.components:
            self.components[name] = self._cut(self.components[name], [*way, name])
            self._visited.add(name)

    def _cut(self, schema: Schema, way: list[str]) -> Schema:
        target = component_of(schema.get("$ref", ""))
        if target in way:
            what = f"{target} leads back to itself here."
            self.noting(origin(schema), Kind.LOOSENED, "accepts all", what)
            return {ORIGIN: origin(schema)}
        if target is not None:
            self.visit(target, way)
        if target is not None or schema.get("type") == "object" or "properties" in schema:
            return schema
        made = dict(schema)
        if isinstance(schema.get("items"), dict):
            made["items"] = self._cut(schema["items"], way)
        for key in _UNIONS:
            if key in schema:
                made[key] = [self._cut(variant, way) for variant in schema[key]]
        return made


def name_components(document: Draft, noting: Noting) -> Draft:
    """Give components keys that become classes and modules of their own."""
    held = components(document)
    safe = {name: re.sub(r"[^A-Za-z0-9._-]", "_", name) for name in held}
    odd: set[str] = {name for name, key in safe.items() if key != name and list(safe.values()).count(key) > 1}
    for group in clashes({name: _identities(name) for name in held}):
        # One that is written as its class keeps its name; the others get a word more.
        plain = [name for name in group if pascal_case(name) == name]
        odd |= set(group) - set(plain[:1])
    renamed = {name: told_apart(key, name) if name in odd else key for name, key in safe.items()}
    changed = {name: key for name, key in renamed.items() if key != name}
    if not changed:
        return document
    for name, key in changed.items():
        why = (
            "Another schema gives the same class or module."
            if name in odd
            else "A key has no such characters."
        )
        noting(origin(held[name]), Kind.RENAMED, f"{name} is class {pascal_case(key)}", why)
    made = {renamed[name]: schema for name, schema in held.items()}
    return rename_references(with_components(document, made), changed)
