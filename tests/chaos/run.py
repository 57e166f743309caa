"""One run on one broker: traffic, blows, the time to settle, the judgement, the recovery figures.

Keeps the clock and says what happens; it decides nothing about right and wrong (`judge`).
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from config.vocabulary import Channel, State
from tests.chaos import recovery
from tests.chaos.cast import Cast
from tests.chaos.judge import Accepted, Table, faults, judge
from tests.chaos.messages import orders
from tests.chaos.report import say, show_figures, show_plan, show_table
from tests.chaos.schedule import Event, plan
from tests.chaos.sender import Sender
from tests.chaos.witness import MOVING
from tests.flows.client import Client

RATE = 0.1
KINDS = ("status", "hang_after_accept", "reset_before", "throttle")
SETTLE = 300.0
"""Seconds that everything has to come to rest after the last blow."""
FORWARD_EVERY = 15.0
TELL_EVERY = 10.0


@dataclass(frozen=True, slots=True)
class Order:
    """What kind of run is wanted; `seconds` is the length of its traffic, `lease` in seconds too."""

    broker: str
    messages: int
    seed: int
    kills: int
    seconds: float
    lease: int
    keep: bool = False


def run(order: Order) -> list[str]:
    """Run, print and return what must not be; an empty list is success."""
    events = plan(order.seed, order.kills, order.seconds)
    say(
        f"chaos on {order.broker}: {order.messages} messages, seed {order.seed}, {order.seconds:.0f} s, {RATE:.0%} each"
    )
    say(f"of {', '.join(KINDS)}; lease {order.lease} s; the schedule:\n{show_plan(events)}")
    with Cast(order.broker, order.seed, order.lease, keep=order.keep) as cast:
        say(f"everything runs; logs in {cast.home}")
        client = Client.register(cast.stack.api)
        sender = Sender(client, cast.apis, orders(order.seed, order.messages), order.seconds)
        found = _traffic(cast, sender, events, order.seconds) if order.messages else []
        if order.messages and len(sender.accepted) < order.messages:
            found.append(f"only {len(sender.accepted)} of {order.messages} were accepted")
        return found + _recovery(cast, client, order.seed, sender.accepted)


def _traffic(cast: Cast, sender: Sender, events: Sequence[Event], seconds: float) -> list[str]:
    for kind in KINDS:
        cast.fault(kind, RATE)
    sender.start()
    try:
        _go_through(cast, sender, events, seconds * 2 + 60)
    finally:
        sender.stop()
    cast.wait_for_servers()
    cast.clear_faults()
    found = _settle(cast)
    table = judge(sender.accepted, cast.witness.inbox(), cast.witness.rows())
    _say_all(sender, cast, table)
    return found + [f"not accepted: {each}" for each in sender.refused] + faults(table)


def _recovery(cast: Cast, client: Client, seed: int, before: Sequence[Accepted]) -> list[str]:
    figures, sent = recovery.measure(cast, client, seed)
    say(f"recovery:\n{show_figures(figures)}")
    found = _settle(cast)
    found += faults(judge([*before, *sent], cast.witness.inbox(), cast.witness.rows()))
    return found + [each.fault for each in figures if each.fault]


def _go_through(cast: Cast, sender: Sender, events: Sequence[Event], most: float) -> None:
    agenda = deque(sorted(_agenda(cast, events), key=lambda entry: entry[0]))
    began, told = time.monotonic(), 0.0
    while agenda or not sender.done:
        now = time.monotonic() - began
        if now > most:
            say("the traffic does not end: given up")
            return
        while agenda and agenda[0][0] <= now:
            agenda.popleft()[1]()
        cast.supervise()
        if now - told >= TELL_EVERY:
            told = now
            say(f"accepted {len(sender.accepted)}, requests repeated {sender.repeated.total()}, to do {len(agenda)}")
        time.sleep(0.05)


def _agenda(cast: Cast, events: Sequence[Event]) -> Iterator[tuple[float, Callable[[], None]]]:
    for event in events:
        yield event.at, partial(_strike, cast, event)
        if event.down:
            yield event.at + event.down, partial(cast.mend, event.target)


def _strike(cast: Cast, event: Event) -> None:
    say(f"{event.action} ({event.target})")
    cast.strike(event)


def _settle(cast: Cast) -> list[str]:
    """Wait until nothing moves; returns what still does."""
    began = forwarded = time.monotonic()
    brought = 0
    while rest := _moving(cast):
        now = time.monotonic()
        if now - began > SETTLE:
            return [f"still moving after {SETTLE:.0f} s: {rest}"]
        cast.supervise()
        if now - forwarded > FORWARD_EVERY:
            forwarded = now
            brought += cast.witness.bring_forward()
            say(f"settling: {rest}")
        time.sleep(1)
    say(f"at rest after {time.monotonic() - began:.0f} s; {brought} waits were brought forward")
    return []


def _moving(cast: Cast) -> str:
    asked = (Channel.SOLAPI, State.UNKNOWN)
    states = cast.witness.states()
    return ", ".join(
        f"{channel} {status} {number}"
        for (channel, status), number in sorted(states.items())
        if status in MOVING or (channel, status) == asked
    )


def _say_all(sender: Sender, cast: Cast, table: Table) -> None:
    repeated = ", ".join(f"{what} ×{times}" for what, times in sender.repeated.items())
    say(f"accepted {len(sender.accepted)}; requests repeated: {repeated or 'none'}")
    ended = ", ".join(f"{name} ×{times}" for name, times in cast.ended_by_themselves.items())
    say(f"ended by themselves and started again: {ended or 'none'}\n{show_table(table)}")
