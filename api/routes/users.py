"""One's own account: look, change, leave."""

from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy import delete, update

from api import accounts
from api.errors import ApiError, Code, problems
from api.schemas.accounts import AccountIn, AccountOut
from api.security import passwords, trail
from api.security.caller import bearer_account
from api.security.who import BearerAccount
from config.vocabulary import AccountStatus, Action, KeyStatus
from models.account import Account
from models.api_key import ApiKey
from models.connection import Connection
from models.login_session import LoginSession
from models.session import snapshot, transaction

router = APIRouter(prefix="/api/user/me", tags=["user"])
Me = Annotated[BearerAccount, Depends(bearer_account)]


@router.get("", summary="Show my account", responses=problems(401, 503))
def get_me(me: Me) -> AccountOut:
    """Show one's own account."""
    with snapshot() as session:
        return _shown(accounts.find(session, me.id))


@router.put("", summary="Change my account", responses=problems(400, 401, 408, 409, 413, 415, 422, 503))
def update_me(me: Me, body: AccountIn) -> AccountOut:
    """Change one's name or password; a new password ends every login."""
    present, fresh = _new_password(me, body)
    with transaction() as session:
        account = accounts.find(session, me.id, lock=True)
        if "name" in body.model_fields_set:
            account.name = body.name
        if fresh is not None:
            if account.pw_hash != present:
                raise ApiError(Code.STATE_CONFLICT, detail="pw: it was changed at the same time")
            account.pw_hash = fresh
            trail.note(session, me.viewer, Action.PASSWORD_CHANGED, me.id)
            session.execute(delete(LoginSession).where(LoginSession.account_id == account.id))
        return _shown(account)


@router.delete("", summary="Delete my account", status_code=204, responses=problems(401, 503))
def delete_me(me: Me) -> None:
    """Leave: the e-mail address becomes free, logins, keys and connections end. What was sent stays on record."""
    with transaction() as session:
        account = accounts.find(session, me.id, lock=True)
        account.status, account.email, account.pw_hash, account.name = AccountStatus.DELETED, None, None, None
        session.execute(delete(LoginSession).where(LoginSession.account_id == account.id))
        session.execute(update(ApiKey).where(ApiKey.account_id == account.id).values(status=KeyStatus.DELETED))
        session.execute(delete(Connection).where(Connection.account_id == account.id))
        trail.note(session, me.viewer, Action.ACCOUNT_DELETED, me.id)


def _new_password(me: BearerAccount, body: AccountIn) -> tuple[str | None, str | None]:
    """Check the present password and hash the new one, with no transaction open; the two hashes come back."""
    if body.pw is None:
        return None, None
    with snapshot() as session:
        present = accounts.find(session, me.id).pw_hash
    if not passwords.verify(body.current_pw or "", present):
        raise ApiError(Code.LOGIN_FAILED, detail="current_pw is wrong")
    return present, passwords.hash_password(body.pw)


def _shown(account: Account) -> AccountOut:
    return AccountOut(
        id=account.id, email=account.email or "", name=account.name, role=account.role, created_at=account.created_at
    )
