"""The names that the generator makes, and how they are kept apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_python_client import strings

from scripts.preparation.names import clashes, module_name, pascal_case, snake_case, told_apart, words

texts = st.text(max_size=20) | st.text(alphabet="aAbBzZ09_-. \\éßÄ٣日", max_size=20)
identifiers = st.from_regex(r"[A-Za-z][A-Za-z0-9]{0,12}", fullmatch=True)


@given(texts)
def test_names_are_the_generators_own(text: str) -> None:
    """Words, modules and classes are what the generator makes of the same text."""
    assert [*words(text)] == strings.split_words(strings.sanitize(text))
    assert snake_case(text) == strings.snake_case(text)
    assert pascal_case(text) == strings.pascal_case(text)


@given(identifiers.map(pascal_case), identifiers.map(pascal_case))
def test_classes_have_modules_of_their_own(first: str, second: str) -> None:
    """Two classes never share a module."""
    assert (module_name(first) == module_name(second)) is (first == second)


@pytest.mark.parametrize(
    ("name", "module"),
    [("OrderItem", "order_item"), ("AbTest", "ab_test"), ("ABTest", "a_b_test"), ("X", "x"), ("Id2", "id_2")],
)
def test_modules_of_usual_classes_are_usual(name: str, module: str) -> None:
    """Only where the class cannot be read back from the usual module, it gets another one."""
    assert module_name(name) == module


def test_words_that_tell_apart_depend_on_one_thing() -> None:
    """The added word is always the same, and another one for another place."""
    assert told_apart("Item", "/a") == told_apart("Item", "/a") != told_apart("Item", "/b")
    assert told_apart("Item", "/a").startswith("Item_")
    assert told_apart("Item", "/a").removeprefix("Item_").isalpha()


def test_clashing_names_are_grouped() -> None:
    """Names that share one identity form a group, sorted; others are left alone."""
    held = {"b": [1, 2], "a": [2, 3], "c": [3], "d": [4, 4]}
    assert clashes(held) == [["a", "b"], ["a", "c"]]
