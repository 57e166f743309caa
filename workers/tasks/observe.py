"""Observe: what beat tells of itself and of the whole installation, at `/metrics` and `/health` of its own.

Beat does little else, and there is one of it, or few. So it looks at the queues, at what waits, at gates and at jobs
that nobody did, when somebody asks and at most every ten seconds. If it is not there, its silence says so.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from threading import Lock, Thread
from typing import Final

import structlog
from celery.signals import after_task_publish, beat_init
from prometheus_client.metrics_core import Metric
from sqlalchemy.orm import Session

from config.jobs import expected
from config.settings import SettingsError
from config.vocabulary import Job, Process, Queue
from models import gate, slots, standing
from models.session import snapshot
from models.types import utc_now
from workers.health import METRICS, Page, address, listen
from workers.metrics import gauge, shown
from workers.publish import Bell
from workers.tasks.numbers import label
from workers.tasks.patience import AWAY

log = structlog.get_logger()

LOOKS_EVERY: Final = 10.0
"""Seconds for which what was seen is told again."""
SILENT_AFTER: Final = 30.0
"""Seconds without a ring after which beat is not well; `feed` is rung every second."""


class Beat:
    """What one beat process knows."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._since = utc_now()
        self._began = time.time()
        self._rung: dict[str, float] = {}
        self._lock = Lock()
        self._seen: tuple[float, Sequence[Metric]] = (0.0, ())

    def rang(self, sender: str, **_: object) -> None:
        """Note that a task was rung for."""
        self._rung[sender] = time.time()

    def health(self) -> Page:
        """Say whether beat rings; while the broker is away it does not."""
        ago = time.time() - max(self._rung.values(), default=self._began)
        is_well = ago <= SILENT_AFTER
        said = {"status": "ok" if is_well else "silent", "rang_seconds_ago": round(ago, 1)}
        return Page.json(HTTPStatus.OK if is_well else HTTPStatus.SERVICE_UNAVAILABLE, said)

    def numbers(self) -> Page:
        """Tell everything that is seen."""
        with self._lock:
            if time.monotonic() - self._seen[0] > LOOKS_EVERY or not self._seen[1]:
                self._seen = (time.monotonic(), [*self._look()])
            rung = {(task,): moment for task, moment in sorted(self._rung.items())}
            said = "When beat last rang for a task."
            return Page.text(
                shown([*self._seen[1], gauge("alrim_beat_last_ring_timestamp_seconds", said, ["task"], rung)])
            )

    def _look(self) -> Iterator[Metric]:
        depths = look_at_queues()
        yield gauge("alrim_broker_away", "Whether beat finds no broker.", (), {(): int(depths is None)})
        yield gauge("alrim_queue_messages", "Messages that wait in a queue.", ["queue"], depths or {})
        is_away = False
        try:
            with snapshot() as session:
                yield from look_at_rows(session)
                overdue = slots.overdue(session, expected(self._since, utc_now()))
                late = {(str(job),): int(job in overdue) for job in Job}
                yield gauge("alrim_job_overdue", "Whether nobody did this job in time.", ["name"], late)
        except AWAY as error:
            is_away = True
            log.warning("observe.store_away", error=type(error).__name__)
        yield gauge("alrim_database_away", "Whether beat finds no database.", (), {(): int(is_away)})


def look_at_queues() -> Mapping[tuple[str, ...], int] | None:
    """How many messages wait in each queue; None if the broker is away."""
    bell = Bell()
    depths: dict[tuple[str, ...], int] = {}
    for queue in Queue:
        depth = bell.depth(queue)
        if depth is None:
            return None
        depths[str(queue),] = depth
    bell.close()
    return depths


def look_at_rows(session: Session) -> Iterator[Metric]:
    """Tell what waits, for how long, and which gates are closed."""
    now = utc_now()
    waiting: dict[tuple[str, ...], float] = {}
    unknown: dict[tuple[str, ...], float] = {}
    oldest: dict[tuple[str, ...], float] = {}
    for each in standing.look(session, now):
        lane = (str(each.channel), str(each.lane))
        waiting |= {(*lane, "due"): each.due, (*lane, "later"): each.later, (*lane, "unfed"): each.unfed}
        unknown |= {(*lane, "asked"): each.asked, (*lane, "held"): each.held}
        oldest[lane] = 0 if each.oldest is None else max((now - each.oldest).total_seconds(), 0)
    names = ["channel", "lane"]
    yield gauge("alrim_waiting_notifications", "Queued, up to 100,000 of a kind.", [*names, "kind"], waiting)
    yield gauge("alrim_unknown_notifications", "May or may not have been sent.", [*names, "kind"], unknown)
    yield gauge("alrim_oldest_waiting_seconds", "How long the oldest that is due has been so.", names, oldest)
    closed: dict[tuple[str, ...], float] = {}
    for (channel, reason), number in gate.closures(session).items():
        place = (str(channel), label(channel, reason))
        closed[place] = closed.get(place, 0) + number
    yield gauge("alrim_connections_closed", "Connections whose gate is closed.", ["channel", "reason"], closed)


@beat_init.connect
def _serve(**_: object) -> None:
    beat = Beat()
    try:
        server = listen(address(Process.BEAT), {"/health": beat.health, METRICS: beat.numbers})
    except SettingsError as error:
        raise SystemExit(f"alrim does not start: {error}") from None
    after_task_publish.connect(beat.rang, weak=False)
    Thread(target=server.serve_forever, name="health", daemon=True).start()
