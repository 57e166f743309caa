"""API keys as the database has them: what a signature is checked with, and whether the key may be used.

Unknown keys are remembered too, so that a caller who has the wrong one does not reach the database either.
"""

import re
from dataclasses import dataclass, field
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.remembered import Remembered
from api.security.networks import Network, parse_network
from config.vocabulary import AccountStatus, KeyStatus
from models.account import Account
from models.api_key import ApiKey
from models.sealing import sealer
from models.session import snapshot

ACCESS_KEY: Final = re.compile(r"[0-9a-f-]{60}")
SECRET_PLACE: Final = "api_keys.secret"  # noqa: S105 - the place of secrets, none itself


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of an API key; the key of an account that is not active counts as stopped."""

    api_key_id: UUID
    account_id: UUID
    email: str = field(repr=False)
    secret: bytes = field(repr=False)
    legacy_signing: bool
    status: KeyStatus
    networks: tuple[Network, ...]


def look_up(access_key: str) -> KeyFacts | None:
    """Read a key from the database and open its secret."""
    with snapshot() as session:
        found = session.execute(
            select(ApiKey, Account.email, Account.status)
            .join(Account, Account.id == ApiKey.account_id)
            .where(ApiKey.access_key == access_key)
        ).one_or_none()
        if found is None:
            return None
        key, email, account_status = found
        networks = tuple(parse_network(entry.network) for entry in key.whitelist)
    return KeyFacts(
        api_key_id=key.id,
        account_id=key.account_id,
        email=email or "",
        secret=sealer().open(SECRET_PLACE, key.id, key.secret),
        legacy_signing=key.legacy_signing,
        status=key.status if account_status is AccountStatus.ACTIVE else KeyStatus.STOPPED,
        networks=networks,
    )


@cache
def _remembered() -> Remembered[str, KeyFacts | None]:
    return Remembered(look_up)


async def find_key(access_key: str) -> KeyFacts | None:
    """Find a key as it was at most two seconds ago; None if there is no such key."""
    # What cannot be a key is not worth a query, nor a place in memory.
    return await _remembered().find(access_key) if ACCESS_KEY.fullmatch(access_key) else None
