"""Batches, one-time codes beside them, and memory: the same code as for a million rows, on a few thousand."""

import pytest

from benchmarks import bulk, memory, urgent
from benchmarks.ground import Ground
from tests.servers.mariadb import Mariadb
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.flow


@pytest.fixture(autouse=True)
def _servers(mariadb: Mariadb, redis_server: RedisServer) -> None:
    # The servers of the session are not used; asking for them says what could not be covered.
    assert mariadb.port != redis_server.port


def test_batches_are_accepted_uploaded_and_sent() -> None:
    with Ground() as ground:
        figures = bulk.measure(ground, 1, 0.5, rows=2000, a_call=100)
    assert figures["bulk_rate"].ratio(bulk.EACH) > 1
    assert 0 < figures["upload_seconds"].median(bulk.UPLOAD) < 30
    assert figures["upload_memory"].median(bulk.UPLOAD) < 150
    assert figures["bulk_to_provider"].median(bulk.OURS) > 50


def test_codes_come_to_the_provider_beside_a_campaign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urgent, "SAMPLES", 10)
    with Ground() as ground:
        figures = urgent.measure(ground, 1, 0, rows=2000)
    median, slowest = figures["urgent_p50"], figures["urgent_p99"]
    assert set(median.values) == {urgent.ALONE, "beside 2,000 bulk rows"}
    assert all(50 < median.median(name) <= slowest.median(name) for name in median.values)


def test_every_process_is_looked_at_ten_times() -> None:
    with Ground() as ground:
        [figure] = memory.measure(ground, 1, 10).values()
    assert {"web", "worker", "beat", "worker, largest child of 4"} <= set(figure.values)
    assert all(len(sizes) == memory.LOOKS and min(sizes) > 10 for sizes in figure.values.values())
    assert "messages came to the provider" in figure.table()
