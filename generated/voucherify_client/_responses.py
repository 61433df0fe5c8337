"""What an answer is decoded to."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from . import errors
from ._checking import Violation, violations
from ._shapes import BINARY, Shape, Union, decode
from .types import Response

if TYPE_CHECKING:
    import httpx

    from ._fitting import Value
    from .client import Client

_STATUSES: dict[int, HTTPStatus] = {int(status): status for status in HTTPStatus}


class Answer(NamedTuple):
    """What the document promises of the answers with some statuses.

    Attributes:
        lowest: The lowest of these statuses.
        highest: The highest of them.
        media_type: The media type.
        shape: What is promised of the body; None where nothing is.
    """

    lowest: int
    highest: int
    media_type: str = ""
    shape: Shape | None = None


def build_response(client: Client, response: httpx.Response, answers: tuple[Answer, ...]) -> Response[Any]:
    """Decode an answer.

    Args:
        client: The client, with its settings.
        response: The answer.
        answers: What the document promises, in the order in which it counts.

    Returns:
        The answer with its body decoded: as its own Content-Type says, or as the document does where it has
        none.

    Raises:
        UnexpectedStatus: The document does not have its status, and the client is to raise then.
        UnexpectedContent: It is not what the document promises, and the client is strict.
    """
    status = response.status_code
    promised = next((each for each in answers if each.lowest <= status <= each.highest), None)
    if promised is None and client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(status, response.content)
    parsed = None
    if promised is not None and promised.shape is not None:
        parsed, found = _parse(promised.shape, promised.media_type, response)
        if client.strict:
            found = found or list(violations(promised.shape, parsed))
            if found:
                raise errors.UnexpectedContent(status, response.content, found)
    return Response(_STATUSES.get(status, status), response.content, response.headers, parsed)


def _parse(shape: Shape, promised: str, response: httpx.Response) -> tuple[Value, list[Violation]]:
    """Decode a body, and tell what is wrong with it as a whole."""
    header = response.headers.get("content-type") or promised
    media_type = header.partition(";")[0].strip().lower()
    if is_json(promised) and not response.content:
        return None, [Violation("", "nothing where JSON belongs")]
    variants = shape.variants if isinstance(shape, Union) else (shape,)
    texts = [variant for variant in variants if variant is not BINARY and variant.fits("")]
    takes_bytes = BINARY in variants
    # Servers name JSON by other media types too; where nothing else is promised, JSON is what is meant.
    if is_json(media_type) or (is_json(promised) and not texts and not takes_bytes):
        try:
            return decode(shape, response.json()), []
        except (ValueError, RecursionError):
            if is_json(media_type):
                return response.text, [Violation("", f"no JSON, though it is said to be {media_type}")]
    only_text = any(not variant.fits(b"") for variant in texts)
    if only_text or (media_type.startswith("text/") and (texts or not takes_bytes)):
        return response.text, []
    return decode(shape, response.content), []


def is_json(media_type: str) -> bool:
    """Tell whether a media type is JSON.

    Args:
        media_type: The type, in lower case and without parameters.

    Returns:
        Whether it is.
    """
    return media_type in ("application/json", "text/json") or media_type.endswith("+json")
