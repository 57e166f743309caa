"""The consumer of a worker, which looks for an absent broker every two seconds for as long as it takes.

Celery's own waits longer each time, up to half a minute, and offers no setting: after a long absence the queues
would stand still for that long though the broker is back. It also prepares every node of a RabbitMQ for delayed
messages, 17 seconds for each that is away, before it consumes from one that is not; nobody here delays messages.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, Final

import structlog
from celery.worker.consumer import Consumer
from kombu import Connection
from typing_extensions import override

log = structlog.get_logger()

LOOK_EVERY: Final = 2
"""Seconds between two tries to reach the broker."""


class Persistent(Consumer):
    """Celery's consumer but for how long it waits, and what for."""

    class Blueprint(Consumer.Blueprint):  # type: ignore[valid-type, misc] # its stubs take it for a variable
        """The steps of a consumer's start."""

        default_steps: ClassVar = [
            step for step in Consumer.Blueprint.default_steps if not step.endswith(":DelayedDelivery")
        ]

    @override
    def on_connection_error_after_connected(self, exc: Exception) -> None:
        broken: Any = self.connection
        broken.close = partial(_let_go, broken.close)
        super().on_connection_error_after_connected(exc)

    @override
    def ensure_connected(self, conn: Connection) -> Any:
        patient: Any = conn
        patient.ensure_connection = partial(conn.ensure_connection, interval_max=LOOK_EVERY)
        return super().ensure_connected(conn)


def _let_go(close: Callable[[], None]) -> None:
    try:
        close()
    except AttributeError as error:
        # kombu 5.7 closes a channel of Redis again if the first time broke off, and then without the connection on
        # which it wants to hand unacknowledged messages back; Celery would end the worker. They are rung again.
        log.warning("broker.let_go", error=type(error).__name__)
