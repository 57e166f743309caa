"""The trail: who decided what about which notification, key, connection or account.

Lines of `audit`, written in the transaction of what they tell of, and one event in the log each. They hold ids and
what was chosen; no recipient, no content, no secret.
"""

import json
from collections.abc import Mapping
from uuid import UUID

import structlog
from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from api.security.who import Viewer
from config.vocabulary import Action
from models.audit import Audit

log = structlog.get_logger()


def note(
    session: Session,
    who: Viewer,
    action: Action,
    subject_id: UUID | None = None,
    *,
    notification_id: UUID | None = None,
    chosen: Mapping[str, object] | None = None,
) -> None:
    """Write down a decision about a notification, about something else (`subject_id`), or about a set."""
    Audit.create(
        session,
        account_id=who.account_id,
        api_key_id=who.api_key_id,
        role=who.role,
        action=action,
        notification_id=notification_id,
        subject_id=subject_id,
        detail=json.dumps(chosen or {}, default=str),
        request_id=get_contextvars().get("request_id"),
    )
    about = subject_id or notification_id
    log.info("trail.noted", action=str(action), by=str(who.account_id), role=str(who.role), about=str(about or ""))
