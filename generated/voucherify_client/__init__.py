"""A client library for accessing Voucherify API - Vouchers"""

from ._checking import Violation, check
from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
    "Violation",
    "check",
)
