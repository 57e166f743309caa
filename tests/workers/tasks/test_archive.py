"""Log records become text, at work on real databases: each is in one place in the end, and damage deletes nothing."""

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from typing_extensions import override

from config.log_vocabulary import PartState
from config.settings import settings
from config.vocabulary import Job
from models import archiving, slots
from models.archive_part import ArchivePart
from models.archive_place import Directory
from models.archive_text import unpack
from models.log_record import LogRecord, Values, store
from models.run import Run
from models.session import snapshot, transaction
from models.types import new_id, utc_now
from tests.logging_rows import record_at
from workers.tasks.archive import DamagedError, archive_all
from workers.tasks.jobs import delete_all_old
from workers.tasks.once import Portion, once

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

KEPT_DAYS = 60
ACCOUNT = UUID(int=7)


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALRIM_ARCHIVE", str(tmp_path / "shelf"))
    monkeypatch.setattr(archiving, "MOST_RECORDS", 10)
    settings.cache_clear()
    return tmp_path / "shelf"


def ago(days: float) -> datetime:
    return utc_now() - timedelta(days=days)


def hot(*rows: Values) -> list[UUID]:
    with transaction() as session:
        store(session, rows)
    return [row["id"] for row in rows]


def still_hot() -> set[UUID]:
    with snapshot() as session:
        return {row.id for row in LogRecord.filter(session)}


def parts() -> list[ArchivePart]:
    with snapshot() as session:
        return list(ArchivePart.filter(session))


def archived(shelf: Path) -> Counter[UUID]:
    return Counter(line.id for file in shelf.rglob("*.json.gz") for line in unpack(file.read_bytes()))


def run(seconds: float = 30.0) -> str:
    """Do a portion, as if the slot had not been done yet."""
    with transaction() as session:
        for row in Run.filter(session):
            session.delete(row)
    with transaction() as session:
        turn = slots.take(session, Job.ARCHIVE, utc_now(), utc_now())
    assert turn is not None
    return f"{archive_all(Portion(turn, time.monotonic() + seconds))}"


def test_what_is_hot_no_more_is_text_by_month_and_the_rest_stays(shelf: Path) -> None:
    old = hot(*(record_at(ago(KEPT_DAYS + number / 2), ACCOUNT) for number in range(1, 120)))
    young = hot(record_at(ago(KEPT_DAYS - 1), ACCOUNT), record_at(ago(0), None))
    assert run() == "True"
    assert archived(shelf) == Counter(old)
    assert still_hot() == set(young)
    assert {part.status for part in parts()} == {PartState.KEPT}
    for file in shelf.rglob("*.json.gz"):
        month = {(line.at.year, line.at.month) for line in unpack(file.read_bytes())}
        assert [f"year={year}/month={number:02}" for year, number in month] == [str(file.parent.relative_to(shelf))]


def test_small_objects_of_a_month_that_is_over_become_one(shelf: Path) -> None:
    begin = datetime(2025, 3, 1, tzinfo=UTC)
    old = hot(*(record_at(begin + timedelta(hours=12 * number), ACCOUNT) for number in range(62)))
    assert run() == "True"
    [file] = shelf.rglob("*.json.gz")
    assert str(file.relative_to(shelf)).startswith("year=2025/month=03/2025-03-01_")
    assert archived(shelf) == Counter(old)
    [part] = parts()
    assert (part.status, part.count, part.size) == (PartState.KEPT, 62, file.stat().st_size)


def test_a_record_that_comes_again_after_it_was_archived_is_not_doubled(shelf: Path) -> None:
    rows = [record_at(ago(KEPT_DAYS + 1 + number / 1000), ACCOUNT) for number in range(5)]
    late = record_at(rows[2]["created_at"] + timedelta(seconds=1), ACCOUNT)
    hot(*rows)
    run()
    hot(*rows[1:4])
    run()
    assert archived(shelf) == Counter(row["id"] for row in rows)
    hot(*rows, late)
    run()
    assert archived(shelf) == Counter(row["id"] for row in (*rows, late))
    assert still_hot() == set()


class Forgetful(Directory):
    """A place that keeps something else than it was given."""

    def __init__(self, root: Path, kept: bytes) -> None:
        super().__init__(root)
        self._kept = kept

    @override
    def read(self, name: str) -> bytes:
        return self._kept or super().read(name)[:-1]


@pytest.mark.parametrize("kept", [b"", b"something else"])
def test_what_is_damaged_on_its_way_deletes_nothing(shelf: Path, monkeypatch: pytest.MonkeyPatch, kept: bytes) -> None:
    ids = hot(*(record_at(ago(KEPT_DAYS + 1), ACCOUNT) for _ in range(3)))
    with monkeypatch.context() as patched:
        patched.setattr("workers.tasks.archive.place", lambda: Forgetful(shelf, kept))
        with pytest.raises(DamagedError):
            run()
    assert still_hot() == set(ids)
    assert run() == "True"
    assert (archived(shelf), still_hot()) == (Counter(ids), set())


def test_what_is_damaged_before_its_records_were_deleted_keeps_them(shelf: Path) -> None:
    ids = hot(*(record_at(ago(KEPT_DAYS + 1), ACCOUNT) for _ in range(3)))
    run(0.0)
    [file] = shelf.rglob("*.json.gz")
    file.write_bytes(b"rotten")
    with pytest.raises(DamagedError):
        run()
    assert still_hot() == set(ids)


def test_portions_of_one_step_each_come_to_the_same_end(shelf: Path) -> None:
    old = hot(*(record_at(ago(KEPT_DAYS + 40 + number / 10), new_id()) for number in range(35)))
    said = [run(0.0)]
    while said[-1] == "False":
        said.append(run(0.0))
    assert len(said) > 10
    assert (archived(shelf), still_hot()) == (Counter(old), set())


def test_an_archive_that_cannot_be_written_is_tried_again(shelf: Path) -> None:
    hot(record_at(ago(KEPT_DAYS + 1), ACCOUNT))
    shelf.write_bytes(b"in the way")
    with pytest.raises(OSError, match="shelf"):
        once(Job.ARCHIVE, archive_all)
    with snapshot() as session:
        assert [row.error for row in Run.filter(session)] == ["NotADirectoryError"]


@pytest.mark.parametrize(("said", "left"), [("none", 0), ("/mnt/anywhere", 1)])
def test_old_records_are_deleted_where_there_is_no_archive(
    monkeypatch: pytest.MonkeyPatch, said: str, left: int
) -> None:
    monkeypatch.setenv("ALRIM_ARCHIVE", said)
    settings.cache_clear()
    hot(record_at(ago(KEPT_DAYS + 1), ACCOUNT))
    if said == "none":
        assert run() == "True"
    once(Job.DELETE_OLD, delete_all_old)
    assert len(still_hot()) == left
