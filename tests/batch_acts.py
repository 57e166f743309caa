"""What is done with the notifications of a batch, as acts whose statements are explained."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from api import roster
from api.batch_statement import BatchFacts
from api.filling import Filling
from api.merge import Merge
from benchmarks.acts import Doing
from benchmarks.yard import Yard
from config.vocabulary import BatchState, Channel, Lane, State
from models import batch_ledger, ledger
from models.batch import Batch
from models.session import engine, snapshot, transaction
from models.types import utc_now
from tests.rows import LEASE, a_batch, its_row
from tests.workers.tasks.noting import Noting
from workers.tasks.feed import clear_up, feed_lane

MERGE: Final = Merge(Channel.SOLAPI, {"from": "0212345678", "text": "x"})


def _fill(_: Yard) -> Doing:
    batch = a_batch(BatchState.RECEIVING)

    def do() -> None:
        with transaction() as session:
            begun = batch_ledger.begin_filling(session, batch.id)
        assert begun is not None
        people = [{"to": "01020000101"}, {"to": "01020000101"}]
        Filling(engine(), BatchFacts.of(batch), MERGE, "to", *begun).fill(roster.from_list(people))

    return do


def _on(status: BatchState, act: Callable[[Batch], object], row: State = State.QUEUED) -> Callable[[Yard], Doing]:
    def make(_: Yard) -> Doing:
        batch = a_batch(status, fed_id=UUID(int=2**128 - 1) if act is _pause else None)
        for _each in range(20):
            its_row(batch, row)

        def do() -> None:
            act(batch)

        return do

    return make


def _feed(batch: Batch) -> None:
    feed_lane(Noting(0), Channel.SOLAPI, Lane.BULK, [batch])


def _pause(batch: Batch) -> None:
    with transaction() as session:
        batch_ledger.pause(session, batch.id, utc_now())


def _count(batch: Batch) -> None:
    with snapshot() as session:
        batch_ledger.count_states(session, batch.id)


def _claim(_: Yard) -> Doing:
    held_back = its_row(a_batch(BatchState.PAUSED))

    def do() -> None:
        with transaction() as session:
            ledger.claim(session, [held_back], utc_now(), LEASE)

    return do


ACTS: Final = {
    "batch: fill": _fill,
    "batch: feed": _on(BatchState.RUNNING, _feed),
    "batch: finish": _on(BatchState.RUNNING, _feed, State.SENT),
    "batch: pause": _on(BatchState.RUNNING, _pause),
    "batch: count": _on(BatchState.RUNNING, _count),
    "batch: cancel": _on(BatchState.CANCELLING, clear_up),
    "batch: drop": _on(BatchState.REFUSED, clear_up),
    "batch: claim": _claim,
}
