"""Group commit: rows of concurrent requests leave in one multi-row INSERT and one COMMIT.

`await submit(row)` hands a row to the writer thread and waits for its COMMIT, which is what answers the 202.
A second thread then rings the workers; it can be slow or fail without anybody waiting for it. Idle, a batch is
one row and leaves at once; under load batches grow by themselves. It knows nothing of what it stores.
"""

import asyncio
import queue
import threading
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from api.intake_statement import Receipt, store
from api.store_errors import is_away, passes
from config.tracing import traceparent
from workers.publish import Bell, Ring

log = structlog.get_logger()

MOST_ROWS: Final = 500
MOST_BYTES: Final = 4 * 1024 * 1024
MOST_WAITING: Final = 5_000
GATHERED: Final = 64
"""Rows that are written without looking for more."""
QUIET_TURNS: Final = 3
"""Turns of the event loop without a new row after which none is to come."""
PATIENCE: Final = 5.0
"""Seconds that a request waits for its COMMIT before it is told to come again."""


class TooBusy(Exception):  # noqa: N818 - the name is the answer
    """More rows wait than can be written soon: the caller repeats with the same key."""


class StoreAway(Exception):  # noqa: N818 - the name is the answer
    """The database did not take the row; nothing was accepted."""


Answer = Receipt | StoreAway


class _Waiting(NamedTuple):
    row: Mapping[str, Any]
    size: int
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Receipt]"
    trace: str | None = None


class Intake:
    """The writer thread, the ringer thread, and what waits for them."""

    def __init__(self, engine: Engine) -> None:
        """Prepare; `start()` begins."""
        self._engine = engine
        self._connection: Connection | None = None
        self._bell = Bell()
        self._waiting: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._rings: queue.SimpleQueue[list[Ring] | None] = queue.SimpleQueue()
        self._gathering: set[asyncio.AbstractEventLoop] = set()
        self._ready = False
        self._stopping = False
        self._writer = threading.Thread(target=self._write_loop, name="intake-writer", daemon=True)
        self._ringer = threading.Thread(target=self._ring_loop, name="intake-ringer", daemon=True)
        self.broker_away = False

    def start(self) -> None:
        """Start both threads."""
        self._writer.start()
        self._ringer.start()

    def stop(self) -> None:
        """Write what waits, ring for it, and end; blocks until both threads have ended."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        self._writer.join()
        self._rings.put(None)
        self._ringer.join(timeout=10)

    @property
    def alive(self) -> bool:
        """Whether both threads run; a dead one fails `/health`."""
        return self._writer.is_alive() and self._ringer.is_alive()

    async def submit(self, row: Mapping[str, Any]) -> Receipt:
        """Store a row and return when it is committed.

        Raises:
            TooBusy: too many wait, or the COMMIT took longer than 5 s: it may still come, so the caller repeats.
            StoreAway: the database refused or could not be reached; nothing was accepted.
        """
        if len(self._waiting) >= MOST_WAITING or self._stopping:
            raise TooBusy
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Receipt] = loop.create_future()
        self._waiting.append(_Waiting(row, len(row["sealed"]) + 512, loop, future, traceparent()))
        if loop not in self._gathering:
            self._gathering.add(loop)
            loop.call_soon(self._gather, loop, len(self._waiting), 0)
        # A timer of one's own costs a tenth of what `asyncio.wait_for` does.
        timer = loop.call_later(PATIENCE, _give_up, future)
        try:
            return await future
        finally:
            timer.cancel()

    def _gather(self, loop: asyncio.AbstractEventLoop, before: int, quiet: int) -> None:
        """Wake the writer once the loop has nothing left that becomes a row, or enough of them wait.

        A hand-over between threads costs as much as a request: rows are not written one by one while more are coming.
        """
        waiting = len(self._waiting)
        if (quiet := quiet + 1 if waiting == before else 0) < QUIET_TURNS and waiting < GATHERED:
            loop.call_soon(self._gather, loop, waiting, quiet)
            return
        self._gathering.discard(loop)
        with self._wake:
            self._ready = True
            self._wake.notify()

    def _write_loop(self) -> None:
        while True:
            with self._wake:
                while not self._ready and not self._stopping:
                    self._wake.wait()
                if self._stopping and not self._waiting:
                    break
                batch = self._take()
                self._ready = bool(self._waiting)
            if not batch:
                continue
            try:
                answers = self._write(batch)
            except Exception:  # a bug must fail this batch, never the thread that all requests wait for
                log.exception("intake.batch_failed", rows=len(batch))
                answers = [StoreAway()] * len(batch)
            _answer(batch, answers)
            self._rings.put(
                [_ring(each) for each, answer in zip(batch, answers, strict=True) if _is_due(each.row, answer)]
            )
        if self._connection is not None:
            self._connection.close()

    def _take(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        size = 0
        while self._waiting and len(batch) < MOST_ROWS and (not batch or size + self._waiting[0].size <= MOST_BYTES):
            waiting = self._waiting.popleft()
            # A request that gave up is not stored: it was told so.
            if not waiting.future.done():
                batch.append(waiting)
                size += waiting.size
        return batch

    def _write(self, batch: Sequence[_Waiting]) -> list[Answer]:
        rows = [waiting.row for waiting in batch]
        try:
            return self._store(rows)
        except (SQLAlchemyError, ValueError) as error:
            if is_away(error):
                log.warning("intake.store_away", rows=len(rows), error=type(error).__name__)
                return [StoreAway()] * len(rows)
            log.warning("intake.row_by_row", rows=len(rows), error=type(error).__name__)
        return [self._store_one(row) for row in rows]

    def _store(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        for last in (False, False, True):
            try:
                return [*store(self._connected(), rows)]
            except DBAPIError as error:
                # One that was kept too long makes itself anew; what is stored already stays, and is found to have won.
                if last or not (error.connection_invalidated or passes(error)):
                    raise
        raise AssertionError("the last round returns or raises")

    def _connected(self) -> Connection:
        self._connection = self._connection or self._engine.connect()
        return self._connection

    def _store_one(self, row: Mapping[str, Any]) -> Answer:
        try:
            return self._store([row])[0]
        except (SQLAlchemyError, ValueError) as error:
            log.exception("intake.row_refused", id=str(row["id"]))
            return StoreAway(type(error).__name__)

    def _ring_loop(self) -> None:
        while (rings := self._rings.get()) is not None:
            more = [rings]
            while not self._rings.empty() and len(more) < MOST_WAITING:
                following = self._rings.get()
                if following is None:
                    self._rings.put(None)
                    break
                more.append(following)
            if flat := [ring for some in more for ring in some]:
                self._ring(flat)
        self._bell.close()

    def _ring(self, rings: list[Ring]) -> None:
        try:
            self.broker_away = not self._bell.ring(rings)
        except Exception:  # a ring may be lost, the thread may not
            log.exception("intake.ring_failed")
            self._bell.close()
            self.broker_away = True


def _give_up(future: "asyncio.Future[Receipt]") -> None:
    if not future.done():
        future.set_exception(TooBusy())


def _answer(batch: Sequence[_Waiting], answers: Sequence[Answer]) -> None:
    loops: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[Receipt], Answer]]] = defaultdict(list)
    for waiting, answer in zip(batch, answers, strict=True):
        loops[waiting.loop].append((waiting.future, answer))
    for loop, pairs in loops.items():
        # One wake-up of the loop for the whole batch. A loop that is closed has nobody left who waits.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(_settle, pairs)


def _settle(pairs: Sequence[tuple["asyncio.Future[Receipt]", Answer]]) -> None:
    for future, answer in pairs:
        if isinstance(answer, Receipt) and not future.done():
            future.set_result(answer)
        elif isinstance(answer, StoreAway) and not future.done():
            future.set_exception(answer)


def _is_due(row: Mapping[str, Any], answer: Answer) -> bool:
    """Whether somebody is to be called now; a scheduled row is called by `sweep` when its time comes."""
    return isinstance(answer, Receipt) and not answer.replayed and row["not_before"] <= row["created_at"]


def _ring(waiting: _Waiting) -> Ring:
    row = waiting.row
    return Ring(row["id"], row["channel"], row["lane"], row["connection_id"], row["request_id"], waiting.trace)
