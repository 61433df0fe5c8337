"""What the sandbox raises, and the vendor's error body."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from collections.abc import Mapping


class SandboxError(Exception):
    """The sandbox cannot run: its port is taken, or its state file is of no use."""


class Refusal(Exception):  # noqa: N818 - an answer by the rules, not a fault of the program
    """The sandbox says no, as Voucherify would.

    Args:
        status: The HTTP status code.
        key: The vendor's short name of the reason, such as `quantity_exceeded`.
        message: One sentence for a person.
        details: What exactly was wrong, if there is more to say.
        resource_id: The id that was asked for, if the refusal is about a resource.
        resource_type: What kind of resource that is, such as `voucher` or `session`.
        headers: Response headers that belong to the refusal, such as `Retry-After`.
    """

    def __init__(
        self,
        status: int,
        key: str,
        message: str,
        details: str | None = None,
        *,
        resource_id: str | None = None,
        resource_type: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {key}: {details or message}")
        self.status = status
        self.key = key
        self.message = message
        self.details = details
        self.resource_id = resource_id
        self.resource_type = resource_type
        self.headers = dict(headers or {})

    def body(self) -> dict[str, object]:
        """Return the vendor's error body; fields that do not apply are left out."""
        fields = {
            "code": self.status,
            "key": self.key,
            "message": self.message,
            "details": self.details,
            "request_id": f"v-{secrets.token_hex(9)}",
            "resource_id": self.resource_id,
            "resource_type": self.resource_type,
        }
        return {name: value for name, value in fields.items() if value is not None}


def malformed(details: str) -> Refusal:
    """Return the refusal of a request that cannot be understood."""
    return Refusal(400, "invalid_payload", "Invalid request", details)


def not_found(kind: str, name: str) -> Refusal:
    """Return the refusal of a request for something that does not exist.

    Args:
        kind: The resource type, such as `voucher`.
        name: The id as it was asked for.
    """
    return Refusal(
        404,
        "not_found",
        "Resource not found",
        f"Cannot find {kind} with id {name}",
        resource_id=name,
        resource_type=kind,
    )


def refusal_response(refusal: Refusal) -> Response:
    """Return a refusal as the answer to a request."""
    return JSONResponse(refusal.body(), status_code=refusal.status, headers=refusal.headers)
