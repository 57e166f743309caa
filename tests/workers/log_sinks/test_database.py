"""The sink writes each record once, with all that it says."""

from datetime import timedelta

import pytest

from config.vocabulary import LogEvent
from models.log_record import LogRecord as Row
from models.session import snapshot
from models.types import new_id, utc_now
from workers.log_record import Detail, LogRecord
from workers.log_sinks import database

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def test_a_batch_that_is_shipped_twice_is_one() -> None:
    at = utc_now() - timedelta(hours=1)
    detail: Detail = {"path": "/경로\x00", "ms": 1.25, "code": None, "status": 200}
    whole = LogRecord(new_id(), LogEvent.REQUEST_SERVED, at, new_id(), "r-1", new_id(), detail)
    bare = LogRecord(new_id(), LogEvent.ATTEMPT_ENDED, at, None, None, None, {})
    for _ in range(2):
        database.write([whole, bare])
    with snapshot() as session:
        first, second = Row.filter(session)
    assert (first.id, first.created_at, first.event) == (whole.id, at, whole.event)
    assert (first.account_id, first.request_id) == (whole.account_id, "r-1")
    assert first.notification_id == whole.notification_id
    assert first.detail == '{"path":"/경로\\u0000","ms":1.25,"code":null,"status":200}'
    assert (second.id, second.account_id, second.detail) == (bare.id, None, "{}")
