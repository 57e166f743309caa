"""What an API process counts and times, in the names under which Prometheus finds it.

Labels are closed lists: routes as they are declared, never a path that somebody asked for. Counting costs a request
microseconds, and waits for nobody.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector
from starlette.types import Scope
from typing_extensions import override

from config.vocabulary import Channel, Lane

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"})
NOWHERE: Final = "none"
"""The route of a request that none is for."""


@dataclass(frozen=True, slots=True)
class Meters:
    """Everything that is counted here, and where it is kept."""

    registry: CollectorRegistry
    requests: Histogram
    accepted: Counter


@cache
def meters() -> Meters:
    """This process's meters, made at zero."""
    registry = CollectorRegistry()
    return Meters(
        registry,
        Histogram(
            "alrim_http_request_seconds",
            "Requests, by route as it is declared, method and status.",
            ["route", "method", "status"],
            buckets=SECONDS,
            registry=registry,
        ),
        Counter(
            "alrim_accepted",
            "Notifications that were accepted; those of a batch when it is released.",
            ["channel", "lane"],
            registry=registry,
        ),
    )


def served(scope: Scope, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    route = getattr(scope.get("route"), "path", NOWHERE)
    method = scope["method"] if scope["method"] in METHODS else "other"
    meters().requests.labels(route, method, status).observe(seconds)


def accepted(channel: Channel, lane: Lane, number: int) -> None:
    """Count notifications that were accepted."""
    meters().accepted.labels(channel, lane).inc(number)


class _Now(Collector):
    """What is only known when somebody asks."""

    def __init__(self, version: str, dropped: int, *, broker_away: bool) -> None:
        self._version, self._dropped, self._broker_away = version, dropped, broker_away

    @override
    def collect(self) -> Iterable[Metric]:
        yield InfoMetricFamily("alrim_build", "What runs.", {"version": self._version})
        yield CounterMetricFamily(
            "alrim_log_records_dropped", "Log records that were pushed out of a full buffer.", self._dropped
        )
        said = "Whether the last ring found no broker."
        yield GaugeMetricFamily("alrim_intake_broker_away", said, int(self._broker_away))


def shown(version: str, dropped: int, *, broker_away: bool) -> bytes:
    """Write everything in Prometheus' text format."""
    now = CollectorRegistry()
    now.register(_Now(version, dropped, broker_away=broker_away))
    return generate_latest(meters().registry) + generate_latest(now)
