from datetime import timedelta

import pytest

from config.vocabulary import BatchState, CodePurpose, Job
from models import tidying
from models.account import Account
from models.log_waiting import LogWaiting
from models.login_session import LoginSession
from models.mailed_code import MailedCode
from models.run import Run
from models.schema import Base
from models.session import snapshot, transaction
from models.throttle import Throttle
from models.types import first_id, utc_now
from tests.rows import a_batch, read_batch

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def tidy() -> int:
    with transaction() as session:
        return tidying.tidy_slice(session, utc_now())


def left(table: type[Base]) -> int:
    with snapshot() as session:
        return len(table.filter(session))


def test_what_has_ended_goes_and_the_rest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tidying, "SLICE", 2)
    now = utc_now()
    with transaction() as session:
        account, other = Account.create(session).id, Account.create(session).id
        for number, moment in enumerate((now - HOUR, now - HOUR, now - HOUR, now + HOUR)):
            LoginSession.create(session, account_id=account, refresh_hash=bytes([number]) * 32, expires_at=moment)
            Throttle.create(session, forgotten_at=moment)
        for owner, moment in ((account, now - HOUR), (other, now + HOUR)):
            code = {"purpose": CodePurpose.VERIFY, "email": "a@example.com", "code_hash": b"c" * 32}
            MailedCode.create(session, account_id=owner, expires_at=moment, **code)
        for days in (200, 1):
            slot = now - days * DAY
            Run.create(session, name=Job.TIDY, slot=slot, started_at=slot, touched_at=slot)
            LogWaiting.create(session, id=first_id(slot), try_at=now)
    assert [tidy() for _ in range(3)] == [7, 2, 0]
    assert [left(table) for table in (LoginSession, Throttle, MailedCode, Run, LogWaiting)] == [1, 1, 1, 1, 1]


def test_an_upload_that_nobody_goes_on_with_is_refused() -> None:
    old = utc_now() - 2 * DAY
    abandoned = a_batch(BatchState.RECEIVING, updated_at=old, sealed=b"s")
    fresh, running = a_batch(BatchState.RECEIVING), a_batch(BatchState.RUNNING, updated_at=old)
    assert (tidy(), tidy()) == (1, 0)
    states = [read_batch(each.id).status for each in (abandoned, fresh, running)]
    assert states == [BatchState.REFUSED, BatchState.RECEIVING, BatchState.RUNNING]
