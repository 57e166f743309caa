"""Marks are taken by one, for the time of a lease, the oldest first."""

from datetime import timedelta

import pytest

from models import log_waiting
from models.log_waiting import LEASE
from models.session import transaction
from models.types import new_id, utc_now
from tests.plans import watching

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

NOW = utc_now()
SECOND = timedelta(seconds=1)


def test_whoever_was_killed_leaves_what_he_took_to_the_next() -> None:
    first, second, third = (new_id() for _ in range(3))
    with transaction() as session:
        log_waiting.mark(session, [second, first], NOW)
        log_waiting.mark(session, [third], NOW - SECOND)
        log_waiting.mark(session, [third], NOW + LEASE)
        assert log_waiting.take(session, NOW - 2 * SECOND, 9) == []
        assert list(log_waiting.take(session, NOW, 2)) == [third, first]
        assert list(log_waiting.take(session, NOW, 2)) == [second]
        assert log_waiting.take(session, NOW + LEASE - SECOND, 9) == []
        assert set(log_waiting.take(session, NOW + LEASE, 9)) == {first, second, third}


def test_what_is_struck_is_gone_and_two_take_at_once_without_waiting() -> None:
    ids = [new_id() for _ in range(4)]
    with transaction() as session:
        log_waiting.mark(session, ids, NOW)
        log_waiting.strike(session, ids[:1])
        log_waiting.mark(session, [], NOW)
        log_waiting.strike(session, [])
    with transaction() as one:
        assert list(log_waiting.take(one, NOW, 2)) == ids[1:3]
        if one.get_bind().dialect.name != "sqlite":
            with transaction() as other:
                assert list(log_waiting.take(other, NOW, 2)) == ids[3:]


def test_marks_are_found_by_their_time() -> None:
    with transaction() as session:
        log_waiting.mark(session, [new_id() for _ in range(300)], NOW)
    with transaction() as session, watching() as looks:
        log_waiting.take(session, NOW, 10)
    assert {look.index for look in looks if look.statement.startswith("SELECT")} == {"ix_log_waiting_due"}
