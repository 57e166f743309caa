"""From the request to the provider's socket while nothing else happens: ours on both brokers, beside the plain way."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from benchmarks.accept import APPS, CONTENT, PATH
from benchmarks.figures import Figure
from benchmarks.ground import Ground, Installation, load
from tests.flows.stack import PYTHON

OURS: Final = "alrim, Redis"
RABBITMQ: Final = "alrim, RabbitMQ"
PLAIN: Final = "session + delay()"
URGENT: Final[dict[str, Any]] = {"msg": "인증번호는 {n}입니다", "lane": "urgent"}
NOTES: Final = {
    OURS: "durable; claimed and departed, two COMMITs, before the call",
    RABBITMQ: "the same, quorum queues, each ring confirmed",
    PLAIN: "Redis; the row is read before the call",
}
WARM: Final = 20
SAMPLES: Final = 150
GAP: Final = 0.1


def measure(ground: Ground, rounds: int, _seconds: float) -> dict[str, Figure]:
    """Measure ten requests a second, each `rounds` times, in turn."""
    title = "idle, request to provider's socket"
    middle = Figure("latency_p50", f"{title}, median", "ms", OURS, NOTES, more_is_better=False)
    slowest = Figure("latency_p99", f"{title}, p99", "ms", OURS, NOTES, more_is_better=False)
    for _ in range(rounds):
        for name, kind in ((OURS, "redis"), (RABBITMQ, "rabbitmq"), (PLAIN, "redis")):
            took = sorted(_took(ground.stack(kind), name))
            middle.add(name, took[len(took) // 2] * 1000)
            slowest.add(name, took[len(took) * 99 // 100] * 1000)
    return {each.name: each for each in (middle, slowest)}


def _took(stack: Installation, name: str) -> list[float]:
    app, path, content = (
        (APPS[PLAIN], PATH, CONTENT) if name == PLAIN else (APPS["alrim"], "/api/services/kakao/send", URGENT)
    )
    with stack.providing(0), stack.serving(app) as client, working(stack, "send.kakao.urgent", plain=name == PLAIN):
        load(client, path, [content], connections=1, most=WARM, gap=GAP, seconds=60)
        seen = load(client, path, [content], connections=1, most=SAMPLES, gap=GAP, seconds=60)
        stack.wait_for_count(WARM + SAMPLES)
        came = stack.seen()
    return [came[each] - left for each, left in seen.left.items()]


@contextmanager
def working(stack: Installation, queue: str, *, plain: bool) -> Iterator[None]:
    """Run a worker of the product, or the plain one, each with four processes."""
    if not plain:
        with stack.working(queue, "-c", "4"):
            yield
        return
    command = [PYTHON, "-m", "celery", "-A", "benchmarks.peers.accept:celery", "worker", "-c", "4", "-l", "INFO"]
    with stack.running("plain", command, ready=r" ready\."):
        yield
