"""What waits for a sink goes to it when it is back, each record once, and nothing goes before it is there."""

from collections import Counter
from datetime import timedelta
from typing import Any

import boto3
import pytest
from celery.exceptions import Retry
from sqlalchemy.exc import OperationalError

from config.settings import settings
from models.log_record import LogRecord as Row
from models.log_waiting import LogWaiting
from models.session import snapshot, transaction
from models.types import utc_now
from tests.servers.moto import MotoServer
from tests.workers.log_sinks.records import a_record
from workers.log_record import LogRecord
from workers.log_sinks import database
from workers.log_sinks.left import Left
from workers.tasks import forward_logs, ship_logs

pytestmark = [pytest.mark.flow, pytest.mark.usefixtures("database")]


def choose(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("ALRIM_LOG_SINK", name)
    settings.cache_clear()


def here() -> tuple[int, int]:
    with snapshot() as session:
        return len(Row.filter(session)), len(LogWaiting.filter(session))


def later() -> None:
    """A minute passes."""
    with transaction() as session:
        for mark in LogWaiting.filter(session):
            mark.try_at -= timedelta(seconds=60)


def items(cloud: MotoServer) -> Counter[str]:
    pages: Any = boto3.client("dynamodb", **cloud.arguments).get_paginator("scan").paginate(TableName="alrim_logs")
    return Counter(each["id"]["S"] for page in pages for each in page["Items"])


def test_what_waits_is_forwarded_when_the_sink_is_back(cloud: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "dynamodb")
    records = [a_record() for _ in range(1200)]
    cloud.kill()
    for start in range(0, len(records), 500):
        ship_logs.ship([each.wire() for each in records[start : start + 500]])
    assert here() == (1200, 1200)
    with pytest.raises(Retry, match="sink_away EndpointConnectionError, records wait since 2"):
        forward_logs.forward()
    assert here() == (1200, 1200)
    cloud.start()
    assert forward_logs.forward() == {"forwarded": 1200}
    assert here() == (0, 0)
    assert items(cloud) == Counter(str(each.id) for each in records)
    assert forward_logs.forward() == {}


def test_what_the_sink_refuses_stays_and_waits_no_more(cloud: MotoServer, monkeypatch: pytest.MonkeyPatch) -> None:
    del cloud
    choose(monkeypatch, "cloudwatch")
    old, fresh = a_record(utc_now() - timedelta(days=15)), a_record()
    database.keep(Left(waiting=[old, fresh]))
    assert forward_logs.forward() == {"forwarded": 1, "database": 1}
    assert here() == (1, 0)


class Killed(BaseException):
    """What ends a worker between two steps."""


def test_one_who_was_killed_after_the_sink_took_them_leaves_nothing_undone(
    cloud: MotoServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(monkeypatch, "dynamodb")
    records = [a_record() for _ in range(40)]
    database.keep(Left(waiting=records))

    def killed(*_: object) -> int:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(database, "forward", killed)
        with pytest.raises(Killed):
            forward_logs.forward()
    assert here() == (40, 40)
    assert forward_logs.forward() == {}
    later()
    assert forward_logs.forward() == {"forwarded": 40}
    assert here() == (0, 0)
    assert items(cloud) == Counter(str(each.id) for each in records)


@pytest.mark.parametrize("name", ["database", "none"])
def test_where_the_sink_is_another_now_nothing_is_touched(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database.keep(Left(waiting=[a_record()]))
    choose(monkeypatch, name)
    assert forward_logs.forward() == {}
    assert here() == (1, 1)


def test_a_database_that_is_away_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    choose(monkeypatch, "cloudwatch")

    def away() -> tuple[list[object], list[LogRecord]]:
        raise OperationalError("SELECT", {}, Exception())

    monkeypatch.setattr(database, "take", away)
    assert forward_logs.forward() == {}
