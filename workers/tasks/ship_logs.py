"""Ship log records to where they are searched. Its message is the only copy, so it is acknowledged last.

While the sink is away the records go back to the queue's end as a message of their own, under the same task id, before
this one is given up: no broker counts its returns, none holds it for a later time, and Flower shows RETRY. Records that
arrive twice are one. It makes no records itself.
"""

import time
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, assert_never

import structlog
from celery import Task
from celery.exceptions import Reject
from celery.signals import worker_process_init, worker_process_shutdown

from config.settings import Logs, Worker, settings
from config.vocabulary import LogSink
from workers.celery_app import app
from workers.log_record import LogRecord
from workers.log_sinks import database
from workers.publish import Bell, logs
from workers.tasks.patience import AWAY, patiently
from workers.tasks.tally import later

log = structlog.get_logger()

LONGEST: Final = 100
"""Seconds, less than the broker's visibility time-out. A task that is killed by time counts as failed, and its message
as taken: this is longer than a database that has died can keep a statement and a COMMIT."""


@app.task(name="logs.ship", bind=True, acks_late=True, reject_on_worker_lost=True, time_limit=LONGEST)
def ship(self: "Task[Any, Any]", records: list[list[Any]]) -> int:
    """Write records to the sink; how many there were. Twice with the same ones: the second changes nothing.

    Raises:
        Retry: the sink is away; the records wait at the end of the queue.
        Reject: the broker is away as well; it still has this message.
    """
    read = [LogRecord.read(each) for each in records]
    try:
        patiently(partial(_write, read), time.monotonic() + settings(Worker).exchange_seconds)
    except AWAY as error:
        log.warning("logs.sink_away", error=type(error).__name__, records=len(records))
        bell = Bell()
        is_back = bell.ship_again(records, str(self.request.id))
        bell.close()
        if not is_back:
            raise Reject("broker_away", requeue=True) from None
        raise later("sink_away", None) from None
    return len(records)


def _write(records: Sequence[LogRecord]) -> None:
    match sink := settings(Logs).log_sink:
        case LogSink.DATABASE:
            database.write(records)
        case LogSink.NONE:
            pass  # gathered before it was turned off
        case _:
            assert_never(sink)


@worker_process_init.connect
def _begin(**_: object) -> None:
    # In each child after its fork: a thread does not come along.
    logs().start()


@worker_process_shutdown.connect
def _end(**_: object) -> None:
    logs().stop()
