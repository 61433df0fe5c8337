"""Every answer can be read, whatever the server made of the document, and nothing of it is lost."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import hypothesis.strategies as st
import pytest

from tests.scripts.hand_made import LINES
from tests.scripts.roundtrip import Example, client_of, equal, failure, failures, response_examples
from tests.scripts.sameness import mutate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.scripts.roundtrip import GeneratedClient

pytestmark = pytest.mark.unmeasured

SPECS = Path(__file__).resolve().parents[3] / "shared" / "specs"
VOUCHERS = SPECS / "vouchers" / "040-2026-07-21.json"

needs_vendors_file = pytest.mark.skipif(
    not VOUCHERS.exists(),
    reason="the vendor's files are not part of this repository, and do not lie beside it",
)

# The judge


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": 1.0}),
        ("2026-07-21T10:00:00Z", "2026-07-21T12:00:00+02:00"),
        ("2026-07-21T10:00:00.000Z", "2026-07-21T10:00:00+00:00"),
        ([None, True], [None, True]),
    ],
)
def test_judge_knows_what_is_equal(one: Any, other: Any) -> None:
    """Numbers compare by value and date-times as instants."""
    assert equal(one, other)
    assert equal(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"a": 1}, {"a": 1, "b": None}),
        (1, True),
        (0, False),
        (1, "1"),
        ([], {}),
        (None, 0),
        ([1], [1, 1]),
        ("2026-07-21T10:00:00Z", "2026-07-21T10:00:01Z"),
        ("2026-07-21", "2026-07-21T00:00:00"),
        ("2026-13-41T10:00:00", "2026-13-41T10:00:01"),
        ({"a": [{"b": None}]}, {"a": [{}]}),
    ],
)
def test_judge_knows_what_differs(one: Any, other: Any) -> None:
    """What is lost, added, or of another type differs."""
    assert not equal(one, other)
    assert not equal(other, one)


# Hand-made documents

ANSWERS = [
    (line, Example(read.operation, read.code, name, "", read.value))
    for name, line in LINES.items()
    for read in line.reads
]


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[int, GeneratedClient]]:
    """The clients of all hand-made documents that have answers."""
    with ExitStack() as stack:
        yield {
            id(line): stack.enter_context(
                client_of(line.document, tmp_path_factory.mktemp("client"), checked=False)
            )
            for line in LINES.values()
            if line.reads
        }


@hypothesis.given(st.sampled_from(ANSWERS), st.integers(1, 3), st.randoms(use_true_random=False))
@hypothesis.settings(max_examples=600)
def test_changed_answers_are_read(
    clients: dict[int, GeneratedClient], answer: tuple[Any, Example], changes: int, chance: Random
) -> None:
    """Null, unknown values, other types, dropped and added properties: all are read, and come back."""
    line, example = answer
    check_changed(clients[id(line)], example, changes, chance)


def check_changed(client: GeneratedClient, example: Example, changes: int, chance: Random) -> None:
    """Change an example, read it, and write it again."""
    value = example.value
    for _ in range(changes):
        value = mutate(value, chance)
    hypothesis.note(f"{example.name}: {example.operation} {example.code} {json.dumps(value)}")
    assert failure(client, example.operation, example.code, value) is None


# The vendor's document


@pytest.fixture(scope="module")
def vouchers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[GeneratedClient, list[Example]]]:
    """The client of the vendor's document, and its examples."""
    document = json.loads(VOUCHERS.read_text(encoding="utf-8"))
    with client_of(document, tmp_path_factory.mktemp("vouchers")) as client:
        yield client, [*response_examples(document)]


@needs_vendors_file
def test_every_example_of_the_vendor_comes_back(vouchers: tuple[GeneratedClient, list[Example]]) -> None:
    """All examples of answers are read and come back unchanged."""
    client, examples = vouchers
    assert (client.count, len(examples)) == (17, 50)
    assert failures(client, examples) == []


@needs_vendors_file
@hypothesis.given(st.data(), st.integers(1, 4), st.randoms(use_true_random=False))
@hypothesis.settings(max_examples=400)
def test_changed_examples_of_the_vendor_are_read(
    vouchers: tuple[GeneratedClient, list[Example]], data: st.DataObject, changes: int, chance: Random
) -> None:
    """The server may change the vendor's examples in any spot: they are read, and nothing is lost."""
    client, examples = vouchers
    check_changed(client, data.draw(st.sampled_from(examples)), changes, chance)
