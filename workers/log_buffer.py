"""Log records gather here for up to a second and leave as batches, by a thread of their own.

Whoever notes a record waits for nobody. While the broker is away records stay; what does not fit any more pushes the
oldest out, counted. Whoever carries them is handed in: this knows neither queue nor broker.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock, Thread
from typing import Final, Protocol

import structlog

from workers.log_record import LogRecord
from workers.metrics import meters

log = structlog.get_logger()

MOST_RECORDS: Final = 10_000
MOST_BYTES: Final = 8 * 1024 * 1024
BATCH_RECORDS: Final = 500
BATCH_BYTES: Final = 256 * 1024
EVERY: Final = 1.0
"""Seconds that a record waits for others."""
PAUSE: Final = 2.0
"""Seconds between two tries to reach a broker that is away."""
LAST_WITHIN: Final = 5.0
"""Seconds that the end of a process waits for its last records."""
SAY_EVERY: Final = 60.0
"""Seconds between two events about dropped records."""


class Carrier(Protocol):
    """Whoever takes batches away."""

    def ship(self, records: Sequence[Sequence[object]]) -> bool:
        """Take a batch; False means that it was not taken."""
        ...

    def close(self) -> None:
        """Let go of whatever it holds."""
        ...


class LogBuffer:
    """The records of one process that nobody has taken yet, and the thread that hands them over."""

    def __init__(self, carrier: Callable[[], Carrier], now: Callable[[], float] = time.monotonic) -> None:
        """Gather only; `start()` begins to hand over. The carrier is made by the thread that uses it."""
        self._make_carrier = carrier
        self._now = now
        self._records: deque[tuple[int, LogRecord]] = deque()
        self._bytes = 0
        self._lock = Lock()
        self._wake = Event()
        self._over = Event()
        self._thread: Thread | None = None
        self._said_dropped, self._said_at = 0, -SAY_EVERY
        self.dropped = 0
        """How many records were pushed out since the process began."""

    def note(self, record: LogRecord) -> None:
        """Keep a record until it is taken; called on the way of every request."""
        size = record.size
        with self._lock:
            self._records.append((size, record))
            self._bytes += size
            self._push_out()
            number = len(self._records)
        if number % BATCH_RECORDS == 0:
            self._wake.set()

    def start(self) -> None:
        """Hand over from now on, in a thread of its own."""
        self._over.clear()
        self._thread = Thread(target=self._keep_handing_over, name="log-buffer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Hand over what is left, once; waits no longer than 5 s."""
        self._over.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(LAST_WITHIN)

    def hand_over(self, carrier: Carrier) -> bool:
        """Hand over everything, batch by batch; False means that some was not taken and stays."""
        while batch := self._take():
            if not _hand_over(carrier, [record for _, record in batch]):
                self._put_back(batch)
                return False
        return True

    def _keep_handing_over(self) -> None:
        carrier = self._make_carrier()
        while not self._over.is_set():
            self._wake.wait(EVERY)
            self._wake.clear()
            if not self.hand_over(carrier):
                self._over.wait(PAUSE)
            self._say_dropped()
        self.hand_over(carrier)
        carrier.close()

    def _take(self) -> list[tuple[int, LogRecord]]:
        batch: list[tuple[int, LogRecord]] = []
        total = 0
        with self._lock:
            kept = self._records
            while kept and len(batch) < BATCH_RECORDS and (not batch or total + kept[0][0] <= BATCH_BYTES):
                batch.append(kept.popleft())
                total += batch[-1][0]
            self._bytes -= total
        return batch

    def _put_back(self, batch: list[tuple[int, LogRecord]]) -> None:
        with self._lock:
            self._records.extendleft(reversed(batch))
            self._bytes += sum(size for size, _ in batch)
            self._push_out()

    def _push_out(self) -> None:
        while len(self._records) > MOST_RECORDS or self._bytes > MOST_BYTES:
            size, _ = self._records.popleft()
            self._bytes -= size
            self.dropped += 1
            meters().dropped.inc()

    def _say_dropped(self) -> None:
        now, dropped = self._now(), self.dropped
        if dropped > self._said_dropped and now - self._said_at >= SAY_EVERY:
            log.warning("logs.dropped", dropped=dropped - self._said_dropped, in_all=dropped)
            self._said_dropped, self._said_at = dropped, now


def _hand_over(carrier: Carrier, records: Sequence[LogRecord]) -> bool:
    try:
        return carrier.ship([record.wire() for record in records])
    except Exception:  # whatever it is, the thread must live; what was not taken is tried again
        log.exception("logs.not_shipped", records=len(records))
        carrier.close()
        return False
