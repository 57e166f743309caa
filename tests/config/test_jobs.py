"""When slots begin, and that every moment lies in one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.jobs import GRACE, JOBS, Rhythm, expected
from config.vocabulary import Job

MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        # 03:00 in Korea is 18:00 the day before in UTC.
        ("2026-11-28T17:59:59+00:00", "2026-11-27T18:00:00+00:00"),
        ("2026-11-28T18:00:00+00:00", "2026-11-28T18:00:00+00:00"),
        ("2026-11-29T03:00:00+09:00", "2026-11-28T18:00:00+00:00"),
    ],
)
def test_a_daily_slot_begins_at_its_hour_in_korea(now: str, slot: str) -> None:
    assert JOBS[Job.SCRUB_OLD].slot(datetime.fromisoformat(now)) == datetime.fromisoformat(slot)


@given(MOMENTS)
def test_every_moment_lies_in_one_slot(now: datetime) -> None:
    for rhythm in JOBS.values():
        slot = rhythm.slot(now)
        assert slot <= now < slot + rhythm.every
        assert rhythm.slot(slot) == slot
        assert rhythm.slot(slot - timedelta(microseconds=1)) == slot - rhythm.every


def test_every_job_has_slots_that_divide_a_day() -> None:
    assert set(JOBS) == set(Job)
    assert all(timedelta(days=1) % rhythm.every == timedelta(0) for rhythm in JOBS.values())
    assert Rhythm(timedelta(hours=1), timedelta(minutes=7)).slot(datetime(2026, 1, 1, tzinfo=UTC)).minute == 7


def test_a_slot_must_have_ended_some_time_after_it_began() -> None:
    began = JOBS[Job.TIDY].slot(datetime(2026, 11, 28, 12, tzinfo=UTC))
    long_ago = began - timedelta(days=1)
    assert expected(long_ago, began + GRACE - timedelta(seconds=1))[Job.TIDY] == began - timedelta(hours=1)
    assert expected(long_ago, began + GRACE)[Job.TIDY] == began
    # Whoever has just started has waited for nobody yet.
    assert expected(began, began + GRACE - timedelta(seconds=1)) == {}
