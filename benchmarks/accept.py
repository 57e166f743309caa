"""Accepting one notification a request: ours beside BackgroundTasks, a session and `delay()`, and the limits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import create_engine, text

from benchmarks.figures import Figure
from benchmarks.ground import Ground, load
from tests.flows.client import Client

PATH: Final = "/api/services/solapi/send"
CONTENT: Final[dict[str, Any]] = {"to": "01012345678", "from": "0212345678", "text": "인증번호는 {n}입니다"}
OURS: Final = "alrim"
APPS: Final = {
    OURS: "api.main:create_app",
    "BackgroundTasks": "benchmarks.peers.accept:background_tasks",
    "session + delay()": "benchmarks.peers.accept:session_and_delay",
    "no storage": "benchmarks.peers.accept:nothing",
}
NOTES: Final = {
    OURS: "durable: answered after COMMIT; a worker is rung",
    "BackgroundTasks": "not durable: a crash forgets what waits; calls the provider (20 ms) in this process",
    "session + delay()": "durable, if nothing dies between COMMIT and publish",
    "no storage": "limit: the same endpoint, nothing kept",
    "COMMITs alone": "limit: one thread, one row and one COMMIT after the other, no HTTP",
}
WARM: Final = 1.5


def measure(ground: Ground, rounds: int, seconds: float) -> dict[str, Figure]:
    """Measure the rate and both latencies of every way, each `rounds` times, in turn."""
    rate = Figure("accept_rate", "accept, 32 connections, 2 processes", "requests/s", OURS, NOTES)
    middle = Figure("accept_p50", "accept, median of a request", "ms", OURS, NOTES, more_is_better=False)
    slowest = Figure("accept_p99", "accept, p99 of a request", "ms", OURS, NOTES, more_is_better=False)
    for _ in range(rounds):
        for name, app in APPS.items():
            with _serving(ground, app) as client:
                load(client, PATH, [CONTENT], seconds=WARM)
                seen = load(client, PATH, [CONTENT], seconds=seconds)
            if set(seen.statuses) != {"202"}:
                raise RuntimeError(f"{name} did not accept everything: {seen.statuses}")
            latencies = sorted(seen.latencies)
            rate.add(name, len(latencies) / (seen.ended - seen.began))
            middle.add(name, latencies[len(latencies) // 2] * 1000)
            slowest.add(name, latencies[len(latencies) * 99 // 100] * 1000)
        rate.add("COMMITs alone", _commits(ground, seconds))
    return {each.name: each for each in (rate, middle, slowest)}


@contextmanager
def _serving(ground: Ground, app: str) -> Iterator[Client]:
    stack = ground.stack()
    with stack.providing(20), stack.serving(app) as client:
        yield client


def _commits(ground: Ground, seconds: float) -> float:
    engine = create_engine(ground.database())
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE t (id BIGINT PRIMARY KEY AUTO_INCREMENT, body BLOB)"))
        end, number = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            connection.execute(text("INSERT INTO t (body) VALUES (:body)"), {"body": b"x" * 300})
            connection.commit()
            number += 1
    engine.dispose()
    return number / seconds
