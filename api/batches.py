"""What happens to a batch between its request and its release: opening, filling, releasing, showing.

A batch is found again by its idempotency key or its id, so every step may be repeated: an opened one is filled, a half
filled one is filled on, a released one is only shown.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api import metrics
from api.batch_statement import BatchFacts
from api.errors import ApiError, Code
from api.filling import Changed, Filling, TakenOver, TooMany
from api.merge import Merge
from api.roster import Entry
from api.schemas.batches import BatchIn, BatchOut, RejectOut
from api.security.who import Caller, Viewer
from config.vocabulary import BatchState, Role
from models import batch_ledger
from models.batch import Batch, BatchReject
from models.batch_ledger import Progress
from models.connection import is_sandbox
from models.sealing import SealBroken, sealer
from models.session import engine, snapshot, transaction
from models.types import new_id, utc_now
from workers.publish import Bell

PLACE: Final = "batches.sealed"
SHOWN: Final = 50
"""Rejects that an answer shows."""


def open_batch(caller: Caller, body: BatchIn, connection_id: UUID, request_id: str) -> tuple[Batch, bool]:
    """Make a batch that waits for its recipients; the flag says that it was made before, by the same request.

    Raises:
        ApiError: its idempotency key was used for another request.
    """
    values = _opened(caller, body, connection_id, request_id)
    try:
        with transaction() as session:
            session.execute(insert(Batch), values)
    except IntegrityError:
        pass
    with snapshot() as session:
        made = Batch.get(session, values["id"])
        if made is not None:
            return made, False
        key = (Batch.api_key_id == caller.api_key_id, Batch.idempotency == caller.idempotency)
        earlier = session.scalars(select(Batch).where(*key)).one()
    if earlier.body_hash != caller.body_hash:
        detail = "Idempotency-Key: it was used for another request before; use a new key for a new batch"
        raise ApiError(Code.IDEMPOTENCY_KEY_REUSED, detail=detail)
    return earlier, True


def _opened(caller: Caller, body: BatchIn, connection_id: UUID, request_id: str) -> dict[str, Any]:
    now, row_id = utc_now(), new_id()
    return {
        "id": row_id,
        "account_id": caller.account_id,
        "api_key_id": caller.api_key_id,
        "connection_id": connection_id,
        "channel": body.channel,
        "lane": body.lane,
        "status": BatchState.RECEIVING,
        "reference": body.reference,
        "request_id": request_id,
        "idempotency": caller.idempotency,
        "body_hash": caller.body_hash,
        "all_or_nothing": body.all_or_nothing,
        "distinct_by": body.distinct_by,
        "not_before": body.send_at or now,
        "expires_at": body.expires_at,
        "sealed": sealer().seal(PLACE, row_id, json.dumps(body.message, ensure_ascii=False).encode()),
    }


def find(session: Session, viewer: Viewer, batch_id: UUID) -> Batch:
    """Find a batch that the viewer may see.

    Raises:
        ApiError: there is none, or it is somebody else's.
    """
    batch = Batch.get(session, batch_id)
    if batch is None or not (viewer.role is Role.OPERATOR or batch.account_id == viewer.account_id):
        raise ApiError(Code.BATCH_NOT_FOUND, detail=f"id: you have no batch {batch_id}")
    return batch


def fill(
    batch: Batch, merge: Merge, entries: Iterator[Entry], prefix: Callable[[], bytes | None] = lambda: None
) -> Progress:
    """Store the recipients that are not stored yet.

    Raises:
        ApiError: another upload has gone on, the recipients differ from before, or there are too many.
    """
    with transaction() as session:
        begun = batch_ledger.begin_filling(session, batch.id)
    if begun is None:
        raise ApiError(Code.STATE_CONFLICT, detail="the batch takes no more recipients")
    number, done = begun
    try:
        return Filling(engine(), BatchFacts.of(batch), merge, batch.distinct_by, number, done, prefix).fill(entries)
    except TakenOver:
        detail = "another upload fills this batch, or it was cancelled; repeat this one if it is the last"
        raise ApiError(Code.UPLOAD_TAKEN_OVER, detail=detail, headers={"Retry-After": "1"}) from None
    except Changed:
        detail = f"the first {done.rows_read} recipients are not those that were received before: cancel this batch"
        raise ApiError(Code.UPLOAD_CHANGED, detail=detail) from None
    except TooMany:
        refuse(batch.id)
        raise ApiError(Code.TOO_MANY_ROWS) from None


def conclude(batch: Batch, done: Progress, take: Callable[[int], None], upload_hash: bytes | None = None) -> None:
    """Release a filled batch, or refuse it where a wrong recipient, or nothing but wrong ones, must not go.

    `take` takes its messages from the day's quota; what it raises leaves the batch waiting, to be asked for again.

    Raises:
        ApiError: there was no recipient at all; the batch goes on waiting for some.
    """
    if done.rows_read == 0:
        raise ApiError(Code.UPLOAD_UNREADABLE, detail="the upload holds no recipient")
    if done.accepted == 0 or (batch.all_or_nothing and done.rejected):
        refuse(batch.id)
        return
    take(done.accepted)
    with transaction() as session:
        released = batch_ledger.release(session, batch.id, utc_now(), upload_hash)
    if released:
        metrics.accepted(batch.channel, batch.lane, done.accepted)
        bell = Bell()
        bell.feed()
        bell.close()


def refuse(batch_id: UUID) -> None:
    """Accept nothing of it."""
    with transaction() as session:
        batch_ledger.refuse(session, batch_id, utc_now())


def message_of(batch: Batch) -> dict[str, Any]:
    """Open the message of a batch that waits for recipients.

    Raises:
        ApiError: it waits for none any more.
    """
    if batch.status is not BatchState.RECEIVING or batch.sealed is None:
        raise ApiError(Code.STATE_CONFLICT, detail=f"the batch is {batch.status}: it takes no more recipients")
    try:
        message: dict[str, Any] = json.loads(sealer().open(PLACE, batch.id, batch.sealed))
    except SealBroken:
        raise ApiError(Code.STATE_CONFLICT, detail="the batch's message cannot be opened any more") from None
    return message


def demand_accepted(batch: Batch) -> None:
    """Answer for a refused batch, the first time and whenever it is asked again.

    Raises:
        ApiError: it was refused; the first wrong recipients are named.
    """
    if batch.status is BatchState.REFUSED:
        errors = [
            {"field": f"recipients.{each.number}.{each.field}".rstrip("."), "code": each.code, "detail": each.detail}
            for each in rejects(batch.id, 0, SHOWN)
        ]
        detail = f"{batch.rejected} of {batch.rows_read} recipients are wrong, and none was accepted"
        raise ApiError(Code.BATCH_REFUSED, detail=detail, errors=errors)


def rejects(batch_id: UUID, after: int, most: int) -> list[RejectOut]:
    """The rejects after a recipient's number, in order."""
    row = BatchReject
    query = select(row).where(row.batch_id == batch_id, row.number > after).order_by(row.number).limit(most)
    with snapshot() as session:
        return [
            RejectOut(number=each.number, line=each.line, field=each.field, code=each.code, detail=each.detail)
            for each in session.scalars(query)
        ]


def show(session: Session, batch: Batch, now: datetime) -> BatchOut:
    """Show a batch with the states of its notifications, how fast it is, and how long it will take."""
    counts = batch_ledger.count_states(session, batch.id)
    done = batch_ledger.handled(counts)
    rate, left = pace(batch, done, now)
    columns = {name: getattr(batch, name) for name in BatchOut.model_fields if hasattr(batch, name)}
    test = is_sandbox(batch.connection_id)
    return BatchOut(**columns, is_test=test, counts=counts, rate=rate, seconds_left=left)


def pace(batch: Batch, done: int, now: datetime) -> tuple[float | None, float | None]:
    """Notifications handled a second since the batch last began, and the seconds that the others will take."""
    seconds = 0.0 if batch.pace_from is None else ((batch.ended_at or now) - batch.pace_from).total_seconds()
    if seconds <= 0:
        return None, None
    rate, pending = (done - batch.pace_done) / seconds, batch.accepted - done
    left = pending / rate if rate > 0 and batch.status is BatchState.RUNNING else None
    return round(rate, 1), None if left is None else round(left, 1)


def latest(session: Session, batch_id: UUID) -> Batch:
    """Read a batch that is there."""
    return session.scalars(select(Batch).where(Batch.id == batch_id)).one()
