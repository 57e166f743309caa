"""What log shipping costs the way of a request: the same installation with the sink on and off, in turn."""

from typing import Final

from benchmarks.accept import CONTENT, PATH, WARM
from benchmarks.figures import Figure
from benchmarks.ground import Ground, load
from config.log_vocabulary import LogSink
from config.vocabulary import Queue

CONNECTIONS: Final = 8
OFF, ON = "off", "on"
NOTES: Final = {
    OFF: "`ALRIM_LOG_SINK=none`",
    ON: "`database`: a record a request, shipped in batches and written by a worker meanwhile",
}


def measure(ground: Ground, rounds: int, seconds: float) -> dict[str, Figure]:
    """Measure a request's median and p99 with shipping off and on, each `rounds` times, in turn."""
    middle = Figure("shipping_p50", "accept, median, 8 connections", "ms", ON, NOTES, more_is_better=False)
    slowest = Figure("shipping_p99", "accept, p99, 8 connections", "ms", ON, NOTES, more_is_better=False)
    for number in range(rounds):
        # Whoever comes second finds a warmer machine.
        for name in (OFF, ON) if number % 2 else (ON, OFF):
            sink = LogSink.DATABASE if name == ON else LogSink.NONE
            stack = ground.stack(extra={"ALRIM_LOG_SINK": sink})
            with stack.serving() as client, stack.working(str(Queue.LOGS), "-c", "1"):
                load(client, PATH, [CONTENT], connections=CONNECTIONS, seconds=WARM)
                seen = load(client, PATH, [CONTENT], connections=CONNECTIONS, seconds=seconds)
            if set(seen.statuses) != {"202"}:
                raise RuntimeError(f"{name} did not accept everything: {seen.statuses}")
            latencies = sorted(seen.latencies)
            middle.add(name, latencies[len(latencies) // 2] * 1000)
            slowest.add(name, latencies[len(latencies) * 99 // 100] * 1000)
    return {each.name: each for each in (middle, slowest)}
