"""Codes by mail: proof that somebody reads an address. Fifty bits, short-lived, single-use, stored as a keyed hash.

There is one code of a purpose for an account at a time, and five wrong guesses end it. What a code then allows, the
routes know.
"""

import hmac
import secrets
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from config.settings import Secrets, settings
from config.vocabulary import CodePurpose
from models.mailed_code import MailedCode

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without what is mistaken for one another."""
LENGTH: Final = 10
MOST_TRIES: Final = 5
LIFE: Final = {CodePurpose.VERIFY: timedelta(hours=1), CodePurpose.RESET: timedelta(minutes=10)}


def issue(session: Session, account_id: UUID, purpose: CodePurpose, email: str, now: datetime) -> str:
    """Make a code for whoever reads this address; an earlier one of the same purpose is good no more."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    session.execute(delete(MailedCode).where(MailedCode.account_id == account_id, MailedCode.purpose == purpose))
    MailedCode.create(
        session,
        account_id=account_id,
        purpose=purpose,
        email=email,
        code_hash=_hash(account_id, purpose, code),
        expires_at=now + LIFE[purpose],
    )
    return code


def minutes(purpose: CodePurpose) -> str:
    """How long such a code is good for, in minutes."""
    return str(int(LIFE[purpose].total_seconds() // 60))


def redeem(session: Session, account_id: UUID, purpose: CodePurpose, code: str, now: datetime) -> str | None:
    """Use a code up: the address that it was mailed to. None if it is wrong or too old, which must be committed too."""
    same = (MailedCode.account_id == account_id, MailedCode.purpose == purpose)
    row = session.scalar(select(MailedCode).where(*same).with_for_update())
    if row is None:
        return None
    is_right = hmac.compare_digest(row.code_hash, _hash(account_id, purpose, code))
    row.tries += 1
    if is_right or row.tries >= MOST_TRIES or row.expires_at <= now:
        session.delete(row)
    return row.email if is_right and row.expires_at > now else None


def _hash(account_id: UUID, purpose: CodePurpose, code: str) -> bytes:
    said = code.upper().replace("-", "").replace(" ", "")
    key = settings(Secrets).index_key.get_secret_value().encode()
    return hmac.digest(key, b"code" + account_id.bytes + f"{purpose} {said}".encode(), "sha256")
