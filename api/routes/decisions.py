"""Deciding: cancel, resend, resolve one notification; send failed ones again. Repeating any of it does no harm."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body
from sqlalchemy import ColumnElement

from api import decisions
from api.errors import problems
from api.notifications import Either, created_between, find, show
from api.schemas.decisions import CancelledOut, DecidedOut, ReplayIn, ReplayOut, ResendIn, ResolveIn
from api.security import trail
from api.security.schemes import KEYED
from api.security.who import Viewer
from config.vocabulary import Action, Role, State
from models import ledger
from models.notification import Notification
from models.session import transaction
from models.types import utc_now

router = APIRouter(prefix="/api/services/notifications", tags=["notifications"])
ANSWERS = problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503)


@router.post("/{notification_id}/cancel", summary="Cancel a notification", responses=ANSWERS, openapi_extra=KEYED)
def cancel_notification(notification_id: UUID, viewer: Either) -> CancelledOut:
    """Cancel it if no worker has taken it yet, and say which of the two happened."""
    with transaction() as session:
        row = find(session, viewer, notification_id, lock=True)
        changed = bool(ledger.cancel(session, [row.id], utc_now()))
        if changed:
            trail.note(session, viewer, Action.CANCEL, notification_id=row.id)
        session.refresh(row)
        return CancelledOut(**dict(show(session, row)), cancelled=row.status is State.CANCELLED)


@router.post(
    "/{notification_id}/resend", summary="Send a failed notification again", responses=ANSWERS, openapi_extra=KEYED
)
def resend_notification(notification_id: UUID, viewer: Either, body: Annotated[ResendIn, Body()]) -> DecidedOut:
    """Queue a failed or unknown one again, with a new budget of tries.

    An unknown one may have arrived already: then it arrives twice, and that is the caller's decision.
    """
    with transaction() as session:
        row = find(session, viewer, notification_id, lock=True)
        changed = decisions.resend(session, row, body.after_attempt, utc_now())
        if changed:
            detail = {"after_attempt": body.after_attempt}
            trail.note(session, viewer, Action.RESEND, notification_id=row.id, chosen=detail)
        session.refresh(row)
        return DecidedOut(**dict(show(session, row)), changed=changed)


@router.post(
    "/{notification_id}/resolve", summary="Settle an unknown notification", responses=ANSWERS, openapi_extra=KEYED
)
def resolve_notification(notification_id: UUID, viewer: Either, body: Annotated[ResolveIn, Body()]) -> DecidedOut:
    """Say what became of one whose provider fell silent: it was sent, it failed, or it shall be sent again."""
    with transaction() as session:
        row = find(session, viewer, notification_id, lock=True)
        changed = decisions.resolve(session, row, body.as_, body.after_attempt, utc_now())
        if changed:
            detail = {"as": str(body.as_), "after_attempt": body.after_attempt}
            trail.note(session, viewer, Action.RESOLVE, notification_id=row.id, chosen=detail)
        session.refresh(row)
        return DecidedOut(**dict(show(session, row)), changed=changed)


@router.post(
    "/replay",
    summary="Send failed notifications again",
    responses=problems(400, 401, 403, 408, 413, 415, 422, 429, 503),
    openapi_extra=KEYED,
)
def replay_notifications(viewer: Either, body: Annotated[ReplayIn, Body()]) -> ReplayOut:
    """Count the failed ones that match (`dry_run`), or queue them again; your account's, an operator's all."""
    now = utc_now()
    # A moment to come would take in what fails again while this runs.
    before, conditions = min(body.failed_before or now, now), _conditions(viewer, body)
    counted, skipped = decisions.count_dead(conditions, before, now)
    done = counted
    if not body.dry_run:
        chosen = body.model_dump(mode="json", exclude_none=True)
        done = decisions.replay(viewer, conditions, before, now, chosen)
    return ReplayOut(
        dry_run=body.dry_run,
        count=done.total(),
        by_code=done,
        skipped=skipped,
        failed_before=before,
        more=counted.total() > (decisions.MOST if body.dry_run else done.total()),
    )


def _conditions(viewer: Viewer, body: ReplayIn) -> list[ColumnElement[bool]]:
    row = Notification
    exact = {row.code: body.code, row.channel: body.channel, row.lane: body.lane, row.type: body.type}
    conditions: list[ColumnElement[bool]] = [column == value for column, value in exact.items() if value is not None]
    if viewer.role is not Role.OPERATOR:
        conditions.append(row.account_id == viewer.account_id)
    return conditions + created_between(body.created_from, body.created_to)
