"""Sending what waits: 10,000 messages to a provider that takes 50 ms, ours beside the peers on the same Redis.

Ours claims, departs and records every message in the database; the peers keep no state. Everything is queued before
the workers start, and the rate is taken from when the provider heard of the first tenth, so that no start is measured.
"""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from benchmarks.figures import Figure
from benchmarks.ground import Ground, Installation, load
from tests.flows.stack import ROOT

NUMBER: Final = 10_000
MILLISECONDS: Final = 50
BENCH_PYTHON: Final = ROOT / ".venv-bench" / "bin"
OURS: Final = "alrim"
KAKAO: Final[dict[str, Any]] = {"msg": "주문 {n} 이 출발했습니다", "lane": "bulk"}
SOLAPI: Final[dict[str, Any]] = {"to": "01012345678", "from": "0212345678", "text": "주문 {n}", "lane": "bulk"}
WORKER: Final = ("--pool", "prefork", "-c", "4")
"""As in Procfile."""
PEERS: Final[dict[str, Sequence[str]]] = {
    "dramatiq": ("dramatiq", "benchmarks.peers.dramatiq_app", "-p", "2", "-t", "50", "--skip-logging"),
    "taskiq": ("taskiq", "worker", "benchmarks.peers.taskiq_app:broker", "--workers", "2", "--max-async-tasks", "100"),
    "arq": ("arq", "benchmarks.peers.arq_app.WorkerSettings"),
    "huey": ("huey_consumer", "benchmarks.peers.huey_app.huey", "-w", "100", "-k", "thread"),
}
NOTES: Final = {
    OURS: "durable: claimed, departed and recorded in the database; 4 processes",
    "dramatiq": "2 processes × 50 threads, acknowledged after the task; no state kept",
    "taskiq": "2 processes × 100 at once, Redis stream, acknowledged after the task; no state kept",
    "arq": "2 processes × 100 at once, pessimistic; no state kept",
    "huey": "100 threads; a crash forgets what runs; no state kept",
}
PROCESSES: Final = {"arq": 2}
"""How many of a worker that is one process by itself; two cores."""


def measure(ground: Ground, rounds: int, _seconds: float) -> dict[str, Figure]:
    """Measure every worker, each `rounds` times, in turn."""
    calls = Figure("sends_kakao", "10,000 Kakao sends, provider 50 ms, two cores", "messages/s", OURS, NOTES)
    groups = Figure("sends_solapi", "10,000 SOLAPI sends, provider 50 ms an exchange", "messages/s", OURS, NOTES)
    for _ in range(rounds):
        calls.add(OURS, _ours(ground, "/api/services/kakao/send", KAKAO, "send.kakao.bulk"))
        groups.add(OURS, _ours(ground, "/api/services/solapi/send", SOLAPI, "send.solapi.bulk"))
        for name, command in PEERS.items():
            value = _peer(ground, name, command)
            calls.add(name, value)
            groups.add(name, value)
    return {each.name: each for each in (calls, groups)}


def _ours(ground: Ground, path: str, content: dict[str, Any], queue: str) -> float:
    stack = ground.stack()
    with stack.serving() as client:
        seen = load(client, path, [content], most=NUMBER, seconds=120)
    if seen.statuses != {"202": NUMBER}:
        raise RuntimeError(f"not everything was accepted: {seen.statuses}")
    with stack.providing(MILLISECONDS), stack.working(queue, *WORKER):
        return _rate(stack)


def _peer(ground: Ground, name: str, command: Sequence[str]) -> float:
    stack = ground.stack()
    stack.environment |= {"BENCH_REDIS": stack.broker_url, "BENCH_PROVIDER": stack.provider, "PYTHONPATH": str(ROOT)}
    enqueue = [str(BENCH_PYTHON / "python"), "-m", f"benchmarks.peers.{name}_app", str(NUMBER)]
    subprocess.run(enqueue, cwd=ROOT, env=stack.environment, check=True, timeout=120)
    with stack.providing(MILLISECONDS), _several(stack, name, [str(BENCH_PYTHON / command[0]), *command[1:]]):
        return _rate(stack)


@contextmanager
def _several(stack: Installation, name: str, command: list[str]) -> Iterator[None]:
    with ExitStack() as running:
        for number in range(PROCESSES.get(name, 1)):
            running.enter_context(stack.running(f"{name}{number}", command))
        yield


def _rate(stack: Installation) -> float:
    """Messages a second, from the first tenth to the last, once all have come."""
    stack.wait_for_count(NUMBER)
    came = sorted(stack.seen().values())
    first = NUMBER // 10
    return (len(came) - first) / (came[-1] - came[first])
