"""What the archive's objects hold: gzipped JSON lines, one a record, in the order of their ids. Pure.

The same lines make the same bytes, so that an object which is written again is the same.
"""

import gzip
import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

LEVEL: Final = 6


class Line(NamedTuple):
    """One record; `detail` is JSON."""

    id: UUID
    at: datetime
    event: str
    account_id: UUID | None
    request_id: str | None
    notification_id: UUID | None
    detail: str


def pack(lines: Iterable[Line]) -> bytes:
    """Write the lines, ordered by id."""
    ordered = sorted(lines, key=lambda line: line.id)
    text = "".join(f"{json.dumps(_shown(line), ensure_ascii=False, separators=(',', ':'))}\n" for line in ordered)
    return gzip.compress(text.encode(), LEVEL, mtime=0)


def unpack(data: bytes) -> list[Line]:
    """Read all lines.

    Raises:
        OSError, EOFError, ValueError, KeyError: it is not what `pack` made.
    """
    return [_read(json.loads(each)) for each in gzip.decompress(data).splitlines()]


def of_account(data: bytes, account_id: UUID) -> Iterator[Line]:
    """Read the lines of one account; the others cost next to nothing."""
    text, needle, at = gzip.decompress(data), f'"account_id":"{account_id}"'.encode(), 0
    while (found := text.find(needle, at)) >= 0:
        begin, at = text.rfind(b"\n", 0, found) + 1, text.index(b"\n", found)
        line = _read(json.loads(text[begin:at]))
        # A detail may say the same words.
        if line.account_id == account_id:
            yield line


def _shown(line: Line) -> dict[str, Any]:
    return {
        "id": str(line.id),
        "at": line.at.isoformat(timespec="microseconds"),
        "event": line.event,
        "account_id": _text(line.account_id),
        "request_id": line.request_id,
        "notification_id": _text(line.notification_id),
        "detail": json.loads(line.detail),
    }


def _read(shown: dict[str, Any]) -> Line:
    return Line(
        UUID(shown["id"]),
        datetime.fromisoformat(shown["at"]),
        shown["event"],
        _id(shown["account_id"]),
        shown["request_id"],
        _id(shown["notification_id"]),
        json.dumps(shown["detail"], ensure_ascii=False, separators=(",", ":")),
    )


def _text(row_id: UUID | None) -> str | None:
    return None if row_id is None else str(row_id)


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)
