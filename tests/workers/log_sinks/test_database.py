"""The database keeps each record once, with all that it says, and lets go of what another sink has taken."""

from datetime import timedelta

import pytest

from config.log_vocabulary import LogEvent
from models import log_record
from models.log_record import LogRecord as Row
from models.log_waiting import LogWaiting
from models.session import snapshot, transaction
from models.types import new_id, utc_now
from tests.workers.log_sinks.records import a_record
from workers.log_record import Detail, LogRecord
from workers.log_sinks import database
from workers.log_sinks.left import Left

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def test_a_batch_that_is_shipped_twice_is_one() -> None:
    at = utc_now() - timedelta(hours=1)
    detail: Detail = {"path": "/경로\x00", "ms": 1.25, "code": None, "status": 200}
    whole = LogRecord(new_id(), LogEvent.REQUEST_SERVED, at, new_id(), "r-1", new_id(), detail)
    bare = LogRecord(new_id(), LogEvent.ATTEMPT_ENDED, at, None, None, None, {})
    for _ in range(2):
        database.keep(Left(kept=[whole, bare]))
    with snapshot() as session:
        first, second = Row.filter(session)
    assert (first.id, first.created_at, first.event) == (whole.id, at, whole.event)
    assert (first.account_id, first.request_id) == (whole.account_id, "r-1")
    assert first.notification_id == whole.notification_id
    assert first.detail == '{"path":"/경로\\u0000","ms":1.25,"code":null,"status":200}'
    assert (second.id, second.account_id, second.detail) == (bare.id, None, "{}")


def here() -> tuple[int, int]:
    """How many records are here, and how many wait."""
    with snapshot() as session:
        return len(Row.filter(session)), len(LogWaiting.filter(session))


def test_what_waits_is_taken_as_it_came_and_by_one_only() -> None:
    records = [a_record(number=str(number)) for number in range(3)]
    for _ in range(2):
        database.keep(Left(waiting=records))
    assert here() == (3, 3)
    ids, taken = database.take()
    assert sorted(taken) == sorted(records)
    assert set(ids) == {each.id for each in records}
    assert database.take() == ([], [])


def test_what_another_sink_has_goes_and_the_rest_stays_as_it_must() -> None:
    went, refused, waits = (a_record() for _ in range(3))
    database.keep(Left(waiting=[went, refused, waits]))
    ids, records = database.take()
    assert database.forward(ids, records, Left(kept=[refused], waiting=[waits], code="unprocessed")) == 1
    with snapshot() as session:
        assert {row.id for row in Row.filter(session)} == {refused.id, waits.id}
        assert [mark.id for mark in LogWaiting.filter(session)] == [waits.id]
    assert database.take() == ([waits.id], [waits])


def test_a_record_that_was_moved_elsewhere_waits_no_more() -> None:
    database.keep(Left(waiting=[a_record()]))
    with transaction() as session:
        log_record.remove(session, [row.id for row in Row.filter(session)])
    ids, records = database.take()
    assert (len(ids), records) == (1, [])
    assert database.forward(ids, records, Left()) == 0
    assert here() == (0, 0)
