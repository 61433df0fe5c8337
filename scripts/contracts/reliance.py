"""The operations that the wrapper relies on.

They are written down here, apart from the client that is at hand: what is gone from a new client cannot be
looked up in it. The check holds this list against the wrapper's own imports, so none is forgotten.
"""

from __future__ import annotations

from typing import NamedTuple


class Reliance(NamedTuple):
    """An operation that the wrapper calls.

    Attributes:
        module: The generated module, within the package.
        operation: The operationId.
        method: The HTTP method, in lower case.
        path: The path's template; its parameters are what the wrapper passes by place, in this order.
    """

    module: str
    operation: str
    method: str
    path: str


RELIED_ON = (
    Reliance(
        "api.vouchers.release_validation_session",
        "release-validation-session",
        "delete",
        "/v1/vouchers/{code}/sessions/{sessionKey}",
    ),
)

OAUTH_SCHEME = "X-Voucherify-OAuth"
"""What the vendor's document calls the scheme by which access tokens sign; no header is called so."""
