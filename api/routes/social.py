"""Logging in at a provider, and coming back from there, whatever one went for."""

from typing import Annotated, Final
from uuid import UUID

import anyio.to_thread
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import IntegrityError

from api import consents, identities, logins
from api.consents import LOGIN_SCOPES, Wish
from api.errors import ApiError, Code, problems
from api.profiles import Profile
from api.routes.consents import connect
from api.routes.identities import shown
from api.schemas.accounts import IdentityOut, TokensOut
from api.schemas.connections import ComeBackIn, ConnectionOut
from api.security import consent
from api.security.consent import Pending, Purpose
from config.vocabulary import SnsType
from models.session import transaction
from models.types import utc_now

NOBODY: Final = Profile("", None, None)

router = APIRouter(prefix="/api/auth/{sns_type}", tags=["auth"])


@router.get(
    "/authorize",
    summary="Log in at a provider",
    status_code=302,
    response_class=RedirectResponse,
    responses=problems(404, 409, 422, 503),
)
def authorize(sns_type: SnsType) -> Response:
    """Send the browser to the provider; it comes back to `callback`, which logs in or registers."""
    response = RedirectResponse("/", status_code=302)
    wish = Wish(LOGIN_SCOPES.get(sns_type, ()))
    response.headers["location"] = consents.ask(response, sns_type, Purpose.LOGIN, wish)
    return response


@router.get(
    "/callback",
    summary="Come back from a provider",
    responses=problems(400, 401, 404, 409, 422, 502, 503),
)
async def come_back(
    sns_type: SnsType,
    request: Request,
    response: Response,
    came: Annotated[ComeBackIn, Query()],
) -> TokensOut | IdentityOut | ConnectionOut:
    """Take the code that the provider sent the browser back with: log in, link, or connect, as was asked.

    A person who was never here gets an account. One whose address the provider has verified enters the account that
    has it.
    """
    pending = consent.read(request.cookies.get(consent.cookie()), sns_type, came.state)
    response.delete_cookie(consent.cookie(), secure=consent.is_secure(), httponly=True, samesite="lax")
    if came.code is None or came.error is not None:
        raise ApiError(Code.CONSENT_DENIED)
    tokens = await consents.exchange(pending, came.code)
    # KakaoTalk is connected without asking who it is; a mailbox has a name.
    is_named = pending.purpose is not Purpose.CONNECT or sns_type is SnsType.GOOGLE
    profile = await consents.who(pending, tokens) if is_named else NOBODY
    match pending.purpose, pending.account_id:
        case Purpose.LOGIN, _:
            return await anyio.to_thread.run_sync(_log_in, request, pending, profile)
        case Purpose.LINK, account_id if account_id is not None:
            return await anyio.to_thread.run_sync(_link, account_id, sns_type, profile)
        case Purpose.CONNECT, account_id if account_id is not None:
            return await anyio.to_thread.run_sync(connect, pending, account_id, tokens, profile.email)
        case _:
            raise ApiError(Code.CONSENT_INVALID)


def _link(account_id: UUID, sns_type: SnsType, profile: Profile) -> IdentityOut:
    with transaction() as session:
        return shown(identities.link(session, account_id, sns_type, profile))


def _log_in(request: Request, pending: Pending, profile: Profile) -> TokensOut:
    try:
        return _enter(request, pending, profile)
    except IntegrityError:
        # Twice at once: the other one made the account.
        return _enter(request, pending, profile)


def _enter(request: Request, pending: Pending, profile: Profile) -> TokensOut:
    with transaction() as session:
        now = utc_now()
        account_id = identities.enter(session, pending.sns_type, profile, now)
        return logins.begin(session, account_id, request, now)
