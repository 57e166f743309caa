"""One log record on its way: made where something happened, read where it is kept.

It is what standard output says of the same event, less what is for operators only. It knows neither buffer, queue
nor sink.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from config.log_vocabulary import LogEvent

FRAME: Final = 250
"""About as many bytes as a record takes in a message, without the texts of its detail."""
Detail = Mapping[str, str | int | float | None]


class LogRecord(NamedTuple):
    """An event, when it was, whom and what it is about, and what else is said of it: no recipient, body or secret.

    The id is made with the record and goes with it, so that one that arrives twice is known.
    """

    id: UUID
    event: LogEvent
    at: datetime
    account_id: UUID | None
    request_id: str | None
    notification_id: UUID | None
    detail: Detail

    @property
    def size(self) -> int:
        """About how many bytes it takes in a message."""
        return FRAME + sum([len(value) for value in self.detail.values() if isinstance(value, str)])

    def wire(self) -> list[object]:
        """Write it as JSON can carry it."""
        about = (_text(self.account_id), self.request_id, _text(self.notification_id))
        return [str(self.id), self.event, self.at.isoformat(), *about, self.detail]

    def line(self) -> str:
        """Write it as a line of JSON that says what each part is, for whoever reads it elsewhere."""
        return as_json(dict(zip(self._fields, self.wire(), strict=True)))

    @classmethod
    def of_line(cls, line: str) -> "LogRecord":
        """Read what `line` wrote."""
        said = json.loads(line)
        return cls.read([said[name] for name in cls._fields])

    @classmethod
    def read(cls, wire: Sequence[Any]) -> "LogRecord":
        """Read what `wire` wrote."""
        row_id, event, at, account_id, request_id, notification_id, detail = wire
        return cls(
            UUID(row_id),
            LogEvent(event),
            datetime.fromisoformat(at),
            _id(account_id),
            request_id,
            _id(notification_id),
            detail,
        )


def as_json(value: object) -> str:
    """Write a value as one line of JSON, as short as it can be read."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _text(row_id: UUID | None) -> str | None:
    return None if row_id is None else str(row_id)


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
