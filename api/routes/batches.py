"""Batches: one message to many recipients, in one body or as an upload; looking at them, holding and ending them."""

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import anyio.from_thread
import anyio.to_thread
from fastapi import APIRouter, Body, Depends, Request, Response
from starlette.requests import ClientDisconnect

from api import batches, roster
from api.errors import ApiError, Code, problems
from api.lines import Lines, LineTooLong
from api.merge import Merge
from api.schemas.batches import BatchAcceptedOut, BatchIn
from api.security.caller import signed_caller, signed_uploader
from api.security.quota import quota
from api.security.schemes import KEYED
from api.security.signatures import digest_mismatch
from api.security.who import Caller, Uploader, Viewer
from api.state import Held
from config.vocabulary import BatchState, Role
from models.session import snapshot
from models.types import utc_now

router = APIRouter(prefix="/api/services/batches", tags=["batches"])

CODINGS: Final = frozenset({"utf-8", "utf8", "cp949", "euc-kr", "ascii", "us-ascii"})
UPLOAD: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "text/csv": {
                "schema": {"type": "string"},
                "example": "to,name,order\n010-0000-0001,홍길동,A-1042\n",
            },
            "application/x-ndjson": {
                "schema": {"type": "string"},
                "example": '{"to":"010-0000-0001","variables":{"name":"홍길동","order":"A-1042"}}\n',
            },
        },
    }
}


@router.post(
    "",
    summary="Send one message to many",
    status_code=202,
    responses=problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra=KEYED,
)
async def make_batch(
    body: Annotated[BatchIn, Body()],
    caller: Annotated[Caller, Depends(signed_caller)],
    state: Held,
    request: Request,
    response: Response,
) -> BatchAcceptedOut:
    """Accept up to 10,000 recipients at once, or make a batch whose recipients are uploaded afterwards.

    Repeated with the same Idempotency-Key it goes on where it broke off, and never accepts a recipient twice.
    """
    connection_id = await state.connections.choose(caller, body.channel, body.connection)
    run = partial(_make, caller, body, connection_id, request.state.request_id)
    batch, replayed = await anyio.to_thread.run_sync(run, limiter=state.filling)
    response.headers["Location"] = f"/api/services/batches/{batch.id}"
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return batch


@router.put(
    "/{batch_id}/recipients",
    summary="Upload a batch's recipients",
    responses=problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra=UPLOAD,
)
async def upload_recipients(
    batch_id: UUID, uploader: Annotated[Uploader, Depends(signed_uploader)], state: Held, request: Request
) -> BatchAcceptedOut:
    """Upload up to 1,000,000 recipients as CSV (UTF-8 or cp949) or NDJSON; nothing is sent before all are there.

    One that broke off is repeated with the same file: what had arrived is not stored again.
    """
    kind, coding = _content_type(request)
    run = partial(_upload, batch_id, uploader, kind, coding, _pieces(request))
    try:
        return await anyio.to_thread.run_sync(run, limiter=state.filling)
    except ClientDisconnect:
        detail = "the upload broke off; repeat it with the same file, and it goes on from there"
        raise ApiError(Code.UPLOAD_UNREADABLE, detail=detail) from None


def _make(caller: Caller, body: BatchIn, connection_id: UUID, request_id: str) -> tuple[BatchAcceptedOut, bool]:
    merge = Merge(body.channel, body.message)
    merge.try_out()
    batch, replayed = batches.open_batch(caller, body, connection_id, request_id)
    if body.recipients is not None and batch.status is BatchState.RECEIVING:
        done = batches.fill(batch, merge, roster.from_list(body.recipients))
        batches.conclude(batch, done, _taking(caller))
    return _accepted(batch.id), replayed


def _upload(batch_id: UUID, uploader: Uploader, kind: str, coding: str, pieces: Iterator[bytes]) -> BatchAcceptedOut:
    with snapshot() as session:
        batch = batches.find(session, Viewer(uploader.account_id, Role.USER), batch_id)
    if batch.upload_hash is not None and uploader.digest == batch.upload_hash.hex():
        return _accepted(batch_id)
    merge = Merge(batch.channel, batches.message_of(batch))
    lines = Lines(pieces, coding, uploader.start)
    try:
        entries = roster.from_csv(lines) if kind == "text/csv" else roster.from_ndjson(lines)
        done = batches.fill(batch, merge, entries, lines.digest)
    except roster.Unreadable as error:
        raise ApiError(Code.UPLOAD_UNREADABLE, detail=str(error)) from None
    except LineTooLong:
        detail = f"line {lines.number + 1} is longer than any recipient: are there line breaks in the file?"
        raise ApiError(Code.UPLOAD_UNREADABLE, detail=detail) from None
    if uploader.digest is not None and lines.digest().hex() != uploader.digest:
        # Somebody else's lines may be among what was stored.
        batches.refuse(batch_id)
        raise digest_mismatch()
    batches.conclude(batch, done, _taking(uploader), lines.digest())
    return _accepted(batch_id)


def _taking(who: Caller | Uploader) -> Callable[[int], None]:
    """How a thread takes messages from the quota of whoever asks."""
    return lambda number: anyio.from_thread.run(quota().messages, who.api_key_id, who.account_id, number)


def _accepted(batch_id: UUID) -> BatchAcceptedOut:
    with snapshot() as session:
        batch = batches.latest(session, batch_id)
        shown = batches.show(session, batch, utc_now())
    batches.demand_accepted(batch)
    errors = batches.rejects(batch_id, 0, batches.SHOWN) if batch.rejected else []
    upload = f"/api/services/batches/{batch_id}/recipients" if batch.status is BatchState.RECEIVING else None
    return BatchAcceptedOut(**dict(shown), errors=errors, upload=upload)


def _content_type(request: Request) -> tuple[str, str]:
    said = request.headers.get("content-type", "")
    kind, _, rest = said.partition(";")
    kind, (_, _, coding) = kind.strip().lower(), rest.strip().lower().partition("charset=")
    coding = coding.strip('" ') or "utf-8"
    if kind not in {"text/csv", "application/x-ndjson"}:
        raise ApiError(Code.NOT_AN_UPLOAD, detail=f"Content-Type is {said[:80] or 'missing'}")
    if coding not in CODINGS:
        raise ApiError(Code.NOT_AN_UPLOAD, detail="Content-Type: charset is utf-8, cp949 or euc-kr")
    return kind, coding


def _pieces(request: Request) -> Iterator[bytes]:
    """Hand the body out to a thread as it arrives; the thread's asking is what lets the next piece come."""
    stream = request.stream()
    while (piece := anyio.from_thread.run(_next_of, stream)) is not None:
        yield piece


async def _next_of(stream: AsyncIterator[bytes]) -> bytes | None:
    return await anext(stream, None)
