"""A worker's pulse: it sends itself a message through the broker and notes when that arrives.

The pulse travels to a queue that only this process consumes, on the channel on which tasks arrive, because a worker
can lose that one and keep all others. It is no task, so it needs no slot and Flower does not list it. A worker that
hears nothing although the broker answers leaves, for its supervisor to start it anew; one whose broker is away waits
for it. It must not know what tasks do.
"""

import os
import threading
import uuid
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus
from typing import Any, ClassVar, Final, Protocol

import structlog
from celery import Celery
from celery.bootsteps import StartStopStep
from celery.worker import state
from kombu import Connection, Consumer, Producer, Queue
from kombu.common import ignore_errors
from typing_extensions import override

from config.settings import Installation, SettingsError, Worker, settings
from workers.consumption import Consumption, Pace, Status
from workers.health import METRICS, Page, address, listen
from workers.metrics import gauge, share, shown

log = structlog.get_logger()

EXPIRES: Final = timedelta(seconds=60)
"""How long the broker keeps the queue of a process that is gone."""

GONE_DEAF: Final = 1
"""The exit status of a worker that gave up; a supervisor restarts on failure."""

TRANSIENT: Final = 1
"""AMQP's delivery mode of a message that need not survive its broker."""

FAREWELL: Final = 5.0
"""Seconds for the end of a worker beyond its longest task, before it is cut short."""


class Pool(Protocol):
    """What is asked of a worker's pool."""

    num_processes: int


class Controller(Protocol):
    """What is asked of Celery's worker, whose published types leave most of it out."""

    app: Celery
    hostname: str
    pool: Pool
    steps: list[StartStopStep]


class Pulse(StartStopStep):
    """The part of a worker's main process that publishes pulses, judges, and serves `/health` and `/metrics`."""

    requires = ("celery.worker.components:Pool",)
    pace: ClassVar[Pace] = Pace()

    def __init__(self, worker: Controller, **options: object) -> None:
        """Listen, before the pool forks and before the broker is there; raises SystemExit if that cannot be."""
        super().__init__(worker, **options)
        self._longest_task = settings(Worker).hard_limit
        self.consumption = Consumption(self.pace, self._longest_task)
        self.queue = Queue(f"pulse.{worker.hostname}.{uuid.uuid4().hex}", expires=EXPIRES.total_seconds(), durable=True)
        process = worker.hostname.partition("@")[0]
        self._counted = settings(Installation).var.resolve() / f"metrics.{process}"
        try:
            self._server = listen(address(process), {"/health": self.answer, METRICS: self.numbers})
        except SettingsError as error:
            raise SystemExit(f"alrim does not start: {error}") from None
        # Only whoever has the address takes over what is counted under this name.
        share(self._counted)
        self._stopped = threading.Event()
        worker.app.steps["consumer"].add(Listening)

    @override
    def start(self, parent: Any) -> None:
        """Begin; the threads are daemons and end with the process."""
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()
        threading.Thread(target=self._watch, args=(parent,), name="pulse", daemon=True).start()

    @override
    def close(self, parent: Any) -> None:
        """Judge no more: a worker that is told to stop consumes nothing while it finishes what it does."""
        self._stopped.set()

    @override
    def stop(self, parent: Any) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()

    @override
    def terminate(self, parent: Any) -> None:
        """Serve no more."""
        self.stop(parent)

    def heard(self, _: object) -> None:
        """Note that a message arrived, pulse or task."""
        self.consumption.consumed()

    def answer(self) -> Page:
        """Give the answer to `GET /health`."""
        verdict = self.consumption.verdict()
        ago = verdict.consumed_seconds_ago
        status = HTTPStatus.OK if verdict.status is Status.OK else HTTPStatus.SERVICE_UNAVAILABLE
        said = {"status": verdict.status, "consumed_seconds_ago": None if ago is None else round(ago, 1)}
        return Page.json(status, said)

    def numbers(self) -> Page:
        """Give what this worker's children have counted, and how the worker itself is."""
        is_well = self.consumption.verdict().status is Status.OK
        own = [
            gauge("alrim_worker_consuming", "Whether this worker consumes.", (), {(): int(is_well)}),
            gauge("alrim_worker_busy", "Tasks that this worker is doing.", (), {(): len(state.active_requests)}),
        ]
        return Page.text(shown(own, self._counted))

    def _watch(self, worker: Controller) -> None:
        sender = Sender(worker.app, self.queue)
        while not self._stopped.wait(self.pace.pulse_every if sender.has_tried else 0):
            if sender.send():
                self.consumption.answered()
            else:
                self.consumption.unanswered()
            if len(state.active_requests) >= worker.pool.num_processes:
                self.consumption.busy()
            verdict = self.consumption.verdict()
            if verdict.is_hopeless and not self._stopped.is_set():
                log.error("worker.deaf", consumed_seconds_ago=verdict.consumed_seconds_ago)
                self._leave()
        sender.close()

    def _leave(self) -> None:
        # Warm: what runs may finish. Celery's loop looks at this several times a second, unless it is stuck.
        state.should_stop = GONE_DEAF  # type: ignore[assignment] # its type is said to be that of its first value
        threading.Event().wait(self._longest_task + FAREWELL)
        log.error("worker.stuck")
        os._exit(GONE_DEAF)


class Listening(StartStopStep):
    """The part of a worker's connection that hears pulses; started anew with every connection."""

    requires = ("celery.worker.consumer:Tasks",)
    _consumer: Consumer | None = None

    @override
    def start(self, parent: Any) -> None:
        """Consume pulses where tasks are consumed; without acknowledgement, so that they use no credit."""
        pulse = next(step for step in parent.controller.steps if isinstance(step, Pulse))
        parent.on_task_message.add(pulse.heard)
        self._consumer = Consumer(parent.task_consumer.channel, [pulse.queue], no_ack=True, on_message=pulse.heard)
        self._consumer.consume()

    @override
    def stop(self, parent: Any) -> None:
        """Let go, if it holds anything: a connection can be lost before it consumed, and is lost already."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            ignore_errors(parent, consumer.cancel)


class Sender:
    """Sends pulses over a connection of its own; a broken one is dropped and made anew at the next pulse."""

    def __init__(self, app: Celery, queue: Queue) -> None:
        """Connect to nothing yet."""
        self._app = app
        self._queue = queue
        self._connection: Connection | None = None
        self._producer: Producer | None = None
        self.has_tried = False

    def send(self) -> bool:
        """Send one; False means that the broker did not take it."""
        was_there, self.has_tried = self._producer is not None or not self.has_tried, True
        connection = self._connection or self._app.connection_for_write()
        try:
            self._open(connection).publish(
                "",
                exchange="",
                routing_key=self._queue.name,
                declare=[self._queue],
                retry=False,
                delivery_mode=TRANSIENT,
                expiration=30,
                confirm_timeout=5,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, the broker has not taken it, and this thread must live
            self._connection = connection
            self.close()
            if was_there:
                log.warning("pulse.broker_away", error=type(error).__name__)
            return False
        return True

    def close(self) -> None:
        """Let go of the connection."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            with suppress(Exception):
                connection.collect(socket_timeout=1)

    def _open(self, connection: Connection) -> Producer:
        if self._producer is None:
            self._connection = connection
            # Tries once more at once; the lazy way would try for ever.
            connection.ensure_connection(
                max_retries=1, interval_start=0, interval_step=0, reraise_as_library_errors=False
            )
            self._producer = Producer(connection.channel())
        return self._producer
