"""Reports settle rows once, in any order, and only those of their connection."""

from uuid import UUID

import pytest

from config.vocabulary import Channel, Lane, State
from models.attempt import Attempt
from models.notification import Notification
from models.session import transaction
from models.types import new_id, utc_now
from workers.publish import Report
from workers.tasks.receipts import settle

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

CONNECTION = new_id()


def a_row(status: State, attempt: int = 1) -> UUID:
    now = utc_now()
    with transaction() as session:
        return Notification.create(
            session,
            account_id=new_id(),
            api_key_id=new_id(),
            connection_id=CONNECTION,
            channel=Channel.SOLAPI,
            lane=Lane.NORMAL,
            type="SMS",
            status=status,
            attempt=attempt,
            not_before=now,
            wake_at=now,
        ).id


def read(row_id: UUID) -> tuple[State, str | None]:
    with transaction() as session:
        row = Notification.get(session, row_id)
        assert row is not None
        return row.status, row.code


def said(row_id: UUID, code: str, attempt: int = 1) -> list[Report]:
    return [Report(str(row_id), attempt, code, "45005", "M4V1")]


@pytest.mark.parametrize("before", [State.SENDING, State.SENT, State.UNKNOWN])
@pytest.mark.parametrize(("code", "after"), [("4000", (State.DELIVERED, None)), ("3050", (State.FAILED, "3050"))])
def test_a_report_ends_it(before: State, code: str, after: tuple[State, str | None]) -> None:
    row_id = a_row(before)
    settle(CONNECTION, said(row_id, code))
    assert read(row_id) == after
    with transaction() as session:
        [attempt] = Attempt.filter(session, Attempt.notification_id == row_id)
        assert (attempt.attempt, attempt.code) == (1, "45005")


@pytest.mark.parametrize("final", [State.DELIVERED, State.FAILED, State.CANCELLED])
def test_a_final_state_never_moves_back(final: State) -> None:
    row_id = a_row(final)
    assert settle(CONNECTION, said(row_id, "4000")) == {"repeated": 1}
    assert read(row_id)[0] is final


def test_the_same_report_twice_is_one() -> None:
    row_id = a_row(State.SENT)
    assert settle(CONNECTION, said(row_id, "4000") * 2) == {"delivered": 1, "repeated": 1}


@pytest.mark.parametrize(
    ("code", "attempt", "connection", "word"),
    [
        ("3000", 2, CONNECTION, "pending"),
        ("4000", 1, CONNECTION, "older_attempt"),
        ("4000", 2, new_id(), "stranger"),
    ],
)
def test_what_changes_nothing(code: str, attempt: int, connection: UUID, word: str) -> None:
    row_id = a_row(State.SENT, attempt=2)
    assert settle(connection, said(row_id, code, attempt)) == {word: 1}
    assert read(row_id) == (State.SENT, None)
