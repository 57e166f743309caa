"""Who may renew a token, and what is stored of it."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest

from config.vocabulary import Channel, ConnectionStatus
from models import credentials, renewal
from models.account import Account
from models.connection import IDS, Connection
from models.notices import NO_KEY
from models.notification import Notification
from models.renewal import TURN, Turn
from models.session import snapshot, transaction
from models.types import new_id, utc_now
from tests.rows import a_connection

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

HOUR = timedelta(hours=1)


def a_consent(**changes: object) -> UUID:
    return a_connection(Channel.KAKAO, **{"renew_at": utc_now() - HOUR, **changes})


def read(connection_id: UUID) -> Connection:
    with snapshot() as session:
        row = Connection.get(session, connection_id)
    assert row is not None
    return row


def taken(connection_id: UUID) -> Turn | None:
    with transaction() as session:
        return renewal.take(session, connection_id, utc_now())


def test_those_are_due_whose_time_has_come_and_nobody_is_about() -> None:
    now = utc_now()
    later, first = a_consent(), a_consent(renew_at=now - 2 * HOUR)
    for changes in ({"renew_at": None}, {"renew_at": now + HOUR}, {"renewing_until": now + HOUR}):
        a_consent(**changes)
    lapsed = a_consent(renew_at=now - HOUR / 2, renewing_until=now - HOUR)
    with snapshot() as session:
        assert renewal.due(session, now, 10) == [first, later, lapsed]
        assert renewal.due(session, now, 1) == [first]


def test_one_of_many_gets_the_turn() -> None:
    connection, gate, turns = a_consent(), Barrier(5), list[Turn | None]()

    def try_it() -> None:
        gate.wait()
        turns.append(taken(connection))

    threads = [Thread(target=try_it) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(turn is not None for turn in turns) == 1


def test_a_new_token_is_stored_and_the_next_time_set() -> None:
    connection = a_consent(problem="away", status=ConnectionStatus.NEEDS_REAUTH)
    turn, again = taken(connection), utc_now() + HOUR
    assert turn is not None
    with transaction() as session:
        assert renewal.renewed(session, turn, {"access_token": "new"}, again)
    row = read(connection)
    assert credentials.reveal(row) == {"access_token": "new"}
    assert (row.renew_at, row.renewing_until, row.problem) == (again, None, None)
    assert row.status is ConnectionStatus.ACTIVE


def test_who_comes_back_after_his_turn_changes_nothing() -> None:
    connection, now = a_consent(), utc_now()
    late = Turn(connection, now - TURN)
    assert taken(connection) is not None
    before = read(connection)
    with transaction() as session:
        assert not renewal.renewed(session, late, {"access_token": "old"}, now)
        assert not renewal.given_up(session, late, "no")
        assert not renewal.put_off(session, late, now, "no")
    assert (read(connection).secrets, read(connection).renewing_until) == (before.secrets, before.renewing_until)


def test_what_cannot_be_renewed_waits_for_its_owner() -> None:
    connection = a_consent()
    turn = taken(connection)
    assert turn is not None
    with transaction() as session:
        assert renewal.given_up(session, turn, "connect it again")
    row = read(connection)
    assert (row.status, row.problem, row.renew_at) == (ConnectionStatus.NEEDS_REAUTH, "connect it again", None)
    assert taken(connection) is None


def test_a_refused_token_is_due_at_once_unless_it_was_replaced() -> None:
    now = utc_now()
    connection = a_consent(renew_at=now + HOUR)
    used = read(connection)
    with transaction() as session:
        assert renewal.ask(session, used, now)
    assert read(connection).renew_at == now
    turn = taken(connection)
    assert turn is not None
    with transaction() as session:
        renewal.renewed(session, turn, {"access_token": "new"}, now + HOUR)
    with transaction() as session:
        assert renewal.ask(session, used, utc_now())
    assert read(connection).renew_at == now + HOUR


@pytest.mark.parametrize(("owned", "status"), [(False, ConnectionStatus.ACTIVE), (True, ConnectionStatus.NEEDS_REAUTH)])
def test_credentials_that_nobody_can_renew_are_their_owners_matter(*, owned: bool, status: ConnectionStatus) -> None:
    account = None
    if owned:
        with transaction() as session:
            account = Account.create(session, id=new_id()).id
    connection = a_consent(renew_at=None, account_id=account)
    with transaction() as session:
        used = session.get_one(Connection, connection)
        assert not renewal.ask(session, used, utc_now())
        renewal.refused(session, used, "-401")
    row = read(connection)
    assert row.status is status
    assert ("(-401)" in (row.problem or "")) is owned


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (ConnectionStatus.NEEDS_REAUTH, "connect it again"),
        (ConnectionStatus.ACTIVE, "the provider refused the credentials (-401): give it new ones"),
    ],
)
def test_a_refusal_takes_no_words_from_whoever_knew_before(status: ConnectionStatus, problem: str) -> None:
    with transaction() as session:
        account = Account.create(session, id=new_id()).id
    connection = a_consent(renew_at=None, account_id=account, status=status, problem="connect it again")
    with transaction() as session:
        renewal.refused(session, session.get_one(Connection, connection), "-401")
    row = read(connection)
    assert (row.status, row.problem) == (ConnectionStatus.NEEDS_REAUTH, problem)


def told() -> int:
    with snapshot() as session:
        return len(Notification.filter(session, Notification.api_key_id == NO_KEY))


def test_its_owner_is_told_once_that_he_is_needed() -> None:
    a_connection(Channel.GMAIL, id=IDS[Channel.GMAIL])
    with transaction() as session:
        account = Account.create(session, email="user@example.com").id
    consent, password = a_consent(account_id=account), a_connection(Channel.GMAIL, account_id=account)
    turn = taken(consent)
    assert turn is not None
    for _ in range(2):
        with transaction() as session:
            renewal.given_up(session, turn, "ended")
    assert told() == 1
    for _ in range(2):
        with transaction() as session:
            renewal.refused(session, read(password), "535-5.7.8")
    assert told() == 2
    # The installation's own is its operator's matter, who sees the gate.
    with transaction() as session:
        renewal.refused(session, read(IDS[Channel.GMAIL]), "535-5.7.8")
    assert told() == 2
