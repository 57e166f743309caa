"""Log records as tests need them: of any moment, for any account."""

from datetime import datetime
from typing import Any
from uuid import UUID

from config.log_vocabulary import LogEvent
from models.log_record import Values
from tests.rows import id_at


def record_at(at: datetime, account_id: UUID | None, **changes: Any) -> Values:  # noqa: ANN401 - any column's value
    row: Values = {
        "id": id_at(at),
        "created_at": at,
        "updated_at": at,
        "account_id": account_id,
        "event": LogEvent.REQUEST_SERVED,
        "notification_id": None,
        "request_id": None,
        "detail": '{"path":"/api/services","ms":1.5,"code":null}',
    }
    return row | changes  # type: ignore[return-value] # of the same columns
