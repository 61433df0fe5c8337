"""What a person has accepted: `approvals.toml`.

```toml
[[approved]]
fingerprint = "0123456789abcdef"
by = "Ada"
why = "Nobody here sends this parameter."
```
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from scripts.command import UnusableInputError, system_error

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scripts.comparison.changes import Change

_KEYS = ("fingerprint", "by", "why")


@dataclass(frozen=True)
class Approvals:
    """Changes that a person has accepted.

    Attributes:
        reasons: Who accepted a change and why, by its fingerprint.
    """

    reasons: dict[str, str]

    def applied(self, changes: Iterable[Change]) -> tuple[tuple[Change, ...], tuple[str, ...]]:
        """Mark what was accepted.

        Args:
            changes: The changes.

        Returns:
            The changes, and the fingerprints that match none of them.
        """
        marked = tuple(replace(each, approval=self.reasons.get(each.fingerprint, "")) for each in changes)
        known = {each.fingerprint for each in marked}
        return marked, tuple(sorted(self.reasons.keys() - known))


def read_approvals(path: Path) -> Approvals:
    """Read a file of approvals.

    Args:
        path: The file.

    Returns:
        The approvals.

    Raises:
        UnusableInputError: The file cannot be read, or an entry lacks something; says which.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UnusableInputError(system_error(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UnusableInputError(f"{path} is not TOML: {error}.") from error
    strange = sorted(content.keys() - {"approved"})
    entries = content.get("approved", [])
    if strange or not isinstance(entries, list):
        found = f"it has {strange[0]!r}" if strange else "`approved` is no list of tables"
        raise UnusableInputError(f"{path}: {found}; only entries that begin with [[approved]] belong there.")
    reasons: dict[str, str] = {}
    for number, entry in enumerate(entries, 1):
        fingerprint, by, why = _read_entry(path, number, entry)
        if fingerprint in reasons:
            raise UnusableInputError(
                f"{path}, entry {number}: {fingerprint} was approved before; keep one entry."
            )
        reasons[fingerprint] = f"{by}: {why}"
    return Approvals(reasons)


def _read_entry(path: Path, number: int, entry: Any) -> tuple[str, str, str]:  # noqa: ANN401 - any value of TOML
    if not isinstance(entry, dict):
        raise UnusableInputError(f"{path}, entry {number}: a table belongs here, as [[approved]] begins one.")
    strange = sorted(entry.keys() - set(_KEYS))
    if strange:
        raise UnusableInputError(
            f"{path}, entry {number}: {strange[0]!r} is none of fingerprint, by and why."
        )
    for key in _KEYS:
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise UnusableInputError(
                f"{path}, entry {number}: `{key}` is missing; it is a text that is not empty."
            )
    if not re.fullmatch("[0-9a-f]{16}", entry["fingerprint"]):
        raise UnusableInputError(
            f"{path}, entry {number}: {entry['fingerprint']!r} is no fingerprint; these have sixteen "
            "hexadecimal digits, and stand in the report beside each change."
        )
    return entry["fingerprint"], entry["by"].strip(), entry["why"].strip()
