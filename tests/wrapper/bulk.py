"""Runs of many releases by both clients, for tests that make the same promise of both."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Protocol

from voucherify_wrapper import AsyncVoucherify, Voucherify

if TYPE_CHECKING:
    from voucherify_wrapper import Outcome


class ReleaseMany(Protocol):
    """Makes a client, and collects the outcomes of one run; those before an exception stay in the list."""

    def __call__(
        self, pairs: Any, settings: dict[str, Any], into: list[Outcome] | None = None, **terms: Any
    ) -> list[Outcome]: ...


def release_many_sync(
    pairs: Any, settings: dict[str, Any], into: list[Outcome] | None = None, **terms: Any
) -> list[Outcome]:
    found = [] if into is None else into
    with Voucherify(**settings) as voucherify:
        for outcome in voucherify.release_many(pairs, **terms):
            found.append(outcome)
    return found


def release_many_async(
    pairs: Any, settings: dict[str, Any], into: list[Outcome] | None = None, **terms: Any
) -> list[Outcome]:
    found = [] if into is None else into

    async def run() -> None:
        async with AsyncVoucherify(**settings) as voucherify:
            async for outcome in voucherify.release_many(pairs, **terms):
                found.append(outcome)

    asyncio.run(run())
    return found
