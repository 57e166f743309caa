import asyncio
import math
import threading
import time
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from api import remembered
from api.remembered import Remembered
from api.security import keys
from api.security.keys import KeyFacts
from config.vocabulary import Channel, KeyKind, KeyStatus

KEY, OTHER = "a" * 60, "b" * 60
FACTS = KeyFacts(
    api_key_id=uuid4(),
    account_id=uuid4(),
    email="user@example.com",
    secret=b"secret",
    previous=None,
    kind=KeyKind.LIVE,
    read_only=False,
    channels=frozenset(Channel),
    expires=math.inf,
    legacy_signing=False,
    status=KeyStatus.ACTIVE,
    networks=(),
)


@dataclass
class Database:
    """Knows one key; counts who asks, and answers when it is let."""

    asked: list[str] = field(default_factory=list)
    open: threading.Event = field(default_factory=threading.Event)
    fails: bool = False

    def __call__(self, access_key: str) -> KeyFacts | None:
        self.asked.append(access_key)
        assert self.open.wait(5)
        if self.fails:
            raise ConnectionError
        return FACTS if access_key == KEY else None


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def database() -> Database:
    database = Database()
    database.open.set()
    return database


def test_a_key_and_an_unknown_one_are_asked_for_once_a_second(database: Database) -> None:
    clock = Clock()
    cache = Remembered(database, clock)

    async def ask() -> None:
        for _ in range(3):
            assert await cache.find(KEY) is FACTS
            assert await cache.find(OTHER) is None

    asyncio.run(ask())
    assert database.asked == [KEY, OTHER]
    clock.now += 0.99
    asyncio.run(ask())
    assert len(database.asked) == 2
    clock.now += 0.8
    asyncio.run(ask())
    assert len(database.asked) == 4


def test_an_old_answer_counts_while_it_is_asked_anew(database: Database) -> None:
    clock = Clock()
    cache = Remembered(database, clock)

    async def scene() -> None:
        await cache.find(KEY)
        clock.now += 1.2
        database.open.clear()
        for _ in range(3):
            assert await cache.find(KEY) is FACTS
            await asyncio.sleep(0.01)
        assert database.asked == [KEY, KEY]
        database.open.set()
        await asyncio.gather(*cache._asking.values())
        clock.now += 0.9
        await cache.find(KEY)
        assert database.asked == [KEY, KEY]

    asyncio.run(scene())


def test_a_failure_behind_the_back_is_nobodys_until_the_answer_is_too_old(database: Database) -> None:
    clock = Clock()
    cache = Remembered(database, clock)

    async def scene() -> None:
        await cache.find(KEY)
        database.fails = True
        clock.now += 1.2
        assert await cache.find(KEY) is FACTS
        await asyncio.gather(*cache._asking.values(), return_exceptions=True)
        assert await cache.find(KEY) is FACTS
        clock.now += 0.6
        with pytest.raises(ConnectionError):
            await cache.find(KEY)

    asyncio.run(scene())


def test_an_answer_is_as_old_as_its_question() -> None:
    clock = Clock()

    def slow(_access_key: str) -> KeyFacts:
        clock.now += 3
        return FACTS

    cache = Remembered(slow, clock)
    asyncio.run(cache.find(KEY))
    asyncio.run(cache.find(KEY))
    assert clock.now == 106


@pytest.mark.parametrize("access_key", ["", "a" * 59, "a" * 61, "G" * 60, "é" * 60, "' OR 1=1 --", "a" * 59 + "\n"])
def test_what_cannot_be_a_key_asks_nobody(access_key: str) -> None:
    # Nobody has said where the database is, so a question would fail.
    keys._remembered.cache_clear()
    assert asyncio.run(keys.find_key(access_key)) is None


def test_concurrent_misses_share_a_query_and_the_loop_goes_on(database: Database) -> None:
    database.open.clear()

    async def scene() -> list[KeyFacts | None]:
        cache = Remembered(database)
        waiting = [asyncio.ensure_future(cache.find(KEY)) for _ in range(20)]
        began = time.monotonic()
        for _ in range(5):
            await asyncio.sleep(0.005)
        assert time.monotonic() - began < 1
        assert not any(each.done() for each in waiting)
        database.open.set()
        return await asyncio.gather(*waiting)

    assert asyncio.run(scene()) == [FACTS] * 20
    assert database.asked == [KEY]


def test_one_who_goes_away_does_not_take_the_answer_with_him(database: Database) -> None:
    database.open.clear()

    async def scene() -> KeyFacts | None:
        cache = Remembered(database)
        first, second = (asyncio.ensure_future(cache.find(KEY)) for _ in range(2))
        await asyncio.sleep(0.01)
        first.cancel()
        database.open.set()
        assert await second is FACTS
        return await cache.find(KEY)

    assert asyncio.run(scene()) is FACTS
    assert database.asked == [KEY]


def test_a_failure_reaches_all_who_wait_and_is_not_remembered(database: Database) -> None:
    database.fails = True

    async def scene() -> KeyFacts | None:
        cache = Remembered(database)
        answers = await asyncio.gather(*(cache.find(KEY) for _ in range(3)), return_exceptions=True)
        assert [type(each) for each in answers] == [ConnectionError] * 3
        database.fails = False
        return await cache.find(KEY)

    assert asyncio.run(scene()) is FACTS
    assert database.asked == [KEY, KEY]


def test_the_memory_is_bounded(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_REMEMBERED", 3)
    cache = Remembered(database)

    async def scene() -> None:
        for number in range(10):
            await cache.find(f"{number:060x}")

    asyncio.run(scene())
    assert len(cache._known) == 3


def test_facts_show_neither_the_secret_nor_the_address() -> None:
    assert "secret" not in repr(FACTS).replace("secret=", "")
    assert "user@" not in repr(FACTS)
