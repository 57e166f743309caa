"""Kakao's reading calls: the friends list, the user, what is left of a token.

The one user and the five friends are fixed, so that a test can name them. It must not know messages.
"""

import json
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sandbox.kakao_requests import authorize, refuse
from sandbox.state import State

USER_ID: Final = 1_000_000_001
EMAIL: Final = "sandbox@example.com"
FRIENDS: Final = ("라이언", "어피치", "무지", "콘", "네오")
MAX_LIMIT: Final = 100
SCOPES: Final = ("account_email", "friends", "profile_nickname", "talk_message")


_FRIENDS: Final = tuple(
    {
        "id": USER_ID + number,
        "uuid": f"friend-{number}",
        "profile_nickname": name,
        "profile_thumbnail_image": "",
        "favorite": False,
        "allowed_msg": True,
    }
    for number, name in enumerate(FRIENDS, start=1)
)
_ACCOUNT: Final = {
    "profile": {"nickname": "샌드박스"},
    "has_email": True,
    "is_email_valid": True,
    "is_email_verified": True,
    "email": EMAIL,
}


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

    @routes.get("/v2/user/me")
    def me(request: Request) -> Response:
        authorize(request, state.clock())
        return JSONResponse({"id": USER_ID, "connected_at": "2026-01-01T00:00:00Z", "kakao_account": _ACCOUNT})

    @routes.get("/v2/user/scopes")
    def scopes(request: Request) -> Response:
        given = authorize(request, state.clock()).scopes
        asked = _asked(request)
        shown = sorted({*SCOPES, *given}) if asked is None else asked
        return JSONResponse({"id": USER_ID, "scopes": [_scope(name, given) for name in shown]})

    @routes.get("/v1/user/access_token_info")
    def token_info(request: Request) -> Response:
        now = state.clock()
        left = authorize(request, now).expires_at - now
        return JSONResponse({"id": USER_ID, "expires_in": int(left.total_seconds()), "app_id": 1})


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
