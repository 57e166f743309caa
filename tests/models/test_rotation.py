"""Rotation on real databases: everything is sealed anew, whatever happens meanwhile, and nothing newer is lost."""

import base64
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Row, select

from api.batches import PLACE as OF_BATCH
from api.security.keys import PREVIOUS_PLACE, SECRET_PLACE
from config.settings import settings
from config.vocabulary import BatchState, Channel, State
from models import credentials, ledger, rotation
from models.account import Account
from models.api_key import ApiKey
from models.rotation import Change, Tally, carry_out, place_of, rehashing, resealing, sealed_columns
from models.sealing import recipient_hash, sealer
from models.session import snapshot, transaction
from models.types import new_id, utc_now
from tests.rows import LEASE, a_batch, a_connection, a_row, read

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

OLD, NEW = (f"{kid}:{base64.b64encode(bytes([kid]) * 32).decode()}" for kid in (1, 2))
OF_MESSAGE = "notifications.sealed"
SECRET = b"010-1234-5678"
COLUMNS = {place_of(column): column for column in sealed_columns()}
MESSAGES = COLUMNS[OF_MESSAGE]


def known(monkeypatch: pytest.MonkeyPatch, **secrets: str) -> None:
    """Go on as a process that was started with these."""
    for name, value in secrets.items():
        monkeypatch.setenv(f"ALRIM_{name}", value)
    settings.cache_clear()
    sealer.cache_clear()


@pytest.fixture(autouse=True)
def _old_key(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    del database
    known(monkeypatch, SEAL_KEYS=OLD)


def a_message(**changes: Any) -> UUID:  # noqa: ANN401 - columns
    row_id = new_id()
    return a_row(State.QUEUED, **{"id": row_id, "sealed": sealer().seal(OF_MESSAGE, row_id, SECRET), **changes})


def one_of_each() -> None:
    """A value in every place, sealed with the key that is first."""
    batch_id, key_id, connection_id = new_id(), new_id(), new_id()
    a_message()
    a_batch(BatchState.RECEIVING, id=batch_id, sealed=sealer().seal(OF_BATCH, batch_id, SECRET))
    a_batch(BatchState.RUNNING)
    a_connection(id=connection_id, secrets=sealer().seal(credentials.PLACE, connection_id, SECRET))
    secrets = {
        "secret": sealer().seal(SECRET_PLACE, key_id, SECRET),
        "previous_secret": sealer().seal(PREVIOUS_PLACE, key_id, SECRET),
    }
    with transaction() as session:
        account_id = Account.create(session).id
        ApiKey.create(session, id=key_id, account_id=account_id, access_key="k" * 60, **secrets)


def values(place: str) -> list[tuple[UUID, bytes]]:
    """The rows that hold a value there, in order."""
    column = COLUMNS[place]
    with snapshot() as session:
        rows = session.execute(select(column.table.c.id, column).where(column.is_not(None)).order_by(column.table.c.id))
        return [(row_id, value) for row_id, value in rows]


def opened(place: str = OF_MESSAGE) -> list[bytes]:
    return [sealer().open(place, *row) for row in values(place)]


def whole(slices: Iterator[Tally]) -> Tally:
    *_, last = slices
    return last


def test_the_places_are_those_that_the_code_seals_for() -> None:
    assert sorted(COLUMNS) == sorted([OF_BATCH, OF_MESSAGE, SECRET_PLACE, PREVIOUS_PLACE, credentials.PLACE])


def test_everything_is_sealed_anew_once_and_opens_without_the_old_key(monkeypatch: pytest.MonkeyPatch) -> None:
    one_of_each()
    known(monkeypatch, SEAL_KEYS=f"{NEW},{OLD}")
    for place, column in COLUMNS.items():
        done = whole(carry_out(resealing(column)))
        assert (done.changed, done.broken) == (1, 0), place
        assert done.looked == len(values(place)) + (place == OF_BATCH)
    known(monkeypatch, SEAL_KEYS=NEW)
    assert [opened(place) for place in COLUMNS] == [[SECRET]] * 5
    before = [values(place) for place in COLUMNS]
    assert [whole(carry_out(resealing(column))).changed for column in COLUMNS.values()] == [0] * 5
    assert [values(place) for place in COLUMNS] == before


def test_when_a_row_was_last_changed_and_all_else_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    before = read(a_message())
    known(monkeypatch, SEAL_KEYS=f"{NEW},{OLD}")
    whole(carry_out(resealing(MESSAGES)))
    after = read(before.id)
    others = [column.name for column in MESSAGES.table.columns if column.name != MESSAGES.name]
    assert [getattr(after, name) for name in others] == [getattr(before, name) for name in others]
    assert after.sealed != before.sealed


def test_a_value_that_is_replaced_meanwhile_is_kept_and_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    connection_id = new_id()
    a_connection(id=connection_id, secrets=credentials.seal(connection_id, {"token": "old"}))
    late = credentials.seal(connection_id, {"token": "new"})
    known(monkeypatch, SEAL_KEYS=f"{NEW},{OLD}")
    work, looks = resealing(COLUMNS[credentials.PLACE]), count(1)

    def overtaken(row: Row[*tuple[Any, ...]]) -> Change | None:
        if next(looks) == 1:
            with transaction() as session:
                session.execute(work.table.update().values(secrets=late))
        return work.anew(row)

    assert whole(carry_out(replace(work, anew=overtaken))) == Tally(looked=1, changed=1)
    assert next(looks) == 3
    known(monkeypatch, SEAL_KEYS=NEW)
    assert opened(credentials.PLACE) == [b'{"token": "new"}']


def test_a_value_that_is_taken_away_meanwhile_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    a_message()
    known(monkeypatch, SEAL_KEYS=f"{NEW},{OLD}")
    work = resealing(MESSAGES)

    def overtaken(row: Row[*tuple[Any, ...]]) -> Change | None:
        with transaction() as session:
            session.execute(work.table.update().values(sealed=None))
        return work.anew(row)

    assert whole(carry_out(replace(work, anew=overtaken))) == Tally(looked=1)
    assert values(OF_MESSAGE) == []


def test_whoever_is_killed_half_way_is_finished_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "SLICE_ROWS", 3)
    monkeypatch.setattr(rotation, "PART_BYTES", 100)
    for _ in range(8):
        a_message()
    known(monkeypatch, SEAL_KEYS=f"{NEW},{OLD}")
    assert next(carry_out(resealing(MESSAGES))) == Tally(looked=3, changed=3)
    assert [value[0] for _, value in values(OF_MESSAGE)] == [2] * 3 + [1] * 5
    assert whole(carry_out(resealing(MESSAGES))) == Tally(looked=8, changed=5)
    known(monkeypatch, SEAL_KEYS=NEW)
    assert opened() == [SECRET] * 8


def test_what_does_not_open_is_counted_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "SLICE_ROWS", 2)
    known(monkeypatch, SEAL_KEYS=OLD.replace("1:", "7:"))
    lost, moved = a_message(), read(a_message()).sealed
    known(monkeypatch, SEAL_KEYS=OLD)
    kept = [a_message(sealed=moved), a_message(sealed=b""), a_message(sealed=None)]
    a_message()
    known(monkeypatch, SEAL_KEYS=f"{NEW},{OLD}")
    before = [read(row_id).sealed for row_id in (lost, *kept)]
    done = whole(carry_out(resealing(MESSAGES)))
    assert (done.looked, done.changed, done.broken) == (6, 1, 4)
    assert done.fault == f"{OF_MESSAGE}: master key 7 is not in ALRIM_SEAL_KEYS"
    assert [read(row_id).sealed for row_id in (lost, *kept)] == before


def test_it_goes_on_while_others_accept_and_change_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "SLICE_ROWS", 5)
    waiting = [a_message() for _ in range(60)]
    known(monkeypatch, SEAL_KEYS=f"{NEW},{OLD}")
    begun, claimed, accepted = threading.Event(), list[UUID](), list[UUID]()

    def others() -> None:
        for first in range(0, len(waiting), 6):
            begun.set()
            accepted.append(a_message())
            with transaction() as session:
                held = ledger.claim(session, waiting[first : first + 6], utc_now(), LEASE).held
            claimed.extend(each.fence.id for each in held)
            assert [sealer().open(OF_MESSAGE, each.fence.id, each.sealed or b"") for each in held] == [SECRET] * len(
                held
            )

    thread = threading.Thread(target=others)
    thread.start()
    begun.wait(10)
    done = whole(carry_out(resealing(MESSAGES)))
    thread.join()
    assert (done.changed, done.broken, len(accepted)) == (60, 0, 10)
    assert {each for each in waiting if read(each).status is State.SENDING} == {*claimed}
    known(monkeypatch, SEAL_KEYS=NEW)
    assert opened() == [SECRET] * 70


def whom(channel: Channel, content: bytes) -> str | None:
    return f"{channel} {content.decode()}" if content else None


def test_recipients_are_hashed_anew_where_there_is_a_content(monkeypatch: pytest.MonkeyPatch) -> None:
    account_id = new_id()
    old = recipient_hash(account_id, f"solapi {SECRET.decode()}")
    hashed = a_message(account_id=account_id, recipient_hash=old)
    speechless = new_id()
    a_row(State.SENT, id=speechless, sealed=sealer().seal(OF_MESSAGE, speechless, b""), recipient_hash=old)
    gone, broken, bare = (
        a_message(recipient_hash=old, sealed=None),
        a_message(recipient_hash=old, sealed=b"x"),
        a_message(),
    )
    known(monkeypatch, INDEX_KEY="n" * 32)
    assert whole(carry_out(rehashing(whom))) == Tally(
        5, 1, 1, 2, f"{OF_MESSAGE}: master key 120 is not in ALRIM_SEAL_KEYS"
    )
    assert read(hashed).recipient_hash == recipient_hash(account_id, f"solapi {SECRET.decode()}") != old
    assert [read(row_id).recipient_hash for row_id in (gone, speechless, broken, bare)] == [old, old, old, None]
    assert whole(carry_out(rehashing(whom))).changed == 0


def test_a_hash_that_was_scrubbed_meanwhile_does_not_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    row_id = a_message(recipient_hash=b"o" * 32)
    known(monkeypatch, INDEX_KEY="n" * 32)
    work = rehashing(whom)

    def scrubbed(row: Row[*tuple[Any, ...]]) -> Change | None:
        with transaction() as session:
            session.execute(work.table.update().values(sealed=None, recipient_hash=None))
        return work.anew(row)

    assert whole(carry_out(replace(work, anew=scrubbed))) == Tally(looked=1)
    assert read(row_id).recipient_hash is None
