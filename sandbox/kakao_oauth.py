"""Kakao's login server: consent, codes, tokens, and the rotation that makes refreshing delicate.

A refresh token is replaced only in its last month, and then the old one is dead at once
(https://devtalk.kakao.com/t/126899). To see that without waiting a month, `ALRIM_SANDBOX_CLOCK_RATE` makes every
life shorter; what is told to the client is always real seconds. It must not know the API.
"""

import os
import secrets
from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox import consent, kakao_tokens, limits
from sandbox.consent import Page
from sandbox.person import Person
from sandbox.state import State
from sandbox.tokens import Grant
from sandbox.vendor_error import VendorError, VendorRoute

REST_KEY: Final = "sandbox"
ALL_SCOPES: Final = ("profile_nickname", "account_email", "talk_message", "friends")

ACCESS_LIFE: Final = timedelta(hours=6)
REFRESH_LIFE: Final = timedelta(days=60)
ROTATES_BELOW: Final = timedelta(days=30)
CODE_LIFE: Final = timedelta(minutes=10)
ISSUES: Final = {"access": (20, timedelta(minutes=10)), "refresh": (30, timedelta(minutes=60))}

PAGE: Final = Page("Kakao sandbox", button="background:#fee500", email="kakao@example.com")


@dataclass(frozen=True, slots=True)
class _Code:
    redirect_uri: str
    scopes: tuple[str, ...]
    person: Person
    expires_at: datetime
    challenge: str | None


def _refuse(code: str, error: str, description: str, status: int = 400) -> VendorError:
    return VendorError(status, code, {"error": error, "error_description": description, "error_code": code})


def router(state: State) -> APIRouter:
    """Return the login server's routes, for mounting under `/kakao/auth`."""
    routes = APIRouter(route_class=VendorRoute)
    login = _Login(state, limits.read(os.environ).clock_rate)

    @routes.get("/oauth/authorize")
    def authorize(request: Request) -> Response:
        return login.authorize(dict(request.query_params))

    @routes.post("/oauth/token")
    async def token(request: Request) -> Response:
        return JSONResponse(login.token(dict(parse_qsl((await request.body()).decode("latin-1")))))

    return routes


class _Login:
    """Codes and refresh tokens, in memory."""

    def __init__(self, state: State, rate: float) -> None:
        self._clock = state.clock
        self._rate = rate
        self._codes: dict[str, _Code] = {}
        self._refreshable: dict[str, Grant] = {}
        self._issued: defaultdict[tuple[str, int], deque[datetime]] = defaultdict(deque)

    def authorize(self, query: dict[str, str]) -> Response:
        """Show the consent page, or go back with what was answered there."""
        if query.get("client_id") != REST_KEY:
            raise _refuse("KOE101", "invalid_client", "Not exist client_id")
        if query.get("response_type") != "code" or not consent.is_web_address(query.get("redirect_uri", "")):
            raise _refuse("KOE006", "invalid_request", "response_type or redirect_uri is invalid")
        scopes = tuple(query.get("scope", "").replace(",", " ").split()) or ALL_SCOPES
        answer = query.get("answer") or (consent.AGREE if query.get("prompt") == "none" else None)
        if answer is None:
            return PAGE.show(query, scopes)
        return consent.back(query, self._outcome(answer, query, scopes))

    def _outcome(self, answer: str, query: dict[str, str], scopes: tuple[str, ...]) -> dict[str, str]:
        if answer != consent.AGREE:
            return {"error": "access_denied", "error_description": "User denied access"}
        code, end = secrets.token_urlsafe(32), self._clock() + self._real(CODE_LIFE)
        person, challenge = PAGE.person(query), query.get("code_challenge")
        self._codes[code] = _Code(query["redirect_uri"], scopes, person, end, challenge)
        return {"code": code}

    def token(self, form: dict[str, str]) -> dict[str, object]:
        """Answer a token request."""
        if form.get("client_id") != REST_KEY or form.get("client_secret", REST_KEY) != REST_KEY:
            raise _refuse("KOE010", "invalid_client", "Bad client credentials", 401)
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form)
            case "refresh_token":
                return self._refresh(form.get("refresh_token", ""))
            case _:
                raise _refuse("KOE114", "invalid_request", "grant_type is unknown")

    def _exchange(self, form: dict[str, str]) -> dict[str, object]:
        code = self._codes.pop(form.get("code", ""), None)  # good for one try
        if code is None or code.expires_at <= self._clock():
            raise _refuse("KOE320", "invalid_grant", "authorization code not found")
        if code.redirect_uri != form.get("redirect_uri"):
            raise _refuse("KOE303", "invalid_grant", "Redirect URI mismatch.")
        if not consent.proves(form.get("code_verifier", ""), code.challenge):
            raise _refuse("KOE320", "invalid_grant", "code verifier mismatch")
        scopes = frozenset(code.scopes)
        tokens = {**self._access(scopes, code.person), **self._new_refresh(scopes, code.person)}
        return {**tokens, "scope": " ".join(code.scopes)}

    def _refresh(self, token: str) -> dict[str, object]:
        grant, now = self._refreshable.get(token), self._clock()
        if grant is None or grant.expires_at <= now:
            raise _refuse("KOE322", "invalid_grant", "expired_or_invalid_refresh_token")
        answer = self._access(grant.scopes, grant.person)
        if grant.expires_at - now < self._real(ROTATES_BELOW):
            answer |= self._new_refresh(grant.scopes, grant.person)
            del self._refreshable[token]
        return answer

    def _access(self, scopes: frozenset[str], person: Person) -> dict[str, object]:
        self._count("access", person)
        life = self._real(ACCESS_LIFE)
        token = kakao_tokens.issue(scopes, self._clock() + life, secrets.token_hex(8), person)
        return {"token_type": "bearer", "access_token": token, "expires_in": int(life.total_seconds())}

    def _new_refresh(self, scopes: frozenset[str], person: Person) -> dict[str, object]:
        self._count("refresh", person)
        token, life = secrets.token_urlsafe(40), self._real(REFRESH_LIFE)
        self._refreshable[token] = Grant(scopes, self._clock() + life, person)
        return {"refresh_token": token, "refresh_token_expires_in": int(life.total_seconds())}

    def _count(self, kind: str, person: Person) -> None:
        limit, span = ISSUES[kind]
        issued, now = self._issued[kind, kakao_tokens.user_id(person)], self._clock()
        while issued and issued[0] <= now - self._real(span):
            issued.popleft()
        if len(issued) >= limit:
            raise _refuse("KOE237", "invalid_request", "token issue limit has been exceeded")
        issued.append(now)

    def _real(self, life: timedelta) -> timedelta:
        return life / self._rate
