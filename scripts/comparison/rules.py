"""The table of rules: what each kind of change does to what is allowed, and the words that tell it."""

from __future__ import annotations

import re
from typing import NamedTuple

from scripts.comparison.severity import Direction, Effect, Severity, severity_of

NARROWS, WIDENS, INCOMPARABLE, UNKNOWN, NONE = Effect


class Rule(NamedTuple):
    """One kind of change.

    Attributes:
        sent: What it does to what the client sends.
        received: What it does to what the client receives.
        what: One sentence; names in braces stand for the details.
        why: One sentence, where the law's own words do not suffice.
    """

    sent: Effect
    received: Effect
    what: str
    why: str = ""

    def effect(self, direction: Direction) -> Effect:
        """Return the effect on one direction."""
        return self.sent if direction is Direction.SENT else self.received


def _both(effect: Effect, what: str, why: str = "") -> Rule:
    return Rule(effect, effect, what, why)


_FEWER_SENT = "The server may ignore or refuse what a client still sends."
_NO_LESS = "It may be missing already; a client that keeps to the old revision copes."
_DOCUMENTED = "It says nothing of what travels."


def kebab(keyword: str) -> str:
    """Write a keyword as rules are written: `min-length` for `minLength`."""
    return re.sub("[A-Z]", lambda match: f"-{match[0].lower()}", keyword)


_BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
           "maxProperties", "minContains", "maxContains")  # fmt: skip
_SUBSCHEMAS = ("items", "additionalProperties", "propertyNames", "unevaluatedItems", "unevaluatedProperties",
               "contentSchema", "then", "else", "prefixItems", "dependentSchemas")  # fmt: skip

RULES: dict[str, Rule] = {
    **{f"{kebab(name)}-set": _both(NARROWS, f"`{name}` set to {{after}}.") for name in _BOUNDS},
    **{f"{kebab(name)}-removed": _both(WIDENS, f"`{name}` of {{before}} removed.") for name in _BOUNDS},
    **{
        f"{kebab(name)}-tightened": _both(NARROWS, f"`{name}` tightened from {{before}} to {{after}}.")
        for name in _BOUNDS
    },
    **{
        f"{kebab(name)}-loosened": _both(WIDENS, f"`{name}` loosened from {{before}} to {{after}}.")
        for name in _BOUNDS
    },
    **{
        f"{kebab(name)}-added": _both(NARROWS, f"`{name}` set to {{after}}; it was not limited.")
        for name in _SUBSCHEMAS
    },
    **{
        f"{kebab(name)}-removed": _both(WIDENS, f"`{name}` no longer limited to {{before}}.")
        for name in _SUBSCHEMAS
    },
    "not-added": _both(NARROWS, "Must no longer be {after} (`not`)."),
    "not-removed": _both(WIDENS, "May now be {before} (`not`)."),
    "contains-added": _both(NARROWS, "Must contain an item that is {after}."),
    "contains-removed": _both(WIDENS, "Need no longer contain an item that is {before}."),
    # Of schemas, what values are
    "type-changed": _both(INCOMPARABLE, "Type changed from {before} to {after}."),
    "type-widened": _both(WIDENS, "Type widened from {before} to {after}."),
    "type-narrowed": _both(NARROWS, "Type narrowed from {before} to {after}."),
    "null-added": _both(WIDENS, "May now be null."),
    "null-removed": _both(NARROWS, "May no longer be null."),
    "values-forbidden": _both(NARROWS, "No value is allowed any more."),
    "values-allowed": _both(WIDENS, "Values are allowed; none were before."),
    "enum-set": _both(NARROWS, "Limited to {after}."),
    "enum-removed": _both(WIDENS, "No longer limited to {before}."),
    "enum-value-added": _both(WIDENS, "Enum gained {after}."),
    "enum-value-removed": _both(NARROWS, "Enum lost {before}."),
    "enum-changed": _both(INCOMPARABLE, "Enum lost {before} and gained {after}."),
    "const-set": _both(NARROWS, "Fixed to {after}."),
    "const-removed": _both(WIDENS, "No longer fixed to {before}."),
    "const-changed": _both(INCOMPARABLE, "Fixed value changed from {before} to {after}."),
    "pattern-added": _both(NARROWS, "Pattern {after} added."),
    "pattern-removed": _both(WIDENS, "Pattern {before} removed."),
    "pattern-changed": _both(
        UNKNOWN, "Pattern changed from {before} to {after}.", "Which texts fit both is not known."
    ),
    "format-added": _both(NARROWS, "Format {after} added."),
    "format-removed": _both(WIDENS, "Format {before} removed."),
    "format-changed": _both(INCOMPARABLE, "Format changed from {before} to {after}."),
    "format-widened": _both(WIDENS, "Format widened from {before} to {after}."),
    "format-narrowed": _both(NARROWS, "Format narrowed from {before} to {after}."),
    "multiple-of-added": _both(NARROWS, "Must be a multiple of {after}."),
    "multiple-of-removed": _both(WIDENS, "Need no longer be a multiple of {before}."),
    "multiple-of-changed": _both(INCOMPARABLE, "`multipleOf` changed from {before} to {after}."),
    "unique-items-added": _both(NARROWS, "Items must be unique."),
    "unique-items-removed": _both(WIDENS, "Items need no longer be unique."),
    "content-encoding-changed": _both(INCOMPARABLE, "`contentEncoding` changed from {before} to {after}."),
    "content-media-type-changed": _both(INCOMPARABLE, "`contentMediaType` changed from {before} to {after}."),
    # Of schemas, what is in them
    "optional-property-added": _both(
        NONE,
        "Optional property {name} added.",
        "Clients need not send it, and pass over what they do not know.",
    ),
    "required-property-added": _both(NARROWS, "Required property {name} added."),
    "optional-property-removed": Rule(UNKNOWN, NONE, "Optional property {name} removed."),
    "required-property-removed": Rule(UNKNOWN, WIDENS, "Required property {name} removed."),
    "closed-property-removed": Rule(NARROWS, NONE, "Property {name} removed, and no others are allowed."),
    "property-became-required": _both(NARROWS, "Property {name} became required."),
    "property-became-optional": _both(WIDENS, "Property {name} became optional."),
    "optional-property-became-read-only": Rule(
        UNKNOWN, NONE, "Property {name} became read-only.", _FEWER_SENT
    ),
    "required-property-became-read-only": Rule(
        UNKNOWN, NONE, "Property {name} became read-only.", _FEWER_SENT
    ),
    "optional-property-became-sendable": Rule(NONE, NONE, "Property {name} is no longer read-only."),
    "required-property-became-sendable": Rule(
        NARROWS, NONE, "Required property {name} is no longer read-only."
    ),
    "optional-property-became-write-only": Rule(NONE, NONE, "Property {name} became write-only.", _NO_LESS),
    "required-property-became-write-only": Rule(NONE, WIDENS, "Required property {name} became write-only."),
    "property-became-receivable": Rule(NONE, NONE, "Property {name} is no longer write-only."),
    "pattern-properties-added": _both(NARROWS, "Properties like {name} are held to a schema."),
    "pattern-properties-removed": _both(WIDENS, "Properties like {name} are no longer held to a schema."),
    "pattern-properties-allowed": _both(WIDENS, "Properties like {name} are allowed."),
    "pattern-properties-refused": _both(NARROWS, "Properties like {name} are no longer allowed."),
    "dependent-required-added": _both(NARROWS, "{other} became required where {name} is present."),
    "dependent-required-removed": _both(WIDENS, "{other} is no longer required where {name} is present."),
    "condition-added": _both(NARROWS, "A condition (`if`) was added."),
    "condition-removed": _both(WIDENS, "A condition (`if`) was removed."),
    "condition-changed": _both(
        UNKNOWN, "A condition (`if`) was changed.", "Which values it concerns is not known."
    ),
    "all-of-member-added": _both(NARROWS, "Must also be {after} (`allOf`)."),
    "all-of-member-removed": _both(WIDENS, "Need no longer be {before} (`allOf`)."),
    "union-added": _both(NARROWS, "Limited to one of {after}."),
    "union-removed": _both(WIDENS, "No longer limited to one of {before}."),
    "union-replaced": _both(INCOMPARABLE, "{before} became {after}."),
    "union-branch-added": _both(WIDENS, "May also be {after}."),
    "union-branch-removed": _both(NARROWS, "May no longer be {before}."),
    "union-became-one-of": _both(NARROWS, "Must fit exactly one of its branches, not any of them."),
    "union-became-any-of": _both(WIDENS, "May fit several of its branches, not exactly one."),
    "wrapped-in-any-of": _both(WIDENS, "May also be {after}."),
    "wrapped-in-one-of": _both(
        UNKNOWN, "May also be {after} (`oneOf`).", "Values that fit several branches are refused."
    ),
    "unwrapped": _both(NARROWS, "May no longer be {before}."),
    "unwrapped-from-one-of": Rule(
        NARROWS,
        UNKNOWN,
        "May no longer be {before} (`oneOf`).",
        "Values that fitted several branches are allowed now.",
    ),
    "one-of-overlap-grown": Rule(
        UNKNOWN,
        NARROWS,
        "More values of other branches may fit {after} too; what fits two branches is refused (`oneOf`).",
        "That no value fits both is not proven.",
    ),
    "one-of-overlap-shrunk": Rule(
        WIDENS,
        UNKNOWN,
        "Fewer values of other branches may fit {before}; what fitted two was refused (`oneOf`).",
        "That no value fitted both is not proven.",
    ),
    **{
        f"reference-{name}": _both(UNKNOWN, what, "What it refers to is not known.")
        for name, what in (
            ("changed", "Refers to {after}, not to {before}."),
            ("added", "Refers to {after}."),
            ("removed", "No longer refers to {before}."),
        )
    },
    "default-changed": _both(NONE, "Default changed from {before} to {after}.", _DOCUMENTED),
    "discriminator-changed": _both(NONE, "Discriminator changed.", _DOCUMENTED),
    "deprecation-added": _both(NONE, "Deprecated.", "It still works as it did."),
    "deprecation-removed": _both(NONE, "No longer deprecated.", "It still works as it did."),
    "xml-changed": _both(UNKNOWN, "`xml` changed.", "It matters where the body is XML."),
    # What operations have
    "operation-added": _both(WIDENS, "Operation added."),
    "operation-removed": _both(NARROWS, "Operation removed."),
    "webhook-added": _both(WIDENS, "Webhook added.", "A client asks for webhooks; it need not."),
    "webhook-removed": _both(NARROWS, "Webhook removed.", "A client that waits for it waits forever."),
    "callback-added": _both(WIDENS, "Callback added.", "A client asks for callbacks; it need not."),
    "callback-removed": _both(NARROWS, "Callback removed.", "A client that waits for it waits forever."),
    "operation-id-changed": _both(NONE, "operationId changed from {before} to {after}.", _DOCUMENTED),
    "tags-changed": _both(NONE, "Tags changed from {before} to {after}.", _DOCUMENTED),
    "required-parameter-added": _both(NARROWS, "Required parameter added."),
    "optional-parameter-added": _both(NONE, "Optional parameter added.", "Clients need not send it."),
    "parameter-removed": Rule(UNKNOWN, WIDENS, "Parameter removed."),
    "parameter-became-required": _both(NARROWS, "Parameter became required."),
    "parameter-became-optional": _both(WIDENS, "Parameter became optional."),
    "parameter-style-changed": _both(INCOMPARABLE, "Now written as {after}, not as {before}."),
    "parameter-allows-more": _both(WIDENS, "`{keyword}` is now true."),
    "parameter-allows-less": _both(NARROWS, "`{keyword}` is no longer true."),
    "body-removed": Rule(NARROWS, WIDENS, "Request body removed."),
    "required-body-added": Rule(NARROWS, NONE, "Required request body added."),
    "optional-body-added": Rule(WIDENS, NONE, "Optional request body added."),
    "body-became-required": _both(NARROWS, "Request body became required."),
    "body-became-optional": _both(WIDENS, "Request body became optional."),
    "media-type-added": _both(WIDENS, "Media type {after} added."),
    "media-type-removed": _both(NARROWS, "Media type {before} removed."),
    "media-type-renamed": _both(
        UNKNOWN,
        "Media type renamed from {before} to {after}.",
        "Whether both are taken for the same is not known.",
    ),
    "encoding-changed": _both(INCOMPARABLE, "Encoding of {name} changed from {before} to {after}."),
    "response-added": _both(WIDENS, "Response added."),
    "response-removed": _both(NARROWS, "Response removed.", "Who waits for it gets another answer."),
    "required-header-added": _both(WIDENS, "Required header added."),
    "required-header-removed": _both(NARROWS, "Required header removed.", "Clients may rely on it."),
    "optional-header-added": _both(
        NONE, "Optional header added.", "Clients pass over what they do not know."
    ),
    "optional-header-removed": _both(NONE, "Optional header removed.", _NO_LESS),
    "header-became-required": _both(WIDENS, "Header became required."),
    "header-became-optional": _both(NARROWS, "Header became optional.", "Clients may rely on it."),
    # Around them
    "security-alternative-added": _both(WIDENS, "Access is now granted with {after}."),
    "security-alternative-removed": _both(NARROWS, "Access is no longer granted with {before}."),
    "security-scheme-changed": _both(INCOMPARABLE, "`{keyword}` changed from {before} to {after}."),
    "security-scheme-narrowed": _both(NARROWS, "{before} removed."),
    "security-scheme-widened": _both(WIDENS, "{after} added."),
    "security-scope-dropped": _both(
        UNKNOWN,
        "{before} removed.",
        "No operation asks for it, but who asks for a token with it can be refused.",
    ),
    "security-scope-added": _both(NARROWS, "Now needs {after}, not {before}."),
    "security-scope-removed": _both(WIDENS, "Access is now granted with {after}, not only with {before}."),
    "server-added": _both(WIDENS, "Server {after} added."),
    "server-removed": _both(NARROWS, "Server {before} removed."),
    "server-changed": _both(
        UNKNOWN,
        "Server {name} changed in what it stands for, or was removed.",
        "It stands for too many addresses to tell which of them are left.",
    ),
    "server-default-changed": _both(
        NONE,
        "Default of server variable {name} changed from {before} to {after}.",
        "The old one still works.",
    ),
}
"""Every kind of change, by name."""

_WHY = {
    (Effect.NARROWS, Direction.SENT): "What a client sends today can be refused.",
    (Effect.NARROWS, Direction.RECEIVED): "A client receives nothing that it did not receive before.",
    (Effect.WIDENS, Direction.SENT): "All that a client sends today is still accepted.",
    (Effect.WIDENS, Direction.RECEIVED): "A client can receive what it was not promised.",
    (Effect.INCOMPARABLE, Direction.SENT): "What a client sends today can be refused.",
    (Effect.INCOMPARABLE, Direction.RECEIVED): "A client can receive what it was not promised.",
    (Effect.UNKNOWN, Direction.SENT): "It cannot be proven that what a client sends is still accepted.",
    (Effect.UNKNOWN, Direction.RECEIVED): "It cannot be proven that a client receives what it was promised.",
    (Effect.NONE, Direction.SENT): "Clients need not notice.",
    (Effect.NONE, Direction.RECEIVED): "Clients need not notice.",
}

FLIPPED = {
    **{effect: effect for effect in Effect},
    Effect.NARROWS: Effect.WIDENS,
    Effect.WIDENS: Effect.NARROWS,
}
"""What a change within a `not` does to the whole."""

_UNNOTICED = {Direction.SENT: UNKNOWN, Direction.RECEIVED: WIDENS}
"""What that does which clients need not notice, within a `not`: it still changes what is refused there."""
_SAYS_NOTHING = {"default-changed", "discriminator-changed", "deprecation-added", "deprecation-removed"}
"""Changes that are none for values, wherever they stand."""


class Weight(NamedTuple):
    """What a change weighs in one context; the worst sorts first."""

    rank: int
    effect: Effect
    direction: Direction
    severity: Severity
    why: str


def weigh(name: str, direction: Direction, *, flipped: bool = False, guard: str = "") -> Weight:
    """Weigh a change by its rule, its direction and what guards it.

    Args:
        name: The rule's name.
        direction: Who has to cope.
        flipped: Whether it stands within a `not`.
        guard: Why it weighs less; empty where it does not.

    Returns:
        The weight.
    """
    rule = RULES[name]
    effect = rule.effect(direction)
    if flipped:
        is_noticed = effect is NONE and name not in _SAYS_NOTHING
        effect = _UNNOTICED[direction] if is_noticed else FLIPPED[effect]
    severity = severity_of(effect, direction, guarded=bool(guard))
    why = rule.why if rule.why and not flipped else _WHY[effect, direction]
    return Weight(severity.rank, effect, direction, severity, f"{why} {guard}".strip())
