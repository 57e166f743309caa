"""When and from where each key was last used: noted in memory and written some seconds later, while nobody waits."""

from datetime import datetime
from functools import cache
from threading import Event, Lock, Thread
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import update
from sqlalchemy.exc import SQLAlchemyError

from api.security.networks import Address
from models.api_key import ApiKey
from models.session import transaction
from models.types import utc_now

log = structlog.get_logger()

EVERY: Final = 5.0
"""Seconds between two writings; what a process noted since the last is lost if it is killed."""
MOST_ADDRESS: Final = 45


class Usage:
    """The last use of each key since the last writing."""

    def __init__(self) -> None:
        """Note nothing yet."""
        self._uses: dict[UUID, tuple[datetime, Address | None]] = {}
        self._lock = Lock()
        self._over = Event()
        self._thread: Thread | None = None

    def note(self, api_key_id: UUID, address: Address | None) -> None:
        """Note a use; called on the way of every signed request."""
        with self._lock:
            self._uses[api_key_id] = (utc_now(), address)

    def start(self) -> None:
        """Write from now on, every few seconds, in a thread of its own."""
        self._over.clear()
        self._thread = Thread(target=self._keep_writing, name="usage", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what is left."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def write(self) -> int:
        """Write what was noted; how many keys that were. A database that is away loses it, and says so."""
        with self._lock:
            uses, self._uses = self._uses, {}
        if not uses:
            return 0
        try:
            with transaction() as session:
                for key_id, (at, address) in sorted(uses.items()):
                    place = None if address is None else str(address)[:MOST_ADDRESS]
                    # Not a change of the key itself.
                    used = {"last_used_at": at, "last_used_from": place, "updated_at": ApiKey.updated_at}
                    session.execute(update(ApiKey).where(ApiKey.id == key_id).values(used))
        except SQLAlchemyError as error:
            log.warning("usage.lost", error=type(error).__name__, keys=len(uses))
        return len(uses)

    def _keep_writing(self) -> None:
        while not self._over.wait(EVERY):
            self.write()
        self.write()


@cache
def usage() -> Usage:
    """This process's."""
    return Usage()
