"""Log records through `logs.ship` to MariaDB, and on to S3, their workers killed again and again: each is there once.

`PROVE_RECORDS` and `PROVE_KILLS` make it long (`make prove-shipping`); the suite runs a fiftieth of it.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from redis import Redis
from typing_extensions import override

from config.log_vocabulary import LogEvent
from config.vocabulary import CONSUMES, Process
from models.archive_text import unpack
from models.types import new_id, utc_now
from tests.broker import use_broker
from tests.flows.conftest import private_broker
from tests.flows.shelf import Shelf
from tests.flows.stack import PYTHON, ROOT, Stack, wait_for
from tests.flows.test_log_shipping import speaking
from tests.rows import id_at
from tests.servers.mariadb import Mariadb
from tests.servers.redis import RedisServer
from workers import log_copies
from workers.log_buffer import BATCH_RECORDS
from workers.log_post import LogPost
from workers.log_record import Detail, LogRecord

FEW = 20_000
RECORDS = int(os.environ.get("PROVE_RECORDS", FEW))
KILLS = int(os.environ.get("PROVE_KILLS", "2"))
LONGEST = 60 + RECORDS / 500

pytestmark = [pytest.mark.flow, pytest.mark.timeout(60 + 2 * LONGEST)]

MADE = utc_now() - timedelta(days=2)
"""Long enough ago to be archived, where records stay hot for a day."""
ACCOUNTS = [new_id() for _ in range(20)]
DETAIL: Detail = {
    "method": "POST",
    "path": "/api/services/solapi/send",
    "status": 202,
    "code": None,
    "ms": 4.2,
    "client": "10.",
}


class Bulk(Stack):
    """Each of the two workers by itself, as in production: one is killed, the other calls again for what it held."""

    @override
    def commands(self) -> dict[str, list[str]]:
        celery = [PYTHON, "-m", "celery", "-A", "workers.celery_app:app", "worker"]
        workers = {
            str(process): [*celery, "-n", f"{process}@test", "-c", slots, "-Q", ",".join(CONSUMES[process])]
            for process, slots in ((Process.WORKER, "1"), (Process.WORKER_BULK, "4"))
        }
        return {**super().commands(), **workers}


class Publisher(Thread):
    """Publishes batch after batch, no faster than the queue's bound lets it."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.ids: list[bytes] = []

    @override
    def run(self) -> None:
        post = LogPost()
        while len(self.ids) < RECORDS:
            batch = [a_record(number) for number in range(min(BATCH_RECORDS, RECORDS - len(self.ids)))]
            wire = [record.wire() for record in batch]
            while not post.ship(wire):
                time.sleep(0.05)
            self.ids += [record.id.bytes for record in batch]
        post.close()


def a_record(number: int) -> LogRecord:
    about = (ACCOUNTS[number % len(ACCOUNTS)], f"r-{number}", None)
    return LogRecord(id_at(MADE), LogEvent.REQUEST_SERVED, MADE, *about, DETAIL)


@pytest.fixture
def shipping(
    tmp_path_factory: pytest.TempPathFactory,
    redis_server: RedisServer,
    mariadb: Mariadb,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bulk]:
    directory: Path = tmp_path_factory.mktemp("kills")
    database = Mariadb(mariadb.binary, tmp_path_factory.mktemp("m"), ["--innodb-buffer-pool-size=512M"])
    database.start()
    with private_broker(redis_server, tmp_path_factory.mktemp("b")) as broker:
        use_broker(broker.url, monkeypatch)
        stack = Bulk(directory, database.fresh_database(), broker.url, {"ALRIM_LEASE_SECONDS": "10"})
        try:
            stack.start("sandbox", "beat", "worker", "worker_bulk")
            yield stack
        finally:
            stack.stop()
            database.stop()


def stored(stack: Stack) -> list[bytes]:
    with speaking(stack) as cursor:
        cursor.execute("SELECT id FROM log_records")
        return [row_id for (row_id,) in cursor.fetchall()]


def counted(stack: Stack) -> int:
    with speaking(stack) as cursor:
        cursor.execute("SELECT COUNT(*) FROM log_records")
        found = cursor.fetchone()
    return int(found[0]) if found else 0


def test_each_record_is_there_once_however_often_its_worker_is_killed(shipping: Bulk, bucket: Shelf) -> None:
    begun = time.monotonic()
    publisher, held = Publisher(), list[int]()
    publisher.start()
    with Redis.from_url(shipping.broker_url) as broker:

        def is_time() -> bool:
            """It has taken its part of them, and has batches in its hands."""
            done = len(publisher.ids) - int(broker.hlen(log_copies.BATCHES)) * BATCH_RECORDS
            has = len(list(broker.scan_iter(log_copies.HELD.format("*"))))
            due = has > 0 and done >= RECORDS * (len(held) + 1) / (KILLS + 2)
            held.extend([has] * due)
            return due

        for _ in range(KILLS):
            wait_for("the next kill", is_time, LONGEST)
            shipping.kill("worker_bulk")
            shipping.launch("worker_bulk")
    publisher.join(LONGEST)
    wait_for("all of them", lambda: counted(shipping) >= RECORDS, LONGEST)
    took = time.monotonic() - begun
    found = stored(shipping)
    sys.stdout.write(
        f"{len(publisher.ids):,} records through logs.ship to MariaDB in {took:.0f} s, "
        f"{RECORDS / took:,.0f} a second, worker killed {len(held)} times with {sum(held)} batches in its hands: "
        f"{len(found):,} stored, {len(set(publisher.ids) - set(found))} missing, {len(found) - len(set(found))} twice\n"
    )
    assert len(publisher.ids) == RECORDS
    assert sorted(found) == sorted(publisher.ids)
    died, archived = archive(shipping, bucket)
    sys.stdout.write(
        f"and on to S3, the worker killed {died} times: {len(archived):,} archived, {counted(shipping)} in MariaDB, "
        f"{len(set(publisher.ids) - set(archived))} missing, {len(archived) - len(set(archived))} twice\n"
    )
    assert (sorted(archived), counted(shipping)) == (sorted(publisher.ids), 0)


def archive(stack: Stack, bucket: Shelf) -> tuple[int, list[bytes]]:
    """Have it archived by workers that die at each of their steps; how many did, and the ids of what is there."""
    asked = {"days": [1], "most_records": 20_000, "look": False, "every": 4 if RECORDS == FEW else 1}
    done = subprocess.run(
        [PYTHON, "-m", "tests.flows.archiving"],
        cwd=ROOT,
        env={**stack.environment, **bucket.settings},
        input=json.dumps(asked).encode(),
        capture_output=True,
        check=False,
        timeout=LONGEST,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    objects = bucket.objects().values()
    return sum(json.loads(done.stderr)["died"].values()), [line.id.bytes for each in objects for line in unpack(each)]
