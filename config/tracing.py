"""Traces, for whoever wants them: one for each request, through the broker, to the provider's answer.

Off unless ALRIM_TRACING says so, and then it needs `requirements/tracing.txt`; where spans go, OpenTelemetry's own
variables say. A span's attributes are ids, codes and counts, never a recipient, a body or a secret. Off, it costs
nothing that can be measured.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from config.settings import Group, SettingsError, settings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

HEADER: Final = "traceparent"
PROPAGATOR: Final = TraceContextTextMapPropagator()
EXPORTER: Final = "otlp_proto_http"


class Tracing(Group):
    """Whether requests are traced."""

    tracing: bool = False


def exporter() -> "SpanExporter":
    """Make what takes spans away, which OTEL_TRACES_EXPORTER names; by itself OTLP over HTTP.

    Raises:
        SettingsError: nothing of this name is installed.
    """
    name = os.environ.get("OTEL_TRACES_EXPORTER", EXPORTER)
    found = list(entry_points(group="opentelemetry_traces_exporter", name=name))
    if not found:
        raise SettingsError(f"ALRIM_TRACING: no exporter {name}; install requirements/tracing.txt beside the rest")
    made: SpanExporter = found[0].load()()
    return made


def check() -> None:
    """Say at the start that something is missing; makes nothing that a fork would break.

    Raises:
        SettingsError: tracing is on, and what it needs is not installed.
    """
    if settings(Tracing).tracing:
        exporter().shutdown()


@cache
def provider() -> "TracerProvider | None":
    """This process's, with a thread that hands its spans over; None where nothing is traced.

    A forked child makes its own, since nothing is made before the fork.

    Raises:
        SettingsError: tracing is on, and what it needs is not installed.
    """
    if not settings(Tracing).tracing:
        return None
    taking = exporter()
    # Where an exporter is installed, so is what it stands on; nobody else pays for loading it.
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - as said
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415 - as above
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415 - as above

    made = TracerProvider(resource=Resource.create({"service.name": os.environ.get("OTEL_SERVICE_NAME", "alrim")}))
    made.add_span_processor(BatchSpanProcessor(taking))
    return made


def stop() -> None:
    """Hand over what is left."""
    made = provider()
    if made is not None:
        made.shutdown()


@cache
def _tracer() -> Tracer | None:
    made = provider()
    return None if made is None else made.get_tracer("alrim")


@contextmanager
def span(
    name: str, kind: SpanKind, attributes: Mapping[str, Any], parent: Mapping[str, str] | None = None
) -> Iterator[Span]:
    """Trace a block as a part of what runs, or of the trace that `parent`'s headers name."""
    tracer = _tracer()
    if tracer is None:
        yield trace.INVALID_SPAN
        return
    context = None if parent is None else PROPAGATOR.extract(parent)
    # What an exception says can be somebody's address: its class is enough.
    with tracer.start_as_current_span(
        name, context, kind, attributes, record_exception=False, set_status_on_exception=False
    ) as made:
        yield made


def traceparent() -> str | None:
    """What somebody else needs to go on with the trace of what runs; None where nothing is traced."""
    if not trace.get_current_span().get_span_context().is_valid:
        return None
    carrier: dict[str, str] = {}
    PROPAGATOR.inject(carrier)
    return carrier[HEADER]
