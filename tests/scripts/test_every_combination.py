"""Schemas in every combination keep their meaning when they are prepared."""

from __future__ import annotations

from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest

from scripts.prepare import prepare
from tests.scripts.hand_made import document, getter, ref
from tests.scripts.sameness import compare, seeded

pytestmark = pytest.mark.unmeasured

NAMES = ("a", "b", "c")
COMPONENTS = ("One", "Two", "Three", "Four")
yes = st.sampled_from([True])
leaves = st.sampled_from(
    [
        {"type": "string"},
        {"type": "string", "minLength": 2},
        {"type": "string", "enum": ["x", "y"]},
        {"type": "string", "enum": ["y", "z"], "nullable": True},
        {"type": "string", "format": "date-time"},
        {"type": "integer"},
        {"type": "integer", "minimum": 3, "exclusiveMinimum": True},
        {"type": "number", "maximum": 5},
        {"type": "integer", "enum": [1, 2, 3]},
        {"type": "boolean", "nullable": True},
        {"type": "object"},
        {},
    ]
)
references = st.sampled_from([ref(name) for name in COMPONENTS])


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Make objects of other schemas, whole or as parts of an `allOf`."""
    return st.fixed_dictionaries(
        {"type": st.just("object"), "properties": st.dictionaries(st.sampled_from(NAMES), inner, max_size=3)},
        optional={
            "required": st.lists(st.sampled_from(NAMES), min_size=1, max_size=2, unique=True),
            "additionalProperties": st.booleans() | inner,
            "nullable": yes,
            "minProperties": st.just(1),
        },
    )


def schemas_of(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Make schemas of other schemas."""
    parts = objects(inner) | references | st.just({"required": ["a"]})
    several = st.lists(parts | inner, min_size=1, max_size=3)
    beside = st.fixed_dictionaries(
        {"properties": st.dictionaries(st.sampled_from(NAMES), inner, min_size=1, max_size=2)},
        optional={
            "oneOf": st.lists(parts, min_size=1, max_size=2),
            "anyOf": st.lists(parts, min_size=1, max_size=2),
            "allOf": st.lists(parts, min_size=1, max_size=2),
            "nullable": yes,
        },
    )
    return st.one_of(
        objects(inner),
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"minItems": st.just(1)}),
        st.lists(parts, min_size=1, max_size=3).map(lambda many: {"allOf": many}),
        several.map(lambda many: {"oneOf": many}),
        several.map(lambda many: {"anyOf": many}),
        beside.map(lambda schema: {"type": "object", **schema}),
    )


schemas = st.recursive(leaves | references, schemas_of, max_leaves=6)
documents = st.fixed_dictionaries(dict.fromkeys(COMPONENTS, schemas)).map(
    lambda components: document({"/a": getter("getA", ref("One"))}, components)
)


@hypothesis.given(documents, st.integers(0, 1000))
@hypothesis.settings(max_examples=150)
def test_documents_of_all_kinds_mean_the_same(upstream: Any, seed: int) -> None:
    """Schemas in every combination accept the same values afterwards, or more where the report says so."""
    prepared = prepare(upstream)
    pointers = [note.pointer for note in prepared.notes if note.kind != "renamed"]
    hypothesis.event("with notes" if pointers else "exact")
    found = compare(upstream, prepared.document, pointers, seeded(seed), effort=6)
    assert [str(one) for one in found.differences] == []


@hypothesis.given(documents)
@hypothesis.settings(max_examples=60)
def test_documents_of_all_kinds_are_prepared_once(upstream: Any) -> None:
    """Preparing a prepared document changes nothing, whatever it holds."""
    once = prepare(upstream).document
    again = prepare(once)
    assert (again.document, [*again.notes]) == (once, [])
