"""Every verb from every state: the legal ones change the row as written, the others change nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from config.vocabulary import State
from models import ledger, waking
from models.ledger import Claim
from models.lifecycle import FROM, Verb
from models.locking import Fence
from models.notification import Notification
from models.session import transaction
from models.types import utc_now
from tests import rows
from tests.rows import LEASE, read

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

ATTEMPT = 3


def a_row(status: State, **changes: object) -> UUID:
    return rows.a_row(status, due=False, **{"attempt": ATTEMPT, "sealed": b"sealed", **changes})


def facts(row: Notification) -> tuple[object, ...]:
    return tuple(getattr(row, column.key) for column in Notification.__table__.columns)


Act = Callable[[Session, list[Fence], datetime], object]
Others = Callable[[State], list[UUID]]


def ids_of(fences: list[Fence]) -> list[UUID]:
    return [fence.id for fence in fences]


ACTS: dict[Verb, Act] = {
    Verb.CLAIM: lambda session, fences, now: ledger.claim(session, ids_of(fences), now, LEASE).held,
    Verb.DEPART: lambda session, fences, now: ledger.depart(session, fences, now, LEASE, "G4V1"),
    Verb.SENT: lambda session, fences, now: ledger.sent(session, dict.fromkeys(fences, "M4V1"), now),
    Verb.REQUEUE: lambda session, fences, now: ledger.requeue(session, fences, now, now, "x", spends=True),
    Verb.FAIL: lambda session, fences, now: ledger.fail(session, fences, now, "1062", spends=True),
    Verb.PARK: lambda session, fences, now: ledger.park(session, fences, now, "timeout"),
    Verb.CONFIRM: ledger.confirm,
    Verb.CANCEL: lambda session, fences, now: ledger.cancel(session, ids_of(fences), now),
}

TO = {
    Verb.CLAIM: State.SENDING,
    Verb.DEPART: State.SENDING,
    Verb.SENT: State.SENT,
    Verb.REQUEUE: State.QUEUED,
    Verb.FAIL: State.FAILED,
    Verb.PARK: State.UNKNOWN,
    Verb.CONFIRM: State.DELIVERED,
    Verb.CANCEL: State.CANCELLED,
}


@pytest.fixture(params=["alone", "in company"])
def others(request: pytest.FixtureRequest) -> Others:
    """One is looked at and changed at once, several are locked first."""
    return lambda state: [] if request.param == "alone" else [a_row(state)]


def test_every_verb_is_tried() -> None:
    assert set(ACTS) | {Verb.ACCEPT} == set(Verb)


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("verb", ACTS)
def test_a_verb_works_from_its_states_only(verb: Verb, state: State, others: Others) -> None:
    row_id, beside = a_row(state), others(next(iter(FROM[verb])))
    before = facts(read(row_id))
    with transaction() as session:
        did = ACTS[verb](session, [Fence(each, ATTEMPT) for each in (row_id, *beside)], utc_now())
    after = read(row_id)
    if state in FROM[verb]:
        assert did
        assert after.status is TO[verb]
    else:
        assert bool(did) is bool(beside)
        assert facts(after) == before
    assert [read(each).status for each in beside] == [TO[verb]] * len(beside)


@pytest.mark.parametrize("verb", [verb for verb in ACTS if verb not in {Verb.CLAIM, Verb.CANCEL}])
def test_an_old_attempt_changes_nothing(verb: Verb, others: Others) -> None:
    state = next(iter(FROM[verb]))
    row_id, beside = a_row(state), others(state)
    before = facts(read(row_id))
    with transaction() as session:
        fences = [Fence(row_id, ATTEMPT - 1), *(Fence(each, ATTEMPT) for each in beside)]
        assert ACTS[verb](session, fences, utc_now()) == set(beside)
    assert facts(read(row_id)) == before


def test_claim_takes_a_lease_and_counts_the_attempt() -> None:
    row_id, now = a_row(State.QUEUED), utc_now()
    with transaction() as session:
        [claimed] = ledger.claim(session, [row_id], now, LEASE).held
    assert claimed.fence == Fence(row_id, ATTEMPT + 1)
    assert claimed.sealed == b"sealed"
    row = read(row_id)
    assert (row.attempt, row.wake_at) == (ATTEMPT + 1, now + LEASE)


def test_claim_waits_for_not_before() -> None:
    now = utc_now()
    row_id = a_row(State.QUEUED, not_before=now + timedelta(seconds=1))
    with transaction() as session:
        assert ledger.claim(session, [row_id], now, LEASE) == Claim([], 0)
        assert len(ledger.claim(session, [row_id], now + timedelta(seconds=2), LEASE).held) == 1


def test_claim_fails_what_expired() -> None:
    row_id = a_row(State.QUEUED, expires_at=utc_now() - timedelta(seconds=1))
    with transaction() as session:
        assert ledger.claim(session, [row_id], utc_now(), LEASE) == Claim([], 1)
    row = read(row_id)
    assert (row.status, row.code, row.wake_at, row.attempt) == (State.FAILED, "expired", None, ATTEMPT)


def test_claim_takes_no_more_than_asked() -> None:
    ids = [a_row(State.QUEUED) for _ in range(3)]
    with transaction() as session:
        assert len(ledger.claim(session, ids, utc_now(), LEASE, most=1).held) == 1
    assert sorted(read(each).status for each in ids) == [State.QUEUED, State.QUEUED, State.SENDING]


def test_looking_again_spares_what_moved_on() -> None:
    sent, over = a_row(State.SENT), a_row(State.DELIVERED, wake_at=None)
    later = utc_now() + timedelta(hours=1)
    with transaction() as session:
        waking.look_again(session, [sent, over], later, State.SENT)
    assert (read(sent).wake_at, read(over).wake_at) == (later, None)


def test_depart_renews_the_lease_and_keeps_the_group() -> None:
    row_id, now = a_row(State.SENDING), utc_now()
    with transaction() as session:
        assert ledger.depart(session, [Fence(row_id, ATTEMPT)], now, LEASE, "G4V9") == {row_id}
    row = read(row_id)
    assert (row.departed_at, row.group_id, row.wake_at) == (now, "G4V9", now + LEASE)


def test_a_late_worker_never_departs(others: Others) -> None:
    row_id, beside = a_row(State.SENDING, wake_at=utc_now() - timedelta(microseconds=1)), others(State.SENDING)
    with transaction() as session:
        fences = [Fence(each, ATTEMPT) for each in (row_id, *beside)]
        assert ledger.depart(session, fences, utc_now(), LEASE) == set(beside)
    assert read(row_id).departed_at is None


def test_depart_all_or_none() -> None:
    mine, gone = a_row(State.SENDING), a_row(State.CANCELLED)
    with transaction() as session:
        fences = [Fence(mine, ATTEMPT), Fence(gone, ATTEMPT)]
        assert ledger.depart(session, fences, utc_now(), LEASE, "G4V9", all_or_none=True) == set()
    assert read(mine).departed_at is None


def test_an_expired_message_never_departs(others: Others) -> None:
    row_id, beside = a_row(State.SENDING, expires_at=utc_now()), others(State.SENDING)
    with transaction() as session:
        fences = [Fence(each, ATTEMPT) for each in (row_id, *beside)]
        assert ledger.depart(session, fences, utc_now(), LEASE) == set(beside)
    assert (read(row_id).status, read(row_id).code) == (State.FAILED, "expired")


def test_requeue_forgets_the_departure() -> None:
    row_id, now = a_row(State.SENDING, departed_at=utc_now(), group_id="G4V9"), utc_now()
    later = now + timedelta(seconds=9)
    with transaction() as session:
        ledger.requeue(session, [Fence(row_id, ATTEMPT)], now, later, "429", spends=False)
    row = read(row_id)
    assert (row.not_before, row.wake_at, row.departed_at, row.group_id) == (later, later, None, None)
    assert (row.tries, row.code) == (0, "429")


def test_sent_writes_each_provider_id() -> None:
    one, two, three = a_row(State.SENDING), a_row(State.SENDING), a_row(State.SENDING)
    with transaction() as session:
        ledger.sent(session, {Fence(one, 3): "M1", Fence(two, 3): "M2", Fence(three, 3): None}, utc_now())
    assert [read(each).provider_id for each in (one, two, three)] == ["M1", "M2", None]
    assert [read(each).tries for each in (one, two, three)] == [1, 1, 1]


def test_confirm_with_a_failure_keeps_the_carriers_code() -> None:
    row_id = a_row(State.SENT)
    with transaction() as session:
        ledger.confirm(session, [Fence(row_id, ATTEMPT)], utc_now(), failure="3042")
    assert (read(row_id).status, read(row_id).code) == (State.FAILED, "3042")


def test_two_workers_share_what_they_race_for() -> None:
    ids = [a_row(State.QUEUED) for _ in range(20)]
    start = Barrier(2)
    taken: list[list[UUID]] = []

    def work() -> None:
        start.wait()
        with transaction() as session:
            taken.append([each.fence.id for each in ledger.claim(session, ids, utc_now(), LEASE).held])

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    claimed = [each for some in taken for each in some]
    assert sorted(claimed) == sorted(ids)
    assert {read(each).attempt for each in ids} == {ATTEMPT + 1}
