"""The batch's ledger on real databases: each verb from each state, and what a batch does to its notifications."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from config.vocabulary import BatchState, State
from models import batch_ledger, ledger
from models.batch import Batch
from models.batch_ledger import Progress
from models.lifecycle import BATCH_STEPS, HELD_BACK, BatchVerb
from models.session import engine, transaction
from models.types import utc_now
from tests.rows import LEASE, a_batch, its_row, read, read_batch

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]

VERBS: dict[BatchVerb, Callable[[Session, UUID, datetime], bool]] = {
    BatchVerb.RELEASE: batch_ledger.release,
    BatchVerb.REFUSE: batch_ledger.refuse,
    BatchVerb.PAUSE: batch_ledger.pause,
    BatchVerb.RESUME: batch_ledger.resume,
    BatchVerb.CANCEL: batch_ledger.cancel,
    BatchVerb.END: batch_ledger.end,
    BatchVerb.FINISH: batch_ledger.finish,
}


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_leads_where_the_table_says_and_nowhere_else(verb: BatchVerb) -> None:
    start, target = BATCH_STEPS[verb]
    for status in BatchState:
        batch = a_batch(status)
        with transaction() as session:
            changed = VERBS[verb](session, batch.id, utc_now())
        assert (changed, read_batch(batch.id).status) == (status in start, target if status in start else status)


def test_every_verb_is_tried() -> None:
    assert {*VERBS, BatchVerb.OPEN, BatchVerb.ADVANCE} == {*BatchVerb}


def test_only_the_last_who_began_fills() -> None:
    batch = a_batch(BatchState.RECEIVING)
    with transaction() as session:
        first = batch_ledger.begin_filling(session, batch.id)
    with transaction() as session:
        second = batch_ledger.begin_filling(session, batch.id)
    assert first is not None
    assert second is not None
    with engine().begin() as connection:
        assert not batch_ledger.advance(connection, batch.id, first[0], Progress(5, 5, 0, None), utc_now())
        assert batch_ledger.advance(connection, batch.id, second[0], Progress(9, 8, 1, b"p" * 32), utc_now())
    seen = read_batch(batch.id)
    assert (seen.rows_read, seen.accepted, seen.rejected, seen.prefix_hash) == (9, 8, 1, b"p" * 32)
    with transaction() as session:
        third = batch_ledger.begin_filling(session, batch.id)
    assert third is not None
    assert third[1] == Progress(9, 8, 1, b"p" * 32)


@pytest.mark.parametrize("status", [status for status in BatchState if status is not BatchState.RECEIVING])
def test_a_batch_that_is_not_receiving_is_not_filled(status: BatchState) -> None:
    batch = a_batch(status)
    with transaction() as session:
        assert batch_ledger.begin_filling(session, batch.id) is None
    with engine().begin() as connection:
        assert not batch_ledger.advance(connection, batch.id, 0, Progress(1, 1, 0, None), utc_now())


@pytest.mark.parametrize("status", BatchState)
def test_what_a_batch_holds_back_is_not_claimed(status: BatchState) -> None:
    batch = a_batch(status)
    row_id, other = its_row(batch, wake_at=utc_now()), its_row(a_batch())
    with transaction() as session:
        claim = ledger.claim(session, [row_id, other], utc_now(), LEASE)
    held = status in HELD_BACK
    assert {each.fence.id for each in claim.held} == ({other} if held else {row_id, other})
    if held:
        assert (read(row_id).status, read(row_id).wake_at) == (State.QUEUED, None)


def test_pausing_takes_back_what_was_fed_and_resuming_begins_with_it() -> None:
    batch = a_batch()
    its_row(batch, State.SENT)
    fed, unfed = its_row(batch, wake_at=utc_now()), its_row(batch)
    with transaction() as session:
        found = Batch.get(session, batch.id)
        assert found is not None
        found.fed_id = fed
    with transaction() as session:
        assert batch_ledger.pause(session, batch.id, utc_now())
    assert (read(fed).wake_at, read(unfed).wake_at) == (None, None)
    with transaction() as session:
        assert batch_ledger.resume(session, batch.id, utc_now())
    seen = read_batch(batch.id)
    assert (seen.fed_id, seen.pace_done) == (None, 1)


def test_states_are_counted() -> None:
    batch = a_batch()
    for status in (State.QUEUED, State.QUEUED, State.SENDING, State.SENT, State.FAILED):
        its_row(batch, status)
    its_row(a_batch())
    with transaction() as session:
        counts = batch_ledger.count_states(session, batch.id)
    assert counts == {State.QUEUED: 2, State.SENDING: 1, State.SENT: 1, State.FAILED: 1}
    assert batch_ledger.handled(counts) == 2
