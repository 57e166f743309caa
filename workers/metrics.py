"""What a worker counts and times, in the names under which Prometheus finds it.

A worker's work is done by its children, so each of them counts into a file of its own, and the main process adds them
up for whoever asks: what a killed child had counted stays counted. Labels are closed lists, never an id, an account or
a text that somebody else chose. It must not know what it counts.
"""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from typing_extensions import override

CALL_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
"""A provider's answers; none is waited for longer."""
WAIT_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)


@dataclass(frozen=True, slots=True)
class Meters:
    """Everything that is counted where work is done."""

    attempts: Counter
    outcomes: Counter
    departures: Histogram
    calls: Histogram
    arrivals: Histogram
    dropped: Counter


@cache
def meters() -> Meters:
    """This process's meters, at zero; a child makes its own after its fork."""
    registry = CollectorRegistry()
    lane = ["channel", "lane"]

    def counter(name: str, said: str, labels: Sequence[str] = ()) -> Counter:
        return Counter(name, said, labels, registry=registry)

    def timer(name: str, said: str, labels: Sequence[str], buckets: Sequence[float] = WAIT_SECONDS) -> Histogram:
        return Histogram(name, said, labels, buckets=buckets, registry=registry)

    since = "From when a notification was accepted, or was to be sent, to"
    return Meters(
        attempts=counter("alrim_attempts", "Attempts that ended, by how and why.", ["channel", "outcome", "code"]),
        outcomes=counter("alrim_outcomes", "Notifications that came to a state.", ["channel", "state", "code"]),
        departures=timer("alrim_departure_seconds", f"{since} its first departure.", lane),
        calls=timer(
            "alrim_provider_call_seconds", "One exchange with a provider.", ["channel", "answered"], CALL_SECONDS
        ),
        arrivals=timer("alrim_end_to_end_seconds", f"{since} being sent or delivered.", [*lane, "state"]),
        dropped=counter("alrim_log_records_dropped", "Log records that were pushed out of a full buffer."),
    )


def share(directory: Path) -> None:
    """Have all meters that are made from now on, in this process and in its children, count into this directory.

    What is in there goes: it is of a process of the same name that has ended.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True, mode=0o700)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
    # What the library decides by the variable when it is first imported, which is too early for us.
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


def gauge(name: str, said: str, labels: Sequence[str], values: Mapping[Any, float]) -> Metric:
    """Make a measurement: what it says, and its value for each tuple of its labels' values."""
    family = GaugeMetricFamily(name, said, labels=labels)
    for labelled, value in values.items():
        family.add_metric(labelled, value)
    return family


class _Told(Collector):
    """What is measured at the moment of asking."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    @override
    def collect(self) -> Iterable[Metric]:
        return self._families


def shown(measured: Iterable[Metric], directory: Path | None = None) -> bytes:
    """Write what was measured, and the sums of what was counted into the directory, in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Told(measured))
    if directory is not None:
        MultiProcessCollector(registry, str(directory))  # type: ignore[no-untyped-call]
    return generate_latest(registry)
