"""Accepting: the three send routes. Each stores one row and answers 202 when that is committed."""

import json
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from api import metrics
from api.errors import ApiError, Code, problems
from api.intake import StoreAway, TooBusy
from api.intake_statement import Receipt
from api.schemas.email import EmailIn
from api.schemas.kakao import KakaoIn
from api.schemas.notifications import AcceptedOut
from api.schemas.sending import SendingIn
from api.schemas.solapi import SolapiIn
from api.security.caller import signed_caller
from api.security.quota import quota
from api.security.schemes import KEYED
from api.security.who import Caller
from api.state import Held, State
from config.vocabulary import Channel, KeyKind
from models import ledger
from models.sealing import recipient_hash, sealer
from models.types import new_id, utc_now

router = APIRouter(prefix="/api/services", tags=["services"])
Signed = Annotated[Caller, Depends(signed_caller)]


@router.post(
    "/kakao/send",
    summary="Send a KakaoTalk message",
    status_code=202,
    responses=problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra=KEYED,
)
async def send_kakao(body: KakaoIn, caller: Signed, state: Held, request: Request, response: Response) -> AcceptedOut:
    """Send a Kakao message to oneself or to friends."""
    return await _accept(_Accepting(state, caller, request, response), Channel.KAKAO, body)


@router.post(
    "/solapi/send",
    summary="Send an SMS, LMS, MMS or Alimtalk",
    status_code=202,
    responses=problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra=KEYED,
)
async def send_solapi(body: SolapiIn, caller: Signed, state: Held, request: Request, response: Response) -> AcceptedOut:
    """Send an SMS, LMS, MMS or Alimtalk through SOLAPI; the type is chosen by the content."""
    return await _accept(_Accepting(state, caller, request, response), Channel.SOLAPI, body)


@router.post(
    "/email/send",
    summary="Send a mail",
    status_code=202,
    responses=problems(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 503),
    openapi_extra=KEYED,
)
async def send_email(body: EmailIn, caller: Signed, state: Held, request: Request, response: Response) -> AcceptedOut:
    """Send a mail through Gmail, or through SES if the body or the account's connections say so."""
    accepting = _Accepting(state, caller, request, response)
    if body.provider is not None:
        return await _accept(accepting, body.provider, body)
    try:
        return await _accept(accepting, Channel.GMAIL, body)
    except ApiError as error:
        if error.code not in {Code.NO_CONNECTION, Code.CONNECTION_NOT_FOUND, Code.CHANNEL_NOT_ALLOWED}:
            raise
    return await _accept(accepting, Channel.SES, body)


class _Accepting(NamedTuple):
    state: State
    caller: Caller
    request: Request
    response: Response


async def _accept(accepting: _Accepting, channel: Channel, body: SendingIn) -> AcceptedOut:
    state, caller, request, response = accepting
    connection_id = await state.connections.choose(caller, channel, body.connection)
    row = new_row(caller, channel, body, connection_id, request.state.request_id)
    await quota().messages(caller.api_key_id, caller.account_id, 1)
    receipt = await _submit(state, row)
    if receipt.replayed:
        await quota().messages(caller.api_key_id, caller.account_id, -1)
    else:
        metrics.accepted(channel, body.lane, 1)
    if receipt.replayed and receipt.body_hash != caller.body_hash:
        raise ApiError(
            Code.IDEMPOTENCY_KEY_REUSED,
            detail="Idempotency-Key: it was used for another request before; use a new key for a new message",
        )
    response.headers["Location"] = f"/api/services/notifications/{receipt.id}"
    if receipt.replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return AcceptedOut(
        id=receipt.id,
        status=receipt.status,
        channel=channel,
        is_test=caller.kind is KeyKind.TEST,
        created_at=receipt.created_at,
    )


def new_row(caller: Caller, channel: Channel, body: SendingIn, connection_id: UUID, request_id: str) -> dict[str, Any]:
    """Make the row of a new notification, its content sealed; nothing is stored yet."""
    row_id, now = new_id(), utc_now()
    content = body.sealed_body()
    plain = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    values = {
        "id": row_id,
        "account_id": caller.account_id,
        "api_key_id": caller.api_key_id,
        "connection_id": connection_id,
        "channel": channel,
        "lane": body.lane,
        "type": body.type_name,
        "expires_at": body.expires_at,
        "departed_at": None,
        "group_id": None,
        "provider_id": None,
        "code": None,
        "reference": body.reference,
        "recipient_hash": recipient_hash(caller.account_id, body.recipient_in(content)),
        "sealed": sealer().seal("notifications.sealed", row_id, plain),
        "idempotency": caller.idempotency,
        "body_hash": caller.body_hash,
        "request_id": request_id,
    }
    return ledger.accept(values, now, body.send_at)


async def _submit(state: State, row: dict[str, Any]) -> Receipt:
    try:
        return await state.intake.submit(row)
    except TooBusy:
        raise ApiError(Code.TOO_BUSY, headers={"Retry-After": "1"}) from None
    except StoreAway:
        raise ApiError(Code.STORE_AWAY, headers={"Retry-After": "5"}) from None
