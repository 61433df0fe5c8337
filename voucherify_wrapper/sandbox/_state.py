"""The rules of vouchers, sessions and tokens, kept in SQLite whether in memory or in a file."""

from __future__ import annotations

import sqlite3
import threading
import weakref
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from voucherify_wrapper.sandbox._errors import Refusal, SandboxError, not_found
from voucherify_wrapper.sandbox._reading import Lock, Redeemable, new_id

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Sequence

MOST_TOKENS = 1000
"""How many OAuth tokens a project may have alive: the vendor's bound."""

_LAYOUT = 1
_TABLES = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS vouchers (
    code TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, redemption_limit INTEGER, created_at REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS sessions (
    code TEXT NOT NULL, key TEXT NOT NULL, expires_at REAL NOT NULL, PRIMARY KEY (code, key)
);
CREATE TABLE IF NOT EXISTS released (number INTEGER PRIMARY KEY, code TEXT NOT NULL, key TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (digest TEXT PRIMARY KEY, scope TEXT NOT NULL, expires_at REAL NOT NULL);
PRAGMA user_version = {_LAYOUT};
COMMIT;
"""
_INDEX = "CREATE INDEX IF NOT EXISTS sessions_by_end ON sessions (expires_at)"
"""Every transaction asks for what has expired; without it, it would read all sessions for that."""


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher of the sandbox."""

    code: str
    id: str
    redemption_limit: int | None
    created_at: float


class State:
    """Everything the sandbox knows. Safe to use from several threads.

    The file is opened on first use and again after `close`; it withstands a killed process, not a power cut.
    What lives in memory lives as long as this object.

    Args:
        path: The SQLite file, or None for memory.
        clock: Returns the time in epoch seconds.
    """

    def __init__(self, path: str | os.PathLike[str] | None, clock: Callable[[], float]) -> None:
        self._path = None if path is None else Path(path)
        self._clock = clock
        self._mutex = threading.RLock()
        self._database: sqlite3.Connection | None = None
        self._finalizer: weakref.finalize[..., State] | None = None

    def close(self) -> None:
        """Close the state file; what lives in memory stays."""
        with self._mutex:
            if self._path is not None and self._finalizer is not None:
                self._finalizer()
                self._database = None

    def add_voucher(self, code: str, redemption_limit: int | None, *, replace: bool = True) -> None:
        """Add a voucher; an existing one keeps its sessions and gets the new limit, if `replace`."""
        conflict = "DO UPDATE SET redemption_limit = excluded.redemption_limit" if replace else "DO NOTHING"
        with self._transaction() as (database, now):
            database.execute(
                f"INSERT INTO vouchers VALUES (?, ?, ?, ?) ON CONFLICT (code) {conflict}",  # noqa: S608
                (code, new_id("v_"), redemption_limit, now),
            )

    def voucher(self, name: str) -> Voucher:
        """Return the voucher with this code or id, or refuse with 404."""
        with self._transaction() as (database, _):
            return _voucher(database, name)

    def vouchers(self) -> list[Voucher]:
        """Return all vouchers, by code."""
        with self._transaction() as (database, _):
            rows = database.execute("SELECT * FROM vouchers ORDER BY code").fetchall()
            return [Voucher(*row) for row in rows]

    def validate(self, redeemables: Sequence[Redeemable], lock: Lock | None) -> list[Refusal | None]:
        """Judge every redeemable and, if none is refused, lock them all.

        A lock is known by voucher and key: a request with the key of a live one gives it a new life and does
        not count twice.

        Returns:
            For every redeemable the reason against it, or None.
        """
        with self._transaction() as (database, now):
            verdicts = [_judge(database, redeemable, lock) for redeemable in redeemables]
            if lock is not None and not any(verdicts):
                database.executemany(
                    "INSERT OR REPLACE INTO sessions VALUES (?, ?, ?)",
                    [
                        (_voucher(database, each.name).code, lock.key, now + lock.seconds)
                        for each in redeemables
                    ],
                )
            return verdicts

    def release(self, name: str, key: str) -> None:
        """End a session, or refuse with 404, which names the voucher or the session."""
        with self._transaction() as (database, _):
            code = _voucher(database, name).code
            ended = database.execute("DELETE FROM sessions WHERE code = ? AND key = ?", (code, key))
            if ended.rowcount == 0:
                raise not_found("session", key)
            database.execute("INSERT INTO released (code, key) VALUES (?, ?)", (code, key))

    def sessions(self, code: str) -> list[str]:
        """Return the keys of a voucher's live sessions, by key."""
        with self._transaction() as (database, _):
            rows = database.execute("SELECT key FROM sessions WHERE code = ? ORDER BY key", (code,))
            return [key for (key,) in rows]

    def released(self) -> list[tuple[str, str]]:
        """Return every release performed, as (code, key), oldest first."""
        with self._transaction() as (database, _):
            return database.execute("SELECT code, key FROM released ORDER BY number").fetchall()

    def add_token(self, digest: str, scope: str, lifetime: float) -> float:
        """Remember a token by its digest and return when it expires; refuse beyond the vendor's bound."""
        with self._transaction() as (database, now):
            alive, first = database.execute("SELECT count(*), min(expires_at) FROM tokens").fetchone()
            if alive >= MOST_TOKENS:
                raise Refusal(
                    429,
                    "too_many_tokens",
                    "Too many OAuth tokens",
                    f"At most {MOST_TOKENS} OAuth tokens can be alive",
                    headers={"Retry-After": str(int(first - now) + 1)},
                )
            database.execute("INSERT INTO tokens VALUES (?, ?, ?)", (digest, scope, now + lifetime))
            return now + lifetime

    def token_scopes(self, digest: str) -> frozenset[str] | None:
        """Return the scopes of a live token, or None if there is no such token."""
        with self._transaction() as (database, _):
            row = database.execute("SELECT scope FROM tokens WHERE digest = ?", (digest,)).fetchone()
            return None if row is None else frozenset(row[0].split())

    def revoke_tokens(self) -> None:
        """Make every token invalid."""
        with self._transaction() as (database, _):
            database.execute("DELETE FROM tokens")

    @contextmanager
    def _transaction(self) -> Iterator[tuple[sqlite3.Connection, float]]:
        with self._mutex:
            database, now = self._open(), self._clock()
            database.execute("BEGIN IMMEDIATE")
            try:
                database.execute("DELETE FROM sessions WHERE expires_at <= ?", (now,))
                database.execute("DELETE FROM tokens WHERE expires_at <= ?", (now,))
                yield database, now
            except BaseException:
                database.execute("ROLLBACK")
                raise
            database.execute("COMMIT")

    def _open(self) -> sqlite3.Connection:
        if self._database is None:
            try:
                self._database = _connect(self._path)
            except sqlite3.Error as error:
                raise SandboxError(
                    f"{self._path} cannot be used as the sandbox's state file: {error}"
                ) from error
            self._finalizer = weakref.finalize(self, self._database.close)
        return self._database


def _connect(path: Path | None) -> sqlite3.Connection:
    database = sqlite3.connect(path or ":memory:", isolation_level=None, check_same_thread=False)
    try:
        database.execute("PRAGMA synchronous = OFF")
        (layout,) = database.execute("PRAGMA user_version").fetchone()
        if layout not in (0, _LAYOUT):
            raise sqlite3.DatabaseError(f"its layout is {layout}, not {_LAYOUT}")
        if layout == 0:
            database.executescript(_TABLES)
        database.execute(_INDEX)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _voucher(database: sqlite3.Connection, name: str) -> Voucher:
    # A code may look like another voucher's id; the code comes first.
    row = database.execute(
        "SELECT * FROM vouchers WHERE code = :name OR id = :name ORDER BY code = :name DESC", {"name": name}
    ).fetchone()
    if row is None:
        raise not_found("voucher", name)
    return Voucher(*row)


def _judge(database: sqlite3.Connection, redeemable: Redeemable, lock: Lock | None) -> Refusal | None:
    if redeemable.kind != "voucher":
        return not_found(redeemable.kind, redeemable.name)
    try:
        voucher = _voucher(database, redeemable.name)
    except Refusal as refusal:
        return refusal
    (others,) = database.execute(
        "SELECT count(*) FROM sessions WHERE code = ? AND key IS NOT ?", (voucher.code, lock and lock.key)
    ).fetchone()
    if voucher.redemption_limit is None or others < voucher.redemption_limit:
        return None
    return Refusal(
        400,
        "quantity_exceeded",
        "Quantity exceeded",
        f"Voucher {redeemable.name} takes no more sessions than its redemption limit",
        resource_id=redeemable.name,
        resource_type="voucher",
    )
