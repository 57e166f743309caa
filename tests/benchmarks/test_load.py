"""The measurements' own caller and provider: what they count is what happened."""

from collections.abc import Iterator

import pytest

from benchmarks.accept import CONTENT, PATH
from benchmarks.ground import Ground, Installation, load
from tests.servers.mariadb import Mariadb
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.flow


@pytest.fixture
def stack(mariadb: Mariadb, redis_server: RedisServer) -> Iterator[Installation]:
    # The servers of the session are not used; asking for them says what could not be covered.
    assert mariadb.port != redis_server.port
    with Ground() as ground:
        yield ground.stack()


def test_what_was_accepted_comes_to_the_provider_once(stack: Installation) -> None:
    with stack.providing(5), stack.serving(processes=1) as client, stack.working("send.solapi.normal", "-c", "2"):
        seen = load(client, PATH, [CONTENT], connections=4, most=60, seconds=30)
        assert seen.statuses == {"202": 60}
        assert len(seen.latencies) == 60
        idle = load(client, PATH, [CONTENT], connections=1, most=5, seconds=30, gap=0.05)
        stack.wait_for_count(65)
        came = stack.seen()
        assert set(idle.left) <= set(came)
        assert all(0 < came[each] - left < 10 for each, left in idle.left.items())
        stack.forget()
        assert stack.count() == 0
