"""Google's login server: consent, codes, tokens, and whose an access token is.

`/auth` stands for accounts.google.com/o/oauth2/v2/auth, `/token` for oauth2.googleapis.com/token, `/userinfo` for
openidconnect.googleapis.com/v1/userinfo. A refresh token comes only with offline access, never ends and is never
replaced. `ALRIM_SANDBOX_CLOCK_RATE` makes lives shorter; what is told to the client is always real seconds. It must
not know mail.
"""

import os
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox import consent, google_tokens, limits
from sandbox.consent import Page
from sandbox.person import Person
from sandbox.state import State
from sandbox.vendor_error import VendorError, VendorRoute

CLIENT_ID: Final = "sandbox"
CLIENT_SECRET: Final = "sandbox"
NAME: Final = "샌드박스"

ACCESS_LIFE: Final = timedelta(seconds=3599)
CODE_LIFE: Final = timedelta(minutes=10)

PAGE: Final = Page("Google sandbox", button="background:#0b57d0;color:#fff", email="sandbox@example.com")


@dataclass(frozen=True, slots=True)
class _Code:
    redirect_uri: str
    scopes: frozenset[str]
    person: Person
    expires_at: datetime
    challenge: str | None
    offline: bool


def _refuse(error: str, description: str = "Bad Request", status: int = 400) -> VendorError:
    return VendorError(status, error, {"error": error, "error_description": description})


def router(state: State) -> APIRouter:
    """Return the login server's routes, for mounting under `/google`."""
    routes = APIRouter(route_class=VendorRoute)
    login = _Login(state, limits.read(os.environ).clock_rate)

    @routes.get("/auth")
    def auth(request: Request) -> Response:
        return login.authorize(dict(request.query_params))

    @routes.post("/token")
    async def token(request: Request) -> Response:
        return JSONResponse(login.token(dict(parse_qsl((await request.body()).decode("latin-1")))))

    @routes.get("/userinfo")
    def userinfo(request: Request) -> Response:
        return JSONResponse(_userinfo(request.headers.get("authorization", ""), state.clock()))

    return routes


class _Login:
    """Codes, in memory; tokens need no store."""

    def __init__(self, state: State, rate: float) -> None:
        self._clock = state.clock
        self._rate = rate
        self._codes: dict[str, _Code] = {}

    def authorize(self, query: dict[str, str]) -> Response:
        """Show the consent page, or go back with what was answered there."""
        if query.get("client_id") != CLIENT_ID:
            raise _refuse("invalid_client", "The OAuth client was not found.", 401)
        if not consent.is_web_address(query.get("redirect_uri", "")):
            raise _refuse("redirect_uri_mismatch")
        if query.get("response_type") != "code":
            raise _refuse("unsupported_response_type", "response_type must be code")
        if not query.get("scope", "").split():
            raise _refuse("invalid_request", "Missing required parameter: scope")
        if "code_challenge" in query and query.get("code_challenge_method") != "S256":
            raise _refuse("invalid_request", "code_challenge_method must be S256")
        answer = query.get("answer")
        if answer is None:
            return PAGE.show(query, query["scope"].split())
        return consent.back(query, self._outcome(answer, query))

    def _outcome(self, answer: str, query: dict[str, str]) -> dict[str, str]:
        if answer != consent.AGREE:
            return {"error": "access_denied"}
        code = secrets.token_urlsafe(32)
        self._codes[code] = _Code(
            redirect_uri=query["redirect_uri"],
            scopes=google_tokens.scopes_of(query["scope"]),
            person=PAGE.person(query),
            expires_at=self._clock() + CODE_LIFE / self._rate,
            challenge=query.get("code_challenge"),
            offline=query.get("access_type") == "offline",
        )
        return {"code": code}

    def token(self, form: dict[str, str]) -> dict[str, object]:
        """Answer a token request."""
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            raise _refuse("invalid_client", "Unauthorized", 401)
        match form.get("grant_type"):
            case "authorization_code":
                return self._exchange(form)
            case "refresh_token":
                return self._refresh(form.get("refresh_token", ""))
            case _:
                raise _refuse("unsupported_grant_type", "Invalid grant_type")

    def _exchange(self, form: dict[str, str]) -> dict[str, object]:
        code = self._codes.pop(form.get("code", ""), None)  # good for one try
        if code is None or code.expires_at <= self._clock():
            raise _refuse("invalid_grant")
        if code.redirect_uri != form.get("redirect_uri"):
            raise _refuse("redirect_uri_mismatch")
        if not consent.proves(form.get("code_verifier", ""), code.challenge):
            raise _refuse("invalid_grant", "Invalid code verifier.")
        answer = self._access(code.scopes, code.person)
        if code.offline:
            answer["refresh_token"] = google_tokens.issue_refresh(code.scopes, code.person, secrets.token_hex(8))
        return answer

    def _refresh(self, token: str) -> dict[str, object]:
        grant = google_tokens.read_refresh(token, self._clock())
        if grant is None:
            raise _refuse("invalid_grant")
        return self._access(grant.scopes, grant.person)

    def _access(self, scopes: frozenset[str], person: Person) -> dict[str, object]:
        life = ACCESS_LIFE / self._rate
        return {
            "access_token": google_tokens.issue_access(scopes, person, self._clock() + life, secrets.token_hex(8)),
            "expires_in": int(life.total_seconds()),
            "scope": " ".join(sorted(scopes)),
            "token_type": "Bearer",
        }


def _userinfo(authorization: str, now: datetime) -> dict[str, object]:
    scheme, _, token = authorization.partition(" ")
    grant = google_tokens.read_access(token, now) if scheme.lower() == "bearer" else None
    if grant is None:
        raise _refuse("invalid_request", "Invalid Credentials", 401)
    known: dict[str, object] = {"sub": google_tokens.subject(grant.person), "name": NAME}
    if google_tokens.EMAIL in grant.scopes:
        known |= {"email": grant.person.email, "email_verified": grant.person.verified}
    return known
