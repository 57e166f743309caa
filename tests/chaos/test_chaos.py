"""The short run: the whole of `make chaos` in small, on both brokers, with the promise as its assertion."""

import pytest

from tests.chaos.cast import LEASE
from tests.chaos.run import Order, run
from tests.chaos.schedule import kills_in, plan

MESSAGES = 300
KILLS = 12
SECONDS = 36.0


def test_it_kills_often_enough() -> None:
    assert 2 * kills_in(plan(1, KILLS, SECONDS)) >= 20


@pytest.mark.flow
@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("broker", "fixture"), [("redis", "redis_server"), ("rabbitmq", "rabbitmq")])
def test_nothing_is_lost_and_nothing_comes_twice(broker: str, fixture: str, request: pytest.FixtureRequest) -> None:
    # The servers of the session are not used; asking for them says what could not be covered.
    request.getfixturevalue("mariadb")
    request.getfixturevalue(fixture)
    assert run(Order(broker, MESSAGES, 1, KILLS, SECONDS, LEASE)) == []
