"""What a worker knows of its own consuming: when something last arrived, and whether the broker takes what it is given.

A process that lives is no proof: workers have stayed alive, answered pings and consumed nothing. This judges by
what arrived. It must know neither broker nor HTTP; `workers.pulse` tells it what happens.
"""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """What `/health` of a worker says; only `ok` is healthy."""

    OK = "ok"
    CONNECTING = "connecting"
    """The broker answers, since a moment, and nothing arrived yet: a start, or a broker that is back."""
    BROKER_AWAY = "broker_away"
    DEAF = "deaf"


class Pace(NamedTuple):
    """Seconds."""

    pulse_every: float = 10
    fresh: float = 30
    """What is younger counts as now."""
    give_up: float = 60
    """Deaf for longer than this, though the broker answers, is beyond hope."""


class Verdict(NamedTuple):
    """What is known at one moment."""

    status: Status
    consumed_seconds_ago: float | None
    """None: nothing ever."""
    is_hopeless: bool


class Consumption:
    """The moments that matter, told by one thread each and judged by any."""

    def __init__(self, pace: Pace, longest_task: float, now: Callable[[], float] = time.monotonic) -> None:
        """Know nothing yet; `longest_task` is the time in seconds after which a task is killed."""
        self._pace = pace
        self._longest_task = longest_task
        self._now = now
        self._consumed: float | None = None
        self._busy: float | None = None
        self._answered: float | None = None
        self._answering_since: float | None = None

    def consumed(self) -> None:
        """Note that a pulse or a task arrived."""
        self._consumed = self._now()

    def busy(self) -> None:
        """Note that every slot has a task: what arrives may have to wait for one to end, so silence is no deafness."""
        self._busy = self._now()

    def answered(self) -> None:
        """Note that the broker took a pulse; after a pause (a stopped machine, too) patience begins anew."""
        now = self._now()
        if self._answered is None or now - self._answered > self._pace.fresh:
            self._answering_since = now
        self._answered = now

    def unanswered(self) -> None:
        """Note that the broker did not take a pulse."""
        self._answered = None

    def verdict(self) -> Verdict:
        """Judge. A broker that is away is never deafness, and so never hopeless."""
        now = self._now()
        ago = None if self._consumed is None else now - self._consumed
        heard = self._heard()
        if self._answered is None or self._answering_since is None or now - self._answered > self._pace.fresh:
            return Verdict(Status.BROKER_AWAY, ago, is_hopeless=False)
        if heard is not None and now - heard <= self._pace.fresh:
            return Verdict(Status.OK, ago, is_hopeless=False)
        silence = now - max(self._answering_since, heard or self._answering_since)
        status = Status.CONNECTING if silence <= self._pace.fresh else Status.DEAF
        return Verdict(status, ago, is_hopeless=silence > self._pace.give_up)

    def _heard(self) -> float | None:
        if self._consumed is None or self._busy is None:
            return self._consumed
        # No task holds its slot for longer, so a worker that hears takes something by then.
        return max(self._consumed, min(self._busy, self._consumed + self._longest_task))
