"""How batches of log records come to whoever ships them: by a message, or by a call for what Redis keeps.

Which of the two it is, only this knows.
"""

import json
import time
from collections.abc import Sequence
from typing import Any, Final

from kombu import Connection, Producer

from config.settings import Worker, settings
from config.vocabulary import Queue
from models.types import new_id
from workers import log_copies
from workers.line import Line, send

MOST_LOGS: Final = 200
"""Batches of log records that may wait; more would fill the memory of a broker whose workers are gone."""
CALL_AFTER: Final = 10.0
"""Seconds without an answer after which Redis' batches are called for again."""

Batch = Sequence[Sequence[object]]


class LogPost(Line):
    """One kept connection to the broker, over which batches go."""

    def ship(self, records: Batch) -> bool:
        """Queue a batch of log records; False means that the broker is away or many wait, and nothing was queued."""
        waiting = self._waiting()
        return waiting is not None and waiting < MOST_LOGS and self.ship_again(records, str(new_id()))

    def ship_again(self, records: Batch, name: str) -> bool:
        """Queue a batch, or what is left of it, under its name, however many wait; False means that it was not."""

        def ship(producer: Producer, _: Connection) -> bool:
            redis = log_copies.behind(producer.channel)
            if redis is not None:
                log_copies.keep(redis, name, json.dumps(records), time.time() + CALL_AFTER)
            _call(producer, name, records if redis is None else name, f"{len(records)} records")
            return True

        return self.reach(ship) or False

    def take(self, name: str) -> list[list[Any]] | None:
        """Take the batch that Redis keeps under a name, for the time of a lease.

        None if there is nothing to do: it was written, or somebody else is at it, or the broker is away, and then
        somebody will be called again.
        """
        lease = settings(Worker).lease_seconds

        def take(producer: Producer, _: Connection) -> str | None:
            redis = log_copies.behind(producer.channel)
            return None if redis is None else log_copies.take(redis, name, time.time(), lease)

        batch = self.reach(take)
        return None if batch is None else json.loads(batch)

    def shipped(self, name: str) -> None:
        """Forget a batch that was written; with the broker away it will be written once more."""

        def drop(producer: Producer, _: Connection) -> None:
            if (redis := log_copies.behind(producer.channel)) is not None:
                log_copies.drop(redis, name)

        self.reach(drop)

    def call_again(self, most: int) -> int:
        """Call for batches in Redis that nobody came for; how many."""

        def call(producer: Producer, _: Connection) -> int:
            redis, now = log_copies.behind(producer.channel), time.time()
            names = [] if redis is None else log_copies.due(redis, now, now + CALL_AFTER, most)
            for name in names:
                _call(producer, name, name, "again")
            return len(names)

        return self.reach(call) or 0

    def _waiting(self) -> int | None:
        def count(producer: Producer, _: Connection) -> int | None:
            redis = log_copies.behind(producer.channel)
            return self.depth(Queue.LOGS) if redis is None else log_copies.number(redis)

        return self.reach(count)


def _call(producer: Producer, name: str, batch: Batch | str, said: str) -> None:
    send(producer, "logs.ship", (batch,), Queue.LOGS, task_id=name, argsrepr=said)
