"""Pairs of documents about guards, callbacks, security, servers and prose."""

from __future__ import annotations

from typing import Any

from tests.scripts.hand_made import INTEGER, STRING, content, document, operation, parameter, ref, thing
from tests.scripts.law import BREAKING, HARMLESS, OBJECT, RECEIVED, WARNING
from tests.scripts.law_documents import MILD, SUSPECT, TWO, answers, pair, several
from tests.scripts.law_places import GET, POST, answered, filled, get, post

# Guards


def failed(schema: Any, code: str) -> dict[str, Any]:
    """Make a path with one GET that fails with a schema."""
    return answers(of_200=OBJECT, **{f"of_{code}": schema})


WIDE, NARROW = thing(a=STRING), thing("a", a=STRING)
# That a code comes or goes weighs less where it is no success. What is in its body is read like any other;
# whether that weighs less the law leaves open: either is right here, and harmless alone would be wrong.
for code in ("404", "4XX", "500", "302"):
    pair(
        f"a property optional in a {code}",
        failed(NARROW, code),
        failed(WIDE, code),
        SUSPECT,
        HARMLESS,
        direction=RECEIVED,
    )
    pair(
        f"a pattern in a {code}",
        failed(filled({**STRING, "pattern": "a"}), code),
        failed(filled({**STRING, "pattern": "b"}), code),
        MILD,
        MILD,
        direction=RECEIVED,
    )
    pair(
        f"a type in a {code}",
        failed(filled(STRING), code),
        failed(filled(INTEGER), code),
        SUSPECT,
        SUSPECT,
        direction=RECEIVED,
    )


def both_ways(schema: Any) -> dict[str, Any]:
    """Make a document whose one component is sent and received."""
    return document(
        {"/things": {**post(content(ref("Shared")))["/things"], **answered(ref("Shared"))["/things"]}},
        {"Shared": schema},
    )


READ, WRITTEN = {**STRING, "readOnly": True}, {**STRING, "writeOnly": True}
pair(
    "a required property that is read only",
    both_ways(thing(a=STRING)),
    both_ways(thing("b", a=STRING, b=READ)),
    HARMLESS,
    BREAKING,
    None,
    direction=RECEIVED,
)
pair(
    "a required property that is written only",
    both_ways(thing(a=STRING)),
    both_ways(thing("b", a=STRING, b=WRITTEN)),
    BREAKING,
    WARNING,
    None,
)
pair(
    "an enum of a property that is read only",
    both_ways(filled({**READ, "enum": ["a", "b"]})),
    both_ways(filled({**READ, "enum": ["a"]})),
    HARMLESS,
    BREAKING,
    GET,
    direction=RECEIVED,
)
pair(
    "an enum of a property that is written only",
    both_ways(filled({**WRITTEN, "enum": ["a", "b"]})),
    both_ways(filled({**WRITTEN, "enum": ["a"]})),
    BREAKING,
    HARMLESS,
    POST,
)
pair(
    "a required property became read only",
    post(content(thing("a", a=STRING))),
    post(content(thing("a", a=READ))),
    MILD,
    BREAKING,
    POST,
    rows=(1,),
)
pair(
    "a required property became written only",
    answered(thing("a", a=STRING)),
    answered(thing("a", a=WRITTEN)),
    BREAKING,
    HARMLESS,
    direction=RECEIVED,
)

pair("a deprecated operation removed", several(get(deprecated=True)), several({}), WARNING, HARMLESS)
pair(
    "a deprecated parameter removed",
    get(parameters=[parameter("limit", INTEGER, deprecated=True)]),
    get(),
    HARMLESS,
    HARMLESS,
)
pair(
    "a deprecated property removed from a request",
    post(content(thing(a=STRING, b={**STRING, "deprecated": True}))),
    post(content(OBJECT)),
    HARMLESS,
    HARMLESS,
    POST,
)
pair(
    "a deprecated required property removed from an answer",
    answered(thing("b", a=STRING, b={**STRING, "deprecated": True})),
    answered(OBJECT),
    WARNING,
    HARMLESS,
    direction=RECEIVED,
)

# Callbacks and webhooks: the client answers there


def called_back(schema: Any, reply: Any) -> dict[str, Any]:
    """Make an operation that calls the client back."""
    call = {
        "post": {
            "requestBody": {"required": True, **content(filled(schema))},
            "responses": {"200": {"description": "", **content(filled(reply))}},
        }
    }
    return {"/things": {"post": operation("postThing", callbacks={"done": {"{$request.query.url}": call}})}}


ABC, AB = {**STRING, "enum": ["a", "b", "c"]}, {**STRING, "enum": ["a", "b"]}
pair(
    "what a callback brings",
    called_back(AB, STRING),
    called_back(ABC, STRING),
    SUSPECT,
    MILD,
    None,
    direction=None,
)
pair(
    "what a callback is answered",
    called_back(STRING, ABC),
    called_back(STRING, AB),
    SUSPECT,
    MILD,
    None,
    direction=None,
)
pair(
    "a callback removed",
    called_back(AB, STRING),
    {"/things": {"post": operation("postThing")}},
    SUSPECT,
    MILD,
    None,
    direction=None,
)
HOOKED = document(get(), openapi="3.1.0")
HOOK = {**HOOKED, "webhooks": {"done": {"post": {"requestBody": content(filled(AB)), "responses": {}}}}}
WIDER = {**HOOKED, "webhooks": {"done": {"post": {"requestBody": content(filled(ABC)), "responses": {}}}}}
pair("what a webhook brings", HOOK, WIDER, SUSPECT, MILD, None, direction=None)
pair("a webhook removed", HOOK, HOOKED, SUSPECT, MILD, None, direction=None)

# Security

KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
FLOW = {"tokenUrl": "https://x.example/token", "scopes": {"read": "", "write": ""}}
OAUTH = {"type": "oauth2", "flows": {"clientCredentials": FLOW}}
SCHEMES = {"key": KEY, "other": {**KEY, "name": "X-Other"}, "oauth": OAUTH}


def secured(*security: Any, schemes: Any = None, **more: Any) -> dict[str, Any]:
    """Make a document with one secured GET."""
    return document(get(security=[*security], **more), securitySchemes=schemes or SCHEMES)


PLAIN: dict[str, Any] = {"key": []}
pair("an alternative removed", secured(PLAIN, {"oauth": []}), secured(PLAIN), BREAKING, HARMLESS)
pair("a scope added", secured({"oauth": ["read"]}), secured({"oauth": ["read", "write"]}), BREAKING, HARMLESS)
pair(
    "a scope added to one of two",
    secured(PLAIN, {"oauth": ["read"]}),
    secured(PLAIN, {"oauth": ["read", "write"]}),
    BREAKING,
    HARMLESS,
)
pair(
    "a second key needed", secured(PLAIN), secured({"key": [], "other": []}), BREAKING, HARMLESS, rows=(1, 2)
)
pair("security set", secured(), secured(PLAIN), BREAKING, HARMLESS, rows=(1, 2))
pair("anonymous no more", secured(PLAIN, {}), secured(PLAIN), BREAKING, HARMLESS)
pair("a key exchanged", secured(PLAIN), secured({"other": []}), BREAKING, BREAKING, rows=(1, 2))
pair(
    "a key's header",
    secured(PLAIN),
    secured(PLAIN, schemes={**SCHEMES, "key": {**KEY, "name": "X-Token"}}),
    BREAKING,
    BREAKING,
    rows=(1, 2),
)
pair(
    "a key's place",
    secured(PLAIN),
    secured(PLAIN, schemes={**SCHEMES, "key": {**KEY, "in": "query"}}),
    BREAKING,
    BREAKING,
    rows=(1, 2),
)
pair(
    "a scheme's type",
    secured(PLAIN),
    secured(PLAIN, schemes={**SCHEMES, "key": {"type": "http", "scheme": "basic"}}),
    BREAKING,
    BREAKING,
    rows=(1, 2),
)
pair(
    "where tokens come from",
    secured({"oauth": []}),
    secured(
        {"oauth": []},
        schemes={
            **SCHEMES,
            "oauth": {
                **OAUTH,
                "flows": {"clientCredentials": {**FLOW, "tokenUrl": "https://y.example/token"}},
            },
        },
    ),
    SUSPECT,
    SUSPECT,
    rows=(1, 2),
)
ROOT = document(TWO, securitySchemes=SCHEMES, security=[PLAIN, {"oauth": []}])
pair("an alternative of all removed", ROOT, {**ROOT, "security": [PLAIN]}, BREAKING, HARMLESS, (*GET, *POST))

# Servers


def served(*servers: Any, **more: Any) -> dict[str, Any]:
    """Make a document that is served from these addresses."""
    return document(TWO, servers=[{"url": one} if isinstance(one, str) else one for one in servers], **more)


CLUSTER = {
    "url": "https://{cluster}.x.example",
    "variables": {"cluster": {"default": "a", "enum": ["a", "b"]}},
}
FEWER = {"url": "https://{cluster}.x.example", "variables": {"cluster": {"default": "a", "enum": ["a"]}}}
OTHER = {"url": "https://{cluster}.x.example", "variables": {"cluster": {"default": "b", "enum": ["a", "b"]}}}
pair(
    "a server removed",
    served("https://a.example", "https://b.example"),
    served("https://a.example"),
    BREAKING,
    HARMLESS,
    None,
)
pair(
    "a server's address",
    served("https://a.example/v1"),
    served("https://a.example/v2"),
    BREAKING,
    BREAKING,
    None,
    rows=(1, 2),
)
pair("a server's variable", served(CLUSTER), served(FEWER), BREAKING, HARMLESS, None)
pair("a server's default", served(CLUSTER), served(OTHER), MILD, MILD, None, rows=(0, 1), direction=None)
pair(
    "an operation's own server",
    TWO | {"/aside": get()["/things"]},
    TWO | {"/aside": get(servers=[{"url": "https://b.example"}])["/things"]},
    BREAKING,
    BREAKING,
    ("GET /aside",),
    rows=(1, 2),
)

# Prose

pair("a description", get(), get(description="Gets."), (), (), None, rows=(0,), direction=None)
pair(
    "a summary, an example and a title",
    answered(OBJECT),
    answered({**OBJECT, "title": "A", "example": {"a": "x"}}),
    (),
    (),
    None,
    rows=(0,),
    direction=None,
)
