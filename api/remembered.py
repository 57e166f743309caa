"""What the accept path reads of the database, in memory for a second, so that no accepted request waits for it.

What is asked for often is asked anew in the background before it grows too old. Concurrent questions share one
query, which runs in a thread. A change is everywhere within two seconds; there is no invalidation that could get lost.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

import anyio.to_thread

FRESH_FOR: Final = 1.0
"""Seconds after which the database is asked again, while the old answer still counts."""
GOOD_FOR: Final = 1.7
"""Seconds after which it counts no more: whoever asks waits. The rest of two seconds is the query's."""
MOST_REMEMBERED: Final = 10_000

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Remembers answers, also that there is none (None). Belongs to one event loop."""

    def __init__(self, look_up: Callable[[K], V], clock: Callable[[], float] = time.monotonic) -> None:
        """Take what asks the database (it is called in a thread) and a clock in seconds."""
        self._look_up = look_up
        self._clock = clock
        self._known: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._asking: dict[K, asyncio.Task[V]] = {}

    async def find(self, key: K) -> V:
        """Find an answer that was true at most two seconds ago; raises what the query raises."""
        known = self._known.get(key)
        age = GOOD_FOR if known is None else self._clock() - known[0]
        if known is not None and age < FRESH_FOR:
            return known[1]
        asking = self._ask(key)
        if known is not None and age < GOOD_FOR:
            return known[1]
        # One caller that goes away must not take the answer from the others.
        return await asyncio.shield(asking)

    def _ask(self, key: K) -> asyncio.Task[V]:
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.ensure_future(self._query(key))
            # Perhaps nobody waits for it; then its failure is nobody's, and the next one asks again.
            asking.add_done_callback(lambda done: done.cancelled() or done.exception())
        return asking

    async def _query(self, key: K) -> V:
        asked_at = self._clock()
        try:
            found = await anyio.to_thread.run_sync(self._look_up, key)
        finally:
            del self._asking[key]
        self._known[key] = (asked_at, found)
        self._known.move_to_end(key)
        while len(self._known) > MOST_REMEMBERED:
            self._known.popitem(last=False)
        return found
