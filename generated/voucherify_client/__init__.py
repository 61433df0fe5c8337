"""A client library for accessing Voucherify API - Vouchers"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
