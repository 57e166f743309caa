"""The trail of security: who made, changed or stopped which key, connection or account, and when.

Lines of `audit`, written in the transaction of what they tell of, and one event in the log each. They hold ids and
what was chosen, never a secret.
"""

import json
from uuid import UUID

import structlog
from sqlalchemy.orm import Session
from structlog.contextvars import get_contextvars

from config.vocabulary import Action, Role
from models.audit import Audit

log = structlog.get_logger()


def note(session: Session, account_id: UUID, role: Role, action: Action, subject_id: UUID, **chosen: object) -> None:
    """Write down what an account did to a key, a connection or an account (`subject_id`)."""
    Audit.create(
        session,
        account_id=account_id,
        role=role,
        action=action,
        subject_id=subject_id,
        detail=json.dumps(chosen, default=str, ensure_ascii=False),
        request_id=get_contextvars().get("request_id"),
    )
    log.info("security.noted", action=str(action), account=str(account_id), subject=str(subject_id), role=str(role))
