from __future__ import annotations

from typing import Any

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from .. import _shapes
from ..types import UNSET, Unset


@_attrs_define
class ErrorError(_shapes.Model):
    """Includes additional information about the error.

    Attributes:
        message (str | Unset): The message configured by the user in a validation rule.
    """

    message: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    @classmethod
    def _table(cls) -> _shapes.Table:

        return _shapes.Table(
            _shapes.Field("message", "message", _shapes.TEXT, False),
            additional=_shapes.ANYTHING,
        )
