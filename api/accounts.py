"""The account of whoever asks, as it is now: a token may outlive it."""

from uuid import UUID

from sqlalchemy.orm import Session

from api.errors import ApiError, Code
from config.vocabulary import AccountStatus
from models.account import Account


def find(session: Session, account_id: UUID, *, lock: bool = False) -> Account:
    """Find an active account; `lock` keeps two requests from both taking the last place of something.

    Raises:
        ApiError: it is gone.
    """
    account = session.get(Account, account_id, with_for_update=lock)
    if account is None or account.status is not AccountStatus.ACTIVE:
        raise ApiError(Code.TOKEN_INVALID)
    return account
