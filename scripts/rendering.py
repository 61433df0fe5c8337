"""Turn what the generator has parsed into the Python code that the templates put together.

Whatever comes from the document gets into code through `repr` or as a name that the generator has made.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from scripts.naming import Operation

    Tags = list[tuple[str, dict[str, str]]]
    """Discriminators: a property's name, and which of its values stands for which class."""

UNTYPED = "Any"

_SIMPLE = {
    "AnyProperty": (UNTYPED, "ANYTHING"),
    "BooleanProperty": ("bool", "BOOLEAN"),
    "DateProperty": ("datetime.date", "DATE"),
    "DateTimeProperty": ("datetime.datetime", "DATE_TIME"),
    "FileProperty": ("File", "BINARY"),
    "FloatProperty": ("float", "NUMBER"),
    "IntProperty": ("int", "INTEGER"),
    "NoneProperty": ("None", "NULL"),
    "StringProperty": ("str", "TEXT"),
    "UuidProperty": ("UUID", "UNIQUE"),
}
"""The generator's kinds of properties that need no more than their name: their types, and their shapes."""


@dataclass(frozen=True, order=True)
class Import:
    """What is imported from the module of a model or an enum."""

    module: str
    name: str


def natural(name: str) -> list[str | int]:
    """Give the key by which the linter sorts imports: numbers in names count as numbers.

    Args:
        name: A name, or a whole line.

    Returns:
        The key.
    """
    return [int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name)]


class Used:
    """The names that some expressions use, and so what has to be imported for them.

    The names in literals are no names of code.
    """

    def __init__(self, expressions: Iterable[str]) -> None:
        """Collect the names.

        Args:
            expressions: The code that uses them.
        """
        bare = _LITERAL.sub("", "\n".join(expressions))
        self._names = frozenset(re.findall(r"\w+", bare))

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def among(self, *names: str) -> str:
        """List those of some names that are used, as an import names them."""
        return ", ".join(name for name in names if name in self._names)

    def lines(self, imports: Iterable[Import]) -> list[tuple[str, str]]:
        """Group imports by module, sorted as the linter sorts them, and leave out what is not used.

        Args:
            imports: What can be imported.

        Returns:
            The modules, each with the names that are imported from it.
        """
        by_module: dict[str, list[str]] = {}
        for each in imports:
            if each.name in self._names:
                by_module.setdefault(each.module, []).append(each.name)
        return [
            (module, ", ".join(sorted(names, key=lambda name: (not name.isupper(), natural(name)))))
            for module, names in sorted(by_module.items(), key=lambda pair: natural(pair[0]))
        ]


_LITERAL = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*\"""")


@dataclass(frozen=True)
class Attribute:
    """A property of a model, or an operation's argument, as code.

    Attributes:
        name: Its Python name.
        type: Its type, without UNSET.
        shape: The expression for what is promised of it.
        required: Whether it has to be given.
        default: The expression for its default; empty where it has none.
        description: The document's words about it.
        example: The document's example.
        wire: The literal of its name on the wire.
    """

    name: str
    type: str
    shape: str
    required: bool
    default: str
    description: str
    example: str
    wire: str = ""

    @property
    def declared(self) -> str:
        """Its type as it is declared."""
        return self.type if self.required else f"{self.type} | Unset"

    @property
    def declaration(self) -> str:
        """Its declaration, with its default."""
        default = self.default or ("" if self.required else "UNSET")
        return f"{self.name}: {self.declared}" + (f" = {default}" if default else "")


@dataclass
class Code:
    """The code of properties, with what it needs to be imported.

    Attributes:
        plain: The class that stands for objects without any promise.
        tags: The discriminators.
        imports: What is imported.
    """

    plain: str
    tags: Tags
    imports: set[Import] = field(default_factory=set)

    def type_of(self, prop: Any) -> str:  # noqa: ANN401 - the generator's own classes
        """Give the type of a property, without UNSET."""
        return joined(self.types_of(prop))

    def types_of(self, prop: Any) -> list[str]:  # noqa: ANN401 - as above
        """List the types of a property: several where it is a union."""
        kind = type(prop).__name__
        if kind in _SIMPLE:
            return [_SIMPLE[kind][0]]
        if kind == "ConstProperty":
            return [_literal_type(prop.value.raw_value)]
        if kind == "ListProperty":
            return [f"list[{self.type_of(prop.inner_property)}]"]
        if kind == "UnionProperty":
            return [name for inner in prop.inner_properties for name in self.types_of(inner)]
        name = str(prop.class_info.name)
        if name == self.plain:
            return ["dict[str, Any]"]
        self.imports.add(Import(str(prop.class_info.module_name), name))
        return [name]

    def shape_of(self, prop: Any) -> str:  # noqa: ANN401 - as above
        """Give the expression for what is promised of a property."""
        kind = type(prop).__name__
        if kind == "ConstProperty":
            value = prop.value.raw_value
            code = f"OneOf({value!r})" if _is_scalar(value) else "ANYTHING"
        elif kind == "ListProperty":
            code = f"ListOf({self.shape_of(prop.inner_property)})"
        elif kind == "UnionProperty":
            code = self._union(prop)
        else:
            code = _SIMPLE[kind][1] if kind in _SIMPLE else self._class(prop)
        return f"_shapes.{code}"

    def _class(self, prop: Any) -> str:  # noqa: ANN401 - as above
        module, name = str(prop.class_info.module_name), str(prop.class_info.name)
        if name == self.plain:
            return "OBJECT"
        is_model = type(prop).__name__ == "ModelProperty"
        imported = name if is_model else values_of(prop)
        self.imports.add(Import(module, imported))
        return f"ModelOf({name})" if is_model else f"OneOf(*{imported})"

    def _union(self, prop: Any) -> str:  # noqa: ANN401 - as above
        models = {
            str(inner.class_info.name)
            for inner in prop.inner_properties
            if type(inner).__name__ == "ModelProperty"
        }
        tags = [(name, by_value) for name, by_value in self.tags if set(by_value.values()) <= models]
        shapes = [self.shape_of(inner) for inner in prop.inner_properties]
        if tags:
            listed = ", ".join(
                f"({name!r}, {{{', '.join(f'{value!r}: {model}' for value, model in sorted(by.items()))}}})"
                for name, by in tags
            )
            shapes.append(f"tags=({listed},)")
        return f"Union({', '.join(shapes)})"

    def attribute(self, prop: Any, *, wire: str = "", described: Any = None) -> Attribute:  # noqa: ANN401 - as above
        """Give the code of a property.

        Args:
            prop: The property.
            wire: Its name on the wire.
            described: What describes it where it is used: a schema or a parameter.

        Returns:
            The code.
        """
        return Attribute(
            name=str(prop.python_name),
            type=self.type_of(prop),
            shape=self.shape_of(prop),
            required=bool(prop.required),
            default=_default(prop.default),
            description=text(getattr(described, "description", None)) or text(prop.description),
            example=text(getattr(described, "example", None)) or text(prop.example),
            wire=repr(wire),
        )


def values_of(enum: Any) -> str:  # noqa: ANN401 - as above
    """Name the tuple of an enum's values."""
    return f"{enum.get_class_name_snake_case().upper()}_VALUES"


def text(value: Any) -> str:  # noqa: ANN401 - whatever the document has there
    """Read a text that the generator guards; what becomes of it is escaped where it is used."""
    if value is None:
        return ""
    return str(value.get_untrusted_value() if hasattr(value, "get_untrusted_value") else value)


def _is_scalar(value: object) -> bool:
    return isinstance(value, (str, bool, int)) or (isinstance(value, float) and math.isfinite(value))


def _literal_type(value: object) -> str:
    if isinstance(value, (str, bool, int)):
        return f"Literal[{value!r}]"
    return "float" if isinstance(value, float) else UNTYPED


def _default(value: Any) -> str:  # noqa: ANN401 - the generator's own class
    if value is None or not _is_scalar(value.raw_value):
        return ""
    code = str(value.python_code.as_unembedded_code())
    # The generator escapes the backslashes of texts twice.
    return repr(value.raw_value) if code.startswith(("'", '"')) else code


@dataclass(frozen=True)
class ModelCode:
    """A model, as its template needs it.

    Attributes:
        attributes: The properties, in the order in which the class takes them.
        additional: The type of additional properties.
        additional_shape: What is promised of them.
        used: The names that the class's declarations use.
        typed: The models and enums that these name: modules, and what is imported from them.
        shaped: The same for what is promised.
    """

    attributes: list[Attribute]
    additional: str
    additional_shape: str
    used: Used
    typed: list[tuple[str, str]]
    shaped: list[tuple[str, str]]


def model_code(model: Any, wire_names: dict[str, str], code: Code) -> ModelCode:  # noqa: ANN401 - as above
    """Give the code of a model.

    Args:
        model: The generator's model.
        wire_names: The names of its properties on the wire, by their Python names.
        code: What the document has beside it; its imports are set anew.

    Returns:
        The code.
    """
    code.imports = set()
    schemas = {text(name): schema for name, schema in (model.data.properties or {}).items()}
    attributes = [
        code.attribute(
            prop,
            wire=wire_names.get(text(prop.name), text(prop.name)),
            described=schemas.get(text(prop.name)),
        )
        for prop in [*model.required_properties, *model.optional_properties]
    ]
    attributes.sort(key=lambda each: not each.required or bool(each.default))
    more = model.additional_properties
    own = Import(str(model.class_info.module_name), str(model.class_info.name))
    additional = UNTYPED if more is None else code.type_of(more)
    additional_shape = "None" if more is None else code.shape_of(more)
    used = Used([*(each.declaration for each in attributes), additional])
    shaped = Used([*(each.shape for each in attributes), additional_shape])
    others = code.imports - {own}
    return ModelCode(attributes, additional, additional_shape, used, used.lines(others), shaped.lines(others))


@dataclass(frozen=True)
class OperationCode:
    """An operation, as its template needs it.

    Attributes:
        path: The expressions for the path's parts.
        positional: The parameters in the path.
        named: The other parameters.
        written: For query, headers and cookies, the expressions for what is written.
        body: The body; None where there is none.
        bodies: The expressions for the ways to send it.
        answers: The expressions for what is promised of answers.
        returns: The type of what is parsed.
        used: The names that its declarations and expressions use.
        imports: The models and enums among them: modules, and what is imported from them.
    """

    path: list[str]
    positional: list[Attribute]
    named: list[Attribute]
    written: dict[str, list[str]]
    body: Attribute | None
    bodies: list[str]
    answers: list[str]
    returns: str
    used: Used
    imports: list[tuple[str, str]]


def operation_code(endpoint: Any, operation: Operation, code: Code) -> OperationCode:  # noqa: ANN401 - as above
    """Give the code of an operation.

    Args:
        endpoint: The generator's operation.
        operation: What the generator does not read of it.
        code: What the document has beside it; its imports are set anew.

    Returns:
        The code.
    """
    code.imports = set()
    told = operation.parameters
    path = [code.attribute(prop, described=told[text(prop.name)]) for prop in endpoint.path_parameters]
    by_place = {
        "query": endpoint.query_parameters,
        "headers": endpoint.header_parameters,
        "cookies": endpoint.cookie_parameters,
    }
    named = {
        place: [code.attribute(prop, described=told[text(prop.name)]) for prop in props]
        for place, props in by_place.items()
    }
    answers, types = _answers(endpoint, code)
    returns = " | ".join(sorted(dict.fromkeys(types), key=lambda part: (part == UNTYPED, part == "None")))
    body, bodies = _body(endpoint, code), [_way(body, operation, code) for body in endpoint.bodies]
    arguments = [*path, *(each for some in named.values() for each in some), *([body] if body else [])]
    used = Used([*(each.declaration for each in arguments), *answers, *bodies, returns])
    return OperationCode(
        path=list(_path(operation)),
        positional=path,
        named=[attribute for attributes in named.values() for attribute in attributes],
        written={
            place: [_argument(attribute.name, operation) for attribute in attributes]
            for place, attributes in named.items()
        },
        body=body,
        bodies=bodies,
        answers=answers,
        returns=returns,
        used=used,
        imports=used.lines(code.imports),
    )


def _path(operation: Operation) -> Iterator[str]:
    for number, part in enumerate(re.split(r"\{([^{}]*)\}", operation.path)):
        if number % 2:
            yield _argument(part, operation)
        elif part:
            yield repr(part)


def _argument(name: str, operation: Operation) -> str:
    parameter = operation.parameters[name]
    options = [repr(parameter.name), name, repr(parameter.style), repr(parameter.explode)]
    if parameter.media_type:
        options.append(repr(parameter.media_type))
    return f"_requests.Argument({', '.join(options)})"


def _body(endpoint: Any, code: Code) -> Attribute | None:  # noqa: ANN401 - as above
    if not endpoint.bodies:
        return None
    types = []
    for body in endpoint.bodies:
        types += ["File", "bytes", "str"] if body.body_type == "content" else code.types_of(body.prop)
    first = endpoint.bodies[0].prop
    return Attribute(
        name="body",
        type=joined(types),
        shape="",
        required=all(body.prop.required for body in endpoint.bodies),
        default="",
        description=text(first.description),
        example=text(first.example),
    )


def _way(body: Any, operation: Operation, code: Code) -> str:  # noqa: ANN401 - as above
    media_type = text(body.content_type)
    options = [repr(media_type), code.shape_of(body.prop)]
    encodings = operation.encodings.get(media_type)
    if encodings:
        options.append(repr(encodings))
    return f"_requests.Body({', '.join(options)})"


def _answers(endpoint: Any, code: Code) -> tuple[list[str], list[str]]:  # noqa: ANN401 - as above
    answers, types = [], []
    for response in endpoint.responses:
        lowest, highest = response.status_code.range or (0, 999)
        options = [str(lowest), str(highest)]
        content = response.data.content
        if content:
            options += [repr(text(next(iter(content)))), code.shape_of(response.prop)]
            types += code.types_of(response.prop)
        else:
            types.append("None")
        answers.append(f"_responses.Answer({', '.join(options)})")
    return answers, types or ["None"]


def joined(types: Iterable[str]) -> str:
    """Join types into one: each once, None at the end, and nothing beside what allows all."""
    parts = list(dict.fromkeys(types))
    return UNTYPED if UNTYPED in parts else " | ".join(sorted(parts, key=lambda part: part == "None"))
