"""The same rule in Redis and in one process: never more than the rate, whoever asks and however often."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis import Redis
from structlog.testing import capture_logs

from config.limits import Day, Limit
from models.types import new_id
from tests.servers.redis import RedisServer
from workers import pace
from workers.pace import Bucket, Go, Later, Pace, Spent

FREE = Limit(0, 0, Day.KOREAN)
NOON = 1_795_500_000.0 // 86_400 * 86_400 + 3 * 3600  # 12:00 in Korea
HOUR = 3600.0


def test_no_limit_asks_nobody() -> None:
    assert Pace("redis://127.0.0.1:1", 8).take(new_id(), FREE, 1000, 1000) == Go(0)


@given(
    st.floats(min_value=0.5, max_value=50),
    st.lists(st.tuples(st.integers(min_value=1, max_value=20), st.floats(min_value=0, max_value=3)), max_size=60),
)
def test_no_window_sees_more_than_the_rate(rate: float, asked: list[tuple[int, float]]) -> None:
    bucket, now = Bucket(), NOON
    left: list[tuple[float, int]] = []
    for messages, pause in asked:
        now += pause
        verdict = bucket.take(Limit(rate, 0, Day.KOREAN), messages, messages, now)
        if isinstance(verdict, Go):
            assert verdict.seconds <= pace.PATIENCE
            left.append((now + verdict.seconds, messages))
    for start, (begin, _) in enumerate(left):
        for end, (finish, _) in enumerate(left[start:], start):
            # The last batch of a window is paid for by the rest after it.
            before = sum(messages for _, messages in left[start:end])
            assert before <= rate * (finish - begin + pace.BURST) + 1e-3


def test_a_batch_passes_whole_after_a_rest_and_the_next_waits_for_as_long() -> None:
    bucket, limit = Bucket(), Limit(100, 0, Day.KOREAN)
    assert bucket.take(limit, 1000, 1000, NOON) == Go(0)
    assert bucket.take(limit, 1, 1, NOON) == Later(9)
    assert bucket.take(limit, 1, 1, NOON + 7) == Go(2)


@pytest.mark.parametrize(
    ("day", "after", "again"),
    [
        (Day.KOREAN, 0, Spent(12 * HOUR)),
        (Day.KOREAN, 11 * HOUR, Spent(HOUR)),
        (Day.KOREAN, 12 * HOUR, Go(0)),
        (Day.ROLLING, 12 * HOUR, Spent(13 * HOUR)),
        (Day.ROLLING, 24 * HOUR, Spent(HOUR)),
        (Day.ROLLING, 25 * HOUR, Go(0)),
    ],
)
def test_a_day_fills_again(day: Day, after: float, again: object) -> None:
    bucket, limit = Bucket(), Limit(0, 10, day)
    assert bucket.take(limit, 1, 10, NOON) == Go(0)
    assert bucket.take(limit, 1, 1, NOON + after) == again


def test_a_message_to_more_than_a_days_quota_leaves_alone() -> None:
    bucket, limit = Bucket(), Limit(0, 10, Day.ROLLING)
    assert bucket.take(limit, 1, 50, NOON) == Go(0)
    assert isinstance(bucket.take(limit, 1, 1, NOON), Spent)


@pytest.fixture
def shared(redis_url: str) -> Callable[[], Pace]:
    """As many processes as one likes on one Redis."""
    return lambda: Pace(redis_url, 8)


@pytest.mark.parametrize("limit", [Limit(0.7, 0, Day.KOREAN), Limit(0, 5, Day.KOREAN), Limit(0.7, 5, Day.ROLLING)])
def test_redis_and_the_process_follow_one_rule(limit: Limit, shared: Callable[[], Pace]) -> None:
    connection, bucket = new_id(), Bucket()
    paces = [shared(), shared()]
    start = time.time()
    for turn in range(6):
        said = paces[turn % 2].take(connection, limit, 1, 2)
        expected = bucket.take(limit, 1, 2, start)
        assert type(said) is type(expected)
        assert said.seconds == pytest.approx(expected.seconds, abs=1)


def test_many_at_once_get_each_their_own_slot(shared: Callable[[], Pace]) -> None:
    limit, connection, began = Limit(10, 0, Day.KOREAN), new_id(), time.monotonic()
    with ThreadPoolExecutor(max_workers=8) as pool:
        said = list(pool.map(lambda _: shared().take(connection, limit, 1, 1), range(80)))
    slots = sorted(each.seconds for each in said if isinstance(each, Go))
    # A burst of a second, two seconds within reach, the one that is due now, and those that came due meanwhile.
    assert 30 <= len(slots) <= 31 + 10 * (time.monotonic() - began)
    assert sum(isinstance(each, Later) for each in said) == 80 - len(slots)
    assert all(second - first < 0.2 for first, second in pairwise(slots))


def test_what_is_refused_takes_nothing(shared: Callable[[], Pace]) -> None:
    limit, connection = Limit(1, 0, Day.KOREAN), new_id()
    shared().take(connection, limit, 60, 60)
    waits = [shared().take(connection, limit, 60, 60).seconds for _ in range(20)]
    assert waits == sorted(waits, reverse=True)
    assert waits[0] <= 59


def test_connections_do_not_share(shared: Callable[[], Pace]) -> None:
    limit = Limit(1, 0, Day.KOREAN)
    assert [shared().take(new_id(), limit, 50, 50) for _ in range(2)] == [Go(0), Go(0)]


def test_nothing_is_kept_for_ever(shared: Callable[[], Pace], redis_url: str) -> None:
    shared().take(new_id(), Limit(1, 10, Day.ROLLING), 5, 5)
    with Redis.from_url(redis_url) as client:
        keys = client.keys("alrim:*")
        assert len(keys) == 2
        assert all(0 < client.ttl(key) <= 90_000 for key in keys)


def test_without_redis_each_process_keeps_to_its_share(
    redis_server: RedisServer, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "AWAY_SECONDS", 0.1)
    alone, connection, limit = Pace(redis_url, 4), new_id(), Limit(40, 0, Day.KOREAN)
    assert alone.take(connection, limit, 1, 1) == Go(0)
    redis_server.kill()
    with capture_logs() as events:
        said = [alone.take(connection, limit, 1, 1) for _ in range(200)]
        passed = sum(isinstance(each, Go) for each in said)
        # A fourth of the rate: ten at once, twenty within two seconds.
        assert 30 <= passed <= 40
        redis_server.start()
        time.sleep(0.2)
        assert alone.take(connection, limit, 1, 1) == Go(0)
    assert [event["event"] for event in events] == ["pace.redis_away", "pace.redis_back"]


def test_where_there_is_no_redis_it_says_so_once() -> None:
    with capture_logs() as events:
        alone = Pace(None, 2)
        said = [alone.take(UUID(int=1), Limit(2, 0, Day.KOREAN), 1, 1) for _ in range(9)]
    assert [event["event"] for event in events] == ["pace.local"]
    assert sum(isinstance(each, Go) for each in said) == 4


def test_a_share_that_is_used_up_closes_nothing() -> None:
    alone, limit = Pace(None, 4), Limit(0, 8, Day.KOREAN)
    said = [alone.take(UUID(int=1), limit, 1, 1) for _ in range(3)]
    assert said == [Go(0), Go(0), Later(pace.SHARE_AGAIN)]
