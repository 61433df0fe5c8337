"""What the document promises of a value, and how values are decoded and encoded by that.

Decoding never fails and loses nothing: what is not as promised stays as it came. Neither decoding nor
encoding recurses along the value, so its depth does not matter.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple, Self, TypeVar, cast
from uuid import UUID

import attrs

from ._fitting import MOST_ITEMS, Weight, best, lightest
from .types import UNSET, File

if TYPE_CHECKING:
    from collections.abc import Callable

    from ._fitting import Path, Value

    Todo = list[tuple[Any, str, "Shape", Value]]
    """Values still to be decoded: the model or dictionary they are in, attribute or key, shape, value."""

_M = TypeVar("_M", bound="Model")

DEEPEST = 100_000
"""Levels that are encoded; what is deeper holds itself."""


class Shape:
    """What the document promises of a value.

    Attributes:
        noun: The kind of value, in words.
        converts: Whether decoding can change a value of this kind.
        nests: Whether it is objects or lists that decoding changes.
        plain: Python's types for JSON of which every value fits, so that weighing can pass it over.
    """

    noun: str = "any value"
    converts: bool = False
    nests: bool = False
    plain: frozenset[type] = frozenset()

    def fits(self, value: Value) -> bool:
        """Tell whether a value of JSON, or a decoded one, is of this kind."""
        return value is not UNSET

    def start(self, value: Value, todo: Todo) -> Value:  # noqa: ARG002 - for those that nest
        """Decode a value, and put off what is nested in it."""
        return value

    def weigh(self, value: Value, path: Path, weight: Weight) -> None:  # noqa: ARG002 - for those that need it
        """Add how a value of JSON differs at its own level."""
        if not self.fits(value):
            weight.problems += 1

    def glance(self, value: Value, path: Path, weight: Weight) -> None:
        """Add how a value of JSON differs as far as one sees from outside; what is in it comes later."""
        if isinstance(value, (dict, list)) and self.fits(value):
            weight.deeper.append((self, value, path))
        else:
            self.weigh(value, path, weight)

    def problem(self, value: Value) -> str | None:
        """Say what is wrong with a value of JSON, or a decoded one, leaving aside what is in it."""
        return None if self.fits(value) else f"{noun_of(value)} where {self.noun} belongs"


class _Anything(Shape):
    plain = frozenset({str, int, float, bool, type(None), list})

    def weigh(self, value: Value, path: Path, weight: Weight) -> None:
        super().weigh(value, path, weight)
        # What names the properties fits better than what takes all.
        weight.unknown += len(value) if isinstance(value, dict) else 0


class _Object(_Anything):
    noun = "an object"
    plain = frozenset()

    def fits(self, value: Value) -> bool:
        return isinstance(value, (Mapping, Model))


class _Text(Shape):
    noun = "a string"
    plain = frozenset({str})

    def fits(self, value: Value) -> bool:
        return isinstance(value, str)


class _Number(Shape):
    noun = "a number"
    plain = frozenset({int, float})

    def fits(self, value: Value) -> bool:
        return isinstance(value, (int, float)) and not isinstance(value, bool)


class _Integer(Shape):
    noun = "an integer"
    plain = frozenset({int})

    def fits(self, value: Value) -> bool:
        if isinstance(value, float):
            return value.is_integer()
        return isinstance(value, int) and not isinstance(value, bool)


class _Boolean(Shape):
    noun = "a boolean"
    plain = frozenset({bool})

    def fits(self, value: Value) -> bool:
        return isinstance(value, bool)


class _Null(Shape):
    noun = "null"
    plain = frozenset({type(None)})

    def fits(self, value: Value) -> bool:
        return value is None


class _Converted(Shape):
    """A string that Python has a type for; the type is used where it encodes as the same value again."""

    converts = True

    def __init__(self, noun: str, made: type, convert: Callable[[str], object], grammar: str) -> None:
        self.noun = noun
        self._made = made
        self.convert = convert
        self._grammar = re.compile(grammar)

    def fits(self, value: Value) -> bool:
        if isinstance(value, dt.datetime) and self._made is dt.date:
            return False  # in Python, a date-time is a date too
        return isinstance(value, (str, self._made))

    def start(self, value: Value, todo: Todo) -> Value:  # noqa: ARG002 - as its base
        return self.convert(value) if isinstance(value, str) else value

    def weigh(self, value: Value, path: Path, weight: Weight) -> None:
        super().weigh(value, path, weight)
        if self.fits(value) and self.problem(value):
            weight.unexpected.add(path)

    def problem(self, value: Value) -> str | None:
        if isinstance(value, str) and not self._grammar.fullmatch(value):
            return f"{value!r} where {self.noun} belongs"
        return super().problem(value)


# As RFC 3339, whose hours end at 23, but for what Python would cut off or read in another way.
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,6}0*)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def _date_time(text: str) -> dt.datetime | str:
    match = _DATE_TIME.fullmatch(text)
    if match is None:
        return text
    try:
        value = dt.datetime.fromisoformat(text)
    except ValueError:
        return text
    # Without an offset it is no instant, and has to be written as it was.
    return value if match[3] or value.isoformat() == text else text


def _date(text: str) -> dt.date | str:
    try:
        value = dt.date.fromisoformat(text)
    except ValueError:
        return text
    return value if value.isoformat() == text else text


def _uuid(text: str) -> UUID | str:
    try:
        value = UUID(text)
    except ValueError:
        return text
    return value if str(value) == text else text


class _Binary(Shape):
    noun = "a file"
    converts = True

    def fits(self, value: Value) -> bool:
        return isinstance(value, (str, bytes, File))

    def start(self, value: Value, todo: Todo) -> Value:  # noqa: ARG002 - as its base
        return File(BytesIO(value)) if isinstance(value, bytes) else value


ANYTHING = _Anything()
OBJECT = _Object()
TEXT = _Text()
NUMBER = _Number()
INTEGER = _Integer()
BOOLEAN = _Boolean()
NULL = _Null()
BINARY = _Binary()
DATE_TIME = _Converted(
    "a date-time", dt.datetime, _date_time,
    r"(?ai)\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)",
)  # fmt: skip
DATE = _Converted("a date", dt.date, _date, r"(?a)\d{4}-\d\d-\d\d")
UNIQUE = _Converted("a UUID", UUID, _uuid, r"(?ai)[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

_AS_THEY_ARE = (TEXT, NUMBER, INTEGER, BOOLEAN, NULL)
_SCALARS = {str: TEXT, int: INTEGER, float: NUMBER, bool: BOOLEAN}


class OneOf(Shape):
    """One constant, or one of several strings or integers, to which the server's next version may add.

    Args:
        *values: All that the document has.
    """

    def __init__(self, *values: Value) -> None:
        """Take the values."""
        # 1 is not true in JSON, though Python has it so; 1.0 is 1 in both.
        self._values = {(type(value), value) for value in values}
        self.is_constant = len(values) == 1
        self._kinds = list(dict.fromkeys(_SCALARS[type(value)] for value in values))
        self.noun = " or ".join(kind.noun for kind in self._kinds)

    def fits(self, value: Value) -> bool:
        """Tell whether it is of the values' kind."""
        return any(kind.fits(value) for kind in self._kinds)

    def has(self, value: Value) -> bool:
        """Tell whether it is one of the values."""
        if type(value) is str:  # the most frequent, and fast
            return (str, value) in self._values
        if isinstance(value, float) and value.is_integer() and (int, int(value)) in self._values:
            return True
        return self.fits(value) and (type(value), value) in self._values

    def weigh(self, value: Value, path: Path, weight: Weight) -> None:
        """Tell a value that is expected from one that is not."""
        if self.has(value):
            weight.expected.add(path)
        elif self.is_constant:
            weight.broken.add(path)
        elif self.fits(value):
            weight.unexpected.add(path)
        else:
            weight.problems += 1

    def problem(self, value: Value) -> str | None:
        """Name the value that is not expected."""
        if self.fits(value) and not self.has(value):
            return f"{value!r} is none of the document's values"
        return super().problem(value)


class ListOf(Shape):
    """A list.

    Args:
        items: What is promised of its items.
    """

    noun = "a list"

    def __init__(self, items: Shape) -> None:
        """Take the items' shape."""
        self.items = items
        self.converts = self.nests = items.converts
        self._decoder = _decoder(items) or items

    def fits(self, value: Value) -> bool:
        """Tell whether it is a list."""
        return isinstance(value, (list, tuple))

    def start(self, value: Value, todo: Todo) -> Value:
        """Decode the items."""
        if not self.converts or not isinstance(value, list):
            return value
        items, start = [], self._decoder.start
        for item in value:
            items.append(start(item, todo))  # noqa: PERF401 - a comprehension is a frame more
        return items

    def weigh(self, value: Value, path: Path, weight: Weight) -> None:
        """Look at the items."""
        super().weigh(value, path, weight)
        if self.fits(value):
            for number, item in enumerate(value[:MOST_ITEMS]):
                if type(item) not in self.items.plain:
                    self.items.glance(item, (*path, number), weight)


class ModelOf(Shape):
    """An object that has a model.

    Args:
        model: The model.
    """

    noun = "an object"
    converts = True
    nests = True

    def __init__(self, model: type[Model]) -> None:
        """Take the model."""
        self.model = model

    def fits(self, value: Value) -> bool:
        """Tell whether it is an object, or such a model."""
        return isinstance(value, (dict, self.model))

    def start(self, value: Value, todo: Todo) -> Value:
        """Make the model."""
        return _start_model(self.model, value, todo) if isinstance(value, dict) else value

    def weigh(self, value: Value, path: Path, weight: Weight) -> None:
        """Look at the properties."""
        if not isinstance(value, dict):
            weight.problems += 1
            return
        table = table_of(self.model)
        by_name = table.by_name
        for name, item in value.items():
            known = by_name.get(name)
            if known is not None:
                weight.known += 1
                if type(item) not in known.shape.plain:
                    known.shape.glance(item, (*path, name), weight)
            elif table.additional is ANYTHING:
                weight.unknown += 1
            elif table.additional is None:
                weight.problems += 1
            else:
                table.additional.glance(item, (*path, name), weight)
        weight.problems += sum(name not in value for name in table.required)


class Union(Shape):
    """One of several things.

    Args:
        *variants: What it can be, in the document's order.
        tags: The discriminators: a property's name, and which of its values stands for which model.
    """

    def __init__(self, *variants: Shape, tags: tuple[tuple[str, dict[str, type[Model]]], ...] = ()) -> None:
        """Sort the variants by the kinds of JSON that they stand for."""
        self.variants = variants
        self.noun = " or ".join(dict.fromkeys(variant.noun for variant in variants))
        self.converts = any(variant.converts for variant in variants)
        self.nests = any(variant.nests for variant in variants)
        self._objects = [variant for variant in variants if variant.fits({})]
        self._lists = [variant for variant in variants if variant.fits([])]
        self._texts = [variant for variant in variants if isinstance(variant, _Converted)]
        self._values = [variant for variant in variants if isinstance(variant, OneOf)]
        self._tags = tags
        self.plain = frozenset().union(*(variant.plain for variant in variants))

    def fits(self, value: Value) -> bool:
        """Tell whether it is of the kind of a variant."""
        return any(variant.fits(value) for variant in self.variants)

    def start(self, value: Value, todo: Todo) -> Value:
        """Decode as the variant that fits best."""
        if isinstance(value, str):
            return self._start_text(value)
        if isinstance(value, bytes):
            return BINARY.start(value, todo) if BINARY in self.variants else value
        variant = self.chosen(value)
        return value if variant is None else variant.start(value, todo)

    def chosen(self, value: Value) -> Shape | None:
        """Find the variant for an object or a list; None where the document has none, and for all else."""
        if isinstance(value, dict):
            candidates = self._objects
            if self._tags and len(candidates) > 1:
                candidates = self._told(value)
        else:
            candidates = self._lists if isinstance(value, list) else []
        if len(candidates) > 1 and isinstance(value, dict):
            candidates = _tagged(candidates, value)
        if len(candidates) > 1:
            return best(candidates, value)
        return candidates[0] if candidates else None

    def _told(self, value: dict[str, Value]) -> list[Shape]:
        """Leave out the models that a discriminator rules out."""
        out: set[type[Model]] = set()
        for name, models in self._tags:
            tag = value.get(name)
            if isinstance(tag, str) and tag in models:
                out |= set(models.values()) - {models[tag]}
        left = [variant for variant in self._objects if not isinstance(variant, ModelOf) or variant.model not in out]
        return left or self._objects

    def _start_text(self, value: str) -> object:
        if any(variant.has(value) for variant in self._values):
            return value
        for variant in self._texts:
            converted = variant.convert(value)
            if converted is not value:
                return converted
        return value

    def weigh(self, value: Value, path: Path, weight: Weight) -> None:
        """Weigh the variant that fits best at this level."""
        fitting = [variant for variant in self.variants if variant.fits(value)]
        if len(fitting) == 1:
            fitting[0].weigh(value, path, weight)
        elif fitting:
            weights = [Weight() for _ in fitting]
            for variant, its_weight in zip(fitting, weights, strict=True):
                variant.weigh(value, path, its_weight)
            weight.add(weights[lightest(weights)[0]])
        else:
            weight.problems += 1


def _tagged(variants: list[Shape], value: dict[str, Value]) -> list[Shape]:
    """Keep the variants with the fewest properties whose values tell that it is another one."""
    expected: set[str] = set()
    others: list[tuple[int, list[str]]] = []
    for variant in variants:
        broken, unexpected = 0, []
        for name, shape in table_of(variant.model).tags if isinstance(variant, ModelOf) else ():
            if value.get(name) is not None:
                if shape.has(value[name]):
                    expected.add(name)
                elif shape.is_constant:
                    broken += 1
                else:
                    unexpected.append(name)
        others.append((broken, unexpected))
    counts = [broken + sum(name in expected for name in unexpected) for broken, unexpected in others]
    least = min(counts)
    return [variant for variant, count in zip(variants, counts, strict=True) if count == least]


class Field(NamedTuple):
    """A property of a model.

    Attributes:
        name: Its name in JSON.
        attribute: Its name in Python.
        shape: What is promised of it.
        required: Whether it is promised to be there.
    """

    name: str
    attribute: str
    shape: Shape
    required: bool = False


def _decoder(shape: Shape) -> Shape | None:
    """Find what decodes: nothing where nothing changes, and the one that does where there is no choice."""
    if not shape.converts:
        return None
    if isinstance(shape, Union):
        choices = [variant for variant in shape.variants if variant not in _AS_THEY_ARE]
        return choices[0] if len(choices) == 1 else shape
    return shape


def _tag(shape: Shape) -> OneOf | None:
    """Find a constant or an enum, though null may stand in its place."""
    variants = shape.variants if isinstance(shape, Union) else (shape,)
    found = [variant for variant in variants if variant is not NULL]
    return found[0] if len(found) == 1 and isinstance(found[0], OneOf) else None


class Table:
    """What a model's module tells about its properties.

    Args:
        *fields: The properties.
        additional: What is promised of all other properties; None where there are to be none.
    """

    def __init__(self, *fields: Field, additional: Shape | None = ANYTHING) -> None:
        """Prepare what decoding looks up."""
        self.fields = fields
        self.additional = additional
        self.by_name = {field.name: field for field in fields}
        self.tags = [(field.name, tag) for field in fields if (tag := _tag(field.shape)) is not None]
        self.required = [field.name for field in fields if field.required]
        self.steps = {field.name: (field.attribute, _decoder(field.shape), field.shape.nests) for field in fields}
        self.decoder = None if additional is None else _decoder(additional)


_TABLES: dict[type, tuple[Table, dict[str, Any]]] = {}


def _tabled(model: type[Model]) -> tuple[Table, dict[str, Any]]:
    entry = _TABLES.get(model)
    if entry is None:
        # An attribute must be given where the class requires it, or would put in the default.
        attributes: tuple[attrs.Attribute[Any], ...] = attrs.fields(cast("Any", model))
        absent = {each.name: UNSET for each in attributes if each.init and each.default is not UNSET}
        entry = _TABLES[model] = (model._table(), absent)  # noqa: SLF001 - written for this
    return entry


def table_of(model: type[Model]) -> Table:
    """Give what the document promises of a model's properties; its module tells it when first asked."""
    return _tabled(model)[0]


def _start_model(model: type[_M], source: Mapping[str, Value], todo: Todo) -> _M:
    table, absent = _tabled(model)
    known: dict[str, Any] = dict(absent)
    extra: dict[str, Any] = {}
    later = []
    step_of = table.steps.get
    for name, value in source.items():
        step = step_of(name)
        if step is None:
            extra[name] = value
            continue
        attribute, shape, nests = step
        known[attribute] = value
        if shape is not None:
            if not nests or isinstance(value, str):
                known[attribute] = shape.start(value, todo)
            elif isinstance(value, (dict, list)):
                later.append((attribute, shape, value))
    result = model(**known)
    result.additional_properties = extra
    for attribute, shape, value in later:
        todo.append((result, attribute, shape, value))
    if table.decoder is not None:
        for name, value in extra.items():
            todo.append((extra, name, table.decoder, value))
    return result


def decode(shape: Shape, value: Value) -> Value:
    """Decode a value as the document promises it, as far as it is as promised.

    Args:
        shape: What is promised.
        value: A value of JSON.

    Returns:
        Models for objects, `datetime` objects for date-times, and so on; the value itself where it is not as
        promised.
    """
    todo: Todo = []
    result = shape.start(value, todo)
    _finish(todo)
    return result


def _finish(todo: Todo) -> None:
    while todo:
        place, name, shape, value = todo.pop()
        if isinstance(place, dict):
            place[name] = shape.start(value, todo)
        else:
            setattr(place, name, shape.start(value, todo))


_ATOMS = frozenset({str, int, float, bool, type(None)})


def encode(value: Value) -> Value:
    """Encode a value as JSON has it.

    Args:
        value: A model, a date-time, a list of such, a value of JSON, and so on.

    Returns:
        The same in dictionaries, lists, strings, numbers, booleans and None. What is UNSET is left out.

    Raises:
        ValueError: It holds itself.
    """
    top = [value]
    todo: list[tuple[Any, Any, Value, int]] = [(top, 0, value, 0)]
    while todo:
        place, key, value, depth = todo.pop()
        made: Any
        if isinstance(value, Model):
            made = dict(value.additional_properties)
            for field in table_of(type(value)).fields:
                item = getattr(value, field.attribute)
                if item is not UNSET:
                    made[field.name] = item
            items = made.items()
        elif isinstance(value, Mapping):
            made = {name: item for name, item in value.items() if item is not UNSET}
            items = made.items()
        elif isinstance(value, (list, tuple, AbstractSet)):
            made = [item for item in value if item is not UNSET]
            items = enumerate(made)
        else:
            place[key] = _leaf(value)
            continue
        place[key] = made
        if depth == DEEPEST:
            raise ValueError("A value that holds itself cannot be encoded.")
        todo += [(made, name, item, depth + 1) for name, item in items if type(item) not in _ATOMS]
    return top[0]


def _leaf(value: Value) -> Value:
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, File):
        return value.to_tuple()
    return value


def noun_of(value: Value) -> str:
    """Name the kind of a value of JSON, or of a decoded one."""
    if value is UNSET:
        return "nothing"
    kinds = (NULL, BOOLEAN, INTEGER, NUMBER, TEXT, OBJECT)
    found = next((kind.noun for kind in kinds if kind.fits(value)), None)
    return found or ("a list" if isinstance(value, (list, tuple)) else type(value).__name__)


class Model:
    """The base of all models.

    What the document does not have of a model's properties is kept in `additional_properties`; `model[name]`
    reaches it.
    """

    __slots__ = ()

    additional_properties: dict[str, Any]

    @classmethod
    def _table(cls) -> Table:
        raise NotImplementedError

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        """Decode a JSON object, of which nothing is lost and which need not be as the document promises.

        Args:
            src_dict: The object.

        Returns:
            The model. Properties that are missing are UNSET; those with unexpected values have these.
        """
        todo: Todo = []
        result = _start_model(cls, src_dict, todo)
        _finish(todo)
        return result

    def to_dict(self) -> dict[str, Any]:
        """Encode as a JSON object.

        Returns:
            All that is not UNSET.
        """
        made: dict[str, Any] = encode(self)
        return made

    @property
    def additional_keys(self) -> list[str]:
        """The names of the additional properties."""
        return list(self.additional_properties)

    def __getitem__(self, key: str) -> Any:  # noqa: ANN401 - the models say what they know
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:  # noqa: ANN401 - as above
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
