"""Registering, logging in, staying logged in, logging out.

All are plain `def`: bcrypt takes a quarter of a second, which the event loop must not wait for. No transaction is
open while a password is hashed.
"""

from typing import assert_never

from fastapi import APIRouter, Request
from sqlalchemy.exc import IntegrityError

from api import logins, proofs
from api.errors import ApiError, Code, problems
from api.schemas.accounts import LoginIn, RefreshIn, RegisterIn, TokensOut
from api.security import passwords, throttle
from api.security.caller import address_of
from api.security.tokens import RefreshToken
from config.settings import Installation, settings
from config.vocabulary import SnsType
from models.account import Account
from models.login_session import LoginSession
from models.session import snapshot, transaction
from models.types import utc_now

router = APIRouter(prefix="/api/auth", tags=["auth"])


@router.post(
    "/register/{sns_type}",
    summary="Register an account",
    status_code=201,
    responses=problems(400, 404, 408, 409, 413, 415, 422, 429, 503),
)
def register(sns_type: SnsType, body: RegisterIn, request: Request) -> TokensOut:
    """Make an account and log in to it. Outside `local` a code is mailed that proves the address."""
    _check_offered(sns_type)
    request.state.email = body.email
    is_strict = not settings(Installation).has_sandbox
    if is_strict:
        throttle.take(throttle.REGISTER_FROM.of(address_of(request.scope)))
    pw_hash = passwords.hash_password(body.pw)
    try:
        with transaction() as session:
            account = Account.create(session, email=body.email, pw_hash=pw_hash, name=body.name)
            if is_strict:
                proofs.mail_code(session, account.id, body.email, utc_now())
            return logins.begin(session, account.id, request, utc_now())
    except IntegrityError:
        raise ApiError(Code.EMAIL_TAKEN) from None


@router.post(
    "/login/{sns_type}", summary="Log in", responses=problems(400, 401, 404, 408, 409, 413, 415, 422, 429, 503)
)
def login(sns_type: SnsType, body: LoginIn, request: Request) -> TokensOut:
    """Log in; a wrong password and an unknown account get the same answer after the same time."""
    _check_offered(sns_type)
    request.state.email = body.email
    gauges = throttle.PASSWORD.of(body.email), throttle.LOGIN_FROM.of(address_of(request.scope))
    throttle.take(*gauges)
    with snapshot() as session:
        account = next(iter(Account.filter(session, Account.email == body.email)), None)
    pw_hash = None if account is None else account.pw_hash
    if not passwords.verify(body.pw, pw_hash) or account is None:
        raise ApiError(Code.LOGIN_FAILED)
    request.state.account_id = account.id
    with transaction() as session:
        throttle.forgive(session, *gauges)
        return logins.begin(session, account.id, request, utc_now())


@router.post("/refresh", summary="Renew the tokens", responses=problems(400, 401, 408, 413, 415, 422, 503))
def refresh(body: RefreshIn) -> TokensOut:
    """Exchange a refresh token for new tokens; one that was used before ends the login."""
    token, now = RefreshToken.parse(body.refresh_token), utc_now()
    with transaction() as session:
        answer = logins.exchange(session, token, now)
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
    match sns_type:
        case SnsType.EMAIL:
            return
        case SnsType.KAKAO | SnsType.GOOGLE:
            where = f"/api/auth/{sns_type}/authorize"
            raise ApiError(Code.LOGIN_BY_BROWSER, detail=f"open GET {where}", headers={"Location": where})
        case SnsType.FACEBOOK:
            raise ApiError(Code.LOGIN_NOT_OFFERED, detail=f"{sns_type}: use email, kakao or google")
        case _:
            assert_never(sns_type)
