"""Real workers on real brokers: hearing, busy, cut off, deaf, stuck, stopped."""

import json
import os
import shutil
import signal
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from kombu import Connection, Queue
from typing_extensions import override

from config.settings import settings
from tests.flows.stack import PYTHON, Stack, wait_for
from tests.servers.process import free_port
from tests.workers.quick_worker import QUICK
from workers.celery_app import configuration
from workers.health import ask
from workers.pulse import Sender

SLOTS = 2
ON_ONE = pytest.mark.parametrize("broker_url", ["redis"], indirect=True)
"""Where the broker's kind makes no difference."""
pytestmark = [pytest.mark.flow, pytest.mark.long, pytest.mark.timeout(300)]


class OneWorker(Stack):
    """A worker alone; the quick one of these tests unless the product's own is asked for."""

    module = "tests.workers.quick_worker"

    @override
    def commands(self) -> dict[str, list[str]]:
        command = [PYTHON, "-m", "celery", "-A", f"{self.module}:app", "worker", "-n", "worker@test"]
        return {"worker": [*command, "-c", str(SLOTS), "-Q", "periodic,receipts"]}

    def health(self) -> tuple[int, dict[str, Any]]:
        status, said = ask(self.directory / "health.worker.sock")
        return status, json.loads(said) if status else {"status": said}

    def wait_for(self, word: str, seconds: float = 90) -> None:
        wait_for(word, lambda: self.health()[1]["status"] == word, seconds)

    def run(self) -> None:
        self.launch("worker")
        self.wait_for("ok")

    @property
    def pid(self) -> int:
        return self.processes["worker"].pid

    def children(self) -> list[Path]:
        words = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [Path("/proc") / word for word in words]

    def exit_status(self) -> int:
        return self.processes["worker"].wait(timeout=90)

    def events(self, name: str) -> int:
        return self.log("worker").count(f'"{name}"'.encode())


@pytest.fixture
def worker(tmp_path: Path, broker_url: str) -> Iterator[OneWorker]:
    # A task may take 12 s: longer than the naps here, and no longer than a test wants to wait.
    stack = OneWorker(tmp_path, f"sqlite:///{tmp_path}/alrim.db", broker_url, {"ALRIM_LEASE_SECONDS": "15"})
    yield stack
    stack.stop()


@pytest.fixture
def sender(broker_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Celery]:
    monkeypatch.setenv("ALRIM_BROKER_URL", broker_url)
    settings.cache_clear()
    with Celery("sender", set_as_current=False) as app:
        app.conf.update(configuration())
        yield app
    settings.cache_clear()


def nap(sender: Celery, worker: OneWorker, seconds: float, *, begins: bool = True) -> Path:
    """Have a task sleep; wait for its beginning, and return what will be there at its end."""
    began, ended = (worker.directory / f"{uuid.uuid4()}.{word}" for word in ("began", "ended"))
    sender.send_task("nap", args=(seconds, str(began), str(ended)), queue="periodic")
    if begins:
        wait_for("a task's begin", began.exists, 60)
    return ended


@ON_ONE
def test_the_product_s_own_worker_is_well_once_it_runs(worker: OneWorker) -> None:
    worker.module = "workers.celery_app"
    worker.run()
    assert worker.health()[0] == 200
    assert b"worker@test ready." in worker.log("worker")


def test_busy_is_not_deaf(worker: OneWorker, sender: Celery, broker_url: str) -> None:
    """Every slot has a task for longer than silence may last, and as many wait in front of them."""
    worker.run()
    for _ in range(2 * SLOTS):
        nap(sender, worker, QUICK.fresh * 1.5, begins=False)
    answers = []
    end = time.monotonic() + QUICK.fresh * 4
    while time.monotonic() < end:
        answers.append(worker.health())
        time.sleep(0.1)
    assert {said["status"] for _, said in answers} == {"ok"}
    longest = max(said["consumed_seconds_ago"] for _, said in answers)
    # Nothing is read meanwhile, or this proves nothing; RabbitMQ's quorum queues have a credit for each consumer.
    assert longest > QUICK.fresh or broker_url.startswith("amqp")


def test_a_broker_that_forgot_everything_is_consumed_from_again(
    worker: OneWorker, sender: Celery, request: pytest.FixtureRequest, broker_url: str
) -> None:
    worker.run()
    server = request.getfixturevalue("rabbitmq" if broker_url.startswith("amqp") else "redis_server")
    if broker_url.startswith("redis"):
        server.flush()
    server.kill()
    if broker_url.startswith("amqp"):
        shutil.rmtree(server.home / "mnesia")
    worker.wait_for("broker_away")
    time.sleep(QUICK.give_up + 1)
    assert worker.health()[0] == 503, "away is not deaf, however long"
    server.start()
    worker.wait_for("ok")
    nap(sender, worker, 0)
    assert worker.processes["worker"].poll() is None, "without a restart"
    assert worker.events("worker.deaf") == 0


def test_a_deaf_worker_says_so_once_finishes_what_it_does_and_leaves(worker: OneWorker, sender: Celery) -> None:
    worker.run()
    ended = nap(sender, worker, QUICK.give_up + 4)
    sender.control.broadcast("deafen")
    worker.wait_for("deaf")
    assert worker.health()[0] == 503
    assert worker.exit_status() == 1
    assert worker.events("worker.deaf") == 1
    assert worker.events("worker.stuck") == 0
    assert ended.exists()


@ON_ONE
def test_a_main_loop_that_is_held_for_a_while_is_deaf_and_recovers(worker: OneWorker, sender: Celery) -> None:
    worker.run()
    sender.control.broadcast("block", arguments={"seconds": QUICK.fresh + 2})
    worker.wait_for("deaf")
    worker.wait_for("ok")
    assert worker.events("worker.deaf") == 0


@ON_ONE
def test_a_main_loop_that_is_held_for_ever_is_cut_short_with_its_children(worker: OneWorker, sender: Celery) -> None:
    worker.run()
    children = worker.children()
    assert len(children) >= SLOTS
    sender.control.broadcast("block", arguments={"seconds": 3600})
    assert worker.exit_status() == 1
    assert (worker.events("worker.deaf"), worker.events("worker.stuck")) == (1, 1)
    wait_for("the end of its children", lambda: not any(child.exists() for child in children))


@ON_ONE
def test_a_worker_that_was_stopped_answers_nobody_and_goes_on_when_continued(worker: OneWorker, sender: Celery) -> None:
    worker.run()
    os.kill(worker.pid, signal.SIGSTOP)
    assert worker.health()[0] == 0
    time.sleep(QUICK.give_up)
    os.kill(worker.pid, signal.SIGCONT)
    worker.wait_for("ok")
    nap(sender, worker, 0)
    assert worker.events("worker.deaf") == 0


@ON_ONE
def test_a_worker_that_is_told_to_stop_is_not_deaf(worker: OneWorker, sender: Celery) -> None:
    worker.run()
    ended = nap(sender, worker, QUICK.give_up + 4)
    os.kill(worker.pid, signal.SIGTERM)
    assert worker.exit_status() == 0
    assert ended.exists()
    assert worker.events("worker.deaf") == 0


def test_the_queue_of_a_process_that_is_gone_goes_too(sender: Celery, broker_url: str) -> None:
    queue = Queue("pulse.gone@test", expires=1, durable=True)

    def is_there(connection: Connection) -> bool:
        with suppress(*connection.channel_errors), connection.channel() as channel:
            queue.bind(channel).queue_declare(passive=True)
            return True
        return False

    with Connection(broker_url) as connection:
        one = Sender(sender, queue)
        assert one.send()
        one.close()
        assert is_there(connection)
        # Asked once only: RabbitMQ takes the question for use.
        time.sleep(4)
        assert not is_there(connection)


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_a_broker_that_is_away_takes_no_pulse(scheme: str) -> None:
    with Celery("sender", broker=f"{scheme}://127.0.0.1:{free_port()}/0", set_as_current=False) as app:
        sender = Sender(app, Queue("pulse.x@test"))
        assert [sender.send(), sender.send()] == [False, False]
