"""Writing: one row is looked at and changed by one statement, several by two."""

from uuid import UUID

import pytest
from sqlalchemy import Engine, event

from config.vocabulary import State
from models import ledger
from models.locking import Fence
from models.session import transaction
from models.types import utc_now
from tests import rows
from tests.rows import LEASE

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


@pytest.mark.parametrize(("number", "statements"), [(1, 2), (2, 4)])
def test_one_takes_half_the_round_trips(number: int, statements: int) -> None:
    ids: list[UUID] = [rows.a_row(State.SENDING, due=False, attempt=1) for _ in range(number)]
    fences, said = [Fence(each, 1) for each in ids], []

    def note(*about: object) -> None:
        said.append(about[2])

    event.listen(Engine, "before_cursor_execute", note)
    try:
        with transaction() as session:
            assert ledger.depart(session, fences, utc_now(), LEASE) == set(ids)
        with transaction() as session:
            assert ledger.sent(session, dict.fromkeys(fences), utc_now()) == set(ids)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    assert len([each for each in said if "notifications" in str(each)]) == statements
