"""Accepting and sending at once on two cores: what came to a provider that takes 50 ms, one call a message."""

import time
from contextlib import ExitStack
from typing import Any, Final

from benchmarks.accept import APPS, CONTENT, PATH
from benchmarks.figures import Figure
from benchmarks.ground import Ground, load
from benchmarks.latency import working

OURS: Final = "alrim"
KAKAO: Final[dict[str, Any]] = {"msg": "주문 {n} 이 출발했습니다"}
NOTES: Final = {
    OURS: "durable; state kept in the database; 2 server and 4 worker processes",
    "BackgroundTasks": "not durable; 2 server processes, 40 threads each",
    "session + delay()": "durable until the worker takes it; 2 server and 4 worker processes",
}
MOST: Final = 100_000


def measure(ground: Ground, rounds: int, seconds: float) -> dict[str, Figure]:
    """Measure four times `seconds` of traffic on 32 connections, each `rounds` times, in turn."""
    accepted = Figure("together_accepted", "accepting while sending", "accepted/s", OURS, NOTES)
    sent = Figure("together_sent", "sending while accepting", "messages/s at the provider", OURS, NOTES)
    length = seconds * 4
    for _ in range(rounds):
        for name in NOTES:
            path, content = ("/api/services/kakao/send", KAKAO) if name == OURS else (PATH, CONTENT)
            stack = ground.stack()
            with ExitStack() as running:
                running.enter_context(stack.providing(50))
                client = running.enter_context(stack.serving(APPS[name]))
                if name != "BackgroundTasks":
                    running.enter_context(working(stack, "send.kakao.normal", plain=name != OURS))
                load(client, path, [content], seconds=1)
                before, began = stack.count(), time.monotonic()
                seen = load(client, path, [content], seconds=length, most=int(min(MOST, length * 3000)))
                sent.add(name, (stack.count() - before) / (time.monotonic() - began))
            accepted.add(name, len(seen.latencies) / (seen.ended - seen.began))
    return {each.name: each for each in (accepted, sent)}
