"""Rows as tests need them: a notification in any state, a connection, and reading them back."""

from datetime import datetime, timedelta
from uuid import UUID

from config.vocabulary import BatchState, Channel, Lane, State
from models.attempt import Attempt
from models.batch import Batch
from models.connection import Connection
from models.credentials import seal
from models.notification import Notification
from models.sealing import sealer
from models.session import snapshot, transaction
from models.types import first_id, new_id, utc_now

LEASE = timedelta(seconds=50)


def id_at(moment: datetime) -> UUID:
    """An id as it was made at this moment."""
    return UUID(int=first_id(moment).int | (new_id().int & (2**74 - 1)))


def a_connection(channel: Channel = Channel.SOLAPI, **changes: object) -> UUID:
    """An open connection with credentials that say nothing."""
    row_id = new_id()
    secrets = seal(row_id, {})
    with transaction() as session:
        return Connection.create(session, **{"id": row_id, "channel": channel, "secrets": secrets, **changes}).id


def a_row(status: State, *, due: bool = True, **changes: object) -> UUID:
    """A notification whose time to be looked at has come, or not; of no connection unless one is said."""
    now, row_id = utc_now(), new_id()
    values = {
        "id": row_id,
        "account_id": new_id(),
        "api_key_id": new_id(),
        "connection_id": new_id(),
        "channel": Channel.SOLAPI,
        "lane": Lane.NORMAL,
        "type": "SMS",
        "status": status,
        "attempt": 1,
        "not_before": now - timedelta(seconds=1),
        "wake_at": now + timedelta(seconds=-1 if due else 30),
        "sealed": sealer().seal("notifications.sealed", row_id, b"{}"),
        **changes,
    }
    with transaction() as session:
        return Notification.create(session, **values).id


def read(row_id: UUID) -> Notification:
    with snapshot() as session:
        row = Notification.get(session, row_id)
        assert row is not None
        return row


def gate_of(connection_id: UUID) -> tuple[datetime | None, str | None, int]:
    """Until when a connection is closed, why, and how many rounds in a row failed."""
    with snapshot() as session:
        row = Connection.get(session, connection_id)
        assert row is not None
        return row.closed_until, row.closed_reason, row.failures


def attempts_of(row_id: UUID) -> list[Attempt]:
    with snapshot() as session:
        return sorted(Attempt.filter(session, Attempt.notification_id == row_id), key=lambda each: each.attempt)


def a_batch(status: BatchState = BatchState.RUNNING, **changes: object) -> Batch:
    """A batch of SMS in its lane, without notifications."""
    values = {
        "account_id": new_id(),
        "api_key_id": new_id(),
        "connection_id": new_id(),
        "channel": Channel.SOLAPI,
        "lane": Lane.BULK,
        "status": status,
        "all_or_nothing": False,
        "not_before": utc_now() - timedelta(seconds=1),
        "pace_from": utc_now(),
        **changes,
    }
    with transaction() as session:
        return Batch.create(session, **values)


def its_row(batch: Batch, status: State = State.QUEUED, **changes: object) -> UUID:
    """A notification of this batch that its lane was not told of."""
    own = {"batch_id": batch.id, "lane": batch.lane, "connection_id": batch.connection_id, "attempt": 0}
    return a_row(status, due=True, **own, **{"wake_at": None, **changes})


def read_batch(batch_id: UUID) -> Batch:
    with snapshot() as session:
        row = Batch.get(session, batch_id)
        assert row is not None
        return row
