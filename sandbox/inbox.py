"""What recipients would have got: a bounded list in memory, and a way to watch it grow.

Every imitated provider adds to it, the inbox page and the tests read it. Adding is cheap and may happen in
any thread, since an SMTP server can run in its own. It must know no provider.
"""

import asyncio
import threading
from collections import deque
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

CAPACITY: Final = 100_000
PICTURES: Final = 200
"""Pictures that are kept, apart from the entries: an entry names its own, so that a list of entries stays small."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One message as its recipient has it.

    Attributes:
        channel: `solapi`, `kakao`, `gmail` or `ses`.
        type: the channel's own type (`SMS`, `ATA`, `text`, `feed`, `mail`, …).
        to: one recipient; a message to several is one entry each.
        provider_id: the id that the provider gave to the message.
        notification_id: the caller's own id, from `X-Request-Id` or what the channel has for it.
        received_at: aware UTC.
        extra: further members of the JSON form; must not repeat a name above.
    """

    channel: str
    type: str
    to: str = field(repr=False)
    from_: str | None = field(repr=False)
    subject: str | None = field(repr=False)
    text: str | None = field(repr=False)
    provider_id: str
    notification_id: str | None
    received_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    extra: dict[str, Any] = field(default_factory=dict, repr=False)

    def as_json(self) -> dict[str, Any]:
        """Give the form that `/inbox.json` shows."""
        return {
            "channel": self.channel,
            "type": self.type,
            "to": self.to,
            "from": self.from_,
            "subject": self.subject,
            "text": self.text,
            "provider_id": self.provider_id,
            "notification_id": self.notification_id,
            "received_at": self.received_at.isoformat(),
            **self.extra,
        }


class Inbox:
    """The entries, newest last; beyond its capacity the oldest go."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._entries: deque[Entry] = deque(maxlen=capacity)
        self._pictures: dict[str, bytes] = {}
        self._added = 0
        self._watchers: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Append an entry, from any thread."""
        with self._lock:
            self._entries.append(entry)
            self._added += 1
            watchers = tuple(self._watchers)
        for loop, event in watchers:
            loop.call_soon_threadsafe(event.set)

    def entries(self, channel: str | None = None, to: str | None = None) -> list[Entry]:
        """List the entries, newest last, of one channel or one recipient if asked."""
        with self._lock:
            everything = list(self._entries)
        if channel is None and to is None:
            return everything
        return [
            entry
            for entry in everything
            if (channel is None or entry.channel == channel) and (to is None or entry.to == to)
        ]

    def keep_picture(self, name: str, content: bytes) -> None:
        """Keep a picture that messages may show; beyond `PICTURES` the oldest go."""
        with self._lock:
            self._pictures[name] = content
            if len(self._pictures) > PICTURES:
                del self._pictures[next(iter(self._pictures))]

    def picture(self, name: str) -> bytes | None:
        """Find a picture, if it is still kept."""
        return self._pictures.get(name)

    def clear(self) -> None:
        """Forget every entry; watchers go on."""
        with self._lock:
            self._entries.clear()

    async def watch(self) -> AsyncGenerator[Entry, None]:
        """Yield each entry that is added from now on; a watcher too slow for the capacity misses the oldest."""
        watcher = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._watchers.add(watcher)
            seen = self._added
        try:
            while True:
                await watcher[1].wait()
                watcher[1].clear()
                with self._lock:
                    fresh = min(self._added - seen, len(self._entries))
                    batch = list(islice(reversed(self._entries), fresh))
                    seen = self._added
                for entry in reversed(batch):
                    yield entry
        finally:
            with self._lock:
                self._watchers.discard(watcher)
