"""Deciding: cancel, resend, resolve, replay. Each locks the row, looks, carries one verb out and leaves an audit line.

Nothing is rung here: a row that is queued again is due at once, and `sweep` comes by within two seconds.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Request
from sqlalchemy import select
from sqlalchemy.orm import Session

from api import replay
from api.errors import ApiError, Code, problems
from api.notifications import find, whole
from api.schemas.decisions import CancelOut, DecisionOut, ReplayIn, ReplayOut, ResendIn, ResolveIn
from api.security.caller import Either, Viewer
from api.security.schemes import KEYED
from config.vocabulary import Action, State
from models import ledger
from models.audit import Audit
from models.ledger import Fence
from models.notification import Notification
from models.session import transaction
from models.types import utc_now

router = APIRouter(prefix="/api/services/notifications", tags=["notifications"])

RESOLVED_FAILED: Final = "resolved_failed"
RESENT: Final = "resent"
UNKNOWN: Final = frozenset({State.UNKNOWN})
START: Final[Mapping[Action, frozenset[State]]] = {
    Action.RESEND: frozenset({State.FAILED, State.UNKNOWN}),
    Action.RESOLVE_SENT: UNKNOWN,
    Action.RESOLVE_FAILED: UNKNOWN,
    Action.RESOLVE_RESEND: UNKNOWN,
}
"""From which states a person may decide so."""


class _Decision(NamedTuple):
    """Who decided what, about which notification, having seen which attempt."""

    viewer: Viewer
    request_id: str
    action: Action
    notification_id: UUID
    after_attempt: int


@router.post(
    "/replay",
    summary="Send failed notifications again",
    responses=problems(400, 401, 403, 413, 415, 422, 503),
    openapi_extra=KEYED,
)
def replay_notifications(viewer: Either, body: ReplayIn, request: Request) -> ReplayOut:
    """Count the failed notifications that match; with `dry_run: false` send them again, 100,000 a request at most."""
    return replay.run(viewer, body, request.state.request_id, utc_now())


@router.post(
    "/{notification_id}/cancel",
    summary="Cancel a notification",
    responses=problems(400, 401, 403, 404, 422, 503),
    openapi_extra=KEYED,
)
def cancel_notification(notification_id: UUID, viewer: Either, request: Request) -> CancelOut:
    """Cancel a notification that no worker has taken; the answer says whether that was so. Twice is as good as once."""
    with transaction() as session:
        row = find(session, viewer, notification_id, lock=True)
        if ledger.cancel(session, row.id, utc_now()):
            _note(session, _Decision(viewer, request.state.request_id, Action.CANCEL, row.id, row.attempt))
            session.refresh(row)
        return CancelOut(**whole(session, row), cancelled=row.status is State.CANCELLED)


@router.post(
    "/{notification_id}/resend",
    summary="Send a failed or unknown notification again",
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
    openapi_extra=KEYED,
)
def resend_notification(notification_id: UUID, viewer: Either, body: ResendIn, request: Request) -> DecisionOut:
    """Send it once more after this attempt; the same request again does nothing.

    Of an unknown one, whoever asks takes the risk that it arrives twice.
    """
    return _decide(
        _Decision(viewer, request.state.request_id, Action.RESEND, notification_id, body.after_attempt),
    )


@router.post(
    "/{notification_id}/resolve",
    summary="Say what became of an unknown notification",
    responses=problems(400, 401, 403, 404, 409, 413, 415, 422, 503),
    openapi_extra=KEYED,
)
def resolve_notification(notification_id: UUID, viewer: Either, body: ResolveIn, request: Request) -> DecisionOut:
    """Settle a notification that may or may not have been sent: it was, it was not, or send it again."""
    action = Action(f"resolve_{body.said}")
    return _decide(_Decision(viewer, request.state.request_id, action, notification_id, body.after_attempt))


def _decide(decision: _Decision) -> DecisionOut:
    with transaction() as session:
        row = find(session, decision.viewer, decision.notification_id, lock=True)
        changed = not _is_made(session, decision)
        if changed:
            _check(session, row, decision)
            _carry_out(session, decision)
            _note(session, decision)
            session.refresh(row)
        return DecisionOut(**whole(session, row), changed=changed)


def _is_made(session: Session, decision: _Decision) -> bool:
    same = Audit.filter(session, Audit.notification_id == decision.notification_id, Audit.action == decision.action)
    return any(line.facts()["after_attempt"] == decision.after_attempt for line in same)


def _check(session: Session, row: Notification, decision: _Decision) -> None:
    start = START[decision.action]
    if row.status not in start or row.attempt != decision.after_attempt:
        needed = f"{' or '.join(sorted(start))} after attempt {decision.after_attempt}"
        raise ApiError(
            Code.STATE_CONFLICT, detail=f"it is {row.status} after attempt {row.attempt}; this needs {needed}"
        )
    if decision.action not in {Action.RESEND, Action.RESOLVE_RESEND}:
        return
    if row.expires_at is not None and row.expires_at <= utc_now():
        raise ApiError(Code.EXPIRED, detail=f"expires_at: {row.expires_at.isoformat()} has passed; send a new one")
    if session.scalar(select(Notification.id).where(Notification.id == row.id, Notification.sealed.is_(None))):
        raise ApiError(Code.CONTENT_GONE, detail="its recipient and content have been erased; send a new one")


def _carry_out(session: Session, decision: _Decision) -> None:
    fence, now = Fence(decision.notification_id, decision.after_attempt), utc_now()
    match decision.action:
        case Action.RESOLVE_SENT:
            ledger.sent(session, {fence: None}, now, spends=False)
        case Action.RESOLVE_FAILED:
            ledger.fail(session, [fence], now, RESOLVED_FAILED, spends=False)
        case _:
            start = START[decision.action]
            ledger.requeue(session, [fence], now, now, RESENT, spends=False, start=start, fresh=True)


def _note(session: Session, decision: _Decision) -> None:
    line = Audit(
        account_id=decision.viewer.account_id,
        api_key_id=decision.viewer.api_key_id,
        role=decision.viewer.role,
        action=decision.action,
        notification_id=decision.notification_id,
        request_id=decision.request_id,
    )
    line.say({"after_attempt": decision.after_attempt})
    session.add(line)
