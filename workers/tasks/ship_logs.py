"""Ship log records to where they are searched. Its message is the only copy, so it is acknowledged last.

The database is the waiting room: what another sink did not take is kept there, so this task is done, and
`logs.forward` forwards it when the sink is back. So a sink that is away costs a moment every now and then, and the
slots of this worker, with which others send, are not held by it.

While the database is away what it should keep goes back to the queue's end as a message of its own, under the same
task id, before this one is given up: no broker counts its returns, none holds it for a later time, and Flower shows
RETRY. It makes no records itself. A record that arrives twice is one in the database and in DynamoDB.
"""

import time
from collections import Counter
from functools import partial
from typing import Any, Final

import structlog
from celery import Task
from celery.exceptions import Reject
from celery.signals import worker_process_init, worker_process_shutdown

from config.settings import Logs, Worker, settings
from config.vocabulary import LogSink
from workers.celery_app import app
from workers.log_record import LogRecord
from workers.log_sinks import database, sink
from workers.log_sinks.left import Left
from workers.publish import Bell, logs
from workers.tasks.patience import AWAY, patiently
from workers.tasks.tally import later

log = structlog.get_logger()

LONGEST: Final = 100
"""Seconds, less than the broker's visibility time-out. A task that is killed by time counts as failed, and its message
as taken: this is longer than a database that has died can keep a statement and a COMMIT."""


@app.task(name="logs.ship", bind=True, acks_late=True, reject_on_worker_lost=True, time_limit=LONGEST)
def ship(self: "Task[Any, Any]", records: list[list[Any]]) -> dict[str, int]:
    """Write records to the sink, and what it left to the database; how many are where.

    Raises:
        Retry: the database is away; what it should keep waits at the end of the queue.
        Reject: the broker is away as well; it still has this message.
    """
    left = sink.offer([LogRecord.read(each) for each in records])
    try:
        patiently(partial(database.keep, left), time.monotonic() + settings(Worker).exchange_seconds)
    except AWAY as error:
        rest = [record.wire() for record in (*left.kept, *left.waiting)]
        log.warning("logs.sink_away", sink="database", code=type(error).__name__, records=len(rest))
        bell = Bell()
        is_back = bell.ship_again(rest, str(self.request.id))
        bell.close()
        if not is_back:
            raise Reject("broker_away", requeue=True) from None
        raise later("sink_away", None) from None
    return _counts(len(records), left)


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
