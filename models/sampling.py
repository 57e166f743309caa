"""Sampling: what waits at a moment becomes lines of `queue_samples`. It never commits."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from models.queue_sample import QueueSample
from models.standing import Standing

SECOND: Final = timedelta(seconds=1)
COUNTS: Final = ("channel", "lane", "due", "later", "unfed", "asked", "held")


def keep(session: Session, slot: datetime, now: datetime, seen: list[tuple[Standing, int | None]]) -> int:
    """Keep what was seen in this slot, in place of what was kept of it before; how many lines that are."""
    rows = [
        {
            **{name: getattr(each, name) for name in COUNTS},
            "slot": slot,
            "messages": messages,
            "oldest_seconds": None if each.oldest is None else max((now - each.oldest) // SECOND, 0),
        }
        for each, messages in seen
        if messages or not each.is_empty
    ]
    session.execute(delete(QueueSample).where(QueueSample.slot == slot))
    if rows:
        session.execute(insert(QueueSample), rows)
    return len(rows)
