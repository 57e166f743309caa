import time

import pytest
from sqlalchemy.exc import OperationalError

from workers.tasks import patience
from workers.tasks.patience import patiently


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "PAUSE", 0.001)


def away_for(times: int) -> list[int]:
    """Counts down the tries that find no database."""
    return [times]


def act(left: list[int]) -> str:
    if left[0]:
        left[0] -= 1
        raise OperationalError("SELECT 1", {}, Exception("gone"))
    return "done"


def test_it_waits_until_the_database_is_back() -> None:
    left = away_for(4)
    assert patiently(lambda: act(left), time.monotonic() + 5) == "done"


def test_it_gives_up_in_time() -> None:
    left = away_for(1_000_000)
    with pytest.raises(OperationalError):
        patiently(lambda: act(left), time.monotonic() + 0.02)


def test_another_fault_is_not_waited_for() -> None:
    with pytest.raises(ZeroDivisionError):
        patiently(lambda: 1 // 0, time.monotonic() + 5)
