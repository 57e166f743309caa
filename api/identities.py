"""Identities: whose account a person's word from a provider opens.

The provider's own id of the person decides, since addresses change hands. A verified address joins a new identity to
the account that has it; one that nobody had proven before goes to whoever proves it (`api.proofs`).
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from api import accounts, proofs
from api.errors import ApiError, Code
from api.profiles import Profile
from api.schemas.accounts import normalised
from api.security import trail
from api.security.who import Viewer
from config.vocabulary import Action, Role, SnsType
from models.account import Account
from models.identity import Identity


def enter(session: Session, sns_type: SnsType, profile: Profile, now: datetime) -> UUID:
    """Find whose account a person may enter, and make one if there is none; two at once end in an IntegrityError."""
    known = _find(session, sns_type, profile)
    if known is not None:
        return known.account_id
    email = None if profile.email is None else normalised(profile.email)
    account = None if email is None else session.scalar(select(Account).where(Account.email == email).with_for_update())
    if account is None:
        verified_at = None if email is None else now
        account = Account.create(session, email=email, email_verified_at=verified_at, name=profile.name)
    else:
        proofs.take_over(session, account, now)
    _link(session, account.id, sns_type, profile)
    return account.id


def link(session: Session, account_id: UUID, sns_type: SnsType, profile: Profile) -> Identity:
    """Let a person enter an account, of his own will; doing it again changes nothing.

    Raises:
        ApiError: he enters another one.
    """
    accounts.find(session, account_id, lock=True)
    known = _find(session, sns_type, profile)
    if known is not None and known.account_id != account_id:
        raise ApiError(Code.IDENTITY_TAKEN)
    return known or _link(session, account_id, sns_type, profile)


def unlink(session: Session, account_id: UUID, identity_id: UUID) -> None:
    """Let a person enter an account no more.

    Raises:
        ApiError: there is no such identity, or nobody could enter then.
    """
    account = accounts.find(session, account_id, lock=True)
    mine = Identity.filter(session, Identity.account_id == account_id)
    row = next((each for each in mine if each.id == identity_id), None)
    if row is None:
        raise ApiError(Code.IDENTITY_NOT_FOUND, detail=f"you have no identity {identity_id}")
    if account.pw_hash is None and len(mine) == 1:
        raise ApiError(Code.LAST_LOGIN, detail="POST /api/auth/reset mails a code to a proven address")
    session.delete(row)
    _note(session, account_id, Action.UNLINKED, row)


def _find(session: Session, sns_type: SnsType, profile: Profile) -> Identity | None:
    same = (Identity.sns_type == sns_type, Identity.subject == profile.subject)
    return session.scalar(select(Identity).where(*same))


def _link(session: Session, account_id: UUID, sns_type: SnsType, profile: Profile) -> Identity:
    row = Identity.create(session, account_id=account_id, sns_type=sns_type, subject=profile.subject)
    _note(session, account_id, Action.LINKED, row)
    return row


def _note(session: Session, account_id: UUID, action: Action, row: Identity) -> None:
    trail.note(session, Viewer(account_id, Role.USER), action, row.id, chosen={"sns_type": row.sns_type})
