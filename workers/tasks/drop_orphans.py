"""Drop orphans: SOLAPI groups that were filled, never fired, and are nobody's any more, are deleted there.

A departed row names its group and must never lose it: only a group is deleted that is days old (nobody fires one that
he made so long ago, and no row is asked about for longer), whose every message is of a notification of ours, and that
none of these names. What another installation left in the same account is not ours to judge.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select

from config.vocabulary import Channel, ConnectionStatus, Job
from models.connection import Connection
from models.notification import Notification
from models.plans import by_index
from models.sealing import SealBroken
from models.session import snapshot
from models.types import utc_now
from workers.celery_app import app
from workers.channels import solapi_orphans
from workers.tasks.carry import Carrier, open_credentials, stamp
from workers.tasks.once import Portion, once

log = structlog.get_logger()

OLD: Final = timedelta(days=4)
"""Longer than any notification is asked about after its departure (`workers.tasks.reconcile.GIVE_UP`)."""
NONE: Final = UUID(int=0)


@app.task(name=str(Job.SOLAPI_ORPHANS))
def drop_orphans() -> str:
    """Delete what was left at SOLAPI."""
    return once(Job.SOLAPI_ORPHANS, drop_everywhere)


def drop_everywhere(portion: Portion) -> bool:
    """Go through the SOLAPI connections in the order of their ids; whether all are done."""
    after, goes_on = portion.position or NONE, True
    while goes_on:
        connection = _following(after)
        if connection is None:
            return True
        number = _drop(connection)
        after = connection.id
        goes_on = portion.goes_on(number, after)
    return False


def _following(after: UUID) -> Connection | None:
    row = Connection
    usable = (row.channel == Channel.SOLAPI, row.status == ConnectionStatus.ACTIVE, row.closed_until.is_(None))
    with snapshot() as session:
        return session.scalar(select(row).where(row.id > after, *usable).order_by(row.id).limit(1))


def _drop(connection: Connection) -> int:
    try:
        credentials = open_credentials(connection)
    except SealBroken:
        log.warning("orphans.credentials_unreadable", connection=str(connection.id))
        return 0
    with Carrier(Channel.SOLAPI, [], time.monotonic()) as carrier:
        found = carrier.follow(solapi_orphans.find(utc_now() - OLD, credentials, stamp))
        dropped = [
            group_id
            for group_id in _nobodys(connection.id, found)
            if carrier.follow(solapi_orphans.delete(group_id, credentials, stamp))
        ]
    if dropped:
        log.info("orphans.dropped", connection=str(connection.id), groups=dropped)
    return len(dropped)


def _nobodys(connection_id: UUID, found: solapi_orphans.Orphans) -> Iterator[str]:
    for group_id, nids in found.items():
        if _is_nobodys(connection_id, group_id, nids):
            yield group_id


def _is_nobodys(connection_id: UUID, group_id: str, nids: frozenset[str]) -> bool:
    try:
        ids = [UUID(each) for each in nids]
    except ValueError:
        return False
    row = Notification
    query = select(row.group_id).where(row.id.in_(ids), row.connection_id == connection_id)
    with snapshot() as session:
        named = session.scalars(by_index(query)).all()
    return len(named) == len(ids) and group_id not in named
