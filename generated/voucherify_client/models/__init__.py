"""Contains all the data models used in inputs/outputs"""

from .error_object import ErrorObject
from .error_object_error import ErrorObjectError

__all__ = (
    "ErrorObject",
    "ErrorObjectError",
)
