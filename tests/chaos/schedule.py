"""When what is killed: a pure function of the seed, so that anybody can repeat a run.

Knows nothing of processes. A target is never struck while it is down from the last time; the rest is dice.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    """What can be done to an installation. The first six are SIGKILLs and count as kills."""

    KILL_WORKER = "kill worker"
    KILL_CHILD = "kill child"
    KILL_API = "kill API"
    KILL_BEAT = "kill beat"
    LOSE_BROKER = "lose broker"
    KILL_DATABASE = "kill database"
    RESTART_DATABASE = "restart database"
    CUT_DATABASE = "cut database"
    CUT_BROKER = "cut broker"


KILLS = tuple(Action)[:6]
OTHERS = tuple(Action)[6:]
TARGETS: Mapping[Action, tuple[str, ...]] = {
    Action.KILL_WORKER: ("worker", "worker2"),
    Action.KILL_CHILD: ("worker", "worker2"),
    Action.KILL_API: ("web", "web2"),
    Action.KILL_BEAT: ("beat",),
    Action.LOSE_BROKER: ("broker",),
    Action.KILL_DATABASE: ("database",),
    Action.RESTART_DATABASE: ("database",),
    Action.CUT_DATABASE: ("database",),
    Action.CUT_BROKER: ("broker",),
}
WEIGHTS: Mapping[Action, int] = {
    Action.KILL_WORKER: 34,
    Action.KILL_CHILD: 24,
    Action.KILL_API: 18,
    Action.KILL_BEAT: 10,
    Action.LOSE_BROKER: 6,
    Action.KILL_DATABASE: 8,
}
STAYS_UP = frozenset({Action.KILL_CHILD, Action.CUT_DATABASE, Action.CUT_BROKER})
"""After these nothing has to be started again."""
COMES_UP: Mapping[str, float] = {"broker": 25, "database": 5, "beat": 4}
"""Seconds in which a target that was started again is left alone: what never comes up proves nothing."""
COMES_UP_ELSE = 9.0


@dataclass(frozen=True, slots=True)
class Event:
    """One blow.

    Attributes:
        at: seconds after the start of the traffic.
        down: seconds until the target is started again; 0 where nothing has to be.
    """

    at: float
    action: Action
    target: str
    down: float


def plan(seed: int, kills: int, seconds: float) -> tuple[Event, ...]:
    """Spread `kills` SIGKILLs, and a quarter as many gentler blows, over `seconds`; every kind of blow at least once.

    The same numbers give the same events.
    """
    dice = random.Random(seed)  # noqa: S311 - has to be repeatable
    wanted = _wanted(dice, kills)
    free_at: dict[str, float] = {}
    return tuple(_place(dice, wanted, free_at, seconds))


def count(events: Sequence[Event]) -> Counter[Action]:
    """How many of each."""
    return Counter(event.action for event in events)


def kills_in(events: Sequence[Event]) -> int:
    """How many SIGKILLs."""
    return sum(event.action in KILLS for event in events)


def _wanted(dice: random.Random, kills: int) -> list[Action]:
    drawn = dice.choices(tuple(WEIGHTS), tuple(WEIGHTS.values()), k=max(kills - len(KILLS), 0))
    others = max(kills // 4, len(OTHERS))
    wanted = [*KILLS, *drawn][:kills] + [OTHERS[number % len(OTHERS)] for number in range(others)]
    dice.shuffle(wanted)
    return wanted


def _place(dice: random.Random, wanted: list[Action], free_at: dict[str, float], seconds: float) -> Iterator[Event]:
    slot = seconds / len(wanted)
    number = 0
    while wanted:
        at = slot * (number + dice.random())
        number += 1
        ready = [(action, target) for action in wanted for target in TARGETS[action] if free_at.get(target, 0) <= at]
        if not ready:
            # Everything wanted is down at this moment: the rest moves a slot on.
            continue
        action, target = ready[0] if len(ready) == 1 else dice.choice(ready)
        wanted.remove(action)
        down = 0.0 if action in STAYS_UP else round(dice.uniform(0.2, 3), 2)
        free_at[target] = at + down + (1 if action in STAYS_UP else COMES_UP.get(target, COMES_UP_ELSE))
        yield Event(round(at, 2), action, target, down)
