"""Looking at batches, and deciding about them: progress, rejects, pause, resume, cancel. Repeating does no harm."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Annotated, Final
from uuid import UUID

import anyio.to_thread
from fastapi import APIRouter, Query
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import StreamingResponse

from api import batches, cursor
from api.errors import ApiError, Code, problems
from api.notifications import Either
from api.schemas.batches import BatchOut, BatchPageOut, RejectPageOut
from api.security import trail
from api.security.schemes import KEYED
from api.security.who import Viewer
from config.settings import Secrets, settings
from config.vocabulary import Action, BatchState, Role
from models import batch_ledger
from models.batch import Batch
from models.session import snapshot, transaction
from models.types import utc_now
from workers.publish import Bell

router = APIRouter(prefix="/api/services/batches", tags=["batches"])
ANSWERS = problems(400, 401, 403, 404, 409, 422, 429, 503)
OVER: Final = frozenset({BatchState.CANCELLED, BatchState.REFUSED, BatchState.FINISHED})
EVERY: Final = 1.0
"""Seconds between two looks of a stream."""
KEEP_ALIVE: Final = 15
"""Looks without news after which a stream says that it is still there."""
Step = Callable[[Session, UUID, datetime], bool]


@router.get("", summary="List batches", responses=problems(400, 401, 403, 422, 429, 503))
def list_batches(
    viewer: Either,
    status: BatchState | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    after: Annotated[str | None, Query(max_length=64, description="A page's `next_cursor`.")] = None,
) -> BatchPageOut:
    """List batches, newest first, page by page."""
    key = settings(Secrets).index_key.get_secret_value().encode()
    scope = sha256(f"batches {viewer.account_id} {viewer.role} {status}".encode()).digest()
    conditions = [] if viewer.role is Role.OPERATOR else [Batch.account_id == viewer.account_id]
    conditions += [] if status is None else [Batch.status == status]
    conditions += [] if after is None else [Batch.id < cursor.read(key, scope, after, "after")]
    with snapshot() as session:
        rows = session.scalars(select(Batch).where(*conditions).order_by(Batch.id.desc()).limit(limit + 1)).all()
        items = [batches.show(session, row, utc_now()) for row in rows[:limit]]
    more = cursor.make(key, scope, items[-1].id) if len(rows) > limit else None
    return BatchPageOut(items=items, next_cursor=more)


@router.get("/{batch_id}", summary="Show a batch and how far it is", responses=ANSWERS)
def get_batch(batch_id: UUID, viewer: Either) -> BatchOut:
    """Show a batch: its notifications by state, its rate, and how long it will take."""
    with snapshot() as session:
        return batches.show(session, batches.find(session, viewer, batch_id), utc_now())


@router.get("/{batch_id}/rejects", summary="List recipients that were not accepted", responses=ANSWERS)
def list_rejects(
    batch_id: UUID,
    viewer: Either,
    after: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> RejectPageOut:
    """List why recipients were refused, by number and line; the first 10,000 of a batch are kept."""
    with snapshot() as session:
        batches.find(session, viewer, batch_id)
    items = batches.rejects(batch_id, after, limit)
    return RejectPageOut(items=items, next_after=items[-1].number if len(items) == limit else None)


@router.get(
    "/{batch_id}/events",
    summary="Follow a batch",
    responses={200: {"content": {"text/event-stream": {}}}, **ANSWERS},
    response_class=StreamingResponse,
)
async def follow_batch(batch_id: UUID, viewer: Either) -> StreamingResponse:
    """Follow a batch by server-sent events: `progress` whenever it moved, at most once a second, then `end`."""
    first = await anyio.to_thread.run_sync(get_batch, batch_id, viewer)
    return StreamingResponse(
        _events(first, viewer), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


@router.post("/{batch_id}/pause", summary="Pause a batch", responses=ANSWERS, openapi_extra=KEYED)
def pause_batch(batch_id: UUID, viewer: Either) -> BatchOut:
    """Hold back whatever no worker has taken yet."""
    return _decide(Action.PAUSE, batch_ledger.pause, BatchState.PAUSED, batch_id, viewer)


@router.post("/{batch_id}/resume", summary="Resume a batch", responses=ANSWERS, openapi_extra=KEYED)
def resume_batch(batch_id: UUID, viewer: Either) -> BatchOut:
    """Go on with a paused batch."""
    return _decide(Action.RESUME, batch_ledger.resume, BatchState.RUNNING, batch_id, viewer)


@router.post("/{batch_id}/cancel", summary="Cancel a batch", responses=ANSWERS, openapi_extra=KEYED)
def cancel_batch(batch_id: UUID, viewer: Either) -> BatchOut:
    """Send no more of it: what no worker has taken yet becomes `cancelled`, within seconds."""
    return _decide(Action.CANCEL, batch_ledger.cancel, BatchState.CANCELLED, batch_id, viewer)


def _decide(action: Action, step: Step, target: BatchState, batch_id: UUID, viewer: Viewer) -> BatchOut:
    now = utc_now()
    with transaction() as session:
        batch = batches.find(session, viewer, batch_id)
        if step(session, batch_id, now):
            trail.note(session, viewer, action, batch_id)
        session.refresh(batch)
        if batch.status is not target and not (action is Action.CANCEL and batch.status is BatchState.CANCELLING):
            raise ApiError(Code.STATE_CONFLICT, detail=f"the batch is {batch.status}: {action} has no meaning for it")
        shown = batches.show(session, batch, now)
    bell = Bell()
    bell.feed()
    bell.close()
    return shown


async def _events(shown: BatchOut, viewer: Viewer) -> AsyncIterator[str]:
    look = partial(get_batch, shown.id, viewer)
    last, quiet = "", 0
    while True:
        news = shown.model_dump_json()
        moved = shown.model_dump_json(exclude={"rate", "seconds_left"})
        if moved != last:
            last, quiet = moved, 0
            yield f"event: progress\ndata: {news}\n\n"
        elif (quiet := quiet + 1) % KEEP_ALIVE == 0:
            yield ": still here\n\n"
        if shown.status in OVER:
            yield f"event: end\ndata: {news}\n\n"
            return
        await asyncio.sleep(EVERY)
        shown = await anyio.to_thread.run_sync(look)
