"""The three recovery figures, measured without faults: how soon everything is under way again.

They are taken on an installation that has one worker, from the moment of the blow to the moment at which the last
row concerned has moved on. How long this machine takes to start a Python process is said beside it and is not
judged. Sends its own messages and judges only times.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from config.vocabulary import State
from tests.chaos.cast import Cast
from tests.chaos.judge import Accepted
from tests.chaos.messages import orders
from tests.chaos.schedule import Action, Event
from tests.chaos.sender import Sender
from tests.flows.client import Client

MESSAGES = 78
SLOW = 1.5
"""Seconds that a provider takes, so that a killed worker holds something."""
SWEEP = 5.0
"""Most seconds between a lease's end and the next claim: a sweep that settles it, one that rings, and the ring."""
READY = b"@test ready."
LOOKING = b"Cannot connect to"
"""What a worker says that has started, and one that has started and finds no broker."""
AGAIN = 10.0
AFTER_BROKER = 15.0
PATIENCE = 120.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One measurement; `rows` is how many had to move on, `limit` what is promised. All in seconds.

    `started` is how long the worker took to start within them.
    """

    what: str
    rows: int
    seconds: float
    limit: float
    started: float = 0.0

    @property
    def fault(self) -> str | None:
        """Why this figure is not good enough; a measurement of nothing is none."""
        if not self.rows:
            return f"{self.what}: nothing was there to recover"
        said = f"{self.what}: {self.seconds:.1f} s, promised {self.limit:.0f} s and {self.started:.1f} s to start"
        return said if self.seconds > self.limit + self.started else None


def measure(cast: Cast, client: Client, seed: int) -> tuple[list[Figure], list[Accepted]]:
    """Take the figures; returns them and what was sent meanwhile."""
    cast.strike(Event(0, Action.KILL_WORKER, "worker2", 1))
    first, second = (Sender(client, cast.apis, orders(seed + part, MESSAGES), 1) for part in (1_000_000, 2_000_000))
    figures = [*_after_worker(cast, first), _after_broker(cast, second)]
    cast.mend("worker2")
    return figures, first.accepted + second.accepted


def _after_worker(cast: Cast, sender: Sender) -> list[Figure]:
    cast.fault("latency", 1.0, SLOW)
    _send(sender)
    _wait(lambda: len(cast.witness.held_by_workers()) > 1)
    before = cast.witness.attempts()
    began = time.monotonic()
    cast.strike(Event(0, Action.KILL_WORKER, "worker", 0))
    # What is read before the blow may have moved on by then; what is read after it moves only by recovering.
    after = cast.witness.attempts()
    ready = cast.stack.log("worker").count(READY)
    cast.mend("worker")
    cast.clear_faults()
    _wait(lambda: cast.stack.log("worker").count(READY) > ready)
    started = time.monotonic() - began
    stuck = {id_: after[id_] for id_ in before if after[id_][0] in {State.QUEUED, State.SENDING}}
    moved = _times(cast, stuck, began)
    claimed = [id_ for id_, (status, _) in stuck.items() if status == State.SENDING]
    queued = [id_ for id_, (status, _) in stuck.items() if status == State.QUEUED]
    return [
        Figure(
            "only worker killed: claimed again",
            len(claimed),
            _last(moved, claimed),
            max(cast.lease, started) + SWEEP,
        ),
        Figure("only worker killed: queued again", len(queued), _last(moved, queued), AGAIN, started),
    ]


def _after_broker(cast: Cast, sender: Sender) -> Figure:
    cast.strike(Event(0, Action.KILL_WORKER, "worker", 0))
    _send(sender)
    time.sleep(2)
    cast.strike(Event(0, Action.LOSE_BROKER, "broker", 0))
    looking = cast.stack.log("worker").count(LOOKING)
    cast.mend("worker")
    _wait(lambda: cast.stack.log("worker").count(LOOKING) > looking)
    cast.mend("broker")
    cast.wait_for_servers()
    began = time.monotonic()
    ids = [each.id for each in sender.accepted]
    moved = _times(cast, dict.fromkeys(ids, (str(State.QUEUED), 0)), began)
    return Figure("broker lost: queued again", len(ids), _last(moved, ids), AFTER_BROKER)


def _send(sender: Sender) -> None:
    sender.start()
    _wait(lambda: sender.done)


def _wait(check: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not check():
        if time.monotonic() > end:
            raise TimeoutError("the measurement's beginning did not come")
        time.sleep(0.05)


def _times(cast: Cast, stuck: dict[str, tuple[str, int]], began: float) -> dict[str, float]:
    """When each row was first seen elsewhere than where it was stuck; ends with the last one, or with patience."""
    seen: dict[str, float] = {}
    while len(seen) < len(stuck) and (now := time.monotonic() - began) < PATIENCE:
        rows = cast.witness.attempts()
        for id_, was in stuck.items():
            if rows[id_] != was:
                seen.setdefault(id_, now)
        time.sleep(0.1)
    return seen


def _last(moved: dict[str, float], ids: list[str]) -> float:
    return max((moved.get(id_, PATIENCE) for id_ in ids), default=0.0)
