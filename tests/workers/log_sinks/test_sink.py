"""A sink that is away is tried seldom, and the sink of every setting gets what it takes."""

import time

import pytest

from config.settings import settings
from tests.servers.moto import MotoServer
from tests.workers.log_sinks.records import a_record
from workers.log_sinks import sink
from workers.log_sinks.left import Left
from workers.log_sinks.sink import Rest


def test_each_rest_is_twice_as_long_and_a_success_ends_it() -> None:
    clock = [100.0]
    rest = Rest(lambda: clock[0])
    lengths = []
    for _ in range(6):
        rest.note(took=False)
        begun = clock[0]
        while not rest.is_over:
            clock[0] += 1
        lengths.append(clock[0] - begun)
    assert lengths == [10, 20, 40, 80, 160, 160]
    rest.note(took=True)
    rest.note(took=False)
    clock[0] += 10
    assert rest.is_over


def test_the_first_try_needs_no_rest_before_it() -> None:
    rest = Rest(lambda: 0.0)
    assert rest.is_over
    rest.note(took=False)
    rest.note(took=True)
    assert rest.is_over


def choose(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("ALRIM_LOG_SINK", name)
    settings.cache_clear()


@pytest.mark.usefixtures("unsaid")
def test_the_database_takes_all_and_none_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    records = [a_record()]
    choose(monkeypatch, "database")
    assert sink.offer(records) == Left(kept=records)
    choose(monkeypatch, "none")
    assert sink.offer(records) == Left()


@pytest.mark.flow
@pytest.mark.parametrize("name", ["cloudwatch", "dynamodb"])
def test_a_sink_that_is_away_rests_and_is_tried_by_who_insists(
    cloud: MotoServer, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    choose(monkeypatch, name)
    records = [a_record()]
    cloud.kill()
    assert sink.offer(records).code == "EndpointConnectionError"
    begun = time.monotonic()
    assert sink.offer(records) == Left(waiting=records, code="resting")
    assert time.monotonic() - begun < 0.05
    cloud.start()
    assert sink.offer(records).code == "resting"
    assert not sink.insist(records).waiting
    assert not sink.offer(records).waiting
