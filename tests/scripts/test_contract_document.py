"""What the wrapper relies on is looked up in a document: answers, ways to sign, servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from scripts.contract import remarks
from tests.scripts.contracting import PATH, WRAPPER, document, line_of, lost, operation
from tests.scripts.test_real_documents import load, real

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OPERATION = "`release-validation-session`"
OAUTH = "X-Voucherify-OAuth"


def place(file: str, text: str) -> str:
    """Name a line of the wrapper as findings do."""
    return f"`{file}:{line_of(f'voucherify_wrapper/{file}', text)}`"


COMPARED = place("_adapter.py", "HTTPStatus.NO_CONTENT")
READ = place("_errors.py", '"resource_id", "resource_type"')
KEY, TOKEN = place("_credentials.py", "class ApiKey"), place("_credentials.py", "class OAuthToken")
CLIENT_CREDENTIALS = place("_credentials.py", "class OAuthClientCredentials")
SENDS_KEY = f"{OPERATION} does not take `ApiKey` ({KEY}), which sends `X-App-Id` and `X-App-Token`: it wants"
SENDS_TOKEN = [
    f"{OPERATION} does not take `{name}` ({where}), which sends `Authorization`: it wants"
    for name, where in (("OAuthToken", TOKEN), ("OAuthClientCredentials", CLIENT_CREDENTIALS))
]
TOLD_APART = place("_errors.py", '"session": Session')
BY_OAUTH = f"`{OAUTH}` (oauth2)"
BY_KEY = "`X-App-Id` (header `X-App-Id`) with `X-App-Token` (header `X-App-Token`)"


def responses(**edits: Any) -> Callable[[Any], None]:
    """Edit the operation's responses: `_204=None` takes one out."""

    def edit(made: Any) -> None:
        held = operation(made)["responses"]
        for name, value in edits.items():
            held[name[1:]] = value
            if value is None:
                del held[name[1:]]

    return edit


def error(edit: Callable[[Any], object]) -> Callable[[Any], object]:
    """Edit the schema of errors."""
    return lambda made: edit(made["components"]["schemas"]["Error"])


def schemes(edit: Callable[[Any], object]) -> Callable[[Any], object]:
    """Edit the security schemes."""
    return lambda made: edit(made["components"]["securitySchemes"])


def whats(made: Any, before: Any = None) -> list[str]:
    """Tell what is lost."""
    return [one.what for one in lost(made, before)]


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (responses(_204=None), "is not answered with 204 any more"),
        (
            responses(_204=None, _200={}),
            "is not answered with 204 any more, and may be answered with 200 now",
        ),
        (responses(_202={}, _201={}), "may be answered with 201 or 202 now"),
        (responses(_204=None, _2XX={}), ""),
        (responses(_204=None, _2xx={}), ""),
        (responses(_400={}, _404=None, default={}), ""),
        (lambda made: operation(made).update(responses=None), "is not answered with 204 any more"),
    ],
)
def test_successes(edit: Callable[[Any], object], told: str) -> None:
    """The one success that the wrapper takes has to be promised, and no other one beside it."""
    expected = [f"{OPERATION} {told}; {COMPARED} takes no success but 204."] if told else []
    assert whats(document(edit)) == expected


ANSWER = f"answer 404 of {OPERATION}"


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (
            lambda one: one["properties"].pop("resource_type"),
            f"The {ANSWER} lost `resource_type`; {READ} reads it.",
        ),
        (
            lambda one: one["properties"].update(key={"type": "integer"}),
            f"`key` in the {ANSWER} is integer now; {READ} reads it as a text.",
        ),
        (
            lambda one: one["properties"].update(key={"type": ["null", "array"]}),
            f"`key` in the {ANSWER} is array or null now; {READ} reads it as a text.",
        ),
        (
            lambda one: one["properties"]["resource_type"].update(enum=["voucher", "campaign"]),
            f"`resource_type` in the {ANSWER} is never `session` now; {TOLD_APART} tells it from others.",
        ),
        (lambda one: one["properties"].update(key={"type": ["string", "null"]}, message={}), ""),
        (lambda one: one["properties"].update(details=True), ""),
        (lambda one: one.update(allOf=[{"properties": one.pop("properties")}, 7], oneOf=7), ""),
        (lambda one: one.pop("properties"), ""),
        (lambda one: one.update(properties=7), ""),
        (lambda one: one["properties"].update(key={"$ref": "#/components/schemas/Gone"}), ""),
        (lambda one: one["properties"].update(key={"$ref": "#/components/schemas/Error/properties/key"}), ""),
        (lambda one: one["properties"].update(key={"$ref": "elsewhere.json#/key"}), ""),
    ],
)
def test_texts_of_errors(edit: Callable[[Any], object], told: str) -> None:
    """What the wrapper reads from a 404 has to be there, as text; what is left open is no loss."""
    assert whats(document(error(edit))) == ([told] if told else [])


def test_errors_that_hold_themselves() -> None:
    """A schema that is a part of itself is read to some depth, and no further."""
    made = document(error(lambda one: one.update(anyOf=[{"$ref": "#/components/schemas/Error"}])))
    assert whats(made) == []


@pytest.mark.parametrize(
    "edit",
    [
        responses(_404=None),
        responses(_404={}),
        responses(_404={"content": {"application/json": 7}}),
        responses(_404={"$ref": "#/components/responses/Gone"}),
    ],
)
def test_errors_without_a_schema(edit: Callable[[Any], object]) -> None:
    """A document that says nothing of the answer's body loses nothing: older ones said nothing either."""
    assert whats(document(edit)) == []


def want(*requirements: Any) -> Callable[[Any], object]:
    """Let the operation want these."""
    return lambda made: operation(made).update(security=[*requirements])


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (
            schemes(lambda held: held["X-App-Token"].update(name="X-App-Soken")),
            [f"{SENDS_KEY} {BY_KEY.replace('(header `X-App-T', '(header `X-App-S')}, or {BY_OAUTH}."],
        ),
        (
            schemes(lambda held: held["X-App-Id"].update({"in": "cookie"})),
            [f"{SENDS_KEY} {BY_KEY.replace('header', 'cookie', 1)}, or {BY_OAUTH}."],
        ),
        (
            schemes(lambda held: held.pop("X-App-Id")),
            [f"{SENDS_KEY} {BY_KEY.replace('header `X-App-Id`', 'not described')}, or {BY_OAUTH}."],
        ),
        (want({OAUTH: ["vouchers"]}), [f"{SENDS_KEY} {BY_OAUTH}."]),
        (
            want({"X-App-Id": [], "X-App-Token": []}),
            [f"{one} {BY_KEY}." for one in SENDS_TOKEN],
        ),
        (
            schemes(lambda held: held.update({OAUTH: {"type": "http", "scheme": "basic"}})),
            [f"{one} {BY_KEY}, or `{OAUTH}` (http basic)." for one in SENDS_TOKEN],
        ),
        (
            want({"Partner": []}),
            [f"{one} `Partner` (not described)." for one in (SENDS_KEY, *SENDS_TOKEN)],
        ),
        (schemes(lambda held: held.update({OAUTH: {"type": "http", "scheme": "Bearer"}})), []),
        (schemes(lambda held: held.update({OAUTH: {"type": "openIdConnect"}})), []),
        (want({"X-App-Id": [], "X-App-Token": [], OAUTH: ["api", "vouchers"]}), []),
        (want({"X-App-Id": []}, {OAUTH: "all"}), []),
        (want({}), []),
        (want(), []),
        (lambda made: made.update(security=operation(made).pop("security")), []),
        (lambda made: operation(made).update(security={"X-App-Id": [], "X-App-Token": [], OAUTH: []}), []),
    ],
)
def test_ways_to_sign(edit: Callable[[Any], object], told: list[str]) -> None:
    """Each class that signs still has to: by the header, in the place and by the scheme that it knows."""
    assert whats(document(edit)) == told


TOGETHER = {"X-App-Id": [], "X-App-Token": [], OAUTH: ["api", "vouchers"]}
ALONE = [
    f"`ApiKey` ({KEY}) sends `X-App-Id` and `X-App-Token`",
    f"`OAuthToken` ({TOKEN}) sends `Authorization`",
    f"`OAuthClientCredentials` ({CLIENT_CREDENTIALS}) sends `Authorization`",
]


@pytest.mark.parametrize(
    ("edit", "wants", "alone"),
    [
        (want(TOGETHER), f"{BY_KEY} with {BY_OAUTH}", ALONE),
        (want(TOGETHER, {OAUTH: []}), f"{BY_KEY} with {BY_OAUTH}, or {BY_OAUTH}", ALONE[:1]),
        (want(TOGETHER, {"X-App-Id": [], "X-App-Token": []}, {OAUTH: []}), "", []),
        (want(TOGETHER, {}), "", []),
        (want(), "", []),
        (want({**TOGETHER, "Partner": []}), "", []),
        (lambda made: made["paths"].pop(PATH), "", []),
    ],
)
def test_ways_to_sign_at_the_same_time(edit: Callable[[Any], object], wants: str, alone: list[str]) -> None:
    """That the document wants two ways at the same time, of which the wrapper sends one, is remarked on."""
    made = document(edit)
    told = [one.what for one in remarks(made, wrapper=WRAPPER)]
    if alone:
        (what,) = told
        assert what.startswith(f"{OPERATION} wants {wants}, at the same time. ")
        assert f"The wrapper sends one of them at a time: {'; '.join(alone)}." in what
        assert whats(made) == []
    assert bool(told) == bool(alone)


@real("vouchers/001-*.json")
def test_real_document_that_wants_both(file: Path) -> None:
    """The vendor's old way of writing that either is enough is remarked on, once, and refuses nothing."""
    (found,) = [one for one in remarks(load(file), wrapper=WRAPPER) if "at the same time" in one.what]
    assert found.pointer.endswith("/delete/security")


def forget_oauth(made: Any) -> None:
    operation(made)["security"].pop(1)
    del made["components"]["securitySchemes"][OAUTH]


def test_way_to_sign_that_left_no_trace() -> None:
    """A scheme that the whole document forgot is a loss where the document before had it, else none."""
    made = document(forget_oauth)
    assert whats(made) == []
    assert whats(made, before=made) == []
    assert whats(made, before=document(lambda before: before["paths"].pop(PATH))) == []
    assert whats(made, before=document()) == [f"{one} {BY_KEY}." for one in SENDS_TOKEN]


def test_document_that_describes_no_scheme() -> None:
    """A document without components wants what it does not describe, and nobody can sign that."""
    assert len(whats(document(lambda made: made.pop("components")))) == 3


def test_scopes() -> None:
    """The scope that the wrapper asks for by itself has to be one of those that the operation names."""
    made = document(want({"X-App-Id": [], "X-App-Token": []}, {OAUTH: ["sessions", "api"]}))
    asks = f"`OAuthClientCredentials` ({CLIENT_CREDENTIALS}) asks for vouchers by itself."
    assert whats(made) == [f"{OPERATION} wants the OAuth scope api or sessions; {asks}"]


@pytest.mark.parametrize(
    ("flows", "told"),
    [
        ({"clientCredentials": {"tokenUrl": "https://auth.example/token"}}, True),
        ({"clientCredentials": {"tokenUrl": "https://us1.api.voucherify.io/v1/oauth/token?x=1"}}, False),
        ({"implicit": {"authorizationUrl": "https://a.example/login", "tokenUrl": "/v1/oauth/token"}}, False),
        ({"implicit": {}, "password": 7}, False),
        (None, False),
    ],
)
def test_where_tokens_are_fetched(flows: Any, told: bool) -> None:  # noqa: FBT001 - a test's parameter
    """The path that the wrapper fetches tokens from is one that the scheme names, where it names any."""
    made = document(schemes(lambda held: held[OAUTH].update(flows=flows)))
    here = place("_signing.py", "_TOKEN_PATH =")
    gives = (
        f"`{OAUTH}` gives tokens at https://auth.example/token now; {here} fetches them at /v1/oauth/token."
    )
    assert whats(made) == ([gives] if told else [])


def clusters(edit: Callable[[Any], object]) -> Callable[[Any], object]:
    """Edit the list of clusters."""
    return lambda made: edit(made["servers"][0]["variables"]["cluster"]["enum"])


def serve(*urls: str, at: str = "") -> Callable[[Any], object]:
    """Let the document, its path item or its operation have these servers alone."""

    def edit(made: Any) -> None:
        item = made["paths"][PATH]
        {"": made, "item": item, "operation": item["delete"]}[at]["servers"] = [{"url": url} for url in urls]

    return edit


EVERY = tuple(f"https://{cluster}.voucherify.io" for cluster in ("api", "us1.api", "as1.api"))
NONE = "The document has none of the wrapper's clusters: "
DOMAIN = f"{place('_clusters.py', '_DOMAIN =')} says voucherify.io."
US = f"The document lost the cluster `us1.api`; {place('_clusters.py', 'US =')} offers it as `Cluster.US`."


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (clusters(lambda held: held.remove("us1.api")), US),
        (clusters(lambda held: held.remove("us1.download")), ""),
        (clusters(lambda held: held.clear()), ""),
        (lambda made: made["servers"][0].pop("variables"), ""),
        (serve(*EVERY), ""),
        (serve(EVERY[0] + "/", EVERY[2]), US),
        (serve(EVERY[0], EVERY[2], at="item"), US),
        (serve(EVERY[0], EVERY[2], at="operation"), US),
        (lambda made: made.pop("servers"), f"{NONE}it names no server; {DOMAIN}"),
        (lambda made: made.update(servers="https://x"), f"{NONE}it names no server; {DOMAIN}"),
        (
            serve("https://a.io", "https://b.io"),
            f"{NONE}its servers are https://a.io, https://b.io; {DOMAIN}",
        ),
        (serve(f"{EVERY[0]}/v2"), f"{NONE}its servers are {EVERY[0]}/v2; {DOMAIN}"),
    ],
)
def test_clusters(edit: Callable[[Any], object], told: str) -> None:
    """Each cluster that the wrapper offers is an address of one of the servers, however they are written."""
    assert whats(document(edit)) == ([told] if told else [])


def test_new_clusters_are_remarked_on() -> None:
    """A cluster that the wrapper does not know stands against nothing, and is told to who asks."""
    made = document(clusters(lambda held: held.append("eu2.api")))
    assert whats(made) == []
    (found,) = remarks(made, wrapper=WRAPPER)
    here = place("_clusters.py", "EU =")
    has = "The document has the server https://eu2.api.voucherify.io"
    assert found.what == f"{has}, which `Cluster` ({here}) does not offer yet."
    assert remarks(document(serve("https://{anything}.example")), wrapper=WRAPPER) == ()


def test_servers_of_a_document_without_the_operation() -> None:
    """Where the operation is gone, the document's own servers are looked at all the same."""
    made = document(lambda made: made["paths"].pop(PATH))
    assert len(whats(made)) == 1


def test_templates_that_mean_too_much() -> None:
    """A template with endless values is written out to some of them, and ends."""
    many = {name: {"enum": [str(number) for number in range(1000)]} for name in "abcd"}
    servers = [{"url": "https://{a}.{b}.{c}.{d}", "variables": many}]
    made = document(lambda made: made.update(servers=servers))
    assert whats(made)[0].startswith(NONE)


def test_references_in_a_circle() -> None:
    """References that lead to each other lead nowhere, and end."""
    made = document()
    made["components"]["securitySchemes"][OAUTH] = {"$ref": f"#/components/securitySchemes/{OAUTH}"}
    assert whats(made) == [f"{one} {BY_KEY}, or `{OAUTH}` (not described)." for one in SENDS_TOKEN]


@real("vouchers/*.json", "full/*.json")
def test_real_documents_hold(file: Path) -> None:
    """No revision of the vendor's breaks a promise."""
    assert whats(load(file)) == []
