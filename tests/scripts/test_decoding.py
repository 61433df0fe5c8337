"""Whatever the server sends is decoded, nothing of it is lost, and strictness names every difference."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import json
import pickle
from enum import Enum
from io import BytesIO
from typing import Any
from uuid import UUID

import attrs
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scripts.support import _responses, _shapes, errors
from scripts.support._checking import Violation, check, violations
from scripts.support.client import AuthenticatedClient, Client
from scripts.support.types import UNSET, File, Unset

TEXT, NULL, ANYTHING = _shapes.TEXT, _shapes.NULL, _shapes.ANYTHING
DATE_TIME, DATE, UNIQUE = _shapes.DATE_TIME, _shapes.DATE, _shapes.UNIQUE


@attrs.define
class Owner(_shapes.Model):
    """A closed model with a constant."""

    object_: str | Unset = UNSET
    name: str | Unset = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(
            _shapes.Field("object", "object_", _shapes.OneOf("owner")),
            _shapes.Field("name", "name", TEXT, required=True),
            additional=None,
        )


@attrs.define
class Team(_shapes.Model):
    """A model with typed additional properties."""

    object_: str | Unset = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(
            _shapes.Field("object", "object_", _shapes.OneOf("team"), required=True),
            additional=_shapes.ModelOf(Owner),
        )


@attrs.define
class Thing(_shapes.Model):
    """A model with a property of each kind."""

    id: str
    count: int | Unset = 7
    kind: str | Unset = UNSET
    size: int | Unset = UNSET
    price: float | Unset = UNSET
    on: bool | Unset = UNSET
    made: dt.datetime | Unset = UNSET
    day: dt.date | Unset | None = UNSET
    key: UUID | Unset = UNSET
    owner: Owner | Unset | None = UNSET
    parts: list[Thing] | Unset = UNSET
    who: Owner | Team | str | Unset = UNSET
    grid: list[list[Owner]] | Unset = UNSET
    bag: dict[str, Any] | Unset = UNSET
    when: dt.datetime | str | Unset = UNSET
    tags: list[str] | Unset = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(
            _shapes.Field("id", "id", TEXT, required=True),
            _shapes.Field("count", "count", _shapes.INTEGER),
            _shapes.Field("kind", "kind", _shapes.OneOf("small", "large")),
            _shapes.Field("size", "size", _shapes.OneOf(1, 2)),
            _shapes.Field("price", "price", _shapes.NUMBER),
            _shapes.Field("on", "on", _shapes.BOOLEAN),
            _shapes.Field("made", "made", DATE_TIME),
            _shapes.Field("day", "day", _shapes.Union(DATE, NULL)),
            _shapes.Field("key", "key", UNIQUE),
            _shapes.Field("owner", "owner", _shapes.Union(_shapes.ModelOf(Owner), NULL)),
            _shapes.Field("parts", "parts", _shapes.ListOf(_shapes.ModelOf(Thing))),
            _shapes.Field("who", "who", _shapes.Union(_shapes.ModelOf(Owner), _shapes.ModelOf(Team), TEXT)),
            _shapes.Field("grid", "grid", _shapes.ListOf(_shapes.ListOf(_shapes.ModelOf(Owner)))),
            _shapes.Field("bag", "bag", _shapes.OBJECT),
            _shapes.Field(
                "when", "when", _shapes.Union(_shapes.OneOf("2001-01-01T00:00:00Z"), DATE_TIME, TEXT)
            ),
            _shapes.Field("tags", "tags", _shapes.ListOf(TEXT)),
        )


NAMES = [field.name for field in _shapes.table_of(Thing).fields] + ["object", "name", "more", "a/b"]
STRINGS = st.sampled_from(
    ["", "small", "owner", "team", "2024-05-01T10:00:00Z", "2024-05-01", "0000-00-00", "x",
     "12345678-1234-5678-1234-567812345678", "12345678-1234-5678-1234-56781234567A"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from([0.5, 1.0, 1e300]) | STRINGS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=25,
)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON, date-times as instants."""
    if isinstance(one, str) and isinstance(other, str) and one != other:
        return dt.datetime.fromisoformat(one) == dt.datetime.fromisoformat(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and bool(one == other)


# Nothing is lost


@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_any_object_comes_back(value: dict[str, Any]) -> None:
    """Decoding an object never fails, leaves it as it was, and encoding gives the same JSON."""
    before = copy.deepcopy(value)
    thing = Thing.from_dict(value)
    assert value == before
    assert same(json.loads(json.dumps(thing.to_dict())), value)
    assert same(pickle.loads(pickle.dumps(thing)).to_dict(), value)  # noqa: S301 - made here
    assert copy.deepcopy(thing) == thing
    assert isinstance(check(thing), list)


@given(VALUES)
def test_any_value_comes_back_through_any_shape(value: Any) -> None:
    """The same holds for unions, lists and whatever else an answer can be."""
    for field in _shapes.table_of(Thing).fields:
        decoded = _shapes.decode(field.shape, value)
        assert same(_shapes.encode(decoded), value)
        assert isinstance(list(violations(field.shape, decoded)), list)
        assert list(violations(field.shape, decoded)) == list(violations(field.shape, value))


def test_everything_as_promised_is_typed() -> None:
    """Date-times, dates, UUIDs, models and lists of them become what the types say."""
    source = {
        "id": "a", "kind": "small", "size": 1, "price": 1, "on": True, "made": "2024-05-01T10:00:00.5+02:00",
        "day": "2024-05-01", "key": "12345678-1234-5678-1234-567812345678", "owner": {"name": "Ann"},
        "parts": [{"id": "b", "parts": []}], "who": {"object": "team", "lead": {"name": "Bob"}},
        "grid": [[{"name": "Cid"}]], "bag": {"x": [1]}, "when": "2024-05-01T10:00:00Z", "tags": ["t"],
    }  # fmt: skip
    thing = Thing.from_dict(source)
    assert thing.made == dt.datetime(2024, 5, 1, 8, 0, 0, 500_000, dt.UTC)
    assert thing.day == dt.date(2024, 5, 1)
    assert thing.key == UUID("12345678-1234-5678-1234-567812345678")
    assert thing.owner == Owner(name="Ann")
    assert thing.parts == [Thing.from_dict({"id": "b", "parts": []})]
    assert isinstance(thing.who, Team)
    assert thing.who["lead"] == Owner(name="Bob")
    assert thing.grid == [[Owner(name="Cid")]]
    assert thing.when == dt.datetime(2024, 5, 1, 10, tzinfo=dt.UTC)
    assert (thing.bag, thing.tags, thing.count) == ({"x": [1]}, ["t"], UNSET)
    assert check(thing) == []
    assert same(thing.to_dict(), source)


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01T10:00:00.123456789Z", "2024-05-01T24:00:00Z", "2024-06-30T23:59:60Z",
        "0000-01-01T00:00:00Z", "2024-02-30T00:00:00Z", "2024-05-01t10:00:00z",
        "2024-05-01 10:00:00Z", "2024-05-01T10:00:00.500",
        "2024-05-01T10:00:00+24:00", "2024-W01-1T10:00:00Z", "20240501T100000Z", "2024-05-01", "", "soon",
        "\uff12\uff10\uff12\uff14-05-01T10:00:00Z", "2024-05-01T10:00:00+01:00:30",
    ],
)  # fmt: skip
def test_date_time_that_python_would_change_stays_text(text: str) -> None:
    """What would be encoded as another value stays as it came."""
    assert Thing.from_dict({"made": text}).made == text


@pytest.mark.parametrize(
    "text",
    [
        "2024-05-01T10:00:00Z", "2024-05-01T10:00:00.1234560Z", "2024-05-01T10:00:00",
        "2024-05-01T10:00:00-00:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
        "2024-05-01T10:00:00.5+05:30",
    ],
)  # fmt: skip
def test_date_time_that_python_can_hold(text: str) -> None:
    """It becomes a `datetime`, and is encoded as the same instant."""
    thing = Thing.from_dict({"made": text})
    assert isinstance(thing.made, dt.datetime)
    assert dt.datetime.fromisoformat(thing.to_dict()["made"]) == dt.datetime.fromisoformat(text)


@pytest.mark.parametrize("text", ["20240501", "2024-W01-1", "2024-5-1", "2024-02-30", "x"])
def test_date_that_python_would_change_stays_text(text: str) -> None:
    """As with date-times."""
    assert Thing.from_dict({"day": text}).day == text


@pytest.mark.parametrize(
    "text", ["{12345678-1234-5678-1234-567812345678}", "12345678123456781234567812345678", "x"]
)
def test_uuid_that_python_would_change_stays_text(text: str) -> None:
    """As with date-times."""
    assert Thing.from_dict({"key": text}).key == text


def test_what_is_not_as_promised_comes_through() -> None:
    """Values of other kinds, null and unknown values are there; what is missing is UNSET."""
    thing: Any = Thing.from_dict(
        {"kind": "huge", "count": 1.5, "owner": [1], "parts": {"a": 1}, "made": None, "x": 1}
    )
    assert (thing.kind, thing.count, thing.owner, thing.parts, thing.made) == (
        "huge",
        1.5,
        [1],
        {"a": 1},
        None,
    )
    assert (thing.id, thing["x"], thing.additional_keys) == (UNSET, 1, ["x"])
    assert "id" not in thing.to_dict()


def test_deep_nesting() -> None:
    """Depth is no matter for decoding, encoding and checking, as it is for Python's own JSON."""
    value: dict[str, Any] = {"id": "x"}
    for _ in range(5000):
        value = {"id": "x", "parts": [value], "who": {"object": "owner"}, "bag": {"y": [{}]}}
    thing = Thing.from_dict(value)
    encoded, depth = thing.to_dict(), 0
    while "parts" in encoded:
        encoded, depth = encoded["parts"][0], depth + 1
    assert depth == 5000
    assert len(check(thing)) == 5000  # an owner without a name on each level
    while isinstance(thing.parts, list):  # what is deep is taken apart, as Python does that level by level
        thing, thing.parts = thing.parts[0], UNSET
        value = value["parts"].pop()


def test_what_holds_itself_is_refused() -> None:
    """No endless loop."""
    thing = Thing("a")
    thing.parts = [thing]
    with pytest.raises(ValueError, match="holds itself"):
        thing.to_dict()


class Size(Enum):
    """An enum of the caller's own."""

    SMALL = "small"


def test_values_of_the_callers_own() -> None:
    """What a caller puts into a model is encoded: models, dates, enums, tuples, sets, UNSET in the midst."""
    day = dt.date(2024, 5, 1)
    thing = Thing("a", owner=Owner(name="Ann"), day=day, key=UUID(int=1))
    thing["more"] = (dt.time(1), {day}, {"x": UNSET, "y": [UNSET, Size.SMALL]}, Owner(name="Bob"))
    assert thing.to_dict() == {
        "id": "a",
        "count": 7,
        "day": "2024-05-01",
        "key": "00000000-0000-0000-0000-000000000001",
        "owner": {"name": "Ann"},
        "more": ["01:00:00", ["2024-05-01"], {"y": ["small"]}, {"name": "Bob"}],
    }
    file = File(BytesIO(b"x"), "a.txt", "text/plain")
    assert _shapes.encode(file) == file.to_tuple()
    assert "more" in thing
    del thing["more"]
    assert thing.additional_keys == []


def test_properties_count_more_than_additional_ones_of_their_name() -> None:
    """An attribute that is set is what is encoded; one that is UNSET leaves the additional one."""
    thing = Thing("a", bag={"x": 1})
    thing.additional_properties = {"bag": {"y": 2}, "kind": {"z": 3}}
    assert thing.to_dict() == {"bag": {"x": 1}, "kind": {"z": 3}, "id": "a", "count": 7}


def test_unset_is_one() -> None:
    """Copies and pickles of it are UNSET too; it is false, and shows its name."""
    assert pickle.loads(pickle.dumps(UNSET)) is UNSET  # noqa: S301 - made here
    assert copy.deepcopy(UNSET) is copy.copy(UNSET) is Unset() is UNSET
    assert not UNSET
    assert repr(UNSET) == "UNSET"


def test_a_model_needs_its_table() -> None:
    """The base is no model."""
    with pytest.raises(NotImplementedError):
        _shapes.Model._table()


# Unions


@attrs.define
class Loose(_shapes.Model):
    """Takes anything."""

    a: Any = UNSET
    b: Any = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(
            _shapes.Field("a", "a", TEXT),
            _shapes.Field("b", "b", _shapes.Union(_shapes.ListOf(_shapes.INTEGER), TEXT)),
        )


@attrs.define
class Tight(_shapes.Model):
    """Needs something."""

    a: Any = UNSET
    b: Any = UNSET
    kind: Any = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(
            _shapes.Field("a", "a", TEXT, required=True),
            _shapes.Field("b", "b", _shapes.Union(_shapes.ListOf(TEXT), _shapes.INTEGER)),
            _shapes.Field("kind", "kind", _shapes.Union(_shapes.OneOf("x", "y"), NULL)),
        )


@attrs.define
class Deep(_shapes.Model):
    """Holds one of two."""

    inner: Any = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(_shapes.Field("inner", "inner", _shapes.ModelOf(Tight)))


@attrs.define
class Other(_shapes.Model):
    """Holds the other of two."""

    inner: Any = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(_shapes.Field("inner", "inner", _shapes.ModelOf(Owner)))


@attrs.define
class Free(_shapes.Model):
    """Has a text where another has an enum."""

    a: Any = UNSET
    kind: Any = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(
            _shapes.Field("a", "a", TEXT, required=True), _shapes.Field("kind", "kind", TEXT)
        )


def union(*models: type[_shapes.Model], **options: Any) -> _shapes.Union:
    """Make a union of models."""
    return _shapes.Union(*map(_shapes.ModelOf, models), **options)


@pytest.mark.parametrize(
    ("models", "value", "expected"),
    [
        ([Loose, Tight], {"a": "t", "kind": "x"}, Tight),  # it knows more
        ([Loose, Tight], {"a": "t"}, Loose),  # all the same: the document's order
        ([Tight, Loose], {"a": "t"}, Tight),
        ([Tight, Loose], {}, Loose),  # something required is missing
        ([Tight, Loose], {"a": 1, "c": 1}, Tight),  # wrong in both
        ([Loose, Tight], {"a": "t", "b": ["x"]}, Tight),  # told by the items
        ([Tight, Loose], {"a": "t", "b": [1]}, Loose),
        ([Tight, Loose], {"a": "t", "b": "text"}, Loose),  # of the wrong kind in one
        ([Loose, Tight], {"a": "t", "kind": "new"}, Tight),  # the server's new value is no reason against it
        ([Tight, Loose], {"a": "t", "kind": 3}, Loose),  # a value of another type is one
        ([Tight, Free], {"a": "t", "kind": "new"}, Free),  # unless another one has it
        ([Tight, Free], {"a": "t", "kind": "x"}, Tight),
        ([Owner, Team], {"object": "team", "name": "x"}, Team),  # the constant counts more than all else
        ([Team, Owner], {"object": "new", "name": "x"}, Owner),  # wrong in both; it has the name
        ([Owner, Loose], {"name": "x", "z": 1}, Loose),  # closed to other properties
        ([Team, Owner], {"x": {"name": "n"}, "object": "team"}, Team),
        ([Deep, Other], {"inner": {"a": "t"}}, Deep),  # told one level deeper
        ([Deep, Other], {"inner": {"name": "t"}}, Other),
        ([Other, Deep], {"inner": [1]}, Other),
        ([Other, Deep], {"inner": "text"}, Other),
    ],
)
def test_the_variant_that_fits_best(
    models: list[type[_shapes.Model]], value: dict[str, Any], expected: type[_shapes.Model]
) -> None:
    """Not the first that does not fail, but the one that differs least; lists are told by their items."""
    assert type(_shapes.decode(union(*models), value)) is expected
    lists = _shapes.Union(*(_shapes.ListOf(_shapes.ModelOf(model)) for model in models))
    assert type(_shapes.decode(lists, [value])[0]) is expected
    with_null = _shapes.Union(*map(_shapes.ModelOf, models), NULL, TEXT)
    assert type(_shapes.decode(with_null, value)) is expected


@attrs.define
class Left(_shapes.Model):
    """Holds one of two in a list, and itself."""

    item: Any = UNSET
    inside: Any = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(
            _shapes.Field("item", "item", union(Owner, Tight)),
            _shapes.Field("inside", "inside", _shapes.ModelOf(Left)),
        )


@attrs.define
class Right(_shapes.Model):
    """Holds other two, and itself."""

    item: Any = UNSET
    inside: Any = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(
            _shapes.Field("item", "item", union(Team, Loose)),
            _shapes.Field("inside", "inside", _shapes.ModelOf(Right)),
        )


def test_unions_within_unions() -> None:
    """A variant with a union in it is weighed by what that means for the value."""
    both = union(Right, Left)
    assert isinstance(_shapes.decode(both, {"item": {"name": "x"}}), Left)
    assert isinstance(_shapes.decode(both, {"item": {"object": "team"}}), Right)
    assert isinstance(_shapes.decode(both, {"inside": {"item": {"name": "x"}}}), Left)


def test_what_tells_variants_apart_too_deep() -> None:
    """Beyond some levels nothing is looked at, and the document's order decides; nothing is lost by that."""
    value: dict[str, Any] = {"item": {"name": "x"}}
    for _ in range(12):
        value = {"inside": value}
    decoded = _shapes.decode(union(Right, Left), value)
    assert isinstance(decoded, Right)
    assert decoded.to_dict() == value


def test_objects_without_promises_are_the_last_choice() -> None:
    """A model that fits is taken before what takes all, and not where it does not fit."""
    for loose in (_shapes.OBJECT, ANYTHING):
        shape = _shapes.Union(loose, _shapes.ModelOf(Tight))
        assert isinstance(_shapes.decode(shape, {"a": "x"}), Tight)
        assert isinstance(_shapes.decode(shape, {"z": "x"}), dict)
        assert _shapes.decode(shape, [1]) == [1]


TAGS = (("kind", {"loose": Loose, "tight": Tight}),)


def test_discriminator() -> None:
    """Where there is one, it decides; without a value that it knows, the best fit does."""
    shape = union(Loose, Tight, Owner, tags=TAGS)
    assert isinstance(_shapes.decode(shape, {"kind": "loose", "a": "t", "b": ["x"]}), Loose)
    assert isinstance(_shapes.decode(shape, {"kind": "tight"}), Tight)
    assert isinstance(
        _shapes.decode(shape, {"kind": "tight", "name": "x"}), Owner
    )  # one that it knows nothing of
    for kind in ("new", None):
        assert isinstance(_shapes.decode(shape, {"kind": kind, "a": "t", "b": ["x"]}), Tight)
    assert isinstance(_shapes.decode(union(Loose, Tight, tags=TAGS), {"kind": "tight"}), Tight)
    against = (*TAGS, ("a", {"t": Loose, "u": Tight}))
    assert isinstance(_shapes.decode(union(Loose, Tight, tags=against), {"kind": "tight", "a": "t"}), Tight)


def test_unions_of_values() -> None:
    """A string that a type fits is converted, unless it is one of the document's own values."""
    shape = _shapes.Union(TEXT, DATE, DATE_TIME, NULL)
    assert _shapes.decode(shape, "2024-05-01") == dt.date(2024, 5, 1)
    assert isinstance(_shapes.decode(shape, "2024-05-01T00:00:00Z"), dt.datetime)
    assert _shapes.decode(shape, "x") == "x"
    assert _shapes.decode(shape, {"x": 1}) == {"x": 1}
    assert Thing.from_dict({"when": "2001-01-01T00:00:00Z"}).when == "2001-01-01T00:00:00Z"
    assert _shapes.decode(_shapes.Union(TEXT, NULL), b"x") == b"x"
    assert _shapes.decode(_shapes.Union(TEXT, _shapes.BINARY), b"x").payload.read() == b"x"


@given(VALUES)
def test_unions_decide_the_same_every_time(value: Any) -> None:
    """However often, and whatever was decoded before, the choice is the same."""
    shape = _shapes.Union(
        *map(_shapes.ModelOf, (Loose, Tight, Owner, Team, Deep, Other, Thing)),
        _shapes.ListOf(union(Owner, Team)), _shapes.ListOf(DATE),
        _shapes.OneOf("small"), _shapes.OneOf(1, 2), NULL,
    )  # fmt: skip
    first = _shapes.decode(shape, value)
    assert first == _shapes.decode(shape, copy.deepcopy(value))
    assert same(_shapes.encode(first), value)


# Strictness


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("kind", "huge", "'huge' is none of the document's values"),
        ("kind", 1, "an integer where a string belongs"),
        ("size", 1.0, None),
        ("size", 3, "3 is none of the document's values"),
        ("size", True, "a boolean where an integer belongs"),
        ("count", 2.0, None),
        ("count", 2.5, "a number where an integer belongs"),
        ("count", None, "null where an integer belongs"),
        ("price", 1, None),
        ("on", 0, "an integer where a boolean belongs"),
        ("made", "soon", "'soon' where a date-time belongs"),
        ("made", "2024-05-01T10:00:00.123456789Z", None),
        ("made", 5, "an integer where a date-time belongs"),
        ("day", None, None),
        ("day", "x", "'x' where a date belongs"),
        ("key", "12345678-1234-5678-1234-56781234567A", None),
        ("owner", None, None),
        ("owner", "x", "a string where an object or null belongs"),
        ("owner", {}, ("/name", "missing, though it is required")),
        ("owner", {"name": "a", "b/~": 1}, ("/b~1~0", "a property that the document does not have")),
        ("parts", {}, "an object where a list belongs"),
        ("parts", [{"id": 1}], ("/0/id", "an integer where a string belongs")),
        ("who", {"object": "team", "x": 1}, ("/x", "an integer where an object belongs")),
        ("who", {"object": "new"}, ("/object", "'new' is none of the document's values")),
        ("who", 1, "an integer where an object or a string belongs"),
        ("grid", [[{}]], ("/0/0/name", "missing, though it is required")),
        ("bag", [], "a list where an object belongs"),
        ("tags", ["a", 1], ("/1", "an integer where a string belongs")),
        ("when", "later", None),
    ],
)  # fmt: skip
def test_check_names_what_differs(name: str, value: Any, message: Any) -> None:
    """Each difference has its place and its reason; an integral float counts as an integer."""
    found = check(Thing.from_dict({"id": "a", name: value}))
    path, text = message if isinstance(message, tuple) else ("", message)
    assert found == ([] if text is None else [Violation(f"/{name}{path}", text)])


def test_check_of_what_a_caller_made() -> None:
    """Attributes that a type checker would not pass are found; plain dictionaries are read as models."""
    thing = Thing("a", made=dt.datetime.now(dt.UTC), day=dt.datetime.now(dt.UTC), key=UUID(int=1))
    thing.owner = Thing("b")  # type: ignore[assignment]
    thing.who = {"name": 1}  # type: ignore[assignment]
    thing.price = (1,)  # type: ignore[assignment]
    thing.tags = ("a", "b")  # type: ignore[assignment]
    thing.kind = Size.SMALL  # type: ignore[assignment]
    assert check(thing) == [
        ("/kind", "Size where a string belongs"),
        ("/price", "a list where a number belongs"),
        ("/day", "datetime where a date or null belongs"),
        ("/owner", "an object where an object or null belongs"),
        ("/who/name", "an integer where a string belongs"),
    ]
    assert check(Thing(UNSET)) == [("/id", "missing, though it is required")]  # type: ignore[arg-type]
    assert list(violations(TEXT, UNSET)) == [("", "nothing where a string belongs")]


# Answers

SHAPE = _shapes.ModelOf(Owner)
ANSWERS = (
    _responses.Answer(200, 200, "application/json", SHAPE),
    _responses.Answer(201, 201, "text/csv", _shapes.BINARY),
    _responses.Answer(202, 202, "application/json", _shapes.Union(SHAPE, TEXT, _shapes.BINARY)),
    _responses.Answer(203, 203, "application/pdf", _shapes.Union(_shapes.BINARY, NULL)),
    _responses.Answer(204, 204),
    _responses.Answer(500, 599, "application/problem+json", ANYTHING),
)


def answer(status: int, content: bytes, media_type: str | None = None, **settings: Any) -> Any:
    """Decode an answer."""
    headers = {} if media_type is None else {"Content-Type": media_type}
    response = httpx.Response(status, content=content, headers=headers)
    return _responses.build_response(Client(base_url="http://x", **settings), response, ANSWERS)


@pytest.mark.parametrize(
    ("status", "content", "media_type", "expected"),
    [
        (200, b'{"name": "x"}', "application/json; charset=utf-8", Owner(name="x")),
        (200, b'{"name": "x"}', None, Owner(name="x")),
        (200, b'{"name": "x"}', "Application/HAL+JSON", Owner(name="x")),
        (200, b"", "application/json", None),
        (200, b"", None, None),
        (200, b"<html>", "application/json", "<html>"),
        (200, b"<html>", "text/html", "<html>"),
        (200, b"\xff", "application/json", "\ufffd"),
        (200, b"[" * 100_000, None, "[" * 100_000),
        (200, b"%PDF", "application/pdf", b"%PDF"),
        (200, b'{"name": "x"}', "text/html", Owner(name="x")),
        (200, b'{"name": "x"}', "application/octet-stream", Owner(name="x")),
        (202, b"text", "text/plain", "text"),
        (202, b"<a/>", "application/xml", "<a/>"),
        (202, b'{"name": "x"}', "application/json", Owner(name="x")),
        (204, b"x", None, None),
        (302, b"x", None, None),
        (520, b"[1]", "application/json", [1]),
        (500, b"oops", "text/plain", "oops"),
        (500, b"oops", "image/png", b"oops"),
    ],
)
def test_answers_are_read_by_their_content_type(
    status: int, content: bytes, media_type: str | None, expected: Any
) -> None:
    """JSON is decoded, however it is named; text is text, all else bytes; what is no JSON comes through."""
    response = answer(status, content, media_type)
    assert (response.status_code, response.content, response.parsed) == (status, content, expected)


@pytest.mark.parametrize(
    ("status", "media_type"), [(201, "text/csv"), (201, None), (203, "a/b"), (203, "text/x")]
)
def test_files_are_files(status: int, media_type: str | None) -> None:
    """Where the document promises a file, bytes and texts are one."""
    assert answer(status, b"a;b", media_type).parsed.payload.read() == b"a;b"


def test_other_errors_of_a_response_pass() -> None:
    """What a response of the caller's own raises is not taken for JSON that does not parse."""

    class Response(httpx.Response):
        def json(self, **_: Any) -> Any:
            raise LookupError

    with pytest.raises(LookupError):
        _responses.build_response(Client(base_url="http://x"), Response(200, content=b"x"), ANSWERS)


def test_unexpected_status() -> None:
    """A status without a promise raises where the client says so, and can be pickled."""
    with pytest.raises(errors.UnexpectedStatus) as caught:
        answer(418, b"teapot", raise_on_unexpected_status=True)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made here
    assert (again.status_code, again.content, str(again)) == (418, b"teapot", str(caught.value))


@pytest.mark.parametrize(
    ("content", "media_type", "violations_"),
    [
        (b'{"name": 1, "x": 2}', None, [("/name", "an integer where a string belongs"),
                                        ("/x", "a property that the document does not have")]),
        (b"", None, [("", "nothing where JSON belongs")]),
        (b"<html>", "application/json", [("", "no JSON, though it is said to be application/json")]),
        (b"<html>", "text/html", [("", "a string where an object belongs")]),
        (b"\0", "image/png", [("", "bytes where an object belongs")]),
    ],
)  # fmt: skip
def test_strict_client(content: bytes, media_type: str | None, violations_: list[tuple[str, str]]) -> None:
    """One error names all places where an answer differs from the document."""
    with pytest.raises(errors.UnexpectedContent) as caught:
        answer(200, content, media_type, strict=True)
    assert sorted(caught.value.violations) == sorted(violations_)
    assert all(message in str(caught.value) for _, message in violations_)
    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - made here
    assert (again.violations, again.content) == (caught.value.violations, content)


def test_strict_client_with_a_good_answer() -> None:
    """What is as promised passes."""
    assert answer(200, b'{"name": "x"}', strict=True).parsed == Owner(name="x")
    assert answer(204, b"", strict=True).parsed is None


# Clients


def test_client_shows_no_secret() -> None:
    """Neither the token nor headers, cookies and arguments, which may hold one."""
    client = AuthenticatedClient(
        "http://x",
        "hunter2",
        headers={"a": "hunter2"},
        cookies={"b": "hunter2"},
        httpx_args={"auth": ("hunter2", "")},
    )
    client.get_httpx_client()
    assert "hunter2" not in repr(client)
    assert "hunter2" not in repr(client.with_headers({"c": "hunter2"}).with_cookies({"d": "hunter2"}))


def test_client_has_a_timeout() -> None:
    """No request waits for ever unless it is told to."""
    assert Client("http://x").get_httpx_client().timeout == httpx.Timeout(30)
    assert Client("http://x", timeout=httpx.Timeout(None)).get_httpx_client().timeout == httpx.Timeout(None)
    assert Client("http://x").with_timeout(httpx.Timeout(5)).get_httpx_client().timeout == httpx.Timeout(5)


def test_copies_of_a_client_keep_what_was_set() -> None:
    """An httpx client that was handed in stays, and gets what is added."""
    own, own_async = httpx.Client(), httpx.AsyncClient()
    client = Client("http://x", strict=True).set_httpx_client(own).set_async_httpx_client(own_async)
    copied = client.with_headers({"a": "b"}).with_cookies({"c": "d"}).with_timeout(httpx.Timeout(3))
    assert copied.get_httpx_client() is own
    assert copied.get_async_httpx_client() is own_async
    assert (own.headers["a"], own.cookies["c"], own.timeout) == ("b", "d", httpx.Timeout(3))
    assert copied.strict


def test_token_is_sent_and_the_callers_headers_stay() -> None:
    """The token goes into the header that was named, and not into the caller's dictionary."""
    headers = {"X-Mine": "yes"}
    client = AuthenticatedClient("http://x", "t", headers=headers)
    assert client.get_httpx_client().headers["authorization"] == "Bearer t"
    plain = AuthenticatedClient("http://x", "t", prefix="", auth_header_name="X-Token", headers=headers)
    assert plain.get_httpx_client().headers["x-token"] == "t"
    assert headers == {"X-Mine": "yes"}


async def _enter() -> None:
    async with Client("http://x") as client:
        assert not client.get_async_httpx_client().is_closed
    assert client.get_async_httpx_client().is_closed


def test_clients_are_context_managers() -> None:
    """Leaving them closes the connections."""
    with Client("http://x") as client:
        assert not client.get_httpx_client().is_closed
    assert client.get_httpx_client().is_closed
    asyncio.run(_enter())


@attrs.define
class Dated(_shapes.Model):
    """Has a date."""

    at: dt.date | Unset = UNSET
    who: Owner | Unset = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(
            _shapes.Field("at", "at", DATE), _shapes.Field("who", "who", _shapes.ModelOf(Owner))
        )


@attrs.define
class Worded(_shapes.Model):
    """Has a text in its place."""

    at: str | Unset = UNSET
    who: Owner | Unset = UNSET
    additional_properties: dict[str, Any] = attrs.field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        return _shapes.Table(
            _shapes.Field("at", "at", TEXT), _shapes.Field("who", "who", _shapes.ModelOf(Owner))
        )


@pytest.mark.parametrize(("at", "model"), [("soon", Worded), ("2024-05-01", Dated)])
def test_a_text_that_is_no_date_fits_a_text_best(at: str, model: type[_shapes.Model]) -> None:
    """What has the form of a date tells variants apart, flat, nested and in lists."""
    for value in ({"at": at}, {"at": at, "who": {"object": "owner", "name": "x"}}):
        assert type(_shapes.decode(union(Dated, Worded), value)) is model
        lists = _shapes.Union(_shapes.ListOf(_shapes.ModelOf(Dated)), _shapes.ListOf(_shapes.ModelOf(Worded)))
        assert type(_shapes.decode(lists, [value])[0]) is model
    dates = _shapes.decode(_shapes.Union(_shapes.ListOf(DATE), _shapes.ListOf(TEXT)), [at])
    assert isinstance(dates[0], dt.date) is (model is Dated)
