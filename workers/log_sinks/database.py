"""The sink `database`: a row a record, which `GET /api/user/logs` searches; and where others' records wait.

What another sink refused stays here; what it could not take waits here, searched meanwhile, until it is forwarded.
"""

import json
from collections.abc import Collection, Sequence
from typing import Final
from uuid import UUID

from models import log_record, log_waiting
from models.log_record import Values
from models.session import transaction
from models.types import utc_now
from workers.log_record import LogRecord, as_json
from workers.log_sinks.left import Left

SLICE: Final = 500


def keep(left: Left) -> None:
    """Write in one transaction what a sink left; records that are there already are left as they are.

    Raises:
        OperationalError, InterfaceError: the database is away; nothing was written.
    """
    records = [*left.kept, *left.waiting]
    if records:
        with transaction() as session:
            log_record.store(session, [_values(each) for each in records])
            log_waiting.mark(session, [each.id for each in left.waiting], utc_now())


def recall(records: Sequence[LogRecord]) -> None:
    """Write records that another sink holds, too; those that are there already are left as they are.

    Raises:
        OperationalError, InterfaceError: the database is away; nothing was written.
    """
    with transaction() as session:
        log_record.store(session, [_values(each) for each in records])


def take() -> tuple[Collection[UUID], Sequence[LogRecord]]:
    """Take some records that wait: their marks, and the records that are still here. Nobody else has them for a minute.

    Raises:
        OperationalError, InterfaceError: the database is away.
    """
    with transaction() as session:
        ids = log_waiting.take(session, utc_now(), SLICE)
        return ids, [_read(row) for row in log_record.find(session, ids)] if ids else []


def forward(ids: Collection[UUID], records: Sequence[LogRecord], left: Left) -> int:
    """Let go of what was taken and is in the sink now, or never will be, and put the rest back; how many records went.

    Raises:
        OperationalError, InterfaceError: the database is away; the records are forwarded once more.
    """
    waiting = {each.id for each in left.waiting}
    went = {each.id for each in records} - waiting - {each.id for each in left.kept}
    with transaction() as session:
        log_record.remove(session, went)
        log_waiting.strike(session, set(ids) - waiting)
        log_waiting.put_off(session, waiting, utc_now())
    return len(went)


def _read(row: log_record.LogRecord) -> LogRecord:
    about = (row.account_id, row.request_id, row.notification_id)
    return LogRecord(row.id, row.event, row.created_at, *about, json.loads(row.detail))


def _values(record: LogRecord) -> Values:
    return {
        "id": record.id,
        "created_at": record.at,
        "updated_at": record.at,
        "account_id": record.account_id,
        "event": record.event,
        "notification_id": record.notification_id,
        "request_id": record.request_id,
        "detail": as_json(record.detail),
    }
