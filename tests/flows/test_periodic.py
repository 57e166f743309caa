"""Periodic jobs with two beats and two workers: every slot once."""

from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from config.vocabulary import Job
from tests.flows.conftest import installed
from tests.flows.stack import Stack, wait_for
from tests.servers.redis import RedisServer

pytestmark = pytest.mark.flow


@pytest.fixture
def doubled(tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer) -> Iterator[Stack]:
    with installed(tmp_path_factory, redis_server, beats=2, workers=2) as stack:
        yield stack


def test_two_beats_and_two_workers_do_every_slot_once(doubled: Stack) -> None:
    engine = create_engine(doubled.database_url)

    def runs() -> list[tuple[str, str, int]]:
        with engine.connect() as connection:
            rows = connection.execute(text("SELECT name, slot, turn FROM runs WHERE ended_at IS NOT NULL"))
            return [tuple(row) for row in rows]

    wait_for("every job", lambda: {name for name, _, _ in runs()} == set(Job), 60)
    engine.dispose()
    assert max(Counter((name, slot) for name, slot, _ in runs()).values()) == 1
    assert {turn for _, _, turn in runs()} == {1}
    portions = [
        line
        for name in ("worker", "worker2")
        for line in doubled.log(name).decode().splitlines()
        if '"job.portion"' in line
    ]
    # One of each: nothing was long enough for a second portion.
    assert len(portions) == len(runs())
