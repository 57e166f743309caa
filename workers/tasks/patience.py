"""Patience with a database that is away: what was done outside must not be forgotten because of it.

Only for work that can be done again from its beginning. It must not know what the work is.
"""

import time
from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError

log = structlog.get_logger()

T = TypeVar("T")

AWAY: Final = (OperationalError, InterfaceError)
"""What a database that is away, restarting or in a deadlock raises."""
PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 4.0


def patiently(act: Callable[[], T], until: float) -> T:
    """Do it, again and again while the database is away; a pause doubles each time.

    Args:
        act: one whole transaction.
        until: the monotonic moment after which no further try is begun.

    Raises:
        OperationalError: the database was away for all that time.
        InterfaceError: the same, as some drivers say it.
    """
    pause = PAUSE
    while True:
        try:
            return act()
        except AWAY as error:
            if time.monotonic() + pause > until:
                raise
            log.warning("store.away", error=type(error).__name__, again_in=pause)
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
