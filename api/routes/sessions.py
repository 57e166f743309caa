"""One's own logins: where one is logged in, and an end to any of them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends

from api import logins
from api.errors import ApiError, Code, problems
from api.schemas.accounts import LoginOut
from api.security import trail
from api.security.caller import bearer_account
from api.security.who import BearerAccount
from config.vocabulary import Action
from models.login_session import LoginSession
from models.session import snapshot, transaction
from models.types import utc_now

router = APIRouter(prefix="/api/user/sessions", tags=["user"])
Me = Annotated[BearerAccount, Depends(bearer_account)]


@router.get("", summary="List my logins", responses=problems(401, 503))
def list_sessions(me: Me) -> list[LoginOut]:
    """List one's logins that have not ended, oldest first."""
    with snapshot() as session:
        rows = LoginSession.filter(session, LoginSession.account_id == me.id, LoginSession.expires_at > utc_now())
    return [
        LoginOut(
            id=row.id,
            is_current=row.id == me.session_id,
            address=row.address,
            agent=row.agent,
            created_at=row.created_at,
            renewed_at=row.updated_at,
            expires_at=row.expires_at,
        )
        for row in rows
    ]


@router.delete("", summary="End my other logins", status_code=204, responses=problems(401, 503))
def end_other_sessions(me: Me) -> None:
    """End every login but the one that asks; their tokens are good for nothing at once."""
    with transaction() as session:
        logins.end_all(session, me.id, but=me.session_id)
        trail.note(session, me.viewer, Action.SESSION_ENDED, me.id)


@router.delete("/{session_id}", summary="End a login", status_code=204, responses=problems(401, 404, 422, 503))
def end_session(me: Me, session_id: UUID) -> None:
    """End one login, be it the one that asks; its tokens are good for nothing at once."""
    with transaction() as session:
        row = session.get(LoginSession, session_id, with_for_update=True)
        if row is None or row.account_id != me.id:
            raise ApiError(Code.SESSION_NOT_FOUND, detail=f"you have no login {session_id}")
        session.delete(row)
        trail.note(session, me.viewer, Action.SESSION_ENDED, session_id)
