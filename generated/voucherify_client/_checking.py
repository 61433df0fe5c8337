"""Where a value is not what the document promises."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ._shapes import ListOf, Model, ModelOf, Shape, Union, decode, encode, table_of
from .types import UNSET

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._fitting import Value


class Violation(NamedTuple):
    """One place where a value is not what the document promises.

    Attributes:
        path: JSON pointer to it, within the value.
        message: What is wrong.
    """

    path: str
    message: str


def check(model: Model) -> list[Violation]:
    """List where a model is not what the document promises, though Python's type checkers cannot see it.

    Args:
        model: A model, decoded from an answer or made for a request.

    Returns:
        The places, in order: enum values that the document does not have, required properties that are
        missing, null and other types than promised, and properties of an object that is to have no others.
        Empty where all is as promised.
    """
    return list(violations(ModelOf(type(model)), model))


def violations(shape: Shape, value: Value) -> Iterator[Violation]:
    """Find where a value is not what is promised of it.

    Args:
        shape: What is promised.
        value: A value of JSON, decoded or not.

    Yields:
        The places, in order.
    """
    todo = [(shape, value, "")]
    while todo:
        shape, value, path = todo.pop()
        if isinstance(shape, Union):
            shape = _variant(shape, value)
        problem = shape.problem(value)
        if problem is not None:
            yield Violation(path, problem)
        elif isinstance(shape, ListOf):
            todo += [(shape.items, item, f"{path}/{n}") for n, item in reversed(list(enumerate(value)))]
        elif isinstance(shape, ModelOf):
            model = decode(shape, value)
            inside, found = _inside(model)
            yield from (Violation(path + pointer, message) for pointer, message in found)
            todo += [(part, item, path + pointer) for part, item, pointer in reversed(inside)]


def _variant(union: Union, value: Value) -> Shape:
    """Find what a union means for a value; the union itself where that is nothing."""
    if isinstance(value, Model):
        # The union of a model's own class is told by decoding, which made it.
        own = [each for each in union.variants if isinstance(each, ModelOf) and isinstance(value, each.model)]
        return own[0] if own else union
    if isinstance(value, (dict, list, tuple)):
        return union.chosen(encode(value)) or union
    fitting = [variant for variant in union.variants if variant.fits(value)]
    return next((variant for variant in fitting if variant.problem(value) is None), (*fitting, union)[0])


def _inside(model: Model) -> tuple[list[tuple[Shape, Value, str]], list[Violation]]:
    """List the parts of a model to look at, and what is wrong with their being there."""
    table = table_of(type(model))
    inside, found = [], []
    for field in table.fields:
        value = getattr(model, field.attribute)
        if value is not UNSET:
            inside.append((field.shape, value, _pointer(field.name)))
        elif field.required:
            found.append(Violation(_pointer(field.name), "missing, though it is required"))
    for name, value in model.additional_properties.items():
        if table.additional is None:
            found.append(Violation(_pointer(name), "a property that the document does not have"))
        else:
            inside.append((table.additional, value, _pointer(name)))
    return inside, found


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")
