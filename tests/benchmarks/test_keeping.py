"""Retention under load: the same code as for a million rows, with twenty thousand."""

import pytest

from benchmarks import keeping
from benchmarks.ground import Ground
from tests.servers.mariadb import Mariadb
from tests.servers.redis import RedisServer

pytestmark = [pytest.mark.flow, pytest.mark.timeout(300)]


@pytest.fixture(autouse=True)
def _servers(mariadb: Mariadb, redis_server: RedisServer) -> None:
    # The servers of the session are not used; asking for them says what could not be covered.
    assert mariadb.port != redis_server.port


def test_old_rows_go_while_everything_is_accepted() -> None:
    with Ground() as ground:
        [figure] = keeping.measure(ground, 1, 3, rows=20_000).values()
    assert {keeping.WITHOUT, keeping.WITH} == set(figure.values)
    assert "both were over after" in figure.table()
