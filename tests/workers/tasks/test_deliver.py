"""Delivering on a real database, with a vendor that is a value: what is kept when things go wrong between steps."""

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from threading import Event, Thread
from uuid import UUID

import pytest
from celery.exceptions import Ignore, Retry

from config.settings import settings
from config.vocabulary import Channel, Lane, State
from models.connection import Connection
from models.notification import Notification
from models.schema import metadata
from models.sealing import sealer
from models.session import engine, transaction
from models.types import new_id, utc_now
from tests.servers.mariadb import Mariadb
from workers import outcome
from workers.channels.exchange import Conversation, Depart, Message, Outcomes, Stamp
from workers.channels.registry import VENDORS, Vendor
from workers.tasks.deliver import Undelivered, conclude, deliver
from workers.tasks.record import Tally

pytestmark = pytest.mark.store

Ending = Callable[[str], outcome.Outcome]


def speak(monkeypatch: pytest.MonkeyPatch, ending: Ending, before: Callable[[], None] = lambda: None) -> None:
    """Let Kakao be a vendor that departs, does `before`, and answers `ending`."""

    def converse(
        messages: Sequence[Message], _credentials: Mapping[str, str], _stamp: Callable[[], Stamp]
    ) -> Conversation:
        departed = yield Depart(tuple(each.id for each in messages))
        before()
        outcomes: Outcomes = {each: ending(each) for each in departed}
        return outcomes

    monkeypatch.setitem(VENDORS, Channel.KAKAO, Vendor(converse, VENDORS[Channel.KAKAO].batch_size))


def a_row(**changes: object) -> UUID:
    now, row_id, connection_id = utc_now(), new_id(), new_id()
    values = {
        "id": row_id,
        "account_id": new_id(),
        "api_key_id": new_id(),
        "connection_id": connection_id,
        "channel": Channel.KAKAO,
        "lane": Lane.NORMAL,
        "type": "text",
        "status": State.QUEUED,
        "not_before": now,
        "wake_at": now,
        "sealed": sealer().seal("notifications.sealed", row_id, b"{}"),
        **changes,
    }
    with transaction() as session:
        secrets = sealer().seal("connections.secrets", connection_id, json.dumps({}).encode())
        Connection.create(session, id=connection_id, channel=Channel.KAKAO, secrets=secrets)
        return Notification.create(session, **values).id


def read(row_id: UUID) -> Notification:
    with transaction() as session:
        row = Notification.get(session, row_id)
        assert row is not None
        return row


@pytest.mark.usefixtures("database")
def test_the_second_of_two_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, lambda _: outcome.Accepted())
    row_id = a_row()
    assert deliver(Channel.KAKAO, [str(row_id)]).counts() == {"accepted": 1}
    with pytest.raises(Ignore):
        deliver(Channel.KAKAO, [str(row_id)])
    assert read(row_id).attempt == 1


@pytest.mark.usefixtures("database")
def test_what_cannot_be_opened_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, lambda _: outcome.Accepted())
    scrubbed = a_row(sealed=None)
    assert deliver(Channel.KAKAO, [str(scrubbed)]).counts() == {"failed": 1}
    assert (read(scrubbed).status, read(scrubbed).code) == (State.FAILED, "unreadable")


@pytest.mark.usefixtures("database")
def test_a_closed_connection_keeps_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, lambda _: outcome.Retry("-532", closes=True))
    row_id = a_row()
    deliver(Channel.KAKAO, [str(row_id)])
    row = read(row_id)
    assert (row.status, row.tries, row.code) == (State.QUEUED, 0, "-532")


@pytest.mark.usefixtures("database")
def test_a_conversation_that_breaks_sends_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def burst() -> None:
        raise KeyError("an answer that nobody foresaw")

    speak(monkeypatch, lambda _: outcome.Accepted(), burst)
    row_id = a_row()
    assert deliver(Channel.KAKAO, [str(row_id)]).counts() == {"unknown": 1}
    assert (read(row_id).status, read(row_id).code) == (State.UNKNOWN, "broken")


@pytest.fixture
def own_mariadb(mariadb: Mariadb, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mariadb]:
    mariadb.start()
    monkeypatch.setenv("ALRIM_ENV", "test")
    monkeypatch.setenv("ALRIM_DATABASE_URL", mariadb.fresh_database())
    monkeypatch.setenv("ALRIM_SEAL_KEYS", "1:" + "QUFB" * 10 + "QUE=")
    monkeypatch.setenv("ALRIM_INDEX_KEY", "i" * 32)
    monkeypatch.setenv("ALRIM_JWT_SECRET", "j" * 32)
    for cached in (settings, engine, sealer):
        cached.cache_clear()
    metadata.create_all(engine())
    yield mariadb
    mariadb.start()
    engine().dispose()
    for cached in (settings, engine, sealer):
        cached.cache_clear()


def test_what_was_sent_is_remembered_though_the_database_was_killed(
    own_mariadb: Mariadb, monkeypatch: pytest.MonkeyPatch
) -> None:
    over = Event()

    def come_back() -> None:
        time.sleep(2)
        own_mariadb.start()
        # The server ends with the thread that started it.
        over.wait(timeout=60)

    thread = Thread(target=come_back)

    def kill() -> None:
        own_mariadb.kill()
        thread.start()

    speak(monkeypatch, lambda _: outcome.Accepted(), kill)
    row_id = a_row()
    assert deliver(Channel.KAKAO, [str(row_id)]).counts() == {"accepted": 1}
    assert (read(row_id).status, read(row_id).tries) == (State.SENT, 1)
    over.set()
    thread.join()


def test_how_a_task_ends() -> None:
    assert conclude(Channel.KAKAO, Tally(accepted=2), 2) == {"accepted": 2}
    mixed = Tally(accepted=1)
    mixed.failed["-502"] += 1
    assert conclude(Channel.KAKAO, mixed, 2) == {"accepted": 1, "failed": 1}
    failed = Tally()
    failed.failed["-502"] += 2
    with pytest.raises(Undelivered, match="-502 ×2"):
        conclude(Channel.KAKAO, failed, 2)
    delayed = Tally(accepted=997, when=utc_now())
    delayed.retry["429"] += 3
    with pytest.raises(Retry) as caught:
        conclude(Channel.KAKAO, delayed, 1000)
    assert "429 ×3 of 1000, accepted 997" in str(caught.value.exc)
