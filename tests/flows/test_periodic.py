"""Periodic jobs with two beats and two workers: every slot once. `make prove-beats` looks for ten minutes."""

import os
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from sqlalchemy import create_engine, text

from config.vocabulary import Job
from tests.flows.conftest import installed
from tests.flows.stack import Stack, wait_for
from tests.servers.redis import RedisServer

SECONDS = int(os.environ.get("PROVE_SECONDS", "0"))
pytestmark = [pytest.mark.flow, pytest.mark.timeout(SECONDS + 180)]


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

    def portions() -> int:
        logs = b"".join(doubled.log(name) for name in ("worker", "worker2"))
        return logs.count(b'"job.portion"')

    wait_for("every job", lambda: {name for name, _, _ in runs()} == set(Job), 60)
    time.sleep(SECONDS)
    # One of each: nothing is long enough for a second portion, and nobody begins a slot that somebody has begun.
    wait_for("a portion for each slot, and no other", lambda: portions() == len(runs()), 10)
    done = runs()
    engine.dispose()
    print(f"slots run: {dict(Counter(name for name, _, _ in done))}")  # noqa: T201 - a proof is read
    assert max(Counter((name, slot) for name, slot, _ in done).values()) == 1
    assert {turn for _, _, turn in done} == {1}
