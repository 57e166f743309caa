"""The buffer keeps its bounds, counts what it pushes out, and gives each record away exactly once."""

import threading
import time
from collections.abc import Sequence
from itertools import count

import pytest
import structlog
from structlog.testing import capture_logs
from typing_extensions import override

from config.log_vocabulary import LogEvent
from models.types import new_id, utc_now
from tests.flows.stack import wait_for
from workers import log_buffer
from workers.log_buffer import BATCH_BYTES, BATCH_RECORDS, MOST_BYTES, MOST_RECORDS, LogBuffer
from workers.log_record import FRAME, LogRecord
from workers.metrics import meters


class Taking:
    """A carrier that takes batches, or does not."""

    def __init__(self, *, takes: bool = True) -> None:
        self.takes = takes
        self.batches: list[list[str]] = []
        self.tries = 0
        self.threads: set[str] = set()
        self.closed = False

    def ship(self, records: Sequence[Sequence[object]]) -> bool:
        self.tries += 1
        self.threads.add(threading.current_thread().name)
        if self.takes:
            self.batches.append([str(record[0]) for record in records])
        return self.takes

    def close(self) -> None:
        self.closed = True

    @property
    def ids(self) -> list[str]:
        return [each for batch in self.batches for each in batch]


def a_record(text: str = "/") -> LogRecord:
    return LogRecord(new_id(), LogEvent.REQUEST_SERVED, utc_now(), None, None, None, {"path": text, "ms": 1.5})


def fill(buffer: LogBuffer, number: int, text: str = "/") -> list[str]:
    records = [a_record(text) for _ in range(number)]
    for record in records:
        buffer.note(record)
    return [str(record.id) for record in records]


def test_everything_leaves_in_order_in_batches_of_a_bounded_number() -> None:
    taking = Taking()
    buffer = LogBuffer(lambda: taking)
    ids = fill(buffer, 2 * BATCH_RECORDS + 1)
    assert buffer.hand_over(taking)
    assert [len(batch) for batch in taking.batches] == [BATCH_RECORDS, BATCH_RECORDS, 1]
    assert taking.ids == ids
    assert buffer.hand_over(taking)
    assert len(taking.batches) == 3


def test_a_batch_has_a_bounded_size_and_a_large_record_goes_alone() -> None:
    taking = Taking()
    buffer = LogBuffer(lambda: taking)
    ids = [*fill(buffer, 4, "x" * (BATCH_BYTES // 3)), *fill(buffer, 1, "x" * 2 * BATCH_BYTES), *fill(buffer, 1)]
    assert buffer.hand_over(taking)
    assert [len(batch) for batch in taking.batches] == [2, 2, 1, 1]
    assert taking.ids == ids


def test_what_is_not_taken_stays_in_its_place() -> None:
    away, taking = Taking(takes=False), Taking()
    buffer = LogBuffer(lambda: taking)
    ids = fill(buffer, BATCH_RECORDS + 1)
    assert not buffer.hand_over(away)
    assert away.tries == 1
    ids += fill(buffer, 1)
    assert buffer.hand_over(taking)
    assert (taking.ids, buffer.dropped) == (ids, 0)


def test_the_oldest_are_pushed_out_and_counted() -> None:
    away, taking = Taking(takes=False), Taking()
    buffer = LogBuffer(lambda: taking)
    ids = fill(buffer, MOST_RECORDS + 3)
    assert not buffer.hand_over(away)
    assert buffer.dropped == 3
    assert buffer.hand_over(taking)
    assert taking.ids == ids[3:]


def test_a_batch_that_comes_back_to_a_full_buffer_is_the_oldest() -> None:
    buffer = LogBuffer(Taking)
    ids = fill(buffer, MOST_RECORDS)

    class Slow(Taking):
        """While it fails, others are noted."""

        @override
        def ship(self, records: Sequence[Sequence[object]]) -> bool:
            ids.extend(fill(buffer, len(records)))
            return False

    assert not buffer.hand_over(Slow())
    assert buffer.dropped == BATCH_RECORDS
    taking = Taking()
    assert buffer.hand_over(taking)
    assert taking.ids == ids[BATCH_RECORDS:]


def test_so_are_those_that_are_too_large_together() -> None:
    taking = Taking()
    buffer = LogBuffer(lambda: taking)
    meters.cache_clear()
    ids = fill(buffer, 10, "x" * (MOST_BYTES // 4 - FRAME))
    assert buffer.hand_over(taking)
    assert (taking.ids, buffer.dropped) == (ids[6:], 6)
    [counted] = meters().dropped.collect()
    assert counted.samples[0].value == 6
    # The bytes that left are free again.
    assert len(fill(buffer, 4, "x" * (MOST_BYTES // 4 - FRAME))) == 4
    assert buffer.dropped == 6


def test_dropping_is_said_once_a_while_with_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_buffer, "log", structlog.get_logger())
    moments = count(1000.0, 10.0)
    buffer, half = LogBuffer(Taking, lambda: next(moments)), MOST_RECORDS // 2
    with capture_logs() as logs:
        for _ in range(9):
            fill(buffer, half)
            buffer._say_dropped()
    # The third half pushes out as many; a minute later six more have.
    assert [(each["event"], each["dropped"], each["in_all"]) for each in logs] == [
        ("logs.dropped", half, half),
        ("logs.dropped", 6 * half, 7 * half),
    ]


def test_a_thread_of_its_own_sends_within_a_second_or_when_many_have_gathered() -> None:
    taking = Taking()
    buffer = LogBuffer(lambda: taking)
    buffer.start()
    began = time.monotonic()
    ids = fill(buffer, 1)
    wait_for("the record", lambda: taking.ids == ids, 5)
    assert time.monotonic() - began < 2
    ids += fill(buffer, BATCH_RECORDS)
    wait_for("the batch", lambda: taking.ids == ids, 5)
    buffer.stop()
    assert taking.threads == {"log-buffer"}
    assert taking.closed


@pytest.mark.parametrize("takes", [True, False])
def test_the_end_sends_what_is_left_and_waits_for_no_broker(*, takes: bool) -> None:
    taking = Taking(takes=takes)
    buffer = LogBuffer(lambda: taking)
    buffer.start()
    ids = fill(buffer, 3)
    began = time.monotonic()
    buffer.stop()
    assert time.monotonic() - began < 1
    assert taking.ids == (ids if takes else [])


def test_a_carrier_that_breaks_loses_nothing() -> None:
    class Breaking(Taking):
        @override
        def ship(self, records: Sequence[Sequence[object]]) -> bool:
            raise RuntimeError(str(len(records)))

    breaking, taking = Breaking(), Taking()
    buffer = LogBuffer(Taking)
    ids = fill(buffer, 2)
    assert not buffer.hand_over(breaking)
    assert breaking.closed
    assert buffer.hand_over(taking)
    assert taking.ids == ids


def test_noting_costs_microseconds() -> None:
    buffer, record = LogBuffer(Taking), a_record()
    began = time.perf_counter()
    for _ in range(5000):
        buffer.note(record)
    assert (time.perf_counter() - began) / 5000 < 100e-6
