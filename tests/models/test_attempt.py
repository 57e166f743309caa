"""Attempts as they are noted: whatever stands in them comes back, and what is noted later counts."""

from datetime import timedelta

import pytest

from config.vocabulary import Ending
from models import attempt
from models.attempt import Attempt, Ended
from models.session import snapshot, transaction
from models.types import new_id, utc_now

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

NOW = utc_now()
BEGUN = NOW - timedelta(seconds=3)


def noted() -> set[Ended]:
    with snapshot() as session:
        return {
            Ended(row.notification_id, row.attempt, row.outcome, row.code, row.started_at, row.ended_at, row.refused)
            for row in Attempt.filter(session)
        }


def test_each_comes_back_as_it_was_noted() -> None:
    endings = [
        Ended(new_id(), 1, Ending.ACCEPTED, None, BEGUN, NOW),
        Ended(new_id(), 2, Ending.ACCEPTED, None, BEGUN, NOW, "0:550-5.1.1,1:a'b\\c%s:x"),
        Ended(new_id(), 1, Ending.RETRY, "http_503", BEGUN, NOW),
        Ended(new_id(), 1, Ending.REJECTED, "'); DROP TABLE attempts; --", BEGUN, NOW, ""),
    ]
    with transaction() as session:
        attempt.note(session, [])
        attempt.note(session, endings)
    assert noted() == set(endings)


def test_what_is_noted_later_counts_and_another_attempt_has_a_line_of_its_own() -> None:
    row_id = new_id()
    lost = Ended(row_id, 1, Ending.LOST, "lease_lost", BEGUN, BEGUN)
    later = Ended(row_id, 1, Ending.ACCEPTED, None, BEGUN, NOW)
    another = Ended(row_id, 2, Ending.RETRY, "timeout", NOW, NOW)
    for some in ([lost], [later, another]):
        with transaction() as session:
            attempt.note(session, some)
    assert noted() == {later, another}
