"""API keys as the database has them: what a signature is checked with, and whether the key may be used.

Unknown keys are remembered too, so that a caller who has the wrong one does not reach the database either.
"""

import math
import re
from dataclasses import dataclass, field
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import select

from api.remembered import Remembered
from api.security.networks import Network, parse_network
from config.vocabulary import AccountStatus, Channel, KeyKind, KeyStatus
from models.account import Account
from models.api_key import ApiKey
from models.sealing import sealer
from models.session import snapshot

ACCESS_KEY: Final = re.compile(r"[0-9a-f-]{60}")
SECRET_PLACE: Final = "api_keys.secret"  # noqa: S105 - the place of secrets, none itself
PREVIOUS_PLACE: Final = "api_keys.previous_secret"


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of an API key; the key of an account that is not active counts as stopped.

    Attributes:
        previous: the secret before its rotation, and until when (Unix seconds) it still signs.
        channels: those that it may send on.
        expires: when it ends (Unix seconds).
    """

    api_key_id: UUID
    account_id: UUID
    email: str = field(repr=False)
    secret: bytes = field(repr=False)
    previous: tuple[bytes, float] | None = field(repr=False)
    kind: KeyKind
    read_only: bool
    channels: frozenset[Channel]
    expires: float
    legacy_signing: bool
    status: KeyStatus
    networks: tuple[Network, ...]

    def secrets(self, now: float) -> tuple[bytes, ...]:
        """The secrets that sign at this moment (Unix seconds)."""
        if self.previous is None or self.previous[1] <= now:
            return (self.secret,)
        return (self.secret, self.previous[0])


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
        previous=_previous(key),
        kind=key.kind,
        read_only=key.read_only,
        channels=channels_of(key),
        expires=math.inf if key.expires_at is None else key.expires_at.timestamp(),
        legacy_signing=key.legacy_signing,
        status=key.status if account_status is AccountStatus.ACTIVE else KeyStatus.STOPPED,
        networks=networks,
    )


def channels_of(key: ApiKey) -> frozenset[Channel]:
    """The channels that a key may send on."""
    return frozenset(Channel(word) for word in key.channels.split()) or frozenset(Channel)


def _previous(key: ApiKey) -> tuple[bytes, float] | None:
    if key.previous_secret is None or key.previous_until is None:
        return None
    return sealer().open(PREVIOUS_PLACE, key.id, key.previous_secret), key.previous_until.timestamp()


@cache
def _remembered() -> Remembered[str, KeyFacts | None]:
    return Remembered(look_up)


async def find_key(access_key: str) -> KeyFacts | None:
    """Find a key as it was at most two seconds ago; None if there is no such key."""
    # What cannot be a key is not worth a query, nor a place in memory.
    return await _remembered().find(access_key) if ACCESS_KEY.fullmatch(access_key) else None
