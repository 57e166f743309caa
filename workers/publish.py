"""The only door from the API to the workers: rings a doorbell, never carries a message.

A ring holds ids. It is not retried and may be lost: `sweep` rings again for every row that nobody answered
for. Log records leave by it too, which are kept until the broker has them. Nothing here reads or writes a row.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple
from uuid import UUID

from kombu import Connection, Producer

from config import tracing
from config.log_vocabulary import LogEvent, LogSink
from config.settings import Logs, settings
from config.vocabulary import Channel, Job, Lane, Queue
from models.types import new_id, utc_now
from workers.channels.registry import VENDORS
from workers.line import Line, send
from workers.log_buffer import LogBuffer
from workers.log_post import LogPost
from workers.log_record import Detail, LogRecord

SHOWN: Final = 20
"""Ids of a message that Flower shows."""


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


class Bell(Line):
    """One kept connection to the broker, over which somebody is called."""

    def ring(self, rings: Iterable[Ring]) -> bool:
        """Publish as few messages as batch sizes allow; False means that the broker is away and some are dropped.

        A message never mixes channels, lanes or connections. One that carries a single id has it as its task
        id, so that Flower finds a notification by its id and shows its attempts under one entry.
        """

        def ring(producer: Producer, _: Connection) -> bool:
            for chunk in chunks(rings):
                _publish(producer, chunk)
            return True

        return self.reach(ring) or False

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

    def _send(
        self,
        task: str,
        args: tuple[object, ...],
        argsrepr: str,
        expires: int | None = None,
        queue: Queue = Queue.RECEIPTS,
    ) -> bool:
        def publish(producer: Producer, _: Connection) -> bool:
            send(producer, task, args, queue, argsrepr=argsrepr, expires=expires)
            return True

        return self.reach(publish) or False


@cache
def logs() -> LogBuffer:
    """This process's log records that are to be shipped."""
    return LogBuffer(LogPost)


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
    send(
        producer,
        f"send.{first.channel}",
        (ids,),
        Queue.send(first.channel, first.lane),
        # Celery's own way to write them takes as long as all the rest.
        argsrepr=f"({ids[:SHOWN]}{', …' * (len(ids) > SHOWN)})",
        task_id=str(first.id) if len(chunk) == 1 else None,
        headers=_headers(first) if len(chunk) == 1 else None,
    )


def _headers(ring: Ring) -> dict[str, str]:
    """What a task is told beside its ids, and its log and its trace go on with."""
    said = {"request_id": ring.request_id, tracing.HEADER: ring.trace}
    return {name: value for name, value in said.items() if value}
