"""A trace from a request through the broker to the provider's answer, taken by an exporter in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from celery import Task
from celery.exceptions import Retry
from fastapi import FastAPI
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from api.middleware.traced import Traced
from config import tracing
from config.settings import SettingsError, settings
from config.vocabulary import Channel, Lane, Queue, State
from tests import rows
from tests.api.browser import Browser
from tests.broker import use_broker
from tests.servers.process import free_port
from workers.celery_app import app as celery
from workers.channels.exchange import Conversation, Depart, HttpRequest, Message, Outcomes, Silence, Stamp
from workers.channels.registry import VENDORS
from workers.outcome import Unknown
from workers.publish import Bell, Ring
from workers.tasks.deliver import _run

CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PHONE = "01012345678"


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Sequence[ReadableSpan]]]:
    """What was traced until now."""
    memory = InMemorySpanExporter()
    monkeypatch.setenv("ALRIM_TRACING", "true")
    monkeypatch.setattr(tracing, "exporter", lambda: memory)
    _forget()

    def look() -> Sequence[ReadableSpan]:
        made = tracing.provider()
        assert made is not None
        made.force_flush()
        return memory.get_finished_spans()

    yield look
    tracing.stop()
    _forget()


def _forget() -> None:
    for cached in (settings, tracing.provider, tracing._tracer):
        cached.cache_clear()


@pytest.fixture
def untraced(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.delenv("ALRIM_TRACING", raising=False)
    _forget()
    yield monkeypatch
    _forget()


def speak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Kakao be a vendor that nobody reaches after the departure."""

    def converse(
        messages: Sequence[Message], _credentials: Mapping[str, str], _stamp: Callable[[], Stamp]
    ) -> Conversation:
        departed = yield Depart(tuple(each.id for each in messages))
        said = yield HttpRequest(
            "POST", f"http://127.0.0.1:{free_port()}/{PHONE}", {}, PHONE.encode(), delivers=True, pooled=False
        )
        assert isinstance(said, Silence)
        outcomes: Outcomes = {each: Unknown(said.code) for each in departed}
        return outcomes

    monkeypatch.setitem(VENDORS, Channel.KAKAO, replace(VENDORS[Channel.KAKAO], converse=converse))


def heard() -> dict[str, Any]:
    """The headers of the next message for Kakao."""
    with (
        celery.connection_for_read() as connection,
        connection.SimpleQueue(str(Queue.SEND_KAKAO_URGENT)) as queue,
    ):
        message = queue.get(timeout=5)
        message.ack()
        headers: dict[str, Any] = message.headers
        return headers


def accepted_by(app: FastAPI, ring: Ring) -> None:
    @app.post("/send/{channel}")
    async def send(channel: str) -> str:
        assert Bell().ring([ring._replace(trace=tracing.traceparent())])
        return channel

    browser = Browser(app)
    try:
        assert browser.request("POST", "/send/kakao?to=" + PHONE, headers={"traceparent": CALLER}).is_success
    finally:
        browser.close()


@pytest.mark.store
@pytest.mark.usefixtures("database")
def test_from_the_request_to_the_providers_answer(
    taken: Callable[[], Sequence[ReadableSpan]], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_broker("memory://", monkeypatch)
    speak(monkeypatch)
    connection_id = rows.a_connection(Channel.KAKAO)
    row_id = rows.a_row(State.QUEUED, due=True, channel=Channel.KAKAO, connection_id=connection_id, attempt=0)
    app = FastAPI()
    app.add_middleware(Traced)
    accepted_by(app, Ring(row_id, Channel.KAKAO, Lane.URGENT, connection_id, "r-1"))
    request = {**heard(), "id": str(row_id)}
    task = SimpleNamespace(request=_Context(request))
    try:
        _run(cast("Task[Any, Any]", task), Channel.KAKAO, [str(row_id)])
    except Retry:
        pytest.fail("it is unknown, and nothing is tried again")
    call, deliver, asked = _named(taken(), "provider call", "deliver", "POST /send/{channel}")
    assert {each.context.trace_id for each in (call, deliver, asked)} == {int(CALLER.split("-")[1], 16)}
    assert [_parent(each) for each in (call, deliver)] == [deliver.context.span_id, asked.context.span_id]
    assert [each.kind for each in (call, deliver, asked)] == [SpanKind.CLIENT, SpanKind.CONSUMER, SpanKind.SERVER]
    assert dict(deliver.attributes or {}) == {
        "alrim.channel": "kakao",
        "alrim.task_id": str(row_id),
        "alrim.notifications": 1,
        "alrim.unknown": 1,
    }
    assert (asked.attributes or {})["http.route"] == "/send/{channel}"
    assert all(PHONE not in each.to_json() for each in taken())


class _Context(dict[str, Any]):
    """What a task sees of its message."""

    @property
    def id(self) -> str:
        return str(self["id"])


def _parent(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id


def _named(spans: Sequence[ReadableSpan], *names: str) -> list[ReadableSpan]:
    by_name = {each.name: each for each in spans}
    return [by_name[name] for name in names]


def test_what_goes_wrong_is_not_told_in_words(taken: Callable[[], Sequence[ReadableSpan]]) -> None:
    with pytest.raises(ValueError, match=PHONE), tracing.span("deliver", SpanKind.CONSUMER, {}):
        raise ValueError(PHONE)
    [span] = taken()
    assert PHONE not in span.to_json()


def test_nothing_is_traced_unless_somebody_wants_it(untraced: pytest.MonkeyPatch) -> None:
    del untraced
    tracing.check()
    assert tracing.provider() is None
    with tracing.span("deliver", SpanKind.CONSUMER, {}) as span:
        assert not span.is_recording()
        assert tracing.traceparent() is None


def test_an_exporter_that_is_not_installed_is_said_at_the_start(untraced: pytest.MonkeyPatch) -> None:
    untraced.setenv("ALRIM_TRACING", "true")
    untraced.setenv("OTEL_TRACES_EXPORTER", "nobody")
    with pytest.raises(SettingsError, match=r"no exporter nobody; install requirements/tracing\.txt"):
        tracing.check()
    untraced.setenv("OTEL_TRACES_EXPORTER", "console")
    tracing.check()
