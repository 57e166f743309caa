"""Delivering on a real database, with a vendor that is a value: what is kept when things go wrong between steps."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from threading import Event, Thread
from uuid import UUID

import pytest
from celery.exceptions import Ignore, Retry

from config.settings import settings
from config.vocabulary import Channel, Lane, State
from models.schema import metadata
from models.sealing import sealer
from models.session import engine
from models.types import utc_now
from tests import rows
from tests.rows import LEASE, a_connection, attempts_of, gate_of, read
from tests.servers.mariadb import Mariadb
from workers import outcome
from workers.channels.exchange import Conversation, Depart, Message, Outcomes, Stamp
from workers.channels.registry import VENDORS
from workers.pace import pace
from workers.tasks.deliver import deliver

pytestmark = pytest.mark.store

KST = timezone(timedelta(hours=9))
MIDNIGHT = datetime.min.time()
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

    monkeypatch.setitem(VENDORS, Channel.KAKAO, replace(VENDORS[Channel.KAKAO], converse=converse))


def a_row(**changes: object) -> UUID:
    values = {"channel": Channel.KAKAO, "connection_id": a_connection(Channel.KAKAO), "attempt": 0, **changes}
    return rows.a_row(State.QUEUED, due=True, **values)


@pytest.mark.usefixtures("database")
def test_the_second_of_two_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, lambda _: outcome.Accepted())
    row_id = a_row()
    assert deliver(Channel.KAKAO, [str(row_id)]).counts() == {"accepted": 1}
    with pytest.raises(Ignore):
        deliver(Channel.KAKAO, [str(row_id)])
    # A task of many is no notification's own: nobody else would end its entry in Flower.
    assert deliver(Channel.KAKAO, [str(row_id)] * 2).counts() == {}
    assert read(row_id).attempt == 1


@pytest.mark.usefixtures("database")
def test_what_cannot_be_opened_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, lambda _: outcome.Accepted())
    scrubbed = a_row(sealed=None)
    # Flower shows every code of it: none that nothing failed with.
    assert list(deliver(Channel.KAKAO, [str(scrubbed)]).failed.items()) == [("unreadable", 1)]
    assert (read(scrubbed).status, read(scrubbed).code) == (State.FAILED, "unreadable")


@pytest.mark.usefixtures("database")
def test_what_another_master_key_sealed_waits_for_that_key(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, lambda _: outcome.Accepted())
    row_id = a_row(sealed=b"\xfe" + b"x" * 60)
    deliver(Channel.KAKAO, [str(row_id)])
    row = read(row_id)
    assert (row.status, row.tries, row.code) == (State.QUEUED, 0, "master_key_unknown")
    assert timedelta(seconds=50) < row.not_before - utc_now() <= timedelta(seconds=60)


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


@pytest.mark.usefixtures("database")
def test_a_closed_gate_lets_nothing_through_and_claims_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, lambda _: outcome.Accepted())
    until = utc_now() + LEASE
    row_id = a_row(connection_id=a_connection(Channel.KAKAO, closed_until=until, closed_reason="-532"))
    with pytest.raises(Retry) as caught:
        deliver(Channel.KAKAO, [str(row_id)])
    assert (str(caught.value.exc), caught.value.when) == ("closed -532", until)
    row = read(row_id)
    assert (row.status, row.attempt, attempts_of(row_id)) == (State.QUEUED, 0, [])


@pytest.mark.usefixtures("database")
def test_a_closed_gate_says_nothing_of_what_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, lambda _: outcome.Accepted())
    closed = a_connection(Channel.KAKAO, closed_until=utc_now() + LEASE, closed_reason="-532")
    row_id = rows.a_row(State.SENT, channel=Channel.KAKAO, connection_id=closed)
    with pytest.raises(Ignore):
        deliver(Channel.KAKAO, [str(row_id)])
    assert deliver(Channel.KAKAO, [str(row_id)] * 2).counts() == {}


@pytest.mark.usefixtures("database")
def test_the_first_message_after_the_rest_is_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    during: list[str] = []

    def meanwhile() -> None:
        # The others of the connection wait until the probe is back.
        with pytest.raises(Retry):
            deliver(Channel.KAKAO, [str(ids[2])])
        during.append("waited")

    speak(monkeypatch, lambda _: outcome.Accepted(), meanwhile)
    rested = a_connection(Channel.KAKAO, closed_until=utc_now() - LEASE, closed_reason="-532")
    ids = [a_row(connection_id=rested) for _ in range(3)]
    assert deliver(Channel.KAKAO, [str(each) for each in ids[:2]]).counts() == {"accepted": 1}
    assert during == ["waited"]
    assert gate_of(rested) == (None, None, 0)
    assert sorted(read(each).status for each in ids) == [State.QUEUED, State.QUEUED, State.SENT]


@pytest.mark.usefixtures("database")
def test_a_spent_quota_closes_the_gate_and_spends_no_try(monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    monkeypatch.setenv("ALRIM_REDIS_URL", redis_url)
    monkeypatch.setenv("ALRIM_PER_DAY_KAKAO", "2")
    settings.cache_clear()
    pace.cache_clear()
    speak(monkeypatch, lambda _: outcome.Accepted())
    connection = a_connection(Channel.KAKAO)
    ids = [a_row(connection_id=connection) for _ in range(3)]
    assert deliver(Channel.KAKAO, [str(each) for each in ids[:2]]).counts() == {"accepted": 2}
    assert deliver(Channel.KAKAO, [str(ids[2])]).retry == {"daily_quota": 1}
    row, (until, reason, _) = read(ids[2]), gate_of(connection)
    assert until is not None
    assert (reason, until.astimezone(KST).time().replace(microsecond=0)) == ("daily_quota", MIDNIGHT)
    assert (row.status, row.tries, attempts_of(ids[2])) == (State.QUEUED, 0, [])
    pace.cache_clear()


@pytest.mark.usefixtures("database")
def test_as_many_of_a_wave_leave_as_the_day_has_room_for(monkeypatch: pytest.MonkeyPatch, redis_url: str) -> None:
    monkeypatch.setenv("ALRIM_REDIS_URL", redis_url)
    monkeypatch.setenv("ALRIM_PER_DAY_KAKAO", "10")
    settings.cache_clear()
    pace.cache_clear()
    speak(monkeypatch, lambda _: outcome.Accepted())
    connection = a_connection(Channel.KAKAO)
    first = [a_row(connection_id=connection) for _ in range(3)]
    assert deliver(Channel.KAKAO, [str(each) for each in first]).accepted == 3
    rest = [a_row(connection_id=connection) for _ in range(9)]
    tally = deliver(Channel.KAKAO, [str(each) for each in rest])
    assert (tally.accepted, tally.retry) == (7, {"daily_quota": 2})
    assert sum(read(each).status is State.SENT for each in rest) == 7
    pace.cache_clear()


@pytest.mark.usefixtures("database")
def test_who_is_called_to_some_takes_others_along(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, lambda _: outcome.Accepted())
    connection, now = a_connection(Channel.KAKAO), utc_now()
    called = a_row(connection_id=connection)
    beside = [a_row(connection_id=connection, wake_at=now + LEASE) for _ in range(3)]
    left = {
        "of another connection": a_row(connection_id=a_connection(Channel.KAKAO)),
        "of another lane": a_row(connection_id=connection, lane=Lane.URGENT),
        "not due": a_row(connection_id=connection, not_before=now + LEASE),
        "not fed": a_row(connection_id=connection, wake_at=None),
    }
    assert deliver(Channel.KAKAO, [str(called)]).accepted == 4
    assert {read(each).status for each in [called, *beside]} == {State.SENT}
    assert [name for name, each in left.items() if read(each).status is not State.QUEUED] == []
    with pytest.raises(Ignore):
        deliver(Channel.KAKAO, [str(beside[0])])


@pytest.mark.usefixtures("database")
def test_what_expired_in_the_queue_shows_as_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch, lambda _: outcome.Accepted())
    row_id = a_row(expires_at=utc_now() - LEASE)
    assert deliver(Channel.KAKAO, [str(row_id)]).failed == {"expired": 1}
    assert (read(row_id).status, read(row_id).code) == (State.FAILED, "expired")


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
