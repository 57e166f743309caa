"""Asking the vendor, on real databases, with a vendor that is a value: what each answer does to the row."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from config.vocabulary import Channel, Ending, State
from models.types import utc_now
from tests.rows import a_connection, a_row, attempts_of, read
from workers.channels.exchange import Conversation, Listed, Listing, Message, Outcomes, Stamp
from workers.channels.registry import VENDORS
from workers.outcome import Accepted, Outcome, Rejected, Retry, Unknown
from workers.tasks.reconcile import GIVE_UP, inquire
from workers.tasks.record import REPORT_AFTER

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

LEFT_AGO = timedelta(minutes=7)


def speak(
    monkeypatch: pytest.MonkeyPatch, outcome: Outcome | None = None, listed: Mapping[str, Listed] | None = None
) -> list[str]:
    """Let SOLAPI answer this about everything; returns what is asked."""
    asked: list[str] = []

    def settle(
        messages: Sequence[Message], group_id: str, _credentials: Mapping[str, str], _stamp: Callable[[], Stamp]
    ) -> Conversation:
        asked.append(f"settle {group_id}")
        outcomes: Outcomes = {} if outcome is None else dict.fromkeys((each.id for each in messages), outcome)
        yield from ()
        return outcomes

    def read_reports(group_id: str, _credentials: Mapping[str, str], _stamp: Callable[[], Stamp]) -> Listing:
        asked.append(f"reports {group_id}")
        yield from ()
        return dict(listed or {})

    asking = replace(VENDORS[Channel.SOLAPI], settle=settle, read_reports=read_reports)
    monkeypatch.setitem(VENDORS, Channel.SOLAPI, asking)
    return asked


def departed(state: State, connection: UUID | None = None, **changes: object) -> UUID:
    left_at = utc_now() - LEFT_AGO
    connection = connection or a_connection(secrets=b"")
    values = {"connection_id": connection, "group_id": "G4V1", "departed_at": left_at, "tries": 1, **changes}
    return a_row(state, due=True, **values)


@pytest.fixture
def connection() -> UUID:
    return a_connection()


@pytest.mark.parametrize(
    ("outcome", "state", "ending", "code"),
    [
        (Accepted("M4V1"), State.SENT, Ending.ACCEPTED, None),
        (Rejected("1062"), State.FAILED, Ending.REJECTED, "1062"),
        (Retry("NotEnoughBalance"), State.QUEUED, Ending.RETRY, "NotEnoughBalance"),
    ],
)
def test_what_the_vendor_says_of_an_unknown_one_is_written(
    connection: UUID,
    outcome: Outcome,
    state: State,
    ending: Ending,
    code: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert speak(monkeypatch, outcome) == []
    row_id = departed(State.UNKNOWN, connection)
    assert inquire([row_id]) == {str(ending): 1}
    row = read(row_id)
    # The try was counted when the silence was written down.
    assert (row.status, row.code, row.tries) == (state, code, 1)
    [attempt] = attempts_of(row_id)
    assert (attempt.attempt, attempt.outcome, attempt.code) == (1, ending, code)
    if state is State.SENT:
        assert (row.provider_id, row.wake_at) == ("M4V1", row.updated_at + REPORT_AFTER)


@pytest.mark.parametrize("outcome", [Unknown("timeout"), None])
def test_what_cannot_be_judged_is_asked_again_after_as_long_as_it_was_silent(
    connection: UUID, outcome: Outcome | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    speak(monkeypatch, outcome)
    row_id = departed(State.UNKNOWN, connection)
    assert inquire([row_id]) == {"unknown": 1}
    row = read(row_id)
    assert row.wake_at is not None
    assert (row.status, attempts_of(row_id)) == (State.UNKNOWN, [])
    assert abs(row.wake_at - utc_now() - LEFT_AGO) < timedelta(seconds=5)


@pytest.mark.parametrize("state", GIVE_UP)
def test_questions_end(connection: UUID, state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    speak(monkeypatch)
    row_id = departed(state, connection, departed_at=utc_now() - GIVE_UP[state])
    inquire([row_id])
    assert (read(row_id).status, read(row_id).wake_at) == (state, None)


@pytest.mark.parametrize(
    ("code", "state", "kept"),
    [("4000", State.DELIVERED, None), ("3050", State.FAILED, "3050"), ("3000", State.SENT, None)],
)
def test_a_report_that_never_came_is_asked_for(
    connection: UUID, code: str, state: State, kept: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    row_id = departed(State.SENT, connection)
    asked = speak(monkeypatch, listed={str(row_id): Listed("M4V1", code, "45001")})
    inquire([row_id])
    assert asked == ["reports G4V1"]
    assert (read(row_id).status, read(row_id).code) == (state, kept)
    assert (read(row_id).wake_at is None) == (state is not State.SENT)


def test_a_group_is_asked_about_once_and_the_others_are_left(connection: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = speak(monkeypatch, Accepted("M4V1"))
    ids = [departed(State.UNKNOWN, connection) for _ in range(3)]
    other = departed(State.UNKNOWN, connection, group_id="G4V2")
    over = departed(State.DELIVERED, connection)
    assert inquire([*ids, other, over]) == {"accepted": 3}
    assert asked == ["settle G4V1"]
    assert (read(other).status, read(over).status) == (State.UNKNOWN, State.DELIVERED)


def test_credentials_that_cannot_be_read_leave_it_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = speak(monkeypatch, Accepted("M4V1"))
    row_id = departed(State.UNKNOWN)
    assert inquire([row_id]) == {"unknown": 1}
    assert (read(row_id).status, asked) == (State.UNKNOWN, [])
