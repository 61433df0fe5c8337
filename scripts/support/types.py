"""Types that models and operations share."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, BinaryIO, Final, Generic, Literal, TypeVar

from attrs import define

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from http import HTTPStatus


class Unset:
    """The type of UNSET: what was not given, and will not be sent."""

    _only: Unset | None = None

    def __new__(cls) -> Unset:  # noqa: PYI034 - it is no other
        """Return the one instance: copies and pickles of it are UNSET too."""
        if cls._only is None:
            cls._only = super().__new__(cls)
        return cls._only

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()

# What httpx takes for `files`.
FileContent = IO[bytes] | bytes | str
FileTypes = tuple[str | None, FileContent, str | None]
RequestFiles = list[tuple[str, FileTypes]]


@define
class File:
    """A file to send, or one that was received.

    Attributes:
        payload: Its content.
        file_name: Its name.
        mime_type: Its media type.
    """

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """Return it as httpx takes it for multipart/form-data."""
        return self.file_name, self.payload, self.mime_type


T = TypeVar("T")


@define
class Response(Generic[T]):
    """An answer.

    Attributes:
        status_code: Its status; a plain number where Python has no name for it.
        content: Its body, as it came.
        headers: Its headers.
        parsed: Its body, decoded; None where the document has no type for it.
    """

    status_code: HTTPStatus | int
    content: bytes
    headers: MutableMapping[str, str]
    parsed: T | None


__all__ = ["UNSET", "File", "FileTypes", "RequestFiles", "Response", "Unset"]
