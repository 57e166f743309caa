"""Kakao's reading calls: the friends list, the user, what is left of a token.

The user is whoever consented; the five friends are fixed, so that a test can name them. It must not know messages.
"""

import json
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox.kakao_requests import authorize, refuse
from sandbox.kakao_tokens import user_id
from sandbox.state import State
from sandbox.tokens import Grant

FRIENDS_ID: Final = 1_000_000_001
FRIENDS: Final = ("라이언", "어피치", "무지", "콘", "네오")
NICKNAME: Final = "샌드박스"
MAX_LIMIT: Final = 100
SCOPES: Final = ("account_email", "friends", "profile_nickname", "talk_message")


_FRIENDS: Final = tuple(
    {
        "id": FRIENDS_ID + number,
        "uuid": f"friend-{number}",
        "profile_nickname": name,
        "profile_thumbnail_image": "",
        "favorite": False,
        "allowed_msg": True,
    }
    for number, name in enumerate(FRIENDS, start=1)
)


def add_to(routes: APIRouter, state: State) -> None:
    """Add the reading calls to the API's routes."""

    @routes.get("/v1/api/talk/friends")
    def friends(request: Request) -> Response:
        authorize(request, state.clock(), "friends")
        offset, limit = _number(request, "offset", 0), _number(request, "limit", 10)
        if limit > MAX_LIMIT:
            raise refuse(-2, "limit is over 100")
        page = {"elements": _FRIENDS[offset : offset + limit], "total_count": len(_FRIENDS), "favorite_count": 0}
        return JSONResponse({**page, "before_url": None, "after_url": None})

    @routes.api_route("/v2/user/me", methods=["GET", "POST"])
    def me(request: Request) -> Response:
        grant = authorize(request, state.clock())
        known = {"id": user_id(grant.person), "connected_at": "2026-01-01T00:00:00Z"}
        return JSONResponse({**known, "kakao_account": _account(grant)})

    @routes.get("/v2/user/scopes")
    def scopes(request: Request) -> Response:
        grant = authorize(request, state.clock())
        asked = _asked(request)
        shown = sorted({*SCOPES, *grant.scopes}) if asked is None else asked
        listed = [_scope(name, grant.scopes) for name in shown]
        return JSONResponse({"id": user_id(grant.person), "scopes": listed})

    @routes.get("/v1/user/access_token_info")
    def token_info(request: Request) -> Response:
        now = state.clock()
        grant = authorize(request, now)
        left = int((grant.expires_at - now).total_seconds())
        return JSONResponse({"id": user_id(grant.person), "expires_in": left, "app_id": 1})


def _account(grant: Grant) -> dict[str, object]:
    """What the person lets us know; what needs his consent says so."""
    named, mailed = "profile_nickname" in grant.scopes, "account_email" in grant.scopes
    profile = {"profile": {"nickname": NICKNAME}} if named else {}
    mail = {
        "has_email": True,
        "is_email_valid": True,
        "is_email_verified": grant.person.verified,
        "email": grant.person.email,
    }
    return {
        "profile_nickname_needs_agreement": not named,
        **profile,
        "email_needs_agreement": not mailed,
        **(mail if mailed else {}),
    }


def _scope(name: str, given: frozenset[str]) -> dict[str, object]:
    agreed = name in given
    return {"id": name, "display_name": name, "type": "SERVICE", "using": True, "agreed": agreed, "revocable": agreed}


def _asked(request: Request) -> list[str] | None:
    """The scopes that are asked about, or None for all."""
    text = request.query_params.get("scopes")
    try:
        asked = None if text is None else json.loads(text)
    except ValueError:
        raise refuse(-2, "scopes is no JSON array") from None
    if asked is not None and not (isinstance(asked, list) and all(isinstance(each, str) for each in asked)):
        raise refuse(-2, "scopes is no JSON array")
    return asked


def _number(request: Request, name: str, default: int) -> int:
    try:
        number = int(request.query_params.get(name, default))
    except ValueError:
        raise refuse(-2, f"{name} is no number") from None
    if number < 0:
        raise refuse(-2, f"{name} is negative")
    return number
