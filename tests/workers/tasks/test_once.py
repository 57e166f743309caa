"""A slot's work that breaks, or is taken over."""

import time
from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from config.jobs import JOBS
from config.vocabulary import Job
from models import slots
from models.run import Run
from models.session import snapshot, transaction
from models.slots import SILENT
from models.types import utc_now
from workers.tasks.once import Portion, once

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def the_run() -> Run:
    with snapshot() as session:
        return Run.filter(session)[0]


def test_what_breaks_is_written_down_and_tried_again_after_a_rest() -> None:
    def broken(portion: Portion) -> bool:
        portion.goes_on(3)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        once(Job.TIDY, broken)
    assert (the_run().error, the_run().done, the_run().ended_at) == ("ZeroDivisionError", 3, None)
    assert once(Job.TIDY, lambda _: True) == "not_due"
    with transaction() as session:
        session.merge(the_run()).touched_at -= SILENT
    assert once(Job.TIDY, lambda _: True) == "finished 0"
    assert (the_run().error, the_run().turn) == (None, 2)


def test_whoever_was_followed_stops() -> None:
    def slow(portion: Portion) -> bool:
        assert portion.goes_on(1)
        with transaction() as session:
            session.merge(the_run()).touched_at -= SILENT
        with transaction() as session:
            assert slots.take(session, Job.TIDY, JOBS[Job.TIDY].slot(utc_now()), utc_now()) is not None
        assert not portion.goes_on(1)
        return False

    assert once(Job.TIDY, slow) == "unfinished 2"
    assert (the_run().turn, the_run().done) == (2, 1)
    assert the_run().touched_at > utc_now() - timedelta(seconds=5)


def test_a_database_that_was_only_busy_is_gone_on_with_at_once() -> None:
    def in_the_way(portion: Portion) -> bool:
        portion.goes_on(3)
        raise OperationalError("a deadlock", None, ValueError())

    assert once(Job.TIDY, in_the_way) == "away"
    with snapshot() as session:
        assert slots.is_due(session, Job.TIDY, JOBS[Job.TIDY].slot(utc_now()), utc_now())
    assert once(Job.TIDY, lambda _: True) == "finished 0"
    assert the_run().done == 3


def test_whoever_has_worked_rests_for_longer_before_he_goes_on() -> None:
    def slowly(portion: Portion) -> bool:
        time.sleep(0.1)
        begun = time.monotonic()
        portion.goes_on(1)
        assert time.monotonic() - begun > 0.2
        begun = time.monotonic()
        portion.goes_on(1)
        assert time.monotonic() - begun < 0.2
        return True

    assert once(Job.TIDY, slowly) == "finished 2"
