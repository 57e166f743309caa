"""Connecting KakaoTalk and Gmail: a person consents in his browser, and what comes back becomes a connection."""

from typing import Annotated, Final, NamedTuple
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from api import accounts, consents
from api.consents import Wish
from api.errors import ApiError, Code, problems
from api.oauth import Tokens
from api.routes.connections import make, own, replace, shown
from api.schemas.connections import ConnectionOut, ConsentOut, GoogleConsentIn, KakaoConsentIn
from api.security import trail
from api.security.caller import bearer_account
from api.security.consent import Pending, Purpose
from api.security.who import BearerAccount, Viewer
from config.vocabulary import Action, Channel, Role, SnsType
from models import credentials, renewal
from models.session import snapshot, transaction
from models.types import new_id, utc_now

router = APIRouter(prefix="/api/user/connections", tags=["connections"])
Me = Annotated[BearerAccount, Depends(bearer_account)]


class Connects(NamedTuple):
    """Which channel a provider's consent connects, and the scope without which it is worth nothing."""

    channel: Channel
    needed: str


KAKAO: Final = Connects(Channel.KAKAO, "talk_message")
GOOGLE: Final = Connects(Channel.GMAIL, "https://mail.google.com/")
OFFLINE: Final = {"access_type": "offline", "prompt": "consent"}
"""Without them Google gives no refresh token, or only the first time."""


@router.post(
    "/kakao/authorize",
    summary="Ask for a KakaoTalk consent",
    responses=problems(400, 401, 404, 408, 409, 413, 415, 422, 503),
)
def ask_kakao(me: Me, body: KakaoConsentIn, response: Response) -> ConsentOut:
    """Say where to consent to messages in one's own name; the page comes back to `/api/auth/kakao/callback`."""
    _check(me, body.connection, Channel.KAKAO)
    scopes = [KAKAO.needed, *(["friends"] if body.friends else [])]
    wish = Wish(scopes, account_id=me.id, connection_id=body.connection, name=body.name)
    return ConsentOut(authorize_url=consents.ask(response, SnsType.KAKAO, Purpose.CONNECT, wish))


@router.post(
    "/google/authorize",
    summary="Ask for a Gmail consent",
    responses=problems(400, 401, 404, 408, 409, 413, 415, 422, 503),
)
def ask_google(me: Me, body: GoogleConsentIn, response: Response) -> ConsentOut:
    """Say where to consent to mails in one's own name; the page comes back to `/api/auth/google/callback`."""
    _check(me, body.connection, Channel.GMAIL)
    scopes = ["openid", "email", GOOGLE.needed]
    wish = Wish(scopes, OFFLINE, account_id=me.id, connection_id=body.connection, name=body.name)
    return ConsentOut(authorize_url=consents.ask(response, SnsType.GOOGLE, Purpose.CONNECT, wish))


def connect(pending: Pending, account_id: UUID, tokens: Tokens, email: str | None) -> ConnectionOut:
    """Make a consent a connection, or give it to the one that it renews; `email` is the mailbox of a Gmail one.

    Raises:
        ApiError: what messages need was not consented to.
    """
    channel, known = _credentials(pending, tokens, email)
    row_id = pending.connection_id or new_id()
    with transaction() as session:
        if pending.connection_id is None:
            accounts.find(session, account_id, lock=True)
            values = {"id": row_id, "channel": channel, "name": pending.name}
            row = make(session, account_id, secrets=credentials.seal(row_id, known), **values)
        else:
            row = own(session, account_id, row_id, lock=True)
            replace(session, row, known)
        action = Action.CONNECTED if pending.connection_id is None else Action.RECONNECTED
        trail.note(session, Viewer(account_id, Role.USER), action, row.id, chosen={"channel": channel})
        row.renew_at = utc_now() + tokens.life * renewal.LIFE_USED
        session.flush()
        return shown(row)


def _credentials(pending: Pending, tokens: Tokens, email: str | None) -> tuple[Channel, dict[str, str]]:
    channel, needed = KAKAO if pending.sns_type is SnsType.KAKAO else GOOGLE
    if needed not in tokens.scopes or tokens.refresh_token is None:
        raise ApiError(Code.CONSENT_DENIED, detail=f"consent to {needed} is missing")
    known = {"access_token": tokens.access_token, "refresh_token": tokens.refresh_token}
    if channel is not Channel.GMAIL:
        return channel, known
    if email is None:
        raise ApiError(Code.CONSENT_DENIED, detail="the provider did not say whose mailbox it is")
    return channel, {"user": email, **known}


def _check(me: BearerAccount, connection_id: UUID | None, channel: Channel) -> None:
    if connection_id is None:
        return
    with snapshot() as session:
        if own(session, me.id, connection_id).channel is not channel:
            raise ApiError(Code.STATE_CONFLICT, detail=f"connection: this is no {channel} connection")
