"""One run on one broker: traffic, blows, the time to settle, the judgement.

Keeps the clock and says what happens; it decides nothing about right and wrong (`judge`).
"""

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass

from config.vocabulary import Channel, State
from tests.chaos.cast import Cast
from tests.chaos.judge import Table, faults, judge
from tests.chaos.messages import orders
from tests.chaos.report import say, show_plan, show_table
from tests.chaos.schedule import Event, plan
from tests.chaos.sender import Sender
from tests.chaos.witness import MOVING
from tests.flows.client import Client

RATE = 0.1
FAULTS = ("status", "hang_after_accept", "reset_before", "throttle")
SETTLE = 300.0
"""Seconds that everything has to come to rest after the last blow."""
EVERY = 10.0
BEGINNING = 0.3
"""How often the clock is looked at."""


@dataclass(frozen=True, slots=True)
class Order:
    """What kind of run is wanted; `seconds` is the length of its traffic."""

    broker: str
    messages: int
    seed: int
    kills: int
    seconds: float


def run(order: Order) -> list[str]:
    """Run, print and return what must not be; an empty list is success."""
    events = plan(order.seed, order.kills, order.seconds)
    say(f"chaos on {order.broker}: {order.messages} messages, seed {order.seed}, {order.seconds:.0f} s; the schedule:")
    say("\n" + show_plan(events))
    with Cast(order.broker, order.seed) as cast:
        say(f"everything runs; logs in {cast.home}")
        client = Client.register(cast.stack.api)
        sender = Sender(client, cast.apis, orders(order.seed, order.messages), order.seconds)
        for kind in FAULTS:
            cast.fault(kind, RATE)
        sender.start()
        try:
            _go_through(cast, sender, events, order.seconds)
        finally:
            sender.stop()
        cast.clear_faults()
        rest = _settle(cast)
        table = judge(sender.accepted, cast.witness.inbox(), cast.witness.rows())
    found = _say_all(sender, cast, table, rest)
    found += [f"not accepted: {each}" for each in sender.refused]
    if len(sender.accepted) + len(sender.refused) != order.messages:
        found.append(f"only {len(sender.accepted)} of {order.messages} were accepted in time")
    return found + faults(table)


def _go_through(cast: Cast, sender: Sender, events: tuple[Event, ...], seconds: float) -> None:
    began = time.monotonic()
    agenda: list[tuple[float, int, Callable[[], None]]] = []
    for number, event in enumerate(events):
        heapq.heappush(agenda, (event.at, 2 * number, lambda event=event: _strike(cast, event)))
        if event.target in {"broker", "database", "web", "web2", "worker", "worker2", "beat"} and event.down:
            up = event.at + event.down
            heapq.heappush(agenda, (up, 2 * number + 1, lambda target=event.target: cast.mend(target)))
    told = 0.0
    while agenda or not sender.done:
        now = time.monotonic() - began
        if now > seconds * 2 + 60:
            say("the traffic does not end: given up")
            return
        while agenda and agenda[0][0] <= now:
            heapq.heappop(agenda)[2]()
        cast.supervise()
        if now - told >= EVERY:
            told = now
            say(f"accepted {len(sender.accepted)}, repeated {sender.repeated.total()}, blows left {len(agenda)}")
        time.sleep(0.05)


def _strike(cast: Cast, event: Event) -> None:
    say(f"{event.action} ({event.target})")
    cast.strike(event)


def _settle(cast: Cast) -> str:
    """Wait until nothing moves; returns what still does."""
    end = time.monotonic() + SETTLE
    brought = 0
    rest = ""
    while time.monotonic() < end:
        cast.supervise()
        states = cast.witness.states()
        moving = {
            f"{channel} {status}": number
            for (channel, status), number in states.items()
            if status in MOVING or (channel, status) == (Channel.SOLAPI, State.UNKNOWN)
        }
        if not moving:
            say(f"at rest; {brought} waiting retries were brought forward")
            return ""
        rest = ", ".join(f"{what} {number}" for what, number in moving.items())
        say(f"settling: {rest}")
        brought += cast.witness.bring_forward()
        time.sleep(3)
    return rest


def _say_all(sender: Sender, cast: Cast, table: Table, rest: str) -> list[str]:
    repeated = ", ".join(f"{what} ×{times}" for what, times in sender.repeated.items())
    say(f"accepted {len(sender.accepted)}; requests repeated: {repeated or 'none'}")
    ended = ", ".join(f"{name} ×{times}" for name, times in cast.ended_by_themselves.items())
    say(f"ended by themselves and started again: {ended or 'none'}")
    say("\n" + show_table(table))
    return [f"still moving after {SETTLE:.0f} s: {rest}"] if rest else []
