"""Group commit on a real database: stored before answered, one winner a key, the guilty row alone refused."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from typing_extensions import override

from api.intake import MOST_ROWS, Answer, Intake, StoreAway, TooBusy, _answer, _Waiting
from api.intake_statement import Receipt, store
from config.vocabulary import Channel, Lane
from models import ledger
from models.notification import Notification
from models.session import engine, make_autocommit_engine, snapshot
from models.types import new_id, utc_now
from tests.servers.mariadb import Mariadb

pytestmark = pytest.mark.store

KEY_ID = new_id()


def a_row(idempotency: bytes | None = None, **changes: object) -> dict[str, Any]:
    values: dict[str, Any] = {
        "id": new_id(),
        "account_id": new_id(),
        "api_key_id": KEY_ID,
        "connection_id": new_id(),
        "channel": Channel.SOLAPI,
        "lane": Lane.NORMAL,
        "type": "SMS",
        "expires_at": None,
        "departed_at": None,
        "group_id": None,
        "provider_id": None,
        "code": None,
        "reference": None,
        "recipient_hash": b"r" * 32,
        "sealed": b"sealed",
        "idempotency": idempotency,
        "body_hash": b"b" * 32,
        "request_id": "r-1",
    }
    return ledger.accept({**values, **changes}, utc_now())


def stored() -> set[UUID]:
    with snapshot() as session:
        return set(session.scalars(select(Notification.id)))


@pytest.fixture
def intake(database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Intake]:
    # No broker listens there: accepting must not care.
    monkeypatch.setenv("ALRIM_BROKER_URL", f"redis+socket://{tmp_path}/none.sock?virtual_host=0")
    made = Intake(make_autocommit_engine(database))
    made.start()
    yield made
    made.stop()


async def submit_all(intake: Intake, rows: list[dict[str, Any]]) -> list[Receipt | BaseException]:
    return await asyncio.gather(*(intake.submit(row) for row in rows), return_exceptions=True)


def test_an_answered_row_is_committed(intake: Intake) -> None:
    row = a_row()
    receipt = asyncio.run(intake.submit(row))
    assert (receipt.id, receipt.replayed) == (row["id"], False)
    assert stored() == {row["id"]}


def test_many_at_once_are_all_stored(intake: Intake) -> None:
    rows = [a_row() for _ in range(MOST_ROWS + 300)]
    receipts = asyncio.run(submit_all(intake, rows))
    assert [receipt.id for receipt in receipts if isinstance(receipt, Receipt)] == [row["id"] for row in rows]
    assert stored() == {row["id"] for row in rows}


def test_a_key_used_twice_gives_the_first_answer(intake: Intake) -> None:
    first, second = a_row(b"k" * 32, body_hash=b"1" * 32), a_row(b"k" * 32, body_hash=b"2" * 32)
    one = asyncio.run(intake.submit(first))
    two = asyncio.run(intake.submit(second))
    assert (two.id, two.replayed, two.body_hash, two.created_at) == (one.id, True, b"1" * 32, one.created_at)
    assert stored() == {first["id"]}


def test_equal_keys_in_one_batch_have_one_winner(intake: Intake) -> None:
    rows = [a_row(b"k" * 32) for _ in range(20)] + [a_row(bytes([n]) * 32) for n in range(20)]
    receipts = [each for each in asyncio.run(submit_all(intake, rows)) if isinstance(each, Receipt)]
    assert len({receipt.id for receipt in receipts[:20]}) == 1
    assert sum(not receipt.replayed for receipt in receipts[:20]) == 1
    assert len(stored()) == 21


def test_the_same_key_of_two_api_keys_is_two(intake: Intake) -> None:
    rows = [a_row(b"k" * 32), a_row(b"k" * 32, api_key_id=new_id())]
    receipts = asyncio.run(submit_all(intake, rows))
    assert [each.replayed for each in receipts if isinstance(each, Receipt)] == [False, False]


def test_only_the_guilty_row_fails(intake: Intake) -> None:
    good = [a_row() for _ in range(10)]
    taken = a_row()
    asyncio.run(intake.submit(taken))
    # A row id that exists already, with another key: nothing but an error is right.
    bad = a_row(b"z" * 32, channel="no such channel")
    receipts = asyncio.run(submit_all(intake, [*good[:5], bad, *good[5:]]))
    assert isinstance(receipts[5], StoreAway)
    assert stored() == {row["id"] for row in [*good, taken]}


def test_a_database_that_was_away_while_nobody_asked_takes_the_next_row(
    intake: Intake, request: pytest.FixtureRequest
) -> None:
    """The writer keeps its connection; a caller must not be the one who learns that it is gone."""
    first, second = a_row(), a_row()
    asyncio.run(intake.submit(first))
    if engine().dialect.name != "sqlite":
        server: Mariadb = request.getfixturevalue("mariadb")
        server.kill()
        server.start()
        # What looks on here has a pool, which asks a connection only after a second's rest.
        engine().dispose()
    assert asyncio.run(intake.submit(second)).id == second["id"]
    assert stored() == {first["id"], second["id"]}


def test_what_is_written_again_changes_nothing_and_gives_the_same_receipts(intake: Intake, database: str) -> None:
    """As when the answer to a COMMIT was lost."""
    assert intake.alive
    rows = [a_row(), a_row(b"k" * 32)]
    receipts = []
    for _ in range(2):
        with make_autocommit_engine(database).connect() as connection:
            receipts.append(store(connection, rows))
    assert receipts[0] == receipts[1]
    assert [each.replayed for each in receipts[1]] == [False, False]
    assert stored() == {row["id"] for row in rows}


def test_a_database_that_is_away_is_said_to_all(intake: Intake) -> None:
    intake._engine, intake._connection = make_autocommit_engine("mysql+pymysql://root@127.0.0.1:1/none"), None
    receipts = asyncio.run(submit_all(intake, [a_row() for _ in range(50)]))
    assert {type(each) for each in receipts} == {StoreAway}
    assert intake.alive


def test_stopping_writes_what_waits(intake: Intake) -> None:
    rows = [a_row() for _ in range(200)]

    async def submit_and_stop() -> list[Receipt | BaseException]:
        tasks = [asyncio.create_task(intake.submit(row)) for row in rows]
        await asyncio.sleep(0)
        await asyncio.to_thread(intake.stop)
        return await asyncio.gather(*tasks, return_exceptions=True)

    receipts = asyncio.run(submit_and_stop())
    assert all(isinstance(each, Receipt) for each in receipts)
    assert stored() == {row["id"] for row in rows}
    with pytest.raises(TooBusy):
        asyncio.run(intake.submit(a_row()))


def test_a_scheduled_row_wakes_after_its_time() -> None:
    later = utc_now() + timedelta(hours=1)
    row = ledger.accept({"id": new_id()}, utc_now(), later)
    assert (row["not_before"], row["wake_at"]) == (later, later + ledger.RING_AFTER)


def test_a_caller_whose_loop_is_gone_does_not_end_the_writer(intake: Intake) -> None:
    loop = asyncio.new_event_loop()
    gone = _Waiting(a_row(), 1, loop, loop.create_future())
    loop.close()
    _answer([gone], [StoreAway()])
    assert isinstance(asyncio.run(intake.submit(a_row())), Receipt)


class Noting(Intake):
    """An intake that notes how many rows went into each statement."""

    def __init__(self, database: str) -> None:
        super().__init__(make_autocommit_engine(database))
        self.sizes: list[int] = []

    @override
    def _store(self, rows: Sequence[Mapping[str, Any]]) -> list[Answer]:
        self.sizes.append(len(rows))
        return super()._store(rows)


@pytest.mark.usefixtures("intake")
def test_what_becomes_a_row_in_the_same_turns_of_the_loop_is_written_at_once(database: str) -> None:
    noting = Noting(database)
    noting.start()

    async def later(turns: int) -> Receipt:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await noting.submit(a_row())

    async def all_of_them() -> None:
        await asyncio.gather(*(later(turns) for turns in range(30)))

    asyncio.run(all_of_them())
    asyncio.run(later(0))
    noting.stop()
    assert noting.sizes == [30, 1]


def test_a_loop_that_ends_while_it_gathers_keeps_nobody_from_writing(intake: Intake) -> None:
    async def leave() -> None:
        task = asyncio.create_task(intake.submit(a_row()))
        await asyncio.sleep(0)
        task.cancel()

    asyncio.run(leave())
    assert isinstance(asyncio.run(intake.submit(a_row())), Receipt)
