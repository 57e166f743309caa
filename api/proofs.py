"""Proofs: that the person behind an account reads the mail of its address, and what follows from it.

Whoever registered an address without proving it may be anybody. So the first proof by somebody else's way in (a
password reset, a provider's word) takes away whatever was made before: password, logins, keys, connections.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.orm import Session

from api import logins
from api.security import mailed_codes
from config.vocabulary import CodePurpose
from models import notices
from models.account import Account, is_proven
from models.api_key import ApiKey
from models.connection import Connection
from models.identity import Identity


def mail_code(session: Session, account_id: UUID, email: str, now: datetime) -> bool:
    """Mail a code that proves this address; False means that this installation sends no mail."""
    purpose = CodePurpose.VERIFY
    words = {
        "code": mailed_codes.issue(session, account_id, purpose, email, now),
        "minutes": mailed_codes.minutes(purpose),
    }
    return notices.queue(session, account_id, email, notices.VERIFY, words, now + mailed_codes.LIFE[purpose])


def take_over(session: Session, account: Account, now: datetime) -> None:
    """Give an account to the person who has just proved its address; nothing changes if that was known before."""
    if account.email_verified_at is not None:
        return
    if not is_proven(account):
        account.pw_hash = None
        logins.end_all(session, account.id)
        for table in (ApiKey, Connection, Identity):
            session.execute(delete(table).where(table.account_id == account.id))
    account.email_verified_at = now
