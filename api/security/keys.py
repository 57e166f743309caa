"""API keys in memory, each for a second, so that no accepted request waits for the database.

Unknown keys are remembered too. Concurrent misses of one key share one query, which runs in a thread. A change
is everywhere within two seconds; there is no invalidation that could get lost.
"""

import asyncio
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Final
from uuid import UUID

import anyio.to_thread
from sqlalchemy import select

from api.security.networks import Network, parse_network
from config.vocabulary import AccountStatus, KeyStatus
from models.account import Account
from models.api_key import ApiKey
from models.sealing import sealer
from models.session import snapshot

REMEMBERED_FOR: Final = 1.0
MOST_REMEMBERED: Final = 10_000
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


LookUp = Callable[[str], KeyFacts | None]


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


class KeyCache:
    """Remembers keys and, as None, keys that do not exist. Belongs to one event loop."""

    def __init__(self, look_up: LookUp = look_up, clock: Callable[[], float] = time.monotonic) -> None:
        """Take what reads a key (it is called in a thread) and a clock in seconds."""
        self._look_up = look_up
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, KeyFacts | None]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[KeyFacts | None]] = {}

    async def find(self, access_key: str) -> KeyFacts | None:
        """Find a key as it was at most a second ago."""
        known = self._known.get(access_key)
        if known is not None and self._clock() - known[0] < REMEMBERED_FOR:
            return known[1]
        if not ACCESS_KEY.fullmatch(access_key):
            return None
        asking = self._asking.get(access_key)
        if asking is None:
            asking = asyncio.ensure_future(self._ask(access_key))
            self._asking[access_key] = asking
        # One caller that goes away must not take the answer from the others.
        return await asyncio.shield(asking)

    async def _ask(self, access_key: str) -> KeyFacts | None:
        asked_at = self._clock()
        try:
            found = await anyio.to_thread.run_sync(self._look_up, access_key)
        finally:
            del self._asking[access_key]
        self._known[access_key] = (asked_at, found)
        self._known.move_to_end(access_key)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return found


@cache
def key_cache() -> KeyCache:
    """This process's cache."""
    return KeyCache()
