from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import _shapes
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from .error_error import ErrorError


@_attrs_define
class Error(_shapes.Model):
    """Error details

    Attributes:
        code (int): Error's HTTP status code.
        message (str): A human-readable message providing a short description of the error.
        key (str | Unset): Short string describing the kind of error which occurred.
        details (str | Unset): A human-readable message providing more details about the error.
        request_id (str | Unset): This ID is useful when troubleshooting and/or finding the root cause of an error
                response by our support team. Example: v-0a885062c80375740f.
        resource_id (str | Unset): Unique resource ID that can be used in another endpoint to get more details.
                Example: rf_0c5d710a87c8a31f86.
        resource_type (str | Unset): The resource type. Example: voucher.
        error (ErrorError | Unset): Includes additional information about the error.
    """

    code: int
    message: str
    key: str | Unset = UNSET
    details: str | Unset = UNSET
    request_id: str | Unset = UNSET
    resource_id: str | Unset = UNSET
    resource_type: str | Unset = UNSET
    error: ErrorError | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:
        from .error_error import ErrorError

        return _shapes.Table(
            _shapes.Field("code", "code", _shapes.INTEGER, True),
            _shapes.Field("message", "message", _shapes.TEXT, True),
            _shapes.Field("key", "key", _shapes.TEXT, False),
            _shapes.Field("details", "details", _shapes.TEXT, False),
            _shapes.Field("request_id", "request_id", _shapes.TEXT, False),
            _shapes.Field("resource_id", "resource_id", _shapes.TEXT, False),
            _shapes.Field("resource_type", "resource_type", _shapes.TEXT, False),
            _shapes.Field("error", "error", _shapes.ModelOf(ErrorError), False),
            additional=_shapes.ANYTHING,
        )
