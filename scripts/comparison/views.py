"""What a place accepts, however it is written down.

A view is the meaning of a schema on the wire: references followed, `allOf` met, null and constants in one
form. Two schemas that only differ in how they are written have equal views. Every keyword keeps the pointer
to where it stands, so that a change is told once, at its cause, through whatever it is seen.

Source: OpenAPI 3.0.4 and 3.1.1; JSON Schema 2020-12.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from scripts.preparation.dialect import is_of_type

if TYPE_CHECKING:
    from scripts.comparison.places import Part

Types: TypeAlias = "frozenset[str]"

ALL_TYPES: Types = frozenset({"array", "boolean", "number", "object", "string"})
"""The types of all values but null; a number may be an integer."""

WHOLE: Types = frozenset({"integer"})
LISTS: Types = frozenset({"array"})
OBJECTS: Types = frozenset({"object"})

LOWER = ("minimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "maxLength", "maxItems", "maxProperties")
LISTED = ("pattern", "format", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType")
"""Keywords of which every value holds when several parts name one."""
HELD = (
    "items",
    "additionalProperties",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
)
"""Keywords that hold one schema, and that say nothing where that accepts everything."""

CONCERNS: dict[str, Types] = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "contentEncoding", "contentMediaType",
                     "contentSchema"), frozenset({"string"})),
    **dict.fromkeys(("minimum", "maximum", "multipleOf"), frozenset({"number", "integer"})),
    "format": frozenset({"string", "number", "integer"}),
    **dict.fromkeys(("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains",
                     "unevaluatedItems"), frozenset({"array"})),
    **dict.fromkeys(("properties", "additionalProperties", "propertyNames", "unevaluatedProperties",
                     "minProperties", "maxProperties"), frozenset({"object"})),
}  # fmt: skip
"""The types of which a keyword says something."""


class Held(NamedTuple):
    """A keyword's value, and the pointer to the schema that it stands in."""

    value: Any
    pointer: str


class Bound(NamedTuple):
    """A limit; `tightness` grows as it lets fewer values pass."""

    tightness: tuple[float, bool]
    shown: float | str
    pointer: str
    keyword: str


class Demand(NamedTuple):
    """Items that an array must have, each told of alone, as one item may meet several.

    Attributes:
        part: What they are like.
        least: How many there must be.
        most: How many there may be; None where that is not limited.
    """

    part: Part
    least: Bound
    most: Bound | None

    @property
    def limits(self) -> dict[str, Bound]:
        """Both limits, by keyword."""
        most = {} if self.most is None else {"maxContains": self.most}
        return {"minContains": self.least, **most}


class Union(NamedTuple):
    """A choice between schemas, null aside.

    Attributes:
        kind: `anyOf` or `oneOf`.
        branches: The schemas.
        part: The schema that the choice stands in.
    """

    kind: str
    branches: tuple[Part, ...]
    part: Part

    @property
    def pointer(self) -> str:
        """Return the pointer to the schema that the choice stands in."""
        return self.part.pointer


@dataclass
class View:
    """What a place accepts.

    Attributes:
        pointer: Where the first of its parts stands.
        never: It accepts nothing at all.
        null: It accepts null.
        types: The types it names, null aside; None where it names none.
        enum: The values that it names, null aside, by their canonical text; None where it names none.
        bounds: Limits, by the keyword's plain name.
        listed: The values of the keywords in `LISTED`, each with where it stands.
        held: The schemas of the keywords in `HELD`.
        properties: The schemas of properties, by name.
        patterns: The schemas of `patternProperties`, by pattern.
        required: The names of the properties that must be there, with where that is said.
        prefix: The schemas of `prefixItems`.
        unions: Its choices.
        demands: What `contains` asks for.
        refused: The schemas of `not`.
        conditions: The schemas that have an `if`.
        dependent: Pairs of a property and another one that it needs, with where that is said.
        dependent_schemas: The schemas that hold where a property is there.
        unknown: References that lead nowhere, with where they stand.
        notes: What changes nothing: default, deprecated, discriminator, title, readOnly, writeOnly, xml.
        places: Where keywords stand of which one place has to be told.
        parts: The pointers of all schemas that hold together in it.
    """

    pointer: str
    never: bool = False
    null: bool = True
    types: Types | None = None
    enum: dict[str, Any] | None = None
    bounds: dict[str, Bound] = field(default_factory=dict)
    listed: dict[str, dict[Any, str]] = field(default_factory=dict)
    held: dict[str, list[Part]] = field(default_factory=dict)
    properties: dict[str, list[Part]] = field(default_factory=dict)
    patterns: dict[str, list[Part]] = field(default_factory=dict)
    required: dict[str, str] = field(default_factory=dict)
    prefix: list[list[Part]] = field(default_factory=list)
    unions: list[Union] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    refused: list[Part] = field(default_factory=list)
    conditions: list[Part] = field(default_factory=list)
    dependent: dict[tuple[str, str], str] = field(default_factory=dict)
    dependent_schemas: dict[str, list[Part]] = field(default_factory=dict)
    unknown: dict[str, str] = field(default_factory=dict)
    notes: dict[str, Held] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)

    @property
    def is_anything(self) -> bool:
        """Whether it accepts every value."""
        return self.is_open and self.types is None and self.null and not self.unions

    @property
    def is_open(self) -> bool:
        """Whether it says nothing of what is accepted, choices aside."""
        telling = (
            self.bounds, self.listed, self.held, self.properties, self.patterns, self.required, self.prefix,
            self.demands, self.refused, self.conditions, self.dependent, self.dependent_schemas, self.unknown,
        )  # fmt: skip
        return not self.never and self.enum is None and not any(telling)

    def flag(self, keyword: str) -> bool:
        """Whether `readOnly`, `writeOnly` or `deprecated` is set."""
        return keyword in self.notes and self.notes[keyword].value is True

    def where(self, keyword: str) -> str:
        """Return the pointer to the schema that a keyword stands in, or to the whole."""
        return self.places.get(keyword, self.pointer)


def meet(one: Types | None, other: Types | None) -> Types | None:
    """Return the types that two sets share; an integer is a number."""
    if one is None or other is None:
        return other if one is None else one
    shared = _with_whole(one) & _with_whole(other)
    return shared - {"integer"} if "number" in shared else shared


def _with_whole(types: Types) -> Types:
    return types | {"integer"} if "number" in types else types


def covers(one: Types | None, other: Types | None) -> bool:
    """Tell whether the second set's types are all among the first's."""
    if one is None:
        return True
    return all(
        name in one or (name == "integer" and "number" in one)
        for name in (ALL_TYPES if other is None else other)
    )


def types_of(values: dict[str, Any]) -> Types:
    """Return the types of values."""
    names = ("array", "boolean", "integer", "number", "object", "string")
    found = frozenset(next(n for n in names if is_of_type(v, n)) for v in values.values())
    return found - {"integer"} if "number" in found else found
