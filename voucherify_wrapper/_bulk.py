"""Many releases at once: by threads for the one client, by tasks for the other. Waits, as the session does.

Threads, and not a loop in the background: measured over one server, a release by one of 64 threads costs less
CPU time than by one of 64 tasks, over both transports.

The journal is written and the outcomes are handed over where the caller iterates; the workers only release.
Each round takes what has ended, reads some pairs, makes both durable in one step, and hands over.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import deque
from collections.abc import AsyncIterable
from contextlib import suppress
from math import inf
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from attrs import define, field

from ._adapter import release, release_async
from ._errors import UsageError, VoucherifyError
from ._releases import Task, limits_in
from ._results import Outcome

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Generator, Iterable, Iterator

    from ._adapter import AsyncGeneratedClient, GeneratedClient
    from ._releases import Pair, Releases

_LONGEST_ROUND = 0.05  # seconds that an input may keep what was read from being sent
_HALT = 0.01  # seconds between two pairs after which an input may halt again, and for longer
_LONGEST_SLEEP = 1.0  # seconds without a look at whether the client was closed
_END = object()

Ending = Outcome | BaseException | None
"""What a worker gives back: an outcome; None when it was told to stop; or what went wrong in the worker."""


@define
class _Book:
    """Where the pairs of a run are.

    Attributes:
        open: read, and not ended, by position.
        halted: ended without an outcome.
        unsaved: outcomes that the ledger does not have yet.
    """

    releases: Releases
    open: dict[int, Task] = field(factory=dict)
    halted: list[Task] = field(factory=list)
    unsaved: list[Outcome] = field(factory=list)

    @property
    def room(self) -> int:
        return self.releases.terms.room - len(self.open)

    def end(self, ended: Iterable[tuple[Task, Ending]]) -> None:
        """Take what workers have given back.

        Raises:
            BaseException: what went wrong in one of them.
        """
        problem = None
        for task, ending in ended:
            if isinstance(ending, BaseException):
                problem = ending  # and the task stays open: what became of it is not known
                continue
            del self.open[task.position]
            if ending is None:
                self.halted.append(task)
            else:
                self.unsaved.append(ending)
        if problem is not None:
            raise problem

    def take(self, pair: object) -> Task | Outcome | None:
        """Read a pair."""
        taken = self.releases.take(pair)
        if isinstance(taken, Task):
            self.open[taken.position] = taken
        return taken

    def close(self) -> None:
        """Make durable what is known, and give back what was not sent."""
        self.releases.ledger.save(self.unsaved)
        self.releases.ledger.give_back(
            [task for task in (*self.halted, *self.open.values()) if not task.sent]
        )

    def check(self, failure: BaseException | None) -> None:
        """Raise what ended the run before its time, if anything did."""
        if self.releases.cause or self.halted:
            raise self.releases.stopped(len(self.halted))
        if failure:
            raise failure


class _Crew:
    """Threads that release what they are given."""

    def __init__(self, client: GeneratedClient, releases: Releases) -> None:
        self.ended: SimpleQueue[tuple[Task, Ending]] = SimpleQueue()
        self._client = client
        self._releases = releases
        self._given: SimpleQueue[Task | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._turn = threading.Lock()  # who waits at the gate, waits alone
        self._changed = threading.Condition()
        self._stopping = False
        self._process = os.getpid()

    @property
    def is_inherited(self) -> bool:
        """Whether the run is a parent process's, with its threads and locks, of which a child has neither."""
        return os.getpid() != self._process

    def give(self, task: Task) -> None:
        """Let a task be done, if not by a thread of its own, then by those that there are."""
        if len(self._threads) < self._releases.terms.concurrency:
            # A daemon, so that who interrupts a second time need not wait for a server that stalls.
            thread = threading.Thread(target=self._work, name="voucherify-release", daemon=True)
            try:
                thread.start()
                self._threads.append(thread)
            except RuntimeError as error:
                reason = error
        if self._threads:
            self._given.put(task)
        else:
            self._releases.cause = UsageError(
                f"The system lets this process start no thread ({reason}). Allow it more of them."
            )
            self.ended.put((task, None))

    def take_back(self, *, wait: bool) -> list[tuple[Task, Ending]]:
        """What has ended; at least one, if that is to be waited for.

        Raises:
            UsageError: this process was forked during the run, and has none of its threads.
        """
        if self.is_inherited:
            raise UsageError(
                "This run belongs to the process that began it, which goes on with it. "
                "Begin one of its own in a forked process."
            )
        ended = [self.ended.get()] if wait else []
        while not self.ended.empty():
            ended.append(self.ended.get())
        return ended

    def _work(self) -> None:
        while (task := self._given.get()) is not None:
            try:
                ending: Ending = self._done(task)
            except BaseException as error:  # noqa: BLE001 - raised again where the caller iterates
                ending = error
            self.ended.put((task, ending))

    def _done(self, task: Task) -> Outcome | None:
        while (ticket := self._entered()) is not None:
            task.sent = True
            call, result, error = self._releases.call_of(task), None, None
            try:
                result = release(self._client, call, task.code, task.session_key, missing_ok=False)
            except VoucherifyError as failure:
                error = failure
            with self._changed:
                self._releases.heard(ticket, limits_in(result, error), error, time.monotonic())
                self._changed.notify()
            outcome = self._releases.result(task, call, result, error)
            if outcome:
                return outcome
        return None

    def _entered(self) -> int | None:
        """Wait at the gate for a ticket; None when nothing more is to be sent."""
        with self._turn, self._changed:
            while not (self._stopping or self._releases.over):
                wait = self._releases.gate.wait(time.monotonic())
                if not wait or self._client.session.is_closed:  # as the next call will tell
                    return self._releases.gate.admit()
                self._changed.wait(None if wait == inf else min(wait, _LONGEST_SLEEP))
        return None

    def stop(self) -> None:
        """Send nothing more, and wait for what is under way."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        for _ in self._threads:
            self._given.put(None)
        for thread in self._threads:
            thread.join()


class _Source:
    """The input, read where the caller iterates.

    Args:
        pairs: the input.
        enough: so many pairs in a row without a halt make a flow.
    """

    def __init__(self, pairs: Iterator[Pair], enough: int) -> None:
        self.over = False
        self.failure: Exception | None = None
        self._pairs = pairs
        self._enough = enough
        self._in_a_row = 0

    @property
    def flows(self) -> bool:
        """Whether the next pair may be waited for before what was read is sent."""
        return self._in_a_row >= self._enough

    def next(self) -> object:
        """The next pair, or the end, be it by a failure."""
        asked = time.monotonic()
        try:
            return next(self._pairs, _END)
        except Exception as error:  # noqa: BLE001 - raised again when what is under way has ended
            self.failure = error
            return _END
        finally:
            self._in_a_row = self._in_a_row + 1 if time.monotonic() - asked < _HALT else 0


def release_many(
    client: GeneratedClient, releases: Releases, pairs: Iterator[Pair]
) -> Generator[Outcome, None, None]:
    """Release many sessions; documented at ``Voucherify.release_many``."""
    with releases.ledger:
        for record in releases.ledger.unreported():
            releases.done += 1
            yield releases.recorded(record)
            releases.ledger.reported(record)
        source, book, crew = _Source(pairs, releases.terms.room), _Book(releases), _Crew(client, releases)
        try:
            while not source.over or book.open:
                ended = crew.take_back(wait=bool(book.open) and (source.over or not book.room))
                book.end(ended)
                source.over = source.over or bool(book.halted)
                tasks, refused = _read(source, book, crew, len(ended))
                releases.ledger.save(book.unsaved)
                for task in tasks:
                    crew.give(task)
                ready, book.unsaved = [*book.unsaved, *refused], []
                for outcome in ready:
                    releases.done += 1
                    yield outcome
                    releases.ledger.reported(outcome)
        finally:
            _end(crew, book)
        book.check(source.failure)


def _end(crew: _Crew, book: _Book) -> None:
    """End a run, however it came to its end; but not in a forked process, which does not have it."""
    if crew.is_inherited:
        return
    try:
        crew.stop()
        book.end(crew.take_back(wait=False))
    finally:
        book.close()


def _read(source: _Source, book: _Book, crew: _Crew, replacing: int) -> tuple[list[Task], list[Outcome]]:
    """Read pairs while there is room for them, and nobody waits for what has ended meanwhile.

    Args:
        source: where from.
        book: where to.
        crew: tells whether something has ended.
        replacing: as many are read in any case, so that the workers do not run out of them.
    """
    tasks: list[Task] = []
    refused: list[Outcome] = []
    end = time.monotonic() + _LONGEST_ROUND
    while (
        not source.over
        and book.room > len(refused)
        and time.monotonic() < end
        and (not tasks or source.flows)
        and (len(tasks) < replacing or crew.ended.empty())
    ):
        pair = source.next()
        if pair is _END:
            source.over = True
            break
        taken = book.take(pair)
        if isinstance(taken, Task):
            tasks.append(taken)
        elif taken:
            refused.append(taken)
    return tasks, refused


class _AsyncCrew:
    """Tasks that read the input, and release what they are given.

    Attributes:
        ended: what has ended.
        pairs: what was read, as it came.
        news: set when one of these has more, or the input has ended.
    """

    def __init__(self, client: AsyncGeneratedClient, releases: Releases, pairs: Any) -> None:  # noqa: ANN401 - either kind of iterable
        self.ended: deque[tuple[Task, Ending]] = deque()
        self.pairs: deque[object] = deque()
        self.news = asyncio.Event()
        self._client = client
        self._releases = releases
        self._given: asyncio.Queue[Task] = asyncio.Queue()
        self._room = asyncio.Event()
        self._turn = asyncio.Lock()
        self._changed = asyncio.Event()
        self._workers: list[asyncio.Task[None]] = []
        self._reader = asyncio.create_task(self._read(pairs))

    @property
    def failure(self) -> BaseException | None:
        """What the input ended with; None for its end, and where it was not read so far."""
        return None if self._reader.cancelled() else self._reader.result()

    @property
    def has_read_all(self) -> bool:
        """Whether the input has ended, and every pair of it was taken from here."""
        return self._reader.done() and not self.pairs

    async def _read(self, pairs: Any) -> BaseException | None:  # noqa: ANN401 - either kind of iterable
        try:
            if isinstance(pairs, AsyncIterable):
                async for pair in pairs:
                    await self._keep(pair)
            else:
                for pair in pairs:
                    await self._keep(pair)
        except BaseException as error:
            if _is_cancelled():
                raise
            return error  # to be raised when what is under way has ended
        finally:
            self.news.set()
        return None

    async def _keep(self, pair: object) -> None:
        self.pairs.append(pair)
        self.news.set()
        while len(self.pairs) >= self._releases.terms.concurrency:
            self._room.clear()
            await self._room.wait()

    def next(self) -> object:
        """A pair that was read."""
        self._room.set()
        return self.pairs.popleft()

    def give(self, task: Task) -> None:
        """Let a task be done."""
        self._given.put_nowait(task)
        if len(self._workers) < self._releases.terms.concurrency:
            self._workers.append(asyncio.create_task(self._work()))

    async def take_back(self, *, wait: bool) -> list[tuple[Task, Ending]]:
        """What has ended; if that is to be waited for, something has ended then, or was read."""
        if wait and not self.ended:
            await self.news.wait()
        self.news.clear()
        ended = list(self.ended)
        self.ended.clear()
        return ended

    async def _work(self) -> None:
        while True:
            task = await self._given.get()
            try:
                ending: Ending = await self._done(task)
            except BaseException as error:
                if _is_cancelled():
                    raise
                ending = error  # to be raised where the caller iterates
            self.ended.append((task, ending))
            self.news.set()

    async def _done(self, task: Task) -> Outcome | None:
        while (ticket := await self._entered()) is not None:
            task.sent = True
            call, result, error = self._releases.call_of(task), None, None
            try:
                result = await release_async(
                    self._client, call, task.code, task.session_key, missing_ok=False
                )
            except VoucherifyError as failure:
                error = failure
            self._releases.heard(ticket, limits_in(result, error), error, time.monotonic())
            self._changed.set()
            outcome = self._releases.result(task, call, result, error)
            if outcome:
                return outcome
        return None

    async def _entered(self) -> int | None:
        """Wait at the gate for a ticket; None when nothing more is to be sent."""
        async with self._turn:
            while not self._releases.over:
                wait = self._releases.gate.wait(time.monotonic())
                if not wait or self._client.session.is_closed:
                    return self._releases.gate.admit()
                self._changed.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(None if wait == inf else min(wait, _LONGEST_SLEEP)):
                        await self._changed.wait()
        return None

    async def stop(self) -> None:
        """End every task, whatever it is doing."""
        tasks = [self._reader, *self._workers]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _is_cancelled() -> bool:
    """Whether this task was told to end, and not by what it awaits having been."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def release_many_async(
    client: AsyncGeneratedClient,
    releases: Releases,
    pairs: Any,  # noqa: ANN401 - either kind of iterable
) -> AsyncGenerator[Outcome, None]:
    """Release many sessions; documented at ``AsyncVoucherify.release_many``."""
    ledger = releases.ledger
    with ledger:
        for record in ledger.unreported():
            releases.done += 1
            yield releases.recorded(record)
            ledger.reported(record)
        book, crew = _Book(releases), _AsyncCrew(client, releases, pairs)
        saving: list[asyncio.Future[None]] = []
        try:
            while book.open or not (crew.has_read_all or book.halted):
                more = crew.pairs and book.room and not book.halted
                book.end(await crew.take_back(wait=not more))
                tasks, refused = _taken(crew, book)
                if ledger.path is None:
                    ledger.save(book.unsaved)
                else:  # in a thread, and to its end even if this task is cancelled
                    saving = [asyncio.ensure_future(asyncio.to_thread(ledger.save, book.unsaved))]
                    await asyncio.shield(saving[0])
                for task in tasks:
                    crew.give(task)
                ready, book.unsaved = [*book.unsaved, *refused], []
                for outcome in ready:
                    releases.done += 1
                    yield outcome
                    ledger.reported(outcome)
        finally:
            try:
                await _to_their_end(crew.stop(), *saving)
            finally:
                try:
                    book.end(crew.ended)
                finally:
                    book.close()
        book.check(crew.failure)


async def _to_their_end(*doing: Awaitable[object]) -> None:
    """Wait for all of these however often this task is told to end meanwhile, and whatever comes of them.

    Who closed the journal before would do so under the hands of the thread that writes it.
    """
    task, told = asyncio.gather(*doing, return_exceptions=True), None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as error:
            told = error
    if told:
        raise told


def _taken(crew: _AsyncCrew, book: _Book) -> tuple[list[Task], list[Outcome]]:
    """Take pairs that were read, as many as there is room for."""
    tasks: list[Task] = []
    refused: list[Outcome] = []
    while crew.pairs and book.room > len(refused) and not book.halted:
        taken = book.take(crew.next())
        if isinstance(taken, Task):
            tasks.append(taken)
        elif taken:
            refused.append(taken)
    return tasks, refused
