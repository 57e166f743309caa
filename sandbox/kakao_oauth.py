"""Kakao's login server: consent, codes, tokens, and the rotation that makes refreshing delicate.

A refresh token is replaced only in its last month, and then the old one is dead at once
(https://devtalk.kakao.com/t/126899). To see that without waiting a month, `ALRIM_SANDBOX_CLOCK_RATE` makes every
life shorter; what is told to the client is always real seconds. It must not know the API.
"""

import base64
import hashlib
import html
import os
import secrets
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse

from sandbox import kakao_tokens, limits
from sandbox.state import State
from sandbox.vendor_error import VendorError, VendorRoute

REST_KEY: Final = "sandbox"
ALL_SCOPES: Final = ("profile_nickname", "account_email", "talk_message", "friends")

ACCESS_LIFE: Final = timedelta(hours=6)
REFRESH_LIFE: Final = timedelta(days=60)
ROTATES_BELOW: Final = timedelta(days=30)
CODE_LIFE: Final = timedelta(minutes=10)
ISSUES: Final = {"access": (20, timedelta(minutes=10)), "refresh": (30, timedelta(minutes=60))}

_CONSENT: Final = """<!doctype html><html lang="ko"><meta charset="utf-8"><title>Kakao sandbox</title>
<style>body{{font:16px/1.6 system-ui,sans-serif;display:grid;place-items:center;min-height:90vh;background:#f4f5f8}}
form{{background:#fff;padding:36px;border-radius:20px;width:320px;text-align:center;box-shadow:0 8px 30px #0001}}
button{{width:100%;padding:13px;border:0;border-radius:12px;font:inherit;cursor:pointer;margin-top:8px}}
[value=agree]{{background:#fee500;font-weight:700}}p{{color:#6c7280;font-size:14px}}</style>
<form><h1>Kakao sandbox</h1><p>{scopes}</p>{fields}
<button name="answer" value="agree">동의하고 계속하기 · Agree</button>
<button name="answer" value="deny">취소 · Cancel</button></form></html>"""


@dataclass(frozen=True, slots=True)
class _Code:
    redirect_uri: str
    scopes: tuple[str, ...]
    expires_at: datetime
    challenge: str | None


def _refuse(code: str, error: str, description: str, status: int = 400) -> VendorError:
    return VendorError(status, code, {"error": error, "error_description": description, "error_code": code})


def router(state: State) -> APIRouter:
    """Return the login server's routes, for mounting under `/kakao/auth`."""
    routes = APIRouter(route_class=VendorRoute)
    login = _Login(state, limits.read(os.environ).kakao_clock_rate)

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
        self._refreshable: dict[str, kakao_tokens.Grant] = {}
        self._issued: dict[str, deque[datetime]] = {kind: deque() for kind in ISSUES}

    def authorize(self, query: dict[str, str]) -> Response:
        """Show the consent page, or go back with what was answered there."""
        target = query.get("redirect_uri", "")
        if query.get("client_id") != REST_KEY:
            raise _refuse("KOE101", "invalid_client", "Not exist client_id")
        if query.get("response_type") != "code" or urlsplit(target).scheme not in {"http", "https"}:
            raise _refuse("KOE006", "invalid_request", "response_type or redirect_uri is invalid")
        scopes = tuple(query.get("scope", "").replace(",", " ").split()) or ALL_SCOPES
        answer = query.get("answer") or ("agree" if query.get("prompt") == "none" else None)
        if answer is None:
            fields = "".join(
                f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
                for name, value in query.items()
            )
            return HTMLResponse(_CONSENT.format(scopes=html.escape(", ".join(scopes)), fields=fields))
        return RedirectResponse(
            _back(target, query.get("state"), self._outcome(answer, target, scopes, query.get("code_challenge"))), 302
        )

    def _outcome(self, answer: str, target: str, scopes: tuple[str, ...], challenge: str | None) -> dict[str, str]:
        if answer != "agree":
            return {"error": "access_denied", "error_description": "User denied access"}
        code = secrets.token_urlsafe(32)
        self._codes[code] = _Code(target, scopes, self._clock() + self._real(CODE_LIFE), challenge)
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
        if code.challenge is not None and code.challenge != _challenge(form.get("code_verifier", "")):
            raise _refuse("KOE320", "invalid_grant", "code verifier mismatch")
        scopes = frozenset(code.scopes)
        return {**self._access(scopes), **self._new_refresh(scopes), "scope": " ".join(code.scopes)}

    def _refresh(self, token: str) -> dict[str, object]:
        grant, now = self._refreshable.get(token), self._clock()
        if grant is None or grant.expires_at <= now:
            raise _refuse("KOE322", "invalid_grant", "expired_or_invalid_refresh_token")
        answer = self._access(grant.scopes)
        if grant.expires_at - now < self._real(ROTATES_BELOW):
            answer |= self._new_refresh(grant.scopes)
            del self._refreshable[token]
        return answer

    def _access(self, scopes: frozenset[str]) -> dict[str, object]:
        self._count("access")
        life = self._real(ACCESS_LIFE)
        token = kakao_tokens.issue(scopes, self._clock() + life, secrets.token_hex(8))
        return {"token_type": "bearer", "access_token": token, "expires_in": int(life.total_seconds())}

    def _new_refresh(self, scopes: frozenset[str]) -> dict[str, object]:
        self._count("refresh")
        token, life = secrets.token_urlsafe(40), self._real(REFRESH_LIFE)
        self._refreshable[token] = kakao_tokens.Grant(scopes, self._clock() + life)
        return {"refresh_token": token, "refresh_token_expires_in": int(life.total_seconds())}

    def _count(self, kind: str) -> None:
        limit, span = ISSUES[kind]
        issued, now = self._issued[kind], self._clock()
        while issued and issued[0] <= now - self._real(span):
            issued.popleft()
        if len(issued) >= limit:
            raise _refuse("KOE237", "invalid_request", "token issue limit has been exceeded")
        issued.append(now)

    def _real(self, life: timedelta) -> timedelta:
        return life / self._rate


def _challenge(verifier: str) -> str:
    """PKCE's S256 (RFC 7636)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _back(target: str, state: str | None, answer: dict[str, str]) -> str:
    query = urlencode({**answer, **({} if state is None else {"state": state})})
    return f"{target}{'&' if urlsplit(target).query else '?'}{query}"
