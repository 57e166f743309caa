"""Cases on real databases: each row gets its own value, whatever stands in it, and no other row any."""

from typing import Any

import pytest

from config.vocabulary import State
from models import ledger
from models.locking import Fence
from models.session import transaction
from models.types import utc_now
from tests.rows import a_row, read

pytestmark = [pytest.mark.store, pytest.mark.usefixtures("database")]


def test_each_row_gets_its_own_value_and_the_others_keep_theirs() -> None:
    values: list[Any] = ["M4V1", "a'b\\c%s:x", "", None]
    rows = [a_row(State.SENDING, provider_id="before") for _ in values]
    other = a_row(State.SENDING, provider_id="other")
    with transaction() as session:
        ledger.sent(session, {Fence(row, 1): value for row, value in zip(rows, values, strict=True)}, utc_now())
    assert [read(row).provider_id for row in rows] == ["M4V1", "a'b\\c%s:x", "", "before"]
    assert read(other).provider_id == "other"
