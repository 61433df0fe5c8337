"""What may be shown of what is secret."""

from __future__ import annotations

from urllib.parse import urlsplit

from ._output import counted

_LAST = 4
_LEAST_FOR_A_HINT = 12  # characters; of a shorter one the last four would be too much


def masked_id(value: str) -> str:
    """An app id: its last four characters, as the dashboard lists it, so that two can be told apart."""
    return f"…{value[-_LAST:]}" if len(value) >= _LEAST_FOR_A_HINT else masked_secret(value)


def masked_secret(value: str) -> str:
    """A token: that it is there, and how long, which tells whether it was copied whole."""
    return f"set, {counted(len(value), 'character')}"


def masked_proxy(url: str) -> str:
    """A proxy's address without a user name and password."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        place = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        place = port = ""
    if not place:
        return "set, but no address"
    place = f"[{place}]" if ":" in place else place
    return f"{parts.scheme}://{'***@' if '@' in parts.netloc else ''}{place}{port}"
