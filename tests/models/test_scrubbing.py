from datetime import timedelta
from uuid import UUID

import pytest

from config.vocabulary import AccountStatus, BatchState, State
from models import scrubbing
from models.account import Account
from models.session import transaction
from models.types import new_id, utc_now
from tests.rows import a_batch, a_row, id_at, its_row, read, read_batch

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


@pytest.fixture(autouse=True)
def _small_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrubbing, "SLICE", 2)


def left(seconds: int = 60) -> UUID:
    """An account that was deleted so many seconds ago."""
    with transaction() as session:
        gone = utc_now() - timedelta(seconds=seconds)
        return Account.create(session, status=AccountStatus.DELETED, deleted_at=gone).id


def scrub(account: UUID) -> int:
    """Scrub until there is nothing more to do; how many slices there were."""
    slices = 0
    while True:
        with transaction() as session:
            if not scrubbing.scrub_account(session, account, utc_now()):
                return slices
        slices += 1


def is_done(account: UUID) -> bool:
    with transaction() as session:
        assert (account in scrubbing.deleted(session)) == (Account.get(session, account).scrubbed_at is None)  # type: ignore[union-attr]
        return account not in scrubbing.deleted(session)


def a_personal_row(state: State, account: UUID, attempt: int = 1) -> UUID:
    digest = b"r" * 32
    return a_row(
        state, account_id=account, recipient_hash=digest, body_hash=digest, reference="order-1", attempt=attempt
    )


def shown(row_id: UUID) -> tuple[State, bool]:
    row = read(row_id)
    kept = [row.sealed, row.recipient_hash, row.reference, row.body_hash]
    assert all(each is None for each in kept) or None not in kept
    return row.status, row.sealed is None


def test_contents_and_recipients_go_and_states_stay() -> None:
    account, other = left(), new_id()
    states = [State.SENT, State.DELIVERED, State.FAILED, State.UNKNOWN, State.CANCELLED]
    rows = [a_personal_row(state, account) for state in states]
    waiting, others = a_personal_row(State.QUEUED, account, attempt=0), a_personal_row(State.SENT, other)
    assert scrub(account) == 3
    assert is_done(account)
    assert [shown(row) for row in rows] == [(state, True) for state in states]
    assert shown(waiting) == (State.CANCELLED, True)
    assert shown(others) == (State.SENT, False)
    assert scrub(account) == 0


def test_one_that_is_with_a_worker_is_waited_for() -> None:
    account = left()
    before, busy, after = (a_personal_row(state, account) for state in (State.SENT, State.SENDING, State.SENT))
    scrub(account)
    assert [shown(row) for row in (before, busy, after)] == [
        (State.SENT, True),
        (State.SENDING, False),
        (State.SENT, False),
    ]
    assert not is_done(account)
    with transaction() as session:
        session.merge(read(busy)).status = State.QUEUED
    scrub(account)
    assert [shown(row) for row in (busy, after)] == [(State.CANCELLED, True), (State.SENT, True)]
    assert is_done(account)


def test_what_a_remembered_key_sent_after_the_deletion_is_scrubbed_too() -> None:
    account = left(seconds=0)
    scrub(account)
    assert not is_done(account)
    late = a_personal_row(State.QUEUED, account, attempt=0)
    scrub(account)
    assert shown(late) == (State.CANCELLED, True)


def test_its_batches_end_and_their_message_goes() -> None:
    account = left()
    running = a_batch(BatchState.RUNNING, account_id=account, sealed=b"s", reference="r")
    finished = a_batch(BatchState.FINISHED, account_id=account, sealed=b"s", ended_at=utc_now())
    row = its_row(running, account_id=account)
    for _ in range(2):
        with transaction() as session:
            scrubbing.end_batches(session, account, utc_now())
    scrub(account)
    assert [read_batch(each.id).status for each in (running, finished)] == [BatchState.CANCELLING, BatchState.FINISHED]
    assert [read_batch(each.id).sealed for each in (running, finished)] == [None, None]
    assert shown(row) == (State.CANCELLED, True)


def test_an_account_that_lives_is_left_alone() -> None:
    with transaction() as session:
        account = Account.create(session).id
    row = a_personal_row(State.SENT, account)
    assert scrub(account) == 0
    assert shown(row) == (State.SENT, False)


def test_of_an_account_that_lives_what_is_older_than_its_retention_goes() -> None:
    now = utc_now()
    with transaction() as session:
        account = Account.create(session)
        brief = Account.create(session, retention_days=7)
    before = scrubbing.oldest_kept(account, now, 30)
    assert scrubbing.oldest_kept(brief, now, 30) > before
    assert scrubbing.oldest_kept(brief, now, 5) > scrubbing.oldest_kept(brief, now, 30)
    old, young = (id_at(now - timedelta(days=days)) for days in (31, 29))
    states = {old: State.UNKNOWN, young: State.SENT}
    for row_id, state in states.items():
        a_row(state, id=row_id, account_id=account.id, recipient_hash=b"r" * 32, reference="order-1")
    with transaction() as session:
        part = scrubbing.scrub_slice(session, account.id, scrubbing.NONE, before)
    assert part == scrubbing.Slice(1, old, None)
    assert (read(old).sealed, read(old).recipient_hash, read(old).status) == (None, None, State.UNKNOWN)
    # What its owner finds it by stays.
    assert read(old).reference == "order-1"
    assert read(young).sealed is not None


def test_what_still_waits_is_left_and_said() -> None:
    account = new_id()
    long_ago = utc_now() - timedelta(days=60)
    first, waiting, last = (id_at(long_ago + timedelta(hours=hours)) for hours in range(3))
    for row_id, state in ((first, State.SENT), (waiting, State.QUEUED), (last, State.SENT)):
        a_row(state, id=row_id, account_id=account)
    with transaction() as session:
        one = scrubbing.scrub_slice(session, account, scrubbing.NONE, scrubbing.ALL)
        two = scrubbing.scrub_slice(session, account, one.last, scrubbing.ALL)
    assert (one.left, two.left) == (waiting, None)
    assert [read(each).sealed is None for each in (first, waiting, last)] == [True, False, True]
