"""The one thing that the API asks of a provider itself: a code that a browser brought, for tokens.

Authlib writes and reads the protocol (RFC 6749, PKCE). It knows no table and no route.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import httpx2
import structlog
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client

from api.errors import ApiError, Code
from config.oauth import OAuthApp

log = structlog.get_logger()

TIMEOUT: Final = 10.0
VERIFIER_BYTES: Final = 48
STATE_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class Question:
    """Where to send a browser, and what must be remembered until it comes back."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a person's consent gave; a refresh token only where one was asked for."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    life: timedelta
    scopes: frozenset[str]


def ask(app: OAuthApp, back: str, scopes: Sequence[str], options: Mapping[str, str]) -> Question:
    """Make the question to a person: the provider's consent page, which comes back to `back`.

    `options` are the provider's own parameters of that page.
    """
    state, verifier = secrets.token_urlsafe(STATE_BYTES), secrets.token_urlsafe(VERIFIER_BYTES)
    client = _client(app, back, scope=" ".join(scopes))
    url, _ = client.create_authorization_url(app.authorize_url, state=state, code_verifier=verifier, **options)
    return Question(url, state, verifier)


async def exchange(app: OAuthApp, back: str, code: str, verifier: str) -> Tokens:
    """Exchange the code, once.

    Raises:
        ApiError: the provider does not take it, or does not answer.
    """
    async with _client(app, back) as client:
        try:
            said: dict[str, Any] = await client.fetch_token(app.token_url, code=code, code_verifier=verifier)
        except OAuthError as error:
            log.info("consent.refused", error=str(error.error)[:40])
            raise ApiError(Code.CONSENT_INVALID, detail="the provider does not take this code: ask again") from None
        except (httpx2.HTTPError, ValueError) as error:
            log.warning("consent.unanswered", error=type(error).__name__)
            raise ApiError(Code.PROVIDER_AWAY) from None
    return _tokens(said)


async def look(app: OAuthApp, access_token: str) -> Any:  # noqa: ANN401 - a provider's JSON
    """Ask the provider whose token this is.

    Raises:
        ApiError: it does not answer, or not with JSON.
    """
    async with httpx2.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
        try:
            answer = await client.get(app.profile_url, headers={"Authorization": f"Bearer {access_token}"})
            answer.raise_for_status()
            return answer.json()
        except (httpx2.HTTPError, ValueError) as error:
            log.warning("consent.nameless", error=type(error).__name__)
            raise ApiError(Code.PROVIDER_AWAY) from None


def _tokens(said: dict[str, Any]) -> Tokens:
    try:
        life = timedelta(seconds=int(said["expires_in"]))
        return Tokens(said["access_token"], said.get("refresh_token"), life, frozenset(said.get("scope", "").split()))
    except (KeyError, TypeError, ValueError, AttributeError):
        log.warning("consent.garbled", members=sorted(said))
        raise ApiError(Code.PROVIDER_AWAY) from None


def _client(app: OAuthApp, back: str, **options: str) -> AsyncOAuth2Client:
    return AsyncOAuth2Client(
        client_id=app.client_id,
        # Kakao's secret is optional, and an empty one is not none.
        client_secret=app.client_secret or None,
        redirect_uri=back,
        code_challenge_method="S256",
        token_endpoint_auth_method="client_secret_post" if app.client_secret else "none",
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=False,
        **options,
    )
