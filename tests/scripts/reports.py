"""Hand-made reports for the tests: of every verdict, with rows of every kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from scripts.comparison.changes import Axis, Change, Comparison, Revision, in_order
from scripts.comparison.severity import Direction, Effect, Severity
from scripts.notes import Kind, Note
from scripts.reporting.model import CodeCheck, Finding, Report, Run

if TYPE_CHECKING:
    from collections.abc import Iterable

OLD = Revision("openapi/vouchers.json", "Vouchers API", "v2018-08-01", "a" * 64, 17, 124)
NEW = Revision(
    "https://example.org/vouchers.json", "Vouchers API", "v2018-08-01", "0123456789abcdef" * 4, 18, 125
)

ENUM = Change(
    Axis.WIRE, "response-enum-value-added", Severity.BREAKING, "Voucher.discount.effect",
    "The value `ADD_NEW_ITEMS` was added.", "A client may receive a value that it does not know.",
    Effect.WIDENS, (Direction.RECEIVED,), ["APPLY"], ["APPLY", "ADD_NEW_ITEMS"],
    tuple(f"GET /v1/things/{number}" for number in range(7)),
    "/components/schemas/Discount/properties/effect/enum",
    "/components/schemas/Discount/properties/effect/enum",
)  # fmt: skip
REMOVED = Change(
    Axis.WIRE, "operation-removed", Severity.BREAKING, "DELETE /v1/vouchers/{code}",
    "The operation was removed.", "Calls to it fail.",
    Effect.NARROWS, (Direction.SENT,), {"operationId": "delete-voucher"}, None,
    ("DELETE /v1/vouchers/{code}",), "/paths/~1v1~1vouchers~1{code}/delete", None,
)  # fmt: skip
PATTERN = Change(
    Axis.WIRE, "pattern-changed", Severity.WARNING, "Voucher.code", "The pattern changed.",
    "Which texts it allows cannot be compared.", Effect.UNKNOWN, (Direction.SENT, Direction.RECEIVED), "^a+$",
    "^[ab]+$", ("GET /v1/vouchers/{code}", "POST /v1/vouchers/{code}"),
    "/components/schemas/Voucher/properties/code/pattern",
    "/components/schemas/Voucher/properties/code/pattern",
)  # fmt: skip
ADDED = Change(
    Axis.WIRE, "optional-property-added", Severity.HARMLESS, "Voucher.note",
    "An optional property was added.", "Readers skip what they do not know.",
    Effect.NONE, (Direction.RECEIVED,), None, {"type": "string"},
    ("GET /v1/vouchers/{code}",), None, "/components/schemas/Voucher/properties/note",
)  # fmt: skip
SIGNATURE = Change(
    Axis.PYTHON, "argument-required", Severity.BREAKING, "api.vouchers.get_voucher.sync",
    "The argument `limit` became required.", "Calls without it raise a TypeError.",
    before="def sync(code: str, *, limit: int | Unset = UNSET) -> Voucher | None",
    after="def sync(code: str, *, limit: int) -> Voucher | None",
)  # fmt: skip
CLASS = Change(
    Axis.PYTHON, "class-added", Severity.HARMLESS, "models.Note", "A class was added.", "Nobody uses it yet.",
    after="class Note",
)  # fmt: skip
WORDS = Change(
    Axis.PROSE, "description-changed", Severity.HARMLESS, "Voucher.code", "The description changed.",
    "Readers alone notice.", before="The code.", after="The voucher's code.",
    old_pointer="/components/schemas/Voucher/properties/code/description",
    new_pointer="/components/schemas/Voucher/properties/code/description",
)  # fmt: skip
ACCEPTED = replace(REMOVED, subject="GET /v1/gone", approval="Ada: nobody here calls it")
ALL = (ENUM, REMOVED, PATTERN, ADDED, SIGNATURE, CLASS, WORDS, ACCEPTED)
REPAIR = Note("/paths/~1v1", Kind.REPAIRED, "`required: true` was dropped.", "It belongs into a list.")
FINDING = Finding(
    "`release-validation-session` lost its parameter `sessionKey`.", "voucherify_wrapper/_adapter.py", 31
)


def comparison(*changes: Change, **settings: Any) -> Comparison:
    """Make a comparison with these changes."""
    return Comparison(OLD, NEW, in_order(changes), **settings)


def report(*changes: Change, **settings: Any) -> Report:
    """Make a report with these changes."""
    return Report(comparison(*changes), axes=tuple(Axis), **settings)


def full() -> Report:
    """Make a report with every kind of row that an update which is not refused can have."""
    return Report(
        comparison(*ALL, old_repairs=(REPAIR,), new_repairs=(REPAIR, REPAIR), stale_approvals=("feed" * 4,)),
        code=CodeCheck(
            "shop/",
            (Finding("Missing argument `limit`.", "shop/checkout.py", 12, "    sync('x', client=c)"),),
            2,
            (Finding("It is no Python.", "shop/old.py", 3, "def (:"),),
        ),
        remarks=(Finding("The cluster `eu2.api` is new, and the wrapper has no name for it."),),
        axes=tuple(Axis),
        generated="18 of 18 operations",
        source="https://example.org/vouchers.json",
    )


def of_every_kind() -> dict[str, Report]:
    """Make reports of every verdict, with every list empty and not."""
    return {
        "full": full(),
        "refused": replace(
            full(), refusals=(Finding("It was cut off.", pointer="/paths"),), contract=(FINDING,)
        ),
        "unread": Report(None, refusals=(Finding("The page is HTML."),), source="https://example.org/"),
        "not fetched": Report(None),
        "unchanged": report(),
        "written in another way": report(renewed=True, run=Run.UPDATE),
        "compatible": report(ADDED, CLASS, run=Run.DRY_RUN),
        "one harmless": report(ADDED),
        "doubtful": report(PATTERN, ADDED),
        "one doubt": report(PATTERN),
        "approved": report(ACCEPTED, ADDED),
        "approved and doubtful": report(ACCEPTED, replace(ACCEPTED, subject="GET /v1/gone/too"), PATTERN),
        "prose": report(WORDS),
        "python": report(SIGNATURE),
        "wire": report(replace(REMOVED, operations=())),
        "code is fine": report(ADDED, code=CodeCheck("shop", (), 0)),
        "refused for two": Report(comparison(), contract=(FINDING, FINDING)),
    }


def with_texts(texts: Iterable[str]) -> Report:
    """Make a report in which every text is one of these, as a hostile document could have them."""
    several = [*texts]
    changes = [
        Change(
            axis, text, severity, text, text, text, before={text: [text]} if number % 2 else text, after=text,
            operations=(text,) * 5, old_pointer=f"/{text}", new_pointer=f"/{text}",
            approval=text if number % 3 == 2 else "",
        )
        for number, text in enumerate(several)
        for axis in Axis
        for severity in Severity
    ]  # fmt: skip
    text = several[0]
    finding = Finding(text, text, 3, text, text)
    revision = Revision(text, text, text, "f" * 64, 1, 1)
    note = Note(text, Kind.REPAIRED, text, text)
    return Report(
        Comparison(
            revision, replace(revision, version=f"{text}2"), in_order(changes), (note,), (note,), (text,)
        ),
        refusals=tuple(Finding(each, each, 1, each, each) for each in several),
        contract=(finding,),
        remarks=(finding,),
        code=CodeCheck(text, (finding,), 1, (finding,)),
        axes=tuple(Axis),
        generated=text,
        source=text,
    )
