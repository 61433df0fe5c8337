"""Tells whether a schema plainly accepts every value, or plainly none, however that is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from scripts.comparison.places import UNIONS, Part, is_trivial
from scripts.comparison.settling import Answers
from scripts.comparison.views import HELD

if TYPE_CHECKING:
    from collections.abc import Callable

Question: TypeAlias = "tuple[Part, bool]"
"""A schema, and whether it is asked of all values or of none."""


class Plainness:
    """Answers for the schemas of one document; what refers to itself alone says nothing for sure."""

    def __init__(self, targets: Callable[[dict[str, Any]], list[Part | None]], *, is_3_0: bool) -> None:
        """Begin with nothing answered.

        Args:
            targets: Returns what a schema refers to; None for what is not there.
            is_3_0: Whether a reference stands alone, as in OpenAPI 3.0.
        """
        self._targets = targets
        self._is_3_0 = is_3_0
        self._known = Answers[Question, bool](
            lambda asked: (asked[0].pointer + asked[0].aspect, asked[1]), self._answer, first=False
        )

    def accepts_all(self, part: Part) -> bool:
        """Tell whether a schema accepts every value."""
        return self._known.of((part, True))

    def accepts_none(self, part: Part) -> bool:
        """Tell whether a schema accepts no value."""
        return self._known.of((part, False))

    def _answer(self, asked: Question, ask: Callable[[Question], bool]) -> bool:
        part, everything = asked
        schema = part.schema
        if not isinstance(schema, dict):
            return schema is everything
        referred = [target is not None and ask((target, everything)) for target in self._targets(schema)]
        if referred and self._is_3_0:
            return referred[0] and (everything or schema.get("nullable") is not True)
        if everything:
            return all(referred) and all(self._says_nothing(part, keyword, ask) for keyword in schema)
        return any(referred) or any(self._says_never(part, keyword, ask) for keyword in schema)

    def _says_nothing(self, part: Part, keyword: str, ask: Callable[[Question], bool]) -> bool:
        if keyword in ("allOf", *UNIONS):
            found = [ask((inner, True)) for inner in _listed(part, keyword)]
            return all(found) if keyword == "allOf" or len(found) == 1 else keyword == "anyOf" and any(found)
        if keyword in _HOLDS_ONE:
            return ask((part.child(keyword), keyword != "not"))
        return keyword in _SILENT or is_trivial({keyword: None})

    def _says_never(self, part: Part, keyword: str, ask: Callable[[Question], bool]) -> bool:
        if keyword == "not":
            return ask((part.child("not"), True))
        found = [ask((inner, False)) for inner in _listed(part, keyword)]
        return any(found) if keyword == "allOf" else bool(found) and all(found)


_HOLDS_ONE = ("not", "then", "else", *HELD)
_SILENT = ("$ref", "$dynamicRef", "if", "nullable")


def _listed(part: Part, keyword: str) -> list[Part]:
    given = part.schema[keyword] if keyword in ("allOf", *UNIONS) else ()
    return [part.child(keyword, number) for number in range(len(given))]
