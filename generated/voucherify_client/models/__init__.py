"""All models and enums, each imported when it is first asked for."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .error import Error
    from .error_error import ErrorError
else:
    from importlib import import_module as _import_module

    _MODULES = {
        "Error": ".error",
        "ErrorError": ".error_error",
    }

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(_import_module(_MODULES[name], __name__), name)
        return value

    def __dir__():
        return sorted({*globals(), *_MODULES})


__all__ = (
    "Error",
    "ErrorError",
)
