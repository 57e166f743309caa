"""The consumer of a worker, which looks for an absent broker every two seconds for as long as it takes.

Celery's own waits longer each time, up to half a minute, and offers no setting: after a long absence the queues
would stand still for that long though the broker is back. It also prepares every node of a RabbitMQ for delayed
messages, 17 seconds for each that is away, before it consumes from one that is not; nobody here delays messages.
"""

from functools import partial
from typing import Any, ClassVar, Final

from celery.worker.consumer import Consumer
from kombu import Connection
from typing_extensions import override

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
    def ensure_connected(self, conn: Connection) -> Any:
        patient: Any = conn
        patient.ensure_connection = partial(conn.ensure_connection, interval_max=LOOK_EVERY)
        return super().ensure_connected(conn)
