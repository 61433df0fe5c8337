"""Every place where a schema can stand, and the lines of the law put there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.scripts.hand_made import STRING, content, document, operation, parameter, ref, thing
from tests.scripts.law import (
    BREAKING,
    HARMLESS,
    LAW,
    MODERN,
    RECEIVED,
    SCALARS,
    SENT,
    SHAPES,
    WARNING,
    Line,
    Pair,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from scripts.comparison.severity import Direction, Effect, Severity


def post(body: Any, **more: Any) -> dict[str, Any]:
    """Make a path with one POST that sends a body."""
    return {"/things": {"post": operation("postThing", requestBody={"required": True, **body}, **more)}}


def get(**more: Any) -> dict[str, Any]:
    """Make a path with one GET."""
    return {"/things": {"get": operation("getThing", **more)}}


def answered(schema: Any, code: str = "200") -> dict[str, Any]:
    """Make a path with one GET that answers with a schema."""
    fine = {} if code.startswith("2") else {"204": {"description": "Done."}}
    return get(responses={**fine, code: {"description": "An answer.", **content(schema)}})


def headed(schema: Any) -> dict[str, Any]:
    """Make a path with one GET whose answer has a header."""
    header = {"X-It": {"schema": schema}}
    return get(responses={"204": {"description": "Done.", "headers": header}})


def asked(place: str) -> Callable[[Any], dict[str, Any]]:
    """Make a path with one GET that sends a parameter."""
    path = "/things/{it}" if place == "path" else "/things"
    return lambda schema: {path: {"get": operation("getThing", parameters=[parameter("it", schema, place)])}}


def filled(schema: Any) -> dict[str, Any]:
    """Make an object that holds the schema."""
    return thing("it", it=schema)


POST, GET = ("POST /things",), ("GET /things",)

SENDING: dict[str, tuple[Callable[[Any], dict[str, Any]], tuple[str, ...]]] = {
    "a body's property": (lambda schema: post(content(filled(schema))), POST),
    "a form's field": (
        lambda schema: post(content(filled(schema), "application/x-www-form-urlencoded")),
        POST,
    ),
    "a query parameter": (asked("query"), GET),
    "a header": (asked("header"), GET),
    "a cookie": (asked("cookie"), GET),
    "a part of the path": (asked("path"), ("GET /things/{it}",)),
    "a parameter of the path item": (
        lambda schema: {"/things": {"parameters": [parameter("it", schema)], **get()["/things"]}},
        GET,
    ),
    "a parameter with content": (
        lambda schema: get(parameters=[{"name": "it", "in": "query", **content(schema)}]),
        GET,
    ),
    "items of a query parameter": (
        lambda schema: asked("query")({"type": "array", "items": schema}),
        GET,
    ),
    "a body": (lambda schema: post(content(schema)), POST),
    "items of a body": (lambda schema: post(content({"type": "array", "items": schema})), POST),
    "values of a map": (
        lambda schema: post(content({"type": "object", "additionalProperties": schema})),
        POST,
    ),
    "a member of allOf": (lambda schema: post(content({"allOf": [filled(schema), thing(z=STRING)]})), POST),
}
"""Places that a client sends: the paths that hold a schema there, and the operations."""

RECEIVING: dict[str, tuple[Callable[[Any], dict[str, Any]], tuple[str, ...]]] = {
    "an answer's property": (lambda schema: answered(filled(schema)), GET),
    "an answer": (answered, GET),
    "an answer's header": (headed, GET),
    "items of an answer": (lambda schema: answered({"type": "array", "items": schema}), GET),
    "values of an answer's map": (
        lambda schema: answered({"type": "object", "additionalProperties": schema}),
        GET,
    ),
    "an answer of any success": (lambda schema: answered(filled(schema), "2XX"), GET),
    "an answer's member of allOf": (
        lambda schema: answered({"allOf": [filled(schema), thing(z=STRING)]}),
        GET,
    ),
}
"""Places that a client receives."""


def expected(effect: Effect | None, direction: Direction) -> tuple[Severity, ...]:
    """Say what the law says, or that no proof makes it harmless."""
    return (BREAKING, WARNING) if effect is None else (LAW[effect, direction],)


def at_places(line: Line, *, everywhere: bool, openapi: str = "3.0.3") -> Iterator[tuple[str, Pair]]:
    """Put a line at every place, there and back.

    Args:
        line: What changes.
        everywhere: Whether it can stand in parameters and headers too.
        openapi: The version that its keywords need.

    Yields:
        A place's name, and the pair.
    """
    used = line.components
    for direction, places in ((SENT, SENDING), (RECEIVED, RECEIVING)):
        for place, (host, operations) in places.items():
            if not everywhere and place not in {"a body's property", "an answer's property"}:
                continue
            old, new = (document(host(one), used, openapi=openapi) for one in (line.old, line.new))
            for way, effects, one, other in (("there", line.there, old, new), ("back", line.back, new, old)):
                effect = effects[direction is RECEIVED]
                worst = expected(effect, direction)
                yield f"{place}, {way}", Pair(one, other, worst, (direction,), operations, line.rows)
    old, new = (both_ways(one, used, openapi) for one in (line.old, line.new))
    for way, effects, one, other in (("there", line.there, old, new), ("back", line.back, new, old)):
        answers = [expected(effect, way) for effect, way in zip(effects, (SENT, RECEIVED), strict=True)]
        pairs = {min(sent, received, key=_rank) for sent in answers[0] for received in answers[1]}
        yield f"a component, {way}", Pair(one, other, (*pairs,), None, BOTH, line.rows)


def _rank(severity: Severity) -> int:
    return (BREAKING, WARNING, HARMLESS).index(severity)


BOTH = ("DELETE /others/{id}", "GET /things", "POST /things", "PUT /others/{id}")


def both_ways(schema: Any, used: dict[str, Any], openapi: str) -> dict[str, Any]:
    """Make a document in which four operations of two paths share one component, sent and received."""
    holder = filled(ref("Shared"))
    identifier = [parameter("id", STRING, "path")]
    paths = {
        "/things": {**post(content(holder))["/things"], **answered(holder)["/things"]},
        "/others/{id}": {
            "parameters": identifier,
            "put": operation("putOther", ref("Shared"), requestBody=content(ref("Holder"))),
            "delete": operation("deleteOther", {"type": "array", "items": ref("Holder")}),
        },
    }
    return document(paths, {"Shared": schema, "Holder": holder, **used}, openapi=openapi)


def schema_pairs() -> Iterator[tuple[str, Pair]]:
    """Yield every line at every place that it can stand at."""
    for lines, everywhere, openapi in (
        (SCALARS, True, "3.0.3"),
        (SHAPES, False, "3.0.3"),
        (MODERN, False, "3.1.0"),
    ):
        for name, line in lines.items():
            for place, pair in at_places(line, everywhere=everywhere, openapi=openapi):
                yield f"{name}: {place}", pair
