"""A record is the same on both sides of the queue, and its size is about what it takes there."""

import json
from datetime import UTC, datetime

import pytest

from config.log_vocabulary import LogEvent
from models.types import new_id
from workers.log_record import LogRecord

AT = datetime(2026, 11, 24, 12, 0, 0, 123456, UTC)
WHOLE = LogRecord(new_id(), LogEvent.ATTEMPT_ENDED, AT, new_id(), "r-1", new_id(), {"attempt": 1, "code": "1062"})
BARE = LogRecord(new_id(), LogEvent.REQUEST_SERVED, AT, None, None, None, {"path": "/" + "x" * 199, "ms": 1.25})


@pytest.mark.parametrize("record", [WHOLE, BARE])
def test_it_comes_through_json_unchanged(record: LogRecord) -> None:
    assert LogRecord.read(json.loads(json.dumps(record.wire()))) == record


@pytest.mark.parametrize("record", [WHOLE, BARE])
def test_its_size_is_about_that_of_its_text(record: LogRecord) -> None:
    assert 0.7 < len(json.dumps(record.wire())) / record.size < 1.4


@pytest.mark.parametrize("record", [WHOLE, BARE])
def test_its_line_says_what_each_part_is(record: LogRecord) -> None:
    said = json.loads(record.line())
    assert "\n" not in record.line()
    assert list(said) == ["id", "event", "at", "account_id", "request_id", "notification_id", "detail"]
    assert LogRecord.read(list(said.values())) == record
