"""Registering, logging in, staying logged in, logging out.

All are plain `def`: bcrypt takes a quarter of a second, which the event loop must not wait for. No transaction is
open while a password is hashed.
"""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from api.errors import ApiError, Code, problems
from api.schemas.accounts import LoginIn, RefreshIn, RegisterIn, SnsType, TokensOut
from api.security import passwords, tokens
from api.security.tokens import RefreshToken
from config.vocabulary import AccountStatus
from models.account import Account
from models.login_session import LoginSession
from models.session import snapshot, transaction
from models.types import new_id, utc_now

router = APIRouter(prefix="/api/auth", tags=["auth"])


@router.post(
    "/register/{sns_type}",
    summary="Register an account",
    status_code=201,
    responses=problems(400, 404, 408, 409, 413, 415, 422, 503),
)
def register(sns_type: SnsType, body: RegisterIn) -> TokensOut:
    """Make an account and log in to it."""
    _check_offered(sns_type)
    pw_hash = passwords.hash_password(body.pw)
    try:
        with transaction() as session:
            account = Account.create(session, email=body.email, pw_hash=pw_hash, name=body.name)
            return _begin(session, account.id, utc_now())
    except IntegrityError:
        raise ApiError(Code.EMAIL_TAKEN) from None


@router.post("/login/{sns_type}", summary="Log in", responses=problems(400, 401, 404, 408, 413, 415, 422, 503))
def login(sns_type: SnsType, body: LoginIn) -> TokensOut:
    """Log in; a wrong password and an unknown account get the same answer after the same time."""
    _check_offered(sns_type)
    with snapshot() as session:
        account = next(iter(Account.filter(session, Account.email == body.email)), None)
    pw_hash = None if account is None else account.pw_hash
    if not passwords.verify(body.pw, pw_hash) or account is None:
        raise ApiError(Code.LOGIN_FAILED)
    with transaction() as session:
        return _begin(session, account.id, utc_now())


@router.post("/refresh", summary="Renew the tokens", responses=problems(400, 401, 408, 413, 415, 422, 503))
def refresh(body: RefreshIn) -> TokensOut:
    """Exchange a refresh token for new tokens; one that was used before ends the login."""
    token, now = RefreshToken.parse(body.refresh_token), utc_now()
    with transaction() as session:
        answer = _exchange(session, token, now)
    if answer is None:
        raise ApiError(Code.REFRESH_TOKEN_INVALID)
    return answer


@router.post("/logout", summary="Log out", status_code=204, responses=problems(400, 401, 408, 413, 415, 422, 503))
def logout(body: RefreshIn) -> None:
    """End the login of a refresh token; doing it again changes nothing."""
    token = RefreshToken.parse(body.refresh_token)
    with transaction() as session:
        login_session = session.get(LoginSession, token.session_id, with_for_update=True)
        if login_session is not None:
            session.delete(login_session)


def _check_offered(sns_type: SnsType) -> None:
    if sns_type is not SnsType.EMAIL:
        raise ApiError(Code.LOGIN_NOT_OFFERED, detail=f"{sns_type}: use email")


def _begin(session: Session, account_id: UUID, now: datetime) -> TokensOut:
    token = RefreshToken.new(new_id())
    LoginSession.create(
        session,
        id=token.session_id,
        account_id=account_id,
        refresh_hash=token.digest,
        expires_at=now + tokens.REFRESH_LIFE,
    )
    return _answer(account_id, token, now)


def _exchange(session: Session, token: RefreshToken, now: datetime) -> TokensOut | None:
    """Rotate a login session's refresh token; a session that may not go on is deleted, and None comes back."""
    login_session = session.get(LoginSession, token.session_id, with_for_update=True)
    if login_session is None:
        return None
    account = Account.get(session, login_session.account_id)
    is_alive = account is not None and account.status is AccountStatus.ACTIVE and login_session.expires_at > now
    if not is_alive or not token.matches(login_session.refresh_hash):
        session.delete(login_session)
        return None
    fresh = RefreshToken.new(login_session.id)
    login_session.refresh_hash, login_session.expires_at = fresh.digest, now + tokens.REFRESH_LIFE
    return _answer(login_session.account_id, fresh, now)


def _answer(account_id: UUID, token: RefreshToken, now: datetime) -> TokensOut:
    return TokensOut(
        Authorization=f"Bearer {tokens.issue(account_id, now)}",
        refresh_token=token.text,
        expires_in=int(tokens.ACCESS_LIFE.total_seconds()),
    )
