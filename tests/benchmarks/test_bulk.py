"""Batches: the same code as for a million rows, on a few thousand."""

import pytest

from benchmarks import bulk
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
