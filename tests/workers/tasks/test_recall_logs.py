"""What CloudWatch and DynamoDB hold of days that are hot no more comes into the archive, each record once."""

import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from config.jobs import JOBS
from config.settings import settings
from config.vocabulary import Job
from models import slots
from models.archive_text import unpack
from models.log_record import LogRecord as Row
from models.run import Run
from models.session import snapshot, transaction
from models.types import new_id, utc_now
from tests.rows import id_at
from tests.workers.log_sinks.records import a_record
from workers.log_record import LogRecord
from workers.log_sinks import sink
from workers.tasks import recall_logs
from workers.tasks.archive import archive_all
from workers.tasks.once import Portion, once
from workers.tasks.recall_logs import recall_all

pytestmark = [pytest.mark.flow, pytest.mark.usefixtures("database", "cloud")]

DAYS = 5
A_DAY = 30


@pytest.fixture(params=["cloudwatch", "dynamodb"], autouse=True)
def shelf(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALRIM_LOG_SINK", request.param)
    monkeypatch.setenv("ALRIM_ARCHIVE", str(tmp_path / "shelf"))
    monkeypatch.setenv("ALRIM_DELETE_LOGS_AFTER_DAYS", "1")
    settings.cache_clear()
    return tmp_path / "shelf"


def written() -> list[LogRecord]:
    """Records of the last days, in the sink; its own clock allows no older ones to CloudWatch."""
    records = list[LogRecord]()
    for number in range(DAYS * A_DAY):
        at = utc_now() - timedelta(days=number / A_DAY)
        account = new_id() if number % 3 else None
        records.append(a_record(at, account)._replace(id=id_at(at), notification_id=account))
    assert not sink.insist(records).waiting
    return records


def here() -> set[UUID]:
    with snapshot() as session:
        return {row.id for row in Row.filter(session)}


def wanted(records: list[LogRecord]) -> set[UUID]:
    """Those of whole days that were over a day before the slot began."""
    end = recall_logs._midnight(JOBS[Job.RECALL].slot(utc_now()) - timedelta(days=1))
    return {each.id for each in records if each.at < end}


def a_portion(seconds: float) -> Portion:
    with transaction() as session:
        for row in Run.filter(session, Run.name == Job.RECALL):
            row.touched_at -= timedelta(hours=1)
    with transaction() as session:
        turn = slots.take(session, Job.RECALL, JOBS[Job.RECALL].slot(utc_now()), utc_now())
    assert turn is not None
    return Portion(turn, time.monotonic() + seconds)


def test_days_that_are_over_come_home_and_into_the_archive(shelf: Path) -> None:
    records = written()
    assert once(Job.RECALL, recall_all) == f"finished {len(wanted(records))}"
    assert here() == wanted(records) != set()
    assert once(Job.ARCHIVE, archive_all).startswith("finished")
    lines = [line for file in shelf.rglob("*.json.gz") for line in unpack(file.read_bytes())]
    assert Counter(line.id for line in lines) == Counter(wanted(records))
    by_id = {each.id: each for each in records}
    assert all((line.account_id, line.notification_id) == by_id[line.id][3:6:2] for line in lines)


def test_portions_that_are_over_at_once_come_to_the_same_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recall_logs, "SLICE", 7)
    records, said = written(), list[bool]()
    while not said or not said[-1]:
        said.append(recall_all(a_portion(0.0)))
    assert here() == wanted(records)
    assert len(said) > DAYS


def test_what_an_earlier_slot_recalled_is_not_read_again() -> None:
    records = written()
    with transaction() as session:
        slot = JOBS[Job.RECALL].slot(utc_now()) - timedelta(days=1)
        done = {"started_at": slot, "touched_at": slot, "ended_at": slot}
        Run.create(session, name=Job.RECALL, slot=slot, **done)
    assert recall_all(a_portion(30.0))
    begin = recall_logs._midnight(slot - timedelta(days=1))
    assert here() == {each.id for each in records if each.at >= begin} & wanted(records) != set()


def test_where_nothing_was_written_there_is_nothing() -> None:
    assert once(Job.RECALL, recall_all) == "finished 0"
