"""The law of severities as pairs of documents: operations, parameters, bodies, answers, security, servers."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tests.scripts.hand_made import INTEGER, STRING, content, document, operation, parameter, thing
from tests.scripts.law import BREAKING, HARMLESS, OBJECT, RECEIVED, SENT, WARNING, Pair
from tests.scripts.law_places import GET, POST, get, post

if TYPE_CHECKING:
    from scripts.comparison.severity import Direction, Severity

PAIRS: dict[str, Pair] = {}

SUSPECT = (BREAKING, WARNING)
"""What the law does not name and nothing proves harmless."""
MILD = (WARNING, HARMLESS)


def pair(
    name: str,
    old: dict[str, Any],
    new: dict[str, Any],
    there: Severity | tuple[Severity, ...],
    back: Severity | tuple[Severity, ...],
    operations: tuple[str, ...] | None = GET,
    *,
    direction: Direction | None = SENT,
    rows: tuple[int, ...] = (1,),
) -> None:
    """Add a pair, there and back; documents may be given as their paths alone."""
    one, other = (each if "openapi" in each else document(each) for each in (old, new))
    directions = None if direction is None else (direction,)
    for way, before, after, worst in (("there", one, other, there), ("back", other, one, back)):
        allowed = worst if isinstance(worst, tuple) else (worst,)
        PAIRS[f"{name}, {way}"] = Pair(before, after, allowed, directions, operations, rows)


def several(paths: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a document that has an operation aside, which nothing reaches."""
    return document({**paths, "/aside": {"get": operation("getAside", STRING)}}, **more)


TWO = {"/things": {**get()["/things"], **post(content(OBJECT))["/things"]}}

# Operations and paths

pair("an operation removed", TWO, get(), BREAKING, HARMLESS, POST)
pair("a path removed", several(get()), several({}), BREAKING, HARMLESS)
pair("a path renamed", get(), {"/items": get()["/things"]}, BREAKING, BREAKING, None, rows=(1, 2))
pair(
    "a method exchanged",
    get(),
    {"/things": {"put": get()["/things"]["get"]}},
    BREAKING,
    BREAKING,
    None,
    rows=(1, 2),
)
pair("a tag", get(), get(tags=["a"]), HARMLESS, HARMLESS, rows=(0, 1), direction=None)
pair(
    "an operationId",
    get(),
    {"/things": {"get": operation("fetch")}},
    HARMLESS,
    HARMLESS,
    rows=(0, 1),
    direction=None,
)
pair("an operation deprecated", get(), get(deprecated=True), HARMLESS, HARMLESS, rows=(0, 1), direction=None)

# Parameters

ASKED = get(parameters=[parameter("limit", INTEGER)])
NEEDED = get(parameters=[parameter("limit", INTEGER, required=True)])

pair("an optional parameter added", get(), ASKED, HARMLESS, WARNING)
pair("a required parameter added", get(), NEEDED, BREAKING, WARNING)
pair("a parameter made required", ASKED, NEEDED, BREAKING, HARMLESS)
pair(
    "a required header added",
    get(), get(parameters=[parameter("X-It", STRING, "header", required=True)]), BREAKING, WARNING,
)  # fmt: skip
pair(
    "an optional parameter moved into a header",
    ASKED, get(parameters=[parameter("limit", INTEGER, "header")]), WARNING, WARNING, rows=(1, 2),
)  # fmt: skip
pair(
    "a required parameter moved into a header",
    NEEDED, get(parameters=[parameter("limit", INTEGER, "header", required=True)]), BREAKING, BREAKING,
    rows=(1, 2),
)  # fmt: skip
pair(
    "a query parameter renamed but for case",
    NEEDED, get(parameters=[parameter("Limit", INTEGER, required=True)]), BREAKING, BREAKING, rows=(1, 2),
)  # fmt: skip

SHARED_PATH = {**TWO["/things"], "delete": operation("deleteThing")}
ALL_THREE = ("DELETE /things", *GET, *POST)


def levelled(*parameters: Any) -> dict[str, Any]:
    """Make a path whose three operations share parameters."""
    return {"/things": {"parameters": [*parameters], **copy.deepcopy(SHARED_PATH)}}


LIMIT = parameter("limit", {**INTEGER, "maximum": 9})
pair(
    "a required parameter for a whole path",
    levelled(),
    levelled(parameter("it", required=True)),
    BREAKING,
    WARNING,
    ALL_THREE,
)
pair(
    "an optional parameter for a whole path",
    levelled(),
    levelled(parameter("it")),
    HARMLESS,
    WARNING,
    ALL_THREE,
)
pair(
    "a whole path's parameter made required",
    levelled(parameter("it")),
    levelled(parameter("it", required=True)),
    BREAKING,
    HARMLESS,
    ALL_THREE,
)
pair(
    "a whole path's parameter narrowed",
    levelled(parameter("limit", INTEGER)),
    levelled(LIMIT),
    BREAKING,
    HARMLESS,
    ALL_THREE,
)
pair(
    "a shared parameter narrowed",
    document(
        {f"/{name}": get(parameters=[{"$ref": "#/components/parameters/Limit"}])["/things"] for name in "ab"},
        parameters={"Limit": parameter("limit", INTEGER)},
    ),
    document(
        {f"/{name}": get(parameters=[{"$ref": "#/components/parameters/Limit"}])["/things"] for name in "ab"},
        parameters={"Limit": LIMIT},
    ),
    BREAKING, HARMLESS, ("GET /a", "GET /b"),
)  # fmt: skip

LIST = {"type": "array", "items": STRING}
listed = parameter("it", LIST)
pair(
    "the style of a list",
    get(parameters=[listed]),
    get(parameters=[{**listed, "style": "pipeDelimited", "explode": False}]),
    BREAKING,
    BREAKING,
    rows=(1, 2),
)
pair(
    "explode of a list",
    get(parameters=[listed]),
    get(parameters=[{**listed, "explode": False}]),
    BREAKING,
    BREAKING,
)
pair(
    "the style of an object",
    get(parameters=[parameter("it", OBJECT)]),
    get(parameters=[parameter("it", OBJECT, style="deepObject")]),
    BREAKING,
    BREAKING,
)
pair(
    "the style of a list in the path",
    {"/things/{it}": get(parameters=[parameter("it", LIST, "path")])["/things"]},
    {"/things/{it}": get(parameters=[parameter("it", LIST, "path", style="label")])["/things"]},
    BREAKING,
    BREAKING,
    ("GET /things/{it}",),
)
pair(
    "a label before a text in the path",
    {"/things/{it}": get(parameters=[parameter("it", STRING, "path")])["/things"]},
    {"/things/{it}": get(parameters=[parameter("it", STRING, "path", style="label")])["/things"]},
    BREAKING,
    BREAKING,
    ("GET /things/{it}",),
)
pair(
    "reserved characters",
    get(parameters=[parameter("it")]),
    get(parameters=[parameter("it", allowReserved=True)]),
    (BREAKING, WARNING, HARMLESS),
    SUSPECT,
    rows=(1,),
)
pair(
    "content for a schema",
    get(parameters=[parameter("it", OBJECT)]),
    get(parameters=[{"name": "it", "in": "query", **content(OBJECT)}]),
    BREAKING,
    BREAKING,
)

# Request bodies

BODY = content(OBJECT)
OPTIONAL = {"/things": {"post": operation("postThing", requestBody=BODY)}}
BARE = {"/things": {"post": operation("postThing")}}

pair("a required body", BARE, post(BODY), BREAKING, BREAKING, POST)
pair("an optional body", BARE, OPTIONAL, HARMLESS, BREAKING, POST)
pair("a body made required", OPTIONAL, post(BODY), BREAKING, HARMLESS, POST)
pair(
    "a media type more in a body",
    post(BODY),
    post({"content": {**BODY["content"], "text/csv": {"schema": STRING}}}),
    HARMLESS,
    BREAKING,
    POST,
)
pair(
    "a media type of a body renamed",
    post(BODY),
    post(content(OBJECT, "application/vnd.things+json")),
    WARNING,
    WARNING,
    POST,
)
pair(
    "a media type of a body exchanged",
    post(BODY),
    post(content(OBJECT, "application/xml")),
    SUSPECT,
    SUSPECT,
    POST,
    rows=(1, 2),
)
pair("a body's schema set", post({"content": {"application/json": {}}}), post(BODY), BREAKING, HARMLESS, POST)
FORM = content(thing(it=LIST), "application/x-www-form-urlencoded")
ENCODED = copy.deepcopy(FORM)
ENCODED["content"]["application/x-www-form-urlencoded"]["encoding"] = {
    "it": {"style": "form", "explode": False}
}
pair("a field's encoding", post(FORM), post(ENCODED), SUSPECT, SUSPECT, POST)

# Answers


def answers(**codes: Any) -> dict[str, Any]:
    """Make a path with one GET and these answers, as `of_200=schema`."""
    return get(
        responses={
            code.removeprefix("of_"): {"description": "An answer.", **(content(schema) if schema else {})}
            for code, schema in codes.items()
        }
    )


FINE = answers(of_200=OBJECT)

pair("a success removed", answers(of_200=OBJECT, of_202=OBJECT), FINE, BREAKING, HARMLESS, direction=None)
pair("a success exchanged", FINE, answers(of_201=OBJECT), BREAKING, BREAKING, direction=None, rows=(1, 2))
pair("a failure removed", answers(of_200=OBJECT, of_404=OBJECT), FINE, MILD, HARMLESS, direction=None)
pair(
    "a default answer removed",
    answers(of_200=OBJECT, of_default=OBJECT),
    FINE,
    (*SUSPECT, HARMLESS),
    HARMLESS,
    direction=None,
)
pair(
    "an answer's media type removed",
    get(
        responses={"200": {"description": "", "content": {**BODY["content"], "text/csv": {"schema": STRING}}}}
    ),
    FINE,
    BREAKING,
    HARMLESS,
    direction=None,
)
pair(
    "an answer's media type renamed",
    FINE,
    get(responses={"200": {"description": "", **content(OBJECT, "application/vnd.things+json")}}),
    WARNING,
    WARNING,
    direction=None,
)
pair(
    "an answer's body dropped",
    FINE,
    get(responses={"200": {"description": ""}}),
    BREAKING,
    (*MILD, BREAKING),
    direction=None,
)
pair(
    "an answer's schema dropped",
    FINE,
    get(responses={"200": {"description": "", "content": {"application/json": {}}}}),
    BREAKING,
    HARMLESS,
    direction=RECEIVED,
)


def head(**header: Any) -> dict[str, Any]:
    """Make an answer with one header, or none."""
    headers = {"headers": {"X-It": {"schema": STRING, **header}}} if header else {}
    return get(responses={"204": {"description": "", **headers}})


pair(
    "an optional header of an answer",
    head(required=False),
    head(),
    HARMLESS,
    HARMLESS,
    direction=None,
    rows=(1,),
)
pair("a required header of an answer", head(required=True), head(), BREAKING, HARMLESS, direction=None)
pair("a header made optional", head(required=True), head(required=False), BREAKING, HARMLESS, direction=None)
pair("a header's type", head(schema=STRING), head(schema=INTEGER), BREAKING, BREAKING, direction=RECEIVED)
