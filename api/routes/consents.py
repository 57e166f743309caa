"""Connecting KakaoTalk: a person consents in his browser, and what comes back becomes a connection.

The browser that asks must be the one that comes back (`api.security.consent`).
"""

from typing import Annotated, Final
from uuid import UUID

import anyio.to_thread
from fastapi import APIRouter, Cookie, Depends, Query, Response

from api import accounts, oauth
from api.errors import ApiError, Code, problems
from api.oauth import Tokens
from api.routes.connections import make, own, replace, shown
from api.schemas.connections import ConnectionOut, ConsentOut, KakaoConsentIn
from api.security import consent, trail
from api.security.caller import bearer_account
from api.security.consent import Pending
from api.security.who import BearerAccount, Viewer
from config.oauth import OAuthApp, kakao_app
from config.settings import Api, settings
from config.vocabulary import Action, Channel, Role
from models import credentials, renewal
from models.session import snapshot, transaction
from models.types import new_id, utc_now

NEEDED: Final = "talk_message"
CALLBACK: Final = "/api/auth/kakao/callback"

router = APIRouter(tags=["connections"])
Me = Annotated[BearerAccount, Depends(bearer_account)]


@router.post(
    "/api/user/connections/kakao/authorize",
    summary="Ask for a KakaoTalk consent",
    responses=problems(400, 401, 404, 408, 409, 413, 415, 422, 503),
)
def ask_kakao(me: Me, body: KakaoConsentIn, response: Response) -> ConsentOut:
    """Say where to consent to messages in one's own name; the page comes back to `/api/auth/kakao/callback`."""
    if body.connection is not None:
        with snapshot() as session:
            if own(session, me.id, body.connection).channel is not Channel.KAKAO:
                raise ApiError(Code.STATE_CONFLICT, detail="connection: this is no kakao connection")
    question = oauth.ask(_app(), settings(Api).url(CALLBACK), [NEEDED, *(["friends"] if body.friends else [])])
    pending = Pending(question.state, question.verifier, me.id, body.connection, body.name)
    response.set_cookie(
        consent.COOKIE,
        consent.write(pending, utc_now()),
        max_age=int(consent.LIFE.total_seconds()),
        path=consent.PATH,
        secure=consent.is_secure(),
        httponly=True,
        samesite="lax",
    )
    return ConsentOut(authorize_url=question.url)


@router.get(
    CALLBACK,
    summary="Come back from a KakaoTalk consent",
    responses=problems(400, 401, 404, 409, 422, 502, 503),
)
async def come_back(
    response: Response,
    state: Annotated[str, Query(max_length=200)],
    code: Annotated[str | None, Query(max_length=2000)] = None,
    error: Annotated[str | None, Query(max_length=200)] = None,
    alrim_consent: Annotated[str | None, Cookie(include_in_schema=False)] = None,
) -> ConnectionOut:
    """Take the code that Kakao sent the browser back with, and connect what it stands for."""
    pending = consent.read(alrim_consent, state)
    response.delete_cookie(consent.COOKIE, path=consent.PATH)
    if code is None or error is not None:
        raise ApiError(Code.CONSENT_DENIED)
    tokens = await oauth.exchange(_app(), settings(Api).url(CALLBACK), code, pending.verifier)
    if NEEDED not in tokens.scopes:
        raise ApiError(Code.CONSENT_DENIED, detail=f"consent to {NEEDED} is missing")
    return await anyio.to_thread.run_sync(_connect, pending, tokens)


def _connect(pending: Pending, tokens: Tokens) -> ConnectionOut:
    row_id: UUID = pending.connection_id or new_id()
    known = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
    with transaction() as session:
        if pending.connection_id is None:
            accounts.find(session, pending.account_id, lock=True)
            values = {"id": row_id, "channel": Channel.KAKAO, "name": pending.name}
            row = make(session, pending.account_id, secrets=credentials.seal(row_id, known), **values)
        else:
            row = own(session, pending.account_id, row_id, lock=True)
            replace(session, row, known)
        action = Action.CONNECTED if pending.connection_id is None else Action.RECONNECTED
        trail.note(session, Viewer(pending.account_id, Role.USER), action, row.id, chosen={"channel": Channel.KAKAO})
        row.renew_at = utc_now() + tokens.life * renewal.LIFE_USED
        session.flush()
        return shown(row)


def _app() -> OAuthApp:
    app = kakao_app()
    if app is None:
        raise ApiError(Code.CONSENT_NOT_OFFERED, detail="ask the operator to set ALRIM_KAKAO_REST_API_KEY")
    return app
