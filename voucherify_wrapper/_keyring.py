"""The system's keyring, which may hold a profile's secret. The only importer of keyring, when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ._errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

_SERVICE = "voucherify-wrapper"
_OPTION = "--keyring"
_WITHOUT_IT = f"or leave {_OPTION} out: the token is kept in the file then."
_INSTEAD = "or keep the token in the file: voucherify profiles add NAME --force"


def secret_in_keyring(entry: str, what: str) -> str:
    """Read a secret.

    Args:
        entry: the name that it was kept under.
        what: the setting that says so, for the error.

    Raises:
        ConfigurationError: the keyring is missing, locked or out of order, or has no such entry.
    """
    secret: str | None = _asked(what, lambda keyring: keyring.get_password(_SERVICE, entry))
    if secret is None:
        raise ConfigurationError(
            f"{what}: the system's keyring has no entry {entry!r} of {_SERVICE!r} (any more). "
            "Keep the token anew: voucherify profiles add NAME --force --keyring"
        )
    return secret


def try_keyring() -> None:
    """See whether there is a keyring that can be used.

    Raises:
        ConfigurationError: it is missing, locked or out of order.
    """
    _asked(_OPTION, lambda keyring: keyring.get_password(_SERVICE, "nothing"))


def keep_in_keyring(entry: str, secret: str) -> None:
    """Keep a secret, and see that it is kept: some keyrings take everything and keep nothing.

    Raises:
        ConfigurationError: the keyring is missing, locked or out of order.
    """

    def keep(keyring: Any) -> bool:  # noqa: ANN401 - the module
        keyring.set_password(_SERVICE, entry, secret)
        return bool(keyring.get_password(_SERVICE, entry) == secret)

    if not _asked(_OPTION, keep):
        raise ConfigurationError(
            f"{_OPTION}: the system's keyring ({keyring_in_use()}) does not keep what it is given. "
            f"Set up another one, {_WITHOUT_IT}"
        )


def drop_from_keyring(entry: str, what: str) -> None:
    """Remove a secret; one that is gone already is no error.

    Raises:
        ConfigurationError: the keyring is missing, locked or out of order.
    """

    def drop(keyring: Any) -> None:  # noqa: ANN401 - the module
        if keyring.get_password(_SERVICE, entry) is not None:
            keyring.delete_password(_SERVICE, entry)

    _asked(what, drop)


def keyring_in_use() -> str:
    """What the system's keyring calls itself.

    Raises:
        ConfigurationError: it cannot be set up.
    """
    return str(_asked("keyring", lambda keyring: keyring.get_keyring().name))


def _asked(what: str, ask: Callable[[Any], Any]) -> Any:  # noqa: ANN401 - whatever is asked for
    try:
        import keyring  # noqa: PLC0415 - an extra, which takes its time to look for backends

        return ask(keyring)
    except Exception as error:  # noqa: BLE001 - backends raise whatever their systems do
        # A profile that is there is made anew; one that is to be must not replace another.
        problem = _problem_of(error, _WITHOUT_IT if what == _OPTION else _INSTEAD)
    raise ConfigurationError(f"{what}: {problem}")  # out here: the frames above may hold the secret


def _problem_of(error: Exception, instead: str) -> str:
    if isinstance(error, ImportError) and error.name == "keyring":
        return "the system's keyring needs the package keyring: pip install 'voucherify-wrapper[keyring]'."
    kinds = {kind.__name__ for kind in type(error).__mro__}  # the classes are in the extra
    if "NoKeyringError" in kinds:
        return f"this system has no keyring. Set one up (such as GNOME Keyring or KWallet), {instead}"
    if kinds & {"KeyringLocked", "InitError"}:
        return f"the system's keyring is locked. Unlock it, as logging in to the desktop does, {instead}"
    return f"the system's keyring cannot be used ({type(error).__name__}). Set it up, {instead}"
