"""The Celery application: queues, limits and the beat schedule, each setting with its reason.

The API process imports this (through `workers.publish`) to publish, so it must load no task module and no
provider library: task modules are named in `include` and loaded by workers only.
"""

import ssl
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from celery import Celery
from celery.signals import (
    beat_init,
    celeryd_after_setup,
    celeryd_init,
    setup_logging,
    worker_process_init,
    worker_process_shutdown,
)
from kombu import Exchange
from kombu import Queue as KombuQueue

from config import tracing
from config.archive import Archive
from config.log_sinks import AWAY_FROM_HOME
from config.logging import configure
from config.memory import keep_what_is_loaded, share_arenas
from config.redis import SENTINEL
from config.settings import Installation, Logs, Secrets, SettingsError, Worker, settings
from config.vocabulary import Queue
from models.sealing import sealer
from models.session import engine

EXCHANGE: Final = Exchange("alrim", type="direct")
SWEEP_EVERY: Final = timedelta(seconds=2)
FEED_EVERY: Final = timedelta(seconds=1)
SCRUB_EVERY: Final = timedelta(seconds=30)
JOBS_EVERY: Final = timedelta(seconds=15)
FORWARD_EVERY: Final = timedelta(seconds=20)


def configuration() -> dict[str, Any]:
    """The settings of this process; Celery asks once, when it first needs one."""
    broker = settings(Installation).broker()
    return {
        "broker_url": broker,
        # Only what is declared exists: a typing error in a queue's name raises instead of losing messages.
        "task_queues": _queues(broker),
        "task_create_missing_queues": False,
        "task_default_queue": str(Queue.PERIODIC),
        # A message holds ids and nothing else; JSON cannot run code.
        "task_serializer": "json",
        "accept_content": ["json"],
        # The row is the result; a result backend would cost half the rate.
        "task_ignore_result": True,
        # The row is also the copy, so a send is acknowledged early: a redelivery would find nothing to claim.
        "task_acks_late": False,
        # Idle workers must find work, busy ones must not hoard it.
        "worker_prefetch_multiplier": 1,
        # Operators watch Flower.
        "worker_send_task_events": True,
        "task_track_started": True,
        # Every exchange that may still start ends before it, and it comes before the lease ends.
        "task_time_limit": settings(Worker).hard_limit,
        **_connection(broker),
        "timezone": "Asia/Seoul",
        "enable_utc": True,
        "beat_schedule": {
            "sweep": _periodic("sweep", SWEEP_EVERY),
            "feed": _periodic("feed", FEED_EVERY),
            "scrub": _periodic("scrub", SCRUB_EVERY),
            "jobs": _periodic("jobs", JOBS_EVERY),
            **_forwarding(),
        },
    }


def _periodic(task: str, every: timedelta, queue: Queue = Queue.PERIODIC) -> dict[str, Any]:
    # Expires later than any task ends: workers that are busy still come to it. A second one does no harm.
    return {"task": task, "schedule": every, "options": {"queue": str(queue), "expires": 60}}


def _forwarding() -> dict[str, Any]:
    # It may wait long for a sink that hangs: so it never holds a slot in which urgent messages are sent.
    is_needed = settings(Logs).log_sink in AWAY_FROM_HOME
    return {"logs.forward": _periodic("logs.forward", FORWARD_EVERY, Queue.LOGS)} if is_needed else {}


def _queues(broker: str) -> list[KombuQueue]:
    # RabbitMQ writes a quorum queue to disk before it confirms, and keeps it through the loss of a node; its classic
    # durable queues can be gone after a kill. Celery sees the argument and prefetches for each consumer by itself.
    arguments = {"x-queue-type": "quorum"} if _is_amqp(broker) else None
    return [KombuQueue(str(queue), EXCHANGE, routing_key=str(queue), queue_arguments=arguments) for queue in Queue]


def _is_amqp(broker: str) -> bool:
    return broker.startswith(("amqp", "pyamqp"))


def _connection(broker: str) -> dict[str, Any]:
    return {
        # A worker that is told to stop finishes what it does; a container's grace must be longer.
        "worker_soft_shutdown_timeout": 30,
        # Losing the broker is no reason to kill a departure that is under way.
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        # Finds a broker that is back within two seconds, however long it was away, and any node of it.
        "worker_consumer": "workers.consumer:Persistent",
        "broker_transport_options": _transport(broker),
        "broker_use_ssl": _tls(broker),
        "broker_heartbeat": 10,
        "worker_hijack_root_logger": False,
    }


def _transport(url: str) -> dict[str, Any]:
    if not url.startswith(("redis", SENTINEL)):
        # A publisher must hear of a broker that took nothing.
        return {"confirm_publish": True, "connect_timeout": 2}
    return {
        # Longer than any task; only messages acknowledged late could be redelivered at all.
        "visibility_timeout": 120,
        "queue_order_strategy": "workers.order:UrgentFirst",
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "socket_keepalive": True,
        "health_check_interval": 10,
        **({"master_name": settings(Installation).redis_sentinel_master} if url.startswith(SENTINEL) else {}),
    }


def _tls(url: str) -> dict[str, Any]:
    """What an encrypted broker must prove; by itself kombu asks Redis for no certificate, and RabbitMQ for no name."""
    if url.startswith("rediss:"):
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True}
    if url.startswith("amqps:"):
        return {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": urlsplit(url).hostname}
    return {}


@setup_logging.connect
def _log_as_json(**_: object) -> None:
    configure("celery")


@celeryd_init.connect
@beat_init.connect
def _share_memory(**_: object) -> None:
    share_arenas()


@celeryd_init.connect
@beat_init.connect
def _refuse_what_is_missing(**_: object) -> None:
    """Stop before anything is consumed, as the API does; Celery would otherwise find out at the first message."""
    try:
        sealer()
        settings(Secrets)
        settings(Installation).database()
        settings(Archive).where()
        tracing.check()
    except SettingsError as error:
        raise SystemExit(f"alrim does not start: {error}") from None


@celeryd_after_setup.connect
def _collect_no_more_what_stays(**_: object) -> None:
    # What is loaded by now lives as long as the process, in the children too. To look through it again and again for
    # something to collect took a third of the time of sending a thousand messages.
    keep_what_is_loaded()


@worker_process_init.connect
def _leave_inherited_connections(**_: object) -> None:
    # A forked child must not speak on its parent's database connections.
    engine().dispose(close=False)


@worker_process_shutdown.connect
def _hand_over_spans(**_: object) -> None:
    tracing.stop()


app = Celery(
    "alrim",
    include=[
        "workers.tasks.archive",
        "workers.tasks.connections",
        "workers.tasks.count",
        "workers.tasks.deliver",
        "workers.tasks.drop_orphans",
        "workers.tasks.feed",
        "workers.tasks.forward_logs",
        "workers.tasks.jobs",
        "workers.tasks.observe",
        "workers.tasks.recall_logs",
        "workers.tasks.receipts",
        "workers.tasks.reconcile",
        "workers.tasks.sample",
        "workers.tasks.scrub",
        "workers.tasks.ship_logs",
        "workers.tasks.sweep",
    ],
)
app.add_defaults(configuration)
# By name: loaded by workers only.
app.steps["worker"].add("workers.pulse:Pulse")
