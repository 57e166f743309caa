from datetime import datetime, timedelta
from uuid import UUID

import pytest

from config.log_vocabulary import LogEvent
from config.vocabulary import Action, BatchState, Ending, Role, State
from models import deletion
from models.attempt import Attempt
from models.audit import Audit
from models.base import Base
from models.batch import Batch, BatchReject
from models.log_record import LogRecord
from models.notification import Notification
from models.session import snapshot, transaction
from models.types import first_id, new_id, utc_now
from tests.rows import a_batch, a_row, id_at

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]
NOW = utc_now()
OLD, YOUNG = NOW - timedelta(days=500), NOW - timedelta(days=300)
BEFORE, LOGS_BEFORE = (first_id(NOW - timedelta(days=days)) for days in (400, 60))


def a_sent(moment: datetime, state: State = State.SENT) -> UUID:
    row_id = a_row(state, id=id_at(moment), sealed=None)
    with transaction() as session:
        values = {"notification_id": row_id, "attempt": 1, "outcome": Ending.ACCEPTED}
        Attempt.create(session, **values, started_at=moment, ended_at=moment)
    return row_id


def delete(most: int = 2) -> list[int]:
    """Delete until nothing is left; how much each time."""
    numbers = list[int]()
    while not numbers or numbers[-1]:
        with transaction() as session:
            numbers.append(deletion.delete_slice(session, BEFORE, LOGS_BEFORE, most))
    return numbers


def ids(table: type[Base]) -> set[UUID]:
    with snapshot() as session:
        return {row.id for row in table.filter(session)}


def test_what_is_old_goes_with_all_that_belongs_to_it() -> None:
    kept = a_sent(YOUNG)
    for _ in range(5):
        a_sent(OLD)
    assert delete() == [2, 2, 1, 0]
    assert ids(Notification) == {kept}
    with snapshot() as session:
        assert [row.notification_id for row in Attempt.filter(session)] == [kept]


def test_what_still_waits_is_never_old() -> None:
    waiting = {a_sent(OLD, state) for state in (State.QUEUED, State.SENDING)}
    for state in set(State) - {State.QUEUED, State.SENDING}:
        a_sent(OLD, state)
    delete()
    assert ids(Notification) == waiting


def test_batches_go_with_their_rejects_and_decisions_with_their_time() -> None:
    gone = a_batch(BatchState.FINISHED, id=id_at(OLD), ended_at=OLD)
    kept = {
        a_batch(BatchState.RUNNING, id=id_at(OLD)).id,
        a_batch(BatchState.FINISHED, id=id_at(YOUNG), ended_at=YOUNG).id,
    }
    with transaction() as session:
        for number in range(3):
            BatchReject.create(session, batch_id=gone.id, number=number, field="to", code="4220105", detail="d")
        for moment in (OLD, YOUNG):
            values = {"account_id": new_id(), "role": Role.USER, "action": Action.CANCEL, "detail": "{}"}
            Audit.create(session, id=id_at(moment), **values)
    assert delete() == [2, 1, 1, 1, 0]
    assert ids(Batch) == kept
    assert ids(BatchReject) == set()
    assert len(ids(Audit)) == 1


def test_log_records_go_sooner() -> None:
    with transaction() as session:
        for days in (61, 59):
            LogRecord.create(session, id=id_at(NOW - timedelta(days=days)), event=LogEvent.REQUEST_SERVED, detail="{}")
    kept = a_sent(YOUNG)
    assert delete() == [1, 0]
    assert len(ids(LogRecord)) == 1
    assert ids(Notification) == {kept}
