"""What all parts of the sandbox share while it runs.

Each provider is a module with `router(state)`; this is what it is given. It must know no provider.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sandbox.faults import Faults
from sandbox.inbox import Inbox
from sandbox.settings import Settings
from sandbox.silence import NoAnswer


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class State:
    """The running sandbox.

    Attributes:
        clock: the present moment, aware UTC.
    """

    settings: Settings
    inbox: Inbox
    faults: Faults
    clock: Callable[[], datetime] = field(default=_now)

    def withhold(self, channel: str, recipients: Iterable[str]) -> NoAnswer | None:
        """Give the silence to return instead of an answer, if these accepted recipients or the dice ask for it."""
        seconds = self.faults.holds(channel, recipients, self.settings.hang)
        return None if seconds is None else NoAnswer(seconds)


def new(settings: Settings) -> State:
    """Make the state of a fresh sandbox."""
    return State(settings=settings, inbox=Inbox(), faults=Faults(settings.seed))
