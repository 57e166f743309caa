"""Filling on real databases: slices, going on after a break, doubles, and what an earlier filler may still do."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from api import filling, roster
from api.batch_statement import BatchFacts
from api.filling import Changed, Filling, TakenOver, TooMany
from api.merge import Merge
from config.vocabulary import BatchState, Channel, State
from models import batch_ledger
from models.batch import Batch, BatchReject
from models.batch_ledger import Progress
from models.notification import Notification
from models.sealing import recipient_hash, sealer
from models.session import engine, snapshot, transaction
from tests.rows import a_batch, read_batch

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

MERGE = Merge(Channel.SOLAPI, {"from": "0212345678", "text": "#{name}'s \\ %s"})


def people(count: int) -> list[dict[str, Any]]:
    return [
        {"to": f"010{20000000 + number}", "variables": {"name": f"n{number}"}, "reference": f"r'{number}"}
        for number in range(count)
    ]


def begun(batch: Batch, distinct_by: str | None = None, prefix: bytes | None = None) -> Filling:
    with transaction() as session:
        found = batch_ledger.begin_filling(session, batch.id)
    assert found is not None
    return Filling(engine(), BatchFacts.of(batch), MERGE, distinct_by, *found, prefix=lambda: prefix)


def stored(batch: Batch) -> list[Notification]:
    with snapshot() as session:
        return [
            *session.scalars(select(Notification).where(Notification.batch_id == batch.id).order_by(Notification.id))
        ]


def rejects(batch: Batch) -> list[tuple[int, str]]:
    with snapshot() as session:
        query = select(BatchReject).where(BatchReject.batch_id == batch.id).order_by(BatchReject.number)
        return [(each.number, each.field) for each in session.scalars(query)]


def test_a_recipient_becomes_a_notification_like_any_other() -> None:
    batch = a_batch(BatchState.RECEIVING, request_id="it's \\ r")
    assert begun(batch).fill(roster.from_list(people(2))) == Progress(2, 2, 0, None)
    first, second = stored(batch)
    assert (first.account_id, first.connection_id, first.channel, first.lane, first.api_key_id) == (
        batch.account_id,
        batch.connection_id,
        batch.channel,
        batch.lane,
        batch.api_key_id,
    )
    assert (first.status, first.attempt, first.tries, first.wake_at, first.type) == (State.QUEUED, 0, 0, None, "SMS")
    assert (first.batch_row, second.batch_row, first.reference) == (1, 2, "r'0")
    assert first.request_id == "it's \\ r"
    assert first.not_before == batch.not_before
    assert first.recipient_hash == recipient_hash(batch.account_id, "01020000000")
    assert first.sealed is not None
    content = sealer().open("notifications.sealed", first.id, first.sealed)
    assert b"n0's \\\\ %s" in content
    assert abs(first.created_at - first.updated_at).total_seconds() == 0


def test_it_goes_on_after_the_last_slice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "SLICE_ROWS", 10)
    batch = a_batch(BatchState.RECEIVING)

    def breaking() -> Iterator[Any]:
        yield from people(25)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        begun(batch, prefix=b"p" * 32).fill(roster.from_list(breaking()))
    assert read_batch(batch.id).rows_read == len(stored(batch)) == 20
    assert begun(batch, prefix=b"p" * 32).fill(roster.from_list(people(33))).accepted == 33
    assert [row.batch_row for row in stored(batch)] == [*range(1, 34)]


@pytest.mark.parametrize(("count", "prefix"), [(5, b"p" * 32), (30, b"q" * 32)])
def test_another_beginning_than_before_is_told(count: int, prefix: bytes) -> None:
    batch = a_batch(BatchState.RECEIVING)
    begun(batch, prefix=b"p" * 32).fill(roster.from_list(people(10)))
    with pytest.raises(Changed):
        begun(batch, prefix=prefix).fill(roster.from_list(people(count)))
    assert len(stored(batch)) == 10


def test_who_was_taken_over_stores_nothing_more() -> None:
    batch = a_batch(BatchState.RECEIVING)
    first = begun(batch)
    begun(batch).fill(roster.from_list(people(3)))
    with pytest.raises(TakenOver):
        first.fill(roster.from_list(people(3)))
    assert len(stored(batch)) == 3


@pytest.mark.parametrize(
    ("distinct_by", "wrong"),
    [
        ("to", [(3, "to")]),
        ("name", [(4, "name")]),
        ("reference", [(5, "reference")]),
        ("city", [(n, "city") for n in range(1, 6)]),
    ],
)
def test_of_doubles_the_first_is_taken_also_across_slices(
    distinct_by: str, wrong: list[tuple[int, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filling, "SLICE_ROWS", 2)
    a, b, c, d, e = people(5)
    doubles = [{**c, "to": "010-2000-0000"}, {**d, "variables": a["variables"]}, {**e, "reference": b["reference"]}]
    batch = a_batch(BatchState.RECEIVING)
    done = begun(batch, distinct_by).fill(roster.from_list([a, b, *doubles]))
    assert (done.accepted, done.rejected) == (5 - len(wrong), len(wrong))
    assert rejects(batch) == wrong


def test_rejects_are_counted_all_and_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "SLICE_ROWS", 2)
    monkeypatch.setattr(filling, "MOST_REJECTS", 3)
    batch = a_batch(BatchState.RECEIVING)
    assert begun(batch).fill(roster.from_list(["x"] * 5)).rejected == 5
    assert [number for number, _ in rejects(batch)] == [1, 2, 3]


def test_there_may_not_be_more_than_a_million(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "SLICE_ROWS", 10)
    monkeypatch.setattr(filling, "MOST_ROWS", 25)
    with pytest.raises(TooMany):
        begun(a_batch(BatchState.RECEIVING)).fill(roster.from_list(people(26)))


def test_large_ones_go_in_several_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filling, "SLICE_BYTES", 300)
    batch = a_batch(BatchState.RECEIVING)
    begun(batch).fill(roster.from_list(people(9)))
    assert len(stored(batch)) == 9
