"""Connections of accounts, messages through them, and the beat that renews their tokens."""

from datetime import UTC, datetime
from uuid import UUID

from config.vocabulary import Channel, State
from models import credentials
from models.account import Account
from models.connection import Connection
from models.notification import Notification
from models.sealing import sealer
from models.session import snapshot, transaction
from models.types import new_id, utc_now
from tests import rows
from tests.workers.tasks.noting import Noting
from workers.tasks.connections import renew
from workers.tasks.deliver import deliver
from workers.tasks.sweep import ring_renewals

BODIES = {
    Channel.KAKAO: b'{"template_object":{"object_type":"text","text":"hi","link":{}}}',
    Channel.GMAIL: b'{"to":[{"email":"a@example.com"}],"subject":"s","text":"t"}',
}


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def owned(channel: Channel, known: dict[str, str], **values: object) -> UUID:
    row_id = new_id()
    with transaction() as session:
        account = Account.create(session).id
        secrets = credentials.seal(row_id, known)
        Connection.create(session, id=row_id, account_id=account, channel=channel, secrets=secrets, **values)
    return row_id


def read(connection_id: UUID) -> Connection:
    with snapshot() as session:
        row = Connection.get(session, connection_id)
    assert row is not None
    return row


def send(connection_id: UUID) -> UUID:
    """Try to send a new message through a connection."""
    channel = read(connection_id).channel
    row_id = rows.a_row(State.QUEUED, channel=channel, connection_id=connection_id, attempt=0, sealed=None)
    with transaction() as session:
        row = session.get_one(Notification, row_id)
        row.sealed = sealer().seal("notifications.sealed", row_id, BODIES[channel])
    deliver(channel, [str(row_id)])
    return row_id


def send_again(row_id: UUID) -> Notification:
    """Try the same message as if its connection had rested."""
    waiting = rows.read(row_id)
    with transaction() as session:
        session.get_one(Connection, waiting.connection_id).closed_until = utc_now()
    deliver(waiting.channel, [str(row_id)])
    return rows.read(row_id)


def beat(clock: Clock) -> int:
    """What sweep does, and the workers that it calls."""
    bell = Noting(0)
    ring_renewals(bell, clock.now)
    for each in bell.renewed:
        renew(each)
    return len(bell.renewed)
