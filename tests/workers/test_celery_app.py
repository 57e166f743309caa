"""A worker or beat that lacks something says so in one line and does not start."""

import base64
import gc
import os
import ssl
import subprocess
import sys
from pathlib import Path

import pytest
from celery.signals import celeryd_after_setup
from kombu import Connection
from redis import Redis

from config.log_vocabulary import LogSink
from config.settings import Installation, settings
from config.vocabulary import Queue
from workers.celery_app import configuration

ROOT = Path(__file__).resolve().parents[2]
WHOLE = {
    "ALRIM_ENV": "prod",
    "ALRIM_DATABASE_URL": "sqlite://",
    "ALRIM_BROKER_URL": "memory://",
    "ALRIM_JWT_SECRET": "j" * 32,
    "ALRIM_INDEX_KEY": "i" * 32,
    "ALRIM_SEAL_KEYS": "1:" + base64.b64encode(b"k" * 32).decode(),
}
WRONG = {"ALRIM_ARCHIVE": {"ALRIM_ARCHIVE": "s3://Not A Bucket"}}


@pytest.mark.parametrize("program", ["worker", "beat"])
@pytest.mark.parametrize("missing", ["ALRIM_JWT_SECRET", "ALRIM_SEAL_KEYS", "ALRIM_DATABASE_URL", *WRONG])
def test_what_is_missing_or_wrong_stops_the_start(program: str, missing: str, tmp_path: Path) -> None:
    others = {name: value for name, value in os.environ.items() if not name.startswith("ALRIM_")}
    said = {name: value for name, value in WHOLE.items() if name != missing} | WRONG.get(missing, {})
    options = ["--schedule", str(tmp_path / "beat"), "--pidfile="] if program == "beat" else ["--pool", "solo"]
    command = [sys.executable, "-m", "celery", "-A", "workers.celery_app:app", program, *options]
    done = subprocess.run(
        command, cwd=ROOT, env={**others, **said}, capture_output=True, timeout=30, check=False, text=True
    )
    assert done.returncode != 0
    assert f"alrim does not start: {missing}" in done.stderr


@pytest.mark.parametrize(
    ("url", "arguments"), [("amqp://a", {"x-queue-type": "quorum"}), ("redis://a", None), ("redis+socket:///a", None)]
)
def test_queues_are_quorum_queues_on_rabbitmq(
    url: str, arguments: dict[str, str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALRIM_BROKER_URL", url)
    settings.cache_clear()
    made = configuration()["task_queues"]
    settings.cache_clear()
    assert [queue.name for queue in made] == [str(queue) for queue in Queue]
    assert all(queue.queue_arguments == arguments for queue in made)


def test_a_worker_does_not_collect_what_stays() -> None:
    """Its children are forked from it, and do not either."""
    before = gc.get_freeze_count()
    celeryd_after_setup.send(sender="a worker")
    try:
        assert gc.get_freeze_count() > before + 10_000
    finally:
        gc.unfreeze()


@pytest.mark.parametrize("sink", list(LogSink))
def test_beat_asks_for_forwarding_only_where_records_can_wait(sink: LogSink, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_ENV", "test")
    monkeypatch.setenv("ALRIM_LOG_SINK", sink)
    settings.cache_clear()
    asked = configuration()["beat_schedule"].get("logs.forward")
    settings.cache_clear()
    assert (asked is not None) == (sink in {LogSink.CLOUDWATCH, LogSink.DYNAMODB})
    # Not among what may delay an urgent message.
    assert asked is None or asked["options"]["queue"] == str(Queue.LOGS)


def test_sentinels_are_asked_for_their_master(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_BROKER_URL", "sentinel://one:1/0;sentinel://two:2/0")
    monkeypatch.setenv("ALRIM_REDIS_SENTINEL_MASTER", "main")
    settings.cache_clear()
    options = configuration()["broker_transport_options"]
    told = Connection(settings(Installation).broker(), transport_options=options)
    settings.cache_clear()
    assert (options["master_name"], options["visibility_timeout"]) == ("main", 120)
    assert told.alt == ["sentinel://one:1/0", "sentinel://two:2/0"]


@pytest.mark.parametrize(
    ("url", "proof"),
    [
        ("rediss://:p@broker.example.com/0", {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}),
        (
            "amqps://u:p@broker.example.com//",
            {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": "broker.example.com"},
        ),
    ],
)
def test_an_encrypted_broker_must_prove_who_it_is(
    url: str, proof: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALRIM_BROKER_URL", url)
    settings.cache_clear()
    told = Connection(settings(Installation).broker(), ssl=configuration()["broker_use_ssl"]).ssl
    settings.cache_clear()
    assert told == proof


def test_a_redis_by_tls_refuses_a_server_that_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALRIM_BROKER_URL", "rediss://broker.example.com/0")
    settings.cache_clear()
    address = settings(Installation).redis()
    settings.cache_clear()
    assert isinstance(address, str)
    pool = Redis.from_url(address).connection_pool
    context = pool.connection_class(**pool.connection_kwargs)
    assert (context.cert_reqs, context.check_hostname) == (ssl.CERT_REQUIRED, True)
