"""Daily counts on real databases: counted once however often, late reports included, and whoever is killed goes on."""

from collections import Counter
from datetime import date, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select, update

from config.jobs import JOBS, KST
from config.vocabulary import Channel, Job, State
from models.connection import SANDBOX_IDS
from models.notification import Notification
from models.run import Run
from models.session import snapshot, transaction
from models.slots import LONG_AGO
from models.statistic import Statistic
from models.types import new_id, utc_now
from tests.rows import a_row, id_at
from workers.tasks import count
from workers.tasks.count import count_days
from workers.tasks.once import Portion, once

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

ME, OTHER = new_id(), new_id()
TODAY = JOBS[Job.STATISTICS].slot(utc_now()).astimezone(KST)
MIDNIGHT = TODAY.replace(hour=0)
DAY = timedelta(days=1)


def accepted(
    days_ago: float, status: State, account_id: UUID = ME, channel: Channel = Channel.SES, **more: object
) -> UUID:
    moment = MIDNIGHT - days_ago * DAY
    return a_row(status, due=True, id=id_at(moment), account_id=account_id, channel=channel, **more)


def counts(account_id: UUID = ME) -> dict[tuple[date, Channel, State], int]:
    with snapshot() as session:
        rows = session.scalars(select(Statistic).where(Statistic.account_id == account_id)).all()
    assert all(row.is_final for row in rows)
    found = Counter({(row.day, row.channel, row.outcome): row.number for row in rows})
    assert len(found) == len(rows)
    return dict(found)


def again() -> None:
    """Make the slot one that nobody has done."""
    with transaction() as session:
        session.execute(update(Run).values(ended_at=None, position=None, touched_at=utc_now() - LONG_AGO))


def test_the_last_days_are_counted_and_counted_anew() -> None:
    for days_ago in (0.01, 0.5, 0.99):
        accepted(days_ago, State.SENT)
    late = accepted(1.5, State.SENT)
    accepted(1.5, State.FAILED, channel=Channel.SOLAPI)
    accepted(3.01, State.SENT)
    accepted(-0.01, State.SENT)
    accepted(0.5, State.SENT, connection_id=SANDBOX_IDS[Channel.SES])
    accepted(0.5, State.UNKNOWN, account_id=OTHER)
    yesterday, before = (MIDNIGHT - DAY).date(), (MIDNIGHT - 2 * DAY).date()
    assert once(Job.STATISTICS, count_days) == "finished 6"
    known = {
        (yesterday, Channel.SES, State.SENT): 3,
        (before, Channel.SES, State.SENT): 1,
        (before, Channel.SOLAPI, State.FAILED): 1,
    }
    assert counts() == known
    assert counts(OTHER) == {(yesterday, Channel.SES, State.UNKNOWN): 1}
    again()
    with transaction() as session:
        session.execute(update(Notification).where(Notification.id == late).values(status=State.DELIVERED))
    assert once(Job.STATISTICS, count_days) == "finished 6"
    del known[before, Channel.SES, State.SENT]
    assert counts() == known | {(before, Channel.SES, State.DELIVERED): 1}


class Killed(BaseException):
    """As if the worker was gone between two statements."""


@pytest.mark.parametrize("when", range(7))
def test_whoever_is_killed_at_any_slice_is_followed_and_nothing_counts_twice(
    monkeypatch: pytest.MonkeyPatch, when: int
) -> None:
    monkeypatch.setattr(count, "SLICE", 2)
    for number in range(5):
        accepted(0.1 + number / 10, State.SENT)
    accepted(1.5, State.SENT)
    accepted(0.5, State.SENT, account_id=OTHER)
    going, slices = Portion.goes_on_with, Counter[str]()

    def killed(self: Portion, *args: object, **kwargs: object) -> bool:
        slices["all"] += 1
        if slices["all"] == when + 1:
            raise Killed
        return going(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Portion, "goes_on_with", killed)
    with pytest.raises(Killed):
        once(Job.STATISTICS, count_days)
    with transaction() as session:
        session.execute(update(Run).values(touched_at=utc_now() - LONG_AGO))
    assert once(Job.STATISTICS, count_days).startswith("finished")
    yesterday = (MIDNIGHT - DAY).date()
    assert counts() == {
        (yesterday, Channel.SES, State.SENT): 5,
        ((MIDNIGHT - 2 * DAY).date(), Channel.SES, State.SENT): 1,
    }
    assert counts(OTHER) == {(yesterday, Channel.SES, State.SENT): 1}


def test_whoever_was_followed_adds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    accepted(0.5, State.SENT)
    reading = count._read

    def overtaken(start: UUID, end: UUID) -> object:
        found = reading(start, end)
        with transaction() as session:
            session.execute(update(Run).values(turn=Run.turn + 1))
        return found

    monkeypatch.setattr(count, "_read", overtaken)
    assert once(Job.STATISTICS, count_days) == "unfinished 0"
    assert counts() == {}
