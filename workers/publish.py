"""The only door from the API to the workers: rings a doorbell, never carries a message.

A ring holds ids. It is not retried and may be lost: `sweep` rings again for every row that nobody answered
for. Log records leave by it too, which are kept until the broker has them. Nothing here reads or writes a row.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

import structlog
from amqp.exceptions import ChannelError
from kombu import Connection, Producer
from kombu.exceptions import OperationalError

from config import tracing
from config.settings import Logs, settings
from config.vocabulary import Channel, Job, Lane, LogEvent, LogSink, Queue
from models.types import new_id, utc_now
from workers.celery_app import app
from workers.channels.registry import VENDORS
from workers.log_buffer import LogBuffer
from workers.log_record import Detail, LogRecord

log = structlog.get_logger()

NOT_FOUND: Final = 404
"""What AMQP answers for a queue that nobody has declared; kombu's Redis transport for an empty one."""


MANDATORY: Final = True
"""RabbitMQ confirms what it drops, if somebody has deleted the queue of a kept connection; this way it says so."""


SHOWN: Final = 20
"""Ids of a message that Flower shows."""


MOST_LOGS: Final = 200
"""Batches of log records that may wait; more would fill the memory of a broker whose workers are gone."""


class Ring(NamedTuple):
    """What is known of a notification when somebody is called to it."""

    id: UUID
    channel: Channel
    lane: Lane
    connection_id: UUID
    request_id: str | None
    trace: str | None = None


class Report(NamedTuple):
    """A provider's report of delivery, reduced to what is no secret."""

    notification_id: str
    attempt: int
    code: str
    network_code: str | None
    provider_id: str | None


class Bell:
    """One kept connection to the broker, for one thread; a broken one is dropped and made anew at the next use."""

    def __init__(self) -> None:
        """Connect to nothing yet."""
        self._connection: Connection | None = None
        self._producer: Producer | None = None

    def ring(self, rings: Iterable[Ring]) -> bool:
        """Publish as few messages as batch sizes allow; False means that the broker is away and some are dropped.

        A message never mixes channels, lanes or connections. One that carries a single id has it as its task
        id, so that Flower finds a notification by its id and shows its attempts under one entry.
        """
        connection = self._connection or app.connection_for_write()
        try:
            producer = self._open(connection)
            for chunk in chunks(rings):
                _publish(producer, chunk)
        except _troubles(connection) as error:
            self.close()
            log.warning("bell.broker_away", error=type(error).__name__)
            return False
        return True

    def receipts(self, connection_id: UUID, reports: Sequence[Report]) -> bool:
        """Queue reports to be settled; False means that the broker is away and nothing was queued."""
        args = (str(connection_id), [list(report) for report in reports])
        return self._send("receipts.solapi", args, f"{len(reports)} reports")

    def reconcile(self, ids: Sequence[UUID]) -> bool:
        """Queue a question about notifications of one group; one that nobody came to within a minute is dropped."""
        return self._send("reconcile", ([str(each) for each in ids],), f"{len(ids)} of a group", expires=60)

    def feed(self) -> bool:
        """Have running batches fed at once, rather than at the next beat."""
        return self._send("feed", (), "", queue=Queue.PERIODIC, expires=10)

    def renew(self, connection_id: UUID) -> bool:
        """Have a connection's token renewed."""
        return self._send("connections.renew", (str(connection_id),), str(connection_id), 60, Queue.PERIODIC)

    def test(self, connection_id: UUID) -> bool:
        """Have a connection's credentials tried out; False means that the broker is away and nobody will."""
        return self._send("connections.test", (str(connection_id),), str(connection_id), 600, Queue.PERIODIC)

    def job(self, job: Job) -> bool:
        """Have a portion of a periodic job done; one that nobody came to within a minute is dropped."""
        return self._send(str(job), (), "", 60, Queue.PERIODIC)

    def ship(self, records: Sequence[Sequence[object]]) -> bool:
        """Queue a batch of log records; False means that the broker is away or many wait, and nothing was queued."""
        waiting = self.depth(Queue.LOGS)
        return waiting is not None and waiting < MOST_LOGS and self.ship_again(records, None)

    def ship_again(self, records: Sequence[Sequence[object]], task_id: str | None) -> bool:
        """Queue a batch that was in the queue already, however many wait."""
        said = f"{len(records)} records"
        return self._send("logs.ship", (records,), said, queue=Queue.LOGS, task_id=task_id)

    def depth(self, queue: Queue) -> int | None:
        """How many messages wait in a queue; an absent one is empty, None means that the broker is away."""
        connection = self._connection or app.connection_for_write()
        try:
            self._open(connection)
            with connection.channel() as channel:
                declared = channel.queue_declare(str(queue), passive=True)  # type: ignore[attr-defined]
                return int(declared.message_count)
        except _troubles(connection) as error:
            if isinstance(error, ChannelError) and int(error.reply_code or 0) == NOT_FOUND:
                return 0
            self.close()
            log.warning("bell.broker_away", error=type(error).__name__)
            return None

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            connection.collect(socket_timeout=1)

    def _send(
        self,
        task: str,
        args: tuple[object, ...],
        argsrepr: str,
        expires: int | None = None,
        queue: Queue = Queue.RECEIPTS,
        task_id: str | None = None,
    ) -> bool:
        connection = self._connection or app.connection_for_write()
        try:
            app.send_task(
                task,
                args=args,
                argsrepr=argsrepr,
                task_id=task_id,
                queue=str(queue),
                producer=self._open(connection),
                retry=False,
                ignore_result=True,
                mandatory=MANDATORY,
                expires=expires,
            )
        except _troubles(connection) as error:
            self.close()
            log.warning("bell.broker_away", error=type(error).__name__)
            return False
        return True

    def _open(self, connection: Connection) -> Producer:
        if self._producer is None:
            self._connection = connection
            # Tries once more at once; the lazy way would try for ever and hold the thread.
            connection.ensure_connection(
                max_retries=1, interval_start=0, interval_step=0, reraise_as_library_errors=False
            )
            self._producer = app.amqp.Producer(connection.channel())
        return self._producer


@cache
def logs() -> LogBuffer:
    """This process's log records that are to be shipped."""
    return LogBuffer(Bell)


def note(
    event: LogEvent,
    detail: Detail,
    account_id: UUID | None,
    request_id: str | None,
    notification_id: UUID | None = None,
) -> None:
    """Have an event of the log shipped, too; costs microseconds and waits for nobody."""
    if settings(Logs).log_sink is not LogSink.NONE:
        logs().note(LogRecord(new_id(), event, utc_now(), account_id, request_id, notification_id, detail))


def chunks(rings: Iterable[Ring]) -> Iterator[Sequence[Ring]]:
    """Split rings into what one Celery message may carry, each kind in the order given."""
    kinds: dict[tuple[Channel, Lane, UUID], list[Ring]] = defaultdict(list)
    for ring in rings:
        kinds[ring.channel, ring.lane, ring.connection_id].append(ring)
    for (channel, lane, _), members in kinds.items():
        size = VENDORS[channel].batch_size[lane]
        for start in range(0, len(members), size):
            yield members[start : start + size]


def _publish(producer: Producer, chunk: Sequence[Ring]) -> None:
    first, ids = chunk[0], [str(ring.id) for ring in chunk]
    app.send_task(
        f"send.{first.channel}",
        args=(ids,),
        # Celery's own way to write them takes as long as all the rest.
        argsrepr=f"({ids[:SHOWN]}{', …' * (len(ids) > SHOWN)})",
        task_id=str(first.id) if len(chunk) == 1 else None,
        queue=str(Queue.send(first.channel, first.lane)),
        headers=_headers(first) if len(chunk) == 1 else None,
        producer=producer,
        retry=False,
        ignore_result=True,
        mandatory=MANDATORY,
    )


def _headers(ring: Ring) -> dict[str, str]:
    """What a task is told beside its ids, and its log and its trace go on with."""
    said = {"request_id": ring.request_id, tracing.HEADER: ring.trace}
    return {name: value for name, value in said.items() if value}


def _troubles(connection: Connection) -> tuple[type[Exception], ...]:
    # send_task wraps what a kept connection raises into kombu's own error, which is in neither list.
    return (*connection.connection_errors, *connection.channel_errors, OperationalError)
