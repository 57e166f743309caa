"""Waking: when somebody must look at notifications again if nothing else happens. No verb: no state changes here."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from config.vocabulary import State
from models.notification import Notification
from models.plans import by_index


def look_again(session: Session, ids: Collection[UUID], wake_at: datetime | None, still: State | None = None) -> None:
    """Say when somebody must look next at those `still` there (None: nobody must); no verb, since no state changes."""
    if ids:
        where = [Notification.id.in_(ids)] + ([] if still is None else [Notification.status == still])
        session.execute(
            by_index(update(Notification).where(*where).values(wake_at=wake_at)),
            execution_options={"synchronize_session": False},
        )
