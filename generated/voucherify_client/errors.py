"""The errors that operations raise."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ._checking import Violation


class UnexpectedStatus(Exception):  # noqa: N818 - the name that callers know
    """The answer has a status that the document does not have, and `raise_on_unexpected_status` is set.

    Attributes:
        status_code: The status.
        content: The body.
    """

    def __init__(self, status_code: int, content: bytes) -> None:
        """Keep what came."""
        self.status_code = status_code
        self.content = content
        super().__init__(
            f"Unexpected status code: {status_code}\n\nResponse content:\n{content.decode(errors='ignore')}"
        )

    def __reduce__(self) -> tuple[type, tuple[int, bytes]]:
        return type(self), (self.status_code, self.content)


class UnexpectedContent(Exception):  # noqa: N818 - as its sibling
    """The answer differs from what the document promises, and `strict` is set.

    Attributes:
        status_code: The status.
        content: The body.
        violations: Every place where it differs, and how.
    """

    def __init__(self, status_code: int, content: bytes, violations: Sequence[Violation]) -> None:
        """Keep what came, and what is wrong with it."""
        self.status_code = status_code
        self.content = content
        self.violations = tuple(violations)
        listed = "".join(f"\n- {path or 'the body'}: {message}" for path, message in self.violations)
        super().__init__(f"The answer with status {status_code} is not what the document promises:{listed}")

    def __reduce__(self) -> tuple[type, tuple[int, bytes, tuple[Violation, ...]]]:
        return type(self), (self.status_code, self.content, self.violations)


__all__ = ["UnexpectedContent", "UnexpectedStatus"]
