"""Everything around schemas that a revision can change: operations, messages, who is let in, and where."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.compare import compare
from tests.scripts.comparing import B, H, W, rows, with_operation
from tests.scripts.hand_made import BOOLEAN, INTEGER, STRING, content, document, parameter, ref, thing

Row = tuple[str, str, str]
Line = tuple[Any, Any, list[Row], list[Row]]

OK: dict[str, Any] = {"200": {"description": ""}}
LIST = {"type": "array", "items": STRING}


def asks(*parameters: Any) -> dict[str, Any]:
    return with_operation({"parameters": [*parameters]})


def body(schema: Any = STRING, kind: str = "application/json", **more: Any) -> dict[str, Any]:
    return with_operation({"requestBody": {**content(schema, kind), **more}})


def answers(**responses: Any) -> dict[str, Any]:
    return with_operation({"responses": {code.strip("_"): held for code, held in responses.items()}})


def header(**more: Any) -> dict[str, Any]:
    return answers(_200={"description": "", "headers": {"X-It": {"schema": STRING, **more}}})


def secured(*alternatives: Any, schemes: Any = None) -> dict[str, Any]:
    held = {"securitySchemes": {**SCHEMES, **(schemes or {})}}
    return with_operation({"security": [*alternatives]}, components=held)


FLOW = {"tokenUrl": "https://a.example/token", "scopes": {"read": "", "write": ""}}
SCHEMES: dict[str, Any] = {
    "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "basic": {"type": "http", "scheme": "basic"},
    "oauth": {"type": "oauth2", "flows": {"clientCredentials": FLOW}},
}


def scheme(**more: Any) -> dict[str, Any]:
    return secured({"it": []}, schemes={"it": more})


def flows(**more: Any) -> dict[str, Any]:
    return scheme(type="oauth2", flows={"clientCredentials": {**FLOW, **more}})


def served(*servers: Any) -> dict[str, Any]:
    return with_operation({}, servers=[*servers])


def many(values: int | range) -> dict[str, Any]:
    """Return a server of as many addresses as there are values."""
    numbers = range(values) if isinstance(values, int) else values
    enum = [f"a{number}" for number in numbers]
    return {"url": "https://{c}.example/{v}/", "variables": {"c": {"enum": enum}, "v": {"enum": ["", "v1"]}}}


def calls(operation: Any, name: str = "done") -> dict[str, Any]:
    return with_operation({"callbacks": {name: {"{$url}": {"post": {"responses": OK, **operation}}}}})


def hook(operation: Any, name: str = "created") -> dict[str, Any]:
    return with_operation({}, webhooks={name: {"post": {"responses": OK, **operation}}})


def told(schema: Any) -> dict[str, Any]:
    return {"{$url}": {"post": {"requestBody": content(schema)}}}


def both(old: Any, new: Any, rule: str, back: str, subject: str) -> Line:
    """Say of a change that it narrows what is sent, and widens it backwards."""
    return old, new, [(B, rule, subject)], [(H, back, subject)]


ITEM = {"responses": OK}
OTHERWISE = [
    (B, "security-alternative-removed", "POST /x security"),
    (H, "security-alternative-added", "POST /x security"),
]
LINES: dict[str, Line] = {
    "operation": both(
        with_operation({}), document({}), "operation-removed", "operation-added", "POST /x"
    ),
    "deprecated operation": (
        with_operation({"deprecated": True}), document({}),
        [(W, "operation-removed", "POST /x")], [(H, "operation-added", "POST /x")],
    ),
    "facts": (
        with_operation({"operationId": "a", "tags": ["a"]}),
        with_operation({"operationId": "b", "tags": ["b"]}),
        [(H, "operation-id-changed", "POST /x"), (H, "tags-changed", "POST /x")],
        [(H, "operation-id-changed", "POST /x"), (H, "tags-changed", "POST /x")],
    ),
    "deprecation": (
        with_operation({}), with_operation({"deprecated": True}),
        [(H, "deprecation-added", "POST /x")], [(H, "deprecation-removed", "POST /x")],
    ),
    # Parameters
    "optional parameter": (
        asks(), asks(parameter("a")),
        [(H, "optional-parameter-added", "POST /x query a")], [(W, "parameter-removed", "POST /x query a")],
    ),
    "required parameter": (
        asks(), asks(parameter("a", required=True)),
        [(B, "required-parameter-added", "POST /x query a")], [(W, "parameter-removed", "POST /x query a")],
    ),
    "deprecated parameter": (
        asks(parameter("a", deprecated=True)), asks(),
        [(H, "parameter-removed", "POST /x query a")], [(H, "optional-parameter-added", "POST /x query a")],
    ),
    "parameter of the path under another name": (
        with_operation({"parameters": [parameter("id", place="path")]}, "/x/{a}"),
        with_operation({"parameters": [parameter("a", place="path")]}, "/x/{a}"), [], [],
    ),
    "parameter of the path that is not described": (
        with_operation({}, "/x/{a}"),
        with_operation({"parameters": [parameter("a", INTEGER, place="path")]}, "/x/{a}"),
        [(B, "type-changed", "POST /x/{a} path a")], [(B, "type-changed", "POST /x/{a} path a")],
    ),
    "header that is no parameter": (asks(), asks(parameter("Authorization", place="header")), [], []),
    "shared parameter": (
        document({"/x": {"parameters": [parameter("a")], "get": ITEM, "put": ITEM}}),
        document({"/x": {"get": ITEM, "put": ITEM}}),
        [(W, "parameter-removed", "/x query a")], [(H, "optional-parameter-added", "/x query a")],
    ),
    "parameter that is a component": (
        with_operation({"parameters": [{"$ref": "#/components/parameters/A"}]},
                       components={"parameters": {"A": parameter("a", required=True)}}),
        asks(),
        [(W, "parameter-removed", "POST /x query a")], [(B, "required-parameter-added", "POST /x query a")],
    ),
    "what a parameter that is a component holds": (
        with_operation({"parameters": [{"$ref": "#/components/parameters/A"}]},
                       components={"parameters": {"A": parameter("a", LIST)}}),
        with_operation({"parameters": [{"$ref": "#/components/parameters/A"}]},
                       components={"parameters": {"A": parameter("a", {**LIST, "items": INTEGER})}}),
        [(B, "type-changed", "parameter A[]")], [(B, "type-changed", "parameter A[]")],
    ),
    "parameter required": both(
        asks(parameter("a")), asks(parameter("a", required="true")),
        "parameter-became-required", "parameter-became-optional", "POST /x query a",
    ),
    "header's case": (
        asks(parameter("X-A", place="header")), asks(parameter("x-a", INTEGER, place="header")),
        [(B, "type-changed", "POST /x header x-a")], [(B, "type-changed", "POST /x header X-A")],
    ),
    "style": (
        asks(parameter("a", LIST)), asks(parameter("a", LIST, explode=False)),
        [(B, "parameter-style-changed", "POST /x query a")],
        [(B, "parameter-style-changed", "POST /x query a")],
    ),
    "style of one text": (asks(parameter("a")), asks(parameter("a", explode=False)), [], []),
    "allowReserved": (
        asks(parameter("a")), asks(parameter("a", allowReserved=True)),
        [(H, "parameter-allows-more", "POST /x query a")], [(B, "parameter-allows-less", "POST /x query a")],
    ),
    "content": (
        asks(parameter("a")), asks({"name": "a", "in": "query", **content(STRING)}),
        [(B, "parameter-style-changed", "POST /x query a")],
        [(B, "parameter-style-changed", "POST /x query a")],
    ),
    "what content holds": (
        asks({"name": "a", "in": "query", **content(STRING)}),
        asks({"name": "a", "in": "query", **content(INTEGER)}),
        [(B, "type-changed", "POST /x query a")], [(B, "type-changed", "POST /x query a")],
    ),
    "path parameter renamed": (
        with_operation({"parameters": [parameter("a", place="path")]}, "/x/{a}"),
        with_operation({"parameters": [parameter("b", place="path")]}, "/x/{b}"), [], [],
    ),
    "path parameter's type": (
        with_operation({"parameters": [parameter("a", place="path")]}, "/x/{a}"),
        with_operation({"parameters": [parameter("b", INTEGER, place="path")]}, "/x/{b}"),
        [(B, "type-changed", "POST /x/{b} path b")], [(B, "type-changed", "POST /x/{a} path a")],
    ),
    # Bodies
    "body removed": both(body(), with_operation({}), "body-removed", "optional-body-added", "POST /x body"),
    "required body": (
        with_operation({}), body(required=True),
        [(B, "required-body-added", "POST /x body")], [(B, "body-removed", "POST /x body")],
    ),
    "body became required": both(
        body(), body(required=True), "body-became-required", "body-became-optional", "POST /x body"
    ),
    "media type": both(
        with_operation({"requestBody": {"content": {"application/json": {}, "text/csv": {}}}}),
        with_operation({"requestBody": {"content": {"application/json": {}}}}),
        "media-type-removed", "media-type-added", "POST /x body",
    ),
    "media type renamed": (
        body(kind="application/json"), body(kind="application/vnd.x+json"),
        [(W, "media-type-renamed", "POST /x body")], [(W, "media-type-renamed", "POST /x body")],
    ),
    "what another media type holds": (
        body(STRING, "text/csv"), body(INTEGER, "text/csv"),
        [(B, "type-changed", "POST /x body (text/csv)")], [(B, "type-changed", "POST /x body (text/csv)")],
    ),
    "encoding": (
        with_operation({"requestBody": {"content": {"multipart/form-data": {"schema": thing(a=STRING)}}}}),
        with_operation({"requestBody": {"content": {"multipart/form-data": {
            "schema": thing(a=STRING), "encoding": {"a": {"contentType": "image/png"}}}}}}),
        [(B, "encoding-changed", "POST /x body (multipart/form-data).a")],
        [(B, "encoding-changed", "POST /x body (multipart/form-data).a")],
    ),
    # Answers
    "success": both(
        answers(_200={}, _202={}), answers(_200={}), "response-removed", "response-added", "POST /x 202"
    ),
    "no success": (
        answers(_200={}, _404={}), answers(_200={}),
        [(W, "response-removed", "POST /x 404")], [(H, "response-added", "POST /x 404")],
    ),
    "answer that is a component": (
        with_operation({"responses": {**OK, "404": {"$ref": "#/components/responses/No"}}},
                       components={"responses": {"No": {"description": ""}}}),
        with_operation({"responses": OK}),
        [(W, "response-removed", "POST /x 404")], [(H, "response-added", "POST /x 404")],
    ),
    "range": (
        answers(_200=content(STRING)), answers(_2XX=content(STRING)),
        [(H, "response-added", "POST /x 2XX")], [(B, "response-removed", "POST /x 2XX")],
    ),
    "what a range holds": (
        answers(_404=content(STRING)), answers(default=content(INTEGER)),
        [(B, "type-changed", "POST /x default"), (H, "response-added", "POST /x default")],
        [(B, "type-changed", "POST /x 404"), (B, "response-removed", "POST /x default")],
    ),
    "what the only response held": (
        answers(default=content(STRING)), answers(default=content(STRING), _200=content(INTEGER)),
        [(B, "type-changed", "POST /x 200"), (H, "response-added", "POST /x 200")],
        [(B, "response-removed", "POST /x 200")],
    ),
    "success beside an error": (
        answers(default=content(STRING)), answers(default=content(STRING), _200=content(STRING)),
        [(H, "response-added", "POST /x 200")], [(B, "response-removed", "POST /x 200")],
    ),
    "the only response": (
        answers(default={}), answers(), [(B, "response-removed", "POST /x default")],
        [(H, "response-added", "POST /x default")],
    ),
    "default beside a success": (
        answers(_200={}, default={}), answers(_200={}), [(W, "response-removed", "POST /x default")],
        [(H, "response-added", "POST /x default")],
    ),
    "success beside another": both(
        answers(_201={}, default=content(STRING), _200={}), answers(_201={}, default=content(STRING)),
        "response-removed", "response-added", "POST /x 200",
    ),
    "success is in no default": both(
        answers(_201={}, default={}), answers(default={}), "response-removed", "response-added", "POST /x 201"
    ),
    "what an error holds": (
        answers(_404=content(thing("a", a=STRING))), answers(_404=content(thing(a=STRING))),
        [(B, "property-became-optional", "POST /x 404.a")],
        [(H, "property-became-required", "POST /x 404.a")],
    ),
    "media type of an answer": (
        answers(_200=content(STRING)), answers(_200=content(STRING, "text/csv")),
        [(B, "media-type-removed", "POST /x 200"), (H, "media-type-added", "POST /x 200")],
        [(B, "media-type-removed", "POST /x 200"), (H, "media-type-added", "POST /x 200")],
    ),
    "required header": both(
        header(required=True), answers(_200={}),
        "required-header-removed", "required-header-added", "POST /x 200 header X-It",
    ),
    "optional header": (
        header(), answers(_200={}),
        [(H, "optional-header-removed", "POST /x 200 header X-It")],
        [(H, "optional-header-added", "POST /x 200 header X-It")],
    ),
    "header became optional": both(
        header(required=True), header(),
        "header-became-optional", "header-became-required", "POST /x 200 header X-It",
    ),
    "what a header holds": (
        header(), header(schema={"type": ["string", "integer"]}),
        [(B, "type-widened", "POST /x 200 header X-It")], [(H, "type-narrowed", "POST /x 200 header X-It")],
    ),
    # Who is let in
    "alternative": both(
        secured({"key": []}, {"basic": []}), secured({"key": []}),
        "security-alternative-removed", "security-alternative-added", "POST /x security",
    ),
    "scheme besides": (
        secured({"key": []}), secured({"key": [], "basic": []}),
        OTHERWISE,
        [(H, "security-alternative-added", "POST /x security")],
    ),
    "scope": both(
        secured({"oauth": ["read"]}), secured({"oauth": ["read", "write"]}),
        "security-scope-added", "security-scope-removed", "POST /x security",
    ),
    "anybody": (
        with_operation({}), secured({"key": []}),
        OTHERWISE,
        [(H, "security-alternative-added", "POST /x security")],
    ),
    "scheme renamed": (
        scheme(type="apiKey", **{"in": "header"}, name="X-It"),
        secured({"other": []}, schemes={"other": {"type": "apiKey", "in": "header", "name": "x-it"}}),
        OTHERWISE,
        OTHERWISE,
    ),
    "scheme of another name": (
        scheme(type="http", scheme="bearer", description="a"),
        secured({"other": []}, schemes={"other": {"type": "http", "scheme": "bearer"}}), [], [],
    ),
    "scheme's type": (
        scheme(type="http", scheme="basic"), scheme(type="apiKey", **{"in": "header"}, name="X-It"),
        [(B, "security-scheme-changed", "security scheme it type")],
        [(B, "security-scheme-changed", "security scheme it type")],
    ),
    "scheme's header": (
        scheme(type="apiKey", **{"in": "header"}, name="X-It"),
        scheme(type="apiKey", **{"in": "header"}, name="Y"),
        [(B, "security-scheme-changed", "security scheme it name")],
        [(B, "security-scheme-changed", "security scheme it name")],
    ),
    "scheme's header in other letters": (
        scheme(type="apiKey", **{"in": "header"}, name="X-It"),
        scheme(type="apiKey", **{"in": "header"}, name="x-it"), [], [],
    ),
    "flow's address": (
        flows(), flows(tokenUrl="https://b.example"),
        [(B, "security-scheme-changed", "security scheme it clientCredentials.tokenUrl")],
        [(B, "security-scheme-changed", "security scheme it clientCredentials.tokenUrl")],
    ),
    "flow's scope": (
        flows(), flows(scopes={"read": ""}),
        [(W, "security-scope-dropped", "security scheme it clientCredentials")],
        [(H, "security-scheme-widened", "security scheme it clientCredentials")],
    ),
    "flow's scope that is asked for": both(
        secured({"oauth": ["write"]}),
        secured({"oauth": ["write"]}, schemes={"oauth": {"type": "oauth2", "flows": {
            "clientCredentials": {**FLOW, "scopes": {"read": ""}}}}}),
        "security-scheme-narrowed", "security-scheme-widened", "security scheme oauth clientCredentials",
    ),
    "flow": both(
        scheme(type="oauth2", flows={"clientCredentials": FLOW, "password": FLOW}),
        scheme(type="oauth2", flows={"clientCredentials": FLOW}),
        "security-scheme-narrowed", "security-scheme-widened", "security scheme it password",
    ),
    "scheme that nothing uses": (
        secured({"key": []}), secured({"key": []}, schemes={"basic": {"type": "http", "scheme": "digest"}}),
        [(H, "security-scheme-changed", "security scheme basic scheme")],
        [(H, "security-scheme-changed", "security scheme basic scheme")],
    ),
    # Where
    "server": both(
        served({"url": "https://a.example"}, {"url": "https://b.example"}),
        served({"url": "https://a.example/"}),
        "server-removed", "server-added", "servers",
    ),
    "server's values": both(
        served({"url": "https://{c}.example", "variables": {"c": {"default": "a", "enum": ["a", "b"]}}}),
        served({"url": "https://{d}.example", "variables": {"d": {"default": "a", "enum": ["a"]}}}),
        "server-removed", "server-added", "servers",
    ),
    "server's default": (
        served({"url": "https://{c}.example", "variables": {"c": {"default": "a"}}}),
        served({"url": "https://{c}.example", "variables": {"c": {"default": "b"}}}),
        [(H, "server-default-changed", "servers")], [(H, "server-default-changed", "servers")],
    ),
    "any server": (
        served({"url": "https://a.example"}), served({"url": "https://{c}.example"}),
        [(H, "server-added", "servers")], [(B, "server-removed", "servers")],
    ),
    "server of many addresses": (
        served(many(300)), served(many(301)),
        [(W, "server-changed", "servers")], [(W, "server-changed", "servers")],
    ),
    "server of many addresses in another order": (
        served(many(300)), served(many(range(299, -1, -1))), [], [],
    ),
    "server of many addresses removed": (
        served(many(300), {"url": "/"}), served({"url": "/"}),
        [(W, "server-changed", "servers")], [(H, "server-added", "servers")],
    ),
    "server that came to many addresses": (
        served(many(2)), served(many(300)),
        [(H, "server-added", "servers")], [(W, "server-changed", "servers")],
    ),
    "operation's server": both(
        with_operation({"servers": [{"url": "https://a.example"}, {"url": "/"}]}, servers=[{"url": "/"}]),
        with_operation({}, servers=[{"url": "/"}]), "server-removed", "server-added", "POST /x servers",
    ),
    "no servers": (served(), served({"url": "/"}, {"no": "url"}), [], []),
    # What the server calls
    "callback": both(
        calls({}), with_operation({}),
        "callback-removed", "callback-added", "POST /x callback done {$url} POST",
    ),
    "what a callback holds": (
        calls({"requestBody": content(thing("a", a=STRING))}),
        calls({"requestBody": content(thing(a=STRING))}),
        [(B, "property-became-optional", "POST /x callback done {$url} POST body.a")],
        [(H, "property-became-required", "POST /x callback done {$url} POST body.a")],
    ),
    "webhook": both(
        hook({}), with_operation({}), "webhook-removed", "webhook-added", "webhook created POST"
    ),
    "callbacks of callbacks": (
        calls({"callbacks": {"a": {"b": {"post": {"callbacks": {"c": {"d": {"post": {"callbacks": {
            "e": {"f": {"post": {"callbacks": {"g": {"h": {"post": {}}}}}}}}}}}}}}}}}),
        calls({"callbacks": {"a": {"b": {"post": {"callbacks": {"c": {"d": {"post": {"callbacks": {
            "e": {"f": {"post": {"callbacks": {"g": {"h": {"put": {}}}}}}}}}}}}}}}}}), [], [],
    ),
    "callback that is a component": (
        with_operation({"callbacks": {"done": {"$ref": "#/components/callbacks/Done"}}},
                       components={"callbacks": {"Done": told(STRING)}}),
        with_operation({"callbacks": {"done": {"$ref": "#/components/callbacks/Done"}}},
                       components={"callbacks": {"Done": told(INTEGER)}}),
        [(B, "type-changed", "callback Done {$url} POST body")],
        [(B, "type-changed", "callback Done {$url} POST body")],
    ),
    "webhook that is a component": (
        with_operation({}, webhooks={"made": {"$ref": "#/components/pathItems/Made"}},
                       components={"pathItems": {"Made": {"post": {"requestBody": content(STRING)}}}}),
        with_operation({}, webhooks={"made": {"$ref": "#/components/pathItems/Made"}},
                       components={"pathItems": {"Made": {"post": {"requestBody": content(INTEGER)}}}}),
        [(B, "type-changed", "path item Made POST body")], [(B, "type-changed", "path item Made POST body")],
    ),
    "webhook that refers to itself": (
        with_operation({}, webhooks={"made": {"$ref": "#/webhooks/made"}}), with_operation({}), [], [],
    ),
    "what a webhook holds": (
        hook({"requestBody": content({"enum": ["a", "b"]})}), hook({"requestBody": content({"enum": ["a"]})}),
        [(H, "enum-value-removed", "webhook created POST body")],
        [(B, "enum-value-added", "webhook created POST body")],
    ),
    "body of a webhook": (
        hook({"requestBody": content(STRING)}), hook({}),
        [(B, "body-removed", "webhook created POST body")],
        [(H, "optional-body-added", "webhook created POST body")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_every_line_both_ways(name: str) -> None:
    """Each change has its rule, its severity and its subject, there and back."""
    old, new, there, back = LINES[name]
    assert sorted(rows(old, new)) == sorted(there)
    assert sorted(rows(new, old)) == sorted(back)


def test_one_cause_is_one_row() -> None:
    """A change in a shared component is told once, with the operations, the ways and both pointers."""
    schemas = {"Voucher": thing(discount=ref("Discount")), "Discount": thing(effect={"enum": ["a"]})}
    changed = {**schemas, "Discount": thing(effect={"enum": ["a", "b"]})}

    def made(components: Any) -> Any:
        get = {"responses": {"200": content(ref("Voucher"))}}
        return document(
            {"/b": {"post": {"requestBody": content(ref("Voucher")), **get}}, "/a": {"get": get}}, components
        )

    (change,) = compare(made(schemas), made(changed)).changes
    assert (change.subject, change.severity, change.rule) == ("Discount.effect", B, "enum-value-added")
    assert change.operations == ("GET /a", "POST /b")
    assert change.directions == ("sent", "received")
    assert (change.before, change.after, change.effect) == (None, ["b"], "widens")
    pointer = "/components/schemas/Discount/properties/effect/enum"
    assert (change.old_pointer, change.new_pointer) == (pointer, pointer)
    assert change.what == 'Enum gained "b".'
    assert change.why == "A client can receive what it was not promised."


KEY: list[Any] = [{"key": []}]
EITHER: list[Any] = [*KEY, {"basic": []}]


def who(path: Any, other: Any, root: Any = ()) -> dict[str, Any]:
    """Return a document of two operations with requirements of their own, where they have any."""
    paths = {
        name: {"get": {"responses": OK, **({} if own is None else {"security": own})}}
        for name, own in (("/a", path), ("/b", other))
    }
    return {**document(paths), "security": [*root], "components": {"securitySchemes": SCHEMES}}


def test_who_is_let_in_where() -> None:
    """What an operation asks for is named by it; what several ask for is one row of them all."""

    def row(old: Any, new: Any) -> Any:
        (change,) = compare(old, new).changes
        return change

    found = [
        row(who(EITHER, KEY), who(KEY, KEY)),
        row(who(EITHER, EITHER), who(KEY, KEY)),
        row(who(None, None, EITHER), who(None, None, KEY)),
        row(who(None, KEY, EITHER), who(None, KEY, KEY)),
    ]
    assert [change.subject for change in found] == ["GET /a security", "security", "security", "security"]
    assert [len(change.operations) for change in found] == [1, 2, 2, 1]


def test_an_approval_lapses_as_what_it_accepts_grows() -> None:
    """A fingerprint holds for as many operations as were let in otherwise, and for one severity."""
    (one,) = compare(who(None, KEY, EITHER), who(None, KEY, KEY)).changes
    (more,) = compare(who(None, None, EITHER), who(None, None, KEY)).changes
    assert (one.subject, one.severity, one.before) == (more.subject, more.severity, more.before)
    assert one.fingerprint != more.fingerprint
    old = {"/a": {"get": {"responses": {"200": content(ref("A"))}}, "put": {"responses": OK}}}
    sent = {"/a": {**old["/a"], "put": {"responses": OK, "requestBody": content(ref("A"))}}}
    schemas = [{"A": thing(a=STRING)}, {"A": thing(a={**STRING, "maxLength": 5})}]
    (received,), (worse,) = (
        compare(*(document(paths, each) for each in schemas)).changes for paths in (old, sent)
    )
    assert (received.severity, worse.severity) == (H, B)
    assert (received.subject, received.before, received.after) == (worse.subject, worse.before, worse.after)
    assert received.fingerprint != worse.fingerprint


def test_what_nothing_uses() -> None:
    """A component that no operation reaches is harmless on the wire, and told once."""
    old, new = (
        document({}, {"A": thing(a=STRING), "B": ref("A")}),
        document({}, {"A": thing(a=BOOLEAN), "B": ref("A")}),
    )
    assert rows(old, new) == [(H, "type-changed", "A.a")]
    (change,) = compare(old, new).changes
    assert (change.why, change.operations) == ("No operation of both revisions sends or receives it.", ())


def test_endpoints_that_are_one_on_the_wire() -> None:
    """Paths that differ in a parameter's name alone are compared as one endpoint, and noted as repaired."""
    get = {"responses": {"200": content(STRING)}}
    old = document({"/x/{a}": {"get": get}, "/x/{b}": {"get": get}})
    new = document({"/x/{b}": {"get": {"responses": {"200": content(INTEGER)}}}})
    found = compare(old, new)
    assert {(c.severity, c.rule, c.subject) for c in found.changes} == {(B, "type-changed", "GET /x/{b} 200")}
    assert [(note.pointer, note.what) for note in found.old_repairs] == [
        ("/paths/~1x~1{b}", "GET is the one of /x/{a}")
    ]
    assert rows(old, old) == []


def test_repairs_are_listed() -> None:
    """What other tools refuse is mended, compared, and listed for the side that had it."""
    broken = thing(a={**STRING, "required": True})
    listed = {"type": "object", "properties": [{"name": "a", "schema": STRING}], "required": ["a"]}
    path = with_operation(
        {"requestBody": content(broken), "security": "key"}, components={"securitySchemes": SCHEMES}
    )
    other = with_operation({"requestBody": content(listed), "security": [[{"key": []}]]},
                           components={"securitySchemes": SCHEMES})  # fmt: skip
    found = compare(path, other)
    assert found.changes == ()
    assert [note.pointer.rsplit("/", 1)[-1] for note in found.old_repairs] == ["required", "security"]
    assert [note.pointer.rsplit("/", 1)[-1] for note in found.new_repairs] == ["properties", "security"]


def test_what_a_revision_is() -> None:
    """Both sides are named, with title, version, counts and a hash."""
    old = with_operation({}, components={"schemas": {"A": STRING}})
    found = compare(old, with_operation({}), old_source="a.json", new_source="b.json")
    assert (found.old.source, found.old.title, found.old.version) == ("a.json", "Hand made", "1")
    assert (found.old.operations, found.old.schemas, found.new.schemas) == (1, 1, 0)
    assert found.old.sha256 != found.new.sha256
