"""What is in the kept document keeps its name, wherever a vendor puts what is new."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.preparation.documents import operations, run_passes
from scripts.preparation.operations import inline_path_items, name_operations
from scripts.preparation.templates import template_of
from scripts.tracking.order import keeping_names
from tests.scripts.hand_made import document


def one(name: str, **more: Any) -> dict[str, Any]:
    """Make an operation."""
    return {"operationId": name, "responses": {"204": {"description": "Done."}}, **more}


def names(of: Any) -> dict[tuple[str, str], str]:
    """Name a document's operations."""
    made, _ = run_passes(of, [inline_path_items, name_operations])
    return {(template_of(each.path), each.method): each.value["operationId"] for each in operations(made)}


def order(of: Any) -> list[str]:
    """Return the paths, in order."""
    return [*of["paths"]]


OLD = {"/b/{id}": {"post": one("x")}, "/c": {"get": one("x")}, "/d": {"get": one("y")}}


@pytest.mark.parametrize(
    "new",
    [
        {"/a": {"get": one("x")}, **OLD},
        {**OLD, "/a": {"get": one("x")}},
        {"/a": {"get": one("x")}, "/d": OLD["/d"], "/c": OLD["/c"], "/b/{code}": OLD["/b/{id}"]},
        {**OLD, "/b/{id}": {"get": one("x"), **OLD["/b/{id}"]}},
        {"/a": {"$ref": "#/paths/~1b~1{id}"}, **OLD},
    ],
)
def test_who_was_there_keeps_its_name(new: dict[str, Any]) -> None:
    """Wherever the vendor puts an operation with a name that is taken, the old ones keep theirs."""
    old, given = document(OLD), document(new)
    kept = keeping_names(old, given)
    assert kept == given
    assert names(old).items() <= names(kept).items()
    assert order(keeping_names(kept, given)) == order(kept)


@pytest.mark.parametrize(
    "new",
    [
        {"/e": {"get": one("z")}, "/d": OLD["/d"], "/b/{code}": OLD["/b/{id}"], "/c": OLD["/c"]},
        {"/e": {"get": one("z")}, "/c": OLD["/c"]},  # which is called x now
        {"/a": {"get": one("x")}, "/b/{id}": {"post": one("x", tags=["b"])}, "/d": {"get": one("w")}},
    ],
)
def test_order_that_is_as_good_stays(new: dict[str, Any]) -> None:
    """Where nobody loses a name by it, or nobody can be helped, the vendor's order stays."""
    assert order(keeping_names(document(OLD), document(new))) == list(new)


def test_items_of_another_form() -> None:
    """What is no path item is left as it is, and so is a document that cannot be worked with."""
    more = {"/a": {"get": one("x")}, "x-more": "a text", **OLD}
    assert order(keeping_names(document({**OLD, "x-more": {}}), document(more)))[-2:] == ["x-more", "/a"]
    broken = {"openapi": "3.0.1", "info": {}, "paths": {"x": {}}}
    assert keeping_names(document(OLD), broken) is broken  # type: ignore[arg-type]
