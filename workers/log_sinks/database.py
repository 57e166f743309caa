"""The sink `database`: a row a record, which `GET /api/user/logs` searches."""

import json
from collections.abc import Sequence

from models import log_record
from models.log_record import Values
from models.session import transaction
from workers.log_record import LogRecord


def write(records: Sequence[LogRecord]) -> None:
    """Write the records in one transaction; those that are there already are left as they are.

    Raises:
        OperationalError, InterfaceError: the database is away; nothing was written.
    """
    with transaction() as session:
        log_record.store(session, [_values(each) for each in records])


def _values(record: LogRecord) -> Values:
    return {
        "id": record.id,
        "created_at": record.at,
        "updated_at": record.at,
        "account_id": record.account_id,
        "event": record.event,
        "notification_id": record.notification_id,
        "request_id": record.request_id,
        "detail": json.dumps(record.detail, ensure_ascii=False, separators=(",", ":")),
    }
