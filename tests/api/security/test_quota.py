"""Quotas over a real Redis, and each process's share of them without one."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any
from uuid import UUID

import pytest

from api.errors import ApiError, Code
from api.security.quota import Quota, Room, Share, headers_of
from config.settings import settings
from models.types import new_id

ACCOUNT, KEY, OTHER = new_id(), new_id(), new_id()
Limit = Callable[..., None]


@pytest.fixture(autouse=True)
def limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Limit]:
    """Set limits by name, for this installation without a Redis of its own."""

    def to(**limits: float) -> None:
        for name, value in limits.items():
            monkeypatch.setenv(f"ALRIM_{name.upper()}", str(value))
        settings.cache_clear()

    monkeypatch.setenv("ALRIM_ENV", "test")
    monkeypatch.setenv("ALRIM_BROKER_URL", "amqp://nobody")
    settings.cache_clear()
    yield to
    settings.cache_clear()


def together(quota: Quota, *asked: Coroutine[Any, Any, Any]) -> list[Any]:
    """What became of each, asked one after the other."""

    async def run() -> list[Any]:
        said = []
        for each in asked:
            try:
                said.append(await each)
            except ApiError as error:
                said.append(error)
        await quota.close()
        return said

    return asyncio.run(run())


def codes(said: list[Any]) -> list[Code | None]:
    return [each.code if isinstance(each, ApiError) else None for each in said]


def requests(quota: Quota, number: int, key: UUID = KEY) -> list[Coroutine[Any, Any, Room | None]]:
    return [quota.request(key, ACCOUNT) for _ in range(number)]


def test_without_limits_nothing_is_counted(limit: Limit) -> None:
    limit()
    quota = Quota()
    assert together(quota, *requests(quota, 3), quota.messages(KEY, ACCOUNT, 10_000)) == [None] * 4


@pytest.mark.flow
def test_a_second_has_so_many_requests_of_a_key_and_of_its_account(limit: Limit, redis_url: str) -> None:
    limit(key_requests_per_second=3, account_requests_per_second=5)
    quota = Quota(redis_url)
    said = together(quota, *requests(quota, 4), *requests(quota, 4, OTHER))
    many = Code.TOO_MANY_REQUESTS
    assert codes(said) == [None, None, None, many, None, None, many, many]
    assert [each.left for each in said[:3]] == [2, 1, 0]
    assert said[3].headers["Retry-After"] == "1"
    assert said[3].headers["RateLimit-Remaining"] == "0"


@pytest.mark.flow
def test_room_comes_back(limit: Limit, redis_url: str) -> None:
    limit(key_requests_per_second=20)
    quota = Quota(redis_url)

    async def wait() -> None:
        await asyncio.sleep(0.3)

    said = together(quota, *requests(quota, 25), wait(), *requests(quota, 4))
    assert sum(isinstance(each, ApiError) for each in said[:25]) in range(1, 6)
    assert codes(said[26:]) == [None] * 4


@pytest.mark.flow
def test_two_processes_share_one_limit(limit: Limit, redis_url: str) -> None:
    limit(key_requests_per_second=4)
    first, second = Quota(redis_url), Quota(redis_url)
    said = together(first, *requests(first, 3)) + together(second, *requests(second, 3))
    assert codes(said) == [None] * 4 + [Code.TOO_MANY_REQUESTS] * 2


@pytest.mark.flow
def test_a_day_has_so_many_messages(limit: Limit, redis_url: str) -> None:
    limit(key_messages_per_day=10, account_messages_per_day=15)
    quota = Quota(redis_url)
    taken = [quota.messages(KEY, ACCOUNT, number) for number in (8, 3, -1, 3, 1)]
    said = together(quota, *taken, *(quota.messages(OTHER, ACCOUNT, number) for number in (6, 5)))
    spent = Code.DAY_SPENT
    assert codes(said) == [None, spent, None, None, spent, spent, None]
    assert 0 < int(said[1].headers["Retry-After"]) <= 86_400


def test_without_redis_each_process_keeps_to_its_share(limit: Limit) -> None:
    """Never open: half of the limit each, where two processes serve."""
    limit(key_requests_per_second=8, key_messages_per_day=10)
    quota = Quota()
    said = together(quota, *requests(quota, 6), *(quota.messages(KEY, ACCOUNT, 1) for _ in range(7)))
    many, spent = Code.TOO_MANY_REQUESTS, Code.DAY_SPENT
    assert codes(said) == [None] * 4 + [many] * 2 + [None] * 5 + [spent] * 2


@pytest.mark.store
def test_a_redis_that_is_away_is_not_asked_at_every_request(limit: Limit) -> None:
    limit(key_requests_per_second=8)
    quota = Quota("redis://127.0.0.1:9/0")
    assert codes(together(quota, *requests(quota, 5))) == [None] * 4 + [Code.TOO_MANY_REQUESTS]


def test_a_share_forgets_what_is_over() -> None:
    share = Share()
    assert share.request([("a", 2.0)], 100.0) == (True, 1, 0.5)
    assert share.request([("a", 2.0), ("b", 0)], 100.0)[:2] == (True, 0)
    taken, _, wait = share.request([("a", 2.0)], 100.0)
    assert (taken, wait) == (False, 0.5)
    assert share.request([("b", 2.0)], 200.0)[0]
    assert set(share.due) == {"b"}
    assert share.messages([("a", 2)], 2, "monday")
    assert not share.messages([("a", 2)], 1, "monday")
    assert share.messages([("a", 2)], 1, "tuesday")


def test_what_is_left_is_said_in_whole_numbers() -> None:
    assert headers_of(Room(100, 99, 0.01)) == {
        "RateLimit-Limit": "100",
        "RateLimit-Remaining": "99",
        "RateLimit-Reset": "1",
    }
