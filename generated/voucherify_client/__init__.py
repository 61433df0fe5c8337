"""A client library for accessing Voucherify API - Vouchers"""

from ._checking import Violation, check
from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
    "Violation",
    "check",
)

__specification__ = {
    "title": "Voucherify API - Vouchers",
    "version": "v2018-08-01",
    "sha256": "c5fce24396d1977bf227a0ebe1593c5a7fd9ef65376050a07ddb629d8cb6101f",
}
"""The document that this package is from: its title, its version, and the SHA-256 of the file that is kept."""
