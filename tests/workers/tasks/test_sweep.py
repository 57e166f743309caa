"""Sweep on real databases: rings what is due, settles what was lost, and leaves the rest alone."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from typing_extensions import override

from config.settings import settings
from config.vocabulary import Channel, Ending, Lane, Queue, State
from models import gate
from models.ledger import RING_AFTER
from models.types import new_id, utc_now
from tests.rows import LEASE, a_connection, a_row, attempts_of, read
from tests.workers.tasks.noting import Noting
from workers.log_post import LogPost
from workers.tasks.sweep import (
    ASK_EVERY,
    LOOKED_AFTER,
    RING_EVERY,
    SHORT,
    ask_due,
    call_for_logs,
    due_kinds,
    ring_due,
    settle_leases,
)

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


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


class Posting(LogPost):
    """A post that calls for three batches, over a queue of a given length."""

    def __init__(self, depth: int | None) -> None:
        super().__init__()
        self._depth = depth

    @override
    def depth(self, queue: Queue) -> int | None:
        return self._depth if queue is Queue.LOGS else None

    @override
    def call_again(self, most: int) -> int:
        return min(most, 3)


@pytest.mark.parametrize(("depth", "called"), [(0, 3), (SHORT - 1, 3), (SHORT, 0), (None, 0)])
def test_batches_of_log_records_are_called_for_where_few_wait(depth: int | None, called: int) -> None:
    assert call_for_logs(Posting(depth)) == called


def test_a_lease_that_ran_out_before_departure_is_queued_again() -> None:
    row_id = a_row(State.SENDING)
    assert settle_leases(Channel.SOLAPI, Lane.NORMAL, utc_now()) == 1
    row = read(row_id)
    assert (row.status, row.code, row.tries) == (State.QUEUED, "lease_lost", 0)
    [attempt] = attempts_of(row_id)
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


def test_a_message_that_kills_its_workers_does_not_come_back_at_once() -> None:
    now = utc_now()
    ill, well = a_row(State.SENDING, attempt=9), a_row(State.SENDING)
    settle_leases(Channel.SOLAPI, Lane.NORMAL, now)
    assert (read(ill).not_before - now).total_seconds() == 32
    assert read(well).not_before == now


@pytest.mark.parametrize(
    ("closed_for", "wake_after"),
    [(timedelta(minutes=2), timedelta(minutes=2)), (timedelta(days=1), gate.RESTS_FOR)],
)
def test_nobody_is_rung_for_while_the_connection_is_closed(closed_for: timedelta, wake_after: timedelta) -> None:
    now = utc_now()
    closed = a_connection(closed_until=now + closed_for, closed_reason="402")
    held, free = a_row(State.QUEUED, connection_id=closed), a_row(State.QUEUED, connection_id=a_connection())
    bell = Noting(0)
    assert ring_due(bell, Channel.SOLAPI, Lane.NORMAL, now) == 1
    assert bell.rung == [free]
    assert read(held).wake_at == now + wake_after


def test_after_the_rest_one_may_try() -> None:
    now = utc_now()
    rested = a_connection(closed_until=now - LEASE, closed_reason="402")
    ids = [a_row(State.QUEUED, connection_id=rested) for _ in range(3)]
    bell = Noting(0)
    assert ring_due(bell, Channel.SOLAPI, Lane.NORMAL, now) == 1
    assert len(bell.rung) == 1
    assert sorted(read(each).wake_at or now for each in ids) == sorted([now + RING_AFTER] * 2 + [now + RING_EVERY])


def test_what_expires_in_a_closed_queue_fails_in_time() -> None:
    now = utc_now()
    closed = a_connection(closed_until=now + LEASE, closed_reason="402")
    row_id = a_row(State.QUEUED, connection_id=closed, expires_at=now)
    assert ring_due(Noting(0), Channel.SOLAPI, Lane.NORMAL, now) == 0
    assert (read(row_id).status, read(row_id).code) == (State.FAILED, "expired")


@pytest.mark.parametrize("state", [State.UNKNOWN, State.SENT])
def test_a_group_is_asked_about_with_one_question(state: State) -> None:
    now, connection = utc_now(), new_id()
    one, two, other = (
        a_row(state, connection_id=connection, group_id=group, departed_at=now) for group in ("G1", "G1", "G2")
    )
    bell = Noting(0)
    assert ask_due(bell, state, Channel.SOLAPI, Lane.NORMAL, now) == 3
    assert sorted(map(sorted, bell.asked)) == sorted([sorted([one, two]), [other]])
    assert ask_due(bell, state, Channel.SOLAPI, Lane.NORMAL, now) == 0
    assert read(one).wake_at == now + ASK_EVERY


def test_no_more_questions_than_a_short_queue_at_a_time() -> None:
    now = utc_now()
    for number in range(SHORT + 5):
        a_row(State.UNKNOWN, group_id=f"G{number}", departed_at=now)
    bell = Noting(0)
    assert ask_due(bell, State.UNKNOWN, Channel.SOLAPI, Lane.NORMAL, now) == SHORT
    assert ask_due(bell, State.UNKNOWN, Channel.SOLAPI, Lane.NORMAL, now) == 5
    assert ask_due(Noting(SHORT), State.UNKNOWN, Channel.SOLAPI, Lane.NORMAL, now + LEASE * 2) == 0


def test_two_sweeps_at_once_share_the_rows() -> None:
    ids = [a_row(State.QUEUED) for _ in range(60)]
    lost = [a_row(State.SENDING, channel=Channel.KAKAO) for _ in range(20)]
    bells, start = [Noting(0), Noting(0)], Barrier(2)
    settled: list[int] = []

    def work(bell: Noting) -> None:
        start.wait()
        ring_due(bell, Channel.SOLAPI, Lane.NORMAL, utc_now())
        settled.append(settle_leases(Channel.KAKAO, Lane.NORMAL, utc_now()))

    threads = [Thread(target=work, args=(bell,)) for bell in bells]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(bells[0].rung + bells[1].rung) == sorted(ids)
    assert sum(settled) == len(lost)
    assert [len(attempts_of(each)) for each in lost] == [1] * len(lost)
