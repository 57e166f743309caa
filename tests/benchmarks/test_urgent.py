"""One-time codes beside a campaign: the same code as for a million rows, on a few thousand."""

import pytest

from benchmarks import urgent
from benchmarks.ground import Ground
from tests.servers.mariadb import Mariadb
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.flow


@pytest.fixture(autouse=True)
def _servers(mariadb: Mariadb, redis_server: RedisServer) -> None:
    # The servers of the session are not used; asking for them says what could not be covered.
    assert mariadb.port != redis_server.port


def test_codes_come_to_the_provider_beside_a_campaign(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(urgent, "SAMPLES", 10)
    with Ground() as ground:
        figures = urgent.measure(ground, 1, 0, rows=2000)
    median, slowest = figures["urgent_p50"], figures["urgent_p99"]
    assert set(median.values) == {urgent.ALONE, "beside 2,000 bulk rows"}
    assert all(50 < median.median(name) <= slowest.median(name) for name in median.values)
