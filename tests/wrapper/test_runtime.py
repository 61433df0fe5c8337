"""How a process ends that has used the asynchronous client of the extra ``[fast]``: as if it had not."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from voucherify_wrapper.sandbox import Sandbox

BEGINNING = """
import asyncio, atexit, resource, sys, threading, time, types
from voucherify_wrapper import AsyncVoucherify, Voucherify

# What a busy machine does by chance: the main thread goes on before the other one has left Python,
# and is still about to end when that one comes back.
class Loop(asyncio.SelectorEventLoop):
    def call_soon_threadsafe(self, *args, **kwargs):
        handle = super().call_soon_threadsafe(*args, **kwargs)
        if threading.current_thread().name.startswith("Dummy"):  # not begun by Python
            time.sleep(0.2)
        return handle

class SlowToEnd(types.ModuleType):
    def __del__(self):
        time.sleep(0.5)

sys.modules["slow_to_end"] = SlowToEnd("slow_to_end")

def client():
    return AsyncVoucherify(transport="fast", timeout=20)

async def release(voucherify):
    await voucherify.release_validation_session("2CpRCE2c", "k", missing_ok=True)

async def begin(voucherify):
    calls = [asyncio.ensure_future(release(voucherify)) for _ in range(5)]
    await asyncio.wait(calls, return_when="FIRST_COMPLETED")
    return calls

async def to_the_end():
    async with client() as voucherify:
        await release(voucherify)

async def cancelled():
    async with client() as voucherify:
        calls = await begin(voucherify)
        for call in calls:
            call.cancel()
        await asyncio.wait(calls)

async def endless(began):
    async with client() as voucherify:
        while True:
            await release(voucherify)
            began.set()

def in_new_loop(work):
    with asyncio.Runner(loop_factory=Loop) as runner:
        runner.run(work)
"""
ENDINGS = {
    "done": "in_new_loop(to_the_end())",
    "cancelled": "in_new_loop(cancelled())",
    "abandoned": "Loop().run_until_complete(begin(client()))",
    "in a daemon thread": """
began = threading.Event()
threading.Thread(target=in_new_loop, args=(endless(began),), daemon=True).start()
assert began.wait(30)
""",
    "done, where others want many threads": """
from pyreqwest.runtime import runtime_multithreaded_default
runtime_multithreaded_default(True)
in_new_loop(to_the_end())
""",
    "out of files": """
limits = resource.getrlimit(resource.RLIMIT_NOFILE)
atexit.register(resource.setrlimit, resource.RLIMIT_NOFILE, limits)  # when the transport has tried
in_new_loop(to_the_end())
with Voucherify(transport="fast") as blocking:  # served by the same thread, so that it has left Python
    blocking.release_validation_session("2CpRCE2c", "k", missing_ok=True)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
""",
}


def ended(program: str, sandbox: Sandbox) -> tuple[int, str, str]:
    """Exit status, output and errors of a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", BEGINNING + program],
        env={**os.environ, **sandbox.environment()},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("program", ENDINGS.values(), ids=ENDINGS.keys())
def test_a_process_ends_well_whatever_its_event_loops_were_doing(
    program: str, voucherify_sandbox: Sandbox
) -> None:
    """Its exit status is 0, and it says nothing."""
    assert ended(program, voucherify_sandbox) == (0, "", "")


AT_EXIT = """
blocking, awaited = Voucherify(transport="fast"), client()

def at_exit():
    with blocking, Voucherify(transport="fast") as new:
        for voucherify in (blocking, new):
            print(voucherify.release_validation_session("2CpRCE2c", "k", missing_ok=True).status)
    in_new_loop(to_the_end())
    in_new_loop(release(awaited))
    print("all served")

if "before" in sys.argv: atexit.register(at_exit)
in_new_loop(to_the_end())
if "after" in sys.argv: atexit.register(at_exit)
"""


@pytest.mark.parametrize("registered", ["before", "after"])
def test_clients_serve_to_the_very_end(registered: str, voucherify_sandbox: Sandbox) -> None:
    """Both kinds, old and new, in a handler of `atexit` that runs after or before the transport's own."""
    program = f"sys.argv.append({registered!r})" + AT_EXIT
    assert ended(program, voucherify_sandbox) == (0, "already_gone\nalready_gone\nall served\n", "")
