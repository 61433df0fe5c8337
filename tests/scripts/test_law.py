"""A comparison keeps the law of severities: every line of it, at every place, there and back."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scripts.compare import compare
from scripts.comparison.changes import Axis
from tests.scripts.chance import Case, changed, equivalents, refactored, witness
from tests.scripts.hand_made import STRING, content, document, thing
from tests.scripts.law import HARMLESS, LAW, RECEIVED, SENT, Pair
from tests.scripts.law_documents import PAIRS
from tests.scripts.law_places import answered, filled, post, schema_pairs
from tests.scripts.law_rewritten import rewritten
from tests.scripts.sameness import look_up

if TYPE_CHECKING:
    from scripts.comparison.changes import Change
    from scripts.comparison.severity import Severity

SCHEMAS = dict(schema_pairs())
DOCUMENTS = {**PAIRS, **rewritten()}


def wire(old: Any, new: Any) -> list[Change]:
    """Return the rows of the wire axis."""
    return [change for change in compare(old, new).changes if change.axis is Axis.WIRE]


def worst_of(rows: list[Change]) -> Severity:
    """Return the worst severity of rows; harmless where there are none."""
    return min((row.severity for row in rows), key=lambda severity: severity.rank, default=HARMLESS)


def told(rows: list[Change]) -> str:
    """Write rows for a message."""
    return "; ".join(
        f"{row.severity} {row.rule} at {row.subject} ({row.effect}, {'/'.join(row.directions)}, "
        f"{', '.join(row.operations)})"
        for row in rows
    )


def faults(pair: Pair, rows: list[Change]) -> list[str]:
    """Say what is wrong with the rows of a pair."""
    found = []
    if len(rows) not in pair.rows:
        found.append(f"{len(rows)} rows instead of {pair.rows}")
    if pair.worst and worst_of(rows) not in pair.worst:
        found.append(f"{worst_of(rows)} instead of {' or '.join(pair.worst)}")
    for row in rows:
        if pair.directions is not None and {*row.directions} != {*pair.directions}:
            found.append(f"travels {row.directions} instead of {pair.directions}")
        if pair.operations is not None and row.operations != pair.operations:
            found.append(f"reaches {row.operations} instead of {pair.operations}")
        found += lawless(row)
        found += astray(row, pair)
    if len({row.fingerprint for row in rows}) < len(rows):
        found.append("two rows have the same fingerprint")
    return found


def lawless(row: Change) -> list[str]:
    """Say whether a row weighs something else than its own effect and directions do, guards aside."""
    if not (row.directions or row.operations) and row.severity is HARMLESS:
        return []  # No operation reaches it.
    if row.effect is None or not row.directions:
        return [f"has effect {row.effect} and directions {row.directions}"]
    lawful = min((LAW[row.effect, way] for way in row.directions), key=lambda one: one.rank)
    if row.severity in {lawful, lawful.milder}:
        return []
    return [f"is {row.severity}, and {row.effect} {'/'.join(row.directions)} is {lawful}"]


def astray(row: Change, pair: Pair) -> list[str]:
    """Say which pointers lead nowhere."""
    found = [] if row.old_pointer is not None or row.new_pointer is not None else ["has no pointer"]
    for pointer, owner in ((row.old_pointer, pair.old), (row.new_pointer, pair.new)):
        try:
            if pointer is not None:
                look_up(owner, pointer)
        except LookupError:
            found.append(f"points to {pointer}, where nothing stands")
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_changes_in_a_schema(name: str) -> None:
    """Each line of the law about schemas has one row: its severity, direction, operations and pointers."""
    rows = wire(SCHEMAS[name].old, SCHEMAS[name].new)
    assert faults(SCHEMAS[name], rows) == [], told(rows)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_what_changes_around_schemas(name: str) -> None:
    """Each line of the law about all else has its row, and what is only written differently has none."""
    rows = wire(DOCUMENTS[name].old, DOCUMENTS[name].new)
    assert faults(DOCUMENTS[name], rows) == [], told(rows)


@pytest.mark.parametrize("name", [*SCHEMAS][::29])
def test_a_row_stays_the_same_beside_others(name: str) -> None:
    """A change keeps its fingerprint and its weight when other things change with it."""
    alone = wire(SCHEMAS[name].old, SCHEMAS[name].new)
    beside = copy.deepcopy(SCHEMAS[name].new)
    beside["paths"]["/first"] = {"get": {"responses": {"204": {"description": "Done."}}}}
    beside["paths"] = dict(reversed(beside["paths"].items()))
    together = {row.fingerprint: row.severity for row in wire(SCHEMAS[name].old, beside)}
    assert together.items() >= {row.fingerprint: row.severity for row in alone}.items()
    assert len(together) == len(alone) + 1


def test_what_changes_where_a_component_is_used_is_told_of_the_use() -> None:
    """Two uses of one component that change are two causes, and neither is told of the component."""
    part, either = {"$ref": "#/components/schemas/Part"}, {"allOf": [{"$ref": "#/components/schemas/Part"}]}
    old, new = (
        document(answered(thing(x=use, y=use, z=part)), {"Part": thing(a=STRING)})
        for use in ({**either, "nullable": True}, part)
    )
    for rows in (wire(old, new), wire(new, old)):
        assert {row.subject.rpartition(".")[2] for row in rows} == {"x", "y"}
        assert len({row.fingerprint for row in rows}) == len(rows) == 2


# By chance


def placed(case: Case) -> tuple[Pair, Pair]:
    """Put two schemas at a place that is sent, and at one that is received."""
    sent = [document(post(content(filled(one))), case.components) for one in (case.old, case.new)]
    received = [document(answered(filled(one)), case.components) for one in (case.old, case.new)]
    return Pair(sent[0], sent[1], ()), Pair(received[0], received[1], ())


@pytest.mark.unmeasured
@settings(max_examples=400)
@given(case=changed(), seed=st.integers(0, 9))
def test_nothing_that_a_validator_can_tell_apart_is_harmless(case: Case, seed: int) -> None:
    """What the old schema accepts and the new one refuses weighs something when sent; mirrored, received."""
    sent, received = placed(case)
    narrowed, widened = witness(case, seed)
    for direction, pair, found in ((SENT, sent, narrowed), (RECEIVED, received, widened)):
        rows = wire(pair.old, pair.new)
        said = f"{direction} {json.dumps(found)}: {told(rows)}"
        assert found is None or worst_of(rows) is not HARMLESS, said
        assert rows or (narrowed is None and widened is None), said
        assert [fault for row in rows for fault in lawless(row) + astray(row, pair)] == []


@pytest.mark.unmeasured
@settings(max_examples=200)
@given(case=refactored())
def test_what_is_only_written_differently_has_no_row(case: Case) -> None:
    """References, allOf of one, another order, or defaults written out change nothing on the wire."""
    for pair in placed(case):
        assert told(wire(pair.old, pair.new)) == ""


def test_chance_knows_what_it_does() -> None:
    """The rewritings really mean the same, and a witness is found where there is one."""
    assert equivalents()
    narrowing = Case({"type": "string"}, {"type": "integer"}, {})
    assert all(value is not None for value in witness(narrowing, 0))
    assert witness(Case({"type": "string"}, {"type": "string"}, {}), 0) == (None, None)
