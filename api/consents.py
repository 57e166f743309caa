"""Consents: a person is sent to a provider and comes back with a code, whatever it is for.

The browser that asks must be the one that comes back (`api.security.consent`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from fastapi import Response

from api import oauth, profiles
from api.errors import ApiError, Code
from api.oauth import Tokens
from api.profiles import Profile
from api.security import consent
from api.security.consent import Pending, Purpose
from config.oauth import OAuthApp, app_of
from config.settings import Api, settings
from config.vocabulary import SnsType
from models.types import utc_now

LOGIN_SCOPES: Final[Mapping[SnsType, Sequence[str]]] = {
    SnsType.KAKAO: ("account_email", "profile_nickname"),
    SnsType.GOOGLE: ("openid", "email", "profile"),
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for: the provider's scopes and further parameters, and on whose behalf."""

    scopes: Sequence[str]
    options: Mapping[str, str] = field(default_factory=dict)
    account_id: UUID | None = None
    connection_id: UUID | None = None
    name: str = ""


def ask(response: Response, sns_type: SnsType, purpose: Purpose, wish: Wish) -> str:
    """Give the response the cookie that the answer needs, and say where to send the browser.

    Raises:
        ApiError: nobody can consent here.
    """
    question = oauth.ask(_app(sns_type), _back(sns_type), wish.scopes, wish.options)
    pending = Pending(
        sns_type, purpose, question.state, question.verifier, wish.account_id, wish.connection_id, wish.name
    )
    response.set_cookie(
        consent.cookie(),
        consent.write(pending, utc_now()),
        max_age=int(consent.LIFE.total_seconds()),
        secure=consent.is_secure(),
        httponly=True,
        samesite="lax",
    )
    return question.url


async def exchange(pending: Pending, code: str) -> Tokens:
    """Exchange the code, once.

    Raises:
        ApiError: the provider does not take it, or does not answer.
    """
    return await oauth.exchange(_app(pending.sns_type), _back(pending.sns_type), code, pending.verifier)


async def who(pending: Pending, tokens: Tokens) -> Profile:
    """Ask the provider who consented.

    Raises:
        ApiError: it does not say.
    """
    return profiles.read(pending.sns_type, await oauth.look(_app(pending.sns_type), tokens.access_token))


def _back(sns_type: SnsType) -> str:
    return settings(Api).url(f"/api/auth/{sns_type}/callback")


def _app(sns_type: SnsType) -> OAuthApp:
    if sns_type not in LOGIN_SCOPES:
        raise ApiError(Code.LOGIN_NOT_OFFERED, detail=f"{sns_type}: use {' or '.join(LOGIN_SCOPES)}")
    app = app_of(sns_type)
    if app is None:
        word = "KAKAO_REST_API_KEY" if sns_type is SnsType.KAKAO else "GOOGLE_CLIENT_ID"
        raise ApiError(Code.CONSENT_NOT_OFFERED, detail=f"ask the operator to set ALRIM_{word}")
    return app
