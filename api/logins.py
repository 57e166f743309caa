"""Logins: a session each, which every access token names, so that ending it ends them all at once.

A refresh token is good for one use. One that comes a second time tells that somebody has a copy: the login ends.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from fastapi import Request
from sqlalchemy import delete
from sqlalchemy.orm import Session

from api.schemas.accounts import TokensOut
from api.security import tokens
from api.security.caller import address_of
from api.security.tokens import RefreshToken
from config.vocabulary import AccountStatus
from models.account import Account
from models.login_session import LoginSession
from models.types import new_id

LONGEST: Final = timedelta(days=90)
"""After so long a person logs in anew, however often the login was renewed."""
MOST_AGENT: Final = 200


def begin(session: Session, account_id: UUID, request: Request, now: datetime) -> TokensOut:
    """Begin a login."""
    token, address = RefreshToken.new(new_id()), address_of(request.scope)
    LoginSession.create(
        session,
        id=token.session_id,
        account_id=account_id,
        refresh_hash=token.digest,
        expires_at=now + tokens.REFRESH_LIFE,
        address=None if address is None else str(address),
        agent=request.headers.get("user-agent", "")[:MOST_AGENT],
        created_at=now,
    )
    return _answer(account_id, token, now)


def exchange(session: Session, token: RefreshToken, now: datetime) -> TokensOut | None:
    """Rotate a login's refresh token; a login that may not go on is deleted, and None comes back."""
    login = session.get(LoginSession, token.session_id, with_for_update=True)
    if login is None:
        return None
    account = Account.get(session, login.account_id)
    is_alive = account is not None and account.status is AccountStatus.ACTIVE and login.expires_at > now
    if not is_alive or not token.matches(login.refresh_hash):
        session.delete(login)
        return None
    fresh = RefreshToken.new(login.id)
    login.refresh_hash = fresh.digest
    login.expires_at = min(now + tokens.REFRESH_LIFE, login.created_at + LONGEST)
    return _answer(login.account_id, fresh, now)


def end_all(session: Session, account_id: UUID, but: UUID | None = None) -> None:
    """End every login of an account, except one."""
    others = [LoginSession.account_id == account_id, *([] if but is None else [LoginSession.id != but])]
    session.execute(delete(LoginSession).where(*others))


def _answer(account_id: UUID, token: RefreshToken, now: datetime) -> TokensOut:
    return TokensOut(
        Authorization=f"Bearer {tokens.issue(account_id, token.session_id, now)}",
        refresh_token=token.text,
        expires_in=int(tokens.ACCESS_LIFE.total_seconds()),
    )
