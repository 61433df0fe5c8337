"""One client of `benchmarks.releases`, in a process of its own, which releases sessions when it is told to.

`python contender.py NAME URL IN_FLIGHT`: says that it is ready, with the versions of what it is made of.
Then, for each line with a number of seconds, it releases for that long, and says how many, in what time, and
at what CPU time. Every message is one line of JSON.

It runs in an environment of its own, which has the peers, and has nothing of this folder's other modules.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import platform
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, version
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

    Call = Callable[[str], object]
    AsyncCall = Callable[[str], Awaitable[object]]

APP_ID, APP_TOKEN = "a1b2c3d4-0000-4000-8000-benchmark001", "a1b2c3d4-0000-4000-8000-benchmark002"
HEADERS = {"X-App-Id": APP_ID, "X-App-Token": APP_TOKEN}
KEY = "ssn_yQGMTeKBSw8OOuPPwlEEjOGzVZ9QZoZk"  # as the server makes them: 36 characters
WARM_UP = 300  # calls
NO_CONTENT = 204


def _load(name: str) -> Any:  # noqa: ANN401 - a peer, which the checker's environment lacks
    return importlib.import_module(name)


def _check(status: int) -> None:
    if status != NO_CONTENT:
        raise RuntimeError(f"The server answered with {status}.")


def vendor(url: str) -> Call:
    """The vendor's own SDK."""
    sdk = _load("voucherify")
    configuration = sdk.Configuration(host=url)
    configuration.api_key.update(HEADERS)
    vouchers = sdk.VouchersApi(sdk.ApiClient(configuration))
    return lambda code: vouchers.release_validation_session(code, KEY)


def wrapper(url: str, **settings: Any) -> Call:  # noqa: ANN401 - the client's own
    """This project."""
    package = _load("voucherify_wrapper")
    client = package.Voucherify(package.ApiKey(APP_ID, APP_TOKEN), base_url=url, **settings)
    return lambda code: client.release_validation_session(code, KEY)


def fast(url: str) -> Call:
    """This project with its extra [fast]."""
    return wrapper(url, transport="fast")


def generated(url: str) -> Call:
    """The bare generated client on stock httpx."""
    client = _load("voucherify_client").Client(url, headers=HEADERS)
    operation = _load("voucherify_client.api.vouchers.release_validation_session")
    return lambda code: _check(operation.sync_detailed(code, KEY, client=client).status_code)


def httpx(url: str) -> Call:
    """Raw httpx."""
    client = _load("httpx").Client(base_url=url, headers=HEADERS)
    return lambda code: _check(client.delete(f"/v1/vouchers/{code}/sessions/{KEY}").status_code)


async def async_wrapper(url: str, **settings: Any) -> AsyncIterator[AsyncCall]:  # noqa: ANN401 - as above
    """This project."""
    package = _load("voucherify_wrapper")
    async with package.AsyncVoucherify(package.ApiKey(APP_ID, APP_TOKEN), base_url=url, **settings) as client:
        yield lambda code: client.release_validation_session(code, KEY)


async def async_fast(url: str) -> AsyncIterator[AsyncCall]:
    """This project with its extra [fast]."""
    async for call in async_wrapper(url, transport="fast"):
        yield call


async def async_generated(url: str) -> AsyncIterator[AsyncCall]:
    """The bare generated client on stock httpx."""
    client = _load("voucherify_client").Client(url, headers=HEADERS, timeout=60)
    operation = _load("voucherify_client.api.vouchers.release_validation_session")

    async def call(code: str) -> None:
        _check((await operation.asyncio_detailed(code, KEY, client=client)).status_code)

    async with client:
        yield call


async def async_httpx(url: str) -> AsyncIterator[AsyncCall]:
    """Raw httpx."""
    async with _load("httpx").AsyncClient(base_url=url, headers=HEADERS, timeout=60) as client:

        async def call(code: str) -> None:
            _check((await client.delete(f"/v1/vouchers/{code}/sessions/{KEY}")).status_code)

        yield call


async def async_aiohttp(url: str) -> AsyncIterator[AsyncCall]:
    """Raw aiohttp."""
    async with _load("aiohttp").ClientSession(base_url=url, headers=HEADERS) as session:

        async def call(code: str) -> None:
            async with session.delete(f"/v1/vouchers/{code}/sessions/{KEY}") as response:
                await response.read()
                _check(response.status)

        yield call


async def async_pyreqwest(url: str) -> AsyncIterator[AsyncCall]:
    """What the extra [fast] is made of, alone."""
    builder = _load("pyreqwest.client").ClientBuilder()
    async with builder.http1_only().default_headers(HEADERS).build() as client:

        async def call(code: str) -> None:
            request = client.delete(f"{url}/v1/vouchers/{code}/sessions/{KEY}").build_streamed()
            async with request as response:
                _check(response.status)

        yield call


BLOCKING: dict[str, Callable[[str], Call]] = {
    "vendor": vendor,
    "wrapper": wrapper,
    "fast": fast,
    "generated": generated,
    "httpx": httpx,
}
AWAITED: dict[str, Callable[[str], AsyncIterator[AsyncCall]]] = {
    "wrapper": async_wrapper,
    "fast": async_fast,
    "generated": async_generated,
    "httpx": async_httpx,
    "aiohttp": async_aiohttp,
    "pyreqwest": async_pyreqwest,
}
MANY: dict[str, tuple[str, dict[str, Any]]] = {
    "threads": ("Voucherify", {}),
    "threads-fast": ("Voucherify", {"transport": "fast"}),
    "tasks": ("AsyncVoucherify", {}),
    "tasks-fast": ("AsyncVoucherify", {"transport": "fast"}),
}
"""Runs of many releases: by which client, and its settings."""
QUOTA: dict[str, dict[str, Any]] = {"quota": {}, "quota-fast": {"transport": "fast"}}
"""Runs of many releases within a quota: the client's settings."""
WINDOWS = 2
"""Windows of the quota for which such a run goes on."""
_MADE_OF = {
    "vendor": ("voucherify", "urllib3", "pydantic"),
    "wrapper": ("voucherify-wrapper", "httpx", "httpcore"),
    "fast": ("voucherify-wrapper", "httpx", "pyreqwest"),
    "generated": ("voucherify-wrapper", "httpx", "httpcore"),
    "httpx": ("httpx", "httpcore"),
    "aiohttp": ("aiohttp", "yarl"),
    "pyreqwest": ("pyreqwest",),
}


def _version_of(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "from the source tree"


def _say(**message: object) -> None:
    print(json.dumps(message), flush=True)


def _ready(name: str) -> None:
    made_of = {part: _version_of(part) for part in _MADE_OF.get(name, ())}
    _say(python=f"{platform.python_implementation()} {platform.python_version()}", versions=made_of)


def _slices() -> Any:  # noqa: ANN401 - a generator of seconds that is sent counts
    """For each line: for how long to go on; it is sent how many calls were made."""
    for line in sys.stdin:
        cpu, began = time.process_time(), time.perf_counter()
        done = yield began + float(line)
        _say(calls=done, seconds=time.perf_counter() - began, cpu=time.process_time() - cpu)
        yield None


def run(name: str, url: str) -> None:
    """Release one session after another."""
    call, numbers = BLOCKING[name](url), count()
    for _ in range(WARM_UP):
        call(f"code-{next(numbers)}")
    _ready(name)
    slices = _slices()
    for end in slices:
        done = 0
        while time.perf_counter() < end:
            call(f"code-{next(numbers)}")
            done += 1
        slices.send(done)


async def run_async(name: str, url: str, in_flight: int) -> None:
    """Release many sessions at once."""
    numbers = count()
    async for call in AWAITED[name](url):

        async def work(end: float, call: AsyncCall = call) -> int:
            done = 0
            while time.perf_counter() < end:
                await call(f"code-{next(numbers)}")
                done += 1
            return done

        async def together(end: float) -> int:
            return sum(await asyncio.gather(*(work(end) for _ in range(in_flight))))

        await together(time.perf_counter() + 0.3)
        _ready(name)
        slices = _slices()
        for end in slices:
            slices.send(await together(end))


def _client(name: str, url: str, settings: dict[str, Any]) -> Any:  # noqa: ANN401 - this project's
    package = _load("voucherify_wrapper")
    return getattr(package, name)(package.ApiKey(APP_ID, APP_TOKEN), base_url=url, **settings)


def _pairs(numbers: Iterator[int], end: float) -> Iterator[tuple[str, str]]:
    while time.perf_counter() < end:
        yield f"code-{next(numbers)}", KEY


def run_many(name: str, url: str, in_flight: int) -> None:
    """Release many sessions with a journal, and look at every outcome."""
    client, numbers = _client(MANY[name][0], url, MANY[name][1]), count()

    async def awaited(outcomes: Any) -> list[bool]:  # noqa: ANN401 - an asynchronous generator
        return [outcome.ok async for outcome in outcomes]

    with tempfile.TemporaryDirectory() as folder, asyncio.Runner() as runner:

        def done(end: float) -> int:
            journal = Path(folder, f"{next(numbers)}.sqlite")
            outcomes = client.release_many(_pairs(numbers, end), concurrency=in_flight, journal=journal)
            blocks = hasattr(outcomes, "__next__")
            told = [outcome.ok for outcome in outcomes] if blocks else runner.run(awaited(outcomes))
            if not all(told):
                raise RuntimeError("A release has failed.")
            return len(told)

        done(time.perf_counter() + 0.3)
        _ready(name)
        slices = _slices()
        for end in slices:
            slices.send(done(end))


def run_in_quota(name: str, url: str) -> None:
    """Release for as long as some windows of a quota; say how many, when, and how many were refused.

    The server has no such vouchers, and answers with 404, which uses the quota as well.
    """
    refused, far = 0, 200  # by less than that, answers pass each other

    def look(event: Any) -> None:  # noqa: ANN401 - an event
        nonlocal refused
        refused += type(event).__name__ == "AttemptEnded" and event.status == 429  # noqa: PLR2004 - HTTP's

    client = _client("Voucherify", url, {**QUOTA[name], "on_event": look})
    _ready(name)
    for line in sys.stdin:
        began = ended = time.monotonic()
        calls, windows, before = 0, 1, sys.maxsize
        for outcome in client.release_many(_pairs(count(), time.perf_counter() + float(line))):
            remaining = outcome.rate_limit.remaining
            windows += remaining > before + far
            before = remaining
            if windows > WINDOWS:
                ended = time.monotonic()
                break
            calls += 1
        _say(calls=calls, refused=refused, began=began, ended=ended)


if __name__ == "__main__":
    _name, _url, _in_flight = sys.argv[1:]
    if _name in QUOTA:
        run_in_quota(_name, _url)
    elif _name in MANY:
        run_many(_name, _url, int(_in_flight))
    elif int(_in_flight):
        asyncio.run(run_async(_name, _url, int(_in_flight)))
    else:
        run(_name, _url)
