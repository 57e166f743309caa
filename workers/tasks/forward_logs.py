"""Forward log records that wait in the database to the sink that was away; beat asks for it every 20 seconds.

A record leaves the database only once the sink has it. Several may forward at once, each what it took; what one that
was killed had taken is forwarded again after a minute: in DynamoDB that changes nothing, in CloudWatch the record is
there twice, with one id.
"""

import time
from collections import Counter

import structlog

from config.log_sinks import AWAY_FROM_HOME
from config.log_vocabulary import LogSink
from config.settings import Logs, Worker, settings
from models.types import moment_of
from workers.celery_app import app
from workers.log_sinks import database, sink
from workers.log_sinks.left import Left
from workers.tasks.patience import AWAY
from workers.tasks.tally import later

log = structlog.get_logger()


@app.task(name="logs.forward")
def forward() -> dict[str, int]:
    """Forward slice by slice, for up to a fifth of the lease; how many went, and how many the sink refused.

    Raises:
        Retry: the sink takes nothing; the next one tries again.
    """
    done: Counter[str] = Counter()
    until = time.monotonic() + settings(Worker).exchange_seconds
    try:
        # To another sink than those nothing is forwarded: what waited is in the database, and stays there.
        while settings(Logs).log_sink in AWAY_FROM_HOME and time.monotonic() < until:
            ids, records = database.take()
            if not ids:
                break
            left = sink.insist(records)
            done["forwarded"] += database.forward(ids, records, left)
            done[str(LogSink.DATABASE)] += len(left.kept)
            if left.waiting:
                raise later(_reason(left), None)
    except AWAY as error:
        log.warning("forward.store_away", error=type(error).__name__)
    return {what: number for what, number in done.items() if number}


def _reason(left: Left) -> str:
    since = min(moment_of(record.id) for record in left.waiting)
    return f"sink_away {left.code}, records wait since {since:%Y-%m-%dT%H:%M:%SZ}"
