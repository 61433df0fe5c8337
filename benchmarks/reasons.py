"""Why a finding of oasdiff has no row here that weighs as much, and why a row here weighs more.

Each reason names the check or the rule, says when it holds, and proves its point in a sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from scripts.comparison.severity import Direction, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from scripts.comparison.changes import Change


@dataclass(frozen=True)
class Finding:
    """What oasdiff says.

    Attributes:
        check: The check's id.
        level: 3 breaking, 2 warning, 1 neither.
        operation: Method and path.
        text: Its sentence.
    """

    check: str
    level: int
    operation: str
    text: str

    @property
    def quoted(self) -> list[str]:
        """The names and values that its sentence quotes."""
        return re.findall(r"`([^`]*)`", self.text)

    @property
    def names(self) -> list[str]:
        """The names on the way to the place that it is about, the last one first."""
        found = []
        for quoted in self.quoted:
            for step in reversed(quoted.split("/")):
                inner = re.search(r"\[(?:subschema #\d+: )?(?:#/components/schemas/)?([^\]]*)\]", step)
                name = inner[1] if inner else step
                if name and name not in {"items", "allOf", "oneOf", "anyOf", "additionalProperties"}:
                    found.append(name.replace(" ", "").lower())
        return found


@dataclass(frozen=True)
class Milder:
    """Why a finding of oasdiff weighs less here.

    Attributes:
        checks: A pattern of the check's ids.
        applies: Whether it holds, given the finding and the rows of its operation.
        why: The proof.
    """

    checks: str
    applies: Callable[[Finding, list[Change]], bool]
    why: str


@dataclass(frozen=True)
class Harsher:
    """Why a row is breaking here and not there.

    Attributes:
        rules: A pattern of the rule's names.
        applies: Whether it holds, given the row and what oasdiff says of its operations.
        why: The reason.
    """

    rules: str
    applies: Callable[[Change, list[Finding]], bool]
    why: str


def _always(*_: object) -> bool:
    return True


def _beside(pattern: str) -> Callable[[Finding, list[Change]], bool]:
    """Whether a row of a rule reaches the operation."""
    return lambda _, rows: any(re.fullmatch(pattern, row.rule) for row in rows)


def _harmless(_: Finding, rows: list[Change]) -> bool:
    """Whether nothing that reaches the operation weighs anything."""
    return all(row.severity is Severity.HARMLESS for row in rows)


def _overlapping_alone(finding: Finding, rows: list[Change]) -> bool:
    """Whether what weighs there is that values fit two branches now, or do so no longer."""
    others = [row for row in rows if not row.rule.startswith("one-of-overlap-")]
    return len(others) < len(rows) and _harmless(finding, others)


def _only_asked(row: Change, findings: list[Finding]) -> bool:
    """Whether it travels in parameters, and oasdiff says nothing there."""
    bodiless = all(one.split()[0] in {"GET", "DELETE", "HEAD"} for one in row.operations)
    named = "parameter" in f"{row.old_pointer} {row.new_pointer}".lower()
    return Direction.SENT in row.directions and (bodiless or named) and not findings


def _said(pattern: str) -> Callable[[Change, list[Finding]], bool]:
    """Whether oasdiff says such a thing of the operation."""
    return lambda _, findings: any(re.fullmatch(pattern, one.check) for one in findings)


def _silent(pattern: str) -> Callable[[Change, list[Finding]], bool]:
    """Whether oasdiff says no such thing of the operation."""
    return lambda _, findings: not any(re.fullmatch(pattern, one.check) for one in findings)


MILDER: tuple[Milder, ...] = (
    Milder(
        "response-optional-property-removed|optional-response-header-removed",
        _always,
        "It was optional: a client that keeps to the old document copes without it.",
    ),
    Milder(
        "request-parameter-default-value-.*",
        _always,
        "A default is no bound: each request that was accepted still is.",
    ),
    Milder(
        "response-property-enum-value-added|response-body-enum-value-added",
        _beside("enum-set|const-set"),
        "A limit was set where none was; oasdiff counts its values as added. Nothing new is received.",
    ),
    Milder(
        "request-.*-enum-value-removed",
        _beside("enum-removed|const-removed"),
        "The whole limit was dropped; oasdiff counts its values as removed. Nothing is refused that was not.",
    ),
    Milder(
        "request-.*type-changed|request-.*type-specialized",
        _beside("format-removed|format-widened|type-widened|wrapped-in-any-of|union-removed"),
        "All that was accepted still is: what is accepted now holds what was accepted before.",
    ),
    Milder(
        "response-.*type-changed",
        _beside("format-added|format-narrowed|type-narrowed|unwrapped(-from-one-of)?|union-added"),
        "All that is received now was promised before: what was promised holds what is promised now.",
    ),
    Milder(
        "response-.*(type-changed|one-of-added|list-of-types.*|became-nullable|required-property-removed)",
        _beside("wrapped-in-one-of"),
        "Wrapped in a `oneOf` that keeps the original: no more is known than that it may differ; a warning.",
    ),
    Milder(
        "request-.*all-of-removed",
        _beside("all-of-member-removed|property-became-optional"),
        "One condition fewer: all that was accepted still is.",
    ),
    Milder(
        "response-media-type-name-generalized|request-body-media-type-.*",
        _beside("media-type-renamed"),
        "A media type renamed: whether a client takes both for the same is not known; a warning.",
    ),
    Milder(
        "response-(property|body)-one-of-added",
        _harmless,
        "Another branch accepts all that the new one accepts: no value is received that was not promised.",
    ),
    Milder(
        "request-(property|body)-(one|any)-of-removed",
        _harmless,
        "Another branch accepts all that the old one accepted: no value is refused that was not.",
    ),
    Milder(
        "response-(property|body)-one-of-added|request-(property|body)-one-of-removed",
        _overlapping_alone,
        "Another branch accepts all that this one accepts; that its values fit two now is the row.",
    ),
    Milder(
        "request-(property|body)-all-of-added",
        lambda finding, rows: _harmless(finding, rows) and _beside("optional-property-added")(finding, rows),
        "The member brings optional properties alone; who keeps to the old document does not send them.",
    ),
    Milder(
        "response-property-became-optional",
        lambda _, rows: not rows,
        "The schema around the `allOf`, or another member of it, still asks for it.",
    ),
)

UNSEEN = "oasdiff does not look there; the law names it."

HARSHER: tuple[Harsher, ...] = (
    Harsher(
        "enum-value-added",
        _said("response-.*enum-value-added"),
        "oasdiff warns. A value that the old document excludes is received: that widens, and breaks.",
    ),
    Harsher(
        ".*-set|.*-added|.*-tightened",
        _said("request-.*-set"),
        "oasdiff warns. A bound where none was refuses what was accepted: that narrows, and breaks.",
    ),
    Harsher(
        "security-scheme-narrowed|security-scope-dropped",
        _always,
        "oasdiff tells it without a weight. Who asks for a token with a scope that is gone can be refused.",
    ),
    Harsher(
        "security-.*",
        _said("api-.*security.*|api-.*scope.*"),
        "oasdiff tells it without a weight. Credentials that sufficed do so no longer.",
    ),
    Harsher(
        "server-.*|parameter-style-changed|additional-properties-.*|unique-items-.*|not-.*|items-.*",
        _always,
        UNSEEN,
    ),
    Harsher(
        "format-changed",
        _silent(".*type-changed"),
        "oasdiff does not tell it in responses. Who reads the one format cannot read the other.",
    ),
    Harsher(
        ".*",
        _only_asked,
        "oasdiff does not look into properties, items and unions of parameters. A request is refused now.",
    ),
    Harsher(
        "property-became-required|required-property-added",
        _said("request-property-became-required-with-default|new-required-request-property-with-default"),
        "oasdiff counts on the default. By JSON Schema a default fills nothing in: none sent is refused.",
    ),
    Harsher(
        "type-changed",
        _said("request-parameter-(property-)?type-(generalized|changed)"),
        "oasdiff takes a text for more general, or warns. A server that waits for one refuses the other.",
    ),
    Harsher(
        "required-property-removed",
        _said("response-(body|property)-all-of-removed"),
        "oasdiff names the member of `allOf` that went, without a weight. What it required may be missing.",
    ),
    Harsher(
        "(min|max).*-removed",
        _silent(".*-(unset|removed)"),
        "oasdiff does not tell this limit's end in responses. What it excluded can be received.",
    ),
    Harsher(
        "max-items-.*",
        _silent(".*max-items.*"),
        "oasdiff has no check of it in bodies; the law names bounds of every kind.",
    ),
    Harsher(
        ".*",
        lambda row, findings: "{}" in row.subject and not findings,
        "oasdiff does not tell what changes in the values of this map.",
    ),
    Harsher(
        "required-property-became-sendable",
        lambda _, findings: not findings,
        "oasdiff does not see `readOnly` behind a reference. A request needs the property now.",
    ),
    Harsher(
        "required-property-became-sendable",
        _said("request-required-property-became-not-read-only"),
        "oasdiff tells it without a weight. The request needs a property that it could not have before.",
    ),
    Harsher(
        "required-property-removed",
        _said("response-optional-property-removed"),
        "Its name is required still, and its schema went; oasdiff takes it for optional. Any value may come.",
    ),
    Harsher(
        "all-of-member-removed",
        _said("response-.*all-of-removed"),
        "oasdiff tells it without a weight. What the member promised is promised no longer.",
    ),
    Harsher(
        "enum-removed|const-removed",
        _said("response-.*enum-value-removed"),
        "The whole limit was dropped; oasdiff counts its values as removed. Any value may be received now.",
    ),
    Harsher(
        "pattern-removed",
        _said("response-.*pattern-removed"),
        "oasdiff tells it without a weight. Texts can be received that the pattern excluded.",
    ),
)


def why_milder(finding: Finding, rows: Iterable[Change]) -> str:
    """Return the reason why a finding has no row that weighs as much, or nothing."""
    near = [*rows]
    for reason in MILDER:
        if re.fullmatch(reason.checks, finding.check) and reason.applies(finding, near):
            return reason.why
    return ""


def why_harsher(row: Change, findings: Iterable[Finding]) -> str:
    """Return the reason why a row is breaking that oasdiff does not call so, or nothing."""
    near = [*findings]
    for reason in HARSHER:
        if re.fullmatch(reason.rules, row.rule) and reason.applies(row, near):
            return reason.why
    return ""
