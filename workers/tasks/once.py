"""Once: a periodic job's slot is done by one worker at a time, in portions, and never a second time.

A job says after every slice how much it did, and hears whether it may go on: not if its time is up, and not if
somebody else has taken over. Then it stops where it is; the next portion goes on, rung at once.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy.orm import Session

from config.jobs import JOBS
from config.vocabulary import Job
from models import slots
from models.session import transaction
from models.slots import Turn
from models.types import utc_now
from workers.publish import Bell
from workers.tasks.patience import AWAY

log = structlog.get_logger()

PORTION: Final = 20.0
"""Seconds, well within a task's limit."""

REST: Final = 2.0
"""How many times as long as a slice took none is begun: whoever accepts and sends wants the database, too."""
LONGEST_REST: Final = 1.0


class TakenOver(Exception):  # noqa: N818 - the name says what happened
    """Somebody else does the slot: what was about to be committed must not be."""


class Portion:
    """One worker's part of a slot."""

    def __init__(self, turn: Turn, until: float) -> None:
        """Take the turn, and the monotonic moment at which to stop."""
        self._turn = turn
        self._until = until
        self._awake = time.monotonic()
        self.done = 0

    @property
    def position(self) -> UUID | None:
        """How far earlier portions of the slot have come; None where this is the first, or none said."""
        return self._turn.position

    def goes_on(self, done: int, position: UUID | None = None) -> bool:
        """Note a slice, and how far the slot has come, and rest; whether there may be another."""
        try:
            with transaction() as session:
                goes_on = self.goes_on_with(session, done, position)
        except TakenOver:
            return False
        if goes_on:
            time.sleep(min(REST * (time.monotonic() - self._awake), LONGEST_REST))
        self._awake = time.monotonic()
        return goes_on

    def goes_on_with(self, session: Session, done: int, position: UUID | None = None) -> bool:
        """The same in the transaction that does the slice: both are committed, or neither.

        Raises:
            TakenOver: somebody else does the slot; raised through the transaction, it undoes the slice.
        """
        self.done += done
        if not slots.touch(session, self._turn, done, utc_now(), position):
            raise TakenOver
        return time.monotonic() < self._until


def once(job: Job, work: Callable[[Portion], bool]) -> str:
    """Do a portion of the job's present slot, if nobody else does; `work` returns whether it is finished."""
    slot = JOBS[job].slot(utc_now())
    with transaction() as session:
        turn = slots.take(session, job, slot, utc_now())
    if turn is None:
        return "not_due"
    portion = Portion(turn, time.monotonic() + PORTION)
    try:
        is_finished = work(portion)
    except AWAY as error:
        log.warning("job.store_away", job=str(job), error=type(error).__name__)
        _leave(turn)
        return "away"
    except Exception as error:
        log.exception("job.broken", job=str(job))
        with transaction() as session:
            slots.fail(session, turn, utc_now(), type(error).__name__)
        raise
    return _close(job, turn, portion, is_finished=is_finished)


def _leave(turn: Turn) -> None:
    """Let somebody go on at once, if the database was only busy; while it is away they hear nothing for a minute."""
    with suppress(*AWAY), transaction() as session:
        slots.let_go(session, turn, utc_now())


def _close(job: Job, turn: Turn, portion: Portion, *, is_finished: bool) -> str:
    with transaction() as session:
        write = slots.end if is_finished else slots.let_go
        is_mine = write(session, turn, utc_now())
    log.info("job.portion", job=str(job), done=portion.done, finished=is_finished, mine=is_mine)
    if not is_finished and is_mine:
        bell = Bell()
        bell.job(job)
        bell.close()
    return f"{'finished' if is_finished else 'unfinished'} {portion.done}"
