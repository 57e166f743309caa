"""Reports settle rows once, in any order, and only those of their connection."""

from uuid import UUID

import pytest

from config.vocabulary import Ending, State
from models.types import new_id
from tests import rows
from tests.rows import attempts_of
from workers.publish import Report
from workers.tasks.receipts import settle

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

CONNECTION = new_id()


def a_row(status: State, attempt: int = 1) -> UUID:
    return rows.a_row(status, attempt=attempt, connection_id=CONNECTION)


def read(row_id: UUID) -> tuple[State, str | None]:
    row = rows.read(row_id)
    return row.status, row.code


def said(row_id: UUID, code: str, attempt: int = 1) -> list[Report]:
    return [Report(str(row_id), attempt, code, "45005", "M4V1")]


@pytest.mark.parametrize("before", [State.SENDING, State.SENT, State.UNKNOWN])
@pytest.mark.parametrize(("code", "after"), [("4000", (State.DELIVERED, None)), ("3050", (State.FAILED, "3050"))])
def test_a_report_ends_it(before: State, code: str, after: tuple[State, str | None]) -> None:
    row_id = a_row(before)
    settle(CONNECTION, said(row_id, code))
    assert read(row_id) == after
    [attempt] = attempts_of(row_id)
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


def test_a_report_of_an_older_attempt_is_noted_there_only() -> None:
    row_id = a_row(State.QUEUED, attempt=2)
    assert settle(CONNECTION, said(row_id, "4000", attempt=1)) == {"older_attempt": 1}
    assert read(row_id) == (State.QUEUED, None)
    [attempt] = attempts_of(row_id)
    assert (attempt.attempt, attempt.outcome, attempt.code) == (1, Ending.ACCEPTED, "45005")


def test_many_are_settled_at_once_each_by_its_own_code() -> None:
    ids = [a_row(State.SENT) for _ in range(9)]
    codes = ["4000", "3050", "3054"] * 3
    reports = [report for row_id, code in zip(ids, codes, strict=True) for report in said(row_id, code)]
    assert settle(CONNECTION, reports) == {"delivered": 3, "failed": 6}
    assert [read(row_id)[1] for row_id in ids] == [None, "3050", "3054"] * 3
