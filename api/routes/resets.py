"""A forgotten password: a code by mail, and a new password for it. Nobody learns here who has an account."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from fastapi import APIRouter, Request
from sqlalchemy import select

from api import logins, proofs
from api.errors import ApiError, Code, problems
from api.schemas.accounts import ResetAskIn, ResetIn
from api.security import mailed_codes, passwords, throttle, trail
from api.security.caller import address_of
from api.security.throttle import Gauge
from api.security.who import Viewer
from config.vocabulary import AccountStatus, Action, CodePurpose
from models import notices
from models.account import Account
from models.session import transaction
from models.types import utc_now

PACE: Final = 0.3
"""Seconds that every answer takes, whether there was something to write or not."""
PACE_WITH_HASH: Final = 1.0
"""The same where a password is hashed."""

router = APIRouter(prefix="/api/auth/reset", tags=["auth"])


@router.post("", summary="Forget a password", status_code=202, responses=problems(400, 408, 413, 415, 422, 429, 503))
def ask_for_reset(body: ResetAskIn, request: Request) -> None:
    """Mail a code, good for ten minutes, if this address has an account; the answer is the same if it has none."""
    request.state.email = body.email
    throttle.take(throttle.MAIL_TO.of(body.email), throttle.MAIL_FROM.of(address_of(request.scope)))
    purpose, now = CodePurpose.RESET, utc_now()
    with _evenly(PACE), transaction() as session:
        account = session.scalar(select(Account).where(Account.email == body.email))
        if account is not None and account.status is AccountStatus.ACTIVE:
            words = {
                "code": mailed_codes.issue(session, account.id, purpose, body.email, now),
                "minutes": mailed_codes.minutes(purpose),
            }
            notices.queue(session, account.id, body.email, notices.RESET, words, now + mailed_codes.LIFE[purpose])


@router.put("", summary="Set a new password", status_code=204, responses=problems(400, 408, 413, 415, 422, 429, 503))
def reset(body: ResetIn, request: Request) -> None:
    """Take the code that was mailed and set a new password; every login ends. Five wrong codes end the code.

    It proves the address as well: what somebody made before who had not proved it is gone.
    """
    request.state.email = body.email
    gauge = throttle.LOGIN_FROM.of(address_of(request.scope))
    throttle.take(gauge)
    with _evenly(PACE_WITH_HASH):
        _reset(body, gauge)


def _reset(body: ResetIn, gauge: Gauge) -> None:
    pw_hash, now = passwords.hash_password(body.pw), utc_now()
    with transaction() as session:
        account = session.scalar(select(Account).where(Account.email == body.email).with_for_update())
        is_right = (
            account is not None
            and mailed_codes.redeem(session, account.id, CodePurpose.RESET, body.code, now) == account.email
        )
        if account is not None and is_right:
            proofs.take_over(session, account, now)
            account.pw_hash = pw_hash
            logins.end_all(session, account.id)
            throttle.forgive(session, throttle.PASSWORD.of(body.email), gauge)
            trail.note(session, Viewer(account.id, account.role), Action.PASSWORD_RESET, account.id)
            notices.tell(session, account, notices.PASSWORD_CHANGED)
    if not is_right:
        raise ApiError(Code.CODE_WRONG)


@contextmanager
def _evenly(seconds: float) -> Iterator[None]:
    """Take so long, whatever is done in the block and however it ends."""
    begun = time.monotonic()
    try:
        yield
    finally:
        time.sleep(max(begun + seconds - time.monotonic(), 0))
