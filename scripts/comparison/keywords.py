"""What a schema says itself, taken up into a view; what follows from one another is brought into one form."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from scripts.comparison.places import canonical
from scripts.comparison.views import HELD, LISTED, LOWER, UPPER, WHOLE, Bound, Demand, Held, meet
from scripts.preparation.dialect import is_of_type

if TYPE_CHECKING:
    from collections.abc import Callable

    from scripts.comparison.places import Part
    from scripts.comparison.views import View


def numbered(schema: dict[str, Any], keyword: str) -> range:
    """Return the numbers of the schemas in a list."""
    return range(len(schema[keyword])) if isinstance(schema.get(keyword), list) else range(0)


def absorb_values(view: View, part: Part) -> None:
    """Take up what is said of values themselves."""
    schema, pointer = part.schema, part.pointer
    if "type" in schema:
        given = schema["type"]
        names = frozenset([given] if isinstance(given, str) else given) - {"null"}
        view.types = meet(view.types, names - {"integer"} if "number" in names else names)
        view.places.setdefault("type", pointer)
    _absorb_enum(view, part)
    for names_of_bounds, sign in ((LOWER, 1), (UPPER, -1)):
        for name in names_of_bounds:
            for bound in _bounds(schema, name, sign, pointer):
                held = view.bounds.get(name)
                if held is None or held.tightness < bound.tightness:
                    view.bounds[name] = bound
    for keyword in LISTED:
        value = schema.get(keyword)
        if value not in (None, False) and not (keyword == "format" and value == "password"):
            view.listed.setdefault(keyword, {}).setdefault(value, pointer)
    for keyword in _NOTES & schema.keys():
        view.notes.setdefault(keyword, Held(schema[keyword], pointer))


_NOTES = {"default", "deprecated", "discriminator", "title", "readOnly", "writeOnly", "xml"}


def _absorb_enum(view: View, part: Part) -> None:
    schema = part.schema
    if not schema.keys() & {"enum", "const"}:
        return
    named = schema.get("enum", [schema.get("const")])
    values = {canonical(value): value for value in named if value is not None}
    if "const" in schema:
        values = {key: value for key, value in values.items() if key == canonical(schema["const"])}
    held = view.enum
    view.enum = values if held is None else {key: held[key] for key in held if key in values}
    view.places.setdefault("enum", part.pointer)


def _bounds(schema: dict[str, Any], name: str, sign: int, pointer: str) -> list[Bound]:
    """Return the limits that a schema sets; an exclusive one is a boolean in OpenAPI 3.0, a number in 3.1."""
    exclusive = _EXCLUSIVE.get(name, name)
    flag = schema.get(exclusive) if name in _EXCLUSIVE else None
    found = []
    if name in schema and not (schema[name] == 0 and name.startswith("min") and name not in _MAY_BE_ZERO):
        shown = f"more than {schema[name]}" if flag is True and sign > 0 else schema[name]
        shown = f"less than {schema[name]}" if flag is True and sign < 0 else shown
        keyword = exclusive if flag is True else name
        found.append(Bound((sign * schema[name], flag is True), shown, pointer, keyword))
    if flag is not None and not isinstance(flag, bool):
        shown = f"{'more' if sign > 0 else 'less'} than {flag}"
        found.append(Bound((sign * flag, True), shown, pointer, exclusive))
    return found


_EXCLUSIVE = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}
_MAY_BE_ZERO = ("minimum", "minContains")


def absorb_schemas(view: View, part: Part, says_something: Callable[[Part], bool]) -> None:
    """Take up what is said of what values hold; `says_something` tells whether a schema refuses any value."""
    schema, pointer = part.schema, part.pointer
    for keyword in HELD:
        if keyword in schema and says_something(part.child(keyword)):
            view.held.setdefault(keyword, []).append(part.child(keyword))
    _absorb_demand(view, part)
    for keyword, found in (
        ("properties", view.properties),
        ("patternProperties", view.patterns),
        ("dependentSchemas", view.dependent_schemas),
    ):
        for name in schema.get(keyword) or ():
            found.setdefault(name, []).append(part.child(keyword, name))
    for name in schema.get("required") or ():
        view.required.setdefault(name, pointer)
    for number in numbered(schema, "prefixItems"):
        if number == len(view.prefix):
            view.prefix.append([])
        view.prefix[number].append(part.child("prefixItems", number))
    _absorb_dependent(view, part)
    if "if" in schema and any(
        keyword in schema and says_something(part.child(keyword)) for keyword in ("then", "else")
    ):
        view.conditions.append(part)


def _absorb_dependent(view: View, part: Part) -> None:
    for name, needed in (part.schema.get("dependentRequired") or {}).items():
        for other in needed if isinstance(needed, list) else ():
            if isinstance(other, str):
                view.dependent.setdefault((name, other), part.pointer)


def _absorb_demand(view: View, part: Part) -> None:
    """Take up `contains`: once, if nothing else is said; none need be there where none suffice."""
    if "contains" not in part.schema:
        return
    limits = {"minContains": 1, **part.schema}
    least = _bounds(limits, "minContains", 1, part.pointer)[0]
    most = next(iter(_bounds(limits, "maxContains", -1, part.pointer)), None)
    if least.tightness[0] > 0 or most is not None:
        view.demands.append(Demand(part.child("contains"), least, most))


def finished(view: View) -> View:
    """Bring what follows from one another into one form."""
    if view.enum is not None:
        if view.types is not None:
            view.enum = {
                key: value
                for key, value in view.enum.items()
                if any(is_of_type(value, name) for name in view.types)
            }
        if view.enum.keys() == {"false", "true"}:
            view.enum, view.types = None, frozenset({"boolean"})
        if not view.enum and view.enum is not None:
            view.enum, view.types = None, frozenset()
    view.never = view.never or (view.types == frozenset() and not view.null)
    if view.types == WHOLE:
        for name, sign in (("minimum", 1), ("maximum", -1)):
            if name in view.bounds:
                view.bounds[name] = _whole_bound(view.bounds[name], sign)
        view.listed.get("multipleOf", {}).pop(1, None)
    return view


def _whole_bound(bound: Bound, sign: int) -> Bound:
    """Return the whole number that a limit comes to, of integers."""
    value, exclusive = bound.tightness
    whole = math.floor(value) + 1 if exclusive else math.ceil(value)
    return bound._replace(tightness=(whole, False), shown=sign * whole)
