"""One kept connection to the broker, which breaks now and then. It must not know what is said over it."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import structlog
from amqp.exceptions import ChannelError
from kombu import Connection, Producer
from kombu.exceptions import OperationalError

from config.vocabulary import Queue
from workers.celery_app import app

log = structlog.get_logger()

T = TypeVar("T")

NOT_FOUND: Final = 404
"""What AMQP answers for a queue that nobody has declared; kombu's Redis transport for an empty one."""


MANDATORY: Final = True
"""RabbitMQ confirms what it drops, if somebody has deleted the queue of a kept connection; this way it says so."""


class Line:
    """One kept connection to the broker, for one thread; a broken one is dropped and made anew at the next use."""

    def __init__(self) -> None:
        """Connect to nothing yet."""
        self._connection: Connection | None = None
        self._producer: Producer | None = None

    def depth(self, queue: Queue) -> int | None:
        """How many messages wait in a queue; an absent one is empty, None means that the broker is away."""

        def ask(_: Producer, connection: Connection) -> int:
            try:
                with connection.channel() as channel:
                    declared = channel.queue_declare(str(queue), passive=True)  # type: ignore[attr-defined]
                    return int(declared.message_count)
            except ChannelError as error:
                if int(error.reply_code or 0) == NOT_FOUND:
                    return 0
                raise

        return self.reach(ask)

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            connection.collect(socket_timeout=1)

    def reach(self, act: Callable[[Producer, Connection], T]) -> T | None:
        """Do something with the broker; None means that it is away, and that nobody knows what of it was done."""
        connection = self._connection or app.connection_for_write()
        try:
            return act(self._open(connection), connection)
        except _troubles(connection) as error:
            self.close()
            log.warning("bell.broker_away", error=type(error).__name__)
            return None

    def _open(self, connection: Connection) -> Producer:
        if self._producer is None:
            self._connection = connection
            # Tries once more at once, or each node of several; the lazy way would try for ever and hold the thread.
            tries = max(len(connection.alt), 1)
            connection.ensure_connection(
                max_retries=tries, interval_start=0, interval_step=0, reraise_as_library_errors=False
            )
            self._producer = app.amqp.Producer(connection.channel())
        return self._producer


def send(producer: Producer, task: str, args: tuple[object, ...], queue: Queue, **said: Any) -> None:  # noqa: ANN401 - Celery's options
    """Publish one message, once."""
    app.send_task(
        task,
        args=args,
        queue=str(queue),
        producer=producer,
        retry=False,
        ignore_result=True,
        mandatory=MANDATORY,
        **said,
    )


def _troubles(connection: Connection) -> tuple[type[Exception], ...]:
    # send_task wraps what a kept connection raises into kombu's own error, which is in neither list.
    return (*connection.connection_errors, *connection.channel_errors, OperationalError)
