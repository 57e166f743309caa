"""Memory under load: the same code as for an hour, in ten seconds."""

import pytest

from benchmarks import memory
from benchmarks.ground import Ground
from tests.servers.mariadb import Mariadb
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.flow


@pytest.fixture(autouse=True)
def _servers(mariadb: Mariadb, redis_server: RedisServer) -> None:
    # The servers of the session are not used; asking for them says what could not be covered.
    assert mariadb.port != redis_server.port


def test_every_process_is_looked_at_ten_times() -> None:
    with Ground() as ground:
        [figure] = memory.measure(ground, 1, 10).values()
    assert {"web", "worker", "beat", "web, child 3", "worker, child 4"} <= set(figure.values)
    assert all(len(sizes) == memory.LOOKS and min(sizes) > 5 for sizes in figure.values.values())
    assert "messages came to the provider" in figure.table()
