"""One's own account: look, change, prove one's address, leave."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError

from api import accounts, logins, proofs
from api.errors import ApiError, Code, problems
from api.schemas.accounts import AccountIn, AccountOut, AddressIn, CodeIn
from api.security import mailed_codes, passwords, throttle, trail
from api.security.caller import address_of, bearer_account
from api.security.who import BearerAccount
from config.vocabulary import AccountStatus, Action, CodePurpose
from models import notices
from models.account import Account
from models.api_key import ApiKey
from models.connection import Connection
from models.identity import Identity
from models.mailed_code import MailedCode
from models.session import snapshot, transaction
from models.types import utc_now

router = APIRouter(prefix="/api/user/me", tags=["user"])
Me = Annotated[BearerAccount, Depends(bearer_account)]


@router.get("", summary="Show my account", responses=problems(401, 503))
def get_me(me: Me) -> AccountOut:
    """Show one's own account."""
    with snapshot() as session:
        return _shown(accounts.find(session, me.id))


@router.put("", summary="Change my account", responses=problems(400, 401, 408, 409, 413, 415, 422, 429, 503))
def update_me(me: Me, body: AccountIn) -> AccountOut:
    """Change one's name or password; a new password ends every other login."""
    present, fresh = _new_password(me, body)
    with transaction() as session:
        account = accounts.find(session, me.id, lock=True)
        if "name" in body.model_fields_set:
            account.name = body.name
        if "retention_days" in body.model_fields_set:
            account.retention_days = body.retention_days
        if fresh is not None:
            if account.pw_hash != present:
                raise ApiError(Code.STATE_CONFLICT, detail="pw: it was changed at the same time")
            account.pw_hash = fresh
            trail.note(session, me.viewer, Action.PASSWORD_CHANGED, me.id)
            notices.tell(session, account, notices.PASSWORD_CHANGED)
            logins.end_all(session, account.id, but=me.session_id)
        return _shown(account)


@router.delete("", summary="Delete my account", status_code=204, responses=problems(401, 503))
def delete_me(me: Me) -> None:
    """Leave: logins, keys and connections end at once, and the e-mail address becomes free.

    What waits is cancelled, and recipients and contents are scrubbed within minutes; states stay on record.
    """
    with transaction() as session:
        account = accounts.find(session, me.id, lock=True)
        account.status, account.deleted_at = AccountStatus.DELETED, utc_now()
        account.email = account.email_verified_at = account.pw_hash = account.name = None
        logins.end_all(session, account.id)
        for table in (ApiKey, Connection, Identity, MailedCode):
            session.execute(delete(table).where(table.account_id == account.id))
        trail.note(session, me.viewer, Action.ACCOUNT_DELETED, me.id)


@router.post(
    "/email",
    summary="Have a code mailed",
    status_code=202,
    responses=problems(400, 401, 408, 409, 413, 415, 422, 429, 503),
)
def ask_for_code(me: Me, body: AddressIn, request: Request) -> None:
    """Mail a code to one's address, or to the one that shall take its place; it is good for an hour.

    To change the address, the present password is needed, or a login of the last ten minutes where there is none.
    """
    wanted = body.email or me.email
    if not wanted:
        raise ApiError(Code.STATE_CONFLICT, detail="email: the account has none yet, say which")
    throttle.take(throttle.MAIL_TO.of(wanted), throttle.MAIL_FROM.of(address_of(request.scope)))
    if wanted != me.email:
        _check_password(me, body.current_pw)
    with transaction() as session:
        if not proofs.mail_code(session, me.id, wanted, utc_now()):
            raise ApiError(Code.NO_MAIL)


@router.put("/email", summary="Prove my address", responses=problems(400, 401, 408, 409, 413, 415, 422, 503))
def prove_address(me: Me, body: CodeIn) -> AccountOut:
    """Take the code that was mailed: its address is the account's, and proven. Five wrong codes end it."""
    try:
        with transaction() as session:
            account = accounts.find(session, me.id, lock=True)
            email = mailed_codes.redeem(session, me.id, CodePurpose.VERIFY, body.code, utc_now())
            if email is not None:
                if account.email != email:
                    notices.tell(session, account, notices.EMAIL_CHANGED)
                account.email, account.email_verified_at = email, utc_now()
                trail.note(session, me.viewer, Action.EMAIL_VERIFIED, me.id)
    except IntegrityError:
        raise ApiError(Code.EMAIL_TAKEN) from None
    if email is None:
        raise ApiError(Code.CODE_WRONG)
    return _shown(account)


def _new_password(me: BearerAccount, body: AccountIn) -> tuple[str | None, str | None]:
    """Check the present password and hash the new one, with no transaction open; the two hashes come back."""
    if body.pw is None:
        return None, None
    return _check_password(me, body.current_pw), passwords.hash_password(body.pw)


def _check_password(me: BearerAccount, given: str | None) -> str | None:
    """Check the present password, which a stolen token does not know; its hash comes back.

    Who has none must have logged in just now, and None comes back.
    """
    with snapshot() as session:
        present = accounts.find(session, me.id).pw_hash
    if present is None:
        me.check_fresh()
        return None
    gauge = throttle.PASSWORD.of(str(me.id))
    throttle.take(gauge)
    if not passwords.verify(given or "", present):
        raise ApiError(Code.LOGIN_FAILED, detail="current_pw is wrong")
    with transaction() as session:
        throttle.forgive(session, gauge)
    return present


def _shown(account: Account) -> AccountOut:
    return AccountOut(
        id=account.id,
        email=account.email,
        email_verified=account.email_verified_at is not None,
        name=account.name,
        role=account.role,
        retention_days=account.retention_days,
        created_at=account.created_at,
    )
