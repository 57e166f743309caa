"""Sweep on real databases: rings what is due, settles what was lost, and leaves the rest alone."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

import pytest
from typing_extensions import override

from config.settings import settings
from config.vocabulary import Channel, Ending, Lane, Queue, State
from models.attempt import Attempt
from models.notification import Notification
from models.session import transaction
from models.types import new_id, utc_now
from workers.publish import Bell, Ring
from workers.tasks.sweep import LOOKED_AFTER, RING_EVERY, SHORT, due_kinds, ring_due, settle_leases

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


class Noting(Bell):
    """A bell that notes who was rung for, over a queue of a given length."""

    def __init__(self, depth: int | None) -> None:
        super().__init__()
        self._depth = depth
        self.rung: list[UUID] = []

    @override
    def ring(self, rings: Iterable[Ring]) -> bool:
        self.rung += [ring.id for ring in rings]
        return True

    @override
    def depth(self, queue: Queue) -> int | None:
        assert queue in Queue
        return self._depth


def a_row(status: State, *, due: bool = True, channel: Channel = Channel.SOLAPI, **changes: object) -> UUID:
    now = utc_now()
    values = {
        "account_id": new_id(),
        "api_key_id": new_id(),
        "connection_id": new_id(),
        "channel": channel,
        "lane": Lane.NORMAL,
        "type": "SMS",
        "status": status,
        "attempt": 1,
        "not_before": now,
        "wake_at": now + timedelta(seconds=-1 if due else 30),
        **changes,
    }
    with transaction() as session:
        return Notification.create(session, **values).id


def read(row_id: UUID) -> Notification:
    with transaction() as session:
        row = Notification.get(session, row_id)
        assert row is not None
        return row


def test_only_where_something_waits_is_anything_done() -> None:
    now = utc_now()
    for state in State:
        a_row(state)
        a_row(state, due=False, channel=Channel.KAKAO)
    assert due_kinds(now) == [(state, Channel.SOLAPI, Lane.NORMAL) for state in LOOKED_AFTER]


def test_due_rows_are_rung_once_and_looked_at_later() -> None:
    due, early = a_row(State.QUEUED), a_row(State.QUEUED, due=False)
    bell, now = Noting(0), utc_now()
    assert ring_due(bell, Channel.SOLAPI, Lane.NORMAL, now) == 1
    assert ring_due(bell, Channel.SOLAPI, Lane.NORMAL, now) == 0
    assert bell.rung == [due]
    assert read(due).wake_at == now + RING_EVERY
    assert early not in bell.rung


@pytest.mark.parametrize("depth", [SHORT, 100_000, None])
def test_a_long_queue_or_an_absent_broker_is_left_alone(depth: int | None) -> None:
    due = a_row(State.QUEUED)
    before = read(due).wake_at
    assert ring_due(Noting(depth), Channel.SOLAPI, Lane.NORMAL, utc_now()) == 0
    assert read(due).wake_at == before


def test_a_lease_that_ran_out_before_departure_is_queued_again() -> None:
    row_id = a_row(State.SENDING)
    assert settle_leases(Channel.SOLAPI, Lane.NORMAL, utc_now()) == 1
    row = read(row_id)
    assert (row.status, row.code, row.tries) == (State.QUEUED, "lease_lost", 0)
    with transaction() as session:
        [attempt] = Attempt.filter(session, Attempt.notification_id == row_id)
        assert (attempt.attempt, attempt.outcome) == (1, Ending.LOST)


def test_a_lease_that_holds_is_left_alone() -> None:
    row_id = a_row(State.SENDING, due=False)
    assert settle_leases(Channel.SOLAPI, Lane.NORMAL, utc_now()) == 0
    assert read(row_id).status is State.SENDING


@pytest.mark.parametrize(
    ("channel", "after_silence", "status", "asked"),
    [
        (Channel.SOLAPI, "hold", State.UNKNOWN, True),
        (Channel.KAKAO, "hold", State.UNKNOWN, False),
        (Channel.GMAIL, "hold", State.UNKNOWN, False),
        (Channel.KAKAO, "resend", State.QUEUED, True),
        (Channel.SES, "resend", State.QUEUED, True),
    ],
)
def test_after_departure_the_policy_decides(
    channel: Channel, after_silence: str, status: State, *, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALRIM_AFTER_SILENCE_KAKAO", after_silence)
    monkeypatch.setenv("ALRIM_AFTER_SILENCE_MAIL", after_silence)
    settings.cache_clear()
    row_id = a_row(State.SENDING, channel=channel, departed_at=utc_now(), group_id="G4V1")
    assert settle_leases(channel, Lane.NORMAL, utc_now()) == 1
    row = read(row_id)
    assert (row.status, row.code, row.wake_at is not None) == (status, "lease_lost", asked)
