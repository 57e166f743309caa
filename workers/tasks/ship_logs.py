"""Ship log records to where they are searched. Its batch is the only copy, so it is let go of last.

The database is the waiting room: what another sink did not take is kept there, so this task is done, and
`logs.forward` forwards it when the sink is back. So a sink that is away costs a moment every now and then, and the
slots of this worker, with which others send, are not held by it.

While the database is away what it should keep goes back to the queue's end as a message of its own, under the same
task id, before this one is given up: no broker counts its returns, none holds it for a later time, and Flower shows
RETRY. It makes no records itself. A record that arrives twice is one in the database and in DynamoDB.
"""

import time
from collections import Counter
from functools import cache, partial
from typing import Any, Final

import structlog
from celery import Task
from celery.exceptions import Ignore, Reject
from celery.signals import worker_process_init, worker_process_shutdown

from config.log_vocabulary import LogSink
from config.settings import Logs, Worker, settings
from workers.celery_app import app
from workers.log_post import LogPost
from workers.log_record import LogRecord
from workers.log_sinks import database, sink
from workers.log_sinks.left import Left
from workers.publish import logs
from workers.tasks.patience import AWAY, patiently
from workers.tasks.tally import later

log = structlog.get_logger()

LONGEST: Final = 100
"""Seconds. On RabbitMQ a task that is killed by time counts as failed, and its message as taken: this is longer than a
database that has died can keep a statement and a COMMIT."""


@app.task(name="logs.ship", bind=True, acks_late=True, reject_on_worker_lost=True, time_limit=LONGEST)
def ship(self: "Task[Any, Any]", batch: str | list[list[Any]]) -> dict[str, int]:
    """Write records to the sink, and what it left to the database; how many are where.

    Args:
        self: the task, whose id is the batch's name.
        batch: the records, or the name under which the broker keeps them.

    Raises:
        Ignore: the batch was written already, or somebody else is at it.
        Retry: the database is away; what it should keep waits at the end of the queue.
        Reject: the broker is away as well; it still has this message.
    """
    records = _post().take(batch) if isinstance(batch, str) else batch
    if records is None:
        raise Ignore
    left = sink.offer([LogRecord.read(each) for each in records])
    try:
        patiently(partial(database.keep, left), time.monotonic() + settings(Worker).exchange_seconds)
    except AWAY as error:
        _put_back(str(self.request.id), left, type(error).__name__)
        raise later("sink_away", None) from None
    if isinstance(batch, str):
        _post().shipped(batch)
    return _counts(len(records), left)


def _put_back(name: str, left: Left, code: str) -> None:
    rest = [record.wire() for record in (*left.kept, *left.waiting)]
    log.warning("logs.sink_away", sink="database", code=code, records=len(rest))
    if not _post().ship_again(rest, name):
        raise Reject("broker_away", requeue=True) from None


@cache
def _post() -> LogPost:
    """This process's connection for batches."""
    return LogPost()


def _counts(total: int, left: Left) -> dict[str, int]:
    kept, waiting = len(left.kept), len(left.waiting)
    everywhere = Counter({str(settings(Logs).log_sink): total - kept - waiting})
    everywhere += Counter({str(LogSink.DATABASE): kept, "waiting": waiting})
    return {where: number for where, number in everywhere.items() if number}


@worker_process_init.connect
def _begin(**_: object) -> None:
    # In each child after its fork: a thread does not come along.
    logs().start()


@worker_process_shutdown.connect
def _end(**_: object) -> None:
    logs().stop()
