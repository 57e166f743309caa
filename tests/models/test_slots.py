"""Who does a slot, when he is gone, and what is overdue."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest

from config.vocabulary import Job
from models import slots
from models.run import Run
from models.session import snapshot, transaction
from models.slots import SILENT, Turn
from models.types import utc_now

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]
NOW = utc_now()
HOUR = timedelta(hours=1)


def take(after: timedelta = timedelta(0), slot: int = 0) -> Turn | None:
    with transaction() as session:
        return slots.take(session, Job.TIDY, NOW + slot * HOUR, NOW + after)


def is_due(after: timedelta = timedelta(0)) -> bool:
    with snapshot() as session:
        return slots.is_due(session, Job.TIDY, NOW, NOW + after)


def the_run() -> Run:
    with snapshot() as session:
        return Run.filter(session)[0]


def test_a_slot_is_taken_once_and_ended_once() -> None:
    assert is_due()
    turn = take()
    assert turn is not None
    assert (take(), is_due()) == (None, False)
    with transaction() as session:
        assert slots.touch(session, turn, 5, NOW)
        assert slots.touch(session, turn, 7, NOW)
        assert slots.end(session, turn, NOW)
    assert (the_run().done, the_run().ended_at) == (12, NOW)
    assert (take(SILENT * 10), is_due(SILENT * 10)) == (None, False)
    assert take(slot=1) is not None


def test_whoever_is_silent_is_followed_and_may_not_go_on() -> None:
    gone = take()
    assert gone is not None
    assert not is_due(SILENT - timedelta(seconds=1))
    assert is_due(SILENT)
    fresh = take(SILENT)
    assert fresh == Turn(gone.run_id, 2)
    with transaction() as session:
        assert not slots.touch(session, gone, 1, NOW)
        assert not slots.end(session, gone, NOW)
        assert slots.end(session, fresh, NOW)
    assert the_run().done == 0


def test_what_is_let_go_is_due_at_once_and_what_failed_after_a_rest() -> None:
    turn = take()
    assert turn is not None
    with transaction() as session:
        slots.let_go(session, turn, NOW)
    assert is_due()
    again = take()
    assert again is not None
    with transaction() as session:
        slots.fail(session, again, NOW, "ValueError")
    assert (the_run().error, is_due(), is_due(SILENT)) == ("ValueError", False, True)
    assert take(SILENT) is not None
    assert the_run().error is None


def test_one_of_many_gets_the_slot() -> None:
    barrier, got = Barrier(6), list[Turn | None]()

    def run() -> None:
        barrier.wait()
        got.append(take())

    threads = [Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(turn is not None for turn in got) == 1
    assert len(got) == 6


def test_a_job_whose_slot_has_not_ended_is_overdue() -> None:
    expected = {Job.TIDY: NOW}

    def overdue() -> list[Job]:
        with snapshot() as session:
            return slots.overdue(session, expected)

    assert overdue() == [Job.TIDY]
    turn = take()
    assert turn is not None
    assert overdue() == [Job.TIDY]
    with transaction() as session:
        slots.end(session, turn, NOW)
    assert overdue() == []
