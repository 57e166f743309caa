import time
from datetime import timedelta

import pytest

from config.vocabulary import AccountStatus, BatchState, State
from models import scrubbing
from models.account import Account
from models.session import transaction
from models.types import utc_now
from tests.rows import a_batch, a_row, read, read_batch
from workers.tasks.scrub import scrub_all

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def test_every_deleted_account_is_scrubbed_and_a_scrub_that_was_stopped_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(scrubbing, "SLICE", 1)
    gone = utc_now() - timedelta(minutes=1)
    with transaction() as session:
        accounts = [Account.create(session, status=AccountStatus.DELETED, deleted_at=gone).id for _ in range(2)]
    batch = a_batch(account_id=accounts[0], sealed=b"s")
    rows = [a_row(State.SENT, account_id=account) for account in accounts for _ in range(3)]
    assert scrub_all(time.monotonic() - 1) == 0
    assert all(read(row).sealed for row in rows)
    assert scrub_all(time.monotonic() + 60) == 6
    assert [read(row).sealed for row in rows] == [None] * 6
    assert (read_batch(batch.id).status, read_batch(batch.id).sealed) == (BatchState.CANCELLING, None)
    with transaction() as session:
        assert scrubbing.deleted(session) == []
